//! What is counted of the record.

use crate::tenants::TenantId;
use rollbook_db::stats::{Counter, Histogram, MICROS, SIZES};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Tenants that are counted one by one; what others store is counted together, so that a page of
/// metrics stays a page.
const TENANTS_MAX: usize = 1_000;

/// Numbers of the log.
#[derive(Debug)]
pub(crate) struct Meter {
    /// Statements in one request.
    pub(crate) batches: Histogram,
    /// Statements in one append.
    pub(crate) groups: Histogram,
    /// Time of one append, in microseconds.
    pub(crate) appends: Histogram,
    /// Ages of promises about the past, in microseconds.
    pub(crate) ages: Histogram,
    stored: RwLock<BTreeMap<TenantId, Arc<Counter>>>,
    others: Counter,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            batches: Histogram::new(SIZES),
            groups: Histogram::new(SIZES),
            appends: Histogram::new(MICROS),
            ages: Histogram::new(MICROS),
            stored: RwLock::default(),
            others: Counter::default(),
        }
    }
}

impl Meter {
    /// Counts an append that is committed.
    pub(super) fn appended(&self, tenant: TenantId, statements: usize, took: Duration) {
        self.groups.observe(statements as u64);
        self.appends.observe_time(took);
        self.of(tenant, |count| count.add(statements as u64));
    }

    /// Counts how far back a promise lay.
    pub(super) fn promised(&self, age_micros: i64) {
        self.ages.observe(u64::try_from(age_micros).unwrap_or(0));
    }

    /// Statements stored by tenant; without one, those of all tenants that are not counted alone.
    pub(crate) fn stored(&self) -> Vec<(Option<TenantId>, u64)> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let alone = stored.iter().map(|(tenant, count)| (Some(*tenant), count.count()));
        let others = Some((None, self.others.count())).filter(|(_, count)| *count > 0);
        alone.chain(others).collect()
    }

    fn of(&self, tenant: TenantId, add: impl Fn(&Counter)) {
        if let Some(count) = self.stored.read().unwrap_or_else(PoisonError::into_inner).get(&tenant)
        {
            return add(count);
        }
        let mut stored = self.stored.write().unwrap_or_else(PoisonError::into_inner);
        if stored.len() < TENANTS_MAX {
            add(stored.entry(tenant).or_default());
        } else {
            add(stored.get(&tenant).map_or(&self.others, |count| count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_tenants_are_counted_alone_and_no_more() {
        let meter = Meter::default();
        let max = i64::try_from(TENANTS_MAX).unwrap();
        for tenant in 1..=max + 2 {
            meter.appended(TenantId(tenant), 3, Duration::ZERO);
        }
        meter.appended(TenantId(max), 1, Duration::ZERO);
        let stored = meter.stored();
        assert_eq!(stored.len(), TENANTS_MAX + 1);
        assert_eq!(stored[TENANTS_MAX - 1], (Some(TenantId(max)), 4));
        assert_eq!(stored[TENANTS_MAX], (None, 6));
    }
}
