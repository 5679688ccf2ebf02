//! Where what decides about findings is read from: the declaration, the baseline, the user's rules. That is the disk; but
//! where a change is looked at it is what stood before the change, so that no change can silence the check on itself.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::discover::{Opened, find, open, shown, tidy};
use crate::git::{Id, Repository};

/// Where what decides is read from.
#[derive(Clone)]
pub enum Base {
    /// The files as they are.
    Disk,
    /// The files of a commit; of none, before the first one.
    Commit(Rc<Repository>, Option<Id>),
}

impl Base {
    /// The commit and the path from the root of its repository, where a path lies there.
    fn place(&self, path: &Path) -> Option<(&Repository, Option<Id>, String)> {
        let Self::Commit(repository, commit) = self else { return None };
        let path = tidy(path);
        // A way through a link leads to the same file.
        let real = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
        let path = if path.starts_with(&repository.root) { path } else { real()? };
        let path = shown(path.strip_prefix(&repository.root).ok()?, &repository.root);
        Some((repository, *commit, path))
    }

    /// The commit, where there is one.
    pub fn revision(&self) -> Option<Id> {
        if let Self::Commit(_, commit) = self { *commit } else { None }
    }

    /// The id of the commit, for reports.
    pub fn commit(&self, path: &Path) -> Option<Arc<str>> {
        self.place(path).and_then(|(_, commit, _)| commit).map(|c| c.to_string().into())
    }

    /// Whether something stands at a path.
    pub fn exists(&self, path: &Path) -> bool {
        match self.place(path) {
            Some((repository, commit, path)) => commit.is_some_and(|c| repository.file(c, &path).is_some()),
            None => std::fs::symlink_metadata(path).is_ok(),
        }
    }

    /// Reads a file. `follow` permits the last part of the path to be a link, on the disk.
    pub fn open(&self, path: &Path, follow: bool) -> Opened {
        let Some((repository, commit, path)) = self.place(path) else { return open(path, follow, |_| true) };
        match commit.and_then(|c| repository.file(c, &path)).map(|id| repository.blob(id)) {
            Some(Ok(bytes)) => Opened::Bytes(bytes),
            Some(Err(why)) => Opened::NotRead(why),
            None => Opened::NotRead("it does not stand there before the change".into()),
        }
    }

    /// The files below a folder, with the names they are reported under; nothing where there is no such folder.
    pub fn files(&self, folder: &Path, working: &Path) -> Option<Vec<(PathBuf, String)>> {
        let Some((repository, commit, below)) = self.place(folder) else {
            let found = find(&[folder.to_path_buf()], working);
            let all = found.absent.is_empty() && found.not_read.is_empty();
            return all.then(|| found.inputs.into_iter().map(|i| (i.path, i.shown)).collect());
        };
        let prefix = if below == "." { String::new() } else { format!("{below}/") };
        let files = repository.files(commit?, &|path| path.starts_with(&prefix));
        let named = |f: crate::git::File| {
            let path = repository.root.join(&f.path);
            let name = shown(&path, working);
            (path, name)
        };
        Some(files.into_iter().map(named).collect())
    }
}
