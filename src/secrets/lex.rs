//! The lexical form that configurations, source code, shells, logs and notes share: words, quoted texts, marks, brackets,
//! line breaks with their indentation, and which of them enclose which. No language is parsed, so a file that is broken,
//! mixed or unknown is understood as far as it goes.

use super::token::{APART, PLAIN, WORD, is};
pub use super::token::{Frame, Kind, Lexed, Token};

/// Frames within frames, at most; what lies deeper belongs to the last.
const DEPTH: usize = 200;
/// Texts within texts, at most.
const LEVELS: u8 = 3;

struct Lexer<'b> {
    bytes: &'b [u8],
    out: Lexed,
    stack: Vec<u32>,
    line: u32,
    indent: u32,
    line_start: usize,
    /// The first token of the line.
    first: usize,
    /// For each kind of quote, up to where none closes.
    unclosed: [usize; 3],
}

/// Whether a byte belongs to a word.
fn in_word(b: u8) -> bool {
    is(b, WORD)
}

/// Lexes `bytes`.
pub fn lex(bytes: &[u8]) -> Lexed {
    let root = Frame { parent: 0, name: None, open: 0, bracket: 0, indent: 0 };
    let out = Lexed { tokens: Vec::with_capacity(bytes.len() / 6), frames: vec![root] };
    let mut lexer = Lexer { bytes, out, stack: vec![0], line: 0, indent: 0, line_start: 0, first: 0, unclosed: [0; 3] };
    lexer.indent = lexer.indentation(0);
    lexer.range(0, bytes.len(), 0);
    lexer.out
}

