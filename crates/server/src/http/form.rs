//! `application/x-www-form-urlencoded` text, read strictly: the query of a URL and the body of the
//! alternate request syntax. What is not UTF-8 is refused, never replaced.
//!
//! What always holds: nobody is authenticated yet when a form is read, so no more than
//! [`FIELDS_MAX`] fields are ever held, however long the text is.

use crate::error::{Code, Problem};
use percent_encoding::percent_decode;

/// The most fields of one form or query; the longest honest one has fewer than 20.
pub const FIELDS_MAX: usize = 64;

/// Why the fields of a text cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A name or a value is not UTF-8.
    NotUtf8,
    /// There are more than [`FIELDS_MAX`].
    TooMany,
}

impl Unreadable {
    /// The problem; `not_utf8` makes the one for text that is not UTF-8.
    pub fn problem(self, not_utf8: impl FnOnce() -> Problem) -> Problem {
        match self {
            Self::NotUtf8 => not_utf8(),
            Self::TooMany => {
                let detail = format!("a query or form has at most {FIELDS_MAX} parameters");
                Problem::bad_request(Code::ParameterTooMany, detail)
            }
        }
    }
}

/// One `name=value`, decoded, with the text that it came from.
#[derive(Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The decoded name.
    pub name: String,
    /// The decoded value.
    pub value: String,
    /// As it was sent.
    pub raw: &'a str,
}

/// Every field of `text` in order.
///
/// # Errors
/// If a name or value is not UTF-8, or at the first field that is too many.
pub fn fields(text: &str) -> Result<Vec<Field<'_>>, Unreadable> {
    let mut fields = Vec::new();
    for raw in text.split('&').filter(|raw| !raw.is_empty()) {
        if fields.len() == FIELDS_MAX {
            return Err(Unreadable::TooMany);
        }
        fields.push(field(raw).ok_or(Unreadable::NotUtf8)?);
    }
    Ok(fields)
}

fn field(raw: &str) -> Option<Field<'_>> {
    let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
    Some(Field { name: decode(name)?, value: decode(value)?, raw })
}

/// One copy of the text at most: it may be long.
fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    for (index, word) in text.split('+').enumerate() {
        if index > 0 {
            decoded.push(b' ');
        }
        decoded.extend(percent_decode(word.as_bytes()));
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_in_order() {
        let fields = fields("a=1+2&&b%20c=%C3%A9&d").unwrap();
        let pairs: Vec<_> = fields.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect();
        assert_eq!(pairs, [("a", "1 2"), ("b c", "é"), ("d", "")]);
        assert_eq!(fields[1].raw, "b%20c=%C3%A9");
    }

    #[test]
    fn what_is_not_utf8_is_refused() {
        assert_eq!(fields("a=%FF"), Err(Unreadable::NotUtf8));
    }

    #[test]
    fn nothing_is_read_past_the_last_field_that_may_be() {
        let most = vec!["a"; FIELDS_MAX].join("&");
        assert_eq!(fields(&most).unwrap().len(), FIELDS_MAX);
        assert_eq!(fields(&format!("{most}&a")), Err(Unreadable::TooMany));
        assert_eq!(fields(&format!("{most}&&a&%FF")), Err(Unreadable::TooMany));
    }
}
