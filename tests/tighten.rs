//! `keylint tighten KEY`: the smallest settings in the exchange's own words, and what is still executed with them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it must be"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

fn keylint(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).args(["--now", "2026-11-01T00:00:00Z"]).current_dir(folder).env_remove("COLUMNS").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).output().unwrap()
}

fn estate(files: &[(&str, String)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What is printed about a key, and the exit code.
fn tighten(files: &[(&str, String)], key: &str) -> (String, i32) {
    let folder = estate(files);
    let output = keylint(folder.path(), &["tighten", key]);
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (text, output.status.code().unwrap())
}

/// The cells of the row that begins with a name.
fn row(text: &str, name: &str) -> Vec<String> {
    let line = text.lines().find(|l| l.trim_start().starts_with(name)).unwrap_or_else(|| panic!("no row {name} in\n{text}"));
    line.split("  ").map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect()
}

fn binance(changes: &Value) -> String {
    let mut answer = json!({
        "ipRestrict": false, "createTime": 1_790_000_000_000_u64, "enableReading": true, "enableWithdrawals": false,
        "enableInternalTransfer": false, "enableMargin": false, "enableFutures": false, "permitsUniversalTransfer": false,
        "enableVanillaOptions": false, "enableFixApiTrade": false, "enableFixReadOnly": false, "enableSpotAndMarginTrading": false,
        "enablePortfolioMarginTrading": false
    });
    for (name, value) in changes.as_object().unwrap() {
        answer[name] = value.clone();
    }
    let envelope = json!({ "exchange": "binance", "key": "Kq7Zp2Lm9Xc4Vb8Nt1Rf", "account": "binance/grid", "response": answer });
    serde_json::to_string_pretty(&envelope).unwrap()
}

fn declared(systems: &str, entries: &str) -> String {
    format!("version: 1\nsystems:\n{systems}accounts:\n  binance/grid: {{ purpose: trading, balance: 9000 USDT }}\nkeys:\n{entries}")
}

const GRID: &str = "  grid: { egress: [146.59.3.7], backup-egress: [146.59.3.99], backup-in-use: false, markets: [spot] }\n";
const KEY: &str = "  - { key: binance Kq7Zp2Lm9Xc4Vb8Nt1Rf, account: binance/grid, task: trading, system: grid }\n";

#[test]
fn what_the_task_does_not_need_goes_and_what_it_needs_stays() {
    let export = binance(&json!({ "enableSpotAndMarginTrading": true, "enableWithdrawals": true, "enableFutures": true }));
    let (text, code) = tighten(&[("exports/k.json", export), ("keylint.yaml", declared(GRID, KEY))], "binance");
    assert_eq!(code, 0, "{text}");
    assert_eq!(row(&text, "enableReading")[1..], ["on", "stays on"]);
    assert_eq!(row(&text, "enableSpotAndMarginTrading")[1..], ["on", "stays on"]);
    assert_eq!(row(&text, "enableWithdrawals")[1..], ["on", "turn off"]);
    assert_eq!(row(&text, "enableFutures")[1..], ["on", "turn off"], "spot is all that its system trades");
    assert!(text.contains("now: any address") && text.contains("  146.59.3.7\n"), "{text}");
    assert_eq!(row(&text, "key and secret leak")[1..], ["9,000 USDT", "nothing"]);
    assert_eq!(row(&text, "its server is taken over")[1..], ["9,000 USDT", "9,000 USDT"]);
}

#[test]
fn each_declared_use_says_which_check_would_stop_it() {
    let export = binance(&json!({ "enableSpotAndMarginTrading": true }));
    let (text, _) = tighten(&[("exports/k.json", export), ("keylint.yaml", declared(GRID, KEY))], "binance");
    let uses: Vec<&str> = text.lines().filter(|l| l.starts_with("grid")).collect();
    assert_eq!(uses.len(), 4, "{text}");
    assert!(uses.iter().filter(|l| l.contains("146.59.3.7 ") && l.ends_with("executed")).count() == 2, "{text}");
    assert!(uses.iter().filter(|l| l.contains("backup, not in use") && l.ends_with("IP whitelist stops it")).count() == 2, "{text}");
}

#[test]
fn a_right_that_is_missing_is_told_and_turned_on() {
    let export = binance(&json!({ "ipRestrict": true }));
    let (text, _) = tighten(&[("exports/k.json", export), ("keylint.yaml", declared(GRID, KEY))], "binance");
    assert_eq!(row(&text, "enableSpotAndMarginTrading")[1..], ["off", "turn on: its work needs it"]);
    let trade = text.lines().find(|l| l.starts_with("grid") && l.contains(" trade ")).unwrap();
    assert!(trade.contains("permission stops it") && trade.ends_with("executed"), "{trade}");
}

#[test]
fn two_uses_of_one_key_need_the_rights_and_addresses_of_both() {
    let systems = format!("{GRID}  tax: {{ egress: [57.128.44.5] }}\n");
    let entries = format!("{KEY}  - {{ key: binance Kq7Zp2Lm9Xc4Vb8Nt1Rf, account: binance/grid, task: reporting, system: tax }}\n");
    let export = binance(&json!({ "enableSpotAndMarginTrading": true }));
    let (text, _) = tighten(&[("exports/k.json", export), ("keylint.yaml", declared(&systems, &entries))], "binance");
    assert!(text.contains("  146.59.3.7\n  57.128.44.5\n"), "{text}");
    let tax: Vec<&str> = text.lines().filter(|l| l.starts_with("tax")).collect();
    assert_eq!(tax.len(), 1, "a report reads and does nothing else: {text}");
}

#[test]
fn what_is_not_declared_is_asked_for_and_never_guessed() {
    let export = binance(&json!({ "enableSpotAndMarginTrading": true }));
    let (text, code) = tighten(&[("exports/k.json", export.clone())], "binance");
    assert_eq!(code, 0);
    assert!(text.contains("inferred") && text.contains("nothing is declared to use it"), "{text}");
    assert!(!text.contains("IP whitelist, as"), "{text}");
    // A system of which nobody says from where it sends.
    let system = "  grid: { markets: [spot] }\n";
    let (text, _) = tighten(&[("exports/k.json", export), ("keylint.yaml", declared(system, KEY))], "binance");
    assert!(text.contains("from where grid sends is not declared") && !text.contains("IP whitelist, as"), "{text}");
}

#[test]
fn a_whitelist_is_spelled_as_the_exchange_takes_it() {
    let gate = |ranges: &str| {
        let export = json!({ "exchange": "gate", "account": "gate/grid", "response": [{
            "state": 1, "mode": 1, "name": "grid", "currency_pairs": [], "user_id": 110_284_739, "ip_whitelist": ["51.158.10.20"],
            "perms": [{ "name": "spot", "read_only": false }, { "name": "wallet", "read_only": false }],
            "key": "3f9c1e7a5b2d4f8096a1c3e5d7b9f042", "created_at": "1790000000", "updated_at": "1790000000", "last_access": "1790000000" }] });
        let text = format!(
            "version: 1\nsystems:\n  grid: {{ egress: [{ranges}], markets: [spot], pairs: [BTC/USDT] }}\naccounts:\n  gate/grid: {{ purpose: trading }}\nkeys:\n  - {{ key: gate 3f9c1e7a5b2d4f8096a1c3e5d7b9f042, account: gate/grid, task: trading, system: grid }}\n"
        );
        tighten(&[("exports/k.json", export.to_string()), ("keylint.yaml", text)], "gate").0
    };
    let text = gate("51.158.10.20/31");
    assert!(text.contains(r#"["51.158.10.20","51.158.10.21"]"#), "Gate takes single addresses only: {text}");
    assert_eq!(row(&text, "wallet")[1..], ["on", "turn off"], "{text}");
    assert!(text.contains("BTC_USDT"), "{text}");
    let text = gate("51.158.10.0/24");
    assert!(text.contains("single addresses only"), "{text}");
}

#[test]
fn what_comes_with_a_needed_right_is_told() {
    let export = json!({ "exchange": "okx", "account": "okx/grid", "response": { "code": "0", "msg": "", "data": [{
        "subAcct": "harbourGrid", "label": "grid", "apiKey": "11eda1fe-1be3-4e5f-8f3b-3c1b6137a42e", "perm": "read_only,trade,withdraw",
        "ip": "", "ts": "1790000000000" }] } });
    let text = "version: 1\nsystems:\n  grid: { egress: [51.158.10.60] }\naccounts:\n  okx/grid: { purpose: trading }\nkeys:\n  - { key: okx 11eda1fe-1be3-4e5f-8f3b-3c1b6137a42e, account: okx/grid, task: trading, system: grid }\n";
    let (text, _) = tighten(&[("exports/k.json", export.to_string()), ("keylint.yaml", text.to_owned())], "okx");
    assert!(text.contains("transfer stays:"), "{text}");
    assert_eq!(row(&text, "withdraw")[1..], ["on", "turn off"], "{text}");
    assert_eq!(row(&text, "trade")[1..], ["on", "stays on"], "{text}");
}

#[test]
fn a_key_that_is_not_there_or_not_clear_ends_with_2() {
    let export = binance(&json!({}));
    let (text, code) = tighten(&[("exports/k.json", export.clone())], "nobody");
    assert!(code == 2 && text.contains("no key is called"), "{text}");
    let other = export.replace("Kq7Zp2Lm9Xc4Vb8Nt1Rf", "Zz7Zp2Lm9Xc4Vb8Nt1Rf");
    let (text, code) = tighten(&[("exports/a.json", export), ("exports/b.json", other)], "binance");
    assert!(code == 2 && text.contains("2 keys fit"), "{text}");
    let folder = TempDir::new().unwrap();
    assert_eq!(keylint(folder.path(), &["tighten", "binance"]).status.code(), Some(3));
}

#[test]
fn where_no_key_can_be_bound_to_addresses_none_are_asked_for() {
    let agent = json!([{ "name": "grid", "address": "0x4b1f0a7c92de53681cf7a0be94d2358617acfe09", "validUntil": 1_798_761_600_000_u64 }]);
    let entry = "  - { key: hyperliquid 0x4b1f0a7c92de53681cf7a0be94d2358617acfe09, task: trading, system: grid }\n";
    let declaration = format!("version: 1\nsystems:\n{GRID}keys:\n{entry}");
    let (text, code) = tighten(&[("exports/k.json", agent.to_string()), ("keylint.yaml", declaration)], "hyperliquid");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("hyperliquid binds no key to addresses: this one is usable from any"), "{text}");
    assert!(!text.contains("as the exchange takes it"), "{text}");
}
