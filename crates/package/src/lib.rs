//! Packages of content, as somebody uploads them: what they are and what is in them.
//!
//! A package is somebody else's archive. Every entry is looked at before one is read, nothing is
//! read past its limit, and a name that was cleaned here leads nowhere but into the package. The
//! bytes come from a reader that the caller opened; this crate opens nothing.

mod archive;
mod directory;
mod limits;
mod name;
mod problem;
mod sniff;
#[cfg(test)]
mod tests;

pub use archive::{Archive, Entry};
pub use limits::Limits;
pub use problem::{Code, Problem};
pub use sniff::{Kind, Upload, kind, upload};
