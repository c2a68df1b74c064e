//! Saying that a node is there, and hearing of the others.

use super::store;
use super::{INSTALLATION, Nodes};
use crate::app::App;
use rollbook_db::Engine;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a node that stops takes to say so; others find out by themselves, only later.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Says that this server is there, under an address that its operator knows, until `stop`.
///
/// One server at a time has a SQLite file, so there it says so once, and clears out who was there
/// before: a store that nobody uses is not written to.
pub async fn keep_alive(app: App, address: String, stop: CancellationToken) {
    let nodes = &app.nodes;
    let mut is_heard = true;
    loop {
        match nodes.say(&address).await {
            Ok(live) => {
                nodes.0.live.store(live.max(1), Ordering::Relaxed);
                is_heard = true;
            }
            Err(error) => {
                // Once is enough: whoever is out of the database's reach has louder complaints.
                if is_heard {
                    tracing::warn!(cause = %error, "Could not tell the other nodes of this one");
                }
                is_heard = false;
            }
        }
        let alone = app.db.engine() == Engine::Sqlite && is_heard;
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(nodes.0.timing.heartbeat), if !alone => {}
        }
    }
    if !matches!(tokio::time::timeout(LAST_WORDS, nodes.leave()).await, Ok(Ok(()))) {
        tracing::debug!("Could not tell the other nodes that this one has stopped");
    }
}

impl Nodes {
    /// Is heard of; how many are there.
    pub(super) async fn say(&self, address: &str) -> rollbook_db::Result<usize> {
        let (id, address, timing) = (self.0.id.clone(), address.to_owned(), self.0.timing);
        let dead_after = self.dead_after();
        let job = move |tx: &mut rollbook_db::Tx<'_>| {
            if tx.engine() == Engine::Sqlite {
                tx.run(&store::CLEAR, &[INSTALLATION.into()])?;
            }
            store::heard(tx, &id, &address, timing)?;
            Ok(store::live(tx, dead_after)?.len())
        };
        self.0.db.every().write(job).await
    }

    async fn leave(&self) -> rollbook_db::Result<()> {
        let id = self.0.id.clone();
        self.0.db.every().write(move |tx| store::left(tx, &id)).await?;
        Ok(())
    }
}
