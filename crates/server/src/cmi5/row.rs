//! Registrations, sessions and what is known of units, as they are stored.

use rollbook_cmi5::course::{MasteryScore, MoveOn};
use rollbook_cmi5::launch::LaunchMode;
use rollbook_cmi5::rollup::Facts;
use rollbook_cmi5::rules::{Progress, Registered};
use rollbook_db::{FromRow, Result, Row};
use uuid::Uuid;

/// Whose letter counts where the standard and the Creatiq cmi5 contract differ (`cmi5.md` 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The standard's: the content is a unit of an imported course.
    Cmi5,
    /// The contract's: the content is anything else.
    Creatiq,
}

/// A learner, by an account (9.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who vouches for the name.
    pub home_page: String,
    /// The name.
    pub name: String,
}

/// What the contract calls the status of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Registered, and never launched.
    Initialized,
    /// Launched.
    Launched,
    /// Completed in the last session.
    Completed,
    /// Passed in the last session.
    Passed,
    /// Failed in the last session.
    Failed,
    /// The last session ended without a word.
    Abandoned,
    /// Excused.
    Waived,
    /// The last session has ended.
    Terminated,
}

/// Who is registered for what.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its id.
    pub id: Uuid,
    /// Whose letter counts.
    pub profile: Profile,
    /// The course and its version, unless it is one unit without a package.
    pub course: Option<(Uuid, i64)>,
    /// That unit, as JSON.
    pub(super) structure: Option<String>,
    /// What generated ids begin with.
    pub(crate) base: String,
    /// What it is for.
    pub content_id: String,
    /// Who the learner is to whoever registered.
    pub learner_id: String,
    /// The learner.
    pub account: Account,
    /// What came of the last session.
    pub status: Status,
    /// The session that was launched last.
    pub session: Option<Uuid>,
    /// As JSON.
    pub score: Option<String>,
    /// The mode of the last launch.
    pub launch_mode: LaunchMode,
    /// When it was made, in microseconds since 1970 UTC, as all times here.
    pub created: i64,
    /// When something last happened.
    pub updated: i64,
    /// Since when it is satisfied.
    pub satisfied: Option<i64>,
    /// Whether it is the one that counts for its content and learner.
    pub current: bool,
}

/// One launch of a unit.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// The registration that it belongs to.
    pub registration: Uuid,
    /// The unit's place in the course.
    pub unit: usize,
    /// Its generated id.
    pub activity: String,
    /// Its publisher's id.
    pub publisher_id: String,
    /// Its mode.
    pub mode: LaunchMode,
    /// What satisfies the unit, as it was told.
    pub move_on: MoveOn,
    /// The least score that passes, as it was told.
    pub mastery_score: Option<MasteryScore>,
    /// When it was launched.
    pub launched: i64,
    /// When its token was fetched.
    pub fetched: Option<i64>,
    /// When the learner's preferences were read.
    pub preferences: Option<i64>,
    /// When it began.
    pub initialized: Option<i64>,
    /// When the unit was completed.
    pub completed: Option<i64>,
    /// When the unit was passed.
    pub passed: Option<i64>,
    /// When the unit was failed.
    pub failed: Option<i64>,
    /// When it ended by its own word.
    pub terminated: Option<i64>,
    /// When it was abandoned.
    pub abandoned: Option<i64>,
    /// Why.
    pub abandoned_by: Option<String>,
    /// When something was last heard of it, give or take a minute.
    pub last_request: i64,
    /// As JSON.
    pub score: Option<String>,
    /// When it ends at the latest.
    pub expires: i64,
}

/// What is known of one unit in one registration.
#[derive(Clone, Debug, Default)]
pub struct UnitFacts {
    /// The unit's place in the course.
    pub unit: usize,
    /// When it was first launched.
    pub attempted: Option<i64>,
    /// When the unit was completed.
    pub completed: Option<i64>,
    /// When the unit was passed.
    pub passed: Option<i64>,
    /// When the unit was failed.
    pub failed: Option<i64>,
    /// When the learner was excused.
    pub waived: Option<i64>,
    /// Why.
    pub waived_reason: Option<String>,
    /// Since when it is satisfied.
    pub satisfied: Option<i64>,
    /// As JSON.
    pub score: Option<String>,
}

impl Profile {
    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cmi5 => "cmi5",
            Self::Creatiq => "creatiq",
        }
    }

    fn parse(text: &str) -> Self {
        if text == "creatiq" { Self::Creatiq } else { Self::Cmi5 }
    }
}

