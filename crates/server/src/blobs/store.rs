//! What the database knows of blobs.

use crate::tenants::TenantId;
use rollbook_db::{Column, Result, Tx, Value, sql};
use std::collections::BTreeMap;

sql! {
    /// Announces uploads, or finds the blobs that are there already. Nothing comes back of one while a sweep removes it.
    ANNOUNCE =
        sqlite: "insert into blob (tenant, sha2, bytes, state, touched) values ($1, $3, $4, 0, $2)
            on conflict (tenant, sha2) do update set touched = excluded.touched where blob.state <> 2
            returning sha2, state",
        postgres: "insert into blob (tenant, sha2, bytes, state, touched)
            select $1::bigint, *, 0, $2::bigint from unnest($3::text[], $4::bigint[])
            on conflict (tenant, sha2) do update set touched = excluded.touched where blob.state <> 2
            returning sha2, state";

    /// Holds those of these until commit that are kept.
    HOLD =
        sqlite: "select sha2 from blob where tenant = $1 and sha2 = $2 and state = 1",
        postgres: "select sha2 from blob where tenant = $1 and sha2 = any($2::text[]) and state = 1
            order by sha2 for update";

    /// Nothing needs these any more.
    LET_GO =
        sqlite: "update blob set state = 0, touched = $2 where tenant = $1 and sha2 = $3 and state = 1",
        postgres: "update blob set state = 0, touched = $2
            where tenant = $1 and sha2 = any($3::text[]) and state = 1";

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

/// Announces uploads, each address once; those of them that no sweep removes just now.
pub(super) fn announce(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    contents: BTreeMap<String, i64>,
    now: i64,
) -> Result<Vec<(String, State)>> {
    let (sha2, bytes) = contents.into_iter().unzip();
    let columns = [Column::Text(sha2), Column::Int(bytes)];
    let rows = tx.many_all::<(String, i64)>(&ANNOUNCE, &[tenant.0.into(), now.into()], &columns)?;
    Ok(rows.into_iter().map(|(sha2, state)| (sha2, State::of(state))).collect())
}

pub(super) fn hold(tx: &mut Tx<'_>, tenant: TenantId, sha2: Vec<String>) -> Result<Vec<String>> {
    tx.many_all(&HOLD, &[tenant.0.into()], &[Column::Text(sha2)])
}

pub(super) fn let_go(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    sha2: Vec<String>,
    now: i64,
) -> Result<u64> {
    tx.many(&LET_GO, &[tenant.0.into(), now.into()], &[Column::Text(sha2)])
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
