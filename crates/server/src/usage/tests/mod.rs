//! Limits through HTTP, on both engines: at each edge and one past it, on a clock that moves only
//! when told.

mod api;

use super::{Allowance, Measure};
use crate::app::App;
use crate::clock::Clock;
use crate::limits::Limits;
use crate::tenants::{FIRST_TENANT, NewKey};
use crate::testing::{Answer, Call, TestApp, basic, call, on_both, unmetered};
use http::{Method, header};
use serde_json::{Value, json};

const NOON: i64 = 1_700_000_000_000_000;
const SECOND: i64 = 1_000_000;

/// A server at noon on which a tenant, a key and a user may use so much.
async fn within(app: TestApp, tenant: Allowance, key: Allowance) -> TestApp {
    limited(app, Limits { tenant, key, ..unmetered() }).await
}

async fn limited(app: TestApp, limits: Limits) -> TestApp {
    app.with_clock(Clock::manual(NOON)).await.with_limits(limits).await
}

fn statements(count: usize) -> String {
    let one = r#"{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http://a.b/v"},"object":{"id":"http://a.b/o"}}"#;
    format!("[{}]", vec![one; count].join(","))
}

fn store(app: &TestApp, count: usize) -> Call {
    app.post("/xapi/statements").json(statements(count))
}

fn as_key(app: &App, method: Method, path: &str, key: &NewKey) -> Call {
    call(app, method, path)
        .version("1.0.3")
        .header(header::AUTHORIZATION, &basic(&key.key, &key.secret))
}

#[track_caller]
fn is_refused(answer: &Answer, policy: &str, after: &str) {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.json()["code"], "rate.limited", "{answer:?}");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&format!("`{policy}`")), "{policy}: {detail}");
    assert_eq!(answer.header("retry-after"), Some(after), "{answer:?}");
}

async fn count(app: &TestApp) -> usize {
    let answer = app.get("/xapi/statements").send().await;
    answer.json()["statements"].as_array().unwrap().len()
}

