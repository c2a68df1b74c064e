//! One table from which the router, the authority probes and the prepare test come.
//!
//! A feature that is not in [`crate::FEATURES`] does not exist; one that is cannot miss a test.

use crate::app::App;
use crate::http::openapi::Operation;
use crate::tenants::Scope;
use crate::usage::{self, Guard};
use axum::Router;
use axum::middleware;
use axum::routing::MethodRouter;
use rollbook_db::Sql;

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
        router = router.route(endpoint.path, guarded);
    }
    router
}
