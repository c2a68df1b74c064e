//! Tokens of launched content: how they look, who knows them, and what they are confined to.
//!
//! Such a token is the whole credential, after `Basic` or after `Bearer`, and is looked up before
//! anything is taken for a key and its secret (cmi5 8.1.2). Some clients send it as the password of
//! nobody. It is never remembered: a session that ends is over for the next request, on every node.

use super::{Caller, TenantId};
use crate::error::Problem;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;
use uuid::Uuid;

/// What the public part of a session's token begins with, before the number of its tenant.
const MARK: &str = "rs";

/// The purpose that a token of a session has among its claims, if it is a JWT.
pub const PURPOSE: &str = "cmi5-xapi-auth";

/// Base64 as clients send it: some leave the padding out.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a session's token stands for.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who calls with it.
    pub caller: Caller,
    /// The name of its tenant.
    pub tenant: Arc<str>,
    /// Whether its tenant is suspended.
    pub suspended: bool,
    /// When it ends, in microseconds since 1970 UTC.
    pub expires: i64,
}

/// What a caller with a session's token is confined to.
#[derive(Clone, Debug)]
pub struct SessionCaller {
    /// The session.
    pub id: Uuid,
    /// The registration that it belongs to.
    pub registration: Uuid,
    /// The learner, by home page and name of an account.
    pub account: (String, String),
    /// The learner, as documents and statements are found by.
    pub agent_key: String,
    /// The generated id of the unit that was launched.
    pub activity: String,
    /// The publisher's id of that unit.
    pub publisher_id: String,
    /// Whether it is over: terminated, or abandoned.
    pub ended: bool,
    /// Whether the learner's preferences were read in it.
    pub preferences_read: bool,
    /// Whether there is room for more in its log.
    pub is_logged: bool,
}

/// A text that looks like the token of a session.
#[derive(Debug, PartialEq, Eq)]
pub struct Claimed<'a> {
    /// The tenant that it names.
    pub tenant: TenantId,
    /// The token itself.
    pub token: Cow<'a, str>,
}

/// Knows the tokens of sessions.
pub trait Sessions: Send + Sync {
    /// The session of which this is the token, if it is one.
    fn find<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Session>, Problem>>;
}

/// Nothing is launched here.
pub(super) struct NoSessions;

impl Sessions for NoSessions {
    fn find<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Session>, Problem>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

impl<'a> Claimed<'a> {
    /// Reads what stands behind `Basic` or `Bearer`; none if it is no token of a session.
    pub fn read(text: &'a str) -> Option<Self> {
        if let Some(tenant) = of_jwt(text) {
            return Some(Self { tenant, token: text.into() });
        }
        let decoded = String::from_utf8(TOLERANT.decode(text).ok()?).ok()?;
        match decoded.strip_prefix(':') {
            // The password of nobody.
            Some(inner) => {
                if let Some(tenant) = of_jwt(inner) {
                    return Some(Self { tenant, token: inner.to_owned().into() });
                }
                let pair = TOLERANT.decode(inner).ok()?;
                Self::of_pair(std::str::from_utf8(&pair).ok()?)
            }
            None => Self::of_pair(&decoded),
        }
    }
}

impl Claimed<'_> {
    /// The token that this pair is, however it was written: some clients leave the padding out.
    fn of_pair(pair: &str) -> Option<Self> {
        Some(Self { tenant: of_public_part(pair)?, token: STANDARD.encode(pair).into() })
    }
}

/// The public part of a new token.
pub fn public_part(tenant: TenantId, unique: &str) -> String {
    format!("{MARK}{}_{unique}", tenant.0)
}

fn of_public_part(text: &str) -> Option<TenantId> {
    let (number, rest) = text.strip_prefix(MARK)?.split_once('_')?;
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (plain && !rest.is_empty()).then(|| number.parse().ok().map(TenantId))?
}

/// The claims by which a session's token is told from those of issuers. Nothing is believed yet.
#[derive(Deserialize)]
struct Claims {
    purpose: String,
    jti: String,
}

fn of_jwt(text: &str) -> Option<TenantId> {
    let mut parts = text.split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    (claims.purpose == PURPOSE).then(|| of_public_part(&claims.jti))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_shape() {
        let pair = STANDARD.encode("rs7_abc:secret1");
        let claims = URL_SAFE_NO_PAD.encode(r#"{"purpose":"cmi5-xapi-auth","jti":"rs7_x"}"#);
        let jwt = format!("e30.{claims}.sig");
        let bare = pair.trim_end_matches('=').to_owned();
        for (sent, token) in [(&pair, &pair), (&jwt, &jwt), (&bare, &pair)] {
            let nobodys = STANDARD.encode(format!(":{sent}"));
            for text in [sent, &nobodys] {
                let claimed = Claimed::read(text).expect(text);
                assert_eq!((claimed.tenant, &*claimed.token), (TenantId(7), token.as_str()));
            }
        }
        let other = URL_SAFE_NO_PAD.encode(r#"{"purpose":"other","jti":"rs7_x"}"#);
        for text in [
            String::new(),
            "rs7_abc:secret".to_owned(),
            STANDARD.encode("rk7_abc:secret"),
            STANDARD.encode("rs_abc:secret"),
            STANDARD.encode("rs+7_abc:secret"),
            STANDARD.encode(":"),
            format!("e30.{other}.sig"),
            format!("{jwt}.more"),
        ] {
            assert_eq!(Claimed::read(&text), None, "{text}");
        }
    }
}
