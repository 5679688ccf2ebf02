//! Recall and precision over the labelled corpus, by exchange and by format: `cargo test --test corpus -- --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops where something is not as it must be, and this one prints its figures"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus")
}

fn lines(name: &str) -> Vec<Value> {
    fs::read_to_string(corpus().join(name)).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

struct Label {
    file: String,
    first: u64,
    last: u64,
    part: String,
    exchange: String,
    must: bool,
}

/// A part that was reported: file, first and last line, exchange.
type Reported = (String, u64, u64, Option<String>);

fn reported() -> Vec<Reported> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    let output = command.args(["check", ".", "--format", "json"]).current_dir(corpus().join("tree")).stdin(Stdio::null()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut out = Vec::new();
    for finding in report["findings"].as_array().unwrap().iter().filter(|f| !f["secret"].is_null()) {
        let exchange = finding["secret"]["exchange"].as_str().map(str::to_owned);
        for place in finding["places"].as_array().unwrap().iter().filter(|p| p["role"] != "related") {
            let (Some(first), Some(last)) = (place["start"]["line"].as_u64(), place["end"]["line"].as_u64()) else { continue };
            out.push((place["path"].as_str().unwrap().to_owned(), first, last, exchange.clone()));
        }
    }
    out
}

#[test]
fn what_is_there_is_found_and_what_is_not_is_not() {
    let of = |v: &Value, name: &str| v[name].as_str().unwrap_or("").to_owned();
    let labels: Vec<Label> = lines("labels.jsonl")
        .iter()
        .map(|l| {
            let first = l["line"].as_u64().unwrap();
            Label {
                file: of(l, "file"),
                first,
                last: l["end_line"].as_u64().unwrap_or(first),
                part: of(l, "part"),
                exchange: of(l, "exchange"),
                must: l["must"].as_bool().unwrap(),
            }
        })
        .collect();
    let manifest = lines("manifest.jsonl");
    let format: BTreeMap<String, String> = manifest.iter().map(|m| (of(m, "file"), of(m, "format"))).collect();
    let optional: BTreeSet<String> = manifest.iter().filter(|m| of(m, "class") == "optional").map(|m| of(m, "file")).collect();
    let reported = reported();
    let hits = |l: &Label| reported.iter().filter(|r| r.0 == l.file && r.1 <= l.last && r.2 >= l.first).collect::<Vec<_>>();
    let mut by_exchange: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut by_format: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut named, mut right) = (0, 0);
    let mut missed = Vec::new();
    for label in labels.iter().filter(|l| l.must) {
        let hits = hits(label);
        for (table, name) in
            [(&mut by_exchange, label.exchange.as_str()), (&mut by_format, format.get(&label.file).map_or("?", String::as_str))]
        {
            let entry = table.entry(name).or_default();
            entry.1 += 1;
            entry.0 += usize::from(!hits.is_empty());
        }
        if hits.is_empty() {
            missed.push(format!("{}:{} {} of {}", label.file, label.first, label.part, label.exchange));
        } else if label.exchange != "unknown" {
            named += 1;
            // A wallet's key is known by its chain as well as by whom it is used at.
            let chain = label.part == "private-key" || label.part == "mnemonic";
            right += usize::from(
                hits.iter().any(|h| h.3.as_deref() == Some(&label.exchange) || (chain && matches!(h.3.as_deref(), Some("evm" | "bip39")))),
            );
        }
    }
    let positions: BTreeSet<(&str, u64)> = reported.iter().map(|r| (r.0.as_str(), r.1)).collect();
    let near = |p: &(&str, u64)| labels.iter().any(|l| l.file == p.0 && l.first <= p.1 + 1 && l.last + 1 >= p.1);
    let wrong: Vec<String> = positions.iter().filter(|p| !near(p) && !optional.contains(p.0)).map(|p| format!("{}:{}", p.0, p.1)).collect();
    let must = labels.iter().filter(|l| l.must).count();
    let recall = (must - missed.len()) as f64 / must as f64;
    let precision = (positions.len() - wrong.len()) as f64 / positions.len() as f64;
    for (title, table) in [("exchange", &by_exchange), ("format", &by_format)] {
        println!("\n{title:<20} found of");
        for (name, (found, all)) in table {
            println!("{name:<20} {found:>5} {all:>2}");
        }
    }
    println!("\n{} files, {must} parts that must be found, {} positions reported", format.len(), positions.len());
    println!("recall {recall:.3}, precision {precision:.3}, exchange named right {:.3}", right as f64 / named as f64);
    println!("missed: {missed:#?}\nwrong: {wrong:#?}");
    assert!(recall >= 0.98 && precision >= 0.98 && right * 100 >= named * 98, "recall {recall:.3}, precision {precision:.3}");
}
