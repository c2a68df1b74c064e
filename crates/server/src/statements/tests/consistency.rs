//! `stored`, `since`, `until` and X-Experience-API-Consistent-Through (1.0.3 Communication 2.1.3,
//! Data 2.4.8; 9274.1.1 4.1.6.1): a reader who polls misses nothing and sees nothing twice, however
//! many write, on however many nodes.

use super::kit::{PATH, found, get, id, number_of, query, statement, store};
use crate::app::App;
use crate::clock::Clock;
use crate::tenants::NewKey;
use crate::testing::{Answer, TestApp, call, on_both};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The header.
const THROUGH: &str = "x-experience-api-consistent-through";

const WRITERS: u128 = 16;
/// Requests of each writer; every third brings three statements, the others one.
const REQUESTS: u128 = 24;
/// Statements that all of them store.
const STATEMENTS: usize = 16 * (24 + 2 * 8);

/// Two nodes on one database, and a key.
struct Pair {
    nodes: [App; 2],
    key: NewKey,
}

impl Pair {
    async fn of(app: &TestApp) -> Arc<Self> {
        let nodes = [(**app).clone(), app.node().await];
        Arc::new(Self { nodes, key: app.make_key("all").await })
    }

    async fn send(&self, node: u128, method: Method, path: &str, body: Option<String>) -> Answer {
        let node = usize::try_from(node % 2).unwrap();
        let call = call(&self.nodes[node], method, path).version("1.0.3").key(&self.key);
        let answer = match body {
            Some(body) => call.json(body).send().await,
            None => call.send().await,
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    async fn get(&self, node: u128, path: &str) -> Answer {
        self.send(node, Method::GET, path, None).await
    }

    /// Sixteen writers, eight on each node, until all is stored.
    async fn write(self: Arc<Self>) {
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let pair = Arc::clone(&self);
            writers.spawn(async move {
                for request in 0..REQUESTS {
                    let first = (writer * REQUESTS + request) * 3;
                    let count = if request % 3 == 0 { 3 } else { 1 };
                    let batch: Vec<Value> = (first..first + count).map(statement).collect();
                    pair.send(writer, Method::POST, PATH, Some(json!(batch).to_string())).await;
                }
            });
        }
        writers.join_all().await;
    }
}

/// The statements of a page as (number, stored), and its `more`.
fn page_of(answer: &Answer) -> (Vec<(u128, String)>, String) {
    let page = answer.json();
    let stored = |statement: &Value| statement["stored"].as_str().unwrap().to_owned();
    let statements = page["statements"].as_array().unwrap();
    let seen = statements.iter().map(|statement| (number_of(statement), stored(statement)));
    (seen.collect(), page["more"].as_str().unwrap().to_owned())
}

fn through(answer: &Answer) -> String {
    answer.header(THROUGH).unwrap_or_else(|| panic!("no {THROUGH}: {answer:?}")).to_owned()
}

/// Polls from `since` on, ascending, through every page, on one node after the other; answers the
/// Consistent-Through of the last page.
async fn poll_through(pair: &Pair, since: &str, seen: &mut Vec<(u128, String)>) -> String {
    let mut path = query(&[("since", since), ("ascending", "true"), ("limit", "7")]);
    for node in 0.. {
        let answer = pair.get(node, &path).await;
        let (statements, more) = page_of(&answer);
        seen.extend(statements);
        if more.is_empty() {
            return through(&answer);
        }
        path = more;
    }
    unreachable!("the pages end")
}

/// Polls from the last `stored` that was seen, one page at a time.
async fn poll_stored(pair: &Pair, node: u128, seen: &mut Vec<(u128, String)>) -> bool {
    let since = seen.last().map_or("1970-01-01T00:00:00Z".to_owned(), |(_, stored)| stored.clone());
    let path = query(&[("since", &since), ("ascending", "true"), ("limit", "5")]);
    let (statements, _) = page_of(&pair.get(node, &path).await);
    let any = !statements.is_empty();
    seen.extend(statements);
    any
}

/// Each statement was seen once, in the order of `stored`, which strictly increases.
fn check_seen(seen: &[(u128, String)]) {
    assert!(seen.is_sorted_by(|(_, a), (_, b)| a < b), "not in order, or twice: {seen:?}");
    let numbers: BTreeSet<u128> = seen.iter().map(|(number, _)| *number).collect();
    assert_eq!((numbers.len(), seen.len()), (STATEMENTS, STATEMENTS), "missed some");
}

on_both! {
    /// Rows 20, 21. Communication 2.1.3: under 16 writers on two nodes, a poller whose `since` is
    /// the last Consistent-Through, and one whose `since` is the last `stored`, each on both nodes
    /// in turn, miss nothing and see nothing twice. Data 2.4.8: `stored` strictly increases.
    async fn pollers_miss_nothing_under_16_writers(app: TestApp) {
        let pair = Pair::of(&app).await;
        let done = Arc::new(AtomicBool::new(false));
        let by_through = tokio::spawn({
            let (pair, done) = (Arc::clone(&pair), Arc::clone(&done));
            async move {
                let (mut since, mut seen) = ("1970-01-01T00:00:00Z".to_owned(), Vec::new());
                loop {
                    let last = done.load(Ordering::Acquire);
                    since = poll_through(&pair, &since, &mut seen).await;
                    if last {
                        return seen;
                    }
                }
            }
        });
        let by_stored = tokio::spawn({
            let (pair, done) = (Arc::clone(&pair), Arc::clone(&done));
            async move {
                let mut seen = Vec::new();
                for node in 0.. {
                    let last = done.load(Ordering::Acquire);
                    if !poll_stored(&pair, node, &mut seen).await && last {
                        break;
                    }
                }
                seen
            }
        });
        Arc::clone(&pair).write().await;
        done.store(true, Ordering::Release);
        check_seen(&by_through.await.unwrap());
        check_seen(&by_stored.await.unwrap());
    }

    /// Row 20. Communication 2.1.3, taken strictly: what is stored up to a promise is complete when
    /// the promise is made; nothing appears there later, whichever node is asked.
    async fn nothing_appears_below_a_promise(app: TestApp) {
        let pair = Pair::of(&app).await;
        let writers = tokio::spawn(Arc::clone(&pair).write());
        let mut promises = Vec::new();
        let up_to = |until: &str| query(&[("until", until), ("limit", "0"), ("format", "ids")]);
        for node in 0.. {
            let promise = through(&pair.get(node, &query(&[("limit", "1")])).await);
            let page = pair.get(node + 1, &up_to(&promise)).await;
            assert!(through(&page) >= promise, "the other node knows less");
            promises.push((promise, page_of(&page).0));
            if writers.is_finished() && promises.len() > 5 {
                break;
            }
        }
        writers.await.unwrap();
        for (node, (promise, then)) in (0..).zip(promises) {
            let now = page_of(&pair.get(node, &up_to(&promise)).await).0;
            assert_eq!(now, then, "up to {promise}");
        }
    }

    /// Row 20. XAPI-00153, XAPI-00160: on every answer of the resource, refusals too, with
    /// milliseconds or more; recent without any traffic, and never before what was stored.
    async fn the_promise_is_recent_without_traffic(app: TestApp) {
        let clock = Clock::manual(1_700_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        for number in 0..4 {
            let answer = app.get(PATH).send().await;
            let now = rollbook_xapi::timestamp::format_micros(clock.now_micros());
            assert_eq!(through(&answer), now, "round {number}");
            clock.advance(86_400_000_000);
        }
        let posted = app.post(PATH).json(statement(1).to_string()).send().await;
        let stored = get(&app, 1).await.json()["stored"].as_str().unwrap().to_owned();
        assert!(through(&posted) >= stored, "{posted:?}");
        let one = format!("{PATH}?statementId={}", id(1));
        let none = format!("{PATH}?statementId={}", id(2));
        let conflict = super::kit::with(statement(1), "verb", json!({"id": "x:other"}));
        for (call, status) in [
            (app.get(&one), 200),
            (app.get(&format!("{PATH}/{}", id(1))), 200),
            (app.head(PATH), 200),
            (app.get(&none), 404),
            (app.get("/xapi/statements?nothing=1"), 400),
            (app.put(&one).json(statement(1).to_string()), 204),
            (app.post(PATH).json(conflict.to_string()), 409),
            (app.post(PATH).json("{}"), 400),
            (app.get(&one).version("2.0.0"), 200),
        ] {
            let answer = call.send().await;
            assert_eq!(answer.status, status, "{answer:?}");
            assert!(through(&answer) >= stored, "{answer:?}");
        }
    }

    /// Row 20. A node whose clock is behind stores after what another has promised, and promises no
    /// less than it; one whose clock is ahead makes nobody wait.
    async fn clocks_that_differ_change_nothing(app: TestApp) {
        let now = 1_700_000_000_000_000;
        let app = app.with_clock(Clock::manual(now)).await;
        let behind = app.node_at(Clock::manual(now - 3_600_000_000)).await;
        let pair = Pair { nodes: [(*app).clone(), behind], key: app.make_key("all").await };
        let promise = through(&pair.get(0, PATH).await);
        pair.send(1, Method::POST, PATH, Some(statement(1).to_string())).await;
        assert!(through(&pair.get(1, PATH).await) > promise);
        let (seen, _) = page_of(&pair.get(0, &query(&[("since", &promise)])).await);
        assert_eq!(seen.len(), 1, "{seen:?}");
        pair.send(0, Method::POST, PATH, Some(statement(2).to_string())).await;
        let (seen, _) = page_of(&pair.get(1, PATH).await);
        assert_eq!(seen.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 1]);
        assert!(seen[0].1 > seen[1].1, "{seen:?}");
    }

    /// Row 21. XAPI-00162, XAPI-00174, XAPI-00175: `since` is exclusive, `until` inclusive, to the
    /// microsecond, in any offset; both look at `stored`, not at `timestamp`.
    async fn since_excludes_and_until_includes(app: TestApp) {
        let old = |number| {
            super::kit::with(statement(number), "timestamp", json!("1999-01-01T00:00:00Z"))
        };
        store(&app, &[old(1), old(2), old(3)]).await;
        let stored = get(&app, 2).await.json()["stored"].as_str().unwrap().to_owned();
        assert_eq!(found(&app, &[("since", &stored)]).await, [3]);
        assert_eq!(found(&app, &[("until", &stored)]).await, [2, 1]);
        assert_eq!(found(&app, &[("since", &stored), ("until", &stored)]).await, [0; 0]);
        let micros = rollbook_xapi::timestamp::parse(&stored, rollbook_xapi::version::Version::V1)
            .unwrap()
            .micros;
        let before = rollbook_xapi::timestamp::format_micros(micros - 1);
        assert_eq!(found(&app, &[("since", &before), ("until", &stored)]).await, [2]);
        let east =
            rollbook_xapi::timestamp::format_micros(micros + 7_200_000_000).replace('Z', "+02:00");
        assert_eq!(found(&app, &[("since", &east)]).await, [3], "{east}");
        let unencoded = app.get(&format!("{PATH}?until={east}")).send().await;
        assert_eq!(super::kit::numbers(&unencoded), [2, 1], "a bare + is a space on the wire");
        assert_eq!(found(&app, &[("since", "1999-01-01T00:00:00Z")]).await, [3, 2, 1]);
        for bad in ["yesterday", "2026-03-04", "2026-03-04T05:06:07-00:00", ""] {
            let answer = app.get(&query(&[("since", bad)])).send().await;
            assert_eq!(answer.status, 400, "{bad}");
        }
    }
}
