//! R and M: what content may store, by PUT and by POST, and in which mode.

use super::kit::*;
use crate::testing::on_both;
use http::Method;
use serde_json::json;

const SCORED: &str = r#"moveOn="Passed" masteryScore="0.8""#;

on_both! {
    /// A6: content voids nothing (6.3.0.0-1).
    async fn content_voids_nothing(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let target = statements(&app, &registration).await[1]["id"].clone();
        let mut void = unit.allowed("voided");
        void["object"] = json!({"objectType": "StatementRef", "id": target});
        assert_eq!(unit.refused(&void).await, "6.3.0.0-1");
        assert_eq!(refusal(&unit.post(&[void]).await), "6.3.0.0-1");
    }

    /// R2, R3, R6: the usual way, in the order of the record (scenarios 03 to 10).
    async fn the_usual_way(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="CompletedAndPassed" masteryScore="0.8""#)).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let mut passed = unit.defined("passed");
        passed["result"]["score"] = json!({"scaled": 0.9, "raw": 9, "min": 0, "max": 10});
        passed["context"]["extensions"][MASTERY] = json!(0.8);
        assert_eq!(unit.put(&passed).await.status, 204);
        let completed = unit.defined("completed");
        let listed = unit.post(&[completed.clone(), unit.allowed("experienced")]).await;
        assert_eq!(listed.status, 200, "{listed:?}");
        assert_eq!(listed.json()[0], completed["id"]);
        unit.says("terminated").await;
        let expected = "launched initialized passed completed satisfied experienced terminated";
        assert_eq!(verbs(&app, &registration).await, expected);
        let all = statements(&app, &registration).await;
        let stored: Vec<&str> = all.iter().map(|one| one["stored"].as_str().unwrap()).collect();
        assert!(stored.is_sorted_by(|a, b| a < b), "{stored:?}");
        let shown = get(&app, &format!("{REGISTRATIONS}/{registration}")).await;
        assert_eq!(shown["satisfied"], true);
        assert_eq!(shown["status"], "passed");
        assert_eq!(shown["children"][0]["score"], json!({"scaled": 0.9, "raw": 9, "min": 0, "max": 10}));
    }

    /// A10, A11: first `initialized` after the preferences were read, last `terminated`
    /// (9.3.0.0-4, 9.3.0.0-5, 11.0.0.0-3).
    async fn begin_and_end(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let launched = launch(&app, &registration, json!({})).await;
        let mut unit = Unit::fetched(&app, &launched).await;
        unit.data = unit.call(Method::GET, &unit.state("LMS.LaunchData")).send().await.json();
        assert_eq!(unit.refused(&unit.defined("initialized")).await, "11.0.0.0-3");
        unit.call(Method::GET, &unit.preferences()).send().await;
        assert_eq!(unit.refused(&unit.allowed("experienced")).await, "9.3.0.0-4");
        assert_eq!(unit.refused(&unit.allowed("initialized")).await, "9.3.0.0-4");
        unit.says("initialized").await;
        let last = unit.defined("terminated");
        assert_eq!(unit.put(&last).await.status, 204);
        assert_eq!(unit.refused(&unit.allowed("experienced")).await, "9.3.0.0-5");
        assert_eq!(unit.put(&last).await.status, 204, "the same again is no other");
        assert_eq!(refusal(&unit.post(&[]).await), "8.1.2.0-2", "nor is nothing");
        for (method, path) in [
            (Method::GET, unit.state("LMS.LaunchData")),
            (Method::GET, unit.preferences()),
            (Method::GET, "/xapi/statements".to_owned()),
            (Method::GET, format!("/xapi/activities?activityId={}", unit.launch["activityId"])),
        ] {
            let answer = unit.call(method, &path).send().await;
            assert_eq!(refusal(&answer), "8.1.2.0-2", "{path}");
        }
    }

    /// R4, L1, L2: allowed statements are stored whatever their verb, and mean nothing.
    async fn allowed_statements_mean_nothing(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="CompletedOrPassed""#)).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        for verb in ["completed", "passed", "failed", "initialized", "terminated", "satisfied"] {
            let mut statement = unit.allowed(verb);
            statement["object"]["id"] = json!("https://video.example/1");
            statement["result"] = json!({"completion": true, "success": true});
            assert_eq!(unit.put(&statement).await.status, 204, "{verb}");
        }
        let mut counted = unit.allowed("completed");
        counted["context"]["contextActivities"]["category"] = json!([{"id": MOVE_ON}]);
        assert_eq!(unit.refused(&counted).await, "9.6.2.2-2");
        let shown = get(&app, &format!("{REGISTRATIONS}/{registration}")).await;
        assert_eq!((&shown["satisfied"], &shown["status"]), (&json!(false), &json!("launched")));
        unit.says("completed").await;
    }

    /// D3 to D6, R5: once in a session, once in a registration (9.3.0.0-2 to 9.3.0.0-8).
    async fn once_is_enough(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="CompletedAndPassed""#)).await;
        let unit = Unit::running(&app, &registration, json!({"launchMode": "Normal"})).await;
        assert_eq!(unit.refused(&unit.defined("initialized")).await, "9.3.0.0-2");
        unit.says("failed").await;
        assert_eq!(unit.refused(&unit.defined("passed")).await, "9.3.0.0-3");
        unit.says("terminated").await;
        let unit = Unit::running(&app, &registration, json!({"launchMode": "Normal"})).await;
        unit.says("passed").await;
        unit.says("completed").await;
        assert_eq!(unit.refused(&unit.defined("completed")).await, "9.3.0.0-2");
        let unit = Unit::running(&app, &registration, json!({"launchMode": "Normal"})).await;
        assert_eq!(unit.refused(&unit.defined("completed")).await, "9.3.0.0-6");
        assert_eq!(unit.refused(&unit.defined("passed")).await, "9.3.0.0-7");
        assert_eq!(unit.refused(&unit.defined("failed")).await, "9.3.0.0-8");
        let again = registered(&app, get(&app, &format!("{REGISTRATIONS}/{registration}")).await["courseId"].as_str().unwrap(), "u1").await;
        let unit = Unit::running(&app, &again, json!({})).await;
        unit.says("passed").await;
    }

    /// D14, D15: what was handed over decides (9.3.4, 9.3.5, 9.6.3.2).
    async fn the_mastery_score_that_was_handed_over_decides(app: TestApp) {
        let registration = enrolled(&app, &au("a", SCORED)).await;
        let unit = Unit::running(&app, &registration, json!({"masteryScore": 0.5})).await;
        let scored = |verb: &str, scaled: f64, mastery: f64| {
            let mut statement = unit.defined(verb);
            statement["result"]["score"] = json!({"scaled": scaled});
            statement["context"]["extensions"][MASTERY] = json!(mastery);
            statement
        };
        assert_eq!(unit.refused(&scored("passed", 0.4, 0.5)).await, "9.3.4.0-2");
        assert_eq!(unit.refused(&scored("failed", 0.6, 0.5)).await, "9.3.5.0-2");
        assert_eq!(unit.refused(&scored("passed", 0.9, 0.8)).await, "9.6.3.2-2");
        assert_eq!(unit.put(&scored("passed", 0.6, 0.5)).await.status, 204);
    }

    /// D7, M1: what does not count is not taken, and the rest is (10.2.2).
    async fn browse_and_review(app: TestApp) {
        let registration = enrolled(&app, &au("a", SCORED)).await;
        for (mode, requirement) in [("Browse", "10.2.2.0-2"), ("Review", "10.2.2.0-3")] {
            let unit = Unit::running(&app, &registration, json!({"launchMode": mode})).await;
            for verb in ["completed", "passed", "failed"] {
                assert_eq!(unit.refused(&unit.defined(verb)).await, requirement, "{mode} {verb}");
                assert_eq!(unit.put(&unit.allowed(verb)).await.status, 204);
            }
            unit.says("terminated").await;
        }
    }

    /// Subtlety (i): a list is judged in the order of its times, and kept in the order it came.
    async fn a_list_is_judged_by_its_times(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="Completed""#)).await;
        let launched = launch(&app, &registration, json!({})).await;
        let unit = Unit::begun(&app, &launched).await;
        let at = |verb: &str, second: u8| {
            let mut statement = unit.defined(verb);
            statement["timestamp"] = json!(format!("2026-11-21T15:00:0{second}Z"));
            statement
        };
        let all = [at("terminated", 3), at("completed", 2), at("initialized", 1)];
        assert_eq!(unit.post(&all).await.status, 200);
        let expected = "launched terminated completed satisfied initialized";
        assert_eq!(verbs(&app, &registration).await, expected);
    }

    /// Subtleties (ii) and (iii): the same again is taken; another under its id is not.
    async fn the_same_again(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="Completed""#)).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let completed = unit.defined("completed");
        for _ in 0..2 {
            assert_eq!(unit.put(&completed).await.status, 204);
            assert_eq!(unit.post(std::slice::from_ref(&completed)).await.status, 200);
        }
        let experienced = unit.allowed("experienced");
        assert_eq!(unit.put(&experienced).await.status, 204);
        let mut other = experienced;
        other["verb"]["id"] = json!("https://v.example/other");
        assert_eq!(unit.put(&other).await.status, 409);
        let mixed = [completed, unit.defined("passed"), unit.defined("terminated")];
        for _ in 0..2 {
            let answer = unit.post(&mixed[..2]).await;
            assert_eq!(answer.status, 200, "beside what is new: {answer:?}");
        }
        assert_eq!(unit.post(&mixed).await.status, 200);
        let expected = "launched initialized completed satisfied experienced passed terminated";
        assert_eq!(verbs(&app, &registration).await, expected);
    }

    /// 6.3: in a course that is taken leniently, what breaks rules is stored, voided at once, and
    /// counts for nothing; whose session it is stays strict.
    async fn leniently_is_stored_and_voided(app: TestApp) {
        let id = course(&app, &au("a", r#"moveOn="Completed""#)).await;
        let rules = format!("/api/v1/courses/{id}/rules");
        assert_eq!(get(&app, &rules).await, json!({"lenient": false}));
        let set = api(&app, Method::PUT, &rules).await.json(r#"{"lenient":true}"#).send().await;
        assert_eq!(set.status, 200, "{set:?}");
        let registration = registered(&app, &id, "u1").await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let mut scored = unit.defined("completed");
        scored["result"]["score"] = json!({"scaled": 1});
        assert_eq!(unit.put(&scored).await.status, 204);
        let voided = "launched initialized voided";
        assert_eq!(verbs(&app, &registration).await, voided, "what voids it refers to it");
        let path = format!("/xapi/statements?voidedStatementId={}", scored["id"].as_str().unwrap());
        assert_eq!(app.get(&path).send().await.status, 200);
        let mut elsewhere = unit.defined("completed");
        elsewhere["actor"]["account"]["name"] = json!("u2");
        assert_eq!(unit.refused(&elsewhere).await, "8.1.3.0-3");
        unit.says("completed").await;
        let expected = "launched initialized voided completed satisfied";
        assert_eq!(verbs(&app, &registration).await, expected);
    }
}
