//! What some commits change: those between two, or those since a time. Each is compared with all that are before it.

use std::collections::{BinaryHeap, HashMap, HashSet};

use gix::ObjectId;

use super::objects::{self, Mode};
use super::{Repository, graph};
use crate::discover::Aside;

/// A file that a commit brought or changed, or took away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The commit, by its place among those of the range.
    pub commit: usize,
    /// The path from the root of the repository.
    pub path: String,
    /// The object that stands there now; nothing where the path is gone.
    pub id: Option<ObjectId>,
}

/// A commit of a range.
pub struct Step {
    /// Its id.
    pub id: ObjectId,
    /// When it was written, in seconds since 1970.
    pub authored: i64,
    /// When it was made a part of the history.
    pub committed: i64,
    /// Its message.
    pub message: Vec<u8>,
    tree: Option<ObjectId>,
    parents: Vec<ObjectId>,
}

/// Some commits, and what they change.
#[derive(Default)]
pub struct Range {
    /// The commits, oldest first.
    pub steps: Vec<Step>,
    /// What they change, in their order.
    pub changes: Vec<Change>,
    /// What could not be read.
    pub not_read: Vec<Aside>,
    /// How many commits of other repositories were named.
    pub submodules: usize,
}

/// How many commits that are left out are looked at after the last one that is wanted: clocks go wrong.
const SLOP: usize = 256;

/// Folders within folders that are followed: git itself goes no deeper.
pub(super) const DEEPEST: usize = 2048;
/// What is said of deeper ones.
pub(super) const TOO_DEEP: &str = "more than 2048 folders within each other";

impl Repository {
    /// The commits that lead to `tips` and not to `hidden`, made at `since` or later, and what they change.
    pub fn range(&self, tips: &[ObjectId], hidden: &[ObjectId], since: Option<i64>) -> Range {
        let mut range = Range::default();
        let ends = self.ends().unwrap_or_else(|reason| {
            range.not_read.push(Aside { path: ".git/shallow".into(), reason });
            HashSet::new()
        });
        let mut out: HashSet<ObjectId> = HashSet::new();
        let mut known: HashMap<ObjectId, Step> = HashMap::new();
        let mut queue: BinaryHeap<(i64, ObjectId)> = BinaryHeap::new();
        let mut order: Vec<ObjectId> = Vec::new();
        out.extend(hidden);
        for id in tips.iter().chain(hidden) {
            self.meet(*id, &mut known, &mut queue, &mut range);
        }
        let mut slop = 0;
        while let Some((_, id)) = queue.pop() {
            let Some(step) = known.get(&id) else { continue };
            let hide = out.contains(&id);
            let late = since.is_none_or(|s| step.committed >= s);
            if !hide && late {
                order.push(id);
                slop = 0;
            } else {
                slop += 1;
                if slop > SLOP
                    && !queue.iter().any(|(_, q)| !out.contains(q) && since.is_none_or(|s| known.get(q).is_none_or(|k| k.committed >= s)))
                {
                    break;
                }
            }
            if ends.contains(&id) {
                continue;
            }
            for parent in step.parents.clone() {
                // What is before something that is left out is left out, too, even if it was met before.
                if hide && out.insert(parent) && known.contains_key(&parent) {
                    self.hide_before(parent, &known, &mut out);
                }
                self.meet(parent, &mut known, &mut queue, &mut range);
            }
        }
        order.retain(|id| !out.contains(id));
        // Oldest first, and none before what it stands on.
        let wanted: HashSet<ObjectId> = order.iter().copied().collect();
        let mut sorted: Vec<ObjectId> = Vec::with_capacity(order.len());
        let mut done: HashSet<ObjectId> = HashSet::new();
        for id in order.iter().rev() {
            let mut stack = vec![(*id, false)];
            while let Some((id, ready)) = stack.pop() {
                if ready {
                    sorted.push(id);
                } else if done.insert(id) {
                    stack.push((id, true));
                    let parents = known.get(&id).map_or(&[][..], |s| &s.parents);
                    stack.extend(parents.iter().filter(|p| wanted.contains(*p) && !done.contains(*p)).map(|p| (*p, false)));
                }
            }
        }
        let cut: Vec<ObjectId> = sorted.iter().filter(|id| ends.contains(*id)).copied().collect();
        for id in cut {
            let reason = "a shallow copy ends here: what was before it is not here, and all its files count as new".into();
            range.not_read.push(Aside { path: format!("commit {id}"), reason });
        }
        let trees: HashMap<ObjectId, Option<ObjectId>> = known.iter().map(|(id, s)| (*id, s.tree)).collect();
        range.steps = sorted.iter().filter_map(|id| known.remove(id)).collect();
        for at in 0..range.steps.len() {
            self.step(at, &trees, &ends, &mut range);
        }
        range.not_read.sort();
        range.not_read.dedup();
        range
    }

