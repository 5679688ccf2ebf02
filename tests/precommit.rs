//! The hooks of `.pre-commit-hooks.yaml`, run by pre-commit itself, in repositories whose commits are real: one with a
//! secret is stopped, others pass.
//!
//! pre-commit must be on the PATH: `.ci/run` installs it and runs `cargo test --test precommit -- --ignored`.

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
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use world::{BINARY, World, secret, text};

/// A repository of git with the files of a folder of this one as they stand, and the id of its only commit.
fn published(world: &World, folder: &str) -> (PathBuf, String) {
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), world.dir.path().join("keylint of these files"));
    let listed = Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(&from).output();
    let listed = listed.unwrap();
    assert!(listed.status.success(), "this is no repository of git: {}", text(&listed));
    for name in String::from_utf8(listed.stdout).unwrap().split_terminator('\0').filter(|n| from.join(n).is_file()) {
        let file = to.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::copy(from.join(name), file).unwrap();
    }
    for args in [&["init", "-q", "."][..], &["add", "--force", "."], &["commit", "-q", "-m", "files"]] {
        let done = world.try_git(&to, args);
        assert!(done.status.success(), "{}", text(&done));
    }
    let id = text(&world.try_git(&to, &["rev-parse", "HEAD"])).trim().to_owned();
    (to, id)
}

/// A world in whose repository pre-commit looks after hooks: those that are named, of a folder of this repository.
fn looked_after(mut world: World, folder: &str, hooks: &[&str]) -> World {
    let cache = world.dir.path().join("pre-commit");
    world.more.push(("PRE_COMMIT_HOME", cache.into()));
    let (keylint, id) = published(&world, folder);
    let hooks: String = hooks.iter().map(|h| format!("      - id: {h}\n")).collect();
    world.write(".pre-commit-config.yaml", &format!("repos:\n  - repo: '{}'\n    rev: {id}\n    hooks:\n{hooks}", keylint.display()));
    let (code, said) = pre_commit(&world, &["install", "--install-hooks", "-t", "pre-commit", "-t", "pre-merge-commit"]);
    assert_eq!(code, 0, "{said}");
    world
}

fn pre_commit(world: &World, args: &[&str]) -> (i32, String) {
    let output = world.command("pre-commit", &world.root()).args(args).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|e| panic!("pre-commit is not on the PATH ({e}): .ci/run installs it"));
    (output.status.code().unwrap(), text(&output))
}

fn with_the_built_program(hooks: &[&str]) -> World {
    let mut world = World::new();
    world.with_path(Path::new(BINARY).parent().unwrap());
    looked_after(world, "", hooks)
}

#[test]
#[ignore = "needs pre-commit, which .ci/run installs"]
fn the_hook_of_the_system_stops_a_commit_with_a_secret_and_no_other() {
    let world = with_the_built_program(&["keylint-system"]);
    let root = world.root();
    world.write("a b/new\nline.env", &secret().replace('\n', "\r\n"));
    world.git(&["add", "."]);
    world.stopped(&root, &["commit", "-q", "-m", "first"]);
    world.stopped(&root.join("a b"), &["commit", "-q", "-m", "first"]);
    // pre-commit takes away for the time being what is not staged; the index is what is looked at.
    world.write("a b/new\nline.env", "x=1\n");
    world.stopped(&root, &["commit", "-q", "-m", "first"]);
    world.git(&["add", "."]);
    world.write("a b/new\nline.env", &secret());
    world.git(&["commit", "-q", "-m", "first"]);
    assert_eq!(world.commits(), 1);
    // Commits with an index of their own.
    world.stopped(&root, &["commit", "-q", "-am", "all"]);
    world.stopped(&root, &["commit", "-q", "-m", "only", "--only", "a b/new\nline.env"]);
    world.stopped(&root.join("a b"), &["commit", "-q", "-m", "only", "new\nline.env"]);
    world.git(&["checkout", "-q", "."]);
    world.write("words.txt", "words\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "second"]);
    world.git(&["rm", "-q", "words.txt"]);
    world.git(&["commit", "-q", "-m", "third"]);
    // A merge that needs no hand has a hook of its own.
    world.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    world.write("bot.env", &secret());
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "side"]);
    world.git(&["checkout", "-q", "main"]);
    world.stopped(&root, &["merge", "-q", "--no-edit", "side"]);
}

