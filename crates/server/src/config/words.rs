//! Values that only one setting takes.

use super::settings::{Database, LogFormat};
use super::value;
use crate::http::client::ProxyHeader;
use tracing_subscriber::EnvFilter;

/// Text as it is. One of the signatures that `set!` takes.
#[expect(clippy::unnecessary_wraps, reason = "every value is read by a function that may refuse")]
pub(super) fn some_text(text: &str) -> Result<Option<String>, String> {
    Ok(Some(text.to_owned()))
}

pub(super) fn database(text: &str) -> Result<Database, String> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(Database::Postgres(text.to_owned()));
    }
    // The text may hold a password, so it is not repeated.
    Err("a database is named by a URL that starts with postgres://; without one the record is a \
         SQLite file in the data folder"
        .to_owned())
}

pub(super) fn log_level(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is not a level such as info, or info,rollbook_db=debug")),
    }
}

pub(super) fn proxy_header(text: &str) -> Result<ProxyHeader, String> {
    match text {
        "x-forwarded-for" => Ok(ProxyHeader::XForwardedFor),
        "forwarded" => Ok(ProxyHeader::Forwarded),
        _ => Err(format!("{text:?} is neither x-forwarded-for nor forwarded")),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{text:?} is neither text nor json")),
    }
}

/// Paths are in an index, whose entries have an end on PostgreSQL.
pub(super) fn package_path(text: &str) -> Result<usize, String> {
    match value::size(text)? {
        bytes @ ..=1_024 => Ok(bytes),
        _ => Err("a path in a package has at most 1KiB".to_owned()),
    }
}

/// A stored body of more than 64 MiB counts as damaged, and the LRS adds members of its own.
pub(super) fn statement(text: &str) -> Result<usize, String> {
    const BYTES_MAX: usize = 63 << 20;
    match value::size(text)? {
        bytes @ ..=BYTES_MAX => Ok(bytes),
        _ => Err("a statement has at most 63MiB".to_owned()),
    }
}

/// `decisions.md` 4: a page may be raised to 1,000 statements and no further.
pub(super) fn page(text: &str) -> Result<usize, String> {
    match value::count(text)? {
        count @ ..=1_000 => Ok(count),
        _ => Err("a page holds at most 1000".to_owned()),
    }
}
