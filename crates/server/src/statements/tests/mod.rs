//! The Statements resource through HTTP, on both engines.

mod attachments;
mod batches;
mod consistency;
mod equality;
mod exactness;
mod filters;
mod formats;
mod kit;
mod model;
mod paging;
mod parameters;
mod references;
mod signatures;
mod voiding;
