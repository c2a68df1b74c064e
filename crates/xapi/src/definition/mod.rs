//! The store's own definition of an Activity, made of all that were received
//! (1.0.3 Data 2.4.4.1, Communication 2.5; 9274.1.1 4.1.6.4, 4.2.2.3).
//!
//! A new definition adds to the old one: language maps are merged tag by tag and extensions key by
//! key, where the newer value wins; every other member is replaced where the new definition has it.
//! Components of an interaction that keep their id keep the languages of their descriptions. When
//! the type of the interaction changes, the members of the old type go. Merging the same definition
//! again changes nothing, and values keep their text.

use crate::equality::same_value;
use crate::json::{Node, parse_opened};
use crate::splice::keys;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// `existing` with `incoming` merged in, or `None` when that changes nothing.
///
/// A text that is no JSON object, which no valid statement holds, changes nothing.
pub fn merge(existing: Option<&str>, incoming: &str) -> Option<String> {
    if existing == Some(incoming) {
        return None;
    }
    let new = parse_opened(incoming).ok().filter(|node| node.as_object().is_some())?;
    let Some(existing) = existing else { return Some(incoming.to_owned()) };
    let old = parse_opened(existing).ok()?;
    let mut entries = Entries::of(&old, exactly);
    if type_changes(&old, &new) {
        entries.list.retain(|entry| !is_of_interaction(entry.key));
        entries.number();
    }
    entries.merge(&new, |key, old, new| match key {
        "name" | "description" => languages(old, new),
        "extensions" => Entries::of(old, exactly).merge(new, |_, old, new| replaced(old, new)),
        _ if is_component_list(key) => components(old, new),
        _ => replaced(old, new),
    })
}

/// An object as a map that keeps its order; of keys that mean the same, the last value counts.
struct Entries<'a> {
    list: Vec<Entry<'a>>,
    places: HashMap<Cow<'a, str>, usize>,
    fold: fn(&str) -> Cow<'_, str>,
}

struct Entry<'a> {
    key: &'a str,
    key_raw: &'a str,
    node: &'a Node<'a>,
    /// The text of the value; what [`Entries::merge`] changes.
    raw: Cow<'a, str>,
}

impl<'a> Entries<'a> {
    fn of(object: &'a Node<'a>, fold: fn(&str) -> Cow<'_, str>) -> Self {
        let mut entries = Self { list: Vec::new(), places: HashMap::new(), fold };
        for (member, key_raw) in object.as_object().unwrap_or_default().iter().zip(keys(object)) {
            let raw = Cow::Borrowed(member.node.raw);
            let entry = Entry { key: &member.key, key_raw, node: &member.node, raw };
            match entries.find(entry.key) {
                Some(earlier) => {
                    *earlier = Entry { key: earlier.key, key_raw: earlier.key_raw, ..entry }
                }
                None => entries.push(entry),
            }
        }
        entries
    }

    fn find(&mut self, key: &str) -> Option<&mut Entry<'a>> {
        let place = *self.places.get(&(self.fold)(key))?;
        self.list.get_mut(place)
    }

    fn push(&mut self, entry: Entry<'a>) {
        self.places.insert((self.fold)(entry.key), self.list.len());
        self.list.push(entry);
    }

    /// Finds the places anew after entries were taken out.
    fn number(&mut self) {
        let list = std::mem::take(&mut self.list);
        self.places.clear();
        for entry in list {
            self.push(entry);
        }
    }

    /// The object with `new` merged in; `value` gives the new text of a value that changes.
    fn merge(
        mut self,
        new: &'a Node<'a>,
        value: impl Fn(&str, &Node<'_>, &Node<'_>) -> Option<String>,
    ) -> Option<String> {
        let mut changed = false;
        for entry in Self::of(new, self.fold).list {
            match self.find(entry.key) {
                Some(old) => match value(entry.key, old.node, entry.node) {
                    Some(text) => old.raw = Cow::Owned(text),
                    None => continue,
                },
                None => self.push(entry),
            }
            changed = true;
        }
        changed.then(|| {
            let members = self.list.iter().map(|entry| [entry.key_raw, ":", &entry.raw].concat());
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        })
    }
}

fn exactly(key: &str) -> Cow<'_, str> {
    Cow::Borrowed(key)
}

/// Language tags are case insensitive (RFC 5646 2.1.1).
fn as_tag(key: &str) -> Cow<'_, str> {
    Cow::Owned(key.to_ascii_lowercase())
}

fn replaced(old: &Node<'_>, new: &Node<'_>) -> Option<String> {
    (!same_value(old, new)).then(|| new.raw.to_owned())
}

fn languages(old: &Node<'_>, new: &Node<'_>) -> Option<String> {
    Entries::of(old, as_tag).merge(new, |_, old, new| replaced(old, new))
}

/// The new list, where components that were in the old one keep the languages that they had.
fn components(old: &Node<'_>, new: &Node<'_>) -> Option<String> {
    let (before, after) = (old.as_array()?, new.as_array()?);
    let known: HashMap<_, _> = before.iter().map(|item| (id(item), item)).collect();
    let ids: HashSet<_> = after.iter().map(id).collect();
    if known.len() < before.len() || ids.len() < after.len() {
        // A valid list names each component once; without that, no two can be told to be one.
        return replaced(old, new);
    }
    let mut texts = Vec::with_capacity(after.len());
    for item in after {
        let merged = known.get(&id(item)).map(|known| {
            let merged = Entries::of(known, exactly).merge(item, |key, old, new| match key {
                "description" => languages(old, new),
                _ => replaced(old, new),
            });
            merged.map_or(Cow::Borrowed(known.raw), Cow::Owned)
        });
        texts.push(merged.unwrap_or(Cow::Borrowed(item.raw)));
    }
    let same = texts.len() == before.len() && texts.iter().zip(before).all(|(a, b)| *a == b.raw);
    (!same).then(|| format!("[{}]", texts.join(",")))
}

fn id<'a>(component: &'a Node<'_>) -> Option<&'a str> {
    component.get("id").and_then(Node::str)
}

fn type_changes(old: &Node<'_>, new: &Node<'_>) -> bool {
    let kind = |node: &Node<'_>| node.get("interactionType").and_then(Node::str).map(str::to_owned);
    matches!((kind(old), kind(new)), (Some(old), Some(new)) if old != new)
}

fn is_of_interaction(key: &str) -> bool {
    key == "correctResponsesPattern" || is_component_list(key)
}

/// Whether the member `key` of a definition is a list of interaction components.
pub(crate) fn is_component_list(key: &str) -> bool {
    matches!(key, "choices" | "scale" | "source" | "target" | "steps")
}

#[cfg(test)]
mod tests;
