//! What is used, against what may be: asked before work begins.
//!
//! Allowances are believed for five seconds, so a change reaches every process within that time. A
//! request that is refused costs nothing and touches no database.

use super::allowance::{Allowance, Measure};
use super::bucket::Level;
use super::meters::{Meters, Subject, UnderWay};
use super::policy::{self, Kind, Policy};
use super::store::{self, Chosen, Stored};
use super::terms::Terms;
use crate::clock::Clock;
use crate::error::{Code, Problem, Result};
use crate::limits::Limits;
use crate::tenants::{Caller, TenantId};
use http::{HeaderValue, header};
use lru::LruCache;
use rollbook_db::{Db, Tx};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long allowances, what is stored and what is reserved besides are believed, in microseconds.
pub(crate) const BELIEVED_MICROS: i64 = 5_000_000;

/// Tenants that are remembered. A constant: one more is read again.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// The member of a refusal that names the policies which bound it
/// (draft-ietf-httpapi-ratelimit-headers).
const VIOLATED: &str = "violated-policies";

/// The meter of a process; cheap to clone.
#[derive(Clone)]
pub struct Usage(Arc<Parts>);

struct Parts {
    db: Db,
    clock: Clock,
    limits: Limits,
    meters: Arc<Meters>,
    terms: Mutex<LruCache<TenantId, (i64, Arc<Terms>)>>,
    stored: Mutex<LruCache<TenantId, Kept>>,
}

/// What a tenant keeps, as far as is known.
#[derive(Clone, Copy)]
struct Kept {
    read: i64,
    bytes: u64,
    /// Admitted here since.
    since: u64,
}

/// One request that was let in.
pub(super) struct Admission {
    pub(super) policies: Vec<Policy>,
    pub(super) under_way: UnderWay,
}

impl Usage {
    /// Meters that start at nothing.
    pub fn new(db: Db, clock: Clock, limits: Limits) -> Self {
        Self(Arc::new(Parts {
            db,
            clock,
            limits,
            meters: Arc::new(Meters::new()),
            terms: Mutex::new(LruCache::new(REMEMBERED_MAX)),
            stored: Mutex::new(LruCache::new(REMEMBERED_MAX)),
        }))
    }

    /// The bounds for one tenant: those of the settings, but for what the tenant has set.
    pub async fn limits(&self, tenant: TenantId) -> Result<Limits> {
        let terms = self.terms(tenant).await?;
        Ok(Limits { page_statements_max: terms.page_statements, ..self.0.limits.clone() })
    }

    /// On what terms a tenant is served.
    pub(super) async fn terms(&self, tenant: TenantId) -> Result<Arc<Terms>> {
        let now = self.now();
        if let Some((read, terms)) = lock(&self.0.terms).get(&tenant)
            && (0..BELIEVED_MICROS).contains(&(now - read))
        {
            return Ok(Arc::clone(terms));
        }
        let terms = Arc::new(self.read_terms(tenant).await?);
        lock(&self.0.terms).put(tenant, (now, Arc::clone(&terms)));
        Ok(terms)
    }

