//! What folders, commits and tags say, read from their bytes. What is not there as it should be is left out, never guessed.

use gix::{ObjectId, oid};

/// What a name in a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A folder.
    Tree,
    /// A file.
    File,
    /// A link: its content is a path.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// A name in a folder.
pub struct Entry<'a> {
    /// What it stands for.
    pub mode: Mode,
    /// The name.
    pub name: &'a [u8],
    /// The object.
    pub id: &'a oid,
    /// Its first byte in the folder's object.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// The names in a folder, of which the ids have so many bytes.
pub fn entries(bytes: &[u8], length: usize) -> impl Iterator<Item = Entry<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|r| !r.is_empty())?;
        // Modes are written in many ways that git takes: what matters is the kind in front of the permissions.
        let space = rest.iter().take(12).position(|b| *b == b' ')?;
        let digits = rest.get(..space).filter(|d| !d.is_empty() && d.iter().all(|b| (b'0'..=b'7').contains(b)))?;
        let mode = match digits.iter().fold(0u64, |n, b| n << 3 | u64::from(b - b'0')) & 0o170_000 {
            0o040_000 => Mode::Tree,
            0o120_000 => Mode::Link,
            0o160_000 => Mode::Submodule,
            _ => Mode::File,
        };
        let name = rest.get(space + 1..)?;
        let end = memchr::memchr(0, name)?;
        let from = space + 1 + end + 1;
        let id = oid::try_from_bytes(rest.get(from..from + length)?).ok()?;
        let entry = Entry { mode, name: name.get(..end)?, id, start: at, end: at + from + length };
        at = entry.end;
        Some(entry)
    })
}

/// What a commit says.
#[derive(Default)]
pub struct Commit {
    /// Its folder.
    pub tree: Option<ObjectId>,
    /// The commits before it.
    pub parents: Vec<ObjectId>,
    /// When it was written, in seconds since 1970.
    pub authored: i64,
    /// When it was made a part of the history.
    pub committed: i64,
    /// Where its message begins.
    pub message: usize,
}

/// Reads a commit.
pub fn commit(bytes: &[u8]) -> Commit {
    let mut commit = Commit::default();
    let mut at = 0;
    loop {
        let from = at;
        let rest = bytes.get(at..).unwrap_or(&[]);
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or(&[]);
        at = (at + end + 1).min(bytes.len());
        if line.is_empty() {
            commit.message = if commit.message == 0 { at } else { commit.message };
            return commit;
        }
        if line.starts_with(b"mergetag ") && commit.message == 0 {
            // The message of a tag that was merged stands before that of the commit.
            commit.message = from;
        }
        if let Some(id) = line.strip_prefix(b"tree ") {
            commit.tree = commit.tree.or(ObjectId::from_hex(id).ok());
        } else if let Some(id) = line.strip_prefix(b"parent ") {
            commit.parents.extend(ObjectId::from_hex(id).ok());
        } else if let Some(who) = line.strip_prefix(b"author ") {
            commit.authored = time(who);
        } else if let Some(who) = line.strip_prefix(b"committer ") {
            commit.committed = time(who);
        }
        if at == bytes.len() {
            commit.message = if commit.message == 0 { at } else { commit.message };
            return commit;
        }
    }
}

/// The seconds that stand behind a name and an address.
fn time(who: &[u8]) -> i64 {
    let mut words = who.rsplit(|b| *b == b' ').skip(1);
    let seconds = words.next().and_then(|w| std::str::from_utf8(w).ok()?.parse().ok());
    seconds.unwrap_or(0)
}

/// What a tag is of, and where its message begins.
pub fn tag(bytes: &[u8]) -> (Option<ObjectId>, usize) {
    let target = bytes.strip_prefix(b"object ").and_then(|r| r.get(..memchr::memchr(b'\n', r)?)).and_then(|id| ObjectId::from_hex(id).ok());
    (target, memchr::memmem::find(bytes, b"\n\n").map_or(bytes.len(), |i| i + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_commits_and_tags_are_read() {
        let tree =
            [b"100644 a.txt\0".as_slice(), &[1; 20], b"40000 dir\0", &[2; 20], b"160000 sub\0", &[3; 20], b"120000 l\0", &[4; 20]].concat();
        let read: Vec<(Mode, &[u8], u8)> = entries(&tree, 20).map(|e| (e.mode, e.name, e.id.as_bytes()[0])).collect();
        let wanted: [(Mode, &[u8], u8); 4] =
            [(Mode::File, b"a.txt", 1), (Mode::Tree, b"dir", 2), (Mode::Submodule, b"sub", 3), (Mode::Link, b"l", 4)];
        assert_eq!(read, wanted);
        for end in 0..tree.len() {
            assert!(entries(&tree[..end], 20).count() <= 3);
        }
        let id = "a".repeat(40);
        let text = format!(
            "tree {id}\nparent {id}\nparent {id}\nauthor A <a@example.org> 1700000000 +0100\ncommitter B <b@example.org> 1700000001 +0000\n\nthe message\n"
        );
        let read = commit(text.as_bytes());
        assert_eq!(
            (read.parents.len(), read.authored, read.committed, text.get(read.message..)),
            (2, 1_700_000_000, 1_700_000_001, Some("the message\n"))
        );
        for end in 0..text.len() {
            let _any = commit(&text.as_bytes()[..end]);
        }
        let merged = format!("tree {id}\nmergetag object {id}\n type commit\n \n words of the tag\n\nthe message\n");
        assert!(merged.get(commit(merged.as_bytes()).message..).is_some_and(|m| m.starts_with("mergetag") && m.ends_with("the message\n")));
        for end in 0..merged.len() {
            let _any = commit(&merged.as_bytes()[end..]).message + commit(&merged.as_bytes()[..end]).message;
        }
        let text = format!("object {id}\ntype commit\ntag v1\n\nwords\n");
        assert_eq!(tag(text.as_bytes()).1, text.find("words").unwrap_or(0));
    }
}
