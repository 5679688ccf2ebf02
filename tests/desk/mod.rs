//! A desk whose exports and declaration are values that a test changes and writes, for tests of what leaks cost.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "each test that uses it needs another part of it, and stops where something is not as it must be"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The time of every check.
pub const NOW: &str = "2026-11-01T00:00:00Z";
/// Where the systems of a desk send from.
pub const EGRESS: &str = "51.158.10.20";
/// Any address.
pub const ANY: &[&str] = &["*"];

/// Exports and a declaration, not yet written.
#[derive(Clone, Default)]
pub struct Desk {
    /// The exports by their names below `exports`.
    pub files: BTreeMap<String, Value>,
    /// The declaration; JSON is YAML. Nothing where there is none.
    pub config: Value,
}

/// The answer of Bybit about a calling key.
pub fn bybit(label: &str, uid: u64, parent: u64, trades: bool, wallet: &[&str], ips: &[&str]) -> Value {
    let spot: &[&str] = if trades { &["SpotTrade"] } else { &[] };
    json!({
        "retCode": 0, "retMsg": "", "retExtInfo": {}, "time": 1_792_483_200_073u64,
        "result": {
            "id": "1", "note": label, "apiKey": id(label), "readOnly": 0, "secret": "", "ips": ips,
            "permissions": { "ContractTrade": [], "Spot": spot, "Wallet": wallet, "Options": [], "Derivatives": [], "CopyTrading": [],
                "BlockTrade": [], "Exchange": [], "NFT": [], "Affiliate": [], "Earn": [] },
            "type": 1, "deadlineDay": 80, "expiredAt": "2027-03-01T00:00:00Z", "createdAt": "2026-10-01T00:00:00Z", "uta": 1,
            "userID": uid, "inviterID": 0, "isMaster": parent == 0, "parentUid": parent.to_string()
        }
    })
}

/// The answer of Kraken about a calling key.
pub fn kraken(label: &str, permissions: &[&str], ips: &[&str]) -> Value {
    json!({ "error": [], "result": {
        "apiKeyName": label, "apiKey": id(label), "nonce": "1795510800000", "nonceWindow": 0, "permissions": permissions,
        "iban": "AA17 N84G QKXT M2RD", "validUntil": "0", "queryFrom": "0", "queryTo": "0", "createdTime": "1792543700",
        "modifiedTime": "1792543700", "ipAllowlist": ips, "lastUsed": "1792543700"
    } })
}

/// A record of Deribit's list of keys.
pub fn deribit_key(label: &str, scope: &str, ips: &[&str]) -> Value {
    json!({ "timestamp": 1_772_543_700_108u64, "max_scope": scope, "id": 5, "enabled": true, "default": false,
        "client_id": id(label), "name": label, "enabled_features": [], "ip_whitelist": ips })
}

/// Deribit's list of keys.
pub fn deribit(keys: &[Value]) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "result": keys })
}

/// The id of the key with a label: as long as exchanges make them, and no secret of anybody.
pub fn id(label: &str) -> String {
    let mut state = label.bytes().fold(7u64, |a, b| a.wrapping_mul(31).wrapping_add(u64::from(b)));
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[(state >> 33) as usize % 62])
    };
    (0..18).map(|_| next()).collect()
}

/// An entry of the declaration for a key.
pub fn entry(exchange: &str, label: &str, account: &str, more: Value) -> Value {
    let mut out = json!({ "key": format!("{exchange} {}", id(label)), "account": account });
    merge(&mut out, more);
    out
}

/// Sets fields of a value by those of another one, the inner ones too.
pub fn merge(into: &mut Value, from: Value) {
    match from {
        Value::Object(fields) if into.is_object() => {
            for (name, value) in fields {
                merge(&mut into[name], value);
            }
        }
        other => *into = other,
    }
}

