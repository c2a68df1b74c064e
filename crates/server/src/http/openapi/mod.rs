//! What the documentation says of each endpoint (OpenAPI 3.1), kept beside its route.

mod operation;

pub use operation::{Answer, Operation, Parameter, Payload, Place};
