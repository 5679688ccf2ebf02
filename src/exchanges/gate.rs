//! Gate: the main account's keys, the keys of a sub-account, the calling key's IP and pair whitelist, sub-accounts, saved
//! withdrawal addresses. Silent on expiry, on the permissions of the calling key, and on the name of the withdraw
//! permission: the documentation speaks of one that is not among the names it lists.
//!
//! No answer has an envelope of its own: objects and lists stand at the top.
//!
//! Sources: www.gate.io/docs/developers/apiv4/en; gateio/gateapi-python 744afea9 docs.

use super::record::Record;
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, Exchange, Fact, IpWhitelist, Key, LastUse, Market, Origin, PairWhitelist, Stated, Status};
use crate::problem::Problem;

pub const READER: Reader = Reader {
    exchange: Exchange::Gate,
    profile: include_str!("gate.yaml"),
    payloads: &[
        Payload::bare(
            "GET /account/main_keys",
            By::Fields {
                decides: &["perms", "user_id", "key", "last_access", "currency_pairs"],
                also: &["state", "mode", "name", "ip_whitelist", "created_at", "update_at", "updated_at"],
                read: main_key,
            },
        ),
        Payload::bare(
            "GET /sub_accounts/{user_id}/keys",
            By::Fields {
                decides: &["perms", "user_id", "key", "last_access"],
                also: &["state", "mode", "name", "ip_whitelist", "created_at", "update_at", "updated_at"],
                read: sub_key,
            },
        ),
        Payload::bare(
            "GET /account/detail",
            By::Fields {
                decides: &["user_id", "ip_whitelist", "currency_pairs", "key", "tier"],
                also: &["copy_trading_role"],
                read: own_key,
            },
        ),
        Payload::bare(
            "GET /sub_accounts",
            By::Fields { decides: &["login_name", "user_id", "state", "create_time"], also: &["remark"], read: sub_account },
        ),
        Payload::bare(
            "GET /wallet/saved_address",
            By::Fields { decides: &["currency", "chain", "address", "tag", "verified"], also: &["name"], read: address },
        ),
    ],
    error,
};

/// `{label, message}`, the label in capitals. Only labels that are known here are named.
fn error(node: &Node<'_>) -> Option<String> {
    let label = node.get("label")?.as_text()?;
    node.get("message")?;
    if label.is_empty() || !label.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
        return None;
    }
    Some(match label {
        "IP_FORBIDDEN" => "IP_FORBIDDEN: the address that asked is not in the key's IP whitelist".into(),
        "READ_ONLY" => "READ_ONLY: the key may only read".into(),
        "ADDRESS_NOT_USED" => "ADDRESS_NOT_USED: nothing was withdrawn to that address before".into(),
        _ => "an error label".into(),
    })
}

/// One entry of `perms`.
struct Perm {
    name: Stated<String>,
    read_only: Stated<bool>,
}

/// The entries of `perms`: all that is granted.
struct Perms {
    entries: Vec<Perm>,
    from: Origin,
}

const TRADE: &[&str] = &["spot", "margin", "unified", "loan", "futures", "delivery", "options"];
/// Documented names that say nothing of how far they reach: with one of these a key may trade or not.
const UNCLEAR: &[&str] = &["pilot", "alpha", "crossx"];
const OTHER: &[&str] = &["wallet", "account", "earn", "custody", "copy", "otc", "withdraw", "withdrawal"];

