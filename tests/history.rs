//! `keylint check --history`, `--range` and `--since` over real repositories: each secret with the commit that brought it, the
//! one that took it away, and every place where it stood; and what becomes of it all where objects are missing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops where something is not as it must be"
)]

mod repository;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use repository::{OTHER, Repo, SECRET, check_in, check_with, codes, env, keylint, paths, said, secrets};
use serde_json::Value;

/// A secret that came on day 1 and went on day 11.
fn leaked() -> (Repo, String, String) {
    let repo = Repo::new();
    repo.stage("README.md", "words\n");
    repo.commit("one", 0);
    repo.stage("conf/bot.env", env(SECRET));
    let brought = repo.commit("two", 1);
    repo.stage("conf/bot.env", format!("# words\n{}", env(SECRET)));
    repo.commit("three", 5);
    repo.git(&["rm", "-q", "conf/bot.env"]);
    let taken = repo.commit("four", 11);
    (repo, brought, taken)
}

fn object(repo: &Path, id: &str) -> PathBuf {
    repo.join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

fn history(finding: &Value) -> (&str, Option<&str>, bool, u64) {
    let h = &finding["history"];
    (h["brought_by"].as_str().unwrap(), h["taken_by"].as_str(), h["at_head"].as_bool().unwrap(), h["open_seconds"].as_u64().unwrap())
}

#[test]
fn a_secret_that_was_taken_away_is_still_one() {
    let (repo, brought, taken) = leaked();
    for packed in [false, true] {
        if packed {
            repo.git(&["gc", "-q", "--aggressive", "--prune=now"]);
        }
        let (code, report) = repo.check(&["--history"]);
        let found = secrets(&report);
        assert_eq!((code, found.len()), (1, 1), "two versions of a file are one finding: {report:#}");
        assert_eq!(history(found[0]), (brought.as_str(), Some(taken.as_str()), false, 10 * 86_400));
        let place = &found[0]["places"][0];
        assert_eq!(
            (place["path"].as_str(), place["commit"].as_str(), place["start"]["line"].as_u64()),
            (Some("conf/bot.env"), Some(brought.as_str()), Some(2))
        );
        let message = found[0]["message"].as_str().unwrap();
        assert!(message.contains("Still in history") && message.contains("10 days") && message.contains("rotate"), "{message}");
        assert_eq!(report["coverage"]["commits"], 4);
    }
    // The README shows this very line: commits made of the same things have the same ids.
    let compact = keylint(repo.path(), &["check", "--history", "--format", "compact"], &[]);
    let compact = String::from_utf8_lossy(&compact.stdout).into_owned();
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(compact.lines().next().unwrap()), "{compact}");
    let person = keylint(repo.path(), &["check", "--history"], &[]);
    let person = String::from_utf8_lossy(&person.stdout).into_owned();
    assert!(person.contains(&brought[..12]) && person.contains("conf/bot.env"), "{person}");
}

#[test]
fn what_still_stands_is_open_until_now_and_points_at_the_head() {
    let repo = Repo::new();
    repo.stage("a.env", env(SECRET));
    let brought = repo.commit("one", 0);
    repo.stage("a.env", format!("\n\n{}", env(SECRET)));
    let head = repo.commit("two", 1);
    let (_, report) = repo.check(&["--history", "--now", "2025-06-25T15:06:40Z"]);
    let found = secrets(&report);
    assert_eq!(history(found[0]), (brought.as_str(), None, true, 10 * 86_400));
    let places = found[0]["places"].as_array().unwrap();
    assert!(places.iter().any(|p| p["commit"] == head.as_str() && p["start"]["line"] == 4), "{report:#}");
    // Such a finding can be allowed, where it stands.
    repo.stage("a.env", format!("# keylint: allow secret-in-plaintext -- of a closed account\n\n{}", env(SECRET)));
    repo.commit("three", 2);
    assert_eq!(secrets(&repo.check(&["--history"]).1).len(), 1, "the comment is not at the line before");
    let (key, secret) = (env(SECRET).lines().next().unwrap().to_owned(), env(SECRET).lines().nth(1).unwrap().to_owned());
    repo.stage("a.env", format!("{key}\n{secret}  # keylint: allow secret-in-plaintext -- of a closed account\n"));
    repo.commit("four", 3);
    let (code, report) = repo.check(&["--history"]);
    assert_eq!((code, secrets(&report).len()), (0, 0), "{report:#}");
    repo.git(&["rm", "-q", "a.env"]);
    repo.commit("five", 4);
    assert_eq!(repo.check(&["--history"]).0, 1, "what does not stand any more, nobody allows");
}

