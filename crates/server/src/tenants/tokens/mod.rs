//! JSON Web Tokens: who issued them, whether that is true, and whom they stand for
//! (RFC 7519, RFC 8725; `progress.md` 2.3).
//!
//! Nothing that a token says is believed before its signature is checked with a key of the issuer
//! that it names, by an algorithm that is pinned for that issuer. A token of a tenant's issuer stands
//! for somebody of that tenant only, who may do no more than the issuer's ceiling. Which tenant that
//! is, the token's claim or the request says before any signature is checked: who registers
//! another's issuer captures nothing and is in nobody's way. No token runs the installation.

mod claims;
mod fetch;
mod issuer;
mod jwks;
mod known;

pub(super) use fetch::permitted;
pub(super) use issuer::{Algorithms, Issuer, Stored as StoredIssuer};

use super::keys::authority_of_user;
use super::{Caller, Principal, TenantId, store};
use crate::config::Jwt;
use crate::error::{Code, Problem};
use crate::limits::Limits;
use anyhow::ensure;
use claims::{Claims, Times, Unverified};
use fetch::Fetch;
use http::{HeaderValue, StatusCode, header};
use issuer::{Keys, Owner};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use jwks::Jwks;
use known::Known;
use rollbook_db::{Db, Value};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// The issuers whose tokens are good here.
pub struct Tokens {
    db: Db,
    /// The installation's own issuer: its tokens name their tenant.
    installation: Option<Issuer>,
    known: Known,
    jwks: Jwks,
    times: Times,
    /// This server's own address: accounts under it are keys.
    home: String,
    token_bytes_max: usize,
    anywhere: bool,
}

/// Whom a token stands for.
pub(super) struct Verified {
    pub(super) caller: Caller,
    pub(super) tenant: Arc<str>,
    pub(super) suspended: bool,
    pub(super) expires: i64,
    /// When what this depends on was read from the store.
    pub(super) read: i64,
}

/// Why a token is not good, the most telling last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    /// Nothing names a tenant whose issuer is known here.
    Unnamed,
    /// Nobody known here issued it.
    Unknown,
    /// The keys of the installation's issuer cannot be had.
    Unavailable,
    /// It was issued, and says itself that it is not good here and now.
    Told(&'static str),
}

impl Tokens {
    /// The issuers that the settings and the store name; `home` is this server's own address.
    pub fn new(db: Db, settings: &Jwt, limits: &Limits, home: &str) -> anyhow::Result<Self> {
        let reserved = settings.issuer.as_deref().is_some_and(|iss| is_home(iss, home));
        ensure!(!reserved, "jwt.issuer is this server's own address: accounts under it are keys");
        let fetch = Fetch::new(settings.jwks_anywhere, limits);
        Ok(Self {
            installation: Issuer::of_installation(settings)?,
            known: Known::new(db.clone()),
            jwks: Jwks::new(fetch, settings),
            times: Times::of(settings)?,
            home: home.to_owned(),
            token_bytes_max: limits.token_bytes_max,
            anywhere: settings.jwks_anywhere,
            db,
        })
    }

    /// Whether the installation itself speaks for this issuer, so that no tenant may.
    pub(super) fn is_installation(&self, iss: &str) -> bool {
        self.installation.as_ref().is_some_and(|issuer| &*issuer.iss == iss)
    }

    /// Whether accounts of this issuer would be those of this server's keys.
    pub(super) fn is_home(&self, iss: &str) -> bool {
        is_home(iss, &self.home)
    }

    /// Whether keys may be fetched from anywhere.
    pub(super) fn fetches_anywhere(&self) -> bool {
        self.anywhere
    }

    /// Whom `token` stands for; `meant` is the tenant that the client believes to be in.
    pub(super) async fn verify(
        &self,
        token: &str,
        meant: Option<&[u8]>,
        now: i64,
    ) -> Result<Verified, Problem> {
        let unverified = (token.len() <= self.token_bytes_max)
            .then(|| Unverified::read(token))
            .flatten()
            .ok_or_else(|| Refusal::Unknown.problem())?;
        if let Some(issuer) = &self.installation
            && *issuer.iss == *unverified.iss
        {
            let claims = self.check(issuer, token, &unverified, now).await;
            return self.of_installation(issuer, claims.map_err(Refusal::problem)?, now).await;
        }
        if self.is_home(&unverified.iss) {
            return Err(Refusal::Unknown.problem());
        }
        let known = self.known.at(now).await?;
        let mut refusal = if meant.is_some() { Refusal::Unknown } else { Refusal::Unnamed };
        for issuer in named(known.of(&unverified.iss), &unverified, meant)? {
            match self.check(issuer, token, &unverified, now).await {
                Ok(claims) => return Ok(issuer.of_tenant(&claims, self.times, known.read)?),
                // Whoever makes a token up would learn that somebody here trusts its issuer.
                Err(Refusal::Unavailable) => {}
                Err(why) => refusal = refusal.max(why),
            }
        }
        tracing::debug!(?refusal, "Token refused");
        Err(refusal.problem())
    }

    /// The token's claims, if this issuer vouches for them and they hold now.
    async fn check(
        &self,
        issuer: &Issuer,
        token: &str,
        unverified: &Unverified,
        now: i64,
    ) -> Result<Claims, Refusal> {
        let Unverified { algorithm, kid, .. } = unverified;
        if !issuer.algorithms.allow(*algorithm) {
            return Err(Refusal::Unknown);
        }
        let keys = match &issuer.keys {
            Keys::Secret(key) => vec![Arc::clone(key)],
            Keys::Jwks { url, guarded } => {
                self.jwks.keys(url, *guarded, kid.as_deref(), *algorithm, now).await?
            }
        };
        let read = keys.iter().find_map(|key| signed(token, key, *algorithm));
        let claims = Claims(read.ok_or(Refusal::Unknown)?);
        claims.hold(&issuer.iss, &issuer.audience, self.times, now)?;
        Ok(claims)
    }

