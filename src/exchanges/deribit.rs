//! Deribit: all keys of an account or one after a change, the account with its kind, its sub-accounts, the address book;
//! the access log and the locks are recognised and say nothing of keys. Silent on expiry and last use of a key, and on
//! which account it belongs to.
//!
//! Rights are scopes, `category:level`, in one text or a list; a category that is missing is not granted. One scope,
//! `wallet:read_write`, is to transfer and to withdraw. The answer carries `client_secret`; where a `public_key` stands
//! beside it, that is the public key's fingerprint and no secret.
//!
//! Sources: docs.deribit.com (private/list_api_keys and its neighbours, spec 2.1.1; articles creating-api-key,
//! access-scope, managing-withdrawals-api).

use super::record::{Record, keep_names};
use super::{By, Harvest, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, AddressStatus, Exchange, Fact, IpWhitelist, Key, SecretPart, Signature, Stated, Status};
use crate::problem::Problem;

const fn result(endpoint: &'static str, by: By) -> Payload {
    Payload { endpoint, at: &["result"], around: &[], by, made_at: None, page: None }
}

const KEY_DECIDES: &[&str] = &["max_scope", "client_id", "enabled", "timestamp", "id"];
const KEY_ALSO: &[&str] = &["client_secret", "ip_whitelist", "enabled_features", "name", "default", "public_key"];

pub const READER: Reader = Reader {
    exchange: Exchange::Deribit,
    profile: include_str!("deribit.yaml"),
    payloads: &[
        result("private/list_api_keys", By::Fields { decides: KEY_DECIDES, also: KEY_ALSO, read: key }),
        // The same object; told from the list only by an envelope that names it.
        result("private/create_api_key", By::Fields { decides: KEY_DECIDES, also: KEY_ALSO, read: key }),
        result(
            "private/get_account_summaries",
            By::Fields {
                decides: &["system_name", "username", "type", "creation_timestamp", "summaries"],
                also: &[
                    "id",
                    "email",
                    "block_rfq_self_match_prevention",
                    "referrer_id",
                    "login_enabled",
                    "security_keys_enabled",
                    "mmp_enabled",
                    "interuser_transfers_enabled",
                    "self_trading_reject_mode",
                    "self_trading_extended_to_subaccounts",
                ],
                read: account,
            },
        ),
        result(
            "private/get_subaccounts",
            By::Fields {
                decides: &["system_name", "type", "is_password", "portfolio", "security_keys_assignments"],
                also: &["email", "id", "margin_model", "login_enabled", "receive_notifications", "security_keys_enabled", "username"],
                read: account,
            },
        ),
        result(
            "private/get_address_book",
            By::Fields {
                decides: &["currency", "address", "status", "waiting_timestamp", "requires_confirmation"],
                also: &[
                    "creation_timestamp",
                    "requires_confirmation_change",
                    "personal",
                    "info_required",
                    "beneficiary_first_name",
                    "beneficiary_last_name",
                    "beneficiary_company_name",
                    "beneficiary_address",
                    "agreed",
                    "type",
                    "label",
                ],
                read: address,
            },
        ),
        Payload {
            endpoint: "private/get_access_log",
            at: &["result", "data"],
            around: &[],
            by: By::Fields { decides: &["timestamp", "result", "ip", "country", "city"], also: &["id"], read: |_| () },
            made_at: None,
            page: None,
        },
        result("private/get_user_locks", By::Shape { fits: is_locks, read: locks }),
    ],
    error,
};

/// An error of JSON-RPC: its code alone, because its message may quote the request.
fn error(node: &Node<'_>) -> Option<String> {
    node.get("jsonrpc")?;
    let code = node.get("error")?.get("code")?.as_int()?;
    Some(format!("code {code}"))
}

/// A scope of a key: a category and whether it includes writing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope<'w> {
    None,
    Read(&'w str),
    Write(&'w str),
    Custody,
    /// A limit of a token, not of a key.
    Session,
    Unknown,
}

const CATEGORIES: &[&str] = &["account", "wallet", "trade", "block_trade", "block_rfq"];

fn scope(word: &str) -> Scope<'_> {
    let Some((name, level)) = word.split_once(':') else {
        return if word == "mainaccount" { Scope::Session } else { Scope::Unknown };
    };
    match (name, level) {
        ("expires" | "ip" | "session", _) => Scope::Session,
        (name, "none") if name == "custody" || CATEGORIES.contains(&name) => Scope::None,
        ("custody", _) => Scope::Custody,
        (name, "read") if CATEGORIES.contains(&name) => Scope::Read(name),
        (name, "read_write") if CATEGORIES.contains(&name) => Scope::Write(name),
        _ => Scope::Unknown,
    }
}

