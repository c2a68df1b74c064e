//! From the text of a request to statements ready to be stored: parsed, checked whole, completed.
//!
//! A request is refused whole, with every violation in it (Communication 3.2, 2.1.2).

use super::attach::{self, Parts};
use super::memory::Memory;
use super::prepared::{Prepared, Receipt};
use crate::app::App;
use crate::error::{Code, Problem, Result};
use crate::limits::Limits;
use crate::tenants::{Activities, Caller, restrictions};
use rollbook_xapi::json::{Kind, Node};
use rollbook_xapi::object::Object;
use rollbook_xapi::statement::Statement;
use rollbook_xapi::validate;
use rollbook_xapi::version::Version;
use rollbook_xapi::violation::Violation;
use std::collections::HashMap;
use uuid::Uuid;

/// Violations that an answer tells.
const VIOLATIONS_MAX: usize = 1_000;

/// What the request says about its statements besides their text.
pub(super) struct Envelope {
    pub(super) version: Version,
    /// The `statementId` parameter of a PUT, which allows just one statement with that id.
    pub(super) put: Option<Uuid>,
    pub(super) may_define: bool,
    /// The account that all of them are of, whatever they say, as JSON.
    pub(super) actor: Option<String>,
}

/// Checks the text of a request and makes its statements ready; their ids in the order received.
pub(super) fn receive(
    app: &App,
    caller: &Caller,
    envelope: &Envelope,
    text: &str,
    parts: &Parts,
    memory: &Memory,
) -> Result<Vec<Prepared>> {
    let root = rollbook_xapi::json::parse(text).map_err(|malformed| {
        Problem::bad_request(
            Code::ValidationJsonMalformed,
            format!(
                "the body is not well-formed JSON at byte {}: {}",
                malformed.offset, malformed.message
            ),
        )
    })?;
    let statements = check(&root, envelope, &app.limits)?;
    let ids: Vec<Uuid> = statements
        .iter()
        .map(|statement| statement.id.or(envelope.put).unwrap_or_else(|| app.ids.statement()))
        .collect();
    check_ids(&statements, envelope)?;
    let (activities, is_list) = (caller.activities(), matches!(root.kind, Kind::Array(_)));
    check_activities(&statements, &activities, is_list)?;
    let attached = attach::check(&statements, is_list, parts)?;

    let now = rollbook_xapi::timestamp::format_micros(app.clock.now_micros());
    let authority_keys = authority_keys(&caller.authority)?;
    let dictionary = memory.dictionary();
    let prepare = |((statement, id), attachments): ((&Statement<'_>, &Uuid), Vec<String>)| {
        let receipt = Receipt {
            version: envelope.version,
            id: *id,
            authority: &caller.authority,
            authority_keys: &authority_keys,
            now: &now,
            may_define: envelope.may_define,
        };
        let mut prepared =
            Prepared::new(statement, &receipt, &dictionary).map_err(Problem::internal)?;
        prepared.within_limits()?;
        prepared.defines_only(&activities);
        prepared.recall(memory);
        Ok(Prepared { attachments, ..prepared })
    };
    statements.iter().zip(&ids).zip(attached).map(prepare).collect()
}

/// The keys by which a caller's authority is found.
pub(super) fn authority_keys(authority: &str) -> Result<Vec<String>> {
    let bad = || Problem::internal(anyhow::anyhow!("a credential's authority is not an Agent"));
    let node = rollbook_xapi::json::parse(authority).map_err(|_malformed| bad())?;
    let agent = validate::agent(&node, Version::V1, "").map_err(|_violations| bad())?;
    Ok(rollbook_xapi::index::actor_keys(&agent))
}

/// Every statement of the request, or every violation in it.
fn check<'a>(
    root: &'a Node<'a>,
    envelope: &Envelope,
    limits: &Limits,
) -> Result<Vec<Statement<'a>>> {
    let nodes: Vec<(String, &'a Node<'a>)> = match &root.kind {
        Kind::Array(_) if envelope.put.is_some() => {
            let detail = "PUT takes exactly one statement, not a list (Communication 2.1.1); use POST for a list";
            return Err(Problem::bad_request(Code::ValidationStatementBatch, detail));
        }
        Kind::Array(nodes) => {
            nodes.iter().enumerate().map(|(at, node)| (format!("/{at}"), node)).collect()
        }
        _ => vec![(String::new(), root)],
    };
    if nodes.len() > limits.batch_statements_max {
        let detail = format!(
            "a request holds at most {} statements (batch_statements_max)",
            limits.batch_statements_max
        );
        return Err(Problem::too_large("batch_statements_max", detail));
    }
    let mut statements = Vec::with_capacity(nodes.len());
    let mut violations: Vec<Violation> = Vec::new();
    for (at, node) in nodes {
        if node.raw.len() > limits.statement_bytes_max {
            let detail = format!(
                "the statement at {at:?} is larger than {} bytes (statement_bytes_max)",
                limits.statement_bytes_max
            );
            return Err(Problem::too_large("statement_bytes_max", detail));
        }
        match validate::statement(node, envelope.version, &at) {
            Ok(statement) => statements.push(statement),
            Err(found) => violations.extend(found),
        }
        if violations.len() >= VIOLATIONS_MAX {
            break;
        }
    }
    if violations.is_empty() { Ok(statements) } else { Err(refused(violations)) }
}

