//! WhiteBIT: the keys of a sub-account, the IP whitelist of one of them, sub-accounts, a key that a partner's application
//! was given. Silent on the main account's own keys (no endpoint has them), on creation and expiry.
//!
//! A key has a type, which grants trading or trading with deposits and withdrawals, and may be restricted to a list of
//! endpoints: then it may do what both allow. The whitelist is an answer of its own that does not name its key.
//!
//! Sources: whitebit-exchange/docs@4a67f22 (openapi/private/main_api_v4.yaml, openapi/oauth2.yaml; 2026-08);
//! whitebit-exchange/api-docs@fc21786 (2026-01).

use super::record::{Record, granted, whitelist};
use super::{By, Harvest, Page, Payload, Reader};
use crate::document::Node;
use crate::model::ip::{EntryForm, IpEntry};
use crate::model::time::Time;
use crate::model::{AccountKind, Exchange, Fact, Key, LastUse, Origin, Stated, Status};

const KEYS: &str = "POST /api/v4/sub-account/api-key/list";
const NEW: &str = "POST /api/v4/sub-account/api-key/create";
const IPS: &str = "POST /api/v4/sub-account/api-key/ip-address/list";

const KEY: By = By::Fields {
    decides: &["subAccountId", "isEnabled", "apiKey", "restrictAccess", "accessEndpoints"],
    also: &["id", "title", "apiSecret", "type", "lastActivity"],
    read: key,
};

pub const READER: Reader = Reader {
    exchange: Exchange::Whitebit,
    profile: include_str!("whitebit.yaml"),
    payloads: &[
        Payload { endpoint: KEYS, at: &["data"], around: &[], by: KEY, made_at: None, page: Some(page) },
        // The documentation says of the list that it is a plain array, and shows it in a frame.
        Payload::bare(KEYS, KEY),
        // The same object; told from the list only by an envelope that names it.
        Payload::bare(NEW, KEY),
        Payload {
            endpoint: IPS,
            at: &["data"],
            around: &[],
            by: By::Shape { fits: is_whitelist, read: ip_list },
            made_at: None,
            page: None,
        },
        Payload {
            endpoint: "POST /api/v4/sub-account/list",
            at: &["data"],
            around: &[],
            by: By::Fields {
                decides: &["alias", "userId", "color", "kyc", "permissions"],
                also: &["id", "email", "status"],
                read: sub_account,
            },
            made_at: None,
            page: None,
        },
        Payload {
            endpoint: "GET /oauth2/api-key/info",
            at: &["data"],
            around: &[],
            by: By::Fields { decides: &["exists", "isEnabled", "externalId", "permissions"], also: &[], read: partner_key },
            made_at: None,
            page: None,
        },
    ],
    error,
};

/// Errors of validation and of business rules have a code, a message and, the first kind, what is wrong by field.
fn error(node: &Node<'_>) -> Option<String> {
    let code = node.get("code")?.as_int()?;
    node.get("message")?.as_text()?;
    node.get("errors")?.as_mapping()?;
    let hint = match code {
        0 => ": the request was not valid",
        5 => ": the request breaks a rule of the exchange",
        _ => "",
    };
    Some(format!("code {code}{hint}"))
}

/// Fewer rows than were asked for are the last.
fn page(answer: &Node<'_>) -> Option<Page> {
    let limit = answer.get("limit")?.as_int()?;
    let rows = answer.get("data")?.as_sequence()?.len() as i64;
    Some(if rows < limit { Page::Last } else { Page::More })
}