on_both! {
    /// Progress contract 8, 429 of 1.0.3 Communication 3.2: n statements cost n.
    async fn statements_are_counted_not_requests(app: TestApp) {
        let tenant = Allowance { statements_per_second: 10, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        assert_eq!(store(&app, 4).send().await.status, 200);
        is_refused(&store(&app, 7).send().await, "tenant-statements", "1");
        assert_eq!(store(&app, 6).send().await.status, 200, "the refused ones cost nothing");
        is_refused(&store(&app, 1).send().await, "tenant-statements", "1");
        assert_eq!(count(&app).await, 10, "a refused batch is stored not at all");
        app.clock.advance(SECOND / 10);
        assert_eq!(store(&app, 1).send().await.status, 200);
        is_refused(&store(&app, 1).send().await, "tenant-statements", "1");
        let put = app.put("/xapi/statements?statementId=6690e6c9-3ef0-4ed3-8b37-7f3964730bee");
        let one = statements(1);
        let put = put.json(one.trim_matches(['[', ']'])).send().await;
        is_refused(&put, "tenant-statements", "1");
    }

    async fn a_batch_above_the_rate_is_admitted_and_owed(app: TestApp) {
        let tenant = Allowance { statements_per_second: 10, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        assert_eq!(store(&app, 35).send().await.status, 200, "nothing was owed");
        is_refused(&store(&app, 1).send().await, "tenant-statements", "3");
        app.clock.advance(26 * SECOND / 10 - 1);
        is_refused(&store(&app, 1).send().await, "tenant-statements", "1");
        app.clock.advance(1);
        assert_eq!(store(&app, 1).send().await.status, 200);
        is_refused(&store(&app, 11).send().await, "tenant-statements", "1");
    }

    async fn what_is_refused_before_its_body_is_not_parsed(app: TestApp) {
        let tenant = Allowance { statements_per_second: 1, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        assert_eq!(store(&app, 1).send().await.status, 200);
        is_refused(&app.post("/xapi/statements").json("no JSON").send().await, "tenant-statements", "1");
    }

    /// Progress contract 8: bytes of bodies, of whatever kind.
    async fn bytes_of_bodies_are_counted(app: TestApp) {
        let tenant = Allowance { bytes_per_minute: 600, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        let path = "/xapi/activities/state?activityId=http://a.b/c&stateId=x&agent=%7B%22mbox%22:%22mailto:a@b.c%22%7D";
        let document = |bytes: usize| app.put(path).bytes("text/plain", "a".repeat(bytes));
        assert_eq!(document(599).send().await.status, 204);
        is_refused(&document(2).send().await, "tenant-bytes", "1");
        assert_eq!(document(1).send().await.status, 204);
        is_refused(&document(1).send().await, "tenant-bytes", "1");
        assert_eq!(app.get(path).send().await.status, 200, "no body costs nothing");
        app.clock.advance(60 * SECOND);
        assert_eq!(document(601).send().await.status, 204, "nothing was owed");
        is_refused(&document(600).send().await, "tenant-bytes", "61");
    }

    /// A body without a length pays as it comes, and one that is not read is not paid for.
    async fn bytes_are_paid_when_they_come(app: TestApp) {
        let tenant = Allowance { bytes_per_minute: 1_000, ..Allowance::UNLIMITED };
        let limits = Limits { document_bytes_max: 10, tenant, ..unmetered() };
        let app = limited(app, limits).await;
        let path = "/xapi/activities/state?activityId=http://a.b/c&stateId=x&agent=%7B%22mbox%22:%22mailto:a@b.c%22%7D";
        let answer = app.put("/xapi/activities/state").bytes("text/plain", "a".repeat(1_000));
        let answer = answer.send().await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("1000"), "{answer:?}");
        let pieces = |count: usize| {
            let piece = |_| Ok::<_, std::io::Error>(vec![b'a'; 5]);
            axum::body::Body::from_stream(futures_util::stream::iter((0..count).map(piece)))
        };
        let sent = async |count: usize| {
            app.put(path).header(header::CONTENT_TYPE, "text/plain").stream(pieces(count)).await
        };
        assert_eq!(sent(2).await.status, 204);
        assert_eq!(sent(3).await.status, 413);
        for _ in 0..97 {
            assert_eq!(sent(2).await.status, 204);
        }
        let answer = sent(2).await;
        is_refused(&answer, "tenant-bytes", "1");
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("0"), "{answer:?}");
    }

    /// Progress contract 8: queries of statements, apart from other requests.
    async fn queries_and_other_requests_have_rates_of_their_own(app: TestApp) {
        let key = Allowance { queries_per_minute: 2, requests_per_minute: 3, ..Allowance::UNLIMITED };
        let app = within(app, Allowance::UNLIMITED, key).await;
        let other = app.make_key("all").await;
        let query = || app.get("/xapi/statements?limit=1");
        let about = || app.get("/xapi/activities?activityId=http://a.b/c");
        for _ in 0..2 {
            assert_eq!(query().send().await.status, 200);
        }
        is_refused(&query().send().await, "key-queries", "30");
        is_refused(&app.get("/xapi/statements/x").send().await, "key-queries", "30");
        assert_eq!(query().key(&other).send().await.status, 200, "another key has its own");
        for _ in 0..3 {
            assert_eq!(about().send().await.status, 200);
        }
        is_refused(&about().send().await, "key-requests", "20");
        assert_eq!(store(&app, 1).send().await.status, 200, "statements are counted apart");
        app.clock.advance(30 * SECOND);
        assert_eq!(query().send().await.status, 200);
        is_refused(&query().send().await, "key-queries", "30");
    }

    /// What one policy refuses is taken from no other.
    async fn what_one_refuses_costs_no_other(app: TestApp) {
        let tenant = Allowance { queries_per_minute: 2, ..Allowance::UNLIMITED };
        let key = Allowance { queries_per_minute: 1, ..Allowance::UNLIMITED };
        let app = within(app, tenant, key).await;
        let other = app.make_key("all").await;
        let query = || app.get("/xapi/statements?limit=1");
        assert_eq!(query().send().await.status, 200);
        for _ in 0..5 {
            is_refused(&query().send().await, "key-queries", "60");
        }
        assert_eq!(query().key(&other).send().await.status, 200);
        let third = app.make_key("all").await;
        is_refused(&query().key(&third).send().await, "tenant-queries", "30");
    }

    /// Two tenants: what one uses is nothing to the other.
    async fn tenants_do_not_share(app: TestApp) {
        let tenant = Allowance { statements_per_second: 1, queries_per_minute: 1, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        let other = app.make_tenant_key(2).await;
        assert_eq!(store(&app, 1).send().await.status, 200);
        for _ in 0..10 {
            is_refused(&store(&app, 1).send().await, "tenant-statements", "1");
        }
        let theirs = as_key(&app, Method::POST, "/xapi/statements", &other).json(statements(1));
        let answer = theirs.send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let own = app.make_key("all").await;
        is_refused(&store(&app, 1).key(&own).send().await, "tenant-statements", "1");
    }

    /// draft-ietf-httpapi-ratelimit-headers: on what is let in and on what is refused.
    async fn answers_tell_of_their_limits(app: TestApp) {
        let tenant = Allowance {
            statements_per_second: 10,
            bytes_per_minute: 6_000,
            concurrent_requests: 5,
            ..Allowance::UNLIMITED
        };
        let key = Allowance { statements_per_second: 4, ..Allowance::UNLIMITED };
        let app = within(app, tenant, key).await;
        let body = statements(3);
        let left = 6_000 - body.len();
        let answer = store(&app, 3).send().await;
        let policy = r#""tenant-statements";q=10;lrs-unit="statements";w=1, "key-statements";q=4;lrs-unit="statements";w=1, "tenant-bytes";q=6000;qu="content-bytes";w=60, "tenant-concurrent";q=5;qu="concurrent-requests""#;
        assert_eq!(answer.header("ratelimit-policy"), Some(policy), "{answer:?}");
        let state = format!(r#""tenant-statements";r=7;t=1, "key-statements";r=1;t=1, "tenant-bytes";r={left};t=3, "tenant-concurrent";r=5"#);
        assert_eq!(answer.header("ratelimit"), Some(state.as_str()), "{answer:?}");
        assert_eq!(answer.header("x-ratelimit-limit"), Some("4"), "the tightest: {answer:?}");
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("1"));
        assert_eq!(answer.header("x-ratelimit-reset"), Some("1"));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("RateLimit-Policy") && exposed.contains("Retry-After"), "{exposed}");
        let refused = store(&app, 2).send().await;
        is_refused(&refused, "key-statements", "1");
        assert_eq!(refused.header("ratelimit-policy"), Some(policy));
        assert!(app.get("/xapi/about").send().await.header("ratelimit").is_none(), "no caller");
    }

    /// An answer that is not read yet is under way.
    async fn requests_at_once_are_counted(app: TestApp) {
        let tenant = Allowance { concurrent_requests: 2, ..Allowance::UNLIMITED };
        let key = Allowance { concurrent_requests: 1, ..Allowance::UNLIMITED };
        let app = within(app, tenant, key).await;
        let (second, third) = (app.make_key("all").await, app.make_key("all").await);
        let stalled = || axum::body::Body::from_stream(
            futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>(),
        );
        let begin = |key: NewKey| {
            let call = app.post("/xapi/statements").key(&key);
            let call = call.header(header::CONTENT_TYPE, "application/json");
            tokio::spawn(call.stream(stalled()))
        };
        let query = || app.get("/xapi/statements?limit=1");
        let busy = begin(app.all_key().clone());
        until(&app, FIRST_TENANT.0, 1).await;
        is_refused(&query().send().await, "key-concurrent", "1");
        assert_eq!(query().key(&second).send().await.status, 200);
        let busy_too = begin(second);
        until(&app, FIRST_TENANT.0, 2).await;
        is_refused(&query().key(&third).send().await, "tenant-concurrent", "1");
        busy.abort();
        busy_too.abort();
        until(&app, FIRST_TENANT.0, 0).await;
        assert_eq!(query().send().await.status, 200, "who went away is not counted");
    }

    /// One process does no more than it may, and whoever watches it sees it.
    async fn a_busy_process_refuses(app: TestApp) {
        let app = limited(app, Limits { requests_max: 1, ..unmetered() }).await;
        let front = crate::http::server::service(App::clone(&app));
        let stalled = axum::body::Body::from_stream(
            futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>(),
        );
        let first = app.post("/xapi/statements").header(header::CONTENT_TYPE, "application/json");
        let first = tokio::spawn(first.stream_on(front.clone(), stalled));
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let answer = app.get("/xapi/statements").send_on(front.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, Some("1")));
        assert_eq!(answer.json()["code"], "server.busy");
        let watched = app.get("/healthz").send_on(front.clone()).await;
        assert_ne!(watched.status, 503, "{watched:?}");
        first.abort();
        drop(first.await);
        assert_eq!(app.get("/xapi/statements").send_on(front).await.status, 200);
    }

    /// A lane holds so many requests and refuses the next.
    async fn a_tenant_waits_in_a_queue_of_its_own(app: TestApp) {
        let app = limited(app, Limits { waiting_requests_max: 1, ..unmetered() }).await;
        let mut calls = Vec::new();
        for _ in 0..64 {
            calls.push(tokio::spawn(store(&app, 1).send()));
        }
        let (mut stored, mut refused) = (0, 0);
        for call in calls {
            let answer = call.await.unwrap();
            match answer.status.as_u16() {
                200 => stored += 1,
                503 => {
                    refused += 1;
                    assert_eq!(answer.json()["code"], "tenant.busy", "{answer:?}");
                    assert_eq!(answer.header("retry-after"), Some("1"));
                }
                _ => panic!("{answer:?}"),
            }
        }
        assert!(stored > 0 && stored + refused == 64, "{stored} stored, {refused} refused");
        assert_eq!(count(&app).await, stored, "what was refused is not stored");
    }

    /// RFC 4918 11.5: nothing more is kept than may be, whatever it is.
    async fn storage_has_a_quota(app: TestApp) {
        let limits = |bytes| Limits {
            tenant: Allowance { storage_bytes: bytes, ..Allowance::UNLIMITED },
            ..unmetered()
        };
        let app = limited(app, limits(0)).await;
        assert_eq!(store(&app, 3).send().await.status, 200);
        let usage = storage(&app).await;
        let stored = usage["statementBytes"].as_u64().unwrap();
        assert!(stored > 0, "{usage}");
        assert_eq!(usage["limitBytes"], Value::Null);
        let app = app.with_limits(limits(stored + 100)).await;
        let path = |id: &str| format!("/xapi/activities/state?activityId=http://a.b/c&stateId={id}&agent=%7B%22mbox%22:%22mailto:a@b.c%22%7D");
        let document = |id: &str, bytes: usize| app.put(&path(id)).bytes("text/plain", "a".repeat(bytes));
        let full = document("a", 101).send().await;
        assert_eq!((full.status.as_u16(), &full.json()["code"]), (507, &json!("quota.storage.exceeded")));
        assert_eq!(document("a", 60).send().await.status, 204);
        assert_eq!(document("b", 41).send().await.status, 507);
        assert_eq!(document("b", 40).send().await.status, 204);
        assert_eq!(store(&app, 1).send().await.status, 507);
        assert_eq!(count(&app).await, 3, "reading goes on");
        let usage = storage(&app).await;
        assert_eq!(usage["documentBytes"], 100, "{usage}");
        assert_eq!(usage["usedBytes"], usage["limitBytes"], "{usage}");
        assert_eq!(app.delete(&path("a")).send().await.status, 204);
        app.clock.advance(5 * SECOND);
        assert_eq!(document("c", 60).send().await.status, 204, "within five seconds");
        assert_eq!(document("d", 1).send().await.status, 507);
    }

    /// The head counts what is written, also of what comes twice or is refused.
    async fn statements_take_what_the_head_says(app: TestApp) {
        let id = r#""id":"6690e6c9-3ef0-4ed3-8b37-7f3964730bee","#;
        let one = statements(1).replacen('{', &format!("{{{id}"), 1);
        for _ in 0..3 {
            assert_eq!(app.post("/xapi/statements").json(one.as_str()).send().await.status, 200);
        }
        let other = one.replace("http://a.b/o", "http://a.b/p");
        assert_eq!(app.post("/xapi/statements").json(other).send().await.status, 409);
        let before = storage(&app).await["statementBytes"].as_u64().unwrap();
        assert_eq!(store(&app, 2).send().await.status, 200);
        let after = storage(&app).await["statementBytes"].as_u64().unwrap();
        assert!(before > 0 && after > 2 * before, "{before} {after}");
        let examined = app.db.of(1).read(|tx| {
            let depth = crate::statements::doctor::Depth::Full;
            crate::statements::doctor::examine(tx, FIRST_TENANT, depth, &mut |_| {})
        });
        let faults = examined.await.unwrap().faults;
        assert!(faults.told.is_empty(), "{faults:?}");
    }

    /// A tenant at ten times its limit: it gets its limit, and nobody else notices.
    async fn a_noisy_neighbour_gets_what_it_may(app: TestApp) {
        let tenant = Allowance { statements_per_second: 10, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        let quiet = app.make_tenant_key(2).await;
        let (mut noisy, mut calm) = (0, 0);
        for _ in 0..20 {
            for _ in 0..50 {
                noisy += usize::from(store(&app, 1).send().await.status == 200);
            }
            for _ in 0..4 {
                let theirs = as_key(&app, Method::POST, "/xapi/statements", &quiet);
                calm += usize::from(theirs.json(statements(1)).send().await.status == 200);
            }
            app.clock.advance(SECOND / 2);
        }
        assert_eq!(calm, 80, "whoever is within its limits is never refused");
        assert_eq!(noisy, 10 + 19 * 5, "a full bucket, and what time gave");
    }
}

/// Waits until so many requests of a tenant are under way.
async fn until(app: &App, tenant: i64, count: u64) {
    let subject = super::meters::Subject::Tenant(crate::tenants::TenantId(tenant));
    while app.usage.under_way(&subject) != count {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn storage(app: &TestApp) -> Value {
    let reader = app.make_key("read").await;
    app.get("/api/v1/usage").key(&reader).send().await.json()["storage"].clone()
}

/// The share of one node among several: together they admit the limit, and each at least one.
#[test]
fn nodes_share_a_limit() {
    use super::meters::Subject;
    use super::policy::{Kind, Policy};
    let allowance = Allowance { queries_per_minute: 10, ..Allowance::UNLIMITED };
    let subjects = [(Subject::Tenant(FIRST_TENANT), allowance)];
    let share = |nodes| Policy::all(Kind::Query, &subjects, nodes).first().unwrap().most;
    assert_eq!([0, 1, 2, 3, 10, 11].map(share), [10, 10, 5, 4, 1, 1]);
    assert_eq!(Policy::all(Kind::Other, &subjects, 1).len(), 0);
    assert_eq!(allowance.of(Measure::Queries), Some(10));
}

/// Each measure of a user is a user's, whatever keys do.
#[tokio::test]
async fn users_have_rates_of_their_own() {
    use super::policy::Kind;
    use crate::tenants::{Caller, Principal, Scopes};
    let user = Allowance { queries_per_minute: 1, ..Allowance::UNLIMITED };
    let app = TestApp::sqlite().await;
    let app = limited(app, Limits { user, ..unmetered() }).await;
    let caller = |issuer: &str, subject: &str| Caller {
        tenant: FIRST_TENANT,
        principal: Principal::User { issuer: issuer.into(), subject: subject.into() },
        scopes: Scopes::NONE,
        authority: "".into(),
        activity_prefixes: None,
        session: None,
        bounds: None,
    };
    let ask = async |caller: Caller| {
        let policies = app.usage.policies(&caller, Kind::Query, 1).await.unwrap();
        app.usage
            .admit(&caller, Kind::Query, policies, Some(0))
            .map(drop)
            .map_err(|refused| refused.0.detail)
    };
    assert_eq!(ask(caller("a", "ada")).await, Ok(()));
    let refused = ask(caller("a", "ada")).await.unwrap_err();
    assert!(refused.contains("`user-queries`"), "{refused}");
    assert_eq!(ask(caller("a", "bob")).await, Ok(()), "another subject");
    assert_eq!(ask(caller("b", "ada")).await, Ok(()), "another issuer");
}
