//! Rows of the log, and the statements they hold.

use super::prepared::{IMPORTED, VERSION_2};
use super::store;
use super::terms::{Kind, TermName};
use crate::error::Result;
use crate::tenants::TenantId;
use anyhow::anyhow;
use rollbook_db::{Column, Tx, Value};
use rollbook_xapi::index::Role;
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
    let rows: Vec<(i64, Uuid, i64, i64, Vec<u8>)> = tx.many_all(&store::STATEMENTS, &[Value::Int(tenant.0)], &columns)?;
    let row = |(position, id, flags, dictionary, body)| Row { position, id, flags, dictionary, body };
    let mut rows: Vec<Row> = rows.into_iter().map(row).collect();
    let order: std::collections::HashMap<i64, usize> = positions.into_iter().zip(0..).collect();
    rows.sort_by_key(|row| order.get(&row.position).copied());
    Ok(rows)
}

/// What a stored statement is found by and what it refers to.
pub(super) struct Found {
    pub(super) terms: Vec<(TermName, Role)>,
    pub(super) target: Option<Uuid>,
}

/// Works out again what a stored statement is found by.
pub(super) fn index_of(text: &str, row: &Row) -> Result<Found> {
    let damaged = |what: String| anyhow!("stored statement {}: {what}", row.id);
    let node = rollbook_xapi::json::parse(text).map_err(|error| damaged(error.message))?;
    let statement = rollbook_xapi::validate::statement(&node, row.version(), "")
        .map_err(|violations| damaged(format!("{} rules broken", violations.len())));
    let statement = statement.map_err(crate::error::Problem::internal)?;
    let found = rollbook_xapi::index::index(&statement);
    let mut terms = vec![(TermName::new(Kind::Verb, &found.verb), Role::Direct)];
    terms.extend(found.agents.iter().map(|(key, role)| (TermName::new(Kind::Actor, key), *role)));
    terms.extend(found.activities.iter().map(|(iri, role)| (TermName::new(Kind::Activity, iri), *role)));
    if let Some(authority) = &statement.authority {
        let keys = rollbook_xapi::index::actor_keys(authority);
        terms.extend(keys.iter().map(|key| (TermName::new(Kind::Actor, key), Role::Authority)));
    }
    if let Some(registration) = found.registration {
        terms.push((TermName::new(Kind::Registration, &registration.to_string()), Role::Direct));
    }
    Ok(Found { terms, target: found.target })
}
