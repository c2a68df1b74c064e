//! Traces for a collector that speaks OpenTelemetry (OTLP over HTTP, binary).
//!
//! A request is one span, put together here of what may be told of it and nothing else. Spans wait
//! in a bounded queue and are sent in batches: a collector that is slow or gone costs spans, never
//! a request its time.

use crate::http::trace::Trace;
use crate::tenants::TenantId;
use anyhow::Context as _;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};
use rollbook_db::stats::Counter;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};

/// Spans that may wait to be sent; more are dropped.
const WAITING_MAX: usize = 4_096;
/// Spans in one batch.
const BATCH_MAX: usize = 512;
/// How long a batch waits for more.
const BATCH_AGE_MAX: Duration = Duration::from_secs(1);
/// How long a collector may take.
const EXPORT_MAX: Duration = Duration::from_secs(5);

/// Where traces go.
#[derive(Clone, Debug)]
pub struct Otel {
    /// The collector, such as `http://localhost:4318`; none sends nothing.
    pub endpoint: Option<String>,
    /// What this server is called there.
    pub service_name: String,
    /// Which part of the traces that begin here is sent.
    pub sample_ratio: f64,
}

/// The way out.
pub(super) struct Spans {
    queue: mpsc::Sender<Message>,
    counts: Arc<Counts>,
    /// Of 2^32.
    threshold: u64,
}

#[derive(Debug, Default)]
struct Counts {
    exported: Counter,
    dropped: Counter,
    failed: Counter,
}

enum Message {
    Span(Box<SpanData>),
    Flush(oneshot::Sender<()>),
}

/// A request as it is told. Nothing may be added here that names a learner.
pub(super) struct Done<F> {
    pub(super) trace: Trace,
    /// Makes 128 random bits, of which half become the span's id.
    pub(super) span: F,
    pub(super) method: &'static str,
    pub(super) route: &'static str,
    pub(super) status: u16,
    pub(super) code: Option<&'static str>,
    pub(super) tenant: Option<TenantId>,
    pub(super) began_micros: i64,
    pub(super) took: Duration,
}

impl Spans {
    /// Starts sending, if a collector is named.
    pub(super) fn start(otel: &Otel) -> anyhow::Result<Option<Self>> {
        let Some(endpoint) = &otel.endpoint else { return Ok(None) };
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(reqwest::Client::new())
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_timeout(EXPORT_MAX)
            .build();
        let mut exporter = exporter.context("preparing to send traces")?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let name = KeyValue::new("service.name", otel.service_name.clone());
        exporter.set_resource(&Resource::builder_empty().with_attributes([name, version]).build());
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let counts = Arc::new(Counts::default());
        tokio::spawn(send(exporter, waiting, Arc::clone(&counts)));
        Ok(Some(Self { queue, counts, threshold: threshold(otel.sample_ratio) }))
    }

    /// Queues a span, if its trace is one of those that are sent.
    pub(super) fn offer(&self, done: &Done<impl Fn() -> u128>) {
        // The caller decides for the traces that it began (W3C Trace Context 3.2.2.5.1).
        let low = u64::try_from(done.trace.id & 0xffff_ffff).unwrap_or(u64::MAX);
        let wanted = match done.trace.parent {
            Some(_) => done.trace.sampled,
            None => low < self.threshold,
        };
        if wanted && self.queue.try_send(Message::Span(Box::new(data(done)))).is_err() {
            self.counts.dropped.add(1);
        }
    }

    /// Sends what waits, within a bound.
    pub(super) async fn flush(&self) {
        let (reply, done) = oneshot::channel();
        let flushed = async {
            if self.queue.send(Message::Flush(reply)).await.is_ok() {
                done.await.ok();
            }
        };
        if tokio::time::timeout(EXPORT_MAX, flushed).await.is_err() {
            tracing::warn!("The last traces could not be sent in time");
        }
    }

    /// How many were exported, dropped and not taken.
    pub(super) fn told(&self) -> [u64; 3] {
        let Counts { exported, dropped, failed } = &*self.counts;
        [exported.count(), dropped.count(), failed.count()]
    }
}

/// Sends batches until the queue closes.
async fn send(
    exporter: opentelemetry_otlp::SpanExporter,
    mut waiting: mpsc::Receiver<Message>,
    counts: Arc<Counts>,
) {
    let mut failing = false;
    while let Some(first) = waiting.recv().await {
        let (batch, flushed) = gather(first, &mut waiting).await;
        let count = batch.len() as u64;
        if count > 0 {
            let sent = tokio::time::timeout(EXPORT_MAX, exporter.export(batch)).await;
            let failed = !matches!(sent, Ok(Ok(())));
            if failed && !failing {
                tracing::warn!("Traces could not be sent; nothing more is said until they can");
            }
            failing = failed;
            if failed { counts.failed.add(count) } else { counts.exported.add(count) }
        }
        if let Some(reply) = flushed {
            // Who asked may be gone.
            reply.send(()).ok();
        }
    }
}

/// A batch: until it is full, old enough, or somebody wants it gone.
async fn gather(
    first: Message,
    waiting: &mut mpsc::Receiver<Message>,
) -> (Vec<SpanData>, Option<oneshot::Sender<()>>) {
    let mut batch = Vec::new();
    let deadline = tokio::time::Instant::now() + BATCH_AGE_MAX;
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Span(span) => batch.push(*span),
            Message::Flush(reply) => return (batch, Some(reply)),
        }
        if batch.len() >= BATCH_MAX {
            break;
        }
        next = tokio::time::timeout_at(deadline, waiting.recv()).await.unwrap_or(None);
    }
    (batch, None)
}

fn data(done: &Done<impl Fn() -> u128>) -> SpanData {
    let Done { trace, span, method, route, status, code, tenant, began_micros, took } = done;
    let start_time = UNIX_EPOCH + Duration::from_micros(u64::try_from(*began_micros).unwrap_or(0));
    let mut attributes = vec![
        KeyValue::new("http.request.method", *method),
        KeyValue::new("http.route", *route),
        KeyValue::new("http.response.status_code", i64::from(*status)),
    ];
    attributes.extend(tenant.map(|tenant| KeyValue::new("rollbook.tenant", tenant.0)));
    attributes.extend(code.map(|code| KeyValue::new("error.type", code)));
    let span = u64::try_from(span() & u128::from(u64::MAX)).unwrap_or(1);
    SpanData {
        span_context: SpanContext::new(
            TraceId::from(trace.id),
            SpanId::from(span),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ),
        parent_span_id: trace.parent.map_or(SpanId::INVALID, SpanId::from),
        parent_span_is_remote: trace.parent.is_some(),
        span_kind: SpanKind::Server,
        name: format!("{method} {route}").into(),
        start_time,
        end_time: start_time + *took,
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: if *status >= 500 { Status::error("") } else { Status::Unset },
        instrumentation_scope: InstrumentationScope::builder("rollbook").build(),
    }
}

/// The ratio as a part of 2^32.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the setting lies between 0 and 1, so the product between 0 and 2^32"
)]
fn threshold(ratio: f64) -> u64 {
    (ratio.clamp(0.0, 1.0) * 4_294_967_296.0) as u64
}
