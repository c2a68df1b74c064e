//! A place to run commands in, and a server that runs there in this process.

use crate::cli::{Cli, Command, serve};
use crate::config::Settings;
use anyhow::Result;
use clap::Parser as _;
use rollbook_db::Location;
use rollbook_db::testing::TestDb;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A folder, and a PostgreSQL database if that engine is meant.
pub(super) struct Place {
    pub(super) data: TempDir,
    pub(super) database: Option<TestDb>,
}

/// Makes `name::sqlite` and `name::postgres` of each function.
macro_rules! at_both {
    ($($(#[$meta:meta])* async fn $name:ident($place:ident: Place) $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($place: &Place) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(&super::Place::new(None)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                match rollbook_db::testing::postgres().await {
                    Some(database) => super::$name(&super::Place::new(Some(database))).await,
                    None => eprintln!("skipped: TEST_POSTGRES_URL is unset"),
                }
            }
        }
    )+};
}

pub(super) use at_both;

impl Place {
    pub(super) fn new(database: Option<TestDb>) -> Self {
        Self { data: TempDir::new().unwrap(), database }
    }

    /// A new one on the same engine.
    pub(super) async fn another(&self) -> Self {
        let database = match &self.database {
            Some(_) => rollbook_db::testing::postgres().await,
            None => None,
        };
        Self::new(database)
    }

    /// `args` with the flags that name this place.
    pub(super) fn args(&self, args: &[&str]) -> Vec<String> {
        self.args_in(&self.data, args)
    }

    /// The same with another folder.
    fn args_in(&self, data: &TempDir, args: &[&str]) -> Vec<String> {
        let mut all: Vec<String> = ["rollbook"].iter().chain(args).map(|&arg| arg.into()).collect();
        all.extend(["--data".into(), data.path().display().to_string()]);
        if let Some(database) = &self.database {
            let Location::Postgres(url) = &database.options().location else { unreachable!() };
            all.extend(["--database".into(), url.clone()]);
        }
        all
    }

    /// Runs a command and returns what it prints.
    pub(super) async fn run(&self, args: &[&str]) -> Result<String> {
        self.run_in(&self.data, args).await
    }

    /// The same with another folder.
    pub(super) async fn run_in(&self, data: &TempDir, args: &[&str]) -> Result<String> {
        let mut out = Vec::new();
        Cli::try_parse_from(self.args_in(data, args))?.run(&mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    pub(super) async fn json(&self, args: &[&str]) -> serde_json::Value {
        let out = self.run(&[args, &["--json"]].concat()).await.unwrap();
        serde_json::from_str(&out).unwrap()
    }

    pub(super) fn settings(&self) -> Settings {
        let args = self.args(&["serve", "--listen", "127.0.0.1:0"]);
        let Some(Command::Serve(serve)) = Cli::try_parse_from(args).unwrap().command else {
            unreachable!("that is the command")
        };
        serve.flags.settings().unwrap()
    }

    /// Starts a server; returns when it has greeted.
    pub(super) async fn serve(&self) -> Running {
        let (stop, stopped) = oneshot::channel();
        let (settings, said) = (self.settings(), Said::default());
        let mut out = said.clone();
        let task = tokio::spawn(async move {
            Box::pin(serve::run(&settings, &mut out, async { drop(stopped.await) })).await
        });
        let running = Running { said, stop, task };
        while !running.said.text().contains("Ctrl-C") {
            assert!(!running.task.is_finished(), "{:?}", running.task.await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        running
    }
}

/// A server that runs in this process.
pub(super) struct Running {
    pub(super) said: Said,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<()>>,
}

impl Running {
    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }

    pub(super) fn endpoint(&self) -> String {
        let text = self.said.text();
        text.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned()
    }

    /// The lines that are meant to be pasted.
    pub(super) fn pasted(&self) -> Vec<String> {
        let text = self.said.text();
        let lines = text.lines().map(str::trim).filter(|line| line.starts_with("curl "));
        lines.map(str::to_owned).collect()
    }
}

/// What a command that still runs has printed.
#[derive(Clone, Default)]
pub(super) struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a shell prints for a line; none if it has no curl.
pub(super) async fn paste(line: &str) -> Option<String> {
    let shell = tokio::process::Command::new("sh").args(["-c", line]).env("NO_PROXY", "*").output();
    let output = shell.await.unwrap();
    if output.status.code() == Some(127) {
        return None;
    }
    Some(String::from_utf8(output.stdout).unwrap())
}
