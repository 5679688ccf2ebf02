//! Whitelist verdicts against a model that counts addresses one by one: a wrong union is a key that anybody can use.
//!
//! The models are small windows of the address space, at both of its ends and in the middle, in both families.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use keylint::model::ip::{AddressSet, EntryForm, IpEntry, IpRange, redundant};
use keylint::model::money::Money;
use keylint::model::time::{Hold, Period, Time};
use proptest::prelude::*;

/// 256 addresses: the last octet is free.
#[derive(Clone, Copy, Debug)]
enum Window {
    V4([u8; 3]),
    V6(u128),
}

const WINDOWS: [Window; 6] = [
    Window::V4([0, 0, 0]),
    Window::V4([51, 158, 10]),
    Window::V4([255, 255, 255]),
    Window::V6(0x2a01_04f8 << 96),
    Window::V6(0x2000 << 112),
    Window::V6(u128::MAX - 255),
];

impl Window {
    fn address(self, n: u8) -> IpAddr {
        match self {
            Self::V4([a, b, c]) => Ipv4Addr::new(a, b, c, n).into(),
            Self::V6(base) => Ipv6Addr::from(base + u128::from(n)).into(),
        }
    }
    fn bits(self) -> u8 {
        if matches!(self, Self::V4(_)) { 32 } else { 128 }
    }
    fn range(self, (first, last): (u8, u8)) -> IpRange {
        IpRange::between(self.address(first), self.address(last)).unwrap()
    }
}

/// An entry in a window, and the last octets it stands for.
#[derive(Clone, Copy, Debug)]
enum Piece {
    Single(u8),
    Network(u8, u8),
    Range(u8, u8),
}

impl Piece {
    fn entry(self, window: Window) -> IpEntry {
        let at = |n| window.address(n);
        IpEntry::parse(&match self {
            // Alone, the first address of the space would mean "any".
            Self::Single(n) if at(n).is_unspecified() => format!("{}/{}", at(n), window.bits()),
            Self::Single(n) => at(n).to_string(),
            Self::Network(n, host_bits) => format!("{}/{}", at(n), window.bits() - host_bits),
            Self::Range(a, b) => format!("{}-{}", at(a), at(b)),
        })
    }
    fn ends(self) -> (u8, u8) {
        match self {
            Self::Single(n) => (n, n),
            Self::Network(n, host_bits) => {
                let mask = u8::try_from((1_u16 << host_bits) - 1).unwrap();
                (n & !mask, n | mask)
            }
            Self::Range(a, b) => (a, b),
        }
    }
}

fn model(pieces: &[Piece]) -> BTreeSet<u8> {
    pieces.iter().flat_map(|p| p.ends().0..=p.ends().1).collect()
}

/// The longest run of neighbours.
fn longest_run(members: &BTreeSet<u8>) -> u128 {
    let (mut longest, mut run, mut before) = (0, 0, None);
    for &n in members {
        run = if before.is_some_and(|b: u8| b.checked_add(1) == Some(n)) { run + 1 } else { 1 };
        longest = longest.max(run);
        before = Some(n);
    }
    longest
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        any::<u8>().prop_map(Piece::Single),
        (any::<u8>(), 0_u8..=6).prop_map(|(n, host_bits)| Piece::Network(n, host_bits)),
        (any::<u8>(), 0_u8..=40).prop_map(|(n, more)| Piece::Range(n, n.saturating_add(more))),
    ]
}

fn window() -> impl Strategy<Value = Window> {
    prop::sample::select(&WINDOWS[..])
}

