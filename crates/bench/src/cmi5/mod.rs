//! What cmi5 costs: importing courses, launching units, a completion with all that it satisfies, and
//! the preflight that a browser sends before it.
//!
//! One request after another on one connection: latencies of a server that does nothing else. In the
//! same run, between the completions, statements of the same size are stored with a key, so that
//! the price of the rules and of the rollup shows beside that of storing.

mod course;
#[cfg(test)]
mod tests;
mod unit;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::{Method, StatusCode};
use serde_json::json;

use crate::bench::Bench;
use crate::client::{Connection, JSON, Target};
use crate::report::{Cell, Table, histogram, latencies, note, record};
use crate::server::Server;
use crate::world::Dice;
use unit::Unit;

const COLUMNS: [&str; 8] =
    ["what", "MiB", "requests", "p50 ms", "p95 ms", "p99 ms", "max ms", "target ms"];
const COURSES: &str = "/api/v1/courses";
const REGISTRATIONS: &str = "/api/v1/registrations";
/// What a course of the standard may have at least (6.1).
const UNITS: usize = 1_001;
/// What is tried beyond that.
const MANY_UNITS: usize = 10_000;
/// Files of the package that is imported, and bytes of each.
const FILES: usize = 200;
const FILE_BYTES: usize = 40 << 10;
const PREFLIGHT: &[(&str, &str)] = &[
    ("origin", "https://content.example"),
    ("access-control-request-method", "PUT"),
    ("access-control-request-headers", "authorization,content-type,x-experience-api-version"),
];

/// What one measurement works with.
struct Measure<'b> {
    bench: &'b Bench,
    target: Target,
    api: Connection,
    dice: Dice,
    table: Table,
}

/// Measures a server of its own.
pub(crate) async fn measure(bench: &Bench, program: &Path) -> Result<Table> {
    let (key, secret) = bench.store()?.make_manager(program)?;
    let server = Server::start(program, bench.store()?).await?;
    let target = server.target_of(&key, &secret)?;
    let api = Connection::open(&target).await?;
    // A store that is gone on with has the ids of the runs before.
    let dice = Dice::new(u64::from(std::process::id()), 1 << 62);
    let title = "cmi5 (one request after another; targets: imports at the most, the others at p95)";
    let table = Table::new("cmi5", title, &COLUMNS);
    let mut measure = Measure { bench, target, api, dice, table };
    measure.imports().await?;
    let course = measure.course(UNITS).await?;
    measure.launches(&course).await?;
    measure.rollup(&course).await?;
    measure.preflights().await?;
    let table = measure.table;
    server.stop().await?;
    Ok(table)
}

