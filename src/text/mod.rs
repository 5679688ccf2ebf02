//! Texts, places and masks: nothing travels through keylint without the place it came from.
//!
//! A [`Span`] is a range of bytes in one text. Lines and columns are worked out by reports, never stored.
//! What must not be shown is hidden in the text itself, at equal length, before any report sees it:
//! [`Texts::into_shown`] is the only way from a text to a report, and there is no way back.

mod clean;
mod decode;
mod near;
mod words;

pub use clean::{clean, clean_into, label, opens_command, quotable};
pub use decode::{Encoding, Undecodable};
pub use near::nearest;
pub use words::{Found, Words};

use std::sync::Arc;

use rayon::prelude::*;
use zeroize::Zeroize as _;

/// Names one text of a run. Minted by whoever collects the texts, in the order in which they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(pub u32);

/// A half-open range of bytes in the decoded form of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub text: TextId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `text`.
    pub fn new(text: TextId, start: u32, end: u32) -> Self {
        Self { text, start, end }
    }
    /// The length in bytes.
    pub fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }
    /// Whether it covers nothing.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }
    /// Whether `other` lies wholly inside.
    pub fn contains(self, other: Self) -> bool {
        self.text == other.text && self.start <= other.start && other.end <= self.end
    }
}

/// Bytes that were read, as text, with the name they are reported under.
///
/// No `Debug`, no `Display`: it may hold a secret. It is wiped when dropped.
pub struct Text {
    path: String,
    content: String,
    encoding: Encoding,
    hidden: Vec<(u32, u32)>,
    origin: Origin,
    commit: Option<Arc<str>>,
}

/// Where in its file a text begins that is only a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Bytes of the file before it.
    pub offset: u64,
    /// Line breaks before it.
    pub line: u32,
    /// Characters before it on its first line.
    pub column: u32,
    /// Whether the file is no text: it has offsets, and no lines.
    pub binary: bool,
}

impl Drop for Text {
    fn drop(&mut self) {
        self.content.zeroize();
    }
}

impl Text {
    /// Decodes `bytes` (UTF-8, with or without a byte order mark, or UTF-16 with one). What cannot be decoded becomes
    /// `?` at the same place, and the first such place is returned beside the text.
    pub fn decode(path: String, bytes: Vec<u8>) -> (Self, Option<Undecodable>) {
        let (content, encoding, bad) = decode::decode(bytes);
        (Self { path, content, encoding, hidden: Vec::new(), origin: Origin::default(), commit: None }, bad)
    }
    /// A part of a file, decoded already from this encoding.
    pub fn part(path: &str, content: String, encoding: Encoding, origin: Origin) -> Self {
        Self { path: path.to_owned(), content, encoding, hidden: Vec::new(), origin, commit: None }
    }
    /// A text that is known to be UTF-8, such as a rule file of our own.
    pub fn known(path: impl Into<String>, content: impl Into<String>) -> Self {
        let origin = Origin::default();
        Self { path: path.into(), content: content.into(), encoding: Encoding::Utf8, hidden: Vec::new(), origin, commit: None }
    }
    /// The name it is reported under, as given; not yet cleaned for a terminal.
    pub fn path(&self) -> &str {
        &self.path
    }
    /// Says in which commit it stands.
    pub fn set_commit(&mut self, commit: &Arc<str>) {
        self.commit = Some(commit.clone());
    }
    /// The same under another path, or in another commit.
    #[must_use]
    pub fn also_at(&self, path: &str, commit: &Arc<str>) -> Self {
        let (content, hidden) = (self.content.clone(), self.hidden.clone());
        Self { path: path.to_owned(), content, encoding: self.encoding, hidden, origin: self.origin, commit: Some(commit.clone()) }
    }
    /// The whole decoded content, a byte order mark included.
    pub fn content(&self) -> &str {
        &self.content
    }
    /// The words at `span`; empty where the span does not fit.
    pub fn slice(&self, span: Span) -> &str {
        self.content.get(span.start as usize..span.end as usize).unwrap_or("")
    }
    /// Marks a range that no report may show.
    pub fn hide(&mut self, start: u32, end: u32) {
        if start < end {
            self.hidden.push((start, end));
        }
    }
    /// Marks everything as not to be shown.
    pub fn hide_all(&mut self) {
        let end = u32::try_from(self.content.len()).unwrap_or(u32::MAX);
        self.hide(0, end);
    }
}

/// All texts of a run. Append only; the index is the [`TextId`].
#[derive(Default)]
pub struct Texts(Vec<Text>);

