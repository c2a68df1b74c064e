//! The launcher through HTTP, on both engines. Numbers such as L1 are those of the scenarios in the
//! project's cmi5 page, clauses those of the standard.

mod api;
mod asked;
mod catalogue;
mod cors;
mod documents;
mod fetch;
mod kit;
mod launch;
mod learner;
mod limits;
mod lists;
mod others;
mod over;
mod races;
mod removal;
mod rollup;
mod runtime;
mod scenarios;
mod served;
mod sessions;
mod shapes;
mod sweep;
