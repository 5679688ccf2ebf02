//! `keylint explain FILE:LINE`: what of a line looks like a credential, and why it was or was not taken. Values are told by
//! their form, never by a character.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::base::Base;
use crate::discover::{Opened, open, shown};
use crate::model::SecretPart;
use crate::plan::load_shapes;
use crate::scan::Guard;
use crate::secrets::Detector;
use crate::secrets::judge::Candidate;
use crate::secrets::names::words;
use crate::secrets::refuse::is_spelled;
use crate::secrets::value::Value;
use crate::text::{Text, Texts, clean, quotable};

/// Splits `FILE:LINE`; nothing where it is none.
pub fn place(text: &str) -> Option<(PathBuf, u32)> {
    let (path, line) = text.rsplit_once(':')?;
    let line = line.parse().ok().filter(|n| *n > 0)?;
    (!path.is_empty()).then(|| (PathBuf::from(path), line))
}

/// Explains a line.
///
/// # Errors
/// Where output cannot be written.
pub fn run(path: &Path, line: u32, rules: Option<PathBuf>, out: &mut dyn Write) -> io::Result<u8> {
    let working = std::env::current_dir()?;
    let name = shown(&working.join(path), &working);
    let bytes = match open(&working.join(path), true, |_| true) {
        Opened::Bytes(bytes) => bytes,
        Opened::NotRead(why) => {
            writeln!(io::stderr(), "keylint: {} cannot be read: {why}", clean(&name))?;
            return Ok(2);
        }
        Opened::Other => return Ok(2),
    };
    let plan = super::rules::plan_of(rules)?;
    let mut problems = Vec::new();
    let mut texts = Texts::default();
    let shapes = load_shapes(&plan, &Base::Disk, &mut texts, &mut problems);
    if !problems.is_empty() {
        super::tell(&problems, &texts.into_shown())?;
        return Ok(2);
    }
    let detector = Detector::new(shapes);
    // Bytes that are no text become marks of the same length, so that places stay.
    let (text, _) = Text::decode(name.clone(), bytes);
    let content = text.content();
    let Some((from, to)) = range(content, line) else {
        writeln!(io::stderr(), "keylint: {} has no line {line}", clean(&name))?;
        return Ok(2);
    };
    let scan = detector.scan(content.as_bytes(), &name, true);
    let on_line = |start: usize, end: usize| start < to && end > from;
    let column = |start: usize| content.get(from..start.max(from)).map_or(1, |t| t.chars().count() + 1);
    let mut lines: Vec<(usize, String)> = Vec::new();
    for group in &scan.groups {
        let venue =
            group.venue.and_then(|v| detector.catalogue().venue(v)).map_or("an exchange that nothing near it names", |v| v.title.as_str());
        let secret = group.parts.iter().any(|p| p.part != Some(SecretPart::Key));
        let rule = if secret { "secret-in-plaintext" } else { "key-id-in-plaintext" };
        for part in group.parts.iter().filter(|p| on_line(p.start, p.end)) {
            let said = taken(part, venue, group.confidence.id(), group.parts.len(), group.test, rule);
            lines.push((part.start, format!("{}\n{said}", head(&name, line, column(part.start), part.value.bytes(), &part.name))));
        }
    }
    for no in scan.refused.iter().filter(|r| on_line(r.start, r.end)) {
        let value = content.as_bytes().get(no.start..no.end).unwrap_or(&[]);
        lines
            .push((no.start, format!("{}\n  dropped        {}\n", head(&name, line, column(no.start), value, &no.name), no.why.because())));
    }
    lines.sort();
    lines.dedup();
    if lines.is_empty() {
        writeln!(out, "{}:{line}: nothing on this line has the look of a value", clean(&name))?;
    }
    // Names are words of the file, and a value may stand among them.
    let taken = scan.groups.iter().flat_map(|g| &g.parts).map(|p| Value::new(p.value.bytes().to_vec()));
    let refused = scan.refused.iter().filter_map(|r| content.as_bytes().get(r.start..r.end)).map(|b| Value::new(b.to_vec()));
    let drawn = refused.filter(|v| std::str::from_utf8(v.bytes()).is_ok_and(|t| !is_spelled(t)));
    let values: Vec<Value> = taken.chain(drawn).collect();
    let mut bytes: Vec<u8> = lines.into_iter().flat_map(|(_, text)| text.into_bytes()).collect();
    Guard::of(values.iter()).clean(&mut bytes);
    out.write_all(&bytes)?;
    Ok(0)
}

fn head(path: &str, line: u32, column: usize, value: &[u8], name: &str) -> String {
    let said = match quotable(name) {
        _ if name.is_empty() => "none".to_owned(),
        // What may be a value itself is described, not quoted.
        quoted if quoted.starts_with('`') => format!("{quoted} ({})", clean(&words(name).join(" "))),
        quoted => quoted.into_owned(),
    };
    format!("{}:{line}:{column}: {}\n  name           {said}", clean(path), form(value))
}

fn taken(part: &Candidate, venue: &str, confidence: &str, parts: usize, test: bool, rule: &str) -> String {
    let beside = if parts > 1 { format!(", one of {parts} parts") } else { String::new() };
    let tests = if test { ", for tests" } else { "" };
    let title = part.part.map_or("value", SecretPart::title);
    let mut out = format!("  taken          as the {title} of {}{beside}{tests}, by {rule}\n  confidence     {confidence}\n", clean(venue));
    for (n, reason) in part.reasons.iter().enumerate() {
        out.push_str(&format!("  {}{}\n", if n == 0 { "because        " } else { "               " }, clean(reason)));
    }
    out
}

/// The form of a value in words: its length and its alphabet.
fn form(value: &[u8]) -> String {
    let n = value.len();
    let all = |test: fn(&u8) -> bool| value.iter().all(test);
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    let alphabet = if all(u8::is_ascii_digit) {
        "digits"
    } else if all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()) {
        "small hexadecimal digits"
    } else if all(|b| b.is_ascii_hexdigit() && !b.is_ascii_lowercase()) {
        "capital hexadecimal digits"
    } else if n == 36 && memchr::memchr_iter(b'-', value).count() == 4 && all(|b| b.is_ascii_hexdigit() || *b == b'-') {
        "characters, a UUID"
    } else if all(u8::is_ascii_alphanumeric) {
        "letters and digits"
    } else if all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
        "characters of base64"
    } else if all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        "characters of base64 for URLs"
    } else if has(u8::is_ascii_whitespace) {
        "characters of text"
    } else {
        "characters"
    };
    format!("{n} {alphabet}")
}

/// The bytes of a line, counted from 1.
fn range(content: &str, line: u32) -> Option<(usize, usize)> {
    let mut from = 0;
    for (n, text) in content.split_inclusive('\n').enumerate() {
        if n + 1 == line as usize {
            return Some((from, from + text.len()));
        }
        from += text.len();
    }
    None
}
