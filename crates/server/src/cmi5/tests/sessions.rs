//! S': sessions that end, and one at a time.

use super::kit::*;
use crate::clock::Clock;
use crate::cmi5::sweep;
use crate::testing::on_both;
use http::Method;
use serde_json::{Value, json};

/// How often a verb was told, and its statement.
async fn told(app: &crate::testing::TestApp, registration: &str, verb: &str) -> Vec<Value> {
    let all = statements(app, registration).await;
    all.into_iter()
        .filter(|one| one["verb"]["id"].as_str().unwrap().ends_with(&format!("/{verb}")))
        .collect()
}

on_both! {
    /// Launching any unit of the registration abandons its session; the old token is dead at once
    /// (9.3.6, AICC #549).
    async fn a_launch_abandons_what_was_open(app: TestApp) {
        let registration = enrolled(&app, &format!("{}{}", au("a", ""), au("b", ""))).await;
        for (round, unit) in [0, 1].into_iter().enumerate() {
            let old = Unit::running(&app, &registration, json!({"unit": 0})).await;
            let launched = launch(&app, &registration, json!({"unit": unit})).await;
            assert_eq!(launched["abandoned"], old.session);
            let abandoned = told(&app, &registration, "abandoned").await;
            let last = abandoned.last().unwrap();
            assert_eq!(last["context"]["extensions"][SESSION_ID], old.session);
            assert_eq!(last["context"]["contextActivities"]["grouping"][0]["id"], "https://p.example/a");
            assert_eq!(last["context"]["contextActivities"]["category"], json!([{"id": CMI5}]));
            assert!(last["result"]["duration"].as_str().unwrap().starts_with("PT"));
            assert_eq!(refusal(&old.put(&old.defined("completed")).await), "9.3.6.0-2");
            assert_eq!(refusal(&old.call(Method::GET, &old.state("x")).send().await), "8.1.2.0-2");
            let new = Unit::begun(&app, &launched).await;
            new.says("initialized").await;
            new.says("terminated").await;
            assert_eq!(told(&app, &registration, "abandoned").await.len(), round + 1);
        }
    }

    /// Of many launches at once one session is active, and each other was abandoned once.
    async fn of_many_launches_one_is_active(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let wish = json!({});
        let place = format!("{REGISTRATIONS}/{registration}/launch");
        let calls = (0..50).map(|_| post(&app, &place, &wish));
        let answers = futures_util::future::join_all(calls).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        let sessions = get(&app, &format!("{REGISTRATIONS}/{registration}/sessions")).await;
        let sessions = sessions["data"].as_array().unwrap();
        assert_eq!(sessions.len(), 50);
        assert_eq!(sessions.iter().filter(|session| session["active"] == true).count(), 1);
        let count = |verb: &'static str| told(&app, &registration, verb);
        assert_eq!(count("launched").await.len(), 50);
        assert_eq!(count("abandoned").await.len(), 49);
    }

    /// By demand, once; never after `terminated` (9.3.6).
    async fn abandoning_by_demand(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let place = |session: &str| {
            format!("{REGISTRATIONS}/{registration}/sessions/{session}/abandon")
        };
        for _ in 0..2 {
            let answer = post(&app, &place(&unit.session), &json!({})).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let shown = answer.json();
            assert_eq!((&shown["active"], &shown["abandonedBy"]), (&json!(false), &json!("api")));
        }
        assert_eq!(told(&app, &registration, "abandoned").await.len(), 1);
        let unit = Unit::running(&app, &registration, json!({})).await;
        unit.says("terminated").await;
        let answer = post(&app, &place(&unit.session), &json!({})).await;
        assert!(answer.json()["abandoned"].is_null(), "{answer:?}");
        assert_eq!(told(&app, &registration, "abandoned").await.len(), 1);
        let nobodys = place("00000000-0000-4000-8000-000000000001");
        assert_eq!(post(&app, &nobodys, &json!({})).await.status, 404);
    }

    /// The sweep ends what is silent, whether or not it ever began, and what is too old.
    async fn the_sweep(app: TestApp) {
        let clock = Clock::manual(1_900_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let id = course(&app, &au("a", "")).await;
        let (silent, busy) = (registered(&app, &id, "u1").await, registered(&app, &id, "u2").await);
        launch(&app, &silent, json!({})).await;
        let unit = Unit::running(&app, &busy, json!({})).await;
        let hour = 3_600_000_000;
        clock.advance(4 * hour);
        assert_eq!(sweep::sweep(&app).await.unwrap(), 0, "at the limit");
        assert_eq!(unit.put(&unit.allowed("experienced")).await.status, 204);
        clock.advance(1);
        assert_eq!(sweep::sweep(&app).await.unwrap(), 1);
        assert_eq!(verbs(&app, &silent).await, "satisfied launched abandoned");
        for _ in 0..4 {
            clock.advance(4 * hour);
            assert_eq!(unit.put(&unit.allowed("experienced")).await.status, 204);
        }
        clock.advance(4 * hour);
        assert_eq!(sweep::sweep(&app).await.unwrap(), 1, "24 hours old");
        let sessions = get(&app, &format!("{REGISTRATIONS}/{busy}/sessions")).await;
        assert_eq!(sessions["data"][0]["abandonedBy"], "age");
        assert_eq!(sweep::sweep(&app).await.unwrap(), 0);
    }

    /// Whoever comes back without an end has abandoned it, after a moment (1.13).
    async fn coming_back(app: TestApp) {
        let clock = Clock::manual(1_900_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let back = path(unit.data["returnURL"].as_str().unwrap());
        let returned = || crate::testing::call(&app, Method::POST, &back).send();
        assert_eq!(returned().await.status, 202);
        clock.advance(10_000_000);
        assert_eq!(sweep::sweep(&app).await.unwrap(), 0, "it has ten seconds");
        clock.advance(1);
        assert_eq!(sweep::sweep(&app).await.unwrap(), 1);
        assert_eq!(verbs(&app, &registration).await, "satisfied launched initialized abandoned");
        let unit = Unit::running(&app, &registration, json!({})).await;
        unit.says("terminated").await;
        assert_eq!(returned().await.status, 202);
        for code in ["x", "1_x", "99_00000000-0000-4000-8000-000000000001"] {
            let answer = crate::testing::call(&app, Method::POST, &format!("/return/{code}")).send().await;
            assert_eq!(answer.status, 202, "{code}");
        }
    }

    /// Another node knows at once that a session is over: nothing is remembered.
    async fn every_node_knows_at_once(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let other = app.node().await;
        let state = unit.state("LMS.LaunchData");
        let ask = || {
            crate::testing::call(&other, Method::GET, &state)
                .version("1.0.3")
                .header("authorization", &format!("Basic {}", unit.token))
                .send()
        };
        assert_eq!(ask().await.status, 200);
        unit.says("terminated").await;
        assert_eq!(refusal(&ask().await), "8.1.2.0-2");
    }
}
