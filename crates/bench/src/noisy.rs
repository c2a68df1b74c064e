//! What a noisy neighbour costs: another tenant's latencies while one sends ten times what it may.
//!
//! The quiet tenant sends at a steady rate, open loop, first alone and then beside the noisy one. The
//! bench counts what the server let in of the noise, which is what the limit says.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::bench::Bench;
use crate::client::{Connection, Target};
use crate::load::drive;
use crate::report::{Cell, Table, latencies, note, quantile};
use crate::server::Server;

const COLUMNS: [&str; 7] =
    ["quiet tenant", "p50 ms", "p95 ms", "p99 ms", "max ms", "noise let in", "noise refused"];

/// Statements a second that each tenant may store.
const LIMIT: usize = 1_000;
/// How much more than that the noisy one sends.
const TIMES: usize = 10;
/// Statements in one of its requests.
const NOISY_BATCH: usize = 10;
const NOISY_CONNECTIONS: usize = 16;
const QUIET_CONNECTIONS: usize = 8;
/// Requests a second of the quiet one, of one statement each.
const QUIET_RATE: f64 = 200.0;

#[derive(Default)]
struct Noise {
    over: AtomicBool,
    admitted: AtomicU64,
    refused: AtomicU64,
}

/// Measures the quiet tenant alone, then beside the noisy one.
pub(crate) async fn measure(bench: &Bench, program: &Path) -> Result<Table> {
    let limit = LIMIT.to_string();
    let settings = [("ROLLBOOK_LIMITS_TENANT_STATEMENTS_PER_SECOND", limit.as_str())];
    let (key, secret) = bench.store()?.make_neighbour(program)?;
    let server = Server::start_with(program, bench.store()?, &settings).await?;
    let quiet = server.target(bench.store()?)?;
    let neighbour = server.target_of(&key, &secret)?;
    let title = format!("A neighbour that sends {TIMES} times its limit of {LIMIT} statements/s");
    let mut table = Table::new("noisy", title, &COLUMNS);
    quietly(bench, &quiet).await.context("warming up")?;
    note("a quiet tenant, alone");
    let alone = quietly(bench, &quiet).await?;
    row(&mut table, "alone", &alone, None);
    note("a quiet tenant, beside a noisy one");
    let (sent, mut senders) = begin(bench, &neighbour).await?;
    let beside = quietly(bench, &quiet).await;
    sent.over.store(true, Ordering::Relaxed);
    while let Some(sender) = senders.join_next().await {
        sender.context("a noisy task failed")??;
    }
    let beside = beside?;
    let counted = [&sent.admitted, &sent.refused].map(|count| count.load(Ordering::Relaxed));
    row(&mut table, "beside the noise", &beside, Some(counted));
    let ratio = quantile(&beside, 0.99).as_secs_f64() / quantile(&alone, 0.99).as_secs_f64();
    let mut cells = vec!["ratio of p99".into(), Cell::None, Cell::None, Cell::Decimal(ratio, 2)];
    cells.extend([Cell::None, Cell::None, Cell::None]);
    table.row(cells);
    server.stop().await?;
    Ok(table)
}

fn row(table: &mut Table, who: &str, times: &Histogram<u64>, noise: Option<[u64; 2]>) {
    let mut cells = vec![Cell::from(who)];
    cells.extend(latencies(times));
    let count = |at: usize| {
        noise
            .and_then(|noise| noise.get(at).copied())
            .map_or(Cell::None, |count| Cell::Count(count as f64))
    };
    cells.extend([count(0), count(1)]);
    table.row(cells);
}

async fn quietly(bench: &Bench, target: &Target) -> Result<Histogram<u64>> {
    let requests = QUIET_RATE * bench.args.seconds();
    let bodies = bodies(bench, whole(requests).max(1), 1)?;
    Ok(drive(target, bodies, QUIET_CONNECTIONS, Some(QUIET_RATE)).await?.latencies)
}

/// Bodies of statements that are stored nowhere yet.
fn bodies(bench: &Bench, requests: usize, batch: usize) -> Result<Vec<Bytes>> {
    let first = bench.store()?.take(u64::try_from(requests * batch)?);
    let body =
        |request: usize| Ok(bench.world.body(first + u64::try_from(request * batch)?, batch));
    (0..requests).map(body).collect()
}

/// Starts to send, ten times what the tenant may store.
async fn begin(bench: &Bench, target: &Target) -> Result<(Arc<Noise>, JoinSet<Result<()>>)> {
    let noise = Arc::new(Noise::default());
    let mut senders = JoinSet::new();
    let each = u32::try_from(LIMIT * TIMES / NOISY_BATCH / NOISY_CONNECTIONS)?;
    let pause = Duration::from_secs(1) / each;
    // Another tenant, so its ids are its own.
    for number in 0..NOISY_CONNECTIONS as u64 {
        let mut connection = Connection::open(target).await?;
        let (noise, world) = (Arc::clone(&noise), Arc::clone(&bench.world));
        let first = number << 24;
        senders.spawn(async move {
            let (mut due, mut next) = (interval(pause), first);
            due.set_missed_tick_behavior(MissedTickBehavior::Burst);
            while !noise.over.load(Ordering::Relaxed) {
                due.tick().await;
                let body = world.body(next, NOISY_BATCH);
                next += NOISY_BATCH as u64;
                match connection.try_store(body).await? {
                    200 => noise.admitted.fetch_add(NOISY_BATCH as u64, Ordering::Relaxed),
                    429 => noise.refused.fetch_add(NOISY_BATCH as u64, Ordering::Relaxed),
                    status => return Err(anyhow!("a noisy request was answered {status}")),
                };
            }
            Ok(())
        });
    }
    Ok((noise, senders))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and what comes of it is clamped"
)]
fn whole(count: f64) -> usize {
    count as usize
}
