//! `rollbook key`: make, list and revoke the keys by which clients are known.
//!
//! Works on the store itself, so it makes no difference whether a server runs; a running server
//! knows a new key at once and forgets a revoked one within five seconds.

use super::log;
use crate::clock::Clock;
use crate::config::{self, LogFormat, Settings, StoreFlags};
use crate::ids::Ids;
use crate::start;
use crate::tenants::{self, KeyWish, Listed, Restrictions, Scopes};
use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use rollbook_db::Db;
use rollbook_xapi::timestamp::format_micros;
use serde_json::json;
use std::io::Write;
use std::time::Duration;

const CREATE_EXAMPLES: &str = "\
Scopes:
  all                   read and write everything
  all/read              read everything                        (xapi:read is the same)
  statements/write      store statements
  statements/read       read all statements
  statements/read/mine  read the statements stored with this key
  state                 read and write state documents
  profile               read and write agent and activity profiles
  define                let its statements define activities and name actors
  xapi:write            statements/write, state, profile and define together
  read, write           read and write what is under /api/v1
  admin                 administer the tenant: its keys, its issuers of tokens
  operator              run the installation (keys of the first tenant only)

Examples:
  rollbook key create --data ./data --name 'Moodle' --scopes xapi:read,xapi:write
  rollbook key create --data ./data --name 'Course 7' --scopes statements/write,state --expires 90d
  rollbook key create --data ./data --name 'report' --scopes all/read --json";

/// Make, list and revoke the keys by which clients are known.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a key and show its secret, this once.
///
/// The store is created if there is none. A running server knows the key at once.
#[derive(Debug, Args)]
#[command(after_help = CREATE_EXAMPLES)]
pub(super) struct Create {
    /// What people call it; it is also the name of the authority of what it stores
    #[arg(long)]
    name: String,
    /// What it may do: scopes, separated by commas
    #[arg(long, value_name = "SCOPES")]
    scopes: String,
    /// When it ends, counted from now, such as 12h or 90d [default: never]
    #[arg(long, value_name = "TIME", value_parser = config::duration)]
    expires: Option<Duration>,
    #[command(flatten)]
    place: Place,
}

/// List the keys, revoked ones too. Secrets are not kept, so they cannot be shown.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
}

/// Revoke a key: servers refuse it within five seconds, and for good.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// The key, as `rollbook key list` shows it
    key: String,
    #[command(flatten)]
    place: Place,
}

/// Which store and which tenant, and how to answer.
#[derive(Debug, Args)]
struct Place {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    /// Tenant that the keys belong to [default: the first one]
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(flatten)]
    flags: StoreFlags,
}

impl Key {
    pub(super) async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        log::start("warn", LogFormat::Text)?;
        match self {
            Self::Create(create) => create.run(out).await,
            Self::List(list) => list.run(out).await,
            Self::Revoke(revoke) => revoke.run(out).await,
        }
    }
}

impl Create {
    async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let Self { name, scopes, expires, place } = self;
        let scopes = Scopes::parse(&scopes)?;
        let settings = place.settings()?;
        let expires = expires.map(|time| end(&Clock::System, time)).transpose()?;
        let home_page = settings.public_url(settings.listen);
        let wish = KeyWish { expires, ..KeyWish::new(name, scopes, home_page) };
        let db = start::open(&settings).await?;
        let made = place.create(&db, wish).await;
        db.close().await;
        let made = made?;
        if place.json {
            let names: Vec<_> = scopes.names().collect();
            let told = json!({ "key": made.key, "secret": made.secret, "scopes": names });
            writeln!(out, "{told}")?;
            return Ok(());
        }
        writeln!(out, "key      {}\nsecret   {}\nscopes   {scopes}", made.key, made.secret)?;
        writeln!(out, "expires  {}", expires.map_or_else(|| "never".to_owned(), format_micros))?;
        writeln!(out, "\nThe secret is shown only now. Clients send the key as user name and the")?;
        writeln!(out, "secret as password (Basic authentication).")?;
        Ok(())
    }
}

impl List {
    async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let db = self.place.existing().await?;
        let listed = self.place.list(&db).await;
        db.close().await;
        let (listed, now) = (listed?, Clock::System.now_micros());
        if self.place.json {
            let keys: Vec<_> = listed.iter().map(|key| in_json(key, now)).collect();
            writeln!(out, "{}", serde_json::Value::Array(keys))?;
            return Ok(());
        }
        table(out, &listed, now)
    }
}

