//! Several servers on one database: who is there, and who has which lease.

use super::*;
use crate::app::App;
use crate::clock::Clock;
use crate::error::Problem;
use crate::testing::{call, on_both};
use http::Method;
use rollbook_db::{Engine, Tx};
use serde_json::{Value, json};
use std::sync::atomic::AtomicUsize;
use std::time::Instant;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Fast enough for a test, slow enough for a busy machine.
const SHORT: Timing = Timing {
    heartbeat: Duration::from_millis(50),
    dead_after: Duration::from_millis(600),
    lease: Duration::from_millis(600),
    forget_after: Duration::from_hours(1),
};

fn node(app: &App, name: &str, timing: Timing) -> Nodes {
    Nodes::new(app.db.clone(), name.to_owned(), timing)
}

#[test]
fn a_node_is_not_dead_between_two_heartbeats() {
    Timing::default().check().unwrap();
    let (heartbeat, dead_after) = (Duration::from_secs(5), Duration::from_secs(10));
    let edge = Timing { heartbeat, dead_after, ..Timing::default() };
    edge.check().unwrap();
    let past = Timing { dead_after: Duration::from_millis(9_999), ..edge };
    assert!(past.check().unwrap_err().to_string().contains("nodes.dead_after"));
}

/// Whether a transaction may go on under the lease.
async fn holds(nodes: &Nodes, lease: &Lease) -> bool {
    let lease = lease.clone();
    let job = move |tx: &mut Tx<'_>| lease.hold(tx);
    nodes.0.db.every().write(job).await.is_ok()
}

