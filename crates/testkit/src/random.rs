//! Random but valid statements from small pools, so that filters, references and voids meet often.

use rand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

/// How many different statement ids there are.
const IDS: u128 = 400;

/// The statement id number `number`.
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0f1e_2d3c_4b5a_4978_8695_a4b3_0000_0000 + number)
}

/// A random id, stored already or not.
pub fn some_id(rng: &mut impl Rng) -> Uuid {
    id(rng.random_range(0..IDS))
}

/// One of a few Agents.
pub fn agent(rng: &mut impl Rng) -> Value {
    match rng.random_range(0..5) {
        0 => json!({"mbox": "mailto:ada@example.org", "name": "Ada"}),
        1 => {
            json!({"objectType": "Agent", "mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"})
        }
        2 => json!({"objectType": "Agent", "openid": "https://openid.example.org/grace"}),
        3 => json!({"account": {"homePage": "https://lms.example.org", "name": "4711"}}),
        _ => {
            json!({"account": {"homePage": "https://lms.example.org", "name": "4712"}, "name": "Alan"})
        }
    }
}

/// An Agent, an identified Group or an anonymous one.
pub fn actor(rng: &mut impl Rng) -> Value {
    match rng.random_range(0..8) {
        0 => {
            json!({"objectType": "Group", "mbox": "mailto:team@example.org", "member": [agent(rng)]})
        }
        1 => json!({"objectType": "Group", "member": [agent(rng), agent(rng)]}),
        2 => json!({"objectType": "Group", "mbox": "mailto:team@example.org"}),
        _ => agent(rng),
    }
}

/// One of a few verbs, never the voiding one.
pub fn verb(rng: &mut impl Rng) -> String {
    let verbs = ["attempted", "completed", "passed"];
    format!("http://adlnet.gov/expapi/verbs/{}", verbs[rng.random_range(0..verbs.len())])
}

/// The id of one of a few activities.
pub fn activity(rng: &mut impl Rng) -> String {
    format!("https://example.org/activity/{}", rng.random_range(0..5))
}

/// One of a few registrations.
pub fn registration(rng: &mut impl Rng) -> Uuid {
    Uuid::from_u128(0x0a0b_0c0d_0e0f_4011_8213_1415_1617_1800 + rng.random_range(0..3_u128))
}

/// A random statement with `id`. Its Object may be anything that the standard allows.
pub fn statement(rng: &mut impl Rng, id: Uuid) -> Value {
    let object = match rng.random_range(0..10) {
        0 | 1 => json!({"objectType": "StatementRef", "id": some_id(rng)}),
        2 => actor_as_object(rng),
        3 => sub_statement(rng),
        _ => json!({"id": activity(rng)}),
    };
    let mut statement = json!({
        "id": id, "actor": actor(rng), "verb": {"id": verb(rng)}, "object": object,
        "timestamp": "2026-03-04T05:06:07.000Z",
    });
    if rng.random_bool(0.6) {
        statement["context"] = context(rng);
    }
    statement
}

/// A voiding statement with `id`.
pub fn voiding(rng: &mut impl Rng, id: Uuid, target: Uuid) -> Value {
    json!({
        "id": id, "actor": agent(rng), "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": target},
        "timestamp": "2026-03-04T05:06:07.000Z",
    })
}

fn actor_as_object(rng: &mut impl Rng) -> Value {
    let mut actor = actor(rng);
    if actor.get("objectType").is_none() {
        actor["objectType"] = json!("Agent");
    }
    actor
}

fn sub_statement(rng: &mut impl Rng) -> Value {
    let object = match rng.random_range(0..3) {
        0 => actor_as_object(rng),
        1 => json!({"objectType": "StatementRef", "id": some_id(rng)}),
        _ => json!({"id": activity(rng)}),
    };
    let mut sub = json!({
        "objectType": "SubStatement", "actor": actor(rng), "verb": {"id": verb(rng)}, "object": object,
    });
    if rng.random_bool(0.5) {
        sub["context"] = context(rng);
    }
    sub
}

fn context(rng: &mut impl Rng) -> Value {
    let mut context = json!({});
    if rng.random_bool(0.5) {
        context["registration"] = json!(registration(rng));
    }
    if rng.random_bool(0.3) {
        context["instructor"] = agent(rng);
    }
    if rng.random_bool(0.2) {
        context["team"] = json!({"objectType": "Group", "member": [agent(rng)]});
    }
    if rng.random_bool(0.2) {
        context["statement"] = json!({"objectType": "StatementRef", "id": some_id(rng)});
    }
    for relation in ["parent", "grouping", "category", "other"] {
        if rng.random_bool(0.25) {
            let mut activities = vec![json!({"id": activity(rng)})];
            if rng.random_bool(0.3) {
                activities.push(json!({"id": activity(rng), "objectType": "Activity"}));
            }
            context["contextActivities"][relation] = json!(activities);
        }
    }
    context
}
