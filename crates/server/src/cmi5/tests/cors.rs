//! C: content comes from another origin, and its page may read every answer (`cmi5.md` 4.3).

use super::kit::*;
use crate::testing::{Answer, VERSION, call, on_both};
use http::{Method, header};
use serde_json::json;

const PAGE: (&str, &str) = ("origin", "https://content.example");

#[track_caller]
fn readable(answer: &Answer, what: &str) {
    let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
    for name in ["ETag", "Last-Modified", "Location"] {
        assert!(exposed.contains(name), "{what}: {exposed}");
    }
    // Anywhere but at a fetch URL, a page in credentials mode would be answered as whoever uses the
    // browser.
    let is_fetch = what.contains("fetch");
    let (origin, credentials) = if is_fetch { (PAGE.1, Some("true")) } else { ("*", None) };
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{what}: {answer:?}");
    assert_eq!(answer.header("access-control-allow-credentials"), credentials, "{what}");
}

on_both! {
    /// A browser asks first, without a token, wherever content goes; the answer allows what all clients
    /// send.
    async fn preflights_need_no_token(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let launched = launch(&app, &registration, json!({})).await;
        let fetch = path(&query(launched["url"].as_str().unwrap())["fetch"]);
        let unit = Unit::fetched(&app, &launched).await;
        let asked = "authorization,content-type,x-experience-api-version,if-match,if-none-match,x-custom";
        for place in [
            fetch.as_str(),
            "/api/cmi5/fetch/unknown",
            "/xapi/statements?statementId=00000000-0000-4000-8000-000000000001",
            "/xapi/activities/profile",
            "/xapi/about",
            &unit.state("x"),
            &unit.preferences(),
            "/api/xapi/statements",
            "/api/xapi/statements//activities/state",
            "/api/xapi/statementsstatements",
        ] {
            let answer = call(&app, Method::OPTIONS, place).header(PAGE.0, PAGE.1)
                .header("access-control-request-method", "PUT")
                .header("access-control-request-headers", asked).send().await;
            assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0), "{place}: {answer:?}");
            readable(&answer, place);
            let allowed = answer.header("access-control-allow-headers").unwrap();
            assert!(asked.split(',').all(|name| allowed.contains(name)), "{place}: {allowed}");
            let methods = answer.header("access-control-allow-methods").unwrap();
            assert!(["GET", "PUT", "POST", "DELETE"].iter().all(|one| methods.contains(one)), "{methods}");
            assert_eq!(answer.header("access-control-max-age"), Some("86400"));
        }
    }

    /// Refusals are read like answers, or else a page would only hear of a network error: 200, 204,
    /// 400, 401, 403, 404, 405, 409, 412, 413.
    async fn every_answer_is_readable(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let launched = launch(&app, &registration, json!({})).await;
        let fetch = path(&query(launched["url"].as_str().unwrap())["fetch"]);
        for (method, status) in [(Method::GET, 405), (Method::POST, 200), (Method::POST, 200)] {
            let answer = call(&app, method.clone(), &fetch).header(PAGE.0, PAGE.1).send().await;
            assert_eq!(answer.status, status);
            readable(&answer, &format!("fetch {method}"));
        }
        let unknown = call(&app, Method::POST, "/api/cmi5/fetch/unknown");
        let unknown = unknown.header(PAGE.0, PAGE.1).send().await;
        assert_eq!(unknown.status, 401);
        readable(&unknown, "fetch of nothing");
        let unit = Unit::running(&app, &registration, json!({})).await;
        let (state, own) = (unit.state("bookmark"), unit.preferences());
        let statement = unit.allowed("experienced");
        let mut other = statement.clone();
        other["verb"]["id"] = json!("https://v.example/other");
        let mut long = unit.allowed("experienced");
        long["object"]["id"] = json!(format!("https://p.example/{}", "x".repeat(2_000)));
        let good = r#"{"languagePreference":"en","audioPreference":"on"}"#;
        let put = |path: &str| unit.call(Method::PUT, path).header("if-none-match", "*").json(good);
        for (what, answer, status) in [
            ("put", unit.put(&statement).await, 204),
            ("conflict", unit.put(&other).await, 409),
            ("rule", unit.put(&unit.defined("satisfied")).await, 403),
            ("malformed", unit.post(&[json!({})]).await, 400),
            ("too long", unit.put(&long).await, 413),
            ("list", unit.call(Method::GET, "/xapi/statements").send().await, 200),
            ("launch data", unit.call(Method::GET, &unit.state("LMS.LaunchData")).send().await, 200),
            ("no state", unit.call(Method::GET, &state).send().await, 404),
            ("no agent", unit.call(Method::GET, "/xapi/agents").send().await, 400),
            ("no preferences", unit.call(Method::GET, &own).send().await, 404),
            ("preferences", put(&own).send().await, 204),
            ("precondition", put(&own).send().await, 412),
            ("no version", unit.call(Method::GET, &own).without(VERSION).send().await, 400),
            ("no token", unit.call(Method::GET, &own).without(header::AUTHORIZATION).send().await, 401),
            ("no method", unit.call(Method::PATCH, &own).send().await, 405),
        ] {
            assert_eq!(answer.status, status, "{what}: {answer:?}");
            readable(&answer, what);
        }
        let found = unit.call(Method::GET, &own).send().await;
        assert!(found.header("etag").is_some(), "clients send it back");
        let exposed = found.header("access-control-expose-headers").unwrap();
        for name in ["X-Experience-API-Version", "X-Experience-API-Consistent-Through"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        unit.says("terminated").await;
        let over = unit.call(Method::GET, &own).send().await;
        assert_eq!(refusal(&over), "8.1.2.0-2");
        readable(&over, "a session that is over");
    }
}
