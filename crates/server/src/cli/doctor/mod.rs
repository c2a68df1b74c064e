//! `rollbook doctor`: is everything in the store as it should be?

mod tell;

use super::audit;
use super::log;
use super::place::{self, Place, counted, failed};
use crate::blobs::Damage;
use crate::clock::Clock;
use crate::cmi5;
use crate::config::{LogFormat, Settings};
use crate::content;
use crate::documents;
use crate::error::Problem;
use crate::migrations::MIGRATIONS;
use crate::start;
use crate::statements::doctor::{self, Depth, Examined, Faults};
use crate::tenants::{self, TenantId};
use anyhow::{Context as _, Result};
use clap::Args;
use indicatif::ProgressBar;
use rollbook_db::{Check, Db, Engine, Tx};
use std::io::Write;
use std::time::Instant;

const EXAMPLES: &str = "\
Examples:
  rollbook doctor --data ./data
      Looks at everything: the file, every statement and what it is found by, what learners in
      courses are known to have done, every attachment.
  rollbook doctor --data ./data --quick
      Leaves out what is found by, courses, and the contents of attachments.
  rollbook doctor --data ./data --json | jq .healthy
      For scripts. The exit code is 1 when something is wrong.

It changes nothing and may run beside a server.";

/// Check the store: the database, every statement, every attachment.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    /// Only the database file, and whether every statement can be read
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    place: Place,
}

/// What was looked at and what was found.
#[derive(Debug, Default)]
pub(super) struct Report {
    engine: String,
    tenants: Vec<Tenant>,
    blobs: u64,
    blob_bytes: u64,
    /// What is wrong, and what to do about it.
    pub(super) faults: Vec<(String, &'static str)>,
    /// What is not wrong, but may be wondered at.
    notes: Vec<String>,
    seconds: f64,
}

/// What was looked at in one tenant.
#[derive(Debug)]
struct Tenant {
    name: String,
    examined: Examined,
    documents: u64,
    /// Not counted by a quick look.
    registrations: Option<u64>,
    sessions: u64,
}

const FILE: &str = "restore the last backup (`rollbook restore`) into a new folder";
const RECORD: &str = "export the record and import it into a new folder, where all that is worked \
                      out from statements is made anew: `rollbook export - | rollbook import -`";
const BLOBS: &str =
    "copy the file from a backup to its place in the folder blobs, or in the bucket";
/// Files that belong to nothing which are named one by one.
const UNKNOWN_TOLD_MAX: u64 = 10;
const UNBOUND: &str = "row-level security does not bind the role of the database \
                       (docs/postgresql.md, The role)";
const COURSES: &str = "import the package of the course again, or restore a backup";
const LEARNERS: &str =
    "restore a backup, or register the learner anew: what the record says stays in it";
const AUDIT: &str =
    "find out who can write to the database, and compare the log with that of a backup";
const SCHEMA: &str = "start `rollbook serve` of this version once, which brings the schema up";

impl Doctor {
    pub(super) async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        log::start("warn", LogFormat::Text)?;
        let settings = self.place.settings()?;
        let db = place::existing(&settings).await?;
        let depth = if self.quick { Depth::Quick } else { Depth::Full };
        let report = examine(&db, &settings, depth).await;
        db.close().await;
        let report = report?;
        if self.place.json {
            writeln!(out, "{}", report.in_json())?;
        } else {
            report.tell(out)?;
        }
        report.verdict()
    }
}

