//! Where a learner stands in a course: the outline with what is done, and what is missing.

use super::desk::Desk;
use super::launch::{next, usual_mode};
use super::outline::{Outline, is_satisfied};
use super::row::{Registration, Session, UnitFacts};
use super::store;
use crate::documents;
use crate::error::{Fault, Place, Problem, Result};
use rollbook_cmi5::course::{Au, Block, MoveOn, Node, in_language};
use rollbook_cmi5::rollup::satisfies;
use rollbook_cmi5::rules::preferences;
use rollbook_cmi5::terms::LEARNER_PREFERENCES;
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a learner stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Progress)]
pub(crate) struct Projection {
    /// The registration.
    #[schema(format = "uuid")]
    pub(crate) registration: String,
    /// The course, if it is one of the library.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    course_id: Option<String>,
    /// The version of the course that the registration stays on.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// The course's title, in the reader's language if there is one.
    title: String,
    /// Its description.
    description: String,
    /// The learner.
    learner: AccountShown,
    /// What came of the last session, or `initialized`.
    status: String,
    /// Whether the course is satisfied.
    satisfied: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    satisfied_at: Option<String>,
    /// When the learner was registered.
    #[schema(format = DateTime)]
    created: String,
    /// When something last happened.
    #[schema(format = DateTime)]
    updated: String,
    /// How many units the course has.
    units: usize,
    /// How many of them are satisfied.
    units_satisfied: usize,
    /// The first unit that is not; null if all are.
    next: Option<usize>,
    /// The session that has not ended; null if there is none.
    active_session: Option<ActiveShown>,
    /// The learner's preferences, if they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    preferences: Option<Preferences>,
    /// The parts of the course.
    children: Vec<PartShown>,
}

/// A learner, by an account.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = LearnerAccount)]
pub(crate) struct AccountShown {
    /// Who vouches for the name.
    pub(crate) home_page: String,
    /// The name.
    pub(crate) name: String,
}

/// A session that has not ended.
#[derive(Serialize, ToSchema)]
#[schema(as = ActiveSession)]
struct ActiveShown {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The unit.
    unit: usize,
    /// When it was launched.
    #[schema(format = DateTime)]
    launched: String,
}

/// What a learner prefers (11).
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LearnerPreferences)]
pub(crate) struct Preferences {
    /// Languages, best first, with commas between them.
    pub(crate) language_preference: String,
    /// `on` or `off`.
    pub(crate) audio_preference: String,
}

/// A part of a course.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
#[schema(as = CoursePart)]
enum PartShown {
    /// A part with parts.
    Block(BlockShown),
    /// A part that is launched.
    Unit(UnitShown),
}

/// A part with parts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CourseBlock)]
struct BlockShown {
    /// Its publisher's id.
    id: String,
    /// Its title.
    title: String,
    /// Its description.
    description: String,
    /// Whether it is satisfied.
    satisfied: bool,
    /// Its parts.
    #[schema(no_recursion)]
    children: Vec<PartShown>,
}

/// A part that is launched.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CourseUnit)]
#[expect(clippy::struct_excessive_bools, reason = "these are facts, each on its own")]
struct UnitShown {
    /// Its place in the course.
    index: usize,
    /// Its publisher's id.
    id: String,
    /// The id of its activity in statements.
    activity_id: String,
    /// Its title.
    title: String,
    /// Its description.
    description: String,
    /// `AnyWindow`, or `OwnWindow` if it must have one of its own.
    launch_method: &'static str,
    /// What satisfies it: as it was told when it was launched last, or as the structure has it.
    move_on: &'static str,
    /// The least score that passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    mastery_score: Option<Box<RawValue>>,
    /// Whether it was ever launched.
    attempted: bool,
    /// Whether it was completed.
    completed: bool,
    /// Whether it was passed.
    passed: bool,
    /// Whether it was failed.
    failed: bool,
    /// Whether the learner is excused.
    waived: bool,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    waived_reason: Option<String>,
    /// Whether it is satisfied.
    satisfied: bool,
    /// The last score.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    score: Option<Box<RawValue>>,
    /// The mode in which it would be launched now.
    launch_mode: &'static str,
    /// What is missing until it is satisfied.
    needs: Vec<&'static str>,
}

