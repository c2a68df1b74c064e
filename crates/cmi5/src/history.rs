//! What the statements of a registration say when they are heard in the order of the record: which
//! sessions there were, what became of them and of the units, and what was satisfied.
//!
//! Whatever is kept beside the statements can be compared with it. A voided statement may have
//! counted before it was voided, or never, where a course is taken leniently (6.3): so what only
//! voided statements say may be kept or not.

use crate::course::MoveOn;
use crate::rollup::{Facts, satisfies};
use crate::rules::{DefinedVerb, extension_text, is_defined};
use crate::terms::{extension, verb};
use rollbook_xapi::object::Object;
use rollbook_xapi::statement::Statement;
use std::collections::BTreeMap;

/// Who said it: the authority of the statement tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// The launcher.
    Lms,
    /// The launched unit.
    Content,
}

/// How often something was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    valid: usize,
    voided: usize,
}

/// How what is kept disagrees with what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// It is kept, and no statement says so.
    Unsaid,
    /// A statement says so, and it is not kept.
    Unkept,
    /// It can be said once, and was said this many times.
    Repeated(usize),
}

/// What was heard of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionHeard {
    /// The generated id of its unit.
    pub activity: String,
    /// What satisfies the unit, as it was told at the launch.
    pub move_on: MoveOn,
    /// 9.3.1
    pub launched: Heard,
    /// 9.3.2
    pub initialized: Heard,
    /// 9.3.3
    pub completed: Heard,
    /// 9.3.4
    pub passed: Heard,
    /// 9.3.5
    pub failed: Heard,
    /// 9.3.8
    pub terminated: Heard,
    /// 9.3.6
    pub abandoned: Heard,
}

/// What was heard of a unit, over all sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitHeard {
    /// It was launched.
    pub attempted: Heard,
    /// It was completed.
    pub completed: Heard,
    /// It was passed.
    pub passed: Heard,
    /// It was failed.
    pub failed: Heard,
    /// The learner was excused.
    pub waived: Heard,
    /// Its moveOn is met: by valid statements, or by voided ones too.
    pub satisfied: Heard,
    certain: Facts,
    possible: Facts,
}

/// What was heard of a registration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// By their ids.
    pub sessions: BTreeMap<String, SessionHeard>,
    /// By their generated ids.
    pub units: BTreeMap<String, UnitHeard>,
    /// Blocks and the course, by their generated ids (9.3.9).
    pub satisfied: BTreeMap<String, Heard>,
    /// The session that was launched last.
    pub newest: Option<String>,
}

impl Heard {
    fn hear(&mut self, voided: bool) {
        *(if voided { &mut self.voided } else { &mut self.valid }) += 1;
    }

    /// How `kept` disagrees.
    pub fn against(self, kept: bool) -> Option<Disagreement> {
        if kept && self.valid + self.voided == 0 {
            Some(Disagreement::Unsaid)
        } else if !kept && self.valid > 0 {
            Some(Disagreement::Unkept)
        } else {
            None
        }
    }

    /// The same of what is said once at most.
    pub fn once_against(self, kept: bool) -> Option<Disagreement> {
        if self.valid > 1 { Some(Disagreement::Repeated(self.valid)) } else { self.against(kept) }
    }
}

impl History {
    /// Hears the next statement of the registration.
    pub fn hear(&mut self, statement: &Statement<'_>, voice: Voice, voided: bool) {
        let Object::Activity(object) = &statement.object else { return };
        let Some(session) = extension_text(statement, extension::SESSION_ID) else { return };
        if !is_defined(statement) {
            return;
        }
        match voice {
            Voice::Lms => self.hear_lms(statement, (session, object.id), voided),
            Voice::Content => {
                let verb = DefinedVerb::of(statement.verb.id);
                if let Some(verb) = verb {
                    self.hear_content(verb, session, voided);
                }
            }
        }
    }

    fn hear_lms(
        &mut self,
        statement: &Statement<'_>,
        (session, object): (String, &str),
        voided: bool,
    ) {
        match statement.verb.id {
            verb::LAUNCHED => {
                self.unit(object).attempted.hear(voided);
                let known = self.sessions.entry(session.clone()).or_default();
                object.clone_into(&mut known.activity);
                known.move_on = move_on(statement);
                known.launched.hear(voided);
                self.newest = Some(session);
            }
            verb::ABANDONED => self.sessions.entry(session).or_default().abandoned.hear(voided),
            verb::WAIVED => {
                let unit = self.unit(object);
                unit.waived.hear(voided);
                unit.learn(voided, MoveOn::default(), |facts| facts.waived = true);
            }
            verb::SATISFIED => {
                self.satisfied.entry(object.to_owned()).or_default().hear(voided);
            }
            _ => {}
        }
    }

    fn hear_content(&mut self, verb: DefinedVerb, session: String, voided: bool) {
        let known = self.sessions.entry(session).or_default();
        let heard = match verb {
            DefinedVerb::Initialized => &mut known.initialized,
            DefinedVerb::Completed => &mut known.completed,
            DefinedVerb::Passed => &mut known.passed,
            DefinedVerb::Failed => &mut known.failed,
            DefinedVerb::Terminated => &mut known.terminated,
        };
        heard.hear(voided);
        let (activity, move_on) = (known.activity.clone(), known.move_on);
        let unit = self.unit(&activity);
        match verb {
            DefinedVerb::Completed => unit.completed.hear(voided),
            DefinedVerb::Passed => unit.passed.hear(voided),
            DefinedVerb::Failed => unit.failed.hear(voided),
            DefinedVerb::Initialized | DefinedVerb::Terminated => {}
        }
        unit.learn(voided, move_on, |facts| match verb {
            DefinedVerb::Completed => facts.completed = true,
            DefinedVerb::Passed => facts.passed = true,
            _ => {}
        });
    }

