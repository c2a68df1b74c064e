//! The Statements resource through HTTP, on both engines.
//!
//! A proof says in its doc comment which rows of the 42 known traps it is for ("Row 7."), with the
//! clause and the requirements; `docs/conformance.md` lists them and `cargo xtask tidy` compares.

mod attachments;
mod authority;
mod batches;
mod compression;
mod consistency;
mod equality;
mod errors;
mod exactness;
mod filters;
mod formats;
mod hostile;
mod kit;
mod model;
mod paging;
mod parameters;
mod references;
mod replica;
mod signatures;
mod strictness;
mod times;
mod versions;
mod voiding;