impl Measure<'_> {
    fn row(&mut self, what: &str, bytes: Option<usize>, times: &Histogram<u64>, target: Cell) {
        let mut cells =
            vec![what.into(), bytes.map_or(Cell::None, |bytes| Cell::mebibytes(bytes as u64))];
        cells.push(Cell::Count(times.len() as f64));
        cells.extend(latencies(times));
        cells.push(target);
        self.table.row(cells);
    }

    /// A name that no course of this store has.
    fn name(&mut self) -> String {
        self.dice.uuid().to_string()
    }

    async fn imports(&mut self) -> Result<()> {
        let runs = if self.bench.args.quick { 3 } else { 10 };
        for (units, target) in [(UNITS, Cell::Count(1_000.0)), (MANY_UNITS, Cell::None)] {
            note(&format!("importing courses of {units} units"));
            let (mut times, mut bytes) = (histogram(), 0);
            for _ in 0..runs {
                let body = Bytes::from(course::structure(&self.name(), units));
                bytes = body.len();
                self.import("text/xml", body, &mut times).await?;
            }
            self.row(&format!("import of {units} units"), Some(bytes), &times, target);
        }
        note("importing packages");
        let (mut times, mut bytes) = (histogram(), 0);
        for _ in 0..runs {
            let name = self.name();
            let body = course::package(&name, FILES, FILE_BYTES, &mut self.dice)?;
            bytes = body.len();
            self.import("application/zip", body, &mut times).await?;
        }
        self.row(&format!("import of a zip, {FILES} files"), Some(bytes), &times, Cell::None);
        Ok(())
    }

    /// Imports a course; its id.
    async fn import(
        &mut self,
        kind: &'static str,
        body: Bytes,
        times: &mut Histogram<u64>,
    ) -> Result<String> {
        let begun = Instant::now();
        let answer = self.api.ask(Method::POST, COURSES, kind, body).await?;
        record(times, begun.elapsed());
        unit::text_of(&answer.expect(StatusCode::CREATED, COURSES)?, "id")
    }

    /// A course of so many units; its id.
    async fn course(&mut self, units: usize) -> Result<String> {
        let body = course::structure(&self.name(), units).into();
        self.import("text/xml", body, &mut histogram()).await
    }

    /// Registers somebody.
    async fn register(&mut self, course: &str) -> Result<String> {
        let account = json!({"homePage": "https://lms.example", "name": self.name()});
        let body = json!({"courseId": course, "actor": {"account": account}});
        let answer = self.api.ask(Method::POST, REGISTRATIONS, JSON, text(&body)).await?;
        unit::text_of(&answer.expect(StatusCode::CREATED, REGISTRATIONS)?, "id")
    }

    /// Launches for many learners, and again and again for one.
    async fn launches(&mut self, course: &str) -> Result<()> {
        let count = if self.bench.args.quick { 200 } else { 1_000 };
        note("launching");
        let mut registrations = Vec::with_capacity(count);
        for _ in 0..count {
            registrations.push(self.register(course).await?);
        }
        let (mut first, mut again) = (histogram(), histogram());
        for (place, registration) in registrations.iter().enumerate() {
            self.launch(registration, place % UNITS, &mut first).await?;
        }
        let one = registrations.first().context("somebody is registered")?;
        for place in 0..count {
            self.launch(one, place % UNITS, &mut again).await?;
        }
        let target = || Cell::Count(50.0);
        self.row("launch, each learner's first", None, &first, target());
        self.row("launch again, abandons the last", None, &again, target());
        Ok(())
    }

    /// Launches a unit; the launch URL.
    async fn launch(
        &mut self,
        registration: &str,
        unit: usize,
        times: &mut Histogram<u64>,
    ) -> Result<String> {
        let path = format!("{REGISTRATIONS}/{registration}/launch");
        let body = text(&json!({"unit": unit}));
        let begun = Instant::now();
        let answer = self.api.ask(Method::POST, &path, JSON, body).await?;
        record(times, begun.elapsed());
        unit::text_of(&answer.expect(StatusCode::OK, &path)?, "url")
    }

    /// A learner goes through the course, unit by unit: of ten completions one satisfies a block, of
    /// a hundred a block around it, and the last the course.
    async fn rollup(&mut self, course: &str) -> Result<()> {
        let registration = self.register(course).await?;
        let excused = if self.bench.args.quick { 800 } else { 0 };
        note(&format!("completing the last {} of {UNITS} units", UNITS - excused));
        for unit in 0..excused {
            let path = format!("{REGISTRATIONS}/{registration}/waive");
            let body = text(&json!({"unit": unit}));
            self.api.ask(Method::POST, &path, JSON, body).await?.expect(StatusCode::OK, &path)?;
        }
        let [mut completed, mut blocks, mut plain] = [histogram(), histogram(), histogram()];
        for place in excused..UNITS {
            let url = self.launch(&registration, place, &mut histogram()).await?;
            let mut unit = Unit::begin(&self.target, &url, &mut self.dice).await?;
            let (path, body) = unit.plain(&mut self.dice);
            record(&mut plain, unit::put(&mut self.api, &path, body).await?);
            let time = unit.complete(&mut self.dice).await?;
            record(
                if (place + 1).is_multiple_of(10) || place + 1 == UNITS {
                    &mut blocks
                } else {
                    &mut completed
                },
                time,
            );
        }
        let path = format!("{REGISTRATIONS}/{registration}");
        let shown = self.api.get(&path).await?;
        let shown: serde_json::Value = serde_json::from_slice(&shown)?;
        let satisfied = shown.get("satisfied").and_then(serde_json::Value::as_bool);
        ensure!(satisfied == Some(true), "the course is not satisfied at its end");
        let target = || Cell::Count(20.0);
        self.row("completed, satisfies its unit", None, &completed, target());
        self.row("completed, satisfies blocks too", None, &blocks, target());
        self.row("the same size with a key, no rules", None, &plain, Cell::None);
        Ok(())
    }

    async fn preflights(&mut self) -> Result<()> {
        let count = if self.bench.args.quick { 1_000 } else { 10_000 };
        note("asking before asking");
        let mut times = histogram();
        for _ in 0..count {
            let path = format!("/xapi/statements?statementId={}", self.dice.uuid());
            let begun = Instant::now();
            let answer = self.api.preflight(&path, PREFLIGHT).await?;
            record(&mut times, begun.elapsed());
            answer.expect(StatusCode::NO_CONTENT, &path)?;
        }
        self.row("OPTIONS before a PUT", None, &times, Cell::Count(1.0));
        Ok(())
    }
}

fn text(value: &serde_json::Value) -> Bytes {
    value.to_string().into()
}
