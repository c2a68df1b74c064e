//! GET /openapi.json, /docs and the files of the page.

use crate::error::{Problem, Result};
use crate::http::assets::{self, Surface};
use crate::http::reply::Json;
use crate::http::{Precondition, conditional, cors, openapi};
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::sync::LazyLock;

/// What a browser may do with the page: run our own files and ask this server, nothing else.
/// `data:` is for the icons in the style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) const SURFACE: Surface = Surface { folder: "docs", policy: POLICY };

/// What is shown by a program that was built without its pages.
const UNBUILT: &str = include_str!("unbuilt.html");

/// The document and its tag; it is the same as long as the program runs.
static DOCUMENT: LazyLock<(String, String)> = LazyLock::new(|| {
    let text = openapi::document(crate::FEATURES);
    let tag = conditional::digest(text.as_bytes());
    (text, tag)
});

pub(super) async fn document(seen: Precondition) -> Response {
    let (text, tag) = &*DOCUMENT;
    let mut response = if seen.is_not_modified(Some(tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Json::new(text.as_str()).into_response()
    };
    let headers = response.headers_mut();
    headers.extend([conditional::header(tag)]);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    cors::open(headers);
    response
}

pub(super) async fn page(headers: HeaderMap, seen: Precondition) -> Response {
    let built = SURFACE.answer("index.html", &headers, &seen);
    built.unwrap_or_else(|| SURFACE.html(UNBUILT, &seen))
}

pub(super) async fn file(
    Path(file): Path<String>,
    headers: HeaderMap,
    seen: Precondition,
) -> Result<Response> {
    let name = assets::plain_name(&file).map(|name| format!("assets/{name}"));
    let found = name.and_then(|name| SURFACE.answer(&name, &headers, &seen));
    found.ok_or_else(|| Problem::not_found("the page has no such file"))
}
