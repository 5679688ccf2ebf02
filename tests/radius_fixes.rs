//! A proposed change is no text: each is made in the export or in the declaration, the program runs again, and what it says
//! then is what was promised.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where something is not as it must be")]

mod desk;

use std::collections::{BTreeMap, BTreeSet};

use desk::{ANY, Desk, EGRESS, amounts, bybit, deribit, deribit_key, entry, kraken};
use serde_json::{Value, json};

const OWN: &[&str] = &[EGRESS];

/// A desk of which every kind of change takes something away.
fn desk() -> Desk {
    let at = |system: &str, task: &str| json!({ "system": system, "task": task });
    let config = json!({
        "version": 1,
        "systems": { "bot": { "egress": [EGRESS], "server": "vps-1" }, "pay": { "egress": ["146.59.3.7"], "server": "vps-2" } },
        "accounts": {
            "bybit/main": { "id": "100", "balance": "150000 USDT", "withdrawals": {
                "address-whitelist": true, "hold": "none", "second-factor": ["email"], "confirmed-by": ["email"],
                "daily-limit": "none", "regular-payout": "5000 USDT" } },
            "bybit/grid": { "id": "200", "parent": "bybit/main", "balance": "30000 USDT", "working-balance": "10000 USDT" },
            "bybit/arb": { "id": "300", "parent": "bybit/main", "working-balance": "2000 USDT" },
            "deribit/main": { "balance": "3 BTC", "withdrawals": { "address-whitelist": false } },
            "kraken/main": { "balance": "70000 USDT", "withdrawals": { "address-whitelist": true, "hold": "none",
                "second-factor": ["totp"], "confirmed-by": ["app"], "daily-limit": "none", "regular-payout": "9000 USDT" } },
        },
        "keys": [
            entry("bybit", "payouts", "bybit/main", at("pay", "payouts")),
            entry("bybit", "hedge", "bybit/main", at("bot", "trading")),
            entry("bybit", "grid", "bybit/grid", at("bot", "trading")),
            entry("bybit", "arb", "bybit/arb", at("bot", "trading")),
            entry("deribit", "old", "deribit/main", at("bot", "trading")),
            entry("deribit", "new", "deribit/main", json!({ "system": "bot", "task": "trading", "replaces": format!("deribit {}", desk::id("old")) })),
            entry("deribit", "admin", "deribit/main", at("bot", "trading")),
            entry("kraken", "sweep", "kraken/main", at("pay", "payouts")),
        ],
    });
    let (plain, admin) = ("account:read trade:read_write wallet:read", "account:read_write trade:read_write wallet:read");
    Desk { files: BTreeMap::new(), config }
        .with("payouts.json", bybit("payouts", 100, 0, true, &["Withdraw"], ANY))
        .with("hedge.json", bybit("hedge", 100, 0, true, &["Withdraw"], ANY))
        .with("grid.json", bybit("grid", 200, 100, true, &["SubMemberTransfer"], OWN))
        .with("arb.json", bybit("arb", 300, 100, true, &[], OWN))
        .with("deribit.json", deribit(&[deribit_key("old", plain, &[]), deribit_key("new", plain, OWN), deribit_key("admin", admin, OWN)]))
        .with("sweep.json", kraken("sweep", &["query-funds", "withdraw-funds", "add-withdraw-address"], &["146.59.3.7"]))
}

