//! What a leak costs, fact by fact and both ways: which operations are executed, which check stops the others, how much can
//! be lost, and how far a key reaches.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where something is not as it must be")]

mod desk;

use desk::{ANY, Desk, EGRESS, amounts, bybit, cell, deribit, deribit_key, entry, kraken, labelled, told};
use serde_json::{Value, json};

const OWN: &[&str] = &[EGRESS];
const WAYS: [&str; 6] = ["key-and-secret", "mailbox", "server", "third-party", "replay", "key-id-only"];
const OPERATIONS: [&str; 4] = ["read", "trade", "transfer", "withdraw"];

/// What the only key of a desk says of a way and an operation.
fn only(desk: &Desk, way: &str, operation: &str) -> String {
    told(&desk.radius()["keys"][0], way, operation)
}

/// A key that may trade and withdraw from any address, and how withdrawals from its account are protected.
fn payouts(withdrawals: &Value, policy: &Value) -> Desk {
    let config = json!({ "accounts": { "bybit/main": { "withdrawals": withdrawals } }, "policy": policy });
    Desk::one(bybit("payouts", 100, 0, false, &["Withdraw"], ANY), config)
}

#[test]
fn a_key_says_of_every_way_and_operation_what_stops_it() {
    let document = Desk::one(bybit("grid", 100, 0, true, &[], ANY), json!({})).radius();
    let key = &document["keys"][0];
    let ways: Vec<&str> = key["ways"].as_array().unwrap().iter().filter_map(|w| w["way"].as_str()).collect();
    assert!(WAYS.iter().all(|w| ways.contains(w)) && ways.len() == 6, "{ways:?}");
    for way in ["key-and-secret", "mailbox", "server"] {
        let row = OPERATIONS.map(|o| told(key, way, o));
        assert_eq!(row, ["executed: nothing", "executed: 12000 USDT", "permission", "permission"], "{way}");
    }
    // No third party is known to hold it; the exchange lets requests be valid for seconds only; and who has not the secret
    // cannot sign.
    for (way, check) in [("third-party", "signature"), ("replay", "request-time"), ("key-id-only", "signature")] {
        let row = OPERATIONS.map(|o| told(key, way, o));
        let stops = if way == "replay" { [check, check, "permission", "permission"] } else { [check; 4] };
        assert_eq!(row, stops, "{way}");
    }
    assert_eq!(document["worst"]["way"], "key-and-secret");
    assert_eq!(amounts(&document["most"]), "12000 USDT");
}

#[test]
fn a_permission_decides_and_one_that_nobody_stated_stops_nothing() {
    let trades = |trades| only(&Desk::one(bybit("grid", 100, 0, trades, &[], ANY), json!({})), "key-and-secret", "trade");
    assert_eq!(trades(true), "executed: 12000 USDT");
    assert_eq!(trades(false), "permission");
    let config =
        json!({ "accounts": { "kraken/main": { "balance": "5000 USDT" } }, "keys": [entry("kraken", "spot", "kraken/main", json!({}))] });
    let mut export = kraken("spot", &["query-funds"], &[]);
    let spot = |export: &Value| {
        let desk = Desk::one(export.clone(), config.clone());
        OPERATIONS.map(|o| only(&desk, "key-and-secret", o))
    };
    // Kraken's answer says nothing of transfers.
    assert_eq!(spot(&export), ["executed: nothing", "permission", "executed? permission: 5000 USDT", "permission"]);
    export["result"].as_object_mut().unwrap().remove("ipAllowlist");
    assert_eq!(spot(&export)[2], "executed? permission ip-whitelist: 5000 USDT");
    assert_eq!(spot(&export)[1], "permission");
}

