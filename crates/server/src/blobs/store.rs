//! What the database knows of blobs.

use crate::tenants::TenantId;
use rollbook_db::{Column, Result, Tx, Value, sql};

sql! {
    /// Announces an upload, or finds the blob that is there already. Nothing comes back while a sweep removes it.
    ANNOUNCE = "insert into blob (tenant, sha2, bytes, state, touched) values ($1, $2, $3, 0, $4)
        on conflict (tenant, sha2) do update set touched = excluded.touched where blob.state <> 2
        returning state";

    /// A statement needs these from now on.
    MARK_STORED =
        sqlite: "update blob set state = 1 where tenant = $1 and sha2 = $2 and state <> 2",
        postgres: "update blob set state = 1 where tenant = $1 and sha2 = any($2::text[]) and state <> 2";

    /// Claims some of the uploads that died, and of the removals that did.
    CLAIM_DEAD = "update blob set state = 2, touched = $3
        where tenant = $1 and state <> 1 and touched < $2 and sha2 in (
            select sha2 from blob where tenant = $1 and state <> 1 and touched < $2 limit $4)
        returning sha2";

    /// Gives up what was claimed at a moment, but for one: they are dead uploads again.
    UNCLAIM = "update blob set state = 0, touched = $4
        where tenant = $1 and sha2 <> $2 and state = 2 and touched = $3";

    /// Forgets a blob whose file is gone, unless somebody else took the claim over.
    FORGET = "delete from blob where tenant = $1 and sha2 = $2 and state = 2 and touched = $3";

    /// One page of blobs in order of address.
    LIST = "select sha2, bytes, state from blob where tenant = $1 and sha2 > $2 order by sha2 limit $3";

    /// What state a blob is in.
    STATE_OF = "select state from blob where tenant = $1 and sha2 = $2";

    /// Every tenant: the sweep goes over each in turn, but for those whose deletion removes all.
    TENANTS = "select tenant from tenant where deleting is null order by tenant";
}

/// A row's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Announced; the file may be there or not.
    Uploading,
    /// The file is there, and a statement needs it.
    Stored,
    /// A sweep removes the file.
    Removing,
}

impl State {
    pub(super) fn of(number: i64) -> Self {
        match number {
            1 => Self::Stored,
            2 => Self::Removing,
            _ => Self::Uploading,
        }
    }
}

/// A row.
pub(super) struct Known {
    pub(super) sha2: String,
    pub(super) bytes: i64,
    pub(super) state: State,
}

/// Announces an upload; none while a sweep removes the same content.
pub(super) fn announce(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    sha2: &str,
    bytes: i64,
    now: i64,
) -> Result<Option<State>> {
    let args = [tenant.0.into(), sha2.into(), bytes.into(), now.into()];
    let state: Option<i64> = tx.one(&ANNOUNCE, &args)?;
    Ok(state.map(State::of))
}

pub(super) fn mark_stored(tx: &mut Tx<'_>, tenant: TenantId, sha2: Vec<String>) -> Result<u64> {
    tx.many(&MARK_STORED, &[tenant.0.into()], &[Column::Text(sha2)])
}

pub(super) fn claim_dead(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    before: i64,
    now: i64,
    most: usize,
) -> Result<Vec<String>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    tx.all(&CLAIM_DEAD, &[tenant.0.into(), before.into(), now.into(), most.into()])
}

pub(super) fn unclaim(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    but: &str,
    claimed: i64,
    touched: i64,
) -> Result<u64> {
    tx.run(&UNCLAIM, &[tenant.0.into(), but.into(), claimed.into(), touched.into()])
}

pub(super) fn forget(tx: &mut Tx<'_>, tenant: TenantId, sha2: &str, claimed: i64) -> Result<u64> {
    tx.run(&FORGET, &[tenant.0.into(), sha2.into(), claimed.into()])
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<Known>> {
    let args: [Value; 3] = [tenant.0.into(), after.into(), limit.into()];
    let rows: Vec<(String, i64, i64)> = tx.all(&LIST, &args)?;
    let known = |(sha2, bytes, state)| Known { sha2, bytes, state: State::of(state) };
    Ok(rows.into_iter().map(known).collect())
}

pub(super) fn state_of(tx: &mut Tx<'_>, tenant: TenantId, sha2: &str) -> Result<Option<State>> {
    let state: Option<i64> = tx.one(&STATE_OF, &[tenant.0.into(), sha2.into()])?;
    Ok(state.map(State::of))
}

pub(super) fn tenants(tx: &mut Tx<'_>) -> Result<Vec<TenantId>> {
    let numbers: Vec<i64> = tx.all(&TENANTS, &[])?;
    Ok(numbers.into_iter().map(TenantId).collect())
}
