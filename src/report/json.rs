//! The report for other programs: `keylint-report/1`. Fields may be added, never renamed; `null` means unknown.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::discover::Aside;
use crate::finding::{Confidence, Finding, Role, Severity};
use crate::problem::{Problem, Weight};
use crate::run::{Coverage, Outcome};
use crate::text::{Shown, Span, clean};

/// A report of `keylint check`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "keylint report", description = "The report of `keylint check --format json`.")]
pub struct Report {
    /// `keylint-report/1`.
    schema: &'static str,
    /// What made it.
    tool: Tool,
    /// The time of the check.
    as_of: String,
    /// The declaration in use.
    config: Option<String>,
    /// How it ended.
    verdict: Verdict,
    /// The findings, worst first.
    findings: Vec<FindingOut>,
    /// What could not be assessed, by rule.
    not_assessed: Vec<NotAssessedOut>,
    /// What was not read or not understood.
    problems: Vec<ProblemOut>,
    /// What was read.
    coverage: CoverageOut,
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
struct Verdict {
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
struct FindingOut {
    /// The rule.
    rule: String,
    /// Its family.
    family: String,
    /// How bad.
    severity: Severity,
    /// Why it is that bad, where it depends.
    severity_because: Option<String>,
    /// How sure.
    confidence: Confidence,
    /// What is the matter.
    message: String,
    /// Why it matters.
    why: String,
    /// How to fix it.
    fix: String,
    /// The same in another run, whatever lines moved.
    fingerprint: String,
    /// Whom it is about.
    subject: SubjectOut,
    /// Where, the primary place first.
    places: Vec<PlaceOut>,
    /// Why it does not count; null where it does.
    suppressed: Option<SuppressedOut>,
}

/// Whom a finding is about.
#[derive(Serialize, JsonSchema)]
pub(super) struct SubjectOut {
    /// key, account, third-party, address, transfer, exchange or estate.
    kind: &'static str,
    /// The exchange.
    exchange: Option<String>,
    /// The account.
    account: Option<String>,
    /// The id; of a key its ends.
    id: Option<String>,
    /// The name its owner gave it.
    label: Option<String>,
}

/// A place.
#[derive(Serialize, JsonSchema)]
pub(super) struct PlaceOut {
    /// primary, part or related.
    role: &'static str,
    /// The file, with `/`, relative to the working folder where it lies in it.
    path: String,
    /// The commit; null in a working tree.
    commit: Option<String>,
    /// The member of an archive; null outside one.
    member: Option<String>,
    /// Where it begins.
    start: PositionOut,
    /// One past its end.
    end: PositionOut,
    /// What is to be seen there.
    label: String,
}

/// Lines and columns count from 1, columns in Unicode characters, offsets in bytes of the file.
#[derive(Serialize, JsonSchema)]
struct PositionOut {
    /// Line.
    line: u32,
    /// Column.
    column: u32,
    /// Offset.
    offset: u32,
}

/// Why a finding does not count.
#[derive(Serialize, JsonSchema)]
struct SuppressedOut {
    /// inline, config or baseline.
    by: &'static str,
    /// The reason.
    reason: String,
    /// Until when.
    until: Option<String>,
}

/// A rule without an answer.
#[derive(Serialize, JsonSchema)]
struct NotAssessedOut {
    /// The rule.
    rule: String,
    /// For how many subjects.
    subjects: usize,
    /// The facts that were unknown.
    missing: Vec<&'static str>,
    /// Where the answers would come from.
    answered_by: Vec<String>,
}

/// Something that was not read or not understood.
#[derive(Serialize, JsonSchema)]
pub(super) struct ProblemOut {
    /// A stable word.
    code: &'static str,
    /// note, incomplete or fatal.
    weight: &'static str,
    /// What happened.
    message: String,
    /// Where.
    place: Option<PlaceOut>,
    /// Other places that belong to it.
    related: Vec<PlaceOut>,
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

impl SubjectOut {
    pub(super) fn new(name: &crate::finding::SubjectName) -> Self {
        Self {
            kind: name.kind,
            exchange: name.exchange.map(|e| e.id().to_owned()),
            account: name.account.clone(),
            id: name.id.clone(),
            label: name.label.clone(),
        }
    }
}

impl PlaceOut {
    pub(super) fn new(texts: &Shown, span: Span, role: &'static str, label: &str) -> Option<Self> {
        let text = texts.get(span.text)?;
        let position = |offset| {
            let at = text.position(offset);
            PositionOut { line: at.line, column: at.column, offset: at.offset }
        };
        Some(Self {
            role,
            path: clean(text.path()).into_owned(),
            commit: None,
            member: None,
            start: position(span.start),
            end: position(span.end),
            label: clean(label).into_owned(),
        })
    }
}

impl ProblemOut {
    pub(super) fn new(texts: &Shown, problem: &Problem) -> Self {
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
            commits: 0,
            left_out: aside(&coverage.left_out),
            not_read: aside(&coverage.not_read),
        }
    }
}

/// What makes every document.
pub(super) fn tool() -> Tool {
    Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
}

fn finding(outcome: &Outcome, finding: &Finding) -> Option<FindingOut> {
    let rule = outcome.book.rules.get(finding.rule)?;
    let role = |role| match role {
        Role::Primary => "primary",
        Role::Related => "related",
    };
    Some(FindingOut {
        rule: rule.id.clone(),
        family: rule.family.clone(),
        severity: finding.severity,
        severity_because: finding.because.clone(),
        confidence: finding.confidence,
        message: clean(&finding.message).into_owned(),
        why: rule.why.clone(),
        fix: rule.fix.clone(),
        fingerprint: finding.fingerprint.clone(),
        subject: SubjectOut::new(&finding.subject),
        places: finding.places.iter().filter_map(|p| PlaceOut::new(&outcome.texts, p.span, role(p.role), &p.note)).collect(),
        suppressed: finding.suppressed.as_ref().map(|s| SuppressedOut { by: s.by, reason: s.reason.clone(), until: s.until.clone() }),
    })
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
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
    let shown = outcome.verdicts.findings.iter().filter(|f| show_suppressed || f.suppressed.is_none());
    let report = Report {
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
        findings: shown.filter_map(|f| finding(outcome, f)).collect(),
        not_assessed: outcome
            .verdicts
            .not_assessed
            .iter()
            .filter_map(|n| {
                Some(NotAssessedOut {
                    rule: outcome.book.rules.get(n.rule)?.id.clone(),
                    subjects: n.subjects,
                    missing: n.missing.iter().map(|f| f.id()).collect(),
                    answered_by: n.answered_by.clone(),
                })
            })
            .collect(),
        problems: outcome.problems.iter().map(|p| ProblemOut::new(&outcome.texts, p)).collect(),
        coverage: CoverageOut::new(&outcome.coverage),
    };
    serde_json::to_writer_pretty(&mut *out, &report).map_err(io::Error::from)?;
    writeln!(out)
}
