//! Values of settings as people write them: `32MiB`, `30s`, `true`.

use crate::tenants::restrictions;
use ipnet::IpNet;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

/// Sizes by their suffix.
const SIZES: &[(&str, u64)] =
    &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("B", 1), ("", 1)];

/// Times by their suffix, in milliseconds. A bare number has no meaning.
const TIMES: &[(&str, u64)] = &[
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// A path.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text.into()) }
}

/// A text that is not empty.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// Names, separated by commas.
#[expect(clippy::unnecessary_wraps, reason = "settings are read by functions that may refuse")]
pub(super) fn names(text: &str) -> Result<Vec<String>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}

/// Networks in CIDR notation, separated by commas.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .map(restrictions::network)
        .collect()
}

/// Origins, separated by commas, as `frame-ancestors` takes them (CSP 3, 2.3.1): scheme and host, with
/// a port if it is not the usual one.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    let origins = text.split(',').map(str::trim).filter(|one| !one.is_empty());
    origins.map(origin).collect()
}

fn origin(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    // What is neither of a host nor of a port could end the directive and begin another.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let is_one = |host: &str| {
        let named = host.strip_prefix("*.").unwrap_or(host);
        !named.is_empty() && named.chars().all(plain)
    };
    let is_origin = host.map(|host| host.strip_suffix('/').unwrap_or(host)).is_some_and(is_one);
    let odd = || format!("{text:?} is not an origin such as https://lms.example.com");
    is_origin.then(|| text.trim_end_matches('/').to_owned()).ok_or_else(odd)
}

/// An address and a port, such as `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or_else(|| format!("{text:?} is not an address and a port, such as 127.0.0.1:8080"))
}

/// An absolute http(s) URL without query and fragment.
pub(super) fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let odd = |c: char| c.is_whitespace() || c.is_control() || "?#\"<>\\^`{|}".contains(c);
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && !rest.contains(odd) => {
            Ok(text.to_owned())
        }
        _ => Err(format!("{text:?} is not a URL such as https://lrs.example.com")),
    }
}

/// A number above 0.
pub(super) fn count<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    let number = text.replace('_', "").parse::<u64>().ok().filter(|number| *number > 0);
    number
        .and_then(|number| N::try_from(number).ok())
        .ok_or_else(|| format!("{text:?} is not a whole number above 0"))
}

/// A number, or 0.
pub(super) fn count_or_none(text: &str) -> Result<u64, String> {
    if text == "0" { Ok(0) } else { count(text) }
}

/// Bytes above 0, such as `65536`, `64KiB`, `1GiB`.
pub(super) fn size<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    scaled(text, SIZES)
        .filter(|bytes| *bytes > 0)
        .and_then(|bytes| N::try_from(bytes).ok())
        .ok_or_else(|| format!("{text:?} is not a size such as 65536, 64KiB, 32MiB or 1GiB"))
}

/// Bytes, or 0.
pub(super) fn size_or_none(text: &str) -> Result<u64, String> {
    if text == "0" { Ok(0) } else { size(text) }
}

/// A time above 0, such as `250ms`, `30s`, `5m`, `90d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    scaled(text, TIMES)
        .filter(|millis| *millis > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| format!("{text:?} is not a time such as 250ms, 30s, 5m, 12h, 90d or 2w"))
}

/// A time, or 0.
pub(super) fn duration_or_none(text: &str) -> Result<Duration, String> {
    if text == "0" { Ok(Duration::ZERO) } else { duration(text) }
}

/// A number from 0 to 1.
pub(super) fn ratio(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| format!("{text:?} is not a number from 0 to 1"))
}

/// A name in one line.
pub(super) fn name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && !text.contains(char::is_control);
    fits.then(|| text.to_owned()).ok_or_else(|| "it is empty or has more than one line".to_owned())
}

/// A time of whole seconds.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let time = duration(text)?;
    if time.subsec_millis() == 0 {
        Ok(time.as_secs())
    } else {
        Err(format!("{text:?} is not a whole number of seconds"))
    }
}

/// `true` or `false`.
pub(super) fn truth(text: &str) -> Result<bool, String> {
    text.parse().ok().ok_or_else(|| format!("{text:?} is neither true nor false"))
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.replace('_', "").parse().ok()?;
    let (_, factor) = units.iter().find(|(known, _)| *known == unit.trim_start())?;
    number.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let bytes = ["1", "1B", "64KiB", "32 MiB", "1_000", "2TiB"].map(size::<u64>);
        assert_eq!(bytes.map(Result::unwrap), [1, 1, 64 << 10, 32 << 20, 1_000, 2 << 40]);
        for text in ["", "0", "-1", "MiB", "1MB", "1.5GiB", "99999999TiB", "1 2"] {
            assert!(size::<u64>(text).is_err(), "{text:?}");
        }
        assert!(size::<u32>("4GiB").is_err(), "more than fits");
    }

    #[test]
    fn times_are_read() {
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(duration("90d").unwrap(), Duration::from_hours(90 * 24));
        for text in ["", "0s", "30", "-1s", "s", "1y", "999999999999999w"] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn origins_are_read() {
        let read = origins("https://lms.example.com, http://[::1]:81/,https://*.example.org");
        let expected = ["https://lms.example.com", "http://[::1]:81", "https://*.example.org"];
        assert_eq!(read.unwrap(), expected);
        for text in ["*", "lms.example.com", "https://", "https://*.", "https://a/b", "https://a;b"]
        {
            assert!(origins(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn counts_urls_and_addresses_are_read() {
        assert_eq!(count::<u32>("4_000"), Ok(4_000));
        assert!(["0", "-1", "x", "4294967296"].map(count::<u32>).iter().all(Result::is_err));
        assert!(url("https://lrs.example.com/base").is_ok());
        let bad =
            ["lrs.example.com", "http://", "http:///x", "https://a b", "https://a?b", "ftp://a"];
        assert!(bad.map(url).iter().all(Result::is_err));
        assert!(address("[::1]:80").is_ok());
        assert!(["8080", "127.0.0.1", ""].map(address).iter().all(Result::is_err));
    }
}
