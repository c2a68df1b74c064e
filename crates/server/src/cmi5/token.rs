//! The two secrets of a session: the token in its fetch URL, and the one that the fetch hands out.
//!
//! Both name their tenant, are random, are stored as digests only, and carry the proof that we made
//! them: what somebody makes up is told from them without a look at the store. The first never opens
//! anything but the second (8.2).

use super::desk::Desk;
use super::row::Profile;
use crate::config::Secret as JwtSecret;
use crate::error::{Problem, Result};
use crate::http::api::{MAC_BYTES, Secret};
use crate::tenants::{PURPOSE, TenantId, public_part};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use uuid::Uuid;

/// Random bytes of each.
const RANDOM_BYTES: usize = 32;

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

/// A text in the path of a fetch URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FetchToken {
    /// The tenant that it names.
    pub(super) tenant: TenantId,
    random: [u8; RANDOM_BYTES],
    mac: [u8; MAC_BYTES],
}

impl FetchToken {
    /// A new one.
    pub(super) fn new(tenant: TenantId, secret: &Secret, random: [u8; RANDOM_BYTES]) -> Self {
        Self { tenant, random, mac: secret.mac(&signed("fetch", &random)) }
    }

    /// Reads one; nothing of it is believed yet.
    pub(super) fn read(token: &str) -> Option<Self> {
        let (number, rest) = token.strip_prefix('f')?.split_once('_')?;
        let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let tenant = TenantId(number.parse().ok().filter(|_| plain)?);
        let (random, mac) = parted(rest)?;
        Some(Self { tenant, random, mac })
    }

    /// Whether we made it.
    pub(super) fn is_proved(&self, secret: &Secret) -> bool {
        secret.proves(&signed("fetch", &self.random), &self.mac)
    }

    /// As it stands in a path.
    pub(super) fn text(&self) -> String {
        let bytes = [self.random.as_slice(), &self.mac].concat();
        format!("f{}_{}", self.tenant.0, URL_SAFE_NO_PAD.encode(bytes))
    }
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
        let random = ids.secret();
        match profile {
            Profile::Cmi5 => {
                let public = public_part(self.tenant(), &session.simple().to_string());
                let mac = self.token_secret().mac(&signed(&public, &random));
                let secret = URL_SAFE_NO_PAD.encode([random.as_slice(), &mac].concat());
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
                    jti: public_part(self.tenant(), &URL_SAFE_NO_PAD.encode(random)),
                };
                let key = jwt_secret(self.app().cmi5.jwt_secret.as_ref(), self.token_secret());
                let key = EncodingKey::from_secret(key);
                let header = Header::new(Algorithm::HS256);
                let token = jsonwebtoken::encode(&header, &claims, &key);
                Ok((token.map_err(Problem::internal)?, expires))
            }
        }
    }
}

/// Whether we made the token of a session.
pub(super) fn is_proved(token: &str, secret: &Secret, jwt: Option<&JwtSecret>) -> bool {
    if token.contains('.') {
        let mut validation = Validation::new(Algorithm::HS256);
        // The store says when a session ends.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let key = DecodingKey::from_secret(jwt_secret(jwt, secret));
        return jsonwebtoken::decode::<serde::de::IgnoredAny>(token, &key, &validation).is_ok();
    }
    let pair = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let proved = pair.as_deref().and_then(|pair| {
        let (public, rest) = pair.split_once(':')?;
        let (random, mac) = parted(rest)?;
        Some(secret.proves(&signed(public, &random), &mac))
    });
    proved.unwrap_or(false)
}

/// What signs JWTs: the installation's secret for tokens, or one of the tenant.
fn jwt_secret<'a>(jwt: Option<&'a JwtSecret>, secret: &'a Secret) -> &'a [u8] {
    jwt.map_or(secret.bytes(), |jwt| jwt.0.as_bytes())
}

/// The random bytes and their proof.
fn parted(text: &str) -> Option<([u8; RANDOM_BYTES], [u8; MAC_BYTES])> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (random, mac) = bytes.split_first_chunk()?;
    Some((*random, mac.try_into().ok()?))
}

/// What is proved: for one purpose or one session, never for another.
fn signed(what: &str, random: &[u8; RANDOM_BYTES]) -> Vec<u8> {
    [what.as_bytes(), b"\0", random].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_token_proves_itself() {
        let (secret, other) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let token = FetchToken::new(TenantId(7), &secret, [3; RANDOM_BYTES]);
        let text = token.text();
        assert_eq!(FetchToken::read(&text), Some(token));
        assert!(token.is_proved(&secret) && !token.is_proved(&other));
        let changed = FetchToken { random: [4; RANDOM_BYTES], ..token };
        assert!(!changed.is_proved(&secret));
        let cut = text.get(1..).unwrap();
        for other in ["", "f", "f7", "f7_", "f_x", "f+7_x", "7_x", cut] {
            assert_eq!(FetchToken::read(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_made_up_proves_nothing() {
        let secret = Secret::new([1; 32]);
        let random = [3; RANDOM_BYTES];
        let pair = |public: &str, mac: [u8; MAC_BYTES]| {
            let rest = URL_SAFE_NO_PAD.encode([random.as_slice(), &mac].concat());
            STANDARD.encode(format!("{public}:{rest}"))
        };
        let mac = secret.mac(&signed("rs1_a", &random));
        assert!(is_proved(&pair("rs1_a", mac), &secret, None));
        assert!(!is_proved(&pair("rs1_b", mac), &secret, None), "of another session");
        assert!(!is_proved(&pair("rs1_a", [0; MAC_BYTES]), &secret, None));
        let fetch = secret.mac(&signed("fetch", &random));
        assert!(!is_proved(&pair("rs1_a", fetch), &secret, None), "for another purpose");
        for text in ["", "x", "a.b.c", "cnMxX2E6eA=="] {
            assert!(!is_proved(text, &secret, None), "{text}");
        }
        let claims = serde_json::json!({"jti": "rs1_a", "exp": 1});
        let jwt = |key: &[u8]| {
            let key = EncodingKey::from_secret(key);
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
        };
        let installation = JwtSecret("of the installation".to_owned());
        assert!(is_proved(&jwt(secret.bytes()), &secret, None));
        assert!(is_proved(&jwt(installation.0.as_bytes()), &secret, Some(&installation)));
        assert!(!is_proved(&jwt(secret.bytes()), &secret, Some(&installation)));
        assert!(!is_proved(&jwt(b"other"), &secret, None));
    }
}
