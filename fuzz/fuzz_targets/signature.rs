//! Any bytes as the signature of a valid statement: refused with a reason, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollbook_xapi::signature::check_signature;
use rollbook_xapi::version::Version;
use rollbook_xapi::{json, validate};

const STATEMENT: &str = r#"{
    "id": "2e2f1ad7-8d10-4c73-ae6e-2842729e25ce",
    "actor": {"mbox": "mailto:ana@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://example.org/lesson"}
}"#;

fuzz_target!(|bytes: &[u8]| {
    let node = json::parse(STATEMENT).expect("the statement is JSON");
    let statement = validate::statement(&node, Version::V1, "").expect("the statement is valid");
    let violations = check_signature(&statement, bytes, "").expect_err("nobody signed this");
    assert!(!violations.is_empty(), "refused without a reason");
});
