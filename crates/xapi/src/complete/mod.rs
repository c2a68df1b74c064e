//! The text that is stored: the received text with the members that belong to the store
//! (1.0.3 Data 2.4.1, 2.4.6.2, 2.4.7 to 2.4.10; 9274.1.1 4.2.4).
//!
//! The received text is the record. Only the store's own members change: `id`, `timestamp` and
//! `version` are added where they are missing, a received `authority` or `stored` gives way to the
//! store's, and a single Activity in `contextActivities` becomes an array of one, as Data 2.4.6.2
//! asks of what is returned. Every other byte stays: number, escape, key order and white space.

use crate::json::{Kind, Node, parse};
use crate::object::Object;
use crate::splice::{Splice, quote};
use crate::statement::Statement;
use crate::timestamp::to_utc;
use std::borrow::Cow;
use uuid::Uuid;

/// What the store knows and the statement may lack.
#[derive(Copy, Clone, Debug)]
pub struct Owned<'a> {
    /// The id of a statement that came without one.
    pub id: Uuid,
    /// Who is vouching for the statement: an Agent or a Group, as JSON.
    pub authority: &'a str,
    /// The timestamp of a statement that came without one.
    pub timestamp: &'a str,
}

/// The statement with everything that the store adds, except `stored`, which [`with_stored`] adds.
pub fn complete(statement: &Statement<'_>, owned: &Owned<'_>) -> String {
    fill(statement, owned, &["stored", "authority"])
}

/// The statement with what the store adds where it is missing, for a record that moves from one
/// store to another: a received `authority` and `stored` stay, and so does every byte of a statement
/// that is complete.
pub fn complete_keeping(statement: &Statement<'_>, owned: &Owned<'_>) -> String {
    fill(statement, owned, &[])
}

fn fill(statement: &Statement<'_>, owned: &Owned<'_>, given_way: &[&str]) -> String {
    let Owned { id, authority, timestamp } = owned;
    let mut splice = Splice::new(statement.raw, authority.len() + ROOM);
    let mut open = splice.open(statement.node);
    for member in statement.node.as_object().unwrap_or_default() {
        if given_way.contains(&&*member.key) {
            splice.leave(&mut open, member);
            continue;
        }
        splice.take(&mut open, member);
        match (&*member.key, &statement.object) {
            ("context", _) => wrap(&mut splice, &member.node),
            ("object", Object::SubStatement(_)) => {
                if let Some(context) = member.node.get("context") {
                    wrap(&mut splice, context);
                }
            }
            _ => {}
        }
        splice.done(&mut open, member);
    }
    if statement.id.is_none() {
        splice.add(&mut open, "id", &format!("\"{id}\""));
    }
    if statement.timestamp.is_none() {
        splice.add(&mut open, "timestamp", &quote(timestamp));
    }
    if statement.version.is_none() {
        splice.add(&mut open, "version", &quote(statement.rules.of_statements()));
    }
    if statement.authority.is_none() || given_way.contains(&"authority") {
        splice.add(&mut open, "authority", authority);
    }
    splice.close(&open);
    splice.finish()
}

/// The room for an id, a timestamp, a version, `stored` and the brackets of context Activities.
const ROOM: usize = 200;

/// A completed statement with `stored` at its end.
pub fn with_stored(completed: &str, stored: &str) -> String {
    let body = completed.strip_suffix('}').expect("a completed statement ends with a brace");
    let mut text = String::with_capacity(completed.len() + stored.len() + 13);
    for part in [body, ",\"stored\":\"", stored, "\"}"] {
        text.push_str(part);
    }
    text
}

/// The statement with its `timestamp`, and that of its SubStatement, in UTC: what 2.0 returns
/// (9274.1.1 4.2.7). The digits after the second stay.
pub fn utc(text: &str) -> Cow<'_, str> {
    let Ok(node) = parse(text) else { return Cow::Borrowed(text) };
    let mut splice = Splice::new(text, 2);
    let mut changed = false;
    for member in node.as_object().unwrap_or_default() {
        changed |= match (&*member.key, member.node.get("timestamp")) {
            ("timestamp", _) => to_zulu(&mut splice, &member.node),
            ("object", Some(timestamp)) if is_sub_statement(&member.node) => {
                to_zulu(&mut splice, timestamp)
            }
            _ => false,
        };
    }
    if changed { Cow::Owned(splice.finish()) } else { Cow::Borrowed(text) }
}

/// The statements of a request as those of one account, whatever actor each of them names. The name
/// of an actor stays, and so does every other byte; none if the text is no JSON.
pub fn with_actor(text: &str, account: &str) -> Option<String> {
    let root = parse(text).ok()?;
    let nodes: Vec<&Node<'_>> = match &root.kind {
        Kind::Array(nodes) => nodes.iter().collect(),
        _ => vec![&root],
    };
    let mut splice = Splice::new(text, nodes.len() * (account.len() + ROOM));
    for node in nodes {
        let Some(members) = node.as_object() else { continue };
        let mut open = splice.open(node);
        for member in members {
            splice.take(&mut open, member);
            if &*member.key == "actor" {
                splice.replace(&member.node, &agent(member.node.get("name"), account));
            }
            splice.done(&mut open, member);
        }
        if node.get("actor").is_none() {
            splice.add(&mut open, "actor", &agent(None, account));
        }
        splice.close(&open);
    }
    Some(splice.finish())
}

fn agent(name: Option<&Node<'_>>, account: &str) -> String {
    let name = name.filter(|name| name.str().is_some());
    let name = name.map(|name| format!("\"name\":{},", name.raw)).unwrap_or_default();
    format!("{{\"objectType\":\"Agent\",{name}\"account\":{account}}}")
}

fn to_zulu(splice: &mut Splice<'_>, timestamp: &Node<'_>) -> bool {
    let Some(text) = timestamp.str() else { return false };
    let zulu = to_utc(text);
    if zulu == text {
        return false;
    }
    splice.replace(timestamp, &quote(&zulu));
    true
}

fn is_sub_statement(object: &Node<'_>) -> bool {
    object.get("objectType").and_then(Node::str) == Some("SubStatement")
}

/// Puts brackets around each single Activity of the context's `contextActivities`.
fn wrap(splice: &mut Splice<'_>, context: &Node<'_>) {
    let activities = context.get("contextActivities").and_then(Node::as_object);
    for member in activities.unwrap_or_default() {
        if matches!(member.node.kind, Kind::Object(_)) {
            splice.before(&member.node, "[");
            splice.after(&member.node, "]");
        }
    }
}

#[cfg(test)]
mod tests;
