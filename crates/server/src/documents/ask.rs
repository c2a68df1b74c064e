//! What a request asks for: the parameters of the three resources (1.0.3 Communication 2.3, 2.6,
//! 2.7, 3.2; 9274.1.1 4.1.6.2, 4.1.6.5, 4.1.6.6).
//!
//! A parameter that a method does not know is refused (Communication 3.2, XAPI-00324).

use super::key::{Context, Key, Resource};
use crate::cmi5;
use crate::error::{Code, Problem, Result};
use crate::http::Parameters;
use crate::http::parameters;
use crate::limits::Limits;
use crate::tenants::Caller;
use rollbook_xapi::version::Version;

/// What a GET asks for.
#[derive(Debug)]
pub(super) enum Wanted {
    /// One document.
    One(Key),
    /// The names in a context of what was stored after a time.
    Names {
        /// What the documents are about.
        context: Context,
        /// Microseconds since 1970 UTC, exclusive.
        since: i64,
    },
}

/// What a DELETE takes away.
#[derive(Debug)]
pub(super) enum Unwanted {
    /// One document.
    One(Key),
    /// All states of a context.
    All(Context),
}

impl Resource {
    /// The parameters that name a context.
    fn context(self) -> &'static [&'static str] {
        match self {
            Self::State => &["activityId", "agent", "registration"],
            Self::AgentProfile => &["agent"],
            Self::ActivityProfile => &["activityId"],
        }
    }

    /// The parameter that names a document in it.
    fn name(self) -> &'static str {
        match self {
            Self::State => "stateId",
            Self::AgentProfile | Self::ActivityProfile => "profileId",
        }
    }

    /// The document that a PUT or POST with this query is about.
    pub(super) fn one(
        self,
        query: &str,
        version: Version,
        caller: &Caller,
        limits: &Limits,
    ) -> Result<Key> {
        let given = self.parse(query, &[self.name()])?;
        let context = self.read_context(&given, version, caller)?;
        let key = context.named(given.required(self.name())?.to_owned(), limits)?;
        confine(caller, &key.context, Some(&key.name), true)?;
        Ok(key)
    }

    /// What a GET with this query is about.
    pub(super) fn wanted(
        self,
        query: &str,
        version: Version,
        caller: &Caller,
        limits: &Limits,
    ) -> Result<Wanted> {
        let given = self.parse(query, &[self.name(), "since"])?;
        let context = self.read_context(&given, version, caller)?;
        let since = given.timestamp("since", version)?;
        let name = given.text(self.name());
        confine(caller, &context, name, false)?;
        Ok(match name {
            // Clients send `since` along; one document is asked for by its name alone (XAPI-00192).
            Some(name) => Wanted::One(context.named(name.to_owned(), limits)?),
            None => Wanted::Names { context, since: since.unwrap_or(i64::MIN) },
        })
    }

    /// What a DELETE with this query is about. Only states go by the context.
    pub(super) fn unwanted(
        self,
        query: &str,
        version: Version,
        caller: &Caller,
        limits: &Limits,
    ) -> Result<Unwanted> {
        let given = self.parse(query, &[self.name()])?;
        let context = self.read_context(&given, version, caller)?;
        match given.text(self.name()) {
            Some(name) => {
                confine(caller, &context, Some(name), true)?;
                Ok(Unwanted::One(context.named(name.to_owned(), limits)?))
            }
            None if self == Self::State => {
                confine(caller, &context, None, true)?;
                Ok(Unwanted::All(context))
            }
            None => Err(parameters::missing(self.name())),
        }
    }

    fn parse(self, query: &str, others: &[&'static str]) -> Result<Parameters> {
        Parameters::parse(query, &[self.context(), others].concat())
    }

    /// What the documents are about. It is made for a caller only, so that nobody touches documents
    /// about activities of others.
    fn read_context(
        self,
        given: &Parameters,
        version: Version,
        caller: &Caller,
    ) -> Result<Context> {
        for name in self.context().iter().filter(|name| **name != "registration") {
            given.required(name)?;
        }
        let agent = given.agent("agent", version)?;
        if agent.as_ref().is_some_and(|agent| agent.is_group) {
            // Communication 2.6, the note: a Group's documents are kept under an Agent with its IFI.
            return Err(parameters::invalid("agent", "an Agent, not a Group"));
        }
        let context = Context {
            resource: self,
            activity: given.iri("activityId")?.unwrap_or_default().to_owned(),
            agent: agent.map(|agent| agent.key).unwrap_or_default(),
            registration: given.uuid("registration")?,
        };
        if self != Self::AgentProfile {
            caller.activities().admit(&context.activity, "")?;
        }
        let stored = [&context.activity, &context.agent].iter().all(|text| !text.contains('\0'));
        stored.then_some(context).ok_or_else(|| {
            Problem::bad_request(Code::ParameterInvalid, "an identifier holds U+0000")
        })
    }
}

/// Launched content touches what is its learner's own only.
fn confine(caller: &Caller, context: &Context, name: Option<&str>, writes: bool) -> Result<()> {
    match &caller.session {
        None => Ok(()),
        Some(session) => cmi5::document(session, &context.touched(name, writes)),
    }
}
