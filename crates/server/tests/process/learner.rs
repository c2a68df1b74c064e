//! A launcher and the units that it launches, who work without pause until the server is gone and
//! keep account of what they were told.

use crate::account::{Account, Launch, Sent};
use crate::client::{Answer, Ask, Connection, Gone, Target, with_query};
use crate::statement;
use http::Method;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub(crate) const REGISTRATIONS: &str = "/api/v1/registrations";
pub(crate) const CMI5: &str = "https://w3id.org/xapi/cmi5/context/categories/cmi5";
const MOVE_ON: &str = "https://w3id.org/xapi/cmi5/context/categories/moveon";
pub(crate) const SESSION_ID: &str = "https://w3id.org/xapi/cmi5/context/extensions/sessionid";
const UNITS: usize = 6;

/// What several learners work on together.
pub(crate) struct Shared {
    course: String,
    at_a_time: usize,
    registrations: Mutex<Vec<String>>,
}

/// One of them.
pub(crate) struct Learner {
    target: Target,
    shared: Arc<Shared>,
    rng: StdRng,
    account: Account,
}

/// A unit that was launched and has its token.
struct Unit {
    connection: Connection,
    launch: BTreeMap<String, String>,
    session: String,
    publisher: Value,
}

impl Shared {
    pub(crate) fn new(course: &str, at_a_time: usize) -> Self {
        Self { course: course.to_owned(), at_a_time, registrations: Mutex::default() }
    }

    fn pick(&self, rng: &mut StdRng) -> Option<String> {
        let known = self.registrations.lock().unwrap();
        if known.len() < self.at_a_time || rng.random_bool(0.1) {
            return None;
        }
        known[known.len() - self.at_a_time..].choose(rng).cloned()
    }
}

impl Learner {
    pub(crate) fn new(target: &Target, shared: &Arc<Shared>, seed: u64) -> Self {
        Self {
            target: target.clone(),
            shared: Arc::clone(shared),
            rng: StdRng::seed_from_u64(seed),
            account: Account::default(),
        }
    }

    /// Works until the server is gone.
    pub(crate) async fn work(mut self) -> Account {
        if let Ok(mut api) = Connection::open(&self.target).await {
            while self.step(&mut api).await.is_ok() {}
        }
        self.account
    }

    /// A new launch of a registration works, and its unit begins.
    pub(crate) async fn goes_on(target: &Target, registration: &str, seed: u64) {
        let shared = Arc::new(Shared::new("", 1));
        let mut learner = Self::new(target, &shared, seed);
        let mut api = Connection::open(target).await.unwrap();
        let unit = learner.launch(&mut api, registration).await.unwrap();
        let mut unit = unit.expect("nobody else launches");
        let initialized = vec![unit.defined("initialized", &mut learner.rng)];
        learner.say(&mut unit, registration, initialized).await.unwrap();
        assert!(learner.account.sent[0].acknowledged, "a session begins");
    }

    async fn step(&mut self, api: &mut Connection) -> Result<(), Gone> {
        let Some(registration) = self.shared.pick(&mut self.rng) else {
            return self.register(api).await;
        };
        self.account.touched.insert(registration.clone());
        match self.rng.random_range(0..100) {
            0..10 => self.waive(api, &registration).await,
            10..15 => self.abandon(api, &registration).await,
            _ => self.attempt(api, &registration).await,
        }
    }

    async fn register(&mut self, api: &mut Connection) -> Result<(), Gone> {
        let name = statement::id(&mut self.rng).to_string();
        let actor = json!({"account": {"homePage": "https://lms.example", "name": name}});
        let body = json!({"courseId": self.shared.course, "actor": actor});
        let answer = post(api, REGISTRATIONS, &body).await?;
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = text(&json_of(&answer)["id"]);
        self.account.registered.push(id.clone());
        self.account.touched.insert(id.clone());
        self.shared.registrations.lock().unwrap().push(id);
        Ok(())
    }

