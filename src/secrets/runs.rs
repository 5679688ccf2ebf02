//! The one linear pass: where a text has runs of characters that could be a value. Most bytes of most files are seen only
//! here, a block at a time.

use super::blocks::{self, BATCH, BLOCK, Batch, Ends, Interest, Masks, QUARTER, below, prose, quarters, stretches, whole, worded};

/// A run of the characters that values are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First byte.
    pub start: usize,
    /// One past the last byte, padding included.
    pub end: usize,
}

/// Shortest run that is looked at.
pub const SHORTEST: usize = 16;
/// Longest run that can be a value; what is longer is a blob.
pub const LONGEST: usize = 4096;

const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 4;
const MARK: u8 = 8;

#[expect(clippy::indexing_slicing, reason = "made by the compiler, a table of 256 for a byte")]
const CLASS: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut b = 0usize;
    while b < 256 {
        let c = b as u8;
        if c.is_ascii_lowercase() {
            table[b] = LOWER;
        } else if c.is_ascii_uppercase() {
            table[b] = UPPER;
        } else if c.is_ascii_digit() {
            table[b] = DIGIT;
        } else if matches!(c, b'+' | b'/' | b'_' | b'-') {
            table[b] = MARK;
        }
        b += 1;
    }
    table
};

#[expect(clippy::indexing_slicing, reason = "a table of 256 for a byte")]
fn class(b: u8) -> u8 {
    CLASS[b as usize]
}

/// Whether a byte can be part of a value of this kind.
pub fn is_value_byte(b: u8) -> bool {
    class(b) != 0
}

/// What the pass comes upon.
pub enum Hit {
    /// A run of at least [`SHORTEST`] characters that has the look of a value: random, not spelled.
    Run(Run),
    /// A stretch of small letters and separators: prose, or a mnemonic. A place within it, and the first whole word after
    /// that; an empty one where it is not known.
    Words(usize, (usize, usize)),
    /// A stretch of digits and separators. A place within it.
    Numbers(usize),
    /// `cv` or `yl`: there may be a word that is looked for in every file. The place of the second letter of the one, of the
    /// first of the other.
    Pair(usize),
}

/// In texts longer than this, only runs of [`LONG`] characters begin a look; shorter parts are found beside longer ones.
const SHORT_TEXT: usize = 4096;
/// Shortest run that is looked for in a long text. No shared secret is shorter.
pub const LONG: usize = 24;

/// Calls `found` with all that is worth a second look, in the order of the text as far as runs go.
pub fn each(bytes: &[u8], found: impl FnMut(Hit)) {
    if bytes.len() > SHORT_TEXT {
        Pass::<{ LONG as u32 }>::new(bytes).all(|interest| interest.look, found);
    } else {
        Pass::<{ SHORTEST as u32 }>::new(bytes).all(|interest| interest.look, found);
    }
}

/// What is known at the end of a block. `N` is the shortest length of a run.
struct Pass<'b, const N: u32> {
    bytes: &'b [u8],
    /// How many characters of a run stand at the end of the block before, and whether one of them is a digit.
    open: usize,
    digit: bool,
    /// Whether the last quarter of the block before is of words, and whether all of it is of numbers.
    words: bool,
    numbers: bool,
    /// Up to where that is: the end of the last block that was worth a look.
    seen: usize,
}

