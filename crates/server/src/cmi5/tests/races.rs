//! What happens at once, on two servers that share a database: one session, one of each fact, one
//! `satisfied` for each node (9.3.6, 9.3.9, 8.2.3.1; `cmi5.md` 7.1).

use super::kit::*;
use crate::app::App;
use crate::testing::{Answer, Call, TestApp, call, on_both};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// This server and another.
async fn nodes(app: &TestApp) -> [App; 2] {
    let nodes = [App::clone(app), app.node().await];
    for node in &nodes {
        // A key that a server does not know yet waits for its turn, behind all that are asked about.
        let known = call(node, Method::GET, REGISTRATIONS).key(app.manager().await).send().await;
        assert_eq!(known.status, 200, "{known:?}");
    }
    nodes
}

/// Sends calls at once, each on a task of its own.
async fn at_once(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    let tasks: Vec<_> = calls.into_iter().map(|call| tokio::spawn(call.send())).collect();
    join_all(tasks).await.into_iter().map(|answer| answer.expect("no call panics")).collect()
}

fn with_status(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

on_both! {
    /// Of fifty launches at once one session is active and works, and each of the others was
    /// abandoned once, before the next was launched; no other's token opens anything.
    async fn of_many_launches_one_is_active(app: TestApp) {
        let registration = enrolled(&app, &format!("{}{}", au("a", ""), au("b", ""))).await;
        let place = format!("{REGISTRATIONS}/{registration}/launch");
        let (nodes, key) = (nodes(&app).await, app.manager().await);
        let answers = at_once((0..50).map(|at| {
            let call = call(&nodes[at % 2], Method::POST, &place).key(key);
            call.json(json!({"unit": at / 2 % 2}).to_string())
        })).await;
        assert_eq!(with_status(&answers, 200), 50, "{answers:?}");
        let all = format!("{REGISTRATIONS}/{registration}/sessions?page[size]=100");
        let sessions = get(&app, &all).await;
        let sessions = sessions["data"].as_array().unwrap();
        let active: Vec<&Value> = sessions.iter().filter(|one| one["active"] == true).collect();
        assert_eq!((sessions.len(), active.len()), (50, 1));
        let said = verbs(&app, &registration).await;
        let turns = format!("satisfied{} launched", " launched abandoned".repeat(49));
        assert_eq!(said, turns, "one after another");
        let abandoned = told(&app, &registration, "abandoned").await;
        let mut once: Vec<&str> = abandoned.iter().map(session_of).collect();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), 49, "each once");
        for launched in answers.iter().map(Answer::json) {
            if launched["session"] == active[0]["id"] {
                let unit = Unit::begun(&app, &launched).await;
                unit.says("initialized").await;
                unit.says("terminated").await;
            } else {
                let fetch = path(&query(launched["url"].as_str().unwrap())["fetch"]);
                let answer = call(&app, Method::POST, &fetch).send().await;
                assert!(answer.json()["auth-token"].is_null(), "{answer:?}");
            }
        }
    }

    /// F4, 8.2.3.1: of many who fetch at once, on whatever server, one gets the token.
    async fn one_of_many_gets_the_token(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let launched = launch(&app, &registration, json!({})).await;
        let fetch = path(&query(launched["url"].as_str().unwrap())["fetch"]);
        let nodes = nodes(&app).await;
        let answers = at_once((0..40).map(|at| call(&nodes[at % 2], Method::POST, &fetch))).await;
        assert_eq!(with_status(&answers, 200), 40, "{answers:?}");
        let handed = answers.iter().filter(|answer| answer.json()["auth-token"].is_string()).count();
        assert_eq!(handed, 1, "{answers:?}");
        let refused = answers.iter().filter(|answer| answer.json()["error-code"] == "1").count();
        assert_eq!(refused, 39, "{answers:?}");
    }

    /// Of fifty `completed` at once one is stored, and block and course are satisfied once, by its
    /// session (9.3.0.0-2, 9.3.9).
    async fn of_many_completed_one_counts(app: TestApp) {
        let parts = block("outer", &block("inner", &au("a", r#"moveOn="Completed""#)));
        let registration = enrolled(&app, &parts).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let units = nodes(&app).await.map(|node| unit.through(&node));
        let answers = at_once((0..50).map(|at| {
            let statement = unit.defined("completed");
            let path = format!("/xapi/statements?statementId={}", statement["id"].as_str().unwrap());
            units[at % 2].call(Method::PUT, &path).json(statement.to_string())
        })).await;
        assert_eq!((with_status(&answers, 204), with_status(&answers, 403)), (1, 49), "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status == 403) {
            assert_eq!(refusal(answer), "9.3.0.0-2");
        }
        let expected = "launched initialized completed satisfied satisfied satisfied";
        assert_eq!(verbs(&app, &registration).await, expected);
        assert_eq!(satisfied(&app, &registration).await, "inner outer course");
        let session = |one: &Value| session_of(one).to_owned();
        let by: Vec<String> = told(&app, &registration, "satisfied").await.iter().map(session).collect();
        assert_eq!(by, [unit.session.as_str(); 3]);
    }

    /// `completed` of one unit and waivers of another in the same block, at once: one of each, and one
    /// `satisfied` for each node, whoever came last.
    async fn whoever_comes_last_satisfies_once(app: TestApp) {
        let parts = block("both", &format!("{}{}", au("a", r#"moveOn="Completed""#), au("b", r#"moveOn="Passed""#)));
        let id = course(&app, &parts).await;
        let (nodes, key) = (nodes(&app).await, app.manager().await);
        for learner in ["u1", "u2", "u3", "u4"] {
            let registration = registered(&app, &id, learner).await;
            let unit = Unit::running(&app, &registration, json!({"unit": 0})).await;
            let units = nodes.clone().map(|node| unit.through(&node));
            let place = format!("{REGISTRATIONS}/{registration}/waive");
            let answers = at_once((0..16).map(|at| {
                if at % 4 < 2 {
                    let body = json!([unit.defined("completed")]).to_string();
                    units[at % 2].call(Method::POST, "/xapi/statements").json(body)
                } else {
                    call(&nodes[at % 2], Method::POST, &place).key(key).json(r#"{"unit":1}"#)
                }
            })).await;
            assert_eq!((with_status(&answers, 200), with_status(&answers, 409)), (2, 7), "{answers:?}");
            let mut counts = BTreeMap::new();
            for verb in verbs(&app, &registration).await.split(' ') {
                *counts.entry(verb.to_owned()).or_insert(0) += 1;
            }
            let expected = [("completed", 1), ("initialized", 1), ("launched", 1), ("satisfied", 2), ("waived", 1)];
            let expected = expected.map(|(verb, count)| (verb.to_owned(), count));
            assert_eq!(counts, BTreeMap::from(expected));
            assert_eq!(satisfied(&app, &registration).await, "both course");
        }
    }

    /// A session ends once, whoever ends it: its own word, somebody's demand, a launch (9.3.6).
    async fn a_session_ends_once(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let (nodes, key) = (nodes(&app).await, app.manager().await);
        for _ in 0..4 {
            let unit = Unit::running(&app, &registration, json!({})).await;
            let before = told(&app, &registration, "abandoned").await.len()
                + told(&app, &registration, "terminated").await.len();
            let place = format!("{REGISTRATIONS}/{registration}");
            let abandon = format!("{place}/sessions/{}/abandon", unit.session);
            let last = json!([unit.defined("terminated")]).to_string();
            let answers = at_once([
                call(&nodes[0], Method::POST, &abandon).key(key).json("{}"),
                unit.through(&nodes[1]).call(Method::POST, "/xapi/statements").json(last),
                call(&nodes[1], Method::POST, &abandon).key(key).json("{}"),
                call(&nodes[0], Method::POST, &format!("{place}/launch")).key(key).json("{}"),
            ]).await;
            assert!(answers.iter().all(|answer| [200, 403].contains(&answer.status.as_u16())), "{answers:?}");
            let after = told(&app, &registration, "abandoned").await.len()
                + told(&app, &registration, "terminated").await.len();
            assert_eq!(after, before + 1, "{answers:?}");
            let next = answers[3].json()["session"].as_str().unwrap().to_owned();
            let sessions = get(&app, &format!("{place}/sessions")).await;
            let sessions = sessions["data"].as_array().unwrap();
            let active: Vec<&Value> = sessions.iter().filter(|one| one["active"] == true).collect();
            assert_eq!((active.len(), active[0]["id"].as_str()), (1, Some(next.as_str())));
            let end = format!("{place}/sessions/{next}/abandon");
            assert_eq!(post(&app, &end, &json!({})).await.status, 200);
        }
    }
}
