//! From a credential to its caller, for every kind of credential (`decisions.md` 3).
//!
//! A credential that is unknown, wrong, revoked or expired is 401, whatever was asked for; one that
//! is used from where it may not be, or whose tenant is suspended, is 403, and so is what a known
//! caller may not do. What was read from the store is believed for five seconds, so a revocation or
//! a suspension reaches every server within that time, also when another process made it.

use super::credential::{Credential, Presented};
use super::records::{Records, Secret, Stored};
use super::sessions::{NoSessions, Session, Sessions};
use super::tokens::{Tokens, Verified};
use super::{Bounds, Caller, FIRST_TENANT, Masked, Principal, Scope, TenantId, key, store};
use crate::clock::Clock;
use crate::error::{Code, Problem};
use crate::limits::Limits;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use lru::LruCache;
use rollbook_db::stats::Counter;
use rollbook_db::{Db, Value};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq as _;

/// How long what was read is believed, in microseconds.
const BELIEVED_MICROS: i64 = 5_000_000;

/// How often the use of a key is written down, in microseconds.
const USE_NOTED_MICROS: i64 = 60_000_000;

/// Resolved credentials that are remembered.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// Base64 as clients send it: some leave the padding out.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Finds out who is calling, and remembers it for a moment. Cheap to clone.
#[derive(Clone)]
pub struct Callers(Arc<Parts>);

struct Parts {
    db: Db,
    clock: Clock,
    records: Records,
    tokens: Tokens,
    sessions: Arc<dyn Sessions>,
    /// By digest of the whole credential, so that no secret stays in memory.
    remembered: Mutex<LruCache<[u8; 32], Arc<Resolved>>>,
    /// When the use of a key was last sent to be written down.
    noted: Mutex<LruCache<Arc<str>, i64>>,
    hits: Counter,
    misses: Counter,
}

/// A credential that was found good, and what each request with it must still fulfill.
struct Resolved {
    caller: Caller,
    kind: Kind,
    /// The name of the caller's tenant.
    tenant: Option<Arc<str>>,
    suspended: bool,
    expires: Option<i64>,
    /// When what this was resolved from was read.
    read: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    Token,
    Session,
}

impl Callers {
    /// Resolves credentials of `db`, and those that `tokens` knows the issuers of.
    pub fn new(db: Db, clock: Clock, tokens: Tokens, limits: &Limits) -> Self {
        Self::with_sessions(db, clock, tokens, limits, Arc::new(NoSessions))
    }

    /// The same, with somebody who knows the tokens of launched content.
    pub fn with_sessions(
        db: Db,
        clock: Clock,
        tokens: Tokens,
        limits: &Limits,
        sessions: Arc<dyn Sessions>,
    ) -> Self {
        Self(Arc::new(Parts {
            records: Records::new(db.clone(), limits.key_lookups_max),
            db,
            clock,
            tokens,
            sessions,
            remembered: Mutex::new(LruCache::new(REMEMBERED_MAX)),
            noted: Mutex::new(LruCache::new(REMEMBERED_MAX)),
            hits: Counter::default(),
            misses: Counter::default(),
        }))
    }

    /// The issuers of tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// Keeps all lookups of unknown keys to itself until it is dropped, as a flood of them would.
    #[cfg(test)]
    pub(crate) async fn flooded(&self) -> tokio::sync::OwnedSemaphorePermit {
        self.0.records.flooded().await
    }

    /// How many credentials were remembered, and how many were looked up.
    pub(crate) fn lookups(&self) -> (u64, u64) {
        (self.0.hits.count(), self.0.misses.count())
    }

    /// Who calls with what was presented.
    pub async fn resolve(&self, presented: &Presented<'_>) -> Result<Caller, Problem> {
        let now = self.0.clock.now_micros();
        let fingerprint = presented.credential.fingerprint(presented.tenant);
        let known = lock(&self.0.remembered).get(&fingerprint).cloned();
        let resolved = if let Some(resolved) = known.filter(|known| believed(known.read, now)) {
            self.0.hits.add(1);
            resolved
        } else {
            self.0.misses.add(1);
            let resolved = Arc::new(self.find(presented, now).await?);
            // A session may end with the next request, so its token is looked up each time.
            if resolved.kind != Kind::Session {
                lock(&self.0.remembered).put(fingerprint, Arc::clone(&resolved));
            }
            resolved
        };
        resolved.admit(presented, now)?;
        Ok(resolved.caller.clone())
    }

    async fn find(&self, presented: &Presented<'_>, now: i64) -> Result<Resolved, Problem> {
        match presented.credential {
            Credential::Basic(text) => match self.0.sessions.find(text).await? {
                Some(session) => Ok(Resolved::session(session, now)),
                None => self.basic(text, now).await,
            },
            Credential::Session(text) => match self.0.sessions.find(text).await? {
                Some(session) => Ok(Resolved::session(session, now)),
                None => Err(Problem::unauthorized("this token of a session is not known here")),
            },
            Credential::Key { tenant, key, secret } => self.key(tenant, key, secret, now).await,
            Credential::Token(token) => self.token(token, presented.tenant, now).await,
        }
    }

    /// `Basic key:secret` (RFC 7617).
    async fn basic(&self, text: &str, now: i64) -> Result<Resolved, Problem> {
        let pair = TOLERANT.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = pair.ok_or_else(|| {
            Problem::unauthorized("what follows `Basic` is not base64 of `key:secret`")
        })?;
        let (key, secret) = pair.split_once(':').ok_or_else(unknown_key)?;
        let tenant = key::tenant_of(key).ok_or_else(unknown_key)?;
        self.key(tenant, key, secret, now).await
    }

