//! Binance: the calling key's restrictions, a master's sub-account keys and their IP lists, sub-accounts, the address
//! book, a broker's sub-account keys. Silent on the id of the calling key, on the entries of its IP whitelist, on pairs,
//! on last use, and on whether the account's address whitelist is switched on.
//!
//! Sources: developers.binance.com/docs/wallet, /docs/sub_account, /docs/binance_link; binance-connector-js a9de9a99.

use super::record::Record;
use super::switches::{any, markets, switch};
use super::{By, Page, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, Exchange, Fact, IpWhitelist, Key, Market, TransferReach};
use crate::problem::Problem;

pub const READER: Reader = Reader {
    exchange: Exchange::Binance,
    profile: include_str!("binance.yaml"),
    payloads: &[
        Payload::bare(
            "GET /sapi/v1/account/apiRestrictions",
            By::Fields {
                // BingX and LBank have `ipRestrict` beside some of these switches, never beside most.
                decides: &[
                    "ipRestrict",
                    "enableReading",
                    "enableWithdrawals",
                    "enableInternalTransfer",
                    "enableMargin",
                    "enableSpotAndMarginTrading",
                ],
                also: &[
                    "createTime",
                    "enableFutures",
                    "permitsUniversalTransfer",
                    "enableVanillaOptions",
                    "enableFixApiTrade",
                    "enableFixReadOnly",
                    "enablePortfolioMarginTrading",
                    "tradingAuthorityExpirationTime",
                ],
                read: own_key,
            },
        ),
        Payload {
            endpoint: "GET /sapi/v1/sub-account/subAccountApi",
            at: &["list"],
            around: &[],
            by: By::Fields {
                decides: &["email", "apiName", "apikey", "canTrade", "canUniversalTransfer"],
                also: &["canMarginLoanRepay", "canFuturesTrade", "canVanillaOptions", "canFixApiTrading", "canFixApiReading", "timestamp"],
                read: sub_key,
            },
            made_at: None,
            page: Some(|answer| {
                let rows = answer.get("list").and_then(Node::as_sequence).unwrap_or_default();
                let rows = rows.iter().filter_map(|r| r.get("apikey")?.scalar().map(str::to_owned)).collect();
                Some(Page::Counted { rows, of: answer.get("total")?.as_int()? })
            }),
        },
        Payload::bare(
            "POST /sapi/v1/sub-account/subAccountApi",
            By::Fields {
                decides: &["apiName", "apiKey", "secretKey", "canTrade", "canUniversalTransfer", "status"],
                also: &[
                    "canMarginLoanRepay",
                    "canFuturesTrade",
                    "canVanillaOptions",
                    "canFixApiTrading",
                    "canFixApiReading",
                    "publicKey",
                    "ipList",
                    "email",
                ],
                read: sub_key,
            },
        ),
        Payload::bare(
            "GET /sapi/v1/sub-account/subAccountApi/ipRestriction",
            By::Fields { decides: &["ipRestrict", "ipList", "apiKey"], also: &["updateTime"], read: ip_restriction },
        ),
        Payload::bare(
            "POST /sapi/v2/sub-account/subAccountApi/ipRestriction",
            By::Fields { decides: &["status", "ipList", "apiKey"], also: &["updateTime", "thirdPartyName"], read: ip_restriction },
        ),
        Payload::bare(
            "GET /sapi/v1/broker/subAccountApi/ipRestriction",
            By::Fields { decides: &["subaccountId", "ipRestrict", "apikey", "ipList"], also: &["updateTime"], read: ip_restriction },
        ),
        Payload::bare(
            "GET /sapi/v1/broker/subAccountApi",
            By::Fields { decides: &["subaccountId", "apikey", "marginTrade", "futuresTrade"], also: &["canTrade"], read: broker_key },
        ),
        Payload {
            endpoint: "GET /sapi/v1/sub-account/list",
            at: &["subAccounts"],
            around: &[],
            by: By::Fields {
                decides: &["email", "subUserId", "isManagedSubAccount", "isAssetManagementSubAccount"],
                also: &["remark", "isFreeze", "createTime"],
                read: sub_account,
            },
            made_at: None,
            page: None,
        },
        Payload::bare(
            "GET /sapi/v1/account/info",
            By::Fields {
                decides: &["vipLevel", "isMarginEnabled", "isFutureEnabled"],
                also: &["isOptionsEnabled", "isPortfolioMarginRetailEnabled"],
                read: account_info,
            },
        ),
        Payload::bare(
            "GET /sapi/v1/capital/withdraw/address/list",
            By::Fields {
                decides: &["whiteStatus", "originType", "coin", "addressTag"],
                also: &["address", "name", "network", "origin"],
                read: address,
            },
        ),
    ],
    error: |node| {
        // Binance's error codes are negative numbers; the message is shown because it is the exchange's, not the user's.
        let code = node.get("code")?.as_int().filter(|c| *c < 0)?;
        node.get("msg")?;
        Some(format!("code {code}{}", hint(code)))
    },
};