impl<'b, const N: u32> Pass<'b, N> {
    fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, open: 0, digit: false, words: false, numbers: false, seen: 0 }
    }

    /// `look` says which blocks of a batch are looked at closely.
    fn all(mut self, look: impl Fn(Interest) -> u64, mut found: impl FnMut(Hit)) {
        let (blocks, tail) = self.bytes.as_chunks::<BLOCK>();
        let ends = if N == SHORTEST as u32 { Ends::Short } else { Ends::Long };
        // What is left, with zeros behind it, ends every run.
        let mut last = [[0u8; BLOCK]];
        for (to, b) in last.iter_mut().flatten().zip(tail) {
            *to = *b;
        }
        let mut batch = Batch::default();
        let (mut base, mut before) = (0, 0);
        for some in blocks.chunks(BATCH).chain([&last[..]]) {
            let interest = batch.read(some, before, ends);
            let mut pairs = interest.pairs;
            while pairs != 0 {
                let at = pairs.trailing_zeros() as usize;
                pairs &= pairs - 1;
                let mut bits = batch.pairs(at);
                while bits != 0 {
                    found(Hit::Pair(base + at * BLOCK + bits.trailing_zeros() as usize));
                    bits &= bits - 1;
                }
            }
            let mut look = look(interest) & below(some.len());
            while look != 0 {
                let at = look.trailing_zeros() as usize;
                look &= look - 1;
                if self.seen != base + at * BLOCK {
                    self.behind(batch.masks(at));
                }
                self.block(base + at * BLOCK, batch.masks(at + 1), &mut found);
                self.seen = base + (at + 1) * BLOCK;
            }
            (base, before) = (base + some.len() * BLOCK, some.len());
        }
    }

    /// What is known at the end of a block in which there was nothing.
    #[inline]
    fn behind(&mut self, seen: Masks) {
        let worded = quarters(worded::<N>(seen));
        self.open = seen.value.leading_ones() as usize;
        self.digit = seen.digit & !below(BLOCK - self.open) != 0;
        self.words = (if worded & worded << QUARTER == 0 { worded } else { quarters(prose::<N>(seen)) }) >> (BLOCK - 1) == 1;
        self.numbers = false;
    }

    #[inline]
    fn block(&mut self, base: usize, seen: Masks, found: &mut impl FnMut(Hit)) {
        let worded = quarters(worded::<N>(seen));
        if worded & (worded << QUARTER | u64::from(self.words) << (QUARTER - 1)) != 0 {
            self.words(base, seen, found);
        } else {
            self.words = worded >> (BLOCK - 1) == 1;
        }
        // A list of sixty-four numbers covers a block; within one there is no bracket, so the first will do.
        let numbers = seen.digit | seen.apart == u64::MAX && seen.digit.count_ones() > 4;
        if numbers && !self.numbers {
            found(Hit::Numbers(base));
        }
        self.numbers = numbers;
        let Masks { value, digit, .. } = seen;
        if value == u64::MAX {
            self.open += BLOCK;
            self.digit |= digit != 0;
            return;
        }
        let lead = value.trailing_ones() as usize;
        if self.open + lead >= N as usize && (self.digit || digit & below(lead) != 0) {
            self.visit(base - self.open, base + lead, found);
        }
        let behind = value.leading_ones() as usize;
        let body = value & !below(lead) & below(BLOCK - behind);
        let mut begins = stretches::<N>(body);
        while begins != 0 {
            let start = begins.trailing_zeros() as usize;
            let length = (body >> start).trailing_ones() as usize;
            let run = below(length) << start;
            begins &= !run;
            if digit & run != 0 {
                self.visit(base + start, base + start + length, found);
            }
        }
        self.open = behind;
        self.digit = digit & !below(BLOCK - behind) != 0;
    }

    /// A block with words in a row: whether they are of three to eight letters, as those of mnemonics are, and not far
    /// from each other.
    #[inline(never)]
    fn words(&mut self, base: usize, seen: Masks, found: &mut impl FnMut(Hit)) {
        let quarters = quarters(prose::<N>(seen));
        let mut before = self.words;
        for n in 0..BLOCK / QUARTER {
            let is = quarters >> ((n + 1) * QUARTER - 1) & 1 == 1;
            if is && before {
                let word = (n * QUARTER).checked_sub(QUARTER).and_then(|at| first_word(seen.lower, at));
                found(Hit::Words(base + n * QUARTER - QUARTER, word.map_or((0, 0), |(start, end)| (base + start, base + end))));
            }
            before = is;
        }
        self.words = before;
    }

    fn visit(&mut self, start: usize, mut end: usize, found: &mut impl FnMut(Hit)) {
        let bytes = self.bytes;
        if end - start > LONGEST {
            return;
        }
        let Some(run) = bytes.get(start..end) else { return };
        if !is_value(run) {
            return;
        }
        // Padding belongs to a value when nothing follows that would make it an operator.
        let pads = bytes.get(end..).map_or(0, |after| after.iter().take(3).take_while(|b| **b == b'=').count());
        let after = bytes.get(end + pads).copied().unwrap_or(b' ');
        if (1..=2).contains(&pads) && (end + pads - start).is_multiple_of(4) && !is_value_byte(after) {
            end += pads;
        }
        found(Hit::Run(Run { start, end }));
    }
}

