//! `/healthz`, `/readyz` and `/metrics`.

use super::ready::serves;
use super::schemas::{Health, Readiness};
use super::{metrics as numbers, text};
use crate::app::App;
use crate::http::authority::InstallationOperator;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};

const NO_STORE: (HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// GET /healthz: the process lives.
pub(super) async fn live() -> impl IntoResponse {
    ([NO_STORE], Json(Health { status: "alive" }))
}

/// GET /readyz: whether requests can be served, and if not, what is missing.
pub(super) async fn ready(State(app): State<App>) -> Response {
    let failed = app.operate.ready.check(&app).await;
    let (status, word) = if serves(&failed) {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unready")
    };
    (status, [NO_STORE], Json(Readiness { status: word, failed })).into_response()
}

/// GET /metrics, for who may run this installation.
pub(super) async fn metrics(State(app): State<App>, _: InstallationOperator) -> Response {
    shown(&app)
}

/// GET /metrics where only operators can reach it.
pub(super) async fn metrics_within(State(app): State<App>) -> Response {
    shown(&app)
}

fn shown(app: &App) -> Response {
    let kind = (CONTENT_TYPE, HeaderValue::from_static(text::MEDIA));
    ([NO_STORE, kind], numbers::page(app)).into_response()
}
