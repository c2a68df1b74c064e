//! Statements that are stored with what they tell of: in one transaction with other rows, or not at
//! all.
//!
//! They are ordinary statements: validated, completed, indexed and positioned like those of anybody.
//! Whoever records takes its own locks first and the end of the log after them; lanes hold the end
//! of the log and no other lock, so nobody waits for anybody in a circle.

use super::append::{self, Appended};
use super::memory::Memory;
use super::prepared::{Prepared, Receipt};
use super::{Log, receive};
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
use rollbook_xapi::validate;
use rollbook_xapi::version::Version;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use uuid::Uuid;

/// What is recorded in one transaction. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Recording(Arc<Parts>);

struct Parts {
    log: Log,
    tenant: TenantId,
    memory: Arc<Memory>,
    /// What this process may remember once the transaction is durable.
    appended: Mutex<Vec<Appended>>,
    began: Instant,
}

impl Recording {
    /// A recording to a tenant's log.
    pub(crate) fn new(log: &Log, tenant: TenantId) -> Self {
        Self(Arc::new(Parts {
            log: log.clone(),
            tenant,
            memory: log.memory(tenant),
            appended: Mutex::default(),
            began: Instant::now(),
        }))
    }

    /// Locks the end of the log until the transaction ends.
    ///
    /// # Errors
    /// 401 if the tenant is gone or going.
    pub(crate) fn hold(&self, tx: &mut Tx<'_>, now: i64) -> Result<()> {
        append::lock(tx, self.0.tenant.0, now).map(drop)
    }

    /// A statement of ours, made ready; `text` is complete but for its authority.
    pub(crate) fn prepare(&self, text: &str, authority: &str, now: i64) -> Result<Prepared> {
        let bad = |what: &str| Problem::internal(anyhow::anyhow!("a statement of ours {what}"));
        let node = rollbook_xapi::json::parse(text).map_err(|_malformed| bad("is no JSON"))?;
        let statement = validate::statement(&node, Version::V1, "")
            .map_err(|_violations| bad("breaks rules of the standard"))?;
        let keys = receive::authority_keys(authority)?;
        let receipt = Receipt {
            version: Version::V1,
            id: statement.id.ok_or_else(|| bad("has no id"))?,
            authority,
            authority_keys: &keys,
            now: &format_micros(now),
            may_define: true,
        };
        let prepared = Prepared::new(&statement, &receipt, &self.0.memory.dictionary());
        let mut prepared = prepared.map_err(Problem::internal)?;
        prepared.within_limits()?;
        prepared.recall(&self.0.memory);
        Ok(prepared)
    }

    /// Of each statement, whether the same one is stored already.
    pub(crate) fn stored(&self, tx: &mut Tx<'_>, batch: &[Prepared]) -> Result<Vec<bool>> {
        let ids: Vec<Uuid> = batch.iter().map(|prepared| prepared.id).collect();
        let texts = append::stored_texts(tx, self.0.tenant, ids, &self.0.memory)?;
        let again = |prepared: &Prepared| {
            texts.get(&prepared.id).is_some_and(|text| append::is_again(text, prepared))
        };
        Ok(batch.iter().map(again).collect())
    }

    /// Appends statements in this order; those that are stored already are left as they are.
    ///
    /// # Errors
    /// 409 if one has the id of another; then the transaction must not be kept.
    pub(crate) fn append(&self, tx: &mut Tx<'_>, now: i64, batch: Vec<Prepared>) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut appended =
            append::append(tx, self.0.tenant, now, &[Arc::new(batch)], &self.0.memory)?;
        let outcome = appended.outcomes.pop().unwrap_or(Ok(()));
        self.0.appended.lock().unwrap_or_else(PoisonError::into_inner).push(appended);
        outcome
    }

    /// The transaction is durable: this process may remember what it did.
    pub(crate) fn committed(&self) {
        let mut all = self.0.appended.lock().unwrap_or_else(PoisonError::into_inner);
        for appended in all.drain(..) {
            self.0.log.learn(self.0.tenant, &self.0.memory, appended, self.0.began.elapsed());
        }
    }
}
