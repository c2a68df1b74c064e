//! What statements are found by, in which role.

use super::{Index, Role, actor_keys, index};
use crate::testing::with_statement;
use crate::version::Version;
use Role::{Direct, Related};

fn indexed(text: &str, version: Version, look: impl FnOnce(Index<'_>)) {
    with_statement(text, version, |statement| look(index(statement)));
}

fn pairs(list: &[(&str, Role)]) -> Vec<(String, Role)> {
    list.iter().map(|(key, role)| ((*key).to_owned(), *role)).collect()
}

#[test]
fn actor_object_and_context() {
    let text = r#"{"actor":{"objectType":"Group","name":"Team","mbox":"mailto:t@X.example","member":[{"name":"A","mbox":"mailto:a@x.example"},{"mbox":"mailto:a@x.example"}]},
        "verb":{"id":"http://v.example/did"},
        "object":{"id":"http://a.example/1","definition":{"name":{ "en":"One"}}},
        "authority":{"mbox":"mailto:forged@x.example"},
        "context":{"registration":"EC531277-b57b-4c15-8d91-d292c5b2b8f7",
          "instructor":{"objectType":"Group","member":[{"openid":"http://i.example/"}]},
          "team":{"objectType":"Group","account":{"homePage":"http://h.example/","name":"n m"}},
          "statement":{"objectType":"StatementRef","id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0"},
          "contextActivities":{"parent":{"id":"http://a.example/2","definition":{}},"grouping":[{"id":"http://a.example/1"},{"id":"http://a.example/2"}],"category":[{"id":"http://a.example/3"}],"other":[{"id":"http://a.example/4","definition":{"type":"http://t.example/"}}]}}}"#;
    indexed(text, Version::V1, |index| {
        assert_eq!(index.verb, "http://v.example/did");
        assert_eq!(
            index.agents,
            pairs(&[
                ("account:http://h.example/ n m", Related),
                ("mbox:mailto:a@x.example", Direct),
                ("mbox:mailto:t@x.example", Direct),
                ("openid:http://i.example/", Related),
            ])
        );
        assert_eq!(
            index.activities,
            pairs(&[
                ("http://a.example/1", Direct),
                ("http://a.example/1", Related),
                ("http://a.example/2", Related),
                ("http://a.example/3", Related),
                ("http://a.example/4", Related),
            ])
        );
        let registration = index.registration.map(|id| id.to_string());
        assert_eq!(registration.as_deref(), Some("ec531277-b57b-4c15-8d91-d292c5b2b8f7"));
        assert_eq!((index.target, index.voids), (None, false));
        let definitions = [
            ("http://a.example/1", r#"{"name":{ "en":"One"}}"#),
            ("http://a.example/2", "{}"),
            ("http://a.example/4", r#"{"type":"http://t.example/"}"#),
        ];
        assert_eq!(index.definitions, definitions.map(|(id, text)| (id.to_owned(), text)));
        let names = [("mbox:mailto:a@x.example", "A"), ("mbox:mailto:t@x.example", "Team")];
        assert_eq!(index.names, names.map(|(key, name)| (key.to_owned(), name.to_owned())));
    });
}

#[test]
fn an_agent_as_object_is_found_like_an_actor() {
    let text = |object: &str| {
        format!(
            r#"{{"actor":{{"mbox":"mailto:a@x.example"}},"verb":{{"id":"http://v.example/did"}},"object":{object}}}"#
        )
    };
    let agent = text(r#"{"objectType":"Agent","mbox":"mailto:b@x.example"}"#);
    let group = text(r#"{"objectType":"Group","member":[{"mbox":"mailto:b@x.example"}]}"#);
    for text in [agent, group] {
        indexed(&text, Version::V1, |index| {
            let expected =
                pairs(&[("mbox:mailto:a@x.example", Direct), ("mbox:mailto:b@x.example", Direct)]);
            assert_eq!(index.agents, expected);
            assert!(index.activities.is_empty());
        });
    }
}

#[test]
fn parts_of_a_sub_statement_are_related() {
    let text = r#"{"actor":{"mbox":"mailto:a@x.example"},"verb":{"id":"http://v.example/planned"},
        "object":{"objectType":"SubStatement","actor":{"name":"B","mbox":"mailto:b@x.example"},"verb":{"id":"http://v.example/will"},
          "object":{"objectType":"Agent","mbox":"mailto:c@x.example"},
          "context":{"registration":"ec531277-b57b-4c15-8d91-d292c5b2b8f7","instructor":{"mbox":"mailto:d@x.example"},"contextActivities":{"other":[{"id":"http://a.example/1","definition":{}}]}}}}"#;
    indexed(text, Version::V1, |index| {
        assert_eq!(index.verb, "http://v.example/planned");
        assert_eq!(
            index.agents,
            pairs(&[
                ("mbox:mailto:a@x.example", Direct),
                ("mbox:mailto:b@x.example", Related),
                ("mbox:mailto:c@x.example", Related),
                ("mbox:mailto:d@x.example", Related),
            ])
        );
        assert_eq!(index.activities, pairs(&[("http://a.example/1", Related)]));
        assert_eq!(index.registration, None);
        assert_eq!(index.definitions, [("http://a.example/1".to_owned(), "{}")]);
        assert_eq!(index.names.len(), 1);
    });
}

#[test]
fn only_the_object_of_the_statement_itself_is_a_target() {
    let text = |verb: &str, object: &str| {
        format!(
            r#"{{"actor":{{"mbox":"mailto:a@x.example"}},"verb":{{"id":"{verb}"}},"object":{object}}}"#
        )
    };
    let id = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0";
    let reference = format!(r#"{{"objectType":"StatementRef","id":"{id}"}}"#);
    let expect = |text: &str, target: Option<&str>, voids: bool| {
        indexed(text, Version::V1, |index| {
            assert_eq!(index.target.map(|id| id.to_string()).as_deref(), target, "{text}");
            assert_eq!(index.voids, voids, "{text}");
        });
    };
    expect(&text("http://adlnet.gov/expapi/verbs/voided", &reference), Some(id), true);
    expect(&text("http://v.example/commented", &reference), Some(id), false);
    let sub = format!(
        r#"{{"objectType":"SubStatement","actor":{{"mbox":"mailto:a@x.example"}},"verb":{{"id":"http://v.example/did"}},"object":{reference}}}"#
    );
    expect(&text("http://v.example/planned", &sub), None, false);
}

#[test]
fn context_agents_and_groups_are_related() {
    let text = r#"{"actor":{"mbox":"mailto:a@x.example"},"verb":{"id":"http://v.example/did"},"object":{"id":"http://a.example/1"},
        "context":{"contextAgents":[{"objectType":"contextAgent","agent":{"mbox":"mailto:b@x.example"},"relevantTypes":["http://t.example/"]}],
          "contextGroups":[{"objectType":"contextGroup","group":{"objectType":"Group","member":[{"mbox":"mailto:c@x.example"}]},"relevantTypes":["http://t.example/"]}]}}"#;
    indexed(text, Version::V2, |index| {
        assert_eq!(
            index.agents,
            pairs(&[
                ("mbox:mailto:a@x.example", Direct),
                ("mbox:mailto:b@x.example", Related),
                ("mbox:mailto:c@x.example", Related),
            ])
        );
    });
}

#[test]
fn an_actor_is_found_by_itself_and_its_members() {
    let keys = |actor: &str| {
        let text = format!(
            r#"{{"actor":{actor},"verb":{{"id":"http://v.example/did"}},"object":{{"id":"http://a.example/1"}}}}"#
        );
        with_statement(&text, Version::V1, |statement| actor_keys(&statement.actor))
    };
    assert_eq!(keys(r#"{"mbox":"mailto:a@X.example"}"#), ["mbox:mailto:a@x.example"]);
    assert_eq!(
        keys(
            r#"{"objectType":"Group","openid":"http://g.example/","member":[{"mbox":"mailto:a@x.example"},{"mbox":"mailto:a@x.example"}]}"#
        ),
        ["mbox:mailto:a@x.example", "openid:http://g.example/"]
    );
}
