//! Ids as numbers, which is what CATAPULT's clients store.
//!
//! Our ids are UUIDs of version 7: 48 bits of milliseconds, then random bits. A number is the time
//! and the first 12 random bits, so it fits a double exactly until 2039, and all ids that it can
//! mean are beside each other in an index.

use serde_json::Value;
use uuid::Uuid;

/// Random bits behind the time, between the version and the variant.
const RANDOM_BITS: u32 = 12;
/// What a double holds exactly.
const EXACT_MAX: u64 = 1 << 53;
const VERSION: u128 = 7;
const VARIANT: u128 = 0b10;
/// Bits behind the variant.
const REST_BITS: u32 = 62;

/// An id as it is told: a number, or a UUID that is none of ours.
pub(super) fn told(id: Uuid) -> Value {
    let bits = id.as_u128();
    let time = (bits >> 80) << RANDOM_BITS;
    let random = (bits >> 64) & ((1 << RANDOM_BITS) - 1);
    match u64::try_from(time | random) {
        Ok(number) if id.get_version_num() == 7 && number < EXACT_MAX => number.into(),
        _ => id.to_string().into(),
    }
}

/// The first and the last id that an id in a path may mean: a UUID means itself.
pub(super) fn range(text: &str) -> Option<(Uuid, Uuid)> {
    if let Ok(id) = Uuid::parse_str(text) {
        return Some((id, id));
    }
    let number = text.parse::<u64>().ok().filter(|number| *number < EXACT_MAX)?;
    let number = u128::from(number);
    let random = number & ((1 << RANDOM_BITS) - 1);
    let first =
        ((number >> RANDOM_BITS) << 80) | (VERSION << 76) | (random << 64) | (VARIANT << REST_BITS);
    let last = first | ((1 << REST_BITS) - 1);
    Some((Uuid::from_u128(first), Uuid::from_u128(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_its_id() {
        let id = Uuid::parse_str("019c2f5a-7b1c-7abc-9def-0123456789ab").unwrap();
        let number = told(id);
        assert!(number.is_u64(), "{number}");
        let (first, last) = range(&number.to_string()).unwrap();
        assert!(first <= id && id <= last);
        assert_eq!((first.get_version_num(), last.get_version_num()), (7, 7));
        assert_eq!(told(first), number);
        assert_eq!(told(last), number);
        assert_eq!(range(&id.to_string()), Some((id, id)));
    }

    #[test]
    fn other_ids_stay_what_they_are() {
        let other = Uuid::parse_str("6690e6c9-3ef0-4ed3-8b37-7f3964730bee").unwrap();
        assert_eq!(told(other), other.to_string());
        for text in ["", "x", "-1", "1.5", "9007199254740992", "99999999999999999999"] {
            assert_eq!(range(text), None, "{text}");
        }
    }
}
