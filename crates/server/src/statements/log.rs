//! The log: one lane of appends for each tenant.
//!
//! A lane takes every request that waits, appends them in one transaction and answers each when it
//! is durable: the cost of a commit is shared. Lanes of different tenants do not wait for each other
//! here, and each has one transaction at a time, so at the one writer of SQLite they take turns; the
//! more of them store at the same time, the shorter each turn. A lane holds so many requests and
//! refuses others. Several processes may append to one tenant; the head's lock orders them.

use super::append::{self, Appended, Request};
use super::memory::Memory;
use super::meter::Meter;
use super::prepared::Prepared;
use super::{store, train};
use crate::clock::Clock;
use crate::error::{Code, Problem, Result};
use crate::limits::Limits;
use crate::tenants::TenantId;
use rollbook_db::{Db, Value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

/// Statements that one transaction takes up, unless a single request brings more. A constant: it
/// trades the cost of a commit for the time that others wait for the writer.
const GROUP_STATEMENTS_MAX: usize = 4_096;
/// Statements that one transaction may take up however many tenants store at the same time.
const GROUP_STATEMENTS_MIN: usize = 256;
/// Bytes of statements that one transaction takes up, unless a single request brings more.
const GROUP_BYTES_MAX: usize = 32 << 20;
/// How long a reader waits for a fresher promise about the past.
const SETTLE_MAX: Duration = Duration::from_millis(250);
/// A promise about the past is renewed when it is older than this and somebody asks.
const CONSISTENT_AGE_MICROS_MAX: i64 = 500_000;

/// The record of every tenant. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Log(Arc<Shared>);

struct Shared {
    db: Db,
    clock: Clock,
    train: bool,
    limits: Limits,
    /// Lanes that have a transaction under way.
    working: AtomicUsize,
    lanes: Mutex<HashMap<TenantId, Lane>>,
    meter: Meter,
}

#[derive(Clone)]
struct Lane {
    memory: Arc<Memory>,
    work: mpsc::Sender<Work>,
}

enum Work {
    Store { request: Request, reply: oneshot::Sender<Result<()>> },
    Advance { reply: oneshot::Sender<Result<()>> },
}

impl Log {
    /// The log in `db`; `train` says whether tenants get dictionaries of their own.
    pub(crate) fn new(db: Db, clock: Clock, train: bool, limits: Limits) -> Self {
        let (working, lanes, meter) = (AtomicUsize::new(0), Mutex::default(), Meter::default());
        Self(Arc::new(Shared { db, clock, train, limits, working, lanes, meter }))
    }

    /// What is counted of the log.
    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// Requests that wait in the lanes of all tenants.
    pub(crate) fn waiting(&self) -> usize {
        let lanes = self.0.lanes.lock().expect("no holder of the lanes panics");
        lanes.values().map(|lane| lane.work.max_capacity() - lane.work.capacity()).sum()
    }

    /// Stores the statements of one request, all or none. Durable when it returns.
    pub(crate) async fn store(&self, tenant: TenantId, request: Vec<Prepared>) -> Result<()> {
        if request.is_empty() {
            return Ok(());
        }
        self.0.meter.batches.observe(request.len() as u64);
        self.ask(tenant, |reply| Work::Store { request, reply }).await
    }

    /// Remembers what a transaction did that is durable now.
    pub(super) fn learn(
        &self,
        tenant: TenantId,
        memory: &Memory,
        appended: Appended,
        took: Duration,
    ) {
        learn(&self.0, tenant, memory, appended, took);
    }

    /// What this process remembers of a tenant.
    pub(super) fn memory(&self, tenant: TenantId) -> Arc<Memory> {
        self.lane(tenant).memory
    }

    /// Makes the tenant's promise about the past recent: nothing will ever be stored at or before the
    /// end of the log, and that end is less than half a second old. A store that cannot be written
    /// now, or not soon, can still be read: the promise is then older, and as true.
    pub(super) async fn settle(&self, tenant: TenantId) {
        let position = self.memory(tenant).position.load(Ordering::Acquire);
        if self.0.clock.now_micros() - position < CONSISTENT_AGE_MICROS_MAX {
            return;
        }
        let settled = self.ask(tenant, |reply| Work::Advance { reply });
        match tokio::time::timeout(SETTLE_MAX, settled).await {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => {
                tracing::debug!(code = problem.code.name(), "The log's end was not moved");
            }
            Err(_elapsed) => tracing::debug!("The log's end was not moved in time"),
        }
    }

    /// Forgets a tenant that is being deleted. Requests that wait in its lane are still answered.
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.0.lanes.lock().expect("no holder of the lanes panics").remove(&tenant);
    }

    async fn ask(
        &self,
        tenant: TenantId,
        work: impl FnOnce(oneshot::Sender<Result<()>>) -> Work,
    ) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let closed = || Problem::internal(anyhow::anyhow!("the lane of a tenant has ended"));
        self.lane(tenant).work.try_send(work(reply)).map_err(|refused| match refused {
            TrySendError::Full(_) => waiting(self.0.limits.waiting_requests_max),
            TrySendError::Closed(_) => closed(),
        })?;
        answer.await.map_err(|_closed| closed())?
    }

    fn lane(&self, tenant: TenantId) -> Lane {
        let mut lanes = self.0.lanes.lock().expect("no holder of the lanes panics");
        let open = || {
            let (work, waiting) = mpsc::channel(self.0.limits.waiting_requests_max);
            let memory = Arc::new(Memory::bounded(self.0.limits.definition_bytes_max));
            tokio::spawn(run(Arc::downgrade(&self.0), tenant, Arc::clone(&memory), waiting));
            Lane { memory, work }
        };
        if lanes.get(&tenant).is_some_and(|lane| lane.work.is_closed()) {
            lanes.remove(&tenant);
        }
        lanes.entry(tenant).or_insert_with(open).clone()
    }
}

