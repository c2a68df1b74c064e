//! Preconditions, merges and contention on both engines, below HTTP.

use super::decide;
use super::document::Document;
use super::key::{Context, Key, Resource};
use super::store;
use crate::error::Problem;
use crate::http::Precondition;
use crate::http::conditional::{Tag, Tags, digest};
use crate::migrations::MIGRATIONS;
use crate::tenants::{FIRST_TENANT, TenantId};
use rollbook_db::Db;
use rollbook_db::testing::{self, TestDb};
use rollbook_xapi::version::Version::{self, V1, V2};
use std::sync::Arc;

/// Runs one async test on a fresh database of each engine.
macro_rules! on_both_engines {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Bench::of(super::testing::sqlite().await).await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let Some(db) = super::testing::postgres().await else { return };
                super::$name(super::Bench::of(db).await).await;
            })*
        }
    };
}

on_both_engines! {
    a_put_without_headers
    a_lenient_tenant_replaces_states_unseen
    if_match_on_every_method
    if_none_match_on_every_method
    both_headers_at_once
    a_merge_keeps_what_it_does_not_name
    a_merge_of_anything_else_is_refused
    no_lost_update_by_if_match
    no_lost_member_by_merge
    one_creator_wins
    registrations_keep_documents_apart
    times_grow_though_the_clock_does_not
    long_identifiers_are_keys_too
    tenants_do_not_see_each_other
}

/// A migrated database.
struct Bench {
    db: TestDb,
}

/// The status of a refusal.
type Outcome = Result<(), u16>;

impl Bench {
    async fn of(db: TestDb) -> Self {
        db.migrate(&MIGRATIONS).await.unwrap();
        Self { db }
    }

    async fn put(&self, key: &Key, body: &str, seen: Precondition, version: Version) -> Outcome {
        put(&self.db, key, body, seen, version).await
    }

    async fn post(&self, key: &Key, body: &str, seen: Precondition) -> Outcome {
        self.post_as(key, "application/json", body, seen).await
    }

    async fn post_as(&self, key: &Key, content_type: &str, body: &str, seen: Precondition) -> Outcome {
        let (key, document) = (key.clone(), document(content_type, body));
        outcome(self.db.write(move |tx| decide::post(tx, FIRST_TENANT, &key, &document, &seen)).await)
    }

    async fn delete(&self, key: &Key, seen: Precondition) -> Outcome {
        let key = key.clone();
        outcome(self.db.write(move |tx| decide::delete(tx, FIRST_TENANT, &key, &seen)).await)
    }

    async fn body(&self, key: &Key) -> Option<String> {
        body(&self.db, key).await
    }

    async fn names(&self, context: Context, since: i64) -> Vec<String> {
        let read = self.db.read(move |tx| store::names(tx, FIRST_TENANT, &context, since));
        let mut names = read.await.unwrap();
        names.sort();
        names.into_iter().map(|(name, _)| name).collect()
    }

    async fn delete_all(&self, context: Context) -> Outcome {
        let seen = Precondition::default();
        outcome(
            self.db.write(move |tx| decide::delete_all(tx, FIRST_TENANT, &context, &seen)).await,
        )
    }
}

async fn put(db: &Db, key: &Key, body: &str, seen: Precondition, version: Version) -> Outcome {
    let (key, document) = (key.clone(), document("application/json", body));
    outcome(
        db.write(move |tx| decide::put(tx, FIRST_TENANT, &key, &document, &seen, version)).await,
    )
}

async fn body(db: &Db, key: &Key) -> Option<String> {
    let key = key.clone();
    let found = db.read(move |tx| store::get(tx, FIRST_TENANT, &key)).await.unwrap();
    found.map(|found| String::from_utf8(found.body).unwrap())
}

fn outcome(result: Result<(), Problem>) -> Outcome {
    result.map_err(|problem| problem.status.as_u16())
}

fn document(content_type: &str, body: &str) -> Document {
    Document::new(content_type.to_owned(), body.as_bytes().to_vec(), 1_000)
}

