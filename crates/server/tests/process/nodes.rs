//! Several servers on one PostgreSQL, attachments in a shared folder or in a bucket.
//!
//! A client may ask any of them anything at any time. One that is killed in the middle of its work
//! loses nothing that it acknowledged, and the others go on.

use crate::check;
use crate::client::{Answer, Ask, Connection, Target, with_query};
use crate::server::{Server, Store, basic};
use crate::statement::{self, Scene};
use crate::writer::Writer;
use http::Method;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rollbook_testkit::s3::{self, S3};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use uuid::Uuid;

const STATEMENTS: &str = "/xapi/statements";
const WRITERS: usize = 3;

/// Makes `shared_folder` and `bucket` of a function that takes a fresh store.
macro_rules! on_both_places {
    ($name:ident) => {
        mod $name {
            use super::{S3, in_bucket};
            use crate::server::Store;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn shared_folder() {
                match Store::postgres().await {
                    Some(store) => super::$name(store).await,
                    None => eprintln!("skipped: TEST_POSTGRES_URL is unset"),
                }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn bucket() {
                let s3 = S3::start().await;
                match Store::postgres().await {
                    Some(store) => super::$name(in_bucket(store, &s3)).await,
                    None => eprintln!("skipped: TEST_POSTGRES_URL is unset"),
                }
            }
        }
    };
}

/// The same store with its attachments in a bucket.
pub(crate) fn in_bucket(mut store: Store, s3: &S3) -> Store {
    store.settings.extend([
        ("ROLLBOOK_BLOBS_URL", format!("s3://{}/lrs", s3::BUCKET)),
        ("ROLLBOOK_BLOBS_ENDPOINT", s3.endpoint()),
        ("ROLLBOOK_BLOBS_ALLOW_HTTP", "true".to_owned()),
        ("ROLLBOOK_BLOBS_ACCESS_KEY", s3::ACCESS_KEY.to_owned()),
        ("ROLLBOOK_BLOBS_SECRET_KEY", s3::SECRET_KEY.to_owned()),
    ]);
    store
}

on_both_places!(any_node_answers_anything);

async fn any_node_answers_anything(mut store: Store) {
    let (one, two) = (store.start().await, store.start().await);
    let mut pair = [open(&one.target).await, open(&two.target).await];
    what_one_stores_the_other_finds(&mut pair).await;
    pages_go_on_elsewhere(&mut pair).await;
    voiding_and_references_cross(&mut pair).await;
    one_of_two_writers_wins(&one.target, &two.target).await;
    a_revocation_reaches_all(&store, &one.target, &two.target).await;
    store.is_sound().await;
}

async fn open(target: &Target) -> Connection {
    Connection::open(target).await.unwrap()
}

async fn post(connection: &mut Connection, text: &str) {
    let ask = Ask::json(Method::POST, STATEMENTS, text.to_owned());
    let answer = connection.send(&ask).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn of_id(parameter: &str, id: Uuid) -> String {
    with_query(STATEMENTS, &[(parameter, &id.to_string())])
}

/// Read your writes, wherever you read: both ways, and attachments too.
async fn what_one_stores_the_other_finds(pair: &mut [Connection; 2]) {
    let mut rng = StdRng::seed_from_u64(1);
    let activity = "https://example.com/activities/found";
    for round in 0..20 {
        let registration = statement::id(&mut rng);
        let scene = Scene { mbox: "mailto:ada@example.com", activity, registration };
        let told = statement::completed(&scene, statement::id(&mut rng), &mut rng);
        post(&mut pair[round % 2], &told.text).await;
        pair[(round + 1) % 2].get(&of_id("statementId", told.id)).await;
        let query = [("registration", &*registration.to_string())];
        let page = pair[(round + 1) % 2].get(&with_query(STATEMENTS, &query)).await;
        assert!(String::from_utf8_lossy(&page).contains(&told.id.to_string()));
    }
}

/// Communication 2.1.3: `more` needs nothing on the server that gave it.
async fn pages_go_on_elsewhere(pair: &mut [Connection; 2]) {
    let mut rng = StdRng::seed_from_u64(2);
    let (activity, registration) = ("https://example.com/activities/paged", Uuid::from_u128(7));
    let scene = Scene { mbox: "mailto:ada@example.com", activity, registration };
    let mut wanted = Vec::new();
    for round in 0..7 {
        let told = statement::completed(&scene, statement::id(&mut rng), &mut rng);
        post(&mut pair[round % 2], &told.text).await;
        wanted.push(told.id);
    }
    let query = [("activity", activity), ("limit", "2"), ("ascending", "true")];
    let (mut path, mut found) = (with_query(STATEMENTS, &query), Vec::new());
    while !path.is_empty() {
        let (ids, more) = check::page(&pair[found.len() / 2 % 2].get(&path).await);
        found.extend(ids);
        path = more;
    }
    assert_eq!(found, wanted);
}

/// Data 2.3.2 and Communication 2.1.3: voided here is voided there, also before it is stored, and
/// what refers to a statement is found there by what finds it here.
async fn voiding_and_references_cross(pair: &mut [Connection; 2]) {
    let mut rng = StdRng::seed_from_u64(3);
    let activity = "https://example.com/activities/voided";
    let registration = statement::id(&mut rng);
    let scene = Scene { mbox: "mailto:ada@example.com", activity, registration };
    for round in 0..6 {
        let told = statement::completed(&scene, statement::id(&mut rng), &mut rng);
        let voiding = statement::voiding(&scene, statement::id(&mut rng), told.id);
        let texts = [&told.text, &voiding.text];
        let first = usize::from(round % 3 == 0);
        post(&mut pair[round % 2], texts[first]).await;
        post(&mut pair[(round + 1) % 2], texts[1 - first]).await;
        for connection in &mut *pair {
            connection.get(&of_id("voidedStatementId", told.id)).await;
            let shown = connection.send(&Ask::get(of_id("statementId", told.id))).await.unwrap();
            assert_eq!(shown.status, 404);
        }
        // The voiding statement has another actor's words and the target's activity.
        let page = pair[round % 2].get(&with_query(STATEMENTS, &[("activity", activity)])).await;
        assert!(String::from_utf8_lossy(&page).contains(&voiding.id.to_string()));
    }
}

/// Communication 3.1: of two that saw the same document one may replace it.
async fn one_of_two_writers_wins(one: &Target, two: &Target) {
    let parameters =
        [("agent", r#"{"mbox":"mailto:ada@example.com"}"#), ("profileId", "preferences")];
    let path = with_query("/xapi/agents/profile", &parameters);
    let (mut first, mut second) = (open(one).await, open(two).await);
    let put = |content: String, etag: Option<String>| {
        let ask = Ask::json(Method::PUT, &path, content);
        Ask { if_match: etag, ..ask }
    };
    let etag = |answer: &Answer| answer.headers["etag"].to_str().unwrap().to_owned();
    let none = Ask::json(Method::POST, &path, r#"{"round":0}"#);
    assert_eq!(first.send(&none).await.unwrap().status, 204);
    for round in 1..=20 {
        let seen = etag(&second.send(&Ask::get(&path)).await.unwrap());
        let asks = ["one", "two"]
            .map(|name| put(format!(r#"{{"round":{round},"by":"{name}"}}"#), Some(seen.clone())));
        let (a, b) = tokio::join!(first.send(&asks[0]), second.send(&asks[1]));
        let mut statuses = [a.unwrap().status, b.unwrap().status];
        let winner = usize::from(statuses[1] == 204);
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 412], "round {round}");
        for connection in [&mut first, &mut second] {
            assert_eq!(connection.get(&path).await, asks[winner].body, "round {round}");
        }
    }
}

/// `decisions.md` 3: within five seconds, also when another process revoked it.
async fn a_revocation_reaches_all(store: &Store, one: &Target, two: &Target) {
    let (key, authorization) = store.make_key("all").await;
    let path = with_query(STATEMENTS, &[("limit", "1")]);
    let mut connections = Vec::new();
    for target in [one, two] {
        let target = Target { authorization: authorization.clone(), ..target.clone() };
        let mut connection = open(&target).await;
        connection.get(&path).await;
        connections.push(connection);
    }
    store.run(&["key", "revoke", &key]).await;
    let revoked = Instant::now();
    for connection in &mut connections {
        while connection.send(&Ask::get(&path)).await.unwrap().status != 401 {
            assert!(revoked.elapsed() < Duration::from_secs(6), "it is still let in");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

on_both_places!(a_node_that_is_killed_or_stopped_loses_nothing);

/// One is killed, another is told to stop, a third is started: as in a bad night, and then in a
/// rolling restart.
async fn a_node_that_is_killed_or_stopped_loses_nothing(mut store: Store) {
    let activity = "https://example.com/activities/killed";
    let (one, two) = (store.start().await, store.start().await);
    let mut names = 0..;
    let mut write = async |server: &Server| {
        let mut tasks: Vec<JoinHandle<Writer>> = Vec::new();
        for name in names.by_ref().take(WRITERS) {
            let connection = open(&server.target).await;
            let writer = Writer::new(activity, name, 40 + name as u64);
            tasks.push(tokio::spawn(writer.write(connection)));
        }
        tasks
    };
    let mut tasks = write(&one).await;
    tasks.extend(write(&two).await);
    tokio::time::sleep(Duration::from_millis(600)).await;
    one.kill().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let three = store.start().await;
    tasks.extend(write(&three).await);
    tokio::time::sleep(Duration::from_millis(300)).await;
    two.terminate().await;
    assert!(two.ended().await.success(), "{}", store.log());
    tokio::time::sleep(Duration::from_millis(200)).await;
    three.terminate().await;
    assert!(three.ended().await.success(), "{}", store.log());
    let mut writers = Vec::new();
    for task in tasks {
        writers.push(task.await.unwrap());
    }
    for stopped in &mut writers[WRITERS..] {
        stopped.documents.retain(|_, document| {
            document.open = None; // What has no answer was not taken up.
            document.acknowledged.is_some()
        });
    }
    let four = store.start().await;
    let mut connection = open(&four.target).await;
    check::again(&mut connection, &mut writers[..WRITERS]).await;
    let mut kept = check::exact(&mut connection, activity, &writers).await;
    check::documents(&mut connection, &mut writers, &mut kept).await;
    store.is_sound().await;
    let sent: usize = writers.iter().map(|writer| writer.sent.len()).sum();
    assert!(sent > 5 * WRITERS, "too little was written to prove anything");
    let log = store.log();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

/// Of many that start at once on an empty database one makes the schema and tells the first key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_start_at_once() {
    let Some(store) = Store::postgres().await else {
        eprintln!("skipped: TEST_POSTGRES_URL is unset");
        return;
    };
    let children: Vec<_> = (0..4).map(|_| store.spawn()).collect();
    let (mut servers, mut told) = (Vec::new(), Vec::new());
    for child in children {
        let (server, said) = store.greeted(child, String::new()).await;
        servers.push(server);
        let value = |name: &str| {
            let line = said.iter().find_map(|line| line.trim().strip_prefix(name))?;
            Some(line.trim().to_owned())
        };
        told.extend(value("key  ").zip(value("secret  ")));
    }
    let [(key, secret)] = told.as_slice() else { panic!("{} keys were told", told.len()) };
    for server in servers {
        let target = Target { authorization: basic(key, secret), ..server.target.clone() };
        open(&target).await.get(&with_query(STATEMENTS, &[("limit", "1")])).await;
    }
}
