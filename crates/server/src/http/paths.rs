//! Where the xAPI tree is mounted, and how a client's way of joining paths is understood.
//!
//! Clients join the endpoint and the resource in three ways (`base/res`, `base//res` and
//! `baseres`), and cmi5 launch URLs name `/api/xapi/statements` as the endpoint. So a path is not
//! routed as it stands: a mount is stripped from its front, and what is left names the resource.
//! The router only ever sees `/xapi/<resource>`.

use crate::error::{Code, Problem, Result};
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Request, StatusCode, Uri};
use std::convert::Infallible;

/// Where the canonical tree is.
pub const CANONICAL: &str = "/xapi";

/// Every mount of the xAPI tree, the longest first.
pub const MOUNTS: &[&str] = &["/api/xapi/statements", "/api/xapi", CANONICAL, "/xAPI"];

/// The resources of xAPI (1.0.3 Communication, Appendix B).
const RESOURCES: &[&str] = &[
    "statements",
    "activities",
    "activities/state",
    "activities/profile",
    "agents",
    "agents/profile",
    "about",
];

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A resource of xAPI.
    Resource {
        /// The mount that the client knows as its endpoint.
        mount: &'static str,
        /// The path that the router knows.
        path: String,
    },
    /// Something else under a mount, which does not exist.
    Stray,
    /// Not xAPI.
    Elsewhere,
}

/// The mount through which a request came; `more` links go back through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount(pub &'static str);

impl<S: Sync> FromRequestParts<S> for Mount {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(CANONICAL)))
    }
}

/// Finds out what `path` asks for.
pub fn locate(path: &str) -> Place {
    let mut under = false;
    for mount in MOUNTS {
        let Some(rest) = path.strip_prefix(mount) else { continue };
        if let Some(path) = resource(rest) {
            return Place::Resource { mount, path };
        }
        under |= rest.is_empty() || rest.starts_with('/');
    }
    if under { Place::Stray } else { Place::Elsewhere }
}

/// Gives the request the path that the router knows, and remembers the mount.
///
/// # Errors
/// 414 if the URI has no room for that path: it may be longer by a slash.
pub fn canonical<B>(request: &mut Request<B>) -> Result<Place> {
    let place = locate(request.uri().path());
    if let Place::Resource { mount, path } = &place {
        request.extensions_mut().insert(Mount(mount));
        if path != request.uri().path() {
            *request.uri_mut() = with_path(request.uri(), path)?;
        }
    }
    Ok(place)
}

/// The canonical path of what is left behind a mount.
fn resource(rest: &str) -> Option<String> {
    let name = rest.trim_start_matches('/').trim_end_matches('/');
    let known = RESOURCES.contains(&name)
        || name.strip_prefix("statements/").is_some_and(|id| !id.is_empty() && !id.contains('/'));
    known.then(|| format!("{CANONICAL}/{name}"))
}

/// The same with another path.
///
/// # Errors
/// 414 if that makes it too long.
pub fn with_path(uri: &Uri, path: &str) -> Result<Uri> {
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).map_err(too_long)?);
    Uri::from_parts(parts).map_err(too_long)
}

/// Both halves were in a valid URI, so all that can be wrong with the new one is its length.
fn too_long(cause: impl Into<anyhow::Error>) -> Problem {
    let detail = "the URI is too long; send long parameters in the body, by the alternate request \
                  syntax of xAPI 1.0";
    Problem::new(StatusCode::URI_TOO_LONG, Code::RequestUriTooLong, detail).because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(of: &str) -> Option<(&'static str, String)> {
        match locate(of) {
            Place::Resource { mount, path } => Some((mount, path)),
            Place::Stray | Place::Elsewhere => None,
        }
    }

    #[test]
    fn every_mount_joined_in_three_ways_leads_to_every_resource() {
        for mount in MOUNTS {
            for resource in RESOURCES {
                for slashes in ["/", "//", ""] {
                    for end in ["", "/"] {
                        let text = format!("{mount}{slashes}{resource}{end}");
                        let (_, found) = path(&text).expect(&text);
                        assert_eq!(found, format!("/xapi/{resource}"), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_mount_that_ends_in_statements_is_also_the_resource() {
        let statements = Some(("/api/xapi", "/xapi/statements".to_owned()));
        assert_eq!(path("/api/xapi/statements"), statements);
        assert_eq!(path("/api/xapi/statements/"), statements);
        let (mount, _) = path("/api/xapi/statements/statements").unwrap();
        assert_eq!(mount, "/api/xapi/statements");
        let (mount, state) = path("/api/xapi/statements/activities/state").unwrap();
        assert_eq!((mount, state.as_str()), ("/api/xapi/statements", "/xapi/activities/state"));
    }

    #[test]
    fn one_statement_has_a_path_under_every_mount() {
        let id = "7e4f4b0c-2b41-4d0a-9f3e-1f5b2b3f9a10";
        for mount in ["/xapi", "/xAPI", "/api/xapi", "/api/xapi/statements"] {
            let (_, found) = path(&format!("{mount}/statements/{id}")).unwrap();
            assert_eq!(found, format!("/xapi/statements/{id}"));
        }
        let (mount, found) = path(&format!("/api/xapi/statements/{id}")).unwrap();
        assert_eq!((mount, found), ("/api/xapi", format!("/xapi/statements/{id}")));
    }

    #[test]
    fn what_is_no_resource_is_stray_under_a_mount_and_elsewhere_outside() {
        for stray in ["/xapi", "/xapi/", "/xapi/nothing", "/xapi/statements/a/b", "/api/xapi/x"] {
            assert_eq!(locate(stray), Place::Stray, "{stray}");
        }
        for elsewhere in ["/", "/xapiary", "/XAPI/about", "/api/v1/keys", "/healthz"] {
            assert_eq!(locate(elsewhere), Place::Elsewhere, "{elsewhere}");
        }
    }

    #[test]
    fn the_query_survives() {
        let mut request = Request::get("/xAPI//agents?agent=%7B%7D").body(()).unwrap();
        canonical(&mut request).unwrap();
        assert_eq!(request.uri(), "/xapi/agents?agent=%7B%7D");
        assert_eq!(request.extensions().get(), Some(&Mount("/xAPI")));
    }
}
