//! Status codes and headers of the Statements resource (1.0.3 Communication 1.1, 2.1.3, 3.2;
//! 9274.1.1 4.1.2, 4.1.6.1).

use super::kit::{PATH, get, id, query, statement, store, verb, voiding, with};
use crate::limits::Limits;
use crate::testing::{Answer, basic, on_both};
use http::{Method, header};
use serde_json::json;

/// The date of an HTTP header for the `stored` of a statement.
fn date_of(stored: &str) -> String {
    let version = rollbook_xapi::version::Version::V1;
    let micros = rollbook_xapi::timestamp::parse(stored, version).unwrap().micros;
    crate::http::reply::http_date(micros).to_str().unwrap().to_owned()
}

on_both! {
    /// RFC 9110 15.6.4, 10.2.3: a store that is out of reach is 503, and says when to come again.
    async fn a_store_that_is_gone_may_come_back(app: TestApp) {
        store(&app, &[statement(1)]).await;
        app.db.clone().close().await;
        for call in [app.get(PATH), app.post(PATH).json(statement(2).to_string())] {
            let answer = call.send().await;
            assert_eq!(answer.status, 503, "{answer:?}");
            assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
        }
    }

    /// Row 35. XAPI-00125, XAPI-00126, Communication 1.1: HEAD answers as GET does, without the
    /// body: the same status and headers, for a page, an id, a refusal and something absent.
    async fn head_is_get_without_a_body(app: TestApp) {
        let clock = crate::clock::Clock::manual(1_772_600_767_123_456);
        let app = app.with_clock(clock).await;
        store(&app, &[statement(1), statement(2), voiding(3, 2)]).await;
        let one = format!("{PATH}?statementId={}", id(1));
        for path in [
            PATH.to_owned(),
            query(&[("limit", "1"), ("verb", &verb("did"))]),
            query(&[("format", "canonical")]),
            one,
            format!("{PATH}/{}", id(1)),
            format!("{PATH}?voidedStatementId={}", id(2)),
            format!("{PATH}?statementId={}", id(2)),
            format!("{PATH}?limit=x"),
        ] {
            let (mut got, mut head) = (app.get(&path).send().await, app.head(&path).send().await);
            assert_eq!((head.status, head.body.len()), (got.status, 0), "{path}");
            for answer in [&mut got, &mut head] {
                assert!(answer.headers.remove("x-request-id").is_some());
            }
            let length = got.header("content-length").map(str::to_owned);
            assert!(length.is_none_or(|length| length == got.body.len().to_string()), "{got:?}");
            for answer in [&mut got, &mut head] {
                answer.headers.remove("content-length");
            }
            assert_eq!(head.headers, got.headers, "{path}");
        }
    }

    /// Row 36. Communication 2.1.3 (SHOULD*), 9274.1.1 4.1.6.1: Last-Modified of one statement is
    /// its `stored`, as an HTTP date; that of a page is its newest.
    async fn last_modified_is_stored(app: TestApp) {
        let clock = crate::clock::Clock::manual(784_111_777_000_000);
        let app = app.with_clock(clock.clone()).await;
        for number in 1..=3 {
            store(&app, &[statement(number)]).await;
            clock.advance(61_000_000);
        }
        for version in ["1.0.3", "2.0.0"] {
            for (number, date) in
                [(1, "Sun, 06 Nov 1994 08:49:37 GMT"), (3, "Sun, 06 Nov 1994 08:51:39 GMT")]
            {
                let answer = app
                    .get(&format!("{PATH}?statementId={}", id(number)))
                    .version(version)
                    .send()
                    .await;
                assert_eq!(answer.header("last-modified"), Some(date), "{version}");
                let stored = answer.json()["stored"].as_str().unwrap().to_owned();
                assert_eq!(date_of(&stored), date);
            }
            for (parameters, date) in [
                (&[][..], Some("Sun, 06 Nov 1994 08:51:39 GMT")),
                (&[("ascending", "true"), ("limit", "2")], Some("Sun, 06 Nov 1994 08:50:38 GMT")),
                (&[("verb", "x:never")], None),
            ] {
                let answer = app.get(&query(parameters)).version(version).send().await;
                assert_eq!(answer.header("last-modified"), date, "{parameters:?}");
            }
        }
    }

    /// Row 40. XAPI-00323 to XAPI-00329, XAPI-00334, XAPI-00335, Communication 3.2: each refusal has
    /// its code: 401 for who is not known, 403 for who may not, and neither for the other.
    async fn every_refusal_has_its_code(app: TestApp) {
        let app = app.with_limits(Limits { request_bytes_max: 2_000, ..Limits::default() }).await;
        store(&app, &[statement(1)]).await;
        let one = format!("{PATH}?statementId={}", id(1));
        let other = with(statement(1), "verb", json!({"id": "x:other"})).to_string();
        let reader = app.make_key("statements/read").await;
        let wrong = basic(&reader.key, "wrong");
        let post = |text: &str| app.post(PATH).json(text);
        for (call, status, code) in [
            (post("{}"), 400, "validation.statement.invalid"),
            (post("{"), 400, "validation.json.malformed"),
            (app.get(PATH).without(header::AUTHORIZATION), 401, "auth.credential.invalid"),
            (app.get(PATH).header(header::AUTHORIZATION, &wrong), 401, "auth.credential.invalid"),
            (
                app.get(PATH).header(header::AUTHORIZATION, "Basic !"),
                401,
                "auth.credential.invalid",
            ),
            (post("{}").header(header::AUTHORIZATION, &wrong), 401, "auth.credential.invalid"),
            (post("{}").key(&reader), 403, "auth.scope.missing"),
            (app.get(&format!("{PATH}?statementId={}", id(2))), 404, "resource.not_found"),
            (app.get(&format!("{PATH}/{}", id(2))), 404, "resource.not_found"),
            (app.get("/xapi/statement"), 404, "resource.not_found"),
            (app.delete(&one), 405, "request.method_not_allowed"),
            (post(&other), 409, "statement.id.used"),
            (app.put(&one).json(other.as_str()), 409, "statement.id.used"),
            (post(&" ".repeat(2_001)), 413, "payload.too_large"),
        ] {
            let answer: Answer = call.send().await;
            let said = answer.json();
            assert_eq!(
                (answer.status.as_u16(), said["code"].as_str()),
                (status, Some(code)),
                "{answer:?}"
            );
            assert_eq!(
                answer.header("content-type"),
                Some("application/problem+json"),
                "{answer:?}"
            );
            assert_eq!(said["status"], status);
            assert!(!said["detail"].as_str().unwrap().is_empty(), "{answer:?}");
            assert_eq!(answer.header("www-authenticate").is_some(), status == 401, "{answer:?}");
        }
        assert_eq!(get(&app, 1).await.status, 200);
    }

    /// Row 40. XAPI-00143, XAPI-00146, XAPI-00149, XAPI-00154 to XAPI-00159: successes have theirs: 200
    /// with ids, 204 without a body, 200 with an empty page.
    async fn every_success_has_its_code(app: TestApp) {
        let empty = app.get(PATH).send().await;
        assert_eq!((empty.status.as_u16(), empty.text()), (200, r#"{"statements":[],"more":""}"#));
        let posted = app.post(PATH).json(statement(1).to_string()).send().await;
        assert_eq!((posted.status.as_u16(), posted.json()), (200, json!([id(1)])));
        let mut bare = statement(2);
        bare.as_object_mut().unwrap().remove("id");
        let put =
            app.put(&format!("{PATH}?statementId={}", id(2))).json(bare.to_string()).send().await;
        assert_eq!((put.status.as_u16(), put.body.len()), (204, 0));
        assert_eq!(
            get(&app, 2).await.json()["id"],
            json!(id(2)),
            "XAPI-00144: the parameter names it"
        );
        let contrary =
            app.put(&format!("{PATH}?statementId={}", id(3))).json(statement(2).to_string());
        assert_eq!(contrary.send().await.status, 400);
        let list = app
            .put(&format!("{PATH}?statementId={}", id(3)))
            .json(json!([statement(3)]).to_string());
        assert_eq!(list.send().await.status, 400);
        let head = app.call(Method::HEAD, PATH).send().await;
        assert_eq!(head.status, 200);
    }
}
