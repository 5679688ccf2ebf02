//! Where a value begins and ends: the whole text it stands in, an unquoted word, the rest of a line, texts that are joined,
//! pieces of a path.

use memchr::memmem;

use super::lex::{Kind, Lexed};
use super::runs::{self, Run};
use super::unescape::unescape;
use super::value::Value;

/// Whether a file is source code, where a value without quotes is an expression.
pub fn is_code(path: &str) -> bool {
    const CODE: &[&str] = &[
        "py", "js", "ts", "jsx", "tsx", "mjs", "cjs", "go", "rs", "java", "kt", "kts", "cs", "rb", "php", "pl", "pm", "swift", "scala",
        "c", "cc", "cpp", "h", "hpp", "lua", "r", "ex", "exs", "hs", "clj", "vue", "svelte", "ipynb", "jl", "dart", "m", "mm", "sol", "vy",
        "fs", "vb", "bas", "ps1", "pyi", "d.ts", "rake", "gs", "groovy", "gradle", "erl", "ml", "nim", "zig", "mq4", "mq5", "pine",
    ];
    path.rsplit_once('.').is_some_and(|(_, e)| CODE.contains(&e.to_ascii_lowercase().as_str()))
}

/// Whether what follows a word of a name can be a literal value; a first look.
pub fn names_a_value(bytes: &[u8], after: usize, code: bool) -> bool {
    let rest = bytes.get(after..(after + 48).min(bytes.len())).unwrap_or(&[]);
    // In source code a value stands in quotes, and is no word.
    let literal = |at: usize| {
        let text = bytes.get(after + at + 1..(after + at + 80).min(bytes.len())).unwrap_or(&[]);
        let end = text.iter().position(|b| matches!(b, b'"' | b'\'' | b'`' | b'\n')).unwrap_or(0);
        let text = text.get(..end).unwrap_or(&[]);
        text.len() >= 6 && !text.contains(&b' ') && text.iter().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    };
    let mut operator = false;
    for (i, b) in rest.iter().enumerate() {
        match b {
            b'=' | b':' | b',' | b'>' => operator = true,
            b'"' | b'\'' | b'`' if operator => return !code || literal(i),
            b'"' | b'\'' | b'`' | b' ' | b'\t' | b'\\' | b']' | b'|' | b'?' | b'-' | b'_' | b'.' => {}
            b')' | b'(' | b';' | b'{' | b'[' | b'<' | b'$' | b'\n' | b'\r' => return false,
            _ if operator => return !code,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' if i < 24 => {}
            _ if *b >= 0x80 => {}
            _ => return false,
        }
    }
    false
}

/// The value that a name is assigned: its bytes and its token.
pub fn value_after(lexed: &Lexed, bytes: &[u8], name: usize) -> Option<(usize, usize, usize)> {
    let mut operator = false;
    let mut i = name;
    let named = lexed.tokens.get(name)?;
    for _ in 0..10 {
        i += 1;
        let t = lexed.tokens.get(i)?;
        match t.kind {
            Kind::Mark(b'=' | b':' | b'>') => operator = true,
            Kind::Mark(b',') if !operator => operator = true,
            Kind::Mark(b'|' | b'?' | b'!' | b'&' | b'-' | b'*' | b'\\') => {}
            Kind::Close(b']' | b'"') => {}
            // `"name": "API-PASSPHRASE", "value": "…"`: a name again.
            Kind::Text if operator && lexed.tokens.get(i + 1).is_some_and(|n| matches!(n.kind, Kind::Mark(b':'))) => {
                bytes.get(t.start as usize..t.end as usize).filter(|v| v.eq_ignore_ascii_case(b"value"))?;
                operator = false;
            }
            Kind::Text if operator => return Some((t.start as usize, t.end as usize, i)),
            Kind::Word if operator => {
                // A type, a wrapper, a call: the text behind it.
                let next = lexed.tokens.get(i + 1);
                if next.is_some_and(|n| matches!(n.kind, Kind::Open(b'(') | Kind::Mark(b'=' | b'.')))
                    || bytes.get(t.end as usize) == Some(&b'(')
                {
                    operator = next.is_some_and(|n| n.kind == Kind::Mark(b'='));
                    if !operator && !next.is_some_and(|n| n.kind == Kind::Open(b'(')) {
                        return None;
                    }
                    continue;
                }
                return Some(plain_value(lexed, bytes, i));
            }
            Kind::Open(b'(') if operator || t.start == named.end => operator = true,
            Kind::Word if t.line == named.line && i - name <= 1 => {}
            _ => return None,
        }
    }
    None
}

