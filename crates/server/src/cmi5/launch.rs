//! Launching a unit (8.1, 10): everything is stored before the URL is given out, in one transaction.
//!
//! Whatever session the registration had is abandoned first (9.3.6), then the state document
//! `LMS.LaunchData` and the statement `launched` are stored (9.3.1, 10.1).

use super::AbandonedBy;
use super::desk::{Desk, stored};
use super::events::Event;
use super::outline::{Outline, is_satisfied};
use super::row::{Profile, Registration, Session, Status, UnitFacts};
use super::token::FetchToken;
use super::{code, store};
use crate::content::Capability;
use crate::documents;
use crate::error::{Fault, Place, Problem, Result};
use crate::ids::sha2_256;
use rollbook_cmi5::course::{Au, LaunchMethod, MasteryScore, MoveOn};
use rollbook_cmi5::launch::{self, LaunchData, LaunchMode, Parameters};
use rollbook_cmi5::statements::launched;
use rollbook_cmi5::terms::LAUNCH_DATA;
use rollbook_db::Tx;
use std::collections::HashSet;
use uuid::Uuid;

/// Bytes that a launch stores, give or take: its statement and its launch data.
pub(crate) const LAUNCH_BYTES: u64 = 4 << 10;

/// Which unit of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitName {
    /// By its place, from 0.
    Index(usize),
    /// By its publisher's id.
    Id(String),
}

/// What somebody wants to launch, and how; what is not said is as the structure has it.
#[derive(Clone, Debug, Default)]
pub struct LaunchWish {
    /// The next one that is not satisfied unless said, or the first.
    pub unit: Option<UnitName>,
    /// The mode.
    pub mode: Option<LaunchMode>,
    /// What satisfies the unit.
    pub move_on: Option<MoveOn>,
    /// The least score that passes.
    pub mastery_score: Option<MasteryScore>,
    /// What is handed to the unit as it is.
    pub launch_parameters: Option<String>,
    /// A key beside the one of the structure.
    pub alternate_key: Option<String>,
    /// Where the learner goes at the end; a page of this server unless said.
    pub return_url: Option<String>,
}

/// What was launched.
#[derive(Clone, Debug)]
pub struct Launched {
    /// Where the learner's browser goes.
    pub url: String,
    /// The session.
    pub session: Uuid,
    /// The unit's place in the course.
    pub unit: usize,
    /// Whether it wants a window of its own.
    pub method: LaunchMethod,
    /// The mode.
    pub mode: LaunchMode,
    /// Where the unit sends the learner at the end.
    pub return_url: String,
    /// The session that this one ended.
    pub abandoned: Option<Uuid>,
}

impl UnitName {
    /// The unit and its place.
    ///
    /// # Errors
    /// 404 if there is none.
    pub(super) fn find<'o>(&self, outline: &'o Outline) -> Result<(usize, &'o Au)> {
        let place = match self {
            Self::Index(place) => Some(*place),
            Self::Id(id) => outline.unit_place(id),
        };
        let found = place.and_then(|place| outline.units().get(place).map(|unit| (place, unit)));
        found.ok_or_else(|| Problem::not_found("the course has no such unit"))
    }
}

