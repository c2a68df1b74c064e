//! Two tenants with the same ids everywhere, and every endpoint called across the border between
//! them (issue 3, point 2): never a byte of the other, never another answer than for what exists
//! nowhere, and nothing of the other changed.
//!
//! `names` is what things are called, `world` makes the two tenants, `calls` fills in a call of each
//! endpoint of [`crate::FEATURES`], `told` is what of an answer may not differ, `rows` what a tenant has.

mod border;
mod calls;
mod credentials;
mod names;
mod operator;
pub(crate) mod rows;
mod together;
mod told;
mod wall;
mod world;
