//! Which statements are the same (Data 2.3.1), and which are not.

use super::same;
use crate::testing::{spaced, statement};
use proptest::prelude::*;

const BASE: &str = r#"{"id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0","actor":{"objectType":"Agent","mbox":"mailto:ann@example.org"},"verb":{"id":"http://v.example/did","display":{"en":"did"}},"object":{"id":"http://a.example/1","definition":{"name":{"en":"One"}}},"result":{"score":{"raw":1.0},"duration":"PT1.50S","extensions":{"http://x.example/":{"b":[1,2],"a":"é"}}},"context":{"registration":"ec531277-b57b-4c15-8d91-d292c5b2b8f7","language":"en-US","contextActivities":{"parent":{"id":"http://a.example/2"}},"team":{"objectType":"Group","member":[{"mbox":"mailto:a@b.example"},{"mbox_sha1sum":"ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}]}},"timestamp":"2026-11-21T07:00:00Z"}"#;

/// The base with one text in it replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(BASE.contains(from), "{from}");
    BASE.replacen(from, to, 1)
}

fn check(expected: bool, cases: &[(&str, &str)]) {
    for (from, to) in cases {
        let other = changed(from, to);
        assert_eq!(same(BASE, &other), expected, "{from} -> {to}");
        assert_eq!(same(&other, BASE), expected, "{from} <- {to}");
    }
}

