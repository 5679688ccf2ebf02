//! `keylint wrap`: what comes out reads as what went in, minus the secrets, and nothing comes out where nothing good went in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test stops where something is not as it must be"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use keylint::intake::{self, Expected};
use keylint::inventory::join;
use keylint::model::Exchange;
use keylint::model::time::Time;
use keylint::report::keys::{Listing, write_json};
use keylint::run::Coverage;
use keylint::secrets::Detector;
use keylint::text::{Text, TextId, Texts};
use keylint::wrap::{Asked, Wrapped, wrap};
use serde_json::{Value, json};

const NOW: &str = "2026-11-01T00:00:00Z";

fn binary(args: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).env("NO_COLOR", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // What ends before it reads has told why.
    let _told = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn fixtures() -> Vec<(Exchange, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exports");
    let mut out = Vec::new();
    for folder in fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let exchange = Exchange::parse(folder.file_name().unwrap().to_str().unwrap()).unwrap();
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".json") && !name.ends_with(".keys.json") && !name.starts_with("error-") {
                out.push((exchange, path));
            }
        }
    }
    out.sort();
    out
}

/// The answer in a fixture, some of which are in their envelopes.
fn bare(path: &Path) -> String {
    let source = fs::read_to_string(path).unwrap();
    let value: Value = serde_json::from_str(&source).unwrap();
    value.get("response").map_or(source, Value::to_string)
}

fn wrapped(source: &str, exchange: Option<Exchange>) -> Result<Wrapped, String> {
    let asked = Asked { exchange, account: None, key: None, fetched_at: Time::parse(NOW).unwrap() };
    let text = Text::known("<stdin>", source);
    wrap(TextId(0), &text, &asked, &Detector::built_in()).map_err(|p| p.iter().map(|p| p.message.clone()).collect())
}

/// What `keylint keys` says, without places.
fn listed(source: &str, asked: Option<Exchange>) -> Value {
    let mut texts = Texts::default();
    let text = Text::known("export.json", source);
    let taken = intake::take(TextId(0), &text, "export.json".into(), asked, Expected::Export);
    texts.add(text);
    let (inventory, _) = join(vec![taken.evidence], None);
    let mut out = Vec::new();
    let as_of = Time::parse(NOW).unwrap();
    let texts = texts.into_shown();
    let listing = Listing { inventory: &inventory, problems: &[], coverage: &Coverage::default(), texts: &texts, as_of };
    write_json(&listing, &mut out).unwrap();
    let value: Value = serde_json::from_slice(&out).unwrap();
    json!({ "keys": value["keys"], "accounts": value["accounts"], "addresses": value["addresses"] })
}

/// Whether all that is stated in one is stated alike in the other, apart from where it stands and whether it carries a secret.
fn kept(before: &Value, after: &Value, at: &str, lost: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in a.iter().filter(|(n, _)| !matches!(n.as_str(), "places" | "carries_secret")) {
                kept(value, b.get(name).unwrap_or(&Value::Null), &format!("{at}.{name}"), lost);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().for_each(|(i, (a, b))| kept(a, b, &format!("{at}[{i}]"), lost));
        }
        // The envelope adds a time, from which an end can follow.
        (Value::Null, _) => {}
        _ if before == after => {}
        _ => lost.push(at.to_owned()),
    }
}

