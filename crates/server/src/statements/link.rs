//! Voiding (Data 2.3.2) and StatementRef expansion (1.0.3 Communication 2.1.3, 9274.1.1 4.1.6.1).
//!
//! Both depend on what is in the store, never on the order of arrival: a statement is linked to its
//! target and to whoever waited for it in the transaction that stores it. Each statement has at most
//! one target, so the way down is a path; the way up is a tree; cycles are walked once. A statement
//! inherits the postings of every statement on its path, each under that source, because all filters
//! must hold on the same statement of the chain.

use super::memory::Memory;
use super::prepared::{Prepared, VOIDED, VOIDING};
use super::read;
use super::store;
use super::terms::{self, posting_key};
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use anyhow::anyhow;
use rollbook_db::{Column, Tx, Value};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// Links of a chain that count. Real chains have one or two; without an end, one request full of
/// references could hold up the log for hours.
const CHAIN_LINKS_MAX: usize = 100;

/// A statement as far as chains and voiding need it.
#[derive(Clone)]
pub(super) struct Linked {
    position: i64,
    id: Uuid,
    target: Option<Uuid>,
    flags: i64,
    keys: Vec<i64>,
}

impl Linked {
    pub(super) fn new(prepared: &Prepared, position: i64, keys: Vec<i64>) -> Self {
        Self { position, id: prepared.id, target: prepared.target, flags: prepared.flags, keys }
    }
}

/// Referrers of one id: their positions and whether they void.
pub(super) type Referrers = HashMap<Uuid, Vec<(i64, bool)>>;

/// The walk over one transaction's view of the store.
struct Walk<'a> {
    tenant: TenantId,
    memory: &'a Memory,
    loaded: BTreeMap<i64, Linked>,
    positions: HashMap<Uuid, i64>,
    /// Heirs and sources seen to in this transaction.
    done: HashSet<(i64, i64)>,
}

/// Links the statements just appended.
pub(super) fn link(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: Vec<Linked>,
    memory: &Memory,
) -> Result<()> {
    let ids = group.iter().map(|statement| statement.id).collect();
    let waiting = referrers(tx, tenant, ids)?;
    let touched: Vec<i64> = group
        .iter()
        .filter(|statement| statement.target.is_some() || waiting.contains_key(&statement.id))
        .map(|statement| statement.position)
        .collect();
    if touched.is_empty() {
        return Ok(());
    }
    let positions = group.iter().map(|statement| (statement.id, statement.position)).collect();
    let loaded = group.into_iter().map(|statement| (statement.position, statement)).collect();
    let mut walk = Walk { tenant, memory, loaded, positions, done: HashSet::new() };
    for position in touched {
        walk.void(tx, position, &waiting)?;
        walk.inherit(tx, position)?;
    }
    Ok(())
}

/// Who refers to the ids, stored or not.
pub(super) fn referrers(tx: &mut Tx<'_>, tenant: TenantId, ids: Vec<Uuid>) -> Result<Referrers> {
    let rows: Vec<(Uuid, i64, bool)> =
        tx.many_all(&store::REFERRERS, &[Value::Int(tenant.0)], &[Column::Uuid(ids)])?;
    let mut referrers = Referrers::new();
    for (target, position, voiding) in rows {
        referrers.entry(target).or_default().push((position, voiding));
    }
    Ok(referrers)
}

/// What the statement at `position` should inherit: keys and their sources.
pub(super) fn inherited(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    memory: &Memory,
    position: i64,
) -> Result<BTreeSet<(i64, i64)>> {
    let (loaded, positions, done) = (BTreeMap::new(), HashMap::new(), HashSet::new());
    let mut walk = Walk { tenant, memory, loaded, positions, done };
    let sources = walk.down(tx, position)?;
    let others = sources.iter().filter(|source| source.position != position);
    Ok(others.flat_map(|source| source.keys.iter().map(|key| (*key, source.position))).collect())
}

