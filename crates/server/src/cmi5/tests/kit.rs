//! Courses, learners, and units that behave, or do not.

use crate::app::App;
use crate::testing::{Answer, Call, TestApp, call};
use http::{Method, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const CMI5: &str = "https://w3id.org/xapi/cmi5/context/categories/cmi5";
pub(super) const MOVE_ON: &str = "https://w3id.org/xapi/cmi5/context/categories/moveon";
pub(super) const SESSION_ID: &str = "https://w3id.org/xapi/cmi5/context/extensions/sessionid";
pub(super) const MASTERY: &str = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore";
pub(super) const REGISTRATIONS: &str = "/api/v1/registrations";

/// A structure around `parts`.
pub(super) fn structure(parts: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="https://p.example/course"><title><langstring lang="en">Course</langstring><langstring lang="fr">Cours</langstring></title><description><langstring lang="en">All</langstring></description></course>
{parts}
</courseStructure>"#
    )
}

/// A unit with these attributes.
pub(super) fn au(id: &str, attributes: &str) -> String {
    au_with(id, attributes, &format!("<url>https://c.example/{id}/index.html?own=1#top</url>"))
}

pub(super) fn au_with(id: &str, attributes: &str, rest: &str) -> String {
    format!(
        r#"<au id="https://p.example/{id}" {attributes}><title><langstring lang="en">Unit {id}</langstring></title><description><langstring lang="en">One</langstring></description>{rest}</au>"#
    )
}

pub(super) fn block(id: &str, parts: &str) -> String {
    format!(
        r#"<block id="https://p.example/{id}"><title><langstring>Block</langstring></title><description><langstring>B</langstring></description>{parts}</block>"#
    )
}

/// A call to the API by a manager.
pub(super) async fn api(app: &TestApp, method: Method, path: &str) -> Call {
    call(app, method, path).key(app.manager().await)
}

pub(super) async fn post(app: &TestApp, path: &str, body: &Value) -> Answer {
    api(app, Method::POST, path).await.json(body.to_string()).send().await
}

