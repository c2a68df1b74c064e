//! Whether what is known of registrations is what their statements say: for `rollbook doctor`.
//!
//! One registration after another: its statements are heard in their order, and each flag of its
//! sessions, units, blocks and course is compared with them. Reads one snapshot, changes nothing, and
//! holds no more than what is kept of one registration.

use super::outline::{Outline, Outlines};
use super::row::{Registration, Session, UnitFacts};
use super::store;
use crate::error::Result;
use crate::statements::Registered;
use crate::statements::doctor::Faults;
use crate::tenants::TenantId;
use rollbook_cmi5::course::MoveOn;
use rollbook_cmi5::history::{Disagreement, Heard, History, SessionHeard, UnitHeard, Voice};
use rollbook_cmi5::rollup::{Newly, newly};
use rollbook_db::{Tx, Value};
use rollbook_xapi::actor::Actor;
use rollbook_xapi::ifi::Ifi;
use rollbook_xapi::statement::Statement;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Registrations read at once.
const PER_PAGE: i64 = 100;

/// What was looked at in one tenant, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    pub(crate) registrations: u64,
    pub(crate) sessions: u64,
    pub(crate) faults: Faults,
}

/// One registration: what is kept of it beside what was said.
struct Case<'c> {
    registration: &'c Registration,
    outline: &'c Outline,
    tenant: TenantId,
    history: History,
    faults: &'c mut Faults,
}

/// Looks at a tenant's registrations; `progress` hears of each.
pub(crate) fn examine(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    progress: &mut dyn FnMut(),
) -> Result<Examined> {
    let (outlines, statements) = (Outlines::default(), Registered::new(tenant));
    let mut examined = Examined::default();
    let mut after = Uuid::nil();
    loop {
        let args = [tenant.0.into(), after.into(), Value::Int(PER_PAGE)];
        let page: Vec<Registration> = tx.all(&store::ALL_REGISTRATIONS, &args)?;
        let Some(last) = page.last() else { return Ok(examined) };
        after = last.id;
        for registration in &page {
            let one = one(tx, registration, (tenant, &outlines, &statements), &mut examined);
            if let Err(problem) = one {
                let why = problem.because.map_or(problem.detail, |cause| format!("{cause:#}"));
                examined.faults.add(format!("registration {}: {why}", registration.id));
            }
            progress();
        }
    }
}

/// How many registrations a tenant has, for a bar of progress.
pub(crate) fn count(tx: &mut Tx<'_>, tenant: TenantId) -> Result<u64> {
    let count: Option<i64> = tx.one(&store::COUNT_REGISTRATIONS, &[tenant.0.into()])?;
    Ok(count.unwrap_or_default().unsigned_abs())
}

fn one(
    tx: &mut Tx<'_>,
    registration: &Registration,
    (tenant, outlines, statements): (TenantId, &Outlines, &Registered),
    examined: &mut Examined,
) -> Result<()> {
    examined.registrations += 1;
    let outline = outlines.of(tx, tenant, registration)?;
    let mut history = History::default();
    // A registration of the same id may have been removed before this one.
    let since = registration.created;
    statements.of(tx, (registration.id, since), &mut |statement, voided| {
        if let Some(voice) = voice(statement) {
            history.hear(statement, voice, voided);
        }
    })?;
    let args = [tenant.0.into(), registration.id.into()];
    let sessions: Vec<Session> = tx.all(&store::SESSIONS, &args)?;
    let units: Vec<UnitFacts> = tx.all(&store::UNITS, &args)?;
    let blocks: Vec<i64> = tx.all(&store::BLOCKS, &args)?;
    let open: Option<i64> = tx.one(&store::COUNT_OPEN, &args)?;
    examined.sessions += sessions.len() as u64;
    let outline = outline.as_ref();
    let mut case = Case { registration, outline, tenant, history, faults: &mut examined.faults };
    case.sessions(&sessions, open.unwrap_or_default());
    case.units(&units);
    let blocks = blocks.into_iter().filter_map(|place| usize::try_from(place).ok()).collect();
    case.blocks(&blocks);
    case.rollup(&units, &blocks);
    Ok(())
}

/// Who a statement is by; those of others do not count, whatever they say.
fn voice(statement: &Statement<'_>) -> Option<Voice> {
    let Some(Actor::Agent(agent)) = &statement.authority else { return None };
    // The address of the server may have been another one.
    let Ifi::Account { name, .. } = agent.ifi else { return None };
    match name {
        super::desk::LMS => Some(Voice::Lms),
        super::desk::AU => Some(Voice::Content),
        _ => None,
    }
}

