//! The Statements resource through HTTP, on both engines.

mod model;