/// The answer of an exchange about a key that may do everything from everywhere.
const EXPORT: &str = r#"{
  "exchange": "binance",
  "endpoint": "GET /sapi/v1/account/apiRestrictions",
  "account": "binance/main",
  "response": {
    "ipRestrict": false, "createTime": 1791187212000, "enableReading": true, "enableWithdrawals": true, "enableInternalTransfer": true,
    "enableMargin": false, "enableFutures": false, "permitsUniversalTransfer": false, "enableVanillaOptions": false,
    "enableFixApiTrade": false, "enableFixReadOnly": false, "enableSpotAndMarginTrading": true, "enablePortfolioMarginTrading": false
  }
}
"#;

#[test]
#[ignore = "needs pre-commit, which .ci/run installs"]
fn the_audit_of_exports_runs_when_they_or_the_declaration_change() {
    let mut world = with_the_built_program(&["keylint-exports-system"]);
    world.git(&["add", "."]);
    let skipped = text(&world.try_git(&world.root(), &["commit", "-m", "first"]));
    assert!(skipped.contains("Skipped"), "{skipped}");
    world.write("exports/all of it.json", EXPORT);
    world.git(&["add", "."]);
    let stopped = world.try_git(&world.root(), &["commit", "-q", "-m", "second"]);
    assert!(!stopped.status.success() && text(&stopped).contains("withdraw"), "{}", text(&stopped));
    world.git(&["commit", "-q", "--no-verify", "-m", "second"]);
    // Nothing is staged, and the audit is one of files.
    let (code, said) = pre_commit(&world, &["run", "--all-files"]);
    assert!(code == 1 && said.contains("withdraw"), "{said}");
    let (code, said) = pre_commit(&world, &["run", "--files", ".pre-commit-config.yaml"]);
    assert!(code == 0 && said.contains("Skipped"), "{said}");
    // A changed declaration is a question about all exports.
    world.write("keylint.yaml", "version: 1\n");
    world.git(&["add", "."]);
    let stopped = world.try_git(&world.root(), &["commit", "-q", "-m", "third"]);
    assert!(!stopped.status.success() && text(&stopped).contains("withdraw"), "{}", text(&stopped));
    // Exports that are not where the hook looks for them: never an audit of nothing.
    world.git(&["reset", "-q", "--hard"]);
    world.git(&["mv", "exports", "elsewhere"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "moved"]);
    world.write("keylint.yaml", "version: 1\n");
    world.git(&["add", "."]);
    let stopped = world.try_git(&world.root(), &["commit", "-q", "-m", "fourth"]);
    assert!(!stopped.status.success() && text(&stopped).contains("no such file or folder"), "{}", text(&stopped));
    world.more.push(("SKIP", "keylint-exports-system".into()));
    world.git(&["commit", "-q", "-m", "fourth"]);
}

#[test]
#[ignore = "needs pre-commit, which .ci/run installs"]
fn a_run_over_all_files_sees_nothing_staged_and_the_recipe_for_pipelines_does_see() {
    let world = with_the_built_program(&["keylint-system"]);
    world.write("bot.env", &secret());
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "--no-verify", "-m", "first"]);
    let (code, said) = pre_commit(&world, &["run", "--all-files", "--verbose"]);
    assert!(code == 0 && said.contains("nothing is staged"), "{said}");
    let (code, said) = world.keylint(&world.root(), &["check"]);
    assert!(code == 1 && said.contains("secret-in-plaintext"), "{said}");
    // Before a push nothing is staged either, so the hook is none of that stage.
    let (code, said) = pre_commit(&world, &["run", "--hook-stage", "pre-push", "--all-files"]);
    assert!(code == 0 && !said.contains("keylint"), "{said}");
}

