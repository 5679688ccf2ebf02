//! Snippets: the lines around what a finding points at, drawn by miette over a source of our own.
//!
//! miette reads its source again for every label, prints lines at any length and lets control characters through. So it
//! never sees a file: each snippet is a small text, made of a few lines that were cut to the terminal's width around the
//! marked words and cleaned, with the labels moved along. Nothing here costs more for a longer file.

use std::fmt::{self, Write as _};
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use unicode_width::UnicodeWidthStr as _;

use super::Style;
use super::prose::{Tone, cut_list};
use crate::text::{Shown, ShownText, Span, clean, clean_into};

/// Marks in one snippet; more than these nobody can tell apart.
const MARKS: usize = 8;
/// Snippets of one finding. Further places are listed by line and column.
const SNIPPETS: usize = 6;
/// Marks that are at most this many lines apart share a snippet.
const NEAR: u32 = 3;
/// A tab is this many blanks.
const TAB: &str = "    ";

/// A place to be shown.
pub(super) struct Pin<'a> {
    /// Where.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub note: &'a str,
    /// Whether the finding is about these very words.
    pub primary: bool,
}

/// Draws snippets in one style.
pub(super) struct Drawer {
    handler: GraphicalReportHandler,
    theme: GraphicalTheme,
    colour: bool,
    /// Columns of the terminal.
    width: usize,
    /// What stands where a line was cut.
    cut: &'static str,
}

/// A pin with its line, cut to that line.
struct Mark {
    /// Which of the pins it was; the smallest is the most important.
    order: usize,
    text: u32,
    line: u32,
    column: u32,
    /// The line in bytes, its break left out.
    whole: Range<usize>,
    /// The marked words in it.
    words: Range<usize>,
    note: String,
    primary: bool,
}

