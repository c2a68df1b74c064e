//! Which part of a file is asked for (RFC 9110 14): one range, as players of media ask for it.
//!
//! Several ranges at once, other units and what cannot be read are answered with the whole file, as
//! the standard allows.

use crate::blobs::Sha2;
use http::{HeaderMap, header};

/// What to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// All of it.
    All,
    /// These bytes, one at least.
    Part(std::ops::Range<u64>),
    /// Nothing: it begins behind the end.
    Beyond,
}

impl Range {
    /// The range that the headers ask for of a file of this many bytes.
    pub(super) fn of(headers: &HeaderMap, sha2: &Sha2, bytes: u64) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let same = |tag: &str| tag.trim() == format!("\"{sha2}\"");
        // A part of another file would be put together with what is there (RFC 9110 13.1.5).
        if headers.contains_key(header::IF_RANGE) && !text(header::IF_RANGE).is_some_and(same) {
            return Self::All;
        }
        text(header::RANGE).map_or(Self::All, |range| Self::parse(range, bytes))
    }

    fn parse(text: &str, bytes: u64) -> Self {
        let Some((unit, spec)) = text.split_once('=') else { return Self::All };
        let Some((first, last)) = spec.trim().split_once('-') else { return Self::All };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::All;
        }
        let part = match (number(first), number(last)) {
            (Some(Some(first)), Some(Some(last))) if last < first => return Self::All,
            (Some(Some(first)), Some(last)) => {
                first..last.map_or(bytes, |last| last.saturating_add(1).min(bytes))
            }
            (Some(None), Some(Some(suffix))) => bytes.saturating_sub(suffix)..bytes,
            _ => return Self::All,
        };
        if part.is_empty() { Self::Beyond } else { Self::Part(part) }
    }
}

/// A number, or nothing where nothing stands; none if it is neither.
#[expect(clippy::option_option, reason = "no number, nothing at all, and a number")]
fn number(text: &str) -> Option<Option<u64>> {
    match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // What is too large for us is behind the end of any file.
            Some(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Range::{self, All, Beyond, Part};

    #[test]
    fn ranges() {
        for (text, expected) in [
            ("bytes=0-0", Part(0..1)),
            ("bytes=0-9", Part(0..10)),
            ("bytes=2-", Part(2..10)),
            ("bytes=9-99999999999999999999", Part(9..10)),
            ("bytes=-3", Part(7..10)),
            ("bytes=-30", Part(0..10)),
            (" Bytes = 1 - 2 ", Part(1..3)),
            ("bytes=10-", Beyond),
            ("bytes=10-12", Beyond),
            ("bytes=-0", Beyond),
            ("bytes=99999999999999999999-", Beyond),
            ("bytes=3-2", All),
            ("bytes=-", All),
            ("bytes=0-1,3-4", All),
            ("bytes=a-b", All),
            ("bytes=+1-2", All),
            ("lines=0-1", All),
            ("bytes", All),
            ("", All),
        ] {
            assert_eq!(Range::parse(text, 10), expected, "{text}");
        }
        assert_eq!(Range::parse("bytes=0-", 0), Beyond, "there is no byte");
    }
}
