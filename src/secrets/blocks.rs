//! Sixty-four bytes at a time: whether anything in them could be of a value, a mnemonic, a list of numbers. All that most
//! bytes of most files ever cost is this, so it is written in a form that compilers turn into vectors.

/// Bytes of a block.
pub const BLOCK: usize = 64;
const LANE: usize = 16;
/// Bytes that are looked at together for whether all of them are of a value.
pub const GROUP: usize = 8;

/// What a block has.
#[derive(Clone, Copy, Default)]
pub struct Seen {
    /// Which groups of eight are wholly of characters that values are made of, the first the lowest bit.
    pub full: u8,
    /// Whether a lane of sixteen is wholly of small letters and separators: the second and the fourth are looked at.
    pub words: [bool; 2],
    /// Whether the last lane is wholly of digits and separators.
    pub numbers: bool,
}

/// 0xff for each byte that passes. Over a whole block and without a branch, which is what becomes vectors.
macro_rules! classes {
    ($name:ident, $doc:literal, $n:expr, |$b:ident| $test:expr) => {
        #[doc = $doc]
        #[inline]
        #[allow(clippy::needless_bitwise_bool, reason = "without a branch, so that it becomes vectors")]
        fn $name(bytes: &[u8; $n]) -> [u8; $n] {
            let mut is = [0u8; $n];
            for (to, $b) in is.iter_mut().zip(bytes) {
                let $b = *$b;
                let test = $test;
                *to = if test { 0xff } else { 0 };
            }
            is
        }
    };
}

classes!(values, "Letters, digits, `+`, `/`, `-`, `_`; the slash and the digits are neighbours.", BLOCK, |b| ((b | 0x20)
    .wrapping_sub(b'a')
    < 26)
    | (b.wrapping_sub(b'/') < 11)
    | (b == b'_')
    | (b == b'-')
    | (b == b'+'));
classes!(digits, "Digits.", BLOCK, |b| b.wrapping_sub(b'0') < 10);
classes!(words, "Small letters, white space, quotes, commas, dashes.", LANE, |b| (b.wrapping_sub(b'a') < 26)
    | (b.wrapping_sub(b' ') < 14)
    | (b.wrapping_sub(b'\t') < 5));
classes!(numbers, "Digits, white space, commas.", LANE, |b| (b.wrapping_sub(b'0') < 10)
    | (b.wrapping_sub(b' ') < 13)
    | (b.wrapping_sub(b'\t') < 5));

/// Whether half of a lane is an indentation.
fn blank(lane: &[u8; LANE]) -> bool {
    lane.first_chunk::<8>() == Some(b"        ") || lane.last_chunk::<8>() == Some(b"        ")
}

fn all(is: [u8; LANE]) -> bool {
    u128::from_le_bytes(is) == u128::MAX
}

/// Which groups of eight have a digit, the first the lowest bit.
pub fn digit_groups(block: &[u8; BLOCK]) -> u8 {
    let is = digits(block);
    let (groups, _) = is.as_chunks::<GROUP>();
    groups.iter().enumerate().fold(0, |bits, (n, group)| bits | (u8::from(u64::from_le_bytes(*group) != 0) << n))
}

/// Looks at a block.
#[inline]
pub fn see(block: &[u8; BLOCK]) -> Seen {
    let mut out = Seen::default();
    let is = values(block);
    let (groups, _) = is.as_chunks::<GROUP>();
    for (n, group) in groups.iter().enumerate() {
        out.full |= u8::from(u64::from_le_bytes(*group) == u64::MAX) << n;
    }
    let (lanes, _) = block.as_chunks::<LANE>();
    if let [_, second, _, fourth] = lanes {
        out.words = [all(words(second)) && !blank(second), all(words(fourth)) && !blank(fourth)];
        out.numbers = all(numbers(fourth));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_lanes_and_numbers_are_seen_where_they_are() {
        let mut block = [b'.'; BLOCK];
        assert_eq!(see(&block).full, 0);
        block[8..24].copy_from_slice(b"aZ09+/-_aZ09+/-_");
        assert_eq!(see(&block).full, 0b110);
        block[48..64].copy_from_slice(b"abandon, \"about\"");
        assert_eq!(see(&block).words, [false, true]);
        block[48..64].copy_from_slice(b"12, 34, 56,\n255,");
        let seen = see(&block);
        assert!(seen.numbers && seen.words == [false, false]);
    }
}
