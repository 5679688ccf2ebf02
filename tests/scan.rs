//! Trees with secrets in them, scanned by the built binary: what is found where, what it is joined with, what is left out,
//! what suppresses it, and that no report ever shows a value.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops where something is not as it must be"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use tempfile::TempDir;

const KEY: &str = "Kq7Zp2Lm9Xc4Vb8Nt1";
const SECRET: &str = "w3RkT8yLq2ZxV5nJ7mBc4HdG9sFpQeXu1AoN";
const OTHER: &str = "J7mBc4HdG9sFpQeXu1AoNw3RkT8yLq2ZxV5n";
const BINANCE: &str = "q8Zk2VtY7mNc4LxRp0Ws9JdHb3FgTe6UaQyXiKoMvEn1PzBrCwGhDuSf5AtLj2Ok";

fn keylint(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).current_dir(folder).env_remove("COLUMNS").env("NO_COLOR", "1").stdin(Stdio::null());
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

fn check(dir: &Path, args: &[&str]) -> (i32, Value) {
    let output = keylint(dir, &[&["check", "."], args, &["--format", "json", "--now", "2026-11-01T00:00:00Z"]].concat());
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output)));
    (output.status.code().unwrap(), value)
}

/// Rule, severity and path of every finding that counts.
fn found(report: &Value) -> Vec<(String, String, String)> {
    let of = |f: &Value| {
        (
            f["rule"].as_str().unwrap().to_owned(),
            f["severity"].as_str().unwrap().to_owned(),
            f["places"][0]["path"].as_str().unwrap().to_owned(),
        )
    };
    let all = report["findings"].as_array().unwrap();
    all.iter().filter(|f| f["suppressed"].is_null() && !f["secret"].is_null()).map(of).collect()
}

fn env() -> Vec<u8> {
    format!("BYBIT_API_KEY={KEY}\nBYBIT_API_SECRET={SECRET}\n").into_bytes()
}

fn bybit(changes: &Value) -> Vec<u8> {
    let mut answer = json!({ "retCode": 0, "retMsg": "", "result": { "id": "1", "note": "grid", "apiKey": KEY, "readOnly": 0, "secret": "",
        "permissions": { "ContractTrade": [], "Spot": ["SpotTrade"], "Wallet": [], "Options": [], "Derivatives": [], "Exchange": [] },
        "ips": ["51.158.10.20"], "type": 1, "expiredAt": "1970-01-01T00:00:00Z", "createdAt": "2026-10-13T03:20:45Z", "userID": 4, "isMaster": true,
        "parentUid": "0" }, "retExtInfo": {}, "time": 1_792_000_000_000_u64 });
    for (name, value) in changes.as_object().unwrap() {
        answer["result"][name] = value.clone();
    }
    answer.to_string().into_bytes()
}

#[test]
fn key_secret_and_passphrase_are_one_finding_at_their_exact_characters() {
    let dir = folder(&[("bot.py", b"import ccxt\nclient = ccxt.okx({'apiKey': '8208aea2-3c3c-47d9-9957-ab067782210a',\n  'secret': '5E75CC746FC90670158798C01F1E3A08', 'password': 'magnet-cobalt-238'})\n")]);
    let (code, report) = check(dir.path(), &[]);
    assert_eq!((code, found(&report)), (1, vec![("secret-in-plaintext".into(), "high".into(), "bot.py".into())]));
    let finding = &report["findings"][0];
    let parts: Vec<(&str, u64)> = finding["secret"]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["part"].as_str().unwrap(), p["length"].as_u64().unwrap()))
        .collect();
    assert_eq!(parts, [("key", 36), ("secret", 32), ("passphrase", 17)]);
    assert_eq!(finding["secret"]["exchange"], "okx");
    // The first place is the secret; columns count characters.
    let start = &finding["places"][0]["start"];
    assert_eq!((&start["line"], &start["column"], &start["offset"]), (&json!(3), &json!(14), &json!(94)));
    assert!(finding["secret"]["parts"].as_array().unwrap().iter().all(|p| (p["part"] == "passphrase") == p["fingerprint"].is_null()));
}

