//! What is being used in this process: rates and requests under way, by whom.
//!
//! Memory is bounded: the rate that was touched longest ago is forgotten first, which costs its
//! owner's debt and nothing else. Requests under way are as many as the process admits.

use super::allowance::Measure;
use super::bucket::{Bucket, Level, Rate};
use crate::tenants::{Caller, Principal, TenantId};
use lru::LruCache;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Locks among which subjects are spread, so that requests seldom wait for each other.
const SHARDS: usize = 16;

/// Rates that a shard remembers. A constant: a process that serves more than 65,536 active rates
/// at once forgets debts early, and nothing worse.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// Whose use is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// Everybody of a tenant together.
    Tenant(TenantId),
    /// An API key, whose text is of one tenant only.
    Key(Arc<str>),
    /// Who an issuer of tokens vouches for.
    User(TenantId, Arc<str>, Arc<str>),
    /// Launched content, which may use what a user may.
    Session(Uuid),
}

/// The meters of a process.
pub(super) struct Meters {
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

struct Shard {
    rates: LruCache<(Subject, Measure), Bucket>,
    under_way: HashMap<Subject, u64>,
}

/// Requests under way, until it is dropped.
pub(super) struct UnderWay {
    meters: Arc<Meters>,
    subjects: Vec<Subject>,
}

impl Subject {
    /// The tenant, and who it is within the tenant. The operator at the command line is not counted.
    pub(super) fn of(caller: &Caller) -> (Self, Option<Self>) {
        let own = match &caller.principal {
            Principal::Key(key) => Some(Self::Key(Arc::clone(key))),
            Principal::User { issuer, subject } => {
                Some(Self::User(caller.tenant, Arc::clone(issuer), Arc::clone(subject)))
            }
            Principal::Session(id) => Some(Self::Session(*id)),
            Principal::Operator => None,
        };
        (Self::Tenant(caller.tenant), own)
    }

    /// What is said of it: the first part of the name of a policy.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Tenant(_) => "tenant",
            Self::Key(_) => "key",
            Self::User(..) | Self::Session(_) => "user",
        }
    }
}

impl Meters {
    pub(super) fn new() -> Self {
        let shard = || Shard { rates: LruCache::new(REMEMBERED_MAX), under_way: HashMap::new() };
        Self { hasher: RandomState::new(), shards: std::array::from_fn(|_| Mutex::new(shard())) }
    }

    fn shard(&self, subject: &Subject) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(subject);
        let number = usize::try_from(hash % SHARDS as u64).expect("less than SHARDS");
        let shard = self.shards.get(number).expect("less than SHARDS");
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(
        &self,
        subject: &Subject,
        measure: Measure,
        use_it: impl FnOnce(&mut Bucket) -> T,
    ) -> T {
        let mut shard = self.shard(subject);
        use_it(shard.rates.get_or_insert_mut((subject.clone(), measure), Bucket::default))
    }

    /// Takes `units` of a rate, or says how many microseconds to wait.
    pub(super) fn take(
        &self,
        (subject, measure): (&Subject, Measure),
        rate: Rate,
        units: u64,
        now: i64,
    ) -> Result<(), u64> {
        self.with(subject, measure, |bucket| bucket.take(rate, units, now))
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&self, subject: &Subject, measure: Measure, rate: Rate, units: u64) {
        self.with(subject, measure, |bucket| bucket.give_back(rate, units));
    }

    /// Where a rate stands.
    pub(super) fn level(&self, subject: &Subject, measure: Measure, rate: Rate, now: i64) -> Level {
        self.with(subject, measure, |bucket| bucket.level(rate, now))
    }

    /// How many requests are under way.
    pub(super) fn under_way(&self, subject: &Subject) -> u64 {
        self.shard(subject).under_way.get(subject).copied().unwrap_or(0)
    }

    /// Counts a request until the guard is dropped, for each subject who may have one more; or
    /// answers which may not.
    pub(super) fn begin(
        self: &Arc<Self>,
        subjects: impl Iterator<Item = (Subject, Option<u64>)>,
    ) -> Result<UnderWay, usize> {
        let mut begun = UnderWay { meters: Arc::clone(self), subjects: Vec::with_capacity(2) };
        for (at, (subject, most)) in subjects.enumerate() {
            let mut shard = self.shard(&subject);
            let count = shard.under_way.entry(subject.clone()).or_default();
            if most.is_some_and(|most| *count >= most) {
                // Never a new entry: a limit is above 0.
                return Err(at);
            }
            *count += 1;
            drop(shard);
            begun.subjects.push(subject);
        }
        Ok(begun)
    }

    fn end(&self, subject: &Subject) {
        let mut shard = self.shard(subject);
        if let Some(count) = shard.under_way.get_mut(subject) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                shard.under_way.remove(subject);
            }
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        for subject in &self.subjects {
            self.meters.end(subject);
        }
    }
}
