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
mod routes;
mod store;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use document::Document;
pub(crate) use key::Key;
pub(crate) use transfer::{Kept, examine, export, import};

use crate::http::authority::{ProfileAccess, ProfileReader, StateAccess, StateReader};
use crate::http::{Access, Endpoint, Feature, Operation};
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
            operation: Operation::new("putState", "Store a state document"),
            handler: || routing::put(routes::put::<States>),
        },
        Endpoint {
            method: "POST",
            path: "/xapi/activities/state",
            access: Access::AnyOf(StateAccess::ANY_OF),
            operation: Operation::new("postState", "Merge into a state document"),
            handler: || routing::post(routes::post::<States>),
        },
        Endpoint {
            method: "GET",
            path: "/xapi/activities/state",
            access: Access::AnyOf(StateReader::ANY_OF),
            operation: Operation::new("getState", "Read a state document, or list those there are"),
            handler: || routing::get(routes::get::<States>),
        },
        Endpoint {
            method: "DELETE",
            path: "/xapi/activities/state",
            access: Access::AnyOf(StateAccess::ANY_OF),
            operation: Operation::new("deleteState", "Delete a state document"),
            handler: || routing::delete(routes::delete::<States>),
        },
        Endpoint {
            method: "PUT",
            path: "/xapi/agents/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: Operation::new("putAgentProfile", "Store a document of an agent profile"),
            handler: || routing::put(routes::put::<AgentProfiles>),
        },
        Endpoint {
            method: "POST",
            path: "/xapi/agents/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: Operation::new(
                "postAgentProfile",
                "Merge into a document of an agent profile",
            ),
            handler: || routing::post(routes::post::<AgentProfiles>),
        },
        Endpoint {
            method: "GET",
            path: "/xapi/agents/profile",
            access: Access::AnyOf(ProfileReader::ANY_OF),
            operation: Operation::new(
                "getAgentProfile",
                "Read a document of an agent profile, or list those there are",
            ),
            handler: || routing::get(routes::get::<AgentProfiles>),
        },
        Endpoint {
            method: "DELETE",
            path: "/xapi/agents/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: Operation::new(
                "deleteAgentProfile",
                "Delete a document of an agent profile",
            ),
            handler: || routing::delete(routes::delete::<AgentProfiles>),
        },
        Endpoint {
            method: "PUT",
            path: "/xapi/activities/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: Operation::new(
                "putActivityProfile",
                "Store a document of an activity profile",
            ),
            handler: || routing::put(routes::put::<ActivityProfiles>),
        },
        Endpoint {
            method: "POST",
            path: "/xapi/activities/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: Operation::new(
                "postActivityProfile",
                "Merge into a document of an activity profile",
            ),
            handler: || routing::post(routes::post::<ActivityProfiles>),
        },
        Endpoint {
            method: "GET",
            path: "/xapi/activities/profile",
            access: Access::AnyOf(ProfileReader::ANY_OF),
            operation: Operation::new(
                "getActivityProfile",
                "Read a document of an activity profile, or list those there are",
            ),
            handler: || routing::get(routes::get::<ActivityProfiles>),
        },
        Endpoint {
            method: "DELETE",
            path: "/xapi/activities/profile",
            access: Access::AnyOf(ProfileAccess::ANY_OF),
            operation: Operation::new(
                "deleteActivityProfile",
                "Delete a document of an activity profile",
            ),
            handler: || routing::delete(routes::delete::<ActivityProfiles>),
        },
    ],
    sql: &[store::ALL, transfer::ALL],
};