/// One tenant's lane. Ends when the log is dropped.
async fn run(
    log: std::sync::Weak<Shared>,
    tenant: TenantId,
    memory: Arc<Memory>,
    mut waiting: mpsc::Receiver<Work>,
) {
    let mut trainer = train::Trainer::new(tenant);
    if let Some(shared) = log.upgrade()
        && let Err(problem) = train::load_newest(tenant, &shared.db, &memory).await
    {
        tracing::debug!(code = problem.code.name(), "The newest dictionary was not loaded");
    }
    while let Some(first) = waiting.recv().await {
        let Some(shared) = log.upgrade() else { return };
        let working = Working::begin(&shared);
        let mut group = Group::default();
        group.take(first);
        while group.statements < working.share()
            && group.bytes < GROUP_BYTES_MAX
            && let Ok(next) = waiting.try_recv()
        {
            group.take(next);
        }
        let Group { requests, replies, advances, statements, bytes: _ } = group;
        if !requests.is_empty() {
            let outcomes = append_all(&shared, tenant, requests, &memory).await;
            for (reply, outcome) in replies.into_iter().zip(outcomes) {
                // A caller who went away does not want the answer.
                drop(reply.send(outcome));
            }
            if shared.train {
                trainer.stored(statements, &shared.db, &memory);
            }
        }
        if !advances.is_empty() {
            // One try for all who wait: a store that refuses one refuses the others.
            let advanced = advance(&shared, tenant, &memory).await;
            let failed = advanced.is_err();
            for reply in advances {
                drop(reply.send(if failed { Err(Problem::unavailable()) } else { Ok(()) }));
            }
        }
    }
}

/// A lane that has a transaction under way, until it is dropped.
struct Working<'a>(&'a AtomicUsize);

impl<'a> Working<'a> {
    fn begin(shared: &'a Shared) -> Self {
        shared.working.fetch_add(1, Ordering::AcqRel);
        Self(&shared.working)
    }

