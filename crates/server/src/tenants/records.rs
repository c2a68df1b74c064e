//! API keys as they are stored, remembered for a moment.
//!
//! Whoever tries secrets on a key costs a few reads of the store in five seconds, not one each, and
//! locks nobody out: the right secret is compared with the same record. A record that does not match
//! is read again a few times, so that a new secret works at once.
//!
//! Whoever makes up keys costs a read for each, so only a few of these run at a time, and what was
//! found to be no key is remembered apart: keys that are good are neither forgotten for them nor do
//! they wait.

use super::keys::restrictions_of;
use super::resolve::{believed, lock};
use super::{Restrictions, Scopes, TenantId, key, store};
use crate::error::Problem;
use lru::LruCache;
use rollbook_db::{Db, FromRow, Row, Value};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

/// Keys that are remembered.
const KEYS_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// Texts that are remembered to be no keys.
const STRANGERS_MAX: NonZeroUsize = NonZeroUsize::new(1_024).expect("not zero");

/// How long the lookup of a key that is not remembered waits for its turn.
const LOOKUP_WAIT_MAX: Duration = Duration::from_secs(1);

/// How often a record is read again in five seconds because a secret does not match.
const READ_AGAIN_MAX: u32 = 4;

/// Keys by their public part.
pub(super) struct Records {
    db: Db,
    remembered: Mutex<Remembered>,
    lookups: Arc<Semaphore>,
}

/// What was read of keys, and of texts that are none.
struct Remembered {
    keys: LruCache<String, Arc<Record>>,
    strangers: LruCache<String, Arc<Record>>,
}

/// What the store knows of a key, which may be that there is none.
pub(super) struct Record {
    stored: Option<Stored>,
    /// When it was read.
    pub(super) read: i64,
    /// Since when readings are counted.
    since: i64,
    readings: u32,
}

/// A credential as it is stored.
pub(super) struct Stored {
    digest: Vec<u8>,
    previous: Option<Vec<u8>>,
    previous_until: Option<i64>,
    pub(super) scopes: Scopes,
    pub(super) authority: String,
    pub(super) expires: Option<i64>,
    pub(super) revoked: Option<i64>,
    pub(super) last_used: Option<i64>,
    pub(super) tenant: String,
    pub(super) suspended: bool,
    pub(super) restrictions: Restrictions,
}

/// Which of the two secrets of a key it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secret {
    /// The one that was made last.
    Current,
    /// The one before that, which ends then.
    Previous {
        /// When, in microseconds since 1970 UTC.
        until: i64,
    },
}

impl Records {
    pub(super) fn new(db: Db, lookups_max: usize) -> Self {
        let lookups_max = lookups_max.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            db,
            remembered: Mutex::new(Remembered::new()),
            lookups: Arc::new(Semaphore::new(lookups_max)),
        }
    }

    #[cfg(test)]
    pub(super) async fn flooded(&self) -> tokio::sync::OwnedSemaphorePermit {
        let all = u32::try_from(self.lookups.available_permits()).expect("a few");
        Arc::clone(&self.lookups).acquire_many_owned(all).await.expect("it is never closed")
    }

    /// The record of a key whose secret this is; none if there is no such key or secret.
    pub(super) async fn of(
        &self,
        tenant: TenantId,
        key: &str,
        secret: &str,
        now: i64,
    ) -> Result<Option<(Arc<Record>, Secret)>, Problem> {
        let digest = key::digest(secret);
        let known = lock(&self.remembered).get(key);
        let is_key = known.as_ref().is_some_and(|record| record.stored.is_some());
        let known = known.filter(|record| believed(record.read, now));
        if let Some(record) = &known {
            if let Some(secret) = record.secret(&digest) {
                return Ok(Some((Arc::clone(record), secret)));
            }
            if believed(record.since, now) && record.readings >= READ_AGAIN_MAX {
                return Ok(None);
            }
        }
        let turn = if is_key { None } else { Some(self.turn().await?) };
        let record = self.read(tenant, key, known.as_deref(), now).await?;
        drop(turn);
        Ok(record.secret(&digest).map(|secret| (record, secret)))
    }

    /// Waits for one of the few lookups that may be for nothing.
    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
        let turn = tokio::time::timeout(LOOKUP_WAIT_MAX, self.lookups.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or_else(Problem::busy)
    }

    async fn read(
        &self,
        tenant: TenantId,
        key: &str,
        before: Option<&Record>,
        now: i64,
    ) -> Result<Arc<Record>, Problem> {
        let args = [tenant.0.into(), Value::from(key)];
        let job = move |tx: &mut rollbook_db::Tx<'_>| tx.one(&store::CREDENTIAL, &args);
        let stored = self.db.of(tenant.0).read(job).await?;
        let before = before.filter(|before| believed(before.since, now));
        let (since, readings) = before.map_or((now, 0), |before| (before.since, before.readings));
        let record = Arc::new(Record { stored, read: now, since, readings: readings + 1 });
        lock(&self.remembered).put(key, Arc::clone(&record));
        Ok(record)
    }
}