/// Endpoints that place orders.
const TRADE: &[&str] = &[
    "/api/v4/order/new",
    "/api/v4/order/bulk",
    "/api/v4/order/market",
    "/api/v4/order/stock_market",
    "/api/v4/order/stop_limit",
    "/api/v4/order/stop_market",
    "/api/v4/order/modify",
    "/api/v4/order/collateral/limit",
    "/api/v4/order/collateral/bulk",
    "/api/v4/order/collateral/market",
    "/api/v4/order/collateral/stop-limit",
    "/api/v4/order/collateral/trigger-market",
    "/api/v4/order/collateral/oco",
    "/api/v4/collateral-account/position/close",
    "/api/v4/convert/confirm",
];
/// Endpoints by which assets leave: withdrawals, and codes that whoever has them may redeem.
const WITHDRAW: &[&str] = &["/api/v4/main-account/withdraw", "/api/v4/main-account/withdraw-pay", "/api/v4/main-account/codes"];
const TRANSFER: &[&str] = &["/api/v4/main-account/transfer"];
/// Endpoints that show balances, orders or history.
const READ: &[&str] = &[
    "/api/v4/main-account/balance",
    "/api/v4/main-account/history",
    "/api/v4/main-account/fee",
    "/api/v4/main-account/codes/my",
    "/api/v4/main-account/codes/history",
    "/api/v4/trade-account/balance",
    "/api/v4/trade-account/executed-history",
    "/api/v4/trade-account/order",
    "/api/v4/trade-account/order/history",
    "/api/v4/orders",
    "/api/v4/conditional-orders",
    "/api/v4/oco-orders",
    "/api/v4/collateral-account/balance",
    "/api/v4/collateral-account/balance-summary",
    "/api/v4/collateral-account/summary",
    "/api/v4/collateral-account/positions/open",
    "/api/v4/collateral-account/positions/history",
    "/api/v4/collateral-account/funding-history",
    "/api/v4/convert/history",
    "/api/v4/market/fee",
];
/// Endpoints that do none of these: addresses to deposit to, cancelling, settings of orders.
const HARMLESS: &[&str] = &[
    "/api/v4/main-account/address",
    "/api/v4/main-account/create-new-address",
    "/api/v4/main-account/fiat-deposit-url",
    "/api/v4/main-account/codes/apply",
    "/api/v4/order/cancel",
    "/api/v4/order/cancel/bulk",
    "/api/v4/order/cancel/all",
    "/api/v4/order/conditional-cancel",
    "/api/v4/order/oco-cancel",
    "/api/v4/order/oto-cancel",
    "/api/v4/order/kill-switch",
    "/api/v4/order/kill-switch/status",
    "/api/v4/collateral-account/leverage",
    "/api/v4/collateral-account/hedge-mode",
    "/api/v4/collateral-account/hedge-mode/update",
    "/api/v4/convert/estimate",
];

/// The names of the endpoints that a restricted key may call, with the place of the list.
fn endpoints(record: &mut Record<'_, '_>) -> Stated<Vec<Fact<String>>> {
    let list = record.take("accessEndpoints")?;
    let mut names = Vec::new();
    for endpoint in list.as_sequence()? {
        // One that has no name could be any.
        let name = endpoint.get("name").filter(|n| n.as_text().is_some())?;
        record.public(name);
        names.push(Fact::exported(name.as_text().unwrap_or_default().to_owned(), name.span));
    }
    Some(Fact::exported(names, list.span))
}

/// What two limits allow together: no where one of them forbids, yes where both allow, at the narrower one.
fn both(one: Stated<bool>, other: Stated<bool>) -> Stated<bool> {
    match (one, other) {
        (Some(no), _) | (_, Some(no)) if !no.value => Some(no),
        (Some(_), Some(narrower)) => Some(narrower),
        _ => None,
    }
}

