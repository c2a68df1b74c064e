//! What may be done to courses. Each function is a whole transaction's program, with its entry in
//! the audit log.

use super::examine::Examined;
use super::receive::Received;
use super::show::{CourseRow, VersionRow, Warning};
use super::store;
use crate::app::App;
use crate::audit::{self, By};
use crate::blobs;
use crate::error::{Code, Problem, Result};
use crate::ids::sha2_256;
use crate::tenants::{TenantId, life};
use rollbook_db::{Column, Tx, Value};
use serde_json::json;
use uuid::Uuid;

/// Characters of a title in lists; the structure has all of it.
const TITLE_CHARS_MAX: usize = 1_000;

/// A version to be, of which every file is in the blob store.
pub(super) struct New {
    /// The course that it is to be a version of; that of its publisher's id unless said.
    pub(super) course: Option<Uuid>,
    /// The id of the course, if it is a new one.
    pub(super) id: Uuid,
    pub(super) publisher: String,
    pub(super) title: String,
    pub(super) form: &'static str,
    pub(super) sha2: String,
    pub(super) bytes: i64,
    /// What the publisher calls its units.
    pub(super) units: Vec<String>,
    pub(super) structure: String,
    pub(super) warnings: String,
    /// Path, address and size of each file.
    pub(super) files: Vec<(String, String, i64)>,
}

impl New {
    /// That of an upload that was found good.
    pub(super) fn of(
        app: &App,
        course: Option<Uuid>,
        received: &Received,
        examined: &Examined,
    ) -> Result<Self> {
        let warnings: Vec<Warning> = examined
            .warnings
            .iter()
            .map(|warning| Warning {
                code: warning.code.name().to_owned(),
                path: warning.path.clone(),
                detail: warning.message.clone(),
                fix: warning.code.fix().to_owned(),
            })
            .collect();
        let size = |bytes: u64| i64::try_from(bytes).map_err(Problem::internal);
        let files = examined
            .files
            .iter()
            .map(|(entry, sha2)| Ok((entry.path.clone(), sha2.to_string(), size(entry.bytes)?)));
        Ok(Self {
            course,
            id: app.ids.statement(),
            publisher: examined.course.id.clone(),
            title: examined.title().chars().take(TITLE_CHARS_MAX).collect(),
            form: if examined.is_archive { "zip" } else { "xml" },
            sha2: received.sha2.to_string(),
            bytes: size(received.contents.bytes())?,
            units: examined.course.aus().iter().map(|unit| unit.id.clone()).collect(),
            structure: serde_json::to_string(&examined.course).map_err(Problem::internal)?,
            warnings: serde_json::to_string(&warnings).map_err(Problem::internal)?,
            files: files.collect::<Result<_>>()?,
        })
    }
}

/// What became of an upload.
pub(super) struct Published {
    pub(super) course: CourseRow,
    /// The version that has these bytes.
    pub(super) version: i64,
    /// Whether it is new.
    pub(super) is_new: bool,
}

/// Whether a publisher's id may become a version of `course`: 404 or 409 if not.
pub(super) fn fits(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    course: Option<Uuid>,
    publisher: &str,
) -> Result<()> {
    let Some(course) = course else { return Ok(()) };
    same_publisher(tx.one(&store::PUBLISHER, &[tenant.0.into(), course.into()])?, publisher)
}

/// Whether these bytes are a version already.
pub(super) fn is_known(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    publisher: &str,
    sha2: &str,
) -> Result<bool> {
    let args = [tenant.0.into(), hash(publisher), sha2.into()];
    let known: Option<i64> = tx.one(&store::KNOWN, &args)?;
    Ok(known.is_some())
}

/// Makes a version, and the course if there is none yet. The same bytes again are the version that
/// there is, which becomes the current one.
pub(super) fn publish(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    new: New,
    by: &By,
    now: i64,
) -> Result<Published> {
    life::hold(tx, tenant)?;
    let number = Value::from(tenant.0);
    let course = settle_course(tx, tenant, &new, now)?;
    let same = [number.clone(), course.into(), (&new.sha2).into()];
    if let Some(version) = tx.one::<i64>(&store::SAME, &same)? {
        let chosen = [number, course.into(), version.into(), (&new.title).into()];
        if tx.run(&store::CHOOSE, &chosen)? > 0 {
            file_units(tx, tenant, course, new.units)?;
            let detail = json!({"version": version});
            audit::record(tx, tenant, by, "course.restored", &of(course), &detail, now)?;
        }
        return Ok(Published { course: get(tx, tenant, course)?, version, is_new: false });
    }
    let New { title, form, sha2, bytes, units, structure, warnings, files, publisher, .. } = new;
    let next = [number.clone(), course.into(), title.into()];
    let version: Option<i64> = tx.one(&store::NEXT_VERSION, &next)?;
    let version = version.ok_or_else(not_found)?;
    let place = [number, course.into(), version.into()];
    let rest: [Value; 9] = [
        form.into(),
        (&sha2).into(),
        bytes.into(),
        i64::try_from(files.len()).map_err(Problem::internal)?.into(),
        i64::try_from(units.len()).map_err(Problem::internal)?.into(),
        structure.into(),
        warnings.into(),
        now.into(),
        by.principal().into(),
    ];
    tx.run(&store::ADD_VERSION, &place.iter().cloned().chain(rest).collect::<Vec<_>>())?;
    add_files(tx, tenant, &place, &sha2, files)?;
    file_units(tx, tenant, course, units)?;
    let detail = json!({"version": version, "publisherId": publisher, "sha2": sha2});
    audit::record(tx, tenant, by, "course.imported", &of(course), &detail, now)?;
    Ok(Published { course: get(tx, tenant, course)?, version, is_new: true })
}

