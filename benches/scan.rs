//! How long a scan takes, beside other tools over the same files: ratios of one run, on whatever machine it runs.
//!
//! `KEYLINT_TREE=FOLDER cargo bench --bench scan` scans a folder with keylint, with ripgrep (which looks for four words) and,
//! where it is installed, with kingfisher; then with the shapes doubled, under other names, of other lengths. Goals: within
//! 1.5 times ripgrep, a tenth of kingfisher, no more with twice the shapes; memory under 100 MB.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints its figures, and stops where it cannot measure"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const WORDS: &str = "api_?secret|api_?key|secret_?key|passphrase";

fn time(mut command: Command) -> Option<Duration> {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    let start = Instant::now();
    command.status().ok()?;
    Some(start.elapsed())
}

/// The medians of commands that take turns, so that all meet the same machine.
fn medians<const N: usize>(rounds: usize, make: [&dyn Fn() -> Command; N]) -> [Option<Duration>; N] {
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); N];
    for _ in 0..rounds {
        for (list, command) in times.iter_mut().zip(make) {
            list.extend(time(command()));
        }
    }
    let mut out = [None; N];
    for (slot, list) in out.iter_mut().zip(&mut times) {
        list.sort_unstable();
        *slot = list.get(list.len() / 2).copied();
    }
    out
}

fn keylint(tree: &Path, rules: Option<&Path>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(["check", ".", "--format", "json", "--now", "2026-11-01T00:00:00Z"]).current_dir(tree);
    if let Some(rules) = rules {
        command.arg("--rules").arg(rules);
    }
    command
}

/// Every shape file once more: other words, every length one more.
fn doubled(folder: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/secrets");
    fs::create_dir_all(folder.join("secrets")).unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("\nexamples:").next().unwrap_or("");
        let mut out = String::new();
        for line in text.lines() {
            let list = ["words:", "weak:", "hosts:", "test-hosts:"].iter().any(|n| line.starts_with(n));
            let line = if list { line.replace('[', "[zz").replace(", ", ", zz").replace("[zz]", "[]") } else { line.to_owned() };
            let line = if line.contains("shape:") && !line.contains("{pem}") && !line.contains("{words}") {
                line.replace("}\"", "}x\"")
            } else {
                line
            };
            if !line.starts_with("published:") {
                out.push_str(&line);
                out.push('\n');
            }
        }
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        fs::write(folder.join(format!("secrets/zz{stem}.yaml")), out).unwrap();
    }
}

fn main() {
    let Some(tree) = std::env::var_os("KEYLINT_TREE") else {
        println!("KEYLINT_TREE=FOLDER cargo bench --bench scan   (a source tree of 150 MB or more)");
        return;
    };
    let tree = Path::new(&tree);
    let report = keylint(tree, None).output().unwrap();
    let report_size = report.stdout.len();
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let (files, bytes) = (&report["coverage"]["files"], &report["coverage"]["bytes"]);
    let rg = || {
        let mut command = Command::new("rg");
        command.args(["-c", "-a", "--no-ignore", "--hidden", "-i", WORDS, "."]).current_dir(tree);
        command
    };
    let stats = rg().arg("--stats").output().unwrap();
    let stats = String::from_utf8_lossy(&stats.stdout).into_owned();
    let number = |what: &str| stats.lines().find(|l| l.ends_with(what)).map(str::to_owned).unwrap_or_default();
    println!("keylint read {files} files, {bytes} bytes; ripgrep: {}, {}", number("files searched"), number("bytes searched"));
    let shapes = tempfile::TempDir::new().unwrap();
    doubled(shapes.path());
    let loaded = keylint(tree, Some(shapes.path())).output().unwrap();
    assert!(loaded.stdout.len() * 2 > report_size, "the doubled shapes were not taken");
    let own = || keylint(tree, None);
    let twice = || keylint(tree, Some(shapes.path()));
    let [ours, theirs, more] = medians(7, [&own, &rg, &twice]);
    let ratio = |a: Option<Duration>, b: Option<Duration>| a.zip(b).map_or(f64::NAN, |(a, b)| a.as_secs_f64() / b.as_secs_f64());
    println!("keylint : ripgrep                 {:.2}   (goal 1.5)", ratio(ours, theirs));
    println!("keylint with twice the shapes : keylint  {:.2}   (goal 1.0)", ratio(more, ours));
    let kingfisher = || {
        let mut command = Command::new("kingfisher");
        command.args(["scan", ".", "--no-validate", "--no-update-check", "--git-history", "none"]).current_dir(tree);
        command
    };
    if Command::new("kingfisher").arg("--version").output().is_ok() {
        let [other] = medians(1, [&kingfisher]);
        println!("kingfisher : keylint              {:.1}   (goal: more than 10)", ratio(other, ours));
    } else {
        println!("kingfisher is not installed");
    }
}
