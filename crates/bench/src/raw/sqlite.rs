//! Raw SQLite: the server's tables and settings, one connection, one commit a group.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, params};

use super::{Group, Rate, Stopwatch};

/// As the server creates them (migration 0002).
const TABLES: &str = "
    create table statement (
        tenant integer not null, position integer not null, id blob not null,
        flags integer not null, dictionary integer not null, body blob not null,
        primary key (tenant, position)) strict, without rowid;
    create table statement_id (
        tenant integer not null, id blob not null, position integer not null,
        primary key (tenant, id)) strict, without rowid;
    create table posting (
        tenant integer not null, key integer not null, position integer not null,
        primary key (tenant, key, position)) strict, without rowid;
    create table inherited (
        tenant integer not null, key integer not null, position integer not null,
        source integer not null,
        primary key (tenant, key, position, source)) strict, without rowid;";

/// As the server opens its writer.
const SETTINGS: &str = "
    pragma page_size = 4096;
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma wal_autocheckpoint = 16000;
    pragma cache_size = -65536;
    pragma temp_store = memory;";

/// Inserts `groups` into a new file in `folder`, which is removed again.
pub(crate) fn insert(folder: &Path, groups: &[Group]) -> Result<Rate> {
    let folder = tempfile::Builder::new().prefix("raw-sqlite.").tempdir_in(folder)?;
    let file = folder.path().join("raw.db");
    let mut connection = Connection::open(&file).context("opening the raw file")?;
    connection.execute_batch(SETTINGS).context("setting the raw file up")?;
    connection.execute_batch(TABLES).context("setting the raw file up")?;
    let begun = Stopwatch::start();
    for group in groups {
        commit(&mut connection, group).context("inserting into the raw file")?;
    }
    let (elapsed, worked) = begun.stop();
    let rows: i64 = connection.query_row("select count(*) from statement", [], |r| r.get(0))?;
    let rows = usize::try_from(rows).context("a count is not negative")?;
    ensure!(rows == groups.iter().map(|group| group.ids.len()).sum::<usize>(), "rows are missing");
    connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
    drop(connection);
    let bytes = std::fs::metadata(&file).context("measuring the raw file")?.len();
    let way = format!("SQLite, {} a commit", size(groups));
    Ok(Rate { way, rows, elapsed, worked, bytes })
}

/// Statements in a group.
pub(super) fn size(groups: &[Group]) -> usize {
    groups.first().map_or(0, |group| group.ids.len())
}

fn commit(connection: &mut Connection, group: &Group) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert =
            transaction.prepare_cached("insert into statement values (1, ?1, ?2, 0, 1, ?3)")?;
        let rows = group.positions.iter().zip(&group.ids).zip(&group.bodies);
        for ((position, id), body) in rows {
            insert.execute(params![position, id.as_bytes(), body])?;
        }
        let mut insert =
            transaction.prepare_cached("insert into statement_id values (1, ?1, ?2)")?;
        for (id, position) in &group.sorted_ids {
            insert.execute(params![id.as_bytes(), position])?;
        }
        let mut insert = transaction.prepare_cached("insert into posting values (1, ?1, ?2)")?;
        for (key, position) in &group.postings {
            insert.execute(params![key, position])?;
        }
    }
    transaction.commit()
}
