//! Markdown for a summary of a job (`keylint check --format markdown >>"$GITHUB_STEP_SUMMARY"`) or a comment on a change.
//!
//! The first line is the worst leak among the secrets that were found, where one is of a key that is known; then comes the
//! verdict. Nothing from outside becomes markup: names and places are code, sentences are escaped. A
//! report stays below what GitHub takes of a step's summary, and says what it left out.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::leaks::Leaks;
use super::markup::{code, paragraphs, prose};
use super::outside::Outside;
use super::summary;
use crate::discover::Aside;
use crate::finding::Finding;
use crate::problem::Weight;
use crate::run::Outcome;

/// GitHub takes 1 MiB for a step and drops a longer summary as a whole
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>); other commands of the step may
/// add to it.
const LARGEST: usize = 900 * 1024;
/// Of that, what stands behind the table of findings may take so much for each of its sections.
const SECTION: usize = 120 * 1024;

/// Items up to a size, and how many there were beyond it.
fn bounded(items: impl Iterator<Item = String>, most: usize, out: &mut String) -> usize {
    let (mut used, mut left) = (0, 0);
    for item in items {
        if left == 0 && used + item.len() <= most {
            used += item.len();
            out.push_str(&item);
        } else {
            left += 1;
        }
    }
    left
}

fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// The first sentence of a fix, for a cell of the table.
fn first_sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.find(". ").and_then(|end| text.get(..=end)) {
        Some(first) if !first.ends_with("1.") => first.to_owned(),
        _ => text,
    }
}

fn row(outside: &Outside<'_>, finding: &Finding) -> String {
    let fix = outside.rule(finding).map(|r| first_sentence(&outside.words(&r.fix))).unwrap_or_default();
    let suppressed = outside.suppressed(finding).map(|s| format!("<br>{}", prose(&s))).unwrap_or_default();
    let others = match finding.places.len() {
        0 | 1 => String::new(),
        n => format!("<br>and {}", count(n - 1, "more place", "more places")),
    };
    format!(
        "| {} | {} | {}{others} | {}{suppressed} | {} |\n",
        finding.severity,
        code(&outside.words(outside.rule_id(finding))),
        code(&outside.first(finding).sentence()),
        prose(&outside.words(&finding.message)),
        prose(&fix)
    )
}

/// Why and how, once for each rule that has a finding, folded.
fn details(outside: &Outside<'_>, findings: &[&Finding]) -> String {
    let mut seen = BTreeSet::new();
    let rules = findings.iter().filter(|f| seen.insert(f.rule)).filter_map(|f| outside.rule(f));
    let items = rules.map(|rule| {
        format!(
            "<details><summary>{}: {}</summary>\n\n**Why it matters.** {}\n**How to fix it.** {}\n</details>\n\n",
            prose(&outside.words(&rule.id)),
            prose(&rule.title),
            paragraphs(&rule.why),
            paragraphs(&rule.fix)
        )
    });
    let mut out = String::new();
    let left = bounded(items, SECTION, &mut out);
    if left > 0 {
        out.push_str(&format!("The reasons of {} are left out here: `keylint explain RULE` has them.\n\n", count(left, "rule", "rules")));
    }
    out
}

/// A list under its heading, which is framed by `before` and `after`.
fn section(before: &str, heading: &str, after: &str, items: impl Iterator<Item = String>, out: &mut String) {
    let mut list = String::new();
    let left = bounded(items, SECTION, &mut list);
    if left > 0 {
        list.push_str(&format!("- and {left} more; `--format json` has them all\n"));
    }
    if !list.is_empty() {
        out.push_str(&format!("{before}{heading}{after}\n\n{list}\n"));
    }
}

/// A list that can be long and is folded, because the findings stand above it.
fn folded(heading: &str, items: impl Iterator<Item = String>, out: &mut String) {
    let before = out.len();
    section("<details><summary>", heading, "</summary>", items, out);
    if out.len() > before {
        out.push_str("</details>\n\n");
    }
}

