//! `/api/xapi/statements` as the Creatiq xAPI guide prints it, and the same path as xAPI's.

use super::{SECRET, URL, defined, fetch, fetch_token, launched, platform, printed, refused};
use super::{registered, session, token, verb};
use crate::app::App;
use crate::testing::{Answer, Call, VERSION, call, on_both};
use http::{Method, header};
use serde_json::{Value, json};

const SCOPES: &str = "statements/write statements/read";

fn ask(app: &App, token: &str, method: Method, rest: &str) -> Call {
    let call = call(app, method, &format!("/api/xapi/statements{rest}")).without(VERSION);
    call.header(header::AUTHORIZATION, &format!("Bearer {token}"))
}

async fn post(app: &App, token: &str, body: &Value) -> Answer {
    ask(app, token, Method::POST, "").json(body.to_string()).send().await
}

/// The ids of what was stored.
async fn stored(app: &App, token: &str, body: &Value) -> Value {
    let answer = post(app, token, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{answer:?}");
    assert_eq!(answer.json()["success"], true);
    answer.json()["data"]["ids"].clone()
}

async fn page(app: &App, token: &str, query: &str) -> Value {
    let answer = ask(app, token, Method::GET, query).send().await;
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    assert_eq!(answer.json()["success"], true);
    answer.json()["data"].clone()
}

/// The ids of what a query finds.
async fn found(app: &App, token: &str, query: &str) -> Vec<Value> {
    let data = page(app, token, query).await;
    data["statements"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
}

/// The statement of the guide, with another id.
fn guide(app: &App) -> Value {
    json!({
        "id": app.ids.statement(),
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": "https://creatiq.app", "name": "user-uuid-here"},
        },
        "verb": {"id": verb("completed"), "display": {"en-US": "completed"}},
        "object": {
            "objectType": "Activity",
            "id": "https://creatiq.app/h5p/content/content-id-here",
            "definition": {"type": "http://adlnet.gov/expapi/activities/assessment"},
        },
        "result": {
            "score": {"scaled": 0.85, "raw": 17, "max": 20},
            "success": true, "completion": true, "duration": "PT120S", "response": "answer-data",
        },
        "context": {"platform": "EduAgentic H5P", "language": "en"},
        "timestamp": "2026-03-25T10:30:00.000Z",
        "version": "1.0.3",
    })
}

fn account(home_page: &str, name: &str) -> Value {
    json!({"objectType": "Agent", "account": {"homePage": home_page, "name": name}})
}

on_both! {
    /// "The actor's account is automatically enriched from the authenticated session", and a duplicate
    /// is ignored; but no other statement is lost in silence (`decisions.md` 4).
    async fn a_person_stores_as_themselves(app: TestApp) {
        let app = platform(app, true).await;
        let ann = token(&app, "ann", SCOPES);
        let (first, mut second) = (guide(&app), guide(&app));
        second["actor"] = json!({"name": "Ann", "mbox": "mailto:bob@example.com"});
        let both = json!([first, second]);
        let ids = json!([first["id"], second["id"]]);
        assert_eq!(stored(&app, &ann, &both).await, ids);
        assert_eq!(stored(&app, &ann, &both).await, ids, "the same again");
        let mut bare = guide(&app);
        bare.as_object_mut().unwrap().remove("actor");
        bare.as_object_mut().unwrap().remove("id");
        assert_eq!(stored(&app, &ann, &bare).await.as_array().unwrap().len(), 1);

        let mut told = page(&app, &ann, "").await["statements"].clone();
        assert_eq!(told.as_array().unwrap().len(), 3);
        let named = json!({"objectType": "Agent", "name": "Ann", "account": {"homePage": URL, "name": "ann"}});
        for (at, actor) in [(0, account(URL, "ann")), (1, named), (2, account(URL, "ann"))] {
            assert_eq!(told[at]["actor"], actor);
        }
        let kept = told[2].take();
        for (member, value) in first.as_object().unwrap().iter().filter(|(name, _)| *name != "actor") {
            assert_eq!(&kept[member], value);
        }

        let mut other = first.clone();
        other["verb"]["id"] = json!(verb("failed"));
        assert_eq!(refused(&post(&app, &ann, &other).await).0, 409);
        // Another person's is another statement.
        let bob = token(&app, "bob", SCOPES);
        assert_eq!(refused(&post(&app, &bob, &first).await).0, 409);
    }

    /// A key is nobody's: what it stores says whose it is.
    async fn a_key_stores_for_others(app: TestApp) {
        let mut text = guide(&app);
        let key = app.all_key().clone();
        let ask = |method| call(&app, method, "/api/xapi/statements").key(&key).without(VERSION);
        let answer = ask(Method::POST).json(text.to_string()).send().await;
        assert_eq!(answer.json(), json!({"success": true, "data": {"ids": [text["id"]]}}));
        let read = ask(Method::GET).send().await.json();
        assert_eq!(read["data"]["statements"][0]["actor"], text["actor"]);
        assert_eq!(read["data"]["more"], "");
        text.as_object_mut().unwrap().remove("actor");
        let answer = ask(Method::POST).json(text.to_string()).send().await;
        let (status, words) = refused(&answer);
        assert!(status == 400 && words.contains("actor"), "{answer:?}");
        assert!(!answer.json()["errors"][0]["requirement"].is_null(), "{answer:?}");
    }

    /// Each filter of the guide, and what else is asked for is refused rather than let pass.
    async fn filters_find(app: TestApp) {
        let key = app.all_key().clone();
        let mut all = Vec::new();
        for (at, (actor, name, object)) in [
            (account("https://a.example", "Ann B"), "attempted", "https://c.example/1"),
            (account("https://b.example", "Ann B"), "answered", "https://c.example/1"),
            (json!({"mbox": "mailto:ann@Example.com"}), "answered", "https://c.example/2"),
            (account("https://a.example", "ann@example.com"), "passed", "https://c.example/2"),
        ].into_iter().enumerate() {
            let mut text = guide(&app);
            text["actor"] = actor;
            text["verb"]["id"] = json!(verb(name));
            text["object"]["id"] = json!(object);
            text["timestamp"] = json!(format!("2026-03-25T10:3{at}:00Z"));
            let answer = call(&app, Method::POST, "/api/xapi/statements/").key(&key).without(VERSION).json(text.to_string()).send().await;
            assert_eq!(answer.status, 200, "{answer:?}");
            all.push(text["id"].clone());
        }
        let own = platform(app, true).await;
        let staff = token(&own, "teacher", "all/read");
        let answered = "verbId=http%3A%2F%2Fadlnet.gov%2Fexpapi%2Fverbs%2Fanswered";
        let stored = page(&own, &staff, "?limit=2").await["statements"][1]["stored"].as_str().unwrap().to_owned();
        for (query, places) in [
            (String::new(), vec![3, 2, 1, 0]),
            ("?actorId=Ann%20B".to_owned(), vec![1, 0]),
            ("?actorId=ann%40example.com".to_owned(), vec![3, 2]),
            ("?actorId=mailto%3Aann%40example.com".to_owned(), vec![2]),
            ("?actorId=Ann".to_owned(), vec![]),
            (format!("?{answered}"), vec![2, 1]),
            (format!("?{answered}&actorId=Ann%20B"), vec![1]),
            ("?objectId=https%3A%2F%2Fc.example%2F2".to_owned(), vec![3, 2]),
            ("?limit=1".to_owned(), vec![3]),
            ("?limit=0".to_owned(), vec![3, 2, 1, 0]),
            (format!("?since={stored}"), vec![3]),
            (format!("?until={stored}"), vec![2, 1, 0]),
        ] {
            let places: Vec<Value> = places.iter().map(|at: &usize| all[*at].clone()).collect();
            assert_eq!(found(&own, &staff, &query).await, places, "{query}");
        }
        for wrong in ["?agent=x", "?limit=x", "?since=yesterday", "?verbId=answered", "?limit=1&limit=2", "?cursor=x"] {
            assert_eq!(refused(&ask(&own, &staff, Method::GET, wrong).send().await).0, 400, "{wrong}");
        }
        let mut seen = Vec::new();
        let mut next = "/api/xapi/statements?limit=3".to_owned();
        while !next.is_empty() {
            let answer = call(&own, Method::GET, &next).without(VERSION).header(header::AUTHORIZATION, &format!("Bearer {staff}")).send().await;
            let data = answer.json()["data"].clone();
            seen.extend(data["statements"].as_array().unwrap().iter().map(|one| one["id"].clone()));
            next = data["more"].as_str().unwrap().to_owned();
        }
        seen.reverse();
        assert_eq!(seen, all);
    }

    /// So many actors of one name are more than one query looks for.
    async fn namesakes_are_bounded(app: TestApp) {
        let key = app.all_key().clone();
        let of = |from: usize, to: usize| {
            let text = |at| {
                let mut text = guide(&app);
                text["actor"] = account(&format!("https://{at}.example"), "Ann");
                text
            };
            (from..to).map(text).collect::<Value>().to_string()
        };
        let ask = |method, rest: &str| call(&app, method, &format!("/api/xapi/statements{rest}")).key(&key).without(VERSION);
        assert_eq!(ask(Method::POST, "").json(of(0, 100)).send().await.status, 200);
        let some = ask(Method::GET, "?actorId=Ann").send().await;
        assert_eq!(some.json()["data"]["statements"].as_array().unwrap().len(), 100);
        assert_eq!(ask(Method::POST, "").json(of(100, 101)).send().await.status, 200);
        let (status, words) = refused(&ask(Method::GET, "?actorId=Ann").send().await);
        assert!(status == 400 && words.contains("/xapi/statements"), "{words}");
    }

    /// Who names a version speaks xAPI, in the header or in a form; so does what the guide has not.
    async fn a_version_makes_it_xapi(app: TestApp) {
        let text = guide(&app);
        let key = app.all_key().clone();
        let ask = |method, rest: &str| call(&app, method, &format!("/api/xapi/statements{rest}")).key(&key);
        let answer = ask(Method::POST, "").version("1.0.3").json(text.to_string()).send().await;
        assert_eq!(answer.json(), json!([text["id"]]));
        assert_eq!(answer.header("x-experience-api-version"), Some("1.0.3"));
        let answer = ask(Method::GET, "").version("2.0.0").send().await;
        assert_eq!(answer.json()["statements"][0]["id"], text["id"], "{answer:?}");
        let form = "X-Experience-API-Version=1.0.3&verb=http%3A%2F%2Fadlnet.gov%2Fexpapi%2Fverbs%2Fcompleted";
        let answer = ask(Method::POST, "?method=GET").without(VERSION).bytes("application/x-www-form-urlencoded", form).send().await;
        assert_eq!(answer.json()["statements"][0]["id"], text["id"], "{answer:?}");
        for (method, rest) in [(Method::PUT, ""), (Method::GET, "/statements"), (Method::POST, "?method=GET")] {
            let answer = ask(method.clone(), rest).without(VERSION).bytes("application/x-www-form-urlencoded", "limit=1").send().await;
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("version.missing")), "{method} {rest}");
        }
        let answer = ask(Method::OPTIONS, "").without(VERSION).send().await;
        assert_eq!(answer.status, 204, "{answer:?}");
        let head = ask(Method::HEAD, "").without(VERSION).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    }

    /// Refusals have the envelope, whoever refuses.
    async fn refusals_have_the_envelope(app: TestApp) {
        let app = platform(app, true).await;
        let text = guide(&app).to_string();
        let stranger = call(&app, Method::POST, "/api/xapi/statements").without(VERSION).json(text.clone()).send().await;
        assert_eq!(refused(&stranger), (401, "Unauthorized".to_owned()));
        let reader = token(&app, "ann", "statements/read");
        assert_eq!(refused(&ask(&app, &reader, Method::POST, "").json(text.clone()).send().await).0, 403);
        let writer = token(&app, "ann", "statements/write");
        assert_eq!(refused(&ask(&app, &writer, Method::GET, "").send().await).0, 403);
        for body in ["", "{", "[1]", "{\"verb\":{}}"] {
            assert_eq!(refused(&ask(&app, &writer, Method::POST, "").json(body).send().await).0, 400, "{body}");
        }
        let other = jsonwebtoken::EncodingKey::from_secret(format!("{SECRET}x").as_bytes());
        let forged = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &json!({"sub": "ann"}), &other).unwrap();
        assert_eq!(refused(&ask(&app, &forged, Method::GET, "").send().await).0, 401);
    }

    /// Content written to the guide sends its statements to the endpoint as it stands: it gets the
    /// envelope, and the rules of cmi5 hold.
    async fn content_gets_the_envelope(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write statements/write");
        let id = registered(&app, &staff, &printed()).await["id"].as_str().unwrap().to_owned();
        let launch = launched(&app, &staff, &id).await;
        let auth = fetch(&app, &fetch_token(&launch)).await.json()["auth-token"].as_str().unwrap().to_owned();
        let mine = launch["sessionId"].as_str().unwrap();
        let told = |name, result| serde_json::from_str::<Value>(&defined(&app, &id, mine, name, result)).unwrap();
        let early = post(&app, &auth, &told("initialized", Value::Null)).await;
        let (status, words) = refused(&early);
        assert!(status == 403 && words.contains("preferences"), "11.0: {early:?}");
        let agent = "%7B%22account%22%3A%7B%22homePage%22%3A%22https%3A%2F%2Flms.example.com%22%2C%22name%22%3A%22user-12345%22%7D%7D";
        let preferences = format!("/agents/profile?profileId=cmi5LearnerPreferences&agent={agent}");
        assert_eq!(ask(&app, &auth, Method::GET, &preferences).version("1.0.3").send().await.status, 404);

        let mut initialized = told("initialized", Value::Null);
        initialized.as_object_mut().unwrap().remove("actor");
        assert_eq!(stored(&app, &auth, &initialized).await, json!([initialized["id"]]));
        let score = json!({"scaled": 0.85, "raw": 85, "min": 0, "max": 100});
        let passed = told("passed", json!({"success": true, "duration": "PT1M", "score": score}));
        stored(&app, &auth, &passed).await;
        let now = session(&app, &staff, &id).await;
        assert_eq!((&now["status"], &now["cmi5"]["satisfied"]), (&json!("passed"), &json!(true)));
        let failed = told("failed", json!({"success": false, "duration": "PT1M"}));
        let answer = post(&app, &auth, &failed).await;
        assert_eq!(refused(&answer).0, 403);
        assert_eq!(answer.json()["errors"][0]["requirement"], "9.3.0.0-3", "{answer:?}");

        // It reads what is its learner's, and nobody else's.
        let ann = token(&app, "ann", SCOPES);
        stored(&app, &ann, &guide(&app)).await;
        let own = page(&app, &auth, "").await["statements"].clone();
        let own = own.as_array().unwrap();
        assert!(own.iter().any(|one| one["id"] == passed["id"]), "{own:?}");
        assert!(own.iter().all(|one| one["actor"]["account"]["name"] == "user-12345"), "{own:?}");
        assert_eq!(found(&app, &auth, "?actorId=ann").await, Vec::<Value>::new());
    }
}
