//! State, Agent Profile and Activity Profile: documents of any kind, kept under a key
//! (1.0.3 Communication 2.2, 2.3, 2.6, 2.7, 3.1; 9274.1.1 4.1.4, 4.1.6.2, 4.1.6.5, 4.1.6.6).
//!
//! One engine serves three resources; they differ in the parts of their keys, in the scopes, and in
//! what a PUT without preconditions may do. No document is ever replaced by someone who has not
//! seen it, except where the standard says so.

mod decide;
mod document;
mod key;
mod merge;
mod store;
#[cfg(test)]
mod tests;

use crate::http::Feature;

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature { name: "documents", endpoints: &[], sql: &[store::ALL] };
