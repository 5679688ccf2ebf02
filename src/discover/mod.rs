//! What the user pointed at, as inputs in a stable order. Nothing is skipped in silence: what was left out, and why, is
//! part of the result.

mod ignores;
mod open;

pub use ignores::Ignores;
pub use open::{LARGEST, Opened, Stream, open, read_stdin, regular};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

/// A file to be read.
pub struct Input {
    /// Where it is opened; `-` is standard input.
    pub path: PathBuf,
    /// The name it is reported under: relative to the working folder where it lies in it, with `/`.
    pub shown: String,
    /// Whether the user named this very file.
    pub named: bool,
    /// The root of the repository that it lies in.
    pub repository: Option<Arc<Path>>,
    /// Its content, where that was read from the objects of a repository and not from a file.
    pub content: Option<Arc<Vec<u8>>>,
}

/// Something that was left out by design, or that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Aside {
    /// What.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What there is to read.
#[derive(Default)]
pub struct Found {
    /// The files, sorted by the names they are reported under.
    pub inputs: Vec<Input>,
    /// What was left out by design.
    pub left_out: Vec<Aside>,
    /// What could not be read.
    pub not_read: Vec<Aside>,
    /// Paths that do not exist.
    pub absent: Vec<String>,
}

/// The name of a path in reports: relative to `base` where it lies in it, with `/`.
pub fn shown(path: &Path, base: &Path) -> String {
    // As nearly all are written; else part by part.
    let (whole, start) = (path.as_os_str().as_encoded_bytes(), base.as_os_str().as_encoded_bytes());
    let below = whole.strip_prefix(start).and_then(|rest| rest.strip_prefix(b"/")).and_then(|rest| std::str::from_utf8(rest).ok());
    if let Some(plain) = below.map(|p| p.strip_prefix("./").unwrap_or(p)).filter(|p| is_plain(p)) {
        return plain.to_owned();
    }
    let path = path.strip_prefix(base).unwrap_or(path);
    // Nearly every name is as it should be.
    if let Some(plain) = path.to_str().filter(|p| is_plain(p)) {
        return plain.to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let mut root = "";
    for part in path.components() {
        match part {
            std::path::Component::RootDir => root = "/",
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                // `a/..` is nothing; `..` at the beginning stays.
                if parts.last().is_some_and(|p| p != "..") {
                    parts.pop();
                } else {
                    parts.push("..".into());
                }
            }
            other => parts.push(lossless(other.as_os_str())),
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".into() } else { joined }
}

/// Whether a path is written as it is shown.
fn is_plain(path: &str) -> bool {
    // Between two marks stands more than one dot or two.
    let mut part = (0usize, true);
    for b in path.bytes() {
        match b {
            b'/' if part.0 == 0 || (part.1 && part.0 <= 2) => return false,
            b'/' => part = (0, true),
            b'\\' => return false,
            _ => part = (part.0 + 1, part.1 && b == b'.'),
        }
    }
    part.0 > 0 && !(part.1 && part.0 <= 2)
}

/// A path without `.` and with `..` worked out, by its words alone.
pub fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            // Above the root is the root.
            std::path::Component::ParentDir if out.has_root() => {}
            other => out.push(other),
        }
    }
    out
}

/// A file name as text; bytes that are no UTF-8 are written `\xff`, so that two files never share a name.
fn lossless(name: &std::ffi::OsStr) -> String {
    let mut out = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// The root of the repository that a folder lies in: the nearest folder, it or above it, with a `.git`.
pub fn repository_of(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|a| std::fs::symlink_metadata(a.join(".git")).is_ok()).map(Path::to_path_buf)
}

/// Finds the files that `paths` lead to. Links inside a folder are not followed; a path that the user names may be one.
pub fn find(paths: &[PathBuf], working: &Path) -> Found {
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == "-" {
            found.inputs.push(Input { path: path.clone(), shown: "<stdin>".into(), named: true, repository: None, content: None });
            continue;
        }
        let full = working.join(path);
        let name = shown(path, working);
        match std::fs::metadata(&full) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => found.absent.push(name),
            Err(error) => found.not_read.push(Aside { path: name, reason: reason(&error) }),
            Ok(meta) if meta.is_dir() => walk(&full, working, &mut found),
            Ok(meta) if meta.is_file() => {
                let folder = full.parent().map(Path::to_path_buf).unwrap_or_default();
                found.inputs.push(Input {
                    repository: repository_of(&folder).map(Into::into),
                    path: full,
                    shown: name,
                    named: true,
                    content: None,
                });
            }
            Ok(_) => found.not_read.push(Aside { path: name, reason: "no regular file: not opened".into() }),
        }
    }
    // A file that was named and lies in a folder that was named too is read once, as named.
    found.inputs.par_sort_by(|a, b| (&a.shown, !a.named).cmp(&(&b.shown, !b.named)));
    found.inputs.dedup_by(|a, b| a.shown == b.shown);
    found.left_out.sort();
    found.left_out.dedup();
    found.not_read.sort();
    found.not_read.dedup();
    found
}

