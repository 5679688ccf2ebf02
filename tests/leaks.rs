//! What the model says in a check: severities that it sets, with their reason, and what the leak of a secret that was found
//! costs.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where something is not as it must be")]

mod desk;

use std::fs;

use desk::{ANY, Desk, EGRESS, amounts, bybit, entry, keylint, kraken, said};
use serde_json::{Value, json};

const OWN: &[&str] = &[EGRESS];

fn check(desk: &Desk, files: &[(&str, &str)]) -> Value {
    let dir = desk.write();
    for (name, content) in files {
        fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        fs::write(dir.path().join(name), content).unwrap();
    }
    let output = keylint(dir.path(), &["check", ".", "--format", "json", "--exit-zero"]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)))
}

/// The severity of the finding of a rule, and why.
fn weighed(report: &Value, rule: &str) -> Option<(String, String)> {
    let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == rule)?;
    let word = |v: &Value| v.as_str().unwrap_or("null").to_owned();
    Some((word(&finding["severity"]), word(&finding["severity_because"])))
}

fn said_of(desk: &Desk, rule: &str) -> (String, String) {
    weighed(&check(desk, &[]), rule).unwrap_or_else(|| panic!("{rule} is not told"))
}

fn withdrawals(more: Value) -> Value {
    let mut all =
        json!({ "address-whitelist": true, "hold": "2 days", "second-factor": ["totp"], "confirmed-by": ["app"], "daily-limit": "none" });
    desk::merge(&mut all, more);
    json!({ "accounts": { "bybit/main": { "withdrawals": all } } })
}

#[test]
fn a_missing_whitelist_is_as_bad_as_what_the_key_can_do_without_one() {
    let pays =
        |more: Value| said_of(&Desk::one(bybit("pay", 100, 0, false, &["Withdraw"], ANY), withdrawals(more)), "ip-whitelist-missing");
    for (more, severity, because) in [
        (json!({ "address-whitelist": false }), "critical", "usable from any address, can withdraw to any address: up to 12,000 USDT"),
        (json!({}), "high", "usable from any address, can withdraw to saved addresses only"),
        (
            json!({ "hold": "none", "second-factor": ["email"], "confirmed-by": ["email"] }),
            "critical",
            "usable from any address, can withdraw to saved addresses, and to any other that the mailbox confirms",
        ),
    ] {
        assert_eq!(pays(more.clone()), (severity.to_owned(), because.to_owned()), "{more}");
    }
    let trades = |wallet: &[&str], trades| said_of(&Desk::one(bybit("t", 100, 0, trades, wallet, ANY), json!({})), "ip-whitelist-missing");
    let because = |severity: &str, because: &str| (severity.to_owned(), because.to_owned());
    assert_eq!(trades(&[], true), because("high", "usable from any address, can trade: up to 12,000 USDT"));
    assert_eq!(trades(&["AccountTransfer"], true), because("high", "usable from any address, can trade and transfer: up to 12,000 USDT"));
    assert_eq!(trades(&[], false), because("medium", "usable from any address, can only read"));
    let mut unknown = Desk::one(bybit("t", 100, 0, true, &[], ANY), json!({}));
    unknown.config["accounts"]["bybit/main"].as_object_mut().unwrap().remove("balance");
    assert_eq!(said_of(&unknown, "ip-whitelist-missing").1, "usable from any address, can trade: everything on its account");
}

#[test]
fn a_wide_whitelist_is_one_step_better_than_none() {
    let of = |ips: &[&str], permissions: &[&str], rule: &str| {
        let config = json!({ "accounts": { "kraken/main": { "balance": "9000 USDT", "withdrawals": { "address-whitelist": false } } },
            "keys": [entry("kraken", "k", "kraken/main", json!({}))] });
        said_of(&Desk::one(kraken("k", permissions, ips), config), rule)
    };
    let (wide, open) = (&["51.158.0.0/16"][..], &[][..]);
    for (permissions, without, broad) in [
        (&["query-funds", "withdraw-funds"][..], "critical", "high"),
        (&["query-funds", "modify-trades"][..], "high", "medium"),
        (&["query-funds"][..], "medium", "low"),
    ] {
        let missing = of(open, permissions, "ip-whitelist-missing");
        let range = of(wide, permissions, "ip-whitelist-broad");
        assert_eq!((missing.0.as_str(), range.0.as_str()), (without, broad), "{missing:?} {range:?}");
        assert!(missing.1.starts_with("usable from any address, "), "{missing:?}");
        assert!(range.1.starts_with("usable from more addresses than the policy allows, "), "{range:?}");
    }
}

#[test]
fn a_key_for_two_accounts_is_at_least_as_bad_as_the_rule_says() {
    let shared = |key: Value| {
        let config = json!({ "accounts": { "bybit/other": {} }, "keys": [
            entry("bybit", "k", "bybit/main", json!({})), entry("bybit", "k", "bybit/other", json!({}))] });
        said_of(&Desk::one(key, config).set(withdrawals(json!({ "address-whitelist": false }))), "key-shared-across-sub-accounts")
    };
    for (trades, wallet, ips, severity, words) in [
        (true, &[][..], OWN, "high", "usable only from its whitelisted addresses, can trade"),
        (false, &[], OWN, "medium", "usable only from its whitelisted addresses, can only read"),
        (true, &["Withdraw"], OWN, "high", "usable only from its whitelisted addresses, can withdraw to any address"),
        (true, &["Withdraw"], ANY, "critical", "usable from any address, can withdraw to any address"),
    ] {
        let (is, because) = shared(bybit("k", 100, 0, trades, wallet, ips));
        assert!(is == severity && because.starts_with(words), "{is} {because}");
    }
}

