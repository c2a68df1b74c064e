//! The only source of identity and of secrets.

use uuid::Uuid;

/// Makes identifiers and secrets.
#[derive(Clone, Debug, Default)]
pub struct Ids;

impl Ids {
    /// A new statement id: time-ordered (version 7), so that the id index grows at its end.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
    pub fn statement(&self) -> Uuid {
        Uuid::now_v7()
    }

    /// A new trace id (W3C Trace Context 3.2.2.3): never all zeros.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
    pub fn trace(&self) -> u128 {
        Uuid::new_v4().as_u128()
    }

    /// 96 random bits, for a nonce that is used once.
    pub fn nonce(&self) -> [u8; 12] {
        *self.secret().first_chunk().expect("a secret has 32 bytes")
    }

    /// 256 random bits, for secrets.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes secrets")]
    pub fn secret(&self) -> [u8; 32] {
        // Two version 4 UUIDs carry 244 bits from the system's generator; a third tops them up.
        let mut bytes = [0_u8; 48];
        for (chunk, uuid) in
            bytes.chunks_mut(16).zip([Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()])
        {
            chunk.copy_from_slice(uuid.as_bytes());
        }
        sha2_256(&bytes)
    }
}

/// SHA-256 of `bytes`.
pub fn sha2_256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}
