//! A text → the credentials in it. Two linear passes find where anything could be; only there the text is lexed, and only
//! what stands there is judged.

use std::sync::{Arc, OnceLock};

use aho_corasick::packed::{self, Searcher};
use memchr::memmem;

use super::catalogue::Catalogue;
use super::context::{Around, How, Named, around};
use super::group::{Group, group};
use super::judge::{Candidate, Refused, Scene};
use super::lex::{Kind, Lexed, lex};
use super::mentions::Mentioner;
use super::refuse::Refusal;
use super::runs::{self, Run};
use super::unescape::unescape;
use super::value::Value;
use super::{arrays, columns, encoded, pem, phrase};
use crate::model::SecretPart;

/// Finds credentials. One for a run; it holds tables, no state.
pub struct Detector {
    catalogue: Arc<Catalogue>,
    mentioner: OnceLock<Mentioner>,
    /// Words of names whose value may be any text.
    words: Option<Searcher>,
}

/// What a text came to.
#[derive(Default)]
pub struct Scan {
    /// What was found.
    pub groups: Vec<Group>,
    /// What looked like it and was not taken; only for who asks why.
    pub refused: Vec<Refused>,
    /// Values that documentation prints.
    pub published: usize,
}

/// Texts up to this size are looked at whole, whatever their words: files of keys have few.
const SMALL: usize = 4096;

/// Roots of names that say that a value is a credential, for a first look.
const ROOTS: &[&[u8]] = &[
    b"key", b"sec", b"pas", b"pri", b"tok", b"sk", b"pk", b"ak", b"auth", b"seed", b"nemo", b"phra", b"wall", b"memo", b"wif", b"cred",
    b"api", b"acce", b"prv", b"pvt", b"clave", b"chave", b"sign", b"jwt", b"code", b"deplo", b"account", b"value", b"sekret", b"kluch",
    b"geheim", b"from", b"client", b"login",
];

