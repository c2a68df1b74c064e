//! The store that the server works on: a data folder, perhaps a database, and a key to it.
//!
//! With `--data` it is kept, with a note of what was filled in, and the next run goes on with it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use rusqlite::OpenFlags;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::raw::postgres::connect;

const NOTES: &str = "rollbook-bench.json";

/// What is stored, on disk.
pub(crate) struct Footprint {
    /// Bytes of each table with its indexes, the largest first.
    pub(crate) tables: Vec<(String, u64)>,
    /// Bytes of everything.
    pub(crate) bytes: u64,
}

/// A store.
pub(crate) struct Store {
    folder: PathBuf,
    /// The administrator's database, if we made our own beside it.
    made_by: Option<String>,
    temporary: Option<TempDir>,
    notes: Notes,
    next: AtomicU64,
}

#[derive(Serialize, Deserialize)]
struct Notes {
    seed: u64,
    statements: u64,
    database: Option<String>,
    key: String,
    secret: String,
}

#[derive(Deserialize)]
struct Credential {
    key: String,
    secret: String,
}

impl Store {
    /// Goes on with the store in `data`, or makes one there, or a temporary one in this folder.
    pub(crate) async fn open(
        program: &Path,
        data: Option<&Path>,
        database: Option<&str>,
        seed: u64,
    ) -> Result<Self> {
        let temporary = match data {
            Some(folder) => {
                fs::create_dir_all(folder)
                    .with_context(|| format!("creating {}", folder.display()))?;
                None
            }
            None => Some(tempfile::Builder::new().prefix("rollbook-bench.").tempdir_in(".")?),
        };
        let folder = temporary.as_ref().map(TempDir::path).or(data);
        let folder = folder.expect("one of the two is there").to_owned();
        if let Ok(text) = fs::read_to_string(folder.join(NOTES)) {
            let notes: Notes = serde_json::from_str(&text).context("reading the notes")?;
            ensure!(notes.seed == seed, "{} has seed {}", folder.display(), notes.seed);
            ensure!(
                notes.database.is_some() == database.is_some(),
                "{} was filled for the other engine",
                folder.display()
            );
            let next = AtomicU64::new(notes.statements);
            return Ok(Self { folder, made_by: None, temporary, notes, next });
        }
        let made = match database {
            Some(url) => Some(make_database(url, "rollbook_bench").await?),
            None => None,
        };
        let notes = Notes {
            seed,
            statements: 0,
            database: made,
            key: String::new(),
            secret: String::new(),
        };
        let made_by = database.filter(|_| temporary.is_some()).map(str::to_owned);
        let mut store = Self { folder, made_by, temporary, notes, next: AtomicU64::new(0) };
        store.make_key(program)?;
        Ok(store)
    }

    fn make_key(&mut self, program: &Path) -> Result<()> {
        let credential = self.new_key(program, "all", &[])?;
        self.notes.key = credential.key;
        self.notes.secret = credential.secret;
        Ok(())
    }

    /// Makes another tenant; a key of it, and its secret.
    pub(crate) fn make_neighbour(&self, program: &Path) -> Result<(String, String)> {
        // A store that is gone on with has it already; whatever else fails shows with the key.
        drop(self.output(program, &["tenant", "create", "noisy"])?);
        let Credential { key, secret } = self.new_key(program, "all", &["--tenant", "noisy"])?;
        Ok((key, secret))
    }

    /// Makes a key that manages courses and learners too, and its secret.
    pub(crate) fn make_manager(&self, program: &Path) -> Result<(String, String)> {
        let Credential { key, secret } = self.new_key(program, "all,read,write,admin", &[])?;
        Ok((key, secret))
    }