/// An unquoted value: to the end of its line or of its entry.
fn plain_value(lexed: &Lexed, bytes: &[u8], token: usize) -> (usize, usize, usize) {
    let Some(t) = lexed.tokens.get(token) else { return (0, 0, token) };
    let flow = lexed.frame(t.frame).is_some_and(|f| matches!(f.bracket, b'{' | b'[' | b'('));
    let start = t.start as usize;
    let rest = bytes.get(start..(start + 200).min(bytes.len())).unwrap_or(&[]);
    let mut end = rest
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r' | 0 | b'"' | b'\'' | b'<') || (flow && matches!(b, b',' | b'}' | b']' | b')')))
        .unwrap_or(rest.len());
    let text = rest.get(..end).unwrap_or(&[]);
    // A comment behind it.
    for mark in [&b" #"[..], b"\t#", b" //", b" ;", b" --", b"&"] {
        if let Some(i) = memmem::find(text, mark) {
            end = end.min(i);
        }
    }
    while end > 0 && rest.get(end - 1).is_some_and(|b| matches!(b, b' ' | b'\t' | b';' | b',' | b'\\')) {
        end -= 1;
    }
    (start, start + end, token)
}

/// The values that a run belongs to: the whole text it stands in where that is one value, with what is joined to it; else
/// the run, or the pieces of a path.
pub fn values_at(lexed: &Lexed, bytes: &[u8], token: usize, run: Run, code: bool) -> Vec<(usize, usize, Value, usize)> {
    let Some(t) = lexed.tokens.get(token) else { return Vec::new() };
    let (start, end) = (t.start as usize, t.end as usize);
    let whole = bytes.get(start..end).unwrap_or(&[]);
    let printable = |v: &[u8]| v.iter().all(u8::is_ascii_graphic);
    if t.kind == Kind::Text && printable(whole) && whole.len() <= 4096 {
        let joined = join(lexed, bytes, token, code);
        if let Some(joined) = joined {
            return vec![joined];
        }
        return vec![(start, end, unescape(whole), token)];
    }
    if t.kind == Kind::Text {
        // Spaces around it, or words: the run alone.
        return vec![(run.start, run.end, unescape(bytes.get(run.start..run.end).unwrap_or(&[])), token)];
    }
    let (mut from, mut to) = (start, end);
    while from < to && bytes.get(from).is_some_and(|b| matches!(b, b'-' | b'.' | b'/' | b'~')) && from < run.start + 2 {
        // A default behind `:-`, a sign; not what begins a value.
        let lead = from.checked_sub(1).and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
        if bytes.get(from) == Some(&b'/') || (bytes.get(from) == Some(&b'-') && matches!(lead, b'=' | b' ') && from + 1 >= run.start) {
            break;
        }
        from += 1;
    }
    while to > from && bytes.get(to - 1).is_some_and(|b| matches!(b, b'.' | b'-' | b',')) {
        to -= 1;
    }
    // A token of digits, a colon and a word is one value: `123456789:AA…`.
    if bytes.get(from.wrapping_sub(1)) == Some(&b':') && to - from >= 35 && (to - from == 35 || bytes.get(from + 35) == Some(&b'/')) {
        to = from + 35;
        let digits = bytes.get(from.saturating_sub(14)..from - 1).unwrap_or(&[]).iter().rev().take_while(|b| b.is_ascii_digit()).count();
        if (8..=10).contains(&digits) {
            let begin = from - 1 - digits;
            return vec![(begin, to, unescape(bytes.get(begin..to).unwrap_or(&[])), token.saturating_sub(2))];
        }
    }
    for prefix in [&b"ed25519:"[..], b"ed25519-priv-"] {
        if from >= prefix.len() && bytes.get(from - prefix.len()..from) == Some(prefix) {
            let begin = from - prefix.len();
            return vec![(begin, to, unescape(bytes.get(begin..to).unwrap_or(&[])), token.saturating_sub(2))];
        }
    }
    let word = bytes.get(from..to).unwrap_or(&[]);
    // What is called is no value.
    if bytes.get(end) == Some(&b'(') {
        return Vec::new();
    }
    let mut out = vec![(from, to, unescape(word), token)];
    let before = token.checked_sub(1).and_then(|p| lexed.tokens.get(p));
    let located = word.contains(&b'.') || word.starts_with(b"/") || before.is_some_and(|t| t.kind == Kind::Mark(b'/'));
    if word.contains(&b'/') && located {
        let mut at = from;
        for piece in word.split(|b| *b == b'/') {
            if piece.len() >= 16 && runs::is_random(piece) {
                out.push((at, at + piece.len(), unescape(piece), token));
            }
            at += piece.len() + 1;
        }
    }
    out
}

