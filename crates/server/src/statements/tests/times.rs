//! `timestamp` and `stored` (1.0.3 Data 2.4.7, 2.4.8, 4.5; 9274.1.1 4.2.4.2, 4.2.7).

use super::kit::{PATH, get, id, statement, store, with};
use crate::clock::Clock;
use crate::testing::on_both;
use serde_json::{Value, json};

on_both! {
    /// Row 29. XAPI-00122, XAPI-00123, Data 4.5: 1.0.3 takes ISO 8601, 2.0 takes RFC 3339, neither
    /// an offset of minus zero; what was taken comes back as it was written.
    async fn a_timestamp_is_checked_by_its_version(app: TestApp) {
        let mut number = 0;
        for (text, first, second) in [
            ("2026-03-04T05:06:07Z", true, true),
            ("2026-03-04T05:06:07.123456789012Z", true, true),
            ("2026-03-04T05:06:07.100+05:45", true, true),
            ("2026-03-04T05:06:07-23:59", true, true),
            ("2024-02-29T23:59:59Z", true, true),
            ("2026-12-31T23:59:60Z", true, true),
            ("20260304T050607Z", true, false),
            ("2026-03-04T05:06:07+01", true, false),
            ("2026-03-04T05:06:07", true, false),
            ("2026-W10-3T05:06:07Z", true, false),
            ("2026-03-04T05:06:07-00", false, false),
            ("2026-03-04T05:06:07-0000", false, false),
            ("2026-03-04T05:06:07-00:00", false, false),
            ("2026-03-04", false, false),
            ("2025-02-29T00:00:00Z", false, false),
            ("2026-03-04T25:00:00Z", false, false),
            ("2026-13-04T05:06:07Z", false, false),
            ("2026-03-04T05:06:07Zulu", false, false),
            ("yesterday", false, false),
            ("", false, false),
        ] {
            for (version, accepted) in [("1.0.3", first), ("2.0.0", second)] {
                number += 1;
                let one = with(statement(number), "timestamp", json!(text));
                let answer = app.post(PATH).version(version).json(one.to_string()).send().await;
                assert_eq!(
                    answer.status,
                    if accepted { 200 } else { 400 },
                    "{text} {version}: {answer:?}"
                );
                if accepted {
                    assert_eq!(get(&app, number).await.json()["timestamp"], text, "{version}");
                }
            }
        }
        for bad in [json!(1), json!({}), Value::Null] {
            let one = with(statement(999), "timestamp", bad);
            assert_eq!(app.post(PATH).json(one.to_string()).send().await.status, 400);
        }
    }

    /// Row 29. 9274.1.1 4.2.7: to 2.0 readers every time is shown in UTC, with the digits that it
    /// had; to those of 1.0.3 as it came. A SubStatement's time too; nothing else changes.
    async fn version_2_shows_utc(app: TestApp) {
        let mut inside = with(statement(0), "timestamp", json!("2026-03-04T00:30:00.10+01:00"));
        inside.as_object_mut().unwrap().remove("id");
        let inside = with(inside, "objectType", json!("SubStatement"));
        let east = "2026-01-01T00:30:00.1230+02:00";
        let one = with(with(statement(1), "timestamp", json!(east)), "object", inside);
        for (number, version) in [(1, "2.0.0"), (2, "1.0.3")] {
            let one = with(one.clone(), "id", json!(id(number)));
            let answer = app.post(PATH).version(version).json(one.to_string()).send().await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let path = format!("{PATH}?statementId={}", id(number));
            let exact = app.get(&path).version("1.0.3").send().await;
            assert_eq!(exact.json()["timestamp"], east);
            let utc = app.get(&path).version("2.0.0").send().await;
            let expected = exact.text().replace(east, "2025-12-31T22:30:00.1230Z");
            let expected =
                expected.replace("2026-03-04T00:30:00.10+01:00", "2026-03-03T23:30:00.10Z");
            assert_eq!(utc.text(), expected);
            let page = app.get(PATH).version("2.0.0").send().await;
            assert!(page.text().contains(&expected), "{page:?}");
        }
    }

    /// Row 30. XAPI-00097, Data 2.4.7, 2.4.8: `stored` is the store's, whatever was sent; a missing
    /// timestamp is when it came. Both are exact to the microsecond.
    async fn stored_is_the_stores_and_timestamp_has_a_default(app: TestApp) {
        let clock = Clock::manual(1_772_600_767_123_456);
        let app = app.with_clock(clock.clone()).await;
        let sent = with(statement(1), "stored", json!("1999-01-01T00:00:00Z"));
        store(&app, &[sent, with(statement(2), "timestamp", json!("1999-01-01T00:00:00Z"))]).await;
        let (one, two) = (get(&app, 1).await.json(), get(&app, 2).await.json());
        // The log began at this very moment, so the first place in it is a microsecond later.
        assert_eq!(one["stored"], "2026-03-04T05:06:07.123457Z");
        assert_eq!(one["timestamp"], "2026-03-04T05:06:07.123456Z");
        assert_eq!(two["stored"], "2026-03-04T05:06:07.123458Z", "strictly increasing in a batch");
        assert_eq!(two["timestamp"], "1999-01-01T00:00:00Z");
        clock.advance(-1_000_000);
        store(&app, &[statement(3)]).await;
        assert_eq!(
            get(&app, 3).await.json()["stored"],
            "2026-03-04T05:06:07.123459Z",
            "nor does it go back"
        );
        for bad in [json!("soon"), json!(1), Value::Null] {
            let sent = with(statement(4), "stored", bad);
            assert_eq!(
                app.post(PATH).json(sent.to_string()).send().await.status,
                400,
                "XAPI-00023"
            );
        }
    }
}