fn context(resource: Resource) -> Context {
    let (activity, agent) = match resource {
        Resource::State => ("http://a.example/", "mbox:mailto:ann@example.org"),
        Resource::AgentProfile => ("", "mbox:mailto:ann@example.org"),
        Resource::ActivityProfile => ("http://a.example/", ""),
    };
    Context { resource, activity: activity.into(), agent: agent.into(), registration: None }
}

fn key(resource: Resource) -> Key {
    Key { context: context(resource), name: "one".to_owned() }
}

fn silent() -> Precondition {
    Precondition::default()
}

fn matching(tags: &[&str]) -> Precondition {
    Precondition { if_match: Some(of(tags)), if_none_match: None }
}

fn unless(tags: &[&str]) -> Precondition {
    Precondition { if_match: None, if_none_match: Some(of(tags)) }
}

fn of(tags: &[&str]) -> Tags {
    match tags {
        ["*"] => Tags::Any,
        bodies => Tags::List(
            bodies
                .iter()
                .map(|body| Tag { weak: false, opaque: digest(body.as_bytes()) })
                .collect(),
        ),
    }
}

const EVERY: [Resource; 3] =
    [Resource::State, Resource::AgentProfile, Resource::ActivityProfile];

/// 1.0.3 Communication 3.1 (XAPI-00322), 9274.1.1 4.1.4; `decisions.md` 4.
async fn a_put_without_headers(bench: Bench) {
    let state = key(Resource::State);
    assert_eq!(bench.put(&state, "1", silent(), V1).await, Ok(()));
    assert_eq!(bench.put(&state, "2", silent(), V1).await, Ok(()));
    assert_eq!(bench.put(&state, "3", silent(), V2).await, Err(409));
    assert_eq!(bench.body(&state).await.as_deref(), Some("2"));
    let other = Key { name: "two".to_owned(), ..state };
    assert_eq!(bench.put(&other, "1", silent(), V2).await, Ok(()));
    for profile in [key(Resource::AgentProfile), key(Resource::ActivityProfile)] {
        // XAPI-00273: without any header and without any document, 400 under 1.0.3.
        assert_eq!(bench.put(&profile, "1", silent(), V1).await, Err(400));
        assert_eq!(bench.body(&profile).await, None);
        assert_eq!(bench.put(&profile, "1", silent(), V2).await, Ok(()));
        assert_eq!(bench.put(&profile, "2", silent(), V2).await, Err(409));
        assert_eq!(bench.put(&profile, "2", silent(), V1).await, Err(409));
        assert_eq!(bench.body(&profile).await.as_deref(), Some("1"));
    }
}

/// `decisions.md` 4: `state_preconditions = lenient`.
async fn a_lenient_tenant_replaces_states_unseen(bench: Bench) {
    rollbook_db::sql! {
        /// A lenient tenant.
        LENIENT = "insert into tenant (tenant, name, created, state_preconditions)
            values ($1, 'lenient', 0, 'lenient')
            on conflict (tenant) do update set state_preconditions = 'lenient'";
    }
    let lenient = |tx: &mut rollbook_db::Tx<'_>| tx.run(&LENIENT, &[FIRST_TENANT.0.into()]);
    bench.db.write(lenient).await.unwrap();
    let (state, profile) = (key(Resource::State), key(Resource::AgentProfile));
    assert_eq!(bench.put(&state, "1", silent(), V2).await, Ok(()));
    assert_eq!(bench.put(&state, "2", silent(), V2).await, Ok(()));
    assert_eq!(bench.body(&state).await.as_deref(), Some("2"));
    assert_eq!(bench.put(&state, "3", matching(&["1"]), V2).await, Err(412));
    assert_eq!(bench.put(&profile, "1", silent(), V2).await, Ok(()));
    assert_eq!(bench.put(&profile, "2", silent(), V2).await, Err(409));
}

