//! One page of statements, read in one snapshot together with the promise about the past.

use super::find::{self, Found, Search};
use super::memory::Memory;
use super::prepared::VOIDED;
use super::query::{Filter, Query};
use super::read::{self, Row};
use super::store;
use super::terms::{self, Kind, TermName, posting_key};
use crate::error::{Code, Problem, Result};
use crate::limits::Limits;
use crate::tenants::{Activities, TenantId};
use anyhow::anyhow;
use rollbook_db::{Mark, Tx, Value};
use rollbook_xapi::index::Role;
use rollbook_xapi::json::Node;
use uuid::Uuid;

/// Positions looked for at once, at least.
const FOUND_MIN: usize = 128;
/// Rows whose bodies are in memory at once beside the page; small, as a body may be large.
const ROWS_AT_ONCE: usize = 32;
/// How much older than the primary's a replica's promise about the past may be.
const REPLICA_LAG_MICROS_MAX: i64 = 1_000_000;

/// Statements about other activities that are passed over for one page of a restricted caller; then
/// the page ends early, and the next one goes on from there.
const LEFT_OUT_MAX: usize = 10_000;

/// Actors who are known by one name and looked for at once.
const NAMESAKES_MAX: usize = 100;

/// One statement as it is answered, and what its form depends on.
pub(crate) struct Read {
    /// The text with `stored` set.
    pub(crate) text: String,
    /// `stored`, in microseconds since 1970 UTC.
    pub(crate) position: i64,
    /// Whether some timestamp is not in UTC.
    pub(crate) not_utc: bool,
}

/// One page.
pub(crate) struct Page {
    pub(crate) statements: Vec<Read>,
    /// Where the next page starts, if there is one.
    pub(crate) next: Option<i64>,
    /// Everything stored up to here is visible, and nothing will be stored there any more.
    pub(crate) consistent_through: i64,
}

/// The end of the tenant's log in this snapshot.
pub(super) fn consistent_through(tx: &mut Tx<'_>, tenant: TenantId) -> Result<i64> {
    let head: Option<(i64, i64)> = tx.one(&store::READ_HEAD, &[Value::Int(tenant.0)])?;
    Ok(head.map_or(0, |(position, _)| position))
}

/// A replica that has come to this mark has every statement that is stored in the primary now, and
/// promises nearly as much about the past.
pub(crate) fn mark(tenant: TenantId) -> Mark {
    let reached = |(appends, end): (i64, i64), (here, here_end): (i64, i64)| {
        here >= appends && here_end >= end.saturating_sub(REPLICA_LAG_MICROS_MAX)
    };
    Mark { sql: &store::MARK, args: vec![Value::Int(tenant.0)], reached }
}

/// Reads the page that `query` asks for.
pub(super) fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    query: &Query,
    activities: &Activities,
    limits: &Limits,
    memory: &Memory,
) -> Result<Page> {
    let consistent_through = consistent_through(tx, tenant)?;
    let mut page = Page { statements: Vec::new(), next: None, consistent_through };
    let Some(mut search) = search(tx, tenant, query)? else { return Ok(page) };
    let (mut bytes, mut left_out) = (0, 0);
    let mut candidates = limits.page_candidates_max;
    loop {
        // Voided statements are found too and left out: look for more at once than the page lacks.
        let wanted = (query.limit + 1 - page.statements.len()).max(FOUND_MIN);
        let Found { positions, gave_up_at } =
            find::positions(tx, &search, wanted, &mut candidates)?;
        let (more, last) = (positions.len() == wanted, positions.last().copied());
        for some in positions.chunks(ROWS_AT_ONCE) {
            let rows = read::rows(tx, tenant, some.to_vec())?;
            for row in rows.into_iter().filter(|row| row.flags & VOIDED == 0) {
                if page.statements.len() == query.limit || bytes > limits.page_bytes_max {
                    page.next = page.statements.last().map(|last| last.position);
                    return Ok(page);
                }
                let read = finish(tx, tenant, &row, memory)?;
                if !is_about(&read.text, activities)? {
                    left_out += 1;
                    if left_out == LEFT_OUT_MAX {
                        page.next = Some(row.position);
                        return Ok(page);
                    }
                    continue;
                }
                bytes += read.text.len();
                page.statements.push(read);
            }
        }
        if !more && gave_up_at.is_some() {
            // A page may hold fewer than `limit`, even none, and tell where to go on.
            page.next = gave_up_at;
            return Ok(page);
        }
        match last {
            Some(last) if more && search.ascending => search.after = last,
            Some(last) if more => search.before = last,
            _ => return Ok(page),
        }
    }
}

