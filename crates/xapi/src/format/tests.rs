//! `ids` and `canonical`, and the choice of a language.

use super::{canonical, ids, localize_definition, parse_accept_language};
use crate::equality::same;
use crate::json::parse;
use crate::testing::{at, members, statement};
use expect_test::{Expect, expect};
use proptest::prelude::*;

const FULL: &str = r#"{ "id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
 "actor":{"name":"Team" , "objectType":"Group","mbox":"mailto:t@x.example","member":[{"mbox":"mailto:a@x.example"}]},
 "verb": {"display":{"en":"did", "fr" : "fit"}, "id":"http://v.example/did"},
 "object":{"objectType":"SubStatement",
  "actor":{"objectType":"Group","member":[{"name":"A","account":{"name":"a","homePage":"http://h.example/"}}, {"mbox":"mailto:a@x.example"}]},
  "verb":{"id":"http://v.example/will","display":{"de":"wird"}},
  "object":{"definition":{"name":{"en":"gone"}},"id":"http://a.example/1"},
  "context":{"contextActivities":{"parent":[{"id":"http://a.example/2"}]}}},
 "result":{"score":{"raw":1.10},"extensions":{"http://x.example/verb":{"display":{"en":"kept","fr":"gardé"}}}},
 "context":{"instructor":{"name":"I","openid":"http://i.example/"},"platform":"\u00e9"},
 "authority":{"name":"LRS","mbox":"mailto:lrs@x.example"},
 "attachments":[{"usageType":"http://u.example/","display":{"en":"File","fr":"Fichier"},"description":{"fr":"Oui"},"contentType":"text/plain","length":1,"sha2":"aa"}]
}"#;

#[expect(clippy::needless_pass_by_value, reason = "an Expect is made where it is used")]
fn check(actual: &str, expected: Expect) {
    assert!(parse(actual).is_ok(), "{actual}");
    expected.assert_eq(actual);
}

