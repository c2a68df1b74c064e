//! GET /launch/{token}, /return/{code} and the files of these pages.

use crate::error::{Problem, Result};
use crate::http::Precondition;
use crate::http::assets::{self, Surface};
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};

/// What a browser may do with the pages: run our own files, ask this server, and frame units, which
/// may be anywhere. The way back is opened in the frame in which the unit was.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-src http: https:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'self'";

/// Units in frames may still hear that they are left (Permissions Policy; `scorm.md` 2.3).
const PERMISSIONS: (HeaderName, HeaderValue) =
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static("unload=*"));

const SURFACE: Surface = Surface { folder: "learner", policy: POLICY };

/// What is shown by a program that was built without its pages.
const UNBUILT: &str = include_str!("unbuilt.html");

pub(super) async fn course(headers: HeaderMap, seen: Precondition) -> Response {
    page("index.html", &headers, &seen)
}

pub(super) async fn way_back(headers: HeaderMap, seen: Precondition) -> Response {
    page("return.html", &headers, &seen)
}

fn page(name: &str, headers: &HeaderMap, seen: &Precondition) -> Response {
    let built = SURFACE.answer(name, headers, seen);
    let mut page = built.unwrap_or_else(|| SURFACE.html(UNBUILT, seen));
    page.headers_mut().extend([PERMISSIONS]);
    page
}

pub(super) async fn file(
    Path(file): Path<String>,
    headers: HeaderMap,
    seen: Precondition,
) -> Result<Response> {
    let name = assets::plain_name(&file).map(|name| format!("assets/{name}"));
    let found = name.and_then(|name| SURFACE.answer(&name, &headers, &seen));
    found.ok_or_else(|| Problem::not_found("the pages have no such file"))
}