fn ends() -> impl Strategy<Value = (u8, u8)> {
    (any::<u8>(), any::<u8>()).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn any_range() -> impl Strategy<Value = IpRange> {
    let v4 = (any::<u32>(), any::<u32>()).prop_map(|(a, b)| (IpAddr::V4(a.min(b).into()), IpAddr::V4(a.max(b).into())));
    let v6 = (any::<u128>(), any::<u128>()).prop_map(|(a, b)| (IpAddr::V6(a.min(b).into()), IpAddr::V6(a.max(b).into())));
    prop_oneof![v4, v6].prop_map(|(a, b)| IpRange::between(a, b).unwrap())
}

/// Texts that are nearly addresses.
fn near_address() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-fA-FxX.:/*%,+ \\[\\]-]{0,40}",
        "[0-9]{1,4}(\\.[0-9]{1,4}){0,5}(/[0-9+]{0,4})?",
        "[0-9a-f]{0,5}(:[0-9a-f]{0,5}){1,8}(/[0-9]{0,4})?",
        any::<String>(),
    ]
}

/// Networks that make up the whole of a family: it is halved, and some halves are halved again.
fn tiling(bits: u8) -> impl Strategy<Value = Vec<(u128, u8)>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..24).prop_map(move |splits| {
        let mut tiles = vec![(0_u128, 0_u8)];
        for split in splits {
            let at = split.index(tiles.len());
            let (network, prefix) = tiles[at];
            if prefix < bits {
                tiles[at] = (network, prefix + 1);
                tiles.push((network | (1 << (bits - prefix - 1)), prefix + 1));
            }
        }
        tiles
    })
}

fn tile(bits: u8, (network, prefix): (u128, u8)) -> IpEntry {
    let address = if bits == 32 { IpAddr::V4(u32::try_from(network).unwrap().into()) } else { IpAddr::V6(network.into()) };
    IpEntry::parse(&format!("{address}/{prefix}"))
}

proptest! {
    #[test]
    fn union_is_that_of_the_model(window in window(), pieces in prop::collection::vec(piece(), 0..12), probe in ends()) {
        let entries: Vec<_> = pieces.iter().map(|p| p.entry(window)).collect();
        let (set, members) = (AddressSet::of(&entries), model(&pieces));
        prop_assert!(set.is_complete());
        prop_assert_eq!(set.is_empty(), members.is_empty());
        prop_assert!(!set.is_everything());
        for n in 0..=255 {
            let one = IpRange::single(window.address(n));
            prop_assert_eq!(set.covers(&one), members.contains(&n));
            prop_assert_eq!(set.overlaps(&one), members.contains(&n));
        }
        let range = window.range(probe);
        prop_assert_eq!(set.covers(&range), (probe.0..=probe.1).all(|n| members.contains(&n)));
        prop_assert_eq!(set.overlaps(&range), (probe.0..=probe.1).any(|n| members.contains(&n)));
        let total: u128 = set.ranges().map(IpRange::size).sum();
        prop_assert_eq!(total, members.len() as u128);
        for host_bits in 0..=8 {
            let prefix = window.bits() - host_bits;
            prop_assert_eq!(set.wider_than(prefix, prefix), longest_run(&members) > 1 << host_bits);
        }
    }

    #[test]
    fn order_and_repetition_change_nothing(
        written in prop::collection::vec(prop_oneof![near_address(), (piece(), window()).prop_map(|(p, w)| p.entry(w).written)], 0..12)
            .prop_flat_map(|w| (Just(w.clone()), Just(w).prop_shuffle())),
    ) {
        let read = |w: &[String]| w.iter().map(|w| IpEntry::parse(w)).collect::<Vec<_>>();
        let (one, other) = (read(&written.0), read(&written.1));
        prop_assert_eq!(AddressSet::of(&one), AddressSet::of(&other));
        prop_assert_eq!(AddressSet::of(&one), AddressSet::of(one.iter().chain(&other)));
        prop_assert_eq!(redundant(&one).len(), redundant(&other).len());
    }

    #[test]
    fn redundant_entries_can_be_left_out_and_the_others_cannot_be_covered(
        pieces in prop::collection::vec((piece(), prop::sample::select(vec![WINDOWS[1], WINDOWS[3]])), 0..14),
    ) {
        let entries: Vec<_> = pieces.iter().map(|(p, w)| p.entry(*w)).collect();
        let found = redundant(&entries);
        let gone: BTreeSet<usize> = found.iter().map(|f| f.0).collect();
        let kept = entries.iter().enumerate().filter(|(n, _)| !gone.contains(n)).map(|(_, e)| e);
        prop_assert_eq!(AddressSet::of(&entries), AddressSet::of(kept));
        let range = |n: usize| entries[n].range().unwrap();
        for &(entry, by) in &found {
            prop_assert!(range(by).contains(range(entry)) && !gone.contains(&by));
        }
        for (n, one) in entries.iter().enumerate() {
            let covered = entries.iter().enumerate().any(|(m, other)| {
                let (one, other) = (one.range().unwrap(), other.range().unwrap());
                m != n && other.contains(one) && (other != one || m < n)
            });
            prop_assert_eq!(gone.contains(&n), covered);
        }
    }

    #[test]
    fn containment_and_overlap_agree(a in any_range(), b in any_range()) {
        prop_assert_eq!(a.contains(b), a.intersection(b) == Some(b));
        prop_assert_eq!(a.overlaps(b), b.overlaps(a));
        prop_assert_eq!(a.contains(b) && b.contains(a), a == b);
        prop_assert!(!a.contains(b) || a.overlaps(b) && a.size() >= b.size());
        let set = AddressSet::of_ranges([a]);
        prop_assert_eq!((set.covers(&b), set.overlaps(&b)), (a.contains(b), a.overlaps(b)));
        prop_assert_eq!(a.is_v4() == b.is_v4() && a.first() <= b.last() && b.first() <= a.last(), a.overlaps(b));
    }

    #[test]
    fn a_shown_range_is_read_as_itself(range in any_range(), host_bits in 0_u8..=32) {
        let network = IpRange::network(range.first(), if range.is_v4() { 32 - host_bits } else { 128 - host_bits }).unwrap();
        for range in [range, network, IpRange::single(range.last())] {
            let entry = IpEntry::parse(&range.to_string());
            // Random IPv6 ranges may reach into the space that holds IPv4 addresses.
            if entry.is_understood() {
                prop_assert_eq!(entry.range(), Some(range));
            } else {
                prop_assert!(!range.is_v4());
            }
        }
    }

    #[test]
    fn pieces_of_everything_are_everything(v4 in tiling(32), v6 in tiling(128), missing in any::<prop::sample::Index>()) {
        for (bits, tiles) in [(32, v4), (128, v6)] {
            let mut entries: Vec<_> = tiles.iter().map(|t| tile(bits, *t)).collect();
            prop_assert!(AddressSet::of(&entries).is_everything());
            entries.swap_remove(missing.index(entries.len()));
            let rest = AddressSet::of(&entries);
            // What is left of IPv6 may still hold all of IPv4 in its mapped form.
            prop_assert!(!rest.is_everything() || bits == 128 && rest.ranges().any(|r| r == IpRange::ALL_V4));
        }
    }

    #[test]
    fn mapped_addresses_count_as_the_ipv4_they_hold(address in 1_u32.., prefix in 0_u8..=128) {
        let v4 = Ipv4Addr::from(address);
        let mapped = IpEntry::parse(&format!("{}/{prefix}", v4.to_ipv6_mapped()));
        let expected = IpRange::network(v4.into(), prefix.saturating_sub(96)).unwrap();
        prop_assert_eq!(mapped.range(), Some(if prefix == 0 { IpRange::ALL_V6 } else { expected }));
        prop_assert_eq!(mapped.is_malformed().is_some(), prefix > 0);
        let set = AddressSet::of([&mapped]);
        prop_assert!(set.covers(&expected));
        prop_assert_eq!(set.is_everything(), prefix <= 96);
        prop_assert_eq!(set.is_complete(), prefix == 0);
    }

    #[test]
    fn no_text_is_skipped_and_none_is_a_panic(text in near_address()) {
        let entry = IpEntry::parse(&text);
        let set = AddressSet::of([&entry]);
        match entry.form() {
            EntryForm::Range(range) => prop_assert!(set.covers(&range) && set.is_complete() && !range.is_whole_family()),
            EntryForm::Everything => prop_assert!(set.is_everything() && set.is_complete()),
            EntryForm::Masked | EntryForm::Name => prop_assert!(!set.is_complete() && set.is_empty() && !entry.is_stated()),
            EntryForm::Malformed(_) => prop_assert!(!set.is_complete() && entry.is_malformed().is_some()),
        }
        let _ = (entry.special(), IpRange::parse(&text), Money::parse(&text), Time::parse(&text), Period::parse(&text), Hold::parse(&text));
    }

    #[test]
    fn addresses_are_those_of_the_standard_library(text in near_address()) {
        if let (Ok(address), EntryForm::Range(range)) = (text.trim().parse::<IpAddr>(), IpEntry::parse(&text).form()) {
            prop_assert_eq!(range, IpRange::single(address));
        }
        if let EntryForm::Range(range) = IpEntry::parse(&text).form()
            && !text.contains(['-', '/'])
        {
            prop_assert_eq!(text.trim().parse::<IpAddr>().ok(), Some(range.first()));
        }
    }

    #[test]
    fn money_and_periods_are_read_as_they_are_shown(
        amount in 0_u64..,
        decimals in 0_u32..=18,
        code in "[A-Z0-9]{0,4}[A-Z][A-Z0-9]{0,4}",
        millis in any::<u64>(),
    ) {
        let amount = rust_decimal::Decimal::from_i128_with_scale(amount.into(), decimals);
        let money = Money::new(amount, &code).unwrap();
        prop_assert_eq!(Money::parse(&money.to_string()), Ok(money.clone()));
        prop_assert_eq!(Money::parse(&format!("{amount} {code}")), Ok(money));
        let period = Period::from_millis(millis);
        prop_assert_eq!(Period::parse(&period.to_string()), Ok(period));
        prop_assert_eq!(Hold::parse(&Hold::of(period).to_string()), Ok(Hold::of(period)));
    }

    #[test]
    fn times_are_read_as_they_are_shown_and_add_up(
        seconds in 31_536_000_i64..7_289_654_400,
        millis in 0_i64..1000,
        period in 0_u64..10_000_000_000_000,
    ) {
        let time = Time::from_epoch_millis(seconds * 1000 + millis).unwrap();
        prop_assert_eq!(Time::parse(&time.to_string()), Ok(time));
        let period = Period::from_millis(period);
        prop_assert_eq!((time + period).since(&time), period);
        prop_assert_eq!(time + period - period, time);
    }
}
