//! The learner's preferences, as a unit may write them (11).

use rollbook_xapi::{json, language};

/// Why a document is no `cmi5LearnerPreferences`: the requirement and what is wrong.
pub type Wrong = (&'static str, &'static str);

/// Checks a document that a unit wants to store.
pub fn check(content_type: &str, contents: &[u8]) -> Result<(), Wrong> {
    const DOCUMENT: &str = "11.0.0.0-5";
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err((DOCUMENT, "the preferences are not sent as application/json"));
    }
    let text = std::str::from_utf8(contents)
        .map_err(|_bytes| (DOCUMENT, "the preferences are not UTF-8"))?;
    let node = json::parse(text).map_err(|_place| (DOCUMENT, "the preferences are not JSON"))?;
    if node.as_object().is_none() {
        return Err((DOCUMENT, "the preferences are not a JSON object"));
    }
    let languages =
        node.get("languagePreference").ok_or((DOCUMENT, "languagePreference is missing"))?;
    let audio = node.get("audioPreference").ok_or((DOCUMENT, "audioPreference is missing"))?;
    let listed = |text: &str| !text.is_empty() && text.split(',').all(language::is_tag);
    if !languages.str().is_some_and(listed) {
        return Err((
            "11.1.0.0-1",
            "languagePreference is no list of language tags such as en-US,fr",
        ));
    }
    match audio.str() {
        Some("on" | "off") => Ok(()),
        _ => Err((DOCUMENT, "audioPreference is neither on nor off")),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn preferences() {
        let json = "application/json; charset=utf-8";
        assert!(
            check(json, br#"{"languagePreference":"en-US,fr-FR,x-own","audioPreference":"on"}"#)
                .is_ok()
        );
        for (kind, text) in [
            ("text/plain;charset=UTF-8", r#"{"languagePreference":"en","audioPreference":"on"}"#),
            (json, "[]"),
            (json, "{"),
            (json, r#"{"audioPreference":"on"}"#),
            (json, r#"{"languagePreference":"en"}"#),
            (json, r#"{"languagePreference":"","audioPreference":"on"}"#),
            (json, r#"{"languagePreference":"en, fr","audioPreference":"on"}"#),
            (json, r#"{"languagePreference":"en_US","audioPreference":"on"}"#),
            (json, r#"{"languagePreference":["en"],"audioPreference":"on"}"#),
            (json, r#"{"languagePreference":"en","audioPreference":"loud"}"#),
        ] {
            assert!(check(kind, text.as_bytes()).is_err(), "{kind} {text}");
        }
    }
}
