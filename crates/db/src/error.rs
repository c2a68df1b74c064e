//! What can go wrong, in the words of both engines.
//!
//! The text of an error never contains a value of a parameter: those are learners' data.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::Engine;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The cause as the engine's driver told it; shared because a failed commit fails many jobs.
pub(crate) type Cause = Arc<dyn StdError + Send + Sync>;

/// What a caller can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A unique key is taken.
    Conflict,
    /// Somebody else held the database too long; the same call may succeed later.
    Busy,
    /// Two transactions cannot both be kept; the same call may succeed at once.
    Serialization,
    /// The connection or the database is gone.
    Closed,
    /// The database, a table or a file does not exist.
    Missing,
    /// Anything else: a fault.
    Other,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conflict => "conflict",
            Self::Busy => "busy",
            Self::Serialization => "serialization",
            Self::Closed => "closed",
            Self::Missing => "missing",
            Self::Other => "other",
        })
    }
}

/// An error of this crate.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine refused a statement, or the connection failed during it.
    #[error("{engine} refused {sql} ({kind})")]
    Refused {
        /// On which engine.
        engine: Engine,
        /// Name of the statement, or of the step (`begin`, `commit`, `connect` …).
        sql: &'static str,
        /// What it means to the caller.
        kind: ErrorKind,
        /// The driver's error.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// A column does not hold what was asked of it.
    #[error("{engine} returned {found} in column {column} of {sql} where {expected} was expected")]
    Column {
        /// On which engine.
        engine: Engine,
        /// Name of the statement.
        sql: &'static str,
        /// Index of the column.
        column: usize,
        /// The kind that was asked for.
        expected: &'static str,
        /// The kind that was there.
        found: &'static str,
    },
    /// Too many or too few arguments.
    #[error("{sql} takes {expected} arguments on {engine} and was given {given}")]
    Arguments {
        /// On which engine.
        engine: Engine,
        /// Name of the statement.
        sql: &'static str,
        /// Parameters of the text.
        expected: usize,
        /// Values and columns given.
        given: usize,
    },
    /// Columns of different lengths, or none at all.
    #[error("the columns given to {sql} are not of one length")]
    Ragged {
        /// On which engine.
        engine: Engine,
        /// Name of the statement.
        sql: &'static str,
    },
    /// A text holds U+0000. PostgreSQL cannot store it, so neither engine does.
    #[error("a text given to {sql} holds U+0000, which cannot be stored")]
    Nul {
        /// On which engine.
        engine: Engine,
        /// Name of the statement.
        sql: &'static str,
    },
    /// A statement of this transaction failed earlier, so the transaction cannot go on.
    #[error("{sql} came after a failed statement of the same transaction")]
    Aborted {
        /// On which engine.
        engine: Engine,
        /// Name of the later statement, or `commit`.
        sql: &'static str,
    },
    /// The job panicked; it was rolled back.
    #[error("the job panicked and was rolled back")]
    Panicked {
        /// On which engine.
        engine: Engine,
    },
    /// The database was closed.
    #[error("the database is closed")]
    Closed {
        /// On which engine.
        engine: Engine,
    },
    /// The engine is too old.
    #[error("{engine} {found} is too old: {least} or later is needed")]
    TooOld {
        /// Which engine.
        engine: Engine,
        /// Its version.
        found: String,
        /// The least version that will do.
        least: &'static str,
    },
    /// This engine cannot do that.
    #[error("{engine} has no {what}")]
    Unsupported {
        /// Which engine.
        engine: Engine,
        /// What was asked for.
        what: &'static str,
    },
    /// A dump is loaded into an empty database only.
    #[error("the database is not empty")]
    Occupied {
        /// Which engine.
        engine: Engine,
    },
    /// A table of a dump does not have the rows that it should have.
    #[error("table {table} has {found} rows where {expected} were expected")]
    Incomplete {
        /// Which table.
        table: String,
        /// Rows that were dumped.
        expected: u64,
        /// Rows that came.
        found: u64,
    },
    /// A file could not be created, moved or removed.
    #[error("{what} {path}")]
    File {
        /// What was tried.
        what: &'static str,
        /// Which file.
        path: std::path::PathBuf,
        /// The system's error.
        source: Arc<std::io::Error>,
    },
    /// The schema in the database is not the one of this program.
    #[error("migration {number} ({name}): {problem}")]
    Migration {
        /// On which engine.
        engine: Engine,
        /// Number of the migration.
        number: i64,
        /// Name of the migration.
        name: String,
        /// What is wrong, and what would mend it.
        problem: &'static str,
    },
}

impl Error {
    /// Why a blocking task gave no result: its program panicked, or the runtime is shutting down.
    pub(crate) fn stopped(engine: Engine, error: &tokio::task::JoinError) -> Self {
        if error.is_panic() { Self::Panicked { engine } } else { Self::Closed { engine } }
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { kind, .. } => *kind,
            Self::Closed { .. } => ErrorKind::Closed,
            _ => ErrorKind::Other,
        }
    }

    /// Name of the statement that failed, or of the step of the transaction.
    pub fn sql(&self) -> Option<&'static str> {
        match self {
            Self::Refused { sql, .. }
            | Self::Column { sql, .. }
            | Self::Arguments { sql, .. }
            | Self::Ragged { sql, .. }
            | Self::Nul { sql, .. }
            | Self::Aborted { sql, .. } => Some(sql),
            _ => None,
        }
    }

    /// The engine that it happened on.
    pub fn engine(&self) -> Option<Engine> {
        match self {
            Self::Refused { engine, .. }
            | Self::Column { engine, .. }
            | Self::Arguments { engine, .. }
            | Self::Ragged { engine, .. }
            | Self::Nul { engine, .. }
            | Self::Aborted { engine, .. }
            | Self::Panicked { engine }
            | Self::Closed { engine }
            | Self::TooOld { engine, .. }
            | Self::Unsupported { engine, .. }
            | Self::Occupied { engine }
            | Self::Migration { engine, .. } => Some(*engine),
            Self::Incomplete { .. } => Some(Engine::Postgres),
            Self::File { .. } => None,
        }
    }
}
