//! The built binary on the command line: exit codes, errors with their places, bad input of every kind, and that no
//! secret of an export is ever printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const NOW: [&str; 2] = ["--now", "2026-11-01T00:00:00Z"];

fn keylint(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).current_dir(folder).env_remove("COLUMNS").env("NO_COLOR", "1").stdin(Stdio::null());
    command.output().unwrap()
}

fn piped(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn report(folder: &Path, args: &[&str]) -> (i32, Value) {
    let output = keylint(folder, &[args, &["--format", "json"], &NOW].concat());
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output)));
    (output.status.code().unwrap(), value)
}

fn binance(changes: &Value) -> String {
    let mut export = json!({
        "ipRestrict": true, "createTime": 1_790_000_000_000_u64, "enableReading": true, "enableWithdrawals": false, "enableInternalTransfer": false,
        "enableMargin": false, "enableFutures": false, "permitsUniversalTransfer": false, "enableVanillaOptions": false,
        "enableFixApiTrade": false, "enableFixReadOnly": false, "enableSpotAndMarginTrading": false, "enablePortfolioMarginTrading": false
    });
    for (name, value) in changes.as_object().unwrap() {
        export[name] = value.clone();
    }
    serde_json::to_string_pretty(&export).unwrap()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

#[test]
fn exit_codes_are_the_same_for_every_format() {
    let read = binance(&json!({ "ipRestrict": false }));
    let rich = binance(&json!({ "ipRestrict": false, "enableWithdrawals": true, "enableSpotAndMarginTrading": true }));
    let closed = binance(&json!({}));
    let dir = folder(&[
        ("read.json", &read),
        ("rich.json", &rich),
        ("closed.json", &closed),
        ("cut.json", &rich[..90]),
        ("other.json", "{\"a\": 1}"),
        ("empty/.keep", ""),
    ]);
    let table: &[(&[&str], i32)] = &[
        (&["closed.json"], 0),
        (&["read.json"], 0),
        (&["read.json", "--fail-on", "medium"], 1),
        (&["rich.json"], 1),
        (&["rich.json", "--exit-zero"], 0),
        (&["rich.json", "cut.json"], 1),
        (&["rich.json", "cut.json", "--exit-zero"], 2),
        (&["cut.json"], 2),
        (&["cut.json", "closed.json", "--allow-incomplete"], 0),
        (&["other.json"], 2),
        (&["none.json"], 2),
        (&["empty"], 3),
        (&["closed.json", "--strict"], 2),
        (&["closed.json", "--fail-on", "loud"], 2),
        (&["--nope"], 2),
        (&["closed.json", "--config", "none.yaml"], 2),
        (&["closed.json", "--rules", "none"], 2),
    ];
    for (args, code) in table {
        for format in ["human", "compact", "json"] {
            let output = keylint(dir.path(), &[&["check"], *args, &["--format", format], &NOW].concat());
            assert_eq!(output.status.code(), Some(*code), "{args:?} as {format}:\n{}", text(&output));
            assert!(!text(&output).is_empty(), "{args:?} as {format} says nothing");
        }
    }
}

#[test]
fn bad_input_has_a_place_and_loses_nothing_that_was_found() {
    let rich = binance(&json!({ "ipRestrict": false, "enableWithdrawals": true }));
    let twice = format!("{rich}\n{rich}");
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(rich.encode_utf16().flat_map(u16::to_le_bytes));
    let bom = format!("\u{feff}{rich}");
    let crlf = rich.replace('\n', "\r\n");
    let tabs = rich.replace("  ", "\t");
    let double = rich.replace("\"enableWithdrawals\": true", "\"enableWithdrawals\": false,\n  \"enableWithdrawals\": true");
    let wrong = rich.replace("\"enableWithdrawals\": true", "\"enableWithdrawals\": \"maybe\"");
    let invalid = [rich.as_bytes().get(..40).unwrap(), b"\xff\xfe\xff".as_slice(), rich.as_bytes().get(40..).unwrap()].concat();
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let table: &[(&str, &[u8], &str, bool)] = &[
        ("twice.json", twice.as_bytes(), "broken-document", false),
        ("utf16.json", &utf16, "", true),
        ("bom.json", bom.as_bytes(), "", true),
        ("crlf.json", crlf.as_bytes(), "", true),
        ("tabs.json", tabs.as_bytes(), "", true),
        ("double.json", double.as_bytes(), "duplicate-key", true),
        ("wrong.json", wrong.as_bytes(), "wrong-type", true),
        ("invalid.json", &invalid, "not-text", false),
        ("deep.json", deep.as_bytes(), "broken-document", false),
        ("nothing.json", b"", "broken-document", false),
        ("space.json", b" \n\t ", "broken-document", false),
        ("null.json", b"null", "unknown-document", false),
        ("list.json", b"[]", "unknown-document", false),
        ("bomb.yaml", b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", "broken-document", false),
        ("tab.yaml", b"a:\n\t- b\n", "broken-document", false),
    ];
    let good = binance(&json!({ "ipRestrict": false, "enableWithdrawals": true, "enableSpotAndMarginTrading": true }));
    for (name, bytes, code, read) in table {
        let dir = folder(&[("good.json", &good)]);
        fs::write(dir.path().join(name), bytes).unwrap();
        let (exit, report) = report(dir.path(), &["check", "good.json", name]);
        assert_eq!(exit, 1, "{name}: what was found in the other file is lost");
        let problems = report["problems"].as_array().unwrap();
        if code.is_empty() {
            assert!(problems.is_empty(), "{name}: {problems:?}");
        } else {
            let told = problems.iter().find(|p| p["place"]["path"] == *name);
            let told = told.unwrap_or_else(|| panic!("{name}: no problem has its place: {problems:?}"));
            let same_kind = told["code"] == *code || (*code == "broken-document" && told["code"] == "unknown-document");
            assert!(same_kind, "{name}: {told}");
            assert_eq!(report["verdict"]["complete"], false, "{name}");
        }
        let found = report["findings"].as_array().unwrap().iter().any(|f| f["places"][0]["path"] == *name);
        assert_eq!(found, *read, "{name}: {}", report["findings"]);
    }
}

#[test]
fn places_are_the_exact_characters() {
    let rich = binance(&json!({ "ipRestrict": false, "enableWithdrawals": true, "enableSpotAndMarginTrading": true }));
    let dir = folder(&[("k.json", &rich)]);
    let (_, report) = report(dir.path(), &["check", "k.json"]);
    let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "withdraw-on-trading-key").unwrap().clone();
    let (start, end) = (&finding["places"][0]["start"], &finding["places"][0]["end"]);
    let at = |p: &Value| usize::try_from(p["offset"].as_u64().unwrap()).unwrap();
    assert_eq!(&rich[at(start)..at(end)], "true");
    let line = rich.lines().nth(usize::try_from(start["line"].as_u64().unwrap()).unwrap() - 1).unwrap();
    assert!(line.contains("enableWithdrawals"), "{line}");
}

#[test]
fn standard_input_and_json_lines_are_read() {
    let rich = binance(&json!({ "ipRestrict": false, "enableWithdrawals": true, "enableSpotAndMarginTrading": true }));
    let dir = TempDir::new().unwrap();
    let args = [&["check", "-", "--format", "json"][..], &NOW].concat();
    let output = piped(dir.path(), &args, rich.as_bytes());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let one: Value = serde_json::from_str(&rich).unwrap();
    let envelope = |key: &str| json!({ "exchange": "binance", "key": key, "response": one }).to_string();
    let lines = format!("{}\n\n{}\n", envelope("aaaaBBBBccccDDDD1111"), envelope("eeeeFFFFggggHHHH2222"));
    let args = [&["keys", "-", "--format", "json"][..], &NOW].concat();
    let output = piped(dir.path(), &args, lines.as_bytes());
    let keys: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    // A broken line is told, and the others are read.
    let args = [&["check", "-", "--format", "json"][..], &NOW].concat();
    let output =
        piped(dir.path(), &args, format!("{}\n{{\"exchange\": \n{}\n", envelope("aaaaBBBBccccDDDD1111"), envelope("x")).as_bytes());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["coverage"]["keys"], 2);
    assert_eq!(report["problems"][0]["place"]["start"]["line"], 2);
}

