//! Tenants and their credentials: who is calling, and what they may do (1.0.3 Communication 4).
//!
//! Every credential becomes a [`Caller`] in one place, [`Callers::resolve`]. Only digests of secrets
//! are stored.

mod caller;
mod key;
mod keys;
mod resolve;
mod scopes;
mod store;
#[cfg(test)]
mod tests;

pub use caller::{Caller, FIRST_TENANT, Principal, Scope, Scopes, TenantId};
pub use key::Masked;
pub(crate) use key::tenant_of;
pub use keys::{
    FIRST_TENANT_NAME, KeyError, KeyWish, Listed, NewKey, all, create, ensure_first_tenant, list,
    open_store, revoke, tenant_named,
};
pub use resolve::{Callers, Credential};
pub use scopes::ScopeError;

use crate::http::Feature;

/// No endpoints yet: keys are made at the command line.
pub const FEATURE: Feature = Feature { name: "tenants", endpoints: &[], sql: &[store::ALL] };
