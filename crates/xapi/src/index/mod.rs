//! What a statement is found by (1.0.3 Communication 2.1.3; 9274.1.1 4.1.6.1).
//!
//! [`Role::Direct`] is what the filters `agent` and `activity` look at, [`Role::Related`] what
//! `related_agents` and `related_activities` add. The authority is missing here because it is the
//! store that sets it; [`actor_keys`] gives its keys. Nothing in an index occurs twice.

use crate::activity::Activity;
use crate::actor::Actor;
use crate::context::{Context, ContextActivities};
use crate::object::Object;
use crate::statement::Statement;
use crate::{actor::Agent, actor::Group, ifi::Ifi};
use uuid::Uuid;

/// What something is to the statement that mentions it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Its Actor or its Object.
    Direct,
    /// Part of its context or of its SubStatement.
    Related,
    /// Who vouches for it.
    Authority,
}

/// What a statement is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index<'a> {
    /// The Verb's IRI.
    pub verb: String,
    /// Agents and identified Groups by the key of their identifier, in order.
    pub agents: Vec<(String, Role)>,
    /// Activities by their IRI, in order.
    pub activities: Vec<(String, Role)>,
    /// The registration.
    pub registration: Option<Uuid>,
    /// The statement that the Object refers to. References elsewhere do not count.
    pub target: Option<Uuid>,
    /// Whether it voids its target.
    pub voids: bool,
    /// The definitions that it gives to Activities, in order of the Activities.
    pub definitions: Vec<(String, &'a str)>,
    /// The names that it gives to Agents and Groups, in order of their keys.
    pub names: Vec<(String, String)>,
}

/// What `statement` is found by.
pub fn index<'a>(statement: &Statement<'a>) -> Index<'a> {
    let mut index = Index {
        verb: statement.verb.id.to_owned(),
        agents: Vec::new(),
        activities: Vec::new(),
        registration: statement.context.as_ref().and_then(|context| context.registration),
        target: None,
        voids: false,
        definitions: Vec::new(),
        names: Vec::new(),
    };
    index.actor(&statement.actor, Role::Direct);
    index.object(&statement.object, Role::Direct);
    index.context(statement.context.as_ref());
    match &statement.object {
        Object::StatementRef(reference) => {
            index.target = Some(reference.id);
            index.voids = statement.voids();
        }
        Object::SubStatement(sub) => {
            index.actor(&sub.actor, Role::Related);
            index.object(&sub.object, Role::Related);
            index.context(sub.context.as_ref());
        }
        Object::Activity(_) | Object::Agent(_) | Object::Group(_) => {}
    }
    index.settle();
    index
}

/// The keys by which an actor is found: its own, if it has one, and those of its members.
pub fn actor_keys(actor: &Actor<'_>) -> Vec<String> {
    let own = actor.ifi().into_iter();
    let mut keys: Vec<_> =
        own.chain(actor.members().iter().map(|member| member.ifi)).map(|ifi| ifi.key()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

impl<'a> Index<'a> {
    fn actor(&mut self, actor: &Actor<'a>, role: Role) {
        match actor {
            Actor::Agent(agent) => self.agent(agent, role),
            Actor::Group(group) => self.group(group, role),
        }
    }

    fn agent(&mut self, agent: &Agent<'a>, role: Role) {
        self.identified(agent.ifi, agent.name, role);
    }

    fn group(&mut self, group: &Group<'a>, role: Role) {
        if let Some(ifi) = group.ifi {
            self.identified(ifi, group.name, role);
        }
        for member in &group.members {
            self.agent(member, role);
        }
    }

    fn identified(&mut self, ifi: Ifi<'a>, name: Option<&str>, role: Role) {
        let key = ifi.key();
        if let Some(name) = name {
            self.names.push((key.clone(), name.to_owned()));
        }
        self.agents.push((key, role));
    }

    fn activity(&mut self, activity: &Activity<'a>, role: Role) {
        if let Some(definition) = &activity.definition {
            self.definitions.push((activity.id.to_owned(), definition.raw));
        }
        self.activities.push((activity.id.to_owned(), role));
    }

    fn object(&mut self, object: &Object<'a>, role: Role) {
        match object {
            Object::Activity(activity) => self.activity(activity, role),
            Object::Agent(agent) => self.agent(agent, role),
            Object::Group(group) => self.group(group, role),
            Object::StatementRef(_) | Object::SubStatement(_) => {}
        }
    }

    fn context(&mut self, context: Option<&Context<'a>>) {
        let Some(context) = context else { return };
        if let Some(instructor) = &context.instructor {
            self.actor(instructor, Role::Related);
        }
        if let Some(team) = &context.team {
            self.group(team, Role::Related);
        }
        for entry in &context.agents {
            self.agent(&entry.agent, Role::Related);
        }
        for entry in &context.groups {
            self.group(&entry.group, Role::Related);
        }
        for activity in context.activities.iter().flat_map(ContextActivities::all) {
            self.activity(activity, Role::Related);
        }
    }

    /// Sorts, so that writers that take locks in this order never wait in a circle, and drops what
    /// occurs twice. Definitions of one Activity stay in the order of the statement.
    fn settle(&mut self) {
        self.agents.sort_unstable();
        self.agents.dedup();
        self.activities.sort_unstable();
        self.activities.dedup();
        self.names.sort_unstable();
        self.names.dedup();
        self.definitions.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.definitions.dedup();
    }
}

#[cfg(test)]
mod tests;
