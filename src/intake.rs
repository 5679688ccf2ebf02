//! From texts to evidence: each document of a text is read by the exchange that claims it, and what nobody claims is
//! named, with what came near.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::document::{self, Broken, Kind, Node};
use crate::exchanges::{self, Nearest, PageOf, Reading};
use crate::inventory::Evidence;
use crate::model::Exchange;
use crate::problem::Problem;
use crate::text::{Span, Text, TextId, Words};

/// How much is expected of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The user named it: it is an export, or that is a problem.
    Export,
    /// It stands where exports stand: what comes near one is a problem.
    Perhaps,
    /// It lies in a repository, which is full of recorded answers: only enveloped ones are audited.
    OnlyEnveloped,
}

/// What came of a text.
pub struct Taken {
    /// What its exports state.
    pub evidence: Evidence,
    /// What was not understood.
    pub problems: Vec<Problem>,
    /// Its answers that come in pages.
    pub pages: Vec<PageOf>,
    /// Ranges that no report may show.
    pub hide: Vec<(u32, u32)>,
    /// Whether no report may show any of it.
    pub hide_all: bool,
    /// How many exports were read.
    pub exports: usize,
    /// Whether it looks like an export and was not audited, because it lies in a repository and has no envelope.
    pub looks_like_export: bool,
    /// Whether it is a document that no exchange claims.
    pub unknown: bool,
    /// Whether it has most of what an export has.
    pub near_miss: bool,
}

/// Reads a text. `path` is its name relative to the folder of the declaration.
pub fn take(id: TextId, text: &Text, path: String, asked: Option<Exchange>, expected: Expected) -> Taken {
    let mut taken = Taken {
        evidence: Evidence { text: id, path, keys: Vec::new(), accounts: Vec::new(), addresses: Vec::new() },
        problems: Vec::new(),
        pages: Vec::new(),
        hide: Vec::new(),
        hide_all: false,
        exports: 0,
        looks_like_export: false,
        unknown: false,
        near_miss: false,
    };
    let documents = document::documents(id, text.content());
    for node in &documents.nodes {
        for reading in exchanges::read(node, asked) {
            taken.add(reading, expected);
        }
    }
    if taken.exports == 0 && expected == Expected::OnlyEnveloped {
        taken.unknown = true;
        return taken;
    }
    hide_comments(&mut taken, &documents.nodes, text);
    let head = text.content().as_bytes();
    let head = head.get(..4096).unwrap_or(head);
    let silent = taken.exports == 0 && taken.problems.is_empty() && documents.broken.is_empty() && expected == Expected::Perhaps;
    // A file that calls itself JSON and is one long word, such as a page that says that the server is down.
    let word = documents.nodes.iter().all(|n| n.scalar().is_some());
    let no_json = word && [".json", ".jsonl", ".ndjson"].iter().any(|e| text.path().to_ascii_lowercase().ends_with(e));
    if silent && (no_json || speaks_like_export(head)) {
        // Read as YAML it may be one long word; its words are those of an export all the same.
        taken.hide_all = true;
        taken.problems.push(unknown_problem(None, Span::new(id, 0, 1)));
    }
    for broken in documents.broken {
        taken.hide_all = true;
        taken.problems.push(broken_problem(broken));
    }
    taken
}