/// What one folder holds.
#[derive(Default)]
struct Listing {
    found: Found,
    folders: Vec<(PathBuf, Option<Arc<Path>>)>,
}

/// Walks a folder, level by level, the folders of a level side by side.
fn walk(folder: &Path, working: &Path, found: &mut Found) {
    let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let outer: Option<Arc<Path>> = repository_of(&canonical).map(|r| if r == canonical { folder.into() } else { r.into() });
    let mut level = vec![(folder.to_path_buf(), outer)];
    let mut first = true;
    while !level.is_empty() {
        let listings: Vec<Listing> = level.par_iter().map(|(path, repository)| list(path, repository.as_ref(), first, working)).collect();
        first = false;
        level.clear();
        for listing in listings {
            found.inputs.extend(listing.found.inputs);
            found.left_out.extend(listing.found.left_out);
            found.not_read.extend(listing.found.not_read);
            level.extend(listing.folders);
        }
    }
}

fn list(folder: &Path, outer: Option<&Arc<Path>>, first: bool, working: &Path) -> Listing {
    let mut listing = Listing::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            listing.found.not_read.push(Aside { path: shown(folder, working), reason: reason(&error) });
            return listing;
        }
    };
    let mut all = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => all.push(entry),
            Err(error) => listing.found.not_read.push(Aside { path: shown(folder, working), reason: reason(&error) }),
        }
    }
    // A folder with a `.git` is a repository of its own.
    let own = !first && all.iter().any(|e| e.file_name() == ".git");
    let repository: Option<Arc<Path>> = if own { Some(folder.into()) } else { outer.cloned() };
    for entry in all {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                if entry.file_name() == ".git" {
                    let reason = "git's own files, but for its configuration, hooks and packed text";
                    listing.found.left_out.push(Aside { path: shown(&path, working), reason: reason.into() });
                    own_text(&path, working, Some(folder.into()), &mut listing.found);
                } else {
                    listing.folders.push((path, repository.clone()));
                }
            }
            Ok(kind) if kind.is_file() => {
                let shown = shown(&path, working);
                listing.found.inputs.push(Input { path, shown, named: false, repository: repository.clone(), content: None });
            }
            Ok(kind) => {
                let reason = if kind.is_symlink() { "a link: not followed" } else { "a special file: not opened" };
                listing.found.left_out.push(Aside { path: shown(&path, working), reason: reason.into() });
            }
            Err(error) => listing.found.not_read.push(Aside { path: shown(&path, working), reason: reason(&error) }),
        }
    }
    listing
}

/// The files of a repository's own folder that people write to: addresses with credentials, hooks, messages.
fn own_text(git: &Path, working: &Path, repository: Option<Arc<Path>>, found: &mut Found) {
    let mut files: Vec<PathBuf> =
        ["config", "packed-refs", "description", "COMMIT_EDITMSG", "FETCH_HEAD", "info/exclude", "info/attributes"]
            .iter()
            .map(|n| git.join(n))
            .collect();
    if let Ok(hooks) = std::fs::read_dir(git.join("hooks")) {
        files.extend(hooks.filter_map(|h| h.ok().map(|h| h.path())));
    }
    files.sort();
    for path in files {
        if std::fs::symlink_metadata(&path).is_ok_and(|m| m.is_file()) {
            found.inputs.push(Input { shown: shown(&path, working), path, named: false, repository: repository.clone(), content: None });
        }
    }
}

/// Why the system refused, in a few words.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => "no permission to read it".into(),
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        // The system's word for a link where none may be.
        kind if kind.to_string().contains("loop") => "a link: not followed".into(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_and_never_shared() {
        let base = Path::new("/a/b");
        assert_eq!(shown(Path::new("/a/b/c/d.json"), base), "c/d.json");
        assert_eq!(shown(Path::new("./c/../d.json"), base), "d.json");
        assert_eq!(shown(Path::new("/x/y.json"), base), "/x/y.json");
        assert_eq!(shown(Path::new("."), base), ".");
        assert_eq!(tidy(Path::new("/a/./b/../../../c")), Path::new("/c"));
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt as _;
            let odd = std::ffi::OsStr::from_bytes(b"a\xff");
            assert_ne!(shown(Path::new(odd), base), shown(Path::new("a\\xff"), base));
        }
    }
}
