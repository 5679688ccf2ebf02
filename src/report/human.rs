//! The report for a person: what is wrong with which key, shown in the file's own words, why it matters and what to do.
//!
//! Findings about one subject stand together, worst first. The severity is a word before it is a colour. What was not
//! assessed and what was not read is said in every report, so that silence never looks like a pass. The last block is the
//! summary; its first line has the counts.

mod prose;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use super::leaks::Leaks;
use super::radius::ways_in_words;
use super::summary;
use crate::discover::Aside;
use crate::engine::NotAssessed;
use crate::finding::{Confidence, Finding, Label, Role, SubjectName};
use crate::problem::{Problem, Weight};
use crate::rules::vocabulary::Subject;
use crate::run::{Outcome, is_complete};
use crate::text::TextId;
use prose::cut_list;
pub(super) use prose::{Pen, Tone, count};
use source::{Drawer, Pin};

/// Options that the terminal decides.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether colours may be used; without them there is no escape sequence in the report.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether lines and arrows may be drawn with more than ASCII.
    pub unicode: bool,
    /// Whether findings that do not count are shown too.
    pub show_suppressed: bool,
}

/// Paths left out that are listed; the document for programs has them all.
const LEFT_OUT: usize = 5;
/// Paths not read that are listed.
const NOT_READ: usize = 20;
/// Places of a finding that are shown; the document for programs has them all.
const PLACES: usize = 12;
/// Places of a finding about everything that are shown.
const FEW_PLACES: usize = 3;
/// Members of a list that are named before "and N more".
const NAMED: usize = 3;

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    Report {
        outcome,
        style,
        pen: Pen::new(style),
        drawer: Drawer::new(style),
        leaks: Leaks::of_outcome(outcome),
        explained: BTreeSet::new(),
        page: String::new(),
    }
    .write(out)
}

/// Whether a finding is about no record of its own: such findings stand after those that are.
fn is_about_all(subject: &SubjectName) -> bool {
    matches!(subject.kind, "estate" | "exchange")
}

struct Report<'a> {
    outcome: &'a Outcome,
    style: &'a Style,
    pen: Pen,
    drawer: Drawer,
    /// What the secrets that were found cost.
    leaks: Leaks,
    /// Rules whose reason and remedy were printed already.
    explained: BTreeSet<usize>,
    /// What is written next.
    page: String,
}