    /// Statements that this lane may take up at once, beside the others that work now.
    fn share(&self) -> usize {
        let working = self.0.load(Ordering::Acquire).max(1);
        (GROUP_STATEMENTS_MAX / working).max(GROUP_STATEMENTS_MIN)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// 503: more requests of a tenant wait than may.
fn waiting(most: usize) -> Problem {
    let detail = format!(
        "{most} requests of this tenant wait to be stored already (`waiting_requests_max`); nothing of this one was stored, send it again in a moment"
    );
    Problem::of(Code::TenantBusy, detail)
}

#[derive(Default)]
struct Group {
    requests: Vec<Request>,
    replies: Vec<oneshot::Sender<Result<()>>>,
    advances: Vec<oneshot::Sender<Result<()>>>,
    statements: usize,
    bytes: usize,
}

impl Group {
    fn take(&mut self, work: Work) {
        match work {
            Work::Store { request, reply } => {
                self.statements += request.len();
                self.bytes += request.iter().map(|prepared| prepared.text.len()).sum::<usize>();
                self.requests.push(request);
                self.replies.push(reply);
            }
            Work::Advance { reply } => self.advances.push(reply),
        }
    }
}

/// Appends a group. A store that is busy or out of reach is tried once more with the whole group:
/// ids are fixed, so what an unknown commit has stored is recognised. Anything else may be the fault
/// of one request, and then each is tried alone, so that it does not take others with it.
async fn append_all(
    shared: &Shared,
    tenant: TenantId,
    requests: Vec<Request>,
    memory: &Arc<Memory>,
) -> Vec<Result<()>> {
    let mut requests: Vec<Arc<Request>> = requests.into_iter().map(Arc::new).collect();
    let mut outcome = append_group(shared, tenant, requests.clone(), memory).await;
    if outcome.as_ref().is_err_and(Problem::is_unavailable) {
        outcome = append_group(shared, tenant, requests.clone(), memory).await;
    }
    match outcome {
        Ok(outcomes) => outcomes,
        Err(problem) if problem.is_unavailable() => {
            let each = requests.iter().map(|_| Err(Problem::unavailable()));
            let mut outcomes: Vec<Result<()>> = each.collect();
            outcomes.pop();
            outcomes.push(Err(problem));
            outcomes
        }
        Err(problem) if requests.len() == 1 => vec![Err(problem)],
        Err(problem) => {
            tracing::warn!(
                requests = requests.len(),
                code = problem.code.name(),
                "A group of requests failed; trying each alone"
            );
            let mut outcomes = Vec::with_capacity(requests.len());
            for request in requests.drain(..) {
                let outcome = append_group(shared, tenant, vec![request], memory).await;
                outcomes.push(outcome.and_then(|mut one| one.pop().unwrap_or(Ok(()))));
            }
            outcomes
        }
    }
}

async fn append_group(
    shared: &Shared,
    tenant: TenantId,
    requests: Vec<Arc<Request>>,
    memory: &Arc<Memory>,
) -> Result<Vec<Result<()>>> {
    let now = shared.clock.now_micros();
    let began = Instant::now();
    let remembered = Arc::clone(memory);
    let job =
        move |tx: &mut rollbook_db::Tx<'_>| append::append(tx, tenant, now, &requests, &remembered);
    let appended: Appended = match shared.db.of(tenant.0).write(job).await {
        Err(problem) if problem.code == append::WENT_BACK => {
            memory.forget();
            return Err(problem);
        }
        outcome => outcome?,
    };
    Ok(learn(shared, tenant, memory, appended, began.elapsed()))
}

/// Brings what is remembered up to date after a commit; the outcome of each request.
fn learn(
    shared: &Shared,
    tenant: TenantId,
    memory: &Memory,
    appended: Appended,
    took: Duration,
) -> Vec<Result<()>> {
    let Appended { outcomes, numbers, defined, position, stored } = appended;
    memory.terms.lock().expect("no holder of the term cache panics").learn(numbers);
    memory.defined.lock().expect("no holder of the definitions panics").learn(defined);
    memory.position.fetch_max(position, Ordering::AcqRel);
    shared.meter.appended(tenant, stored, took);
    tracing::debug!(tenant = tenant.0, stored, "Stored statements");
    outcomes
}

/// Moves the end of the log to now, so that nothing can be stored before it any more.
async fn advance(shared: &Shared, tenant: TenantId, memory: &Memory) -> Result<()> {
    let now = shared.clock.now_micros();
    if now - memory.position.load(Ordering::Acquire) < CONSISTENT_AGE_MICROS_MAX {
        return Ok(());
    }
    shared
        .db
        .of(tenant.0)
        .write(move |tx| {
            append::lock(tx, tenant.0, now)?;
            tx.run(&store::ADVANCE_HEAD, &[Value::Int(tenant.0), Value::Int(now)])?;
            Ok::<_, Problem>(())
        })
        .await?;
    memory.position.fetch_max(now, Ordering::AcqRel);
    Ok(())
}
