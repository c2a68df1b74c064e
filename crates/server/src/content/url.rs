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

/// The first label of the host name of a version.
fn label(course: Uuid, version: i64) -> String {
    format!("c-{}-{version}", course.simple())
}

#[cfg(test)]
mod tests {
    use super::*;

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