    fn unit(&mut self, activity: &str) -> &mut UnitHeard {
        self.units.entry(activity.to_owned()).or_default()
    }
}

impl UnitHeard {
    /// Whatever happens to a unit is weighed with all that happened before, under the moveOn of
    /// its session (9.3.3, 9.3.4).
    fn learn(&mut self, voided: bool, move_on: MoveOn, change: impl Fn(&mut Facts)) {
        change(&mut self.possible);
        if !voided {
            change(&mut self.certain);
        }
        if !voided && satisfies(move_on, self.certain) {
            self.satisfied.hear(false);
        } else if satisfies(move_on, self.possible) {
            self.satisfied.hear(true);
        }
    }
}

/// 9.6.3.5: what the launch said.
fn move_on(statement: &Statement<'_>) -> MoveOn {
    let text = extension_text(statement, extension::MOVE_ON).unwrap_or_default();
    let named = MoveOn::ALL.iter().find(|(name, _)| *name == text);
    named.map_or_else(MoveOn::default, |(_, move_on)| *move_on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::CATEGORY_CMI5;
    use rollbook_xapi::json::parse;
    use rollbook_xapi::validate;
    use rollbook_xapi::version::Version;
    use serde_json::json;

    const UNIT: &str = "https://l.example/au/1";

    /// Lets somebody say something about a unit in a session.
    fn say(history: &mut History, voice: Voice, verb: &str, session: &str, voided: bool) {
        let text = json!({
            "id": "00000000-0000-4000-8000-000000000001",
            "actor": {"account": {"homePage": "https://lms.example", "name": "u1"}},
            "verb": {"id": verb},
            "object": {"id": UNIT},
            "context": {
                "registration": "00000000-0000-4000-8000-000000000007",
                "contextActivities": {"category": [{"id": CATEGORY_CMI5}]},
                "extensions": {extension::SESSION_ID: session, extension::MOVE_ON: "CompletedAndPassed"},
            },
            "timestamp": "2026-11-21T15:00:00Z",
        })
        .to_string();
        let node = parse(&text).unwrap();
        let statement = validate::statement(&node, Version::V1, "").unwrap();
        history.hear(&statement, voice, voided);
    }

    #[test]
    fn what_sessions_say_adds_up() {
        let mut history = History::default();
        say(&mut history, Voice::Lms, verb::LAUNCHED, "s1", false);
        say(&mut history, Voice::Content, verb::COMPLETED, "s1", false);
        assert_eq!(history.units[UNIT].satisfied.against(false), None);
        say(&mut history, Voice::Lms, verb::ABANDONED, "s1", false);
        say(&mut history, Voice::Lms, verb::LAUNCHED, "s2", false);
        say(&mut history, Voice::Content, verb::PASSED, "s2", false);
        assert_eq!(history.units[UNIT].satisfied.against(false), Some(Disagreement::Unkept));
        assert_eq!(history.units[UNIT].attempted.against(true), None, "twice is well");
        assert_eq!(history.newest.as_deref(), Some("s2"));
        let first = &history.sessions["s1"];
        assert_eq!(first.abandoned.once_against(true), None);
        assert_eq!(first.passed.once_against(true), Some(Disagreement::Unsaid));
    }

    #[test]
    fn what_is_said_once_may_not_be_repeated() {
        let mut history = History::default();
        for _ in 0..2 {
            say(&mut history, Voice::Lms, verb::SATISFIED, "s1", false);
        }
        let heard = history.satisfied[UNIT];
        assert_eq!(heard.once_against(true), Some(Disagreement::Repeated(2)));
        assert_eq!(heard.against(false), Some(Disagreement::Unkept));
    }

    /// 6.3: what was voided may have counted or not.
    #[test]
    fn what_only_voided_statements_say_may_be_kept_or_not() {
        let mut history = History::default();
        say(&mut history, Voice::Lms, verb::LAUNCHED, "s1", false);
        say(&mut history, Voice::Content, verb::COMPLETED, "s1", true);
        say(&mut history, Voice::Content, verb::PASSED, "s1", false);
        let unit = &history.units[UNIT];
        for kept in [true, false] {
            assert_eq!(unit.completed.once_against(kept), None);
            assert_eq!(unit.satisfied.against(kept), None);
        }
        assert_eq!(unit.passed.once_against(false), Some(Disagreement::Unkept));
    }

    /// 9.3.7: who is excused needs nothing else; 9.6.2.1: what has no category means nothing.
    #[test]
    fn a_waiver_satisfies() {
        let mut history = History::default();
        say(&mut history, Voice::Content, verb::WAIVED, "s1", false);
        assert_eq!(history, History::default(), "content excuses nobody");
        say(&mut history, Voice::Lms, verb::WAIVED, "s0", false);
        assert_eq!(history.units[UNIT].satisfied.against(false), Some(Disagreement::Unkept));
        assert!(history.sessions.is_empty(), "its session id is no session's");
    }
}
