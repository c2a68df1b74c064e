//! What a process remembers of a tenant's log. Everything here can be lost and read again.

use super::body::Dictionary;
use super::define::Defined;
use super::read::Row;
use super::store;
use super::terms::TermCache;
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use anyhow::Context as _;
use rollbook_db::{Tx, Value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

/// One tenant's memory.
pub(super) struct Memory {
    pub(super) terms: Mutex<TermCache>,
    pub(super) defined: Mutex<Defined>,
    dictionaries: RwLock<HashMap<i64, Arc<Dictionary>>>,
    /// The dictionary that new bodies use.
    newest: AtomicI64,
    /// The end of the log as last seen: everything up to it is stored and visible.
    pub(super) position: AtomicI64,
    /// Bytes of a merged definition, for who merges.
    pub(super) definition_bytes_max: usize,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            terms: Mutex::new(TermCache::new()),
            defined: Mutex::new(Defined::new()),
            dictionaries: RwLock::new(HashMap::from([(0, Dictionary::starter())])),
            newest: AtomicI64::new(0),
            position: AtomicI64::new(0),
            definition_bytes_max: usize::MAX,
        }
    }

    /// A memory for who merges definitions, of so many bytes at most.
    pub(super) fn bounded(definition_bytes_max: usize) -> Self {
        Self { definition_bytes_max, ..Self::new() }
    }

    /// Forgets everything, for the store turned out to be older than this.
    pub(super) fn forget(&self) {
        *self.terms.lock().expect("no holder of the term cache panics") = TermCache::new();
        *self.defined.lock().expect("no holder of the definitions panics") = Defined::new();
        let mut dictionaries =
            self.dictionaries.write().expect("no holder of the dictionaries panics");
        *dictionaries = HashMap::from([(0, Dictionary::starter())]);
        self.newest.store(0, Ordering::Release);
        self.position.store(0, Ordering::Release);
    }

    /// The end of the log as this process knows it.
    pub(super) fn through(&self) -> i64 {
        self.position.load(Ordering::Acquire)
    }

    /// The dictionary for new bodies.
    pub(super) fn dictionary(&self) -> Arc<Dictionary> {
        let newest = self.newest.load(Ordering::Acquire);
        let dictionaries = self.dictionaries.read().expect("no holder of the dictionaries panics");
        dictionaries
            .get(&newest)
            .or_else(|| dictionaries.get(&0))
            .cloned()
            .expect("the starter is always there")
    }

    /// Keeps a dictionary and uses it for new bodies if it is the newest.
    pub(super) fn learn_dictionary(&self, dictionary: Arc<Dictionary>) {
        let number = dictionary.number();
        self.dictionaries
            .write()
            .expect("no holder of the dictionaries panics")
            .insert(number, dictionary);
        self.newest.fetch_max(number, Ordering::AcqRel);
    }

    /// A row's statement, complete.
    pub(super) fn text(&self, tx: &mut Tx<'_>, tenant: TenantId, row: &Row) -> Result<String> {
        let body = self.dictionary_of(tx, tenant, row.dictionary)?.decompress(&row.body);
        let body =
            body.with_context(|| format!("statement {}", row.id)).map_err(Problem::internal)?;
        Ok(row.finish(body))
    }

    fn dictionary_of(
        &self,
        tx: &mut Tx<'_>,
        tenant: TenantId,
        number: i64,
    ) -> Result<Arc<Dictionary>> {
        let known = self
            .dictionaries
            .read()
            .expect("no holder of the dictionaries panics")
            .get(&number)
            .cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let args = [Value::Int(tenant.0), Value::Int(number)];
        let contents: Option<(Vec<u8>,)> = tx.one(&store::DICTIONARY, &args)?;
        let (contents,) = contents
            .with_context(|| format!("dictionary {number} is missing"))
            .map_err(Problem::internal)?;
        let dictionary = Dictionary::new(number, &contents);
        self.learn_dictionary(dictionary.clone());
        Ok(dictionary)
    }
}
