//! The shapes of what an operator is answered, for the documentation.

use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema as _, ToSchema};

/// That the process lives.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `alive`.
    pub(super) status: &'static str,
}

/// Whether requests can be served.
#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    /// `ready` or `unready`.
    pub(super) status: &'static str,
    /// The checks that failed: `database`, `migrations`, `blobs`, `stopping`. A server is ready
    /// without `blobs`: what needs no attachment is served.
    pub(super) failed: Vec<&'static str>,
}

/// The shape of [`Health`].
pub(super) fn health() -> RefOr<Schema> {
    Health::schema()
}

/// The shape of [`Readiness`].
pub(super) fn readiness() -> RefOr<Schema> {
    Readiness::schema()
}

/// Plain text.
pub(super) fn text() -> RefOr<Schema> {
    String::schema()
}
