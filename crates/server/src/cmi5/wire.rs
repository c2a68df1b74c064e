//! Registrations, launches and sessions as they are sent and told under `/api/v1`.

use super::events::Event;
use super::launch::{LaunchWish, Launched, UnitName};
use super::project::AccountShown;
use super::row::{Account, Registration, Session};
use crate::error::{Fault, Place, Problem, Result};
use crate::http::api::Faults;
use rollbook_cmi5::course::{MasteryScore, MoveOn};
use rollbook_cmi5::launch::LaunchMode;
use rollbook_xapi::timestamp::format_micros;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// Bytes of a reason and of the texts of a launch.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// A registration to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegistrationBody {
    /// The course.
    #[schema(value_type = String, format = "uuid")]
    pub(super) course_id: Uuid,
    /// Its version; the current one unless said.
    #[schema(minimum = 1)]
    pub(super) version: Option<i64>,
    /// The learner.
    #[serde(deserialize_with = "crate::http::api::object")]
    actor: ActorBody,
}

/// A learner, as an Agent with an account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = LearnerAgent)]
pub(super) struct ActorBody {
    /// `Agent`.
    object_type: Option<String>,
    /// What people call the learner; it is not kept.
    #[serde(rename = "name")]
    _name: Option<String>,
    /// The account (9.2). Its name should say nothing about the person.
    #[serde(deserialize_with = "crate::http::api::object")]
    account: AccountShown,
}

/// How a unit shall be launched; what is left out is as the structure has it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LaunchBody {
    /// The unit, by its place from 0; the next that is not satisfied unless said.
    unit: Option<usize>,
    /// The unit, by its publisher's id.
    unit_id: Option<String>,
    /// `Normal`, `Browse` or `Review`: `Normal` until the unit is satisfied unless said.
    #[schema(value_type = Option<String>)]
    launch_mode: Option<LaunchMode>,
    /// What satisfies the unit.
    #[schema(value_type = Option<String>)]
    move_on: Option<MoveOn>,
    /// The least score that passes, from 0 to 1 with at most four decimal places.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1)]
    mastery_score: Option<Box<RawValue>>,
    /// What is handed to the unit as it is.
    launch_parameters: Option<String>,
    /// A key beside the one of the structure.
    alternate_entitlement_key: Option<String>,
    /// Where the learner goes at the end; a page of this server unless said.
    return_url: Option<String>,
}

/// Why a learner is excused from which unit.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WaiverBody {
    /// The unit, by its place from 0.
    unit: Option<usize>,
    /// The unit, by its publisher's id.
    unit_id: Option<String>,
    /// Why: `Tested Out`, `Equivalent AU`, `Equivalent Outside Activity`, `Administrative`, or
    /// something else. `Administrative` unless said.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

/// For how long a link shall be good.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LinkBody {
    /// Seconds; as long as a link may be good unless said.
    #[schema(minimum = 1)]
    pub(super) expires_in: Option<u64>,
}

/// How strict a course is taken.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RulesBody {
    /// Whether statements that break rules are stored and voided instead of refused (6.3). Off
    /// unless somebody says so.
    pub(super) lenient: bool,
}

/// Who is registered for what.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Registration)]
pub(super) struct RegistrationShown {
    /// Its id, which is the registration of statements.
    #[schema(format = "uuid")]
    id: String,
    /// The course, if it is one of the library.
    #[schema(format = "uuid")]
    course_id: Option<String>,
    /// The version of the course, on which it stays.
    version: Option<i64>,
    /// What it is for: the id of the course, or that of other content.
    content_id: String,
    /// Who the learner is to whoever registered: the name of the account, unless another was said.
    learner_id: String,
    /// The learner.
    learner: AccountShown,
    /// Whose letter counts: `cmi5`, or `creatiq` for other content of that contract.
    profile: &'static str,
    /// Whether it is the one that the Creatiq cmi5 API finds for this content and learner.
    current: bool,
    /// What came of the last session, or `initialized`.
    status: String,
    /// The last score.
    #[schema(value_type = Option<Object>)]
    score: Option<Box<RawValue>>,
    /// The session that was launched last.
    #[schema(format = "uuid")]
    session_id: Option<String>,
    /// Whether the course is satisfied.
    satisfied: bool,
    /// Since when.
    #[schema(format = DateTime)]
    satisfied_at: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created: String,
    /// When something last happened.
    #[schema(format = DateTime)]
    updated: String,
}