/// A value that is written in several texts, side by side or joined by an operator.
fn join(lexed: &Lexed, bytes: &[u8], token: usize, code: bool) -> Option<(usize, usize, Value, usize)> {
    let is_piece = |i: usize| {
        lexed.tokens.get(i).filter(|t| {
            t.kind == Kind::Text
                && t.end > t.start
                && bytes
                    .get(t.start as usize..t.end as usize)
                    .is_some_and(|v| v.iter().all(|b| b.is_ascii_graphic() && !matches!(b, b':' | b'{' | b'}' | b',' | b'(' | b')')))
        })
    };
    let frame = lexed.tokens.get(token)?.frame;
    let step = |from: usize, forward: bool| -> Option<usize> {
        let mut i = from;
        let mut glue = false;
        for _ in 0..4 {
            i = if forward { i + 1 } else { i.checked_sub(1)? };
            let t = lexed.tokens.get(i)?;
            match t.kind {
                Kind::Mark(b'+' | b'\\' | b'&') => glue = true,
                Kind::Word if t.end - t.start == 1 && matches!(bytes.get(t.start as usize), Some(b'.' | b'+')) => glue = true,
                Kind::Word if matches!(bytes.get(t.start as usize..t.end as usize), Some(b".." | b"<>")) => glue = true,
                Kind::Break => {}
                Kind::Text if t.frame == frame => {
                    let adjacent = lexed.frame(frame).is_some_and(|f| f.bracket == b'(')
                        || code && lexed.tokens.get(from).is_some_and(|f| f.line == t.line);
                    return (glue || adjacent).then_some(i);
                }
                _ => return None,
            }
        }
        None
    };
    let mut pieces = vec![token];
    while let Some(next) = pieces.last().and_then(|p| step(*p, true)).filter(|n| is_piece(*n).is_some()) {
        pieces.push(next);
        if pieces.len() > 64 {
            break;
        }
    }
    while let Some(before) = pieces.first().and_then(|p| step(*p, false)).filter(|n| is_piece(*n).is_some()) {
        pieces.insert(0, before);
        if pieces.len() > 64 {
            break;
        }
    }
    if pieces.len() < 2 {
        return None;
    }
    let first = *pieces.first()?;
    let mut value = Vec::new();
    for piece in &pieces {
        let t = lexed.tokens.get(*piece)?;
        value.extend_from_slice(unescape(bytes.get(t.start as usize..t.end as usize)?).bytes());
    }
    let last = lexed.tokens.get(*pieces.last()?)?;
    Some((lexed.tokens.get(first)?.start as usize, last.end as usize, Value::new(value), first))
}
