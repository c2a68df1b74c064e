//! Documents below HTTP, where writers contend, and through it.

mod below;
mod bench;
mod contention;
mod resources;
mod rules;