    async fn key(
        &self,
        tenant: TenantId,
        key: &str,
        secret: &str,
        now: i64,
    ) -> Result<Resolved, Problem> {
        let Some((record, secret)) = self.0.records.of(tenant, key, secret, now).await? else {
            tracing::debug!(key = %Masked(key), "Unknown key or wrong secret");
            return Err(unknown_key());
        };
        let stored = record.stored().ok_or_else(unknown_key)?;
        // Only who knows the secret is told more than that it is unknown.
        if stored.revoked.is_some() {
            return Err(Problem::unauthorized("this key was revoked"));
        }
        let resolved = Resolved::key(tenant, key.into(), stored, secret, record.read);
        unexpired(&resolved, now)?;
        if let Principal::Key(key) = &resolved.caller.principal {
            self.note_use(tenant, key, stored.last_used, now);
        }
        Ok(resolved)
    }

    async fn token(
        &self,
        token: &str,
        meant: Option<&[u8]>,
        now: i64,
    ) -> Result<Resolved, Problem> {
        let Verified { caller, tenant, suspended, expires, read } =
            self.0.tokens.verify(token, meant, now).await?;
        Ok(Resolved {
            caller,
            kind: Kind::Token,
            tenant: Some(tenant),
            suspended,
            expires: Some(expires),
            read,
        })
    }

    /// Writes down that a key is used, at most once a minute and not while the caller waits.
    fn note_use(&self, tenant: TenantId, key: &Arc<str>, last_used: Option<i64>, now: i64) {
        let recent = |at: i64| now < at.saturating_add(USE_NOTED_MICROS);
        if last_used.is_some_and(recent) {
            return;
        }
        let mut noted = lock(&self.0.noted);
        if noted.get(key).copied().is_some_and(recent) {
            return; // Being written.
        }
        noted.put(Arc::clone(key), now);
        let before = now.saturating_sub(USE_NOTED_MICROS);
        let args = [tenant.0.into(), Value::from(&**key), now.into(), before.into()];
        let (db, key) = (self.0.db.clone(), Arc::clone(key));
        tokio::spawn(async move {
            let outcome = db.of(tenant.0).write(move |tx| tx.run(&store::NOTE_USE, &args)).await;
            if let Err(error) = outcome {
                tracing::debug!(key = %Masked(&key), %error, "Use of a key was not noted");
            }
        });
    }
}

impl Resolved {
    fn key(tenant: TenantId, key: Arc<str>, stored: &Stored, secret: Secret, read: i64) -> Self {
        let prefixes = &stored.restrictions.activities;
        let ends = match secret {
            Secret::Current => None,
            Secret::Previous { until } => Some(until),
        };
        let operates = tenant == FIRST_TENANT;
        let bounds = Bounds { restrictions: stored.restrictions.clone(), expires: stored.expires };
        let caller = Caller {
            tenant,
            principal: Principal::Key(key),
            scopes: if operates { stored.scopes } else { stored.scopes.without(Scope::Operator) },
            authority: stored.authority.as_str().into(),
            activity_prefixes: (!prefixes.is_empty()).then(|| prefixes.clone().into()),
            bounds: (bounds != Bounds::default()).then(|| bounds.into()),
            session: None,
        };
        Self {
            caller,
            kind: Kind::Key,
            tenant: Some(stored.tenant.as_str().into()),
            suspended: stored.suspended,
            expires: stored.expires.into_iter().chain(ends).min(),
            read,
        }
    }

    fn session(session: Session, now: i64) -> Self {
        let Session { caller, tenant, suspended, expires } = session;
        Self {
            caller,
            kind: Kind::Session,
            tenant: Some(tenant),
            suspended,
            expires: Some(expires),
            read: now,
        }
    }

    /// Lets a request with this credential in.
    fn admit(&self, presented: &Presented<'_>, now: i64) -> Result<(), Problem> {
        unexpired(self, now)?;
        if let Some(bounds) = &self.caller.bounds {
            bounds.restrictions.admit(presented.address, presented.origin)?;
        }
        match (presented.tenant, &self.tenant) {
            (Some(meant), Some(tenant)) if !bool::from(meant.ct_eq(tenant.as_bytes())) => {
                let detail = "the header X-Tenant-Id names another tenant than the credential";
                return Err(Problem::forbidden(Code::ValidationTenantMismatch, detail));
            }
            (None, _) if self.kind == Kind::Token && presented.names_tenant => {
                return Err(Problem::bad_request(
                    Code::ValidationTenantMissing,
                    "with a token, this needs the header X-Tenant-Id: the name of its tenant",
                ));
            }
            _ => {}
        }
        if self.suspended {
            let detail = "this tenant is suspended; its operator can say why";
            return Err(Problem::forbidden(Code::TenantSuspended, detail));
        }
        Ok(())
    }
}

/// Whether what was read then is still believed. A clock that was set back makes nothing live longer.
pub(super) fn believed(read: i64, now: i64) -> bool {
    (0..BELIEVED_MICROS).contains(&(now - read))
}

fn unknown_key() -> Problem {
    Problem::unauthorized("this key and secret are not known here")
}

fn unexpired(resolved: &Resolved, now: i64) -> Result<(), Problem> {
    match resolved.expires {
        Some(end) if end <= now => Err(Problem::unauthorized(match resolved.kind {
            Kind::Key => "this key has expired",
            Kind::Token => "this token has expired",
            Kind::Session => "this token of a session has ended; launch again",
        })),
        _ => Ok(()),
    }
}

/// A panic while the lock was held left a whole map behind: entries are put in one call.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
