//! State, Agent Profile and Activity Profile: documents of any kind, kept under a key
//! (1.0.3 Communication 2.2, 2.3, 2.6, 2.7, 3.1; 9274.1.1 4.1.4, 4.1.6.2, 4.1.6.5, 4.1.6.6).
//!
//! One engine serves three resources; they differ in the parts of their keys, in the scopes, and in
//! what a PUT without preconditions may do. No document is ever replaced by someone who has not
//! seen it, except where the standard says so.

mod answer;
mod ask;
mod decide;
mod document;
mod key;
mod merge;
mod operations;
mod own;
mod routes;
mod store;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use answer::one as answer;
pub(crate) use document::Document;
pub(crate) use key::{Key, Resource, Touched};
pub(crate) use own::{drop_profile, drop_states, keep_profile, keep_state, profile_of};
pub(crate) use transfer::{Kept, examine, export, import};

use crate::http::authority::{ProfileAccess, ProfileReader, StateAccess, StateReader};
use crate::http::{Access, Endpoint, Feature};
use axum::routing;
use routes::{ActivityProfiles, AgentProfiles, States};

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature {
    name: "documents",
    endpoints: &[
        Endpoint {
            method: "PUT",
            path: "/xapi/activities/state",
            access: Access::AnyOf(StateAccess::ANY_OF),
            operation: operations::PUT_STATE,
            handler: || routing::put(routes::put::<States>),
        },
        Endpoint {
            method: "POST",
            path: "/xapi/activities/state",
            access: Access::AnyOf(StateAccess::ANY_OF),
            operation: operations::POST_STATE,
            handler: || routing::post(routes::post::<States>),
        },
        Endpoint {
            method: "GET",
            path: "/xapi/activities/state",
            access: Access::AnyOf(StateReader::ANY_OF),
            operation: operations::GET_STATE,
            handler: || routing::get(routes::get::<States>),
        },
        Endpoint {
            method: "DELETE",
            path: "/xapi/activities/state",
            access: Access::AnyOf(StateAccess::ANY_OF),
            operation: operations::DELETE_STATE,
            handler: || routing::delete(routes::delete::<States>),
        },
        Endpoint {
            method: "PUT",
            path: "/xapi/agents/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: operations::PUT_AGENT_PROFILE,
            handler: || routing::put(routes::put::<AgentProfiles>),
        },
        Endpoint {
            method: "POST",
            path: "/xapi/agents/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: operations::POST_AGENT_PROFILE,
            handler: || routing::post(routes::post::<AgentProfiles>),
        },
        Endpoint {
            method: "GET",
            path: "/xapi/agents/profile",
            access: Access::AnyOf(ProfileReader::ANY_OF),
            operation: operations::GET_AGENT_PROFILE,
            handler: || routing::get(routes::get::<AgentProfiles>),
        },
        Endpoint {
            method: "DELETE",
            path: "/xapi/agents/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: operations::DELETE_AGENT_PROFILE,
            handler: || routing::delete(routes::delete::<AgentProfiles>),
        },
        Endpoint {
            method: "PUT",
            path: "/xapi/activities/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: operations::PUT_ACTIVITY_PROFILE,
            handler: || routing::put(routes::put::<ActivityProfiles>),
        },
        Endpoint {
            method: "POST",
            path: "/xapi/activities/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: operations::POST_ACTIVITY_PROFILE,
            handler: || routing::post(routes::post::<ActivityProfiles>),
        },
        Endpoint {
            method: "GET",
            path: "/xapi/activities/profile",
            access: Access::AnyOf(ProfileReader::ANY_OF),
            operation: operations::GET_ACTIVITY_PROFILE,
            handler: || routing::get(routes::get::<ActivityProfiles>),
        },
        Endpoint {
            method: "DELETE",
            path: "/xapi/activities/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: operations::DELETE_ACTIVITY_PROFILE,
            handler: || routing::delete(routes::delete::<ActivityProfiles>),
        },
    ],
    sql: &[store::ALL, transfer::ALL],
};
