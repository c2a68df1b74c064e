//! `application/x-www-form-urlencoded` text, read strictly: the query of a URL and the body of the
//! alternate request syntax. What is not UTF-8 is refused, never replaced.

use percent_encoding::percent_decode;

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

/// Every field of `text` in order; none if a name or value is not UTF-8.
pub fn fields(text: &str) -> Option<Vec<Field<'_>>> {
    text.split('&').filter(|raw| !raw.is_empty()).map(field).collect()
}

fn field(raw: &str) -> Option<Field<'_>> {
    let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
    Some(Field { name: decode(name)?, value: decode(value)?, raw })
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes()).decode_utf8().ok().map(std::borrow::Cow::into_owned)
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
        assert_eq!(fields("a=%FF"), None);
    }
}
