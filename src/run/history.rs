//! Secrets in the history. Four questions, each asked only of what the one before it left: which objects need the detector,
//! what the detector finds in them, which commits hold the values that it found, and what is to be said of each.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::gather::{Gathering, before, input, is_asked_for, is_pointer};
use super::weakened;
use crate::base::Base;
use crate::discover::{Aside, Input, Stream};
use crate::finding::{History, Moment};
use crate::git::{self, Graph, Id, Kind, Met, Reached, Repository, Standing, Store};
use crate::model::SecretPart;
use crate::model::time::{Period, Time};
use crate::plan::Look;
use crate::problem::Problem;
use crate::scan::{self, Scanned, Sighting};
use crate::secrets::Detector;
use crate::text::{Span, TextId};

/// The name under which the message of a commit is reported, and of a tag.
const MESSAGE: &str = "(commit message)";
const TAG: &str = "(tag message)";
/// What was found stands in so many other places at most; the rest is counted.
const PLACES: usize = 50;

/// Looks into the history, as the plan says.
pub(super) fn look(gathering: &mut Gathering<'_>, repository: &Repository, base: &Base) {
    let Some(detector) = gathering.detector else { return };
    let found = match gathering.plan.look.clone() {
        Look::History { stashes, reflog } => whole(gathering, repository, detector, stashes, reflog),
        Look::Range(from, to) => range(gathering, repository, detector, base, Some(&from), &to, None),
        Look::Since(time) => range(gathering, repository, detector, base, None, "", Some(time)),
        Look::Files | Look::Staged => return,
    };
    let any = !found.is_empty();
    let first = gathering.texts.next_id().0;
    for found in found {
        add(gathering, repository, found);
    }
    gathering.about = Some((first..gathering.texts.next_id().0).map(TextId).collect());
    if any {
        // The keys that the secrets belong to, as the exports of now state them.
        gathering.context(repository, base.revision().or_else(|| repository.head().ok().flatten()), &[]);
    }
}

/// Something that was found, and how it stands.
struct Found {
    /// What was seen, in one of the objects that hold it.
    seen: Scanned,
    /// Where that is.
    path: String,
    commit: Arc<str>,
    history: Arc<History>,
    /// The paths at which the same object stood, and others, with the commits.
    others: Vec<(String, Arc<str>)>,
    /// How many more there are.
    more: usize,
    /// The same at the head: what was seen there, with comments.
    head: Option<(Scanned, String, Arc<str>)>,
}

/// What identifies a credential, whichever file it stands in: its value, else the id of its key, else where it stands.
fn identity(sighting: &Sighting, path: &str) -> String {
    let mut secrets = sighting.parts.iter().filter(|p| p.part != SecretPart::Key).peekable();
    let has_secret = secrets.peek().is_some();
    let value = secrets.find_map(|p| p.fingerprint.as_ref()).map(|f| format!("value {f}"));
    let id = sighting.parts.iter().find_map(|p| p.id.as_ref()).filter(|_| !has_secret).map(|id| format!("id {}", id.0));
    let place = || {
        let names: Vec<&str> = sighting.parts.iter().map(|p| p.name.as_str()).collect();
        format!("place {path} {}", names.join(" "))
    };
    value.or(id).unwrap_or_else(place)
}

/// What identifies everything that was seen in a file.
fn identities(scanned: &Scanned, path: &str) -> BTreeSet<String> {
    scanned.sightings.iter().map(|s| identity(s, path)).collect()
}

/// Looks through an object as a file of a tree is looked through: what the reader of an export takes is none of the
/// detector's.
fn read(gathering: &Gathering<'_>, repository: &Repository, detector: &Detector, path: &str, bytes: Vec<u8>) -> Scanned {
    let root: Arc<Path> = repository.root.as_path().into();
    let input = Input { content: Some(Arc::new(bytes)), ..input(gathering.plan, &root, path) };
    let mut read = gathering.scope.read(&input, 0, Some(detector));
    // The places of a document are in its whole text.
    if read.scanned.sightings.iter().any(|s| s.text.is_none()) {
        let at = read.scanned.texts.len();
        read.scanned.texts.push(read.text);
        read.scanned.sightings.iter_mut().filter(|s| s.text.is_none()).for_each(|s| s.text = Some(at));
        read.scanned.allows.iter_mut().filter(|a| a.text.is_none()).for_each(|a| a.text = Some(at));
    }
    read.scanned.settings.clear();
    read.scanned
}

