//! `rollbook demo`: it works wherever it is started, and leaves nothing behind.

use crate::server::{PATIENCE, PROGRAM};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// What an image or an operator's shell may say of the store that is really served there.
const HOUSE: [(&str, &str); 6] = [
    ("ROLLBOOK_LISTEN", "127.0.0.1:0"),
    ("ROLLBOOK_DATA", "/data"),
    ("ROLLBOOK_DATABASE", "postgres://nobody@192.0.2.1/rollbook"),
    ("ROLLBOOK_PUBLIC_URL", "https://lrs.example.com"),
    ("ROLLBOOK_CONTENT_URL", "https://content.example.net"),
    ("ROLLBOOK_OPERATE_LISTEN", "192.0.2.1:9"),
];

/// A demonstration that runs, and what it said on the way.
struct Demo {
    child: Child,
    said: String,
}

impl Demo {
    async fn start(temporary: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.env_clear().envs(HOUSE).env("TMPDIR", temporary).arg("demo").args(flags);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let greeted = timeout(PATIENCE, async {
            let mut said = String::new();
            while let Some(line) = output.next_line().await.unwrap() {
                said.push_str(&line);
                said.push('\n');
                if line.contains("Ctrl-C") {
                    break;
                }
            }
            said
        });
        let said = greeted.await.unwrap();
        assert!(said.contains("Ctrl-C"), "{said}");
        Self { child, said }
    }

    /// The first word of what was said that begins so.
    fn word(&self, begin: &str) -> &str {
        let found = self.said.split_whitespace().find(|word| word.starts_with(begin));
        found.unwrap_or_else(|| panic!("no {begin} in {}", self.said))
    }

    async fn end(mut self, signal: &str) -> ExitStatus {
        let kill = format!("kill -{signal} {}", self.child.id().unwrap());
        let told = Command::new("sh").args(["-c", &kill]).status().await;
        assert!(told.unwrap().success());
        timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap()
    }
}

fn is_empty(folder: &TempDir) -> bool {
    std::fs::read_dir(folder.path()).unwrap().next().is_none()
}

/// The environment says where it listens, as in the image, and nothing about a store or its address.
/// It takes its folder with it, also when its terminal is closed.
#[tokio::test]
async fn it_stands_alone_and_leaves_nothing() {
    for signal in ["TERM", "INT", "HUP"] {
        let folder = TempDir::new().unwrap();
        let demo = Demo::start(folder.path(), &[]).await;
        assert!(demo.word("http").starts_with("http://127.0.0.1:"), "{}", demo.said);
        assert!(!demo.said.contains("example.com"), "{}", demo.said);
        assert!(!is_empty(&folder));
        assert!(demo.end(signal).await.success(), "{signal}");
        assert!(is_empty(&folder), "{signal}");
    }
}

/// What was told to ignore SIGHUP, as by nohup, goes on.
#[tokio::test]
async fn it_outlives_a_terminal_if_it_is_told_to() {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' HUP; exec {PROGRAM} demo")]);
    command.env_clear().envs(HOUSE).env("TMPDIR", folder.path());
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn();
    let mut demo = Demo { child: child.unwrap(), said: String::new() };
    let begun = timeout(PATIENCE, async {
        while is_empty(&folder) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    begun.await.unwrap();
    let kill = format!("kill -HUP {}", demo.child.id().unwrap());
    Command::new("sh").args(["-c", &kill]).status().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(demo.child.try_wait().unwrap().is_none(), "it ended");
    assert!(demo.end("TERM").await.success());
}

/// Other machines find the courses on the host at which they find the platform.
#[tokio::test]
async fn other_machines_can_take_the_course() {
    let folder = TempDir::new().unwrap();
    let flags = ["--listen", "127.0.0.1:0", "--public-url", "http://192.0.2.1:8080"];
    let demo = Demo::start(folder.path(), &flags).await;
    assert_eq!(demo.word("http"), "http://192.0.2.1:8080/xapi");
    let courses = demo.said.lines().find(|line| line.contains("courses")).unwrap();
    assert!(courses.contains("http://192.0.2.1:"), "{courses}");
    assert!(demo.end("TERM").await.success());
}
