//! BingX: the calling key, the keys of an account by its uid, the sub-accounts, the calling account's uid. Silent on expiry
//! and last use, on which account a key belongs to, and on saved addresses.
//!
//! The calling key is answered in three forms: codes with a list of addresses, and two sets of switches. Switches of these
//! names are Binance's too, so that they are read where the exchange is named. An answer of one key may stand in `data` or
//! by itself. No list of addresses, or a list of one empty text, is an open key.
//!
//! Sources: BingX-API/docs-v3 d84f954; BingX-API/api-ai-skills d40bcc6 skills/sub-account; bingx.com/en-gb/account/api.

use super::record::{Record, granted, granted_markets, keep_names};
use super::switches::{any, markets, switch};
use super::{By, Harvest, Page, Payload, Reader};
use crate::document::{Kind, Node};
use crate::model::{AccountKind, Exchange, Fact, IpWhitelist, Market, TransferReach};

const OWN: &str = "GET /openApi/v1/account/apiPermissions";
const OLD: &str = "GET /openApi/v1/account/apiRestrictions";
const UID: &str = "GET /openApi/account/v1/uid";

const fn within(endpoint: &'static str, at: &'static [&'static str], by: By) -> Payload {
    Payload { endpoint, at, around: &[("code", "0")], by, made_at: Some("timestamp"), page: None }
}

const SWITCHES: By = By::Named {
    like: &[Exchange::Binance],
    others: &["enableMargin", "enableFixApiTrade", "enableFixReadOnly", "enablePortfolioMarginTrading", "tradingAuthorityExpirationTime"],
    decides: &["ipRestrict", "createTime", "enableReading", "enableSpotAndMarginTrading", "enableFutures", "permitsUniversalTransfer"],
    also: &["enableWithdrawals", "enableInternalTransfer", "enableVanillaOptions"],
    read: switches,
};
const CODES: By = By::Shape { fits: is_own_key, read: own_key };

pub const READER: Reader = Reader {
    exchange: Exchange::Bingx,
    profile: include_str!("bingx.yaml"),
    payloads: &[
        Payload::bare(OWN, CODES),
        within(OWN, &["data"], CODES),
        Payload::bare(OLD, SWITCHES),
        within(OLD, &["data"], SWITCHES),
        within(
            "GET /openApi/account/v1/apiKey/query",
            &["data", "apiInfos"],
            By::Fields {
                decides: &["apiKey", "permissions", "ipAddresses", "createTime", "updateTime"],
                also: &["note", "status"],
                read: key,
            },
        ),
        Payload {
            endpoint: "GET /openApi/subAccount/v1/list",
            at: &["data", "result"],
            around: &[("code", "0")],
            by: By::Fields { decides: &["subUid", "subAccountString", "freeze", "createTime"], also: &["note"], read: sub_account },
            made_at: Some("timestamp"),
            page: Some(|answer| {
                let data = answer.get("data")?;
                let rows = data.get("result").and_then(Node::as_sequence).unwrap_or_default();
                let rows = rows.iter().filter_map(|r| r.get("subUid")?.scalar().map(str::to_owned)).collect();
                Some(Page::Counted { rows, of: data.get("total")?.as_int()? })
            }),
        },
        within(UID, &["data"], By::Shape { fits: is_uid, read: uid }),
    ],
    error,
};

/// A code of six digits that begins with 100, as a number, and a message.
fn error(node: &Node<'_>) -> Option<String> {
    node.get("msg")?;
    let code = node.get("code")?.as_int().filter(|c| (100_001..=100_999).contains(c))?;
    let hint = if code == 100_419 { ": the address that asked is not in the key's IP whitelist" } else { "" };
    Some(format!("code {code}{hint}"))
}

const READ: &[&str] = &["2"];
const TRADE: &[&str] = &["1", "3"];
const MARKETS: &[(&str, Market)] = &[("1", Market::Spot), ("3", Market::Futures)];
/// The universal transfer, and the one between sub-accounts.
const TRANSFER: &[&str] = &["4", "7"];
const BETWEEN_ACCOUNTS: &[&str] = &["7"];
const WITHDRAW: &[&str] = &["5"];

/// A list of addresses beside a key or its codes. Without it, codes and nothing but what belongs to them.
fn is_own_key(_: &Node<'_>, node: &Node<'_>) -> bool {
    let Kind::Mapping(entries) = &node.kind else { return false };
    let codes = node.get("permissions").and_then(Node::as_sequence);
    let codes = codes.is_some_and(|c| !c.is_empty() && c.iter().all(|c| c.as_int().is_some_and(|c| (1..100).contains(&c))));
    if node.get("ipAddresses").is_some_and(|a| a.as_sequence().is_some() || a.is_null()) {
        return codes || node.get("apiKey").is_some_and(|_| node.get("note").is_some());
    }
    codes && entries.len() == 3 && node.get("apiKey").is_some() && node.get("note").is_some()
}

fn own_key(node: &Node<'_>, harvest: &mut Harvest) {
    if let Some(mut record) = Record::open(node, Exchange::Bingx, OWN, harvest) {
        key(&mut record);
    }
}

fn key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey");
    key.label = record.text("note");
    let codes = record.words_at("permissions", &[',']);
    let known: Vec<&str> = [READ, TRADE, TRANSFER, WITHDRAW].concat();
    keep_names(&mut key, &codes, Some(&known));
    key.permissions.read = granted(&codes, READ);
    key.permissions.trade = granted(&codes, TRADE);
    key.permissions.transfer = granted(&codes, TRANSFER);
    key.permissions.withdraw = granted(&codes, WITHDRAW);
    // How far the universal transfer reaches is not documented.
    key.transfer_reach = granted(&codes, BETWEEN_ACCOUNTS).filter(|f| f.value).map(|f| f.map(|_| TransferReach::BetweenAccounts));
    key.markets = granted_markets(&codes, MARKETS);
    key.ip_whitelist = record.ip_list("ipAddresses", Some(IpWhitelist::Unrestricted));
    key.created = record.millis("createTime");
    // Of the states only 0 is documented, and not what it means.
    record.skip(&["status", "updateTime"]);
    record.push_key(key);
}

