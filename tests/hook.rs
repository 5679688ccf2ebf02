//! `keylint hook`: real repositories, real commits. The hook that it installs stops a commit with a secret and lets others
//! pass; and nothing that it did not write is ever touched.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops where something is not as it must be"
)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_keylint");

/// A secret that is nobody's.
fn secret() -> String {
    let letters = |seed: u64, n: usize| -> String {
        const ALL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(ALL[(state >> 33) as usize % ALL.len()])
        };
        (0..n).map(|_| next()).collect()
    };
    format!("BINANCE_API_KEY={}\nBINANCE_API_SECRET={}\n", letters(7, 64), letters(11, 64))
}

/// A command in a world without this machine's own configuration of git.
fn command(program: impl AsRef<OsStr>, folder: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).env("HOME", home).env("GIT_CONFIG_NOSYSTEM", "1").env("NO_COLOR", "1");
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("GIT_") && n != "GIT_CONFIG_NOSYSTEM") {
        command.env_remove(name);
    }
    command.env_remove("XDG_CONFIG_HOME");
    command
}

struct World {
    dir: TempDir,
}

impl World {
    /// A repository with nothing in it, and somebody who commits.
    fn new() -> Self {
        let world = Self { dir: TempDir::new().unwrap() };
        fs::create_dir(world.home()).unwrap();
        fs::write(world.home().join(".gitconfig"), "[user]\n\tname = T\n\temail = t@example.org\n[init]\n\tdefaultBranch = main\n")
            .unwrap();
        fs::create_dir(world.root()).unwrap();
        world.git(&["init", "-q", "."]);
        world
    }

    fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("the repository")
    }

    fn try_git(&self, folder: &Path, args: &[&str]) -> Output {
        command("git", folder, &self.home()).args(args).output().unwrap()
    }

    fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(&self.root(), args);
        assert!(output.status.success(), "git {args:?}: {}", text(&output));
        text(&output)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn keylint(&self, folder: &Path, args: &[&str]) -> (i32, String) {
        let output = command(BINARY, folder, &self.home()).args(args).output().unwrap();
        (output.status.code().unwrap(), text(&output))
    }

    fn install(&self) {
        let (code, said) = self.keylint(&self.root(), &["hook", "install"]);
        assert_eq!(code, 0, "{said}");
    }

    fn hook(&self) -> PathBuf {
        self.root().join(".git/hooks/pre-commit")
    }

    fn commits(&self) -> usize {
        let output = self.try_git(&self.root(), &["rev-list", "--all", "--count"]);
        text(&output).trim().parse().unwrap()
    }

    /// A commit that the hook must stop, with the finding told and the value not.
    fn stopped(&self, folder: &Path, args: &[&str]) {
        let before = self.commits();
        let output = self.try_git(folder, args);
        let said = text(&output);
        assert!(!output.status.success(), "git {args:?} went through: {said}");
        assert!(said.contains("secret-in-plaintext") && said.contains("exit code 1"), "{said}");
        assert!(!secret().lines().any(|l| said.contains(l.split_once('=').unwrap().1)), "{said}");
        assert_eq!(self.commits(), before);
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn executable(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_commit_with_a_secret_is_stopped_and_others_pass() {
    let world = World::new();
    let root = world.root();
    world.install();
    // Before the first commit, from a folder below, with a name of several lines and with line endings of Windows.
    world.write("a b/new\nline.env", &secret().replace('\n', "\r\n"));
    world.git(&["add", "."]);
    world.stopped(&root, &["commit", "-q", "-m", "first"]);
    world.stopped(&root.join("a b"), &["commit", "-q", "-m", "first"]);
    // What counts is the index: the file is clean again and its staged version is not.
    world.write("a b/new\nline.env", "x=1\n");
    world.stopped(&root, &["commit", "-q", "-m", "first"]);
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "first"]);
    assert_eq!(world.commits(), 1);
    // Of what is not staged nothing is stopped.
    world.write("elsewhere.env", &secret());
    world.write("a b/more.txt", "words\n");
    world.git(&["add", "a b"]);
    world.git(&["commit", "-q", "-m", "second"]);
    world.git(&["rm", "-q", "a b/more.txt"]);
    world.git(&["commit", "-q", "-m", "third"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", "fourth"]);
    assert_eq!(world.commits(), 4);
    world.git(&["add", "elsewhere.env"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "fifth"]);
    assert_eq!(world.commits(), 5);
}

#[test]
fn commits_that_have_an_index_of_their_own_are_stopped_too() {
    let world = World::new();
    let root = world.root();
    world.write("bot.env", "x=1\n");
    world.write("other.txt", "words\n");
    world.write("deep/er/x.txt", "words\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "first"]);
    world.install();
    world.write("bot.env", &secret());
    world.stopped(&root, &["commit", "-q", "-am", "all"]);
    world.stopped(&root.join("deep/er"), &["commit", "-q", "-am", "all"]);
    world.stopped(&root, &["commit", "-q", "-m", "only", "--only", "bot.env"]);
    world.stopped(&root.join("deep"), &["commit", "-q", "-m", "only", "../bot.env"]);
    world.stopped(&root, &["commit", "-q", "-m", "too", "--include", "bot.env"]);
    world.stopped(&root, &["commit", "-q", "-a", "--amend", "--no-edit"]);
    // The other way round: what is staged and left out of this commit does not stop it.
    world.git(&["add", "bot.env"]);
    world.write("other.txt", "more words\n");
    world.git(&["commit", "-q", "-m", "only", "--only", "other.txt"]);
    assert_eq!(world.commits(), 2);
}

#[test]
fn a_second_run_changes_nothing_and_an_old_path_is_replaced() {
    let world = World::new();
    fs::remove_dir_all(world.root().join(".git/hooks")).unwrap();
    world.install();
    let first = fs::read(world.hook()).unwrap();
    assert_eq!(fs::metadata(world.hook()).unwrap().permissions().mode() & 0o777, 0o755);
    let (code, said) = world.keylint(&world.root(), &["hook", "install"]);
    assert!(code == 0 && said.contains("already"), "{said}");
    assert_eq!(fs::read(world.hook()).unwrap(), first);
    // Another path of the program, with all that a shell could trip over.
    let moved = String::from_utf8(first.clone()).unwrap().replace(&format!("'{BINARY}'"), "'/gone/it'\\''s $(touch x)/keylint'");
    fs::write(world.hook(), &moved).unwrap();
    assert_eq!(Command::new("sh").arg("-n").arg(world.hook()).status().unwrap().code(), Some(0));
    let (code, said) = world.keylint(&world.root(), &["hook", "install"]);
    assert!(code == 0 && said.contains("written anew"), "{said}");
    assert_eq!(fs::read(world.hook()).unwrap(), first);
    // Git does not run what is not executable.
    fs::set_permissions(world.hook(), fs::Permissions::from_mode(0o644)).unwrap();
    world.install();
    assert_eq!(fs::metadata(world.hook()).unwrap().permissions().mode() & 0o777, 0o755);
    let rest: Vec<_> = fs::read_dir(world.root().join(".git/hooks")).unwrap().collect();
    assert_eq!(rest.len(), 1, "{rest:?}");
    for said in ["taken away", "there is none"] {
        let (code, all) = world.keylint(&world.root(), &["hook", "uninstall"]);
        assert!(code == 0 && all.contains(said), "{all}");
        assert!(!world.hook().exists());
    }
}

#[test]
fn a_program_that_is_gone_is_looked_for_on_the_path_and_else_stops_the_commit() {
    let world = World::new();
    // A copy of the program whose path needs quoting.
    let folder = world.dir.path().join("it's a `folder` $HOME\nof two lines");
    fs::create_dir(&folder).unwrap();
    let copy = folder.join("keylint");
    fs::copy(BINARY, &copy).unwrap();
    let installed = command(&copy, &world.root(), &world.home()).args(["hook", "install"]).output().unwrap();
    assert!(installed.status.success(), "{}", text(&installed));
    world.write("bot.env", &secret());
    world.git(&["add", "."]);
    world.stopped(&world.root(), &["commit", "-q", "-m", "x"]);
    fs::remove_file(&copy).unwrap();
    let with_path = |path: &str| {
        let path = format!("{path}:{}", std::env::var("PATH").unwrap());
        command("git", &world.root(), &world.home()).env("PATH", path).args(["commit", "-q", "-m", "x"]).output().unwrap()
    };
    let on_path = Path::new(BINARY).parent().unwrap().to_str().unwrap();
    let said = text(&with_path(on_path));
    assert!(said.contains("secret-in-plaintext"), "{said}");
    // Nowhere: clean or not, nobody has looked.
    world.write("bot.env", "x=1\n");
    world.git(&["add", "."]);
    let bare = world.dir.path().join("bin");
    fs::create_dir(&bare).unwrap();
    let git = Command::new("sh").args(["-c", "command -v git"]).output().unwrap();
    symlink(text(&git).trim(), bare.join("git")).unwrap();
    symlink("/bin/sh", bare.join("sh")).unwrap();
    let output = command("git", &world.root(), &world.home()).env("PATH", &bare).args(["commit", "-q", "-m", "x"]).output().unwrap();
    assert!(!output.status.success() && text(&output).contains("was not checked and is stopped"), "{}", text(&output));
    assert_eq!(world.commits(), 0);
    assert!(with_path(on_path).status.success());
}

#[test]
fn what_somebody_else_wrote_is_not_touched() {
    let world = World::new();
    let hook = world.hook();
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let refused = |what: &str, says: &str| {
        for command in ["install", "uninstall"] {
            let before = fs::read(&hook).ok();
            let (code, said) = world.keylint(&world.root(), &["hook", command]);
            assert!(code == 2 && said.contains(says), "{what}, {command}: {said}");
            assert_eq!(fs::read(&hook).ok(), before, "{what}");
        }
    };
    executable(&hook, "#!/bin/sh\nmake lint\n");
    refused("another hook", "`keylint check --staged || exit`");
    // What it says to add does what it is for.
    executable(&hook, &format!("#!/bin/sh\nalias keylint='{BINARY}'\nkeylint check --staged || exit\ntrue\n"));
    world.write("bot.env", &secret());
    world.git(&["add", "."]);
    world.stopped(&world.root(), &["commit", "-q", "-m", "x"]);
    executable(&hook, "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n");
    refused("pre-commit's", ".pre-commit-config.yaml");
    fs::remove_file(&hook).unwrap();
    world.install();
    let own = fs::read_to_string(&hook).unwrap();
    executable(&hook, &(own.clone() + "make lint\n"));
    refused("own, with more", "changed since");
    executable(&hook, &own.replace("keylint='", "touch x; keylint='"));
    refused("own, with something between", "changed since");
    executable(&hook, &own.replace('\n', "\r\n"));
    refused("own, with line endings that a shell does not like", "changed since");
    let elsewhere = world.dir.path().join("elsewhere");
    executable(&elsewhere, &own);
    fs::remove_file(&hook).unwrap();
    symlink(&elsewhere, &hook).unwrap();
    refused("a link", "link");
    assert!(fs::symlink_metadata(&hook).unwrap().is_symlink());
    fs::remove_file(&hook).unwrap();
    symlink(world.dir.path().join("nowhere"), &hook).unwrap();
    refused("a link that leads nowhere", "link");
    fs::remove_file(&hook).unwrap();
    fs::create_dir(&hook).unwrap();
    refused("a folder", "no regular file");
    // A folder of hooks that is a link: what is behind it may be everybody's.
    let folder = hook.parent().unwrap();
    fs::remove_dir_all(folder).unwrap();
    let shared = world.dir.path().join("shared");
    fs::create_dir(&shared).unwrap();
    symlink(&shared, folder).unwrap();
    let (code, said) = world.keylint(&world.root(), &["hook", "install"]);
    assert!(code == 2 && said.contains("link"), "{said}");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
}

#[test]
fn hooks_that_git_would_not_run_are_not_installed() {
    let world = World::new();
    let refused = |says: &str| {
        let (code, said) = world.keylint(&world.root(), &["hook", "install"]);
        assert!(code == 2 && said.contains("core.hooksPath") && said.contains(says), "{said}");
        assert!(!world.hook().exists());
    };
    world.git(&["config", "core.hooksPath", ".husky/_"]);
    refused(".husky/_/pre-commit");
    world.git(&["config", "core.hooksPath", ""]);
    refused("pre-commit");
    world.git(&["config", "--unset", "core.hooksPath"]);
    // The same in the user's own configuration, and in a file that it includes.
    fs::write(world.home().join("more"), "[core]\n\thooksPath = ~/hooks\n").unwrap();
    world.git(&["config", "--global", "include.path", "more"]);
    refused("home/hooks/pre-commit");
    world.git(&["config", "--global", "--unset", "include.path"]);
    // What is set to what it is anyway is as if it were not set.
    world.git(&["config", "core.hooksPath", ".git/hooks"]);
    world.install();
    world.write("bot.env", &secret());
    world.git(&["add", "."]);
    world.stopped(&world.root(), &["commit", "-q", "-m", "x"]);
}

#[test]
fn working_trees_and_submodules_have_the_hooks_of_their_repository() {
    let world = World::new();
    world.write("x.txt", "x\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "first"]);
    world.git(&["worktree", "add", "-q", "../linked", "-b", "other"]);
    let linked = world.dir.path().join("linked");
    let (code, said) = world.keylint(&linked, &["hook", "install"]);
    assert_eq!(code, 0, "{said}");
    assert!(world.hook().is_file());
    fs::write(linked.join("bot.env"), secret()).unwrap();
    assert!(world.try_git(&linked, &["add", "."]).status.success());
    world.stopped(&linked, &["commit", "-q", "-m", "x"]);
    world.stopped(&linked, &["commit", "-q", "-m", "x", "--only", "bot.env"]);

    let outer = World::new();
    let inner = world.root();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.to_str().unwrap(), "inner"]);
    let module = outer.root().join("inner");
    let (code, said) = outer.keylint(&module, &["hook", "install"]);
    assert_eq!(code, 0, "{said}");
    assert!(outer.root().join(".git/modules/inner/hooks/pre-commit").is_file() && !outer.hook().exists());
    fs::write(module.join("bot.env"), secret()).unwrap();
    assert!(outer.try_git(&module, &["add", "."]).status.success());
    outer.stopped(&module, &["commit", "-q", "-m", "x"]);
}

#[test]
fn where_no_commit_is_made_no_hook_is_installed() {
    let world = World::new();
    let bare = world.dir.path().join("bare.git");
    world.git(&["init", "-q", "--bare", bare.to_str().unwrap()]);
    let (code, said) = world.keylint(&bare, &["hook", "install"]);
    assert!(code == 2 && said.contains("working tree"), "{said}");
    let (code, said) = world.keylint(&world.home(), &["hook", "install"]);
    assert!(code == 2 && said.contains("no repository"), "{said}");
}
