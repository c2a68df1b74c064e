//! U+0000 in text: PostgreSQL stores none, so the record escapes it, reversibly.
//!
//! What always holds: this is the form in which the record keeps names of terms and of actors, so
//! whoever looks one up escapes it first.

use std::borrow::Cow;

/// `text` without NUL: SUB becomes SUB 1 and NUL becomes SUB 0, so that no two texts become one.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains(['\0', '\u{1a}']) {
        text.replace('\u{1a}', "\u{1a}1").replace('\0', "\u{1a}0").into()
    } else {
        text.into()
    }
}

/// The text that [`without_nul`] made `text` of.
pub(crate) fn with_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\u{1a}') {
        text.replace("\u{1a}0", "\0").replace("\u{1a}1", "\u{1a}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        for text in ["", "a\0b", "a\u{1a}0b", "a\u{1a}b", "a\u{1a}\0", "\u{1a}1\0\0"] {
            let escaped = without_nul(text);
            assert!(!escaped.contains('\0'));
            assert_eq!(with_nul(&escaped), text);
        }
    }

    #[test]
    fn no_two_names_share_an_escaped_form() {
        let names = ["a\0b", "a\u{1a}0b", "a\u{1a}b", "ab", "a\u{1a}1b"];
        let escaped: std::collections::HashSet<_> =
            names.iter().map(|name| without_nul(name)).collect();
        assert_eq!(escaped.len(), names.len());
        assert!(escaped.iter().all(|name| !name.contains('\0')));
        for name in names {
            assert_eq!(with_nul(&without_nul(name)), name);
        }
    }
}
