//! JSON read strictly: where exactly a text that is meant as JSON stops being JSON, and what stands in it until then.
//!
//! The walk builds nothing and does not recurse. Strict JSON, which nearly every export is, becomes a tree straight from
//! it (see `strict`); everything else is read by the YAML parser, which tolerates more than JSON allows and whose
//! complaints suit YAML, and the walk then says where a text that is meant as JSON went wrong.

use crate::text::{Span, TextId};
use std::ops::Range;

/// What the walk found.
pub(super) enum Seen {
    /// One JSON document and nothing else.
    Whole,
    /// The text ends before the document does.
    Ends {
        /// The innermost thing that is open.
        inside: Inside,
        /// The byte that opened it.
        opener: usize,
    },
    /// A second document begins at this byte.
    Second(usize),
    /// Not JSON from this byte on.
    Unlike {
        /// The byte.
        at: usize,
        /// What is wrong there.
        what: &'static str,
        /// How YAML sees it.
        yaml: Yaml,
    },
}

/// What a text can end inside of.
#[derive(Clone, Copy)]
pub(super) enum Inside {
    Object,
    List,
    Text,
}

/// Whether YAML reads what JSON does not allow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Yaml {
    Tolerates,
    Refuses,
}

/// Whose escapes a quoted text may use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Json,
    Yaml,
}

/// The first place where a text that is meant as JSON, because it begins with `{` or `[`, is not JSON although it may
/// well be read as YAML: a comma too many, single quotes, words without quotes, comments. `None` for strict JSON, for
/// text that is not meant as JSON, and where a document only ends too early. Costs a pass over the text.
pub fn lenient(text: TextId, source: &str, range: Range<usize>) -> Option<Span> {
    let start = range.start;
    let part = source.get(range)?;
    if !meant_as_json(part) {
        return None;
    }
    let Seen::Unlike { at, .. } = walk(part) else { return None };
    let width = part.get(at..)?.chars().next().map_or(0, char::len_utf8);
    let from = u32::try_from(start + at).ok()?;
    Some(Span::new(text, from, from + u32::try_from(width).ok()?))
}

/// Whether a text begins as only JSON, or YAML in the manner of JSON, does.
pub(super) fn meant_as_json(part: &str) -> bool {
    part.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    Comma,
}

/// What the walk meets, in order.
#[derive(Clone, Copy)]
pub(super) enum Met {
    /// `{` or `[` at this byte.
    Open(u8, usize),
    /// `}` or `]`, which ends before this byte.
    Close(usize),
    /// A quoted text, its quotes included; whether it is a key.
    Text(usize, usize, bool),
    /// A number, a boolean or null.
    Word(usize, usize),
}

/// Walks a text that is [meant as JSON](meant_as_json).
pub(super) fn walk(part: &str) -> Seen {
    walk_with(part, |_| true)
}

