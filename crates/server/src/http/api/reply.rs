//! The answer of a write, in a form that can be kept and sealed.

use crate::error::{Problem, Result};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

/// The answer of a write, in a form that can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// A status without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// A status with JSON.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(Problem::internal)?;
        let kind = HeaderValue::from_static("application/json");
        Ok(Self { body: body.into(), ..Self::empty(status) }.with(http::header::CONTENT_TYPE, kind))
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The answer itself.
    pub fn into_response(self) -> Response {
        let Self { status, headers, body } = self;
        let mut response = (status, body).into_response();
        // Bytes bring a content type of their own.
        response.headers_mut().remove(http::header::CONTENT_TYPE);
        for (name, value) in headers {
            response.headers_mut().append(name, value);
        }
        response
    }

    /// JSON of status and headers, its length before it, and the body behind it.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        let headers = self.headers.iter();
        let headers: Vec<(&str, &[u8])> =
            headers.map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let head =
            serde_json::to_vec(&(self.status.as_u16(), headers)).map_err(Problem::internal)?;
        let length = u32::try_from(head.len()).map_err(Problem::internal)?;
        Ok([&length.to_be_bytes(), &*head, &*self.body].concat())
    }

    /// The reply that was made into these bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::parse(bytes)
            .ok_or_else(|| Problem::internal(anyhow::anyhow!("a kept answer cannot be read")))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (head, body) = rest.split_at_checked(length)?;
        let (status, headers): (u16, Vec<(String, Vec<u8>)>) = serde_json::from_slice(head).ok()?;
        let header = |(name, value): (String, Vec<u8>)| {
            Some((name.parse().ok()?, HeaderValue::from_bytes(&value).ok()?))
        };
        Some(Self {
            status: StatusCode::from_u16(status).ok()?,
            headers: headers.into_iter().map(header).collect::<Option<_>>()?,
            body: Bytes::copy_from_slice(body),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::RETRY_AFTER;
    use proptest::prelude::*;

    #[test]
    fn an_answer_comes_back_whole() {
        let value = HeaderValue::from_bytes(b"caf\xE9").unwrap();
        let reply = Reply::json(StatusCode::CREATED, &"x").unwrap().with(RETRY_AFTER, value);
        assert_eq!(Reply::from_bytes(&reply.to_bytes().unwrap()).unwrap(), reply);
        let empty = Reply::empty(StatusCode::NO_CONTENT);
        assert_eq!(Reply::from_bytes(&empty.to_bytes().unwrap()).unwrap(), empty);
    }

    proptest! {
        #[test]
        fn hostile_bytes_end_in_an_answer(bytes: Vec<u8>) {
            drop(Reply::from_bytes(&bytes));
        }
    }
}
