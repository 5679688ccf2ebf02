//! Running text for the human report: wrapped at a width, cleaned, and coloured only where colour was asked for.
//! All escape sequences of keylint's own prose are written here; snippets bring theirs along.

use unicode_width::UnicodeWidthStr as _;

use super::Style;
use crate::finding::Severity;
use crate::text::clean;

/// Wider than this, prose is hard to read; snippets may use the whole terminal.
const WIDEST: usize = 100;
/// Bytes of one piece of text that are shown: a name out of a file can be as long as the file.
const LONGEST: usize = 2000;

/// What a piece of text is, for those who see colours. Nothing is told by it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Tone {
    /// A finding that costs money, a run that could not be done.
    Bad,
    /// A finding to look at, something that was not read.
    Warning,
    /// Worth knowing.
    Notice,
    /// A heading.
    Heading,
    /// What may be skipped.
    Quiet,
    /// A run that passes.
    Good,
    /// Like the words around it.
    Plain,
}

impl Tone {
    /// The tone of a severity.
    pub(in crate::report) fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Bad,
            Severity::Medium | Severity::Low => Self::Warning,
            Severity::Info => Self::Notice,
        }
    }

    fn codes(self) -> &'static str {
        match self {
            Self::Bad => "\u{1b}[1;31m",
            Self::Warning => "\u{1b}[1;33m",
            Self::Notice => "\u{1b}[1;36m",
            Self::Heading => "\u{1b}[1m",
            Self::Quiet => "\u{1b}[2m",
            Self::Good => "\u{1b}[1;32m",
            Self::Plain => "",
        }
    }
}

/// Writes prose in one style.
pub(in crate::report) struct Pen {
    colour: bool,
    unicode: bool,
    width: usize,
}

impl Pen {
    /// A pen for a style.
    pub(in crate::report) fn new(style: &Style) -> Self {
        Self { colour: style.colour, unicode: style.unicode, width: style.width.clamp(40, WIDEST) }
    }

    /// One line of words from outside, cleaned, and cut where it is endless.
    fn words(&self, text: &str) -> String {
        let kept = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
        let mut words = clean(kept).into_owned();
        if kept.len() < text.len() {
            words.push('\u{2026}');
        }
        if self.unicode { words } else { words.replace('\u{2026}', "...") }
    }

    /// Words that are already cleaned, in a tone.
    fn paint(&self, tone: Tone, text: &str) -> String {
        if self.colour && tone != Tone::Plain && !text.is_empty() { format!("{}{text}\u{1b}[0m", tone.codes()) } else { text.to_owned() }
    }

    /// A cell of a table: words that are cleaned and cut already, in a tone.
    pub(in crate::report) fn painted(&self, tone: Tone, text: &str) -> String {
        let text = if self.unicode { text.to_owned() } else { text.replace('\u{2026}', "~") };
        self.paint(tone, &text)
    }

    /// A heading that divides the page.
    pub(in crate::report) fn heading(&self, text: &str, out: &mut String) {
        let bar = if self.unicode { "\u{2500}" } else { "-" };
        let text = self.words(text);
        let rest = self.width.saturating_sub(text.width() + 4).max(2);
        let line = format!("{} {text} {}", bar.repeat(2), bar.repeat(rest));
        out.push_str(&self.paint(Tone::Heading, &line));
        out.push_str("\n\n");
    }

    /// A line of its own in a tone.
    pub(in crate::report) fn line(&self, tone: Tone, text: &str, out: &mut String) {
        out.push_str(&self.paint(tone, &self.words(text)));
        out.push('\n');
    }

    /// A paragraph of words from outside: `indent` blanks, `lead` in its tone, and `body`, wrapped; what follows the first
    /// line is indented two more. A line break in it is a character like any other that must not do anything.
    pub(in crate::report) fn paragraph(&self, indent: usize, lead: (Tone, &str), body: &str, out: &mut String) {
        self.wrap(indent, lead, [body].into_iter(), out);
    }

    /// The same for words of a rule, whose line breaks stay.
    pub(super) fn lines(&self, indent: usize, lead: (Tone, &str), body: &str, out: &mut String) {
        self.wrap(indent, lead, body.lines().map(str::trim).filter(|l| !l.is_empty()), out);
    }

    fn wrap<'t>(&self, indent: usize, (tone, lead): (Tone, &str), lines: impl Iterator<Item = &'t str>, out: &mut String) {
        let lead = self.words(lead);
        out.push_str(&" ".repeat(indent));
        out.push_str(&self.paint(tone, &lead));
        let rest = format!("\n{}", " ".repeat(indent + 2));
        // On a line that has nothing yet, the next word goes however long it is.
        let (mut column, mut empty) = (indent + lead.width(), lead.is_empty());
        for (n, line) in lines.enumerate() {
            for (at, word) in self.words(line).split(' ').filter(|w| !w.is_empty()).enumerate() {
                let width = word.width();
                if n > 0 && at == 0 || !empty && column + 1 + width > self.width {
                    out.push_str(&rest);
                    column = indent + 2;
                } else if !empty {
                    out.push(' ');
                    column += 1;
                }
                out.push_str(word);
                column += width;
                empty = false;
            }
        }
        out.push('\n');
    }
}

/// `1 key`, `2 keys`.
pub(in crate::report) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// The first `most` of a list, and how many more there are.
pub(super) fn cut_list<S: AsRef<str>>(items: &[S], most: usize) -> String {
    let named = items.iter().take(most).map(S::as_ref).collect::<Vec<_>>().join(", ");
    if items.len() > most { format!("{named} and {} more", items.len() - most) } else { named }
}
