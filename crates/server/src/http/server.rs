//! One service out of every feature, and how it is served.
//!
//! The order in which a request is understood: it gets an id, its path is made canonical, a
//! preflight is answered, the alternate syntax is rewritten, its version is settled, and only then
//! is it routed. Whatever the answer, in the xAPI tree it carries the version and the CORS headers,
//! and so it does under `/api`; a refusal says which request it was.

use crate::app::App;
use crate::error::{self, Code, Problem};
use crate::http::authority::Known;
use crate::http::client::{Peer, Proxies};
use crate::http::feature::{self, Feature};
use crate::http::paths::{self, Place};
use crate::http::trace::{REQUEST_ID, RequestIds};
use crate::http::{alternate, api, cors, version};
use crate::ids::Ids;
use crate::limits::Limits;
use crate::operate::panic;
use crate::operate::watch::Watched;
use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use rollbook_xapi::version::Version;
use std::any::Any;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Service, ServiceExt as _};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument as _, Span};

/// The whole server as one `tower` service: used over TCP and, in tests, without it.
#[derive(Clone)]
pub struct Front {
    router: Router,
    limits: Arc<Limits>,
    ids: Ids,
    /// The server whose requests are watched; none for a router of a few routes.
    app: Option<App>,
    proxies: Proxies,
    /// Whether this is the content origin, where there is neither xAPI nor API.
    is_content: bool,
}

/// The service of a running server.
pub fn service(app: App) -> Front {
    service_of(app, crate::FEATURES)
}

/// The service of some features only.
pub fn service_of(app: App, features: &[&'static Feature]) -> Front {
    let limits = app.limits.clone();
    let (ids, proxies) = (app.ids.clone(), app.proxies.clone());
    let router = feature::router(features).with_state(app.clone());
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
        let (limits, proxies) = (Arc::new(limits), Proxies::default());
        Self { router, limits, ids, app: None, proxies, is_content: false }
    }

    /// The same on an origin on which there is neither xAPI nor API.
    #[must_use]
    pub fn of_content(self) -> Self {
        Self { is_content: true, ..self }
    }

    /// The same behind proxies that say where a request comes from.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }

    async fn answer(self, mut request: Request<Body>) -> Response<Body> {
        let ids = RequestIds::of(request.headers(), &self.ids);
        request.extensions_mut().insert(ids.clone());
        let has_body = request.method() != Method::HEAD;
        if let Some(peer) = request.extensions().get::<Peer>().copied() {
            let client = self.proxies.client(peer, request.headers());
            request.extensions_mut().insert(client);
        }
        let watched = self.app.as_ref().map(|app| Watched::begin(app, &mut request, &ids));
        let place =
            if self.is_content { Ok(Place::Elsewhere) } else { paths::canonical(&mut request) };
        let span = watched.as_ref().map_or_else(Span::none, |watched| watched.span(&ids));
        let mut response = async {
            let response = match place {
                Ok(Place::Elsewhere) if !self.is_content && api::holds(request.uri().path()) => {
                    self.answer_api(request).await
                }
                Ok(Place::Elsewhere) => self.route(request).await,
                Ok(Place::Resource { .. } | Place::Stray) => self.answer_xapi(request).await,
                Err(problem) => {
                    dressed(version::of(request.headers()).ok(), problem.into_response())
                }
            };
            match watched {
                Some(watched) => watched.end(response),
                None => response,
            }
        }
        .instrument(span)
        .await;
        error::identify(&mut response, &ids, has_body);
        response.headers_mut().insert(REQUEST_ID, ids.header());
        response
    }

    async fn answer_api(self, request: Request<Body>) -> Response<Body> {
        let mut response = if request.method() == Method::OPTIONS {
            api::preflight(request.headers())
        } else {
            self.route(request).await
        };
        api::dress(response.headers_mut());
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

    /// The answer of the router, with whoever was found to call in its extensions.
    async fn route(self, mut request: Request<Body>) -> Response<Body> {
        let known = Known::default();
        request.extensions_mut().insert(known.clone());
        let Ok(mut response) = self.router.oneshot(request).await;
        if let Some(caller) = known.caller() {
            response.extensions_mut().insert(caller);
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

async fn not_found() -> Problem {
    Problem::not_found("there is nothing at this path")
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
