//! What every answer under `/api` carries: the version of the API, and leave to be read by pages of
//! any origin (`progress.md` 2.2). The xAPI tree, also where it is mounted here, has its own.

use crate::http::cors;
use axum::body::Body;
use axum::response::Response;
use http::header::{ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, LINK};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The version of the API: the minor one grows with what is added (contract 2).
pub const VERSION: &str = "1.0";

const VERSION_HEADER: HeaderName = HeaderName::from_static("x-api-version");
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// What a page may read of every answer.
const EXPOSED: &str = "X-API-Version, X-Request-Id, ETag, Last-Modified, Link, Location, \
    Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-RateLimit-Limit, \
    X-RateLimit-Remaining, X-RateLimit-Reset, Deprecation, Sunset";

/// Whether a path, outside the xAPI tree, belongs to the API.
pub fn holds(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// Sets what every answer carries.
pub fn dress(headers: &mut HeaderMap) {
    headers.insert(VERSION_HEADER, HeaderValue::from_static(VERSION));
    cors::open(headers);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

/// The answer to an `OPTIONS` request; it needs no credential.
pub fn preflight(asked: &HeaderMap) -> Response<Body> {
    let mut response = cors::preflight(asked);
    for name in [ALLOW, ACCESS_CONTROL_ALLOW_METHODS] {
        response.headers_mut().insert(name, HeaderValue::from_static(METHODS));
    }
    response
}

/// The end of an endpoint that is still answered, in seconds since 1970 UTC.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// Since when it should not be used any more.
    pub deprecated: i64,
    /// When it will be gone, if that is known.
    pub sunset: Option<i64>,
    /// Where to read what to use instead: a path on this server.
    pub instead: &'static str,
}

impl Ending {
    /// Says so in an answer (RFC 9745, RFC 8594).
    pub fn announce(&self, headers: &mut HeaderMap) {
        let Self { deprecated, sunset, instead } = *self;
        let text =
            |text: String| HeaderValue::try_from(text).expect("a path and numbers are ASCII");
        headers.insert(DEPRECATION, text(format!("@{deprecated}")));
        if let Some(sunset) = sunset {
            let at = crate::http::reply::http_date(sunset.saturating_mul(1_000_000));
            headers.insert(SUNSET, at);
        }
        headers.append(LINK, text(format!("<{instead}>; rel=\"deprecation\"")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_a_tree() {
        for (path, holds_it) in
            [("/api", true), ("/api/v1/keys", true), ("/apis", false), ("/xapi/about", false)]
        {
            assert_eq!(holds(path), holds_it, "{path}");
        }
    }

    #[test]
    fn an_ending_is_announced() {
        let mut headers = HeaderMap::new();
        let ending =
            Ending { deprecated: 1_688_169_599, sunset: Some(784_111_777), instead: "/docs" };
        ending.announce(&mut headers);
        assert_eq!(headers["deprecation"], "@1688169599");
        assert_eq!(headers["sunset"], "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(headers["link"], "</docs>; rel=\"deprecation\"");
    }
}