impl Status {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 8] = [
        ("initialized", Self::Initialized),
        ("launched", Self::Launched),
        ("completed", Self::Completed),
        ("passed", Self::Passed),
        ("failed", Self::Failed),
        ("abandoned", Self::Abandoned),
        ("waived", Self::Waived),
        ("terminated", Self::Terminated),
    ];

    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, status)| *status == self);
        named.map_or("initialized", |(name, _)| name)
    }

    /// The status of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, status)| *status)
    }
}

impl Session {
    /// What the rules ask about it.
    pub(super) fn progress(&self) -> Progress {
        Progress {
            preferences_read: self.preferences.is_some(),
            initialized: self.initialized.is_some(),
            completed: self.completed.is_some(),
            passed: self.passed.is_some(),
            failed: self.failed.is_some(),
            terminated: self.terminated.is_some(),
            abandoned: self.abandoned.is_some(),
        }
    }

    /// When it ended, if it has.
    pub fn ended(&self) -> Option<i64> {
        self.terminated.or(self.abandoned)
    }

    /// What the contract calls what came of it.
    pub(super) fn status(&self) -> Status {
        match self {
            Self { passed: Some(_), .. } => Status::Passed,
            Self { failed: Some(_), .. } => Status::Failed,
            Self { completed: Some(_), .. } => Status::Completed,
            Self { terminated: Some(_), .. } => Status::Terminated,
            Self { abandoned: Some(_), .. } => Status::Abandoned,
            _ => Status::Launched,
        }
    }
}

impl UnitFacts {
    /// What the rollup asks about it.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            completed: self.completed.is_some(),
            passed: self.passed.is_some(),
            waived: self.waived.is_some(),
        }
    }

    /// What the rules ask about it.
    pub(super) fn registered(&self) -> Registered {
        Registered { completed: self.completed.is_some(), passed: self.passed.is_some() }
    }
}

impl FromRow for Registration {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let course: Option<Uuid> = row.get(2)?;
        let version: Option<i64> = row.get(3)?;
        let current: i32 = row.get(17)?;
        Ok(Self {
            id: row.get(0)?,
            profile: Profile::parse(row.text(1)?),
            course: course.zip(version),
            structure: row.get(4)?,
            base: row.get(5)?,
            content_id: row.get(6)?,
            learner_id: row.get(7)?,
            account: Account { home_page: row.get(8)?, name: row.get(9)? },
            status: Status::parse(row.text(10)?).unwrap_or(Status::Initialized),
            session: row.get::<Option<String>>(11)?.and_then(|text| text.parse().ok()),
            score: row.get(12)?,
            launch_mode: named(&LaunchMode::ALL, row.text(13)?),
            created: row.get(14)?,
            updated: row.get(15)?,
            satisfied: row.get(16)?,
            current: current == 1,
        })
    }
}

impl FromRow for Session {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let unit: i64 = row.get(2)?;
        let score: Option<String> = row.get(7)?;
        Ok(Self {
            id: row.get(0)?,
            registration: row.get(1)?,
            unit: place(unit),
            activity: row.get(3)?,
            publisher_id: row.get(4)?,
            mode: named(&LaunchMode::ALL, row.text(5)?),
            move_on: named(&MoveOn::ALL, row.text(6)?),
            mastery_score: score.and_then(|score| MasteryScore::parse(&score).ok()),
            launched: row.get(8)?,
            fetched: row.get(9)?,
            preferences: row.get(10)?,
            initialized: row.get(11)?,
            completed: row.get(12)?,
            passed: row.get(13)?,
            failed: row.get(14)?,
            terminated: row.get(15)?,
            abandoned: row.get(16)?,
            abandoned_by: row.get(17)?,
            last_request: row.get(18)?,
            score: row.get(19)?,
            expires: row.get(20)?,
        })
    }
}

impl FromRow for UnitFacts {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let unit: i64 = row.get(0)?;
        Ok(Self {
            unit: place(unit),
            attempted: row.get(1)?,
            completed: row.get(2)?,
            passed: row.get(3)?,
            failed: row.get(4)?,
            waived: row.get(5)?,
            waived_reason: row.get(6)?,
            satisfied: row.get(7)?,
            score: row.get(8)?,
        })
    }
}

/// A place in a list as it is stored; only we write them.
fn place(stored: i64) -> usize {
    usize::try_from(stored).unwrap_or(usize::MAX)
}

/// The value of a name; only we write them.
fn named<T: Copy + Default>(all: &[(&str, T)], text: &str) -> T {
    all.iter().find(|(name, _)| *name == text).map_or_else(T::default, |(_, value)| *value)
}
