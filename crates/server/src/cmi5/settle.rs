//! Who has satisfied what now (9.3.9, 9.6.1): units by what is known of them, then blocks from the
//! inside out, then the course. Nothing is satisfied twice, and nothing ceases to be.

use super::desk::{Desk, stored};
use super::outline::Outline;
use super::row::{Registration, UnitFacts};
use super::spans::Part;
use super::store;
use crate::error::Result;
use rollbook_cmi5::course::MoveOn;
use rollbook_cmi5::rollup::{self, Newly};
use rollbook_cmi5::statements::{Satisfied, satisfied};
use rollbook_db::Tx;
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

impl Desk {
    /// Settles what became of a unit under the `moveOn` that it was launched with; the statements
    /// about what is satisfied by that, in their order. Whoever calls saves the unit.
    ///
    /// Only what is around the unit is looked at, from the inside out, and no farther than to the
    /// first part that still lacks something; that it does is one count.
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
        self.settle_around(tx, registration, outline, (unit.unit, None), session)
    }

    /// Settles what is around a unit that is satisfied now. Units from `later` on are so too, and what
    /// they are within is theirs to settle.
    pub(super) fn settle_around(
        &self,
        tx: &mut Tx<'_>,
        registration: &mut Registration,
        outline: &Outline,
        (unit, later): (usize, Option<usize>),
        session: &str,
    ) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for part in outline.around(unit) {
            let is_theirs = later.is_some_and(|later| later < part.to);
            if is_theirs || !self.is_whole(tx, registration.id, outline, &part, unit)? {
                break;
            }
            let newly = match part.block {
                Some(block) if self.is_block_satisfied(tx, registration.id, block)? => continue,
                Some(block) => Newly::Block(outline.block_id(block).map_or("", String::as_str)),
                None if registration.satisfied.is_some() => continue,
                None => Newly::Course,
            };
            texts.push(self.satisfied(tx, registration, outline, &newly, session)?);
        }
        Ok(texts)
    }

    /// Whether every unit of a part of which something is asked is satisfied; `now` is, and not
    /// saved yet.
    fn is_whole(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
        outline: &Outline,
        part: &Part,
        now: usize,
    ) -> Result<bool> {
        let args = self.args([registration.into(), stored(part.from), stored(part.to)]);
        let known: Option<i64> = tx.one(&store::COUNT_SATISFIED, &args)?;
        let known = usize::try_from(known.unwrap_or_default()).unwrap_or_default();
        if known + 1 < part.asked {
            return Ok(false);
        }
        // Units of which nothing is asked may be among them, so now each counts.
        let rows: Vec<i64> = tx.all(&store::SATISFIED_UNITS, &args)?;
        let done: HashSet<usize> =
            rows.into_iter().filter_map(|unit| usize::try_from(unit).ok()).collect();
        Ok((part.from..part.to)
            .all(|unit| unit == now || !outline.asks(unit) || done.contains(&unit)))
    }

    fn is_block_satisfied(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
        block: usize,
    ) -> Result<bool> {
        let args = self.args([registration.into(), stored(block)]);
        Ok(tx.one::<i64>(&store::BLOCK, &args)?.is_some())
    }

    /// 9.6.1: settles blocks and the course when nothing was done yet.
    pub(super) fn settle_nothing(
        &self,
        tx: &mut Tx<'_>,
        registration: &mut Registration,
        outline: &Outline,
        session: &str,
    ) -> Result<Vec<String>> {
        let is_done = |id: &str| outline.unit_place(id).is_some_and(|place| !outline.asks(place));
        let newly = rollup::newly(&outline.course, is_done, &BTreeSet::new(), false);
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
