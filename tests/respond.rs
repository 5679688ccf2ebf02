//! `keylint respond`, as the built binary writes it: which steps, in which order, with which endpoints, for which keys; what
//! is unknown is said to be, nothing from outside becomes markup, and no secret is shown.

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

use serde_json::{Value, json};
use tempfile::TempDir;

const MAKER: &str = "KTlLlNa7XzukcLG8ZU";
const TAKER: &str = "Pq83vNs1YwTmRc5LkD";
const SECRET: &str = "w3RkT8yLq2ZxV5nJ7mBc4HdG9sFpQeXu1AoN";
const NOW: &str = "2026-11-01T00:00:00Z";

fn keylint(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).current_dir(folder).env_remove("COLUMNS").env("NO_COLOR", "1").stdin(Stdio::null());
    command.output().unwrap()
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

/// The exit code, standard output and standard error.
fn respond(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let output = keylint(dir, &[&["respond"], args, &["--now", NOW]].concat());
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A playbook that is complete.
fn playbook(dir: &Path, args: &[&str]) -> String {
    let (code, out, err) = respond(dir, args);
    assert_eq!(code, 0, "{out}{err}");
    out
}

/// Keys of a sub-account of Bybit: id, label, and what of the wallet it may do.
fn bybit(keys: &[(&str, &str, &[&str])]) -> String {
    let key = |(id, label, wallet): &(&str, &str, &[&str])| {
        json!({
            "id": "1", "ips": ["51.158.10.20"], "apiKey": id, "note": label, "status": 1, "expiredAt": "1970-01-01T00:00:00Z",
            "createdAt": "2026-09-02T11:36:20Z", "type": 1, "secret": "******", "readOnly": false, "deadlineDay": -2, "flag": "hmac",
            "permissions": {"ContractTrade": ["Order", "Position"], "Spot": [], "Wallet": wallet, "Options": [], "Derivatives": ["DerivativesTrade"],
                "CopyTrading": [], "BlockTrade": [], "Exchange": [], "NFT": [], "Affiliate": [], "Earn": []}
        })
    };
    json!({
        "exchange": "bybit", "endpoint": "GET /v5/user/sub-apikeys", "account": "bybit/maker",
        "response": {"retCode": 0, "retMsg": "", "retExtInfo": {}, "time": 1_793_344_231_406_i64,
            "result": {"result": keys.iter().map(key).collect::<Vec<_>>(), "nextPageCursor": ""}}
    })
    .to_string()
}

const DESK: &str = "version: 1
systems:
  maker: { egress: [51.158.10.20], address: static, server: maker-1, markets: [futures] }
  taker: { egress: [51.158.10.20], address: static, server: maker-1 }
third-parties:
  desk: { service: copy trading, action-log: true }
accounts:
  bybit/main: { purpose: treasury }
  bybit/maker: { parent: bybit/main, purpose: trading, balance: 24000 USDT, working-balance: 20000 USDT }
keys:
  - { key: bybit KTlLlNa7XzukcLG8ZU, account: bybit/maker, task: trading, system: maker, third-party: desk, secret: { stored-in: vault, reference: kv/maker } }
  - { key: bybit Pq83vNs1YwTmRc5LkD, account: bybit/maker, task: trading }
  - { key: okx 9f3c2b71aa04, account: okx/main, task: trading, system: taker }
  - { key: kraken Zx81QwPlmN40, account: kraken/main, task: trading, third-party: desk }
";

fn desk() -> TempDir {
    let exports = bybit(&[(MAKER, "maker", &[]), (TAKER, "taker", &[])]);
    let accounts = DESK.replace("keys:\n", "  okx/main: { purpose: trading }\n  kraken/main: { purpose: trading }\nkeys:\n");
    folder(&[("keylint.yaml", &accounts), ("exports/maker.json", &exports)])
}

/// Whether the texts stand one after another.
fn in_order(text: &str, wanted: &[&str]) {
    let mut from = 0;
    for word in wanted {
        let at = text[from..].find(word).unwrap_or_else(|| panic!("`{word}` is not there, or too early:\n{text}"));
        from += at + word.len();
    }
}

#[test]
fn the_steps_stand_in_the_order_of_the_loss() {
    let desk = desk();
    let text = playbook(desk.path(), &["maker"]);
    in_order(
        &text,
        &[
            "# Suspected leak: `KTlL…G8ZU` at Bybit",
            "## What is known",
            "## 1. Stop authorisation",
            "- [ ] 1.1 **If no position is open",
            "revoke `bybit KTlL…G8ZU` (`maker`, account `bybit/maker`) now",
            "API Management",
            "`POST /v5/user/delete-sub-api`",
            "- [ ] 1.2 **If positions are open",
            "`GET /v5/position/list`",
            "- [ ] **Cancel all open orders and revoke**: `POST /v5/order/cancel-all`",
            "- [ ] **Steer through the web page**",
            "- [ ] 1.3 **If the source of the leak is not identified:** revoke every key of `bybit/maker`",
            "`POST /v5/user/frozen-sub-member`",
            "- [ ] Revoke `bybit Pq83…5LkD` (`taker`, account `bybit/maker`), for trading",
            "## 2. Preserve traces",
            "**open orders**",
            "`GET /v5/order/realtime`",
            "**trade history**",
            "`GET /v5/execution/list`",
            "**withdrawal history**",
            "`GET /v5/asset/withdraw/query-record`",
            "**withdrawal address whitelist**",
            "`GET /v5/asset/withdraw/query-address`",
            "## 3. Close other channels",
            "**Password**",
            "a key without an IP whitelist becomes invalid 7 days after",
            "**2FA**",
            "**Mailbox**",
            "## 4. Restore",
            "(trading): read, trade. Not: transfer, withdraw, administer.",
            "**IP whitelist**",
            "As declared: `51.158.10.20`.",
            "**The new secret goes into the secret manager**",
            "vault, `kv/maker`",
            "**Move the surplus**",
            "the account holds `24000 USDT` and should hold `20000 USDT`",
            "`replaces:`",
            "## Where this is documented",
            "<https://bybit-exchange.github.io/docs/v5/account/transaction-log> (as of 2026-07-24)",
        ],
    );
    assert!(!text.contains(MAKER) && !text.contains(TAKER), "{text}");
    assert!(text.contains("- It may: read, trade; markets: futures"), "{text}");
    assert!(text.contains("- Third party: `desk` (`copy trading`), shows a log of its actions"), "{text}");
}

#[test]
fn keys_that_share_a_server_or_a_third_party_are_listed_once_with_their_own_page() {
    let desk = desk();
    let text = playbook(desk.path(), &["maker"]);
    in_order(
        &text,
        &[
            "**If the leak may have come from server `maker-1`:**",
            "Revoke `okx 9f…04` (account `okx/main`), for trading, at OKX: `Profile > API`",
            "**If the leak may have come from third party `desk`:**",
            "Revoke `kraken Zx…40` (account `kraken/main`), for trading, at Kraken: `Settings > API`",
            "**Third party** `desk`: remove the connection",
        ],
    );
    assert_eq!(text.matches("Revoke `bybit Pq83").count(), 1, "{text}");
    // The other one shares the account only.
    let other = playbook(desk.path(), &["taker"]);
    assert!(!other.contains("9f…04") && !other.contains("Zx…40") && other.contains("Revoke `bybit KTlL…G8ZU`"), "{other}");
    assert!(other.contains("- Systems: unknown: none is declared") && other.contains("Which addresses they send from is not declared"));
}

#[test]
fn what_may_move_assets_is_revoked_before_anything_else_is_made() {
    let exports = bybit(&[(MAKER, "mover", &["AccountTransfer"]), (TAKER, "taker", &[])]);
    let dir = folder(&[("maker.json", &exports)]);
    let mover = playbook(dir.path(), &["mover", "maker.json"]);
    assert!(mover.contains("**No new key first:** the key may transfer"), "{mover}");
    let taker = playbook(dir.path(), &["taker", "maker.json"]);
    assert!(
        taker.contains("**New key first** only if the web page shows that the old one has none of these rights: administer."),
        "{taker}"
    );
    // A key that may not trade steers no position: there is one way only.
    let read = r#"{"code":"0","data":[{"acctLv":"3","ip":"163.172.9.14","type":"0","label":"monitor","mainUid":"6041","uid":"6041","perm":"read_only","posMode":"net_mode","roleType":"0","level":"Lv2","opAuth":"0","kycLv":"3"}],"msg":""}"#;
    let dir = folder(&[("okx.json", read)]);
    let read = playbook(dir.path(), &["okx", "okx.json"]);
    assert!(read.contains("- [ ] 1.1 Revoke ") && read.contains("It may not trade") && !read.contains("positions are open, or"), "{read}");
    assert!(read.contains("- Key: id unknown, at OKX"), "{read}");
}

/// What every playbook says, whatever is known.
const ALWAYS: [&str; 5] = ["revoke", "open orders", "withdrawal", "2FA", "whitelist"];

#[test]
fn every_exchange_has_its_own_endpoints_and_one_that_is_not_known_has_the_same_steps_in_words() {
    for exchange in keylint::model::Exchange::ALL {
        let declared = format!("version: 1\nkeys:\n  - key: {exchange} Ab12Cd34Ef56Gh78\n");
        let dir = folder(&[("keylint.yaml", &declared), ("notes.txt", "read")]);
        let text = playbook(dir.path(), &[exchange.id()]);
        for word in ALWAYS {
            assert!(text.contains(word), "{exchange}: {word}\n{text}");
        }
        in_order(&text, &["Stop authorisation", "Preserve traces", "Close other channels", "Restore"]);
        let reader = keylint::exchanges::reader(*exchange).filter(|r| r.profile.contains("\nrespond:"));
        let ways = reader.and_then(|r| keylint::exchanges::profile(r.exchange)).map(keylint::exchanges::Profile::respond);
        let known = ways.map(|w| [&w.open_orders, &w.cancel_all_orders, &w.trade_history, &w.withdrawal_history, &w.addresses]);
        for way in known.into_iter().flatten().flatten() {
            assert!(text.contains(&format!("`{}`", way.value)), "{exchange}: {}\n{text}", way.value);
        }
        assert_eq!(ways.is_none(), text.contains("is not known here: look for how to delete or disable a key"), "{exchange}\n{text}");
        assert_eq!(ways.is_none(), !text.contains("## Where this is documented"), "{exchange}");
        assert!(text.contains("no export states it"), "{text}");
    }
}

#[test]
fn the_window_says_what_can_still_be_had() {
    let desk = desk();
    let since = playbook(desk.path(), &["maker", "--since", "2026-10-01"]);
    assert!(since.contains("- Window: `2026-10-01T00:00:00Z` to `2026-11-01T00:00:00Z`, as `--since` says"), "{since}");
    assert!(since.contains("`GET /v5/execution/list`: at most 7 days a request, 5 requests for this window."), "{since}");
    let created = playbook(desk.path(), &["maker"]);
    assert!(created.contains("- Window: `2026-09-02T11:36:20Z`, when the key was created, to `2026-11-01T00:00:00Z`"), "{created}");
    let unknown = playbook(desk.path(), &["okx"]);
    assert!(unknown.contains("as far back as the exchange gives") && unknown.contains("at least 1 day before the first sign"), "{unknown}");
    assert!(unknown.contains("orders that were cancelled without a fill are kept for 2 hours only"), "{unknown}");
    // What lies before the reach of a history is named.
    let long = playbook(desk.path(), &["okx", "--since", "2026-01-01"]);
    assert!(long.contains("reaches back 90 days, to `2026-08-03T00:00:00Z`, and not to the beginning of the window"), "{long}");
    let (code, out, err) = respond(desk.path(), &["maker", "--since", "2026-12-01"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("--since lies after"), "{err}");
}

#[test]
fn several_none_and_nothing_are_told_apart() {
    let desk = desk();
    let (code, out, err) = respond(desk.path(), &["bybit"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("2 keys fit `bybit`") && err.contains("bybit KTlL…G8ZU (maker), account bybit/maker"), "{err}");
    assert!(!err.contains(MAKER), "{err}");
    let (code, out, err) = respond(desk.path(), &["makr"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("did you mean `maker`?"), "{err}");
    let empty = folder(&[]);
    let (code, out, err) = respond(empty.path(), &["maker"]);
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    // A whole id, in another case of the exchange.
    for name in [format!("Bybit:{MAKER}"), format!("bybit {MAKER}"), MAKER.to_owned(), "KTlL".to_owned(), "KTlL…G8ZU".to_owned()] {
        assert!(playbook(desk.path(), &[&name]).contains("`KTlL…G8ZU`"), "{name}");
    }
}

#[test]
fn a_finding_leads_to_its_key_and_the_places_of_its_secret_are_named_without_it() {
    let exports = bybit(&[(MAKER, "maker", &[]), (TAKER, "taker", &[])]);
    // The last of the two may be used from anywhere.
    let (first, last) = exports.rsplit_once("51.158.10.20").unwrap();
    let exports = format!("{first}*{last}");
    let env = format!("BYBIT_API_KEY={MAKER}\nBYBIT_API_SECRET={SECRET}\n");
    let dir = folder(&[("exports/maker.json", &exports), ("bots/.env", &env)]);
    let output = keylint(dir.path(), &["check", ".", "--format", "json", "--now", NOW]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let print = |wanted: &dyn Fn(&Value) -> bool| {
        findings.iter().find(|f| wanted(f)).unwrap_or_else(|| panic!("{report:#}"))["fingerprint"].as_str().unwrap().to_owned()
    };
    let of_secret = print(&|f| f["rule"] == "secret-in-plaintext");
    let of_key = print(&|f| f["subject"]["kind"] == "key" && f["subject"]["id"] == "Pq83…5LkD");
    let text = playbook(dir.path(), &[&of_secret]);
    assert!(text.contains("# Suspected leak: `KTlL…G8ZU` at Bybit"), "{text}");
    in_order(&text, &["- Secret found in: `bots/.env:2:18`", "Known: `bots/.env:2:18`", "**Remove the old secret** from `bots/.env:2:18`"]);
    assert!(!text.contains(SECRET) && !text.contains(MAKER), "{text}");
    assert!(playbook(dir.path(), &[&of_key]).contains("# Suspected leak: `Pq83…5LkD` at Bybit"));
    // One that is about something else says so.
    if let Some(other) = findings.iter().find(|f| !["key", "secret"].contains(&f["subject"]["kind"].as_str().unwrap())) {
        let (code, out, err) = respond(dir.path(), &[other["fingerprint"].as_str().unwrap()]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("not about a key"), "{err}");
    }
}

#[test]
fn two_secrets_in_one_file_share_its_fate() {
    let exports = bybit(&[(MAKER, "maker", &[])]);
    let kraken = r#"{"error":[],"result":{"apiKeyName":"trend","apiKey":"ZN30gVXkq5sMT6A5te1NSxgDhqRUpG30ERpO4qWg/VhDMnJ/xabUkOv3","nonce":"1793345400000","nonceWindow":0,"permissions":["query-funds"],"iban":"AA61 N84G 5KLT 9QRD","validUntil":"0","queryFrom":"0","queryTo":"0","createdTime":"1772641200","modifiedTime":"1775895120","ipAllowlist":[],"lastUsed":"1793345340"}}"#;
    let env = format!(
        "BYBIT_API_KEY={MAKER}\nBYBIT_API_SECRET={SECRET}\nKRAKEN_API_KEY=ZN30gVXkq5sMT6A5te1NSxgDhqRUpG30ERpO4qWg/VhDMnJ/xabUkOv3\nKRAKEN_API_SECRET=Asnq0q5rXSxUqeGsiVfJ8yw94AAoQGYLJTUQrDR38supdwixEu0n/BPMRiMfqaPg39snm5HcFHdWq1Z9vA4m8Q==\n"
    );
    let dir = folder(&[("exports/maker.json", &exports), ("exports/trend.json", kraken), (".env", &env)]);
    let text = playbook(dir.path(), &["maker"]);
    in_order(&text, &["**Other secrets stand in the same file.**", "Revoke `kraken ZN30…kOv3` (`trend`"]);
    assert!(!text.contains("Asnq0q5r"), "{text}");
}

#[test]
fn nothing_from_outside_becomes_markup_or_a_line_of_its_own() {
    let label = "x` **now**\n- [ ] 1.1 send all\u{1b}[31m <script>a</script> ##[error]b \u{202e}";
    let exports = bybit(&[(MAKER, label, &[]), (TAKER, "other", &[])]);
    let dir = folder(&[("exports/a.json", &exports)]);
    for key in [MAKER, TAKER] {
        let text = playbook(dir.path(), &[key]);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains("<script") && !text.contains("##["), "{text}");
        assert!(!text.lines().any(|l| l.trim_start().starts_with("- [ ] 1.1 send")), "{text}");
        assert!(text.contains("x' **now**\\u{a}- [ ] 1.1 send all"), "{text}");
        // In it nothing ends the code that it stands in.
        let line = text.lines().find(|l| l.contains("send all")).unwrap();
        assert_eq!(line.matches('`').count() % 2, 0, "{line}");
    }
}

#[test]
fn a_secret_in_a_label_or_a_reference_is_not_shown() {
    let exports = bybit(&[(MAKER, SECRET, &[]), (TAKER, "other", &[])]);
    let declared = format!("version: 1\nkeys:\n  - {{ key: bybit {MAKER}, secret: {{ stored-in: vault, reference: {SECRET} }} }}\n");
    let env = format!("BYBIT_API_KEY={MAKER}\nBYBIT_API_SECRET={SECRET}\n");
    let dir = folder(&[("exports/a.json", &exports), ("keylint.yaml", &declared), (".env", &env)]);
    for args in [&[MAKER][..], &["other"], &["bybit"], &[SECRET]] {
        let (_, out, err) = respond(dir.path(), args);
        assert!(!out.contains(SECRET) && !err.contains(SECRET), "{args:?}: {out}{err}");
    }
}

#[test]
fn what_was_not_read_makes_it_incomplete_and_the_playbook_is_there_all_the_same() {
    let exports = bybit(&[(MAKER, "maker", &[])]);
    let dir = folder(&[("a.json", &exports), ("b.json", "{\"retCode\": 0, \"result\": ")]);
    let (code, out, err) = respond(dir.path(), &["maker", "a.json", "b.json"]);
    assert_eq!(code, 2, "{err}");
    assert!(out.contains("## 1. Stop authorisation") && err.contains("b.json"), "{out}{err}");
    let (code, out, err) = respond(dir.path(), &["maker", "a.json", "c.json"]);
    assert_eq!(code, 2, "{err}");
    assert!(out.contains("## 1. Stop authorisation") && err.contains("c.json"), "{out}{err}");
}

#[test]
fn the_demonstration_has_a_playbook_for_each_of_its_keys() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demo = root.join("fixtures/demo");
    let output = keylint(&demo, &["keys", ".", "--format", "json", "--now", NOW]);
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in listed["keys"].as_array().unwrap() {
        let exchange = key["exchange"].as_str().unwrap();
        let name = match key["id"].as_str() {
            Some(id) => format!("{exchange}:{id}"),
            None => key["label"].as_str().unwrap().to_owned(),
        };
        let text = playbook(&demo, &[&name]);
        for word in ALWAYS {
            assert!(text.contains(word), "{name}: {word}");
        }
    }
    let (code, out, _) = respond(root, &["binance:Vfh9", "fixtures/demo"]);
    assert!(code == 0 && out.contains("`Vfh9…3AHd`"), "{code} {out}");
}

#[test]
fn a_backup_or_a_replacement_that_is_declared_keeps_control_of_positions() {
    let declared = "version: 1
keys:
  - { key: deribit Ab12Cd34Ef56Gh78, task: trading }
  - { key: deribit Zx98Wv76Ut54Sr32, task: trading, backup-for: deribit Ab12Cd34Ef56Gh78 }
  - { key: deribit Mn45Lk67Jh89Fg01, task: trading, replaces: deribit Zx98Wv76Ut54Sr32 }
";
    let dir = folder(&[("keylint.yaml", declared), ("notes.txt", "read")]);
    let text = playbook(dir.path(), &["Ab12"]);
    in_order(
        &text,
        &["- [ ] **Backup key**: `deribit Zx98…Sr32` is declared to stand in for it", "**New key first**", "**Cancel all open orders"],
    );
    assert!(text.contains("Or `private/reset_api_key`: the same key with a new secret"), "{text}");
    let text = playbook(dir.path(), &["Zx98"]);
    assert!(text.contains("- [ ] **Replacement**: `deribit Mn45…Fg01` is declared to replace it"), "{text}");
    assert!(!text.contains("**Backup key**"), "{text}");
}