/// The same, telling what is met; it stops as if the text ended where `meet` wants no more.
pub(super) fn walk_with(part: &str, mut meet: impl FnMut(Met) -> bool) -> Seen {
    let bytes = part.as_bytes();
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut want = Want::Value;
    let mut comma = 0;
    let mut at = if part.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    loop {
        at += bytes.iter().skip(at).take_while(|b| b.is_ascii_whitespace()).count();
        let top = open.last().copied();
        let Some(byte) = bytes.get(at).copied() else { return end_inside(top) };
        let next = match (want, byte) {
            (Want::Value | Want::ValueOrEnd, b'{' | b'[') => {
                if !meet(Met::Open(byte, at)) {
                    return end_inside(Some((byte, at)));
                }
                open.push((byte, at));
                at += 1;
                want = if byte == b'{' { Want::KeyOrEnd } else { Want::ValueOrEnd };
                continue;
            }
            (Want::Key | Want::KeyOrEnd | Want::Value | Want::ValueOrEnd, b'"') => match quoted(part, at, Dialect::Json) {
                Quoted::Closed(end) => {
                    let is_key = matches!(want, Want::Key | Want::KeyOrEnd);
                    meet(Met::Text(at, end, is_key));
                    at = end;
                    if is_key { Want::Colon } else { Want::Comma }
                }
                Quoted::Ends => return Seen::Ends { inside: Inside::Text, opener: at },
                Quoted::Bad { at, what } => return Seen::Unlike { at, what, yaml: Yaml::Refuses },
                Quoted::Break => {
                    return Seen::Unlike { at, what: "this text is not closed on its line", yaml: Yaml::Refuses };
                }
            },
            (Want::Colon, b':') => {
                at += 1;
                Want::Value
            }
            (Want::Comma, b',') => {
                comma = at;
                at += 1;
                if top.is_some_and(|(b, _)| b == b'{') { Want::Key } else { Want::Value }
            }
            (Want::Key | Want::KeyOrEnd | Want::Comma, b'}') if top.is_some_and(|(b, _)| b == b'{') => {
                if want == Want::Key {
                    return Seen::Unlike { at: comma, what: "a comma too many", yaml: Yaml::Tolerates };
                }
                open.pop();
                at += 1;
                meet(Met::Close(at));
                Want::Comma
            }
            (Want::Value | Want::ValueOrEnd | Want::Comma, b']') if top.is_some_and(|(b, _)| b == b'[') => {
                if want == Want::Value {
                    return Seen::Unlike { at: comma, what: "a comma too many", yaml: Yaml::Tolerates };
                }
                open.pop();
                at += 1;
                meet(Met::Close(at));
                Want::Comma
            }
            (_, b'#') => return Seen::Unlike { at, what: "JSON has no comments", yaml: Yaml::Tolerates },
            (Want::Value | Want::ValueOrEnd, _) => match word(part, at) {
                Word::Literal(end) => {
                    meet(Met::Word(at, end));
                    at = end;
                    Want::Comma
                }
                Word::Ends => return end_inside(top),
                Word::Other => return unlike(Want::Value, byte, top, at),
            },
            _ => return unlike(want, byte, top, at),
        };
        want = next;
        if open.is_empty() {
            return rest(part, at);
        }
    }
}

fn end_inside(top: Option<(u8, usize)>) -> Seen {
    match top {
        Some((b'{', opener)) => Seen::Ends { inside: Inside::Object, opener },
        Some((_, opener)) => Seen::Ends { inside: Inside::List, opener },
        None => Seen::Whole,
    }
}

fn rest(part: &str, end: usize) -> Seen {
    let Some(rest) = part.get(end..) else { return Seen::Whole };
    let at = part.len() - rest.trim_start().len();
    match rest.trim_start().chars().next() {
        None => Seen::Whole,
        Some('{' | '[') => Seen::Second(at),
        Some('#') => Seen::Unlike { at, what: "JSON has no comments", yaml: Yaml::Tolerates },
        // Document markers are YAML's to judge.
        Some('-' | '.') => Seen::Unlike { at, what: super::parse::FOLLOWS, yaml: Yaml::Tolerates },
        Some(_) => Seen::Unlike { at, what: super::parse::FOLLOWS, yaml: Yaml::Refuses },
    }
}

fn unlike(want: Want, byte: u8, top: Option<(u8, usize)>, at: usize) -> Seen {
    let wordlike =
        byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'\'' | b'_' | b'-' | b'+' | b'.' | b'/' | b'$' | b'~');
    let (what, yaml) = match want {
        Want::Value | Want::ValueOrEnd if wordlike => ("JSON wants double quotes around text", Yaml::Tolerates),
        Want::Value | Want::ValueOrEnd if matches!(byte, b'&' | b'*' | b'!') => ("JSON has no anchors, aliases and tags", Yaml::Tolerates),
        Want::Value | Want::ValueOrEnd => ("expected a value", Yaml::Refuses),
        Want::Key | Want::KeyOrEnd if wordlike => ("JSON wants double quotes around keys", Yaml::Tolerates),
        Want::Key | Want::KeyOrEnd => ("expected a key", Yaml::Refuses),
        Want::Colon => ("expected `:` between a key and its value", Yaml::Refuses),
        Want::Comma if top.is_some_and(|(b, _)| b == b'{') => ("expected `,` or `}`", Yaml::Refuses),
        Want::Comma => ("expected `,` or `]`", Yaml::Refuses),
    };
    Seen::Unlike { at, what, yaml }
}

