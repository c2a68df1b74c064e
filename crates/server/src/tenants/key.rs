//! The two texts of an API key: the public key, and the secret of which only a digest is kept.
//!
//! A key reads `rk<tenant>_<random>`, so that whoever looks it up knows its tenant. Neither text
//! reaches a log: [`Masked`] shows the first characters of a key and nothing of a secret.

use super::TenantId;
use crate::ids::{Ids, sha2_256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;

const PREFIX: &str = "rk";

/// Random bytes in a key: enough that two keys never meet.
const KEY_BYTES: usize = 12;

/// Longer texts are no keys and are not looked up.
const KEY_CHARS_MAX: usize = 64;

/// Characters of a key that may be logged.
const MASK_CHARS: usize = 8;

/// A new public key of a tenant.
pub(crate) fn new_key(ids: &Ids, tenant: TenantId) -> String {
    use fmt::Write as _;
    let mut key = format!("{PREFIX}{}_", tenant.0);
    for byte in ids.secret().iter().take(KEY_BYTES) {
        write!(key, "{byte:02x}").expect("a String takes any text");
    }
    key
}

/// A new secret of 256 random bits.
pub(crate) fn new_secret(ids: &Ids) -> String {
    URL_SAFE_NO_PAD.encode(ids.secret())
}

/// Which tenant's a key is; none if the text cannot be a key.
pub(crate) fn tenant_of(key: &str) -> Option<TenantId> {
    let (tenant, random) = key.strip_prefix(PREFIX)?.split_once('_')?;
    let plain =
        |text: &str, digit: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(digit);
    let shaped = key.len() <= KEY_CHARS_MAX
        && plain(tenant, u8::is_ascii_digit)
        && plain(random, u8::is_ascii_alphanumeric);
    if shaped { tenant.parse().ok().map(TenantId) } else { None }
}

/// What is stored of a secret. 256 random bits need no salt and no slow hash.
pub(crate) fn digest(secret: &str) -> [u8; 32] {
    sha2_256(secret.as_bytes())
}

/// A key as a log may show it.
pub struct Masked<'a>(pub &'a str);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().take(MASK_CHARS).try_for_each(|c| write!(f, "{c}"))?;
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_tenant() {
        let key = new_key(&Ids, TenantId(42));
        assert!(key.starts_with("rk42_"), "{key}");
        assert_eq!(key.len(), "rk42_".len() + 2 * KEY_BYTES);
        assert_eq!(tenant_of(&key), Some(TenantId(42)));
        assert_ne!(key, new_key(&Ids, TenantId(42)));
    }

    #[test]
    fn other_texts_are_no_keys() {
        let long = format!("rk1_{}", "a".repeat(KEY_CHARS_MAX));
        for text in
            ["", "rk", "rk_a", "rk1", "rk1_", "rkx_a", "rk-1_a", "rk1_a\0", "rk1_a b", &long]
        {
            assert_eq!(tenant_of(text), None, "{text:?}");
        }
        assert_eq!(tenant_of("rk99999999999999999999_a"), None, "more than a number holds");
    }

    #[test]
    fn a_secret_has_256_bits() {
        let secret = new_secret(&Ids);
        assert_eq!(secret.len(), 43, "256 bits in base64url");
        assert_ne!(digest(&secret), digest("another"));
    }

    #[test]
    fn a_log_sees_the_first_characters() {
        assert_eq!(Masked("rk1_3f9c51aa").to_string(), "rk1_3f9c…");
        assert_eq!(Masked("é").to_string(), "é…");
    }
}
