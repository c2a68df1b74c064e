//! Completion keeps every byte that it does not own.

use super::{Owned, complete, utc, with_actor, with_stored};
use crate::equality::same;
use crate::json::{Kind, Node, parse};
use crate::testing::{at, members, statement, with_statement};
use crate::version::Version;
use proptest::prelude::*;
use uuid::Uuid;

const AUTHORITY: &str = r#"{"mbox":"mailto:lrs@example.org"}"#;

fn completed(text: &str, version: Version) -> String {
    let owned = Owned {
        id: Uuid::from_u128(7),
        authority: AUTHORITY,
        timestamp: "2026-11-21T07:00:00.000001Z",
    };
    with_statement(text, version, |statement| complete(statement, &owned))
}

#[test]
fn what_is_missing_is_added_at_the_end() {
    let text = "{ \"actor\" : {\"mbox\":\"mailto:a@b.example\"},\n \"verb\":{\"id\":\"http://v.example/\"},\n \"object\": {\"id\":\"http://a.example/\"}\n}";
    let added = |version: &str| {
        format!(
            "{},\"id\":\"00000000-0000-0000-0000-000000000007\",\"timestamp\":\"2026-11-21T07:00:00.000001Z\",\"version\":\"{version}\",\"authority\":{AUTHORITY}}}",
            text.trim_end_matches("\n}")
        )
    };
    assert_eq!(completed(text, Version::V1), added("1.0.0"));
    assert_eq!(completed(text, Version::V2), added("2.0.0"));
}

