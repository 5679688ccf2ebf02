//! The report for other programs: `keylint-report/1`. Fields may be added, never renamed; `null` means unknown.

use std::borrow::Cow;
use std::io::{self, Write};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::leaks::Leaks;
use super::pieces::{CoverageOut, PlaceOut, ProblemOut, SubjectOut, Tool, harmless, tool};
use super::radius::LeakedOut;
use crate::finding::{CarriedPart, Confidence, Finding, Role, Severity};
use crate::model::Exchange;
use crate::run::Outcome;
use crate::text::clean;

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
    /// What the worst leak among the secrets that were found costs, in words; null where none is of a key that is known.
    worst_leak: Option<String>,
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
    /// What its leak costs; only on findings about the secret of a key that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    radius: Option<&'a LeakedOut>,
    /// How the secret stands in the history; only where that was looked into.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<HistoryOut<'a>>,
    /// Where, the primary place first.
    places: Vec<PlaceOut<'a>>,
    /// Why it does not count; null where it does.
    suppressed: Option<SuppressedOut<'a>>,
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

/// A finding as the document has it.
pub(super) fn finding<'a>(outcome: &'a Outcome, leaks: &'a Leaks, finding: &'a Finding) -> Option<FindingOut<'a>> {
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
        radius: leaks.of(finding),
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
pub(super) fn report<'a>(outcome: &'a Outcome, leaks: &Leaks) -> Report<'a> {
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
            worst_leak: leaks.first_line().map(str::to_owned),
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
    let leaks = Leaks::of_outcome(outcome);
    let report = report(outcome, &leaks);
    let mut bytes = harmless(serde_json::to_vec(&report).map_err(io::Error::from)?);
    // The findings are most of a report: they are written on all cores and put in their place.
    let shown: Vec<&Finding> = outcome.verdicts.findings.iter().filter(|f| show_suppressed || f.suppressed.is_none()).collect();
    let parts: Vec<serde_json::Result<Vec<u8>>> = shown.par_chunks(256).map(|part| findings(outcome, &leaks, part)).collect();
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

/// Findings, separated by commas.
fn findings(outcome: &Outcome, leaks: &Leaks, part: &[&Finding]) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(part.len() * 2048);
    for found in part.iter().filter_map(|f| finding(outcome, leaks, f)) {
        if !bytes.is_empty() {
            bytes.push(b',');
        }
        serde_json::to_writer(&mut bytes, &found)?;
    }
    Ok(harmless(bytes))
}