/// Looks through a message.
fn message(detector: &Detector, bytes: &[u8], name: &str) -> Option<Scanned> {
    let mut scanned = scan::bytes(detector, bytes, name);
    scanned.allows.clear();
    scanned.settings.clear();
    (!scanned.sightings.is_empty()).then_some(scanned)
}

fn hex(id: Option<Id>) -> Arc<str> {
    id.map(|i| i.to_string()).unwrap_or_default().into()
}

/// The scan of everything that is stored.
fn whole(gathering: &mut Gathering<'_>, repository: &Repository, detector: &Detector, stashes: bool, reflog: bool) -> Vec<Found> {
    let mut store = repository.store(&gathering.plan.working);
    let unread = std::mem::take(&mut store.not_read);
    gathering.not_read(unread);
    let (graph, messages) = Graph::read(&store, |kind, bytes| message(detector, bytes, if kind == Kind::Tag { TAG } else { MESSAGE }));
    let (references, wrong) = repository.references(stashes, reflog);
    gathering.not_read(wrong);
    let mut tips = Vec::new();
    for (name, id) in &references {
        match graph.number(&store, id) {
            Some(number) if !graph.is_missing(number) => tips.push((name.clone(), number)),
            // What a reflog names may be gone for good.
            _ if name.starts_with("reflog") => {}
            _ => gathering.not_read(vec![Aside { path: name.clone(), reason: format!("object {id} is named and not here") }]),
        }
    }
    let head = match repository.head() {
        Ok(head) => head,
        Err(reason) => {
            gathering.not_read(vec![Aside { path: "HEAD".into(), reason }]);
            None
        }
    };
    let ends = match repository.ends() {
        Ok(ends) => ends,
        Err(reason) => {
            gathering.not_read(vec![Aside { path: ".git/shallow".into(), reason }]);
            HashSet::new()
        }
    };
    let cut: HashSet<u32> = ends.iter().filter_map(|id| graph.number(&store, id)).collect();
    let reached = Reached::new(&graph, &tips, &cut);
    gathering.coverage.commits = reached.commits.len();
    gathering.nothing = Some(reached.commits.is_empty() && reached.others.is_empty());
    if !ends.is_empty() {
        let path = format!("{} and what was before", if ends.len() == 1 { "1 commit".into() } else { format!("{} commits", ends.len()) });
        gathering.not_read(vec![Aside { path, reason: "a shallow copy ends there: `git fetch --unshallow` brings the rest".into() }]);
    }
    let lost: Vec<Aside> = reached
        .absent
        .iter()
        .filter_map(|n| graph.id(&store, *n))
        .map(|id| Aside { path: format!("commit {id}"), reason: "it is named and not here, and what was before it is not known".into() })
        .collect();
    gathering.not_read(lost);
    gathering.plan.progress.start(store.count() as usize);
    let blobs = blobs(gathering, detector, &store, &graph);
    gathering.coverage.files = blobs.files;
    gathering.coverage.bytes = blobs.bytes;
    if graph.submodules > 0 {
        let path = if graph.submodules == 1 {
            "1 commit of another repository".into()
        } else {
            format!("{} commits of other repositories", graph.submodules)
        };
        gathering.coverage.left_out.push(Aside { path, reason: "a submodule: it is looked at there".into() });
    }
    // Of what cannot be read, what a reference leads to is told.
    let mut values: BTreeMap<String, HashSet<u32>> = BTreeMap::new();
    for (number, found) in &blobs.found {
        for identity in found {
            values.entry(identity.clone()).or_default().insert(*number);
        }
    }
    let mut asked: Vec<(String, HashSet<u32>)> = values.into_iter().collect();
    let count = asked.len();
    let mut broken: BTreeMap<u32, String> = graph.broken.iter().cloned().chain(blobs.broken).collect();
    for n in 0..graph.missing.len() {
        broken.insert(store.count() + n as u32, "it is named and not here".into());
    }
    for number in blobs.large_broken {
        broken.entry(number).or_insert_with(|| "it is damaged".into());
    }
    asked.extend(broken.keys().map(|n| (String::new(), HashSet::from([*n]))));
    let sets: Vec<HashSet<u32>> = asked.iter().map(|(_, s)| s.clone()).collect();
    let head_number = head.and_then(|h| graph.number(&store, &h));
    let standings = git::standing(&store, &graph, &reached, head_number, &sets);
    let mut unread = Vec::new();
    for ((number, reason), standing) in broken.iter().zip(standings.get(count..).unwrap_or(&[])) {
        let id = graph.id(&store, *number).map(|i| i.to_string()).unwrap_or_default();
        let direct = reached.others.contains(number);
        if let Some(standing) = standing {
            let path = standing.paths.keys().next().cloned().unwrap_or_default();
            unread.push(Aside { path, reason: format!("object {id}: {reason}") });
        } else if direct {
            unread.push(Aside { path: format!("object {id}"), reason: reason.clone() });
        }
    }
    if store.partial && !unread.is_empty() {
        gathering.problems.push(
            Problem::note("partial-clone", None, "objects were left out when this repository was cloned")
                .help("`git fetch --refetch --no-filter` brings them"),
        );
    }
    gathering.not_read(unread);
    let mut unreachable = 0;
    let mut out = Vec::new();
    for ((identity, numbers), standing) in asked.iter().take(count).zip(&standings) {
        let tagged = numbers.iter().find(|n| reached.others.contains(n));
        match standing {
            Some(standing) => out.extend(of_standing(gathering, repository, detector, &store, &graph, &reached, head, identity, standing)),
            None if tagged.is_some() => {
                // A tag can be of a file, which then has no path and no commit.
                let id = tagged.and_then(|n| graph.id(&store, *n));
                let bytes = id.and_then(|id| repository.blob(id).ok()).unwrap_or_default();
                let path = format!("(object {})", short(&hex(id)));
                let seen = read(gathering, repository, detector, &path, bytes);
                let history = History {
                    brought: Moment { commit: hex(id), at: gathering.plan.now },
                    times: 1,
                    taken: None,
                    at_head: false,
                    reference: references.iter().find(|(_, i)| Some(*i) == id).map(|(n, _)| n.as_str().into()),
                    open: Period::from_millis(0),
                };
                out.push(found(seen, path, hex(id), history));
            }
            None => unreachable += 1,
        }
    }
    if unreachable > 0 {
        let path = if unreachable == 1 { "1 secret or key id".into() } else { format!("{unreachable} secrets or key ids") };
        gathering.coverage.left_out.push(Aside { path, reason: "it stands in objects that no reference leads to".into() });
    }
    let times: HashMap<u32, i64> = reached.commits.iter().map(|c| (c.number, c.authored)).collect();
    for (number, seen) in messages {
        let tag = reached.others.contains(&number);
        let Some(authored) = times.get(&number).copied().or(tag.then_some(i64::MAX)) else { continue };
        let id = graph.id(&store, number);
        let at = if tag { tag_time(&graph, &times, number) } else { authored };
        out.push(in_message(gathering, seen, if tag { TAG } else { MESSAGE }, &hex(id), at));
    }
    out
}

