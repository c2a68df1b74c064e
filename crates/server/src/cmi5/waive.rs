//! Excusing a learner from units (9.3.7).

use super::desk::Desk;
use super::launch::UnitName;
use super::outline::{Outline, is_satisfied};
use super::row::{Registration, Status, UnitFacts};
use crate::error::{Code, Problem, Result};
use rollbook_cmi5::statements::waived;
use rollbook_db::Tx;
use std::collections::BTreeMap;
use uuid::Uuid;

impl Desk {
    /// Excuses the learner from a unit.
    ///
    /// # Errors
    /// 404 if there is no such unit; 409 if it is waived or satisfied already.
    pub fn waive(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
        unit: &UnitName,
        reason: &str,
    ) -> Result<Registration> {
        let registration = self.hold(tx, registration)?;
        let outline = self.outline(tx, &registration)?;
        let (place, unit) = unit.find(&outline)?;
        let facts = self.unit(tx, registration.id, place)?;
        if facts.waived.is_some() {
            return Err(Problem::of(Code::Cmi5UnitWaived, "the unit is waived already"));
        }
        if is_satisfied(unit, facts.satisfied.is_some()) {
            return Err(Problem::of(Code::Cmi5UnitWaived, "the unit is satisfied already"));
        }
        self.excuse(tx, registration, &outline, vec![facts], reason)
    }

    /// Excuses the learner from all that is not satisfied.
    pub fn waive_all(
        &self,
        tx: &mut Tx<'_>,
        registration: Uuid,
        reason: &str,
    ) -> Result<Registration> {
        let registration = self.hold(tx, registration)?;
        let outline = self.outline(tx, &registration)?;
        let known = self.units(tx, registration.id)?;
        let mut known: BTreeMap<usize, UnitFacts> =
            known.into_iter().map(|facts| (facts.unit, facts)).collect();
        let mut open = Vec::new();
        for (place, unit) in outline.units().iter().enumerate() {
            let facts = known.remove(&place);
            let facts = facts.unwrap_or_else(|| UnitFacts { unit: place, ..UnitFacts::default() });
            if !is_satisfied(unit, facts.satisfied.is_some()) {
                open.push(facts);
            }
        }
        self.excuse(tx, registration, &outline, open, reason)
    }

    /// Each waiver has a session id of its own, which is no session's; what is satisfied by it is told
    /// under the same, right after it.
    fn excuse(
        &self,
        tx: &mut Tx<'_>,
        mut registration: Registration,
        outline: &Outline,
        mut units: Vec<UnitFacts>,
        reason: &str,
    ) -> Result<Registration> {
        for facts in &mut units {
            facts.waived = Some(self.now());
            facts.waived_reason = Some(reason.to_owned());
            facts.satisfied = Some(self.now());
            self.save_unit(tx, registration.id, facts)?;
        }
        let places: Vec<usize> = units.iter().map(|facts| facts.unit).collect();
        let mut texts = Vec::with_capacity(places.len());
        for (at, place) in places.iter().enumerate() {
            let Some(unit) = outline.units().get(*place) else { continue };
            let session = self.app().ids.statement().to_string();
            let activity = outline.activity_of(&registration.base, self.tenant(), unit);
            let names = (activity.as_str(), unit.id.as_str());
            texts.push(self.tell(&registration, &session, names, |common| waived(common, reason)));
            let here = (*place, places.get(at + 1).copied());
            texts.extend(self.settle_around(tx, &mut registration, outline, here, &session)?);
        }
        if !units.is_empty() {
            registration.status = Status::Waived;
            self.save_registration(tx, &mut registration)?;
        }
        self.record(tx, &texts)?;
        Ok(registration)
    }
}
