//! Cursors: where the next page begins (`progress.md` 2.5, contract 7).
//!
//! A cursor is base64url of `{v,k,d,f,b}` and the first 8 bytes of its HMAC-SHA-256 with a secret of
//! the tenant. It needs nothing on the server and never expires. One that was changed, or that is
//! another tenant's, is 400 `cursor.invalid`; one of another query is 410 `cursor.stale`.

use super::secrets::Secret;
use crate::error::{Code, Problem, Result};
use crate::ids::sha2_256;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollbook_db::Value;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// The version of the payload.
const VERSION: u8 = 1;

/// How much of the HMAC a cursor carries: enough that it cannot be guessed by asking.
const MAC_BYTES: usize = 8;

/// Where a page begins: behind the row with these keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// The values by which that row is ordered, the last of which no other row has.
    pub keys: Vec<Value>,
    /// What bounds all pages of one listing, such as the time of the first: later rows are left out.
    pub bound: i64,
}

/// What one listing is about: a cursor belongs to exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    digest: [u8; 8],
    directions: String,
}

/// The wire form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    v: u8,
    k: Vec<Key>,
    d: String,
    f: String,
    b: i64,
}

/// A value on the wire.
#[derive(Serialize, Deserialize)]
enum Key {
    #[serde(rename = "0")]
    Null,
    #[serde(rename = "l")]
    Bool(bool),
    #[serde(rename = "i")]
    Int(i64),
    /// The bits, so that it comes back as it was.
    #[serde(rename = "r")]
    Real(u64),
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "x")]
    Bytes(Vec<u8>),
    #[serde(rename = "u")]
    Uuid(Uuid),
}

impl Fingerprint {
    /// Of the tenant, the listing, its filters in canonical form, and its order: a `+` or `-` and a
    /// name for each.
    pub fn new(tenant: i64, listing: &str, filters: &[(String, String)], order: &[String]) -> Self {
        let text = serde_json::to_vec(&(tenant, listing, filters, order));
        let digest = sha2_256(&text.expect("texts and a number are JSON"));
        let digest = *digest.first_chunk().expect("SHA-256 has 32 bytes");
        let directions = order.iter().filter_map(|one| one.chars().next()).collect();
        Self { digest, directions }
    }

    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.digest)
    }
}

impl Cursor {
    /// The text for the client.
    pub fn write(&self, secret: &Secret, of: &Fingerprint) -> String {
        let payload = Payload {
            v: VERSION,
            k: self.keys.iter().map(Key::from).collect(),
            d: of.directions.clone(),
            f: of.text(),
            b: self.bound,
        };
        let mut bytes = serde_json::to_vec(&payload).expect("texts and numbers are JSON");
        bytes.extend(mac(secret, &bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what a client hands back.
    pub fn read(text: &str, secret: &Secret, of: &Fingerprint) -> Result<Self> {
        let payload = authentic(text, secret).ok_or_else(invalid)?;
        let Payload { v: _, k, d, f, b } = payload;
        if f != of.text() || d != of.directions {
            let detail = "this cursor belongs to other filters or another order: repeat those of \
                          the first page, or start again without a cursor";
            return Err(Problem::of(Code::CursorStale, detail));
        }
        Ok(Self { keys: k.into_iter().map(Value::from).collect(), bound: b })
    }

    /// The integer at `index` of the keys.
    pub fn int(&self, index: usize) -> Result<i64> {
        match self.keys.get(index) {
            Some(Value::Int(value)) => Ok(*value),
            _ => Err(invalid()),
        }
    }

    /// The UUID at `index` of the keys.
    pub fn uuid(&self, index: usize) -> Result<Uuid> {
        match self.keys.get(index) {
            Some(Value::Uuid(value)) => Ok(*value),
            _ => Err(invalid()),
        }
    }

    /// The text at `index` of the keys.
    pub fn text(&self, index: usize) -> Result<&str> {
        match self.keys.get(index) {
            Some(Value::Text(value)) => Ok(value),
            _ => Err(invalid()),
        }
    }
}

/// The problem for a cursor that is none of ours.
pub(super) fn invalid() -> Problem {
    let detail = "this cursor was not made here or was changed: start again without one";
    Problem::of(Code::CursorInvalid, detail)
}

fn authentic(text: &str, secret: &Secret) -> Option<Payload> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (payload, given) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
    if !bool::from(mac(secret, payload).ct_eq(given)) {
        return None;
    }
    serde_json::from_slice::<Payload>(payload).ok().filter(|payload| payload.v == VERSION)
}

fn mac(secret: &Secret, payload: &[u8]) -> [u8; MAC_BYTES] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.bytes());
    let tag = hmac::sign(&key, payload);
    let first = tag.as_ref().first_chunk();
    *first.expect("an HMAC-SHA-256 has 32 bytes")
}

