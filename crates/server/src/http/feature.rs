//! One table from which the router, the authority probes and the prepare test come.
//!
//! A feature that is not in [`crate::FEATURES`] does not exist; one that is cannot miss a test.

use crate::app::App;
use crate::http::openapi::Operation;
use crate::operate::Seen;
use crate::tenants::Scope;
use crate::usage::{self, Guard};
use axum::Router;
use axum::middleware;
use axum::routing::MethodRouter;
use http::Request;
use rollbook_db::Sql;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Anybody, without a credential.
    Open,
    /// A caller who holds one of these scopes.
    AnyOf(&'static [Scope]),
}

/// One method on one path.
pub struct Endpoint {
    /// The HTTP method, upper case.
    pub method: &'static str,
    /// The path under the router, such as `/xapi/statements`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What the documentation says of it.
    pub operation: Operation,
    /// Makes the axum handler for just this method.
    pub handler: fn() -> MethodRouter<App>,
}

/// One thing that a user can name.
pub struct Feature {
    /// The folder's name.
    pub name: &'static str,
    /// All of its endpoints.
    pub endpoints: &'static [Endpoint],
    /// All of its SQL texts.
    pub sql: &'static [&'static [&'static Sql]],
}

/// The router of every endpoint of `features`. What asks who is calling is within limits.
pub fn router(app: &App, features: &[&'static Feature]) -> Router<App> {
    let mut router = Router::new();
    for endpoint in features.iter().flat_map(|feature| feature.endpoints) {
        let handler = (endpoint.handler)();
        let guarded = match endpoint.access {
            Access::Open => handler,
            Access::AnyOf(_) => {
                let guard = Guard::new(app.clone(), endpoint.method, endpoint.path);
                handler.route_layer(middleware::from_fn_with_state(guard, usage::admit))
            }
        };
        // Outside of the limits: what they refuse is seen under its endpoint too.
        let named = Named { place: place_of(endpoint) };
        router = router.route(endpoint.path, guarded.layer(named));
    }
    router
}

/// Where an endpoint stands in the table of all of them.
fn place_of(endpoint: &Endpoint) -> Option<usize> {
    let mut all = crate::FEATURES.iter().flat_map(|feature| feature.endpoints);
    all.position(|other| (other.method, other.path) == (endpoint.method, endpoint.path))
}

/// Tells whoever watches a request which endpoint answers it.
#[derive(Clone, Copy)]
struct Named {
    place: Option<usize>,
}

#[derive(Clone)]
struct NamedService<S> {
    place: Option<usize>,
    inner: S,
}

impl<S> Layer<S> for Named {
    type Service = NamedService<S>;

    fn layer(&self, inner: S) -> NamedService<S> {
        NamedService { place: self.place, inner }
    }
}

impl<S, B> Service<Request<B>> for NamedService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        if let Some(place) = self.place {
            Seen::endpoint(request.extensions(), place);
        }
        self.inner.call(request)
    }
}
