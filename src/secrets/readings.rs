//! Names that were read: the files of a tree use the same ones again and again. What has a digit in it may be a value that
//! stands where a name would; it is read each time and never kept.

use std::collections::HashMap;
use std::sync::Mutex;

use super::catalogue::Catalogue;
use super::names::{self, Reading};

/// How many tables there are, so that threads hardly ever meet.
const SHELVES: usize = 16;
/// Most names of a table; then it begins anew.
const MOST: usize = 1024;
/// Longest name that is kept, in bytes.
const LONGEST: usize = 48;

/// What names say, of those that were read before.
#[derive(Default)]
pub struct Readings {
    shelves: [Mutex<HashMap<Box<str>, Reading>>; SHELVES],
}

impl Readings {
    /// Reads a name, or recalls what it says. One catalogue for all.
    pub fn of(&self, name: &str, catalogue: &Catalogue) -> Reading {
        let read = || names::read(name, catalogue);
        if name.len() > LONGEST || name.bytes().any(|b| b.is_ascii_digit()) {
            return read();
        }
        let end = |b: Option<&u8>| usize::from(b.copied().unwrap_or(0));
        let shelf = name.len() + end(name.as_bytes().first()) + end(name.as_bytes().last());
        // Rather than wait for another thread, it is read.
        let Some(mut shelf) = self.shelves.get(shelf % SHELVES).and_then(|s| s.try_lock().ok()) else { return read() };
        if let Some(known) = shelf.get(name) {
            return *known;
        }
        if shelf.len() >= MOST {
            shelf.clear();
        }
        let reading = read();
        shelf.insert(name.into(), reading);
        reading
    }
}