impl Lexer<'_> {
    fn at(&self, i: usize) -> u8 {
        self.bytes.get(i).copied().unwrap_or(0)
    }
    fn top(&self) -> u32 {
        self.stack.last().copied().unwrap_or(0)
    }
    fn frame(&self, id: u32) -> Frame {
        self.out.frames.get(id as usize).copied().unwrap_or(Frame { parent: 0, name: None, open: 0, bracket: 0, indent: 0 })
    }
    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let frame = self.top();
        self.out.tokens.push(Token { kind, start: start as u32, end: end as u32, frame, line: self.line });
    }
    fn enter(&mut self, bracket: u8, name: Option<u32>, indent: u32) {
        if self.stack.len() < DEPTH {
            let open = self.out.tokens.len().saturating_sub(1) as u32;
            self.out.frames.push(Frame { parent: self.top(), name, open, bracket, indent });
            self.stack.push(self.out.frames.len() as u32 - 1);
        }
    }
    fn indentation(&self, from: usize) -> u32 {
        let rest = self.bytes.get(from..).unwrap_or(&[]);
        rest.iter().take_while(|b| **b == b' ' || **b == b'\t').count() as u32
    }

    fn range(&mut self, from: usize, to: usize, level: u8) {
        let mut i = from;
        while i < to {
            let b = self.at(i);
            i = match b {
                b' ' | b'\t' | 0x0b | 0x0c | 0 => i + 1,
                b'\r' => i + 1,
                b'\n' => self.break_at(i, i + 1, level),
                // Inside a text, what is written as a line break is one.
                b'\\' if level > 0 && matches!(self.at(i + 1), b'n' | b'r') => self.break_at(i, i + 2, level),
                b'\\' if level > 0 && self.at(i + 1) == b't' => i + 2,
                b'\\' if level > 0 => {
                    let slashes = self.run_of(i, to, b'\\');
                    let next = self.at(i + slashes);
                    if matches!(next, b'"' | b'\'') {
                        self.quote(i, slashes, to, level)
                    } else if slashes > 1 && matches!(next, b'n' | b'r') {
                        self.break_at(i, i + slashes + 1, level)
                    } else {
                        i + slashes
                    }
                }
                b'"' | b'\'' | b'`' => self.quote(i, 0, to, level),
                b'(' | b'[' | b'{' => self.open(b, i),
                b')' | b']' | b'}' => self.close(b, i),
                _ if in_word(b) || (b == b'%' && self.is_escape(i)) => self.word(i, to),
                _ => {
                    self.push(Kind::Mark(b), i, i + 1);
                    i + 1
                }
            };
        }
    }

    fn run_of(&self, from: usize, to: usize, b: u8) -> usize {
        self.bytes.get(from..to).unwrap_or(&[]).iter().take_while(|x| **x == b).count()
    }

    /// Whether a percent sign begins an escape of URLs.
    fn is_escape(&self, i: usize) -> bool {
        self.at(i + 1).is_ascii_hexdigit() && self.at(i + 2).is_ascii_hexdigit()
    }

    fn word(&mut self, from: usize, to: usize) -> usize {
        let mut i = from;
        loop {
            i += self.bytes.get(i..to).map_or(0, |rest| rest.iter().take_while(|b| is(**b, PLAIN)).count());
            if i >= to {
                break;
            }
            let b = self.at(i);
            // An arrow and the beginning of a comment are no parts of a word.
            if (b == b'-' && self.at(i + 1) == b'>') || (b == b'/' && self.at(i + 1) == b'/') {
                break;
            }
            if in_word(b) {
                i += 1;
            } else if b == b'%' && self.is_escape(i) {
                i += 3;
            } else if b == b'\\' && self.at(i + 1) == b'/' && i + 2 <= to {
                i += 2;
            } else if b == b'\\' && self.at(i + 1) == b'u' && self.at(i + 2) == b'0' && self.at(i + 3) == b'0' && i + 6 <= to {
                i += 6;
            } else {
                break;
            }
        }
        if i == from
            || self
                .bytes
                .get(from..i.min(from + 3))
                .is_some_and(|w| w.len() <= 2 && w.iter().all(|b| matches!(b, b'-' | b'/' | b'+' | b'~')))
        {
            // A lone slash of a comment, a dash, an arrow.
            self.push(Kind::Mark(self.at(from)), from, from + 1);
            return from + 1;
        }
        if i - from < 16 {
            self.push(Kind::Word, from, i);
            return i;
        }
        // Padding of base64 belongs to a long word when nothing follows that would make it an operator.
        let pads = self.run_of(i, to, b'=');
        let closes = matches!(self.at(i + pads), b'"' | b'\'');
        let ends = if closes {
            (i + pads - from).is_multiple_of(4)
        } else {
            !in_word(self.at(i + pads)) && !matches!(self.at(i + pads), b'>' | b'~')
        };
        if (1..=2).contains(&pads) && ends {
            i += pads;
        }
        self.push(Kind::Word, from, i);
        i
    }

    fn quote(&mut self, at: usize, slashes: usize, to: usize, level: u8) -> usize {
        let mark = self.at(at + slashes);
        let inside = at + slashes + 1;
        let before = if at == 0 { b' ' } else { self.at(at - 1) };
        // An apostrophe within a word opens nothing; at the outermost level, neither does an escaped quote.
        if mark != b'"'
            && slashes == 0
            && (before.is_ascii_alphanumeric()
                && !matches!(before, b'b' | b'r' | b'f' | b'u' | b'B' | b'R' | b'F' | b'U' | b'L' | b'@' | b'q'))
        {
            return inside;
        }
        let triple = slashes == 0 && self.at(inside) == mark && self.at(inside + 1) == mark && mark != b'`';
        let which = match mark {
            b'"' => 0,
            b'\'' => 1,
            _ => 2,
        };
        if !triple && self.unclosed.get(which).is_some_and(|u| at < *u) {
            self.push(Kind::Mark(mark), at, inside);
            return inside;
        }
        if triple && let Some(end) = self.find_triple(inside + 2, to, mark) {
            self.text(inside + 2, end, to, level);
            return end + 3;
        }
        match self.closing(inside, to, mark, slashes, level) {
            Ok(end) => {
                self.text(inside, end, to, level);
                end + slashes + 1
            }
            Err(until) => {
                if let Some(u) = self.unclosed.get_mut(which) {
                    *u = until;
                }
                self.push(Kind::Mark(mark), at, inside);
                inside
            }
        }
    }

    fn find_triple(&self, from: usize, to: usize, mark: u8) -> Option<usize> {
        let rest = self.bytes.get(from..to)?;
        memchr::memmem::find(rest, &[mark; 3]).map(|i| from + i)
    }

    /// The place of the quote that closes: preceded by as many backslashes as the one that opened.
    fn closing(&self, from: usize, to: usize, mark: u8, slashes: usize, level: u8) -> Result<usize, usize> {
        let mut i = from;
        while i < to {
            // A backtick closes over lines.
            let rest = self.bytes.get(i..to).unwrap_or(&[]);
            let next = if mark == b'`' { memchr::memchr2(mark, b'\\', rest) } else { memchr::memchr3(mark, b'\\', b'\n', rest) };
            let Some(next) = next else { return Err(to) };
            i += next;
            let b = self.at(i);
            if b == b'\n' && mark != b'`' {
                return Err(i);
            }
            if b == b'\\' {
                let run = self.run_of(i, to, b'\\');
                let next = self.at(i + run);
                if next == mark && run == slashes {
                    return Ok(i);
                }
                // A written line break ends a text within a text that nobody closed.
                if level > 0 && slashes == 0 && mark == b'\'' && next == b'n' {
                    return Err(i);
                }
                i += if run % 2 == 1 || next == mark { run + 1 } else { run };
                continue;
            }
            if b == mark {
                if slashes == 0 {
                    return Ok(i);
                }
                // The text around it ends first.
                return Err(i);
            }
            i += 1;
        }
        Err(to)
    }

    /// A text and, where it holds more than a value, what is inside.
    fn text(&mut self, start: usize, end: usize, to: usize, level: u8) {
        let end = end.min(to);
        self.push(Kind::Text, start, end);
        let inner = self.bytes.get(start..end).unwrap_or(&[]);
        // Padding is no operator.
        let unpadded = inner.strip_suffix(b"==").or_else(|| inner.strip_suffix(b"=")).unwrap_or(inner);
        let structured = inner.len() >= 12 && unpadded.iter().any(|b| is(*b, APART));
        if structured && level < LEVELS {
            let (line_indent, first) = (self.indent, self.first);
            let depth = self.stack.len();
            self.push(Kind::Open(b'"'), start, start);
            self.enter(b'"', None, line_indent);
            // What is unclosed inside says nothing of what follows.
            let unclosed = std::mem::take(&mut self.unclosed);
            self.range(start, end, level + 1);
            self.unclosed = unclosed;
            self.stack.truncate(depth);
            self.push(Kind::Close(b'"'), end, end);
            (self.indent, self.first) = (line_indent, first);
        } else {
            self.line += memchr::memchr_iter(b'\n', inner).count() as u32;
        }
    }

    fn open(&mut self, bracket: u8, at: usize) -> usize {
        let name = self.name_of_bracket(bracket);
        self.push(Kind::Open(bracket), at, at + 1);
        self.enter(bracket, name, self.indent);
        at + 1
    }

    /// What a bracket belongs to: what is called, or what it is assigned to.
    fn name_of_bracket(&self, bracket: u8) -> Option<u32> {
        let n = self.out.tokens.len();
        let mut i = n;
        let mut operator = false;
        for _ in 0..6 {
            i = i.checked_sub(1)?;
            let token = self.out.tokens.get(i)?;
            match token.kind {
                Kind::Word | Kind::Text => return (operator || bracket != b'[' || token.line == self.line).then_some(i as u32),
                Kind::Mark(b'=' | b':' | b'>' | b'&' | b'*' | b'?' | b'!') => operator = true,
                Kind::Close(b')') if bracket == b'{' => {
                    // `new Map<K, V>() {{`, `func f(x) {`: the name before the arguments.
                    let mut depth = 0u32;
                    while let Some(token) = self.out.tokens.get(i) {
                        match token.kind {
                            Kind::Close(_) => depth += 1,
                            Kind::Open(_) => {
                                depth -= 1;
                                if depth == 0 {
                                    break;
                                }
                            }
                            _ => {}
                        }
                        if n - i > 64 {
                            return None;
                        }
                        i = i.checked_sub(1)?;
                    }
                }
                Kind::Break if operator => {}
                _ => return None,
            }
        }
        None
    }

    fn close(&mut self, bracket: u8, at: usize) -> usize {
        let opening = match bracket {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        // Only up to the text that it stands in.
        let mut found = None;
        for (depth, id) in self.stack.iter().enumerate().rev() {
            let frame = self.frame(*id);
            if frame.bracket == opening {
                found = Some((depth, frame));
                break;
            }
            if frame.bracket == b'"' {
                break;
            }
        }
        if let Some((depth, frame)) = found {
            self.stack.truncate(depth);
            self.push(Kind::Close(bracket), at, at + 1);
            self.section(frame, at);
        } else {
            self.push(Kind::Mark(bracket), at, at + 1);
        }
        at + 1
    }

    /// `[name]` on a line of its own begins a section.
    fn section(&mut self, frame: Frame, at: usize) {
        let opens_line =
            frame.open as usize <= self.first + 1 && self.out.tokens.get(frame.open as usize).is_some_and(|t| t.line == self.line);
        let bare = self.stack.iter().all(|id| matches!(self.frame(*id).bracket, 0 | b'#' | b':' | b'"' | b'-'));
        let rest = self.bytes.get(at + 1..).unwrap_or(&[]);
        let ends_line =
            rest.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r' | b']')).is_none_or(|b| matches!(b, b'\n' | b'#' | b';' | b'\\'));
        if frame.bracket == b'[' && opens_line && bare && ends_line {
            let inside = frame.open as usize + 1;
            let name = self.out.tokens.get(inside).filter(|t| matches!(t.kind, Kind::Word | Kind::Text)).map(|_| inside as u32);
            if name.is_some() {
                let keep = self.stack.iter().rposition(|id| self.frame(*id).bracket == b'"').map_or(1, |i| i + 1);
                self.stack.truncate(keep);
                self.enter(b'#', name, 0);
            }
        }
    }

    fn break_at(&mut self, from: usize, next: usize, level: u8) -> usize {
        let first = self.first;
        self.push(Kind::Break, from, next);
        if self.at(from) == b'\n' {
            self.line += 1;
        }
        let bare = |lexer: &Self| !matches!(lexer.frame(lexer.top()).bracket, b'(' | b'[' | b'{');
        if bare(self) {
            self.block(first);
        }
        self.first = self.out.tokens.len();
        self.line_start = next;
        self.indent = self.indentation(next);
        let after = self.at(next + self.indent as usize);
        if bare(self) && !matches!(after, b'\n' | b'\r' | 0) && !(level > 0 && after == b'"') {
            let dash = after == b'-' && matches!(self.at(next + self.indent as usize + 1), b' ' | b'\n' | b'\r');
            self.leave_blocks(dash);
            if dash {
                self.enter(b'-', None, self.indent);
            }
        }
        next
    }

    /// A line that ends in a colon names the block below it.
    fn block(&mut self, first: usize) {
        let n = self.out.tokens.len();
        let mut i = n.saturating_sub(2);
        // `name: |`, `name: >-`, `name: &anchor` open a block too.
        while i > first
            && self
                .out
                .tokens
                .get(i)
                .is_some_and(|t| matches!(t.kind, Kind::Mark(b'|' | b'>' | b'&')) || (t.kind == Kind::Word && t.end - t.start <= 1))
        {
            i -= 1;
        }
        let anchor = i > first + 1
            && self.out.tokens.get(i).is_some_and(|t| t.kind == Kind::Word)
            && self.out.tokens.get(i - 1).is_some_and(|t| t.kind == Kind::Mark(b'&'));
        if anchor {
            i -= 2;
        }
        if i <= first.saturating_sub(1) || !self.out.tokens.get(i).is_some_and(|t| t.kind == Kind::Mark(b':')) {
            return;
        }
        let Some(name) = i.checked_sub(1).filter(|p| *p >= first) else { return };
        let Some(token) = self.out.tokens.get(name).copied() else { return };
        if matches!(token.kind, Kind::Word | Kind::Text) {
            let column = (token.start as usize).saturating_sub(self.line_start) as u32;
            let column = if token.kind == Kind::Text { column.saturating_sub(1) } else { column };
            self.enter(b':', Some(name as u32), column.min(self.indent.max(column)));
        } else if matches!(token.kind, Kind::Close(b')')) {
            // A function or a class: `def f(x):`.
            self.enter(b':', self.frame_name_before(name), self.indent);
        }
    }

    fn frame_name_before(&self, close: usize) -> Option<u32> {
        let open = self.out.frames.iter().rev().take(64).find(|f| f.bracket == b'(' && (f.open as usize) < close)?;
        open.name
    }

    fn leave_blocks(&mut self, dash: bool) {
        while self.stack.len() > 1 {
            let frame = self.frame(self.top());
            let stays = match frame.bracket {
                b':' => self.indent > frame.indent || (dash && self.indent == frame.indent),
                b'-' => self.indent > frame.indent,
                _ => true,
            };
            if stays {
                return;
            }
            self.stack.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let lexed = lex(text.as_bytes());
        let of = |t: &Token| text.get(t.start as usize..t.end as usize).unwrap_or("").to_owned();
        lexed
            .tokens
            .iter()
            .filter(|t| t.kind == Kind::Word)
            .map(|t| {
                let mut path = vec![of(t)];
                let mut frame = t.frame;
                while frame != 0 {
                    let f = lexed.frames[frame as usize];
                    if let Some(name) = f.name {
                        path.push(of(&lexed.tokens[name as usize]));
                    }
                    frame = f.parent;
                }
                path.join("<")
            })
            .collect()
    }

    #[test]
    fn frames_of_brackets_blocks_sections_and_texts() {
        assert_eq!(words("okx: {a: b}"), ["okx", "a<okx", "b<okx"]);
        assert_eq!(
            words("kraken:\n  live:\n    key: x\nother: y"),
            ["kraken", "live<kraken", "key<live<kraken", "x<live<kraken", "other", "y"]
        );
        assert_eq!(
            words("keys:\n- name: a\n  k: b\n- name: c"),
            ["keys", "name<keys", "a<keys", "k<keys", "b<keys", "name<keys", "c<keys"]
        );
        assert_eq!(words("[bybit]\nkey = x\n[okx]\nkey = y"), ["bybit", "key<bybit", "x<bybit", "okx<bybit", "key<okx", "y<okx"]);
        assert_eq!(words("ccxt.okx({a: 'bcd'})"), ["ccxt.okx", "a<ccxt.okx"]);
        assert_eq!(words("\"c\": \"{ \\n\\\"key\\\": \\\"value9\\\", \\\"b\\\": 1 }\""), ["1"]);
    }

    #[test]
    fn apostrophes_open_nothing_and_padding_stays() {
        assert_eq!(words("don't a=b"), ["don", "t", "a", "b"]);
        assert_eq!(words("S=Zx9mQ2rT7vLk4WnB8sHd3F=="), ["S", "Zx9mQ2rT7vLk4WnB8sHd3F=="]);
        assert_eq!(words("a == b"), ["a", "b"]);
    }
}
