//! From an upload to a version: looked at whole, its files kept, and published.
//!
//! What the API does, and whoever brings a course in another way: CATAPULT's interface, and the
//! demonstration.

use super::decide::{self, New};
use super::examine;
use super::keep::{self, keep};
use super::receive::Received;
use super::store;
use crate::app::App;
use crate::audit::By;
use crate::blobs::{self, Hasher};
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use rollbook_cmi5::course::Course;
use rollbook_db::Tx;
use uuid::Uuid;

/// An upload that was found good and whose files are kept, but which is nothing yet.
pub(crate) struct Upload(New);

/// What an upload became.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Imported {
    /// The course.
    pub(crate) course: Uuid,
    /// Its version that has these bytes.
    pub(crate) version: i64,
}

/// The newest version of a course, with its structure.
pub(crate) struct Newest {
    /// When the course was first imported, in microseconds since 1970 UTC.
    pub(crate) created: i64,
    /// When this version was.
    pub(crate) updated: i64,
    /// What it consists of.
    pub(crate) structure: Course,
}

/// Looks at an upload and keeps its files; `course` is the one that it is meant to be a version of.
pub(super) async fn prepare(
    app: &App,
    tenant: TenantId,
    mut received: Received,
    course: Option<Uuid>,
) -> Result<New> {
    let bounds = examine::bounds(&app.limits);
    let turn = app.imports.turn().await?;
    let source = received.contents.reader().await.map_err(blobs::of_io)?;
    let look = {
        let (bounds, called_zip) = (bounds.clone(), received.called_zip);
        move || examine::examine(source, &bounds, called_zip)
    };
    let examined = tokio::task::spawn_blocking(look).await.map_err(Problem::internal)??;
    let new = New::of(app, course, &received, &examined)?;
    let (publisher, sha2) = (new.publisher.clone(), new.sha2.clone());
    let before = move |tx: &mut Tx<'_>| {
        decide::fits(tx, tenant, course, &publisher)?;
        decide::is_known(tx, tenant, &publisher, &sha2)
    };
    // The transaction decides; this spares the work where it can only end one way.
    if !app.db.of(tenant.0).read(before).await? {
        let reserved = received.reserved(app.clock.now_micros());
        let room = keep::room(&received, &examined).saturating_sub(reserved);
        app.usage.reserve(tenant, room).await?;
        Box::pin(keep(app, tenant, &mut received, &examined, bounds)).await?;
    }
    drop(turn);
    Ok(new)
}

impl Upload {
    /// Looks at what came in a request, and keeps its files.
    pub(crate) async fn received(app: &App, tenant: TenantId, received: Received) -> Result<Self> {
        Ok(Self(prepare(app, tenant, received, None).await?))
    }

    /// Looks at a package that is in memory, and keeps its files.
    pub(crate) async fn of_bytes(app: &App, tenant: TenantId, bytes: &[u8]) -> Result<Self> {
        let (mut contents, mut hasher) = (app.blobs.spool(), Hasher::sha256());
        hasher.update(bytes);
        contents.write(bytes).await.map_err(blobs::of_io)?;
        let sha2 = hasher.finish();
        let received =
            Received { contents, sha2, called_zip: false, reserved: (0, 0), _place: None };
        Self::received(app, tenant, received).await
    }

    /// Makes it a version.
    pub(crate) fn publish(
        self,
        tx: &mut Tx<'_>,
        tenant: TenantId,
        by: &By,
        now: i64,
    ) -> Result<Imported> {
        let published = decide::publish(tx, tenant, self.0, by, now)?;
        Ok(Imported { course: published.course.id, version: published.version })
    }
}

/// A course in its newest version.
///
/// # Errors
/// 404 if there is none.
pub(crate) fn newest(tx: &mut Tx<'_>, tenant: TenantId, course: Uuid) -> Result<Newest> {
    let row = decide::get(tx, tenant, course)?;
    let (version, created, updated) = (row.current.number, row.created, row.current.created);
    let args = [tenant.0.into(), course.into(), version.into()];
    let text: Option<String> = tx.one(&store::STRUCTURE, &args)?;
    let text = text.ok_or_else(decide::not_found)?;
    let structure = serde_json::from_str(&text).map_err(Problem::internal)?;
    Ok(Newest { created, updated, structure })
}
