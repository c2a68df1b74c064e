//! The record as simply as it can be said: a list, and filters that read the whole of it.
//!
//! Written from the text of 1.0.3 Communication 2.1.3 and Data 2.3.2 alone, sharing no code with
//! the server, so that a difference is a fault in one of them.

use serde_json::Value;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";

/// What to filter by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The Agent as JSON.
    pub agent: Option<Value>,
    /// Look for the agent everywhere.
    pub related_agents: bool,
    /// The verb's id.
    pub verb: Option<String>,
    /// The activity's id.
    pub activity: Option<String>,
    /// Look for the activity everywhere.
    pub related_activities: bool,
    /// The registration.
    pub registration: Option<Uuid>,
}

/// Statements in the order in which they were stored.
#[derive(Default)]
pub struct Model {
    statements: Vec<Value>,
    by_id: HashMap<Uuid, usize>,
    authority: Option<Value>,
}

impl Model {
    /// An empty store whose statements all get `authority`.
    pub fn new(authority: Value) -> Self {
        Self { authority: Some(authority), ..Self::default() }
    }

    /// Stores a statement that has an id; false if that id is taken.
    pub fn store(&mut self, statement: Value) -> bool {
        let id = id_of(&statement).expect("the model stores statements with ids");
        if self.by_id.contains_key(&id) {
            return false;
        }
        self.by_id.insert(id, self.statements.len());
        self.statements.push(statement);
        true
    }

    /// Whether a statement with this id is stored.
    pub fn contains(&self, id: Uuid) -> bool {
        self.by_id.contains_key(&id)
    }

    /// How many statements are stored.
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The id of the statement stored as number `at`.
    pub fn id_at(&self, at: usize) -> Option<Uuid> {
        self.statements.get(at).and_then(id_of)
    }

    /// Whether a stored statement is voided: some voiding statement refers to it and it voids none.
    pub fn voided(&self, id: Uuid) -> bool {
        let Some(at) = self.by_id.get(&id) else { return false };
        let is_target =
            |other: &Value| verb_of(other) == Some(VOIDED) && target_of(other) == Some(id);
        verb_of(&self.statements[*at]) != Some(VOIDED) && self.statements.iter().any(is_target)
    }

    /// Ids of every statement that a query finds, oldest first.
    pub fn query(&self, filter: &Filter) -> Vec<Uuid> {
        let found = |statement: &&Value| {
            let id = id_of(statement).expect("stored statements have ids");
            !self.voided(id)
                && self.chain(statement).into_iter().any(|link| self.matches(link, filter))
        };
        self.statements.iter().filter(found).filter_map(id_of).collect()
    }

    /// A statement and those it leads to.
    fn chain<'a>(&'a self, statement: &'a Value) -> Vec<&'a Value> {
        let (mut chain, mut seen, mut next) = (Vec::new(), HashSet::new(), Some(statement));
        while let Some(link) = next {
            if !seen.insert(id_of(link)) {
                break;
            }
            chain.push(link);
            next = target_of(link)
                .and_then(|target| self.by_id.get(&target))
                .map(|at| &self.statements[*at]);
        }
        chain
    }

    fn matches(&self, statement: &Value, filter: &Filter) -> bool {
        let Filter { agent, related_agents, verb, activity, related_activities, registration } =
            filter;
        let context = &statement["context"];
        verb.as_deref().is_none_or(|verb| verb_of(statement) == Some(verb))
            && registration.is_none_or(|wanted| {
                context["registration"].as_str().and_then(|text| text.parse().ok()) == Some(wanted)
            })
            && activity.as_deref().is_none_or(|wanted| {
                activities(statement, *related_activities).iter().any(|id| id == wanted)
            })
            && agent.as_ref().is_none_or(|wanted| {
                let mut actors = actors(statement, *related_agents);
                if *related_agents {
                    actors.extend(self.authority.as_ref());
                }
                actors.into_iter().any(|actor| is(actor, wanted))
            })
    }
}

fn id_of(statement: &Value) -> Option<Uuid> {
    statement["id"].as_str()?.parse().ok()
}

fn verb_of(statement: &Value) -> Option<&str> {
    statement["verb"]["id"].as_str()
}

fn target_of(statement: &Value) -> Option<Uuid> {
    let object = &statement["object"];
    (object["objectType"] == "StatementRef").then(|| object["id"].as_str()?.parse().ok()).flatten()
}

/// Whether an actor is the wanted one, or a Group with the wanted one among its members.
fn is(actor: &Value, wanted: &Value) -> bool {
    let same = |actor: &Value| {
        ["mbox", "mbox_sha1sum", "openid", "account"]
            .iter()
            .any(|key| !actor[key].is_null() && actor[key] == wanted[key])
    };
    same(actor) || actor["member"].as_array().is_some_and(|members| members.iter().any(same))
}

fn actors(statement: &Value, related: bool) -> Vec<&Value> {
    let mut actors = vec![&statement["actor"], &statement["object"]];
    if related {
        let context = &statement["context"];
        actors.extend([&context["instructor"], &context["team"]]);
        if statement["object"]["objectType"] == "SubStatement" {
            actors.extend(self::actors(&statement["object"], true));
        }
    }
    actors
}

fn activities(statement: &Value, related: bool) -> Vec<String> {
    let object = &statement["object"];
    let mut ids = Vec::new();
    if object["objectType"].is_null() || object["objectType"] == "Activity" {
        ids.extend(object["id"].as_str().map(str::to_owned));
    }
    if related {
        if let Some(relations) = statement["context"]["contextActivities"].as_object() {
            let around = relations.values().filter_map(Value::as_array).flatten();
            ids.extend(around.filter_map(|activity| activity["id"].as_str().map(str::to_owned)));
        }
        if object["objectType"] == "SubStatement" {
            ids.extend(activities(object, true));
        }
    }
    ids
}
