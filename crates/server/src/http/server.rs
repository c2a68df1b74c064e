//! One service out of every feature, and how it is served.
//!
//! The order in which a request is understood: it gets an id, its path is made canonical, a
//! preflight is answered, the alternate syntax is rewritten, its version is settled, and only then
//! is it routed. Whatever the answer, in the xAPI tree it carries the version and the CORS headers,
//! and so it does under `/api`; a refusal says which request it was.

use crate::app::App;
use crate::catapult;
use crate::cmi5::Line;
use crate::creatiq;
use crate::error::{self, Code, Problem};
use crate::http::alternate::Room;
use crate::http::client::{Peer, Proxies};
use crate::http::feature::{self, Feature};
use crate::http::paths::{self, Place};
use crate::http::trace::{REQUEST_ID, RequestIds};
use crate::http::{alternate, api, cors, patience, version};
use crate::ids::Ids;
use crate::limits::Limits;
use crate::operate::watch::Watched;
use crate::operate::{Seen, panic};
use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use rollbook_xapi::version::Version;
use std::any::Any;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;
use tower::{Service, ServiceExt as _};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument as _, Span};

/// The whole server as one `tower` service: used over TCP and, in tests, without it.
#[derive(Clone)]
pub struct Front {
    router: Router,
    limits: Arc<Limits>,
    ids: Ids,
    door: Arc<Semaphore>,
    /// The server whose requests are watched; none for a router of a few routes.
    app: Option<App>,
    proxies: Proxies,
    forms: Room,
    /// What every answer of the content origin has, where there is neither xAPI nor API.
    guard: Option<HeaderMap>,
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
    let (ids, proxies) = (app.ids.clone(), app.proxies.clone());
    let router = feature::router(&app, features).with_state(app.clone());
    Front { app: Some(app), ..Front::new(router, limits, ids).behind(proxies) }
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
        let forms = Room::new(limits.alternate_bytes_max, limits.requests_max / 4);
        let (limits, proxies) = (Arc::new(limits), Proxies::default());
        Self { router, limits, ids, door, app: None, proxies, forms, guard: None }
    }

    /// The content origin, with headers that each of its answers has.
    pub fn of_content(router: Router, app: &App, guard: HeaderMap) -> Self {
        let front = Self::new(router, app.limits.clone(), app.ids.clone());
        Self { app: Some(app.clone()), guard: Some(guard), ..front }.behind(app.proxies.clone())
    }

    /// The same behind proxies that say where a request comes from.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }

    async fn answer(self, mut request: Request<Body>) -> Response<Body> {
        let ids = RequestIds::of(request.headers(), &self.ids);
        request.extensions_mut().insert(ids.clone());
        let seen = Seen::default();
        request.extensions_mut().insert(seen.clone());
        let has_body = request.method() != Method::HEAD;
        let guard = self.guard.clone();
        let is_content = guard.is_some();
        let is_creatiq = !is_content && creatiq::enter(&mut request);
        let is_catapult = !is_content && catapult::holds(request.method(), request.uri().path());
        if let Some(peer) = request.extensions().get::<Peer>().copied()
            && let Some(client) = self.proxies.client(peer, request.headers())
        {
            request.extensions_mut().insert(client);
        }
        let begin = |app| Watched::begin(app, &mut request, &ids, seen, is_content);
        let watched = self.app.as_ref().map(begin);
        let place = if is_content || is_creatiq {
            Ok(Place::Elsewhere)
        } else {
            paths::canonical(&mut request)
        };
        let span = watched.as_ref().map_or_else(Span::none, |watched| watched.span(&ids));
        let mut response = async {
            let mut response = self.let_in(place, request).await;
            if is_catapult {
                catapult::dress(&mut response);
            }
            // Whoever watches sees the answer as it is sent.
            error::identify(&mut response, &ids, has_body);
            if is_creatiq {
                creatiq::enclose(&mut response, has_body);
            }
            if let Some(guard) = guard {
                response.headers_mut().extend(guard);
                let kept = response.headers_mut().entry(header::CACHE_CONTROL);
                kept.or_insert(HeaderValue::from_static("no-store"));
            }
            match watched {
                Some(watched) => watched.end(response),
                None => response,
            }
        }
        .instrument(span)
        .await;
        response.headers_mut().insert(REQUEST_ID, ids.header());
        response
    }

    async fn let_in(self, place: error::Result<Place>, request: Request<Body>) -> Response<Body> {
        // Refused before any work: what is more than this process can do helps nobody.
        let admitted = self.door.clone().try_acquire_owned();
        let is_busy = admitted.is_err() && !WATCHED.contains(&request.uri().path());
        let asked = version::of(request.headers()).ok();
        let within = Duration::from_secs(self.limits.request_body_seconds_max);
        let request = request.map(|body| patience::within(body, within));
        let is_api = self.guard.is_none() && api::holds(request.uri().path());
        match place {
            Ok(Place::Elsewhere) if is_busy => {
                let mut response = busy(&self.limits);
                if is_api {
                    api::dress(response.headers_mut());
                }
                response
            }
            Ok(Place::Elsewhere) if is_api => self.answer_api(request).await,
            Ok(Place::Elsewhere) => self.route(request).await,
            _ if is_busy => dressed(asked, busy(&self.limits)),
            Ok(Place::Resource { .. } | Place::Stray) => self.answer_xapi(request).await,
            Err(problem) => dressed(asked, problem.into_response()),
        }
    }

    async fn answer_api(self, request: Request<Body>) -> Response<Body> {
        let page = cors::fetching(&request);
        let mut response = if request.method() == Method::OPTIONS {
            api::preflight(request.headers())
        } else {
            self.route(request).await
        };
        api::dress(response.headers_mut());
        if let Some(page) = page {
            cors::open_to(response.headers_mut(), page);
        }
        response
    }

    async fn answer_xapi(self, request: Request<Body>) -> Response<Body> {
        let asked = version::of(request.headers()).ok();
        let (asked, response) = if request.method() == Method::OPTIONS {
            (asked, cors::preflight(request.headers()))
        } else {
            match alternate::rewrite(request, &self.limits, &self.forms).await {
                Ok(request) => (version::of(request.headers()).ok(), self.route(request).await),
                Err(problem) => (asked, problem.into_response()),
            }
        };
        dressed(asked, response)
    }

    /// The answer of the router, with whoever was found to call in its extensions.
    async fn route(self, request: Request<Body>) -> Response<Body> {
        let seen = request.extensions().get::<Seen>().cloned();
        let line = Line::of(&request);
        let Ok(mut response) = self.router.oneshot(request).await;
        if let Some(caller) = seen.as_ref().and_then(Seen::who) {
            if let Some(app) = &self.app {
                line.note(app, caller, &response).await;
            }
            response.extensions_mut().insert(caller.clone());
        }
        response
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
    Problem::of(Code::ServerBusy, detail).into_response()
}

async fn not_found(uri: Uri) -> Problem {
    let nothing = || Problem::not_found("there is nothing at this path");
    creatiq::unnamed(uri.path()).unwrap_or_else(nothing)
}

async fn method_not_allowed() -> Problem {
    let detail = "this path has other methods, see the header `Allow`";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, Code::RequestMethodNotAllowed, detail)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands over the panic")]
fn panicked(caught: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let message = panic::message(&*caught);
    Problem::internal(anyhow::anyhow!("a handler panicked: {message}")).into_response()
}
