//! Every rule of the standard that a statement can break, checked at once.

use crate::actor::Actor;
use crate::json::Node;
use crate::statement::Statement;
use crate::version::Version;
use crate::violation::Violation;

/// The typed view of the statement at `node`, or everything that is wrong with it.
///
/// `at` is the JSON pointer of the statement in what was sent: empty, or such as `/3` in a batch.
pub fn statement<'a>(
    node: &'a Node<'a>,
    version: Version,
    at: &str,
) -> Result<Statement<'a>, Vec<Violation>> {
    let _ = (node, version, at);
    Err(Vec::new())
}

/// The actor at `node`, or everything that is wrong with it.
pub fn agent<'a>(
    node: &'a Node<'a>,
    version: Version,
    at: &str,
) -> Result<Actor<'a>, Vec<Violation>> {
    let _ = (node, version, at);
    Err(Vec::new())
}