on_both! {
    async fn one_of_many_has_a_lease(app: TestApp) {
        let nodes: Vec<Nodes> =
            (0..6).map(|number| node(&app, &number.to_string(), Timing::default())).collect();
        let asked = nodes.iter().map(|node| node.acquire("work"));
        let leases: Vec<Lease> = futures_util::future::try_join_all(asked)
            .await.unwrap().into_iter().flatten().collect();
        let [lease] = leases.as_slice() else { panic!("{leases:?}") };
        assert!(nodes[0].acquire("other work").await.unwrap().is_some());
        let holder = nodes.iter().find(|node| lease.is_of(node)).unwrap();
        assert!(holder.renew(lease).await.unwrap() && holds(holder, lease).await);
        assert!(holder.release(lease, Duration::ZERO).await.unwrap());
        assert!(!holder.renew(lease).await.unwrap() && !holds(holder, lease).await);
        let next = nodes[5].acquire("work").await.unwrap().unwrap();
        assert!(next.token() > lease.token());
        // Once it is done nobody does it again before it is due.
        assert!(nodes[5].release(&next, Duration::from_hours(1)).await.unwrap());
        assert!(nodes[4].acquire("work").await.unwrap().is_none());
    }

    async fn who_was_killed_or_paused_has_lost_its_lease(app: TestApp) {
        let (first, second) = (node(&app, "first", SHORT), node(&app, "second", SHORT));
        let lost = first.acquire("work").await.unwrap().unwrap();
        assert!(second.acquire("work").await.unwrap().is_none());
        let began = Instant::now();
        let taken = loop {
            if let Some(lease) = second.acquire("work").await.unwrap() {
                break lease;
            }
            assert!(began.elapsed() < Duration::from_secs(10));
            sleep(Duration::from_millis(20)).await;
        };
        assert!(taken.token() > lost.token());
        assert!(!holds(&first, &lost).await && holds(&second, &taken).await);
        assert!(!first.renew(&lost).await.unwrap());
        assert!(!first.release(&lost, Duration::from_hours(1)).await.unwrap());
        assert!(second.renew(&taken).await.unwrap());
    }

    /// A holder that was paused within a transaction keeps the others out until that ends.
    async fn nobody_takes_a_lease_within_a_transaction_that_holds_it(app: TestApp) {
        let (first, second) = (node(&app, "first", SHORT), node(&app, "second", SHORT));
        let lease = first.acquire("work").await.unwrap().unwrap();
        let late = app.db.every().write(move |tx| {
            lease.hold(tx)?;
            std::thread::sleep(SHORT.lease * 2);
            Ok::<_, Problem>(Instant::now())
        });
        let taken = async {
            // The transaction of the first must have begun.
            sleep(SHORT.lease / 3).await;
            while second.acquire("work").await.unwrap().is_none() {
                sleep(Duration::from_millis(10)).await;
            }
            Instant::now()
        };
        let (ended, taken) = tokio::join!(late, taken);
        assert!(taken >= ended.unwrap());
    }

    async fn work_is_done_by_one_node_at_a_time_and_as_often_as_by_one(app: TestApp) {
        static AT_WORK: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];
        static DONE: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let engine = usize::from(app.db.engine() == Engine::Postgres);
        let every = Duration::from_millis(300);
        let mut tasks = Vec::new();
        let began = Instant::now();
        for _ in 0..3 {
            let (node, stop) = (app.node_with(SHORT).await, CancellationToken::new());
            let work = move |_, _| async move {
                assert_eq!(AT_WORK[engine].fetch_add(1, Ordering::SeqCst), 0, "one at a time");
                sleep(Duration::from_millis(30)).await;
                AT_WORK[engine].fetch_sub(1, Ordering::SeqCst);
                DONE[engine].fetch_add(1, Ordering::SeqCst);
                Ok(())
            };
            tasks.push((tokio::spawn(run_leased(node, "work", every, stop.clone(), work)), stop));
        }
        for (task, stop) in tasks {
            let before = DONE[engine].load(Ordering::SeqCst);
            while DONE[engine].load(Ordering::SeqCst) < before + 2 {
                assert!(began.elapsed() < Duration::from_secs(30), "nobody does it");
                sleep(Duration::from_millis(10)).await;
            }
            stop.cancel();
            // It may be dropped at work.
            task.await.unwrap();
            AT_WORK[engine].store(0, Ordering::SeqCst);
        }
        let most = began.elapsed().as_millis() / every.as_millis() + 4;
        let done = DONE[engine].load(Ordering::SeqCst);
        assert!(done as u128 <= most, "{done} times in {:?}", began.elapsed());
    }

    async fn who_stops_at_work_leaves_it_to_another_at_once(app: TestApp) {
        let stop = CancellationToken::new();
        let (node, hour) = (app.node_with(Timing::default()).await, Duration::from_hours(1));
        let stopping = stop.clone();
        let task = run_leased(node, "work", hour, stop, move |_, lease| {
            let stopping = stopping.clone();
            async move {
                assert!(lease.token() > 0);
                stopping.cancel();
                std::future::pending().await
            }
        });
        tokio::time::timeout(Duration::from_secs(10), task).await.unwrap();
        assert!(app.nodes.acquire("work").await.unwrap().is_some());
    }

    async fn work_that_fails_is_tried_again(app: TestApp) {
        let (node, stop) = (app.node_with(SHORT).await, CancellationToken::new());
        let tries = std::sync::Arc::new(AtomicUsize::new(0));
        let (counted, stopping) = (tries.clone(), stop.clone());
        let task = run_leased(node, "work", Duration::from_millis(100), stop, move |_, _| {
            if counted.fetch_add(1, Ordering::SeqCst) == 2 {
                stopping.cancel();
            }
            async { Err(Problem::unavailable()) }
        });
        tokio::time::timeout(Duration::from_secs(10), task).await.unwrap();
        assert_eq!(tries.load(Ordering::SeqCst), 3);
    }

    /// Nodes count each other by the database's clock, whatever their own says.
    async fn nodes_hear_of_each_other(app: TestApp) {
        let shared = app.db.engine() == Engine::Postgres;
        let wrong = app.node_at(Clock::manual(0)).await;
        let gone = node(&wrong, "gone", SHORT);
        assert_eq!((gone.live(), gone.say("a:1").await.unwrap()), (1, 1));
        let there = node(&app, "there", SHORT);
        assert_eq!(there.say("a:2").await.unwrap(), if shared { 2 } else { 1 });
        sleep(SHORT.dead_after + Duration::from_millis(100)).await;
        assert_eq!(there.say("a:2").await.unwrap(), 1);
    }

    async fn an_operator_sees_the_nodes_and_their_work(app: TestApp) {
        app.nodes.say("10.0.0.1:8080").await.unwrap();
        app.nodes.acquire("blobs.sweep").await.unwrap().unwrap();
        let operator = app.make_key("operator").await;
        let answer = call(&app, Method::GET, "/api/v1/nodes").key(&operator).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let listed: Value = answer.json();
        let [node] = listed["data"].as_array().unwrap().as_slice() else { panic!("{listed}") };
        assert_eq!(node["id"], app.nodes.id());
        assert_eq!((&node["address"], &node["answering"]), (&json!("10.0.0.1:8080"), &json!(true)));
        assert_eq!(node["leases"], json!(["blobs.sweep"]));
        assert!(node["seen"].as_str().unwrap() >= node["started"].as_str().unwrap());
    }

    async fn a_node_that_stops_is_gone_at_once(app: TestApp) {
        let (node, stop) = (app.node_with(SHORT).await, CancellationToken::new());
        let task = tokio::spawn(keep_alive(node.clone(), "a:1".to_owned(), stop.clone()));
        let count = async || {
            let job = |tx: &mut Tx<'_>| store::live(tx, Duration::MAX);
            app.db.every().read(job).await.unwrap().len()
        };
        while count().await == 0 {
            sleep(Duration::from_millis(10)).await;
        }
        stop.cancel();
        task.await.unwrap();
        assert_eq!(count().await, 0);
    }
}
