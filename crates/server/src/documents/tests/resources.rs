//! The three resources through HTTP: parameters, methods, headers and scopes.

use crate::testing::{Answer, on_both};
use http::Method;

const ANN: &str = "%7B%22mbox%22%3A%22mailto%3Aann%40example.org%22%7D";
const ACTIVITY: &str = "http%3A%2F%2Fa.example%2Fone";
const REGISTRATION: &str = "7e4f4b0c-2b41-4d0a-9f3e-1f5b2b3f9a10";

/// A document of each resource, by its address without an id.
fn every() -> [(String, &'static str); 3] {
    [
        (format!("/xapi/activities/state?activityId={ACTIVITY}&agent={ANN}"), "stateId"),
        (format!("/xapi/agents/profile?agent={ANN}"), "profileId"),
        (format!("/xapi/activities/profile?activityId={ACTIVITY}"), "profileId"),
    ]
}

fn code(answer: &Answer) -> (u16, String) {
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), code)
}

on_both! {
    /// Rows 14, 35. XAPI-00188, XAPI-00190, XAPI-00274, XAPI-00322: what is put comes back, byte for byte.
    async fn a_document_comes_back_as_it_went_in(app: TestApp) {
        let bytes = [0_u8, 255, 13, 10, 128];
        for (context, id) in every() {
            let path = format!("{context}&{id}=a%2Fb%20%C3%A9");
            let put = app.put(&path).header("if-none-match", "*");
            let answer = put.bytes("image/x-own; a=\"b\"", bytes.to_vec()).send().await;
            assert_eq!(answer.status, 204, "{answer:?}");
            assert_eq!(answer.body.len(), 0);
            let got = app.get(&path).send().await;
            assert_eq!((got.status.as_u16(), &*got.body), (200, &bytes[..]));
            assert_eq!(got.header("content-type"), Some("image/x-own; a=\"b\""));
            assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
            let etag = got.header("etag").unwrap();
            assert_eq!(etag, format!("\"{}\"", crate::http::conditional::digest(&bytes)));
            // Row 35: HEAD is GET without a body.
            let head = app.head(&path).send().await;
            assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
            for name in ["etag", "last-modified", "content-type"] {
                assert_eq!(head.header(name), got.header(name), "{name}");
            }
            // Communication 2.3, multiple document GET.
            let names = app.get(&context).send().await;
            assert_eq!(names.text(), "[\"a/b é\"]");
            assert!(names.header("etag").is_some() && names.header("last-modified").is_some());
            assert_eq!(app.delete(&path).send().await.status, 204);
            assert_eq!(app.get(&path).send().await.status, 404);
            assert_eq!(app.get(&context).send().await.text(), "[]");
        }
    }

    /// A document without a Content-Type is bytes.
    async fn no_content_type_means_bytes(app: TestApp) {
        let path = format!("/xapi/activities/state?activityId={ACTIVITY}&agent={ANN}&stateId=s");
        let put = app.put(&path).bytes("text/plain", "x").without("content-type");
        assert_eq!(put.send().await.status, 204);
        let got = app.get(&path).send().await;
        assert_eq!(got.header("content-type"), Some("application/octet-stream"));
    }

    /// Row 40. Communication 3.2: 413 past the limit and not at it; 400 for JSON that is none (XAPI-00235).
    async fn a_body_is_within_limits_and_what_it_says(app: TestApp) {
        let path = format!("/xapi/activities/state?activityId={ACTIVITY}&agent={ANN}&stateId=s");
        let max = app.limits.document_bytes_max;
        let fits = app.put(&path).bytes("text/plain", vec![b'x'; max]).send().await;
        assert_eq!(fits.status, 204);
        let over = app.put(&path).bytes("text/plain", vec![b'x'; max + 1]).send().await;
        assert_eq!(code(&over), (413, "payload.too_large".to_owned()));
        assert_eq!(over.json()["limit"], "document_bytes_max");
        assert_eq!(app.get(&path).send().await.body.len(), max);
        for method in [Method::PUT, Method::POST] {
            for bad in ["{\"a\":1}[", "", "{'a':1}", "NaN"] {
                let answer = app.call(method.clone(), &path).json(bad).send().await;
                assert_eq!(code(&answer), (400, "document.not_json".to_owned()), "{bad}");
            }
        }
    }

    /// XAPI-00206…00215, 00255…00267, 00288…00302: what is required, for each method.
    async fn what_names_a_document_is_required(app: TestApp) {
        for (context, id) in every() {
            let (path, query) = context.split_once('?').unwrap();
            let mut given: Vec<&str> = query.split('&').collect();
            let one = format!("{id}=x");
            given.push(&one);
            for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE] {
                for left_out in 0..given.len() {
                    let is_id = left_out + 1 == given.len();
                    let all = method == Method::GET || (method == Method::DELETE && id == "stateId");
                    if is_id && all {
                        continue;
                    }
                    let mut query = given.clone();
                    query.remove(left_out);
                    let path = format!("{path}?{}", query.join("&"));
                    let answer = app.call(method.clone(), &path).json("{}").send().await;
                    let expected = (400, "parameter.missing".to_owned());
                    assert_eq!(code(&answer), expected, "{method} {path}");
                }
            }
        }
    }

    /// Row 24. XAPI-00196…00204, 00255…00260, 00324: parameters that are not of their kind, or not known.
    async fn what_a_parameter_must_be(app: TestApp) {
        let state = "/xapi/activities/state?";
        let group = "%7B%22objectType%22%3A%22Group%22%2C%22mbox%22%3A%22mailto%3Ag%40e.org%22%7D";
        let nul = "%7B%22account%22%3A%7B%22homePage%22%3A%22http%3A%2F%2Fe.org%22%2C%22name%22%3A%22%5Cu0000%22%7D%7D";
        let bad = [
            format!("activityId=relative&agent={ANN}&stateId=x"),
            format!("activityId={ACTIVITY}&agent=true&stateId=x"),
            format!("activityId={ACTIVITY}&agent=not%20JSON&stateId=x"),
            format!("activityId={ACTIVITY}&agent=%7B%7D&stateId=x"),
            format!("activityId={ACTIVITY}&agent={group}&stateId=x"),
            format!("activityId={ACTIVITY}&agent={nul}&stateId=x"),
            format!("activityId={ACTIVITY}&agent={ANN}&stateId=x&registration=true"),
            format!("activityId={ACTIVITY}&agent={ANN}&stateId="),
            format!("activityId={ACTIVITY}&agent={ANN}&stateId=%00"),
            format!("activityId={ACTIVITY}&agent={ANN}&stateId={}", "x".repeat(1_025)),
            format!("activityId={ACTIVITY}&agent={ANN}&stateId=x&stateid=y"),
            format!("activityId={ACTIVITY}&agent={ANN}&stateId=x&profileId=y"),
        ];
        for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE] {
            for query in &bad {
                let call = app.call(method.clone(), &format!("{state}{query}")).json("{}");
                let answer = call.send().await;
                assert_eq!(answer.status, 400, "{method} {query} {answer:?}");
            }
        }
        for (context, _) in every() {
            let answer = app.get(&format!("{context}&since=true")).send().await;
            assert_eq!(code(&answer), (400, "parameter.invalid".to_owned()));
            assert_eq!(app.delete(&format!("{context}&since=2026-01-01")).send().await.status, 400);
        }
        let unknown = app.get("/xapi/agents/profile?registration=x").send().await;
        assert_eq!(code(&unknown), (400, "parameter.unknown".to_owned()));
    }

    /// XAPI-00195, 00275, 00294: `since` is exclusive; the name alone finds one document.
    async fn since_limits_the_names(app: TestApp) {
        let clock = crate::clock::Clock::manual(1_700_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        for (context, id) in every() {
            for name in ["a", "b"] {
                let put = app.put(&format!("{context}&{id}={name}")).header("if-none-match", "*");
                assert_eq!(put.json("1").send().await.status, 204);
                clock.advance(2_000_000);
            }
            let b_at = clock.now_micros() - 2_000_000;
            let names = async |since: i64| {
                let since = rollbook_xapi::timestamp::format_micros(since);
                app.get(&format!("{context}&since={since}")).send().await
            };
            let both = names(b_at - 2_000_001).await;
            assert_eq!(both.text(), "[\"a\",\"b\"]");
            // Communication 2.2: the time of the most recent of them.
            let date = crate::http::reply::http_date(b_at);
            assert_eq!(both.header("last-modified"), Some(date.to_str().unwrap()));
            assert_eq!(names(b_at - 2_000_000).await.text(), "[\"b\"]");
            assert_eq!(names(b_at).await.text(), "[]");
            let late = rollbook_xapi::timestamp::format_micros(b_at);
            let one = app.get(&format!("{context}&{id}=a&since={late}")).send().await;
            assert_eq!((one.status.as_u16(), one.text()), (200, "1"));
        }
    }

    /// Row 36. 1.0.3 Communication 2.2, and the ADL suite's 2.0 tests: a change moves `Last-Modified`.
    async fn last_modified_is_when_it_changed(app: TestApp) {
        let clock = crate::clock::Clock::manual(784_111_777_000_000);
        let app = app.with_clock(clock.clone()).await;
        for (context, id) in every() {
            let path = format!("{context}&{id}=x");
            assert_eq!(app.post(&path).json("{}").send().await.status, 204);
            let first = app.get(&path).send().await;
            clock.advance(1_500_000);
            assert_eq!(app.post(&path).json("{\"a\":1}").send().await.status, 204);
            let second = app.get(&path).send().await;
            assert_ne!(first.header("last-modified"), second.header("last-modified"));
            let date = crate::http::reply::http_date(clock.now_micros());
            assert_eq!(second.header("last-modified"), Some(date.to_str().unwrap()));
        }
    }

    /// Row 41. 1.0.3 Communication 2.3: registrations keep states apart, an agent is its identifier.
    async fn a_state_belongs_to_its_registration(app: TestApp) {
        let context = format!("/xapi/activities/state?activityId={ACTIVITY}&agent={ANN}");
        let within = format!("{context}&registration={REGISTRATION}");
        for (path, body) in [(&context, "1"), (&within, "2")] {
            assert_eq!(app.put(&format!("{path}&stateId=s")).json(body).send().await.status, 204);
        }
        assert_eq!(app.put(&format!("{within}&stateId=t")).json("3").send().await.status, 204);
        assert_eq!(app.get(&format!("{context}&stateId=s")).send().await.text(), "1");
        let shouted = format!("{context}&registration={}", REGISTRATION.to_uppercase());
        assert_eq!(app.get(&format!("{shouted}&stateId=s")).send().await.text(), "2");
        assert_eq!(app.get(&format!("{context}&stateId=t")).send().await.status, 404);
        assert_eq!(app.get(&within).send().await.text(), "[\"s\",\"t\"]");
        assert_eq!(app.get(&context).send().await.text(), "[\"s\",\"t\"]");
        let named = "%7B%22name%22%3A%22Ann%22%2C%22mbox%22%3A%22mailto%3Aann%40EXAMPLE.org%22%7D";
        let renamed = format!("/xapi/activities/state?activityId={ACTIVITY}&agent={named}&stateId=s");
        assert_eq!(app.get(&renamed).send().await.text(), "1");

        let refused = app.delete(&within).header("if-match", "\"x\"").send().await;
        assert_eq!(refused.status, 400);
        assert_eq!(app.delete(&within).send().await.status, 204);
        assert_eq!(app.get(&within).send().await.text(), "[]");
        assert_eq!(app.get(&context).send().await.text(), "[\"s\"]");
        assert_eq!(app.put(&format!("{within}&stateId=t")).json("3").send().await.status, 204);
        assert_eq!(app.delete(&context).send().await.status, 204);
        assert_eq!(app.get(&within).send().await.text(), "[]");
    }

    /// Row 32. 1.0.3 Communication 4.2: who may read and who may write.
    async fn scopes_open_their_own_resource(app: TestApp) {
        let [state, agent, activity] = every().map(|(context, id)| format!("{context}&{id}=x"));
        for (scopes, path, read, write) in [
            ("state", &state, 404, 204),
            ("state", &agent, 403, 403),
            ("profile", &agent, 404, 204),
            ("profile", &activity, 404, 204),
            ("profile", &state, 403, 403),
            ("all/read", &state, 200, 403),
            ("all/read", &agent, 200, 403),
            ("statements/read", &activity, 403, 403),
            ("statements/write", &state, 403, 403),
        ] {
            let key = app.make_key(scopes).await;
            assert_eq!(app.get(path).key(&key).send().await.status, read, "{scopes} {path}");
            let posted = app.post(path).key(&key).json("{}").send().await;
            assert_eq!(posted.status, write, "{scopes} {path}");
        }
    }
}
