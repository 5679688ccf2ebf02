//! What the next commit changes, read from the index: files to look through, exports to audit, and the declaration that will
//! be in use. What decides about it all is read from the commit before.

use std::path::Path;
use std::sync::Arc;

use super::gather::{Gathering, declaration, undate};
use super::scope::Counts;
use super::weakened;
use crate::base::Base;
use crate::discover::{Aside, Input, shown, tidy};
use crate::git::{File, Id, Repository};
use crate::plan::{Plan, read_config};
use crate::problem::{Problem, Weight};
use crate::text::{Text, TextId};

/// Staged files that are held at once, in bytes; one file may be larger.
const HELD: usize = 64 << 20;

impl Gathering<'_> {
    /// Reads what the next commit changes.
    pub fn staged(&mut self, repository: &Repository, base: &Base) {
        let staged = match repository.staged(&self.plan.working) {
            Ok(staged) => staged,
            Err(why) => {
                self.problems.push(Problem::fatal("index-unreadable", None, why).help("`git status` tells what is wrong with it"));
                return;
            }
        };
        self.nothing = Some(false);
        self.coverage.left_out.extend(staged.left_out);
        self.not_read(staged.not_read);
        if let Some(config) = self.config
            && let Ok(path) = config.path.strip_prefix(&repository.root)
            && staged.deleted.iter().any(|d| path.starts_with(d))
        {
            self.problems.push(weakened::taken_away(config.text));
        }
        let gone = absent(
            self.plan,
            repository,
            &mut staged.changed.iter().map(|c| c.path.as_str()).chain(staged.deleted.iter().map(String::as_str)),
        );
        self.not_read(gone);
        let here = |f: &File| is_asked_for(self.plan, repository, &f.path);
        let (changed, elsewhere): (Vec<File>, Vec<File>) = staged.changed.into_iter().partition(here);
        if changed.is_empty() {
            let what = match (elsewhere.len(), staged.deleted.len()) {
                (0, 0) => "nothing is staged: there was nothing to check",
                (0, _) => "the commit only deletes: there was nothing to check",
                _ => "nothing is staged below the paths that were named: there was nothing to check",
            };
            self.problems.push(Problem::note("nothing-staged", None, what));
            return;
        }
        let first = self.texts.next_id();
        let root: Arc<Path> = repository.root.as_path().into();
        self.plan.progress.start(changed.len());
        let (mut batch, mut held, mut context) = (Vec::new(), 0, false);
        let mut rest = changed.iter().peekable();
        while let Some(file) = rest.next() {
            let input = input(self.plan, &root, &file.path);
            match repository.blob(file.id) {
                Ok(bytes) if self.is_declaration(&input) => {
                    context = true;
                    self.staged_declaration(&input, bytes);
                }
                Ok(bytes) => {
                    held += bytes.len();
                    self.coverage.left_out.extend(pointer(&bytes, &input.shown));
                    batch.push(Input { content: Some(Arc::new(bytes)), ..input });
                }
                Err(reason) => self.not_read(vec![Aside { path: input.shown, reason }]),
            }
            if held > HELD || rest.peek().is_none() {
                context |= self.batch(std::mem::take(&mut batch), repository, base);
                held = 0;
            }
        }
        self.about = Some((first.0..self.texts.next_id().0).map(TextId).collect());
        if let (Some(known), Some((staged, text))) = (&self.config, &self.staged) {
            self.problems.extend(weakened::policy(&known.declaration.policy, &staged.policy, *text));
        }
        if context {
            self.context(repository, base.revision(), &changed);
        }
    }

    /// Reads some staged files. Tells whether anything among them has to do with keys.
    fn batch(&mut self, inputs: Vec<Input>, repository: &Repository, base: &Base) -> bool {
        let inputs = self.kept(inputs);
        let exports = self.coverage.exports;
        let read = self.read(&inputs);
        let mut scanned = self.take(&inputs, read, None);
        for (input, (id, scanned)) in inputs.iter().zip(&mut scanned) {
            // The text of a file that is no document is empty: what a place in it means is the file.
            let bytes = input.content.as_deref().map_or(&[][..], Vec::as_slice);
            if scanned.allows.is_empty() && !self.is_baseline(input) {
                continue;
            }
            let before = before(repository, base.revision(), input);
            weakened::comments(scanned, bytes, &before);
            if self.is_baseline(input) {
                self.problems.extend(weakened::baseline(&before, *id, bytes));
            }
        }
        let context = self.coverage.exports > exports || scanned.iter().any(|(_, s)| !s.sightings.is_empty());
        self.add_seen(&inputs, scanned, |_| false);
        context
    }

    fn is_baseline(&self, input: &Input) -> bool {
        self.plan.baseline.as_ref().is_some_and(|b| tidy(&self.plan.working.join(b)) == input.path)
    }

    /// Whether an input is the declaration that will be in use after the commit.
    fn is_declaration(&self, input: &Input) -> bool {
        match self.config {
            Some(config) => input.path == config.path,
            None => {
                let folder = input.path.parent();
                input.path.file_name().is_some_and(|n| n == "keylint.yaml") && folder.is_some_and(|f| self.plan.working.starts_with(f))
            }
        }
    }

    fn staged_declaration(&mut self, input: &Input, bytes: Vec<u8>) {
        let (text, bad) = Text::decode(input.shown.clone(), bytes);
        let mut wrong = Vec::new();
        self.coverage.files += 1;
        self.coverage.bytes += text.content().len() as u64;
        let read = read_config(input.path.clone(), input.shown.clone(), text, bad.map(|b| b.offset), &mut self.texts, &mut wrong);
        // What is in use is another one, so that the check itself goes on.
        self.problems.extend(wrong.into_iter().map(|p| Problem { weight: p.weight.min(Weight::Incomplete), ..p }));
        if let Some(config) = read {
            if let Some(detector) = self.detector {
                declaration(detector, config.text, &mut self.seens, &mut self.texts);
            }
            self.staged = Some((config.declaration, config.text));
        }
    }

    /// Exports that the change does not touch: what its findings are joined with. They have none of their own here.
    pub fn context(&mut self, repository: &Repository, commit: Option<Id>, changed: &[File]) {
        let Some(commit) = commit else { return };
        let root: Arc<Path> = repository.root.as_path().into();
        let is_export = |path: &str| {
            self.scope.is_export_path(&input(self.plan, &root, path)) && changed.binary_search_by(|c| c.path.as_str().cmp(path)).is_err()
        };
        let files = repository.files(commit, &is_export);
        let mut inputs = Vec::new();
        for file in files {
            let input = input(self.plan, &root, &file.path);
            match repository.blob(file.id) {
                Ok(bytes) => inputs.push(Input { content: Some(Arc::new(bytes)), ..input }),
                Err(reason) => self.not_read(vec![Aside { path: input.shown, reason }]),
            }
        }
        let mut ignored = Vec::new();
        inputs.retain(|i| self.scope.keep(i, &mut ignored, &mut Counts::default()));
        let first = self.texts.next_id().0;
        let of: Arc<str> = commit.to_string().into();
        for (n, input) in inputs.iter().enumerate() {
            let mut read = self.scope.read(input, first + n as u32, None);
            read.text.set_commit(&of);
            self.texts.add(read.text);
            if let Some(mut taken) = read.taken {
                undate(&mut taken, self.plan.now);
                if taken.exports > 0 {
                    self.evidence.push(taken.evidence);
                }
            }
        }
    }
}