enum Word {
    Literal(usize),
    Ends,
    Other,
}

/// A number, a boolean or null at `at`.
fn word(part: &str, at: usize) -> Word {
    let rest = part.get(at..).unwrap_or("");
    let text = rest.split(|c: char| c.is_ascii_whitespace() || ",:]}[{\"".contains(c)).next().unwrap_or("");
    if text.len() == rest.len() && !text.is_empty() {
        return Word::Ends;
    }
    let number = || {
        text.ends_with(|c: char| c.is_ascii_digit())
            && !text.starts_with(['+', '.'])
            && !text.starts_with("-.")
            && !text.contains(".e")
            && !text.contains(".E")
            && super::number(text).is_some()
    };
    if matches!(text, "true" | "false" | "null") || number() { Word::Literal(at + text.len()) } else { Word::Other }
}

/// How a text in double quotes goes on.
pub(super) enum Quoted {
    /// Closed; the byte behind the closing quote.
    Closed(usize),
    /// The source ends first.
    Ends,
    /// JSON only: the line ends first.
    Break,
    /// Something that may not stand in it.
    Bad {
        /// The byte.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
}

/// Reads the text whose opening double quote is at `at`.
pub(super) fn quoted(part: &str, at: usize, dialect: Dialect) -> Quoted {
    let bytes = part.as_bytes();
    let mut at = at + 1;
    loop {
        let Some(byte) = bytes.get(at).copied() else { return Quoted::Ends };
        match byte {
            b'"' => return Quoted::Closed(at + 1),
            b'\\' => match escape(bytes, at, dialect) {
                Ok(Some(width)) => at += width,
                Ok(None) => return Quoted::Ends,
                Err(what) => return Quoted::Bad { at, what },
            },
            b'\n' | b'\r' if dialect == Dialect::Json => return Quoted::Break,
            0..0x20 if dialect == Dialect::Json => {
                return Quoted::Bad { at, what: "a control character must be written as an escape" };
            }
            _ => at += 1,
        }
    }
}

/// The width of the escape whose backslash is at `at`; `None` where the source ends within it.
fn escape(bytes: &[u8], at: usize, dialect: Dialect) -> Result<Option<usize>, &'static str> {
    let digits = match bytes.get(at + 1) {
        None => return Ok(None),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => return Ok(Some(2)),
        Some(b'u') => 4,
        Some(b'x') if dialect == Dialect::Yaml => 2,
        Some(b'U') if dialect == Dialect::Yaml => 8,
        Some(b'0' | b'a' | b'v' | b'e' | b' ' | b'N' | b'_' | b'L' | b'P' | b'\n' | b'\r' | b'\t') if dialect == Dialect::Yaml => {
            return Ok(Some(2));
        }
        Some(_) => return Err("this escape does not exist"),
    };
    let value = match hex(bytes, at + 2, digits) {
        Hex::Value(value) => value,
        Hex::Ends => return Ok(None),
        Hex::Other => return Err("expected hexadecimal digits in this escape"),
    };
    match value {
        0xd800..0xdc00 => match (bytes.get(at + 6), bytes.get(at + 7)) {
            (Some(b'\\'), Some(b'u')) => match hex(bytes, at + 8, 4) {
                Hex::Value(0xdc00..0xe000) => Ok(Some(12)),
                Hex::Ends => Ok(None),
                Hex::Value(_) | Hex::Other => Err("half of a surrogate pair"),
            },
            (None, _) | (Some(b'\\'), None) => Ok(None),
            _ => Err("half of a surrogate pair"),
        },
        0xdc00..0xe000 => Err("half of a surrogate pair"),
        0x11_0000.. => Err("no character has this number"),
        _ => Ok(Some(2 + digits)),
    }
}

enum Hex {
    Value(u32),
    Ends,
    Other,
}

fn hex(bytes: &[u8], at: usize, digits: usize) -> Hex {
    let mut value = 0u32;
    for i in at..at + digits {
        match bytes.get(i).map(|b| char::from(*b).to_digit(16)) {
            None => return Hex::Ends,
            Some(None) => return Hex::Other,
            Some(Some(digit)) => value = (value << 4) | digit,
        }
    }
    Hex::Value(value)
}
