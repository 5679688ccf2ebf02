//! The house: modules import only from those above them, files say why they exist, and one crate has one door.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files() -> Vec<(String, String)> {
    fn walk(folder: &Path, out: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                out.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    walk(&root(), &mut out);
    // Files of tests alone are not the house.
    out.retain(|(name, _)| !name.ends_with("tests.rs") && name != "exchanges/sample.rs");
    out.sort();
    out
}

/// The source without comments and without its tests.
fn code(source: &str) -> String {
    let own = source.split("#[cfg(test)]").next().unwrap_or(source);
    own.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules in the order of `lib.rs`.
fn order() -> Vec<String> {
    let lib = fs::read_to_string(root().join("lib.rs")).unwrap();
    lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).map(str::to_owned).collect()
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn every_module_imports_only_from_those_above_it() {
    let order = order();
    let place = |module: &str| order.iter().position(|m| m == module);
    let mut wrong = Vec::new();
    for (file, source) in files() {
        let Some(own) = place(room(&file)) else { continue };
        for (module, at) in order.iter().zip(0..) {
            let named = code(&source).contains(&format!("crate::{module}::"));
            if named && at > own {
                wrong.push(format!("{file} imports {module}, which stands below it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_is_in_the_list_and_says_why_it_exists() {
    let order = order();
    for (file, source) in files() {
        assert!(source.starts_with("//!"), "{file} does not open with why it exists");
        assert!(source.lines().count() <= 500, "{file} has {} lines: is it one room?", source.lines().count());
        let room = room(&file);
        assert!(matches!(room, "lib" | "main") || order.iter().any(|m| m == room), "{room} is not in lib.rs");
    }
    let main = fs::read_to_string(root().join("main.rs")).unwrap();
    assert!(main.lines().count() < 40);
}

#[test]
fn one_crate_has_one_door() {
    let doors: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("granit_parser", &["document/parse.rs"][..]),
        ("minijinja", &["report/html/mod.rs"]),
        ("miette", &["report/human/source.rs"]),
        ("encoding_rs", &["text/decode.rs"]),
        ("ipnet", &["model/ip.rs", "model/ip/"]),
        ("jiff", &["model/time.rs"]),
        ("rust_decimal", &["model/money.rs"]),
        ("rustix", &["discover/open.rs"]),
        ("globset", &["run/scope.rs"]),
        ("sha2", &["secrets/value.rs"]),
        ("fearless_simd", &["secrets/blocks.rs"]),
        ("bip39", &["secrets/check.rs"]),
        ("bs58", &["secrets/check.rs"]),
        ("bech32", &["secrets/check.rs"]),
        ("ed25519_compact", &["secrets/check.rs"]),
        ("ignore", &["discover/ignores.rs"]),
        ("indicatif", &["cli/progress.rs"]),
        ("anstream", &["cli/mod.rs"]),
        ("clap_complete", &["cli/completions.rs"]),
        ("clap_mangen", &["cli/completions.rs"]),
    ]);
    for (file, source) in files() {
        for (name, allowed) in &doors {
            let used = code(&source).contains(&format!("{name}::"));
            assert!(!used || allowed.iter().any(|a| file.starts_with(a)), "{file} uses {name}; its door is {allowed:?}");
        }
    }
}

#[test]
fn files_do_not_import_their_siblings_where_each_is_one_thing() {
    for (file, source) in files() {
        let Some((room, name)) = file.split_once('/') else { continue };
        let name = name.trim_end_matches(".rs");
        if room != "exchanges" {
            continue;
        }
        for exchange in keylint::exchanges::READERS {
            let other = exchange.exchange.id();
            let machinery = matches!(name, "mod" | "mask" | "sample" | "profile" | "recognise" | "record" | "envelope");
            assert!(machinery || other == name || !code(&source).contains(&format!("super::{other}::")), "{file} imports {other}");
        }
    }
}

#[test]
fn nothing_that_input_reaches_can_panic() {
    for (file, source) in files() {
        for word in [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "unreachable!("] {
            assert!(!code(&source).contains(word), "{file} has {word}");
        }
    }
}

#[test]
fn no_process_is_started_and_no_connection_opened() {
    for (file, source) in files() {
        for word in ["process::Command", "TcpStream", "UdpSocket", "std::net::Tcp", "UnixStream"] {
            assert!(!code(&source).contains(word), "{file} has {word}");
        }
    }
}
