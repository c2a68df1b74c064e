//! Content addresses: the SHA-2 of a file in hexadecimal (1.0.3 Data 2.4.11).
//!
//! The length of the text says which of the family it is. An address is lower case here whatever
//! the case a client writes, so that one content has one file.

use crate::hex;
use sha2::digest::DynDigest;
use std::fmt;

/// A SHA-2 in lower-case hexadecimal; safe as part of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha2(String);

/// Computes the address of contents that arrive in pieces.
pub struct Hasher(Box<dyn DynDigest + Send>);

impl Sha2 {
    /// Reads an address; none if it is not the hexadecimal text of a SHA-224, 256, 384 or 512.
    pub fn parse(text: &str) -> Option<Self> {
        let is_known = matches!(text.len(), 56 | 64 | 96 | 128);
        (is_known && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then(|| Self(text.to_ascii_lowercase()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A hasher of the same member of the family.
    pub fn hasher(&self) -> Hasher {
        Hasher(match self.0.len() {
            56 => Box::new(sha2::Sha224::default()),
            64 => Box::new(sha2::Sha256::default()),
            96 => Box::new(sha2::Sha384::default()),
            _ => Box::new(sha2::Sha512::default()),
        })
    }
}

impl fmt::Display for Sha2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Hasher {
    /// A hasher for SHA-256.
    pub fn sha256() -> Self {
        Self(Box::new(sha2::Sha256::default()))
    }

    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The address of all pieces.
    pub fn finish(self) -> Sha2 {
        Sha2(hex::lower(&self.0.finalize()))
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str) {
        let address = Sha2::parse(address).unwrap();
        let mut hasher = address.hasher();
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), address);
    }

    #[test]
    fn every_member_of_the_family_is_computed() {
        check("23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
        check("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        check(concat!(
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163",
            "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        ));
        check(concat!(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ));
    }

    #[test]
    fn an_address_is_lower_case_and_nothing_but_hexadecimal() {
        let upper = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
        assert_eq!(Sha2::parse(upper).unwrap().as_str(), upper.to_lowercase());
        for text in ["", "ab", "../../etc", &format!("{}/", "a".repeat(63)), &"g".repeat(64)] {
            assert_eq!(Sha2::parse(text), None, "{text}");
        }
    }
}
