//! One line for each finding and each problem: `path:line:column: severity[rule] message`.

use std::io::{self, Write};

use super::summary;
use crate::problem::Weight;
use crate::run::Outcome;
use crate::text::{Shown, Span, clean};

fn place(texts: &Shown, span: Option<Span>) -> String {
    match span.and_then(|s| Some((s, texts.get(s.text)?))) {
        Some((span, text)) => {
            let at = text.position(span.start);
            format!("{}:{}:{}", text.name(), at.line, at.column)
        }
        None => "keylint".to_owned(),
    }
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    for problem in &outcome.problems {
        let word = if problem.weight == Weight::Note { "note" } else { "error" };
        let help = problem.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        writeln!(out, "{}: {word}[{}] {}{}", place(&outcome.texts, problem.place), problem.code, clean(&problem.message), clean(&help))?;
    }
    for finding in &outcome.verdicts.findings {
        if finding.suppressed.is_some() && !show_suppressed {
            continue;
        }
        let rule = outcome.book.rules.get(finding.rule).map_or("", |r| r.id.as_str());
        let suppressed =
            finding.suppressed.as_ref().map(|s| format!(" [suppressed by {}: {}]", s.by, clean(&s.reason))).unwrap_or_default();
        let at = place(&outcome.texts, finding.places.first().map(|p| p.span));
        writeln!(out, "{at}: {}[{rule}] {}{suppressed}", finding.severity, clean(&finding.message))?;
    }
    let suppressed = outcome.verdicts.findings.iter().filter(|f| f.suppressed.is_some()).count();
    let suppressed = if suppressed > 0 { format!("; {suppressed} suppressed") } else { String::new() };
    writeln!(out, "{}{suppressed}", summary(outcome))
}