#[test]
#[ignore = "needs pre-commit, which .ci/run installs"]
fn the_hook_of_the_manual_stops_a_push_that_brings_a_secret() {
    let mut world = World::new();
    world.with_path(Path::new(BINARY).parent().unwrap());
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hooks.md")).unwrap();
    let config =
        manual.split("```yaml\n").filter_map(|b| b.split_once("```")).map(|b| b.0).find(|b| b.contains("id: keylint-push")).unwrap();
    world.write(".pre-commit-config.yaml", config);
    world.write("x.txt", "words\n");
    let (code, said) = pre_commit(&world, &["install", "-t", "pre-push"]);
    assert_eq!(code, 0, "{said}");
    let remote = world.dir.path().join("remote.git");
    world.git(&["init", "-q", "--bare", remote.to_str().unwrap()]);
    world.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    let commit = |message: &str| {
        world.git(&["add", "."]);
        world.git(&["commit", "-q", "-m", message]);
    };
    let refused = |args: &[&str]| {
        let output = world.try_git(&world.root(), args);
        assert!(!output.status.success() && text(&output).contains("secret-in-plaintext"), "{args:?}: {}", text(&output));
    };
    // The first push has no commit before it; this one brings a secret that a later commit takes away.
    world.write("bot.env", &secret());
    commit("secret");
    world.git(&["rm", "-q", "bot.env"]);
    commit("gone");
    refused(&["push", "-q", "origin", "main"]);
    world.git(&["checkout", "-q", "--orphan", "new"]);
    commit("clean");
    world.git(&["branch", "-q", "-M", "new", "main"]);
    world.git(&["push", "-q", "origin", "main"]);
    world.write("x.txt", "more words\n");
    commit("more");
    world.git(&["push", "-q", "origin", "main"]);
    world.write("bot.env", &secret());
    commit("secret again");
    refused(&["push", "-q", "origin", "main"]);
    refused(&["push", "-q", "origin", "HEAD:refs/heads/side"]);
    // Back to what was: it brings nothing.
    world.git(&["push", "-q", "--force", "origin", "HEAD~2:refs/heads/main"]);
}

#[test]
#[ignore = "compiles keylint, and needs pre-commit, which .ci/run installs"]
fn the_hook_that_is_built_from_source_stops_a_commit_with_a_secret_and_no_other() {
    let mut world = World::new();
    // The toolchain is where it is, whatever the home.
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        world.more.push((name, std::env::var_os(name).unwrap_or_else(|| home.join(folder).into())));
    }
    // What is built already is built once.
    let target = Path::new(BINARY).ancestors().nth(2).unwrap();
    world.more.push(("CARGO_TARGET_DIR", target.into()));
    let world = looked_after(world, "", &["keylint"]);
    stops_a_secret_and_nothing_else(&world);
}

#[test]
#[ignore = "needs pre-commit and the wheel, which .ci/run makes"]
fn the_hook_of_a_mirror_stops_a_commit_with_a_secret_and_no_other() {
    let mut world = World::new();
    let wheels = std::env::var_os("KEYLINT_WHEELS").expect("KEYLINT_WHEELS names no folder with the wheel: .ci/run makes it");
    // The wheel that was built, and not what an index may have under its name.
    world.more.extend([("PIP_NO_INDEX", "1".into()), ("PIP_FIND_LINKS", wheels)]);
    let world = looked_after(world, "docs/pre-commit-mirror", &["keylint", "keylint-exports"]);
    stops_a_secret_and_nothing_else(&world);
    world.write("exports/all of it.json", EXPORT);
    world.git(&["add", "."]);
    let stopped = world.try_git(&world.root(), &["commit", "-q", "-m", "second"]);
    let said = text(&stopped);
    assert!(!stopped.status.success() && said.matches("exit code: 1").count() == 2, "{said}");
}

fn stops_a_secret_and_nothing_else(world: &World) {
    world.write("bot.env", &secret());
    world.git(&["add", "."]);
    world.stopped(&world.root(), &["commit", "-q", "-m", "first"]);
    world.write("bot.env", "x=1\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "first"]);
    assert_eq!(world.commits(), 1);
}
