//! Agents: what is known about a person, from the statements about them
//! (1.0.3 Communication 2.4; 9274.1.1 4.1.6.3).

mod person;
mod store;

use crate::http::Feature;

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature { name: "agents", endpoints: &[], sql: &[store::ALL] };
