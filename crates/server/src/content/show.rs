//! Courses and versions as they are stored and as they are told.

use crate::error::{Problem, Result};
use rollbook_db::{FromRow, Row};
use rollbook_xapi::timestamp::format_micros;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// A course with its current version, as it is stored.
pub(super) struct CourseRow {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) publisher: String,
    pub(super) title: String,
    pub(super) created: i64,
    pub(super) current: VersionRow,
}

/// A version, as it is stored.
pub(super) struct VersionRow {
    pub(super) number: i64,
    pub(super) form: String,
    pub(super) sha2: String,
    pub(super) bytes: i64,
    pub(super) files: i64,
    pub(super) units: i64,
    pub(super) warnings: String,
    pub(super) created: i64,
    pub(super) creator: String,
}

/// A course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Course)]
pub(super) struct CourseShown {
    /// Its id here.
    id: String,
    /// The standard that it follows: `cmi5`.
    kind: String,
    /// The id that its publisher gave it.
    publisher_id: String,
    /// Its title, in the first language that it has.
    title: String,
    /// When it was first imported.
    #[schema(format = DateTime)]
    created: String,
    /// The version that was uploaded last. Who is registered stays on the one that they began with.
    current: VersionShown,
}

/// One package of a course, as it was uploaded.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CourseVersion)]
pub(super) struct VersionShown {
    /// Its number: 1, 2, 3 and so on.
    number: i64,
    /// `zip`, or `xml` for a structure without a package.
    form: String,
    /// SHA-256 of what was uploaded, in hexadecimal.
    sha2: String,
    /// Bytes of what was uploaded.
    bytes: i64,
    /// How many files the package has.
    files: i64,
    /// How many assignable units the structure has.
    units: i64,
    /// What is odd about the package and does not keep it from being used.
    #[schema(value_type = Vec<Warning>)]
    warnings: Box<RawValue>,
    /// When it was imported.
    #[schema(format = DateTime)]
    created: String,
    /// Who imported it, as the audit log has them.
    created_by: String,
}

/// A version with its structure.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CourseVersionWhole)]
pub(super) struct VersionWhole {
    /// The version.
    version: VersionShown,
    /// The course structure (cmi5 13.1): ids, titles, objectives, blocks and assignable units.
    #[schema(value_type = Object)]
    structure: Box<RawValue>,
}

/// Something odd about a package.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PackageWarning)]
pub(super) struct Warning {
    /// What it is, such as `ZIP_CASE_COLLISION`.
    pub(super) code: String,
    /// The file.
    pub(super) path: Option<String>,
    /// What is odd.
    pub(super) detail: String,
    /// What mends it.
    pub(super) fix: String,
}

/// Where a version can be looked at.
#[derive(Serialize, ToSchema)]
#[schema(as = CoursePreview)]
pub(super) struct Preview {
    /// The address of the top of the package, on the content origin; paths of files follow it.
    pub(super) url: String,
    /// When that address ends.
    #[schema(format = DateTime)]
    pub(super) expires: String,
}

impl CourseShown {
    pub(super) fn of(row: CourseRow) -> Result<Self> {
        let CourseRow { id, kind, publisher, title, created, current } = row;
        Ok(Self {
            id: id.to_string(),
            kind,
            publisher_id: publisher,
            title,
            created: format_micros(created),
            current: VersionShown::of(current)?,
        })
    }
}

impl VersionShown {
    pub(super) fn of(row: VersionRow) -> Result<Self> {
        let VersionRow { number, form, sha2, bytes, files, units, warnings, created, creator } =
            row;
        Ok(Self {
            number,
            form,
            sha2,
            bytes,
            files,
            units,
            warnings: RawValue::from_string(warnings).map_err(Problem::internal)?,
            created: format_micros(created),
            created_by: creator,
        })
    }
}

impl VersionWhole {
    pub(super) fn of(row: VersionRow, structure: String) -> Result<Self> {
        let structure = RawValue::from_string(structure).map_err(Problem::internal)?;
        Ok(Self { version: VersionShown::of(row)?, structure })
    }
}

impl FromRow for CourseRow {
    fn from_row(row: &Row<'_>) -> rollbook_db::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            kind: row.get(1)?,
            publisher: row.get(2)?,
            title: row.get(3)?,
            created: row.get(4)?,
            current: version_at(row, 5)?,
        })
    }
}

impl FromRow for VersionRow {
    fn from_row(row: &Row<'_>) -> rollbook_db::Result<Self> {
        version_at(row, 0)
    }
}

fn version_at(row: &Row<'_>, at: usize) -> rollbook_db::Result<VersionRow> {
    Ok(VersionRow {
        number: row.get(at)?,
        form: row.get(at + 1)?,
        sha2: row.get(at + 2)?,
        bytes: row.get(at + 3)?,
        files: row.get(at + 4)?,
        units: row.get(at + 5)?,
        warnings: row.get(at + 6)?,
        created: row.get(at + 7)?,
        creator: row.get(at + 8)?,
    })
}