impl Perms {
    fn read(record: &mut Record<'_, '_>, key: &mut Key) -> Option<Self> {
        let items = record.children("perms")?;
        let from = Origin::Export(record.take("perms")?.span);
        let mut entries = Vec::new();
        for item in items {
            let Some(mut one) = record.open_node(item) else {
                entries.push(Perm { name: None, read_only: None });
                continue;
            };
            entries.push(Perm { name: one.text("name"), read_only: one.flag("read_only") });
        }
        for name in entries.iter().filter_map(|p| p.name.as_ref()) {
            key.native.push(name.clone());
            if ![TRADE, UNCLEAR, OTHER].iter().any(|known| known.contains(&name.value.as_str())) {
                key.unknown.push(name.clone());
            }
        }
        Some(Self { entries, from })
    }
    /// Yes where one of `names` is granted and not read-only, no where none of them is, else unknown.
    fn writes(&self, names: &[&str]) -> Stated<bool> {
        let mut open = false;
        for entry in &self.entries {
            match &entry.name {
                Some(name) if names.contains(&name.value.as_str()) => match &entry.read_only {
                    Some(read_only) if read_only.value => {}
                    Some(_) => return Some(Fact { value: true, from: name.from }),
                    None => open = true,
                },
                Some(_) => {}
                None => open = true,
            }
        }
        (!open).then_some(Fact { value: false, from: self.from })
    }
    /// Any name reads.
    fn reads(&self) -> Stated<bool> {
        match self.entries.iter().find_map(|p| p.name.as_ref()) {
            Some(name) => Some(Fact { value: true, from: name.from }),
            None => self.entries.is_empty().then_some(Fact { value: false, from: self.from }),
        }
    }
    /// `unified` and `loan` do not say which markets they open.
    fn markets(&self) -> Stated<Vec<Fact<Market>>> {
        if self.writes(&["unified", "loan"]).is_none_or(|f| f.value) {
            return None;
        }
        let all = [
            (Market::Spot, &["spot"][..]),
            (Market::Margin, &["margin"]),
            (Market::Futures, &["futures", "delivery"]),
            (Market::Options, &["options"]),
        ];
        let mut markets = Vec::new();
        for (market, names) in all {
            let on = self.writes(names)?;
            if on.value {
                markets.push(Fact { value: market, from: on.from });
            }
        }
        Some(Fact { value: markets, from: self.from })
    }
}

fn rights(record: &mut Record<'_, '_>, key: &mut Key) {
    let Some(perms) = Perms::read(record, key) else { return };
    let rights = &mut key.permissions;
    rights.read = perms.reads();
    let unclear = perms.writes(UNCLEAR).is_none_or(|f| f.value);
    rights.trade = perms.writes(TRADE).filter(|f| f.value || !unclear);
    rights.transfer = perms.writes(&["wallet"]);
    // The name of the right to withdraw is not documented, so its absence says nothing.
    rights.withdraw = perms.writes(&["withdraw", "withdrawal"]).filter(|f| f.value);
    // `account` manages sub-accounts. No name stands for the saved addresses.
    rights.administer_sub_accounts = perms.writes(&["account"]);
    rights.administer_keys = perms.writes(&["account"]).filter(|f| !f.value);
    rights.administer_addresses = Some(Fact { value: false, from: perms.from });
    key.markets = perms.markets();
}

/// An empty list is no restriction.
fn ip_whitelist(record: &mut Record<'_, '_>) -> Stated<IpWhitelist> {
    record.ip_list("ip_whitelist", Some(IpWhitelist::Unrestricted))
}

/// A list without a pair restricts nothing. What it means that there is no list at all is not documented.
fn pairs(record: &mut Record<'_, '_>) -> Stated<PairWhitelist> {
    let pairs = record.words_at("currency_pairs", &[','])?;
    Some(pairs.map(|list| if list.is_empty() { PairWhitelist::All } else { PairWhitelist::Listed(list) }))
}

fn key_of(record: &mut Record<'_, '_>) -> Key {
    let mut key = record.new_key();
    key.id = record.key_id("key");
    key.label = record.text("name");
    key.account.extend(record.text("user_id"));
    rights(record, &mut key);
    key.ip_whitelist = ip_whitelist(record);
    key.pair_whitelist = pairs(record);
    key.created = record.seconds("created_at");
    key.last_used = last_used(record);
    // 2 and 3 are "locked" and "frozen", in two orders.
    key.status = record.int("state").map(|f| f.map(|state| if state == 1 { Status::Active } else { Status::Disabled }));
    key
}

/// What 0 means here is not documented: unknown.
fn last_used(record: &mut Record<'_, '_>) -> Stated<LastUse> {
    let never = record.take("last_access").is_some_and(|n| n.scalar() == Some("0"));
    if never { None } else { record.seconds("last_access").map(|f| f.map(LastUse::At)) }
}

fn main_key(record: &mut Record<'_, '_>) {
    let mut key = key_of(record);
    key.account_kind = Some(Fact::inferred(AccountKind::Master));
    record.push_key(key);
}

