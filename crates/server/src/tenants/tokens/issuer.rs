//! Somebody whose tokens are good here: by which keys and algorithms, and what the claims mean.

use super::super::{Scope, Scopes, TenantId};
use crate::config::Jwt;
use anyhow::{Result, bail, ensure};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use std::fmt;
use std::sync::Arc;

/// Somebody whose tokens are good here.
pub(in crate::tenants) struct Issuer {
    /// The name that its tokens have as `iss`.
    pub(in crate::tenants) iss: Arc<str>,
    /// Whom its tokens must be for.
    pub(in crate::tenants) audience: String,
    pub(in crate::tenants) algorithms: Algorithms,
    pub(super) keys: Keys,
    /// The claim that names the tenant.
    pub(super) tenant_claim: Option<String>,
    pub(super) scope_claim: String,
    pub(super) subject_claim: String,
    /// What its people may do at most.
    pub(super) ceiling: Ceiling,
    /// Whose it is; none for the installation's own.
    pub(super) owner: Option<Owner>,
}

/// What the people of an issuer may do at most, whatever their tokens say.
pub(super) struct Ceiling {
    /// Their scopes; none for the installation's own issuer, which may say anything but `operator`.
    scopes: Option<Scopes>,
    /// The activities that they may touch.
    pub(super) activities: Option<Arc<[String]>>,
}

/// The tenant that an issuer's people belong to.
pub(super) struct Owner {
    pub(super) tenant: TenantId,
    pub(super) name: Arc<str>,
    pub(super) suspended: bool,
}

/// How signatures are checked.
pub(super) enum Keys {
    /// With a secret that both sides know.
    Secret(Arc<DecodingKey>),
    /// With public keys that the issuer publishes.
    Jwks {
        /// Where.
        url: Arc<str>,
        /// Whether somebody other than the operator chose the address.
        guarded: bool,
    },
}

/// The algorithms that an issuer is pinned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tenants) struct Algorithms(Vec<Algorithm>);

/// What a tenant's issuer is made of, as it is stored.
pub(in crate::tenants) struct Stored {
    pub(in crate::tenants) tenant: TenantId,
    pub(in crate::tenants) tenant_name: String,
    pub(in crate::tenants) suspended: bool,
    pub(in crate::tenants) iss: String,
    pub(in crate::tenants) audience: String,
    pub(in crate::tenants) jwks_url: String,
    pub(in crate::tenants) algorithms: String,
    pub(in crate::tenants) tenant_claim: Option<String>,
    pub(in crate::tenants) scope_claim: String,
    pub(in crate::tenants) subject_claim: String,
    pub(in crate::tenants) scopes: Scopes,
    pub(in crate::tenants) activities: Vec<String>,
}

impl Ceiling {
    /// What is left of what a token says.
    pub(super) fn within(&self, told: Scopes) -> Scopes {
        let held = self.scopes.map_or(told, |ceiling| ceiling.shared(told));
        held.without(Scope::Operator)
    }
}

impl Algorithms {
    /// The names of algorithms whose keys are public.
    const PUBLIC: &'static [(&'static str, Algorithm)] = &[
        ("RS256", Algorithm::RS256),
        ("RS384", Algorithm::RS384),
        ("RS512", Algorithm::RS512),
        ("PS256", Algorithm::PS256),
        ("PS384", Algorithm::PS384),
        ("PS512", Algorithm::PS512),
        ("ES256", Algorithm::ES256),
        ("ES384", Algorithm::ES384),
        ("EdDSA", Algorithm::EdDSA),
    ];

    /// The names of algorithms whose key is a secret.
    const SECRET: &'static [(&'static str, Algorithm)] =
        &[("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)];

    /// What is pinned unless something else is asked for.
    pub(in crate::tenants) fn usual() -> Self {
        Self(vec![Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA])
    }

    /// Algorithms whose keys are public, by name. A secret never comes from a list of public keys.
    pub(in crate::tenants) fn public<'a>(
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Self, String> {
        Self::among(Self::PUBLIC, names)
    }

    fn among<'a>(
        known: &[(&str, Algorithm)],
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Self, String> {
        let one = |name: &str| {
            let found = known.iter().find(|(known, _)| *known == name);
            found.map(|(_, algorithm)| *algorithm).ok_or_else(|| {
                let known = known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                format!("{name:?} is none of the algorithms {known}")
            })
        };
        let mut algorithms = Vec::new();
        for name in names {
            let algorithm = one(name)?;
            if !algorithms.contains(&algorithm) {
                algorithms.push(algorithm);
            }
        }
        if algorithms.is_empty() {
            return Err("at least one algorithm is needed".to_owned());
        }
        Ok(Self(algorithms))
    }

    /// Whether tokens may be signed so.
    pub(in crate::tenants) fn allow(&self, algorithm: Algorithm) -> bool {
        self.0.contains(&algorithm)
    }

    /// The names, in the order of this program.
    pub(in crate::tenants) fn names(&self) -> impl Iterator<Item = &'static str> {
        let known = Self::PUBLIC.iter().chain(Self::SECRET);
        known.filter(|(_, algorithm)| self.allow(*algorithm)).map(|(name, _)| *name)
    }
}

