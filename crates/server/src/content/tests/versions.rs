//! Versions, deletion, listings, and the same upload again.

use super::kit::*;
use crate::testing::{TestApp, on_both};
use http::Method;
use serde_json::{Value, json};

const ID: &str = "https://p.example/course";

async fn get(app: &TestApp, path: &str) -> Value {
    let answer = api(app, app.manager().await, Method::GET, path).send().await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

on_both! {
    /// The same bytes are the same version; others are the next, and the old one stays.
    async fn a_version_never_changes(app: TestApp) {
        let (one, two) = (package(ID, "one"), package(ID, "two"));
        let course = imported(&app, one.clone()).await;
        let id = course["id"].as_str().unwrap();
        let place = format!("{COURSES}/{id}");
        let counts = rows(&app).await;
        let again = upload(&app, "application/zip", one.clone()).await;
        assert_eq!((again.status.as_u16(), again.json()), (200, course.clone()));
        assert_eq!(again.header("location"), Some(&*format!("{place}/versions/1")));
        assert_eq!(rows(&app).await, counts);
        let path = format!("{COURSES}?course={id}");
        let next = api(&app, app.manager().await, Method::POST, &path);
        let next = next.bytes("application/zip", two.clone()).send().await;
        assert_eq!(next.status, 201, "{next:?}");
        assert_eq!(next.json()["current"]["number"], 2);
        assert_eq!(get(&app, &place).await["current"]["number"], 2);
        for (version, bytes) in [(1, &one), (2, &two)] {
            let path = format!("{place}/versions/{version}/package");
            let exported = api(&app, app.manager().await, Method::GET, &path).send().await;
            assert!(exported.body == bytes, "byte for byte");
            assert_eq!(exported.header("content-type"), Some("application/zip"));
            assert_eq!(exported.header("content-security-policy"), Some("default-src 'none'; sandbox"));
            let top = top(&app, app.manager().await, &course, version).await;
            let page = content(&app, &format!("{top}index.html"), &[]).await;
            assert_eq!(page.text(), if version == 1 { "one" } else { "two" });
        }
        let listed = get(&app, &format!("{place}/versions")).await;
        let numbers: Vec<_> = listed["data"].as_array().unwrap().iter().map(|v| &v["number"]).collect();
        assert_eq!(numbers, [2, 1]);
        let first = get(&app, &format!("{place}/versions?sort=number&page%5Bsize%5D=1")).await;
        assert_eq!(first["data"][0]["number"], 1);
        let rest = get(&app, first["links"]["next"].as_str().unwrap()).await;
        assert_eq!(rest["data"][0]["number"], 2);
        let audit = get(&app, "/api/v1/audit?filter%5Bact%5D=course.imported").await;
        assert_eq!(audit["data"].as_array().unwrap().len(), 2, "{audit}");
    }

    /// An earlier package again is the version that counts again; the next one is new all the same.
    async fn an_earlier_version_comes_back(app: TestApp) {
        let course = imported(&app, package_titled(ID, "One", "one")).await;
        let place = format!("{COURSES}/{}", course["id"].as_str().unwrap());
        imported(&app, package_titled(ID, "Two", "two")).await;
        let back = upload(&app, "application/zip", package_titled(ID, "One", "one")).await;
        assert_eq!(back.status, 200, "{back:?}");
        assert_eq!(back.header("location"), Some(&*format!("{place}/versions/1")));
        let current = get(&app, &place).await;
        assert_eq!((&current["title"], &current["current"]["number"]), (&json!("One"), &json!(1)));
        let audit = get(&app, "/api/v1/audit?filter%5Bact%5D=course.restored").await;
        assert_eq!(audit["data"].as_array().unwrap().len(), 1, "{audit}");
        let third = imported(&app, package_titled(ID, "Three", "three")).await;
        assert_eq!(third["current"]["number"], 3, "{third}");
    }

    /// Another publisher's id is another course.
    async fn another_course_is_no_version(app: TestApp) {
        let course = imported(&app, package(ID, "one")).await;
        let id = course["id"].as_str().unwrap();
        let counts = rows(&app).await;
        let other = package("https://p.example/other", "one");
        for (course, status) in
            [(id, 409), ("6690e6c9-3ef0-4ed3-8b37-7f3964730bee", 404), ("x", 400)]
        {
            let path = format!("{COURSES}?course={course}");
            let call = api(&app, app.manager().await, Method::POST, &path);
            let answer = call.bytes("application/zip", other.clone()).send().await;
            assert_eq!(answer.status, status, "{answer:?}");
        }
        assert_eq!(rows(&app).await, counts, "nothing stays of what is refused");
    }

    /// A deleted course is gone for everybody, and its publisher's id is free again.
    async fn a_deleted_course_is_gone(app: TestApp) {
        let course = imported(&app, package(ID, "one")).await;
        let place = format!("{COURSES}/{}", course["id"].as_str().unwrap());
        let top = top(&app, app.manager().await, &course, 1).await;
        let key = app.manager().await;
        let delete = || api(&app, key, Method::DELETE, &place).send();
        assert_eq!(delete().await.status, 204);
        assert_eq!(delete().await.status, 404);
        for path in ["", "/versions", "/versions/1", "/versions/1/package", "/versions/1/preview"] {
            let answer = api(&app, app.manager().await, Method::GET, &format!("{place}{path}")).send().await;
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
        }
        assert_eq!(content(&app, &format!("{top}index.html"), &[]).await.status, 404);
        assert_eq!(get(&app, COURSES).await["data"], json!([]));
        let again = imported(&app, package(ID, "one")).await;
        assert_ne!(again["id"], course["id"]);
    }

    /// Pages of courses; and the same request again by its key.
    async fn courses_are_listed(app: TestApp) {
        let mut ids = Vec::new();
        for number in 0..3 {
            let id = format!("https://p.example/{number}");
            let call = api(&app, app.manager().await, Method::POST, COURSES);
            let call = call.header("idempotency-key", &format!("k{number}"));
            let call = call.bytes("application/zip", package(&id, "x"));
            ids.insert(0, call.send().await.json()["id"].clone());
        }
        let page = get(&app, &format!("{COURSES}?page%5Bsize%5D=2")).await;
        let next = get(&app, page["links"]["next"].as_str().unwrap()).await;
        let listed = [&page["data"][0]["id"], &page["data"][1]["id"], &next["data"][0]["id"]];
        assert_eq!(listed, [&ids[0], &ids[1], &ids[2]]);
        let path = format!("{COURSES}?filter%5BpublisherId%5D=https%3A%2F%2Fp.example%2F1");
        assert_eq!(get(&app, &path).await["data"][0]["id"], ids[1]);
        let key = app.manager().await;
        let send = |body: Vec<u8>| {
            let call = api(&app, key, Method::POST, COURSES);
            call.header("idempotency-key", "k0").bytes("application/zip", body).send()
        };
        let replayed = send(package("https://p.example/0", "x")).await;
        assert_eq!((replayed.status.as_u16(), &replayed.json()["id"]), (201, &ids[2]));
        let reused = send(package("https://p.example/0", "y")).await;
        assert_eq!(reused.json()["code"], "idempotency.key_reused", "{reused:?}");
    }
}

/// Many uploads of one package at once are one version.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_at_once_are_one_version() {
    let apps = [Some(TestApp::sqlite().await), TestApp::postgres().await];
    for app in apps.into_iter().flatten() {
        let bytes = package(ID, "one");
        let uploads = (0..6).map(|_| upload(&app, "application/zip", bytes.clone()));
        let answers = futures_util::future::join_all(uploads).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        let same = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!((made, same), (1, 5), "{answers:?}");
        assert_eq!(rows(&app).await[..2], [1, 1]);
    }
}
