//! A backup is made beside a server and is a whole store.

use super::kit::Place;
use super::record::{Opened, fill, statement};
use crate::cli::is_usage;
use rollbook_db::testing;
use rollbook_testkit::s3::{ACCESS_KEY, S3, SECRET_KEY};
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

async fn run(place: &Place, args: Vec<String>) -> anyhow::Result<String> {
    place.run(&args.iter().map(String::as_str).collect::<Vec<_>>()).await
}

/// Attachments come out of a bucket, and go into another place in one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attachments_in_a_bucket_are_backed_up() {
    let s3 = S3::start().await;
    let endpoint = s3.endpoint();
    let flags = |url: &'static str| {
        let place =
            ["--blobs-url", url, "--blobs-endpoint", &endpoint, "--blobs-allow-http", "true"];
        let key = ["--blobs-access-key", ACCESS_KEY, "--blobs-secret-key", SECRET_KEY];
        [&place[..], &key[..]].concat().into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    let [old, new] = [flags("s3://rollbook/old"), flags("s3://rollbook/new")];
    let with = |args: &[&str], flags: &[String]| {
        args.iter().map(|&arg| arg.to_owned()).chain(flags.iter().cloned()).collect::<Vec<_>>()
    };
    let first = Place::new(None);
    fill(&first).await;
    let export = first.data.path().join("export");
    let export = export.to_str().unwrap();
    first.run(&["export", export]).await.unwrap();

    let place = Place::new(None);
    run(&place, with(&["import", export], &old)).await.unwrap();
    assert!(!place.data.path().join("blobs").exists(), "they are in the bucket");
    let backup = place.data.path().join("backup");
    let backup = backup.to_str().unwrap();
    run(&place, with(&["backup", backup], &old)).await.unwrap();
    let restored = Place::new(None);
    let told = run(&restored, with(&["restore", backup], &new)).await.unwrap();
    assert!(told.starts_with("Restored the record and 3 attachments into "), "{told}");
    std::fs::remove_dir_all(s3.folder().join("old")).unwrap();
    run(&restored, with(&["doctor"], &new)).await.unwrap();
    let lost = run(&restored, with(&["doctor"], &old)).await.unwrap_err();
    assert!(!is_usage(&lost), "{lost}");
    let again = run(&restored, with(&["export"], &new)).await.unwrap();
    assert_eq!(again, std::fs::read_to_string(export).unwrap());
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