/// Looks at all of an open store.
pub(super) async fn examine(db: &Db, settings: &Settings, depth: Depth) -> Result<Report> {
    let began = Instant::now();
    let mut report =
        Report { engine: format!("{} {}", db.engine(), db.version()), ..Report::default() };
    if db.sees_through_walls() {
        report.notes.push(UNBOUND.to_owned());
    }
    report.database(db, depth).await?;
    let pending = db.pending(&MIGRATIONS).await.context("reading the version of the schema")?;
    if pending > 0 {
        let steps = counted(pending as u64, "step");
        report.faults.push((format!("the schema is {steps} behind this program"), SCHEMA));
    } else {
        report.records(db, depth).await?;
        report.acts(db).await?;
        if depth == Depth::Full {
            report.courses(db).await?;
            report.learners(db).await?;
            report.attachments(db, settings).await?;
        }
    }
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

impl Report {
    /// The engine's own check of its file. An engine that is too old does not open at all.
    async fn database(&mut self, db: &Db, depth: Depth) -> Result<()> {
        if db.engine() != Engine::Sqlite {
            return Ok(());
        }
        let bar = place::bar("Checking the file");
        bar.tick();
        let check = if depth == Depth::Quick { Check::Quick } else { Check::Full };
        let damages = db.check(check).await.context("checking the file")?;
        bar.finish_and_clear();
        self.faults.extend(damages.into_iter().map(|damage| (damage, FILE)));
        Ok(())
    }

    /// The logs of administrative acts.
    async fn acts(&mut self, db: &Db) -> Result<()> {
        for (name, verified) in audit::verify(db).await? {
            if let Some(fault) = verified.fault {
                self.faults.push((format!("tenant {name}: {fault}"), AUDIT));
            }
        }
        Ok(())
    }

    async fn records(&mut self, db: &Db, depth: Depth) -> Result<()> {
        for (tenant, name) in tenants::all(db).await? {
            let bar = place::bar("Checking statements");
            let examined = record(db, tenant, depth, bar.clone()).await;
            bar.finish_and_clear();
            let (mut examined, documents, wrong) =
                examined.map_err(failed).with_context(|| format!("checking tenant {name:?}"))?;
            let faults = std::mem::take(&mut examined.faults);
            self.note(faults, RECORD);
            self.faults.extend(wrong.into_iter().map(|fault| (fault, RECORD)));
            let (registrations, sessions) = (None, 0);
            self.tenants.push(Tenant { name, examined, documents, registrations, sessions });
        }
        Ok(())
    }

    fn note(&mut self, faults: Faults, remedy: &'static str) {
        self.faults.extend(faults.told.into_iter().map(|fault| (fault, remedy)));
        if faults.untold > 0 {
            self.faults.push((format!("{} more", counted(faults.untold, "fault")), remedy));
        }
    }

    /// Whether what is known of learners in courses is what statements say.
    async fn learners(&mut self, db: &Db) -> Result<()> {
        for (tenant, name) in tenants::all(db).await? {
            let bar = place::bar("Checking registrations");
            let own = bar.clone();
            let job = move |tx: &mut Tx<'_>| {
                own.set_length(cmi5::doctor::count(tx, tenant)?);
                cmi5::doctor::examine(tx, tenant, &mut || own.inc(1))
            };
            let examined = db.of(tenant.0).read(job).await;
            bar.finish_and_clear();
            let examined = examined
                .map_err(failed)
                .with_context(|| format!("checking the registrations of {name:?}"))?;
            self.note(examined.faults, LEARNERS);
            if let Some(tenant) = self.tenants.iter_mut().find(|tenant| tenant.name == name) {
                tenant.registrations = Some(examined.registrations);
                tenant.sessions = examined.sessions;
            }
        }
        Ok(())
    }

    /// Whether the blob store is to keep all that courses have.
    async fn courses(&mut self, db: &Db) -> Result<()> {
        for (tenant, name) in tenants::all(db).await? {
            let unkept = db.of(tenant.0).read(move |tx| content::unkept(tx, tenant)).await;
            let unkept = unkept.with_context(|| format!("checking the courses of {name:?}"))?;
            if unkept > 0 {
                let fault = format!("tenant {name}: {unkept} contents of courses are not kept");
                self.faults.push((fault, COURSES));
            }
        }
        Ok(())
    }

    async fn attachments(&mut self, db: &Db, settings: &Settings) -> Result<()> {
        let blobs = start::blobs(settings, db.clone(), Clock::System)?;
        let bar = place::bar("Checking attachments");
        let verified = blobs.verify(|bytes| bar.inc(bytes)).await;
        bar.finish_and_clear();
        let verified = verified.map_err(failed).context("checking attachments")?;
        (self.blobs, self.blob_bytes) = (verified.blobs, verified.bytes);
        let mut unknown: u64 = 0;
        for damage in verified.damages {
            let told = damage.to_string();
            match damage {
                Damage::Missing(..) | Damage::Altered(..) => self.faults.push((told, BLOBS)),
                // What came after the backup that was restored, or is another's: it does no harm.
                Damage::Unknown(_) => {
                    unknown += 1;
                    if unknown <= UNKNOWN_TOLD_MAX {
                        self.notes.push(told);
                    }
                }
                // A crash leaves such files behind, and a running upload has one.
                Damage::HalfWritten(_) => self.notes.push(told),
            }
        }
        if unknown > UNKNOWN_TOLD_MAX {
            let files = counted(unknown - UNKNOWN_TOLD_MAX, "more file");
            self.notes.push(format!("{files} that belong to nothing"));
        }
        if verified.uploading > 0 {
            let uploads = counted(verified.uploading, "upload");
            self.notes.push(format!("{uploads} under way or given up; the server sweeps them"));
        }
        Ok(())
    }
}

/// One tenant's statements and documents, in one snapshot.
async fn record(
    db: &Db,
    tenant: TenantId,
    depth: Depth,
    bar: ProgressBar,
) -> crate::error::Result<(Examined, u64, Vec<String>)> {
    let job = move |tx: &mut Tx<'_>| {
        let (first, last) = doctor::bounds(tx, tenant)?;
        bar.set_length(last.saturating_sub(first).try_into().unwrap_or(0));
        let mut along = |position: i64| {
            bar.set_position(position.saturating_sub(first).try_into().unwrap_or(0));
        };
        let examined = doctor::examine(tx, tenant, depth, &mut along)?;
        let (documents, wrong) = match depth {
            Depth::Full => documents::examine(tx, tenant)?,
            Depth::Quick => (0, Vec::new()),
        };
        Ok::<_, Problem>((examined, documents, wrong))
    };
    db.of(tenant.0).read(job).await
}
