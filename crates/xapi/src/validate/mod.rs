//! Every rule of the standard that a statement can break, checked at once
//! (1.0.3 Data 2 and 4; 9274.1.1 4.2).
//!
//! The one door from nodes to the typed view: a [`Statement`] exists only if nothing was found.
//! Everything is found in one pass, and on the way nothing is copied: places are kept on the stack
//! and become JSON pointers only where a rule is broken.

mod activity;
mod actor;
mod attachment;
mod check;
mod context;
mod object;
mod path;
mod result;
mod rules;
mod values;

#[cfg(test)]
mod tests;

pub use rules::{RULES, Rule};

use crate::actor::Actor;
use crate::json::Node;
use crate::object::Object;
use crate::statement::Statement;
use crate::verb::Verb;
use crate::version::Version;
use crate::violation::Violation;
use check::Check;
use object::ObjectType;
use path::Path;
use uuid::Uuid;

const KEYS: [&str; 11] = [
    "id",
    "actor",
    "verb",
    "object",
    "result",
    "context",
    "timestamp",
    "stored",
    "authority",
    "version",
    "attachments",
];

/// The typed view of the statement at `node`, or everything that is wrong with it.
///
/// `at` is the JSON pointer of the statement in what was sent: empty, or such as `/3` in a batch.
pub fn statement<'a>(
    node: &'a Node<'a>,
    version: Version,
    at: &str,
) -> Result<Statement<'a>, Vec<Violation>> {
    let mut check = Check::new(version);
    let statement = check.statement(&Path::root(at), node);
    check.finish(statement)
}

/// The Agent or Group at `node`, or everything that is wrong with it.
pub fn agent<'a>(
    node: &'a Node<'a>,
    version: Version,
    at: &str,
) -> Result<Actor<'a>, Vec<Violation>> {
    let mut check = Check::new(version);
    let actor = check.actor(&Path::root(at), node, &rules::TYPE);
    check.finish(actor)
}

/// The UUID that `text` is, in the one form that statements and parameters may use.
pub fn uuid(text: &str) -> Option<Uuid> {
    values::uuid(text)
}

impl Check {
    fn statement<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Statement<'a>> {
        let [id, actor, verb, object, result, context, timestamp, fields @ ..] =
            self.object(path, node, &KEYS, &rules::TYPE)?;
        let [stored, authority, version, attachments] = fields;
        self.require_core(path, actor, verb, object);
        let id = id
            .and_then(|n| self.uuid(&path.key("id"), n, [&rules::UUID_STRING, &rules::UUID_FORM]));
        let actor = actor.and_then(|n| self.actor(&path.key("actor"), n, &rules::TYPE));
        let verb = verb.and_then(|n| self.verb(&path.key("verb"), n));
        if let (Some(verb), Some(object)) = (&verb, object) {
            self.voiding(path, verb, object);
        }
        let kind = object.and_then(ObjectType::of);
        let object: Option<Object<'_>> =
            object.and_then(|n| self.object_of(&path.key("object"), n));
        let result = result.and_then(|n| self.result(&path.key("result"), n));
        let context = context.and_then(|n| self.context(&path.key("context"), n, kind));
        let timestamp =
            timestamp.and_then(|n| self.timestamp(&path.key("timestamp"), n, &rules::TIMESTAMP));
        let stored = stored.and_then(|n| self.timestamp(&path.key("stored"), n, &rules::STORED));
        let authority = authority.and_then(|n| self.authority(&path.key("authority"), n));
        let version = version.and_then(|n| self.version(&path.key("version"), n));
        let attachments =
            attachments.map(|n| self.attachments(&path.key("attachments"), n)).unwrap_or_default();
        Some(Statement {
            raw: node.raw,
            node,
            rules: self.version,
            id,
            actor: actor?,
            verb: verb?,
            object: object?,
            result,
            context,
            timestamp,
            stored,
            authority,
            version,
            attachments,
        })
    }

    /// Notes which of the three parts of a statement are missing.
    fn require_core(
        &mut self,
        path: &Path<'_>,
        actor: Option<&Node<'_>>,
        verb: Option<&Node<'_>>,
        object: Option<&Node<'_>>,
    ) {
        for (field, key, rule) in [
            (actor, "actor", &rules::ACTOR_MISSING),
            (verb, "verb", &rules::VERB_MISSING),
            (object, "object", &rules::OBJECT_MISSING),
        ] {
            if field.is_none() {
                self.missing(path, key, rule);
            }
        }
    }

    fn verb<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Verb<'a>> {
        let [id, display] = self.object(path, node, &["id", "display"], &rules::TYPE)?;
        if id.is_none() {
            self.missing(path, "id", &rules::VERB_ID);
        }
        let display =
            display.and_then(|n| self.language_map(&path.key("display"), n, &rules::VERB_DISPLAY));
        let id = self.iri(&path.key("id"), id?, &rules::VERB_ID)?;
        Some(Verb { raw: node.raw, id, display })
    }

    /// A statement that voids refers to the statement that it voids.
    fn voiding(&mut self, path: &Path<'_>, verb: &Verb<'_>, object: &Node<'_>) {
        let kind = ObjectType::of(object);
        if verb.voids() && kind.is_some_and(|kind| kind != ObjectType::StatementRef) {
            let message = "the verb voids a statement, but the object is not a StatementRef";
            let fix = "send the id of the statement to void, with the `objectType` StatementRef";
            self.report(&path.key("object"), &rules::VOIDING_OBJECT, message, fix);
        }
    }

    /// Who says so: an Agent, or an OAuth consumer and a user as an anonymous Group.
    fn authority<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Actor<'a>> {
        let actor = self.actor(path, node, &rules::AUTHORITY)?;
        if let Actor::Group(group) = &actor {
            let count = node.get("member").and_then(Node::as_array).map(<[_]>::len);
            if group.ifi.is_some() || count.is_some_and(|count| count != 2) {
                let message = "`authority` is a Group, but not an anonymous one of two Agents";
                let fix = "send an Agent, or a Group of the OAuth consumer and the user";
                self.report(path, &rules::AUTHORITY_GROUP, message, fix);
            } else if group.members.len() == 2
                && !group.members.iter().any(|one| one.ifi.is_account())
            {
                let message = "no Agent of `authority` has an account, as the OAuth consumer must";
                let fix = "identify the consumer by an `account` whose name is its consumer key";
                self.report(path, &rules::AUTHORITY_CONSUMER, message, fix);
            }
        }
        Some(actor)
    }

    fn version<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<&'a str> {
        let text = self.string(path, node, &rules::VERSION)?;
        if self.version.allows(text) {
            return Some(text);
        }
        let message = "`version` is not one that this request's version allows";
        let fix = format!("leave it out, or send {}", self.version.of_statements());
        self.report(path, &rules::VERSION, message, fix);
        None
    }
}
