//! What a database has done, as plain numbers that anybody may read at any time.
//!
//! Counting is one atomic addition and takes no lock, so everything is always counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of times, in microseconds: from what a cache answers to what nobody waits for.
pub const MICROS: &[u64] = &[
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 10_000_000,
];

/// Upper bounds of how many things went together.
pub const SIZES: &[u64] = &[1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often a value fell between bounds that never change.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One more than bounds: the last is for what is above all of them.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// A histogram as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// Each bound, and how many values were at most that.
    pub up_to: Vec<(u64, u64)>,
    /// How many values there were.
    pub count: u64,
    /// What they add up to.
    pub sum: u64,
}

impl Histogram {
    /// An empty one; `bounds` ascend.
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Counts a time, in microseconds.
    pub fn observe_time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// What was counted so far.
    pub fn distribution(&self) -> Distribution {
        let mut count = 0;
        let mut add = |one: &AtomicU64| {
            count += one.load(Ordering::Relaxed);
            count
        };
        let up_to = self.bounds.iter().zip(&self.counts).map(|(bound, one)| (*bound, add(one)));
        let up_to = up_to.collect();
        let count = self.counts.last().map(&mut add).unwrap_or_default();
        Distribution { up_to, count, sum: self.sum.load(Ordering::Relaxed) }
    }
}

/// What an engine counts while it works.
#[derive(Debug)]
pub struct Meter {
    /// Whole reads, waiting included, in microseconds.
    pub reads: Histogram,
    /// Whole writes, waiting included, in microseconds.
    pub writes: Histogram,
    /// Commits, in microseconds.
    pub commits: Histogram,
    /// Jobs that shared one commit.
    pub group_jobs: Histogram,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            reads: Histogram::new(MICROS),
            writes: Histogram::new(MICROS),
            commits: Histogram::new(MICROS),
            group_jobs: Histogram::new(SIZES),
        }
    }
}

/// What an engine is doing at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Writes that wait for the writer (SQLite).
    pub writes_waiting: usize,
    /// Reads that wait for a reader (SQLite).
    pub reads_waiting: usize,
    /// Connections that are open: of the pool (PostgreSQL), or readers and the writer (SQLite).
    pub connections: usize,
    /// Connections of the pool that are in use (PostgreSQL).
    pub connections_in_use: usize,
    /// Connections that the pool may have (PostgreSQL).
    pub connections_max: usize,
    /// Callers who wait for a connection of the pool (PostgreSQL).
    pub connections_waited_for: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_at_its_bound_and_above() {
        let sizes = Histogram::new(&[1, 10]);
        for value in [0, 1, 2, 10, 11] {
            sizes.observe(value);
        }
        let expected = Distribution { up_to: vec![(1, 2), (10, 4)], count: 5, sum: 24 };
        assert_eq!(sizes.distribution(), expected);
    }

    #[test]
    fn a_time_is_counted_in_microseconds() {
        let times = Histogram::new(MICROS);
        times.observe_time(Duration::from_millis(1));
        assert_eq!(times.distribution().sum, 1_000);
    }
}