#[test]
fn a_whitelist_stops_who_sends_from_elsewhere_and_not_its_own_server() {
    let config = |egress: &str| json!({ "systems": { "bot": { "egress": [egress] } }, "keys": [entry("bybit", "grid", "bybit/main", json!({ "system": "bot" }))] });
    let row = |ips: &[&str], egress: &str| {
        let desk = Desk::one(bybit("grid", 100, 0, true, &[], ips), config(egress));
        ["key-and-secret", "mailbox", "server"].map(|w| only(&desk, w, "trade"))
    };
    let (lost, listed) = ("executed: 12000 USDT", "ip-whitelist");
    assert_eq!(row(ANY, EGRESS), [lost, lost, lost]);
    assert_eq!(row(OWN, EGRESS), [listed, listed, lost]);
    // That its server would not be let in says that the declaration is not all: somebody uses it from what is listed.
    assert_eq!(row(OWN, "146.59.3.7"), [listed, listed, "executed? ip-whitelist: 12000 USDT"]);
    // A range so wide that anybody gets an address in it stops nobody; the policy says how wide that is.
    let wide = |widest: &str| {
        let policy = json!({ "policy": { "ip-whitelist": { "widest": widest } }, "accounts": { "kraken/main": { "balance": "12000 USDT" } },
            "keys": [entry("kraken", "grid", "kraken/main", json!({}))] });
        only(&Desk::one(kraken("grid", &["query-funds", "modify-trades"], &["51.158.10.0/24"]), policy), "key-and-secret", "trade")
    };
    assert_eq!(wide("/29"), lost);
    assert_eq!(wide("/24"), listed);
}

#[test]
fn a_third_party_leaks_what_it_holds_from_where_it_publishes_that_it_sends() {
    let held = |party: Value, ips: &[&str]| {
        let config =
            json!({ "third-parties": { "copy": { "service": "3commas" } }, "keys": [entry("bybit", "copy", "bybit/main", party)] });
        let desk = Desk::one(bybit("copy", 100, 0, true, &[], ips), config);
        ["third-party", "key-and-secret"].map(|w| only(&desk, w, "trade"))
    };
    let lost = "executed: 12000 USDT";
    assert_eq!(held(json!({ "third-party": "copy" }), &["103.26.9.7"]), [lost, "ip-whitelist"]);
    // What a service publishes is not all that it has: it holds the key, so it is used somehow.
    assert_eq!(held(json!({ "third-party": "copy" }), OWN), ["executed? ip-whitelist: 12000 USDT", "ip-whitelist"]);
    // A whitelist of addresses that a service publishes says who holds the key, declared or not.
    assert_eq!(held(json!({}), &["103.26.9.7"]), [lost, "ip-whitelist"]);
    assert_eq!(held(json!({}), OWN), ["signature", "ip-whitelist"]);
    // Of two that hold it, the one that gets in counts.
    let both = json!({ "third-parties": { "copy": { "service": "3commas" }, "mirror": {} }, "keys": [
        entry("bybit", "copy", "bybit/main", json!({ "third-party": "copy" })), entry("bybit", "copy", "bybit/main", json!({ "third-party": "mirror" }))] });
    assert_eq!(only(&Desk::one(bybit("copy", 100, 0, true, &[], OWN), both), "third-party", "trade"), lost);
}

#[test]
fn a_key_that_is_switched_off_or_expired_executes_nothing() {
    let account =
        json!({ "accounts": { "deribit/main": { "balance": "3 BTC" } }, "keys": [entry("deribit", "grid", "deribit/main", json!({}))] });
    let mut record = deribit_key("grid", "account:read trade:read_write wallet:read", &[]);
    let trade = |record: &Value| only(&Desk::one(deribit(std::slice::from_ref(record)), account.clone()), "key-and-secret", "trade");
    assert_eq!(trade(&record), "executed: 3 BTC");
    record["enabled"] = json!(false);
    assert_eq!(trade(&record), "key-status");
    let mut export = bybit("grid", 100, 0, true, &[], ANY);
    for (end, says) in [("2026-10-31T23:59:59Z", "key-status"), ("2026-11-01T00:00:01Z", "executed: 12000 USDT")] {
        export["result"]["expiredAt"] = json!(end);
        assert_eq!(only(&Desk::one(export.clone(), json!({})), "server", "trade"), says, "{end}");
    }
}

#[test]
fn a_request_is_sent_again_where_nothing_says_that_it_expires() {
    let config = json!({ "accounts": { "deribit/main": { "balance": "3 BTC" } }, "systems": { "bot": {} },
        "keys": [entry("deribit", "grid", "deribit/main", json!({ "system": "bot" }))] });
    let desk = Desk::one(deribit(&[deribit_key("grid", "trade:read_write", &[])]), config);
    assert_eq!(only(&desk, "replay", "trade"), "executed? request-time: 3 BTC");
    assert_eq!(only(&desk.set(json!({ "systems": { "bot": { "request-window": "5 s" } } })), "replay", "trade"), "request-time");
}

