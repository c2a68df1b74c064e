//! The conventions of `/api/v1` and of every surface of our own: the version header, problems that
//! can be looked up, listings with filters and cursors, `Idempotency-Key`, JSON bodies.
//!
//! `docs/api.md` is the same for those who call. Clauses: `progress.md` 2.1 to 2.7.

mod cursor;
mod idempotent;
mod json;
mod key;
mod listing;
mod problems;
mod query;
mod reply;
mod seal;
mod secrets;
mod store;
mod sweep;
mod table;
#[cfg(test)]
mod tests;
mod version;

pub use cursor::{Cursor, Fingerprint};
pub use idempotent::{Idempotent, Running};
pub use json::{ApiJson, Faults, escaped, object};
pub use key::IDEMPOTENCY_KEY;
pub use listing::Listing;

pub use query::{Asked, Order, Page, Query, Span};
pub use reply::Reply;
pub use secrets::{MAC_BYTES, Purpose, Secret, Secrets};
pub use sweep::{forget, keep_forgetting};
pub use table::{
    Filter, Kind, QueryTable, Sorts, filter, flag_schema, joined, sorts, text_schema, time_schema,
    words_schema,
};
pub use version::{Ending, VERSION, dress, holds, preflight};

use crate::http::Feature;

/// How many there are in a page unless the client says (contract 7).
pub const PAGE_SIZE: usize = 50;

/// The page that explains problems, and the SQL of secrets and kept answers.
pub const FEATURE: Feature =
    Feature { name: "api", endpoints: &[problems::ENDPOINT], sql: &[store::ALL] };
