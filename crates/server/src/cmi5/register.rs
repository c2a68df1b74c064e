//! Registering a learner for a course, or for content that is launched like a unit (8.1.4, 9.6.1).
//!
//! A registration stays on its version of the course and with its learner for ever. Whatever is
//! satisfied from the start, because nothing is asked, is so at once (9.6.1).

use super::desk::Desk;
use super::outline::{Outline, SyntheticUnit};
use super::row::{Account, Profile, Registration, Status};
use super::store;
use crate::error::{Code, Fault, Place, Problem, Result};
use crate::ids::sha2_256;
use rollbook_db::Tx;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Bytes of each part of an account: both together are an identifier, which has at most 2,000.
const ACCOUNT_BYTES_MAX: usize = 900;

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
    /// Refuses what can be no account of an Agent (Data 2.4.2.4).
    pub fn check(&self) -> Result<()> {
        let fits = |text: &str| {
            (1..=ACCOUNT_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
        };
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
            format!("this is an absolute URL of at most {ACCOUNT_BYTES_MAX} bytes"),
        );
        unless(
            fits(&self.name),
            "name",
            format!("this has 1 to {ACCOUNT_BYTES_MAX} bytes and no control characters"),
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
        self.recording().hold(tx, self.now())?;
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
        self.add(tx, &registration)?;
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

    /// Removes a registration with its sessions; an open one is abandoned. Its statements stay.
    pub fn delete(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Registration> {
        self.abandon(tx, id, None, super::AbandonedBy::Api)?;
        let registration = self.hold(tx, id)?;
        for sql in [
            &store::DELETE_EVENTS,
            &store::DELETE_SESSIONS,
            &store::DELETE_UNITS,
            &store::DELETE_BLOCKS,
            &store::DELETE_REGISTRATION,
        ] {
            tx.run(sql, &self.args([id.into()]))?;
        }
        Ok(registration)
    }

    /// Sets what the contract calls status and score, and nothing else: the launcher may not speak
    /// for the content (`cmi5.md` 2.2). What is left out stays.
    pub fn label(
        &self,
        tx: &mut Tx<'_>,
        id: Uuid,
        status: Option<Status>,
        score: Option<&str>,
    ) -> Result<Registration> {
        let mut registration = self.hold(tx, id)?;
        registration.status = status.unwrap_or(registration.status);
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
