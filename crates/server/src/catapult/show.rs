//! Courses, registrations and sessions as CATAPULT's clients read them.

use super::number;
use crate::cmi5::{Account, Outline, Registration, Session, UnitFacts, is_satisfied};
use crate::content::Newest;
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use rollbook_cmi5::course::{Au, Block, Course, Node, Objective};
use rollbook_cmi5::launch::LaunchMode;
use rollbook_xapi::timestamp::format_micros;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The version of CATAPULT's descriptions of things.
const METADATA_VERSION: u8 = 1;
/// The version of cmi5.
const STRUCTURE_VERSION: &str = "1.0.0";

/// Whose ids are told.
#[derive(Clone, Copy)]
pub(super) struct Whose<'a> {
    pub(super) base: &'a str,
    pub(super) tenant: TenantId,
}

/// What is known of the units of a registration.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) units: &'a [UnitFacts],
    /// Seconds by unit and mode.
    pub(super) lasted: &'a [(i64, String, i64)],
}

/// A course with its parts.
pub(super) fn course(id: Uuid, newest: Newest, whose: Whose<'_>) -> Result<Value> {
    let Newest { created, updated, structure } = newest;
    let outline = Outline::of_course(structure);
    let shown = Shown { outline: &outline, whose };
    let (structure, aus) = shown.course()?;
    Ok(json!({
        "id": number::told(id),
        "tenantId": whose.tenant.0,
        "lmsId": outline.course_activity(whose.base, whose.tenant),
        "metadata": {"version": METADATA_VERSION, "aus": aus},
        "structure": {"version": STRUCTURE_VERSION, "course": structure},
        "createdAt": format_micros(created),
        "updatedAt": format_micros(updated),
    }))
}

/// A registration with what is known of each unit.
pub(super) fn registration(
    registration: &Registration,
    outline: &Outline,
    Known { units, lasted }: Known<'_>,
    whose: Whose<'_>,
) -> Result<Value> {
    let shown = Shown { outline, whose };
    let (_, metadata) = shown.course()?;
    let facts: HashMap<usize, &UnitFacts> = units.iter().map(|facts| (facts.unit, facts)).collect();
    let lasted: HashMap<_, _> =
        lasted.iter().map(|(unit, mode, seconds)| ((*unit, mode.as_str()), *seconds)).collect();
    let mut aus = Vec::with_capacity(metadata.len());
    for (place, (unit, metadata)) in outline.units().iter().zip(metadata).enumerate() {
        let of = i64::try_from(place).unwrap_or(i64::MAX);
        let seconds = |mode: LaunchMode| lasted.get(&(of, mode.name())).copied();
        aus.push(unit_facts(unit, facts.get(&place).copied(), &metadata, seconds));
    }
    let done = units.iter().filter(|facts| facts.satisfied.is_some());
    let done: HashSet<usize> = done.map(|facts| facts.unit).collect();
    let tree = shown.tree(&outline.course, &done, registration.satisfied.is_some());
    Ok(json!({
        "id": number::told(registration.id),
        "code": registration.id.to_string(),
        "tenantId": whose.tenant.0,
        "courseId": registration.course.map(|(course, _)| number::told(course)),
        "actor": actor(&registration.account),
        "isSatisfied": registration.satisfied.is_some(),
        "metadata": {"version": METADATA_VERSION, "moveOn": tree},
        "aus": aus,
        "createdAt": format_micros(registration.created),
        "updatedAt": format_micros(registration.updated),
    }))
}

/// A session.
pub(super) fn session(session: &Session, tenant: TenantId) -> Value {
    let time = |at: Option<i64>| at.map(format_micros);
    // As cmi5 9.5.4.1 has it, in seconds, once the unit has said that it is over.
    let began = session.initialized.unwrap_or(session.launched);
    let lasted = session.terminated.map(|ended| (ended - began) / 1_000_000);
    let seconds = |mode| lasted.filter(|_| session.mode == mode);
    json!({
        "id": number::told(session.id),
        "code": session.id.to_string(),
        "tenantId": tenant.0,
        "registrationId": number::told(session.registration),
        "auIndex": session.unit,
        "launchMode": session.mode.name(),
        "moveOn": session.move_on.name(),
        "masteryScore": session.mastery_score.as_ref().and_then(|score| number_of(score.clone())),
        "durationNormal": seconds(LaunchMode::Normal),
        "durationBrowse": seconds(LaunchMode::Browse),
        "durationReview": seconds(LaunchMode::Review),
        "isLaunched": true,
        "isInitialized": session.initialized.is_some(),
        "initializedAt": time(session.initialized),
        "isCompleted": session.completed.is_some(),
        "isPassed": session.passed.is_some(),
        "isFailed": session.failed.is_some(),
        "isTerminated": session.terminated.is_some(),
        "isAbandoned": session.abandoned.is_some(),
        "abandonedBy": session.abandoned_by,
        "createdAt": format_micros(session.launched),
        "updatedAt": format_micros(session.last_request),
    })
}

/// A structure as it is told, part by part.
struct Shown<'a> {
    outline: &'a Outline,
    whose: Whose<'a>,
}

