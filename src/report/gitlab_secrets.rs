//! GitLab's secret detection report, for `artifacts:reports:secret_detection`.
//!
//! The form is that of version 15.0.7 of GitLab's report schemas, `dist/secret-detection-report-format.json` in
//! <https://gitlab.com/gitlab-org/security-products/security-report-schemas>, which GitLab 16.0 and later take.
//!
//! GitLab has a report for each kind of scan. This one has the findings about secrets, those that the JSON report gives a
//! `secret`; findings about the settings of keys are in `gitlab-quality`, which has all, and a message says how many. What
//! stands in the source is never quoted (`raw_source_code_extract` is left out). The scan begins and ends at the time of
//! the check, so that the same input gives the same bytes.

use std::io::{self, Write};

use serde::Serialize;

use super::outside::Outside;
use super::pieces::document;
use super::summary;
use crate::finding::{Finding, Severity};
use crate::problem::Weight;
use crate::run::Outcome;

/// The commit of a finding in a working tree. The schema demands one, and GitLab's own analyzer writes this.
const NO_COMMIT: &str = "0000000";
/// The longest name and the longest solution that the schema allows, in characters.
const LONGEST_NAME: usize = 255;
const LONGEST_SOLUTION: usize = 7000;
/// Messages that say what was not read; what is more is counted.
const MESSAGES: usize = 100;

#[derive(Serialize)]
struct Report<'a> {
    version: &'static str,
    scan: Scan,
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Serialize)]
struct Scan {
    analyzer: Program,
    scanner: Program,
    start_time: String,
    end_time: String,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Program {
    id: &'static str,
    name: &'static str,
    version: &'static str,
    vendor: Vendor,
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: String,
    category: &'static str,
    name: String,
    description: String,
    severity: &'static str,
    solution: String,
    identifiers: [Identifier<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'a>>,
    location: Location,
}

#[derive(Serialize)]
struct Identifier<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: &'a str,
}

#[derive(Serialize)]
struct Link<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct Location {
    file: String,
    start_line: u32,
    end_line: u32,
    commit: Commit,
}

#[derive(Serialize)]
struct Commit {
    sha: String,
}

fn program() -> Program {
    let name = env!("CARGO_PKG_NAME");
    Program { id: name, name, version: env!("CARGO_PKG_VERSION"), vendor: Vendor { name } }
}

/// A fingerprint of 32 hexadecimal digits as a UUID of version 8: its bits are ours to choose (RFC 9562, 5.8).
fn uuid(fingerprint: &str) -> String {
    let mut out = String::with_capacity(36);
    for (n, c) in fingerprint.chars().take(32).enumerate() {
        if matches!(n, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(match (n, c.to_digit(16)) {
            (12, _) => '8',
            // The two bits of the variant.
            (16, Some(digit)) => char::from_digit(8 | (digit & 3), 16).unwrap_or('8'),
            _ => c,
        });
    }
    out
}

fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest { text.to_owned() } else { text.chars().take(longest - 1).chain(['\u{2026}']).collect() }
}

fn vulnerability<'a>(outside: &Outside<'a>, finding: &'a Finding) -> Option<Vulnerability<'a>> {
    let rule = outside.rule(finding)?;
    let spot = outside.first(finding);
    let mut description = outside.words(&finding.message);
    if let Some(because) = &finding.because {
        description.push_str(&format!("\n\n{} because: {}", finding.severity, outside.words(because)));
    }
    for place in finding.places.iter().skip(1).take(20) {
        if let Some(other) = outside.spot(place.span) {
            let note = if place.note.is_empty() { "see" } else { &place.note };
            description.push_str(&format!("\n\n{}: {}", outside.words(note), other.sentence()));
        }
    }
    description.push_str(&format!("\n\n{}", rule.why.trim_end()));
    if let Some(suppressed) = outside.suppressed(finding) {
        description.push_str(&format!("\n\n{suppressed}"));
    }
    let web = |url: &&String| url.starts_with("https://") || url.starts_with("http://");
    Some(Vulnerability {
        id: uuid(&finding.fingerprint),
        category: "secret_detection",
        name: cut(&rule.title, LONGEST_NAME),
        description,
        severity: match finding.severity {
            Severity::Critical => "Critical",
            Severity::High => "High",
            Severity::Medium => "Medium",
            Severity::Low => "Low",
            Severity::Info => "Info",
        },
        solution: cut(rule.fix.trim_end(), LONGEST_SOLUTION),
        identifiers: [Identifier { kind: "keylint_rule", name: format!("keylint rule {}", rule.id), value: &rule.id }],
        links: rule.references.iter().filter(web).map(|url| Link { url }).collect(),
        location: Location {
            start_line: spot.line(),
            end_line: spot.lines.map_or(1, |(_, (line, _))| line),
            commit: Commit { sha: spot.commit.unwrap_or_else(|| NO_COMMIT.to_owned()) },
            file: spot.path,
        },
    })
}

fn messages(outcome: &Outcome, outside: &Outside<'_>, others: usize) -> Vec<Message> {
    let mut out = vec![Message { level: "info", value: summary(outcome) }];
    if others > 0 {
        let value = format!("{others} findings are about no secret and not in this report: --format gitlab-quality has them");
        out.push(Message { level: "info", value });
    }
    if !outcome.coverage.left_out.is_empty() {
        out.push(Message { level: "info", value: format!("{} paths were left out by design", outcome.coverage.left_out.len()) });
    }
    let problems = outcome.problems.iter().map(|problem| {
        let level = match problem.weight {
            Weight::Note => "info",
            Weight::Incomplete => "warn",
            Weight::Fatal => "fatal",
        };
        let at = problem.place.and_then(|s| outside.spot(s)).map(|s| format!("{}: ", s.sentence())).unwrap_or_default();
        Message { level, value: format!("{at}{}", outside.problem(problem)) }
    });
    let unread = outside.unread().map(|a| Message { level: "warn", value: outside.words(&format!("not read: {}: {}", a.path, a.reason)) });
    let mut told: Vec<Message> = problems.chain(unread).collect();
    let more = told.len().saturating_sub(MESSAGES);
    told.truncate(MESSAGES);
    out.extend(told);
    if more > 0 {
        out.push(Message { level: "warn", value: format!("{more} more; --format json has them all") });
    }
    out
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let outside = Outside::new(outcome);
    let (secrets, others): (Vec<&Finding>, Vec<&Finding>) = outside.shown(show_suppressed).partition(|f| !f.carries.is_empty());
    // The schema wants seconds, and no zone.
    let time: String = outcome.as_of.to_string().chars().take(19).collect();
    let report = Report {
        version: "15.0.7",
        scan: Scan {
            analyzer: program(),
            scanner: program(),
            start_time: time.clone(),
            end_time: time,
            status: if outcome.complete && outcome.exit < 2 { "success" } else { "failure" },
            kind: "secret_detection",
            messages: messages(outcome, &outside, others.len()),
        },
        vulnerabilities: secrets.into_iter().filter_map(|f| vulnerability(&outside, f)).collect(),
    };
    document(&report, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_and_keep_apart_what_fingerprints_do() {
        assert_eq!(uuid("74693b2414b20d441d87960997a8f2da"), "74693b24-14b2-8d44-9d87-960997a8f2da");
    }
}
