//! Several entries together: the union of what they allow, and the entries that add nothing to it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::entry::IpEntry;
use super::range::IpRange;

/// The union of some ranges, as disjoint ranges that do not touch, IPv4 first. The order of what it was made from makes
/// no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSet {
    ranges: Vec<IpRange>,
    complete: bool,
}

impl AddressSet {
    /// What the entries allow together. An entry that means everything allows both families, however it is written; an
    /// IPv4 address inside an IPv6 one counts as the IPv4 address, and makes the set incomplete.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a IpEntry>) -> Self {
        let (mut ranges, mut complete) = (Vec::new(), true);
        for entry in entries {
            complete &= entry.is_understood();
            ranges.extend(entry.allowed());
        }
        Self { ranges: union(ranges), complete }
    }

    /// The union of ranges that are known, such as declared egress addresses.
    pub fn of_ranges(ranges: impl IntoIterator<Item = IpRange>) -> Self {
        Self { ranges: union(ranges.into_iter().collect()), complete: true }
    }

    /// Whether all addresses of one family or the other are in it, by one entry or by many.
    pub fn is_everything(&self) -> bool {
        self.ranges.iter().any(|r| r.is_whole_family())
    }

    /// Whether every entry was stated and understood. Else the set is what is known, and there may be more.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether no address is known to be in it.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether a contiguous range of it has more addresses than a network of such a prefix.
    pub fn wider_than(&self, v4_prefix: u8, v6_prefix: u8) -> bool {
        self.ranges.iter().any(|r| r.is_wider_than(v4_prefix, v6_prefix))
    }

    /// Whether some address of `range` is in it.
    pub fn overlaps(&self, range: &IpRange) -> bool {
        self.candidate(*range).is_some_and(|r| r.overlaps(*range))
    }

    /// Whether every address of `range` is in it.
    pub fn covers(&self, range: &IpRange) -> bool {
        self.candidate(*range).is_some_and(|r| r.contains(*range))
    }

    /// Its ranges: sorted, disjoint, IPv4 first.
    pub fn ranges(&self) -> impl Iterator<Item = IpRange> {
        self.ranges.iter().copied()
    }

    /// The first range that does not end before `range` starts: if not this one, none overlaps it.
    fn candidate(&self, range: IpRange) -> Option<IpRange> {
        let before = self.ranges.partition_point(|r| r.last() < range.first());
        self.ranges.get(before).copied()
    }
}

fn union(mut ranges: Vec<IpRange>) -> Vec<IpRange> {
    ranges.sort_unstable();
    let mut disjoint: Vec<IpRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match disjoint.last_mut() {
            Some(last) if let Some(joined) = last.joined(range) => *last = joined,
            _ => disjoint.push(range),
        }
    }
    disjoint
}

