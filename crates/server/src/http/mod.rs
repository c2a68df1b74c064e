//! What all surfaces share: the router, authority, headers, conditional requests, multipart.

pub mod alternate;
pub mod api;
pub mod assets;
pub mod authority;
pub mod body;
pub mod client;
pub mod conditional;
pub mod cors;
pub mod feature;
pub mod form;
mod idle;
pub mod media;
pub mod multipart;
pub mod openapi;
pub mod parameters;
pub mod paths;
pub mod patience;
pub mod reply;
pub mod serve;
pub mod server;
pub mod trace;
pub mod version;

#[cfg(test)]
mod probes;
#[cfg(test)]
mod tests;

pub use conditional::Precondition;
pub use feature::{Access, Endpoint, Feature};
pub use openapi::Operation;
pub use parameters::Parameters;
pub use paths::Mount;
pub use version::XapiVersion;