pub(super) async fn get(app: &TestApp, path: &str) -> Value {
    let answer = api(app, Method::GET, path).await.send().await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

/// A course of these parts; its id.
pub(super) async fn course(app: &TestApp, parts: &str) -> String {
    let call = api(app, Method::POST, "/api/v1/courses").await.bytes("text/xml", structure(parts));
    let answer = call.send().await;
    assert!(answer.status.is_success(), "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// A learner registered for a course; the registration.
pub(super) async fn registered(app: &TestApp, course: &str, learner: &str) -> String {
    let account = json!({"homePage": "https://lms.example", "name": learner});
    let body = json!({"courseId": course, "actor": {"account": account}});
    let answer = post(app, REGISTRATIONS, &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// A course and a registration in it.
pub(super) async fn enrolled(app: &TestApp, parts: &str) -> String {
    let course = course(app, parts).await;
    registered(app, &course, "u1").await
}

pub(super) async fn launch(app: &TestApp, registration: &str, wish: Value) -> Value {
    let answer = post(app, &format!("{REGISTRATIONS}/{registration}/launch"), &wish).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The statements of a registration, oldest first.
pub(super) async fn statements(app: &TestApp, registration: &str) -> Vec<Value> {
    let path = format!("/xapi/statements?registration={registration}&ascending=true");
    let answer = app.get(&path).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["statements"].as_array().unwrap().clone()
}

/// What they say: the last part of each verb.
pub(super) async fn verbs(app: &TestApp, registration: &str) -> String {
    let all = statements(app, registration).await;
    let verb = |statement: &Value| {
        let id = statement["verb"]["id"].as_str().unwrap().to_owned();
        id.rsplit('/').next().unwrap().to_owned()
    };
    all.iter().map(verb).collect::<Vec<_>>().join(" ")
}

/// The statements of a registration with this verb.
pub(super) async fn told(app: &TestApp, registration: &str, verb: &str) -> Vec<Value> {
    let of = |one: &Value| one["verb"]["id"].as_str().unwrap().ends_with(&format!("/{verb}"));
    statements(app, registration).await.into_iter().filter(of).collect()
}

/// The session id of a statement.
pub(super) fn session_of(statement: &Value) -> &str {
    statement["context"]["extensions"][SESSION_ID].as_str().expect("a session id")
}

/// The publisher's ids of what was satisfied, by their last parts, in order.
pub(super) async fn satisfied(app: &TestApp, registration: &str) -> String {
    let id = |one: &Value| {
        let id = one["context"]["contextActivities"]["grouping"][0]["id"].as_str().unwrap();
        id.rsplit('/').next().unwrap().to_owned()
    };
    told(app, registration, "satisfied").await.iter().map(id).collect::<Vec<_>>().join(" ")
}

/// The query of a URL, decoded as `decodeURIComponent` does.
pub(super) fn query(url: &str) -> BTreeMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    let query = query.split('#').next().unwrap();
    let decoded =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

/// The path of a URL of this server.
pub(super) fn path(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    format!("/{}", rest.split_once('/').unwrap().1)
}

/// A unit that was launched.
pub(super) struct Unit {
    app: App,
    pub(super) launch: BTreeMap<String, String>,
    pub(super) token: String,
    pub(super) data: Value,
    pub(super) session: String,
}

impl Unit {
    /// Goes through the beginning of a session: token, launch data, preferences (8, 10, 11).
    pub(super) async fn begun(app: &TestApp, launched: &Value) -> Self {
        let mut unit = Self::fetched(app, launched).await;
        let state = unit.call(Method::GET, &unit.state("LMS.LaunchData")).send().await;
        assert_eq!(state.status, 200, "{state:?}");
        unit.data = state.json();
        let preferences = unit.call(Method::GET, &unit.preferences()).send().await;
        assert!([200, 404].contains(&preferences.status.as_u16()), "{preferences:?}");
        unit
    }

    /// Fetches the token and reads nothing.
    pub(super) async fn fetched(app: &TestApp, launched: &Value) -> Self {
        let launch = query(launched["url"].as_str().unwrap());
        let fetch = call(app, Method::POST, &path(&launch["fetch"])).send().await;
        assert_eq!(fetch.status, 200, "{fetch:?}");
        let token = fetch.json()["auth-token"].as_str().expect("a token").to_owned();
        let session = launched["session"].as_str().unwrap().to_owned();
        Self { app: App::clone(app), launch, token, data: Value::Null, session }
    }

    /// A unit that has sent `initialized`.
    pub(super) async fn running(app: &TestApp, registration: &str, wish: Value) -> Self {
        let unit = Self::begun(app, &launch(app, registration, wish).await).await;
        unit.says("initialized").await;
        unit
    }

    pub(super) fn call(&self, method: Method, path: &str) -> Call {
        call(&self.app, method, path)
            .header(header::AUTHORIZATION, &format!("Basic {}", self.token))
            .version("1.0.3")
    }

    /// The address of a state document.
    pub(super) fn state(&self, name: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("stateId", name);
        query.append_pair("activityId", &self.launch["activityId"]);
        query.append_pair("agent", &self.launch["actor"]);
        query.append_pair("registration", &self.launch["registration"]);
        format!("/xapi/activities/state?{}", query.finish())
    }

    /// The address of the learner's preferences.
    pub(super) fn preferences(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("profileId", "cmi5LearnerPreferences");
        query.append_pair("agent", &self.launch["actor"]);
        format!("/xapi/agents/profile?{}", query.finish())
    }

    /// A defined statement that breaks nothing.
    pub(super) fn defined(&self, verb: &str) -> Value {
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
        let mut statement = self.allowed(verb);
        statement["context"]["contextActivities"]["category"] = json!(category);
        if !result.is_null() {
            statement["result"] = result;
        }
        statement
    }

    /// An allowed statement.
    pub(super) fn allowed(&self, verb: &str) -> Value {
        let actor: Value = serde_json::from_str(&self.launch["actor"]).unwrap();
        let publisher = self.data["contextTemplate"]["contextActivities"]["grouping"][0].clone();
        json!({
            "id": self.app.ids.statement(),
            "actor": actor,
            "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
            "object": {"id": self.launch["activityId"]},
            "context": {
                "registration": self.launch["registration"],
                "contextActivities": {"grouping": [publisher]},
                "extensions": {SESSION_ID: self.session},
            },
            "timestamp": "2026-11-21T15:00:00Z",
        })
    }

    /// Sends one statement by PUT.
    pub(super) async fn put(&self, statement: &Value) -> Answer {
        let id = statement["id"].as_str().unwrap_or("00000000-0000-4000-8000-000000000001");
        let path = format!("/xapi/statements?statementId={id}");
        self.call(Method::PUT, &path).json(statement.to_string()).send().await
    }

    /// Sends a list by POST.
    pub(super) async fn post(&self, statements: &[Value]) -> Answer {
        let body = json!(statements).to_string();
        self.call(Method::POST, "/xapi/statements").json(body).send().await
    }

    /// Sends a request in a form (1.0.3 Communication 1.3), as content does when its page closes.
    pub(super) async fn form(&self, method: Method, path: &str, content: &Value) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut form = form_urlencoded::Serializer::new(query.to_owned());
        form.append_pair("Authorization", &format!("Basic {}", self.token));
        form.append_pair("X-Experience-API-Version", "1.0.3");
        if !content.is_null() {
            form.append_pair("Content-Type", "application/json");
            form.append_pair("content", &content.to_string());
        }
        let call = call(&self.app, Method::POST, &format!("{path}?method={method}"));
        call.bytes("application/x-www-form-urlencoded", form.finish()).send().await
    }

    /// The same unit, talking to another server.
    pub(super) fn through(&self, app: &App) -> Self {
        let Self { launch, token, data, session, .. } = self;
        let (launch, token) = (launch.clone(), token.clone());
        Self { app: app.clone(), launch, token, data: data.clone(), session: session.clone() }
    }

    /// Sends a defined statement, which must be taken.
    pub(super) async fn says(&self, verb: &str) {
        let answer = self.put(&self.defined(verb)).await;
        assert_eq!(answer.status, 204, "{verb}: {answer:?}");
    }

    /// Sends a statement by PUT, by POST and in a form, which must all be refused; the requirement.
    pub(super) async fn refused(&self, statement: &Value) -> String {
        let requirement = refusal(&self.put(statement).await);
        assert_eq!(refusal(&self.post(std::slice::from_ref(statement)).await), requirement);
        let id = statement["id"].as_str().unwrap_or("00000000-0000-4000-8000-000000000001");
        let path = format!("/xapi/statements?statementId={id}");
        assert_eq!(refusal(&self.form(Method::PUT, &path, statement).await), requirement);
        requirement
    }
}

/// The requirement of a refusal.
#[track_caller]
pub(super) fn refusal(answer: &Answer) -> String {
    assert_eq!(answer.status, 403, "{answer:?}");
    answer.json()["violatedReqId"].as_str().unwrap_or_default().to_owned()
}
