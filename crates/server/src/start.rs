//! From settings to a running server's parts.

use crate::app::{App, Parts};
use crate::blobs::{Blobs, Files};
use crate::clock::Clock;
use crate::cmi5::{self, Cmi5};
use crate::config::Settings;
use crate::content::{ContentUrl, Imports};
use crate::http::api::{Running, Secrets};
use crate::http::client::Proxies;
use crate::ids::Ids;
use crate::migrations::MIGRATIONS;
use crate::nodes::Nodes;
use crate::operate::Operate;
use crate::requests::Requests;
use crate::statements::Log;
use crate::tenants::{self, Callers, Tokens};
use crate::usage::Usage;
use anyhow::{Context as _, Result};
use rollbook_db::Db;
use std::path::Path;
use std::sync::Arc;

/// Opens the store that the settings name, creating it if there is none, and brings its schema up
/// to this program.
pub async fn open(settings: &Settings) -> Result<Db> {
    make_folder(&settings.data)?;
    let db = Db::open(settings.options()).await.context("opening the database")?;
    db.migrate(&MIGRATIONS).await.context("bringing the schema up to this program")?;
    Ok(db)
}

/// Makes the data folder unless it is there.
pub fn make_folder(data: &Path) -> Result<()> {
    std::fs::create_dir_all(data)
        .with_context(|| format!("creating the data folder {}", data.display()))
}

/// Opens the store and puts a server together.
pub async fn build(settings: &Settings) -> Result<App> {
    assemble(open(settings).await?, settings, Clock::System, Ids).await
}

/// Puts a server together around an open store.
pub async fn assemble(db: Db, settings: &Settings, clock: Clock, ids: Ids) -> Result<App> {
    tenants::ensure_first_tenant(&db, &clock).await.context("making the first tenant")?;
    let blobs = blobs(settings, db.clone(), clock.clone())?;
    let nodes = Nodes::new(db.clone(), ids.statement().to_string(), settings.nodes);
    let public_url = settings.public_url(settings.listen);
    let tokens = Tokens::new(db.clone(), &settings.jwt, &settings.limits, &public_url)
        .context("reading whose tokens are good here")?;
    let secrets =
        Secrets::new(db.clone(), clock.clone(), ids.clone(), settings.limits.key_lookups_max);
    let sessions = Arc::new(cmi5::Known::new(
        db.clone(),
        clock.clone(),
        secrets.clone(),
        settings.jwt.secret.clone(),
        (&public_url, &settings.limits),
    ));
    Ok(App::new(Parts {
        log: Log::new(
            db.clone(),
            clock.clone(),
            settings.train_dictionaries,
            settings.limits.clone(),
        ),
        callers: Callers::with_sessions(
            db.clone(),
            clock.clone(),
            tokens,
            &settings.limits,
            sessions,
        ),
        cmi5: Cmi5::new(settings.jwt.secret.clone(), settings.cmi5_launch),
        usage: Usage::new(db.clone(), clock.clone(), settings.limits.clone()),
        proxies: Proxies::new(&settings.trusted_proxies, settings.proxy_header),
        secrets,
        running: Running::default(),
        blobs,
        public_url,
        content_url: ContentUrl::new(&settings.content_url()),
        content_frames: settings.content_frames.clone(),
        imports: Imports::new(settings.limits.imports_max, settings.limits.uploads_max),
        operate: Operate::new(settings, &settings.limits, &clock)?,
        requests: Requests::new(db.clone(), clock.clone(), ids.clone(), &settings.limits),
        nodes,
        limits: settings.limits.clone(),
        db,
        clock,
        ids,
    }))
}

/// Where attachments are.
pub fn files(settings: &Settings) -> Result<Files> {
    match &settings.blobs.url {
        None => Files::in_folder(settings.data.join("blobs")),
        Some(url) => Files::in_bucket(url, &settings.blobs),
    }
}

/// The blob store that the settings name.
pub fn blobs(settings: &Settings, db: Db, clock: Clock) -> Result<Blobs> {
    Blobs::new(files(settings)?, settings.data.join("spool"), db, clock)
}
