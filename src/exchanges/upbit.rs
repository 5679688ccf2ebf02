//! Upbit: the keys of the account with their end alone, the keys of pockets (sub-accounts) with rights and IP whitelists, the
//! pockets, the registered withdrawal addresses. Silent on names and last use of keys.
//!
//! The list of keys has the same two fields as Bithumb's and is read where the exchange is named. A key is issued for
//! addresses only, so that an empty IP whitelist is no open one, and unknown. Names of beneficiaries are persons' and are not
//! taken.
//!
//! Sources: docs.upbit.com/kr/reference (list-api-keys, list-pocket-api-keys, the list of withdrawal addresses,
//! rest-api-guide).

use super::record::{Record, granted, keep_names};
use super::{By, Harvest, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, Exchange, Expiry, Fact, Stated, TransferReach};

const POCKET_KEYS: &str = "GET /v1/pockets/api_keys";
const POCKETS: &str = "GET /v1/pockets";

pub const READER: Reader = Reader {
    exchange: Exchange::Upbit,
    profile: include_str!("upbit.yaml"),
    payloads: &[
        Payload::bare("GET /v1/api_keys", By::Fields { decides: &["access_key", "expire_at"], also: &[], read: own_key }),
        Payload::bare(POCKET_KEYS, By::Shape { fits: is_pocket_keys, read: pocket_keys }),
        // The keys of one pocket, taken out of that answer.
        Payload::bare(
            POCKET_KEYS,
            By::Fields { decides: &["access_key", "permissions", "allowed_ips", "created_at"], also: &["expired_at"], read: pocket_key },
        ),
        Payload::bare(POCKETS, By::Shape { fits: is_pockets, read: pockets }),
        Payload::bare(
            "GET /v1/withdraws/coin_addresses",
            By::Fields {
                decides: &["withdraw_address", "net_type", "network_name", "beneficiary_type", "wallet_type"],
                also: &["currency", "secondary_address", "beneficiary_name", "beneficiary_company_name", "exchange_name"],
                read: address,
            },
        ),
    ],
    error,
};

/// An object with a message and one of the names that are documented; other names are other exchanges' too.
fn error(node: &Node<'_>) -> Option<String> {
    let error = node.get("error")?;
    error.get("message")?;
    let name = error.get("name")?.as_text()?;
    let hint = match name {
        "invalid_query_payload" | "jwt_verification" => "the request's token was not made as it must be",
        "expired_access_key" => "the key has ended",
        "nonce_used" => "the request's nonce was used before",
        "no_authorization_ip" | "no_authorization_i_p" => "the address that asked is not among the key's",
        "out_of_scope" => "the key has no permission for this endpoint",
        _ => return None,
    };
    Some(format!("{name}: {hint}"))
}

fn own_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("access_key");
    key.expires = record.iso("expire_at").map(|f| f.map(Expiry::At));
    record.push_key(key);
}

const READ: &[&str] = &["view_account", "view_orders", "view_withdrawals", "view_deposits"];
const OTHER: &[&str] = &["deposit"];

fn pocket_key(record: &mut Record<'_, '_>) {
    read_key(record, None);
}

fn read_key(record: &mut Record<'_, '_>, pocket: Stated<String>) {
    let mut key = record.new_key();
    key.id = record.key_id("access_key");
    key.account.extend(pocket);
    let words = record.words_at("permissions", &[',']);
    let known: Vec<&str> = [READ, OTHER, &["make_orders", "transfer", "withdraw", "manage_pockets"]].concat();
    keep_names(&mut key, &words, Some(&known));
    key.permissions.read = granted(&words, READ);
    key.permissions.trade = granted(&words, &["make_orders"]);
    key.permissions.transfer = granted(&words, &["transfer"]);
    key.permissions.withdraw = granted(&words, &["withdraw"]);
    key.permissions.administer_sub_accounts = granted(&words, &["manage_pockets"]);
    // Addresses are registered on the web page, and no endpoint adds one.
    key.permissions.administer_addresses = Some(Fact::fixed(false));
    key.transfer_reach = key.permissions.transfer.clone().filter(|f| f.value).map(|f| f.map(|_| TransferReach::BetweenAccounts));
    key.ip_whitelist = record.ip_list("allowed_ips", None);
    key.created = record.iso("created_at");
    key.expires = record.iso("expired_at").map(|f| f.map(Expiry::At));
    record.push_key(key);
}

/// Pockets each with a list of keys; at least one key has what keys have.
fn is_pocket_keys(_: &Node<'_>, rows: &Node<'_>) -> bool {
    let is_key = |key: &Node<'_>| {
        let fields = ["access_key", "permissions", "allowed_ips", "created_at", "expired_at"];
        fields.iter().filter(|f| key.get(f).is_some()).count() >= 3
    };
    let Some(rows) = rows.as_sequence() else { return false };
    let keys = |row: &Node<'_>| row.get("keys").and_then(Node::as_sequence).map(|keys| keys.iter().any(is_key));
    rows.iter().all(|r| keys(r).is_some() || r.get("uuid").is_some()) && rows.iter().any(|r| keys(r) == Some(true))
}

fn pocket_keys(rows: &Node<'_>, harvest: &mut Harvest) {
    for row in rows.as_sequence().unwrap_or_default() {
        let Some(mut pocket) = Record::open(row, Exchange::Upbit, POCKET_KEYS, harvest) else { continue };
        let uuid = pocket.text("uuid");
        for node in pocket.children("keys").unwrap_or_default() {
            if let Some(mut record) = pocket.open_node(node) {
                read_key(&mut record, uuid.clone());
            }
        }
    }
}

