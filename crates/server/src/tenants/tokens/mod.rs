//! JSON Web Tokens: who issued them, whether that is true, and whom they stand for
//! (RFC 7519, RFC 8725; `progress.md` 2.3).
//!
//! Nothing that a token says is believed before its signature is checked with a key of the issuer
//! that it names, by an algorithm that is pinned for that issuer. A token of a tenant's issuer stands
//! for somebody of that tenant only. No token runs the installation.

mod claims;
mod fetch;
mod issuer;
mod jwks;
mod known;

pub(super) use fetch::permitted;
pub(super) use issuer::{Algorithms, Issuer, Stored as StoredIssuer};

use super::keys::authority_of_user;
use super::{Caller, Principal, Scope, TenantId, store};
use crate::config::Jwt;
use crate::error::{Code, Problem};
use crate::limits::Limits;
use claims::{Claims, Unverified};
use fetch::Fetch;
use http::{HeaderValue, StatusCode, header};
use issuer::{Keys, Owner};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use jwks::Jwks;
use known::Known;
use rollbook_db::{Db, Value};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// Issuers of the same name that are asked for one token.
const CANDIDATES_MAX: usize = 16;

/// The issuers whose tokens are good here.
pub struct Tokens {
    db: Db,
    /// The installation's own issuer: its tokens name their tenant.
    installation: Option<Issuer>,
    known: Known,
    jwks: Jwks,
    leeway_micros: i64,
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
    /// Nobody known here issued it.
    Unknown,
    /// The keys of the installation's issuer cannot be had.
    Unavailable,
    /// It was issued, and says itself that it is not good here and now.
    Told(&'static str),
}

impl Tokens {
    /// The issuers that the settings and the store name.
    pub fn new(db: Db, settings: &Jwt, limits: &Limits) -> anyhow::Result<Self> {
        let fetch = Fetch::new(settings.jwks_anywhere, limits);
        Ok(Self {
            installation: Issuer::of_installation(settings)?,
            known: Known::new(db.clone()),
            jwks: Jwks::new(fetch, settings),
            leeway_micros: i64::try_from(settings.leeway.as_micros())?,
            token_bytes_max: limits.token_bytes_max,
            anywhere: settings.jwks_anywhere,
            db,
        })
    }

    /// Whether the installation itself speaks for this issuer, so that no tenant may.
    pub(super) fn is_installation(&self, iss: &str) -> bool {
        self.installation.as_ref().is_some_and(|issuer| &*issuer.iss == iss)
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
        let known = self.known.at(now).await?;
        let candidates = known.of(&unverified.iss).iter().filter(|issuer| issuer.fits(&unverified));
        // Who is named is asked first, so that nobody else's issuer of that name is in the way.
        let (named, others): (Vec<_>, Vec<_>) =
            candidates.partition(|issuer| issuer.is_meant(meant));
        let mut refusal = Refusal::Unknown;
        for some in [named, others] {
            let mut found = Vec::new();
            for issuer in some.into_iter().take(CANDIDATES_MAX) {
                match self.check(issuer, token, &unverified, now).await {
                    Ok(claims) => found.push((issuer, claims)),
                    // Whoever makes a token up would learn that somebody here trusts its issuer.
                    Err(Refusal::Unavailable) => {}
                    Err(why) => refusal = refusal.max(why),
                }
            }
            if let Some((issuer, claims)) = one_of(found, meant)? {
                return Ok(issuer.of_tenant(&claims, self.leeway_micros, known.read)?);
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
        claims.hold(&issuer.iss, &issuer.audience, self.leeway_micros, now)?;
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
        Ok(issuer.verified(&owner, &claims, self.leeway_micros, now)?)
    }
}

impl Issuer {
    /// The caller of a token of a tenant's own issuer.
    fn of_tenant(
        &self,
        claims: &Claims,
        leeway_micros: i64,
        read: i64,
    ) -> Result<Verified, Refusal> {
        let owner = self.owner.as_ref().ok_or(Refusal::Unknown)?;
        self.verified(owner, claims, leeway_micros, read)
    }

    fn verified(
        &self,
        owner: &Owner,
        claims: &Claims,
        leeway_micros: i64,
        read: i64,
    ) -> Result<Verified, Refusal> {
        let subject = claims.subject(&self.subject_claim)?;
        let authority = authority_of_user(&self.iss, subject);
        let caller = Caller {
            tenant: owner.tenant,
            principal: Principal::User { issuer: Arc::clone(&self.iss), subject: subject.into() },
            scopes: claims.scopes(&self.scope_claim).without(Scope::Operator),
            authority: authority.into(),
            activity_prefixes: None,
        };
        let expires = claims.expires(leeway_micros)?;
        let (tenant, suspended) = (Arc::clone(&owner.name), owner.suspended);
        Ok(Verified { caller, tenant, suspended, expires, read })
    }

    /// Whether an issuer is the one that the client, or its token, names the tenant of.
    fn is_meant(&self, meant: Option<&[u8]>) -> bool {
        let named = |owner: &Owner| meant.is_some_and(|it| it.ct_eq(owner.name.as_bytes()).into());
        self.tenant_claim.is_some() || self.owner.as_ref().is_some_and(named)
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

/// The only issuer that vouches for a token, or the one whose tenant is meant.
fn one_of<'a>(
    found: Vec<(&'a Arc<Issuer>, Claims)>,
    meant: Option<&[u8]>,
) -> Result<Option<(&'a Arc<Issuer>, Claims)>, Problem> {
    if found.len() < 2 {
        return Ok(found.into_iter().next());
    }
    let of_meant = |issuer: &Issuer| {
        let name = issuer.owner.as_ref().map(|owner| owner.name.as_bytes());
        name.is_some() && name == meant
    };
    let meant = found.into_iter().find(|(issuer, _)| of_meant(issuer));
    let several = "this token's issuer is known to several tenants: name one in X-Tenant-Id";
    meant.map(Some).ok_or_else(|| Problem::unauthorized(several))
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