/// The scopes, whether they stand in one text, in a list, or in texts of a list.
fn scopes(record: &mut Record<'_, '_>) -> Stated<Vec<Fact<String>>> {
    let words = record.words_at("max_scope", &[' ', ','])?;
    let apart = |w: &Fact<String>| -> Vec<Fact<String>> {
        w.value.split([' ', ',']).filter(|p| !p.is_empty()).map(|p| Fact { value: p.to_owned(), from: w.from }).collect()
    };
    Some(words.map(|words| words.iter().flat_map(apart).collect()))
}

fn rights(record: &mut Record<'_, '_>, key: &mut Key) {
    let Some(all) = scopes(record) else { return };
    let list = all.from;
    let granted = |is: &dyn Fn(Scope<'_>) -> bool| {
        let word = all.value.iter().find(|w| is(scope(&w.value)));
        Fact { value: word.is_some(), from: word.map_or(list, |w| w.from) }
    };
    let account = granted(&|s| s == Scope::Write("account"));
    let wallet = granted(&|s| s == Scope::Write("wallet"));
    let custody = granted(&|s| s == Scope::Custody);
    key.permissions.read = Some(granted(&|s| matches!(s, Scope::Read(_) | Scope::Write(_))));
    key.permissions.trade = Some(granted(&|s| matches!(s, Scope::Write("trade" | "block_trade" | "block_rfq"))));
    // What can be written nowhere can be changed nowhere; which scope is for what else is not documented.
    let never = |scopes: &[&Fact<bool>]| scopes.iter().all(|s| !s.value).then_some(Fact { value: false, from: list });
    key.permissions.administer_sub_accounts = never(&[&account]);
    key.permissions.administer_addresses = never(&[&account, &wallet, &custody]);
    key.permissions.administer_keys = Some(account);
    key.permissions.transfer = Some(wallet.clone());
    key.permissions.withdraw = Some(wallet);
    let names: Fact<Vec<Fact<String>>> =
        all.map(|words| words.into_iter().filter(|w| !matches!(scope(&w.value), Scope::None | Scope::Session)).collect());
    let unknown: Vec<_> = names.value.iter().filter(|w| scope(&w.value) == Scope::Unknown).cloned().collect();
    key.unknown.extend(unknown);
    keep_names(key, &Some(names), None);
}

fn key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("client_id");
    key.label = record.text("name");
    rights(record, &mut key);
    // Open is an empty list or no list at all.
    key.ip_whitelist = if record.absent("ip_whitelist") {
        Some(Fact::fixed(IpWhitelist::Unrestricted))
    } else {
        record.ip_list("ip_whitelist", Some(IpWhitelist::Unrestricted))
    };
    key.status = record.flag("enabled").map(|f| f.map(|on| if on { Status::Active } else { Status::Disabled }));
    key.signature = record
        .take("public_key")
        .filter(|n| n.scalar().is_some_and(|t| !t.is_empty()))
        .map(|n| Fact::exported(Signature::Asymmetric, n.span));
    let has_public_key = key.signature.is_some();
    // `timestamp` is the time of creation or of the last change: which of them is not said.
    record.skip(&["timestamp", "id", "default", "enabled_features"]);
    if has_public_key {
        record.push_key_without(key, SecretPart::Secret);
    } else {
        record.push_key(key);
    }
}

/// The meaning of one of a few words; another word is told, and unknown.
fn choose<T: Copy>(record: &mut Record<'_, '_>, name: &str, words: &[(&str, T)]) -> Stated<T> {
    let word = record.text(name)?;
    let Some((_, meaning)) = words.iter().find(|(w, _)| *w == word.value) else {
        let expected: Vec<_> = words.iter().map(|(w, _)| format!("`{w}`")).collect();
        let place = word.span().unwrap_or(record.span());
        let message = format!("`{name}` should be {}: read as unknown", expected.join(" or "));
        record.problem(Problem::incomplete("unknown-value", place, message));
        return None;
    };
    Some(word.map(|_| *meaning))
}

/// The account and each sub-account. E-mail addresses are persons' and are not taken.
fn account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("id"));
    account.ids.extend(record.text("username"));
    account.label = record.text("system_name");
    account.kind = choose(record, "type", &[("main", AccountKind::Master), ("subaccount", AccountKind::Sub)]);
    account.created = record.millis("creation_timestamp");
    record.push_account(account);
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    let kind = record.text("type");
    if kind.is_some_and(|f| f.value != "withdrawal") {
        // The book also has entries that nothing can be withdrawn to.
        return;
    }
    address.asset = record.text("currency");
    address.address = record.text("address");
    address.label = record.text("label");
    address.added = record.millis("creation_timestamp");
    let states = [
        ("ready", AddressStatus::Usable),
        ("confirmed", AddressStatus::Usable),
        ("waiting", AddressStatus::Waiting),
        ("admin_locked", AddressStatus::Locked),
    ];
    address.status = choose(record, "status", &states);
    record.push_address(address);
}

