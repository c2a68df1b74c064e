//! What takes more than one change, what only text shows, and what a developer reads.

use super::{core, found, full, planned, with};
use crate::json;
use crate::validate;
use crate::version::Version::{self, V1, V2};
use crate::violation::Violation;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

#[test]
fn duplicates_are_refused_outside_extensions() {
    for (text, expected) in [
        (r#""id":"https://x","id":"https://x""#, "XAPI-00021@/object/id"),
        (r#""id":"https://x","\u0069d":"https://y""#, "XAPI-00021@/object/id"),
        (
            r#""id":"https://x","definition":{"name":{"en":"a","de":"b","en":"a"}}"#,
            "XAPI-00021@/object/definition/name/en",
        ),
        (r#""id":"https://x","definition":{"extensions":{"tag:a":1,"tag:a":null}}"#, ""),
    ] {
        let text = format!(
            r#"{{"actor":{{"mbox":"mailto:a@b"}},"verb":{{"id":"tag:v"}},"object":{{{text}}}}}"#
        );
        for version in [V1, V2] {
            let expected: Vec<&str> = expected.split_terminator(' ').collect();
            assert_eq!(found(&text, version), expected, "{text}");
        }
    }
}

#[test]
fn many_duplicates_are_found_too() {
    let mut names: Vec<_> =
        (0..26).map(|n| format!(r#""en-x-{}":"""#, char::from(b'a' + n))).collect();
    names.push(r#""en-x-c":"""#.to_owned());
    let text = with(core(), "/verb/display", Some("NAMES".into())).to_string();
    let text = text.replace(r#""NAMES""#, &format!("{{{}}}", names.join(",")));
    assert_eq!(found(&text, V1), ["XAPI-00021@/verb/display/en-x-c"]);
}

#[test]
fn revision_and_platform_are_for_activities() {
    let context = json!({ "revision": "1", "platform": "x" });
    let agent = json!({ "objectType": "Agent", "mbox": "mailto:a@b" });
    let group = json!({ "objectType": "Group", "mbox": "mailto:a@b" });
    let reference =
        json!({ "objectType": "StatementRef", "id": "0f6c1a52-7d3e-4b8a-9c41-5e2d7f8a9b10" });
    let sub = planned()["object"].clone();
    for object in [agent, group, reference, sub] {
        let statement = with(core(), "/object", Some(object));
        let text = with(statement, "/context", Some(context.clone())).to_string();
        let expected = ["XAPI-00084@/context/revision", "XAPI-00085@/context/platform"];
        assert_eq!(found(&text, V1), expected);
        assert_eq!(found(&text, V2), expected);
    }
}

#[test]
fn sub_statements_do_not_nest() {
    let mut text = planned();
    text["object"]["context"] = json!({});
    text["object"]["object"] = text["object"].clone();
    assert_eq!(found(&text.to_string(), V2), ["XAPI-00071@/object/object"]);
}

#[test]
fn voiding() {
    let voids = with(core(), "/verb/id", Some("http://adlnet.gov/expapi/verbs/voided".into()));
    let id = "0F6C1A52-7D3E-4B8A-9C41-5E2D7F8A9B10";
    let reference = json!({ "objectType": "StatementRef", "id": id });
    let text = with(voids, "/object", Some(reference)).to_string();
    assert_eq!(found(&text, V1), [""; 0]);
    let node = json::parse(&text).unwrap();
    assert!(validate::statement(&node, V1, "").unwrap().voids());
}

#[test]
fn numbers_are_compared_as_decimals() {
    for (score, expected) in [
        (r#"{"min":1E400,"raw":1.5E400,"max":2E400}"#, ""),
        (r#"{"raw":1E401,"max":1E400}"#, "XAPI-00082@/result/score/raw"),
        (r#"{"min":1E400,"max":1e400}"#, "XAPI-00081@/result/score/min"),
        (r#"{"scaled":1.00}"#, ""),
        (r#"{"scaled":-10e-1}"#, ""),
        (r#"{"scaled":1.00000000000000000000000001}"#, "XAPI-00083@/result/score/scaled"),
    ] {
        let text = with(core(), "/result", Some(json!({ "score": "SCORE" }))).to_string();
        let text = text.replace(r#""SCORE""#, score);
        let expected: Vec<&str> = expected.split_terminator(' ').collect();
        assert_eq!(found(&text, V1), expected, "{score}");
    }
}

#[test]
fn everything_is_found_at_once() {
    let text = r#"{"id":1,"verb":{"id":"x","display":{"en":null}},"object":{"id":"x:y","definition":
        {"type":1,"extensions":{"y":{"a":null}}}},"timestamp":"now","Version":"1.0.0"}"#;
    assert_eq!(
        found(text, V1),
        [
            "XAPI-00008@/Version",
            "XAPI-00003@",
            "XAPI-00028@/id",
            "XAPI-00001@/verb/display/en",
            "XAPI-00011@/verb/id",
            "XAPI-00118@/object/definition/extensions/y",
            "XAPI-00060@/object/definition/type",
            "XAPI-00123@/timestamp",
        ]
    );
}

#[test]
fn a_flood_of_violations_is_cut() {
    let keys: Vec<_> = (0..2000).map(|n| format!(r#""k{n}":1"#)).collect();
    let text = format!("{{{}}}", keys.join(","));
    assert_eq!(found(&text, V1).len(), 1000);
}

fn violations(statement: &Value, version: Version, at: &str) -> Vec<Violation> {
    let text = statement.to_string();
    let node = json::parse(&text).unwrap();
    validate::statement(&node, version, at).unwrap_err()
}

fn check(statement: &Value, version: Version, expected: &Expect) {
    let lines: Vec<_> =
        violations(statement, version, "/3").iter().map(ToString::to_string).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
#[expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
fn messages_tell_what_to_do_and_no_values() {
    let mut statement = full(V1);
    statement["actor"]["Member"] = json!([]);
    statement["actor"]["member"][1]["mbox"] = json!("secret@example.org");
    statement["verb"]["display"] = json!(["secret"]);
    statement["object"]["definition"]["interactionType"] = json!("secret");
    statement["context"]["contextAgents"] = json!([]);
    statement["timestamp"] = json!("2026-11-21T07:00:00-00:00");
    check(
        &statement,
        V1,
        &expect![[r#"
        /3/actor/Member: `Member` is not written as in the standard; write `member` (XAPI-00008, 1.0.3 Data 2.2)
        /3/actor/member/1/mbox: `mbox` is not `mailto:` followed by one e-mail address; send it as mailto:ann@example.org (XAPI-00038, 1.0.3 Data 2.4.2.3)
        /3/verb/display: `display` is an array where a language map is needed; send a language map (XAPI-00045, 1.0.3 Data 2.4.3)
        /3/object/definition/interactionType: the value of `interactionType` is not one that the standard lists; send one of true-false, choice, fill-in, long-fill-in, matching, performance, sequencing, likert, numeric, other (XAPI-00049, 1.0.3 Data 2.4.4.1)
        /3/context/contextAgents: `contextAgents` is not a property that the standard knows here; send the request with version 2.0, or remove it (XAPI-00010, 1.0.3 Data 2.2)
        /3/timestamp: `timestamp` is not a Timestamp: an offset of minus zero says that the offset is not known; send RFC 3339 with an offset, such as 2026-11-21T07:00:00.123Z (XAPI-00123, 1.0.3 Data 4.5)"#]],
    );
    check(
        &with(core(), "/verb", None),
        V2,
        &expect!["/3: `verb` is missing; add `verb` (XAPI-00004, 9274.1.1 4.2.2)"],
    );
    let text = violations(&statement, V1, "").iter().map(ToString::to_string).collect::<String>();
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn an_agent_by_itself() {
    for (text, expected) in [
        (r#"{"mbox":"mailto:ann@example.org"}"#, None),
        (r#"{"objectType":"Group","openid":"http://x"}"#, None),
        (r#"{"mbox":"ann"}"#, Some("XAPI-00038@/agent/mbox")),
        ("[]", Some("XAPI-00006@/agent")),
        ("null", Some("XAPI-00001@/agent")),
    ] {
        let node = json::parse(text).unwrap();
        let result = validate::agent(&node, V2, "/agent");
        let first = result.err().and_then(|all| all.into_iter().next());
        let found = first.map(|one| format!("{}@{}", one.requirement, one.pointer));
        assert_eq!(found.as_deref(), expected, "{text}");
    }
}
