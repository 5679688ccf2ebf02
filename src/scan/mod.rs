//! Files → secrets seen: any size in overlapping windows, any bytes as text, UTF-16 decoded. What leaves here is the part of
//! the file around a finding, with every value in it marked as not to be shown, and fingerprints.

mod allow;
mod excerpt;
mod guard;
mod setting;

pub use allow::{Allow, Fault};
pub use guard::Guard;
pub use setting::{Setting, WIDEST_USUAL};

use std::sync::Arc;

use crate::discover::Stream;
use crate::finding::{Confidence, Severity};
use crate::model::{KeyId, SecretPart};
use crate::secrets::catalogue::Kind;
use crate::secrets::value::Value;
use crate::secrets::{Detector, Group};
use crate::text::{Encoding, Origin, Text};
use zeroize::Zeroize as _;

/// Bytes that are looked at together.
pub const WINDOW: usize = 1 << 20;
/// Bytes that two windows share; no credential is longer with all that belongs to it.
pub const OVERLAP: usize = 64 << 10;

/// A credential that was seen in a file.
pub struct Sighting {
    /// Whose: the id of its exchange, wallet or service; nothing where the shapes leave several.
    pub venue: Option<Arc<str>>,
    /// Its name as people write it.
    pub title: Option<Arc<str>>,
    /// What it opens.
    pub kind: Kind,
    /// Whether that is closed.
    pub defunct: bool,
    /// Its parts in the order of the text.
    pub parts: Vec<Seen>,
    /// How sure.
    pub confidence: Confidence,
    /// Whether it is for tests.
    pub test: bool,
    /// The text that its places are in, by its place in [`Scanned::texts`]; nothing for the text that was given whole.
    pub text: Option<usize>,
}

/// A part of a credential, without its value.
pub struct Seen {
    /// Which part.
    pub part: SecretPart,
    /// First byte in its text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Characters of the value.
    pub length: usize,
    /// What identifies the value; nothing where it could be found by trying.
    pub fingerprint: Option<String>,
    /// The id, where the part is one.
    pub id: Option<KeyId>,
    /// The name that it stands under.
    pub name: String,
    /// How bad, where its shape says so.
    pub severity: Option<Severity>,
}

/// What a file came to.
#[derive(Default)]
pub struct Scanned {
    /// The parts of the file around findings.
    pub texts: Vec<Text>,
    /// What was seen.
    pub sightings: Vec<Sighting>,
    /// Comments that allow a finding, each with the text that it stands in.
    pub allows: Vec<Allow>,
    /// Request windows that are set, each with the text that it stands in.
    pub settings: Vec<Setting>,
    /// Values that documentation prints.
    pub published: usize,
    /// The values that were found, so that no report shows them.
    pub values: Vec<Value>,
    /// Bytes that were looked at.
    pub bytes: u64,
}

/// Where a window lies in its file.
#[derive(Clone, Copy)]
struct Base {
    origin: Origin,
    /// The bytes of the window that are its own; what begins elsewhere belongs to a neighbour.
    from: usize,
    to: usize,
    encoding: Encoding,
}

/// Looks through a file of which the beginning was read: its first window, or all of it. What could not be read to its
/// end is told beside what was found until then.
pub fn file(detector: &Detector, mut stream: Stream<'_>, buffer: &mut Vec<u8>, path: &str) -> (Scanned, Option<String>) {
    let mut scanned = Scanned { bytes: buffer.len() as u64, ..Scanned::default() };
    let mut reader = Reader::new(buffer);
    let mut failed = None;
    loop {
        if buffer.len() < WINDOW && failed.is_none() {
            let kept = buffer.len();
            failed = stream.fill(buffer, WINDOW).err();
            scanned.bytes += (buffer.len() - kept) as u64;
        }
        let last = buffer.len() < WINDOW;
        reader.look(detector, buffer.get(..WINDOW.min(buffer.len())).unwrap_or(&[]), path, last, &mut scanned);
        if last {
            // The buffer is used again; what held a secret is wiped before.
            if !scanned.sightings.is_empty() {
                buffer.as_mut_slice().zeroize();
            }
            return (scanned, failed);
        }
        buffer.drain(..WINDOW - OVERLAP);
    }
}

