//! Tenants and their credentials: who is calling, and what they may do (1.0.3 Communication 4).
//!
//! Every credential becomes a [`Caller`] in one place, [`Callers::resolve`]. Only digests of secrets
//! are stored.

mod caller;
mod credential;
pub mod issuers;
mod key;
pub mod keyring;
pub mod keys;
pub mod life;
mod records;
mod resolve;
pub mod restrictions;
mod scopes;
mod sessions;
mod store;
#[cfg(test)]
mod tests;
mod tokens;

pub use caller::{Bounds, Caller, FIRST_TENANT, Principal, Scope, Scopes, TenantId};
pub use credential::{API_KEY, Credential, Presented, TENANT};
pub use key::Masked;
pub(crate) use key::tenant_of;
#[cfg(test)]
pub(crate) use keys::ensure_tenant;
pub use keys::{
    FIRST_TENANT_NAME, KeyChange, KeyError, KeyWish, Listed, NewKey, NewSecret, all, create,
    ensure_first_tenant, get, list, open_store, revoke, rotate, tenant_named, update,
};
pub use resolve::Callers;
pub use restrictions::{Activities, RestrictionError, Restrictions};
pub use scopes::ScopeError;
pub use sessions::{Claimed, PURPOSE, Session, SessionCaller, Sessions, public_part};
pub use tokens::Tokens;

use crate::http::Feature;

/// The endpoints of tenants, and all SQL of this folder.
pub const FEATURE: Feature = Feature {
    name: "tenants",
    endpoints: life::ENDPOINTS,
    sql: &[store::ALL, life::SQL, life::ERASE_SQL],
};