/// The older form and the newer one; a switch that is not there is unknown.
fn switches(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    let mut on = |name: &str| switch(record, &mut key, name);
    let (read, withdraw) = (on("enableReading"), on("enableWithdrawals"));
    let [spot, futures, options] = ["enableSpotAndMarginTrading", "enableFutures", "enableVanillaOptions"].map(&mut on);
    let [universal, internal] = ["permitsUniversalTransfer", "enableInternalTransfer"].map(&mut on);
    key.permissions.read = read;
    key.permissions.withdraw = withdraw;
    key.permissions.trade = any(&[&spot, &futures, &options]);
    key.markets = markets(&[(&spot, Market::Spot), (&futures, Market::Futures), (&options, Market::Options)]);
    key.permissions.transfer = any(&[&universal, &internal]);
    key.transfer_reach = internal.filter(|f| f.value).map(|f| f.map(|_| TransferReach::BetweenAccounts));
    key.ip_whitelist = record.flag("ipRestrict").map(|f| f.map(|on| if on { IpWhitelist::Restricted } else { IpWhitelist::Unrestricted }));
    key.created = record.millis("createTime");
    record.push_key(key);
}

fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("subUid"));
    account.ids.extend(record.text("subAccountString"));
    account.label = record.text("note");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    account.frozen = record.flag("freeze");
    account.created = record.millis("createTime");
    record.push_account(account);
}

/// A uid alone, in an answer that says `code` 0 and when it was made. Without one of the two the number is as long as a uid is.
fn is_uid(answer: &Node<'_>, data: &Node<'_>) -> bool {
    let ok = answer.get("code").and_then(Node::as_int) == Some(0);
    let dated = answer.get("timestamp").and_then(Node::as_int).is_some();
    let alone = data.as_mapping().is_some_and(|entries| entries.len() <= 2);
    let uid = data.get("uid").and_then(Node::as_int);
    alone && uid.is_some_and(|id| (ok && dated && id > 0) || ((ok || dated) && id >= 10_000))
}

