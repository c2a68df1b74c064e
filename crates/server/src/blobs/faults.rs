//! A bucket that fails: no acknowledged file is lost, and none is there in part.

use super::files::PART_BYTES;
use super::*;
use crate::tenants::FIRST_TENANT;
use crate::testing::{TestApp, blobs};
use futures_util::TryStreamExt as _;
use rollbook_testkit::s3::{Fault, S3};
use serde_json::json;
use std::time::Instant;

const KINDS: [Fault; 3] = [Fault::Refused, Fault::Cut, Fault::Lost];

struct World {
    app: TestApp,
}

impl World {
    async fn new() -> Self {
        Self { app: TestApp::on_s3().await }
    }

    fn s3(&self) -> &S3 {
        self.app.s3().unwrap()
    }

    async fn put(&self, contents: &[u8]) -> Result<Sha2> {
        let mut spool = self.app.blobs.spool();
        spool.write(contents).await.unwrap();
        let mut hasher = Sha2::parse(&"0".repeat(64)).unwrap().hasher();
        hasher.update(contents);
        let sha2 = hasher.finish();
        self.app.blobs.put(FIRST_TENANT, &sha2, &mut spool).await?;
        Ok(sha2)
    }

    /// Uploads and keeps.
    async fn store(&self, contents: &[u8]) -> Sha2 {
        let sha2 = self.put(contents).await.unwrap();
        let hashes = vec![sha2.to_string()];
        let keep = move |tx: &mut Tx<'_>| mark_stored(tx, FIRST_TENANT, &hashes);
        self.app.db.of(FIRST_TENANT.0).write(keep).await.unwrap();
        sha2
    }

    async fn read(&self, sha2: &Sha2) -> Option<Vec<u8>> {
        let contents = self.app.blobs.get(FIRST_TENANT, sha2).await.unwrap()?;
        let pieces: Vec<Bytes> = contents.stream.try_collect().await.unwrap();
        Some(pieces.concat())
    }
}

/// `bytes` bytes that differ by `salt`.
fn contents(bytes: usize, salt: u64) -> Vec<u8> {
    let mut contents: Vec<u8> = (0..=250_u8).cycle().take(bytes).collect();
    contents.extend(salt.to_le_bytes());
    contents
}