    fn meet(&self, id: ObjectId, known: &mut HashMap<ObjectId, Step>, queue: &mut BinaryHeap<(i64, ObjectId)>, range: &mut Range) {
        if known.contains_key(&id) {
            return;
        }
        match self.commit(id) {
            Ok((commit, bytes)) => {
                queue.push((commit.committed, id));
                let message = bytes.get(commit.message..).unwrap_or(&[]).to_vec();
                let (tree, parents) = (commit.tree, commit.parents);
                known.insert(id, Step { id, authored: commit.authored, committed: commit.committed, message, tree, parents });
            }
            Err(reason) => range.not_read.push(Aside { path: format!("commit {id}"), reason }),
        }
    }

    fn hide_before(&self, id: ObjectId, known: &HashMap<ObjectId, Step>, out: &mut HashSet<ObjectId>) {
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            let parents = known.get(&id).map_or(&[][..], |s| &s.parents);
            stack.extend(parents.iter().filter(|p| out.insert(**p)));
        }
    }

    /// What one commit changes: against every commit before it, so that a merge is only what no side had.
    fn step(&self, at: usize, trees: &HashMap<ObjectId, Option<ObjectId>>, ends: &HashSet<ObjectId>, range: &mut Range) {
        let Some(step) = range.steps.get(at) else { return };
        let before: Vec<ObjectId> = if ends.contains(&step.id) { Vec::new() } else { step.parents.clone() };
        let tree_of = |id: &ObjectId| trees.get(id).copied().unwrap_or_else(|| self.commit(*id).ok().and_then(|(c, _)| c.tree));
        let old: Vec<Option<ObjectId>> = before.iter().map(tree_of).collect();
        let (tree, mut bad) = (step.tree, Vec::new());
        let mut submodules = 0;
        let mut against = |old: Option<ObjectId>| {
            let mut found = Vec::new();
            self.changes(
                old,
                tree,
                "",
                &mut |path, mode, id| {
                    submodules += usize::from(mode == Mode::Submodule);
                    if mode != Mode::Submodule {
                        found.push((path, id));
                    }
                },
                &mut |path, reason| bad.push(Aside { path, reason }),
            );
            found
        };
        let mut found = against(old.first().copied().flatten());
        for other in old.iter().skip(1) {
            let there: HashSet<(String, Option<ObjectId>)> = against(*other).into_iter().collect();
            found.retain(|change| there.contains(change));
        }
        range.submodules += submodules;
        range.not_read.extend(bad);
        range.changes.extend(found.into_iter().map(|(path, id)| Change { commit: at, path, id }));
    }

    /// Tells every file that differs between two folders. Folders that are the same are not opened.
    pub(super) fn changes(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        prefix: &str,
        tell: &mut dyn FnMut(String, Mode, Option<ObjectId>),
        wrong: &mut dyn FnMut(String, String),
    ) {
        if old == new {
            return;
        }
        if prefix.matches('/').count() > DEEPEST {
            return wrong(prefix.chars().take(200).collect(), TOO_DEEP.into());
        }
        let mut read = |id: Option<ObjectId>| -> Vec<(Vec<u8>, Mode, ObjectId)> {
            let Some(id) = id else { return Vec::new() };
            match self.bytes(id, gix::objs::Kind::Tree) {
                Ok(bytes) => objects::entries(&bytes, self.id_length()).map(|e| (e.name.to_vec(), e.mode, e.id.to_owned())).collect(),
                Err(reason) => {
                    wrong(if prefix.is_empty() { ".".into() } else { prefix.trim_end_matches('/').to_owned() }, reason);
                    Vec::new()
                }
            }
        };
        let before: HashMap<Vec<u8>, (Mode, ObjectId)> = read(old).into_iter().map(|(n, m, i)| (n, (m, i))).collect();
        let after = read(new);
        let names: HashSet<&Vec<u8>> = after.iter().map(|(n, _, _)| n).collect();
        let mut gone: Vec<_> = before.iter().filter(|(n, _)| !names.contains(n)).collect();
        gone.sort_by_key(|(name, _)| *name);
        for (name, mode, id) in &after {
            let was = before.get(name);
            if was.is_some_and(|(m, i)| i == id && m == mode) {
                continue;
            }
            let path = format!("{prefix}{}", graph::text(name));
            let folder = was.filter(|(m, _)| *m == Mode::Tree).map(|(_, i)| *i);
            if *mode == Mode::Tree {
                if was.is_some() && folder.is_none() {
                    tell(path.clone(), Mode::File, None);
                }
                self.changes(folder, Some(*id), &format!("{path}/"), tell, wrong);
            } else {
                if folder.is_some() {
                    self.changes(folder, None, &format!("{path}/"), tell, wrong);
                }
                if was.is_none_or(|(_, i)| i != id) {
                    tell(path, *mode, Some(*id));
                }
            }
        }
        for (name, (mode, id)) in gone {
            let path = format!("{prefix}{}", graph::text(name));
            if *mode == Mode::Tree {
                self.changes(Some(*id), None, &format!("{path}/"), tell, wrong);
            } else {
                tell(path, *mode, None);
            }
        }
    }
}
