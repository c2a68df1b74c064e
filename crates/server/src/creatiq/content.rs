//! What the id of some content means (`cmi5.md` 2.2).

use super::store;
use crate::cmi5::{Content, Desk, Profile, Registration, SyntheticUnit, UnitName};
use crate::error::Result;
use crate::hex;
use crate::ids::sha2_256;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rollbook_cmi5::course::MoveOn;
use rollbook_db::{Tx, Value};
use uuid::Uuid;

/// What ids of H5P content begin with; its addresses leave it out.
const H5P: &str = "h5p-content-";

/// Bytes of a name in an address; a longer one is there as its hash.
const NAME_BYTES_MAX: usize = 1_000;

/// What stands in a segment of a path as it is (RFC 3986 2.3).
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What somebody is registered for, and whose letter counts for it: a course that has this id, whose
/// publisher calls it so or calls a unit of it so; else content without a package.
pub(super) fn resolve(
    tx: &mut Tx<'_>,
    desk: &Desk,
    public_url: &str,
    id: &str,
) -> Result<(Profile, Content)> {
    Ok(match course(tx, desk, id)? {
        Some(course) => (Profile::Cmi5, Content::Course { course, version: None }),
        None => (Profile::Creatiq, Content::Unit(Box::new(unit(public_url, id)))),
    })
}

/// The unit of its course that a registration is for, if it is for one.
pub(super) fn unit_of(
    tx: &mut Tx<'_>,
    desk: &Desk,
    registration: &Registration,
) -> Result<Option<UnitName>> {
    let outline = desk.outline(tx, registration)?;
    let is_unit = outline.unit_place(&registration.content_id).is_some();
    Ok(is_unit.then(|| UnitName::Id(registration.content_id.clone())))
}

fn course(tx: &mut Tx<'_>, desk: &Desk, id: &str) -> Result<Option<Uuid>> {
    if id.starts_with(H5P) {
        return Ok(None);
    }
    let mut find = |sql, what: Value| tx.one(sql, &[desk.tenant().0.into(), what]);
    if let Ok(course) = Uuid::parse_str(id) {
        return Ok(find(&store::COURSE, course.into())?);
    }
    // Publishers' ids are IRIs (cmi5 3.0).
    if !rollbook_xapi::iri::is_iri(id) {
        return Ok(None);
    }
    let hash = sha2_256(id.as_bytes());
    let found: Option<Uuid> = find(&store::PUBLISHER, hash.as_slice().into())?;
    if found.is_some() {
        return Ok(found);
    }
    Ok(find(&store::UNIT, id.into())?)
}

fn unit(public_url: &str, content_id: &str) -> SyntheticUnit {
    let name = content_id.strip_prefix(H5P).filter(|name| !name.is_empty()).unwrap_or(content_id);
    let name = utf8_percent_encode(name, KEPT).to_string();
    // What an identifier of a statement has room for.
    let name = if name.len() <= NAME_BYTES_MAX {
        name
    } else {
        hex::lower(&sha2_256(content_id.as_bytes()))
    };
    let top = public_url.trim_end_matches('/');
    SyntheticUnit {
        course_id: format!("{top}/h5p/course/{name}"),
        publisher_id: format!("{top}/h5p/source/{name}"),
        activity_id: format!("{top}/h5p/content/{name}"),
        title: content_id.to_owned(),
        url: format!("{top}/h5p/play/{name}"),
        move_on: MoveOn::CompletedOrPassed,
        mastery_score: None,
    }
}
