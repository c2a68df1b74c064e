//! Files by content address: attachments, and later packages.

/// The blob store.
#[derive(Clone)]
pub struct Blobs;
