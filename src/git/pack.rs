//! One pack of objects, read in the order in which it is stored: every base is inflated once, whatever number of objects are
//! stored as differences from it, and no more is held than the way from the current object up to its first base.

use std::fs::File;
use std::io;
use std::path::Path;

use gix::hash::Kind as Hash;
use gix::odb::pack;

use super::delta;
use super::store::Kind;
use crate::discover;

/// Nothing: no base, no child, no sibling.
const NONE: u32 = u32::MAX;
/// Bytes that are read at once where what follows is read next, and where it is not known to be.
const AHEAD: usize = 128 << 10;
const AT_HAND: usize = 8 << 10;
/// Bytes of bases that a walk holds; what is older is made again when it is needed.
const HELD: usize = 24 << 20;
/// Inflated bytes from which an object that nothing is based on is not held as a whole.
pub const LARGE: u64 = 16 << 20;

/// A pack and its index.
pub struct Pack {
    file: File,
    index: pack::index::File,
    hash: Hash,
    /// The number of its first object among all objects.
    pub first: u32,
    entries: Vec<Entry>,
}

/// An object in the order of the pack.
#[derive(Clone, Copy)]
struct Entry {
    offset: u64,
    /// Its place in the index.
    place: u32,
    /// The entry that it is a difference from.
    base: u32,
    child: u32,
    sibling: u32,
    kind: Option<Kind>,
    large: bool,
}

/// What a walk meets.
pub enum Met<'a> {
    /// An object with its bytes, and the ranges of them that stand in the object met before it as its base.
    Object {
        /// Its number.
        number: u32,
        /// What it is.
        kind: Kind,
        /// Its bytes.
        bytes: &'a [u8],
        /// What of it was in its base; nothing where it has none.
        kept: Option<&'a [(u32, u32)]>,
    },
    /// An object that is read piece by piece.
    Large {
        /// Its number.
        number: u32,
        /// Its bytes.
        reader: &'a mut dyn io::Read,
    },
    /// An object that cannot be read.
    Broken {
        /// Its number.
        number: u32,
        /// Why.
        reason: String,
    },
}

/// A file that is read here and there, with what follows read ahead.
struct Window<'f> {
    file: &'f File,
    start: u64,
    bytes: Vec<u8>,
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

impl<'f> Window<'f> {
    fn new(file: &'f File) -> Self {
        Self { file, start: 0, bytes: Vec::new() }
    }
    /// Up to `length` bytes from a place; fewer where the file ends.
    fn get(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let held = offset.checked_sub(self.start).map(|o| o as usize).filter(|o| o + length <= self.bytes.len());
        let from = match held {
            Some(from) => from,
            None => {
                let end = self.start + self.bytes.len() as u64;
                let follows = offset >= self.start && offset <= end + AT_HAND as u64;
                self.bytes.resize(length.max(if follows { AHEAD } else { AT_HAND }), 0);
                let mut filled = 0;
                while let Some(room) = self.bytes.get_mut(filled..).filter(|r| !r.is_empty()) {
                    match read_at(self.file, room, offset + filled as u64) {
                        Ok(0) => break,
                        Ok(n) => filled += n,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => {
                            self.bytes.clear();
                            return Err(error);
                        }
                    }
                }
                self.bytes.truncate(filled);
                self.start = offset;
                0
            }
        };
        Ok(self.bytes.get(from..(from + length).min(self.bytes.len())).unwrap_or(&[]))
    }
}

