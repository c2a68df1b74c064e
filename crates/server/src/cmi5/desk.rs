//! Where acts of cmi5 are done: the time, the secrets and the recording that one transaction needs.
//!
//! What always holds: an act locks its registration first, then the end of the log, and what it
//! tells in statements, in flags and in the log of the session commits together. So of two acts on
//! one registration one comes after the other, on whatever node.

use super::outline::Outline;
use super::row::{Registration, Session, UnitFacts};
use super::store;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::api::{Purpose, Secret};
use crate::statements::{Prepared, Recording};
use crate::tenants::TenantId;
use rollbook_cmi5::statements::Common;
use rollbook_db::{Tx, Value};
use rollbook_xapi::timestamp::format_micros;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Who vouches for what the launcher stores.
pub(super) const LMS: &str = "cmi5 LMS";
/// Who vouches for what launched content stores.
pub(super) const AU: &str = "cmi5 AU";

/// What an act needs besides its transaction. Cheap to clone; good for one transaction.
#[derive(Clone)]
pub struct Desk(Arc<Parts>);

struct Parts {
    app: App,
    tenant: TenantId,
    now: i64,
    recording: Recording,
    content: Secret,
    launch: Secret,
    token: Secret,
}

impl Desk {
    /// A desk for an act that happens now.
    pub async fn open(app: &App, tenant: TenantId) -> Result<Self> {
        Ok(Self(Arc::new(Parts {
            now: app.clock.now_micros(),
            recording: Recording::new(&app.log, tenant),
            content: app.secrets.get(tenant, Purpose::Content).await?,
            launch: app.secrets.get(tenant, Purpose::Launch).await?,
            token: app.secrets.get(tenant, Purpose::Session).await?,
            app: app.clone(),
            tenant,
        })))
    }

    /// The transaction is durable. Leaving it out costs speed and nothing else.
    pub fn committed(&self) {
        self.0.recording.committed();
    }

    /// The server.
    pub(super) fn app(&self) -> &App {
        &self.0.app
    }

