//! What a statement that cmi5 defines must have beyond the others (9.3, 9.5, 9.6.2, 9.6.3.2).

use super::catalogue as rule;
use super::every::has_category;
use super::{Case, DefinedVerb, Progress, Registered, Session};
use crate::course::MasteryScore;
use crate::launch::LaunchMode;
use crate::terms::{CATEGORY_MOVE_ON, extension, verb};
use rollbook_xapi::object::Object;
use rollbook_xapi::result::Score;
use rollbook_xapi::statement::Statement;
use rollbook_xapi::{decimal, json};
use std::cmp::Ordering;

/// What the statement says, even if something else about it is wrong.
pub(super) fn check(
    case: &mut Case<'_>,
    session: &Session<'_>,
    progress: Progress,
    registered: Registered,
) -> Option<DefinedVerb> {
    let Some(verb) = DefinedVerb::of(case.statement.verb.id) else {
        let message = "no unit may send this verb with the category cmi5";
        case.refuse(&rule::VERB, "/verb/id", message);
        return None;
    };
    let object = matches!(&case.statement.object, Object::Activity(activity) if activity.id == session.activity);
    if !object {
        case.refuse(&rule::OBJECT, "/object/id", "the object is not the unit that was launched");
    }
    order(case, verb, session, progress, registered);
    result(case, verb);
    score(case, verb, session.mastery_score);
    Some(verb)
}

/// 9.3: how often, in which mode, and after what.
fn order(
    case: &mut Case<'_>,
    verb: DefinedVerb,
    session: &Session<'_>,
    progress: Progress,
    registered: Registered,
) {
    use DefinedVerb::{Completed, Failed, Initialized, Passed, Terminated};
    let again = match verb {
        Initialized => progress.initialized,
        Completed => progress.completed,
        Passed => progress.passed,
        Failed => progress.failed,
        Terminated => progress.terminated,
    };
    if again {
        case.refuse(&rule::DUPLICATE, "/verb/id", "this session has used the verb already");
    }
    let other = match verb {
        Passed => progress.failed,
        Failed => progress.passed,
        Initialized | Completed | Terminated => false,
    };
    if other {
        case.refuse(&rule::OUTCOME_TWICE, "/verb/id", "this session was passed or failed already");
    }
    match verb {
        Completed if registered.completed && !again => {
            let message = "the unit was completed in this registration already";
            case.refuse(&rule::COMPLETED_TWICE, "/verb/id", message);
        }
        Passed if registered.passed && !again => {
            let message = "the unit was passed in this registration already";
            case.refuse(&rule::PASSED_TWICE, "/verb/id", message);
        }
        Failed if registered.passed && !other => {
            let message = "the unit was passed in this registration already";
            case.refuse(&rule::FAILED_AFTER_PASSED, "/verb/id", message);
        }
        _ => {}
    }
    let mode = match session.mode {
        LaunchMode::Normal => None,
        LaunchMode::Browse => Some(&rule::BROWSE),
        LaunchMode::Review => Some(&rule::REVIEW),
    };
    if let (Some(rule), Completed | Passed | Failed) = (mode, verb) {
        case.refuse(rule, "/verb/id", "this launch does not count");
    }
}

/// 9.5.2 to 9.5.4 and 9.6.2.2.
fn result(case: &mut Case<'_>, verb: DefinedVerb) {
    use DefinedVerb::{Completed, Failed, Initialized, Passed, Terminated};
    let outcome = case.statement.result.as_ref();
    let success = outcome.and_then(|outcome| outcome.success);
    let completion = outcome.and_then(|outcome| outcome.completion);
    let duration = outcome.and_then(|outcome| outcome.duration);
    match (verb, success) {
        (Passed, Some(true))
        | (Failed, Some(false))
        | (Initialized | Completed | Terminated, None) => {}
        (Passed, _) => case.refuse(&rule::SUCCESS_TRUE, "/result/success", "success is not true"),
        (Failed, _) => case.refuse(&rule::SUCCESS_FALSE, "/result/success", "success is not false"),
        (Initialized | Completed | Terminated, Some(_)) => {
            case.refuse(&rule::SUCCESS_ABSENT, "/result/success", "this verb has no success");
        }
    }
    match (verb, completion) {
        (Completed, Some(true)) | (Initialized | Passed | Failed | Terminated, None) => {}
        (Completed, _) => {
            case.refuse(&rule::COMPLETION_TRUE, "/result/completion", "completion is not true");
        }
        (Initialized | Passed | Failed | Terminated, Some(_)) => {
            let message = "this verb has no completion";
            case.refuse(&rule::COMPLETION_ABSENT, "/result/completion", message);
        }
    }
    let owed = match verb {
        Initialized => None,
        Terminated => Some(&rule::DURATION_TERMINATED),
        Completed => Some(&rule::DURATION_COMPLETED),
        Passed => Some(&rule::DURATION_PASSED),
        Failed => Some(&rule::DURATION_FAILED),
    };
    if let (Some(rule), None) = (owed, duration) {
        case.refuse(rule, "/result/duration", "the duration is missing");
    }
    let pointer = "/context/contextActivities/category";
    match (
        success.is_some() || completion.is_some(),
        has_category(case.statement, CATEGORY_MOVE_ON),
    ) {
        (true, false) => case.refuse(&rule::MOVE_ON, pointer, "the category moveon is missing"),
        (false, true) => {
            let message = "there is neither success nor completion, and yet the category moveon";
            case.refuse(&rule::MOVE_ON_ABSENT, pointer, message);
        }
        _ => {}
    }
}

