//! Who has satisfied what now (9.3.9, 9.6.1): units by what is known of them, then blocks from the
//! inside out, then the course. Nothing is satisfied twice, and nothing ceases to be.

use super::desk::{Desk, stored};
use super::outline::{Outline, is_satisfied};
use super::row::{Registration, UnitFacts};
use super::store;
use crate::error::Result;
use rollbook_cmi5::course::MoveOn;
use rollbook_cmi5::rollup::{self, Newly};
use rollbook_cmi5::statements::{Satisfied, satisfied};
use rollbook_db::Tx;
use std::collections::{BTreeSet, HashSet};

impl Desk {
    /// Settles what became of a unit under the `moveOn` that it was launched with; the statements
    /// about what is satisfied by that, in their order. Whoever calls saves the unit.
    pub(super) fn settle_unit(
        &self,
        tx: &mut Tx<'_>,
        registration: &mut Registration,
        outline: &Outline,
        (unit, move_on): (&mut UnitFacts, MoveOn),
        session: &str,
    ) -> Result<Vec<String>> {
        if unit.satisfied.is_some() || !rollup::satisfies(move_on, unit.facts()) {
            return Ok(Vec::new());
        }
        unit.satisfied = Some(self.now());
        let args = self.args([registration.id.into()]);
        let rows: Vec<i64> = tx.all(&store::SATISFIED_UNITS, &args)?;
        let mut done: HashSet<usize> =
            rows.into_iter().filter_map(|unit| usize::try_from(unit).ok()).collect();
        done.insert(unit.unit);
        self.settle(tx, registration, outline, &done, session)
    }

    /// Settles blocks and the course when these units, and those of which nothing is asked, are
    /// satisfied.
    pub(super) fn settle(
        &self,
        tx: &mut Tx<'_>,
        registration: &mut Registration,
        outline: &Outline,
        done: &HashSet<usize>,
        session: &str,
    ) -> Result<Vec<String>> {
        let rows: Vec<i64> = tx.all(&store::BLOCKS, &self.args([registration.id.into()]))?;
        let places = rows.into_iter().filter_map(|block| usize::try_from(block).ok());
        let before: BTreeSet<String> =
            places.filter_map(|place| outline.block_id(place).cloned()).collect();
        let is_done = |id: &str| {
            outline.unit_place(id).is_some_and(|place| {
                let unit = outline.units().get(place);
                unit.is_some_and(|unit| is_satisfied(unit, done.contains(&place)))
            })
        };
        let was = registration.satisfied.is_some();
        let newly = rollup::newly(&outline.course, is_done, &before, was);
        let mut texts = Vec::with_capacity(newly.len());
        for one in newly {
            texts.push(self.satisfied(tx, registration, outline, &one, session)?);
        }
        Ok(texts)
    }

    fn satisfied(
        &self,
        tx: &mut Tx<'_>,
        registration: &mut Registration,
        outline: &Outline,
        newly: &Newly<'_>,
        session: &str,
    ) -> Result<String> {
        let (tenant, base) = (self.tenant(), registration.base.clone());
        let (object, publisher_id, what) = match newly {
            Newly::Block(id) => {
                let place = outline.block_place(id).unwrap_or_default();
                let row = [registration.id.into(), stored(place), self.now().into()];
                tx.run(&store::ADD_BLOCK, &self.args(row))?;
                (outline.block_activity(&base, tenant, id), *id, Satisfied::Block)
            }
            Newly::Course => {
                registration.satisfied = Some(self.now());
                let id = outline.course.id.as_str();
                (outline.course_activity(&base, tenant), id, Satisfied::Course)
            }
        };
        let names = (object.as_str(), publisher_id);
        Ok(self.tell(registration, session, names, |common| satisfied(common, what)))
    }
}
