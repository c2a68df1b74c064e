//! The endpoints of the Statements resource.

use super::attach::Parts;
use super::page::Page;
use super::query::{Asked, Query, Wanted};
use super::receive::{self, Envelope};
use super::show::{self, Shown};
use super::{count, page, query};
use crate::app::App;
use crate::cmi5::{self, Batch, Noted};
use crate::error::{Code, Problem, Result};
use crate::http::Mount;
use crate::http::authority::{StatementReader, StatementWriter};
use crate::http::multipart::{self, Incoming};
use crate::http::parameters::Parameters;
use crate::http::version::XapiVersion;
use crate::tenants::{Caller, TenantId};
use crate::usage::Bound;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use rollbook_xapi::version::Version;
use uuid::Uuid;

const CONSISTENT_THROUGH: HeaderName =
    HeaderName::from_static("x-experience-api-consistent-through");

/// A body at least this long is parsed and compressed on a thread of its own.
const INLINE_BYTES_MAX: usize = 16 << 10;

/// POST /xapi/statements (1.0.3 Communication 2.1.2): stores one statement or a list.
pub(super) async fn post(
    State(app): State<App>,
    who: StatementWriter,
    XapiVersion(version): XapiVersion,
    request: Request,
) -> Result<Response> {
    Parameters::parse(request.uri().query().unwrap_or_default(), &[])?;
    let envelope = Envelope { version, put: None, may_define: who.may_define, actor: None };
    let tenant = who.caller.tenant;
    let stored = store(&app, who.caller, envelope, request).await;
    let answered = stored.map(|stored| stored.answered(|ids| Json(ids).into_response()));
    with_consistency(&app, tenant, answered)
}

/// PUT /xapi/statements?statementId= (1.0.3 Communication 2.1.1): stores one statement under an id.
pub(super) async fn put(
    State(app): State<App>,
    who: StatementWriter,
    XapiVersion(version): XapiVersion,
    request: Request,
) -> Result<Response> {
    let parameters =
        Parameters::parse(request.uri().query().unwrap_or_default(), &["statementId"])?;
    let missing = || {
        Problem::bad_request(
            Code::ValidationParameterMissing,
            "PUT needs the parameter `statementId` (Communication 2.1.1); use POST to let the store choose an id",
        )
    };
    let put = Some(parameters.uuid("statementId")?.ok_or_else(missing)?);
    let envelope = Envelope { version, put, may_define: who.may_define, actor: None };
    let tenant = who.caller.tenant;
    let stored = store(&app, who.caller, envelope, request).await;
    let answered = stored.map(|all| all.answered(|_ids| StatusCode::NO_CONTENT.into_response()));
    with_consistency(&app, tenant, answered)
}

