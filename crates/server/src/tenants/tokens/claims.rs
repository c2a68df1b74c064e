//! What a token says (RFC 7519 4.1), before and after its signature was checked.

use super::super::Scopes;
use super::Refusal;
use crate::config::Jwt;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

/// Characters of a subject: what OpenID Connect Core 2 allows.
const SUBJECT_CHARS_MAX: usize = 255;

const MICROS: f64 = 1e6;

/// How a token's times are measured, in microseconds.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// How far clocks may differ.
    pub(super) leeway: i64,
    /// How long a token is good after it was issued, whatever it says itself.
    pub(super) max_age: Option<i64>,
}

/// A token's claims.
pub(super) struct Claims(pub(super) Map<String, Value>);

/// What a token says of itself. Nothing of it is believed: it only tells which issuer to ask.
pub(super) struct Unverified {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    pub(super) iss: String,
    pub(super) claims: Claims,
}

impl Unverified {
    /// Reads a token; none if it is none, or asks for something that is not known here.
    ///
    /// `none` is no algorithm that could be read. A header with `crit` asks for an extension that
    /// must be understood (RFC 7515 4.1.11), and none is.
    pub(super) fn read(token: &str) -> Option<Self> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
            return None;
        }
        let claims: Map<String, Value> =
            jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
        let iss = claims.get("iss")?.as_str()?.to_owned();
        Some(Self { algorithm: header.alg, kid: header.kid, iss, claims: Claims(claims) })
    }
}

impl Times {
    /// As the settings say; a greatest age of 0 is none.
    pub(super) fn of(settings: &Jwt) -> anyhow::Result<Self> {
        let max_age = Some(settings.max_age).filter(|age| !age.is_zero());
        Ok(Self {
            leeway: settings.leeway.as_micros().try_into()?,
            max_age: max_age.map(|age| age.as_micros().try_into()).transpose()?,
        })
    }
}

impl Claims {
    /// Whether a token that was signed is one of this issuer, for this audience, and good now.
    pub(super) fn hold(
        &self,
        iss: &str,
        audience: &str,
        times: Times,
        now: i64,
    ) -> Result<(), Refusal> {
        if self.text("iss") != Some(iss) {
            return Err(Refusal::Unknown);
        }
        if !self.is_for(audience) {
            return Err(Refusal::Told("this token is for another audience"));
        }
        if self.issued(times)?.is_some_and(|issued| issued > now.saturating_add(times.leeway)) {
            return Err(Refusal::Told("this token is not good yet"));
        }
        if self.expires(times)? <= now {
            return Err(Refusal::Told("this token has expired"));
        }
        match self.get("nbf").map(micros) {
            None => Ok(()),
            Some(Some(start)) if start.saturating_sub(times.leeway) <= now => Ok(()),
            Some(_) => Err(Refusal::Told("this token is not good yet")),
        }
    }

    /// When it ends, in microseconds since 1970 UTC, the leeway included: when it says, or when it is
    /// too old.
    pub(super) fn expires(&self, times: Times) -> Result<i64, Refusal> {
        let end = self.get("exp").and_then(micros);
        let end = end.ok_or(Refusal::Told("this token does not say when it expires"))?;
        let old = self.issued(times)?.zip(times.max_age);
        let end = old.map_or(end, |(issued, age)| end.min(issued.saturating_add(age)));
        Ok(end.saturating_add(times.leeway))
    }

    /// When it was issued, if that matters: then it must say so.
    fn issued(&self, times: Times) -> Result<Option<i64>, Refusal> {
        if times.max_age.is_none() {
            return Ok(None);
        }
        let issued = self.get("iat").and_then(micros);
        issued.map(Some).ok_or(Refusal::Told("this token does not say when it was issued"))
    }

    /// Whether the audience is among those that it is for.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        match self.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        }
    }

    /// Who it is to the issuer.
    pub(super) fn subject(&self, claim: &str) -> Result<&str, Refusal> {
        let fits = |subject: &&str| {
            (1..=SUBJECT_CHARS_MAX).contains(&subject.chars().count())
                && !subject.chars().any(char::is_control)
        };
        let told = Refusal::Told("this token does not say whom it stands for");
        self.text(claim).filter(fits).ok_or(told)
    }

    /// What it may do: names in one text or in a list. Others' scopes mean nothing here.
    pub(super) fn scopes(&self, claim: &str) -> Scopes {
        match self.get(claim) {
            Some(Value::String(names)) => {
                Scopes::known_of(names.split(|c: char| c == ',' || c.is_whitespace()))
            }
            Some(Value::Array(names)) => Scopes::known_of(names.iter().filter_map(Value::as_str)),
            _ => Scopes::NONE,
        }
    }

    /// The text of a claim.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.get(claim)?.as_str()
    }

    /// A claim by its name, or by a JSON pointer for one that lies deeper.
    fn get(&self, claim: &str) -> Option<&Value> {
        match claim.strip_prefix('/') {
            None => self.0.get(claim),
            Some(path) => {
                let (first, rest) = path
                    .split_once('/')
                    .map_or((path, None), |(first, rest)| (first, Some(format!("/{rest}"))));
                let outer = self.0.get(&first.replace("~1", "/").replace("~0", "~"))?;
                rest.map_or(Some(outer), |rest| outer.pointer(&rest))
            }
        }
    }
}

