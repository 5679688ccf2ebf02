//! Words and places as the formats of other programs may take them.
//!
//! Whatever comes from a file (its name, a label, a message that quotes one) goes through here before a format escapes it
//! in its own way: control characters are written out, and values that were found are starred out *before* the escaping,
//! because the guard that cleans whole reports knows no format's escapes.

use std::collections::BTreeSet;

use crate::discover::Aside;
use crate::finding::{Confidence, Finding};
use crate::problem::Problem;
use crate::rules::Rule;
use crate::run::Outcome;
use crate::scan::Guard;
use crate::text::{Span, clean};

/// How `discover` calls standard input.
const STANDARD_INPUT: &str = "<stdin>";

/// Where a place lies, seen from the working folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lies {
    /// In it.
    Inside,
    /// Elsewhere in the file system.
    Outside,
    /// In no file: standard input.
    Nowhere,
}

/// A place, ready to be escaped.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// The path as every report shows it.
    pub path: String,
    /// The path as a relative URI, see [`uri`].
    pub uri: String,
    /// Where it lies.
    pub lies: Lies,
    /// Line and column of its first character and of the one behind its last, from 1; nothing in a file that is no text.
    pub lines: Option<((u32, u32), (u32, u32))>,
    /// First byte and length in bytes of the file.
    pub bytes: (u64, u64),
    /// The commit in which it stands; nothing in a working tree.
    pub commit: Option<String>,
}

impl Spot {
    /// The line it begins on; the first where there are no lines, because most formats want a number.
    pub fn line(&self) -> u32 {
        self.lines.map_or(1, |((line, _), _)| line)
    }
    /// `path:line:column`, or the path and an offset where there are no lines.
    pub fn sentence(&self) -> String {
        let at = match self.lines {
            Some(((line, column), _)) => format!("{}:{line}:{column}", self.path),
            None => format!("{} at byte {}", self.path, self.bytes.0),
        };
        match &self.commit {
            Some(commit) => format!("{at} in commit {commit}"),
            None => at,
        }
    }
}

/// A rule that had no answer for something.
pub(super) struct Open<'a> {
    /// Its place in the rule book.
    pub at: usize,
    /// Its id.
    pub rule: &'a str,
    /// How often, and which facts were missing.
    pub missing: String,
    /// What would state them, as the end of a sentence; empty where nothing would.
    pub by: String,
}

/// Sources of an answer that are named; the document for programs has them all.
const NAMED: usize = 3;

/// The door through which words come into a report.
pub(super) struct Outside<'a> {
    outcome: &'a Outcome,
}

impl<'a> Outside<'a> {
    pub fn new(outcome: &'a Outcome) -> Self {
        Self { outcome }
    }
    /// Text without control characters and without values that were found.
    pub fn words(&self, text: &str) -> String {
        self.starred(&clean(text))
    }
    /// Text with values that were found starred out.
    fn starred(&self, text: &str) -> String {
        starred(&self.outcome.guard, text)
    }
    /// A place.
    pub fn spot(&self, span: Span) -> Option<Spot> {
        let text = self.outcome.texts.get(span.text)?;
        let (start, end) = (text.position(span.start), text.position(span.end.max(span.start)));
        let lies = lies(text.path());
        Some(Spot {
            path: self.words(text.path()),
            uri: uri(&self.starred(text.path()), lies),
            lies,
            lines: (start.line > 0).then_some(((start.line, start.column), (end.line, end.column))),
            bytes: (start.offset, end.offset.saturating_sub(start.offset)),
            commit: text.commit().map(str::to_owned),
        })
    }
    /// The place that a finding is about. One that has none is about what the declaration says, or should say.
    pub fn first(&self, finding: &Finding) -> Spot {
        finding.places.first().and_then(|p| self.spot(p.span)).unwrap_or_else(|| self.declaration())
    }
    /// The beginning of the declaration, where there is one or not.
    pub fn declaration(&self) -> Spot {
        let path = self.outcome.config.as_deref().unwrap_or("keylint.yaml");
        let lies = lies(path);
        let lines = Some(((1, 1), (1, 1)));
        Spot { path: self.words(path), uri: uri(&self.starred(path), lies), lies, lines, bytes: (0, 0), commit: None }
    }
    /// A finding's rule.
    pub fn rule(&self, finding: &Finding) -> Option<&'a Rule> {
        self.outcome.book.rules.get(finding.rule)
    }
    /// The id of a finding's rule.
    pub fn rule_id(&self, finding: &Finding) -> &'a str {
        self.rule(finding).map_or("?", |r| r.id.as_str())
    }
    /// The rules that had no answer: their ids, how often and what was missing, and what would state it.
    pub fn not_assessed(&self) -> impl Iterator<Item = Open<'a>> {
        let known = |rule: usize| self.outcome.book.rules.get(rule).map(|r| (rule, r.id.as_str()));
        self.outcome.verdicts.not_assessed.iter().filter_map(move |entry| {
            let (at, rule) = known(entry.rule)?;
            let missing: Vec<&str> = entry.missing.iter().map(|f| f.id()).collect();
            let times = if entry.subjects == 1 { "once".to_owned() } else { format!("{} times", entry.subjects) };
            let more = match entry.answered_by.len().saturating_sub(NAMED) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let by: Vec<&str> = entry.answered_by.iter().take(NAMED).map(String::as_str).collect();
            let by = if by.is_empty() { String::new() } else { format!("; answered by {}{more}", by.join(", ")) };
            Some(Open { at, rule, missing: format!("{times}: missing {}", missing.join(", ")), by: self.words(&by) })
        })
    }
    /// The findings that a report shows, worst first.
    pub fn shown(&self, show_suppressed: bool) -> impl Iterator<Item = &'a Finding> {
        self.outcome.verdicts.findings.iter().filter(move |f| show_suppressed || f.suppressed.is_none())
    }
    /// Whether a finding makes the run fail: it counts, is bad enough, and rests on more than documentation.
    pub fn fails(&self, finding: &Finding) -> bool {
        finding.suppressed.is_none() && finding.severity >= self.outcome.fail_on && finding.confidence != Confidence::Low
    }
    /// What was not read and of which no problem speaks.
    pub fn unread(&self) -> impl Iterator<Item = &'a Aside> {
        let problems = self.outcome.problems.iter();
        let told: BTreeSet<&str> = problems.filter_map(|p| Some(self.outcome.texts.path(p.place?.text))).collect();
        self.outcome.coverage.not_read.iter().filter(move |aside| !told.contains(aside.path.as_str()))
    }
    /// A problem's message with its advice.
    pub fn problem(&self, problem: &Problem) -> String {
        let help = problem.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        self.words(&format!("{}{help}", problem.message))
    }
    /// Why a finding does not count, in a sentence.
    pub fn suppressed(&self, finding: &Finding) -> Option<String> {
        let suppressed = finding.suppressed.as_ref()?;
        let until = suppressed.until.as_ref().map(|u| format!(" until {u}")).unwrap_or_default();
        Some(self.words(&format!("suppressed by {}{until}: {}", suppressed.by, suppressed.reason)))
    }
}