#[test]
fn side_branches_merges_tags_notes_and_messages() {
    let repo = Repo::new();
    repo.stage("a.txt", "a\n");
    repo.commit("one", 0);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.stage("s.env", env(SECRET));
    let side = repo.commit("side", 1);
    repo.git(&["checkout", "-q", "main"]);
    repo.stage("b.txt", "b\n");
    repo.commit("main", 2);
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    repo.git(&["branch", "-q", "-D", "side"]);
    let (_, report) = repo.check(&["--history"]);
    assert_eq!(secrets(&report)[0]["places"][0]["commit"], side.as_str(), "not the merge");
    // A merge that brings what no side had.
    repo.git(&["checkout", "-q", "-b", "other", "HEAD~1"]);
    repo.stage("c.txt", "c\n");
    repo.commit("other", 3);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "other"]);
    repo.stage("evil.env", env(OTHER));
    let evil = repo.commit("evil", 4);
    let (_, report) = repo.check(&["--history"]);
    let commits: Vec<&str> = secrets(&report).iter().map(|f| f["places"][0]["commit"].as_str().unwrap()).collect();
    assert!(commits.contains(&side.as_str()) && commits.contains(&evil.as_str()), "{commits:?}");
    let (_, report) = repo.check(&["--range", "HEAD~1..HEAD"]);
    assert_eq!(secrets(&report).len(), 1, "of a merge only what no side had: {report:#}");

    let repo = Repo::new();
    repo.stage("a.txt", "a\n");
    repo.commit(&format!("deploy with BYBIT_API_SECRET={SECRET}"), 0);
    repo.git(&["tag", "-a", "v1", "-m", &format!("BYBIT_API_SECRET={OTHER}")]);
    let (code, report) = repo.check(&["--history"]);
    let mut found = paths(&report);
    found.sort_unstable();
    assert_eq!((code, found), (1, vec!["(commit message)", "(tag message)"]));

    let repo = Repo::new();
    repo.stage("a.txt", "a\n");
    repo.commit("one", 0);
    repo.git(&["notes", "add", "-m", &env(SECRET)]);
    let blob = Command::new("git")
        .args(["hash-object", "-w", "--stdin"])
        .current_dir(repo.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut blob = blob.unwrap();
    blob.stdin.take().unwrap().write_all(env(OTHER).as_bytes()).unwrap();
    let id = String::from_utf8(blob.wait_with_output().unwrap().stdout).unwrap();
    repo.git(&["tag", "of-a-file", id.trim()]);
    repo.git(&["pack-refs", "--all"]);
    assert_eq!(secrets(&repo.check(&["--history"]).1).len(), 2, "a note, and a tag of a file");
    // A folder that only a tag leads to.
    let repo = Repo::new();
    repo.stage("a.txt", "a\n");
    repo.commit("one", 0);
    repo.stage("deep/er/x.env", env(SECRET));
    let tree = repo.git(&["write-tree"]);
    repo.git(&["tag", "of-a-folder", &tree]);
    repo.git(&["tag", "-a", "-m", "words", "of-a-tag", "of-a-folder"]);
    let (code, report) = repo.check(&["--history"]);
    assert_eq!((code, paths(&report), report["coverage"]["commits"].as_u64()), (1, vec!["deep/er/x.env"], Some(1)), "{report:#}");
}

