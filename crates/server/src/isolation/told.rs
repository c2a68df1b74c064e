//! What an answer tells: all of it but what is new in every answer.

use super::names::Names;
use crate::testing::Answer;
use serde_json::Value;

/// Headers that differ between any two answers, or belong to the caller's own content.
const HEADERS: &[&str] = &[
    "content-length",
    "date",
    "etag",
    "last-modified",
    "traceparent",
    "x-request-id",
    "x-experience-api-consistent-through",
    "ratelimit",
];

/// Members that are made anew for every answer.
const MEMBERS: &[&str] = &["instance", "next", "nextCursor", "requestId", "traceId"];

/// Members of what was made or shown of the caller's own, such as times and new ids.
const OWN: &[&str] = &[
    "at",
    "created",
    "createdAt",
    "hash",
    "id",
    "key",
    "lastUsed",
    "lmsId",
    "oldSecretUntil",
    "position",
    "secret",
    "sha2",
    "since",
    "stored",
    "timestamp",
    "until",
    "updatedAt",
];

/// An answer, comparable.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Told {
    /// What an answer tells, where it repeats `said` read as if it repeated `instead`.
    pub(super) fn of(answer: &Answer, said: &Names, instead: &Names) -> Self {
        let read = |text: &str| instead.instead_of(said, text);
        let boundary = answer.header("content-type").and_then(|it| it.split_once("boundary="));
        let boundary = boundary.map(|(_, boundary)| boundary.to_owned());
        let bare = |text: &str| match &boundary {
            Some(boundary) => text.replace(boundary.as_str(), "*"),
            None => text.to_owned(),
        };
        let done = answer.status.is_success();
        let mut headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| !HEADERS.contains(&name.as_str()))
            .filter(|(name, _)| !(done && *name == "location"))
            .map(|(name, value)| {
                (name.to_string(), bare(&read(&String::from_utf8_lossy(value.as_bytes()))))
            })
            .collect();
        headers.sort();
        let body = read(&String::from_utf8_lossy(&answer.body));
        let body = match serde_json::from_str::<Value>(&body) {
            Ok(mut json) => {
                mask(&mut json, done);
                mask_ids(&mut json, instead);
                json.to_string()
            }
            Err(_) => bare(&body),
        };
        Self { status: answer.status.as_u16(), headers, body }
    }
}

/// The ids of stored statements: those that were not sent are made anew.
fn mask_ids(json: &mut Value, sent: &Names) {
    let enclosed = json.pointer("/data/ids").is_some();
    let ids = if enclosed { json.pointer_mut("/data/ids") } else { Some(json) };
    let Some(ids) = ids.and_then(Value::as_array_mut) else { return };
    for id in ids {
        if id.as_str().is_some_and(|id| !sent.all().contains(&id)) {
            *id = Value::Null;
        }
    }
}

fn mask(json: &mut Value, done: bool) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                let is_new = MEMBERS.contains(&name.as_str());
                if is_new || (done && OWN.contains(&name.as_str()) && !value.is_object()) {
                    *value = Value::Null;
                } else {
                    mask(value, done);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| mask(value, done)),
        _ => {}
    }
}
