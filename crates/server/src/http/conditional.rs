//! `ETag`, `If-Match` and `If-None-Match` (1.0.3 Communication 3.1, 9274.1.1 4.1.4, RFC 9110 13).
//!
//! A document's tag is the SHA-1 of its content in hexadecimal; it is strong and quoted on the
//! wire. `If-Match` compares strongly: a weak tag never matches. Some clients send tags without
//! quotes, which are taken as if they had them.

use crate::error::{Code, Problem, Result};
use axum::extract::FromRequestParts;
use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha1::{Digest as _, Sha1};
use std::fmt::Write as _;

/// One entity tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Whether it was given as `W/"…"`.
    pub weak: bool,
    /// What is between the quotes.
    pub opaque: String,
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// `*`: any document at all.
    Any,
    /// One of these.
    List(Vec<Tag>),
}

/// What a request demands of the document as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition {
    /// `If-Match`.
    pub if_match: Option<Tags>,
    /// `If-None-Match`.
    pub if_none_match: Option<Tags>,
}

impl Tags {
    /// The opaque parts of the strong tags; `None` for `*`.
    pub fn strong(&self) -> Option<Vec<&str>> {
        match self {
            Self::Any => None,
            Self::List(tags) => {
                Some(tags.iter().filter(|tag| !tag.weak).map(|tag| tag.opaque.as_str()).collect())
            }
        }
    }

    fn matches_strongly(&self, current: Option<&str>) -> bool {
        match (self.strong(), current) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(tags), Some(current)) => tags.contains(&current),
        }
    }

    /// Whether one of them is this tag, weak or not (RFC 9110 8.8.3.2).
    pub fn matches_weakly(&self, current: Option<&str>) -> bool {
        match (self, current) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::List(tags), Some(current)) => tags.iter().any(|tag| tag.opaque == current),
        }
    }
}

impl Precondition {
    /// Reads both headers; 400 if one cannot be understood.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self> {
        Ok(Self {
            if_match: tags(headers, &IF_MATCH)?,
            if_none_match: tags(headers, &IF_NONE_MATCH)?,
        })
    }

    /// Whether neither header was given.
    pub fn is_none(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    /// Whether a write may go on, given the opaque part of the stored document's tag.
    pub fn holds(&self, current: Option<&str>) -> bool {
        self.if_match.as_ref().is_none_or(|tags| tags.matches_strongly(current))
            && !self.is_not_modified(current)
    }

    /// Whether a read may be answered by 304.
    pub fn is_not_modified(&self, current: Option<&str>) -> bool {
        self.if_none_match.as_ref().is_some_and(|tags| tags.matches_weakly(current))
    }
}

impl<S: Sync> FromRequestParts<S> for Precondition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Self::from_headers(&parts.headers)
    }
}

/// The opaque part of the tag of a document with these contents: SHA-1 in hexadecimal.
pub fn digest(contents: &[u8]) -> String {
    Sha1::digest(contents).iter().fold(String::with_capacity(40), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes what is written to it");
        text
    })
}

/// The tag of a document with these contents, quoted.
pub fn etag_for(contents: &[u8]) -> String {
    format!("\"{}\"", digest(contents))
}

/// The `ETag` header for a tag's opaque part, as [`digest`] makes it.
pub fn header(opaque: &str) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::try_from(format!("\"{opaque}\""));
    (ETAG, value.expect("a digest is hexadecimal"))
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>> {
    let mut list = Vec::new();
    let mut given = false;
    for value in headers.get_all(name) {
        given = true;
        let text = value.to_str().map_err(|error| malformed(name).because(error))?.trim();
        if text == "*" {
            return Ok(Some(Tags::Any));
        }
        read_list(text, &mut list).ok_or_else(|| malformed(name))?;
    }
    Ok(given.then_some(Tags::List(list)))
}

fn malformed(name: &HeaderName) -> Problem {
    let detail = format!("the header {name} must be `*` or a list of quoted entity tags");
    Problem::bad_request(Code::HeaderMalformed, detail)
}

/// Reads `"a", W/"b", c`; none if a quote is not closed or a tag is empty of any text.
fn read_list(text: &str, list: &mut Vec<Tag>) -> Option<()> {
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let unprefixed = rest.strip_prefix("W/").or_else(|| rest.strip_prefix("w/"));
        let weak = unprefixed.is_some();
        let tag = unprefixed.unwrap_or(rest);
        let (opaque, after) = match tag.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => tag.split_at_checked(tag.find([',', ' ', '\t']).unwrap_or(tag.len()))?,
        };
        if opaque.contains('"') {
            return None;
        }
        list.push(Tag { weak, opaque: opaque.to_owned() });
        let after = after.trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn precondition(headers: &[(HeaderName, &'static str)]) -> Result<Precondition> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        Precondition::from_headers(&map)
    }

    #[test]
    fn a_tag_is_the_quoted_sha1_of_the_content() {
        assert_eq!(etag_for(b"abc"), "\"a9993e364706816aba3e25717850c26c9cd0d89d\"");
    }

    #[test]
    fn if_match_needs_a_strong_match() {
        let both = precondition(&[(IF_MATCH, "\"a\", W/\"b\" , c")]).unwrap();
        assert!(both.holds(Some("a")));
        assert!(!both.holds(Some("b")), "a weak tag never matches strongly");
        assert!(both.holds(Some("c")), "quotes may be missing");
        assert!(!both.holds(Some("d")));
        assert!(!both.holds(None));
    }

    #[test]
    fn if_match_star_needs_a_document_and_if_none_match_star_needs_none() {
        let some = precondition(&[(IF_MATCH, "*")]).unwrap();
        assert!(some.holds(Some("a")) && !some.holds(None));
        let none = precondition(&[(IF_NONE_MATCH, "*")]).unwrap();
        assert!(!none.holds(Some("a")) && none.holds(None));
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let weak = precondition(&[(IF_NONE_MATCH, "W/\"a\"")]).unwrap();
        assert!(weak.is_not_modified(Some("a")));
        assert!(!weak.is_not_modified(Some("b")) && !weak.is_not_modified(None));
    }

    #[test]
    fn a_header_given_twice_is_one_list() {
        let two = precondition(&[(IF_MATCH, "\"a\""), (IF_MATCH, "\"b\"")]).unwrap();
        assert!(two.holds(Some("a")) && two.holds(Some("b")));
    }

    #[test]
    fn a_comma_may_be_inside_a_tag() {
        let one = precondition(&[(IF_MATCH, "\"a,b\"")]).unwrap();
        assert!(one.holds(Some("a,b")) && !one.holds(Some("a")));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in ["\"a", "\"a\"b", "a\"b", "W/\"a"] {
            let problem = precondition(&[(IF_MATCH, text)]).unwrap_err();
            assert_eq!(problem.status.as_u16(), 400, "{text}");
        }
    }

    #[test]
    fn nothing_is_demanded_without_headers() {
        let none = precondition(&[]).unwrap();
        assert!(none.is_none() && none.holds(None) && none.holds(Some("a")));
    }
}
