//! Statements of launched content: judged by the rules of the session, stored, and made to count, in
//! one transaction (9, 6.3).
//!
//! A batch is taken whole or refused whole, and a refusal leaves nothing behind. What a statement
//! satisfies is told right after it, before its request is answered. In a course that is taken
//! leniently, what breaks the rules of content (and not those of whose session it is) is stored,
//! voided at once, and counts for nothing (6.3).

use super::desk::Desk;
use super::events::Event;
use super::outline::Outline;
use super::row::{Registration, Session, UnitFacts};
use super::store;
use crate::app::App;
use crate::error::{Code, Problem, Result};
use crate::statements::Prepared;
use crate::tenants::{SessionCaller, TenantId};
use rollbook_cmi5::rules::{self, DefinedVerb, Effect, Refusal, Rule, Sent};
use rollbook_db::Tx;
use rollbook_xapi::json::{self, Kind};
use rollbook_xapi::result::Score;
use rollbook_xapi::statement::Statement;
use rollbook_xapi::validate;
use rollbook_xapi::version::Version;
use rollbook_xapi::violation::Violation;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// Requirements that are kept whatever the course: whose session it is, that it is not over, and that
/// content voids nothing.
const ALWAYS: [&str; 7] =
    ["8.1.3.0-3", "9.1.0.0-1", "6.3.0.0-1", "9.6.0.0-1", "9.6.1.0-1", "9.6.3.1-4", "9.3.0.0-5"];
/// The same of a session that was abandoned.
const ABANDONED: &str = "9.3.6.0-2";

/// The statements of one request: as they came, and made ready.
pub(crate) struct Batch {
    pub(crate) text: String,
    pub(crate) version: Version,
    /// The `statementId` of a PUT.
    pub(crate) put: Option<Uuid>,
    pub(crate) prepared: Vec<Prepared>,
}

/// What became of a batch.
enum Taken {
    Stored,
    Refused(Vec<Refusal>),
}

/// A batch that may be stored.
struct Judged {
    /// What it changes.
    effects: Vec<Effect>,
    /// Which of its statements are voided at once, by their places.
    void: BTreeSet<usize>,
}

/// A batch within its session.
struct Case<'s> {
    registration: Registration,
    session: Session,
    unit: UnitFacts,
    outline: Arc<Outline>,
    statements: &'s [Statement<'s>],
    stored: Vec<bool>,
}

/// Stores statements of launched content, if the rules of its session allow.
///
/// # Errors
/// 403 with every rule that is broken; 409 if a statement has the id of another.
pub(crate) async fn take(
    app: &App,
    tenant: TenantId,
    session: &SessionCaller,
    batch: Batch,
) -> Result<()> {
    let desk = Desk::open(app, tenant).await?;
    let (own, session, is_list) = (desk.clone(), session.clone(), is_list(&batch.text));
    let job = move |tx: &mut Tx<'_>| own.take(tx, &session, batch);
    let taken = app.db.of(tenant.0).write(job).await?;
    desk.committed();
    match taken {
        Taken::Stored => Ok(()),
        Taken::Refused(refusals) => Err(refused(&refusals, is_list)),
    }
}