/// A launch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Launch)]
pub(super) struct LaunchShown {
    /// Where the learner's browser goes. Good for one launch.
    url: String,
    /// The session.
    #[schema(format = "uuid")]
    session: String,
    /// The unit, by its place.
    unit: usize,
    /// `AnyWindow`, or `OwnWindow` if it must have one of its own.
    launch_method: String,
    /// The mode.
    launch_mode: String,
    /// Where the unit sends the learner at the end.
    return_url: String,
    /// The session that this launch ended, if there was one.
    #[schema(format = "uuid")]
    abandoned: Option<String>,
}

/// One launch of a unit, and what came of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LaunchSession)]
pub(super) struct SessionShown {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The registration.
    #[schema(format = "uuid")]
    registration: String,
    /// The unit, by its place.
    unit: usize,
    /// The unit, by its publisher's id.
    unit_id: String,
    /// The id of the unit's activity in statements.
    activity_id: String,
    /// The mode.
    launch_mode: String,
    /// What satisfies the unit, as it was told.
    move_on: String,
    /// The least score that passes, as it was told.
    #[schema(value_type = Option<f64>)]
    mastery_score: Option<Box<RawValue>>,
    /// Whether it has not ended.
    active: bool,
    /// When it was launched.
    #[schema(format = DateTime)]
    launched: String,
    /// When its token was fetched.
    #[schema(format = DateTime)]
    fetched: Option<String>,
    /// When the learner's preferences were read.
    #[schema(format = DateTime)]
    preferences_read: Option<String>,
    /// When it began.
    #[schema(format = DateTime)]
    initialized: Option<String>,
    /// When the unit was completed in it.
    #[schema(format = DateTime)]
    completed: Option<String>,
    /// When the unit was passed in it.
    #[schema(format = DateTime)]
    passed: Option<String>,
    /// When the unit was failed in it.
    #[schema(format = DateTime)]
    failed: Option<String>,
    /// When it ended by its own word.
    #[schema(format = DateTime)]
    terminated: Option<String>,
    /// When it was abandoned.
    #[schema(format = DateTime)]
    abandoned: Option<String>,
    /// Why: `launch`, `idle`, `age`, `api` or `return`.
    abandoned_by: Option<String>,
    /// The score.
    #[schema(value_type = Option<Object>)]
    score: Option<Box<RawValue>>,
}

/// What was asked in a session, or done by the launcher.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionEvent)]
pub(super) struct EventShown {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The method of the request, or `LMS` for what the launcher did.
    method: String,
    /// What was asked for, or done.
    resource: String,
    /// The status of the answer; 0 for what the launcher did.
    status: i64,
    /// The requirement that was broken first, if the request was refused for one.
    requirement: Option<String>,
    /// What was done, or why not and what mends it, in words.
    detail: String,
}

/// A link to the page of a learner.
#[derive(Serialize, ToSchema)]
#[schema(as = LearnerLink)]
pub(super) struct LinkShown {
    /// Whoever opens it is the learner.
    pub(super) url: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub(super) expires: String,
}

impl RegistrationBody {
    /// The learner.
    pub(super) fn account(&self) -> Result<Account> {
        let mut faults = Faults::default();
        let is_agent = self.actor.object_type.as_deref().is_none_or(|kind| kind == "Agent");
        faults.unless(is_agent, "#/actor/objectType", "a learner is an Agent");
        faults.into_result()?;
        let AccountShown { home_page, name } = self.actor.account.clone();
        let account = Account { home_page, name };
        account.check()?;
        Ok(account)
    }
}

impl LaunchBody {
    /// What is wished.
    pub(super) fn wish(self) -> Result<LaunchWish> {
        let mut faults = Faults::default();
        let texts = [
            ("#/launchParameters", &self.launch_parameters),
            ("#/alternateEntitlementKey", &self.alternate_entitlement_key),
        ];
        for (pointer, text) in texts {
            let fits = text
                .as_ref()
                .is_none_or(|text| text.len() <= TEXT_BYTES_MAX && !text.contains('\0'));
            faults.unless(fits, pointer, "this has at most 65536 bytes and no U+0000");
        }
        let score = self.mastery_score.map(|score| MasteryScore::parse(score.get()));
        let score = score.transpose().unwrap_or_else(|why| {
            faults.unless(false, "#/masteryScore", why);
            None
        });
        faults.into_result()?;
        Ok(LaunchWish {
            unit: unit(self.unit, self.unit_id)?,
            mode: self.launch_mode,
            move_on: self.move_on,
            mastery_score: score,
            launch_parameters: self.launch_parameters,
            alternate_key: self.alternate_entitlement_key,
            return_url: self.return_url,
        })
    }
}