#[test]
fn a_known_key_gives_its_reach_and_its_place() {
    let cases = [
        (json!({ "permissions": { "Spot": ["SpotTrade"], "Wallet": ["Withdraw"] }, "ips": ["*"] }), "critical"),
        (json!({ "ips": ["*"] }), "high"),
        (json!({}), "medium"),
        (
            json!({ "permissions": { "Spot": [], "Wallet": [], "ContractTrade": [], "Options": [], "Derivatives": [], "Exchange": [] }, "readOnly": 1 }),
            "low",
        ),
    ];
    for (changes, severity) in cases {
        let dir = folder(&[("bot/.env", &env()), ("exports/k.json", &bybit(&changes))]);
        let (_, report) = check(dir.path(), &[]);
        let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "secret-in-plaintext").unwrap().clone();
        assert_eq!(finding["severity"], severity, "{changes}: {}", finding["severity_because"]);
        assert!(finding["severity_because"].as_str().unwrap().contains("usable"), "{finding}");
        let paths: Vec<&str> = finding["places"].as_array().unwrap().iter().map(|p| p["path"].as_str().unwrap()).collect();
        assert!(paths.contains(&"bot/.env") && paths.contains(&"exports/k.json"), "{paths:?}");
    }
    // A key that its exchange has switched off opens nothing.
    let dir = folder(&[("bot/.env", &env()), ("exports/k.json", &bybit(&json!({ "expiredAt": "2026-10-20T00:00:00Z", "ips": ["*"] })))]);
    assert!(found(&check(dir.path(), &[]).1).iter().all(|f| f.1 != "critical"));
}

#[test]
fn one_secret_in_two_systems_or_two_environments() {
    let declaration = |environment: &str| {
        format!("version: 1\nsystems:\n  grid: {{ environment: production, paths: [\"live/**\"] }}\n  other: {{ environment: {environment}, paths: [\"other/**\"] }}\n").into_bytes()
    };
    let rules =
        |report: &Value| report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let dir = folder(&[("keylint.yaml", &declaration("production")), ("live/.env", &env()), ("other/.env", &env())]);
    let shared = rules(&check(dir.path(), &[]).1);
    assert!(
        shared.contains(&"key-shared-across-systems".into()) && !shared.contains(&"production-secret-in-development".into()),
        "{shared:?}"
    );
    let dir = folder(&[("keylint.yaml", &declaration("development")), ("live/.env", &env()), ("other/.env", &env())]);
    let stray = rules(&check(dir.path(), &[]).1);
    assert!(stray.contains(&"production-secret-in-development".into()), "{stray:?}");
    let apart = format!("BYBIT_API_KEY=Rt5Yp8Wm2Xc9Vb3Nk7\nBYBIT_API_SECRET={OTHER}\n").into_bytes();
    let dir = folder(&[("keylint.yaml", &declaration("development")), ("live/.env", &env()), ("other/.env", &apart)]);
    let own = rules(&check(dir.path(), &[]).1);
    assert!(!own.iter().any(|r| r == "key-shared-across-systems" || r == "production-secret-in-development"), "{own:?}");
}

#[test]
fn a_comment_covers_one_finding_for_a_reason_and_for_a_time() {
    let line = |comment: &str, secret: &str| format!("{comment}\nBYBIT_API_SECRET = \"{secret}\"\n").into_bytes();
    let cases: &[(&str, bool, Option<&str>)] = &[
        ("# keylint: allow secret-in-plaintext -- made up for the tutorial", false, None),
        ("# keylint: allow secret-in-plaintext until=2027-01-01 -- until the vault is there", false, None),
        ("# keylint: allow secret-in-plaintext", true, Some("suppression-without-reason")),
        ("# keylint: allow secret-in-plaintext until=2026-01-01 -- too late", true, Some("suppression-expired")),
        ("# keylint: allow secret-in-plaintext until=soon -- no date", true, Some("suppression-wrong-date")),
        ("# keylint: allow secret-in-plain -- misspelt", true, Some("suppression-unknown-rule")),
        ("# keylint: allow ip-private -- another rule", true, Some("suppression-unused")),
    ];
    for (comment, live, code) in cases {
        let dir = folder(&[("a.py", &line(comment, SECRET))]);
        let (_, report) = check(dir.path(), &["--show-suppressed"]);
        assert_eq!(!found(&report).is_empty(), *live, "{comment}: {report}");
        let codes: Vec<&str> = report["problems"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap()).collect();
        assert_eq!(codes.first().copied(), *code, "{comment}");
        assert_eq!(found(&check(dir.path(), &["--no-suppress"]).1).len(), 1, "{comment}");
    }
    // One comment covers one finding: the second on the same line counts.
    let two = format!(
        "A = {{'bybit': {{'secret': '{SECRET}'}}, 'x': {{'bybit_secret': '{OTHER}'}}}}  # keylint: allow secret-in-plaintext -- one\n"
    );
    let dir = folder(&[("a.py", two.as_bytes())]);
    let (_, report) = check(dir.path(), &["--show-suppressed"]);
    let all = report["findings"].as_array().unwrap().len();
    assert_eq!(found(&report).len(), all - 1, "{report}");
    // Suppressed findings are counted, and listed only where somebody asks.
    let dir = folder(&[("a.py", &line(cases[0].0, SECRET))]);
    let (code, report) = check(dir.path(), &[]);
    assert_eq!((code, report["verdict"]["suppressed"].clone(), report["findings"].as_array().unwrap().len()), (0, json!(1), 0));
}