#[test]
fn a_withdrawal_passes_the_list_the_second_factor_the_hold_and_the_limit_in_this_order() {
    let list = |more: Value| {
        let mut all = json!({ "address-whitelist": true, "second-factor": ["email"], "confirmed-by": ["email"], "hold": "none" });
        desk::merge(&mut all, more);
        payouts(&all, &json!({ "noticed-after": "1 day" }))
    };
    for (more, key_and_secret, mailbox) in [
        (json!({}), "address-whitelist", "executed? daily-limit: 12000 USDT"),
        (json!({ "second-factor": ["totp"] }), "address-whitelist", "second-factor"),
        (json!({ "confirmed-by": ["email", "app"] }), "address-whitelist", "second-factor"),
        (json!({ "hold": "2 days" }), "address-whitelist", "hold"),
        (json!({ "hold": "1 day" }), "address-whitelist", "hold"),
        (json!({ "hold": "23 hours" }), "address-whitelist", "executed? daily-limit: 12000 USDT"),
        (json!({ "daily-limit": "0 USDT" }), "address-whitelist", "daily-limit"),
        (json!({ "daily-limit": "none" }), "address-whitelist", "executed: 12000 USDT"),
        (json!({ "second-factor": ["totp"], "hold": "2 days", "daily-limit": "0 USDT" }), "address-whitelist", "second-factor"),
        (json!({ "hold": "2 days", "daily-limit": "0 USDT" }), "address-whitelist", "hold"),
        // Without a list, no address has to be added: only the limit is left.
        (
            json!({ "address-whitelist": false, "second-factor": ["totp"], "hold": "2 days", "daily-limit": "none" }),
            "executed: 12000 USDT",
            "executed: 12000 USDT",
        ),
        (json!({ "address-whitelist": false, "daily-limit": "0 USDT" }), "daily-limit", "daily-limit"),
    ] {
        let desk = list(more.clone());
        let row = ["key-and-secret", "server", "mailbox"].map(|w| only(&desk, w, "withdraw"));
        assert_eq!(row, [key_and_secret, key_and_secret, mailbox], "{more}");
    }
    // What nobody stated is taken for granted, and named.
    let unsaid = payouts(&json!({ "address-whitelist": true }), &json!({}));
    assert_eq!(only(&unsaid, "mailbox", "withdraw"), "executed? second-factor hold daily-limit: 12000 USDT");
    // The exchange itself has withdrawals go to saved addresses only.
    let mut nothing = unsaid;
    nothing.config["accounts"]["bybit/main"].as_object_mut().unwrap().remove("withdrawals");
    assert_eq!(only(&nothing, "key-and-secret", "withdraw"), "address-whitelist");
}

#[test]
fn a_key_that_adds_addresses_waits_only_for_the_hold() {
    let config = |hold: &str| {
        json!({ "accounts": { "kraken/main": { "balance": "9000 USDT", "withdrawals":
            { "address-whitelist": true, "second-factor": ["hardware-key"], "confirmed-by": ["app"], "hold": hold, "daily-limit": "none" } } },
            "keys": [entry("kraken", "pay", "kraken/main", json!({}))] })
    };
    let row = |adds: bool, hold: &str| {
        let permissions: &[&str] =
            if adds { &["query-funds", "withdraw-funds", "add-withdraw-address"] } else { &["query-funds", "withdraw-funds"] };
        let desk = Desk::one(kraken("pay", permissions, &[]), config(hold));
        ["key-and-secret", "mailbox"].map(|w| only(&desk, w, "withdraw"))
    };
    assert_eq!(row(true, "none"), ["executed: 9000 USDT"; 2]);
    assert_eq!(row(true, "2 days"), ["hold"; 2]);
    assert_eq!(row(false, "none"), ["address-whitelist", "second-factor"]);
}

