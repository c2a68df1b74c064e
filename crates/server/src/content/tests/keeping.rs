//! What is kept of packages, for how long, and how much may be: quota, turns, the sweep, deletion.

use super::super::{examine, keep, receive};
use super::kit::*;
use crate::clock::Clock;
use crate::limits::Limits;
use crate::tenants::{FIRST_TENANT, life};
use crate::testing::{Answer, TestApp, on_both, unmetered};
use crate::usage::Allowance;
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};
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
        let again = upload(&app, "application/zip", package).await;
        assert_eq!(again.status, 200, "what is there needs no room: {again:?}");
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
        let mut received = receive::receive(&app, request).await.unwrap();
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
