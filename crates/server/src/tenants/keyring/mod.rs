//! A tenant's keys in the hands of its administrators: `/api/v1/keys`.
//!
//! What always holds: nobody gives a key more than they hold themselves (403
//! `auth.scope.escalation`), only the first tenant has keys that run the installation, and every act
//! is in the audit log of its own transaction. A secret is told once.

mod decide;
pub(super) mod grant;
mod operations;
mod routes;
#[cfg(test)]
mod tests;
mod wire;

use crate::http::Feature;

pub use decide::{create, has_room, revoke, rotate, update};

/// The endpoints under `/api/v1/keys`; the SQL is that of `tenants`.
pub const FEATURE: Feature = Feature { name: "keys", endpoints: operations::ENDPOINTS, sql: &[] };
