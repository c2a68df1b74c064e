//! `rollbook export`: the whole record of a tenant as lines of JSON.

use super::lines::{Counts, Target, Writer};
use super::log;
use super::place::{self, Place, counted};
use crate::blobs::{Blobs, Sha2};
use crate::clock::Clock;
use crate::config::LogFormat;
use crate::documents;
use crate::error::Problem;
use crate::start;
use crate::statements::export::{self, Exported, Range};
use crate::tenants::TenantId;
use anyhow::{Context as _, Result};
use clap::Args;
use indicatif::ProgressBar;
use rollbook_db::{Db, Tx};
use serde_json::json;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tokio::sync::mpsc;

/// Things on their way from the database to the file.
const WAITING_MAX: usize = 256;

const EXAMPLES: &str = "\
Examples:
  rollbook export record.ndjson.zst --data ./data
      Everything: statements, attachments, documents, definitions. Compressed, as the name says.
  rollbook export --data ./data | gzip | ssh elsewhere 'cat > record.ndjson.gz'
      Without a file name, or with -, it goes to the standard output.
  rollbook export november.ndjson --data ./data --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z
      The statements stored in November.
  rollbook export - --data ./data | rollbook import - --data ./other --database postgres://rollbook@db/rollbook
      Moves a record from SQLite to PostgreSQL.

It may run beside a server and shows the record as it was when it started. The same record gives the
same bytes. Keys are not part of it. The lines are described in docs/export.md.";

/// Write the record to a file, or to the standard output.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Export {
    /// Where to: ends in .gz or .zst to be compressed; `-` is the standard output
    #[arg(default_value = "-")]
    file: String,
    /// Only statements stored after this time
    #[arg(long, value_name = "TIME", value_parser = place::time)]
    since: Option<i64>,
    /// Only statements stored at this time or before it
    #[arg(long, value_name = "TIME", value_parser = place::time)]
    until: Option<i64>,
    /// Whose record [default: the first tenant's]
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Read the replica, as far as it has come, and leave the primary alone
    #[arg(long)]
    replica: bool,
    #[command(flatten)]
    place: Place,
}

/// One thing on its way out.
enum Thing {
    Record(Exported),
    Document(documents::Kept),
}

impl Export {
    pub(super) async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        log::start("warn", LogFormat::Text)?;
        let settings = self.place.settings()?;
        let db = if self.replica {
            place::replica(&settings).await?
        } else {
            place::current(&settings).await?
        };
        let blobs = start::blobs(&settings, db.clone(), Clock::System)?;
        let told = self.export(&db, &blobs, out).await;
        db.close().await;
        told
    }

    async fn export(&self, db: &Db, blobs: &Blobs, out: &mut (dyn Write + Send)) -> Result<()> {
        let tenant = place::tenant(db, self.tenant.as_deref()).await?;
        let range = Range {
            since: self.since.unwrap_or(Range::ALL.since),
            until: self.until.unwrap_or(Range::ALL.until),
        };
        let bar = place::bar("Exporting");
        let from = From { db, blobs, tenant, range, bar: &bar };
        if self.file == "-" {
            let mut lines = BufWriter::new(out);
            let counts = from.to(&mut lines).await;
            bar.finish_and_clear();
            let counts = counts?;
            lines.flush()?;
            // The standard output is the export itself.
            drop(self.tell(&mut io::stderr(), &counts));
            return Ok(());
        }
        let mut target = Target::create(Path::new(&self.file))?;
        let counts = from.to(&mut target).await;
        bar.finish_and_clear();
        match counts {
            Ok(counts) => {
                target.finish()?;
                self.tell(out, &counts)
            }
            Err(error) => {
                target.discard();
                Err(error)
            }
        }
    }

    fn tell(&self, out: &mut dyn Write, counts: &Counts) -> Result<()> {
        if self.place.json {
            return Ok(writeln!(out, "{}", json!(counts))?);
        }
        let Counts { statements, attachments, documents, definitions, names } = *counts;
        writeln!(
            out,
            "Exported {}, {}, {}, {} and {}.",
            counted(statements, "statement"),
            counted(attachments, "attachment"),
            counted(documents, "document"),
            counted(definitions, "definition"),
            counted(names, "name"),
        )?;
        Ok(())
    }
}

/// What is exported.
#[derive(Clone, Copy)]
struct From<'a> {
    db: &'a Db,
    blobs: &'a Blobs,
    tenant: TenantId,
    range: Range,
    bar: &'a ProgressBar,
}

impl From<'_> {
    /// Writes all of it: one snapshot, read by one thread and written by another.
    async fn to(self, out: &mut (dyn Write + Send)) -> Result<Counts> {
        let (tenant, range) = (self.tenant, self.range);
        let (send, receive) = mpsc::channel(WAITING_MAX);
        let reading = self.db.of(tenant.0).read(move |tx: &mut Tx<'_>| {
            // Whoever wrote the lines stops listening when it fails, and says why.
            let mut record = |thing| send.blocking_send(Thing::Record(thing)).is_ok();
            export::statements(tx, tenant, range, &mut record)?;
            let mut document = |kept| send.blocking_send(Thing::Document(kept)).is_ok();
            documents::export(tx, tenant, &mut document)?;
            let mut record = |thing| send.blocking_send(Thing::Record(thing)).is_ok();
            export::learned(tx, tenant, &mut record)
        });
        let mut writer = Writer::new(out)?;
        let (read, wrote) = tokio::join!(reading, self.write(&mut writer, receive));
        wrote?;
        read.map_err(|problem: Problem| place::failed(problem).context("reading the record"))?;
        writer.end()
    }

    async fn write(self, writer: &mut Writer<'_>, mut things: mpsc::Receiver<Thing>) -> Result<()> {
        let mut start = 0;
        let mut statements = 0;
        while let Some(thing) = things.recv().await {
            match thing {
                Thing::Record(Exported::Log { first, last }) => {
                    start = first;
                    self.bar.set_length(last.saturating_sub(first).try_into().unwrap_or(0));
                }
                Thing::Record(Exported::Statement(statement)) => {
                    for sha2 in &statement.contents {
                        self.attachment(writer, sha2).await?;
                    }
                    writer.statement(&statement)?;
                    statements += 1;
                    if statements % 1_000 == 0 {
                        let along = statement.position.saturating_sub(start);
                        self.bar.set_position(along.try_into().unwrap_or(0));
                        self.bar.set_message(counted(statements, "statement"));
                    }
                }
                Thing::Record(Exported::Definition { activity, definition }) => {
                    writer.definition(&activity, &definition)?;
                }
                Thing::Record(Exported::Name { actor, name }) => writer.name(actor, name)?,
                Thing::Document(document) => writer.document(document)?,
            }
        }
        Ok(())
    }

    /// Writes an attachment ahead of the first statement that needs it.
    async fn attachment(&self, writer: &mut Writer<'_>, sha2: &str) -> Result<()> {
        let sha2 = Sha2::parse(sha2).with_context(|| format!("{sha2} is no SHA-2"))?;
        if !writer.lacks(&sha2) {
            return Ok(());
        }
        let contents = self.blobs.get(self.tenant, &sha2).await.map_err(place::failed)?;
        let contents = contents.with_context(|| {
            format!(
                "attachment {sha2} is missing: run `rollbook doctor`, and restore it from a backup"
            )
        })?;
        writer.attachment(&sha2, contents).await
    }
}
