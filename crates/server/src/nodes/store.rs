//! SQL of nodes and leases. The clock is the database's, which all nodes share.

use super::{INSTALLATION, Timing};
use rollbook_db::{Result, Tx, Value, sql};
use std::time::Duration;

sql! {
    /// A node is there: made known, or heard of again.
    HEARD =
        sqlite: "insert into node (tenant, node, started, seen, version, address)
            values ($1, $2, cast(unixepoch('subsec') * 1000000 as integer),
                cast(unixepoch('subsec') * 1000000 as integer), $3, $4)
            on conflict (tenant, node) do update set seen = excluded.seen",
        postgres: "insert into node (tenant, node, started, seen, version, address)
            values ($1, $2, (extract(epoch from clock_timestamp()) * 1000000)::bigint,
                (extract(epoch from clock_timestamp()) * 1000000)::bigint, $3, $4)
            on conflict (tenant, node) do update set seen = excluded.seen";

    /// A node has stopped.
    LEFT = "delete from node where tenant = $1 and node = $2";

    /// Forgets all nodes, where there can be only one.
    CLEAR = "delete from node where tenant = $1";

    /// Forgets nodes that were not heard of for so long.
    FORGET =
        sqlite: "delete from node where tenant = $1
            and seen < cast(unixepoch('subsec') * 1000000 as integer) - $2",
        postgres: "delete from node where tenant = $1
            and seen < (extract(epoch from clock_timestamp()) * 1000000)::bigint - $2";

    /// The nodes that were heard of lately, oldest first.
    LIVE =
        sqlite: "select node, started, seen, version, address from node where tenant = $1
            and seen >= cast(unixepoch('subsec') * 1000000 as integer) - $2 order by started, node",
        postgres: "select node, started, seen, version, address from node where tenant = $1
            and seen >= (extract(epoch from clock_timestamp()) * 1000000)::bigint - $2
            order by started, node";

    /// Whether somebody has a lease, or its work is not due: then there is no need to ask for it.
    IDLE =
        sqlite: "select token from lease where tenant = $1 and name = $2
            and max(until, due) > cast(unixepoch('subsec') * 1000000 as integer)",
        postgres: "select token from lease where tenant = $1 and name = $2
            and greatest(until, due) > (extract(epoch from clock_timestamp()) * 1000000)::bigint";

    /// Takes a lease that nobody has and whose work is due. Of several at once one succeeds.
    ACQUIRE =
        sqlite: "insert into lease (tenant, name, holder, token, until, due)
            values ($1, $2, $3, 1, cast(unixepoch('subsec') * 1000000 as integer) + $4, 0)
            on conflict (tenant, name) do update
                set holder = excluded.holder, token = lease.token + 1, until = excluded.until
                where max(lease.until, lease.due) <= cast(unixepoch('subsec') * 1000000 as integer)
            returning token",
        postgres: "insert into lease (tenant, name, holder, token, until, due)
            values ($1, $2, $3, 1,
                (extract(epoch from clock_timestamp()) * 1000000)::bigint + $4, 0)
            on conflict (tenant, name) do update
                set holder = excluded.holder, token = lease.token + 1, until = excluded.until
                where greatest(lease.until, lease.due)
                    <= (extract(epoch from clock_timestamp()) * 1000000)::bigint
            returning token";

    /// Keeps a lease that was not lost.
    RENEW =
        sqlite: "update lease set until = cast(unixepoch('subsec') * 1000000 as integer) + $5
            where tenant = $1 and name = $2 and holder = $3 and token = $4
                and until > cast(unixepoch('subsec') * 1000000 as integer)",
        postgres: "update lease
            set until = (extract(epoch from clock_timestamp()) * 1000000)::bigint + $5
            where tenant = $1 and name = $2 and holder = $3 and token = $4
                and until > (extract(epoch from clock_timestamp()) * 1000000)::bigint";

    /// Gives a lease back and says when its work is due again.
    RELEASE =
        sqlite: "update lease
            set until = 0, due = cast(unixepoch('subsec') * 1000000 as integer) + $5
            where tenant = $1 and name = $2 and holder = $3 and token = $4",
        postgres: "update lease
            set until = 0, due = (extract(epoch from clock_timestamp()) * 1000000)::bigint + $5
            where tenant = $1 and name = $2 and holder = $3 and token = $4";

    /// Whether a lease is still held; nobody else takes it before this transaction ends.
    HELD =
        sqlite: "select token from lease where tenant = $1 and name = $2 and holder = $3
            and token = $4 and until > cast(unixepoch('subsec') * 1000000 as integer)",
        postgres: "select token from lease where tenant = $1 and name = $2 and holder = $3
            and token = $4 and until > (extract(epoch from clock_timestamp()) * 1000000)::bigint
            for share";

    /// Who has which lease.
    HOLDERS =
        sqlite: "select holder, name from lease where tenant = $1
            and until > cast(unixepoch('subsec') * 1000000 as integer) order by name",
        postgres: "select holder, name from lease where tenant = $1
            and until > (extract(epoch from clock_timestamp()) * 1000000)::bigint order by name";
}

