//! One run: find, read, join, evaluate, and say how it ended.

mod gather;
mod history;
mod scope;
mod sightings;
mod staged;
mod suppress;
mod weakened;

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::base::Base;
use crate::declaration::Policy;
use crate::discover::{self, Aside};
use crate::engine::{self, Context, Verdicts};
use crate::finding::{Confidence, Finding, Severity};
use crate::git::Repository;
use crate::inventory::Inventory;
use crate::model::time::Time;
use crate::plan::{Look, Plan, check_tuned_rules, is_fatal, load_rules, load_shapes};
use crate::problem::{Problem, Weight};
use crate::rules::Rulebook;
use crate::scan::Guard;
use crate::secrets::Detector;
use crate::text::{Shown, Span, Text, Texts};
pub use gather::Gathered;
pub use sightings::{PlacedAllow, join_texts};
pub use suppress::Baseline;

/// What was read and what was not.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Files of which the content was read.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Commits that were looked at.
    pub commits: usize,
    /// Exports among them.
    pub exports: usize,
    /// Keys that they state.
    pub keys: usize,
    /// Values that were found, and that documentation prints.
    pub published: usize,
    /// Left out by design.
    pub left_out: Vec<Aside>,
    /// In scope, and not read.
    pub not_read: Vec<Aside>,
}

/// What a check came to.
pub struct Outcome {
    /// The findings and what was not assessed.
    pub verdicts: Verdicts,
    /// What was not understood.
    pub problems: Vec<Problem>,
    /// What was read.
    pub coverage: Coverage,
    /// What is known, joined.
    pub inventory: Inventory,
    /// The rules that were asked.
    pub book: Rulebook,
    /// What is tolerated.
    pub policy: Policy,
    /// The texts, masked.
    pub texts: Shown,
    /// What keeps the values that were found out of every report.
    pub guard: Guard,
    /// The name of the declaration in use.
    pub config: Option<String>,
    /// The time of the check.
    pub as_of: Time,
    /// The severity from which the run fails.
    pub fail_on: Severity,
    /// Whether everything that was asked for was read.
    pub complete: bool,
    /// How it ended: 0, 1, 2 or 3.
    pub exit: u8,
}

impl Outcome {
    /// The findings that count.
    pub fn live(&self) -> impl Iterator<Item = &Finding> {
        self.verdicts.findings.iter().filter(|f| f.suppressed.is_none())
    }
    /// How many checks were not possible.
    pub fn not_possible(&self) -> usize {
        self.verdicts.not_assessed.iter().map(|n| n.subjects).sum()
    }
}

/// Reads everything that the plan names, and judges nothing. What is read comes after the texts that are there.
pub fn read(plan: &Plan, texts: Texts) -> Gathered {
    gather::gather(plan, (None, &Base::Disk), None, None, texts, Vec::new())
}

