//! On what terms a tenant is served: defaults from the settings, overridden for the tenant, lowered
//! for a key.

use super::allowance::{Allowance, Measure};
use super::store::{Chosen, Setting};
use crate::limits::Limits;
use crate::tenants::{Caller, Principal};
use std::collections::HashMap;

/// For what allowances are set: the first three by the operator, a key's by its tenant.
pub(super) const TENANT: &str = "tenant";
pub(super) const KEY: &str = "key";
pub(super) const USER: &str = "user";
/// A key's own subject is this and its text.
const OF_KEY: &str = "key:";

/// On what terms a tenant is served.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Everybody together.
    pub(super) tenant: Allowance,
    /// Each key for which nothing else is set.
    pub(super) key: Allowance,
    /// Each user.
    pub(super) user: Allowance,
    /// By key, what is lowered for it.
    keys: HashMap<String, Vec<(Measure, u64)>>,
    /// Statements in one page.
    pub(super) page_statements: usize,
}

/// The subject of one key in the table.
pub(super) fn of_key(key: &str) -> String {
    format!("{OF_KEY}{key}")
}

impl Terms {
    /// The defaults, with what is set for a tenant.
    pub(super) fn new(limits: &Limits, settings: Vec<Setting>, chosen: Option<&Chosen>) -> Self {
        let page = chosen.and_then(|chosen| chosen.page_statements);
        let page = page.and_then(|count| usize::try_from(count).ok());
        let mut terms = Self {
            tenant: limits.tenant,
            key: limits.key,
            user: limits.user,
            keys: HashMap::new(),
            page_statements: page.unwrap_or(limits.page_statements_max),
        };
        for (subject, measure, most) in settings {
            match subject.as_str() {
                TENANT => terms.tenant.set(measure, most),
                KEY => terms.key.set(measure, most),
                USER => terms.user.set(measure, most),
                other => {
                    if let Some(key) = other.strip_prefix(OF_KEY) {
                        terms.keys.entry(key.to_owned()).or_default().push((measure, most));
                    }
                }
            }
        }
        terms
    }

    /// What a key may use.
    pub(super) fn of_key(&self, key: &str) -> Allowance {
        let mut allowance = self.key;
        for (measure, most) in self.keys.get(key).into_iter().flatten() {
            allowance.lower(*measure, *most);
        }
        allowance
    }

    /// What is lowered for a key.
    pub(super) fn lowered(&self, key: &str) -> &[(Measure, u64)] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    /// What a caller may use itself.
    pub(super) fn own(&self, caller: &Caller) -> Allowance {
        match &caller.principal {
            Principal::Key(key) => self.of_key(key),
            Principal::User { .. } | Principal::Session(_) => self.user,
            Principal::Operator => Allowance::UNLIMITED,
        }
    }
}
