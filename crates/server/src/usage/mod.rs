//! What tenants, keys and users may use, and what they use (progress contract 8).
//!
//! Rates, requests at once and storage. Every endpoint that asks who is calling stands behind
//! [`admit()`], which refuses before work begins: 429, or 507 where there is no more room. Defaults
//! come from the settings; the operator sets others for a tenant, and a tenant lowers them for a
//! key. Each of several processes enforces its share.

mod admit;
mod allowance;
mod bucket;
mod counted;
mod decide;
mod meter;
mod meters;
mod policy;
mod routes;
mod store;
mod terms;
#[cfg(test)]
mod tests;
mod wire;

pub use admit::{Bound, Guard, admit};
pub use allowance::{Allowance, Measure};
pub(crate) use meter::BELIEVED_MICROS;
pub use meter::Usage;

use crate::http::authority::{Administrator, ApiReader, InstallationOperator};
use crate::http::openapi::{Answer, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Feature, Operation};
use axum::routing;
use utoipa::PartialSchema as _;
use wire::{
    KeyLimits, Preferences, PreferencesPatch, Rates, TenantLimits, TenantLimitsSet, UsageNow,
};

const JSON: &[&str] = &["application/json"];

const TENANT: Parameter = Parameter {
    name: "name",
    place: Place::Path,
    required: true,
    description: "The tenant's name.",
    schema: String::schema,
};

const KEY: Parameter = Parameter {
    name: "key",
    place: Place::Path,
    required: true,
    description: "The public part of an API key.",
    schema: String::schema,
};

const TENANT_LIMITS: Answer = Answer {
    status: 200,
    description: "What the tenant, each of its keys and each of its users may use.",
    body: Some(Payload { media: JSON, schema: schemas::of::<TenantLimits> }),
};

const KEY_LIMITS: Answer = Answer {
    status: 200,
    description: "What the key may use.",
    body: Some(Payload { media: JSON, schema: schemas::of::<KeyLimits> }),
};

const PREFERENCES: Answer = Answer {
    status: 200,
    description: "What the tenant has set for itself.",
    body: Some(Payload { media: JSON, schema: schemas::of::<Preferences> }),
};

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature {
    name: "usage",
    endpoints: &[
        Endpoint {
            method: "GET",
            path: "/api/v1/usage",
            access: Access::AnyOf(ApiReader::ANY_OF),
            operation: Operation::new("getUsage", "What may be used, and what is")
                .says("Rates are those of the node that answers: each node enforces its share.")
                .gives(&[Answer {
                    status: 200,
                    description: "What the tenant and this caller may use and what is left of it, \
                                  and what the tenant keeps.",
                    body: Some(Payload { media: JSON, schema: schemas::of::<UsageNow> }),
                }]),
            handler: || routing::get(routes::usage),
        },
        Endpoint {
            method: "GET",
            path: "/api/v1/tenants/{name}/limits",
            access: Access::AnyOf(InstallationOperator::ANY_OF),
            operation: Operation::new("getTenantLimits", "What a tenant may use")
                .takes(&[TENANT])
                .gives(&[TENANT_LIMITS]),
            handler: || routing::get(routes::tenant_limits),
        },
        Endpoint {
            method: "PUT",
            path: "/api/v1/tenants/{name}/limits",
            access: Access::AnyOf(InstallationOperator::ANY_OF),
            operation: Operation::new("putTenantLimits", "Set what a tenant may use")
                .says(
                    "Replaces all that was set. What is left out is as the installation's settings \
                     say; 0 is no limit. Every node knows within five seconds.",
                )
                .takes(&[TENANT])
                .reads(Payload { media: JSON, schema: schemas::of::<TenantLimitsSet> })
                .gives(&[TENANT_LIMITS]),
            handler: || routing::put(routes::set_tenant_limits),
        },
        Endpoint {
            method: "GET",
            path: "/api/v1/keys/{key}/limits",
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("getKeyLimits", "What a key may use")
                .takes(&[KEY])
                .gives(&[KEY_LIMITS]),
            handler: || routing::get(routes::key_limits),
        },
        Endpoint {
            method: "PUT",
            path: "/api/v1/keys/{key}/limits",
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("putKeyLimits", "Lower what a key may use")
                .says(
                    "Replaces all that was set for the key. A key may use less than the tenant's \
                     keys in general, never more. Every node knows within five seconds.",
                )
                .takes(&[KEY])
                .reads(Payload { media: JSON, schema: schemas::of::<Rates> })
                .gives(&[KEY_LIMITS]),
            handler: || routing::put(routes::set_key_limits),
        },
        Endpoint {
            method: "GET",
            path: "/api/v1/tenant",
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("getTenantPreferences", "What the tenant has set for itself")
                .gives(&[PREFERENCES]),
            handler: || routing::get(routes::preferences),
        },
        Endpoint {
            method: "PATCH",
            path: "/api/v1/tenant",
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("patchTenantPreferences", "Change what the tenant has set")
                .says("What is left out stays. Every node knows within five seconds.")
                .reads(Payload { media: JSON, schema: schemas::of::<PreferencesPatch> })
                .gives(&[PREFERENCES]),
            handler: || routing::patch(routes::set_preferences),
        },
    ],
    sql: &[store::ALL],
};