#[test]
fn no_secret_of_an_export_is_ever_printed() {
    let secret = "q8Zk2VtY7mNc4LxRp0Ws9JdHb3FgTe6UaQyXiKoMvEn1PzBrCwGhDuSf5AtLj2Ok";
    let id = "Yt5Rk8Wq2Lm7Xc9Vb4Nz1Jh6Gf3Ds0Pa8Ou2Ie5Ty7Rw9Qx4Zc6Vm1Bn3Kj5Hg8";
    let whole = json!({ "apiName": "grid", "apiKey": id, "secretKey": secret, "canTrade": true, "canMarginLoanRepay": false, "canFuturesTrade": false,
        "canUniversalTransfer": false, "canVanillaOptions": false, "status": 2, "ipList": ["51.158.10.20"], "surprise": secret, secret: 1 });
    let whole = serde_json::to_string_pretty(&whole).unwrap();
    let mut cases = vec![
        ("whole.json".to_owned(), whole.clone()),
        ("misnamed.json".to_owned(), whole.replace("apiKey", "apiKay").replace("canTrade", "canTride")),
    ];
    for cut in [whole.len() - 3, whole.find(secret).unwrap() + 30, whole.find(secret).unwrap() + 70] {
        cases.push((format!("cut{cut}.json"), whole[..cut].to_owned()));
    }
    cases.push(("twice.json".into(), format!("{whole}\n{whole}")));
    cases.push(("words.json".into(), format!("secret = {secret}\n{whole}")));
    cases.push(("list.json".into(), format!("[{whole}, {{\"secretKey\": \"{secret}\"}}]")));
    cases.push(("wrong.json".into(), whole.replace("\"canTrade\": true", &format!("\"canTrade\": \"{secret}\""))));
    for field in ["exchange", "endpoint", "account", "key", "fetched_at", "note"] {
        let mut envelope = json!({ "exchange": "binance", "response": serde_json::from_str::<Value>(&whole).unwrap() });
        envelope[field] = secret.into();
        cases.push((format!("envelope-{field}.json"), envelope.to_string()));
    }
    for (name, content) in &cases {
        let dir = folder(&[(name, content)]);
        for command in ["check", "keys"] {
            for format in ["human", "compact", "json"].iter().filter(|f| command == "check" || **f != "compact") {
                let output = keylint(dir.path(), &[&[command, name.as_str(), "--format", format], &NOW[..]].concat());
                let shown = text(&output);
                for i in 0..secret.len() - 8 {
                    assert!(!shown.contains(&secret[i..i + 8]), "{command} {name} as {format} shows the secret:\n{shown}");
                }
                assert!(command == "keys" || !shown.contains(&id[4..id.len() - 4]), "{command} {name} as {format} shows the id:\n{shown}");
            }
        }
    }
    // A declaration should hold none; one that does is not printed either.
    let dir =
        folder(&[("keylint.yaml", &format!("version: 1\nkeys:\n  - key: binance aaaa\n    secret_key: {secret}\n")), ("k.json", &whole)]);
    let shown = text(&keylint(dir.path(), &["check", "k.json"]));
    assert!(!shown.contains(&secret[..8]) && shown.contains("secret_key"), "{shown}");
}

