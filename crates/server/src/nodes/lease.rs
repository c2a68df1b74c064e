//! Work that one node at a time does.
//!
//! A lease is taken, kept and given back by single statements on the database's clock. A holder that
//! is killed loses it when its time is over; one that was paused finds that it has lost it when it
//! next renews, and in every transaction that asks with [`Lease::hold`]. Its token grows with each
//! holder. When the work was last done is kept with the lease, so many nodes do it as often as one.

use super::Nodes;
use super::store::{self, Held};
use crate::app::App;
use crate::error::{Code, Problem, Result};
use crate::operate::cause;
use http::StatusCode;
use rollbook_db::Tx;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

/// How soon work that failed is tried again, unless it is due earlier.
const RETRY: Duration = Duration::from_mins(1);

/// How often within its length a lease is renewed.
const RENEWALS: u32 = 3;

/// How long a node that stops takes to give a lease back; otherwise its time runs out.
const GIVING_BACK: Duration = Duration::from_secs(2);

/// The right to do one kind of work, for as long as it is renewed.
#[derive(Clone, Debug)]
pub struct Lease {
    held: Held,
    /// Nobody else takes it before this, whatever becomes of the connection to the database.
    until: Instant,
}

/// How a piece of work ended.
enum End {
    Done(Result<()>),
    Stopped,
    Lost,
}

/// Does `work` now if it is due, and then every so often, on one node at a time, until `stop`.
///
/// The work is dropped where it waits when this node is told to stop or has lost the lease, so it
/// must bear that. A piece of work that fails is logged and tried again within a minute.
pub async fn run_leased<W, F>(
    app: App,
    name: &'static str,
    every: Duration,
    stop: CancellationToken,
    mut work: W,
) where
    W: FnMut(App, Lease) -> F,
    F: Future<Output = Result<()>>,
{
    let poll = app.nodes.0.timing.heartbeat.min(every);
    while !stop.is_cancelled() {
        match app.nodes.acquire(name).await {
            Ok(Some(lease)) => {
                tracing::debug!(name, token = lease.held.token, "Took a lease");
                let working = work(app.clone(), lease.clone());
                hold(&app, lease, every, &stop, working).await;
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(name, cause = %error, "Could not ask for a lease"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(poll) => {}
        }
    }
}

/// Works while the lease is kept, and gives it back.
async fn hold(
    app: &App,
    lease: Lease,
    every: Duration,
    stop: &CancellationToken,
    working: impl Future<Output = Result<()>>,
) {
    let (nodes, name) = (&app.nodes, lease.held.name);
    let end = tokio::select! {
        biased;
        () = stop.cancelled() => End::Stopped,
        () = nodes.keep(&lease) => End::Lost,
        done = working => End::Done(done),
    };
    if let End::Done(done) = &end {
        app.operate.metrics.worked(name, done.is_ok(), app.clock.now_micros());
    }
    let due_in = match end {
        End::Done(Ok(())) => every,
        End::Done(Err(problem)) => {
            let cause = problem.because.as_ref().map(cause::shown);
            let code = problem.code.name();
            tracing::warn!(name, code, cause, "Background work failed; it will be tried again");
            RETRY.min(every)
        }
        End::Stopped => Duration::ZERO,
        End::Lost => {
            tracing::warn!(name, "Lost a lease; another node may do its work");
            return;
        }
    };
    let giving_back = nodes.release(&lease, due_in);
    match tokio::time::timeout(GIVING_BACK, giving_back).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => tracing::warn!(name, "A lease was lost before its work ended"),
        Ok(Err(_)) | Err(_) => {
            tracing::debug!(name, "Could not give a lease back; it will run out");
        }
    }
}

impl Lease {
    /// Its token, larger than that of every earlier holder.
    pub fn token(&self) -> i64 {
        self.held.token
    }

    #[cfg(test)]
    pub(super) fn is_of(&self, nodes: &Nodes) -> bool {
        self.held.holder == nodes.id()
    }

    /// Holds on to the lease to the end of this transaction: fails if it is lost, and otherwise
    /// nobody takes it before the transaction ends. For work whose effect must not come late. The
    /// lease is the installation's, so the job reaches every tenant (`db.every()`).
    pub fn hold(&self, tx: &mut Tx<'_>) -> Result<()> {
        if store::is_held(tx, &self.held)? {
            return Ok(());
        }
        let detail = "this work was taken over by another node";
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, Code::StorageUnavailable, detail))
    }
}

impl Nodes {
    /// The lease, if nobody has it and its work is due.
    pub(super) async fn acquire(&self, name: &'static str) -> rollbook_db::Result<Option<Lease>> {
        if self.0.db.every().read(move |tx| store::is_idle(tx, name)).await? {
            return Ok(None);
        }
        let (holder, length) = (self.0.id.clone(), self.0.timing.lease);
        let until = Instant::now() + length;
        let job = move |tx: &mut Tx<'_>| {
            let token = store::acquire(tx, name, &holder, length)?;
            Ok(token.map(|token| Held { name, holder, token }))
        };
        let held = self.0.db.every().write(job).await?;
        Ok(held.map(|held| Lease { held, until }))
    }

    /// Renews the lease again and again; returns when it is lost.
    async fn keep(&self, lease: &Lease) {
        let length = self.0.timing.lease;
        let mut until = lease.until;
        loop {
            let began = Instant::now().max(until - length);
            sleep_until((began + length / RENEWALS).min(until)).await;
            let began = Instant::now();
            if began >= until {
                return;
            }
            match timeout_at(until, self.renew(lease)).await {
                Ok(Ok(true)) => until = began + length,
                Ok(Ok(false)) | Err(_) => return,
                // The database is out of reach: until the time is over nobody else has the lease.
                Ok(Err(_)) => {}
            }
        }
    }

    pub(super) async fn renew(&self, lease: &Lease) -> rollbook_db::Result<bool> {
        let (held, length) = (lease.held.clone(), self.0.timing.lease);
        self.0.db.every().write(move |tx| store::renew(tx, &held, length)).await
    }

    pub(super) async fn release(
        &self,
        lease: &Lease,
        due_in: Duration,
    ) -> rollbook_db::Result<bool> {
        let held = lease.held.clone();
        self.0.db.every().write(move |tx| store::release(tx, &held, due_in)).await
    }
}