fn hint(code: i64) -> &'static str {
    match code {
        -2015 => ": invalid API key, IP or permissions for the action",
        -1021 => ": the request's time was outside its window",
        _ => "",
    }
}

/// Switches of a name that says so and that no reader knows: a power that the exchange has added.
fn unknown_switches(record: &mut Record<'_, '_>, key: &mut Key) {
    for (name, node) in record.left_over() {
        let is_switch = ["enable", "permits", "can"].iter().any(|p| name.starts_with(p) && name.len() > p.len() && name.len() < 48);
        if is_switch && node.as_bool() == Some(true) {
            key.unknown.push(Fact::exported(name.to_owned(), node.span));
            key.native.push(Fact::exported(name.to_owned(), node.span));
        }
    }
}

fn own_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    let spot = switch(record, &mut key, "enableSpotAndMarginTrading");
    let margin = switch(record, &mut key, "enableMargin");
    let futures = switch(record, &mut key, "enableFutures");
    let options = switch(record, &mut key, "enableVanillaOptions");
    let portfolio = switch(record, &mut key, "enablePortfolioMarginTrading");
    let fix_trade = switch(record, &mut key, "enableFixApiTrade");
    let fix_read = switch(record, &mut key, "enableFixReadOnly");
    let read = switch(record, &mut key, "enableReading");
    // A switch that only some kinds of keys have grants where it is on, and says nothing where it is absent.
    key.permissions.read =
        if fix_read.as_ref().is_some_and(|f| f.value) && !read.as_ref().is_some_and(|f| f.value) { fix_read } else { read };
    key.permissions.withdraw = switch(record, &mut key, "enableWithdrawals");
    key.permissions.trade = any(&[&spot, &futures, &options, &portfolio, &fix_trade, &margin]);
    let internal = switch(record, &mut key, "enableInternalTransfer");
    let universal = switch(record, &mut key, "permitsUniversalTransfer");
    // "Each business's own transfer API rights are not affected by this authorization": what margin moves between its own
    // wallet and spot goes with the right to trade margin, and is not told apart.
    key.permissions.transfer = any(&[&internal, &universal]);
    key.transfer_reach =
        key.permissions.transfer.as_ref().filter(|f| f.value).map(|f| Fact { value: TransferReach::BetweenAccounts, from: f.from });
    // Spot and margin orders are one switch; `enableMargin` is borrowing.
    key.markets = markets(&[(&spot, Market::Spot), (&margin, Market::Margin), (&futures, Market::Futures), (&options, Market::Options)]);
    key.ip_whitelist =
        record.flag_or_text("ipRestrict").map(|f| f.map(|on| if on { IpWhitelist::Restricted } else { IpWhitelist::Unrestricted }));
    key.created = record.millis("createTime");
    // The end of the right to trade, not of the key: told by no rule so far.
    record.skip(&["tradingAuthorityExpirationTime"]);
    unknown_switches(record, &mut key);
    record.push_key(key);
}

fn sub_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apikey").or_else(|| record.key_id("apiKey"));
    key.label = record.text("apiName");
    key.account.extend(record.text("email"));
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    let trade = switch(record, &mut key, "canTrade");
    let margin = switch(record, &mut key, "canMarginLoanRepay");
    let futures = switch(record, &mut key, "canFuturesTrade");
    let options = switch(record, &mut key, "canVanillaOptions");
    let fix = switch(record, &mut key, "canFixApiTrading");
    switch(record, &mut key, "canFixApiReading");
    // Answers of the older version have no FIX switches; a key that has none cannot trade over FIX.
    let fix = if record.has("canFixApiTrading") { fix } else { trade.clone() };
    key.permissions.trade = any(&[&trade, &futures, &options, &fix]);
    key.markets = markets(&[(&trade, Market::Spot), (&margin, Market::Margin), (&futures, Market::Futures), (&options, Market::Options)]);
    key.permissions.transfer = switch(record, &mut key, "canUniversalTransfer");
    key.transfer_reach =
        key.permissions.transfer.as_ref().filter(|f| f.value).map(|f| Fact { value: TransferReach::BetweenAccounts, from: f.from });
    ip_list(record, &mut key);
    // `timestamp` is not said to be the time of creation.
    record.skip(&["timestamp", "secretKey", "publicKey"]);
    unknown_switches(record, &mut key);
    record.push_key(key);
}

