//! R1: each rule of the catalogue broken once, and nothing else wrong (`cmi5.md` 1.9).

use super::kit::*;
use crate::testing::on_both;
use http::Method;
use rollbook_cmi5::rules::CATALOGUE;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SCORED: &str = r#"moveOn="Passed" masteryScore="0.8""#;

/// A requirement, what a unit says, and the change that breaks it.
type Case = (&'static str, &'static str, fn(&mut Value));

/// Rows that are about one statement, whatever came before.
const BROKEN: &[Case] = &[
    ("8.1.3.0-3", "completed", |s| s["actor"]["account"]["name"] = json!("u2")),
    ("8.1.3.0-3", "completed", |s| s["actor"]["account"]["homePage"] = json!("https://o.example")),
    ("8.1.3.0-3", "completed", |s| s["actor"] = json!({"mbox": "mailto:u1@lms.example"})),
    ("8.1.3.0-3", "experienced", |s| s["actor"]["objectType"] = json!("Group")),
    ("9.7.0.0-1", "completed", |s| remove(s, "timestamp")),
    ("9.7.0.0-2", "completed", |s| s["timestamp"] = json!("2026-11-21T16:00:00+01:00")),
    ("6.3.0.0-1", "voided", |s| s["object"] = reference()),
    ("9.6.0.0-1", "completed", |s| remove(s, "context")),
    ("9.6.1.0-1", "completed", |s| remove(&mut s["context"], "registration")),
    ("9.6.1.0-1", "experienced", |s| s["context"]["registration"] = reference()["id"].take()),
    ("9.6.3.1-4", "completed", |s| remove(&mut s["context"]["extensions"], SESSION_ID)),
    ("9.6.3.1-4", "experienced", |s| s["context"]["extensions"][SESSION_ID] = json!("another")),
    ("9.6.2.0-1", "completed", |s| s["context"]["contextActivities"]["grouping"] = json!([])),
    ("9.6.2.0-1", "experienced", |s| {
        s["context"]["contextActivities"]["grouping"] = json!([{"id": "https://own.example"}]);
    }),
    ("9.3.0.0-1", "launched", |_| {}),
    ("9.3.0.0-1", "initialized", |s| lms_verb(s, "abandoned")),
    ("9.3.0.0-1", "initialized", |s| lms_verb(s, "waived")),
    ("9.3.0.0-1", "initialized", |s| lms_verb(s, "satisfied")),
    ("8.1.5.0-6", "completed", |s| s["object"]["id"] = json!("https://p.example/a")),
    ("9.5.1.0-2", "completed", |s| s["result"]["score"] = json!({"scaled": 0.9})),
    ("9.5.1.0-3", "passed", |s| s["result"]["score"] = json!({"raw": 0})),
    ("9.5.1.0-3", "passed", |s| s["result"]["score"] = json!({"raw": 1, "max": 2})),
    ("RB-CMI5-SCORE", "passed", |s| s["result"]["score"] = json!({"raw": 0.5, "min": 0, "max": 1})),
    ("RB-CMI5-SCORE", "failed", |s| scored(s, -0.1, 0.8)),
    ("9.5.2.0-1", "passed", |s| s["result"]["success"] = json!(false)),
    ("9.5.2.0-2", "failed", |s| s["result"]["success"] = json!(true)),
    ("9.5.2.0-3", "completed", |s| s["result"]["success"] = json!(true)),
    ("9.5.3.0-1", "completed", |s| s["result"]["completion"] = json!(false)),
    ("9.5.3.0-2", "passed", |s| s["result"]["completion"] = json!(true)),
    ("9.5.4.1-1", "terminated", |s| remove(s, "result")),
    ("9.5.4.1-2", "completed", |s| remove(&mut s["result"], "duration")),
    ("9.5.4.1-3", "passed", |s| remove(&mut s["result"], "duration")),
    ("9.5.4.1-4", "failed", |s| remove(&mut s["result"], "duration")),
    ("9.6.2.2-1", "completed", |s| category(s, &[CMI5])),
    ("9.6.2.2-1", "failed", |s| category(s, &[CMI5])),
    ("9.6.2.2-2", "terminated", |s| category(s, &[CMI5, MOVE_ON])),
    ("9.6.2.2-2", "experienced", |s| category(s, &[MOVE_ON])),
    ("9.3.4.0-2", "passed", |s| scored(s, 0.79, 0.8)),
    ("9.3.5.0-2", "failed", |s| scored(s, 0.8, 0.8)),
    ("9.6.3.2-2", "passed", |s| s["result"]["score"] = json!({"scaled": 0.9})),
    ("9.6.3.2-2", "passed", |s| scored(s, 0.9, 0.7)),
    ("9.6.3.2-2", "passed", |s| scored(s, 0.9, "0.8")),
    ("9.6.3.2-2", "completed", |s| s["context"]["extensions"][MASTERY] = json!(0.7)),
];