    async fn waive(&mut self, api: &mut Connection, registration: &str) -> Result<(), Gone> {
        let unit = self.rng.random_range(0..UNITS);
        let path = format!("{REGISTRATIONS}/{registration}/waive");
        let answer = post(api, &path, &json!({"unit": unit, "reason": "Tested Out"})).await?;
        assert!(matches!(answer.status, 200 | 409), "{answer:?}");
        if answer.status == 200 {
            self.account.waived.push((registration.to_owned(), unit));
        }
        Ok(())
    }

    /// Abandons what is active.
    async fn abandon(&mut self, api: &mut Connection, registration: &str) -> Result<(), Gone> {
        let shown = api.send(&Ask::get(format!("{REGISTRATIONS}/{registration}"))).await?;
        assert_eq!(shown.status, 200, "{shown:?}");
        let shown = json_of(&shown);
        let Some(session) = shown["activeSession"]["id"].as_str() else { return Ok(()) };
        let path = format!("{REGISTRATIONS}/{registration}/sessions/{session}/abandon");
        let answer = post(api, &path, &json!({})).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.account.ended.push((registration.to_owned(), session.to_owned()));
        Ok(())
    }

    /// Launches a unit and lets it say what units say, in any order, until somebody ends it.
    async fn attempt(&mut self, api: &mut Connection, registration: &str) -> Result<(), Gone> {
        let Some(mut unit) = self.launch(api, registration).await? else { return Ok(()) };
        let initialized = vec![unit.defined("initialized", &mut self.rng)];
        self.say(&mut unit, registration, initialized).await?;
        for _ in 0..self.rng.random_range(0..4) {
            let count = if self.rng.random_bool(0.6) { 1 } else { self.rng.random_range(2..=4) };
            let statements = (0..count).map(|_| unit.any(&mut self.rng)).collect();
            self.say(&mut unit, registration, statements).await?;
        }
        Ok(())
    }

    /// Launches a unit and reads what it must read; none if somebody else launched meanwhile.
    async fn launch(
        &mut self,
        api: &mut Connection,
        registration: &str,
    ) -> Result<Option<Unit>, Gone> {
        let mut wish = json!({});
        if self.rng.random_bool(0.7) {
            wish["unit"] = json!(self.rng.random_range(0..UNITS));
            wish["launchMode"] = json!("Normal");
        }
        let answer = post(api, &format!("{REGISTRATIONS}/{registration}/launch"), &wish).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        let shown = json_of(&answer);
        let launch = query(shown["url"].as_str().unwrap());
        let session = text(&shown["session"]);
        self.account.launched.push(Launch {
            registration: registration.to_owned(),
            session: session.clone(),
            activity: launch["activityId"].clone(),
        });
        let fetch = launch["fetch"].split_once("://").unwrap().1;
        let path = fetch.get(fetch.find('/').unwrap()..).unwrap();
        let fetch = Ask::json(Method::POST, path, "");
        let fetched = api.send(&fetch).await?;
        assert_eq!(fetched.status, 200, "{fetched:?}");
        let Some(token) = json_of(&fetched)["auth-token"].as_str().map(str::to_owned) else {
            return Ok(None);
        };
        let authorization = format!("Basic {token}");
        let connection = Connection::open(&Target { authorization, ..self.target.clone() }).await?;
        let mut unit = Unit { connection, launch, session, publisher: Value::Null };
        Ok(unit.reads().await?.then_some(unit))
    }

