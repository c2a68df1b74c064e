//! What tests are made of: random statements, and a naive model of the record to compare with.
//!
//! Never depends on the server, or the server's own unit tests would see two copies of it.

#![expect(
    clippy::indexing_slicing,
    reason = "an absent member of a JSON value is null, and a test may panic"
)]

pub mod model;
pub mod random;
#[cfg(feature = "s3")]
pub mod s3;
