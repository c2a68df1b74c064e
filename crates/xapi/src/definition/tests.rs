//! Merging definitions: language maps by tag, the rest by replacement.

use super::merge;
use crate::testing::spaced;
use proptest::prelude::*;

const OLD: &str = r#"{ "name" : {"en":"One","de":"Eins"}, "type":"http://t.example/a", "extensions":{"http://x.example/n":1.10,"http://x.example/é":"\u00e9"}}"#;

#[track_caller]
fn check(old: &str, new: &str, expected: Option<&str>) {
    let merged = merge(Some(old), new);
    assert_eq!(merged.as_deref(), expected);
    if let Some(merged) = merged {
        assert_eq!(merge(Some(&merged), new), None, "merged again");
    }
}

#[test]
fn the_first_definition_is_kept_as_it_came() {
    assert_eq!(merge(None, OLD).as_deref(), Some(OLD));
    assert_eq!(merge(None, "[1]"), None);
    assert_eq!(merge(None, "{"), None);
    assert_eq!(merge(Some("{}"), "7"), None);
}

#[test]
fn nothing_new_changes_nothing() {
    check(OLD, OLD, None);
    check(OLD, "{}", None);
    check(OLD, r#"{"name":{"DE":"Eins"}}"#, None);
    check(OLD, r#"{"extensions":{"http://x.example/n":1.1}}"#, None);
    check(OLD, r#"{"extensions":{"http://x.example/\u00e9":"é"}}"#, None);
}

#[test]
fn languages_are_merged_tag_by_tag() {
    check(
        OLD,
        r#"{"name":{"fr":"Un \u00e9","DE":"eins"},"description":{"en":"d"}}"#,
        Some(
            r#"{"name":{"en":"One","de":"eins","fr":"Un \u00e9"},"type":"http://t.example/a","extensions":{"http://x.example/n":1.10,"http://x.example/é":"\u00e9"},"description":{"en":"d"}}"#,
        ),
    );
}

#[test]
fn extensions_are_merged_key_by_key_and_keep_their_text() {
    check(
        OLD,
        r#"{"extensions":{"http://x.example/n":1E400,"http:\/\/x.example/m": {"a" : 1.0}}}"#,
        Some(
            r#"{"name":{"en":"One","de":"Eins"},"type":"http://t.example/a","extensions":{"http://x.example/n":1E400,"http://x.example/é":"\u00e9","http:\/\/x.example/m":{"a" : 1.0}}}"#,
        ),
    );
}

#[test]
fn other_members_are_replaced() {
    check(
        r#"{"type":"http://t.example/a","moreInfo":"http://m.example/"}"#,
        r#"{"type":"http://t.example/b"}"#,
        Some(r#"{"type":"http://t.example/b","moreInfo":"http://m.example/"}"#),
    );
}

#[test]
fn of_keys_that_occur_twice_the_last_counts() {
    check(
        r#"{"extensions":{"a":1,"b":2,"a":3}}"#,
        r#"{"extensions":{"b":2,"a":4,"a":5}}"#,
        Some(r#"{"extensions":{"a":5,"b":2}}"#),
    );
    check(r#"{"extensions":{"a":1,"a":3}}"#, r#"{"extensions":{"a":3}}"#, None);
}

#[test]
fn components_keep_the_languages_of_their_descriptions() {
    check(
        r#"{"interactionType":"choice","choices":[{"id":"a","description":{"en":"A"}},{"id":"b"}]}"#,
        r#"{"interactionType":"choice","choices":[{"id":"c"},{"id":"a","description":{"fr":"Â"}}]}"#,
        Some(
            r#"{"interactionType":"choice","choices":[{"id":"c"},{"id":"a","description":{"en":"A","fr":"Â"}}]}"#,
        ),
    );
    check(r#"{"scale":[{"id":"a","description":{"en":"A"}}]}"#, r#"{"scale":[{"id":"a"}]}"#, None);
}

#[test]
fn a_new_interaction_drops_the_parts_of_the_old_one() {
    check(
        r#"{"interactionType":"choice","choices":[{"id":"a"}],"correctResponsesPattern":["a"],"type":"http://t.example/"}"#,
        r#"{"interactionType":"likert","scale":[{"id":"s"}]}"#,
        Some(r#"{"interactionType":"likert","type":"http://t.example/","scale":[{"id":"s"}]}"#),
    );
}

fn definition() -> impl Strategy<Value = String> {
    let part =
        |texts: &'static [&'static str]| proptest::option::of(proptest::sample::select(texts));
    let members = (
        part(&[
            r#""name":{"en":"A"}"#,
            r#""name":{"EN":"B","fr":"C"}"#,
            r#""name":{"de":"D","De":"E"}"#,
        ]),
        part(&[r#""interactionType":"choice""#, r#""interactionType":"likert""#]),
        part(&[
            r#""choices":[{"id":"a","description":{"en":"A"}},{"id":"a"}]"#,
            r#""choices":[{"id":"b"},{"description":{"fr":"A"},"id":"a"}]"#,
            r#""choices":[]"#,
        ]),
        part(&[r#""extensions":{"x":1,"x":2}"#, r#""extensions":{"x":1.0,"y":{"z":null}}"#]),
        part(&[r#""correctResponsesPattern":["a[,]b"]"#]),
    );
    spaced(members.prop_map(|(a, b, c, d, e)| {
        let members: Vec<_> = [a, b, c, d, e].into_iter().flatten().collect();
        format!("{{{}}}", members.join(","))
    }))
}

proptest! {
    #[test]
    fn merging_again_changes_nothing(old in definition(), new in definition()) {
        let merged = merge(Some(&old), &new).unwrap_or(old);
        prop_assert_eq!(merge(Some(&merged), &new), None);
    }
}