#[test]
fn a_days_limit_bounds_withdrawals_for_as_long_as_the_leak_goes_unnoticed() {
    let mailbox = |more: Value, noticed: &str| {
        let mut all = json!({ "address-whitelist": true, "second-factor": ["email"], "confirmed-by": ["email"], "hold": "none", "daily-limit": "1000 USDT" });
        desk::merge(&mut all, more);
        only(&payouts(&all, &json!({ "noticed-after": noticed })), "mailbox", "withdraw")
    };
    assert_eq!(mailbox(json!({}), "1 day"), "executed: 1000 USDT");
    assert_eq!(mailbox(json!({}), "2 hours"), "executed: 1000 USDT");
    assert_eq!(mailbox(json!({}), "3 days"), "executed: 3000 USDT");
    assert_eq!(mailbox(json!({}), "49 hours"), "executed: 3000 USDT");
    assert_eq!(mailbox(json!({}), "30 days"), "executed: 12000 USDT");
    // Of that time a new address waits a part.
    assert_eq!(mailbox(json!({ "hold": "1 day" }), "3 days"), "executed: 2000 USDT");
    assert_eq!(mailbox(json!({ "daily-limit": "none" }), "3 days"), "executed: 12000 USDT");
    // A limit holds for what nobody stated, too; and not for trading.
    let mut desk = payouts(&json!({ "address-whitelist": false, "daily-limit": "1000 USDT" }), &json!({}));
    desk.config["accounts"]["bybit/main"].as_object_mut().unwrap().remove("balance");
    assert_eq!(only(&desk, "key-and-secret", "withdraw"), "executed: 1000 USDT");
    let trades = Desk { files: [("one.json".to_owned(), bybit("both", 100, 0, true, &["Withdraw"], ANY))].into(), ..desk };
    assert_eq!(only(&trades, "key-and-secret", "withdraw"), "executed: 1000 USDT");
    assert_eq!(only(&trades, "key-and-secret", "trade"), "executed: everything");
}

#[test]
fn an_unknown_balance_is_everything_on_it_and_never_zero() {
    let desk = Desk::one(bybit("grid", 100, 0, true, &[], ANY), json!({}));
    assert_eq!(only(&desk, "key-and-secret", "trade"), "executed: 12000 USDT");
    let empty = desk.set(json!({ "accounts": { "bybit/main": { "balance": "0 USDT" } } })).radius();
    assert_eq!(told(&empty["keys"][0], "key-and-secret", "trade"), "executed: 0 USDT");
    assert_eq!(
        cell(&empty["keys"][0], "key-and-secret", "trade")["bound"],
        json!({ "amount": "0", "currency": "USDT", "at_least": false })
    );
    assert_eq!(empty["worst"], Value::Null);
    let mut unknown = desk;
    unknown.config["accounts"]["bybit/main"].as_object_mut().unwrap().remove("balance");
    let document = unknown.radius();
    assert_eq!(told(&document["keys"][0], "key-and-secret", "trade"), "executed: everything");
    assert_eq!(
        cell(&document["keys"][0], "key-and-secret", "trade")["bound"],
        json!({ "amount": null, "currency": null, "at_least": true })
    );
    assert_eq!(amounts(&document["most"]), "everything");
    assert!(document["worst"]["words"].as_str().unwrap().starts_with("everything on it: "), "{}", document["worst"]);
    // Without a declaration nobody stated a balance either, nor that there is no other account.
    let bare = Desk { config: Value::Null, ..unknown };
    assert_eq!(only(&bare, "key-and-secret", "trade"), "executed: everything");
}

/// A master with two sub-accounts, and a key on the first of them with these rights of the wallet.
fn family(wallet: &[&str], more: Value) -> Desk {
    let config = json!({ "accounts": {
        "bybit/main": { "balance": "100000 USDT" },
        "bybit/grid": { "id": "200", "parent": "bybit/main", "balance": "2000 USDT" },
        "bybit/arb": { "id": "300", "parent": "bybit/main", "balance": "30000 USDT" },
    } });
    Desk::one(bybit("grid", 200, 100, true, wallet, ANY), config).set(more)
}

#[test]
fn transfers_reach_the_other_accounts_of_the_owner_and_the_path_is_shown() {
    for (wallet, trade, transfer) in [
        (&[][..], "executed: 2000 USDT", "permission"),
        // Between the wallets of one account only.
        (&["AccountTransfer"][..], "executed: 2000 USDT", "executed: 2000 USDT"),
        (&["SubMemberTransfer"][..], "executed: 132000 USDT", "executed: 132000 USDT"),
    ] {
        let desk = family(wallet, json!({}));
        let key = desk.key("bybit/grid");
        assert_eq!((told(&key, "server", "trade").as_str(), told(&key, "server", "transfer").as_str()), (trade, transfer), "{wallet:?}");
        let far = transfer.contains("132000");
        let cell = cell(&key, "server", "transfer");
        let path: &[&str] = if far {
            &["bybit/grid", "bybit/main"]
        } else if transfer == "permission" {
            &[]
        } else {
            &["bybit/grid"]
        };
        assert_eq!((cell["path"].clone(), cell["reaches"].as_u64()), (json!(path), Some(if far { 2 } else { 0 })), "{wallet:?}");
        let reached: Vec<_> = key["reached"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["account"].clone(), r["by"].clone(), amounts(&json!([r["balance"]]))))
            .collect();
        let all = [("bybit/main", "100000 USDT"), ("bybit/arb", "30000 USDT")].map(|(a, b)| (json!(a), json!("transfer"), b.to_owned()));
        assert_eq!(reached, if far { all.to_vec() } else { Vec::new() }, "{wallet:?}");
    }
    // One balance that nobody stated makes the sum "at least".
    let mut desk = family(&["SubMemberTransfer"], json!({}));
    desk.config["accounts"]["bybit/arb"].as_object_mut().unwrap().remove("balance");
    assert_eq!(only(&desk, "server", "transfer"), "executed: at least 102000 USDT");
    // Where no master is declared, other accounts may be there.
    let config = json!({ "version": 1, "accounts": {} });
    let alone = Desk { config, ..family(&["SubMemberTransfer"], json!({})) };
    assert_eq!(only(&alone, "server", "transfer"), "executed: everything");
}

