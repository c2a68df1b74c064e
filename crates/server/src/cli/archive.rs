//! A PostgreSQL record as files: `manifest.json`, and `tables/NAME.copy.zst` for each table.
//!
//! The manifest is written last and says how many rows and bytes each table has and what their
//! SHA-256 is; `docs/postgresql.md` describes the rest. What always holds: nothing is taken out of
//! an archive that is not what was put into it.

use super::backup::sync;
use super::place;
use crate::blobs::Sha2;
use crate::hex;
use crate::migrations::MIGRATIONS;
use crate::tenants::TenantId;
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use bytes::Bytes;
use indicatif::ProgressBar;
use rollbook_db::{Db, Piece, Table};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

const MANIFEST: &str = "manifest.json";
const TABLES: &str = "tables";
/// What this program writes and reads.
const FORMAT: u32 = 1;
const LEVEL: i32 = 3;
/// Bytes that are put into the database at once.
const PIECE_BYTES: usize = 64 << 10;
/// The table whose rows are the steps of the schema.
const STEPS: &str = "migration";

/// What an archive says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// Which program wrote it, and what it was written from.
    program: String,
    database: String,
    tables: Vec<Kept>,
}

/// What it says of a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    name: String,
    columns: Vec<String>,
    rows: u64,
    bytes: u64,
    sha256: String,
}

/// Whether a folder is such an archive.
pub(super) fn is_archive(folder: &Path) -> bool {
    folder.join(MANIFEST).exists()
}

/// Writes every table of `db` into `folder`, durably; how many bytes it takes there.
pub(super) async fn write(db: &Db, folder: &Path) -> Result<u64> {
    let tables = folder.join(TABLES);
    fs::create_dir(&tables).with_context(|| format!("making {}", tables.display()))?;
    let bar = place::bar("Copying the database");
    let writer = Writer { folder: tables.clone(), bar: bar.clone(), open: None, kept: Vec::new() };
    let writer = Arc::new(Mutex::new(writer));
    let sink = Arc::clone(&writer);
    let locked =
        move |piece: Piece<'_>| sink.lock().unwrap_or_else(PoisonError::into_inner).take(&piece);
    let dumped = db.dump(&MIGRATIONS, locked).await;
    bar.finish_and_clear();
    dumped.context("copying the database")?;
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    writer.end()?;
    let manifest = Manifest {
        format: FORMAT,
        program: format!("rollbook {}", env!("CARGO_PKG_VERSION")),
        database: format!("{} {}", db.engine(), db.version()),
        tables: mem::take(&mut writer.kept),
    };
    let writing = || format!("writing {}", folder.join(MANIFEST).display());
    let mut file = File::create(folder.join(MANIFEST)).with_context(writing)?;
    serde_json::to_writer_pretty(&mut file, &manifest).with_context(writing)?;
    file.sync_all().with_context(writing)?;
    sync(&tables).with_context(writing)?;
    let mut bytes = file.metadata().with_context(writing)?.len();
    for table in &manifest.tables {
        bytes += path(&tables, &table.name).metadata().with_context(writing)?.len();
    }
    Ok(bytes)
}

/// Puts the tables of the archive in `folder` into `db`, which is empty.
pub(super) async fn read(db: &Db, folder: &Path) -> Result<()> {
    let reading = || format!("reading {}", folder.join(MANIFEST).display());
    let text = fs::read(folder.join(MANIFEST)).with_context(reading)?;
    let manifest: Manifest = serde_json::from_slice(&text).with_context(reading)?;
    ensure!(
        manifest.format == FORMAT,
        "the backup was made by {}, which is later than this program: use that one",
        manifest.program
    );
    let tables = folder.join(TABLES);
    let steps = steps(&manifest, &tables)?;
    let wanted = manifest.tables.iter().map(|kept| {
        let Kept { name, columns, rows, .. } = kept.clone();
        Table { name, columns, rows }
    });
    let wanted: Vec<Table> = wanted.collect();
    let bar = place::bar("Copying the database");
    bar.set_length(manifest.tables.iter().map(|kept| kept.bytes).sum());
    let mut reader = Reader { folder: tables, kept: manifest.tables, bar: bar.clone(), open: None };
    let loaded = db.load(&MIGRATIONS, steps, wanted, move |table| reader.next(table)).await;
    bar.finish_and_clear();
    loaded.context("copying the database")
}

/// The attachments that the archive in `folder` needs, of tenants that are not being deleted.
pub(super) fn attachments(folder: &Path) -> Result<Vec<(TenantId, Sha2)>> {
    let deleting = rows(folder, "tenant", ["tenant", "deleting"], |[tenant, deleting]| {
        (deleting != "\\N").then(|| tenant.to_owned())
    })?;
    rows(folder, "blob", ["tenant", "sha2", "state"], |[tenant, sha2, state]| {
        let is_needed = state == "1" && !deleting.iter().any(|gone| gone == tenant);
        let number = tenant.parse::<i64>().ok().filter(|_| is_needed)?;
        Some((TenantId(number), Sha2::parse(sha2)?))
    })
}

