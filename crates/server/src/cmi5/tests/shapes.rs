//! O4, O5, L2 and the ids of 1.3: a course of every shape, taken to its end; ids that stay.

use super::kit::*;
use crate::testing::{TestApp, on_both};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Fourteen units in six blocks, three deep, one of which asks for nothing: the shape of the
/// standard's own example.
fn course_of_every_shape() -> String {
    let unit = |id: &str, move_on: &str| au(id, &format!(r#"moveOn="{move_on}""#));
    let scored = |id: &str, rest: &str| au(id, rest);
    let first = block(
        "1",
        &(scored("1a", r#"moveOn="CompletedOrPassed" masteryScore="1.0""#)
            + &unit("1b", "NotApplicable")),
    );
    let second = block(
        "2",
        &(scored("2a", r#"moveOn="Passed" masteryScore="0.1""#) + &unit("2b", "CompletedOrPassed")),
    );
    let deep =
        block("3-1-1", &["d", "e", "f"].map(|id| unit(&format!("3{id}"), "Completed")).concat());
    let free = block("3-1-2", &(unit("3g", "NotApplicable") + &au("3h", "") + &au("3i", "")));
    let inner = block(
        "3-1",
        &(deep + &free + &au("3j", "") + &scored("3k", r#"moveOn="Passed" masteryScore="0.5""#)),
    );
    let third =
        block("3", &(scored("3a", r#"moveOn="CompletedAndPassed" masteryScore="0.5""#) + &inner));
    first + &second + &third + &scored("4", r#"moveOn="Passed" masteryScore="0.7""#)
}

async fn say(app: &TestApp, registration: &str, unit: &str, verbs: &[&str]) {
    let wish = json!({"unitId": format!("https://p.example/{unit}")});
    let running = Unit::running(app, registration, wish).await;
    for verb in verbs {
        running.says(verb).await;
    }
    running.says("terminated").await;
}

on_both! {
    /// O4: at registration exactly the block that asks for nothing; then each node when the last of
    /// its parts is, from the inside out (9.3.9, 9.6.1).
    async fn a_course_of_every_shape(app: TestApp) {
        let registration = enrolled(&app, &course_of_every_shape()).await;
        let shown = get(&app, &format!("{REGISTRATIONS}/{registration}")).await;
        assert_eq!((&shown["units"], &shown["unitsSatisfied"]), (&json!(14), &json!(5)));
        let mut before = "3-1-2".to_owned();
        assert_eq!(satisfied(&app, &registration).await, before);
        for (unit, verbs, newly) in [
            ("3d", &["completed"][..], ""),
            ("1a", &["failed"], ""),
            ("1a", &["passed"], "1"),
            ("3a", &["passed"], ""),
            ("2a", &["completed"], ""),
            ("2b", &["completed"], ""),
            ("3f", &["completed"], ""),
            ("3k", &["passed"], ""),
            ("3e", &["passed"], ""),
            ("3e", &["completed"], "3-1-1 3-1"),
            ("3j", &["completed"], ""),
            ("4", &["failed", "completed"], ""),
            ("4", &["passed"], ""),
            ("3a", &["completed"], "3"),
            ("3h", &["passed"], ""),
            ("2a", &["passed"], "2 course"),
            ("1b", &["completed"], ""),
        ] {
            say(&app, &registration, unit, verbs).await;
            before = [before.as_str(), newly].join(" ").trim_end().to_owned();
            assert_eq!(satisfied(&app, &registration).await, before, "{unit} {verbs:?}");
        }
        let shown = get(&app, &format!("{REGISTRATIONS}/{registration}")).await;
        assert_eq!((&shown["satisfied"], &shown["unitsSatisfied"]), (&json!(true), &json!(14)));
        for one in told(&app, &registration, "satisfied").await {
            let publisher = &one["context"]["contextActivities"]["grouping"][0]["id"];
            assert_ne!(&one["object"]["id"], publisher, "9.4");
            let block = publisher != "https://p.example/course";
            let kind = if block { "block" } else { "course" };
            let expected = format!("https://w3id.org/xapi/cmi5/activitytype/{kind}");
            assert_eq!(one["object"]["definition"]["type"], expected);
            assert_eq!(one["context"]["contextActivities"]["category"], json!([{"id": CMI5}]));
            assert!(one["result"].is_null(), "9.3.9: neither success nor completion");
        }
    }

    /// O1: whatever a unit asks, a waiver satisfies it; where nothing is asked there is nothing to
    /// waive (9.3.7, 9.3.9).
    async fn a_waiver_satisfies_whatever_is_asked(app: TestApp) {
        for (move_on, status) in [
            ("Completed", 200), ("Passed", 200), ("CompletedAndPassed", 200),
            ("CompletedOrPassed", 200), ("NotApplicable", 409),
        ] {
            let registration = enrolled(&app, &au("a", &format!("moveOn=\"{move_on}\""))).await;
            let place = format!("{REGISTRATIONS}/{registration}/waive");
            assert_eq!(post(&app, &place, &json!({"unit": 0})).await.status, status, "{move_on}");
            assert_eq!(satisfied(&app, &registration).await, "course", "{move_on}");
            let mode = &launch(&app, &registration, json!({})).await["launchMode"];
            assert_eq!(mode, if status == 200 { "Review" } else { "Normal" }, "M2: {move_on}");
        }
    }

    /// O5: each waiver has a session id of its own, no session's, which only what it satisfies shares
    /// (9.6.3.1, 9.3.7).
    async fn each_waiver_has_a_session_id_of_its_own(app: TestApp) {
        let unit = |id: &str| au(id, r#"moveOn="Completed""#);
        let parts = block("one", &unit("a")) + &block("two", &unit("b")) + &unit("c");
        let id = course(&app, &parts).await;
        let mut seen = BTreeSet::new();
        for learner in ["u1", "u2"] {
            let registration = registered(&app, &id, learner).await;
            say(&app, &registration, "c", &["completed"]).await;
            let running = Unit::running(&app, &registration, json!({"unit": 0})).await;
            for unit in [0, 1] {
                let place = format!("{REGISTRATIONS}/{registration}/waive");
                assert_eq!(post(&app, &place, &json!({"unit": unit})).await.status, 200);
            }
            running.says("terminated").await;
            let all = statements(&app, &registration).await;
            let of = |verb: &str| {
                let ends = move |one: &&Value| one["verb"]["id"].as_str().unwrap().ends_with(verb);
                all.iter().filter(ends).map(|one| session_of(one).to_owned()).collect::<Vec<_>>()
            };
            let (waived, satisfied) = (of("/waived"), of("/satisfied"));
            assert_eq!(satisfied, [&waived[0], &waived[1], &waived[1]].map(String::clone));
            for id in &waived {
                assert!(id.parse::<uuid::Uuid>().is_ok(), "{id}");
                assert!(!of("/launched").contains(id), "no session has it");
                assert!(seen.insert(id.clone()), "nor another waiver: {id}");
            }
        }
    }

    /// 8.1.5, 9.4: generated ids are the same for everybody, in every version of the course, and no
    /// publisher's.
    async fn generated_ids_stay(app: TestApp) {
        let unit = au("a", r#"moveOn="Completed""#);
        let mut objects = Vec::new();
        for version in ["", r#" moveOn="NotApplicable""#] {
            let parts = block("b", &unit) + &au("extra", version);
            let id = course(&app, &parts).await;
            for learner in ["u1", "u2"] {
                let registration = registered(&app, &id, learner).await;
                say(&app, &registration, "a", &["completed"]).await;
                let all = statements(&app, &registration).await;
                let ids = all.iter().map(|one| one["object"]["id"].as_str().unwrap().to_owned());
                objects.push(ids.collect::<Vec<_>>());
            }
        }
        let unlike: BTreeSet<&String> = objects.iter().flatten().collect();
        assert!(objects.iter().all(|ids| *ids == objects[0]), "{objects:?}");
        assert_eq!(unlike.len(), 3, "unit, block, course: {unlike:?}");
        for publisher in ["a", "b", "course"] {
            assert!(!unlike.contains(&format!("https://p.example/{publisher}")), "{publisher}");
        }
    }

    /// L5: what a launch overrides is told in `launched`, and counts (9.3.1, 9.6.3, 9.3.3).
    async fn what_is_overridden_is_told_and_counts(app: TestApp) {
        let attributes = r#"moveOn="CompletedAndPassed" masteryScore="0.9""#;
        let registration = enrolled(&app, &au_with("a", attributes, "<url>https://c.example/a</url><launchParameters>own</launchParameters>")).await;
        let extension = |one: &Value, name: &str| {
            one["context"]["extensions"][format!("https://w3id.org/xapi/cmi5/context/extensions/{name}")].clone()
        };
        launch(&app, &registration, json!({})).await;
        let wish = json!({
            "launchMode": "Normal", "moveOn": "Passed", "masteryScore": 0.25,
            "launchParameters": "other", "alternateEntitlementKey": "key",
        });
        let unit = Unit::running(&app, &registration, wish).await;
        assert_eq!(unit.data["entitlementKey"], json!({"alternate": "key"}));
        let launched = told(&app, &registration, "launched").await;
        let names = ["launchmode", "moveon", "masteryscore", "launchparameters"];
        let given = |at: usize| names.map(|name| extension(&launched[at], name));
        assert_eq!(given(0), [json!("Normal"), json!("CompletedAndPassed"), json!(0.9), json!("own")]);
        assert_eq!(given(1), [json!("Normal"), json!("Passed"), json!(0.25), json!("other")]);
        let mut passed = unit.defined("passed");
        passed["result"]["score"] = json!({"scaled": 0.25});
        passed["context"]["extensions"][MASTERY] = json!(0.25);
        assert_eq!(unit.put(&passed).await.status, 204);
        assert_eq!(satisfied(&app, &registration).await, "course");
        for mode in ["Browse", "Review"] {
            launch(&app, &registration, json!({"launchMode": mode})).await;
            let launched = told(&app, &registration, "launched").await;
            assert_eq!(extension(launched.last().unwrap(), "launchmode"), mode);
        }
    }
}