/// Makes the change in the text of the export or of the declaration, as a person would, and says of which kind it was.
fn make(desk: &mut Desk, fix: &Value) -> Option<String> {
    let (name, value) = (fix["setting"]["name"].as_str().unwrap(), fix["setting"]["value"].as_str().unwrap());
    if fix["subject"]["kind"] == "account" {
        let account = &mut desk.config["accounts"][fix["subject"]["id"].as_str().unwrap()];
        match name.strip_prefix("withdrawals.") {
            Some("second-factor") => account["withdrawals"]["second-factor"] = json!([value]),
            Some("address-whitelist") => account["withdrawals"]["address-whitelist"] = json!(value == "true"),
            Some(setting) => account["withdrawals"][setting] = json!(value),
            None => account[name] = json!(value),
        }
        return Some(name.to_owned());
    }
    let label = fix["subject"]["label"].as_str().unwrap();
    let exchange = fix["subject"]["exchange"].as_str().unwrap();
    if exchange == "deribit" {
        let keys = desk.files.get_mut("deribit.json").unwrap()["result"].as_array_mut().unwrap();
        let key = keys.iter_mut().find(|k| k["name"] == label).unwrap();
        match name {
            "status" => key["enabled"] = json!(value != "disabled"),
            "ip_whitelist" => key["ip_whitelist"] = json!(value.split(", ").collect::<Vec<_>>()),
            "permissions.administer" => {
                key["max_scope"] = json!(key["max_scope"].as_str().unwrap().replace("account:read_write", "account:read"));
            }
            _ => panic!("{fix:#}"),
        }
        return Some(name.to_owned());
    }
    let result = &mut desk.files.get_mut(&format!("{label}.json")).unwrap()["result"];
    let drop_words = |list: &mut Value, words: &[&str]| list.as_array_mut().unwrap().retain(|w| !words.contains(&w.as_str().unwrap()));
    match (exchange, name) {
        ("bybit", "permissions.trade") => drop_words(&mut result["permissions"]["Spot"], &["SpotTrade"]),
        ("bybit", "permissions.transfer") => drop_words(&mut result["permissions"]["Wallet"], &["SubMemberTransfer"]),
        ("bybit", "permissions.withdraw") => drop_words(&mut result["permissions"]["Wallet"], &["Withdraw"]),
        ("bybit", "ip_whitelist") => result["ips"] = json!(value.split(", ").collect::<Vec<_>>()),
        ("kraken", "permissions.administer") => drop_words(&mut result["permissions"], &["add-withdraw-address"]),
        // What no answer of the exchange states cannot be turned off in one.
        ("kraken", "permissions.transfer") => return None,
        _ => panic!("{fix:#}"),
    }
    Some(name.to_owned())
}

type Amounts = BTreeMap<String, Option<String>>;

/// Every cell: its key, way and operation, whether it is executed, and what can be lost.
fn cells(document: &Value) -> BTreeMap<[String; 3], (bool, Amounts)> {
    let mut out = BTreeMap::new();
    let word = |v: &Value| v.as_str().unwrap().to_owned();
    for key in document["keys"].as_array().unwrap() {
        for way in key["ways"].as_array().unwrap() {
            for cell in way["operations"].as_array().unwrap() {
                let name = [word(&key["subject"]["label"]), word(&way["way"]), word(&cell["operation"])];
                let mut bounds = Amounts::new();
                for bound in cell["bounds"].as_array().unwrap() {
                    if let (Some(amount), Some(currency)) = (bound["amount"].as_str(), bound["currency"].as_str()) {
                        bounds.insert(currency.to_owned(), Some(amount.to_owned()));
                    }
                    if bound["at_least"] == true {
                        bounds.insert("?".to_owned(), None);
                    }
                }
                out.insert(name, (cell["executed"] == true, bounds));
            }
        }
    }
    out
}

/// What the first has and the second has not.
fn less(before: &Amounts, after: &Amounts) -> Amounts {
    let number = |a: Option<&Option<String>>| a.and_then(Clone::clone).map_or(0.0, |a| a.parse::<f64>().unwrap());
    let mut out = Amounts::new();
    for (currency, amount) in before {
        let left = after.get(currency);
        if amount.is_none() && left.is_none() {
            out.insert(currency.clone(), None);
        }
        let gone = number(Some(amount)) - number(left);
        if amount.is_some() && gone > 0.0 {
            out.insert(currency.clone(), Some(format!("{gone}")));
        }
    }
    out
}

fn promised(fix: &Value) -> Amounts {
    let mut out = Amounts::new();
    for bound in fix["removes_all"].as_array().unwrap() {
        if let (Some(amount), Some(currency)) = (bound["amount"].as_str(), bound["currency"].as_str()) {
            out.insert(currency.to_owned(), Some(amount.to_owned()));
        }
        if bound["at_least"] == true {
            out.insert("?".to_owned(), None);
        }
    }
    out
}

fn usdt(amounts: &Amounts) -> f64 {
    amounts.get("USDT").and_then(Clone::clone).map_or(0.0, |a| a.parse().unwrap())
}

