//! WOO X: the keys with their permissions and IP whitelists, the account, its sub-accounts, and the older answer about a
//! sub-account key's IP whitelist. Silent on the names of keys, on creation, expiry and last use, and on transfers.
//!
//! Permissions are READ, TRADE and WITHDRAWAL; that there are others is not documented. A key without a whitelist has no
//! such field.
//!
//! Sources: developer.woox.io/api-reference (account/credentials, account info, sub-accounts);
//! kronosresearch/wootrade-documents@c1b0a0c (v1).

use super::record::{Record, granted, keep_names};
use super::{By, Page, Payload, Reader};
use crate::document::Node;
use crate::model::time::Time;
use crate::model::{AccountKind, Exchange, Fact, IpWhitelist, Stated};
use crate::problem::Problem;

/// The name of the account that owns the others.
const MAIN: &str = "Main";

pub const READER: Reader = Reader {
    exchange: Exchange::Woox,
    profile: include_str!("woox.yaml"),
    payloads: &[
        Payload {
            endpoint: "GET /v3/account/credentials",
            at: &["data", "rows"],
            around: &[("success", "true")],
            by: By::Fields { decides: &["accountName", "userId", "apiKey", "permissions"], also: &["allowedIPs"], read: key },
            made_at: Some("timestamp"),
            page: Some(|answer| pages(answer.get("data")?.get("meta")?, ["total", "recordsPerPage", "currentPage"])),
        },
        Payload {
            endpoint: "GET /v3/account/info",
            at: &["data"],
            around: &[("success", "true")],
            by: By::Fields {
                decides: &["applicationId", "alias", "otpauth", "accountMode", "positionMode", "accountType"],
                also: &[
                    "account",
                    "leverage",
                    "marginRatio",
                    "openMarginRatio",
                    "initialMarginRatio",
                    "maintenanceMarginRatio",
                    "totalCollateral",
                    "freeCollateral",
                    "totalAccountValue",
                    "totalTradingValue",
                    "totalVaultValue",
                    "totalStakingValue",
                    "totalEarnValue",
                    "totalLaunchpadValue",
                    "referrerID",
                ],
                read: account,
            },
            made_at: Some("timestamp"),
            page: None,
        },
        Payload {
            endpoint: "GET /v3/account/subAccounts/all",
            at: &["data", "rows"],
            around: &[("success", "true")],
            by: By::Fields { decides: &["applicationId", "name", "createdTime"], also: &[], read: sub_account },
            made_at: Some("timestamp"),
            page: None,
        },
        Payload {
            endpoint: "GET /v1/sub_account/ip_restriction",
            at: &["rows"],
            around: &[],
            by: By::Fields { decides: &["ip_list", "api_key", "update_time", "restrict"], also: &[], read: restriction },
            made_at: None,
            page: Some(|answer| pages(answer.get("meta")?, ["total", "records_per_page", "current_page"])),
        },
    ],
    error,
};

/// A code that is a negative number, beside `success` false.
fn error(node: &Node<'_>) -> Option<String> {
    node.get("success")?.as_bool().filter(|ok| !ok)?;
    let code = node.get("code")?.as_int().filter(|c| *c < 0)?;
    let hint = match code {
        -1001 => ": the key or the secret has the wrong format",
        -1002 => ": the key is invalid, expired or revoked, or has not enough permissions",
        _ => "",
    };
    Some(format!("code {code}{hint}"))
}

/// The number of this page, of as many as all rows fill.
fn pages(meta: &Node<'_>, [total, size, current]: [&str; 3]) -> Option<Page> {
    let int = |name| meta.get(name).and_then(Node::as_int);
    let (total, size) = (int(total)?, int(size).filter(|size| *size > 0)?);
    Some(Page::Numbered { number: int(current), of: total.saturating_add(size - 1) / size })
}

fn key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey");
    key.account.extend(record.text("userId"));
    let name = record.text("accountName");
    // It is the main account's, or the name of a sub-account.
    key.account_kind =
        name.as_ref().map(|f| Fact { value: if f.value == MAIN { AccountKind::Master } else { AccountKind::Sub }, from: f.from });
    // Every user's main account has the same name.
    key.account.extend(name.filter(|f| f.value != MAIN));
    let words = record.words_at("permissions", &[',']);
    keep_names(&mut key, &words, Some(&["READ", "TRADE", "WITHDRAWAL"]));
    key.permissions.read = granted(&words, &["READ"]);
    key.permissions.trade = granted(&words, &["TRADE"]);
    key.permissions.withdraw = granted(&words, &["WITHDRAWAL"]);
    // "Hide field if no IP restriction", the documentation says.
    key.ip_whitelist =
        if record.absent("allowedIPs") { Some(Fact::fixed(IpWhitelist::Unrestricted)) } else { record.ip_list("allowedIPs", None) };
    record.push_key(key);
}