#[test]
fn what_a_store_assigns_is_ignored() {
    check(
        true,
        &[
            (r#""id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0","#, ""),
            (r#","timestamp":"2026-11-21T07:00:00Z""#, ""),
            (r#""timestamp""#, r#""version":"1.0.3","timestamp""#),
            (r#""timestamp""#, r#""stored":"2026-11-22T07:00:00Z","timestamp""#),
            (r#""timestamp""#, r#""authority":{"mbox":"mailto:lrs@example.org"},"timestamp""#),
            (r#""timestamp""#, r#""attachments":[],"timestamp""#),
        ],
    );
}

#[test]
fn a_timestamp_that_the_store_set_does_not_count() {
    let later = changed("07:00:00Z", "07:00:01Z");
    assert!(!same(BASE, &later));
    assert!(super::same_undated(BASE, &later));
    assert!(!super::same_undated(BASE, &changed("v.example/did", "v.example/saw")));
    assert!(!super::same_undated("no JSON", BASE));
}

#[test]
fn exceptions_to_immutability_are_ignored() {
    check(
        true,
        &[
            (r#","definition":{"name":{"en":"One"}}"#, ""),
            (r#"{"name":{"en":"One"}}"#, r#"{"type":"http://t.example/"}"#),
            (r#","display":{"en":"did"}"#, ""),
            ("07:00:00Z", "09:30:00.000+02:30"),
            (r#"{"id":"http://a.example/2"}"#, r#"[{"id":"http://a.example/2"}]"#),
            (
                r#"{"mbox":"mailto:a@b.example"},{"mbox_sha1sum":"ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}"#,
                r#"{"mbox_sha1sum":"ebd31e95054c018b10727ccffd2ef2ec3a016ee9"},{"mbox":"mailto:a@b.example"}"#,
            ),
        ],
    );
}

#[test]
fn case_is_ignored_where_it_means_nothing() {
    check(
        true,
        &[
            ("fd41c918-b88b", "FD41C918-B88B"),
            ("ec531277", "EC531277"),
            ("en-US", "en-us"),
            ("@example.org", "@Example.ORG"),
            ("ebd31e95", "EBD31E95"),
        ],
    );
    check(false, &[("mailto:ann", "mailto:Ann"), ("http://v.example/did", "http://v.example/DID")]);
}

#[test]
fn the_way_json_is_written_is_no_content() {
    check(
        true,
        &[
            ("1.0}", "1}"),
            ("1.0}", "10E-1}"),
            ("é", "\\u00e9"),
            (r#""b":[1,2],"a":"é""#, r#""a" : "é", "b" : [ 1, 2 ]"#),
            ("http://a.example/1", "http:\\/\\/a.example\\/1"),
        ],
    );
    let huge = |number: &str| changed("1.0}", &format!("{number}}}"));
    assert!(same(&huge("1E400"), &huge("10e399")));
    assert!(!same(&huge("1E400"), &huge("1E401")));
    assert!(!same(&huge("1E99999999999999999998"), &huge("1E99999999999999999999")));
    assert!(!same(&huge("-0.5"), &huge("0.5")));
    assert!(same(&huge("-0.0"), &huge("0e7")));
    assert!(!same(&huge("12345678901234567890123"), &huge("12345678901234567890124")));
}

#[test]
fn everything_else_counts() {
    check(
        false,
        &[
            ("fd41c918", "0d41c918"),
            ("ann@", "bob@"),
            (r#""objectType":"Agent","#, ""),
            (r#""objectType":"Agent","#, r#""objectType":"Agent","name":"Ann","#),
            ("http://a.example/2", "http://a.example/3"),
            ("1.0}", "1.1}"),
            ("[1,2]", "[2,1]"),
            ("[1,2]", r#"["1",2]"#),
            (r#""a":"é""#, r#""a":null"#),
            (r#""a":"é""#, r#""a":"é","c":null"#),
            ("07:00:00Z", "07:00:00.0000001Z"),
            ("07:00:00Z", "07:00:01Z"),
            ("ec531277", "0c531277"),
            ("a@b.example", "b@b.example"),
        ],
    );
}

#[test]
fn a_duration_is_a_text_down_to_hundredths() {
    check(true, &[("PT1.50S", "PT1.509S"), ("PT1.50S", "PT1.5000S")]);
    check(false, &[("PT1.50S", "PT1.51S"), ("PT1.50S", "PT1.5S"), ("PT1.50S", "PT0M1.50S")]);
    let hours = |text: &str| changed("PT1.50S", text);
    assert!(!same(&hours("PT1.501H"), &hours("PT1.502H")));
}

#[test]
fn keys_that_occur_twice_must_agree_in_order() {
    let twice = |values: &str| changed(r#""a":"é""#, values);
    assert!(same(&twice(r#""a":1,"a":2"#), &twice(r#""a":1, "a":2.0"#)));
    assert!(!same(&twice(r#""a":1,"a":2"#), &twice(r#""a":2,"a":1"#)));
    assert!(!same(&twice(r#""a":1,"a":2"#), &twice(r#""a":2"#)));
}

#[test]
fn sub_statements_follow_the_same_rules() {
    let sub = |verb: &str, rest: &str| {
        changed(
            r#"{"id":"http://a.example/1","definition":{"name":{"en":"One"}}}"#,
            &format!(
                r#"{{"objectType":"SubStatement","actor":{{"mbox":"mailto:a@B.example"}},"verb":{verb},"object":{{"objectType":"StatementRef","id":"FD41C918-b88b-4b20-a0a5-a4c32391aaa0"}}{rest}}}"#
            ),
        )
    };
    let (plain, shown) =
        (r#"{"id":"http://v.example/"}"#, r#"{"id":"http://v.example/","display":{}}"#);
    let first = r#","timestamp":"2026-11-21T07:00:00Z""#;
    let second = r#","timestamp":"2026-11-21T08:00:00+01:00""#;
    assert!(same(&sub(plain, first), &sub(shown, second).replace("FD41C918", "fd41c918")));
    // A store assigns no timestamp to a SubStatement.
    assert!(!same(&sub(plain, first), &sub(plain, "")));
}

#[test]
fn what_is_no_json_is_only_the_same_as_itself() {
    assert!(same("{", "{"));
    assert!(!same("{", "{ "));
    assert!(!same("{}", "{"));
}

proptest! {
    #[test]
    fn white_space_and_repetition_change_nothing(text in statement(), seed in statement()) {
        prop_assert!(same(&text, &text));
        prop_assert_eq!(same(&text, &seed), same(&seed, &text));
    }

    #[test]
    fn spacing_is_no_difference((text, again) in statement().prop_flat_map(|text| (Just(text.clone()), spaced(Just(text))))) {
        prop_assert!(same(&text, &again));
    }
}