/// The course that the version belongs to, held until commit.
fn settle_course(tx: &mut Tx<'_>, tenant: TenantId, new: &New, now: i64) -> Result<Uuid> {
    let number = Value::from(tenant.0);
    if let Some(course) = new.course {
        let found = tx.one(&store::LOCK_COURSE, &[number, course.into()])?;
        same_publisher(found, &new.publisher)?;
        return Ok(course);
    }
    let row = [
        number.clone(),
        new.id.into(),
        (&new.publisher).into(),
        hash(&new.publisher),
        (&new.title).into(),
        now.into(),
    ];
    tx.run(&store::ADD_COURSE, &row)?;
    let found: Option<Uuid> = tx.one(&store::LOCK_PUBLISHER, &[number, hash(&new.publisher)])?;
    found.ok_or_else(Problem::unavailable)
}

/// Files a course under the names of its units, in place of those of the version before.
fn file_units(tx: &mut Tx<'_>, tenant: TenantId, course: Uuid, units: Vec<String>) -> Result<()> {
    let place = [tenant.0.into(), course.into()];
    tx.run(&store::DROP_UNITS, &place)?;
    tx.many(&store::ADD_UNITS, &place, &[Column::Text(units)])?;
    Ok(())
}

fn add_files(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    place: &[Value],
    archive: &str,
    files: Vec<(String, String, i64)>,
) -> Result<()> {
    let (mut paths, mut folded, mut addresses, mut sizes) = (vec![], vec![], vec![], vec![]);
    for (path, sha2, bytes) in files {
        folded.push(path.to_lowercase());
        paths.push(path);
        addresses.push(sha2);
        sizes.push(bytes);
    }
    let mut kept = addresses.clone();
    kept.push(archive.to_owned());
    let columns =
        [Column::Text(paths), Column::Text(folded), Column::Text(addresses), Column::Int(sizes)];
    tx.many(&store::ADD_FILES, place, &columns)?;
    blobs::mark_stored(tx, tenant, &kept)
}

/// Deletes a course. What it was stays in the store, and in the statements about it; its files go,
/// unless something else has the same contents.
pub(crate) fn delete(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    course: Uuid,
    by: &By,
    now: i64,
) -> Result<()> {
    let before = get(tx, tenant, course)?;
    let place: [Value; 2] = [tenant.0.into(), course.into()];
    if tx.run(&store::DELETE, &[tenant.0.into(), course.into(), now.into()])? == 0 {
        return Err(not_found());
    }
    let contents = tx.all(&store::CONTENTS, &place)?;
    blobs::let_go(tx, tenant, contents, now, |tx| tx.all(&store::NEEDED, &place))?;
    let detail = json!({"publisherId": before.publisher});
    audit::record(tx, tenant, by, "course.deleted", &of(course), &detail, now)?;
    Ok(())
}

/// The course as the audit log has it.
fn of(course: Uuid) -> String {
    format!("course:{course}")
}

/// One course.
pub(super) fn get(tx: &mut Tx<'_>, tenant: TenantId, course: Uuid) -> Result<CourseRow> {
    tx.one(&store::COURSE, &[tenant.0.into(), course.into()])?.ok_or_else(not_found)
}

/// One version of a course.
pub(super) fn version(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    course: Uuid,
    version: i64,
) -> Result<VersionRow> {
    let args = [tenant.0.into(), course.into(), version.into()];
    tx.one(&store::VERSION, &args)?.ok_or_else(not_found)
}

/// How many contents of versions are not kept, though they should be.
pub(crate) fn unkept(tx: &mut Tx<'_>, tenant: TenantId) -> rollbook_db::Result<i64> {
    Ok(tx.one(&store::UNKEPT, &[tenant.0.into()])?.unwrap_or_default())
}

fn same_publisher(found: Option<String>, publisher: &str) -> Result<()> {
    match found {
        None => Err(not_found()),
        Some(known) if known == publisher => Ok(()),
        Some(_) => {
            let detail = "the package has another publisher's id than the course: leave `course` \
                          out to import it as a course of its own";
            Err(Problem::of(Code::CourseOther, detail))
        }
    }
}

fn hash(publisher: &str) -> Value {
    Value::from(sha2_256(publisher.as_bytes()).as_slice())
}

/// 404.
pub(super) fn not_found() -> Problem {
    Problem::not_found("there is no such course, or no such version of it")
}
