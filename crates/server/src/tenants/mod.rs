//! Tenants and their credentials.

pub mod caller;

pub use caller::{Caller, FIRST_TENANT, Principal, Scope, Scopes, TenantId};
