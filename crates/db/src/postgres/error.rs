//! What PostgreSQL's error codes mean to a caller.
//!
//! The server quotes values of the row in DETAIL and, for malformed data, in the message: neither
//! goes any further than here.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use tokio_postgres::error::{DbError, SqlState};

use crate::error::Cause;
use crate::{Engine, Error, ErrorKind};

/// A refusal of the server, without the values that it quotes.
#[derive(Debug)]
struct Refusal {
    code: SqlState,
    message: String,
    table: Option<String>,
    constraint: Option<String>,
}

impl Refusal {
    fn new(error: &DbError) -> Self {
        // Class 22, data exceptions: `invalid input syntax for type uuid: "…"`.
        let quoting = error.code().code().starts_with("22");
        let shown = if quoting { error.message().split(": ").next() } else { None };
        Self {
            code: error.code().clone(),
            message: shown.unwrap_or(error.message()).to_owned(),
            table: error.table().map(str::to_owned),
            constraint: error.constraint().map(str::to_owned),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code.code())?;
        if let Some(table) = &self.table {
            write!(f, " on table {table}")?;
        }
        if let Some(constraint) = &self.constraint {
            write!(f, " by constraint {constraint}")?;
        }
        Ok(())
    }
}

impl StdError for Refusal {}

pub(super) fn refused(sql: &'static str, error: tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(refusal) => refused_as(sql, kind(refusal.code()), Arc::new(Refusal::new(refusal))),
        None if lost(&error) => refused_as(sql, ErrorKind::Closed, Arc::new(error)),
        None => refused_as(sql, ErrorKind::Other, Arc::new(error)),
    }
}

pub(super) fn refused_as(sql: &'static str, kind: ErrorKind, source: Cause) -> Error {
    Error::Refused { engine: Engine::Postgres, sql, kind, source }
}

/// Whether the connection is gone, or never came to be.
fn lost(error: &tokio_postgres::Error) -> bool {
    let is_io = error.source().is_some_and(<dyn StdError>::is::<std::io::Error>);
    // The driver tells a failed connect by its text only.
    error.is_closed() || is_io || error.to_string().starts_with("error connecting")
}

/// A write came to a server, or into a transaction, that takes none.
const READ_ONLY: &str = "25006";

/// Whether a connection that told of this is of no more use although it is open.
pub(super) fn is_read_only(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code() == READ_ONLY)
}

/// A write was refused by a server that takes none, as after a failover.
pub(super) fn demoted(sql: &'static str, error: &tokio_postgres::Error) -> Error {
    let refusal = error.as_db_error().map(Refusal::new).expect("a server said so by its code");
    refused_as(sql, ErrorKind::Closed, Arc::new(refusal))
}

/// What did not answer in time.
pub(super) fn unanswered(sql: &'static str, late: tokio::time::error::Elapsed) -> Error {
    refused_as(sql, ErrorKind::Closed, Arc::new(late))
}

fn kind(code: &SqlState) -> ErrorKind {
    match code.code() {
        "23505" => ErrorKind::Conflict,
        "40001" | "40P01" => ErrorKind::Serialization,
        // Lock not available, canceled by a timeout, too many connections.
        "55P03" | "57014" | "53300" => ErrorKind::Busy,
        // Shut down, crashed, not up yet; idle in transaction for too long.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => ErrorKind::Closed,
        // No such database, schema or table.
        "3D000" | "3F000" | "42P01" => ErrorKind::Missing,
        code if code.starts_with("08") => ErrorKind::Closed,
        _ => ErrorKind::Other,
    }
}
