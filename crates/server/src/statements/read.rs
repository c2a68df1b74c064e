//! Rows of the log, and the statements they hold.

use super::prepared::{IMPORTED, VERSION_2};
use super::store;
use super::terms::{Kind, TermName};
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use anyhow::anyhow;
use rollbook_db::{Column, Tx, Value};
use rollbook_xapi::index::{Index, Role, actor_keys, index};
use rollbook_xapi::statement::Statement;
use rollbook_xapi::version::Version;
use uuid::Uuid;

/// One row of the log.
pub(crate) struct Row {
    /// `stored`, in microseconds since 1970 UTC.
    pub(crate) position: i64,
    pub(crate) id: Uuid,
    pub(super) flags: i64,
    pub(super) dictionary: i64,
    pub(super) body: Vec<u8>,
}

/// What the columns of a row hold.
pub(super) type Fields = (i64, Uuid, i64, i64, Vec<u8>);

impl From<Fields> for Row {
    fn from((position, id, flags, dictionary, body): Fields) -> Self {
        Self { position, id, flags, dictionary, body }
    }
}

impl Row {
    /// The rules by which the statement was checked.
    pub(super) fn version(&self) -> Version {
        if self.flags & VERSION_2 == 0 { Version::V1 } else { Version::V2 }
    }

    /// The statement's text as it is answered, from the decompressed body.
    pub(super) fn finish(&self, body: String) -> String {
        if self.flags & IMPORTED != 0 {
            return body;
        }
        let stored = rollbook_xapi::timestamp::format_micros(self.position);
        rollbook_xapi::complete::with_stored(&body, &stored)
    }
}

/// Reads the rows at `positions`, in that order.
pub(super) fn rows(tx: &mut Tx<'_>, tenant: TenantId, positions: Vec<i64>) -> Result<Vec<Row>> {
    if positions.is_empty() {
        return Ok(Vec::new());
    }
    let columns = [Column::Int(positions.clone())];
    let rows: Vec<Fields> = tx.many_all(&store::STATEMENTS, &[Value::Int(tenant.0)], &columns)?;
    let mut rows: Vec<Row> = rows.into_iter().map(Row::from).collect();
    let order: std::collections::HashMap<i64, usize> = positions.into_iter().zip(0..).collect();
    rows.sort_by_key(|row| order.get(&row.position).copied());
    Ok(rows)
}

/// What a stored statement is found by and what it refers to.
pub(super) struct Found {
    pub(super) terms: Vec<(TermName, Role)>,
    pub(super) target: Option<Uuid>,
}

/// Reads a stored statement again.
pub(super) fn parsed<T>(
    text: &str,
    row: &Row,
    then: impl FnOnce(&Statement<'_>) -> T,
) -> Result<T> {
    let damaged = |what: &str| Problem::internal(anyhow!("stored statement {}: {what}", row.id));
    let node = rollbook_xapi::json::parse(text).map_err(|malformed| damaged(&malformed.message))?;
    let statement = rollbook_xapi::validate::statement(&node, row.version(), "");
    let statement =
        statement.map_err(|violations| damaged(&format!("{} rules broken", violations.len())))?;
    Ok(then(&statement))
}

/// Works out again what a stored statement is found by.
pub(super) fn index_of(text: &str, row: &Row) -> Result<Found> {
    parsed(text, row, |statement| {
        let found = index(statement);
        let authority = statement.authority.as_ref().map(actor_keys).unwrap_or_default();
        Found { terms: terms_of(&found, &authority), target: found.target }
    })
}

/// The terms that a statement with this authority is found by.
pub(super) fn terms_of(found: &Index<'_>, authority: &[String]) -> Vec<(TermName, Role)> {
    let mut terms =
        Vec::with_capacity(found.agents.len() + found.activities.len() + authority.len() + 2);
    terms.push((TermName::new(Kind::Verb, &found.verb), Role::Direct));
    terms.extend(found.agents.iter().map(|(key, role)| (TermName::new(Kind::Actor, key), *role)));
    terms.extend(
        found.activities.iter().map(|(iri, role)| (TermName::new(Kind::Activity, iri), *role)),
    );
    terms.extend(authority.iter().map(|key| (TermName::new(Kind::Actor, key), Role::Authority)));
    if let Some(registration) = found.registration {
        terms.push((TermName::new(Kind::Registration, &registration.to_string()), Role::Direct));
    }
    terms
}
