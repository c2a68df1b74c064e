//! The documents' table: each change is one statement whose own condition decides
//! (1.0.3 Communication 3.1, 9274.1.1 4.1.4).
//!
//! What always holds: whether a precondition is met is decided by the statement that writes, or
//! under a lock on the row, so a document is never replaced by someone who has not seen it.

use super::document::{Document, Found};
use super::key::{Context, Key};
use crate::http::Precondition;
use crate::http::conditional::Tags;
use crate::tenants::TenantId;
use rollbook_db::{FromRow, Result, Row, Tx, Value, sql};

sql! {
    /// One document.
    GET = "select content_type, etag, updated, body from document
        where tenant = $1 and context = $2 and registration = $3 and name = $4";

    /// One document, held until the transaction ends. SQLite has one writer at a time anyway.
    HOLD = sqlite: "select content_type, etag, updated, body from document
            where tenant = $1 and context = $2 and registration = $3 and name = $4",
        postgres: "select content_type, etag, updated, body from document
            where tenant = $1 and context = $2 and registration = $3 and name = $4 for update";

    /// Whether there is such a document.
    EXISTS = "select count(*) from document
        where tenant = $1 and context = $2 and registration = $3 and name = $4";

    /// Stores a document where there is none.
    CREATE = "insert into document (tenant, context, registration, name, content_type, etag,
            updated, body, resource, activity, agent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (tenant, context, registration, name) do nothing";

    /// Stores a document over any other.
    PUT = "insert into document (tenant, context, registration, name, content_type, etag,
            updated, body, resource, activity, agent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (tenant, context, registration, name) do update set
            content_type = excluded.content_type, etag = excluded.etag, body = excluded.body,
            updated = case when document.updated < excluded.updated
                then excluded.updated else document.updated + 1 end";

    /// Stores a document unless one of the etags in the list $12 is there.
    PUT_UNLESS = "insert into document (tenant, context, registration, name, content_type, etag,
            updated, body, resource, activity, agent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (tenant, context, registration, name) do update set
            content_type = excluded.content_type, etag = excluded.etag, body = excluded.body,
            updated = case when document.updated < excluded.updated
                then excluded.updated else document.updated + 1 end
        where replace($12, document.etag, '') = $12";

    /// Stores a document over another one only if the tenant says that this may be done unseen.
    PUT_IF_LENIENT = "insert into document (tenant, context, registration, name, content_type,
            etag, updated, body, resource, activity, agent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (tenant, context, registration, name) do update set
            content_type = excluded.content_type, etag = excluded.etag, body = excluded.body,
            updated = case when document.updated < excluded.updated
                then excluded.updated else document.updated + 1 end
        where exists (select 1 from tenant
            where tenant.tenant = $1 and tenant.state_preconditions = 'lenient')";

    /// Replaces a document whose etag is in the list $9 (`*` is any) and not in the list $10.
    REPLACE = "update document set content_type = $5, etag = $6, body = $8,
            updated = case when updated < $7 then $7 else updated + 1 end
        where tenant = $1 and context = $2 and registration = $3 and name = $4
            and ($9 = '*' or replace($9, etag, '') <> $9) and replace($10, etag, '') = $10";

    /// Deletes a document whose etag is in the list $5 (`*` is any) and not in the list $6 (`*` is any).
    DELETE = "delete from document
        where tenant = $1 and context = $2 and registration = $3 and name = $4
            and ($5 = '*' or replace($5, etag, '') <> $5)
            and $6 <> '*' and replace($6, etag, '') = $6";

    /// The names in a context and one registration, changed after $4.
    NAMES_OF_REGISTRATION = "select name, updated from document
        where tenant = $1 and context = $2 and registration = $3 and updated > $4";

    /// The names in a context, whatever the registration, changed after $3.
    NAMES = "select name, updated from document
        where tenant = $1 and context = $2 and updated > $3";

    /// Deletes all of one registration in a context.
    DELETE_OF_REGISTRATION = "delete from document
        where tenant = $1 and context = $2 and registration = $3";

    /// Deletes all of a context, of every registration and of none.
    DELETE_ALL = "delete from document where tenant = $1 and context = $2";
}

/// One document as it is stored.
///
/// # Errors
/// When the database fails.
pub(super) fn get(tx: &mut Tx<'_>, tenant: TenantId, key: &Key) -> Result<Option<Found>> {
    tx.one(&GET, &place(tenant, key))
}

/// Stores `document`; whether that happened, that is, whether there was none.
pub(super) fn create(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &Key,
    document: &Document,
) -> Result<bool> {
    Ok(tx.run(&CREATE, &row(tenant, key, document))? == 1)
}

/// Stores `document` over whatever is there.
pub(super) fn put(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &Key,
    document: &Document,
) -> Result<bool> {
    Ok(tx.run(&PUT, &row(tenant, key, document))? == 1)
}

/// Stores `document` where there is none, or over another one if the tenant is lenient.
pub(super) fn put_if_lenient(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &Key,
    document: &Document,
) -> Result<bool> {
    Ok(tx.run(&PUT_IF_LENIENT, &row(tenant, key, document))? == 1)
}