impl Pack {
    /// Opens a pack by the path of its index and reads what kind of object stands where.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(index: &Path, hash: Hash, first: u32) -> Result<Self, String> {
        discover::regular(index)?;
        let file = discover::regular(&index.with_extension("pack"))?;
        let index = pack::index::File::at(index, hash).map_err(|_| "its index is damaged".to_owned())?;
        let length = file.metadata().map_err(|e| discover::reason(&e))?.len();
        let mut pack = Self { file, index, hash, first, entries: Vec::new() };
        let mut head = Window::new(&pack.file);
        let head = head.get(0, 12).map_err(|e| discover::reason(&e))?;
        if !head.starts_with(b"PACK\0\0\0\x02") && !head.starts_with(b"PACK\0\0\0\x03") {
            return Err("it does not begin as a pack".into());
        }
        let count = pack.index.num_objects();
        let mut entries: Vec<Entry> = (0..count)
            .map(|place| Entry {
                offset: pack.index.pack_offset_at_index(place),
                place,
                base: NONE,
                child: NONE,
                sibling: NONE,
                kind: None,
                large: false,
            })
            .collect();
        entries.sort_unstable_by_key(|e| e.offset);
        // The end of the last object is the beginning of the checksum.
        let end = length.saturating_sub(hash.len_in_bytes() as u64);
        entries.push(Entry { offset: end, place: NONE, base: NONE, child: NONE, sibling: NONE, kind: None, large: false });
        pack.entries = entries;
        pack.read_heads();
        Ok(pack)
    }

    /// How many objects it holds.
    pub fn len(&self) -> u32 {
        self.index.num_objects()
    }
    /// The id of an object by its number.
    pub fn id(&self, number: u32) -> Option<&gix::oid> {
        let place = number.checked_sub(self.first).filter(|p| *p < self.len())?;
        Some(self.index.oid_at_index(place))
    }
    /// The ids in the order of their numbers.
    pub fn ids(&self) -> impl Iterator<Item = &gix::oid> {
        (0..self.len()).map(|place| self.index.oid_at_index(place))
    }

    fn at(&self, offset: u64) -> Option<u32> {
        let at = self.entries.binary_search_by_key(&offset, |e| e.offset).ok()?;
        (at + 1 < self.entries.len()).then_some(at as u32)
    }

    fn read_heads(&mut self) {
        let count = self.entries.len().saturating_sub(1);
        let mut window = Window::new(&self.file);
        let mut bases: Vec<(u32, u32)> = Vec::new();
        let mut kinds: Vec<(Option<Kind>, bool)> = Vec::with_capacity(count);
        for at in 0..count {
            let Some(entry) = self.entries.get(at) else { break };
            let head = window.get(entry.offset, 64).ok().and_then(|b| pack::data::Entry::from_bytes(b, entry.offset, self.hash).ok());
            use pack::data::entry::Header;
            let kind = match head.as_ref().map(|h| &h.header) {
                Some(Header::Commit) => Some(Kind::Commit),
                Some(Header::Tree) => Some(Kind::Tree),
                Some(Header::Blob) => Some(Kind::Blob),
                Some(Header::Tag) => Some(Kind::Tag),
                Some(Header::OfsDelta { base_distance }) => {
                    let base = entry.offset.checked_sub(*base_distance).and_then(|o| self.at(o));
                    bases.extend(base.map(|b| (at as u32, b)));
                    None
                }
                Some(Header::RefDelta { base_id }) => {
                    let base = self.index.lookup(base_id).and_then(|p| self.at(self.index.pack_offset_at_index(p)));
                    bases.extend(base.map(|b| (at as u32, b)));
                    None
                }
                None => None,
            };
            kinds.push((kind, head.is_some_and(|h| h.decompressed_size >= LARGE)));
        }
        for (entry, (kind, large)) in self.entries.iter_mut().zip(kinds) {
            (entry.kind, entry.large) = (kind, large);
        }
        // The last child first, so that the list of each begins with the first.
        for (at, base) in bases.iter().rev() {
            let Some(first) = self.entries.get_mut(*base as usize).map(|b| std::mem::replace(&mut b.child, *at)) else { continue };
            if let Some(entry) = self.entries.get_mut(*at as usize) {
                (entry.base, entry.sibling) = (*base, first);
            }
        }
    }

    /// The first bases of objects of these kinds, in the order of the pack: every other object hangs from one of them.
    pub fn roots(&self, wanted: impl Fn(Kind) -> bool) -> Vec<u32> {
        let root = |(_, e): &(usize, &Entry)| e.kind.is_some_and(&wanted);
        self.entries.iter().enumerate().filter(root).map(|(at, _)| at as u32).collect()
    }

    /// Objects that hang from nothing: of which the beginning is damaged, or the base is not here.
    pub fn adrift(&self) -> Vec<u32> {
        let count = self.entries.len().saturating_sub(1);
        let adrift = |e: &&Entry| e.kind.is_none() && e.base == NONE;
        self.entries.iter().take(count).filter(adrift).map(|e| self.first + e.place).collect()
    }

    /// Walks the objects that hang from some roots, each base before what is a difference from it.
    pub fn walk(&self, roots: &[u32], visit: &mut dyn FnMut(Met<'_>)) {
        let mut walker = Walker {
            pack: self,
            window: Window::new(&self.file),
            inflate: gix::zlib::Inflate::default(),
            delta: Vec::new(),
            kept: Vec::new(),
            spare: Vec::new(),
        };
        for root in roots {
            walker.tree(*root, visit);
        }
    }
}