impl fmt::Display for Algorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(","))
    }
}

impl Issuer {
    /// The installation's own issuer, if the settings name one.
    pub(super) fn of_installation(settings: &Jwt) -> Result<Option<Self>> {
        let Jwt { secret, jwks_url, issuer, audience, algorithms, .. } = settings;
        let (secret, url) = match (secret, jwks_url) {
            (None, None) => {
                ensure!(
                    issuer.is_none() && audience.is_none(),
                    "jwt.issuer and jwt.audience need jwt.secret or jwt.jwks_url"
                );
                return Ok(None);
            }
            (Some(_), Some(_)) => bail!("set jwt.secret or jwt.jwks_url, not both"),
            (secret, url) => (secret, url),
        };
        let (Some(iss), Some(audience)) = (issuer, audience) else {
            bail!("jwt.secret and jwt.jwks_url need jwt.issuer and jwt.audience")
        };
        let names = || algorithms.iter().map(String::as_str);
        let pinned = |known, usual| {
            if algorithms.is_empty() {
                return Ok(usual);
            }
            let read = Algorithms::among(known, names());
            read.map_err(|why| anyhow::anyhow!("jwt.algorithms: {why}"))
        };
        let (keys, algorithms) = match (secret, url) {
            (Some(secret), _) => {
                let key = DecodingKey::from_secret(secret.0.as_bytes());
                let usual = Algorithms(vec![Algorithm::HS256]);
                (Keys::Secret(Arc::new(key)), pinned(Algorithms::SECRET, usual)?)
            }
            (None, url) => {
                let url = url.as_deref().unwrap_or_default();
                super::permitted(url, false, settings.jwks_anywhere)
                    .map_err(|why| anyhow::anyhow!("jwt.jwks_url: {why}"))?;
                let keys = Keys::Jwks { url: url.into(), guarded: false };
                (keys, pinned(Algorithms::PUBLIC, Algorithms::usual())?)
            }
        };
        Ok(Some(Self {
            iss: iss.as_str().into(),
            audience: audience.clone(),
            algorithms,
            keys,
            tenant_claim: Some(settings.tenant_claim.clone()),
            scope_claim: settings.scope_claim.clone(),
            subject_claim: settings.subject_claim.clone(),
            ceiling: Ceiling { scopes: None, activities: None },
            owner: None,
        }))
    }
}

impl From<Stored> for Issuer {
    fn from(stored: Stored) -> Self {
        let Stored {
            tenant,
            tenant_name,
            suspended,
            iss,
            audience,
            jwks_url,
            algorithms,
            tenant_claim,
            scope_claim,
            subject_claim,
            scopes,
            activities,
        } = stored;
        // What cannot be read allows nothing.
        let algorithms = Algorithms::public(algorithms.split(',')).unwrap_or(Algorithms(vec![]));
        Self {
            iss: iss.into(),
            audience,
            algorithms,
            keys: Keys::Jwks { url: jwks_url.into(), guarded: true },
            tenant_claim,
            scope_claim,
            subject_claim,
            ceiling: Ceiling {
                scopes: Some(scopes),
                activities: (!activities.is_empty()).then(|| activities.into()),
            },
            owner: Some(Owner { tenant, name: tenant_name.into(), suspended }),
        }
    }
}

/// The family whose keys check signatures of an algorithm.
pub(super) fn family(algorithm: Algorithm) -> Option<AlgorithmFamily> {
    use AlgorithmFamily::{Ec, Ed, Hmac, Rsa};
    [Hmac, Rsa, Ec, Ed].into_iter().find(|family| family.algorithms().contains(&algorithm))
}
