//! The part of a file that a report shows: a few lines around what was found, long lines cut, every value in them hidden.

use super::Guard;
use crate::model::{KeyId, SecretPart};
use crate::secrets::judge::Candidate;
use crate::secrets::{refuse, runs};
use crate::text::{Encoding, Origin, Text};

/// Bytes of a line that are kept before the first value and behind the last.
const REACH: usize = 240;

/// What of a part must not be shown: all of a secret, of a key id all but its ends.
pub fn hide(part: &Candidate, bytes: &[u8]) -> (usize, usize) {
    let whole = bytes.get(part.start..part.end).is_some_and(|b| b == part.value.bytes());
    if part.part == Some(SecretPart::Key) && whole {
        let keep = KeyId::kept(part.end - part.start);
        return (part.start + keep, part.end.saturating_sub(keep));
    }
    (part.start, part.end)
}

/// The stretches of a window that hold these places, each with the line before and behind; what overlaps is one.
pub fn pieces(bytes: &[u8], mut wanted: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    wanted.sort_unstable();
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (start, end) in wanted {
        let (from, to) = (line_before(bytes, start), line_behind(bytes, end));
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

/// The beginning of the line before a place, at most so far back.
fn line_before(bytes: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(REACH);
    let before = bytes.get(floor..at).unwrap_or(&[]);
    let mut breaks = memchr::memrchr_iter(b'\n', before);
    match (breaks.next(), breaks.next()) {
        (_, Some(second)) => floor + second + 1,
        (Some(first), None) if floor > 0 => floor + first + 1,
        _ => boundary(bytes, floor),
    }
}

/// The end of the line behind a place, at most so far on.
fn line_behind(bytes: &[u8], at: usize) -> usize {
    let ceiling = (at + REACH).min(bytes.len());
    let after = bytes.get(at..ceiling).unwrap_or(&[]);
    let mut breaks = memchr::memchr_iter(b'\n', after);
    match (breaks.next(), breaks.next()) {
        (_, Some(second)) => at + second,
        (Some(first), None) if ceiling < bytes.len() => at + first,
        _ => boundary(bytes, ceiling),
    }
}

/// The nearest place at or before one at which no character is cut.
fn boundary(bytes: &[u8], mut at: usize) -> usize {
    while at > 0 && bytes.get(at).is_some_and(|b| b & 0xC0 == 0x80) {
        at -= 1;
    }
    at
}

/// A stretch of a window as a text of its own.
pub fn text(
    path: &str,
    bytes: &[u8],
    (from, to): (usize, usize),
    mut origin: Origin,
    encoding: Encoding,
    hidden: &[(usize, usize)],
    guard: &Guard,
) -> Text {
    let before = bytes.get(..from).unwrap_or(&[]);
    let breaks = memchr::memchr_iter(b'\n', before).count() as u32;
    let tail = memchr::memrchr(b'\n', before).map_or(before, |i| before.get(i + 1..).unwrap_or(&[]));
    let characters = tail.iter().filter(|b| (**b & 0xC0) != 0x80).count() as u32;
    // A byte order mark is no character of the first line.
    let mark = u32::from(breaks == 0 && origin.offset == 0 && before.starts_with(b"\xef\xbb\xbf"));
    origin.column = if breaks > 0 { characters } else { origin.column + characters - mark };
    origin.line += breaks;
    let decoded = std::str::from_utf8(before).unwrap_or("");
    origin.offset += match encoding {
        Encoding::Utf8 => before.len() as u64,
        Encoding::Utf16 => 2 * decoded.encode_utf16().count() as u64,
        Encoding::Utf32 => 4 * decoded.chars().count() as u64,
    };
    let piece = bytes.get(from..to).unwrap_or(&[]);
    let mut content = String::with_capacity(piece.len());
    for chunk in piece.utf8_chunks() {
        content.push_str(chunk.valid());
        content.extend(chunk.invalid().iter().map(|_| '?'));
    }
    let mut text = Text::part(path, content, encoding, origin);
    for (start, end) in hidden {
        if *start < to && *end > from {
            text.hide((*start).saturating_sub(from) as u32, ((*end).min(to) - from) as u32);
        }
    }
    // What the detector left alone may be a secret all the same; so may be what it found, written once more.
    let mut ids: Vec<(usize, usize)> = hidden.iter().filter(|(s, e)| *s < to && *e > from).copied().collect();
    ids.sort_unstable();
    runs::each(piece, |hit| {
        let runs::Hit::Run(run) = hit else { return };
        let (start, end) = (from + run.start, from + run.end);
        let shown = ids.iter().any(|(s, e)| *s >= start && *e <= end);
        let spelled = piece.get(run.start..run.end).and_then(|v| std::str::from_utf8(v).ok()).is_none_or(refuse::is_spelled);
        if !shown && !spelled {
            text.hide(run.start as u32, run.end as u32);
        }
    });
    for (start, end) in guard.places(piece) {
        let part = ids.iter().any(|(s, e)| from + start <= *s && *e <= from + end);
        if !part {
            text.hide(start as u32, end as u32);
        }
    }
    for (start, end) in loose(piece) {
        text.hide(start as u32, end as u32);
    }
    text
}

/// What could be a passphrase that nobody named: words of letters with digits or marks among them, in quotes or behind an
/// operator.
fn loose(piece: &[u8]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let ends = |b: u8| {
        b.is_ascii_whitespace()
            || b < 0x20
            || matches!(
                b,
                b'"' | b'\'' | b'`' | b',' | b';' | b'=' | b'<' | b'>' | b'(' | b')' | b'{' | b'}' | b'[' | b']' | b'|' | b'\\' | b'*'
            )
    };
    let mut start = 0;
    for at in 0..=piece.len() {
        if at < piece.len() && !piece.get(at).copied().is_some_and(ends) {
            continue;
        }
        let word = piece.get(start..at).unwrap_or(&[]);
        let named = piece.get(at).is_some_and(|b| *b == b'=') || word.last() == Some(&b':');
        let letters = word.iter().any(u8::is_ascii_alphabetic);
        let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
        let marks = word.iter().filter(|b| matches!(b, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'~')).count();
        let plain = std::str::from_utf8(word).is_ok_and(refuse::is_spelled) && marks == 0;
        if (8..=200).contains(&word.len()) && letters && digits + marks >= 2 && !named && !plain && !word.contains(&b'/') {
            out.push((start, at));
        }
        start = at + 1;
    }
    out
}