#[test]
fn ids_leave_only_identifiers() {
    check(
        &ids(FULL),
        expect![[r#"
        { "id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
         "actor":{ "objectType":"Group","mbox":"mailto:t@x.example"},
         "verb": { "id":"http://v.example/did"},
         "object":{"objectType":"SubStatement",
          "actor":{"objectType":"Group","member":[{"account":{"name":"a","homePage":"http://h.example/"}}, {"mbox":"mailto:a@x.example"}]},
          "verb":{"id":"http://v.example/will"},
          "object":{"id":"http://a.example/1"},
          "context":{"contextActivities":{"parent":[{"id":"http://a.example/2"}]}}},
         "result":{"score":{"raw":1.10},"extensions":{"http://x.example/verb":{"display":{"en":"kept","fr":"gardé"}}}},
         "context":{"instructor":{"openid":"http://i.example/"},"platform":"\u00e9"},
         "authority":{"mbox":"mailto:lrs@x.example"},
         "attachments":[{"usageType":"http://u.example/","display":{"en":"File","fr":"Fichier"},"description":{"fr":"Oui"},"contentType":"text/plain","length":1,"sha2":"aa"}]
        }"#]],
    );
}

#[test]
fn canonical_shows_the_stores_definitions_in_one_language() {
    let definition = |id: &str| match id {
        "http://a.example/2" => {
            Some(r#"{"name":{"en":"Two","fr":"Deux"},"extensions":{"x":1.0}}"#.to_owned())
        }
        _ => None,
    };
    check(
        &canonical(FULL, &parse_accept_language("fr"), &definition),
        expect![[r#"
        { "id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
         "actor":{"name":"Team" , "objectType":"Group","mbox":"mailto:t@x.example","member":[{"mbox":"mailto:a@x.example"}]},
         "verb": {"display":{ "fr" : "fit"}, "id":"http://v.example/did"},
         "object":{"objectType":"SubStatement",
          "actor":{"objectType":"Group","member":[{"name":"A","account":{"name":"a","homePage":"http://h.example/"}}, {"mbox":"mailto:a@x.example"}]},
          "verb":{"id":"http://v.example/will","display":{"de":"wird"}},
          "object":{"id":"http://a.example/1"},
          "context":{"contextActivities":{"parent":[{"id":"http://a.example/2","definition":{"name":{"fr":"Deux"},"extensions":{"x":1.0}}}]}}},
         "result":{"score":{"raw":1.10},"extensions":{"http://x.example/verb":{"display":{"en":"kept","fr":"gardé"}}}},
         "context":{"instructor":{"name":"I","openid":"http://i.example/"},"platform":"\u00e9"},
         "authority":{"name":"LRS","mbox":"mailto:lrs@x.example"},
         "attachments":[{"usageType":"http://u.example/","display":{"fr":"Fichier"},"description":{"fr":"Oui"},"contentType":"text/plain","length":1,"sha2":"aa"}]
        }"#]],
    );
}

#[test]
fn a_definition_takes_the_place_of_the_statements_own() {
    let text = r#"{"object":{ "definition" : {} , "id":"http://a.example/1"}}"#;
    let shown = canonical(text, &[], &|_| Some(r#"{"name":{"en":"N"}}"#.to_owned()));
    assert_eq!(
        shown,
        r#"{"object":{ "definition" : {"name":{"en":"N"}} , "id":"http://a.example/1"}}"#
    );
    let hidden = canonical(text, &[], &|_| None);
    assert_eq!(hidden, r#"{"object":{ "id":"http://a.example/1"}}"#);
}

#[test]
fn every_language_map_of_a_definition_is_filtered_on_its_own() {
    let text = r#"{"name":{"en":"N","fr":"F"},"description":{"fr":"D"},"interactionType":"matching","source":[{"id":"a","description":{"en":"a","fr":"à"}}],"target":[{"id":"b","description":{"en":"b"}},{"id":"c"}],"extensions":{"http://x.example/":{"name":{"en":"1","fr":"2"}}}}"#;
    assert_eq!(
        localize_definition(text, &parse_accept_language("fr-CA, en;q=0.1")),
        r#"{"name":{"fr":"F"},"description":{"fr":"D"},"interactionType":"matching","source":[{"id":"a","description":{"fr":"à"}}],"target":[{"id":"b","description":{"en":"b"}},{"id":"c"}],"extensions":{"http://x.example/":{"name":{"en":"1","fr":"2"}}}}"#
    );
    assert_eq!(localize_definition(r#"{"name":{ }}"#, &[]), r#"{"name":{ }}"#);
}

#[test]
fn what_is_no_json_stays() {
    assert_eq!(ids("{"), "{");
    assert_eq!(canonical("{", &[], &|_| None), "{");
    assert_eq!(localize_definition("{", &[]), "{");
}

proptest! {
    /// Only definitions and language maps change, and those are no part of the statement's identity.
    #[test]
    fn canonical_is_the_same_statement(text in statement()) {
        let shown = canonical(&text, &parse_accept_language("fr, en"), &|_| None);
        prop_assert!(parse(&shown).is_ok(), "{}", shown);
        prop_assert!(same(&text, &shown));
        prop_assert!(!shown.contains("\"definition\""));
        for (key, raw) in members(&text) {
            if !matches!(&*key, "verb" | "object" | "context" | "attachments") {
                prop_assert_eq!(at(&shown, &key), Some(raw));
            }
        }
        let again = canonical(&shown, &parse_accept_language("fr, en"), &|_| None);
        prop_assert_eq!(again, shown);
    }

    #[test]
    fn ids_leave_out_and_change_nothing(text in statement()) {
        let reduced = ids(&text);
        prop_assert!(parse(&reduced).is_ok(), "{}", reduced);
        prop_assert_eq!(ids(&reduced), reduced.clone());
        for gone in ["\"name\":\"A", "\"definition\"", "\"name\":{"] {
            prop_assert!(!reduced.contains(gone), "{}", reduced);
        }
        for key in ["id", "timestamp", "stored", "result", "version", "attachments"] {
            prop_assert_eq!(at(&reduced, key), at(&text, key));
        }
    }
}
