//! A store and the process that serves it.

use crate::client::Target;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rollbook_db::Location;
use rollbook_db::testing::TestDb;
use serde_json::Value;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_rollbook");
/// These tests store as fast as they can.
const UNMETERED: [(&str, &str); 3] = [
    ("ROLLBOOK_LIMITS_TENANT_STATEMENTS_PER_SECOND", "0"),
    ("ROLLBOOK_LIMITS_TENANT_BYTES_PER_MINUTE", "0"),
    ("ROLLBOOK_LIMITS_KEY_QUERIES_PER_MINUTE", "0"),
];
/// A start or a stop that takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A folder and, if that engine is meant, a PostgreSQL database. Both outlive every server.
pub(crate) struct Store {
    folder: TempDir,
    pub(crate) database: Option<TestDb>,
    authorization: Option<String>,
    /// What every server of it is told beside where it is.
    pub(crate) flags: Vec<String>,
    /// What the URL of the database says as password.
    pub(crate) password: Option<&'static str>,
    /// Settings of every command, by their variables.
    pub(crate) settings: Vec<(&'static str, String)>,
}

/// A server that has said where it listens. Killed if it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) target: Target,
    /// Kept open, or the server could not print.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Store {
    pub(crate) fn sqlite() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            database: None,
            authorization: None,
            flags: Vec::new(),
            password: None,
            settings: Vec::new(),
        }
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let database = Some(rollbook_db::testing::postgres().await?);
        Some(Self { database, ..Self::sqlite() })
    }

    /// Starts a server and waits until it listens; the first time a key is made, too.
    pub(crate) async fn start(&mut self) -> Server {
        if self.authorization.is_none() {
            self.authorization = Some(self.make_key("all").await.1);
        }
        let authorization = self.authorization.clone().unwrap();
        self.greeted(self.spawn(), authorization).await.0
    }

    /// Makes a key with these scopes; its public part, and what presents it.
    pub(crate) async fn make_key(&self, scopes: &str) -> (String, String) {
        let args = ["key", "create", "--name", "test", "--scopes", scopes, "--json"];
        let made: Value = serde_json::from_str(&self.run(&args).await).unwrap();
        let [key, secret] = ["key", "secret"].map(|name| made[name].as_str().unwrap());
        (key.to_owned(), basic(key, secret))
    }

    /// Waits until a server listens; the server, and what it said.
    pub(crate) async fn greeted(
        &self,
        mut child: Child,
        authorization: String,
    ) -> (Server, Vec<String>) {
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let greeted = timeout(PATIENCE, async {
            let (mut address, mut said) = (None, Vec::new());
            while let Some(line) = output.next_line().await.unwrap() {
                if let Some((_, rest)) = line.split_once("xAPI endpoint  http://") {
                    address = Some(rest.trim_end_matches("/xapi").parse().unwrap());
                }
                if line.starts_with("Ctrl-C") {
                    return Some((address?, said));
                }
                said.push(line);
            }
            None
        });
        let Ok(Some((address, said))) = greeted.await else { panic!("no start: {}", self.log()) };
        let target = Target { address, authorization };
        (Server { child, target, _output: output }, said)
    }

    /// Starts a server and waits for nothing.
    pub(crate) fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(&self.flags);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        command.kill_on_drop(true).spawn().unwrap()
    }

    /// Runs another command on this store to its end; what it prints.
    pub(crate) async fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().await.unwrap();
        let [said, errors] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(output.status.success(), "{args:?}: {}: {said}{errors}", output.status);
        said
    }

    /// `rollbook doctor` finds nothing to complain of. Works beside a running server.
    pub(crate) async fn is_sound(&self) {
        self.run(&["doctor"]).await;
    }

    /// Another command on this store.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        // The tests' own settings are none of the server's.
        command.env_clear().envs(UNMETERED).envs(self.settings.iter().cloned());
        command.args(args).arg("--data").arg(self.data());
        if let Some(database) = &self.database {
            let Location::Postgres(url) = &database.options().location else { unreachable!() };
            let url = match self.password {
                Some(password) => url.replacen('@', &format!(":{password}@"), 1),
                None => url.clone(),
            };
            command.args(["--database", &url]);
        }
        command
    }

    /// Where the store's files are.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What all servers of this store have logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap()
    }
}

impl Server {
    /// `kill -9`.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM, as an operator or a supervisor stops it. Returns before the end.
    pub(crate) async fn terminate(&self) {
        self.signal("TERM").await;
    }

    /// Any other signal.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap();
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().await;
        assert!(status.unwrap().success());
    }

    /// Waits for the end of a server that was told to stop.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.expect("a server that is told to stop does so in time").unwrap()
    }
}

/// What presents a key.
pub(crate) fn basic(key: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")))
}
