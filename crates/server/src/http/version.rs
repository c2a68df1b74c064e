//! `X-Experience-API-Version` (1.0.3 Communication 3.3, XAPI-00331, XAPI-00333).
//!
//! The request's header chooses whose rules apply: `1.0` and `1.0.x` those of 1.0.3, `2.0` and
//! `2.0.x` those of IEEE 9274.1.1. Every answer in the xAPI tree carries the latest patch version
//! of the rules it was made by, and `2.0.0` when the request named none that we know.

use crate::error::{Code, Problem, Result};
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use rollbook_xapi::version::Version;

/// The header's name.
pub const HEADER: HeaderName = HeaderName::from_static("x-experience-api-version");

/// The version of a request; refuses a request without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XapiVersion(pub Version);

impl<S: Sync> FromRequestParts<S> for XapiVersion {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        of(&parts.headers).map(Self)
    }
}

/// The version that a request asks for.
pub fn of(headers: &HeaderMap) -> Result<Version> {
    let mut values = headers.get_all(HEADER).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else {
        return Err(Problem::bad_request(
            Code::VersionMissing,
            "the header X-Experience-API-Version is required; send 1.0.3 or 2.0.0",
        ));
    };
    let known = value.to_str().ok().and_then(|text| parse(text.trim()));
    known.filter(|_| second.is_none()).ok_or_else(|| {
        Problem::bad_request(
            Code::VersionUnsupported,
            "X-Experience-API-Version must be 1.0, 1.0.x, 2.0 or 2.0.x, given once",
        )
    })
}

/// What an answer to a request for `version` carries.
pub fn latest(version: Option<Version>) -> HeaderValue {
    HeaderValue::from_static(match version {
        Some(Version::V1) => "1.0.3",
        Some(Version::V2) | None => "2.0.0",
    })
}

fn parse(text: &str) -> Option<Version> {
    let (rest, version) = match text.split_at_checked(3)? {
        ("1.0", rest) => (rest, Version::V1),
        ("2.0", rest) => (rest, Version::V2),
        _ => return None,
    };
    let is_patch = |patch: &str| !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit());
    (rest.is_empty() || rest.strip_prefix('.').is_some_and(is_patch)).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_are_known_by_any_patch() {
        for text in ["1.0", "1.0.0", "1.0.1", "1.0.3", "1.0.12"] {
            assert_eq!(parse(text), Some(Version::V1), "{text}");
        }
        for text in ["2.0", "2.0.0", "2.0.7"] {
            assert_eq!(parse(text), Some(Version::V2), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in ["", "1", "0.9", "0.95", "1.1", "1.1.0", "1.0.", "1.0.x", "1.03", "2.1", "BAD"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_request_names_its_version_once() {
        let mut headers = HeaderMap::new();
        assert_eq!(of(&headers).unwrap_err().code.name(), "version.missing");
        headers.append(HEADER, HeaderValue::from_static(" 1.0.3 "));
        assert_eq!(of(&headers).unwrap(), Version::V1);
        headers.append(HEADER, HeaderValue::from_static("2.0.0"));
        assert_eq!(of(&headers).unwrap_err().code.name(), "version.unsupported");
    }
}