#[test]
fn a_file_under_several_paths_is_one_finding_with_all_of_them() {
    let repo = Repo::new();
    repo.stage("old.env", env(SECRET));
    repo.commit("one", 0);
    repo.git(&["mv", "old.env", "new.env"]);
    let moved = repo.commit("two", 1);
    repo.stage("vendor/copy.env", env(SECRET));
    repo.commit("three", 2);
    let (_, report) = repo.check(&["--history"]);
    let found = secrets(&report);
    assert_eq!(found.len(), 1, "{report:#}");
    let places: Vec<(&str, &str)> =
        found[0]["places"].as_array().unwrap().iter().map(|p| (p["path"].as_str().unwrap(), p["commit"].as_str().unwrap())).collect();
    for path in ["old.env", "new.env", "vendor/copy.env"] {
        assert!(places.iter().any(|(p, _)| *p == path), "{places:?}");
    }
    assert!(places.contains(&("new.env", moved.as_str())), "{places:?}");
    // An excluded path takes away that place alone.
    repo.write(
        "keylint.yaml",
        "version: 1\npolicy:\n  exclude: [{ path: \"vendor/**\", reason: third-party code }, { path: old.env, reason: long ago }]\n",
    );
    let (code, report) = repo.check(&["--history"]);
    let found = secrets(&report);
    assert_eq!((code, found.len()), (1, 1));
    assert_eq!(found[0]["places"][0]["path"], "new.env");
    assert!(!found[0].to_string().contains("vendor/copy.env"));
    repo.write("keylint.yaml", "version: 1\npolicy:\n  exclude: [{ path: \"**\", reason: third-party code }]\n");
    let (code, report) = repo.check(&["--history"]);
    assert_eq!((code, secrets(&report).len()), (0, 0));
    assert!(said(&report, "left_out").contains("third-party code"));
}

#[test]
fn stashes_and_reflog_are_looked_at_where_they_are_asked_for() {
    let repo = Repo::new();
    repo.stage("a.txt", "a\n");
    repo.commit("one", 0);
    repo.stage("a.txt", env(SECRET));
    repo.git(&["stash", "push", "-q"]);
    repo.stage("b.txt", env(OTHER));
    repo.commit("gone", 1);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let (code, report) = repo.check(&["--history"]);
    assert_eq!((code, secrets(&report).len()), (0, 0));
    assert!(said(&report, "left_out").contains("no reference leads to"), "{report:#}");
    assert_eq!(paths(&repo.check(&["--history", "--stashes"]).1), ["a.txt"]);
    assert_eq!(paths(&repo.check(&["--history", "--reflog"]).1), ["b.txt"]);
    assert_eq!(secrets(&repo.check(&["--history", "--reflog", "--stashes"]).1).len(), 2);
}

#[test]
fn missing_and_damaged_objects_are_named_and_end_nothing() {
    // A file that is gone.
    let (repo, _, _) = leaked();
    let gone = repo.git(&["rev-parse", "HEAD:README.md"]);
    fs::remove_file(object(repo.path(), &gone)).unwrap();
    let (code, report) = repo.check(&["--history"]);
    assert_eq!((code, secrets(&report).len()), (1, 1));
    assert!(said(&report, "not_read").contains(&format!("README.md: object {gone}")), "{report:#}");
    assert_eq!(report["verdict"]["complete"], false);
    // Without a finding it is the exit code.
    let repo = Repo::new();
    repo.stage("a.txt", "a\n");
    repo.commit("one", 0);
    repo.stage("a.txt", "b\n");
    repo.commit("two", 1);
    let gone = repo.git(&["rev-parse", "HEAD~1:a.txt"]);
    fs::remove_file(object(repo.path(), &gone)).unwrap();
    assert_eq!(repo.check(&["--history"]).0, 2);
    assert_eq!(repo.check(&["--history", "--allow-incomplete"]).0, 0);
    // A commit, a folder.
    for what in ["HEAD~1", "HEAD~1^{tree}"] {
        let (repo, _, _) = leaked();
        let gone = repo.git(&["rev-parse", what]);
        fs::remove_file(object(repo.path(), &gone)).unwrap();
        let (_, report) = repo.check(&["--history"]);
        assert_eq!(report["verdict"]["complete"], false, "{what}");
        assert!(report.to_string().contains(&gone), "{what}: {report:#}");
    }
    // Damage within a pack: whatever byte it is, what can be read is read.
    let (repo, _, _) = leaked();
    for n in 0..30 {
        repo.stage(&format!("f{}.txt", n % 3), (0..400).map(|i| format!("line {i} {}\n", i * n)).collect::<String>());
        repo.commit("more", 20 + n);
    }
    repo.git(&["gc", "-q", "--prune=now"]);
    let folder = repo.path().join(".git/objects/pack");
    let pack = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().is_some_and(|e| e == "pack")).unwrap();
    let whole = fs::read(&pack).unwrap();
    let mut found = 0;
    for step in 0..24 {
        let mut bad = whole.clone();
        let at = 12 + step * (bad.len() - 40) / 24;
        bad[at] ^= 0x5a;
        fs::remove_file(&pack).unwrap();
        fs::write(&pack, bad).unwrap();
        let (code, report) = repo.check(&["--history"]);
        assert!(code == 1 || code == 2, "{code} at {at}");
        assert_eq!(report["verdict"]["complete"], false, "at {at}");
        found += secrets(&report).len();
    }
    assert!(found >= 12, "{found} of 24");
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(repo.check(&["--history"]).1["verdict"]["complete"], false);
    fs::remove_file(&pack).unwrap();
    let (code, report) = repo.check(&["--history"]);
    assert_eq!(code, 2, "{report:#}");
}

