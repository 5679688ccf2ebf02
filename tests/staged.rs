//! `keylint check --staged`: what the next commit changes, in every kind of repository that people commit in.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops where something is not as it must be"
)]

mod repository;

use std::fs;

use repository::{KEY, OTHER, Repo, SECRET, check_in, check_with, codes, env, git_in, keylint, paths, said, secrets};
use serde_json::json;

/// A repository with one commit.
fn begun() -> Repo {
    let repo = Repo::new();
    repo.stage("README.md", "words\n");
    repo.stage("src/main.py", "print(1)\n");
    repo.commit("one", 0);
    repo
}

#[test]
fn the_index_is_checked_and_not_the_files() {
    let repo = begun();
    repo.stage("conf/.env", env(SECRET));
    repo.write("conf/.env", "clean=1\n");
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!((code, paths(&report)), (1, vec!["conf/.env"]));
    // The other way round nothing bad is committed.
    repo.stage("conf/.env", "clean=1\n");
    repo.write("conf/.env", env(SECRET));
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!((code, paths(&report).len()), (0, 0));
    assert_eq!(report["coverage"]["files"], 1);
}

#[test]
fn only_what_changes_is_looked_at() {
    let repo = begun();
    repo.stage(".env", env(SECRET));
    repo.commit("leak", 1);
    assert_eq!(repo.check(&["--staged"]).0, 0, "what stands at the head already is no change");
    repo.stage("other.txt", "x\n");
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!((code, report["coverage"]["files"].as_u64()), (0, Some(1)));
    // A file that is moved comes to a new place.
    repo.git(&["mv", ".env", "moved.env"]);
    assert_eq!(paths(&repo.check(&["--staged"]).1), ["moved.env"]);
    // A change elsewhere in the file brings all of it along.
    repo.git(&["reset", "-q", "--hard"]);
    repo.stage(".env", format!("# words\n{}", env(SECRET)));
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!((code, report["findings"][0]["places"][0]["start"]["line"].as_u64()), (1, Some(3)));
}

#[test]
fn nothing_staged_and_only_deletions_pass_and_say_so() {
    let repo = begun();
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!((code, codes(&report)), (0, vec!["nothing-staged"]));
    repo.git(&["rm", "-q", "README.md", "src/main.py"]);
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!(code, 0);
    assert!(report["problems"][0]["message"].as_str().unwrap().contains("only deletes"));
    let person = keylint(repo.path(), &["check", "--staged"], &[]);
    assert!(String::from_utf8_lossy(&person.stdout).contains("only deletes"), "{}", String::from_utf8_lossy(&person.stdout));
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let repo = Repo::new();
    assert_eq!(repo.check(&["--staged"]).0, 0);
    repo.stage("a/b/.env", env(SECRET));
    assert_eq!(paths(&repo.check(&["--staged"]).1), ["a/b/.env"]);
}

#[test]
fn linked_working_trees_submodules_and_subfolders() {
    let repo = begun();
    let linked = repo.folder.path().join("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "side"]);
    fs::write(linked.join("l.env"), env(SECRET)).unwrap();
    git_in(&linked, &["add", "l.env"], 0);
    assert_eq!(paths(&check_in(&linked, &["--staged"]).1), ["l.env"]);
    assert_eq!(repo.check(&["--staged"]).0, 0, "the index of the other working tree is another one");
    // A submodule is a commit of another repository; its own changes are checked within it.
    let inner = begun();
    repo.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.path().to_str().unwrap(), "inner"]);
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!(code, 0);
    assert!(said(&report, "left_out").contains("inner: a commit of another repository"), "{report:#}");
    let within = repo.path().join("inner");
    fs::write(within.join("s.env"), env(SECRET)).unwrap();
    git_in(&within, &["add", "s.env"], 0);
    assert_eq!(paths(&check_in(&within, &["--staged"]).1), ["s.env"]);
    // From a folder within, all of the commit is checked, and paths lead there from where one stands.
    repo.stage("deep/er/.env", env(SECRET));
    repo.stage("top.env", env(OTHER));
    assert_eq!(paths(&check_in(&repo.path().join("deep"), &["--staged"]).1), ["er/.env", "../top.env"]);
    assert_eq!(paths(&check_in(&repo.path().join("deep"), &["--staged", "er"]).1), ["er/.env"]);
}