impl Drawer {
    /// A drawer for a style.
    pub(super) fn new(style: &Style) -> Self {
        let theme = match (style.unicode, style.colour) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, true) => GraphicalTheme::ascii(),
            (false, false) => GraphicalTheme::none(),
        };
        let width = style.width.clamp(40, 200);
        let handler = GraphicalReportHandler::new_themed(theme.clone());
        let handler = handler.with_width(width).with_urls(false).with_context_lines(1).without_syntax_highlighting();
        let cut = if style.unicode { "\u{2026}" } else { "..." };
        Self { handler, theme, colour: style.colour, width, cut }
    }

    /// Shows all pins, those of the first one first.
    pub(super) fn draw(&self, texts: &Shown, pins: &[Pin<'_>], tone: Tone, out: &mut String) -> fmt::Result {
        let mut chunks = self.chunks(texts, resolve(texts, pins));
        chunks.sort_by_key(|chunk| chunk.iter().map(|m| m.order).min());
        let mut further = Vec::new();
        for (n, chunk) in chunks.iter().enumerate() {
            let Some((text, first)) = chunk.first().and_then(|m| Some((texts.get(crate::text::TextId(m.text))?, m))) else { continue };
            if n >= SNIPPETS {
                further.extend(chunk.iter().map(|m| named(text, m)));
            } else if text.content().is_empty() {
                writeln!(out, "  at {}", text.name())?;
            } else if chunk.iter().all(|m| is_masked(text, m)) {
                // A line of stars shows nothing.
                let note = if first.note.is_empty() { String::new() } else { format!(": {}", first.note) };
                writeln!(out, "  at {}{note}", named(text, first))?;
            } else {
                self.snippet(text, chunk, tone, out)?;
            }
        }
        if !further.is_empty() {
            let places = if further.len() == 1 { "1 more place" } else { &format!("{} more places", further.len()) };
            writeln!(out, "  and {places}: {}", cut_list(&further, 3))?;
        }
        Ok(())
    }

    /// Columns that a line of a file may take.
    fn room(&self) -> usize {
        // Nine for the line number, the frame and a blank at the end.
        self.width.saturating_sub(9)
    }

    /// What can be shown together: near each other, in one window, not overlapping.
    fn chunks(&self, texts: &Shown, marks: Vec<Mark>) -> Vec<Vec<Mark>> {
        let mut chunks: Vec<Vec<Mark>> = Vec::new();
        for mark in marks {
            let fits = |chunk: &Vec<Mark>| {
                let Some(last) = chunk.last() else { return false };
                if last.text != mark.text || mark.line > last.line.saturating_add(NEAR) || chunk.len() >= MARKS {
                    return false;
                }
                let Some(first) = chunk.iter().find(|m| m.line == mark.line) else { return true };
                let content = texts.get(crate::text::TextId(mark.text)).map_or("", ShownText::content);
                let most = self.room() * 2 / 3;
                mark.words.start >= last.words.end && columns(content, first.words.start..mark.words.end, most).is_some()
            };
            match chunks.last_mut().filter(|c| fits(c)) {
                Some(chunk) => chunk.push(mark),
                None => chunks.push(vec![mark]),
            }
        }
        chunks
    }

    fn snippet(&self, text: &ShownText, chunk: &[Mark], tone: Tone, out: &mut String) -> fmt::Result {
        let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { return Ok(()) };
        let mut window =
            Window { path: text.name(), first_line: first.line, text: String::new(), lines: 0, labels: Vec::new(), places: Vec::new() };
        let blank = |line: u32| text.line(line).and_then(|(a, b)| head(text.content(), a as usize..b as usize)).is_none();
        let before = first.line.saturating_sub(1);
        if before > 0 && !blank(before) {
            window.first_line = before;
        }
        let after = last.line.saturating_add(1);
        let to = if blank(after) { last.line } else { after };
        for line in window.first_line..=to {
            let marks: Vec<&Mark> = chunk.iter().filter(|m| m.line == line).collect();
            let (Some((from, to)), Some(cell)) = (text.line(line), window.lines.checked_add(1)) else { break };
            window.lines = cell;
            self.line(text.content(), without_mark(text.content(), from as usize)..to as usize, &marks, &mut window);
        }
        let mut theme = self.theme.clone();
        if self.colour {
            let marked = match tone {
                Tone::Bad => theme.styles.error,
                Tone::Warning => theme.styles.warning,
                Tone::Notice | Tone::Heading | Tone::Quiet | Tone::Plain | Tone::Good => theme.styles.advice,
            };
            let (aside, link) = (theme.styles.help, theme.styles.linum);
            theme.styles.highlights = window.labels.iter().map(|l| if l.primary() { marked } else { aside }).collect();
            theme.styles.link = link;
        }
        let mut drawn = String::new();
        self.handler.clone().with_theme(theme).render_report(&mut drawn, &window)?;
        // The first line is miette's own place for the message, which stands above already.
        for line in drawn.lines().skip(1) {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        Ok(())
    }

    /// Appends one line to a window: cut around its marks where it is too long, and cleaned.
    fn line(&self, content: &str, whole: Range<usize>, marks: &[&Mark], window: &mut Window) {
        let shown = self.cut(content, whole.clone(), marks);
        let start = window.text.len();
        if shown.start > whole.start {
            window.text.push_str(self.cut);
        }
        let mut moved: Vec<(usize, Option<usize>)> = marks.iter().map(|_| (start, None)).collect();
        for (at, c) in content.get(shown.clone()).unwrap_or("").char_indices() {
            for (mark, moved) in marks.iter().zip(&mut moved) {
                if mark.words.start == shown.start + at {
                    moved.0 = window.text.len();
                }
                if mark.words.end == shown.start + at {
                    moved.1 = Some(window.text.len());
                }
            }
            push(c, &mut window.text);
        }
        let end = window.text.len();
        if shown.end < whole.end {
            window.text.push_str(self.cut);
        }
        for (mark, (from, to)) in marks.iter().zip(moved) {
            let from = if mark.words.start >= shown.end { end } else { from };
            let to = to.unwrap_or(end).max(from);
            let column = window.text.get(start..from).map_or(0, str::width) + window.text.get(from..to).map_or(0, str::width) / 2;
            let note = (!mark.note.is_empty()).then(|| self.wrap(&mark.note, column));
            let span = SourceSpan::from(from..to);
            let label = if mark.primary { LabeledSpan::new_primary_with_span(note, span) } else { LabeledSpan::new_with_span(note, span) };
            window.labels.push(label);
            window.places.push((from, mark.line, mark.column));
        }
        window.text.push('\n');
    }

    /// The part of a line that is shown.
    fn cut(&self, content: &str, whole: Range<usize>, marks: &[&Mark]) -> Range<usize> {
        if columns(content, whole.clone(), self.room()).is_some() {
            return whole;
        }
        let room = self.room().saturating_sub(2 * self.cut.width());
        let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
            return whole.start..forward(content, whole, room).0;
        };
        let words = first.words.start..last.words.end.max(first.words.start);
        let must = columns(content, words.clone(), room * 2 / 3).unwrap_or(room * 2 / 3);
        let (from, before) = backward(content, whole.start..words.start, (room - must) / 2);
        let (to, after) = forward(content, words.start..whole.end, room.saturating_sub(before));
        // At the end of a line there is more room before the words.
        let from = if to == whole.end { backward(content, whole.start..words.start, room.saturating_sub(after)).0 } else { from };
        from..to
    }

    /// Breaks a note that would run over the edge.
    fn wrap(&self, note: &str, column: usize) -> String {
        let room = self.width.saturating_sub(column + 12).max(28);
        let (mut out, mut at) = (String::new(), 0);
        for word in note.split(' ') {
            if at > 0 && at + 1 + word.width() > room {
                out.push('\n');
                at = 0;
            } else if at > 0 {
                out.push(' ');
                at += 1;
            }
            out.push_str(word);
            at += word.width();
        }
        out
    }
}

