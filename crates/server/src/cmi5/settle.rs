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
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
        let mut done = self.done(tx, registration)?;
        done.insert(unit.unit);
        self.settle(tx, registration, outline, &done, session)
    }

    /// Settles what waivers satisfy, whose units are saved: by the session id of each waiver, which
    /// stands at the place of its unit. The last one within a block, or the course, is what satisfied
    /// it.
    pub(super) fn settle_waived(
        &self,
        tx: &mut Tx<'_>,
        registration: &mut Registration,
        outline: &Outline,
        waivers: &BTreeMap<usize, String>,
    ) -> Result<HashMap<String, Vec<String>>> {
        let done = self.done(tx, registration)?;
        let mut told: HashMap<String, Vec<String>> = HashMap::new();
        for one in self.newly(tx, registration, outline, &done)? {
            let within = match one {
                Newly::Block(id) => outline.units_of_block(id),
                Newly::Course => 0..outline.units().len(),
            };
            let Some((_, session)) = waivers.range(within).next_back() else { continue };
            let text = self.satisfied(tx, registration, outline, &one, session)?;
            told.entry(session.clone()).or_default().push(text);
        }
        Ok(told)
    }

    /// The units that are satisfied.
    fn done(&self, tx: &mut Tx<'_>, registration: &Registration) -> Result<HashSet<usize>> {
        let args = self.args([registration.id.into()]);
        let rows: Vec<i64> = tx.all(&store::SATISFIED_UNITS, &args)?;
        Ok(rows.into_iter().filter_map(|unit| usize::try_from(unit).ok()).collect())
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
        let newly = self.newly(tx, registration, outline, done)?;
        let mut texts = Vec::with_capacity(newly.len());
        for one in newly {
            texts.push(self.satisfied(tx, registration, outline, &one, session)?);
        }
        Ok(texts)
    }

    /// The blocks, and the course, that are satisfied now and were not before.
    fn newly<'o>(
        &self,
        tx: &mut Tx<'_>,
        registration: &Registration,
        outline: &'o Outline,
        done: &HashSet<usize>,
    ) -> Result<Vec<Newly<'o>>> {
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
        Ok(rollup::newly(&outline.course, is_done, &before, was))
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