/// Looks through bytes that are all there.
pub fn bytes(detector: &Detector, bytes: &[u8], path: &str) -> Scanned {
    let mut scanned = Scanned { bytes: bytes.len() as u64, ..Scanned::default() };
    let mut reader = Reader::new(bytes);
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let last = rest.len() < WINDOW;
        reader.look(detector, rest.get(..WINDOW.min(rest.len())).unwrap_or(&[]), path, last, &mut scanned);
        if last {
            return scanned;
        }
        at += WINDOW - OVERLAP;
    }
}

/// Moves over a file, window by window. Two windows share some bytes, and each finding belongs to one of them.
struct Reader {
    origin: Origin,
    wide: Option<Wide>,
    from: usize,
}

impl Reader {
    fn new(head: &[u8]) -> Self {
        let wide = width(head);
        let binary = wide.is_none() && is_binary(head);
        Self { origin: Origin { binary, ..Origin::default() }, wide, from: 0 }
    }
    fn look(&mut self, detector: &Detector, bytes: &[u8], path: &str, last: bool, scanned: &mut Scanned) {
        let to = if last { usize::MAX } else { WINDOW - OVERLAP / 2 };
        window(detector, bytes, path, Base { origin: self.origin, from: self.from, to, encoding: Encoding::Utf8 }, self.wide, scanned);
        if !last {
            advance(&mut self.origin, bytes.get(..WINDOW - OVERLAP).unwrap_or(&[]), self.wide);
            self.from = OVERLAP / 2;
        }
    }
}

/// Looks through a text that is known whole and stays so: an export, the declaration.
pub fn text(detector: &Detector, content: &str, path: &str) -> Scanned {
    let mut scanned = Scanned { bytes: content.len() as u64, ..Scanned::default() };
    let found = detector.scan(content.as_bytes(), path, false);
    scanned.published = found.published;
    scanned.values = values(found.groups.iter());
    scanned.sightings = found.groups.iter().map(|g| sighting(detector, g, None, |at| at)).collect();
    let at = |offset: usize| offset as u32;
    let marks = allow::marks(content.as_bytes(), &found.pairs);
    scanned.allows = allow::find(content.as_bytes(), &marks, None, at);
    scanned.settings = setting::find(content.as_bytes(), &marks, None, at);
    scanned
}

/// Moves the beginning of what follows past some bytes.
fn advance(origin: &mut Origin, past: &[u8], wide: Option<Wide>) {
    origin.offset += past.len() as u64;
    let decoded = wide.map(|w| w.decode(past));
    let bytes = decoded.as_ref().map_or(past, |d| d.as_bytes());
    let breaks = memchr::memchr_iter(b'\n', bytes).count() as u32;
    let tail = memchr::memrchr(b'\n', bytes).map_or(bytes, |i| bytes.get(i + 1..).unwrap_or(&[]));
    let characters = tail.iter().filter(|b| (**b & 0xC0) != 0x80).count() as u32;
    origin.column = if breaks > 0 { characters } else { origin.column + characters };
    origin.line += breaks;
}

fn window(detector: &Detector, bytes: &[u8], path: &str, base: Base, wide: Option<Wide>, scanned: &mut Scanned) {
    if let Some(wide) = wide {
        let decoded = zeroize::Zeroizing::new(wide.decode(bytes));
        // What begins in the first or last part of a window belongs to a neighbour: in characters rather than bytes.
        let ratio = |at: usize| {
            if at == 0 || at == usize::MAX { at } else { decoded.char_indices().nth(at / wide.unit).map_or(decoded.len(), |(i, _)| i) }
        };
        let base = Base { from: ratio(base.from), to: ratio(base.to), encoding: wide.encoding(), ..base };
        return search(detector, decoded.as_bytes(), path, base, scanned);
    }
    search(detector, bytes, path, base, scanned);
}

