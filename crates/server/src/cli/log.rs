//! The log: one sentence and its fields a line, on the standard error.
//!
//! What always holds, whatever the filter says: of libraries only what matters to an operator is
//! written. Below that they tell what passes through them: a driver its parameters, HTTP its
//! headers, a client its URLs. And a panic is one line without the data it is about.

use crate::config::LogFormat;
use crate::operate::panic;
use anyhow::{Context as _, Result, anyhow};
use std::io::{self, IsTerminal as _};
use tracing::subscriber::set_global_default;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

/// How the targets of our own crates begin.
const OURS: &str = "rollbook";

/// What a library may say at most.
const OTHERS_MAX: Level = Level::INFO;

/// Starts logging. A second start in one process changes nothing.
pub(super) fn start(level: &str, format: LogFormat) -> Result<()> {
    let filter = EnvFilter::try_new(level).context("reading the log level")?;
    let started = set_global_default(subscriber(filter, format, io::stderr));
    if cfg!(test) {
        return Ok(()); // Many tests share one process.
    }
    panic::log_panics();
    started.map_err(|cause| anyhow!("starting the log: {cause}"))
}

fn subscriber(
    filter: EnvFilter,
    format: LogFormat,
    out: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> Box<dyn Subscriber + Send + Sync> {
    let log = tracing_subscriber::registry().with(filter_fn(may_speak)).with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(out);
    match format {
        LogFormat::Text => Box::new(log.with(lines.with_ansi(io::stderr().is_terminal()))),
        LogFormat::Json => Box::new(log.with(lines.json().flatten_event(true))),
    }
}

/// The ceiling that no filter lifts.
fn may_speak(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with(OURS) || *metadata.level() <= OTHERS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Lines in memory.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_filter_lets_libraries_tell_what_passes_through_them() {
        for format in [LogFormat::Text, LogFormat::Json] {
            for filter in ["trace", "h2=trace,tokio_postgres=debug,rollbook_db=trace"] {
                let lines = Lines::default();
                let out = lines.clone();
                let filter = EnvFilter::new(filter);
                let log = subscriber(filter, format, move || out.clone());
                tracing::subscriber::with_default(log, || {
                    tracing::debug!(target: "h2::codec", "headers of Ada");
                    tracing::trace!(target: "hyper::proto", "bytes of Ada");
                    tracing::debug!(target: "tokio_postgres::query", "parameters of Ada");
                    tracing::info!(target: "h2", "a library may say this");
                    tracing::trace!(target: "rollbook_db::sqlite", "we may say this");
                });
                let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
                assert!(!text.contains("Ada"), "{text}");
                assert!(text.contains("a library may") && text.contains("we may"), "{text}");
            }
        }
    }
}