impl Desk {
    /// Launches a unit.
    ///
    /// # Errors
    /// 404 if there is no such registration or unit.
    pub fn launch(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
        wish: &LaunchWish,
    ) -> Result<Launched> {
        // The end of the log, for which others wait, comes last.
        let mut registration = self.lock(tx, registration)?;
        if let Some((course, version)) = registration.course {
            // The files of a course that was deleted are not served any more.
            self.version(tx, course, Some(version))?;
        }
        let outline = self.outline(tx, &registration)?;
        let (place, unit) = self.chosen(tx, &registration, &outline, wish)?;
        let mut texts = Vec::new();
        let abandoned =
            self.abandon_active(tx, &mut registration, AbandonedBy::Launch, &mut texts)?;
        let mut facts = self.unit(tx, registration.id, place)?;
        facts.attempted.get_or_insert(self.now());
        self.save_unit(tx, registration.id, &facts)?;

        let session = self.new_session(&registration, &outline, (place, unit), &facts, wish);
        let random = self.app().ids.secret();
        let fetch = FetchToken::new(self.tenant(), self.token_secret(), random).text();
        self.add_session(tx, &session, &fetch)?;
        let data = self.data(&session, unit, wish)?;
        self.keep_data(tx, &registration, &session, &data)?;
        let address = self.address(&registration, &session, unit)?;
        let names = (session.activity.as_str(), session.publisher_id.as_str());
        texts.push(self.tell(&registration, &data.session, names, |common| {
            // The URL of the launch itself, as 9.6.3.4-1 asks, capability and all.
            launched(common, &data, &address)
        }));
        self.note(tx, session.id, &launch_event(&session))?;

        registration.session = Some(session.id);
        registration.status = Status::Launched;
        registration.launch_mode = session.mode;
        self.save_registration(tx, &mut registration)?;
        self.record(tx, &texts)?;
        Ok(Launched {
            url: self.url(&registration, &session, &address, &fetch),
            session: session.id,
            unit: place,
            method: unit.launch_method,
            mode: session.mode,
            return_url: data.return_url.unwrap_or_default(),
            abandoned: abandoned.map(|session| session.id),
        })
    }

    /// The unit that is wanted, or the first that is not satisfied.
    fn chosen<'o>(
        &self,
        tx: &mut Tx<'_>,
        registration: &Registration,
        outline: &'o Outline,
        wish: &LaunchWish,
    ) -> Result<(usize, &'o Au)> {
        if let Some(unit) = &wish.unit {
            return unit.find(outline);
        }
        let known = self.units(tx, registration.id)?;
        UnitName::Index(next(outline, &known).unwrap_or_default()).find(outline)
    }

    fn new_session(
        &self,
        registration: &Registration,
        outline: &Outline,
        (place, unit): (usize, &Au),
        facts: &UnitFacts,
        wish: &LaunchWish,
    ) -> Session {
        Session {
            id: self.app().ids.statement(),
            registration: registration.id,
            unit: place,
            activity: outline.activity_of(&registration.base, self.tenant(), unit),
            publisher_id: unit.id.clone(),
            mode: wish.mode.unwrap_or_else(|| usual_mode(unit, facts)),
            move_on: wish.move_on.unwrap_or(unit.move_on),
            mastery_score: wish.mastery_score.clone().or_else(|| unit.mastery_score.clone()),
            launched: self.now(),
            fetched: None,
            preferences: None,
            initialized: None,
            completed: None,
            passed: None,
            failed: None,
            terminated: None,
            abandoned: None,
            abandoned_by: None,
            last_request: self.now(),
            score: None,
            expires: self.after(self.app().limits.cmi5.session_seconds_max),
        }
    }

    fn add_session(&self, tx: &mut Tx<'_>, session: &Session, fetch: &str) -> Result<()> {
        let score = session.mastery_score.clone().map(String::from);
        let row = [
            session.id.into(),
            session.registration.into(),
            stored(session.unit),
            (&session.activity).into(),
            (&session.publisher_id).into(),
            session.mode.name().into(),
            session.move_on.name().into(),
            score.into(),
            sha2_256(fetch.as_bytes()).as_slice().into(),
            self.after(self.app().limits.cmi5.fetch_seconds_max).into(),
            session.expires.into(),
            session.launched.into(),
        ];
        tx.run(&store::ADD_SESSION, &self.args(row))?;
        Ok(())
    }

    /// What the unit is told (10.2).
    fn data(&self, session: &Session, unit: &Au, wish: &LaunchWish) -> Result<LaunchData> {
        if let Some(url) = &wish.return_url {
            check_return_url(url)?;
        }
        let usual = || {
            let code = code::write(self.tenant(), session.id);
            format!("{}/return/{code}", self.app().public_url.trim_end_matches('/'))
        };
        Ok(LaunchData {
            session: session.id.to_string(),
            publisher_id: session.publisher_id.clone(),
            mode: session.mode,
            move_on: session.move_on,
            mastery_score: session.mastery_score.clone(),
            launch_parameters: wish
                .launch_parameters
                .clone()
                .or_else(|| unit.launch_parameters.clone()),
            entitlement_key: unit.entitlement_key.clone(),
            alternate_key: wish.alternate_key.clone(),
            return_url: Some(wish.return_url.clone().unwrap_or_else(usual)),
        })
    }

    /// 10.1: the state document, new with each launch.
    fn keep_data(
        &self,
        tx: &mut Tx<'_>,
        registration: &Registration,
        session: &Session,
        data: &LaunchData,
    ) -> Result<()> {
        let agent = registration.account.key();
        let place = (session.activity.as_str(), agent.as_str(), registration.id);
        let (tenant, now) = (self.tenant(), self.now());
        documents::keep_state(tx, tenant, place, LAUNCH_DATA, data.document(), now)?;
        Ok(())
    }

    /// Where the unit is, without what the launch adds: as the structure says, or on the content
    /// origin under an address that only this session gets.
    fn address(&self, registration: &Registration, session: &Session, unit: &Au) -> Result<String> {
        if has_scheme(&unit.url) {
            return Ok(unit.url.clone());
        }
        let (course, version) = registration
            .course
            .ok_or_else(|| Problem::internal(anyhow::anyhow!("a unit has no address")))?;
        let capability = Capability {
            tenant: self.tenant(),
            course,
            version,
            expires: session.expires,
            session: session.id,
        };
        let capability = capability.write(self.content_secret());
        let top = self.app().content_url.of(course, version, &capability);
        Ok(format!("{top}{}", unit.url.trim_start_matches("./").trim_start_matches('/')))
    }

    fn url(
        &self,
        registration: &Registration,
        session: &Session,
        address: &str,
        fetch: &str,
    ) -> String {
        let public = self.app().public_url.trim_end_matches('/');
        let endpoint = match registration.profile {
            Profile::Cmi5 => format!("{public}/xapi/"),
            Profile::Creatiq => format!("{public}/api/xapi/statements"),
        };
        let parameters = Parameters {
            endpoint: &endpoint,
            fetch: &format!("{public}/api/cmi5/fetch/{fetch}"),
            registration: &registration.id.to_string(),
            activity: &session.activity,
            actor: &registration.account.actor(),
        };
        launch::url(address, &parameters)
    }
}

