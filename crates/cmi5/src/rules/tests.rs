//! The rejection catalogue (9), case by case: a statement that is right, changed in one place.

use super::*;
use crate::terms::{CATEGORY_CMI5, CATEGORY_MOVE_ON, extension};
use rollbook_xapi::version::Version;
use rollbook_xapi::{json, validate};
use serde_json::{Value, json};

const REGISTRATION: Uuid = Uuid::from_u128(7);
const SESSION: &str = "0f5c1d0e-0000-4000-8000-000000000001";
const ACTIVITY: &str = "https://l.example/au/1";
const PUBLISHER: &str = "https://p.example/au";

fn session(progress: Progress) -> Session<'static> {
    Session {
        registration: REGISTRATION,
        id: SESSION,
        account: ("https://lms.example", "u1"),
        activity: ACTIVITY,
        publisher_id: PUBLISHER,
        mode: LaunchMode::Normal,
        mastery_score: None,
        progress,
    }
}

const FRESH: Progress = Progress {
    preferences_read: true,
    initialized: false,
    completed: false,
    passed: false,
    failed: false,
    terminated: false,
    abandoned: false,
};
const RUNNING: Progress = Progress { initialized: true, ..FRESH };

/// A defined statement that breaks nothing in a session that runs.
fn defined(verb: &str) -> Value {
    let result = match verb {
        "completed" => json!({"completion": true, "duration": "PT1S"}),
        "passed" => json!({"success": true, "duration": "PT1S"}),
        "failed" => json!({"success": false, "duration": "PT1S"}),
        "terminated" => json!({"duration": "PT1S"}),
        _ => json!({"response": "-"}),
    };
    let mut category = vec![json!({"id": CATEGORY_CMI5})];
    if matches!(verb, "completed" | "passed" | "failed") {
        category.push(json!({"id": CATEGORY_MOVE_ON}));
    }
    json!({
        "id": Uuid::from_u128(u128::from(verb.len() as u64)),
        "actor": {"objectType": "Agent", "account": {"homePage": "https://lms.example", "name": "u1"}},
        "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
        "object": {"id": ACTIVITY},
        "result": result,
        "context": {
            "registration": REGISTRATION,
            "contextActivities": {"category": category, "grouping": [{"id": PUBLISHER}]},
            "extensions": {extension::SESSION_ID: SESSION},
        },
        "timestamp": "2026-11-21T15:00:00Z",
    })
}

/// An allowed statement.
fn allowed(verb: &str) -> Value {
    changed(defined(verb), |s| {
        s["context"]["contextActivities"]["category"] = json!([{"id": "https://v.example/video"}]);
    })
}

fn changed(mut statement: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut statement);
    statement
}

type Outcome = Result<Vec<DefinedVerb>, Vec<&'static str>>;

fn judged(
    session: &Session<'_>,
    registered: Registered,
    statements: &[Value],
    stored: bool,
) -> Outcome {
    let texts: Vec<String> = statements.iter().map(Value::to_string).collect();
    let nodes: Vec<_> = texts.iter().map(|text| json::parse(text).unwrap()).collect();
    let views: Vec<_> = nodes
        .iter()
        .map(|node| validate::statement(node, Version::V1, "").expect("the case is valid xAPI"))
        .collect();
    let batch: Vec<_> = views.iter().map(|statement| Sent { statement, stored }).collect();
    match check(session, registered, &batch) {
        Ok(effects) => Ok(effects.into_iter().map(|effect| effect.verb).collect()),
        Err(refusals) => Err(refusals.into_iter().map(|refusal| refusal.rule.id).collect()),
    }
}

fn one(session: &Session<'_>, statement: Value) -> Outcome {
    judged(session, Registered::default(), &[statement], false)
}

#[test]
fn the_way_through_a_session() {
    let session = session(FRESH);
    let statements = ["initialized", "completed", "passed", "terminated"].map(defined);
    let at = |statement: Value, second: u8| {
        changed(statement, |s| s["timestamp"] = json!(format!("2026-11-21T15:00:0{second}Z")))
    };
    // Sent in another order: the timestamps say what happened first.
    let [a, b, c, d] = statements;
    let batch = [at(d, 4), at(b, 2), at(a, 1), at(c, 3)];
    let expected = [
        DefinedVerb::Initialized,
        DefinedVerb::Completed,
        DefinedVerb::Passed,
        DefinedVerb::Terminated,
    ];
    assert_eq!(judged(&session, Registered::default(), &batch, false), Ok(expected.to_vec()));
}