/// A masked id is what the list of the main account's keys has, so it speaks against a sub-account.
fn sub_key(record: &mut Record<'_, '_>) {
    let mut key = key_of(record);
    let masked = key.id.as_ref().is_some_and(|id| id.value.is_masked());
    key.account_kind = (!masked).then(|| Fact::inferred(AccountKind::Sub));
    record.push_key(key);
}

/// `key` is an object here, with the account's mode in it.
fn own_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.account.extend(record.text("user_id"));
    key.ip_whitelist = ip_whitelist(record);
    key.pair_whitelist = pairs(record);
    record.push_key(key);
}

fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("login_name"));
    account.ids.extend(record.text("user_id"));
    account.label = record.text("remark");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    account.created = record.seconds("create_time");
    if let Some(state) = record.int("state") {
        match (state.value, state.span()) {
            (1, _) => account.frozen = Some(state.map(|_| false)),
            (2, _) => account.frozen = Some(state.map(|_| true)),
            (_, Some(span)) => record.problem(Problem::incomplete("unknown-value", span, "`state` should be 1 or 2: read as unknown")),
            (_, None) => {}
        }
    }
    record.push_account(account);
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("currency");
    address.network = record.text("chain");
    address.address = record.text("address");
    address.memo = record.text_or_empty("tag");
    address.label = record.text("name");
    let verified = record.flag_or_int("verified");
    address.status = record.usable_if(&verified);
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    use crate::model::value;

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
    fn a_name_that_is_read_only_reads_and_one_that_is_not_writes() {
        let all = keys(&fixture("account-main-keys"));
        assert_eq!(rights(&all[0]), [Some(true), Some(true), Some(false), None]);
        assert_eq!(value(&all[0].permissions.administer_sub_accounts), Some(&true));
        assert_eq!(rights(&all[1]), [Some(true), Some(false), Some(false), None]);
        assert_eq!(value(&all[0].ip_whitelist), Some(&IpWhitelist::Unrestricted));
        assert_eq!(value(&all[0].account_kind), Some(&AccountKind::Master));
    }

    #[test]
    fn what_one_entry_does_not_say_is_unknown() {
        let text = fixture("sub-accounts-keys-read-only-open");
        assert_eq!(rights(&keys(&text)[0]), [Some(true), Some(false), Some(false), None]);
        assert_eq!(rights(&keys(&text.replace("\"read_only\": true", "\"read_only\": null"))[0]), [Some(true), None, Some(false), None]);
        assert_eq!(rights(&keys(&text.replace("\"name\": \"spot\"", "\"name\": null"))[0]), [None, None, None, None]);
        assert_eq!(
            rights(
                &keys(&text.replace("\"name\": \"spot\",\n        \"read_only\": true", "\"name\": \"alpha\", \"read_only\": false"))[0]
            )[1],
            None
        );
        assert_eq!(rights(&keys(&text.replace("\"perms\"", "\"permsx\""))[0]), [None; 4]);
    }

    #[test]
    fn the_calling_key_has_a_whitelist_and_pairs_but_no_permissions() {
        let key = &keys(&fixture("account-detail"))[0];
        assert_eq!(rights(key), [None; 4]);
        assert!(key.id.is_none());
        assert!(matches!(value(&key.pair_whitelist), Some(PairWhitelist::Listed(pairs)) if pairs.len() == 1));
        let open = &keys(&fixture("account-detail-open"))[0];
        assert_eq!(value(&open.ip_whitelist), Some(&IpWhitelist::Unrestricted));
        assert_eq!(value(&open.pair_whitelist), Some(&PairWhitelist::All));
        assert!(keys(&fixture("account-detail-open").replace("currency_pairs", "pairs"))[0].pair_whitelist.is_none());
    }

    #[test]
    fn a_masked_id_is_no_sign_of_a_sub_account() {
        let text = fixture("account-main-keys-withdraw").replace("\"currency_pairs\"", "\"pairs\"");
        let key = &keys(&text)[0];
        assert_ne!(value(&key.account_kind), Some(&AccountKind::Sub));
        assert_eq!(rights(key), [Some(true), Some(false), Some(true), Some(true)]);
    }
}
