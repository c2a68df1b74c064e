//! What is counted of requests and of background work, and the page that shows all numbers.
//!
//! A request costs a few additions: its route is found when the router is made, and no text is made
//! of it until somebody reads the page. What other parts count they keep themselves.

use super::process::Process;
use super::table::METRICS;
use super::text::{Page, Unit};
use crate::app::App;
use rollbook_db::Replicated;
use rollbook_db::stats::{Counter, Histogram, MICROS};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Statuses that are told apart; any other is `other`. 499 is ours: the client went away.
const STATUSES: &[u16] = &[
    200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409,
    410, 411, 412, 413, 414, 415, 416, 422, 423, 424, 425, 428, 429, 431, 451, 499, 500, 501, 502,
    503, 504,
];

/// The status of a request whose client went away before the answer.
pub(crate) const GONE: u16 = 499;

/// The route of what no endpoint answers.
pub(crate) const NO_ROUTE: &str = "none";

/// The route of the content origin, which is in no table of endpoints.
const CONTENT_ROUTE: &str = "/c/{capability}/{path}";

/// Its place: behind all endpoints.
pub(crate) static CONTENT_PLACE: LazyLock<usize> =
    LazyLock::new(|| crate::FEATURES.iter().map(|feature| feature.endpoints.len()).sum());

/// What is counted here.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// By place in the table of endpoints; then the content origin, and what nothing answers.
    routes: Vec<Route>,
    pub(super) in_flight: AtomicI64,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    work: Mutex<BTreeMap<&'static str, Work>>,
}

/// What is counted of one endpoint.
#[derive(Debug)]
struct Route {
    path: &'static str,
    method: &'static str,
    /// One more than `STATUSES`.
    statuses: Box<[Counter]>,
    durations: Histogram,
}

/// What is counted of one kind of background work.
#[derive(Clone, Copy, Debug, Default)]
struct Work {
    done: u64,
    failed: u64,
    last_done_micros: i64,
}

impl Default for Metrics {
    fn default() -> Self {
        let endpoints = crate::FEATURES.iter().flat_map(|feature| feature.endpoints);
        let routes = endpoints.map(|endpoint| Route::new(endpoint.path, endpoint.method));
        let others = [(CONTENT_ROUTE, "GET"), (NO_ROUTE, NO_ROUTE)];
        let routes = routes.chain(others.map(|(path, method)| Route::new(path, method))).collect();
        Self {
            routes,
            in_flight: AtomicI64::new(0),
            refusals: Mutex::default(),
            work: Mutex::default(),
        }
    }
}

impl Route {
    fn new(path: &'static str, method: &'static str) -> Self {
        let statuses = (0..=STATUSES.len()).map(|_| Counter::default()).collect();
        Self { path, method, statuses, durations: Histogram::new(MICROS) }
    }
}

impl Metrics {
    /// The template of the endpoint at this place of the table.
    pub(crate) fn route(&self, place: Option<usize>) -> &'static str {
        self.routes.get(place.unwrap_or(usize::MAX)).map_or(NO_ROUTE, |route| route.path)
    }

    /// Counts an answer.
    pub(super) fn answered(&self, place: Option<usize>, status: u16, took: Duration) {
        let at_place = place.and_then(|place| self.routes.get(place));
        let Some(route) = at_place.or(self.routes.last()) else { return };
        let slot = STATUSES.binary_search(&status).unwrap_or(STATUSES.len());
        if let Some(count) = route.statuses.get(slot) {
            count.add(1);
        }
        if status != GONE {
            route.durations.observe_time(took);
        }
    }

    /// Counts a refusal.
    pub(super) fn refused(&self, code: &'static str) {
        *lock(&self.refusals).entry(code).or_default() += 1;
    }

    /// Notes that background work ended now, well or not.
    pub(crate) fn worked(&self, work: &'static str, done: bool, now_micros: i64) {
        let mut all = lock(&self.work);
        let work = all.entry(work).or_default();
        if done {
            work.done += 1;
            work.last_done_micros = now_micros;
        } else {
            work.failed += 1;
        }
    }

    /// Requests that are being answered.
    fn in_flight(&self) -> i64 {
        self.in_flight.load(Ordering::Relaxed)
    }
}

/// A panic while the lock was held left a whole map behind: entries change in one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every number there is, as Prometheus reads them.
pub(super) fn page(app: &App) -> String {
    let mut page = Page::default();
    server(&mut page, app);
    requests(&mut page, &app.operate.metrics);
    record(&mut page, app);
    database(&mut page, app);
    background(&mut page, app);
    process(&mut page, app.operate.started_micros());
    let text = page.finish();
    debug_assert!(METRICS.iter().all(|metric| text.contains(metric.name)), "all are shown");
    text
}

fn server(page: &mut Page, app: &App) {
    let engine = app.db.engine().to_string();
    page.metric("rollbook_build_info")
        .put(&[("version", env!("CARGO_PKG_VERSION")), ("engine", &engine)], 1);
    page.metric("rollbook_ready").put(&[], u8::from(app.operate.was_ready()));
    page.metric("rollbook_blobs_reachable").put(&[], u8::from(app.operate.had_blobs()));
}