/// All that stands behind the findings.
fn rest(outcome: &Outcome, outside: &Outside<'_>) -> String {
    let mut out = String::new();
    let problems = outcome.problems.iter().map(|problem| {
        let word = match problem.weight {
            Weight::Fatal => "error",
            Weight::Incomplete => "incomplete",
            Weight::Note => "note",
        };
        let at = problem.place.and_then(|s| outside.spot(s)).map(|s| format!(" {}", code(&s.sentence()))).unwrap_or_default();
        format!("- {word} {}{at}: {}\n", code(problem.code), prose(&outside.problem(problem)))
    });
    let aside = |a: &Aside| format!("- {}: {}\n", code(&outside.words(&a.path)), prose(&outside.words(&a.reason)));
    section("### ", "Not read, or not understood", "", problems.chain(outside.unread().map(aside)), &mut out);
    let open = outside.not_assessed();
    let open = open.map(|o| format!("- {} {}\n", code(&outside.words(o.rule)), prose(&format!("{}{}", o.missing, o.by))));
    folded(&format!("Not assessed: {}", count(outcome.not_possible(), "check", "checks")), open, &mut out);
    folded("Left out by design", outcome.coverage.left_out.iter().map(aside), &mut out);
    let coverage = &outcome.coverage;
    let declaration = outcome
        .config
        .as_ref()
        .map_or_else(|| "no declaration: tasks are inferred".to_owned(), |c| format!("declaration {}", code(&outside.words(c))));
    let commits = if coverage.commits > 0 { format!(" of {}", count(coverage.commits, "commit", "commits")) } else { String::new() };
    out.push_str(&format!(
        "Read {} in {}{commits} as of {}, {declaration}.",
        count(coverage.keys, "key", "keys"),
        count(coverage.files, "file", "files"),
        outcome.as_of
    ));
    let suppressed = outcome.verdicts.findings.len() - outcome.live().count();
    if suppressed > 0 {
        out.push_str(&format!(" {} suppressed.", count(suppressed, "finding is", "findings are")));
    }
    let fails = outcome.live().filter(|f| outside.fails(f)).count();
    if fails > 0 {
        out.push_str(&format!(" {} at {} or above.", count(fails, "finding is", "findings are"), outcome.fail_on));
    }
    out.push_str(&format!(" Exit code {}.\n", outcome.exit));
    out
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let outside = Outside::new(outcome);
    let shown: Vec<&Finding> = outside.shown(show_suppressed).collect();
    let verdict = match outcome.exit {
        0 => "passed",
        1 => "failed",
        2 => "incomplete",
        _ => "nothing to check",
    };
    let leaks = Leaks::of_outcome(outcome);
    // What hurts most stands first, the verdict right below.
    let leak = leaks.first_line().map(|l| format!("**Worst leak:** {}\n\n", prose(&outside.words(l)))).unwrap_or_default();
    let head = format!("{leak}## keylint: {verdict}; {}\n\n", summary(outcome));
    let (details, rest) = (details(&outside, &shown), rest(outcome, &outside));
    let mut table = String::new();
    if !shown.is_empty() {
        table.push_str("| severity | rule | place | finding | what to do |\n|---|---|---|---|---|\n");
        let most = LARGEST.saturating_sub(head.len() + details.len() + rest.len() + table.len() + 200);
        let left = bounded(shown.iter().map(|f| row(&outside, f)), most, &mut table);
        if left > 0 {
            let left = count(left, "finding, the least severe, is", "findings, the least severe, are");
            table.push_str(&format!("\n{left} left out here: a summary can hold no more. `--format json` has them all.\n"));
        }
        table.push('\n');
    }
    for part in [head, table, details, rest] {
        out.write_all(part.as_bytes())?;
    }
    Ok(())
}
