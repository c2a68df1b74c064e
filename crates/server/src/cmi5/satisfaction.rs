//! Why is this course not satisfied? Every unit and block that is missing, with what it needs.

use super::desk::Desk;
use super::outline::is_satisfied;
use super::project::{asked_of, needs};
use super::row::UnitFacts;
use super::store;
use crate::error::Result;
use rollbook_cmi5::course::{Au, MoveOn, Node};
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether a course is satisfied, and if not, why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Satisfaction)]
pub(crate) struct Satisfaction {
    /// Whether the course is satisfied.
    satisfied: bool,
    /// Since when.
    #[schema(format = DateTime)]
    satisfied_at: Option<String>,
    /// What is missing, in the order of the structure.
    missing: Vec<Missing>,
}

/// A block or a unit that is not satisfied.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Unsatisfied)]
struct Missing {
    /// `block` or `unit`.
    kind: &'static str,
    /// Its publisher's id.
    id: String,
    /// A unit's place.
    unit: Option<usize>,
    /// What satisfies a unit: as it was told when it was launched last, or as the structure has it.
    move_on: Option<&'static str>,
    /// Why it is not, in a sentence.
    why: String,
}

/// What is known, while the course is walked through.
struct Walk {
    units: HashMap<usize, UnitFacts>,
    asked: HashMap<usize, MoveOn>,
    blocks: HashSet<usize>,
    missing: Vec<Missing>,
    index: usize,
}

impl Desk {
    /// Why a course is not satisfied.
    ///
    /// # Errors
    /// 404 if there is no such registration.
    pub(crate) fn satisfaction(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Satisfaction> {
        let registration = self.registration(tx, id)?;
        let outline = self.outline(tx, &registration)?;
        let blocks: Vec<i64> = tx.all(&store::BLOCKS, &self.args([id.into()]))?;
        let known = self.units(tx, id)?;
        let mut walk = Walk {
            units: known.into_iter().map(|facts| (facts.unit, facts)).collect(),
            asked: self.asked(tx, id)?,
            blocks: blocks.into_iter().filter_map(|block| usize::try_from(block).ok()).collect(),
            missing: Vec::new(),
            index: 0,
        };
        walk.through(&outline.course.children, &|id| outline.block_place(id));
        Ok(Satisfaction {
            satisfied: registration.satisfied.is_some(),
            satisfied_at: registration.satisfied.map(format_micros),
            missing: walk.missing,
        })
    }
}

impl Walk {
    fn through(&mut self, children: &[Node], block_place: &impl Fn(&str) -> Option<usize>) {
        for child in children {
            match child {
                Node::Block(block) => {
                    let done =
                        block_place(&block.id).is_some_and(|place| self.blocks.contains(&place));
                    if !done {
                        self.missing.push(Missing {
                            kind: "block",
                            id: block.id.clone(),
                            unit: None,
                            move_on: None,
                            why: "not all of its parts are satisfied".to_owned(),
                        });
                    }
                    self.through(&block.children, block_place);
                }
                Node::Au(unit) => {
                    let place = self.index;
                    self.index += 1;
                    self.unit(place, unit);
                }
            }
        }
    }

    fn unit(&mut self, place: usize, unit: &Au) {
        let nothing = UnitFacts { unit: place, ..UnitFacts::default() };
        let facts = self.units.get(&place).unwrap_or(&nothing);
        if is_satisfied(unit, facts.satisfied.is_some()) {
            return;
        }
        let move_on = asked_of(unit, self.asked.get(&place));
        let so_far = match facts {
            UnitFacts { attempted: None, .. } => "it was never launched",
            UnitFacts { completed: Some(_), failed: Some(_), .. } => "it was completed and failed",
            UnitFacts { completed: Some(_), .. } => "it was completed and not passed",
            UnitFacts { passed: Some(_), .. } => "it was passed and not completed",
            UnitFacts { failed: Some(_), .. } => "it was failed",
            _ => "it was launched, and neither completed nor passed",
        };
        let why = match needs(move_on, facts).join(" and ") {
            // It was launched anew, with less to do than there was to do before.
            nothing if nothing.is_empty() => {
                format!(
                    "nothing is missing (moveOn {}), which counts once it begins",
                    move_on.name()
                )
            }
            needs => format!("it must be {needs} (moveOn {}), and {so_far}", move_on.name()),
        };
        self.missing.push(Missing {
            kind: "unit",
            id: unit.id.clone(),
            unit: Some(place),
            move_on: Some(move_on.name()),
            why,
        });
    }
}