/// 1.0.3 Communication 3.1 "If-Match"; 9274.1.1 4.1.4 for PUT, POST and DELETE.
async fn if_match_on_every_method(bench: Bench) {
    for key in EVERY.map(key) {
        for version in [V1, V2] {
            assert_eq!(bench.put(&key, "{}", matching(&["{}"]), version).await, Err(412));
            assert_eq!(bench.put(&key, "{}", matching(&["*"]), version).await, Err(412));
        }
        assert_eq!(bench.post(&key, "{}", matching(&["*"])).await, Err(412));
        assert_eq!(bench.delete(&key, matching(&["*"])).await, Err(412));
        assert_eq!(bench.body(&key).await, None);

        assert_eq!(bench.post(&key, "{}", silent()).await, Ok(()));
        assert_eq!(bench.put(&key, "1", matching(&["other"]), V2).await, Err(412));
        assert_eq!(bench.put(&key, "1", matching(&[]), V2).await, Err(412));
        assert_eq!(bench.post(&key, "{\"a\":1}", matching(&["other"])).await, Err(412));
        assert_eq!(bench.delete(&key, matching(&["other"])).await, Err(412));
        assert_eq!(bench.body(&key).await.as_deref(), Some("{}"));

        assert_eq!(bench.post(&key, "{\"a\":1}", matching(&["x", "{}"])).await, Ok(()));
        assert_eq!(bench.put(&key, "2", matching(&["{\"a\":1}", "x"]), V1).await, Ok(()));
        assert_eq!(bench.put(&key, "3", matching(&["*"]), V2).await, Ok(()));
        assert_eq!(bench.body(&key).await.as_deref(), Some("3"));
        assert_eq!(bench.delete(&key, matching(&["3"])).await, Ok(()));
        assert_eq!(bench.body(&key).await, None);
        assert_eq!(bench.delete(&key, silent()).await, Ok(()));
    }
}

/// 1.0.3 Communication 3.1 "If-None-Match".
async fn if_none_match_on_every_method(bench: Bench) {
    for key in EVERY.map(key) {
        assert_eq!(bench.delete(&key, unless(&["*"])).await, Ok(()));
        assert_eq!(bench.put(&key, "{}", unless(&["*"]), V1).await, Ok(()));
        assert_eq!(bench.put(&key, "1", unless(&["*"]), V1).await, Err(412));
        assert_eq!(bench.put(&key, "1", unless(&["x", "{}"]), V2).await, Err(412));
        assert_eq!(bench.post(&key, "{\"a\":1}", unless(&["*"])).await, Err(412));
        assert_eq!(bench.delete(&key, unless(&["*"])).await, Err(412));
        assert_eq!(bench.delete(&key, unless(&["{}"])).await, Err(412));
        assert_eq!(bench.body(&key).await.as_deref(), Some("{}"));

        assert_eq!(bench.put(&key, "{\"b\":1}", unless(&["x"]), V1).await, Ok(()));
        assert_eq!(bench.post(&key, "{\"a\":1}", unless(&["x"])).await, Ok(()));
        assert_eq!(bench.body(&key).await.as_deref(), Some("{\"b\":1,\"a\":1}"));
        assert_eq!(bench.delete(&key, unless(&["x"])).await, Ok(()));
        assert_eq!(bench.post(&key, "{}", unless(&["*"])).await, Ok(()));
    }
}

/// RFC 9110 13.2.2: both must hold.
async fn both_headers_at_once(bench: Bench) {
    let key = key(Resource::State);
    let both = |only: &[&str], none: &[&str]| Precondition {
        if_match: Some(of(only)),
        if_none_match: Some(of(none)),
    };
    assert_eq!(bench.put(&key, "1", both(&["*"], &["*"]), V1).await, Err(412));
    assert_eq!(bench.put(&key, "1", silent(), V1).await, Ok(()));
    assert_eq!(bench.put(&key, "2", both(&["1"], &["*"]), V1).await, Err(412));
    assert_eq!(bench.put(&key, "2", both(&["1"], &["1"]), V1).await, Err(412));
    assert_eq!(bench.put(&key, "2", both(&["1"], &["x"]), V1).await, Ok(()));
    assert_eq!(bench.delete(&key, both(&["2"], &["2"])).await, Err(412));
    assert_eq!(bench.delete(&key, both(&["2"], &["x"])).await, Ok(()));
}