/// What a reason for a waiver is.
pub(crate) const REASON: &str = "this has 1 to 500 characters, no control characters";

/// Whether a text may be a reason for a waiver.
pub(crate) fn is_reason(text: &str) -> bool {
    (1..=500).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

impl WaiverBody {
    /// Which unit, and why.
    pub(super) fn read(self) -> Result<(UnitName, String)> {
        let mut faults = Faults::default();
        let reason = self.reason.unwrap_or_else(|| "Administrative".to_owned());
        faults.unless(is_reason(&reason), "#/reason", REASON);
        faults.into_result()?;
        let missing = || fault("#/unit", "this is missing");
        Ok((unit(self.unit, self.unit_id)?.ok_or_else(missing)?, reason))
    }
}

fn unit(place: Option<usize>, id: Option<String>) -> Result<Option<UnitName>> {
    match (place, id) {
        (None, None) => Ok(None),
        (Some(place), None) => Ok(Some(UnitName::Index(place))),
        (None, Some(id)) => Ok(Some(UnitName::Id(id))),
        (Some(_), Some(_)) => Err(fault("#/unitId", "a unit is named by place or by id, not both")),
    }
}

fn fault(pointer: &str, detail: &str) -> Problem {
    let place = Place::Body(pointer.to_owned());
    Problem::faults([Fault { place, detail: detail.to_owned() }])
}

impl RegistrationShown {
    pub(super) fn of(registration: &Registration) -> Result<Self> {
        let Account { home_page, name } = registration.account.clone();
        Ok(Self {
            id: registration.id.to_string(),
            course_id: registration.course.map(|(course, _)| course.to_string()),
            version: registration.course.map(|(_, version)| version),
            content_id: registration.content_id.clone(),
            learner_id: registration.learner_id.clone(),
            learner: AccountShown { home_page, name },
            profile: registration.profile.name(),
            current: registration.current,
            status: registration.status.name().to_owned(),
            score: registration.score.clone().map(raw).transpose()?,
            session_id: registration.session.map(|id| id.to_string()),
            satisfied: registration.satisfied.is_some(),
            satisfied_at: registration.satisfied.map(format_micros),
            created: format_micros(registration.created),
            updated: format_micros(registration.updated),
        })
    }
}

impl From<Launched> for LaunchShown {
    fn from(launched: Launched) -> Self {
        let Launched { url, session, unit, method, mode, return_url, abandoned } = launched;
        Self {
            url,
            session: session.to_string(),
            unit,
            launch_method: method.name().to_owned(),
            launch_mode: mode.name().to_owned(),
            return_url,
            abandoned: abandoned.map(|id| id.to_string()),
        }
    }
}

impl SessionShown {
    pub(super) fn of(session: &Session) -> Result<Self> {
        let time = |at: Option<i64>| at.map(format_micros);
        Ok(Self {
            id: session.id.to_string(),
            registration: session.registration.to_string(),
            unit: session.unit,
            unit_id: session.publisher_id.clone(),
            activity_id: session.activity.clone(),
            launch_mode: session.mode.name().to_owned(),
            move_on: session.move_on.name().to_owned(),
            mastery_score: session
                .mastery_score
                .clone()
                .map(|score| raw(score.into()))
                .transpose()?,
            active: session.ended().is_none(),
            launched: format_micros(session.launched),
            fetched: time(session.fetched),
            preferences_read: time(session.preferences),
            initialized: time(session.initialized),
            completed: time(session.completed),
            passed: time(session.passed),
            failed: time(session.failed),
            terminated: time(session.terminated),
            abandoned: time(session.abandoned),
            abandoned_by: session.abandoned_by.clone(),
            score: session.score.clone().map(raw).transpose()?,
        })
    }
}

/// JSON as it is stored.
fn raw(text: String) -> Result<Box<RawValue>> {
    RawValue::from_string(text).map_err(Problem::internal)
}

impl From<Event> for EventShown {
    fn from(event: Event) -> Self {
        let Event { id, at, method, resource, status, requirement, detail } = event;
        let (id, at) = (id.to_string(), format_micros(at));
        Self { id, at, method, resource, status, requirement, detail }
    }
}
