//! Everything that a run is about, read and joined: exports, the declaration and, with a detector, the secrets in files, in
//! what is staged or in the history.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::scope::{Counts, ReadInput, Scope};
use super::sightings::{PlacedAllow, Seens};
use super::{Coverage, history};
use crate::base::Base;
use crate::declaration::{Declaration, Policy, Required, export_reference};
use crate::discover::{self, Aside, Found, Ignores, Input};
use crate::exchanges::{PageOf, missing_pages};
use crate::git::Repository;
use crate::intake::Taken;
use crate::inventory::{Evidence, Inventory, KeyRecord, join};
use crate::model::time::{Period, Time};
use crate::model::{Right, SecretPart, Stated};
use crate::plan::{Config, Look, Plan, is_fatal, load_config};
use crate::problem::{Problem, Weight};
use crate::scan::{self, Guard, Scanned};
use crate::secrets::Detector;
use crate::text::{Span, Text, TextId, Texts};

/// Everything that was read, joined, before any judgement.
pub struct Gathered {
    /// What is known.
    pub inventory: Inventory,
    /// The same with the declaration that is staged, where one is.
    pub as_staged: Option<Inventory>,
    /// The texts that a finding must point into to count; nothing where all count.
    pub about: Option<BTreeSet<TextId>>,
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

/// Reads everything that the plan names. `repository` is the one that is looked into, where the plan looks into one, and
/// `base` is where the declaration is read from; `found` are the files, where the folders were walked already.
pub fn gather(
    plan: &Plan,
    (repository, base): (Option<&Repository>, &Base),
    found: Option<Found>,
    detector: Option<&Detector>,
    mut texts: Texts,
    mut problems: Vec<Problem>,
) -> Gathered {
    let config = load_config(plan, base, &mut texts, &mut problems);
    if is_fatal(&problems) {
        return Gathered {
            inventory: Inventory::default(),
            as_staged: None,
            about: None,
            problems,
            coverage: Coverage::default(),
            config,
            texts,
            nothing: false,
            allows: Vec::new(),
            guard: Guard::default(),
        };
    }
    let scope = Scope::new(plan, config.as_ref(), detector.is_some(), &mut problems);
    let mut gathering = Gathering {
        plan,
        scope,
        config: config.as_ref(),
        detector,
        texts,
        problems,
        coverage: Coverage::default(),
        counts: Counts::default(),
        seens: Seens::default(),
        evidence: Vec::new(),
        pages: Vec::new(),
        export_folders: BTreeSet::new(),
        doubtful: Vec::new(),
        read_any: false,
        nothing: None,
        about: None,
        staged: None,
    };
    match (&plan.look, repository) {
        (Look::Staged, Some(repository)) => gathering.staged(repository, base),
        (Look::History { .. } | Look::Range(..) | Look::Since(_), Some(repository)) => history::look(&mut gathering, repository, base),
        _ => gathering.files(found.unwrap_or_else(|| discover::find(&plan.paths, &plan.working))),
    }
    let Finished { inventory, as_staged, problems, coverage, texts, nothing, allows, guard, about } = gathering.finish();
    Gathered { inventory, as_staged, about, problems, coverage, config, texts, nothing, allows, guard }
}

/// What a run has read so far.
pub(super) struct Gathering<'p> {
    pub plan: &'p Plan,
    pub scope: Scope<'p>,
    pub config: Option<&'p Config>,
    pub detector: Option<&'p Detector>,
    pub texts: Texts,
    pub problems: Vec<Problem>,
    pub coverage: Coverage,
    pub seens: Seens,
    /// Whether there was nothing to look at, where that is known.
    pub nothing: Option<bool>,
    /// The texts that findings must point into.
    pub about: Option<BTreeSet<TextId>>,
    pub counts: Counts,
    pub evidence: Vec<Evidence>,
    pages: Vec<(String, PageOf)>,
    export_folders: BTreeSet<String>,
    doubtful: Vec<(String, Problem)>,
    read_any: bool,
    /// The declaration that is staged.
    pub staged: Option<(Declaration, TextId)>,
}

struct Finished {
    inventory: Inventory,
    as_staged: Option<Inventory>,
    problems: Vec<Problem>,
    coverage: Coverage,
    texts: Texts,
    nothing: bool,
    allows: Vec<PlacedAllow>,
    guard: Guard,
    about: Option<BTreeSet<TextId>>,
}

fn folder_of(path: &str) -> String {
    path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
}