/// Hides the comments of an export: they can hold anything.
fn hide_comments(taken: &mut Taken, nodes: &[Node<'_>], text: &Text) {
    if taken.exports == 0 || !text.content().contains('#') {
        return;
    }
    let mut scalars: Vec<(u32, u32)> = Vec::new();
    let mut visit: Vec<&Node<'_>> = nodes.iter().collect();
    while let Some(node) = visit.pop() {
        match &node.kind {
            Kind::Scalar { .. } => scalars.push((node.span.start, node.span.end)),
            Kind::Sequence(items) => visit.extend(items),
            Kind::Mapping(entries) => visit.extend(entries.iter().flat_map(|e| [&e.key, &e.value])),
        }
    }
    scalars.sort_unstable();
    let mut start = 0usize;
    for line in text.content().split_inclusive('\n') {
        let end = (start + line.trim_end().len()) as u32;
        for (i, _) in line.match_indices('#') {
            let at = (start + i) as u32;
            let next = scalars.partition_point(|(from, _)| *from <= at);
            let inside = next.checked_sub(1).and_then(|n| scalars.get(n)).is_some_and(|(_, to)| at < *to);
            if !inside {
                taken.hide.push((at + 1, end));
                break;
            }
        }
        start += line.len();
    }
}

/// Whether bytes could be the beginning of a document: JSON, or YAML by the name of its file.
pub fn looks_like_document(bytes: &[u8], yaml: bool) -> bool {
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = rest.iter().find(|b| !b.is_ascii_whitespace());
    yaml || utf16 || matches!(first, Some(b'{' | b'['))
}

/// Whether a document holds what an export must hold: two of the fields by which the reader of one payload tells it, or
/// the words of an envelope. A first look at files that nobody named; it reads no structure.
pub fn may_be_export(bytes: &[u8]) -> bool {
    let (words, payloads) = &*NAMES;
    let mut seen: Vec<usize> = vec![0; payloads.len()];
    let mut known: HashSet<usize> = HashSet::new();
    for hit in words.all(bytes) {
        let pattern = hit.word;
        let edge = |at: Option<usize>| at.and_then(|i| bytes.get(i)).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_');
        if !edge(hit.start.checked_sub(1)) || !edge(Some(hit.end)) || known.contains(&pattern) {
            continue;
        }
        known.insert(pattern);
        for (count, names) in seen.iter_mut().zip(payloads) {
            *count += usize::from(names.contains(&pattern));
            if !names.is_empty() && *count * 10 >= names.len() * 6 {
                return true;
            }
        }
    }
    false
}

/// The fields by which readers tell their payloads, and which belong to which.
static NAMES: LazyLock<(Words, Vec<Vec<usize>>)> = LazyLock::new(names_of_payloads);

fn names_of_payloads() -> (Words, Vec<Vec<usize>>) {
    let mut names: Vec<&str> = vec!["exchange", "response"];
    let mut payloads: Vec<Vec<usize>> = vec![vec![0, 1]];
    for shape in exchanges::WORDS_OF_SHAPES.iter().copied().flatten() {
        payloads.push((names.len()..names.len() + shape.len()).collect());
        names.extend(*shape);
    }
    for payload in exchanges::READERS.iter().flat_map(|r| r.payloads) {
        let Some((decides, _)) = payload.by.fields() else { continue };
        let mut ids = Vec::new();
        for name in decides {
            let at = names.iter().position(|n| n == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            ids.push(at);
        }
        payloads.push(ids);
    }
    (Words::new(&names, false), payloads)
}

/// Whether the first words of a file are names that only exports have: three of the fields by which readers tell their
/// payloads. Such a file was probably meant as one, whatever stands before them.
pub fn speaks_like_export(head: &[u8]) -> bool {
    let mut seen: HashSet<usize> = HashSet::new();
    NAMES.0.all(head).any(|hit| hit.end - hit.start >= 6 && hit.word > 1 && seen.insert(hit.word) && seen.len() >= 3)
}

fn broken_problem(broken: Broken) -> Problem {
    let mut problem = Problem::incomplete("broken-document", broken.span, format!("the document cannot be read: {}", broken.what));
    problem.help = broken.help.map(str::to_owned);
    problem.related.extend(broken.related.map(|(span, note)| (span, note.to_owned())));
    problem
}

impl Taken {
    fn add(&mut self, reading: Reading, expected: Expected) {
        match reading {
            Reading::Export(export) => {
                if expected == Expected::OnlyEnveloped && !export.enveloped {
                    self.looks_like_export = true;
                    return;
                }
                let export = *export;
                self.exports += 1;
                self.evidence.keys.extend(export.harvest.keys.into_iter().map(Box::new));
                self.evidence.accounts.extend(export.harvest.accounts);
                self.evidence.addresses.extend(export.harvest.addresses);
                self.problems.extend(export.harvest.problems);
                self.pages.extend(export.page);
                self.hide.extend(export.hide);
            }
            // In a repository, recorded answers are nobody's exports, whatever they say.
            Reading::ErrorAnswer { .. } | Reading::Contested { .. } if expected == Expected::OnlyEnveloped => self.unknown = true,
            Reading::ErrorAnswer { exchange, says, span } => {
                self.hide_all = true;
                let whose = exchange.map_or_else(|| "an exchange".to_owned(), |e| e.title().to_owned());
                let problem =
                    Problem::incomplete("error-answer", start(span), format!("this is an error answer of {whose}, not an export: {says}"));
                self.problems.push(problem.help("mend the request and export it again"));
            }
            Reading::Contested { by, span } => {
                self.hide_all = true;
                let names: Vec<_> = by.iter().map(|e| e.id()).collect();
                let first = names.first().copied().unwrap_or("NAME");
                let problem = Problem::incomplete(
                    "contested-export",
                    start(span),
                    format!("this could be an export of {}: their answers have one form", names.join(" or ")),
                );
                self.problems.push(
                    problem.help(format!(
                        "say which: --exchange {first}, or wrap it: {{ \"exchange\": \"{first}\", \"response\": \u{2026} }}"
                    )),
                );
            }
            Reading::Undocumented { enveloped: false, .. } if expected != Expected::Export => self.unknown = true,
            Reading::Undocumented { exchange, span, .. } => {
                self.unknown = true;
                self.near_miss = true;
                self.hide_all = true;
                let title = exchange.title();
                let problem = Problem::incomplete(
                    "undocumented-export",
                    start(span),
                    format!("{title} documents no answer about its keys, accounts or addresses: this was not read"),
                );
                self.problems.push(problem.help("name its keys in the declaration, with their account, task and system"));
            }
            Reading::Unknown { nearest, problems, enveloped, span } => {
                self.unknown = true;
                self.hide_all = true;
                let close = nearest.as_ref().is_some_and(|n| n.close);
                self.near_miss |= close || enveloped;
                let meant = enveloped || expected == Expected::Export || (expected == Expected::Perhaps && close);
                if meant {
                    self.problems.push(unknown_problem(nearest, span));
                    self.problems.extend(problems);
                }
            }
        }
    }
}

/// A document that no exchange claims, with what it comes nearest to and what that has.
fn unknown_problem(nearest: Option<Nearest>, span: Span) -> Problem {
    let message = "this is not an export of an exchange that keylint knows";
    match nearest {
        Some(near) => {
            let fields: Vec<_> = near.missing.iter().map(|f| format!("`{f}`")).collect();
            let has = if fields.is_empty() { String::new() } else { format!(", which has {}", fields.join(", ")) };
            let message = format!("{message}; nearest is {} ({}){has}", near.exchange.id(), near.endpoint);
            Problem::incomplete("unknown-document", start(span), message).help("save the exchange's answer as it is, whole")
        }
        None => Problem::incomplete("unknown-document", start(span), message)
            .help("name the answer of an exchange about its API keys; `keylint schema envelope` has the form to wrap one in"),
    }
}

/// The first character of a place: a whole document is no place to look at.
fn start(span: Span) -> Span {
    Span::new(span.text, span.start, span.start.saturating_add(1).min(span.end))
}

/// Whether a tree is a declaration: it has `version` and a section that only a declaration has.
pub fn is_declaration(node: &Node<'_>) -> bool {
    node.get("version").is_some() && ["systems", "third-parties", "accounts", "keys", "policy"].iter().any(|s| node.get(s).is_some())
}
