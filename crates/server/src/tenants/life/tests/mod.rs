//! The life of a tenant through HTTP, on both engines.

mod cycle;
mod deletion;
mod kit;
mod races;
