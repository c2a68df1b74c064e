//! A document: any bytes of any type (1.0.3 Communication 2.2, 9274.1.1 4.1.6.2).
//!
//! What always holds: the etag is the SHA-1 of the bytes in lower-case hexadecimal, as 1.0.3
//! Communication 3.1 demands, so an unchanged document keeps its etag.

use crate::http::conditional;

/// What a document without a Content-Type is.
pub(super) const ANY_BYTES: &str = "application/octet-stream";

/// A document about to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// The Content-Type it came with.
    pub(super) content_type: String,
    /// Its digest.
    pub(super) etag: String,
    /// When it is stored, in microseconds since 1970 UTC.
    pub(super) updated: i64,
    /// Its bytes.
    pub(super) body: Vec<u8>,
}

/// A document that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The Content-Type it came with.
    pub(super) content_type: String,
    /// Its digest.
    pub(super) etag: String,
    /// When it was last stored, in microseconds since 1970 UTC.
    pub(super) updated: i64,
    /// Its bytes.
    pub(super) body: Vec<u8>,
}

impl Document {
    /// A document of `body`, stored at `updated`.
    pub(super) fn new(content_type: String, body: Vec<u8>, updated: i64) -> Self {
        Self { content_type, etag: conditional::digest(&body), updated, body }
    }
}
