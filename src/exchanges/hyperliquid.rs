//! Hyperliquid: the agents ("API wallets") of an account, its sub-accounts, the role of an address. Everything is public;
//! IP whitelists do not exist. Silent on the account that agents belong to (it stands in the request), on creation and use.
//!
//! An agent is a wallet of its own that signs for an account: it trades everything, for the account and its sub-accounts,
//! and can neither withdraw nor transfer, which only the account's own wallet signs.
//!
//! Sources: hyperliquid.gitbook.io (info endpoint; nonces and API wallets); docs.chainstack.com (extraAgents, which the
//! exchange's own pages do not have); hyperliquid-python-sdk@7ee976d; JKorf/HyperLiquid.Net@2d24abe.

use super::record::Record;
use super::{By, Harvest, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, Exchange, Expiry, Fact, Key, Signature};

const AGENTS: &str = "POST /info extraAgents";
const ROLE: &str = "POST /info userRole";

/// The words of the agents.
pub const WORDS: &[&[&str]] = &[&["validUntil", "address"]];

pub const READER: Reader = Reader {
    exchange: Exchange::Hyperliquid,
    profile: include_str!("hyperliquid.yaml"),
    payloads: &[
        Payload::bare(AGENTS, By::Shape { fits: are_agents, read: agents }),
        Payload::bare(
            "POST /info subAccounts",
            By::Fields { decides: &["name", "subAccountUser", "master", "clearinghouseState", "spotState"], also: &[], read: sub_account },
        ),
        Payload::bare(ROLE, By::Shape { fits: is_role, read: role }),
    ],
    error: |_| None,
};

/// Whether a text is the address of a wallet.
fn is_wallet(node: &Node<'_>) -> bool {
    let hex = node.scalar().and_then(|t| t.strip_prefix("0x"));
    hex.is_some_and(|hex| hex.len() == 40 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Names and addresses stand together in many lists: with them goes the time until which they are valid, and nothing else.
fn are_agents(_: &Node<'_>, rows: &Node<'_>) -> bool {
    let rows = rows.as_sequence().unwrap_or(std::slice::from_ref(rows));
    let is_agent = |row: &Node<'_>| {
        let entries = row.as_mapping().unwrap_or_default();
        let known = entries.iter().filter(|e| matches!(e.key.scalar(), Some("name" | "address" | "validUntil"))).count();
        known >= 2 && entries.len() <= known + 1 && row.get("address").is_none_or(|a| a.is_null() || is_wallet(a))
    };
    !rows.is_empty() && rows.iter().all(is_agent) && rows.iter().any(|row| row.get("validUntil").is_some())
}

fn agents(rows: &Node<'_>, harvest: &mut Harvest) {
    let rows = rows.as_sequence().unwrap_or(std::slice::from_ref(rows));
    for row in rows {
        let Some(mut record) = Record::open(row, Exchange::Hyperliquid, AGENTS, harvest) else { continue };
        let mut key = record.new_key();
        key.id = record.key_id("address");
        key.label = record.text("name");
        key.expires = record.millis("validUntil").map(|f| f.map(Expiry::At));
        limits(&mut key);
        record.push_key(key);
    }
}

/// What every agent may do.
fn limits(key: &mut Key) {
    key.permissions.read = Some(Fact::fixed(true));
    key.permissions.trade = Some(Fact::fixed(true));
    key.permissions.transfer = Some(Fact::fixed(false));
    key.permissions.withdraw = Some(Fact::fixed(false));
    key.signature = Some(Fact::fixed(Signature::Asymmetric));
}

fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("subAccountUser"));
    account.label = record.text("name");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    account.parent = record.text("master");
    record.push_account(account);
}

/// A role, with the account that an agent or a sub-account belongs to; for the others it is a word alone.
fn is_role(answer: &Node<'_>, _: &Node<'_>) -> bool {
    let entries = answer.as_mapping().unwrap_or_default();
    let owner = answer.get("data").filter(|d| d.as_mapping().is_some_and(|e| e.len() <= 2));
    let named = |name| owner.and_then(|d| d.get(name)).is_some_and(is_wallet);
    match answer.get("role").and_then(Node::as_text) {
        Some("agent" | "subAccount") => owner.is_some() && entries.len() <= 3,
        Some("user" | "vault" | "missing") => entries.len() == 1,
        Some(_) => false,
        // Without its word, what stands in the frame still tells it.
        None => entries.len() <= 2 && (named("user") || named("master")),
    }
}

/// The role of the address that the request named: an agent is a key. The others say nothing of keys, and of no account
/// that has a name here.
fn role(answer: &Node<'_>, harvest: &mut Harvest) {
    let is_agent = match answer.get("role").and_then(Node::as_text) {
        Some(word) => word == "agent",
        None => answer.get("data").is_some_and(|d| d.get("user").is_some()),
    };
    if !is_agent {
        return;
    }
    let Some(mut record) = Record::open(answer, Exchange::Hyperliquid, ROLE, harvest) else { return };
    let mut key = record.new_key();
    limits(&mut key);
    if let Some(mut owner) = record.child("data") {
        key.account.extend(owner.text("user"));
    }
    record.push_key(key);
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
    fn claimed(text: &str, asked: Option<Exchange>) -> Option<usize> {
        let node = crate::document::parse(TextId(0), text, 0..text.len()).ok().unwrap();
        match read(&node, asked).pop() {
            Some(Reading::Export(export)) => Some(export.harvest.keys.len()),
            _ => None,
        }
    }

    #[test]
    fn an_agent_trades_and_moves_nothing_out() {
        let keys = sample::harvest(READER.exchange, &fixture("extra-agents")).keys;
        assert_eq!(keys.len(), 3);
        for key in &keys {
            assert_eq!(sample::rights(key), [Some(true), Some(true), Some(false), Some(false)]);
            assert!(key.ip_whitelist.is_none());
        }
        assert!(keys[2].label.is_none() && keys[2].expires.is_none());
        let key = &sample::harvest(READER.exchange, &fixture("user-role-agent")).keys[0];
        assert_eq!((value(&key.permissions.withdraw), key.account.len(), key.id.is_none()), (Some(&false), 1, true));
    }

    #[test]
    fn names_beside_addresses_are_agents_only_with_their_time() {
        let wallet = "0x4b1f0a7c92de53681cf7a0be94d2358617acfe09";
        let row = |rest: &str| format!("[{{\"name\": \"x\", \"address\": \"{wallet}\"{rest}}}]");
        assert_eq!(claimed(&row(", \"validUntil\": null"), None), Some(1));
        assert_eq!(claimed(&row(""), None), None);
        assert_eq!(claimed(&row(", \"symbol\": \"X\""), None), None);
        assert_eq!(claimed(&row(", \"validUntil\": 1, \"symbol\": \"X\", \"decimals\": 6"), None), None);
        assert_eq!(claimed(&row(", \"validUntil\": 1798761600000").replace("0x4b", "4b"), None), None);
        assert_eq!(claimed("[]", None), None);
        assert_eq!(claimed("[]", Some(Exchange::Hyperliquid)), Some(0));
    }

    #[test]
    fn a_word_alone_is_a_role_and_a_conversation_is_none() {
        assert_eq!(claimed(r#"{"role": "user"}"#, None), Some(0));
        assert_eq!(claimed(r#"{"role": "missing"}"#, None), Some(0));
        for other in [r#"{"role": "user", "content": "x"}"#, r#"{"role": "admin"}"#, r#"{"role": "agent"}"#, r#"{"data": {"user": "x"}}"#] {
            assert_eq!(claimed(other, None), None, "{other}");
        }
    }
}
