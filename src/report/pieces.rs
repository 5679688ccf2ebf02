//! What several documents for other programs have in common: what made them, whom something is about, places, problems, what
//! was read; and how a document is written.

use std::borrow::Cow;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::discover::Aside;
use crate::model::Exchange;
use crate::problem::{Problem, Weight};
use crate::run::Coverage;
use crate::text::{Shown, Span, clean, opens_command};

/// What made a document.
#[derive(Serialize, JsonSchema)]
pub struct Tool {
    /// `keylint`.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

/// Whom a finding is about.
#[derive(Serialize, JsonSchema)]
pub(super) struct SubjectOut<'a> {
    /// key, account, third-party, address, transfer, exchange or estate.
    kind: &'a str,
    /// The exchange.
    exchange: Option<&'a str>,
    /// The account.
    account: Option<&'a str>,
    /// The id; of a key its ends.
    id: Option<&'a str>,
    /// The name its owner gave it.
    label: Option<&'a str>,
}

/// A place.
#[derive(Serialize, JsonSchema)]
pub(super) struct PlaceOut<'a> {
    /// primary, part or related.
    role: &'static str,
    /// The file, with `/`, relative to the working folder where it lies in it.
    path: Cow<'a, str>,
    /// The commit; null in a working tree.
    commit: Option<String>,
    /// The member of an archive; null outside one.
    member: Option<String>,
    /// Where it begins.
    start: PositionOut,
    /// One past its end.
    end: PositionOut,
    /// What is to be seen there.
    label: Cow<'a, str>,
}

/// Lines and columns count from 1, columns in Unicode characters, offsets in bytes of the file.
#[derive(Serialize, JsonSchema)]
struct PositionOut {
    /// Line; null in a file that is no text.
    line: Option<u32>,
    /// Column; null in a file that is no text.
    column: Option<u32>,
    /// Offset.
    offset: u64,
}

/// Something that was not read or not understood.
#[derive(Serialize, JsonSchema)]
pub(super) struct ProblemOut<'a> {
    /// A stable word.
    code: &'static str,
    /// note, incomplete or fatal.
    weight: &'static str,
    /// What happened.
    message: String,
    /// Where.
    place: Option<PlaceOut<'a>>,
    /// Other places that belong to it.
    related: Vec<PlaceOut<'a>>,
    /// What to do.
    help: Option<String>,
}

/// What was read and what was not.
#[derive(Serialize, JsonSchema)]
pub(super) struct CoverageOut {
    /// Files of which the content was read.
    files: usize,
    /// Their bytes.
    bytes: u64,
    /// Exports among them.
    exports: usize,
    /// Keys that they state.
    keys: usize,
    /// Commits that were read.
    commits: usize,
    /// Left out by design.
    left_out: Vec<AsideOut>,
    /// In scope, and not read.
    not_read: Vec<AsideOut>,
}

/// A path with a reason.
#[derive(Serialize, JsonSchema)]
struct AsideOut {
    /// The path.
    path: String,
    /// The reason.
    reason: String,
}

impl<'a> SubjectOut<'a> {
    pub(super) fn new(name: &'a crate::finding::SubjectName) -> Self {
        Self {
            kind: name.kind,
            exchange: name.exchange.map(Exchange::id),
            account: name.account.as_deref(),
            id: name.id.as_deref(),
            label: name.label.as_deref(),
        }
    }
}

impl<'a> PlaceOut<'a> {
    pub(super) fn new(texts: &'a Shown, span: Span, role: &'static str, label: &'a str) -> Option<Self> {
        let text = texts.get(span.text)?;
        let position = |offset| {
            let at = text.position(offset);
            PositionOut { line: (at.line > 0).then_some(at.line), column: (at.column > 0).then_some(at.column), offset: at.offset }
        };
        Some(Self {
            role,
            path: clean(text.path()),
            commit: text.commit().map(str::to_owned),
            member: None,
            start: position(span.start),
            end: position(span.end),
            label: clean(label),
        })
    }
}

impl<'a> ProblemOut<'a> {
    pub(super) fn new(texts: &'a Shown, problem: &'a Problem) -> Self {
        Self {
            code: problem.code,
            weight: match problem.weight {
                Weight::Note => "note",
                Weight::Incomplete => "incomplete",
                Weight::Fatal => "fatal",
            },
            message: clean(&problem.message).into_owned(),
            place: problem.place.and_then(|span| PlaceOut::new(texts, span, "primary", "")),
            related: problem.related.iter().filter_map(|(span, note)| PlaceOut::new(texts, *span, "related", note)).collect(),
            help: problem.help.as_ref().map(|h| clean(h).into_owned()),
        }
    }
}

impl CoverageOut {
    pub(super) fn new(coverage: &Coverage) -> Self {
        let aside = |list: &[Aside]| {
            let out = list.iter().map(|a| AsideOut { path: clean(&a.path).into_owned(), reason: clean(&a.reason).into_owned() });
            out.collect::<Vec<_>>()
        };
        Self {
            files: coverage.files,
            bytes: coverage.bytes,
            exports: coverage.exports,
            keys: coverage.keys,
            commits: coverage.commits,
            left_out: aside(&coverage.left_out),
            not_read: aside(&coverage.not_read),
        }
    }
}

/// What makes every document.
pub(super) fn tool() -> Tool {
    Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
}

/// JSON in which no string holds a command of the machine that runs a job, see [`opens_command`]: the bracket is written as an
/// escape, which is the same string to whoever reads it. Outside strings JSON has no `#`.
pub(super) fn harmless(bytes: Vec<u8>) -> Vec<u8> {
    let Some(first) = memchr::memmem::find(&bytes, b"##") else { return bytes };
    let Ok(text) = std::str::from_utf8(&bytes) else { return bytes };
    let (before, rest) = text.split_at_checked(first).unwrap_or(("", text));
    let mut out = String::with_capacity(text.len() + 64);
    out.push_str(before);
    for c in rest.chars() {
        if c == '[' && opens_command(&out) { out.push_str("\\u005b") } else { out.push(c) }
    }
    out.into_bytes()
}

/// Writes a document as one line. It is made as a whole first: many small writes cost more than the memory.
pub(super) fn document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut bytes = harmless(serde_json::to_vec(value).map_err(io::Error::from)?);
    bytes.push(b'\n');
    out.write_all(&bytes)
}
