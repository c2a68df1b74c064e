//! Commands on a store whose attachments are in a bucket.

use super::kit::Place;
use super::record::fill;
use crate::cli::is_usage;
use rollbook_testkit::s3::{ACCESS_KEY, S3, SECRET_KEY};

/// The flags that name a place in the bucket.
fn flags(s3: &S3, prefix: &str, secret: &str) -> Vec<String> {
    [
        format!("--blobs-url=s3://rollbook/{prefix}"),
        format!("--blobs-endpoint={}", s3.endpoint()),
        "--blobs-allow-http=true".to_owned(),
        format!("--blobs-access-key={ACCESS_KEY}"),
        format!("--blobs-secret-key={secret}"),
    ]
    .into()
}

fn with(args: &[&str], flags: &[String]) -> Vec<String> {
    args.iter().map(|&arg| arg.to_owned()).chain(flags.iter().cloned()).collect()
}

async fn run(place: &Place, args: Vec<String>) -> anyhow::Result<String> {
    place.run(&args.iter().map(String::as_str).collect::<Vec<_>>()).await
}

/// Attachments come out of a bucket, and go into another place in one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attachments_in_a_bucket_are_backed_up() {
    let s3 = S3::start().await;
    let [old, new] = ["old", "new"].map(|prefix| flags(&s3, prefix, SECRET_KEY));
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

/// A first key would be made and told to nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_store_is_made_while_its_bucket_refuses_us() {
    let s3 = S3::start().await;
    let place = Place::new(None);
    let args = ["serve", "--listen", "127.0.0.1:0"];
    let refused = run(&place, with(&args, &flags(&s3, "lrs", "s3cr3t"))).await.unwrap_err();
    assert!(refused.to_string().contains("cannot be reached as set"), "{refused:#}");
    assert!(!refused.to_string().contains("s3cr3t"), "{refused:#}");
    assert!(!place.data.path().join("rollbook.sqlite").exists());
}
