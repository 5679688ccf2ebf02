//! Exports and declarations that were made, or broken, so that something is not seen: each must be read, or told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops where something is not as it must be"
)]

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

const SECRET: &str = "q8Zk2VtY7mNc4LxRp0Ws9JdHb3FgTe6UaQyXiKoMvEn1PzBrCwGhDuSf5AtLj2Ok";
const KEY: &str = "Kq7Zp2Lm9Xc4Vb8Nt1";

fn safe() -> Value {
    json!({ "ipRestrict": true, "createTime": 1_790_000_000_000_u64, "enableReading": true, "enableWithdrawals": false, "enableInternalTransfer": false,
        "enableMargin": false, "enableFutures": false, "permitsUniversalTransfer": false, "enableVanillaOptions": false, "enableFixApiTrade": false,
        "enableFixReadOnly": false, "enableSpotAndMarginTrading": false, "enablePortfolioMarginTrading": false })
}

/// An open key that can withdraw: whoever reads it must say so.
fn bad() -> Value {
    json!({ "retCode": 0, "retMsg": "", "result": { "id": "1", "note": "grid", "apiKey": KEY, "readOnly": 0, "secret": "",
        "permissions": { "ContractTrade": [], "Spot": ["SpotTrade"], "Wallet": ["Withdraw"], "Options": [], "Derivatives": [], "Exchange": [] },
        "ips": ["*"], "type": 1, "expiredAt": "1970-01-01T00:00:00Z", "createdAt": "2026-10-13T03:20:45Z", "userID": 4, "isMaster": true, "parentUid": "0" },
        "retExtInfo": {}, "time": 1_792_000_000_000_u64 })
}

struct Ran {
    code: i32,
    report: Value,
    shown: String,
}

fn check(files: &[(&str, &str)], args: &[&str]) -> Ran {
    let dir = TempDir::new().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let run = |format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
        command
            .arg("check")
            .args(args)
            .args(["--format", format, "--now", "2026-11-01T00:00:00Z"])
            .current_dir(dir.path())
            .env("NO_COLOR", "1");
        command.output().unwrap()
    };
    let mut shown = String::new();
    for format in ["human", "compact"] {
        let output = run(format);
        shown += &(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr));
    }
    let output = run("json");
    shown += &String::from_utf8_lossy(&output.stdout);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    Ran { code: output.status.code().unwrap(), report, shown }
}

fn rules(report: &Value) -> Vec<String> {
    report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect()
}

fn assert_secret_free(ran: &Ran, words: &[&str], what: &str) {
    for word in words {
        for i in 0..word.len().saturating_sub(8) {
            assert!(!ran.shown.contains(&word[i..i + 8]), "{what}: {} is shown:\n{}", &word[i..i + 8], ran.shown);
        }
    }
}

#[test]
fn members_of_a_list_are_read_each_as_what_it_is() {
    for list in [json!([safe(), bad()]), json!([bad(), safe()])] {
        let ran = check(&[("k.json", &list.to_string())], &["."]);
        assert_eq!(ran.code, 1, "{}", ran.shown);
        assert!(rules(&ran.report).contains(&"withdraw-on-trading-key".into()), "{}", ran.shown);
    }
    for other in [json!({ "code": -2015, "msg": "x" }), json!({}), json!("x")] {
        let ran = check(&[("k.json", &json!([safe(), other]).to_string())], &["."]);
        assert_eq!(ran.code, 2, "{other}: {}", ran.shown);
    }
    // A record that is none, in a list inside an answer.
    let mut answer = json!({ "retCode": 0, "result": { "result": [bad()["result"], { "who": "knows" }], "nextPageCursor": "" } });
    answer["time"] = json!(1_792_000_000_000_u64);
    let ran = check(&[("k.json", &answer.to_string())], &["k.json"]);
    assert!(ran.report["problems"].to_string().contains("unknown-record"), "{}", ran.shown);
}

#[test]
fn exports_that_lost_their_frame_are_told_in_a_folder_too() {
    let bad = bad();
    let text = bad.to_string();
    let cases = [
        ("twice.json", text.replace("\"result\":", "\"result\": {}, \"result\":")),
        ("resul.json", text.replace("\"result\":", "\"resul\":")),
        ("respnse.json", json!({ "exchange": "bybit", "respnse": bad }).to_string()),
        ("empty-envelope.json", json!({ "exchange": "bybit", "key": KEY }).to_string()),
        ("nested.json", json!({ "bybit": bad }).to_string()),
        ("comment.json", format!("// saved by hand\n{text}")),
        ("headers.txt", format!("HTTP/1.1 200 OK\n\n{text}")),
        ("empty.json", String::new()),
        ("page.json", "<html>502</html>".to_owned()),
    ];
    for (name, content) in cases {
        let ran = check(&[("a.json", &safe().to_string()), (name, &content)], &["."]);
        assert_ne!(ran.code, 0, "{name} drops out in silence:\n{}", ran.shown);
    }
    // YAML in a file of any name is read.
    let yaml = "ipRestrict: false\nenableReading: true\nenableWithdrawals: true\nenableInternalTransfer: false\nenableMargin: false\nenableSpotAndMarginTrading: true\n";
    for name in ["k.yaml", "k.json", "k.txt", "k"] {
        let ran = check(&[(name, yaml)], &["."]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.shown);
    }
}

