//! MEXC: a master's sub-account keys, a key after its creation, the pairs of the calling key, sub-accounts, the address
//! book, the account. Silent on the calling key's own permissions (no endpoint has them), on expiry and last use.
//!
//! What an open IP whitelist looks like is not documented, so an empty one is unknown. Permissions are written in full
//! (`SPOT_DEAL_WRITE`) or short (`SPOT_DEAL_W`).
//!
//! Source: mexcdevelop/apidocs, branch spot_v3_en, source/index.html.md (2025-08-08).

use super::record::{Record, keep_names};
use super::{By, Harvest, Page, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, Exchange, Fact, Key, Market, PairWhitelist, Stated};

const SYMBOLS: &str = "GET /api/v3/selfSymbols";
const ACCOUNT: &str = "GET /api/v3/account";

pub const READER: Reader = Reader {
    exchange: Exchange::Mexc,
    profile: include_str!("mexc.yaml"),
    payloads: &[
        Payload {
            endpoint: "GET /api/v3/sub-account/apiKey",
            at: &["subAccount"],
            around: &[],
            by: By::Fields { decides: &["apiKey", "permissions", "ip", "creatTime"], also: &["note"], read: key },
            made_at: None,
            page: None,
        },
        Payload::bare(
            "POST /api/v3/sub-account/apiKey",
            By::Fields { decides: &["subAccount", "apiKey", "secretKey", "permissions", "creatTime"], also: &["note", "ip"], read: key },
        ),
        Payload {
            endpoint: "GET /api/v3/sub-account/list",
            at: &["subAccounts"],
            around: &[],
            by: By::Fields { decides: &["subAccount", "uid", "isFreeze"], also: &["createTime"], read: sub_account },
            made_at: None,
            page: None,
        },
        Payload {
            endpoint: SYMBOLS,
            at: &["data"],
            // Asked for by `is_symbols`: an empty list in this frame may be another exchange's.
            around: &[],
            by: By::Shape { fits: is_symbols, read: symbols },
            made_at: None,
            page: None,
        },
        Payload {
            endpoint: "GET /api/v3/capital/withdraw/address",
            at: &["data"],
            around: &[],
            by: By::Fields { decides: &["coin", "network", "address", "addressTag"], also: &["memo"], read: address },
            made_at: None,
            page: Some(|answer| Page::numbered(Some(answer), "page", "totalPageNum")),
        },
        Payload::bare(ACCOUNT, By::Shape { fits: is_account, read: account }),
    ],
    error,
};

/// A code of MEXC's own, as a number, and a message. Codes below 700000 are other exchanges' too, so only those that are
/// listed here are taken.
fn error(node: &Node<'_>) -> Option<String> {
    let code = node.get("code")?.as_int()?;
    node.get("msg")?;
    let hint = match code {
        700_005 => ": the request window was above the maximum of 60000 ms",
        700_006 => ": the address that asked is not in the key's IP whitelist",
        700_007 => ": the key has no permission for this endpoint",
        730_703 => ": the IP whitelist has too many addresses",
        10212 => ": the address is not on the list of common withdrawal addresses",
        700_000..=799_999 => "",
        _ => return None,
    };
    Some(format!("code {code}{hint}"))
}

const READ: &[&str] = &[
    "SPOT_ACCOUNT_READ",
    "SPOT_DEAL_READ",
    "SPOT_TRANSFER_READ",
    "SPOT_WITHDRAW_READ",
    "CONTRACT_ACCOUNT_READ",
    "CONTRACT_DEAL_READ",
    "read_only",
];
/// In the documentation's own example, and nowhere is said what it allows.
const UNEXPLAINED: &str = "SPOT_ACCOUNT_WRITE";
const MARGIN: &str = "ISOLATED_MARGIN_";

/// A permission's name in full.
fn full(word: &str) -> String {
    match (word.strip_suffix("_R"), word.strip_suffix("_W")) {
        (Some(name), _) => format!("{name}_READ"),
        (_, Some(name)) => format!("{name}_WRITE"),
        _ => word.to_owned(),
    }
}

fn reads(name: &str) -> bool {
    READ.contains(&name) || (name.starts_with(MARGIN) && name.ends_with("_READ"))
}

fn market(name: &str) -> Option<Market> {
    match name {
        "SPOT_DEAL_WRITE" => Some(Market::Spot),
        "CONTRACT_DEAL_WRITE" => Some(Market::Futures),
        _ if name.starts_with(MARGIN) && name.ends_with("_WRITE") => Some(Market::Margin),
        _ => None,
    }
}

