//! Registering a learner for a course, or for content that is launched like a unit (8.1.4, 9.6.1).
//!
//! A registration stays on its version of the course and with its learner for ever. Whatever is
//! satisfied from the start, because nothing is asked, is so at once (9.6.1).

use super::desk::Desk;
use super::outline::{Outline, SyntheticUnit};
use super::row::{Account, Profile, Registration, Status};
use super::store;
use crate::documents;
use crate::error::{Code, Fault, Place, Problem, Result};
use crate::ids::sha2_256;
use rollbook_db::Tx;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// What somebody is registered for.
#[derive(Clone, Debug)]
pub enum Content {
    /// A course of the library, in its newest version unless one is named.
    Course {
        /// Its id.
        course: Uuid,
        /// Its version.
        version: Option<i64>,
    },
    /// One unit without a package.
    Unit(Box<SyntheticUnit>),
}

/// A registration to be.
#[derive(Clone, Debug)]
pub struct NewRegistration {
    /// Its id; one is made unless it is given.
    pub id: Option<Uuid>,
    /// Whose letter counts.
    pub profile: Profile,
    /// What the learner is registered for.
    pub content: Content,
    /// What that is called.
    pub content_id: String,
    /// Who the learner is to whoever registers.
    pub learner_id: String,
    /// Whether there is one at a time for content and learner.
    pub current: bool,
    /// The learner.
    pub account: Account,
}

impl Account {
    /// Bytes of an account: both parts are one identifier in the record, which has at most 2,000.
    pub const BYTES_MAX: usize = 1_900;

    /// Refuses what can be no account of an Agent (Data 2.4.2.4).
    pub fn check(&self) -> Result<()> {
        let fits = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        let bytes = self.home_page.len() + self.name.len();
        let mut faults = Vec::new();
        let mut unless = |holds: bool, member: &str, detail: String| {
            if !holds {
                let place = Place::Body(format!("#/actor/account/{member}"));
                faults.push(Fault { place, detail });
            }
        };
        unless(
            fits(&self.home_page) && rollbook_xapi::iri::is_iri(&self.home_page),
            "homePage",
            "this is an absolute URL".to_owned(),
        );
        unless(
            fits(&self.name) && bytes <= Self::BYTES_MAX,
            "name",
            format!(
                "this is a text without control characters, of at most {} bytes together with the home page",
                Self::BYTES_MAX
            ),
        );
        if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
    }
}

impl Desk {
    /// Registers a learner.
    ///
    /// # Errors
    /// 404 for a course that is not there; 409 if there is such a registration already.
    pub fn register(&self, tx: &mut Tx<'_>, new: &NewRegistration) -> Result<Registration> {
        new.account.check()?;
        let (course, structure) = match &new.content {
            Content::Course { course, version } => {
                (Some((*course, self.version(tx, *course, *version)?)), None)
            }
            Content::Unit(unit) => (None, Some(json!(unit).to_string())),
        };
        let mut registration = Registration {
            id: new.id.unwrap_or_else(|| self.app().ids.statement()),
            profile: new.profile,
            course,
            structure,
            base: self.app().public_url.trim_end_matches('/').to_owned(),
            content_id: new.content_id.clone(),
            learner_id: new.learner_id.clone(),
            account: new.account.clone(),
            status: Status::Initialized,
            session: None,
            score: None,
            launch_mode: rollbook_cmi5::launch::LaunchMode::Normal,
            created: self.now(),
            updated: self.now(),
            satisfied: None,
            current: new.current,
        };
        // The registration first, then the end of the log, as all do: whoever makes the same one at
        // the same time waits here.
        self.add(tx, &registration)?;
        self.recording().hold(tx, self.now())?;
        let outline: Arc<Outline> = self.outline(tx, &registration)?;
        let session = self.app().ids.statement().to_string();
        let texts = self.settle_nothing(tx, &mut registration, &outline, &session)?;
        if registration.satisfied.is_some() {
            self.save_registration(tx, &mut registration)?;
        }
        self.record(tx, &texts)?;
        Ok(registration)
    }

