//! Where a database is and how it is opened. Every limit has a default that suits a small machine.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file; created if there is none.
    Sqlite(PathBuf),
    /// A connection URL, `postgres://…`.
    Postgres(String),
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => f.debug_tuple("Sqlite").field(file).finish(),
            // The URL holds the password.
            Self::Postgres(_) => f.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it is.
    pub location: Location,
    /// A server that follows it and answers reads (PostgreSQL).
    pub replica: Option<Location>,
    /// Whether a server that takes no writes will not do, unless the URL has `target_session_attrs`
    /// (PostgreSQL).
    pub writes: bool,
    /// Reader connections, each on a thread of its own (SQLite).
    pub readers: usize,
    /// Connections in the pool (PostgreSQL).
    pub pool_size: usize,
    /// How long to wait for a connection of the pool, then for the server (PostgreSQL).
    pub connect_timeout: Duration,
    /// How long to wait for another process that writes (SQLite).
    pub busy_timeout: Duration,
    /// Page cache of the writer (SQLite).
    pub writer_cache_bytes: u64,
    /// Page cache of each reader (SQLite).
    pub reader_cache_bytes: u64,
    /// How much of the file readers map into memory; 0 maps none (SQLite).
    pub reader_mmap_bytes: u64,
    /// Pages in the write-ahead log that start a checkpoint (SQLite).
    pub checkpoint_pages: u32,
    /// Jobs that share one commit at most (SQLite).
    pub jobs_per_commit_max: usize,
    /// Time after which a group of jobs is committed although more are waiting (SQLite).
    pub commit_window: Duration,
    /// Jobs that may wait in a queue before their callers are held back (SQLite).
    pub queue_max: usize,
}

impl Options {
    /// The defaults, for a location.
    pub fn new(location: Location) -> Self {
        Self {
            location,
            replica: None,
            writes: true,
            readers: 4,
            pool_size: 16,
            connect_timeout: Duration::from_secs(30),
            busy_timeout: Duration::from_secs(30),
            writer_cache_bytes: 64 << 20,
            reader_cache_bytes: 16 << 20,
            reader_mmap_bytes: 0,
            checkpoint_pages: 16_000,
            jobs_per_commit_max: 256,
            commit_window: Duration::from_millis(10),
            queue_max: 1_024,
        }
    }

    /// The defaults, for a SQLite file.
    pub fn sqlite(file: impl Into<PathBuf>) -> Self {
        Self::new(Location::Sqlite(file.into()))
    }

    /// The defaults, for a PostgreSQL URL.
    pub fn postgres(url: impl Into<String>) -> Self {
        Self::new(Location::Postgres(url.into()))
    }
}
