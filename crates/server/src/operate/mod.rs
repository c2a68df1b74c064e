//! What an operator sees of a running server: health, readiness, metrics, traces, log lines.
//!
//! What always holds: nothing here shows what a learner did or who it was. Requests are told by the
//! template of their route, callers by the first characters of their key, tenants by their number.

pub mod cause;
mod health;
mod listen;
mod metrics;
pub mod panic;
mod process;
mod ready;
mod schemas;
mod seen;
mod spans;
mod table;
#[cfg(test)]
mod tests;
mod text;
pub mod watch;

pub use listen::serve;
pub(crate) use metrics::CONTENT_PLACE;
pub use seen::Seen;
pub use spans::Otel;

use crate::clock::Clock;
use crate::config::Settings;
use crate::http::authority::InstallationOperator;
use crate::http::openapi::{Answer, Payload};
use crate::http::{Access, Endpoint, Feature, Operation};
use crate::limits::Limits;
use axum::routing::get;
use metrics::Metrics;
use ready::Remembered;
use spans::Spans;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The part of a server that watches it.
pub struct Operate {
    pub(crate) metrics: Metrics,
    ready: Remembered,
    spans: Option<Spans>,
    stopping: AtomicBool,
    started_micros: i64,
    log_requests: bool,
    slow_request: Duration,
    ready_within: Duration,
}

impl Operate {
    /// Watches a server with these settings.
    pub fn new(settings: &Settings, limits: &Limits, clock: &Clock) -> anyhow::Result<Self> {
        Ok(Self {
            metrics: Metrics::default(),
            ready: Remembered::default(),
            spans: Spans::start(&settings.otel)?,
            stopping: AtomicBool::new(false),
            started_micros: clock.now_micros(),
            log_requests: settings.log_requests,
            slow_request: settings.slow_request,
            ready_within: Duration::from_secs(limits.ready_seconds_max),
        })
    }

    /// From now on the server is not ready: it was told to stop.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether the server was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Sends what waits to be sent. Bounded in time.
    pub async fn flush(&self) {
        if let Some(spans) = &self.spans {
            spans.flush().await;
        }
    }

    fn was_ready(&self) -> bool {
        self.ready.was_ready() && !self.is_stopping()
    }

    fn had_blobs(&self) -> bool {
        self.ready.had_blobs()
    }

    fn started_micros(&self) -> i64 {
        self.started_micros
    }

    fn spans_told(&self) -> [u64; 3] {
        self.spans.as_ref().map_or([0; 3], Spans::told)
    }
}

/// Health and metrics.
pub const FEATURE: Feature = Feature {
    name: "operate",
    endpoints: &[
        Endpoint {
            method: "GET",
            path: "/healthz",
            access: Access::Open,
            operation: Operation::new("getHealth", "Ask whether the process lives")
                .says("Always 200 while the process can answer at all. Looks at nothing else, so a failing database does not get a healthy process killed.")
                .gives(&[Answer {
                    status: 200,
                    description: "It lives.",
                    body: Some(Payload { media: &["application/json"], schema: schemas::health }),
                }]),
            handler: || get(health::live),
        },
        Endpoint {
            method: "GET",
            path: "/readyz",
            access: Access::Open,
            operation: Operation::new("getReadiness", "Ask whether requests can be served")
                .says("200 when the database answers in time or is merely busy, the schema is up to date and the server was not told to stop; otherwise 503, which names the checks that failed. A blob store that does not answer is named too, and the answer is still 200: all that needs no attachment is served without it. What was found is repeated for a second.")
                .gives(&[Answer {
                    status: 200,
                    description: "It can serve.",
                    body: Some(Payload { media: &["application/json"], schema: schemas::readiness }),
                }]),
            handler: || get(health::ready),
        },
        Endpoint {
            method: "GET",
            path: "/metrics",
            access: Access::AnyOf(InstallationOperator::ANY_OF),
            operation: Operation::new("getMetrics", "Read all metrics")
                .says("In the text format of Prometheus. Needs the scope `operator` here, and nothing on the address that the setting `operate.listen` names.")
                .gives(&[Answer {
                    status: 200,
                    description: "Every metric of this process.",
                    body: Some(Payload { media: &["text/plain"], schema: schemas::text }),
                }]),
            handler: || get(health::metrics),
        },
    ],
    sql: &[ready::SQL],
};
