//! Who: Agents and Groups (1.0.3 Data 2.4.2; 9274.1.1 4.2.2.1).

use crate::ifi::Ifi;

/// An Agent or a Group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor<'a> {
    /// One persona or system.
    Agent(Agent<'a>),
    /// Several Agents.
    Group(Group<'a>),
}

/// One persona or system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// Its name, for people.
    pub name: Option<&'a str>,
    /// What identifies it.
    pub ifi: Ifi<'a>,
}

/// Several Agents: anonymous without an identifier (then it has members), identified with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// Its name, for people.
    pub name: Option<&'a str>,
    /// What identifies it, unless it is anonymous.
    pub ifi: Option<Ifi<'a>>,
    /// Its members, in no order that means anything.
    pub members: Vec<Agent<'a>>,
}

impl<'a> Actor<'a> {
    /// The exact text.
    pub fn raw(&self) -> &'a str {
        match self {
            Self::Agent(agent) => agent.raw,
            Self::Group(group) => group.raw,
        }
    }

    /// The name, for people.
    pub fn name(&self) -> Option<&'a str> {
        match self {
            Self::Agent(agent) => agent.name,
            Self::Group(group) => group.name,
        }
    }

    /// The identifier; only an anonymous Group has none.
    pub fn ifi(&self) -> Option<Ifi<'a>> {
        match self {
            Self::Agent(agent) => Some(agent.ifi),
            Self::Group(group) => group.ifi,
        }
    }

    /// The members of a Group; an Agent has none.
    pub fn members(&self) -> &[Agent<'a>] {
        match self {
            Self::Agent(_) => &[],
            Self::Group(group) => &group.members,
        }
    }
}
