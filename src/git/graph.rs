//! What hangs together: which commits there are, under which name each object can be found, and what is named and is not
//! there. Folders, commits and tags are read once, in the order in which they are stored; what a folder has in common with the
//! one that it is stored as a difference from was seen there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use gix::ObjectId;

use super::objects::{self, Mode};
use super::pack::Met;
use super::store::{Kind, Store};
use crate::secrets::values::is_code;

/// A commit.
#[derive(Clone, Copy)]
pub struct Commit {
    /// Its number.
    pub number: u32,
    /// The number of its folder.
    pub tree: u32,
    /// When it was written, in seconds since 1970.
    pub authored: i64,
    /// When it was made a part of the history.
    pub committed: i64,
    first_parent: u32,
    parents: u32,
}

impl Commit {
    /// An object that no commit leads to, as if one did, later than all others.
    pub fn of(number: u32) -> Self {
        Self { number, tree: number, authored: i64::MAX, committed: i64::MAX, first_parent: 0, parents: 0 }
    }
    /// Whether it is a commit, and not another object in its place.
    pub fn is_one(&self) -> bool {
        self.number != self.tree
    }
}

/// What hangs together.
pub struct Graph {
    /// The commits in the order of their numbers.
    commits: Vec<Commit>,
    parents: Vec<u32>,
    /// Tags with a message, and what they are of.
    tags: BTreeMap<u32, u32>,
    /// The names of files and folders.
    pub names: Names,
    /// Of each object one folder that names it, and the name's number.
    links: Vec<AtomicU64>,
    /// The kinds of names that each object has, as bits.
    kinds: Vec<AtomicU8>,
    /// What is named and not there, in order; their numbers follow those of the objects.
    pub missing: Vec<ObjectId>,
    objects: u32,
    /// What cannot be read, and why.
    pub broken: Vec<(u32, String)>,
    /// How many names stand for a commit of another repository.
    pub submodules: usize,
}

/// Names of files and folders, each with a number that is nearly always the same in every run: its hash.
#[derive(Default)]
pub struct Names(HashMap<u32, Box<[u8]>>);

impl Names {
    /// The number of a name that is known; else the one that it would get.
    fn find(&self, name: &[u8]) -> (u32, bool) {
        let mut at = name.iter().fold(0x811c_9dc5, |h: u32, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193));
        // Two names may have one hash: then the later one takes the next that is free.
        loop {
            match self.0.get(&at) {
                None => return (at, false),
                Some(known) if **known == *name => return (at, true),
                Some(_) => at = at.wrapping_add(1),
            }
        }
    }
    /// The number of a name.
    pub fn number(&self, name: &[u8]) -> u32 {
        self.find(name).0
    }
    fn add(&mut self, name: &[u8]) -> u32 {
        let (at, known) = self.find(name);
        if !known {
            self.0.insert(at, name.into());
        }
        at
    }
    /// A name by its number.
    pub fn get(&self, number: u32) -> &[u8] {
        self.0.get(&number).map_or(b"?", |n| n)
    }
}

/// What one part of the work found.
struct Part<M> {
    commits: Vec<(u32, objects::Commit)>,
    tags: Vec<(u32, ObjectId)>,
    missing: Vec<ObjectId>,
    submodules: HashSet<ObjectId>,
    broken: Vec<(u32, String)>,
    messages: Vec<(u32, M)>,
    names: HashMap<Box<[u8]>, u32>,
}