impl Desk {
    fn take(&self, tx: &mut Tx<'_>, caller: &SessionCaller, batch: Batch) -> Result<Taken> {
        let Batch { text, version, put, prepared } = batch;
        let root = json::parse(&text).map_err(|_malformed| unchecked())?;
        let nodes: Vec<&json::Node<'_>> = match &root.kind {
            Kind::Array(nodes) => nodes.iter().collect(),
            _ => vec![&root],
        };
        let mut statements = Vec::with_capacity(nodes.len());
        for node in nodes {
            let statement = validate::statement(node, version, "");
            let mut statement = statement.map_err(|_violations| unchecked())?;
            statement.id = statement.id.or(put);
            statements.push(statement);
        }
        let registration = self.lock(tx, caller.registration)?;
        let session = self.session(tx, caller.id)?;
        if statements.is_empty() && session.ended().is_some() {
            return Err(super::ended());
        }
        let mut case = Case {
            unit: self.unit(tx, registration.id, session.unit)?,
            outline: self.outline(tx, &registration)?,
            stored: self.recording().stored(tx, &prepared)?,
            statements: &statements,
            registration,
            session,
        };
        let Judged { effects, void } = match self.judge(tx, &case)? {
            Ok(judged) => judged,
            Err(refusals) => return Ok(Taken::Refused(refusals)),
        };
        let told = self.apply(tx, &mut case, &effects, &void)?;
        if caller.is_logged {
            self.note(tx, case.session.id, &Event::of_batch(put, case.said(&void)))?;
        }
        self.append(tx, prepared, told)?;
        Ok(Taken::Stored)
    }

    /// What the batch changes, and which of its statements are voided at once; or all that is wrong.
    fn judge(&self, tx: &mut Tx<'_>, case: &Case<'_>) -> Result<Result<Judged, Vec<Refusal>>> {
        let mut void = BTreeSet::new();
        // Without what is voided others may stand alone, and then be wrong: so until all is well.
        loop {
            match case.check(&void) {
                Ok(effects) => return Ok(Ok(Judged { effects, void })),
                Err(refusals) => {
                    let stands = |refusal: &Refusal| is_always(refusal.rule);
                    if refusals.iter().any(stands) || !self.is_lenient(tx, &case.registration)? {
                        return Ok(Err(refusals));
                    }
                    void.extend(refusals.iter().map(|refusal| refusal.index));
                }
            }
        }
    }

    /// Whether what breaks the rules of content is stored and voided.
    fn is_lenient(&self, tx: &mut Tx<'_>, registration: &Registration) -> Result<bool> {
        let Some((course, _)) = registration.course else { return Ok(false) };
        let found: Option<bool> = tx.one(&store::LENIENT, &self.args([course.into()]))?;
        Ok(found.unwrap_or(false))
    }

    /// Keeps what the batch changes; our own statements by the place of the one that they follow.
    fn apply(
        &self,
        tx: &mut Tx<'_>,
        case: &mut Case<'_>,
        effects: &[Effect],
        void: &BTreeSet<usize>,
    ) -> Result<BTreeMap<usize, Vec<Prepared>>> {
        let mut told: BTreeMap<usize, Vec<Prepared>> = BTreeMap::new();
        for effect in effects {
            let texts = self.effect(tx, case, *effect)?;
            told.entry(effect.index).or_default().extend(self.prepared(&texts)?);
        }
        for index in void {
            let Some(id) = case.statements.get(*index).and_then(|statement| statement.id) else {
                continue;
            };
            let text = self.voiding(&case.registration, id);
            told.entry(*index).or_default().extend(self.prepared(&[text])?);
        }
        case.session.last_request = self.now();
        self.save_session(tx, &case.session)?;
        if !effects.is_empty() {
            self.save_unit(tx, case.registration.id, &case.unit)?;
            if case.registration.session == Some(case.session.id) {
                case.registration.status = case.session.status();
            }
            self.save_registration(tx, &mut case.registration)?;
        }
        Ok(told)
    }

    /// What one defined statement changes, and the statements about what it satisfies.
    fn effect(&self, tx: &mut Tx<'_>, case: &mut Case<'_>, effect: Effect) -> Result<Vec<String>> {
        let Case { registration, session, unit, outline, statements, .. } = case;
        let now = Some(self.now());
        match effect.verb {
            DefinedVerb::Initialized => session.initialized = now,
            DefinedVerb::Completed => (session.completed, unit.completed) = (now, now),
            DefinedVerb::Passed => (session.passed, unit.passed) = (now, now),
            DefinedVerb::Failed => (session.failed, unit.failed) = (now, now),
            DefinedVerb::Terminated => session.terminated = now,
        }
        let result = statements.get(effect.index).and_then(|statement| statement.result.as_ref());
        let score = result.and_then(|result| result.score.as_ref()).map(score_text);
        if let (Some(score), DefinedVerb::Passed | DefinedVerb::Failed) = (score, effect.verb) {
            session.score = Some(score.clone());
            unit.score = Some(score.clone());
            registration.score = Some(score);
        }
        let id = session.id.to_string();
        self.settle_unit(tx, registration, outline, (unit, session.move_on), &id)
    }

    /// Stores the batch, each of our own statements right behind the one that it follows.
    fn append(
        &self,
        tx: &mut Tx<'_>,
        batch: Vec<Prepared>,
        mut told: BTreeMap<usize, Vec<Prepared>>,
    ) -> Result<()> {
        let mut all = Vec::with_capacity(batch.len() + told.len());
        for (index, prepared) in batch.into_iter().enumerate() {
            all.push(prepared);
            all.extend(told.remove(&index).unwrap_or_default());
        }
        self.recording().append(tx, self.now(), all)
    }

    /// 6.3: the launcher voids what should not have been sent.
    fn voiding(&self, registration: &Registration, id: Uuid) -> String {
        let lms = super::desk::authority(&registration.base, super::desk::LMS);
        format!(
            r#"{{"id":"{}","actor":{lms},"verb":{{"id":"http://adlnet.gov/expapi/verbs/voided","display":{{"en":"voided"}}}},"object":{{"objectType":"StatementRef","id":"{id}"}},"timestamp":"{}"}}"#,
            self.app().ids.statement(),
            rollbook_xapi::timestamp::format_micros(self.now()),
        )
    }
}

