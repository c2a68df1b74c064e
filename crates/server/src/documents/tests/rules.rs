//! Preconditions and merges through HTTP, by the rules of each version.

use crate::testing::on_both;
use http::Method;

const ANN: &str = "%7B%22mbox%22%3A%22mailto%3Aann%40example.org%22%7D";
const ACTIVITY: &str = "http%3A%2F%2Fa.example%2Fone";

fn every() -> [String; 3] {
    [
        format!("/xapi/activities/state?activityId={ACTIVITY}&agent={ANN}&stateId=x"),
        format!("/xapi/agents/profile?agent={ANN}&profileId=x"),
        format!("/xapi/activities/profile?activityId={ACTIVITY}&profileId=x"),
    ]
}

on_both! {
    /// Rows 14, 15. XAPI-00322, and the ADL suite's 4.1.4-Concurrency for 2.0, on all three resources.
    async fn if_match_is_heeded_by_put_post_and_delete(app: TestApp) {
        for (path, version) in every().iter().flat_map(|path| [(path, "1.0.3"), (path, "2.0.0")]) {
            for method in [Method::PUT, Method::POST, Method::DELETE] {
                let call = |method: &Method, etag: &str| {
                    let call = app.call(method.clone(), path).version(version);
                    call.header("if-match", etag).json("{\"b\":2}")
                };
                assert_eq!(app.post(path).json("{\"a\":1}").send().await.status, 204);
                let etag = app.get(path).send().await.header("etag").unwrap().to_owned();
                for wrong in ["\"1234\"", "\"1111111111111111111111111111111111111111\"", &format!("W/{etag}")] {
                    let answer = call(&method, wrong).send().await;
                    assert_eq!(answer.status, 412, "{method} {path} {wrong}");
                }
                assert_eq!(app.get(path).send().await.text(), "{\"a\":1}");
                let listed = format!("\"x\", {etag}");
                assert_eq!(call(&method, &listed).send().await.status, 204, "{method} {path}");
                assert_eq!(call(&method, &etag).send().await.status, 412, "{method} {path}");
                assert_eq!(app.delete(path).send().await.status, 204);
                assert_eq!(call(&method, "*").send().await.status, 412, "nothing is there");
            }
        }
    }

    /// Row 15. XAPI-00322: `If-None-Match: *` succeeds when no document exists, and only then.
    async fn if_none_match_star_creates(app: TestApp) {
        for path in every() {
            let create = |body: &str| app.put(&path).header("if-none-match", "*").json(body);
            assert_eq!(create("1").send().await.status, 204);
            assert_eq!(create("2").send().await.status, 412);
            assert_eq!(app.get(&path).send().await.text(), "1");
            let malformed = app.put(&path).header("if-none-match", "\"x").json("2").send().await;
            assert_eq!(malformed.status, 400);
        }
    }

    /// Row 15. 1.0.3 Communication 3.1, XAPI-00273: a PUT without either header. `decisions.md` 4 for 2.0.
    async fn a_put_without_headers_by_version(app: TestApp) {
        let [state, agent, activity] = every();
        let put = async |path: &str, version: &str| {
            let answer = app.put(path).version(version).json("{}").send().await;
            let explained = answer.status == 204 || !answer.json()["detail"].is_null();
            assert!(explained, "{answer:?}");
            answer.status.as_u16()
        };
        assert_eq!(put(&state, "1.0.3").await, 204);
        assert_eq!(put(&state, "1.0.3").await, 204);
        assert_eq!(put(&state, "2.0.0").await, 409);
        for path in [agent, activity] {
            assert_eq!(put(&path, "1.0.3").await, 400);
            assert_eq!(put(&path, "2.0.0").await, 204);
            assert_eq!(put(&path, "1.0.3").await, 409);
            assert_eq!(put(&path, "2.0.0").await, 409);
            // The response explains that the client should get the state and set If-Match.
            let answer = app.put(&path).json("{}").send().await;
            assert!(answer.json()["detail"].as_str().unwrap().contains("If-Match"));
        }
    }

    /// Row 14. RFC 9110 13: a reader's copy is told to be fresh, by ETag.
    async fn a_get_with_the_present_etag_is_not_modified(app: TestApp) {
        for path in every() {
            assert_eq!(app.post(&path).json("{}").send().await.status, 204);
            let etag = app.get(&path).send().await.header("etag").unwrap().to_owned();
            let same = app.get(&path).header("if-none-match", &format!("W/{etag}")).send().await;
            assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));
            assert_eq!(same.header("etag"), Some(&*etag));
            let other = app.get(&path).header("if-none-match", "\"x\"").send().await;
            assert_eq!((other.status.as_u16(), other.text()), (200, "{}"));
            assert_eq!(app.get(&path).header("if-match", "\"x\"").send().await.status, 412);
        }
    }

    /// Row 16. XAPI-00183, 00184, 00229, 00232…00234, 00278…00281, 00309…00313: POST merges or is refused.
    async fn a_post_merges_objects_and_nothing_else(app: TestApp) {
        for path in every() {
            assert_eq!(app.post(&path).json(" { \"car\" : 1.0, \"n\":[1] }").send().await.status, 204);
            let merge = app.post(&path).bytes("application/json; charset=utf-8", "{\"car\":{}}");
            assert_eq!(merge.send().await.status, 204);
            let got = app.get(&path).send().await;
            assert_eq!(got.text(), "{\"car\":{},\"n\":[1]}");
            assert_eq!(got.header("content-type"), Some("application/json"));
            for (content_type, body) in
                [("not/json", "abcdefg"), ("text/plain", "{}"), ("application/json", "[1]")]
            {
                let answer = app.post(&path).bytes(content_type, body).send().await;
                assert_eq!(answer.status, 400, "{content_type} {body}");
            }
            assert_eq!(app.get(&path).send().await.text(), "{\"car\":{},\"n\":[1]}");
            assert_eq!(app.delete(&path).send().await.status, 204);
            let other = app.post(&path).bytes("application/octet-stream", "/ asdf / undefined");
            assert_eq!(other.send().await.status, 204);
            assert_eq!(app.post(&path).json("{}").send().await.status, 400);
            assert_eq!(app.get(&path).send().await.text(), "/ asdf / undefined");
        }
    }

    /// Row 18. 1.0.3 Communication 3.3: the version is asked for before anything is done.
    async fn a_version_is_required(app: TestApp) {
        for path in every() {
            for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE] {
                let call = app.call(method, &path).json("{}");
                let answer = call.without("x-experience-api-version").send().await;
                assert_eq!(answer.json()["code"], "version.missing", "{answer:?}");
            }
        }
    }
}
