//! `rollbook demo`: the main job from end to end in a minute.
//!
//! It serves a store of its own with a course of our own in it, says where a learner takes it, and
//! shows each statement as it is recorded. Unless told otherwise it touches nobody's data: its
//! store is a new folder, which goes with it.

mod course;
mod live;

use super::serve::{self, Ready};
use super::{log, place};
use crate::app::App;
use crate::audit::By;
use crate::cmi5::{Account, Content, Desk, NewRegistration, Outline, Profile};
use crate::config::{Database, ServeFlags};
use crate::content::Upload;
use crate::error::Problem;
use crate::tenants::FIRST_TENANT;
use anyhow::{Context as _, Result};
use clap::Args;
use live::Live;
use rollbook_cmi5::course::in_language;
use rollbook_db::Tx;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const EXAMPLES: &str = "\
Examples:
  rollbook demo
      Serves an example course from a folder that goes when it ends.
  rollbook demo --data ./demo --listen 0.0.0.0:8080 --public-url http://192.0.2.1:8080
      Keeps what is recorded, and lets other machines in the room take the course.

Without --data and --database nothing of yours is touched.";

/// Where it listens if nobody else does.
const LISTEN: &str = "127.0.0.1:8080";
/// That port, and the one of content beside it.
const PORTS: [u16; 2] = [8080, 9080];

/// The learner.
const LEARNER: &str = "ada";
/// Seconds for which the link is good.
const LINK_SECONDS: i64 = 7 * 24 * 3_600;

/// Try it: serve an example course and show what is recorded of it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Demo {
    #[command(flatten)]
    flags: ServeFlags,
}

/// A learner in the course.
struct Enrolled {
    outline: Arc<Outline>,
    link: String,
    /// When that was, in microseconds since 1970 UTC.
    since: i64,
}

impl Demo {
    /// Serves until `stop` is ready.
    pub(super) async fn run(
        mut self,
        out: &mut (dyn Write + Send),
        stop: impl Future,
    ) -> Result<()> {
        let folder = self.place()?;
        let mut settings = self.flags.settings()?;
        if folder.is_some() {
            settings.database = Database::Sqlite;
            settings.replica = None;
            settings.blobs.url = None;
        }
        log::start(&settings.log_level, settings.log_format)?;
        let ready = Ready::new(&settings).await?;
        let course = enroll(&ready.app).await.map_err(place::failed)?;
        greet(out, &ready, &course)?;
        let live = Live::new(ready.app.clone(), &course.outline.course, course.since);
        let stopped = CancellationToken::new();
        let stop = async {
            stop.await;
            stopped.cancel();
        };
        let told = stopped.run_until_cancelled(live.follow(out));
        let (served, told) = tokio::join!(ready.serve(stop), told);
        drop(folder);
        served?;
        told.unwrap_or(Ok(()))
    }

    /// Says where the store is and where it listens, unless somebody did.
    fn place(&mut self) -> Result<Option<TempDir>> {
        self.flags.unless_given("log.level", "warn");
        // Somebody may serve a store of theirs at the usual address.
        let free = PORTS.iter().all(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
        self.flags.unless_given("listen", if free { LISTEN } else { "127.0.0.1:0" });
        if self.flags.names("data") || self.flags.names("database") {
            return Ok(None);
        }
        let folder = TempDir::with_prefix("rollbook-demo-").context("making a folder")?;
        let path = folder.path().to_str().context("the folder for temporary files has no name")?;
        self.flags.unless_given("data", path);
        Ok(Some(folder))
    }
}

/// Imports the course and registers a learner for it.
async fn enroll(app: &App) -> Result<Enrolled, Problem> {
    let package = course::package().map_err(Problem::internal)?;
    let upload = Upload::of_bytes(app, FIRST_TENANT, &package).await?;
    let desk = Desk::open(app, FIRST_TENANT).await?;
    let (own, home_page) = (desk.clone(), app.public_url.clone());
    let job = move |tx: &mut Tx<'_>| {
        let imported = upload.publish(tx, FIRST_TENANT, &By::operator(), own.now())?;
        let registration = own.register(
            tx,
            &NewRegistration {
                id: None,
                profile: Profile::Cmi5,
                content: Content::Course {
                    course: imported.course,
                    version: Some(imported.version),
                },
                content_id: imported.course.to_string(),
                learner_id: LEARNER.to_owned(),
                current: false,
                account: Account { home_page: home_page.clone(), name: LEARNER.to_owned() },
            },
        )?;
        let link = own.link(registration.id, own.now() + LINK_SECONDS * 1_000_000);
        let outline = own.outline(tx, &registration)?;
        Ok::<_, Problem>(Enrolled { outline, link, since: own.now() })
    };
    let enrolled = app.db.of(FIRST_TENANT.0).write(job).await?;
    desk.committed();
    Ok(enrolled)
}

fn greet(out: &mut dyn Write, ready: &Ready, course: &Enrolled) -> Result<()> {
    serve::place(out, ready)?;
    if let Some(first) = &ready.first {
        writeln!(out, "  key            {}\n  secret         {}\n", first.key, first.secret)?;
    }
    let title = in_language(&course.outline.course.title, &["en"]);
    writeln!(out, "Open this link in a browser to take the course {title:?}:\n")?;
    writeln!(out, "  {}\n", course.link)?;
    writeln!(out, "What is recorded of it appears here. Ctrl-C stops it.\n")?;
    Ok(out.flush()?)
}
