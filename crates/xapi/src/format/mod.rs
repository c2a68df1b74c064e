//! The formats in which statements are returned (1.0.3 Communication 2.1.3; 9274.1.1 4.1.6.1).
//!
//! `exact` is the stored text itself and needs nothing from here. [`ids`] leaves only what
//! identifies Agents, Groups, Verbs and Activities. [`canonical`] shows each Activity with the
//! store's own definition and each language map of Verbs, definitions and attachments in one
//! language. Both only leave out or replace members; every other byte of the statement stays. A
//! text that is no JSON, which a stored statement is not, is given back as it is.

mod language;

pub use language::{LANGUAGE_RANGES_MAX, LanguageRange, parse_accept_language};

use crate::definition::is_component_list;
use crate::json::{Kind, Member, Node, parse};
use crate::part::Part;
use crate::splice::Splice;

/// The statement with only the identifiers of Agents, Groups, Verbs and Activities.
///
/// The `objectType` of Agents and Groups stays where it was, because a Group is none without it; an
/// Activity is one without. The members of an anonymous
/// Group stay, each reduced itself; those of an identified Group go.
pub fn ids(text: &str) -> String {
    let Ok(node) = parse(text) else { return text.to_owned() };
    let mut splice = Splice::new(text, 0);
    identify(&mut splice, &node, Part::Statement);
    splice.finish()
}

/// The statement with the store's own definitions, in the language that suits best.
///
/// `definition` gives the store's definition of an Activity; where it has none, none is shown. The
/// display of a Verb is the statement's own.
pub fn canonical(
    text: &str,
    accept_language: &[LanguageRange],
    definition: &dyn Fn(&str) -> Option<String>,
) -> String {
    let Ok(node) = parse(text) else { return text.to_owned() };
    let mut view = View { splice: Splice::new(text, 0), ranges: accept_language, definition };
    view.show(&node, Part::Statement);
    view.splice.finish()
}

/// A definition with one language in each of its language maps.
pub fn localize_definition(text: &str, accept_language: &[LanguageRange]) -> String {
    let Ok(node) = parse(text) else { return text.to_owned() };
    let mut splice = Splice::new(text, 0);
    for member in node.as_object().unwrap_or_default() {
        match &*member.key {
            "name" | "description" => one_language(&mut splice, &member.node, accept_language),
            key if is_component_list(key) => {
                for component in member.node.as_array().unwrap_or_default() {
                    if let Some(description) = component.get("description") {
                        one_language(&mut splice, description, accept_language);
                    }
                }
            }
            _ => {}
        }
    }
    splice.finish()
}

fn identify(splice: &mut Splice<'_>, node: &Node<'_>, part: Part) {
    match &node.kind {
        Kind::Array(items) => items.iter().for_each(|item| identify(splice, item, part)),
        Kind::Object(members) => {
            let mut open = splice.open(node);
            for member in members {
                if identifies(part, members, &member.key) {
                    splice.take(&mut open, member);
                    identify(splice, &member.node, part.child(&member.key, &member.node));
                    splice.done(&mut open, member);
                } else {
                    splice.leave(&mut open, member);
                }
            }
            splice.close(&open);
        }
        _ => {}
    }
}

/// Whether the member `key` of an object with these members stays in the `ids` format.
fn identifies(part: Part, members: &[Member<'_>], key: &str) -> bool {
    match part {
        Part::Actor => match key {
            "member" => !members.iter().any(|member| is_identifier(&member.key)),
            _ => key == "objectType" || is_identifier(key),
        },
        Part::Verb | Part::Activity => key == "id",
        _ => true,
    }
}

fn is_identifier(key: &str) -> bool {
    matches!(key, "mbox" | "mbox_sha1sum" | "openid" | "account")
}

/// What a reader of the canonical format gets to see.
struct View<'a> {
    splice: Splice<'a>,
    ranges: &'a [LanguageRange],
    definition: &'a dyn Fn(&str) -> Option<String>,
}

impl View<'_> {
    fn show(&mut self, node: &Node<'_>, part: Part) {
        match (&node.kind, part) {
            (Kind::Array(items), _) => items.iter().for_each(|item| self.show(item, part)),
            (Kind::Object(members), Part::Activity) => self.activity(node, members),
            (Kind::Object(members), _) => {
                for Member { key, node } in members {
                    match (part, &**key) {
                        (Part::Verb, "display") | (Part::Attachment, "display" | "description") => {
                            one_language(&mut self.splice, node, self.ranges);
                        }
                        _ => self.show(node, part.child(key, node)),
                    }
                }
            }
            _ => {}
        }
    }

    fn activity(&mut self, node: &Node<'_>, members: &[Member<'_>]) {
        let id = node.get("id").and_then(Node::str).unwrap_or_default();
        let mut definition =
            (self.definition)(id).map(|text| localize_definition(&text, self.ranges));
        let mut open = self.splice.open(node);
        for member in members {
            match (&*member.key, definition.take_if(|_| member.key == "definition")) {
                ("definition", None) => self.splice.leave(&mut open, member),
                ("definition", Some(text)) => {
                    self.splice.take(&mut open, member);
                    self.splice.replace(&member.node, &text);
                    self.splice.done(&mut open, member);
                }
                _ => self.splice.keep(&mut open, member),
            }
        }
        if let Some(text) = definition {
            self.splice.add(&mut open, "definition", &text);
        }
        self.splice.close(&open);
    }
}

/// Leaves in the language map `map` the one entry that suits best.
fn one_language(splice: &mut Splice<'_>, map: &Node<'_>, ranges: &[LanguageRange]) {
    let members = map.as_object().unwrap_or_default();
    let tags: Vec<_> = members.iter().map(|member| &*member.key).collect();
    let Some(best) = language::choose(ranges, &tags) else { return };
    let mut open = splice.open(map);
    for (place, member) in members.iter().enumerate() {
        if place == best {
            splice.keep(&mut open, member);
        } else {
            splice.leave(&mut open, member);
        }
    }
    splice.close(&open);
}

#[cfg(test)]
mod tests;
