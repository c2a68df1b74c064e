//! Query parameters, read strictly (1.0.3 Communication 3.2).
//!
//! An unknown parameter is refused, so is a known one in the wrong case or given twice: a filter
//! that is silently ignored answers with somebody else's statements.

use crate::error::{Code, Problem, Result};
use crate::http::form;
use rollbook_xapi::version::Version;
use uuid::Uuid;

/// The parameters of one request; all of them are known and each was given once.
#[derive(Debug, Default)]
pub struct Parameters {
    given: Vec<(String, String)>,
}

/// An agent, or an identified group, given as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentParameter {
    /// Its inverse functional identifier, as the record keys it.
    pub key: String,
    /// Whether it is a group.
    pub is_group: bool,
    /// The JSON as it was given.
    pub text: String,
}

impl Parameters {
    /// Reads a query; 400 for what is not among `allowed`.
    pub fn parse(query: &str, allowed: &[&str]) -> Result<Self> {
        let fields = form::fields(query).map_err(|unreadable| {
            unreadable.problem(|| {
                Problem::bad_request(Code::ParameterEncoding, "the query string is not UTF-8")
            })
        })?;
        let mut given: Vec<(String, String)> = Vec::with_capacity(fields.len());
        for form::Field { name, value, raw: _ } in fields {
            if !allowed.contains(&name.as_str()) {
                return Err(unknown(&name, allowed));
            }
            if given.iter().any(|(earlier, _)| *earlier == name) {
                let detail = format!("the parameter `{name}` is given more than once");
                return Err(Problem::bad_request(Code::ParameterRepeated, detail));
            }
            given.push((name, value));
        }
        Ok(Self { given })
    }

    /// Whether no parameter was given.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// The names that were given, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.given.iter().map(|(name, _)| name.as_str())
    }

    /// Whether `name` was given.
    pub fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// The text of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The text of a parameter that must be there.
    pub fn required(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| missing(name))
    }

    /// A UUID, in any form that RFC 4122 gives it with hyphens.
    pub fn uuid(&self, name: &str) -> Result<Option<Uuid>> {
        self.read(name, "a UUID", |text| {
            text.parse().ok().filter(|_| text.len() == uuid::fmt::Hyphenated::LENGTH)
        })
    }

    /// An absolute IRI.
    pub fn iri(&self, name: &str) -> Result<Option<&str>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        if rollbook_xapi::iri::is_iri(text) {
            Ok(Some(text))
        } else {
            Err(invalid(name, "an absolute IRI"))
        }
    }

    /// `true` or `false`; absent means false.
    pub fn flag(&self, name: &str) -> Result<bool> {
        let value = self.read(name, "`true` or `false`", |text| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })?;
        Ok(value.unwrap_or(false))
    }

    /// An integer that is not negative.
    pub fn count(&self, name: &str) -> Result<Option<usize>> {
        self.read(name, "an integer that is not negative", |text| {
            // `+5` parses as a number and is not an integer on the wire.
            text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
        })
    }

    /// One of a few words.
    pub fn word<'a>(
        &'a self,
        name: &str,
        words: &'static [&'static str],
    ) -> Result<Option<&'a str>> {
        match self.text(name) {
            Some(text) if !words.contains(&text) => {
                Err(invalid(name, &format!("one of {}", words.join(", "))))
            }
            text => Ok(text),
        }
    }

    /// A timestamp, as microseconds since 1970 UTC.
    pub fn timestamp(&self, name: &str, version: Version) -> Result<Option<i64>> {
        self.read(name, "a timestamp with a time zone, such as 2026-11-21T07:00:00Z", |text| {
            // A `+` that a client forgot to encode arrives as a space, which no timestamp has.
            let text = text.replace(' ', "+");
            rollbook_xapi::timestamp::parse(&text, version).ok().map(|found| found.micros)
        })
    }

    /// An Agent or an identified Group; the rules that a statement's actor obeys apply.
    pub fn agent(&self, name: &str, version: Version) -> Result<Option<AgentParameter>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let node = rollbook_xapi::json::parse(text).map_err(|malformed| {
            let rollbook_xapi::json::Malformed { offset, message } = malformed;
            let detail = format!("the parameter `{name}` is not JSON: {message} at byte {offset}");
            Problem::bad_request(Code::ParameterInvalid, detail)
        })?;
        let actor = rollbook_xapi::validate::agent(&node, version, "").map_err(|violations| {
            let detail = format!("the parameter `{name}` is not an Agent, see `errors`");
            Problem { violations, ..Problem::bad_request(Code::ParameterInvalid, detail) }
        })?;
        let Some(ifi) = actor.ifi() else { return Err(invalid(name, "identified: it has no IFI")) };
        let (key, is_group) = (ifi.key(), matches!(actor, rollbook_xapi::actor::Actor::Group(_)));
        Ok(Some(AgentParameter { key, is_group, text: text.to_owned() }))
    }

    fn read<T>(
        &self,
        name: &str,
        kind: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        parse(text).map(Some).ok_or_else(|| invalid(name, kind))
    }
}