/// A `NumericDate` (RFC 7519 2) in microseconds.
fn micros(value: &Value) -> Option<i64> {
    let seconds = value.as_f64().filter(|seconds| seconds.is_finite())?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
    let micros = (seconds * MICROS) as i64;
    Some(micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EXACT: Times = Times { leeway: 0, max_age: None };

    fn claims(value: Value) -> Claims {
        let Value::Object(map) = value else { unreachable!("claims are an object") };
        Claims(map)
    }

    #[test]
    fn scopes_come_as_text_or_list_and_unknown_ones_mean_nothing() {
        for (value, expected) in [
            (json!("all/read  state openid"), "state,all/read"),
            (json!("state,define"), "state,define"),
            (json!(["all", "admin", 7, "email"]), "all,admin"),
            (json!("openid"), ""),
            (json!(7), ""),
        ] {
            let found = claims(json!({ "scope": value })).scopes("scope").to_string();
            assert_eq!(found, expected);
        }
        let deep = claims(json!({ "a": { "b/c": ["state"] } }));
        assert_eq!(deep.scopes("/a/b~1c").to_string(), "state");
        assert_eq!(deep.scopes("/a/x").to_string(), "");
    }

    #[test]
    fn times_have_a_leeway_and_its_edge() {
        let token = claims(json!({ "iss": "i", "aud": ["x", "a"], "exp": 100, "nbf": 50.5 }));
        let told =
            |now: i64| token.hold("i", "a", Times { leeway: 10_000_000, max_age: None }, now);
        assert_eq!(told(40_499_999), Err(Refusal::Told("this token is not good yet")));
        assert_eq!(told(40_500_000), Ok(()));
        assert_eq!(told(109_999_999), Ok(()));
        assert_eq!(told(110_000_000), Err(Refusal::Told("this token has expired")));
        assert_eq!(token.hold("j", "a", EXACT, 60_000_000), Err(Refusal::Unknown));
        let other = token.hold("i", "b", EXACT, 60_000_000);
        assert_eq!(other, Err(Refusal::Told("this token is for another audience")));
    }

    #[test]
    fn a_token_is_as_old_as_it_may_be_and_no_older() {
        let times = Times { leeway: 10_000_000, max_age: Some(100_000_000) };
        let told = |token: Value, now: i64| claims(token).hold("i", "a", times, now);
        let token = || json!({ "iss": "i", "aud": "a", "iat": 50, "exp": 1_000_000 });
        assert_eq!(told(token(), 39_999_999), Err(Refusal::Told("this token is not good yet")));
        assert_eq!(told(token(), 40_000_000), Ok(()));
        assert_eq!(told(token(), 159_999_999), Ok(()));
        assert_eq!(told(token(), 160_000_000), Err(Refusal::Told("this token has expired")));
        let without = Refusal::Told("this token does not say when it was issued");
        for iat in [Value::Null, json!("50")] {
            let token = json!({ "iss": "i", "aud": "a", "iat": iat, "exp": 1_000 });
            assert_eq!(told(token, 60_000_000), Err(without));
        }
    }

    #[test]
    fn what_is_missing_or_odd_is_refused() {
        for (value, good) in [
            (json!({ "iss": "i", "aud": "a", "exp": 100 }), true),
            (json!({ "iss": "i", "aud": "a" }), false),
            (json!({ "iss": "i", "aud": "a", "exp": "100" }), false),
            (json!({ "iss": "i", "exp": 100 }), false),
            (json!({ "aud": "a", "exp": 100 }), false),
            (json!({ "iss": "i", "aud": "a", "exp": 100, "nbf": "0" }), false),
            (json!({ "iss": "i", "aud": "a", "exp": 1e300 }), true),
        ] {
            let told = value.to_string();
            assert_eq!(claims(value).hold("i", "a", EXACT, 1).is_ok(), good, "{told}");
        }
        for (subject, good) in [
            (json!("ada"), true),
            (json!(""), false),
            (json!("a\nb"), false),
            (json!("a".repeat(255)), true),
            (json!("a".repeat(256)), false),
            (json!(7), false),
        ] {
            let found = claims(json!({ "sub": subject }));
            assert_eq!(found.subject("sub").is_ok(), good);
        }
    }
}
