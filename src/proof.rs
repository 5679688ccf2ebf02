//! The proof of the rules: every example is run as a user's files would be, and must come out as its list says.

use crate::declaration::Declaration;
use crate::engine::{Context, evaluate};
use crate::intake::{self, Expected};
use crate::inventory::{Evidence, Inventory, join};
use crate::model::time::Time;
use crate::problem::Weight;
use crate::rules::Rulebook;
use crate::rules::example::{Example, Examples, unmark};
use crate::run;
use crate::scan;
use crate::secrets::Detector;
use crate::text::{Span, Text, Texts};

/// Which list an example stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// The rule has a finding.
    Fires,
    /// The rule has none, and everything was known.
    Passes,
    /// The rule has none, because something was unknown.
    NotAssessed,
}

impl List {
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Fires => "fires",
            Self::Passes => "passes",
            Self::NotAssessed => "not-assessed",
        }
    }
}

/// An example that came out differently.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// The list.
    pub list: List,
    /// The example.
    pub name: String,
    /// What differs.
    pub what: String,
}

/// An example, read: what a check of it starts from.
pub struct Staged {
    /// What is known.
    pub inventory: Inventory,
    /// The time of the check.
    pub now: Time,
    /// The texts.
    pub texts: Texts,
    /// The marked places.
    pub marks: Vec<Span>,
}

/// All examples of a rule with the list that each stands in.
pub fn all(examples: &Examples) -> impl Iterator<Item = (List, &Example)> {
    let fires = examples.fires.iter().map(|e| (List::Fires, e));
    let passes = examples.passes.iter().map(|e| (List::Passes, e));
    fires.chain(passes).chain(examples.not_assessed.iter().map(|e| (List::NotAssessed, e)))
}

/// Reads an example as a user's files would be read.
///
/// # Errors
/// What of it cannot be read.
pub fn stage(example: &Example) -> Result<Staged, String> {
    let mut texts = Texts::default();
    let mut marks = Vec::new();
    let mut evidence: Vec<Evidence> = Vec::new();
    for (number, marked) in example.exports.iter().enumerate() {
        let path = format!("exports/{}.json", number + 1);
        let plain = unmark(marked);
        let text = Text::known(path.as_str(), plain.text);
        let id = texts.next_id();
        marks.extend(plain.ranges.iter().map(|(a, b)| Span::new(id, *a, *b)));
        let taken = intake::take(id, &text, path, None, Expected::Export);
        if taken.exports == 0 {
            let why: Vec<_> = taken.problems.iter().map(|p| p.message.clone()).collect();
            return Err(format!("export {} is not recognised: {}", number + 1, why.join("; ")));
        }
        evidence.push(taken.evidence);
        texts.add(text);
    }
    let declaration = match &example.declaration {
        None => None,
        Some(marked) => {
            let plain = unmark(&format!("version: 1\n{marked}"));
            let id = texts.add(Text::known("keylint.yaml", plain.text.as_str()));
            marks.extend(plain.ranges.iter().map(|(a, b)| Span::new(id, *a, *b)));
            let read = Declaration::read(id, &plain.text);
            Some(read.map_err(|problems| {
                let line = |p: &crate::problem::Problem| {
                    p.place.map_or(0, |s| plain.text.get(..s.start as usize).map_or(0, |t| t.matches('\n').count()))
                };
                let why: Vec<_> =
                    problems.iter().map(|p| format!("line {}: {} {}", line(p), p.message, p.help.clone().unwrap_or_default())).collect();
                format!("the declaration is wrong: {}", why.join("; "))
            })?)
        }
    };
    let now = match &example.now {
        Some(now) => Time::parse(now).map_err(|_| "`now` is no time".to_owned())?,
        None => Time::parse("2026-11-01T00:00:00Z").map_err(|_| "no time".to_owned())?,
    };
    let (mut inventory, problems) = join(evidence, declaration);
    if let Some(problem) = problems.iter().find(|p| p.weight != Weight::Note) {
        return Err(problem.message.clone());
    }
    let detector = Detector::built_in();
    let mut seen = Vec::new();
    for (path, marked) in &example.files {
        let plain = unmark(marked);
        let scanned = scan::text(&detector, &plain.text, path);
        let id = texts.add(Text::known(path.as_str(), plain.text));
        marks.extend(plain.ranges.iter().map(|(a, b)| Span::new(id, *a, *b)));
        seen.push((path.clone(), id, scanned));
    }
    run::join_texts(&mut inventory, seen, &mut texts);
    Ok(Staged { inventory, now, texts, marks })
}

