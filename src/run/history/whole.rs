//! The scan of everything that is stored. Which objects need the detector, what it finds in them, and which commits hold what it
//! found are questions of their own.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::super::gather::Gathering;
use super::super::staged::{input, is_asked_for};
use super::{Found, MESSAGE, PLACES, TAG, found, hex, identities, in_message, keep, message, read, submodules};
use crate::discover::{Aside, Stream};
use crate::finding::{History, Moment};
use crate::git::{self, Graph, Id, Kind, Met, Reached, Repository, Standing, Store};
use crate::model::time::Time;
use crate::problem::Problem;
use crate::scan::{self, Scanned};
use crate::secrets::Detector;
use crate::secrets::values::is_code;

/// All that is known of a history.
struct Past<'a> {
    repository: &'a Repository,
    detector: &'a Detector,
    store: &'a Store,
    graph: &'a Graph,
    reached: &'a Reached,
    head: Option<Id>,
}

/// The scan of everything that is stored.
pub(super) fn whole(
    gathering: &mut Gathering<'_>,
    repository: &Repository,
    detector: &Detector,
    stashes: bool,
    reflog: bool,
) -> Vec<Found> {
    let mut store = repository.store(&gathering.plan.working);
    let unread = std::mem::take(&mut store.not_read);
    gathering.not_read(unread);
    let progress = gathering.plan.progress.clone();
    progress.start(store.count() as usize);
    let (graph, messages) =
        Graph::read(&store, || progress.step(), |kind, bytes| message(detector, bytes, if kind == Kind::Tag { TAG } else { MESSAGE }));
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
    gathering.coverage.commits = reached.commits.iter().filter(|c| c.is_one()).count();
    gathering.nothing = Some(reached.commits.is_empty());
    if !ends.is_empty() {
        let path = format!("{} and what was before", if ends.len() == 1 { "1 commit".into() } else { format!("{} commits", ends.len()) });
        gathering.not_read(vec![Aside { path, reason: "a shallow copy ends there: `git fetch --unshallow` brings the rest".into() }]);
    }
    let lost: Vec<Aside> = reached
        .absent
        .iter()
        .filter_map(|n| graph.id(&store, *n))
        .map(|id| Aside { path: format!("commit {id}"), reason: "it is not here or damaged, and what was before it is not known".into() })
        .collect();
    gathering.not_read(lost);
    let blobs = blobs(gathering, detector, &store, &graph);
    gathering.coverage.files = blobs.files;
    gathering.coverage.bytes = blobs.bytes;
    if blobs.compressed > 0 {
        let path = if blobs.compressed == 1 { "1 file".into() } else { format!("{} files", blobs.compressed) };
        gathering.coverage.left_out.push(Aside { path, reason: "compressed: its contents were not looked into".into() });
    }
    gathering.coverage.left_out.extend(submodules(graph.submodules));
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
    asked.extend(broken.keys().map(|n| (String::new(), HashSet::from([*n]))));
    let sets: Vec<HashSet<u32>> = asked.iter().map(|(_, s)| s.clone()).collect();
    let head_number = head.and_then(|h| graph.number(&store, &h));
    let standings = git::standing(&store, &graph, &reached, head_number, &sets);
    let mut unread = Vec::new();
    for ((number, reason), standing) in broken.iter().zip(standings.get(count..).unwrap_or(&[])) {
        let id = graph.id(&store, *number).map(|i| i.to_string()).unwrap_or_default();
        let path = standing.as_ref().and_then(|s| s.paths.keys().next().cloned());
        match path {
            Some(path) if !path.is_empty() => unread.push(Aside { path, reason: format!("object {id}: {reason}") }),
            // A folder of a commit, or what a tag is of; a tag itself.
            Some(_) => unread.push(Aside { path: format!("object {id}"), reason: reason.clone() }),
            None if reached.others.contains(number) => unread.push(Aside { path: format!("object {id}"), reason: reason.clone() }),
            None => {}
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
        match standing {
            Some(standing) => {
                let past = Past { repository, detector, store: &store, graph: &graph, reached: &reached, head };
                out.extend(of_standing(gathering, &past, identity, numbers, standing));
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
    // Damaged tags may be of each other.
    for _ in 0..64 {
        let Some(target) = graph.tagged(number) else { break };
        number = target;
    }
    times.get(&number).copied().unwrap_or(0)
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// What the detector found in all objects.
#[derive(Default)]
struct Blobs {
    found: Vec<(u32, BTreeSet<String>)>,
    broken: Vec<(u32, String)>,
    compressed: usize,
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
            match met {
                Met::Object { number, bytes, .. } if store.is_first(number) => {
                    part.bytes += bytes.len() as u64;
                    part.files += 1;
                    part.compressed += usize::from(scan::compressed(bytes).is_some());
                    for path in graph.judged_as(number) {
                        let scanned = scan::bytes(detector, bytes, &path);
                        if !scanned.sightings.is_empty() {
                            part.keep(number, &scanned, &path);
                        }
                    }
                }
                Met::Large { number, reader } if store.is_first(number) => {
                    let mut stream = Stream::reader(reader);
                    let mut buffer = Vec::new();
                    // It is read once: under a name that is none of code, if it has one, because more is a finding there.
                    let names = graph.judged_as(number);
                    let path = names.iter().find(|n| !is_code(n)).or(names.first()).cloned().unwrap_or_default();
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
                    part.broken.extend(failed.map(|_| (number, "it is damaged".to_owned())));
                }
                // A second copy is no loss where the first can be read.
                Met::Broken { number, reason } if store.is_first(number) => part.broken.push((number, reason)),
                Met::Object { .. } | Met::Large { .. } | Met::Broken { .. } => {}
            }
        },
        |part| part,
    );
    let mut all = Blobs::default();
    for part in parts {
        all.found.extend(part.found);
        all.broken.extend(part.broken);
        all.compressed += part.compressed;
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
fn of_standing(
    gathering: &mut Gathering<'_>,
    past: &Past<'_>,
    identity: &str,
    numbers: &HashSet<u32>,
    standing: &Standing,
) -> Option<Found> {
    let Past { repository, detector, store, graph, reached, head } = *past;
    let commit = |at: usize| reached.commits.get(at);
    let id = |at: usize| hex(commit(at).and_then(|c| graph.id(store, c.number)));
    let first = commit(standing.brought)?;
    // What a tag alone leads to has no time.
    let at = if first.is_one() { Time::claimed(first.authored) } else { gathering.plan.now };
    let brought = Moment { commit: id(standing.brought), at };
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
    let (place, number) = standing.place.clone()?;
    if standing.paths.is_empty() && is_asked_for(gathering.plan, repository, &place) {
        paths.push((place.clone(), brought.commit.clone()));
    }
    if paths.is_empty() {
        gathering.coverage.left_out.extend(excluded);
        return None;
    }
    let only = |scanned: Scanned, path: &str| keep(scanned, path, identity);
    // First where it came; else the first path under which it is a finding: what a path says helps to decide.
    let came = paths.iter().any(|(p, _)| *p == place).then(|| (place.clone(), brought.commit.clone(), graph.id(store, number)));
    let elsewhere = paths.iter().filter(|(p, _)| *p != place).map(|(path, commit)| {
        let object = Id::from_hex(commit.as_bytes()).ok().and_then(|c| repository.file(c, path));
        (path.clone(), commit.clone(), object)
    });
    let mut seen = None;
    for (path, commit, object) in came.into_iter().chain(elsewhere) {
        let bytes = match object.map(|o| repository.blob(o)) {
            Some(Ok(bytes)) => bytes,
            Some(Err(reason)) => {
                gathering.not_read(vec![Aside { path, reason }]);
                continue;
            }
            None => continue,
        };
        let scanned = only(read(gathering, repository, detector, &path, bytes), &path);
        if !scanned.sightings.is_empty() {
            seen = Some((scanned, path, commit, object));
            break;
        }
    }
    if seen.is_none() {
        // A name of the same kind has decided.
        let mut sorted: Vec<u32> = numbers.iter().copied().collect();
        sorted.sort_unstable();
        for number in &sorted {
            let Some(object) = graph.id(store, *number) else { continue };
            let Ok(bytes) = repository.blob(object) else { continue };
            for known in graph.judged_as(*number) {
                let mut scanned = only(read(gathering, repository, detector, &known, bytes.clone()), &known);
                if !scanned.sightings.is_empty() && seen.is_none() {
                    let (path, commit) = paths.first().cloned()?;
                    scanned.texts = scanned.texts.iter().map(|t| t.also_at(&path, &commit)).collect();
                    seen = Some((scanned, path, commit, Some(object)));
                }
            }
        }
    }
    // Else it is the id of a key in an export.
    let (mut seen, path, commit, object) = seen?;
    // What stands at the head may be allowed there; elsewhere in the history nobody can write a comment any more.
    seen.allows.clear();
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
    let shown = if path.is_empty() { format!("(object {})", short(&commit)) } else { path.clone() };
    let mut found = found(seen, shown, commit, history);
    found.head = head_seen;
    found.known = Some((identity.to_owned(), object));
    found.others = paths.into_iter().filter(|(p, _)| *p != path).collect();
    found.more = found.others.len().saturating_sub(PLACES);
    found.others.truncate(PLACES);
    Some(found)
}