    /// Sends statements in one request, which is taken whole or refused whole.
    async fn say(
        &mut self,
        unit: &mut Unit,
        registration: &str,
        statements: Vec<Value>,
    ) -> Result<(), Gone> {
        let ids: Vec<String> = statements.iter().map(|one| text(&one["id"])).collect();
        let ask = match statements.as_slice() {
            [one] if self.rng.random_bool(0.5) => {
                let path = with_query("/xapi/statements", &[("statementId", &ids[0])]);
                Ask::json(Method::PUT, path, one.to_string())
            }
            many => Ask::json(Method::POST, "/xapi/statements", json!(many).to_string()),
        };
        let sent = Sent {
            registration: registration.to_owned(),
            ids,
            acknowledged: false,
            refused: false,
        };
        // Into the account before it goes out: from here on it may be stored.
        self.account.sent.push(sent);
        let answer = unit.connection.send(&ask).await?;
        assert!(matches!(answer.status, 200 | 204 | 403), "{answer:?}");
        let sent = self.account.sent.last_mut().unwrap();
        sent.acknowledged = answer.status != 403;
        sent.refused = !sent.acknowledged;
        Ok(())
    }
}

impl Unit {
    /// Launch data and preferences (10, 11); whether the session lives.
    async fn reads(&mut self) -> Result<bool, Gone> {
        let parameters = [
            ("stateId", "LMS.LaunchData"),
            ("activityId", &self.launch["activityId"]),
            ("agent", &self.launch["actor"]),
            ("registration", &self.launch["registration"]),
        ];
        let path = with_query("/xapi/activities/state", &parameters);
        let state = self.connection.send(&Ask::get(path)).await?;
        if state.status == 403 {
            return Ok(false);
        }
        assert_eq!(state.status, 200, "{state:?}");
        let data = json_of(&state);
        self.publisher = data["contextTemplate"]["contextActivities"]["grouping"][0].clone();
        let parameters =
            [("profileId", "cmi5LearnerPreferences"), ("agent", &self.launch["actor"])];
        let path = with_query("/xapi/agents/profile", &parameters);
        let preferences = self.connection.send(&Ask::get(path)).await?;
        assert!(matches!(preferences.status, 200 | 403 | 404), "{preferences:?}");
        Ok(preferences.status != 403)
    }

    fn any(&self, rng: &mut StdRng) -> Value {
        match rng.random_range(0..8) {
            0 | 1 => self.defined("completed", rng),
            2 | 3 => self.defined("passed", rng),
            4 => self.defined("failed", rng),
            5 => self.defined("terminated", rng),
            6 => self.statement("completed", rng),
            _ => self.statement("interacted", rng),
        }
    }

    /// A statement that cmi5 defines (9.3).
    fn defined(&self, verb: &str, rng: &mut StdRng) -> Value {
        let mut statement = self.statement(verb, rng);
        let duration = json!("PT1M");
        let result = match verb {
            "completed" => json!({"completion": true, "duration": duration}),
            "passed" => json!({"success": true, "duration": duration}),
            "failed" => json!({"success": false, "duration": duration}),
            "terminated" => json!({"duration": duration}),
            _ => Value::Null,
        };
        let mut category = vec![json!({"id": CMI5})];
        if ["completed", "passed", "failed"].contains(&verb) {
            category.push(json!({"id": MOVE_ON}));
        }
        statement["context"]["contextActivities"]["category"] = json!(category);
        if !result.is_null() {
            statement["result"] = result;
        }
        statement
    }

    /// A statement that cmi5 allows, and that means nothing to it.
    fn statement(&self, verb: &str, rng: &mut StdRng) -> Value {
        let actor: Value = serde_json::from_str(&self.launch["actor"]).unwrap();
        json!({
            "id": statement::id(rng),
            "actor": actor,
            "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
            "object": {"id": self.launch["activityId"]},
            "context": {
                "registration": self.launch["registration"],
                "contextActivities": {"grouping": [self.publisher]},
                "extensions": {SESSION_ID: self.session},
            },
            "timestamp": "2026-11-21T15:00:00Z",
        })
    }
}

/// Posts; a server that is busy has acknowledged nothing, like one that is gone.
async fn post(api: &mut Connection, path: &str, body: &Value) -> Result<Answer, Gone> {
    let answer = api.send(&Ask::json(Method::POST, path, body.to_string())).await?;
    if answer.status == 503 { Err(Gone) } else { Ok(answer) }
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The query of a URL, decoded.
fn query(url: &str) -> BTreeMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}
