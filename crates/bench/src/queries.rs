//! Reading statements over HTTP: first pages of every filter, deep pages, formats.
//!
//! One connection, one request after another: the figure is the latency of a single reader.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::bench::Bench;
use crate::catalog::{Catalog, Draw, FILTERS, dense, related};
use crate::client::{Connection, STATEMENTS, Target};
use crate::report::{Cell, Table, histogram, latencies, note, quantile, record};
use crate::world::Dice;

const WARM_UP: usize = 5;

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    statements: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    more: Option<Cow<'a, str>>,
}

/// Measures all queries.
pub(crate) async fn measure(bench: &mut Bench, target: &Target) -> Result<()> {
    let mut connection = Connection::open(target).await?;
    let catalog = catalog(bench, &mut connection).await?;
    filters(bench, &mut connection, &catalog).await?;
    formats(bench, &mut connection, &catalog).await?;
    depth(bench, &mut connection, &catalog).await
}

/// Asks for the range of `stored`, from which `since` and `until` are drawn.
async fn catalog(bench: &Bench, connection: &mut Connection) -> Result<Catalog> {
    #[derive(Deserialize)]
    struct Stored {
        stored: String,
    }
    let mut ends = Vec::new();
    for ascending in [true, false] {
        let path = format!("{STATEMENTS}?limit=1&ascending={ascending}");
        let answer = connection.get(&path).await?;
        let page: Page<'_> = serde_json::from_slice(&answer).context("reading a page")?;
        let statement = page.statements.first().context("the store is empty")?;
        let Stored { stored } = serde_json::from_str(statement.get())?;
        ends.push(stored);
    }
    let last = ends.pop().context("two were asked for")?;
    let first = ends.pop().context("two were asked for")?;
    Catalog::new(std::sync::Arc::clone(&bench.world), &first, &last)
}

