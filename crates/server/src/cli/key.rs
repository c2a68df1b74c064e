//! `rollbook key`: make, list, rotate and revoke the keys by which clients are known.
//!
//! Every act is in the audit log, as the operator's. Works on the store itself, so it makes no difference whether a server runs; a running server
//! knows a new key at once and forgets a revoked one within five seconds.

use super::log;
use super::place::{self, failed, minute};
use crate::audit::By;
use crate::clock::Clock;
use crate::config::{self, LogFormat, Settings, StoreFlags};
use crate::ids::Ids;
use crate::start;
use crate::tenants::{
    self, KeyError, KeyWish, Listed, NewKey, NewSecret, Restrictions, Scopes, TenantId, keyring,
    keys,
};
use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use rollbook_db::{Db, Tx};
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
  rollbook key create --data ./data --name 'report' --scopes all/read --ip-range 192.0.2.0/24
  rollbook key create --data ./data --tenant acme --name 'Ada' --scopes all,read,write,admin";

const ROTATE_EXAMPLES: &str = "\
Examples:
  rollbook key rotate rk1_3f9c51aa0b --overlap 7d --data ./data
      Shows a new secret; the old one works for a week more.
  rollbook key rotate rk1_3f9c51aa0b --data ./data
      Shows a new secret; the old one ends now (within five seconds).";

/// Make, list, rotate and revoke the keys by which clients are known.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    Create(Create),
    List(List),
    Rotate(Rotate),
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
    /// What people want to remember of it
    #[arg(long, default_value = "")]
    notes: String,
    /// Network that it may be used from, such as 192.0.2.0/24; may be repeated [default: any]
    #[arg(long, value_name = "NETWORK")]
    ip_range: Vec<String>,
    /// Origin of the pages that it may be used by; may be repeated [default: any]
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<String>,
    /// Beginning of the IRIs of the activities that it may touch; may be repeated [default: any]
    #[arg(long, value_name = "IRI")]
    activity_prefix: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// List the keys, revoked ones too. Secrets are not kept, so they cannot be shown.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
}

/// Give a key a new secret and show it, this once.
#[derive(Debug, Args)]
#[command(after_help = ROTATE_EXAMPLES)]
pub(super) struct Rotate {
    /// The key, as `rollbook key list` shows it
    key: String,
    /// How long the old secret works beside the new one, such as 12h or 7d [default: not at all]
    #[arg(long, value_name = "TIME", value_parser = config::duration)]
    overlap: Option<Duration>,
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
            Self::Rotate(rotate) => rotate.run(out).await,
            Self::Revoke(revoke) => revoke.run(out).await,
        }
    }
}

impl Create {
    async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let Self { name, scopes, expires, notes, ip_range, origin, activity_prefix, place } = self;
        let restrictions = Restrictions::parse(&ip_range, &origin, &activity_prefix);
        let restrictions = restrictions.map_err(KeyError::from)?;
        let scopes = Scopes::parse(&scopes)?;
        let settings = place.settings()?;
        let expires = expires.map(|time| end(&Clock::System, time)).transpose()?;
        let home_page = settings.public_url(settings.listen);
        let wish = KeyWish { name, notes, scopes, restrictions, expires, home_page };
        let db = start::open(&settings).await?;
        let made = place.create(&db, wish, settings.limits.keys_max).await;
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

impl Rotate {
    async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let Self { key, overlap, place } = self;
        let db = place.existing().await?;
        let made = place.rotate(&db, key, overlap.unwrap_or_default()).await;
        db.close().await;
        let NewSecret { key, secret, old_until } = made?;
        let until = format_micros(old_until);
        if place.json {
            let told = json!({ "key": key, "secret": secret, "old_secret_until": until });
            writeln!(out, "{told}")?;
        } else {
            writeln!(out, "key      {key}\nsecret   {secret}")?;
            writeln!(out, "\nThe secret is shown only now. The old one works until {until}.")?;
        }
        Ok(())
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

    async fn create(&self, db: &Db, wish: KeyWish, keys_max: usize) -> Result<NewKey> {
        tenants::ensure_first_tenant(db, &Clock::System).await?;
        let tenant = self.tenant(db).await?;
        let made = wish.draft(&Ids, tenant)?;
        let told = made.clone();
        let now = Clock::System.now_micros();
        let effect = move |tx: &mut Tx<'_>| {
            keyring::create(tx, tenant, None, &wish, &made, &By::operator(), now)?;
            keyring::has_room(tx, tenant, keys_max, now)
        };
        db.every().write(effect).await.map_err(failed)?;
        Ok(told)
    }

    async fn list(&self, db: &Db) -> Result<Vec<Listed>> {
        Ok(tenants::list(db, self.tenant(db).await?).await?)
    }

    async fn rotate(&self, db: &Db, key: String, overlap: Duration) -> Result<NewSecret> {
        let tenant = self.tenant(db).await?;
        tenants::get(db, tenant, &key).await?;
        let (secret, now) = (keys::new_secret(&Ids), Clock::System.now_micros());
        let effect = move |tx: &mut Tx<'_>| {
            let with = (secret, overlap);
            keyring::rotate(tx, tenant, None, &key, with, &By::operator(), now)
        };
        db.every().write(effect).await.map_err(failed)
    }

    async fn revoke(&self, db: &Db, key: &str) -> Result<i64> {
        let tenant = self.tenant(db).await?;
        tenants::get(db, tenant, key).await?;
        let (key, now) = (key.to_owned(), Clock::System.now_micros());
        let effect =
            move |tx: &mut Tx<'_>| keyring::revoke(tx, tenant, None, &key, &By::operator(), now);
        let revoked = db.every().write(effect).await.map_err(failed)?;
        Ok(revoked.revoked.unwrap_or(now))
    }

    async fn tenant(&self, db: &Db) -> Result<TenantId> {
        Ok(tenants::tenant_named(db, self.tenant.as_deref()).await?)
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

fn table(out: &mut dyn Write, listed: &[Listed], now: i64) -> Result<()> {
    let head = ["KEY", "STATE", "CREATED", "EXPIRES", "LAST USED", "SCOPES", "NAME"];
    let mut rows = vec![head.map(str::to_owned)];
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
    place::table(out, &rows)
}
