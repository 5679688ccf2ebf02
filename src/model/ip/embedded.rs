//! IPv4 addresses inside IPv6 ones: the ways round a whitelist that is judged as it is written.

use std::net::IpAddr;

use super::range::IpRange;

/// Spaces of IPv6 that hold an IPv4 address in their last 32 bits: IPv4-compatible (without `::` and `::1`, which are
/// addresses of their own), mapped, translated, NAT64.
const LAST_BITS: [(u128, u128); 4] = [
    (2, 0xffff_ffff),
    (0xffff << 32, (0xffff << 32) | 0xffff_ffff),
    (0xffff << 48, (0xffff << 48) | 0xffff_ffff),
    (0x64_ff9b << 96, (0x64_ff9b << 96) | 0xffff_ffff),
];
/// `2002::/16`, which holds one in the bits after the first 16.
const SIX_TO_FOUR: (u128, u128) = (0x2002 << 112, (0x2003 << 112) - 1);
/// `64:ff9b:1::/48`, which holds one at a place that only the operator knows.
const LOCAL_NAT64: (u128, u128) = (0x64_ff9b_0001 << 80, (0x64_ff9b_0002 << 80) - 1);

/// The ranges that a range of such a space stands for; nothing for a range that has no part in one. A range within is
/// the IPv4 range; one that reaches into such a space and beyond (`::/80`, or `::ffff:1.2.3.4/24`) is both.
pub(super) fn embedded(range: IpRange) -> Option<[Option<IpRange>; 2]> {
    let space = |(first, last): (u128, u128)| IpRange::between(IpAddr::V6(first.into()), IpAddr::V6(last.into()));
    let inside = |ends| space(ends).is_some_and(|s| s.contains(range));
    if inside(LOCAL_NAT64) {
        return Some([None, None]);
    }
    if inside(SIX_TO_FOUR) {
        return Some([v4_in(range, 80), None]);
    }
    let hits = || LAST_BITS.iter().filter_map(|&ends| space(ends)?.intersection(range)).filter_map(|hit| v4_in(hit, 0));
    let first = hits().map(IpRange::first).min()?;
    let v4 = hits().map(IpRange::last).max().and_then(|last| IpRange::between(first, last));
    Some([v4, (!LAST_BITS.iter().any(|&ends| inside(ends))).then_some(range)])
}

/// The IPv4 range in the 32 bits that have `below` bits behind them. `0.0.0.0` in the clothes of IPv6 is "any" as well.
fn v4_in(range: IpRange, below: u32) -> Option<IpRange> {
    let (IpAddr::V6(first), IpAddr::V6(last)) = (range.first(), range.last()) else { return None };
    let bits = |a: u128| u32::try_from((a >> below) & 0xffff_ffff).ok().map(|b| IpAddr::V4(b.into()));
    match (bits(first.into())?, bits(last.into())?) {
        (only, _) if first == last && only.is_unspecified() => Some(IpRange::ALL_V4),
        (first, last) => IpRange::between(first, last),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EntryForm, IpEntry, Malformed};

    #[test]
    fn ipv4_inside_ipv6_is_malformed_and_keeps_the_range_that_was_likely_meant() {
        for (written, range) in [
            ("::ffff:51.158.10.20", Some("51.158.10.20")),
            ("::ffff:339e:a14", Some("51.158.10.20")),
            ("::ffff:51.158.10.20/120", Some("51.158.10.0/24")),
            ("::ffff:51.158.10.20/96", Some("0.0.0.0/0")),
            ("::ffff:51.158.10.20/95", Some("0.0.0.0/0")),
            ("::ffff:51.158.10.20/24", Some("0.0.0.0/0")),
            ("::ffff:51.158.10.4-::ffff:51.158.10.9", Some("51.158.10.4-51.158.10.9")),
            ("::51.158.10.20", Some("51.158.10.20")),
            ("::51.158.10.20/120", Some("51.158.10.0/24")),
            ("::2", Some("0.0.0.2")),
            ("::ffff:0:51.158.10.20", Some("51.158.10.20")),
            ("64:ff9b::51.158.10.20", Some("51.158.10.20")),
            ("64:ff9b::/96", Some("0.0.0.0/0")),
            ("::ffff:0.0.0.0", Some("0.0.0.0/0")),
            ("64:ff9b::", Some("0.0.0.0/0")),
            ("64:ff9b:1::1", None),
            ("2002:339e:a14::1", Some("51.158.10.20")),
            ("2002:339e:a14::/48", Some("51.158.10.20")),
            ("2002:339e:a14::/40", Some("51.158.10.0/24")),
            ("2002::/16", Some("0.0.0.0/0")),
            ("::/80", Some("0.0.0.0/0")),
            ("::1/64", Some("0.0.0.0/0")),
            ("::/1", Some("0.0.0.0/0")),
            ("::/126", Some("0.0.0.2/31")),
            ("::-::ffff:51.158.10.20", Some("0.0.0.0/0")),
        ] {
            let entry = IpEntry::parse(written);
            assert_eq!(entry.form(), EntryForm::Malformed(Malformed::Embedded), "{written}");
            assert_eq!(entry.range().map(|r| r.to_string()).as_deref(), range, "{written}");
        }
    }
}