/// GET /xapi/statements (1.0.3 Communication 2.1.3, 2.1.4): one statement or a page.
pub(super) async fn list(
    State(app): State<App>,
    who: StatementReader,
    XapiVersion(version): XapiVersion,
    Mount(mount): Mount,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response> {
    let raw = uri.query().unwrap_or_default();
    let address = format!("{mount}/statements?{raw}");
    let answered = async {
        app.log.settle(who.caller.tenant).await;
        let limits = app.usage.limits(who.caller.tenant).await?;
        let asked = Asked::parse(raw, version, &limits)?;
        answer(&app, &who, asked, version, &address, &headers).await
    };
    with_consistency(&app, who.caller.tenant, answered.await)
}

/// GET /xapi/statements/{id}: one statement, for those who prefer a path (progress contract 4.1).
pub(super) async fn get(
    State(app): State<App>,
    who: StatementReader,
    XapiVersion(version): XapiVersion,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response> {
    let id = Uuid::parse_str(&id)
        .map_err(|_no_uuid| Problem::not_found("a statement's address ends in its id, a UUID"))?;
    let answered = async {
        app.log.settle(who.caller.tenant).await;
        let asked = Asked::parse_named(uri.query().unwrap_or_default(), id)?;
        answer(&app, &who, asked, version, "", &headers).await
    };
    with_consistency(&app, who.caller.tenant, answered.await)
}

/// The statements of a request, stored.
pub(crate) struct Stored {
    /// Their ids, in the order received.
    ids: Vec<Uuid>,
    /// Whether the log of a session tells of them.
    is_noted: bool,
}

impl Stored {
    /// The answer, which says whether what was done is noted.
    pub(crate) fn answered(self, answer: impl FnOnce(Vec<Uuid>) -> Response) -> Response {
        let mut response = answer(self.ids);
        if self.is_noted {
            response.extensions_mut().insert(Noted);
        }
        response
    }
}

/// Stores the statements of a request: those of launched content by the rules of its session.
pub(super) async fn store(
    app: &App,
    caller: Caller,
    envelope: Envelope,
    request: Request,
) -> Result<Stored> {
    let tenant = caller.tenant;
    let (session, version, put) = (caller.session.clone(), envelope.version, envelope.put);
    let bound = request.extensions().get::<Bound>().cloned();
    let Incoming { text, is_multipart: _, parts } = multipart::read(app, request).await?;
    let text = match &envelope.actor {
        Some(account) => rollbook_xapi::complete::with_actor(&text, account).unwrap_or(text),
        None => text,
    };
    if let Some(bound) = bound {
        bound.statements(count::statements(&text).max(1))?;
    }
    let parts = Parts::take_in(parts).await?;
    let memory = app.log.memory(tenant);
    let large = text.len() > INLINE_BYTES_MAX || !parts.is_empty();
    let receiver = app.clone();
    let check = move || {
        let prepared = receive::receive(&receiver, &caller, &envelope, &text, &parts, &memory);
        prepared.map(|prepared| (prepared, parts, text))
    };
    let checked = if large {
        tokio::task::spawn_blocking(check).await.map_err(Problem::internal)?
    } else {
        check()
    };
    let (prepared, parts, text) = checked?;
    let bytes = prepared.iter().map(|statement| statement.body.len() as u64).sum::<u64>();
    app.usage.reserve(tenant, bytes + parts.bytes()).await?;
    parts.put(app, tenant).await?;
    let ids = prepared.iter().map(|statement| statement.id).collect();
    let is_noted = session.is_some();
    match session {
        None => app.log.store(tenant, prepared).await?,
        Some(session) => {
            let batch = Batch { text, version, put, prepared };
            cmi5::take(app, tenant, &session, batch).await?;
        }
    }
    Ok(Stored { ids, is_noted })
}

async fn answer(
    app: &App,
    who: &StatementReader,
    asked: Asked,
    version: Version,
    address: &str,
    headers: &HeaderMap,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let memory = app.log.memory(tenant);
    let activities = who.caller.activities();
    let own = who.mine.then(|| receive::authority_keys(&who.caller.authority)).transpose()?;
    let session = who.caller.session.clone();
    let languages = show::languages(asked.language.as_deref(), headers);
    let shown = Shown { format: asked.format, utc: version == Version::V2, languages };
    match asked.wanted {
        Wanted::One { id, voided } => {
            let job = move |tx: &mut rollbook_db::Tx<'_>| {
                let (read, through) = page::one(tx, tenant, id, voided, &activities, &memory)?;
                let read = read.filter(|read| {
                    own.as_ref().is_none_or(|own| show::authority_is(&read.text, own))
                        && session.as_ref().is_none_or(|own| show::is_of(&read.text, own))
                });
                Ok::<_, Problem>((
                    read.map(|read| shown.one(tx, tenant, read)).transpose()?,
                    through,
                ))
            };
            let (read, through) =
                app.db.of(tenant.0).read_anywhere(page::mark(tenant), job).await?;
            let absent = || {
                Problem::not_found(format!(
                    "there is no {}statement {id}",
                    if voided { "voided " } else { "" }
                ))
            };
            show::reply_one(app, tenant, read.ok_or_else(absent)?, asked.attachments, through).await
        }
        Wanted::Page(query) => {
            let Page { statements, next, consistent_through: through } =
                page_of(app, who, query, shown).await?;
            let language = (asked.format == query::Format::Canonical)
                .then(|| headers.get(header::ACCEPT_LANGUAGE))
                .flatten();
            let language =
                asked.language.as_deref().or(language.and_then(|value| value.to_str().ok()));
            let more = next.map(|position| query::more(address, position, language));
            show::reply_page(app, tenant, statements, more, asked.attachments, through).await
        }
    }
}

/// A page of what the caller may see, in this form.
pub(super) async fn page_of(
    app: &App,
    who: &StatementReader,
    mut query: Query,
    shown: Shown,
) -> Result<Page> {
    let tenant = who.caller.tenant;
    let own = who.mine.then(|| receive::authority_keys(&who.caller.authority)).transpose()?;
    query.filter.authority = own.and_then(|own| own.into_iter().next());
    let session = who.caller.session.clone();
    if let Some(session) = &session {
        query.filter.confine(session)?;
    }
    let (activities, limits) = (who.caller.activities(), app.limits.clone());
    let memory = app.log.memory(tenant);
    let job = move |tx: &mut rollbook_db::Tx<'_>| {
        let mut page = page::page(tx, tenant, &query, &activities, &limits, &memory)?;
        // What refers to a statement of the learner's may be somebody else's.
        if let Some(own) = &session {
            page.statements.retain(|read| show::is_of(&read.text, own));
        }
        let statements = shown.page(tx, tenant, page.statements)?;
        Ok::<_, Problem>(Page { statements, ..page })
    };
    app.db.of(tenant.0).read_anywhere(page::mark(tenant), job).await
}

/// The promise about the past, as a header value.
pub(super) fn consistent(through: i64) -> (HeaderName, HeaderValue) {
    let text = rollbook_xapi::timestamp::format_micros(through);
    (CONSISTENT_THROUGH, HeaderValue::try_from(text).expect("a timestamp is ASCII"))
}

/// Every answer of this resource carries the promise, refusals too (1.0.3 Communication 2.1.3);
/// what was read says how far its own snapshot went.
fn with_consistency(app: &App, tenant: TenantId, answered: Result<Response>) -> Result<Response> {
    let through = app.log.memory(tenant).through();
    app.log.meter().promised(app.clock.now_micros() - through);
    let (name, value) = consistent(through);
    match answered {
        Ok(mut response) => {
            response.headers_mut().entry(name).or_insert(value);
            Ok(response)
        }
        Err(mut problem) => {
            problem.headers.push((name, value));
            Err(problem)
        }
    }
}
