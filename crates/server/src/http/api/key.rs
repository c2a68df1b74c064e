//! The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header 2.1).

use crate::error::{Code, Problem, Result};
use http::{HeaderMap, HeaderName};

/// The header's name.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// The key: a quoted string (RFC 9651 3.3.3), or the same without quotes as older clients send it.
pub(super) fn read_key(headers: &HeaderMap) -> Result<Option<String>> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let key = text.and_then(|text| unquoted(text.trim_matches([' ', '\t'])));
    key.filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len())).map(Some).ok_or_else(|| {
        let detail = format!(
            "Idempotency-Key is one string of 1 to {KEY_BYTES_MAX} printable ASCII characters"
        );
        Problem::of(Code::IdempotencyKeyInvalid, detail)
    })
}

fn unquoted(text: &str) -> Option<String> {
    let is_printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let Some(inner) = text.strip_prefix('"') else {
        let is_plain = is_printable(text) && !text.contains('"');
        return is_plain.then(|| text.to_owned());
    };
    let inner = inner.strip_suffix('"').filter(|inner| is_printable(inner))?;
    let mut key = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return None,
            '\\' => key.push(letters.next().filter(|next| matches!(next, '"' | '\\'))?),
            _ => key.push(letter),
        }
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Option<String>, Code> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_bytes(text.as_bytes()).unwrap());
        read_key(&headers).map_err(|problem| problem.code)
    }

    /// Draft 2.1: a String of structured fields; accept unquoted too (`progress.md` 2.7).
    #[test]
    fn a_key_is_quoted_or_not() {
        for (text, key) in [
            ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("8e03978e", "8e03978e"),
            (" \"a \\\"b\\\\\" ", "a \"b\\"),
            ("a b", "a b"),
        ] {
            assert_eq!(read(text), Ok(Some(key.to_owned())), "{text}");
        }
        assert_eq!(read_key(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "\"\"", "\"a", "a\"", "\"a\"b\"", "\"a\\b\"", "\"a\";p=1", "é", "\"é\""]
        {
            assert_eq!(read(text), Err(Code::IdempotencyKeyInvalid), "{text}");
        }
        let mut twice = HeaderMap::new();
        twice.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a"));
        twice.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a"));
        assert!(read_key(&twice).is_err());
    }

    #[test]
    fn a_key_is_as_long_as_it_may_be_and_no_longer() {
        assert!(read(&"x".repeat(KEY_BYTES_MAX)).is_ok());
        assert!(read(&format!("\"{}\"", "x".repeat(KEY_BYTES_MAX))).is_ok());
        assert!(read(&"x".repeat(KEY_BYTES_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn hostile_text_ends_in_an_answer(text: String) {
            drop(unquoted(&text));
        }
    }
}
