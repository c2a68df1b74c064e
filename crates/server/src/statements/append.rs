//! One append to a tenant's log: a group of requests, in one transaction.
//!
//! The head of the log is locked first and moved last, so positions are given out in commit order
//! and a reader who sees a position sees every smaller one (1.0.3 Communication 2.1.3,
//! Consistent-Through). Each request of the group is stored whole or refused whole.

use super::link::{self, Linked};
use super::memory::Memory;
use super::prepared::Prepared;
use super::read::{self, Row};
use super::terms::{Numbers, TermName, posting_key};
use super::{define, place, store};
use crate::blobs;
use crate::error::{Code, Problem, Result};
use crate::tenants::{TenantId, life};
use rollbook_db::{Column, Tx, Value};
use rollbook_xapi::equality;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The statements of one request.
pub(super) type Request = Vec<Prepared>;

/// What the transaction did; true only once it is committed.
pub(super) struct Appended {
    /// For each request, whether it was stored.
    pub(super) outcomes: Vec<Result<()>>,
    pub(super) numbers: HashMap<TermName, i64>,
    pub(super) defined: define::Learned,
    /// The end of the log.
    pub(super) position: i64,
    pub(super) stored: usize,
}

/// The database is older than what this process has seen committed: it was restored, or a replica
/// took over that lacked the last commits.
pub(super) const WENT_BACK: Code = Code::StorageWentBack;

/// The end of a tenant's log.
pub(super) struct Head {
    pub(super) position: i64,
    pub(super) term: i64,
    pub(super) definitions: i64,
}

/// Locks the end of the log until the transaction ends, to write to it.
///
/// # Errors
/// 401 if the tenant is gone or going: its deletion locks the log too, so nothing is written after.
pub(super) fn lock(tx: &mut Tx<'_>, tenant: i64, now: i64) -> Result<Head> {
    let head = hold(tx, tenant, now)?;
    life::alive(tx, TenantId(tenant))?;
    Ok(head)
}

/// Locks the end of the log until the transaction ends, whoever's it is.
pub(super) fn hold(tx: &mut Tx<'_>, tenant: i64, now: i64) -> Result<Head> {
    let args = [Value::Int(tenant)];
    if let Some((position, term, definitions)) = tx.one(&store::LOCK_HEAD, &args)? {
        return Ok(Head { position, term, definitions });
    }
    tx.run(&store::OPEN_HEAD, &[Value::Int(tenant), Value::Int(now)])?;
    let head: Option<(i64, i64, i64)> = tx.one(&store::LOCK_HEAD, &args)?;
    let (position, term, definitions) = head.expect("the head was opened just now");
    Ok(Head { position, term, definitions })
}

/// Stores every request of the group that can be stored.
pub(super) fn append(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    now: i64,
    requests: &[Arc<Request>],
    memory: &Arc<Memory>,
) -> Result<Appended> {
    let mut head = lock(tx, tenant.0, now)?;
    if head.position < memory.through() {
        // What this process remembers of terms and dictionaries may never have happened.
        return Err(Problem { code: WENT_BACK, ..Problem::unavailable() });
    }
    let (outcomes, accepted) = admit(tx, tenant, requests, memory)?;
    let positions = place::place(tx, tenant.0, now, &accepted, &mut head.position)?;
    let moved = place::moved(&accepted, &positions, memory)?;
    let placed = accepted.iter().zip(&moved).map(|(own, moved)| moved.as_ref().unwrap_or(own));
    let group: Vec<(&Prepared, i64)> = placed.zip(positions).collect();

    let names = group.iter().flat_map(|(prepared, _)| prepared.unresolved());
    let numbers = Numbers::resolve(tx, tenant.0, names, &memory.terms, &mut head.term)?;

    let keys = write(tx, tenant.0, &group, &numbers)?;
    let defined = define::define(tx, tenant.0, &group, &numbers, memory, &mut head.definitions)?;
    let linked = group
        .iter()
        .zip(keys)
        .map(|((prepared, position), keys)| Linked::new(prepared, *position, keys))
        .collect();
    link::link(tx, tenant, linked, memory)?;
    let bytes: usize = group.iter().map(|(prepared, _)| prepared.body.len()).sum();
    let bytes = i64::try_from(bytes).map_err(Problem::internal)?;
    let end = [
        Value::Int(tenant.0),
        Value::Int(head.position),
        Value::Int(head.term),
        Value::Int(head.definitions),
        Value::Int(bytes),
    ];
    tx.run(&store::MOVE_HEAD, &end)?;
    Ok(Appended {
        outcomes,
        numbers: numbers.learned,
        defined,
        position: head.position,
        stored: group.len(),
    })
}

/// Sorts requests into those to store and those refused with 409; the same statement again is
/// accepted and not stored twice (Communication 2.1.1, 2.1.2, Data 2.3.1).
fn admit<'a>(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    requests: &'a [Arc<Request>],
    memory: &Memory,
) -> Result<(Vec<Result<()>>, Vec<&'a Prepared>)> {
    let ids: Vec<Uuid> =
        requests.iter().flat_map(|request| request.iter()).map(|prepared| prepared.id).collect();
    let stored = stored_texts(tx, tenant, ids, memory)?;
    let mut accepted: Vec<&Prepared> = Vec::with_capacity(stored.len());
    let mut seen: HashMap<Uuid, &Prepared> = HashMap::new();
    let mut outcomes = Vec::with_capacity(requests.len());
    for request in requests {
        let same = |prepared: &Prepared| {
            let earlier = stored.get(&prepared.id).map(String::as_str);
            let earlier =
                earlier.or_else(|| seen.get(&prepared.id).map(|other| other.text.as_str()));
            earlier.map(|text| is_again(text, prepared))
        };
        let known: Vec<Option<bool>> = request.iter().map(same).collect();
        if let Some((clash, _)) =
            request.iter().zip(&known).find(|(_, known)| **known == Some(false))
        {
            outcomes.push(Err(already_used(clash.id)));
            continue;
        }
        for (prepared, _) in request.iter().zip(&known).filter(|(_, known)| known.is_none()) {
            seen.insert(prepared.id, prepared);
            accepted.push(prepared);
        }
        outcomes.push(Ok(()));
    }
    Ok((outcomes, accepted))
}

