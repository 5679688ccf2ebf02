//! Sixty-four bytes at a time: one bit for each byte of a class. All that most bytes of most files ever cost is this; what
//! stands in a block is worked out on its masks, without looking at the bytes again.
#![expect(clippy::inline_always, reason = "what is compiled for each set of instructions has to become part of its caller")]

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

/// How many blocks are read together: what they are made of stays near.
pub const BATCH: usize = 64;

/// The masks of some blocks in a row, each kind by itself so that a question is asked of several blocks at once. The first
/// place is that of the block before them.
pub struct Batch {
    value: [u64; BATCH + 1],
    digit: [u64; BATCH + 1],
    lower: [u64; BATCH + 1],
    apart: [u64; BATCH + 1],
    /// `cv` in any case, and `yl`: the place of the `v` and of the `y`. What stands beyond the block would do.
    pairs: [u64; BATCH],
}

impl Default for Batch {
    /// Before the first block.
    fn default() -> Self {
        Self { value: [0; BATCH + 1], digit: [0; BATCH + 1], lower: [0; BATCH + 1], apart: [0; BATCH + 1], pairs: [0; BATCH] }
    }
}

impl Batch {
    /// The masks of a block; the first is the last of those before.
    pub fn masks(&self, at: usize) -> Masks {
        let of = |masks: &[u64; BATCH + 1]| masks.get(at).copied().unwrap_or(0);
        Masks { value: of(&self.value), digit: of(&self.digit), lower: of(&self.lower), apart: of(&self.apart) }
    }
    /// Where in a block such a pair stands.
    pub fn pairs(&self, at: usize) -> u64 {
        self.pairs.get(at).copied().unwrap_or(0)
    }
    /// Reads blocks, at most [`BATCH`], that follow on those read before.
    pub fn read(&mut self, blocks: &[[u8; BLOCK]], before: usize, manner: Ends) -> Interest {
        for masks in [&mut self.value, &mut self.digit, &mut self.lower, &mut self.apart] {
            let last = masks.get(before).copied().unwrap_or(0);
            if let Some(first) = masks.first_mut() {
                *first = last;
            }
        }
        let mut interest = dispatch!(Level::new(), simd => read_with(simd, blocks, self, manner));
        let those = below(blocks.len());
        interest.look &= those;
        interest.pairs &= those;
        interest
    }
}

/// Which runs are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Of sixteen characters and more; digits stand between words.
    Short,
    /// Of twenty-four characters and more.
    Long,
}

/// Which blocks of a batch are worth a look, one bit each. Most are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Those in which a run of characters of values with a digit may end, or goes on through; with words in a row; of numbers.
    pub look: u64,
    /// Those in which a pair of letters stands by which the words are found that are looked for in every file.
    pub pairs: u64,
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

