//! The log of a session: what was asked, what was answered, and why, in words.
//!
//! Every request with the session's token is in it, and what the launcher did itself. What a session
//! may fill is bounded; what comes after that is not kept.

use super::desk::Desk;
use super::store;
use crate::app::App;
use crate::error::{Result, Told, Wrong};
use crate::tenants::{Caller, SessionCaller, TenantId};
use axum::response::Response;
use http::{Method, Request, Uri};
use rollbook_db::{FromRow, Row, Tx, Value};
use uuid::Uuid;

/// Bytes of the words of one event.
const DETAIL_BYTES_MAX: usize = 4_000;
/// Bytes of what an event says was asked for.
const RESOURCE_BYTES_MAX: usize = 200;

/// Where statements are sent to, however that was written.
const STATEMENTS: &str = "/xapi/statements";

/// One event, as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(super) id: Uuid,
    pub(super) at: i64,
    /// The method of a request, or `LMS` for what the launcher did.
    pub(super) method: String,
    pub(super) resource: String,
    pub(super) status: i64,
    pub(super) requirement: Option<String>,
    pub(super) detail: String,
}

/// In the extensions of an answer: what was done is in the log already, or had no room there.
#[derive(Clone, Debug)]
pub(crate) struct Noted;

/// A request of launched content, until it is answered.
pub(crate) struct Line {
    method: Method,
    uri: Uri,
}

impl Line {
    /// Keeps what was asked.
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        Self { method: request.method().clone(), uri: request.uri().clone() }
    }

    /// Notes the answer, if launched content asked.
    pub(crate) fn note(
        self,
        app: &App,
        caller: &Caller,
        response: &Response,
    ) -> impl Future<Output = ()> + Send + use<> {
        let is_noted = response.extensions().get::<Noted>().is_some();
        let session = caller.session.clone().filter(|session| session.is_logged && !is_noted);
        let noted = session.map(|session| (session, self.event(app, response)));
        let (app, tenant) = (app.clone(), caller.tenant);
        async move {
            let Some((session, event)) = noted else { return };
            if let Err(error) = keep(&app, tenant, &session, event).await {
                tracing::debug!(%error, "An event of a session was not kept");
            }
        }
    }

    fn event(self, app: &App, response: &Response) -> Event {
        let told = response.extensions().get::<Told>();
        let (requirement, detail) = told.map(refusal).unwrap_or_default();
        Event {
            id: app.ids.statement(),
            at: app.clock.now_micros(),
            resource: resource(&self.uri),
            method: self.method.to_string(),
            status: response.status().as_u16().into(),
            requirement,
            detail: cut(detail, DETAIL_BYTES_MAX),
        }
    }
}

impl Event {
    /// Statements that were taken: all of a list, or the one of a PUT.
    pub(super) fn of_batch(put: Option<Uuid>, detail: String) -> Self {
        let (method, resource, status) = match put {
            Some(id) => ("PUT", format!("{STATEMENTS}?statementId={id}"), 204),
            None => ("POST", STATEMENTS.to_owned(), 200),
        };
        Self { method: method.to_owned(), resource, status, ..Self::of_ours("", detail) }
    }

    /// What the launcher did.
    pub(super) fn of_ours(what: &str, detail: String) -> Self {
        Self {
            id: Uuid::nil(),
            at: 0,
            method: "LMS".to_owned(),
            resource: what.to_owned(),
            status: 0,
            requirement: None,
            detail: cut(detail, DETAIL_BYTES_MAX),
        }
    }
}

impl Desk {
    /// Adds what happened now to the log of a session.
    pub(super) fn note(&self, tx: &mut Tx<'_>, session: Uuid, event: &Event) -> Result<()> {
        let event = Event { id: self.app().ids.statement(), at: self.now(), ..event.clone() };
        add(tx, self.tenant(), session, event, self.app().limits.cmi5.events_max)?;
        Ok(())
    }
}

async fn keep(
    app: &App,
    tenant: TenantId,
    session: &SessionCaller,
    event: Event,
) -> rollbook_db::Result<()> {
    let (session, most) = (session.id, app.limits.cmi5.events_max);
    app.db.of(tenant.0).write(move |tx| add(tx, tenant, session, event, most)).await
}

fn add(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    session: Uuid,
    event: Event,
    most: usize,
) -> rollbook_db::Result<()> {
    let (number, most) = (Value::from(tenant.0), i64::try_from(most).unwrap_or(i64::MAX));
    if tx.run(&store::COUNT_EVENT, &[number.clone(), session.into(), most.into()])? == 0 {
        return Ok(());
    }
    let Event { id, at, method, resource, status, requirement, detail } = event;
    let row = [
        number,
        session.into(),
        id.into(),
        at.into(),
        method.into(),
        resource.into(),
        status.into(),
        requirement.into(),
        detail.into(),
    ];
    tx.run(&store::ADD_EVENT, &row)?;
    Ok(())
}

/// The requirement that was broken first, and everything that is wrong.
fn refusal(told: &Told) -> (Option<String>, String) {
    let mut requirement = None;
    let mut words = vec![told.detail().to_owned()];
    for wrong in told.errors() {
        words.push(match wrong {
            Wrong::Violation { pointer, requirement: id, detail, fix, .. } => {
                requirement.get_or_insert_with(|| (*id).to_owned());
                format!("{id} at {pointer:?}: {detail}: {fix}")
            }
            Wrong::Body { pointer, detail } => format!("{pointer}: {detail}"),
            Wrong::Query { parameter, detail } => format!("{parameter}: {detail}"),
            Wrong::Package { path, detail, .. } => format!("{path}: {detail}"),
        });
    }
    let named = || told.member("violatedReqId").and_then(|id| id.as_str().map(str::to_owned));
    (requirement.or_else(named), words.join("; "))
}

/// The path, and by which name a document or a statement was asked for.
fn resource(uri: &Uri) -> String {
    let path = uri.path();
    let query = uri.query().unwrap_or_default();
    let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| {
        matches!(&**name, "stateId" | "profileId" | "statementId" | "voidedStatementId")
    });
    let text = match named {
        Some((name, value)) => {
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            format!("{path}?{name}={value}")
        }
        None => path.to_owned(),
    };
    cut(text, RESOURCE_BYTES_MAX)
}

fn cut(mut text: String, most: usize) -> String {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.replace('\0', " ")
}

impl FromRow for Event {
    fn from_row(row: &Row<'_>) -> rollbook_db::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            method: row.get(2)?,
            resource: row.get(3)?,
            status: row.get(4)?,
            requirement: row.get(5)?,
            detail: row.get(6)?,
        })
    }
}
