//! What the proofs share: small statements, and ways to store and to find them.

use crate::testing::{Answer, TestApp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The Statements resource.
pub(super) const PATH: &str = "/xapi/statements";

/// The verb that voids.
pub(super) const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";

/// The statement id number `number`.
pub(super) fn id(number: u128) -> Uuid {
    rollbook_testkit::random::id(number)
}

/// An Agent by mail.
pub(super) fn agent(name: &str) -> Value {
    json!({"mbox": format!("mailto:{name}@example.org")})
}

/// The id of a verb.
pub(super) fn verb(name: &str) -> String {
    format!("https://example.org/verb/{name}")
}

/// The id of an activity.
pub(super) fn activity(name: &str) -> String {
    format!("https://example.org/activity/{name}")
}

/// Statement number `number`: Ada did one.
pub(super) fn statement(number: u128) -> Value {
    json!({
        "id": id(number), "actor": agent("ada"), "verb": {"id": verb("did")},
        "object": {"id": activity("one")},
    })
}

/// A statement about statement number `target`: Bob saw it.
pub(super) fn referring(number: u128, target: u128) -> Value {
    json!({
        "id": id(number), "actor": agent("bob"), "verb": {"id": verb("saw")},
        "object": {"objectType": "StatementRef", "id": id(target)},
    })
}

/// A statement by which Bob voids statement number `target`.
pub(super) fn voiding(number: u128, target: u128) -> Value {
    with(referring(number, target), "verb", json!({"id": VOIDED}))
}

/// `statement` with another member.
pub(super) fn with(mut statement: Value, key: &str, value: Value) -> Value {
    statement[key] = value;
    statement
}

/// A query of the Statements resource.
pub(super) fn query(parameters: &[(&str, &str)]) -> String {
    let path = format!("{PATH}?");
    form_urlencoded::Serializer::for_suffix(path.clone(), path.len())
        .extend_pairs(parameters)
        .finish()
}

/// Stores statements in one request, which must be accepted.
#[track_caller]
pub(super) fn store<'a>(
    app: &'a TestApp,
    statements: &[Value],
) -> impl Future<Output = ()> + Send + use<'a> {
    let text = json!(statements).to_string();
    let place = std::panic::Location::caller();
    async move {
        let answer = app.post(PATH).json(text).send().await;
        assert_eq!(answer.status, 200, "{place}: {answer:?}");
    }
}

/// The numbers of the statements of a page, in its order.
#[track_caller]
pub(super) fn numbers(answer: &Answer) -> Vec<u128> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let page = answer.json();
    let statements = page["statements"].as_array().expect("a page has statements");
    statements.iter().map(number_of).collect()
}

/// The number that [`id`] made a statement's id from.
pub(super) fn number_of(statement: &Value) -> u128 {
    let id: Uuid = statement["id"].as_str().expect("a stored statement has an id").parse().unwrap();
    id.as_u128() - self::id(0).as_u128()
}

/// The numbers of the first page that a query finds, newest first.
pub(super) async fn found(app: &TestApp, parameters: &[(&str, &str)]) -> Vec<u128> {
    numbers(&app.get(&query(parameters)).send().await)
}

/// The statement number `number` as it is answered.
pub(super) async fn get(app: &TestApp, number: u128) -> Answer {
    app.get(&format!("{PATH}?statementId={}", id(number))).send().await
}

/// The status, and the requirements that the problem lists, in its order.
pub(super) fn refusal(answer: &Answer) -> (u16, Vec<String>) {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    let requirement = |error: Value| error["requirement"].as_str().unwrap().to_owned();
    (answer.status.as_u16(), errors.into_iter().map(requirement).collect())
}

/// The SHA-256 of `content`.
pub(super) fn sha2(content: &[u8]) -> String {
    crate::hex::lower(&Sha256::digest(content))
}

/// An attachment of `content`.
pub(super) fn attachment(content: &[u8]) -> Value {
    json!({
        "usageType": "https://example.org/usage/photo", "display": {"en": "A photo"},
        "contentType": "image/x-own", "length": content.len(), "sha2": sha2(content),
    })
}

/// The boundary of [`multipart`].
const BOUNDARY: &str = "between-the-parts";

/// The type of [`multipart`].
pub(super) const MULTIPART: &str = "multipart/mixed; boundary=between-the-parts";

/// A body with attachments, each with the hash in its header.
pub(super) fn multipart(json: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body =
        format!("--{BOUNDARY}\r\nContent-Type: application/json\r\n\r\n{json}").into_bytes();
    for (sha2, content) in parts {
        let head = format!(
            "\r\n--{BOUNDARY}\r\nContent-Type: image/x-own\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
    }
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// A part of an answer: its headers' text, and its bytes.
pub(super) type Part = (String, Vec<u8>);

/// The parts of a multipart answer, taken apart as RFC 2046 5.1 says.
#[track_caller]
pub(super) fn parts(answer: &Answer) -> Vec<Part> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let kind = answer.header("content-type").expect("an answer has a type");
    let boundary = kind.strip_prefix("multipart/mixed; boundary=").expect(kind);
    let between = format!("\r\n--{boundary}").into_bytes();
    // The first boundary has no line before it.
    let body = [b"\r\n", &answer.body[..]].concat();
    let mut pieces = split(&body, &between);
    let last = pieces.pop().expect("there is a last boundary");
    assert_eq!(last, b"--\r\n", "the body ends with a closing boundary");
    assert!(pieces.remove(0).is_empty(), "nothing is before the first part");
    let part = |piece: &[u8]| {
        let [head, content @ ..] = &split(piece, b"\r\n\r\n")[..] else { panic!("no head") };
        let head = head.strip_prefix(b"\r\n").expect("a boundary ends its line");
        (String::from_utf8(head.to_vec()).unwrap(), content.join(&b"\r\n\r\n"[..]))
    };
    pieces.into_iter().map(part).collect()
}

fn split<'a>(mut text: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = text.windows(by.len()).position(|window| window == by) {
        pieces.push(&text[..at]);
        text = &text[at + by.len()..];
    }
    pieces.push(text);
    pieces
}