impl Case<'_> {
    fn fault(&mut self, what: &str) {
        self.faults.add(format!("registration {}: {what}", self.registration.id));
    }

    /// Notes each of the flags that disagrees.
    fn compare(&mut self, whose: &str, flags: &[(&str, Option<Disagreement>)]) {
        for (flag, disagreement) in flags {
            let said = match disagreement {
                None => continue,
                Some(Disagreement::Unsaid) => "is kept as so, and no statement says it".to_owned(),
                Some(Disagreement::Unkept) => "is said to be so, and not kept as it".to_owned(),
                Some(Disagreement::Repeated(count)) => format!("is said to be so {count} times"),
            };
            self.fault(&format!("{whose}: {flag}: this {said}"));
        }
    }

    fn sessions(&mut self, sessions: &[Session], open: i64) {
        let mut told = std::mem::take(&mut self.history.sessions);
        for session in sessions {
            let id = session.id.to_string();
            let heard = told.remove(&id).unwrap_or_default();
            let whose = format!("session {id}");
            self.compare(&whose, &session_flags(session, &heard));
            let as_told = heard.activity == session.activity && heard.move_on == session.move_on;
            if !as_told && heard != SessionHeard::default() {
                self.fault(&format!("{whose}: its unit or moveOn is not what its launch told"));
            }
        }
        for id in told.keys() {
            self.fault(&format!("session {id}: statements tell of it, and it is not kept"));
        }
        let active = sessions.iter().filter(|session| session.ended().is_none()).count();
        if active > 1 || i64::try_from(active).ok() != Some(open) {
            self.fault(&format!("{active} sessions have not ended, {open} are kept as open"));
        }
        let newest = self.registration.session.map(|id| id.to_string());
        if newest != self.history.newest {
            self.fault("the session that was launched last is not the one that is kept as such");
        }
    }

    fn units(&mut self, units: &[UnitFacts]) {
        let mut told = std::mem::take(&mut self.history.units);
        let outline = self.outline;
        for facts in units {
            let place = facts.unit;
            let Some(unit) = outline.units().get(place) else {
                self.fault(&format!("something is kept of unit {place}, and there is none"));
                continue;
            };
            let activity = outline.activity_of(&self.registration.base, self.tenant, unit);
            let heard = told.remove(&activity).unwrap_or_default();
            self.compare(&format!("unit {place}"), &unit_flags(facts, &heard));
        }
        for activity in told.keys() {
            self.fault(&format!(
                "statements tell of the unit {activity}, and nothing is kept of it"
            ));
        }
    }

    fn blocks(&mut self, kept: &BTreeSet<usize>) {
        let (mut told, outline) = (std::mem::take(&mut self.history.satisfied), self.outline);
        let base = &self.registration.base;
        for place in kept {
            let Some(id) = outline.block_id(*place) else {
                self.fault(&format!("something is kept of block {place}, and there is none"));
                continue;
            };
            let heard = told.remove(&outline.block_activity(base, self.tenant, id));
            let disagreement = heard.unwrap_or_default().once_against(true);
            self.compare(&format!("block {place}"), &[("satisfied", disagreement)]);
        }
        let heard = told.remove(&outline.course_activity(base, self.tenant));
        let satisfied = self.registration.satisfied.is_some();
        let disagreement = heard.unwrap_or_default().once_against(satisfied);
        self.compare("course", &[("satisfied", disagreement)]);
        for id in told.keys() {
            self.fault(&format!("{id} is said to be satisfied, and not kept as it"));
        }
    }

    /// 9.3.9: what is kept of blocks and of the course follows from what is kept of units.
    fn rollup(&mut self, units: &[UnitFacts], kept: &BTreeSet<usize>) {
        let outline = self.outline;
        let satisfied = units.iter().filter(|facts| facts.satisfied.is_some());
        let done: BTreeSet<usize> = satisfied.map(|facts| facts.unit).collect();
        let is_done = |id: &str| {
            outline.unit_place(id).is_some_and(|place| {
                let unit = outline.units().get(place);
                done.contains(&place)
                    || unit.is_some_and(|unit| unit.move_on == MoveOn::NotApplicable)
            })
        };
        let (mut blocks, mut course) = (BTreeSet::new(), false);
        for newly in newly(&outline.course, is_done, &BTreeSet::new(), false) {
            match newly {
                Newly::Block(id) => blocks.extend(outline.block_place(id)),
                Newly::Course => course = true,
            }
        }
        for place in blocks.difference(kept) {
            self.fault(&format!("block {place}: all of its parts are satisfied, and it is not"));
        }
        for place in kept.difference(&blocks) {
            self.fault(&format!("block {place} is satisfied, and not all of its parts are"));
        }
        match (course, self.registration.satisfied.is_some()) {
            (true, false) => self.fault("course: all of its parts are satisfied, and it is not"),
            (false, true) => self.fault("course: it is satisfied, and not all of its parts are"),
            _ => {}
        }
    }
}

fn session_flags(
    session: &Session,
    heard: &SessionHeard,
) -> [(&'static str, Option<Disagreement>); 7] {
    let once = |heard: Heard, at: Option<i64>| heard.once_against(at.is_some());
    [
        ("launched", once(heard.launched, Some(session.launched))),
        ("initialized", once(heard.initialized, session.initialized)),
        ("completed", once(heard.completed, session.completed)),
        ("passed", once(heard.passed, session.passed)),
        ("failed", once(heard.failed, session.failed)),
        ("terminated", once(heard.terminated, session.terminated)),
        ("abandoned", once(heard.abandoned, session.abandoned)),
    ]
}

fn unit_flags(facts: &UnitFacts, heard: &UnitHeard) -> [(&'static str, Option<Disagreement>); 6] {
    [
        ("launched", heard.attempted.against(facts.attempted.is_some())),
        ("completed", heard.completed.once_against(facts.completed.is_some())),
        ("passed", heard.passed.once_against(facts.passed.is_some())),
        ("failed", heard.failed.against(facts.failed.is_some())),
        ("waived", heard.waived.once_against(facts.waived.is_some())),
        ("satisfied", heard.satisfied.against(facts.satisfied.is_some())),
    ]
}