/// Finds the line of every pin, in the order of the texts. What goes on over several lines is marked on its first.
fn resolve(texts: &Shown, pins: &[Pin<'_>]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::with_capacity(pins.len());
    for (order, pin) in pins.iter().enumerate() {
        let Some(text) = texts.get(pin.span.text) else { continue };
        let content = text.content();
        let start = content.floor_char_boundary(pin.span.start as usize);
        let end = content.floor_char_boundary(pin.span.end as usize).max(start);
        let at = text.position(start as u32);
        let Some((from, to)) = text.line(at.line) else { continue };
        let whole = without_mark(content, from as usize)..to as usize;
        let words = start.clamp(whole.start, whole.end.max(whole.start))..end.clamp(whole.start, whole.end.max(whole.start));
        let mut note = clean(pin.note).into_owned();
        if end > whole.end {
            let last = text.position(end.saturating_sub(1) as u32).line;
            if last > at.line {
                let until = if note.is_empty() { format!("to line {last}") } else { format!(" (to line {last})") };
                note.push_str(&until);
            }
        }
        marks.push(Mark { order, text: pin.span.text.0, line: at.line, column: at.column, whole, words, note, primary: pin.primary });
    }
    marks.sort_by_key(|m| (m.text, m.line, m.words.start, m.words.end, m.order));
    // The same words are marked once, with all that is to be said of them.
    marks.dedup_by(|next, kept| {
        let same = (next.text, next.line, &next.words) == (kept.text, kept.line, &kept.words);
        if same {
            kept.primary |= next.primary;
            kept.order = kept.order.min(next.order);
            if kept.note.is_empty() {
                kept.note = std::mem::take(&mut next.note);
            } else if !next.note.is_empty() && !kept.note.contains(&next.note) {
                kept.note = format!("{}; {}", kept.note, next.note);
            }
        }
        same
    });
    marks
}

/// `path:line:column` of a mark.
fn named(text: &ShownText, mark: &Mark) -> String {
    format!("{}:{}:{}", text.name(), mark.line, mark.column)
}

/// The start of a line, a byte order mark left out.
fn without_mark(content: &str, start: usize) -> usize {
    if start == 0 && content.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { start }
}

/// The first bytes of a line, if anything is to be seen in them.
fn head(content: &str, line: Range<usize>) -> Option<&str> {
    let end = content.floor_char_boundary(line.end.min(line.start + 400));
    content.get(line.start..end).filter(|h| !h.trim().is_empty())
}

/// Whether all that could be shown around a mark is hidden.
fn is_masked(text: &ShownText, mark: &Mark) -> bool {
    let line = head(text.content(), mark.whole.clone());
    line.is_some_and(|l| l.chars().all(|c| c == '*' || c.is_whitespace()))
}

/// Appends a character as it may be shown.
fn push(c: char, out: &mut String) {
    match c {
        // It may end the beginning of a command, and the line so far says whether it does.
        '[' => clean_into(out, "["),
        ' '..='~' => out.push(c),
        '\t' => out.push_str(TAB),
        _ => clean_into(out, c.encode_utf8(&mut [0; 4])),
    }
}

/// The columns that a character takes when shown. At least one, so that a pile of combining marks ends somewhere.
fn cell(c: char) -> usize {
    match c {
        ' '..='~' => 1,
        '\t' => TAB.len(),
        _ => clean(c.encode_utf8(&mut [0; 4])).width().max(1),
    }
}

/// The columns of a piece of a line, where they are at most `most`. Reads no further than that.
fn columns(content: &str, piece: Range<usize>, most: usize) -> Option<usize> {
    let (end, width) = forward(content, piece.clone(), most);
    (end >= piece.end).then_some(width)
}

/// How far one comes in `piece` from its start with `room` columns, and how many that were.
fn forward(content: &str, piece: Range<usize>, room: usize) -> (usize, usize) {
    let mut used = 0;
    for (at, c) in content.get(piece.clone()).unwrap_or("").char_indices() {
        let width = cell(c);
        if used + width > room {
            return (piece.start + at, used);
        }
        used += width;
    }
    (piece.end, used)
}

/// How far one comes in `piece` from its end with `room` columns, and how many that were.
fn backward(content: &str, piece: Range<usize>, room: usize) -> (usize, usize) {
    let (mut from, mut used) = (piece.end, 0);
    for (at, c) in content.get(piece.clone()).unwrap_or("").char_indices().rev() {
        let width = cell(c);
        if used + width > room {
            break;
        }
        used += width;
        from = piece.start + at;
    }
    (from, used)
}

/// A few lines, ready to be drawn: the source, and the diagnostic over it.
struct Window {
    path: String,
    /// The number of the first line, from 1.
    first_line: u32,
    text: String,
    lines: usize,
    labels: Vec<LabeledSpan>,
    /// Offset in the window, line and column in the file, for every label.
    places: Vec<(usize, u32, u32)>,
}

impl SourceCode for Window {
    fn read_span<'a>(&'a self, span: &SourceSpan, before: usize, after: usize) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (data, path) = (self.text.as_bytes(), self.path.clone());
        if before == 0
            && after == 0
            && let Some((_, line, column)) = self.places.iter().find(|p| p.0 == span.offset())
        {
            // Asked for the place of one label: lines and columns are those of the file, whatever was cut.
            let (line, column) = (line.saturating_sub(1) as usize, column.saturating_sub(1) as usize);
            return Ok(Box::new(MietteSpanContents::new_named(path, data, *span, line, column, 1)));
        }
        let line = self.first_line.saturating_sub(1) as usize;
        Ok(Box::new(MietteSpanContents::new_named(path, data, SourceSpan::from(0..data.len()), line, 0, self.lines)))
    }
}

impl Diagnostic for Window {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Window")
    }
}

impl fmt::Display for Window {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Window {}
