//! The issuers of every tenant, as they were a moment ago.
//!
//! A token names its issuer and not its tenant, so all of them are kept in memory and read again
//! when they are five seconds old: made-up names cost the store nothing.

use super::super::issuers;
use super::super::resolve::{believed, lock};
use super::issuer::Issuer;
use crate::error::Problem;
use rollbook_db::Db;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Reads the issuers and remembers them.
pub(super) struct Known {
    db: Db,
    last: Mutex<Option<Arc<Snapshot>>>,
    reading: tokio::sync::Mutex<()>,
}

/// The issuers at one moment.
pub(super) struct Snapshot {
    by_name: HashMap<Arc<str>, Vec<Arc<Issuer>>>,
    /// When that was.
    pub(super) read: i64,
}

impl Known {
    pub(super) fn new(db: Db) -> Self {
        Self { db, last: Mutex::new(None), reading: tokio::sync::Mutex::new(()) }
    }

    /// The issuers as they are now, or were a moment ago.
    pub(super) async fn at(&self, now: i64) -> Result<Arc<Snapshot>, Problem> {
        if let Some(last) = self.last(now) {
            return Ok(last);
        }
        let _reading = self.reading.lock().await;
        if let Some(last) = self.last(now) {
            return Ok(last);
        }
        let stored = self.db.every().read(issuers::every).await?;
        let mut by_name: HashMap<Arc<str>, Vec<Arc<Issuer>>> = HashMap::new();
        for issuer in stored.into_iter().map(Issuer::from) {
            by_name.entry(Arc::clone(&issuer.iss)).or_default().push(Arc::new(issuer));
        }
        let snapshot = Arc::new(Snapshot { by_name, read: now });
        *lock(&self.last) = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    fn last(&self, now: i64) -> Option<Arc<Snapshot>> {
        lock(&self.last).clone().filter(|last| believed(last.read, now))
    }
}

impl Snapshot {
    /// The issuers of that name, by tenant.
    pub(super) fn of(&self, iss: &str) -> &[Arc<Issuer>] {
        self.by_name.get(iss).map_or(&[], Vec::as_slice)
    }
}
