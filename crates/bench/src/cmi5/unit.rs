//! A unit that was launched: it gets its token, reads what it must, and completes (8.2, 10, 11, 9.3).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Connection, JSON, STATEMENTS, Target};
use crate::world::{CATEGORY, Dice};

const MOVE_ON: &str = "https://w3id.org/xapi/cmi5/context/categories/moveon";
const SESSION_ID: &str = "https://w3id.org/xapi/cmi5/context/extensions/sessionid";

/// The unit.
pub(super) struct Unit {
    connection: Connection,
    launch: BTreeMap<String, String>,
    actor: Value,
    template: Value,
}

impl Unit {
    /// From the launch URL to `initialized`.
    pub(super) async fn begin(target: &Target, url: &str, dice: &mut Dice) -> Result<Self> {
        let (_, query) = url.split_once('?').context("a launch URL has a query")?;
        let launch: BTreeMap<String, String> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let of = |name: &str| launch.get(name).with_context(|| format!("the launch has no {name}"));
        let fetch = path_of(of("fetch")?)?;
        let mut connection = Connection::open(target).await?;
        let answer = connection.ask(Method::POST, &fetch, JSON, Bytes::new()).await?;
        let token = text_of(&answer.expect(StatusCode::OK, "the fetch URL")?, "auth-token")?;
        let mut connection =
            Connection::open(&target.presenting(&format!("Basic {token}"))?).await?;
        let (activity, agent) = (of("activityId")?, of("actor")?);
        let state = form_urlencoded::Serializer::new(String::new())
            .append_pair("stateId", "LMS.LaunchData")
            .append_pair("activityId", activity)
            .append_pair("agent", agent)
            .append_pair("registration", of("registration")?)
            .finish();
        let data: Value = serde_json::from_slice(
            &connection.get(&format!("/xapi/activities/state?{state}")).await?,
        )?;
        let profile = form_urlencoded::Serializer::new(String::new())
            .append_pair("profileId", "cmi5LearnerPreferences")
            .append_pair("agent", agent)
            .finish();
        let path = format!("/xapi/agents/profile?{profile}");
        connection.ask(Method::GET, &path, JSON, Bytes::new()).await?;
        let actor = serde_json::from_str(agent).context("the actor of the launch")?;
        let template = data.get("contextTemplate").cloned().unwrap_or_default();
        let mut unit = Self { connection, launch, actor, template };
        let own = unit.own("registration").to_owned();
        let (id, initialized) = unit.statement("initialized", None, &own, dice);
        put(&mut unit.connection, &path_to(id), initialized.to_string().into()).await?;
        Ok(unit)
    }

    /// Sends `completed`, and how long the answer took; then ends.
    pub(super) async fn complete(&mut self, dice: &mut Dice) -> Result<Duration> {
        let own = self.own("registration").to_owned();
        let done = json!({"completion": true, "duration": "PT1M"});
        let (id, completed) = self.statement("completed", Some(done), &own, dice);
        let time = put(&mut self.connection, &path_to(id), completed.to_string().into()).await?;
        let over = json!({"duration": "PT1M"});
        let (id, terminated) = self.statement("terminated", Some(over), &own, dice);
        put(&mut self.connection, &path_to(id), terminated.to_string().into()).await?;
        Ok(time)
    }

    /// A statement like that of a completion, in a registration that nobody knows.
    pub(super) fn plain(&self, dice: &mut Dice) -> (String, Bytes) {
        let done = json!({"completion": true, "duration": "PT1M"});
        let other = dice.uuid().to_string();
        let (id, plain) = self.statement("completed", Some(done), &other, dice);
        (path_to(id), plain.to_string().into())
    }

    /// What the launch said.
    fn own(&self, name: &str) -> &str {
        self.launch.get(name).map(String::as_str).unwrap_or_default()
    }

    fn statement(
        &self,
        verb: &str,
        result: Option<Value>,
        registration: &str,
        dice: &mut Dice,
    ) -> (Uuid, Value) {
        let id = dice.uuid();
        let moves_on = verb == "completed";
        let category = [Some(CATEGORY), moves_on.then_some(MOVE_ON)];
        let category: Vec<Value> =
            category.into_iter().flatten().map(|id| json!({"id": id})).collect();
        let given = |pointer: &str| self.template.pointer(pointer).cloned().unwrap_or_default();
        let session = self.template.get("extensions").and_then(|all| all.get(SESSION_ID));
        let mut statement = json!({
            "id": id,
            "actor": self.actor,
            "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}"), "display": {"en": verb}},
            "object": {"id": self.own("activityId")},
            "context": {
                "registration": registration,
                "contextActivities": {
                    "category": category,
                    "grouping": given("/contextActivities/grouping"),
                },
                "extensions": {SESSION_ID: session},
            },
            "timestamp": "2026-11-21T15:00:00.000Z",
        });
        if let (Some(result), Some(members)) = (result, statement.as_object_mut()) {
            members.insert("result".to_owned(), result);
        }
        (id, statement)
    }
}

/// Stores a statement; how long the answer took.
pub(super) async fn put(connection: &mut Connection, path: &str, body: Bytes) -> Result<Duration> {
    let begun = Instant::now();
    let answer = connection.ask(Method::PUT, path, JSON, body).await?;
    let time = begun.elapsed();
    answer.expect(StatusCode::NO_CONTENT, path)?;
    Ok(time)
}

fn path_to(id: Uuid) -> String {
    format!("{STATEMENTS}?statementId={id}")
}

/// A member of an answer that is a text.
pub(super) fn text_of(answer: &Bytes, name: &str) -> Result<String> {
    let answer: Value = serde_json::from_slice(answer).context("an answer is no JSON")?;
    let text = answer.get(name).and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("an answer has no {name}: {answer}"))
}

/// The path of a URL of this server.
fn path_of(url: &str) -> Result<String> {
    let rest = url.split_once("://").map(|(_, rest)| rest);
    let path = rest.and_then(|rest| rest.split_once('/')).map(|(_, path)| format!("/{path}"));
    let path = path.with_context(|| format!("{url} has no path"))?;
    ensure!(path.len() > 1, "{url} has no path");
    Ok(path)
}
