//! The conventions through HTTP, on both engines: cursors, `Idempotency-Key`, bodies and problems.

mod cursors;
mod front;
mod house;
mod idempotency;
mod kit;
