//! A small record with everything in it that a careless export would lose or change.

use super::kit::Place;
use crate::app::App;
use crate::start;
use crate::tenants::{self, FIRST_TENANT, KeyWish, NewKey, Scopes};
use crate::testing::{Answer, call};
use http::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

pub(super) const STATEMENTS: &str = "/xapi/statements";

/// The id of statement number `number`.
pub(super) fn id(number: u32) -> String {
    format!("fd41c918-b88b-4b20-a0a5-{number:012}")
}

/// The text of statement number `number`, with more members at its end.
pub(super) fn statement(number: u32, more: &str) -> String {
    let id = id(number);
    format!(
        r#"{{"id":"{id}","actor":{{"mbox":"mailto:ada@example.org","name":"Ada"}},"verb":{{"id":"https://example.org/did"}},"object":{{"id":"https://example.org/one"}}{more}}}"#
    )
}

/// A statement with another Object.
pub(super) fn about(number: u32, verb: &str, object: &str) -> String {
    let id = id(number);
    format!(
        r#"{{"id":"{id}","actor":{{"mbox":"mailto:bob@example.org"}},"verb":{{"id":"{verb}"}},"object":{object}}}"#
    )
}

/// A statement that refers to number `target`.
pub(super) fn referring(number: u32, verb: &str, target: u32) -> String {
    let target = format!(r#"{{"objectType":"StatementRef","id":"{}"}}"#, id(target));
    about(number, verb, &target)
}

pub(super) const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";
const SAW: &str = "https://example.org/saw";
/// More than a spool keeps in memory, so that it is read in pieces; and bytes of every kind.
const LARGE: usize = (300 << 10) + 1;

pub(super) fn sha2(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The member `attachments` for contents, and for a file that is elsewhere.
pub(super) fn attachments(contents: &[&[u8]], elsewhere: Option<&[u8]>) -> String {
    let one = |content: &[u8], more: &str| {
        let (sha2, length) = (sha2(content), content.len());
        format!(
            r#"{{"usageType":"https://example.org/photo","display":{{"en":"x"}},"contentType":"image/x-own","length":{length},"sha2":"{sha2}"{more}}}"#
        )
    };
    let url = r#","fileUrl":"https://example.org/file""#;
    let all: Vec<String> = contents
        .iter()
        .map(|content| one(content, ""))
        .chain(elsewhere.map(|content| one(content, url)))
        .collect();
    format!(r#","attachments":[{}]"#, all.join(","))
}

pub(super) fn large() -> Vec<u8> {
    (0..=255).cycle().take(LARGE).collect()
}

/// A store that was opened for a moment, with a key that may do everything.
pub(super) struct Opened {
    pub(super) app: App,
    pub(super) all: NewKey,
}

impl Opened {
    pub(super) async fn at(place: &Place) -> Self {
        let app = start::build(&place.settings()).await.unwrap();
        let all = make_key(&app, "all").await;
        Self { app, all }
    }

    pub(super) async fn post(&self, version: &str, text: &str) {
        let answer = call(&self.app, Method::POST, STATEMENTS)
            .key(&self.all)
            .version(version)
            .json(text)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(super) async fn get(&self, version: &str, path: &str) -> Answer {
        call(&self.app, Method::GET, path).key(&self.all).version(version).send().await
    }

    pub(super) async fn close(self) {
        self.app.db.clone().close().await;
    }

    async fn put(&self, path: &str, kind: &str, body: &[u8]) {
        let answer = call(&self.app, Method::PUT, path)
            .key(&self.all)
            .version("1.0.3")
            .header("If-None-Match", "*")
            .bytes(kind, body.to_vec())
            .send()
            .await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }
}

pub(super) async fn make_key(app: &App, scopes: &str) -> NewKey {
    let wish = KeyWish::new(scopes, Scopes::parse(scopes).unwrap(), "https://lrs.example.org");
    tenants::create(&app.db, &app.clock, &app.ids, FIRST_TENANT, wish).await.unwrap()
}

/// Fills a new store.
pub(super) async fn fill(place: &Place) {
    let opened = Opened::at(place).await;
    // References and voids before their targets, in a chain and a cycle.
    opened.post("1.0.3", &referring(1, VOIDED, 4)).await;
    opened.post("1.0.3", &referring(2, SAW, 3)).await;
    opened.post("2.0.0", &referring(3, SAW, 2)).await;
    let numbers = r#","result":{"score":{"raw":1.10,"max":1E400},"extensions":{"https://example.org/e":{"a":1,"a":2,"\u00e9":null}}}"#;
    opened.post("1.0.3", &statement(4, numbers)).await;
    opened.post("1.0.3", &referring(5, VOIDED, 2)).await;
    let spread = statement(6, "").replace(',', ",\r\n  ");
    opened.post("1.0.3", &spread).await;
    let zoned = r#","timestamp":"2026-11-21T08:00:00.5+01:00","context":{"contextActivities":{"parent":{"id":"https://example.org/parent","definition":{"name":{"en":"P\u0000"}}}}}"#;
    opened
        .post(
            "2.0.0",
            &statement(7, &zoned.replace(":{\"id\"", ":[{\"id\"").replace("}}}}}", "}}}]}}")),
        )
        .await;
    opened.post("1.0.3", &statement(8, zoned)).await;
    contents(&opened).await;
    learned(&opened).await;
    documents(&opened).await;
    opened.close().await;
}

async fn contents(opened: &Opened) {
    let large = large();
    let files: [&[u8]; 3] = [b"a note", &large, b""];
    let batch = [
        // The contents of the first come only with the second.
        statement(20, &attachments(&[], Some(b"a note"))),
        statement(21, &attachments(&files, Some(b"elsewhere"))),
        statement(22, &attachments(&[b"a note"], None)),
    ];
    opened.post("1.0.3", batch.first().unwrap()).await;
    let mut body = String::from("--xx\r\nContent-Type: application/json\r\n\r\n").into_bytes();
    body.extend_from_slice(format!("[{},{}]", batch[1], batch[2]).as_bytes());
    for file in files {
        let head = format!(
            "\r\n--xx\r\nContent-Type: image/x-own\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {}\r\n\r\n",
            sha2(file)
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
    }
    body.extend_from_slice(b"\r\n--xx--\r\n");
    let answer = call(&opened.app, Method::POST, STATEMENTS)
        .key(&opened.all)
        .version("1.0.3")
        .bytes("multipart/mixed; boundary=xx", body)
        .send()
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Definitions and names: of who may define, and of who may not.
async fn learned(opened: &Opened) {
    let defined = |number, name: &str| {
        about(
            number,
            SAW,
            &format!(
                r#"{{"id":"https://example.org/defined","definition":{{"name":{{"en":"{name}"}},"extensions":{{"https://example.org/e":1.0}}}}}}"#
            ),
        )
    };
    opened.post("1.0.3", &defined(30, "First")).await;
    let stranger = make_key(&opened.app, "statements/write").await;
    let secret = defined(31, "Second")
        .replace("bob@example.org\"", "bob@example.org\",\"name\":\"Not Bob\"");
    let answer = call(&opened.app, Method::POST, STATEMENTS)
        .key(&stranger)
        .version("1.0.3")
        .json(secret)
        .send()
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for (number, name) in [(32, "Zoë"), (33, r"a\u0000b\u001a0"), (34, "Ada L.")] {
        opened.post("1.0.3", &statement(number, "").replace("Ada", name)).await;
    }
}

async fn documents(opened: &Opened) {
    let agent = "agent=%7B%22mbox%22%3A%22mailto%3Aada%40example.org%22%7D";
    let activity = "activityId=https%3A%2F%2Fexample.org%2Fone";
    for name in ["b", "B", "a%20%C3%A9", "%C3%A9"] {
        let state = format!("/xapi/activities/state?{activity}&{agent}&stateId={name}");
        opened.put(&state, "application/json", b"{\"at\": 1.10}").await;
        let registration = "registration=fd41c918-b88b-4b20-a0a5-000000000099";
        opened.put(&format!("{state}&{registration}"), "text/plain", b"\xff\x00").await;
    }
    let profile = format!("/xapi/activities/profile?{activity}&profileId=x");
    opened.put(&profile, "application/octet-stream", &large()).await;
    opened.put(&format!("/xapi/agents/profile?{agent}&profileId=x"), "text/plain", b"").await;
}

/// What a client can learn from a store, as far as it does not depend on who asks.
pub(super) async fn answers(opened: &Opened) -> Vec<String> {
    let agent = "agent=%7B%22mbox%22%3A%22mailto%3Aada%40example.org%22%7D";
    let activity = "https%3A%2F%2Fexample.org%2F";
    let mut answers = Vec::new();
    for path in [
        "/xapi/statements?ascending=true".to_owned(),
        "/xapi/statements?format=canonical".to_owned(),
        format!("/xapi/statements?{agent}"),
        format!(
            "/xapi/statements?{agent}&related_agents=true&related_activities=true&activity={activity}parent"
        ),
        format!("/xapi/statements?activity={activity}defined"),
        format!("/xapi/statements?voidedStatementId={}", id(4)),
        format!("/xapi/statements?voidedStatementId={}", id(2)),
        format!("/xapi/activities?activityId={activity}defined"),
        format!("/xapi/activities?activityId={activity}parent"),
        format!("/xapi/agents?{agent}"),
        format!("/xapi/activities/state?activityId={activity}one&{agent}"),
        format!("/xapi/activities/state?activityId={activity}one&{agent}&stateId=b"),
    ] {
        for version in ["1.0.3", "2.0.0"] {
            let answer = opened.get(version, &path).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            let etag = answer.header("etag").unwrap_or_default().to_owned();
            let modified = answer.header("last-modified").unwrap_or_default();
            answers.push(format!("{path} {etag} {modified} {}", answer.text()));
        }
    }
    let attached = opened.get("1.0.3", "/xapi/statements?attachments=true").await;
    let large = large();
    assert!(attached.body.windows(large.len()).any(|window| window == large));
    answers
}

/// The statements of an export, one a line.
pub(super) fn lines(export: &str, key: &str) -> Vec<Value> {
    // What numbers mean is not the test's matter, and this one means none to its parser.
    let export = export.replace("1E400", "1E4");
    let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|mut line| line.get_mut(key).map(Value::take)).collect()
}
