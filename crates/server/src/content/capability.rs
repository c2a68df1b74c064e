//! The segment of a path that lets a browser read one version of one course for a while.
//!
//! It is base64url of what it is good for and the first 16 bytes of its HMAC-SHA-256 with a secret of
//! the tenant. It is in the path so that relative links keep it and no cookie is needed. Whoever has
//! it may read that version and nothing else.

use crate::http::api::{MAC_BYTES, Secret};
use crate::tenants::TenantId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// The version of the payload.
const VERSION: u8 = 1;

/// Version, tenant, course, version of the course, expiry and session.
const PAYLOAD_BYTES: usize = 1 + 8 + 16 + 8 + 8 + 16;

/// What may be read, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capability {
    pub(crate) tenant: TenantId,
    /// The course.
    pub(crate) course: Uuid,
    /// The version of the course.
    pub(crate) version: i64,
    /// The end, in microseconds since 1970 UTC.
    pub(crate) expires: i64,
    /// The session that it was made for; nil for a preview.
    pub(crate) session: Uuid,
}

/// A capability as a stranger handed it in: nothing of it is believed yet.
pub(super) struct Claimed {
    capability: Capability,
    payload: [u8; PAYLOAD_BYTES],
    mac: [u8; MAC_BYTES],
}

impl Capability {
    /// The text for the path.
    pub(crate) fn write(&self, secret: &Secret) -> String {
        let payload = self.payload();
        let mac = secret.mac(&payload);
        URL_SAFE_NO_PAD.encode([payload.as_slice(), &mac].concat())
    }

    fn payload(&self) -> [u8; PAYLOAD_BYTES] {
        let Self { tenant, course, version, expires, session } = self;
        let numbers = [tenant.0, *version, *expires].map(i64::to_be_bytes);
        let [tenant, version, expires] = &numbers;
        let parts: [&[u8]; 6] =
            [&[VERSION], tenant, course.as_bytes(), version, expires, session.as_bytes()];
        parts.concat().try_into().expect("the parts have this length")
    }
}

impl Claimed {
    /// Reads a segment; none if it is no capability by its shape.
    pub(super) fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (payload, mac) = bytes.split_first_chunk::<PAYLOAD_BYTES>()?;
        let mac = <[u8; MAC_BYTES]>::try_from(mac).ok()?;
        let (version, rest) = payload.split_first()?;
        let (tenant, rest) = rest.split_first_chunk()?;
        let (course, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (expires, session) = rest.split_first_chunk()?;
        let capability = Capability {
            tenant: TenantId(i64::from_be_bytes(*tenant)),
            course: Uuid::from_bytes(*course),
            version: i64::from_be_bytes(*number),
            expires: i64::from_be_bytes(*expires),
            session: Uuid::from_slice(session).ok()?,
        };
        (*version == VERSION).then_some(Self { capability, payload: *payload, mac })
    }

    /// Whose secret tells whether it is true.
    pub(super) fn tenant(&self) -> TenantId {
        self.capability.tenant
    }

    /// The capability, if we made it.
    pub(super) fn proved(self, secret: &Secret) -> Option<Capability> {
        let same = secret.proves(&self.payload, &self.mac);
        same.then_some(self.capability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPABILITY: Capability = Capability {
        tenant: TenantId(7),
        course: Uuid::from_u128(1),
        version: 3,
        expires: 1_000_000,
        session: Uuid::nil(),
    };

    #[test]
    fn what_we_made_comes_back() {
        let secret = Secret::new([1; 32]);
        let text = CAPABILITY.write(&secret);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let claimed = Claimed::read(&text).unwrap();
        assert_eq!(claimed.tenant(), TenantId(7));
        assert_eq!(claimed.proved(&secret), Some(CAPABILITY));
    }

    #[test]
    fn nothing_else_does() {
        let secret = Secret::new([1; 32]);
        let text = CAPABILITY.write(&secret);
        assert_eq!(Claimed::read(&text).unwrap().proved(&Secret::new([2; 32])), None);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            let proved = Claimed::read(&changed).and_then(|claimed| claimed.proved(&secret));
            assert_eq!(proved, None, "{changed}");
        }
        let mut cut = text.clone();
        cut.pop();
        for other in ["", "A", &cut, &format!("{text}AAAA")] {
            assert!(Claimed::read(other).is_none(), "{other}");
        }
    }
}