/// Rows about what came before, which `runtime` and `sessions` break; and the one that a PUT cannot
/// break, because it names its statement.
const ELSEWHERE: [&str; 12] = [
    "9.1.0.0-1",
    "9.3.0.0-2",
    "9.3.0.0-3",
    "9.3.0.0-4",
    "9.3.0.0-5",
    "9.3.0.0-6",
    "9.3.0.0-7",
    "9.3.0.0-8",
    "9.3.6.0-2",
    "10.2.2.0-2",
    "10.2.2.0-3",
    "11.0.0.0-3",
];

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name);
}

fn reference() -> Value {
    json!({"objectType": "StatementRef", "id": "00000000-0000-4000-8000-000000000009"})
}

fn lms_verb(statement: &mut Value, name: &str) {
    statement["verb"]["id"] = json!(format!("https://w3id.org/xapi/adl/verbs/{name}"));
}

fn category(statement: &mut Value, ids: &[&str]) {
    let list: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    statement["context"]["contextActivities"]["category"] = json!(list);
}

fn scored(statement: &mut Value, scaled: f64, mastery: impl Into<Value>) {
    statement["result"]["score"] = json!({"scaled": scaled});
    statement["context"]["extensions"][MASTERY] = mastery.into();
}

fn said(unit: &Unit, verb: &str) -> Value {
    match verb {
        "experienced" | "voided" => unit.allowed(verb),
        _ => unit.defined(verb),
    }
}

/// No rule is left out.
#[test]
fn every_rule_is_broken_here_or_elsewhere() {
    let here = BROKEN.iter().map(|(requirement, ..)| *requirement);
    let broken: BTreeSet<&str> = here.chain(ELSEWHERE).collect();
    let all: BTreeSet<&str> = CATALOGUE.iter().map(|rule| rule.id).collect();
    assert_eq!(broken, all);
}