#[test]
fn a_word_that_nobody_knows_leaves_the_other_rights_open() {
    let okx = |perm: &str| json!({ "code": "0", "data": [{ "acctLv": "2", "ip": "", "label": "x", "mainUid": "1", "perm": perm, "posMode": "net_mode", "roleType": "0", "type": "0", "uid": "1" }], "msg": "" });
    let ran = check(
        &[("keylint.yaml", "version: 1\npolicy: { require: [permissions] }\n"), ("k.json", &okx("READ_ONLY,Trade,Withdraw").to_string())],
        &["."],
    );
    assert_ne!(ran.code, 0, "{}", ran.shown);
    assert!(ran.report["not_assessed"].to_string().contains("permissions.withdraw"), "{}", ran.shown);
    let bybit = bad().to_string().replace("[\"Withdraw\"]", "[\"withdraw\"]").replace("[\"*\"]", "[\"51.158.10.20\"]");
    let ran = check(&[("k.json", &bybit)], &["."]);
    assert!(ran.report["not_assessed"].to_string().contains("permissions.withdraw"), "{}", ran.shown);
}

#[test]
fn secrets_are_found_and_hidden_wherever_they_stand() {
    let mut top = bad();
    top["secretKey"] = json!(SECRET);
    let mut nested = safe();
    nested["auth"] = json!({ "key": KEY, "secret": SECRET });
    let mut listed = bad();
    listed["result"]["secret"] = json!([SECRET]);
    let cases = [
        ("top", top.to_string()),
        ("nested", nested.to_string()),
        ("listed", listed.to_string()),
        ("envelope", json!({ "exchange": "bybit", "secret": SECRET, "response": bad() }).to_string()),
    ];
    for (what, content) in cases {
        let ran = check(&[("k.json", &content)], &["."]);
        assert!(rules(&ran.report).contains(&"export-carries-secret".into()), "{what}: {}", ran.shown);
        assert_secret_free(&ran, &[SECRET], what);
    }
    let hidden = [
        ("note", json!({ "exchange": "bybit", "note": SECRET, "response": bad() }).to_string()),
        ("exchange", json!({ "exchange": "binanse", "apiSecret": SECRET, "response": bad() }).to_string()),
        ("time", json!({ "exchange": "bybit", "fetched_at": "x", "api_secret": SECRET, "response": bad() }).to_string()),
        ("name", bad().to_string().replace("\"type\"", &format!("\"{SECRET}\": 1, \"type\""))),
        (
            "yaml",
            format!(
                "ipRestrict: false # {SECRET}\nenableReading: true\nenableWithdrawals: true\nenableInternalTransfer: false\nenableMargin: false\nenableSpotAndMarginTrading: true\nnote: {SECRET}\n"
            ),
        ),
    ];
    for (what, content) in hidden {
        assert_secret_free(&check(&[("k.yaml", &content)], &["k.yaml"]), &[SECRET], what);
    }
    // What is empty, or all stars, is no secret.
    for value in ["", "******"] {
        let ran = check(&[("k.json", &bad().to_string().replace("\"secret\":\"\"", &format!("\"secret\":\"{value}\"")))], &["."]);
        assert!(!rules(&ran.report).contains(&"export-carries-secret".into()), "{value}");
    }
}

#[test]
fn ids_of_the_declaration_are_shown_by_their_ends() {
    let id = "Yt5Rk8Wq2Lm7Xc9Vb4Nz1Jh6";
    for entry in [
        format!("{{ key: bybitt {id}, task: trading }}"),
        format!("{{ key: bybit {id}, task: tradng }}"),
        format!("{{ key: bybit {id}, secret: {{ stored-in: code, reference: {SECRET} }}, replaces: bybit {id}9 }}"),
    ] {
        let config = format!("version: 1\nkeys:\n  - {entry}\n");
        let ran = check(&[("keylint.yaml", &config), ("exports/k.json", &bad().to_string())], &["."]);
        assert!(!ran.shown.contains(&id[4..20]), "{entry}: {}", ran.shown);
        assert_secret_free(&ran, &[SECRET], &entry);
    }
}

#[test]
fn keys_that_show_the_same_ends_in_one_answer_are_two() {
    let rows = json!([
        { "apikey": "vmP*************", "subaccountId": "1", "canTrade": true, "marginTrade": false, "futuresTrade": false },
        { "apikey": "vmP*************", "subaccountId": "2", "canTrade": false, "marginTrade": false, "futuresTrade": false }
    ]);
    let ran = check(&[("k.json", &rows.to_string())], &["."]);
    assert_eq!(ran.report["coverage"]["keys"], 2);
    assert!(!rules(&ran.report).contains(&"exports-disagree".into()));
}

