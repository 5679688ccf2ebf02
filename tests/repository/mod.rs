//! Real repositories, made by real git, and keylint run in them.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub const KEY: &str = "Kq7Zp2Lm9Xc4Vb8Nt1";
pub const SECRET: &str = "w3RkT8yLq2ZxV5nJ7mBc4HdG9sFpQeXu1AoN";
pub const OTHER: &str = "J7mBc4HdG9sFpQeXu1AoNw3RkT8yLq2ZxV5n";

/// An environment file with a secret.
pub fn env(secret: &str) -> String {
    format!("BYBIT_API_KEY={KEY}\nBYBIT_API_SECRET={secret}\n")
}

/// A repository in a folder that goes away with it.
pub struct Repo {
    pub folder: TempDir,
    root: PathBuf,
}

impl Repo {
    pub fn new() -> Self {
        Self::with(&["-b", "main"])
    }
    /// With options of `git init`.
    pub fn with(options: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("repo");
        fs::create_dir(&root).unwrap();
        let repo = Self { folder, root };
        repo.git(&[&["init", "-q"], options].concat());
        repo
    }
    pub fn path(&self) -> &Path {
        &self.root
    }
    pub fn git(&self, args: &[&str]) -> String {
        git_in(&self.root, args, 1_750_000_000)
    }
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    pub fn stage(&self, path: &str, content: impl AsRef<[u8]>) {
        self.write(path, content);
        self.git(&["add", "-f", "--", path]);
    }
    /// Commits what is staged, so many days after a certain one.
    pub fn commit(&self, message: &str, day: i64) -> String {
        git_in(&self.root, &["commit", "-q", "--allow-empty", "-m", message], 1_750_000_000 + day * 86_400);
        self.git(&["rev-parse", "HEAD"])
    }
    pub fn check(&self, args: &[&str]) -> (i32, Value) {
        check_in(&self.root, args)
    }
}

pub fn git_in(folder: &Path, args: &[&str], seconds: i64) -> String {
    let mut command = Command::new("git");
    command.args(args).current_dir(folder).stdin(Stdio::null());
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    let date = format!("{seconds} +0000");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_ALLOW_PROTOCOL", "file");
    command.env("GIT_AUTHOR_NAME", "A").env("GIT_AUTHOR_EMAIL", "a@example.org").env("GIT_AUTHOR_DATE", &date);
    command.env("GIT_COMMITTER_NAME", "C").env("GIT_COMMITTER_EMAIL", "c@example.org").env("GIT_COMMITTER_DATE", &date);
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub fn keylint(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).current_dir(folder).env_remove("COLUMNS").env("NO_COLOR", "1").stdin(Stdio::null());
    command.env_remove("GIT_INDEX_FILE").envs(environment.iter().copied());
    command.output().unwrap()
}

pub fn check_in(folder: &Path, args: &[&str]) -> (i32, Value) {
    check_with(folder, args, &[])
}

pub fn check_with(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> (i32, Value) {
    let now = if args.contains(&"--now") { &[][..] } else { &["--now", "2026-11-01T00:00:00Z"] };
    let output = keylint(folder, &[&["check"], args, &["--format", "json"], now].concat(), environment);
    let code = output.status.code().unwrap();
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)));
    for secret in [SECRET, OTHER] {
        assert!(!String::from_utf8_lossy(&output.stdout).contains(&secret[4..12]), "a secret is shown");
    }
    (code, value)
}

/// The findings that count and are about a secret.
pub fn secrets(report: &Value) -> Vec<&Value> {
    let all = report["findings"].as_array().unwrap();
    all.iter().filter(|f| f["suppressed"].is_null() && f["rule"] == "secret-in-plaintext").collect()
}

/// The first path of each.
pub fn paths(report: &Value) -> Vec<&str> {
    secrets(report).iter().map(|f| f["places"][0]["path"].as_str().unwrap()).collect()
}

/// The codes of the problems.
pub fn codes(report: &Value) -> Vec<&str> {
    report["problems"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap()).collect()
}

/// Everything that a list of what was left out or not read says.
pub fn said(report: &Value, list: &str) -> String {
    let all = report["coverage"][list].as_array().unwrap().iter();
    all.map(|a| format!("{}: {}\n", a["path"].as_str().unwrap(), a["reason"].as_str().unwrap())).collect()
}