#[test]
fn excludes_of_the_declaration_leave_out_and_are_listed() {
    let declaration = b"version: 1\npolicy:\n  exclude: [{ path: 'vendor/**', reason: third-party code }]\n";
    let dir = folder(&[("keylint.yaml", declaration), ("vendor/.env", &env()), ("a.txt", b"x")]);
    let (code, report) = check(dir.path(), &[]);
    assert_eq!((code, found(&report).len()), (0, 0));
    assert!(report["coverage"]["left_out"].to_string().contains("third-party code"));
    assert_eq!(found(&check(dir.path(), &["--no-suppress"]).1).len(), 1);
}

#[test]
fn a_baseline_holds_what_is_known_and_nothing_that_moves() {
    let dir = folder(&[(".env", &env())]);
    let run = |args: &[&str]| keylint(dir.path(), args);
    assert_eq!(run(&["baseline", "create"]).status.code(), Some(0));
    assert_eq!(run(&["baseline", "create"]).status.code(), Some(2), "an existing baseline is overwritten");
    let first = fs::read_to_string(dir.path().join("keylint.baseline")).unwrap();
    assert!(!first.contains(KEY) && !first.contains(&SECRET[..8]) && !first.contains(".env:"), "{first}");
    assert_eq!(check(dir.path(), &["--baseline", "keylint.baseline"]).0, 0);
    // Lines move, the file moves: the same finding. Another value: another one.
    fs::write(dir.path().join(".env"), [b"# a\n\n\n".as_slice(), &env()].concat()).unwrap();
    assert_eq!(check(dir.path(), &["--baseline", "keylint.baseline"]).0, 0);
    fs::write(dir.path().join("new.env"), format!("BYBIT_API_SECRET={OTHER}\n")).unwrap();
    let (code, report) = check(dir.path(), &["--baseline", "keylint.baseline", "--show-suppressed"]);
    assert_eq!((code, found(&report).len()), (1, 1));
    assert!(report["findings"].to_string().contains("\"by\":\"baseline\""));
    assert_eq!(check(dir.path(), &["--baseline", "keylint.baseline", "--no-suppress"]).1["findings"].as_array().unwrap().len(), 2);
    assert_eq!(run(&["baseline", "update"]).status.code(), Some(0));
    let second = fs::read_to_string(dir.path().join("keylint.baseline")).unwrap();
    let entries: Vec<&str> = second.lines().filter(|l| !l.starts_with('#')).collect();
    assert!(entries.len() == 2 && entries.is_sorted(), "{second}");
    // What is gone is told, and taken out by prune, which adds nothing.
    fs::remove_file(dir.path().join("new.env")).unwrap();
    fs::write(dir.path().join("third.env"), "BINANCE_API_SECRET=".to_owned() + BINANCE).unwrap();
    let (_, report) = check(dir.path(), &["--baseline", "keylint.baseline"]);
    assert!(report["problems"].to_string().contains("baseline-unused"));
    assert_eq!(run(&["baseline", "check"]).status.code(), Some(1));
    assert_eq!(run(&["baseline", "prune"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(dir.path().join("keylint.baseline")).unwrap(), first);
    assert_eq!(run(&["baseline", "check"]).status.code(), Some(0));
    fs::write(dir.path().join("keylint.baseline"), "no fingerprint\n").unwrap();
    let broken = keylint(dir.path(), &["check", ".", "--baseline", "keylint.baseline"]);
    assert_eq!(broken.status.code(), Some(2), "{}", text(&broken));
}

fn git_in(dir: &Path, args: &[&str]) {
    let output = Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn what_git_ignores_is_found_one_severity_lower() {
    let dir = folder(&[
        (".gitignore", b"*.env\n.env\n!kept.env\n"),
        (".env", &env()),
        ("kept.env", format!("BYBIT_API_SECRET={OTHER}\n").as_bytes()),
    ]);
    fs::create_dir(dir.path().join(".git")).unwrap();
    let (_, report) = check(dir.path(), &[]);
    let mut all = found(&report);
    all.sort();
    // What git has taken in all the same it does not ignore.
    let tracked = folder(&[(".gitignore", b".env\n"), (".env", &env())]);
    let git = |args: &[&str]| git_in(tracked.path(), args);
    git(&["init", "-q", "."]);
    assert_eq!(found(&check(tracked.path(), &[]).1)[0].1, "medium");
    git(&["add", "-f", ".env"]);
    assert_eq!(found(&check(tracked.path(), &[]).1)[0].1, "high");
    assert_eq!(found(&check(tracked.path(), &["--respect-gitignore"]).1).len(), 1);
    assert_eq!(
        all,
        [("secret-in-plaintext".into(), "high".into(), "kept.env".into()), ("secret-in-plaintext".into(), "medium".into(), ".env".into())]
            as [(String, String, String); 2]
    );
    let (_, report) = check(dir.path(), &["--respect-gitignore"]);
    assert_eq!(found(&report).len(), 1);
    assert!(report["coverage"]["left_out"].to_string().contains("git ignores it"));
}

#[test]
fn of_gits_own_folder_what_people_write_to_is_read() {
    let config = format!("[remote \"o\"]\n\turl = https://x:y@example.org\n[env]\n\tBYBIT_API_SECRET = {SECRET}\n");
    let hook = format!("#!/bin/sh\nexport BINANCE_API_SECRET={BINANCE}\n");
    let dir = folder(&[
        (".git/config", config.as_bytes()),
        (".git/hooks/pre-push", hook.as_bytes()),
        (".git/objects/aa/bb", &env()),
        ("a.txt", b"x"),
    ]);
    let (_, report) = check(dir.path(), &[]);
    let mut paths: Vec<String> = found(&report).into_iter().map(|f| f.2).collect();
    paths.sort();
    assert_eq!(paths, [".git/config", ".git/hooks/pre-push"]);
    assert!(report["coverage"]["left_out"].to_string().contains("git's own files"));
}

#[test]
fn bytes_of_every_kind_are_read() {
    let line = format!("BYBIT_API_SECRET={SECRET}\r\n");
    let utf16 = |little: bool, mark: bool| -> Vec<u8> {
        let units: Vec<u16> = mark.then_some(0xfeff).into_iter().chain(line.repeat(3).encode_utf16()).collect();
        units.into_iter().flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
    };
    let binary: Vec<u8> = [(0..=255).cycle().take(9000).collect::<Vec<u8>>(), vec![0], line.clone().into_bytes(), vec![0, 1, 2]].concat();
    let latin = [b"# f\xfcr die B\xf6rse\n".as_slice(), line.as_bytes()].concat();
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("le.txt", utf16(true, true)),
        ("be.txt", utf16(false, true)),
        ("bare.txt", utf16(true, false)),
        ("blob.bin", binary.clone()),
        ("latin.txt", latin),
        ("bom.env", [b"\xef\xbb\xbf".as_slice(), line.as_bytes()].concat()),
        // A mark that lies, and four bytes for each character.
        ("lie.env", [b"\xff\xfe\n".as_slice(), line.as_bytes()].concat()),
        ("utf32.txt", line.repeat(3).chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
    ];
    let borrowed: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (*n, b.as_slice())).collect();
    let dir = folder(&borrowed);
    let (_, report) = check(dir.path(), &[]);
    let mut paths: Vec<String> = found(&report).into_iter().map(|f| f.2).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths, ["bare.txt", "be.txt", "blob.bin", "bom.env", "latin.txt", "le.txt", "lie.env", "utf32.txt"]);
    for finding in report["findings"].as_array().unwrap() {
        let place = &finding["places"][0];
        let start = &place["start"];
        match place["path"].as_str().unwrap() {
            // A file that is no text has offsets only.
            "blob.bin" => assert_eq!((&start["line"], &start["column"], &start["offset"]), (&Value::Null, &Value::Null, &json!(9018))),
            "latin.txt" => assert_eq!((&start["line"], &start["column"]), (&json!(2), &json!(18))),
            "bom.env" => assert_eq!((&start["line"], &start["column"], &start["offset"]), (&json!(1), &json!(18), &json!(20))),
            "lie.env" => assert_eq!((&start["line"], &start["offset"]), (&json!(2), &json!(20))),
            _ => assert_eq!(start["column"], 18),
        }
    }
}

#[test]
fn a_secret_across_the_edge_of_a_window_is_found_once_at_every_offset() {
    // Two windows of a megabyte share 64 kB: the places where one ends and where the next begins, and the middle, where
    // findings change hands.
    const WINDOW: usize = 1 << 20;
    const OVERLAP: usize = 64 << 10;
    for edge in [WINDOW, WINDOW - OVERLAP, WINDOW - OVERLAP / 2] {
        for shift in (-64i64..=64).step_by(16).chain([-1, 1, -33, 33]) {
            let at = (edge as i64 + shift) as usize;
            let line = format!("\nBYBIT_API_SECRET={SECRET}\n");
            let mut bytes = b"x y = 1;\n".repeat(WINDOW / 9 + 20_000);
            bytes[at..at + line.len()].copy_from_slice(line.as_bytes());
            let dir = folder(&[("big.txt", &bytes)]);
            let (_, report) = check(dir.path(), &[]);
            assert_eq!(found(&report).len(), 1, "{edge} {shift}");
            let start = &report["findings"][0]["places"][0]["start"];
            let lines = memchr::memchr_iter(b'\n', &bytes[..=at]).count() + 1;
            assert_eq!(
                (&start["offset"], &start["line"], &start["column"]),
                (&json!(at + 18), &json!(lines), &json!(18)),
                "{edge} {shift}"
            );
        }
    }
}

#[test]
fn no_path_silences_a_secret() {
    let names = [
        "yarn.lock",
        "package-lock.json.txt",
        "Cargo.lock",
        "go.sum",
        "tests/test_client.py",
        "fixtures/vectors.txt",
        "docs/README.md",
        ".env.example",
        "app.min.js",
        "app.js.map.txt",
        "node_modules/ccxt/x.js",
        "vendor/lib.php",
        "LICENSE",
        "locales/de.po",
        "image.svg",
        "SHA256SUMS",
        ".user.cfg.example",
        "spec/fixtures/cassette.yml.txt",
        "CHANGELOG.md",
        "testdata/golden.out",
    ];
    for name in names {
        let content = format!("some words\nBYBIT_API_KEY={KEY}\nBYBIT_API_SECRET={SECRET}\nmore words\n");
        let dir = folder(&[(name, content.as_bytes())]);
        assert_eq!(found(&check(dir.path(), &[]).1).len(), 1, "{name}");
    }
}

#[test]
fn no_report_shows_a_value_in_any_form() {
    let escaped = |s: &str| s.replace('/', "\\/");
    let kraken = "a71M0EUKzNs2nDkRTxzHHZmT/iTamYGUxAkda1mVFqmq/uHtmLUwRIpgHFdaju+jL7EvbYntvePTB7OxEFBD6g==";
    let files: Vec<(&str, String)> = vec![
        (".env", format!("BYBIT_API_KEY={KEY}\nBYBIT_API_SECRET={SECRET}\nNOTE={SECRET}\n# {SECRET} {SECRET}\n")),
        ("k.json", format!("{{\"kraken\": {{\"secret\": \"{}\", \"old\": \"{}\"}}}}", escaped(kraken), kraken)),
        ("s.yaml", format!("kind: Secret\nmetadata: {{name: bybit}}\ndata:\n  api-secret: {}\n", BASE64.encode(SECRET.as_bytes()))),
        ("joined.py", format!("bybit_secret = '{}' + '{}'\n", &SECRET[..18], &SECRET[18..])),
        ("okx.toml", "[okx]\nkey = \"8208aea2-3c3c-47d9-9957-ab067782210a\"\nsecret = \"5E75CC746FC90670158798C01F1E3A08\"\npassphrase = \"magnet-cobalt-238\"\nagain = \"magnet-cobalt-238\"\n".into()),
        ("seed.txt", "vivid caution network pumpkin army act tourist region steel meat yard capital\n".into()),
        ("torn.json", format!("{{ \"retCode\": 0, \"result\": {{ \"apiKey\": \"{KEY}\", \"secret\": \"{SECRET}\", \"permissions\": {{ \"Spot\": [\"SpotTrade\"")),
        ("keylint.yaml", "version: 1\n".into()),
    ];
    let values = [SECRET, kraken, "5E75CC746FC90670158798C01F1E3A08", "magnet-cobalt-238", "vivid caution network pumpkin"];
    let mut forms: Vec<String> = Vec::new();
    for value in values {
        forms.extend(value.as_bytes().windows(8).map(|w| String::from_utf8_lossy(w).into_owned()));
        forms.push(BASE64.encode(value.as_bytes())[..16].to_owned());
        forms.push(HEXLOWER.encode(value.as_bytes())[..16].to_owned());
    }
    forms.push(KEY[4..14].to_owned());
    let borrowed: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (*n, b.as_bytes())).collect();
    let dir = folder(&borrowed);
    let mut runs: Vec<Vec<&str>> = Vec::new();
    for format in ["human", "compact", "json"] {
        runs.push(vec!["check", ".", "--format", format]);
        runs.push(vec!["check", ".", "--format", format, "--as", "text", "--no-suppress"]);
        runs.push(vec!["check", "torn.json", "--format", format]);
    }
    for (name, _) in &files {
        for line in 1..5 {
            runs.push(vec!["explain", Box::leak(format!("{name}:{line}").into_boxed_str())]);
        }
    }
    runs.push(vec!["keys", "."]);
    runs.push(vec!["baseline", "create"]);
    let allowed = ["kind of ", "secret: "];
    for args in &runs {
        let output = Command::new(env!("CARGO_BIN_EXE_keylint"))
            .args(args)
            .current_dir(dir.path())
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let shown = text(&output);
        for form in &forms {
            assert!(!shown.contains(form.as_str()) || allowed.contains(&form.as_str()), "{args:?} shows a value:\n{shown}");
        }
        let wide = String::from_utf16_lossy(&output.stdout.chunks_exact(2).map(|p| u16::from_le_bytes([p[0], p[1]])).collect::<Vec<_>>());
        assert!(!wide.contains(&SECRET[..8]));
    }
    let baseline = fs::read_to_string(dir.path().join("keylint.baseline")).unwrap();
    assert!(forms.iter().all(|f| !baseline.contains(f.as_str())));
    assert_eq!(fs::read_dir(dir.path()).unwrap().filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("tmp")).count(), 0);
}

