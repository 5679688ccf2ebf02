//! A repository of git, read without git: no program is started, and nothing that the repository configures is done. Hooks,
//! file system monitors, filters and text conversions are never looked at; replacements of objects do not count.
//!
//! `pack` and `store` read objects, `graph` and `standing` say what hangs together and which commits hold something, `staged`
//! and `range` what changed; `hooks` is for who installs one.

mod delta;
mod graph;
mod hooks;
mod objects;
mod pack;
mod range;
mod staged;
mod standing;
mod store;

pub use gix::ObjectId as Id;

pub use graph::Graph;
pub use hooks::Hooks;
pub use pack::{LARGE, Met};
pub use range::{Change, Range};
pub use staged::Staged;
pub use standing::{Reached, Standing, standing};
pub use store::{Kind, Store};

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use crate::discover::{Aside, shown};
use objects::Mode;

/// Why a repository cannot be read, and what to do.
pub struct Refused {
    /// Why.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// A repository.
pub struct Repository {
    repo: gix::Repository,
    /// The folder that its paths are relative to: the working tree, or its own folder where it has none.
    pub root: PathBuf,
}

/// A file in a commit or in the index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    /// Its path from the root of the repository, with `/`.
    pub path: String,
    /// Its object.
    pub id: ObjectId,
}

/// The names that a repository's own folder has, where it is one.
fn is_own_folder(folder: &Path) -> bool {
    folder.join("HEAD").is_file()
        && folder.join("objects").is_dir()
        && (folder.join("refs").is_dir() || folder.join("packed-refs").is_file())
}

impl Repository {
    /// Opens the repository that a folder lies in; nothing where it lies in none.
    ///
    /// # Errors
    /// Why the repository cannot be read.
    pub fn around(folder: &Path) -> Result<Option<Self>, Refused> {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        // What looks like a repository's own folder within a working tree may have been put there.
        let outer = folder.ancestors().find(|a| std::fs::symlink_metadata(a.join(".git")).is_ok());
        if let Some(root) = outer.or_else(|| folder.ancestors().find(|a| is_own_folder(a))) {
            return Self::open(root, root).map(Some);
        }
        Ok(None)
    }

    fn open(path: &Path, root: &Path) -> Result<Self, Refused> {
        let refused = |message: String| Refused { message, help: "`git fsck` tells what is wrong with it" };
        if let Some(odd) = odd_file(&path.join(".git")).or_else(|| odd_file(path)) {
            return Err(refused(format!("{} is no regular file", shown(&odd, path))));
        }
        let options = gix::open::Options::isolated().with(gix::sec::Trust::Full).strict_config(false);
        let repo = options.open(path).map_err(|e| refused(format!("the repository cannot be read: {}", first_line(&e))))?;
        let mut repo = repo.to_thread_local();
        repo.objects.ignore_replacements = true;
        repo.objects.refresh_never();
        let storage = repo.config_snapshot().string("extensions.refStorage").map(|s| s.to_string());
        if let Some(storage) = storage.filter(|s| s != "files") {
            let message = format!("its references are stored as {}, which keylint does not read", crate::text::quotable(&storage));
            return Err(Refused { message, help: "`git refs migrate --ref-format=files` stores them as files" });
        }
        Ok(Self { repo, root: root.to_path_buf() })
    }

    /// Whether it has no working tree.
    pub fn is_bare(&self) -> bool {
        std::fs::symlink_metadata(self.root.join(".git")).is_err()
    }

    /// The bytes of an id.
    fn id_length(&self) -> usize {
        self.repo.object_hash().len_in_bytes()
    }

    /// Every object that it has. `working` is what names of files are relative to.
    pub fn store(&self, working: &Path) -> Store {
        Store::open(self.repo.objects.store_ref().path(), self.repo.object_hash(), working)
    }

