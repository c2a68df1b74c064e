//! A course as registrations use it: its structure, its units and blocks by place and by id, and the
//! ids that are generated for them (8.1.5, 9.4).
//!
//! A generated id is never the publisher's. It is made of the publisher's ids, so that every launch,
//! every registration and every version of the course has the same, and it begins with the address
//! that the server had when the registration was made, so that it stays within a registration.

use super::row::Registration;
use super::spans::{Part, Spans};
use super::store;
use crate::error::{Problem, Result};
use crate::hex;
use crate::ids::sha2_256;
use crate::tenants::TenantId;
use lru::LruCache;
use rollbook_cmi5::course::{Au, Course, LangString, LaunchMethod, MasteryScore, MoveOn, Node};
use rollbook_db::Tx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Courses that are remembered.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");

/// A course.
#[derive(Debug)]
pub struct Outline {
    /// Its structure.
    pub course: Course,
    units: Vec<Au>,
    unit_places: HashMap<String, usize>,
    block_places: HashMap<String, usize>,
    blocks: Vec<String>,
    spans: Spans,
    /// The id of the only unit, if it is given and not generated.
    activity: Option<String>,
}

/// Versions of courses that this process knows; they never change. Cheap to clone.
#[derive(Clone)]
pub(super) struct Outlines(Arc<Mutex<Remembered>>);

/// By tenant, course and version.
type Remembered = LruCache<(TenantId, Uuid, i64), Arc<Outline>>;

/// Content that is launched like a unit and has no package, such as H5P (`cmi5.md` 2.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyntheticUnit {
    /// The publisher's id of a course that consists of it.
    pub course_id: String,
    /// Its publisher's id.
    pub publisher_id: String,
    /// The id of its activity, exactly this.
    pub activity_id: String,
    /// What people call it.
    pub title: String,
    /// What is launched: absolute.
    pub url: String,
    /// What satisfies it.
    pub move_on: MoveOn,
    /// The least score that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mastery_score: Option<MasteryScore>,
}

impl Default for Outlines {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(REMEMBERED_MAX))))
    }
}

impl Outlines {
    /// The course of a registration.
    pub(super) fn of(
        &self,
        tx: &mut Tx<'_>,
        tenant: TenantId,
        registration: &Registration,
    ) -> Result<Arc<Outline>> {
        match (registration.course, &registration.structure) {
            (Some((course, version)), _) => self.get(tx, tenant, course, version),
            (None, Some(text)) => Ok(Arc::new(Outline::of_unit(unreadable(text)?))),
            (None, None) => Err(Problem::internal(anyhow::anyhow!("a registration of nothing"))),
        }
    }

    /// A version of a course.
    fn get(
        &self,
        tx: &mut Tx<'_>,
        tenant: TenantId,
        course: Uuid,
        version: i64,
    ) -> Result<Arc<Outline>> {
        let key = (tenant, course, version);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outline) = known.get(&key) {
            return Ok(Arc::clone(outline));
        }
        drop(known);
        let args = [tenant.0.into(), course.into(), version.into()];
        let text: Option<String> = tx.one(&store::STRUCTURE, &args)?;
        let text =
            text.ok_or_else(|| Problem::not_found("there is no such version of a course"))?;
        let outline = Arc::new(Outline::new(unreadable(&text)?, None));
        known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.put(key, Arc::clone(&outline));
        Ok(outline)
    }
}

impl Outline {
    fn new(course: Course, activity: Option<String>) -> Self {
        let units: Vec<Au> = course.aus().into_iter().cloned().collect();
        let mut blocks = Vec::new();
        collect_blocks(&course.children, &mut blocks);
        let spans = Spans::of(&course);
        let places = |ids: Vec<&String>| {
            ids.into_iter().enumerate().map(|(place, id)| (id.clone(), place)).collect()
        };
        Self {
            unit_places: places(units.iter().map(|unit| &unit.id).collect()),
            block_places: places(blocks.iter().collect()),
            course,
            units,
            blocks,
            spans,
            activity,
        }
    }

    /// A course of the library.
    pub(crate) fn of_course(course: Course) -> Self {
        Self::new(course, None)
    }

    /// A course that consists of one unit.
    pub(super) fn of_unit(unit: SyntheticUnit) -> Self {
        let SyntheticUnit {
            course_id,
            publisher_id,
            activity_id,
            title,
            url,
            move_on,
            mastery_score,
        } = unit;
        let title = vec![LangString { lang: None, text: title }];
        let au = Au {
            id: publisher_id,
            title: title.clone(),
            description: title.clone(),
            objectives: Vec::new(),
            url,
            launch_method: LaunchMethod::AnyWindow,
            move_on,
            mastery_score,
            launch_parameters: None,
            entitlement_key: None,
            activity_type: None,
        };
        let course = Course {
            id: course_id,
            description: title.clone(),
            title,
            objectives: Vec::new(),
            children: vec![Node::Au(au)],
        };
        Self::new(course, Some(activity_id))
    }