/// Text with values that were found starred out.
pub(super) fn starred(guard: &Guard, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    guard.clean(&mut bytes);
    // What was a part of a character is none any more.
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn lies(path: &str) -> Lies {
    match path {
        STANDARD_INPUT => Lies::Nowhere,
        path if path.starts_with('/') || path == ".." || path.starts_with("../") => Lies::Outside,
        _ => Lies::Inside,
    }
}

/// The path of a place as a relative URI (RFC 3986): every byte but the unreserved ones is percent-encoded, so that the URI
/// decodes to the very name of the file. Bytes that are no UTF-8, which paths write `\xff`, become that byte.
///
/// No URI is absolute and none climbs with `..`: a service that looks files up in a repository must not be led elsewhere.
/// What lies outside the working folder stands below `outside/`, and standard input is `stdin`; for both, formats add what
/// is meant.
pub(super) fn uri(path: &str, lies: Lies) -> String {
    let mut out = String::with_capacity(path.len() + 16);
    let mut rest = path;
    match lies {
        Lies::Nowhere => return "stdin".to_owned(),
        Lies::Inside => {}
        Lies::Outside => {
            out.push_str("outside/");
            if let Some(below) = rest.strip_prefix('/') {
                out.push_str("absolute/");
                rest = below;
            }
            while let Some(below) = rest.strip_prefix("..") {
                out.push_str("up/");
                rest = below.strip_prefix('/').unwrap_or(below);
            }
        }
    }
    let mut bytes = rest.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        let byte = if byte == b'\\' {
            // `\\` is one backslash, `\xff` one byte.
            match bytes.as_slice() {
                [b'x', high, low, ..] => match hex(*high).zip(hex(*low)) {
                    Some((high, low)) => {
                        bytes.nth(2);
                        high << 4 | low
                    }
                    None => byte,
                },
                [b'\\', ..] => {
                    bytes.next();
                    byte
                }
                _ => byte,
            }
        } else {
            byte
        };
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    if out.is_empty() { ".".to_owned() } else { out }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_relative_and_decode_to_the_name() {
        assert_eq!(uri("a/b.env", Lies::Inside), "a/b.env");
        assert_eq!(uri("a b/\u{e9}:x\n.env", Lies::Inside), "a%20b/%C3%A9%3Ax%0A.env");
        assert_eq!(uri("a\\xff\\\\xff", Lies::Inside), "a%FF%5Cxff");
        assert_eq!(uri("/etc/keys.env", Lies::Outside), "outside/absolute/etc/keys.env");
        assert_eq!(uri("../../k.env", Lies::Outside), "outside/up/up/k.env");
        assert_eq!(uri("<stdin>", Lies::Nowhere), "stdin");
    }
}
