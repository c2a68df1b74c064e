//! Sessions that end without a word (9.3.6): by another launch, after long silence, because they are
//! too old, on demand, or because the learner came back.
//!
//! A session is abandoned once and never after it was terminated; asking again changes nothing. From
//! then on its token opens nothing.

use super::desk::{Desk, micros};
use super::events::Event;
use super::row::{Registration, Session};
use super::store;
use crate::error::{Problem, Result};
use rollbook_cmi5::statements::abandoned;
use rollbook_db::Tx;
use uuid::Uuid;

/// Why a session was abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbandonedBy {
    /// A unit of the registration was launched.
    Launch,
    /// Nothing was heard of it for long.
    Idle,
    /// It lasted as long as a session may.
    Age,
    /// Somebody asked for it.
    Api,
    /// The learner came back and it had not ended.
    Returned,
}

impl AbandonedBy {
    /// Its name in the store and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Idle => "idle",
            Self::Age => "age",
            Self::Api => "api",
            Self::Returned => "return",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Launch => "abandoned: a unit of the registration was launched",
            Self::Idle => "abandoned: nothing was heard of it for too long",
            Self::Age => "abandoned: it lasted longer than a session may",
            Self::Api => "abandoned: somebody asked for it",
            Self::Returned => "abandoned: the learner came back and it had not ended",
        }
    }
}

impl Desk {
    /// Abandons a session of a registration, or the one that is active; which one it was, or none if
    /// there was nothing to abandon.
    ///
    /// # Errors
    /// 404 if there is no such registration or no such session of it.
    pub fn abandon(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
        session: Option<Uuid>,
        by: AbandonedBy,
    ) -> Result<Option<Uuid>> {
        let mut registration = self.hold(tx, registration)?;
        if let Some(session) = session {
            let session = self.session(tx, session)?;
            if session.registration != registration.id {
                return Err(Problem::not_found("there is no such session"));
            }
            // Somebody may have been heard since it was found silent.
            let heard = by == AbandonedBy::Idle && session.last_request >= self.silent_since();
            if session.ended().is_some() || heard {
                return Ok(None);
            }
        }
        let mut texts = Vec::new();
        let ended = self.abandon_active(tx, &mut registration, by, &mut texts)?;
        if let Some(session) = &ended {
            if registration.session == Some(session.id) {
                registration.status = session.status();
            }
            self.save_registration(tx, &mut registration)?;
        }
        self.record(tx, &texts)?;
        Ok(ended.map(|session| session.id))
    }

    /// Sessions that were not heard of since then are over.
    fn silent_since(&self) -> i64 {
        self.now().saturating_sub(micros(self.app().limits.cmi5.idle_seconds_max))
    }

    /// Ends the active session of a registration that is held, if there is one; its statement is
    /// added to `texts`.
    pub(super) fn abandon_active(
        &self,
        tx: &mut Tx<'_>,
        registration: &mut Registration,
        by: AbandonedBy,
        texts: &mut Vec<String>,
    ) -> Result<Option<Session>> {
        let active = tx.one(&store::ACTIVE, &self.args([registration.id.into()]))?;
        let Some(mut session): Option<Session> = active else { return Ok(None) };
        session.abandoned = Some(self.now());
        session.abandoned_by = Some(by.name().to_owned());
        let lasted = duration(session.last_request.saturating_sub(session.launched));
        let names = (session.activity.as_str(), session.publisher_id.as_str());
        let id = session.id.to_string();
        texts.push(self.tell(registration, &id, names, |common| abandoned(common, &lasted)));
        self.save_session(tx, &session)?;
        self.note(tx, session.id, &Event::of_ours("abandoned", by.words().to_owned()))?;
        Ok(Some(session))
    }
}

/// A span of microseconds in ISO 8601 with hundredths of a second (9.5.4.2).
fn duration(micros: i64) -> String {
    let hundredths = micros.max(0) / 10_000;
    match (hundredths / 100, hundredths % 100) {
        (seconds, 0) => format!("PT{seconds}S"),
        (seconds, rest) => format!("PT{seconds}.{rest:02}S"),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations() {
        for (micros, expected) in [
            (-1, "PT0S"),
            (0, "PT0S"),
            (9_999, "PT0S"),
            (1_050_000, "PT1.05S"),
            (90_000_000, "PT90S"),
        ] {
            assert_eq!(duration(micros), expected);
            assert!(micros < 0 || rollbook_xapi::duration::is_valid(expected));
        }
    }
}