impl Shown<'_> {
    /// The tree of a course, and its units as a list.
    fn course(&self) -> Result<(Value, Vec<Value>)> {
        let Course { id, title, description, objectives, children } = &self.outline.course;
        let mut aus = Vec::new();
        let children = self.parts(children, &mut Vec::new(), &mut aus)?;
        let tree = json!({
            "type": "course",
            "id": id,
            "lmsId": self.outline.course_activity(self.whose.base, self.whose.tenant),
            "title": title,
            "description": description,
            "objectives": objectives_of(objectives),
            "children": children,
        });
        Ok((tree, aus))
    }

    fn parts(
        &self,
        children: &[Node],
        parents: &mut Vec<Value>,
        aus: &mut Vec<Value>,
    ) -> Result<Vec<Value>> {
        children
            .iter()
            .map(|child| match child {
                Node::Au(unit) => {
                    let shown = self.unit(unit, parents, aus.len())?;
                    aus.push(shown.clone());
                    Ok(shown)
                }
                Node::Block(block) => {
                    parents.push(json!({"id": block.id, "title": block.title}));
                    let children = self.parts(&block.children, parents, aus)?;
                    parents.pop();
                    Ok(self.block(block, &children))
                }
            })
            .collect()
    }

    fn block(&self, block: &Block, children: &[Value]) -> Value {
        json!({
            "type": "block",
            "id": block.id,
            "lmsId": self.block_id(block),
            "title": block.title,
            "description": block.description,
            "objectives": some(&block.objectives),
            "children": children,
        })
    }

    /// A unit; what is not said is null, as it is there.
    fn unit(&self, unit: &Au, parents: &[Value], place: usize) -> Result<Value> {
        let mut shown = serde_json::to_value(unit).map_err(Problem::internal)?;
        let members = [
            ("type", json!("au")),
            ("lmsId", json!(self.unit_id(unit))),
            ("auIndex", json!(place)),
            ("parents", json!(parents)),
            ("objectives", some(&unit.objectives)),
            ("masteryScore", json!(unit.mastery_score.clone().and_then(number_of))),
            ("activityType", json!(unit.activity_type)),
        ];
        if let Some(object) = shown.as_object_mut() {
            object.extend(members.map(|(name, value)| (name.to_owned(), value)));
        }
        Ok(shown)
    }

    /// What is satisfied, as a tree.
    fn tree(&self, course: &Course, done: &HashSet<usize>, satisfied: bool) -> Value {
        json!({
            "type": "course",
            "lmsId": self.outline.course_activity(self.whose.base, self.whose.tenant),
            "pubId": course.id,
            "satisfied": satisfied,
            "children": self.branches(&course.children, done, &mut 0),
        })
    }

    fn branches(&self, children: &[Node], done: &HashSet<usize>, place: &mut usize) -> Vec<Value> {
        let branch = |child: &Node| match child {
            Node::Au(unit) => {
                let satisfied = is_satisfied(unit, done.contains(place));
                *place += 1;
                json!({
                    "type": "au",
                    "lmsId": self.unit_id(unit),
                    "pubId": unit.id,
                    "satisfied": satisfied,
                })
            }
            Node::Block(block) => {
                let children = self.branches(&block.children, done, place);
                let satisfied = children.iter().all(|child| child["satisfied"] == true);
                json!({
                    "type": "block",
                    "lmsId": self.block_id(block),
                    "pubId": block.id,
                    "satisfied": satisfied,
                    "children": children,
                })
            }
        };
        children.iter().map(branch).collect()
    }

    fn unit_id(&self, unit: &Au) -> String {
        self.outline.activity_of(self.whose.base, self.whose.tenant, unit)
    }

    fn block_id(&self, block: &Block) -> String {
        self.outline.block_activity(self.whose.base, self.whose.tenant, &block.id)
    }
}

fn unit_facts(
    unit: &Au,
    facts: Option<&UnitFacts>,
    metadata: &Value,
    seconds: impl Fn(LaunchMode) -> Option<i64>,
) -> Value {
    let has = |of: fn(&UnitFacts) -> Option<i64>| facts.and_then(of).is_some();
    json!({
        "auIndex": metadata["auIndex"],
        "lmsId": metadata["lmsId"],
        "hasBeenAttempted": has(|facts| facts.attempted),
        "durationNormal": seconds(LaunchMode::Normal),
        "durationBrowse": seconds(LaunchMode::Browse),
        "durationReview": seconds(LaunchMode::Review),
        "isCompleted": has(|facts| facts.completed),
        "isPassed": has(|facts| facts.passed),
        "isWaived": has(|facts| facts.waived),
        "waivedReason": facts.and_then(|facts| facts.waived_reason.clone()),
        "isSatisfied": is_satisfied(unit, has(|facts| facts.satisfied)),
        "metadata": metadata,
    })
}

fn actor(account: &Account) -> Value {
    let Account { home_page, name } = account;
    json!({"objectType": "Agent", "account": {"homePage": home_page, "name": name}})
}

fn objectives_of(objectives: &[Objective]) -> Value {
    if objectives.is_empty() {
        return Value::Null;
    }
    let told = |objective: &Objective| {
        let Objective { id, title, description } = objective;
        (id.clone(), json!({"title": title, "description": description}))
    };
    Value::Object(objectives.iter().map(told).collect::<Map<_, _>>())
}

fn some(ids: &[String]) -> Value {
    if ids.is_empty() { Value::Null } else { json!(ids) }
}

/// A decimal as a number of JSON.
fn number_of(text: impl Into<String>) -> Option<Value> {
    serde_json::from_str(&text.into()).ok()
}
