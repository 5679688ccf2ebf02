//! What git ignores: asked only of files in which something was found, unless the user wants such files left out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The ignore files of repositories, each read once.
#[derive(Default)]
pub struct Ignores(HashMap<PathBuf, Option<Gitignore>>);

impl Ignores {
    /// Whether git ignores a file of a repository: the nearest ignore file that has a word about it decides.
    pub fn ignores(&mut self, path: &Path, repository: &Path) -> bool {
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
        self.0.entry(file.to_path_buf()).or_insert_with(read).as_ref()
    }
}