#[test]
fn no_name_and_no_form_of_a_folder_keeps_a_secret_from_being_found() {
    // What counts as code under one name is a finding under another: both names count.
    let yaml = format!("bybit:\n  api_key: {}\n  api_secret: {SECRET}\n", repository::KEY);
    let repo = Repo::new();
    repo.stage("words.txt", "x\n");
    repo.commit("one", 0);
    repo.stage("a.py", &yaml);
    repo.commit("code", 1);
    for (n, name) in ["config.yaml", "config.xyz", "config"].iter().enumerate() {
        repo.git(&["checkout", "-q", "-B", "other", "main"]);
        repo.stage(name, &yaml);
        repo.commit("two", 2 + n as i64);
        for args in [&["--history"][..], &["--since", "2020-01-01"], &["--range", "main..HEAD"]] {
            assert_eq!(secrets(&repo.check(args).1).len(), 1, "{name} {args:?}");
        }
    }
    // A word that only its place identifies, under a second name.
    let repo = Repo::new();
    repo.stage("a.env", "OKX_PASSPHRASE=Gx7!kLm2pQz\n");
    repo.commit("one", 0);
    assert_eq!(secrets(&repo.check(&["--history"]).1).len(), 1);
    repo.git(&["mv", "a.env", "z.env"]);
    repo.commit("two", 1);
    assert_eq!(secrets(&repo.check(&["--history"]).1).len(), 1);
    // Modes as nobody writes them, and an object that stops in the middle.
    for (mode, cut) in [("0100644", 0), ("644", 0), ("100644", 3)] {
        let repo = Repo::new();
        repo.stage("b.env", env(SECRET));
        let blob = repo.git(&["rev-parse", ":b.env"]);
        let id: Vec<u8> = (0..40).step_by(2).map(|i| u8::from_str_radix(&blob[i..i + 2], 16).unwrap()).collect();
        let entry = |mode: &str, name: &str| [format!("{mode} {name}\0").as_bytes(), &id].concat();
        let mut tree = [entry(mode, "a.env"), entry("100644", "b.env")].concat();
        tree.truncate(tree.len() - cut);
        let mut hash = Command::new("git");
        hash.args(["hash-object", "-w", "-t", "tree", "--literally", "--stdin"]).current_dir(repo.path());
        let mut hash = hash.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        hash.stdin.take().unwrap().write_all(&tree).unwrap();
        let tree = String::from_utf8(hash.wait_with_output().unwrap().stdout).unwrap();
        let commit = repo.git(&["commit-tree", "-m", "x", tree.trim()]);
        repo.git(&["update-ref", "refs/heads/main", &commit]);
        for args in [vec!["--history".to_owned()], vec!["--range".to_owned(), format!("{}..main", "0".repeat(40))]] {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let (code, report) = repo.check(&args);
            assert_eq!(code, 1, "{mode} {cut} {args:?} {report:#}");
        }
        assert_eq!(repo.check(&["--history"]).1["verdict"]["complete"], cut == 0);
    }
}

