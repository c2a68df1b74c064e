//! Values with a format: IRIs, UUIDs, language maps, extensions, times
//! (1.0.3 Data 4; 9274.1.1 4.2.7).

use super::check::Check;
use super::path::{Path, quoted};
use super::rules::{self, Rule};
use crate::json::{Kind, Node};
use crate::timestamp::{self, Timestamp};
use crate::{iri, language};
use uuid::Uuid;

impl Check {
    /// An IRI; also an IRL, which differs only in that somebody may want to open it.
    pub(super) fn iri<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<&'a str> {
        let text = self.string(path, node, rule)?;
        if iri::is_iri(text) {
            return Some(text);
        }
        let (rule, wrong) = if text.contains(':') {
            (rule, "is not an IRI")
        } else {
            (&rules::IRI_SCHEME, "has no scheme, so that it is not an absolute IRI")
        };
        let message = format!("{} {wrong}", path.name());
        self.report(path, rule, message, "send an absolute IRI, such as https://example.org/x");
        None
    }

    pub(super) fn uuid(
        &mut self,
        path: &Path<'_>,
        node: &Node<'_>,
        rules: [&Rule; 2],
    ) -> Option<Uuid> {
        let [string, form] = rules;
        let Some(text) = node.str() else {
            self.wrong_type(path, node, string, "a UUID as a string");
            return None;
        };
        let uuid = uuid(text);
        if uuid.is_none() {
            let message = format!("{} is not a UUID", path.name());
            let fix = "send 32 hex digits as 8-4-4-4-12, such as \
                       1b4e28ba-2fa1-11d2-883f-0016d3cca427";
            self.report(path, form, message, fix);
        }
        uuid
    }

    pub(super) fn timestamp<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<Timestamp<'a>> {
        let text = self.string(path, node, rule)?;
        timestamp::parse(text, self.version)
            .map_err(|reason| {
                let message = format!("{} is not a Timestamp: {reason}", path.name());
                let fix = "send RFC 3339 with an offset, such as 2026-11-21T07:00:00.123Z";
                self.report(path, &rules::TIMESTAMP_FORM, message, fix);
            })
            .ok()
    }

    /// A language map; `rule` is what makes it one.
    pub(super) fn language_map<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<&'a Node<'a>> {
        let Some(members) = node.as_object() else {
            self.wrong_type(path, node, rule, "a language map");
            return None;
        };
        for member in members {
            let at = path.key(&member.key);
            if !language::is_tag(&member.key) {
                let message = format!("{} is not a language tag", quoted(&member.key));
                let fix = "use tags of RFC 5646 as keys, such as `en` or `de-AT`";
                self.report(&at, &rules::LANGUAGE_MAP, message, fix);
            }
            if member.node.str().is_none() {
                self.wrong_type(&at, &member.node, &rules::LANGUAGE_MAP, "a string");
            }
        }
        for repeated in repeats(members.iter().map(|member| member.key.as_ref())) {
            self.duplicate(path, repeated);
        }
        Some(node)
    }

    /// The text of extensions; `rule` is what makes them an object. Only their keys have rules.
    pub(super) fn extensions<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<&'a str> {
        match &node.kind {
            Kind::Opaque(keys) => {
                for key in keys {
                    self.extension_key(path, key);
                }
            }
            Kind::Object(members) => {
                for member in members {
                    self.extension_key(path, &member.key);
                }
            }
            _ => {
                self.wrong_type(path, node, rule, "an object");
                return None;
            }
        }
        Some(node.raw)
    }

    fn extension_key(&mut self, path: &Path<'_>, key: &str) {
        if !iri::is_iri(key) {
            let message = format!("the extension key {} is not an IRI", quoted(key));
            let fix = "use an absolute IRI as key, such as https://example.org/extensions/x";
            self.report(&path.key(key), &rules::EXTENSION_KEY, message, fix);
        }
    }
}

/// The UUID that `text` is in the form 8-4-4-4-12, in any case; no other form is allowed.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    const HYPHENATED: usize = 36;
    (text.len() == HYPHENATED).then(|| Uuid::try_parse(text).ok()).flatten()
}

/// The texts that were there before, each time that they come again.
pub(super) fn repeats<'t>(texts: impl ExactSizeIterator<Item = &'t str> + Clone) -> Vec<&'t str> {
    const FEW: usize = 16;
    if texts.len() <= FEW {
        let before = |index: usize, text: &str| texts.clone().take(index).any(|one| one == text);
        let repeated = texts.clone().enumerate().filter(|(index, text)| before(*index, text));
        return repeated.map(|(_, text)| text).collect();
    }
    let mut sorted: Vec<&str> = texts.collect();
    sorted.sort_unstable();
    let next = sorted.iter().skip(1);
    sorted.iter().zip(next).filter(|(one, next)| one == next).map(|(one, _)| *one).collect()
}