/// The entries that add nothing, each with the one entry that already allows all it names, by position. Of two equal
/// entries the later one is redundant. Only what an entry's text names with certainty counts: `0.0.0.0/0` does not make
/// an IPv6 address redundant, and malformed, masked and named entries are never on either side.
pub fn redundant<'a>(entries: impl IntoIterator<Item = &'a IpEntry>) -> Vec<(usize, usize)> {
    let mut named: Vec<(IpRange, bool, usize)> = Vec::new();
    for (position, entry) in entries.into_iter().enumerate() {
        let both_families = entry.literal().count() > 1;
        named.extend(entry.literal().map(|range| (range, both_families, position)));
    }
    // Whatever covers a range starts no later and ends no earlier; of equal ranges, the one that also covers the other
    // family (`*`) comes first, and is itself covered by nothing but its like.
    named.sort_unstable_by_key(|&(range, both, position)| (range.first(), Reverse(range.last()), !both, position));
    let mut covered = BTreeMap::new();
    let mut widest: Option<(IpRange, usize)> = None;
    for (range, _, position) in named {
        match widest {
            Some((wide, by)) if wide.contains(range) => {
                covered.entry(position).or_insert(by);
            }
            _ => widest = Some((range, position)),
        }
    }
    covered.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(written: &[&str]) -> Vec<IpEntry> {
        written.iter().map(|w| IpEntry::parse(w)).collect()
    }

    fn set(written: &[&str]) -> AddressSet {
        AddressSet::of(&entries(written))
    }

    fn shown(set: &AddressSet) -> Vec<String> {
        set.ranges().map(|r| r.to_string()).collect()
    }

    #[test]
    fn pieces_that_make_up_everything_are_everything() {
        assert!(set(&["0.0.0.0/1", "128.0.0.0/1"]).is_everything());
        assert!(set(&["192.0.0.0/2", "0.0.0.0/2", "128.0.0.0/2", "64.0.0.0/2"]).is_everything());
        assert!(set(&["::/1", "8000::/1"]).is_everything());
        assert!(set(&["0.0.0.0-9.255.255.255", "10.0.0.0-255.255.255.255"]).is_everything());
        assert!(set(&["::ffff:0.0.0.0/97", "::ffff:128.0.0.0/97"]).is_everything());
        assert!(set(&["::ffff:1.2.3.4/24"]).is_everything());
        let eights: Vec<_> = (0..=255).map(|a| IpEntry::parse(&format!("{a}.0.0.0/8"))).collect();
        assert!(AddressSet::of(&eights).is_everything());
        assert!(!AddressSet::of(eights.iter().skip(1)).is_everything());
        assert!(!set(&["0.0.0.0/1", "128.0.0.0/2"]).is_everything());
        for written in ["*", "*.*.*.*", "0.0.0.0", "0.0.0.0/0", "::", "::/0"] {
            let all = set(&[written]);
            assert!(all.is_everything() && all.is_complete() && shown(&all) == ["0.0.0.0/0", "::/0"], "{written}");
        }
    }

    #[test]
    fn width_is_that_of_the_union() {
        assert!(!set(&["51.158.10.0/29"]).wider_than(29, 64));
        assert!(set(&["51.158.10.8/29", "51.158.10.0/29"]).wider_than(29, 64));
        assert!(!set(&["51.158.10.0/29", "51.158.10.16/29"]).wider_than(29, 64));
        assert!(set(&["51.158.10.0/29", "51.158.10.8"]).wider_than(29, 64));
        assert!(!set(&["2a01:4f8:1:2::/64"]).wider_than(29, 64));
        assert!(set(&["2a01:4f8:1:2::/64", "2a01:4f8:1:3::"]).wider_than(29, 64));
    }

    #[test]
    fn what_is_not_understood_is_told() {
        assert!(set(&[]).is_complete() && set(&[]).is_empty());
        assert!(set(&["51.158.10.20", "2a01::1"]).is_complete());
        for unclear in ["51.**.20", "thirdPartyName", "010.0.0.1", "::ffff:51.158.10.20", "", "51.158.10"] {
            assert!(!set(&["51.158.10.20", unclear]).is_complete(), "{unclear}");
        }
        assert_eq!(shown(&set(&["51.158.10.20", "::ffff:51.158.10.21"])), ["51.158.10.20/31"]);
    }

    #[test]
    fn overlap_and_cover() {
        let list = set(&["51.158.10.0/30", "51.158.10.4", "146.59.3.7", "2a01:4f8::/64"]);
        let range = |w: &str| IpEntry::parse(w).range().unwrap();
        assert!(list.covers(&range("51.158.10.2-51.158.10.4")) && list.overlaps(&range("51.158.10.4/30")));
        assert!(!list.covers(&range("51.158.10.4/30")) && !list.overlaps(&range("51.158.10.5")));
        assert!(list.covers(&range("2a01:4f8::7")) && !list.covers(&range("2a01:4f8:1::7")));
        assert!(set(&["0.0.0.0/0"]).covers(&range("2a01:4f8::7")), "everything means any address");
    }

    #[test]
    fn redundant_entries_and_what_makes_them_so() {
        for (written, expected) in [
            (&["51.158.10.20", "146.59.3.7"][..], &[][..]),
            (&["51.158.10.20", "51.158.10.20"], &[(1, 0)]),
            (&["51.158.10.20", " 51.158.10.20/32", "51.158.10.20-51.158.10.20"], &[(1, 0), (2, 0)]),
            (&["51.158.10.20", "51.158.10.0/24"], &[(0, 1)]),
            (&["51.158.10.0/24", "51.158.10.77/24", "51.158.0.0/16"], &[(0, 2), (1, 2)]),
            (&["51.158.10.0/29", "51.158.10.8/29", "51.158.10.4-51.158.10.11"], &[]),
            (&["0.0.0.0/0", "::/0", "8.8.4.4"], &[(2, 0)]),
            (&["0.0.0.0/0", "*", "::", "8.8.4.4", "*.*.*.*"], &[(0, 1), (2, 1), (3, 1), (4, 1)]),
            (&["51.**.20", "51.**.20", "name", "name", "", "", "010.0.0.1", "010.0.0.1"], &[]),
            (&["51.158.10.20", "::ffff:51.158.10.20"], &[]),
            (&["2a01:4f8::1", "2a01:4f8::/64", "8.8.4.4"], &[(0, 1)]),
        ] {
            assert_eq!(redundant(&entries(written)), expected, "{written:?}");
        }
    }
}