/// 9.5.1, 9.3.4, 9.3.5 and 9.6.3.2.
fn score(case: &mut Case<'_>, verb: DefinedVerb, mastery: Option<&MasteryScore>) {
    let statement = case.statement;
    let score = statement.result.as_ref().and_then(|outcome| outcome.score.as_ref());
    let decides = matches!(verb, DefinedVerb::Passed | DefinedVerb::Failed);
    if let Some(score) = score {
        if !decides {
            case.refuse(&rule::SCORE, "/result/score", "only passed and failed have a score");
        }
        values(case, score);
    }
    let scaled = score.and_then(|score| score.scaled).filter(|_| decides);
    if let (Some(scaled), Some(mastery)) = (scaled, mastery) {
        let reached = decimal::compare(scaled, mastery.as_str()) != Ordering::Less;
        if verb == DefinedVerb::Passed && !reached {
            let message = format!("the score is below the masteryScore {}", mastery.as_str());
            case.refuse(&rule::PASSED_SCORE, "/result/score/scaled", message);
        } else if verb == DefinedVerb::Failed && reached {
            let message = format!("the score reaches the masteryScore {}", mastery.as_str());
            case.refuse(&rule::FAILED_SCORE, "/result/score/scaled", message);
        }
    }
    mastery_extension(case, scaled.is_some(), mastery);
}

/// The extension is owed when a score decided by the mastery score; whenever it is there it must
/// equal what was handed over. Some clients leave it out when the mastery score is 0, which
/// decides nothing.
fn mastery_extension(case: &mut Case<'_>, scored: bool, mastery: Option<&MasteryScore>) {
    let pointer = "/context/extensions";
    match (given_mastery(case.statement), mastery) {
        (Given::Number(given), Some(mastery)) => {
            if decimal::compare(&given, mastery.as_str()) != Ordering::Equal {
                let message = format!("the extension masteryscore is not {}", mastery.as_str());
                case.refuse(&rule::MASTERY, pointer, message);
            }
        }
        (Given::Number(_), None) => {
            let message = "the extension masteryscore is there, but the launch had no masteryScore";
            case.refuse(&rule::MASTERY, pointer, message);
        }
        (Given::Other, _) => case.refuse(&rule::MASTERY, pointer, "masteryscore is not a number"),
        (Given::Absent, Some(mastery)) => {
            let zero = decimal::compare(mastery.as_str(), "0") == Ordering::Equal;
            if scored && !zero {
                case.refuse(&rule::MASTERY, pointer, "the extension masteryscore is missing");
            }
        }
        (Given::Absent, None) => {}
    }
}

enum Given {
    Absent,
    Number(String),
    Other,
}

fn given_mastery(statement: &Statement<'_>) -> Given {
    let extensions = statement.context.as_ref().and_then(|context| context.extensions);
    let Some(node) = extensions.and_then(|text| json::parse(text).ok()) else {
        return Given::Absent;
    };
    match node.get(extension::MASTERY_SCORE) {
        None => Given::Absent,
        Some(value) => value.number().map_or(Given::Other, |text| Given::Number(text.to_owned())),
    }
}

/// 9.5.1: raw, min and max are integers and belong together; scaled is from 0 to 1.
fn values(case: &mut Case<'_>, score: &Score<'_>) {
    let Score { scaled, raw, min, max } = score;
    if raw.is_some() && (min.is_none() || max.is_none()) {
        case.refuse(&rule::RAW, "/result/score/raw", "raw is there without min and max");
    }
    let integers =
        [("/result/score/raw", raw), ("/result/score/min", min), ("/result/score/max", max)];
    for (pointer, value) in integers {
        if value.is_some_and(|value| !is_integer(value)) {
            case.refuse(&rule::SCORE_VALUES, pointer, "this is not an integer");
        }
    }
    let above = |a: Option<&str>, b: Option<&str>| matches!((a, b), (Some(a), Some(b)) if decimal::compare(a, b) == Ordering::Greater);
    if above(*min, *raw) || above(*raw, *max) {
        case.refuse(&rule::SCORE_VALUES, "/result/score/raw", "raw is not between min and max");
    }
    if above(Some("0"), *scaled) || above(*scaled, Some("1")) {
        case.refuse(&rule::SCORE_VALUES, "/result/score/scaled", "scaled is not from 0 to 1");
    }
}

/// `3`, `3.0` and `-3e2` are integers.
fn is_integer(number: &str) -> bool {
    decimal::to_u64(number.strip_prefix('-').unwrap_or(number)).is_some()
}

impl DefinedVerb {
    /// The verb of a defined statement; none for those that only an LMS may send.
    pub fn of(id: &str) -> Option<Self> {
        match id {
            verb::INITIALIZED => Some(Self::Initialized),
            verb::COMPLETED => Some(Self::Completed),
            verb::PASSED => Some(Self::Passed),
            verb::FAILED => Some(Self::Failed),
            verb::TERMINATED => Some(Self::Terminated),
            _ => None,
        }
    }
}
