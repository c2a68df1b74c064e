//! An address of their own for operators: health and metrics without a credential.
//!
//! It answers until the very end, so that a server that is stopping can be watched. It is for a
//! network that only operators and their tools can reach.

use super::health;
use crate::app::App;
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

/// Answers on `listener` for as long as it is polled.
pub async fn serve(app: App, listener: TcpListener) {
    let router = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics_within))
        .with_state(app);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::warn!(cause = %error.kind(), "The operators' address answers no more");
    }
}