/// A statement whose attachment is a note.
fn with_note() -> String {
    let mut hasher = Sha2::parse(&"0".repeat(64)).unwrap().hasher();
    hasher.update(b"a note");
    let sha2 = hasher.finish();
    let statement = json!({
        "actor": {"mbox": "mailto:ada@example.com"},
        "verb": {"id": "https://example.com/did"},
        "object": {"id": "https://example.com/one"},
        "attachments": [{
            "usageType": "https://example.com/note", "display": {"en": "A note"},
            "contentType": "text/plain", "length": 6, "sha2": sha2.as_str(),
        }],
    });
    format!(
        "--part\r\nContent-Type: application/json\r\n\r\n{statement}\r\n\
         --part\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\
         X-Experience-API-Hash: {sha2}\r\n\r\na note\r\n--part--\r\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_passes_is_not_noticed() {
    let world = World::new().await;
    for (bytes, requests) in [(10, 1), (PART_BYTES, 4)] {
        for at in 0..requests {
            for kind in KINDS {
                // The service has forgotten an upload that it completed, and says so.
                if (at, kind) == (3, Fault::Lost) {
                    continue;
                }
                world.s3().fail(move |number, _, _| (number == at).then_some(kind));
                let contents = contents(bytes, at);
                let sha2 = world.put(&contents).await.unwrap();
                assert_eq!(world.read(&sha2).await.unwrap(), contents, "{kind:?} {at}");
            }
        }
    }
    // Begun twice, because the first answer was lost: an upload without parts.
    assert_eq!(world.s3().parts(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_acknowledged_is_whole_or_not_there() {
    let world = World::new().await;
    let steps = [
        (10, "PUT", ""),
        (PART_BYTES, "POST", "uploads"),
        (PART_BYTES, "PUT", "partNumber=2"),
        (PART_BYTES, "POST", "uploadId="),
    ];
    let mut salt = 0;
    for kind in KINDS {
        for (bytes, of, step) in steps {
            world.s3().fail(move |_, method, path| {
                (method.as_str() == of && path.contains(step)).then_some(kind)
            });
            salt += 1;
            let contents = contents(bytes, salt);
            let refused = world.put(&contents).await.unwrap_err();
            assert_eq!(refused.status.as_u16(), 503, "{kind:?} {step}: {refused:?}");
            assert!(refused.headers.iter().any(|(name, _)| name == http::header::RETRY_AFTER));
            world.s3().heal();
            let mut hasher = Sha2::parse(&"0".repeat(64)).unwrap().hasher();
            hasher.update(&contents);
            let found = world.read(&hasher.finish()).await;
            assert!(found.is_none_or(|found| found == contents), "{kind:?} {step}");
            let sha2 = world.store(&contents).await;
            assert_eq!(world.read(&sha2).await.unwrap(), contents, "{kind:?} {step}");
        }
    }
    // What was begun is thrown away beside the answer.
    let began = Instant::now();
    while world.s3().parts() > 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "{} parts", world.s3().parts());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.app.blobs.verify(|_| ()).await.unwrap().damages, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_leaves_no_parts() {
    let world = World::new().await;
    let slow = Fault::Slow(Duration::from_mins(1));
    world.s3().fail(move |_, _, path| path.contains("partNumber=2").then_some(slow));
    let contents = contents(PART_BYTES, 0);
    let put = tokio::time::timeout(Duration::from_secs(2), world.put(&contents)).await;
    assert!(put.is_err(), "it waits for the second part");
    let began = Instant::now();
    while world.s3().parts() > 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "the first part is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_does_not_answer_is_given_up_in_time() {
    let world = World::new().await;
    let settings = BlobSettings {
        answer_timeout: Duration::from_millis(200),
        retries_max: 1,
        ..blobs(world.app.s3())
    };
    let files = Files::in_bucket(settings.url.as_ref().unwrap(), &settings).unwrap();
    world.s3().fail(|_, _, _| Some(Fault::Slow(Duration::from_mins(1))));
    let began = Instant::now();
    let path = path_of(FIRST_TENANT, &Sha2::parse(&"0".repeat(64)).unwrap());
    let mut source = Source::Memory(Some(Bytes::from_static(b"x")));
    let late = files.write(&path, &mut source, 1, UPLOAD_MAX).await.unwrap_err();
    assert_eq!(late.status.as_u16(), 503, "{late:?}");
    let mut source = Source::Memory(Some(Bytes::from_static(b"x")));
    let within = Duration::from_millis(50);
    let late = files.write(&path, &mut source, 1, within).await.unwrap_err();
    assert_eq!(late.status.as_u16(), 503, "{late:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// Communication 1.5: a statement is never there without its attachment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_waits_for_its_attachment() {
    let world = World::new().await;
    let post = || {
        let kind = "multipart/mixed; boundary=part";
        world.app.post("/xapi/statements").bytes(kind, with_note()).send()
    };
    let page = || world.app.get("/xapi/statements?attachments=true").send();
    world.s3().fail(|_, _, _| Some(Fault::Refused));
    let refused = post().await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    assert_eq!(refused.json()["code"], "storage.unavailable");
    world.s3().heal();
    assert!(!page().await.text().contains("\"verb\""), "nothing of it is there");
    assert_eq!(post().await.status, 200);
    assert!(page().await.text().contains("a note"));
    world.s3().fail(|_, _, _| Some(Fault::Refused));
    let refused = page().await;
    assert_eq!(refused.status, 503, "{refused:?}");
    world.s3().heal();
    // What was kept and is gone is our fault, and not an answer without it.
    std::fs::remove_dir_all(world.s3().folder().join("lrs")).unwrap();
    assert_eq!(page().await.status, 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_refuses_us_is_told_at_the_start() {
    let world = World::new().await;
    world.app.blobs.0.files.check().await.unwrap();
    let right = blobs(world.app.s3());
    let wrong = BlobSettings { secret_key: Some(Secret::new("wrong")), ..right.clone() };
    let elsewhere = BucketUrl::parse("s3://elsewhere").unwrap();
    for (url, settings) in [(right.url.as_ref().unwrap(), &wrong), (&elsewhere, &right)] {
        let checked = Files::in_bucket(url, settings).unwrap().check().await;
        let Err(refused) = checked else { panic!("{url} was not refused") };
        assert!(refused.to_string().contains("cannot be reached as set"), "{refused}");
    }
    world.s3().fail(|_, _, _| Some(Fault::Refused));
    world.app.blobs.0.files.check().await.unwrap();
}

/// A list comes in pages of a thousand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_of_a_bucket_is_looked_at() {
    let world = World::new().await;
    let sha2 = world.store(b"kept").await;
    let folder = world.s3().folder();
    for number in 0..1_050 {
        std::fs::write(folder.join(format!("lrs/stray{number}")), "").unwrap();
    }
    std::fs::write(folder.join("not-ours"), "").unwrap();
    let verified = world.app.blobs.verify(|_| ()).await.unwrap();
    assert_eq!((verified.blobs, verified.damages.len()), (1, 1_050));
    assert!(world.read(&sha2).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_move_between_folders_and_buckets() {
    let world = World::new().await;
    let mut kept = Vec::new();
    for bytes in [10, PART_BYTES + 3] {
        let contents = contents(bytes, 0);
        kept.push((world.store(&contents).await, contents));
    }
    let folder = tempfile::tempdir().unwrap();
    let here = Files::in_folder(folder.path()).unwrap();
    let there = BucketUrl::parse("s3://rollbook/copy").unwrap();
    let there = Files::in_bucket(&there, &blobs(world.app.s3())).unwrap();
    let db = &world.app.db;
    let mut heard = 0;
    let copied = copy(db, &world.app.blobs.0.files, &here, |bytes| heard += bytes).await.unwrap();
    assert_eq!((copied.blobs, copied.bytes, copied.damages), (2, heard, vec![]));
    let copied = copy(db, &here, &there, |_| ()).await.unwrap();
    assert_eq!((copied.blobs, copied.bytes), (2, heard));
    for (sha2, contents) in &kept {
        let path = path_of(FIRST_TENANT, sha2);
        for root in [folder.path().to_owned(), world.s3().folder().join("copy")] {
            assert!(std::fs::read(root.join(path.as_ref())).unwrap() == *contents);
        }
    }
    std::fs::write(folder.path().join(path_of(FIRST_TENANT, &kept[0].0).as_ref()), "x").unwrap();
    std::fs::remove_file(folder.path().join(path_of(FIRST_TENANT, &kept[1].0).as_ref())).unwrap();
    let copied = copy(db, &here, &there, |_| ()).await.unwrap();
    assert_eq!((copied.blobs, copied.damages), (2, vec![]), "what is whole is not replaced");
    let stand = |index: usize| {
        world.s3().folder().join("copy").join(path_of(FIRST_TENANT, &kept[index].0).as_ref())
    };
    assert!((0..2).all(|index| std::fs::read(stand(index)).unwrap() == kept[index].1));
    for index in 0..2 {
        std::fs::write(stand(index), "y").unwrap();
    }
    let mut damages = copy(db, &here, &there, |_| ()).await.unwrap().damages;
    damages.sort_by_key(|damage| matches!(damage, Damage::Missing(..)));
    let [altered, missing] = [0, 1].map(|index| kept[index].0.clone());
    let expected = [Damage::Altered(FIRST_TENANT, altered), Damage::Missing(FIRST_TENANT, missing)];
    assert_eq!(damages, expected);
    assert_eq!(std::fs::read(stand(0)).unwrap(), b"y", "nothing wrong replaces anything");
    let copied = copy(db, &world.app.blobs.0.files, &there, |_| ()).await.unwrap();
    assert_eq!((copied.blobs, copied.damages), (2, vec![]));
    assert!((0..2).all(|index| std::fs::read(stand(index)).unwrap() == kept[index].1));
}
