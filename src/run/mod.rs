//! One run: find, read, join, evaluate, and say how it ended.

mod scope;
mod sightings;
mod suppress;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::declaration::{Policy, Required, export_reference};
use crate::discover::Ignores;
use crate::discover::{self, Aside, Found, Input};
use crate::engine::{self, Context, Verdicts};
use crate::exchanges::missing_pages;
use crate::finding::{Confidence, Finding, Severity};
use crate::intake::Taken;
use crate::inventory::{Inventory, KeyRecord, join};
use crate::model::time::{Period, Time};
use crate::model::{Right, SecretPart, Stated};
use crate::plan::{Config, Plan, check_tuned_rules, is_fatal, load_config, load_rules, load_shapes};
use crate::problem::{Problem, Weight};
use crate::rules::Rulebook;
use crate::scan::{self, Guard, Scanned};
use crate::secrets::Detector;
use crate::text::{Shown, Span, Text, TextId, Texts};
use scope::{Counts, ReadInput, Scope};
use sightings::Seens;
pub use sightings::{PlacedAllow, join_texts};
pub use suppress::Baseline;

/// What was read and what was not.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Files of which the content was read.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
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

/// Everything that was read, joined, before any judgement.
pub struct Gathered {
    /// What is known.
    pub inventory: Inventory,
    /// What was not understood.
    pub problems: Vec<Problem>,
    /// What was read.
    pub coverage: Coverage,
    /// The declaration in use.
    pub config: Option<Config>,
    /// The texts.
    pub texts: Texts,
    /// Whether there was nothing to look at.
    pub nothing: bool,
    /// The comments that allow findings.
    pub allows: Vec<PlacedAllow>,
    /// What keeps the values that were found out of every report.
    pub guard: Guard,
}

