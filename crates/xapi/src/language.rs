//! Language tags (RFC 5646; 1.0.3 Data 4.2; 9274.1.1 4.2.7).

use oxilangtag::LanguageTag;

/// Whether `text` is a language tag: well-formed, and no extension is there twice.
pub fn is_tag(text: &str) -> bool {
    let Ok(tag) = LanguageTag::parse(text) else { return false };
    let singletons =
        || tag.extension_subtags().map(|(singleton, _)| singleton.to_ascii_lowercase());
    singletons().enumerate().all(|(count, one)| singletons().take(count).all(|other| other != one))
}

#[cfg(test)]
mod tests {
    use super::is_tag;

    #[test]
    fn tags() {
        for tag in
            ["en", "en-US", "cmn", "zh-Hant", "sr-Latn-RS", "es-419", "x-own", "i-klingon", "EN-us"]
        {
            assert!(is_tag(tag), "{tag}");
        }
        for tag in ["", "e", "en_US", "en-", "-en", "b23456789", "en-a-bbb-a-ccc", "en us", "ä"] {
            assert!(!is_tag(tag), "{tag}");
        }
    }
}
