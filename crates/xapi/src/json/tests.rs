//! That the text survives, that only JSON is read, and `serde_json` as an oracle.

use super::{DEPTH_MAX, Kind, Member, Node, parse, parse_opened};
use proptest::prelude::*;
use serde_json::Value;
use std::borrow::Cow;

#[test]
fn text_survives() {
    let text = r#" { "n" : 1.10, "big":1E400,"s":"\u00e9\n","a":[ true , null ],"a":{} } "#;
    let node = parse(text).unwrap();
    assert_eq!(node.raw, text.trim());
    let raw: Vec<_> =
        node.as_object().unwrap().iter().map(|one| (one.key.as_ref(), one.node.raw)).collect();
    let expected = [
        ("n", "1.10"),
        ("big", "1E400"),
        ("s", r#""\u00e9\n""#),
        ("a", "[ true , null ]"),
        ("a", "{}"),
    ];
    assert_eq!(raw, expected);
    assert_eq!(node.get("s").and_then(Node::str), Some("é\n"));
    assert_eq!(node.get("a").and_then(Node::as_array).map(<[_]>::len), Some(2));
    assert_eq!(node.get("n").and_then(Node::number), Some("1.10"));
}

#[test]
fn strings_are_borrowed_unless_escaped() {
    let node = parse(r#"["", "plain é", "a\"b", "\\", "\"", "\ud83d\ude00"]"#).unwrap();
    let strings: Vec<_> = node.as_array().unwrap().iter().map(|one| one.kind.clone()).collect();
    let borrowed: Vec<_> =
        strings.iter().map(|kind| matches!(kind, Kind::String(Cow::Borrowed(_)))).collect();
    assert_eq!(borrowed, [true, true, false, false, false, false]);
    let texts: Vec<_> = node.as_array().unwrap().iter().filter_map(Node::str).collect();
    assert_eq!(texts, ["", "plain é", "a\"b", "\\", "\"", "😀"]);
}

#[test]
fn extensions_stay_closed() {
    let text = r#"{"extensions":{"http://a":null,"http://a":{"extensions":[1]},"\u0062":2}}"#;
    let node = parse(text).unwrap();
    let closed = node.get("extensions").unwrap();
    let keys = ["http://a", "http://a", "b"].map(Cow::from).to_vec();
    assert_eq!(closed.kind, Kind::Opaque(keys));
    assert!(text.contains(closed.raw));
    let node = parse_opened(text).unwrap();
    let opened = node.get("extensions").and_then(Node::as_object).unwrap();
    assert_eq!(opened.len(), 3);
    for scalar in ["null", "[1]", "\"x\"", "1"] {
        let text = format!(r#"{{"extensions":{scalar}}}"#);
        assert_eq!(parse(&text).unwrap(), parse_opened(&text).unwrap());
    }
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let hidden = |depth: usize| format!(r#"{{"extensions":{{"a":{}}}}}"#, nested(depth));
    assert!(parse(&nested(DEPTH_MAX)).is_ok());
    assert_eq!(parse(&nested(DEPTH_MAX + 1)).unwrap_err().offset, DEPTH_MAX);
    for read in [parse, parse_opened] {
        assert!(read(&hidden(DEPTH_MAX - 2)).is_ok());
        assert!(read(&hidden(DEPTH_MAX - 1)).is_err());
    }
    assert!(parse(&"[".repeat(1_000_000)).is_err());
}

#[test]
fn malformed() {
    for (text, offset) in [
        ("", 0),
        ("{", 1),
        ("[1,]", 3),
        (r#"{"a":1,}"#, 7),
        (r#"{"a" 1}"#, 5),
        ("{a:1}", 1),
        ("01", 1),
        ("1.", 2),
        ("-", 1),
        ("+1", 0),
        ("NaN", 0),
        ("nul", 3),
        (r#""\x""#, 2),
        ("\"\t\"", 1),
        (r#""\ud800""#, 7),
        ("{} {}", 3),
        ("\u{feff}{}", 0),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.offset, offset, "{text}: {error}");
        assert!(parse(&format!(r#"{{"extensions":{{"a":{text}}}}}"#)).is_err(), "{text}");
    }
}

fn value(node: &Node<'_>) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Number | Kind::Opaque(_) => serde_json::from_str(node.raw).unwrap(),
        Kind::String(text) => Value::String(text.to_string()),
        Kind::Array(items) => items.iter().map(value).collect(),
        Kind::Object(members) => members
            .iter()
            .map(|Member { key, node }| (key.to_string(), value(node)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Eighths, because the oracle does not read every float back exactly.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let key = prop_oneof![Just("extensions".to_owned()), any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn reads_what_others_write(expected in json()) {
        let text = expected.to_string();
        prop_assert_eq!(value(&parse(&text).unwrap()), expected.clone());
        prop_assert_eq!(value(&parse_opened(&text).unwrap()), expected);
    }

    #[test]
    fn reads_only_json(text in r#"[\[\]{},:"\\utfnae0-9.+ -]{0,24}"#) {
        let theirs = serde_json::from_str::<Value>(&text);
        // Theirs also refuses numbers that no float holds; ours keeps their text.
        let range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        prop_assert_eq!(parse(&text).is_ok(), theirs.is_ok() || range);
        prop_assert_eq!(parse_opened(&text).is_ok(), parse(&text).is_ok());
    }

    #[test]
    fn never_panics(text in any::<String>()) {
        prop_assert_eq!(parse(&text).is_ok(), serde_json::from_str::<Value>(&text).is_ok());
    }
}
