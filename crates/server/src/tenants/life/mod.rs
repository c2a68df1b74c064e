//! The life of a tenant: made, named, suspended, resumed, deleted. The operator's work.
//!
//! Deletion is one short transaction that marks the tenant, after which it is unknown to everybody,
//! and then background work that removes its rows and files in small steps ([`delete_due`]). What
//! always holds: every row of a tenant goes (the table of tables is `tables`), a write that races
//! the deletion leaves nothing ([`hold()`]), a number is never given out again.

mod decide;
mod erase;
mod hold;
mod name;
mod operations;
mod routes;
mod store;
mod tables;
mod tenant;
#[cfg(test)]
mod tests;

use crate::http::Endpoint;
use rollbook_db::Sql;

pub use decide::{Change, Wish, change, create, delete, find, list, locked, resume, suspend};
pub use erase::{Erased, delete_due, erase_some, keep_deleted, rows_of};
pub use hold::{alive, hold};
pub use name::{TenantName, title};
pub use routes::of_the_installation;
pub use tenant::Tenant;

/// The endpoints under `/api/v1/tenants`.
pub const ENDPOINTS: &[Endpoint] = operations::ENDPOINTS;

/// The SQL of tenants, for the prepare test.
pub const SQL: &[&Sql] = store::ALL;

/// The SQL of their deletion.
pub const ERASE_SQL: &[&Sql] = tables::ALL;
