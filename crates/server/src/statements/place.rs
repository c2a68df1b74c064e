//! Positions: `stored`, unique and strictly increasing in the tenant.
//!
//! An import keeps its own `stored`. Where that microsecond is taken, the position moves to the next
//! one that is free and the text stays: what a statement says is never changed by where it is kept.

use super::memory::Memory;
use super::prepared::Prepared;
use super::store;
use crate::error::{Problem, Result};
use rollbook_db::{Column, Tx, Value};
use std::collections::HashSet;

/// Gives each statement its position and moves the end of the log.
pub(super) fn place(
    tx: &mut Tx<'_>,
    tenant: i64,
    now: i64,
    accepted: &[&Prepared],
    end: &mut i64,
) -> Result<Vec<i64>> {
    let wanted: Vec<i64> = accepted.iter().filter_map(|prepared| prepared.stored).collect();
    if wanted.is_empty() {
        let first = now.max(*end + 1);
        let positions: Vec<i64> =
            accepted.iter().zip(first..).map(|(_, position)| position).collect();
        *end = positions.last().copied().unwrap_or(*end);
        return Ok(positions);
    }
    let asked: HashSet<i64> = wanted.into_iter().filter(|position| *position <= *end).collect();
    let mut taken = taken(tx, tenant, &asked)?;
    let mut positions = Vec::with_capacity(accepted.len());
    for prepared in accepted {
        let mut position = prepared.stored.unwrap_or_else(|| now.max(*end + 1));
        // Nothing is beyond the end, and who was asked about is known.
        while taken.contains(&position)
            || (position <= *end && !asked.contains(&position) && is_taken(tx, tenant, position)?)
        {
            position += 1;
        }
        taken.insert(position);
        *end = (*end).max(position);
        positions.push(position);
    }
    Ok(positions)
}

/// Statements whose `stored` was to be told from their position, and cannot be any more.
pub(super) fn moved(
    accepted: &[&Prepared],
    positions: &[i64],
    memory: &Memory,
) -> Result<Vec<Option<Prepared>>> {
    let dictionary = memory.dictionary();
    let moved = |(prepared, position): (&&Prepared, &i64)| {
        let moved = prepared.moved_to(*position, &dictionary).transpose();
        moved.map_err(Problem::internal)
    };
    accepted.iter().zip(positions).map(moved).collect()
}

fn taken(tx: &mut Tx<'_>, tenant: i64, asked: &HashSet<i64>) -> Result<HashSet<i64>> {
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let columns = [Column::Int(asked.iter().copied().collect())];
    let rows: Vec<(i64,)> = tx.many_all(&store::TAKEN, &[Value::Int(tenant)], &columns)?;
    Ok(rows.into_iter().map(|(position,)| position).collect())
}

fn is_taken(tx: &mut Tx<'_>, tenant: i64, position: i64) -> Result<bool> {
    Ok(!taken(tx, tenant, &HashSet::from([position]))?.is_empty())
}
