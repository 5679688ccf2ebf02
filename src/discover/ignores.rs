//! What git ignores: asked only of files in which something was found, unless the user wants such files left out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use memchr::memmem;

/// The ignore files of repositories, each read once.
#[derive(Default)]
pub struct Ignores {
    files: HashMap<PathBuf, Option<Gitignore>>,
    indexes: HashMap<PathBuf, Option<Vec<u8>>>,
}

/// The index of a repository, also of one whose `.git` is a file that says where it is.
fn read_index(repository: &Path) -> Option<Vec<u8>> {
    let git = repository.join(".git");
    let folder = if git.is_file() {
        let text = std::fs::read_to_string(&git).ok()?;
        repository.join(text.strip_prefix("gitdir:")?.trim())
    } else {
        git
    };
    std::fs::read(folder.join("index")).ok()
}

impl Ignores {
    /// Whether git ignores a file of a repository: the nearest ignore file that has a word about it decides. What git has
    /// taken in all the same it does not ignore.
    pub fn ignores(&mut self, path: &Path, repository: &Path) -> bool {
        self.matches(path, repository) && !self.is_tracked(path, repository)
    }

    /// Whether the index of a repository names a file. Its entries hold whole paths that end in a zero; the rare form that
    /// shortens them is not read, and then nothing counts as ignored.
    fn is_tracked(&mut self, path: &Path, repository: &Path) -> bool {
        let index = self.indexes.entry(repository.to_path_buf()).or_insert_with(|| read_index(repository));
        let Some(index) = index else { return false };
        let Some(name) = path.strip_prefix(repository).ok().and_then(Path::to_str) else { return true };
        // The version of the format, four bytes from its beginning.
        if index.get(7) == Some(&4) {
            return true;
        }
        memmem::find(index, [name.as_bytes(), &[0]].concat().as_slice()).is_some()
    }

    fn matches(&mut self, path: &Path, repository: &Path) -> bool {
        let folders: Vec<PathBuf> = path.ancestors().skip(1).take_while(|f| f.starts_with(repository)).map(Path::to_path_buf).collect();
        for folder in &folders {
            if let Some(matcher) = self.of(folder, &folder.join(".gitignore")) {
                match matcher.matched_path_or_any_parents(path, false) {
                    Match::Ignore(_) => return true,
                    Match::Whitelist(_) => return false,
                    Match::None => {}
                }
            }
        }
        let exclude = repository.join(".git").join("info").join("exclude");
        self.of(repository, &exclude).is_some_and(|m| m.matched_path_or_any_parents(path, false).is_ignore())
    }

    fn of(&mut self, folder: &Path, file: &Path) -> Option<&Gitignore> {
        let read = || {
            let regular = std::fs::symlink_metadata(file).is_ok_and(|m| m.is_file());
            let mut builder = GitignoreBuilder::new(folder);
            // A line that is no pattern says nothing; the others do.
            let _skipped_lines = regular.then(|| builder.add(file))?;
            builder.build().ok().filter(|m| !m.is_empty())
        };
        self.files.entry(file.to_path_buf()).or_insert_with(read).as_ref()
    }
}