/// What `keep` makes of these columns of each row of a table, in the text format of `COPY`.
fn rows<const N: usize, T>(
    folder: &Path,
    table: &str,
    columns: [&str; N],
    keep: impl Fn([&str; N]) -> Option<T>,
) -> Result<Vec<T>> {
    let reading = || format!("reading {table}");
    let manifest = fs::read(folder.join(MANIFEST)).with_context(reading)?;
    let manifest: Manifest = serde_json::from_slice(&manifest).with_context(reading)?;
    let kept = manifest.tables.iter().find(|kept| kept.name == table);
    let kept = kept.with_context(reading)?;
    let places = columns.map(|column| kept.columns.iter().position(|name| name == column));
    let mut made = Vec::new();
    for line in BufReader::new(Open::read(&folder.join(TABLES), kept)?.lines).lines() {
        let line = line.with_context(reading)?;
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |place: Option<usize>| place.and_then(|place| cells.get(place).copied());
        made.extend(keep(places.map(|place| cell(place).unwrap_or_default())));
    }
    Ok(made)
}

/// How many steps of the schema the backup has; each is one of this program's.
fn steps(manifest: &Manifest, tables: &Path) -> Result<usize> {
    let kept = manifest.tables.iter().find(|kept| kept.name == STEPS);
    let kept = kept.context("the backup does not say of which schema it is")?;
    let mut open = Open::read(tables, kept)?;
    let mut text = String::new();
    open.lines.read_to_string(&mut text).with_context(|| format!("reading {STEPS}"))?;
    let place = kept.columns.iter().position(|column| column == "name");
    let name = |line: &str| line.split('\t').nth(place.unwrap_or(0)).map(str::to_owned);
    // The table's rows come in no order; the steps' names begin with their numbers.
    let mut names: Vec<String> = text.lines().filter_map(name).collect();
    names.sort_unstable();
    let known = MIGRATIONS.postgres.iter().map(|(name, _)| *name);
    ensure!(
        names.len() <= MIGRATIONS.postgres.len() && names.iter().zip(known).all(|(a, b)| a == b),
        "the backup was made by {}, whose schema is not one of this program's: use that one",
        manifest.program
    );
    Ok(names.len())
}

/// What a dump is written by.
struct Writer {
    folder: PathBuf,
    bar: ProgressBar,
    open: Option<(Kept, zstd::Encoder<'static, BufWriter<File>>, Sha256)>,
    kept: Vec<Kept>,
}

impl Writer {
    fn take(&mut self, piece: &Piece<'_>) -> Result<()> {
        match piece {
            Piece::Tables(tables) => {
                self.bar.set_length(tables.iter().map(|table| table.rows).sum());
            }
            Piece::Table(table) => {
                self.end()?;
                let path = path(&self.folder, &table.name);
                let making = || format!("making {}", path.display());
                let file = BufWriter::new(File::create_new(&path).with_context(making)?);
                let packed = zstd::Encoder::new(file, LEVEL).with_context(making)?;
                let Table { name, columns, rows: _ } = (*table).clone();
                let kept = Kept { name, columns, rows: 0, bytes: 0, sha256: String::new() };
                self.open = Some((kept, packed, Sha256::new()));
            }
            Piece::Lines(lines) => {
                let (kept, packed, hash) = self.open.as_mut().context("lines of no table")?;
                packed.write_all(lines).with_context(|| format!("writing {}", kept.name))?;
                hash.update(lines);
                // A line break inside of a value is written in another way.
                let rows = lines.split(|byte| *byte == b'\n').skip(1).count() as u64;
                kept.rows += rows;
                kept.bytes += lines.len() as u64;
                self.bar.inc(rows);
            }
        }
        Ok(())
    }

    /// Ends the table that is open.
    fn end(&mut self) -> Result<()> {
        let Some((mut kept, packed, hash)) = self.open.take() else { return Ok(()) };
        let writing = || format!("writing {}", kept.name);
        let file = packed.finish().with_context(writing)?;
        let file = file.into_inner().map_err(|error| anyhow!(error.into_error()));
        file.with_context(writing)?.sync_all().with_context(writing)?;
        kept.sha256 = hex::lower(&hash.finalize());
        self.kept.push(kept);
        Ok(())
    }
}

/// What a load reads from.
struct Reader {
    folder: PathBuf,
    kept: Vec<Kept>,
    bar: ProgressBar,
    open: Option<Open>,
}

/// A table that is being read.
struct Open {
    name: String,
    lines: zstd::Decoder<'static, BufReader<File>>,
    hash: Sha256,
}

impl Open {
    fn read(folder: &Path, kept: &Kept) -> Result<Self> {
        let path = path(folder, &kept.name);
        let opening = || format!("opening {}", path.display());
        let file = File::open(&path).with_context(opening)?;
        let lines = zstd::Decoder::new(file).with_context(opening)?;
        Ok(Self { name: kept.name.clone(), lines, hash: Sha256::new() })
    }
}

impl Reader {
    fn next(&mut self, table: &Table) -> Result<Option<Bytes>> {
        let kept = self.kept.iter().find(|kept| kept.name == table.name);
        let kept = kept.context("the manifest lacks a table")?;
        let mut open = match self.open.take() {
            Some(open) if open.name == table.name => open,
            _ => Open::read(&self.folder, kept)?,
        };
        let mut piece = vec![0; PIECE_BYTES];
        let reading = || format!("reading {}", path(&self.folder, &kept.name).display());
        let length = open.lines.read(&mut piece).with_context(reading)?;
        piece.truncate(length);
        if length > 0 {
            open.hash.update(&piece);
            self.bar.inc(length as u64);
            self.open = Some(open);
            return Ok(Some(piece.into()));
        }
        if hex::lower(&open.hash.finalize()) != kept.sha256 {
            bail!("the backup is damaged: table {} is not what was put into it", kept.name);
        }
        Ok(None)
    }
}

fn path(folder: &Path, table: &str) -> PathBuf {
    folder.join(format!("{table}.copy.zst"))
}
