//! The document of `keylint radius`, its table and its page: the same bytes each time, nothing in it that must not be shown,
//! `null` only for what nobody knows or what there is not, and how a run ends.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where something is not as it must be")]

mod desk;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use desk::{ANY, Desk, EGRESS, amounts, bybit, deribit, deribit_key, entry, keylint, kraken, said};
use serde_json::{Value, json};
use tempfile::TempDir;

fn estate(threads: &str, format: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(["radius", "fixtures/estate", "--config", "fixtures/estate/keylint.yaml", "--now", "2026-11-30", "--format", format]);
    command.current_dir(root).env("RAYON_NUM_THREADS", threads).env("NO_COLOR", "1").stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    output.stdout
}

#[test]
fn two_runs_and_any_number_of_threads_give_the_same_bytes() {
    for format in ["json", "human", "markdown"] {
        let once = estate("1", format);
        assert!(once.len() > 1000);
        for threads in ["1", "2", "7"] {
            assert!(estate(threads, format) == once, "{format} with {threads} threads");
        }
    }
}

/// Every object below a value.
fn objects<'v>(value: &'v Value, visit: &mut dyn FnMut(&'v serde_json::Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            visit(fields);
            fields.values().for_each(|v| objects(v, visit));
        }
        Value::Array(items) => items.iter().for_each(|v| objects(v, visit)),
        _ => {}
    }
}

#[test]
fn null_never_means_no() {
    let document: Value = serde_json::from_slice(&estate("2", "json")).unwrap();
    let (mut cells, mut unknown) = (0, 0);
    objects(&document, &mut |fields| {
        if let Some(executed) = fields.get("executed") {
            cells += 1;
            let executed = executed.as_bool().unwrap();
            assert_eq!(fields["stopped_by"].is_null(), executed);
            assert!(executed || (fields["bounds"] == json!([]) && fields["path"] == json!([]) && fields["assumed"] == json!([])));
            // What is executed and costs something says so, whether the amount is known or not.
            assert_eq!(fields["bound"].is_null(), !executed || fields["operation"] == "read", "{fields:?}");
            assert_eq!(fields["bound"].is_null(), fields["bounds"] == json!([]), "{fields:?}");
        }
        if let Some(open) = fields.get("at_least") {
            unknown += usize::from(fields["amount"].is_null());
            assert!(!fields["amount"].is_null() || open == true, "an unknown amount is everything: {fields:?}");
        }
    });
    assert_eq!(cells, 20 * 6 * 4);
    assert!(unknown > 0);
    // A key that no export states is not weighed, and is not called harmless.
    let config = json!({ "version": 1, "keys": [{ "key": "kraken abcdefgh…" }] });
    let mut desk = Desk { config, ..Desk::default() };
    desk.files.insert("one.json".into(), kraken("other", &["query-funds"], &[]));
    let key = desk.key("kraken abcdefgh");
    assert!(key["severity"].is_null() && key["because"].is_null());
    assert_eq!(amounts(&desk::cell(&key, "key-and-secret", "trade")["bounds"]), "everything");
}