#[test]
fn what_a_request_puts_around_the_check_does_not_silence_it() {
    let repo = Repo::new();
    repo.stage("src/a.env", "x=1\n");
    repo.stage("docs/d.txt", "x\n");
    repo.commit("one", 0);
    repo.git(&["branch", "base"]);
    // A folder that looks like a repository.
    repo.stage("sub/HEAD", "ref: refs/heads/main\n");
    repo.stage("sub/objects/x", "x\n");
    repo.stage("sub/refs/x", "x\n");
    repo.stage("src/a.env", env(SECRET));
    let leak = repo.commit("two", 1);
    assert_eq!(check_in(&repo.path().join("sub"), &["--history"]).0, 1);
    assert_eq!(check_in(&repo.path().join("sub"), &["--range", "base..HEAD"]).0, 1);
    // A path that is named, and becomes a link to another.
    repo.git(&["rm", "-q", "-r", "src"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("docs", repo.path().join("src")).unwrap();
    repo.git(&["add", "-A"]);
    repo.commit("three", 2);
    assert_eq!(repo.check(&["--range", "base..HEAD", "src"]).0, 1);
    assert_eq!(repo.check(&["--history", "src"]).0, 1);
    assert_eq!(repo.check(&["--range", "base..HEAD", "nowhere"]).0, 2, "nothing is there");
    // A declaration that is reached through a link is the one of the base all the same.
    repo.stage("keylint.yaml", "version: 1\npolicy: { rules: { secret-in-plaintext: { off: too noisy here } } }\n");
    repo.commit("four", 3);
    #[cfg(unix)]
    {
        let link = repo.folder.path().join("link");
        std::os::unix::fs::symlink(repo.path(), &link).unwrap();
        let config = link.join("keylint.yaml");
        let (code, report) = repo.check(&["--range", &format!("{leak}~1..HEAD"), "--config", config.to_str().unwrap()]);
        assert_eq!(code, 2, "it does not stand there: {report:#}");
    }
}

#[test]
fn every_place_says_where_the_value_stands_in_its_own_commit() {
    let repo = Repo::new();
    repo.stage("x.env", env(SECRET));
    let first = repo.commit("one", 0);
    repo.stage("y.env", format!("#\n#\n#\n#\n{}", env(SECRET)));
    let second = repo.commit("two", 1);
    repo.git(&["rm", "-q", "x.env", "y.env"]);
    repo.commit("three", 2);
    for args in [&["--history"][..], &["--since", "2020-01-01"]] {
        let (_, report) = repo.check(args);
        let places = secrets(&report)[0]["places"].as_array().unwrap().clone();
        let places: Vec<(&str, &str, u64)> = places
            .iter()
            .map(|p| (p["path"].as_str().unwrap(), p["commit"].as_str().unwrap(), p["start"]["line"].as_u64().unwrap()))
            .collect();
        assert!(places.contains(&("x.env", first.as_str(), 2)) && places.contains(&("y.env", second.as_str(), 6)), "{places:?}");
    }
}

#[cfg(unix)]
#[test]
fn nothing_waits_for_a_pipe() {
    for name in ["HEAD", "config", "packed-refs", "refs/heads/main", "shallow"] {
        let (repo, _, _) = leaked();
        let path = repo.path().join(".git").join(name);
        fs::remove_file(&path).ok();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        for args in [&["--history"][..], &["--staged"], &["--since", "2020-01-01"]] {
            assert_eq!(repo.check(args).0, 2, "{name} {args:?}");
        }
    }
}

#[test]
fn references_that_lead_nowhere_and_damaged_lists_are_told() {
    let (repo, _, _) = leaked();
    fs::write(repo.path().join(".git/refs/heads/gone"), format!("{}\n", "1".repeat(40))).unwrap();
    for args in [&["--history"][..], &["--since", "2020-01-01"]] {
        let (_, report) = repo.check(args);
        assert_eq!(report["verdict"]["complete"], false, "{args:?}");
        assert!(said(&report, "not_read").contains("refs/heads/gone"), "{args:?} {report:#}");
    }
    fs::remove_file(repo.path().join(".git/refs/heads/gone")).unwrap();
    fs::write(repo.path().join(".git/shallow"), "garbage\n").unwrap();
    for args in [&["--history"][..], &["--range", "HEAD~1..HEAD"], &["--since", "2020-01-01"]] {
        let (code, report) = repo.check(args);
        assert!(code == 2 || report["verdict"]["complete"] == false, "{args:?} {code}");
    }
}

#[test]
fn shallow_and_partial_copies_say_what_they_lack() {
    let (repo, _, taken) = leaked();
    let url = format!("file://{}", repo.path().display());
    let shallow = repo.folder.path().join("shallow");
    repo.git(&["clone", "-q", "--depth", "1", &url, shallow.to_str().unwrap()]);
    let (code, report) = check_in(&shallow, &["--history"]);
    assert_eq!((code, report["coverage"]["commits"].as_u64()), (2, Some(1)));
    assert!(said(&report, "not_read").contains("shallow"), "{report:#}");
    assert_eq!(check_in(&shallow, &["--history", "--allow-incomplete"]).0, 0);
    let (code, report) = check_in(&shallow, &["--range", &format!("{taken}~1..{taken}")]);
    assert_eq!((code, codes(&report)), (2, vec!["no-such-revision"]));
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = repo.folder.path().join("partial");
    repo.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &url, partial.to_str().unwrap()]);
    let (code, report) = check_in(&partial, &["--history"]);
    assert_eq!(code, 2);
    assert!(codes(&report).contains(&"partial-clone"), "{report:#}");
    assert!(said(&report, "not_read").contains("conf/bot.env: object"), "{report:#}");
}

