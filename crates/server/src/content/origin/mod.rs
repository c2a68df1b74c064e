//! The content origin: a second port, or a second host name, on which there is nothing but the files
//! of courses (`scorm.md` 2.3; cmi5 8.1).
//!
//! What always holds: no cookie and no credential is read or set; a path begins with a capability
//! and reaches the files of its version only; what cannot be served looks like what does not exist.

mod media;
mod range;

use super::capability::{Capability, Claimed};
use super::store;
use super::url::PREFIX;
use crate::app::App;
use crate::blobs::Sha2;
use crate::error::{Code, Problem, Result};
use crate::http::api::Purpose;
use crate::http::conditional::Precondition;
use crate::http::server::Front;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use range::Range;
use rollbook_db::Tx;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Bytes of a path under the capability; percent-encoding makes three of one.
const PATH_BYTES_MAX: usize = 4 << 10;

/// A file of a version.
struct Found {
    path: String,
    sha2: Sha2,
    bytes: u64,
}

/// The service of the content origin.
pub fn front(app: &App) -> Front {
    let router = Router::new()
        .route("/c/{capability}/{*path}", get(serve).options(options))
        .with_state(app.clone());
    Front::new(router, app.limits.clone(), app.ids.clone()).of_content()
}

/// GET, HEAD /c/{capability}/{path}
async fn serve(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let mut response = match answer(&app, &parts).await {
        Ok(response) => response,
        Err(problem) => {
            let mut response = problem.into_response();
            let unkept = HeaderValue::from_static("no-store");
            response.headers_mut().insert(header::CACHE_CONTROL, unkept);
            response
        }
    };
    guard(&app, response.headers_mut());
    response
}

/// OPTIONS /c/{capability}/{path}
async fn options(State(app): State<App>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let methods = HeaderValue::from_static("GET, HEAD, OPTIONS");
    response.headers_mut().insert(header::ALLOW, methods);
    guard(&app, response.headers_mut());
    response
}

async fn answer(app: &App, parts: &Parts) -> Result<Response> {
    let nothing = || Problem::not_found("there is nothing at this address");
    let path = parts.uri.path().strip_prefix(PREFIX).ok_or_else(nothing)?;
    let (segment, path) = path.split_once('/').ok_or_else(nothing)?;
    let claimed = Claimed::read(segment).ok_or_else(nothing)?;
    let secret = app.secrets.made(claimed.tenant(), Purpose::Content).await?;
    let capability = secret.and_then(|secret| claimed.proved(&secret)).ok_or_else(nothing)?;
    if !app.content_url.admits(host(parts), capability.course, capability.version) {
        return Err(nothing());
    }
    if capability.expires <= app.clock.now_micros() {
        let detail = "this address has ended: launch the course again";
        return Err(Problem::of(Code::ContentExpired, detail));
    }
    let file = find(app, &capability, path).await?.ok_or_else(nothing)?;
    send(app, &capability, &file, parts).await
}

/// The file that a path means: exactly so, then percent-decoded, then whatever the case if only one
/// file is meant (many courses were only ever tried on Windows).
async fn find(app: &App, capability: &Capability, path: &str) -> Result<Option<Found>> {
    let Capability { tenant, course, version, .. } = *capability;
    let Ok(decoded) = percent_decode_str(path).decode_utf8() else { return Ok(None) };
    if path.len() > PATH_BYTES_MAX || decoded.chars().any(char::is_control) {
        return Ok(None);
    }
    let args = [
        tenant.0.into(),
        course.into(),
        version.into(),
        path.to_lowercase().into(),
        decoded.to_lowercase().into(),
    ];
    let job = move |tx: &mut Tx<'_>| tx.all(&store::FILES, &args);
    let rows: Vec<(String, String, i64)> = app.db.of(tenant.0).read(job).await?;
    let exact = |wanted: &str| rows.iter().position(|(known, ..)| known == wanted);
    let at = exact(path).or_else(|| exact(&decoded)).or((rows.len() == 1).then_some(0));
    let Some((path, sha2, bytes)) = at.and_then(|at| rows.into_iter().nth(at)) else {
        return Ok(None);
    };
    let lost = || Problem::internal(anyhow::anyhow!("a file of a course has no address"));
    let sha2 = Sha2::parse(&sha2).ok_or_else(lost)?;
    Ok(Some(Found { path, sha2, bytes: u64::try_from(bytes).map_err(Problem::internal)? }))
}

async fn send(app: &App, of: &Capability, file: &Found, parts: &Parts) -> Result<Response> {
    let tag = HeaderValue::try_from(format!("\"{}\"", file.sha2)).map_err(Problem::internal)?;
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    let media = media::of(&file.path);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept(media)));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if seen(&parts.headers, &file.sha2) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let whole = 0..file.bytes;
    let part = match Range::of(&parts.headers, &file.sha2, file.bytes) {
        Range::All => whole.clone(),
        Range::Part(part) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let text = format!("bytes {}-{}/{}", part.start, part.end - 1, file.bytes);
            let place = HeaderValue::try_from(text).map_err(Problem::internal)?;
            response.headers_mut().insert(header::CONTENT_RANGE, place);
            part
        }
        Range::Beyond => {
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            let text = HeaderValue::try_from(format!("bytes */{}", file.bytes));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_RANGE, text.map_err(Problem::internal)?);
            headers.remove(header::CONTENT_TYPE);
            return Ok(response);
        }
    };
    let bytes = part.end - part.start;
    response.headers_mut().insert(header::CONTENT_LENGTH, bytes.into());
    if parts.method == Method::HEAD || bytes == 0 {
        return Ok(response);
    }
    let contents = if part == whole {
        app.blobs.get(of.tenant, &file.sha2).await?
    } else {
        app.blobs.get_part(of.tenant, &file.sha2, part).await?
    };
    let lost =
        || Problem::internal(anyhow::anyhow!("the file {} of a course is missing", file.sha2));
    *response.body_mut() = Body::from_stream(contents.ok_or_else(lost)?.stream);
    Ok(response)
}

/// A page is looked at again each time, by its tag; what it loads never changes under its address.
fn kept(media: &str) -> &'static str {
    if media == "text/html" { "private, no-cache" } else { "private, max-age=31536000, immutable" }
}

/// Whether the browser has it. A tag that cannot be read is no reason to refuse a file.
fn seen(headers: &HeaderMap, sha2: &Sha2) -> bool {
    let asked = Precondition::from_headers(headers).unwrap_or_default();
    asked.if_none_match.is_some_and(|tags| tags.matches_weakly(Some(sha2.as_str())))
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
fn guard(app: &App, headers: &mut HeaderMap) {
    let others = app.content_frames.iter().map(String::as_str);
    let policy = ["frame-ancestors", "'self'", origin(&app.public_url)].into_iter().chain(others);
    if let Ok(policy) = HeaderValue::try_from(policy.collect::<Vec<_>>().join(" ")) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("unload=(self)"));
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
