//! Background work of a server that is killed, or paused, in the middle of it.
//!
//! The sweep of a bucket that does not answer is long enough to be watched.

use crate::client::{Connection, Target};
use crate::nodes::in_bucket;
use crate::server::{Server, Store};
use rollbook_db::{Db, sql};
use rollbook_testkit::s3::{Fault, S3};
use serde_json::Value;
use std::time::{Duration, Instant};

sql! {
    /// An upload that died long ago.
    DEAD_UPLOAD = "insert into blob (tenant, sha2, bytes, state, touched) values ($1, $2, 1, 0, 0)";
    /// Who swept last.
    SWEEPER = "select holder, token from lease where tenant = $1 and name = $2";
}

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// A store whose sweep does not come to its end, and the server that sweeps.
async fn sweeping(s3: &S3) -> Option<(Store, Server)> {
    let mut store = in_bucket(Store::postgres().await?, s3);
    store.settings.extend([
        ("ROLLBOOK_NODES_LEASE", "2s".to_owned()),
        ("ROLLBOOK_NODES_HEARTBEAT", "200ms".to_owned()),
        ("ROLLBOOK_NODES_DEAD_AFTER", "2s".to_owned()),
    ]);
    store.make_key("all").await;
    let sha2 = "ab".repeat(32);
    let job = move |tx: &mut rollbook_db::Tx<'_>| tx.run(&DEAD_UPLOAD, &[1.into(), sha2.into()]);
    store.database.as_ref().unwrap().db().every().write(job).await.unwrap();
    let slow = Fault::Slow(Duration::from_mins(2));
    s3.fail(move |_, method, _| (method.as_str() == "DELETE").then_some(slow));
    let server = store.start().await;
    Some((store, server))
}

async fn sweeper(db: &Db) -> Option<(String, i64)> {
    let args = [0.into(), "blobs.sweep".into()];
    db.every().read(move |tx| tx.one(&SWEEPER, &args)).await.unwrap()
}

/// What an operator sees from this server.
async fn listed(store: &Store, server: &Server) -> Vec<Value> {
    let (_, authorization) = store.make_key("operator").await;
    let target = Target { authorization, ..server.target.clone() };
    let mut connection = Connection::open(&target).await.unwrap();
    let listed: Value = serde_json::from_slice(&connection.get("/api/v1/nodes").await).unwrap();
    listed["data"].as_array().unwrap().clone()
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The second of two servers does the work as soon as the first one has lost it.
async fn taken_over(signal: &str, s3: &S3, (mut store, first): (Store, Server)) {
    let db = store.database.as_ref().unwrap().db();
    let second = store.start().await;
    until("it sweeps, and both are there", async || {
        let nodes = listed(&store, &second).await;
        nodes.len() == 2 && nodes[0]["leases"][0] == "blobs.sweep"
    })
    .await;
    // It is renewed for longer than it is good for.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (holder, token) = sweeper(&db).await.unwrap();
    let nodes = listed(&store, &second).await;
    assert_eq!(nodes[0]["id"], *holder);
    assert_eq!(nodes[0]["leases"][0], "blobs.sweep", "{nodes:?}");
    first.signal(signal).await;
    s3.heal();
    until("the other takes over", async || {
        sweeper(&db).await.is_some_and(|(now, later)| now != holder && later > token)
    })
    .await;
    until("the dead one is forgotten", async || listed(&store, &second).await.len() == 1).await;
    if signal == "STOP" {
        first.signal("CONT").await;
        until("it finds that it has lost", async || store.log().contains("Lost a lease")).await;
        until("it is there again", async || listed(&store, &first).await.len() == 2).await;
    }
    assert!(!store.log().contains("ERROR"), "{}", store.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_of_who_was_killed_is_taken_over() {
    let s3 = S3::start().await;
    match sweeping(&s3).await {
        Some(first) => taken_over("KILL", &s3, first).await,
        None => eprintln!("skipped: TEST_POSTGRES_URL is unset"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_paused_finds_that_its_work_was_taken_over() {
    let s3 = S3::start().await;
    match sweeping(&s3).await {
        Some(first) => taken_over("STOP", &s3, first).await,
        None => eprintln!("skipped: TEST_POSTGRES_URL is unset"),
    }
}
