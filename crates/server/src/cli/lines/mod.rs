//! The lines of an export (docs/export.md): NDJSON, one thing a line.
//!
//! What always holds: the same record gives the same bytes, on both engines and after any number of
//! exports and imports; so no line holds a time, a number or an order that is this store's own.

mod file;
mod read;
mod write;

pub(super) use file::{Source, Target};
pub(super) use read::{Item, Reader};
pub(super) use write::Writer;

use serde::{Deserialize, Serialize};

/// The format that this program writes and reads.
pub(super) const FORMAT: u32 = 1;

/// How many things of each kind an export holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) statements: u64,
    pub(super) attachments: u64,
    pub(super) documents: u64,
    pub(super) definitions: u64,
    pub(super) names: u64,
}

/// The line of a document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    resource: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    activity: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    agent: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    registration: String,
    id: String,
    content_type: String,
    etag: String,
    updated: String,
    content: String,
}

/// The line of an actor's name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    actor: String,
    name: String,
}
