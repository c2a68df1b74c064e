//! The record on its way out: every statement in the order of the log, with its exact text, and what
//! was learned from statements (canonical definitions, actors' names).
//!
//! One snapshot is read from its first line to its last, so an export says what the record was at
//! one moment, whatever is stored meanwhile.

use super::memory::Memory;
use super::read::{self, Row};
use super::store;
use crate::error::Result;
use crate::nul::with_nul;
use crate::tenants::TenantId;
use rollbook_db::{Column, Tx, Value};
use rollbook_xapi::version::Version;
use std::collections::HashMap;

/// Rows read at once.
const STATEMENTS_PER_PAGE: i64 = 256;
/// PostgreSQL sorts for each page, so these pages are large.
const LEARNED_PER_PAGE: i64 = 10_000;

/// Which part of the log: stored after `since` and up to `until`, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) since: i64,
    pub(crate) until: i64,
}

/// One thing of the record.
#[derive(Debug)]
pub(crate) enum Exported {
    /// The first and the last position of the log, before anything else.
    Log { first: i64, last: i64 },
    /// A statement.
    Statement(Statement),
    /// The canonical definition of an activity.
    Definition { activity: String, definition: String },
    /// A name seen with an actor.
    Name { actor: String, name: String },
}

/// A statement as it is kept.
#[derive(Debug)]
pub(crate) struct Statement {
    /// `stored`, in microseconds since 1970 UTC.
    pub(crate) position: i64,
    /// Its exact text.
    pub(crate) text: String,
    /// The rules by which it was checked.
    pub(crate) rules: Version,
    /// Content addresses of the attachments whose contents came with it.
    pub(crate) contents: Vec<String>,
}

impl Range {
    /// All of the log.
    pub(crate) const ALL: Self = Self { since: i64::MIN, until: i64::MAX };
}

/// Tells `each` the statements of a range; stops when it answers false.
pub(crate) fn statements(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    range: Range,
    each: &mut dyn FnMut(Exported) -> bool,
) -> Result<()> {
    let memory = Memory::new();
    let (first, last) = bounds(tx, tenant)?;
    let (first, last) = (first.max(range.since), last.min(range.until));
    if !each(Exported::Log { first, last }) {
        return Ok(());
    }
    let mut after = range.since;
    loop {
        let rows = page(tx, tenant, after, range.until, STATEMENTS_PER_PAGE)?;
        let Some(end) = rows.last() else { return Ok(()) };
        after = end.position;
        let mut contents = attached(tx, tenant, &rows.iter().collect::<Vec<_>>())?;
        for row in rows {
            let statement = Statement {
                position: row.position,
                text: memory.text(tx, tenant, &row)?,
                rules: row.version(),
                contents: contents.remove(&row.position).unwrap_or_default(),
            };
            if !each(Exported::Statement(statement)) {
                return Ok(());
            }
        }
    }
}

/// Tells `each` every canonical definition and every name, each in the order of its bytes.
pub(crate) fn learned(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    each: &mut dyn FnMut(Exported) -> bool,
) -> Result<()> {
    let size = Value::Int(LEARNED_PER_PAGE);
    let mut after = String::new();
    loop {
        let args = [Value::Int(tenant.0), Value::from(&after), size.clone()];
        let rows: Vec<(String, String)> = tx.all(&store::DEFINITIONS_BY_NAME, &args)?;
        let Some((end, _)) = rows.last() else { break };
        after.clone_from(end);
        for (activity, definition) in rows {
            let activity = with_nul(&activity).into_owned();
            if !each(Exported::Definition { activity, definition }) {
                return Ok(());
            }
        }
    }
    let mut after = (String::new(), String::new());
    loop {
        let (actor, name) = (Value::from(&after.0), Value::from(&after.1));
        let args = [Value::Int(tenant.0), actor, name, size.clone()];
        let rows: Vec<(String, String)> = tx.all(&store::NAMES_BY_ACTOR, &args)?;
        let Some(end) = rows.last() else { return Ok(()) };
        after.clone_from(end);
        for (actor, name) in rows {
            let (actor, name) = (with_nul(&actor).into_owned(), with_nul(&name).into_owned());
            if !each(Exported::Name { actor, name }) {
                return Ok(());
            }
        }
    }
}

/// Where a tenant's log begins and ends; the end before the beginning if there is nothing.
pub(super) fn bounds(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(i64, i64)> {
    let args = [Value::Int(tenant.0)];
    let first: Option<Option<i64>> = tx.one(&store::FIRST, &args)?;
    let last: Option<Option<i64>> = tx.one(&store::LAST, &args)?;
    Ok((first.flatten().unwrap_or(i64::MAX), last.flatten().unwrap_or(i64::MIN)))
}

/// The next rows of the log.
pub(super) fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    after: i64,
    until: i64,
    size: i64,
) -> Result<Vec<Row>> {
    let args = [tenant.0, after, until, size].map(Value::Int);
    let rows: Vec<read::Fields> = tx.all(&store::LOG_ROWS, &args)?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// Which contents came with each of the rows.
pub(super) fn attached(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    rows: &[&Row],
) -> Result<HashMap<i64, Vec<String>>> {
    let positions = Column::Int(rows.iter().map(|row| row.position).collect());
    let found: Vec<(i64, String)> =
        tx.many_all(&store::ATTACHED, &[Value::Int(tenant.0)], &[positions])?;
    let mut attached: HashMap<i64, Vec<String>> = HashMap::new();
    for (position, sha2) in found {
        attached.entry(position).or_default().push(sha2);
    }
    Ok(attached)
}
