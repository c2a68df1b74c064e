//! Launches: at the same time, beyond the quota, and how long they lasted.

use super::{Client, actor};
use crate::clock::Clock;
use crate::limits::Limits;
use crate::testing::{VERSION, call, on_both, unmetered};
use crate::usage::Allowance;
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use std::collections::HashMap;

on_both! {
    /// Of parallel launches under one new `reg` the first makes it, and all are of it.
    async fn parallel_launches_share_what_they_name(app: TestApp) {
        let client = Client::new(app).await;
        let course = client.course().await["id"].clone();
        let path = format!("course/{course}/launch-url/0");
        for code in ["6690e6c9-3ef0-4ed3-8b37-7f3964730be1", "6690e6c9-3ef0-4ed3-8b37-7f3964730be2"] {
            let body = json!({"actor": actor("ada"), "reg": code});
            let answers = join_all((0..8).map(|_| client.post(&path, body.clone()))).await;
            let mut open = 0;
            for answer in answers {
                assert_eq!(answer.status, 200, "{answer:?}");
                let id = answer.json()["id"].to_string();
                let session = client.get(&format!("session/{}", id.trim_matches('"'))).await;
                // Sessions of one moment may have one number.
                open += usize::from(session.status == 200 && session.json()["isAbandoned"] == false);
            }
            assert!(open <= 1, "{open} sessions are open");
            let other = json!({"actor": actor("ben"), "reg": code});
            assert_eq!(client.post(&path, other).await.status, 409);
        }
    }

    /// RFC 4918 11.5: a launch and preferences are within the quota of their tenant.
    async fn what_is_stored_is_within_the_quota(app: TestApp) {
        let client = Client::new(app).await;
        let course = client.course().await["id"].clone();
        let body = json!({"courseId": course, "actor": actor("ada")});
        let code = client.post("registration", body).await.json()["code"].clone();
        let usage = call(&client.app, Method::GET, "/api/v1/usage").key(&client.key).without(VERSION);
        let used = usage.send().await.json()["storage"]["usedBytes"].as_u64().unwrap();
        let tenant = Allowance { storage_bytes: used + 10, ..Allowance::UNLIMITED };
        let Client { app, key } = client;
        let app = app.with_limits(Limits { tenant, ..unmetered() }).await;
        let client = Client { app, key };
        let launched = client.post(&format!("course/{course}/launch-url/0"), json!({"actor": actor("ada")})).await;
        let told = launched.json();
        assert_eq!((launched.status.as_u16(), &told["code"]), (507, &json!("quota.storage.exceeded")));
        assert_eq!(told["statusCode"], 507);
        let wanted = json!({"languagePreference": "de,en", "audioPreference": "off"});
        let path = format!("registration/{}/learner-prefs", code.as_str().unwrap());
        assert_eq!(client.post(&path, wanted).await.status, 507);
        assert_eq!(client.get(&path).await.status, 404);
    }

    /// 9.5.4.1: how long a session lasted, in seconds and by its mode, once the unit ends it.
    async fn how_long_sessions_lasted(app: TestApp) {
        let app = app.with_clock(Clock::manual(1_900_000_000_000_000)).await;
        let client = Client::new(app).await;
        let course = client.course().await["id"].clone();
        let path = format!("course/{course}/launch-url/1");
        let code = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee";
        for (mode, seconds) in [("Normal", 60), ("Browse", 5), ("Normal", 30)] {
            let body = json!({"actor": actor("ada"), "reg": code, "launchMode": mode});
            let launched = client.post(&path, body).await.json();
            let unit = Unit::begun(&client, &launched).await;
            let place = format!("session/{}", launched["id"]);
            unit.says(&client, "initialized").await;
            let before = client.get(&place).await.json();
            assert_eq!(before[format!("duration{mode}")], Value::Null);
            client.app.clock.advance(seconds * 1_000_000);
            unit.says(&client, "terminated").await;
            let told = client.get(&place).await.json();
            assert_eq!(told[format!("duration{mode}")], seconds, "{told}");
            assert_eq!(told["durationReview"], Value::Null);
        }
        let told = client.get(&format!("registration/{code}")).await.json();
        let durations = ["Normal", "Browse", "Review"].map(|mode| told["aus"][1][format!("duration{mode}")].clone());
        assert_eq!(durations, [json!(90), json!(5), Value::Null]);
        assert_eq!(told["aus"][0]["durationNormal"], Value::Null);
    }
}

/// A unit that was launched, and what its launch URL says.
struct Unit {
    launch: HashMap<String, String>,
    token: String,
    session: Value,
}

impl Unit {
    async fn begun(client: &Client, launched: &Value) -> Self {
        let url = launched["url"].as_str().unwrap();
        let query = url.split_once('?').unwrap().1;
        let launch: HashMap<String, String> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let fetch = format!("/api/cmi5{}", launch["fetch"].split_once("/api/cmi5").unwrap().1);
        let fetched = call(&client.app, Method::POST, &fetch).send().await;
        let token = fetched.json()["auth-token"].as_str().unwrap().to_owned();
        let session =
            client.get(&format!("session/{}", launched["id"])).await.json()["code"].clone();
        let unit = Self { launch, token, session };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("profileId", "cmi5LearnerPreferences");
        query.append_pair("agent", &unit.launch["actor"]);
        let path = format!("/xapi/agents/profile?{}", query.finish());
        assert_eq!(unit.ask(client, Method::GET, &path).send().await.status, 404);
        unit
    }

    fn ask(&self, client: &Client, method: Method, path: &str) -> crate::testing::Call {
        let call = call(&client.app, method, path).version("1.0.3");
        call.header("authorization", &format!("Basic {}", self.token))
    }

    /// Sends a defined statement.
    async fn says(&self, client: &Client, verb: &str) {
        let mut statement = json!({
            "id": client.app.ids.statement(),
            "actor": serde_json::from_str::<Value>(&self.launch["actor"]).unwrap(),
            "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
            "object": {"id": self.launch["activityId"]},
            "context": {
                "registration": self.launch["registration"],
                "contextActivities": {
                    "category": [{"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}],
                    "grouping": [{"id": "https://p.example/1"}],
                },
                "extensions": {"https://w3id.org/xapi/cmi5/context/extensions/sessionid": self.session},
            },
            "timestamp": "2026-11-21T15:00:00Z",
        });
        if verb == "terminated" {
            statement["result"] = json!({"duration": "PT1M"});
        }
        let sent = self.ask(client, Method::POST, "/xapi/statements");
        let sent = sent.json(statement.to_string()).send().await;
        assert_eq!(sent.status, 200, "{verb}: {sent:?}");
    }
}
