//! A1, A2, A11, A12: when a token opens nothing any more (8.1.2, 9.3.0.0-5, 9.3.6.0-2), and where it
//! never does.

use super::kit::*;
use crate::clock::Clock;
use crate::testing::{VERSION, call, on_both};
use http::{Method, header};
use serde_json::json;

/// Every xAPI resource, as content asks for it: the method, the place and the body.
fn resources(unit: &Unit) -> Vec<(Method, String, &'static str)> {
    let (state, preferences) = (unit.state("bookmark"), unit.preferences());
    let data = unit.state("LMS.LaunchData");
    let all = state.replace("stateId=bookmark&", "");
    let activity = form_urlencoded::byte_serialize(unit.launch["activityId"].as_bytes());
    let activity: String = activity.collect();
    let agents = preferences.replace("/profile?profileId=cmi5LearnerPreferences&", "?");
    let own = r#"{"languagePreference":"en","audioPreference":"on"}"#;
    let profile = format!("/xapi/activities/profile?activityId={activity}&profileId=x");
    let nothing = "00000000-0000-4000-8000-000000000001";
    vec![
        (Method::GET, "/xapi/statements".to_owned(), ""),
        (Method::HEAD, "/xapi/statements".to_owned(), ""),
        (Method::GET, "/xapi/statements?ascending=true&limit=1".to_owned(), ""),
        (Method::GET, format!("/xapi/statements?statementId={nothing}"), ""),
        (Method::GET, data, ""),
        (Method::PUT, state.clone(), "{}"),
        (Method::POST, state.clone(), "{}"),
        (Method::GET, state.clone(), ""),
        (Method::GET, all.clone(), ""),
        (Method::DELETE, state, ""),
        (Method::GET, preferences.clone(), ""),
        (Method::POST, preferences.clone(), own),
        (Method::DELETE, preferences, ""),
        (Method::GET, agents, ""),
        (Method::GET, format!("/xapi/activities?activityId={activity}"), ""),
        (Method::POST, profile.clone(), "{}"),
        (Method::GET, profile, ""),
    ]
}

async fn statuses(unit: &Unit) -> Vec<(String, u16, String)> {
    let mut found = Vec::new();
    for (method, path, body) in resources(unit) {
        let mut request = unit.call(method.clone(), &path);
        if !body.is_empty() {
            request = request.json(body);
        }
        let answer = request.send().await;
        let status = answer.status.as_u16();
        let named = method != Method::HEAD && status == 403;
        let requirement = if named { refusal(&answer) } else { String::new() };
        found.push((format!("{method} {path}"), status, requirement));
    }
    found
}

on_both! {
    /// A token opens every resource while its session runs, and none from the moment that it is over:
    /// not to read, not to write, on no mount (8.1.2.0-2).
    async fn what_is_over_opens_nothing(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        for abandoned in [false, true] {
            let unit = Unit::running(&app, &registration, json!({})).await;
            let before = unit.allowed("experienced");
            assert_eq!(unit.put(&before).await.status, 204);
            for (what, status, _) in statuses(&unit).await {
                assert!(status < 300 || status == 404, "{what}: {status}");
            }
            let requirement = if abandoned {
                launch(&app, &registration, json!({})).await;
                "9.3.6.0-2"
            } else {
                unit.says("terminated").await;
                "9.3.0.0-5"
            };
            let told = statements(&app, &registration).await.len();
            for (what, status, named) in statuses(&unit).await {
                assert_eq!(status, 403, "{what}");
                assert!(what.starts_with("HEAD") || named == "8.1.2.0-2", "{what}: {named}");
            }
            for base in ["/xapi//", "/api/xapi/", "/api/xapi/statements/"] {
                let path = unit.state("x").replacen("/xapi/", base, 1);
                assert_eq!(refusal(&unit.call(Method::GET, &path).send().await), "8.1.2.0-2");
            }
            let form = unit.form(Method::GET, &unit.state("x"), &json!(null)).await;
            assert_eq!(refusal(&form), "8.1.2.0-2", "alternate syntax");
            for statement in [before, unit.allowed("other"), unit.defined("completed")] {
                assert_eq!(unit.refused(&statement).await, requirement);
            }
            assert_eq!(unit.refused(&unit.defined("terminated")).await, requirement);
            assert_eq!(statements(&app, &registration).await.len(), told, "nothing is left");
        }
    }

    /// 8.2.1: a token is good for its session at the most, though nobody swept it up.
    async fn a_token_lasts_no_longer_than_a_session_may(app: TestApp) {
        let clock = Clock::manual(1_900_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        clock.advance(86_400_000_000 - 1);
        assert_eq!(unit.put(&unit.allowed("experienced")).await.status, 204);
        clock.advance(1);
        assert_eq!(unit.put(&unit.allowed("experienced")).await.status, 401);
        assert_eq!(unit.call(Method::GET, &unit.preferences()).send().await.status, 401);
    }

    /// A1, 8.1.2.0-5: without a token, or with what is none, every resource is 401 and never 400
    /// (CATAPULT #42); before the fetch there is none.
    async fn without_a_token_nothing_opens(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        for (method, path, body) in resources(&unit) {
            for credential in ["", "Basic", "Basic ", "Bearer ", "Basic unknown", "Bearer a.b.c"] {
                let request = call(&app, method.clone(), &path).header(VERSION, "1.0.3");
                let request = request.header(header::AUTHORIZATION, credential);
                let request = if body.is_empty() { request } else { request.json(body) };
                let answer = request.send().await;
                assert_eq!(answer.status, 401, "{credential:?} {method} {path}: {answer:?}");
                assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            }
        }
        let statement = unit.allowed("experienced");
        let path = format!("/xapi/statements?statementId={}", statement["id"].as_str().unwrap());
        let bare = call(&app, Method::PUT, &path).version("1.0.3").json(statement.to_string());
        assert_eq!(bare.send().await.status, 401);
    }

    /// The token opens xAPI and nothing else, above all nothing by which a learner would register,
    /// launch, waive or upload (`cmi5.md` 2.2, token confusion).
    async fn a_token_opens_no_api(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="Passed""#)).await;
        let unit = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let own = format!("{REGISTRATIONS}/{registration}");
        for (method, path, body) in [
            (Method::GET, "/api/v1/courses", ""),
            (Method::POST, "/api/v1/courses", "{}"),
            (Method::GET, "/api/v1/keys", ""),
            (Method::GET, REGISTRATIONS, ""),
            (Method::POST, REGISTRATIONS, "{}"),
            (Method::GET, &own, ""),
            (Method::POST, &format!("{own}/launch"), "{}"),
            (Method::POST, &format!("{own}/waive"), r#"{"unit":0}"#),
            (Method::POST, &format!("{own}/links"), "{}"),
            (Method::POST, &format!("{own}/sessions/{}/abandon", unit.session), "{}"),
            (Method::DELETE, &own, ""),
            (Method::POST, "/api/v1/registration", "{}"),
            (Method::GET, &format!("/api/v1/registration/{registration}"), ""),
            (Method::GET, &format!("/api/cmi5/sessions/{registration}"), ""),
        ] {
            for scheme in ["Basic", "Bearer"] {
                let request = unit.call(method.clone(), path).without(VERSION);
                let request = request.header(header::AUTHORIZATION, &format!("{scheme} {}", unit.token));
                let request = if body.is_empty() { request } else { request.json(body) };
                let answer = request.send().await;
                assert!([401, 403].contains(&answer.status.as_u16()), "{method} {path}: {answer:?}");
            }
        }
        assert_eq!(verbs(&app, &registration).await, "launched");
    }
}
