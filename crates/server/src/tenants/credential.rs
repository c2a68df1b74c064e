//! Credentials as they arrive, before anybody looked at what is in them (`decisions.md` 3).
//!
//! | arrives as | is |
//! |---|---|
//! | `Authorization: Basic <base64 of key:secret>` | an API key |
//! | `Authorization: Basic <token>` | a session token, if the whole text is one |
//! | `Authorization: Bearer <key>.<secret>` | an API key; `:` is taken for `.` |
//! | `Authorization: Bearer <token>` | a session token, if it looks like one |
//! | `Authorization: Bearer <a>.<b>.<c>` | a JWT |
//! | `X-API-Key: <key>.<secret>` | an API key; `:` is taken for `.` |
//!
//! A request has one credential: of two, one would be ignored, and nobody could say which.

use super::{TenantId, key, sessions};
use crate::error::{Code, Problem};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use sha2::{Digest as _, Sha256};
use std::net::IpAddr;

/// An API key as some clients send it.
pub const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The tenant that a client believes to be in.
pub const TENANT: HeaderName = HeaderName::from_static("x-tenant-id");

/// Where the tenant must be named by who has a token.
const API: &str = "/api/v1/";

/// A credential by where it arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// What follows `Basic`, still encoded.
    Basic(&'a str),
    /// An API key with its secret in one text.
    Key {
        /// The tenant that the key names.
        tenant: TenantId,
        /// The public part.
        key: &'a str,
        /// What must be its secret.
        secret: &'a str,
    },
    /// What looks like the token of a session, whole.
    Session(&'a str),
    /// A JSON Web Token.
    Token(&'a str),
}

/// A credential with what a request says of where it comes from.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    /// The credential.
    pub credential: Credential<'a>,
    /// The client's address, if it is known.
    pub address: Option<IpAddr>,
    /// The page that the request comes from.
    pub origin: Option<&'a [u8]>,
    /// The tenant that the client believes to be in.
    pub tenant: Option<&'a [u8]>,
    /// Whether who has a token must name its tenant.
    pub names_tenant: bool,
}

impl<'a> Credential<'a> {
    /// The credential of a request. There must be one.
    pub fn of(headers: &'a HeaderMap) -> Result<Self, Problem> {
        let authorizations = headers.get_all(header::AUTHORIZATION).iter();
        let mut all = authorizations.chain(headers.get_all(API_KEY).iter());
        let Some(first) = all.next() else {
            return Err(Problem::unauthorized(
                "this needs a credential: send one Authorization header, `Basic` with a key and \
                 its secret",
            ));
        };
        if all.next().is_some() {
            return Err(Problem::unauthorized(
                "this request has more than one credential: send one Authorization header or one \
                 X-API-Key",
            ));
        }
        if headers.contains_key(API_KEY) {
            api_key(text(first))
        } else {
            authorization(text(first))
        }
    }

    /// What a remembered credential is found by; kinds never meet. Which tenant is meant is part of
    /// a token's meaning, so it is part of what it is found by.
    pub(super) fn fingerprint(self, tenant: Option<&[u8]>) -> [u8; 32] {
        let digest = Sha256::new();
        let digest = match self {
            Self::Basic(text) => digest.chain_update(b"basic ").chain_update(text),
            Self::Session(token) => digest.chain_update(b"session ").chain_update(token),
            Self::Key { tenant: _, key, secret } => digest
                .chain_update(b"key ")
                .chain_update(key)
                .chain_update(b".")
                .chain_update(secret),
            Self::Token(token) => {
                let tenant = tenant.unwrap_or_default();
                digest
                    .chain_update(b"token ")
                    .chain_update(token)
                    .chain_update(b" ")
                    .chain_update(tenant)
            }
        };
        digest.finalize().into()
    }
}

impl<'a> Presented<'a> {
    /// A credential by itself, as a command of the operator has it.
    pub fn alone(credential: Credential<'a>) -> Self {
        Self { credential, address: None, origin: None, tenant: None, names_tenant: false }
    }

    /// What a request presents.
    pub fn of(parts: &'a Parts, address: Option<IpAddr>) -> Result<Self, Problem> {
        Ok(Self {
            credential: Credential::of(&parts.headers)?,
            address,
            origin: parts.headers.get(header::ORIGIN).map(HeaderValue::as_bytes),
            tenant: tenant(&parts.headers)?,
            names_tenant: parts.uri.path().starts_with(API),
        })
    }
}

fn tenant(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    let mut values = headers.get_all(TENANT).iter();
    match (values.next(), values.next()) {
        (first, None) => Ok(first.map(HeaderValue::as_bytes)),
        _ => Err(Problem::bad_request(
            Code::ValidationTenantRepeated,
            "the header X-Tenant-Id is given more than once",
        )),
    }
}

fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default().trim()
}

