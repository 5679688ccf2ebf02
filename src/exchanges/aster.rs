//! Aster: the agents of an account with their permissions and IP whitelists, approved builders, sub-accounts. Silent on
//! creation and last use, on the account that agents belong to, and on transfers between its own wallets. Keys of the older
//! V1 have no answer that describes them.
//!
//! An agent is a wallet of its own that signs for an account.
//!
//! Sources: asterdex/api-docs@265e024 (V3 futures, demo/aster-code.py; 2026-06-30); JKorf/Aster.Net@e1c9116.

use super::record::{Record, whitelist};
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, Exchange, Expiry, Fact, IpWhitelist, Key, Market, Signature, Stated};

pub const READER: Reader = Reader {
    exchange: Exchange::Aster,
    profile: include_str!("aster.yaml"),
    payloads: &[
        Payload::bare(
            "GET /fapi/v3/agent",
            By::Fields {
                decides: &["agentAddress", "agentName", "canSpotTrade", "canPerpTrade", "canWithdraw"],
                also: &["ipWhitelist", "expired", "source", "canRead"],
                read: agent,
            },
        ),
        Payload::bare(
            "GET /fapi/v3/builder",
            By::Fields { decides: &["userAddress", "builderAddress", "maxFeeRate", "builderName"], also: &[], read: |_| () },
        ),
        Payload::bare(
            "GET /fapi/v3/getSubAccountList",
            By::Fields { decides: &["accountId", "subAccountName", "parentAccount"], also: &[], read: account },
        ),
    ],
    error,
};

/// Most codes are Binance's too; these are not.
fn error(node: &Node<'_>) -> Option<String> {
    node.get("msg")?;
    match node.get("code")?.as_int()? {
        -5050 => Some("code -5050: the account has made no deposit yet".to_owned()),
        -4225 => Some("code -4225: the nonce is too old".to_owned()),
        _ => None,
    }
}

/// A switch; its name is kept where it is on.
fn switch(record: &mut Record<'_, '_>, key: &mut Key, name: &str) -> Stated<bool> {
    let flag = record.flag(name)?;
    key.native.extend(flag.value.then(|| Fact { value: name.to_owned(), from: flag.from }));
    Some(flag)
}

fn agent(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("agentAddress");
    key.label = record.text("agentName");
    key.permissions.read = switch(record, &mut key, "canRead");
    let spot = switch(record, &mut key, "canSpotTrade");
    let perp = switch(record, &mut key, "canPerpTrade");
    key.permissions.withdraw = switch(record, &mut key, "canWithdraw");
    // Only the account's own wallet signs what registers an agent.
    key.permissions.administer_keys = Some(Fact::fixed(false));
    let on = |s: &Stated<bool>| s.clone().filter(|f| f.value);
    key.permissions.trade = on(&spot).or_else(|| on(&perp)).or_else(|| spot.clone().filter(|_| perp.is_some()));
    if let (Some(one), Some(other)) = (spot, perp) {
        let markets = [(&one, Market::Spot), (&other, Market::Futures)];
        let open = markets.iter().filter(|(f, _)| f.value).map(|(f, m)| Fact { value: *m, from: f.from }).collect();
        key.markets = Some(Fact { value: open, from: one.from });
    }
    for (name, node) in record.left_over() {
        if name.starts_with("can") && name.len() < 48 && node.as_bool() == Some(true) {
            key.native.push(Fact::exported(name.to_owned(), node.span));
            key.unknown.push(Fact::exported(name.to_owned(), node.span));
        }
    }
    // Spaces are documented, and the exchange's own example has commas.
    key.ip_whitelist = record
        .words_at("ipWhitelist", &[' ', ','])
        .map(|f| if f.value.is_empty() { Fact { value: IpWhitelist::Unrestricted, from: f.from } } else { whitelist(f.value, f.from) });
    key.signature = Some(Fact::fixed(Signature::Asymmetric));
    key.expires = record.millis("expired").map(|f| f.map(Expiry::At));
    record.skip(&["source"]);
    record.push_key(key);
}

fn account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("accountId"));
    account.label = record.text("subAccountName");
    let parent = record.flag("parentAccount");
    account.kind = parent.map(|f| f.map(|yes| if yes { AccountKind::Master } else { AccountKind::Sub }));
    record.push_account(account);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::value;

    fn keys(text: &str) -> Vec<Key> {
        sample::harvest(READER.exchange, text).keys
    }

    #[test]
    fn rights_are_switches_and_a_new_one_is_told() {
        let text = sample::fixture(READER.exchange, "agent");
        let of = |i: usize| sample::rights(&keys(&text)[i]);
        assert_eq!(of(0), [Some(true), Some(true), None, Some(false)]);
        assert_eq!(of(1), [Some(true), Some(true), None, Some(true)]);
        assert_eq!(of(2), [Some(true), Some(false), None, Some(false)]);
        let key = &keys(&text.replacen("\"canRead\": true", "\"canRead\": true, \"canLend\": true", 1))[0];
        assert_eq!(key.unknown.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(), ["canLend"]);
        // One of two switches that is off says nothing of the other.
        let half = text.replace("\"canSpotTrade\": false,", "");
        assert_eq!(sample::rights(&keys(&half)[2])[1], None);
    }

    #[test]
    fn a_whitelist_has_spaces_or_commas_or_is_open() {
        let text = sample::fixture(READER.exchange, "agent");
        let listed = |text: &str, i: usize| match value(&keys(text)[i].ip_whitelist) {
            Some(IpWhitelist::Listed(l)) => l.len(),
            Some(IpWhitelist::Unrestricted) => 0,
            _ => 99,
        };
        assert_eq!([listed(&text, 0), listed(&text, 1), listed(&text, 2)], [0, 2, 3]);
        assert_eq!(listed(&text.replace("\"ipWhitelist\": \"\"", "\"ipWhitelist\": null"), 0), 99);
    }
}
