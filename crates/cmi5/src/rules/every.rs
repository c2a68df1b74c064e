//! What every statement of a unit must have, defined or allowed (8.1.3, 9.1, 9.6, 9.7).

use super::catalogue as rule;
use super::{Case, DefinedVerb, Progress, Session};
use crate::terms::{CATEGORY_MOVE_ON, extension};
use rollbook_xapi::actor::Actor;
use rollbook_xapi::ifi::Ifi;
use rollbook_xapi::json;
use rollbook_xapi::statement::Statement;

/// Whether the session is over; then nothing else about the statement matters.
pub(super) fn over(case: &mut Case<'_>, progress: Progress) -> bool {
    if progress.abandoned {
        case.refuse(&rule::ABANDONED, "", "this session was abandoned");
    } else if progress.terminated {
        case.refuse(&rule::LAST, "", "this session has ended with terminated");
    }
    progress.abandoned || progress.terminated
}

pub(super) fn check(case: &mut Case<'_>, session: &Session<'_>) {
    let statement = case.statement;
    if !is_learner(&statement.actor, session.account) {
        case.refuse(&rule::ACTOR, "/actor", "the actor is not the learner who was launched");
    }
    if statement.id.is_none() {
        case.refuse(&rule::ID, "/id", "the statement has no id");
    }
    match statement.timestamp {
        None => case.refuse(&rule::TIMESTAMP, "/timestamp", "the statement has no timestamp"),
        Some(time) if !is_utc(time.text) => {
            case.refuse(&rule::UTC, "/timestamp", "the timestamp is not in UTC");
        }
        Some(_) => {}
    }
    if statement.voids() {
        case.refuse(&rule::VOIDING, "/verb/id", "a unit may not void statements");
    }
    context(case, session);
}

/// 9.6: registration, session id and the values of the template.
fn context(case: &mut Case<'_>, session: &Session<'_>) {
    let statement = case.statement;
    let Some(context) = &statement.context else {
        case.refuse(&rule::CONTEXT, "/context", "the statement has no context");
        return;
    };
    if context.registration != Some(session.registration) {
        let message = "the registration is missing or not the one of this launch";
        case.refuse(&rule::REGISTRATION, "/context/registration", message);
    }
    let own = extension_text(statement, extension::SESSION_ID);
    if own.as_deref() != Some(session.id) {
        let message = "the session id is missing or another session's";
        case.refuse(&rule::SESSION_ID, "/context/extensions", message);
    }
    let grouped = context
        .activities
        .iter()
        .flat_map(|activities| &activities.grouping)
        .any(|activity| activity.id == session.publisher_id);
    if !grouped {
        let message = "the grouping lacks the publisher's id, which the contextTemplate has";
        case.refuse(&rule::TEMPLATE, "/context/contextActivities/grouping", message);
    }
}

/// What is only allowed never counts (9.6.2.2-2).
pub(super) fn allowed(case: &mut Case<'_>) {
    if has_category(case.statement, CATEGORY_MOVE_ON) {
        let message = "a statement that is not cmi5 defined has the category moveon";
        case.refuse(&rule::MOVE_ON_ABSENT, "/context/contextActivities/category", message);
    }
}

/// 9.3: nothing comes before `initialized`, which comes after the preferences were read (11).
pub(super) fn begins_with_initialized(
    case: &mut Case<'_>,
    progress: Progress,
    verb: Option<DefinedVerb>,
) {
    if progress.initialized {
        return;
    }
    if verb != Some(DefinedVerb::Initialized) {
        case.refuse(&rule::FIRST, "/verb/id", "the session has not begun with initialized");
    } else if !progress.preferences_read {
        let message = "the learner's preferences have not been read in this session";
        case.refuse(&rule::PREFERENCES, "", message);
    }
}

pub(super) fn has_category(statement: &Statement<'_>, id: &str) -> bool {
    let activities = statement.context.iter().filter_map(|context| context.activities.as_ref());
    activities.flat_map(|activities| &activities.category).any(|category| category.id == id)
}

/// An extension of the context that is a text.
pub(crate) fn extension_text(statement: &Statement<'_>, key: &str) -> Option<String> {
    let text = statement.context.as_ref()?.extensions?;
    let node = json::parse(text).ok()?;
    node.get(key)?.str().map(str::to_owned)
}

/// 9.2: an Agent with the launch's account; a name beside it is the learner's own affair.
fn is_learner(actor: &Actor<'_>, (home_page, name): (&str, &str)) -> bool {
    match actor {
        Actor::Agent(agent) => agent.ifi == Ifi::Account { home_page, name },
        Actor::Group(_) => false,
    }
}

/// 9.7: any way of writing the offset zero.
fn is_utc(text: &str) -> bool {
    let zone = text.rfind(['Z', 'z', '+', '-']).and_then(|at| text.get(at..)).unwrap_or_default();
    match zone.strip_prefix('+') {
        Some(offset) => offset.bytes().all(|byte| matches!(byte, b'0' | b':')),
        None => zone.eq_ignore_ascii_case("z"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_utc;

    /// 9.7.0.0-2
    #[test]
    fn utc() {
        for text in [
            "2026-11-21T15:00:00Z",
            "2026-11-21T15:00:00.1+00:00",
            "2026-11-21T15:00:00+0000",
            "2026-11-21T15:00:00+00",
        ] {
            assert!(is_utc(text), "{text}");
        }
        for text in [
            "2026-11-21T15:00:00+01:00",
            "2026-11-21T15:00:00-05:00",
            "2026-11-21T15:00:00",
            "2026-11-21T15:00:00+00:30",
        ] {
            assert!(!is_utc(text), "{text}");
        }
    }
}
