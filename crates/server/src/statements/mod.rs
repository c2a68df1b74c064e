//! Statements (1.0.3 Communication 2.1, 9274.1.1 4.1.6.1): the record.
//!
//! What always holds: a statement's text is kept byte for byte but for the members the LRS owns; a
//! request is stored whole or refused whole; it is answered when it is durable; positions are given
//! out in commit order; voiding and references depend on what is stored, not on the order of arrival.

mod append;
mod attach;
mod body;
mod count;
mod define;
pub(crate) mod doctor;
pub(crate) mod export;
mod find;
pub(crate) mod import;
mod link;
mod log;
mod memory;
mod meter;
mod operations;
mod own;
mod page;
mod place;
pub(crate) mod plain;
mod prepared;
mod query;
mod read;
mod receive;
mod registered;
mod routes;
mod show;
mod store;
mod terms;
#[cfg(test)]
mod tests;
mod train;

pub(crate) use log::Log;
pub(crate) use operations::SCHEMAS;
pub(crate) use own::Recording;
pub(crate) use page::mark;
pub(crate) use prepared::Prepared;
pub(crate) use registered::Registered;

use crate::http::{Access, Endpoint, Feature};
use crate::tenants::{Scope, TenantId};
use rollbook_db::Tx;

const WRITE: Access = Access::AnyOf(&[Scope::StatementsWrite, Scope::All]);
const READ: Access =
    Access::AnyOf(&[Scope::StatementsRead, Scope::StatementsReadMine, Scope::AllRead, Scope::All]);

/// The Statements resource and its SQL.
pub const FEATURE: Feature = Feature {
    name: "statements",
    endpoints: &[
        Endpoint {
            method: "GET",
            path: "/xapi/statements",
            access: READ,
            operation: operations::FIND,
            handler: || axum::routing::get(routes::list),
        },
        Endpoint {
            method: "POST",
            path: "/xapi/statements",
            access: WRITE,
            operation: operations::POST,
            handler: || axum::routing::post(routes::post),
        },
        Endpoint {
            method: "PUT",
            path: "/xapi/statements",
            access: WRITE,
            operation: operations::PUT,
            handler: || axum::routing::put(routes::put),
        },
        Endpoint {
            method: "GET",
            path: "/xapi/statements/{id}",
            access: READ,
            operation: operations::READ,
            handler: || axum::routing::get(routes::get),
        },
    ],
    sql: &[store::ALL],
};

/// Locks the end of a tenant's log until the transaction ends, whether or not the tenant lives.
pub(crate) fn hold_log(tx: &mut Tx<'_>, tenant: TenantId, now: i64) -> crate::error::Result<()> {
    append::hold(tx, tenant.0, now).map(|_head| ())
}
