//! Reading the log, newest first.

use super::store;
use crate::tenants::TenantId;
use rollbook_db::{FromRow, Result, Row, Tx};

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the tenant's log: 1, 2, 3 and so on.
    pub position: i64,
    /// When it was done, in microseconds since 1970 UTC.
    pub at: i64,
    /// Who did it.
    pub principal: String,
    /// Where the request came from.
    pub address: Option<String>,
    /// What was done.
    pub act: String,
    /// To what, as `kind:name`.
    pub object: String,
    /// More, as the text of a JSON object.
    pub detail: String,
    /// The hash of this entry and of the one before.
    pub hash: Vec<u8>,
}

/// Which acts are asked for.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Only this act; empty for any.
    pub act: String,
    /// Only what this principal did; empty for any.
    pub principal: String,
    /// Not before this moment.
    pub since: i64,
    /// Before this moment.
    pub until: i64,
}

impl Default for Filter {
    fn default() -> Self {
        Self { act: String::new(), principal: String::new(), since: i64::MIN, until: i64::MAX }
    }
}

/// At most `size` acts behind a position, newest first or oldest first.
pub(super) fn list(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    filter: &Filter,
    after: Option<i64>,
    descending: bool,
    size: i64,
) -> Result<Vec<Entry>> {
    let (sql, start) =
        if descending { (&store::LIST, i64::MAX) } else { (&store::LIST_UP, i64::MIN) };
    let Filter { act, principal, since, until } = filter;
    let args = [
        tenant.0.into(),
        after.unwrap_or(start).into(),
        act.into(),
        principal.into(),
        (*since).into(),
        (*until).into(),
        size.into(),
    ];
    tx.all(sql, &args)
}

impl FromRow for Entry {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            position: row.get(0)?,
            at: row.get(1)?,
            principal: row.get(2)?,
            address: row.get(3)?,
            act: row.get(4)?,
            object: row.get(5)?,
            detail: row.get(6)?,
            hash: row.get(7)?,
        })
    }
}
