//! W3C Trace Context: which trace a request belongs to (<https://www.w3.org/TR/trace-context/>).

use http::HeaderMap;
use std::fmt;

/// The header that carries it.
const HEADER: &str = "traceparent";

/// The place of a request in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The whole trace.
    pub trace: u128,
    /// The caller's part of it, if it named one.
    pub parent: Option<u64>,
    /// Whether the caller records its part.
    pub sampled: bool,
}

impl Trace {
    /// What the caller says. A header that breaks the rules is as good as none (3.2.2).
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        Self::parse(value.to_str().ok()?)
    }

    /// The beginning of a trace with this id.
    pub fn begin(id: &str) -> Option<Self> {
        Some(Self { trace: hex(id, 32)?, parent: None, sampled: true })
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
        let (trace, parent, flags) = (hex(trace, 32)?, hex(parent, 16)?, hex(flags, 2)?);
        let parent = u64::try_from(parent).ok().filter(|parent| *parent != 0)?;
        (trace != 0).then_some(Self { trace, parent: Some(parent), sampled: flags & 1 == 1 })
    }
}

/// The id of the trace, as logs and collectors write it.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.trace)
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

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_names_the_trace() {
        let trace = Trace::parse(GOOD).unwrap();
        assert_eq!(trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.parent, Some(0x00f0_67aa_0ba9_02b7));
        assert!(trace.sampled);
        assert!(!Trace::parse(&GOOD.replace("-01", "-00")).unwrap().sampled);
        assert!(Trace::parse(&GOOD.replace("00-4", "cc-4").replace("-01", "-01-more")).is_some());
    }

    #[test]
    fn what_breaks_the_rules_names_none() {
        for text in [
            "",
            "00",
            &GOOD.to_uppercase(),
            &format!("{GOOD}-more"),
            &GOOD.replace("00-4", "ff-4"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-Ada-Lovelace-01",
        ] {
            assert_eq!(Trace::parse(text), None, "{text}");
        }
        let mut twice = HeaderMap::new();
        for _ in 0..2 {
            twice.append(HEADER, GOOD.parse().unwrap());
        }
        assert_eq!(Trace::of(&twice), None);
    }
}
