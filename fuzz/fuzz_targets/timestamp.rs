//! Any text as a timestamp: no panic, and turning it to UTC moves no moment.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollbook_xapi::timestamp::{format_micros, parse, to_utc};
use rollbook_xapi::version::Version;

fuzz_target!(|text: &str| {
    let _ = to_utc(text);
    for version in [Version::V1, Version::V2] {
        let Ok(received) = parse(text, version) else { continue };
        let utc = to_utc(received.text);
        // At the rims of the calendar the moment in UTC has no text, and the text stays as it is.
        if let Ok(moved) = parse(&utc, version) {
            assert_eq!(moved.micros, received.micros, "{text} became {utc}");
        }
        let formatted = format_micros(received.micros);
        let again = parse(&formatted, version).expect("what we write is a timestamp");
        assert!(again.is_utc);
    }
});