/// A whole check.
pub fn check(plan: &Plan) -> Outcome {
    let (mut texts, mut problems) = (Texts::default(), Vec::new());
    let (repository, base) = settle(plan, &mut problems);
    let (book, found) = if matches!(base, Base::Disk) && plan.look == Look::Files {
        // The rules are read while the folders are walked, and the shapes, too.
        let walk = || discover::find(&plan.paths, &plan.working);
        let (book, (found, _)) = rayon::join(
            || load_rules(plan, &Base::Disk, &mut texts, &mut problems),
            || rayon::join(walk, crate::secrets::Catalogue::built_in),
        );
        (book, Some(found))
    } else {
        (load_rules(plan, &base, &mut texts, &mut problems), None)
    };
    let detector = Detector::new(load_shapes(plan, &base, &mut texts, &mut problems));
    let baseline = load_baseline(plan, &base, &mut texts, &mut problems);
    let mut gathered = gather::gather(plan, (repository.as_deref(), &base), found, Some(&detector), texts, problems);
    let mut book = book.unwrap_or(Rulebook { rules: Vec::new() });
    if !book.rules.is_empty() {
        check_tuned_rules(gathered.config.as_ref(), &book, &mut gathered.problems);
    }
    let policy = gathered.config.as_ref().map(|c| c.declaration.policy.clone()).unwrap_or_default();
    let ask = |inventory: &Inventory| engine::evaluate(&Context::new(inventory, &policy, plan.now), &book);
    let verdicts = if is_fatal(&gathered.problems) { Verdicts::default() } else { ask(&gathered.inventory) };
    let as_staged = gathered.as_staged.as_ref().filter(|_| !is_fatal(&gathered.problems)).map(ask);
    if is_fatal(&gathered.problems) {
        book.rules.clear();
    }
    let mut verdicts = about(verdicts, as_staged, &gathered);
    let texts = gathered.texts.into_shown();
    for finding in &mut verdicts.findings {
        if let Some(history) = &finding.history {
            finding.message = format!("{} {}", finding.message, history.sentence());
        }
    }
    if plan.no_suppress {
        verdicts.findings.iter_mut().for_each(|f| f.suppressed = None);
    } else {
        let told = suppress::inline(&mut verdicts.findings, &gathered.allows, &texts, &book, plan.now);
        // Of a file in the history only the part around a finding is known, and comments in it may be about others.
        let whole = matches!(plan.look, Look::Files | Look::Staged);
        gathered.problems.extend(told.into_iter().filter(|p| whole || p.code != "suppression-unused"));
        if let Some(baseline) = &baseline {
            let gone = baseline.apply(&mut verdicts.findings);
            // A change is not all that a baseline is about.
            gathered.problems.extend(gone.into_iter().filter(|_| plan.look == Look::Files));
        }
    }
    gathered.problems.sort_by(|a, b| (std::cmp::Reverse(a.weight), a.place, a.code).cmp(&(std::cmp::Reverse(b.weight), b.place, b.code)));
    let fail_on = plan.fail_on.or(policy.fail_on).unwrap_or(Severity::High);
    let mut outcome = Outcome {
        verdicts,
        problems: gathered.problems,
        coverage: gathered.coverage,
        inventory: gathered.inventory,
        book,
        policy,
        texts,
        guard: gathered.guard,
        config: gathered.config.map(|c| c.shown),
        as_of: plan.now,
        fail_on,
        complete: true,
        exit: 0,
    };
    let strict = plan.strict && !outcome.verdicts.not_assessed.is_empty();
    outcome.complete = !strict && is_complete(&outcome.problems, &outcome.coverage);
    // What rests on documentation alone never fails a run.
    let fails = outcome.live().any(|f| f.severity >= fail_on && f.confidence != Confidence::Low);
    outcome.exit = match (is_fatal(&outcome.problems), fails && !plan.exit_zero, gathered.nothing) {
        (true, _, _) => 2,
        (false, true, _) => 1,
        (false, false, true) => 3,
        (false, false, false) if outcome.complete || (plan.allow_incomplete && !strict && is_waived(&outcome.problems)) => 0,
        (false, false, false) => 2,
    };
    outcome
}

/// Opens the repository that the plan looks into, and says where what decides is read from: before a change, as the change
/// must not decide about itself.
fn settle(plan: &Plan, problems: &mut Vec<Problem>) -> (Option<Rc<Repository>>, Base) {
    if plan.look == Look::Files && plan.config_from.is_none() {
        return (None, Base::Disk);
    }
    let repository = match Repository::around(&plan.working) {
        Ok(Some(repository)) => Rc::new(repository),
        Ok(None) => {
            let message = "the working folder lies in no repository of git";
            problems.push(Problem::fatal("no-repository", None, message).help("run it in a repository, or name files and folders"));
            return (None, Base::Disk);
        }
        Err(refused) => {
            problems.push(Problem::fatal("repository-unreadable", None, refused.message).help(refused.help));
            return (None, Base::Disk);
        }
    };
    let commit = match (&plan.config_from, &plan.look) {
        (Some(revision), _) => repository.revision(revision).map(Some),
        // Before a branch's first commit nothing stands, and nothing decides.
        (None, Look::Range(from, _)) if is_nothing(from) => Ok(None),
        (None, Look::Range(from, _)) => repository.revision(from).map(Some),
        (None, Look::Staged) => repository.head(),
        // Nothing is compared with anything: the declaration is the one that its owner sees, where there are files at all.
        (None, _) if !repository.is_bare() => return (Some(repository), Base::Disk),
        (None, _) => repository.head(),
    };
    match commit {
        Ok(commit) => (Some(repository.clone()), Base::Commit(repository, commit)),
        Err(why) => {
            problems.push(Problem::fatal("no-such-revision", None, why).help("a shallow copy may not have it: fetch it first"));
            (Some(repository), Base::Disk)
        }
    }
}

