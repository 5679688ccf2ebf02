//! The findings for the page, each with its places, the masked lines of these, why it matters and how to fix it; and what was
//! not assessed, not read or not understood.

use serde::Serialize;

use super::{Words, prose};
use crate::discover::Aside;
use crate::finding::{Confidence, Finding, Role, Severity};
use crate::model::Exchange;
use crate::problem::{Problem, Weight};
use crate::report::outside::Outside;
use crate::run::{Coverage, Outcome};
use crate::text::{Shown, Span};

/// Findings on the page; the document for programs has them all.
const FINDINGS: usize = 400;
/// Places of one finding.
const PLACES: usize = 6;
/// Of a path, so many.
const PATH: usize = 300;
/// Characters of a line beside the marked words, on each side, and of these.
const BESIDE: usize = 60;
const MARKED: usize = 100;
/// Rules that had no answer, and paths in a list.
const LISTED: usize = 200;

/// All about findings.
#[derive(Serialize)]
pub(super) struct Findings {
    counts: Vec<Count>,
    exchanges: Vec<String>,
    accounts: Vec<String>,
    items: Vec<Item>,
    /// Those that are not on the page.
    more: usize,
    total: usize,
    suppressed: usize,
    not_assessed: Vec<Open>,
    more_not_assessed: usize,
    checks: usize,
}

/// Findings of one severity.
#[derive(Serialize)]
struct Count {
    severity: &'static str,
    n: usize,
}

/// A finding.
#[derive(Serialize)]
struct Item {
    severity: &'static str,
    exchange: String,
    account: String,
    rule: String,
    message: String,
    subject: String,
    because: Option<String>,
    confidence: Option<&'static str>,
    places: Vec<Place>,
    more_places: usize,
    why: Vec<prose::Block>,
    fix: Vec<prose::Block>,
    suppressed: Option<String>,
}

/// A place with its line.
#[derive(Serialize)]
pub(super) struct Place {
    at: String,
    note: String,
    line: Option<Line>,
}

/// A line of a source, masked and cut around the marked words.
#[derive(Serialize)]
struct Line {
    number: u32,
    before: String,
    marked: String,
    after: String,
}

/// A rule without an answer.
#[derive(Serialize)]
struct Open {
    rule: String,
    missing: String,
    by: String,
}

/// Something that was not understood.
#[derive(Serialize)]
pub(super) struct Trouble {
    word: &'static str,
    code: &'static str,
    message: String,
    at: Option<String>,
    help: Option<String>,
}

