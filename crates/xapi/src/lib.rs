//! The xAPI statement model and its rules, for 1.0.3 and for 2.0 (IEEE 9274.1.1), without I/O.
//!
//! The way of a statement: [`json::parse`] turns text into nodes that keep every value's exact
//! text, [`validate::statement`] finds every violation or gives the typed view of
//! [`statement::Statement`], and the other modules read that view. No module here knows a clock, a
//! socket, a file or a database.

pub mod json;

pub mod version;
pub mod violation;

pub mod decimal;
pub mod duration;
pub mod ifi;
pub mod iri;
pub mod language;
pub mod timestamp;

pub mod activity;
pub mod actor;
pub mod attachment;
pub mod context;
pub mod object;
pub mod result;
pub mod statement;
pub mod verb;

pub mod validate;

pub mod complete;
pub mod definition;
pub mod equality;
pub mod format;
pub mod index;
pub mod person;
pub mod signature;

mod part;
mod splice;

#[cfg(test)]
mod testing;
