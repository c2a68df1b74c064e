//! Settings of tokens: the installation's own issuer, and how keys of issuers are fetched.

use std::fmt;
use std::time::Duration;

/// Bytes of the least secret: as many as HS256 makes of it (RFC 7518 3.2).
const SECRET_BYTES_MIN: usize = 32;

/// Whose tokens are good for every tenant, and how keys are fetched; fields are named like their
/// settings.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// What both sides know.
    pub secret: Option<Secret>,
    /// Where the issuer publishes its keys.
    pub jwks_url: Option<String>,
    /// `iss` of its tokens.
    pub issuer: Option<String>,
    /// `aud` of its tokens.
    pub audience: Option<String>,
    /// Algorithms by name; none means the usual ones.
    pub algorithms: Vec<String>,
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The claim that holds the scopes.
    pub scope_claim: String,
    /// The claim that says whom a token stands for.
    pub subject_claim: String,
    /// How far clocks may differ.
    pub leeway: Duration,
    /// How long after it was issued a token is good at most; zero for no bound.
    pub max_age: Duration,
    /// How old keys may be before they are fetched again.
    pub jwks_ttl: Duration,
    /// How long keys are used while no newer ones can be fetched.
    pub jwks_stale: Duration,
    /// How often keys are fetched at most.
    pub jwks_retry: Duration,
    /// Whether keys are fetched over plain HTTP and from inside the network too.
    pub jwks_anywhere: bool,
}

/// A secret, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl Default for Jwt {
    fn default() -> Self {
        Self {
            secret: None,
            jwks_url: None,
            issuer: None,
            audience: None,
            algorithms: Vec::new(),
            tenant_claim: "tid".to_owned(),
            scope_claim: "scope".to_owned(),
            subject_claim: "sub".to_owned(),
            leeway: Duration::from_mins(1),
            max_age: Duration::from_hours(24),
            jwks_ttl: Duration::from_mins(10),
            jwks_stale: Duration::from_hours(24),
            jwks_retry: Duration::from_secs(10),
            jwks_anywhere: false,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A secret that is long enough. It is not repeated when it is not.
pub(super) fn secret(text: &str) -> Result<Option<Secret>, String> {
    if text.len() < SECRET_BYTES_MIN {
        return Err(format!("a secret for tokens has at least {SECRET_BYTES_MIN} bytes"));
    }
    Ok(Some(Secret(text.to_owned())))
}

/// The name of an issuer; it is the home page of the accounts that it vouches for.
pub(super) fn issuer(text: &str) -> Result<Option<String>, String> {
    if rollbook_xapi::iri::is_iri(text) {
        Ok(Some(text.to_owned()))
    } else {
        Err(format!("{text:?} is no URL such as https://id.example.com"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_and_not_shown() {
        let long = "0123456789abcdef0123456789abcdef";
        assert_eq!(format!("{:?}", secret(long).unwrap().unwrap()), "Secret(…)");
        let short = "0123456789abcdef0123456789abcde";
        assert!(!secret(short).unwrap_err().contains("0123"));
        assert!(issuer("https://id.example.com/").is_ok() && issuer("id").is_err());
    }
}
