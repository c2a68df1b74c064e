//! The log: one sentence and its fields a line, on the standard error.
//!
//! What always holds, whatever the filter says: of libraries only what matters to an operator is
//! written. Below that they tell what passes through them: a driver its parameters, HTTP its
//! headers, a client its URLs. And a panic is one line without the data it is about.

use crate::config::LogFormat;
use crate::operate::panic;
use anyhow::{Context as _, Result, anyhow};
use std::io::{self, IsTerminal as _};
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How the targets of our own crates begin.
const OURS: &str = "rollbook";

/// What a library may say at most.
const OTHERS_MAX: Level = Level::INFO;

/// Starts logging. A second start in one process changes nothing.
pub(super) fn start(level: &str, format: LogFormat) -> Result<()> {
    let filter = EnvFilter::try_new(level).context("reading the log level")?;
    let log = tracing_subscriber::registry().with(filter_fn(may_speak)).with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let started = match format {
        LogFormat::Text => log.with(lines.with_ansi(io::stderr().is_terminal())).try_init(),
        LogFormat::Json => log.with(lines.json().flatten_event(true)).try_init(),
    };
    if cfg!(test) {
        return Ok(()); // Many tests share one process.
    }
    panic::log_panics();
    started.map_err(|cause| anyhow!("starting the log: {cause}"))
}

/// The ceiling that no filter lifts.
fn may_speak(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with(OURS) || *metadata.level() <= OTHERS_MAX
}
