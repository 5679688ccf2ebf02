//! SARIF 2.1.0, as GitHub's code scanning and other viewers read it.
//!
//! The form is OASIS's (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/>), what GitHub demands beyond it is documented at
//! <https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning>.
//!
//! All rules that were asked are listed, with findings or without: what passed is told from what was not asked. GitHub takes
//! the severity of an alert from its rule, and a rule of ours has several; the rule's is that of its worst finding in this
//! run, so that a secret of a test net alone never shows as critical. `primaryLocationLineHash` is left to GitHub, which
//! works it out from the source and would warn about another's.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rayon::prelude::*;
use serde::Serialize;

use super::markup::paragraphs;
use super::outside::{Lies, Outside, Spot};
use super::pieces::{CoverageOut, document};
use super::summary;
use crate::finding::{Confidence, Finding, Role, Severity};
use crate::problem::Weight;
use crate::rules::Rule;
use crate::run::Outcome;

/// GitHub rejects a run with more results; the worst stand first, and the rest is counted.
const RESULTS: usize = 25_000;
/// GitHub shows so many locations of a result and rejects one with more than a thousand.
const LOCATIONS: usize = 100;
/// Related places that a message links to.
const LINKS: usize = 5;
/// The longest description that GitHub takes, in characters.
const LONGEST: usize = 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<Result<'a>>,
    properties: RunProperties,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    name: String,
    short_description: Message,
    full_description: Message,
    help: Message,
    default_configuration: Configuration,
    properties: RuleProperties<'a>,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties<'a> {
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
    precision: &'static str,
    tags: [&'a str; 2],
}

#[derive(Clone, Serialize)]
struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    tool_execution_notifications: Vec<Notification>,
    tool_configuration_notifications: Vec<Notification>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    descriptor: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    associated_rule: Option<Reference>,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Place>,
}

#[derive(Serialize)]
struct Reference {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: Vec<Place>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Place>,
    partial_fingerprints: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression>>,
    properties: ResultProperties<'a>,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Serialize)]
struct ResultProperties<'a> {
    severity: Severity,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
    confidence: Confidence,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    subject: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Committed>,
}

#[derive(Serialize)]
struct Committed {
    commit: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Message>,
}

/// Lines and columns, or where there are none, bytes.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Region {
    Text { start_line: u32, start_column: u32, end_line: u32, end_column: u32 },
    Bytes { byte_offset: u64, byte_length: u64 },
}

#[derive(Serialize)]
struct RunProperties {
    /// The day of the check. Not the second: two runs over the same files are the same, and a service that compares uploads
    /// sees that nothing changed.
    as_of: String,
    config: Option<String>,
    summary: String,
    complete: bool,
    fail_on: Severity,
    suppressed: usize,
    /// Results that are not here, because GitHub would reject the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    results_left_out: Option<usize>,
    coverage: CoverageOut,
}

/// Text of a message: braces and brackets mean something in it (SARIF 3.11.5 and 3.11.6).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '{' => out.push_str("{{"),
            '}' => out.push_str("}}"),
            '[' | ']' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn message(text: &str) -> Message {
    Message { text: escaped(text), markdown: None }
}

/// A text that is no message of a result, cut where GitHub would reject it.
fn described(text: &str) -> Message {
    let text = if text.chars().count() > LONGEST { text.chars().take(LONGEST - 1).chain(['\u{2026}']).collect() } else { text.to_owned() };
    Message { text: if text.is_empty() { "?".to_owned() } else { text }, markdown: None }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// GitHub's scale: over 9.0 critical, from 7.0 high, from 4.0 medium, below low; 0.0 would be no severity at all.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.5",
    }
}