#[test]
fn pages_of_one_answer_are_checked_together() {
    let page = |total: u32, names: &[&str]| {
        let row = |name: &&str| {
            json!({ "email": "grid@example.org", "apiName": name, "apikey": format!("Yt5Rk8Wq2Lm7{name}"), "canTrade": true, "canMarginLoanRepay": false,
                "canFuturesTrade": false, "canUniversalTransfer": false, "canVanillaOptions": false, "canFixApiTrading": false,
                "canFixApiReading": false, "timestamp": 1_790_000_000_000_u64 })
        };
        json!({ "total": total, "list": names.iter().map(row).collect::<Vec<_>>() }).to_string()
    };
    let (first, second) = (page(3, &["aaaa", "bbbb"]), page(3, &["cccc"]));
    let told = |files: &[(&str, &str)]| {
        let dir = folder(files);
        let (_, report) = report(dir.path(), &["check", "."]);
        report["problems"].as_array().unwrap().iter().filter(|p| p["code"] == "more-pages").count()
    };
    assert_eq!(told(&[("p1.json", &first)]), 1);
    assert_eq!(told(&[("p1.json", &first), ("p2.json", &first)]), 1, "one page twice is one page");
    assert_eq!(told(&[("p1.json", &first), ("p2.json", &second)]), 0);
}

