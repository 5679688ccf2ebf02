//! GitLab's code quality report, for `artifacts:reports:codequality`, which every edition of GitLab shows in merge requests.
//!
//! The form is documented at <https://docs.gitlab.com/ci/testing/code_quality/>: a list of entries, no more. So what was not
//! read is an entry, and so is what was not assessed, one for all; both have fingerprints that stay, so that a merge request
//! shows them once, when they are new.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::outside::{Outside, Spot};
use super::pieces::document;
use super::summary;
use crate::finding::Severity;
use crate::problem::Weight;
use crate::run::Outcome;
use crate::secrets::value::identify;

#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

fn location(spot: Spot) -> Location {
    Location { lines: Lines { begin: spot.line() }, path: spot.path }
}

/// The name of an entry that is no finding.
fn fingerprint(parts: &[&str]) -> String {
    let parts: Vec<&[u8]> = std::iter::once("keylint entry 1").chain(parts.iter().copied()).map(str::as_bytes).collect();
    identify(&parts)
}

/// What was not read or not understood. Several of one kind in one file are numbered, so that each has a name of its own.
fn problems<'a>(outcome: &'a Outcome, outside: &Outside<'a>) -> Vec<Entry<'a>> {
    let mut out: Vec<Entry<'a>> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |severity, code: &'a str, spot: Spot, description: String| {
        let alike = seen.entry(fingerprint(&[code, &spot.path, &description])).or_insert(0);
        *alike += 1;
        let fingerprint = fingerprint(&[code, &spot.path, &description, &alike.to_string()]);
        out.push(Entry { description, check_name: code, fingerprint, severity, location: location(spot) });
    };
    for problem in &outcome.problems {
        let severity = match problem.weight {
            Weight::Fatal => "blocker",
            Weight::Incomplete => "major",
            Weight::Note => "info",
        };
        let spot = problem.place.and_then(|s| outside.spot(s)).unwrap_or_else(|| outside.declaration());
        add(severity, problem.code, spot, outside.problem(problem));
    }
    for aside in outside.unread() {
        let spot = Spot { path: outside.words(&aside.path), ..outside.declaration() };
        add("major", "unreadable", spot, outside.words(&format!("not read: {}", aside.reason)));
    }
    out
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let outside = Outside::new(outcome);
    let mut entries: Vec<Entry<'_>> = outside
        .shown(show_suppressed)
        .map(|finding| {
            let spot = outside.first(finding);
            let commit = spot.commit.as_ref().map(|c| format!(" (in commit {c})")).unwrap_or_default();
            let suppressed = outside.suppressed(finding).map(|s| format!(" [{s}]")).unwrap_or_default();
            Entry {
                description: format!("{}{commit}{suppressed}", outside.words(&finding.message)),
                check_name: outside.rule_id(finding),
                fingerprint: finding.fingerprint.clone(),
                severity: match finding.severity {
                    // What does not count is shown, and hurts no score.
                    _ if finding.suppressed.is_some() => "info",
                    Severity::Critical => "blocker",
                    Severity::High => "critical",
                    Severity::Medium => "major",
                    Severity::Low => "minor",
                    Severity::Info => "info",
                },
                location: location(spot),
            }
        })
        .collect();
    entries.extend(problems(outcome, &outside));
    let left_out = outcome.coverage.left_out.len();
    if outcome.not_possible() > 0 || left_out > 0 || outcome.exit == 3 {
        let left_out = if left_out > 0 { format!("; {left_out} paths left out by design") } else { String::new() };
        entries.push(Entry {
            description: format!("keylint: {}{left_out}", summary(outcome)),
            check_name: "not-assessed",
            fingerprint: fingerprint(&["not-assessed"]),
            severity: if outcome.exit == 3 { "major" } else { "info" },
            location: location(outside.declaration()),
        });
    }
    document(&entries, out)
}
