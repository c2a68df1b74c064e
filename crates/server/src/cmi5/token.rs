//! The two secrets of a session: the token in its fetch URL, and the one that the fetch hands out.
//!
//! Both name their tenant, are random, and are stored as digests only. The first never opens
//! anything but the second (8.2).

use super::desk::Desk;
use super::row::Profile;
use crate::error::{Problem, Result};
use crate::tenants::{PURPOSE, TenantId, public_part};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use uuid::Uuid;

/// The claims of the Creatiq cmi5 contract, and two that make each token another.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    registration_id: Uuid,
    purpose: &'a str,
    iat: i64,
    exp: i64,
    sid: Uuid,
    jti: String,
}

/// A new token for a fetch URL.
pub(super) fn fetch(tenant: TenantId, secret: &[u8; 32]) -> String {
    format!("f{}_{}", tenant.0, URL_SAFE_NO_PAD.encode(secret))
}

/// The tenant that the token of a fetch URL names.
pub(super) fn tenant_of_fetch(token: &str) -> Option<TenantId> {
    let (number, rest) = token.strip_prefix('f')?.split_once('_')?;
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (plain && !rest.is_empty()).then(|| number.parse().ok().map(TenantId))?
}

impl Desk {
    /// A new token of a session, with its end.
    pub(super) fn new_token(
        &self,
        profile: Profile,
        (registration, session): (Uuid, Uuid),
        expires: i64,
    ) -> Result<(String, i64)> {
        let (ids, limits) = (&self.app().ids, &self.app().limits);
        let secret = URL_SAFE_NO_PAD.encode(ids.secret());
        match profile {
            Profile::Cmi5 => {
                let public = public_part(self.tenant(), &session.simple().to_string());
                Ok((STANDARD.encode(format!("{public}:{secret}")), expires))
            }
            Profile::Creatiq => {
                let expires = expires.min(self.after(limits.cmi5.token_seconds_max));
                let claims = Claims {
                    registration_id: registration,
                    purpose: PURPOSE,
                    iat: self.now() / 1_000_000,
                    exp: expires / 1_000_000,
                    sid: session,
                    jti: public_part(self.tenant(), &secret),
                };
                Ok((self.signed(&claims)?, expires))
            }
        }
    }

    fn signed(&self, claims: &Claims<'_>) -> Result<String> {
        let secret = self.app().cmi5.jwt_secret.as_ref();
        let secret = secret.map_or(self.token_secret().bytes(), |secret| secret.0.as_bytes());
        let (header, key) = (Header::new(Algorithm::HS256), EncodingKey::from_secret(secret));
        jsonwebtoken::encode(&header, claims, &key).map_err(Problem::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_token_names_its_tenant() {
        assert_eq!(tenant_of_fetch(&fetch(TenantId(7), &[1; 32])), Some(TenantId(7)));
        for other in ["", "f", "f7", "f7_", "f_x", "f+7_x", "7_x"] {
            assert_eq!(tenant_of_fetch(other), None, "{other}");
        }
    }
}