    /// Its units, in the order of the structure.
    pub fn units(&self) -> &[Au] {
        &self.units
    }

    /// The place of a unit, by its publisher's id.
    pub fn unit_place(&self, id: &str) -> Option<usize> {
        self.unit_places.get(id).copied()
    }

    /// The place of a block, by its publisher's id.
    pub(super) fn block_place(&self, id: &str) -> Option<usize> {
        self.block_places.get(id).copied()
    }

    /// The publisher's id of a block.
    pub(super) fn block_id(&self, place: usize) -> Option<&String> {
        self.blocks.get(place)
    }

    /// Whether a unit asks anything of the learner, as the structure has it.
    pub(super) fn asks(&self, unit: usize) -> bool {
        self.units.get(unit).is_some_and(|unit| unit.move_on != MoveOn::NotApplicable)
    }

    /// What is around a unit, from the inside out: blocks, and the course.
    pub(super) fn around(&self, unit: usize) -> Vec<Part> {
        self.spans.around(unit)
    }

    /// The generated id of a unit (8.1.5).
    pub(crate) fn activity_of(&self, base: &str, tenant: TenantId, unit: &Au) -> String {
        match &self.activity {
            Some(activity) => activity.clone(),
            None => self.generated(base, tenant, "au", &unit.id),
        }
    }

    /// The generated id of a block (9.4).
    pub(crate) fn block_activity(&self, base: &str, tenant: TenantId, id: &str) -> String {
        self.generated(base, tenant, "block", id)
    }

    /// The generated id of the course (9.4).
    pub(crate) fn course_activity(&self, base: &str, tenant: TenantId) -> String {
        format!("{base}/activities/{}/{}", tenant.0, short(&self.course.id))
    }

    fn generated(&self, base: &str, tenant: TenantId, kind: &str, id: &str) -> String {
        format!("{}/{kind}/{}", self.course_activity(base, tenant), short(id))
    }
}

/// Whether a unit is satisfied, by whether it was found to be: one of which nothing is asked is so from
/// the start (9.6.1).
pub(crate) fn is_satisfied(unit: &Au, found: bool) -> bool {
    found || unit.move_on == MoveOn::NotApplicable
}

fn collect_blocks(children: &[Node], blocks: &mut Vec<String>) {
    for child in children {
        if let Node::Block(block) = child {
            blocks.push(block.id.clone());
            collect_blocks(&block.children, blocks);
        }
    }
}

/// 128 bits of the hash of an id.
fn short(id: &str) -> String {
    let hash = sha2_256(id.as_bytes());
    hex::lower(hash.first_chunk::<16>().expect("a SHA-256 has 32 bytes"))
}

fn unreadable<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let what = "a stored course structure cannot be read";
        Problem::internal(anyhow::Error::new(error).context(what))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> SyntheticUnit {
        SyntheticUnit {
            course_id: "https://p.example/course".to_owned(),
            publisher_id: "https://p.example/au".to_owned(),
            activity_id: "https://l.example/h5p/content/1".to_owned(),
            title: "One".to_owned(),
            url: "https://l.example/h5p/play/1".to_owned(),
            move_on: MoveOn::CompletedOrPassed,
            mastery_score: None,
        }
    }

    /// 8.1.5, 9.4: generated ids differ from the publisher's and from each other, and stay.
    #[test]
    fn generated_ids() {
        let tenant = TenantId(7);
        let outline = Outline { activity: None, ..Outline::of_unit(unit()) };
        let au = outline.units().first().unwrap();
        let base = "https://l.example";
        let all = [
            outline.activity_of(base, tenant, au),
            outline.block_activity(base, tenant, &au.id),
            outline.course_activity(base, tenant),
            au.id.clone(),
            outline.course.id.clone(),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(rollbook_xapi::iri::is_iri(one), "{one}");
            assert!(all.iter().skip(index + 1).all(|other| other != one));
        }
        let again = Outline { activity: None, ..Outline::of_unit(unit()) };
        assert_eq!(again.activity_of(base, tenant, au), all[0]);
        let given = Outline::of_unit(unit());
        assert_eq!(given.activity_of(base, tenant, au), "https://l.example/h5p/content/1");
        assert_eq!(given.unit_place("https://p.example/au"), Some(0));
    }
}
