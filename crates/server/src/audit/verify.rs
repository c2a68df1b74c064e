//! Is the log whole and unchanged?
//!
//! Each entry must follow the one before by number and by hash, and the last must be the one that
//! the head names. Whoever can write to the database could make a whole chain anew: keep the last
//! hash that was told elsewhere, and compare.

use super::list::Entry;
use super::{chain, store};
use crate::hex;
use crate::tenants::TenantId;
use rollbook_db::{FromRow, Result, Row, Tx, Value};

/// Entries that are read at once.
const PAGE: i64 = 1_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one, in hexadecimal; empty if there is none.
    pub last: String,
    /// The first thing that is wrong, if anything is: nothing behind it can be trusted.
    pub fault: Option<String>,
}

struct Link {
    entry: Entry,
    previous: Vec<u8>,
}

/// Goes through a tenant's log in one snapshot.
pub fn verify(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Verified> {
    let mut verified = Verified::default();
    let (mut position, mut last) = (0, chain::START.to_vec());
    loop {
        let page: Vec<Link> =
            tx.all(&store::CHAIN, &[tenant.0.into(), Value::Int(position), PAGE.into()])?;
        if page.is_empty() {
            break;
        }
        for Link { entry, previous } in page {
            let expected = position + 1;
            if let Some(what) = wrong(tenant, &entry, &previous, expected, &last) {
                verified.fault = Some(what);
                return Ok(verified);
            }
            (position, last) = (expected, entry.hash);
            verified.entries += 1;
            verified.last = hex::lower(&last);
        }
    }
    let head: Option<(i64, Vec<u8>)> = tx.one(&store::HEAD, &[tenant.0.into()])?;
    let head = head.unwrap_or((0, chain::START.to_vec()));
    if head != (position, last) {
        verified.fault = Some(format!(
            "entry {} of the audit log should be the last, and {position} is",
            head.0
        ));
    }
    Ok(verified)
}

fn wrong(
    tenant: TenantId,
    entry: &Entry,
    previous: &[u8],
    expected: i64,
    last: &[u8],
) -> Option<String> {
    if entry.position != expected {
        return Some(format!("entry {expected} of the audit log is missing"));
    }
    if previous != last {
        return Some(format!("entry {expected} of the audit log does not follow the one before"));
    }
    let changed = chain::hash(tenant.0, entry, previous).as_slice() != entry.hash;
    changed.then(|| format!("entry {expected} of the audit log was changed"))
}

impl FromRow for Link {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { entry: Entry::from_row(row)?, previous: row.get(8)? })
    }
}