fn rights(record: &mut Record<'_, '_>, key: &mut Key) {
    let kind = record.text("type");
    let restricted = record.flag("restrictAccess");
    let names = endpoints(record);
    key.native.extend(kind.clone());
    // `trade` stands in an older example, without a word on what else it includes.
    let says = |read, trade, withdraw| -> [Option<bool>; 3] { [read, trade, withdraw] };
    let of_type = match kind.as_ref().map(|f| f.value.as_str()) {
        Some("1") => says(Some(true), Some(true), Some(false)),
        Some("2") => says(Some(true), Some(true), Some(true)),
        Some("trade") => says(None, Some(true), None),
        other => {
            key.unknown.extend(kind.clone().filter(|_| other.is_some()));
            [None; 3]
        }
    };
    let [read, trade, withdraw] =
        of_type.map(|v| Some(kind.clone()?.map(|_| v)).and_then(|f| Some(Fact { value: f.value?, from: f.from })));
    let p = &mut key.permissions;
    match restricted.map(|f| f.value) {
        Some(false) => (p.read, p.trade, p.withdraw) = (read, trade, withdraw),
        Some(true) => {
            p.read = both(read, granted(&names, READ));
            p.trade = both(trade, granted(&names, TRADE));
            p.withdraw = both(withdraw, granted(&names, WITHDRAW));
            // Which type can transfer is not said; neither can where the endpoint is not on the list.
            p.transfer = granted(&names, TRANSFER).filter(|f| !f.value);
            for name in names.map(|f| f.value).unwrap_or_default() {
                let known = [READ, TRADE, WITHDRAW, TRANSFER, HARMLESS].iter().any(|list| list.contains(&name.value.as_str()));
                key.unknown.extend((!known).then(|| name.clone()));
                key.native.push(name);
            }
        }
        // Whether the list counts is not known: what the type forbids is forbidden either way.
        None => (p.read, p.trade, p.withdraw) = (both(read, None), both(trade, None), both(withdraw, None)),
    }
}

fn key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey");
    key.label = record.text("title");
    key.account.extend(record.text("subAccountId"));
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    rights(record, &mut key);
    // What a key that was never used has here is not documented.
    let used = record.int("lastActivity");
    key.last_used = used.and_then(|f| Some(Fact { value: LastUse::At(Time::from_epoch_seconds(f.value)?), from: f.from }));
    key.status = status(record);
    key.handle = record.key_id("id");
    record.push_key(key);
}

fn status(record: &mut Record<'_, '_>) -> Stated<Status> {
    record.flag("isEnabled").map(|f| f.map(|on| if on { Status::Active } else { Status::Disabled }))
}

/// A list of addresses, in a frame with nothing else of note around it.
fn is_whitelist(answer: &Node<'_>, rows: &Node<'_>) -> bool {
    let is_address =
        |row: &Node<'_>| row.as_text().is_some_and(|text| matches!(IpEntry::parse(text).form(), EntryForm::Range(_) | EntryForm::Masked));
    let framed = answer.as_mapping().is_some_and(|entries| entries.len() <= 2) && answer.get("code").is_none();
    framed && rows.as_sequence().is_some_and(|rows| !rows.is_empty() && rows.iter().all(is_address))
}

/// The whitelist of the key that the request named. What an empty one means is implied and not said, so it is unknown.
fn ip_list(rows: &Node<'_>, harvest: &mut Harvest) {
    let mut key = Key::new(Exchange::Whitebit);
    key.payloads.push((IPS, rows.span));
    let mut entries = Vec::new();
    for row in rows.as_sequence().unwrap_or_default() {
        if let Some(text) = row.as_text() {
            harvest.public.push(row.span.start);
            entries.push(Fact::exported(text.to_owned(), row.span));
        }
    }
    if !entries.is_empty() {
        key.ip_whitelist = Some(whitelist(entries, Origin::Export(rows.span)));
    }
    harvest.keys.push(key);
}

/// `permissions` are what may be moved to the account, and no right of any key.
fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("id"));
    account.ids.extend(record.text("userId"));
    account.label = record.text("alias");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    record.push_account(account);
}

