//! Driving a server: ready-made bodies over many connections, paced or as fast as it goes.
//!
//! Paced is open loop: request `i` is due at `start + i / rate` whatever became of those before,
//! and its latency is counted from then. A server that stalls cannot hide it by holding the client
//! up (coordinated omission).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use hdrhistogram::Histogram;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::client::{Connection, Target};
use crate::report::{histogram, record};

/// How often the pacer looks at the clock: the error of a due time.
const PACE: Duration = Duration::from_micros(250);

/// What a load gave.
pub(crate) struct Outcome {
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
    /// Latencies of the requests.
    pub(crate) latencies: Histogram<u64>,
}

struct Shared {
    bodies: Vec<Bytes>,
    next: AtomicUsize,
    start: Instant,
    pace: Option<Pace>,
}

struct Pace {
    /// Requests a second.
    rate: f64,
    due: Semaphore,
    over: AtomicBool,
}

/// Sends all `bodies` over `connections`; at `rate` requests a second if it is given, else each
/// connection sends as soon as it has its answer.
pub(crate) async fn drive(
    target: &Target,
    bodies: Vec<Bytes>,
    connections: usize,
    rate: Option<f64>,
) -> Result<Outcome> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(target).await?);
    }
    let pace = rate.map(|rate| Pace { rate, due: Semaphore::new(0), over: AtomicBool::new(false) });
    let start = Instant::now();
    let shared = Arc::new(Shared { bodies, next: AtomicUsize::new(0), start, pace });
    let mut workers = JoinSet::new();
    for connection in opened {
        workers.spawn(work(Arc::clone(&shared), connection));
    }
    let pacer = shared.pace.is_some().then(|| {
        let shared = Arc::clone(&shared);
        std::thread::spawn(move || release(&shared))
    });
    let outcome = gather(&mut workers).await;
    if let Some(pace) = &shared.pace {
        pace.over.store(true, Ordering::Relaxed);
    }
    if let Some(pacer) = pacer {
        pacer.join().expect("the pacer does not panic");
    }
    let (latencies, end) = outcome?;
    Ok(Outcome { elapsed: end.duration_since(start), latencies })
}

async fn gather(
    workers: &mut JoinSet<Result<(Histogram<u64>, Instant)>>,
) -> Result<(Histogram<u64>, Instant)> {
    let mut all = histogram();
    let mut end: Option<Instant> = None;
    while let Some(worker) = workers.join_next().await {
        let (latencies, ended) = worker.context("a connection's task failed")??;
        all.add(latencies).expect("histograms of the same bounds");
        end = end.max(Some(ended));
    }
    Ok((all, end.context("a load needs a connection")?))
}

async fn work(
    shared: Arc<Shared>,
    mut connection: Connection,
) -> Result<(Histogram<u64>, Instant)> {
    let (mut latencies, mut last) = (histogram(), shared.start);
    loop {
        if let Some(pace) = &shared.pace {
            pace.due.acquire().await.context("the pacer is gone")?.forget();
        }
        let index = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(body) = shared.bodies.get(index) else {
            return Ok((latencies, last));
        };
        let from = match &shared.pace {
            Some(pace) => shared.start + Duration::from_secs_f64(index as f64 / pace.rate),
            None => Instant::now(),
        };
        connection.store(body.clone()).await?;
        last = Instant::now();
        record(&mut latencies, last.duration_since(from));
    }
}

/// Lets requests go when they are due. A thread of its own: the runtime's timers are coarser.
fn release(shared: &Shared) {
    let Some(pace) = &shared.pace else { return };
    let mut released = 0;
    while !pace.over.load(Ordering::Relaxed) {
        let due = (1.0 + shared.start.elapsed().as_secs_f64() * pace.rate).floor();
        // Each connection needs one more permit than there are bodies, to see that it is over.
        let due = usize_of(due);
        if due > released {
            pace.due.add_permits(due - released);
            released = due;
        }
        std::thread::sleep(PACE);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and the figure counts requests since the start"
)]
fn usize_of(count: f64) -> usize {
    count as usize
}
