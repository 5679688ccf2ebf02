//! What does not count, and what no longer holds back anything: comments that allow a finding, and the baseline. A
//! suppression needs a reason, covers what it says and no more, and rot is told.

use std::collections::{BTreeMap, BTreeSet};

use super::sightings::PlacedAllow;
use crate::finding::{Finding, Suppressed};
use crate::model::time::{Period, Time};
use crate::problem::Problem;
use crate::rules::Rulebook;
use crate::scan::Fault;
use crate::text::{Shown, Span, nearest};

/// Applies comments that allow findings. Each covers one.
pub(super) fn inline(findings: &mut [Finding], allows: &[PlacedAllow], texts: &Shown, book: &Rulebook, now: Time) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut tell = |code, place, message: String, help: &str| problems.push(Problem::note(code, Some(place), message).help(help));
    let ids: Vec<&str> = book.rules.iter().map(|r| r.id.as_str()).collect();
    // Lines that hold nothing but such comments, for comments that stand above each other.
    let line_of = |span: Span| texts.get(span.text).map_or(0, |t| t.position(span.start).line);
    let own: BTreeSet<(File<'_>, u32)> =
        allows.iter().filter(|a| a.allow.own_line).map(|a| (file_of(texts, a.place), line_of(a.place))).collect();
    // The line that each is about: the first one behind those that stand above each other.
    let mut after: BTreeMap<(File<'_>, u32), u32> = BTreeMap::new();
    for (path, line) in own.iter().rev() {
        let next = after.get(&(*path, line + 1)).copied().unwrap_or(line + 1);
        after.insert((*path, *line), next);
    }
    let mut met: BTreeSet<(File<'_>, u64)> = BTreeSet::new();
    for PlacedAllow { place, allow } in allows {
        // A part of a file may have been read for each of its findings.
        let offset = texts.get(place.text).map_or(0, |t| t.position(place.start).offset);
        if !met.insert((file_of(texts, *place), offset)) {
            continue;
        }
        match allow.fault {
            Some(Fault::NoRule) => {
                tell(
                    "suppression-without-rule",
                    *place,
                    "this comment allows nothing: it names no rule".into(),
                    "keylint: allow RULE -- reason",
                );
                continue;
            }
            Some(Fault::NoReason) => {
                let message = "this comment suppresses nothing: it gives no reason".into();
                tell("suppression-without-reason", *place, message, "keylint: allow RULE until=DATE -- reason");
                continue;
            }
            Some(Fault::NotUnderstood) => {
                let message = "this comment suppresses nothing: not all of its words are understood".into();
                tell("suppression-not-understood", *place, message, "keylint: allow RULE until=DATE -- reason");
                continue;
            }
            Some(Fault::New) => {
                let message = "this comment is new: it suppresses nothing before it stands in what this change is compared with".into();
                tell("suppression-added", *place, message, "somebody should agree to it");
                continue;
            }
            None => {}
        }
        if !ids.contains(&allow.rule.as_str()) {
            let help =
                nearest(&allow.rule, &ids).map_or_else(|| "`keylint rules` lists the rules".to_owned(), |n| format!("did you mean `{n}`?"));
            tell("suppression-unknown-rule", *place, "this comment suppresses nothing: there is no such rule".into(), &help);
            continue;
        }
        let until = match allow.until.as_deref().map(Time::parse) {
            Some(Ok(until)) => Some(end_of(until, allow.until.as_deref().unwrap_or(""))),
            Some(Err(_)) => {
                tell("suppression-wrong-date", *place, "this comment suppresses nothing: its date is none".into(), "until=2027-06-30");
                continue;
            }
            None => None,
        };
        if until.is_some_and(|u| u <= now) {
            tell(
                "suppression-expired",
                *place,
                "this comment has expired: it suppresses nothing any more".into(),
                "take it out, or give it a new date and a reason",
            );
            continue;
        }
        let path = file_of(texts, *place);
        let mut line = line_of(*place);
        if allow.own_line && line > 0 {
            line = after.get(&(path, line)).copied().unwrap_or(line + 1);
        }
        let covers = |f: &Finding| {
            let rule = book.rules.get(f.rule).is_some_and(|r| r.id == allow.rule);
            rule && f.suppressed.is_none() && f.places.iter().any(|p| is_at(texts, p.span, path, line))
        };
        match findings.iter_mut().find(|f| covers(f)) {
            Some(finding) => {
                let reason = allow.reason.clone().unwrap_or_default();
                finding.suppressed = Some(Suppressed { by: "inline", reason, until: allow.until.clone() });
            }
            None => {
                tell("suppression-unused", *place, "this comment suppresses nothing: there is no such finding there".into(), "take it out");
            }
        }
    }
    problems
}

/// The end of a day that was written without a time of day: until then, something still holds.
pub(super) fn end_of(until: Time, written: &str) -> Time {
    if written.trim().len() == 10 { until + Period::from_days(1) } else { until }
}

/// A file, and the commit that it was read from.
type File<'t> = (&'t str, Option<&'t str>);

fn file_of(texts: &Shown, span: Span) -> File<'_> {
    (texts.path(span.text), texts.get(span.text).and_then(crate::text::ShownText::commit))
}

/// Whether a place lies on a line of a file.
fn is_at(texts: &Shown, span: Span, file: File<'_>, line: u32) -> bool {
    // A file that is no text has no lines, and a comment in it is about nothing.
    let Some(text) = texts.get(span.text).filter(|_| file_of(texts, span) == file && line > 0) else { return false };
    let (first, last) = (text.position(span.start).line, text.position(span.end.saturating_sub(1).max(span.start)).line);
    (first..=last).contains(&line)
}

/// What a baseline holds.
pub struct Baseline {
    /// Its fingerprints, with the places that they stand at.
    pub entries: Vec<(String, Span)>,
}

impl Baseline {
    /// Reads a baseline: a fingerprint at the beginning of each line; lines that begin with `#` are remarks.
    ///
    /// # Errors
    /// The first line that is none of these.
    pub fn read(text: crate::text::TextId, content: &str) -> Result<Self, Span> {
        let mut entries = Vec::new();
        let mut at = 0u32;
        for line in content.split_inclusive('\n') {
            let word = line.split_whitespace().next().unwrap_or("");
            let span = Span::new(text, at, at + line.trim_end().len() as u32);
            if !word.is_empty() && !word.starts_with('#') {
                if word.len() != 32 || !word.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(span);
                }
                entries.push((word.to_ascii_lowercase(), span));
            }
            at += line.len() as u32;
        }
        Ok(Self { entries })
    }

    /// Applies it.
    pub(super) fn apply(&self, findings: &mut [Finding]) -> Vec<Problem> {
        let known: BTreeSet<&str> = self.entries.iter().map(|(f, _)| f.as_str()).collect();
        let mut met: BTreeSet<&str> = BTreeSet::new();
        for finding in findings.iter_mut() {
            if let Some(entry) = known.get(finding.fingerprint.as_str()) {
                met.insert(entry);
                if finding.suppressed.is_none() {
                    finding.suppressed =
                        Some(Suppressed { by: "baseline", reason: "known when the baseline was made".into(), until: None });
                }
            }
        }
        let gone: Vec<Span> = self.entries.iter().filter(|(f, _)| !met.contains(f.as_str())).map(|(_, span)| *span).collect();
        let Some(first) = gone.first() else { return Vec::new() };
        let message = match gone.len() {
            1 => "this entry of the baseline matches no finding any more".to_owned(),
            n => format!("{n} entries of the baseline match no finding any more; this is the first"),
        };
        vec![Problem::note("baseline-unused", Some(*first), message).help("`keylint baseline prune` takes them out")]
    }
}
