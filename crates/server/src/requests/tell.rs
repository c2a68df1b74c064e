//! The log of requests at the command line.

use super::decide;
use super::show::Entry;
use super::store::{self, Filter, Switch};
use crate::audit::By;
use crate::error::Result;
use crate::tenants::TenantId;
use rollbook_db::{Db, Tx};
use std::fmt;
use uuid::Uuid;

/// Entries that one look takes.
const LOOK_MAX: i64 = 1_000;

/// One request in lines for people.
pub(crate) struct Told<'a>(&'a Entry);

/// Switches a tenant's log on from `began` until `until`, in microseconds since 1970 UTC.
pub(crate) async fn turn_on(
    db: &Db,
    tenant: TenantId,
    (began, until): (i64, i64),
    bodies: bool,
) -> Result<()> {
    let switch = Switch { tenant, began, until, bodies };
    let job = move |tx: &mut Tx<'_>| decide::turn_on(tx, switch, &By::operator(), began);
    // The act is in the log of the installation too.
    db.every().write(job).await.map(|_| ())
}

/// The newest entries, the oldest of them first; only those behind `after` if one is given.
pub(crate) async fn recent(
    db: &Db,
    tenant: TenantId,
    refused: bool,
    after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<(Uuid, Entry)>> {
    let refused = refused.then_some(true);
    let filter = Filter { refused, from: after.unwrap_or(Uuid::nil()), ..Filter::default() };
    let rows = if after.is_some() { LOOK_MAX } else { i64::try_from(limit).unwrap_or(LOOK_MAX) };
    let job = move |tx: &mut Tx<'_>| store::list(tx, tenant, &filter, None, true, rows);
    let found = db.of(tenant.0).read(job).await?;
    let oldest_first = found.into_iter().rev();
    oldest_first.map(|summary| Ok((summary.id, Entry::in_list(summary)?))).collect()
}

impl Entry {
    /// The same in lines for people.
    pub(crate) fn told(&self) -> Told<'_> {
        Told(self)
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { at, method, path, status, code, key, details, .. } = self.0;
        let key = key.as_deref().unwrap_or("-");
        // What a client sent must not move the cursor of whoever reads it.
        let plain = |text: &str| text.replace(char::is_control, " ");
        write!(f, "{at}  {status}  {}  {}  {key}", plain(method), plain(path))?;
        if let (Some(code), Some(detail)) = (code, &details.detail) {
            write!(f, "\n    {code}: {}", plain(detail))?;
        }
        for fault in &details.errors {
            let place = fault.pointer.as_deref().or(fault.parameter.as_deref()).unwrap_or_default();
            write!(f, "\n    {}: {}", plain(place), plain(&fault.detail))?;
            if let Some(fix) = &fault.fix {
                write!(f, "; {}", plain(fix))?;
            }
        }
        Ok(())
    }
}