/// What the tree is made from.
struct Facts<'o> {
    desk: &'o Desk,
    registration: &'o Registration,
    outline: &'o Outline,
    units: HashMap<usize, UnitFacts>,
    asked: HashMap<usize, MoveOn>,
    blocks: HashSet<usize>,
    languages: Vec<&'o str>,
}

impl Desk {
    /// Where a learner stands, for a reader of these languages, best first; the learner's own come
    /// before them.
    ///
    /// # Errors
    /// 404 if there is no such registration.
    pub(crate) fn projection(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
        languages: &[&str],
    ) -> Result<Projection> {
        let registration = self.registration(tx, registration)?;
        let outline = self.outline(tx, &registration)?;
        let preferences = self.preferences(tx, &registration)?;
        let own = preferences.as_ref().map(|own| own.language_preference.split(',').map(str::trim));
        let known = self.units(tx, registration.id)?;
        let following = next(&outline, &known);
        let blocks: Vec<i64> = tx.all(&store::BLOCKS, &self.args([registration.id.into()]))?;
        let active: Option<Session> =
            tx.one(&store::ACTIVE, &self.args([registration.id.into()]))?;
        let facts = Facts {
            desk: self,
            registration: &registration,
            outline: &outline,
            units: known.into_iter().map(|facts| (facts.unit, facts)).collect(),
            asked: self.asked(tx, registration.id)?,
            blocks: blocks.into_iter().filter_map(|block| usize::try_from(block).ok()).collect(),
            languages: own.into_iter().flatten().chain(languages.iter().copied()).collect(),
        };
        facts.projection(following, active, preferences.clone())
    }

