//! What stands before every endpoint that asks who is calling.
//!
//! The caller is resolved, then let in or refused, before anything of the body is read. So a caller
//! far over its limits costs a look into this process's memory, and keeps its connection.

use super::allowance::Measure;
use super::counted::{Counted, Exhausted, Held, Pay};
use super::meter::{Admission, Usage};
use super::policy::{Kind, Policy};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::{authority, body};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body::Body as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What an endpoint's guard needs.
#[derive(Clone)]
pub struct Guard {
    app: App,
    kind: Kind,
}

/// Why a body ended before its end.
type Refusal = Arc<Mutex<Option<Problem>>>;

/// The policies that bind a request, for handlers that count what only they know.
#[derive(Clone)]
pub struct Bound {
    usage: Usage,
    policies: Arc<[Policy]>,
}

/// What was paid for a body in advance. What of it is not read is given back, also when nobody waits
/// for the answer any more.
struct Paid {
    bound: Bound,
    declared: u64,
    read: Arc<AtomicU64>,
}

impl Drop for Paid {
    fn drop(&mut self) {
        let unread = self.declared.saturating_sub(self.read.load(Ordering::Relaxed));
        if unread > 0 {
            self.bound.usage.give_back(&self.bound.policies, Measure::Bytes, unread);
        }
    }
}

impl Guard {
    /// The guard of one endpoint.
    pub fn new(app: App, method: &str, path: &str) -> Self {
        Self { app, kind: Kind::of(method, path) }
    }
}

impl Bound {
    /// Counts statements before any is looked at; 429 if they are too many now.
    pub fn statements(&self, count: usize) -> Result<()> {
        self.usage.take(&self.policies, Measure::Statements, count as u64)
    }
}

/// Lets a request in or refuses it, and tells in the answer where its limits stand.
pub async fn admit(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match admitted(guard, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn admitted(guard: Guard, request: Request, next: Next) -> Result<Response> {
    let Guard { app, kind } = guard;
    let (mut parts, body) = request.into_parts();
    let caller = authority::caller(&mut parts, &app).await?;
    let policies = app.usage.policies(&caller, kind, app.live_nodes()).await?;
    let declared = if body.is_end_stream() { Some(0) } else { body.size_hint().exact() };
    // Nobody pays for what no endpoint would read.
    let (most, limit) = app.limits.largest_body();
    if declared.is_some_and(|bytes| bytes > most) {
        return Err(body::over(most, limit));
    }
    let admission = app.usage.admit(&caller, kind, policies, declared);
    let Admission { policies, under_way } = match admission {
        Ok(admission) => admission,
        Err(refused) => {
            let (problem, policies) = *refused;
            let mut response = problem.into_response();
            app.usage.tell(response.headers_mut(), &policies);
            return Ok(response);
        }
    };
    let bound = Bound { usage: app.usage.clone(), policies: policies.into() };
    let (read, exhausted) = (Arc::new(AtomicU64::new(0)), Refusal::default());
    let body = match declared {
        Some(0) => body,
        Some(_) => Counted::body(body, Arc::clone(&read), None),
        None => Counted::body(body, Arc::clone(&read), Some(pays(&bound, &exhausted))),
    };
    parts.extensions.insert(bound.clone());
    let paid = Paid { bound: bound.clone(), declared: declared.unwrap_or(0), read };
    let response = next.run(Request::from_parts(parts, body)).await;
    // Before it is told what is left.
    drop(paid);
    let refused = exhausted.lock().unwrap_or_else(PoisonError::into_inner).take();
    let mut response = match refused {
        Some(problem) => Problem::into_response(problem),
        None => held(response, under_way),
    };
    app.usage.tell(response.headers_mut(), &bound.policies);
    Ok(response)
}

/// Pays for a body whose length nobody said, and keeps the refusal when it cannot.
fn pays(bound: &Bound, exhausted: &Refusal) -> Pay {
    let (bound, exhausted) = (bound.clone(), Arc::clone(exhausted));
    Box::new(move |bytes| {
        bound.usage.take(&bound.policies, Measure::Bytes, bytes).map_err(|problem| {
            *exhausted.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
            Exhausted
        })
    })
}

/// Bytes of an answer that may wait for its reader without counting.
const SMALL_BYTES_MAX: u64 = 64 << 10;

/// An answer that is not small is under way until it has gone: whoever asks for many and reads none
/// would fill the memory.
fn held(response: Response, under_way: super::meters::UnderWay) -> Response {
    if response.body().size_hint().exact().is_some_and(|bytes| bytes <= SMALL_BYTES_MAX) {
        return response;
    }
    response.map(|body: Body| Held::body(body, under_way))
}
