//! What all surfaces share: the router, authority, headers, conditional requests, multipart.

pub mod authority;
pub mod feature;

pub use feature::{Access, Endpoint, Feature};
