//! cmi5 (Quartz, 1st edition), as far as it needs no I/O.
//!
//! A course structure out of its XML with every fault at once; what a launch hands over; which
//! statements of an assignable unit a session takes; who has satisfied what. The same input gives
//! the same answer: the time, ids and what was stored before are arguments.
//!
//! Clauses are those of the specification, requirement ids (`R:…`) those of its published list.

pub mod course;
pub mod history;
pub mod launch;
pub mod rollup;
pub mod rules;
pub mod statements;
pub mod structure;
pub mod terms;
