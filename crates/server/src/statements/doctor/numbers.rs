//! What can be seen by counting: the end of the log, the numbers of terms, what belongs to nothing.

use super::{Examined, Faults};
use crate::error::Result;
use crate::statements::{export, store};
use crate::tenants::TenantId;
use rollbook_db::{Tx, Value};
use rollbook_xapi::timestamp::format_micros;

/// Looks at a tenant's head, terms, definitions and names.
pub(super) fn examine(tx: &mut Tx<'_>, tenant: TenantId, faults: &mut Faults) -> Result<()> {
    let args = [Value::Int(tenant.0)];
    let head: Option<(i64, i64)> = tx.one(&store::HEAD, &args)?;
    let (position, term) = head.unwrap_or((i64::MIN, 0));
    let (_, last) = export::bounds(tx, tenant)?;
    if position < last {
        faults.add(format!(
            "the log goes to {} and its head says {}",
            format_micros(last),
            format_micros(position)
        ));
    }
    let bytes: Option<(i64, i64)> = tx.one(&store::BYTES, &args)?;
    let (told, kept) = bytes.unwrap_or_default();
    if told != kept {
        faults.add(format!("statements take {kept} bytes and the head says {told}"));
    }
    let terms: Option<(i64, i64, i64)> = tx.one(&store::TERM_NUMBERS, &args)?;
    let (names, numbers, largest) = terms.unwrap_or_default();
    if names != numbers {
        faults.add(format!("{names} terms share {numbers} numbers"));
    }
    if largest > term {
        faults.add(format!("terms go up to number {largest} and the head says {term}"));
    }
    for (sql, what) in [(&store::DEFINED, "definitions"), (&store::NAMED, "names of actors")] {
        let counts: Option<(i64, i64)> = tx.one(sql, &args)?;
        let (all, owned) = counts.unwrap_or_default();
        if all != owned {
            faults.add(format!("{} of {all} {what} belong to nothing", all - owned));
        }
    }
    let accounts: Option<(i64, i64)> = tx.one(&store::ACCOUNTED, &args)?;
    let (all, filed) = accounts.unwrap_or_default();
    if all != filed {
        faults.add(format!("there are {all} accounts, and {filed} are filed under their names"));
    }
    Ok(())
}

/// Compares how many contents the statements have with how many there are.
pub(super) fn attachments(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    examined: &mut Examined,
) -> Result<()> {
    let count: Option<i64> = tx.one(&store::ATTACHMENTS, &[Value::Int(tenant.0)])?;
    let count = count.unwrap_or_default();
    if u64::try_from(count).ok() != Some(examined.attachments) {
        let seen = examined.attachments;
        examined.faults.add(format!("statements have {seen} attachments, and {count} are filed"));
    }
    Ok(())
}
