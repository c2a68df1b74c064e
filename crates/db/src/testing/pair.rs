//! A PostgreSQL and a standby that follows it, started for one test and gone with it.

use std::io::{Read as _, Seek as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tokio_postgres::Config;

use super::{OWNER, Place, TestDb, administer, as_superuser};
use crate::{Db, Location, Options};

/// As in `scripts/with-postgres`: nothing here needs to survive the machine.
const SETTINGS: &str = "
    listen_addresses = '127.0.0.1'
    unix_socket_directories = ''
    fsync = off
    max_connections = 60
    shared_buffers = 16MB
    wal_receiver_status_interval = 1s
";

/// How often a start is tried, each time on other ports.
const STARTS_MAX: usize = 5;

/// Two servers. They are stopped when this is dropped.
pub struct Pair {
    programs: PathBuf,
    folder: TempDir,
    primary: Server,
    standby: Server,
}

/// One of them: its folder's name and its port.
struct Server {
    name: &'static str,
    port: u16,
}

/// Starts both, and opens a new database on the first with the second as its replica; none if
/// PostgreSQL's programs are not on this machine.
pub async fn pair() -> Option<(Pair, TestDb)> {
    let programs = programs()?;
    let pair = Pair::start(programs);
    let server: Config = pair.primary.url("postgres@").parse().expect("a URL");
    administer(&server, &super::create_owner()).await;
    administer(&server, &format!("create database test owner {OWNER}")).await;
    let url =
        |server: &Server| server.url(&format!("{OWNER}:{OWNER}@")).replace("/postgres", "/test");
    let mut options = Options::postgres(url(&pair.primary));
    options.replica = Some(Location::Postgres(url(&pair.standby)));
    options.pool_size = 8;
    let db = Db::open(options.clone()).await.expect("a new PostgreSQL database opens");
    Some((pair, TestDb { db, options, place: Place::Elsewhere }))
}

impl Pair {
    /// The standby shows nothing new from now on.
    pub async fn pause(&self) {
        self.ask_standby("select pg_wal_replay_pause()").await;
        // It is asked to pause, and pauses at the next record.
        while self.ask_standby("select pg_get_wal_replay_pause_state()").await != "paused" {
            self.nap().await;
        }
    }

    /// The standby catches up.
    pub async fn resume(&self) {
        self.ask_standby("select pg_wal_replay_resume()").await;
    }

    /// Returns when the standby has all that the primary has committed.
    pub async fn caught_up(&self) {
        let end = "select pg_current_wal_lsn()::text";
        let end = as_superuser(&self.primary.url("postgres@"), end).await;
        let there = format!("select (pg_last_wal_replay_lsn() >= '{end}'::pg_lsn)::text");
        while self.ask_standby(&there).await != "true" {
            self.nap().await;
        }
    }

    /// The standby is gone as if its power had failed.
    pub fn kill_standby(&self) {
        self.control(&self.standby, &["stop", "--mode=immediate"]);
    }

    /// The standby is back where it was.
    pub fn start_standby(&self) {
        assert!(self.launch(&self.standby), "the standby starts again");
    }

    fn start(programs: PathBuf) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let [primary, standby] = ["primary", "standby"].map(|name| Server { name, port: 0 });
        let mut pair = Self { programs, folder, primary, standby };
        if is_root() {
            // PostgreSQL refuses to run as root.
            let chown = Command::new("chown").arg("postgres").arg(pair.folder.path()).status();
            assert!(chown.is_ok_and(|status| status.success()), "root may give a folder away");
        }
        let data = pair.data(&pair.primary);
        let initdb = ["--username=postgres", "--auth=trust", "--locale=C", "--encoding=UTF8"];
        pair.run("initdb", &[&["--no-sync", "--pgdata", &data][..], &initdb].concat());
        let settings = Path::new(&data).join("postgresql.conf");
        let mut settings = std::fs::File::options().append(true).open(settings).expect("is there");
        settings.write_all(SETTINGS.as_bytes()).expect("settings can be added");
        pair.primary.port = pair.launch_somewhere(pair.primary.name);
        let (port, copy) = (pair.primary.port.to_string(), pair.data(&pair.standby));
        let place = ["--host=127.0.0.1", "--username=postgres", "--port", &port, "--pgdata", &copy];
        let how = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"];
        pair.run("pg_basebackup", &[&place[..], &how].concat());
        pair.standby.port = pair.launch_somewhere(pair.standby.name);
        pair
    }

    /// On a port that nobody has; if somebody takes it meanwhile, on another.
    fn launch_somewhere(&self, name: &'static str) -> u16 {
        for _ in 0..STARTS_MAX {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
            let server = Server { name, port: free.expect("there is a free port").port() };
            if self.launch(&server) {
                return server.port;
            }
        }
        let log = self.log(&Server { name, port: 0 });
        panic!("PostgreSQL does not start: {}", std::fs::read_to_string(log).unwrap_or_default());
    }

    fn launch(&self, server: &Server) -> bool {
        let (options, log) = (format!("-p {}", server.port), self.log(server));
        self.control(server, &["start", "--wait", "--options", &options, "--log", &log])
    }

    fn control(&self, server: &Server, args: &[&str]) -> bool {
        let (data, quiet) = (self.data(server), ["--silent", "--pgdata"]);
        let output = self.call("pg_ctl", &[args, &quiet, &[&data]].concat());
        output.status.success()
    }

    fn run(&self, program: &str, args: &[&str]) {
        let output = self.call(program, args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} failed: {said}");
    }

    fn call(&self, program: &str, args: &[&str]) -> Output {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // A server that starts keeps what it is given open, so it gets no pipe to fill.
        let mut errors = tempfile::tempfile().expect("a temporary file can be made");
        let written = errors.try_clone().expect("a file can be shared");
        command.args(args).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.stderr(written).status().expect("PostgreSQL's programs run");
        let mut stderr = Vec::new();
        errors.rewind().expect("a file can be read again");
        errors.read_to_end(&mut stderr).expect("a file can be read");
        Output { status, stdout: Vec::new(), stderr }
    }

    fn data(&self, server: &Server) -> String {
        format!("{}/{}", self.folder.path().display(), server.name)
    }

    fn log(&self, server: &Server) -> String {
        format!("{}.log", self.data(server))
    }

    async fn ask_standby(&self, text: &str) -> String {
        as_superuser(&self.standby.url("postgres@"), text).await
    }

    async fn nap(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for server in [&self.standby, &self.primary] {
            self.control(server, &["stop", "--mode=immediate"]);
        }
    }
}

impl Server {
    fn url(&self, who: &str) -> String {
        format!("postgres://{who}127.0.0.1:{}/postgres", self.port)
    }
}

/// Where Debian keeps PostgreSQL's programs: the newest.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let whole = folders.filter(|bin| bin.join("initdb").exists() && bin.join("pg_ctl").exists());
    whole.max_by_key(|bin| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
