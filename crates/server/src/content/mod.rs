//! Courses: packages that somebody uploaded, kept as they came, and served from an origin of their
//! own (cmi5 6.1, 13, 14).
//!
//! What always holds: a package is looked at whole before anything of it is kept, and what is wrong
//! with it is told at once; a version never changes, and the same bytes are the same version; the
//! upload is given back byte for byte. What is in a package is somebody else's program: it runs
//! only on the content origin, where there is no API, no cookie and no other package.

mod capability;
mod decide;
mod examine;
mod faults;
mod imports;
mod keep;
mod operations;
mod origin;
mod prepare;
mod receive;
mod routes;
mod show;
mod spelling;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod url;

use crate::http::Feature;

pub(crate) use capability::Capability;
pub(crate) use decide::{delete, unkept};
pub use imports::Imports;
pub(crate) use imports::to_its_end;
pub use origin::front;
pub(crate) use prepare::{Newest, Upload, newest};
pub(crate) use receive::{RAW, receive};
pub use url::ContentUrl;

/// The endpoints under `/api/v1/courses`; those of the content origin are not among them.
pub const FEATURE: Feature =
    Feature { name: "content", endpoints: operations::ENDPOINTS, sql: &[store::ALL] };
