//! Which object of a statement is which: where Actors, Verbs and Activities stand
//! (1.0.3 Data 2.4; 9274.1.1 4.2).
//!
//! The formats and the comparison both walk the nodes of a statement and ask this one table.

use crate::json::Node;

/// What a value in a statement is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Statement,
    SubStatement,
    StatementRef,
    /// An Agent or a Group.
    Actor,
    Verb,
    Activity,
    Definition,
    Result,
    Context,
    ContextActivities,
    /// A `contextAgents` or `contextGroups` entry.
    ContextActor,
    Attachment,
    /// Anything that is neither one of these nor contains one.
    Other,
}

impl Part {
    /// What `node`, the member `key` of this part, is. An array is what its items are.
    pub(crate) fn child(self, key: &str, node: &Node<'_>) -> Self {
        match (self, key) {
            (Self::Statement | Self::SubStatement, "actor" | "authority")
            | (Self::Actor, "member")
            | (Self::Context, "instructor" | "team")
            | (Self::ContextActor, "agent" | "group") => Self::Actor,
            (Self::Statement | Self::SubStatement, "verb") => Self::Verb,
            (Self::Statement | Self::SubStatement, "object") => Self::object(node),
            (Self::Statement | Self::SubStatement, "result") => Self::Result,
            (Self::Statement | Self::SubStatement, "context") => Self::Context,
            (Self::Statement | Self::SubStatement, "attachments") => Self::Attachment,
            (Self::Context, "contextActivities") => Self::ContextActivities,
            (Self::Context, "contextAgents" | "contextGroups") => Self::ContextActor,
            (Self::Context, "statement") => Self::StatementRef,
            (Self::ContextActivities, _) => Self::Activity,
            (Self::Activity, "definition") => Self::Definition,
            _ => Self::Other,
        }
    }

    fn object(node: &Node<'_>) -> Self {
        match node.get("objectType").and_then(Node::str) {
            Some("Agent" | "Group") => Self::Actor,
            Some("SubStatement") => Self::SubStatement,
            Some("StatementRef") => Self::StatementRef,
            _ => Self::Activity,
        }
    }
}
