//! The names of the fields of an object, held against those that payloads are told by.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::READERS;
use crate::document::Node;

/// The names of the fields of an object. Of most names, one bit of a number tells that they are none of them.
pub struct Names<'n> {
    /// Each, in order.
    pub names: Vec<&'n str>,
    bits: u64,
}

impl<'n> Names<'n> {
    /// Of an object; nothing else has any.
    pub fn of(node: &'n Node<'n>) -> Option<Self> {
        let names: Vec<&str> = node.as_mapping()?.iter().filter_map(|e| e.key.scalar()).collect();
        let bits = names.iter().fold(0, |bits, n| bits | bit(n));
        Some(Self { names, bits })
    }
    /// Whether it has a field.
    pub fn has(&self, name: &str) -> bool {
        self.bits & bit(name) != 0 && self.names.contains(&name)
    }
    /// How many of them are among others.
    pub fn count(&self, others: &[&str]) -> usize {
        if others.iter().any(|o| self.bits & bit(o) != 0) { self.names.iter().filter(|n| others.contains(n)).count() } else { 0 }
    }
}

/// One bit for a name: its ends and its length.
fn bit(name: &str) -> u64 {
    let of = |b: Option<&u8>| usize::from(b.copied().unwrap_or(0));
    let bytes = name.as_bytes();
    1 << ((of(bytes.first()) * 5 + of(bytes.last()) * 11 + bytes.len() * 3) & 63)
}

/// The fields of all payloads.
static KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let fields =
        READERS.iter().flat_map(|r| r.payloads).filter_map(|p| p.by.fields()).map(|(decides, also)| decides.iter().chain(also).copied());
    fields.flatten().collect()
});

/// Whether any payload has a field of this name.
pub fn is_known(name: &str) -> bool {
    KNOWN.contains(name)
}
