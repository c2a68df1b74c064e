//! What the verb was done to (1.0.3 Data 2.4.4; 9274.1.1 4.2.2.3).

use crate::activity::Activity;
use crate::actor::{Agent, Group};
use crate::attachment::Attachment;
use crate::context::Context;
use crate::result::Outcome;
use crate::timestamp::Timestamp;
use crate::verb::Verb;
use crate::{actor::Actor, json::Node};
use uuid::Uuid;

/// The Object of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object<'a> {
    /// An Activity; also what an Object without `objectType` is.
    Activity(Activity<'a>),
    /// An Agent.
    Agent(Agent<'a>),
    /// A Group.
    Group(Group<'a>),
    /// A statement that has its own id; it need not exist.
    StatementRef(StatementRef<'a>),
    /// A statement in the statement, about something that did not happen.
    SubStatement(Box<SubStatement<'a>>),
}

/// A reference to a statement by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRef<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// The statement referred to.
    pub id: Uuid,
}

/// A statement in a statement. Its Object is never a `SubStatement`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubStatement<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// Its members.
    pub node: &'a Node<'a>,
    /// Who.
    pub actor: Actor<'a>,
    /// Did what.
    pub verb: Verb<'a>,
    /// To what.
    pub object: Object<'a>,
    /// With which result.
    pub result: Option<Outcome<'a>>,
    /// In which context.
    pub context: Option<Context<'a>>,
    /// When.
    pub timestamp: Option<Timestamp<'a>>,
    /// With which files.
    pub attachments: Vec<Attachment<'a>>,
}

impl<'a> Object<'a> {
    /// The exact text.
    pub fn raw(&self) -> &'a str {
        match self {
            Self::Activity(activity) => activity.raw,
            Self::Agent(agent) => agent.raw,
            Self::Group(group) => group.raw,
            Self::StatementRef(reference) => reference.raw,
            Self::SubStatement(statement) => statement.raw,
        }
    }
}
