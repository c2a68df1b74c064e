//! What the database knows of logs of requests.

use super::entry::{Row, Summary};
use super::switch::Kept;
use crate::tenants::TenantId;
use rollbook_db::{FromRow, Result, Tx, Value, sql};
use uuid::Uuid;

sql! {
    /// Every tenant: each server knows which logs are on.
    SWITCHES = "select tenant, began, until, bodies from request_log where until > $1";

    /// A tenant's switch.
    SWITCH = "select tenant, began, until, bodies from request_log where tenant = $1";

    /// Switches on; a log that is on already has begun before.
    TURN_ON = "insert into request_log (tenant, began, until, bodies) values ($1, $2, $3, $4)
        on conflict (tenant) do update set until = excluded.until, bodies = excluded.bodies,
            began = case when request_log.until > excluded.began then request_log.began else excluded.began end";

    /// Switches off.
    TURN_OFF = "update request_log set until = $2 where tenant = $1 and until > $2";

    /// Every tenant: those whose old entries are to be removed.
    LOGS = "select tenant from request_log";

    /// Forgets a switch that is off and has no entries any more.
    FORGET_SWITCH = "delete from request_log where tenant = $1 and until <= $2
        and not exists (select 1 from request where request.tenant = $1)";

    /// Adds an entry.
    ADD = "insert into request
        (tenant, id, at, status, code, method, path, key, entry, request_body, response_body, stranger)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    /// Removes all but the newest; `$2` is how many are kept, less one.
    TRIM_COUNT = "delete from request where tenant = $1 and id <
        (select id from request where tenant = $1 order by id desc limit 1 offset $2)";

    /// The same among those whose credential was not right.
    TRIM_STRANGERS = "delete from request where tenant = $1 and stranger = 1 and id <
        (select id from request where tenant = $1 and stranger = 1
            order by id desc limit 1 offset $2)";

    /// Removes what is older than an id.
    TRIM_AGE = "delete from request where tenant = $1 and id < $2";

    /// A page, newest first; an empty filter lets everything through.
    LIST = "select id, at, status, code, method, path, key, entry from request
        where tenant = $1 and id < $2 and id > $3
            and (cast($4 as text) = '' or cast(status as text) = $4)
            and (cast($5 as bigint) < 0 or (code <> '') = ($5 = 1))
            and (cast($6 as text) = '' or key = $6)
            and (cast($7 as text) = '' or substr(path, 1, length(cast($7 as text))) = $7)
        order by id desc limit $8";

    /// The same, oldest first.
    LIST_UP = "select id, at, status, code, method, path, key, entry from request
        where tenant = $1 and id < $2 and id > $3
            and (cast($4 as text) = '' or cast(status as text) = $4)
            and (cast($5 as bigint) < 0 or (code <> '') = ($5 = 1))
            and (cast($6 as text) = '' or key = $6)
            and (cast($7 as text) = '' or substr(path, 1, length(cast($7 as text))) = $7)
        order by id limit $8";

    /// One entry with its bodies.
    ONE = "select id, at, status, code, method, path, key, entry, request_body, response_body
        from request where tenant = $1 and id = $2";
}

/// A tenant's switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Switch {
    pub(super) tenant: TenantId,
    pub(super) began: i64,
    pub(super) until: i64,
    pub(super) bodies: bool,
}

/// What a page is made of.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// Empty for any.
    pub(super) status: String,
    /// Whether it was refused, if that is asked.
    pub(super) refused: Option<bool>,
    /// The first characters of a key; empty for any.
    pub(super) key: String,
    /// How the path begins.
    pub(super) path: String,
    /// The ids are greater than this,
    pub(super) from: Uuid,
    /// and less than this.
    pub(super) before: Uuid,
}

impl Default for Filter {
    fn default() -> Self {
        let (status, key, path) = (String::new(), String::new(), String::new());
        Self { status, refused: None, key, path, from: Uuid::nil(), before: Uuid::max() }
    }
}

pub(super) fn switches(tx: &mut Tx<'_>, now: i64) -> Result<Vec<Switch>> {
    tx.all(&SWITCHES, &[now.into()])
}