#[test]
fn what_belongs_to_the_store_is_replaced_wherever_it_stands() {
    let rest = r#""id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0","actor":{"mbox":"mailto:a@b.example"},"verb":{"id":"http://v.example/"},"object":{"id":"http://a.example/"},"timestamp":"2026-11-21T07:00:00Z","version":"1.0.3""#;
    let stored = r#""stored" : "2020-01-01T00:00:00Z""#;
    let authority = r#""authority" :{"mbox":"mailto:me@example.org"}"#;
    let (first, second) = rest.split_once(r#","object""#).expect("the statement has an object");
    for text in [
        format!("{{{stored},{rest},{authority}}}"),
        format!("{{ {stored} , {authority} , {rest} }}"),
        format!("{{{rest} , {authority} , {stored}}}"),
        format!("{{{first} ,{stored},{authority} ,\"object\"{second}}}"),
        format!("{{{rest}}}"),
    ] {
        let text = completed(&text, Version::V1);
        let compact: String = text.split_whitespace().collect();
        assert_eq!(compact, format!("{{{rest},\"authority\":{AUTHORITY}}}"));
        let whole = with_stored(&text, "2026-11-21T07:00:00.000002Z");
        let stored = at(&whole, "stored").expect("it was just added");
        assert_eq!(stored, "\"2026-11-21T07:00:00.000002Z\"");
        assert_eq!(members(&whole).len(), members(&text).len() + 1);
    }
}

#[test]
fn single_context_activities_become_lists() {
    let context = r#"{"contextActivities":{"parent": {"id":"http://p.example/","definition":{"name":{"en":"[,}"}}} ,"other":[{"id":"http://o.example/"}],"category":[]}}"#;
    let wrapped = r#"{"contextActivities":{"parent": [{"id":"http://p.example/","definition":{"name":{"en":"[,}"}}}] ,"other":[{"id":"http://o.example/"}],"category":[]}}"#;
    let text = format!(
        r#"{{"context":{context},"actor":{{"mbox":"mailto:a@b.example"}},"verb":{{"id":"http://v.example/"}},"object":{{"objectType":"SubStatement","actor":{{"mbox":"mailto:a@b.example"}},"verb":{{"id":"http://v.example/"}},"object":{{"id":"http://a.example/"}},"context":{context}}}}}"#
    );
    let text = completed(&text, Version::V1);
    assert_eq!(at(&text, "context").as_deref(), Some(wrapped));
    assert_eq!(at(&text, "object/context").as_deref(), Some(wrapped));
}

#[test]
fn only_timestamps_become_utc() {
    let text = r#"{"timestamp" : "2026-11-21T09:30:00.120+02:30", "result":{"extensions":{"timestamp":"2026-11-21T09:30:00+02:30"}},"object":{"objectType":"SubStatement","timestamp":"2026-11-21T00:00:00-01:00"}}"#;
    assert_eq!(
        utc(text),
        r#"{"timestamp" : "2026-11-21T07:00:00.120Z", "result":{"extensions":{"timestamp":"2026-11-21T09:30:00+02:30"}},"object":{"objectType":"SubStatement","timestamp":"2026-11-21T01:00:00Z"}}"#
    );
    for text in [
        r#"{"timestamp":"2026-11-21T09:30:00.120Z"}"#,
        r#"{"object":{"timestamp":"2026-11-21T09:30:00+01:00"}}"#,
        r#"{"timestamp":"then"}"#,
        r#"{"timestamp":7}"#,
        "[1]",
        "{",
    ] {
        assert!(matches!(utc(text), std::borrow::Cow::Borrowed(same) if same == text), "{text}");
    }
}

fn has_single_activity(node: &Node<'_>) -> bool {
    let activities = node.get("context").and_then(|context| context.get("contextActivities"));
    activities
        .and_then(Node::as_object)
        .is_some_and(|members| members.iter().any(|m| matches!(m.node.kind, Kind::Object(_))))
}

proptest! {
    #[test]
    fn every_other_member_keeps_its_text(text in statement()) {
        let done = completed(&text, Version::V1);
        let node = parse(&done).expect("a completed statement is JSON");
        let end = format!("\"authority\":{AUTHORITY}}}");
        prop_assert!(done.ends_with(&end));
        prop_assert!(node.get("stored").is_none());
        prop_assert!(!has_single_activity(&node));
        prop_assert!(!node.get("object").is_some_and(has_single_activity));
        for key in ["id", "timestamp", "version", "authority"] {
            prop_assert_eq!(members(&done).iter().filter(|(name, _)| name == key).count(), 1);
        }
        let mut after = members(&done).into_iter();
        let bare = |text: &str| text.replace(['[', ']'], "");
        for (key, raw) in members(&text) {
            match &*key {
                "stored" | "authority" => {}
                "context" | "object" => {
                    prop_assert_eq!(after.next().map(|(key, raw)| (key, bare(&raw))), Some((key, bare(&raw))));
                }
                _ => prop_assert_eq!(after.next(), Some((key, raw))),
            }
        }
        prop_assert!(same(&text, &done));
        prop_assert_eq!(completed(&done, Version::V1), done);
    }

    #[test]
    fn utc_is_the_same_statement(text in statement()) {
        let shown = utc(&text);
        prop_assert!(same(&text, &shown));
        prop_assert_eq!(utc(&shown), &*shown);
    }
}

#[test]
fn an_actor_is_set_and_all_else_stays() {
    let account = r#"{"homePage":"https://a.example","name":"ann"}"#;
    let agent = format!(r#"{{"objectType":"Agent","account":{account}}}"#);
    for (text, expected) in [
        (
            r#"{"actor":{"mbox":"mailto:b@b.example"} , "x":1.0}"#,
            format!(r#"{{"actor":{agent} , "x":1.0}}"#),
        ),
        (
            r#"[ {"x":"\u00e9"}, {"actor":null} ]"#,
            format!(r#"[ {{"x":"\u00e9","actor":{agent}}}, {{"actor":{agent}}} ]"#),
        ),
        (
            r#"{"actor":{"objectType":"Group","name":"B\"ob","member":[]}}"#,
            format!(r#"{{"actor":{{"objectType":"Agent","name":"B\"ob","account":{account}}}}}"#),
        ),
        ("{}", format!(r#"{{"actor":{agent}}}"#)),
        ("[1, \"x\"]", "[1, \"x\"]".to_owned()),
    ] {
        assert_eq!(with_actor(text, account).as_deref(), Some(&*expected), "{text}");
    }
    assert_eq!(with_actor("{", account), None);
}