/// Whether a stored statement came again. A retry that has no timestamp got another one from us.
pub(super) fn is_again(stored: &str, prepared: &Prepared) -> bool {
    if prepared.dated {
        equality::same(stored, &prepared.text)
    } else {
        equality::same_undated(stored, &prepared.text)
    }
}

fn already_used(id: Uuid) -> Problem {
    Problem::conflict(
        Code::StatementIdUsed,
        format!(
            "statement {id} is stored already with different content (Data 2.3.1); nothing of this request was stored. Send it under a new id"
        ),
    )
}

/// Texts of the statements among `ids` that are stored.
pub(super) fn stored_texts(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    ids: Vec<Uuid>,
    memory: &Memory,
) -> Result<HashMap<Uuid, String>> {
    let rows: Vec<(Uuid, i64)> =
        tx.many_all(&store::POSITIONS, &[Value::Int(tenant.0)], &[Column::Uuid(ids)])?;
    let positions: Vec<i64> = rows.into_iter().map(|(_, position)| position).collect();
    let rows = read::rows(tx, tenant, positions)?;
    rows.into_iter().map(|row: Row| Ok((row.id, memory.text(tx, tenant, &row)?))).collect()
}

/// Writes the rows of the group, each table in the order of its key, and answers each statement's
/// posting keys.
fn write(
    tx: &mut Tx<'_>,
    number: i64,
    group: &[(&Prepared, i64)],
    numbers: &Numbers,
) -> Result<Vec<Vec<i64>>> {
    let tenant = [Value::Int(number)];
    let mut order: Vec<&(&Prepared, i64)> = group.iter().collect();
    order.sort_unstable_by_key(|(_, position)| *position);
    let each = |f: fn(&Prepared) -> i64| {
        Column::Int(order.iter().map(|(prepared, _)| f(prepared)).collect())
    };
    let columns = [
        Column::Int(order.iter().map(|(_, position)| *position).collect()),
        Column::Uuid(order.iter().map(|(prepared, _)| prepared.id).collect()),
        each(|prepared| prepared.flags),
        each(|prepared| prepared.dictionary),
        Column::Bytes(order.iter().map(|(prepared, _)| prepared.body.clone()).collect()),
    ];
    tx.many(&store::APPEND, &tenant, &columns)?;

    let mut ids: Vec<(Uuid, i64)> =
        group.iter().map(|(prepared, position)| (prepared.id, *position)).collect();
    ids.sort_unstable();
    let (ids, positions) = ids.into_iter().unzip();
    tx.many(&store::APPEND_IDS, &tenant, &[Column::Uuid(ids), Column::Int(positions)])?;

    let keys: Vec<Vec<i64>> =
        group.iter().map(|(prepared, _)| posting_keys(prepared, numbers)).collect();
    let mut postings: Vec<(i64, i64)> = Vec::with_capacity(group.len() * 10);
    for (keys, (_, position)) in keys.iter().zip(group) {
        postings.extend(keys.iter().map(|key| (*key, *position)));
    }
    postings.sort_unstable();
    let (terms, positions) = postings.into_iter().unzip();
    tx.many(&store::APPEND_POSTINGS, &tenant, &[Column::Int(terms), Column::Int(positions)])?;
    write_rare(tx, TenantId(number), group)?;
    Ok(keys)
}

fn posting_keys(prepared: &Prepared, numbers: &Numbers) -> Vec<i64> {
    let resolved = prepared.terms.iter().map(|(name, role)| posting_key(numbers.of(name), *role));
    prepared.keys.iter().copied().chain(resolved).collect()
}

/// References and attachments: few statements have them.
fn write_rare(tx: &mut Tx<'_>, tenant: TenantId, group: &[(&Prepared, i64)]) -> Result<()> {
    let args = [Value::Int(tenant.0)];
    let references: Vec<(Uuid, i64, bool)> = group
        .iter()
        .filter_map(|(prepared, position)| {
            Some((prepared.target?, *position, prepared.flags & super::prepared::VOIDING != 0))
        })
        .collect();
    if !references.is_empty() {
        let columns = [
            Column::Uuid(references.iter().map(|(target, _, _)| *target).collect()),
            Column::Int(references.iter().map(|(_, position, _)| *position).collect()),
            Column::Bool(references.iter().map(|(_, _, voiding)| *voiding).collect()),
        ];
        tx.many(&store::ADD_REFERENCES, &args, &columns)?;
    }
    let attached = |(prepared, position): &(&Prepared, i64)| {
        let position = *position;
        prepared.attachments.clone().into_iter().map(move |sha2| (position, sha2))
    };
    let attachments: Vec<(i64, String)> = group.iter().flat_map(attached).collect();
    if !attachments.is_empty() {
        let (positions, hashes): (Vec<i64>, Vec<String>) = attachments.into_iter().unzip();
        blobs::mark_stored(tx, tenant, &hashes)?;
        tx.many(&store::ADD_ATTACHMENTS, &args, &[Column::Int(positions), Column::Text(hashes)])?;
    }
    Ok(())
}