impl Remembered {
    fn new() -> Self {
        Self { keys: LruCache::new(KEYS_MAX), strangers: LruCache::new(STRANGERS_MAX) }
    }

    fn get(&mut self, key: &str) -> Option<Arc<Record>> {
        self.keys.get(key).or_else(|| self.strangers.get(key)).cloned()
    }

    fn put(&mut self, key: &str, record: Arc<Record>) {
        let (here, there) = match record.stored {
            Some(_) => (&mut self.keys, &mut self.strangers),
            None => (&mut self.strangers, &mut self.keys),
        };
        there.pop(key);
        here.put(key.to_owned(), record);
    }
}

impl Record {
    /// What is stored; there is something where a secret was found.
    pub(super) fn stored(&self) -> Option<&Stored> {
        self.stored.as_ref()
    }

    /// Which secret has this digest. Takes the same time whichever it is, or none.
    fn secret(&self, digest: &[u8; 32]) -> Option<Secret> {
        let (current, previous, until) = match &self.stored {
            Some(stored) => {
                let previous = stored.previous.as_deref();
                (array(Some(&stored.digest)), array(previous), stored.previous_until)
            }
            None => (array(None), array(None), None),
        };
        let (is_current, is_previous) = (digest.ct_eq(&current), digest.ct_eq(&previous));
        match (self.stored.is_some(), bool::from(is_current), bool::from(is_previous), until) {
            (true, true, _, _) => Some(Secret::Current),
            (true, false, true, Some(until)) => Some(Secret::Previous { until }),
            _ => None,
        }
    }
}

/// A stored digest, or what no digest is.
fn array(digest: Option<&[u8]>) -> [u8; 32] {
    digest.and_then(|digest| digest.try_into().ok()).unwrap_or_default()
}

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> rollbook_db::Result<Self> {
        Ok(Self {
            digest: row.get(0)?,
            scopes: Scopes::from_bits(row.get(1)?),
            authority: row.get(2)?,
            expires: row.get(3)?,
            revoked: row.get(4)?,
            last_used: row.get(5)?,
            previous: row.get(6)?,
            previous_until: row.get(7)?,
            tenant: row.get(8)?,
            suspended: row.get::<Option<i64>>(9)?.is_some(),
            restrictions: restrictions_of(row, 10)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(is_key: bool) -> Arc<Record> {
        let stored = is_key.then(|| Stored {
            digest: Vec::new(),
            previous: None,
            previous_until: None,
            scopes: Scopes::NONE,
            authority: String::new(),
            expires: None,
            revoked: None,
            last_used: None,
            tenant: String::new(),
            suspended: false,
            restrictions: Restrictions::default(),
        });
        Arc::new(Record { stored, read: 0, since: 0, readings: 1 })
    }

    #[test]
    fn a_flood_of_made_up_keys_makes_no_key_forgotten() {
        let mut remembered = Remembered::new();
        remembered.put("rk1_good", record(true));
        for number in 0..2 * KEYS_MAX.get() {
            remembered.put(&format!("rk1_{number}"), record(false));
        }
        assert!(remembered.get("rk1_good").is_some());
        assert_eq!((remembered.keys.len(), remembered.strangers.len()), (1, STRANGERS_MAX.get()));
        remembered.put("rk1_good", record(false));
        assert!(
            remembered.get("rk1_good").is_some_and(|record| record.stored.is_none()),
            "deleted"
        );
        assert!(remembered.keys.is_empty());
    }
}
