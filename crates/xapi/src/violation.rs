//! What is wrong with a statement, for the developer who sent it.
//!
//! A violation never repeats a whole value of the statement: messages go to logs and tickets, and
//! statements speak of people.

use std::fmt;

/// One rule of the standard that a statement breaks, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The requirement's id, such as `XAPI-00016`; `RB-…` where the conformance suite has none.
    pub requirement: &'static str,
    /// The clause of the version that the statement was checked against.
    pub clause: &'static str,
    /// Where, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What a developer changes to make it right.
    pub fix: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requirement, clause, pointer, message, fix } = self;
        write!(f, "{pointer}: {message}; {fix} ({requirement}, {clause})")
    }
}

impl std::error::Error for Violation {}
