//! The learner's link: what it shows, what it launches, and what it does not open.

use super::kit::*;
use crate::clock::Clock;
use crate::testing::{TestApp, call, on_both};
use http::Method;
use serde_json::{Value, json};

async fn link(app: &TestApp, registration: &str, body: Value) -> String {
    let answer = post(app, &format!("{REGISTRATIONS}/{registration}/links"), &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    path(answer.json()["url"].as_str().unwrap())
}

on_both! {
    /// It shows the course in the learner's language, launches a unit, and keeps preferences.
    async fn a_link_is_the_learners(app: TestApp) {
        let parts = format!("{}{}", block("one", &au("a", r#"moveOn="Completed""#)), au("b", ""));
        let registration = enrolled(&app, &parts).await;
        let link = link(&app, &registration, json!({})).await;
        let course = || call(&app, Method::GET, &format!("{link}/course")).header("accept-language", "de, fr;q=0.5").send();
        let shown = course().await;
        assert_eq!(shown.status, 200, "{shown:?}");
        assert_eq!(shown.header("cache-control"), Some("no-store"));
        let shown = shown.json();
        assert_eq!(shown["title"], "Cours");
        assert_eq!((&shown["units"], &shown["unitsSatisfied"], &shown["next"]), (&json!(2), &json!(1), &json!(0)));
        assert_eq!(shown["activeSession"], json!(null));
        let unit = &shown["children"][0]["children"][0];
        assert_eq!((&unit["index"], &unit["needs"]), (&json!(0), &json!(["completed"])));
        let launched = call(&app, Method::POST, &format!("{link}/units/0")).json("{}").send().await;
        assert_eq!(launched.status, 200, "{launched:?}");
        let unit = Unit::begun(&app, &launched.json()).await;
        unit.says("initialized").await;
        unit.says("completed").await;
        let shown = course().await.json();
        assert_eq!((&shown["satisfied"], &shown["next"]), (&json!(true), &json!(null)));
        assert_eq!(shown["activeSession"]["id"], unit.session);
        let wish = json!({"languagePreference": "en", "audioPreference": "off"});
        let kept = call(&app, Method::PUT, &format!("{link}/preferences")).json(wish.to_string()).send().await;
        assert_eq!(kept.status, 204, "{kept:?}");
        let shown = course().await.json();
        assert_eq!((&shown["title"], &shown["preferences"]), (&json!("Course"), &wish));
        let read = unit.call(Method::GET, &unit.preferences()).send().await;
        assert_eq!(read.json(), wish, "content reads the same");
        let odd = r#"{"languagePreference":"","audioPreference":"off"}"#;
        let refused = call(&app, Method::PUT, &format!("{link}/preferences")).json(odd).send().await;
        assert_eq!(refused.status, 422, "{refused:?}");
        let nothing = call(&app, Method::POST, &format!("{link}/units/2")).json("{}").send().await;
        assert_eq!(nothing.status, 404);
    }

    /// What is done by a link is counted, and bounded.
    async fn a_link_is_within_limits(app: TestApp) {
        let mut limits = app.limits.clone();
        limits.user.requests_per_minute = 2;
        let app = app.with_limits(limits).await;
        let registration = enrolled(&app, &au("a", "")).await;
        let link = link(&app, &registration, json!({})).await;
        let ask = || call(&app, Method::GET, &format!("{link}/course")).send();
        let (one, two, three) = (ask().await, ask().await, ask().await);
        let statuses = [one.status, two.status, three.status].map(|status| status.as_u16());
        assert_eq!(statuses, [200, 200, 429], "{three:?}");
    }

    /// It ends with its time or its registration, and nobody makes one.
    async fn a_link_ends(app: TestApp) {
        let clock = Clock::manual(1_900_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let registration = enrolled(&app, &au("a", "")).await;
        let short = link(&app, &registration, json!({"expiresIn": 10})).await;
        let long = link(&app, &registration, json!({})).await;
        let status = async |link: &str| {
            call(&app, Method::GET, &format!("{link}/course")).send().await.status.as_u16()
        };
        assert_eq!((status(&short).await, status(&long).await), (200, 200));
        clock.advance(10_000_000);
        assert_eq!((status(&short).await, status(&long).await), (404, 200));
        assert_eq!(status("/launch/x").await, 404);
        let mut forged = long.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == 'A' { 'B' } else { 'A' });
        assert_eq!(status(&forged).await, 404);
        let gone = api(&app, Method::DELETE, &format!("{REGISTRATIONS}/{registration}")).await.send().await;
        assert_eq!(gone.status, 204, "{gone:?}");
        assert_eq!(status(&long).await, 404);
    }
}
