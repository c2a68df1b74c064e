//! Agents: what is known of a person, from the statements about them
//! (1.0.3 Communication 2.4; 9274.1.1 4.1.6.3).
//!
//! No identity is guessed: a Person has the one identifier that was asked with, and every name that
//! statements gave to it.

mod routes;
mod store;
#[cfg(test)]
mod tests;

use crate::http::authority::AgentReader;
use crate::http::openapi::parameters::{ETAG, XAPI_VERSION};
use crate::http::openapi::{Answer, Operation, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Feature};
use crate::statements::SCHEMAS;
use axum::routing;
use rollbook_xapi::json;

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature {
    name: "agents",
    endpoints: &[Endpoint {
        method: "GET",
        path: "/xapi/agents",
        access: Access::AnyOf(AgentReader::ANY_OF),
        operation: READ,
        handler: || routing::get(routes::get),
    }],
    sql: &[store::ALL],
};

const READ: Operation = Operation::new("getPerson", "Read what is known of a person")
    .says(
        "The identifier that is asked with, and every name that statements gave to it. No identity \
         is guessed; an agent that nobody has heard of is a person, too \
         (1.0.3 Communication 2.4, 9274.1.1 4.1.6.3).",
    )
    .takes(&[
        XAPI_VERSION,
        Parameter {
            name: "agent",
            place: Place::Query,
            required: true,
            description: "An Agent.",
            schema: || schemas::written_as_text("Agent", SCHEMAS),
        },
    ])
    .gives(&[Answer {
        status: 200,
        description: "The person.",
        body: Some(Payload {
            media: &["application/json"],
            schema: || schemas::written("Person", SCHEMAS),
        }),
    }])
    .heads(&[ETAG]);

/// The Person with the identifier `key`. Where no statement names them, the name in the request is
/// all there is to tell (Communication 2.4, the note).
fn person(key: String, mut names: Vec<String>, asked: &str) -> String {
    if names.is_empty() {
        let asked = json::parse(asked).ok();
        let name = asked.as_ref().and_then(|agent| agent.get("name")).and_then(json::Node::str);
        names.extend(name.map(str::to_owned));
    }
    // By their bytes and not by the database: two engines sort texts in two ways.
    names.sort_unstable();
    rollbook_xapi::person::person(&[key], &names)
}
