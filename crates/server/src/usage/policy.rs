//! The policies that bind one request, and the headers that tell of them.
//!
//! `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers has them: lists of
//! strings with parameters (RFC 9651). Statements are no registered unit, so their policy says so
//! with a parameter of our own. Older clients find the tightest policy in `X-RateLimit-*`.

use super::allowance::{Allowance, Measure};
use super::bucket::{Level, Rate};
use super::meters::{Meters, Subject};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Write as _;

/// What a request does, as far as limits care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Stores statements.
    Store,
    /// Queries statements.
    Query,
    /// Takes a package, of which the size is bounded by the quota and the number at a time.
    Import,
    /// Anything else.
    Other,
}

/// Where packages are sent to.
const IMPORTS: &[&str] = &["/api/v1/courses", "/api/v1/course"];

/// One limit that binds a request.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) subject: Subject,
    pub(super) measure: Measure,
    /// What this process may admit.
    pub(super) most: u64,
}

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");
const OLD_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const OLD_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const OLD_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

impl Kind {
    /// What a request to this endpoint does.
    pub(super) fn of(method: &str, path: &str) -> Self {
        match (method, path.contains("/xapi/statements")) {
            ("GET", true) => Self::Query,
            (_, true) => Self::Store,
            ("POST", _) if IMPORTS.contains(&path) => Self::Import,
            _ => Self::Other,
        }
    }

    /// What is counted of it, besides that it is under way.
    fn measures(self) -> &'static [Measure] {
        match self {
            Self::Store => &[Measure::Statements, Measure::Bytes],
            Self::Query => &[Measure::Queries, Measure::Bytes],
            Self::Import => &[Measure::Requests],
            Self::Other => &[Measure::Requests, Measure::Bytes],
        }
    }
}

impl Policy {
    /// What binds a request of this kind; each of `nodes` processes enforces its share.
    pub(super) fn all(kind: Kind, subjects: &[(Subject, Allowance)], nodes: u64) -> Vec<Self> {
        let measures = kind.measures().iter().copied().chain([Measure::Concurrent]);
        let of = |measure| {
            subjects.iter().filter_map(move |(subject, allowance)| {
                let most = allowance.of(measure)?.div_ceil(nodes.max(1));
                Some(Self { subject: subject.clone(), measure, most })
            })
        };
        measures.flat_map(of).collect()
    }

    /// The rate, if this is one.
    pub(super) fn rate(&self) -> Option<Rate> {
        let window = self.measure.window_micros()?;
        Some(Rate { quota: self.most, window })
    }

    /// Its name on the wire.
    pub(super) fn name(&self) -> String {
        format!("{}-{}", self.subject.word(), self.measure.word())
    }

    /// Where it stands.
    pub(super) fn level(&self, meters: &Meters, now: i64) -> Level {
        match self.rate() {
            Some(rate) => meters.level(&self.subject, self.measure, rate, now),
            None => Level {
                remaining: self.most.saturating_sub(meters.under_way(&self.subject)),
                reset: 0,
            },
        }
    }
}

/// Whole seconds, at least one: what `Retry-After` says.
pub(super) fn seconds(micros: u64) -> u64 {
    micros.div_ceil(1_000_000).max(1)
}

/// Tells of every policy that bound a request, and where it stands now.
pub(super) fn tell(headers: &mut HeaderMap, policies: &[Policy], meters: &Meters, now: i64) {
    let (mut policy_text, mut state_text) = (String::new(), String::new());
    let mut tightest: Option<(&Policy, Level)> = None;
    for policy in policies {
        let level = policy.level(meters, now);
        let comma = if policy_text.is_empty() { "" } else { ", " };
        let (name, most) = (policy.name(), policy.most);
        let unit = match policy.measure {
            Measure::Statements => ";lrs-unit=\"statements\"",
            Measure::Bytes => ";qu=\"content-bytes\"",
            Measure::Concurrent => ";qu=\"concurrent-requests\"",
            Measure::Queries | Measure::Requests | Measure::Storage => "",
        };
        write!(policy_text, "{comma}\"{name}\";q={most}{unit}").expect("a String takes any text");
        write!(state_text, "{comma}\"{name}\";r={}", level.remaining)
            .expect("a String takes any text");
        if let Some(window) = policy.measure.window_micros() {
            write!(policy_text, ";w={}", window / 1_000_000).expect("a String takes any text");
            write!(state_text, ";t={}", level.reset.div_ceil(1_000_000))
                .expect("a String takes any text");
            let tighter = tightest.is_none_or(|(other, found)| {
                u128::from(level.remaining) * u128::from(other.most)
                    < u128::from(found.remaining) * u128::from(policy.most)
            });
            if tighter {
                tightest = Some((policy, level));
            }
        }
    }
    if policy_text.is_empty() {
        return;
    }
    let value = |text: String| HeaderValue::try_from(text).expect("names and numbers are ASCII");
    headers.insert(POLICY, value(policy_text));
    headers.insert(STATE, value(state_text));
    if let Some((policy, level)) = tightest {
        headers.insert(OLD_LIMIT, HeaderValue::from(policy.most));
        headers.insert(OLD_REMAINING, HeaderValue::from(level.remaining));
        headers.insert(OLD_RESET, HeaderValue::from(level.reset.div_ceil(1_000_000)));
    }
}
