//! Any valid statement passes; any one change of the table breaks exactly what it says.

use super::table::{Base, rows};
use super::{found, with};
use crate::version::Version::{self, V1, V2};
use crate::{json, validate};
use proptest::prelude::*;
use serde_json::Value;

/// What can be left out of a full statement, deepest first.
const OPTIONAL: [&str; 43] = [
    "/id",
    "/actor/name",
    "/actor/member/1",
    "/actor/member",
    "/verb/display",
    "/object/objectType",
    "/object/definition/name",
    "/object/definition/description",
    "/object/definition/type",
    "/object/definition/moreInfo",
    "/object/definition/correctResponsesPattern",
    "/object/definition/source/0/description",
    "/object/definition/source",
    "/object/definition/target",
    "/object/definition/extensions",
    "/object/definition",
    "/result/score/scaled",
    "/result/score/raw",
    "/result/score",
    "/result/success",
    "/result/completion",
    "/result/response",
    "/result/duration",
    "/result/extensions",
    "/result",
    "/context/registration",
    "/context/instructor",
    "/context/team",
    "/context/contextActivities/parent",
    "/context/contextActivities/other",
    "/context/contextActivities",
    "/context/revision",
    "/context/platform",
    "/context/language",
    "/context/statement",
    "/context/extensions",
    "/context",
    "/timestamp",
    "/stored",
    "/authority",
    "/version",
    "/attachments/0/fileUrl",
    "/attachments",
];

/// `statement` without those of [`OPTIONAL`] that `left_out` names, except around `kept`.
fn thinned(mut statement: Value, left_out: &[bool], kept: Option<&str>) -> Value {
    for (pointer, _) in OPTIONAL.iter().zip(left_out).filter(|(_, out)| **out) {
        // Removing an item of an array would move the others.
        let item = pointer.ends_with(|c: char| c.is_ascii_digit());
        let near = kept.is_some_and(|kept| together(pointer, kept) || together(kept, pointer));
        if !item && !near && statement.pointer(pointer).is_some() {
            statement = with(statement, pointer, None);
        }
    }
    statement
}

/// Whether a change at `inner` would be lost or changed without the value at `outer`.
fn together(outer: &str, inner: &str) -> bool {
    let scores = outer.starts_with("/result/score") && inner.starts_with("/result/score");
    let parts = |one: &str| one.starts_with("/object/definition/");
    inner.starts_with(outer) || scores || (parts(outer) && parts(inner))
}

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![Just(V1), Just(V2)]
}

proptest! {
    #[test]
    fn valid_statements_pass(
        version in version(),
        left_out in prop::collection::vec(any::<bool>(), OPTIONAL.len()),
    ) {
        let text = thinned(Base::Full.statement(version), &left_out, None).to_string();
        prop_assert_eq!(found(&text, version), [""; 0], "{}", text);
    }

    #[test]
    fn one_change_breaks_one_rule(
        row in any::<prop::sample::Index>(),
        left_out in prop::collection::vec(any::<bool>(), OPTIONAL.len()),
    ) {
        let mut rows = rows();
        rows.retain(|row| row.base == Base::Full);
        let row = row.get(&rows);
        for version in row.versions {
            let statement = thinned(Base::Full.statement(*version), &left_out, Some(row.pointer));
            let text = with(statement, row.pointer, row.value.clone()).to_string();
            prop_assert_eq!(found(&text, *version), [row.expected], "{}", text);
        }
    }

    #[test]
    fn any_json_is_judged(text in "\\{(\"(actor|verb|object|id|context|result|extensions)\":(\\{\\}|\\[\\]|null|1|\"x\"|\\{\"id\":\"x:y\"\\}),?){0,6}\\}") {
        if let Ok(node) = json::parse(&text) {
            for version in [V1, V2] {
                match validate::statement(&node, version, "") {
                    Ok(view) => prop_assert_eq!(view.raw, &text),
                    Err(violations) => prop_assert!(!violations.is_empty(), "{}", text),
                }
            }
        }
    }
}
