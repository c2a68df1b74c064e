//! `/api/v1/courses`: thin handlers.

use super::capability::Capability;
use super::decide::{self, Published};
use super::imports::to_its_end;
use super::prepare::prepare;
use super::receive::receive;
use super::show::{CourseRow, CourseShown, Preview, VersionRow, VersionShown, VersionWhole};
use super::store;
use crate::app::App;
use crate::audit::{By, Whence};
use crate::blobs::Sha2;
use crate::error::{Problem, Result};
use crate::http::api::{
    Asked, Cursor, Idempotent, Listing, Purpose, QueryTable, Reply, filter, sorts,
};
use crate::http::authority::{Administrator, ApiReader, ApiWriter};
use crate::http::openapi::Parameter;
use crate::http::parameters::Parameters;
use crate::ids::sha2_256;
use crate::tenants::TenantId;
use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use rollbook_db::{Tx, Value};
use rollbook_xapi::timestamp::format_micros;
use uuid::Uuid;

/// Where courses are.
pub(super) const PATH: &str = "/api/v1/courses";

/// What the list of courses understands.
static COURSES: QueryTable = COURSES_;
const COURSES_: QueryTable = QueryTable {
    name: "courses",
    filters: &[filter!("publisherId", text, "The course to which its publisher gave this id.")],
    sorts: sorts!["created"],
    order: "-created",
};

/// What the list of versions understands.
static VERSIONS: QueryTable = VERSIONS_;
const VERSIONS_: QueryTable =
    QueryTable { name: "versions", filters: &[], sorts: sorts!["number"], order: "-number" };

/// What the list of courses takes.
pub(super) const COURSES_TAKE: &[Parameter] = &COURSES_.parameters::<{ COURSES_.count() }>();
/// What the list of versions takes.
pub(super) const VERSIONS_TAKE: &[Parameter] = &VERSIONS_.parameters::<{ VERSIONS_.count() }>();

/// POST /api/v1/courses
pub(super) async fn create(
    State(app): State<App>,
    who: ApiWriter,
    whence: Whence,
    RawQuery(query): RawQuery,
    once: Idempotent,
    request: Request,
) -> Result<Response> {
    let (tenant, by) = (who.caller.tenant, By::of(&who.caller, whence));
    let query = Parameters::parse(query.as_deref().unwrap_or_default(), &["course"])?;
    let course = query.uuid("course")?;
    let received = receive(&app, tenant, request).await?;
    once.body_was(sha2_256(received.sha2.as_str().as_bytes()));
    let import = async move {
        let new = prepare(&app, tenant, received, course).await?;
        let now = app.clock.now_micros();
        let effect = move |tx: &mut Tx<'_>| published(decide::publish(tx, tenant, new, &by, now)?);
        once.run(&app, tenant, effect).await
    };
    to_its_end(import).await
}

fn published(Published { course, version, is_new }: Published) -> Result<Reply> {
    let place = format!("{PATH}/{}/versions/{version}", course.id);
    let place = HeaderValue::try_from(place).map_err(Problem::internal)?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let shown = CourseShown::of(course)?;
    Ok(Reply::json(status, &shown)?.with(header::LOCATION, place))
}

/// GET /api/v1/courses
pub(super) async fn list(
    State(app): State<App>,
    who: ApiReader,
    asked: Asked,
) -> Result<Listing<CourseShown>> {
    let tenant = who.caller.tenant;
    let query = asked.of(&COURSES, &app, tenant).await?;
    let (sql, first) = if query.is_descending() {
        (&store::LIST, (i64::MAX, Uuid::max()))
    } else {
        (&store::LIST_UP, (i64::MIN, Uuid::nil()))
    };
    let (created, id) = query.page.after.as_ref().map(place).transpose()?.unwrap_or(first);
    // No id holds U+0000, which the store cannot be asked about.
    let publisher = query.text("publisherId").unwrap_or_default().replace('\0', "\u{fffd}");
    let args: [Value; 6] = [
        tenant.0.into(),
        created.into(),
        id.into(),
        query.bound.into(),
        publisher.into(),
        query.rows().into(),
    ];
    let rows = app.db.of(tenant.0).read(move |tx| tx.all(sql, &args)).await?;
    let keys = |row: &CourseRow| vec![row.created.into(), row.id.into()];
    Listing::new(query, rows, keys).try_map(CourseShown::of)
}

fn place(cursor: &Cursor) -> Result<(i64, Uuid)> {
    Ok((cursor.int(0)?, cursor.uuid(1)?))
}

/// GET /api/v1/courses/{id}
pub(super) async fn get(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
) -> Result<Response> {
    let (tenant, id) = (who.caller.tenant, course(&id)?);
    let row = app.db.of(tenant.0).read(move |tx| decide::get(tx, tenant, id)).await?;
    Ok(Reply::json(StatusCode::OK, &CourseShown::of(row)?)?.into_response())
}