/// The key that a user gave to the asking application, where there is one. Its groups are not documented but for one
/// example, so what is granted is named and its rights are unknown.
fn partner_key(record: &mut Record<'_, '_>) {
    let exists = record.flag("exists");
    let mut key = record.new_key();
    key.id = record.key_id("externalId");
    if exists.map_or(key.id.is_none(), |f| !f.value) {
        return;
    }
    key.status = status(record);
    for url in record.children("permissions").unwrap_or_default().iter().filter_map(|g| g.get("urls")?.as_sequence()).flatten() {
        let on = url.get("enable").and_then(Node::as_bool) == Some(true);
        if let Some(name) = url.get("url").filter(|n| on && n.as_text().is_some()) {
            record.public(name);
            key.native.push(Fact::exported(name.as_text().unwrap_or_default().to_owned(), name.span));
        }
    }
    record.push_key(key);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::exchanges::{Reading, read};
    use crate::model::{IpWhitelist, value};
    use crate::text::TextId;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn key_of(text: &str) -> Key {
        sample::harvest(READER.exchange, text).keys.remove(0)
    }

    #[test]
    fn a_key_may_do_what_its_type_and_its_endpoints_allow() {
        let rights = |text: &str| sample::rights(&key_of(text));
        let open = fixture("sub-account-api-key-list");
        assert_eq!(rights(&open), [Some(true), Some(true), None, Some(false)]);
        assert_eq!(rights(&open.replace("\"type\": \"1\"", "\"type\": 2")), [Some(true), Some(true), None, Some(true)]);
        assert_eq!(rights(&open.replace("\"type\": \"1\"", "\"type\": \"trade\"")), [None, Some(true), None, None]);
        // A withdrawal endpoint on the list of a type that cannot withdraw opens nothing.
        let cannot = open.replace("\"restrictAccess\": false", "\"restrictAccess\": true");
        assert_eq!(rights(&cannot), [Some(true), Some(false), Some(false), Some(false)]);
        assert_eq!(rights(&fixture("sub-account-api-key-list-withdraw")), [Some(true), Some(true), Some(false), Some(true)]);
        assert_eq!(rights(&fixture("sub-account-api-key-list-read-only")), [Some(true), Some(false), Some(false), Some(false)]);
        let missing = fixture("sub-account-api-key-list-read-only").replace("\"restrictAccess\": true,", "");
        assert_eq!(rights(&missing), [None, None, None, Some(false)]);
    }

    #[test]
    fn an_endpoint_that_nobody_knows_leaves_open_what_the_list_would_deny() {
        let key = key_of(&fixture("sub-account-api-key-list-read-only").replace("main-account/balance", "main-account/withdraw-fast"));
        assert_eq!(key.unknown.len(), 1);
        assert_eq!(sample::rights(&key), [Some(true), None, None, Some(false)]);
    }

    #[test]
    fn a_whitelist_is_a_list_of_addresses_and_nothing_else() {
        let listed = |key: &Key| match value(&key.ip_whitelist) {
            Some(IpWhitelist::Listed(l)) => l.len(),
            _ => 0,
        };
        assert_eq!(listed(&key_of(&fixture("sub-account-api-key-ip-list"))), 2);
        for other in [r#"{"data": []}"#, r#"{"data": ["BTC"]}"#, r#"{"data": ["1.2.3.4"], "code": 0}"#, r#"["1.2.3.4"]"#] {
            let node = crate::document::parse(TextId(0), other, 0..other.len()).ok().unwrap();
            assert!(matches!(read(&node, None).pop(), Some(Reading::Unknown { .. })), "{other}");
        }
        // Asked for by its endpoint, an empty one is a key of which nothing is known.
        let text = format!(r#"{{"exchange": "whitebit", "endpoint": "{IPS}", "key": "a1b2c3d4e5f60718", "response": {{"data": []}}}}"#);
        let key = key_of(&text);
        assert_eq!((key.ip_whitelist.is_none(), key.id.is_some()), (true, true));
    }

    #[test]
    fn a_partner_key_that_does_not_exist_is_none() {
        let text = fixture("oauth2-api-key-info");
        assert_eq!(key_of(&text).native.len(), 2);
        let none = r#"{"data": {"exists": false, "isEnabled": false, "externalId": null, "permissions": []}}"#;
        assert!(sample::harvest(READER.exchange, none).keys.is_empty());
    }
}
