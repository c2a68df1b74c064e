//! One rate of one subject: the generic cell rate algorithm, kept as what is owed.
//!
//! What is taken is owed, and the debt falls evenly by the rate's quota in each of its windows. What
//! fits into one window at once is admitted. More than a whole window's quota, which would never
//! fit, is admitted when nothing is owed, and is then owed in full: so a large batch is possible and
//! the average holds. The `governor` crate has neither a debt, nor a quota for each key, nor one
//! that may change while the debt stays; this is all that is needed of it.

/// How much earlier than another the time of a thread may be that took it before, in microseconds.
const DISORDER: i64 = 1_000_000;

/// So much in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// What may be taken in one window.
    pub(super) quota: u64,
    /// The window, in microseconds.
    pub(super) window: u64,
}

/// What is owed, in units times microseconds of a window, so that nothing is ever rounded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    owed: u128,
    at: i64,
}

/// Where a rate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// What may be taken now.
    pub(super) remaining: u64,
    /// Microseconds until nothing is owed.
    pub(super) reset: u64,
}

impl Bucket {
    /// Takes `units`, or says how many microseconds to wait before they can be taken.
    pub(super) fn take(&mut self, rate: Rate, units: u64, now: i64) -> Result<(), u64> {
        self.settle(rate, now);
        let (cost, room) = (cost(rate, units), capacity(rate));
        let most = room.saturating_sub(cost);
        if self.owed == 0 || self.owed + cost <= room {
            self.owed += cost;
            return Ok(());
        }
        Err(time(self.owed - most, rate))
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&mut self, rate: Rate, units: u64) {
        self.owed = self.owed.saturating_sub(cost(rate, units));
    }

    /// Where it stands now.
    pub(super) fn level(&mut self, rate: Rate, now: i64) -> Level {
        self.settle(rate, now);
        let left = capacity(rate).saturating_sub(self.owed) / u128::from(rate.window);
        let remaining = u64::try_from(left).unwrap_or(u64::MAX);
        Level { remaining, reset: time(self.owed, rate) }
    }

    /// Lets what is owed fall until now. A clock that is set back forgives nothing.
    fn settle(&mut self, rate: Rate, now: i64) {
        let elapsed = u64::try_from(now.saturating_sub(self.at)).unwrap_or(0);
        // Threads come in any order: what is a little earlier is no clock that was set back.
        if elapsed > 0 || now < self.at.saturating_sub(DISORDER) {
            self.at = now;
        }
        self.owed = self.owed.saturating_sub(u128::from(elapsed) * u128::from(rate.quota));
    }
}

fn capacity(rate: Rate) -> u128 {
    cost(rate, rate.quota)
}

fn cost(rate: Rate, units: u64) -> u128 {
    u128::from(units) * u128::from(rate.window)
}

/// The microseconds in which a debt falls away.
fn time(owed: u128, rate: Rate) -> u64 {
    u64::try_from(owed.div_ceil(u128::from(rate.quota.max(1)))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000_000;
    const TEN: Rate = Rate { quota: 10, window: 1_000_000 };

    #[test]
    fn a_window_at_once_and_not_one_more() {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(TEN, 9, SECOND), Ok(()));
        assert_eq!(bucket.take(TEN, 2, SECOND), Err(100_000), "one too many");
        assert_eq!(bucket.take(TEN, 1, SECOND), Ok(()));
        assert_eq!(bucket.take(TEN, 1, SECOND), Err(100_000));
        assert_eq!(bucket.level(TEN, SECOND), Level { remaining: 0, reset: 1_000_000 });
        assert_eq!(bucket.take(TEN, 1, SECOND + 99_999), Err(1));
        assert_eq!(bucket.take(TEN, 1, SECOND + 100_000), Ok(()));
    }

    #[test]
    fn more_than_a_window_is_owed() {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(TEN, 25, SECOND), Ok(()));
        assert_eq!(bucket.take(TEN, 1, SECOND), Err(1_600_000), "25 + 1 - 10 tenths");
        assert_eq!(bucket.take(TEN, 25, SECOND), Err(2_500_000), "when nothing is owed");
        assert_eq!(bucket.take(TEN, 25, SECOND + 2_499_999), Err(1));
        assert_eq!(bucket.take(TEN, 25, SECOND + 2_500_000), Ok(()));
    }

    #[test]
    fn what_is_given_back_was_never_taken() {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(TEN, 10, SECOND), Ok(()));
        bucket.give_back(TEN, 4);
        assert_eq!(bucket.level(TEN, SECOND).remaining, 4);
    }

    #[test]
    fn a_clock_that_is_set_back_forgives_nothing() {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(TEN, 10, 5 * SECOND), Ok(()));
        assert_eq!(bucket.take(TEN, 1, SECOND), Err(100_000));
        assert_eq!(bucket.take(TEN, 1, SECOND + 100_000), Ok(()), "and time goes on from there");
    }

    proptest! {
        /// Over any time, no more is taken than one window's quota, the rate, and one last batch.
        #[test]
        fn the_average_holds(steps in prop::collection::vec((0_i64..300_000, 1_u64..40), 1..200)) {
            let (mut bucket, mut now, mut taken, mut largest) = (Bucket::default(), 0, 0, 0);
            for (wait, units) in steps {
                now += wait;
                if bucket.take(TEN, units, now).is_ok() {
                    taken += units;
                    largest = largest.max(units);
                }
            }
            let earned = u64::try_from(now).unwrap() * TEN.quota / TEN.window;
            prop_assert!(taken <= earned + TEN.quota.max(largest) + 1, "{taken} of {earned}");
        }

        /// A wait that was told is long enough, and not longer than it must be.
        #[test]
        fn a_wait_is_exact(first in 1_u64..100, second in 1_u64..100) {
            let mut bucket = Bucket::default();
            prop_assert_eq!(bucket.take(TEN, first, 0), Ok(()));
            if let Err(wait) = bucket.take(TEN, second, 0) {
                let wait = i64::try_from(wait).unwrap();
                prop_assert!(bucket.clone().take(TEN, second, wait - 1).is_err());
                prop_assert_eq!(bucket.take(TEN, second, wait), Ok(()));
            }
        }
    }
}
