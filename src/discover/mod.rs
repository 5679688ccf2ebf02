//! What the user pointed at, as inputs in a stable order. Nothing is skipped in silence: what was left out, and why, is
//! part of the result.

mod ignores;
mod open;

pub use ignores::Ignores;
pub use open::{LARGEST, Opened, Stream, open, read_stdin};

use std::path::{Path, PathBuf};

/// A file to be read.
pub struct Input {
    /// Where it is opened; `-` is standard input.
    pub path: PathBuf,
    /// The name it is reported under: relative to the working folder where it lies in it, with `/`.
    pub shown: String,
    /// Whether the user named this very file.
    pub named: bool,
    /// The root of the repository that it lies in.
    pub repository: Option<PathBuf>,
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
    let path = path.strip_prefix(base).unwrap_or(path);
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
            found.inputs.push(Input { path: path.clone(), shown: "<stdin>".into(), named: true, repository: None });
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
                found.inputs.push(Input { repository: repository_of(&folder), path: full, shown: name, named: true });
            }
            Ok(_) => found.not_read.push(Aside { path: name, reason: "no regular file: not opened".into() }),
        }
    }
    // A file that was named and lies in a folder that was named too is read once, as named.
    found.inputs.sort_by(|a, b| (&a.shown, !a.named).cmp(&(&b.shown, !b.named)));
    found.inputs.dedup_by(|a, b| a.shown == b.shown);
    found.left_out.sort();
    found.left_out.dedup();
    found.not_read.sort();
    found.not_read.dedup();
    found
}

fn walk(folder: &Path, working: &Path, found: &mut Found) {
    let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let outer = repository_of(&canonical);
    let mut inner: Vec<PathBuf> = Vec::new();
    let mut entries = walkdir::WalkDir::new(folder).follow_links(false).follow_root_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().map_or_else(|| shown(folder, working), |p| shown(p, working));
                let why = error.io_error().map_or_else(|| "a folder that leads back to itself".into(), reason);
                found.not_read.push(Aside { path, reason: why });
                continue;
            }
        };
        let name = || shown(entry.path(), working);
        let kind = entry.file_type();
        if kind.is_dir() {
            if entry.file_name() == ".git" && entry.depth() > 0 {
                let reason = "git's own files, but for its configuration, hooks and packed text";
                found.left_out.push(Aside { path: name(), reason: reason.into() });
                let repository = entry.path().parent().map(Path::to_path_buf);
                own_text(entry.path(), working, repository, found);
                entries.skip_current_dir();
                continue;
            }
            if entry.depth() > 0 && std::fs::symlink_metadata(entry.path().join(".git")).is_ok() {
                inner.push(entry.path().to_path_buf());
            }
        } else if kind.is_file() {
            let repository = inner.iter().rev().find(|i| entry.path().starts_with(i)).cloned().or_else(|| outer.clone());
            found.inputs.push(Input { path: entry.path().to_path_buf(), shown: name(), named: false, repository });
        } else if kind.is_symlink() {
            // The root itself may be a link that the user named; it is walked, not listed.
            if entry.depth() > 0 {
                found.left_out.push(Aside { path: name(), reason: "a link: not followed".into() });
            }
        } else {
            found.left_out.push(Aside { path: name(), reason: "a special file: not opened".into() });
        }
    }
}

/// The files of a repository's own folder that people write to: addresses with credentials, hooks, messages.
fn own_text(git: &Path, working: &Path, repository: Option<PathBuf>, found: &mut Found) {
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
            found.inputs.push(Input { shown: shown(&path, working), path, named: false, repository: repository.clone() });
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
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt as _;
            let odd = std::ffi::OsStr::from_bytes(b"a\xff");
            assert_ne!(shown(Path::new(odd), base), shown(Path::new("a\\xff"), base));
        }
    }
}
