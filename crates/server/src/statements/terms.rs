//! Verbs, actors, activities and registrations as small numbers.
//!
//! A term never changes its number and is never deleted, so each process keeps a cache of committed
//! ones. New numbers are given out under the lock of the tenant's head.

use super::store;
use crate::nul::without_nul;
use lru::LruCache;
use rollbook_db::{Column, Tx, Value};
use rollbook_xapi::ifi::Ifi;
use rollbook_xapi::index::Role;
use std::collections::HashMap;
use std::num::NonZeroUsize;

/// Terms of each kind that a tenant's cache holds, about 100 bytes each.
const CACHED_TERMS_MAX: NonZeroUsize = NonZeroUsize::new(65_536).expect("not zero");

/// What a term names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i64)]
pub(super) enum Kind {
    Verb = 1,
    Actor = 2,
    Activity = 3,
    Registration = 4,
}

impl Kind {
    /// What it is, for a refusal.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Verb => "a verb",
            Self::Actor => "an actor",
            Self::Activity => "an activity",
            Self::Registration => "a registration",
        }
    }
}

/// A term by name. PostgreSQL stores no NUL character in text, so it is escaped, reversibly.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TermName {
    pub(super) kind: Kind,
    pub(super) name: Box<str>,
}

impl TermName {
    pub(super) fn new(kind: Kind, name: &str) -> Self {
        Self { kind, name: without_nul(name).into() }
    }
}

/// The posting key of a term in a role.
pub(super) fn posting_key(term: i64, role: Role) -> i64 {
    let role = match role {
        Role::Direct => 0,
        Role::Related => 1,
        Role::Authority => 2,
    };
    term * 4 + role
}

/// Committed terms of one tenant.
pub(super) struct TermCache(HashMap<Kind, LruCache<Box<str>, i64>>);

impl TermCache {
    pub(super) fn new() -> Self {
        let kinds = [Kind::Verb, Kind::Actor, Kind::Activity, Kind::Registration];
        // Unbounded until it is full, or each idle tenant would reserve the whole cache.
        Self(kinds.into_iter().map(|kind| (kind, LruCache::unbounded())).collect())
    }

    /// The number of a committed term.
    pub(super) fn get(&mut self, name: &TermName) -> Option<i64> {
        self.0.get_mut(&name.kind)?.get(&name.name).copied()
    }

    /// Remembers committed terms.
    pub(super) fn learn(&mut self, terms: HashMap<TermName, i64>) {
        for (TermName { kind, name }, term) in sorted(terms) {
            if let Some(cache) = self.0.get_mut(&kind) {
                cache.put(name, term);
                if cache.len() > CACHED_TERMS_MAX.get() {
                    cache.pop_lru();
                }
            }
        }
    }
}

fn sorted(terms: HashMap<TermName, i64>) -> Vec<(TermName, i64)> {
    let mut terms: Vec<_> = terms.into_iter().collect();
    terms.sort_unstable_by_key(|(_, term)| *term);
    terms
}

/// Numbers for names within one transaction: cached ones, stored ones and new ones.
pub(super) struct Numbers {
    known: HashMap<TermName, i64>,
    /// Found or given out in this transaction; to be cached after the commit.
    pub(super) learned: HashMap<TermName, i64>,
}

