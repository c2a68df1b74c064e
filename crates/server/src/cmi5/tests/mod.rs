//! The launcher through HTTP, on both engines. Numbers such as L1 are those of the scenarios in the
//! project's cmi5 page, clauses those of the standard.

mod api;
mod fetch;
mod kit;
mod launch;
mod learner;
mod rollup;
mod runtime;
mod served;
mod sessions;
