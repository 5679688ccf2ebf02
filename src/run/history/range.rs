//! The scan of what some commits change.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::super::gather::Gathering;
use super::super::staged::{absent, before, input, is_asked_for, pointer};
use super::super::{is_nothing, weakened};
use super::{Found, MESSAGE, PLACES, found, hex, identities, in_message, keep, message, read, submodules};
use crate::base::Base;
use crate::discover::{Aside, shown, tidy};
use crate::finding::{History, Moment};
use crate::git::{self, Id, Repository};
use crate::model::time::Time;
use crate::plan::read_config;
use crate::problem::Problem;
use crate::scan;
use crate::secrets::Detector;
use crate::text::Text;

/// The scan of what some commits change.
pub(super) fn range(
    gathering: &mut Gathering<'_>,
    repository: &Repository,
    detector: &Detector,
    base: &Base,
    from: Option<&str>,
    to: &str,
    since: Option<Time>,
) -> Vec<Found> {
    let mut wrong = |why: String| {
        gathering.problems.push(Problem::fatal("no-such-revision", None, why).help("a shallow copy may not have it: fetch it first"));
        Vec::new()
    };
    let (tips, hidden): (Vec<Id>, Vec<Id>) = match from {
        Some(from) => {
            let to = match repository.revision(to) {
                Ok(to) => to,
                Err(why) => return wrong(why),
            };
            // Before the first commit of a branch a pipeline names nothing, in zeros.
            if is_nothing(from) {
                (vec![to], Vec::new())
            } else {
                match repository.revision(from) {
                    Ok(from) => (vec![to], vec![from]),
                    Err(why) => return wrong(why),
                }
            }
        }
        None => {
            let (references, wrong) = repository.references(false, false);
            gathering.not_read(wrong);
            let mut tips = Vec::new();
            for (name, id) in references {
                match repository.leads_to(id) {
                    Ok(commit) => tips.extend(commit),
                    Err(reason) => gathering.not_read(vec![Aside { path: name, reason }]),
                }
            }
            (tips, Vec::new())
        }
    };
    let mut range = repository.range(&tips, &hidden, since.map(|t| t.epoch_seconds()));
    let unread = std::mem::take(&mut range.not_read);
    gathering.not_read(unread);
    gathering.coverage.commits = range.steps.len();
    gathering.nothing = Some(range.steps.is_empty());
    gathering.coverage.left_out.extend(submodules(range.submodules));
    let gone = absent(gathering.plan, repository, &mut range.changes.iter().map(|c| c.path.as_str()));
    gathering.not_read(gone);
    // A comment counts where it stood before; of what has no before, where it stands at the head.
    let end = if from.is_some() { tips.first().copied() } else { repository.head().ok().flatten() };
    let compared = if from.is_some() { base.revision() } else { end };
    // Each object once under each of its paths: what a path says helps to decide.
    let mut met: HashSet<(Id, &str)> = HashSet::new();
    let mut order: Vec<(Id, &git::Change)> = Vec::new();
    let root: Arc<Path> = repository.root.as_path().into();
    for change in &range.changes {
        let Some(id) = change.id.filter(|_| is_asked_for(gathering.plan, repository, &change.path)) else { continue };
        if let Some(reason) = gathering.scope.excluded(&input(gathering.plan, &root, &change.path)) {
            gathering.coverage.left_out.push(Aside { path: change.path.clone(), reason });
        } else if met.insert((id, change.path.as_str())) {
            order.push((id, change));
        }
    }
    let mut counted: HashSet<Id> = HashSet::new();
    gathering.plan.progress.start(order.len());
    let mut holders: BTreeMap<String, Vec<(Id, &git::Change)>> = BTreeMap::new();
    for (id, change) in &order {
        let bytes = match repository.blob(*id) {
            Ok(bytes) => bytes,
            Err(reason) => {
                gathering.not_read(vec![Aside { path: change.path.clone(), reason }]);
                continue;
            }
        };
        gathering.plan.progress.step();
        if counted.insert(*id) {
            gathering.coverage.files += 1;
            gathering.coverage.bytes += bytes.len() as u64;
        }
        gathering.coverage.left_out.extend(pointer(&bytes, &change.path));
        if let Some(form) = scan::compressed(&bytes) {
            let reason = format!("compressed ({form}): its contents were not looked into");
            gathering.coverage.left_out.push(Aside { path: change.path.clone(), reason });
        }
        let scanned = read(gathering, repository, detector, &change.path, bytes);
        for identity in identities(&scanned, &change.path) {
            holders.entry(identity).or_default().push((*id, change));
        }
    }
    if let (Some(from), Some(end)) = (from, end)
        && !is_nothing(from)
    {
        weakens(gathering, repository, compared, end);
    }
    let mut out = Vec::new();
    for (identity, objects) in &holders {
        let is_holder = |c: &&git::Change| c.id.is_some_and(|id| objects.iter().any(|(o, _)| *o == id));
        let comes: Vec<&git::Change> = range.changes.iter().filter(is_holder).collect();
        let Some(brought) = objects.iter().map(|(_, c)| *c).min_by_key(|c| c.commit) else { continue };
        let Some(step) = range.steps.get(brought.commit) else { continue };
        let stands = |c: &&git::Change| end.is_some_and(|end| repository.file(end, &c.path) == c.id);
        let at_head = comes.iter().any(stands);
        // The last change of its last place that left it without the value.
        let gone = range.changes.iter().rev().find(|c| !is_holder(c) && comes.iter().any(|h| h.path == c.path && h.commit < c.commit));
        let taken = gone.filter(|_| !at_head).and_then(|c| range.steps.get(c.commit));
        let taken = taken.map(|s| Moment { commit: hex(Some(s.id)), at: Time::claimed(s.committed) });
        let at = Time::claimed(step.authored);
        let history = History {
            open: taken.as_ref().map_or(gathering.plan.now, |t| t.at).since(&at),
            brought: Moment { commit: hex(Some(step.id)), at },
            times: 1,
            taken,
            at_head,
            reference: None,
        };
        let Some(id) = brought.id else { continue };
        let again = repository.blob(id).unwrap_or_default();
        let mut scanned = read(gathering, repository, detector, &brought.path, again.clone());
        weakened::comments(&mut scanned, &again, &before(repository, compared, &input(gathering.plan, &root, &brought.path)));
        let mut found = found(keep(scanned, &brought.path, identity), brought.path.clone(), hex(Some(step.id)), history);
        let mut paths: BTreeMap<String, Arc<str>> = BTreeMap::new();
        for change in comes.iter().filter(|c| c.path != brought.path) {
            let commit = hex(range.steps.get(change.commit).map(|s| s.id));
            paths.entry(change.path.clone()).or_insert(commit);
        }
        found.known = Some((identity.clone(), brought.id));
        found.more = paths.len().saturating_sub(PLACES);
        found.others = paths.into_iter().take(PLACES).collect();
        out.push(found);
    }
    for step in &range.steps {
        if let Some(seen) = message(detector, &step.message, MESSAGE) {
            out.push(in_message(gathering, seen, MESSAGE, &hex(Some(step.id)), step.authored));
        }
    }
    out
}