impl<'a> Report<'a> {
    fn write(mut self, out: &mut dyn Write) -> io::Result<()> {
        let problems = &self.outcome.problems;
        if let Some(worst) = self.leaks.first_line() {
            self.pen.paragraph(0, (Tone::Bad, "worst leak:"), worst, &mut self.page);
            self.page.push('\n');
        }
        for problem in problems.iter().filter(|p| p.weight == Weight::Fatal) {
            self.problem(problem);
            self.flush(out)?;
        }
        for (heading, findings) in self.groups() {
            self.pen.heading(&heading, &mut self.page);
            for finding in findings {
                self.finding(finding);
                self.flush(out)?;
            }
        }
        let others: Vec<&Problem> = problems.iter().filter(|p| p.weight != Weight::Fatal).collect();
        if !others.is_empty() {
            self.pen.heading("not read, or not understood", &mut self.page);
        }
        for weight in [Weight::Incomplete, Weight::Note] {
            for problem in others.iter().filter(|p| p.weight == weight) {
                self.problem(problem);
                self.flush(out)?;
            }
        }
        self.not_assessed();
        self.coverage();
        self.flush(out)?;
        self.summary();
        self.flush(out)
    }

    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.page.as_bytes())?;
        self.page.clear();
        Ok(())
    }

    fn rule_id(&self, rule: usize) -> &'a str {
        self.outcome.book.rules.get(rule).map_or("?", |r| r.id.as_str())
    }

    /// The findings by subject. The findings are in order, so a subject stands where its worst one does; one that has
    /// nothing but findings that do not count comes after all others.
    fn groups(&self) -> Vec<(String, Vec<&'a Finding>)> {
        let mut groups: Vec<(&SubjectName, Option<TextId>, Vec<&'a Finding>)> = Vec::new();
        let mut known: BTreeMap<(&SubjectName, Option<TextId>), usize> = BTreeMap::new();
        for counts in [true, false] {
            if !counts && !self.style.show_suppressed {
                continue;
            }
            for finding in self.outcome.verdicts.findings.iter().filter(|f| f.suppressed.is_none() == counts) {
                let file = self.file_of(finding);
                let at = *known.entry((&finding.subject, file)).or_insert_with(|| {
                    groups.push((&finding.subject, file, Vec::new()));
                    groups.len() - 1
                });
                if let Some(group) = groups.get_mut(at) {
                    group.2.push(finding);
                }
            }
        }
        groups.sort_by_key(|(subject, _, _)| is_about_all(subject));
        groups.into_iter().map(|(subject, file, findings)| (self.heading(subject, file, findings.len()), findings)).collect()
    }

    /// The file that tells subjects without a name apart: the first place that is not in the declaration.
    fn file_of(&self, finding: &Finding) -> Option<TextId> {
        let subject = &finding.subject;
        if subject.kind != "key" || subject.id.is_some() || subject.label.is_some() {
            return None;
        }
        let mut files = finding.places.iter().map(|p| p.span.text);
        let first = files.clone().next();
        files.find(|f| Some(self.outcome.texts.path(*f)) != self.outcome.config.as_deref()).or(first)
    }

    fn heading(&self, subject: &SubjectName, file: Option<TextId>, findings: usize) -> String {
        let mut out = subject.sentence();
        if let Some(account) = subject.account.as_ref().filter(|_| subject.kind == "key") {
            let _infallible = write!(out, ", account {account}");
        }
        if let Some(file) = file {
            let _infallible = write!(out, " in {}", self.outcome.texts.path(file));
        }
        let _infallible = write!(out, ": {}", count(findings, "finding", "findings"));
        out
    }

    fn finding(&mut self, finding: &'a Finding) {
        let id = self.rule_id(finding.rule);
        let tone = if finding.suppressed.is_some() { Tone::Quiet } else { Tone::of(finding.severity) };
        let page = &mut self.page;
        self.pen.paragraph(0, (tone, &format!("{}[{id}]:", finding.severity)), &finding.message, page);
        if let Some(suppressed) = &finding.suppressed {
            let until = suppressed.until.as_ref().map(|u| format!(" until {u}")).unwrap_or_default();
            self.pen.paragraph(2, (Tone::Quiet, &format!("suppressed ({}){until}:", suppressed.by)), &suppressed.reason, page);
        }
        // What is about everything has a place in every export: a few show what is meant.
        let most = if is_about_all(&finding.subject) { FEW_PLACES } else { PLACES };
        let pin = |l: &'a Label| Pin { span: l.span, note: &l.note, primary: l.role != Role::Related };
        let pins: Vec<Pin<'_>> = finding.places.iter().take(most).map(pin).collect();
        // Writing to a string cannot fail, and our source has an answer to every span.
        let _infallible = self.drawer.draw(&self.outcome.texts, &pins, tone, page);
        if finding.places.len() > most {
            let more = format!("and {}", count(finding.places.len() - most, "more place", "more places"));
            self.pen.paragraph(2, (Tone::Quiet, ""), &more, page);
        }
        if let Some(because) = &finding.because {
            self.pen.paragraph(2, (Tone::Heading, &format!("{} because:", finding.severity)), because, page);
        }
        if let Some(leaked) = self.leaks.of(finding) {
            self.pen.paragraph(2, (Tone::Heading, "radius:"), &ways_in_words(leaked), page);
        }
        match finding.confidence {
            Confidence::High => {}
            Confidence::Medium => self.pen.paragraph(2, (Tone::Heading, "confidence:"), "medium", page),
            Confidence::Low => {
                let says = "low; it rests on documentation alone, and never fails a run";
                self.pen.paragraph(2, (Tone::Heading, "confidence:"), says, page);
            }
        }
        if let Some(rule) = self.outcome.book.rules.get(finding.rule) {
            if self.explained.insert(finding.rule) {
                self.pen.lines(2, (Tone::Heading, "why:"), &rule.why, page);
                self.pen.lines(2, (Tone::Heading, "help:"), &rule.fix, page);
            } else {
                self.pen.paragraph(2, (Tone::Quiet, ""), &format!("(why and fix: keylint explain {id})"), page);
            }
        }
        page.push('\n');
    }

    fn problem(&mut self, problem: &Problem) {
        let (word, tone) = match problem.weight {
            Weight::Fatal => ("error", Tone::Bad),
            Weight::Incomplete => ("incomplete", Tone::Warning),
            Weight::Note => ("note", Tone::Notice),
        };
        self.pen.paragraph(0, (tone, &format!("{word}[{}]:", problem.code)), &problem.message, &mut self.page);
        let place = problem.place.iter().map(|span| Pin { span: *span, note: "", primary: true });
        let related = problem.related.iter().map(|(span, note)| Pin { span: *span, note, primary: false });
        let pins: Vec<Pin<'_>> = place.chain(related).collect();
        let _infallible = self.drawer.draw(&self.outcome.texts, &pins, tone, &mut self.page);
        if let Some(help) = &problem.help {
            self.pen.paragraph(2, (Tone::Heading, "help:"), help, &mut self.page);
        }
        self.page.push('\n');
    }

    fn not_assessed(&mut self) {
        let all = &self.outcome.verdicts.not_assessed;
        if all.is_empty() {
            return;
        }
        let subjects =
            |n: &NotAssessed| self.outcome.book.rules.get(n.rule).map_or_else(|| n.subjects.to_string(), |r| subjects(r.about, n.subjects));
        let wide = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0).min(40);
        let id_width = wide(&mut all.iter().map(|n| self.rule_id(n.rule).len()));
        let subject_width = wide(&mut all.iter().map(|n| subjects(n).len()));
        let heading = format!("not assessed: {}", count(self.outcome.not_possible(), "check", "checks"));
        self.pen.heading(&heading, &mut self.page);
        let mut last: Option<&[String]> = None;
        for entry in all {
            let missing: Vec<&str> = entry.missing.iter().map(|f| f.id()).collect();
            let as_above = !entry.answered_by.is_empty() && last == Some(&entry.answered_by);
            let tail = if as_above { "; answered as above" } else { "" };
            let lead = format!("{:id_width$}  {:subject_width$} ", self.rule_id(entry.rule), subjects(entry));
            self.pen.paragraph(2, (Tone::Heading, &lead), &format!("missing {}{tail}", cut_list(&missing, NAMED)), &mut self.page);
            if !as_above && !entry.answered_by.is_empty() {
                self.pen.paragraph(6, (Tone::Quiet, "answered by"), &cut_list(&entry.answered_by, NAMED), &mut self.page);
            }
            last = Some(&entry.answered_by);
        }
        self.page.push('\n');
    }

    fn coverage(&mut self) {
        let coverage = &self.outcome.coverage;
        for (heading, list, most) in [("left out by design", &coverage.left_out, LEFT_OUT), ("not read", &coverage.not_read, NOT_READ)] {
            if list.is_empty() {
                continue;
            }
            self.pen.heading(heading, &mut self.page);
            for Aside { path, reason } in list.iter().take(most) {
                self.pen.paragraph(2, (Tone::Heading, &format!("{path}:")), reason, &mut self.page);
            }
            if list.len() > most {
                let more = format!("and {} more; --format json lists them all", list.len() - most);
                self.pen.paragraph(2, (Tone::Quiet, ""), &more, &mut self.page);
            }
            self.page.push('\n');
        }
    }

    fn summary(&mut self) {
        let outcome = self.outcome;
        let first = summary(outcome);
        let worst = outcome.live().map(|f| Tone::of(f.severity)).next();
        let calm = if outcome.exit == 0 { Tone::Good } else { Tone::Heading };
        self.pen.line(worst.unwrap_or(calm), &first, &mut self.page);
        let coverage = &outcome.coverage;
        let declaration =
            outcome.config.as_ref().map_or_else(|| "no declaration: tasks are inferred".to_owned(), |c| format!("declaration {c}"));
        let (keys, mut files) = (count(coverage.keys, "key", "keys"), count(coverage.files, "file", "files"));
        if coverage.commits > 0 {
            files = format!("{files} of {}", count(coverage.commits, "commit", "commits"));
        }
        self.pen.paragraph(
            0,
            (Tone::Heading, ""),
            &format!("read {keys} in {files} as of {}, {declaration}", outcome.as_of),
            &mut self.page,
        );
        let suppressed = outcome.verdicts.findings.len() - outcome.live().count();
        if suppressed > 0 {
            let shown = if self.style.show_suppressed { "" } else { ", shown with --show-suppressed" };
            let line = format!("{} suppressed{shown}", count(suppressed, "finding", "findings"));
            self.pen.paragraph(0, (Tone::Heading, ""), &line, &mut self.page);
        }
        if !outcome.complete && !self.is_fatal() {
            self.pen.paragraph(0, (Tone::Warning, "incomplete:"), &self.incomplete(), &mut self.page);
        }
        let (tone, word, says) = self.ending();
        self.pen.paragraph(0, (tone, word), &format!("{says} (exit code {})", outcome.exit), &mut self.page);
    }

    fn is_fatal(&self) -> bool {
        self.outcome.problems.iter().any(|p| p.weight == Weight::Fatal)
    }

    /// What makes the run incomplete.
    fn incomplete(&self) -> String {
        let outcome = self.outcome;
        let mut parts = Vec::new();
        let not_read = outcome.coverage.not_read.len();
        if not_read > 0 {
            parts.push(format!("{} not read", count(not_read, "input was", "inputs were")));
        }
        let problems = outcome.problems.iter().filter(|p| p.weight == Weight::Incomplete).count();
        if problems > 0 {
            parts.push(format!("{} above", count(problems, "problem", "problems")));
        }
        if is_complete(&outcome.problems, &outcome.coverage) {
            parts.push(format!("{} not possible, and --strict asks for all", count(outcome.not_possible(), "check was", "checks were")));
        }
        parts.join(", ")
    }

    /// What the exit code means.
    fn ending(&self) -> (Tone, &'static str, String) {
        let outcome = self.outcome;
        let severity = outcome.fail_on;
        let at_or_above =
            if severity == crate::finding::Severity::Critical { "at critical".to_owned() } else { format!("at {severity} or above") };
        let grave = || outcome.live().filter(|f| f.severity >= severity);
        let (unsure, sure) =
            (grave().filter(|f| f.confidence == Confidence::Low).count(), grave().filter(|f| f.confidence != Confidence::Low).count());
        match outcome.exit {
            0 => {
                let mut says = match sure {
                    0 => format!("no finding {at_or_above}"),
                    n => format!("{} {at_or_above}, let pass by --exit-zero", count(n, "finding", "findings")),
                };
                if unsure > 0 {
                    let _infallible = write!(says, "; {} of low confidence not counted", count(unsure, "finding", "findings"));
                }
                if !outcome.complete {
                    says.push_str("; what was not read is let pass by --allow-incomplete");
                }
                (Tone::Good, "passes:", says)
            }
            1 => (Tone::Bad, "fails:", format!("{} {at_or_above}", count(sure, "finding", "findings"))),
            3 => (Tone::Bad, "fails:", "there was nothing to check".to_owned()),
            _ if self.is_fatal() => (Tone::Bad, "fails:", "the run could not be done, see the first error".to_owned()),
            _ => (Tone::Bad, "fails:", "the run is incomplete".to_owned()),
        }
    }
}

/// A number of subjects in words.
fn subjects(about: Subject, n: usize) -> String {
    match about {
        Subject::Key => count(n, "key", "keys"),
        Subject::Account => count(n, "account", "accounts"),
        Subject::ThirdParty => count(n, "third party", "third parties"),
        Subject::Address => count(n, "address", "addresses"),
        Subject::Transfer => count(n, "transfer", "transfers"),
        Subject::Exchange => count(n, "exchange", "exchanges"),
        Subject::Secret => count(n, "secret", "secrets"),
        Subject::RequestWindow => count(n, "request window", "request windows"),
        Subject::Estate => "the whole".to_owned(),
    }
}
