//! Any text, by the rules of both versions: no panic, and what is accepted survives being stored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollbook_xapi::complete::{Owned, complete, with_stored};
use rollbook_xapi::equality::same;
use rollbook_xapi::index::index;
use rollbook_xapi::version::Version;
use rollbook_xapi::{json, validate};
use uuid::Uuid;

const AUTHORITY: &str = r#"{"mbox":"mailto:store@example.org"}"#;
const NOW: &str = "2026-11-21T07:00:00.123456Z";

fuzz_target!(|text: &str| {
    let _ = json::parse_opened(text);
    let Ok(node) = json::parse(text) else { return };
    assert_eq!(node.raw, text.trim(), "the node is the whole text");
    for version in [Version::V1, Version::V2] {
        let statement = match validate::statement(&node, version, "") {
            Ok(statement) => statement,
            Err(violations) => {
                assert!(!violations.is_empty(), "refused without a reason");
                continue;
            }
        };
        let _ = index(&statement);
        let owned = Owned { id: Uuid::nil(), authority: AUTHORITY, timestamp: NOW };
        let stored = with_stored(&complete(&statement, &owned), NOW);
        let again = json::parse(&stored).expect("what is stored is JSON");
        let again = validate::statement(&again, version, "").expect("what is stored is valid");
        assert!(again.id.is_some() && again.authority.is_some() && again.stored.is_some());
        assert!(same(&stored, &stored), "a statement is the same as itself");
    }
});