#[test]
fn what_the_exchange_says_of_an_account_stands_above_the_declaration() {
    let config = "version: 1\naccounts:\n  bybit/vault: { id: \"4\", purpose: storage }\n  bybit/bot: { purpose: trading }\nkeys:\n  - { key: bybit Kq7Z…8Nt1, task: trading, account: bybit/bot }\n";
    let ran = check(&[("keylint.yaml", config), ("exports/k.json", &bad().to_string())], &["."]);
    assert!(rules(&ran.report).contains(&"trading-key-on-storage-account".into()), "{}", ran.shown);
    assert!(ran.report["problems"].to_string().contains("account-contradicted"));
}

#[test]
fn a_key_that_is_declared_and_in_no_export_is_told() {
    let config = |key: &str| format!("version: 1\nkeys:\n  - {{ key: {key}, task: reporting }}\n");
    let ran = check(&[("keylint.yaml", &config("bybit Kq7Z…Nt2")), ("exports/k.json", &bad().to_string())], &["."]);
    assert!(ran.report["problems"].to_string().contains("key-not-exported"), "{}", ran.shown);
    // The beginning of an id without its dots was meant as one.
    let ran = check(
        &[("keylint.yaml", &config("bybit Kq7Zp2")), ("exports/k.json", &safe().to_string()), ("exports/b.json", &bad().to_string())],
        &["."],
    );
    assert!(ran.shown.contains("did you mean `bybit Kq7Z…8Nt1`?"), "{}", ran.shown);
    let ran = check(
        &[("keylint.yaml", "version: 1\nkeys:\n  - { export: nope.json, task: trading }\n"), ("exports/k.json", &safe().to_string())],
        &["."],
    );
    assert_eq!(ran.code, 2, "{}", ran.shown);
}

#[test]
fn nothing_read_is_never_green() {
    let declared = "version: 1\nkeys:\n  - { key: bybit Kq7Z…8Nt1, task: trading }\n";
    assert_eq!(check(&[("keylint.yaml", declared), ("exports/.keep", "")], &["."]).code, 3);
    assert_eq!(check(&[("cut.json", "{\"a\": ")], &["cut.json", "--allow-incomplete"]).code, 3);
    let require = "version: 1\npolicy: { require: [expires] }\n";
    assert_eq!(check(&[("keylint.yaml", require), ("exports/k.json", &safe().to_string())], &[".", "--allow-incomplete"]).code, 2);
}

#[test]
fn a_date_in_the_future_orders_nothing() {
    let wrap = |at: &str, withdraw: bool| {
        let mut answer = safe();
        answer["enableWithdrawals"] = json!(withdraw);
        answer["enableSpotAndMarginTrading"] = json!(true);
        json!({ "exchange": "binance", "key": KEY, "fetched_at": at, "response": answer }).to_string()
    };
    let ran = check(&[("a.json", &wrap("2036-01-01T00:00:00Z", false)), ("b.json", &wrap("2026-10-30T00:00:00Z", true))], &["."]);
    assert_eq!(ran.code, 1, "{}", ran.shown);
    // Of two that can be ordered, the newer counts.
    let ran = check(&[("a.json", &wrap("2026-10-31T00:00:00Z", false)), ("b.json", &wrap("2026-10-30T00:00:00Z", true))], &["."]);
    assert!(!rules(&ran.report).contains(&"withdraw-on-trading-key".into()), "{}", ran.shown);
}

#[test]
fn lists_that_add_up_to_the_same_do_not_disagree() {
    let with = |ips: &str| bad().to_string().replace("[\"*\"]", ips).replace("\"time\":1792000000000", "\"time\":0");
    let ran = check(&[("a.json", &with("[\"8.8.4.4\"]")), ("b.json", &with("[\"8.8.4.4/32\", \"8.8.4.4\"]"))], &["."]);
    assert!(!rules(&ran.report).contains(&"exports-disagree".into()), "{}", ran.shown);
    let ran = check(&[("a.json", &with("[\"8.8.4.4\"]")), ("b.json", &with("[\"8.8.4.0/24\"]"))], &["."]);
    assert!(rules(&ran.report).contains(&"exports-disagree".into()), "{}", ran.shown);
    assert!(rules(&ran.report).contains(&"ip-whitelist-broad".into()), "the wider one counts: {}", ran.shown);
}

#[test]
fn declared_accounts_fit_together() {
    for (accounts, words) in [
        ("  bybit/a: { id: \"1\" }\n  bybit/b: { id: \"1\" }\n", "another account"),
        ("  bybit/a: { parent: bybit/b }\n  bybit/b: { parent: bybit/a }\n", "own parent"),
        ("  bybit/a: { parent: okx/b }\n  okx/b: {}\n", "same exchange"),
    ] {
        let ran =
            check(&[("keylint.yaml", &format!("version: 1\naccounts:\n{accounts}")), ("exports/k.json", &safe().to_string())], &["."]);
        assert_eq!(ran.code, 2, "{}", ran.shown);
        assert!(ran.shown.contains(words), "{}", ran.shown);
    }
}
