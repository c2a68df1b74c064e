//! Texts of requests without the secrets in them.
//!
//! What always holds: the credential of the request itself, whatever stands under a name that a
//! secret has, and whatever looks like a token, is not in the text that comes back. What a client
//! sent may be no JSON, broken JSON, or a form by any other name.

use super::loose;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use std::borrow::Cow;

/// What stands in the place of a secret.
pub(super) const MASK: &str = "•••";

/// Texts shorter than this are not looked for: they would be found in words.
const KNOWN_BYTES_MIN: usize = 6;

/// A field whose name is longer is no field, but text with a `=` in it.
const NAME_BYTES_MAX: usize = 128;

/// Names of secrets; what is compared has no `-` and `_`.
const NAMES: &[&str] = &[
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "authorization",
    "apikey",
    "credential",
    "cookie",
    "jwt",
    "assertion",
    "privatekey",
    "signingkey",
];

/// Secrets that one request came with.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<String>);

impl Known {
    /// Remembers a secret.
    pub(super) fn add(&mut self, secret: &str) {
        if secret.len() >= KNOWN_BYTES_MIN {
            self.0.push(secret.to_owned());
        }
    }

    /// A text that a client sent: JSON, JSON with faults in it, or anything else.
    pub(super) fn sent(&self, text: &str) -> String {
        if is_json(text) {
            self.text(text)
        } else if self.hides_in_fields(text) {
            self.form(text)
        } else {
            self.text(&loose::masked(text))
        }
    }

    /// The beginning of a text that a client sent, whose end was not kept.
    pub(super) fn beginning(&self, text: &str) -> String {
        if is_broken_off_json(text) { self.text(text) } else { self.sent(text) }
    }

    /// A text of ours, which may repeat what was sent; JSON perhaps, broken off perhaps.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for secret in self.0.iter().filter(|secret| text.contains(*secret)).collect::<Vec<_>>() {
            text = text.replace(secret, MASK).into();
        }
        tokens(&fields(&text))
    }

    /// The value of a field by its name.
    pub(super) fn value(&self, name: &str, value: &str) -> String {
        if is_secret(name) { MASK.to_owned() } else { self.plain(value) }
    }

    /// A form, field by field.
    pub(super) fn form(&self, form: &str) -> String {
        let masked = form_urlencoded::parse(form.as_bytes())
            .map(|(name, value)| format!("{}={}", self.plain(&name), self.value(&name, &value)));
        masked.collect::<Vec<_>>().join("&")
    }

    /// A text that was sent, and is no form.
    fn plain(&self, text: &str) -> String {
        if is_json(text) { self.text(text) } else { self.text(&loose::masked(text)) }
    }

    /// Whether a text holds a secret once its fields are decoded.
    fn hides_in_fields(&self, text: &str) -> bool {
        let mut fields = form_urlencoded::parse(text.as_bytes());
        fields.any(|(name, value)| {
            let named = name.len() <= NAME_BYTES_MAX && is_secret(&name) && !value.is_empty();
            named || self.0.iter().any(|secret| value.contains(secret))
        })
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether nothing is wrong with a text but that the end is missing.
fn is_broken_off_json(text: &str) -> bool {
    let outcome = serde_json::from_str::<IgnoredAny>(text);
    text.trim_start().starts_with(['{', '['])
        && outcome.is_err_and(|error| error.classify() == Category::Eof)
}

/// Whether a field of this name holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(|c| !"-_ .".contains(*c));
    let plain: String = letters.flat_map(char::to_lowercase).collect();
    NAMES.iter().any(|secret| plain.contains(secret))
}