fn location(spot: Spot, id: Option<usize>, note: &str) -> Place {
    let described = match spot.lies {
        Lies::Inside => None,
        Lies::Outside => Some(format!("outside the working folder: {}", spot.path)),
        Lies::Nowhere => Some("standard input".to_owned()),
    };
    let region = match spot.lines {
        Some(((start_line, start_column), (end_line, end_column))) => Region::Text { start_line, start_column, end_line, end_column },
        None => Region::Bytes { byte_offset: spot.bytes.0, byte_length: spot.bytes.1 },
    };
    Place {
        id,
        physical_location: Physical { artifact_location: Artifact { uri: spot.uri, description: described.map(|d| message(&d)) }, region },
        message: (!note.is_empty()).then(|| message(note)),
        properties: spot.commit.map(|commit| Committed { commit }),
    }
}

fn result<'a>(outside: &Outside<'a>, finding: &'a Finding, show_suppressed: bool) -> Result<'a> {
    let mut text = escaped(&outside.words(&finding.message));
    let mut locations = Vec::new();
    let mut related = Vec::new();
    let mut links = Vec::new();
    for place in finding.places.iter().take(LOCATIONS) {
        let Some(spot) = outside.spot(place.span) else { continue };
        if let Some(commit) = spot.commit.as_ref().filter(|_| locations.is_empty()) {
            text.push_str(&format!(" (in commit {commit})"));
        }
        let note = outside.words(&place.note);
        if locations.is_empty() {
            locations.push(location(spot, None, &note));
            continue;
        }
        let id = related.len() + 1;
        if place.role != Role::Primary && !note.is_empty() && links.len() < LINKS {
            links.push(format!("[{}]({id})", escaped(&note)));
        }
        related.push(location(spot, Some(id), &note));
    }
    if locations.is_empty() {
        locations.push(location(outside.first(finding), None, ""));
    }
    if !links.is_empty() {
        text.push_str(&format!(" See {}.", links.join(", ")));
    }
    let suppression = |finding: &Finding| {
        let by = finding.suppressed.as_ref().map(|s| s.by)?;
        let kind = if by == "inline" { "inSource" } else { "external" };
        Some(Suppression { kind, status: "accepted", justification: outside.suppressed(finding)? })
    };
    Result {
        rule_id: outside.rule_id(finding),
        rule_index: finding.rule,
        level: level(finding.severity),
        message: Message { text, markdown: None },
        locations,
        related_locations: related,
        partial_fingerprints: BTreeMap::from([("keylint/v1", finding.fingerprint.as_str())]),
        // All results of a run say it or none does (SARIF 3.27.23).
        suppressions: show_suppressed.then(|| suppression(finding).into_iter().collect()),
        properties: ResultProperties {
            severity: finding.severity,
            security_severity: score(finding.severity),
            confidence: finding.confidence,
            because: finding.because.as_deref(),
            subject: outside.words(&finding.subject.sentence()),
        },
    }
}

/// `secret-in-plaintext` as SARIF likes names: `SecretInPlaintext`.
fn pascal(id: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    id.split('-').map(capital).collect()
}

fn descriptor<'a>(rule: &'a Rule, worst: Option<Severity>) -> Descriptor<'a> {
    let severity = worst.or(rule.severity.first().map(|c| c.is)).unwrap_or(Severity::Medium);
    let mut text = format!("{}\n\nHow to fix it: {}", rule.why.trim_end(), rule.fix.trim_end());
    let mut markdown = format!("{}\n**How to fix it.** {}", paragraphs(&rule.why), paragraphs(&rule.fix));
    for reference in &rule.references {
        text.push_str(&format!("\n\n{reference}"));
        markdown.push_str(&format!("\n<{reference}>\n"));
    }
    Descriptor {
        id: &rule.id,
        name: pascal(&rule.id),
        short_description: described(&rule.title),
        full_description: described(rule.why.trim_end()),
        help: Message { text, markdown: Some(markdown) },
        default_configuration: Configuration { level: level(severity) },
        properties: RuleProperties {
            security_severity: score(severity),
            precision: match rule.confidence {
                Confidence::High => "high",
                Confidence::Medium => "medium",
                Confidence::Low => "low",
            },
            tags: ["security", &rule.family],
        },
    }
}

