//! `kill -9` under load loses nothing that was acknowledged and leaves nothing half done.
//!
//! Round after round, clients write as fast as they can and the server is killed at a random moment;
//! sometimes the next one is killed while it starts. On PostgreSQL the database lives on. After each
//! round everything that was acknowledged is there once and byte for byte, a request without an
//! answer is there whole or not at all, the same request sent again completes it, and `rollbook
//! doctor` is content. At the end all rounds are read once more.

use crate::check::{self, Kept};
use crate::client::Connection;
use crate::on_both;
use crate::server::{Server, Store};
use crate::writer::Writer;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::time::Duration;

/// Rounds in the ordinary tests; `cargo xtask soak` asks for more.
const ROUNDS: u64 = 20;
const WRITERS: usize = 6;
/// The longest time that clients may write in a round.
const LOAD_MILLIS_MAX: u64 = 500;
/// The longest time that a server which is not waited for may live.
const START_MILLIS_MAX: u64 = 150;

on_both!(nothing_acknowledged_is_lost);

async fn nothing_acknowledged_is_lost(mut store: Store) {
    let seed = setting("ROLLBOOK_CRASH_SEED").unwrap_or(20_261_121);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut rounds: Vec<Kept> = Vec::new();
    let mut requests = 0;
    let mut server = store.start().await;
    for round in 0..setting("ROLLBOOK_CRASH_ROUNDS").unwrap_or(ROUNDS) {
        let activity = format!("https://example.com/activities/round{round}");
        let mut writers = crash(server, &activity, &mut rng).await;
        if rng.random_bool(0.25) {
            let mut early = store.spawn();
            tokio::time::sleep(millis(&mut rng, START_MILLIS_MAX)).await;
            early.kill().await.unwrap();
        }
        server = store.start().await;
        let mut connection = Connection::open(&server.target).await.unwrap();
        check::again(&mut connection, &mut writers).await;
        let mut kept = check::exact(&mut connection, &activity, &writers).await;
        check::documents(&mut connection, &mut writers, &mut kept).await;
        if let Some(earlier) = rounds.last() {
            check::unchanged(&mut connection, earlier).await;
        }
        // It reads the whole store, which in a soak grows long.
        if round < ROUNDS || round % ROUNDS == 0 {
            store.is_sound().await;
        }
        rounds.push(kept);
        requests += writers.iter().map(|writer| writer.sent.len()).sum::<usize>();
    }
    let mut connection = Connection::open(&server.target).await.unwrap();
    for kept in &rounds {
        check::unchanged(&mut connection, kept).await;
    }
    drop(connection);
    server.terminate().await;
    assert!(server.ended().await.success());
    assert!(requests > rounds.len() * WRITERS, "too little was written to prove anything");
    let log = store.log();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

/// Lets clients write for some time, kills the server, and returns what they know.
async fn crash(server: Server, activity: &str, rng: &mut StdRng) -> Vec<Writer> {
    let mut tasks = Vec::new();
    for name in 0..WRITERS {
        let writer = Writer::new(activity, name, rng.random());
        let connection = Connection::open(&server.target).await.unwrap();
        tasks.push(tokio::spawn(writer.write(connection)));
    }
    tokio::time::sleep(millis(rng, LOAD_MILLIS_MAX)).await;
    server.kill().await;
    let mut writers = Vec::new();
    for task in tasks {
        writers.push(task.await.unwrap());
    }
    writers
}

pub(crate) fn millis(rng: &mut StdRng, max: u64) -> Duration {
    Duration::from_millis(rng.random_range(0..=max))
}

#[expect(clippy::disallowed_methods, reason = "a soak and a repetition are asked for by name")]
pub(crate) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}
