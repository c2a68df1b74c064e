//! Whether the record is what its statements say: for `rollbook doctor`.
//!
//! Everything but the log itself can be worked out from the texts in it. So each table is compared
//! with what it should hold, page of the log by page of the log, by fingerprints; where they differ,
//! the page is worked out again and the differing rows are named. Reads one snapshot, changes nothing.

mod numbers;
mod rows;
mod tables;

use super::export;
use super::memory::Memory;
use super::read::Row;
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
use tables::{Entry, Ledger, Table};

/// Rows of the log that are worked out at once.
const PER_PAGE: i64 = 1_000;
/// Pages of the log in which differing rows are looked for.
const EXPLAINED_PAGES_MAX: usize = 3;
/// Faults that are told; the others are counted.
const TOLD_MAX: usize = 50;

/// How thoroughly to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Every statement can be read and is found by its id.
    Quick,
    /// And everything that was worked out from it is as it would be worked out today.
    Full,
}

/// What was looked at in one tenant's record, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    pub(crate) statements: u64,
    pub(crate) voided: u64,
    pub(crate) postings: u64,
    pub(crate) references: u64,
    pub(crate) inherited: u64,
    pub(crate) attachments: u64,
    pub(crate) faults: Faults,
}

/// What is wrong, a sentence each.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) told: Vec<String>,
    /// How many more there are.
    pub(crate) untold: u64,
}

/// What one examination works with.
struct Examination {
    tenant: TenantId,
    depth: Depth,
    memory: Memory,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: impl Into<String>) {
        if self.told.len() < TOLD_MAX {
            self.told.push(fault.into());
        } else {
            self.untold += 1;
        }
    }
}

/// Looks at a tenant's record; `progress` hears how far along the log it is.
pub(crate) fn examine(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    depth: Depth,
    progress: &mut dyn FnMut(i64),
) -> Result<Examined> {
    let examination = Examination { tenant, depth, memory: Memory::new() };
    let mut examined = Examined::default();
    numbers::examine(tx, tenant, &mut examined.faults)?;
    let mut ledger = Ledger::default();
    let mut after = i64::MIN;
    loop {
        let rows = export::page(tx, tenant, after, i64::MAX, PER_PAGE)?;
        let Some(last) = rows.last() else { break };
        after = last.position;
        let entries = examination.rows(tx, &rows, &mut examined)?;
        ledger.expect(after, &entries);
        progress(after);
    }
    for table in examination.tables() {
        tables::scan(tx, tenant, *table, &mut |entry| ledger.found(*table, &entry))?;
        let pages = ledger.differing(*table);
        for (from, to) in pages.iter().take(EXPLAINED_PAGES_MAX) {
            examination.explain(tx, *table, (*from, *to), &mut examined.faults)?;
        }
        if pages.len() > EXPLAINED_PAGES_MAX {
            let more = pages.len() - EXPLAINED_PAGES_MAX;
            examined.faults.add(format!("{table} is wrong in {more} more parts of the log"));
        }
    }
    examined.postings = ledger.rows(Table::Postings);
    examined.references = ledger.rows(Table::References);
    examined.inherited = ledger.rows(Table::Inherited);
    if depth == Depth::Full {
        numbers::attachments(tx, tenant, &mut examined)?;
    }
    Ok(examined)
}

/// Where a tenant's log begins and ends, for a bar of progress.
pub(crate) fn bounds(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(i64, i64)> {
    export::bounds(tx, tenant)
}

impl Examination {
    fn tables(&self) -> &'static [Table] {
        match self.depth {
            Depth::Quick => &[Table::Ids],
            Depth::Full => &[Table::Ids, Table::Postings, Table::References, Table::Inherited],
        }
    }

    /// Names the rows of a table that are missing or too many in one part of the log.
    fn explain(
        &self,
        tx: &mut Tx<'_>,
        table: Table,
        (after, until): (i64, i64),
        faults: &mut Faults,
    ) -> Result<()> {
        let rows = export::page(tx, self.tenant, after, until, PER_PAGE)?;
        let entries = self.rows(tx, &rows, &mut Examined::default())?;
        let mut missing: std::collections::BTreeSet<Entry> =
            entries.into_iter().filter(|(of, _)| *of == table).map(|(_, entry)| entry).collect();
        let mut extra = Vec::new();
        tables::scan(tx, self.tenant, table, &mut |entry| {
            let here = after < entry.position && entry.position <= until;
            if here && !missing.remove(&entry) {
                extra.push(entry);
            }
        })?;
        for entry in missing {
            faults.add(format!("{table}: {} is missing", entry.told(table)));
        }
        for entry in extra {
            faults.add(format!("{table}: {} should not be there", entry.told(table)));
        }
        Ok(())
    }
}

/// Which statement it is, for people.
fn named(row: &Row) -> String {
    format!("statement {} (stored {})", row.id, format_micros(row.position))
}

/// What an operator is told of a failure.
fn cause(problem: &Problem) -> String {
    problem.because.as_ref().map_or_else(|| problem.detail.clone(), |cause| format!("{cause:#}"))
}