#[test]
fn a_document_that_nothing_recognises_is_scanned_and_said() {
    let dir = folder(&[
        ("bot.json", format!("{{\"bybit\": {{\"key\": \"{KEY}\", \"secret\": \"{SECRET}\"}}}}").as_bytes()),
        ("plain.json", b"{\"a\": 1}"),
        ("notes.txt", b"nothing here\n"),
    ]);
    let code = |args: &[&str]| keylint(dir.path(), &[&["check"], args].concat()).status.code().unwrap();
    assert_eq!(code(&["bot.json"]), 1);
    assert_eq!(code(&["plain.json"]), 2);
    assert!(text(&keylint(dir.path(), &["check", "plain.json"])).contains("--as text"));
    assert_eq!(code(&["plain.json", "--as", "text"]), 0);
    assert_eq!(code(&["notes.txt"]), 0);
    assert_eq!(code(&["notes.txt", "--as", "export"]), 2);
}

#[test]
fn a_line_is_explained_without_its_values() {
    let dir = folder(&[(".env", &env()), ("b.env", b"OKX_SECRET_KEY=your_secret_here\n"), ("c.txt", b"x\n")]);
    let shown = text(&keylint(dir.path(), &["explain", ".env:2"]));
    assert!(
        shown.contains("36 letters and digits")
            && shown.contains("bybit api secret")
            && shown.contains("secret-in-plaintext")
            && shown.contains("shape of Bybit"),
        "{shown}"
    );
    assert!(text(&keylint(dir.path(), &["explain", "b.env:1"])).contains("a placeholder"));
    assert!(text(&keylint(dir.path(), &["explain", "c.txt:1"])).contains("nothing on this line"));
    assert_eq!(keylint(dir.path(), &["explain", "c.txt:9"]).status.code(), Some(2));
    assert_eq!(keylint(dir.path(), &["explain", "none.txt:1"]).status.code(), Some(2));
}