#[test]
fn every_documented_answer_reads_as_before_and_carries_nothing() {
    let all = fixtures();
    assert!(all.len() > 90);
    let mut dropped_of = 0;
    for (exchange, path) in all {
        let source = bare(&path);
        let name = path.display();
        let done = wrapped(&source, Some(exchange)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (before, after) = (listed(&source, Some(exchange)), listed(&done.envelope, None));
        let mut lost = Vec::new();
        kept(&before, &after, "", &mut lost);
        assert!(lost.is_empty(), "{name}: {lost:?}");
        let carried = |v: &Value| v["keys"].as_array().unwrap().iter().filter(|k| k["carries_secret"] == true).count();
        assert_eq!(carried(&after), 0, "{name}");
        assert!(carried(&before) == 0 || !done.dropped.is_empty(), "{name}");
        dropped_of += usize::from(carried(&before) > 0);
        // What was not dropped stays as it came.
        if done.dropped.is_empty() {
            assert!(done.envelope.contains(source.trim()), "{name}");
        }
        let envelope: Value = serde_json::from_str(&done.envelope).unwrap();
        assert_eq!((&envelope["exchange"], &envelope["endpoint"]), (&json!(exchange.id()), &json!(done.endpoint)), "{name}");
    }
    assert!(dropped_of >= 8, "{dropped_of}");
}

#[test]
fn the_file_that_is_saved_has_no_finding_of_a_carried_secret() {
    let dir = tempfile::TempDir::new().unwrap();
    for name in ["binance/sub-account-api-key-create", "okx/users-subaccount-apikey-create", "bitmex/api-key-carries-secret"] {
        let source = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/exports/{name}.json"))).unwrap();
        let output = binary(&["wrap", "--now", NOW], &source);
        assert_eq!(output.status.code(), Some(0));
        let path = dir.path().join("export.json");
        for (text, carries) in [(&source, true), (&output.stdout, false)] {
            fs::write(&path, text).unwrap();
            let report = binary(&["check", path.to_str().unwrap(), "--format", "json", "--now", NOW], b"");
            let report: Value = serde_json::from_slice(&report.stdout).unwrap();
            let about = |rule: &str| report["findings"].as_array().unwrap().iter().any(|f| f["rule"] == rule);
            assert_eq!(about("export-carries-secret"), carries, "{name}");
            assert!(!about("secret-in-plaintext") || carries, "{name}");
        }
    }
}

const SECRET: &str = "g7Kp2Wm9Zt4Xc6Vb1Nq8Rs5Yd3Hf0Jl7Ga2Ue4Io9Pk6Tz1Mw8Bx5Cv3Dn0Er7Qy";

fn restrictions(more: &str) -> String {
    format!(
        "{{\"ipRestrict\":true,\"createTime\":1790000000000,\"enableReading\":true,\"enableWithdrawals\":false,\"enableInternalTransfer\":false,\
         \"enableMargin\":false,\"enableFutures\":false,\"permitsUniversalTransfer\":false,\"enableVanillaOptions\":false,\
         \"enableSpotAndMarginTrading\":true{more}}}"
    )
}

#[test]
fn secrets_are_dropped_at_any_depth_with_their_copies_and_told_without_a_character() {
    let answer = restrictions(&format!(
        ",\"x\":{{\"deep\":[{{\"api_secret\":\"{SECRET}\"}}]}},\"note\":\"old {SECRET}\",\"loginPassword\":\"hunter2 hunter2\",\"passphrase\":91827364,\
         \"owner\":\"Jo \\u00e9 <jo@example.org>\",\"amount\":12345678901234567890.10,\"z\":1e400"
    ));
    let output = binary(&["wrap", "--now", NOW], answer.as_bytes());
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "{err}");
    for gone in [&SECRET[..12], &SECRET[50..], "hunter2", "91827364"] {
        assert!(!out.contains(gone) && !err.contains(gone), "{gone}: {err}");
    }
    // Digits, escapes, order and what nobody knows stay as they were written; so does what is personal.
    for stays in
        ["\"owner\":\"Jo \\u00e9 <jo@example.org>\"", "12345678901234567890.10,\"z\":1e400", "\"note\":\"***\"", "\"api_secret\":\"\""]
    {
        assert!(out.contains(stays), "{stays}: {out}");
    }
    for told in [
        "x.deep[0].api_secret: a secret of 64 characters or more",
        "note: a",
        "loginPassword: a passphrase of less than 16",
        "passphrase: a",
    ] {
        assert!(err.contains(told), "{told}: {err}");
    }
}

#[test]
fn a_secret_that_only_its_context_tells_is_dropped() {
    let answer = restrictions(&format!(",\"memo\":\"BINANCE_API_SECRET={SECRET}\""));
    let done = wrapped(&answer, None).unwrap();
    assert!(!done.envelope.contains(SECRET) && done.dropped.len() == 1, "{}", done.envelope);
}

#[test]
fn nothing_dropped_is_said() {
    let output = binary(&["wrap", "--account", "binance/main", "--key", "vmPU…uEh8", "--now", NOW], restrictions("").as_bytes());
    let envelope: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&envelope["account"], &envelope["key"]), (&json!("binance/main"), &json!("vmPU…uEh8")));
    assert_eq!(envelope["fetched_at"], json!(NOW));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was dropped"));
}

#[test]
fn a_byte_order_mark_and_utf16_are_read() {
    let text = restrictions("");
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes(), b"\n"].concat();
    for input in [wide, marked] {
        let output = binary(&["wrap", "--now", NOW], &input);
        let envelope: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(envelope["response"]["ipRestrict"], json!(true));
    }
}

