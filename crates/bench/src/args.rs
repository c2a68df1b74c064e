//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  rollbook-bench run --quick                       about a minute, on SQLite
  rollbook-bench run --json result.json            everything, 1,000,000 statements
  rollbook-bench run --statements 10000000 --data ./filled
                                                   fills once; the next run with --data goes on with it
  rollbook-bench run --database postgres://postgres@127.0.0.1/postgres
                                                   the same on PostgreSQL, in databases of its own
  rollbook-bench run --only noisy                  what a neighbour far over its limit costs
  rollbook-bench run --only cmi5                   imports, launches and completions of courses
  rollbook-bench run --only raw                    the raw engine alone; needs no server
  rollbook-bench run --only ingest --rate 20000    latencies at 20,000 statements a second
  rollbook-bench statements --count 3              what the statements look like

What each figure means: docs/benchmarks.md. ROLLBOOK_* settings reach the server.";

/// Measures a Rollbook server over HTTP, and the raw engine beneath it in the same run.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Measure, and print tables.
    #[command(after_help = EXAMPLES)]
    Run(Box<Run>),
    /// Print statements of the kind that is measured with, one a line.
    Statements(Statements),
}

/// A part of the measurements.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Storing statements over HTTP, in batches of 500, 50 and 1.
    Ingest,
    /// The same rows into the engine, with no server.
    Raw,
    /// Each filter, several at once, deep pages, formats.
    Queries,
    /// Courses imported, units launched, completions with all that they satisfy.
    Cmi5,
    /// Disk, memory, start time, size of the program.
    Footprint,
    /// One tenant's latencies beside another that sends ten times its limit. Only when named.
    Noisy,
}

/// How to measure.
#[derive(Args)]
pub(crate) struct Run {
    /// The program to measure [default: `rollbook` beside this program]
    #[arg(long, value_name = "PATH")]
    pub(crate) rollbook: Option<PathBuf>,
    /// Only these parts
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    pub(crate) only: Vec<Part>,
    /// About a minute: fewer statements and queries
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure on the PostgreSQL server of this URL, whose user may create databases
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Keep the store in this folder and go on with what is in it [default: a temporary one here]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Statements in the store when it is queried [default: 1000000, quick 50000]
    #[arg(long, value_name = "N")]
    statements: Option<u64>,
    /// Statements stored for one figure of saturated ingest [default: 400000, quick 60000]
    #[arg(long, value_name = "N")]
    ingest: Option<usize>,
    /// Statements a second for the paced ingest [default: 70% of the saturated rate]
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<f64>,
    /// Seconds of each paced ingest [default: 15, quick 3]
    #[arg(long, value_name = "N")]
    seconds: Option<f64>,
    /// Connections for batches of 500
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) connections: usize,
    /// Queries of each kind [default: 400, quick 100]
    #[arg(long, value_name = "N")]
    queries: Option<usize>,
    /// The deep page that is compared with the first [default: 10000, quick 400]
    #[arg(long, value_name = "N")]
    deep: Option<usize>,
    /// Bytes of a raw row's body [default: what the server stored, or 260]
    #[arg(long, value_name = "N")]
    pub(crate) body_bytes: Option<usize>,
    /// What all chance depends on
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write all figures to this file too
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

impl Run {
    /// Whether `part` is to be measured.
    pub(crate) fn wants(&self, part: Part) -> bool {
        let always = self.only.is_empty() && part != Part::Noisy;
        always || self.only.contains(&part)
    }

    fn or<T>(&self, given: Option<T>, full: T, quick: T) -> T {
        given.unwrap_or(if self.quick { quick } else { full })
    }

    /// Statements in the store when it is queried.
    pub(crate) fn statements(&self) -> u64 {
        self.or(self.statements, 1_000_000, 50_000)
    }

    /// Statements stored for one figure of saturated ingest.
    pub(crate) fn ingest(&self) -> usize {
        self.or(self.ingest, 400_000, 60_000)
    }

    /// Seconds of each paced ingest.
    pub(crate) fn seconds(&self) -> f64 {
        self.or(self.seconds, 15.0, 3.0)
    }

    /// Queries of each kind.
    pub(crate) fn queries(&self) -> usize {
        self.or(self.queries, 400, 100)
    }

    /// The deep page that is compared with the first.
    pub(crate) fn deep(&self) -> usize {
        self.or(self.deep, 10_000, 400)
    }
}

/// Which statements to print.
#[derive(Args)]
pub(crate) struct Statements {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) count: u64,
    /// What all chance depends on
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}