#[test]
fn borrowed_objects_other_hashes_bare_and_replaced() {
    let (repo, brought, _) = leaked();
    let borrower = repo.folder.path().join("borrower");
    repo.git(&["clone", "-q", "--shared", repo.path().to_str().unwrap(), borrower.to_str().unwrap()]);
    assert_eq!(check_in(&borrower, &["--history"]).0, 1);
    let bare = repo.folder.path().join("bare.git");
    repo.git(&["clone", "-q", "--bare", repo.path().to_str().unwrap(), bare.to_str().unwrap()]);
    assert_eq!(paths(&check_in(&bare, &["--history"]).1), ["conf/bot.env"]);
    // A replacement hides a commit from git, and not from this.
    let clean = repo.git(&["rev-parse", "HEAD~3"]);
    repo.git(&["replace", &brought, &clean]);
    assert_eq!(repo.check(&["--history"]).0, 1);
    assert_eq!(secrets(&repo.check(&["--range", "HEAD~3..HEAD"]).1).len(), 1);
    let repo = Repo::with(&["-b", "main", "--object-format=sha256"]);
    repo.stage("a.env", env(SECRET));
    let brought = repo.commit("one", 0);
    repo.git(&["rm", "-q", "a.env"]);
    repo.commit("two", 1);
    for packed in [false, true] {
        if packed {
            repo.git(&["gc", "-q"]);
        }
        let (_, report) = repo.check(&["--history"]);
        assert_eq!(secrets(&report)[0]["history"]["brought_by"], brought.as_str());
    }
}