    fn new_key(&self, program: &Path, scopes: &str, more: &[&str]) -> Result<Credential> {
        let create = ["key", "create", "--name", "bench", "--scopes", scopes, "--json"];
        let output = self.output(program, &[&create, more].concat())?;
        if !output.status.success() {
            bail!("making a key failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        serde_json::from_slice(&output.stdout).context("reading the key made")
    }

    /// Runs a command on this store to its end.
    fn output(&self, program: &Path, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(program);
        let output = command.args(arguments).args(self.arguments()).output();
        output.with_context(|| format!("starting {}", program.display()))
    }

    /// The flags by which the server finds it.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let mut arguments = vec![OsString::from("--data"), self.data().into()];
        if let Some(url) = &self.notes.database {
            arguments.extend([OsString::from("--database"), url.into()]);
        }
        arguments
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The folder that is on the measured disk.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    pub(super) fn key(&self) -> &str {
        &self.notes.key
    }

    pub(super) fn secret(&self) -> &str {
        &self.notes.secret
    }

    /// How many statements it holds.
    pub(crate) fn statements(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// The number of the first of `count` statements that are stored nowhere yet.
    pub(crate) fn take(&self, count: u64) -> u64 {
        self.next.fetch_add(count, Ordering::Relaxed)
    }

    /// Notes what it holds for the next run.
    pub(crate) fn save(&mut self) -> Result<()> {
        self.notes.statements = self.statements();
        let text = serde_json::to_string(&self.notes).context("writing the notes")?;
        fs::write(self.folder.join(NOTES), text).context("writing the notes")
    }

    /// The average bytes of the bodies stored last, and the postings of a statement.
    pub(crate) async fn row_sizes(&self) -> Result<(f64, f64)> {
        const SIZES: &str = "select cast((select avg(length(body)) from (select body from statement \
            order by position desc limit 20000) as newest) as double precision), \
            cast((select count(*) from posting) as double precision) \
            / (select count(*) from statement)";
        if let Some(url) = &self.notes.database {
            let row = connect(url).await?.query_one(SIZES, &[]).await?;
            return Ok((row.try_get(0)?, row.try_get(1)?));
        }
        let connection = self.open_file()?;
        Ok(connection.query_row(SIZES, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Bytes on disk. The server is stopped, so its write-ahead log is folded in.
    pub(crate) async fn footprint(&self) -> Result<Footprint> {
        const TABLES: &str = "select relname::text, pg_total_relation_size(oid) from pg_class \
            where relkind = 'r' and relnamespace = 'public'::regnamespace order by 2 desc";
        let folder = folder_bytes(&self.data())?;
        if let Some(url) = &self.notes.database {
            let client = connect(url).await?;
            let mut tables = Vec::new();
            for row in client.query(TABLES, &[]).await? {
                tables.push((row.try_get(0)?, u64::try_from(row.try_get::<_, i64>(1)?)?));
            }
            let bytes = folder + tables.iter().map(|(_, bytes)| bytes).sum::<u64>();
            return Ok(Footprint { tables, bytes });
        }
        let connection = self.open_file()?;
        let mut statement = connection.prepare(
            "select name, sum(pgsize) from dbstat where aggregate = true group by 1 order by 2 desc",
        )?;
        let size =
            |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()));
        let rows = statement.query_map([], size)?;
        Ok(Footprint { tables: rows.collect::<rusqlite::Result<_>>()?, bytes: folder })
    }

    /// The SQLite file, read beside the server.
    fn open_file(&self) -> Result<rusqlite::Connection> {
        let entries = fs::read_dir(self.data()).context("looking for the database")?;
        let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut files: Vec<PathBuf> = files.filter(|path| is_sqlite(path)).collect();
        files.sort_by_key(|path| fs::metadata(path).map_or(0, |facts| facts.len()));
        let file = files.pop().context("no SQLite file in the data folder")?;
        Ok(rusqlite::Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
    }

    /// Removes what was only for this run.
    pub(crate) async fn discard(self) -> Result<()> {
        if let (Some(admin), Some(url)) = (&self.made_by, &self.notes.database) {
            drop_database(admin, url).await?;
        }
        self.temporary.map_or(Ok(()), TempDir::close).context("removing the folder")
    }
}

fn is_sqlite(path: &Path) -> bool {
    use std::io::Read as _;
    let mut start = [0; 16];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && &start == b"SQLite format 3\0"
}

fn folder_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).context("measuring the data folder")? {
        let entry = entry.context("measuring the data folder")?;
        let facts = entry.metadata().context("measuring the data folder")?;
        bytes += if facts.is_dir() { folder_bytes(&entry.path())? } else { facts.len() };
    }
    Ok(bytes)
}

/// Makes a database of our own on the server of `url`, and answers its URL.
pub(crate) async fn make_database(url: &str, prefix: &str) -> Result<String> {
    let name = format!("{prefix}_{}", std::process::id());
    let made = with_database(url, &name).context("--database is no postgres:// URL")?;
    let client = connect(url).await?;
    client.batch_execute(&format!("create database {name}")).await.context("making a database")?;
    Ok(made)
}

/// Drops the database of `made`, a URL that [`make_database`] gave.
pub(crate) async fn drop_database(url: &str, made: &str) -> Result<()> {
    let name = made.rsplit('/').next().unwrap_or_default();
    let name = name.split('?').next().unwrap_or_default();
    let text = format!("drop database if exists {name} with (force)");
    connect(url).await?.batch_execute(&text).await.context("dropping a database")
}

/// `url` with another database in it; nothing if it is no URL.
pub(crate) fn with_database(url: &str, name: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(r, query)| (r, Some(query)));
    let host = rest.split('/').next()?;
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{scheme}://{host}/{name}{query}"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_changes() {
        let other = |url| with_database(url, "other");
        let expected = Some("postgres://u:p@h:5433/other?sslmode=disable".to_owned());
        assert_eq!(other("postgres://u:p@h:5433/mine?sslmode=disable"), expected);
        assert_eq!(other("postgres://h"), Some("postgres://h/other".to_owned()));
        assert_eq!(other("host=h"), None);
    }
}