/// The first word that begins after a place in a block, if it ends there, too, and is near.
fn first_word(lower: u64, at: usize) -> Option<(usize, usize)> {
    let rest = lower >> at;
    let cut = rest.trailing_ones();
    let gap = rest.checked_shr(cut)?.trailing_zeros();
    let start = at as u32 + cut + gap;
    let end = start + lower.checked_shr(start)?.trailing_ones();
    (cut + gap < 32 && end < BLOCK as u32).then_some((start as usize, end as usize))
}

/// Whether a run, or its end if it is an address, looks drawn.
fn is_value(run: &[u8]) -> bool {
    if run.len() > BLOCK {
        return is_drawn(run) && (is_random(run) || is_last_random(run));
    }
    let mut block = [0u8; BLOCK];
    for (to, b) in block.iter_mut().zip(run) {
        *to = *b;
    }
    let is = blocks::classes(&block);
    let (length, digits) = (run.len() as u32, is.digit.count_ones());
    let spelled = || whole::<4>(is.lower).count_ones() * 2 <= length;
    if !(digits * 8 >= length || (digits > 0 && is.upper != 0 && spelled())) {
        return false;
    }
    // As in `is_random`; the first character follows on none.
    let begins = |mask: u64| mask & !(mask << 1);
    let changes = (begins(is.lower) | begins(is.upper) | begins(is.digit) | begins(is.mark)).count_ones();
    let marks = is.mark.count_ones();
    let groups = if length >= 32 && is.hex == below(run.len()) { 7 } else { 5 };
    let telling = changes.saturating_sub(1 + marks.min(length / 8) * 2);
    telling * groups >= length.saturating_sub(2 * marks) || is_uuid(run) || is_last_random(run)
}

/// The end of an address may be a value where the whole is none.
fn is_last_random(run: &[u8]) -> bool {
    let last = run.rsplit(|b| *b == b'/').next().unwrap_or(run);
    last.len() >= SHORTEST && last.len() < run.len() && is_random(last)
}

/// Whether characters look drawn rather than spelled: values change between capitals, small letters, digits and marks
/// every other character, names and words hardly ever.
pub fn is_random(run: &[u8]) -> bool {
    let (mut seen, mut changes, mut marks, mut last) = (0u8, 0usize, 0usize, 0u8);
    for b in run {
        let class = class(*b);
        seen |= class;
        marks += usize::from(class == MARK);
        changes += usize::from(class != last);
        last = class;
    }
    // Digits of sixteen change less.
    let groups = match seen & DIGIT != 0 {
        true if run.len() >= 32 && run.iter().all(u8::is_ascii_hexdigit) => 7,
        true => 5,
        false => 3,
    };
    // A spelled name changes at each mark, twice; those changes tell nothing.
    let telling = changes.saturating_sub(1 + marks.min(run.len() / 8) * 2);
    let drawn = seen & DIGIT != 0 || (seen & LOWER != 0 && seen & UPPER != 0);
    drawn && telling * groups >= run.len().saturating_sub(2 * marks) || is_uuid(run)
}

/// Whether a run is no name, path or sentence of code: one character in eight a digit, or capitals and few stretches of
/// small letters.
fn is_drawn(run: &[u8]) -> bool {
    let (mut digits, mut capitals, mut spelled, mut stretch) = (0usize, 0usize, 0usize, 0usize);
    for b in run {
        let class = class(*b);
        digits += usize::from(class == DIGIT);
        capitals += usize::from(class == UPPER);
        if class == LOWER {
            stretch += 1;
            spelled += match stretch {
                0..=3 => 0,
                4 => 4,
                _ => 1,
            };
        } else {
            stretch = 0;
        }
    }
    digits * 8 >= run.len() || (digits > 0 && capitals > 0 && spelled * 2 <= run.len())
}

