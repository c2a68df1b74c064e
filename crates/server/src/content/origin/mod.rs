//! The content origin: a second port, or a second host name, on which there is nothing but the files
//! of courses (`scorm.md` 2.3; cmi5 8.1).
//!
//! What always holds: no cookie and no credential is read or set; a path begins with a capability
//! and reaches the files of its version only, while its session lasts; what cannot be served looks
//! like what does not exist.

mod ended;
mod find;
mod media;
mod range;
mod send;

use super::capability::Claimed;
use super::url::PREFIX;
use crate::app::App;
use crate::error::{Code, Problem, Result};
use crate::http::api::Purpose;
use crate::http::server::Front;
use crate::operate::{CONTENT_PLACE, Seen};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use find::{Memory, is_over};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What the handlers need.
#[derive(Clone)]
struct Origin {
    app: App,
    memory: Memory,
}

/// The service of the content origin.
pub fn front(app: &App) -> Front {
    let origin = Origin { app: app.clone(), memory: Memory::default() };
    let router = Router::new()
        .route("/c/{capability}/{*path}", get(serve).options(options))
        .with_state(origin);
    Front::of_content(router, app, guard(app))
}

/// GET, HEAD /c/{capability}/{path}
async fn serve(State(origin): State<Origin>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    Seen::endpoint(&parts.extensions, *CONTENT_PLACE);
    match answer(&origin, &parts).await {
        Ok(response) => response,
        Err(problem) if problem.code == Code::ContentExpired => ended::answer(problem, &parts),
        Err(problem) => problem.into_response(),
    }
}

/// OPTIONS /c/{capability}/{path}
async fn options() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let methods = HeaderValue::from_static("GET, HEAD, OPTIONS");
    response.headers_mut().insert(header::ALLOW, methods);
    response
}

async fn answer(origin: &Origin, parts: &Parts) -> Result<Response> {
    let Origin { app, memory } = origin;
    let nothing = || Problem::not_found("there is nothing at this address");
    let ended = || {
        let detail = "this address has ended: launch the course again";
        Problem::of(Code::ContentExpired, detail)
    };
    let path = parts.uri.path().strip_prefix(PREFIX).ok_or_else(nothing)?;
    let (segment, path) = path.split_once('/').ok_or_else(nothing)?;
    let claimed = Claimed::read(segment).ok_or_else(nothing)?;
    let secret = app.secrets.made(claimed.tenant(), Purpose::Content).await?;
    let capability = secret.and_then(|secret| claimed.proved(&secret)).ok_or_else(nothing)?;
    if !app.content_url.admits(host(parts), capability.course, capability.version) {
        return Err(nothing());
    }
    if capability.expires <= app.clock.now_micros() {
        return Err(ended());
    }
    let (session, file) = memory.find(app, &capability, path).await?;
    if is_over(app, session) {
        return Err(ended());
    }
    send::send(app, &capability, &file.ok_or_else(nothing)?, parts).await
}

fn host(parts: &Parts) -> &str {
    let named = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| parts.uri.host()).unwrap_or_default()
}

/// What keeps a course to itself: only platforms that are known frame it, no other site loads its files, and it
/// never tells its address, which is its capability, to another.
///
/// Where it connects to is not narrowed: it must reach the xAPI endpoint, which is on another
/// origin, takes no cookie and knows it by its token only; and courses load media from anywhere.
fn guard(app: &App) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let others = app.content_frames.iter().map(String::as_str);
    let policy = ["frame-ancestors", "'self'", origin(&app.public_url)].into_iter().chain(others);
    if let Ok(policy) = HeaderValue::try_from(policy.collect::<Vec<_>>().join(" ")) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("unload=(self)"));
    headers
}

/// The scheme, host and port of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    match url.get(host..).and_then(|rest| rest.find('/')) {
        Some(end) => url.get(..host + end).unwrap_or(url),
        None => url,
    }
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_has_no_path() {
        for (url, expected) in [
            ("https://lrs.example.com", "https://lrs.example.com"),
            ("https://example.com:8443/lrs/x", "https://example.com:8443"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }
}