/// An object on the way down, whose children are not all met.
struct Held {
    at: u32,
    next: u32,
    bytes: Option<Vec<u8>>,
}

struct Walker<'p> {
    pack: &'p Pack,
    window: Window<'p>,
    inflate: gix::zlib::Inflate,
    delta: Vec<u8>,
    kept: Vec<(u32, u32)>,
    spare: Vec<Vec<u8>>,
}

impl Walker<'_> {
    fn entry(&self, at: u32) -> Option<Entry> {
        self.pack.entries.get(at as usize).copied()
    }

    /// Inflates what is stored at an entry.
    fn stored(&mut self, at: u32, out: &mut Vec<u8>) -> Result<(), String> {
        let damaged = || "it is damaged".to_owned();
        let (entry, next) = (self.entry(at).ok_or_else(damaged)?, self.entry(at + 1).ok_or_else(damaged)?);
        let length = next.offset.saturating_sub(entry.offset) as usize;
        let bytes = self.window.get(entry.offset, length).map_err(|e| discover::reason(&e))?;
        let head = pack::data::Entry::from_bytes(bytes, entry.offset, self.pack.hash).map_err(|_| damaged())?;
        let size = usize::try_from(head.decompressed_size).map_err(|_| damaged())?;
        // No object is more than a thousand times as large as what it is stored as.
        if size > length.saturating_mul(1100).saturating_add(1 << 16) {
            return Err(damaged());
        }
        out.clear();
        out.try_reserve(size + 1).map_err(|_| "there is not enough memory for it".to_owned())?;
        // One byte more than there should be: only what ends by itself was checked against its checksum.
        out.resize(size + 1, 0);
        let packed = bytes.get((head.data_offset - entry.offset) as usize..).unwrap_or(&[]);
        self.inflate.reset();
        match self.inflate.once(packed, out) {
            Ok((gix::zlib::Status::StreamEnd, _, written)) if written == size => {
                out.truncate(size);
                Ok(())
            }
            _ => Err(damaged()),
        }
    }

    /// Makes an object from its base.
    fn differ(&mut self, at: u32, base: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let mut delta = std::mem::take(&mut self.delta);
        let made = self.stored(at, &mut delta).and_then(|()| delta::apply(base, &delta, out, &mut self.kept).map_err(str::to_owned));
        self.delta = delta;
        made
    }

    /// Makes an object again, from its first base on.
    fn again(&mut self, at: u32) -> Result<Vec<u8>, String> {
        let mut way = vec![at];
        while let Some(base) = self.entry(*way.last().unwrap_or(&NONE)).map(|e| e.base).filter(|b| *b != NONE) {
            way.push(base);
        }
        let (mut bytes, mut next) = (Vec::new(), Vec::new());
        self.stored(way.pop().unwrap_or(at), &mut bytes)?;
        while let Some(at) = way.pop() {
            self.differ(at, &bytes, &mut next)?;
            std::mem::swap(&mut bytes, &mut next);
        }
        Ok(bytes)
    }

    fn number(&self, at: u32) -> u32 {
        self.entry(at).map_or(NONE, |e| self.pack.first + e.place)
    }

    fn tree(&mut self, root: u32, visit: &mut dyn FnMut(Met<'_>)) {
        let Some(Entry { kind: Some(kind), child, large, .. }) = self.entry(root) else { return };
        let number = self.number(root);
        if large && child == NONE && kind == Kind::Blob {
            return self.large(root, number, visit);
        }
        let mut bytes = self.spare.pop().unwrap_or_default();
        if let Err(reason) = self.stored(root, &mut bytes) {
            return self.lost(root, &reason, visit);
        }
        visit(Met::Object { number, kind, bytes: &bytes, kept: None });
        let mut held = vec![Held { at: root, next: child, bytes: Some(bytes) }];
        while let Some(top) = held.last_mut() {
            let at = top.next;
            let Some(entry) = self.entry(at) else {
                let done = held.pop();
                self.take_back(done.and_then(|d| d.bytes));
                continue;
            };
            top.next = entry.sibling;
            let (last, of) = (entry.sibling == NONE, top.at);
            let base = match top.bytes.take() {
                Some(base) => Ok(base),
                None => self.again(of),
            };
            let base = match base {
                Ok(base) => base,
                Err(reason) => {
                    self.lost(at, &reason, visit);
                    continue;
                }
            };
            let mut bytes = self.spare.pop().unwrap_or_default();
            let made = self.differ(at, &base, &mut bytes);
            if let Err(reason) = &made {
                self.lost(at, reason, visit);
            } else {
                let kept = std::mem::take(&mut self.kept);
                visit(Met::Object { number: self.number(at), kind, bytes: &bytes, kept: Some(&kept) });
                self.kept = kept;
            }
            // Of a chain only its last object is held.
            if last {
                held.pop();
                self.take_back(Some(base));
            } else if let Some(top) = held.last_mut() {
                top.bytes = Some(base);
            }
            if made.is_ok() && entry.child != NONE {
                held.push(Held { at, next: entry.child, bytes: Some(bytes) });
            } else {
                self.take_back(Some(bytes));
            }
            let mut over = held.iter().filter_map(|h| h.bytes.as_ref()).map(Vec::len).sum::<usize>();
            let count = held.len().saturating_sub(1);
            for above in held.iter_mut().take(count) {
                if over <= HELD {
                    break;
                }
                over -= above.bytes.take().map_or(0, |b| b.len());
            }
        }
    }

    /// Keeps a buffer for later, unless it is a large one.
    fn take_back(&mut self, buffer: Option<Vec<u8>>) {
        if let Some(buffer) = buffer.filter(|b| b.capacity() <= 4 << 20 && self.spare.len() < 8) {
            self.spare.push(buffer);
        }
    }

    /// An object that cannot be read takes with it all that are differences from it.
    fn lost(&mut self, at: u32, reason: &str, visit: &mut dyn FnMut(Met<'_>)) {
        visit(Met::Broken { number: self.number(at), reason: reason.to_owned() });
        let mut rest: Vec<u32> = self.entry(at).map(|e| e.child).into_iter().collect();
        while let Some(at) = rest.pop() {
            let Some(entry) = self.entry(at) else { continue };
            visit(Met::Broken { number: self.number(at), reason: "what it is stored as a difference from is damaged".into() });
            rest.extend([entry.sibling, entry.child]);
        }
    }

    fn large(&mut self, at: u32, number: u32, visit: &mut dyn FnMut(Met<'_>)) {
        let (Some(entry), Some(next)) = (self.entry(at), self.entry(at + 1)) else { return };
        let head = self.window.get(entry.offset, 64).ok().and_then(|b| pack::data::Entry::from_bytes(b, entry.offset, self.pack.hash).ok());
        let Some(head) = head else { return visit(Met::Broken { number, reason: "it is damaged".into() }) };
        let mut reader = Inflating {
            file: &self.pack.file,
            at: head.data_offset,
            end: next.offset,
            packed: Vec::new(),
            used: 0,
            inflate: gix::zlib::Decompress::new(),
            left: head.decompressed_size,
        };
        visit(Met::Large { number, reader: &mut reader });
    }
}

/// An object that is inflated as it is read.
struct Inflating<'f> {
    file: &'f File,
    at: u64,
    end: u64,
    packed: Vec<u8>,
    used: usize,
    inflate: gix::zlib::Decompress,
    left: u64,
}

impl io::Read for Inflating<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "it is damaged");
        while self.left > 0 {
            if self.used == self.packed.len() {
                self.packed.resize((self.end.saturating_sub(self.at) as usize).min(AHEAD), 0);
                let filled = read_at(self.file, &mut self.packed, self.at)?;
                if filled == 0 {
                    return Err(damaged());
                }
                self.packed.truncate(filled);
                self.at += filled as u64;
                self.used = 0;
            }
            let (took, gave) = (self.inflate.total_in(), self.inflate.total_out());
            let input = self.packed.get(self.used..).unwrap_or(&[]);
            self.inflate.decompress(input, buffer, gix::zlib::FlushDecompress::None).map_err(|_| damaged())?;
            let (took, gave) = ((self.inflate.total_in() - took) as usize, self.inflate.total_out() - gave);
            self.used += took;
            if gave > 0 {
                self.left = self.left.checked_sub(gave).ok_or_else(damaged)?;
                return Ok(gave as usize);
            }
            if took == 0 {
                return Err(damaged());
            }
        }
        Ok(0)
    }
}
