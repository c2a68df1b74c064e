//! The log of requests, on both engines.

use super::keep_fresh;
use crate::app::App;
use crate::clock::Clock;
use crate::limits::Limits;
use crate::testing::{Answer, TestApp, basic, call, on_both};
use http::{Method, header};
use serde_json::Value;
use std::time::Duration;

const SWITCH: &str = "/api/v1/request-log";
const LIST: &str = "/api/v1/requests";
/// 2026-11-21T07:00:00Z.
const START: i64 = 1_795_244_400_000_000;
const MINUTE: i64 = 60_000_000;

/// Switches the log on with a key that may.
async fn turn_on(app: &TestApp, body: &str) -> Answer {
    let admin = app.make_key("admin").await;
    app.put(SWITCH).key(&admin).json(body).send().await
}

/// The log after everything that was sent so far.
async fn log(app: &TestApp, query: &str) -> Vec<Value> {
    app.requests.flush().await;
    let admin = app.make_key("admin").await;
    let answer = app.get(&format!("{LIST}?{query}")).key(&admin).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["data"].as_array().unwrap().clone()
}

async fn one(app: &TestApp, entry: &Value) -> Value {
    let admin = app.make_key("admin").await;
    let path = format!("{LIST}/{}", entry["id"].as_str().unwrap());
    app.get(&path).key(&admin).send().await.json()
}