impl From<&Value> for Key {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Real(value) => Self::Real(value.to_bits()),
            Value::Text(value) => Self::Text(value.clone()),
            Value::Bytes(value) => Self::Bytes(value.clone()),
            Value::Uuid(value) => Self::Uuid(*value),
        }
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Null => Self::Null,
            Key::Bool(value) => Self::Bool(value),
            Key::Int(value) => Self::Int(value),
            Key::Real(value) => Self::Real(f64::from_bits(value)),
            Key::Text(value) => Self::Text(value),
            Key::Bytes(value) => Self::Bytes(value),
            Key::Uuid(value) => Self::Uuid(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(byte: u8) -> Secret {
        Secret::new([byte; 32])
    }

    fn fingerprint() -> Fingerprint {
        let filters = [("outcome".to_owned(), "passed".to_owned())];
        Fingerprint::new(1, "attempts", &filters, &["-startedAt".to_owned()])
    }

    fn cursor() -> Cursor {
        let keys = vec![Value::Int(i64::MIN), Value::Text("é\"".to_owned()), Value::Null];
        Cursor { keys, bound: 7 }
    }

    fn code(text: &str, secret: &Secret, of: &Fingerprint) -> (u16, Code) {
        let problem = Cursor::read(text, secret, of).unwrap_err();
        (problem.status.as_u16(), problem.code)
    }

    /// `progress.md` 2.5: bad MAC, version or shape → 400 `cursor.invalid`.
    #[test]
    fn a_cursor_that_was_changed_anywhere_is_invalid() {
        let (secret, of) = (secret(1), fingerprint());
        let text = cursor().write(&secret, &of);
        assert_eq!(Cursor::read(&text, &secret, &of).unwrap(), cursor());
        for (at, letter) in text.char_indices() {
            for other in ['A', 'B', '_', '=', '+', ' ', 'é'] {
                if other == letter {
                    continue;
                }
                let mut changed = text.clone();
                changed.replace_range(at..=at, &other.to_string());
                assert_eq!(code(&changed, &secret, &of), (400, Code::CursorInvalid), "{changed}");
            }
        }
        for cut in 0..text.len() {
            let (kept, _) = text.split_at(cut);
            assert_eq!(code(kept, &secret, &of), (400, Code::CursorInvalid));
        }
    }

    #[test]
    fn every_bit_of_a_cursor_counts() {
        let (secret, of) = (secret(1), fingerprint());
        let bytes = URL_SAFE_NO_PAD.decode(cursor().write(&secret, &of)).unwrap();
        for at in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[at / 8] ^= 1 << (at % 8);
            let text = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(code(&text, &secret, &of), (400, Code::CursorInvalid), "bit {at}");
        }
    }

    #[test]
    fn another_tenants_cursor_is_invalid() {
        let text = cursor().write(&secret(1), &fingerprint());
        assert_eq!(code(&text, &secret(2), &fingerprint()), (400, Code::CursorInvalid));
    }

    /// `progress.md` 2.5: fingerprint differs → 410 `cursor.stale`.
    #[test]
    fn a_cursor_of_another_query_is_stale() {
        let (secret, order) = (secret(1), ["-startedAt".to_owned()]);
        let filter = |value: &str| [("outcome".to_owned(), value.to_owned())];
        let text = cursor().write(&secret, &fingerprint());
        for of in [
            Fingerprint::new(1, "attempts", &[], &order),
            Fingerprint::new(1, "attempts", &filter("failed"), &order),
            Fingerprint::new(1, "attempts", &filter("passed"), &["+startedAt".to_owned()]),
            Fingerprint::new(1, "attempts", &filter("passed"), &["-name".to_owned()]),
            Fingerprint::new(1, "users", &filter("passed"), &order),
            Fingerprint::new(2, "attempts", &filter("passed"), &order),
        ] {
            assert_eq!(code(&text, &secret, &of), (410, Code::CursorStale), "{of:?}");
        }
    }

    #[test]
    fn another_version_is_invalid() {
        let secret = secret(1);
        let mut bytes = br#"{"v":2,"k":[],"d":"-","f":"","b":0}"#.to_vec();
        bytes.extend(mac(&secret, &bytes));
        let text = URL_SAFE_NO_PAD.encode(bytes);
        assert_eq!(code(&text, &secret, &fingerprint()), (400, Code::CursorInvalid));
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (-1e300..1e300).prop_map(Value::Real),
            any::<String>().prop_map(Value::Text),
            any::<Vec<u8>>().prop_map(Value::Bytes),
            any::<u128>().prop_map(|bits| Value::Uuid(Uuid::from_u128(bits))),
        ]
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(keys in prop::collection::vec(value(), 0..4), bound: i64) {
            let cursor = Cursor { keys, bound };
            let text = cursor.write(&secret(1), &fingerprint());
            prop_assert_eq!(Cursor::read(&text, &secret(1), &fingerprint()).unwrap(), cursor);
        }

        #[test]
        fn hostile_text_is_invalid(text: String) {
            prop_assert_eq!(code(&text, &secret(1), &fingerprint()), (400, Code::CursorInvalid));
        }
    }
}
