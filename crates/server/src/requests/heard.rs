//! What was heard of a request while it was being answered; nothing is masked yet.

use super::body::{Glimpse, Passed};
use super::entry::HEADERS;
use crate::error::Told;
use crate::http::client::ClientAddress;
use crate::tenants::{API_KEY, Caller, Principal, TenantId, tenant_of};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Headers in which a credential stands: they are looked into, and not kept.
const CREDENTIALS: [HeaderName; 4] = [AUTHORIZATION, API_KEY, COOKIE, PROXY_AUTHORIZATION];

/// Base64 as credentials are read: some clients leave the padding out.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The head of a request, and its body as far as it was read.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(super) id: String,
    pub(super) began: Instant,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) client: Option<IpAddr>,
    pub(super) body: Option<Glimpse>,
}

/// A request that was answered, as it goes into the queue.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) heard: Heard,
    pub(super) tenant: TenantId,
    /// The public part of the key, if it was one.
    pub(super) key: Option<String>,
    /// Whether the credential was right.
    pub(super) authenticated: bool,
    /// Whether the beginnings of bodies are wanted.
    pub(super) bodies: bool,
    pub(super) at: i64,
    pub(super) took: Duration,
    pub(super) status: StatusCode,
    pub(super) refusal: Option<Told>,
    pub(super) response_type: Option<HeaderValue>,
    pub(super) response: Passed,
}

impl Heard {
    /// Keeps the head of a request.
    pub(super) fn of<B>(request: &Request<B>, id: &str, body: Option<Glimpse>) -> Self {
        let client = request.extensions().get::<ClientAddress>();
        Self {
            id: id.to_owned(),
            began: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: kept(request.headers()),
            client: client.map(|ClientAddress(address)| *address),
            body,
        }
    }

    /// Takes note of a credential that came in a form (1.0.3 Communication 1.3).
    pub(crate) fn add_credential(&mut self, credential: HeaderValue) {
        self.headers.append(AUTHORIZATION, credential);
    }

    /// Whether the body is a form of the alternate request syntax, whatever its type says.
    pub(super) fn is_alternate(&self) -> bool {
        let query = self.uri.query().unwrap_or_default();
        let mut fields = form_urlencoded::parse(query.as_bytes());
        self.method == Method::POST && fields.any(|(name, _)| name == "method")
    }

    /// Whose log this belongs to, with the key, and whether that is proved.
    ///
    /// A credential that was refused, or never looked at, says itself whose it claims to be.
    pub(super) fn whose(
        &self,
        caller: Option<&Caller>,
    ) -> Option<(TenantId, Option<String>, bool)> {
        match caller {
            Some(Caller { tenant, principal: Principal::Key(key), .. }) => {
                Some((*tenant, Some(key.to_string()), true))
            }
            Some(caller) => Some((caller.tenant, None, true)),
            None => claimed(&self.headers).map(|(tenant, key)| (tenant, Some(key), false)),
        }
    }
}

/// The headers that an entry shows, and those that say who called.
fn kept(headers: &HeaderMap) -> HeaderMap {
    let shown = HEADERS.iter().copied().map(HeaderName::from_static);
    let mut kept = HeaderMap::new();
    for name in shown.chain([USER_AGENT]).chain(CREDENTIALS) {
        for value in headers.get_all(&name) {
            kept.append(&name, value.clone());
        }
    }
    kept
}

/// The key that a request names, and its tenant.
fn claimed(headers: &HeaderMap) -> Option<(TenantId, String)> {
    let texts = [(AUTHORIZATION, true), (API_KEY, false)];
    texts.iter().find_map(|(name, has_scheme)| {
        let text = headers.get(name)?.to_str().ok()?.trim();
        let text = if *has_scheme { text.split_once(' ')?.1.trim() } else { text };
        let decoded = TOLERANT.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let candidates = [decoded.as_deref(), Some(text)];
        candidates.into_iter().flatten().find_map(|pair| {
            let key = pair.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
            Some((tenant_of(key)?, key.to_owned()))
        })
    })
}

/// The parts of a request's credential that are secret.
pub(super) fn secrets(headers: &HeaderMap) -> Vec<String> {
    let mut found = Vec::new();
    for name in CREDENTIALS {
        for value in headers.get_all(name) {
            let text = String::from_utf8_lossy(value.as_bytes());
            let bare = text.split_once(' ').map_or(&*text, |(_, rest)| rest.trim());
            found.push(bare.to_owned());
            let decoded = TOLERANT.decode(bare).ok();
            let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
            let secret = pair.as_deref().unwrap_or(bare).split_once([':', '.']);
            found.extend(secret.map(|(_, secret)| secret.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn a_refused_credential_says_whose_it_claims_to_be() {
        let claims = |name: HeaderName, text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(text).unwrap());
            claimed(&headers).map(|(tenant, key)| (tenant.0, key))
        };
        let basic = format!("Basic {}", STANDARD.encode("rk7_abc:wrong"));
        let expected = Some((7, "rk7_abc".to_owned()));
        assert_eq!(claims(AUTHORIZATION, &basic), expected);
        assert_eq!(claims(AUTHORIZATION, "Bearer rk7_abc:wrong"), expected);
        assert_eq!(claims(API_KEY, "rk7_abc.wrong"), expected);
        assert_eq!(claims(AUTHORIZATION, "Bearer eyJhbGciOi.a.b"), None);
        assert_eq!(claims(AUTHORIZATION, "rk7_abc"), None, "without a scheme");
    }

    #[test]
    fn the_secrets_of_a_credential_are_known() {
        let mut headers = HeaderMap::new();
        let encoded = STANDARD.encode("rk7_abc:s3cret");
        headers.insert(AUTHORIZATION, format!("Basic {encoded}").parse().unwrap());
        headers.insert(API_KEY, "rk7_def:other".parse().unwrap());
        let expected = [encoded.as_str(), "s3cret", "rk7_def:other", "other"];
        assert_eq!(secrets(&headers), expected);
    }
}
