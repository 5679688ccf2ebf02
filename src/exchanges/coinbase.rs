//! Coinbase: what the calling key may do, the key file of the developer platform, the address book of Exchange, the
//! portfolios of Prime and International. No endpoint has the IP whitelist, id, label, expiry or use of a key.
//!
//! One right, `can_transfer`, is to transfer and to withdraw. A key belongs to one portfolio. The key file holds the
//! private key and is read as a key of which nothing is known but that.
//!
//! Sources: docs.cdp.coinbase.com; coinbase/coinbase-advanced-py 54fb8ed3.

use super::record::Record;
use super::{By, Harvest, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, Exchange, Fact, Key, Signature, Stated, TransferReach};

const KEY_FILE: &str = "file cdp_api_key.json";

pub const READER: Reader = Reader {
    exchange: Exchange::Coinbase,
    profile: include_str!("coinbase.yaml"),
    payloads: &[
        Payload::bare(
            "GET /api/v3/brokerage/key_permissions",
            By::Fields {
                decides: &["can_view", "can_trade", "portfolio_uuid"],
                also: &["can_transfer", "can_withdraw", "can_receive", "portfolio_type"],
                read: own_key,
            },
        ),
        Payload::bare(KEY_FILE, By::Shape { fits: is_key_file, read: key_file }),
        Payload::bare(
            "GET /address-book",
            By::Fields {
                decides: &["address_book_added_at", "is_verified_self_hosted_wallet", "currency", "address"],
                also: &["id", "label", "business_name", "business_country_code"],
                read: address,
            },
        ),
        Payload {
            endpoint: "GET /v1/portfolios",
            at: &["portfolios"],
            around: &[],
            by: By::Fields { decides: &["id", "name", "entity_id", "organization_id"], also: &["entity_name"], read: prime_portfolio },
            made_at: None,
            page: None,
        },
        Payload::bare(
            "GET /api/v1/portfolios",
            By::Fields {
                decides: &["portfolio_id", "portfolio_uuid", "user_uuid", "trading_lock"],
                also: &[
                    "name",
                    "maker_fee_rate",
                    "taker_fee_rate",
                    "borrow_disabled",
                    "is_lsp",
                    "is_default",
                    "cross_collateral_enabled",
                    "pre_launch_trading_enabled",
                    "disable_overdraft_protection",
                ],
                read: international_portfolio,
            },
        ),
    ],
    // No error answer of these endpoints is documented in a way that tells it from other exchanges'.
    error: |_| None,
};

fn switch(record: &mut Record<'_, '_>, key: &mut Key, name: &str) -> Stated<bool> {
    let flag = record.flag(name)?;
    if flag.value {
        key.native.push(Fact { value: name.to_owned(), from: flag.from });
    }
    Some(flag)
}

fn own_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.account.extend(record.text("portfolio_uuid"));
    key.permissions.read = switch(record, &mut key, "can_view");
    key.permissions.trade = switch(record, &mut key, "can_trade");
    let transfer = switch(record, &mut key, "can_transfer");
    // To send and receive, on the platform and off it: the exchange has one right for both.
    let on = transfer.as_ref().filter(|f| f.value);
    key.transfer_reach = on.map(|f| Fact { value: TransferReach::BetweenAccounts, from: f.from });
    key.permissions.withdraw.clone_from(&transfer);
    key.permissions.transfer = transfer;
    // To receive takes nothing away. Any other switch that is on, and `can_withdraw`, which is in a test of the
    // exchange's own SDK and not in its reference, is a power that nobody explains.
    switch(record, &mut key, "can_receive");
    for (name, node) in record.left_over() {
        if name.starts_with("can_") && name.len() < 48 && node.as_bool() == Some(true) {
            key.unknown.push(Fact::exported(name.to_owned(), node.span));
            key.native.push(Fact::exported(name.to_owned(), node.span));
        }
    }
    record.push_key(key);
}

/// `name` is the path of a key, and there is little else.
fn is_key_file(file: &Node<'_>, _: &Node<'_>) -> bool {
    let named = file.get("name").and_then(Node::as_text).is_some_and(|n| n.starts_with("organizations/") && n.contains("/apiKeys/"));
    named && file.as_mapping().is_some_and(|entries| entries.len() <= 3)
}

fn key_file(file: &Node<'_>, harvest: &mut Harvest) {
    let Some(mut record) = Record::open(file, Exchange::Coinbase, KEY_FILE, harvest) else { return };
    let mut key = record.new_key();
    key.id = record.key_id("name");
    // What is private here is never shared: an ECDSA or Ed25519 key.
    key.signature = record.take("privateKey").map(|n| Fact::exported(Signature::Asymmetric, n.span));
    record.push_key(key);
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("currency");
    address.address = record.text("address");
    address.label = record.text("label");
    address.added = record.iso("address_book_added_at");
    // Whose wallet it is was verified, or not; that says nothing of whether it can be withdrawn to.
    record.skip(&["id", "is_verified_self_hosted_wallet", "business_name", "business_country_code"]);
    record.push_address(address);
}

fn prime_portfolio(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("id"));
    account.label = record.text("name");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    record.skip(&["entity_id", "organization_id", "entity_name"]);
    record.push_account(account);
}

fn international_portfolio(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("portfolio_uuid"));
    account.ids.extend(record.text("portfolio_id"));
    account.label = record.text("name");
    // The default portfolio may be the one that owns the others: not said.
    account.kind = record.flag("is_default").filter(|f| !f.value).map(|_| Fact::inferred(AccountKind::Sub));
    record.push_account(account);
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
    fn keys(text: &str) -> Vec<Key> {
        sample::harvest(READER.exchange, text).keys
    }

    #[test]
    fn one_switch_is_to_transfer_and_to_withdraw_and_no_whitelist_is_ever_known() {
        let key = &keys(&fixture("key-permissions-transfer"))[0];
        assert_eq!((value(&key.permissions.transfer), value(&key.permissions.withdraw)), (Some(&true), Some(&true)));
        assert_eq!(key.ip_whitelist, None);
        let key = &keys(&fixture("key-permissions-read-only"))[0];
        assert_eq!((value(&key.permissions.transfer), value(&key.permissions.withdraw)), (Some(&false), Some(&false)));
    }

    #[test]
    fn a_switch_that_the_reference_does_not_have_says_nothing_and_is_told_where_it_is_on() {
        let text = fixture("key-permissions-sdk-fixture");
        let key = &keys(&text)[0];
        assert_eq!((&key.permissions.withdraw, &key.permissions.transfer, key.unknown.len()), (&None, &None, 0));
        let key = &keys(&text.replace("\"can_withdraw\": false", "\"can_withdraw\": true"))[0];
        assert_eq!((&key.permissions.withdraw, key.unknown[0].value.as_str()), (&None, "can_withdraw"));
    }

    #[test]
    fn a_key_file_is_a_key_that_carries_its_private_key() {
        let key = &keys(&fixture("cdp-api-key-file"))[0];
        assert_eq!(key.carries.len(), 1);
        assert!(key.id.is_some() && value(&key.signature) == Some(&Signature::Asymmetric));
        let other = "{\"name\": \"laptop\", \"privateKey\": \"x\"}";
        let node = crate::document::parse(TextId(0), other, 0..other.len()).ok().unwrap();
        assert!(matches!(read(&node, None).pop(), Some(Reading::Unknown { .. })));
    }
}