/// A requirement id, or none, and the change that meets it.
type Case = (&'static str, fn(&mut Value));

/// A3 to A9: what every statement needs, defined or only allowed.
#[test]
fn every_statement() {
    let cases: [Case; 15] = [
        ("8.1.3.0-3", |s| s["actor"]["account"]["name"] = json!("u2")),
        ("8.1.3.0-3", |s| s["actor"] = json!({"mbox": "mailto:a@b.example"})),
        ("8.1.3.0-3", |s| {
            s["actor"] = json!({"objectType": "Group", "account": {"homePage": "https://lms.example", "name": "u1"}});
        }),
        ("9.1.0.0-1", |s| drop(s.as_object_mut().unwrap().remove("id"))),
        ("9.7.0.0-1", |s| drop(s.as_object_mut().unwrap().remove("timestamp"))),
        ("9.7.0.0-2", |s| s["timestamp"] = json!("2026-11-21T16:00:00+01:00")),
        ("9.6.1.0-1", |s| drop(s["context"].as_object_mut().unwrap().remove("registration"))),
        ("9.6.1.0-1", |s| s["context"]["registration"] = json!(Uuid::from_u128(8))),
        ("9.6.3.1-4", |s| drop(s["context"].as_object_mut().unwrap().remove("extensions"))),
        ("9.6.3.1-4", |s| s["context"]["extensions"][extension::SESSION_ID] = json!("another")),
        ("9.6.3.1-4", |s| s["context"]["extensions"][extension::SESSION_ID] = json!(1)),
        ("9.6.2.0-1", |s| {
            s["context"]["contextActivities"]["grouping"] =
                json!([{"id": "https://p.example/other"}]);
        }),
        ("", |s| {
            s["context"]["contextActivities"]["grouping"] =
                json!([{"id": "https://own.example"}, {"id": PUBLISHER}]);
        }),
        ("", |s| s["actor"]["name"] = json!("Ada")),
        ("", |s| drop(s["actor"].as_object_mut().unwrap().remove("objectType"))),
    ];
    for statement in [defined("completed"), allowed("experienced")] {
        for (expected, change) in cases {
            let case = changed(statement.clone(), change);
            let found = one(&session(RUNNING), case.clone()).err().unwrap_or_default();
            let expected = if expected.is_empty() { vec![] } else { vec![expected] };
            assert_eq!(found, expected, "{case}");
        }
    }
    let bare =
        changed(allowed("experienced"), |s| drop(s.as_object_mut().unwrap().remove("context")));
    assert_eq!(one(&session(RUNNING), bare), Err(vec!["9.6.0.0-1"]));
    let void = changed(allowed("voided"), |s| {
        s["object"] = json!({"objectType": "StatementRef", "id": Uuid::from_u128(9)});
    });
    assert_eq!(one(&session(RUNNING), void), Err(vec!["6.3.0.0-1"]));
}

/// A10 to A12.
#[test]
fn begin_and_end() {
    let unread = Progress { preferences_read: false, ..FRESH };
    assert_eq!(one(&session(FRESH), defined("initialized")), Ok(vec![DefinedVerb::Initialized]));
    assert_eq!(one(&session(unread), defined("initialized")), Err(vec!["11.0.0.0-3"]));
    assert_eq!(one(&session(FRESH), defined("completed")), Err(vec!["9.3.0.0-4"]));
    assert_eq!(one(&session(FRESH), allowed("initialized")), Err(vec!["9.3.0.0-4"]), "not defined");
    let ended = Progress { terminated: true, ..RUNNING };
    assert_eq!(one(&session(ended), allowed("experienced")), Err(vec!["9.3.0.0-5"]));
    let given_up = Progress { abandoned: true, ..RUNNING };
    assert_eq!(one(&session(given_up), defined("terminated")), Err(vec!["9.3.6.0-2"]));
    let batch = [
        defined("terminated"),
        changed(allowed("experienced"), |s| s["timestamp"] = json!("2026-11-21T15:00:01Z")),
    ];
    assert_eq!(
        judged(&session(RUNNING), Registered::default(), &batch, false),
        Err(vec!["9.3.0.0-5"])
    );
}

/// Subtlety (ii): the same statement again, while the session is open, and `terminated` for ever.
#[test]
fn what_is_stored_may_be_sent_again() {
    let again = |progress, statement| {
        judged(
            &session(progress),
            Registered { completed: true, passed: false },
            &[statement],
            true,
        )
    };
    let done = Progress { completed: true, ..RUNNING };
    assert_eq!(again(done, defined("completed")), Ok(vec![]));
    let ended = Progress { terminated: true, ..done };
    assert_eq!(again(ended, defined("terminated")), Ok(vec![]));
    assert_eq!(again(ended, allowed("experienced")), Err(vec!["9.3.0.0-5"]));
    let given_up = Progress { abandoned: true, ..done };
    assert_eq!(again(given_up, defined("completed")), Err(vec!["9.3.6.0-2"]));
}

/// D1 to D7.
#[test]
fn order_of_defined_statements() {
    for verb in ["launched", "waived", "satisfied", "abandoned", "experienced"] {
        assert_eq!(one(&session(RUNNING), defined(verb)), Err(vec!["9.3.0.0-1"]), "{verb}");
    }
    let elsewhere = changed(defined("completed"), |s| s["object"]["id"] = json!(PUBLISHER));
    assert_eq!(one(&session(RUNNING), elsewhere), Err(vec!["8.1.5.0-6"]));
    assert_eq!(one(&session(RUNNING), defined("initialized")), Err(vec!["9.3.0.0-2"]));
    let passed = session(Progress { passed: true, ..RUNNING });
    assert_eq!(one(&passed, defined("passed")), Err(vec!["9.3.0.0-2"]));
    assert_eq!(one(&passed, defined("failed")), Err(vec!["9.3.0.0-3"]));
    let failed = session(Progress { failed: true, ..RUNNING });
    assert_eq!(one(&failed, defined("passed")), Err(vec!["9.3.0.0-3"]));
    let before = Registered { completed: true, passed: true };
    for (verb, expected) in
        [("completed", "9.3.0.0-6"), ("passed", "9.3.0.0-7"), ("failed", "9.3.0.0-8")]
    {
        assert_eq!(
            judged(&session(RUNNING), before, &[defined(verb)], false),
            Err(vec![expected]),
            "{verb}"
        );
    }
    let once = Registered { completed: false, passed: false };
    assert_eq!(
        judged(&session(RUNNING), once, &[defined("passed")], false),
        Ok(vec![DefinedVerb::Passed]),
        "failed before"
    );
    for (mode, expected) in [(LaunchMode::Browse, "10.2.2.0-2"), (LaunchMode::Review, "10.2.2.0-3")]
    {
        let session = Session { mode, ..session(RUNNING) };
        for verb in ["completed", "passed", "failed"] {
            assert_eq!(one(&session, defined(verb)), Err(vec![expected]), "{verb}");
            assert_eq!(one(&session, allowed(verb)), Ok(vec![]), "M1: {verb} is allowed");
        }
        assert_eq!(one(&session, defined("terminated")), Ok(vec![DefinedVerb::Terminated]));
    }
}

/// D8 to D13.
#[test]
fn results_of_defined_statements() {
    let result = |verb: &str, key: &str, value: Value| {
        changed(defined(verb), |s| {
            if value.is_null() {
                s["result"].as_object_mut().unwrap().remove(key);
            } else {
                s["result"][key] = value;
            }
        })
    };
    for (case, expected) in [
        (result("completed", "score", json!({"scaled": 0.5})), "9.5.1.0-2"),
        (result("passed", "score", json!({"raw": 0})), "9.5.1.0-3"),
        (result("passed", "score", json!({"raw": 5, "min": 0})), "9.5.1.0-3"),
        (result("passed", "score", json!({"raw": 1.5, "min": 0, "max": 2})), "RB-CMI5-SCORE"),
        (result("passed", "score", json!({"scaled": -0.1})), "RB-CMI5-SCORE"),
        (result("passed", "score", json!({"raw": 5, "min": 0, "max": 10, "scaled": 0.5})), ""),
        (result("passed", "success", json!(false)), "9.5.2.0-1"),
        (result("failed", "success", json!(true)), "9.5.2.0-2"),
        (result("completed", "success", json!(true)), "9.5.2.0-3"),
        (result("completed", "completion", json!(false)), "9.5.3.0-1"),
        (result("passed", "completion", json!(true)), "9.5.3.0-2"),
        (result("terminated", "duration", Value::Null), "9.5.4.1-1"),
        (result("completed", "duration", Value::Null), "9.5.4.1-2"),
        (result("passed", "duration", Value::Null), "9.5.4.1-3"),
        (result("failed", "duration", Value::Null), "9.5.4.1-4"),
    ] {
        let expected = if expected.is_empty() { vec![] } else { vec![expected] };
        assert_eq!(
            one(&session(RUNNING), case.clone()).err().unwrap_or_default(),
            expected,
            "{case}"
        );
    }
    let uncounted = changed(defined("passed"), |s| {
        s["context"]["contextActivities"]["category"] = json!([{"id": CATEGORY_CMI5}]);
    });
    assert_eq!(one(&session(RUNNING), uncounted), Err(vec!["9.6.2.2-1"]));
    let counted = |statement: Value| {
        changed(statement, |s| {
            s["context"]["contextActivities"]["category"]
                .as_array_mut()
                .unwrap()
                .push(json!({"id": CATEGORY_MOVE_ON}));
        })
    };
    assert_eq!(one(&session(RUNNING), counted(defined("terminated"))), Err(vec!["9.6.2.2-2"]));
    assert_eq!(one(&session(RUNNING), counted(allowed("completed"))), Err(vec!["9.6.2.2-2"]), "L1");
}

/// D14 and D15.
#[test]
fn mastery() {
    let scored = |verb: &str, scaled: Value, extension: Option<Value>| {
        changed(defined(verb), |s| {
            s["result"]["score"] = json!({"scaled": scaled});
            if let Some(value) = extension {
                s["context"]["extensions"][super::super::terms::extension::MASTERY_SCORE] = value;
            }
        })
    };
    let (high, zero) = (MasteryScore::parse("0.8").unwrap(), MasteryScore::parse("0").unwrap());
    let with = |mastery| Session { mastery_score: mastery, ..session(RUNNING) };
    let own = Some(json!(0.8));
    for (mastery, case, expected) in [
        (Some(&high), scored("passed", json!(0.8), own.clone()), ""),
        (Some(&high), scored("passed", json!(0.80), Some(json!(0.800))), ""),
        (Some(&high), scored("passed", json!(0.79), own.clone()), "9.3.4.0-2"),
        (Some(&high), scored("failed", json!(0.8), own.clone()), "9.3.5.0-2"),
        (Some(&high), scored("failed", json!(0.79), own.clone()), ""),
        (Some(&high), scored("passed", json!(0.9), None), "9.6.3.2-2"),
        (Some(&high), scored("passed", json!(0.9), Some(json!(0.7))), "9.6.3.2-2"),
        (Some(&high), scored("passed", json!(0.9), Some(json!("0.8"))), "9.6.3.2-2"),
        (Some(&high), defined("passed"), ""),
        (Some(&zero), scored("passed", json!(0), None), ""),
        (None, scored("passed", json!(0.1), None), ""),
        (None, scored("passed", json!(0.1), own), "9.6.3.2-2"),
    ] {
        let expected = if expected.is_empty() { vec![] } else { vec![expected] };
        assert_eq!(one(&with(mastery), case.clone()).err().unwrap_or_default(), expected, "{case}");
    }
}

/// R4, L2: whatever an allowed statement says, it means nothing to the session.
#[test]
fn allowed_statements_have_no_effect() {
    let done = session(Progress { completed: true, passed: true, ..RUNNING });
    for verb in ["completed", "passed", "failed", "initialized", "terminated"] {
        let elsewhere =
            changed(allowed(verb), |s| s["object"]["id"] = json!("https://v.example/1"));
        assert_eq!(one(&done, elsewhere), Ok(vec![]), "{verb}");
    }
}

/// A batch is taken whole or not at all, and every fault in it is told with its place.
#[test]
fn a_batch_is_judged_whole() {
    let mut bad = defined("passed");
    bad["result"]["success"] = json!(false);
    let texts = [defined("completed"), bad, defined("experienced")];
    assert_eq!(
        judged(&session(RUNNING), Registered::default(), &texts, false),
        Err(vec!["9.5.2.0-1", "9.3.0.0-1"])
    );
}

#[test]
fn each_rule_has_an_id_of_its_own() {
    let mut ids: Vec<_> = CATALOGUE.iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CATALOGUE.len());
}