#[test]
fn indexes_of_every_form() {
    for how in [
        &["update-index", "--index-version", "4"][..],
        &["update-index", "--split-index"],
        &["update-index", "--force-untracked-cache"],
        &["config", "index.skipHash", "true"],
        &["sparse-checkout", "set", "--cone", "--sparse-index", "src"],
    ] {
        let repo = begun();
        for n in 0..40 {
            repo.write(&format!("many/{}/f{n}.txt", n % 7), format!("{n}\n"));
        }
        repo.git(&["add", "."]);
        repo.commit("many", 1);
        repo.git(how);
        repo.stage("src/x.env", env(SECRET));
        let (code, report) = repo.check(&["--staged"]);
        assert_eq!((code, paths(&report)), (1, vec!["src/x.env"]), "{how:?}: {report:#}");
        assert_eq!(report["coverage"]["files"], 1, "{how:?}");
    }
}

#[test]
fn a_folder_outside_a_sparse_working_tree_that_changes_is_read() {
    let repo = begun();
    for n in 0..5 {
        repo.stage(&format!("away/f{n}.txt"), format!("{n}\n"));
    }
    repo.commit("away", 1);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.stage("away/leak.env", env(SECRET));
    repo.commit("leak", 2);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "src"]);
    // The index takes the folder in as a whole.
    repo.git(&["read-tree", "-m", "main", "side"]);
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!((code, paths(&report)), (1, vec!["away/leak.env"]));
}

