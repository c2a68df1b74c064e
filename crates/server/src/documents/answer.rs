//! How documents are shown (1.0.3 Communication 2.2 "Last Modified", 3.1; 9274.1.1 4.1.4).
//!
//! Every answer carries an ETag. A document is somebody else's content, so a browser is told not to
//! guess its type, not to run it as a page of ours, and to ask again before it uses a copy.

use super::decide;
use super::document::Found;
use crate::error::{Problem, Result};
use crate::http::reply::{self, Headers};
use crate::http::{Precondition, conditional};
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};

/// One document; 404 if there is none.
pub(crate) fn one(found: Option<Found>, seen: &Precondition) -> Result<Response> {
    let found = found.ok_or_else(|| Problem::not_found("there is no document with this id"))?;
    let Found { content_type, etag, updated, body } = found;
    let mut headers = headers(&etag, Some(updated));
    if let Some(answer) = conditionally(seen, &etag, &headers)? {
        return Ok(answer);
    }
    let sandbox = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.push((header::CONTENT_SECURITY_POLICY, sandbox));
    headers.push((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
    Ok(reply::Document { content_type, contents: body, headers }.into_response())
}

/// The names in a context, each once though it may be in several registrations.
pub(super) fn names(found: Vec<(String, i64)>, seen: &Precondition) -> Result<Response> {
    let updated = found.iter().map(|(_, updated)| *updated).max();
    let mut names: Vec<String> = found.into_iter().map(|(name, _)| name).collect();
    // By their bytes and not by the database: two engines sort texts in two ways.
    names.sort_unstable();
    names.dedup();
    let text = serde_json::to_string(&names).map_err(Problem::internal)?;
    let etag = conditional::digest(text.as_bytes());
    let headers = headers(&etag, updated);
    if let Some(answer) = conditionally(seen, &etag, &headers)? {
        return Ok(answer);
    }
    Ok(reply::Json { text, headers }.into_response())
}

fn headers(etag: &str, updated: Option<i64>) -> Headers {
    let mut headers = vec![conditional::header(etag)];
    headers.extend(updated.map(reply::last_modified));
    // `Last-Modified` alone lets a browser reuse its copy for days (RFC 9111 4.2.2).
    headers.push((header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")));
    headers
}

/// The answer of a GET whose preconditions say that the contents are not wanted (RFC 9110 13.2.2).
fn conditionally(seen: &Precondition, etag: &str, headers: &Headers) -> Result<Option<Response>> {
    let only = Precondition { if_match: seen.if_match.clone(), if_none_match: None };
    if !only.holds(Some(etag)) {
        return Err(decide::precondition_failed());
    }
    if !seen.is_not_modified(Some(etag)) {
        return Ok(None);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().extend(headers.iter().cloned());
    Ok(Some(response))
}
