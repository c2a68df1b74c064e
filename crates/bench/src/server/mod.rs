//! The server that is measured: `rollbook serve`, started and stopped as an operator does.

mod store;

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::client::Target;

pub(crate) use store::{Store, drop_database, make_database};

/// Limits that a measurement would reach.
const LIMITS: &[&str] = &[
    "ROLLBOOK_LIMITS_TENANT_STATEMENTS_PER_SECOND",
    "ROLLBOOK_LIMITS_TENANT_BYTES_PER_MINUTE",
    "ROLLBOOK_LIMITS_TENANT_QUERIES_PER_MINUTE",
    "ROLLBOOK_LIMITS_TENANT_REQUESTS_PER_MINUTE",
    "ROLLBOOK_LIMITS_KEY_QUERIES_PER_MINUTE",
];
const FAR_AWAY: &str = "1000000000000";
/// A start that takes longer has failed.
const READY_MAX: Duration = Duration::from_mins(1);
/// A graceful stop that takes longer has failed.
const STOP_MAX: Duration = Duration::from_mins(2);

/// A running server; killed if it is dropped without [`Server::stop`].
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
    /// From the start of the process to the first 200.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts `program` on `store` and waits until it answers. Its limits are far away, so that they
    /// are counted and never reached; whoever set one keeps it.
    pub(crate) async fn start(program: &Path, store: &Store) -> Result<Self> {
        Self::start_with(program, store, &[]).await
    }

    /// The same with some settings.
    pub(crate) async fn start_with(
        program: &Path,
        store: &Store,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let address = free_address()?;
        let log = store.log();
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let errors = output.try_clone().context("sharing the log")?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--listen").arg(address.to_string()).args(store.arguments());
        let unset = LIMITS.iter().filter(|name| std::env::var_os(name).is_none());
        command.envs(unset.map(|name| (name, FAR_AWAY))).envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let begun = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let mut server = Self { child, address, log, ready_after: Duration::ZERO };
        while !answers(address).await {
            let ended = server.child.try_wait().context("waiting for the server")?;
            if ended.is_some() || begun.elapsed() > READY_MAX {
                bail!("the server did not start:\n{}", server.log_end());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How to call it.
    pub(crate) fn target(&self, store: &Store) -> Result<Target> {
        Target::new(self.address, store.key(), store.secret())
    }

    /// How to call it with another key.
    pub(crate) fn target_of(&self, key: &str, secret: &str) -> Result<Target> {
        Target::new(self.address, key, secret)
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        // The shell's `kill` is everywhere, and sending a signal ourselves would take unsafe code.
        let kill = format!("kill -TERM {}", self.pid());
        let sent = Command::new("sh").arg("-c").arg(kill).status().context("stopping")?;
        ensure!(sent.success(), "the server is gone already:\n{}", self.log_end());
        let begun = Instant::now();
        while begun.elapsed() < STOP_MAX {
            if let Some(status) = self.child.try_wait().context("waiting for the server")? {
                ensure!(status.success(), "the server ended with {status}:\n{}", self.log_end());
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the server did not stop within {STOP_MAX:?}")
    }

    fn log_end(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a stop there is nothing left to kill, and otherwise nobody to tell.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a port")?;
    listener.local_addr().context("looking for a port")
}

/// Whether About, which needs no credentials, answers 200.
async fn answers(address: SocketAddr) -> bool {
    let asked = async {
        let stream = TcpStream::connect(address).await?;
        let (mut sender, connection) =
            http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await?;
        tokio::spawn(async move { drop(connection.await) });
        let request = Request::builder().uri("/xapi/about").header("host", address.to_string());
        let response = sender.send_request(request.body(Empty::new())?).await?;
        Ok::<_, anyhow::Error>(response.status() == StatusCode::OK)
    };
    // Not yet listening is the usual answer, and no failure.
    asked.await.unwrap_or(false)
}