impl Walk<'_> {
    /// Voids this statement if a voiding statement waited for it, and its target if it voids.
    /// A voiding statement is never voided (XAPI-00018).
    fn void(&mut self, tx: &mut Tx<'_>, position: i64, waiting: &Referrers) -> Result<()> {
        let statement = self.load(tx, position)?;
        let voided_by =
            waiting.get(&statement.id).into_iter().flatten().any(|(_, voiding)| *voiding);
        if voided_by {
            self.mark(tx, &statement)?;
        }
        if statement.flags & VOIDING != 0
            && let Some(target) = self.target(tx, &statement)?
        {
            self.mark(tx, &target)?;
        }
        Ok(())
    }

    fn mark(&mut self, tx: &mut Tx<'_>, statement: &Linked) -> Result<()> {
        if statement.flags & (VOIDING | VOIDED) == 0 {
            tx.run(&store::VOID, &[Value::Int(self.tenant.0), Value::Int(statement.position)])?;
            if let Some(loaded) = self.loaded.get_mut(&statement.position) {
                loaded.flags |= VOIDED;
            }
        }
        Ok(())
    }

    /// Gives the postings of this statement and of all it leads to, to it and to all that lead to it.
    fn inherit(&mut self, tx: &mut Tx<'_>, position: i64) -> Result<()> {
        let sources = self.down(tx, position)?;
        let heirs = self.up(tx, position)?;
        for (steps, source) in sources.iter().enumerate() {
            let near = heirs.iter().filter(|(heir, above)| {
                **heir != source.position && steps + **above <= CHAIN_LINKS_MAX
            });
            let near: Vec<i64> = near.map(|(heir, _)| *heir).collect();
            let fresh = near.into_iter().filter(|heir| self.done.insert((*heir, source.position)));
            let fresh: Vec<i64> = fresh.collect();
            if fresh.is_empty() {
                continue;
            }
            let pairs = fresh.iter().flat_map(|heir| source.keys.iter().map(|key| (*key, *heir)));
            let (keys, heirs) = pairs.unzip();
            let args = [Value::Int(self.tenant.0), Value::Int(source.position)];
            tx.many(&store::ADD_INHERITED, &args, &[Column::Int(keys), Column::Int(heirs)])?;
        }
        Ok(())
    }

    /// This statement and the stored ones it leads to, nearest first.
    fn down(&mut self, tx: &mut Tx<'_>, position: i64) -> Result<Vec<Linked>> {
        let mut path: Vec<Linked> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = Some(self.load(tx, position)?);
        while let Some(statement) = next {
            if path.len() > CHAIN_LINKS_MAX || !seen.insert(statement.position) {
                break;
            }
            next = self.target(tx, &statement)?;
            path.push(statement);
        }
        Ok(path)
    }

    /// Positions of this statement and of the stored ones that lead to it, and in how many steps.
    fn up(&mut self, tx: &mut Tx<'_>, position: i64) -> Result<BTreeMap<i64, usize>> {
        let mut found = BTreeMap::from([(position, 0)]);
        let mut layer = vec![position];
        for steps in 1..=CHAIN_LINKS_MAX {
            if layer.is_empty() {
                break;
            }
            let ids = self.ids(tx, layer)?;
            let rows = referrers(tx, self.tenant, ids)?;
            let above = rows.into_values().flatten().map(|(position, _)| position);
            let new = above.filter(|position| match found.entry(*position) {
                Entry::Vacant(vacant) => {
                    vacant.insert(steps);
                    true
                }
                Entry::Occupied(_) => false,
            });
            layer = new.collect();
        }
        Ok(found)
    }

    /// The ids of statements by position.
    fn ids(&self, tx: &mut Tx<'_>, positions: Vec<i64>) -> Result<Vec<Uuid>> {
        if let [position] = positions.as_slice()
            && let Some(loaded) = self.loaded.get(position)
        {
            return Ok(vec![loaded.id]);
        }
        let args = [Value::Int(self.tenant.0)];
        let rows: Vec<(Uuid,)> = tx.many_all(&store::IDS, &args, &[Column::Int(positions)])?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// The stored target of a statement.
    fn target(&mut self, tx: &mut Tx<'_>, statement: &Linked) -> Result<Option<Linked>> {
        let Some(target) = statement.target else { return Ok(None) };
        if let Some(position) = self.positions.get(&target).copied() {
            return self.load(tx, position).map(Some);
        }
        let args = [Value::Int(self.tenant.0)];
        let rows: Vec<(Uuid, i64)> =
            tx.many_all(&store::POSITIONS, &args, &[Column::Uuid(vec![target])])?;
        rows.first().map(|(_, position)| self.load(tx, *position)).transpose()
    }

    /// A stored statement, with its postings worked out again from its text.
    fn load(&mut self, tx: &mut Tx<'_>, position: i64) -> Result<Linked> {
        if let Some(loaded) = self.loaded.get(&position) {
            return Ok(loaded.clone());
        }
        let rows = read::rows(tx, self.tenant, vec![position])?;
        let absent = || Problem::internal(anyhow!("no statement is at position {position}"));
        let row = rows.first().ok_or_else(absent)?;
        let text = self.memory.text(tx, self.tenant, row)?;
        let found = read::index_of(&text, row)?;
        let names: Vec<_> = found.terms.iter().map(|(name, _)| name.clone()).collect();
        let numbers = terms::find(tx, self.tenant.0, &names)?;
        let keys = found
            .terms
            .iter()
            .filter_map(|(name, role)| Some(posting_key(*numbers.get(name)?, *role)));
        let mut keys: Vec<i64> = keys.collect();
        keys.sort_unstable();
        keys.dedup();
        let linked = Linked { position, id: row.id, target: found.target, flags: row.flags, keys };
        self.positions.insert(row.id, position);
        self.loaded.insert(position, linked.clone());
        Ok(linked)
    }
}
