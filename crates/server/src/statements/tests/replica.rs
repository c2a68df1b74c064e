//! A replica answers only what it has: read-your-writes on every node, and no fault of the replica's
//! is a fault of ours (1.0.3 Communication 2.1.3, Consistent-Through).

use super::kit::{PATH, agent, id, statement};
use crate::app::App;
use crate::cli::Cli;
use crate::testing::{Answer, TestApp, call};
use clap::Parser as _;
use http::Method;
use rollbook_db::{Location, testing};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(90);

fn counts(node: &App) -> (u64, u64, u64) {
    let counts = node.db.replicated().unwrap();
    (counts.answered, counts.behind, counts.failed)
}

async fn get(app: &TestApp, node: &App, path: &str) -> Answer {
    call(node, Method::GET, path).key(app.all_key()).version("1.0.3").send().await
}

async fn store(app: &TestApp, number: u128) {
    let answer = app.post(PATH).json(statement(number).to_string()).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Every statement is found, by id and in the list, and every promise about the past is kept.
async fn all_are_found(app: &TestApp, node: &App, count: u128) {
    let one = get(app, node, &format!("{PATH}?statementId={}", id(count))).await;
    assert_eq!(one.status, 200, "{one:?}");
    let list = get(app, node, PATH).await;
    let statements = list.json()["statements"].as_array().unwrap().clone();
    assert_eq!(statements.len() as u128, count, "{list:?}");
    let through = list.header("x-experience-api-consistent-through").unwrap();
    let newest = statements.first().unwrap()["stored"].as_str().unwrap();
    assert!(newest <= through, "{newest} {through}");
}

/// Asks until the replica answers.
async fn replica_answers(app: &TestApp, node: &App) {
    let (before, began) = (counts(node).0, Instant::now());
    while counts(node).0 == before {
        assert!(began.elapsed() < PATIENCE, "the replica answers no more: {:?}", counts(node));
        let answer = get(app, node, PATH).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_answers_what_it_has() {
    let Some((pair, database)) = testing::pair().await else {
        eprintln!("skipped: PostgreSQL's programs are not in /usr/lib/postgresql");
        return;
    };
    let app = TestApp::over(database).await;
    // Who writes and who reads are two nodes.
    let node = app.node_on_its_own().await;
    store(&app, 1).await;
    pair.caught_up().await;
    replica_answers(&app, &node).await;
    all_are_found(&app, &node, 1).await;

    pair.pause().await;
    store(&app, 2).await;
    let (answered, behind, _) = counts(&node);
    all_are_found(&app, &node, 2).await;
    let ada =
        form_urlencoded::byte_serialize(agent("ada").to_string().as_bytes()).collect::<String>();
    for path in [
        format!("/xapi/agents?agent={ada}"),
        "/xapi/activities?activityId=https://example.org/activity/one".to_owned(),
    ] {
        assert_eq!(get(&app, &node, &path).await.status, 200);
    }
    assert_eq!((answered, behind + 4), (counts(&node).0, counts(&node).1));
    // What the replica has is exported without a look at the primary.
    assert_eq!(export(&app).await.matches("{\"statement\"").count(), 1);

    pair.resume().await;
    pair.caught_up().await;
    replica_answers(&app, &node).await;
    all_are_found(&app, &node, 2).await;
    assert_eq!(export(&app).await.matches("{\"statement\"").count(), 2);

    pair.kill_standby();
    let failed = counts(&node).2;
    for _ in 0..5 {
        all_are_found(&app, &node, 2).await;
    }
    assert!(counts(&node).2 >= failed + 10, "{:?}", counts(&node));
    store(&app, 3).await;
    all_are_found(&app, &node, 3).await;

    pair.start_standby();
    pair.caught_up().await;
    replica_answers(&app, &node).await;
    all_are_found(&app, &node, 3).await;
    app.db.clone().close().await;
    node.db.clone().close().await;
}

/// What `rollbook export --replica` writes.
async fn export(app: &TestApp) -> String {
    let options = app.database_options();
    let url = |location: &Location| match location {
        Location::Postgres(url) => url.clone(),
        Location::Sqlite(_) => unreachable!("a pair is PostgreSQL"),
    };
    let (primary, replica) = (url(&options.location), url(options.replica.as_ref().unwrap()));
    let data = app.data_folder().display().to_string();
    let args = ["rollbook", "export", "--replica", "--data", &data];
    let urls = ["--database", &primary, "--database-replica", &replica];
    let mut out = Vec::new();
    Cli::try_parse_from([&args[..], &urls].concat()).unwrap().run(&mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}