/// `ipRestrict` as a boolean or as text, or `status` 1 (any address), 2 (these addresses), 3 (a third party's), and the
/// list, which stands there only while the restriction is on.
fn ip_list(record: &mut Record<'_, '_>, key: &mut Key) {
    let restricted = record.flag_or_text("ipRestrict");
    let status = if restricted.is_none() && record.has("status") { record.int("status") } else { None };
    let restricted = restricted.or_else(|| match status.as_ref()?.value {
        1 => status.clone().map(|f| f.map(|_| false)),
        2 | 3 => status.clone().map(|f| f.map(|_| true)),
        _ => {
            if let Some(span) = status.as_ref().and_then(Fact::span) {
                record.problem(Problem::incomplete(
                    "unknown-value",
                    span,
                    "`status` should be 1, 2 or 3: the IP whitelist is read as unknown",
                ));
            }
            None
        }
    });
    let list = record.ip_list("ipList", None);
    record.text("thirdPartyName");
    key.ip_whitelist = match restricted {
        Some(f) if !f.value => Some(f.map(|_| IpWhitelist::Unrestricted)),
        Some(f) => list.or(Some(f.map(|_| IpWhitelist::Restricted))),
        None => list,
    };
}

fn ip_restriction(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey").or_else(|| record.key_id("apikey"));
    key.account.extend(record.text("subaccountId"));
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    ip_list(record, &mut key);
    record.skip(&["updateTime"]);
    record.push_key(key);
}

fn broker_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apikey");
    key.account.extend(record.text("subaccountId"));
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    let spot = switch(record, &mut key, "canTrade");
    let margin = switch(record, &mut key, "marginTrade");
    let futures = switch(record, &mut key, "futuresTrade");
    key.permissions.trade = any(&[&spot, &margin, &futures]);
    key.markets = markets(&[(&spot, Market::Spot), (&margin, Market::Margin), (&futures, Market::Futures)]);
    record.push_key(key);
}

fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("email"));
    account.ids.extend(record.text("subUserId"));
    account.label = record.text("remark");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    account.frozen = record.flag("isFreeze");
    account.created = record.millis("createTime");
    record.push_account(account);
}

/// Switches of the account, not of a key: margin, futures and options being open says nothing of any key.
fn account_info(record: &mut Record<'_, '_>) {
    let account = record.new_account();
    record.push_account(account);
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("coin");
    address.network = record.text("network");
    address.address = record.text("address");
    address.memo = record.text_or_empty("addressTag");
    address.label = record.text("name");
    let white = record.flag("whiteStatus");
    address.status = record.usable_if(&white);
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::exchanges::{Reading, read};
    use crate::model::value;
    use crate::text::TextId;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn key_of(text: &str) -> Key {
        sample::harvest(READER.exchange, text).keys.remove(0)
    }

    #[test]
    fn a_transfer_is_what_one_of_its_two_switches_permits() {
        let moves = |text: &str| {
            let key = key_of(text);
            (value(&key.permissions.transfer).copied(), value(&key.transfer_reach).copied())
        };
        assert_eq!(moves(&fixture("account-api-restrictions")), (Some(false), None));
        assert_eq!(moves(&fixture("account-api-restrictions-open-withdraw")), (Some(true), Some(TransferReach::BetweenAccounts)));
        let unknown = fixture("account-api-restrictions").replace("\"permitsUniversalTransfer\"", "\"x\"");
        assert_eq!(moves(&unknown), (None, None));
    }

    #[test]
    fn reading_by_fix_alone_is_reading() {
        let reads = |text: &str| value(&key_of(text).permissions.read).copied();
        let off = fixture("account-api-restrictions").replace("\"enableReading\": true", "\"enableReading\": false");
        assert_eq!(reads(&off), Some(false));
        assert_eq!(reads(&off.replace("\"enableFixReadOnly\": false", "\"enableFixReadOnly\": true")), Some(true));
    }

    #[test]
    fn the_restriction_is_a_boolean_or_text_or_a_status() {
        for (name, open) in [
            ("account-api-restrictions-open-withdraw", true),
            ("sub-account-ip-restriction-open", true),
            ("sub-account-api-key-create-open", true),
            ("broker-sub-account-ip-restriction-open", true),
            ("account-api-restrictions", false),
            ("sub-account-ip-restriction", false),
            ("sub-account-ip-restriction-v2-update-third-party", false),
        ] {
            let key = key_of(&fixture(name));
            assert_eq!(key.ip_whitelist.map(|f| f.value == IpWhitelist::Unrestricted), Some(open), "{name}");
        }
    }

    #[test]
    fn a_subset_of_the_switches_is_another_exchanges_answer() {
        let other = r#"{"ipRestrict": true, "createTime": 1772543700000, "permitsUniversalTransfer": false, "enableReading": true,
            "enableFutures": true, "enableSpotAndMarginTrading": true}"#;
        let node = crate::document::parse(TextId(0), other, 0..other.len()).ok().unwrap();
        assert!(!matches!(read(&node, None).pop(), Some(Reading::Export(e)) if e.exchange == Exchange::Binance));
    }
}
