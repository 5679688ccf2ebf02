//! Bitget: the calling key's permissions and IP whitelist (v2, and v3 for unified accounts), the keys of sub-accounts.
//! Silent on the id of the calling key, on expiry, last use and pairs. What an empty IP whitelist means is not documented.
//!
//! v2 answers with four-letter codes by the table of the documentation, and with words by its example; v3 with a switch
//! and a list, and only what is listed under the switch `read-and-write` can change anything.
//!
//! Sources: www.bitget.com/api-doc (spot account, virtual sub-accounts, UTA account and sub-accounts).

use super::record::{Record, granted, granted_markets, keep_names};
use super::{By, Page, Payload, Reader};
use crate::document::{Kind, Node};
use crate::model::{AccountKind, Exchange, Fact, Key, Market, Permissions, Stated};
use crate::problem::Problem;

/// Around every answer.
const AROUND: &[(&str, &str)] = &[("code", "00000")];

const fn payload(endpoint: &'static str, at: &'static [&'static str], by: By) -> Payload {
    Payload { endpoint, at, around: AROUND, by, made_at: Some("requestTime"), page: None }
}

pub const READER: Reader = Reader {
    exchange: Exchange::Bitget,
    profile: include_str!("bitget.yaml"),
    payloads: &[
        payload(
            "GET /api/v2/spot/account/info",
            &["data"],
            By::Fields {
                decides: &["userId", "ips", "authorities", "parentId", "regisTime"],
                also: &["inviterId", "traderType", "channelCode", "channel"],
                read: own_key,
            },
        ),
        payload(
            "GET /api/v3/account/info",
            &["data"],
            By::Fields {
                decides: &["userId", "ips", "permType", "permissions", "parentId"],
                also: &["inviterId", "channelCode", "channel", "regisTime"],
                read: own_unified_key,
            },
        ),
        payload(
            "GET /api/v2/user/virtual-subaccount-apikey-list",
            &["data"],
            By::Fields { decides: &["subAccountUid", "subAccountApiKey", "permList", "ipList"], also: &["label"], read: sub_key },
        ),
        Payload {
            endpoint: "GET /api/v3/user/sub-api-list",
            at: &["data", "items"],
            around: AROUND,
            by: By::Fields { decides: &["apiKey", "type", "permissions", "ips", "ts"], also: &["note", "apikey"], read: unified_sub_key },
            made_at: Some("requestTime"),
            // A boolean by the example, text by the table.
            page: Some(|answer| {
                let more = answer.get("data").and_then(|d| d.get("hasNext")).and_then(Node::scalar) == Some("true");
                Some(if more { Page::More } else { Page::Last })
            }),
        },
    ],
    error,
};

/// A code of five digits as text, in an answer with a `requestTime`.
fn error(node: &Node<'_>) -> Option<String> {
    let code = node.get("code").filter(|n| matches!(n.kind, Kind::Scalar { plain: false, .. }))?.scalar()?;
    node.get("msg")?;
    node.get("requestTime")?;
    let is_error = code != "00000" && code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit());
    is_error.then(|| format!("code {code}"))
}

/// The codes of v2 that read.
const READ_CODES: &[&str] = &["coor", "cpor", "stor", "smor", "ttor", "wtor", "taxr", "chor", "p2pr", "pllr"];
/// Those that change something; they read too.
const WRITE_CODES: &[&str] = &["coow", "cpow", "stow", "smow", "ttow", "wtow", "wwow", "chow", "p2p", "p2pw", "pllw", "taxw"];
const TRADE_CODES: &[&str] = &["coow", "cpow", "stow", "smow"];
/// The words of the example.
const WORDS: &[&str] = &["trade", "readonly"];

fn own_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.account.extend(record.text("userId"));
    let list = record.words_at("authorities", &[',']);
    let known: Vec<&str> = [READ_CODES, WRITE_CODES, WORDS].concat();
    keep_names(&mut key, &list, Some(&known));
    // Codes name every right. Of the words only two are documented, so one that is missing proves little: what they do
    // not say is unknown.
    let all_codes =
        list.as_ref().is_some_and(|l| l.value.iter().all(|w| known.contains(&w.value.as_str()) && !WORDS.contains(&w.value.as_str())));
    let reads: Vec<&str> = [READ_CODES, WRITE_CODES, &["readonly"]].concat();
    key.permissions.read = granted(&list, &reads).filter(|f| f.value || all_codes);
    key.permissions.trade = granted(&list, &[TRADE_CODES, &["trade"]].concat());
    key.permissions.transfer = granted(&list, &["wtow"]).filter(|f| f.value || all_codes);
    key.permissions.withdraw = granted(&list, &["wwow"]).filter(|f| f.value || all_codes);
    key.permissions.administer_sub_accounts = granted(&list, &["chow"]).filter(|f| f.value || all_codes);
    let markets = [("stow", Market::Spot), ("smow", Market::Margin), ("coow", Market::Futures), ("cpow", Market::Futures)];
    key.markets = granted_markets(&list, &markets).filter(|_| all_codes);
    key.ip_whitelist = record.ip_list("ips", None);
    // `regisTime` is the registration of the account. What `parentId` is for a main account is not documented here.
    record.push_key(key);
}

