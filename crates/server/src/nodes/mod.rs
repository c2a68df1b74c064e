//! The servers that share one database: who is there, and who does which background work.
//!
//! No request depends on any of this: every node answers every request alike. What must be done by
//! one node at a time is done under a [`Lease`]. Time is the database's: a node whose clock is wrong
//! is neither dead nor holds a lease for longer than another.

mod alive;
mod lease;
mod routes;
mod store;
#[cfg(test)]
mod tests;

use crate::http::Feature;
use rollbook_db::{Db, Engine};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub use alive::keep_alive;
pub use lease::{Lease, run_leased};

/// This feature's endpoints and SQL.
pub const FEATURE: Feature =
    Feature { name: "nodes", endpoints: routes::ENDPOINTS, sql: &[store::ALL] };

/// The tenant that stands for the installation itself.
const INSTALLATION: i64 = 0;

/// How nodes hear of each other; each field is named like its setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How often a node says that it is there.
    pub heartbeat: Duration,
    /// How long a node that is not heard of counts as there.
    pub dead_after: Duration,
    /// How long a lease is good for unless it is renewed.
    pub lease: Duration,
    /// How long a dead node is remembered.
    pub forget_after: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(2),
            dead_after: Duration::from_secs(10),
            lease: Duration::from_secs(10),
            forget_after: Duration::from_hours(1),
        }
    }
}

impl Timing {
    /// Fails if nodes would be thought dead between two heartbeats.
    pub fn check(&self) -> anyhow::Result<()> {
        let least = self.heartbeat.saturating_mul(2);
        anyhow::ensure!(
            self.dead_after >= least,
            "nodes.dead_after must be at least twice nodes.heartbeat, that is {least:?}"
        );
        Ok(())
    }
}

/// This server among those that share its database; cheap to clone.
#[derive(Clone)]
pub struct Nodes(Arc<Inner>);

struct Inner {
    id: String,
    db: Db,
    timing: Timing,
    live: AtomicUsize,
}

impl Nodes {
    /// This server under an id that no other has or had.
    pub fn new(db: Db, id: String, timing: Timing) -> Self {
        Self(Arc::new(Inner { id, db, timing, live: AtomicUsize::new(1) }))
    }

    /// This server's id.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// How long a server that is not heard of counts as there. The one that has a SQLite file is
    /// there for as long as it can be asked.
    fn dead_after(&self) -> Duration {
        match self.0.db.engine() {
            Engine::Sqlite => Duration::MAX,
            Engine::Postgres => self.0.timing.dead_after,
        }
    }

    /// How many servers share the database, this one among them, as it last heard: what is shared
    /// out among nodes is divided by this.
    pub fn live(&self) -> usize {
        self.0.live.load(Ordering::Relaxed)
    }
}
