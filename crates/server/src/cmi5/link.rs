//! The links by which learners come to their course.
//!
//! A link holds which registration it is good for, until when, and the first 16 bytes of an
//! HMAC-SHA-256 of that with a secret of the tenant. Nothing is stored for it; it ends with its time
//! or with its registration. Who has it is the learner: what it opens is what the learner may do.

use super::desk::Desk;
use super::store;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::api::{MAC_BYTES, Purpose, Secret};
use crate::tenants::TenantId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollbook_db::Tx;
use uuid::Uuid;

/// The version of the payload.
const VERSION: u8 = 1;
/// Version, tenant, registration and end.
const PAYLOAD_BYTES: usize = 1 + 8 + 16 + 8;

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) tenant: TenantId,
    pub(super) registration: Uuid,
    /// In microseconds since 1970 UTC.
    pub(super) expires: i64,
}

impl Desk {
    /// The link to a registration.
    pub(crate) fn link(&self, registration: Uuid, expires: i64) -> String {
        let link = Link { tenant: self.tenant(), registration, expires };
        let public = self.app().public_url.trim_end_matches('/');
        format!("{public}/launch/{}", link.write(self.launch_secret()))
    }
}

impl Link {
    fn payload(&self) -> Vec<u8> {
        let Self { tenant, registration, expires } = self;
        let (tenant, expires) = (tenant.0.to_be_bytes(), expires.to_be_bytes());
        [&[VERSION], &tenant[..], registration.as_bytes(), &expires].concat()
    }

    fn write(&self, secret: &Secret) -> String {
        let payload = self.payload();
        URL_SAFE_NO_PAD.encode([payload.as_slice(), &secret.mac(&payload)].concat())
    }

    /// What a link claims to be good for, with its proof; nothing of it is believed yet.
    fn claimed(token: &str) -> Option<(Self, [u8; MAC_BYTES])> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (payload, mac) = bytes.split_first_chunk::<PAYLOAD_BYTES>()?;
        let mac = <[u8; MAC_BYTES]>::try_from(mac).ok()?;
        let (version, rest) = payload.split_first()?;
        let (tenant, rest) = rest.split_first_chunk()?;
        let (registration, rest) = rest.split_first_chunk()?;
        let expires = rest.first_chunk()?;
        let link = Self {
            tenant: TenantId(i64::from_be_bytes(*tenant)),
            registration: Uuid::from_bytes(*registration),
            expires: i64::from_be_bytes(*expires),
        };
        (*version == VERSION).then_some((link, mac))
    }

    fn proved(token: &str, secret: &Secret) -> Option<Self> {
        let (link, claimed) = Self::claimed(token)?;
        secret.proves(&link.payload(), &claimed).then_some(link)
    }

    /// What a link is good for, if we made it and it has not ended.
    ///
    /// # Errors
    /// 404 otherwise: nobody learns why.
    pub(super) async fn read(app: &App, token: &str) -> Result<Self> {
        let nothing = || Problem::not_found("this link has ended, or it was copied incompletely");
        let (claimed, _) = Self::claimed(token).ok_or_else(nothing)?;
        let secret = app.secrets.made(claimed.tenant, Purpose::Launch).await?;
        let link = secret.and_then(|secret| Self::proved(token, &secret)).ok_or_else(nothing)?;
        if link.expires <= app.clock.now_micros() {
            return Err(nothing());
        }
        let args = [link.tenant.0.into()];
        let job = move |tx: &mut Tx<'_>| tx.one::<i64>(&store::TENANT, &args);
        let served = app.db.of(link.tenant.0).read(job).await?;
        served.map(|_tenant| link).ok_or_else(nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_made_comes_back_and_nothing_else() {
        let (secret, other) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let link =
            Link { tenant: TenantId(7), registration: Uuid::from_u128(3), expires: 1_000_000 };
        let token = link.write(&secret);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(Link::proved(&token, &secret), Some(link));
        assert_eq!(Link::proved(&token, &other), None);
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(Link::proved(&changed, &secret), None, "{changed}");
        }
    }
}
