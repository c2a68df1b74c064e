//! One request from its head to its answer: counted, logged, traced, and kept if its tenant keeps a
//! log of requests.

use super::metrics::{GONE, Metrics};
use super::seen::Seen;
use super::spans::Done;
use crate::app::App;
use crate::error;
use crate::http::trace::{RequestIds, Trace};
use crate::requests::Heard;
use crate::tenants::{Masked, Principal, TenantId};
use axum::body::Body;
use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response};
use http_body::Body as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tracing::Span;
use tracing::field::display;

/// A request that is being answered.
pub(crate) struct Watched {
    app: App,
    seen: Seen,
    began: Instant,
    began_micros: i64,
    trace: Trace,
    method: &'static str,
    request_bytes: Option<u64>,
    heard: Option<Heard>,
    ended: bool,
}

/// What is told of a request that was answered.
struct Told<'a> {
    route: &'static str,
    status: u16,
    took: Duration,
    code: Option<&'static str>,
    tenant: Option<TenantId>,
    key: Option<Masked<'a>>,
    request_bytes: Option<u64>,
    response_bytes: Option<u64>,
}

impl Watched {
    /// Begins with the head of a request. One of the content origin is in no log of requests: its
    /// path is a credential, and it is nobody's.
    pub(crate) fn begin(
        app: &App,
        request: &mut Request<Body>,
        ids: &RequestIds,
        seen: Seen,
        is_content: bool,
    ) -> Self {
        app.operate.metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        Self {
            seen,
            began: Instant::now(),
            began_micros: app.clock.now_micros(),
            trace: ids.trace,
            method: known(request.method()),
            request_bytes: length(request),
            heard: if is_content { None } else { app.requests.hear(request, &ids.request) },
            ended: false,
            app: app.clone(),
        }
    }

    /// What every log line of this request says. The path is not in it: it may name a learner.
    pub(crate) fn span(&self, ids: &RequestIds) -> Span {
        let (id, trace) = (&*ids.request, ids.trace);
        tracing::info_span!("request", id, method = self.method, %trace)
    }

    /// Ends with the head of the answer.
    pub(crate) fn end(mut self, response: Response<Body>) -> Response<Body> {
        self.ended = true;
        let (status, took) = (response.status().as_u16(), self.began.elapsed());
        let refusal = response.extensions().get::<error::Told>().cloned();
        let caller = self.seen.who().cloned();
        let metrics = &self.app.operate.metrics;
        let code = refusal.as_ref().map(|refusal| refusal.code().name());
        metrics.answered(self.seen.place(), status, took);
        if let Some(code) = code {
            metrics.refused(code);
        }
        let key = caller.as_ref().and_then(|caller| match &caller.principal {
            Principal::Key(key) => Some(Masked(key)),
            Principal::User { .. } | Principal::Session(_) | Principal::Operator => None,
        });
        let told = Told {
            route: metrics.route(self.seen.place()),
            status,
            took,
            code,
            tenant: caller.as_ref().map(|caller| caller.tenant),
            key,
            request_bytes: self.request_bytes,
            response_bytes: response.body().size_hint().exact(),
        };
        self.log(&told);
        self.trace(&told);
        match self.heard.take() {
            Some(mut heard) => {
                if let Some(credential) = self.seen.credential_of_form() {
                    heard.add_credential(credential.clone());
                }
                self.app.requests.answered(heard, caller.as_ref(), refusal, response)
            }
            None => response,
        }
    }

    fn log(&self, told: &Told<'_>) {
        let Told { route, status, took, code, tenant, key, request_bytes, response_bytes } = told;
        let operate = &self.app.operate;
        let slow = *took >= operate.slow_request;
        if !slow && !operate.log_requests {
            return;
        }
        let ms = took.as_secs_f64() * 1_000.0;
        let (tenant, key) = (tenant.map(|tenant| tenant.0), key.as_ref().map(display));
        if slow {
            tracing::warn!(
                route,
                status,
                ms,
                code,
                tenant,
                key,
                request_bytes,
                response_bytes,
                "Slow request"
            );
        } else {
            tracing::info!(
                route,
                status,
                ms,
                code,
                tenant,
                key,
                request_bytes,
                response_bytes,
                "Answered"
            );
        }
    }

    fn trace(&self, told: &Told<'_>) {
        if let Some(spans) = &self.app.operate.spans {
            spans.offer(&Done {
                trace: self.trace,
                span: || self.app.ids.trace(),
                method: self.method,
                route: told.route,
                status: told.status,
                code: told.code,
                tenant: told.tenant,
                began_micros: self.began_micros,
                took: told.took,
            });
        }
    }

    fn metrics(&self) -> &Metrics {
        &self.app.operate.metrics
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.metrics().in_flight.fetch_sub(1, Ordering::Relaxed);
        if !self.ended {
            self.metrics().answered(self.seen.place(), GONE, self.began.elapsed());
        }
    }
}

/// The method by a name of ours; a client may send any word at all.
fn known(method: &Method) -> &'static str {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::PATCH,
    ];
    const NAMES: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
    let named = KNOWN.iter().zip(NAMES).find(|(known, _)| *known == method);
    named.map_or("OTHER", |(_, name)| name)
}

/// How long the body is, if the head says so.
fn length(request: &Request<Body>) -> Option<u64> {
    let said = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    said.map_or_else(|| request.body().size_hint().exact(), |text| text.parse().ok())
}
