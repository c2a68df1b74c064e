//! When two statements are the same statement (1.0.3 Data 2.3.1, 4.6; 9274.1.1 4.2.3, 4.2.7).
//!
//! Ignored: what the store assigns (`authority`, `stored`, `version`, and `id` or `timestamp` where
//! one side lacks it), Activity definitions, Verb displays, attachments, the time zone of
//! timestamps, the order of a Group's members, one Activity or an array of one in
//! `contextActivities`, and the case of UUIDs, SHA-1 digits, mail domains and language tags.
//!
//! Everything else counts. How JSON is written is no content: key order, white space, escapes and
//! the form of numbers (`1.0` is `1`, by decimal value of any size) do not count, also inside of
//! extensions. Keys that occur twice must occur with the same values in the same order. A duration
//! is a text (`PT60S` is not `PT1M`), of which digits beyond hundredths of a second do not count.
//! An absent `objectType` is not the same as the default written out.

use crate::decimal;
use crate::ifi::Ifi;
use crate::json::{Kind, Member, Node, parse_opened};
use crate::part::Part;
use crate::splice::quote;
use crate::timestamp;
use crate::version::Version;
use std::borrow::Cow;

/// Whether two texts are the same statement. Texts that are not JSON are compared as they are.
pub fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (Ok(a), Ok(b)) = (parse_opened(a), parse_opened(b)) else { return false };
    agree(&a, &b, "timestamp", instant) && same_undated_nodes(&a, &b)
}

/// Whether two texts are the same statement when the `timestamp` of one of them does not count,
/// because it came without and the store has given it one.
pub fn same_undated(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (parse_opened(a), parse_opened(b)) else { return a == b };
    same_undated_nodes(&a, &b)
}

fn same_undated_nodes(a: &Node<'_>, b: &Node<'_>) -> bool {
    agree(a, b, "id", str::to_ascii_lowercase)
        && form(a, Part::Statement) == form(b, Part::Statement)
}

/// Whether two values are the same JSON value, with numbers as decimals.
pub(crate) fn same_value(a: &Node<'_>, b: &Node<'_>) -> bool {
    a.raw == b.raw || form(a, Part::Other) == form(b, Part::Other)
}

/// Whether a member that the store assigns where it is missing is missing or equal.
fn agree(a: &Node<'_>, b: &Node<'_>, key: &str, fold: impl Fn(&str) -> String) -> bool {
    let fold = |node: &Node<'_>| match node.str() {
        Some(text) => fold(text),
        None => form(node, Part::Other),
    };
    match (a.get(key), b.get(key)) {
        (Some(a), Some(b)) => fold(a) == fold(b),
        _ => true,
    }
}

/// A text that is equal for equal values and only for those.
fn form(node: &Node<'_>, part: Part) -> String {
    let mut out = String::with_capacity(node.raw.len());
    write(&mut out, node, part);
    out
}

fn write(out: &mut String, node: &Node<'_>, part: Part) {
    match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Opaque(_) => out.push_str(node.raw),
        Kind::Number => out.push_str(&decimal::normal(node.raw)),
        Kind::String(text) => out.push_str(&quote(text)),
        Kind::Array(items) => {
            let mut forms: Vec<_> = items.iter().map(|item| form(item, part)).collect();
            // Of all the arrays in a statement, only a Group's members have no order.
            if part == Part::Actor {
                forms.sort_unstable();
            }
            list(out, ['[', ']'], &forms);
        }
        Kind::Object(members) => {
            let mut counted: Vec<_> =
                members.iter().filter(|member| !is_ignored(part, &member.key)).collect();
            counted.sort_by(|a, b| a.key.cmp(&b.key));
            let forms: Vec<_> = counted.iter().map(|member| pair(member, part)).collect();
            list(out, ['{', '}'], &forms);
        }
    }
}

fn list(out: &mut String, [open, close]: [char; 2], forms: &[String]) {
    out.push(open);
    for form in forms {
        out.push_str(form);
        out.push(',');
    }
    out.push(close);
}

fn pair(member: &Member<'_>, part: Part) -> String {
    let Member { key, node } = member;
    let mut out = quote(key);
    out.push(':');
    match &node.kind {
        Kind::String(text) => out.push_str(&quote(&fold(part, key, text))),
        Kind::Object(_) if part == Part::ContextActivities => {
            list(&mut out, ['[', ']'], &[form(node, part.child(key, node))]);
        }
        _ => write(&mut out, node, part.child(key, node)),
    }
    out
}

fn is_ignored(part: Part, key: &str) -> bool {
    match part {
        Part::Statement => {
            matches!(key, "id" | "timestamp" | "stored" | "authority" | "version" | "attachments")
        }
        Part::SubStatement => key == "attachments",
        Part::Verb => key == "display",
        Part::Activity => key == "definition",
        _ => false,
    }
}

/// The text of a member without the differences that mean nothing in it.
fn fold<'a>(part: Part, key: &str, text: &'a str) -> Cow<'a, str> {
    match (part, key) {
        (Part::Actor, "mbox") => Cow::Owned(Ifi::Mbox(text).key()),
        (Part::Actor, "mbox_sha1sum")
        | (Part::Context, "registration" | "language")
        | (Part::StatementRef, "id") => Cow::Owned(text.to_ascii_lowercase()),
        (Part::SubStatement, "timestamp") => Cow::Owned(instant(text)),
        (Part::Result, "duration") => Cow::Owned(hundredths(text)),
        _ => Cow::Borrowed(text),
    }
}

/// The point in time of a timestamp, exact to its last digit; another text stays what it is.
fn instant(text: &str) -> String {
    let Ok(moment) = timestamp::parse(text, Version::V1) else { return text.to_owned() };
    let fraction = text.split_once(['.', ',']).map_or("", |(_, rest)| rest);
    let digits = fraction.split(|byte: char| !byte.is_ascii_digit()).next().unwrap_or_default();
    let finer = digits.get(6..).unwrap_or_default().trim_end_matches('0');
    format!("{}+{finer}", moment.micros)
}

/// A duration without the digits beyond hundredths of a second (Data 4.6).
fn hundredths(text: &str) -> String {
    let cut = text.split_once(['.', ',']).and_then(|(_, rest)| rest.strip_suffix('S')?.get(2..));
    match cut {
        Some(finer) if finer.bytes().all(|byte| byte.is_ascii_digit()) => {
            let kept = text.len() - 1 - finer.len();
            format!("{}S", text.get(..kept).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