#[test]
fn ranges_and_times() {
    let (repo, brought, taken) = leaked();
    repo.stage("late.env", env(OTHER));
    let late = repo.commit("five", 20);
    for (range, commits, found) in [("HEAD~1..HEAD", 1, 1), ("HEAD~1..", 1, 1), ("HEAD~3..HEAD~1", 2, 1), ("HEAD~4..HEAD", 4, 2)] {
        let (_, report) = repo.check(&["--range", range]);
        assert_eq!((report["coverage"]["commits"].as_u64(), secrets(&report).len()), (Some(commits), found), "{range}: {report:#}");
    }
    let zeros = format!("{}..HEAD", "0".repeat(40));
    assert_eq!(secrets(&repo.check(&["--range", &zeros]).1).len(), 2, "a new branch begins at nothing");
    let (_, report) = repo.check(&["--range", "HEAD~4..HEAD"]);
    let of = |report: &Value, commit: &str| secrets(report).iter().find(|f| f["history"]["brought_by"] == commit).map(|f| (*f).clone());
    let first = of(&report, &brought).unwrap();
    assert_eq!(history(&first), (brought.as_str(), Some(taken.as_str()), false, 10 * 86_400));
    assert!(history(&of(&report, &late).unwrap()).2);
    assert_eq!(repo.check(&["--range", "HEAD..HEAD"]).0, 3, "nothing to look at is never a pass");
    assert_eq!(repo.check(&["--range", "nowhere..HEAD"]).0, 2);
    assert_eq!(repo.check(&["--since", "2030-01-01"]).0, 3);
    let (_, report) = repo.check(&["--since", "2025-06-30"]);
    assert_eq!((report["coverage"]["commits"].as_u64(), paths(&report)), (Some(1), vec!["late.env"]));
    assert_eq!(secrets(&repo.check(&["--since", "2020-01-01"]).1).len(), 2);
    let wrong = keylint(repo.path(), &["check", "--range", "HEAD"], &[]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_range_cannot_silence_the_check_on_itself() {
    let repo = Repo::new();
    repo.stage("a.txt", "a\n");
    repo.commit("one", 0);
    repo.git(&["checkout", "-q", "-b", "request"]);
    repo.stage("keylint.yaml", "version: 1\npolicy:\n  exclude: [{ path: \"*.env\", reason: quiet please }]\n");
    repo.stage("known.baseline", "");
    repo.commit("quiet", 1);
    repo.stage("a.env", format!("BYBIT_API_SECRET={SECRET}  # keylint: allow secret-in-plaintext -- because\n"));
    repo.commit("leak", 2);
    let (code, report) = repo.check(&["--range", "main..request"]);
    assert_eq!((code, paths(&report)), (1, vec!["a.env"]), "{report:#}");
    assert!(codes(&report).contains(&"suppression-added"));
    // With a declaration at the base, what the request would weaken in it is listed.
    repo.git(&["checkout", "-q", "main"]);
    repo.stage("keylint.yaml", "version: 1\n");
    repo.stage("known.baseline", "");
    repo.commit("declared", 3);
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.stage("keylint.yaml", "version: 1\npolicy:\n  exclude: [{ path: \"*.env\", reason: quiet please }]\n");
    repo.stage("known.baseline", format!("{}\n", "a".repeat(32)));
    repo.commit("weaker", 4);
    let (_, other) = repo.check(&["--range", "main..other", "--baseline", "known.baseline"]);
    assert_eq!(codes(&other).iter().filter(|c| **c == "change-weakens").count(), 2, "{other:#}");
    repo.git(&["rm", "-q", "keylint.yaml"]);
    repo.commit("away", 5);
    let (_, other) = repo.check(&["--range", "main..other"]);
    assert!(other.to_string().contains("takes the declaration away"));
    repo.git(&["checkout", "-q", "request"]);
    repo.git(&["branch", "-q", "-f", "main", "request~2"]);
    let (code, _) = repo.check(&["--range", "main..request", "--config-from", "request"]);
    assert_eq!(code, 0, "who asks for it gets it");
    assert_eq!(repo.check(&["--range", "main..request", "--config-from", "nowhere"]).0, 2);
    // Of a branch from nothing, nothing decides but what somebody names.
    let zeros = format!("{}..request", "0".repeat(40));
    assert_eq!(repo.check(&["--range", &zeros]).0, 1);
    assert_eq!(repo.check(&["--range", &zeros, "--config-from", "request"]).0, 0);
    // A tree can be checked with the declaration of a revision, too.
    assert_eq!(check_in(repo.path(), &[".", "--config-from", "main", "--no-suppress"]).0, 1);
    let (code, report) = check_in(repo.path(), &[".", "--config-from", "request"]);
    assert_eq!(code, 0, "{report:#}");
}

#[test]
fn a_secret_in_an_export_is_one_like_any_other_and_its_ids_are_none() {
    let created = |secret: &str| {
        format!(
            r#"{{"exchange": "bybit", "response": {{"retCode": 0, "retMsg": "", "result": {{"id": "1", "note": "grid", "apiKey": "{}", "readOnly": 0,
            "secret": "{secret}", "permissions": {{"Spot": ["SpotTrade"], "Wallet": []}}, "ips": ["*"], "type": 1}}, "retExtInfo": {{}}, "time": 1}}}}"#,
            repository::KEY
        )
    };
    let repo = Repo::new();
    repo.stage("exports/a.json", created(""));
    repo.commit("one", 0);
    for args in [&["--history"][..], &["--since", "2020-01-01"]] {
        let (code, report) = repo.check(args);
        assert_eq!((code, report["findings"].as_array().unwrap().len()), (0, 0), "{report:#}");
    }
    repo.stage("exports/a.json", created(SECRET));
    repo.commit("two", 1);
    for args in [&["--history"][..], &["--since", "2020-01-01"], &["--range", "HEAD~1..HEAD"]] {
        let (code, report) = repo.check(args);
        assert_eq!((code, paths(&report)), (1, vec!["exports/a.json"]), "{args:?} {report:#}");
    }
}

#[test]
fn what_is_known_of_a_history_can_stand_in_a_baseline() {
    let (repo, _, _) = leaked();
    let made = keylint(repo.path(), &["baseline", "create", "--history"], &[]);
    assert!(String::from_utf8_lossy(&made.stdout).contains("1 entries, 1 added"), "{}", String::from_utf8_lossy(&made.stderr));
    let (code, report) = repo.check(&["--history", "--baseline", "keylint.baseline"]);
    assert_eq!((code, report["verdict"]["suppressed"].as_u64()), (0, Some(1)));
    // The same value under another path is another finding.
    repo.stage("other.env", env(SECRET));
    repo.commit("again", 30);
    assert_eq!(repo.check(&["--history", "--baseline", "keylint.baseline"]).0, 1);
}

