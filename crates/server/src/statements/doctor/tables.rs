//! The tables that are worked out from the log, compared with it by fingerprints.
//!
//! A fingerprint is the count of a set of rows and the sum of their hashes: it does not depend on
//! the order, so the log is read in its own order and each table in its own.

use crate::error::Result;
use crate::statements::store;
use crate::tenants::TenantId;
use rollbook_db::{Tx, Value};
use rollbook_xapi::timestamp::format_micros;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use uuid::Uuid;

/// Rows read at once.
const PER_PAGE: i64 = 10_000;

/// A table that is worked out from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Ids,
    Postings,
    References,
    Inherited,
}

/// A row of any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Entry {
    /// Of the statement that it belongs to.
    pub(super) position: i64,
    /// An id or a posting's key.
    pub(super) subject: u128,
    /// The position of the source, or whether a reference voids.
    pub(super) detail: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fingerprint {
    rows: u64,
    sum: u64,
}

/// What each page of the log should have in each table, and what it has.
#[derive(Default)]
pub(super) struct Ledger {
    /// The last position of each page.
    ends: Vec<i64>,
    expected: BTreeMap<Table, Vec<Fingerprint>>,
    found: BTreeMap<Table, Vec<Fingerprint>>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ids => "ids",
            Self::Postings => "postings",
            Self::References => "references",
            Self::Inherited => "inherited postings",
        })
    }
}

impl Entry {
    pub(super) fn id(id: Uuid, position: i64) -> (Table, Self) {
        (Table::Ids, Self { position, subject: id.as_u128(), detail: 0 })
    }

    pub(super) fn posting(key: i64, position: i64) -> (Table, Self) {
        (Table::Postings, Self { position, subject: subject(key), detail: 0 })
    }

    pub(super) fn reference(target: Uuid, position: i64, voiding: bool) -> (Table, Self) {
        let (subject, detail) = (target.as_u128(), i64::from(voiding));
        (Table::References, Self { position, subject, detail })
    }

    pub(super) fn inherited(key: i64, position: i64, source: i64) -> (Table, Self) {
        (Table::Inherited, Self { position, subject: subject(key), detail: source })
    }

    /// This row, for people.
    pub(super) fn told(&self, table: Table) -> String {
        let Self { position, subject, detail } = self;
        let at = format_micros(*position);
        match table {
            Table::Ids => format!("id {} at {at}", Uuid::from_u128(*subject)),
            Table::Postings => format!("key {subject} of the statement stored {at}"),
            Table::References => {
                let voiding = if *detail == 0 { "" } else { ", voiding" };
                let target = Uuid::from_u128(*subject);
                format!("from the statement stored {at} to {target}{voiding}")
            }
            Table::Inherited => {
                let source = format_micros(*detail);
                format!("key {subject} of the statement stored {at} from the one stored {source}")
            }
        }
    }
}

fn subject(key: i64) -> u128 {
    u128::try_from(key).unwrap_or(u128::MAX)
}

impl Fingerprint {
    fn add(&mut self, entry: &Entry) {
        let mut hasher = DefaultHasher::new();
        entry.hash(&mut hasher);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(hasher.finish());
    }
}

impl Ledger {
    /// Notes what the next page of the log, which ends at `end`, should have.
    pub(super) fn expect(&mut self, end: i64, entries: &[(Table, Entry)]) {
        self.ends.push(end);
        let pages = self.ends.len();
        for (table, entry) in entries {
            page(self.expected.entry(*table).or_default(), pages - 1).add(entry);
        }
    }

    /// Notes a row that is there.
    pub(super) fn found(&mut self, table: Table, entry: &Entry) {
        let number = self.ends.partition_point(|end| *end < entry.position);
        // What is beyond the end of the log counts as part of its last page.
        let number = number.min(self.ends.len().saturating_sub(1));
        page(self.found.entry(table).or_default(), number).add(entry);
    }

    /// How many rows a table has.
    pub(super) fn rows(&self, table: Table) -> u64 {
        self.found.get(&table).into_iter().flatten().map(|page| page.rows).sum()
    }

    /// The parts of the log in which a table is not as it should be: after, up to.
    pub(super) fn differing(&self, table: Table) -> Vec<(i64, i64)> {
        let at = |pages: &BTreeMap<Table, Vec<Fingerprint>>, number: usize| {
            pages.get(&table).and_then(|pages| pages.get(number)).copied().unwrap_or_default()
        };
        let last = self.ends.len().max(1) - 1;
        let bounds = |number: usize| {
            let after = number.checked_sub(1).and_then(|before| self.ends.get(before));
            let until = self.ends.get(number).filter(|_| number < last);
            (after.copied().unwrap_or(i64::MIN), until.copied().unwrap_or(i64::MAX))
        };
        let differ = |number: &usize| at(&self.expected, *number) != at(&self.found, *number);
        (0..=last).filter(differ).map(bounds).collect()
    }
}

fn page(pages: &mut Vec<Fingerprint>, number: usize) -> &mut Fingerprint {
    if pages.len() <= number {
        pages.resize(number + 1, Fingerprint::default());
    }
    pages.get_mut(number).expect("there are as many by now")
}

/// Tells `each` every row of a table.
pub(super) fn scan(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    table: Table,
    each: &mut dyn FnMut(Entry),
) -> Result<()> {
    let (first, size) = (Value::Int(tenant.0), Value::Int(PER_PAGE));
    let mut after = vec![Value::Int(i64::MIN); 3];
    if matches!(table, Table::Ids | Table::References) {
        // No statement has the nil id: it is no UUID of any variant that the standard allows.
        after = vec![Value::Uuid(Uuid::nil()), Value::Int(i64::MIN)];
    }
    loop {
        let mut args = vec![first.clone()];
        args.append(&mut after);
        let last = match table {
            Table::Ids => {
                args.truncate(2);
                args.push(size.clone());
                let rows: Vec<(Uuid, i64)> = tx.all(&store::SCAN_IDS, &args)?;
                for (id, position) in &rows {
                    each(Entry::id(*id, *position).1);
                }
                rows.last().map(|(id, _)| vec![Value::Uuid(*id)])
            }
            Table::Postings => {
                args.truncate(3);
                args.push(size.clone());
                let rows: Vec<(i64, i64)> = tx.all(&store::SCAN_POSTINGS, &args)?;
                for (key, position) in &rows {
                    each(Entry::posting(*key, *position).1);
                }
                rows.last().map(|(key, position)| vec![Value::Int(*key), Value::Int(*position)])
            }
            Table::References => {
                args.push(size.clone());
                let rows: Vec<(Uuid, i64, bool)> = tx.all(&store::SCAN_REFERENCES, &args)?;
                for (target, at, voids) in &rows {
                    each(Entry::reference(*target, *at, *voids).1);
                }
                rows.last().map(|(target, at, _)| vec![Value::Uuid(*target), Value::Int(*at)])
            }
            Table::Inherited => {
                args.push(size.clone());
                let rows: Vec<(i64, i64, i64)> = tx.all(&store::SCAN_INHERITED, &args)?;
                for (key, at, from) in &rows {
                    each(Entry::inherited(*key, *at, *from).1);
                }
                rows.last().map(|(key, at, from)| [*key, *at, *from].map(Value::Int).to_vec())
            }
        };
        let Some(last) = last else { return Ok(()) };
        after = last;
    }
}
