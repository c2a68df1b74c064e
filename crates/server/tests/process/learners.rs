//! `kill -9` while learners go through a course leaves no flag without its statement and no
//! statement without its flag (cmi5).
//!
//! Round after round several launchers and units work on the same few registrations: they register,
//! launch, abandon by launching again, excuse, abandon, and send what units send, one by one and in
//! batches, until the server is killed at a random moment. After each start what the API says of a
//! registration is what its statements say, all that was acknowledged is there, what was refused is
//! not, `rollbook doctor` is content, and registrations go on.

use crate::account::{self, Account};
use crate::client::{Ask, Connection, Target};
use crate::crash::{millis, setting};
use crate::learner::{Learner, Shared};
use crate::on_both;
use crate::server::{Server, Store};
use http::Method;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rounds in the ordinary tests; `cargo xtask soak` asks for more.
const ROUNDS: u64 = 10;
const LEARNERS: usize = 6;
/// The longest time that learners may work in a round.
const LOAD_MILLIS_MAX: u64 = 1_500;
/// The longest time that a server which is not waited for may live.
const START_MILLIS_MAX: u64 = 150;
/// Registrations that are worked on at a time: few, so that their acts meet.
const AT_A_TIME: usize = 4;
/// Registrations of a round that somebody goes on with after the crash.
const GONE_ON_WITH: usize = 2;

on_both!(flags_and_statements_agree);

async fn flags_and_statements_agree(mut store: Store) {
    let seed = setting("ROLLBOOK_CRASH_SEED").unwrap_or(20_261_122);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut server = store.start().await;
    let (_, authorization) = store.make_key("all,read,write,admin").await;
    let target =
        |server: &Server| Target { authorization: authorization.clone(), ..server.target.clone() };
    let course = import(&target(&server)).await;
    let (mut registrations, mut sent) = (BTreeSet::new(), 0);
    let rounds = setting("ROLLBOOK_CRASH_ROUNDS").unwrap_or(ROUNDS);
    for round in 0..rounds {
        let target_of_round = target(&server);
        let accounts = crash(server, &target_of_round, &course, &mut rng).await;
        if rng.random_bool(0.25) {
            let mut early = store.spawn();
            tokio::time::sleep(millis(&mut rng, START_MILLIS_MAX)).await;
            early.kill().await.unwrap();
        }
        server = store.start().await;
        let mut connection = Connection::open(&target(&server)).await.unwrap();
        let all = account::registrations(&mut connection, &course).await;
        let touched = touched(&accounts, &all, &registrations);
        for registration in &touched {
            account::agrees(&mut connection, registration).await;
        }
        for account in &accounts {
            account::kept(&mut connection, account, &all).await;
            sent += account.sent.len() as u64;
        }
        // It reads the whole store, which in a soak grows long.
        if round < ROUNDS || round % ROUNDS == 0 {
            store.is_sound().await;
        }
        let touched: Vec<String> = touched.into_iter().collect();
        for registration in touched.choose_multiple(&mut rng, GONE_ON_WITH) {
            Learner::goes_on(&target(&server), registration, rng.random()).await;
            account::agrees(&mut connection, registration).await;
        }
        registrations = all;
    }
    let mut connection = Connection::open(&target(&server)).await.unwrap();
    for registration in &registrations {
        account::agrees(&mut connection, registration).await;
    }
    drop(connection);
    server.terminate().await;
    assert!(server.ended().await.success());
    store.is_sound().await;
    assert!(sent > 2 * rounds && registrations.len() > 2, "{sent} sent: that proves nothing");
    let log = store.log();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

/// Registrations of which something may have changed: those of this round, and those that were made
/// in it without an answer.
fn touched(
    accounts: &[Account],
    all: &BTreeSet<String>,
    before: &BTreeSet<String>,
) -> BTreeSet<String> {
    let worked_on = accounts.iter().flat_map(|account| account.touched.iter().cloned());
    worked_on.chain(all.difference(before).cloned()).collect()
}

async fn import(target: &Target) -> String {
    let mut connection = Connection::open(target).await.unwrap();
    let ask = Ask::json(Method::POST, "/api/v1/courses", account::COURSE);
    let ask = Ask { content_type: "text/xml".to_owned(), ..ask };
    let answer = connection.send(&ask).await.unwrap();
    assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    let course: Value = serde_json::from_slice(&answer.body).unwrap();
    course["id"].as_str().unwrap().to_owned()
}

/// Lets learners work for some time, kills the server, and returns what they know.
async fn crash(server: Server, target: &Target, course: &str, rng: &mut StdRng) -> Vec<Account> {
    let shared = Arc::new(Shared::new(course, AT_A_TIME));
    let mut tasks = Vec::new();
    for _ in 0..LEARNERS {
        let learner = Learner::new(target, &shared, rng.random());
        tasks.push(tokio::spawn(learner.work()));
    }
    tokio::time::sleep(millis(rng, LOAD_MILLIS_MAX)).await;
    server.kill().await;
    let mut accounts = Vec::new();
    for task in tasks {
        accounts.push(task.await.unwrap());
    }
    accounts
}
