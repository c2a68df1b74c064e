//! R2, R3: whole sessions as the standard's authors tell them, and in which order the record has them.

use super::kit::*;
use crate::testing::{TestApp, on_both};
use serde_json::{Value, json};

/// Its number among the published scenarios, the unit, what is said in each session (`+` marks what
/// is only allowed, `@` a score), and what the record tells in the end.
type Scenario = (&'static str, &'static str, &'static [&'static str], &'static str);

const SCENARIOS: &[Scenario] = &[
    ("01", "", &[""], "satisfied:block satisfied:course launched initialized terminated"),
    (
        "03",
        "CompletedOrPassed",
        &["passed"],
        "launched initialized passed satisfied:block satisfied:course terminated",
    ),
    (
        "04",
        "CompletedOrPassed",
        &["completed"],
        "launched initialized completed satisfied:block satisfied:course terminated",
    ),
    (
        "05",
        "CompletedOrPassed",
        &["failed completed"],
        "launched initialized failed completed satisfied:block satisfied:course terminated",
    ),
    (
        "06",
        "Completed",
        &["completed"],
        "launched initialized completed satisfied:block satisfied:course terminated",
    ),
    (
        "07",
        "Passed",
        &["passed"],
        "launched initialized passed satisfied:block satisfied:course terminated",
    ),
    (
        "08",
        "Passed 0.86",
        &["passed@0.88"],
        "launched initialized passed satisfied:block satisfied:course terminated",
    ),
    (
        "09",
        "CompletedAndPassed",
        &["passed completed"],
        "launched initialized passed completed satisfied:block satisfied:course terminated",
    ),
    (
        "10",
        "CompletedAndPassed 0.86",
        &["completed passed@0.88"],
        "launched initialized completed passed satisfied:block satisfied:course terminated",
    ),
    ("12", "Completed", &["+experienced"], "launched initialized experienced terminated"),
    (
        "13",
        "Completed",
        &["+progressed +progressed +progressed completed"],
        "launched initialized progressed progressed progressed completed satisfied:block \
         satisfied:course terminated",
    ),
    (
        "14",
        "CompletedAndPassed",
        &["passed", "completed"],
        "launched initialized passed terminated launched initialized completed satisfied:block \
         satisfied:course terminated",
    ),
    (
        "18",
        "CompletedOrPassed",
        &["+passed +completed +failed passed"],
        "launched initialized passed completed failed passed satisfied:block satisfied:course \
         terminated",
    ),
    (
        "19",
        "CompletedAndPassed",
        &["+attempted +answered +passed completed passed"],
        "launched initialized attempted answered passed completed passed satisfied:block \
         satisfied:course terminated",
    ),
    (
        "R5",
        "Passed 0.86",
        &["failed@0.85", "passed@0.86"],
        "launched initialized failed terminated launched initialized passed satisfied:block \
         satisfied:course terminated",
    ),
];

fn attributes(unit: &str) -> String {
    match unit.split_once(' ') {
        Some((move_on, score)) => format!(r#"moveOn="{move_on}" masteryScore="{score}""#),
        None if unit.is_empty() => String::new(),
        None => format!(r#"moveOn="{unit}""#),
    }
}

fn said(unit: &Unit, word: &str) -> Value {
    if let Some(verb) = word.strip_prefix('+') {
        let mut statement = unit.allowed(verb);
        let result = json!({"completion": true, "success": true, "score": {"scaled": 1}});
        statement["result"] = result;
        return statement;
    }
    let Some((verb, scaled)) = word.split_once('@') else { return unit.defined(word) };
    let mut statement = unit.defined(verb);
    statement["result"]["score"] = json!({"scaled": scaled.parse::<f64>().unwrap()});
    statement["context"]["extensions"][MASTERY] = json!(0.86);
    statement
}

async fn say(unit: &Unit, word: &str, by_post: bool) {
    let statement = said(unit, word);
    if by_post {
        let answer = unit.post(std::slice::from_ref(&statement)).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!([statement["id"]])), "R6");
    } else {
        let answer = unit.put(&statement).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (204, ""), "R6");
    }
}

/// What the record tells; positions must grow strictly.
async fn recorded(app: &TestApp, registration: &str) -> String {
    let all = statements(app, registration).await;
    let stored: Vec<&str> = all.iter().map(|one| one["stored"].as_str().unwrap()).collect();
    assert!(stored.windows(2).all(|pair| pair[0] < pair[1]), "R3: {stored:?}");
    let word = |one: &Value| {
        let tail = |text: &Value| text.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let verb = tail(&one["verb"]["id"]);
        let grouping = &one["context"]["contextActivities"]["grouping"][0]["id"];
        if verb == "satisfied" { format!("{verb}:{}", tail(grouping)) } else { verb }
    };
    all.iter().map(word).collect::<Vec<_>>().join(" ")
}

on_both! {
    /// 9.3, 9.3.9: exactly these statements, in exactly this order, by PUT and by POST.
    async fn whole_sessions(app: TestApp) {
        for (name, unit, sessions, expected) in SCENARIOS {
            let unit = au(&format!("unit-{name}"), &attributes(unit));
            let id = course(&app, &block("block", &unit)).await;
            for by_post in [false, true] {
                let registration = registered(&app, &id, "u1").await;
                for session in *sessions {
                    let wish = json!({"launchMode": "Normal"});
                    let unit = Unit::begun(&app, &launch(&app, &registration, wish).await).await;
                    say(&unit, "initialized", by_post).await;
                    for word in session.split_whitespace() {
                        say(&unit, word, by_post).await;
                    }
                    say(&unit, "terminated", by_post).await;
                }
                assert_eq!(recorded(&app, &registration).await, *expected, "scenario {name}");
            }
        }
    }

    /// The same in one request: a page that sends all it has when it closes (9.3, 1.9 (i)).
    async fn a_session_in_one_request(app: TestApp) {
        let attributes = attributes("CompletedAndPassed 0.86");
        let registration = enrolled(&app, &block("block", &au("a", &attributes))).await;
        let unit = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let words = ["initialized", "+answered", "passed@0.9", "completed", "terminated"];
        let all: Vec<Value> = words.iter().enumerate().map(|(second, word)| {
            let mut statement = said(&unit, word);
            statement["timestamp"] = json!(format!("2026-11-21T15:00:0{second}Z"));
            statement
        }).collect();
        assert_eq!(unit.post(&all).await.status, 200);
        let expected = "launched initialized answered passed completed satisfied:block \
            satisfied:course terminated";
        assert_eq!(recorded(&app, &registration).await, expected);
    }

    /// 9.3.8 by the alternate syntax, the only way that a closing page has (1.9 (v)).
    async fn a_page_that_closes_says_so_in_a_form(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let last = unit.defined("terminated");
        let path = format!("/xapi/statements?statementId={}", last["id"].as_str().unwrap());
        let answer = unit.form(http::Method::PUT, &path, &last).await;
        assert_eq!(answer.status, 204, "{answer:?}");
        assert_eq!(unit.refused(&unit.allowed("experienced")).await, "9.3.0.0-5");
        let path = format!("{REGISTRATIONS}/{registration}/sessions/{}", unit.session);
        assert!(get(&app, &path).await["terminated"].is_string());
    }
}
