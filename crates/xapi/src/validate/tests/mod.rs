//! Statements that are valid, and ways to break exactly one rule of each.

mod details;
mod random;
mod table;
mod texts;
mod view;

use crate::json;
use crate::version::Version;
use serde_json::{Value, json};

/// What is found in `text`, as `id@pointer`.
fn found(text: &str, version: Version) -> Vec<String> {
    let node = json::parse(text).expect("the table holds JSON");
    match super::statement(&node, version, "") {
        Ok(_) => Vec::new(),
        Err(violations) => {
            violations.iter().map(|one| format!("{}@{}", one.requirement, one.pointer)).collect()
        }
    }
}

/// The least that a statement can be.
fn core() -> Value {
    json!({
        "actor": { "mbox": "mailto:ann@example.org" },
        "verb": { "id": "https://example.org/verbs/tried" },
        "object": { "id": "https://example.org/activities/1" },
    })
}

/// A statement with every property that the version knows, about an Activity.
fn full(version: Version) -> Value {
    let mut statement = json!({
        "id": "1B4E28BA-2fa1-41d2-883f-0016d3cca427",
        "actor": {
            "objectType": "Group",
            "name": "Pair",
            "mbox_sha1sum": "4D1D6AE29c61360c68bbcb0657a78912e2ef1208",
            "member": [
                { "objectType": "Agent", "openid": "https://openid.example.org/ann" },
                { "mbox": "mailto:bob@example.org", "name": "" },
            ],
        },
        "verb": { "id": "https://example.org/verbs/answered", "display": { "en": "answered" } },
        "object": object(),
        "result": result(),
        "context": context(),
        "timestamp": "2026-11-21T07:00:00.123Z",
        "stored": "2026-11-21T07:00:01Z",
        "authority": {
            "objectType": "Group",
            "member": [
                { "account": { "homePage": "https://example.org/token", "name": "consumer" } },
                { "mbox": "mailto:admin@example.org" },
            ],
        },
        "version": "1.0.3",
        "attachments": attachments(),
    });
    if version == Version::V2 {
        let context = &mut statement["context"];
        context["contextAgents"] = json!([{
            "objectType": "contextAgent",
            "agent": { "mbox": "mailto:dan@example.org" },
            "relevantTypes": ["https://example.org/types/peer"],
        }]);
        context["contextGroups"] = json!([{
            "objectType": "contextGroup",
            "group": { "objectType": "Group", "mbox": "mailto:eve@example.org" },
        }]);
    }
    statement
}

fn object() -> Value {
    json!({
        "objectType": "Activity",
        "id": "https://example.org/activities/question",
        "definition": {
            "name": { "en": "Question", "de-AT": "Frage" },
            "description": {},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "moreInfo": "https://example.org/about",
            "interactionType": "matching",
            "correctResponsesPattern": ["a[.]1"],
            "source": [{ "id": "a", "description": { "en": "A" } }, { "id": "b" }],
            "target": [{ "id": "1" }, { "id": "2" }],
            "extensions": { "https://example.org/ext": null },
        },
    })
}

fn result() -> Value {
    json!({
        "score": { "scaled": 0.5, "raw": 5, "min": 0, "max": 10 },
        "success": true,
        "completion": false,
        "response": "a[.]1",
        "duration": "PT1M2.5S",
        "extensions": { "tag:example.org,2026:x": [] },
    })
}

fn context() -> Value {
    json!({
        "registration": "3d9b7c2e-5f14-4a6d-8e0b-1c2f3a4d5e6f",
        "instructor": { "account": { "homePage": "https://lms.example.org", "name": "7" } },
        "team": { "objectType": "Group", "member": [{ "mbox": "mailto:cat@example.org" }] },
        "contextActivities": {
            "parent": [{ "id": "https://example.org/activities/quiz" }],
            "grouping": [],
            "category": [{ "id": "urn:example:category", "objectType": "Activity" }],
            "other": { "id": "https://example.org/activities/book" },
        },
        "revision": "2",
        "platform": "Example",
        "language": "en-US",
        "statement": {
            "objectType": "StatementRef",
            "id": "0f6c1a52-7d3e-4b8a-9c41-5e2d7f8a9b10",
        },
        "extensions": {},
    })
}

fn attachments() -> Value {
    json!([{
        "usageType": "https://example.org/usage",
        "display": { "en": "File" },
        "description": { "en": "A file" },
        "contentType": "text/plain; charset=utf-8",
        "length": 27,
        "sha2": "03B5F1A485083ec317e53fa739fad419dfaf17d77f07979fcc0e16a85a6b559f",
        "fileUrl": "https://example.org/file",
    }])
}

/// The core of a statement about a `SubStatement` that has every property.
fn planned() -> Value {
    let mut sub = full(Version::V1);
    for key in ["id", "stored", "authority", "version"] {
        sub.as_object_mut().unwrap().remove(key);
    }
    sub["objectType"] = "SubStatement".into();
    with(core(), "/object", Some(sub))
}

/// `statement` with the value at `pointer` set, or removed.
fn with(mut statement: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer to a part");
    let key = key.replace("~1", "/").replace("~0", "~");
    let parent = statement.pointer_mut(parent).unwrap_or_else(|| panic!("no parent: {pointer}"));
    match (parent, value) {
        (Value::Object(map), Some(value)) => drop(map.insert(key, value)),
        (Value::Object(map), None) => assert!(map.remove(&key).is_some(), "nothing at {pointer}"),
        (Value::Array(items), Some(value)) => {
            let index: usize = key.parse().unwrap();
            if index == items.len() {
                items.push(value);
            } else {
                items[index] = value;
            }
        }
        (parent, _) => panic!("{parent} has no {pointer}"),
    }
    statement
}