    fn add(&self, tx: &mut Tx<'_>, registration: &Registration) -> Result<()> {
        let Registration { content_id, learner_id, account, .. } = registration;
        let subject = registration.current.then(|| subject(content_id, learner_id));
        let row = [
            registration.id.into(),
            registration.profile.name().into(),
            registration.course.map(|(course, _)| course).into(),
            registration.course.map(|(_, version)| version).into(),
            registration.structure.clone().into(),
            (&registration.base).into(),
            content_id.into(),
            learner_id.into(),
            json!({"homePage": account.home_page, "name": account.name}).to_string().into(),
            (&account.home_page).into(),
            (&account.name).into(),
            subject.into(),
            self.now().into(),
        ];
        if tx.run(&store::ADD_REGISTRATION, &self.args(row))? == 1 {
            return Ok(());
        }
        let detail =
            "there is a registration with this id, or for this content and learner, already";
        Err(Problem::of(Code::Cmi5RegistrationExists, detail))
    }

    /// The version of a course that somebody is registered for now, or this one.
    ///
    /// # Errors
    /// 404 if there is none, or its course was deleted.
    pub(super) fn version(
        &self,
        tx: &mut Tx<'_>,
        course: Uuid,
        version: Option<i64>,
    ) -> Result<i64> {
        let found: Option<i64> = match version {
            None => tx.one(&store::COURSE, &self.args([course.into()]))?,
            Some(version) => {
                tx.one(&store::VERSION, &self.args([course.into(), version.into()]))?
            }
        };
        found.ok_or_else(|| Problem::not_found("there is no such course, or no such version of it"))
    }

    /// The registration that counts now for a content and a learner.
    pub fn find_current(
        &self,
        tx: &mut Tx<'_>,
        content_id: &str,
        learner_id: &str,
    ) -> Result<Option<Registration>> {
        let args = self.args([subject(content_id, learner_id).into()]);
        let found: Option<Uuid> = tx.one(&store::CURRENT, &args)?;
        found.map(|id| self.registration(tx, id)).transpose()
    }

    /// Whether there still is what a registration is for: courses may be deleted.
    pub fn is_launchable(&self, tx: &mut Tx<'_>, registration: &Registration) -> Result<bool> {
        let Some((course, version)) = registration.course else { return Ok(true) };
        let found: Option<i64> =
            tx.one(&store::VERSION, &self.args([course.into(), version.into()]))?;
        Ok(found.is_some())
    }

    /// Notes that a registration was asked for again.
    pub fn touch(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Registration> {
        let mut registration = self.hold(tx, id)?;
        self.save_registration(tx, &mut registration)?;
        Ok(registration)
    }

    /// Lets another registration count for its content and learner from now on.
    pub fn archive(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<()> {
        self.hold(tx, id)?;
        tx.run(&store::ARCHIVE, &self.args([id.into(), self.now().into()]))?;
        Ok(())
    }

    /// Removes a registration with its sessions and the state documents of its units; an open session
    /// is abandoned. Its statements stay.
    pub fn delete(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Registration> {
        self.abandon(tx, id, None, super::AbandonedBy::Api)?;
        let registration = self.hold(tx, id)?;
        // Whoever adds to the log of a session holds it (`COUNT_EVENT`), so the logs come after.
        let sessions: Vec<(Uuid, String, String)> =
            tx.all(&store::DELETE_SESSIONS, &self.args([id.into()]))?;
        let mut activities = BTreeSet::new();
        for (session, activity, publisher) in sessions {
            tx.run(&store::DELETE_EVENTS, &self.args([session.into()]))?;
            activities.extend([activity, publisher]);
        }
        let agent = registration.account.key();
        for activity in &activities {
            documents::drop_states(tx, self.tenant(), (activity, &agent, id))?;
        }
        for sql in [&store::DELETE_UNITS, &store::DELETE_BLOCKS, &store::DELETE_REGISTRATION] {
            tx.run(sql, &self.args([id.into()]))?;
        }
        Ok(registration)
    }

    /// Sets what the contract calls status and score, and nothing else: the launcher may not speak
    /// for the content (`cmi5.md` 2.2). A score that is left out stays.
    pub fn label(
        &self,
        tx: &mut Tx<'_>,
        id: Uuid,
        status: Status,
        score: Option<&str>,
    ) -> Result<Registration> {
        let mut registration = self.hold(tx, id)?;
        registration.status = status;
        if let Some(score) = score {
            registration.score = Some(score.to_owned());
        }
        self.save_registration(tx, &mut registration)?;
        Ok(registration)
    }
}

/// By what the one registration at a time for content and learner is found.
fn subject(content_id: &str, learner_id: &str) -> Vec<u8> {
    let text = json!([content_id, learner_id]).to_string();
    sha2_256(text.as_bytes()).to_vec()
}
