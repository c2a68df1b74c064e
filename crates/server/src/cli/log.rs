//! The log: one sentence and its fields a line, on the standard error.

use crate::config::LogFormat;
use anyhow::{Context as _, Result, anyhow};
use std::io::{self, IsTerminal as _};
use tracing_subscriber::EnvFilter;

/// Starts logging. A second start in one process changes nothing.
pub(super) fn start(level: &str, format: LogFormat) -> Result<()> {
    let filter = EnvFilter::try_new(level).context("reading the log level")?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    if cfg!(test) {
        return Ok(()); // Many tests share one process.
    }
    started.map_err(|cause| anyhow!("starting the log: {cause}"))
}
