//! The surroundings of a statement (1.0.3 Data 2.4.6; 9274.1.1 4.2.2.5).

use crate::activity::Activity;
use crate::actor::{Actor, Agent, Group};
use crate::json::Node;
use crate::object::StatementRef;
use uuid::Uuid;

/// The `context` of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// Its members.
    pub node: &'a Node<'a>,
    /// The registration that the statement belongs to.
    pub registration: Option<Uuid>,
    /// Who instructed.
    pub instructor: Option<Actor<'a>>,
    /// The team.
    pub team: Option<Group<'a>>,
    /// Other Activities around this one.
    pub activities: Option<ContextActivities<'a>>,
    /// 2.0: Agents around this statement, and what they are to it.
    pub agents: Vec<ContextAgent<'a>>,
    /// 2.0: Groups around this statement, and what they are to it.
    pub groups: Vec<ContextGroup<'a>>,
    /// The Activity's revision.
    pub revision: Option<&'a str>,
    /// The platform used.
    pub platform: Option<&'a str>,
    /// The language in which it happened.
    pub language: Option<&'a str>,
    /// Another statement to be seen as context.
    pub statement: Option<StatementRef<'a>>,
    /// The text of the extensions.
    pub extensions: Option<&'a str>,
}

/// The `contextActivities` of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextActivities<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// Its members; a value is an array or, in 1.0.3, also a single Activity.
    pub node: &'a Node<'a>,
    /// With a direct relation.
    pub parent: Vec<Activity<'a>>,
    /// With an indirect relation.
    pub grouping: Vec<Activity<'a>>,
    /// That categorize the statement.
    pub category: Vec<Activity<'a>>,
    /// With any other relation.
    pub other: Vec<Activity<'a>>,
}

impl<'a> ContextActivities<'a> {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Activity<'a>> {
        let Self { raw: _, node: _, parent, grouping, category, other } = self;
        [parent, grouping, category, other].into_iter().flatten()
    }
}

/// One of the `contextAgents` of a context (2.0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextAgent<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// The Agent.
    pub agent: Agent<'a>,
    /// What it is to the statement: IRIs.
    pub relevant_types: Vec<&'a str>,
}

/// One of the `contextGroups` of a context (2.0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextGroup<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// The Group.
    pub group: Group<'a>,
    /// What it is to the statement: IRIs.
    pub relevant_types: Vec<&'a str>,
}