/// Whether a statement is about an activity that the caller may touch.
fn is_about(text: &str, activities: &Activities) -> Result<bool> {
    if activities.are_all() {
        return Ok(true);
    }
    let damaged = || Problem::internal(anyhow!("a stored statement is no JSON"));
    let node = rollbook_xapi::json::parse(text).map_err(|_malformed| damaged())?;
    let object = node.get("object");
    let text = |name: &str| {
        let member = object.and_then(|object| object.get(name));
        member.and_then(Node::str)
    };
    let is_activity = text("objectType").is_none_or(|kind| kind == "Activity");
    Ok(is_activity && text("id").is_some_and(|id| activities.include(id)))
}

/// Reads one statement by id: a voided one only if `voided`, any other only if not
/// (1.0.3 Communication 2.1.4).
pub(super) fn one(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: Uuid,
    voided: bool,
    activities: &Activities,
    memory: &Memory,
) -> Result<(Option<Read>, i64)> {
    let consistent_through = consistent_through(tx, tenant)?;
    let row = by_id(tx, tenant, id)?.filter(|row| (row.flags & VOIDED != 0) == voided);
    let read = row.map(|row| finish(tx, tenant, &row, memory)).transpose()?;
    let read = match read {
        Some(read) if is_about(&read.text, activities)? => Some(read),
        _ => None,
    };
    Ok((read, consistent_through))
}

fn by_id(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid) -> Result<Option<Row>> {
    let args = [Value::Int(tenant.0)];
    let rows: Vec<(Uuid, i64)> =
        tx.many_all(&store::POSITIONS, &args, &[rollbook_db::Column::Uuid(vec![id])])?;
    let positions = rows.into_iter().map(|(_, position)| position).collect();
    Ok(read::rows(tx, tenant, positions)?.pop())
}

fn finish(tx: &mut Tx<'_>, tenant: TenantId, row: &Row, memory: &Memory) -> Result<Read> {
    let text = memory.text(tx, tenant, row)?;
    Ok(Read { text, position: row.position, not_utc: row.flags & super::prepared::NOT_UTC != 0 })
}

/// The query in numbers; none if one of its terms was never seen, so that nothing can match.
fn search(tx: &mut Tx<'_>, tenant: TenantId, query: &Query) -> Result<Option<Search>> {
    let Filter {
        agent,
        known_as,
        related_agents,
        verb,
        activity,
        related_activities,
        registration,
        authority,
    } = &query.filter;
    let mut wanted: Vec<(TermName, &[Role])> = Vec::new();
    let direct: &[Role] = &[Role::Direct];
    let in_context: &[Role] = &[Role::Direct, Role::Related];
    let anywhere: &[Role] = &[Role::Direct, Role::Related, Role::Authority];
    wanted.extend(verb.as_ref().map(|verb| (TermName::new(Kind::Verb, verb), direct)));
    wanted.extend(agent.as_ref().map(|key| {
        (TermName::new(Kind::Actor, key), if *related_agents { anywhere } else { direct })
    }));
    wanted.extend(activity.as_ref().map(|iri| {
        (TermName::new(Kind::Activity, iri), if *related_activities { in_context } else { direct })
    }));
    wanted.extend(
        registration.map(|id| (TermName::new(Kind::Registration, &id.to_string()), direct)),
    );
    wanted.extend(
        authority.as_ref().map(|key| (TermName::new(Kind::Actor, key), &[Role::Authority][..])),
    );

    let names: Vec<TermName> = wanted.iter().map(|(name, _)| name.clone()).collect();
    let numbers = terms::find(tx, tenant.0, &names)?;
    let confined = authority.as_ref().map(|key| TermName::new(Kind::Actor, key));
    let confined = confined.and_then(|name| numbers.get(&name).copied());
    let confined = confined.map(|term| posting_key(term, Role::Authority));
    let mut conditions = Vec::with_capacity(wanted.len());
    for (name, roles) in wanted {
        let Some(term) = numbers.get(&name) else { return Ok(None) };
        conditions.push(roles.iter().map(|role| posting_key(*term, *role)).collect());
    }
    if let Some(name) = known_as {
        let numbers = terms::known_as(tx, tenant.0, name, NAMESAKES_MAX + 1)?;
        if numbers.len() > NAMESAKES_MAX {
            return Err(too_many_namesakes());
        }
        if numbers.is_empty() {
            return Ok(None);
        }
        conditions.push(numbers.iter().map(|term| posting_key(*term, Role::Direct)).collect());
    }
    let (mut after, mut before) = (
        query.since.unwrap_or(i64::MIN),
        query.until.map_or(i64::MAX, |until| until.saturating_add(1)),
    );
    match query.cursor {
        Some(cursor) if query.ascending => after = after.max(cursor),
        Some(cursor) => before = before.min(cursor),
        None => {}
    }
    let ascending = query.ascending;
    Ok(Some(Search { tenant: tenant.0, conditions, confined, after, before, ascending }))
}

/// Looking for so many at once would cost more than one query may.
fn too_many_namesakes() -> Problem {
    let detail = format!(
        "more than {NAMESAKES_MAX} actors are known by that name; ask for one of them with `agent` \
         at /xapi/statements"
    );
    Problem::bad_request(Code::ParameterInvalid, detail)
}