/// Short names that stand in many answers: `locked` is a boolean beside a `currency`, or nothing else stands there.
fn is_locks(_: &Node<'_>, rows: &Node<'_>) -> bool {
    let locked = |row: &Node<'_>| row.get("locked").is_some_and(|l| l.as_bool().is_some());
    let is_lock = |row: &Node<'_>| {
        let entries = row.as_mapping().unwrap_or_default();
        let known = !entries.is_empty() && entries.iter().all(|e| matches!(e.key.scalar(), Some("message" | "locked" | "currency")));
        known || (locked(row) && row.get("currency").is_some())
    };
    rows.as_sequence().is_some_and(|rows| rows.iter().any(locked) && rows.iter().all(is_lock))
}

fn locks(_: &Node<'_>, _: &mut Harvest) {}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::exchanges::{Reading, read};
    use crate::model::{Right, value};
    use crate::text::TextId;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn harvest(text: &str) -> Harvest {
        sample::harvest(READER.exchange, text)
    }
    fn rights(key: &Key) -> [Option<bool>; 5] {
        Right::ALL.map(|r| value(&key.permissions.get(r)).copied())
    }

    #[test]
    fn one_scope_is_to_transfer_and_to_withdraw() {
        let keys = harvest(&fixture("list-api-keys")).keys;
        assert_eq!(rights(&keys[0]), [Some(true), Some(true), Some(false), Some(false), Some(false)]);
        assert_eq!(rights(&keys[1]), [Some(true); 5]);
        // `account:none` is not granted; who can write to the wallet may change addresses, or not.
        let listed = &harvest(&fixture("list-api-keys-whitelisted")).keys[0];
        assert_eq!(rights(listed), [Some(true), Some(true), Some(true), Some(true), None]);
        assert!(listed.native.iter().all(|w| w.value != "account:none") && listed.unknown.is_empty());
    }

    #[test]
    fn scopes_of_tokens_are_ignored_and_strange_ones_are_told() {
        let text = fixture("list-api-keys-read-only");
        let key = &harvest(&text.replace("wallet:read", "mainaccount expires:600 ip:* session:grid wallet:read_some")).keys[0];
        assert_eq!(key.unknown.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(), ["wallet:read_some"]);
        assert_eq!(rights(key)[0], Some(true));
    }

    #[test]
    fn no_list_is_open_and_a_list_that_cannot_be_read_is_unknown() {
        let open = |text: &str| harvest(text).keys[0].ip_whitelist.as_ref().map(|f| f.value == IpWhitelist::Unrestricted);
        assert_eq!(open(&fixture("list-api-keys")), Some(true));
        assert_eq!(open(&fixture("create-api-key")), Some(true));
        assert_eq!(open(&fixture("list-api-keys-whitelisted")), Some(false));
        assert_eq!(open(&fixture("create-api-key").replace("\"ip_whitelist\": []", "\"ip_whitelist\": true")), None);
        assert_eq!(open(&fixture("create-api-key").replace("\"ip_whitelist\": []", "\"ip_whitelist\": null, \"ip_whitelist\": []")), None);
    }

    #[test]
    fn beside_a_public_key_the_secret_is_a_fingerprint() {
        let key = &harvest(&fixture("list-api-keys-public-key")).keys[0];
        assert_eq!((value(&key.signature), key.carries.len()), (Some(&Signature::Asymmetric), 0));
        let key = &harvest(&fixture("create-api-key")).keys[0];
        assert_eq!((&key.signature, key.carries.len()), (&None, 1));
    }

    #[test]
    fn logs_and_locks_say_nothing_of_keys() {
        for name in ["get-access-log", "get-user-locks"] {
            let read = harvest(&fixture(name));
            assert_eq!((read.keys.len(), read.accounts.len(), read.problems.len()), (0, 0, 0), "{name}");
        }
        let balances = "{\"result\": [{\"currency\": \"BTC\", \"locked\": 0.5}]}";
        let node = crate::document::parse(TextId(0), balances, 0..balances.len()).ok().unwrap();
        assert!(matches!(read(&node, None).pop(), Some(Reading::Unknown { .. })));
    }
}
