//! S': what the sweep ends, and what it must not (9.3.6).

use super::kit::*;
use crate::app::App;
use crate::clock::Clock;
use crate::cmi5::{AbandonedBy, Desk, Session, sweep};
use crate::tenants::{FIRST_TENANT, NewKey, TenantId};
use crate::testing::{Answer, TestApp, call, on_both};
use futures_util::future::join_all;
use http::Method;
use rollbook_db::Tx;
use serde_json::{Value, json};
use uuid::Uuid;

const HOUR: i64 = 3_600_000_000;

async fn at_noon(app: TestApp) -> (TestApp, Clock) {
    let clock = Clock::manual(1_900_000_000_000_000);
    (app.with_clock(clock.clone()).await, clock)
}

/// What the sweep does with a session that it found silent.
async fn give_up(app: &App, registration: &str, session: &str) -> Option<Uuid> {
    let desk = Desk::open(app, FIRST_TENANT).await.unwrap();
    let [registration, session] = [registration, session].map(|id| id.parse().unwrap());
    let job =
        move |tx: &mut Tx<'_>| desk.abandon(tx, registration, Some(session), AbandonedBy::Idle);
    app.db.of(1).write(job).await.unwrap()
}

/// When something was last heard of a session.
async fn last_heard(app: &App, session: &str) -> i64 {
    let desk = Desk::open(app, FIRST_TENANT).await.unwrap();
    let id: Uuid = session.parse().unwrap();
    let found: Session = app.db.of(1).read(move |tx| desk.session(tx, id)).await.unwrap();
    found.last_request
}

