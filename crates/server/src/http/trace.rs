//! By what a request is found again: in the log, by whoever reports a fault, and across services.
//!
//! `X-Request-Id` is the client's own if it is fit to be logged, or a new UUID. The trace is that of
//! `traceparent` (W3C Trace Context, <https://www.w3.org/TR/trace-context/>), or a new one.

use crate::ids::Ids;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// The header by which a request is found in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that says of which trace a request is part.
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest id that a client may choose for its request, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// The ids of one request; in the extensions of each. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestIds {
    /// The id of the request: visible ASCII.
    pub request: Arc<str>,
    /// The trace that it is part of.
    pub trace: Trace,
}

/// The place of a request in a trace. It reads as the id of the trace: 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The whole trace.
    pub id: u128,
    /// The caller's part of it, if it named one.
    pub parent: Option<u64>,
    /// Whether the caller records its part.
    pub sampled: bool,
}

impl RequestIds {
    /// The ids that the headers name, and new ones for what they do not.
    pub fn of(headers: &HeaderMap, ids: &Ids) -> Self {
        let request = given(headers).map_or_else(|| ids.statement().to_string(), str::to_owned);
        let trace = Trace::of(headers).unwrap_or_else(|| Trace::begin(ids.trace()));
        Self { request: request.into(), trace }
    }

    /// `instance` of a problem; none when the client's id is no UUID.
    pub fn instance(&self) -> Option<String> {
        Uuid::try_parse(&self.request).ok().map(|id| format!("urn:uuid:{id}"))
    }

    /// The value of `X-Request-Id`.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.request).expect("it is visible ASCII")
    }
}

fn given(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_fit = (1..=REQUEST_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(fit);
    is_fit.then_some(text)
}

/// What ids are made of; an address or a name in JSON is none, and no log shall have it.
fn fit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(&byte)
}

impl Trace {
    /// What the caller says. A header that breaks the rules is as good as none (3.2.2).
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACE_PARENT).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        Self::parse(value.to_str().ok()?)
    }

    /// The beginning of a trace.
    fn begin(id: u128) -> Self {
        Self { id, parent: None, sampled: true }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, parent, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = hex(version, 2)?;
        // Later versions may say more, but what we know stays where it is.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let (id, parent, flags) = (hex(trace, 32)?, hex(parent, 16)?, hex(flags, 2)?);
        let parent = u64::try_from(parent).ok().filter(|parent| *parent != 0)?;
        (id != 0).then_some(Self { id, parent: Some(parent), sampled: flags & 1 == 1 })
    }
}

/// The id of the trace, as logs and collectors write it.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.id)
    }
}

/// A number of so many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_hex = text.len() == digits && text.bytes().all(lower);
    if is_hex { u128::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn of(name: HeaderName, value: &str) -> RequestIds {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::try_from(value).unwrap());
        RequestIds::of(&headers, &Ids)
    }

    #[test]
    fn a_valid_trace_is_taken_up() {
        for text in [
            format!("00-{TRACE}-00f067aa0ba902b7-01"),
            format!("cc-{TRACE}-00f067aa0ba902b7-01-what-will-be"),
        ] {
            let trace = of(TRACE_PARENT, &text).trace;
            assert_eq!(trace.to_string(), TRACE, "{text}");
            assert_eq!((trace.parent, trace.sampled), (Some(0x00f0_67aa_0ba9_02b7), true));
        }
        let unsampled = format!("00-{TRACE}-00f067aa0ba902b7-00");
        assert!(!of(TRACE_PARENT, &unsampled).trace.sampled);
    }

    #[test]
    fn any_other_is_replaced_by_a_new_one() {
        let zeros = "0".repeat(32);
        for text in [
            String::new(),
            TRACE.to_owned(),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{zeros}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-00f067aa0ba902b7-1"),
        ] {
            let found = of(TRACE_PARENT, &text).trace;
            assert_eq!((found.parent, found.sampled), (None, true), "{text}");
            let id = found.to_string();
            assert!(id != TRACE && id != zeros && id.len() == 32, "{text}: {id}");
        }
        let mut twice = HeaderMap::new();
        for _ in 0..2 {
            let value = format!("00-{TRACE}-00f067aa0ba902b7-01");
            twice.append(TRACE_PARENT, value.parse().unwrap());
        }
        assert_eq!(RequestIds::of(&twice, &Ids).trace.parent, None);
    }

    #[test]
    fn an_instance_is_a_uuid() {
        let id = "7e4f4b0c-2b41-4d0a-9f3e-1f5b2b3f9a10";
        assert_eq!(of(REQUEST_ID, id).instance(), Some(format!("urn:uuid:{id}")));
        assert_eq!(of(REQUEST_ID, "abc-1").instance(), None);
        assert!(of(REQUEST_ID, "two words").instance().is_some());
    }
}
