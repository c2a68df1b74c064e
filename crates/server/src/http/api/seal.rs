//! How an answer that is kept is hidden: AES-256-GCM, with a key that only the client's own
//! `Idempotency-Key` and the tenant's secret give (HKDF, RFC 5869). Each is used for one scope only.
//!
//! The tenant's secret lies in the same database, so against whoever has a copy of that the seal is
//! as strong as the client's key is hard to guess, and no stronger.

use super::secrets::Secret;
use crate::error::{Problem, Result};
use crate::ids::sha2_256;
use crate::tenants::TenantId;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf;

/// Where an `Idempotency-Key` means one thing.
pub(super) struct Scope<'a> {
    pub(super) tenant: TenantId,
    pub(super) principal: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// What the client chose.
    pub(super) key: &'a str,
}

/// Seals and opens what is kept for one key.
pub(super) struct Seal {
    name: [u8; 32],
    key: LessSafeKey,
}

impl Seal {
    /// The seal of a scope.
    pub(super) fn new(secret: &Secret, scope: &Scope<'_>) -> Self {
        let Scope { tenant, principal, method, path, key } = scope;
        let place = serde_json::to_vec(&(tenant.0, principal, method, path));
        let place = sha2_256(&place.expect("texts and a number are JSON"));
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, secret.bytes()).extract(key.as_bytes());
        let mut name = [0; 32];
        let expand = |what: &[u8], to: &mut [u8]| {
            let bytes = [what, place.as_slice()];
            secret.expand(&bytes, Length(to.len())).and_then(|made| made.fill(to))
        };
        let short = "HKDF gives 32 bytes";
        expand(b"rollbook idempotency name 1", &mut name).expect(short);
        let mut bytes = [0; 32];
        expand(b"rollbook idempotency seal 1", &mut bytes).expect(short);
        let key = UnboundKey::new(&AES_256_GCM, &bytes).expect("AES-256 takes 32 bytes");
        Self { name, key: LessSafeKey::new(key) }
    }

    /// By what the answer is found. It tells nothing about the key.
    pub(super) fn name(&self) -> [u8; 32] {
        self.name
    }

    /// Seals a text. `nonce` must be new.
    pub(super) fn close(&self, text: &[u8], nonce: [u8; NONCE_LEN]) -> Result<Vec<u8>> {
        let mut sealed = text.to_vec();
        let fresh = Nonce::assume_unique_for_key(nonce);
        let done = self.key.seal_in_place_append_tag(fresh, Aad::from(self.name), &mut sealed);
        done.map_err(failed)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// The text that was sealed.
    pub(super) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk().ok_or_else(|| failed(Unspecified))?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut text = rest.to_vec();
        let opened = self.key.open_in_place(nonce, Aad::from(self.name), &mut text);
        let length = opened.map_err(failed)?.len();
        text.truncate(length);
        Ok(text)
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn failed(_: Unspecified) -> Problem {
    Problem::internal(anyhow::anyhow!("a kept answer cannot be sealed or opened"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope<'a>(principal: &'a str, key: &'a str) -> Scope<'a> {
        Scope { tenant: TenantId(1), principal, method: "POST", path: "/api/v1/keys", key }
    }

    #[test]
    fn only_the_same_key_in_the_same_scope_opens_what_was_sealed() {
        let secret = Secret::new([1; 32]);
        let seal = Seal::new(&secret, &scope("key a", "k"));
        let sealed = seal.close(b"a new secret", [7; 12]).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        let again = Seal::new(&secret, &scope("key a", "k"));
        assert_eq!(again.name(), seal.name());
        assert_eq!(again.open(&sealed).unwrap(), b"a new secret");
        for other in [
            Seal::new(&secret, &scope("key a", "l")),
            Seal::new(&secret, &scope("key b", "k")),
            Seal::new(&Secret::new([2; 32]), &scope("key a", "k")),
        ] {
            assert_ne!(other.name(), seal.name());
            assert_eq!(other.open(&sealed).unwrap_err().status, 500);
        }
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(seal.open(&changed).is_err());
        assert!(seal.open(&[1, 2]).is_err());
    }
}