impl Graph {
    /// Reads folders, commits and tags. `message` is asked about every message of a commit or tag; what it answers is
    /// returned beside the number of the object. `step` hears of every object that is done.
    pub fn read<M: Send>(
        store: &Store,
        step: impl Fn() + Sync,
        message: impl Fn(Kind, &[u8]) -> Option<M> + Sync,
    ) -> (Self, Vec<(u32, M)>) {
        let links: Vec<AtomicU64> = (0..store.count()).map(|_| AtomicU64::new(u64::MAX)).collect();
        let kinds: Vec<AtomicU8> = (0..store.count()).map(|_| AtomicU8::new(0)).collect();
        let names: Mutex<Names> = Mutex::default();
        let start = || Part::<M> {
            commits: Vec::new(),
            tags: Vec::new(),
            missing: Vec::new(),
            submodules: HashSet::new(),
            broken: Vec::new(),
            messages: Vec::new(),
            names: HashMap::new(),
        };
        let parts = store.visit(
            |kind| kind != Kind::Blob,
            start,
            |part, met| {
                step();
                match met {
                    Met::Object { number, kind: Kind::Tree, bytes, kept } => {
                        folder(store, (&links, &kinds), &names, part, number, bytes, kept.unwrap_or(&[]));
                    }
                    Met::Object { number, kind, bytes, .. } => {
                        let at = if kind == Kind::Commit {
                            let commit = objects::commit(bytes);
                            let at = commit.message;
                            part.commits.push((number, commit));
                            at
                        } else {
                            let (target, at) = objects::tag(bytes);
                            part.tags.extend(target.map(|t| (number, t)));
                            at
                        };
                        if let Some(found) = bytes.get(at..).and_then(|b| message(kind, b)) {
                            part.messages.push((number, found));
                        }
                    }
                    Met::Broken { number, reason } => part.broken.push((number, reason)),
                    Met::Large { .. } => {}
                }
            },
            |part| part,
        );
        let mut graph = Self {
            commits: Vec::new(),
            parents: Vec::new(),
            tags: BTreeMap::new(),
            names: Names::default(),
            links,
            kinds,
            missing: Vec::new(),
            objects: store.count(),
            broken: Vec::new(),
            submodules: 0,
        };
        let (mut commits, mut tags, mut messages, mut submodules) = (Vec::new(), Vec::new(), Vec::new(), HashSet::new());
        for part in parts {
            commits.extend(part.commits);
            tags.extend(part.tags);
            messages.extend(part.messages);
            submodules.extend(part.submodules);
            graph.missing.extend(part.missing);
            graph.broken.extend(part.broken);
        }
        graph
            .broken
            .extend(store.adrift().into_iter().map(|n| (n, "it is damaged, or what it is stored as a difference from is not here".into())));
        graph.broken.sort();
        graph.broken.dedup();
        graph.submodules = submodules.len();
        graph.names = names.into_inner().unwrap_or_default();
        let named = commits.iter().flat_map(|(_, c)| c.parents.iter().chain(&c.tree)).chain(tags.iter().map(|(_, t)| t));
        graph.missing.extend(named.filter(|id| store.number(id).is_none()).copied());
        graph.missing.sort();
        graph.missing.dedup();
        commits.sort_unstable_by_key(|(n, _)| *n);
        messages.sort_unstable_by_key(|(n, _)| *n);
        for (number, commit) in commits {
            let first_parent = graph.parents.len() as u32;
            let parents: Vec<u32> = commit.parents.iter().filter_map(|p| graph.number(store, p)).collect();
            let tree = commit.tree.and_then(|t| graph.number(store, &t)).unwrap_or(u32::MAX);
            let count = parents.len() as u32;
            graph.parents.extend(parents);
            graph.commits.push(Commit {
                number,
                tree,
                authored: commit.authored,
                committed: commit.committed,
                first_parent,
                parents: count,
            });
        }
        graph.tags = tags.into_iter().filter_map(|(n, t)| Some((n, graph.number(store, &t)?))).collect();
        (graph, messages)
    }