    /// The commit at the head; nothing before the first one.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn head(&self) -> Result<Option<ObjectId>, String> {
        let head = self.repo.head().map_err(|e| format!("the head cannot be read: {}", first_line(&e)))?;
        if head.is_unborn() {
            return Ok(None);
        }
        let id = head.id().map(gix::Id::detach);
        match id {
            Some(id) => self.commit_of(id).map(Some),
            None => match self.repo.head_id() {
                Ok(id) => self.commit_of(id.detach()).map(Some),
                Err(error) => Err(format!("the head leads nowhere: {}", first_line(&error))),
            },
        }
    }

    /// The commit that a revision names, such as `origin/main`, `HEAD~2` or the first digits of an id.
    ///
    /// # Errors
    /// Why there is none.
    pub fn revision(&self, name: &str) -> Result<ObjectId, String> {
        // What follows parents asks where a shallow copy ends, and takes it that this can be read.
        self.ends()?;
        let named = format!("{} names no commit here", crate::text::quotable(name));
        let id = self.repo.rev_parse_single(name).map_err(|_| named)?.detach();
        self.commit_of(id)
    }

    /// The commit that an object leads to; nothing where it leads to none, as a tag of a file does.
    ///
    /// # Errors
    /// Why that cannot be told.
    pub fn leads_to(&self, id: ObjectId) -> Result<Option<ObjectId>, String> {
        match self.commit_of(id) {
            Ok(commit) => Ok(Some(commit)),
            Err(_) if self.peeled(id).is_some_and(|k| matches!(k, gix::objs::Kind::Blob | gix::objs::Kind::Tree)) => Ok(None),
            Err(reason) => Err(reason),
        }
    }

    /// What an object is of in the end.
    fn peeled(&self, mut id: ObjectId) -> Option<gix::objs::Kind> {
        for _ in 0..64 {
            let object = self.repo.find_object(id).ok()?;
            if object.kind != gix::objs::Kind::Tag {
                return Some(object.kind);
            }
            id = objects::tag(&object.data).0?;
        }
        None
    }

    fn commit_of(&self, mut id: ObjectId) -> Result<ObjectId, String> {
        for _ in 0..64 {
            let object = self.repo.find_object(id).map_err(|_| format!("object {id} is named and not here"))?;
            match object.kind {
                gix::objs::Kind::Commit => return Ok(id),
                gix::objs::Kind::Tag => id = objects::tag(&object.data).0.ok_or_else(|| format!("tag {id} is of nothing"))?,
                _ => break,
            }
        }
        Err(format!("object {id} is no commit"))
    }

    /// Every reference, by name, and the object that it leads to; those of stashes only where `stashes` says so, what
    /// references were before only where `reflog` does. What cannot be read is told beside them.
    pub fn references(&self, stashes: bool, reflog: bool) -> (Vec<(String, ObjectId)>, Vec<Aside>) {
        let (mut out, mut bad) = (Vec::new(), Vec::new());
        let own = shown(self.repo.common_dir(), &self.root);
        let mut wrong = |path: String, reason: &str| bad.push(Aside { path, reason: reason.into() });
        match self.repo.references().map(|r| r.all().map(Iterator::collect::<Vec<_>>)) {
            Ok(Ok(all)) => {
                for reference in all {
                    match reference {
                        Ok(reference) => {
                            let name = reference.name().as_bstr().to_string();
                            if name == "refs/stash" && !stashes {
                                continue;
                            }
                            out.extend(reference.try_id().map(|id| (name, id.detach())));
                        }
                        Err(_) => wrong(own.clone(), "a reference is damaged"),
                    }
                }
            }
            _ => wrong(own.clone(), "the references cannot be read"),
        }
        // A head that is on no branch, here or in a linked working tree.
        let mut heads = vec![self.repo.git_dir().join("HEAD"), self.repo.common_dir().join("HEAD")];
        let worktrees = std::fs::read_dir(self.repo.common_dir().join("worktrees")).into_iter().flatten();
        heads.extend(worktrees.filter_map(|w| w.ok().map(|w| w.path().join("HEAD"))));
        heads.sort();
        heads.dedup();
        for head in heads {
            let text = read_small(&head).unwrap_or_default();
            out.extend(ObjectId::from_hex(text.trim().as_bytes()).ok().map(|id| ("HEAD".to_owned(), id)));
        }
        if reflog || stashes {
            let mut folders = vec![self.repo.common_dir().join("logs")];
            let linked = std::fs::read_dir(self.repo.common_dir().join("worktrees")).into_iter().flatten();
            folders.extend(linked.filter_map(|w| w.ok().map(|w| w.path().join("logs"))));
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
                    let kind = entry.file_type().ok();
                    let path = entry.path();
                    if kind.is_some_and(|k| k.is_dir()) {
                        folders.push(path);
                    } else if kind.is_some_and(|k| k.is_file()) && (reflog || path.ends_with("refs/stash")) {
                        let name = format!("reflog of {}", shown(&path, &self.repo.common_dir().join("logs")));
                        if name == "reflog of refs/stash" && !stashes {
                            continue;
                        }
                        let text = read_small(&path).unwrap_or_default();
                        let ids = text.lines().flat_map(|l| l.split(' ').take(2)).filter_map(|w| ObjectId::from_hex(w.as_bytes()).ok());
                        // Of nothing a branch begins, and to nothing it ends.
                        out.extend(ids.filter(|id| !id.is_null()).map(|id| (name.clone(), id)));
                    }
                }
            }
        }
        out.sort();
        out.dedup();
        (out, bad)
    }

    /// The commits before which a shallow copy has nothing.
    ///
    /// # Errors
    /// Why that cannot be told.
    pub fn ends(&self) -> Result<HashSet<ObjectId>, String> {
        let commits = self.repo.shallow_commits().map_err(|_| "the list of a shallow copy's ends cannot be read".to_owned())?;
        Ok(commits.iter().flat_map(|c| c.iter().copied()).collect())
    }

    /// The content of a file.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn blob(&self, id: ObjectId) -> Result<Vec<u8>, String> {
        match self.repo.find_object(id) {
            Ok(mut object) if object.kind == gix::objs::Kind::Blob => Ok(std::mem::take(&mut object.data)),
            Ok(_) => Err("its object is no file".into()),
            Err(_) if self.repo.has_object(id) => Err(format!("its object {id} is damaged")),
            Err(_) => Err(format!("its object {id} is not here")),
        }
    }

    /// The bytes of an object of a kind.
    fn bytes(&self, id: ObjectId, kind: gix::objs::Kind) -> Result<Vec<u8>, String> {
        match self.repo.find_object(id) {
            Ok(mut object) if object.kind == kind => Ok(std::mem::take(&mut object.data)),
            Ok(_) => Err(format!("object {id} is no {kind}")),
            Err(_) if self.repo.has_object(id) => Err(format!("{kind} {id} is damaged")),
            Err(_) => Err(format!("{kind} {id} is not here")),
        }
    }

    /// What a commit says.
    fn commit(&self, id: ObjectId) -> Result<(objects::Commit, Vec<u8>), String> {
        let bytes = self.bytes(id, gix::objs::Kind::Commit)?;
        Ok((objects::commit(&bytes), bytes))
    }

    /// What stands at a path in a commit's files.
    pub fn file(&self, commit: ObjectId, path: &str) -> Option<ObjectId> {
        let mut tree = self.commit(commit).ok()?.0.tree?;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let bytes = self.bytes(tree, gix::objs::Kind::Tree).ok()?;
            let entry = objects::entries(&bytes, self.id_length()).find(|e| graph::text(e.name) == part)?;
            match (entry.mode, parts.peek()) {
                (Mode::Tree, Some(_)) => tree = entry.id.to_owned(),
                (Mode::File | Mode::Link, None) => return Some(entry.id.to_owned()),
                _ => return None,
            }
        }
        None
    }

    /// The files of a commit for whose paths `wanted` says so.
    pub fn files(&self, commit: ObjectId, wanted: &dyn Fn(&str) -> bool) -> Vec<File> {
        let mut out = Vec::new();
        let Some(root) = self.commit(commit).ok().and_then(|(c, _)| c.tree) else { return out };
        let mut folders = vec![(String::new(), root)];
        while let Some((prefix, tree)) = folders.pop() {
            if prefix.matches('/').count() > range::DEEPEST {
                continue;
            }
            let Ok(bytes) = self.bytes(tree, gix::objs::Kind::Tree) else { continue };
            for entry in objects::entries(&bytes, self.id_length()) {
                let path = format!("{prefix}{}", graph::text(entry.name));
                match entry.mode {
                    Mode::Tree => folders.push((format!("{path}/"), entry.id.to_owned())),
                    Mode::File if wanted(&path) => out.push(File { path, id: entry.id.to_owned() }),
                    _ => {}
                }
            }
        }
        out.sort();
        out
    }
}

/// Something below a repository's own folder that is read as a file and is none, such as a pipe that nobody writes to.
fn odd_file(git: &Path) -> Option<PathBuf> {
    let is_odd = |p: &PathBuf| std::fs::metadata(p).is_ok_and(|m| !m.is_file() && !m.is_dir());
    let names = ["HEAD", "config", "packed-refs", "commondir", "shallow", "objects/info/alternates", "objects/info/commit-graph"];
    if let Some(odd) = names.iter().map(|n| git.join(n)).find(is_odd) {
        return Some(odd);
    }
    let mut folders = vec![git.join("refs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => {}
                _ if is_odd(&entry.path()) => return Some(entry.path()),
                _ => {}
            }
        }
    }
    None
}

/// A file of the repository's own folder that is never long.
fn read_small(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    crate::discover::regular(path).ok()?.take(64 << 20).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What an error says first.
fn first_line(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or("").chars().take(200).collect()
}