#[test]
fn an_entry_that_names_its_own_key_is_told_whatever_the_spelling() {
    let declaration = "version: 1\nkeys:\n  - { key: bybit Kq7Zp2Lm9Xc4Vb8Nt1, replaces: bybit Kq7Z…, backup-for: bybit …8Nt1 }\n";
    let export = json!({ "retCode": 0, "retMsg": "", "result": { "id": "1", "note": "grid", "apiKey": "Kq7Zp2Lm9Xc4Vb8Nt1", "readOnly": 1, "secret": "",
        "permissions": { "ContractTrade": [], "Spot": ["SpotTrade"], "Wallet": [], "Options": [], "Derivatives": [], "Exchange": [] },
        "ips": ["51.158.10.20"], "type": 1, "expiredAt": "1970-01-01T00:00:00Z", "createdAt": "2026-10-13T03:20:45Z", "userID": 4, "isMaster": true, "parentUid": "0" }, "retExtInfo": {}, "time": 1_792_000_000_000_u64 });
    let dir = folder(&[("keylint.yaml", declaration), ("k.json", &export.to_string())]);
    let (exit, report) = report(dir.path(), &["check", "k.json"]);
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems.iter().filter(|p| p["code"] == "names-itself").count(), 2, "{problems:?}");
    let wrong = |f: &&Value| ["rotated-key-still-active", "backup-key-on-same-ip"].iter().any(|r| f["rule"] == *r);
    assert_eq!((exit, report["findings"].as_array().unwrap().iter().filter(wrong).count()), (2, 0));
}

