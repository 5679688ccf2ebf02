//! How long the cost of 10,000 leaks takes, beside the listing of the same keys: ratios of one run, on whatever machine it
//! runs.
//!
//! `cargo bench --bench radius` makes a master account with 1,000 sub-accounts and 10,000 keys, a third of which may transfer
//! between them, and a declaration of all of it; asks `keylint keys` and `keylint radius` in turn, as JSON and as a table.
//! Goal: under 2 seconds. Memory is the largest that `/usr/bin/time` saw.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::format_push_string,
    reason = "a benchmark prints its figures, and stops where it cannot measure"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ACCOUNTS: usize = 1_000;
const KEYS_OF_ONE: usize = 10;
const SERVERS: usize = 200;
const RUNS: usize = 7;

/// The keys of one sub-account: most bound to an address, some of them able to transfer, a few to withdraw.
fn export(account: usize) -> String {
    let mut keys: Vec<String> = Vec::new();
    for n in account * KEYS_OF_ONE..(account + 1) * KEYS_OF_ONE {
        let ips = if n % 3 == 0 { "[\"*\"]".to_owned() } else { format!("[\"{}\"]", address(n % SERVERS)) };
        let wallet = if n % 3 == 1 { "[\"SubMemberTransfer\"]" } else { "[]" };
        keys.push(format!(
            "{{\"id\": \"{n}\", \"ips\": {ips}, \"apiKey\": \"K{n:017}\", \"note\": \"bot {n}\", \"status\": 3, \"expiredAt\": \
             \"2027-01-01T00:00:00Z\", \"createdAt\": \"2026-01-01T00:00:00Z\", \"type\": 1, \"permissions\": {{\"ContractTrade\": [], \
             \"Spot\": [\"SpotTrade\"], \"Wallet\": {wallet}, \"Options\": [], \"Derivatives\": [], \"CopyTrading\": [], \"BlockTrade\": [], \
             \"Exchange\": [], \"NFT\": [], \"Affiliate\": [], \"Earn\": []}}, \"secret\": \"******\", \"readOnly\": false, \
             \"deadlineDay\": 20, \"flag\": \"hmac\"}}"
        ));
    }
    let keys = keys.join(", ");
    format!(
        "{{\"exchange\": \"bybit\", \"account\": \"bybit/s{account}\", \"response\": {{\"retCode\": 0, \"retMsg\": \"\", \"result\": \
         {{\"result\": [{keys}], \"nextPageCursor\": \"\"}}, \"retExtInfo\": {{}}, \"time\": 1792000000000}}}}"
    )
}

fn address(server: usize) -> String {
    format!("9.9.{}.{}", server / 250, 1 + server % 250)
}

/// What they are for: a system on each server, a balance for most accounts.
fn declaration() -> String {
    let mut out = String::from("version: 1\nsystems:\n");
    for server in 0..SERVERS {
        out.push_str(&format!("  bot-{server}: {{ egress: [{}], server: vps-{server} }}\n", address(server)));
    }
    out.push_str("accounts:\n  bybit/main: { purpose: treasury, balance: 900000 USDT }\n");
    for account in 0..ACCOUNTS {
        let balance = if account % 10 == 0 { String::new() } else { format!(", balance: {} USDT", 1000 + account * 7) };
        out.push_str(&format!("  bybit/s{account}: {{ parent: bybit/main, purpose: trading, working-balance: 2000 USDT{balance} }}\n"));
    }
    out.push_str("keys:\n");
    for n in 0..ACCOUNTS * KEYS_OF_ONE {
        out.push_str(&format!(
            "  - {{ key: bybit K{n:017}, account: bybit/s{}, task: trading, system: bot-{} }}\n",
            n / KEYS_OF_ONE,
            n % SERVERS
        ));
    }
    out
}

fn keylint(folder: &Path, command: &str, format: &str) -> Command {
    let mut out = Command::new(env!("CARGO_BIN_EXE_keylint"));
    out.args([command, ".", "--format", format, "--now", "2026-11-01T00:00:00Z"]).current_dir(folder);
    out
}

fn time(mut command: Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    let start = Instant::now();
    command.status().unwrap();
    start.elapsed()
}

/// The largest resident memory in MB, where there is something that tells it.
fn memory(folder: &Path, format: &str) -> Option<f64> {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M", env!("CARGO_BIN_EXE_keylint"), "radius", ".", "--format", format, "--now", "2026-11-01T00:00:00Z"]);
    let output = command.current_dir(folder).stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8(output.stderr).ok()?;
    Some(said.lines().last()?.trim().parse::<f64>().ok()? / 1024.0)
}

fn main() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::create_dir(folder.path().join("exports")).unwrap();
    for account in 0..ACCOUNTS {
        fs::write(folder.path().join(format!("exports/s{account}.json")), export(account)).unwrap();
    }
    fs::write(folder.path().join("keylint.yaml"), declaration()).unwrap();
    println!("{:>8} {:>12} {:>12} {:>10} {:>12}", "format", "radius", "keys", "ratio", "memory");
    for format in ["json", "human"] {
        // In turn, so that what else the machine does is in both.
        let mut pairs: Vec<(Duration, Duration)> =
            (0..RUNS).map(|_| (time(keylint(folder.path(), "radius", format)), time(keylint(folder.path(), "keys", format)))).collect();
        pairs.sort_unstable();
        let Some((radius, _)) = pairs.get(RUNS / 2).copied() else { return };
        let mut ratios: Vec<f64> = pairs.iter().map(|(r, k)| r.as_secs_f64() / k.as_secs_f64()).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        pairs.sort_unstable_by_key(|(_, keys)| *keys);
        let keys = pairs.get(RUNS / 2).map_or(0.0, |(_, k)| k.as_secs_f64());
        let memory = memory(folder.path(), format).map_or_else(|| "?".to_owned(), |m| format!("{m:.0} MB"));
        let ratio = ratios.get(RUNS / 2).copied().unwrap_or_default();
        println!("{format:>8} {:>11.2}s {keys:>11.2}s {ratio:>8.1} x {memory:>12}", radius.as_secs_f64());
    }
}
