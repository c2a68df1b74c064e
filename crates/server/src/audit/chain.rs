//! What the hash of an act covers: every column, each with its length, and the hash before it.

use super::list::Entry;
use crate::ids::sha2_256;

/// The hash before the first act of a tenant.
pub(super) const START: [u8; 32] = [0; 32];

/// Begins every text that is hashed, so that another format could be told from this one.
const FORMAT: &str = "rollbook audit 1";

/// The hash of an act that follows the one with the hash `previous`.
pub(super) fn hash(tenant: i64, entry: &Entry, previous: &[u8]) -> [u8; 32] {
    let Entry { position, at, principal, address, act, object, detail, hash: _ } = entry;
    let (known, address) = (u8::from(address.is_some()), address.as_deref().unwrap_or_default());
    let mut text = Vec::new();
    let numbers = [tenant.to_be_bytes(), position.to_be_bytes(), at.to_be_bytes()];
    for part in [FORMAT.as_bytes(), &numbers.concat(), principal.as_bytes(), &[known]] {
        put(&mut text, part);
    }
    for part in [address, act, object, detail] {
        put(&mut text, part.as_bytes());
    }
    put(&mut text, previous);
    sha2_256(&text)
}

fn put(text: &mut Vec<u8>, part: &[u8]) {
    text.extend_from_slice(&(part.len() as u64).to_be_bytes());
    text.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            position: 1,
            at: 2,
            principal: "operator".into(),
            address: None,
            act: "key.created".into(),
            object: "key:a".into(),
            detail: "{}".into(),
            hash: Vec::new(),
        }
    }

    #[test]
    fn everything_is_covered() {
        let known = hash(1, &entry(), &START);
        let other = |change: fn(&mut Entry)| {
            let mut entry = entry();
            change(&mut entry);
            hash(1, &entry, &START)
        };
        for changed in [
            other(|entry| entry.position = 2),
            other(|entry| entry.at = 3),
            other(|entry| entry.principal = "operato".into()),
            other(|entry| entry.address = Some(String::new())),
            other(|entry| entry.act = "key.createdk".into()),
            other(|entry| entry.object = "ey:a".into()),
            other(|entry| entry.detail = "{} ".into()),
            hash(2, &entry(), &START),
            hash(1, &entry(), &[1; 32]),
        ] {
            assert_ne!(changed, known);
        }
        assert_eq!(other(|_| ()), known);
    }
}
