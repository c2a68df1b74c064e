//! Whether an assignable unit's URL can be launched (8.1, 13.1.4, 14.1, 14.2).

use super::elements::Reader;
use super::{ABSOLUTE, FILE, QUERY, SCHEME, URL};
use crate::launch::PARAMETERS;
use iri_string::types::{UriReferenceStr, UriStr};
use percent_encoding::percent_decode_str;
use roxmltree::Node;

/// What a URL of the structure may be relative to.
pub enum Launchable<'a> {
    /// Nothing: the structure came without a package (14.2).
    Absolute,
    /// A package: whether it has a file of this name (14.1).
    Package(&'a dyn Fn(&str) -> bool),
}

/// Schemes that a browser runs or opens with the rights of the page that launches.
const SCHEMES_REFUSED: [&str; 7] =
    ["javascript", "data", "file", "vbscript", "blob", "about", "filesystem"];

/// The file of a package that a relative URL leads to, without query and fragment.
///
/// None if it leads out of the package or names no file.
pub fn file_of(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    if path.starts_with('/') {
        return None;
    }
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let mut steps: Vec<&str> = Vec::new();
    for step in decoded.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    if steps.is_empty() || decoded.ends_with('/') || decoded.contains('\0') {
        return None;
    }
    Some(steps.join("/"))
}

pub(super) fn check(
    reader: &mut Reader<'_>,
    element: Node<'_, '_>,
    url: &str,
    launchable: &Launchable<'_>,
) {
    if url.is_empty() {
        reader.fault(element, super::SCHEMA, "the URL is empty", "say where the unit starts");
        return;
    }
    if UriReferenceStr::new(url).is_err() {
        let fix = "percent-encode what is not allowed: a space is %20";
        reader.fault(element, URL, "the URL has characters that RFC 1738 does not allow", fix);
        return;
    }
    for name in query_names(url) {
        if let Some(taken) = PARAMETERS.iter().find(|taken| taken.eq_ignore_ascii_case(&name)) {
            let message = format!("the URL's own query uses the name {name:?}");
            let fix = format!("rename it: a launch adds {taken:?} itself");
            reader.fault(element, QUERY, message, fix);
        }
    }
    if let Ok(absolute) = UriStr::new(url) {
        let scheme = absolute.scheme_str().to_ascii_lowercase();
        if SCHEMES_REFUSED.contains(&scheme.as_str()) {
            let message = format!("a unit is not launched from a {scheme}: URL");
            reader.fault(element, SCHEME, message, "use https:, or a file of the package");
        }
        return;
    }
    match launchable {
        Launchable::Absolute => {
            let message =
                "the URL is relative, and there is no package that it could be relative to";
            reader.fault(element, ABSOLUTE, message, "use a full URL, or import a package");
        }
        Launchable::Package(has) => {
            let file = file_of(url);
            // Some archives name a file `a%20b`.
            let literal = url.split(['?', '#']).next().unwrap_or_default();
            if !file.as_deref().is_some_and(has) && !has(literal) {
                let message = "the package has no file at this URL";
                let fix = "add the file, or correct the URL; names are case-sensitive";
                reader.fault(element, FILE, message, fix);
            }
        }
    }
}

/// The names in a URL's query, decoded.
fn query_names(url: &str) -> Vec<String> {
    let before = url.split('#').next().unwrap_or_default();
    let Some((_, query)) = before.split_once('?') else { return Vec::new() };
    let name = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        percent_decode_str(name).decode_utf8_lossy().into_owned()
    };
    query.split('&').map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::{file_of, query_names};

    #[test]
    fn files() {
        for (url, expected) in [
            ("index.html", Some("index.html")),
            ("./a/../index.html?x=1#top", Some("index.html")),
            ("my%20course/start%2Ehtml", Some("my course/start.html")),
            ("a//b.html", Some("a/b.html")),
            ("../index.html", None),
            ("a/../../index.html", None),
            ("%2e%2e/index.html", None),
            ("/index.html", None),
            ("?x=1", None),
            ("a/", None),
            ("%ff", None),
            ("a%00", None),
        ] {
            assert_eq!(file_of(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn names() {
        assert_eq!(query_names("a?x=1&f%65tch&=2#?y=1"), ["x", "fetch", ""]);
        assert!(query_names("a#?x").is_empty());
    }
}
