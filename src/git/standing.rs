//! Which commits hold a value: asked only of what something was found in. Folders are read once more, and of them only those
//! count that lead to it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

use gix::ObjectId;

use super::graph::{Commit, Graph, text};
use super::objects::{self, Mode};
use super::pack::Met;
use super::store::{Kind, Store};

/// The commits that are looked at, parents before children, and where they end.
pub struct Reached {
    /// The commits.
    pub commits: Vec<Commit>,
    /// Tags with a message, and other objects than commits that a reference leads to.
    pub others: BTreeSet<u32>,
    /// The references with the commits that they lead to, by their numbers.
    pub tips: Vec<(String, u32)>,
    /// Commits that are not there though they are before one that is, by their numbers.
    pub absent: BTreeSet<u32>,
}

impl Reached {
    /// Follows references to all that is before them. `ends` are commits before which a shallow copy has nothing.
    pub fn new(graph: &Graph, tips: &[(String, u32)], ends: &HashSet<u32>) -> Self {
        let mut reached = Self { commits: Vec::new(), others: BTreeSet::new(), tips: Vec::new(), absent: BTreeSet::new() };
        let mut seen: HashSet<u32> = HashSet::new();
        for (name, tip) in tips {
            let mut at = *tip;
            // A tag may be of a tag.
            while let Some(target) = graph.tagged(at).filter(|_| reached.others.insert(at)) {
                at = target;
            }
            if graph.commit(at).is_none() {
                if graph.is_missing(at) {
                    reached.absent.insert(at);
                } else if reached.others.insert(at) {
                    // A folder or a file that has no commit stands as a commit of it alone would.
                    reached.commits.push(Commit::of(at));
                    reached.tips.push((name.clone(), at));
                }
                continue;
            }
            reached.tips.push((name.clone(), at));
            // Depth first, without recursion: a commit is done when all before it are.
            let mut stack = vec![(at, false)];
            while let Some((number, done)) = stack.pop() {
                let Some(commit) = graph.commit(number) else {
                    reached.absent.insert(number);
                    continue;
                };
                if done {
                    reached.commits.push(*commit);
                } else if seen.insert(number) {
                    stack.push((number, true));
                    if !ends.contains(&number) {
                        stack.extend(graph.parents(commit).iter().rev().filter(|p| !seen.contains(p)).map(|p| (*p, false)));
                    }
                }
            }
        }
        reached
    }
}

/// How a value stands in the history.
pub struct Standing {
    /// The commit that brought it, by its place among those reached: the earliest, where several did.
    pub brought: usize,
    /// How many brought it.
    pub times: usize,
    /// The last commit that took it away, where no reference leads to it any more.
    pub taken: Option<usize>,
    /// Whether it stands at the head.
    pub at_head: bool,
    /// A reference that still leads to it.
    pub at: Option<String>,
    /// Where it stands in the commit that brought it, and in which object.
    pub place: Option<(String, u32)>,
    /// Where it stands at the head.
    pub head_place: Option<(String, u32)>,
    /// All paths under which it stood, with the first commit in which it stood there.
    pub paths: BTreeMap<String, usize>,
}

/// The folders that lead to something, numbered anew so that each comes before what leads to it.
struct Ways {
    /// The number of each among all objects.
    numbers: Vec<u32>,
    of: HashMap<u32, u32>,
    /// What each leads to: the name and the new number.
    down: Vec<Vec<(u32, u32)>>,
}

