//! The typed view of a valid statement (1.0.3 Data 2.4; 9274.1.1 4.2).
//!
//! Everything in it is borrowed from the nodes of [`crate::json`] and so from the received text;
//! what the record does not need stays text. A view exists only for a statement that breaks no rule:
//! [`crate::validate::statement`] is the one place that makes it.

use crate::actor::Actor;
use crate::attachment::Attachment;
use crate::context::Context;
use crate::json::Node;
use crate::object::Object;
use crate::result::Outcome;
use crate::timestamp::Timestamp;
use crate::verb::Verb;
use crate::version::Version;
use uuid::Uuid;

/// A valid statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Its exact text.
    pub raw: &'a str,
    /// Its members.
    pub node: &'a Node<'a>,
    /// The version whose rules it follows.
    pub rules: Version,
    /// Its id, if it came with one.
    pub id: Option<Uuid>,
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
    /// When, if it says so.
    pub timestamp: Option<Timestamp<'a>>,
    /// When it was stored elsewhere; the store that receives it sets its own.
    pub stored: Option<Timestamp<'a>>,
    /// Who said so elsewhere; the store that receives it sets its own.
    pub authority: Option<Actor<'a>>,
    /// Its own version, if it says so.
    pub version: Option<&'a str>,
    /// Its files.
    pub attachments: Vec<Attachment<'a>>,
}

impl Statement<'_> {
    /// Whether this statement voids the one that its Object refers to.
    pub fn voids(&self) -> bool {
        self.verb.voids()
    }
}
