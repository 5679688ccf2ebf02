//! Many words at once: where in a text any of hundreds of them stands. Three letters tell nearly everywhere that none
//! begins; only where some word begins with these three are words compared.

/// Words that are looked for together.
pub struct Words {
    spelled: Vec<Vec<u8>>,
    any_case: bool,
    /// The threes of letters by which words begin, one bit each; a letter is folded to five bits.
    begins: Box<[u64; 512]>,
    /// For each three, where its words begin in `listed`, and at last where they end.
    starts: Vec<u32>,
    /// Words by their threes, longer ones first.
    listed: Vec<u32>,
}

/// A word in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Which word, in the order in which they were given.
    pub word: usize,
}

fn fold(b: u8) -> u32 {
    u32::from(b & 31)
}

/// How many threes there are.
const THREES: u32 = 1 << 15;

impl Words {
    /// Prepares words; none of them is empty. With `any_case`, ASCII capitals are as good as small letters.
    pub fn new<W: AsRef<[u8]>>(words: &[W], any_case: bool) -> Self {
        let words: Vec<Vec<u8>> = words.iter().map(|w| w.as_ref().to_vec()).collect();
        let mut keys: Vec<(u32, std::cmp::Reverse<usize>, u32)> = Vec::new();
        for (at, word) in words.iter().enumerate().filter(|(_, w)| !w.is_empty()) {
            // A word of less than three letters begins with them whatever follows.
            let open = 5 * 3usize.saturating_sub(word.len()) as u32;
            let key = word.iter().take(3).fold(0, |key, b| key << 5 | fold(*b)) << open;
            keys.extend((0..1 << open).map(|rest| (key | rest, std::cmp::Reverse(word.len()), at as u32)));
        }
        keys.sort_unstable();
        let mut begins = Box::new([0u64; 512]);
        for (key, ..) in &keys {
            if let Some(bits) = begins.get_mut((key >> 6) as usize) {
                *bits |= 1 << (key & 63);
            }
        }
        let mut starts = Vec::with_capacity(THREES as usize + 1);
        for (at, (key, ..)) in keys.iter().enumerate() {
            starts.resize(starts.len().max(*key as usize + 1), at as u32);
        }
        starts.resize(THREES as usize + 1, keys.len() as u32);
        Self { spelled: words, any_case, begins, starts, listed: keys.into_iter().map(|(.., at)| at).collect() }
    }

    /// The words that begin at a place, the longest first; of equal ones the first that was given.
    fn at<'t>(&'t self, text: &'t [u8], start: usize, key: u32) -> impl Iterator<Item = Found> + 't {
        let of = |key: u32| self.starts.get(key as usize).map_or(0, |s| *s as usize);
        let listed = self.listed.get(of(key)..of(key + 1)).unwrap_or(&[]);
        let rest = text.get(start..).unwrap_or(&[]);
        listed.iter().filter_map(move |at| {
            let word = self.spelled.get(*at as usize)?;
            let here = rest.get(..word.len())?;
            let is = if self.any_case { here.eq_ignore_ascii_case(word) } else { here == word.as_slice() };
            is.then_some(Found { start, end: start + word.len(), word: *at as usize })
        })
    }

    /// The next place from which a word may begin, and the three letters there.
    fn next(&self, text: &[u8], from: usize) -> Option<(usize, u32)> {
        let is = |key: u32| self.begins.get((key >> 6) as usize).is_some_and(|bits| bits >> (key & 63) & 1 == 1);
        let rest = text.get(from..)?;
        let (first, second) = (rest.first()?, rest.get(1).copied().unwrap_or(0));
        let mut key = fold(*first) << 5 | fold(second);
        for (i, b) in rest.get(2..).unwrap_or(&[]).iter().enumerate() {
            key = (key << 5 | fold(*b)) & (THREES - 1);
            if is(key) {
                return Some((from + i, key));
            }
        }
        // The last two, with nothing behind them.
        for i in rest.len().saturating_sub(2)..rest.len() {
            if rest.len() > 1 || i == 0 {
                key = key << 5 & (THREES - 1);
                if is(key) {
                    return Some((from + i, key));
                }
            }
        }
        None
    }

    /// The words of a text one after another: from left to right, the longest at each place.
    pub fn each<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = Found> + 't {
        let mut from = 0;
        std::iter::from_fn(move || {
            while let Some((start, key)) = self.next(text, from) {
                if let Some(found) = self.at(text, start, key).next() {
                    from = found.end;
                    return Some(found);
                }
                from = start + 1;
            }
            None
        })
    }

    /// All words of a text, those within others, too.
    pub fn all<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = Found> + 't {
        let mut from = 0;
        let places = std::iter::from_fn(move || {
            let (start, key) = self.next(text, from)?;
            from = start + 1;
            Some((start, key))
        });
        places.flat_map(move |(start, key)| self.at(text, start, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_length_are_found_at_every_place() {
        let words = ["ip", "uid", "uidList", "okx", "OKX", "api.okx.com", "x"];
        let found = |text: &str, any_case: bool, all: bool| -> Vec<(usize, usize, usize)> {
            let words = Words::new(&words, any_case);
            let of = |f: Found| (f.start, f.end, f.word);
            if all { words.all(text.as_bytes()).map(of).collect() } else { words.each(text.as_bytes()).map(of).collect() }
        };
        assert_eq!(found("ip uidList", true, false), [(0, 2, 0), (3, 10, 2)]);
        assert_eq!(found("ip uidList", false, true), [(0, 2, 0), (3, 10, 2), (3, 6, 1)]);
        assert_eq!(found("an API.OKX.com", true, false), [(3, 14, 5)]);
        // Of two that are one, the first.
        assert_eq!(found("OKX", true, false), [(0, 3, 3)]);
        assert_eq!(found("OKX", false, false), [(0, 3, 4)]);
        assert_eq!(found("i", true, false), []);
        assert_eq!(found("x", true, false), [(0, 1, 6)]);
        assert_eq!(found("zip", true, false), [(1, 3, 0)]);
        assert_eq!(found("", true, true), []);
        for before in 0..20 {
            let text = format!("{}uid", "-".repeat(before));
            assert_eq!(found(&text, false, false), [(before, before + 3, 1)]);
        }
    }
}