#[test]
fn every_change_takes_away_alone_what_it_promises() {
    let desk = desk();
    let before = desk.radius();
    let was = cells(&before);
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    for fix in before["fixes"].as_array().unwrap() {
        let mut changed = desk.clone();
        let Some(kind) = make(&mut changed, fix) else { continue };
        kinds.insert(kind);
        let now = cells(&changed.radius());
        assert_eq!(was.len(), now.len());
        let gone: BTreeMap<[String; 3], Amounts> =
            was.iter().map(|(cell, (_, amounts))| (cell.clone(), less(amounts, &now[cell].1))).collect();
        let concerns: BTreeSet<(String, String)> = fix["concerns"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|c| {
                c["operations"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|o| (c["way"].as_str().unwrap().to_owned(), o.as_str().unwrap().to_owned()))
                    .collect::<Vec<_>>()
            })
            .collect();
        let changed: BTreeSet<(String, String)> = was
            .iter()
            .filter(|(cell, (executed, _))| !gone[*cell].is_empty() || (*executed && !now[*cell].0))
            .map(|([_, way, operation], _)| (way.clone(), operation.clone()))
            .collect();
        assert_eq!(concerns, changed, "{fix:#}");
        let promise = promised(fix);
        assert!(gone.values().any(|g| *g == promise), "{fix:#}\n{gone:#?}");
        let most = gone.values().map(usdt).fold(0.0, f64::max);
        assert!((usdt(&promise) - most).abs() < 1e-9, "{fix:#}: {most}");
        // Nothing gets worse, and nothing of another key changes but what it reaches.
        for (cell, (executed, amounts)) in &was {
            let open = amounts.contains_key("?");
            assert!((open || less(&now[cell].1, amounts).is_empty()) && (*executed || !now[cell].0), "{fix:#}: {cell:?}");
        }
    }
    let all = [
        "balance",
        "ip_whitelist",
        "permissions.administer",
        "permissions.trade",
        "permissions.transfer",
        "permissions.withdraw",
        "status",
        "withdrawals.address-whitelist",
        "withdrawals.daily-limit",
        "withdrawals.hold",
        "withdrawals.second-factor",
    ];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), all, "{before:#}");
}

#[test]
fn one_after_the_other_they_lead_where_they_promise() {
    let mut desk = desk();
    // What cannot be written down cannot be done: without it the sum of all is exact.
    desk.files.remove("sweep.json");
    desk.config["keys"].as_array_mut().unwrap().retain(|k| !k["key"].as_str().unwrap().starts_with("kraken"));
    let before = desk.radius();
    let fixes = before["fixes"].as_array().unwrap();
    assert!(fixes.len() > 8 && fixes.len() <= 20, "{}", fixes.len());
    let mut last = Value::Null;
    for (number, fix) in fixes.iter().enumerate() {
        make(&mut desk, fix).unwrap();
        let now = desk.radius();
        assert_eq!(now["worst"], fix["then"]["worst"], "after {} changes, the last of them {}", number + 1, fix["change"]);
        assert_eq!(now["most"], fix["then"]["most"], "after {} changes, the last of them {}", number + 1, fix["change"]);
        last = now;
    }
    assert_eq!(last["worst"], before["after"]["worst"]);
    assert_eq!(last["most"], before["after"]["most"]);
    assert_ne!(amounts(&before["most"]), amounts(&last["most"]));
    // The first of them removes most.
    let removed: Vec<f64> = fixes.iter().map(|f| usdt(&promised(f))).collect();
    assert!(removed.is_sorted_by(|a, b| a >= b), "{removed:?}");
}

#[test]
fn what_is_above_the_working_balance_is_proposed_where_only_another_accounts_key_reaches_it() {
    let config = json!({ "version": 1, "accounts": {
        "deribit/main": { "balance": "3 BTC" }, "deribit/cold": { "parent": "deribit/main", "balance": "9 BTC", "working-balance": "1 BTC" } },
        "keys": [entry("deribit", "admin", "deribit/main", json!({ "task": "trading" }))] });
    let made = |scope: &str| {
        Desk { files: BTreeMap::new(), config: config.clone() }.with("deribit.json", deribit(&[deribit_key("admin", scope, OWN)]))
    };
    let proposed = |desk: &Desk| {
        desk.radius()["fixes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["setting"]["name"] == "balance")
            .map(|f| amounts(&f["removes_all"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(proposed(&made("account:read_write trade:read_write")), ["8 BTC"]);
    assert!(proposed(&made("account:read trade:read_write")).is_empty());
}

#[test]
fn a_wide_range_is_replaced_by_the_declared_addresses() {
    let config = |egress: &str| {
        json!({ "version": 1, "systems": { "bot": { "egress": [egress] } }, "accounts": { "kraken/main": { "balance": "5 BTC" } },
        "keys": [entry("kraken", "grid", "kraken/main", json!({ "system": "bot", "task": "trading" }))] })
    };
    let proposed = |egress: &str| {
        let desk = Desk { files: BTreeMap::new(), config: config(egress) }
            .with("grid.json", kraken("grid", &["query-funds", "modify-trades"], &["51.158.0.0/16"]));
        desk.radius()["fixes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["setting"]["name"] == "ip_whitelist")
            .map(|f| f["setting"]["value"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(proposed(EGRESS), [json!(EGRESS)]);
    assert_eq!(proposed("146.59.3.7"), [json!("146.59.3.7")]);
    // What the policy calls too wide is no fix, however it is declared.
    assert!(proposed("51.158.10.0/24").is_empty());
}
