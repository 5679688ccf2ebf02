//! An inclusive range of addresses of one family: the only form in which addresses are compared.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// An inclusive range of addresses of one family; the first is never above the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpRange(Ends);

/// First and last address. Private, so that no range can be written with its ends swapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Ends {
    V4(u32, u32),
    V6(u128, u128),
}

impl IpRange {
    /// Every IPv4 address.
    pub const ALL_V4: Self = Self(Ends::V4(0, u32::MAX));
    /// Every IPv6 address.
    pub const ALL_V6: Self = Self(Ends::V6(0, u128::MAX));

    /// One address.
    pub fn single(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(a) => Self(Ends::V4(a.into(), a.into())),
            IpAddr::V6(a) => Self(Ends::V6(a.into(), a.into())),
        }
    }

    /// From `first` to `last`; nothing when they are of two families or in the wrong order.
    pub fn between(first: IpAddr, last: IpAddr) -> Option<Self> {
        match (first, last) {
            (IpAddr::V4(a), IpAddr::V4(b)) if a <= b => Some(Self(Ends::V4(a.into(), b.into()))),
            (IpAddr::V6(a), IpAddr::V6(b)) if a <= b => Some(Self(Ends::V6(a.into(), b.into()))),
            _ => None,
        }
    }

    /// The network that `address` lies in: bits beyond the prefix do not count. Nothing when the prefix is too long.
    pub fn network(address: IpAddr, prefix: u8) -> Option<Self> {
        match address {
            IpAddr::V4(a) => Ipv4Net::new(a, prefix).ok().map(|n| Self(Ends::V4(n.network().into(), n.broadcast().into()))),
            IpAddr::V6(a) => Ipv6Net::new(a, prefix).ok().map(|n| Self(Ends::V6(n.network().into(), n.broadcast().into()))),
        }
    }

    /// The first address.
    pub fn first(self) -> IpAddr {
        match self.0 {
            Ends::V4(a, _) => Ipv4Addr::from(a).into(),
            Ends::V6(a, _) => Ipv6Addr::from(a).into(),
        }
    }

    /// The last address.
    pub fn last(self) -> IpAddr {
        match self.0 {
            Ends::V4(_, b) => Ipv4Addr::from(b).into(),
            Ends::V6(_, b) => Ipv6Addr::from(b).into(),
        }
    }

    /// Whether it holds IPv4 addresses.
    pub fn is_v4(self) -> bool {
        matches!(self.0, Ends::V4(..))
    }

    /// Whether it is every address of its family.
    pub fn is_whole_family(self) -> bool {
        self == Self::ALL_V4 || self == Self::ALL_V6
    }

    /// How many addresses it holds. The whole of IPv6 has one more than the number can say.
    pub fn size(self) -> u128 {
        self.steps().saturating_add(1)
    }

    /// Whether it holds more addresses than a network of such a prefix. A prefix that is too long counts as the longest.
    pub fn is_wider_than(self, v4_prefix: u8, v6_prefix: u8) -> bool {
        let host_bits = match self.0 {
            Ends::V4(..) => 32_u32.saturating_sub(v4_prefix.into()),
            Ends::V6(..) => 128_u32.saturating_sub(v6_prefix.into()),
        };
        // `size > 2^bits`, said without the size, which for the whole of IPv6 has no number. Nothing is wider than /0.
        1_u128.checked_shl(host_bits).is_some_and(|network| self.steps() >= network)
    }

    /// The distance from the first to the last address.
    fn steps(self) -> u128 {
        match self.0 {
            Ends::V4(a, b) => b.saturating_sub(a).into(),
            Ends::V6(a, b) => b.saturating_sub(a),
        }
    }

    /// Whether some address is in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.intersection(other).is_some()
    }

    /// Whether every address of `other` is in this one.
    pub fn contains(self, other: Self) -> bool {
        match (self.0, other.0) {
            (Ends::V4(a, b), Ends::V4(c, d)) => a <= c && d <= b,
            (Ends::V6(a, b), Ends::V6(c, d)) => a <= c && d <= b,
            _ => false,
        }
    }

    /// The addresses that are in both.
    pub fn intersection(self, other: Self) -> Option<Self> {
        match (self.0, other.0) {
            (Ends::V4(a, b), Ends::V4(c, d)) => {
                let (first, last) = (a.max(c), b.min(d));
                (first <= last).then_some(Self(Ends::V4(first, last)))
            }
            (Ends::V6(a, b), Ends::V6(c, d)) => {
                let (first, last) = (a.max(c), b.min(d));
                (first <= last).then_some(Self(Ends::V6(first, last)))
            }
            _ => None,
        }
    }

    /// Both as one range, where no address lies between them.
    pub(super) fn joined(self, other: Self) -> Option<Self> {
        match (self.0, other.0) {
            (Ends::V4(a, b), Ends::V4(c, d)) if c <= b.saturating_add(1) && a <= d.saturating_add(1) => {
                Some(Self(Ends::V4(a.min(c), b.max(d))))
            }
            (Ends::V6(a, b), Ends::V6(c, d)) if c <= b.saturating_add(1) && a <= d.saturating_add(1) => {
                Some(Self(Ends::V6(a.min(c), b.max(d))))
            }
            _ => None,
        }
    }

    /// The prefix that writes it as one network, if there is one.
    fn prefix(self) -> Option<u8> {
        let free = match self.0 {
            Ends::V4(a, b) => 32_u8.checked_sub(u8::try_from((a ^ b).count_ones()).ok()?)?,
            Ends::V6(a, b) => 128_u8.checked_sub(u8::try_from((a ^ b).count_ones()).ok()?)?,
        };
        (Self::network(self.first(), free)? == self).then_some(free)
    }
}

