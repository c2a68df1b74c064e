//! One service out of every feature, and how it is served.
//!
//! The order in which a request is understood: it gets an id, its path is made canonical, a
//! preflight is answered, the alternate syntax is rewritten, its version is settled, and only then
//! is it routed. Whatever the answer, in the xAPI tree it carries the version and the CORS headers.

use crate::app::App;
use crate::error::Problem;
use crate::http::feature::{self, Feature};
use crate::http::paths::{self, Place};
use crate::http::{alternate, cors, patience, version};
use crate::ids::Ids;
use crate::limits::Limits;
use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use rollbook_xapi::version::Version;
use std::any::Any;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;
use tower::{Service, ServiceExt as _};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

/// The header by which a request is found in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that a client may choose for its request, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// The whole server as one `tower` service: used over TCP and, in tests, without it.
#[derive(Clone)]
pub struct Front {
    router: Router,
    limits: Arc<Limits>,
    ids: Ids,
    door: Arc<Semaphore>,
}

/// Paths that are answered however busy the process is: whoever watches it must see it.
const WATCHED: &[&str] = &["/healthz", "/readyz", "/metrics"];

/// The service of a running server.
pub fn service(app: App) -> Front {
    service_of(app, crate::FEATURES)
}

/// The service of some features only.
pub fn service_of(app: App, features: &[&'static Feature]) -> Front {
    let limits = app.limits.clone();
    let ids = app.ids.clone();
    Front::new(feature::router(&app, features).with_state(app), limits, ids)
}

impl Front {
    /// Puts what all requests share before `router`.
    pub fn new(router: Router, limits: Limits, ids: Ids) -> Self {
        let router = router
            .fallback(not_found)
            .method_not_allowed_fallback(method_not_allowed)
            // Each body is read within a limit of its own, by name.
            .layer(DefaultBodyLimit::disable())
            .layer(CatchPanicLayer::custom(panicked));
        let door = Arc::new(Semaphore::new(limits.requests_max));
        Self { router, limits: Arc::new(limits), ids, door }
    }

    async fn answer(self, mut request: Request<Body>) -> Response<Body> {
        let id = self.request_id(&request);
        let place = paths::canonical(&mut request);
        let span = tracing::info_span!(
            "request",
            id = id.to_str().unwrap_or_default(),
            method = %request.method(),
            path = request.uri().path(),
        );
        let mut response = async {
            // Refused before any work: what is more than this process can do helps nobody.
            let admitted = self.door.clone().try_acquire_owned();
            if admitted.is_err() && !WATCHED.contains(&request.uri().path()) {
                return dressed(version::of(request.headers()).ok(), busy(&self.limits));
            }
            let within = Duration::from_secs(self.limits.request_body_seconds_max);
            let request = request.map(|body| patience::within(body, within));
            let response = match place {
                Ok(Place::Elsewhere) => self.route(request).await,
                Ok(Place::Resource { .. } | Place::Stray) => self.answer_xapi(request).await,
                Err(problem) => {
                    dressed(version::of(request.headers()).ok(), problem.into_response())
                }
            };
            tracing::debug!(status = response.status().as_u16(), "Answered");
            response
        }
        .instrument(span)
        .await;
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }

    async fn answer_xapi(self, request: Request<Body>) -> Response<Body> {
        let asked = version::of(request.headers()).ok();
        let (asked, response) = if request.method() == Method::OPTIONS {
            (asked, cors::preflight(request.headers()))
        } else {
            match alternate::rewrite(request, &self.limits).await {
                Ok(request) => (version::of(request.headers()).ok(), self.route(request).await),
                Err(problem) => (asked, problem.into_response()),
            }
        };
        dressed(asked, response)
    }

    async fn route(self, request: Request<Body>) -> Response<Body> {
        let Ok(response) = self.router.oneshot(request).await;
        response
    }

    /// The client's id for this request if it is fit to be logged, or a new one.
    fn request_id(&self, request: &Request<Body>) -> HeaderValue {
        let given = request.headers().get(REQUEST_ID).filter(|value| {
            (1..=REQUEST_ID_BYTES_MAX).contains(&value.len())
                && value.as_bytes().iter().all(u8::is_ascii_graphic)
        });
        given.cloned().unwrap_or_else(|| {
            let id = self.ids.statement().to_string();
            HeaderValue::try_from(id).expect("a UUID is ASCII")
        })
    }
}

impl<B> Service<Request<B>> for Front
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let front = self.clone();
        let request = request.map(Body::new);
        Box::pin(async move { Ok(front.answer(request).await) })
    }
}

/// An answer in the xAPI tree, with the version and the CORS headers.
fn dressed(asked: Option<Version>, mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(version::HEADER, version::latest(asked));
    cors::open(response.headers_mut());
    response
}

/// 503: this process works on as many requests as it may.
fn busy(limits: &Limits) -> Response<Body> {
    let detail = format!(
        "this server works on {} requests already (`requests_max`); send this one again in a moment",
        limits.requests_max
    );
    let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "server.busy", detail);
    problem.headers.push((header::RETRY_AFTER, HeaderValue::from(1)));
    problem.into_response()
}

async fn not_found() -> Problem {
    Problem::not_found("there is nothing at this path")
}

async fn method_not_allowed() -> Problem {
    let detail = "this path has other methods, see the header `Allow`";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "request.method_not_allowed", detail)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands over the panic")]
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal(anyhow::anyhow!("a handler panicked: {text}")).into_response()
}
