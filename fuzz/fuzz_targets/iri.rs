//! Any text as an IRI, IRL, URI and mailbox: no panic, and the narrower kinds lie in the wider.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollbook_xapi::iri::{is_iri, is_irl, is_mailbox, is_uri};

fuzz_target!(|text: &str| {
    let _ = is_mailbox(text);
    assert!(!is_uri(text) || is_iri(text), "a URI is an IRI: {text}");
    assert!(!is_irl(text) || is_iri(text), "an IRL is an IRI: {text}");
    // The key of an account is `homePage name`: a space in an IRI would make it ambiguous.
    assert!(!is_iri(text) || !text.contains([' ', '\t', '\n', '\r']));
});
