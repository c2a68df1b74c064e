//! Storing statements over HTTP: as fast as it goes, then paced below that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;

use crate::args::Run;
use crate::bench::Bench;
use crate::client::{Connection, Target};
use crate::load::{Outcome, drive};
use crate::machine::{Memory, Watch};
use crate::report::{Cell, Table, latencies, note};

const COLUMNS: [&str; 10] = [
    "requests",
    "target/s",
    "statements/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "max ms",
    "client us",
    "server us",
    "machine %",
];
const FILL_BATCH: u64 = 500;
const FILL_CONNECTIONS: usize = 4;
/// Bodies are made before they are sent; no more of them than fit this many statements.
const PREPARED_MAX: usize = 1_000_000;

/// A kind of request.
struct Shape {
    batch: usize,
    connections: usize,
    statements: usize,
}

/// Measures all shapes; answers the most memory that the server held.
pub(crate) async fn measure(bench: &mut Bench, target: &Target, pid: u32) -> Result<Memory> {
    let count = bench.args.ingest();
    let shapes = [
        Shape { batch: 500, connections: bench.args.connections, statements: count },
        Shape { batch: 50, connections: 16, statements: count / 2 },
        Shape { batch: 1, connections: 64, statements: count / 4 },
    ];
    note("warming up: the server trains its compression dictionary");
    warm_up(bench, target, count / 4).await?;
    let title = "Ingest over HTTP (us: processor time per statement)";
    let mut table = Table::new("ingest", title, &COLUMNS);
    let mut most = Memory::default();
    for shape in &shapes {
        let (rate, memory) = one(bench, target, pid, shape, None, &mut table).await?;
        if shape.batch == 500 {
            bench.saturated = Some(rate);
        }
        let paced = bench.args.rate.unwrap_or(rate * 0.7);
        let (_, paced_memory) = one(bench, target, pid, shape, Some(paced), &mut table).await?;
        most = most.max(memory).max(paced_memory);
    }
    bench.report.add(&table)?;
    Ok(most)
}

async fn warm_up(bench: &Bench, target: &Target, statements: usize) -> Result<()> {
    let bodies = prepare(bench, 500, statements.max(5_000)).await?;
    drive(target, bodies, 4, None).await.map(drop)
}

async fn prepare(bench: &Bench, batch: usize, statements: usize) -> Result<Vec<Bytes>> {
    let requests = statements.clamp(batch, PREPARED_MAX.max(batch)) / batch;
    let world = Arc::clone(&bench.world);
    let first = bench.store()?.take(u64::try_from(requests * batch)?);
    let bodies = move || {
        let body = |request: usize| {
            let offset = u64::try_from(request * batch).expect("a usize fits 64 bits");
            world.body(first + offset, batch)
        };
        (0..requests).map(body).collect()
    };
    tokio::task::spawn_blocking(bodies).await.context("preparing requests failed")
}

/// One row of the table; answers statements a second.
async fn one(
    bench: &Bench,
    target: &Target,
    pid: u32,
    shape: &Shape,
    rate: Option<f64>,
    table: &mut Table,
) -> Result<(f64, Memory)> {
    let Shape { batch, connections, statements } = *shape;
    let statements = rate.map_or(statements, |rate| whole(rate * bench.args.seconds()));
    let bodies = prepare(bench, batch, statements).await?;
    let stored = (bodies.len() * batch) as f64;
    let way = if rate.is_some() { "open loop" } else { "saturated" };
    note(&format!("storing {stored} statements, {batch} a request, {way}"));
    let watch = Watch::start(pid);
    let requests_rate = rate.map(|rate| rate / batch as f64);
    let outcome = drive(target, bodies, connections, requests_rate).await?;
    let usage = watch.end();
    let Outcome { elapsed, latencies: times } = outcome;
    let per_second = stored / elapsed.as_secs_f64();
    let each = |time: Duration| Cell::Decimal(time.as_secs_f64() * 1e6 / stored, 1);
    let mut cells = vec![
        format!("{batch} a request, {connections} connections, {way}").into(),
        rate.map_or(Cell::None, Cell::Count),
        Cell::Count(per_second),
    ];
    cells.extend(latencies(&times));
    cells.extend([each(usage.own), each(usage.server), Cell::Decimal(usage.machine * 100.0, 0)]);
    table.row(cells);
    Ok((per_second, usage.memory))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and what comes of it is clamped"
)]
fn whole(count: f64) -> usize {
    count as usize
}

/// Stores statements until the store holds as many as the settings ask for.
pub(crate) async fn fill(bench: &Bench, target: &Target) -> Result<()> {
    let store = bench.store()?;
    let wanted = Run::statements(&bench.args);
    let missing = wanted.saturating_sub(store.statements());
    if missing == 0 {
        return Ok(());
    }
    let style = ProgressStyle::with_template(
        "· filling {wide_bar} {human_pos}/{human_len} {per_sec}, {eta} left",
    )?;
    let bar = ProgressBar::new(missing).with_style(style);
    let mut workers = JoinSet::new();
    let batches = missing.div_ceil(FILL_BATCH);
    let first = store.take(batches * FILL_BATCH);
    let next = Arc::new(AtomicU64::new(0));
    for _ in 0..FILL_CONNECTIONS {
        let mut connection = Connection::open(target).await?;
        let (world, next) = (Arc::clone(&bench.world), Arc::clone(&next));
        let bar = bar.clone();
        workers.spawn(async move {
            let size = usize::try_from(FILL_BATCH)?;
            loop {
                let batch = next.fetch_add(1, Ordering::Relaxed);
                if batch >= batches {
                    return Ok::<_, anyhow::Error>(());
                }
                connection.store(world.body(first + batch * FILL_BATCH, size)).await?;
                bar.inc(FILL_BATCH);
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.context("a filling task failed")??;
    }
    bar.finish_and_clear();
    note(&format!("filled with {missing} statements, {:.0} a second", bar.per_sec()));
    Ok(())
}