#[test]
fn a_run_says_how_it_ended() {
    let two = Desk::default().with("a.json", bybit("a", 100, 0, true, &[], ANY)).with("b.json", bybit("b", 200, 0, true, &[], ANY));
    let dir = two.write();
    for format in ["json", "human", "markdown"] {
        let run = |args: &[&str]| keylint(dir.path(), &[&["radius"], args, &["--format", format]].concat());
        assert_eq!(run(&["."]).status.code(), Some(0));
        assert_eq!(run(&[".", "--key", &desk::id("a")]).status.code(), Some(0));
        for (key, words) in [("nobody", "no key is called"), ("bybit", "2 keys fit")] {
            let output = run(&[".", "--key", key]);
            assert_eq!(output.status.code(), Some(2), "{}", said(&output));
            assert!(output.stdout.is_empty() && said(&output).contains(words), "{}", said(&output));
        }
        assert_eq!(run(&["absent.json"]).status.code(), Some(2));
        let empty = TempDir::new().unwrap();
        let output = keylint(empty.path(), &["radius", ".", "--format", format]);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert_eq!(keylint(empty.path(), &["radius", ".", "--format", format, "--key", "bybit"]).status.code(), Some(3));
        // What was read is told beside what was not.
        let broken = two.write();
        fs::write(broken.path().join("exports/cut.json"), "{ \"retCode\": 0, \"result\": { \"apiKey\": ").unwrap();
        let output = keylint(broken.path(), &["radius", ".", "--format", format]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        let shown = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(shown.contains("trade") && said(&output).contains("cut.json"), "{}", said(&output));
        if format == "json" {
            let document: Value = serde_json::from_str(&shown).unwrap();
            assert_eq!(document["keys"].as_array().map(Vec::len), Some(2));
            assert!(document["problems"].as_array().is_some_and(|p| !p.is_empty()));
        }
    }
}

#[test]
fn one_key_is_shown_with_every_way_check_and_path() {
    let config = json!({ "version": 1, "accounts": { "bybit/main": { "id": "100", "balance": "90000 USDT" },
        "bybit/grid": { "id": "200", "parent": "bybit/main", "balance": "10000 USDT" } } });
    let desk = Desk { config, ..Desk::default() }
        .with("grid.json", bybit("grid", 200, 100, true, &["SubMemberTransfer"], &[EGRESS]))
        .with("other.json", bybit("other", 100, 0, true, &[], ANY));
    let dir = desk.write();
    let human = said(&keylint(dir.path(), &["radius", ".", "--key", "grid"]));
    for words in
        ["READ", "WITHDRAW", "key and secret leak", "IP whitelist stops it", "signature stops it", "permission stops it", "100,000 USDT"]
    {
        assert!(human.contains(words), "{words}: {human}");
    }
    assert!(
        human.contains("reaches: bybit/grid \u{2192} bybit/main; 1 account beyond its own")
            && human.contains("bybit/main by transfer: 90,000 USDT"),
        "{human}"
    );
    assert!(!human.contains("other") && !human.contains("the worst single leak"), "{human}");
    let page = said(&keylint(dir.path(), &["radius", ".", "--key", "grid", "--format", "markdown"]));
    assert!(
        page.contains("| key and secret leak | IP whitelist stops it |") && page.contains("Reaches `bybit/grid` \u{2192} `bybit/main`"),
        "{page}"
    );
}

#[test]
fn labels_and_names_that_want_to_be_more_than_that_are_not() {
    let label = "x\u{1b}[31m|`<b>\n::error::y\u{202e}";
    let mut export = bybit("plain", 100, 0, true, &[], ANY);
    export["result"]["note"] = json!(label);
    export["result"]["apiKey"] = json!("");
    let account = "bybit/a|b`<i>";
    let config = json!({ "version": 1, "accounts": { account: { "id": "100", "balance": "5 USDT" } }, "third-parties": { "p|`<u>\u{1b}[1m": {} },
        "keys": [{ "export": "exports/one.json", "account": account, "third-party": "p|`<u>\u{1b}[1m" }] });
    let dir = Desk { config, ..Desk::default() }.with("one.json", export).write();
    for format in ["json", "human", "markdown"] {
        let output = keylint(dir.path(), &["radius", ".", "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let shown = said(&output);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}') && !shown.lines().any(|l| l.starts_with("::")), "{shown}");
        if format == "markdown" {
            let bare = shown.split('`').step_by(2).collect::<String>();
            assert!(!bare.contains("<b>") && !bare.contains("<i>") && !bare.contains("<u>"), "{shown}");
            let columns = |line: &str| line.replace("\\|", "").matches('|').count();
            let rows: Vec<usize> = shown.lines().filter(|l| l.starts_with('|')).map(columns).collect();
            assert!(rows.iter().all(|c| *c == rows[0]), "{shown}");
        }
    }
}

#[test]
fn a_secret_that_an_export_carries_is_in_no_output() {
    let secret = format!("{}{}", desk::id("one half"), desk::id("another"));
    let mut record = deribit_key("grid", "trade:read_write", &[]);
    record["client_secret"] = json!(secret);
    // As an id, a label and an account, too: where an owner pasted it.
    let mut pasted = bybit("pasted", 100, 0, true, &[], ANY);
    pasted["result"]["secret"] = json!(secret);
    pasted["result"]["note"] = json!(secret);
    let config = json!({ "version": 1, "accounts": { "deribit/main": { "balance": "3 BTC" } }, "keys": [entry("deribit", "grid", "deribit/main", json!({}))] });
    let dir = Desk { config, ..Desk::default() }.with("one.json", deribit(&[record])).with("two.json", pasted).write();
    for format in ["json", "human", "markdown"] {
        for more in [&[][..], &["--key", "deribit"], &["--key", &secret]] {
            let output = keylint(dir.path(), &[&["radius", ".", "--format", format], more].concat());
            assert!(!said(&output).contains(&secret), "{}", said(&output));
        }
    }
}