impl Texts {
    /// Adds a text and names it.
    pub fn add(&mut self, text: Text) -> TextId {
        let id = self.next_id();
        self.0.push(text);
        id
    }
    /// The name that the next text will get.
    pub fn next_id(&self) -> TextId {
        TextId(u32::try_from(self.0.len()).unwrap_or(u32::MAX))
    }
    /// One text.
    pub fn get(&self, id: TextId) -> Option<&Text> {
        self.0.get(id.0 as usize)
    }
    /// One text, to hide parts of it.
    pub fn get_mut(&mut self, id: TextId) -> Option<&mut Text> {
        self.0.get_mut(id.0 as usize)
    }
    /// The words at a place; empty where it does not exist.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.text).map_or("", |t| t.slice(span))
    }
    /// Overwrites what is hidden and hands the rest to reports. The hidden bytes no longer exist after this.
    pub fn into_shown(self) -> Shown {
        Shown(self.0.into_par_iter().map(ShownText::new).collect())
    }
}

/// A place as a person counts: lines and columns from 1, columns in characters, offset in bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1; 0 in a file that is no text.
    pub line: u32,
    /// Column in Unicode characters, from 1; 0 in a file that is no text.
    pub column: u32,
    /// Offset in bytes of the file as it lies on disk.
    pub offset: u64,
}

/// How many bytes of a line lie between two counted places; keeps columns of long lines cheap.
const STRIDE: usize = 1024;

/// A text whose hidden parts are gone, with its lines counted.
pub struct ShownText {
    path: String,
    content: String,
    encoding: Encoding,
    origin: Origin,
    commit: Option<Arc<str>>,
    line_starts: Vec<u32>,
    /// Characters, and 16-bit units, before each multiple of [`STRIDE`]; empty where every character is one byte.
    counted: Vec<(u32, u32)>,
}

/// The characters that begin in these bytes, and the 16-bit units that they would take.
fn count(bytes: &[u8]) -> (u32, u32) {
    let chars = bytes.iter().filter(|b| (**b & 0xC0) != 0x80).count() as u32;
    let pairs = bytes.iter().filter(|b| **b >= 0xF0).count() as u32;
    (chars, chars + pairs)
}

impl ShownText {
    fn new(mut text: Text) -> Self {
        let path = std::mem::take(&mut text.path);
        let hidden = std::mem::take(&mut text.hidden);
        let content = if hidden.is_empty() { std::mem::take(&mut text.content) } else { mask(&text.content, hidden) };
        let bytes = content.as_bytes();
        let mut line_starts = vec![0];
        line_starts.extend(bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i as u32 + 1));
        let mut counted = Vec::new();
        if !content.is_ascii() {
            let (mut chars, mut units) = (0u32, 0u32);
            for block in bytes.chunks(STRIDE) {
                counted.push((chars, units));
                let more = count(block);
                (chars, units) = (chars + more.0, units + more.1);
            }
        }
        let commit = text.commit.take();
        Self { path, content, encoding: text.encoding, origin: text.origin, commit, line_starts, counted }
    }
    /// The name it is reported under; not yet cleaned for a terminal.
    pub fn path(&self) -> &str {
        &self.path
    }
    /// The commit that it stands in, where it was read from the history.
    pub fn commit(&self) -> Option<&str> {
        self.commit.as_deref()
    }
    /// The path as a line of a report has it: cleaned, and with the commit that it stands in.
    pub fn name(&self) -> String {
        let path = clean(&self.path);
        match self.commit.as_deref() {
            Some(commit) => format!("{path}@{}", commit.get(..12).unwrap_or(commit)),
            None => path.into_owned(),
        }
    }
    /// Whether its file is no text.
    pub fn is_binary(&self) -> bool {
        self.origin.binary
    }
    /// The content, masked.
    pub fn content(&self) -> &str {
        &self.content
    }
    /// Characters and 16-bit units before a byte.
    fn counted_to(&self, offset: usize) -> (u32, u32) {
        if self.counted.is_empty() {
            return (offset as u32, offset as u32);
        }
        let block = (offset / STRIDE).min(self.counted.len() - 1);
        let before = self.counted.get(block).copied().unwrap_or_default();
        let tail = count(self.content.as_bytes().get(block * STRIDE..offset).unwrap_or(&[]));
        (before.0 + tail.0, before.1 + tail.1)
    }
    /// Line, column and file offset of a byte of the decoded text.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.content.len() as u32);
        let line = self.line_starts.partition_point(|s| *s <= offset);
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        // A byte order mark is no character of the first line.
        let mark = if start == 0 && self.content.starts_with('\u{feff}') { 3.min(offset) } else { 0 };
        let here = self.counted_to(offset as usize);
        let column = here.0 - self.counted_to((start + mark) as usize).0 + 1;
        let file_offset = match self.encoding {
            Encoding::Utf8 => u64::from(offset),
            Encoding::Utf16 => 2 * u64::from(here.1),
            Encoding::Utf32 => 4 * u64::from(here.0),
        };
        let offset = self.origin.offset + file_offset;
        if self.origin.binary {
            return Position { line: 0, column: 0, offset };
        }
        let column = if line == 1 { column + self.origin.column } else { column };
        Position { line: line as u32 + self.origin.line, column, offset }
    }
    /// The byte range of a line (counted from 1), its line break left out.
    pub fn line(&self, line: u32) -> Option<(u32, u32)> {
        let index = (line as usize).checked_sub(self.origin.line as usize + 1)?;
        let start = *self.line_starts.get(index)?;
        let end = self.line_starts.get(index + 1).map_or(self.content.len() as u32, |n| n - 1);
        let end = if end > start && self.content.as_bytes().get(end as usize - 1) == Some(&b'\r') { end - 1 } else { end };
        Some((start, end))
    }
}

