//! Reports in files beside the one on standard output: what may be written, and how.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::discover::shown;
use crate::plan::Plan;
use crate::report::Format;

/// Reads `FORMAT=PATH`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("write FORMAT=PATH, such as json=report.json")?;
    let format = <Format as clap::ValueEnum>::from_str(format, true)?;
    if path.is_empty() { Err("the path is missing".into()) } else { Ok((format, PathBuf::from(path))) }
}

/// Whether every report can have its place: asked before anything is read, so that a long run does not end in vain.
///
/// # Errors
/// A place that is given twice, is something else than a file, or is what the run reads: what was named, a declaration.
pub(super) fn check(outputs: &[(Format, PathBuf)], plan: &Plan) -> io::Result<()> {
    let working = plan.working.as_path();
    let read: Vec<&PathBuf> = plan.paths.iter().chain(&plan.config).chain(&plan.baseline).collect();
    let wrong = |path: &Path, what: &str| Err(io::Error::other(format!("the report {} {what}", shown(path, working))));
    let mut places: BTreeSet<(PathBuf, OsString)> = BTreeSet::new();
    for (_, path) in outputs {
        let full = working.join(path);
        let Some(name) = full.file_name() else { return wrong(path, "cannot be written: the path names no file") };
        if let Some(what) = obstacle(&full) {
            return wrong(path, &format!("cannot be written: {what}"));
        }
        let folder = full.parent().unwrap_or(working);
        let Ok(folder) = folder.canonicalize() else { return wrong(path, "cannot be written: its folder does not exist") };
        if !places.insert((folder, name.to_owned())) {
            return wrong(path, "is asked for twice");
        }
        let target = full.canonicalize().ok();
        if name == "keylint.yaml" || target.is_some() && read.iter().any(|p| working.join(p).canonicalize().ok() == target) {
            return wrong(path, "would overwrite what it is about");
        }
    }
    Ok(())
}

/// What stands in a report's place and is no file. The path may end in a slash, which a link or a file name hides.
fn obstacle(path: &Path) -> Option<&'static str> {
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Some("the path is that of a folder");
    }
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => Some("a folder stands there"),
        Ok(meta) if meta.is_symlink() => Some("a link stands there, and links are not followed"),
        Ok(meta) if !meta.is_file() => Some("something that is no regular file stands there"),
        _ => None,
    }
}

/// Writes a file as a whole: beside its place first, then renamed. What is no file is never replaced.
///
/// # Errors
/// Where it cannot be written; what was there before is still there then.
pub(super) fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    save_as(path, bytes, 0o600)
}

/// The same, with the permissions that it gets where there are such, less what the process takes from all its files.
///
/// # Errors
/// As of `save`.
#[cfg_attr(not(unix), expect(unused_variables, reason = "permissions of this kind are Unix's"))]
pub(super) fn save_as(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    if let Some(what) = obstacle(path) {
        return Err(io::Error::other(what));
    }
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let mut beside = name.to_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(beside);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(mode);
    }
    let written = options.open(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    });
    if written.is_err() {
        // What was begun is taken away; the error that matters is the first one.
        std::fs::remove_file(&beside).ok();
    }
    written
}
