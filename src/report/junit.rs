//! JUnit's XML, which Jenkins, GitLab and most other servers show as test results.
//!
//! A test is a rule, and a suite a family of rules: so the tests are the same in every run, and a server can say which rule
//! fails since when. A rule fails where one of its findings makes the run fail; findings below that are its output. A rule
//! that has no finding and had no answer for something is *skipped*, because it has not passed. What was not read stands in a
//! suite of its own, as errors. The form has no one owner; this is what Jenkins' plugin takes
//! (<https://github.com/jenkinsci/xunit-plugin>, `junit-10.xsd`) and GitLab reads (one `failure`, `error` or `skipped` for a
//! test, <https://docs.gitlab.com/ci/testing/unit_test_reports/>).

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::outside::Outside;
use super::summary;
use crate::finding::Finding;
use crate::problem::Weight;
use crate::run::Outcome;

/// Findings of a rule that are listed; the document for programs has them all.
const LISTED: usize = 200;

/// Text for an element or an attribute. What XML 1.0 cannot hold (section 2.2) was written out with the other control
/// characters before, except for the last two characters of the plane, which become a question mark.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // `]]>` may not stand in text.
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

/// How a test ended.
enum Ended {
    Passed,
    Failed { message: String, text: String },
    Error { kind: String, message: String, text: String },
    Skipped { message: String },
}

