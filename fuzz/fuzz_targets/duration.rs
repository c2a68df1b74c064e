//! Any text as an ISO 8601 duration: no panic, and white space around it is never fine.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollbook_xapi::duration::is_valid;

fuzz_target!(|text: &str| {
    if is_valid(text) {
        assert!(text.starts_with('P') && text.is_ascii());
        assert!(!is_valid(&format!(" {text}")) && !is_valid(&format!("{text} ")));
    }
});
