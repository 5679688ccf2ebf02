//! Kraken: the calling spot key, complete; the calling futures key; the saved withdrawal addresses. No endpoint lists
//! other keys. Silent on master and sub-account and on pairs; the futures answer on label, expiry and last use too.
//!
//! A spot key has no right to transfer of its own, so that stays unknown. The IIBAN is personal and not taken.
//!
//! Sources: docs.kraken.com (get-api-key-info, check-v3-api-key, withdraw addresses).

use super::record::{Record, granted, keep_names, whitelist};
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::{Exchange, Fact, IpWhitelist, Key, Stated};

pub const READER: Reader = Reader {
    exchange: Exchange::Kraken,
    profile: include_str!("kraken.yaml"),
    payloads: &[
        Payload {
            endpoint: "POST /0/private/GetApiKeyInfo",
            at: &["result"],
            around: &[],
            by: By::Fields {
                decides: &["apiKeyName", "apiKey", "permissions", "validUntil", "ipAllowlist"],
                also: &["nonce", "nonceWindow", "iban", "queryFrom", "queryTo", "createdTime", "modifiedTime", "lastUsed"],
                read: spot_key,
            },
            made_at: None,
            page: None,
        },
        Payload::bare(
            "GET /api/auth/v1/api-keys/v3/check",
            By::Fields {
                decides: &["apiKey", "accountUid", "iiban", "createdAt"],
                also: &["permissions", "allowedCidrBlock", "allowedCidrBlocks"],
                read: futures_key,
            },
        ),
        Payload {
            endpoint: "POST /0/private/WithdrawAddresses",
            at: &["result"],
            around: &[],
            by: By::Fields { decides: &["asset", "method", "key", "verified"], also: &["address", "memo", "tag"], read: address },
            made_at: None,
            page: None,
        },
    ],
    error,
};

/// `error` is a list of texts that is not empty, whatever the result. The first is shown where it is in Kraken's own form,
/// `EAPI:Invalid key`, in which no value of a user has a place.
fn error(node: &Node<'_>) -> Option<String> {
    let first = node.get("error")?.as_sequence()?.first()?.as_text()?;
    let is_words = |text: &str, blank: bool| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic() || (blank && b == b' '));
    let is_own = first.len() <= 64
        && first
            .split_once(':')
            .is_some_and(|(class, what)| class.strip_prefix('E').is_some_and(|class| is_words(class, false)) && is_words(what, true));
    Some(if is_own { first.to_owned() } else { "an error".to_owned() })
}

const READ: &[&str] = &["query-funds", "query-open-trades", "query-closed-trades", "query-ledger", "export-data", "create-ws-token"];
const TRADE: &[&str] = &["modify-trades", "close-trades"];
const ADDRESSES: &[&str] = &["add-withdraw-address", "update-withdraw-address"];
const WITHDRAW: &[&str] = &["withdraw-funds"];
/// Deposits and earn products: nothing leaves by them.
const OTHER: &[&str] = &["add-funds", "earn-funds"];

fn spot_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey");
    key.label = record.text("apiKeyName");
    let words = record.words_at("permissions", &[',']);
    let known: Vec<&str> = [READ, TRADE, ADDRESSES, WITHDRAW, OTHER].concat();
    keep_names(&mut key, &words, Some(&known));
    key.permissions.read = granted(&words, READ);
    key.permissions.trade = granted(&words, TRADE);
    key.permissions.withdraw = granted(&words, WITHDRAW);
    key.permissions.administer_addresses = granted(&words, ADDRESSES);
    key.ip_whitelist = record.ip_list("ipAllowlist", Some(IpWhitelist::Unrestricted));
    key.created = record.seconds("createdTime");
    key.expires = record.expiry_seconds("validUntil");
    key.last_used = record.last_use_seconds("lastUsed");
    record.skip(&["nonce", "nonceWindow", "iban", "queryFrom", "queryTo", "modifiedTime"]);
    record.push_key(key);
}

/// What a level of a futures permission grants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Nothing,
    Read,
    Full,
}

