//! What a store must hold after what its clients were told.

use crate::client::{Ask, Connection, with_query};
use crate::statement::Told;
use crate::writer::{Document, Sent, Writer};
use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use uuid::Uuid;

const STATEMENTS: &str = "/xapi/statements";

/// A page of statements, each with its text.
#[derive(Deserialize)]
struct Page {
    statements: Vec<Box<RawValue>>,
    more: String,
}

/// What of a stored statement is checked besides its text.
#[derive(Deserialize)]
struct Head {
    id: Uuid,
    stored: String,
}

/// What was found once and must be found the same for ever.
pub(crate) struct Kept {
    activity: String,
    statements: u64,
    documents: Vec<(String, Bytes)>,
}

/// Whoever had no answer finds all of the request or nothing, and asks again; then all is stored.
pub(crate) async fn again(connection: &mut Connection, writers: &mut [Writer]) {
    for sent in writers.iter_mut().flat_map(|writer| &mut writer.sent) {
        if !sent.acknowledged {
            whole_or_absent(connection, sent).await;
            let answer = connection.send(&sent.ask).await.unwrap();
            assert!(matches!(answer.status, 200 | 204), "{answer:?}");
            sent.acknowledged = true;
        }
    }
}

async fn whole_or_absent(connection: &mut Connection, sent: &Sent) {
    let registration = sent.registration.to_string();
    let found = listed(connection, &[("registration", &registration)]).await.len();
    assert!(found == 0 || found == sent.statements.len(), "{found} of {}", sent.statements.len());
}

/// Everything acknowledged is there, once, byte for byte, found by whatever it is found by; and
/// nothing else is.
pub(crate) async fn exact(connection: &mut Connection, activity: &str, writers: &[Writer]) -> Kept {
    let told: HashMap<Uuid, &Told> =
        writers.iter().flat_map(acknowledged).map(|told| (told.id, told)).collect();
    let voided: HashSet<Uuid> = told.values().filter_map(|told| told.target).collect();
    let listable = |told: &&Told| !voided.contains(&told.id);

    let found = listed(connection, &[("activity", activity)]).await;
    // A voiding statement is about the activity if what it voids is, and that is known.
    let about = |told: &&Told| told.target.is_none_or(|target| told_contains(writers, target));
    let expected = told.values().copied().filter(listable).filter(about).map(|told| told.id);
    compare(&found, &expected.collect());
    for (id, text) in &found {
        untouched(text, told[id]);
    }
    for writer in writers {
        let agent = format!(r#"{{"mbox":"{}"}}"#, writer.mbox);
        let found = listed(connection, &[("agent", &agent)]).await;
        compare(&found, &acknowledged(writer).filter(listable).map(|told| told.id).collect());
    }
    for told in told.values().filter(|told| voided.contains(&told.id)) {
        let id = told.id.to_string();
        let path = with_query(STATEMENTS, &[("voidedStatementId", &id)]);
        untouched(std::str::from_utf8(&connection.get(&path).await).unwrap(), told);
        let path = with_query(STATEMENTS, &[("statementId", &id)]);
        assert_eq!(connection.send(&Ask::get(path)).await.unwrap().status, 404);
    }
    let acknowledged = |sent: &&Sent| sent.acknowledged;
    for sent in writers.iter().flat_map(|writer| &writer.sent).filter(acknowledged) {
        if let Some(content) = &sent.attachment {
            attachment(connection, sent.statements[0].id, content).await;
        }
    }
    Kept { activity: activity.to_owned(), statements: digest(&found), documents: Vec::new() }
}

fn acknowledged(writer: &Writer) -> impl Iterator<Item = &Told> {
    writer.sent.iter().filter(|sent| sent.acknowledged).flat_map(|sent| &sent.statements)
}

fn told_contains(writers: &[Writer], id: Uuid) -> bool {
    writers.iter().flat_map(acknowledged).any(|told| told.id == id)
}

#[track_caller]
fn compare(found: &[(Uuid, String)], expected: &BTreeSet<Uuid>) {
    let ids: BTreeSet<Uuid> = found.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), found.len(), "a statement is there twice");
    let lost: Vec<_> = expected.difference(&ids).collect();
    let extra: Vec<_> = ids.difference(expected).collect();
    assert!(lost.is_empty() && extra.is_empty(), "lost: {lost:?}, unexpected: {extra:?}");
}