impl Detector {
    /// A detector with these shapes.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        let words = packed::Config::new()
            .builder()
            .extend([
                "assphrase",
                "ASSPHRASE",
                "assPhrase",
                "asswor",
                "ASSWOR",
                "assWor",
                "nemonic",
                "NEMONIC",
                "ecret",
                "ECRET",
                "eed_phrase",
                "eedPhrase",
                "EED_PHRASE",
                "RIVATE KEY-",
                "_token",
                "_TOKEN",
                "Token",
                "webhook_key",
                "PASS_PHRASE",
                "_memo",
                "\"memo\"",
                "_MEMO",
            ])
            .build();
        Self { catalogue, mentioner: OnceLock::new(), words }
    }
    /// The built-in one.
    pub fn built_in() -> Self {
        Self::new(Catalogue::built_in())
    }
    /// Whose credentials it knows.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }
    fn mentioner(&self) -> &Mentioner {
        self.mentioner.get_or_init(|| Mentioner::new(&self.catalogue))
    }

    /// Scans a text. `path` is the name of the file; `why` asks for what was not taken, too.
    pub fn scan(&self, bytes: &[u8], path: &str, why: bool) -> Scan {
        self.scan_at(bytes, path, why, 0)
    }

    pub(super) fn scan_at(&self, bytes: &[u8], path: &str, why: bool, depth: u8) -> Scan {
        let small = bytes.len() <= SMALL;
        let kind = columns::kind(path, bytes);
        let (mut runs, mut words): (Vec<Run>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut values = 0usize;
        runs::each(bytes, |run| {
            values += 1;
            if small || kind.is_some() || self.quick(bytes, run) {
                runs.push(run);
            }
        });
        if let Some(searcher) = &self.words {
            for hit in searcher.find_iter(bytes) {
                if names_a_value(bytes, hit.end()) {
                    words.push(hit.start());
                }
            }
        }
        let phrases = phrase::find(bytes);
        let keypairs = arrays::find(bytes);
        let mut scan = Scan::default();
        if runs.is_empty() && words.is_empty() && phrases.is_empty() && keypairs.is_empty() {
            return scan;
        }
        let lexed = lex(bytes);
        let mentioner = self.mentioner();
        let scene = Scene::new(&self.catalogue, mentioner, bytes, &lexed, path);
        let table = kind.and_then(|k| columns::Table::read(k, &scene));
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut refused: Vec<Refused> = Vec::new();
        let mut taken: Vec<(usize, usize)> = Vec::new();
        for block in pem::find(bytes) {
            taken.push((block.start, block.end));
            match pem::judge(&scene, block) {
                Ok(candidate) => candidates.push(candidate),
                Err(no) => refused.push(no),
            }
        }
        for (start, end) in phrases {
            taken.push((start, end));
            match phrase::judge(&scene, start, end) {
                Ok(candidate) => candidates.push(candidate),
                Err(no) => refused.push(no),
            }
        }
        for (start, end, value) in keypairs {
            taken.push((start, end));
            candidates.push(arrays::candidate(&scene, start, end, value));
        }
        let is_taken = |taken: &[(usize, usize)], a: usize, b: usize| taken.iter().any(|(s, e)| a < *e && *s < b);
        let mut seen: Vec<usize> = Vec::new();
        for run in &runs {
            if is_taken(&taken, run.start, run.end) {
                continue;
            }
            let Some(token) = lexed.token_at(run.start).or_else(|| lexed.token_at(run.end.saturating_sub(1))) else { continue };
            if seen.contains(&token) && seen.last() == Some(&token) {
                continue;
            }
            seen.push(token);
            for (start, end, value, first) in values_at(&lexed, bytes, token, *run) {
                if is_taken(&taken, start, end) {
                    continue;
                }
                let mut around = around(&lexed, bytes, first);
                if let Some(column) = table.as_ref().and_then(|t| t.column(&scene, start)) {
                    around.names.insert(0, Named { text: column.name, how: How::Assigned });
                    around.frame = 0;
                }
                encoded::inner(self, &scene, &value, start, end, path, why, depth, &around, &mut scan);
                if scan.groups.last().is_some_and(|g| g.parts.iter().any(|p| p.start == start)) {
                    taken.push((start, end));
                    continue;
                }
                let value = encoded::plain(&scene, value, &around, token);
                match scene.judge(start, end, value, first, &around) {
                    Ok(mut candidate) => {
                        taken.push((start, end));
                        if let Some(row) = table.as_ref().and_then(|t| t.row_venue(&scene, start)) {
                            columns::attribute(&scene, &mut candidate, row);
                        }
                        candidates.push(candidate);
                    }
                    Err(no) => refused.push(no),
                }
            }
        }
        for at in words {
            self.named(&scene, at, &table, &mut taken, &mut candidates, &mut refused);
        }
        scan.published += refused.iter().filter(|r| r.why == Refusal::Published).count();
        candidates.sort_by_key(|c| c.start);
        let before: Vec<(usize, usize, String)> =
            if why { candidates.iter().map(|c| (c.start, c.end, c.name.clone())).collect() } else { Vec::new() };
        scan.groups.extend(group(&scene, candidates));
        scan.groups.sort_by_key(|g| g.parts.first().map(|p| p.start));
        if why {
            let kept = |s: usize| scan.groups.iter().any(|g| g.parts.iter().any(|p| p.start == s));
            refused.extend(before.into_iter().filter(|(s, ..)| !kept(*s)).map(|(start, end, name)| Refused {
                start,
                end,
                why: Refusal::NoContext,
                name,
            }));
            refused.sort_by_key(|r| r.start);
            scan.refused = refused;
        }
        scan
    }

    /// Whether anything before a run could name it; a first look, a few dozen bytes.
    fn quick(&self, bytes: &[u8], run: Run) -> bool {
        let mut from = run.start.saturating_sub(96);
        let before = bytes.get(from..run.start).unwrap_or(&[]);
        // Not further than two lines back.
        let mut breaks = before.iter().enumerate().rev().filter(|(_, b)| **b == b'\n');
        breaks.next();
        breaks.next();
        if let Some((i, _)) = breaks.next() {
            from += i + 1;
        }
        let near = bytes.get(from..run.start).unwrap_or(&[]);
        let mut low = [0u8; 96];
        let mut n = 0;
        for (out, b) in low.iter_mut().zip(near) {
            *out = b.to_ascii_lowercase();
            n += 1;
            if *b >= 0x80 {
                return true;
            }
        }
        let low = low.get(..n).unwrap_or(&[]);
        if ROOTS.iter().any(|root| memmem::find(low, root).is_some()) {
            return true;
        }
        // A bare argument, a line of its own.
        let trimmed = near.iter().rev().find(|b| !matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`'));
        if matches!(trimmed, Some(b'(' | b','))
            && bytes.get(run.start.wrapping_sub(1)).is_some_and(|b| matches!(b, b'"' | b'\''))
            && run.end - run.start >= 16
        {
            return true;
        }
        let value = bytes.get(run.start..run.end).unwrap_or(&[]);
        self.catalogue.of_length(value.len()).any(|(_, f)| f.alone && f.shape.fits(value))
            || before.ends_with(b":") && before.iter().rev().skip(1).take(8).all(u8::is_ascii_digit)
            || before.ends_with(b"/bot")
            || value.len() > 40 && memmem::find(value, b"/").is_some() && before.ends_with(b"com")
    }

    /// A name whose value may be any text: a passphrase, a password, a short secret.
    fn named(
        &self,
        scene: &Scene<'_>,
        at: usize,
        table: &Option<columns::Table>,
        taken: &mut Vec<(usize, usize)>,
        candidates: &mut Vec<Candidate>,
        refused: &mut Vec<Refused>,
    ) {
        let lexed = scene.lexed;
        let Some(name) = lexed.token_at(at) else { return };
        let Some(value) = value_after(lexed, scene.bytes, name) else { return };
        let (start, end, token) = value;
        // Without quotes, in source code, it is an expression.
        let plain = lexed.tokens.get(token).is_some_and(|t| t.kind == Kind::Word);
        let within = lexed.tokens.get(token).and_then(|t| lexed.frame(t.frame)).map_or(0, |f| f.bracket);
        let yaml = scene.path.ends_with(".yaml") || scene.path.ends_with(".yml");
        if plain && (is_code(scene.path) || (matches!(within, b'(' | b'[' | b'{') && !yaml)) {
            return;
        }
        if taken.iter().any(|(s, e)| start < *e && *s < end) || end <= start {
            return;
        }
        let mut bytes = unescape(scene.bytes.get(start..end).unwrap_or(&[]));
        if bytes.len() > 200 {
            return;
        }
        let mut around: Around = around(lexed, scene.bytes, token);
        if around.names.is_empty() {
            around.names.push(Named { text: super::context::text_of(lexed, scene.bytes, name), how: How::Assigned });
        }
        if let Some(column) = table.as_ref().and_then(|t| t.column(scene, start)) {
            around.names.insert(0, Named { text: column.name, how: How::Assigned });
        }
        bytes = encoded::plain(scene, bytes, &around, token);
        match scene.judge(start, end, bytes, token, &around) {
            // Only what any text can be; values with a shape were found as such.
            Ok(candidate)
                if matches!(
                    candidate.part,
                    Some(SecretPart::Passphrase | SecretPart::Token | SecretPart::Secret | SecretPart::PrivateKey)
                ) =>
            {
                taken.push((start, end));
                candidates.push(candidate);
            }
            Ok(_) => {}
            Err(no) => refused.push(no),
        }
    }
}

/// Whether a file is source code, where a value without quotes is an expression.
fn is_code(path: &str) -> bool {
    const CODE: &[&str] = &[
        "py", "js", "ts", "jsx", "tsx", "mjs", "cjs", "go", "rs", "java", "kt", "kts", "cs", "rb", "php", "pl", "pm", "swift", "scala",
        "c", "cc", "cpp", "h", "hpp", "lua", "r", "ex", "exs", "hs", "clj", "vue", "svelte", "ipynb", "jl", "dart", "m", "mm", "sol", "vy",
        "fs", "vb", "bas", "ps1", "pyi", "d.ts", "rake", "gs", "groovy", "gradle", "erl", "ml", "nim", "zig", "mq4", "mq5", "pine",
    ];
    path.rsplit_once('.').is_some_and(|(_, e)| CODE.contains(&e.to_ascii_lowercase().as_str()))
}

/// Whether what follows a word of a name can be a literal value; a first look.
fn names_a_value(bytes: &[u8], after: usize) -> bool {
    let rest = bytes.get(after..(after + 48).min(bytes.len())).unwrap_or(&[]);
    let mut operator = false;
    for (i, b) in rest.iter().enumerate() {
        match b {
            b'=' | b':' | b',' | b'>' => operator = true,
            b'"' | b'\'' | b'`' if operator => return true,
            b'"' | b'\'' | b'`' | b' ' | b'\t' | b'\\' | b']' | b'|' | b'?' | b'-' | b'_' | b'.' => {}
            b')' | b'(' | b';' | b'{' | b'[' | b'<' | b'$' | b'\n' | b'\r' => return false,
            _ if operator => return true,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' if i < 24 => {}
            _ if *b >= 0x80 => {}
            _ => return false,
        }
    }
    false
}

/// The value that a name is assigned: its bytes and its token.
fn value_after(lexed: &Lexed, bytes: &[u8], name: usize) -> Option<(usize, usize, usize)> {
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
fn values_at(lexed: &Lexed, bytes: &[u8], token: usize, run: Run) -> Vec<(usize, usize, Value, usize)> {
    let Some(t) = lexed.tokens.get(token) else { return Vec::new() };
    let (start, end) = (t.start as usize, t.end as usize);
    let whole = bytes.get(start..end).unwrap_or(&[]);
    let printable = |v: &[u8]| v.iter().all(|b| b.is_ascii_graphic());
    if t.kind == Kind::Text && printable(whole) && whole.len() <= 4096 {
        let joined = join(lexed, bytes, token);
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
        if bytes.get(from) == Some(&b'/') {
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
fn join(lexed: &Lexed, bytes: &[u8], token: usize) -> Option<(usize, usize, Value, usize)> {
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
                    let adjacent =
                        lexed.frame(frame).is_some_and(|f| f.bracket == b'(') || lexed.tokens.get(from).is_some_and(|f| f.line == t.line);
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