#[test]
fn a_carried_secret_is_a_finding() {
    let whole = json!({ "apiName": "grid", "apiKey": "Yt5Rk8Wq2Lm7Xc9V", "secretKey": "q8Zk2VtY7mNc4LxRp0Ws9JdHb3Fg", "canTrade": true, "canMarginLoanRepay": false,
        "canFuturesTrade": false, "canUniversalTransfer": false, "canVanillaOptions": false, "status": 2, "ipList": ["51.158.10.20"] });
    let dir = folder(&[("k.json", &whole.to_string())]);
    let (exit, report) = report(dir.path(), &["check", "k.json"]);
    assert_eq!(exit, 1);
    assert!(report["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "export-carries-secret" && f["severity"] == "critical"));
}

#[test]
fn names_and_labels_from_outside_are_harmless() {
    let hostile = "a\u{1b}[31m\u{202e}b\n::error::x";
    let export = json!({ "retCode": 0, "retMsg": "", "result": { "id": "1", "note": hostile, "apiKey": "Kq7Zp2Lm9Xc4Vb8Nt1", "readOnly": 0, "secret": "",
        "permissions": { "ContractTrade": [], "Spot": ["SpotTrade"], "Wallet": ["Withdraw"], "Options": [], "Derivatives": [], "Exchange": [] },
        "ips": ["*"], "type": 1, "expiredAt": "1970-01-01T00:00:00Z", "createdAt": "2026-10-13T03:20:45Z", "userID": 4, "isMaster": true, "parentUid": "0" }, "retExtInfo": {}, "time": 1_792_000_000_000_u64 });
    let dir = folder(&[("x\u{1b}[2J\n::error::y.json", &export.to_string())]);
    for format in ["human", "compact", "json"] {
        let output = keylint(dir.path(), &[&["check", ".", "--format", format], &NOW[..]].concat());
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(1), "{shown}");
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{format}: {shown:?}");
        assert!(!shown.lines().any(|l| l.trim_start().starts_with("::")), "{format}: {shown}");
    }
}

#[test]
fn the_declaration_is_found_told_and_checked() {
    let rich = binance(&json!({ "enableSpotAndMarginTrading": true }));
    let dir = folder(&[("keylint.yaml", "version: 1\nkeys:\n  - { export: exports/k.json, task: trading }\n"), ("exports/k.json", &rich)]);
    let (_, first) = report(dir.path(), &["check", "."]);
    assert_eq!(first["config"], "keylint.yaml");
    assert!(!first["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "task-undeclared"));
    // Other spellings are told, and make the run incomplete.
    let other = folder(&[("keylint.yml", "version: 1\n"), ("k.json", &rich)]);
    let output = keylint(other.path(), &["check", "k.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("keylint.yaml"), "{}", text(&output));
    // Another declaration in the tree is listed as not used.
    let nested = folder(&[("keylint.yaml", "version: 1\n"), ("exports/k.json", &rich), ("sub/keylint.yaml", "version: 1\nkeys: []\n")]);
    let (_, told) = report(nested.path(), &["check", "."]);
    let left = told["coverage"]["left_out"].as_array().unwrap();
    assert!(left.iter().any(|l| l["path"] == "sub/keylint.yaml" && l["reason"].as_str().unwrap().contains("not used")), "{left:?}");
    for (wrong, words) in [
        ("version: 1\nsystms: {}\n", "systems"),
        ("version: 2\n", "version"),
        ("version: 1\nkeys:\n  - { key: binnance abc, task: trading }\n", "binance"),
        ("version: 1\nkeys:\n  - { key: binance abc, task: tradign }\n", "trading"),
        ("version: 1\nkeys:\n  - { key: binance abc, system: grid }\n", "systems"),
        ("version: 1\nkeys:\n  - { task: trading }\n", "export"),
        ("version: 1\naccounts:\n  binance/a: { withdrawals: { hold: 0 hours } }\n", "none"),
        ("version: 1\npolicy:\n  rules:\n    ip-privat: { off: \"because of tests\" }\n", "ip-private"),
        ("version: 1\npolicy:\n  rules:\n    ip-private: { off: \"\" }\n", "reason"),
        ("version: 1\npolicy: { exclude: [ { path: \"a[\", reason: x } ] }\n", "glob"),
        ("version: 1\nsystems:\n  a: { egress: [1.2.3] }\n", "address"),
    ] {
        let dir = folder(&[("keylint.yaml", wrong), ("exports/k.json", &rich)]);
        let output = keylint(dir.path(), &["check", "."]);
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(2), "{wrong}\n{shown}");
        assert!(shown.contains(words) && shown.contains("keylint.yaml"), "{wrong}\n{shown}");
    }
}

#[test]
fn in_a_repository_only_enveloped_exports_and_declared_places_are_audited() {
    let rich = binance(&json!({ "ipRestrict": false, "enableSpotAndMarginTrading": true }));
    let wrapped = json!({ "exchange": "binance", "response": serde_json::from_str::<Value>(&rich).unwrap() }).to_string();
    let dir = folder(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("tests/answer.json", &rich),
        ("exports/own.json", &rich),
        ("deep/wrapped.json", &wrapped),
    ]);
    let (_, report) = report(dir.path(), &["check", "."]);
    assert_eq!(report["coverage"]["exports"], 2);
    assert!(report["problems"].to_string().contains("1 file looks like an export and was not audited"), "{}", report["problems"]);
    // Named, it is audited.
    let output = keylint(dir.path(), &["check", "tests/answer.json"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn several_outputs_in_one_run_and_links_are_refused() {
    let rich = binance(&json!({ "ipRestrict": false, "enableSpotAndMarginTrading": true }));
    let dir = folder(&[("k.json", &rich)]);
    let output =
        keylint(dir.path(), &[&["check", "k.json", "--output", "json=out.json", "--output", "compact=out.txt"], &NOW[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let saved: Value = serde_json::from_slice(&fs::read(dir.path().join("out.json")).unwrap()).unwrap();
    assert_eq!(saved["schema"], "keylint-report/1");
    assert!(fs::read_to_string(dir.path().join("out.txt")).unwrap().contains("k.json:"));
    #[cfg(unix)]
    {
        fs::write(dir.path().join("target.txt"), "kept").unwrap();
        std::os::unix::fs::symlink("target.txt", dir.path().join("link.json")).unwrap();
        let output = keylint(dir.path(), &["check", "k.json", "--output", "json=link.json"]);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(fs::read_to_string(dir.path().join("target.txt")).unwrap(), "kept");
    }
}

#[cfg(unix)]
#[test]
fn links_pipes_and_unreadable_files_are_told() {
    let rich = binance(&json!({ "enableSpotAndMarginTrading": true }));
    let dir = folder(&[("k.json", &rich)]);
    let outside = folder(&[("secret.json", &rich)]);
    std::os::unix::fs::symlink(outside.path().join("secret.json"), dir.path().join("link.json")).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("folder")).unwrap();
    assert!(Command::new("mkfifo").arg(dir.path().join("pipe.json")).status().unwrap().success());
    let (_, report) = report(dir.path(), &["check", "."]);
    let left = report["coverage"]["left_out"].to_string();
    assert!(left.contains("link.json") && left.contains("folder") && left.contains("pipe.json"), "{left}");
    assert_eq!(report["coverage"]["exports"], 1);
    // Named, a pipe is not waited for.
    let output = keylint(dir.path(), &["check", "pipe.json"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}

#[test]
fn excluded_paths_are_listed_with_their_reason_until_they_expire() {
    let rich = binance(&json!({ "ipRestrict": false, "enableSpotAndMarginTrading": true }));
    let config = |until: &str| {
        format!("version: 1\npolicy:\n  exclude:\n    - {{ path: \"old/**\", reason: \"another desk's\", until: {until} }}\n")
    };
    let dir = folder(&[("keylint.yaml", &config("2027-01-01")), ("old/k.json", &rich), ("new/k.json", &rich)]);
    let (_, before) = report(dir.path(), &["check", "."]);
    assert_eq!(before["coverage"]["exports"], 1);
    assert!(before["coverage"]["left_out"].to_string().contains("another desk's"));
    fs::write(dir.path().join("keylint.yaml"), config("2026-01-01")).unwrap();
    let (_, after) = report(dir.path(), &["check", "."]);
    assert_eq!(after["coverage"]["exports"], 2);
    assert!(after["problems"].to_string().contains("expired"));
}

#[test]
fn the_policy_can_require_facts() {
    let closed = binance(&json!({}));
    let dir = folder(&[("keylint.yaml", "version: 1\npolicy: { require: [expires] }\n"), ("exports/k.json", &closed)]);
    let output = keylint(dir.path(), &["check", "."]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("requires that exports state expires"), "{}", text(&output));
}

#[test]
fn the_draft_is_a_declaration_and_is_never_written_over_another() {
    let rich = binance(&json!({ "ipRestrict": false, "enableWithdrawals": true, "enableSpotAndMarginTrading": true }));
    let dir = folder(&[("k.json", &rich)]);
    let (_, before) = report(dir.path(), &["check", "."]);
    let output = keylint(dir.path(), &["init", ".", "--write"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let (_, after) = report(dir.path(), &["check", "."]);
    let picked = |r: &Value| {
        let found = r["findings"].as_array().unwrap().iter().filter(|f| f["rule"] != "task-undeclared");
        found.map(|f| (f["rule"].to_string(), f["severity"].to_string())).collect::<Vec<_>>()
    };
    assert_eq!(picked(&before), picked(&after));
    let again = keylint(dir.path(), &["init", ".", "--write"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again).contains("not overwritten"));
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let dir = folder(&[]);
    for i in 0..40 {
        let export =
            binance(&json!({ "ipRestrict": i % 2 == 0, "enableSpotAndMarginTrading": i % 3 == 0, "enableWithdrawals": i % 5 == 0 }));
        fs::write(dir.path().join(format!("{i}.json")), export).unwrap();
    }
    let run = |threads: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
        command.args(["check", ".", "--format", "json"]).args(NOW).current_dir(dir.path()).env("RAYON_NUM_THREADS", threads);
        command.output().unwrap().stdout
    };
    assert!(run("1") == run("4"));
}

#[test]
fn rules_of_the_users_own_are_added_and_their_mistakes_have_a_place() {
    let closed = binance(&json!({ "enableSpotAndMarginTrading": true }));
    let rule = "title: A key at Binance trades\nseverity: low\nabout: key\nwhen: { permissions.trade: true }\nat: [ permissions.trade ]\nmessage: \"{subject} trades.\"\nwhy: House rule.\nfix: Ask the desk.\nexamples:\n  fires:\n    - name: one\n      exports: ['{ \"ipRestrict\": true, \"enableReading\": true, \"enableWithdrawals\": false, \"enableInternalTransfer\": false, \"enableMargin\": false, \"enableSpotAndMarginTrading\": «true» }']\n";
    let dir = folder(&[("mine/house/no-trading.yaml", rule), ("k.json", &closed)]);
    let (_, told) = report(dir.path(), &["check", "k.json", "--rules", "mine"]);
    assert!(told["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "no-trading" && f["family"] == "house"));
    let output = keylint(dir.path(), &["rules", "test", "mine"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("1 rules, 1 examples"), "{}", text(&output));
    for (bad, words) in [
        (rule.replace("severity: low", "severty: low"), "severity"),
        (rule.replace("severity: low", "severity: lowest"), "low"),
        (rule.replace("permissions.trade: true", "permissions.trad: true"), "permissions.trade"),
        (rule.replace("permissions.trade: true", "permissions.trade: maybe"), "true or false"),
        (rule.replace("{subject} trades", "{subjct} trades"), "subject"),
        (rule.replace("about: key", "about: keys"), "key"),
        (rule.replace("at: [ permissions.trade ]", "at: [ permission.trade ]"), "permissions.trade"),
        (rule.replace("why: House rule.\n", ""), "why"),
    ] {
        fs::write(dir.path().join("mine/house/no-trading.yaml"), &bad).unwrap();
        let output = keylint(dir.path(), &["check", "k.json", "--rules", "mine"]);
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(2), "{shown}");
        assert!(shown.contains(words) && shown.contains("no-trading.yaml:"), "{words}: {shown}");
    }
}

#[test]
fn rules_explain_themselves_and_an_unknown_one_has_a_suggestion() {
    let dir = TempDir::new().unwrap();
    let output = keylint(dir.path(), &["explain", "withdraw-on-trading-key"]);
    assert!(output.status.success() && text(&output).contains("Fires when"), "{}", text(&output));
    let output = keylint(dir.path(), &["explain", "withdraw-on-tradng-key"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("withdraw-on-trading-key"));
}

#[test]
fn help_lists_what_is_built() {
    let dir = TempDir::new().unwrap();
    let output = keylint(dir.path(), &["--help"]);
    assert!(output.status.success());
    for command in ["check", "keys", "init", "explain", "rules", "schema"] {
        assert!(text(&output).contains(command), "{command}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_reader_that_left_are_no_panic() {
    let rich = binance(&json!({ "ipRestrict": false, "enableSpotAndMarginTrading": true }));
    let dir = folder(&[("k.json", &rich)]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_keylint"))
        .args(["check", "k.json"])
        .current_dir(dir.path())
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(2));
    assert!(!text(&status).contains("panicked"));
}
