//! The interface of the CATAPULT player, so that what was made for it can point here: the adapter of
//! CATAPULT's LMS test suite, its content test suite, and the Moodle plugin (`cmi5.md` 2.3, 3.1).
//!
//! A thin layer over [`crate::content`] and [`crate::cmi5`], which decide everything: it has no
//! tables. A tenant of CATAPULT's is the one of the credential, and a token the credential itself. A
//! refusal is a problem like any other; the front adds the members that CATAPULT's clients read.

mod number;
mod operations;
mod refuse;
mod registrations;
mod routes;
mod show;
mod store;
#[cfg(test)]
mod tests;
mod wire;

use crate::http::Feature;

pub(crate) use refuse::{dress, holds};

/// This feature's endpoints and SQL.
pub const FEATURE: Feature =
    Feature { name: "catapult", endpoints: operations::ENDPOINTS, sql: &[store::ALL] };
