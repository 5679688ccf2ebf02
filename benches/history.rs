//! How long the scan of a history takes, beside git that does no more than write every object out: ratios of one run, on
//! whatever machine it runs.
//!
//! `KEYLINT_REPO=FOLDER cargo bench --bench history` looks into a repository; without one, into one of 50,000 commits that
//! is made first, with the long chains of differences that real ones have. Goals: no longer than git takes; memory under
//! 300 MB. And what the next commit of a repository of 10,000 files costs, beside an empty process: 20 ms.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints its figures, and stops where it cannot measure"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn time(command: &mut Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    let start = Instant::now();
    command.status().unwrap();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(args).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        command.env(who, "a");
    }
    command
}

/// 50,000 commits to 400 files in 40 folders: each changes some lines of one file.
fn made(folder: &Path) {
    assert!(git(folder, &["init", "-q", "-b", "main"]).status().unwrap().success());
    let mut import = git(folder, &["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    {
        let mut out = std::io::BufWriter::new(import.stdin.take().unwrap());
        let line = |file: usize, at: usize, turn: usize| {
            format!("def order_{file}_{at}(self, symbol, amount={turn}, price=None):  # {}\n", turn * 7919 % 1000)
        };
        let mut files: Vec<Vec<String>> = (0..400).map(|f| (0..300).map(|l| line(f, l, 0)).collect()).collect();
        for n in 0..50_000_usize {
            writeln!(out, "commit refs/heads/main\ncommitter C <c@example.org> {} +0000\ndata 5\nwords", 1_600_000_000 + n * 60).unwrap();
            let first = if n == 0 { 0..400 } else { n * 31 % 400..n * 31 % 400 + 1 };
            for f in first {
                for k in 0..3 {
                    let at = (n * 17 + k * 101) % 300;
                    files[f][at] = line(f, at, n);
                }
                let body = files[f].concat();
                writeln!(out, "M 100644 inline src/part{}/file{f}.py\ndata {}\n{body}", f % 40, body.len()).unwrap();
            }
        }
        writeln!(out, "done").unwrap();
    }
    assert!(import.wait().unwrap().success());
    assert!(git(folder, &["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=10"]).status().unwrap().success());
}

fn staged() {
    let folder = tempfile::TempDir::new().unwrap();
    for n in 0..10_000 {
        let path = folder.path().join(format!("src/m{}/s{}/f{n}.py", n % 100, n % 10));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("def f{n}():\n    return {n}\n")).unwrap();
    }
    for args in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "one"]] {
        assert!(git(folder.path(), args).status().unwrap().success());
    }
    for n in 0..5 {
        fs::write(folder.path().join(format!("src/m{n}/s{n}/f{n}.py")), "x = 1\n").unwrap();
    }
    assert!(git(folder.path(), &["add", "."]).status().unwrap().success());
    let keylint = || time(Command::new(env!("CARGO_BIN_EXE_keylint")).args(["check", "--staged"]).current_dir(folder.path()));
    let status = || time(&mut git(folder.path(), &["diff", "--cached", "--quiet"]));
    let (ours, theirs): (Vec<_>, Vec<_>) = (0..15).map(|_| (keylint(), status())).unzip();
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "staged, of 10,000 files: keylint : git diff --cached  {:.2}   ({} ms; goal 20 ms)",
        ours.as_secs_f64() / theirs.as_secs_f64(),
        ours.as_millis()
    );
}

fn main() {
    staged();
    let own = tempfile::TempDir::new().unwrap();
    let repo = std::env::var_os("KEYLINT_REPO").map_or_else(
        || {
            made(own.path());
            own.path().to_path_buf()
        },
        PathBuf::from,
    );
    let keylint = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
        command.args(["check", "--history", "--format", "json", "--now", "2026-11-01T00:00:00Z"]).current_dir(&repo);
        command
    };
    let output = keylint().output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let coverage = &report["coverage"];
    println!(
        "{} commits, {} files of {} bytes, {} findings",
        coverage["commits"],
        coverage["files"],
        coverage["bytes"],
        report["findings"].as_array().map_or(0, Vec::len)
    );
    let cat = || {
        let mut command = git(&repo, &["cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"]);
        command.env("GIT_DIR", if repo.join(".git").exists() { repo.join(".git") } else { repo.clone() });
        command
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        ours.push(time(&mut keylint()));
        theirs.push(time(&mut cat()));
    }
    println!("history: keylint : git cat-file  {:.2}   (goal 1.0)", median(ours).as_secs_f64() / median(theirs).as_secs_f64());
}
