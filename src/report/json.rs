//! The report for other programs: `keylint-report/1`. Fields may be added, never renamed; `null` means unknown.

use std::borrow::Cow;
use std::io::{self, Write};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::discover::Aside;
use crate::finding::{CarriedPart, Confidence, Finding, Role, Severity};
use crate::model::Exchange;
use crate::problem::{Problem, Weight};
use crate::run::{Coverage, Outcome};
use crate::text::{Shown, Span, clean, opens_command};

/// A report of `keylint check`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "keylint report", description = "The report of `keylint check --format json`.")]
pub struct Report<'a> {
    /// `keylint-report/1`.
    pub(super) schema: &'static str,
    /// What made it.
    pub(super) tool: Tool,
    /// The time of the check.
    pub(super) as_of: String,
    /// The declaration in use.
    pub(super) config: Option<String>,
    /// How it ended.
    pub(super) verdict: Verdict,
    /// The findings, worst first.
    findings: Vec<FindingOut<'a>>,
    /// What could not be assessed, by rule.
    pub(super) not_assessed: Vec<NotAssessedOut<'a>>,
    /// What was not read or not understood.
    pub(super) problems: Vec<ProblemOut<'a>>,
    /// What was read.
    pub(super) coverage: CoverageOut,
}

/// What made a document.
#[derive(Serialize, JsonSchema)]
pub struct Tool {
    /// `keylint`.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

/// How a check ended.
#[derive(Serialize, JsonSchema)]
pub(super) struct Verdict {
    /// 0 nothing at or above `fail_on`, 1 findings, 2 incomplete or not possible, 3 nothing to look at.
    exit_code: u8,
    /// Whether everything that was asked for was read.
    complete: bool,
    /// The severity from which it fails.
    fail_on: Severity,
    /// The worst finding that counts.
    highest: Option<Severity>,
    /// How many findings count, by severity.
    counts: Counts,
    /// How many findings do not count.
    suppressed: usize,
    /// How many checks were not possible.
    not_assessed: usize,
}

/// Numbers of findings by severity.
#[derive(Default, Serialize, JsonSchema)]
struct Counts {
    /// Critical.
    critical: usize,
    /// High.
    high: usize,
    /// Medium.
    medium: usize,
    /// Low.
    low: usize,
    /// Info.
    info: usize,
}

/// A finding.
#[derive(Serialize, JsonSchema)]
pub(super) struct FindingOut<'a> {
    /// The rule.
    rule: &'a str,
    /// Its family.
    family: &'a str,
    /// How bad.
    severity: Severity,
    /// Why it is that bad, where it depends.
    severity_because: Option<&'a str>,
    /// How sure.
    confidence: Confidence,
    /// What is the matter.
    message: Cow<'a, str>,
    /// Why it matters.
    why: &'a str,
    /// How to fix it.
    fix: &'a str,
    /// The same in another run, whatever lines moved.
    fingerprint: &'a str,
    /// Whom it is about.
    subject: SubjectOut<'a>,
    /// The secret that it is about; only on findings about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<SecretOut>,
    /// How the secret stands in the history; only where that was looked into.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<HistoryOut<'a>>,
    /// Where, the primary place first.
    places: Vec<PlaceOut<'a>>,
    /// Why it does not count; null where it does.
    suppressed: Option<SuppressedOut<'a>>,
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

/// A secret that stands in plaintext, never its value.
#[derive(Serialize, JsonSchema)]
struct SecretOut {
    /// The exchange, wallet or service that it belongs to; null where nothing near it says.
    exchange: Option<String>,
    /// Its parts.
    parts: Vec<PartOut>,
}

/// How a secret stands in the history of a repository.
#[derive(Serialize, JsonSchema)]
struct HistoryOut<'a> {
    /// The commit that brought it, the earliest where several did.
    brought_by: &'a str,
    /// When that was written.
    brought_at: String,
    /// How many commits brought it.
    times: usize,
    /// The commit that took it away from the last place where it stood; null where it stands somewhere.
    taken_by: Option<&'a str>,
    /// When that became a part of the history.
    taken_at: Option<String>,
    /// Whether it stands in the files of the head, or of the end of the range.
    at_head: bool,
    /// A reference that leads to files that hold it; null where that is not known.
    reference: Option<Cow<'a, str>>,
    /// How long it was in the open, in seconds: until it was taken away, or until now.
    open_seconds: u64,
}

/// A part of a secret.
#[derive(Serialize, JsonSchema)]
struct PartOut {
    /// secret, passphrase or private-key.
    part: &'static str,
    /// What identifies the value without holding it; null where nothing does.
    fingerprint: Option<String>,
    /// Its length in characters, as written.
    length: u32,
    /// The number of its place among the places, from 0.
    place: usize,
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

/// Why a finding does not count.
#[derive(Serialize, JsonSchema)]
struct SuppressedOut<'a> {
    /// inline, config or baseline.
    by: &'static str,
    /// The reason.
    reason: &'a str,
    /// Until when.
    until: Option<&'a str>,
}

/// A rule without an answer.
#[derive(Serialize, JsonSchema)]
pub(super) struct NotAssessedOut<'a> {
    /// The rule.
    rule: &'a str,
    /// For how many subjects.
    subjects: usize,
    /// The facts that were unknown.
    missing: Vec<&'static str>,
    /// Where the answers would come from.
    answered_by: &'a [String],
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

