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

mod world;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use world::{BINARY, World, command, copied, executable, secret, text};

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
    copied(Path::new(BINARY), &copy);
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
fn what_is_to_stay_is_permitted_in_one_commit_and_brought_in_the_next() {
    let world = World::new();
    let root = world.root();
    world.install();
    let commit = |message: &str| {
        world.git(&["add", "."]);
        world.git(&["commit", "-q", "-m", message]);
    };
    let values = secret();
    let secret_line = values.lines().nth(1).unwrap();
    let allow = "# keylint: allow secret-in-plaintext until=2099-12-31 -- a key that was revoked\n";
    // Both at once: the permission is no permission yet.
    world.write("bot.env", &format!("{allow}{secret_line}\n"));
    world.git(&["add", "."]);
    world.stopped(&root, &["commit", "-q", "-m", "both"]);
    world.write("bot.env", &format!("{allow}BINANCE_API_SECRET=\n"));
    commit("the comment");
    world.write("bot.env", &format!("{allow}{secret_line}\n"));
    commit("the value");
    // The same with an exclude.
    let exclude = "version: 1\npolicy:\n  exclude:\n    - { path: vendor/**, reason: values that are published }\n";
    world.write("keylint.yaml", exclude);
    world.write("vendor/x.env", &values);
    world.git(&["add", "."]);
    world.stopped(&root, &["commit", "-q", "-m", "both"]);
    world.git(&["reset", "-q", "vendor"]);
    world.git(&["commit", "-q", "-m", "the exclude"]);
    commit("what it is about");
    assert_eq!(world.commits(), 4);
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