#[test]
fn an_account_whose_assets_may_not_be_moved_out_is_reached_by_its_own_keys_only() {
    let list = |may: bool| {
        json!({ "code": "0", "msg": "", "data": [{ "canTransOut": may, "enable": true, "frozenFunc": [], "gAuth": false, "label": "arb",
            "mobile": "", "subAcct": "arbSub", "ts": "1768467600000", "type": "1", "uid": "5173***********8841", "subAcctLv": "1",
            "firstLvSubAcct": "arbSub", "ifDma": false }] })
    };
    let config = json!({ "accounts": { "okx/main": { "id": "51", "balance": "10 BTC" },
        "okx/arb": { "id": "arbSub", "parent": "okx/main", "balance": "2 BTC" } } });
    let key = json!({ "code": "0", "msg": "", "data": [{ "acctLv": "2", "ip": "", "kycLv": "3", "label": "desk", "level": "Lv1", "mainUid": "51",
        "perm": "read_only,trade", "posMode": "net_mode", "roleType": "0", "uid": "51", "opAuth": "1", "type": "0", "acctStpMode": "cancel_maker" }] });
    let desk = |may| Desk::one(key.clone(), config.clone()).with("subs.json", list(may));
    assert_eq!(only(&desk(true), "server", "transfer"), "executed: 12 BTC");
    assert_eq!(only(&desk(false), "server", "transfer"), "executed: 10 BTC");
    // Its own key takes it with it, whatever it reaches besides.
    let mut own = desk(false);
    let record = &mut own.files.get_mut("one.json").unwrap()["data"][0];
    (record["uid"], record["type"]) = (json!("52"), json!("1"));
    own.config["accounts"]["okx/arb"]["id"] = json!(["arbSub", "52"]);
    assert_eq!(only(&own, "server", "transfer"), "executed: 12 BTC");
}

#[test]
fn who_makes_keys_reaches_everything_and_may_do_everything() {
    let config = json!({ "accounts": { "deribit/main": { "balance": "3 BTC" }, "deribit/sub": { "parent": "deribit/main", "balance": "5 BTC" } },
        "keys": [entry("deribit", "admin", "deribit/main", json!({}))] });
    let row = |scope: &str, way: &str| {
        let desk = Desk::one(deribit(&[deribit_key("admin", scope, &[])]), config.clone());
        OPERATIONS.map(|o| only(&desk, way, o))
    };
    let all = "executed: 8 BTC";
    assert_eq!(row("account:read_write", "key-and-secret"), ["executed: nothing", all, all, "address-whitelist"]);
    assert_eq!(row("account:read", "key-and-secret"), ["executed: nothing", "permission", "permission", "permission"]);
    // A request that is sent again makes no key.
    assert_eq!(row("account:read_write", "replay")[1], "permission");
    let desk = Desk::one(deribit(&[deribit_key("admin", "account:read_write", &[])]), config.clone());
    let key = desk.key("deribit");
    assert_eq!(
        key["reached"],
        json!([{ "account": "deribit/sub", "by": "administer", "balance": { "amount": "5", "currency": "BTC", "at_least": false } }])
    );
    assert_eq!(cell(&key, "server", "trade")["path"], json!(["deribit/main", "deribit/sub"]));
}