/// The classes of a block.
pub fn classes(block: &[u8; BLOCK]) -> Classes {
    dispatch!(Level::new(), simd => classes_with(simd, block))
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
    fn read_with<S>(simd: S, blocks: &[[u8; BLOCK]], batch: &mut Batch, ends: Ends) -> Interest {
        const LAST: u64 = 1 << (BLOCK - 1);
        let Batch { value, digit, lower, apart, pairs } = batch;
        let (values, digits) = (value.iter_mut().skip(1), digit.iter_mut().skip(1));
        let (lowers, aparts) = (lower.iter_mut().skip(1), apart.iter_mut().skip(1));
        for (((((block, value), digit), lower), apart), pair) in blocks.iter().zip(values).zip(digits).zip(lowers).zip(aparts).zip(pairs.iter_mut())
        {
            let x = u8x64::from_slice(simd, block);
            let small = x | 0x20;
            let is = within(small, b'a', b'z') | within(x, b'/', b'9') | x.simd_eq(b'_') | x.simd_eq(b'-') | x.simd_eq(b'+');
            *value = is.to_bitmask();
            *digit = within(x, b'0', b'9').to_bitmask();
            *lower = within(x, b'a', b'z').to_bitmask();
            *apart = (within(x, b' ', b'.') | within(x, b'\t', b'\r')).to_bitmask();
            let before = small.simd_eq(b'c').to_bitmask() << 1 | 1;
            let l = x.simd_eq(b'l').to_bitmask() >> 1 | LAST;
            *pair = (small.simd_eq(b'v').to_bitmask() & before) | (x.simd_eq(b'y').to_bitmask() & l);
        }
        if ends == Ends::Short { interest::<16>(batch) } else { interest::<24>(batch) }
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

/// Which blocks are worth a look. It errs on that side only: what it passes over has nothing in it, and what goes on from it
/// into the next block stands in its masks. The same few steps for each block, without a branch, so that they are taken for
/// several at once. `N` is the shortest length of a run.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "arrays of one length, and places below it")]
fn interest<const N: u32>(batch: &Batch) -> Interest {
    let Batch { value, digit, lower, apart, pairs } = batch;
    let mut look = [0u64; BATCH];
    for i in 0..BATCH {
        let (now, before) = (value[i + 1], value[i]);
        // A run in the block, or one that ends in it, seen in the halves on both sides of its beginning.
        let run = stretches::<N>(now) | stretches::<N>(now << 32 | before >> 32);
        let digits = digit[i + 1] | digit[i] | u64::from(before == u64::MAX);
        let seen = |i: usize| Masks { value: 0, digit: digit[i], lower: lower[i], apart: apart[i] };
        let (good, raw) = (quarters(prose::<N>(seen(i + 1))), quarters(worded::<N>(seen(i + 1))));
        // The quarter before the block, of which it is not known here whether its words are as they should be. Where the
        // last quarter hangs on that, it is worth a look, too.
        let last = u64::from(worded::<N>(seen(i)) >> (BLOCK - QUARTER) == 0xffff) << (QUARTER - 1);
        let words = good & (good << QUARTER | last);
        let open = u64::from(raw & raw << QUARTER == 0) & u64::from(raw & last != 0) & raw >> (BLOCK - 1);
        let numbers = digit[i + 1] | apart[i + 1] == u64::MAX;
        // No branch: numbers are added up, not truths.
        let whole = u64::from(now == u64::MAX) | u64::from(numbers);
        look[i] = u64::from(run != 0) & u64::from(digits != 0) | u64::from(words | open != 0) | whole;
    }
    let mut out = Interest::default();
    for i in 0..BATCH {
        out.look |= look[i] << i;
        out.pairs |= u64::from(pairs[i] != 0) << i;
    }
    out
}

/// Bytes of a quarter of a block: the shortest stretch of words that can be a mnemonic covers two, twelve words of three
/// letters.
pub const QUARTER: usize = 16;

/// What a stretch of words is made of. In a short text, the numbers of a list stand between its words, too.
#[inline(always)]
pub fn worded<const N: u32>(seen: Masks) -> u64 {
    seen.lower | seen.apart | if N == 16 { seen.digit } else { 0 }
}

/// The same, but for what no mnemonic has: words of less than three or more than eight letters, words far from each other.
#[inline(always)]
pub fn prose<const N: u32>(seen: Masks) -> u64 {
    let lower = seen.lower;
    let apart = seen.apart | if N == 16 { seen.digit } else { 0 };
    // Words that the block cuts are not known to be short.
    let first = lower & 1;
    let first = first | (lower & first << 1);
    let last = lower & 1 << (BLOCK - 1);
    let last = last | (lower & last >> 1);
    let short = lower & !whole::<3>(lower) & !(first | last);
    (lower | apart) & !(short | whole::<9>(lower) | whole::<10>(apart))
}

/// The quarters of a block of which every bit is set, by their highest one.
#[inline(always)]
pub fn quarters(mask: u64) -> u64 {
    zeros(!mask, 0x7fff_7fff_7fff_7fff)
}

/// Which parts of a mask have no bit, by their highest one. `all` has all other bits of each part.
#[inline(always)]
fn zeros(mask: u64, all: u64) -> u64 {
    !(((mask & all) + all) | mask | all)
}

/// The bits below a place.
#[inline]
pub fn below(place: usize) -> u64 {
    1u64.checked_shl(place as u32).map_or(u64::MAX, |bit| bit - 1)
}

/// All places from which at least `N` bits follow, up to 64.
#[inline(always)]
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
#[inline(always)]
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
            let mut batch = Batch::default();
            batch.read(&[[b; BLOCK]], 0, Ends::Short);
            let all = |is: bool| if is { u64::MAX } else { 0 };
            let mark = matches!(b, b'+' | b'/' | b'-' | b'_');
            let apart = (b' '..=b'.').contains(&b) || (b'\t'..=b'\r').contains(&b);
            let value = all(b.is_ascii_alphanumeric() || mark);
            let expected = Masks { value, digit: all(b.is_ascii_digit()), lower: all(b.is_ascii_lowercase()), apart: all(apart) };
            assert_eq!(batch.masks(1), expected, "{b}");
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
        let mut batch = Batch::default();
        batch.read(&[block], 0, Ends::Short);
        assert_eq!(batch.masks(1).value, 0xffff << 8);
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