#[test]
fn nothing_is_not_a_pass() {
    let repo = Repo::new();
    assert_eq!(repo.check(&["--history"]).0, 3);
    repo.stage("a.txt", "a\n");
    assert_eq!(repo.check(&["--history"]).0, 3, "what is staged is no history");
    repo.commit("one", 0);
    assert_eq!(repo.check(&["--history"]).0, 0);
}

/// A history of many commits, made in one go.
fn long(repo: &Repo, commits: usize) {
    let mut import = Command::new("git").args(["fast-import", "--quiet"]).current_dir(repo.path()).stdin(Stdio::piped()).spawn().unwrap();
    {
        let mut out = std::io::BufWriter::new(import.stdin.take().unwrap());
        for n in 0..commits {
            let time = 1_700_000_000 + n * 60;
            writeln!(out, "commit refs/heads/main\ncommitter C <c@example.org> {time} +0000\ndata 1\nm").unwrap();
            let body: String = (0..60).map(|i| format!("line {i} {}\n", if i == n % 60 { n } else { 0 })).collect();
            writeln!(out, "M 100644 inline d{}/f{}.txt\ndata {}\n{body}", n % 10, n % 7, body.len()).unwrap();
            for (at, path, secret) in [(commits / 3, "deep/er/x.env", SECRET), (commits / 2, "y.env", OTHER)] {
                if n == at {
                    let leak = env(secret);
                    writeln!(out, "M 100644 inline {path}\ndata {}\n{leak}", leak.len()).unwrap();
                }
                if n == at + commits / 10 {
                    writeln!(out, "D {path}").unwrap();
                }
            }
        }
        writeln!(out, "done").unwrap();
    }
    assert!(import.wait().unwrap().success());
}

#[test]
fn ten_thousand_commits_say_the_same_on_any_number_of_threads() {
    let repo = Repo::new();
    long(&repo, 10_000);
    repo.git(&["repack", "-q", "-a", "-d"]);
    let (code, report) = check_with(repo.path(), &["--history"], &[("RAYON_NUM_THREADS", "1")]);
    assert_eq!((code, report["coverage"]["commits"].as_u64(), secrets(&report).len()), (1, Some(10_000), 2));
    assert_eq!(report, check_with(repo.path(), &["--history"], &[("RAYON_NUM_THREADS", "4")]).1);
    let wanted = |n: usize| repo.git(&["rev-list", "--reverse", "main"]).lines().nth(n).unwrap().to_owned();
    let mut got: Vec<_> =
        secrets(&report).iter().map(|f| (history(f).0.to_owned(), history(f).1.map(str::to_owned), history(f).3)).collect();
    got.sort_by_key(|g| g.0 != wanted(3333));
    assert_eq!(got, [(wanted(3333), Some(wanted(4333)), 60_000), (wanted(5000), Some(wanted(6000)), 60_000)]);
}

#[test]
fn folders_of_any_depth_and_odd_objects_do_no_harm() {
    let repo = Repo::new();
    let mut import = Command::new("git").args(["fast-import", "--quiet"]).current_dir(repo.path()).stdin(Stdio::piped()).spawn().unwrap();
    let (deep, leak) = ("d/".repeat(1500), env(SECRET));
    let stream = format!(
        "commit refs/heads/main\ncommitter C <c@example.org> 1700000000 +0000\ndata 1\nm\nM 100644 inline {deep}x.env\ndata {}\n{leak}\ndone\n",
        leak.len()
    );
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    assert_eq!(secrets(&repo.check(&["--history"]).1).len(), 1);
    // Times that no clock shows, headers that nobody wrote, and no end.
    let raw = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a> -99999999999999 +0000\ncommitter C 9999999999999999999 +9999\nparent x\n\nm";
    let mut hash = Command::new("git");
    hash.args(["hash-object", "-w", "-t", "commit", "--literally", "--stdin"]).current_dir(repo.path());
    let mut hash = hash.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    hash.stdin.take().unwrap().write_all(raw.as_bytes()).unwrap();
    let id = String::from_utf8(hash.wait_with_output().unwrap().stdout).unwrap();
    fs::write(repo.path().join(".git/refs/heads/empty"), id).unwrap();
    repo.check(&["--range", "empty..main"]);
    assert!(matches!(repo.check(&["--history"]).0, 1 | 2));
}
