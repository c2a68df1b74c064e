//! Fetching an issuer's keys, from where they may be fetched.
//!
//! The operator's own issuer may be anywhere that HTTPS reaches, or on this machine. A tenant's may
//! only be at a public address: what is inside the operator's network is none of a tenant's business
//! (server-side request forgery). Nobody is sent elsewhere by a redirect.

use crate::limits::Limits;
use anyhow::{Context as _, Result, anyhow, ensure};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Fetches documents of keys.
pub(super) struct Fetch {
    anywhere: bool,
    bytes_max: usize,
    within: Duration,
    open: OnceLock<Client>,
    guarded: OnceLock<Client>,
}

/// Resolves names to public addresses only.
struct PublicOnly;

impl Fetch {
    pub(super) fn new(anywhere: bool, limits: &Limits) -> Self {
        Self {
            anywhere,
            bytes_max: limits.jwks_bytes_max,
            within: Duration::from_secs(limits.jwks_seconds_max),
            open: OnceLock::new(),
            guarded: OnceLock::new(),
        }
    }

    /// The document at `url`.
    pub(super) async fn get(&self, url: &str, guarded: bool) -> Result<Vec<u8>> {
        let url = permitted(url, guarded, self.anywhere).map_err(|why| anyhow!(why))?;
        let plain = reqwest::Error::without_url;
        let answer = self.client(guarded)?.get(url).send().await.map_err(plain)?;
        let mut answer = answer.error_for_status().map_err(plain)?;
        ensure!(answer.status() == 200, "the issuer answered {}", answer.status());
        let mut text = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(plain)? {
            let bytes = text.len() + chunk.len();
            ensure!(bytes <= self.bytes_max, "the keys have more than {} bytes", self.bytes_max);
            text.extend_from_slice(&chunk);
        }
        Ok(text)
    }

    /// Made at first use: most servers fetch nothing, and root certificates take time to load.
    fn client(&self, guarded: bool) -> Result<&Client> {
        let guarded = guarded && !self.anywhere;
        let place = if guarded { &self.guarded } else { &self.open };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        let client =
            Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(self.within);
        let client = if guarded { client.dns_resolver(Arc::new(PublicOnly)) } else { client };
        let client = client.build().context("making an HTTP client")?;
        Ok(place.get_or_init(|| client))
    }
}

/// An address from which keys may be fetched; `guarded` if a tenant names it.
pub(in crate::tenants) fn permitted(
    url: &str,
    guarded: bool,
    anywhere: bool,
) -> Result<Url, &'static str> {
    let url = Url::parse(url).ok().ok_or("this is no URL such as https://id.example.com/jwks")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an issuer's keys are public: leave user and password out");
    }
    let host = url.host_str().ok_or("this URL names no host")?;
    let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let loopback = host == "localhost" || literal.is_some_and(|ip| ip.to_canonical().is_loopback());
    let secure = match url.scheme() {
        "https" => true,
        "http" => anywhere || loopback && !guarded,
        _ => false,
    };
    if !secure {
        return Err("keys are fetched over https only");
    }
    if guarded && !anywhere && (host == "localhost" || literal.is_some_and(|ip| !is_public(ip))) {
        return Err("keys are fetched from public addresses only");
    }
    Ok(url)
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name has no public address".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is reachable by everybody (the registries of RFC 6890, the coarse way).
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = (a, b, c) == (192, 0, 0);
    let benchmarks = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 240
        || shared
        || protocols
        || benchmarks
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation())
}

/// Global unicast is `2000::/3`; what is in it and stands for an IPv4 address is judged by that one.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, third, ..] = ip.segments();
    let documentation = first == 0x2001 && second == 0xdb8 || first == 0x3fff;
    let special = first == 0x2001 && second < 0x200;
    let [a, b] = second.to_be_bytes();
    let [c, d] = third.to_be_bytes();
    let relayed = first == 0x2002 && !is_public_v4(Ipv4Addr::new(a, b, c, d));
    first & 0xe000 == 0x2000 && !documentation && !special && !relayed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_reaches_public_addresses_only() {
        for (ip, expected) in [
            ("8.8.8.8", true),
            ("100.63.0.1", true),
            ("2606:4700::1111", true),
            ("2002:0808:0808::1", true),
            ("0.0.0.0", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("192.0.0.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("2001:db8::1", false),
            ("2001::1", false),
            ("2002:0a00:0001::1", false),
            ("fc00::1", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), expected, "{ip}");
        }
    }

    #[test]
    fn an_address_is_judged_by_who_names_it() {
        for (url, operator, tenant) in [
            ("https://id.example.com/jwks", true, true),
            ("https://8.8.8.8/jwks", true, true),
            ("https://10.0.0.1/jwks", true, false),
            ("https://[::1]/jwks", true, false),
            ("https://localhost/jwks", true, false),
            ("http://127.0.0.1:81/jwks", true, false),
            ("http://localhost/jwks", true, false),
            ("http://id.example.com/jwks", false, false),
            ("https://u:p@id.example.com/jwks", false, false),
            ("file:///etc/passwd", false, false),
            ("jwks", false, false),
        ] {
            assert_eq!(permitted(url, false, false).is_ok(), operator, "{url} by the operator");
            assert_eq!(permitted(url, true, false).is_ok(), tenant, "{url} by a tenant");
        }
        assert!(permitted("http://10.0.0.1/jwks", true, true).is_ok(), "where it is allowed");
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_not_resolved_for_a_tenant() {
        let name: Name = "localhost".parse().unwrap();
        assert!(PublicOnly.resolve(name).await.is_err());
    }
}