impl Gathering<'_> {
    /// Reads the files and folders that were named.
    fn files(&mut self, found: Found) {
        self.coverage.left_out = found.left_out;
        self.coverage.not_read = found.not_read;
        for name in found.absent {
            let id = self.texts.add(Text::known(name.as_str(), ""));
            self.problems.push(Problem::incomplete("no-such-path", Span::new(id, 0, 0), "there is no such file or folder"));
            self.coverage.not_read.push(Aside { path: name, reason: "there is no such file or folder".into() });
        }
        let mut ignores = Ignores::default();
        let mut is_ignored = |input: &Input| input.repository.as_ref().is_some_and(|r| ignores.ignores(&input.path, r));
        let mut inputs = self.kept(found.inputs);
        if self.plan.respect_gitignore {
            inputs.retain(|input| {
                let left = !input.named && is_ignored(input);
                if left {
                    self.coverage.left_out.push(Aside { path: input.shown.clone(), reason: "git ignores it".into() });
                }
                !left
            });
        }
        self.plan.progress.start(inputs.len());
        let read = self.read(&inputs);
        let scanned = self.take(&inputs, read, None);
        self.add_seen(&inputs, scanned, is_ignored);
        self.problems.extend(self.scope.idle_excludes());
    }

    /// The inputs that nothing excludes.
    pub fn kept(&mut self, inputs: Vec<Input>) -> Vec<Input> {
        inputs.into_iter().filter(|i| self.scope.keep(i, &mut self.coverage.left_out, &mut self.counts)).collect()
    }

    /// Reads inputs, on all cores.
    pub fn read(&self, inputs: &[Input]) -> Vec<ReadInput> {
        let first = self.texts.next_id().0;
        let read_one = |(i, input)| {
            let read = self.scope.read(input, first + i as u32, self.detector);
            self.plan.progress.step();
            read
        };
        inputs.par_iter().enumerate().map(read_one).collect()
    }

    /// Takes in what was read: exports, problems, what was not read. What was seen in each is returned.
    pub fn take(&mut self, inputs: &[Input], read: Vec<ReadInput>, commit: Option<&Arc<str>>) -> Vec<(TextId, Scanned)> {
        let mut out = Vec::with_capacity(read.len());
        for (input, mut read) in inputs.iter().zip(read) {
            self.counts.add(&read);
            if let Some(commit) = commit {
                read.text.set_commit(commit);
                read.scanned.texts.iter_mut().for_each(|t| t.set_commit(commit));
            }
            let id = self.texts.add(read.text);
            self.coverage.bytes += read.bytes;
            self.coverage.files += usize::from(read.opened && (read.bytes > 0 || self.detector.is_some()));
            out.push((id, read.scanned));
            // A document that was meant as an export and is none was opened, and not read.
            let broken = read.taken.as_ref().is_some_and(|t| t.exports == 0 && t.problems.iter().any(|p| p.weight != Weight::Note));
            self.read_any |= read.opened && read.bytes > 0 && !broken;
            if let Some(why) = read.not_read {
                self.problems.push(Problem::incomplete("unreadable", Span::new(id, 0, 0), format!("this was not read: {why}")));
                self.coverage.not_read.push(Aside { path: input.shown.clone(), reason: why });
            }
            self.problems.extend(read.undecodable);
            if let Some(form) = read.compressed.filter(|_| self.detector.is_some()) {
                let reason = format!("compressed ({form}): its contents were not looked into");
                self.coverage.left_out.push(Aside { path: input.shown.clone(), reason });
            }
            if read.taken.as_ref().is_some_and(|t| t.exports > 0) {
                self.export_folders.insert(folder_of(&input.shown));
            }
            self.doubtful.extend(read.doubtful.into_iter().map(|p| (folder_of(&input.shown), p)));
            if let Some(taken) = read.taken {
                self.exports(taken);
            }
        }
        out
    }

    fn exports(&mut self, mut taken: Taken) {
        undate(&mut taken, self.plan.now);
        self.coverage.exports += taken.exports;
        self.problems.extend(taken.problems);
        let folder = folder_of(&taken.evidence.path);
        self.pages.extend(taken.pages.into_iter().map(|p| (folder.clone(), p)));
        if taken.exports > 0 {
            self.evidence.push(taken.evidence);
        }
    }

    /// Adds what was seen. The parts of files around findings come after the files, in the same order.
    pub fn add_seen(&mut self, inputs: &[Input], scanned: Vec<(TextId, Scanned)>, mut is_ignored: impl FnMut(&Input) -> bool) {
        for (input, (id, scanned)) in inputs.iter().zip(scanned) {
            self.seens.published += scanned.published;
            if scanned.texts.is_empty() && scanned.sightings.is_empty() && scanned.allows.is_empty() && scanned.settings.is_empty() {
                continue;
            }
            let path = self.scope.relative(input);
            let ignored = !scanned.sightings.is_empty() && is_ignored(input);
            let systems = self.scope.systems(&path);
            self.seens.add(scanned, id, &mut self.texts, &path, ignored, systems);
        }
    }

    /// Lists what could not be read, and says so.
    pub fn not_read(&mut self, all: Vec<Aside>) {
        for aside in all {
            let id = self.texts.add(Text::known(aside.path.as_str(), ""));
            self.problems.push(Problem::incomplete("unreadable", Span::new(id, 0, 0), format!("this was not read: {}", aside.reason)));
            self.coverage.not_read.push(aside);
        }
    }

    fn finish(mut self) -> Finished {
        let known = std::mem::take(&mut self.export_folders);
        let doubtful = std::mem::take(&mut self.doubtful);
        self.problems.extend(doubtful.into_iter().filter(|(folder, _)| known.contains(folder)).map(|(_, p)| p));
        self.problems.extend(missing_pages(&self.pages));
        // The declaration of a change is looked at where it is a part of it.
        if let (Some(detector), Some(config), Look::Files) = (self.detector, self.config, &self.plan.look) {
            declaration(detector, config.text, &mut self.seens, &mut self.texts);
        }
        self.coverage.published = self.seens.published;
        self.counts.tell(self.plan, self.detector.is_some(), &mut self.coverage, &mut self.problems);
        self.coverage.not_read.sort();
        self.coverage.not_read.dedup();
        self.coverage.left_out.sort();
        self.coverage.left_out.dedup();
        let evidence = self.staged.as_ref().map(|_| self.evidence.clone());
        let (mut inventory, more) = join(self.evidence, self.config.map(|c| c.declaration.clone()));
        // A change is no look at all that is declared.
        let whole = self.plan.look == Look::Files;
        self.problems.extend(more.into_iter().filter(|_| whole).map(|p| absent_export(p, self.config)));
        let found = self.seens.secrets.clone();
        self.seens.join(&mut inventory, &self.texts);
        let as_staged = self.staged.zip(evidence).map(|((declaration, _), evidence)| {
            let mut inventory = join(evidence, Some(declaration)).0;
            self.seens.secrets = found;
            self.seens.join(&mut inventory, &self.texts);
            inventory
        });
        self.coverage.keys = inventory.keys.iter().filter(|k| !k.key.payloads.is_empty()).count();
        if let Some(config) = self.config.filter(|_| whole) {
            require(&config.declaration.policy, &inventory, &mut self.problems);
        }
        let incomplete = self.problems.iter().any(|p| p.weight != Weight::Note) || !self.coverage.not_read.is_empty();
        // A declaration alone is no look at anything.
        let read_any = if self.detector.is_some() { self.read_any || self.coverage.exports > 0 } else { self.coverage.exports > 0 };
        let nothing = self.nothing.unwrap_or(!read_any) && (!incomplete || self.plan.allow_incomplete);
        let guard = Guard::of(self.seens.values.iter());
        let Self { problems, coverage, texts, about, .. } = self;
        Finished { inventory, as_staged, problems, coverage, texts, nothing, allows: self.seens.allows, guard, about }
    }
}

/// The declaration holds words and addresses, never a secret; that is looked at, too. The ids of keys are meant to be there.
pub(super) fn declaration(detector: &Detector, id: TextId, seens: &mut Seens, texts: &mut Texts) {
    let Some(text) = texts.get_mut(id) else { return };
    let mut scanned = scan::text(detector, text.content(), text.path());
    scanned.sightings.retain(|s| s.parts.iter().any(|p| p.part != SecretPart::Key));
    for part in scanned.sightings.iter().flat_map(|s| &s.parts) {
        text.hide(part.start, part.end);
    }
    let path = text.path().to_owned();
    // A window that is declared is known as such.
    scanned.settings.clear();
    seens.add(scanned, id, texts, &path, false, Vec::new());
}

/// Takes the date from exports that say they were made after the time of the check: such a date orders nothing.
pub(super) fn undate(taken: &mut Taken, now: Time) {
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