/// Runs one example of a rule. Nothing where it comes out as its list says.
pub fn run(book: &Rulebook, rule: &str, list: List, example: &Example) -> Option<Failure> {
    let failed = |what: String| Some(Failure { rule: rule.to_owned(), list, name: example.name.clone(), what });
    let staged = match stage(example) {
        Ok(staged) => staged,
        Err(what) => return failed(what),
    };
    let policy = staged.inventory.declaration.as_ref().map(|d| d.policy.clone()).unwrap_or_default();
    let verdicts = evaluate(&Context::new(&staged.inventory, &policy, staged.now), book);
    let is_ours = |at: usize| book.rules.get(at).is_some_and(|r| r.id == rule);
    let ours: Vec<_> = verdicts.findings.iter().filter(|f| is_ours(f.rule)).collect();
    let unstated = verdicts.not_assessed.iter().find(|n| is_ours(n.rule));
    let words = |span: Span| staged.texts.slice(span).chars().take(40).collect::<String>();
    match list {
        List::Fires => {
            if ours.is_empty() {
                let missing = unstated
                    .map(|n| format!("; it was not assessed: {} unknown", n.missing.iter().map(|f| f.id()).collect::<Vec<_>>().join(", ")))
                    .unwrap_or_default();
                let others: Vec<_> = verdicts.findings.iter().filter_map(|f| book.rules.get(f.rule)).map(|r| r.id.as_str()).collect();
                return failed(format!("it does not fire{missing}; what fires is {}", others.join(", ")));
            }
            if let Some(wanted) = example.findings.filter(|n| *n != ours.len()) {
                return failed(format!("{} findings, expected {wanted}", ours.len()));
            }
            if let Some(wanted) = example.severity
                && !ours.iter().any(|f| f.severity == wanted)
            {
                return failed(format!("the severity is {}, expected {wanted}", ours.first().map_or("none", |f| f.severity.id())));
            }
            let pointed: Vec<Span> = ours.iter().flat_map(|f| f.places.iter().map(|p| p.span)).collect();
            if staged.marks.is_empty() {
                return failed(format!(
                    "nothing is marked; it points at {}",
                    pointed.iter().map(|s| format!("\u{ab}{}\u{bb}", words(*s))).collect::<Vec<_>>().join(" ")
                ));
            }
            for finding in &ours {
                let Some(first) = finding.places.first() else { return failed("a finding has no place".into()) };
                if !staged.marks.contains(&first.span) {
                    return failed(format!("it points at \u{ab}{}\u{bb}, which is not marked", words(first.span)));
                }
            }
            match staged.marks.iter().find(|m| !pointed.contains(m)) {
                Some(mark) => failed(format!(
                    "nothing points at the marked \u{ab}{}\u{bb}; it points at {}",
                    words(*mark),
                    pointed.iter().map(|s| format!("\u{ab}{}\u{bb}", words(*s))).collect::<Vec<_>>().join(" ")
                )),
                None => None,
            }
        }
        List::Passes | List::NotAssessed if !ours.is_empty() => failed(format!("it fires: {}", ours.first().map_or("", |f| &f.message))),
        List::Passes => match unstated {
            Some(n) => failed(format!("it was not assessed: {} unknown", n.missing.iter().map(|f| f.id()).collect::<Vec<_>>().join(", "))),
            None => None,
        },
        List::NotAssessed if unstated.is_none() => failed("it was assessed, and passes".into()),
        List::NotAssessed => None,
    }
}
