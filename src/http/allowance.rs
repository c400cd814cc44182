//! How often somebody may do what fills the disk.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use moka::sync::Cache;

use super::AppState;

/// The time for which an allowance is given.
const HOUR: Duration = Duration::from_hours(1);
/// Visitors that are kept in mind at most.
const MAX_VISITORS: u64 = 10_000;
/// Where programs that pass requests on say for whom.
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address from which a connection came, as the program that took it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// From where a request comes: whoever sends many is known by this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(pub String);

impl FromRequestParts<AppState> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Self::Rejection> {
        let peer: Option<&Peer> = parts.extensions.get();
        let address = peer.map(|peer| for_whom(peer.0, &parts.headers));
        Ok(Self(address.map_or_else(String::new, network)))
    }
}

/// Who asks: the peer, or for whom it asks where it is a program of the same machine. Others could say
/// whatever they like, so behind a proxy on another machine all visitors are one.
fn for_whom(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let said = headers
        .get_all(FORWARDED)
        .into_iter()
        .next_back()
        .and_then(|list| address(list.to_str().ok()?.rsplit(',').next()?.trim()));
    // A service that listens to IPv6 is told of IPv4 peers by addresses of IPv6.
    said.filter(|_| peer.to_canonical().is_loopback())
        .unwrap_or(peer)
}

/// An address as proxies write it: some with the port, and then those of IPv6 in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    bare.unwrap_or(text).parse().ok().or_else(with_port)
}

/// An address as one visitor has it: of IPv6 anybody gets 2⁸⁰ for the asking.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => Ipv6Addr::from(address.to_bits() >> 80 << 80).to_string(),
    }
}

/// What each has used of so many an hour.
pub struct Allowance(Cache<String, (u32, Instant)>);

impl Default for Allowance {
    fn default() -> Self {
        let used = Cache::builder()
            .max_capacity(MAX_VISITORS)
            .time_to_idle(HOUR);
        Self(used.build())
    }
}

impl Allowance {
    /// Takes one of the `most` that somebody has in an hour.
    ///
    /// # Errors
    /// After how long there will be another, where all are used.
    pub fn take(&self, who: String, most: u32, now: Instant) -> Result<(), Duration> {
        let mut wait = None;
        self.0
            .entry(who)
            .and_upsert_with(|entry| match entry.map(moka::Entry::into_value) {
                Some((used, since)) if now < since + HOUR => {
                    if used >= most {
                        wait = Some(since + HOUR - now);
                        return (used, since);
                    }
                    (used + 1, since)
                }
                _ => (1, now),
            });
        wait.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_is_used_up_and_given_again() {
        let allowance = Allowance::default();
        let start = Instant::now();
        let take = |who: &str, now| allowance.take(who.to_owned(), 2, now);
        let soon = start + HOUR / 4;
        assert_eq!(take("a", start), Ok(()));
        assert_eq!(take("a", soon), Ok(()));
        assert_eq!(take("a", soon), Err(HOUR * 3 / 4));
        assert_eq!(take("b", soon), Ok(()));
        assert_eq!(take("a", start + HOUR), Ok(()));
    }

    #[test]
    fn a_port_is_no_part_of_who_asks() {
        for (said, visitor) in [
            ("1.2.3.4:567", "1.2.3.4"),
            ("1.2.3.4", "1.2.3.4"),
            ("[2001:db8:1:2::7]:567", "2001:db8:1::"),
            ("[2001:db8:1:2::7]", "2001:db8:1::"),
            ("2001:db8:1:2::7", "2001:db8:1::"),
            ("1.2.3.4:99999", "127.0.0.1"),
            ("[1.2.3.4", "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(FORWARDED, said.parse().unwrap());
            let peer = IpAddr::V4([127, 0, 0, 1].into());
            assert_eq!(network(for_whom(peer, &headers)), visitor, "{said}");
        }
    }

    #[test]
    fn only_this_machine_may_say_for_whom_it_asks() {
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED, "9.9.9.9".parse().unwrap());
        headers.append(FORWARDED, "8.8.8.8, 2001:db8:1:2::7".parse().unwrap());
        let of = |peer: &str| network(for_whom(peer.parse().unwrap(), &headers));
        for own in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(of(own), "2001:db8:1::", "{own}");
        }
        assert_eq!(of("10.0.0.9"), "10.0.0.9");
        assert_eq!(of("::ffff:10.0.0.9"), "10.0.0.9");
        headers.insert(FORWARDED, "unknown".parse().unwrap());
        assert_eq!(
            for_whom(IpAddr::V4([127, 0, 0, 1].into()), &headers),
            IpAddr::V4([127, 0, 0, 1].into())
        );
    }
}
