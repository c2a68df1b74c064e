//! Any bytes as a multipart/mixed body: no panic, within tiny limits.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rollbook_server::http::multipart::fuzz("boundary", bytes));
