//! The one linear pass: where a text has runs of characters that could be a value. Most bytes of most files are seen only
//! here, a block at a time.

use super::blocks::{BLOCK, GROUP, digit_groups, see};

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
    /// A stretch of small letters and separators: prose, or a mnemonic. A place within it.
    Words(usize),
    /// A stretch of digits and separators. A place within it.
    Numbers(usize),
}

/// In texts longer than this, only runs of [`LONG`] characters begin a look; shorter parts are found beside longer ones.
const SHORT_TEXT: usize = 4096;
/// Shortest run that is looked for in a long text. No shared secret is shorter.
pub const LONG: usize = 24;

/// Calls `found` with all that is worth a second look, in the order of the text as far as runs go.
pub fn each(bytes: &[u8], mut found: impl FnMut(Hit)) {
    let (blocks, tail) = bytes.as_chunks::<BLOCK>();
    let mut pass = Pass { bytes, done: 0, shortest: if bytes.len() > SHORT_TEXT { LONG } else { SHORTEST } };
    // Twenty-four characters cover two groups of eight, sixteen cover one.
    let two = pass.shortest == LONG;
    let mut before = 0u8;
    for (n, block) in blocks.iter().enumerate() {
        let seen = see(block);
        let full = seen.full;
        let begins = if two { full & ((full << 1) | before) } else { full };
        before = full >> 7;
        if begins != 0 {
            // A drawn value has a digit in any four groups; the one after the last is not yet known.
            let last = n.checked_sub(1).and_then(|p| blocks.get(p)).map_or(0, digit_groups);
            let spread = u32::from(last) | (u32::from(digit_groups(block)) << 8);
            let near = ((spread << 2 | spread << 1 | spread | spread >> 1) >> 8) as u8 | 0x80;
            if begins & near != 0 {
                pass.groups(begins & near, n * BLOCK, &mut found);
            }
        }
        if seen.words[0] {
            found(Hit::Words(n * BLOCK + 16));
        }
        if seen.words[1] {
            found(Hit::Words(n * BLOCK + 48));
        }
        if seen.numbers {
            found(Hit::Numbers(n * BLOCK + 48));
        }
    }
    let from = bytes.len() - tail.len();
    for (n, b) in tail.iter().enumerate() {
        if is_value_byte(*b) {
            pass.visit(from + n, &mut found);
        }
    }
    if tail.len() > 16 {
        found(Hit::Words(from));
    }
}

struct Pass<'b> {
    bytes: &'b [u8],
    /// Up to where runs have been seen.
    done: usize,
    shortest: usize,
}

impl Pass<'_> {
    #[inline(never)]
    fn groups(&mut self, mut begins: u8, base: usize, found: &mut impl FnMut(Hit)) {
        while begins != 0 {
            let group = begins.trailing_zeros() as usize;
            begins &= begins - 1;
            self.visit(base + group * GROUP, found);
        }
    }

    fn visit(&mut self, at: usize, found: &mut impl FnMut(Hit)) {
        let bytes = self.bytes;
        if at < self.done {
            return;
        }
        let start = bytes.get(self.done..at).map_or(at, |before| at - before.iter().rev().take_while(|b| is_value_byte(**b)).count());
        let length = bytes.get(at..).map_or(0, |after| after.iter().take_while(|b| is_value_byte(**b)).count());
        let mut end = at + length;
        self.done = end.max(at + 1);
        if end - start < self.shortest || end - start > LONGEST {
            return;
        }
        let Some(run) = bytes.get(start..end) else { return };
        // The end of an address may be a value where the whole is none.
        let last = run.rsplit(|b| *b == b'/').next().unwrap_or(run);
        if !is_drawn(run) || !(is_random(run) || (last.len() >= SHORTEST && is_random(last))) {
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

    #[test]
    fn a_blob_is_no_value_and_costs_one_pass() {
        assert!(runs(&"aB3d".repeat(1_000_000)).is_empty());
    }
}
