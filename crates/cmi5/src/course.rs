//! A course structure (13.1): the course, its objectives, its blocks and its assignable units.
//!
//! Everything here was checked by [`crate::structure`]: ids are absolute IRIs, each unique among
//! its kind; each reference to an objective leads to one; each value is trimmed (13.1).

use serde::{Deserialize, Serialize};

/// The longest way from the course down to an assignable unit, in blocks.
pub const DEPTH_MAX: usize = 64;

/// One course (13.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Course {
    /// The publisher's id.
    pub id: String,
    /// Its title, in one language at least.
    pub title: Vec<LangString>,
    /// Its description.
    pub description: Vec<LangString>,
    /// The objectives that its parts name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<Objective>,
    /// Its parts, in order; one at least.
    pub children: Vec<Node>,
}

/// A part of a course or of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Node {
    /// A part with parts.
    Block(Block),
    /// A part that is launched.
    Au(Au),
}

/// A part with parts (13.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// The publisher's id.
    pub id: String,
    /// Its title.
    pub title: Vec<LangString>,
    /// Its description.
    pub description: Vec<LangString>,
    /// Ids of objectives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<String>,
    /// Its parts, in order; one at least.
    pub children: Vec<Node>,
}

/// An assignable unit: a part that is launched (13.1.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Au {
    /// The publisher's id.
    pub id: String,
    /// Its title.
    pub title: Vec<LangString>,
    /// Its description.
    pub description: Vec<LangString>,
    /// Ids of objectives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<String>,
    /// Where it starts: absolute, or a file of the package.
    pub url: String,
    /// Whether it wants a window of its own.
    pub launch_method: LaunchMethod,
    /// What satisfies it.
    pub move_on: MoveOn,
    /// The least score that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mastery_score: Option<MasteryScore>,
    /// What is handed to it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_parameters: Option<String>,
    /// What tells its owner that it was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entitlement_key: Option<String>,
    /// What kind of activity it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_type: Option<String>,
}

/// An objective (13.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objective {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: Vec<LangString>,
    /// Its description.
    pub description: Vec<LangString>,
}

/// A text in a language, which may be unsaid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LangString {
    /// The language (RFC 5646).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The text.
    pub text: String,
}

/// In which window an assignable unit may run (13.1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaunchMethod {
    /// In any, a frame too.
    #[default]
    AnyWindow,
    /// In one of its own.
    OwnWindow,
}

/// What satisfies an assignable unit (13.1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveOn {
    /// Nothing is asked.
    #[default]
    NotApplicable,
    /// It was passed.
    Passed,
    /// It was completed.
    Completed,
    /// Both.
    CompletedAndPassed,
    /// Either.
    CompletedOrPassed,
}

/// A decimal from 0 to 1 of at most four places (9.6.3.2), as a JSON number's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MasteryScore(String);

impl LaunchMethod {
    /// All of them, by name.
    pub const ALL: [(&str, Self); 2] =
        [("AnyWindow", Self::AnyWindow), ("OwnWindow", Self::OwnWindow)];

    /// Its name in the structure.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnyWindow => "AnyWindow",
            Self::OwnWindow => "OwnWindow",
        }
    }
}

impl MoveOn {
    /// All of them, by name.
    pub const ALL: [(&str, Self); 5] = [
        ("NotApplicable", Self::NotApplicable),
        ("Passed", Self::Passed),
        ("Completed", Self::Completed),
        ("CompletedAndPassed", Self::CompletedAndPassed),
        ("CompletedOrPassed", Self::CompletedOrPassed),
    ];

    /// Its name in the structure and in the launch data.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotApplicable => "NotApplicable",
            Self::Passed => "Passed",
            Self::Completed => "Completed",
            Self::CompletedAndPassed => "CompletedAndPassed",
            Self::CompletedOrPassed => "CompletedOrPassed",
        }
    }
}