/// The first unit that is not satisfied.
pub(super) fn next(outline: &Outline, known: &[UnitFacts]) -> Option<usize> {
    let done: HashSet<usize> =
        known.iter().filter(|facts| facts.satisfied.is_some()).map(|facts| facts.unit).collect();
    let mut units = outline.units().iter().enumerate();
    units.position(|(place, unit)| !is_satisfied(unit, done.contains(&place)))
}

/// 1.12: what is satisfied is looked at again. A unit of which nothing is asked stays as it is, for
/// it may still want to say what was done.
pub(super) fn usual_mode(unit: &Au, facts: &UnitFacts) -> LaunchMode {
    if facts.satisfied.is_some() && unit.move_on != MoveOn::NotApplicable {
        LaunchMode::Review
    } else {
        LaunchMode::Normal
    }
}

fn launch_event(session: &Session) -> Event {
    let detail = format!(
        "launched unit {} in {} mode, moveOn {}",
        session.unit,
        session.mode.name(),
        session.move_on.name()
    );
    Event::of_ours("launched", detail)
}

/// Where a learner goes at the end is a web page.
fn check_return_url(url: &str) -> Result<()> {
    let is_page = url.starts_with("https://") || url.starts_with("http://");
    if is_page && url.len() <= 2_000 && rollbook_xapi::iri::is_iri(url) {
        return Ok(());
    }
    let detail = "this is an absolute http or https URL of at most 2000 bytes".to_owned();
    Err(Problem::faults([Fault { place: Place::Body("#/returnUrl".to_owned()), detail }]))
}

/// Whether an address is absolute (13.1.4).
fn has_scheme(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}