/// Whether a run is written as a UUID, however few of its digits are letters.
fn is_uuid(run: &[u8]) -> bool {
    run.len() == 36 && run.iter().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        each(text.as_bytes(), |hit| {
            if let Hit::Run(r) = hit {
                out.push(text.get(r.start..r.end).unwrap_or(""));
            }
        });
        out
    }

    #[test]
    fn values_are_found_at_every_offset_and_names_are_not() {
        let secret = "Zx9mQ2rT7vLk4WnB8sHd3FgJ6pYc1AeU5oXi";
        for before in 0..40 {
            for after in [0, 1, 5, 17] {
                let text = format!("{}\"{secret}\"{}", " ".repeat(before), ";".repeat(after));
                assert_eq!(runs(&text), [secret], "{before} {after}");
            }
        }
        assert!(runs("self.exchange_client.fetch_open_orders_and_positions_from_binance_v3").is_empty());
        assert!(runs("https://github.com/some-owner/some-repository-with-a-long-name/blob/main/src").is_empty());
    }

    #[test]
    fn the_shapes_of_exchanges_are_random() {
        for value in [
            "37c541a1-0b2f-4a6d-9c8e-10fe7a038418",
            "fecbaab2-35befe7e-2ea695e8-67e56",
            "kQ7HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg9==",
            "9A8B7C6D5E4F3A2B1C0D9E8F7A6B5C4D",
            "aB3dE5fG7hJ9kL2mN4",
        ] {
            assert_eq!(runs(&format!("x = {value}\n")), [value]);
        }
    }

    #[test]
    fn padding_belongs_to_a_value_and_an_operator_does_not() {
        assert_eq!(runs("Zx9mQ2rT7vLk4WnB8sHd3F=="), ["Zx9mQ2rT7vLk4WnB8sHd3F=="]);
        assert_eq!(runs("Zx9mQ2rT7vLk4WnB8sHd3F==other"), ["Zx9mQ2rT7vLk4WnB8sHd3F"]);
    }

    /// What is passed over has nothing in it: with every block looked at, all is found at the same places.
    fn same<const N: u32>(bytes: &[u8]) {
        let all = |look: fn(Interest) -> u64| {
            let mut out = Vec::new();
            Pass::<N>::new(bytes).all(look, |hit| match hit {
                Hit::Run(run) => out.push((0, run.start, run.end)),
                Hit::Words(at, first) => out.push((1, at, first.1)),
                Hit::Numbers(at) => out.push((2, at, 0)),
                Hit::Pair(at) => out.push((3, at, 0)),
            });
            out
        };
        let few = all(|interest| interest.look);
        let every = all(|_| u64::MAX);
        assert!(few.iter().any(|h| h.0 == 0) && few.iter().any(|h| h.0 == 1));
        assert_eq!(few, every);
    }

    #[test]
    fn what_is_passed_over_has_nothing_in_it() {
        let pieces = [
            "Zx9mQ2rT7vLk4WnB8sHd3FgJ6pYc1AeU5oXi",
            "abandon ability able about above absent ",
            "the a of in it is ",
            "1, 2, 33, 44, 5, ",
            "aB3dE5fG7hJ9kL2m",
            "self.exchange_client.fetch_open",
            "\n",
            "    ",
            "{\"a\": 1}",
            "some longer words ",
            "AAAA",
            "9",
            "-",
            "/",
            "recv_window",
            "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6",
            "                ",
            "word-",
            "internationalization ",
            "x = ",
            "\u{20ac}",
        ];
        let mut state = 1u64;
        let mut text = String::new();
        while text.len() < 400_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let piece = pieces[(state >> 33) as usize % pieces.len()];
            for _ in 0..=(state >> 60) / 4 {
                text.push_str(piece);
            }
        }
        same::<{ LONG as u32 }>(text.as_bytes());
        same::<{ SHORTEST as u32 }>(text.as_bytes());
    }

    #[test]
    fn a_blob_is_no_value_and_costs_one_pass() {
        assert!(runs(&"aB3d".repeat(1_000_000)).is_empty());
    }
}
