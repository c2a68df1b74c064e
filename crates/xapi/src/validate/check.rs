//! One pass over one statement: collects violations, and reads values of the types of JSON.
//!
//! A reader gives `None` only after it has reported a violation, so that what is built from values
//! exists exactly when nothing was found.

use super::path::{Path, quoted};
use super::rules::{self, Rule};
use crate::json::{Kind, Node};
use crate::version::Version;
use crate::violation::Violation;

/// The most violations that are collected for one statement.
const VIOLATIONS_MAX: usize = 1000;

/// The members of an object in the order of the keys asked for.
pub(super) type Fields<'a, const N: usize> = [Option<&'a Node<'a>>; N];

pub(super) struct Check {
    pub(super) version: Version,
    found: Vec<Violation>,
}

impl Check {
    pub(super) fn new(version: Version) -> Self {
        Self { version, found: Vec::new() }
    }

    /// `value` if nothing was found, else all that was found.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Violation>> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(self.found),
        }
    }

    /// Notes that `rule` is broken at `path`.
    #[cold]
    pub(super) fn report(
        &mut self,
        path: &Path<'_>,
        rule: &Rule,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        if self.found.len() >= VIOLATIONS_MAX {
            return;
        }
        self.found.push(Violation {
            requirement: rule.id,
            clause: match self.version {
                Version::V1 => rule.v1,
                Version::V2 => rule.v2,
            },
            pointer: path.pointer(),
            message: message.into(),
            fix: fix.into(),
        });
    }

    /// Notes that the value at `path` is of the wrong type; null has a rule of its own.
    #[cold]
    pub(super) fn wrong_type(
        &mut self,
        path: &Path<'_>,
        node: &Node<'_>,
        rule: &Rule,
        needed: &str,
    ) {
        let name = path.name();
        if node.kind == Kind::Null {
            let fix = format!("leave it out, or send {needed}");
            return self.report(path, &rules::NULL, format!("{name} is null"), fix);
        }
        let message = format!("{name} is {} where {needed} is needed", node.noun());
        self.report(path, rule, message, format!("send {needed}"));
    }

    /// Notes that the object at `path` lacks its member `key`.
    #[cold]
    pub(super) fn missing(&mut self, path: &Path<'_>, key: &str, rule: &Rule) {
        self.report(path, rule, format!("`{key}` is missing"), format!("add `{key}`"));
    }

    /// The members of the object at `path`, each key at most once and no key but `keys`.
    pub(super) fn object<'a, const N: usize>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        keys: &[&'static str; N],
        rule: &Rule,
    ) -> Option<Fields<'a, N>> {
        self.map(path, node, keys, [rule, &rules::KEY_UNKNOWN])
    }

    /// The same with two rules: that it is an object, and that it has no key but `keys`.
    pub(super) fn map<'a, const N: usize>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        keys: &[&'static str; N],
        rules: [&Rule; 2],
    ) -> Option<Fields<'a, N>> {
        let [object, only] = rules;
        let Some(members) = node.as_object() else {
            self.wrong_type(path, node, object, "an object");
            return None;
        };
        let mut fields = [None; N];
        for member in members {
            let slot = keys.iter().zip(fields.iter_mut()).find(|(key, _)| **key == member.key);
            match slot {
                Some((_, field @ None)) => *field = Some(&member.node),
                Some((key, Some(_))) => self.duplicate(path, key),
                None => self.unknown(path, &member.key, keys, only),
            }
        }
        Some(fields)
    }

    #[cold]
    pub(super) fn duplicate(&mut self, path: &Path<'_>, key: &str) {
        let message = format!("{} is there more than once", quoted(key));
        self.report(&path.key(key), &rules::DUPLICATE, message, "keep one of them");
    }

    #[cold]
    fn unknown(&mut self, path: &Path<'_>, key: &str, known: &[&str], rule: &Rule) {
        let (at, name) = (path.key(key), quoted(key));
        if let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(key)) {
            let message = format!("{name} is not written as in the standard");
            return self.report(&at, &rules::KEY_CASE, message, format!("write `{known}`"));
        }
        let fix = match (key, self.version) {
            ("contextAgents" | "contextGroups", Version::V1) => {
                "send the request with version 2.0, or remove it"
            }
            _ => "remove it, or move it into `extensions` under an IRI",
        };
        let message = format!("{name} is not a property that the standard knows here");
        self.report(&at, rule, message, fix);
    }

    pub(super) fn string<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<&'a str> {
        let text = node.str();
        if text.is_none() {
            self.wrong_type(path, node, rule, "a string");
        }
        text
    }

    pub(super) fn boolean(
        &mut self,
        path: &Path<'_>,
        node: &Node<'_>,
        rule: &Rule,
    ) -> Option<bool> {
        let value = node.as_bool();
        if value.is_none() {
            self.wrong_type(path, node, rule, "true or false");
        }
        value
    }

    pub(super) fn number<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<&'a str> {
        let text = node.number();
        if text.is_none() {
            self.wrong_type(path, node, rule, "a number");
        }
        text
    }

    pub(super) fn array<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<&'a [Node<'a>]> {
        let items = node.as_array();
        if items.is_none() {
            self.wrong_type(path, node, rule, "an array");
        }
        items
    }
}