impl Numbers {
    /// Resolves `names`, giving out numbers after `last` for new ones. The head must be locked.
    pub(super) fn resolve<'a>(
        tx: &mut Tx<'_>,
        tenant: i64,
        names: impl Iterator<Item = &'a TermName>,
        cache: &std::sync::Mutex<TermCache>,
        last: &mut i64,
    ) -> Result<Self, rollbook_db::Error> {
        let mut known = HashMap::new();
        let mut missing: Vec<TermName> = Vec::new();
        {
            let mut cache = cache.lock().expect("no holder of the term cache panics");
            for name in names {
                if known.contains_key(name) {
                    continue;
                }
                let number = cache.get(name);
                known.insert(name.clone(), number.unwrap_or(0));
                if number.is_none() {
                    missing.push(name.clone());
                }
            }
        }
        let mut learned = find(tx, tenant, &missing)?;
        missing.retain(|name| !learned.contains_key(name));
        missing.sort_unstable();
        let numbers: Vec<i64> = missing.iter().zip(*last + 1..).map(|(_, number)| number).collect();
        *last = numbers.last().copied().unwrap_or(*last);
        if !missing.is_empty() {
            let kinds = missing.iter().map(|name| name.kind as i64).collect();
            let texts = missing.iter().map(|name| name.name.to_string()).collect();
            let columns = [Column::Int(kinds), Column::Text(texts), Column::Int(numbers.clone())];
            tx.many(&store::ADD_TERMS, &[Value::Int(tenant)], &columns)?;
            file_accounts(tx, tenant, &missing, &numbers)?;
        }
        learned.extend(missing.into_iter().zip(numbers));
        known.extend(learned.iter().map(|(name, number)| (name.clone(), *number)));
        Ok(Self { known, learned })
    }

    /// The number of a resolved name.
    pub(super) fn of(&self, name: &TermName) -> i64 {
        self.known.get(name).copied().expect("every name of the group was resolved")
    }
}

/// Files new actors by the names of their accounts.
fn file_accounts(
    tx: &mut Tx<'_>,
    tenant: i64,
    names: &[TermName],
    numbers: &[i64],
) -> Result<(), rollbook_db::Error> {
    let account = |(name, number): (&TermName, &i64)| {
        let account = name.name.strip_prefix("account:").filter(|_| name.kind == Kind::Actor)?;
        // A home page is an IRI, which has no space.
        account.split_once(' ').map(|(_, name)| (name.to_owned(), *number))
    };
    let (names, numbers): (Vec<String>, Vec<i64>) =
        names.iter().zip(numbers).filter_map(account).unzip();
    if names.is_empty() {
        return Ok(());
    }
    let columns = [Column::Text(names), Column::Int(numbers)];
    tx.many(&store::ADD_ACCOUNTS, &[Value::Int(tenant)], &columns)?;
    Ok(())
}

/// The numbers of actors whose account has this name, at most `most`, and of whom this is the address.
pub(super) fn known_as(
    tx: &mut Tx<'_>,
    tenant: i64,
    name: &str,
    most: usize,
) -> Result<Vec<i64>, rollbook_db::Error> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let args = [Value::Int(tenant), without_nul(name).into_owned().into(), Value::Int(most)];
    let accounts: Vec<(i64,)> = tx.all(&store::ACCOUNTS, &args)?;
    let mut all: Vec<i64> = accounts.into_iter().map(|(term,)| term).collect();
    let address = match name.strip_prefix("mailto:") {
        Some(_) => name.to_owned(),
        None => format!("mailto:{name}"),
    };
    let address = TermName::new(Kind::Actor, &Ifi::Mbox(&address).key());
    all.extend(find(tx, tenant, &[address])?.into_values());
    Ok(all)
}

/// Numbers of stored terms; absent ones are missing from the answer.
pub(super) fn find(
    tx: &mut Tx<'_>,
    tenant: i64,
    names: &[TermName],
) -> Result<HashMap<TermName, i64>, rollbook_db::Error> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let kinds = names.iter().map(|name| name.kind as i64).collect();
    let texts = names.iter().map(|name| name.name.to_string()).collect();
    let columns = [Column::Int(kinds), Column::Text(texts)];
    let rows: Vec<(i64, String, i64)> =
        tx.many_all(&store::TERMS, &[Value::Int(tenant)], &columns)?;
    let rows: HashMap<(i64, String), i64> =
        rows.into_iter().map(|(kind, name, term)| ((kind, name), term)).collect();
    let number = |name: &TermName| rows.get(&(name.kind as i64, name.name.to_string())).copied();
    Ok(names.iter().filter_map(|name| Some((name.clone(), number(name)?))).collect())
}
