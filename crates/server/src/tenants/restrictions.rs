//! What a key is restricted to besides its scopes: where from, on which pages, about what.
//!
//! An empty list restricts nothing. A restriction that cannot be checked, because the request does
//! not say where it comes from, refuses.

use super::Caller;
use crate::error::{Code, Problem};
use ipnet::IpNet;
use rollbook_xapi::violation::Violation;
use std::net::IpAddr;
use std::sync::Arc;

/// Entries of each list.
const ENTRIES_MAX: usize = 100;

/// Bytes of one entry; an identifier of an activity has no more.
const ENTRY_BYTES_MAX: usize = 2_000;

/// The code of refusals about activities.
const FORBIDDEN_ACTIVITY: &str = "auth.activity.forbidden";

/// What a key is restricted to. An empty list restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restrictions {
    /// Networks that it may be used from.
    pub addresses: Vec<IpNet>,
    /// Origins of the pages that it may be used by, as browsers write them.
    pub origins: Vec<String>,
    /// Prefixes of the activities that it may store, read and keep documents about.
    pub activities: Vec<String>,
}

/// Why a restriction cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct RestrictionError {
    /// JSON pointer of the entry, such as `/addresses/0`.
    pub pointer: String,
    /// What is wrong with it.
    pub what: String,
}

/// The activities that a caller may touch. Made from a [`Caller`] only, so that whoever reads or
/// stores something about an activity must know whose request it is.
#[derive(Clone, Debug)]
pub struct Activities(Option<Arc<[String]>>);

impl Restrictions {
    /// Reads the three lists as people write them.
    pub fn parse(
        addresses: &[String],
        origins: &[String],
        activities: &[String],
    ) -> Result<Self, RestrictionError> {
        Ok(Self {
            addresses: entries("addresses", addresses, network)?,
            origins: entries("origins", origins, origin)?,
            activities: entries("activities", activities, prefix)?,
        })
    }

    /// Whether nothing is restricted.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.origins.is_empty() && self.activities.is_empty()
    }

    /// Refuses a request from elsewhere. An address that is not known is elsewhere.
    ///
    /// A key for certain pages is for those only: browsers say where a request comes from, and what
    /// does not say so is refused.
    pub(super) fn admit(
        &self,
        address: Option<IpAddr>,
        origin: Option<&[u8]>,
    ) -> Result<(), Problem> {
        let inside = |ip: IpAddr| self.addresses.iter().any(|network| network.contains(&ip));
        if !self.addresses.is_empty() && !address.is_some_and(inside) {
            let detail = "this key may not be used from this address";
            return Err(Problem::forbidden(Code::AuthAddressForbidden, detail));
        }
        let listed = |origin: &[u8]| {
            self.origins.iter().any(|listed| listed.as_bytes().eq_ignore_ascii_case(origin))
        };
        if !self.origins.is_empty() && !origin.is_some_and(listed) {
            let detail = "this key may be used by pages of certain origins only, and the header \
                          `Origin` names none of them";
            return Err(Problem::forbidden(Code::AuthOriginForbidden, detail));
        }
        Ok(())
    }
}

impl Activities {
    /// Whether every activity may be touched.
    pub fn are_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether an activity may be touched.
    pub fn include(&self, activity: &str) -> bool {
        let Self(Some(prefixes)) = self else { return true };
        prefixes.iter().any(|prefix| is_under(activity, prefix))
    }

    /// What is wrong with touching an activity, if something is. None means no activity at all.
    pub fn violation(&self, activity: Option<&str>, pointer: String) -> Option<Violation> {
        if self.are_all() || activity.is_some_and(|activity| self.include(activity)) {
            return None;
        }
        Some(Violation {
            requirement: FORBIDDEN_ACTIVITY,
            clause: "restrictions of the key",
            pointer,
            message: "this key is restricted to other activities".to_owned(),
            fix: "use a key for this activity, or an activity of this key".to_owned(),
        })
    }

    /// Refuses a request about an activity that may not be touched.
    pub fn admit(&self, activity: &str, pointer: &str) -> Result<(), Problem> {
        match self.violation(Some(activity), pointer.to_owned()) {
            None => Ok(()),
            Some(violation) => Err(forbidden(vec![violation])),
        }
    }
}

impl Caller {
    /// The activities that this caller may touch.
    pub fn activities(&self) -> Activities {
        Activities(self.activity_prefixes.clone())
    }
}

/// The refusal of a request that touches activities of others.
pub fn forbidden(violations: Vec<Violation>) -> Problem {
    let detail = "this key is restricted to certain activities, see `errors`";
    Problem { violations, ..Problem::forbidden(Code::AuthActivityForbidden, detail) }
}

/// Whether an IRI is a prefix, or goes on from it at a boundary: `…/course1` is not under
/// `…/course`.
fn is_under(activity: &str, prefix: &str) -> bool {
    const BOUNDARIES: &[char] = &['/', '#', '?', ':', '=', '&'];
    activity.strip_prefix(prefix).is_some_and(|rest| {
        rest.is_empty() || prefix.ends_with(BOUNDARIES) || rest.starts_with(BOUNDARIES)
    })
}

