//! Where a document is kept: State, Agent Profile and Activity Profile as one kind of key
//! (1.0.3 Communication 2.3, 2.6, 2.7; 9274.1.1 4.1.6.2, 4.1.6.5, 4.1.6.6).
//!
//! Three resources, one engine: what differs between them is which parts of the key are empty.

use crate::error::{Code, Problem, Result};
use crate::limits::Limits;
use rollbook_db::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// One of the three document resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// `activities/state`
    State = 1,
    /// `agents/profile`
    AgentProfile = 2,
    /// `activities/profile`
    ActivityProfile = 3,
}

/// What a set of documents is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    /// Which resource.
    pub(super) resource: Resource,
    /// The activity's IRI; empty for agent profiles.
    pub(super) activity: String,
    /// The agent's inverse functional identifier; empty for activity profiles.
    pub(super) agent: String,
    /// The registration of a state, if one was named.
    pub(super) registration: Option<Uuid>,
}

/// What a request touches: for whoever confines callers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touched<'a> {
    pub(crate) resource: Resource,
    /// Empty for agent profiles.
    pub(crate) activity: &'a str,
    /// The agent's inverse functional identifier; empty for activity profiles.
    pub(crate) agent: &'a str,
    pub(crate) registration: Option<Uuid>,
    /// One document by its name, or all of a context.
    pub(crate) name: Option<&'a str>,
    /// Whether it is stored or deleted.
    pub(crate) writes: bool,
}

/// The key of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// What it is about.
    pub(super) context: Context,
    /// `stateId` or `profileId`.
    pub(super) name: String,
}

impl Context {
    /// What a request about this context touches.
    pub(super) fn touched<'a>(&'a self, name: Option<&'a str>, writes: bool) -> Touched<'a> {
        let Self { resource, activity, agent, registration } = self;
        let (resource, registration) = (*resource, *registration);
        Touched { resource, activity, agent, registration, name, writes }
    }

    /// The context as the first part of the table's key.
    pub(super) fn digest(&self) -> Vec<u8> {
        let Self { resource, activity, agent, registration: _ } = self;
        let mut digest = Sha256::new();
        digest.update([*resource as u8]);
        digest.update((activity.len() as u64).to_be_bytes());
        digest.update(activity);
        digest.update(agent);
        digest.finalize().to_vec()
    }

    /// The registration as the table's key has it.
    pub(super) fn registration(&self) -> Value {
        Value::Text(self.registration.map(|it| it.hyphenated().to_string()).unwrap_or_default())
    }

    /// The document of this context with that `name`.
    ///
    /// # Errors
    /// 400 for a name that is empty, longer than `limits` allow, or holds U+0000.
    pub(super) fn named(self, name: String, limits: &Limits) -> Result<Key> {
        let max = limits.document_name_bytes_max;
        if name.is_empty() || name.len() > max || name.contains('\0') {
            let detail = format!(
                "the id of a document has 1 to {max} bytes and no U+0000; this one has {}",
                name.len()
            );
            return Err(Problem::bad_request(Code::ParameterInvalid, detail));
        }
        Ok(Key { context: self, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(resource: Resource, activity: &str, agent: &str) -> Context {
        Context { resource, activity: activity.into(), agent: agent.into(), registration: None }
    }

    #[test]
    fn contexts_differ_by_each_of_their_parts() {
        let all = [
            context(Resource::State, "a", "b"),
            context(Resource::State, "ab", ""),
            context(Resource::State, "", "ab"),
            context(Resource::AgentProfile, "a", "b"),
            context(Resource::ActivityProfile, "a", "b"),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all.iter().skip(index + 1).all(|other| other.digest() != one.digest()));
        }
    }

    #[test]
    fn a_name_is_as_long_as_the_limit_and_no_longer() {
        let limits = Limits::default();
        let named = |name: String| context(Resource::State, "a", "b").named(name, &limits);
        assert!(named("x".repeat(limits.document_name_bytes_max)).is_ok());
        assert!(named("x".repeat(limits.document_name_bytes_max + 1)).is_err());
        assert!(named(String::new()).is_err());
        assert!(named("a\0b".to_owned()).is_err());
    }
}
