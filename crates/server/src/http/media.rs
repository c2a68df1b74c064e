//! Media types as clients write them (RFC 9110 8.3.1), with the leniency that boundaries need:
//! `boundary=a:b` should be quoted and often is not.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// A `Content-Type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// Type and subtype, lower case, such as `application/json`.
    pub essence: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// The type that the headers name; none if they name none, or not in text.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get(CONTENT_TYPE)?.to_str().ok().map(Self::parse)
    }

    /// Reads a type and its parameters.
    pub fn parse(text: &str) -> Self {
        let (essence, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let mut parameters = Vec::new();
        while let Some((name, after)) = rest.split_once('=') {
            let (value, after) = value(after.trim_start());
            let name = name.trim_matches([' ', '\t', ';']).to_ascii_lowercase();
            parameters.push((name, value));
            rest = after;
        }
        Self { essence: essence.trim().to_ascii_lowercase(), parameters }
    }

    /// A parameter's value, by its name in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is JSON in UTF-8.
    pub fn is_json(&self) -> bool {
        self.essence == "application/json"
            && self.parameter("charset").is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"))
    }
}

/// A value, quoted or not, and what is behind it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim_end().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            _ => value.push(character),
        }
    }
    let rest = characters.as_str();
    (value, rest.split_once(';').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary(text: &str) -> Option<String> {
        let found = MediaType::parse(text);
        assert_eq!(found.essence, "multipart/mixed", "{text}");
        found.parameter("boundary").map(str::to_owned)
    }

    #[test]
    fn a_boundary_may_be_quoted_or_not() {
        let plain = "-------314159265358979323846";
        assert_eq!(boundary(&format!("multipart/mixed; boundary={plain}")).unwrap(), plain);
        assert_eq!(boundary("Multipart/Mixed;BOUNDARY=\"a;b=c \\\"d\"; x=y").unwrap(), "a;b=c \"d");
        assert_eq!(boundary("multipart/mixed; charset=utf-8; boundary=a:b=?c ").unwrap(), "a:b=?c");
        assert_eq!(boundary("multipart/mixed;"), None);
        assert_eq!(boundary("multipart/mixed"), None);
    }

    #[test]
    fn json_is_utf8() {
        assert!(MediaType::parse("application/json").is_json());
        assert!(MediaType::parse("Application/JSON; charset=\"UTF-8\"").is_json());
        assert!(!MediaType::parse("application/json; charset=iso-8859-1").is_json());
        assert!(!MediaType::parse("application/json5").is_json());
    }
}