/// Yes at the first word that grants it, no at the list.
fn granted(list: &Stated<Vec<Fact<String>>>, grants: impl Fn(&str) -> bool) -> Stated<bool> {
    let list = list.as_ref()?;
    let word = list.value.iter().find(|w| grants(&full(&w.value)));
    Some(word.map_or(Fact { value: false, from: list.from }, |w| Fact { value: true, from: w.from }))
}

fn rights(record: &mut Record<'_, '_>, key: &mut Key) {
    let words = record.words_at("permissions", &[',']);
    keep_names(key, &words, None);
    let moves = |name: &str| matches!(name, "SPOT_TRANSFER_WRITE" | "SPOT_WITHDRAW_WRITE");
    let all = words.as_ref().map_or(&[][..], |l| l.value.as_slice());
    let strange = all.iter().filter(|w| {
        let name = full(&w.value);
        !reads(&name) && market(&name).is_none() && !moves(&name)
    });
    key.unknown.extend(strange.cloned());
    key.permissions.read = granted(&words, reads);
    key.permissions.trade = granted(&words, |name| market(name).is_some());
    // With the word that nobody explains, what moves assets is known only where it is named.
    let unexplained = all.iter().any(|w| full(&w.value) == UNEXPLAINED);
    let sure = |right: Stated<bool>| right.filter(|f| f.value || !unexplained);
    key.permissions.transfer = sure(granted(&words, |name| name == "SPOT_TRANSFER_WRITE"));
    key.permissions.withdraw = sure(granted(&words, |name| name == "SPOT_WITHDRAW_WRITE"));
    let mut markets: Vec<Fact<Market>> = Vec::new();
    for word in all {
        if let Some(market) = market(&full(&word.value)).filter(|m| !markets.iter().any(|f| f.value == *m)) {
            markets.push(Fact { value: market, from: word.from });
        }
    }
    key.markets = words.map(|list| Fact { value: markets, from: list.from });
}

fn key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey");
    key.label = record.text("note");
    key.account.extend(record.text("subAccount"));
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    rights(record, &mut key);
    key.ip_whitelist = record.ip_list("ip", None);
    // The exchange spells it like this.
    key.created = record.millis("creatTime");
    record.push_key(key);
}

fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("uid"));
    let name = record.text("subAccount");
    account.label.clone_from(&name);
    account.ids.extend(name);
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    account.frozen = record.flag("isFreeze");
    account.created = record.millis("createTime");
    record.push_account(account);
}