/// The time of the commit that a tag is of.
fn tag_time(graph: &Graph, times: &HashMap<u32, i64>, mut number: u32) -> i64 {
    while let Some(target) = graph.tagged(number) {
        number = target;
    }
    times.get(&number).copied().unwrap_or(0)
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn found(seen: Scanned, path: String, commit: Arc<str>, history: History) -> Found {
    Found { seen, path, commit, history: Arc::new(history), others: Vec::new(), more: 0, head: None }
}

/// A message stands as long as its commit does.
fn in_message(gathering: &Gathering<'_>, seen: Scanned, name: &str, commit: &Arc<str>, at: i64) -> Found {
    let at = Time::claimed(at);
    let history = History {
        brought: Moment { commit: commit.clone(), at },
        times: 1,
        taken: None,
        at_head: false,
        reference: None,
        open: gathering.plan.now.since(&at),
    };
    found(seen, name.to_owned(), commit.clone(), history)
}

/// What the detector found in all objects.
#[derive(Default)]
struct Blobs {
    found: Vec<(u32, BTreeSet<String>)>,
    broken: Vec<(u32, String)>,
    large_broken: Vec<u32>,
    files: usize,
    bytes: u64,
}

/// Which objects need the detector, and what it finds in them.
fn blobs(gathering: &Gathering<'_>, detector: &Detector, store: &Store, graph: &Graph) -> Blobs {
    let progress = &gathering.plan.progress;
    let parts = store.visit(
        |kind| kind == Kind::Blob,
        Blobs::default,
        |part, met| {
            progress.step();
            let (number, scanned) = match met {
                Met::Object { number, bytes, .. } if store.is_first(number) => {
                    part.bytes += bytes.len() as u64;
                    (number, scan::bytes(detector, bytes, &graph.path(number)))
                }
                Met::Large { number, reader } if store.is_first(number) => {
                    let mut stream = Stream::reader(reader);
                    let mut buffer = Vec::new();
                    let path = graph.path(number);
                    let failed = match stream.fill(&mut buffer, scan::WINDOW) {
                        Ok(()) => {
                            let (scanned, failed) = scan::file(detector, stream, &mut buffer, &path);
                            part.bytes += scanned.bytes;
                            part.keep(number, &scanned, &path);
                            failed
                        }
                        Err(failed) => Some(failed),
                    };
                    part.files += 1;
                    if failed.is_some() {
                        part.large_broken.push(number);
                    }
                    return;
                }
                Met::Broken { number, reason } => return part.broken.push((number, reason)),
                Met::Object { .. } | Met::Large { .. } => return,
            };
            part.files += 1;
            if !scanned.sightings.is_empty() {
                part.keep(number, &scanned, &graph.path(number));
            }
        },
    );
    let mut all = Blobs::default();
    for part in parts {
        all.found.extend(part.found);
        all.broken.extend(part.broken);
        all.large_broken.extend(part.large_broken);
        all.files += part.files;
        all.bytes += part.bytes;
    }
    all.found.sort_unstable_by_key(|(n, _)| *n);
    all
}

impl Blobs {
    fn keep(&mut self, number: u32, scanned: &Scanned, path: &str) {
        let found = identities(scanned, path);
        if !found.is_empty() {
            self.found.push((number, found));
        }
    }
}

/// What is to be said of a value that commits hold.
#[allow(clippy::too_many_arguments, reason = "all that is known of a history, asked once")]
fn of_standing(
    gathering: &mut Gathering<'_>,
    repository: &Repository,
    detector: &Detector,
    store: &Store,
    graph: &Graph,
    reached: &Reached,
    head: Option<Id>,
    identity: &str,
    standing: &Standing,
) -> Option<Found> {
    let commit = |at: usize| reached.commits.get(at);
    let id = |at: usize| hex(commit(at).and_then(|c| graph.id(store, c.number)));
    let brought = Moment { commit: id(standing.brought), at: Time::claimed(commit(standing.brought)?.authored) };
    let taken = standing.taken.and_then(|at| Some(Moment { commit: id(at), at: Time::claimed(commit(at)?.committed) }));
    // An excluded path takes away that place, and no other.
    let mut paths: Vec<(String, Arc<str>)> = Vec::new();
    let mut excluded = None;
    for (path, at) in &standing.paths {
        if !is_asked_for(gathering.plan, repository, path) {
            continue;
        }
        let root: Arc<Path> = repository.root.as_path().into();
        match gathering.scope.excluded(&input(gathering.plan, &root, path)) {
            Some(reason) => excluded = Some(Aside { path: path.clone(), reason }),
            None => paths.push((path.clone(), id(*at))),
        }
    }
    if paths.is_empty() {
        gathering.coverage.left_out.extend(excluded);
        return None;
    }
    let (path, number) = standing.place.clone()?;
    let (path, object) = if paths.iter().any(|(p, _)| *p == path) {
        (path, graph.id(store, number))
    } else {
        // The commit that brought it brought it to an excluded path.
        let (other, commit) = paths.first().cloned()?;
        let object = Id::from_hex(commit.as_bytes()).ok().and_then(|c| repository.file(c, &other));
        (other, object)
    };
    let only = |scanned: Scanned, path: &str| keep(scanned, path, identity);
    let bytes = repository.blob(object?).ok()?;
    let mut seen = only(read(gathering, repository, detector, &path, bytes), &path);
    // What stands at the head may be allowed there; elsewhere in the history nobody can write a comment any more.
    seen.allows.clear();
    if seen.sightings.is_empty() {
        // Under its real path the reader of exports, or what the path says, decides otherwise.
        return None;
    }
    let head_seen = standing.head_place.clone().zip(head).and_then(|((path, number), head)| {
        let bytes = repository.blob(graph.id(store, number)?).ok()?;
        let seen = only(read(gathering, repository, detector, &path, bytes), &path);
        (!seen.sightings.is_empty()).then(|| (seen, path, hex(Some(head))))
    });
    let end = taken.as_ref().map_or(gathering.plan.now, |t| t.at);
    let history = History {
        open: end.since(&brought.at),
        brought: brought.clone(),
        times: standing.times,
        taken,
        at_head: standing.at_head,
        reference: standing.at.as_deref().map(Into::into),
    };
    let commit = paths.iter().find(|(p, _)| *p == path).map_or(brought.commit, |(_, c)| c.clone());
    let mut found = found(seen, path.clone(), commit, history);
    found.head = head_seen;
    found.others = paths.into_iter().filter(|(p, _)| *p != path).collect();
    found.more = found.others.len().saturating_sub(PLACES);
    found.others.truncate(PLACES);
    Some(found)
}

/// Leaves of what was seen what has this identity.
fn keep(mut scanned: Scanned, path: &str, identity: &str) -> Scanned {
    scanned.sightings.retain(|s| self::identity(s, path) == identity);
    scanned.sightings.truncate(1);
    scanned
}

/// The scan of what some commits change.
fn range(
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
            if !from.is_empty() && from.bytes().all(|b| b == b'0') {
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
            (references.into_iter().map(|(_, id)| id).filter_map(|id| repository.revision(&id.to_string()).ok()).collect(), Vec::new())
        }
    };
    let mut range = repository.range(&tips, &hidden, since.map(|t| t.epoch_seconds()));
    let unread = std::mem::take(&mut range.not_read);
    gathering.not_read(unread);
    gathering.coverage.commits = range.steps.len();
    gathering.nothing = Some(range.steps.is_empty());
    if range.submodules > 0 {
        let path = if range.submodules == 1 {
            "1 commit of another repository".into()
        } else {
            format!("{} commits of other repositories", range.submodules)
        };
        gathering.coverage.left_out.push(Aside { path, reason: "a submodule: it is looked at there".into() });
    }
    // A comment counts where it stood before; of what has no before, where it stands at the head.
    let end = if from.is_some() { tips.first().copied() } else { repository.head().ok().flatten() };
    let compared = if from.is_some() { base.revision() } else { end };
    // Each object once, under the first path at which it comes.
    let mut first: HashMap<Id, &git::Change> = HashMap::new();
    let mut order: Vec<Id> = Vec::new();
    let root: Arc<Path> = repository.root.as_path().into();
    for change in &range.changes {
        let Some(id) = change.id.filter(|_| is_asked_for(gathering.plan, repository, &change.path)) else { continue };
        if let Some(reason) = gathering.scope.excluded(&input(gathering.plan, &root, &change.path)) {
            gathering.coverage.left_out.push(Aside { path: change.path.clone(), reason });
        } else if let Entry::Vacant(slot) = first.entry(id) {
            slot.insert(change);
            order.push(id);
        }
    }
    gathering.plan.progress.start(order.len());
    let mut holders: BTreeMap<String, Vec<Id>> = BTreeMap::new();
    let mut seen: HashMap<Id, Scanned> = HashMap::new();
    for id in &order {
        let Some(change) = first.get(id) else { continue };
        let bytes = match repository.blob(*id) {
            Ok(bytes) => bytes,
            Err(reason) => {
                gathering.not_read(vec![Aside { path: change.path.clone(), reason }]);
                continue;
            }
        };
        gathering.plan.progress.step();
        gathering.coverage.files += 1;
        gathering.coverage.bytes += bytes.len() as u64;
        if is_pointer(&bytes) {
            let reason = "a pointer of Git LFS: what it points to is not in the repository".into();
            gathering.coverage.left_out.push(Aside { path: change.path.clone(), reason });
            continue;
        }
        let mut scanned = read(gathering, repository, detector, &change.path, bytes.clone());
        let was = before(repository, compared, &input(gathering.plan, &root, &change.path));
        weakened::comments(&mut scanned, &bytes, &was);
        for identity in identities(&scanned, &change.path) {
            holders.entry(identity).or_default().push(*id);
        }
        if !scanned.sightings.is_empty() || !scanned.allows.is_empty() {
            seen.insert(*id, scanned);
        }
    }
    let mut out = Vec::new();
    for (identity, objects) in &holders {
        let is_holder = |c: &&git::Change| c.id.is_some_and(|id| objects.contains(&id));
        let comes: Vec<&git::Change> = range.changes.iter().filter(is_holder).collect();
        let Some(brought) = objects.iter().filter_map(|id| first.get(id)).min_by_key(|c| c.commit) else { continue };
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

/// Where what opens something stands, of the first that was seen.
fn main_place(scanned: &Scanned) -> Option<(usize, u32, u32)> {
    let sighting = scanned.sightings.first()?;
    let part = sighting.parts.iter().find(|p| p.part != SecretPart::Key).or(sighting.parts.first())?;
    Some((sighting.text?, part.start, part.end))
}

/// Adds what was found to what is known.
fn add(gathering: &mut Gathering<'_>, repository: &Repository, found: Found) {
    let Found { mut seen, path, commit, history, others, more, head } = found;
    let root: Arc<Path> = repository.root.as_path().into();
    let of_path = |gathering: &Gathering<'_>, path: &str| {
        let input = input(gathering.plan, &root, path);
        let relative = gathering.scope.relative(&input);
        (input.shown, gathering.scope.systems(&relative), relative)
    };
    let is_message = path == MESSAGE || path == TAG;
    let (_, mut systems, mut relative) = if is_message { (path.clone(), Vec::new(), path.clone()) } else { of_path(gathering, &path) };
    seen.texts.iter_mut().for_each(|t| t.set_commit(&commit));
    let mut copies: Vec<(Span, Arc<str>)> = Vec::new();
    if let Some((mut at_head, head_path, head_commit)) = head {
        at_head.texts.iter_mut().for_each(|t| t.set_commit(&head_commit));
        let place = main_place(&at_head);
        let ids: Vec<TextId> = std::mem::take(&mut at_head.texts).into_iter().map(|t| gathering.texts.add(t)).collect();
        if let Some((text, start, end)) = place
            && let Some(id) = ids.get(text)
        {
            let note = if head_path == path { "it stands there still, at the head" } else { "it stands here, at the head" };
            copies.push((Span::new(*id, start, end), note.into()));
            let near: Vec<_> = at_head.allows.into_iter().filter(|a| a.text == Some(text)).collect();
            gathering.seens.allow(near, *id, &gathering.texts);
        }
        gathering.seens.values.append(&mut at_head.values);
    }
    let first = main_place(&seen);
    for (other, other_commit) in &others {
        let (shown, more_systems, other_relative) = of_path(gathering, other);
        systems.extend(more_systems);
        relative = format!("{relative}\0{other_relative}");
        let Some((text, start, end)) = first else { continue };
        if let Some(text) = seen.texts.get(text) {
            let id = gathering.texts.add(text.also_at(&shown, other_commit));
            copies.push((Span::new(id, start, end), "it stood under this path, too".into()));
        }
    }
    if more > 0
        && let Some(last) = copies.last_mut()
    {
        last.1 = format!("{}, and under {more} more", last.1).into();
    }
    systems.sort_unstable();
    systems.dedup();
    let at = gathering.seens.secrets.len();
    // Every place is in a part of the file, so that this text is nobody's.
    let main = gathering.texts.next_id();
    gathering.seens.add(seen, main, &mut gathering.texts, &relative, false, systems);
    for secret in gathering.seens.secrets.get_mut(at..).into_iter().flatten() {
        secret.history = Some(history.clone());
        secret.copies.clone_from(&copies);
    }
}
