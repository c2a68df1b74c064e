//! What all surfaces share: the router, authority, headers, conditional requests, multipart.

pub mod authority;
pub mod feature;
#[cfg(test)]
mod probes;

pub use feature::{Access, Endpoint, Feature};