    /// The caller of a token that names its tenant.
    async fn of_installation(
        &self,
        issuer: &Issuer,
        claims: Claims,
        now: i64,
    ) -> Result<Verified, Problem> {
        let unknown = || Refusal::Told("this token names no tenant of this server").problem();
        let claim = issuer.tenant_claim.as_deref().unwrap_or_default();
        let name = claims.text(claim).filter(|name| !name.contains('\0')).ok_or_else(unknown)?;
        let args = [Value::from(name)];
        let job = move |tx: &mut rollbook_db::Tx<'_>| tx.one(&store::TENANT_OF_TOKEN, &args);
        let found: Option<(i64, String, Option<i64>)> = self.db.every().read(job).await?;
        let (tenant, name, suspended) = found.ok_or_else(unknown)?;
        let owner =
            Owner { tenant: TenantId(tenant), name: name.into(), suspended: suspended.is_some() };
        Ok(issuer.verified(&owner, &claims, self.times, now)?)
    }
}

impl Issuer {
    /// The caller of a token of a tenant's own issuer.
    fn of_tenant(&self, claims: &Claims, times: Times, read: i64) -> Result<Verified, Refusal> {
        let owner = self.owner.as_ref().ok_or(Refusal::Unknown)?;
        self.verified(owner, claims, times, read)
    }

    fn verified(
        &self,
        owner: &Owner,
        claims: &Claims,
        times: Times,
        read: i64,
    ) -> Result<Verified, Refusal> {
        let subject = claims.subject(&self.subject_claim)?;
        let authority = authority_of_user(&self.iss, subject);
        let caller = Caller {
            tenant: owner.tenant,
            principal: Principal::User { issuer: Arc::clone(&self.iss), subject: subject.into() },
            scopes: self.ceiling.within(claims.scopes(&self.scope_claim)),
            authority: authority.into(),
            activity_prefixes: self.ceiling.activities.clone(),
            session: None,
            bounds: None,
        };
        let expires = claims.expires(times)?;
        let (tenant, suspended) = (Arc::clone(&owner.name), owner.suspended);
        Ok(Verified { caller, tenant, suspended, expires, read })
    }

    /// Whether this is an issuer of the tenant of that name.
    fn is_of(&self, name: &[u8]) -> bool {
        self.owner.as_ref().is_some_and(|owner| name.ct_eq(owner.name.as_bytes()).into())
    }

    /// Whether a token may be this issuer's. A claim about the tenant, where one is asked for, names
    /// the issuer's own.
    fn fits(&self, unverified: &Unverified) -> bool {
        let claims = &unverified.claims;
        let names = |claim: &String| {
            self.owner.as_ref().is_some_and(|owner| claims.text(claim) == Some(&*owner.name))
        };
        claims.is_for(&self.audience) && self.tenant_claim.as_ref().is_none_or(names)
    }
}

impl Refusal {
    fn problem(self) -> Problem {
        match self {
            Self::Unnamed => Problem::unauthorized(
                "this token is not known here; one of a tenant's own issuer needs the header \
                 X-Tenant-Id, unless a claim of it names the tenant",
            ),
            Self::Unknown => Problem::unauthorized("this token is not known here"),
            Self::Told(detail) => Problem::unauthorized(detail),
            Self::Unavailable => {
                let detail = "the keys of this token's issuer cannot be had; try again in a moment";
                let status = StatusCode::SERVICE_UNAVAILABLE;
                let mut problem = Problem::new(status, Code::AuthIssuerUnavailable, detail);
                problem.headers.push((header::RETRY_AFTER, HeaderValue::from_static("10")));
                problem
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refusal.problem()
    }
}

/// The issuers of the one tenant that a token may be of: the one that the request names, or else the
/// one that the token's own claim names. Nobody's token is tried with the keys of others.
fn named<'a>(
    known: &'a [Arc<Issuer>],
    unverified: &Unverified,
    meant: Option<&[u8]>,
) -> Result<Vec<&'a Arc<Issuer>>, Problem> {
    let fit = || known.iter().filter(|issuer| issuer.fits(unverified));
    let of_meant: Vec<_> =
        fit().filter(|issuer| meant.is_some_and(|name| issuer.is_of(name))).collect();
    if !of_meant.is_empty() {
        return Ok(of_meant);
    }
    let claimed: Vec<_> = fit().filter(|issuer| issuer.tenant_claim.is_some()).collect();
    let tenant = |issuer: &Arc<Issuer>| issuer.owner.as_ref().map(|owner| owner.tenant);
    if claimed.windows(2).any(|two| matches!(two, [one, next] if tenant(one) != tenant(next))) {
        let several = "the claims of this token name several tenants: name one in X-Tenant-Id";
        return Err(Problem::unauthorized(several));
    }
    Ok(claimed)
}

fn is_home(iss: &str, home: &str) -> bool {
    iss.trim_end_matches('/').eq_ignore_ascii_case(home.trim_end_matches('/'))
}

/// The claims of a token, if this key signed it. Times and names are checked elsewhere.
fn signed(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Option<serde_json::Map<String, serde_json::Value>> {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode(token, key, &validation).ok().map(|data| data.claims)
}
