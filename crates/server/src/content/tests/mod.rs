//! Courses through HTTP, on both engines, with packages of our own making.

mod answers;
mod import;
mod isolation;
mod keeping;
pub(crate) mod kit;
mod origin;
mod structures;
mod versions;
