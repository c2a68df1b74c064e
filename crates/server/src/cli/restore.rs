//! `rollbook restore`: a store out of a backup, checked before it may be served.
//!
//! The database gets its name last: a folder in which a restore was interrupted, or whose backup is
//! damaged, is no store. In PostgreSQL it is marked until then, so that no server takes it.

use super::backup::{copy_blobs, sync};
use super::place::{Place, counted};
use super::{archive, doctor, log, place};
use crate::blobs::Files;
use crate::config::{Database, LogFormat, Settings};
use crate::migrations::MIGRATIONS;
use crate::start;
use crate::statements::doctor::Depth;
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use rollbook_db::{Db, Engine, Options};
use serde_json::json;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  rollbook restore /backups/2026-11-21 --data ./restored
      Makes a store of a backup, in a folder that is new or empty, and checks all of it.
  rollbook serve --data ./restored
      Serves it.
  rollbook restore /backups/2026-11-21 --data ./restored --database postgres://rollbook@db/empty
      Makes a record in PostgreSQL of a backup of one, in an empty database.

To move a record from one engine to the other, use export and import.";

/// Make a store of a backup, in an empty folder.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Restore {
    /// The folder that `rollbook backup` made
    backup: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Restore {
    pub(super) async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        log::start("warn", LogFormat::Text)?;
        let settings = self.place.settings()?;
        let data = settings.data.display().to_string();
        let engine = self.engine()?;
        ensure!(
            (engine == Engine::Sqlite) == (settings.database == Database::Sqlite),
            "{} is a backup of a record in {engine}: {}",
            self.backup.display(),
            match engine {
                Engine::Sqlite => "leave --database out, or move it with export and import",
                Engine::Postgres => "name an empty database with --database",
            }
        );
        start::make_folder(&settings.data)?;
        ensure!(
            is_empty(&settings.data)?,
            "{data} is not empty: a backup is restored into a new folder"
        );
        let blobs = match engine {
            Engine::Sqlite => self.restore_file(&settings).await?,
            Engine::Postgres => self.restore_database(&settings).await?,
        };
        if self.place.json {
            writeln!(out, "{}", json!({ "data": settings.data, "attachments": blobs }))?;
        } else {
            let blobs = counted(blobs, "attachment");
            writeln!(out, "Restored the record and {blobs} into {data}, and checked them.")?;
        }
        Ok(())
    }

    /// Which engine the backup is of.
    fn engine(&self) -> Result<Engine> {
        if archive::is_archive(&self.backup) {
            return Ok(Engine::Postgres);
        }
        let file = self.backup.join("rollbook.sqlite");
        let name = self.backup.display();
        ensure!(file.exists(), "{name} is no backup: there is no rollbook.sqlite in it");
        let log = self.backup.join("rollbook.sqlite-wal");
        let in_use = log.metadata().is_ok_and(|log| log.len() > 0);
        ensure!(
            !in_use,
            "{name} is a data folder in use and no backup: make one with `rollbook backup`"
        );
        Ok(Engine::Sqlite)
    }

    /// Restores a SQLite file, which gets its name last; how many attachments there are.
    async fn restore_file(&self, settings: &Settings) -> Result<u64> {
        let unchecked = settings.data.join("rollbook.sqlite.unchecked");
        let blobs = self.restore(settings, &unchecked).await?;
        let naming = || format!("naming the store in {}", settings.data.display());
        fs::rename(&unchecked, settings.data.join("rollbook.sqlite")).with_context(naming)?;
        sync(&settings.data).with_context(naming)?;
        Ok(blobs)
    }

    /// Restores into an empty PostgreSQL; how many attachments there are.
    async fn restore_database(&self, settings: &Settings) -> Result<u64> {
        let db = Db::open(settings.options()).await.context("opening the database")?;
        let restored = async {
            archive::read(&db, &self.backup).await?;
            let from = Files::in_folder(self.backup.join("blobs"))?;
            let copied = copy_blobs(&db, &from, &start::files(settings)?).await?;
            let restoring = db.restoring();
            let migrated = restoring.migrate(&MIGRATIONS).await;
            migrated.context("bringing the schema up to this program")?;
            let report = doctor::examine(&restoring, settings, Depth::Full).await?;
            report.verdict().context(
                "the backup is damaged. What came is in the database; to use it nevertheless, \
                 delete the row named restore from its table migration",
            )?;
            db.loaded().await.context("naming the database whole")?;
            Ok(copied.blobs)
        };
        let restored = restored.await;
        db.close().await;
        restored
    }

    /// Copies everything and checks it; how many attachments there are.
    async fn restore(&self, settings: &Settings, unchecked: &Path) -> Result<u64> {
        let copying = || format!("copying the database of {}", self.backup.display());
        let bar = place::bar("Copying the database");
        bar.tick();
        let copied = fs::copy(self.backup.join("rollbook.sqlite"), unchecked);
        bar.finish_and_clear();
        copied.with_context(copying)?;
        File::open(unchecked).and_then(|file| file.sync_all()).with_context(copying)?;
        let options =
            Options { location: Options::sqlite(unchecked).location, ..settings.options() };
        let db = Db::open(options).await.context("opening the copy")?;
        let checked = self.check(&db, settings).await;
        db.close().await;
        checked
    }

    async fn check(&self, db: &Db, settings: &Settings) -> Result<u64> {
        db.migrate(&MIGRATIONS).await.context("bringing the schema up to this program")?;
        let from = Files::in_folder(self.backup.join("blobs"))?;
        let copied = copy_blobs(db, &from, &start::files(settings)?).await?;
        let report = doctor::examine(db, settings, Depth::Full).await?;
        report.verdict().with_context(|| {
            format!(
                "the backup is damaged. What came is in {}; to use it nevertheless, rename \
                 rollbook.sqlite.unchecked to rollbook.sqlite",
                settings.data.display()
            )
        })?;
        Ok(copied.blobs)
    }
}

/// Whether there is nothing in a folder but a settings file.
fn is_empty(folder: &Path) -> Result<bool> {
    let reading = || format!("reading {}", folder.display());
    for entry in fs::read_dir(folder).with_context(reading)? {
        if entry.with_context(reading)?.file_name() != "rollbook.toml" {
            return Ok(false);
        }
    }
    Ok(true)
}
