//! An import that is killed, and started again: nothing is lost, nothing is there twice.

use crate::on_both;
use crate::server::Store;
use serde_json::{Value, json};
use std::fs;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

/// Several batches, so that it is cut between two of them and within one.
const STATEMENTS: u32 = 12_000;

/// An export of a store that was filled without interruption.
async fn export() -> String {
    let (folder, store) = (TempDir::new().unwrap(), Store::sqlite());
    let file = folder.path().join("statements");
    let statement = |number: u32| {
        let object = match number % 10 {
            0 => json!({"objectType": "StatementRef", "id": id((number + 777) % STATEMENTS)}),
            other => {
                json!({"id": format!("https://example.org/{other}"), "definition": {"name": {"en": "x"}}})
            }
        };
        let verb = json!({"id": "https://example.org/did"});
        json!({"id": id(number), "actor": {"mbox": "mailto:ada@example.org"}, "verb": verb, "object": object})
            .to_string()
    };
    fs::write(&file, (0..STATEMENTS).map(statement).collect::<Vec<_>>().join("\n")).unwrap();
    store.run(&["import", file.to_str().unwrap()]).await;
    store.run(&["export"]).await
}

fn id(number: u32) -> String {
    format!("fd41c918-b88b-4b20-a0a5-{number:012}")
}

/// How many statements a store has.
async fn count(store: &Store) -> u64 {
    let told = store.run(&["doctor", "--quick", "--json"]).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    told["tenants"][0]["statements"].as_u64().unwrap()
}

async fn killed_and_started_again(store: Store) {
    let export = export().await;
    store.run(&["key", "create", "--name", "x", "--scopes", "all"]).await;
    let mut before = 0;
    for part in 1..=3 {
        let mut command = store.command(&["import"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // It waits for the rest of a line that never comes.
        let cut = export.len() / 4 * part;
        input.write_all(&export.as_bytes()[..cut]).await.unwrap();
        while count(&store).await == before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        child.kill().await.unwrap();
        drop(input);
        before = count(&store).await;
        assert!(0 < before && before < u64::from(STATEMENTS), "{before} of {STATEMENTS}");
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("export");
    fs::write(&file, &export).unwrap();
    let told = store.run(&["import", "--json", file.to_str().unwrap()]).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["known"], before, "{told}");
    assert_eq!(told["stored"], u64::from(STATEMENTS) - before, "{told}");
    assert!(store.run(&["export"]).await == export, "the two stores differ");
    store.run(&["doctor"]).await;
}

mod an_import_goes_on_where_it_was_killed {
    use super::{killed_and_started_again, on_both};
    on_both!(killed_and_started_again);
}
