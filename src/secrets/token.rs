//! What a text is lexed into: tokens in their order, and the frames that enclose them.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name, a number, a path, a value without quotes.
    Word,
    /// What stands between two quotes, the quotes left out.
    Text,
    /// An opening bracket, or the beginning of what is inside a text.
    Open(u8),
    /// A closing bracket.
    Close(u8),
    /// Any other character.
    Mark(u8),
    /// A line break.
    Break,
}

/// A token: its bytes, and the frame that encloses it.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The frame it stands in, by its place in [`Lexed::frames`].
    pub frame: u32,
    /// Line, from 0 at the beginning of what was lexed.
    pub line: u32,
}

/// What encloses tokens: brackets, an indented block below a name, a section, the inside of a text.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The frame around it; the first frame is its own.
    pub parent: u32,
    /// The token that names it: what a bracket is assigned to, what is called, the line above an indented block.
    pub name: Option<u32>,
    /// The token that opens it; what it encloses comes after.
    pub open: u32,
    /// Its bracket: `(`, `[`, `{`; `"` inside a text; `:` for an indented block; `-` for an item of a list; `#` for a
    /// section; 0 for the whole.
    pub bracket: u8,
    /// The indentation of the line that opened it.
    pub(super) indent: u32,
}

/// A text, lexed.
#[derive(Default)]
pub struct Lexed {
    /// The tokens in order.
    pub tokens: Vec<Token>,
    /// The frames, the whole first.
    pub frames: Vec<Frame>,
}

impl Lexed {
    /// One frame.
    pub fn frame(&self, id: u32) -> Option<&Frame> {
        self.frames.get(id as usize)
    }
    /// The innermost token that a byte belongs to.
    pub fn token_at(&self, at: usize) -> Option<usize> {
        let n = self.tokens.partition_point(|t| t.start as usize <= at);
        (0..n)
            .rev()
            .take(64)
            .find(|i| self.tokens.get(*i).is_some_and(|t| (t.end as usize) > at && matches!(t.kind, Kind::Word | Kind::Text)))
    }
}

/// A byte that belongs to a word.
pub(super) const WORD: u8 = 1;
/// One that does so whatever follows.
pub(super) const PLAIN: u8 = 2;
/// One that tells that a text holds more than a value.
pub(super) const APART: u8 = 4;

#[expect(clippy::indexing_slicing, reason = "made by the compiler, a table of 256 for a byte")]
static CLASS: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut b = 0usize;
    while b < 256 {
        let c = b as u8;
        if c.is_ascii_alphanumeric() || c >= 0x80 || matches!(c, b'_' | b'$' | b'.' | b'+' | b'~') {
            table[b] = WORD | PLAIN;
        } else if matches!(c, b'-' | b'/') {
            table[b] = WORD;
        } else if matches!(c, b' ' | b'\t' | b'\n' | b'=' | b':' | b'"' | b'\'' | b'{' | b'[' | b'<' | b'&' | b'?' | b',' | b';' | b'\\') {
            table[b] = APART;
        }
        b += 1;
    }
    table
};

/// Whether a byte is of a class.
#[expect(clippy::indexing_slicing, reason = "a table of 256 for a byte")]
pub(super) fn is(b: u8, class: u8) -> bool {
    CLASS[b as usize] & class != 0
}