/// The path of a query for its parameters.
fn path(parameters: &[(&str, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(format!("{STATEMENTS}?"));
    query.extend_pairs(parameters);
    query.finish()
}

async fn timed(connection: &mut Connection, path: &str) -> Result<(Duration, bytes::Bytes)> {
    let begun = Instant::now();
    let answer = connection.get(path).await?;
    Ok((begun.elapsed(), answer))
}

async fn filters(bench: &mut Bench, connection: &mut Connection, catalog: &Catalog) -> Result<()> {
    let count = bench.args.queries();
    let stored = bench.store()?.statements();
    let title = format!("First page of 100, {count} random queries each, {stored} statements");
    let columns = &["filter", "found", "p50 ms", "p95 ms", "p99 ms", "max ms"];
    let mut table = Table::new("queries", title, columns);
    for (name, draw) in FILTERS {
        note(&format!("querying: {name}"));
        let mut dice = Dice::new(bench.args.seed, 99);
        let (times, found) = many(connection, count, |_| draw(catalog, &mut dice), &[]).await?;
        let mut cells = vec![(*name).into(), Cell::Decimal(found, 1)];
        cells.extend(latencies(&times));
        table.row(cells);
    }
    bench.report.add(&table)
}

/// Latencies of `count` drawn queries, and how many statements a page had on average.
async fn many(
    connection: &mut Connection,
    count: usize,
    mut draw: impl FnMut(usize) -> Vec<(&'static str, String)>,
    more: &[(&'static str, String)],
) -> Result<(Histogram<u64>, f64)> {
    let (mut times, mut found) = (histogram(), 0);
    for index in 0..count + WARM_UP {
        let mut parameters = draw(index);
        parameters.push(("limit", "100".to_owned()));
        parameters.extend_from_slice(more);
        let (time, answer) = timed(connection, &path(&parameters)).await?;
        if index >= WARM_UP {
            record(&mut times, time);
            found += serde_json::from_slice::<Page<'_>>(&answer)?.statements.len();
        }
    }
    Ok((times, found as f64 / count.max(1) as f64))
}

async fn formats(bench: &mut Bench, connection: &mut Connection, catalog: &Catalog) -> Result<()> {
    let count = bench.args.queries();
    let columns = &["what", "found", "p50 ms", "p95 ms", "p99 ms", "max ms"];
    let mut table = Table::new("formats", "Formats, first page of 100 of an activity", columns);
    for format in ["exact", "ids", "canonical"] {
        let mut dice = Dice::new(bench.args.seed, 98);
        let parameter = [("format", format.to_owned())];
        let (times, found) =
            many(connection, count, |_| related(catalog, &mut dice), &parameter).await?;
        let mut cells = vec![format!("format={format}").into(), Cell::Decimal(found, 1)];
        cells.extend(latencies(&times));
        table.row(cells);
    }
    let mut dice = Dice::new(bench.args.seed, 97);
    let stored = usize::try_from(bench.store()?.statements())?;
    let mut times = histogram();
    for _ in 0..count {
        let id = bench.world.statement(u64::try_from(dice.below(stored))?).id;
        let mut path = STATEMENTS.to_owned();
        write!(path, "?statementId={id}").context("a string takes every text")?;
        record(&mut times, timed(connection, &path).await?.0);
    }
    let mut cells = vec!["statementId".into(), Cell::Decimal(1.0, 1)];
    cells.extend(latencies(&times));
    table.row(cells);
    bench.report.add(&table)
}

/// The first page against a deep one: the same two requests in turn, so that nothing else differs.
async fn depth(bench: &mut Bench, connection: &mut Connection, catalog: &Catalog) -> Result<()> {
    let columns =
        &["list", "page", "first p50 ms", "deep p50 ms", "first p95 ms", "deep p95 ms", "ratio"];
    let mut table = Table::new("depth", "Page 1 against a deep page, 100 a page", columns);
    let lists: [(&str, Draw); 3] =
        [("everything", |_, _| Vec::new()), ("verb", dense), ("related_activities", related)];
    for (name, draw) in lists {
        note(&format!("walking to a deep page: {name}"));
        let mut parameters = draw(catalog, &mut Dice::new(bench.args.seed, 96));
        parameters.push(("limit", "100".to_owned()));
        let first = path(&parameters);
        let (page, deep) = walk(connection, &first, bench.args.deep()).await?;
        let (mut first_times, mut deep_times) = (histogram(), histogram());
        for _ in 0..bench.args.queries() {
            record(&mut first_times, timed(connection, &first).await?.0);
            record(&mut deep_times, timed(connection, &deep).await?.0);
        }
        let half = |times| quantile(times, 0.5).as_secs_f64();
        table.row(vec![
            name.into(),
            Cell::Count(page as f64),
            Cell::millis(quantile(&first_times, 0.5)),
            Cell::millis(quantile(&deep_times, 0.5)),
            Cell::millis(quantile(&first_times, 0.95)),
            Cell::millis(quantile(&deep_times, 0.95)),
            Cell::Decimal(half(&deep_times) / half(&first_times), 2),
        ]);
    }
    bench.report.add(&table)
}

/// Follows `more` to page `depth`, or to the last full page; answers its number and path.
pub(crate) async fn walk(
    connection: &mut Connection,
    first: &str,
    depth: usize,
) -> Result<(usize, String)> {
    let (mut number, mut path, mut full) = (1, first.to_owned(), (1, first.to_owned()));
    while number <= depth {
        let answer = connection.get(&path).await?;
        let page: Page<'_> = serde_json::from_slice(&answer).context("reading a page")?;
        if page.statements.len() < 100 {
            break;
        }
        full = (number, path);
        let Some(more) = page.more.filter(|more| !more.is_empty()) else { break };
        ensure!(more.starts_with('/'), "`more` is no path: {more}");
        path = more.into_owned();
        number += 1;
    }
    Ok(full)
}
