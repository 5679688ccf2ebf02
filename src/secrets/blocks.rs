//! Sixty-four bytes at a time: one bit for each byte of a class. All that most bytes of most files ever cost is this; what
//! stands in a block is worked out on its masks, without looking at the bytes again.

use fearless_simd::{Level, Simd, SimdBase, SimdMask, dispatch, mask8x64, u8x64};

/// Bytes of a block.
pub const BLOCK: usize = 64;

/// What the bytes of a block are, the first the lowest bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// Letters, digits, `+`, `/`, `-`, `_`: what values are made of.
    pub value: u64,
    /// Digits.
    pub digit: u64,
    /// Small letters.
    pub lower: u64,
    /// What stands between words or numbers: white space, quotes, commas, dashes, full stops.
    pub apart: u64,
}

/// The characters of values, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    /// Small letters.
    pub lower: u64,
    /// Capitals.
    pub upper: u64,
    /// Digits.
    pub digit: u64,
    /// `+`, `/`, `-`, `_`.
    pub mark: u64,
    /// Digits of sixteen.
    pub hex: u64,
}

/// The masks of blocks, as many as there is room for.
pub fn masks(blocks: &[[u8; BLOCK]], out: &mut [Masks]) {
    dispatch!(Level::new(), simd => masks_with(simd, blocks, out));
}

/// The classes of a block.
pub fn classes(block: &[u8; BLOCK]) -> Classes {
    dispatch!(Level::new(), simd => classes_with(simd, block))
}

/// For each block where in it `cv` is followed by `w` or `_`, in any case, or `y` by `li`: triples of the words that are
/// looked for in every file, and of hardly any other. The place is that of the `v` and of the `y`; whatever stands beyond the
/// block would do.
pub fn triples(blocks: &[[u8; BLOCK]], out: &mut [u64]) {
    dispatch!(Level::new(), simd => triples_with(simd, blocks, out));
}

/// Defines what is compiled once for each set of instructions: it has to become part of its caller.
macro_rules! vectors {
    ($(fn $name:ident<$s:ident>($($arg:ident: $type:ty),*) $(-> $out:ty)? $body:block)*) => {
        $(
            #[inline(always)]
            fn $name<$s: Simd>($($arg: $type),*) $(-> $out)? $body
        )*
    };
}

vectors! {
    fn within<S>(x: u8x64<S>, from: u8, to: u8) -> mask8x64<S> {
        (x - from).simd_le(to - from)
    }
    fn marks<S>(x: u8x64<S>) -> mask8x64<S> {
        x.simd_eq(b'/') | x.simd_eq(b'_') | x.simd_eq(b'-') | x.simd_eq(b'+')
    }
    fn masks_with<S>(simd: S, blocks: &[[u8; BLOCK]], out: &mut [Masks]) {
        for (to, block) in out.iter_mut().zip(blocks) {
            let x = u8x64::from_slice(simd, block);
            let value = within(x | 0x20, b'a', b'z') | within(x, b'/', b'9') | x.simd_eq(b'_') | x.simd_eq(b'-') | x.simd_eq(b'+');
            *to = Masks {
                value: value.to_bitmask(),
                digit: within(x, b'0', b'9').to_bitmask(),
                lower: within(x, b'a', b'z').to_bitmask(),
                apart: (within(x, b' ', b'.') | within(x, b'\t', b'\r')).to_bitmask(),
            };
        }
    }
    fn triples_with<S>(simd: S, blocks: &[[u8; BLOCK]], out: &mut [u64]) {
        const LAST: u64 = 1 << (BLOCK - 1);
        for (to, block) in out.iter_mut().zip(blocks) {
            let x = u8x64::from_slice(simd, block);
            let small = x | 0x20;
            let next = (small.simd_eq(b'w') | x.simd_eq(b'_')).to_bitmask() >> 1 | LAST;
            let before = small.simd_eq(b'c').to_bitmask() << 1 | 1;
            let l = x.simd_eq(b'l').to_bitmask() >> 1 | LAST;
            let i = x.simd_eq(b'i').to_bitmask() >> 2 | LAST | LAST >> 1;
            *to = (small.simd_eq(b'v').to_bitmask() & before & next) | (x.simd_eq(b'y').to_bitmask() & l & i);
        }
    }
    fn classes_with<S>(simd: S, block: &[u8; BLOCK]) -> Classes {
        let x = u8x64::from_slice(simd, block);
        let digit = within(x, b'0', b'9').to_bitmask();
        Classes {
            lower: within(x, b'a', b'z').to_bitmask(),
            upper: within(x, b'A', b'Z').to_bitmask(),
            digit,
            mark: marks(x).to_bitmask(),
            hex: digit | within(x | 0x20, b'a', b'f').to_bitmask(),
        }
    }
}

/// The bits below a place.
#[inline]
pub fn below(place: usize) -> u64 {
    1u64.checked_shl(place as u32).map_or(u64::MAX, |bit| bit - 1)
}

/// All places from which at least `N` bits follow, up to 64.
#[inline]
pub fn stretches<const N: u32>(mask: u64) -> u64 {
    let (mut out, mut have) = (mask, 1);
    // Without a look at whether any is left: as many steps as the length has, known when it is compiled.
    while have < N {
        let step = if have < N - have { have } else { N - have };
        out &= out >> step;
        have += step;
    }
    out
}

/// All bits of stretches of at least `N` bits.
#[inline]
pub fn whole<const N: u32>(mask: u64) -> u64 {
    let (mut out, mut have) = (stretches::<N>(mask), 1);
    while have < N {
        let step = if have < N - have { have } else { N - have };
        out |= out << step;
        have += step;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_its_bits() {
        for b in 0..=255u8 {
            let mut out = [Masks::default()];
            masks(&[[b; BLOCK]], &mut out);
            let all = |is: bool| if is { u64::MAX } else { 0 };
            let mark = matches!(b, b'+' | b'/' | b'-' | b'_');
            let apart = (b' '..=b'.').contains(&b) || (b'\t'..=b'\r').contains(&b);
            let value = all(b.is_ascii_alphanumeric() || mark);
            let expected = Masks { value, digit: all(b.is_ascii_digit()), lower: all(b.is_ascii_lowercase()), apart: all(apart) };
            assert_eq!(out, [expected], "{b}");
            let expected = Classes {
                lower: all(b.is_ascii_lowercase()),
                upper: all(b.is_ascii_uppercase()),
                digit: all(b.is_ascii_digit()),
                mark: all(mark),
                hex: all(b.is_ascii_hexdigit()),
            };
            assert_eq!(classes(&[b; BLOCK]), expected, "{b}");
        }
        let mut block = [b'.'; BLOCK];
        block[8..24].copy_from_slice(b"aZ09+/-_aZ09+/-_");
        let mut out = [Masks::default()];
        masks(&[block], &mut out);
        assert_eq!(out[0].value, 0xffff << 8);
    }

    #[test]
    fn stretches_are_found_by_their_length() {
        fn of<const N: u32>() {
            for at in 0..=(64 - N) {
                let mask = below(N as usize) << at;
                assert_eq!((stretches::<N>(mask), whole::<N>(mask)), (1 << at, mask));
                assert_eq!(stretches::<N>(mask & (mask - 1)), 0);
            }
        }
        of::<3>();
        of::<4>();
        of::<9>();
        of::<10>();
        of::<16>();
        of::<24>();
        assert_eq!((below(0), below(64)), (0, u64::MAX));
    }
}
