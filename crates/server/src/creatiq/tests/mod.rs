//! The Creatiq cmi5 API, request by request as its page prints them (`cmi5.md` 7.3, S1 to S7). What
//! is behind it is tested in `cmi5`.

mod courses;
mod statements;

use crate::app::App;
use crate::config::{Jwt, Secret, Settings};
use crate::testing::{Answer, Call, TestApp, VERSION, call, on_both};
use http::{Method, header};
use serde_json::{Value, json};

const URL: &str = "https://app.creatiq.com";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOBODY: &str = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee";

/// A server with the address of the page, and with its secret.
async fn platform(app: TestApp, cmi5_launch: bool) -> TestApp {
    let jwt = Jwt {
        secret: Some(Secret(SECRET.to_owned())),
        issuer: Some("https://id.creatiq.com".to_owned()),
        audience: Some("creatiq".to_owned()),
        ..Jwt::default()
    };
    let (public_url, limits) = (Some(URL.to_owned()), app.limits.clone());
    app.with_settings(Settings { public_url, cmi5_launch, jwt, limits, ..Settings::default() })
        .await
}

/// A JWT of the platform for this person.
fn token(app: &App, subject: &str, scope: &str) -> String {
    let now = app.clock.now_micros() / 1_000_000;
    let claims = json!({
        "iss": "https://id.creatiq.com", "aud": "creatiq", "sub": subject, "tid": "main",
        "scope": scope, "iat": now, "exp": now + 600,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
}

fn by(app: &App, token: &str, method: Method, path: &str) -> Call {
    let call = call(app, method, &format!("/api/cmi5/{path}")).without(VERSION);
    call.header(header::AUTHORIZATION, &format!("Bearer {token}"))
}

/// The request that the page prints.
fn printed() -> Value {
    json!({
        "contentId": "h5p-content-abc123",
        "learnerId": "user-12345",
        "actorAccount": {"homePage": "https://lms.example.com", "name": "user-12345"},
    })
}

async fn register(app: &App, token: &str, body: &Value) -> Answer {
    by(app, token, Method::POST, "register").json(body.to_string()).send().await
}

async fn registered(app: &App, token: &str, body: &Value) -> Value {
    let answer = register(app, token, body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["success"], true);
    answer.json()["data"].clone()
}

async fn launched(app: &App, token: &str, id: &str) -> Value {
    let answer = by(app, token, Method::GET, &format!("launch/{id}")).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()["data"].clone()
}

async fn session(app: &App, token: &str, id: &str) -> Value {
    let answer = by(app, token, Method::GET, &format!("sessions/{id}")).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["data"].clone()
}

async fn put(app: &App, token: &str, id: &str, body: Value) -> Answer {
    let call = by(app, token, Method::PUT, &format!("sessions/{id}"));
    call.json(body.to_string()).send().await
}

/// The fetch token in a launch URL.
fn fetch_token(launched: &Value) -> String {
    let url = launched["launchUrl"].as_str().unwrap();
    url.split("%2Ffetch%2F").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

async fn fetch(app: &App, token: &str) -> Answer {
    call(app, Method::POST, &format!("/api/cmi5/fetch/{token}")).send().await
}

/// A refusal in the envelope: its status and its words.
#[track_caller]
fn refused(answer: &Answer) -> (u16, String) {
    let json = answer.json();
    assert_eq!(json["success"], false, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    (answer.status.as_u16(), json["error"].as_str().unwrap().to_owned())
}

fn verb(name: &str) -> String {
    format!("http://adlnet.gov/expapi/verbs/{name}")
}

/// What content says of itself, by the rules of cmi5.
fn defined(app: &App, registration: &str, session: &str, name: &str, result: Value) -> String {
    let cmi5 = "https://w3id.org/xapi/cmi5/context";
    let mut category = vec![json!({"id": format!("{cmi5}/categories/cmi5")})];
    if !result.is_null() {
        category.push(json!({"id": format!("{cmi5}/categories/moveon")}));
    }
    let mut statement = json!({
        "id": app.ids.statement(),
        "timestamp": "2026-11-21T15:00:00Z",
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": "https://lms.example.com", "name": "user-12345"},
        },
        "verb": {"id": verb(name)},
        "object": {"id": format!("{URL}/h5p/content/abc123")},
        "context": {
            "registration": registration,
            "contextActivities": {
                "category": category, "grouping": [{"id": format!("{URL}/h5p/source/abc123")}],
            },
            "extensions": {format!("{cmi5}/extensions/sessionid"): session},
        },
    });
    if !result.is_null() {
        statement["result"] = result;
    }
    statement.to_string()
}

/// A request of content to what it knows as its endpoint.
fn content(app: &App, scheme: &str, token: &str, method: Method, rest: &str) -> Call {
    let call = call(app, method, &format!("/api/xapi/statements{rest}")).version("1.0.3");
    call.header(header::AUTHORIZATION, &format!("{scheme} {token}"))
}

on_both! {
    /// S1: the shape of the page; the same again is the same, and later.
    async fn register_is_an_upsert(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        let first = registered(&app, &staff, &printed()).await;
        for (member, value) in [
            ("contentId", json!("h5p-content-abc123")),
            ("learnerId", json!("user-12345")),
            ("actorAccount", json!({"homePage": "https://lms.example.com", "name": "user-12345"})),
            ("status", json!("initialized")),
            ("sessionId", Value::Null),
            ("score", Value::Null),
            ("launchMode", json!("Normal")),
        ] {
            assert_eq!(first.get(member), Some(&value), "{member}");
        }
        let created = first["createdAt"].as_str().unwrap();
        assert!(created.len() == "2025-01-15T10:00:00.000Z".len() && created.ends_with('Z'));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let other = json!({"homePage": "https://other.example", "name": "somebody"});
        let mut body = printed();
        body["actorAccount"] = other;
        let again = registered(&app, &staff, &body).await;
        for same in ["id", "createdAt", "actorAccount", "status"] {
            assert_eq!(again[same], first[same], "{same}");
        }
        assert!(again["updatedAt"].as_str() > first["updatedAt"].as_str(), "{again}");
        let mut body = printed();
        body["newAttempt"] = json!(true);
        let retake = registered(&app, &staff, &body).await;
        assert_ne!(retake["id"], first["id"]);
        assert_eq!(registered(&app, &staff, &printed()).await["id"], retake["id"]);
    }

    /// S1: limits, each to its last character.
    async fn register_validates(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        let url = |length: usize| format!("https://l.example/{}", "a".repeat(length - 18));
        for (member, value, status) in [
            ("/contentId", json!("é".repeat(500)), 201),
            ("/contentId", json!("c".repeat(501)), 400),
            ("/contentId", json!(""), 400),
            ("/contentId", json!(7), 400),
            ("/learnerId", json!("l".repeat(255)), 201),
            ("/learnerId", json!("l".repeat(256)), 400),
            ("/learnerId", Value::Null, 400),
            ("/actorAccount/homePage", json!(url(500)), 201),
            ("/actorAccount/homePage", json!(url(501)), 400),
            ("/actorAccount/homePage", json!("lms"), 400),
            ("/actorAccount/name", json!("n".repeat(255)), 201),
            ("/actorAccount/name", json!("n".repeat(256)), 400),
            ("/actorAccount", json!("x"), 400),
        ] {
            let mut body = printed();
            *body.pointer_mut(member).unwrap() = value;
            let answer = register(&app, &staff, &body).await;
            assert_eq!(answer.status, status, "{member}: {answer:?}");
            if status == 400 {
                let (_, error) = refused(&answer);
                assert!(error.starts_with("Validation error: "), "{member}: {error}");
            }
        }
        let answer = by(&app, &staff, Method::POST, "register").json("{}").send().await;
        assert!(refused(&answer).1.starts_with("Validation error: "), "{answer:?}");
    }

    /// S2, S3, S4: launch, fetch and statements, as the page prints them.
    async fn a_learner_passes(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        let id = registered(&app, &staff, &printed()).await["id"].as_str().unwrap().to_owned();
        let launch = launched(&app, &staff, &id).await;
        let fetched = fetch_token(&launch);
        let expected = format!("https://app.creatiq.com/h5p/play/abc123?endpoint=https%3A%2F%2Fapp.creatiq.com%2Fapi%2Fxapi%2Fstatements&fetch=https%3A%2F%2Fapp.creatiq.com%2Fapi%2Fcmi5%2Ffetch%2F{fetched}&registration={id}&activityId=https%3A%2F%2Fapp.creatiq.com%2Fh5p%2Fcontent%2Fabc123&actor=%7B%22objectType%22%3A%22Agent%22%2C%22account%22%3A%7B%22homePage%22%3A%22https%3A%2F%2Flms.example.com%22%2C%22name%22%3A%22user-12345%22%7D%7D");
        assert_eq!(launch["launchUrl"], expected);
        let now = session(&app, &staff, &id).await;
        assert_eq!((&now["status"], &now["sessionId"]), (&json!("launched"), &launch["sessionId"]));
        assert_eq!(now["cmi5"]["activeSession"], launch["sessionId"]);

        let answer = fetch(&app, &fetched).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let auth = answer.json()["auth-token"].as_str().unwrap().to_owned();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
        validation.validate_aud = false;
        let key = jsonwebtoken::DecodingKey::from_secret(SECRET.as_bytes());
        let claims = jsonwebtoken::decode::<Value>(&auth, &key, &validation).unwrap().claims;
        assert_eq!((&claims["registrationId"], &claims["purpose"]), (&json!(id), &json!("cmi5-xapi-auth")));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
        for used in [fetched.as_str(), "unknown"] {
            let again = fetch(&app, used).await;
            assert_eq!((again.status.as_u16(), &again.json()["error"]), (401, &json!("Invalid or expired fetch token")));
        }

        // S7: what content was given opens nothing here.
        let own = register(&app, &auth, &printed()).await;
        assert!([401, 403].contains(&refused(&own).0), "{own:?}");
        assert_eq!(put(&app, &auth, &id, json!({"status": "passed"})).await.status, 403);

        let preferences = "/agents/profile?profileId=cmi5LearnerPreferences&agent=%7B%22objectType%22%3A%22Agent%22%2C%22account%22%3A%7B%22homePage%22%3A%22https%3A%2F%2Flms.example.com%22%2C%22name%22%3A%22user-12345%22%7D%7D";
        let read = content(&app, "Basic", &auth, Method::GET, preferences).send().await;
        assert_eq!(read.status, 404, "{read:?}");
        let mine = launch["sessionId"].as_str().unwrap();
        let score = json!({"scaled": 0.85, "raw": 85, "min": 0, "max": 100});
        let passed = json!({"success": true, "duration": "PT1M", "score": score});
        for (scheme, name, result) in [("Basic", "initialized", Value::Null), ("Bearer", "passed", passed)] {
            let text = defined(&app, &id, mine, name, result);
            let said = content(&app, scheme, &auth, Method::POST, "/statements").json(text).send().await;
            assert_eq!(said.status, 200, "{name}: {said:?}");
        }
        let now = session(&app, &staff, &id).await;
        assert_eq!((&now["status"], &now["score"]), (&json!("passed"), &score));
        assert_eq!((&now["cmi5"]["passed"], &now["cmi5"]["satisfied"]), (&json!(true), &json!(true)));
    }

    /// A fetch URL for which nobody came in an hour.
    async fn a_fetch_token_expires(app: TestApp) {
        let clock = crate::clock::Clock::manual(1_800_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let key = app.manager().await;
        let ask = |method, path: &str| call(&app, method, &format!("/api/cmi5/{path}")).key(key);
        let id = ask(Method::POST, "register").json(printed().to_string()).send().await.json()["data"]["id"].as_str().unwrap().to_owned();
        let launch = ask(Method::POST, &format!("launch/{id}")).send().await.json()["data"].clone();
        clock.advance(3_601 * 1_000_000);
        let late = fetch(&app, &fetch_token(&launch)).await;
        assert_eq!((late.status.as_u16(), &late.json()["error"]), (401, &json!("Fetch token expired")));
    }

    /// S5: statuses and scores that somebody sets, which satisfy nothing.
    async fn a_status_is_a_label(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        let id = registered(&app, &staff, &printed()).await["id"].as_str().unwrap().to_owned();
        let score = json!({"scaled": 0.85, "raw": 85, "min": 0, "max": 100});
        let answer = put(&app, &staff, &id, json!({"status": "completed", "score": score})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = answer.json()["data"].clone();
        assert_eq!((&data["status"], &data["score"], &data["launchMode"]), (&json!("completed"), &score, &json!("Normal")));
        for status in ["initialized", "launched", "completed", "passed", "failed"] {
            let data = put(&app, &staff, &id, json!({"status": status})).await.json()["data"].clone();
            assert_eq!((&data["status"], &data["score"]), (&json!(status), &score));
        }
        for body in [
            json!({}),
            json!({"status": "done"}),
            json!({"status": "passed", "score": {"scaled": 1.1}}),
            json!({"status": "passed", "score": {"scaled": -0.1}}),
            json!({"status": "passed", "score": {"raw": "85"}}),
        ] {
            let (status, error) = refused(&put(&app, &staff, &id, body.clone()).await);
            assert!(status == 400 && error.starts_with("Validation error: "), "{body}: {error}");
        }
        let statements = app.get(&format!("/xapi/statements?registration={id}")).send().await;
        assert_eq!(statements.json()["statements"], json!([]), "nobody speaks for content");
        assert_eq!(session(&app, &staff, &id).await["cmi5"]["satisfied"], false);
    }

    /// What a launcher may say becomes a statement; a session that is over is over.
    async fn a_session_is_ended_and_waived(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        let id = registered(&app, &staff, &printed()).await["id"].as_str().unwrap().to_owned();
        for status in ["abandoned", "terminated"] {
            let launch = launched(&app, &staff, &id).await;
            let data = put(&app, &staff, &id, json!({"status": status})).await.json()["data"].clone();
            assert_eq!((&data["status"], &data["cmi5"]["activeSession"]), (&json!(status), &Value::Null));
            assert_eq!(fetch(&app, &fetch_token(&launch)).await.status, 401);
        }
        for _ in 0..2 {
            let data = put(&app, &staff, &id, json!({"status": "waived"})).await.json()["data"].clone();
            assert_eq!((&data["status"], &data["cmi5"]["satisfied"]), (&json!("waived"), &json!(true)));
        }
        let path = format!("/xapi/statements?registration={id}&ascending=true");
        let told = app.get(&path).send().await.json();
        let verbs = told["statements"].as_array().unwrap().iter().map(|one| {
            one["verb"]["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
        });
        let verbs = verbs.collect::<Vec<_>>().join(" ");
        assert_eq!(verbs, "launched abandoned launched abandoned waived satisfied");
    }

    /// The page's words for what is not there, and for what is not named.
    async fn errors_are_literal(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        for id in [NOBODY, "x"] {
            let words = (500, format!("Registration not found: {id}"));
            for (method, place) in [(Method::GET, "launch"), (Method::POST, "launch"), (Method::GET, "sessions")] {
                let answer = by(&app, &staff, method, &format!("{place}/{id}")).send().await;
                assert_eq!(refused(&answer), words, "{place}");
            }
            assert_eq!(refused(&put(&app, &staff, id, json!({"status": "passed"})).await), words);
        }
        for (method, place) in [
            (Method::GET, "launch/"), (Method::POST, "launch/"),
            (Method::GET, "sessions/"), (Method::PUT, "sessions/"),
        ] {
            let answer = by(&app, &staff, method, place).send().await;
            assert_eq!(refused(&answer), (400, "Registration ID required".to_owned()));
        }
        assert_eq!(refused(&fetch(&app, "").await), (400, "Token required".to_owned()));
        assert_eq!(refused(&call(&app, Method::GET, "/api/cmi5/nothing").send().await).0, 404);
        let head = by(&app, &staff, Method::HEAD, &format!("launch/{NOBODY}")).send().await;
        assert_eq!(head.status, 405, "{head:?}");
    }

    /// S6: 401 before 403, and the gate where the page has it.
    async fn the_gate(app: TestApp) {
        let app = platform(app, false).await;
        let staff = token(&app, "teacher", "write");
        let shut = (403, "Feature not available".to_owned());
        assert_eq!(refused(&register(&app, &staff, &printed()).await), shut);
        for place in ["launch", "sessions"] {
            let answer = by(&app, &staff, Method::GET, &format!("{place}/{NOBODY}")).send().await;
            assert_eq!(refused(&answer), shut);
        }
        let unknown = (401, "Unauthorized".to_owned());
        assert_eq!(refused(&register(&app, "a.b.c", &printed()).await), unknown);
        let none = call(&app, Method::POST, "/api/cmi5/register").json(printed().to_string());
        assert_eq!(refused(&none.send().await), unknown);
        assert_eq!(put(&app, &staff, NOBODY, json!({"status": "passed"})).await.status, 500, "no gate");
        assert_eq!(fetch(&app, "unknown").await.status, 401, "no gate");
    }

    /// Who is no staff does this for nobody else (`decisions.md`).
    async fn a_learner_is_its_own(app: TestApp) {
        let app = platform(app, true).await;
        let [own, other] = ["user-12345", "user-6"].map(|who| token(&app, who, "statements/write"));
        assert_eq!(refused(&register(&app, &other, &printed()).await).0, 403);
        // What is launched for an account opens what is that account's.
        let mut body = printed();
        body["actorAccount"]["name"] = json!("user-6");
        assert_eq!(refused(&register(&app, &own, &body).await).0, 403);
        let id = registered(&app, &own, &printed()).await["id"].as_str().unwrap().to_owned();
        launched(&app, &own, &id).await;
        session(&app, &own, &id).await;
        assert_eq!(put(&app, &own, &id, json!({"status": "terminated"})).await.status, 200);
        assert_eq!(refused(&put(&app, &own, &id, json!({"status": "waived"})).await).0, 403);
        assert_eq!(session(&app, &own, &id).await["cmi5"]["satisfied"], false);
        for (method, place) in [(Method::GET, "launch"), (Method::GET, "sessions")] {
            let answer = by(&app, &other, method, &format!("{place}/{id}")).send().await;
            assert_eq!(refused(&answer).0, 403);
        }
        assert_eq!(put(&app, &other, &id, json!({"status": "passed"})).await.status, 403);
        let key = app.make_key("statements/write").await;
        let record = call(&app, Method::GET, &format!("/api/cmi5/sessions/{id}")).key(&key);
        assert_eq!(record.send().await.status, 403);
    }
}
