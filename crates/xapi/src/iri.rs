//! IRIs, IRLs and the URIs of actors (RFC 3987, RFC 3986; 1.0.3 Data 4.3; 9274.1.1 4.2.7).
//!
//! Only checked, never normalized: two IRIs are the same when their characters are.

use iri_string::types::{IriStr, UriStr};

/// Whether `text` is an IRI, that is an absolute one with a scheme; also what IRLs are checked by,
/// because no list of schemes that resolve is closed.
pub fn is_iri(text: &str) -> bool {
    IriStr::new(text).is_ok()
}

/// Whether `text` is a URI, that is an IRI of ASCII characters.
pub fn is_uri(text: &str) -> bool {
    UriStr::new(text).is_ok()
}

/// Whether `text` is `mailto:` and one address, without the parameters and lists of RFC 6068.
pub fn is_mailbox(text: &str) -> bool {
    let Some(address) = text.strip_prefix("mailto:") else { return false };
    let Some((local, domain)) = address.split_once('@') else { return false };
    !local.is_empty()
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.contains('@')
        && !address.contains(['?', '#', ','])
        && is_iri(text)
}

#[cfg(test)]
mod tests {
    use super::{is_iri, is_mailbox, is_uri};

    #[test]
    fn iris() {
        for text in [
            "http://example.org",
            "https://example.org/ünïcode/فعل?q=ä#f",
            "urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427",
            "tag:example.org,2026:x",
            "HTTP://EXAMPLE.ORG/%7E",
            "a:",
        ] {
            assert!(is_iri(text), "{text}");
        }
        for text in [
            "",
            "example.org",
            "/path",
            "../x",
            "#f",
            "a=b:x",
            "1http://x",
            "http://exa mple.org",
            "http://example.org/<x>",
            "http://example.org/%zz",
            ":x",
        ] {
            assert!(!is_iri(text), "{text}");
        }
        assert!(is_uri("http://example.org/a") && !is_uri("http://example.org/ä"));
    }

    #[test]
    fn mailboxes() {
        for text in [
            "mailto:ann@example.org",
            "mailto:ann.o'b+tag/x@example.org",
            "mailto:ann@localhost",
            "mailto:änn@bücher.example",
            "mailto:%22a%20b%22@example.org",
        ] {
            assert!(is_mailbox(text), "{text}");
        }
        for text in [
            "",
            "mailto:",
            "ann@example.org",
            "MAILTO:ann@example.org",
            "mailto:ann",
            "mailto:@example.org",
            "mailto:ann@",
            "mailto:ann@.org",
            "mailto:ann@b@example.org",
            "mailto:ann@example.org?subject=x",
            "mailto:ann@example.org,bob@example.org",
            "mailto:ann b@example.org",
            "mailto:ann@example.org#x",
            "mailto: ann@example.org",
            "http://ann@example.org",
        ] {
            assert!(!is_mailbox(text), "{text}");
        }
    }
}