/// Stores `document` if what is there, or that nothing is there, meets `seen`.
pub(super) fn put_if_seen(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &Key,
    document: &Document,
    seen: &Precondition,
) -> Result<bool> {
    let changed = match (&seen.if_match, &seen.if_none_match) {
        (Some(_), Some(Tags::Any)) => 0, // Nothing is there and not there.
        (None, Some(Tags::Any)) => tx.run(&CREATE, &row(tenant, key, document))?,
        (None, none) => {
            let mut args = row(tenant, key, document);
            args.push(unless(none.as_ref()));
            tx.run(&PUT_UNLESS, &args)?
        }
        (Some(one), none) => {
            let mut args = place(tenant, key);
            args.extend(contents(document));
            args.extend([only(one), unless(none.as_ref())]);
            tx.run(&REPLACE, &args)?
        }
    };
    Ok(changed == 1)
}

/// Whether there is such a document.
pub(super) fn exists(tx: &mut Tx<'_>, tenant: TenantId, key: &Key) -> Result<bool> {
    Ok(tx.one::<i64>(&EXISTS, &place(tenant, key))? == Some(1))
}

/// One document, which nobody else changes until the transaction ends.
///
/// # Errors
/// When the database fails.
pub(super) fn hold(tx: &mut Tx<'_>, tenant: TenantId, key: &Key) -> Result<Option<Found>> {
    tx.one(&HOLD, &place(tenant, key))
}

/// Deletes a document if `seen` allows; whether there was one to delete.
pub(super) fn delete(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &Key,
    seen: &Precondition,
) -> Result<bool> {
    let mut args = place(tenant, key);
    args.push(only(seen.if_match.as_ref().unwrap_or(&Tags::Any)));
    args.push(unless(seen.if_none_match.as_ref()));
    Ok(tx.run(&DELETE, &args)? == 1)
}

/// The names in a context that were stored or changed after `since`, each with the time.
pub(super) fn names(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    context: &Context,
    since: i64,
) -> Result<Vec<(String, i64)>> {
    let mut args = vec![Value::Int(tenant.0), Value::Bytes(context.digest())];
    if context.registration.is_some() {
        args.push(context.registration());
        args.push(Value::Int(since));
        return tx.all(&NAMES_OF_REGISTRATION, &args);
    }
    args.push(Value::Int(since));
    tx.all(&NAMES, &args)
}

/// Deletes every document of a context.
pub(super) fn delete_all(tx: &mut Tx<'_>, tenant: TenantId, context: &Context) -> Result<u64> {
    let mut args = vec![Value::Int(tenant.0), Value::Bytes(context.digest())];
    if context.registration.is_some() {
        args.push(context.registration());
        return tx.run(&DELETE_OF_REGISTRATION, &args);
    }
    tx.run(&DELETE_ALL, &args)
}

/// `$1` to `$4` of every statement on one document.
fn place(tenant: TenantId, key: &Key) -> Vec<Value> {
    let Key { context, name } = key;
    vec![
        Value::Int(tenant.0),
        Value::Bytes(context.digest()),
        context.registration(),
        Value::from(name),
    ]
}

/// `$5` to `$8` of every statement that stores one.
fn contents(document: &Document) -> [Value; 4] {
    let Document { content_type, etag, updated, body } = document;
    [content_type.into(), etag.into(), (*updated).into(), body.clone().into()]
}

/// `$1` to `$11` of every statement that inserts one.
pub(super) fn row(tenant: TenantId, key: &Key, document: &Document) -> Vec<Value> {
    let Context { resource, activity, agent, registration: _ } = &key.context;
    let mut row = place(tenant, key);
    row.extend(contents(document));
    row.extend([Value::Int(*resource as i64), activity.into(), agent.into()]);
    row
}

/// Tags as one text in which a statement looks for the stored one, by taking it out and seeing
/// whether that changed anything: `*`, or digests of 40 characters with a space between.
fn list<'a>(tags: impl Iterator<Item = &'a str>) -> Value {
    let ours = |tag: &&str| tag.len() == 40 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
    Value::Text(tags.filter(ours).collect::<Vec<_>>().join(" "))
}

/// `If-Match` compares strongly, so a weak tag matches nothing.
fn only(tags: &Tags) -> Value {
    match tags {
        Tags::Any => Value::from("*"),
        Tags::List(tags) => list(tags.iter().filter(|tag| !tag.weak).map(|tag| &*tag.opaque)),
    }
}

/// `If-None-Match` compares weakly.
fn unless(tags: Option<&Tags>) -> Value {
    match tags {
        None => Value::from(""),
        Some(Tags::Any) => Value::from("*"),
        Some(Tags::List(tags)) => list(tags.iter().map(|tag| &*tag.opaque)),
    }
}

impl FromRow for Found {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (content_type, etag, updated, body) = FromRow::from_row(row)?;
        Ok(Self { content_type, etag, updated, body })
    }
}