    /// The number of an object, also of one that is named and not there.
    pub fn number(&self, store: &Store, id: &gix::oid) -> Option<u32> {
        let missing = || self.missing.binary_search_by(|m| m.as_ref().cmp(id)).ok().map(|at| self.objects + at as u32);
        store.number(id).or_else(missing)
    }
    /// The id of an object, also of one that is named and not there.
    pub fn id(&self, store: &Store, number: u32) -> Option<ObjectId> {
        let missing = || self.missing.get(number.checked_sub(self.objects)? as usize).copied();
        store.id(number).map(ToOwned::to_owned).or_else(missing)
    }
    /// Whether an object is named and not there.
    pub fn is_missing(&self, number: u32) -> bool {
        number >= self.objects
    }
    /// A commit by its number.
    pub fn commit(&self, number: u32) -> Option<&Commit> {
        self.commits.binary_search_by_key(&number, |c| c.number).ok().and_then(|at| self.commits.get(at))
    }
    /// The numbers of the commits before one.
    pub fn parents(&self, commit: &Commit) -> &[u32] {
        let first = commit.first_parent as usize;
        self.parents.get(first..first + commit.parents as usize).unwrap_or(&[])
    }
    /// What a tag with a message is of.
    pub fn tagged(&self, number: u32) -> Option<u32> {
        self.tags.get(&number).copied()
    }
    /// Paths under which an object is to be judged: one under which it can be found, and for every other kind of name that
    /// it has one of that kind in the same folder.
    pub fn judged_as(&self, number: u32) -> Vec<String> {
        let path = self.path(number);
        let own = kind_of(path.rsplit('/').next().unwrap_or("").as_bytes());
        let kinds = self.kinds.get(number as usize).map_or(0, |k| k.load(Ordering::Relaxed));
        let stem = path.rsplit_once('.').map_or(path.as_str(), |(stem, _)| stem).to_owned();
        let others = ENDINGS.iter().enumerate().filter(|(bit, _)| kinds & !own & (1 << bit) != 0);
        let others: Vec<String> = others.map(|(_, ending)| format!("{stem}.{ending}")).collect();
        std::iter::once(path).chain(others).collect()
    }
    /// One path under which an object can be found; empty where none is known.
    pub fn path(&self, number: u32) -> String {
        let mut parts: Vec<&[u8]> = Vec::new();
        let mut at = number;
        while let Some(link) =
            self.links.get(at as usize).map(|l| l.load(Ordering::Relaxed)).filter(|l| *l != u64::MAX && parts.len() < 256)
        {
            parts.push(self.names.get(link as u32));
            at = (link >> 32) as u32;
        }
        parts.reverse();
        text(&parts.join(&b'/'))
    }
}

/// Endings of names that say what a file is, one for each kind that the same bytes may be judged differently as.
const ENDINGS: [&str; 6] = ["txt", "py", "yaml", "csv", "md", "env"];

/// The kind of a name, as a bit: code is what the detector takes for code; text is all that nothing else is known of.
fn kind_of(name: &[u8]) -> u8 {
    let ending = name.rsplit(|b| *b == b'.').next().filter(|e| e.len() < name.len()).unwrap_or(b"").to_ascii_lowercase();
    1 << match ending.as_slice() {
        b"yaml" | b"yml" | b"json" | b"toml" | b"ini" | b"cfg" | b"conf" => 2,
        b"csv" | b"tsv" | b"sql" | b"dump" | b"lock" => 3,
        b"md" | b"rst" | b"html" | b"adoc" => 4,
        b"env" | b"properties" => 5,
        _ if std::str::from_utf8(name).is_ok_and(is_code) => 1,
        _ => 0,
    }
}

/// A path as text; bytes that are no UTF-8 are written `\xff`, so that two never look alike.
pub fn text(path: &[u8]) -> String {
    let mut out = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

fn folder<M>(
    store: &Store,
    (links, kinds): (&[AtomicU64], &[AtomicU8]),
    names: &Mutex<Names>,
    part: &mut Part<M>,
    number: u32,
    bytes: &[u8],
    kept: &[(u32, u32)],
) {
    let length = store.id_length();
    let mut kept = kept.iter().peekable();
    let mut end = 0;
    for entry in objects::entries(bytes, length) {
        end = entry.end;
        while kept.next_if(|(_, end)| (*end as usize) < entry.end).is_some() {}
        if kept.peek().is_some_and(|(start, _)| *start as usize <= entry.start) {
            continue;
        }
        if entry.mode == Mode::Submodule {
            part.submodules.insert(entry.id.to_owned());
            continue;
        }
        let name = match part.names.get(entry.name) {
            Some(name) => *name,
            None => {
                let Ok(mut all) = names.lock() else { continue };
                let name = all.add(entry.name);
                part.names.insert(entry.name.into(), name);
                name
            }
        };
        let Some(at) = store.number(entry.id) else {
            part.missing.push(entry.id.to_owned());
            continue;
        };
        if let Some(kinds) = kinds.get(at as usize) {
            kinds.fetch_or(kind_of(entry.name), Ordering::Relaxed);
        }
        if let Some(link) = links.get(at as usize) {
            link.fetch_min(u64::from(number) << 32 | u64::from(name), Ordering::Relaxed);
        }
    }
    if end != bytes.len() {
        part.broken.push((number, "not all of it is a list of files".into()));
    }
}
