//! Statements with their attachments (1.0.3 Communication 1.5; 9274.1.1 4.1.3).
//!
//! A `multipart/mixed` body carries the JSON first and then each attachment's bytes. They stream:
//! nothing of an attachment is in memory but a small window, and its hash is computed from what
//! came, never believed.

pub mod paced;
mod read;
#[cfg(test)]
mod tests;
mod write;

use crate::blobs::{Sha2, Spool};

pub use read::{fuzz, read};
pub use write::{Attached, reply};

/// A received body.
#[derive(Debug)]
pub struct Incoming {
    /// The JSON.
    pub text: String,
    /// Whether the body was `multipart/mixed`, with attachments or without.
    pub is_multipart: bool,
    /// The attachments, each content once.
    pub parts: Vec<Part>,
}

/// A received attachment; its contents have the hash that it claimed.
#[derive(Debug)]
pub struct Part {
    /// The address of its contents.
    pub sha2: Sha2,
    /// The `Content-Type` of its part, if there was one.
    pub content_type: Option<String>,
    /// Its contents.
    pub contents: Spool,
}