on_both! {
    /// Each rule holds by PUT, by POST, in a list and through the alternate syntax (1.9 (v)); it is
    /// told with its requirement, place and remedy; and what is refused leaves nothing.
    async fn each_rule_holds_however_it_comes(app: TestApp) {
        let registration = enrolled(&app, &au("a", SCORED)).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        for (requirement, verb, change) in BROKEN {
            let mut statement = said(&unit, verb);
            change(&mut statement);
            assert_eq!(unit.refused(&statement).await, *requirement, "{statement}");
            let listed = unit.post(&[unit.allowed("experienced"), statement.clone()]).await;
            assert_eq!(refusal(&listed), *requirement, "in a list: {statement}");
            let told = listed.json();
            let errors = told["errors"].as_array().unwrap();
            assert_eq!(errors.len(), 1, "nothing else is wrong: {errors:?}");
            assert!(errors[0]["pointer"].as_str().unwrap().starts_with("/1"), "{errors:?}");
            assert!(!errors[0]["fix"].as_str().unwrap().is_empty(), "{errors:?}");
            assert!(told["error"].as_str().unwrap().contains(' '), "a sentence: {told}");
            assert_eq!(told["statementId"], statement["id"]);
        }
        let mut nameless = unit.allowed("experienced");
        remove(&mut nameless, "id");
        assert_eq!(refusal(&unit.post(&[nameless]).await), "9.1.0.0-1");
        assert_eq!(verbs(&app, &registration).await, "launched initialized");
    }

    /// What xAPI itself forbids is told first, with 400 (1.9, order of checks).
    async fn what_is_no_statement_is_400(app: TestApp) {
        let registration = enrolled(&app, &au("a", SCORED)).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        for change in [
            |s: &mut Value| s["actor"]["objectType"] = json!("Person"),
            |s: &mut Value| s["result"]["score"] = json!({"scaled": 1.1}),
            |s: &mut Value| s["timestamp"] = json!("yesterday"),
        ] {
            let mut statement = unit.defined("passed");
            remove(&mut statement["context"], "registration");
            change(&mut statement);
            assert_eq!(unit.put(&statement).await.status, 400, "{statement}");
        }
        let call = unit.call(Method::POST, "/xapi/statements").without(crate::testing::VERSION);
        assert_eq!(call.json("{}").send().await.status, 400, "8.1.2: no version");
    }

    /// A8, A7: the session id and the registration are this launch's, not those of another that is
    /// there as well (9.6.3.1-4, 9.6.1.0-1).
    async fn ids_of_others_are_not_taken(app: TestApp) {
        let id = course(&app, &au("a", SCORED)).await;
        let (mine, theirs) = (registered(&app, &id, "u1").await, registered(&app, &id, "u2").await);
        let before = Unit::running(&app, &mine, json!({})).await;
        let other = Unit::running(&app, &theirs, json!({})).await;
        let unit = Unit::running(&app, &mine, json!({})).await;
        for session in [&before.session, &other.session] {
            for mut statement in [unit.defined("completed"), unit.allowed("experienced")] {
                statement["context"]["extensions"][SESSION_ID] = json!(session);
                assert_eq!(unit.refused(&statement).await, "9.6.3.1-4", "{session}");
            }
        }
        for name in ["completed", "experienced"] {
            let mut statement = said(&unit, name);
            statement["context"]["registration"] = json!(theirs);
            assert_eq!(unit.refused(&statement).await, "9.6.1.0-1");
        }
        let whole = other.defined("completed");
        assert_eq!(unit.refused(&whole).await, "8.1.3.0-3", "another's statement by one's own token");
        assert_eq!(verbs(&app, &theirs).await, "launched initialized");
    }

    /// A3, A9, D15: what is not forbidden is taken (8.1.3, 10.2.1, 9.6.3.2, 9.7).
    async fn what_breaks_no_rule_is_taken(app: TestApp) {
        let registration = enrolled(&app, &au("a", SCORED)).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let publisher = json!({"id": "https://p.example/a"});
        for change in [
            |s: &mut Value, _: &Value| s["actor"]["name"] = json!("Ada"),
            |s: &mut Value, _: &Value| remove(&mut s["actor"], "objectType"),
            |s: &mut Value, _: &Value| s["timestamp"] = json!("2001-01-01T00:00:00+00:00"),
            |s: &mut Value, _: &Value| s["timestamp"] = json!("2051-01-01T00:00:00.5Z"),
            |s: &mut Value, own: &Value| {
                s["context"]["contextActivities"]["grouping"] = json!([{"id": "https://o.example"}, own]);
            },
        ] {
            let mut statement = unit.allowed("experienced");
            change(&mut statement, &publisher);
            assert_eq!(unit.put(&statement).await.status, 204, "{statement}");
        }
        let mut passed = unit.defined("passed");
        passed["timestamp"] = json!("2001-01-01T00:00:00Z");
        scored(&mut passed, 0.80, 0.800);
        let answer = unit.post(&[passed.clone()]).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!([passed["id"]])), "R6");
    }
}
