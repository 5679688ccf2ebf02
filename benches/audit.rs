//! How long an audit takes, beside a plain parse of the same files: ratios of one run, on whatever machine it runs.
//!
//! `cargo bench --bench audit` makes inventories of 1,000, 10,000 and 100,000 keys, audits them with all rules and the
//! release binary, and lets `python3` read the same files with `json.load`. Goals: at most 4 times that, under a second for
//! 10,000 keys, growing linearly; one small export within 15 ms of an empty process.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its figures, and stops where it cannot measure")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// An answer about the keys of a sub-account with `count` keys, a third of them bound to an address.
fn export(first: usize, count: usize) -> String {
    let mut keys = String::new();
    for n in first..first + count {
        let ips = if n % 3 == 0 { format!("[\"9.9.{}.{}\"]", n / 250 % 250, n % 250) } else { "[\"*\"]".to_owned() };
        let wallet = if n % 2 == 0 { "[]" } else { "[\"AccountTransfer\"]" };
        let comma = if n == first { "" } else { ", " };
        keys.push_str(&format!(
            "{comma}{{\"id\": \"{n}\", \"ips\": {ips}, \"apiKey\": \"K{n:017}\", \"note\": \"bot {n}\", \"status\": 3, \
             \"expiredAt\": \"2027-01-01T00:00:00Z\", \"createdAt\": \"2026-01-01T00:00:00Z\", \"type\": 1, \"permissions\": \
             {{\"ContractTrade\": [], \"Spot\": [\"SpotTrade\"], \"Wallet\": {wallet}, \"Options\": [], \"Derivatives\": [], \
             \"CopyTrading\": [], \"BlockTrade\": [], \"Exchange\": [], \"NFT\": [], \"Affiliate\": [], \"Earn\": []}}, \
             \"secret\": \"******\", \"readOnly\": false, \"deadlineDay\": 20, \"flag\": \"hmac\"}}"
        ));
    }
    format!(
        "{{\"retCode\": 0, \"retMsg\": \"\", \"result\": {{\"result\": [{keys}], \"nextPageCursor\": \"\"}}, \"retExtInfo\": {{}}, \"time\": 1792000000000}}"
    )
}

/// The median of several runs.
fn median(runs: usize, mut command: impl FnMut() -> Command) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let mut command = command();
            command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
            let start = Instant::now();
            command.status().unwrap();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(runs / 2).copied().unwrap_or_default()
}

fn keylint(folder: &Path, format: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(["check", ".", "--format", format, "--now", "2026-11-01T00:00:00Z"]).current_dir(folder);
    command
}

fn main() {
    let read = "import json,glob,sys\nfor f in glob.glob('*.json'): json.load(open(f))";
    println!("{:>8} {:>10} {:>10} {:>12} {:>12} {:>16}", "keys", "keylint", "json.load", "ratio", "compact", "of 10 times less");
    let mut before: Option<Duration> = None;
    for keys in [1_000usize, 10_000, 100_000] {
        let folder = tempfile::TempDir::new().unwrap();
        let files = 10;
        for n in 0..files {
            fs::write(folder.path().join(format!("s{n}.json")), export(n * keys / files, keys / files)).unwrap();
        }
        let runs = if keys > 10_000 { 3 } else { 7 };
        let own = median(runs, || keylint(folder.path(), "json"));
        let compact = median(runs, || keylint(folder.path(), "compact"));
        let python = median(runs, || {
            let mut command = Command::new("python3");
            command.args(["-c", read]).current_dir(folder.path());
            command
        });
        let growth = before.map_or_else(String::new, |b| format!("{:.1} times", own.as_secs_f64() / b.as_secs_f64()));
        println!(
            "{keys:>8} {:>8.0}ms {:>8.0}ms {:>9.1} x {:>10.0}ms {growth:>16}",
            own.as_secs_f64() * 1e3,
            python.as_secs_f64() * 1e3,
            own.as_secs_f64() / python.as_secs_f64(),
            compact.as_secs_f64() * 1e3
        );
        before = Some(own);
    }
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("one.json"), export(0, 1)).unwrap();
    let one = median(21, || keylint(folder.path(), "human"));
    let empty = median(21, || Command::new("true"));
    println!("one export: {:.1} ms over an empty process", (one.as_secs_f64() - empty.as_secs_f64()) * 1e3);
}