/// 1.0.3 Communication 2.2 (XAPI-00183, XAPI-00184, XAPI-00234, XAPI-00279).
async fn a_merge_keeps_what_it_does_not_name(bench: Bench) {
    for key in EVERY.map(key) {
        assert_eq!(bench.post(&key, r#"{"n":1.10,"car":{"make":"Ford"}}"#, silent()).await, Ok(()));
        assert_eq!(bench.post(&key, r#"{"car":{"model":"T"},"x":null}"#, silent()).await, Ok(()));
        assert_eq!(
            bench.body(&key).await.as_deref(),
            Some(r#"{"n":1.10,"car":{"model":"T"},"x":null}"#)
        );
    }
}

/// 1.0.3 Communication 2.2 (XAPI-00229, XAPI-00232, XAPI-00278, XAPI-00281).
async fn a_merge_of_anything_else_is_refused(bench: Bench) {
    for key in EVERY.map(key) {
        assert_eq!(bench.post_as(&key, "text/plain", "{}", silent()).await, Ok(()));
        assert_eq!(bench.post(&key, "{}", silent()).await, Err(400));
        assert_eq!(bench.delete(&key, silent()).await, Ok(()));
        assert_eq!(bench.post(&key, "{\"a\":1}", silent()).await, Ok(()));
        assert_eq!(bench.post_as(&key, "not/json", "abcdefg", silent()).await, Err(400));
        assert_eq!(bench.post_as(&key, "not/json", "{}", silent()).await, Err(400));
        for bad in ["[]", "1", "{", "\"a\"", "null"] {
            assert_eq!(bench.post(&key, bad, silent()).await, Err(400), "{bad}");
        }
        assert_eq!(bench.body(&key).await.as_deref(), Some("{\"a\":1}"));
    }
}

/// 10,000 contended writes by 50 writers who count up one number: each that was told 204 counts.
async fn no_lost_update_by_if_match(bench: Bench) {
    const WRITERS: usize = 50;
    const TIMES: usize = 200;
    let key = Arc::new(key(Resource::AgentProfile));
    assert_eq!(bench.put(&key, "0", unless(&["*"]), V1).await, Ok(()));
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let (db, key) = (bench.db.db(), key.clone());
        writers.spawn(async move {
            let mut stored = 0;
            for _ in 0..TIMES {
                let old = body(&db, &key).await.unwrap();
                let new = (old.parse::<usize>().unwrap() + 1).to_string();
                match put(&db, &key, &new, matching(&[&old]), V1).await {
                    Ok(()) => stored += 1,
                    Err(status) => assert_eq!(status, 412),
                }
            }
            stored
        });
    }
    let stored: usize = writers.join_all().await.into_iter().sum();
    assert!(stored >= TIMES && stored < WRITERS * TIMES, "{stored} were no contest");
    assert_eq!(bench.body(&key).await, Some(stored.to_string()));
}

/// A merge reads and writes under one lock: each of 1,000 members posted at once is there.
async fn no_lost_member_by_merge(bench: Bench) {
    let bench = Arc::new(bench);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..20 {
        let bench = bench.clone();
        writers.spawn(async move {
            for time in 0..50 {
                let posted = format!("{{\"{writer}-{time}\":{time}}}");
                assert_eq!(bench.post(&key(Resource::State), &posted, silent()).await, Ok(()));
            }
        });
    }
    writers.join_all().await;
    let body = bench.body(&key(Resource::State)).await.unwrap();
    let members: serde_json::Map<_, _> = serde_json::from_str(&body).unwrap();
    assert_eq!(members.len(), 1_000);
}

/// If-None-Match: * lets exactly one of many in.
async fn one_creator_wins(bench: Bench) {
    let bench = Arc::new(bench);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..50 {
        let bench = bench.clone();
        writers.spawn(async move {
            let body = writer.to_string();
            bench.put(&key(Resource::ActivityProfile), &body, unless(&["*"]), V2).await
        });
    }
    let outcomes = writers.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(412))));
}

/// 1.0.3 Communication 2.3; row 41: a delete without a registration is of all registrations.
async fn registrations_keep_documents_apart(bench: Bench) {
    let of = |number: Option<u128>, name: &str| {
        let registration = number.map(uuid::Uuid::from_u128);
        Key {
            context: Context { registration, ..context(Resource::State) },
            name: name.to_owned(),
        }
    };
    let every = [(None, "a"), (Some(1), "a"), (Some(1), "b"), (Some(2), "c"), (None, "d")];
    for (number, name) in every {
        let body = format!("\"{number:?}{name}\"");
        assert_eq!(bench.put(&of(number, name), &body, silent(), V1).await, Ok(()));
    }
    assert_eq!(bench.body(&of(None, "a")).await.as_deref(), Some("\"Nonea\""));
    assert_eq!(bench.body(&of(Some(1), "a")).await.as_deref(), Some("\"Some(1)a\""));
    assert_eq!(bench.body(&of(None, "b")).await, None);
    assert_eq!(bench.names(of(Some(1), "").context, i64::MIN).await, ["a", "b"]);
    assert_eq!(bench.names(of(None, "").context, i64::MIN).await, ["a", "a", "b", "c", "d"]);

    assert_eq!(bench.delete(&of(None, "a"), silent()).await, Ok(()));
    assert_eq!(bench.delete_all(of(Some(1), "").context).await, Ok(()));
    assert_eq!(bench.names(of(None, "").context, i64::MIN).await, ["c", "d"]);
    assert_eq!(bench.delete_all(of(None, "").context).await, Ok(()));
    assert!(bench.names(of(None, "").context, i64::MIN).await.is_empty());
}

/// `since` is exclusive, so a change must never have the time of the one before it.
async fn times_grow_though_the_clock_does_not(bench: Bench) {
    let (state, about) = (key(Resource::State), context(Resource::State));
    for (body, expected) in [("1", 1_000), ("2", 1_001), ("2", 1_002)] {
        assert_eq!(bench.put(&state, body, silent(), V1).await, Ok(()));
        assert_eq!(bench.names(about.clone(), expected - 1).await, ["one"]);
        assert!(bench.names(about.clone(), expected).await.is_empty());
    }
    assert_eq!(bench.put(&state, "3", matching(&["2"]), V1).await, Ok(()));
    assert_eq!(bench.put(&state, "4", unless(&["2"]), V1).await, Ok(()));
    assert_eq!(bench.names(about.clone(), 1_003).await, ["one"]);
    assert!(bench.names(about, 1_004).await.is_empty());
}

/// An index entry of PostgreSQL has 2,704 bytes at most; identifiers have no such bound.
async fn long_identifiers_are_keys_too(bench: Bench) {
    let long = |letter: &str| Key {
        context: Context {
            activity: format!("http://a.example/{}{letter}", "x".repeat(20_000)),
            ..context(Resource::State)
        },
        name: "n".repeat(1_024),
    };
    assert_eq!(bench.put(&long("a"), "1", silent(), V1).await, Ok(()));
    assert_eq!(bench.put(&long("b"), "2", silent(), V1).await, Ok(()));
    assert_eq!(bench.body(&long("a")).await.as_deref(), Some("1"));
}

async fn tenants_do_not_see_each_other(bench: Bench) {
    let (state, other) = (key(Resource::State), TenantId(2));
    assert_eq!(bench.put(&state, "1", silent(), V1).await, Ok(()));
    let (key, about) = (state.clone(), context(Resource::State));
    let job = move |tx: &mut rollbook_db::Tx<'_>| {
        assert_eq!(store::get(tx, other, &key)?, None);
        assert!(store::names(tx, other, &about, i64::MIN)?.is_empty());
        assert!(!store::delete(tx, other, &key, &Precondition::default())?);
        assert_eq!(store::delete_all(tx, other, &about)?, 0);
        assert!(store::create(tx, other, &key, &document("text/plain", "2"))?);
        Ok::<_, rollbook_db::Error>(())
    };
    bench.db.write(job).await.unwrap();
    assert_eq!(bench.body(&state).await.as_deref(), Some("1"));
}
