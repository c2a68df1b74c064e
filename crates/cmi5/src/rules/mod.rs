//! Which statements of a unit its session takes (9), as a function of the session, the registration
//! and the batch.
//!
//! A statement is *defined* by its category, never by its verb: a unit may send a second
//! `initialized` of another profile, and it means nothing to cmi5 (9.6.2.1). A batch is taken whole
//! or not at all, and is judged in the order of its timestamps. Timestamps of units are never
//! compared with ours: their clocks are theirs.

mod catalogue;
mod defined;
mod every;
pub mod preferences;
#[cfg(test)]
mod tests;

pub use catalogue::{CATALOGUE, Rule};
pub(crate) use every::extension_text;

use crate::course::MasteryScore;
use crate::launch::LaunchMode;
use rollbook_xapi::statement::Statement;
use uuid::Uuid;

/// A session, as far as the rules depend on it.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    /// The registration that it belongs to.
    pub registration: Uuid,
    /// Its id.
    pub id: &'a str,
    /// The learner's account: home page and name.
    pub account: (&'a str, &'a str),
    /// The generated id of the unit.
    pub activity: &'a str,
    /// The publisher's id of the unit, which the template asks for (9.6.2.0-1).
    pub publisher_id: &'a str,
    /// Whether it counts.
    pub mode: LaunchMode,
    /// The least score that passes, as it was handed over.
    pub mastery_score: Option<&'a MasteryScore>,
    /// What has happened in it.
    pub progress: Progress,
}

/// What has happened in a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "these are facts, each on its own")]
pub struct Progress {
    /// The unit has read the learner's preferences.
    pub preferences_read: bool,
    /// It has begun.
    pub initialized: bool,
    /// It was completed in this session.
    pub completed: bool,
    /// It was passed in this session.
    pub passed: bool,
    /// It was failed in this session.
    pub failed: bool,
    /// It has ended.
    pub terminated: bool,
    /// It was given up.
    pub abandoned: bool,
}

/// What has happened with the unit in the registration, over all sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// It was completed.
    pub completed: bool,
    /// It was passed.
    pub passed: bool,
}

/// A statement that was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// It.
    pub statement: &'a Statement<'a>,
    /// Whether the same statement is stored already, so that sending it again changes nothing.
    pub stored: bool,
}

/// A statement of the batch that changes the session, by its place in the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Its place in the batch.
    pub index: usize,
    /// What it says.
    pub verb: DefinedVerb,
}

/// What a unit may say by a defined statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefinedVerb {
    /// 9.3.2
    Initialized,
    /// 9.3.3
    Completed,
    /// 9.3.4
    Passed,
    /// 9.3.5
    Failed,
    /// 9.3.8
    Terminated,
}

/// Why a statement is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that it breaks.
    pub rule: &'static Rule,
    /// Its place in the batch.
    pub index: usize,
    /// Its id, if it has one.
    pub statement: Option<Uuid>,
    /// Where in it, as a JSON pointer.
    pub pointer: &'static str,
    /// What is wrong.
    pub message: String,
}

/// Judges a batch: what it changes, in the order in which it happened, or everything that is wrong.
pub fn check(
    session: &Session<'_>,
    registered: Registered,
    batch: &[Sent<'_>],
) -> Result<Vec<Effect>, Vec<Refusal>> {
    let mut judge = Judge { session, registered, progress: session.progress, refusals: Vec::new() };
    let mut order: Vec<usize> = (0..batch.len()).collect();
    // A statement without a timestamp is refused; until then it stands where it was sent.
    order.sort_by_key(|index| {
        batch.get(*index).and_then(|sent| sent.statement.timestamp).map(|time| time.micros)
    });
    let mut effects = Vec::new();
    for index in order {
        let Some(sent) = batch.get(index) else { continue };
        if sent.stored && !session.progress.abandoned {
            // Sent again: the answer is that of the first time, which `terminated` may have got.
            if !session.progress.terminated || terminates(sent.statement) {
                continue;
            }
        }
        effects.extend(judge.statement(index, sent.statement).map(|verb| Effect { index, verb }));
    }
    if judge.refusals.is_empty() {
        Ok(effects)
    } else {
        judge.refusals.sort_by_key(|refusal| refusal.index);
        Err(judge.refusals)
    }
}

/// Whether a statement is one that cmi5 defines (9.6.2.1).
pub fn is_defined(statement: &Statement<'_>) -> bool {
    every::has_category(statement, crate::terms::CATEGORY_CMI5)
}

fn terminates(statement: &Statement<'_>) -> bool {
    is_defined(statement) && statement.verb.id == crate::terms::verb::TERMINATED
}

/// A batch that is being judged.
struct Judge<'s> {
    session: &'s Session<'s>,
    registered: Registered,
    progress: Progress,
    refusals: Vec<Refusal>,
}

/// The statement that is being judged.
struct Case<'c> {
    index: usize,
    statement: &'c Statement<'c>,
    refusals: &'c mut Vec<Refusal>,
}

impl Judge<'_> {
    /// What the statement says, if it is defined and breaks nothing.
    fn statement(&mut self, index: usize, statement: &Statement<'_>) -> Option<DefinedVerb> {
        let before = self.refusals.len();
        let mut case = Case { index, statement, refusals: &mut self.refusals };
        if every::over(&mut case, self.progress) {
            return None;
        }
        every::check(&mut case, self.session);
        let verb = if is_defined(statement) {
            let verb = defined::check(&mut case, self.session, self.progress, self.registered);
            every::begins_with_initialized(&mut case, self.progress, verb);
            verb
        } else {
            every::allowed(&mut case);
            every::begins_with_initialized(&mut case, self.progress, None);
            None
        };
        if self.refusals.len() > before {
            return None;
        }
        let verb = verb?;
        match verb {
            DefinedVerb::Initialized => self.progress.initialized = true,
            DefinedVerb::Completed => {
                (self.progress.completed, self.registered.completed) = (true, true);
            }
            DefinedVerb::Passed => (self.progress.passed, self.registered.passed) = (true, true),
            DefinedVerb::Failed => self.progress.failed = true,
            DefinedVerb::Terminated => self.progress.terminated = true,
        }
        Some(verb)
    }
}

impl Case<'_> {
    fn refuse(&mut self, rule: &'static Rule, pointer: &'static str, message: impl Into<String>) {
        let (index, statement) = (self.index, self.statement.id);
        self.refusals.push(Refusal { rule, index, statement, pointer, message: message.into() });
    }
}
