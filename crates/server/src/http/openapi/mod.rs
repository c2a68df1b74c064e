//! The OpenAPI 3.1 document, made from the table of features.
//!
//! Each endpoint's [`Operation`] stands beside its route; what all of them share is added here. The
//! same program always makes the same text. `docs/openapi.json` is that text, so that a review sees
//! what changed for clients.

mod document;
mod operation;
pub mod parameters;
mod refusals;
pub mod schemas;
#[cfg(test)]
mod tests;

pub use document::document;
pub use operation::{Answer, Header, Operation, Parameter, Payload, Place};
