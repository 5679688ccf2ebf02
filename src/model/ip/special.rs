//! Address space that no exchange sees a request come from, after the registries of special-purpose addresses
//! (RFC 6890 and its successors).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::range::IpRange;

/// What kind of special address space a range lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Special {
    /// Private networks: RFC 1918, `fc00::/7`, and the site-local `fec0::/10` before it.
    Private,
    /// The machine itself: `127.0.0.0/8`, `::1`.
    Loopback,
    /// One cable: `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// Shared by a provider's customers behind its NAT (CGNAT): `100.64.0.0/10`.
    Shared,
    /// Groups, never a source: `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// Set aside and never a source on the internet: "this network", protocol assignments, benchmarks, discard-only,
    /// future use.
    Reserved,
    /// For examples in documents.
    Documentation,
}

impl Special {
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Shared => "shared",
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
            Self::Documentation => "documentation",
        }
    }

    /// The space that the whole of `range` lies in. A range that is wider than such a space is not special: `0.0.0.0/1`
    /// holds private addresses and half the internet.
    pub fn of(range: IpRange) -> Option<Self> {
        let inside = |network: IpAddr, prefix| IpRange::network(network, prefix).is_some_and(|n| n.contains(range));
        let v4 = V4.iter().find(|&&([a, b, c, d], prefix, _)| inside(Ipv4Addr::new(a, b, c, d).into(), prefix));
        let v6 = V6.iter().find(|&&(network, prefix, _)| inside(Ipv6Addr::from(network).into(), prefix));
        v4.map(|s| s.2).or(v6.map(|s| s.2))
    }
}

const V4: &[([u8; 4], u8, Special)] = &[
    ([10, 0, 0, 0], 8, Special::Private),
    ([172, 16, 0, 0], 12, Special::Private),
    ([192, 168, 0, 0], 16, Special::Private),
    ([127, 0, 0, 0], 8, Special::Loopback),
    ([169, 254, 0, 0], 16, Special::LinkLocal),
    ([100, 64, 0, 0], 10, Special::Shared),
    ([224, 0, 0, 0], 4, Special::Multicast),
    ([192, 0, 2, 0], 24, Special::Documentation),
    ([198, 51, 100, 0], 24, Special::Documentation),
    ([203, 0, 113, 0], 24, Special::Documentation),
    ([0, 0, 0, 0], 8, Special::Reserved),
    ([192, 0, 0, 0], 24, Special::Reserved),
    ([198, 18, 0, 0], 15, Special::Reserved),
    ([240, 0, 0, 0], 4, Special::Reserved),
];

const V6: &[([u16; 8], u8, Special)] = &[
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Special::Private),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Special::Private),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Special::Loopback),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Special::LinkLocal),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Special::Multicast),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Special::Documentation),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Special::Documentation),
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, Special::Reserved),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, Special::Reserved),
    ([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, Special::Reserved),
];

#[cfg(test)]
mod tests {
    use super::super::IpEntry;
    use super::*;

    #[test]
    fn a_range_is_special_when_all_of_it_is() {
        for (written, expected) in [
            ("10.0.0.1", Some(Special::Private)),
            ("10.0.0.0/8", Some(Special::Private)),
            ("10.0.0.0/7", None),
            ("172.31.255.255", Some(Special::Private)),
            ("172.32.0.0", None),
            ("192.168.7.0/24", Some(Special::Private)),
            ("127.0.0.1", Some(Special::Loopback)),
            ("169.254.169.254", Some(Special::LinkLocal)),
            ("100.64.0.1", Some(Special::Shared)),
            ("100.127.255.255", Some(Special::Shared)),
            ("100.128.0.0", None),
            ("239.1.2.3", Some(Special::Multicast)),
            ("255.255.255.255", Some(Special::Reserved)),
            ("0.1.2.3", Some(Special::Reserved)),
            ("198.19.0.1", Some(Special::Reserved)),
            ("192.0.2.44", Some(Special::Documentation)),
            ("198.51.100.0/24", Some(Special::Documentation)),
            ("203.0.113.0/25", Some(Special::Documentation)),
            ("203.0.112.0/23", None),
            ("0.0.0.0/1", None),
            ("0.0.0.0/0", None),
            ("*", None),
            ("51.158.10.20", None),
            ("10.255.255.250-11.0.0.3", None),
            ("10.0.0.5-10.0.0.9", Some(Special::Private)),
            ("fd12:3456::1", Some(Special::Private)),
            ("fec0::1", Some(Special::Private)),
            ("::1", Some(Special::Loopback)),
            ("fe80::1", Some(Special::LinkLocal)),
            ("ff02::1", Some(Special::Multicast)),
            ("2001:db8:5::/48", Some(Special::Documentation)),
            ("3fff:fff:ffff::1", Some(Special::Documentation)),
            ("3fff:1000::1", None),
            ("2001:db8::/31", None),
            ("2a01:4f8::1", None),
            ("8000::/1", None),
            ("::ffff:10.0.0.1", Some(Special::Private)),
            ("51.**.20", None),
            ("thirdPartyName", None),
        ] {
            assert_eq!(IpEntry::parse(written).special(), expected, "{written}");
        }
    }
}
