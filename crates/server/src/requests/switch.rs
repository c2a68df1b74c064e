//! Which tenants' logs are on, and what happens to a request of theirs.

use super::body::{self, Glimpse};
use super::heard::{Answered, Heard};
use super::queue::{Message, Writer};
use super::store::{self, Switch};
use crate::app::App;
use crate::clock::Clock;
use crate::error::{Result, Told};
use crate::ids::Ids;
use crate::limits::Limits;
use crate::nodes;
use crate::tenants::{Caller, TenantId};
use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use rollbook_db::Db;
use rollbook_db::stats::Counter;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often a server looks which logs are on: with what a look takes, well within 5 seconds.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How often what is too old is removed.
const TRIM_EVERY: Duration = Duration::from_mins(10);
/// How the paths of this feature begin.
const OWN_PATHS: &str = "/api/v1/request";
/// How long a flush may take.
const FLUSH_MAX: Duration = Duration::from_secs(5);

/// How much of a log is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) entries_max: i64,
    /// Entries whose credential was not right: anybody can make them.
    pub(super) strangers_max: i64,
    pub(super) strangers_per_second_max: usize,
    pub(super) age_micros: i64,
    pub(super) body_bytes_max: usize,
}

/// The logs of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Requests(Arc<Parts>);

struct Parts {
    db: Db,
    clock: Clock,
    kept: Kept,
    /// By tenant; replaced as a whole.
    on: RwLock<Arc<BTreeMap<TenantId, Switch>>>,
    /// Whether any log is on, and any with bodies: what a request asks when none is.
    any: AtomicBool,
    any_bodies: AtomicBool,
    /// The second in which strangers were last heard by a log, and how many in it.
    strangers: Mutex<BTreeMap<TenantId, (i64, usize)>>,
    queue: mpsc::Sender<Message>,
    dropped: Arc<Counter>,
}

impl Requests {
    /// The logs in `db`. Must be called within a runtime.
    pub fn new(db: Db, clock: Clock, ids: Ids, limits: &Limits) -> Self {
        let micros =
            |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let kept = Kept {
            entries_max: i64::try_from(limits.request_log_entries_max).unwrap_or(i64::MAX),
            strangers_max: i64::try_from(limits.request_log_strangers_max).unwrap_or(i64::MAX),
            strangers_per_second_max: limits.request_log_strangers_per_second_max,
            age_micros: micros(limits.request_log_age_seconds_max),
            body_bytes_max: limits.request_log_body_bytes_max,
        };
        let (queue, waiting) = mpsc::channel(limits.request_log_waiting_max);
        let dropped = Arc::new(Counter::default());
        let writer = Writer {
            db: db.clone(),
            clock: clock.clone(),
            ids,
            kept,
            dropped: Arc::clone(&dropped),
        };
        tokio::spawn(writer.run(waiting));
        Self(Arc::new(Parts {
            db,
            clock,
            kept,
            on: RwLock::default(),
            any: AtomicBool::new(false),
            any_bodies: AtomicBool::new(false),
            strangers: Mutex::default(),
            queue,
            dropped,
        }))
    }

    /// Looks which logs are on.
    pub async fn refresh(&self) -> Result<(), rollbook_db::Error> {
        let now = self.0.clock.now_micros();
        let switches = self.0.db.every().read(move |tx| store::switches(tx, now)).await?;
        self.0.any.store(!switches.is_empty(), Ordering::Relaxed);
        self.0.any_bodies.store(switches.iter().any(|switch| switch.bodies), Ordering::Relaxed);
        let on = switches.into_iter().map(|switch| (switch.tenant, switch)).collect();
        *self.0.on.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(on);
        Ok(())
    }

