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
use crate::config::{Database, ServeFlags, Settings};
use crate::content::Upload;
use crate::error::Problem;
use crate::tenants::FIRST_TENANT;
use anyhow::{Context as _, Result};
use clap::{Arg, Args};
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

Without --data and --database nothing of yours is touched.
Every other flag of `rollbook serve` is taken too.";

/// The learner.
const LEARNER: &str = "ada";
/// Seconds for which the link is good.
const LINK_SECONDS: i64 = 7 * 24 * 3_600;

/// Try it: serve an example course and show what is recorded of it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_args = useful)]
pub(super) struct Demo {
    #[command(flatten)]
    flags: ServeFlags,
}

/// A flag as it is told here: the few that whoever tries it may need, and what is different about them.
fn useful(flag: Arg) -> Arg {
    let help = match flag.get_id().as_str() {
        "listen" => "Where requests are answered [default: 127.0.0.1:8080, or any free port]",
        "data" => "Folder that keeps what is recorded [default: a new one, which goes at the end]",
        "log.level" => "What is logged: error, warn, info, debug or trace [default: warn]",
        "database" | "public_url" => return flag,
        _ => return flag.hide(true),
    };
    flag.help(help).long_help(help)
}

/// A learner in the course.
struct Enrolled {
    outline: Arc<Outline>,
    link: String,
    /// When that was, in microseconds since 1970 UTC.
    since: i64,
}

impl Demo {
    /// Serves until `stop` is ready, or nobody reads what it tells.
    pub(super) async fn run(self, out: &mut (dyn Write + Send), stop: impl Future) -> Result<()> {
        let (settings, folder) = self.settings()?;
        log::start(&settings.log_level, settings.log_format)?;
        let ready = Ready::new(&settings).await?;
        let course = enroll(&ready.app).await.map_err(place::failed)?;
        greet(out, &ready, &course)?;
        let live = Live::new(ready.app.clone(), &course.outline.course, course.since);
        let stopped = CancellationToken::new();
        let stop = async {
            stopped.run_until_cancelled(stop).await;
            stopped.cancel();
        };
        let told = async {
            let told = stopped.run_until_cancelled(live.follow(out)).await;
            stopped.cancel();
            told.unwrap_or(Ok(()))
        };
        let (served, told) = tokio::join!(ready.serve(stop), told);
        drop(folder);
        served.and(told)
    }

    /// The settings that hold, and the folder of the store if that goes when this ends.
    fn settings(mut self) -> Result<(Settings, Option<TempDir>)> {
        let is_theirs = self.flags.names("data") || self.flags.names("database");
        let folder = (!is_theirs).then(|| TempDir::with_prefix("rollbook-demo-")).transpose();
        let folder = folder.context("making a folder")?;
        if let Some(folder) = &folder {
            let path = folder.path().to_str();
            let path = path.context("the folder for temporary files has no name")?;
            self.flags.unless_given("data", path);
        }
        let usual = Settings { log_level: "warn".to_owned(), ..Settings::default() };
        let mut settings = self.flags.settings_over(usual)?;
        if folder.is_some() {
            self.leave_alone(&mut settings);
        }
        let is_elsewhere = |name| self.flags.names(name);
        if !["listen", "content_listen"].into_iter().any(is_elsewhere) {
            make_way(&mut settings);
        }
        Ok((settings, folder))
    }

    /// Forgets what the environment says of a store that this one has nothing to do with.
    fn leave_alone(&self, settings: &mut Settings) {
        settings.database = Database::Sqlite;
        settings.replica = None;
        settings.blobs.url = None;
        for (name, address) in [
            ("public_url", &mut settings.public_url),
            ("content_url", &mut settings.content_url),
            ("otel.endpoint", &mut settings.otel.endpoint),
        ] {
            address.take_if(|_| !self.flags.names(name));
        }
        settings.operate_listen.take_if(|_| !self.flags.names("operate.listen"));
    }
}

/// Takes any ports that are free if somebody serves at the usual ones, and nobody was told those.
fn make_way(settings: &mut Settings) {
    let ports = [settings.listen, settings.content_address()];
    if settings.public_url.is_none() && ports.iter().any(|port| TcpListener::bind(port).is_err()) {
        settings.listen.set_port(0);
        settings.content_listen = None;
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