/// What a check came to.
pub struct Outcome {
    /// The findings and what was not assessed.
    pub verdicts: Verdicts,
    /// What was not understood.
    pub problems: Vec<Problem>,
    /// What was read.
    pub coverage: Coverage,
    /// The rules that were asked.
    pub book: Rulebook,
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

/// Reads everything that the plan names: exports, and with a detector the secrets in all files.
pub fn gather(plan: &Plan, detector: Option<&Detector>, texts: Texts, problems: Vec<Problem>) -> Gathered {
    gather_found(plan, detector, discover::find(&plan.paths, &plan.working), texts, problems)
}

fn gather_found(plan: &Plan, detector: Option<&Detector>, found: Found, mut texts: Texts, mut problems: Vec<Problem>) -> Gathered {
    let config = load_config(plan, &mut texts, &mut problems);
    let mut coverage = Coverage::default();
    if is_fatal(&problems) {
        return Gathered {
            inventory: Inventory::default(),
            problems,
            coverage,
            config,
            texts,
            nothing: false,
            allows: Vec::new(),
            guard: Guard::default(),
        };
    }
    coverage.left_out = found.left_out;
    coverage.not_read = found.not_read;
    for name in found.absent {
        let id = texts.add(Text::known(name.as_str(), ""));
        problems.push(Problem::incomplete("no-such-path", Span::new(id, 0, 0), "there is no such file or folder"));
        coverage.not_read.push(Aside { path: name, reason: "there is no such file or folder".into() });
    }
    let scope = Scope::new(plan, config.as_ref(), detector.is_some(), &mut problems);
    let mut ignores = Ignores::default();
    let mut is_ignored = |input: &Input| input.repository.as_ref().is_some_and(|r| ignores.ignores(&input.path, r));
    let mut counts = Counts::default();
    let mut inputs: Vec<Input> = found.inputs.into_iter().filter(|i| scope.keep(i, &mut coverage.left_out, &mut counts)).collect();
    if plan.respect_gitignore {
        inputs.retain(|input| {
            let left = !input.named && is_ignored(input);
            if left {
                coverage.left_out.push(Aside { path: input.shown.clone(), reason: "git ignores it".into() });
            }
            !left
        });
    }
    let first = texts.next_id().0;
    plan.progress.start(inputs.len());
    let read_one = |(i, input)| {
        let read = scope.read(input, first + i as u32, detector);
        plan.progress.step();
        read
    };
    let read: Vec<ReadInput> = inputs.par_iter().enumerate().map(read_one).collect();
    let (mut evidence, mut pages) = (Vec::new(), Vec::new());
    let mut seens = Seens::default();
    let mut found: Vec<(usize, TextId, Scanned)> = Vec::new();
    let mut read_any = false;
    let (mut export_folders, mut doubtful) = (BTreeSet::new(), Vec::new());
    for (at, (input, read)) in inputs.iter().zip(read).enumerate() {
        counts.add(&read);
        let id = texts.add(read.text);
        coverage.bytes += read.bytes;
        coverage.files += usize::from(read.opened && (read.bytes > 0 || detector.is_some()));
        found.push((at, id, read.scanned));
        // A document that was meant as an export and is none was opened, and not read.
        let broken = read.taken.as_ref().is_some_and(|t| t.exports == 0 && t.problems.iter().any(|p| p.weight != Weight::Note));
        read_any |= read.opened && read.bytes > 0 && !broken;
        if let Some(why) = read.not_read {
            problems.push(Problem::incomplete("unreadable", Span::new(id, 0, 0), format!("this was not read: {why}")));
            coverage.not_read.push(Aside { path: input.shown.clone(), reason: why });
        }
        problems.extend(read.undecodable);
        if let Some(form) = read.compressed.filter(|_| detector.is_some()) {
            coverage
                .left_out
                .push(Aside { path: input.shown.clone(), reason: format!("compressed ({form}): its contents were not looked into") });
        }
        let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        if read.taken.as_ref().is_some_and(|t| t.exports > 0) {
            export_folders.insert(folder(&input.shown));
        }
        doubtful.extend(read.doubtful.into_iter().map(|p| (folder(&input.shown), p)));
        if let Some(mut taken) = read.taken {
            undate(&mut taken, plan.now);
            coverage.exports += taken.exports;
            problems.extend(taken.problems);
            let folder = taken.evidence.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            pages.extend(taken.pages.into_iter().map(|p| (folder.to_owned(), p)));
            if taken.exports > 0 {
                evidence.push(taken.evidence);
            }
        }
    }
    problems.extend(doubtful.into_iter().filter(|(folder, _)| export_folders.contains(folder)).map(|(_, p)| p));
    problems.extend(missing_pages(&pages));
    // The parts of files around findings come after the files, in the same order.
    for (at, id, scanned) in found {
        let Some(input) = inputs.get(at) else { continue };
        seens.published += scanned.published;
        if scanned.texts.is_empty() && scanned.sightings.is_empty() && scanned.allows.is_empty() && scanned.settings.is_empty() {
            continue;
        }
        let path = scope.relative(input);
        let ignored = !scanned.sightings.is_empty() && is_ignored(input);
        let systems = scope.systems(&path);
        seens.add(scanned, id, &mut texts, &path, ignored, systems);
    }
    if let (Some(detector), Some(config)) = (detector, &config) {
        declaration(detector, config, &mut seens, &mut texts);
    }
    problems.extend(scope.idle_excludes());
    coverage.published = seens.published;
    counts.tell(plan, detector.is_some(), &mut coverage, &mut problems);
    coverage.not_read.sort();
    coverage.left_out.sort();
    let (mut inventory, more) = join(evidence, config.as_ref().map(|c| c.declaration.clone()));
    problems.extend(more.into_iter().map(|p| absent_export(p, config.as_ref())));
    seens.join(&mut inventory, &texts);
    coverage.keys = inventory.keys.iter().filter(|k| !k.key.payloads.is_empty()).count();
    if let Some(config) = &config {
        require(&config.declaration.policy, &inventory, &mut problems);
    }
    let incomplete = problems.iter().any(|p| p.weight != Weight::Note) || !coverage.not_read.is_empty();
    // A declaration alone is no look at anything.
    let read_any = if detector.is_some() { read_any || coverage.exports > 0 } else { coverage.exports > 0 };
    let nothing = !read_any && (!incomplete || plan.allow_incomplete);
    Gathered { inventory, problems, coverage, config, texts, nothing, allows: seens.allows, guard: Guard::of(seens.values.iter()) }
}

/// The declaration holds words and addresses, never a secret; that is looked at, too. The ids of keys are meant to be there.
fn declaration(detector: &Detector, config: &Config, seens: &mut Seens, texts: &mut Texts) {
    let Some(text) = texts.get_mut(config.text) else { return };
    let mut scanned = scan::text(detector, text.content(), text.path());
    scanned.sightings.retain(|s| s.parts.iter().any(|p| p.part != SecretPart::Key));
    for part in scanned.sightings.iter().flat_map(|s| &s.parts) {
        text.hide(part.start, part.end);
    }
    let path = text.path().to_owned();
    // A window that is declared is known as such.
    scanned.settings.clear();
    seens.add(scanned, config.text, texts, &path, false, Vec::new());
}

/// Takes the date from exports that say they were made after the time of the check: such a date orders nothing.
fn undate(taken: &mut Taken, now: Time) {
    let late = |at: &Stated<Time>| at.as_ref().is_some_and(|f| f.value > now + Period::from_days(1));
    let mut place = None;
    for key in taken.evidence.keys.iter_mut().filter(|k| late(&k.fetched_at)) {
        place = place.or(key.fetched_at.take().and_then(|f| f.span()));
        key.fetched_at = None;
    }
    for account in taken.evidence.accounts.iter_mut().filter(|a| late(&a.fetched_at)) {
        place = place.or(account.fetched_at.take().and_then(|f| f.span()));
        account.fetched_at = None;
    }
    if place.is_some() {
        let note = Problem::note(
            "made-in-the-future",
            place,
            "this export says that it was made after the time of this check: its date is not used",
        );
        taken.problems.push(note.help("look at the clock of the machine that fetched it, or at --now"));
    }
}

/// An export that an entry names and that was not read is only left aside where it exists; where it does not, the entry
/// is about nothing.
fn absent_export(mut problem: Problem, config: Option<&Config>) -> Problem {
    let Some(config) = config.filter(|_| problem.code == "export-not-read") else { return problem };
    let named = config.declaration.keys.iter().filter_map(|k| k.value.export.as_ref()).find(|e| Some(e.span) == problem.place);
    let missing = named.is_some_and(|e| std::fs::symlink_metadata(config.folder.join(export_reference(&e.value).0)).is_err());
    if missing {
        problem.code = "no-such-export";
        problem.weight = Weight::Incomplete;
        problem.message = "there is no such export: the entry is about no key".into();
    }
    problem
}

/// A whole check.
pub fn check(plan: &Plan) -> Outcome {
    let (mut texts, mut problems) = (Texts::default(), Vec::new());
    // The rules are read while the folders are walked, and the shapes, too.
    let walk = || discover::find(&plan.paths, &plan.working);
    let (book, (found, _)) =
        rayon::join(|| load_rules(plan, &mut texts, &mut problems), || rayon::join(walk, crate::secrets::Catalogue::built_in));
    let detector = Detector::new(load_shapes(plan, &mut texts, &mut problems));
    let baseline = load_baseline(plan, &mut texts, &mut problems);
    let mut gathered = gather_found(plan, Some(&detector), found, texts, problems);
    let mut book = book.unwrap_or(Rulebook { rules: Vec::new() });
    if !book.rules.is_empty() {
        check_tuned_rules(gathered.config.as_ref(), &book, &mut gathered.problems);
    }
    let policy = gathered.config.as_ref().map(|c| c.declaration.policy.clone()).unwrap_or_default();
    let verdicts = if is_fatal(&gathered.problems) {
        book.rules.clear();
        Verdicts::default()
    } else {
        engine::evaluate(&Context { inventory: &gathered.inventory, policy: &policy, now: plan.now }, &book)
    };
    let mut verdicts = verdicts;
    let texts = gathered.texts.into_shown();
    if plan.no_suppress {
        verdicts.findings.iter_mut().for_each(|f| f.suppressed = None);
    } else {
        gathered.problems.extend(suppress::inline(&mut verdicts.findings, &gathered.allows, &texts, &book, plan.now));
        if let Some(baseline) = &baseline {
            gathered.problems.extend(baseline.apply(&mut verdicts.findings));
        }
    }
    gathered.problems.sort_by(|a, b| (std::cmp::Reverse(a.weight), a.place, a.code).cmp(&(std::cmp::Reverse(b.weight), b.place, b.code)));
    let fail_on = plan.fail_on.or(policy.fail_on).unwrap_or(Severity::High);
    let mut outcome = Outcome {
        verdicts,
        problems: gathered.problems,
        coverage: gathered.coverage,
        book,
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

/// Reads the baseline that was named.
fn load_baseline(plan: &Plan, texts: &mut Texts, problems: &mut Vec<Problem>) -> Option<Baseline> {
    let path = plan.working.join(plan.baseline.as_ref()?);
    let name = discover::shown(&path, &plan.working);
    let wrong = |texts: &mut Texts, span: Option<Span>, message: String| {
        let place = span.unwrap_or_else(|| Span::new(texts.add(Text::known(name.as_str(), "")), 0, 0));
        Problem::fatal("baseline-wrong", Some(place), message).help("`keylint baseline create` makes one")
    };
    match discover::open(&path, true, |_| true) {
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
    const MISSING: [&str; 7] =
        ["no-such-path", "unreadable", "not-text", "broken-document", "unknown-document", "error-answer", "no-export"];
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

/// What the policy requires of every export and an export does not state.
fn require(policy: &Policy, inventory: &Inventory, problems: &mut Vec<Problem>) {
    for required in &policy.require {
        let lacks = |k: &&KeyRecord| !k.key.payloads.is_empty() && !states(k, required.value);
        let lacking: Vec<&KeyRecord> = inventory.keys.iter().filter(lacks).collect();
        let Some(first) = lacking.first() else { continue };
        let place = first.whole().map(|s| Span::new(s.text, s.start, s.start.saturating_add(1).min(s.end)));
        let message = match lacking.len() {
            1 => format!("the policy requires that exports state {}; the export of 1 key does not", required.value.id()),
            n => format!("the policy requires that exports state {}; the exports of {n} keys do not", required.value.id()),
        };
        let mut problem = Problem::incomplete("requirement-not-met", place.unwrap_or(required.span), message);
        problem.related.push((required.span, "required here".into()));
        problems.push(problem.help("export the answer that states it too, and check both together"));
    }
}

fn states(record: &KeyRecord, required: Required) -> bool {
    let key = &record.key;
    match required {
        Required::Permissions => [Right::Trade, Right::Transfer, Right::Withdraw].iter().all(|r| key.permissions.get(*r).is_some()),
        Required::IpWhitelist => key.ip_whitelist.is_some(),
        Required::PairWhitelist => key.pair_whitelist.is_some(),
        Required::Created => key.created.is_some(),
        Required::Expires => key.expires.is_some(),
        Required::LastUsed => key.last_used.is_some(),
        Required::Status => key.status.is_some(),
        Required::Account => !key.account.is_empty() || !record.entries.is_empty(),
    }
}
