//! Ids as numbers, which is what CATAPULT's clients store.
//!
//! Our ids are UUIDs of version 7: 48 bits of milliseconds, then a counter, and random bits at the
//! end. A number is the time and the last 12 bits, so it fits a double exactly until 2039, and all
//! ids that it can mean are beside each other in an index. Two ids of one millisecond may have the
//! same number; whoever looks one up never guesses which of them is meant.

use serde_json::Value;
use uuid::Uuid;

/// Bits of a number behind the time: the last of the id, which are random.
const RANDOM_BITS: u32 = 12;
/// Bits of an id behind the time.
const REST_BITS: u32 = 80;
/// What a double holds exactly.
const EXACT_MAX: u64 = 1 << 53;

/// An id as it is told: a number, or a UUID that is none of ours.
pub(super) fn told(id: Uuid) -> Value {
    match of(id) {
        Some(number) => number.into(),
        None => id.to_string().into(),
    }
}

fn of(id: Uuid) -> Option<u64> {
    let bits = id.as_u128();
    let (time, random) = (bits >> REST_BITS, bits & ((1 << RANDOM_BITS) - 1));
    let number = u64::try_from((time << RANDOM_BITS) | random).ok()?;
    (id.get_version_num() == 7 && number < EXACT_MAX).then_some(number)
}

/// What an id in a path may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// The thing of this id.
    Id(Uuid),
    /// The thing of this number.
    Number(u64),
}

impl Meant {
    /// What a text means, if it is an id.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Ok(id) = Uuid::parse_str(text) {
            return Some(Self::Id(id));
        }
        text.parse().ok().filter(|number| *number < EXACT_MAX).map(Self::Number)
    }

    /// The first and the last id that it may be.
    pub(super) fn range(self) -> (Uuid, Uuid) {
        match self {
            Self::Id(id) => (id, id),
            Self::Number(number) => {
                let first = u128::from(number >> RANDOM_BITS) << REST_BITS;
                (Uuid::from_u128(first), Uuid::from_u128(first | ((1 << REST_BITS) - 1)))
            }
        }
    }

    /// Whether it may be this one.
    pub(super) fn is(self, id: Uuid) -> bool {
        match self {
            Self::Id(meant) => meant == id,
            Self::Number(number) => of(id) == Some(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Ids;
    use std::collections::HashSet;

    #[test]
    fn a_number_means_its_id() {
        let id = Uuid::parse_str("019c2f5a-7b1c-7abc-9def-0123456789ab").unwrap();
        let number = told(id);
        assert!(number.is_u64(), "{number}");
        let meant = Meant::read(&number.to_string()).unwrap();
        let (first, last) = meant.range();
        assert!(first <= id && id <= last && meant.is(id));
        let other = Uuid::parse_str("019c2f5a-7b1c-7abc-9def-0123456789ac").unwrap();
        assert!(first <= other && other <= last && !meant.is(other));
        assert_eq!(Meant::read(&id.to_string()), Some(Meant::Id(id)));
        assert!(Meant::Id(id).is(id) && !Meant::Id(id).is(other));
    }

    /// The first bits behind the time are a counter, the same for ids that are made one after
    /// another; the last are random.
    #[test]
    fn ids_of_one_moment_have_numbers_of_their_own() {
        let ids: Vec<Uuid> = (0..100).map(|_| Ids.statement()).collect();
        let numbers: HashSet<u64> = ids.iter().filter_map(|id| of(*id)).collect();
        // Of a hundred in one millisecond, one pair is expected to be the same.
        assert!(numbers.len() > 80, "{}", numbers.len());
        for id in ids {
            let meant = Meant::read(&told(id).to_string()).unwrap();
            let (first, last) = meant.range();
            assert!(meant.is(id) && first <= id && id <= last);
        }
    }

    #[test]
    fn other_ids_stay_what_they_are() {
        let other = Uuid::parse_str("6690e6c9-3ef0-4ed3-8b37-7f3964730bee").unwrap();
        assert_eq!(told(other), other.to_string());
        for text in ["", "x", "-1", "1.5", "9007199254740992", "99999999999999999999"] {
            assert_eq!(Meant::read(text), None, "{text}");
        }
    }
}