/// GET /api/v1/courses/{id}/versions
pub(super) async fn versions(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Listing<VersionShown>> {
    let (tenant, id) = (who.caller.tenant, course(&id)?);
    let query = asked.of(&VERSIONS, &app, tenant).await?;
    let (sql, first) =
        if query.is_descending() { (&store::VERSIONS, i64::MAX) } else { (&store::VERSIONS_UP, 0) };
    let after = query.page.after.as_ref().map(|cursor| cursor.int(0)).transpose()?;
    let args = [tenant.0.into(), id.into(), after.unwrap_or(first).into(), query.rows().into()];
    let job = move |tx: &mut Tx<'_>| {
        decide::get(tx, tenant, id)?;
        Ok::<_, Problem>(tx.all(sql, &args)?)
    };
    let rows = app.db.of(tenant.0).read(job).await?;
    let keys = |row: &VersionRow| vec![row.number.into()];
    Listing::new(query, rows, keys).try_map(VersionShown::of)
}

/// GET /api/v1/courses/{id}/versions/{version}
pub(super) async fn version(
    State(app): State<App>,
    who: ApiReader,
    Path((id, version)): Path<(String, String)>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let (id, version) = (course(&id)?, number(&version)?);
    let job = move |tx: &mut Tx<'_>| {
        let row = decide::version(tx, tenant, id, version)?;
        let args = [tenant.0.into(), id.into(), version.into()];
        let structure: Option<String> = tx.one(&store::STRUCTURE, &args)?;
        VersionWhole::of(row, structure.ok_or_else(decide::not_found)?)
    };
    let whole = app.db.of(tenant.0).read(job).await?;
    Ok(Reply::json(StatusCode::OK, &whole)?.into_response())
}

/// GET /api/v1/courses/{id}/versions/{version}/package
pub(super) async fn package(
    State(app): State<App>,
    who: ApiReader,
    Path((id, version)): Path<(String, String)>,
) -> Result<Response> {
    let row = found(&app, who.caller.tenant, &id, &version).await?;
    let sha2 = Sha2::parse(&row.sha2).ok_or_else(decide::not_found)?;
    let contents = app.blobs.get(who.caller.tenant, &sha2).await?;
    let contents = contents.ok_or_else(|| {
        Problem::internal(anyhow::anyhow!("the package {sha2} of a version is missing"))
    })?;
    let media = if row.form == "zip" { "application/zip" } else { "application/xml" };
    let name = format!("attachment; filename=\"course-{}.{}\"", row.number, row.form);
    let mut response = Response::new(Body::from_stream(contents.stream));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CONTENT_LENGTH, contents.bytes.into());
    headers.insert(header::CONTENT_DISPOSITION, text(&name)?);
    headers.insert(header::ETAG, text(&format!("\"{sha2}\""))?);
    // It is somebody else's: on this origin nothing of it may ever run.
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// GET /api/v1/courses/{id}/versions/{version}/preview
pub(super) async fn preview(
    State(app): State<App>,
    who: Administrator,
    Path((id, version)): Path<(String, String)>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let row = found(&app, tenant, &id, &version).await?;
    let seconds = i64::try_from(app.limits.preview_seconds_max).unwrap_or(i64::MAX);
    let lasts = seconds.saturating_mul(1_000_000);
    let capability = Capability {
        tenant,
        course: course(&id)?,
        version: row.number,
        expires: app.clock.now_micros().saturating_add(lasts),
        session: Uuid::nil(),
    };
    let secret = app.secrets.get(tenant, Purpose::Content).await?;
    let url = app.content_url.of(capability.course, row.number, &capability.write(&secret));
    let preview = Preview { url, expires: format_micros(capability.expires) };
    let reply = Reply::json(StatusCode::OK, &preview)?;
    let unkept = HeaderValue::from_static("no-store");
    Ok(reply.with(header::CACHE_CONTROL, unkept).into_response())
}

/// DELETE /api/v1/courses/{id}
pub(super) async fn delete(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(id): Path<String>,
    once: Idempotent,
) -> Result<Response> {
    let (tenant, id) = (who.caller.tenant, course(&id)?);
    let (by, now) = (By::of(&who.caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        decide::delete(tx, tenant, id, &by, now)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    once.run(&app, tenant, effect).await
}

async fn found(app: &App, tenant: TenantId, id: &str, version: &str) -> Result<VersionRow> {
    let (id, version) = (course(id)?, number(version)?);
    app.db.of(tenant.0).read(move |tx| decide::version(tx, tenant, id, version)).await
}

fn course(id: &str) -> Result<Uuid> {
    Uuid::parse_str(id).map_err(|_no_uuid| decide::not_found())
}

fn number(text: &str) -> Result<i64> {
    text.parse().map_err(|_no_number| decide::not_found())
}

fn text(value: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(value).map_err(Problem::internal)
}
