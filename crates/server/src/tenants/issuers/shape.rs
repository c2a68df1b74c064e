//! An issuer as it is sent, stored and shown.

use super::super::tokens::{Algorithms, permitted};
use super::super::{Caller, Restrictions, Scope, Scopes};
use crate::error::{Fault, Place, Problem};
use rollbook_db::{FromRow, Row};
use rollbook_xapi::timestamp::format_micros;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A member, and what is wrong with it.
type Odd = (&'static str, String);

const TEXT_CHARS_MAX: usize = 200;
const URL_BYTES_MAX: usize = 1_000;

/// An issuer as it is sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct IssuerBody {
    /// What people call it.
    name: Option<String>,
    /// Its name in tokens, the claim `iss`: a URL.
    issuer: Option<String>,
    /// Whom its tokens must be for, the claim `aud`.
    audience: Option<String>,
    /// Where it publishes its keys: an https URL at a public address.
    jwks_url: Option<String>,
    /// Algorithms that its tokens may be signed by: RS256, ES256 and `EdDSA` unless said.
    algorithms: Option<Vec<String>>,
    /// A claim that must name the tenant; empty for none. An issuer that several tenants share needs it.
    tenant_claim: Option<String>,
    /// The claim that holds the scopes: `scope` unless said. A JSON pointer reaches deeper claims.
    scope_claim: Option<String>,
    /// The claim that says whom a token stands for: `sub` unless said.
    subject_claim: Option<String>,
    /// What its people may do at most, whatever their tokens say: your own scopes unless said.
    scopes: Option<Vec<String>>,
    /// Beginnings of the IRIs of the activities that they may touch: yours unless said; any if there
    /// is none.
    activity_prefixes: Option<Vec<String>>,
}

/// An issuer that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Issuer {
    pub(super) name: String,
    pub(super) iss: String,
    pub(super) audience: String,
    pub(super) jwks_url: String,
    pub(super) algorithms: Algorithms,
    pub(super) tenant_claim: Option<String>,
    pub(super) scope_claim: String,
    pub(super) subject_claim: String,
    pub(super) scopes: Scopes,
    pub(super) activities: Vec<String>,
}

/// An issuer that is stored.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) id: Uuid,
    pub(super) created: i64,
    pub(super) issuer: Issuer,
}

/// An issuer as it is shown.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssuerShown {
    /// Its id here.
    id: String,
    /// What people call it.
    name: String,
    /// Its name in tokens, the claim `iss`.
    issuer: String,
    /// Whom its tokens must be for, the claim `aud`.
    audience: String,
    /// Where it publishes its keys.
    jwks_url: String,
    /// Algorithms that its tokens may be signed by.
    algorithms: Vec<&'static str>,
    /// The claim that must name the tenant, if there is one.
    tenant_claim: Option<String>,
    /// The claim that holds the scopes.
    scope_claim: String,
    /// The claim that says whom a token stands for.
    subject_claim: String,
    /// What its people may do at most.
    scopes: Vec<&'static str>,
    /// Beginnings of the IRIs of the activities that they may touch; any if there is none.
    activity_prefixes: Vec<String>,
    /// When it was made.
    created: String,
}

impl IssuerBody {
    /// The issuer that this makes of `before`, or a new one; every fault in it.
    ///
    /// `anywhere` says that keys may be fetched from inside the operator's network too.
    pub(super) fn onto(
        self,
        before: Option<&Issuer>,
        by: &Caller,
        anywhere: bool,
    ) -> Result<Issuer, Problem> {
        let mut faults: Vec<Odd> = Vec::new();
        let scopes = ceiling(self.scopes, before, by).unwrap_or_else(|fault| {
            faults.push(fault);
            Scopes::NONE
        });
        let activities = activities(self.activity_prefixes, before, by).unwrap_or_else(|fault| {
            faults.push(fault);
            Vec::new()
        });
        let mut need = |given: Option<String>, before: Option<String>, member: &'static str| {
            given.or(before).unwrap_or_else(|| {
                faults.push((member, "this is missing".to_owned()));
                String::new()
            })
        };
        let old = |of: fn(&Issuer) -> &String| before.map(of).cloned();
        let name = need(self.name, old(|it| &it.name), "name");
        let iss = need(self.issuer, old(|it| &it.iss), "issuer");
        let audience = need(self.audience, old(|it| &it.audience), "audience");
        let jwks_url = need(self.jwks_url, old(|it| &it.jwks_url), "jwksUrl");
        let claim = |given: Option<String>, before: Option<String>, usual: &str| {
            given.or(before).unwrap_or_else(|| usual.to_owned())
        };
        let scope_claim = claim(self.scope_claim, old(|it| &it.scope_claim), "scope");
        let subject_claim = claim(self.subject_claim, old(|it| &it.subject_claim), "sub");
        let tenant_claim = match self.tenant_claim {
            Some(claim) => Some(claim).filter(|claim| !claim.is_empty()),
            None => before.and_then(|before| before.tenant_claim.clone()),
        };
        let algorithms = match (self.algorithms, before) {
            (Some(names), _) => Algorithms::public(names.iter().map(String::as_str)),
            (None, Some(before)) => Ok(before.algorithms.clone()),
            (None, None) => Ok(Algorithms::usual()),
        };
        let algorithms = algorithms.unwrap_or_else(|why| {
            faults.push(("algorithms", why));
            Algorithms::usual()
        });
        let texts = [
            ("name", Some(&name)),
            ("audience", Some(&audience)),
            ("tenantClaim", tenant_claim.as_ref()),
            ("scopeClaim", Some(&scope_claim)),
            ("subjectClaim", Some(&subject_claim)),
        ];
        faults.extend(texts.into_iter().filter_map(|(member, text)| odd_text(member, text?)));
        faults.extend(odd_urls(&iss, &jwks_url, anywhere));
        told(faults)?;
        Ok(Issuer {
            name,
            iss,
            audience,
            jwks_url,
            algorithms,
            tenant_claim,
            scope_claim,
            subject_claim,
            scopes,
            activities,
        })
    }
}

