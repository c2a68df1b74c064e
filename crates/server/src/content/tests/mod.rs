//! Courses through HTTP, on both engines, with packages of our own making.

mod import;
mod isolation;
mod kit;
mod origin;
mod structures;
mod versions;
