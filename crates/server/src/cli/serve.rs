//! `rollbook serve`: run the server until it is told to stop.
//!
//! The order matters: the folder is locked, the port is bound and the bucket asked before a store is
//! created, so that a first key is made only when it can be told.

use super::log;
use crate::app::App;
use crate::blobs;
use crate::clock::Clock;
use crate::cmi5;
use crate::config::{Database, ServeFlags, Settings, local_url};
use crate::content;
use crate::http::api;
use crate::http::serve::{serve, serve_front};
use crate::ids::Ids;
use crate::nodes;
use crate::operate;
use crate::requests;
use crate::start;
use crate::tenants::{self, KeyWish, NewKey, Scope, Scopes, life};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const EXAMPLES: &str = "\
Examples:
  rollbook serve
      Serves the store in ./data on http://127.0.0.1:8080.
  rollbook serve --data /var/lib/rollbook --listen 0.0.0.0:8080 \\
    --public-url https://lrs.example.com --content-url https://content.example.net
      Serves other machines, behind a proxy that speaks HTTPS; courses are on port 9080.
  rollbook serve --data /var/lib/rollbook --database postgres://rollbook@db/rollbook
      Keeps the record in PostgreSQL; any number of servers may share it.

The first start creates the store and prints a key for it. More keys: `rollbook key create --help`.
`rollbook serve --help` lists every setting, `-h` the common ones.";

/// Run the server; creates the store if there is none.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) flags: ServeFlags,
}

impl Serve {
    /// Serves until `stop` is ready.
    pub(super) async fn run(self, out: &mut (dyn Write + Send), stop: impl Future) -> Result<()> {
        let settings = self.flags.settings()?;
        log::start(&settings.log_level, settings.log_format)?;
        run(&settings, out, stop).await
    }
}

/// Serves with these settings until `stop` is ready.
pub(super) async fn run(
    settings: &Settings,
    out: &mut (dyn Write + Send),
    stop: impl Future,
) -> Result<()> {
    let ready = Ready::new(settings).await?;
    greet(out, &ready)?;
    ready.serve(stop).await
}

/// Refuses to run courses where the API is.
fn apart(settings: &Settings) -> Result<()> {
    let public_url = settings.public_url(settings.listen);
    if content::ContentUrl::new(&settings.content_url()).is_at(&public_url) {
        bail!(
            "content_url has the origin of public_url, {public_url}: courses are other people's \
             programs and need another host name or port (docs/content.md)"
        );
    }
    if settings.hides_content() {
        tracing::warn!(
            "Courses cannot be opened: browsers that are at {public_url} need an address for them, \
             which is the setting content_url (docs/content.md)"
        );
    }
    Ok(())
}

/// A server whose store is open and whose ports are bound, and which answers nobody yet.
pub(super) struct Ready {
    pub(super) app: App,
    /// The first key of a store, if it was made just now.
    pub(super) first: Option<NewKey>,
    /// The settings, with the addresses at which it listens.
    settings: Settings,
    listener: TcpListener,
    content: TcpListener,
    operators: Option<TcpListener>,
    /// Held as long as it serves.
    lock: Option<File>,
}

impl Ready {
    /// Binds the ports and opens the store.
    pub(super) async fn new(settings: &Settings) -> Result<Self> {
        settings.nodes.check()?;
        let lock = lock(settings)?;
        let listener = TcpListener::bind(settings.listen).await.with_context(|| {
            format!("listening on {} (set listen to listen elsewhere)", settings.listen)
        })?;
        let operators = match settings.operate_listen {
            Some(address) => {
                let listener = TcpListener::bind(address).await;
                Some(listener.with_context(|| format!("listening on {address}"))?)
            }
            None => None,
        };
        let content = settings.content_address();
        let content = TcpListener::bind(content).await.with_context(|| {
            format!("listening on {content} for content (set content_listen to listen elsewhere)")
        })?;
        // What was told to take any free port is known by the one that it got.
        let address = listener.local_addr().context("asking for the address")?;
        let beside = content.local_addr().context("asking for the address of content")?;
        let settings =
            Settings { listen: address, content_listen: Some(beside), ..settings.clone() };
        apart(&settings)?;
        start::files(&settings)?.check().await?;
        let db = start::open(&settings).await?;
        if db.sees_through_walls() {
            tracing::warn!(
                "PostgreSQL's row-level security does not bind the role of `database`: name one \
                 that is no superuser and has no BYPASSRLS (docs/postgresql.md)"
            );
        }
        let scopes = [Scope::All, Scope::Read, Scope::Write, Scope::Admin, Scope::Operator];
        let scopes = scopes.into_iter().fold(Scopes::NONE, Scopes::with);
        let first = KeyWish::new("first key", scopes, settings.public_url(address));
        let first = tenants::open_store(&db, &Clock::System, &Ids, first).await?;
        let app = start::assemble(db, &settings, Clock::System, Ids).await?;
        Ok(Self { app, first, settings, listener, content, operators, lock })
    }