/// The stored text is the text that was sent, with what the store adds at its end.
#[track_caller]
fn untouched(stored: &str, told: &Told) {
    let sent = told.text.strip_suffix('}').unwrap();
    let added = stored.strip_prefix(sent).unwrap_or_else(|| panic!("{stored} of {sent}"));
    assert!(added.starts_with(r#","version":"1.0.0","authority":{"#), "{added}");
}

/// All statements of a query, page by page, in the order of `stored`, which never repeats.
async fn listed(connection: &mut Connection, filter: &[(&str, &str)]) -> Vec<(Uuid, String)> {
    let parameters = [filter, &[("ascending", "true"), ("limit", "100")]].concat();
    let mut path = with_query(STATEMENTS, &parameters);
    let (mut found, mut last) = (Vec::new(), String::new());
    while !path.is_empty() {
        let page: Page = serde_json::from_slice(&connection.get(&path).await).unwrap();
        for text in page.statements {
            let head: Head = serde_json::from_str(text.get()).unwrap();
            assert!(head.stored > last, "{} does not come after {last}", head.stored);
            last = head.stored;
            found.push((head.id, text.get().to_owned()));
        }
        path = page.more;
    }
    found
}

/// The ids of a page, and where it goes on.
pub(crate) fn page(text: &[u8]) -> (Vec<Uuid>, String) {
    let page: Page = serde_json::from_slice(text).unwrap();
    let heads = page.statements.iter().map(|text| serde_json::from_str::<Head>(text.get()));
    (heads.map(|head| head.unwrap().id).collect(), page.more)
}

/// The statement comes with its attachment, which is the whole of the answer's second part.
async fn attachment(connection: &mut Connection, id: Uuid, content: &[u8]) {
    let parameters = [("statementId", &*id.to_string()), ("attachments", "true")];
    let answer = connection.send(&Ask::get(with_query(STATEMENTS, &parameters))).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let kind = answer.headers["content-type"].to_str().unwrap();
    let boundary = kind.strip_prefix("multipart/mixed; boundary=").unwrap();
    let end = format!("\r\n--{boundary}--\r\n");
    let parts = answer.body.strip_suffix(end.as_bytes()).expect("the answer ends as it says");
    let head = parts.strip_suffix(content).expect("the attachment is what was sent");
    assert!(head.ends_with(b"\r\n\r\n"));
}

/// Each document holds what was last acknowledged, or what was asked for and not answered; the
/// latter is then made certain by whoever has seen what is there.
pub(crate) async fn documents(
    connection: &mut Connection,
    writers: &mut [Writer],
    kept: &mut Kept,
) {
    for (path, document) in writers.iter_mut().flat_map(|writer| &mut writer.documents) {
        let Document { acknowledged, open } = document;
        let answer = connection.send(&Ask::get(path)).await.unwrap();
        let found = (answer.status == 200).then_some(&answer.body);
        let expected =
            found == acknowledged.as_ref() || (found.is_some() && found == open.as_ref());
        assert!(expected, "{found:?} is neither {acknowledged:?} nor {open:?}");
        let content = open.take().or(acknowledged.take()).unwrap();
        if found != Some(&content) {
            let ask = Ask::json(Method::PUT, path, content.clone());
            assert_eq!(connection.send(&ask).await.unwrap().status, 204);
        }
        kept.documents.push((path.clone(), content));
    }
}

/// What was found earlier is found again, to the byte.
pub(crate) async fn unchanged(connection: &mut Connection, kept: &Kept) {
    let Kept { activity, statements, documents } = kept;
    assert_eq!(digest(&listed(connection, &[("activity", activity)]).await), *statements);
    for (path, content) in documents {
        assert_eq!(connection.get(path).await, *content);
    }
}

fn digest(found: &[(Uuid, String)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    found.hash(&mut hasher);
    hasher.finish()
}