#[test]
fn currencies_are_added_only_where_the_policy_has_rates() {
    let desk = family(&["SubMemberTransfer"], json!({ "accounts": { "bybit/arb": { "balance": "2 BTC" } } }));
    let document = desk.radius();
    assert_eq!(told(&document["keys"][0], "server", "transfer"), "executed: 2 BTC + 102000 USDT");
    // One of them stands alone only as a lower bound.
    assert_eq!(
        cell(&document["keys"][0], "server", "transfer")["bound"],
        json!({ "amount": "102000", "currency": "USDT", "at_least": true })
    );
    let rated = desk.set(json!({ "policy": { "rates": { "BTC": "50000 USDT" } } }));
    assert_eq!(only(&rated, "server", "transfer"), "executed: 202000 USDT");
    let chain = desk.set(json!({ "policy": { "rates": { "BTC": "50000 USDT", "USDT": "1 USD" } } }));
    assert_eq!(only(&chain, "server", "transfer"), "executed: 202000 USD");
}

#[test]
fn what_is_on_one_server_leaks_at_once_and_is_lost_once() {
    let keys = |server: Value| {
        json!({ "systems": { "a": { "egress": [EGRESS], "server": server }, "b": { "egress": [EGRESS], "server": "vps-1" } },
            "keys": [entry("bybit", "grid", "bybit/grid", json!({ "system": "a" })), entry("bybit", "arb", "bybit/arb", json!({ "system": "b" })),
                entry("bybit", "twin", "bybit/arb", json!({ "system": "b" }))] })
    };
    let desk = |server: Value| {
        let mut desk = family(&[], keys(server)).with("arb.json", bybit("arb", 300, 100, true, &[], OWN));
        desk.files.insert("twin.json".into(), bybit("twin", 300, 100, true, &[], OWN));
        desk.files.insert("one.json".into(), bybit("grid", 200, 100, true, &[], OWN));
        desk.radius()
    };
    let together = desk(json!("vps-1"));
    assert_eq!((together["worst"]["place"].as_str(), amounts(&together["worst"]["bounds"])), (Some("server vps-1"), "32000 USDT".into()));
    assert_eq!(together["worst"]["subjects"].as_array().map(Vec::len), Some(3));
    let apart = desk(json!("vps-2"));
    assert_eq!((apart["worst"]["place"].as_str(), amounts(&apart["worst"]["bounds"])), (Some("server vps-1"), "30000 USDT".into()));
}

#[test]
fn a_working_balance_is_what_there_would_be_after_the_change_and_changes_nothing_today() {
    let desk = Desk::one(bybit("grid", 100, 0, true, &[], ANY), json!({}));
    let before = desk.radius();
    let bounded = desk.set(json!({ "accounts": { "bybit/main": { "working-balance": "5000 USDT" } } })).radius();
    assert_eq!(before["keys"][0]["ways"], bounded["keys"][0]["ways"]);
    let fixes =
        |d: &Value| d["fixes"].as_array().unwrap().iter().filter(|f| f["setting"]["name"] == "balance").cloned().collect::<Vec<_>>();
    assert!(fixes(&before).is_empty());
    let fix = fixes(&bounded).pop().unwrap();
    assert_eq!((amounts(&fix["removes_all"]), fix["setting"]["value"].as_str()), ("7000 USDT".into(), Some("5000 USDT")));
    // No more than it should hold: nothing to move.
    assert!(fixes(&desk.set(json!({ "accounts": { "bybit/main": { "working-balance": "12000 USDT" } } })).radius()).is_empty());
    let unknown = desk.set(json!({ "accounts": { "bybit/main": { "balance": null, "working-balance": "5000 USDT" } } }));
    let mut unknown = unknown;
    unknown.config["accounts"]["bybit/main"].as_object_mut().unwrap().remove("balance");
    let fix = fixes(&unknown.radius()).pop().unwrap();
    assert_eq!(amounts(&fix["removes_all"]), "everything");
}

#[test]
fn keys_stand_the_worst_first_and_each_says_whose_it_is() {
    let desk = family(&[], json!({}))
        .with("main.json", bybit("main", 100, 0, true, &["Withdraw"], ANY))
        .set(json!({ "accounts": { "bybit/main": { "id": "100" } } }));
    let document = desk.radius();
    let order: Vec<&Value> = document["keys"].as_array().unwrap().iter().map(|k| &k["subject"]["label"]).collect();
    assert_eq!(order, ["main", "grid"]);
    assert_eq!(labelled(&document, "grid")["subject"]["account"], "bybit/grid");
}