impl Desk {
    /// A desk with one key of a Bybit master account that holds 12,000 USDT, and what the test changes of it.
    pub fn one(key: Value, config: Value) -> Self {
        let mut base = json!({
            "version": 1,
            "accounts": { "bybit/main": { "id": "100", "balance": "12000 USDT" } },
        });
        merge(&mut base, config);
        Self { files: BTreeMap::from([("one.json".to_owned(), key)]), config: base }
    }

    pub fn with(mut self, name: &str, export: Value) -> Self {
        self.files.insert(name.to_owned(), export);
        self
    }

    /// The same with other settings.
    pub fn set(&self, config: Value) -> Self {
        let mut out = self.clone();
        merge(&mut out.config, config);
        out
    }

    pub fn write(&self) -> TempDir {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("exports")).unwrap();
        for (name, export) in &self.files {
            fs::write(dir.path().join("exports").join(name), serde_json::to_string_pretty(export).unwrap()).unwrap();
        }
        if !self.config.is_null() {
            fs::write(dir.path().join("keylint.yaml"), serde_json::to_string_pretty(&self.config).unwrap()).unwrap();
        }
        dir
    }

    /// The document of `keylint radius`; nothing of these exports is left unread.
    pub fn radius(&self) -> Value {
        let dir = self.write();
        let output = keylint(dir.path(), &["radius", ".", "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The one key that a name chooses, with what it reaches.
    pub fn key(&self, name: &str) -> Value {
        let dir = self.write();
        let output = keylint(dir.path(), &["radius", ".", "--format", "json", "--key", name]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["keys"].as_array().map(Vec::len), Some(1), "{document:#}");
        document["keys"][0].clone()
    }
}

pub fn keylint(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).args(["--now", NOW]).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    command.output().unwrap()
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The key with a label.
pub fn labelled<'d>(document: &'d Value, label: &str) -> &'d Value {
    let mut keys = document["keys"].as_array().unwrap().iter();
    keys.find(|k| k["subject"]["label"] == label).unwrap_or_else(|| panic!("no key {label} in {document:#}"))
}

/// One operation of one way of a key.
pub fn cell<'d>(key: &'d Value, way: &str, operation: &str) -> &'d Value {
    let ways = key["ways"].as_array().unwrap();
    let way = ways.iter().find(|w| w["way"] == way).unwrap_or_else(|| panic!("no way {way} in {key:#}"));
    way["operations"].as_array().unwrap().iter().find(|o| o["operation"] == operation).unwrap()
}

/// Amounts as a test writes them: `12000 USDT`, `at least 1 BTC + 2 USDT`, `everything`, `nothing`.
pub fn amounts(bounds: &Value) -> String {
    let all = bounds.as_array().unwrap();
    let open = all.iter().any(|b| b["at_least"] == true);
    let part = |b: &Value| Some(format!("{} {}", b["amount"].as_str()?, b["currency"].as_str()?));
    let parts: Vec<String> = all.iter().filter_map(part).collect();
    match (parts.is_empty(), open) {
        (true, true) => "everything".to_owned(),
        (true, false) => "nothing".to_owned(),
        (false, true) => format!("at least {}", parts.join(" + ")),
        (false, false) => parts.join(" + "),
    }
}

/// What a cell says: the check that stops it, or `executed` with what was taken for granted and what can be lost.
pub fn told(key: &Value, way: &str, operation: &str) -> String {
    let cell = cell(key, way, operation);
    let stopped = cell["stopped_by"].as_str();
    assert_eq!(cell["executed"].as_bool(), Some(stopped.is_none()), "{cell}");
    if let Some(check) = stopped {
        assert!(cell["bound"].is_null() && amounts(&cell["bounds"]) == "nothing", "{cell}");
        return check.to_owned();
    }
    let assumed: Vec<&str> = cell["assumed"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let assumed = if assumed.is_empty() { String::new() } else { format!("? {}", assumed.join(" ")) };
    format!("executed{assumed}: {}", amounts(&cell["bounds"]))
}