fn level(record: &mut Record<'_, '_>, key: &mut Key, name: &str) -> Stated<Level> {
    let word = record.text(name)?;
    let native = Fact { value: format!("{name} {}", word.value), from: word.from };
    let level = match word.value.as_str() {
        "NO_ACCESS" => Level::Nothing,
        "READ_ONLY" => Level::Read,
        "FULL_ACCESS" => Level::Full,
        _ => {
            key.unknown.push(native.clone());
            key.native.push(native);
            return None;
        }
    };
    if level != Level::Nothing {
        key.native.push(native);
    }
    Some(word.map(|_| level))
}

fn futures_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey");
    key.account.extend(record.text("accountUid"));
    key.created = record.iso("createdAt");
    if let Some(mut permissions) = record.child("permissions") {
        let general = level(&mut permissions, &mut key, "general");
        let transfer = level(&mut permissions, &mut key, "transfer");
        // Names beside the two that are documented: powers that the exchange has added.
        for (name, node) in permissions.left_over() {
            if name.len() < 48 {
                let native = Fact::exported(name.to_owned(), node.span);
                key.unknown.push(native.clone());
                key.native.push(native);
            }
        }
        let is = |stated: &Stated<Level>, yes: &[Level]| stated.clone().map(|f| f.map(|level| yes.contains(&level)));
        key.permissions.read = is(&general, &[Level::Read, Level::Full]);
        key.permissions.trade = is(&general, &[Level::Full]);
        // One level for both; the web page calls it the withdrawal API.
        key.permissions.transfer = is(&transfer, &[Level::Full]);
        key.permissions.withdraw.clone_from(&key.permissions.transfer);
    }
    key.ip_whitelist = cidr_blocks(record);
    record.skip(&["iiban"]);
    record.push_key(key);
}

