//! Subtlety (vi): launched content reads the statements of its learner in its registration, and no
//! others (`cmi5.md` 1.9).

use super::kit::*;
use crate::testing::{TestApp, on_both};
use http::Method;
use serde_json::{Value, json};

/// Two learners of one course, each in a session that runs.
async fn two(app: &TestApp) -> [(String, Unit); 2] {
    let id = course(app, &au("a", r#"moveOn="Completed""#)).await;
    let mine = registered(app, &id, "u1").await;
    let theirs = registered(app, &id, "u2").await;
    let unit = Unit::running(app, &mine, json!({})).await;
    let other = Unit::running(app, &theirs, json!({})).await;
    [(mine, unit), (theirs, other)]
}

fn with(pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("/xapi/statements?{}", query.finish())
}

/// The ids of what is found.
async fn found(unit: &Unit, path: &str) -> Vec<Value> {
    let answer = unit.call(Method::GET, path).send().await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()["statements"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
}

on_both! {
    /// Whatever is asked, the answer has the learner's own in this registration only.
    async fn a_search_finds_ones_own(app: TestApp) {
        let [(mine, unit), (_, other)] = two(&app).await;
        other.says("completed").await;
        let ids = |all: Vec<Value>| all.into_iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
        let own = ids(statements(&app, &mine).await);
        assert_eq!(own.len(), 2, "launched, initialized");
        let activity = unit.launch["activityId"].as_str();
        for query in [
            vec![],
            vec![("related_agents", "true")],
            vec![("related_activities", "true"), ("activity", activity)],
            vec![("activity", activity)],
            vec![("activity", "https://p.example/a"), ("related_activities", "true")],
            vec![("agent", unit.launch["actor"].as_str()), ("related_agents", "true")],
            vec![("registration", &mine)],
            vec![("since", "2020-01-01T00:00:00Z")],
            vec![("format", "ids")],
        ] {
            let mut query = query;
            query.push(("ascending", "true"));
            assert_eq!(found(&unit, &with(&query)).await, own, "{query:?}");
        }
        let verb = "http://adlnet.gov/expapi/verbs/completed";
        assert!(found(&unit, &with(&[("verb", verb)])).await.is_empty(), "only the other has");
    }

    /// Asking for somebody else is refused, with the requirement (8.1.3.0-3, 8.1.4.0-3).
    async fn a_search_for_others_is_refused(app: TestApp) {
        let [(mine, unit), (theirs, other)] = two(&app).await;
        let agent = other.launch["actor"].as_str();
        for (query, requirement) in [
            (vec![("agent", agent)], "8.1.3.0-3"),
            (vec![("agent", agent), ("registration", &mine)], "8.1.3.0-3"),
            (vec![("agent", agent), ("related_agents", "true")], "8.1.3.0-3"),
            (vec![("registration", &theirs)], "8.1.4.0-3"),
        ] {
            let path = with(&query);
            assert_eq!(refusal(&unit.call(Method::GET, &path).send().await), requirement, "{path}");
            let form = unit.form(Method::GET, &path, &Value::Null).await;
            assert_eq!(refusal(&form), requirement, "alternate {path}");
        }
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("agent", agent).finish();
        let person = unit.call(Method::GET, &format!("/xapi/agents?{query}")).send().await;
        assert_eq!(refusal(&person), "8.1.3.0-3");
    }

    /// By their ids too, voided or not, statements of others are not there.
    async fn an_id_of_others_leads_nowhere(app: TestApp) {
        let [(mine, unit), (theirs, other)] = two(&app).await;
        let void = other.allowed("experienced");
        assert_eq!(other.put(&void).await.status, 204);
        let voiding = json!({
            "actor": {"mbox": "mailto:b@example.com"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
            "object": {"objectType": "StatementRef", "id": void["id"]},
        });
        let answer = app.post("/xapi/statements").json(voiding.to_string()).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let voided = void["id"].as_str().unwrap();
        let answer = unit.call(Method::GET, &with(&[("voidedStatementId", voided)])).send().await;
        assert_eq!(answer.status, 404, "{answer:?}");
        for (registration, status) in [(&mine, 200), (&theirs, 404)] {
            for one in statements(&app, registration).await {
                let path = with(&[("statementId", one["id"].as_str().unwrap())]);
                let answer = unit.call(Method::GET, &path).send().await;
                assert_eq!(answer.status, status, "{answer:?}");
            }
        }
    }

    /// What refers to the learner's statements, and what others say of the registration, is not the
    /// learner's.
    async fn what_others_say_is_not_shown(app: TestApp) {
        let [(mine, unit), _] = two(&app).await;
        let own = statements(&app, &mine).await[0]["id"].clone();
        let other = json!({"objectType": "Agent", "mbox": "mailto:b@example.com"});
        let me: Value = serde_json::from_str(&unit.launch["actor"]).unwrap();
        let verb = json!({"id": "https://v.example/saw"});
        for statement in [
            json!({"actor": other, "verb": verb, "object": {"objectType": "StatementRef", "id": own}}),
            json!({"actor": other, "verb": verb, "object": me}),
            json!({"actor": other, "verb": verb, "object": {"id": unit.launch["activityId"]}, "context": {"registration": mine}}),
            json!({"actor": me, "verb": verb, "object": {"id": unit.launch["activityId"]}}),
        ] {
            let answer = app.post("/xapi/statements").json(statement.to_string()).send().await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        for path in [with(&[]), with(&[("related_agents", "true")])] {
            assert_eq!(found(&unit, &path).await.len(), 2, "{path}");
        }
    }

    /// A `more` link is an address and no permission: by another's token it shows nothing of what
    /// stands behind it.
    async fn more_is_no_permission(app: TestApp) {
        let [(_, unit), (theirs, other)] = two(&app).await;
        let first = other.call(Method::GET, &with(&[("limit", "1")])).send().await.json();
        let more = first["more"].as_str().unwrap().to_owned();
        assert_eq!(found(&other, &more).await.len(), 1);
        let all = statements(&app, &theirs).await;
        for link in [more, app.get("/xapi/statements?limit=1").send().await.json()["more"].as_str().unwrap().to_owned()] {
            let answer = unit.call(Method::GET, &link).send().await;
            let text = answer.text();
            for one in &all {
                assert!(!text.contains(one["id"].as_str().unwrap()), "{link}: {text}");
            }
        }
    }
}
