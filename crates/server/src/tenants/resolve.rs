//! From a credential to its caller, for every kind of credential (`decisions.md` 3).
//!
//! A credential that is unknown, wrong, revoked or expired is 401, whatever was asked for; what a
//! known caller may do is decided later, and is 403. What was resolved stays valid for five seconds,
//! so a revocation reaches every server within that time, also when another process made it.

use super::{Caller, Masked, Principal, Scopes, TenantId, key, store};
use crate::clock::Clock;
use crate::error::Problem;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, header};
use lru::LruCache;
use rollbook_db::stats::Counter;
use rollbook_db::{Db, FromRow, Row, Value};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long a resolved credential is believed, in microseconds.
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

/// A credential as it arrived, before anybody looked at what is in it.
///
/// Kinds are told apart by where they arrive, never by what they contain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// `Authorization: Basic …`: what follows the scheme, still encoded.
    Basic(&'a str),
}

/// Finds out who is calling, and remembers it for a moment. Cheap to clone.
#[derive(Clone)]
pub struct Callers(Arc<Parts>);

struct Parts {
    db: Db,
    clock: Clock,
    /// By digest of the whole credential, so that no secret stays in memory.
    remembered: Mutex<LruCache<[u8; 32], Remembered>>,
    /// When the use of a key was last sent to be written down.
    noted: Mutex<LruCache<Arc<str>, i64>>,
    hits: Counter,
    misses: Counter,
}

#[derive(Clone)]
struct Remembered {
    caller: Caller,
    expires: Option<i64>,
    resolved: i64,
}

/// A credential as it is stored.
struct Stored {
    digest: Vec<u8>,
    scopes: Scopes,
    authority: String,
    expires: Option<i64>,
    revoked: Option<i64>,
    last_used: Option<i64>,
}

impl<'a> Credential<'a> {
    /// The credential of a request. There must be one.
    pub fn of(headers: &'a HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(Problem::unauthorized(
                "this needs a credential: send one Authorization header, `Basic` with a key and \
                 its secret",
            ));
        };
        let text = value.to_str().unwrap_or_default().trim();
        match text.split_once(' ') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => {
                Ok(Self::Basic(rest.trim()))
            }
            _ => Err(Problem::unauthorized(
                "this kind of credential is not known here: send `Authorization: Basic` with a \
                 key and its secret",
            )),
        }
    }

    /// What a remembered credential is found by; kinds never meet.
    fn fingerprint(self) -> [u8; 32] {
        let Self::Basic(text) = self;
        key::digest(&format!("basic {text}"))
    }
}

impl Callers {
    /// Resolves credentials of `db`.
    pub fn new(db: Db, clock: Clock) -> Self {
        let (remembered, noted) = (LruCache::new(REMEMBERED_MAX), LruCache::new(REMEMBERED_MAX));
        Self(Arc::new(Parts {
            db,
            clock,
            remembered: Mutex::new(remembered),
            noted: Mutex::new(noted),
            hits: Counter::default(),
            misses: Counter::default(),
        }))
    }

    /// Who calls with this credential.
    pub async fn resolve(&self, credential: Credential<'_>) -> Result<Caller, Problem> {
        let now = self.0.clock.now_micros();
        let fingerprint = credential.fingerprint();
        if let Some(caller) = self.recall(&fingerprint, now)? {
            self.0.hits.add(1);
            return Ok(caller);
        }
        self.0.misses.add(1);
        let Remembered { caller, expires, resolved } = match credential {
            Credential::Basic(text) => self.basic(text, now).await?,
        };
        let entry = Remembered { caller: caller.clone(), expires, resolved };
        lock(&self.0.remembered).put(fingerprint, entry);
        Ok(caller)
    }

    /// How many credentials were remembered, and how many were looked up.
    pub(crate) fn lookups(&self) -> (u64, u64) {
        (self.0.hits.count(), self.0.misses.count())
    }

    /// The caller, if this credential was resolved a moment ago.
    fn recall(&self, fingerprint: &[u8; 32], now: i64) -> Result<Option<Caller>, Problem> {
        let mut remembered = lock(&self.0.remembered);
        let Some(entry) = remembered.get(fingerprint) else { return Ok(None) };
        let age = now - entry.resolved;
        // A clock that was set back makes no entry live longer.
        if !(0..BELIEVED_MICROS).contains(&age) {
            return Ok(None);
        }
        unexpired(entry.expires, now)?;
        Ok(Some(entry.caller.clone()))
    }

    /// `Basic key:secret` (RFC 7617).
    async fn basic(&self, text: &str, now: i64) -> Result<Remembered, Problem> {
        let unknown = || Problem::unauthorized("this key and secret are not known here");
        let pair = TOLERANT.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = pair.ok_or_else(|| {
            Problem::unauthorized("what follows `Basic` is not base64 of `key:secret`")
        })?;
        let (key, secret) = pair.split_once(':').ok_or_else(unknown)?;
        let tenant = key::tenant_of(key).ok_or_else(unknown)?;
        let stored = self.stored(tenant, key).await?.ok_or_else(unknown)?;
        if !key::matches(secret, &stored.digest) {
            tracing::debug!(key = %Masked(key), "Wrong secret");
            return Err(unknown());
        }
        // Only who knows the secret is told more than `unknown`.
        if stored.revoked.is_some() {
            return Err(Problem::unauthorized("this key was revoked"));
        }
        unexpired(stored.expires, now)?;
        let key: Arc<str> = key.into();
        self.note_use(tenant, &key, stored.last_used, now);
        let Stored { scopes, authority, expires, digest: _, revoked: _, last_used: _ } = stored;
        let caller =
            Caller { tenant, principal: Principal::Key(key), scopes, authority: authority.into() };
        Ok(Remembered { caller, expires, resolved: now })
    }

    async fn stored(&self, tenant: TenantId, key: &str) -> Result<Option<Stored>, Problem> {
        let args = [tenant.0.into(), Value::from(key)];
        self.0.db.of(tenant.0).read(move |tx| Ok(tx.one(&store::CREDENTIAL, &args)?)).await
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

fn unexpired(expires: Option<i64>, now: i64) -> Result<(), Problem> {
    match expires {
        Some(end) if end <= now => Err(Problem::unauthorized("this key has expired")),
        _ => Ok(()),
    }
}

/// A panic while the lock was held left a whole map behind: entries are put in one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        })
    }
}
