//! The statements of a registration, read again: oldest first, a page at a time.

use super::memory::Memory;
use super::prepared::VOIDED;
use super::terms::{self, Kind, TermName, posting_key};
use super::{read, store};
use crate::error::Result;
use crate::tenants::TenantId;
use rollbook_db::{Tx, Value};
use rollbook_xapi::index::Role;
use rollbook_xapi::statement::Statement;
use uuid::Uuid;

/// Statements read at once.
const PER_PAGE: i64 = 256;

/// Reads the statements of registrations, one registration after another.
pub(crate) struct Registered {
    tenant: TenantId,
    memory: Memory,
}

impl Registered {
    /// Those of a tenant.
    pub(crate) fn new(tenant: TenantId) -> Self {
        Self { tenant, memory: Memory::new() }
    }

    /// Tells `each` the statements of a registration that were stored since a time, and of each
    /// whether it is voided.
    pub(crate) fn of(
        &self,
        tx: &mut Tx<'_>,
        (registration, since): (Uuid, i64),
        each: &mut dyn FnMut(&Statement<'_>, bool),
    ) -> Result<()> {
        let name = TermName::new(Kind::Registration, &registration.to_string());
        let numbers = terms::find(tx, self.tenant.0, std::slice::from_ref(&name))?;
        let Some(term) = numbers.get(&name) else { return Ok(()) };
        let key = posting_key(*term, Role::Direct);
        let mut after = since.saturating_sub(1);
        loop {
            let args = [self.tenant.0, key, after, i64::MAX, PER_PAGE].map(Value::Int);
            let positions: Vec<i64> = tx.all(&store::POSTINGS_AFTER, &args)?;
            let Some(last) = positions.last() else { return Ok(()) };
            after = *last;
            for row in read::rows(tx, self.tenant, positions)? {
                let text = self.memory.text(tx, self.tenant, &row)?;
                let voided = row.flags & VOIDED != 0;
                read::parsed(&text, &row, |statement| each(statement, voided))?;
            }
        }
    }
}
