//! What was measured: tables for people, the same as JSON for machines.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

/// Latencies are counted in microseconds.
const MICROS_MAX: u64 = 600_000_000;

/// One figure or word of a table.
pub(crate) enum Cell {
    /// A word.
    Text(String),
    /// A rate or count, shown whole with thousands apart.
    Count(f64),
    /// A figure with decimals.
    Decimal(f64, usize),
    /// Not measured.
    None,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Cell {
    /// Milliseconds.
    pub(crate) fn millis(time: Duration) -> Self {
        Self::Decimal(time.as_secs_f64() * 1e3, 2)
    }

    /// Mebibytes.
    pub(crate) fn mebibytes(bytes: u64) -> Self {
        Self::Decimal(bytes as f64 / f64::from(1 << 20), 1)
    }

    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => thousands(*count),
            Self::Decimal(figure, places) => format!("{figure:.places$}"),
            Self::None => "-".to_owned(),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Count(figure) | Self::Decimal(figure, _) => json!(figure),
            Self::None => Value::Null,
        }
    }
}

fn thousands(count: f64) -> String {
    let digits = format!("{:.0}", count.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if count <= -0.5 { format!("-{text}") } else { text }
}

/// Figures under one title.
pub(crate) struct Table {
    name: &'static str,
    title: String,
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table; `name` is what the JSON calls it.
    pub(crate) fn new(
        name: &'static str,
        title: impl Into<String>,
        columns: &'static [&'static str],
    ) -> Self {
        Self { name, title: title.into(), columns, rows: Vec::new() }
    }

    /// Adds a row of as many cells as there are columns.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        assert_eq!(cells.len(), self.columns.len(), "a row of {} fits its columns", self.name);
        self.rows.push(cells);
    }

    fn text(&self) -> String {
        let shown: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(Cell::shown).collect()).collect();
        let width = |(column, header): (usize, &&str)| {
            let cells = shown.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).fold(header.chars().count(), usize::max)
        };
        let widths: Vec<usize> = self.columns.iter().enumerate().map(width).collect();
        // Columns of words begin at the left, columns of figures end at the right.
        let is_words = |column: usize| {
            self.rows.iter().any(|row| matches!(row.get(column), Some(Cell::Text(_))))
        };
        let words: Vec<bool> = (0..self.columns.len()).map(is_words).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let pad = |((cell, width), words): ((&str, &usize), &bool)| {
                if *words { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            };
            let cells: Vec<String> = cells.zip(&widths).zip(&words).map(pad).collect();
            format!("  {}\n", cells.join("  ").trim_end())
        };
        let mut text = format!("\n{}\n", self.title);
        text.push_str(&line(&mut self.columns.iter().copied()));
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        text.push_str(&line(&mut rule.iter().map(String::as_str)));
        for row in &shown {
            text.push_str(&line(&mut row.iter().map(String::as_str)));
        }
        text
    }

    fn value(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let named = self.columns.iter().zip(row);
            Value::Object(
                named.map(|(name, cell)| (name.replace(' ', "_"), cell.value())).collect(),
            )
        };
        json!({ "title": self.title, "rows": self.rows.iter().map(object).collect::<Vec<_>>() })
    }
}

/// All tables of a run.
#[derive(Default)]
pub(crate) struct Report {
    tables: Map<String, Value>,
}

impl Report {
    /// Prints `table` and keeps it for the JSON file.
    pub(crate) fn add(&mut self, table: &Table) -> Result<()> {
        print(&table.text())?;
        self.tables.insert(table.name.to_owned(), table.value());
        Ok(())
    }

    /// Writes everything to `file`.
    pub(crate) fn save(self, file: &Path) -> Result<()> {
        let text = format!("{:#}\n", Value::Object(self.tables));
        std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
    }
}

/// Text to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("writing to standard output")
}

/// A line on standard error: what is being done now.
pub(crate) fn note(text: &str) {
    // Nobody may be listening; the measurement goes on.
    drop(writeln!(std::io::stderr(), "· {text}"));
}

/// An empty histogram of microseconds.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, MICROS_MAX, 3).expect("the bounds are in order")
}

/// Counts one latency.
pub(crate) fn record(histogram: &mut Histogram<u64>, time: Duration) {
    histogram.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
}

/// The latency that `share` of 1 stays below.
pub(crate) fn quantile(histogram: &Histogram<u64>, share: f64) -> Duration {
    Duration::from_micros(histogram.value_at_quantile(share))
}

/// p50, p95, p99 and the maximum in milliseconds.
pub(crate) fn latencies(histogram: &Histogram<u64>) -> [Cell; 4] {
    [0.5, 0.95, 0.99, 1.0].map(|share| Cell::millis(quantile(histogram, share)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_its_json_named() {
        let mut table = Table::new("speed", "Speed", &["what", "per second", "ratio"]);
        table.row(vec!["SQLite".into(), Cell::Count(1_234_567.4), Cell::Decimal(0.5, 2)]);
        table.row(vec!["é".into(), Cell::Count(12.0), Cell::None]);
        let text = table.text();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines[0], "Speed");
        assert_eq!(lines[1], "  what    per second  ratio");
        assert_eq!(lines[3], "  SQLite   1,234,567   0.50");
        assert_eq!(lines[4], "  é               12      -");
        assert_eq!(table.value()["rows"][0]["per_second"], 1_234_567.4);
        assert_eq!(table.value()["rows"][1]["ratio"], Value::Null);
    }

    #[test]
    fn quantiles_are_within_a_thousandth() {
        let mut histogram = histogram();
        (1..=1_000).for_each(|millis| record(&mut histogram, Duration::from_millis(millis)));
        let half = quantile(&histogram, 0.5).as_secs_f64();
        assert!((half - 0.5).abs() < 0.001, "{half}");
        record(&mut histogram, Duration::from_secs(100_000));
        assert!(quantile(&histogram, 1.0) >= Duration::from_secs(599));
    }
}