fn mask(content: &str, mut hidden: Vec<(u32, u32)>) -> String {
    hidden.sort_unstable();
    let mut out = String::with_capacity(content.len());
    let mut at = 0usize;
    for (start, end) in hidden {
        // Ranges that begin or end inside a character hide it whole.
        let start = content.floor_char_boundary((start as usize).max(at));
        let end = content.ceil_char_boundary((end as usize).min(content.len()));
        if end <= at {
            continue;
        }
        let start = start.max(at);
        out.push_str(content.get(at..start).unwrap_or(""));
        for c in content.get(start..end).unwrap_or("").chars() {
            if c == '\n' || c == '\r' {
                out.push(c);
            } else {
                out.extend(std::iter::repeat_n('*', c.len_utf8()));
            }
        }
        at = end;
    }
    out.push_str(content.get(at..).unwrap_or(""));
    out
}

/// All texts of a run as reports may see them.
#[derive(Default)]
pub struct Shown(Vec<ShownText>);

impl Shown {
    /// One text.
    pub fn get(&self, id: TextId) -> Option<&ShownText> {
        self.0.get(id.0 as usize)
    }
    /// The name of a text; `?` for one that does not exist.
    pub fn path(&self, id: TextId) -> &str {
        self.get(id).map_or("?", ShownText::path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(content: &str, hide: &[(u32, u32)]) -> ShownText {
        let mut text = Text::known("a.json", content);
        for (a, b) in hide {
            text.hide(*a, *b);
        }
        ShownText::new(text)
    }

    #[test]
    fn hidden_ranges_become_stars_of_equal_length_and_keep_lines() {
        let text = shown("{\"a\": \"gehe\u{ef}m\nx\"}", &[(7, 14), (9, 16)]);
        assert_eq!(text.content(), "{\"a\": \"*******\n*\"}");
        assert_eq!(text.content().len(), "{\"a\": \"gehe\u{ef}m\nx\"}".len());
    }

    #[test]
    fn columns_count_characters_and_offsets_count_bytes_of_the_file() {
        let text = shown("\u{feff}\u{1f680}x\r\nyz", &[]);
        assert_eq!(text.position(3), Position { line: 1, column: 1, offset: 3 });
        assert_eq!(text.position(7), Position { line: 1, column: 2, offset: 7 });
        assert_eq!(text.position(11), Position { line: 2, column: 2, offset: 11 });
        assert_eq!(text.line(1), Some((0, 8)));
    }

    #[test]
    fn columns_of_long_lines_agree_with_counting() {
        let line: String = "a\u{e9}\u{20ac}\u{1f680}".repeat(2000);
        let text = shown(&line, &[]);
        for (n, (i, _)) in line.char_indices().enumerate().step_by(97) {
            assert_eq!(text.position(i as u32).column, n as u32 + 1);
        }
    }

    #[test]
    fn offsets_in_utf16_are_those_of_the_file() {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend("\u{1f680}ab".encode_utf16().flat_map(u16::to_le_bytes));
        let (text, bad) = Text::decode("w.json".into(), bytes);
        assert!(bad.is_none());
        let text = ShownText::new(text);
        let at = text.content().find('b').unwrap_or(0) as u32;
        assert_eq!(text.position(at), Position { line: 1, column: 3, offset: 8 });
    }
}
