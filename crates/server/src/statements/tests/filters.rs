//! Filters by agent, activity, verb and registration (1.0.3 Communication 2.1.3; 9274.1.1 4.1.6.1).

use super::kit::{activity, agent, found, id, query, statement, store, verb, with};
use crate::testing::{TestApp, on_both};
use serde_json::{Value, json};

fn group(members: &[Value]) -> Value {
    json!({"objectType": "Group", "member": members})
}

fn typed(agent: Value) -> Value {
    with(agent, "objectType", json!("Agent"))
}

/// Statement number `number` by somebody else about something else, with a member of its own.
fn other(number: u128, key: &str, value: Value) -> Value {
    let other = with(statement(number), "actor", agent("zoe"));
    with(with(other, "object", json!({"id": activity("zero")})), key, value)
}

/// A SubStatement by Zoe about zero, with a member of its own.
fn inside(key: &str, value: Value) -> Value {
    let mut inside = other(0, key, value);
    inside.as_object_mut().unwrap().remove("id");
    with(inside, "objectType", json!("SubStatement"))
}

async fn by_agent(app: &TestApp, agent: &Value, related: &str) -> Vec<u128> {
    found(app, &[("agent", &agent.to_string()), ("related_agents", related), ("ascending", "true")])
        .await
}

on_both! {
    /// Row 25. XAPI-00181, Communication 2.1.3: `agent` finds the Actor *or the Object*, the
    /// members of groups in both, and nothing else.
    async fn agent_finds_actors_and_objects(app: TestApp) {
        let ada = agent("ada");
        let team =
            json!({"objectType": "Group", "mbox": "mailto:team@example.org", "member": [ada]});
        store(
            &app,
            &[
                statement(1),
                other(2, "object", typed(ada.clone())),
                other(3, "actor", group(&[agent("bob"), ada.clone()])),
                other(4, "object", group(std::slice::from_ref(&ada))),
                other(5, "actor", team.clone()),
                other(6, "object", team),
                other(7, "context", json!({"instructor": ada, "team": group(std::slice::from_ref(&ada))})),
                other(8, "object", inside("actor", ada.clone())),
                other(9, "object", typed(agent("bob"))),
            ],
        )
        .await;
        assert_eq!(by_agent(&app, &ada, "false").await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(by_agent(&app, &agent("bob"), "false").await, [3, 9]);
        let team = json!({"objectType": "Group", "mbox": "mailto:team@example.org"});
        assert_eq!(
            by_agent(&app, &team, "false").await,
            [5, 6],
            "an identified group is found by its own"
        );
    }

    /// Row 25. Communication 2.1.3: each kind of identifier is one of its own, told apart from
    /// others, and compared as its kind says: a mail's domain and a hash's digits in any case.
    async fn an_agent_is_its_identifier(app: TestApp) {
        let agents = [
            json!({"mbox": "mailto:Ann@Example.org"}),
            json!({"mbox_sha1sum": "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"}),
            json!({"openid": "https://example.org/Ann"}),
            json!({"account": {"homePage": "https://example.org/", "name": "Ann B"}}),
            json!({"account": {"homePage": "https://example.org/Ann", "name": "B"}}),
        ];
        for (number, agent) in (1..).zip(&agents) {
            store(&app, &[with(statement(number), "actor", agent.clone())]).await;
        }
        for (number, agent) in (1..).zip(&agents) {
            let named = with(agent.clone(), "name", json!("whoever"));
            assert_eq!(by_agent(&app, &named, "false").await, [number], "{agent}");
        }
        for (agent, expected) in [
            (json!({"mbox": "mailto:Ann@EXAMPLE.ORG"}), &[1][..]),
            (json!({"mbox": "mailto:ann@example.org"}), &[]),
            (json!({"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}), &[2]),
            (json!({"openid": "https://example.org/ann"}), &[]),
        ] {
            assert_eq!(by_agent(&app, &agent, "false").await, expected, "{agent}");
        }
    }

    /// Row 26. XAPI-00176, Communication 2.1.3: `related_agents` adds instructor, team, authority
    /// and all of a SubStatement's, members of anonymous groups included.
    async fn related_agents_are_found_everywhere(app: TestApp) {
        let ada = agent("ada");
        let crew = group(&[agent("bob"), ada.clone()]);
        store(
            &app,
            &[
                statement(1),
                other(2, "context", json!({"instructor": ada})),
                other(3, "context", json!({"instructor": crew})),
                other(4, "context", json!({"team": crew})),
                other(5, "object", inside("actor", ada.clone())),
                other(6, "object", inside("object", typed(ada.clone()))),
                other(7, "object", inside("context", json!({"team": crew}))),
                other(8, "object", inside("context", json!({"instructor": ada}))),
                other(9, "context", json!({"instructor": agent("bob")})),
            ],
        )
        .await;
        assert_eq!(by_agent(&app, &ada, "false").await, [1]);
        assert_eq!(by_agent(&app, &ada, "true").await, [1, 2, 3, 4, 5, 6, 7, 8]);
        let authority = super::kit::get(&app, 1).await.json()["authority"].clone();
        assert_eq!(by_agent(&app, &authority, "true").await, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(by_agent(&app, &authority, "false").await, [0; 0]);
    }

    /// Row 26. 9274.1.1 4.1.6.1: 2.0 adds contextAgents and contextGroups, members included, in a
    /// SubStatement too; relevantTypes filter nothing.
    async fn context_agents_are_related(app: TestApp) {
        let ada = agent("ada");
        let role = json!(["https://example.org/role/coach"]);
        let coach = json!([{"objectType": "contextAgent", "agent": ada, "relevantTypes": role}]);
        let crew =
            json!([{"objectType": "contextGroup", "group": group(&[agent("bob"), ada.clone()])}]);
        let batch = json!([
            other(1, "context", json!({"contextAgents": coach})),
            other(2, "context", json!({"contextGroups": crew})),
            other(3, "object", inside("context", json!({"contextAgents": coach}))),
            other(4, "context", json!({"instructor": agent("bob")})),
        ]);
        let answer =
            app.post(super::kit::PATH).version("2.0.0").json(batch.to_string()).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(by_agent(&app, &ada, "true").await, [1, 2, 3]);
        assert_eq!(by_agent(&app, &ada, "false").await, [0; 0]);
        assert_eq!(by_agent(&app, &agent("bob"), "true").await, [2, 4]);
    }

    /// Row 27. XAPI-00177, XAPI-00179, Communication 2.1.3: `activity` finds the Object,
    /// `related_activities` adds every contextActivity and all of a SubStatement's.
    async fn related_activities_are_found_everywhere(app: TestApp) {
        let one = json!({"id": activity("one")});
        store(
            &app,
            &[
                statement(1),
                other(2, "context", json!({"contextActivities": {"parent": one}})),
                other(
                    3,
                    "context",
                    json!({"contextActivities": {"grouping": [{"id": "x:y"}, one]}}),
                ),
                other(
                    4,
                    "context",
                    json!({"contextActivities": {"category": [one], "other": [one]}}),
                ),
                other(5, "object", inside("object", one.clone())),
                other(
                    6,
                    "object",
                    inside("context", json!({"contextActivities": {"other": [one]}})),
                ),
                other(7, "verb", json!({"id": activity("one")})),
                other(8, "context", json!({"extensions": {activity("one"): one}})),
            ],
        )
        .await;
        let one = activity("one");
        assert_eq!(found(&app, &[("activity", &one)]).await, [1]);
        let related =
            [("activity", one.as_str()), ("related_activities", "true"), ("ascending", "true")];
        assert_eq!(found(&app, &related).await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(found(&app, &[("verb", &one)]).await, [7]);
    }

    /// Rows 25, 27. XAPI-00164, XAPI-00178, XAPI-00180: filters together narrow; identifiers that
    /// were never seen find nothing; a registration is a UUID in any case, not a SubStatement's.
    async fn filters_narrow_each_other(app: TestApp) {
        let within = json!({"registration": id(70)});
        store(
            &app,
            &[
                statement(1),
                with(statement(2), "context", within.clone()),
                other(3, "context", within.clone()),
                with(
                    with(statement(4), "context", within.clone()),
                    "verb",
                    json!({"id": verb("saw")}),
                ),
                other(5, "object", inside("context", within)),
            ],
        )
        .await;
        let (ada, did, one) = (agent("ada").to_string(), verb("did"), activity("one"));
        let registration = id(70).to_string().to_uppercase();
        assert_eq!(found(&app, &[("registration", &registration)]).await, [4, 3, 2]);
        assert_eq!(found(&app, &[("registration", &registration), ("agent", &ada)]).await, [4, 2]);
        let all =
            [("registration", &*registration), ("agent", &ada), ("verb", &did), ("activity", &one)];
        assert_eq!(found(&app, &all).await, [2]);
        for (name, value) in
            [("verb", "x:never"), ("activity", "x:never"), ("registration", &id(71).to_string())]
        {
            let parameters = [(name, value), ("agent", &ada)];
            assert_eq!(found(&app, &parameters).await, [0; 0], "{name}");
            let page = app.get(&query(&parameters)).send().await.json();
            assert_eq!(
                page,
                json!({"statements": [], "more": ""}),
                "XAPI-00149: nothing found is no error"
            );
        }
    }
}
