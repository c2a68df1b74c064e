//! What is learned of a request on its way, for whoever watches it: metrics, log, request log.
//!
//! It travels in the request's extensions, is written by who finds something out, and read once
//! the answer is there. Why a request was refused is in the extensions of the answer: `error::Told`.

use crate::tenants::Caller;
use http::{Extensions, HeaderValue};
use std::sync::{Arc, OnceLock};

/// What is known of a request so far; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Facts>);

#[derive(Debug, Default)]
struct Facts {
    endpoint: OnceLock<usize>,
    caller: OnceLock<Caller>,
    form_credential: OnceLock<HeaderValue>,
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

    /// Notes a credential that came in a form of the alternate syntax, and not in a header.
    pub fn form_credential(extensions: &Extensions, credential: &HeaderValue) {
        if let Some(seen) = extensions.get::<Self>() {
            seen.0.form_credential.get_or_init(|| credential.clone());
        }
    }

    /// The credential that came in a form.
    pub fn credential_of_form(&self) -> Option<&HeaderValue> {
        self.0.form_credential.get()
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