/// A list, and beside it the one block of the older form. What both look like when they are open is not documented: an
/// empty list is unknown.
fn cidr_blocks(record: &mut Record<'_, '_>) -> Stated<IpWhitelist> {
    let [list_absent, one_absent] = ["allowedCidrBlocks", "allowedCidrBlock"].map(|name| record.absent(name));
    let list = record.words_at("allowedCidrBlocks", &[',']);
    let one = record.words_at("allowedCidrBlock", &[',']);
    // One of the two that cannot be read may have held another block.
    if (!list_absent && list.is_none()) || (!one_absent && one.is_none()) {
        return None;
    }
    let from = list.as_ref().map(|f| f.from).or(one.as_ref().map(|f| f.from))?;
    let mut blocks: Vec<_> = list.map(|f| f.value).unwrap_or_default();
    for block in one.map(|f| f.value).unwrap_or_default() {
        if !blocks.iter().any(|b| b.value == block.value) {
            blocks.push(block);
        }
    }
    blocks.retain(|b| !b.value.trim().is_empty());
    (!blocks.is_empty()).then(|| whitelist(blocks, from))
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("asset");
    address.network = record.text("method");
    address.address = record.text("address");
    address.memo = record.text_or_empty("memo").or_else(|| record.text_or_empty("tag"));
    // The name by which a withdrawal asks for the address; no key of an API.
    address.label = record.text("key");
    let verified = record.flag("verified");
    address.status = record.usable_if(&verified);
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::exchanges::{Reading, read};
    use crate::model::{AddressStatus, Expiry, LastUse, value};
    use crate::text::TextId;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn harvest(text: &str) -> crate::exchanges::Harvest {
        sample::harvest(READER.exchange, text)
    }
    fn rights(key: &Key) -> [Option<bool>; 5] {
        let p = &key.permissions;
        [&p.read, &p.trade, &p.transfer, &p.withdraw, &p.administer_addresses].map(|r| value(r).copied())
    }

    #[test]
    fn a_spot_key_has_no_right_to_transfer_of_its_own() {
        let key = &harvest(&fixture("get-api-key-info-open-withdraw")).keys[0];
        assert_eq!(rights(key), [Some(true), Some(true), None, Some(true), Some(true)]);
        assert_eq!(value(&key.ip_whitelist), Some(&IpWhitelist::Unrestricted));
        assert_eq!(value(&key.expires), Some(&Expiry::Never));
        let reading = &harvest(&fixture("get-api-key-info-read-only")).keys[0];
        assert_eq!(rights(reading), [Some(true), Some(false), None, Some(false), Some(false)]);
        assert_eq!(value(&reading.last_used), Some(&LastUse::Never));
        assert!(matches!(value(&reading.expires), Some(Expiry::At(_))));
    }

    #[test]
    fn an_error_answer_is_one_with_or_without_a_result() {
        let says = |text: &str| {
            let node = crate::document::parse(TextId(0), text, 0..text.len()).ok().unwrap();
            match read(&node, None).pop() {
                Some(Reading::ErrorAnswer { exchange: Some(Exchange::Kraken), says, .. }) => Some(says),
                _ => None,
            }
        };
        for (text, said) in [
            (r#"{"error": ["EAPI:Invalid key"]}"#, "EAPI:Invalid key"),
            (r#"{"error": ["EAPI:Invalid nonce"], "result": null}"#, "EAPI:Invalid nonce"),
            (r#"{"error": ["EGeneral:Permission denied", "x"], "result": {}}"#, "EGeneral:Permission denied"),
            (r#"{"error": ["EGeneral:Invalid arguments:51.158.10.20"]}"#, "an error"),
            (r#"{"error": ["EAPI:key4Xv"]}"#, "an error"),
            (r#"{"error": ["E:Invalid key"]}"#, "an error"),
            (r#"{"error": ["something else"]}"#, "an error"),
        ] {
            assert_eq!(says(text).as_deref(), Some(said), "{text}");
        }
        for none in [r#"{"error": []}"#, r#"{"error": [], "result": {}}"#, r#"{"error": "EAPI:Invalid key"}"#] {
            assert_eq!(says(none), None, "{none}");
        }
    }

    #[test]
    fn a_word_in_another_case_is_another_word() {
        let text = fixture("get-api-key-info-open-withdraw").replace("\"withdraw-funds\"", "\"Withdraw-Funds\"");
        let key = &harvest(&text).keys[0];
        assert_eq!(key.unknown.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(), ["Withdraw-Funds"]);
        assert_ne!(value(&key.permissions.withdraw), Some(&true));
    }

    #[test]
    fn futures_levels_are_unknown_where_they_are_not_given() {
        assert_eq!(rights(&harvest(&fixture("futures-api-keys-v3-check-no-levels")).keys[0])[..4], [None; 4]);
        let key = &harvest(&fixture("futures-api-keys-v3-check")).keys[0];
        assert_eq!(rights(key)[..4], [Some(true), Some(true), Some(false), Some(false)]);
        let strange = fixture("futures-api-keys-v3-check").replace("FULL_ACCESS", "MOST_ACCESS");
        let strange = &harvest(&strange).keys[0];
        assert_eq!(rights(strange)[..4], [None, None, Some(false), Some(false)]);
        assert_eq!(strange.unknown.len(), 1);
    }

    #[test]
    fn both_forms_of_futures_blocks_count_and_open_ones_are_unknown() {
        let text = fixture("futures-api-keys-v3-check");
        let blocks = |text: &str| match value(&harvest(text).keys[0].ip_whitelist) {
            Some(IpWhitelist::Listed(l)) => Some(l.len()),
            _ => None,
        };
        assert_eq!(blocks(&text), Some(1));
        assert_eq!(blocks(&text.replace("\"allowedCidrBlock\": \"146.59.3.0/29\"", "\"allowedCidrBlock\": \"51.158.10.20/32\"")), Some(2));
        assert_eq!(blocks(&text.replace("\"allowedCidrBlocks\"", "\"x\"")), Some(1));
        assert_eq!(harvest(&fixture("futures-api-keys-v3-check-transfer-no-ip")).keys[0].ip_whitelist, None);
    }

    #[test]
    fn the_name_of_a_saved_address_is_no_key() {
        let read = harvest(&fixture("withdraw-addresses"));
        assert!(read.keys.is_empty());
        let states: Vec<_> = read.addresses.iter().map(|a| value(&a.status).copied()).collect();
        assert_eq!(states, [Some(AddressStatus::Usable), Some(AddressStatus::Unconfirmed)]);
        assert_eq!(value(&read.addresses[1].memo).map(String::as_str), Some("10402817"));
    }
}