/// The names of the account may be persons' and are not taken.
fn account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("applicationId"));
    account.label = record.text("alias").filter(|f| !f.value.contains('@'));
    // What stands here for a sub-account is not documented.
    account.kind = record.text("accountType").filter(|f| f.value == MAIN).map(|f| f.map(|_| AccountKind::Master));
    record.push_account(account);
}

/// Seconds with their milliseconds behind a point, in a text.
fn created(record: &mut Record<'_, '_>) -> Stated<Time> {
    let written = record.text("createdTime")?;
    let (seconds, rest) = written.value.split_once('.').unwrap_or((&written.value, "0"));
    let is_number = |t: &str| !t.is_empty() && t.len() <= 12 && t.bytes().all(|b| b.is_ascii_digit());
    let millis = rest.chars().chain("00".chars()).take(3).collect::<String>();
    let time = (is_number(seconds) && is_number(rest)).then(|| format!("{seconds}{millis}").parse().ok()).flatten();
    let time = time.and_then(Time::from_epoch_millis);
    if time.is_none() {
        let place = written.span().unwrap_or(record.span());
        record.problem(Problem::incomplete("wrong-type", place, "`createdTime` should be a time in seconds: read as unknown"));
    }
    Some(Fact { value: time?, from: written.from })
}

fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("applicationId"));
    account.label = record.text("name");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    account.created = created(record);
    record.push_account(account);
}

/// A list that is switched off restricts nothing; one whose entries are not there does all the same.
fn restriction(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("api_key");
    let listed = record.ip_list("ip_list", None);
    key.ip_whitelist = record.flag("restrict").map(|on| {
        let unlisted = on.clone().map(|on| if on { IpWhitelist::Restricted } else { IpWhitelist::Unrestricted });
        listed.filter(|_| on.value).unwrap_or(unlisted)
    });
    record.skip(&["update_time"]);
    record.push_key(key);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::{Key, value};

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn keys(text: &str) -> Vec<Key> {
        sample::harvest(READER.exchange, text).keys
    }

    #[test]
    fn a_word_that_is_not_documented_leaves_open_what_the_list_would_deny() {
        let text = fixture("account-credentials");
        assert_eq!(sample::rights(&keys(&text)[1]), [Some(true), Some(false), None, Some(false)]);
        let key = &keys(&text.replace("\"READ\"\n", "\"READ\", \"TRANSFER\"\n"))[1];
        assert_eq!((sample::rights(key), key.unknown.len()), ([Some(true), None, None, None], 1));
    }

    #[test]
    fn a_key_without_the_field_is_open_and_an_empty_list_is_unknown() {
        let text = fixture("account-credentials-open");
        assert_eq!(value(&keys(&text)[0].ip_whitelist), Some(&IpWhitelist::Unrestricted));
        let empty = text.replacen("\"permissions\"", "\"allowedIPs\": [], \"permissions\"", 1);
        assert_eq!(keys(&empty)[0].ip_whitelist, None);
    }

    #[test]
    fn a_list_that_is_switched_off_restricts_nothing() {
        let of = |text: &str| value(&keys(text)[0].ip_whitelist).cloned();
        let text = fixture("v1-sub-account-ip-restriction");
        assert!(matches!(of(&text), Some(IpWhitelist::Listed(l)) if l.len() == 2));
        assert_eq!(of(&text.replacen("\"restrict\": true", "\"restrict\": false", 1)), Some(IpWhitelist::Unrestricted));
        assert_eq!(of(&text.replacen("51.158.10.20,51.158.10.21", "", 1)), Some(IpWhitelist::Restricted));
    }

    #[test]
    fn pages_and_times_are_counted() {
        let page = |text: &str| sample::export(READER.exchange, text).page.map(|p| p.page);
        let text = fixture("account-credentials");
        assert!(matches!(page(&text), Some(Page::Numbered { number: Some(1), of: 1 })));
        assert!(matches!(page(&text.replace("\"total\": 2", "\"total\": 46")), Some(Page::Numbered { number: Some(1), of: 2 })));
        let made = |text: &str| sample::harvest(READER.exchange, text).accounts[0].created.clone().map(|f| f.value.to_string());
        assert_eq!(made(&fixture("sub-accounts-all")).as_deref(), Some("2026-02-01T09:14:24.994Z"));
        assert_eq!(made(&fixture("sub-accounts-all").replace("1769937264.994", "soon")), None);
    }
}
