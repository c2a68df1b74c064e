//! What is learned of a request on its way, for whoever watches it: metrics, log, request log.
//!
//! It travels in the request's extensions, is written by who finds something out, and read once
//! the answer is there.

use crate::error::{Code, Fault, Place};
use crate::tenants::Caller;
use http::Extensions;
use rollbook_xapi::violation::Violation;
use std::sync::{Arc, OnceLock};

/// What is known of a request so far; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Facts>);

#[derive(Debug, Default)]
struct Facts {
    endpoint: OnceLock<usize>,
    caller: OnceLock<Caller>,
}

/// Why a request was refused; travels in the extensions of the answer.
#[derive(Debug)]
pub struct Refusal {
    /// The stable code.
    pub code: &'static str,
    /// What the client was told.
    pub detail: String,
    /// Every violation that the client was told of.
    pub violations: Vec<Violation>,
}

impl Refusal {
    /// What the client is told.
    pub(crate) fn of(code: Code, detail: &str, violations: &[Violation], faults: &[Fault]) -> Self {
        let fault = |fault: &Fault| Violation {
            requirement: match &fault.place {
                Place::Package(place) if place.requirement.is_empty() => place.code,
                Place::Package(place) => place.requirement,
                Place::Body(_) | Place::Query(_) => "",
            },
            clause: "",
            pointer: match &fault.place {
                Place::Body(place) | Place::Query(place) => place.clone(),
                Place::Package(place) => place.path.clone(),
            },
            message: fault.detail.clone(),
            fix: String::new(),
        };
        let violations = violations.iter().cloned().chain(faults.iter().map(fault)).collect();
        Self { code: code.name(), detail: detail.to_owned(), violations }
    }
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