/// What was not read or not understood.
fn notifications(outcome: &Outcome, outside: &Outside<'_>, left_out: usize) -> Vec<Notification> {
    let about = |id: &str, level, text: &str, locations| Notification {
        descriptor: Reference { id: id.to_owned(), index: None },
        associated_rule: None,
        level,
        message: message(text),
        locations,
    };
    let mut out: Vec<Notification> = outcome
        .problems
        .iter()
        .map(|problem| {
            let level = match problem.weight {
                Weight::Note => "note",
                Weight::Incomplete => "warning",
                Weight::Fatal => "error",
            };
            let place = problem.place.and_then(|s| outside.spot(s)).map(|s| location(s, None, ""));
            let related = problem.related.iter().filter_map(|(s, note)| Some(location(outside.spot(*s)?, None, &outside.words(note))));
            about(problem.code, level, &outside.problem(problem), place.into_iter().chain(related).take(LOCATIONS).collect())
        })
        .collect();
    out.extend(
        outside
            .unread()
            .map(|aside| about("unreadable", "warning", &outside.words(&format!("not read: {}: {}", aside.path, aside.reason)), vec![])),
    );
    if outcome.exit == 3 {
        out.push(about("nothing-to-check", "warning", &summary(outcome), vec![]));
    }
    if left_out > 0 {
        let text =
            format!("{left_out} findings, the least severe, are left out here: a run may have {RESULTS} results; --format json has all");
        out.push(about("results-left-out", "warning", &text, vec![]));
    }
    out
}

/// What was not assessed: the rules that had no answer.
fn not_assessed(outside: &Outside<'_>) -> Vec<Notification> {
    outside
        .not_assessed()
        .map(|open| Notification {
            descriptor: Reference { id: "not-assessed".to_owned(), index: None },
            associated_rule: Some(Reference { id: open.rule.to_owned(), index: Some(open.at) }),
            level: "note",
            message: message(&format!("not assessed {}{}", open.missing, open.by)),
            locations: Vec::new(),
        })
        .collect()
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let outside = Outside::new(outcome);
    let mut shown: Vec<&Finding> = outside.shown(show_suppressed).collect();
    let all = shown.len();
    if all > RESULTS {
        // What counts comes before what does not; both are in order already.
        shown.sort_by_key(|f| f.suppressed.is_some());
        shown.truncate(RESULTS);
    }
    let mut worst: BTreeMap<usize, Severity> = BTreeMap::new();
    for finding in shown.iter().filter(|f| f.suppressed.is_none()) {
        let severity = worst.entry(finding.rule).or_insert(finding.severity);
        *severity = (*severity).max(finding.severity);
    }
    let results: Vec<Result<'_>> = shown.into_par_iter().with_min_len(256).map(|f| result(&outside, f, show_suppressed)).collect();
    let left_out = all - results.len();
    let version = env!("CARGO_PKG_VERSION");
    let rules = outcome.book.rules.iter().enumerate().map(|(at, rule)| descriptor(rule, worst.get(&at).copied())).collect();
    let run = Run {
        tool: Tool { driver: Driver { name: env!("CARGO_PKG_NAME"), version, semantic_version: version, rules } },
        invocations: [Invocation {
            execution_successful: outcome.complete && outcome.exit < 2,
            exit_code: outcome.exit,
            tool_execution_notifications: notifications(outcome, &outside, left_out),
            tool_configuration_notifications: not_assessed(&outside),
        }],
        column_kind: "unicodeCodePoints",
        results,
        properties: RunProperties {
            as_of: outcome.as_of.to_string().chars().take(10).collect(),
            config: outcome.config.as_ref().map(|c| outside.words(c)),
            summary: summary(outcome),
            complete: outcome.complete,
            fail_on: outcome.fail_on,
            suppressed: outcome.verdicts.findings.len() - outcome.live().count(),
            results_left_out: (left_out > 0).then_some(left_out),
            coverage: CoverageOut::new(&outcome.coverage),
        },
    };
    document(&Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, out)
}
