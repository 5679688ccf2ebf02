//! What the next commit changes: the index against the head. Folders that the index knows to be as they are at the head are
//! not opened, so a usual commit costs next to nothing however many files there are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::index;

use super::objects::{self, Mode};
use super::range::{DEEPEST, TOO_DEEP};
use super::{File, Repository, graph};
use crate::discover::Aside;

/// What is staged.
#[derive(Default)]
pub struct Staged {
    /// Files that are new or have another content, by path.
    pub changed: Vec<File>,
    /// Files and folders that are gone.
    pub deleted: Vec<String>,
    /// What was not looked at, by design.
    pub left_out: Vec<Aside>,
    /// What could not be read.
    pub not_read: Vec<Aside>,
}

/// The index that git works with: a commit of some files alone, or of all, has one of its own while its hooks run.
fn index_path(repository: &Repository, working: &Path) -> PathBuf {
    match std::env::var_os("GIT_INDEX_FILE").filter(|p| !p.is_empty()) {
        Some(path) => working.join(path),
        None => repository.repo.index_path(),
    }
}

impl Repository {
    /// Compares the index with the head. `working` is where the command runs.
    ///
    /// # Errors
    /// Why the index cannot be read.
    pub fn staged(&self, working: &Path) -> Result<Staged, String> {
        let path = index_path(self, working);
        let mut staged = Staged::default();
        let head = self.head()?;
        let tree = match head {
            Some(head) => self.commit(head)?.0.tree,
            None => None,
        };
        if std::fs::symlink_metadata(&path).is_err() && std::env::var_os("GIT_INDEX_FILE").is_none() {
            // Nothing was ever added.
            staged.deleted.extend(tree.map(|_| String::new()));
            return Ok(staged);
        }
        crate::discover::regular(&path).map_err(|why| format!("the index cannot be read: {why}"))?;
        let state = index::File::at(&path, self.repo.object_hash(), false, index::decode::Options::default())
            .map_err(|e| format!("the index cannot be read: {}", super::first_line(&e)))?;
        let mut compare = Compare { repository: self, state: &state, staged: &mut staged };
        compare.folder(tree, state.tree(), 0..state.entries().len(), 0);
        staged.changed.sort();
        staged.changed.dedup();
        Ok(staged)
    }
}

struct Compare<'r> {
    repository: &'r Repository,
    state: &'r index::State,
    staged: &'r mut Staged,
}

impl Compare<'_> {
    fn name(&self, at: usize) -> &[u8] {
        self.state.entries().get(at).map_or(&[], |e| e.path(self.state).as_ref())
    }

    /// Compares a folder: the entries in `range` share the first `depth` bytes of their paths.
    fn folder(&mut self, tree: Option<ObjectId>, known: Option<&index::extension::Tree>, range: std::ops::Range<usize>, depth: usize) {
        if let (Some(tree), Some(known)) = (tree, known)
            && known.num_entries.is_some()
            && known.id == tree
        {
            return;
        }
        if memchr::memchr_iter(b'/', self.name(range.start).get(..depth).unwrap_or(&[])).count() > DEEPEST {
            self.staged
                .not_read
                .push(Aside { path: graph::text(self.name(range.start)).chars().take(200).collect(), reason: TOO_DEEP.into() });
            return;
        }
        let mut there: HashMap<Vec<u8>, (Mode, ObjectId)> = HashMap::new();
        if let Some(tree) = tree {
            match self.repository.bytes(tree, gix::objs::Kind::Tree) {
                Ok(bytes) => {
                    let entries = objects::entries(&bytes, self.repository.id_length());
                    there.extend(entries.map(|e| (e.name.to_vec(), (e.mode, e.id.to_owned()))));
                }
                // All that is staged there counts as changed.
                Err(reason) => {
                    let path = graph::text(self.name(range.start).get(..depth).unwrap_or(&[]));
                    self.staged.not_read.push(Aside { path, reason });
                }
            }
        }
        let children: HashMap<&[u8], &index::extension::Tree> =
            known.iter().flat_map(|k| &k.children).map(|c| (c.name.as_slice(), c)).collect();
        let mut at = range.start;
        while at < range.end {
            let rest = self.name(at).get(depth..).unwrap_or(&[]).to_vec();
            match memchr::memchr(b'/', &rest) {
                Some(slash) if slash + 1 < rest.len() => {
                    let prefix = self.name(at).get(..=depth + slash).unwrap_or(&[]).to_vec();
                    let mut end = at + 1;
                    while end < range.end && self.name(end).starts_with(&prefix) {
                        end += 1;
                    }
                    let name = rest.get(..slash).unwrap_or(&[]);
                    let below = match there.remove(name) {
                        Some((Mode::Tree, id)) => Some(id),
                        Some(_) => {
                            self.staged.deleted.push(graph::text(prefix.strip_suffix(b"/").unwrap_or(&prefix)));
                            None
                        }
                        None => None,
                    };
                    let child = children.get(name).copied();
                    self.folder(below, child, at..end, depth + slash + 1);
                    at = end;
                }
                _ => {
                    let name = rest.strip_suffix(b"/").unwrap_or(&rest);
                    let before = there.remove(name);
                    self.entry(at, before);
                    at += 1;
                    // The versions of a file that is merged have one name.
                    while at < range.end && self.name(at).get(depth..) == Some(&rest) {
                        self.entry(at, before);
                        at += 1;
                    }
                }
            }
        }
        let folder = self.name(range.start).get(..depth).unwrap_or(&[]).to_vec();
        self.staged.deleted.extend(there.keys().map(|name| graph::text(&[folder.as_slice(), name].concat())));
    }

    fn entry(&mut self, at: usize, before: Option<(Mode, ObjectId)>) {
        let Some(entry) = self.state.entries().get(at) else { return };
        let path = graph::text(entry.path(self.state).as_ref());
        let unchanged = before.is_some_and(|(_, id)| id == entry.id);
        if unchanged || entry.flags.contains(index::entry::Flags::INTENT_TO_ADD) {
            return;
        }
        match entry.mode {
            index::entry::Mode::COMMIT => {
                let reason = "a commit of another repository: it is looked at there".into();
                self.staged.left_out.push(Aside { path, reason });
            }
            // A folder outside a sparse working tree, of which the index holds no more than its object.
            index::entry::Mode::DIR => {
                let old = before.filter(|(mode, _)| *mode == Mode::Tree).map(|(_, id)| id);
                let prefix = path.trim_end_matches('/').to_owned() + "/";
                let mut changes = Vec::new();
                let mut wrong = |path: String, reason: String| self.staged.not_read.push(Aside { path, reason });
                self.repository.changes(
                    old,
                    Some(entry.id),
                    &prefix,
                    &mut |path, _, new| changes.extend(new.map(|id| (path, id))),
                    &mut wrong,
                );
                self.staged.changed.extend(changes.into_iter().map(|(path, id)| File { path, id }));
            }
            _ => self.staged.changed.push(File { path, id: entry.id }),
        }
    }
}