pub(super) fn finding<'a>(outcome: &'a Outcome, finding: &'a Finding) -> Option<FindingOut<'a>> {
    let rule = outcome.book.rules.get(finding.rule)?;
    let role = |role| match role {
        Role::Primary => "primary",
        Role::Part => "part",
        Role::Related => "related",
    };
    Some(FindingOut {
        rule: &rule.id,
        family: &rule.family,
        severity: finding.severity,
        severity_because: finding.because.as_deref(),
        confidence: finding.confidence,
        message: clean(&finding.message),
        why: &rule.why,
        fix: &rule.fix,
        fingerprint: &finding.fingerprint,
        subject: SubjectOut::new(&finding.subject),
        history: finding.history.as_deref().map(|h| HistoryOut {
            brought_by: &h.brought.commit,
            brought_at: h.brought.at.to_string(),
            times: h.times,
            taken_by: h.taken.as_ref().map(|t| &*t.commit),
            taken_at: h.taken.as_ref().map(|t| t.at.to_string()),
            at_head: h.at_head,
            reference: h.reference.as_deref().map(clean),
            open_seconds: h.open.as_millis() / 1000,
        }),
        secret: secret(outcome, finding),
        places: finding.places.iter().filter_map(|p| PlaceOut::new(&outcome.texts, p.span, role(p.role), &p.note)).collect(),
        suppressed: finding.suppressed.as_ref().map(|s| SuppressedOut { by: s.by, reason: &s.reason, until: s.until.as_deref() }),
    })
}

fn secret(outcome: &Outcome, finding: &Finding) -> Option<SecretOut> {
    let part = |carried: &CarriedPart| {
        let span = finding.places.get(carried.place)?.span;
        // What is hidden has kept its length; quotes are no part of the value.
        let shown = outcome.texts.get(span.text)?.content().get(span.start as usize..span.end as usize)?;
        let value = shown.strip_prefix(['"', '\'']).unwrap_or(shown);
        let value = value.strip_suffix(['"', '\'']).unwrap_or(value);
        let length = carried.length.unwrap_or_else(|| value.chars().count()) as u32;
        Some(PartOut { part: carried.part.id(), fingerprint: carried.fingerprint.clone(), length, place: carried.place })
    };
    let parts: Vec<PartOut> = finding.carries.iter().filter_map(part).collect();
    let exchange = finding.venue.as_deref().or(finding.subject.exchange.map(Exchange::id)).map(str::to_owned);
    (!parts.is_empty()).then_some(SecretOut { exchange, parts })
}

/// The report without its findings.
pub(super) fn report(outcome: &Outcome) -> Report<'_> {
    let mut counts = Counts::default();
    for finding in outcome.live() {
        match finding.severity {
            Severity::Critical => counts.critical += 1,
            Severity::High => counts.high += 1,
            Severity::Medium => counts.medium += 1,
            Severity::Low => counts.low += 1,
            Severity::Info => counts.info += 1,
        }
    }
    Report {
        schema: "keylint-report/1",
        tool: tool(),
        as_of: outcome.as_of.to_string(),
        config: outcome.config.as_ref().map(|c| clean(c).into_owned()),
        verdict: Verdict {
            exit_code: outcome.exit,
            complete: outcome.complete,
            fail_on: outcome.fail_on,
            highest: outcome.live().map(|f| f.severity).max(),
            counts,
            suppressed: outcome.verdicts.findings.iter().filter(|f| f.suppressed.is_some()).count(),
            not_assessed: outcome.not_possible(),
        },
        findings: Vec::new(),
        not_assessed: outcome
            .verdicts
            .not_assessed
            .iter()
            .filter_map(|n| {
                Some(NotAssessedOut {
                    rule: &outcome.book.rules.get(n.rule)?.id,
                    subjects: n.subjects,
                    missing: n.missing.iter().map(|f| f.id()).collect(),
                    answered_by: &n.answered_by,
                })
            })
            .collect(),
        problems: outcome.problems.iter().map(|p| ProblemOut::new(&outcome.texts, p)).collect(),
        coverage: CoverageOut::new(&outcome.coverage),
    }
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let report = report(outcome);
    let mut bytes = harmless(serde_json::to_vec(&report).map_err(io::Error::from)?);
    // The findings are most of a report: they are written on all cores and put in their place.
    let shown: Vec<&Finding> = outcome.verdicts.findings.iter().filter(|f| show_suppressed || f.suppressed.is_none()).collect();
    let parts: Vec<serde_json::Result<Vec<u8>>> = shown.par_chunks(256).map(|part| findings(outcome, part)).collect();
    let place = b",\"findings\":[";
    let at = bytes.windows(place.len()).position(|w| w == place).map_or(bytes.len(), |i| i + place.len());
    let rest = bytes.split_off(at);
    out.write_all(&bytes)?;
    for (n, part) in parts.into_iter().enumerate() {
        let part = part.map_err(io::Error::from)?;
        if n > 0 {
            out.write_all(b",")?;
        }
        out.write_all(&part)?;
    }
    out.write_all(&rest)?;
    out.write_all(b"\n")
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

/// Findings, separated by commas.
fn findings(outcome: &Outcome, part: &[&Finding]) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(part.len() * 2048);
    for found in part.iter().filter_map(|f| finding(outcome, f)) {
        if !bytes.is_empty() {
            bytes.push(b',');
        }
        serde_json::to_writer(&mut bytes, &found)?;
    }
    Ok(harmless(bytes))
}

/// Writes a document as one line. It is made as a whole first: many small writes cost more than the memory.
pub(super) fn document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut bytes = harmless(serde_json::to_vec(value).map_err(io::Error::from)?);
    bytes.push(b'\n');
    out.write_all(&bytes)
}