on_both! {
    /// Two sessions: one of which nothing was heard, and one that is busy until it is too old.
    async fn what_is_silent_or_old_is_ended(app: TestApp) {
        let (app, clock) = at_noon(app).await;
        let id = course(&app, &au("a", "")).await;
        let (silent, busy) = (registered(&app, &id, "u1").await, registered(&app, &id, "u2").await);
        launch(&app, &silent, json!({})).await;
        let unit = Unit::running(&app, &busy, json!({})).await;
        clock.advance(4 * HOUR);
        assert_eq!(sweep::sweep(&app).await.unwrap(), 0, "at the limit");
        assert_eq!(unit.put(&unit.allowed("experienced")).await.status, 204);
        clock.advance(1);
        assert_eq!(sweep::sweep(&app).await.unwrap(), 1, "it was never even fetched");
        assert_eq!(verbs(&app, &silent).await, "satisfied launched abandoned");
        for _ in 0..4 {
            clock.advance(4 * HOUR);
            assert_eq!(unit.put(&unit.allowed("experienced")).await.status, 204);
        }
        clock.advance(4 * HOUR);
        assert_eq!(sweep::sweep(&app).await.unwrap(), 1, "24 hours old");
        let sessions = get(&app, &format!("{REGISTRATIONS}/{busy}/sessions")).await;
        assert_eq!(sessions["data"][0]["abandonedBy"], "age");
        assert_eq!(sweep::sweep(&app).await.unwrap(), 0);
        let abandoned = told(&app, &busy, "abandoned").await;
        assert_eq!(abandoned.len(), 1);
        let lasted = &abandoned[0]["result"]["duration"];
        assert_eq!(lasted, "PT72000S", "9.3.6: from launched to what was heard last");
    }

    /// Any request says that somebody is there, a reader's too, and not statements only (1.10).
    async fn whoever_reads_is_there(app: TestApp) {
        let (app, clock) = at_noon(app).await;
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        clock.advance(3 * HOUR);
        assert_eq!(unit.call(Method::GET, &unit.state("LMS.LaunchData")).send().await.status, 200);
        let now = clock.now_micros();
        for _ in 0..1_000 {
            if last_heard(&app, &unit.session).await == now {
                break;
            }
            // It is written down while content does not wait for it.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        clock.advance(3 * HOUR);
        assert_eq!(sweep::sweep(&app).await.unwrap(), 0, "six hours after the launch");
        unit.says("terminated").await;
    }

    /// A session that was used again after the sweep had found it silent is not given up.
    async fn what_is_heard_of_again_is_let_be(app: TestApp) {
        let (app, clock) = at_noon(app).await;
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        clock.advance(4 * HOUR + 1);
        // Here the sweep has read what is due, and has not acted.
        assert_eq!(unit.put(&unit.allowed("experienced")).await.status, 204);
        assert_eq!(give_up(&app, &registration, &unit.session).await, None);
        assert!(told(&app, &registration, "abandoned").await.is_empty());
        assert_eq!(unit.put(&unit.allowed("experienced")).await.status, 204, "it goes on");
        clock.advance(4 * HOUR);
        assert_eq!(give_up(&app, &registration, &unit.session).await, None, "at the limit");
        clock.advance(1);
        let given_up = give_up(&app, &registration, &unit.session).await.unwrap();
        assert_eq!(given_up.to_string(), unit.session);
        assert_eq!(give_up(&app, &registration, &unit.session).await, None, "once");
    }

    /// A session that was followed by another after the sweep had read is no reason to end the other.
    async fn the_next_session_is_let_be(app: TestApp) {
        let (app, clock) = at_noon(app).await;
        let registration = enrolled(&app, &au("a", "")).await;
        let old = launch(&app, &registration, json!({})).await["session"].as_str().unwrap().to_owned();
        clock.advance(4 * HOUR + 1);
        let unit = Unit::running(&app, &registration, json!({})).await;
        assert_eq!(give_up(&app, &registration, &old).await, None);
        assert_eq!(told(&app, &registration, "abandoned").await.len(), 1, "by the launch");
        unit.says("terminated").await;
    }

    /// Sessions of a tenant that is being deleted are let be, however many: they keep nobody else's
    /// from their end.
    async fn tenants_that_go_are_left_out(app: TestApp) {
        let (app, clock) = at_noon(app).await;
        let operator = app.make_key("operator").await;
        let act = async |method: Method, path: &str, body: &str| -> Answer {
            let request = call(&app, method, &format!("/api/v1/tenants{path}")).key(&operator);
            if body.is_empty() { request.send().await } else { request.json(body).send().await }
        };
        let made = act(Method::POST, "", r#"{"name":"doomed","title":"Doomed Ltd"}"#).await;
        let number = made.json()["number"].as_i64().unwrap();
        let key = app.make_tenant_key_with(number, "read,write,admin,all").await;
        // As many as the sweep looks at in one go.
        let upload = call(&app, Method::POST, "/api/v1/courses").key(&key);
        let course = upload.bytes("text/xml", structure(&au("a", ""))).send().await.json();
        join_all((0..256).map(|learner| launched_by(&app, &key, &course["id"], learner))).await;
        clock.advance(1);
        let living = enrolled(&app, &au("a", "")).await;
        launch(&app, &living, json!({})).await;
        clock.advance(4 * HOUR + 1);
        let marked = act(Method::DELETE, "/doomed", "").await;
        assert_eq!(marked.status, 202, "{marked:?}");
        assert_eq!(sweep::sweep(&app).await.unwrap(), 1);
        assert_eq!(verbs(&app, &living).await, "satisfied launched abandoned");
        let open = app.db.of(number).read(move |tx| {
            let all: Vec<i64> = tx.all(&OPEN, &[TenantId(number).0.into()])?;
            Ok::<_, crate::error::Problem>(all.len())
        }).await.unwrap();
        assert_eq!(open, 256);
    }
}

rollbook_db::sql! {
    /// The sessions of a tenant that have not ended.
    OPEN = "select last_request from cmi5_session where tenant = $1 and ended is null";
}

/// A learner of another tenant in a session that nobody ends.
async fn launched_by(app: &TestApp, key: &NewKey, course: &Value, learner: usize) {
    let account = json!({"homePage": "https://lms.example", "name": format!("u{learner}")});
    let body = json!({"courseId": course, "actor": {"account": account}});
    let made = call(app, Method::POST, REGISTRATIONS).key(key).json(body.to_string()).send().await;
    let made: Value = made.json();
    let place = format!("{REGISTRATIONS}/{}/launch", made["id"].as_str().unwrap());
    let answer = call(app, Method::POST, &place).key(key).json("{}").send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
}
