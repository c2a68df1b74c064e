//! Copying the file while it is written, and looking for damage in it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::connection::{reader, refused};
use crate::{Check, Error, Options, Result};

const PAGES_PER_STEP: i32 = 256;

/// Copies `file` to `path`, which gets its name only when the copy is whole and synced.
pub(super) fn backup(
    file: &Path,
    options: &Options,
    path: &Path,
    progress: impl FnMut(u32, u32),
) -> Result<()> {
    if path.exists() {
        return Err(failed("replacing", path)(io::ErrorKind::AlreadyExists.into()));
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    if partial.exists() {
        fs::remove_file(&partial).map_err(failed("removing", &partial))?;
    }
    let source = reader(file, options)?;
    copy(&source, &partial, progress).map_err(|error| refused("backup", error))?;
    File::open(&partial).and_then(|copy| copy.sync_all()).map_err(failed("syncing", &partial))?;
    fs::rename(&partial, path).map_err(failed("naming", path))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("syncing", folder))
}

fn copy(
    source: &Connection,
    target: &Path,
    mut progress: impl FnMut(u32, u32),
) -> rusqlite::Result<()> {
    // The snapshot is held: otherwise every commit of the writer would start the copy again.
    source.execute_batch("begin deferred")?;
    source.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
    let mut target = Connection::open(target)?;
    let backup = Backup::new(source, &mut target)?;
    loop {
        let step = backup.step(PAGES_PER_STEP)?;
        let pages = backup.progress();
        progress(count(pages.remaining), count(pages.pagecount));
        match step {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked => std::thread::yield_now(),
            _ => {}
        }
    }
}

/// What is wrong with the file, a line each; nothing if it is sound.
pub(super) fn check(file: &Path, options: &Options, depth: Check) -> Result<Vec<String>> {
    let connection = reader(file, options)?;
    let (name, text) = match depth {
        Check::Quick => ("quick_check", "pragma quick_check"),
        Check::Full => ("integrity_check", "pragma integrity_check"),
    };
    let findings = || {
        let mut statement = connection.prepare(text)?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
        lines.filter(|line| line.as_deref() != Ok("ok")).collect::<rusqlite::Result<Vec<_>>>()
    };
    findings().map_err(|error| refused(name, error))
}

fn count(pages: i32) -> u32 {
    u32::try_from(pages).unwrap_or(0)
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { what, path, source: Arc::new(source) }
}