/// The switch of v3, written with `-` or with `_`: whether the key only reads.
fn read_only(record: &mut Record<'_, '_>, name: &str) -> Stated<bool> {
    let switch = record.text(name)?;
    match switch.value.as_str() {
        "read-only" | "read_only" => Some(switch.map(|_| true)),
        "read-and-write" | "read_write" => Some(switch.map(|_| false)),
        _ => {
            let span = switch.span()?;
            let message = format!("`{name}` should be read only, or read and write: read as unknown");
            record.problem(Problem::incomplete("unknown-value", span, message));
            None
        }
    }
}

/// What the list grants under the switch. `vocabulary` are the names that this answer can have.
fn unified_rights(record: &mut Record<'_, '_>, key: &mut Key, switch: &str, vocabulary: &[&str]) {
    let read_only = read_only(record, switch);
    let list = record.words_at("permissions", &[',']);
    keep_names(key, &list, Some(vocabulary));
    if let Some(only) = read_only.as_ref().filter(|f| f.value) {
        let no = || Some(Fact { value: false, from: only.from });
        key.permissions = Permissions {
            read: Some(only.clone()),
            trade: no(),
            transfer: no(),
            withdraw: no(),
            administer_keys: no(),
            administer_sub_accounts: no(),
            administer_addresses: no(),
        };
        return;
    }
    let under_switch = |right: Stated<bool>| right.filter(|f| !f.value || read_only.is_some());
    key.permissions.read = read_only.as_ref().map(|f| Fact { value: true, from: f.from });
    key.permissions.trade = under_switch(granted(&list, &["uta_trade"]));
    // No name for transfers is documented, and none for withdrawals where the vocabulary has none.
    if vocabulary.contains(&"withdraw") {
        key.permissions.withdraw = under_switch(granted(&list, &["withdraw"]));
    }
}

fn own_unified_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.account.extend(record.text("userId"));
    unified_rights(record, &mut key, "permType", &["uta_mgt", "uta_trade", "withdraw", "copy_futures_position", "copy_futures_order"]);
    key.ip_whitelist = record.ip_list("ips", None);
    // Empty for a main account.
    key.account_kind = record
        .text_or_empty("parentId")
        .filter(|f| f.value != "0")
        .map(|f| f.map(|parent| if parent.is_empty() { AccountKind::Master } else { AccountKind::Sub }));
    record.push_key(key);
}

fn sub_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("subAccountApiKey");
    key.label = record.text("label");
    key.account.extend(record.text("subAccountUid"));
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    let list = record.words_at("permList", &[',']);
    keep_names(&mut key, &list, Some(&["spot_trade", "margin_trade", "contract_trade", "transfer", "read"]));
    key.permissions.read = granted(&list, &["read"]);
    key.permissions.trade = granted(&list, &["spot_trade", "margin_trade", "contract_trade"]);
    key.permissions.transfer = granted(&list, &["transfer"]);
    let markets = [("spot_trade", Market::Spot), ("margin_trade", Market::Margin), ("contract_trade", Market::Futures)];
    key.markets = granted_markets(&list, &markets);
    key.ip_whitelist = record.ip_list("ipList", None);
    record.push_key(key);
}

fn unified_sub_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    // The table spells it `apikey`.
    key.id = record.key_id("apiKey").or_else(|| record.key_id("apikey"));
    key.label = record.text("note");
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    unified_rights(record, &mut key, "type", &["uta_mgt", "uta_trade"]);
    key.ip_whitelist = record.ip_list("ips", None);
    // `ts` is in the example only, and not said to be the time of creation.
    record.push_key(key);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

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
    fn codes_name_every_right_and_words_do_not() {
        assert_eq!(rights(&keys(&fixture("v2-spot-account-info"))[0]), [Some(true), Some(true), Some(false), Some(false)]);
        assert_eq!(rights(&keys(&fixture("v2-spot-account-info-withdraw"))[0]), [Some(true), Some(false), Some(true), Some(true)]);
        assert_eq!(rights(&keys(&fixture("v2-spot-account-info-words"))[0]), [Some(true), Some(true), None, None]);
        // A code that is not known may stand for anything.
        let text = fixture("v2-spot-account-info").replace("\"wtor\"", "\"withdraw\"");
        let key = &keys(&text)[0];
        assert_eq!(rights(key), [Some(true), Some(true), None, None]);
        assert_eq!(key.unknown.len(), 1);
    }

    #[test]
    fn what_is_listed_counts_under_the_switch_only() {
        let text = fixture("v3-account-info-withdraw");
        assert_eq!(rights(&keys(&text)[0]), [Some(true), Some(true), None, Some(true)]);
        assert_eq!(rights(&keys(&text.replace("read-and-write", "read-only"))[0]), [Some(true), Some(false), Some(false), Some(false)]);
        assert_eq!(rights(&keys(&text.replace("\"permType\"", "\"permTypex\""))[0]), [None; 4]);
    }

    #[test]
    fn an_empty_whitelist_is_unknown_and_sub_account_keys_say_nothing_of_withdrawals() {
        assert!(keys(&fixture("v2-spot-account-info-read-only-no-ip"))[0].ip_whitelist.is_none());
        let all = keys(&fixture("v2-user-virtual-subaccount-apikey-list"));
        assert_eq!(rights(&all[0]), [Some(false), Some(true), Some(false), None]);
        assert_eq!(rights(&all[1]), [Some(true), Some(false), Some(true), None]);
        assert_eq!(rights(&keys(&fixture("v3-user-sub-api-list"))[0]), [Some(true), Some(false), Some(false), Some(false)]);
    }
}
