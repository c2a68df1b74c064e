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
use crate::http::{Access, Endpoint, Feature, Operation};
use axum::routing;
use rollbook_xapi::json;

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature {
    name: "agents",
    endpoints: &[Endpoint {
        method: "GET",
        path: "/xapi/agents",
        access: Access::AnyOf(AgentReader::ANY_OF),
        operation: Operation::new("getPerson", "Read what is known of a person"),
        handler: || routing::get(routes::get),
    }],
    sql: &[store::ALL],
};

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
