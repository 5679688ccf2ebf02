//! OKX: the account's configuration, which is also the calling key's permissions and IP whitelist, a master's sub-account
//! keys, sub-accounts. Silent on the id of the calling key, on last use, expiry and pairs, and on the address book.
//!
//! Sources: www.okx.com/docs-v5/en (account configuration, sub-account).

use super::record::{Record, granted, keep_names, whitelist};
use super::{By, Payload, Reader};
use crate::document::{Kind, Node};
use crate::model::{AccountKind, Exchange, Fact, IpWhitelist, Key, Stated, TransferReach};
use crate::problem::Problem;

/// Around every answer.
const AROUND: &[(&str, &str)] = &[("code", "0")];

pub const READER: Reader = Reader {
    exchange: Exchange::Okx,
    profile: include_str!("okx.yaml"),
    payloads: &[
        Payload {
            endpoint: "GET /api/v5/account/config",
            at: &["data"],
            around: AROUND,
            by: By::Fields {
                decides: &["acctLv", "perm", "ip", "uid", "mainUid", "label"],
                also: &[
                    "acctStpMode",
                    "autoLoan",
                    "ctIsoMode",
                    "enableSpotBorrow",
                    "greeksType",
                    "feeType",
                    "type",
                    "kycLv",
                    "level",
                    "levelTmp",
                    "liquidationGear",
                    "mgnIsoMode",
                    "opAuth",
                    "posMode",
                    "roleType",
                    "spotBorrowAutoRepay",
                    "spotOffsetType",
                    "spotRoleType",
                    "spotTraderInsts",
                    "stgyType",
                    "traderInsts",
                    "settleCcy",
                    "settleCcyList",
                ],
                read: config,
            },
            made_at: None,
            page: None,
        },
        Payload {
            endpoint: "GET /api/v5/users/subaccount/apikey",
            at: &["data"],
            around: AROUND,
            by: By::Fields { decides: &["apiKey", "perm", "ip", "ts", "label"], also: &["subAcct"], read: sub_key },
            made_at: None,
            page: None,
        },
        Payload {
            endpoint: "POST /api/v5/users/subaccount/apikey",
            at: &["data"],
            around: AROUND,
            by: By::Fields {
                decides: &["subAcct", "apiKey", "secretKey", "passphrase", "perm", "ip"],
                also: &["label", "ts"],
                read: sub_key,
            },
            made_at: None,
            page: None,
        },
        Payload {
            endpoint: "GET /api/v5/users/subaccount/list",
            at: &["data"],
            around: AROUND,
            by: By::Fields {
                decides: &["subAcct", "enable", "canTransOut", "frozenFunc", "gAuth"],
                also: &["label", "mobile", "ts", "type", "uid", "subAcctLv", "firstLvSubAcct", "ifDma"],
                read: sub_account,
            },
            made_at: None,
            page: None,
        },
    ],
    error,
};

/// `{code, msg, data}` with a code of five digits as text. An answer with a `requestTime` is Bitget's.
fn error(node: &Node<'_>) -> Option<String> {
    let code = node.get("code").filter(|n| matches!(n.kind, Kind::Scalar { plain: false, .. }))?.scalar()?;
    node.get("msg")?;
    let is_code = code.len() == 5 && code.starts_with('5') && code.bytes().all(|b| b.is_ascii_digit());
    if !is_code || node.get("requestTime").is_some() {
        return None;
    }
    let hint = match code {
        "50101" => ": the key belongs to the other environment, demo or live",
        "50102" => ": the request's time was too far off",
        "50110" => ": the address that asked is not in the key's IP whitelist",
        _ => "",
    };
    Some(format!("code {code}{hint}"))
}

/// `perm`: all permissions that there are, separated by commas. Transfers are part of trading.
fn rights(record: &mut Record<'_, '_>, key: &mut Key) {
    let perm = record.words_at("perm", &[',']);
    // One example answers `read` where all others have `read_only`.
    keep_names(key, &perm, Some(&["read_only", "read", "trade", "withdraw"]));
    key.permissions.read = granted(&perm, &["read_only", "read"]);
    key.permissions.trade = granted(&perm, &["trade"]);
    key.permissions.transfer = granted(&perm, &["trade"]);
    key.permissions.withdraw = granted(&perm, &["withdraw"]);
}

/// `ip`: addresses and networks separated by commas, or by spaces, as the web page takes them. Empty is no whitelist.
fn ip_whitelist(record: &mut Record<'_, '_>) -> Stated<IpWhitelist> {
    let Fact { value, from } = record.words_at("ip", &[',', ' '])?;
    let entries: Vec<_> = value.into_iter().filter(|w| !w.value.trim().is_empty()).collect();
    Some(if entries.is_empty() { Fact { value: IpWhitelist::Unrestricted, from } } else { whitelist(entries, from) })
}

fn config(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.label = record.text("label");
    rights(record, &mut key);
    key.ip_whitelist = ip_whitelist(record);
    let (uid, main, kind) = (record.text("uid"), record.text("mainUid"), record.int("type"));
    key.account_kind = match (&uid, &main) {
        (Some(uid), Some(main)) => {
            let kind = if uid.value == main.value { AccountKind::Master } else { AccountKind::Sub };
            Some(Fact { value: kind, from: main.from })
        }
        _ => kind.as_ref().and_then(|f| account_type(f.value).map(|value| Fact { value, from: f.from })),
    };
    key.account.extend(uid);
    let is_master = key.account_kind.as_ref().is_some_and(|f| f.value == AccountKind::Master);
    // A master's key moves assets to and from sub-accounts; how far a sub-account's own key reaches is not stated.
    key.transfer_reach = transfers(&key.permissions.transfer).filter(|_| is_master);
    record.push_key(key);
}