/// Whether a file is among what was asked for: everything, where no path was named. A path is taken by its words, as it may
/// have been another thing in another commit, and by where it leads now.
pub(super) fn is_asked_for(plan: &Plan, repository: &Repository, path: &str) -> bool {
    let below = |folder: &Path| {
        let folder = shown(folder, &repository.root);
        folder == "." || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    plan.paths.iter().any(|p| {
        let full = plan.working.join(p);
        p == Path::new(".") || below(&tidy(&full)) || full.canonicalize().is_ok_and(|real| below(&real))
    })
}

/// Paths that were named and lead to nothing, neither now nor among what changes.
pub(super) fn absent(plan: &Plan, repository: &Repository, changed: &mut dyn Iterator<Item = &str>) -> Vec<Aside> {
    let mut named: Vec<&std::path::PathBuf> =
        plan.paths.iter().filter(|p| std::fs::symlink_metadata(plan.working.join(p)).is_err()).collect();
    for path in changed {
        if named.is_empty() {
            break;
        }
        named.retain(|n| {
            let folder = shown(&tidy(&plan.working.join(n)), &repository.root);
            path.strip_prefix(folder.as_str()).is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
        });
    }
    let reason = "there is no such file or folder";
    named.into_iter().map(|p| Aside { path: shown(p, &plan.working), reason: reason.into() }).collect()
}

/// A file of a repository, by its path there, as an input.
pub(super) fn input(plan: &Plan, root: &Arc<Path>, path: &str) -> Input {
    let full = root.join(path);
    let mut up = String::new();
    let mut base = plan.working.as_path();
    // A file beside or above the working folder.
    while !full.starts_with(base)
        && let Some(above) = base.parent().filter(|a| a.starts_with(root))
    {
        up.push_str("../");
        base = above;
    }
    let shown = full.strip_prefix(base).map_or_else(|_| path.to_owned(), |p| format!("{up}{}", p.to_string_lossy()));
    Input { path: full, shown, named: false, repository: Some(root.clone()), content: None }
}

/// The content of a file before the change; nothing where there was none.
pub(super) fn before(repository: &Repository, commit: Option<Id>, input: &Input) -> Vec<u8> {
    let Some(commit) = commit else { return Vec::new() };
    let path = input.path.strip_prefix(&repository.root).unwrap_or(&input.path).to_string_lossy().into_owned();
    repository.file(commit, &path).and_then(|id| repository.blob(id).ok()).unwrap_or_default()
}

/// What is to be said of a pointer of Git LFS, which is looked at like any other file.
pub(super) fn pointer(bytes: &[u8], path: &str) -> Option<Aside> {
    // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    let is_one = bytes.len() < 1024 && bytes.starts_with(b"version https://git-lfs.github.com/spec/");
    let reason = "a pointer of Git LFS: what it points to is not in the repository";
    is_one.then(|| Aside { path: path.to_owned(), reason: reason.into() })
}
