//! Language tags (RFC 5646; 1.0.3 Data 4.2; 9274.1.1 4.2.7).

use oxilangtag::LanguageTag;

/// Whether `text` is a well-formed language tag.
pub fn is_tag(text: &str) -> bool {
    LanguageTag::parse(text).is_ok()
}
