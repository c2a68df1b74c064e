//! Public keys of issuers, as they publish them (RFC 7517), remembered for a while.
//!
//! A key that is not there is asked for at once, but not more often than every few seconds, so that
//! made-up tokens make no traffic. While the issuer cannot be reached its last keys are good for a
//! day; one who fetches lets nobody wait who has a key already.

use super::super::resolve::lock;
use super::Refusal;
use super::fetch::Fetch;
use super::issuer::family;
use crate::config::Jwt;
use crate::operate;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use lru::LruCache;
use serde::Deserialize;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Issuers whose keys are remembered.
const SETS_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// Keys of one issuer; more are not looked at.
const KEYS_MAX: usize = 100;

/// Keys that are tried on a token that does not say which it was signed with.
const TRIED_MAX: usize = 4;

/// The keys of every issuer that was asked for.
pub(super) struct Jwks {
    fetch: Arc<Fetch>,
    ages: Ages,
    sets: Mutex<Sets>,
}

/// By where the keys are, and whether a tenant said so.
type Sets = LruCache<(Arc<str>, bool), Arc<Set>>;

/// How old keys may be, in microseconds.
#[derive(Clone, Copy)]
struct Ages {
    /// Older ones are fetched again.
    fresh: i64,
    /// Older ones are not used any more.
    used: i64,
    /// Fetched no more often.
    retry: i64,
}

/// The keys of one issuer.
#[derive(Default)]
struct Set {
    seen: Mutex<Arc<Seen>>,
    fetching: Arc<tokio::sync::Mutex<()>>,
}

/// What was seen when they were last asked for.
#[derive(Default)]
struct Seen {
    keys: Vec<Key>,
    /// When these keys came.
    fetched: Option<i64>,
    /// When they were last asked for, and whether that failed.
    tried: Option<i64>,
    failed: bool,
}

#[derive(Clone)]
struct Key {
    kid: Option<String>,
    /// The only algorithm that it is for, if it says so.
    algorithm: Option<KeyAlgorithm>,
    curve: Option<EllipticCurve>,
    public: Arc<DecodingKey>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl Jwks {
    pub(super) fn new(fetch: Fetch, settings: &Jwt) -> Self {
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let ages = Ages {
            fresh: micros(settings.jwks_ttl),
            used: micros(settings.jwks_stale),
            retry: micros(settings.jwks_retry),
        };
        let fetch = Arc::new(fetch);
        Self { fetch, ages, sets: Mutex::new(LruCache::new(SETS_MAX)) }
    }

    /// The keys with which a token may have been signed; none if the issuer has no such key.
    pub(super) async fn keys(
        &self,
        url: &Arc<str>,
        guarded: bool,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: i64,
    ) -> Result<Vec<Arc<DecodingKey>>, Refusal> {
        let set = {
            let mut sets = lock(&self.sets);
            Arc::clone(sets.get_or_insert((Arc::clone(url), guarded), Arc::default))
        };
        let seen = set.seen();
        let found = seen.matching(kid, algorithm, now, self.ages);
        let fresh = within(seen.fetched, now, self.ages.fresh);
        if !found.is_empty() && fresh || within(seen.tried, now, self.ages.retry) {
            return seen.told(found);
        }
        let fetching = match Arc::clone(&set.fetching).try_lock_owned() {
            Ok(fetching) => fetching,
            Err(_) if !found.is_empty() => return Ok(found),
            Err(_) => Arc::clone(&set.fetching).lock_owned().await,
        };
        let (fetch, url, retry) = (Arc::clone(&self.fetch), Arc::clone(url), self.ages.retry);
        let fetched = Arc::clone(&set);
        // On a task of its own: it is noted also when nobody waits for it any more, or whoever hangs
        // up early could have the keys fetched at every request.
        let job = tokio::spawn(async move {
            let _fetching = fetching;
            // Somebody else may have fetched them meanwhile.
            if !within(fetched.seen().tried, now, retry) {
                let answer = fetch.get(&url, guarded).await.and_then(|text| read(&text));
                fetched.note(answer, now);
            }
        });
        // A panic in it is noted by nobody, so it is tried again.
        drop(job.await);
        let seen = set.seen();
        seen.told(seen.matching(kid, algorithm, now, self.ages))
    }
}

impl Set {
    fn seen(&self) -> Arc<Seen> {
        Arc::clone(&lock(&self.seen))
    }

    fn note(&self, fetched: anyhow::Result<Vec<Key>>, now: i64) {
        let mut seen = lock(&self.seen);
        *seen = Arc::new(match fetched {
            Ok(keys) => Seen { keys, fetched: Some(now), tried: Some(now), failed: false },
            Err(error) => {
                let cause = operate::cause::shown(&error);
                tracing::warn!(cause, "Keys of an issuer were not fetched");
                let (keys, fetched) = (seen.keys.clone(), seen.fetched);
                Seen { keys, fetched, tried: Some(now), failed: true }
            }
        });
    }
}

impl Seen {
    fn matching(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: i64,
        ages: Ages,
    ) -> Vec<Arc<DecodingKey>> {
        if !within(self.fetched, now, ages.used) {
            return Vec::new();
        }
        let named = |key: &&Key| kid.is_none() || key.kid.as_deref() == kid;
        let fit = self.keys.iter().filter(named).filter(|key| key.fits(algorithm));
        fit.take(TRIED_MAX).map(|key| Arc::clone(&key.public)).collect()
    }

    /// What is found, unless nothing is because the issuer could not be asked.
    fn told(&self, found: Vec<Arc<DecodingKey>>) -> Result<Vec<Arc<DecodingKey>>, Refusal> {
        if found.is_empty() && self.failed { Err(Refusal::Unavailable) } else { Ok(found) }
    }
}

impl Key {
    /// None for what is no key for signatures, or a secret: those are not published.
    fn read(jwk: &Jwk) -> Option<Self> {
        if matches!(jwk.common.public_key_use, Some(ref wanted) if *wanted != PublicKeyUse::Signature)
        {
            return None;
        }
        let curve = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => None,
            AlgorithmParameters::EllipticCurve(key) => Some(key.curve.clone()),
            AlgorithmParameters::OctetKeyPair(key) => Some(key.curve.clone()),
            _ => return None,
        };
        Some(Self {
            kid: jwk.common.key_id.clone(),
            algorithm: jwk.common.key_algorithm,
            curve,
            public: Arc::new(DecodingKey::from_jwk(jwk).ok()?),
        })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let curve = match algorithm {
            Algorithm::ES256 => Some(EllipticCurve::P256),
            Algorithm::ES384 => Some(EllipticCurve::P384),
            Algorithm::EdDSA => Some(EllipticCurve::Ed25519),
            _ => None,
        };
        family(algorithm) == Some(self.public.family())
            && self.curve == curve
            && self.algorithm.is_none_or(|only| only == KeyAlgorithm::from(algorithm))
    }
}

/// The keys of a document; those that are not understood are left out (RFC 7517 5).
fn read(text: &[u8]) -> anyhow::Result<Vec<Key>> {
    let document: Document = serde_json::from_slice(text)?;
    let jwks = document.keys.into_iter().take(KEYS_MAX);
    let jwks = jwks.filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok(jwks.filter_map(|jwk| Key::read(&jwk)).collect())
}

fn within(moment: Option<i64>, now: i64, age: i64) -> bool {
    moment.is_some_and(|moment| (0..age).contains(&now.saturating_sub(moment)))
}
