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
    /// What stands between words or numbers: white space, quotes, commas, dashes.
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

/// Defines what is compiled once for each set of instructions: it has to become part of its caller.
macro_rules! vectors {
    ($(fn $name:ident<$s:ident>($($arg:ident: $type:ty),*) $(-> $out:ty)? $body:block)*) => {
        $(
            #[inline(always)]
            #[expect(clippy::inline_always, reason = "a function of its own would be compiled without the instructions")]
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
                apart: (within(x, b' ', b'-') | within(x, b'\t', b'\r')).to_bitmask(),
            };
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
pub fn below(place: usize) -> u64 {
    1u64.checked_shl(place as u32).map_or(u64::MAX, |bit| bit - 1)
}

/// Where stretches of at least `length` bits begin, and all places from which as many follow.
pub fn stretches(mask: u64, length: u32) -> u64 {
    let (mut out, mut have) = (mask, 1);
    while have < length && out != 0 {
        let step = have.min(length - have);
        out &= out >> step;
        have += step;
    }
    out
}

/// All bits of stretches of at least `length` bits.
pub fn whole(mask: u64, length: u32) -> u64 {
    let mut out = stretches(mask, length);
    let mut have = 1;
    while have < length && out != 0 {
        let step = have.min(length - have);
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
            let apart = (b' '..=b'-').contains(&b) || (b'\t'..=b'\r').contains(&b);
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
        for length in 1..=64u32 {
            for at in 0..=(64 - length) {
                let mask = below(length as usize) << at;
                assert_eq!(stretches(mask, length), 1 << at);
                assert_eq!(whole(mask, length), mask);
                assert_eq!(stretches(mask, length + 1), 0);
            }
        }
        assert_eq!((below(0), below(64)), (0, u64::MAX));
    }
}
