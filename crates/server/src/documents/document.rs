//! A document: any bytes of any type (1.0.3 Communication 2.2, 9274.1.1 4.1.6.2).
//!
//! What always holds: the etag is the SHA-1 of the bytes in lower-case hexadecimal, as 1.0.3
//! Communication 3.1 demands, so an unchanged document keeps its etag.

use super::merge;
use crate::app::App;
use crate::error::{Code, Problem, Result};
use crate::http::{body, conditional};
use axum::extract::Request;
use http::header;

/// What a document without a Content-Type is.
const ANY_BYTES: &str = "application/octet-stream";

/// Bytes of a document that is checked between other requests; a longer one would hold them up.
const INLINE_BYTES_MAX: usize = 256 << 10;

/// A document about to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
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
pub(crate) struct Found {
    /// The Content-Type it came with.
    pub(super) content_type: String,
    /// Its digest.
    pub(super) etag: String,
    /// When it was last stored, in microseconds since 1970 UTC.
    pub(super) updated: i64,
    /// Its bytes.
    pub(crate) body: Vec<u8>,
}

impl Document {
    /// The document that a request carries, stored now.
    ///
    /// # Errors
    /// 413 if it is too large; 400 if it says that it is JSON and is not (1.0.3 Communication 3.2,
    /// XAPI-00235, XAPI-00314).
    pub(super) async fn read(app: &App, request: Request) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let content_type = match parts.headers.get(header::CONTENT_TYPE) {
            None => ANY_BYTES.to_owned(),
            Some(value) => value.to_str().map_err(unreadable_type)?.to_owned(),
        };
        let max = app.limits.document_bytes_max;
        let body = body::read(body, max, "document_bytes_max").await?;
        let updated = app.clock.now_micros();
        aside(body.len(), move || Self::checked(content_type, body.into(), updated)).await?
    }

    /// A document whose bytes are what its type says.
    fn checked(content_type: String, body: Vec<u8>, updated: i64) -> Result<Self> {
        if merge::is_json_type(&content_type) && !merge::is_json(&body) {
            let detail = "the Content-Type is application/json, and the body is not JSON; send what \
                          it is, or application/octet-stream";
            return Err(Problem::bad_request(Code::DocumentNotJson, detail));
        }
        Ok(Self::new(content_type, body, updated))
    }

    /// A document of `body`, stored at `updated`.
    pub(super) fn new(content_type: String, body: Vec<u8>, updated: i64) -> Self {
        Self { content_type, etag: conditional::digest(&body), updated, body }
    }
}

/// What `work` finds, on a thread of its own if it looks at many `bytes`.
async fn aside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    if bytes > INLINE_BYTES_MAX {
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    } else {
        Ok(work())
    }
}

fn unreadable_type(cause: header::ToStrError) -> Problem {
    let detail = "the Content-Type holds characters other than visible ASCII";
    Problem::bad_request(Code::DocumentContentType, detail).because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[tokio::test]
    async fn long_work_leaves_the_thread_to_other_requests() {
        let here = thread::current().id();
        assert_eq!(aside(INLINE_BYTES_MAX, || thread::current().id()).await.unwrap(), here);
        assert_ne!(aside(INLINE_BYTES_MAX + 1, || thread::current().id()).await.unwrap(), here);
    }
}