/// A list of pairs, `BTCUSDT`, that is not empty, beside `code` 200; with a `msg` too, one more field may stand there.
fn is_symbols(answer: &Node<'_>, rows: &Node<'_>) -> bool {
    let is_pair = |row: &Node<'_>| {
        let text = row.as_text().unwrap_or("");
        (5..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let ok = answer.get("code").and_then(Node::as_int) == Some(200);
    let most = if answer.get("msg").is_some() { 4 } else { 2 };
    let framed = ok && answer.as_mapping().is_some_and(|entries| entries.len() <= most);
    framed && rows.as_sequence().is_some_and(|rows| !rows.is_empty() && rows.iter().all(is_pair))
}

/// The pairs of the calling key, of which nothing else is said. An empty list is no key: whether it means none or all is
/// not documented.
fn symbols(rows: &Node<'_>, harvest: &mut Harvest) {
    if rows.as_sequence().is_none_or(<[_]>::is_empty) {
        return;
    }
    let mut key = Key::new(Exchange::Mexc);
    key.payloads.push((SYMBOLS, rows.span));
    let mut pairs = Vec::new();
    for row in rows.as_sequence().unwrap_or_default() {
        if let Some(pair) = row.as_text() {
            harvest.public.push(row.span.start);
            pairs.push(Fact::exported(pair.to_owned(), row.span));
        }
    }
    key.pair_whitelist = Some(Fact::exported(PairWhitelist::Listed(pairs), rows.span));
    harvest.keys.push(key);
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("coin");
    address.network = record.text("network");
    address.address = record.text("address");
    address.memo = record.text_or_empty("memo");
    // Whether this is a label or a memo is not said, and the examples look like labels: neither is asserted.
    record.skip(&["addressTag"]);
    record.push_address(address);
}

/// Others have accounts of this form with many more fields: most must be these, and one at most another.
fn is_account(answer: &Node<'_>, _: &Node<'_>) -> bool {
    const FIELDS: &[&str] = &["canTrade", "canWithdraw", "canDeposit", "updateTime", "accountType", "balances", "permissions"];
    let entries = answer.as_mapping().unwrap_or_default();
    let known = entries.iter().filter(|e| e.key.scalar().is_some_and(|name| FIELDS.contains(&name))).count();
    known + 1 >= FIELDS.len() && entries.len() <= known + 1
}

/// `canTrade`, `canWithdraw` and `permissions` are the account's, and say nothing of any key.
fn account(answer: &Node<'_>, harvest: &mut Harvest) {
    if let Some(mut record) = Record::open(answer, Exchange::Mexc, ACCOUNT, harvest) {
        let account = record.new_account();
        record.push_account(account);
    }
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
    fn harvest(text: &str) -> Harvest {
        sample::harvest(READER.exchange, text)
    }
    fn rights(key: &Key) -> [Option<bool>; 4] {
        sample::rights(key)
    }

    #[test]
    fn rights_are_read_from_names_in_full_and_short() {
        let all = harvest(&fixture("sub-account-api-key-withdraw")).keys;
        assert_eq!(rights(&all[0]), [Some(true); 4]);
        let short = fixture("sub-account-api-key-withdraw").replace("_WRITE", "_W").replace("_READ", "_R");
        let short = &harvest(&short).keys[0];
        assert_eq!((rights(short), short.unknown.len()), ([Some(true); 4], 0));
        assert_eq!(
            rights(&harvest(&fixture("sub-account-api-key-read-only-no-ip")).keys[0]),
            [Some(true), Some(false), Some(false), Some(false)]
        );
    }

    #[test]
    fn a_word_that_nobody_explains_leaves_unknown_what_moves_assets() {
        let keys = harvest(&fixture("sub-account-api-key")).keys;
        assert_eq!(rights(&keys[0]), [Some(true), Some(true), Some(false), Some(false)]);
        assert_eq!(rights(&keys[1]), [Some(true), None, None, None]);
        assert_eq!(keys[1].unknown[0].value, UNEXPLAINED);
    }

    #[test]
    fn a_word_in_another_case_is_another_word() {
        let text = fixture("sub-account-api-key-withdraw");
        let key = &harvest(&text.replace("SPOT_WITHDRAW_WRITE", "spot_withdraw_write")).keys[0];
        assert_eq!(key.unknown.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(), ["spot_withdraw_write"]);
        assert_ne!(value(&key.permissions.withdraw), Some(&true));
    }

    #[test]
    fn pairs_are_a_list_that_is_not_empty_beside_code_200() {
        let claimed = |text: &str, asked| {
            let node = crate::document::parse(TextId(0), text, 0..text.len()).ok().unwrap();
            match read(&node, asked).pop() {
                Some(Reading::Export(export)) if export.exchange == Exchange::Mexc => Some(export.harvest.keys.len()),
                _ => None,
            }
        };
        assert_eq!(claimed(r#"{"code": 200, "msg": null, "data": ["BTCUSDT"]}"#, None), Some(1));
        assert_eq!(claimed(r#"{"code": 200, "data": ["BTCUSDT"]}"#, None), Some(1));
        for none in [
            r#"{"code": 200, "message": "success", "data": []}"#,
            r#"{"code": 200, "msg": null, "data": []}"#,
            r#"{"msg": null, "data": ["BTCUSDT"]}"#,
            r#"{"code": 0, "msg": null, "data": ["BTCUSDT"]}"#,
            r#"{"code": 200, "msg": null, "data": ["BTCUSDT", 7]}"#,
            r#"{"code": 200, "msg": null, "data": "BTCUSDT"}"#,
        ] {
            assert_eq!(claimed(none, None), None, "{none}");
        }
        // Even where it is asked for, an empty list says nothing of a key.
        assert_ne!(claimed(r#"{"code": 200, "msg": null, "data": []}"#, Some(Exchange::Mexc)), Some(1));
    }

    #[test]
    fn the_accounts_switches_are_no_rights_of_a_key() {
        let account = harvest(&fixture("account"));
        assert_eq!((account.keys.len(), account.accounts.len()), (0, 1));
        // With many more fields it is another exchange's.
        let other = fixture("account").replace("\"accountType\"", "\"makerCommission\": 1, \"brokered\": false, \"accountType\"");
        let node = crate::document::parse(TextId(0), &other, 0..other.len()).ok().unwrap();
        assert!(matches!(read(&node, None).pop(), Some(Reading::Unknown { .. })));
    }

    #[test]
    fn pairs_are_read_and_an_invalid_address_is_kept() {
        let key = &harvest(&fixture("self-symbols")).keys[0];
        assert!(matches!(value(&key.pair_whitelist), Some(PairWhitelist::Listed(pairs)) if pairs.len() == 3));
        assert_eq!(rights(key), [None; 4]);
        let created = &harvest(&fixture("sub-account-api-key-create")).keys[0];
        assert!(matches!(value(&created.ip_whitelist), Some(IpWhitelist::Listed(l)) if l[0].value.written == "51.158.10"));
        assert_eq!(created.carries.len(), 1);
    }
}
