//! The Creatiq cmi5 API and its envelope for statements, as their pages document them (`cmi5.md` 2.2).
//!
//! A thin layer over [`crate::cmi5`] and [`crate::statements`], which decide everything: it has no
//! tables, for `cmi5_registrations` has the contract's columns. What is registered is content without a package,
//! such as H5P, unless its id is that of a course of the library or of a unit of one. Every refusal
//! has the contract's envelope.

mod content;
mod envelope;
mod operations;
mod routes;
mod show;
mod statements;
mod store;
#[cfg(test)]
mod tests;
mod wire;

use crate::http::Feature;

pub(crate) use envelope::{enclose, enter, holds, refusal, unnamed};

/// This feature's endpoints and SQL.
pub const FEATURE: Feature =
    Feature { name: "creatiq", endpoints: operations::ENDPOINTS, sql: &[store::ALL] };
