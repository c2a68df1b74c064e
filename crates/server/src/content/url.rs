//! Addresses on the content origin.
//!
//! If the address that is set begins with `*`, each version of a course has a host name, and so an
//! origin, of its own: then courses cannot see what others keep in the browser either, and a
//! capability is good under the name of its version only.

use uuid::Uuid;

/// Where the content of all courses begins.
pub(super) const PREFIX: &str = "/c/";

/// The address of the content origin, or of each of them.
#[derive(Clone, Debug)]
pub struct ContentUrl(String);

impl ContentUrl {
    /// An address without `/` at its end.
    pub fn new(url: &str) -> Self {
        Self(url.to_owned())
    }

    /// Whether it has the same origin as another address (RFC 6454 4): then courses would run where
    /// the API is.
    pub fn is_at(&self, other: &str) -> bool {
        origin(&self.0) == origin(other)
    }

    /// The address of the top of a package.
    pub(crate) fn of(&self, course: Uuid, version: i64, capability: &str) -> String {
        let origin = self.0.replacen('*', &label(course, version), 1);
        format!("{origin}{PREFIX}{capability}/")
    }

    /// Whether a version of a course is served under this host name.
    pub(super) fn admits(&self, host: &str, course: Uuid, version: i64) -> bool {
        let first = host.split(['.', ':']).next().unwrap_or_default();
        !self.0.contains('*') || first.eq_ignore_ascii_case(&label(course, version))
    }
}

/// The scheme, host and port of an address, the usual port left out.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let place = rest.get(..end).unwrap_or(rest).to_ascii_lowercase();
    let scheme = scheme.to_ascii_lowercase();
    let usual = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}", place.strip_suffix(usual).unwrap_or(&place))
}

/// The first label of the host name of a version.
fn label(course: Uuid, version: i64) -> String {
    format!("c-{}-{version}", course.simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let content = ContentUrl::new("https://Lrs.example.com:443/content");
        for same in [
            "https://lrs.example.com",
            "HTTPS://LRS.EXAMPLE.COM:443/lrs",
            "https://lrs.example.com/?x",
        ] {
            assert!(content.is_at(same), "{same}");
        }
        for other in [
            "http://lrs.example.com",
            "https://lrs.example.com:8443",
            "https://content.example.com",
        ] {
            assert!(!content.is_at(other), "{other}");
        }
        assert!(!ContentUrl::new("http://127.0.0.1:9080").is_at("http://127.0.0.1:8080"));
        assert!(!ContentUrl::new("https://*.example.com").is_at("https://lrs.example.com"));
    }

    #[test]
    fn one_origin_for_all_or_one_for_each() {
        let course = Uuid::from_u128(10);
        let one = ContentUrl::new("http://127.0.0.1:9080");
        assert_eq!(one.of(course, 2, "cap"), "http://127.0.0.1:9080/c/cap/");
        assert!(one.admits("anything", course, 2));
        let each = ContentUrl::new("https://*.content.example.com");
        let host = "c-0000000000000000000000000000000a-2.content.example.com";
        assert_eq!(each.of(course, 2, "cap"), format!("https://{host}/c/cap/"));
        assert!(each.admits(&host.to_uppercase(), course, 2));
        assert!(each.admits(&format!("{host}:8443"), course, 2));
        for other in ["", "content.example.com", "c-0-2.content.example.com"] {
            assert!(!each.admits(other, course, 2), "{other}");
        }
        assert!(!each.admits(host, course, 3));
    }
}
