//! F: the fetch URL, and C: how its token is taken.

use super::kit::*;
use crate::clock::Clock;
use crate::testing::{VERSION, call, on_both};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, header};
use serde_json::json;

fn fetch_path(launched: &serde_json::Value) -> String {
    path(&query(launched["url"].as_str().unwrap())["fetch"])
}

on_both! {
    /// F1, F2: a POST with nothing gets the token, once; again it is an error with status 200
    /// (8.2.1, 8.2.3).
    async fn the_token_is_handed_out_once(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let fetch = fetch_path(&launch(&app, &registration, json!({})).await);
        let first = call(&app, Method::POST, &fetch).send().await;
        assert_eq!(first.status, 200, "{first:?}");
        assert_eq!(first.header("content-type"), Some("application/json"));
        assert_eq!(first.header("cache-control"), Some("no-store"));
        assert_eq!(first.header("access-control-allow-origin"), Some("*"));
        let token = first.json()["auth-token"].as_str().unwrap().to_owned();
        let pair = String::from_utf8(STANDARD.decode(&token).unwrap()).unwrap();
        assert!(pair.contains(':'), "a credential as RFC 7617 has it");
        for _ in 0..2 {
            let again = call(&app, Method::POST, &fetch).send().await;
            assert_eq!(again.status, 200, "{again:?}");
            let body = again.json();
            assert_eq!((&body["error-code"], &body["auth-token"]), (&json!("1"), &json!(null)));
            assert!(body["error-text"].as_str().is_some() && body["error"].as_str().is_some());
        }
    }

    /// 4.3: clients that fetch in credentials mode may read the answer, and nobody's else.
    async fn a_page_fetches_in_credentials_mode(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let launched = launch(&app, &registration, json!({})).await;
        let fetch = fetch_path(&launched);
        for path in [fetch.as_str(), "/api/cmi5/fetch/f1_x"] {
            let page = call(&app, Method::POST, path).header(header::ORIGIN, "https://c.example");
            let answer = page.send().await;
            assert_eq!(answer.header("access-control-allow-origin"), Some("https://c.example"));
            assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
            assert!(answer.headers.get_all("vary").iter().any(|vary| vary == "Origin"), "{answer:?}");
        }
        let other = app.get("/xapi/statements").header(header::ORIGIN, "https://c.example").send().await;
        assert_eq!(other.header("access-control-allow-origin"), Some("*"));
        assert_eq!(other.header("access-control-allow-credentials"), None);
    }

    /// 1.10: what comes with a token that has ended is not heard, so its session falls silent.
    async fn an_expired_token_keeps_nothing_alive(app: TestApp) {
        let clock = Clock::manual(1_800_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let ask = async |path: &str, body: serde_json::Value| {
            let call = call(&app, Method::POST, path).key(app.manager().await).without(VERSION);
            call.json(body.to_string()).send().await.json()["data"].clone()
        };
        let learner = json!({
            "contentId": "h5p-content-1", "learnerId": "ann",
            "actorAccount": {"homePage": "https://l.example", "name": "ann"},
        });
        let id = ask("/api/cmi5/register", learner).await["id"].as_str().unwrap().to_owned();
        let launched = ask(&format!("/api/cmi5/launch/{id}"), json!({})).await;
        let launched = json!({"url": launched["launchUrl"], "session": launched["sessionId"]});
        let unit = Unit::begun(&app, &launched).await;
        // The token of this profile is good for an hour.
        clock.advance(2 * 3_600 * 1_000_000);
        let late = unit.call(Method::GET, "/xapi/statements").send().await;
        assert_eq!(late.status, 401, "{late:?}");
        assert!(late.text().contains("launch again"), "{late:?}");
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        clock.advance(3 * 3_600 * 1_000_000);
        assert_eq!(crate::cmi5::sweep::sweep(&app).await.unwrap(), 1, "silent for more than 4 hours");
    }

    /// F3: other methods hand out nothing and use nothing up (8.2.1).
    async fn only_post_counts(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let fetch = fetch_path(&launch(&app, &registration, json!({})).await);
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = call(&app, method, &fetch).send().await;
            assert_eq!(answer.status, 405, "{answer:?}");
            assert_eq!(answer.header("allow"), Some("POST"));
        }
        let options = call(&app, Method::OPTIONS, &fetch).send().await;
        assert_eq!(options.status, 204);
        let answer = call(&app, Method::POST, &fetch).bytes("text/plain", "x").send().await;
        assert!(answer.json()["auth-token"].is_string(), "{answer:?}");
    }

    /// F5: what is unknown, too late, or of a session that is over (8.2.3.2).
    async fn unknown_and_expired(app: TestApp) {
        let clock = Clock::manual(1_900_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        for token in ["x", "f1_", "f1_AAAA", "f99_AAAA", "f1_%00", "f-1_AA"] {
            let answer = call(&app, Method::POST, &format!("/api/cmi5/fetch/{token}")).send().await;
            assert_eq!(answer.status, 401, "{token}: {answer:?}");
            assert_eq!(answer.json()["error-code"], "2", "{token}");
        }
        let registration = enrolled(&app, &au("a", "")).await;
        let fetch = fetch_path(&launch(&app, &registration, json!({})).await);
        clock.advance(3_600_000_000);
        let late = call(&app, Method::POST, &fetch).send().await;
        assert_eq!((late.status.as_u16(), late.json()["error-code"].clone()), (200, json!("1")));
        let old = fetch_path(&launch(&app, &registration, json!({})).await);
        launch(&app, &registration, json!({})).await;
        let over = call(&app, Method::POST, &old).send().await;
        assert_eq!((over.status.as_u16(), over.json()["error-code"].clone()), (200, json!("1")));
    }

    /// 8.1.2.0-5: the token in the URL opens nothing, nor does another's secret.
    async fn nothing_but_the_token_opens(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let launched = launch(&app, &registration, json!({})).await;
        let fetch = fetch_path(&launched);
        let segment = fetch.rsplit('/').next().unwrap().to_owned();
        let unit = Unit::begun(&app, &launched).await;
        let session = unit.session.replace('-', "");
        for credential in [
            segment.clone(),
            STANDARD.encode(format!(":{segment}")),
            STANDARD.encode(format!("rs1_{session}:AAAA")),
            STANDARD.encode(format!("rs2_{session}:AAAA")),
            String::new(),
        ] {
            for scheme in ["Basic", "Bearer"] {
                let call = call(&app, Method::GET, &unit.state("LMS.LaunchData")).version("1.0.3");
                let call = call.header(header::AUTHORIZATION, &format!("{scheme} {credential}"));
                let answer = call.send().await;
                assert_eq!(answer.status, 401, "{scheme} {credential}: {answer:?}");
                assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            }
        }
    }

    /// C: however clients spell it: joins, versions, schemes (8.1.1, 8.1.2; `cmi5.md` 2.2).
    async fn a_token_is_taken_in_every_spelling(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let nobodys = STANDARD.encode(format!(":{}", unit.token));
        let state = unit.state("LMS.LaunchData");
        let rest = state.strip_prefix("/xapi/").unwrap();
        for base in ["/xapi/", "/xapi//", "/xapi", "/api/xapi/", "/api/xapi/statements/", "/api/xapi/statements"] {
            for version in ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"] {
                let answer = call(&app, Method::GET, &format!("{base}{rest}"))
                    .header(VERSION, version)
                    .header(header::AUTHORIZATION, &format!("Basic {}", unit.token))
                    .send()
                    .await;
                assert_eq!(answer.status, 200, "{base} {version}: {answer:?}");
                assert!(answer.header("etag").is_some());
            }
        }
        for credential in [
            format!("Bearer {}", unit.token),
            format!("bearer {}", unit.token),
            format!("Basic {nobodys}"),
            format!("basic {}", unit.token.trim_end_matches('=')),
        ] {
            let call = call(&app, Method::GET, &state).version("1.0.3");
            let answer = call.header(header::AUTHORIZATION, &credential).send().await;
            assert_eq!(answer.status, 200, "{credential}: {answer:?}");
        }
    }
}
