//! What is learned of a request on its way, for whoever watches it: metrics, log, request log.
//!
//! It travels in the request's extensions, is written by who finds something out, and read once
//! the answer is there. Why a request was refused is in the extensions of the answer: `error::Told`.

use crate::tenants::Caller;
use http::Extensions;
use std::sync::{Arc, OnceLock};

/// What is known of a request so far; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Facts>);

#[derive(Debug, Default)]
struct Facts {
    endpoint: OnceLock<usize>,
    caller: OnceLock<Caller>,
}

impl Seen {
    /// Notes which endpoint answers: its place in the table of endpoints.
    pub fn endpoint(extensions: &Extensions, place: usize) {
        if let Some(seen) = extensions.get::<Self>() {
            seen.0.endpoint.get_or_init(|| place);
        }
    }

    /// Notes who calls.
    pub fn caller(extensions: &Extensions, caller: &Caller) {
        if let Some(seen) = extensions.get::<Self>() {
            seen.0.caller.get_or_init(|| caller.clone());
        }
    }

    /// Which endpoint answered, if one did.
    pub fn place(&self) -> Option<usize> {
        self.0.endpoint.get().copied()
    }

    /// Who called, if anybody asked.
    pub fn who(&self) -> Option<&Caller> {
        self.0.caller.get()
    }
}
