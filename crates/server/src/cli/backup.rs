//! `rollbook backup`: a copy of the store, made while it is served.
//!
//! The database is copied first and as it was at one moment; then the files that this copy needs,
//! which are never changed. So a backup is whole. Of SQLite it is a data folder like any other; of
//! PostgreSQL it is an archive (see `archive`).

use super::place::{self, Place, counted, failed};
use super::{archive, log};
use crate::blobs::{self, Copied, Files};
use crate::config::{LogFormat, Settings};
use crate::start;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use rollbook_db::{Db, Engine, Options};
use serde_json::json;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  rollbook backup /backups/2026-11-21 --data ./data
      Copies the store into a new folder. The server may run meanwhile.
  rollbook restore /backups/2026-11-21 --data ./restored
      Makes a store of it again, and checks it.
  rollbook doctor --data /backups/2026-11-21
      Checks the backup of a SQLite record where it is.
  rollbook backup /backups/2026-11-21 --data ./data --database postgres://rollbook@db/rollbook
      The same of a record in PostgreSQL, and of its attachments (docs/postgresql.md).

The folder gets its name when the backup is whole; until then it ends in .partial. Settings are not
part of it.";

/// Copy the store to a new folder, while it is served.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Backup {
    /// The folder to make
    folder: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Backup {
    pub(super) async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        log::start("warn", LogFormat::Text)?;
        let settings = self.place.settings()?;
        let folder = &self.folder;
        ensure!(!folder.exists(), "{} is there already: name a new folder", folder.display());
        let db = place::existing(&settings).await?;
        let copied = self.backup(&db, &settings).await;
        db.close().await;
        let (bytes, Copied { blobs, bytes: blob_bytes, damages }) = copied?;
        if self.place.json {
            let damages: Vec<_> = damages.iter().map(ToString::to_string).collect();
            let told = json!({
                "folder": folder, "bytes": bytes, "attachments": blobs,
                "attachment_bytes": blob_bytes, "damages": damages,
            });
            writeln!(out, "{told}")?;
        } else {
            let (bytes, blobs) =
                (counted(bytes + blob_bytes, "byte"), counted(blobs, "attachment"));
            writeln!(out, "Copied {bytes}, {blobs} among them, to {}.", folder.display())?;
        }
        match damages.first() {
            None => Ok(()),
            Some(damage) => bail!(
                "the backup is made, but the store is damaged: {damage}; `rollbook doctor` tells \
                 all of it"
            ),
        }
    }

    /// Makes the backup under a name that says that it is not whole, then names it.
    async fn backup(&self, db: &Db, settings: &Settings) -> Result<(u64, Copied)> {
        let mut partial = self.folder.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let making = || {
            format!("making {} (remove it if it is left from an earlier try)", partial.display())
        };
        fs::create_dir(&partial).with_context(making)?;
        let (bytes, copied) = match db.engine() {
            Engine::Sqlite => sqlite(db, settings, &partial).await?,
            Engine::Postgres => {
                let bytes = archive::write(db, &partial).await?;
                let to = Files::in_folder(partial.join("blobs"))?;
                // What the snapshot names: a tenant may have been deleted since, and is told.
                let these = archive::attachments(&partial)?;
                let from = start::files(settings)?;
                let bar = place::bar("Copying attachments");
                let copied = blobs::copy_these(these, &from, &to, |bytes| bar.inc(bytes)).await;
                bar.finish_and_clear();
                (bytes, copied.map_err(failed).context("copying attachments")?)
            }
        };
        let naming = || format!("naming {}", self.folder.display());
        sync(&partial).with_context(naming)?;
        fs::rename(&partial, &self.folder).with_context(naming)?;
        let parent = self.folder.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync(parent.unwrap_or(Path::new("."))).with_context(naming)?;
        Ok((bytes, copied))
    }
}

/// Copies the database file, and then what the copy needs.
async fn sqlite(db: &Db, settings: &Settings, partial: &Path) -> Result<(u64, Copied)> {
    let file = partial.join("rollbook.sqlite");
    let bar = place::bar("Copying the database");
    let moving = bar.clone();
    let progress = move |remaining: u32, total: u32| {
        moving.set_length(total.into());
        moving.set_position(total.saturating_sub(remaining).into());
    };
    let copied = db.backup_to(&file, progress).await;
    bar.finish_and_clear();
    copied.context("copying the database")?;
    let bytes = file.metadata().context("copying the database")?.len();
    Ok((bytes, attachments(&file, &start::files(settings)?, partial).await?))
}

/// Copies the attachments that the database in `file` needs into the data folder `to`.
async fn attachments(file: &Path, from: &Files, to: &Path) -> Result<Copied> {
    let mut options = Options::sqlite(file);
    options.readers = 1;
    let copy = Db::open(options).await.context("opening the copy")?;
    let copied = copy_blobs(&copy, from, &Files::in_folder(to.join("blobs"))?).await;
    copy.close().await;
    copied
}

/// Copies the attachments that `db` needs.
pub(super) async fn copy_blobs(db: &Db, from: &Files, to: &Files) -> Result<Copied> {
    let bar = place::bar("Copying attachments");
    let copied = blobs::copy(db, from, to, |bytes| bar.inc(bytes)).await;
    bar.finish_and_clear();
    copied.map_err(failed).context("copying attachments")
}

/// Makes the names in a folder durable.
pub(super) fn sync(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}
