//! Values under secret names in text of which nothing is sure: JSON with a quote too many, settings,
//! headers, a form that is not encoded.
//!
//! Each `:` and `=` is looked at by itself, so a stray quote hides nothing that comes after it.

use super::mask::{MASK, is_secret, string_length, unquoted, value_length};

/// How far back a quoted name may begin.
const NAME_BYTES_MAX: usize = 128;

/// What ends a value that has no quotes, and what follows one that has.
const ENDS: [char; 6] = [',', '&', '}', ']', '\n', '\r'];

const QUOTES: [char; 3] = ['"', '\'', '\\'];

/// The text with the values under secret names masked.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut shown = 0;
    for (at, sign) in text.match_indices([':', '=']) {
        let (Some(before), Some(after)) = (text.get(shown..at), text.get(at + sign.len()..)) else {
            continue; // Within what is masked.
        };
        if !ends_in_secret_name(before) {
            continue;
        }
        let length = length(after);
        let Some(value) = after.get(..length).filter(|value| !value.trim().is_empty()) else {
            continue;
        };
        let quote = if value.trim_start().starts_with('"') { "\"" } else { "" };
        let blank = value.len() - value.trim_start().len();
        out.push_str(before);
        out.push_str(sign);
        out.push_str(value.get(..blank).unwrap_or_default());
        out.push_str(quote);
        out.push_str(MASK);
        out.push_str(quote);
        shown = at + sign.len() + length;
    }
    out.push_str(text.get(shown..).unwrap_or_default());
    out
}

/// Whether the last name of a text is that of a secret: a word, or what stands in quotes.
fn ends_in_secret_name(text: &str) -> bool {
    let text = text.trim_end();
    let bare = text.trim_end_matches(QUOTES);
    if bare.len() < text.len() {
        let from = bare.ceil_char_boundary(bare.len().saturating_sub(NAME_BYTES_MAX));
        let near = bare.get(from..).unwrap_or_default();
        let quoted = near.rsplit(['"', '\'']).next().unwrap_or_default();
        let quoted = quoted.trim_start_matches('\\');
        if is_secret(&unquoted(&format!("\"{quoted}\""))) {
            return true;
        }
    }
    let in_word = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let from = bare.rfind(|c| !in_word(c)).map_or(0, |at| bare.ceil_char_boundary(at + 1));
    is_secret(bare.get(from..).unwrap_or_default())
}

/// The bytes of the value at the beginning, up to the next delimiter.
fn length(text: &str) -> usize {
    let value = text.trim_start().trim_start_matches('\\');
    let nested = match value.bytes().next() {
        Some(b'"') => string_length(value),
        Some(b'\'') => {
            value.get(1..).and_then(|rest| rest.find('\'')).map_or(value.len(), |at| at + 2)
        }
        Some(b'[' | b'{') => value_length(value),
        _ => 0,
    };
    let rest = value.get(nested..).unwrap_or_default();
    let end = nested + rest.find(ENDS).unwrap_or(rest.len());
    text.len() - value.len() + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_masked_up_to_the_next_delimiter() {
        for (text, expected) in [
            ("token=a b&x=1", "token=•••&x=1"),
            ("my token: a\nnext", "my token: •••\nnext"),
            (
                r#"{"a":"x"y", "password" : "a,b"c, "d":1}"#,
                r#"{"a":"x"y", "password" : "•••", "d":1}"#,
            ),
            (r#""password"":"x""#, r#""password"":"•••""#),
            ("{'api key':'a,b',x", "{'api key':•••,x"),
            (r#"{\"secret\":\"x\"}"#, r#"{\"secret\":•••"#),
            (r#"{"tokens":["a","b"],"c":1"#, r#"{"tokens":•••,"c":1"#),
            (r#"{"pass\u0077ord":"x""#, r#"{"pass\u0077ord":"•••""#),
            ("token:", "token:"),
            ("token: token: x", "token: •••"),
            ("ätoken=ö", "ätoken=•••"),
            ("a: b = c", "a: b = c"),
            ("", ""),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }
}
