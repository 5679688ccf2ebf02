//! A quick hash for tables of words that come from shape files: nobody who writes what is scanned can fill them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A table of words from shape files.
pub type Table<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Eight bytes at a time, multiplied by an odd number that is as good as any.
#[derive(Clone, Copy, Default)]
pub struct Quick(u64);

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, tail) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !tail.is_empty() {
            self.add(tail.iter().fold(tail.len() as u64, |word, b| word << 8 | u64::from(*b)));
        }
    }
    fn write_u8(&mut self, b: u8) {
        self.add(u64::from(b));
    }
    fn write_usize(&mut self, n: usize) {
        self.add(n as u64);
    }
    fn finish(&self) -> u64 {
        // The highest bits are the best; tables look at the lowest, too.
        self.0.rotate_left(26)
    }
}
