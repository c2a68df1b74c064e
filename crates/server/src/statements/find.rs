//! Which statements a query finds, in order of the log, by keyset: the cost of a page depends on
//! its size and on how rare its filters are together, never on how deep it is.
//!
//! Each condition is a set of posting keys of which one must hold. Per round the condition whose
//! next block of postings reaches farthest, so the rarest one here, leads; the others are asked
//! only about the leader's candidates. The same walk runs over a statement's own postings and over
//! the inherited ones, where all conditions must hold on the same source (`decisions.md` 4).

use super::store;
use crate::error::Result;
use rollbook_db::{Column, Tx, Value};
use std::collections::HashSet;

/// Postings read at once, at first and at most.
const BLOCK_MIN: usize = 128;
const BLOCK_MAX: usize = 1_024;

/// What to look for.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) tenant: i64,
    /// All must hold; each is a list of keys of which one must be there.
    pub(super) conditions: Vec<Vec<i64>>,
    /// A key that each found statement must have itself: what it leads to does not count.
    pub(super) confined: Option<i64>,
    /// Only positions after this one.
    pub(super) after: i64,
    /// Only positions before this one.
    pub(super) before: i64,
    pub(super) ascending: bool,
}

/// A position and the source whose postings found it; a statement's own source is 0.
type Entry = (i64, i64);

#[derive(Clone, Copy)]
enum List {
    Own,
    Inherited,
}

/// Some of a condition's entries, in the order of the search.
struct Block {
    entries: Vec<Entry>,
    /// Whether there are none after these.
    last: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The first positions, in the order of the search.
    pub(super) positions: Vec<i64>,
    /// Where the search gave up: all before it, and it itself, was looked at, and what follows was not.
    pub(super) gave_up_at: Option<i64>,
}

/// The first `wanted` positions that the search finds. It gives up when it has looked at as many
/// postings as `candidates` says, and takes off what it looked at: two frequent filters that never
/// meet would otherwise be walked to the end of the log.
pub(super) fn positions(
    tx: &mut Tx<'_>,
    search: &Search,
    wanted: usize,
    candidates: &mut usize,
) -> Result<Found> {
    if search.conditions.is_empty() {
        return Ok(Found { positions: log(tx, search, wanted)?, gave_up_at: None });
    }
    let own = walk(tx, search, List::Own, wanted, candidates)?;
    let inherited = walk(tx, search, List::Inherited, wanted, candidates)?;
    let nearer = |a: i64, b: i64| if search.ascending { a.min(b) } else { a.max(b) };
    let ends = [own.gave_up_at, inherited.gave_up_at];
    let gave_up_at = ends.into_iter().flatten().reduce(nearer);
    let mut both = own.positions;
    if !inherited.positions.is_empty() {
        both.extend(inherited.positions);
        both.sort_unstable();
        both.dedup();
        if !search.ascending {
            both.reverse();
        }
    }
    if let Some(end) = gave_up_at {
        both.retain(|position| if search.ascending { *position <= end } else { *position >= end });
    }
    both.truncate(wanted);
    Ok(Found { positions: both, gave_up_at })
}

fn log(tx: &mut Tx<'_>, search: &Search, wanted: usize) -> Result<Vec<i64>> {
    let (sql, from, to) = if search.ascending {
        (&store::LOG_AFTER, search.after, search.before)
    } else {
        (&store::LOG_BEFORE, search.before, search.after)
    };
    let args = [
        Value::Int(search.tenant),
        Value::Int(from),
        Value::Int(to),
        Value::Int(wanted.cast_signed() as i64),
    ];
    let rows: Vec<(i64,)> = tx.all(sql, &args)?;
    Ok(rows.into_iter().map(|(position,)| position).collect())
}

/// Walks one list until `wanted` positions satisfy every condition.
fn walk(
    tx: &mut Tx<'_>,
    search: &Search,
    list: List,
    wanted: usize,
    candidates: &mut usize,
) -> Result<Found> {
    let mut found: Vec<i64> = Vec::new();
    let mut gave_up_at = None;
    let mut from =
        if search.ascending { (search.after, i64::MAX) } else { (search.before, i64::MIN) };
    let mut size = BLOCK_MIN.max(wanted.min(BLOCK_MAX));
    loop {
        let mut blocks = Vec::with_capacity(search.conditions.len());
        for condition in &search.conditions {
            let block = block(tx, search, list, condition, from, size)?;
            if block.entries.is_empty() {
                return Ok(Found { positions: found, gave_up_at: None });
            }
            *candidates = candidates.saturating_sub(block.entries.len());
            blocks.push(block);
        }
        let leader = leader(&blocks, search.ascending);
        let Block { mut entries, last } = blocks.swap_remove(leader);
        let end = entries.last().copied();
        for (at, condition) in search.conditions.iter().enumerate() {
            if at != leader && !entries.is_empty() {
                let held = among(tx, search.tenant, list, condition, &entries)?;
                entries.retain(|entry| held.contains(entry));
            }
        }
        if let (List::Inherited, Some(key)) = (list, search.confined) {
            let own: Vec<Entry> = entries.iter().map(|(position, _)| (*position, 0)).collect();
            let held = among(tx, search.tenant, List::Own, &[key], &own)?;
            entries.retain(|(position, _)| held.contains(&(*position, 0)));
        }
        for (position, _) in entries {
            if found.last() != Some(&position) {
                found.push(position);
            }
        }
        match end {
            Some(end) if !last && found.len() < wanted => {
                gave_up_at = (*candidates == 0).then(|| looked_at(search, list, end)).flatten();
                if gave_up_at.is_some() {
                    break;
                }
                from = end;
            }
            _ => break,
        }
        size = (size * 2).min(BLOCK_MAX);
    }
    found.truncate(wanted);
    Ok(Found { positions: found, gave_up_at })
}

