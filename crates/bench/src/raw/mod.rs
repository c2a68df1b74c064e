//! The raw engine: the rows that the server stores, in the same tables, with nothing around them.
//!
//! No HTTP, JSON, validation or compression; bodies are random bytes of the size that the server
//! stores. What it gives is the ceiling, and server over raw is the figure to watch.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use uuid::Uuid;

use self::postgres::Way;
use crate::bench::Bench;
use crate::machine::processor_time;
use crate::report::{Cell, Table, note};
use crate::server::{Store, drop_database, make_database};
use crate::world::{Dice, World};

/// 2026-01-01T00:00:00Z, the position of the first row.
const FIRST: i64 = 1_767_225_600_000_000;
/// Microseconds from one row to the next.
const STEP: i64 = 30;

/// What one way of inserting gave.
pub(crate) struct Rate {
    /// How the rows went in.
    pub(crate) way: String,
    /// Statements inserted.
    pub(crate) rows: usize,
    /// How long it took.
    pub(crate) elapsed: Duration,
    /// Processor time of this process, which for SQLite is the engine's.
    pub(crate) worked: Duration,
    /// Bytes of the tables and indexes.
    pub(crate) bytes: u64,
}

/// Measures the time that passes and the time that this process works.
struct Stopwatch(Instant, Duration);

impl Stopwatch {
    fn start() -> Self {
        Self(Instant::now(), processor_time(std::process::id()))
    }

    fn stop(&self) -> (Duration, Duration) {
        (self.0.elapsed(), processor_time(std::process::id()).saturating_sub(self.1))
    }
}

/// Inserts in every way, and compares with what the server gave in this run.
pub(crate) async fn measure(bench: &mut Bench) -> Result<()> {
    const COLUMNS: [&str; 6] =
        ["raw engine", "rows/s", "client us", "bytes each", "server/s", "server/raw"];
    let (rows, body) = (bench.args.ingest(), bench.body_bytes());
    let title = format!("Raw engine: {rows} rows, bodies of {body} bytes, the same tables");
    let mut table = Table::new("raw", title, &COLUMNS);
    let server_on_postgres = bench.args.database.is_some();
    let mut add = |rate: Rate, on_postgres: bool| {
        let per_second = rate.rows as f64 / rate.elapsed.as_secs_f64();
        let server = bench.saturated.filter(|_| on_postgres == server_on_postgres);
        table.row(vec![
            rate.way.into(),
            Cell::Count(per_second),
            Cell::Decimal(rate.worked.as_secs_f64() * 1e6 / rate.rows.max(1) as f64, 1),
            Cell::Count(rate.bytes as f64 / rate.rows.max(1) as f64),
            server.map_or(Cell::None, Cell::Count),
            server.map_or(Cell::None, |server| Cell::Decimal(server / per_second, 2)),
        ]);
    };
    for size in [500, 2_000] {
        note(&format!("raw engine: groups of {size}"));
        let groups = Arc::new(groups(&bench.world, rows, size, body));
        add(sqlite::insert(bench.store().map_or(Path::new("."), Store::folder), &groups)?, false);
        let Some(url) = &bench.args.database else { continue };
        let own = make_database(url, "rollbook_bench_raw").await?;
        let rates = on_postgres(&own, &groups).await;
        drop_database(url, &own).await?;
        rates?.into_iter().for_each(|rate| add(rate, true));
    }
    bench.report.add(&table)
}

async fn on_postgres(url: &str, groups: &Arc<Vec<Group>>) -> Result<Vec<Rate>> {
    let mut rates = Vec::new();
    for (way, connections) in [(Way::Arrays, 1), (Way::Arrays, 2), (Way::Copy, 1), (Way::Copy, 2)] {
        rates.push(postgres::insert(url, Arc::clone(groups), way, connections).await?);
    }
    Ok(rates)
}

/// The rows of one commit, as columns, each table in the order of its key.
pub(crate) struct Group {
    positions: Vec<i64>,
    ids: Vec<Uuid>,
    bodies: Vec<Vec<u8>>,
    sorted_ids: Vec<(Uuid, i64)>,
    postings: Vec<(i64, i64)>,
}

/// `rows` statements of `world` in groups of `size`.
pub(crate) fn groups(world: &World, rows: usize, size: usize, body_bytes: usize) -> Vec<Group> {
    let mut dice = Dice::new(0, 0);
    let mut groups = Vec::with_capacity(rows.div_ceil(size));
    let mut position = FIRST;
    let mut n = 0;
    for first in (0..rows).step_by(size) {
        let count = size.min(rows - first);
        let mut group = Group {
            positions: Vec::with_capacity(count),
            ids: Vec::with_capacity(count),
            bodies: Vec::with_capacity(count),
            sorted_ids: Vec::with_capacity(count),
            postings: Vec::with_capacity(count * 9),
        };
        for _ in 0..count {
            let statement = world.statement(n);
            group.positions.push(position);
            group.ids.push(statement.id);
            let mut body = vec![0; body_bytes];
            dice.fill(&mut body);
            group.bodies.push(body);
            group.sorted_ids.push((statement.id, position));
            group.postings.extend(statement.posting_keys().into_iter().map(|key| (key, position)));
            position += STEP;
            n += 1;
        }
        group.sorted_ids.sort_unstable();
        group.postings.sort_unstable();
        groups.push(group);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_every_row_once_in_key_order() {
        let groups = groups(&World::new(7), 1_050, 500, 260);
        let sizes: Vec<usize> = groups.iter().map(|group| group.ids.len()).collect();
        assert_eq!(sizes, [500, 500, 50]);
        let positions: Vec<i64> = groups.iter().flat_map(|group| group.positions.clone()).collect();
        assert!(positions.is_sorted_by(|a, b| a < b));
        for group in &groups {
            assert!(group.postings.is_sorted() && group.sorted_ids.is_sorted());
            assert!(group.bodies.iter().all(|body| body.len() == 260));
            assert!(group.postings.len() > 7 * group.ids.len());
        }
    }

    #[test]
    fn sqlite_stores_what_it_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let groups = groups(&World::new(7), 1_200, 500, 100);
        let rate = sqlite::insert(folder.path(), &groups).unwrap();
        assert_eq!(rate.rows, 1_200);
        assert!(rate.bytes > 1_200 * 200, "{} bytes", rate.bytes);
    }
}
