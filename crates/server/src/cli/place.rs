//! Where a command works, and what commands have in common when they tell what happened.

use crate::config::{Settings, StoreFlags};
use crate::error::Problem;
use crate::migrations::MIGRATIONS;
use crate::start;
use crate::tenants::{self, TenantId};
use anyhow::{Context as _, Result, anyhow, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rollbook_db::{Db, Options};
use rollbook_xapi::timestamp;
use rollbook_xapi::version::Version;
use std::io::Write;

/// Which store, and how to answer.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// Answer in JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) flags: StoreFlags,
}

impl Place {
    /// The settings, for a command that does one thing at a time.
    pub(super) fn settings(&self) -> Result<Settings> {
        let mut settings = self.flags.settings()?;
        settings.tuning.readers = 2;
        settings.tuning.pool_size = 4;
        Ok(settings)
    }
}

/// Opens a store that is there already, and changes nothing in it.
pub(super) async fn existing(settings: &Settings) -> Result<Db> {
    if let Some(file) = settings.sqlite_file() {
        let data = settings.data.display();
        ensure!(
            file.exists(),
            "there is no store in {data}; `rollbook serve --data {data}` creates one"
        );
    }
    let db = Db::open(settings.options()).await.context("opening the database")?;
    Ok(db)
}

/// Opens a store that is there already and brings its schema up to this program.
pub(super) async fn current(settings: &Settings) -> Result<Db> {
    let db = existing(settings).await?;
    db.close().await;
    start::open(settings).await
}

/// Opens the replica alone, whose schema is that of this program.
pub(super) async fn replica(settings: &Settings) -> Result<Db> {
    let options = settings.options();
    let location =
        options.replica.context("there is no replica: name one with --database-replica")?;
    let options = Options { location, replica: None, writes: false, ..settings.options() };
    let db = Db::open(options).await.context("opening the replica")?;
    let pending = db.pending(&MIGRATIONS).await.context("reading the version of the schema")?;
    ensure!(
        pending == 0,
        "the replica's schema is {} behind this program",
        counted(pending as u64, "step")
    );
    Ok(db)
}

/// The tenant of that name, or the first.
pub(super) async fn tenant(db: &Db, name: Option<&str>) -> Result<TenantId> {
    Ok(tenants::tenant_named(db, name).await?)
}

/// A problem as the operator is told it.
pub(super) fn failed(problem: Problem) -> anyhow::Error {
    match (problem.because, problem.status.is_server_error()) {
        (Some(cause), true) => cause,
        (Some(cause), false) => cause.context(problem.detail),
        (None, _) => anyhow!(problem.detail),
    }
}

/// A time on the command line, in microseconds since 1970 UTC.
pub(super) fn time(text: &str) -> Result<i64, String> {
    let parsed = timestamp::parse(text, Version::V1).map(|timestamp| timestamp.micros);
    parsed.map_err(|error| format!("{error}; write it as 2026-11-21T07:00:00Z"))
}

/// A bar of progress, on a terminal only.
pub(super) fn bar(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{prefix} [{bar:30}] {percent:>3}% {msg}");
    bar.set_style(style.expect("the template is well formed").progress_chars("=> "));
    bar.set_prefix(what);
    bar
}

/// Columns as wide as their widest entry; the first row is the head.
pub(super) fn table<const N: usize>(out: &mut dyn Write, rows: &[[String; N]]) -> Result<()> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// A time to the minute, which is enough for people.
pub(super) fn minute(micros: i64) -> String {
    timestamp::format_micros(micros).chars().take(16).collect()
}

/// The number of things in words: `1 statement`, `1,234 statements`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let plural = if count == 1 { "" } else { "s" };
    format!("{text} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::{counted, time};

    #[test]
    fn counts_are_read_by_people() {
        assert_eq!(counted(0, "statement"), "0 statements");
        assert_eq!(counted(1, "statement"), "1 statement");
        assert_eq!(counted(999, "name"), "999 names");
        assert_eq!(counted(1_234_567, "name"), "1,234,567 names");
    }

    #[test]
    fn a_time_is_what_the_standard_calls_one() {
        assert_eq!(time("1970-01-01T00:00:01Z"), Ok(1_000_000));
        assert!(time("yesterday").unwrap_err().contains("2026"));
    }
}