/// The last position that was looked at whole when a walk stands at `end`; none if it is the first
/// one still. A position may be inherited from more sources than those seen.
fn looked_at(search: &Search, list: List, (position, _): Entry) -> Option<i64> {
    match list {
        List::Own => Some(position),
        List::Inherited if search.ascending => {
            Some(position - 1).filter(|before| *before > search.after)
        }
        List::Inherited => Some(position + 1).filter(|before| *before < search.before),
    }
}

/// The condition that reaches farthest with its block, or ends with the fewest entries.
fn leader(blocks: &[Block], ascending: bool) -> usize {
    let reach = |block: &Block| {
        let last = block.entries.last().map_or(0, |(position, _)| *position);
        let reach = if ascending { last } else { -last };
        (block.last, if block.last { -(block.entries.len().cast_signed() as i64) } else { reach })
    };
    let best = blocks.iter().enumerate().max_by_key(|(_, block)| reach(block));
    best.map_or(0, |(at, _)| at)
}

/// The next entries of a condition: its keys' blocks merged, cut where one of them ends unfinished.
fn block(
    tx: &mut Tx<'_>,
    search: &Search,
    list: List,
    keys: &[i64],
    from: Entry,
    size: usize,
) -> Result<Block> {
    let mut merged: Vec<Entry> = Vec::new();
    let mut horizon: Option<Entry> = None;
    let nearer = |a: Entry, b: Entry| if search.ascending { a.min(b) } else { a.max(b) };
    for key in keys {
        let entries = read(tx, search, list, *key, from, size)?;
        if entries.len() == size
            && let Some(end) = entries.last()
        {
            horizon = Some(horizon.map_or(*end, |horizon| nearer(horizon, *end)));
        }
        merged.extend(entries);
    }
    if keys.len() > 1 {
        merged.sort_unstable();
        merged.dedup();
        if !search.ascending {
            merged.reverse();
        }
    }
    if let Some(horizon) = horizon {
        merged.retain(|entry| if search.ascending { *entry <= horizon } else { *entry >= horizon });
    }
    Ok(Block { entries: merged, last: horizon.is_none() })
}

fn read(
    tx: &mut Tx<'_>,
    search: &Search,
    list: List,
    key: i64,
    from: Entry,
    size: usize,
) -> Result<Vec<Entry>> {
    let (tenant, key, size) =
        (Value::Int(search.tenant), Value::Int(key), Value::Int(size.cast_signed() as i64));
    let to = Value::Int(if search.ascending { search.before } else { search.after });
    match list {
        List::Own => {
            let sql =
                if search.ascending { &store::POSTINGS_AFTER } else { &store::POSTINGS_BEFORE };
            let rows: Vec<(i64,)> = tx.all(sql, &[tenant, key, Value::Int(from.0), to, size])?;
            Ok(rows.into_iter().map(|(position,)| (position, 0)).collect())
        }
        List::Inherited => {
            let sql =
                if search.ascending { &store::INHERITED_AFTER } else { &store::INHERITED_BEFORE };
            Ok(tx.all(sql, &[tenant, key, Value::Int(from.0), Value::Int(from.1), to, size])?)
        }
    }
}

/// Which of the entries a condition holds for.
fn among(
    tx: &mut Tx<'_>,
    tenant: i64,
    list: List,
    keys: &[i64],
    entries: &[Entry],
) -> Result<HashSet<Entry>> {
    let mut held = HashSet::with_capacity(entries.len());
    for key in keys {
        let args = [Value::Int(tenant), Value::Int(*key)];
        let positions = Column::Int(entries.iter().map(|(position, _)| *position).collect());
        match list {
            List::Own => {
                let rows: Vec<(i64,)> = tx.many_all(&store::POSTED, &args, &[positions])?;
                held.extend(rows.into_iter().map(|(position,)| (position, 0)));
            }
            List::Inherited => {
                let sources = Column::Int(entries.iter().map(|(_, source)| *source).collect());
                let rows: Vec<Entry> =
                    tx.many_all(&store::INHERITS, &args, &[positions, sources])?;
                held.extend(rows);
            }
        }
    }
    Ok(held)
}
