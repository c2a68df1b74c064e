//! O: moveOn and what is satisfied, from the inside out.

use super::kit::*;
use crate::testing::on_both;
use serde_json::{Value, json};

/// Completes one unit in a session of its own.
async fn complete(app: &crate::testing::TestApp, registration: &str, unit: usize) {
    let running = Unit::running(app, registration, json!({"unit": unit})).await;
    running.says("completed").await;
    running.says("terminated").await;
}

on_both! {
    /// O1: five values of moveOn against what can happen (13.1.4, 9.3.9).
    async fn move_on(app: TestApp) {
        for (move_on, expected) in [
            ("NotApplicable", [true, true, true, true, true]),
            ("Completed", [true, false, false, true, true]),
            ("Passed", [false, true, false, true, true]),
            ("CompletedAndPassed", [false, false, false, true, true]),
            ("CompletedOrPassed", [true, true, false, true, true]),
        ] {
            let id = course(&app, &au("a", &format!("moveOn=\"{move_on}\""))).await;
            let ways: [&[&str]; 5] = [
                &["completed"], &["passed"], &["failed"],
                &["passed", "completed"], &["completed", "passed"],
            ];
            for (said, expected) in ways.into_iter().zip(expected) {
                let registration = registered(&app, &id, "u1").await;
                let unit = Unit::running(&app, &registration, json!({})).await;
                for verb in said {
                    unit.says(verb).await;
                }
                let shown = get(&app, &format!("{REGISTRATIONS}/{registration}")).await;
                assert_eq!(shown["satisfied"], expected, "{move_on} {said:?}");
                let told = satisfied(&app, &registration).await;
                assert_eq!(told, if expected { "course" } else { "" }, "{move_on} {said:?}");
            }
        }
    }

    /// Evaluation uses the moveOn that was handed over (9.3.3, 10.2).
    async fn the_move_on_that_was_handed_over_counts(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="CompletedAndPassed""#)).await;
        let unit = Unit::running(&app, &registration, json!({"moveOn": "Completed"})).await;
        unit.says("completed").await;
        assert_eq!(satisfied(&app, &registration).await, "course");
    }

    /// Scenario 14: what happened in one session counts in the next.
    async fn facts_add_up_over_sessions(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="CompletedAndPassed""#)).await;
        complete(&app, &registration, 0).await;
        assert_eq!(satisfied(&app, &registration).await, "");
        let unit = Unit::running(&app, &registration, json!({})).await;
        unit.says("passed").await;
        assert_eq!(satisfied(&app, &registration).await, "course");
    }

    /// O2: inner blocks, outer blocks, the course, once each; with the session of what triggered
    /// them, a type, and the publisher's id (9.3.9, 9.4, 9.6.2.3).
    async fn blocks_from_the_inside_out(app: TestApp) {
        let completed = r#"moveOn="Completed""#;
        let inner = block("inner", &format!("{}{}", au("b", completed), au("c", completed)));
        let outer = block("outer", &format!("{}{inner}", au("a", completed)));
        let registration = enrolled(&app, &format!("{outer}{}", au("d", completed))).await;
        let mut told = Vec::new();
        for unit in [1, 2, 3, 0] {
            complete(&app, &registration, unit).await;
            told.push(satisfied(&app, &registration).await);
        }
        assert_eq!(told, ["", "inner", "inner", "inner outer course"]);
        complete_again(&app, &registration).await;
        assert_eq!(satisfied(&app, &registration).await, "inner outer course", "once");
        let all = statements(&app, &registration).await;
        let of = |name: &str| {
            let id = json!(format!("https://p.example/{name}"));
            all.iter().find(|one| {
                one["context"]["contextActivities"]["grouping"][0]["id"] == id
                    && one["verb"]["id"] == "https://w3id.org/xapi/adl/verbs/satisfied"
            }).unwrap()
        };
        let kind = |name: &str| of(name)["object"]["definition"]["type"].clone();
        assert_eq!(kind("outer"), "https://w3id.org/xapi/cmi5/activitytype/block");
        assert_eq!(kind("course"), "https://w3id.org/xapi/cmi5/activitytype/course");
        let session = |one: &Value| one["context"]["extensions"][SESSION_ID].clone();
        assert_eq!(session(of("outer")), session(of("course")));
        assert_eq!(session(of("course")), session(all.iter().rfind(|one| one["result"]["completion"] == true).unwrap()));
        assert!(of("course")["result"].is_null());
        assert_ne!(of("course")["object"]["id"], "https://p.example/course");
    }

    /// O3: what asks nothing is satisfied at registration, before any launch (9.6.1).
    async fn what_asks_nothing_is_satisfied_at_once(app: TestApp) {
        let parts = format!("{}{}", block("free", &au("a", "")), au("b", r#"moveOn="Passed""#));
        let registration = enrolled(&app, &parts).await;
        assert_eq!(verbs(&app, &registration).await, "satisfied");
        assert_eq!(satisfied(&app, &registration).await, "free");
        let unit = Unit::running(&app, &registration, json!({"unit": 1})).await;
        unit.says("passed").await;
        assert_eq!(satisfied(&app, &registration).await, "free course");
        let nothing = format!("{}{}", block("free", &au("a", "")), au("b", ""));
        let registration = enrolled(&app, &nothing).await;
        assert_eq!(satisfied(&app, &registration).await, "free course");
        let all = statements(&app, &registration).await;
        assert_eq!(all[0]["context"]["extensions"][SESSION_ID], all[1]["context"]["extensions"][SESSION_ID]);
    }

    /// O5: waived, satisfied and nothing else share a session id; a second time is 409 (9.3.7).
    async fn waiving(app: TestApp) {
        let parts = format!("{}{}", au("a", r#"moveOn="Passed""#), au("b", ""));
        let registration = enrolled(&app, &parts).await;
        let place = format!("{REGISTRATIONS}/{registration}/waive");
        let body = json!({"unit": 0, "reason": "Tested Out"});
        let answer = post(&app, &place, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["status"], "waived");
        let all = statements(&app, &registration).await;
        assert_eq!(verbs(&app, &registration).await, "waived satisfied");
        let waived = &all[0];
        assert_eq!(waived["result"], json!({
            "success": true, "completion": true,
            "extensions": {"https://w3id.org/xapi/cmi5/result/extensions/reason": "Tested Out"},
        }));
        assert_eq!(waived["context"]["contextActivities"]["grouping"][0]["id"], "https://p.example/a");
        assert_eq!(waived["context"]["contextActivities"]["category"], json!([{"id": CMI5}, {"id": MOVE_ON}]));
        let session = |at: usize| all[at]["context"]["extensions"][SESSION_ID].clone();
        assert_eq!(session(0), session(1));
        for unit in [0, 1] {
            assert_eq!(post(&app, &place, &json!({"unit": unit})).await.status, 409);
        }
        for (body, status) in [
            (json!({"unit": 2}), 404), (json!({}), 422), (json!({"unit": 0, "reason": ""}), 422),
        ] {
            assert_eq!(post(&app, &place, &body).await.status, status, "{body}");
        }
        let unit = Unit::running(&app, &registration, json!({"unit": 0, "launchMode": "Normal"})).await;
        unit.says("passed").await;
        assert_eq!(satisfied(&app, &registration).await, "course", "legal, and nothing new");
    }

    /// 6.1.0.0-2: courses of more than a thousand units.
    async fn a_thousand_and_one_units(app: TestApp) {
        let mut parts: String = (0..1_000).map(|unit| au(&format!("u{unit}"), "")).collect();
        parts.push_str(&au("last", r#"moveOn="Completed""#));
        let registration = enrolled(&app, &parts).await;
        let place = format!("{REGISTRATIONS}/{registration}");
        assert_eq!(get(&app, &place).await["unitsSatisfied"], 1_000);
        let unit = Unit::running(&app, &registration, json!({})).await;
        assert_eq!(unit.data["contextTemplate"]["contextActivities"]["grouping"][0]["id"], "https://p.example/last");
        unit.says("completed").await;
        assert_eq!(satisfied(&app, &registration).await, "course");
    }

    /// Why is this not satisfied? In sentences, in the order of the structure.
    async fn why_not(app: TestApp) {
        let parts = format!(
            "{}{}",
            block("one", &au("a", r#"moveOn="CompletedAndPassed""#)),
            au("b", r#"moveOn="Passed""#)
        );
        let registration = enrolled(&app, &parts).await;
        complete(&app, &registration, 0).await;
        let place = format!("{REGISTRATIONS}/{registration}/satisfaction");
        let why = get(&app, &place).await;
        assert_eq!(why["satisfied"], false);
        let missing = why["missing"].as_array().unwrap();
        let told: Vec<&str> = missing.iter().map(|one| one["why"].as_str().unwrap()).collect();
        assert_eq!(told, [
            "not all of its parts are satisfied",
            "it must be passed (moveOn CompletedAndPassed), and it was completed and not passed",
            "it must be passed (moveOn Passed), and it was never launched",
        ]);
    }
}

async fn complete_again(app: &crate::testing::TestApp, registration: &str) {
    let running = Unit::running(app, registration, json!({"unit": 0})).await;
    running.says("terminated").await;
}