fn search(detector: &Detector, bytes: &[u8], path: &str, base: Base, scanned: &mut Scanned) {
    let own = |at: usize| (base.from..base.to).contains(&at);
    let found = detector.scan(bytes, path, false);
    scanned.published += found.published;
    let groups: Vec<&Group> = found.groups.iter().filter(|g| g.parts.first().is_some_and(|p| own(p.start))).collect();
    let marks = allow::marks(bytes, &found.pairs);
    if groups.is_empty() && marks.is_empty() {
        return;
    }
    let guard = Guard::of(found.groups.iter().flat_map(|g| &g.parts).map(|p| &p.value));
    scanned.values.extend(values(groups.iter().copied()));
    // Everything in the window that is a value stays hidden, whoever it belongs to.
    let hidden: Vec<(usize, usize)> = found.groups.iter().flat_map(|g| g.parts.iter().map(|p| excerpt::hide(p, bytes))).collect();
    let allows: Vec<usize> = marks.iter().filter(|m| m.allow && own(m.at)).map(|m| m.at).collect();
    let settings: Vec<usize> =
        marks.iter().filter(|m| !m.allow && own(m.at)).map(|m| m.at).filter(|at| setting::is_wide(bytes, *at)).collect();
    let mut wanted: Vec<(usize, usize)> =
        groups.iter().filter_map(|g| Some((g.parts.first()?.start, g.parts.iter().map(|p| p.end).max()?))).collect();
    wanted.extend(allows.iter().chain(&settings).map(|at| (*at, *at + 1)));
    let pieces = excerpt::pieces(bytes, wanted);
    let first = scanned.texts.len();
    for piece in &pieces {
        scanned.texts.push(excerpt::text(path, bytes, *piece, base.origin, base.encoding, &hidden, &guard));
    }
    let place = |at: usize| pieces.iter().position(|(a, b)| (*a..*b).contains(&at)).map(|i| (first + i, pieces.get(i).map_or(0, |p| p.0)));
    for group in groups {
        let Some((text, from)) = group.parts.first().and_then(|p| place(p.start)) else { continue };
        scanned.sightings.push(sighting(detector, group, Some(text), |at| at.saturating_sub(from)));
    }
    for at in allows {
        let Some((text, from)) = place(at) else { continue };
        let piece = pieces.get(text - first).and_then(|(a, b)| bytes.get(*a..*b)).unwrap_or(&[]);
        scanned.allows.extend(allow::read(piece, at - from, Some(text)));
    }
    for at in settings {
        let Some((text, from)) = place(at) else { continue };
        let piece = pieces.get(text - first).and_then(|(a, b)| bytes.get(*a..*b)).unwrap_or(&[]);
        scanned.settings.extend(setting::read(piece, at - from, Some(text)));
    }
}

fn values<'g>(groups: impl Iterator<Item = &'g Group>) -> Vec<Value> {
    groups.flat_map(|g| &g.parts).map(|p| Value::new(p.value.bytes().to_vec())).collect()
}

fn sighting(detector: &Detector, group: &Group, text: Option<usize>, place: impl Fn(usize) -> usize) -> Sighting {
    let venue = group.venue.and_then(|v| detector.catalogue().venue(v));
    let part = |candidate: &crate::secrets::judge::Candidate| {
        let part = candidate.part.unwrap_or(SecretPart::Secret);
        let value = candidate.value.bytes();
        let shape = venue.and_then(|v| v.shapes.iter().find(|s| s.part == part && s.severity.is_some() && s.shape.fits(value)));
        Seen {
            part,
            start: place(candidate.start) as u32,
            end: place(candidate.end) as u32,
            length: std::str::from_utf8(value).map_or(value.len(), |t| t.chars().count()),
            // A passphrase is a person's word: it is known by the secret it belongs to.
            fingerprint: if matches!(part, SecretPart::Passphrase) { None } else { candidate.value.fingerprint() },
            id: (part == SecretPart::Key).then(|| KeyId(String::from_utf8_lossy(value).into_owned())),
            name: candidate.name.clone(),
            severity: shape.and_then(|s| s.severity),
        }
    };
    Sighting {
        venue: venue.map(|v| v.id.clone()),
        title: venue.map(|v| v.title.as_str().into()),
        kind: venue.map_or(Kind::Exchange, |v| v.kind),
        defunct: venue.is_some_and(|v| v.defunct),
        parts: group.parts.iter().map(part).collect(),
        confidence: group.confidence,
        test: group.test,
        text,
    }
}