/// As short as possible: an address, a network (`51.158.10.0/24`), or first and last (`51.158.10.3-51.158.10.9`). Read as
/// a whitelist entry it is the same range again; so the unspecified address, which alone means "any", keeps its prefix.
impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.first(), self.last());
        match self.prefix() {
            _ if first == last && !first.is_unspecified() => write!(f, "{first}"),
            Some(prefix) => write!(f, "{first}/{prefix}"),
            None => write!(f, "{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str) -> IpRange {
        IpRange::between(first.parse().unwrap(), last.parse().unwrap()).unwrap()
    }

    #[test]
    fn is_shown_in_its_shortest_form() {
        for (first, last, shown) in [
            ("51.158.10.20", "51.158.10.20", "51.158.10.20"),
            ("51.158.10.0", "51.158.10.255", "51.158.10.0/24"),
            ("51.158.10.2", "51.158.10.3", "51.158.10.2/31"),
            ("51.158.10.1", "51.158.10.2", "51.158.10.1-51.158.10.2"),
            ("51.158.10.0", "51.158.10.2", "51.158.10.0-51.158.10.2"),
            ("0.0.0.0", "255.255.255.255", "0.0.0.0/0"),
            ("0.0.0.0", "0.0.0.0", "0.0.0.0/32"),
            ("::", "::", "::/128"),
            ("0.0.0.0", "127.255.255.255", "0.0.0.0/1"),
            ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
            ("2a01:4f8:1:2::", "2a01:4f8:1:2:ffff:ffff:ffff:ffff", "2a01:4f8:1:2::/64"),
            ("2a01:4f8::1", "2a01:4f8::1", "2a01:4f8::1"),
        ] {
            assert_eq!(range(first, last).to_string(), shown);
        }
    }

    #[test]
    fn sizes_have_no_overflow() {
        assert_eq!(IpRange::ALL_V4.size(), 1 << 32);
        assert_eq!(IpRange::ALL_V6.size(), u128::MAX);
        assert_eq!(range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe").size(), u128::MAX);
        assert_eq!(range("8.8.4.4", "8.8.4.4").size(), 1);
    }

    #[test]
    fn width_is_compared_with_a_network() {
        let eight = range("51.158.10.0", "51.158.10.7");
        assert!(!eight.is_wider_than(29, 64));
        assert!(eight.is_wider_than(30, 64));
        assert!(range("51.158.10.0", "51.158.10.8").is_wider_than(29, 64));
        assert!(eight.is_wider_than(32, 64) && eight.is_wider_than(255, 64));
        assert!(!IpRange::ALL_V4.is_wider_than(0, 0) && IpRange::ALL_V4.is_wider_than(1, 0));
        assert!(!IpRange::ALL_V6.is_wider_than(0, 0) && IpRange::ALL_V6.is_wider_than(0, 1));
        assert!(!range("2a01:4f8::", "2a01:4f8::").is_wider_than(0, 128));
        assert!(range("2a01:4f8::", "2a01:4f8::1").is_wider_than(0, 128));
    }

    #[test]
    fn families_and_wrong_orders_do_not_mix() {
        assert_eq!(IpRange::between("8.8.4.4".parse().unwrap(), "::8".parse().unwrap()), None);
        assert_eq!(IpRange::between("8.8.4.4".parse().unwrap(), "8.8.4.3".parse().unwrap()), None);
        assert_eq!(IpRange::network("8.8.4.4".parse().unwrap(), 33), None);
        assert!(!IpRange::ALL_V4.overlaps(IpRange::ALL_V6) && !IpRange::ALL_V6.contains(IpRange::ALL_V4));
        assert_eq!(IpRange::ALL_V4.joined(IpRange::ALL_V6), None);
    }
}