fn entries<T>(
    list: &str,
    texts: &[String],
    read: fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, RestrictionError> {
    if texts.len() > ENTRIES_MAX {
        let what = format!("a key has at most {ENTRIES_MAX} {list}");
        return Err(RestrictionError { pointer: format!("/{list}"), what });
    }
    let entry = |(index, text): (usize, &String)| {
        let long = || Err(format!("an entry has at most {ENTRY_BYTES_MAX} bytes"));
        let read = if text.len() > ENTRY_BYTES_MAX { long() } else { read(text) };
        read.map_err(|what| RestrictionError { pointer: format!("/{list}/{index}"), what })
    };
    texts.iter().enumerate().map(entry).collect()
}

/// A network in CIDR notation, or one address.
///
/// IPv4 addresses that are written as IPv6 are the IPv4 addresses they stand for.
pub fn network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().or_else(one);
    let network = network
        .ok_or_else(|| format!("{text:?} is no network such as 192.0.2.0/24 or 2001:db8::/32"))?;
    let mapped = match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => {
            v6.addr().to_ipv4_mapped().map(|v4| (v4, v6.prefix_len() - 96))
        }
        _ => None,
    };
    let network = match mapped {
        Some((v4, bits)) => IpNet::new(v4.into(), bits).expect("at most 32 bits are left"),
        None => network,
    };
    Ok(network.trunc())
}

/// An origin as browsers write it (RFC 6454 6.1), or `null`.
fn origin(text: &str) -> Result<String, String> {
    let wrong = || format!("{text:?} is no origin such as https://lms.example.com");
    if text == "null" {
        return Ok(text.to_owned());
    }
    let url = reqwest::Url::parse(text).ok().filter(|url| url.path() == "/");
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
    match url.map(|url| url.origin()) {
        Some(origin) if origin.is_tuple() => Ok(origin.ascii_serialization()),
        _ => Err(wrong()),
    }
}

/// A network that nobody is in: the unspecified address is never a client's.
pub(super) fn nowhere() -> IpNet {
    IpNet::from(IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED))
}

fn prefix(text: &str) -> Result<String, String> {
    if rollbook_xapi::iri::is_iri(text) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is no start of an activity's IRI, such as https://example.com/a/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    fn restricted(addresses: &[&str], origins: &[&str]) -> Restrictions {
        Restrictions::parse(&texts(addresses), &texts(origins), &[]).unwrap()
    }

    #[test]
    fn addresses_of_both_families_and_of_one_written_as_the_other() {
        let key = restricted(&["192.0.2.0/24", "2001:db8::/32", "::ffff:198.51.100.7"], &[]);
        for (address, expected) in [
            ("192.0.2.255", true),
            ("192.0.3.0", false),
            ("2001:db8:1::1", true),
            ("2001:db9::1", false),
            ("198.51.100.7", true),
            ("198.51.100.8", false),
        ] {
            let admitted = key.admit(Some(address.parse().unwrap()), None).is_ok();
            assert_eq!(admitted, expected, "{address}");
        }
        assert_eq!(key.admit(None, None).unwrap_err().code.name(), "auth.address.forbidden");
        assert!(Restrictions::default().admit(None, None).is_ok());
        assert_eq!(network("::ffff:10.1.2.3/104").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(network("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
    }

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        let key = restricted(&[], &["https://LMS.example.com:443/", "http://a.example:81", "null"]);
        assert_eq!(key.origins, ["https://lms.example.com", "http://a.example:81", "null"]);
        for (origin, expected) in [
            (Some("https://lms.example.com"), true),
            (Some("https://lms.example.com:444"), false),
            (Some("https://lms.example.com.evil.example"), false),
            (Some("http://a.example:81"), true),
            (Some("null"), true),
            (None, false),
        ] {
            assert_eq!(key.admit(None, origin.map(str::as_bytes)).is_ok(), expected, "{origin:?}");
        }
    }

    #[test]
    fn a_prefix_ends_at_a_boundary() {
        for (activity, prefix, expected) in [
            ("https://e.com/course", "https://e.com/course", true),
            ("https://e.com/course/1", "https://e.com/course", true),
            ("https://e.com/course#1", "https://e.com/course", true),
            ("https://e.com/course1", "https://e.com/course", false),
            ("https://e.com/course/1", "https://e.com/course/", true),
            ("https://e.com.evil.org/", "https://e.com", false),
            ("https://e.com", "https://e.com/", false),
        ] {
            assert_eq!(is_under(activity, prefix), expected, "{activity} {prefix}");
        }
    }

    #[test]
    fn a_bad_entry_is_named() {
        for (addresses, origins, activities, pointer) in [
            (&["10.0.0.0/8", "x"][..], &[][..], &[][..], "/addresses/1"),
            (&["10.0.0.0/33"], &[], &[], "/addresses/0"),
            (&[], &["lms.example.com"], &[], "/origins/0"),
            (&[], &["https://a.example/path"], &[], "/origins/0"),
            (&[], &["mailto:a@b.example"], &[], "/origins/0"),
            (&[], &[], &["course"], "/activities/0"),
        ] {
            let (a, o, p) = (texts(addresses), texts(origins), texts(activities));
            assert_eq!(Restrictions::parse(&a, &o, &p).unwrap_err().pointer, pointer);
        }
        let full = vec!["10.0.0.1".to_owned(); ENTRIES_MAX];
        assert!(Restrictions::parse(&full, &[], &[]).is_ok());
        let more = vec!["10.0.0.1".to_owned(); ENTRIES_MAX + 1];
        assert_eq!(Restrictions::parse(&more, &[], &[]).unwrap_err().pointer, "/addresses");
        let long = format!("https://e.com/{}", "a".repeat(ENTRY_BYTES_MAX - 14));
        assert!(Restrictions::parse(&[], &[], std::slice::from_ref(&long)).is_ok());
        assert!(Restrictions::parse(&[], &[], &[format!("{long}a")]).is_err());
    }
}