impl Ways {
    fn read(store: &Store, graph: &Graph, targets: &HashSet<u32>) -> Self {
        let ids: HashMap<ObjectId, u32> = targets.iter().filter_map(|t| Some((graph.id(store, *t)?, *t))).collect();
        // Nearly every id is none of those: two of its bytes tell.
        let mut filter = vec![0u64; 1024];
        let bit = |id: &gix::oid| match id.as_bytes() {
            [a, b, ..] => (usize::from(*a) << 2 | usize::from(*b >> 6), 1u64 << (b & 63)),
            _ => (0, 0),
        };
        for id in ids.keys() {
            let (word, bit) = bit(id);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
        }
        let length = store.id_length();
        // There are millions of them: they are gathered in one place, and put in order there.
        let all: Mutex<Vec<(u32, u32, u32)>> = Mutex::default();
        store.visit(
            |kind| kind == Kind::Tree,
            Vec::<(u32, u32, u32)>::new,
            |edges, met| {
                let Met::Object { number, bytes, .. } = met else { return };
                for entry in objects::entries(bytes, length) {
                    let child = if entry.mode == Mode::Tree {
                        graph.number(store, entry.id)
                    } else {
                        let (word, bit) = bit(entry.id);
                        if filter.get(word).is_none_or(|w| w & bit == 0) {
                            continue;
                        }
                        ids.get(entry.id).copied()
                    };
                    if let Some(child) = child {
                        edges.push((child, number, graph.names.number(entry.name)));
                    }
                }
            },
            |edges| {
                if let Ok(mut all) = all.lock() {
                    all.extend(edges);
                }
            },
        );
        let mut edges = all.into_inner().unwrap_or_default();
        edges.sort_unstable();
        edges.dedup();
        // Upwards from what is looked for: what leads there, and in an order in which each comes after all that it leads to.
        let up = |of: u32| {
            let from = edges.partition_point(|(c, _, _)| *c < of);
            edges.get(from..).unwrap_or(&[]).iter().take_while(move |(c, _, _)| *c == of)
        };
        let mut marked: HashSet<u32> = targets.clone();
        let mut queue: Vec<u32> = targets.iter().copied().collect();
        while let Some(at) = queue.pop() {
            queue.extend(up(at).map(|(_, parent, _)| *parent).filter(|p| marked.insert(*p)));
        }
        let mut waiting: HashMap<u32, usize> = HashMap::new();
        for (child, parent, _) in &edges {
            if marked.contains(child) {
                *waiting.entry(*parent).or_insert(0) += 1;
            }
        }
        let mut ready: Vec<u32> = marked.iter().filter(|m| !waiting.contains_key(m)).copied().collect();
        ready.sort_unstable();
        let mut ways = Self { numbers: Vec::new(), of: HashMap::new(), down: Vec::new() };
        while let Some(at) = ready.pop() {
            let new = ways.numbers.len() as u32;
            ways.numbers.push(at);
            ways.of.insert(at, new);
            ways.down.push(Vec::new());
            for (_, parent, _) in up(at) {
                let Some(left) = waiting.get_mut(parent) else { continue };
                *left -= 1;
                if *left == 0 {
                    ready.push(*parent);
                }
            }
        }
        for (child, parent, name) in &edges {
            let (Some(child), Some(parent)) = (ways.of.get(child), ways.of.get(parent)) else { continue };
            if let Some(down) = ways.down.get_mut(*parent as usize) {
                down.push((*name, *child));
            }
        }
        ways
    }

    /// For each, which of up to 64 values it leads to.
    fn masks(&self, values: &[HashSet<u32>]) -> Vec<u64> {
        let mut masks = vec![0u64; self.numbers.len()];
        for (bit, value) in values.iter().enumerate() {
            for target in value {
                if let Some(mask) = self.of.get(target).and_then(|n| masks.get_mut(*n as usize)) {
                    *mask |= 1 << bit;
                }
            }
        }
        for (at, down) in self.down.iter().enumerate() {
            let below = down.iter().fold(0, |m, (_, child)| m | masks.get(*child as usize).copied().unwrap_or(0));
            if let Some(mask) = masks.get_mut(at) {
                *mask |= below;
            }
        }
        masks
    }

    /// The first place below a folder at which a value stands.
    fn place(&self, graph: &Graph, masks: &[u64], bit: u64, tree: u32) -> Option<(String, u32)> {
        let mut at = *self.of.get(&tree)?;
        let mut path: Vec<&[u8]> = Vec::new();
        loop {
            let down = self.down.get(at as usize).filter(|d| !d.is_empty());
            let Some(down) = down else { return Some((text(&path.join(&b'/')), *self.numbers.get(at as usize)?)) };
            let below = down.iter().filter(|(_, child)| masks.get(*child as usize).is_some_and(|m| m & bit != 0));
            let (name, child) = below.min_by_key(|(name, _)| graph.names.get(*name))?;
            path.push(graph.names.get(*name));
            at = *child;
        }
    }
}

/// The objects that hold a value.
pub type Holders = HashSet<u32>;