/// 0 is the main account; 1, 2, 5, 9 and 12 are kinds of sub-accounts.
fn account_type(kind: i64) -> Option<AccountKind> {
    match kind {
        0 => Some(AccountKind::Master),
        1 | 2 | 5 | 9 | 12 => Some(AccountKind::Sub),
        _ => None,
    }
}

fn transfers(right: &Stated<bool>) -> Stated<TransferReach> {
    right.as_ref().filter(|f| f.value).map(|f| Fact { value: TransferReach::BetweenAccounts, from: f.from })
}

fn sub_key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey");
    key.label = record.text("label");
    key.account.extend(record.text("subAcct"));
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    rights(record, &mut key);
    // "Common sub-account does not support withdrawal."
    key.permissions.withdraw = key.permissions.withdraw.take().or(Some(Fact::fixed(false)));
    key.ip_whitelist = ip_whitelist(record);
    key.created = record.millis("ts");
    record.push_key(key);
}

fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("subAcct"));
    account.ids.extend(record.text("uid"));
    account.label = record.text("label");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    if let Some(kind) = record.int("type")
        && account_type(kind.value) != Some(AccountKind::Sub)
        && let Some(span) = kind.span()
    {
        record.problem(Problem::note("unknown-value", Some(span), "`type` is none of the documented kinds of sub-accounts"));
    }
    account.created = record.millis("ts");
    account.frozen = record.flag("enable").map(|f| f.map(|on| !on));
    account.may_transfer_out = record.flag("canTransOut");
    record.push_account(account);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    use crate::model::value;
    use crate::text::TextId;

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
    fn trading_includes_transfers_and_each_right_points_at_its_word() {
        let text = fixture("account-config-open-withdraw");
        let key = &keys(&text)[0];
        assert_eq!(rights(key), [Some(true); 4]);
        assert_eq!(value(&key.ip_whitelist), Some(&IpWhitelist::Unrestricted));
        assert_eq!(value(&key.account_kind), Some(&AccountKind::Master));
        let place = key.permissions.withdraw.as_ref().and_then(Fact::span).unwrap();
        assert_eq!(text.get(place.start as usize..place.end as usize), Some("withdraw"));
    }

    #[test]
    fn addresses_are_separated_by_commas_and_by_spaces() {
        let text = fixture("account-config");
        let node = crate::document::parse(TextId(0), &text, 0..text.len()).unwrap();
        let ip = node.get("data").and_then(|d| d.as_sequence()?.first()?.get("ip")?.scalar()).unwrap();
        let listed = |written: &str| {
            let text = text.replace(&format!("\"{ip}\""), &format!("\"{written}\""));
            match keys(&text)[0].ip_whitelist.as_ref().map(|f| &f.value) {
                Some(IpWhitelist::Listed(l)) => {
                    let places = l.iter().map(|e| e.span().unwrap());
                    places.map(|s| text.get(s.start as usize..s.end as usize).unwrap().to_owned()).collect::<Vec<_>>().join("|")
                }
                Some(IpWhitelist::Unrestricted) => "open".into(),
                _ => "unknown".into(),
            }
        };
        for written in ["51.158.10.20,146.59.3.0/29", "51.158.10.20 146.59.3.0/29", "51.158.10.20, 146.59.3.0/29 "] {
            assert_eq!(listed(written), "51.158.10.20|146.59.3.0/29", "{written}");
        }
        assert_eq!((listed(""), listed("0.0.0.0/0")), ("open".into(), "open".into()));
    }

    #[test]
    fn a_word_in_another_case_is_another_word() {
        let key = &keys(&fixture("account-config").replace("read_only,trade", "READ_ONLY,Withdraw"))[0];
        assert_eq!(key.unknown.iter().map(|f| f.value.as_str()).collect::<Vec<_>>(), ["READ_ONLY", "Withdraw"]);
        assert!(rights(key).iter().all(|right| *right != Some(true)));
    }

    #[test]
    fn a_missing_field_is_unknown_and_an_unknown_word_is_kept() {
        let text = fixture("account-config");
        let key = &keys(&text.replace("\"ip\":", "\"ipx\":"))[0];
        assert!(key.ip_whitelist.is_none());
        let key = &keys(&text.replace("read_only,trade", "read,settle"))[0];
        // The word that nobody knows may be any of the other rights.
        assert_eq!(rights(key), [Some(true), None, None, None]);
        assert_eq!(key.unknown.iter().map(|f| f.value.as_str()).collect::<Vec<_>>(), ["settle"]);
        // Without uid or mainUid, `type` says what kind of account it is.
        let key = &keys(&fixture("account-config-sub").replace("\"mainUid\":", "\"mainUidx\":"))[0];
        assert_eq!(value(&key.account_kind), Some(&AccountKind::Sub));
    }

    #[test]
    fn a_creation_answer_carries_its_secret_and_stars_are_none() {
        let text = fixture("users-subaccount-apikey-create");
        assert_eq!(keys(&text)[0].carries.len(), 2);
        let stars = text.replace("0123456789ABCDEF0123456789ABCDEF", "******").replace("Synthetic-Fixture-1", "******");
        assert!(keys(&stars)[0].carries.is_empty());
        assert_eq!(rights(&keys(&text.replace("\"perm\":", "\"permx\":"))[0]), [None, None, None, Some(false)]);
    }
}