struct Case {
    name: String,
    ended: Ended,
    /// What there is to say beside it.
    output: String,
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

impl Suite {
    /// Tests, failures, errors, skipped.
    fn counts(&self) -> [usize; 4] {
        let of = |wanted: fn(&Ended) -> bool| self.cases.iter().filter(|c| wanted(&c.ended)).count();
        [
            self.cases.len(),
            of(|e| matches!(e, Ended::Failed { .. })),
            of(|e| matches!(e, Ended::Error { .. })),
            of(|e| matches!(e, Ended::Skipped { .. })),
        ]
    }
}

fn attributes([tests, failures, errors, skipped]: [usize; 4]) -> String {
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

/// Findings, one on each line, with where they are.
fn lines(outside: &Outside<'_>, findings: &[&Finding]) -> String {
    let mut out = String::new();
    for finding in findings.iter().take(LISTED) {
        let suppressed = outside.suppressed(finding).map(|s| format!(" [{s}]")).unwrap_or_default();
        let at = outside.first(finding).sentence();
        out.push_str(&format!("{at}: {}: {}{suppressed}\n", finding.severity, outside.words(&finding.message)));
    }
    if findings.len() > LISTED {
        out.push_str(&format!("and {} more\n", findings.len() - LISTED));
    }
    out
}

/// What was not read or not understood: a test each, or one that passed.
fn reading(outcome: &Outcome, outside: &Outside<'_>) -> Suite {
    let mut cases = Vec::new();
    let mut notes = String::new();
    for problem in &outcome.problems {
        let spot = problem.place.and_then(|s| outside.spot(s));
        let message = outside.problem(problem);
        let text = spot.as_ref().map_or_else(|| message.clone(), |spot| format!("{}: {message}", spot.sentence()));
        if problem.weight == Weight::Note {
            notes.push_str(&format!("{}: {text}\n", problem.code));
        } else {
            // The name has no line, so that the test is the same when lines move.
            let name = spot.map_or_else(|| problem.code.to_owned(), |spot| format!("{} {}", problem.code, spot.path));
            cases.push(Case { name, ended: Ended::Error { kind: problem.code.to_owned(), message, text }, output: String::new() });
        }
    }
    for aside in outside.unread() {
        let text = outside.words(&format!("{}: not read: {}", aside.path, aside.reason));
        let ended = Ended::Error { kind: "unreadable".to_owned(), message: text.clone(), text };
        cases.push(Case { name: outside.words(&format!("unreadable {}", aside.path)), ended, output: String::new() });
    }
    let whole = if outcome.exit == 3 || (cases.is_empty() && !outcome.complete) {
        let text = summary(outcome);
        Ended::Error { kind: "incomplete".to_owned(), message: text.clone(), text }
    } else {
        Ended::Passed
    };
    if cases.is_empty() || !matches!(whole, Ended::Passed) {
        cases.insert(0, Case { name: "everything was read".to_owned(), ended: whole, output: String::new() });
    }
    if let Some(first) = cases.first_mut() {
        first.output = notes;
    }
    Suite { name: "reading".to_owned(), cases }
}

fn suites(outcome: &Outcome, show_suppressed: bool) -> Vec<Suite> {
    let outside = Outside::new(outcome);
    let mut findings: BTreeMap<usize, Vec<&Finding>> = BTreeMap::new();
    for finding in outside.shown(show_suppressed) {
        findings.entry(finding.rule).or_default().push(finding);
    }
    let open: BTreeMap<usize, String> =
        outside.not_assessed().map(|open| (open.at, format!("not assessed {}{}", open.missing, open.by))).collect();
    let mut suites = vec![reading(outcome, &outside)];
    for (at, rule) in outcome.book.rules.iter().enumerate() {
        let (bad, other): (Vec<&Finding>, Vec<&Finding>) =
            findings.remove(&at).unwrap_or_default().into_iter().partition(|f| outside.fails(f));
        let live = other.iter().any(|f| f.suppressed.is_none());
        let open = open.get(&at);
        let mut output = lines(&outside, &other);
        let ended = match (bad.first(), open) {
            (Some(first), _) => {
                let more = if bad.len() > 1 { format!(" (and {} more)", bad.len() - 1) } else { String::new() };
                let text = format!("{}\nWhy: {}\n\nHow to fix it: {}\n", lines(&outside, &bad), rule.why.trim_end(), rule.fix.trim_end());
                Ended::Failed { message: format!("{}{more}", outside.words(&first.message)), text }
            }
            (None, Some(open)) if !live => Ended::Skipped { message: open.clone() },
            (None, _) => Ended::Passed,
        };
        if let (Some(open), false) = (open, matches!(ended, Ended::Skipped { .. })) {
            output.push_str(&format!("{open}\n"));
        }
        let case = Case { name: outside.words(&rule.id), ended, output };
        let family = outside.words(&rule.family);
        match suites.last_mut().filter(|s| s.name == family) {
            Some(suite) => suite.cases.push(case),
            None => suites.push(Suite { name: family, cases: vec![case] }),
        }
    }
    suites
}

fn case(suite: &str, case: &Case, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "    <testcase classname=\"keylint.{}\" name=\"{}\" time=\"0\"", xml(suite), xml(&case.name))?;
    if matches!(case.ended, Ended::Passed) && case.output.is_empty() {
        return writeln!(out, "/>");
    }
    writeln!(out, ">")?;
    match &case.ended {
        Ended::Passed => {}
        Ended::Failed { message, text } => {
            writeln!(out, "      <failure type=\"finding\" message=\"{}\">{}</failure>", xml(message), xml(text))?;
        }
        Ended::Error { kind, message, text } => {
            writeln!(out, "      <error type=\"{}\" message=\"{}\">{}</error>", xml(kind), xml(message), xml(text))?;
        }
        Ended::Skipped { message } => writeln!(out, "      <skipped message=\"{}\"/>", xml(message))?,
    }
    if !case.output.is_empty() {
        writeln!(out, "      <system-out>{}</system-out>", xml(&case.output))?;
    }
    writeln!(out, "    </testcase>")
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let suites = suites(outcome, show_suppressed);
    let all =
        suites.iter().map(Suite::counts).fold([0; 4], |a, b| std::array::from_fn(|i| a.get(i).unwrap_or(&0) + b.get(i).unwrap_or(&0)));
    let coverage = &outcome.coverage;
    let properties: [(&str, String); 11] = [
        ("as_of", outcome.as_of.to_string()),
        ("summary", summary(outcome)),
        ("exit_code", outcome.exit.to_string()),
        ("fail_on", outcome.fail_on.to_string()),
        ("suppressed", (outcome.verdicts.findings.len() - outcome.live().count()).to_string()),
        ("files", coverage.files.to_string()),
        ("bytes", coverage.bytes.to_string()),
        ("keys", coverage.keys.to_string()),
        ("commits", coverage.commits.to_string()),
        ("left_out", coverage.left_out.len().to_string()),
        ("not_read", coverage.not_read.len().to_string()),
    ];
    // Servers want a time without a zone.
    let time: String = outcome.as_of.to_string().chars().take(19).collect();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"keylint\" {}>", attributes(all))?;
    for suite in &suites {
        writeln!(out, "  <testsuite name=\"{}\" {} time=\"0\" timestamp=\"{time}\">", xml(&suite.name), attributes(suite.counts()))?;
        if suite.name == "reading" {
            writeln!(out, "    <properties>")?;
            for (name, value) in &properties {
                writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", xml(value))?;
            }
            writeln!(out, "    </properties>")?;
        }
        for test in &suite.cases {
            case(&suite.name, test, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup_and_nothing_is_beyond_xml() {
        assert_eq!(xml("a<b>]]>&\"'\u{1}\u{ffff}"), "a&lt;b&gt;]]&gt;&amp;&quot;&apos;??");
    }
}
