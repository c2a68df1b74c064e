//! Where tokens of launched content are looked up, by whoever launches content.
//!
//! Such a token stands where Basic authentication has `key:secret`, and is the whole credential: it
//! is looked up before anything is decoded (cmi5 8.1.2).

use super::Caller;
use crate::error::Problem;
use futures_util::future::BoxFuture;

/// What a session's token stands for.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who calls with it.
    pub caller: Caller,
    /// When it ends, in microseconds since 1970 UTC.
    pub expires: i64,
}

/// Knows the tokens of sessions by their digests.
pub trait Sessions: Send + Sync {
    /// The session whose token has this digest (SHA-256).
    fn find(&self, digest: [u8; 32]) -> BoxFuture<'_, Result<Option<Session>, Problem>>;
}

/// Nothing is launched here.
pub(super) struct NoSessions;

impl Sessions for NoSessions {
    fn find(&self, _: [u8; 32]) -> BoxFuture<'_, Result<Option<Session>, Problem>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
