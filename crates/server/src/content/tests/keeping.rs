//! What is kept of packages, for how long, and how much may be: quota, turns, the sweep, deletion.

use super::super::{examine, keep, receive, unkept};
use super::kit::*;
use crate::clock::Clock;
use crate::limits::Limits;
use crate::tenants::{FIRST_TENANT, life};
use crate::testing::{Answer, TestApp, on_both, unmetered};
use crate::usage::Allowance;
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

const ID: &str = "https://p.example/course";

/// What is in a package, each content once, and it itself.
fn bytes_kept(package: &[u8], files: &[&str]) -> u64 {
    (package.len() + files.iter().map(|file| file.len()).sum::<usize>()) as u64
}

async fn usage(app: &TestApp) -> Value {
    api(app, app.manager().await, Method::GET, "/api/v1/usage").send().await.json()["storage"]
        .clone()
}

/// A body that says how long it is and that nobody may read.
struct Unread(u64);

impl http_body::Body for Unread {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::io::Result<http_body::Frame<bytes::Bytes>>>> {
        Poll::Ready(Some(Err(std::io::Error::other("it was read"))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0)
    }
}

on_both! {
    /// RFC 4918 11.5: a package counts with all that is in it, at the quota's edge and one past it.
    async fn packages_are_within_the_quota(app: TestApp) {
        let structure = structure_of(ID, &au("au", "", "index.html"));
        let same = "twice".repeat(100);
        let files: [(&str, &[u8]); 3] = [
            ("cmi5.xml", structure.as_bytes()),
            ("index.html", same.as_bytes()),
            ("again.html", same.as_bytes()),
        ];
        let package = zipped(&files);
        let needed = bytes_kept(&package, &[&structure, &same]);
        let limits = |bytes| Limits {
            tenant: Allowance { storage_bytes: bytes, ..Allowance::UNLIMITED },
            ..unmetered()
        };
        let app = app.with_limits(limits(needed - 1)).await;
        let full = upload(&app, "application/zip", package.clone()).await;
        assert_eq!((full.status.as_u16(), &full.json()["code"]), (507, &json!("quota.storage.exceeded")));
        assert_eq!(rows(&app).await, [0; 4], "nothing of it is kept");
        let app = app.with_limits(limits(needed)).await;
        imported(&app, package.clone()).await;
        let usage = usage(&app).await;
        assert_eq!(usage["usedBytes"], needed, "{usage}");
        let app = app.with_limits(limits(needed + package.len() as u64)).await;
        let again = upload(&app, "application/zip", package).await;
        assert_eq!(again.status, 200, "what is there needs no more room: {again:?}");
    }

    /// `imports_max`: as many as may be are looked at, and one more waits for its turn.
    async fn imports_take_turns(app: TestApp) {
        let app = app.with_limits(Limits { imports_max: 2, ..unmetered() }).await;
        let one = app.imports.turn().await.unwrap();
        imported(&app, package(ID, "beside the one")).await;
        let two = app.imports.turn().await.unwrap();
        let mut waiting = Box::pin(upload(&app, "application/zip", package(ID, "waits")));
        let early = tokio::time::timeout(Duration::from_millis(300), &mut waiting).await;
        assert!(early.is_err(), "{early:?}");
        drop(two);
        assert_eq!(waiting.await.status, 201);
        drop(one);
    }

    /// What says that it is too large, or has no room or place, is refused and not read.
    async fn what_cannot_be_taken_is_not_read(app: TestApp) {
        let limits = Limits {
            package_bytes_max: 1_000,
            uploads_max: 1,
            tenant: Allowance { storage_bytes: 900, ..Allowance::UNLIMITED },
            ..unmetered()
        };
        let app = app.with_limits(limits).await;
        let send = async |bytes: u64| {
            let call = api(&app, app.manager().await, Method::POST, COURSES);
            call.header("content-type", "application/zip").stream(Body::new(Unread(bytes))).await
        };
        let large = send(1_001).await;
        assert_eq!((large.status.as_u16(), &large.json()["limit"]), (413, &json!("package_bytes_max")));
        let full = send(901).await;
        assert_eq!((full.status.as_u16(), &full.json()["code"]), (507, &json!("quota.storage.exceeded")));
        let place = app.imports.place(FIRST_TENANT).unwrap();
        let busy = send(1).await;
        assert_eq!((busy.status.as_u16(), &busy.json()["code"]), (503, &json!("server.busy")));
        drop(place);
        let read = upload(&app, "application/zip", vec![0; 10]).await;
        assert_eq!(read.status, 422, "it was looked at: {read:?}");
    }

    /// What was received is imported, whoever waits for it: the same upload again finds it.
    async fn an_import_outlives_its_client(app: TestApp) {
        let app = app.with_limits(Limits { imports_max: 1, ..unmetered() }).await;
        let turn = app.imports.turn().await.unwrap();
        // What makes the key, and reads who calls, is not to be cut off.
        assert_eq!(upload(&app, "text/plain", "x").await.status, 415);
        let sent = upload(&app, "application/zip", package(ID, "left"));
        assert!(tokio::time::timeout(Duration::from_secs(2), sent).await.is_err());
        drop(turn);
        for _ in 0..1_500 {
            if rows(&app).await[1] == 1 {
                let again = upload(&app, "application/zip", package(ID, "left")).await;
                assert_eq!(again.status, 200, "{again:?}");
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing became of it");
    }

    /// A deleted course gives back what nothing else needs.
    async fn a_deleted_course_takes_no_room(app: TestApp) {
        rollbook_db::sql! {
            ATTACH = "insert into attachment (tenant, position, sha2)
                select tenant, 1, sha2 from course_file where tenant = $1 and path = 'attached.txt'";
        }
        let clock = Clock::manual(app.clock.now_micros());
        let app = app.with_clock(clock.clone()).await;
        let text = structure_of(ID, &au("au", "", "index.html"));
        let files: [(&str, &[u8]); 4] = [
            ("cmi5.xml", text.as_bytes()),
            ("index.html", b"shared"),
            ("attached.txt", b"attached"),
            ("alone.txt", b"alone"),
        ];
        let doomed = imported(&app, zipped(&files)).await;
        let other = imported(&app, package("https://p.example/other", "shared")).await;
        app.db.of(FIRST_TENANT.0).write(|tx| tx.run(&ATTACH, &[FIRST_TENANT.0.into()])).await.unwrap();
        let before = rows(&app).await[3];
        let key = app.manager().await;
        let place = format!("{COURSES}/{}", doomed["id"].as_str().unwrap());
        assert_eq!(api(&app, key, Method::DELETE, &place).send().await.status, 204);
        let swept = || app.blobs.sweep(Duration::from_mins(30));
        assert_eq!(swept().await.unwrap(), 0, "somebody may be reading");
        clock.advance(3_600_000_000);
        assert_eq!(swept().await.unwrap(), 3, "the package, its structure, and what it has alone");
        assert_eq!(rows(&app).await[3], before - 3);
        let lost = app.db.of(FIRST_TENANT.0).read(|tx| unkept(tx, FIRST_TENANT)).await;
        assert_eq!(lost.unwrap(), 0);
        let page = format!("{}index.html", top(&app, key, &other, 1).await);
        assert_eq!(content(&app, &page, &[]).await.text(), "shared");
        let again = imported(&app, zipped(&files)).await;
        let page = format!("{}alone.txt", top(&app, key, &again, 1).await);
        assert_eq!(content(&app, &page, &[]).await.text(), "alone", "it is written anew");
    }

    /// A crash between the files and the version leaves files that are swept, and no course. What a
    /// version has is never swept.
    async fn the_sweep_knows_what_is_needed(app: TestApp) {
        let clock = Clock::manual(app.clock.now_micros());
        let app = app.with_clock(clock.clone()).await;
        let course = imported(&app, package(ID, "kept")).await;
        let before = rows(&app).await;
        let body = package("https://p.example/killed", "killed");
        let request = Request::builder().header("content-type", "application/zip");
        let request = request.body(Body::from(body)).unwrap();
        let mut received = receive::receive(&app, FIRST_TENANT, request).await.unwrap();
        let bounds = examine::bounds(&app.limits);
        let source = received.contents.reader().await.unwrap();
        let examined = examine::examine(source, &bounds, true).unwrap();
        keep::keep(&app, FIRST_TENANT, &mut received, &examined, bounds).await.unwrap();
        let after = rows(&app).await;
        assert_eq!((after[..3] == before[..3], after[3] > before[3]), (true, true), "{after:?}");
        clock.advance(3_600_000_000);
        let swept = app.blobs.sweep(Duration::from_mins(30)).await.unwrap();
        assert_eq!(i64::try_from(swept).unwrap(), after[3] - before[3]);
        assert_eq!(rows(&app).await, before);
        let top = top(&app, app.manager().await, &course, 1).await;
        assert_eq!(content(&app, &format!("{top}index.html"), &[]).await.text(), "kept");
    }

    /// A tenant that is suspended or deleted serves nothing, and of one that is deleted nothing stays.
    async fn content_goes_with_its_tenant(app: TestApp) {
        let operator = app.make_key("operator").await;
        let act = async |method: Method, path: &str, body: &str| -> Answer {
            let path = format!("/api/v1/tenants{path}");
            let call = api(&app, &operator, method, &path);
            if body.is_empty() { call.send().await } else { call.json(body.to_owned()).send().await }
        };
        let made = act(Method::POST, "", r#"{"name":"doomed","title":"Doomed Ltd"}"#).await;
        let number = made.json()["number"].as_i64().unwrap();
        let key = app.make_tenant_key_with(number, "read,write,admin").await;
        let call = api(&app, &key, Method::POST, COURSES);
        let course = call.bytes("application/zip", package(ID, "theirs")).send().await.json();
        let mine = imported(&app, package(ID, "mine")).await;
        let page = format!("{}index.html", top(&app, &key, &course, 1).await);
        assert_eq!(content(&app, &page, &[]).await.text(), "theirs");

        let suspended = act(Method::POST, "/doomed/suspend", "").await;
        assert!(suspended.status.is_success(), "{suspended:?}");
        assert_eq!(content(&app, &page, &[]).await.status, 404);
        let resumed = act(Method::POST, "/doomed/resume", "").await;
        assert!(resumed.status.is_success(), "{resumed:?}");
        assert_eq!(content(&app, &page, &[]).await.status, 200);

        let marked = act(Method::DELETE, "/doomed", "").await;
        assert_eq!(marked.status, 202, "{marked:?}");
        assert_eq!(content(&app, &page, &[]).await.status, 404);
        life::delete_due(&app).await.unwrap();
        let folder = app.blob_folder().join("tenant");
        assert!(!folder.join(number.to_string()).exists(), "its files are gone");
        assert_eq!(rows(&app).await[..3], [1, 1, 4]);
        let page = format!("{}index.html", top(&app, app.manager().await, &mine, 1).await);
        assert_eq!(content(&app, &page, &[]).await.text(), "mine");
    }
}