/// Works out how values stand in the history: each is the set of objects that hold it. Nothing for those that no commit
/// reaches.
pub fn standing(store: &Store, graph: &Graph, reached: &Reached, head: Option<u32>, values: &[Holders]) -> Vec<Option<Standing>> {
    let targets: HashSet<u32> = values.iter().flatten().copied().collect();
    if targets.is_empty() {
        return values.iter().map(|_| None).collect();
    }
    let ways = Ways::read(store, graph, &targets);
    let place_of: HashMap<u32, usize> = reached.commits.iter().enumerate().map(|(at, c)| (c.number, at)).collect();
    let paths = paths(graph, &ways, reached, &targets);
    let mut out = Vec::with_capacity(values.len());
    for group in values.chunks(64) {
        let masks = ways.masks(group);
        let mask_of = |tree: u32| ways.of.get(&tree).and_then(|n| masks.get(*n as usize)).copied().unwrap_or(0);
        let held: Vec<u64> = reached.commits.iter().map(|c| mask_of(c.tree)).collect();
        let held_at = |number: &u32| place_of.get(number).and_then(|at| held.get(*at)).copied().unwrap_or(0);
        let mut brought: Vec<Vec<usize>> = vec![Vec::new(); group.len()];
        let mut taken: Vec<Option<usize>> = vec![None; group.len()];
        for (at, commit) in reached.commits.iter().enumerate() {
            let here = held.get(at).copied().unwrap_or(0);
            let before = graph.parents(commit).iter().fold(0, |m, p| m | held_at(p));
            let (mut new, mut gone) = (here & !before, before & !here);
            while new != 0 {
                if let Some(list) = brought.get_mut(new.trailing_zeros() as usize) {
                    list.push(at);
                }
                new &= new - 1;
            }
            while gone != 0 {
                if let Some(last) = taken.get_mut(gone.trailing_zeros() as usize) {
                    let later = last.and_then(|l| reached.commits.get(l)).is_none_or(|l| l.committed <= commit.committed);
                    *last = if later { Some(at) } else { *last };
                }
                gone &= gone - 1;
            }
        }
        for (n, value) in group.iter().enumerate() {
            let bit = 1u64 << n;
            let first =
                brought.get(n).and_then(|b| b.iter().copied().min_by_key(|at| reached.commits.get(*at).map(|c| (c.committed, *at))));
            let Some(first) = first else {
                out.push(None);
                continue;
            };
            let tip = reached.tips.iter().find(|(_, t)| held_at(t) & bit != 0).map(|(name, _)| name.clone());
            let at_head = head.is_some_and(|h| held_at(&h) & bit != 0);
            let tree = |at: usize| reached.commits.get(at).map_or(u32::MAX, |c| c.tree);
            let head_tree = head.and_then(|h| graph.commit(h)).map(|c| c.tree);
            let mut all: BTreeMap<String, usize> = BTreeMap::new();
            for target in value {
                for (path, commit) in paths.get(target).into_iter().flatten() {
                    let slot = all.entry(path.clone()).or_insert(*commit);
                    *slot = (*slot).min(*commit);
                }
            }
            out.push(Some(Standing {
                brought: first,
                times: brought.get(n).map_or(0, Vec::len),
                taken: taken.get(n).copied().flatten().filter(|_| tip.is_none()),
                at_head,
                at: tip,
                place: ways.place(graph, &masks, bit, tree(first)),
                head_place: head_tree.filter(|_| at_head).and_then(|t| ways.place(graph, &masks, bit, t)),
                paths: all,
            }));
        }
    }
    out
}

/// Ways from a commit down to a folder or file that are followed.
const MOST: usize = 4_000_000;

/// Under which paths each object stood, with the first commit in which it stood there.
fn paths(graph: &Graph, ways: &Ways, reached: &Reached, targets: &HashSet<u32>) -> HashMap<u32, BTreeMap<String, usize>> {
    let mut out: HashMap<u32, BTreeMap<String, usize>> = HashMap::new();
    // The names on the way down, each with the way before it; the way of nothing comes first.
    let mut prefixes: Vec<(u32, u32)> = vec![(0, 0)];
    let mut known: HashMap<(u32, u32), u32> = HashMap::new();
    let mut seen: HashSet<(u32, u32)> = HashSet::new();
    for (at, commit) in reached.commits.iter().enumerate() {
        let Some(root) = ways.of.get(&commit.tree) else { continue };
        let mut stack = vec![(*root, 0u32)];
        // A few objects can make more paths than there are grains of sand.
        if seen.len() > MOST {
            break;
        }
        while let Some((node, prefix)) = stack.pop() {
            if seen.len() > MOST || !seen.insert((node, prefix)) {
                continue;
            }
            let number = ways.numbers.get(node as usize).copied().unwrap_or(u32::MAX);
            if targets.contains(&number) {
                let mut parts: Vec<&[u8]> = Vec::new();
                let mut up = prefix;
                while let Some((before, name)) = prefixes.get(up as usize).filter(|_| up != 0) {
                    parts.push(graph.names.get(*name));
                    up = *before;
                }
                parts.reverse();
                out.entry(number).or_default().entry(text(&parts.join(&b'/'))).or_insert(at);
            }
            for (name, child) in ways.down.get(node as usize).into_iter().flatten() {
                let next = *known.entry((prefix, *name)).or_insert_with(|| {
                    prefixes.push((prefix, *name));
                    prefixes.len() as u32 - 1
                });
                stack.push((*child, next));
            }
        }
    }
    out
}
