//! The endpoints of the three document resources.

use super::answer;
use super::ask::{Unwanted, Wanted};
use super::decide;
use super::document::Document;
use super::key::{Key, Resource};
use super::store;
use crate::app::App;
use crate::cmi5;
use crate::error::{Problem, Result};
use crate::http::authority::{ProfileAccess, ProfileReader, StateAccess, StateReader};
use crate::http::reply::NoContent;
use crate::http::{Precondition, XapiVersion};
use crate::tenants::{Caller, TenantId};
use axum::extract::{FromRequestParts, RawQuery, Request, State};
use axum::response::Response;
use rollbook_db::Tx;

/// One of the resources as a type, so that each method is written once for all of them.
pub(super) trait Kind: Send + 'static {
    /// Which one.
    const RESOURCE: Resource;
    /// Who may read.
    type Reader: Authority;
    /// Who may write.
    type Writer: Authority;
}

/// A caller with the scope that a method needs.
pub(super) trait Authority: FromRequestParts<App, Rejection = Problem> + Send {
    /// Whose documents these are, and about what.
    fn caller(&self) -> &Caller;

    /// The tenant whose documents the caller may touch.
    fn tenant(&self) -> TenantId {
        self.caller().tenant
    }
}

/// `activities/state`
pub(super) struct States;
/// `agents/profile`
pub(super) struct AgentProfiles;
/// `activities/profile`
pub(super) struct ActivityProfiles;

/// PUT: stores a document (1.0.3 Communication 2.2, 3.1; 9274.1.1 4.1.4).
pub(super) async fn put<K: Kind>(
    State(app): State<App>,
    who: K::Writer,
    XapiVersion(version): XapiVersion,
    seen: Precondition,
    request: Request,
) -> Result<NoContent> {
    let query = request.uri().query().unwrap_or_default();
    let key = K::RESOURCE.one(query, version, who.caller(), &app.limits)?;
    let document = Document::read(&app, request).await?;
    confine(who.caller(), &key, &document)?;
    let tenant = who.tenant();
    app.usage.reserve(tenant, document.body.len() as u64).await?;
    let session = who.caller().session.clone();
    let job = move |tx: &mut Tx<'_>| {
        cmi5::lasts(tx, tenant, session.as_deref())?;
        decide::put(tx, tenant, &key, &document, &seen, version)
    };
    app.db.of(tenant.0).write(job).await?;
    Ok(NoContent::default())
}

/// POST: merges a document into the one that is there, or stores it (1.0.3 Communication 2.2).
pub(super) async fn post<K: Kind>(
    State(app): State<App>,
    who: K::Writer,
    XapiVersion(version): XapiVersion,
    seen: Precondition,
    request: Request,
) -> Result<NoContent> {
    let query = request.uri().query().unwrap_or_default();
    let key = K::RESOURCE.one(query, version, who.caller(), &app.limits)?;
    let document = Document::read(&app, request).await?;
    confine(who.caller(), &key, &document)?;
    let tenant = who.tenant();
    app.usage.reserve(tenant, document.body.len() as u64).await?;
    let session = who.caller().session.clone();
    let job = move |tx: &mut Tx<'_>| {
        cmi5::lasts(tx, tenant, session.as_deref())?;
        decide::post(tx, tenant, &key, &document, &seen)
    };
    app.db.of(tenant.0).write(job).await?;
    Ok(NoContent::default())
}

/// GET, and HEAD: one document, or the names of those in a context (1.0.3 Communication 2.3).
pub(super) async fn get<K: Kind>(
    State(app): State<App>,
    who: K::Reader,
    XapiVersion(version): XapiVersion,
    seen: Precondition,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let tenant = who.tenant();
    match K::RESOURCE.wanted(&query.unwrap_or_default(), version, who.caller(), &app.limits)? {
        Wanted::One(key) => {
            cmi5::read(&app, who.caller(), &key.context.touched(Some(&key.name), false)).await?;
            let found = app.db.of(tenant.0).read(move |tx| store::get(tx, tenant, &key)).await?;
            answer::one(found, &seen)
        }
        Wanted::Names { context, since } => {
            let names = app
                .db
                .of(tenant.0)
                .read(move |tx| store::names(tx, tenant, &context, since))
                .await?;
            answer::names(names, &seen)
        }
    }
}

/// DELETE: one document, or all states of a context (1.0.3 Communication 2.3).
pub(super) async fn delete<K: Kind>(
    State(app): State<App>,
    who: K::Writer,
    XapiVersion(version): XapiVersion,
    seen: Precondition,
    RawQuery(query): RawQuery,
) -> Result<NoContent> {
    let (tenant, session) = (who.tenant(), who.caller().session.clone());
    let unwanted =
        K::RESOURCE.unwanted(&query.unwrap_or_default(), version, who.caller(), &app.limits)?;
    let job = move |tx: &mut Tx<'_>| {
        cmi5::lasts(tx, tenant, session.as_deref())?;
        match unwanted {
            Unwanted::One(key) => decide::delete(tx, tenant, &key, &seen),
            Unwanted::All(context) => decide::delete_all(tx, tenant, &context, &seen),
        }
    };
    app.db.of(tenant.0).write(job).await?;
    Ok(NoContent::default())
}

/// Launched content stores what may be stored in its learner's name only.
fn confine(caller: &Caller, key: &Key, document: &Document) -> Result<()> {
    if caller.session.is_none() {
        return Ok(());
    }
    let touched = key.context.touched(Some(&key.name), true);
    cmi5::contents(&touched, &document.content_type, &document.body)
}

impl Kind for States {
    const RESOURCE: Resource = Resource::State;
    type Reader = StateReader;
    type Writer = StateAccess;
}

impl Kind for AgentProfiles {
    const RESOURCE: Resource = Resource::AgentProfile;
    type Reader = ProfileReader;
    type Writer = ProfileAccess;
}

impl Kind for ActivityProfiles {
    const RESOURCE: Resource = Resource::ActivityProfile;
    type Reader = ProfileReader;
    type Writer = ProfileAccess;
}

impl Authority for StateReader {
    fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Authority for StateAccess {
    fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Authority for ProfileReader {
    fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Authority for ProfileAccess {
    fn caller(&self) -> &Caller {
        &self.caller
    }
}