/// A desk whose key's secret stands in a file.
fn leaked(trades: bool, wallet: &[&str], ips: &[&str], more: Value) -> (Desk, String, String) {
    let secret = format!("{}{}", desk::id("one half"), desk::id("another"));
    let file = format!("BYBIT_API_KEY={}\nBYBIT_API_SECRET={secret}\n", desk::id("grid"));
    (Desk::one(bybit("grid", 100, 0, trades, wallet, ips), json!({})).set(more), file, secret)
}

#[test]
fn a_secret_in_plaintext_weighs_what_its_key_may_do_and_shows_the_ways() {
    for (trades, wallet, ips, more, severity, because) in [
        (
            true,
            &["Withdraw"][..],
            ANY,
            withdrawals(json!({ "address-whitelist": false })),
            "critical",
            "usable from any address, can withdraw to any address: up to 12,000 USDT",
        ),
        (true, &[], ANY, json!({}), "high", "usable from any address, can trade: up to 12,000 USDT"),
        (true, &[], OWN, json!({}), "medium", "usable only from its whitelisted addresses, can trade: up to 12,000 USDT"),
        (false, &[], ANY, json!({}), "medium", "usable from any address, can only read"),
        (false, &[], OWN, json!({}), "low", "usable only from its whitelisted addresses, can only read"),
    ] {
        let (desk, file, secret) = leaked(trades, wallet, ips, more);
        let report = check(&desk, &[("bot/.env", &file)]);
        let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "secret-in-plaintext").unwrap().clone();
        assert_eq!((finding["severity"].as_str(), finding["severity_because"].as_str()), (Some(severity), Some(because)));
        let radius = &finding["radius"];
        assert_eq!((radius["severity"].as_str(), radius["because"].as_str()), (Some(severity), Some(because)), "{radius:#}");
        assert_eq!(radius["ways"].as_array().map(Vec::len), Some(6));
        // It is what `keylint radius` says of that key.
        let document = desk.radius();
        assert_eq!(radius["ways"], document["keys"][0]["ways"]);
        let trade = desk::cell(radius, "key-and-secret", "trade");
        assert_eq!(trade["executed"].as_bool(), Some(trades && ips == ANY));
        if trades && ips == ANY {
            assert_eq!(amounts(&trade["bounds"]), "12000 USDT");
        }
        assert!(!report.to_string().contains(&secret));
        let others = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] != "secret-in-plaintext");
        assert!(others.into_iter().all(|f| f["radius"].is_null()));
    }
}

#[test]
fn a_secret_of_a_key_that_nobody_states_has_no_radius() {
    let (desk, file, _) = leaked(true, &[], ANY, json!({}));
    let file = file.replace(&desk::id("grid"), &desk::id("somebody"));
    let report = check(&desk, &[("bot/.env", &file)]);
    let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "secret-in-plaintext").unwrap();
    assert!(finding["radius"].is_null(), "{finding:#}");
    assert!(report["verdict"]["worst_leak"].is_null());
}

#[test]
fn the_worst_leak_is_the_first_line() {
    let (desk, file, secret) = leaked(true, &[], ANY, json!({ "accounts": { "bybit/rich": { "id": "200", "balance": "900000 USDT" } } }));
    let desk = desk.with("rich.json", bybit("rich", 200, 0, true, &[], ANY));
    let rich = file.replace(&desk::id("grid"), &desk::id("rich")).replace(&desk::id("another"), &desk::id("a third"));
    let dir = desk.write();
    fs::write(dir.path().join("a.env"), &file).unwrap();
    fs::write(dir.path().join("b.env"), &rich).unwrap();
    let words = "usable from any address, can trade: up to 900,000 USDT";
    let output = keylint(dir.path(), &["check", "."]);
    let human = String::from_utf8(output.stdout).unwrap();
    let first = human.split("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(first.contains(words), "{human}");
    let page = String::from_utf8(keylint(dir.path(), &["check", ".", "--format", "markdown"]).stdout).unwrap();
    assert!(page.lines().find(|l| l.starts_with("**Worst leak:**")).unwrap().contains(words), "{page}");
    let at = page.lines().position(|l| l.starts_with("**Worst leak:**")).unwrap();
    assert!(at <= 4, "{page}");
    let report: Value = serde_json::from_slice(&keylint(dir.path(), &["check", ".", "--format", "json"]).stdout).unwrap();
    assert!(report["verdict"]["worst_leak"].as_str().unwrap().ends_with(words), "{}", report["verdict"]);
    assert!(!human.contains(&secret) && !page.contains(&secret) && !report.to_string().contains(&secret));
    // Where no secret is found, nothing is said of one.
    let clean = keylint(desk.write().path(), &["check", "."]);
    assert!(!said(&clean).contains("in the open"), "{}", said(&clean));
}
