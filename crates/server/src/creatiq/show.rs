//! A registration as the contract shows it.

use crate::cmi5::{Desk, Registration, UnitFacts};
use crate::error::Result;
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

/// A registration, with what is known of its course beside the contract's members.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegistrationShown {
    id: Uuid,
    content_id: String,
    learner_id: String,
    actor_account: Value,
    status: &'static str,
    session_id: Option<Uuid>,
    score: Option<Box<RawValue>>,
    launch_mode: &'static str,
    created_at: String,
    updated_at: String,
    cmi5: Facts,
}

/// What is so for ever, whatever the last session was like.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a member that clients read")]
struct Facts {
    completed: bool,
    passed: bool,
    waived: bool,
    satisfied: bool,
    active_session: Option<Uuid>,
}

/// What worked, in the envelope of the contract.
#[derive(Serialize)]
pub(super) struct Success<T> {
    success: bool,
    data: T,
}

impl<T: Serialize> Success<T> {
    pub(super) fn new(data: T) -> Self {
        Self { success: true, data }
    }
}

/// A registration.
pub(super) fn registration(
    desk: &Desk,
    tx: &mut Tx<'_>,
    registration: Registration,
) -> Result<Success<RegistrationShown>> {
    let facts = facts(desk, tx, &registration)?;
    let Registration {
        id,
        content_id,
        learner_id,
        account,
        status,
        session,
        score,
        launch_mode,
        created,
        updated,
        ..
    } = registration;
    Ok(Success::new(RegistrationShown {
        id,
        content_id,
        learner_id,
        actor_account: json!({"homePage": account.home_page, "name": account.name}),
        status: status.name(),
        session_id: session,
        score: score.and_then(|text| RawValue::from_string(text).ok()),
        launch_mode: launch_mode.name(),
        created_at: millis(created),
        updated_at: millis(updated),
        cmi5: facts,
    }))
}

/// Of a course with several units, what holds of each of them.
fn facts(desk: &Desk, tx: &mut Tx<'_>, registration: &Registration) -> Result<Facts> {
    let count = desk.outline(tx, registration)?.units().len();
    let known = desk.units(tx, registration.id)?;
    let all =
        |has: fn(&UnitFacts) -> bool| known.iter().filter(|facts| has(facts)).count() == count;
    let active_session = match registration.session {
        Some(id) => Some(desk.session(tx, id)?).filter(|session| session.ended().is_none()),
        None => None,
    };
    Ok(Facts {
        completed: all(|facts| facts.completed.is_some()),
        passed: all(|facts| facts.passed.is_some()),
        waived: all(|facts| facts.waived.is_some()),
        satisfied: registration.satisfied.is_some(),
        active_session: active_session.map(|session| session.id),
    })
}

/// A time as the contract writes it: `2025-01-15T10:00:00.000Z`.
fn millis(micros: i64) -> String {
    let text = format_micros(micros);
    let kept = text.len().saturating_sub("000Z".len());
    format!("{}Z", text.get(..kept).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds() {
        assert_eq!(millis(1_736_935_200_000_999), "2025-01-15T10:00:00.000Z");
    }
}