const KINDS: &[(&str, AccountKind)] = &[("main", AccountKind::Master), ("user_spot_trading", AccountKind::Sub)];

/// Rows of an id, a name and a type, of which at least one type is documented.
fn is_pockets(_: &Node<'_>, rows: &Node<'_>) -> bool {
    let text = |row: &Node<'_>, name: &str| row.get(name).is_some_and(|n| n.as_text().is_some());
    let is_pocket = |row: &Node<'_>| {
        let id = row.get("uuid").is_none_or(|n| n.is_null() || n.as_text().is_some_and(is_uuid));
        id && ["uuid", "name", "type"].iter().filter(|n| text(row, n)).count() >= 2
    };
    let known = |row: &Node<'_>| row.get("type").and_then(Node::as_text).is_some_and(|t| KINDS.iter().any(|(k, _)| *k == t));
    rows.as_sequence().is_some_and(|rows| rows.iter().all(is_pocket) && rows.iter().any(known))
}

/// 32 hexadecimal digits in five groups.
fn is_uuid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn pockets(rows: &Node<'_>, harvest: &mut Harvest) {
    for row in rows.as_sequence().unwrap_or_default() {
        let Some(mut record) = Record::open(row, Exchange::Upbit, POCKETS, harvest) else { continue };
        let mut account = record.new_account();
        account.ids.extend(record.text("uuid"));
        account.label = record.text("name");
        account.kind = record.text("type").and_then(|f| {
            let kind = KINDS.iter().find(|(word, _)| *word == f.value).map(|(_, kind)| *kind)?;
            Some(f.map(|_| kind))
        });
        record.push_account(account);
    }
}

/// An exchange or a kind of wallet stands beside an address, and a person's name, which is not taken.
fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("currency");
    address.network = record.text("net_type");
    address.address = record.text("withdraw_address");
    address.memo = record.text_or_empty("secondary_address");
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, rights};
    use super::*;
    use crate::exchanges::{Reading, read};
    use crate::model::{IpWhitelist, Key, value};
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
    fn the_list_of_keys_is_of_one_of_two_exchanges_until_one_is_named() {
        let bare = r#"[{"access_key": "c41f7e09b2d83a65f01c97e4d2b86a3059ef7c14", "expire_at": "2027-06-25T11:22:54+09:00"}]"#;
        match reading(bare, None) {
            Some(Reading::Contested { by, .. }) => assert_eq!(by, [Exchange::Bithumb, Exchange::Upbit]),
            _ => panic!("not contested"),
        }
        for exchange in [Exchange::Bithumb, Exchange::Upbit] {
            let enveloped = format!(r#"{{"exchange": "{exchange}", "response": {bare}}}"#);
            for (text, asked) in [(bare, Some(exchange)), (enveloped.as_str(), None), (&enveloped, Some(Exchange::Kraken))] {
                match reading(text, asked) {
                    Some(Reading::Export(export)) => {
                        assert_eq!((export.exchange, export.harvest.keys.len()), (exchange, 1));
                        assert!(matches!(value(&export.harvest.keys[0].expires), Some(Expiry::At(_))));
                    }
                    _ => panic!("not read as {exchange}"),
                }
            }
        }
    }

    #[test]
    fn rights_are_words_and_managing_pockets_is_to_administer() {
        let read = keys(&fixture("pockets-api-keys"));
        assert_eq!(rights(&read[0]), [Some(true), Some(false), Some(true), Some(false)]);
        assert_eq!(value(&read[0].permissions.administer_sub_accounts), Some(&true));
        assert_eq!(rights(&read[1]), [Some(true), Some(true), Some(false), Some(false)]);
        assert_eq!(rights(&keys(&fixture("pockets-api-keys-withdraw"))[0]), [Some(true), Some(false), Some(false), Some(true)]);
    }

    #[test]
    fn a_key_belongs_to_its_pocket_and_is_never_open() {
        let read = keys(&fixture("pockets-api-keys"));
        let pockets: Vec<_> = read.iter().map(|k| k.account[0].value.as_str()).collect();
        assert_eq!(pockets, ["3b6f0c94-7d21-4e58-a0b9-c1f4e27d8a36", "d20e7a5b-91c4-4f3e-b867-08a5d3c6f912"]);
        assert!(matches!(value(&read[0].ip_whitelist), Some(IpWhitelist::Listed(l)) if l.len() == 2));
        let none = fixture("pockets-api-keys-withdraw").replace("\"51.158.10.20\"", "");
        assert_eq!(keys(&none)[0].ip_whitelist, None);
    }

    #[test]
    fn a_pocket_is_told_by_its_type() {
        let kinds: Vec<_> =
            sample::harvest(READER.exchange, &fixture("pockets")).accounts.iter().map(|a| value(&a.kind).copied()).collect();
        assert_eq!(kinds, [Some(AccountKind::Master), Some(AccountKind::Sub), Some(AccountKind::Sub)]);
        for other in [
            r#"[{"uuid": "3b6f0c94-7d21-4e58-a0b9-c1f4e27d8a36", "name": "x", "type": "folder"}]"#,
            r#"[{"uuid": "7", "name": "x", "type": "main"}]"#,
            r#"[{"uuid": "3b6f0c94-7d21-4e58-a0b9-c1f4e27d8a36", "keys": [{"kty": "EC"}]}]"#,
        ] {
            assert!(matches!(reading(other, None), Some(Reading::Unknown { .. })), "{other}");
        }
    }
}
