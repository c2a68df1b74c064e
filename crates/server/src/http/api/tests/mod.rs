//! The conventions through HTTP, on both engines: cursors, `Idempotency-Key`, bodies and problems.

mod cursors;
mod front;
mod idempotency;
mod kit;
