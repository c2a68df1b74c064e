//! Numbered texts that bring a schema up to this program, one runner at a time.
//!
//! What ran stays as it ran: a text that changed since, or a schema from a later program, is an
//! error and nothing is run. Others use the database meanwhile: a step that would have to wait for
//! their locks lets them pass and comes again, because whoever waits for a table makes all who come
//! later wait behind it.

use std::collections::HashSet;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tracing::warn;

use crate::{Db, Engine, Error, ErrorKind, Result, Tx};

/// How often locks are asked for, each time for as long as `PATIENCE` says, and the time between.
const TRIES_MAX: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// Stands among the migrations while a restore goes on.
const RESTORING: &str = "restore";

/// The migrations of a program, oldest first, for each engine: (name, text).
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// For SQLite.
    pub sqlite: &'static [(&'static str, &'static str)],
    /// For PostgreSQL.
    pub postgres: &'static [(&'static str, &'static str)],
}

/// The table that says what ran.
pub(crate) const TABLE: &str = "migration";

const SQLITE_TABLE: &str = "create table if not exists migration (
    number integer primary key, name text not null, checksum text not null, applied integer not null
) strict";

const POSTGRES_TABLE: &str = "create table if not exists migration (
    number bigint primary key, name text not null, checksum text not null, applied bigint not null
)";

crate::sql! {
    /// Held to the end of the transaction, so that one program migrates at a time.
    LOCK = sqlite: "select 1", postgres: "select 1 from pg_advisory_xact_lock(7020658214201) as held";
    /// How long a step waits for a lock.
    PATIENCE = sqlite: "select 1", postgres: "select 1 where set_config('lock_timeout', '2s', true) is not null";
    /// What ran.
    APPLIED = "select number, name, checksum from migration order by number";
    /// Takes the mark of a restore away.
    UNMARK = "delete from migration where name = $1";
    /// Notes that one ran. The time is the database's: it is for people to read.
    NOTE = sqlite: "insert into migration (number, name, checksum, applied)
            values ($1, $2, $3, cast(unixepoch('subsec') * 1000000 as integer))",
        postgres: "insert into migration (number, name, checksum, applied)
            values ($1, $2, $3, (extract(epoch from clock_timestamp()) * 1000000)::bigint)";
}

pub(crate) async fn migrate(db: &Db, sets: &Migrations) -> Result<usize> {
    // Mostly there is nothing to do, and then nothing is locked.
    if pending(db, sets).await? == 0 {
        return Ok(0);
    }
    let (set, restoring) = (of(db, sets), db.restoring);
    let mut tries = 1;
    loop {
        match db.every().write(move |tx| apply(tx, set, restoring)).await {
            Err(error) if waits(&error) && tries < TRIES_MAX => {
                warn!(%error, tries, "A migration lets others pass and tries again");
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

/// Whether a step met others' locks.
fn waits(error: &Error) -> bool {
    let met = matches!(error.kind(), ErrorKind::Busy | ErrorKind::Serialization);
    met && error.engine() == Some(Engine::Postgres)
}

/// How many migrations this database lacks; changes nothing.
pub(crate) async fn pending(db: &Db, sets: &Migrations) -> Result<usize> {
    let (set, restoring) = (of(db, sets), db.restoring);
    match db.every().read(move |tx| applied(tx, set, restoring)).await {
        Ok(ran) => Ok(set.len().saturating_sub(ran)),
        // Nothing ever ran.
        Err(error) if error.kind() == ErrorKind::Missing => Ok(set.len()),
        Err(error) => Err(error),
    }
}

/// The tables that steps make, and the one that tells of them.
pub(crate) fn made_by(set: &[(&'static str, &'static str)]) -> HashSet<&'static str> {
    let made = set.iter().flat_map(|(_, text)| text.lines()).filter_map(|line| {
        let name = line.trim_start().strip_prefix("create table ")?;
        name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()
    });
    made.chain([TABLE]).collect()
}

/// The migrations of one engine.
type Set = &'static [(&'static str, &'static str)];

fn of(db: &Db, sets: &Migrations) -> Set {
    match db.engine() {
        Engine::Sqlite => sets.sqlite,
        Engine::Postgres => sets.postgres,
    }
}

/// Runs what is lacking; `restoring` steps over the mark of a restore.
pub(crate) fn apply(
    tx: &mut Tx<'_>,
    set: &[(&'static str, &'static str)],
    restoring: bool,
) -> Result<usize> {
    let engine = tx.engine();
    tx.one::<i64>(&LOCK, &[])?;
    tx.one::<i64>(&PATIENCE, &[])?;
    tx.script("migration", if engine == Engine::Sqlite { SQLITE_TABLE } else { POSTGRES_TABLE })?;
    let ran = applied(tx, set, restoring)?;
    for (number, (name, text)) in (1_i64..).zip(set).skip(ran) {
        tx.script(name, text)?;
        tx.run(&NOTE, &[number.into(), (*name).into(), digest(text).into()])?;
    }
    Ok(set.len().saturating_sub(ran))
}

/// How many migrations ran, each of them one of this program's, unchanged.
fn applied(
    tx: &mut Tx<'_>,
    set: &[(&'static str, &'static str)],
    restoring: bool,
) -> Result<usize> {
    let engine = tx.engine();
    let mut applied = tx.all::<(i64, String, String)>(&APPLIED, &[])?;
    if restoring {
        applied.retain(|(_, name, _)| name != RESTORING);
    }
    let ran = applied.len();
    for (index, (number, name, checksum)) in applied.into_iter().enumerate() {
        let problem = match set.get(index) {
            _ if name == RESTORING => {
                "a restore into this database did not end well: restore into a new one, or delete \
                 this row from the table migration to use what came"
            }
            None => "the database is newer than this program: use a later version of it",
            Some((known, text)) if *known != name || digest(text) != checksum => {
                "it was changed after it ran: restore its text and add another migration"
            }
            Some(_) => continue,
        };
        return Err(Error::Migration { engine, number, name, problem });
    }
    Ok(ran)
}

/// Marks a database that is being restored, so that no program takes it for whole.
pub(crate) fn mark_restoring(tx: &mut Tx<'_>) -> Result<()> {
    let args = [i64::MAX.into(), RESTORING.into(), String::new().into()];
    tx.run(&NOTE, &args).map(drop)
}

/// Takes that mark away.
pub(crate) fn unmark_restoring(tx: &mut Tx<'_>) -> Result<()> {
    tx.run(&UNMARK, &[RESTORING.into()]).map(drop)
}

/// SHA-256 in hexadecimal.
fn digest(text: &str) -> String {
    let nibbles = Sha256::digest(text).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}