/// Lists what the declaration and the baseline at the end of a range tolerate that those in use do not.
fn weakens(gathering: &mut Gathering<'_>, repository: &Repository, before: Option<Id>, end: Id) {
    let root: Arc<Path> = repository.root.as_path().into();
    let at = |commit: Option<Id>, path: &Path| {
        let path = shown(path.strip_prefix(&root).ok()?, &root);
        repository.file(commit?, &path).and_then(|id| repository.blob(id).ok())
    };
    let commit = hex(Some(end));
    if let Some(config) = gathering.config {
        let text = |bytes: Vec<u8>| {
            let (mut text, bad) = Text::decode(config.shown.clone(), bytes);
            text.set_commit(&commit);
            (text, bad.map(|b| b.offset))
        };
        match at(Some(end), &config.path).map(text) {
            Some((text, bad)) => {
                // Its mistakes are told where it is checked by itself.
                let mut wrong = Vec::new();
                let read = read_config(config.path.clone(), config.shown.clone(), text, bad, &mut gathering.texts, &mut wrong);
                let more = read.map(|new| weakened::policy(&config.declaration.policy, &new.declaration.policy, new.text));
                gathering.problems.extend(more.unwrap_or_default());
            }
            None => gathering.problems.push(weakened::taken_away(config.text)),
        }
    }
    let baseline = gathering.plan.baseline.as_ref().map(|b| tidy(&gathering.plan.working.join(b)));
    if let Some((path, now)) = baseline.and_then(|path| Some((path.clone(), at(Some(end), &path)?))) {
        let mut text = Text::known(shown(&path, &gathering.plan.working), "");
        text.set_commit(&commit);
        let id = gathering.texts.add(text);
        gathering.problems.extend(weakened::baseline(&at(before, &path).unwrap_or_default(), id, &now));
    }
}