/// The problem for a parameter that is required and was not given.
pub fn missing(name: &str) -> Problem {
    Problem::bad_request(Code::ParameterMissing, format!("the parameter `{name}` is required"))
}

/// The problem for a parameter that is not of its kind.
pub fn invalid(name: &str, kind: &str) -> Problem {
    Problem::bad_request(Code::ParameterInvalid, format!("the parameter `{name}` must be {kind}"))
}

fn unknown(name: &str, allowed: &[&str]) -> Problem {
    let detail = match allowed.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        Some(known) => format!("the parameter `{name}` must be written `{known}`"),
        None if allowed.is_empty() => format!("there is no parameter `{name}` here, nor any other"),
        None => format!("there is no parameter `{name}` here; there are {}", allowed.join(", ")),
    };
    Problem::bad_request(Code::ParameterUnknown, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &[&str] = &["since", "limit", "verb", "ascending", "registration", "agent"];

    fn parse(query: &str) -> Result<Parameters> {
        Parameters::parse(query, ALLOWED)
    }

    fn code<T: std::fmt::Debug>(result: Result<T>) -> (u16, &'static str) {
        let problem = result.unwrap_err();
        (problem.status.as_u16(), problem.code.name())
    }

    #[test]
    fn an_unknown_parameter_is_refused_by_name() {
        let problem = parse("limit=1&page=2").unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code.name()), (400, "parameter.unknown"));
        assert!(problem.detail.contains("`page`"));
    }

    #[test]
    fn the_wrong_case_is_refused_with_the_right_one() {
        let problem = parse("Limit=1").unwrap_err();
        assert_eq!(problem.detail, "the parameter `Limit` must be written `limit`");
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        assert_eq!(code(parse("limit=1&limit=1")), (400, "parameter.repeated"));
    }

    #[test]
    fn too_many_parameters_are_refused_before_they_are_read() {
        let query = "limit=1&".repeat(form::FIELDS_MAX + 1);
        assert_eq!(code(parse(&query)), (400, "parameter.too_many"));
    }

    #[test]
    fn a_limit_is_an_integer_that_is_not_negative() {
        assert_eq!(parse("limit=0").unwrap().count("limit").unwrap(), Some(0));
        assert_eq!(parse("").unwrap().count("limit").unwrap(), None);
        for text in ["-1", "%2B1", "1.5", "", "x", "99999999999999999999999"] {
            let parameters = parse(&format!("limit={text}")).unwrap();
            assert_eq!(code(parameters.count("limit")), (400, "parameter.invalid"), "{text}");
        }
    }

    #[test]
    fn a_flag_is_true_or_false() {
        assert!(parse("ascending=true").unwrap().flag("ascending").unwrap());
        assert!(!parse("ascending=false").unwrap().flag("ascending").unwrap());
        assert!(!parse("").unwrap().flag("ascending").unwrap());
        for text in ["True", "1", ""] {
            let parameters = parse(&format!("ascending={text}")).unwrap();
            assert_eq!(code(parameters.flag("ascending")), (400, "parameter.invalid"), "{text}");
        }
    }

    #[test]
    fn a_uuid_has_hyphens() {
        let id = "7e4f4b0c-2b41-4d0a-9f3e-1f5b2b3f9a10";
        let parameters = parse(&format!("registration={id}")).unwrap();
        assert_eq!(parameters.uuid("registration").unwrap().unwrap().to_string(), id);
        let parameters = parse(&format!("registration={}", id.replace('-', ""))).unwrap();
        assert_eq!(code(parameters.uuid("registration")), (400, "parameter.invalid"));
    }
}
