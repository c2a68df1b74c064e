//! IRIs, IRLs and the URIs of actors (RFC 3987, RFC 3986; 1.0.3 Data 4.3; 9274.1.1 4.2.7).
//!
//! Only checked, never normalized: two IRIs are the same when their characters are.

use iri_string::types::{IriStr, UriStr};

/// Whether `text` is an IRI, that is an absolute one with a scheme.
pub fn is_iri(text: &str) -> bool {
    IriStr::new(text).is_ok()
}

/// Whether `text` is an IRL: an IRI that could be resolved. No list of schemes is closed.
pub fn is_irl(text: &str) -> bool {
    is_iri(text)
}

/// Whether `text` is a URI, that is an IRI of ASCII characters.
pub fn is_uri(text: &str) -> bool {
    UriStr::new(text).is_ok()
}

/// Whether `text` is `mailto:` and one address, without parameters.
pub fn is_mailbox(text: &str) -> bool {
    let Some(address) = text.strip_prefix("mailto:") else { return false };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | '?');
    let quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    !local.is_empty()
        && !domain.is_empty()
        && (quoted || !local.contains(['@', '"', ':', ';', '(', ')', '[', ']', '\\']))
        && !domain.starts_with('.')
        && !domain.contains(['"', ';', '(', ')', '\\'])
        && address.chars().all(plain)
}