on_both! {
    /// Implementation guide, error 5: an integrator is told why a statement was refused.
    async fn a_refused_statement_is_shown_with_its_reason(app: TestApp) {
        app.post("/xapi/statements").json("{}").send().await;
        assert!(log(&app, "").await.is_empty(), "nothing is logged before somebody wants it");
        let answer = turn_on(&app, r#"{"minutes":30,"bodies":true}"#).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["on"]), (200, &Value::Bool(true)));
        let statement = r#"{"actor":{"mbox":"ada"},"verb":{"id":"completed"},"object":{"id":"http://e.x/a"}}"#;
        let call = app.post("/api/xapi/statements").json(statement);
        let refused = call.header("user-agent", "Tool/1").header("x-request-id", "mine").send().await;
        assert_eq!(refused.status, 400);
        app.get("/xapi/about").send().await;

        let found = log(&app, "filter[refused]=true").await;
        let [entry] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(entry["status"], 400);
        assert_eq!(entry["path"], "/api/xapi/statements", "as it was sent");
        assert_eq!(entry["code"], "validation.statement.invalid");
        assert_eq!(entry["requestId"], "mine");
        assert_eq!(entry["authenticated"], true);
        assert_eq!(entry["detail"], refused.json()["detail"]);
        assert_eq!(entry["errors"], refused.json()["errors"]);
        assert!(entry["errors"].as_array().unwrap().len() >= 2, "{entry}");
        assert!(entry.get("requestBody").is_none() && entry["headers"] == serde_json::json!({}));

        let entry = one(&app, entry).await;
        assert_eq!(entry["requestBody"], statement);
        assert_eq!(entry["responseBody"], refused.text());
        assert_eq!(entry["requestBytes"], statement.len());
        assert_eq!(entry["responseBytes"], refused.body.len());
        assert_eq!(entry["userAgent"], "Tool/1");
        assert_eq!(entry["headers"]["x-experience-api-version"], "1.0.3");
        assert_eq!(entry["headers"].get("authorization"), None);
        assert!(entry["durationMs"].as_f64().unwrap() > 0.0);
    }

    /// Also what was refused because nobody knows the credential: the key says whose it claims to be.
    async fn a_wrong_secret_and_a_wrong_path_are_shown(app: TestApp) {
        turn_on(&app, r#"{"minutes":1}"#).await;
        let key = app.all_key().key.clone();
        let wrong = basic(&key, "not-the-secret");
        app.get("/xapi/statements").header(header::AUTHORIZATION, &wrong).send().await;
        app.get("/xapi/statments").send().await;
        app.get("/xapi/statements").header(header::AUTHORIZATION, "Basic !").send().await;
        let found = log(&app, "").await;
        assert_eq!(found.len(), 2, "what names no tenant is nobody's: {found:?}");
        let shown: Vec<_> = found.iter().map(|entry| (&entry["status"], &entry["authenticated"])).collect();
        let (unauthorized, missing) = (Value::from(401), Value::from(404));
        assert_eq!(shown, [(&missing, &Value::Bool(false)), (&unauthorized, &Value::Bool(false))]);
        assert_eq!(found[1]["key"], crate::tenants::Masked(&key).to_string());
        assert!(found[1]["detail"].as_str().unwrap().contains("not known"));
    }

    /// Secrets are masked wherever they stand.
    async fn no_secret_is_kept(app: TestApp) {
        turn_on(&app, r#"{"minutes":1,"bodies":true}"#).await;
        let secret = app.all_key().secret.clone();
        let body = format!(r#"{{"password":"canary-1","note":"mine is {secret}","jwt":"eyJhbGci.eyJz.canary-2"}}"#);
        let path = "/xapi/statements?auth-token=canary-3&agent=eyJhbGci.eyJz.canary-4";
        let cookie = "session=canary-5";
        app.post(path).json(body).header("cookie", cookie).header("referer", "http://x/?canary-6").send().await;
        let form = format!("Authorization={}&X-Experience-API-Version=1.0.3&content=%7B%22token%22%3A%22canary-7%22%7D",
            basic(&app.all_key().key, &secret).replace(' ', "+").replace('=', "%3D"));
        let kind = "application/x-www-form-urlencoded";
        app.post("/xapi/statements?method=POST").without(header::AUTHORIZATION).bytes(kind, form).send().await;
        let found = log(&app, "").await;
        assert_eq!(found.len(), 2, "{found:?}");
        for entry in &found {
            let text = one(&app, entry).await.to_string();
            assert!(!text.contains("canary") && !text.contains(&secret), "{text}");
            assert!(text.contains("•••"), "{text}");
        }
    }

    /// Another tenant's requests are not there, and its entries do not exist.
    async fn a_log_is_its_tenants_own(app: TestApp) {
        let theirs = app.make_tenant_key(2).await;
        turn_on(&app, r#"{"minutes":1}"#).await;
        call(&app, Method::GET, "/xapi/about").key(&theirs).send().await;
        app.get("/xapi/statements").key(&theirs).send().await;
        app.get("/xapi/statements").send().await;
        let found = log(&app, "").await;
        assert_eq!(found.len(), 1, "{found:?}");
        let scopes = crate::tenants::Scopes::parse("admin").unwrap();
        let home = "https://lrs.example.com".to_owned();
        let admin = crate::tenants::KeyWish::new("admin", scopes, home);
        let two = crate::tenants::TenantId(2);
        let admin = crate::tenants::create(&app.db, &app.clock, &app.ids, two, admin).await.unwrap();
        let list = app.get(LIST).key(&admin).send().await;
        assert_eq!(list.json()["data"], serde_json::json!([]));
        let path = format!("{LIST}/{}", found[0]["id"].as_str().unwrap());
        let [there, nowhere] = [path.as_str(), "/api/v1/requests/6690e6c9-3ef0-4ed3-8b37-7f3964730bee"]
            .map(|path| app.get(path).key(&admin).send());
        let (there, nowhere) = (there.await, nowhere.await);
        let told = |answer: &crate::testing::Answer| {
            let mut told = answer.json();
            for own in ["instance", "requestId", "traceId"] {
                told.as_object_mut().unwrap().remove(own);
            }
            (answer.status.as_u16(), told)
        };
        assert_eq!(told(&there), told(&nowhere));
        assert_eq!(there.status, 404);
        assert_eq!(app.get(SWITCH).key(&admin).send().await.json()["on"], false);
    }

    /// Filters and pages.
    async fn the_log_is_filtered_and_paged(app: TestApp) {
        let app = app.with_clock(Clock::manual(START)).await;
        turn_on(&app, r#"{"minutes":60}"#).await;
        for limit in 0..5 {
            app.clock.advance(MINUTE);
            app.get(&format!("/xapi/statements?limit={limit}")).send().await;
        }
        app.clock.advance(1);
        app.get("/xapi/agents").send().await;
        let limits = |found: &[Value]| -> Vec<String> {
            found.iter().map(|entry| entry["query"][0]["value"].as_str().unwrap_or("-").to_owned()).collect()
        };
        assert_eq!(limits(&log(&app, "").await), ["-", "4", "3", "2", "1", "0"]);
        assert_eq!(limits(&log(&app, "filter[path]=/xapi/s&page[size]=2").await), ["4", "3"]);
        assert_eq!(limits(&log(&app, "filter[status]=400").await), ["-"]);
        assert_eq!(limits(&log(&app, "filter%5Bat%5D%5Bgte%5D=2026-11-21T07:04:00Z").await), ["-", "4", "3"]);
        let key = &app.all_key().key;
        assert_eq!(log(&app, &format!("filter[key]={key}")).await.len(), 6);
        assert!(log(&app, "filter[key]=rk1_xxxxxxxx").await.is_empty());

        let admin = app.make_key("admin").await;
        let (mut path, mut all) = (format!("{LIST}?page[size]=4"), Vec::new());
        for _ in 0..2 {
            let page = app.get(&path).key(&admin).send().await.json();
            all.extend(page["data"].as_array().unwrap().clone());
            path = page["links"]["next"].as_str().unwrap_or_default().to_owned();
        }
        assert_eq!((limits(&all), path.as_str()), (limits(&log(&app, "").await), ""));
        assert_eq!(limits(&log(&app, "sort=at&page[size]=2").await), ["0", "1"]);
        assert_eq!(limits(&log(&app, "filter[refused]=false&page[size]=1").await), ["4"]);
        for (query, status) in [
            ("page[size]=200", 200), ("page[size]=201", 400), ("page[size]=0", 400),
            ("page[after]=x", 400), ("filter[x]=1", 400), ("sort=x", 400), ("filter[refused]=x", 400),
        ] {
            let answer = app.get(&format!("{LIST}?{query}")).key(&admin).send().await;
            assert_eq!(answer.status, status, "{query}: {answer:?}");
        }
    }

    /// It switches itself off, is switched off, and may be on for a day at most.
    async fn a_log_is_on_for_a_while(app: TestApp) {
        let app = app.with_clock(Clock::manual(START)).await;
        for (body, status) in [
            (r#"{"minutes":1440}"#, 200), (r#"{"minutes":1441}"#, 422), (r#"{"minutes":0}"#, 422),
            (r#"{"minutes":1,"more":1}"#, 422), ("{}", 422), ("", 400), (r#"{"minutes":2}"#, 200),
        ] {
            assert_eq!(turn_on(&app, body).await.status, status, "{body}");
        }
        app.clock.advance(2 * MINUTE - 1);
        app.get("/xapi/statements").send().await;
        app.clock.advance(1);
        app.get("/xapi/statements").send().await;
        assert_eq!(log(&app, "").await.len(), 1, "it is off by itself");
        turn_on(&app, r#"{"minutes":2}"#).await;
        let admin = app.make_key("admin").await;
        assert_eq!(app.delete(SWITCH).key(&admin).send().await.status, 204);
        assert_eq!(app.delete(SWITCH).key(&admin).send().await.status, 204, "twice is the same");
        app.get("/xapi/statements").send().await;
        assert_eq!(log(&app, "").await.len(), 1);
        assert_eq!(app.get(SWITCH).key(&admin).send().await.json()["on"], false);
    }

    /// Both acts are in the audit log, the same switch twice is off once, and a request that is sent
    /// again has its effect once.
    async fn switching_is_an_administrative_act(app: TestApp) {
        let admin = app.make_key("admin").await;
        for _ in 0..2 {
            let call = app.put(SWITCH).key(&admin).json(r#"{"minutes":1}"#);
            assert_eq!(call.header("idempotency-key", "once").send().await.status, 200);
            assert_eq!(app.delete(SWITCH).key(&admin).send().await.status, 204);
        }
        let audit = app.get("/api/v1/audit").key(&admin).send().await.json();
        let acts: Vec<_> = audit["data"].as_array().unwrap().iter().map(|act| &act["act"]).collect();
        assert_eq!(acts, ["requests.log.disabled", "requests.log.enabled"]);
        assert_eq!(audit["data"][1]["detail"]["bodies"], false);
    }

    /// Each bound, at the edge and one past it.
    async fn a_log_is_bounded(app: TestApp) {
        let limits = Limits {
            request_log_entries_max: 3,
            request_log_age_seconds_max: 600,
            request_log_body_bytes_max: 8,
            ..Limits::default()
        };
        let app = app.with_clock(Clock::manual(START)).await.with_limits(limits).await;
        turn_on(&app, r#"{"minutes":60,"bodies":true}"#).await;
        for (body, expected) in [("12345678", 3), ("123456789", 3), ("x", 3), ("y", 3)] {
            app.clock.advance(MINUTE);
            app.post("/xapi/statements").json(body).send().await;
            assert!(log(&app, "").await.len() <= expected);
        }
        let found = log(&app, "").await;
        assert_eq!(found.len(), 3, "the oldest went");
        assert_eq!(one(&app, &found[2]).await["requestBody"], "12345678", "the beginning");
        assert_eq!(one(&app, &found[2]).await["requestBytes"], 9);
        app.clock.advance(7 * MINUTE);
        app.requests.trim().await.unwrap();
        assert_eq!(log(&app, "").await.len(), 3, "the oldest is as old as may be");
        // To the microsecond: the oldest is that of the second minute.
        app.clock.advance(MINUTE + 1);
        app.requests.trim().await.unwrap();
        assert_eq!(log(&app, "").await.len(), 2);
        app.clock.advance(60 * MINUTE);
        app.requests.trim().await.unwrap();
        assert!(log(&app, "").await.is_empty());
        let rows = app.db.every().read(super::store::logs).await.unwrap();
        assert!(rows.is_empty(), "the switch is forgotten with the last entry");
    }

    /// Anybody can send requests in a tenant's name: they neither fill its log nor flush it.
    async fn strangers_have_little_room(app: TestApp) {
        let limits = Limits {
            request_log_entries_max: 100,
            request_log_strangers_max: 4,
            request_log_strangers_per_second_max: 2,
            ..Limits::default()
        };
        let app = app.with_clock(Clock::manual(START)).await.with_limits(limits).await;
        turn_on(&app, r#"{"minutes":60}"#).await;
        app.get("/xapi/statements").send().await;
        let wrong = basic(&app.all_key().key, "not-the-secret");
        let stranger = || app.get("/xapi/statements").header(header::AUTHORIZATION, &wrong).send();
        for expected in [1, 2, 2] {
            stranger().await;
            assert_eq!(log(&app, "filter[status]=401").await.len(), expected, "in one second");
        }
        assert_eq!(app.requests.dropped(), 1);
        for expected in [3, 4, 4] {
            app.clock.advance(1_000_000);
            stranger().await;
            assert_eq!(log(&app, "filter[status]=401").await.len(), expected, "in all");
        }
        app.clock.advance(1);
        for _ in 0..5 {
            app.get("/xapi/statements").send().await;
        }
        assert_eq!(log(&app, "filter[status]=200").await.len(), 6, "what is proved is kept");
    }

    /// Whatever a client sends, an entry is small.
    async fn every_text_of_an_entry_is_cut(app: TestApp) {
        turn_on(&app, r#"{"minutes":60}"#).await;
        let long = |bytes: usize| "x".repeat(bytes);
        let path = format!("/xapi/{}", long(2_048 - 6));
        app.get(&path).send().await;
        app.get(&format!("{path}x")).send().await;
        let many: Vec<String> = (0..100).map(|n| format!("a{n}=1")).collect();
        app.get(&format!("/xapi/statements?{}", many.join("&"))).send().await;
        let query = format!("/xapi/statements?a={}&{}=b", long(1_024), long(1_025));
        let call = app.get(&query).header("user-agent", &long(1_025));
        call.header("accept", &long(1_024)).header("x-unknown", &long(9_000)).send().await;
        let eight = vec![format!("a={}", long(1_024)); 9].join("&");
        app.get(&format!("/xapi/statements?{eight}")).send().await;
        let found = log(&app, "").await;
        assert_eq!(found.len(), 5, "{found:?}");
        let paths: Vec<_> = found.iter().map(|entry| entry["path"].as_str().unwrap()).collect();
        assert_eq!((paths[4], paths[3]), (path.as_str(), format!("{path}…").as_str()));
        assert_eq!(found[2]["query"].as_array().unwrap().len(), 64);
        let entry = one(&app, &found[1]).await;
        assert_eq!(entry["query"][0]["value"], long(1_024));
        assert_eq!(entry["query"][1]["name"], format!("{}…", long(1_024)));
        assert_eq!(entry["userAgent"], format!("{}…", long(1_024)));
        assert_eq!(entry["headers"]["accept"], long(1_024));
        assert!(entry.to_string().len() < 16_384, "{entry}");
        assert_eq!(found[0]["query"].as_array().unwrap().len(), 7, "8 KiB in all, names with them");
    }

    /// The alternate request syntax takes any text for a form, so the log does too.
    async fn no_secret_of_a_form_is_kept(app: TestApp) {
        turn_on(&app, r#"{"minutes":1,"bodies":true}"#).await;
        let key = app.all_key().clone();
        let credential = basic(&key.key, &key.secret);
        let encoded = credential.trim_start_matches("Basic ").to_owned();
        let form = format!("Authorization={}&X-Experience-API-Version=1.0.3&x={}&content=%7B%22token%22%3A%22canary%22%7D",
            credential.replace(' ', "+").replace('=', "%3D"), key.secret);
        let hidden = form.replace("Authorization", "Auth%6Frization");
        let post = |kind: &str, form: &str| app.post("/xapi/statements?method=POST").bytes(kind, form.to_owned());
        for kind in ["Application/X-WWW-Form-urlencoded", "text/plain", ""] {
            for form in [&form, &hidden] {
                let agent = format!("is {} mine", key.secret);
                post(kind, form).without(header::AUTHORIZATION).header("user-agent", &agent).send().await;
            }
        }
        // Refused before the form is read, and no form at all.
        post("application/json", &form).send().await;
        app.post("/xapi/statements").bytes("text/plain", form.clone()).send().await;
        let found = log(&app, "").await;
        assert_eq!(found.len(), 8, "{found:?}");
        for entry in &found {
            let text = one(&app, entry).await.to_string();
            assert!(!text.contains("canary") && !text.contains(&key.secret), "{text}");
            assert!(!text.contains(&encoded) && !text.contains(encoded.trim_end_matches('=')), "{text}");
        }
        // Of what was refused before it was read, nothing is kept.
        let mut masked = 0;
        for entry in &found {
            masked += usize::from(one(&app, entry).await.to_string().contains("Authorization=•••"));
        }
        assert_eq!(masked, 6);
    }

    /// Nothing waits for the log: an entry is written, or dropped and counted.
    async fn what_cannot_be_queued_is_dropped_and_counted(app: TestApp) {
        let limits = Limits { request_log_waiting_max: 1, ..Limits::default() };
        let app = app.with_limits(limits).await;
        turn_on(&app, r#"{"minutes":1}"#).await;
        let mut open = Vec::new();
        for _ in 0..200 {
            open.push(call(&app, Method::GET, "/xapi/about").key(app.all_key()).open().await);
        }
        drop(open);
        let written = log(&app, "page[size]=200").await.len() as u64;
        assert!(written > 0 && written + app.requests.dropped() == 200, "{written}");
    }

    /// Every node follows within five seconds.
    async fn another_node_follows(app: TestApp) {
        let node = app.node().await;
        let follows = tokio::spawn(keep_fresh(App::clone(&node)));
        tokio::time::sleep(Duration::from_millis(300)).await;
        turn_on(&app, r#"{"minutes":1}"#).await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        call(&node, Method::GET, "/xapi/statements").key(app.all_key()).send().await;
        node.requests.flush().await;
        assert_eq!(log(&app, "").await.len(), 1);
        follows.abort();
    }
}
