//! Documents below HTTP, where writers contend, and through it.

mod below;
mod resources;
mod rules;