    /// Removes what is too old, in every log.
    pub async fn trim(&self) -> Result<(), rollbook_db::Error> {
        let (now, kept) = (self.0.clock.now_micros(), self.0.kept);
        let oldest = id_at(now.saturating_sub(kept.age_micros), 0);
        for tenant in self.0.db.every().read(store::logs).await? {
            let job = move |tx: &mut rollbook_db::Tx<'_>| {
                store::trim(tx, tenant, oldest, kept)?;
                store::forget_switch(tx, tenant, now)
            };
            self.0.db.of(tenant.0).write(job).await?;
        }
        Ok(())
    }

    /// Waits, within a bound, until what was queued is written.
    pub async fn flush(&self) {
        let (reply, done) = oneshot::channel();
        let flushed = async {
            if self.0.queue.send(Message::Flush(reply)).await.is_ok() {
                done.await.ok();
            }
        };
        if tokio::time::timeout(FLUSH_MAX, flushed).await.is_err() {
            tracing::warn!("The last entries of request logs could not be written in time");
        }
    }

    /// Tenants whose log is on.
    pub(crate) fn tenants(&self) -> usize {
        self.0.on.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Entries that wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.0.queue.max_capacity() - self.0.queue.capacity()
    }

    /// Entries that were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.0.dropped.count()
    }

    /// Keeps the head of a request, if any log is on.
    pub(crate) fn hear(&self, request: &mut Request<Body>, id: &str) -> Option<Heard> {
        // Whoever reads the log does not want to find the reading in it.
        let reads = request.uri().path().starts_with(OWN_PATHS);
        if !self.0.any.load(Ordering::Relaxed) || reads {
            return None;
        }
        let glimpse = self.0.any_bodies.load(Ordering::Relaxed).then(Glimpse::default);
        if let Some(glimpse) = &glimpse {
            let whole = std::mem::take(request.body_mut());
            let max = self.0.kept.body_bytes_max;
            *request.body_mut() = body::watched(whole, glimpse.clone(), max, |_| ());
        }
        Some(Heard::of(request, id, glimpse))
    }

    /// Keeps the answer too, if its tenant's log is on: the entry is queued when its body is gone.
    pub(crate) fn answered(
        &self,
        heard: Heard,
        caller: Option<&Caller>,
        refusal: Option<Told>,
        response: Response<Body>,
    ) -> Response<Body> {
        let at = self.0.clock.now_micros();
        let Some((tenant, key, authenticated)) = heard.whose(caller) else { return response };
        let Some(switch) = self.switch(tenant).filter(|switch| switch.until > at) else {
            return response;
        };
        if !authenticated && !self.has_room_for_stranger(tenant, at) {
            self.0.dropped.add(1);
            return response;
        }
        let (status, took) = (response.status(), heard.began.elapsed());
        let response_type = response.headers().get(CONTENT_TYPE).cloned();
        let start_max = if switch.bodies { self.0.kept.body_bytes_max } else { 0 };
        let (queue, dropped) = (self.0.queue.clone(), Arc::clone(&self.0.dropped));
        let end = move |passed| {
            let entry = Answered {
                heard,
                tenant,
                key,
                authenticated,
                bodies: switch.bodies,
                at,
                took,
                status,
                refusal,
                response_type,
                response: passed,
            };
            if queue.try_send(Message::Entry(Box::new(entry))).is_err() {
                dropped.add(1);
            }
        };
        response.map(|whole| body::watched(whole, Glimpse::default(), start_max, end))
    }

    /// Whether a tenant's log takes one more entry of whoever it may be in this second.
    fn has_room_for_stranger(&self, tenant: TenantId, at: i64) -> bool {
        let second = at / 1_000_000;
        let mut strangers = self.0.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        // Only tenants whose log is on come here, and those of which nobody came stay away.
        strangers.retain(|of, (heard, _)| *of == tenant || *heard == second);
        let (heard, count) = strangers.entry(tenant).or_default();
        if *heard != second {
            (*heard, *count) = (second, 0);
        }
        *count += 1;
        *count <= self.0.kept.strangers_per_second_max
    }

    fn switch(&self, tenant: TenantId) -> Option<Switch> {
        self.0.on.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).copied()
    }
}

/// Follows the switches, for as long as it is polled.
pub async fn keep_fresh(app: App) {
    loop {
        let looked = app.requests.refresh().await;
        app.operate.metrics.worked("requests.look", looked.is_ok(), app.clock.now_micros());
        if let Err(error) = &looked {
            tracing::debug!(%error, "Could not look which request logs are on");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Removes what is too old, on one of the servers that share the database, until `stop`.
pub async fn keep_short(app: App, stop: CancellationToken) {
    nodes::run_leased(app, "requests.trim", TRIM_EVERY, stop, |app, _lease| async move {
        Ok(app.requests.trim().await?)
    })
    .await;
}

/// An id that grows with time, to the microsecond (RFC 9562 5.7, 6.2 method 3).
pub(super) fn id_at(micros: i64, random: u128) -> Uuid {
    let micros = u128::try_from(micros).unwrap_or(0);
    let (millis, rest) = (micros / 1_000, micros % 1_000);
    let time = ((millis & 0xffff_ffff_ffff) << 80) | (7 << 76) | ((rest * 4) << 64);
    Uuid::from_u128(time | (0b10 << 62) | (random & 0x3fff_ffff_ffff_ffff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_with_time_and_are_uuids() {
        let at = 1_795_000_000_000_000;
        let id = id_at(at, u128::MAX);
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
        assert!(id_at(at, 0) < id && id < id_at(at + 1, 0));
        assert!(id_at(at + 999, u128::MAX) < id_at(at + 1_000, 0));
    }
}
