//! Two tenants with the same courses: neither sees, reads or changes what is the other's.

use super::kit::*;
use crate::testing::on_both;
use http::Method;

const ID: &str = "https://p.example/course";

on_both! {
    /// An object of another tenant does not exist (`decisions.md` 3).
    async fn tenants_do_not_meet(app: TestApp) {
        let mine = imported(&app, package(ID, "mine")).await;
        let key = app.make_tenant_key_with(1, "read,write,admin").await;
        let stranger = app.make_tenant_key(2).await;
        let other = app.make_tenant_key_with(2, "read,write,admin").await;
        drop(stranger);
        let call = api(&app, &other, Method::POST, COURSES);
        let theirs = call.bytes("application/zip", package(ID, "theirs")).send().await;
        assert_eq!(theirs.status, 201, "the same publisher's id: {theirs:?}");
        let theirs = theirs.json();
        let place = format!("{COURSES}/{}", mine["id"].as_str().unwrap());
        for path in ["", "/versions", "/versions/1", "/versions/1/package", "/versions/1/preview"] {
            let answer = api(&app, &other, Method::GET, &format!("{place}{path}")).send().await;
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
        }
        assert_eq!(api(&app, &other, Method::DELETE, &place).send().await.status, 404);
        let path = format!("{COURSES}?course={}", mine["id"].as_str().unwrap());
        let call = api(&app, &other, Method::POST, &path);
        let answer = call.bytes("application/zip", package(ID, "more")).send().await;
        assert_eq!(answer.status, 404, "{answer:?}");
        let listed = api(&app, &other, Method::GET, COURSES).send().await.json();
        assert_eq!(listed["data"].as_array().unwrap().len(), 1);
        assert_eq!(listed["data"][0]["id"], theirs["id"]);
        for (key, course, expected) in [(&key, &mine, "mine"), (&other, &theirs, "theirs")] {
            let top = top(&app, key, course, 1).await;
            let page = content(&app, &format!("{top}index.html"), &[]).await;
            assert_eq!(page.text(), expected);
        }
    }

    /// A capability reads its course and no other, of the same tenant either.
    async fn a_capability_reads_one_course(app: TestApp) {
        let text = structure_of("https://p.example/a", &au("au", "", "index.html"));
        let files: [(&str, &[u8]); 3] =
            [("cmi5.xml", text.as_bytes()), ("index.html", b"a"), ("secret.txt", b"s")];
        let one = imported(&app, zipped(&files)).await;
        let two = imported(&app, package(ID, "two")).await;
        let key = app.manager().await;
        let of = |course| top(&app, key, course, 1);
        let (one, two) = (of(&one).await, of(&two).await);
        assert_eq!(content(&app, &format!("{one}secret.txt"), &[]).await.status, 200);
        assert_eq!(content(&app, &format!("{two}secret.txt"), &[]).await.status, 404);
    }

    /// Reading is not writing, and writing is not administration.
    async fn scopes_decide(app: TestApp) {
        let course = imported(&app, package(ID, "x")).await;
        let place = format!("{COURSES}/{}", course["id"].as_str().unwrap());
        let preview = format!("{place}/versions/1/preview");
        for (scope, [read, write, admin]) in
            [("read", [200, 403, 403]), ("write", [200, 200, 403]), ("admin", [200, 200, 200])]
        {
            let key = app.make_key(scope).await;
            assert_eq!(api(&app, &key, Method::GET, &place).send().await.status, read, "{scope}");
            let call = api(&app, &key, Method::POST, COURSES);
            let answer = call.bytes("application/zip", package(ID, "x")).send().await;
            assert_eq!(answer.status, write, "{scope}");
            assert_eq!(api(&app, &key, Method::GET, &preview).send().await.status, admin, "{scope}");
        }
    }
}