impl Revoke {
    async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let db = self.place.existing().await?;
        let since = self.place.revoke(&db, &self.key).await;
        db.close().await;
        let since = format_micros(since?);
        if self.place.json {
            writeln!(out, "{}", json!({ "key": self.key, "revoked": since }))?;
        } else {
            writeln!(out, "{} is revoked since {since}.", self.key)?;
            writeln!(out, "Running servers refuse it within five seconds.")?;
        }
        Ok(())
    }
}

impl Place {
    fn settings(&self) -> Result<Settings> {
        let mut settings = self.flags.settings()?;
        settings.tuning.readers = 1;
        settings.tuning.pool_size = 1;
        Ok(settings)
    }

    /// A store that is there already.
    async fn existing(&self) -> Result<Db> {
        let settings = self.settings()?;
        if let Some(file) = settings.sqlite_file() {
            let data = settings.data.display();
            ensure!(
                file.exists(),
                "there is no store in {data}; `rollbook serve --data {data}` creates one"
            );
        }
        start::open(&settings).await
    }

    async fn create(&self, db: &Db, wish: KeyWish) -> Result<tenants::NewKey> {
        tenants::ensure_first_tenant(db, &Clock::System).await?;
        let tenant = tenants::tenant_named(db, self.tenant.as_deref()).await?;
        Ok(tenants::create(db, &Clock::System, &Ids, tenant, wish).await?)
    }

    async fn list(&self, db: &Db) -> Result<Vec<Listed>> {
        let tenant = tenants::tenant_named(db, self.tenant.as_deref()).await?;
        Ok(tenants::list(db, tenant).await?)
    }

    async fn revoke(&self, db: &Db, key: &str) -> Result<i64> {
        let tenant = tenants::tenant_named(db, self.tenant.as_deref()).await?;
        Ok(tenants::revoke(db, &Clock::System, tenant, key).await?)
    }
}

/// The moment that is `time` from now.
fn end(clock: &Clock, time: Duration) -> Result<i64> {
    let micros = i64::try_from(time.as_micros()).ok();
    // A timestamp has a year of four digits.
    micros
        .and_then(|micros| clock.now_micros().checked_add(micros))
        .filter(|end| *end < 253_402_300_800_000_000)
        .context("a key ends before the year 10000, or never")
}

fn in_json(listed: &Listed, now: i64) -> serde_json::Value {
    let Listed { key, name, notes, scopes, restrictions, created, .. } = listed;
    let Listed { expires, revoked, last_used, rotated, old_until, .. } = listed;
    let Restrictions { addresses, origins, activities } = restrictions;
    json!({
        "key": key,
        "name": name,
        "notes": notes,
        "scopes": scopes.names().collect::<Vec<_>>(),
        "state": state(listed, now),
        "created": format_micros(*created),
        "expires": expires.map(format_micros),
        "revoked": revoked.map(format_micros),
        "last_used": last_used.map(format_micros),
        "rotated": rotated.map(format_micros),
        "old_secret_until": old_until.map(format_micros),
        "addresses": addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "origins": origins,
        "activities": activities,
    })
}

fn state(listed: &Listed, now: i64) -> &'static str {
    match listed {
        Listed { revoked: Some(_), .. } => "revoked",
        Listed { expires: Some(end), .. } if *end <= now => "expired",
        _ => "active",
    }
}

/// Columns as wide as their widest entry.
fn table(out: &mut dyn Write, listed: &[Listed], now: i64) -> Result<()> {
    let head = ["KEY", "STATE", "CREATED", "EXPIRES", "LAST USED", "SCOPES", "NAME"];
    let mut rows = vec![head.map(str::to_owned)];
    // The minute is enough for people.
    let minute = |micros: i64| format_micros(micros).chars().take(16).collect::<String>();
    let or = |micros: Option<i64>| micros.map_or_else(|| "never".to_owned(), minute);
    for key in listed {
        let Listed { key: text, name, scopes, created, expires, last_used, .. } = key;
        rows.push([
            text.clone(),
            state(key, now).to_owned(),
            minute(*created),
            or(*expires),
            or(*last_used),
            scopes.to_string(),
            name.clone(),
        ]);
    }
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