/// JSON with the values under secret names masked; what is no JSON stays as it is.
fn fields(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = string_length(from);
        let (quoted, after) = from.split_at(length);
        out.push_str(quoted);
        rest = after;
        let trimmed = after.trim_start();
        if let Some(value) = trimmed.strip_prefix(':')
            && is_secret(&unquoted(quoted))
        {
            let value = value.trim_start();
            out.push_str(":\"");
            out.push_str(MASK);
            out.push('"');
            rest = value.get(value_length(value)..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// What a quoted name says; broken off, what there is of it.
pub(super) fn unquoted(quoted: &str) -> String {
    serde_json::from_str(quoted).unwrap_or_else(|_broken| quoted.to_owned())
}

/// The bytes of the string at the beginning, quotes included, or all that is left.
pub(super) fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The bytes of the value at the beginning: up to what follows it on its own level.
pub(super) fn value_length(text: &str) -> usize {
    let (mut at, mut depth) = (0_usize, 0_usize);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => at += string_length(text.get(at..).unwrap_or_default()) - 1,
            b'[' | b'{' => depth += 1,
            b']' | b'}' | b',' if depth == 0 => return at,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// Text without what looks like a JSON Web Token: its header begins with `{"`, which is `eyJ`.
fn tokens(text: &str) -> String {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "-_.=".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("eyJ") {
        let (before, from) = rest.split_at(at);
        let length = from.find(|c| !in_token(c)).unwrap_or(from.len());
        let (token, after) = from.split_at(length);
        out.push_str(before);
        // A token has two points; one that was broken off may have none.
        let whole = token.contains('.') || after.is_empty();
        out.push_str(if whole { MASK } else { token });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        Known::default().text(text)
    }

    #[test]
    fn what_stands_under_a_secret_name_is_masked() {
        for (text, expected) in [
            (r#"{"password":"x","a":1}"#, r#"{"password":"•••","a":1}"#),
            (r#"{"auth-token" : "x\"y" , "a":1}"#, r#"{"auth-token":"•••", "a":1}"#),
            (r#"{"clientSecret":12,"a":1}"#, r#"{"clientSecret":"•••","a":1}"#),
            (r#"{"tokens":["a,}",{"b":"]"}],"a":1}"#, r#"{"tokens":"•••","a":1}"#),
            (r#"{"pass\u0077ord":"x"}"#, r#"{"pass\u0077ord":"•••"}"#),
            (r#"{"api_key":"broken o"#, r#"{"api_key":"•••""#),
            (r#"{"name":"token","value":"secret"}"#, r#"{"name":"token","value":"secret"}"#),
            ("no JSON: \" password", "no JSON: \" password"),
            ("", ""),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn tokens_and_known_secrets_are_masked_anywhere() {
        assert_eq!(masked("a eyJhbGciOi.eyJzdWIi.c2ln b"), "a ••• b");
        assert_eq!(masked("eyJhbGciOi"), "•••", "broken off");
        assert_eq!(masked("heyJude sings"), "heyJude sings");
        let mut known = Known::default();
        known.add("hunter22");
        known.add("short");
        assert_eq!(known.text("is hunter22 short?"), "is ••• short?");
    }

    /// What is a form is not told by its type: the alternate syntax takes any text for one.
    #[test]
    fn what_was_sent_is_masked_whatever_it_is() {
        let mut known = Known::default();
        known.add("cmsxOng=");
        for (text, expected) in [
            (r#"{"a":"b=c","token":"x"}"#, r#"{"a":"b=c","token":"•••"}"#),
            (r#"{"detail":"a token: x"}"#, r#"{"detail":"a token: x"}"#),
            (r#"{"detail":"a token: x, broken o"#, r#"{"detail":"a token: •••, broken o"#),
            ("a=1&Authorization=Basic+x%3D&b=2", "a=1&Authorization=•••&b=2"),
            ("Auth%6Frization=Basic+x", "Authorization=•••"),
            ("content=cmsxOng%3D", "content=•••"),
            ("a+b=c", "a+b=c"),
            ("my password: x y\nz", "my password: •••\nz"),
            (r#"{"a":"b"c","password":"x"}"#, r#"{"a":"b"c","password":"•••"}"#),
            ("", ""),
        ] {
            assert_eq!(known.sent(text), expected, "{text}");
        }
        for (text, expected) in [
            (r#"{"detail":"a token: x, broken o"#, r#"{"detail":"a token: x, broken o"#),
            ("token=x, broken o", "token=•••"),
            (r#""&token=x, broken o"#, r#""=&token=•••"#),
        ] {
            assert_eq!(known.beginning(text), expected, "{text}");
        }
    }

    #[test]
    fn a_form_is_masked_field_by_field() {
        let form = "Authorization=Basic+eDp5&content=%7B%22password%22%3A%22x%22%7D&b=%20";
        let expected = r#"Authorization=•••&content={"password":"•••"}&b= "#;
        assert_eq!(Known::default().form(form), expected);
        assert!(is_secret("X-API-Key") && is_secret("client_secret") && is_secret("Cookie"));
        assert!(!is_secret("agent") && !is_secret("key") && !is_secret("activityId"));
    }

    proptest::proptest! {
        /// Whatever is sent, masking ends and invents nothing.
        #[test]
        fn any_text_can_be_masked(text in ".{0,200}") {
            masked(&text);
            Known::default().sent(&text);
        }

        /// A stray quote or backslash anywhere does not bring a secret to light, and neither does
        /// an end that is missing.
        #[test]
        fn broken_json_is_masked_too(
            stray in proptest::collection::vec((0_usize..100, "[\"'\\\\]{1,3}"), 0..4),
            end in 0_usize..200,
            name in "(auth-token|pass\\\\u0077ord|clientSecret|API key)",
        ) {
            let before = r#"{"a":"x","b":["y",{"c":1}],""#;
            let after = r#"","d":"z"}"#;
            let mut text = format!("{before}{name}\":\"c4n4ry-secret{after}");
            for (at, stray) in stray {
                let (name_at, value_at) = (text.find(&name).unwrap(), text.find("c4n4ry").unwrap());
                let inside = |at: usize| {
                    (name_at + 1..name_at + name.len()).contains(&at)
                        || (value_at + 1..value_at + 13).contains(&at)
                };
                let at = at.min(text.len());
                if !inside(at) {
                    text.insert_str(at, &stray);
                }
            }
            let end = end.min(text.len());
            text.truncate(end);
            let shown = Known::default().sent(&text);
            assert!(!shown.contains("c4n4"), "{text}: {shown}");
        }
    }
}