fn requests(page: &mut Page, metrics: &Metrics) {
    let mut answered = page.metric("rollbook_http_requests_total");
    for route in &metrics.routes {
        let statuses = STATUSES.iter().map(u16::to_string).chain(["other".to_owned()]);
        for (status, count) in statuses.zip(&route.statuses) {
            let (count, route) = (count.count(), [route.path, route.method]);
            let [path, method] = route;
            if count > 0 {
                answered.put(&[("route", path), ("method", method), ("status", &status)], count);
            }
        }
    }
    let mut took = page.metric("rollbook_http_request_duration_seconds");
    for Route { path, method, statuses: _, durations } in &metrics.routes {
        if durations.distribution().count > 0 {
            took.spread(&[("route", path), ("method", method)], durations, Unit::Micros);
        }
    }
    page.metric("rollbook_http_requests_in_flight").put(&[], metrics.in_flight());
    let mut refusals = page.metric("rollbook_refusals_total");
    for (code, count) in &*lock(&metrics.refusals) {
        refusals.put(&[("code", code)], count);
    }
}

fn record(page: &mut Page, app: &App) {
    let log = app.log.meter();
    let mut stored = page.metric("rollbook_statements_stored_total");
    for (tenant, count) in log.stored() {
        let tenant = tenant.map_or_else(|| "other".to_owned(), |tenant| tenant.0.to_string());
        stored.put(&[("tenant", &tenant)], count);
    }
    page.metric("rollbook_statement_batch_size").spread(&[], &log.batches, Unit::Plain);
    page.metric("rollbook_log_group_statements").spread(&[], &log.groups, Unit::Plain);
    page.metric("rollbook_log_append_seconds").spread(&[], &log.appends, Unit::Micros);
    page.metric("rollbook_log_requests_waiting").put(&[], app.log.waiting());
    page.metric("rollbook_consistent_through_age_seconds").spread(&[], &log.ages, Unit::Micros);
    let (hits, misses) = app.callers.lookups();
    page.metric("rollbook_caller_lookups_total")
        .put(&[("outcome", "hit")], hits)
        .put(&[("outcome", "miss")], misses);
}

fn database(page: &mut Page, app: &App) {
    let (meter, load) = (app.db.meter(), app.db.usage());
    page.metric("rollbook_db_read_seconds").spread(&[], &meter.reads, Unit::Micros);
    page.metric("rollbook_db_write_seconds").spread(&[], &meter.writes, Unit::Micros);
    page.metric("rollbook_db_commit_seconds").spread(&[], &meter.commits, Unit::Micros);
    page.metric("rollbook_db_commit_jobs").spread(&[], &meter.group_jobs, Unit::Plain);
    page.metric("rollbook_db_reads_waiting").put(&[], load.reads_waiting);
    page.metric("rollbook_db_writes_waiting").put(&[], load.writes_waiting);
    page.metric("rollbook_db_connections").put(&[], load.connections);
    page.metric("rollbook_db_connections_in_use").put(&[], load.connections_in_use);
    page.metric("rollbook_db_connections_waited_for").put(&[], load.connections_waited_for);
    let mut replica = page.metric("rollbook_db_replica_reads_total");
    if let Some(Replicated { answered, behind, failed }) = app.db.replicated() {
        replica
            .put(&[("outcome", "answered")], answered)
            .put(&[("outcome", "behind")], behind)
            .put(&[("outcome", "failed")], failed);
    }
    let (written, read) = app.blobs.traffic();
    page.metric("rollbook_blob_written_bytes_total").put(&[], written);
    page.metric("rollbook_blob_read_bytes_total").put(&[], read);
}

fn background(page: &mut Page, app: &App) {
    let all = lock(&app.operate.metrics.work).clone();
    let mut runs = page.metric("rollbook_work_runs_total");
    for (name, Work { done, failed, last_done_micros: _ }) in &all {
        runs.put(&[("work", name), ("outcome", "done")], done)
            .put(&[("work", name), ("outcome", "failed")], failed);
    }
    let mut last = page.metric("rollbook_work_last_success_timestamp_seconds");
    for (name, work) in all.iter().filter(|(_, work)| work.done > 0) {
        last.put(&[("work", name)], seconds(work.last_done_micros));
    }
    page.metric("rollbook_request_log_tenants").put(&[], app.requests.tenants());
    page.metric("rollbook_request_log_waiting").put(&[], app.requests.waiting());
    page.metric("rollbook_request_log_dropped_total").put(&[], app.requests.dropped());
    let [exported, dropped, failed] = app.operate.spans_told();
    page.metric("rollbook_spans_total")
        .put(&[("outcome", "exported")], exported)
        .put(&[("outcome", "dropped")], dropped)
        .put(&[("outcome", "failed")], failed);
}

fn process(page: &mut Page, started_micros: i64) {
    let Process { resident_bytes, open_files, cpu_seconds } = Process::now();
    let mut memory = page.metric("process_resident_memory_bytes");
    if let Some(bytes) = resident_bytes {
        memory.put(&[], bytes);
    }
    let mut files = page.metric("process_open_fds");
    if let Some(count) = open_files {
        files.put(&[], count);
    }
    let mut cpu = page.metric("process_cpu_seconds_total");
    if let Some(seconds) = cpu_seconds {
        cpu.put(&[], seconds);
    }
    page.metric("process_start_time_seconds").put(&[], seconds(started_micros));
}

fn seconds(micros: i64) -> String {
    format!("{}.{:06}", micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000))
}
