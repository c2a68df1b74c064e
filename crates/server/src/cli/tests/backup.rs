//! A backup is made beside a server and is a whole store.

use super::kit::Place;
use super::record::{Opened, fill, statement};
use crate::cli::is_usage;
use rollbook_db::testing;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_backed_up_is_restored() {
    let place = Place::new(None);
    fill(&place).await;
    let export = place.run(&["export"]).await.unwrap();
    let folder = place.data.path().join("backup");
    let backup = folder.to_str().unwrap();

    // A server stores meanwhile: the backup holds a beginning of its log, whole.
    let server = place.serve().await;
    let opened = Opened::at(&place).await;
    let storing = async {
        for number in 100..200 {
            opened.post("1.0.3", &statement(number, "")).await;
        }
    };
    let args = ["backup", backup];
    let (told, ()) = tokio::join!(place.json(&args), storing);
    opened.close().await;
    server.stop().await;
    assert_eq!((&told["attachments"], &told["damages"]), (&json!(3), &json!([])), "{told}");
    let error = place.run(&["backup", backup]).await.unwrap_err().to_string();
    assert!(error.contains("is there already"), "{error}");

    let restored = Place::new(None);
    let text = restored.run(&["restore", backup]).await.unwrap();
    assert!(text.starts_with("Restored the record and 3 attachments into "), "{text}");
    let again = restored.run(&["export"]).await.unwrap();
    let [first, second] = [&export, &again]
        .map(|text| text.lines().filter(|line| line.starts_with("{\"statement\"")).count());
    assert!(again.starts_with(export.split("{\"document\"").next().unwrap()), "{again}");
    assert!((first..=first + 100).contains(&second), "{first} {second}");
    let left: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the database and the attachments: {left:?}");

    let error = restored.run(&["restore", backup]).await.unwrap_err().to_string();
    assert!(error.contains("is not empty"), "{error}");
    let nothing = Place::new(None);
    let error = nothing.run(&["restore", nothing.data.path().to_str().unwrap()]).await.unwrap_err();
    assert!(error.to_string().contains("is no backup"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_backup_is_no_store() {
    let place = Place::new(None);
    fill(&place).await;
    let folder = place.data.path().join("backup");
    let backup = folder.to_str().unwrap();
    place.run(&["backup", backup]).await.unwrap();
    std::fs::remove_dir_all(folder.join("blobs")).unwrap();
    let restored = Place::new(None);
    let error = format!("{:#}", restored.run(&["restore", backup]).await.unwrap_err());
    assert!(error.starts_with("the backup is damaged.") && error.contains("is missing"), "{error}");
    assert!(!restored.settings().sqlite_file().unwrap().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_has_its_own_tools() {
    let Some(database) = testing::postgres().await else {
        eprintln!("skipped: TEST_POSTGRES_URL is unset");
        return;
    };
    let place = Place::new(Some(database));
    let folder = place.data.path().join("backup");
    for (command, tool) in [("backup", "pg_dump"), ("restore", "pg_restore")] {
        let error = place.run(&[command, folder.to_str().unwrap()]).await.unwrap_err();
        assert!(is_usage(&error) && error.to_string().contains(tool), "{error}");
    }
    assert!(!folder.exists());
}
