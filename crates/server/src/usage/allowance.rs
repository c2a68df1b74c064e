//! What a tenant, a key or a user may use, and by which measures.
//!
//! 0 is no limit, in settings, in the table and in the API alike.

use std::fmt;

/// One way to count what is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Statements stored, each second.
    Statements,
    /// Bytes of request bodies, each minute.
    Bytes,
    /// Queries of statements, each minute.
    Queries,
    /// Other requests that store no statements, each minute.
    Requests,
    /// Requests at the same moment.
    Concurrent,
    /// Bytes that are kept.
    Storage,
}

/// What may be used, by each measure. 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Statements stored, each second.
    pub statements_per_second: u64,
    /// Bytes of request bodies, each minute.
    pub bytes_per_minute: u64,
    /// Queries of statements, each minute.
    pub queries_per_minute: u64,
    /// Other requests that store no statements, each minute.
    pub requests_per_minute: u64,
    /// Requests at the same moment.
    pub concurrent_requests: u64,
    /// Bytes of statements, documents and attachments. Only tenants have it.
    pub storage_bytes: u64,
}

impl Measure {
    /// Every measure with its name in the table of allowances, which is that of its field.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("statements_per_second", Self::Statements),
        ("bytes_per_minute", Self::Bytes),
        ("queries_per_minute", Self::Queries),
        ("requests_per_minute", Self::Requests),
        ("concurrent_requests", Self::Concurrent),
        ("storage_bytes", Self::Storage),
    ];

    /// The measure of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, measure)| *measure)
    }

    /// The time in which a rate is counted; none for what is no rate.
    pub fn window_micros(self) -> Option<u64> {
        match self {
            Self::Statements => Some(1_000_000),
            Self::Bytes | Self::Queries | Self::Requests => Some(60_000_000),
            Self::Concurrent | Self::Storage => None,
        }
    }

    /// The last part of the name of a policy.
    pub fn word(self) -> &'static str {
        match self {
            Self::Statements => "statements",
            Self::Bytes => "bytes",
            Self::Queries => "queries",
            Self::Requests => "requests",
            Self::Concurrent => "concurrent",
            Self::Storage => "storage",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Statements => "statements a second",
            Self::Bytes => "bytes of request bodies a minute",
            Self::Queries => "statement queries a minute",
            Self::Requests => "requests a minute",
            Self::Concurrent => "requests at once",
            Self::Storage => "bytes in store",
        })
    }
}

impl Allowance {
    /// No limit by any measure.
    pub const UNLIMITED: Self = Self {
        statements_per_second: 0,
        bytes_per_minute: 0,
        queries_per_minute: 0,
        requests_per_minute: 0,
        concurrent_requests: 0,
        storage_bytes: 0,
    };

    /// What may be used by one measure; none is no limit.
    pub fn of(&self, measure: Measure) -> Option<u64> {
        let most = match measure {
            Measure::Statements => self.statements_per_second,
            Measure::Bytes => self.bytes_per_minute,
            Measure::Queries => self.queries_per_minute,
            Measure::Requests => self.requests_per_minute,
            Measure::Concurrent => self.concurrent_requests,
            Measure::Storage => self.storage_bytes,
        };
        (most > 0).then_some(most)
    }

    /// Sets what may be used by one measure.
    pub fn set(&mut self, measure: Measure, most: u64) {
        *match measure {
            Measure::Statements => &mut self.statements_per_second,
            Measure::Bytes => &mut self.bytes_per_minute,
            Measure::Queries => &mut self.queries_per_minute,
            Measure::Requests => &mut self.requests_per_minute,
            Measure::Concurrent => &mut self.concurrent_requests,
            Measure::Storage => &mut self.storage_bytes,
        } = most;
    }

    /// Lowers what may be used by one measure; raises nothing.
    pub fn lower(&mut self, measure: Measure, most: u64) {
        if most > 0 && self.of(measure).is_none_or(|before| most < before) {
            self.set(measure, most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowering_raises_nothing() {
        let mut allowance = Allowance { queries_per_minute: 10, ..Allowance::UNLIMITED };
        for (most, expected) in [(11, 10), (0, 10), (10, 10), (9, 9)] {
            allowance.lower(Measure::Queries, most);
            assert_eq!(allowance.of(Measure::Queries), Some(expected), "{most}");
        }
        allowance.lower(Measure::Bytes, 7);
        assert_eq!(allowance.of(Measure::Bytes), Some(7), "from no limit");
    }

    #[test]
    fn every_measure_has_its_own_field() {
        for (name, measure) in Measure::NAMES {
            let mut allowance = Allowance::UNLIMITED;
            allowance.set(measure, 7);
            let told = Measure::NAMES.map(|(_, other)| allowance.of(other));
            assert_eq!(told.iter().flatten().count(), 1, "{name}");
            assert_eq!(allowance.of(measure), Some(7), "{name}");
            assert_eq!(Measure::named(name), Some(measure));
        }
    }
}