    /// Whose desk it is.
    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// When all of this happens, in microseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        self.0.now
    }

    /// When something ends that lasts so many seconds.
    pub(super) fn after(&self, seconds: u64) -> i64 {
        self.0.now.saturating_add(micros(seconds))
    }

    pub(super) fn recording(&self) -> &Recording {
        &self.0.recording
    }

    /// Signs what opens the files of a package.
    pub(super) fn content_secret(&self) -> &Secret {
        &self.0.content
    }

    /// Signs what opens the page of a learner.
    pub(super) fn launch_secret(&self) -> &Secret {
        &self.0.launch
    }

    /// Signs tokens of sessions where the installation has no secret of its own for tokens.
    pub(super) fn token_secret(&self) -> &Secret {
        &self.0.token
    }

    /// One registration.
    ///
    /// # Errors
    /// 404 if there is none.
    pub fn registration(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Registration> {
        tx.one(&store::REGISTRATION, &self.args([id.into()]))?.ok_or_else(no_registration)
    }

    /// One registration, of which nothing changes but by this transaction; the end of the log is
    /// held too.
    pub(super) fn hold(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Registration> {
        let held = self.lock(tx, id)?;
        self.0.recording.hold(tx, self.0.now)?;
        Ok(held)
    }

    /// The same without the end of the log, which others wait for: for who takes it last.
    pub(super) fn lock(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Registration> {
        let held = tx.one(&store::LOCK_REGISTRATION, &self.args([id.into()]))?;
        held.ok_or_else(no_registration)
    }

    /// The course of a registration.
    pub fn outline(&self, tx: &mut Tx<'_>, registration: &Registration) -> Result<Arc<Outline>> {
        self.0.app.cmi5.outlines.of(tx, self.0.tenant, registration)
    }

    /// One session.
    ///
    /// # Errors
    /// 404 if there is none.
    pub fn session(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Session> {
        tx.one(&store::SESSION, &self.args([id.into()]))?.ok_or_else(no_session)
    }

    /// What is known of one unit of a registration.
    pub(super) fn unit(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
        unit: usize,
    ) -> Result<UnitFacts> {
        let args = self.args([registration.into(), stored(unit)]);
        let found: Option<UnitFacts> = tx.one(&store::UNIT, &args)?;
        Ok(found.unwrap_or_else(|| UnitFacts { unit, ..UnitFacts::default() }))
    }

    /// What is known of all units of a registration; the others are as they were.
    pub(crate) fn units(&self, tx: &mut Tx<'_>, registration: Uuid) -> Result<Vec<UnitFacts>> {
        Ok(tx.all(&store::UNITS, &self.args([registration.into()]))?)
    }

    pub(super) fn save_unit(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
        facts: &UnitFacts,
    ) -> Result<()> {
        let UnitFacts {
            unit,
            attempted,
            completed,
            passed,
            failed,
            waived,
            waived_reason,
            satisfied,
            score,
        } = facts.clone();
        let row = [
            registration.into(),
            stored(unit),
            attempted.into(),
            completed.into(),
            passed.into(),
            failed.into(),
            waived.into(),
            waived_reason.into(),
            satisfied.into(),
            score.into(),
        ];
        tx.run(&store::SAVE_UNIT, &self.args(row))?;
        Ok(())
    }

    pub(super) fn save_registration(
        &self,
        tx: &mut Tx<'_>,
        registration: &mut Registration,
    ) -> Result<()> {
        registration.updated = self.0.now;
        let row = [
            registration.id.into(),
            registration.status.name().into(),
            registration.session.map(|id| id.to_string()).into(),
            registration.score.clone().into(),
            registration.launch_mode.name().into(),
            registration.updated.into(),
            registration.satisfied.into(),
        ];
        tx.run(&store::SAVE_REGISTRATION, &self.args(row))?;
        Ok(())
    }

    pub(super) fn save_session(&self, tx: &mut Tx<'_>, session: &Session) -> Result<()> {
        let row = [
            session.id.into(),
            session.initialized.into(),
            session.completed.into(),
            session.passed.into(),
            session.failed.into(),
            session.terminated.into(),
            session.abandoned.into(),
            session.abandoned_by.clone().into(),
            session.ended().into(),
            session.score.clone().into(),
            session.last_request.into(),
        ];
        tx.run(&store::SAVE_SESSION, &self.args(row))?;
        Ok(())
    }

    /// Makes statements of ours ready.
    pub(super) fn prepared(&self, texts: &[String]) -> Result<Vec<Prepared>> {
        let authority = authority(&self.0.app.public_url, LMS);
        let prepare = |text: &String| self.0.recording.prepare(text, &authority, self.0.now);
        texts.iter().map(prepare).collect()
    }

    /// Records statements of ours.
    pub(super) fn record(&self, tx: &mut Tx<'_>, texts: &[String]) -> Result<()> {
        self.0.recording.append(tx, self.0.now, self.prepared(texts)?)
    }

    /// Writes a statement of ours about something in a registration.
    pub(super) fn tell(
        &self,
        registration: &Registration,
        session: &str,
        (object, publisher_id): (&str, &str),
        write: impl FnOnce(&Common<'_>) -> String,
    ) -> String {
        write(&Common {
            id: self.0.app.ids.statement(),
            timestamp: &format_micros(self.0.now),
            actor: &registration.account.actor(),
            registration: registration.id,
            session,
            object,
            publisher_id,
        })
    }

    /// The arguments of a statement, behind the tenant.
    pub(super) fn args<const N: usize>(&self, rest: [Value; N]) -> Vec<Value> {
        [Value::from(self.0.tenant.0)].into_iter().chain(rest).collect()
    }
}

impl super::row::Account {
    /// The Agent (9.2). Some clients take no actor without its type.
    pub fn actor(&self) -> String {
        let Self { home_page, name } = self;
        let homepage = json!(home_page);
        let name = json!(name);
        format!(r#"{{"objectType":"Agent","account":{{"homePage":{homepage},"name":{name}}}}}"#)
    }

    /// The Agent as statements and documents are found by.
    pub(crate) fn key(&self) -> String {
        let Self { home_page, name } = self;
        rollbook_xapi::ifi::Ifi::Account { home_page, name }.key()
    }
}

/// An Agent that vouches for what launched content and its launcher store.
pub(super) fn authority(public_url: &str, name: &str) -> String {
    json!({"objectType": "Agent", "account": {"homePage": public_url, "name": name}}).to_string()
}

/// Seconds of a limit in microseconds.
pub(super) fn micros(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000)
}

/// A place in a list, as it is stored.
pub(super) fn stored(place: usize) -> Value {
    Value::from(i64::try_from(place).unwrap_or(i64::MAX))
}

fn no_registration() -> Problem {
    Problem::not_found("there is no such registration")
}

fn no_session() -> Problem {
    Problem::not_found("there is no such session")
}