/// The refusal of a request, with the first violations if there are too many to tell.
fn refused(mut violations: Vec<Violation>) -> Problem {
    let cut = violations.len() >= VIOLATIONS_MAX;
    violations.truncate(VIOLATIONS_MAX);
    let mut problem = Problem::violations(violations);
    if cut {
        problem.detail = format!(
            "{VIOLATIONS_MAX} rules of the standard are broken, or more: the rest of the request was not looked at; see `errors`"
        );
    }
    problem
}

/// A caller who is restricted to certain activities stores statements about these only.
fn check_activities(
    statements: &[Statement<'_>],
    activities: &Activities,
    is_list: bool,
) -> Result<()> {
    if activities.are_all() {
        return Ok(());
    }
    let violation = |(at, statement): (usize, &Statement<'_>)| {
        let place = if is_list { format!("/{at}/object") } else { "/object".to_owned() };
        match &statement.object {
            Object::Activity(activity) => {
                activities.violation(Some(activity.id), format!("{place}/id"))
            }
            _ => activities.violation(None, place),
        }
    };
    let violations: Vec<Violation> =
        statements.iter().enumerate().filter_map(violation).take(VIOLATIONS_MAX).collect();
    if violations.is_empty() { Ok(()) } else { Err(restrictions::forbidden(violations)) }
}

/// A PUT's statement may repeat the parameter's id, not contradict it (XAPI-00144); no id twice in
/// one request (Communication 2.1.2, 9274.1.1 4.1.6.1).
fn check_ids(statements: &[Statement<'_>], envelope: &Envelope) -> Result<()> {
    let mut seen: HashMap<Uuid, usize> = HashMap::new();
    let mut violations = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        let Some(id) = statement.id else { continue };
        if let Some(put) = envelope.put
            && put != id
        {
            let detail = format!(
                "`statementId` is {put} and the statement's id is {id}; send one of them, or the same twice (Communication 2.1.1)"
            );
            return Err(Problem::bad_request(Code::ValidationStatementId, detail));
        }
        if let Some(first) = seen.insert(id, at) {
            violations.push(Violation {
                requirement: "XAPI-00142",
                clause: "1.0.3 Communication 2.1.2, 9274.1.1 4.1.6.1",
                pointer: format!("/{at}/id"),
                message: format!("statement {at} has the id of statement {first}"),
                fix: "give each statement of a request its own id".to_owned(),
            });
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(Problem::violations(violations)) }
}