impl MasteryScore {
    /// Reads an `xs:decimal` or a JSON number without an exponent; `.5` and `+1.0` are among them.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const SHAPE: &str = "it is no decimal number such as 0.8";
        let (negative, digits) = match text.as_bytes() {
            [b'-', ..] => (true, text.trim_start_matches('-')),
            _ => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if digits.len() < text.len().saturating_sub(1)
            || (whole.is_empty() && fraction.is_empty())
            || !plain(whole)
            || !plain(fraction)
        {
            return Err(SHAPE);
        }
        let whole = whole.trim_start_matches('0');
        let significant = fraction.trim_end_matches('0');
        let zero = whole.is_empty() && significant.is_empty();
        let within = matches!((whole, significant), ("", _) | ("1", ""));
        if !within || (negative && !zero) {
            return Err("it is not between 0 and 1");
        }
        if significant.len() > 4 {
            return Err("it has more than four decimal places");
        }
        let whole = if whole.is_empty() { "0" } else { whole };
        Ok(Self(match fraction.get(..4.min(fraction.len())) {
            None | Some("") => whole.to_owned(),
            Some(fraction) => format!("{whole}.{fraction}"),
        }))
    }

    /// The number as JSON has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MasteryScore {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<MasteryScore> for String {
    fn from(score: MasteryScore) -> Self {
        score.0
    }
}

impl Node {
    /// The publisher's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Block(block) => &block.id,
            Self::Au(au) => &au.id,
        }
    }
}

impl Course {
    /// Every assignable unit, in the order of the structure; a position in it is an AU's index.
    pub fn aus(&self) -> Vec<&Au> {
        fn collect<'a>(children: &'a [Node], aus: &mut Vec<&'a Au>) {
            for child in children {
                match child {
                    Node::Block(block) => collect(&block.children, aus),
                    Node::Au(au) => aus.push(au),
                }
            }
        }
        let mut aus = Vec::new();
        collect(&self.children, &mut aus);
        aus
    }
}

/// The text for a reader of `languages`, best first (RFC 4647 lookup), or the first there is.
pub fn in_language<'a>(texts: &'a [LangString], languages: &[&str]) -> &'a str {
    let tagged = |range: &str| {
        texts
            .iter()
            .find(|text| text.lang.as_deref().is_some_and(|l| l.eq_ignore_ascii_case(range)))
    };
    for language in languages {
        let mut range = *language;
        loop {
            if let Some(found) = tagged(range) {
                return &found.text;
            }
            let Some((shorter, _)) = range.rsplit_once('-') else { break };
            range = shorter;
        }
        // A reader of `fr` reads `fr-CA` rather than another language.
        let regional = texts.iter().find(|text| {
            text.lang.as_deref().and_then(|lang| lang.split('-').next()).is_some_and(|primary| {
                language.split('-').next().is_some_and(|own| own.eq_ignore_ascii_case(primary))
            })
        });
        if let Some(found) = regional {
            return &found.text;
        }
    }
    texts.first().map_or("", |text| &text.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 13.1.4 and the schema: `xs:decimal`, 0 to 1; 9.6.3.2: four places.
    #[test]
    fn mastery_scores() {
        for (text, expected) in [
            ("0", "0"),
            ("1", "1"),
            ("1.0", "1.0"),
            (".5", "0.5"),
            ("+0.5", "0.5"),
            ("0.9", "0.9"),
            ("00.85", "0.85"),
            ("1.", "1"),
            ("-0.0", "0.0"),
            ("0.12340000", "0.1234"),
        ] {
            assert_eq!(
                MasteryScore::parse(text).map(String::from),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        for text in [
            "", ".", "+", "-", "1e-1", "abc", "0,5", "1.5", "-0.1", "2", "0.12345", "--0", "+-0",
            "0.5 ",
        ] {
            assert!(MasteryScore::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_reader_is_given_the_nearest_language() {
        let text = |lang: Option<&str>, text: &str| LangString {
            lang: lang.map(str::to_owned),
            text: text.to_owned(),
        };
        let texts = [text(Some("en-US"), "a"), text(Some("fr"), "b"), text(None, "c")];
        assert_eq!(in_language(&texts, &["fr-CA"]), "b");
        assert_eq!(in_language(&texts, &["de", "FR"]), "b");
        assert_eq!(in_language(&texts, &["en"]), "a");
        assert_eq!(in_language(&texts, &["de"]), "a", "the first there is");
        assert_eq!(in_language(&texts, &[]), "a");
        assert_eq!(in_language(&[], &["en"]), "");
    }
}
