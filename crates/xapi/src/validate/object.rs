//! Rules of Objects: which of the five they are, references and `SubStatement`s
//! (1.0.3 Data 2.4.4; 9274.1.1 4.2.2.3).

use super::check::Check;
use super::path::Path;
use super::rules::{self, Rule};
use crate::actor::Actor;
use crate::json::Node;
use crate::object::{Object, StatementRef, SubStatement};

/// What an Object's `objectType` says that it is.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum ObjectType {
    Activity,
    Actor,
    StatementRef,
    SubStatement,
}

const NAMES: [&str; 5] = ["Activity", "Agent", "Group", "StatementRef", "SubStatement"];

const SUB_KEYS: [&str; 12] = [
    "objectType",
    "actor",
    "verb",
    "object",
    "result",
    "context",
    "timestamp",
    "attachments",
    "id",
    "stored",
    "version",
    "authority",
];

impl ObjectType {
    /// The type of the Object at `node`, if its `objectType` is a known one or not there.
    pub(super) fn of(node: &Node<'_>) -> Option<Self> {
        match node.get("objectType") {
            None => Some(Self::Activity),
            Some(kind) => match kind.str()? {
                "Activity" => Some(Self::Activity),
                "Agent" | "Group" => Some(Self::Actor),
                "StatementRef" => Some(Self::StatementRef),
                "SubStatement" => Some(Self::SubStatement),
                _ => None,
            },
        }
    }
}

impl Check {
    /// The Object of a statement.
    pub(super) fn object_of<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
    ) -> Option<Object<'a>> {
        if ObjectType::of(node) == Some(ObjectType::SubStatement) {
            return self.sub_statement(path, node).map(|one| Object::SubStatement(Box::new(one)));
        }
        self.plain_object(path, node)
    }

    /// An Object that is no `SubStatement`.
    fn plain_object<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Object<'a>> {
        match ObjectType::of(node) {
            Some(ObjectType::Activity) => {
                if node.get("objectType").is_none() && self.untyped(path, node) {
                    return None;
                }
                self.activity(path, node, &rules::TYPE).map(Object::Activity)
            }
            Some(ObjectType::Actor) => {
                self.actor(path, node, &rules::TYPE).map(|actor| match actor {
                    Actor::Agent(agent) => Object::Agent(agent),
                    Actor::Group(group) => Object::Group(group),
                })
            }
            Some(ObjectType::StatementRef) => {
                self.statement_ref(path, node, &rules::TYPE).map(Object::StatementRef)
            }
            Some(ObjectType::SubStatement) => {
                let message = "the object of a SubStatement is a SubStatement itself";
                let fix = "refer to a statement with a StatementRef instead";
                self.report(path, &rules::SUB_NESTED, message, fix);
                None
            }
            None => {
                let at = path.key("objectType");
                let kind = node.get("objectType")?;
                let text = self.string(&at, kind, &rules::OBJECT_TYPE_STRING)?;
                self.not_listed(&at, text, &NAMES, &rules::OBJECT_TYPE);
                None
            }
        }
    }

    /// Whether an Object without `objectType` clearly is something else than an Activity.
    fn untyped(&mut self, path: &Path<'_>, node: &Node<'_>) -> bool {
        let has = |key: &str| node.get(key).is_some();
        if has("id") {
            return false;
        }
        if ["mbox", "mbox_sha1sum", "openid", "account", "member"].into_iter().any(has) {
            let message = "the object looks like an Agent or a Group, but does not say so";
            let fix = "add the `objectType` Agent or Group";
            self.report(path, &rules::ACTOR_AS_OBJECT, message, fix);
            return true;
        }
        if ["actor", "verb", "object"].into_iter().all(has) {
            let message = "the object looks like a SubStatement, but does not say so";
            self.report(path, &rules::SUB_STATEMENT, message, "add the `objectType` SubStatement");
            return true;
        }
        false
    }

    /// A reference to a statement; `rule` asks for one here.
    pub(super) fn statement_ref<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
        rule: &Rule,
    ) -> Option<StatementRef<'a>> {
        let [kind, id] = self.object(path, node, &["objectType", "id"], rule)?;
        self.fixed_type(path, kind, "StatementRef", &rules::REF_TYPE);
        if id.is_none() {
            self.missing(path, "id", &rules::REF_ID);
        }
        let id = self.uuid(&path.key("id"), id?, [&rules::REF_ID; 2])?;
        Some(StatementRef { raw: node.raw, id })
    }

    fn sub_statement<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
    ) -> Option<SubStatement<'a>> {
        let [_, actor, verb, object, result, context, timestamp, attachments, owned @ ..] =
            self.object(path, node, &SUB_KEYS, &rules::SUB_STATEMENT)?;
        let [id, stored, version, authority] = owned;
        for (field, key, rule) in [
            (id, "id", &rules::SUB_ID),
            (stored, "stored", &rules::SUB_STORED),
            (version, "version", &rules::SUB_VERSION),
            (authority, "authority", &rules::SUB_AUTHORITY),
        ] {
            if field.is_some() {
                let message = format!("`{key}` is there, but a SubStatement has none");
                self.report(&path.key(key), rule, message, "remove it");
            }
        }
        self.require_core(path, actor, verb, object);
        let actor = actor.and_then(|n| self.actor(&path.key("actor"), n, &rules::TYPE));
        let verb = verb.and_then(|n| self.verb(&path.key("verb"), n));
        if let (Some(verb), Some(object)) = (&verb, object) {
            self.voiding(path, verb, object);
        }
        let kind = object.and_then(ObjectType::of);
        let object = object.and_then(|n| self.plain_object(&path.key("object"), n));
        let result = result.and_then(|n| self.result(&path.key("result"), n));
        let context = context.and_then(|n| self.context(&path.key("context"), n, kind));
        let timestamp =
            timestamp.and_then(|n| self.timestamp(&path.key("timestamp"), n, &rules::TIMESTAMP));
        let attachments =
            attachments.map(|n| self.attachments(&path.key("attachments"), n)).unwrap_or_default();
        Some(SubStatement {
            raw: node.raw,
            node,
            actor: actor?,
            verb: verb?,
            object: object?,
            result,
            context,
            timestamp,
            attachments,
        })
    }
}
