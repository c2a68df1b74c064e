//! The log of requests at the command line.

use super::show::Entry;
use super::store::{self, Filter, Switch};
use crate::error::Result;
use crate::tenants::TenantId;
use rollbook_db::Db;
use std::fmt;
use uuid::Uuid;

/// Entries that one look takes.
const LOOK_MAX: usize = 1_000;

/// One request in lines for people.
pub(crate) struct Told<'a>(&'a Entry);

/// Switches a tenant's log on from `began` until `until`, in microseconds since 1970 UTC.
pub(crate) async fn turn_on(
    db: &Db,
    tenant: TenantId,
    (began, until): (i64, i64),
    bodies: bool,
) -> rollbook_db::Result<()> {
    let switch = Switch { tenant, began, until, bodies };
    db.of(tenant.0).write(move |tx| store::turn_on(tx, switch)).await
}

/// The newest entries, the oldest of them first; only those behind `after` if one is given.
pub(crate) async fn recent(
    db: &Db,
    tenant: TenantId,
    refused: bool,
    after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<(Uuid, Entry)>> {
    let filter = Filter { refused, since: after, ..Filter::default() };
    let limit = if after.is_some() { LOOK_MAX } else { limit };
    let job = move |tx: &mut rollbook_db::Tx<'_>| store::list(tx, tenant, &filter, None, limit);
    let found = db.of(tenant.0).read(job).await?;
    let new = found.into_iter().filter(|summary| Some(summary.id) != after).rev();
    new.map(|summary| Ok((summary.id, Entry::in_list(summary)?))).collect()
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
            let (place, what, fix) = (&fault.pointer, &fault.detail, &fault.fix);
            write!(f, "\n    {}: {}; {}", plain(place), plain(what), plain(fix))?;
        }
        Ok(())
    }
}