    async fn read_terms(&self, tenant: TenantId) -> Result<Terms> {
        let job = move |tx: &mut Tx<'_>| {
            Ok::<(_, Option<Chosen>), Problem>((
                store::allowances(tx, tenant)?,
                store::chosen(tx, tenant)?,
            ))
        };
        let (settings, chosen) = self.0.db.of(tenant.0).read(job).await?;
        Ok(Terms::new(&self.0.limits, settings, chosen.as_ref()))
    }

    /// Forgets what is remembered of a tenant: somebody changed it here.
    pub(super) fn forget(&self, tenant: TenantId) {
        lock(&self.0.terms).pop(&tenant);
        lock(&self.0.stored).pop(&tenant);
    }

    /// The policies that bind a caller's request.
    pub(super) async fn policies(
        &self,
        caller: &Caller,
        kind: Kind,
        nodes: u64,
    ) -> Result<Vec<Policy>> {
        let terms = self.terms(caller.tenant).await?;
        let (tenant, own) = Subject::of(caller);
        let mut subjects: Vec<(Subject, Allowance)> = vec![(tenant, terms.tenant)];
        subjects.extend(own.map(|own| (own, terms.own(caller))));
        Ok(Policy::all(kind, &subjects, nodes))
    }

    /// Counts a request by somebody who has no key and is known by other means, or refuses it.
    pub(crate) async fn charge(&self, caller: &Caller, nodes: u64) -> Result<()> {
        let policies = self.policies(caller, Kind::Other, nodes).await?;
        let admitted = self.admit(caller, Kind::Other, policies, Some(0));
        admitted.map(drop).map_err(|refused| refused.0)
    }

    /// Lets a request in before its body is read, or refuses it and says what bound it. `bytes` is the length of its body
    /// if it is known. Statements are counted later; who has none left is refused here already.
    pub(super) fn admit(
        &self,
        caller: &Caller,
        kind: Kind,
        policies: Vec<Policy>,
        bytes: Option<u64>,
    ) -> Result<Admission, Box<(Problem, Vec<Policy>)>> {
        let (tenant, own) = Subject::of(caller);
        let most = |subject: &Subject| {
            let of = |policy: &&Policy| {
                policy.measure == Measure::Concurrent && policy.subject == *subject
            };
            policies.iter().find(of).map(|policy| policy.most)
        };
        let subjects: Vec<_> = [Some(tenant), own].into_iter().flatten().collect();
        let counted = subjects.iter().map(|subject| (subject.clone(), most(subject)));
        let under_way = match self.0.meters.begin(counted) {
            Ok(under_way) => under_way,
            Err(at) => {
                let concurrent = policies.iter().find(|policy| {
                    policy.measure == Measure::Concurrent
                        && subjects.get(at) == Some(&policy.subject)
                });
                let problem = concurrent.map_or_else(Problem::unavailable, |it| limited(it, 0));
                return Err(Box::new((problem, policies)));
            }
        };
        let taken = match kind {
            Kind::Store => self.some_left(&policies, Measure::Statements),
            Kind::Query => self.take(&policies, Measure::Queries, 1),
            Kind::Import | Kind::Other => self.take(&policies, Measure::Requests, 1),
        };
        let paid = taken.and_then(|()| match bytes {
            Some(0) => Ok(()),
            Some(bytes) => self.take(&policies, Measure::Bytes, bytes),
            None => self.some_left(&policies, Measure::Bytes),
        });
        match paid {
            Ok(()) => Ok(Admission { policies, under_way }),
            Err(problem) => Err(Box::new((problem, policies))),
        }
    }

    /// Takes units by every policy of a measure, or by none.
    pub(super) fn take(&self, policies: &[Policy], measure: Measure, units: u64) -> Result<()> {
        let now = self.now();
        let of = |policy: &&Policy| policy.measure == measure;
        let rated = policies.iter().filter(of).filter_map(|it| Some((it, it.rate()?)));
        let mut taken = Vec::with_capacity(2);
        for (policy, rate) in rated {
            let meter = (&policy.subject, measure);
            if let Err(wait) = self.0.meters.take(meter, rate, units, now) {
                for (policy, rate) in taken {
                    let policy: &Policy = policy;
                    self.0.meters.give_back(&policy.subject, measure, rate, units);
                }
                return Err(limited(policy, wait));
            }
            taken.push((policy, rate));
        }
        Ok(())
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&self, policies: &[Policy], measure: Measure, units: u64) {
        for policy in policies.iter().filter(|policy| policy.measure == measure) {
            if let Some(rate) = policy.rate() {
                self.0.meters.give_back(&policy.subject, measure, rate, units);
            }
        }
    }

    /// Whether anything at all is left by every policy of a measure.
    fn some_left(&self, policies: &[Policy], measure: Measure) -> Result<()> {
        self.take(policies, measure, 1)?;
        self.give_back(policies, measure, 1);
        Ok(())
    }

    /// How many requests of a subject are under way.
    #[cfg(test)]
    pub(super) fn under_way(&self, subject: &Subject) -> u64 {
        self.0.meters.under_way(subject)
    }

    /// Tells of policies in the headers of an answer.
    pub(super) fn tell(&self, headers: &mut http::HeaderMap, policies: &[Policy]) {
        policy::tell(headers, policies, &self.0.meters, self.now());
    }

    /// Where a policy stands.
    pub(super) fn level(&self, policy: &Policy) -> Level {
        policy.level(&self.0.meters, self.now())
    }

    /// Makes sure that a tenant may keep so many bytes more, and counts them as kept.
    ///
    /// What other processes store is seen within five seconds. Nothing is asked of the store for a
    /// tenant without a quota.
    pub async fn reserve(&self, tenant: TenantId, bytes: u64) -> Result<()> {
        let Some(quota) = self.terms(tenant).await?.tenant.of(Measure::Storage) else {
            return Ok(());
        };
        let now = self.now();
        let fresh = |kept: &Kept| (0..BELIEVED_MICROS).contains(&(now - kept.read));
        let known = lock(&self.0.stored).get(&tenant).copied().filter(&fresh);
        if known.is_none() {
            let bytes = self.stored(tenant).await?.total();
            let mut stored = lock(&self.0.stored);
            // Somebody else may have asked meanwhile, and reserved since.
            if !stored.peek(&tenant).is_some_and(fresh) {
                stored.put(tenant, Kept { read: now, bytes, since: 0 });
            }
        }
        let mut stored = lock(&self.0.stored);
        let kept = stored.get_or_insert_mut(tenant, || Kept { read: now, bytes: 0, since: 0 });
        let after = kept.bytes.saturating_add(kept.since).saturating_add(bytes);
        if after > quota {
            return Err(full(quota));
        }
        kept.since += bytes;
        Ok(())
    }

    /// What a tenant keeps now.
    pub(super) async fn stored(&self, tenant: TenantId) -> Result<Stored> {
        Ok(self.0.db.of(tenant.0).read(move |tx| store::stored(tx, tenant)).await?)
    }

    fn now(&self) -> i64 {
        self.0.clock.now_micros()
    }
}

/// 429: a limit is reached (1.0.3 Communication 3.2, RFC 6585 4).
pub(super) fn limited(policy: &Policy, wait: u64) -> Problem {
    let (whose, most) = (policy.subject.word(), policy.most);
    let after = policy::seconds(wait);
    let detail = format!(
        "this {whose} may have {most} {} here (`{}`); nothing of this request was done, send it again in {after} s",
        policy.measure,
        policy.name()
    );
    let mut problem = Problem::of(Code::RateLimited, detail).with(VIOLATED, vec![policy.name()]);
    problem.headers.push((header::RETRY_AFTER, HeaderValue::from(after)));
    problem
}

/// 507: the request is as it should be, and there is no room (RFC 4918 11.5). Not 413, by which a
/// client of xAPI takes this one request for too large, and drops it: once there is room, the same
/// request will be stored.
fn full(quota: u64) -> Problem {
    let detail = format!(
        "this tenant may keep {quota} bytes (`tenant-storage`), and this request needs more than is left; nothing of it was stored"
    );
    Problem::of(Code::QuotaStorageExceeded, detail).with(VIOLATED, vec!["tenant-storage"])
}

/// A panic while the lock was held left a whole map behind: entries are put in one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
