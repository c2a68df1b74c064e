//! Opening a file: the version that will do, the pragmas, and how the driver's errors are read.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::{Engine, Error, ErrorKind, Options, Result};

/// Before 3.51.3 a checkpoint that restarts the WAL could corrupt the file (the WAL-reset bug).
const LEAST_VERSION: (i32, &str) = (3_051_003, "3.51.3");

const PAGE_BYTES: u32 = 4_096;
const STATEMENTS_CACHED: usize = 256;

pub(super) fn assert_version() -> Result<()> {
    let (least_number, least) = LEAST_VERSION;
    if rusqlite::version_number() >= least_number {
        return Ok(());
    }
    let found = rusqlite::version().to_owned();
    Err(Error::TooOld { engine: Engine::Sqlite, found, least })
}

/// The connection that writes; creates the file.
pub(super) fn writer(file: &Path, options: &Options) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = open(file, flags, options.busy_timeout)?;
    let prepared = (|| {
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        if pages == 0 {
            connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        }
        write_ahead(&connection, options.busy_timeout)?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "wal_autocheckpoint", options.checkpoint_pages)?;
        common(&connection, options.writer_cache_bytes)
    })();
    prepared.map_err(|error| refused("open", error))?;
    Ok(connection)
}

/// A connection that only reads, and may be one of many.
pub(super) fn reader(file: &Path, options: &Options) -> Result<Connection> {
    // Not read-only for the file system: a reader of a WAL database takes part in its shared index.
    let connection = open(file, OpenFlags::SQLITE_OPEN_READ_WRITE, options.busy_timeout)?;
    let prepared = (|| {
        connection.pragma_update(None, "mmap_size", clamp(options.reader_mmap_bytes))?;
        common(&connection, options.reader_cache_bytes)?;
        connection.pragma_update(None, "query_only", true)
    })();
    prepared.map_err(|error| refused("open", error))?;
    Ok(connection)
}

fn open(file: &Path, flags: OpenFlags, busy_timeout: Duration) -> Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(file, flags).map_err(|error| refused("open", error))?;
    connection.busy_timeout(busy_timeout).map_err(|error| refused("open", error))?;
    Ok(connection)
}

/// Turns the write-ahead log on. SQLite does not wait for a lock here, so we do: two processes may
/// create the same store at the same time.
fn write_ahead(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())) {
            Err(error) if kind(&error) == ErrorKind::Busy && waited < patience => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            outcome => return outcome,
        }
    }
}

fn common(connection: &Connection, cache_bytes: u64) -> rusqlite::Result<()> {
    // A negative cache size counts KiB instead of pages.
    connection.pragma_update(None, "cache_size", -clamp(cache_bytes / 1024))?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    Ok(())
}

fn clamp(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Runs one of the statements that frame transactions.
pub(super) fn step(connection: &Connection, name: &'static str, text: &str) -> Result<()> {
    let run = || connection.prepare_cached(text)?.execute([]).map(|_| ());
    run().map_err(|error| refused(name, error))
}

pub(super) fn refused(sql: &'static str, error: rusqlite::Error) -> Error {
    Error::Refused { engine: Engine::Sqlite, sql, kind: kind(&error), source: Arc::new(error) }
}

fn kind(error: &rusqlite::Error) -> ErrorKind {
    // SQLite has no code of its own for a table that is not there.
    if let rusqlite::Error::SqlInputError { msg: text, .. }
    | rusqlite::Error::SqliteFailure(_, Some(text)) = error
        && text.starts_with("no such table")
    {
        return ErrorKind::Missing;
    }
    let Some(cause) = error.sqlite_error() else { return ErrorKind::Other };
    match (cause.code, cause.extended_code) {
        (
            ErrorCode::ConstraintViolation,
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID,
        ) => ErrorKind::Conflict,
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => ErrorKind::Busy,
        (ErrorCode::CannotOpen, _) => ErrorKind::Missing,
        _ => ErrorKind::Other,
    }
}