impl Case<'_> {
    /// Judges the batch without those of its statements that are voided.
    fn check(&self, void: &BTreeSet<usize>) -> Result<Vec<Effect>, Vec<Refusal>> {
        let Self { registration, session, unit, statements, stored, .. } = self;
        let account = (registration.account.home_page.as_str(), registration.account.name.as_str());
        let id = session.id.to_string();
        let session = rules::Session {
            registration: registration.id,
            id: &id,
            account,
            activity: &session.activity,
            publisher_id: &session.publisher_id,
            mode: session.mode,
            mastery_score: session.mastery_score.as_ref(),
            progress: session.progress(),
        };
        let places: Vec<usize> = (0..statements.len()).filter(|at| !void.contains(at)).collect();
        let sent = |at: &usize| {
            let statement = statements.get(*at)?;
            Some(Sent { statement, stored: stored.get(*at).copied().unwrap_or_default() })
        };
        let batch: Vec<Sent<'_>> = places.iter().filter_map(sent).collect();
        let place = |index: usize| places.get(index).copied().unwrap_or(index);
        match rules::check(&session, unit.registered(), &batch) {
            Ok(effects) => Ok(effects
                .into_iter()
                .map(|effect| Effect { index: place(effect.index), ..effect })
                .collect()),
            Err(refusals) => Err(refusals
                .into_iter()
                .map(|refusal| Refusal { index: place(refusal.index), ..refusal })
                .collect()),
        }
    }

    /// What was stored, in words.
    fn said(&self, void: &BTreeSet<usize>) -> String {
        let word = |(index, statement): (usize, &Statement<'_>)| {
            let verb = statement.verb.id.rsplit('/').next().unwrap_or_default();
            let kind = if void.contains(&index) {
                "voided at once"
            } else if self.stored.get(index) == Some(&true) {
                "stored before"
            } else if rules::is_defined(statement) {
                "cmi5 defined"
            } else {
                "cmi5 allowed"
            };
            format!("{verb} ({kind})")
        };
        let words: Vec<String> = self.statements.iter().take(20).enumerate().map(word).collect();
        let more = match self.statements.len() {
            0..=20 => String::new(),
            many => format!(" and {} more", many - 20),
        };
        format!("took {}{more}", words.join(", "))
    }
}

fn is_always(rule: &Rule) -> bool {
    ALWAYS.contains(&rule.id) || rule.id == ABANDONED
}

/// 403: every rule that is broken.
fn refused(refusals: &[Refusal], is_list: bool) -> Problem {
    let violation = |refusal: &Refusal| {
        let Refusal { rule, index, pointer, message, .. } = refusal;
        Violation {
            requirement: rule.id,
            clause: rule.clause,
            pointer: if is_list { format!("/{index}{pointer}") } else { (*pointer).to_owned() },
            message: message.clone(),
            fix: rule.fix.to_owned(),
        }
    };
    let violations: Vec<Violation> = refusals.iter().map(violation).collect();
    let detail = match refusals {
        [one] => one.message.clone(),
        many => format!("{} rules of cmi5 are broken, see `errors`", many.len()),
    };
    let problem =
        Problem { violations, ..Problem::forbidden(Code::Cmi5RuleBroken, detail.clone()) };
    let Some(first) = refusals.first() else { return problem };
    let problem = problem.with("error", detail).with("violatedReqId", first.rule.id);
    match first.statement {
        Some(id) => problem.with("statementId", id.to_string()),
        None => problem,
    }
}

/// A score as it was sent.
fn score_text(score: &Score<'_>) -> String {
    let Score { scaled, raw, min, max } = score;
    let members = [("scaled", scaled), ("raw", raw), ("min", min), ("max", max)];
    let members =
        members.iter().filter_map(|(name, value)| Some(format!("\"{name}\":{}", (**value)?)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn is_list(text: &str) -> bool {
    text.trim_start().starts_with('[')
}

/// The same text was found valid before.
fn unchecked() -> Problem {
    Problem::internal(anyhow::anyhow!("a checked statement cannot be read again"))
}
