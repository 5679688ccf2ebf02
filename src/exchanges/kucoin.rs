//! KuCoin: the calling key, a master's sub-account keys, keys after creation or a change, a broker's sub-account keys,
//! sub-accounts. Silent on expiry, last use and pairs, and on the address book.
//!
//! The names mislead: `Transfer` is the right to withdraw, `InnerTransfer` the right to transfer. IP whitelists may come
//! with masked octets and are kept as they are.
//!
//! Sources: Kucoin/kucoin-universal-sdk 78c90c77 spec/rest/api; Kucoin/kucoin-api-docs 7f01bbe.

use super::record::{Record, granted, granted_markets, keep_names};
use super::{By, Page, Payload, Reader};
use crate::document::{Kind, Node};
use crate::model::{AccountKind, Exchange, Fact, IpWhitelist, Key, Market, Stated, TransferReach};
use crate::problem::Problem;

/// Around every answer.
const AROUND: &[(&str, &str)] = &[("code", "200000")];

const fn payload(endpoint: &'static str, at: &'static [&'static str], by: By) -> Payload {
    Payload { endpoint, at, around: AROUND, by, made_at: None, page: None }
}

pub const READER: Reader = Reader {
    exchange: Exchange::Kucoin,
    profile: include_str!("kucoin.yaml"),
    payloads: &[
        payload(
            "GET /api/v1/user/api-key",
            &["data"],
            By::Fields {
                decides: &["remark", "apiKey", "permission", "createdAt", "uid", "isMaster"],
                also: &["apiVersion", "ipWhitelist", "subName"],
                read: key,
            },
        ),
        payload(
            "GET /api/v1/sub/api-key",
            &["data"],
            By::Fields {
                decides: &["subName", "remark", "apiKey", "permission", "createdAt", "uid", "isMaster"],
                also: &["apiVersion", "ipWhitelist"],
                read: key,
            },
        ),
        // The same as its older edition had it: neither uid nor isMaster.
        payload(
            "GET /api/v1/sub/api-key",
            &["data"],
            By::Fields {
                decides: &["subName", "remark", "apiKey", "permission", "createdAt"],
                also: &["apiVersion", "ipWhitelist", "uid", "isMaster"],
                read: key,
            },
        ),
        payload(
            "POST /api/v1/sub/api-key",
            &["data"],
            By::Fields {
                decides: &["subName", "apiKey", "apiSecret", "passphrase", "permission"],
                also: &["remark", "apiVersion", "ipWhitelist", "createdAt"],
                read: key,
            },
        ),
        payload(
            "POST /api/v1/sub/api-key/update",
            &["data"],
            By::Fields { decides: &["subName", "apiKey", "permission"], also: &["ipWhitelist"], read: changed_key },
        ),
        Payload {
            endpoint: "GET /api/v2/sub/user",
            at: &["data", "items"],
            around: AROUND,
            by: By::Fields {
                decides: &["userId", "uid", "subName", "status", "access", "tradeTypes"],
                also: &["type", "createdAt", "remarks", "openedTradeTypes", "hostedStatus"],
                read: sub_account,
            },
            made_at: None,
            page: Some(|answer| Page::numbered(answer.get("data"), "currentPage", "totalPage")),
        },
        payload(
            "GET /api/v1/broker/nd/account/apikey",
            &["data"],
            By::Fields {
                decides: &["uid", "label", "apiKey", "permissions", "ipWhitelist"],
                also: &["apiVersion", "createdAt"],
                read: broker_key,
            },
        ),
    ],
    error,
};

/// A code of six digits as text, and a message.
fn error(node: &Node<'_>) -> Option<String> {
    let code = node.get("code").filter(|n| matches!(n.kind, Kind::Scalar { plain: false, .. }))?.scalar()?;
    node.get("msg")?;
    if code == "200000" || code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hint = if code == "400006" { ": the address that asked is not in the key's IP whitelist" } else { "" };
    Some(format!("code {code}{hint}"))
}

const KNOWN: &[&str] = &["General", "Spot", "Margin", "Futures", "Trade", "InnerTransfer", "Transfer", "Earn", "LeadtradeFutures"];

/// The words of `permission` (a text) or, from brokers, `permissions` (a list) are all that there are.
fn rights(record: &mut Record<'_, '_>, key: &mut Key, name: &str) {
    let words = record.words_at(name, &[',']);
    keep_names(key, &words, Some(KNOWN));
    key.permissions.read = granted(&words, &["General"]);
    key.permissions.trade = granted(&words, &["Spot", "Margin", "Futures", "Trade"]);
    key.permissions.transfer = granted(&words, &["InnerTransfer"]);
    key.permissions.withdraw = granted(&words, &["Transfer"]);
    // The universal transfer goes between master and sub-accounts too.
    let moves = key.permissions.transfer.as_ref().filter(|f| f.value);
    key.transfer_reach = moves.map(|f| Fact { value: TransferReach::BetweenAccounts, from: f.from });
    // In the older edition, `Trade` is spot and margin.
    let markets = [
        ("Spot", Market::Spot),
        ("Trade", Market::Spot),
        ("Margin", Market::Margin),
        ("Trade", Market::Margin),
        ("Futures", Market::Futures),
    ];
    key.markets = granted_markets(&words, &markets);
}

fn named_key(record: &mut Record<'_, '_>) -> Key {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey");
    key.label = record.text("remark").or_else(|| record.text("label"));
    key.created = record.millis("createdAt");
    key.account.extend(record.text("uid"));
    let sub = record.text("subName");
    // Only sub-accounts have a `subName`.
    let named = sub.as_ref().map(|f| Fact { value: AccountKind::Sub, from: f.from });
    let kind = |f: Fact<bool>| f.map(|master| if master { AccountKind::Master } else { AccountKind::Sub });
    key.account_kind = record.flag("isMaster").map(kind).or(named);
    key.account.extend(sub);
    key
}

fn key(record: &mut Record<'_, '_>) {
    let mut key = named_key(record);
    rights(record, &mut key, "permission");
    // Left out means the same as empty: no restriction.
    key.ip_whitelist = if record.has("ipWhitelist") {
        record.ip_list("ipWhitelist", Some(IpWhitelist::Unrestricted))
    } else {
        Some(Fact::fixed(IpWhitelist::Unrestricted))
    };
    record.push_key(key);
}

/// The answer to a change repeats only what was changed, so a field that is left out says nothing.
fn changed_key(record: &mut Record<'_, '_>) {
    let mut key = named_key(record);
    rights(record, &mut key, "permission");
    key.ip_whitelist = record.ip_list("ipWhitelist", Some(IpWhitelist::Unrestricted));
    record.push_key(key);
}

fn broker_key(record: &mut Record<'_, '_>) {
    let mut key = named_key(record);
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    rights(record, &mut key, "permissions");
    // What an empty list means is documented for the other answers only.
    key.ip_whitelist = record.ip_list("ipWhitelist", None);
    record.push_key(key);
}

fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("subName"));
    account.ids.extend(record.text("uid"));
    account.ids.extend(record.text("userId"));
    account.label = record.text("remarks");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    account.created = record.millis("createdAt");
    account.frozen = frozen(record);
    record.push_account(account);
}

