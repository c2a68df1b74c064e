//! `rollbook tenant`: make, list, name, suspend, resume and delete the tenants of an installation.
//!
//! Works on the store itself, so it makes no difference whether a server runs; a running server
//! learns of it within five seconds. Every act is in the audit log, as the operator's.

use super::log;
use super::place::{self, Place, counted, failed, minute};
use crate::app::App;
use crate::audit::By;
use crate::clock::Clock;
use crate::config::LogFormat;
use crate::error;
use crate::start;
use crate::tenants::life::{self, Change, Tenant, TenantName, Wish};
use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use rollbook_db::{Db, Tx};
use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::time::Duration;

const CREATE_EXAMPLES: &str = "\
Examples:
  rollbook tenant create acme --title 'Acme Academy' --data ./data
  rollbook key create --tenant acme --name 'Ada' --scopes all,read,write,admin --data ./data
      Makes the first key of its administrator, who then makes the others.";

const DELETE_EXAMPLES: &str = "\
Everything that is the tenant's own is removed for good: statements, documents, attachments, keys
and its audit log. That it was deleted stays in the audit log of the first tenant. Export before:
  rollbook export acme.ndjson.zst --tenant acme --data ./data

Examples:
  rollbook tenant delete acme --data ./data
      Asks for the name once more.
  rollbook tenant delete acme --yes --data ./data
      Does not ask: for scripts.

Stopped in the middle, it goes on where it was when it is run again, or in a running server.";

/// How often, and how long apart, a step that met another one is tried again.
const TRIES: u32 = 100;
const AGAIN: Duration = Duration::from_millis(200);

/// Make, list, name, suspend, resume and delete tenants.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Create(Create),
    List(List),
    Rename(Rename),
    Suspend(Suspend),
    Resume(Resume),
    Delete(Delete),
}

/// Make a tenant.
#[derive(Debug, Args)]
#[command(after_help = CREATE_EXAMPLES)]
pub(super) struct Create {
    /// What it is known by in tokens, headers and paths: letters, digits and . _ -
    name: String,
    /// What people call it
    #[arg(long, default_value = "")]
    title: String,
    #[command(flatten)]
    place: Place,
}

/// List the tenants.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
}

/// Name and describe a tenant. Tokens and headers with an old name stop working.
#[derive(Debug, Args)]
pub(super) struct Rename {
    /// The tenant
    name: String,
    /// Another name
    #[arg(long, value_name = "NAME", required_unless_present = "title")]
    to: Option<String>,
    /// What people call it
    #[arg(long)]
    title: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Let nobody of a tenant in, until it is resumed. Nothing is lost.
#[derive(Debug, Args)]
pub(super) struct Suspend {
    /// The tenant
    name: String,
    #[command(flatten)]
    place: Place,
}

/// Let a suspended tenant in again.
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The tenant
    name: String,
    #[command(flatten)]
    place: Place,
}

/// Delete a tenant and everything that is its own.
#[derive(Debug, Args)]
#[command(after_help = DELETE_EXAMPLES)]
pub(super) struct Delete {
    /// The tenant
    name: String,
    /// Do not ask for the name once more
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        log::start("warn", LogFormat::Text)?;
        match self {
            Self::Create(create) => create.run(out).await,
            Self::List(list) => list.run(out).await,
            Self::Rename(rename) => rename.run(out).await,
            Self::Suspend(Suspend { name, place }) => {
                let act = move |tx: &mut Tx<'_>, by: &By, now| life::suspend(tx, &name, by, now);
                one(&place, out, act).await
            }
            Self::Resume(Resume { name, place }) => {
                let act = move |tx: &mut Tx<'_>, by: &By, now| life::resume(tx, &name, by, now);
                one(&place, out, act).await
            }
            Self::Delete(delete) => delete.run(out).await,
        }
    }
}

impl Create {
    async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let Self { name, title, place } = self;
        let name = TenantName::parse(&name).map_err(failed)?;
        let wish = Wish { name, title: life::title(title).map_err(failed)? };
        one(&place, out, move |tx: &mut Tx<'_>, by: &By, now| life::create(tx, &wish, by, now))
            .await
    }
}