    /// What the units that were launched were told satisfies them, the last time.
    pub(super) fn asked(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
    ) -> Result<HashMap<usize, MoveOn>> {
        let rows: Vec<(i64, String)> = tx.all(&store::ASKED, &self.args([registration.into()]))?;
        let read = |(unit, name): (i64, String)| {
            let move_on = MoveOn::ALL.iter().find(|(known, _)| *known == name)?.1;
            Some((usize::try_from(unit).ok()?, move_on))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// What the learner prefers, as far as it is known.
    fn preferences(
        &self,
        tx: &mut Tx<'_>,
        registration: &Registration,
    ) -> Result<Option<Preferences>> {
        let agent = registration.account.key();
        let found = documents::profile_of(tx, self.tenant(), (&agent, LEARNER_PREFERENCES))?;
        // Others may keep anything under this name.
        Ok(found.and_then(|found| serde_json::from_slice(&found.body).ok()))
    }
}

impl Preferences {
    /// The document in which they are kept (11).
    ///
    /// # Errors
    /// 422 for what the standard does not take.
    pub(crate) fn document(&self) -> Result<String> {
        let text = serde_json::to_string(self).map_err(Problem::internal)?;
        match preferences::check("application/json", text.as_bytes()) {
            Ok(()) => Ok(text),
            Err((_, what)) => {
                let (place, detail) = (Place::Body("#".to_owned()), what.to_owned());
                Err(Problem::faults([Fault { place, detail }]))
            }
        }
    }
}

impl Facts<'_> {
    fn projection(
        &self,
        following: Option<usize>,
        active: Option<Session>,
        preferences: Option<Preferences>,
    ) -> Result<Projection> {
        let Registration { id, course, account, status, satisfied, created, updated, .. } =
            self.registration;
        let structure = &self.outline.course;
        let mut index = 0;
        let children = self.parts(&structure.children, &mut index)?;
        let units = self.outline.units();
        let done = |(place, unit): &(usize, &Au)| self.is_satisfied(*place, unit);
        Ok(Projection {
            registration: id.to_string(),
            course_id: course.map(|(course, _)| course.to_string()),
            version: course.map(|(_, version)| version),
            title: in_language(&structure.title, &self.languages).to_owned(),
            description: in_language(&structure.description, &self.languages).to_owned(),
            learner: AccountShown {
                home_page: account.home_page.clone(),
                name: account.name.clone(),
            },
            status: status.name().to_owned(),
            satisfied: satisfied.is_some(),
            satisfied_at: satisfied.map(format_micros),
            created: format_micros(*created),
            updated: format_micros(*updated),
            units: units.len(),
            units_satisfied: units.iter().enumerate().filter(done).count(),
            next: following,
            active_session: active.map(|session| ActiveShown {
                id: session.id.to_string(),
                unit: session.unit,
                launched: format_micros(session.launched),
            }),
            preferences,
            children,
        })
    }

    fn parts(&self, children: &[Node], index: &mut usize) -> Result<Vec<PartShown>> {
        let mut parts = Vec::with_capacity(children.len());
        for child in children {
            parts.push(match child {
                Node::Block(block) => PartShown::Block(self.block(block, index)?),
                Node::Au(unit) => {
                    let place = *index;
                    *index += 1;
                    PartShown::Unit(self.unit(place, unit)?)
                }
            });
        }
        Ok(parts)
    }

    fn block(&self, block: &Block, index: &mut usize) -> Result<BlockShown> {
        let place = self.outline.block_place(&block.id);
        Ok(BlockShown {
            id: block.id.clone(),
            title: in_language(&block.title, &self.languages).to_owned(),
            description: in_language(&block.description, &self.languages).to_owned(),
            satisfied: place.is_some_and(|place| self.blocks.contains(&place)),
            children: self.parts(&block.children, index)?,
        })
    }

    fn unit(&self, place: usize, unit: &Au) -> Result<UnitShown> {
        let nothing = UnitFacts { unit: place, ..UnitFacts::default() };
        let facts = self.units.get(&place).unwrap_or(&nothing);
        let raw = |text: String| RawValue::from_string(text).map_err(Problem::internal);
        let satisfied = self.is_satisfied(place, unit);
        let score = unit.mastery_score.clone().map(String::from);
        let move_on = asked_of(unit, self.asked.get(&place));
        Ok(UnitShown {
            index: place,
            id: unit.id.clone(),
            activity_id: self.outline.activity_of(
                &self.registration.base,
                self.desk.tenant(),
                unit,
            ),
            title: in_language(&unit.title, &self.languages).to_owned(),
            description: in_language(&unit.description, &self.languages).to_owned(),
            launch_method: unit.launch_method.name(),
            move_on: move_on.name(),
            mastery_score: score.map(raw).transpose()?,
            attempted: facts.attempted.is_some(),
            completed: facts.completed.is_some(),
            passed: facts.passed.is_some(),
            failed: facts.failed.is_some(),
            waived: facts.waived.is_some(),
            waived_reason: facts.waived_reason.clone(),
            satisfied,
            score: facts.score.clone().map(raw).transpose()?,
            launch_mode: usual_mode(unit, facts).name(),
            needs: if satisfied { Vec::new() } else { needs(move_on, facts) },
        })
    }

    fn is_satisfied(&self, place: usize, unit: &Au) -> bool {
        let known = self.units.get(&place);
        is_satisfied(unit, known.is_some_and(|facts| facts.satisfied.is_some()))
    }
}

/// What satisfies a unit: what its last session was told counts (9.3.3, 10.2), but nothing is asked of
/// one of which the structure asks nothing.
pub(super) fn asked_of(unit: &Au, told: Option<&MoveOn>) -> MoveOn {
    match unit.move_on {
        MoveOn::NotApplicable => MoveOn::NotApplicable,
        by_structure => told.copied().unwrap_or(by_structure),
    }
}

/// What is missing until a unit is satisfied (13.1.4).
pub(super) fn needs(move_on: MoveOn, facts: &UnitFacts) -> Vec<&'static str> {
    if satisfies(move_on, facts.facts()) {
        return Vec::new();
    }
    let (completed, passed) = (facts.completed.is_some(), facts.passed.is_some());
    match move_on {
        MoveOn::NotApplicable => Vec::new(),
        MoveOn::Passed => vec!["passed"],
        MoveOn::Completed => vec!["completed"],
        MoveOn::CompletedOrPassed => vec!["completed or passed"],
        MoveOn::CompletedAndPassed => [(completed, "completed"), (passed, "passed")]
            .into_iter()
            .filter_map(|(has, word)| (!has).then_some(word))
            .collect(),
    }
}
