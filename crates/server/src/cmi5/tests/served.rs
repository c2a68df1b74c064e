//! How long the files of a course are served to whom it was launched for (`scorm.md` 2.3).

use super::kit::*;
use crate::clock::Clock;
use crate::content::tests::kit::{content, imported, package_titled};
use crate::testing::on_both;
use http::Method;
use serde_json::json;

/// `content_after_seconds_max`, in microseconds.
const AFTER: i64 = 600_000_000;

on_both! {
    /// A unit may load what it shows at its end, and then its address is dead: it is in the record.
    async fn content_ends_with_its_session(app: TestApp) {
        let clock = Clock::manual(1_900_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let course = imported(&app, package_titled("https://p.example/c", "Course", "<p>")).await;
        let id = course["id"].as_str().unwrap();
        for end in ["terminated", "abandoned", "launched again"] {
            let registration = registered(&app, id, end).await;
            let launched = launch(&app, &registration, json!({})).await;
            let page = path(launched["url"].as_str().unwrap());
            clock.advance(2 * AFTER);
            assert_eq!(content(&app, &page, &[]).await.status, 200, "{end}: it lasts");
            let unit = Unit::begun(&app, &launched).await;
            unit.says("initialized").await;
            let place = format!("{REGISTRATIONS}/{registration}");
            match end {
                "terminated" => unit.says("terminated").await,
                "abandoned" => {
                    let place = format!("{place}/sessions/{}/abandon", unit.session);
                    assert_eq!(post(&app, &place, &json!({})).await.status, 200);
                }
                _ => drop(launch(&app, &registration, json!({})).await),
            }
            clock.advance(AFTER - 1);
            assert_eq!(content(&app, &page, &[]).await.status, 200, "{end}: its last images");
            clock.advance(1);
            let over = content(&app, &page, &[]).await;
            assert_eq!((over.status.as_u16(), &over.json()["code"]), (410, &"content.expired".into()));
        }
    }

    /// Of a registration that was deleted nothing is served, not even for a moment.
    async fn content_goes_with_its_registration(app: TestApp) {
        let course = imported(&app, package_titled("https://p.example/c", "Course", "<p>")).await;
        let registration = registered(&app, course["id"].as_str().unwrap(), "u1").await;
        let launched = launch(&app, &registration, json!({})).await;
        let page = path(launched["url"].as_str().unwrap());
        assert_eq!(content(&app, &page, &[]).await.status, 200);
        let place = format!("{REGISTRATIONS}/{registration}");
        let gone = api(&app, Method::DELETE, &place).await.send().await;
        assert_eq!(gone.status, 204, "{gone:?}");
        assert_eq!(content(&app, &page, &[]).await.status, 410);
    }
}