/// What was read.
#[derive(Serialize)]
pub(super) struct Read {
    facts: Vec<(&'static str, String)>,
    lists: Vec<List>,
}

/// Paths with reasons.
#[derive(Serialize)]
struct List {
    title: &'static str,
    items: Vec<(String, String)>,
    more: usize,
}

pub(super) fn findings(outcome: &Outcome, outside: &Outside<'_>, words: &Words<'_>, show_suppressed: bool) -> Findings {
    let shown: Vec<&Finding> = outside.shown(show_suppressed).collect();
    let items: Vec<Item> = shown.iter().take(FINDINGS).map(|f| item(outcome, outside, words, f)).collect();
    let names = |of: fn(&Item) -> &String| {
        let mut out: Vec<String> = items.iter().map(of).filter(|n| !n.is_empty()).cloned().collect();
        out.sort();
        out.dedup();
        out
    };
    let count = |severity: Severity| Count { severity: severity.id(), n: outcome.live().filter(|f| f.severity == severity).count() };
    let open: Vec<Open> = outside
        .not_assessed()
        .take(LISTED)
        .map(|o| Open {
            rule: words.sentence(o.rule),
            missing: words.sentence(&o.missing),
            by: words.sentence(o.by.strip_prefix("; ").unwrap_or(&o.by)),
        })
        .collect();
    Findings {
        counts: Severity::WORST_FIRST.map(count).into(),
        exchanges: names(|i| &i.exchange),
        accounts: names(|i| &i.account),
        more: shown.len() - items.len(),
        total: shown.len(),
        items,
        suppressed: outcome.verdicts.findings.len() - outcome.live().count(),
        more_not_assessed: outcome.verdicts.not_assessed.len().saturating_sub(open.len()),
        not_assessed: open,
        checks: outcome.not_possible(),
    }
}

fn item(outcome: &Outcome, outside: &Outside<'_>, words: &Words<'_>, finding: &Finding) -> Item {
    let rule = outside.rule(finding);
    let text = |text: Option<&String>| text.map(|t| prose::blocks(&words.of_lines(t))).unwrap_or_default();
    let exchange = finding.venue.as_deref().or(finding.subject.exchange.map(Exchange::id));
    let places = finding.places.iter().take(PLACES).filter_map(|p| {
        let role = match p.role {
            Role::Primary => "",
            Role::Part => "another part of it",
            Role::Related => "belongs to it",
        };
        let note = if p.note.is_empty() { role } else { &p.note };
        place(&outcome.texts, words, p.span, note)
    });
    let mut places: Vec<Place> = places.collect();
    if places.is_empty() {
        places.push(Place { at: words.short(&outside.first(finding).sentence(), PATH), note: String::new(), line: None });
    }
    Item {
        severity: finding.severity.id(),
        exchange: exchange.map(|e| words.short(e, 60)).unwrap_or_default(),
        account: finding.subject.account.as_deref().map(|a| words.short(a, 60)).unwrap_or_default(),
        rule: words.short(outside.rule_id(finding), 80),
        message: words.sentence(&finding.message),
        subject: words.short(&finding.subject.sentence(), 200),
        because: finding.because.as_deref().map(|b| words.sentence(b)),
        confidence: match finding.confidence {
            Confidence::High => None,
            Confidence::Medium => Some("medium"),
            Confidence::Low => Some("low; it rests on documentation alone, and never fails a run"),
        },
        more_places: finding.places.len().saturating_sub(PLACES),
        places,
        why: text(rule.map(|r| &r.why)),
        fix: text(rule.map(|r| &r.fix)),
        suppressed: outside.suppressed(finding).map(|s| words.sentence(&s)),
    }
}

fn place(texts: &Shown, words: &Words<'_>, span: Span, note: &str) -> Option<Place> {
    let text = texts.get(span.text)?;
    let at = text.position(span.start);
    let name = words.short(text.path(), PATH);
    let commit = text.commit().map(|c| format!(" in commit {}", c.get(..12).unwrap_or(c))).unwrap_or_default();
    let place =
        if at.line > 0 { format!("{name}:{}:{}{commit}", at.line, at.column) } else { format!("{name} at byte {}{commit}", at.offset) };
    Some(Place { at: place, note: words.sentence(note), line: line(text, words, span) })
}

/// The line that a place begins on. Values are starred out in all that is shown of it before it is cut.
fn line(text: &crate::text::ShownText, words: &Words<'_>, span: Span) -> Option<Line> {
    let number = text.position(span.start).line;
    let (from, to) = text.line(number)?;
    let content = text.content();
    let skip = if from == 0 && content.starts_with('\u{feff}') { 3 } else { 0 };
    let (from, to) = (from as usize + skip, to as usize);
    let start = content.floor_char_boundary((span.start as usize).clamp(from, to));
    let end = content.floor_char_boundary((span.end as usize).clamp(start, to));
    // No more of a line is looked at than could be shown: it may be the whole of a file.
    let near = content.floor_char_boundary(start.saturating_sub(BESIDE * 4).max(from));
    let far = content.floor_char_boundary(to.min(end.min(start + MARKED * 4) + BESIDE * 4));
    let end = end.min(far);
    let shown = words.starred_bytes(content.get(near..far)?)?;
    let (before, rest) = shown.split_at_checked(start - near)?;
    let (marked, after) = rest.split_at_checked(end - start)?;
    let whole = |c: char| c == '*' || c.is_whitespace();
    if shown.chars().all(whole) {
        return None;
    }
    let before = before.trim_start();
    let skipped = before.chars().count().saturating_sub(BESIDE);
    let lead = if skipped > 0 || near > from { "\u{2026}" } else { "" };
    let cut = |text: &str, most: usize, more: bool| {
        let kept: String = text.chars().take(most).collect();
        let more = more || kept.len() < text.len();
        format!("{}{}", words.of(&kept), if more { "\u{2026}" } else { "" })
    };
    Some(Line {
        number,
        before: format!("{lead}{}", words.of(&before.chars().skip(skipped).collect::<String>())),
        marked: cut(marked, MARKED, false),
        after: cut(after, BESIDE, far < to),
    })
}

pub(super) fn troubles(problems: &[Problem], texts: &Shown, words: &Words<'_>) -> (Vec<Trouble>, usize) {
    let one = |problem: &Problem| Trouble {
        word: match problem.weight {
            Weight::Fatal => "error",
            Weight::Incomplete => "incomplete",
            Weight::Note => "note",
        },
        code: problem.code,
        message: words.sentence(&problem.message),
        at: problem.place.and_then(|span| Some(place(texts, words, span, "")?.at)),
        help: problem.help.as_ref().map(|h| words.sentence(h)),
    };
    (problems.iter().take(LISTED).map(one).collect(), problems.len().saturating_sub(LISTED))
}

pub(super) fn read(coverage: &Coverage, words: &Words<'_>) -> Read {
    let mut facts = vec![
        ("keys", coverage.keys.to_string()),
        ("exports", coverage.exports.to_string()),
        ("files", coverage.files.to_string()),
        ("bytes", super::grouped(coverage.bytes)),
    ];
    if coverage.commits > 0 {
        facts.push(("commits", coverage.commits.to_string()));
    }
    let list = |title, all: &[Aside]| List {
        title,
        items: all.iter().take(LISTED).map(|a| (words.short(&a.path, PATH), words.short(&a.reason, PATH))).collect(),
        more: all.len().saturating_sub(LISTED),
    };
    let lists = vec![list("Not read", &coverage.not_read), list("Left out by design", &coverage.left_out)];
    Read { facts, lists: lists.into_iter().filter(|l| !l.items.is_empty()).collect() }
}
