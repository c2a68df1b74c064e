//! Canonical definitions of activities and names of actors, learned from statements.
//!
//! A definition is merged in the order of the log (1.0.3 Communication 2.5, Data 2.4.4.1). What a
//! process merged last is remembered, so that the usual statement, which repeats it, costs nothing;
//! the head's counter tells when another process has changed a definition since.

use super::memory::Memory;
use super::prepared::Prepared;
use super::store;
use super::terms::{self, Kind, Numbers, TermName};
use crate::error::Result;
use crate::nul::without_nul;
use crate::tenants::TenantId;
use lru::LruCache;
use rollbook_db::{Column, Tx, Value};
use rollbook_xapi::json::{Kind as Kinds, Node};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroUsize;

/// Definitions and names that a tenant's memory holds, as hashes.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(65_536).expect("not zero");

/// What this process knows of a tenant's definitions and names.
pub(super) struct Defined {
    hasher: RandomState,
    /// The head's counter that `definitions` is true for.
    counter: i64,
    /// Activity term to the hash of the text merged last.
    definitions: LruCache<i64, u64>,
    /// Hashes of (actor term, name).
    names: LruCache<u64, ()>,
}

/// What a transaction learned; to be kept after its commit.
pub(super) struct Learned {
    seen_counter: i64,
    counter: i64,
    definitions: Vec<(i64, u64)>,
    names: Vec<u64>,
}

impl Defined {
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            counter: -1,
            definitions: LruCache::unbounded(),
            names: LruCache::unbounded(),
        }
    }

    /// The hash by which a text is remembered.
    pub(super) fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }

    /// The head's counter for which it is true that this text was merged last.
    pub(super) fn merged_at(&mut self, term: i64, hash: u64) -> Option<i64> {
        let merged = self.definitions.get(&term).is_some_and(|last| *last == hash);
        merged.then_some(self.counter)
    }

    /// Whether a name is known to be stored.
    pub(super) fn has_name(&mut self, actor: i64, name: &str) -> bool {
        let hash = self.hasher.hash_one((actor, name));
        self.names.get(&hash).is_some()
    }

    /// Keeps what a committed transaction learned.
    pub(super) fn learn(&mut self, learned: Learned) {
        let Learned { seen_counter, counter, definitions, names } = learned;
        if self.counter != seen_counter {
            self.definitions.clear();
        }
        self.counter = counter;
        for (term, hash) in definitions {
            self.definitions.put(term, hash);
        }
        for name in names {
            self.names.put(name, ());
        }
        while self.definitions.len() > REMEMBERED_MAX.get() {
            self.definitions.pop_lru();
        }
        while self.names.len() > REMEMBERED_MAX.get() {
            self.names.pop_lru();
        }
    }
}

/// Merges the definitions and keeps the names of a group of statements, in the order of the log.
pub(super) fn define(
    tx: &mut Tx<'_>,
    tenant: i64,
    group: &[(&Prepared, i64)],
    numbers: &Numbers,
    memory: &Memory,
    counter: &mut i64,
) -> Result<Learned> {
    let bytes_max = memory.definition_bytes_max;
    let mut learned = Learned {
        seen_counter: *counter,
        counter: *counter,
        definitions: Vec::new(),
        names: Vec::new(),
    };
    let (incoming, names) = news(group, numbers, memory, &mut learned);
    if !incoming.is_empty() && merge(tx, tenant, incoming, bytes_max)? {
        *counter += 1;
        learned.counter = *counter;
    }
    if !names.is_empty() {
        let (terms, names) = names.into_iter().unzip();
        tx.many(
            &store::ADD_NAMES,
            &[Value::Int(tenant)],
            &[Column::Int(terms), Column::Text(names)],
        )?;
    }
    Ok(learned)
}

/// Definition texts by activity term, in the order of the log.
type Incoming<'a> = BTreeMap<i64, Vec<&'a str>>;

