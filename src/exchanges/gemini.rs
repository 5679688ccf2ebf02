//! Gemini: the roles of the calling key, the account that it belongs to, the accounts of a group, the approved withdrawal
//! addresses. Silent on the key's id, name, dates and IP whitelist, and on other keys.
//!
//! A right is a role. One role, the fund manager's, is to withdraw, to transfer and to add approved addresses. An auditor has
//! no other role. Names of persons are not taken.
//!
//! Sources: gemini/developer-platform ec8d992 scripts/rest.yaml; developer.gemini.com (roles); support.gemini.com.

use super::record::Record;
use super::switches::switch;
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, AddressStatus, Exchange, Fact};

pub const READER: Reader = Reader {
    exchange: Exchange::Gemini,
    profile: include_str!("gemini.yaml"),
    payloads: &[
        Payload::bare(
            "POST /v1/roles",
            By::Fields { decides: &["isAuditor", "isFundManager", "isTrader"], also: &["isAccountAdmin", "counterparty_id"], read: roles },
        ),
        Payload {
            endpoint: "POST /v1/approvedAddresses/account/{network}",
            at: &["approvedAddresses"],
            around: &[],
            by: By::Fields { decides: &["network", "scope", "label", "status", "createdAt"], also: &["address"], read: address },
            made_at: None,
            page: None,
        },
        Payload {
            endpoint: "POST /v1/account",
            at: &["account"],
            around: &[],
            by: By::Fields { decides: &["accountName", "shortName", "type", "created"], also: &[], read: own_account },
            made_at: None,
            page: None,
        },
        Payload::bare(
            "POST /v1/account/list",
            By::Fields { decides: &["account", "counterparty_id", "type", "created", "status"], also: &["name"], read: account },
        ),
    ],
    error,
};

/// The reason, where it is a word; the message may hold the id of a key and its roles.
fn error(node: &Node<'_>) -> Option<String> {
    let is_error = node.get("result").and_then(Node::scalar) == Some("error");
    let reason = node.get("reason").filter(|_| is_error)?.as_text()?;
    let is_word = reason.len() <= 48 && reason.bytes().all(|b| b.is_ascii_alphabetic());
    let hint = match reason {
        "MissingRole" => ": the key lacks the role that this endpoint needs",
        "ApiKeyIpFilteringFailure" => ": the address that asked is not among the key's trusted IPs",
        _ => "",
    };
    Some(if is_word { format!("{reason}{hint}") } else { "an error".to_owned() })
}

fn roles(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    let auditor = switch(record, &mut key, "isAuditor");
    // An auditor has none of the others, whether the answer says so or not.
    let denied = auditor.filter(|f| f.value).map(|f| f.map(|_| false));
    key.permissions.read = Some(Fact::fixed(true));
    key.permissions.trade = switch(record, &mut key, "isTrader").or_else(|| denied.clone());
    let manager = switch(record, &mut key, "isFundManager").or(denied);
    key.permissions.withdraw.clone_from(&manager);
    key.permissions.transfer.clone_from(&manager);
    key.permissions.administer_addresses = manager;
    let admin = switch(record, &mut key, "isAccountAdmin");
    let group = record.text("counterparty_id");
    // Both are in the answers of master keys alone; that neither is there says nothing.
    let master = admin.as_ref().map(|f| f.from).or(group.as_ref().map(|f| f.from));
    key.account_kind = master.map(|from| Fact { value: AccountKind::Master, from });
    key.account.extend(group);
    key.permissions.administer_sub_accounts = admin;
    record.push_key(key);
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.network = record.text("network");
    address.address = record.text("address");
    address.label = record.text("label");
    address.added = record.millis("createdAt");
    // The documentation shows these two, and that there are more.
    address.status = record.text("status").and_then(|f| match f.value.as_str() {
        "active" => Some(f.map(|_| AddressStatus::Usable)),
        "pending-time" => Some(f.map(|_| AddressStatus::Waiting)),
        _ => None,
    });
    record.skip(&["scope"]);
    record.push_address(address);
}

fn own_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("shortName"));
    account.label = record.text("accountName");
    account.created = record.millis("created");
    record.skip(&["type"]);
    record.push_account(account);
}

fn account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("account"));
    account.ids.extend(record.text("counterparty_id"));
    account.label = record.text("name");
    account.created = record.millis("created");
    record.skip(&["type", "status"]);
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
    fn key_of(text: &str) -> Key {
        sample::harvest(READER.exchange, text).keys.remove(0)
    }

    #[test]
    fn a_fund_manager_withdraws_transfers_and_adds_addresses() {
        let key = key_of(&fixture("roles-fund-manager"));
        assert_eq!(rights(&key), [Some(true), Some(true), Some(true), Some(true)]);
        assert_eq!(value(&key.permissions.administer_addresses), Some(&true));
        assert_eq!(rights(&key_of(&fixture("roles-trader"))), [Some(true), Some(true), Some(false), Some(false)]);
    }

    #[test]
    fn an_auditor_has_no_other_role() {
        let text = fixture("roles-auditor");
        assert_eq!(rights(&key_of(&text)), [Some(true), Some(false), Some(false), Some(false)]);
        assert_eq!(rights(&key_of(&text.replace("isFundManager", "x"))), [Some(true), Some(false), Some(false), Some(false)]);
        let trader = fixture("roles-trader");
        assert_eq!(rights(&key_of(&trader.replace("isFundManager", "x"))), [Some(true), Some(true), None, None]);
    }

    #[test]
    fn no_answer_says_from_where_a_key_may_be_used() {
        for name in ["roles-auditor", "roles-trader", "roles-fund-manager", "roles-master-key"] {
            assert_eq!(key_of(&fixture(name)).ip_whitelist, None, "{name}");
        }
    }

    #[test]
    fn a_master_key_is_known_by_what_only_it_has() {
        let kind = |text: &str| value(&key_of(text).account_kind).copied();
        let master = fixture("roles-master-key");
        assert_eq!(kind(&master), Some(AccountKind::Master));
        assert_eq!(kind(&master.replace("isAccountAdmin", "x")), Some(AccountKind::Master));
        assert_eq!(kind(&fixture("roles-trader")), None);
    }

    #[test]
    fn an_error_is_told_by_its_reason_alone() {
        let text = fixture("error-missing-role");
        let node = crate::document::parse(TextId(0), &text, 0..text.len()).ok().unwrap();
        match read(&node, None).pop() {
            Some(Reading::ErrorAnswer { exchange: Some(Exchange::Gemini), says, .. }) => {
                assert_eq!(says, "MissingRole: the key lacks the role that this endpoint needs");
            }
            _ => panic!("no error"),
        }
    }
}