/// Whether a revision is how pipelines write that there is none: in zeros.
fn is_nothing(revision: &str) -> bool {
    !revision.is_empty() && revision.bytes().all(|b| b == b'0')
}

/// What of all findings is about what was looked at. Those that only the staged declaration leads to are about it.
fn about(mut verdicts: Verdicts, as_staged: Option<Verdicts>, gathered: &Gathered) -> Verdicts {
    let Some(texts) = &gathered.about else { return verdicts };
    if let Some(staged) = as_staged {
        let known: BTreeSet<String> = verdicts.findings.iter().map(|f| f.fingerprint.clone()).collect();
        // Their keys are those of another inventory.
        let only_staged = staged.findings.into_iter().filter(|f| !known.contains(&f.fingerprint));
        verdicts.findings.extend(only_staged.map(|f| Finding { key: None, ..f }));
        verdicts.findings.sort_by_key(|f| (std::cmp::Reverse(f.severity), f.places.first().map(|p| p.span), f.rule));
    }
    verdicts.findings.retain(|f| f.places.iter().any(|p| texts.contains(&p.span.text)));
    if gathered.coverage.exports == 0 {
        verdicts.not_assessed.clear();
    }
    verdicts
}

/// Reads the baseline that was named.
fn load_baseline(plan: &Plan, base: &Base, texts: &mut Texts, problems: &mut Vec<Problem>) -> Option<Baseline> {
    let path = plan.working.join(plan.baseline.as_ref()?);
    let name = discover::shown(&path, &plan.working);
    let wrong = |texts: &mut Texts, span: Option<Span>, message: String| {
        let place = span.unwrap_or_else(|| Span::new(texts.add(Text::known(name.as_str(), "")), 0, 0));
        Problem::fatal("baseline-wrong", Some(place), message).help("`keylint baseline create` makes one")
    };
    match base.open(&path, true) {
        discover::Opened::Bytes(bytes) => {
            let (mut text, _) = Text::decode(name.clone(), bytes);
            // What was named by mistake may be anything.
            text.hide_all();
            let id = texts.add(text);
            let read = Baseline::read(id, texts.get(id).map_or("", Text::content));
            read.map_err(|span| {
                problems.push(wrong(texts, Some(span), "this is no entry of a baseline: a fingerprint of 32 hexadecimal digits".into()));
            })
            .ok()
        }
        discover::Opened::NotRead(why) => {
            problems.push(wrong(texts, None, format!("the baseline cannot be read: {why}")));
            None
        }
        discover::Opened::Other => None,
    }
}

/// Whether everything that was asked for was read.
pub fn is_complete(problems: &[Problem], coverage: &Coverage) -> bool {
    coverage.not_read.is_empty() && problems.iter().all(|p| p.weight == Weight::Note)
}

/// Whether `--allow-incomplete` waives all that makes the run incomplete: inputs that could not be read. What was read and
/// is wrong, or does not state what the policy requires, is waived by nobody.
fn is_waived(problems: &[Problem]) -> bool {
    const MISSING: [&str; 8] = [
        "no-such-path",
        "unreadable",
        "not-text",
        "broken-document",
        "unknown-document",
        "undocumented-export",
        "error-answer",
        "no-export",
    ];
    problems.iter().all(|p| p.weight == Weight::Note || MISSING.contains(&p.code))
}

/// The exit code of a command that only reads.
pub fn exit_of_reading(plan: &Plan, gathered: &Gathered) -> u8 {
    match (is_fatal(&gathered.problems), gathered.nothing) {
        (true, _) => 2,
        (false, true) => 3,
        (false, false)
            if is_complete(&gathered.problems, &gathered.coverage) || (plan.allow_incomplete && is_waived(&gathered.problems)) =>
        {
            0
        }
        (false, false) => 2,
    }
}
