//! SQL of allowances and of what is stored. Private to this folder.

use super::allowance::Measure;
use crate::tenants::TenantId;
use rollbook_db::{Result, Sql, Tx, Value, sql};

sql! {
    /// What was set for a tenant, whatever it is set for.
    ALLOWANCES = "select subject, measure, most from allowance where tenant = $1";

    /// Forgets what was set for one subject.
    CLEAR = "delete from allowance where tenant = $1 and subject = $2";

    /// Sets one measure of one subject.
    SET = "insert into allowance (tenant, subject, measure, most) values ($1, $2, $3, $4)
        on conflict (tenant, subject, measure) do update set most = excluded.most";

    /// What a tenant has set for itself.
    TENANT = "select name, state_preconditions, page_statements from tenant where tenant = $1";

    /// The same, held until the transaction ends. SQLite has one writer at a time anyway.
    HOLD_TENANT =
        sqlite: "select name, state_preconditions, page_statements from tenant where tenant = $1",
        postgres: "select name, state_preconditions, page_statements from tenant
            where tenant = $1 for update";

    /// Changes what a tenant has set for itself.
    SET_TENANT = "update tenant set state_preconditions = $2, page_statements = $3
        where tenant = $1";

    /// Whether a tenant has a key.
    HAS_KEY = "select count(*) from credential where tenant = $1 and key = $2";

    /// Bytes of statements.
    STATEMENT_BYTES = "select bytes from head where tenant = $1";

    /// Bytes of documents. Their lengths stand beside them, so that no body is read.
    DOCUMENT_BYTES =
        sqlite: "select cast(coalesce(sum(length(body)), 0) as integer) from document
            where tenant = $1",
        postgres: "select coalesce(sum(octet_length(body)), 0)::bigint from document
            where tenant = $1";

    /// Bytes of attachments.
    ATTACHMENT_BYTES =
        sqlite: "select cast(coalesce(sum(bytes), 0) as integer) from blob where tenant = $1",
        postgres: "select coalesce(sum(bytes), 0)::bigint from blob where tenant = $1";
}

/// What a tenant keeps, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    /// Of statements' bodies, compressed as they are.
    pub(super) statements: u64,
    /// Of documents.
    pub(super) documents: u64,
    /// Of attachments, each content once.
    pub(super) attachments: u64,
}

impl Stored {
    pub(super) fn total(self) -> u64 {
        self.statements.saturating_add(self.documents).saturating_add(self.attachments)
    }
}

/// What was set: subject, measure, most.
pub(super) type Setting = (String, Measure, u64);

/// What a tenant has set for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) state_preconditions: String,
    pub(super) page_statements: Option<i64>,
}

pub(super) fn allowances(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Setting>> {
    let rows: Vec<(String, String, i64)> = tx.all(&ALLOWANCES, &[tenant.0.into()])?;
    let known = |(subject, measure, most): (String, String, i64)| {
        // A measure of a later version binds those who know it.
        Some((subject, Measure::named(&measure)?, u64::try_from(most).ok()?))
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

/// Puts what is set for a subject in the place of what was.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    subject: &str,
    measures: &[(Measure, u64)],
) -> Result<()> {
    tx.run(&CLEAR, &[tenant.0.into(), subject.into()])?;
    for (measure, most) in measures {
        let named = Measure::NAMES.iter().find(|(_, known)| known == measure);
        let (name, _) = named.expect("every measure is in NAMES");
        let most = Value::Int(i64::try_from(*most).unwrap_or(i64::MAX));
        tx.run(&SET, &[tenant.0.into(), subject.into(), (*name).into(), most])?;
    }
    Ok(())
}

pub(super) fn chosen(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Option<Chosen>> {
    read_chosen(tx, &TENANT, tenant)
}

/// The same, which nobody else changes until the transaction ends.
pub(super) fn hold(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Option<Chosen>> {
    read_chosen(tx, &HOLD_TENANT, tenant)
}

fn read_chosen(tx: &mut Tx<'_>, sql: &'static Sql, tenant: TenantId) -> Result<Option<Chosen>> {
    let row: Option<(String, String, Option<i64>)> = tx.one(sql, &[tenant.0.into()])?;
    Ok(row.map(|(name, state_preconditions, page_statements)| Chosen {
        name,
        state_preconditions,
        page_statements,
    }))
}

pub(super) fn choose(tx: &mut Tx<'_>, tenant: TenantId, chosen: &Chosen) -> Result<()> {
    let Chosen { name: _, state_preconditions, page_statements } = chosen;
    let args = [tenant.0.into(), state_preconditions.into(), (*page_statements).into()];
    tx.run(&SET_TENANT, &args)?;
    Ok(())
}

pub(super) fn has_key(tx: &mut Tx<'_>, tenant: TenantId, key: &str) -> Result<bool> {
    Ok(tx.one::<i64>(&HAS_KEY, &[tenant.0.into(), key.into()])? == Some(1))
}

pub(super) fn stored(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Stored> {
    let mut bytes = |sql| -> Result<u64> {
        let bytes: Option<i64> = tx.one(sql, &[tenant.0.into()])?;
        Ok(bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0))
    };
    Ok(Stored {
        statements: bytes(&STATEMENT_BYTES)?,
        documents: bytes(&DOCUMENT_BYTES)?,
        attachments: bytes(&ATTACHMENT_BYTES)?,
    })
}
