//! Keys through HTTP, on both engines.

use crate::app::App;
use crate::clock::Clock;
use crate::limits::Limits;
use crate::tenants::NewKey;
use crate::testing::{Answer, TestApp, VERSION, call, on_both};
use http::Method;
use serde_json::Value;

const KEYS: &str = "/api/v1/keys";

async fn send(app: &App, by: &NewKey, method: Method, path: &str, body: &str) -> Answer {
    let call = call(app, method, &format!("{KEYS}{path}")).key(by).without(VERSION);
    if body.is_empty() { call.send().await } else { call.json(body).send().await }
}

async fn made(app: &App, by: &NewKey, body: &str) -> (NewKey, Value) {
    let answer = send(app, by, Method::POST, "", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let told = answer.json();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location").unwrap(), format!("{KEYS}/{}", text("key")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let key = NewKey { key: text("key"), secret: text("secret"), scopes: by.scopes };
    (key, told)
}

/// The status of a request with this key, at a server that has not seen it.
async fn status(app: &TestApp, key: &NewKey) -> u16 {
    let node = app.node().await;
    let call = call(&node, Method::GET, "/xapi/statements").key(key).version("1.0.3");
    call.send().await.status.as_u16()
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

on_both! {
    async fn a_key_is_made_read_changed_rotated_and_revoked(app: TestApp) {
        let admin = app.make_key("all,admin").await;
        let body = r#"{"name":"Moodle","notes":"n","scopes":["xapi:read"],"origins":["https://a.example"],"expires":"2999-01-01T00:00:00Z"}"#;
        let (key, told) = made(&app, &admin, body).await;
        assert_eq!(told["scopes"], serde_json::json!(["all/read"]));
        let path = format!("/{}", key.key);
        let read = send(&app, &admin, Method::GET, &path, "").await;
        let (mut same, read) = (told.clone(), read.json());
        same.as_object_mut().unwrap().remove("secret");
        assert_eq!(read, same, "a secret is told once");
        assert_eq!(status(&app, &key).await, 403, "it is for pages of another origin");

        let body = r#"{"name":"LMS","origins":[],"expires":null}"#;
        let changed = send(&app, &admin, Method::PATCH, &path, body).await.json();
        assert_eq!((changed["name"].as_str(), changed["notes"].as_str()), (Some("LMS"), Some("n")));
        assert!(changed["expires"].is_null(), "{changed}");
        assert_eq!(status(&app, &key).await, 200);

        let rotate = format!("{path}/rotate");
        let rotated = send(&app, &admin, Method::POST, &rotate, r#"{"overlapSeconds":60}"#).await;
        assert_eq!(rotated.status, 200, "{rotated:?}");
        let secret = rotated.json()["secret"].as_str().unwrap().to_owned();
        let renewed = NewKey { secret, ..key.clone() };
        assert_eq!((status(&app, &key).await, status(&app, &renewed).await), (200, 200));
        send(&app, &admin, Method::POST, &rotate, r#"{"overlapSeconds":0}"#).await;
        assert_eq!((status(&app, &key).await, status(&app, &renewed).await), (401, 401));

        let revoke = format!("{path}/revoke");
        let revoked = send(&app, &admin, Method::POST, &revoke, "").await.json();
        assert_eq!(revoked["state"], "revoked");
        let again = send(&app, &admin, Method::POST, &revoke, "").await.json();
        assert_eq!(again["revoked"], revoked["revoked"], "the first moment is kept");
        let late = send(&app, &admin, Method::PATCH, &path, r#"{"name":"x"}"#).await;
        assert_eq!(code(&late), (409, "key.revoked".to_owned()));

        let log = app.get("/api/v1/audit").key(&admin).send().await;
        assert!(!log.text().contains(&key.secret) && !log.text().contains(&renewed.secret));
        let log = log.json();
        let acts = log["data"].as_array().unwrap().iter();
        let acts: Vec<&str> = acts.map(|entry| entry["act"].as_str().unwrap()).collect();
        let expected = ["key.revoked", "key.rotated", "key.rotated", "key.updated", "key.created"];
        assert_eq!(acts, expected);
        let by = format!("key:{}", admin.key);
        assert!(log["data"].as_array().unwrap().iter().all(|entry| entry["principal"] == *by));
    }

    async fn keys_are_listed_in_pages(app: TestApp) {
        let admin = app.make_key("admin").await;
        let (mut path, mut seen) = ("?page[size]=1".to_owned(), Vec::new());
        loop {
            let answer = send(&app, &admin, Method::GET, &path, "").await;
            let page = answer.json();
            let data = page["data"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
            seen.extend(data.iter().map(|key| key["key"].as_str().unwrap().to_owned()));
            let Some(next) = page["links"]["next"].as_str() else { break };
            path = next.strip_prefix(KEYS).unwrap().to_owned();
        }
        assert_eq!(seen, [app.all_key().key.clone(), admin.key.clone()]);
        let page = send(&app, &admin, Method::GET, "?filter[state]=revoked", "").await.json();
        assert_eq!(page["data"], serde_json::json!([]));
        let page = send(&app, &admin, Method::GET, "?sort=-created", "").await.json();
        assert_eq!(page["data"][0]["key"], admin.key.as_str());
    }

    /// The ways up: a key with more, a change to more, the secret of one that has more.
    async fn nobody_gives_more_than_they_hold(app: TestApp) {
        let escalation = (403, "auth.scope.escalation".to_owned());
        let admin = app.make_key("admin").await;
        for scope in ["all", "statements/read", "operator"] {
            let body = format!(r#"{{"name":"x","scopes":["read","{scope}"]}}"#);
            let answer = send(&app, &admin, Method::POST, "", &body).await;
            assert_eq!(code(&answer), escalation, "{scope}");
        }
        let (weak, _) = made(&app, &admin, r#"{"name":"x","scopes":["read","write","admin"]}"#).await;
        let wider = r#"{"scopes":["operator"]}"#;
        let answer = send(&app, &admin, Method::PATCH, &format!("/{}", weak.key), wider).await;
        assert_eq!(code(&answer), escalation);
        let strong = app.make_key("operator").await;
        let rotate = format!("/{}/rotate", strong.key);
        let answer = send(&app, &admin, Method::POST, &rotate, r#"{"overlapSeconds":0}"#).await;
        assert_eq!(code(&answer), escalation);
        let path = format!("/{}", strong.key);
        let widened = send(&app, &admin, Method::PATCH, &path, r#"{"origins":[]}"#).await;
        assert_eq!(code(&widened), escalation);

        let operator = app.make_key("admin,operator").await;
        made(&app, &operator, r#"{"name":"x","scopes":["operator"]}"#).await;

        let held = r#"{"name":"x","scopes":["admin"],"activityPrefixes":["http://a.example/1/"]}"#;
        let (held, _) = made(&app, &admin, held).await;
        for (prefixes, expected) in
            [("", 403), (r#""http://a.example/""#, 403), (r#""http://a.example/1/2""#, 201)]
        {
            let body = format!(r#"{{"name":"x","scopes":["read"],"activityPrefixes":[{prefixes}]}}"#);
            let answer = send(&app, &held, Method::POST, "", &body).await;
            assert_eq!(answer.status, expected, "{prefixes} {answer:?}");
        }
    }

    /// A key of another tenant does not exist, and its answer differs in nothing.
    async fn keys_of_others_do_not_exist(app: TestApp) {
        let admin = app.make_key("admin").await;
        let theirs = app.make_tenant_key(9).await;
        let bodies = ["", r#"{"name":"x"}"#, r#"{"overlapSeconds":0}"#, ""];
        let acts = [
            (Method::GET, ""),
            (Method::PATCH, ""),
            (Method::POST, "/rotate"),
            (Method::POST, "/revoke"),
        ];
        for ((method, act), body) in acts.into_iter().zip(bodies) {
            let mut answers = Vec::new();
            for key in [&theirs.key, "rk9_000000000000000000000000", "%00", "rk1_%00"] {
                let path = format!("/{key}{act}");
                let answer = send(&app, &admin, method.clone(), &path, body).await;
                let told = answer.json();
                answers.push((answer.status.as_u16(), told["detail"].clone()));
            }
            assert_eq!(answers[0].0, 404, "{method} {act}");
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        }
    }

    async fn what_is_wrong_with_a_key_is_told_by_its_place(app: TestApp) {
        let admin = app.make_key("all,admin").await;
        for (body, pointer) in [
            (r#"{"name":"","scopes":["all"]}"#, "#/name"),
            (r#"{"name":"x","scopes":[]}"#, "#/scopes"),
            (r#"{"name":"x","scopes":["some"]}"#, "#/scopes"),
            (r#"{"name":"x","scopes":["all"],"ipRanges":["10.0.0.0/8","x"]}"#, "#/ipRanges/1"),
            (r#"{"name":"x","scopes":["all"],"activityPrefixes":["x"]}"#, "#/activityPrefixes/0"),
            (r#"{"name":"x","scopes":["all"],"expires":"never"}"#, "#/expires"),
        ] {
            let answer = send(&app, &admin, Method::POST, "", body).await;
            assert_eq!(answer.status, 422, "{body} {answer:?}");
            assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{answer:?}");
        }
    }

    /// The same request sent again makes one key and tells the same secret.
    async fn a_key_is_made_once(app: TestApp) {
        let admin = app.make_key("admin").await;
        let mut secrets = Vec::new();
        for _ in 0..2 {
            let call = call(&app, Method::POST, KEYS).key(&admin);
            let call = call.header("idempotency-key", "\"a-key-of-16-char\"");
            let answer = call.json(r#"{"name":"x","scopes":["read"]}"#).send().await;
            assert_eq!(answer.status, 201, "{answer:?}");
            secrets.push(answer.json()["secret"].clone());
        }
        assert_eq!(secrets[0], secrets[1]);
    }

    /// An answer with a secret is kept for a key that nobody guesses, or not at all.
    async fn a_weak_idempotency_key_keeps_no_secret(app: TestApp) {
        let admin = app.make_key("admin").await;
        let rotate = format!("{KEYS}/{}/rotate", admin.key);
        for (path, body, good) in [
            (KEYS, r#"{"name":"x","scopes":["read"]}"#, 201),
            (&*rotate, r#"{"overlapSeconds":60}"#, 200),
        ] {
            for (once, expected) in [("123456789012345", 400), ("1234567890123456", good)] {
                let call = call(&app, Method::POST, path).key(&admin).header("idempotency-key", once);
                let answer = call.json(body).send().await;
                assert_eq!(answer.status, expected, "{path} {answer:?}");
                if expected == 400 {
                    assert_eq!(answer.json()["code"], "idempotency.key_invalid");
                }
            }
        }
    }

    async fn keys_are_as_many_as_the_limit_and_no_more(app: TestApp) {
        let clock = Clock::manual(1_800_000_000_000_000);
        let limits = Limits { keys_max: 4, ..Limits::default() };
        let app = app.with_clock(clock.clone()).await.with_limits(limits).await;
        let admin = app.make_key("admin").await; // Beside the one that every test has.
        let ends = r#"{"name":"x","scopes":["read"],"expires":"2027-01-15T08:00:01Z"}"#;
        let (short, _) = made(&app, &admin, ends).await;
        let body = r#"{"name":"x","scopes":["read"]}"#;
        let (gone, _) = made(&app, &admin, body).await;
        let full = (409, "limit.keys".to_owned());
        assert_eq!(code(&send(&app, &admin, Method::POST, "", body).await), full);
        send(&app, &admin, Method::POST, &format!("/{}/revoke", gone.key), "").await;
        made(&app, &admin, body).await;
        assert_eq!(code(&send(&app, &admin, Method::POST, "", body).await), full);
        clock.advance(1_000_000);
        made(&app, &admin, body).await;
        let again = send(&app, &admin, Method::PATCH, &format!("/{}", short.key), r#"{"expires":null}"#).await;
        assert_eq!(code(&again), full, "one that has expired comes back as one more");
        for (state, expected) in [("active", 4), ("expired", 1), ("revoked", 1), ("expired,revoked", 2)] {
            for sort in ["created", "-created"] {
                let path = format!("?filter[state]={state}&sort={sort}");
                let page = send(&app, &admin, Method::GET, &path, "").await.json();
                assert_eq!(page["data"].as_array().unwrap().len(), expected, "{path} {page}");
            }
        }
    }

    /// Addresses, origins and the end of the key that gives bound what it gives, itself included.
    async fn a_bounded_key_gives_no_less_bounded_one(app: TestApp) {
        let admin = app.make_key("admin").await;
        let bounded = r#"{"name":"x","scopes":["admin"],"ipRanges":["192.0.2.0/24"],"expires":"2999-01-01T00:00:00Z"}"#;
        let (bounded, _) = made(&app, &admin, bounded).await;
        let send = async |method: Method, path: &str, body: &str| {
            let call = call(&app, method, &format!("{KEYS}{path}")).key(&bounded).from("192.0.2.7");
            code(&call.json(body).send().await)
        };
        let escalation = (403, "auth.scope.escalation".to_owned());
        for (rest, expected) in [
            ("", 403),
            (r#","ipRanges":["192.0.2.0/24"]"#, 403),
            (r#","expires":"2998-01-01T00:00:00Z""#, 403),
            (r#","ipRanges":["192.0.2.0/23"],"expires":"2998-01-01T00:00:00Z""#, 403),
            (r#","ipRanges":["192.0.2.8/29","198.51.100.1"],"expires":"2998-01-01T00:00:00Z""#, 403),
            (r#","ipRanges":["192.0.2.0/24"],"expires":"2999-01-01T00:00:00.000001Z""#, 403),
            (r#","ipRanges":["192.0.2.8/29"],"expires":"2999-01-01T00:00:00Z""#, 201),
        ] {
            let body = format!(r#"{{"name":"x","scopes":["read"]{rest}}}"#);
            let found = send(Method::POST, "", &body).await;
            assert_eq!(found.0, expected, "{rest} {found:?}");
        }
        let own = format!("/{}", bounded.key);
        for body in [r#"{"ipRanges":[]}"#, r#"{"expires":null}"#, r#"{"ipRanges":["192.0.0.0/16"]}"#] {
            assert_eq!(send(Method::PATCH, &own, body).await, escalation, "{body}");
        }
        assert_eq!(send(Method::PATCH, &own, r#"{"ipRanges":["192.0.2.0/28"]}"#).await.0, 200);
        let other = format!("/{}", admin.key);
        assert_eq!(send(Method::PATCH, &other, r#"{"name":"y"}"#).await, escalation);
        let rotated = send(Method::POST, &format!("{other}/rotate"), r#"{"overlapSeconds":0}"#).await;
        assert_eq!(rotated, escalation);
        let issuer = r#"{"name":"x","issuer":"https://id.example.com","audience":"a","jwksUrl":"https://id.example.com/jwks"}"#;
        let trusted = call(&app, Method::POST, "/api/v1/issuers").key(&bounded).from("192.0.2.7");
        assert_eq!(code(&trusted.json(issuer).send().await), escalation, "its tokens have no bounds");
    }

    /// An administrator of some activities neither seizes nor revokes keys of all of them.
    async fn a_restricted_administrator_leaves_wider_keys_alone(app: TestApp) {
        let admin = app.make_key("all,admin").await;
        let some = r#"{"name":"x","scopes":["all","admin"],"activityPrefixes":["http://a.example/1/"]}"#;
        let (some, _) = made(&app, &admin, some).await;
        let escalation = (403, "auth.scope.escalation".to_owned());
        let narrowed = r#"{"activityPrefixes":["http://a.example/1/"]}"#;
        let wide = format!("/{}", admin.key);
        let found = send(&app, &some, Method::PATCH, &wide, narrowed).await;
        assert_eq!(code(&found), escalation, "not by narrowing it first");
        let revoke = async |by: &NewKey, key: &NewKey| {
            code(&send(&app, by, Method::POST, &format!("/{}/revoke", key.key), "").await)
        };
        assert_eq!(revoke(&some, &admin).await, escalation);
        let weak = app.make_key("admin").await;
        assert_eq!(revoke(&weak, &admin).await, escalation);
        assert_eq!(revoke(&some, &some).await.0, 200, "one's own");
        assert_eq!(revoke(&weak, &weak).await.0, 200, "one's own");
    }
}