/// A node that was heard of lately.
pub(super) struct Row {
    pub(super) node: String,
    pub(super) started: i64,
    pub(super) seen: i64,
    pub(super) version: String,
    pub(super) address: String,
}

/// Notes that a node is there, and forgets those that have long been gone.
pub(super) fn heard(tx: &mut Tx<'_>, node: &str, address: &str, timing: Timing) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    tx.run(&HEARD, &[INSTALLATION.into(), node.into(), version.into(), address.into()])?;
    tx.run(&FORGET, &[INSTALLATION.into(), micros(timing.forget_after)])?;
    Ok(())
}

pub(super) fn left(tx: &mut Tx<'_>, node: &str) -> Result<u64> {
    tx.run(&LEFT, &[INSTALLATION.into(), node.into()])
}

pub(super) fn live(tx: &mut Tx<'_>, dead_after: Duration) -> Result<Vec<Row>> {
    let rows: Vec<(String, i64, i64, String, String)> =
        tx.all(&LIVE, &[INSTALLATION.into(), micros(dead_after)])?;
    let row =
        |(node, started, seen, version, address)| Row { node, started, seen, version, address };
    Ok(rows.into_iter().map(row).collect())
}

/// Each lease that is held: the node, and the lease's name.
pub(super) fn holders(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>> {
    tx.all(&HOLDERS, &[INSTALLATION.into()])
}

pub(super) fn is_idle(tx: &mut Tx<'_>, name: &str) -> Result<bool> {
    let found: Option<i64> = tx.one(&IDLE, &[INSTALLATION.into(), name.into()])?;
    Ok(found.is_some())
}

/// The token of the lease, if it could be had.
pub(super) fn acquire(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    length: Duration,
) -> Result<Option<i64>> {
    tx.one(&ACQUIRE, &[INSTALLATION.into(), name.into(), holder.into(), micros(length)])
}

pub(super) fn renew(tx: &mut Tx<'_>, held: &Held, length: Duration) -> Result<bool> {
    Ok(tx.run(&RENEW, &held.with(micros(length)))? == 1)
}

pub(super) fn release(tx: &mut Tx<'_>, held: &Held, due_in: Duration) -> Result<bool> {
    Ok(tx.run(&RELEASE, &held.with(micros(due_in)))? == 1)
}

pub(super) fn is_held(tx: &mut Tx<'_>, held: &Held) -> Result<bool> {
    let found: Option<i64> = tx.one(&HELD, &held.args())?;
    Ok(found.is_some())
}

/// Which lease, in whose hands, for which time.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) name: &'static str,
    pub(super) holder: String,
    pub(super) token: i64,
}

impl Held {
    fn args(&self) -> [Value; 4] {
        let Self { name, holder, token } = self;
        [INSTALLATION.into(), (*name).into(), holder.as_str().into(), (*token).into()]
    }

    fn with(&self, last: Value) -> [Value; 5] {
        let [tenant, name, holder, token] = self.args();
        [tenant, name, holder, token, last]
    }
}

fn micros(time: Duration) -> Value {
    Value::Int(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}
