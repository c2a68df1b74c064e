//! Learners in courses: who is registered for what, launched when, and has satisfied what (cmi5).
//!
//! What always holds: what a learner did is told by statements in the record, and what is known here
//! is changed in the transaction that stores them, so the two never disagree. A registration has one
//! session at a time. A session's token is handed out once, opens what is its learner's own, and
//! ends with the session. Whatever content sends is judged by the rules of `rollbook_cmi5`, wherever
//! it comes in; what is refused is refused with its requirement.

mod abandon;
mod acts;
mod code;
mod confine;
mod desk;
pub(crate) mod doctor;
mod events;
mod fetch;
mod known;
mod launch;
mod learner;
mod link;
mod lists;
mod operations;
mod outline;
mod project;
mod register;
mod routes;
mod row;
mod satisfaction;
mod settle;
mod spans;
mod store;
mod sweep;
mod take;
#[cfg(test)]
mod tests;
mod token;
mod waive;
mod wire;

use crate::config::Secret as JwtSecret;
use crate::http::Feature;

pub use abandon::AbandonedBy;
pub(crate) use confine::{agent, broken, contents, document, ended, lasts, read};
pub use desk::Desk;
pub(crate) use events::{Line, Noted};
pub(crate) use known::Known;
pub(crate) use launch::LAUNCH_BYTES;
pub use launch::{LaunchWish, Launched, UnitName};
pub(crate) use outline::is_satisfied;
pub use outline::{Outline, SyntheticUnit};
pub(crate) use project::Preferences;
pub use register::{Content, NewRegistration};
pub use row::{Account, Profile, Registration, Session, Status, UnitFacts};
pub use sweep::keep_swept;
pub(crate) use take::{Batch, take};
pub(crate) use wire::{REASON, is_reason};

/// What a running server has of this: courses that it remembers, and what signs tokens.
pub(crate) struct Cmi5 {
    outlines: outline::Outlines,
    jwt_secret: Option<JwtSecret>,
    /// Whether the Creatiq cmi5 API registers and launches.
    pub(crate) launches: bool,
}

impl Cmi5 {
    /// With the installation's secret for tokens, if it has one.
    pub(crate) fn new(jwt_secret: Option<JwtSecret>, launches: bool) -> Self {
        Self { outlines: outline::Outlines::default(), jwt_secret, launches }
    }
}

/// This feature's endpoints and SQL.
pub const FEATURE: Feature =
    Feature { name: "cmi5", endpoints: operations::ENDPOINTS, sql: &[store::ALL, lists::ALL] };