    /// Answers until `stop` is ready, then stops in good order.
    pub(super) async fn serve(self, stop: impl Future) -> Result<()> {
        let Self { app, first: _, settings, listener, content, operators, lock } = self;
        let address = settings.listen;
        let beside = settings.content_address();
        tracing::info!(%address, content = %beside, engine = %app.db.engine(), "Serving");
        let mut background = Background::start(&app, &settings, address);
        if let Some(listener) = operators {
            background.watched.spawn(operate::serve(app.clone(), listener));
        }
        let leaving = background.working.clone();
        let left = leaving.clone();
        let content = serve_front(content::front(&app), &app.limits, content, left.cancelled());
        let (told, drain) = (app.clone(), settings.drain);
        let stop = async move {
            stop.await;
            // A load balancer may notice, and go elsewhere, before anything ends.
            told.operate.stop();
            tokio::time::sleep(drain).await;
            // What others can go on with they may have at once, while open requests end here.
            leaving.cancel();
        };
        let (served, content) = tokio::join!(serve(app.clone(), listener, stop), content);
        background.stop().await;
        served.context("serving")?;
        content.context("serving content")?;
        app.requests.flush().await;
        app.operate.flush().await;
        app.db.clone().close().await;
        tracing::info!("Stopped");
        drop(lock);
        Ok(())
    }
}

/// What a server does besides answering.
struct Background {
    /// Cancelled when the work that one node at a time does is to be given up.
    working: CancellationToken,
    /// Cancelled when this node is gone.
    there: CancellationToken,
    tasks: JoinSet<()>,
    /// What is for operators and goes on to the very end.
    watched: JoinSet<()>,
}

impl Background {
    fn start(app: &App, settings: &Settings, address: SocketAddr) -> Self {
        let (working, there) = (CancellationToken::new(), CancellationToken::new());
        let address = settings.node_address.clone().unwrap_or_else(|| address.to_string());
        let mut tasks = JoinSet::new();
        tasks.spawn(nodes::keep_alive(app.clone(), address, there.clone()));
        tasks.spawn(blobs::keep_swept(app.clone(), working.clone()));
        tasks.spawn(life::keep_deleted(app.clone(), working.clone()));
        tasks.spawn(api::keep_forgetting(app.clone(), working.clone()));
        tasks.spawn(requests::keep_short(app.clone(), working.clone()));
        tasks.spawn(cmi5::keep_swept(app.clone(), working.clone()));
        let mut watched = JoinSet::new();
        watched.spawn(requests::keep_fresh(app.clone()));
        Self { working, there, tasks, watched }
    }

    async fn stop(mut self) {
        self.working.cancel();
        self.there.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(panicked = error.is_panic(), "Background work ended early");
            }
        }
        self.watched.shutdown().await;
    }
}

/// Makes sure that one server at a time has a SQLite folder. Other commands do not take this lock.
fn lock(settings: &Settings) -> Result<Option<File>> {
    let data = &settings.data;
    start::make_folder(data)?;
    if settings.database != Database::Sqlite {
        return Ok(None); // Servers that share a PostgreSQL may share a folder too.
    }
    let path = data.join("serve.lock");
    let file = open_lock(&path).with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another rollbook serves {}: stop it first, or name another folder",
                data.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("locking {}", path.display()))
        }
    }
}

fn open_lock(path: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}

/// What people see: the endpoint and, once in the life of a store, a key that works.
fn greet(out: &mut dyn Write, ready: &Ready) -> Result<()> {
    place(out, ready)?;
    if let Some(NewKey { key, secret, scopes: _ }) = &ready.first {
        // A proxy in front of the public address may not run yet.
        let url = local_url(ready.settings.listen);
        let curl = format!("curl -u '{key}:{secret}' -H 'X-Experience-API-Version: 1.0.3'");
        writeln!(
            out,
            "This store is new. Its first key may do everything; its secret is shown only now:\n"
        )?;
        writeln!(out, "  key            {key}\n  secret         {secret}\n")?;
        writeln!(out, "Store a statement:\n")?;
        writeln!(
            out,
            "  {curl} -H 'Content-Type: application/json' -d '{STATEMENT}' '{url}/xapi/statements'\n"
        )?;
        writeln!(out, "Read it back:\n")?;
        writeln!(out, "  {curl} '{url}/xapi/statements?limit=1'\n")?;
        writeln!(out, "Take a course, and see what is recorded of it (in another terminal):\n")?;
        writeln!(out, "  {} demo\n", program())?;
    }
    writeln!(out, "Ctrl-C stops it. More keys: rollbook key create --help")?;
    Ok(out.flush()?)
}

/// Where the record is, and where it is spoken to.
pub(super) fn place(out: &mut dyn Write, ready: &Ready) -> Result<()> {
    let Ready { settings, .. } = ready;
    let place = settings
        .sqlite_file()
        .map_or_else(|| "the PostgreSQL database".to_owned(), |file| file.display().to_string());
    writeln!(out, "Rollbook {} keeps its record in {place}.\n", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  xAPI endpoint  {}/xapi", settings.public_url(settings.listen))?;
    writeln!(out, "  courses        {}\n", settings.content_url())?;
    Ok(())
}

/// How this program was called, so that what is told can be pasted.
fn program() -> String {
    std::env::args_os()
        .next()
        .map_or_else(|| "rollbook".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A first statement. No `'` in it: it is pasted into a shell.
const STATEMENT: &str = r#"{"actor":{"name":"Ada","mbox":"mailto:ada@example.com"},"verb":{"id":"http://adlnet.gov/expapi/verbs/completed","display":{"en":"completed"}},"object":{"id":"https://example.com/activities/first-steps","definition":{"name":{"en":"First steps"}}}}"#;
