//! Every object that a repository holds: packs, single files, and what it borrows from other repositories. Each has a number,
//! so that what is known of hundreds of thousands of them fits into tables.

use std::path::{Path, PathBuf};

use gix::hash::Kind as Hash;
use gix::odb::loose;
use gix::{ObjectId, oid};
use rayon::prelude::*;

use super::pack::{Met, Pack};
use crate::discover::{Aside, shown};

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A folder.
    Tree,
    /// A file.
    Blob,
    /// A tag with a message.
    Tag,
}

impl Kind {
    fn of(kind: gix::objs::Kind) -> Self {
        match kind {
            gix::objs::Kind::Commit => Self::Commit,
            gix::objs::Kind::Tree => Self::Tree,
            gix::objs::Kind::Blob => Self::Blob,
            gix::objs::Kind::Tag => Self::Tag,
        }
    }
}

/// The objects of a repository.
pub struct Store {
    packs: Vec<Pack>,
    loose: Vec<(loose::Store, Vec<ObjectId>)>,
    /// The number of the first loose object of each folder.
    loose_first: Vec<u32>,
    lookup: Vec<(u64, u32)>,
    fanout: Vec<u32>,
    count: u32,
    hash: Hash,
    /// Whether all objects stand in one pack: then none is stored twice.
    single: bool,
    /// What could not be read.
    pub not_read: Vec<Aside>,
    /// Whether other repositories lend it objects.
    pub borrows: bool,
    /// Whether objects were left out on purpose when it was cloned.
    pub partial: bool,
}