pub(super) fn switch(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Option<Switch>> {
    tx.one(&SWITCH, &[tenant.0.into()])
}

pub(super) fn turn_on(tx: &mut Tx<'_>, switch: Switch) -> Result<()> {
    let Switch { tenant, began, until, bodies } = switch;
    let args = [tenant.0.into(), began.into(), until.into(), i64::from(bodies).into()];
    tx.run(&TURN_ON, &args).map(|_| ())
}

/// Whether it was on.
pub(super) fn turn_off(tx: &mut Tx<'_>, tenant: TenantId, now: i64) -> Result<bool> {
    Ok(tx.run(&TURN_OFF, &[tenant.0.into(), now.into()])? > 0)
}

pub(super) fn logs(tx: &mut Tx<'_>) -> Result<Vec<TenantId>> {
    let found: Vec<(i64,)> = tx.all(&LOGS, &[])?;
    Ok(found.into_iter().map(|(tenant,)| TenantId(tenant)).collect())
}

pub(super) fn add(tx: &mut Tx<'_>, tenant: TenantId, row: &Row, stranger: bool) -> Result<()> {
    let Row { summary, request_body, response_body } = row;
    let Summary { id, at, status, code, method, path, key, entry } = summary;
    let text = |text: &str| Value::from(text.to_owned());
    let body = |body: &Option<String>| body.as_deref().map_or(Value::Null, text);
    let args = [
        tenant.0.into(),
        Value::Uuid(*id),
        (*at).into(),
        (*status).into(),
        text(code),
        text(method),
        text(path),
        text(key),
        text(entry),
        body(request_body),
        body(response_body),
        i64::from(stranger).into(),
    ];
    tx.run(&ADD, &args).map(|_| ())
}

/// Removes what is too old or too much.
pub(super) fn trim(tx: &mut Tx<'_>, tenant: TenantId, oldest: Uuid, kept: Kept) -> Result<()> {
    tx.run(&TRIM_AGE, &[tenant.0.into(), Value::Uuid(oldest)])?;
    tx.run(&TRIM_STRANGERS, &[tenant.0.into(), (kept.strangers_max - 1).into()])?;
    tx.run(&TRIM_COUNT, &[tenant.0.into(), (kept.entries_max - 1).into()]).map(|_| ())
}

pub(super) fn forget_switch(tx: &mut Tx<'_>, tenant: TenantId, now: i64) -> Result<()> {
    tx.run(&FORGET_SWITCH, &[tenant.0.into(), now.into()]).map(|_| ())
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    filter: &Filter,
    after: Option<Uuid>,
    descending: bool,
    rows: i64,
) -> Result<Vec<Summary>> {
    let Filter { status, refused, key, path, from, before } = filter;
    let (sql, from, before) = match after {
        Some(after) if descending => (&LIST, *from, after.min(*before)),
        None if descending => (&LIST, *from, *before),
        after => (&LIST_UP, after.unwrap_or(*from).max(*from), *before),
    };
    let args = [
        tenant.0.into(),
        before.into(),
        from.into(),
        status.into(),
        refused.map_or(-1, i64::from).into(),
        key.into(),
        path.into(),
        rows.into(),
    ];
    tx.all(sql, &args)
}

pub(super) fn one(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid) -> Result<Option<Row>> {
    tx.one(&ONE, &[tenant.0.into(), Value::Uuid(id)])
}

impl FromRow for Switch {
    fn from_row(row: &rollbook_db::Row<'_>) -> Result<Self> {
        Ok(Self {
            tenant: TenantId(row.get(0)?),
            began: row.get(1)?,
            until: row.get(2)?,
            bodies: row.get::<i64>(3)? != 0,
        })
    }
}

impl FromRow for Summary {
    fn from_row(row: &rollbook_db::Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            status: row.get(2)?,
            code: row.get(3)?,
            method: row.get(4)?,
            path: row.get(5)?,
            key: row.get(6)?,
            entry: row.get(7)?,
        })
    }
}

impl FromRow for Row {
    fn from_row(row: &rollbook_db::Row<'_>) -> Result<Self> {
        Ok(Self {
            summary: Summary::from_row(row)?,
            request_body: row.get(8)?,
            response_body: row.get(9)?,
        })
    }
}