#[test]
fn users_add_shapes_of_their_own() {
    let shapes =
        b"title: Desk vault\nkind: exchange\nwords: [deskvault]\nshapes:\n  - { part: secret, shape: \"dv_{alnum 30}\", alone: true }\n";
    let value = format!("dv_{}", &SECRET[..30]);
    let dir = folder(&[("mine/secrets/deskvault.yaml", shapes), ("tree/a.txt", format!("token {value}\n").as_bytes())]);
    let run = |args: &[&str]| {
        let output = keylint(dir.path(), &[&["check", "tree", "--format", "json"], args].concat());
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(found(&run(&[])).len(), 0);
    let report = run(&["--rules", "mine"]);
    assert_eq!(report["findings"][0]["secret"]["exchange"], "deskvault", "{report}");
    fs::write(
        dir.path().join("mine/secrets/deskvault.yaml"),
        "title: x\nkind: exchange\nshapes: [{ part: secret, shape: \"{nope 3}\" }]\n",
    )
    .unwrap();
    let wrong = keylint(dir.path(), &["check", "tree", "--rules", "mine"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong).contains("deskvault.yaml:3"), "{}", text(&wrong));
}

#[test]
fn what_was_found_shows_nowhere_else_either() {
    let export = bybit(&json!({ "note": SECRET, "ips": ["*"] }));
    let named = format!("{SECRET}.txt");
    let declaration =
        format!("version: 1\n# BYBIT_API_SECRET={SECRET}\npolicy:\n  exclude: [{{ path: 'x/**', reason: 'holds {SECRET}' }}]\n");
    let allow = format!("BYBIT_API_SECRET={SECRET} # keylint: allow secret-in-plaintext -- {SECRET} is old\n");
    let hex = HEXLOWER.encode(SECRET.as_bytes());
    let table = format!(
        "exchange,api_key,api_secret,passphrase\nbybit,{KEY},{SECRET},hXuMhK2Py@o1Fs\n# {hex} {}\n",
        BASE64.encode(SECRET.as_bytes())
    );
    let files: Vec<(&str, &[u8])> = vec![
        ("exports/k.json", &export),
        (&named, b"x"),
        ("keylint.yaml", declaration.as_bytes()),
        ("x/.env", b"y"),
        ("a.env", allow.as_bytes()),
        ("t.csv", table.as_bytes()),
    ];
    let dir = folder(&files);
    for format in ["human", "compact", "json"] {
        let shown = text(&keylint(dir.path(), &["check", ".", "--format", format, "--show-suppressed"]));
        for form in [SECRET, &SECRET[4..20], &hex[..24], "hXuMhK2Py"] {
            assert!(!shown.contains(form), "{format} shows {form}:\n{shown}");
        }
    }
    // The declaration in use is looked at, too.
    let (_, report) = check(dir.path(), &["--show-suppressed"]);
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["places"][0]["path"] == "keylint.yaml" && f["rule"] == "secret-in-plaintext"),
        "{report}"
    );
    fs::write(dir.path().join("wrong"), SECRET).unwrap();
    assert!(!text(&keylint(dir.path(), &["check", ".", "--baseline", "wrong"])).contains(SECRET));
}

#[test]
fn many_secrets_and_many_comments_take_no_longer_than_their_number() {
    let pair = String::from_utf8(env()).unwrap();
    let dir = folder(&[
        ("same.env", pair.repeat(3000).as_bytes()),
        ("allow.py", "# keylint: allow secret-in-plaintext -- x\n".repeat(6000).as_bytes()),
    ]);
    let (_, report) = check(dir.path(), &[]);
    assert!(found(&report).len() >= 3000, "{}", found(&report).len());
}

#[test]
fn what_is_compressed_is_said() {
    let dir = folder(&[("a.gz", b"\x1f\x8b\x08\x00rest of it"), ("b.txt", b"x")]);
    assert!(check(dir.path(), &[]).1["coverage"]["left_out"].to_string().contains("compressed (gzip)"));
}

#[test]
fn excludes_that_match_nothing_are_told() {
    let dir = folder(&[("keylint.yaml", b"version: 1\npolicy:\n  exclude: [{ path: gone, reason: x }]\n"), ("gone/.env", &env())]);
    let (_, report) = check(dir.path(), &[]);
    assert!(report["problems"].to_string().contains("exclude-unused"), "{}", report["problems"]);
}