fn authorization(text: &str) -> Result<Credential<'_>, Problem> {
    match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => {
            Ok(Credential::Basic(rest.trim()))
        }
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => bearer(rest.trim()),
        _ => Err(Problem::unauthorized(
            "this kind of credential is not known here: send `Authorization: Basic` with a key and \
             its secret, or `Bearer` with a token or a key",
        )),
    }
}

/// A key is known by its beginning, the token of a session by what is in it, a JWT by its dots.
fn bearer(text: &str) -> Result<Credential<'_>, Problem> {
    if let Some(credential) = joined(text) {
        return Ok(credential);
    }
    if sessions::Claimed::read(text).is_some() {
        return Ok(Credential::Session(text));
    }
    if text.bytes().filter(|byte| *byte == b'.').count() == 2 {
        return Ok(Credential::Token(text));
    }
    Err(Problem::unauthorized("what follows `Bearer` is neither a JWT nor a key and its secret"))
}

fn api_key(text: &str) -> Result<Credential<'_>, Problem> {
    let wrong = || Problem::unauthorized("X-API-Key takes a key and its secret as `key.secret`");
    joined(text).ok_or_else(wrong)
}

/// `key.secret`, or `key:secret`.
fn joined(text: &str) -> Option<Credential<'_>> {
    let (key, secret) = text.split_once(['.', ':'])?;
    let tenant = key::tenant_of(key)?;
    Some(Credential::Key { tenant, key, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(headers: &[(HeaderName, &str)]) -> String {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        match Credential::of(&headers) {
            Ok(Credential::Basic(text)) => format!("basic {text}"),
            Ok(Credential::Key { tenant, key, secret }) => format!("{} {key} {secret}", tenant.0),
            Ok(Credential::Session(token)) => format!("session {token}"),
            Ok(Credential::Token(token)) => format!("token {token}"),
            Err(problem) => problem.status.as_str().to_owned(),
        }
    }

    #[test]
    fn kinds_are_told_apart_by_where_they_arrive() {
        for (name, text, expected) in [
            (header::AUTHORIZATION, "Basic abc", "basic abc"),
            (header::AUTHORIZATION, "Basic rk1_a.b", "basic rk1_a.b"),
            (header::AUTHORIZATION, "bearer rk1_a.b", "1 rk1_a b"),
            (header::AUTHORIZATION, "Bearer rk42_a:b", "42 rk42_a b"),
            (header::AUTHORIZATION, "Bearer a.b.c", "token a.b.c"),
            (header::AUTHORIZATION, "Bearer a.b", "401"),
            (header::AUTHORIZATION, "Bearer", "401"),
            (header::AUTHORIZATION, "Digest a", "401"),
            (API_KEY, "rk1_a.b", "1 rk1_a b"),
            (API_KEY, "rk1_a:b.c", "1 rk1_a b.c"),
            (API_KEY, "a.b.c", "401"),
        ] {
            assert_eq!(kind(&[(name.clone(), text)]), expected, "{name} {text}");
        }
    }

    #[test]
    fn kinds_never_meet() {
        let tenant = TenantId(1);
        let all = [
            Credential::Basic("rk1_a.b").fingerprint(None),
            Credential::Key { tenant, key: "rk1_a", secret: "b" }.fingerprint(None),
            Credential::Token("rk1_a.b").fingerprint(None),
            Credential::Token("rk1_a.b").fingerprint(Some(b"acme")),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all.iter().skip(index + 1).all(|other| other != one));
        }
    }
}
