//! POST of a JSON document over another one (1.0.3 Communication 2.2 "JSON Procedure",
//! 9274.1.1 4.1.6.2; XAPI-00183, XAPI-00184).
//!
//! Top-level members are replaced or added, never looked into. What always holds: the text of a
//! member that the posted object does not name survives byte for byte, its key's text included.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;

/// Why two documents cannot be merged; the text is for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotMergeable(pub String);

/// A JSON object as the texts of its members, in order, duplicates included.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

/// The existing object with the members of the posted one set in it.
///
/// # Errors
/// When either side is not the text of one JSON object.
pub(super) fn merge(existing: &[u8], posted: &[u8]) -> Result<String, NotMergeable> {
    let Members(old) = object(existing, "the stored document")?;
    let Members(new) = object(posted, "the posted document")?;
    // By name: what is posted last, and where the key is first posted.
    let mut posted: HashMap<String, Posted<'_>> = HashMap::with_capacity(new.len());
    for (at, (key, value)) in new.into_iter().enumerate() {
        posted.entry(name(key)).or_insert(Posted { at, key, value, placed: false }).value = value;
    }
    let mut merged: Vec<(&RawValue, &RawValue)> = Vec::with_capacity(old.len() + posted.len());
    for (key, value) in old {
        match posted.get_mut(&name(key)) {
            None => merged.push((key, value)),
            Some(posted) if posted.placed => {} // A second member of that name goes.
            Some(posted) => {
                posted.placed = true;
                merged.push((key, posted.value));
            }
        }
    }
    let mut added: Vec<_> = posted.into_values().filter(|posted| !posted.placed).collect();
    added.sort_unstable_by_key(|posted| posted.at);
    merged.extend(added.into_iter().map(|posted| (posted.key, posted.value)));
    Ok(text(&merged))
}

/// A member that is to be set: where its name first stands if it stands already, or at the end.
struct Posted<'a> {
    at: usize,
    key: &'a RawValue,
    value: &'a RawValue,
    placed: bool,
}

/// Whether `bytes` are the text of one JSON value.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| serde_json::from_str::<&RawValue>(text).is_ok())
}

/// Whether a Content-Type is `application/json`, with any parameters.
pub(super) fn is_json_type(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn object<'a>(bytes: &'a [u8], what: &str) -> Result<Members<'a>, NotMergeable> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| NotMergeable(format!("{what} is not UTF-8: {error}")))?;
    serde_json::from_str(text)
        .map_err(|error| NotMergeable(format!("{what} is not a JSON object: {error}")))
}

/// What a key says; a key with half a surrogate pair says only its own text.
fn name(key: &RawValue) -> String {
    serde_json::from_str(key.get()).unwrap_or_else(|_| key.get().to_owned())
}

fn text(members: &[(&RawValue, &RawValue)]) -> String {
    let bytes = members.iter().map(|(key, value)| key.get().len() + value.get().len() + 2);
    let mut text = String::with_capacity(bytes.sum::<usize>() + 2);
    text.push('{');
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(key.get());
        text.push(':');
        text.push_str(value.get());
    }
    text.push('}');
    text
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(existing: &str, posted: &str, merged: &str) {
        assert_eq!(merge(existing.as_bytes(), posted.as_bytes()).as_deref(), Ok(merged));
    }

    #[test]
    fn members_are_replaced_in_place_and_added_at_the_end() {
        check(
            r#"{"x":"foo","y":"bar"}"#,
            r#"{"x":"bash","z":"faz"}"#,
            r#"{"x":"bash","y":"bar","z":"faz"}"#,
        );
        check("{}", "{}", "{}");
        check("{}", r#"{"a":1,"a":2}"#, r#"{"a":2}"#);
        check(r#"{"a":1,"b":2,"a":3}"#, r#"{"a":4}"#, r#"{"a":4,"b":2}"#);
        check(r#"{"a":1,"b":2,"a":3}"#, r#"{"c":4}"#, r#"{"a":1,"b":2,"a":3,"c":4}"#);
        check(
            r#"{"a":1}"#,
            r#"{"z":1,"b":2,"\u007a":3,"a":4,"b":5,"a":6}"#,
            r#"{"a":6,"z":3,"b":5}"#,
        );
    }

    /// A merge runs while the store's writer waits, so its work must not grow with the square.
    #[test]
    fn very_many_members_are_merged() {
        let members = |range: std::ops::Range<usize>, value: &str| {
            let members: Vec<_> = range.map(|n| format!("\"{n}\":{value}")).collect();
            members.join(",")
        };
        check(
            &format!("{{{}}}", members(0..200_000, "1")),
            &format!("{{{}}}", members(100_000..300_000, "2")),
            &format!("{{{},{}}}", members(0..100_000, "1"), members(100_000..300_000, "2")),
        );
    }

    /// XAPI-00183: one level deep, although the entire object is replaced.
    #[test]
    fn an_object_is_replaced_whole() {
        check(
            r#"{"car":{"make":"Ford","model":"T"}}"#,
            r#"{"car":{"make":"Ram"}}"#,
            r#"{"car":{"make":"Ram"}}"#,
        );
        check(r#"{"list":[1,2]}"#, r#"{"list":[3]}"#, r#"{"list":[3]}"#);
        check(r#"{"gone":1}"#, r#"{"gone":null}"#, r#"{"gone":null}"#);
    }

    #[test]
    fn untouched_members_keep_their_bytes() {
        let untouched = r#""k\u00e9y":1.10,"big":12345678901234567890.00,"e":1E400,"o":{ "d" : 1, "d" : 2 },"s":"\ud800""#;
        check(
            &format!("{{ {} }}", untouched.replace("\"big\"", " \n\"big\"")),
            r#"{"n":1}"#,
            &format!("{{{untouched},\"n\":1}}"),
        );
    }

    #[test]
    fn keys_are_compared_by_what_they_say() {
        check(r#"{"caf\u00e9":1}"#, r#"{"café":2}"#, r#"{"caf\u00e9":2}"#);
        check(r#"{"\ud800":1}"#, r#"{"\ud800":2}"#, r#"{"\ud800":2}"#);
    }

    /// 1.0.3 Communication 2.2: 400 if either document cannot be parsed as a JSON object.
    #[test]
    fn only_objects_merge() {
        for bad in
            ["", "[]", "1", "null", "\"{}\"", "{", "{}{", "{\"a\":}", "{\"a\":1,}", "\u{feff}{}"]
        {
            assert!(merge(b"{}", bad.as_bytes()).is_err(), "posted {bad}");
            assert!(merge(bad.as_bytes(), b"{}").is_err(), "stored {bad}");
        }
        assert!(merge(b"{\"a\":\"\xff\"}", b"{}").is_err());
    }

    #[test]
    fn a_deep_document_is_refused_or_merged_but_never_overflows() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(merge(deep.as_bytes(), b"{\"b\":1}").is_ok());
        assert!(is_json(deep.as_bytes()));
    }

    #[test]
    fn application_json_is_told_by_its_essence() {
        for yes in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json ;x",
        ] {
            assert!(is_json_type(yes), "{yes}");
        }
        for no in ["", "not/json", "application/jsonp", "application/ld+json", "text/json"] {
            assert!(!is_json_type(no), "{no}");
        }
    }
}