#[test]
fn what_is_no_answer_gives_no_byte_and_says_what_it_is() {
    let good = restrictions("");
    let envelope = wrapped(&good, None).unwrap().envelope;
    let two = format!("{good}\n{good}");
    let list = format!("[{good},{envelope}]");
    let several = format!("[{good},{{\"code\":-2015,\"msg\":\"no\"}}]");
    let deep = format!("{}1{}", "[".repeat(400), "]".repeat(400));
    let cases: &[(&str, &[&str], &str)] = &[
        ("", &[], "nothing came on standard input"),
        (" \n ", &[], "nothing came on standard input"),
        ("<!DOCTYPE html><html><body>403</body></html>", &[], "a web page"),
        ("HTTP/2 200\r\n\r\n{}", &[], "headers of the answer"),
        ("curl: (6) Could not resolve host", &[], "this is not JSON"),
        ("exchange: binance", &[], "this is not JSON"),
        (&good[..60], &[], "cut off"),
        (&two, &[], "this is not JSON, from here on"),
        (&deep, &[], "nested deeper"),
        ("{\"code\":-2015,\"msg\":\"Invalid API-key, IP, or permissions for action.\"}", &[], "error answer of Binance"),
        ("{\"retCode\":10010,\"retMsg\":\"Unmatched IP\",\"result\":{}}", &["--exchange", "bybit"], "error answer of Bybit"),
        ("{\"a\":1}", &[], "not an export of an exchange"),
        (&good, &["--exchange", "kraken"], "it reads as one of Binance"),
        (&good, &["--exchange", "alpaca"], "Alpaca"),
        (&envelope, &[], "an envelope already"),
        (&list, &[], "this list holds an envelope"),
        (&several, &[], "list of several answers"),
    ];
    for (input, args, says) in cases {
        let output = binary(&[&["wrap", "--now", NOW], *args].concat(), input.as_bytes());
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{says}: {err}");
        assert!(err.contains(says), "{says}: {err}");
    }
    let broken = binary(&["wrap"], b"{\"a\":\"\xff\xfe\"}");
    assert_eq!((broken.status.code(), broken.stdout.len()), (Some(2), 0));
}

#[test]
fn what_looks_like_a_secret_in_a_field_that_nobody_knows_is_dropped() {
    let answer = |field: &str, value: &str| {
        format!(
            "{{\"ipRestrict\":true,\"createTime\":1790000000000,\"enableReading\":true,\"enableWithdrawals\":false,\"enableInternalTransfer\":false,\"permitsUniversalTransfer\":false,\"{field}\":\"{value}\"}}"
        )
    };
    let secret = "Qx7ZpL9vTn3WkR5mJd8sYb2HcF6gAe4U";
    let done = wrapped(&answer("noteX", secret), None).unwrap();
    assert!(!done.envelope.contains(secret) && done.dropped.len() == 1);
    for value in ["a word or two", "2026-11-01T00:00:00Z", "11eda1fe-1be3-4e5f-8f3b-3c1b6137a42e"] {
        assert!(wrapped(&answer("noteX", value), None).unwrap().envelope.contains(value), "{value}");
    }
}

#[test]
fn what_is_typed_by_mistake_is_not_repeated() {
    let cases: &[&[&str]] = &[
        &[SECRET],
        &["--exchange", SECRET],
        &["--now", SECRET],
        &["--account", SECRET],
        &["--exchange", "kraken", "--key", "b3Zrc0RqN2tQeTRtV2c5WHoxUnRMMG5BaUI2Y0U4ZkhLcU1TdlV3WXBPZGxHaEpUeENyMjVlTmJ6YVZzRm0xUQ=="],
        &["--key", "two words of a passphrase"],
    ];
    for args in cases {
        let output = binary(&[&["wrap"], *args].concat(), restrictions("").as_bytes());
        let all = [output.stdout, output.stderr].concat();
        let all = String::from_utf8(all).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {all}");
        let typed = args.last().unwrap();
        assert!(!all.contains(typed) && !all.contains(&typed[..8]), "{all}");
    }
}

#[test]
fn a_key_that_is_not_the_answers_own_is_refused() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exports/bybit/user-query-api.json");
    let output = binary(&["wrap", "--key", "Qm7ZtV2xKc9LpR4WbN"], &fs::read(path).unwrap());
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another key"));
}
