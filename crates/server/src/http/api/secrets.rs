//! The secrets of a tenant, made when they are first needed.
//!
//! What a client hands back to us (a cursor, an `Idempotency-Key`) is checked or hidden with a
//! secret of its tenant, so that nothing of one tenant means anything to another. Every process has
//! the same, out of the store; whoever is first makes it, in one statement.

use super::store;
use crate::clock::Clock;
use crate::error::{Problem, Result};
use crate::ids::Ids;
use crate::tenants::{TenantId, life};
use anyhow::Context as _;
use aws_lc_rs::hmac;
use lru::LruCache;
use rollbook_db::{Db, Tx, Value};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

/// Secrets that are remembered.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// How long a stranger waits for a lookup.
const LOOKUP_WAIT_MAX: Duration = Duration::from_secs(1);

/// Bytes of the proof that we wrote a text.
pub const MAC_BYTES: usize = 16;

/// What a secret is for. One is never used for two purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Signs cursors.
    Cursor,
    /// Hides the keys and the answers of `Idempotency-Key`.
    Idempotency,
    /// Signs the capabilities by which content is served.
    Content,
    /// Signs the links by which learners come to their course.
    Launch,
    /// Signs the tokens of sessions.
    Session,
}

/// 256 bits that only this installation knows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<[u8; 32]>);

/// The secrets of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Secrets(Arc<Parts>);

struct Parts {
    db: Db,
    clock: Clock,
    ids: Ids,
    remembered: Mutex<LruCache<(TenantId, Purpose), Secret>>,
    /// For what strangers hand in: made-up tenants must not take the whole database.
    lookups: Semaphore,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Cursor => "cursor",
            Self::Idempotency => "idempotency",
            Self::Content => "content",
            Self::Launch => "launch",
            Self::Session => "session",
        }
    }
}

impl Secret {
    /// A secret of these bits.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Arc::new(bytes))
    }

    /// The bits.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The proof that who knows this secret wrote `text`: the beginning of its HMAC-SHA-256, enough
    /// that it cannot be guessed.
    pub fn mac(&self, text: &[u8]) -> [u8; MAC_BYTES] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.bytes());
        *hmac::sign(&key, text).as_ref().first_chunk().expect("an HMAC-SHA-256 has 32 bytes")
    }

    /// Whether this is that proof.
    pub fn proves(&self, text: &[u8], mac: &[u8; MAC_BYTES]) -> bool {
        bool::from(self.mac(text).as_slice().ct_eq(mac))
    }
}

/// It is never shown.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secrets {
    /// The secrets in `db`; `lookups_max` of what strangers hand in are looked up at a time.
    pub fn new(db: Db, clock: Clock, ids: Ids, lookups_max: usize) -> Self {
        let remembered = Mutex::new(LruCache::new(REMEMBERED_MAX));
        let lookups = Semaphore::new(lookups_max.clamp(1, Semaphore::MAX_PERMITS));
        Self(Arc::new(Parts { db, clock, ids, remembered, lookups }))
    }

    /// The secret of a tenant for a purpose.
    pub async fn get(&self, tenant: TenantId, purpose: Purpose) -> Result<Secret> {
        let remembered = &self.0.remembered;
        let lock = || remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = lock().get(&(tenant, purpose)) {
            return Ok(secret.clone());
        }
        let secret = self.stored(tenant, purpose).await?;
        lock().put((tenant, purpose), secret.clone());
        Ok(secret)
    }

    /// The same if it was made before: for what strangers hand in, which must not make one.
    pub async fn made(&self, tenant: TenantId, purpose: Purpose) -> Result<Option<Secret>> {
        let remembered = &self.0.remembered;
        let lock = || remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = lock().get(&(tenant, purpose)) {
            return Ok(Some(secret.clone()));
        }
        let turn = tokio::time::timeout(LOOKUP_WAIT_MAX, self.0.lookups.acquire()).await;
        let _turn = turn.ok().and_then(Result::ok).ok_or_else(Problem::busy)?;
        let args = [tenant.0.into(), Value::from(purpose.name())];
        let job = move |tx: &mut Tx<'_>| tx.one(&store::SECRET, &args);
        let known: Option<Vec<u8>> = self.0.db.of(tenant.0).read(job).await?;
        let secret = known.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(Secret::new);
        if let Some(secret) = &secret {
            lock().put((tenant, purpose), secret.clone());
        }
        Ok(secret)
    }

    async fn stored(&self, tenant: TenantId, purpose: Purpose) -> Result<Secret> {
        let Parts { db, clock, ids, .. } = &*self.0;
        let args = [tenant.0.into(), Value::from(purpose.name())];
        let known = db.of(tenant.0).read(move |tx| tx.one(&store::SECRET, &args)).await?;
        let bytes: Option<Vec<u8>> = if known.is_some() {
            known
        } else {
            let made = Value::from(ids.secret().as_slice());
            let name = Value::from(purpose.name());
            let args = [tenant.0.into(), name, made, clock.now_micros().into()];
            let job = move |tx: &mut Tx<'_>| {
                life::hold(tx, tenant)?;
                Ok::<_, Problem>(tx.one(&store::MAKE_SECRET, &args)?)
            };
            db.of(tenant.0).write(job).await?
        };
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes.context("a stored secret has 32 bytes");
        Ok(Secret::new(bytes.map_err(Problem::internal)?))
    }
}
