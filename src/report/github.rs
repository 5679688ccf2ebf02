//! GitHub's workflow commands: printed in a step of a workflow, they become annotations of the changed lines.
//!
//! The form is documented at
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>; what the runner makes of a line is
//! in <https://github.com/actions/runner>, `src/Runner.Common/ActionCommand.cs`. GitHub shows ten annotations of each level
//! for a step and says nothing of the others, so the worst come first and the last line has the counts.

use std::io::{self, Write};

use super::outside::{Lies, Outside, Spot};
use super::summary;
use crate::finding::{Finding, Severity};
use crate::problem::{Problem, Weight};
use crate::run::Outcome;

/// Text behind a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn command(level: &str, spot: Option<Spot>, title: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "::{level} ")?;
    if let Some(spot) = spot.filter(|s| s.lies != Lies::Nowhere) {
        write!(out, "file={},", property(&spot.path))?;
        if let Some(((line, column), (end_line, end_column))) = spot.lines {
            write!(out, "line={line},endLine={end_line},")?;
            // GitHub takes columns of one line only; its last column is part of the place.
            if line == end_line {
                write!(out, "col={column},endColumn={},", end_column.saturating_sub(1).max(column))?;
            }
        }
    }
    writeln!(out, "title={}::{}", property(title), data(text))
}

fn finding(outside: &Outside<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let level = match finding.severity {
        _ if finding.suppressed.is_some() => "notice",
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    };
    let spot = outside.first(finding);
    let title = format!("{}: {}", finding.severity, outside.words(outside.rule_id(finding)));
    let mut text = outside.words(&finding.message);
    if spot.lies == Lies::Nowhere || spot.lines.is_none() || spot.commit.is_some() {
        text.push_str(&format!(" ({})", spot.sentence()));
    }
    if let Some(suppressed) = outside.suppressed(finding) {
        text.push_str(&format!(" [{suppressed}]"));
    }
    for place in finding.places.iter().skip(1).take(5) {
        if let Some(related) = outside.spot(place.span) {
            let note = if place.note.is_empty() { "see" } else { &place.note };
            text.push_str(&format!("\n{}: {}", outside.words(note), related.sentence()));
        }
    }
    if let Some(rule) = outside.rule(finding) {
        text.push_str(&format!("\nHow to fix it: {}", outside.words(&rule.fix.split_whitespace().collect::<Vec<_>>().join(" "))));
    }
    command(level, Some(spot), &title, &text, out)
}

fn problem(outside: &Outside<'_>, problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    let level = match problem.weight {
        Weight::Fatal => "error",
        Weight::Incomplete => "warning",
        Weight::Note => "notice",
    };
    let spot = problem.place.and_then(|s| outside.spot(s));
    command(level, spot, problem.code, &outside.problem(problem), out)
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let outside = Outside::new(outcome);
    let of = |weights: &'static [Weight]| outcome.problems.iter().filter(|p| weights.contains(&p.weight));
    for p in of(&[Weight::Fatal]) {
        problem(&outside, p, out)?;
    }
    for f in outside.shown(show_suppressed) {
        finding(&outside, f, out)?;
    }
    for p in of(&[Weight::Incomplete]).chain(of(&[Weight::Note])) {
        problem(&outside, p, out)?;
    }
    for aside in outside.unread() {
        command("warning", None, "unreadable", &outside.words(&format!("not read: {}: {}", aside.path, aside.reason)), out)?;
    }
    let open: Vec<String> = outside.not_assessed().map(|open| outside.words(&format!("{} {}", open.rule, open.missing))).collect();
    if !open.is_empty() {
        let text = format!("{} checks were not possible\n{}", outcome.not_possible(), open.join("\n"));
        command("notice", None, "not assessed", &text, out)?;
    }
    let left_out = match outcome.coverage.left_out.len() {
        0 => String::new(),
        n => format!("; {n} paths left out by design"),
    };
    writeln!(out, "keylint: {}{left_out}; exit code {}", summary(outcome), outcome.exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_ends_its_line_or_its_property() {
        assert_eq!(data("a%0A\r\n::error::b"), "a%250A%0D%0A::error::b");
        assert_eq!(property("a,b:c\n::d"), "a%2Cb%3Ac%0A%3A%3Ad");
    }
}
