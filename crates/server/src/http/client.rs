//! Where a request comes from.
//!
//! The peer of the socket is the client, unless the operator says that it is a proxy: then the proxy
//! says whom it speaks for, and of that only what trusted proxies added is believed. Anybody can send
//! these headers, so only the one that the proxies set is read, from its end, and each hop by itself:
//! what a client put before it can be anything, and changes nothing.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Hops that are looked at; more are nobody's honest chain of proxies.
const HOPS_MAX: usize = 32;

/// The other end of the connection, in a request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The client's address, in a request's extensions where it is known.
///
/// An IPv4 address that came as IPv6 is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The header by which proxies say whom they speak for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239)
    Forwarded,
}

/// Which proxies are believed. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    trusted: Arc<[IpNet]>,
    header: ProxyHeader,
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self(address.ip().to_canonical())
    }
}

impl Proxies {
    /// Believes peers in these networks about this header.
    pub fn new(trusted: &[IpNet], header: ProxyHeader) -> Self {
        Self { trusted: trusted.into(), header }
    }

    /// The client of a request that came from `peer`.
    ///
    /// None if a trusted proxy speaks for somebody whom it does not name by an address. It is never
    /// the proxy's address then, which may be one that keys are restricted to.
    pub fn client(&self, Peer(peer): Peer, headers: &HeaderMap) -> Option<ClientAddress> {
        if !self.trusts(peer) {
            return Some(ClientAddress(peer));
        }
        let name = match self.header {
            ProxyHeader::XForwardedFor => X_FORWARDED_FOR,
            ProxyHeader::Forwarded => header::FORWARDED,
        };
        // Several fields are one list (RFC 9110 5.3). Each proxy added whom it heard from at the end.
        let fields: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        let hops = fields.iter().rev().flat_map(|field| field.rsplit(|byte| *byte == b','));
        let named = hops.map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty());
        let mut client = peer;
        for hop in named.take(HOPS_MAX) {
            client = self.address(std::str::from_utf8(hop).ok()?)?;
            if !self.trusts(client) {
                break;
            }
        }
        Some(ClientAddress(client))
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    fn address(&self, hop: &str) -> Option<IpAddr> {
        match self.header {
            ProxyHeader::XForwardedFor => address(hop),
            ProxyHeader::Forwarded => {
                let mut pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
                let (_, node) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
                address(node.trim().trim_matches('"'))
            }
        }
    }
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ProxyHeader, peer: &str, fields: &[(&'static str, &str)]) -> String {
        let trusted: Vec<IpNet> =
            ["10.0.0.0/8", "2001:db8::/32"].iter().map(|net| net.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let peer = Peer::from(SocketAddr::new(peer.parse().unwrap(), 1));
        let client = Proxies::new(&trusted, header).client(peer, &headers);
        client.map_or("nobody".to_owned(), |ClientAddress(address)| address.to_string())
    }

    #[test]
    fn only_a_trusted_peer_is_believed_and_only_as_far_as_trust_goes() {
        for (peer, field, expected) in [
            ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "203.0.113.9, unknown", "nobody"),
            ("10.0.0.1", "203.0.113.9, x, 10.0.0.2", "nobody"),
            ("10.0.0.1", "\u{e9}, 203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "203.0.113.9, \u{e9}", "nobody"),
            ("10.0.0.1", "203.0.113.9, ", "203.0.113.9"),
            ("10.0.0.1", ",", "10.0.0.1"),
            ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
            ("2001:db8::1", "[2001:db9::1]:80", "2001:db9::1"),
            ("2001:db8::1", "2001:db9::1", "2001:db9::1"),
            ("10.0.0.1", "", "10.0.0.1"),
        ] {
            let found = client(ProxyHeader::XForwardedFor, peer, &[("x-forwarded-for", field)]);
            assert_eq!(found, expected, "{peer} {field}");
        }
        let two = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(ProxyHeader::XForwardedFor, "10.0.0.1", &two), "203.0.113.9");
    }

    /// RFC 7239 4. A header that the proxies do not set comes from anybody.
    #[test]
    fn one_header_is_read_and_the_other_is_not() {
        for (field, expected) in [
            ("for=203.0.113.9;proto=https", "203.0.113.9"),
            ("for=1.2.3.4, For=\"203.0.113.9:80\";by=10.0.0.1", "203.0.113.9"),
            ("proto=https;for=\"[2001:db9::1]:80\"", "2001:db9::1"),
            ("for=\u{e9}, for=203.0.113.9", "203.0.113.9"),
            ("for=_hidden", "nobody"),
            ("proto=https", "nobody"),
        ] {
            let found = client(ProxyHeader::Forwarded, "10.0.0.1", &[("forwarded", field)]);
            assert_eq!(found, expected, "{field}");
            let found = client(ProxyHeader::XForwardedFor, "10.0.0.1", &[("forwarded", field)]);
            assert_eq!(found, "10.0.0.1", "{field}");
        }
    }
}
