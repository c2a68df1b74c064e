//! By what a request is found again: in the log, by whoever reports a fault, and across services.
//!
//! `X-Request-Id` is the client's own if it is fit to be logged, or a new UUID. The trace is that of
//! `traceparent` (W3C Trace Context), or a new one.

use crate::ids::Ids;
use http::{HeaderMap, HeaderName, HeaderValue};
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
    /// The id of its trace: 32 lower case hexadecimal digits.
    pub trace: Arc<str>,
}

impl RequestIds {
    /// The ids that the headers name, and new ones for what they do not.
    pub fn of(headers: &HeaderMap, ids: &Ids) -> Self {
        let request = given(headers).map_or_else(|| ids.statement().to_string(), str::to_owned);
        let trace = trace(headers).map_or_else(|| format!("{:032x}", ids.trace()), str::to_owned);
        Self { request: request.into(), trace: trace.into() }
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

/// The trace id of a `traceparent` that is valid (W3C Trace Context 3.2.2).
fn trace(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(TRACE_PARENT).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let mut fields = value.to_str().ok()?.split('-');
    let (version, trace) = (fields.next()?, fields.next()?);
    let (parent, flags) = (fields.next()?, fields.next()?);
    let is_hex = |field: &str, length: usize| {
        field.len() == length && field.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_set = |field: &str| field.bytes().any(|byte| byte != b'0');
    let is_valid = is_hex(version, 2)
        && version != "ff"
        && (version != "00" || fields.next().is_none())
        && (is_hex(trace, 32) && is_set(trace))
        && (is_hex(parent, 16) && is_set(parent))
        && is_hex(flags, 2);
    is_valid.then_some(trace)
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
            assert_eq!(&*of(TRACE_PARENT, &text).trace, TRACE, "{text}");
        }
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
            assert!(&*found != TRACE && found.len() == 32, "{text}: {found}");
            assert_ne!(&*found, zeros);
        }
    }

    #[test]
    fn an_instance_is_a_uuid() {
        let id = "7e4f4b0c-2b41-4d0a-9f3e-1f5b2b3f9a10";
        assert_eq!(of(REQUEST_ID, id).instance(), Some(format!("urn:uuid:{id}")));
        assert_eq!(of(REQUEST_ID, "abc-1").instance(), None);
        assert!(of(REQUEST_ID, "two words").instance().is_some());
    }
}