#[test]
fn files_that_are_only_meant_to_be_added_and_files_in_conflict() {
    let repo = begun();
    repo.write("later.env", env(SECRET));
    repo.git(&["add", "-N", "later.env"]);
    assert_eq!(repo.check(&["--staged"]).0, 0, "its content is not staged");
    repo.git(&["rm", "-q", "--cached", "later.env"]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.stage("README.md", format!("side\n{}", env(SECRET)));
    repo.commit("side", 1);
    repo.git(&["checkout", "-q", "main"]);
    repo.stage("README.md", "main\n");
    repo.commit("main", 2);
    let merge = std::process::Command::new("git").args(["merge", "-q", "side"]).current_dir(repo.path()).output().unwrap();
    assert!(!merge.status.success());
    assert_eq!(paths(&repo.check(&["--staged"]).1), ["README.md"], "the side that is merged in is in the index");
}

#[test]
fn the_index_that_a_hook_is_given_is_the_one_that_counts() {
    let repo = begun();
    let own = repo.path().join(".git/own-index");
    fs::copy(repo.path().join(".git/index"), &own).unwrap();
    repo.stage("a.env", env(SECRET));
    let (code, _) = check_with(repo.path(), &["--staged"], &[("GIT_INDEX_FILE", ".git/own-index")]);
    assert_eq!(code, 0, "a commit of some files alone has an index of its own");
    assert_eq!(repo.check(&["--staged"]).0, 1);
    let (code, report) = check_with(repo.path(), &["--staged"], &[("GIT_INDEX_FILE", ".git/none")]);
    assert_eq!((code, codes(&report)), (2, vec!["index-unreadable"]));
}

#[test]
fn what_is_not_supported_or_broken_ends_with_2_by_name() {
    let repo = Repo::with(&["-b", "main", "--ref-format=reftable"]);
    repo.stage("a.env", env(SECRET));
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!((code, codes(&report)), (2, vec!["repository-unreadable"]), "{report:#}");
    let repo = begun();
    repo.stage("a.env", env(SECRET));
    let index = repo.path().join(".git/index");
    let whole = fs::read(&index).unwrap();
    for cut in [0, 10, 60, whole.len() - 7] {
        fs::write(&index, &whole[..cut]).unwrap();
        assert_eq!(repo.check(&["--staged"]).0, 2, "cut at {cut}");
    }
    fs::write(&index, &whole).unwrap();
    let gone = repo.git(&["rev-parse", ":a.env"]);
    fs::remove_file(repo.path().join(format!(".git/objects/{}/{}", &gone[..2], &gone[2..]))).unwrap();
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!(code, 2);
    assert!(said(&report, "not_read").contains(&gone), "{report:#}");
    let nowhere = tempfile::tempdir().unwrap();
    let (code, report) = check_in(nowhere.path(), &["--staged"]);
    assert_eq!((code, codes(&report)), (2, vec!["no-repository"]));
}

#[test]
fn repositories_with_sha256_work_the_same() {
    let repo = Repo::with(&["-b", "main", "--object-format=sha256"]);
    repo.stage("a.txt", "x\n");
    repo.commit("one", 0);
    repo.stage("a.env", env(SECRET));
    assert_eq!(paths(&repo.check(&["--staged"]).1), ["a.env"]);
}

#[cfg(unix)]
#[test]
fn odd_names_links_and_pointers() {
    use std::os::unix::ffi::OsStrExt as _;
    let repo = begun();
    let odd = std::ffi::OsStr::from_bytes(b"a\n::error::\xff.env");
    fs::write(repo.path().join(odd), env(SECRET)).unwrap();
    std::os::unix::fs::symlink(format!("https://x/?BYBIT_API_SECRET={OTHER}"), repo.path().join("link")).unwrap();
    repo.write("big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n");
    let pretender = format!("version https://git-lfs.github.com/spec/v1\n{}", env(OTHER));
    repo.write("pretender.bin", &pretender);
    repo.write(".keylint.yaml", &pretender);
    repo.git(&["add", "-A"]);
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!(code, 1);
    assert!(paths(&report).contains(&"pretender.bin") && paths(&report).contains(&".keylint.yaml"), "{report:#}");
    assert!(paths(&report).iter().any(|p| p.contains("::error::") && !p.contains('\n')), "{report:#}");
    assert!(said(&report, "left_out").contains("big.bin: a pointer of Git LFS"));
}

fn bybit(ips: &[&str]) -> String {
    let answer = json!({ "exchange": "bybit", "response": { "retCode": 0, "retMsg": "", "result": { "id": "1", "note": "grid", "apiKey": KEY, "readOnly": 0,
        "secret": "", "permissions": { "ContractTrade": [], "Spot": ["SpotTrade"], "Wallet": [], "Options": [], "Derivatives": [], "Exchange": [] },
        "ips": ips, "type": 1, "expiredAt": "1970-01-01T00:00:00Z", "createdAt": "2026-10-13T03:20:45Z", "userID": 4, "isMaster": true,
        "parentUid": "0" }, "retExtInfo": {}, "time": 1_792_000_000_000_u64 } });
    answer.to_string()
}

#[test]
fn staged_exports_are_audited_and_others_only_known() {
    let repo = begun();
    repo.stage("exports/a.json", bybit(&["*"]));
    let (code, report) = repo.check(&["--staged"]);
    let rules: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert_eq!(code, 1);
    assert!(rules.contains(&"ip-whitelist-missing"), "{rules:?}");
    repo.commit("export", 1);
    // Its finding is about no file of this change.
    repo.stage("words.txt", "x\n");
    assert_eq!(repo.check(&["--staged"]).0, 0);
    // But a secret of its key has its reach.
    repo.stage("words.txt", env(SECRET));
    let (code, report) = repo.check(&["--staged"]);
    let found = secrets(&report);
    assert_eq!((code, found.len()), (1, 1));
    assert!(found[0]["severity_because"].as_str().unwrap().contains("can trade"), "{report:#}");
    assert_eq!(report["coverage"]["files"], 1);
}

const DECLARED: &str = "version: 1\nsystems:\n  grid: { egress: [51.158.10.20] }\n";

#[test]
fn what_decides_comes_from_the_head() {
    // A commit that would exclude its own secret, in each of the ways to do that.
    let repo = begun();
    repo.stage("keylint.yaml", DECLARED);
    repo.stage("known.baseline", "");
    repo.commit("declared", 1);
    repo.stage("a.env", env(SECRET));
    let (_, report) = repo.check(&["--staged"]);
    let fingerprint = report["findings"][0]["fingerprint"].as_str().unwrap().to_owned();
    repo.stage("keylint.yaml", format!("{DECLARED}policy:\n  fail-on: critical\n  rules: {{ secret-in-plaintext: {{ off: \"too noisy here\" }} }}\n  exclude: [{{ path: \"*.env\", reason: quiet please }}]\n"));
    repo.stage("known.baseline", format!("{fingerprint} secret-in-plaintext\n"));
    repo.stage("a.env", format!("# keylint: allow secret-in-plaintext -- because\n{}", env(SECRET)));
    let (code, report) = repo.check(&["--staged", "--baseline", "known.baseline"]);
    assert_eq!((code, paths(&report)), (1, vec!["a.env"]), "{report:#}");
    let said = codes(&report);
    assert_eq!(said.iter().filter(|c| **c == "change-weakens").count(), 4, "{report:#}");
    assert!(said.contains(&"suppression-added"), "{said:?}");
    assert_eq!(report["config"], "keylint.yaml");
    // From a folder within it is the same; and to take the declaration away is listed, too.
    fs::create_dir_all(repo.path().join("src/in")).unwrap();
    let (_, report) = check_in(&repo.path().join("src/in"), &["--staged", "--baseline", "../../known.baseline"]);
    assert_eq!(codes(&report).iter().filter(|c| **c == "change-weakens").count(), 4, "{report:#}");
    repo.git(&["rm", "-q", "--cached", "keylint.yaml"]);
    let (_, report) = repo.check(&["--staged"]);
    assert!(report.to_string().contains("takes the declaration away"), "{report:#}");
    // Once somebody has agreed, each of them works.
    let policies = [
        "exclude: [{ path: \"*.env\", reason: quiet please }]",
        "rules: { secret-in-plaintext: { off: \"too noisy here\" } }",
        "fail-on: critical",
    ];
    for (policy, baseline) in policies.iter().map(|p| (*p, String::new())).chain([("", format!("{fingerprint} secret-in-plaintext\n"))]) {
        let repo = begun();
        repo.stage("keylint.yaml", format!("{DECLARED}policy: {{ {policy} }}\n"));
        repo.stage("known.baseline", baseline);
        repo.commit("agreed", 1);
        repo.stage("a.env", env(SECRET));
        let (code, report) = repo.check(&["--staged", "--baseline", "known.baseline"]);
        assert_eq!(code, 0, "{policy}: {report:#}");
    }
}

#[test]
fn a_comment_counts_as_often_as_it_stood_there_before() {
    let repo = begun();
    let allowed = |n: usize| -> String {
        [SECRET, OTHER][..n]
            .iter()
            .map(|s| format!("BYBIT_API_SECRET={s}  # keylint: allow secret-in-plaintext -- of a closed account\n\n\n"))
            .collect()
    };
    repo.stage("a.env", allowed(1));
    repo.commit("allowed", 1);
    repo.stage("a.env", format!("# words\n{}", allowed(1)));
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!((code, report["verdict"]["suppressed"].as_u64()), (0, Some(1)), "{report:#}");
    repo.stage("a.env", allowed(2));
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!((code, secrets(&report).len()), (1, 1), "{report:#}");
}

#[test]
fn a_staged_declaration_is_read_and_its_mistakes_are_told() {
    let repo = begun();
    repo.stage("keylint.yaml", DECLARED);
    assert_eq!(repo.check(&["--staged"]).0, 0);
    repo.stage("keylint.yaml", "version: 1\nsytems: {}\n");
    let (code, report) = repo.check(&["--staged"]);
    assert_eq!(code, 2, "{report:#}");
    assert_eq!(report["problems"][0]["place"]["path"], "keylint.yaml");
    // A secret in it is found, and what it declares is judged.
    let declared = format!(
        "{DECLARED}accounts: {{ bybit/main: {{ id: \"4\" }} }}\nkeys:\n  - key: bybit {KEY}\n    account: bybit/main\n    system: grid\n    task: trading\n    secret: {{ stored-in: chat }}\n"
    );
    repo.stage("keylint.yaml", &declared);
    let (code, report) = repo.check(&["--staged"]);
    let rules: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert_eq!((code, rules.contains(&"secret-stored-unmanaged")), (1, true), "{report:#}");
    repo.commit("declared", 1);
    repo.stage("b.txt", "x\n");
    assert_eq!(repo.check(&["--staged"]).0, 0, "what was declared before is no part of this change");
}

#[test]
fn nothing_that_a_repository_configures_is_run() {
    let repo = begun();
    let mark = repo.folder.path().join("ran");
    let hooks = repo.folder.path().join("hooks");
    fs::create_dir(&hooks).unwrap();
    let script = hooks.join("run");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", mark.display())).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    }
    repo.stage("a.txt", "x\n");
    let script = script.to_str().unwrap();
    for name in [
        "core.fsmonitor",
        "filter.x.clean",
        "filter.x.smudge",
        "diff.x.textconv",
        "diff.external",
        "core.pager",
        "core.sshCommand",
        "core.editor",
    ] {
        repo.git(&["config", name, script]);
    }
    repo.write(".git/info/attributes", "* filter=x diff=x\n");
    repo.write(".gitattributes", "* filter=x diff=x\n");
    for args in [&["--staged"][..], &["--history"], &["--range", "HEAD..HEAD"], &["--since", "2020-01-01"]] {
        repo.check(args);
    }
    assert!(!mark.exists());
}