/// How the bytes of a character lie, where it has two or four.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Wide {
    unit: usize,
    little: bool,
}

impl Wide {
    fn encoding(self) -> Encoding {
        if self.unit == 4 { Encoding::Utf32 } else { Encoding::Utf16 }
    }
    fn decode(self, bytes: &[u8]) -> String {
        if self.unit == 4 {
            let units = bytes.chunks_exact(4).map(|p| match p {
                [a, b, c, d] if self.little => u32::from_le_bytes([*a, *b, *c, *d]),
                [a, b, c, d] => u32::from_be_bytes([*a, *b, *c, *d]),
                _ => 0,
            });
            return units.map(|u| char::from_u32(u).unwrap_or('?')).collect();
        }
        let units = bytes.chunks_exact(2).map(|p| match p {
            [a, b] if self.little => u16::from_le_bytes([*a, *b]),
            [a, b] => u16::from_be_bytes([*a, *b]),
            _ => 0,
        });
        char::decode_utf16(units).map(|c| c.unwrap_or('?')).collect()
    }
}

/// Whether bytes are UTF-16 or UTF-32: by the mark, or because the other bytes of its letters are zero.
fn width(bytes: &[u8]) -> Option<Wide> {
    // Nearly no file has a zero where it begins, or such a mark.
    let first = bytes.get(..bytes.len().min(512)).unwrap_or(&[]);
    if memchr::memchr(0, first).is_none() && !matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return None;
    }
    // A mark before plain text is a lie that would hide it.
    let plain = bytes.get(2..bytes.len().min(512)).unwrap_or(&[]);
    let printable = plain.iter().filter(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~')).count();
    let lie = plain.len() >= 8 && printable * 10 >= plain.len() * 9;
    // Three of four bytes of a letter are zero.
    let head = bytes.get(..bytes.len().min(512)).unwrap_or(&[]);
    let four = |letter: usize| {
        let zeros = head.iter().enumerate().filter(|(i, b)| i % 4 != letter && **b == 0).count();
        let letters = head.iter().skip(letter).step_by(4).filter(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~')).count();
        head.len() >= 32 && zeros * 10 >= head.len() * 7 && letters * 4 * 10 >= head.len() * 8
    };
    match bytes {
        _ if four(0) => return Some(Wide { unit: 4, little: true }),
        _ if four(3) => return Some(Wide { unit: 4, little: false }),
        [0xff, 0xfe, ..] if !lie => return Some(Wide { unit: 2, little: true }),
        [0xfe, 0xff, ..] if !lie => return Some(Wide { unit: 2, little: false }),
        _ => {}
    }
    if head.len() < 16 {
        return None;
    }
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count() * 2 * 10 >= head.len() * 7;
    // Numbers of two bytes have such zeros, too; their other halves are no letters.
    let letters = |odd: usize| {
        head.iter().skip(odd).step_by(2).filter(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~')).count() * 2 * 10 >= head.len() * 8
    };
    match (zeros(0) && letters(1), zeros(1) && letters(0)) {
        (false, true) => Some(Wide { unit: 2, little: true }),
        (true, false) => Some(Wide { unit: 2, little: false }),
        _ => None,
    }
}

/// What a file is compressed as, by its first bytes: of such a file the contents are not looked into.
pub fn compressed(head: &[u8]) -> Option<&'static str> {
    let forms: [(&[u8], &str); 7] = [
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"BZh", "bzip2"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07", "rar"),
    ];
    // An archive whose files are only stored can be read as it is.
    let stored = head.starts_with(b"PK\x03\x04") && head.get(8..10) == Some(&[0, 0]);
    forms.iter().find(|(magic, _)| head.starts_with(magic) && !stored).map(|(_, name)| *name)
}

/// Whether bytes are no text: they begin with a zero somewhere.
fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr(0, bytes.get(..bytes.len().min(8192)).unwrap_or(&[])).is_some()
}