fn frozen(record: &mut Record<'_, '_>) -> Stated<bool> {
    let state = record.int("status")?;
    match state.value {
        2 => Some(state.map(|_| false)),
        3 => Some(state.map(|_| true)),
        _ => {
            let span = state.span()?;
            record.problem(Problem::incomplete("unknown-value", span, "`status` should be 2 or 3: read as unknown"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    use crate::model::value;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn keys(text: &str) -> Vec<Key> {
        sample::harvest(READER.exchange, text).keys
    }
    fn rights(key: &Key) -> [Option<bool>; 4] {
        sample::rights(key)
    }

    #[test]
    fn transfer_is_the_right_to_withdraw_and_inner_transfer_the_right_to_transfer() {
        assert_eq!(rights(&keys(&fixture("user-api-key-withdraw"))[0]), [Some(true), Some(false), Some(false), Some(true)]);
        assert_eq!(rights(&keys(&fixture("user-api-key-masked"))[0]), [Some(true), Some(true), Some(true), Some(false)]);
    }

    #[test]
    fn a_missing_ip_whitelist_is_open_but_not_after_a_change() {
        let open =
            [("user-api-key-open", true), ("sub-api-key-legacy-no-ip", true), ("sub-api-key-create", true), ("sub-api-key-update", false)];
        for (name, is_open) in open {
            let found = &keys(&fixture(name))[0];
            assert_eq!(value(&found.ip_whitelist), is_open.then_some(&IpWhitelist::Unrestricted), "{name}");
        }
        let null = fixture("user-api-key").replace("\"51.158.10.20,146.59.3.7\"", "null");
        assert!(keys(&null)[0].ip_whitelist.is_none());
    }

    #[test]
    fn masked_entries_stay_and_trade_is_spot_and_margin() {
        let key = &keys(&fixture("broker-nd-account-apikey"))[0];
        let Some(IpWhitelist::Listed(entries)) = value(&key.ip_whitelist) else { panic!("no list") };
        assert_eq!(entries[0].value.written, "51.**.20");
        let key = &keys(&fixture("sub-api-key-legacy-no-ip"))[0];
        let markets: Vec<_> = value(&key.markets).unwrap().iter().map(|m| m.value).collect();
        assert_eq!(markets, [Market::Spot, Market::Margin]);
        assert_eq!(value(&key.account_kind), Some(&AccountKind::Sub));
    }
}