fn uid(data: &Node<'_>, harvest: &mut Harvest) {
    let Some(mut record) = Record::open(data, Exchange::Bingx, UID, harvest) else { return };
    let mut account = record.new_account();
    account.ids.extend(record.text("uid"));
    record.push_account(account);
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, rights};
    use super::*;
    use crate::exchanges::{Reading, read};
    use crate::model::{Key, value};
    use crate::text::TextId;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn keys(text: &str) -> Vec<Key> {
        sample::harvest(READER.exchange, text).keys
    }
    fn reading(text: &str, asked: Option<Exchange>) -> Option<Reading> {
        let node = crate::document::parse(TextId(0), text, 0..text.len()).ok().unwrap();
        read(&node, asked).pop()
    }

    #[test]
    fn rights_are_codes_and_a_code_that_nobody_knows_may_be_any() {
        let text = fixture("account-apipermissions");
        assert_eq!(rights(&keys(&text)[0]), [Some(true), Some(true), Some(false), Some(false)]);
        let strange = &keys(&text.replace("[1, 2]", "[1, 2, 6]"))[0];
        assert_eq!(rights(strange), [Some(true), Some(true), None, None]);
        assert_eq!(strange.unknown.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(), ["6"]);
        assert_eq!(rights(&keys(&fixture("apikey-query"))[1]), [Some(true), Some(false), Some(false), Some(false)]);
        assert_eq!(rights(&keys(&fixture("account-apipermissions-withdraw"))[0]), [Some(true), Some(true), Some(true), Some(true)]);
    }

    #[test]
    fn an_empty_list_and_a_list_of_an_empty_text_are_open() {
        let open = |key: &Key| key.ip_whitelist.as_ref().map(|f| f.value == IpWhitelist::Unrestricted);
        assert_eq!(open(&keys(&fixture("account-apipermissions-open"))[0]), Some(true));
        let listed: Vec<_> = keys(&fixture("apikey-query")).iter().map(open).collect();
        assert_eq!(listed, [Some(true), Some(false)]);
        let without = fixture("account-apipermissions").replace(r#""ipAddresses": ["51.158.10.20", "146.59.3.7"],"#, "");
        assert_eq!(open(&keys(&without)[0]), None);
    }

    #[test]
    fn switches_are_read_where_the_exchange_is_named() {
        let Some(Reading::Export(export)) = reading(&fixture("account-apirestrictions"), None) else { panic!("not read") };
        let key = &export.harvest.keys[0];
        // Options and the inner transfer are not in the older form.
        assert_eq!(rights(key), [Some(true), None, None, None]);
        assert_eq!(value(&key.ip_whitelist), Some(&IpWhitelist::Restricted));
        let Some(Reading::Export(export)) = reading(&fixture("account-apipermissions-switches"), None) else { panic!("not read") };
        assert_eq!(rights(&export.harvest.keys[0]), [Some(true), Some(true), Some(false), Some(false)]);

        let bare = r#"{"ipRestrict": false, "createTime": 1772543700000, "permitsUniversalTransfer": false, "enableReading": true,
            "enableFutures": false, "enableSpotAndMarginTrading": true}"#;
        match reading(bare, None) {
            Some(Reading::Contested { by, .. }) => assert_eq!(by, [Exchange::Binance, Exchange::Bingx]),
            _ => panic!("not contested"),
        }
        assert!(matches!(reading(bare, Some(Exchange::Bingx)), Some(Reading::Export(_))));
        let binance = sample::fixture(Exchange::Binance, "account-api-restrictions");
        assert!(!matches!(reading(&binance, Some(Exchange::Bingx)), Some(Reading::Export(_))));
    }

    #[test]
    fn an_answer_of_one_key_may_stand_in_data() {
        for name in ["account-apipermissions", "account-apipermissions-withdraw"] {
            let bare = fixture(name);
            let wrapped = format!("{{\"code\": 0, \"timestamp\": 1793000000000, \"data\": {bare}}}");
            let (one, other) = (&keys(&bare)[0], &keys(&wrapped)[0]);
            assert_eq!(rights(one), rights(other), "{name}");
            assert!(other.fetched_at.is_some());
        }
    }
}