impl List {
    async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let db = place::current(&self.place.settings()?).await?;
        let found = db.every().read(|tx| life::list(tx, None, false, i64::MAX)).await;
        db.close().await;
        let found = found.map_err(failed)?;
        if self.place.json {
            let tenants = found.iter().map(Tenant::in_json).collect();
            writeln!(out, "{}", serde_json::Value::Array(tenants))?;
            return Ok(());
        }
        let mut rows = vec![["NAME", "NUMBER", "STATE", "CREATED", "TITLE"].map(str::to_owned)];
        rows.extend(found.iter().map(|tenant| {
            let (number, state) = (tenant.number.0.to_string(), tenant.state().to_owned());
            [tenant.name.clone(), number, state, minute(tenant.created), tenant.title.clone()]
        }));
        place::table(out, &rows)
    }
}

impl Rename {
    async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let Self { name, to, title, place } = self;
        let wanted = to.as_deref().map(TenantName::parse).transpose().map_err(failed)?;
        let title = title.map(life::title).transpose().map_err(failed)?;
        let change = Change { name: wanted, title };
        let act = move |tx: &mut Tx<'_>, by: &By, now| life::change(tx, &name, &change, by, now);
        one(&place, out, act).await
    }
}

impl Delete {
    async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let Self { name, yes, place } = self;
        let settings = place.settings()?;
        // Nothing is made where there is no store.
        place::current(&settings).await?.close().await;
        let app = start::build(&settings).await?;
        let deleted = async {
            let wanted = name.clone();
            let found = app.db.every().read(move |tx| life::find(tx, &wanted)).await;
            let found = found.map_err(failed)?;
            if !yes && found.deleting.is_none() {
                confirm(&name)?;
            }
            let mark = move |tx: &mut Tx<'_>, by: &By, now| life::delete(tx, &name, by, now);
            let tenant = act(&app.db, mark).await?;
            let rows = erase(&app, &tenant).await?;
            Ok::<_, anyhow::Error>((tenant, rows))
        };
        let deleted = deleted.await;
        app.db.clone().close().await;
        let (tenant, (rows, files)) = deleted?;
        if place.json {
            let told = serde_json::json!({ "name": tenant.name, "rows": rows, "files": files });
            writeln!(out, "{told}")?;
        } else {
            let (rows, files) = (counted(rows, "row"), counted(files, "file"));
            writeln!(out, "{} is deleted: {rows} and {files} were removed.", tenant.name)?;
        }
        Ok(())
    }
}

/// An act on one tenant, told.
async fn one(
    place: &Place,
    out: &mut (dyn Write + Send),
    effect: impl FnOnce(&mut Tx<'_>, &By, i64) -> error::Result<Tenant> + Send + 'static,
) -> Result<()> {
    let db = place::current(&place.settings()?).await?;
    let tenant = act(&db, effect).await;
    db.close().await;
    let tenant = tenant?;
    if place.json {
        writeln!(out, "{}", tenant.in_json())?;
    } else {
        writeln!(out, "{} (tenant {}) is {}.", tenant.name, tenant.number.0, tenant.state())?;
    }
    Ok(())
}

/// An act of the operator, as one transaction.
async fn act(
    db: &Db,
    effect: impl FnOnce(&mut Tx<'_>, &By, i64) -> error::Result<Tenant> + Send + 'static,
) -> Result<Tenant> {
    let now = Clock::System.now_micros();
    db.every().write(move |tx| effect(tx, &By::operator(), now)).await.map_err(failed)
}

/// Asks for the name once more.
fn confirm(name: &str) -> Result<()> {
    ensure!(
        io::stdin().is_terminal(),
        "deleting a tenant cannot be undone: say `--yes` where nobody can be asked"
    );
    write!(
        io::stderr(),
        "Everything of {name} will be removed for good. Type its name to go on: "
    )?;
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed).context("reading the name")?;
    ensure!(typed.trim() == name, "that is not its name; nothing was deleted");
    Ok(())
}

/// Removes what is the tenant's own to the end; how many rows and files that were.
async fn erase(app: &App, tenant: &Tenant) -> Result<(u64, u64)> {
    let number = tenant.number;
    let all = app.db.of(number.0).read(move |tx| life::rows_of(tx, number)).await?;
    let bar = place::bar("Deleting");
    bar.set_length(all);
    let (mut rows, mut files, mut tries) = (0, 0, TRIES);
    loop {
        let erased = match life::erase_some(app, number).await {
            // A running server removes the same rows.
            Err(problem) if problem.is_unavailable() && tries > 0 => {
                tries -= 1;
                tokio::time::sleep(AGAIN).await;
                continue;
            }
            erased => erased.map_err(failed)?,
        };
        rows += erased.rows;
        files += erased.files;
        bar.set_position(rows);
        if erased.done {
            bar.finish_and_clear();
            return Ok((rows, files));
        }
    }
}