/// The first eight bytes of an id, as a number.
fn prefix(id: &oid) -> u64 {
    id.as_bytes().iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

fn slot(prefix: u64) -> usize {
    (prefix >> 48) as usize
}

impl Store {
    /// Lists the objects below a folder of objects and those that it borrows from. `working` is what names are relative to.
    pub fn open(objects: &Path, hash: Hash, working: &Path) -> Self {
        let mut store = Self {
            packs: Vec::new(),
            loose: Vec::new(),
            loose_first: Vec::new(),
            lookup: Vec::new(),
            fanout: Vec::new(),
            count: 0,
            hash,
            single: false,
            not_read: Vec::new(),
            borrows: false,
            partial: false,
        };
        let mut folders = vec![objects.to_path_buf()];
        match gix::odb::alternate::resolve(objects.to_path_buf(), working) {
            Ok(others) => {
                store.borrows = !others.is_empty();
                folders.extend(others);
            }
            Err(_) => store.not_read.push(Aside {
                path: shown(&objects.join("info").join("alternates"), working),
                reason: "it does not say where borrowed objects are".into(),
            }),
        }
        for folder in folders {
            store.add(&folder, hash, working);
        }
        store.index();
        store
    }

    fn add(&mut self, folder: &Path, hash: Hash, working: &Path) {
        let packs = folder.join("pack");
        if std::fs::read_dir(folder).is_err() {
            self.not_read.push(Aside { path: shown(folder, working), reason: "the folder of objects cannot be read".into() });
            return;
        }
        let entries = std::fs::read_dir(&packs).into_iter().flatten();
        let mut names: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        names.sort();
        self.partial |= names.iter().any(|n| n.extension().is_some_and(|e| e == "promisor"));
        for pack in names.iter().filter(|n| n.extension().is_some_and(|e| e == "pack") && !n.with_extension("idx").exists()) {
            self.not_read.push(Aside { path: shown(pack, working), reason: "a pack without its index".into() });
        }
        for index in names.iter().filter(|n| n.extension().is_some_and(|e| e == "idx")) {
            let name = shown(&index.with_extension("pack"), working);
            match Pack::open(index, hash, self.count) {
                Ok(pack) => {
                    self.count = self.count.saturating_add(pack.len());
                    self.packs.push(pack);
                }
                Err(reason) => self.not_read.push(Aside { path: name, reason }),
            }
        }
        let loose = loose::Store::at(folder, hash);
        let mut ids: Vec<ObjectId> = loose.iter().filter_map(Result::ok).collect();
        ids.sort();
        self.loose_first.push(self.count);
        self.count = self.count.saturating_add(ids.len() as u32);
        self.loose.push((loose, ids));
    }

    fn index(&mut self) {
        let mut lookup: Vec<(u64, u32)> = Vec::with_capacity(self.count as usize);
        for pack in &self.packs {
            lookup.extend(pack.ids().enumerate().map(|(n, id)| (prefix(id), pack.first + n as u32)));
        }
        for ((_, ids), first) in self.loose.iter().zip(&self.loose_first) {
            lookup.extend(ids.iter().enumerate().map(|(n, id)| (prefix(id), first + n as u32)));
        }
        lookup.par_sort_unstable();
        let mut fanout = vec![0u32; (1 << 16) + 1];
        for (prefix, _) in &lookup {
            if let Some(n) = fanout.get_mut(slot(*prefix) + 1) {
                *n += 1;
            }
        }
        let mut sum = 0;
        for n in &mut fanout {
            sum += *n;
            *n = sum;
        }
        (self.lookup, self.fanout) = (lookup, fanout);
        self.single = self.packs.len() <= 1 && self.loose.iter().all(|(_, ids)| ids.is_empty());
    }

    /// The bytes of an id.
    pub fn id_length(&self) -> usize {
        self.hash.len_in_bytes()
    }

    /// How many objects there are, those counted twice that are stored twice.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The number of an object; of one that is stored twice, the first.
    pub fn number(&self, id: &oid) -> Option<u32> {
        let wanted = prefix(id);
        let from = *self.fanout.get(slot(wanted))? as usize;
        let to = *self.fanout.get(slot(wanted) + 1)? as usize;
        let range = self.lookup.get(from..to)?;
        let at = range.partition_point(|(p, _)| *p < wanted);
        let same = range.get(at..)?.iter().take_while(|(p, _)| *p == wanted);
        same.map(|(_, n)| *n).find(|n| self.id(*n).is_some_and(|i| i == id))
    }

    /// The id of an object.
    pub fn id(&self, number: u32) -> Option<&oid> {
        let pack = self.packs.partition_point(|p| p.first <= number).checked_sub(1).and_then(|p| self.packs.get(p));
        if let Some(id) = pack.and_then(|p| p.id(number)) {
            return Some(id);
        }
        let folder = self.loose_first.partition_point(|f| *f <= number).checked_sub(1)?;
        let (_, ids) = self.loose.get(folder)?;
        ids.get((number - self.loose_first.get(folder)?) as usize).map(AsRef::as_ref)
    }

    /// Whether a number is the one that its object is known by, and not a second copy of it.
    pub fn is_first(&self, number: u32) -> bool {
        self.single || self.id(number).and_then(|id| self.number(id)) == Some(number)
    }

    /// Visits every object of some kinds on all cores, bases before what is a difference from them. Each part of the work
    /// begins with `start` and ends with `finish`; what they come to is returned in an order that is the same every time.
    pub fn visit<T, R: Send>(
        &self,
        wanted: impl Fn(Kind) -> bool + Sync,
        start: impl Fn() -> T + Sync,
        visit: impl Fn(&mut T, Met<'_>) + Sync,
        finish: impl Fn(T) -> R + Sync,
    ) -> Vec<R> {
        let mut out = Vec::new();
        for pack in &self.packs {
            let roots = pack.roots(&wanted);
            out.par_extend(roots.par_chunks(64).map(|roots| {
                let mut state = start();
                pack.walk(roots, &mut |met| visit(&mut state, met));
                finish(state)
            }));
        }
        for ((store, ids), first) in self.loose.iter().zip(&self.loose_first) {
            out.par_extend(ids.par_chunks(64).enumerate().map(|(chunk, ids)| {
                let mut state = start();
                let mut buffer = Vec::new();
                for (n, id) in ids.iter().enumerate() {
                    let number = first + (chunk * 64 + n) as u32;
                    match store.try_find(id, &mut buffer) {
                        Ok(Some(data)) => {
                            let kind = Kind::of(data.kind);
                            if wanted(kind) {
                                visit(&mut state, Met::Object { number, kind, bytes: data.data, kept: None });
                            }
                        }
                        // Of what kind it was nobody can tell: it is told once, with the blobs.
                        _ if wanted(Kind::Blob) => visit(&mut state, Met::Broken { number, reason: "it is damaged".into() }),
                        _ => {}
                    }
                }
                finish(state)
            }));
        }
        out
    }

    /// Objects of packs that hang from nothing.
    pub fn adrift(&self) -> Vec<u32> {
        self.packs.iter().flat_map(Pack::adrift).collect()
    }
}
