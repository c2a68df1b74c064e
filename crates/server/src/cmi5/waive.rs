//! Excusing a learner from a unit (9.3.7).

use super::desk::Desk;
use super::launch::UnitName;
use super::outline::is_satisfied;
use super::row::{Registration, Status};
use crate::error::{Code, Problem, Result};
use rollbook_cmi5::statements::waived;
use rollbook_db::Tx;
use uuid::Uuid;

impl Desk {
    /// Excuses the learner; what is satisfied by that is told under the same session id, which is no
    /// session's.
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
        let mut registration = self.hold(tx, registration)?;
        let outline = self.outline(tx, &registration)?;
        let (place, unit) = unit.find(&outline)?;
        let mut facts = self.unit(tx, registration.id, place)?;
        if facts.waived.is_some() {
            return Err(Problem::of(Code::Cmi5UnitWaived, "the unit is waived already"));
        }
        if is_satisfied(unit, facts.satisfied.is_some()) {
            return Err(Problem::of(Code::Cmi5UnitWaived, "the unit is satisfied already"));
        }
        facts.waived = Some(self.now());
        facts.waived_reason = Some(reason.to_owned());
        let session = self.app().ids.statement().to_string();
        let activity = outline.activity_of(&registration.base, self.tenant(), unit);
        let names = (activity.as_str(), unit.id.as_str());
        let mut texts =
            vec![self.tell(&registration, &session, names, |common| waived(common, reason))];
        texts.extend(self.settle_unit(
            tx,
            &mut registration,
            &outline,
            (&mut facts, unit.move_on),
            &session,
        )?);
        self.save_unit(tx, registration.id, &facts)?;
        registration.status = Status::Waived;
        self.save_registration(tx, &mut registration)?;
        self.record(tx, &texts)?;
        Ok(registration)
    }
}