/// What of the group is not merged already. A statement that repeats what was merged last counts
/// only after another definition of the same activity in this group.
fn news<'a>(
    group: &[(&'a Prepared, i64)],
    numbers: &Numbers,
    memory: &Memory,
    learned: &mut Learned,
) -> (Incoming<'a>, HashSet<(i64, String)>) {
    let defined = memory.defined.lock().expect("no holder of the definitions panics");
    let mut incoming: Incoming<'a> = BTreeMap::new();
    let mut last: BTreeMap<i64, u64> = BTreeMap::new();
    let mut names = HashSet::new();
    for (prepared, _) in group {
        for definition in &prepared.definitions {
            let known = definition.known;
            let (term, hash) = known.unwrap_or_else(|| {
                (numbers.of(&definition.activity), defined.hash(&definition.text))
            });
            let merged = definition.merged_at == Some(learned.seen_counter);
            let repeated = last.get(&term).map_or(merged, |before| *before == hash);
            if !repeated {
                incoming.entry(term).or_default().push(&definition.text);
                last.insert(term, hash);
            }
        }
        for (actor, name) in &prepared.names {
            let term = numbers.of(actor);
            learned.names.push(defined.hasher.hash_one((term, name.as_str())));
            names.insert((term, without_nul(name).into_owned()));
        }
    }
    learned.definitions = last.into_iter().collect();
    (incoming, names)
}

/// Merges texts into what is stored; true if anything changed. What would make a definition longer
/// than `bytes_max` is left out: any caller may add languages and extensions without end, and all of
/// it is read with every canonical answer. The statement that brought it keeps it.
fn merge(tx: &mut Tx<'_>, tenant: i64, incoming: Incoming<'_>, bytes_max: usize) -> Result<bool> {
    let terms: Vec<i64> = incoming.keys().copied().collect();
    let rows: Vec<(i64, String)> =
        tx.many_all(&store::DEFINITIONS, &[Value::Int(tenant)], &[Column::Int(terms)])?;
    let stored: BTreeMap<i64, String> = rows.into_iter().collect();
    let mut changed: Vec<(i64, String)> = Vec::new();
    for (term, texts) in incoming {
        let before = stored.get(&term);
        let mut after: Option<String> = None;
        for text in texts {
            let current = after.as_deref().or(before.map(String::as_str));
            let merged = rollbook_xapi::definition::merge(current, text);
            // One that was longer already, from before this limit, may still shrink.
            let room = bytes_max.max(current.map_or(0, str::len));
            after = merged.filter(|merged| merged.len() <= room).or(after);
        }
        changed.extend(after.map(|text| (term, text)));
    }
    if changed.is_empty() {
        return Ok(false);
    }
    let (terms, texts) = changed.into_iter().unzip();
    tx.many(
        &store::SET_DEFINITION,
        &[Value::Int(tenant)],
        &[Column::Int(terms), Column::Text(texts)],
    )?;
    Ok(true)
}

/// The canonical definitions of every activity in some statements' texts, by activity.
pub(super) fn definitions_of<'a>(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    texts: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, String>> {
    let activities: HashSet<String> = texts.flat_map(activities_of).collect();
    let names: Vec<TermName> =
        activities.iter().map(|activity| TermName::new(Kind::Activity, activity)).collect();
    let numbers = terms::find(tx, tenant.0, &names)?;
    let column = Column::Int(numbers.values().copied().collect());
    let rows: Vec<(i64, String)> =
        tx.many_all(&store::DEFINITIONS, &[Value::Int(tenant.0)], &[column])?;
    let by_term: HashMap<i64, String> = rows.into_iter().collect();
    let of = |activity: String| {
        let term = numbers.get(&TermName::new(Kind::Activity, &activity))?;
        Some((activity, by_term.get(term)?.clone()))
    };
    Ok(activities.into_iter().filter_map(of).collect())
}

/// The ids of every activity in a stored statement: its Object, its context, its SubStatement's.
fn activities_of(text: &str) -> Vec<String> {
    fn walk(node: &Node<'_>, found: &mut Vec<String>) {
        let Kinds::Object(members) = &node.kind else { return };
        let typed = node.get("objectType").and_then(Node::str);
        if let Some(id) = node.get("id").and_then(Node::str)
            && typed.is_none_or(|typed| typed == "Activity")
        {
            found.push(id.to_owned());
        }
        for member in members {
            match (member.key.as_ref(), &member.node.kind) {
                ("object" | "context" | "contextActivities", _) => walk(&member.node, found),
                ("parent" | "grouping" | "category" | "other", Kinds::Array(nodes)) => {
                    for node in nodes {
                        walk(node, found);
                    }
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(root) = rollbook_xapi::json::parse(text)
        && let Kinds::Object(members) = &root.kind
    {
        members
            .iter()
            .filter(|member| matches!(member.key.as_ref(), "object" | "context"))
            .for_each(|member| walk(&member.node, &mut found));
    }
    found
}
