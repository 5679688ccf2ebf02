//! Outcome → bytes: one file for each format. No format filters, sorts, merges or counts: that was settled before.

mod columns;
pub mod compact;
pub mod exchanges;
pub mod github;
pub mod gitlab_quality;
pub mod gitlab_secrets;
pub mod html;
pub mod human;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod keys;
mod leaks;
pub mod markdown;
mod markup;
mod outside;
mod pieces;
pub mod radius;
pub mod playbook;
pub mod sarif;
pub mod schema;
pub mod tighten;

use std::io::{self, Write};

use crate::plan::is_fatal;
use crate::run::{Outcome, is_complete};

/// A format of the report of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Format {
    /// For a person at a terminal.
    Human,
    /// One line for each finding.
    Compact,
    /// The versioned document for other programs.
    Json,
    /// The records of that document, one on each line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub, for annotations.
    Github,
    /// GitLab's secret detection report.
    GitlabSecrets,
    /// GitLab's code quality report.
    GitlabQuality,
    /// Test results in JUnit's XML.
    Junit,
    /// A summary of a job, or a comment.
    Markdown,
    /// A page to open and send on: the estate as a picture, what leaks cost, and the findings.
    Html,
}

/// Writes a report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(format: Format, outcome: &Outcome, style: &human::Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(outcome, style, out),
        Format::Compact => compact::write(outcome, style.show_suppressed, out),
        Format::Json => json::write(outcome, style.show_suppressed, out),
        Format::Jsonl => jsonl::write(outcome, style.show_suppressed, out),
        Format::Sarif => sarif::write(outcome, style.show_suppressed, out),
        Format::Github => github::write(outcome, style.show_suppressed, out),
        Format::GitlabSecrets => gitlab_secrets::write(outcome, style.show_suppressed, out),
        Format::GitlabQuality => gitlab_quality::write(outcome, style.show_suppressed, out),
        Format::Junit => junit::write(outcome, style.show_suppressed, out),
        Format::Markdown => markdown::write(outcome, style.show_suppressed, out),
        Format::Html => html::write(outcome, style.show_suppressed, out),
    }
}

/// The first line of every summary: counts by severity, and how many checks were not possible.
pub fn summary(outcome: &Outcome) -> String {
    // Where nothing was checked, no check failed: that must not look like a pass.
    if is_fatal(&outcome.problems) {
        return "0 findings; nothing was checked".to_owned();
    }
    if outcome.exit == 3 {
        return "0 findings; there was nothing to check".to_owned();
    }
    let mut counts = [0usize; 5];
    for finding in outcome.live() {
        if let Some(count) =
            crate::finding::Severity::WORST_FIRST.iter().position(|s| *s == finding.severity).and_then(|i| counts.get_mut(i))
        {
            *count += 1;
        }
    }
    let total: usize = counts.iter().sum();
    let parts: Vec<String> = crate::finding::Severity::WORST_FIRST
        .iter()
        .zip(counts)
        .filter(|(_, n)| *n > 0)
        .map(|(severity, n)| format!("{n} {severity}"))
        .collect();
    let findings = match total {
        0 => "0 findings".to_owned(),
        1 => format!("1 finding: {}", parts.join(", ")),
        n => format!("{n} findings: {}", parts.join(", ")),
    };
    let checks = match outcome.not_possible() {
        0 if !is_complete(&outcome.problems, &outcome.coverage) => "not everything was read".to_owned(),
        0 => "every check was possible".to_owned(),
        1 => "1 check not possible".to_owned(),
        n => format!("{n} checks not possible"),
    };
    format!("{findings}; {checks}")
}