impl From<Kept> for IssuerShown {
    fn from(kept: Kept) -> Self {
        let Kept { id, created, issuer } = kept;
        let Issuer {
            name,
            iss,
            audience,
            jwks_url,
            algorithms,
            tenant_claim,
            scope_claim,
            subject_claim,
            scopes,
            activities,
        } = issuer;
        Self {
            id: id.to_string(),
            name,
            issuer: iss,
            audience,
            jwks_url,
            algorithms: algorithms.names().collect(),
            tenant_claim,
            scope_claim,
            subject_claim,
            scopes: scopes.names().collect(),
            activity_prefixes: activities,
            created: format_micros(created),
        }
    }
}

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> rollbook_db::Result<Self> {
        let algorithms: String = row.get(5)?;
        let algorithms = Algorithms::public(algorithms.split(','));
        let issuer = Issuer {
            name: row.get(1)?,
            iss: row.get(2)?,
            audience: row.get(3)?,
            jwks_url: row.get(4)?,
            algorithms: algorithms.unwrap_or_else(|_unknown| Algorithms::usual()),
            tenant_claim: row.get(6)?,
            scope_claim: row.get(7)?,
            subject_claim: row.get(8)?,
            scopes: Scopes::from_bits(row.get(9)?),
            activities: prefixes_of(row, 10)?,
        };
        Ok(Self { id: row.get(0)?, created: row.get(11)?, issuer })
    }
}

/// What the people of an issuer may do at most. No token runs the installation.
fn ceiling(
    given: Option<Vec<String>>,
    before: Option<&Issuer>,
    by: &Caller,
) -> Result<Scopes, Odd> {
    let Some(names) = given else {
        return Ok(before.map_or(by.scopes.without(Scope::Operator), |before| before.scopes));
    };
    let scopes = Scopes::parse(&names.join(",")).map_err(|error| ("scopes", error.to_string()))?;
    if scopes.any(&[Scope::Operator]) {
        return Err(("scopes", "no token runs the installation".to_owned()));
    }
    Ok(scopes)
}

/// The activities that they may touch.
fn activities(
    given: Option<Vec<String>>,
    before: Option<&Issuer>,
    by: &Caller,
) -> Result<Vec<String>, Odd> {
    match (given, before) {
        (Some(given), _) => {
            let read = Restrictions::parse(&[], &[], &given);
            let read = read.map_err(|error| ("activityPrefixes", error.to_string()))?;
            Ok(read.activities)
        }
        (None, Some(before)) => Ok(before.activities.clone()),
        (None, None) => Ok(by.activity_prefixes.as_deref().unwrap_or_default().to_vec()),
    }
}

/// The prefixes in a column. A list that cannot be read holds nothing that an activity is under.
pub(super) fn prefixes_of(row: &Row<'_>, column: usize) -> rollbook_db::Result<Vec<String>> {
    let text: Option<String> = row.get(column)?;
    let unreadable = || vec![String::new()];
    Ok(text.map_or_else(Vec::new, |text| {
        serde_json::from_str(&text).unwrap_or_else(|_no_list| unreadable())
    }))
}

/// What is wrong with the name of an issuer, and with the place of its keys.
fn odd_urls(iss: &str, jwks_url: &str, anywhere: bool) -> Vec<Odd> {
    let mut faults = Vec::new();
    if iss.len() > URL_BYTES_MAX || !rollbook_xapi::iri::is_iri(iss) {
        // It becomes the home page of the accounts that it vouches for (Data 2.4.2.4).
        faults.push(("issuer", "this is no URL such as https://id.example.com".to_owned()));
    }
    if jwks_url.len() > URL_BYTES_MAX {
        faults.push(("jwksUrl", format!("this has at most {URL_BYTES_MAX} bytes")));
    } else if let Err(why) = permitted(jwks_url, true, anywhere) {
        faults.push(("jwksUrl", why.to_owned()));
    }
    faults
}

/// Tells each member that is wrong once. What is missing is not told as malformed too: it was found
/// first, and the sort is stable.
fn told(mut faults: Vec<Odd>) -> Result<(), Problem> {
    faults.sort_by_key(|(member, _)| *member);
    faults.dedup_by_key(|(member, _)| *member);
    if faults.is_empty() {
        return Ok(());
    }
    let fault = |(member, detail): Odd| Fault { place: Place::Body(format!("#/{member}")), detail };
    Err(Problem::faults(faults.into_iter().map(fault).collect::<Vec<_>>()))
}

/// What is wrong with a short text, if something is.
fn odd_text(member: &'static str, text: &str) -> Option<Odd> {
    let fits = (1..=TEXT_CHARS_MAX).contains(&text.chars().count());
    let what = format!("this has 1 to {TEXT_CHARS_MAX} characters, no control characters");
    (!fits || text.chars().any(char::is_control)).then_some((member, what))
}
