//! Bybit: the calling key, a master's sub-account keys, keys after creation or a change, sub-accounts, the address book.
//! Silent on last use and on pairs.
//!
//! What a key may do is a list of words per group, and a group that is missing says nothing. `readOnly` 1 takes effect
//! over any word listed beside it; the boolean that the list of sub-account keys sends under the same name is documented
//! in two opposite ways and takes nothing away.
//!
//! Sources: bybit-exchange/docs 072c197d, docs/v5/user and docs/v5/asset/withdraw.

use super::record::{Record, granted, keep_names};
use super::{By, Page, Payload, Reader};
use crate::document::{Kind, Node};
use crate::model::time::Time;
use crate::model::{AccountKind, AddressStatus, Exchange, Expiry, Fact, Key, Market, Signature, Stated, Status, TransferReach};
use crate::problem::Problem;

/// Around every answer.
const AROUND: &[(&str, &str)] = &[("retCode", "0")];

pub const READER: Reader = Reader {
    exchange: Exchange::Bybit,
    profile: include_str!("bybit.yaml"),
    payloads: &[
        Payload {
            endpoint: "GET /v5/user/query-api",
            at: &["result"],
            around: AROUND,
            by: By::Fields {
                decides: &["apiKey", "readOnly", "permissions", "ips", "createdAt", "userID"],
                also: &[
                    "id",
                    "note",
                    "secret",
                    "type",
                    "deadlineDay",
                    "expiredAt",
                    "unified",
                    "uta",
                    "inviterID",
                    "vipLevel",
                    "mktMakerLevel",
                    "affiliateID",
                    "rsaPublicKey",
                    "isMaster",
                    "parentUid",
                    "kycLevel",
                    "kycRegion",
                    "userIDInt64",
                    "inviterIDInt64",
                    "affiliateIDInt64",
                ],
                read: own_key,
            },
            made_at: Some("time"),
            page: None,
        },
        Payload {
            endpoint: "GET /v5/user/sub-apikeys",
            at: &["result", "result"],
            around: AROUND,
            by: By::Fields {
                decides: &["apiKey", "permissions", "ips", "readOnly", "expiredAt", "createdAt"],
                also: &["id", "note", "status", "type", "secret", "deadlineDay", "flag"],
                read: listed_sub_key,
            },
            made_at: Some("time"),
            page: Some(|answer| Some(page(answer))),
        },
        Payload {
            endpoint: "POST /v5/user/create-sub-api",
            at: &["result"],
            around: AROUND,
            by: By::Fields { decides: &["id", "note", "apiKey", "readOnly", "secret", "permissions"], also: &[], read: created_sub_key },
            made_at: Some("time"),
            page: None,
        },
        // The next two answer alike: without an envelope the first is named, which asserts nothing of the account.
        Payload {
            endpoint: "POST /v5/user/update-api",
            at: &["result"],
            around: AROUND,
            by: By::Fields { decides: &["id", "note", "apiKey", "readOnly", "permissions", "ips"], also: &["secret"], read: changed_key },
            made_at: Some("time"),
            page: None,
        },
        Payload {
            endpoint: "POST /v5/user/update-sub-api",
            at: &["result"],
            around: AROUND,
            by: By::Fields {
                decides: &["id", "note", "apiKey", "readOnly", "permissions", "ips"],
                also: &["secret"],
                read: changed_sub_key,
            },
            made_at: Some("time"),
            page: None,
        },
        Payload {
            endpoint: "GET /v5/user/query-sub-members",
            at: &["result", "subMembers"],
            around: AROUND,
            by: By::Fields { decides: &["uid", "username", "memberType", "status", "accountMode"], also: &["remark"], read: sub_account },
            made_at: Some("time"),
            page: Some(|answer| Some(page(answer))),
        },
        Payload {
            endpoint: "GET /v5/user/submembers",
            at: &["result", "subMembers"],
            around: AROUND,
            by: By::Fields { decides: &["uid", "username", "memberType", "status", "accountMode"], also: &["remark"], read: sub_account },
            made_at: Some("time"),
            page: Some(|answer| Some(page(answer))),
        },
        Payload {
            endpoint: "GET /v5/asset/withdraw/query-address",
            at: &["result", "rows"],
            around: AROUND,
            by: By::Fields {
                decides: &["coin", "chain", "address", "addressType", "verified", "status"],
                also: &["tag", "remark", "createdAt", "createAt"],
                read: address,
            },
            made_at: Some("time"),
            page: Some(|answer| Some(page(answer))),
        },
    ],
    error: |node| {
        let code: i64 = node.get("retCode")?.scalar()?.parse().ok()?;
        let hint = match code {
            0 => return None,
            10010 => ": the address that asked is not in the key's IP whitelist",
            131_083 | 131_093 | 131_098 => ": the withdrawal address is not in the address book",
            _ => "",
        };
        Some(format!("code {code}{hint}"))
    },
};

/// A cursor that leads on; `"0"` and the empty one do not.
fn page(answer: &Node<'_>) -> Page {
    let cursor = |name| answer.get("result").and_then(|r| r.get(name)).and_then(Node::scalar);
    let more = ["nextPageCursor", "nextCursor"].into_iter().filter_map(cursor).any(|c| !matches!(c, "" | "0" | "null"));
    if more { Page::More } else { Page::Last }
}

/// The words of the groups that grant something of ours.
#[derive(Default)]
struct Groups {
    spot: Stated<Vec<Fact<String>>>,
    contract: Stated<Vec<Fact<String>>>,
    derivatives: Stated<Vec<Fact<String>>>,
    options: Stated<Vec<Fact<String>>>,
    wallet: Stated<Vec<Fact<String>>>,
}

/// Groups of which no word trades, transfers or withdraws.
const OTHER_GROUPS: &[&str] = &[
    "CopyTrading",
    "BlockTrade",
    "Exchange",
    "NFT",
    "Affiliate",
    "Earn",
    "FiatP2P",
    "FiatConvertBroker",
    "FiatGlobalPay",
    "FiatBitPay",
    "BitCard",
    "ByXPost",
];
const SPOT: &[&str] = &["SpotTrade"];
const FUTURES: &[&str] = &["Order", "Position", "DerivativesTrade"];
const OPTIONS: &[&str] = &["OptionsTrade"];
const BETWEEN: &[&str] = &["SubMemberTransfer", "SubMemberTransferList"];
const TRANSFER: &[&str] = &["AccountTransfer", "SubMemberTransfer", "SubMemberTransferList"];

fn groups(record: &mut Record<'_, '_>, key: &mut Key) -> Groups {
    let Some(mut list) = record.child("permissions") else { return Groups::default() };
    let mut words = |name: &str, known: Option<&[&str]>| {
        let words = list.words_at(name, &[',']);
        keep_names(key, &words, known);
        words
    };
    let groups = Groups {
        spot: words("Spot", Some(&["SpotTrade"])),
        contract: words("ContractTrade", Some(&["Order", "Position"])),
        derivatives: words("Derivatives", Some(&["DerivativesTrade"])),
        options: words("Options", Some(&["OptionsTrade"])),
        wallet: words("Wallet", Some(&["AccountTransfer", "SubMemberTransfer", "SubMemberTransferList", "Withdraw"])),
    };
    for name in OTHER_GROUPS {
        words(name, None);
    }
    // A group that is new: what its words grant is not known.
    for (_, node) in list.left_over() {
        let items = match &node.kind {
            Kind::Sequence(items) => items.as_slice(),
            _ => &[],
        };
        for item in items {
            if let Some(word) = item.as_text() {
                list.public(item);
                key.native.push(Fact::exported(word.to_owned(), item.span));
                key.unknown.push(Fact::exported(word.to_owned(), item.span));
            }
        }
    }
    groups
}

/// What a listed right is worth beside the switch `readOnly`: nothing where it is on, and not known where the switch is
/// not known.
fn effective(listed: Stated<bool>, read_only: &Stated<bool>) -> Stated<bool> {
    match read_only {
        Some(on) if on.value => Some(Fact { value: false, from: on.from }),
        Some(_) => listed,
        None => listed.filter(|f| !f.value),
    }
}

/// What the words grant, under the switch.
fn rights(record: &mut Record<'_, '_>, key: &mut Key, read_only: &Stated<bool>, is_sub: bool) {
    let g = groups(record, key);
    // Every key reads.
    key.permissions.read = Some(read_only.as_ref().map_or(Fact::fixed(true), |f| Fact { value: true, from: f.from }));
    let trading = [
        (&g.spot, SPOT, Market::Spot),
        (&g.contract, FUTURES, Market::Futures),
        (&g.derivatives, FUTURES, Market::Futures),
        (&g.options, OPTIONS, Market::Options),
    ];
    let on: Vec<Fact<Market>> = trading
        .iter()
        .filter_map(|(list, names, market)| granted(list, names).filter(|f| f.value).map(|f| Fact { value: *market, from: f.from }))
        .collect();
    let empty = trading.iter().all(|(list, ..)| list.as_ref().is_some_and(|l| l.value.is_empty()));
    let listed = match on.first() {
        Some(first) => Some(Fact { value: true, from: first.from }),
        None => g.spot.as_ref().filter(|_| empty).map(|l| Fact { value: false, from: l.from }),
    };
    key.permissions.trade = effective(listed, read_only);
    key.markets = match read_only {
        Some(switch) if switch.value => Some(Fact { value: Vec::new(), from: switch.from }),
        Some(_) if trading.iter().all(|(list, ..)| list.is_some()) => {
            let mut markets = on;
            markets.dedup_by_key(|m| m.value);
            g.spot.as_ref().map(|l| Fact { value: markets, from: l.from })
        }
        _ => None,
    };
    key.permissions.transfer = effective(granted(&g.wallet, TRANSFER), read_only);
    if crate::model::known(&key.permissions.transfer) {
        let between = granted(&g.wallet, BETWEEN).filter(|f| f.value).map(|f| f.map(|_| TransferReach::BetweenAccounts));
        let own = granted(&g.wallet, &["AccountTransfer"]).map(|f| f.map(|_| TransferReach::OwnWallets));
        key.transfer_reach = between.or(own);
    }
    // Only a master's key can be allowed to withdraw.
    let withdraw = granted(&g.wallet, &["Withdraw"]).or(is_sub.then(|| Fact::fixed(false)));
    key.permissions.withdraw = effective(withdraw, read_only);
}

/// `readOnly` as 0 or 1.
fn read_only(record: &mut Record<'_, '_>) -> Stated<bool> {
    let switch = record.int("readOnly")?;
    match switch.value {
        0 => Some(switch.map(|_| false)),
        1 => Some(switch.map(|_| true)),
        _ => {
            unknown_value(record, &switch, "`readOnly` should be 0 or 1: read as unknown");
            None
        }
    }
}

fn unknown_value(record: &mut Record<'_, '_>, found: &Fact<i64>, message: &str) {
    if let Some(span) = found.span() {
        record.problem(Problem::incomplete("unknown-value", span, message));
    }
}

fn named_key(record: &mut Record<'_, '_>) -> Key {
    let mut key = record.new_key();
    key.id = record.key_id("apiKey");
    key.label = record.text("note");
    // `["*"]` is open. What an empty list means is not documented.
    key.ip_whitelist = record.ip_list("ips", None);
    key
}

/// The time when a key without an IP whitelist ends; 1970 where that does not apply, which is not said to be never.
fn expiry(record: &mut Record<'_, '_>) -> Stated<Expiry> {
    let at = record.iso("expiredAt")?;
    let epoch = Time::parse("1970-01-01").ok();
    (Some(at.value) > epoch).then(|| at.map(Expiry::At))
}

fn own_key(record: &mut Record<'_, '_>) {
    let mut key = named_key(record);
    key.account.extend(record.text("userID"));
    let parent = record.text("parentUid").map(|f| f.map(|uid| uid == "0"));
    let kind = |f: Fact<bool>| f.map(|master| if master { AccountKind::Master } else { AccountKind::Sub });
    key.account_kind = record.flag("isMaster").or(parent).map(kind);
    let is_sub = key.account_kind.as_ref().is_some_and(|f| f.value == AccountKind::Sub);
    let read_only = read_only(record);
    rights(record, &mut key, &read_only, is_sub);
    key.created = record.iso("createdAt");
    key.expires = expiry(record);
    // Empty for the keys whose secret Bybit made; else the public key that the user registered.
    key.signature = record.take("rsaPublicKey").and_then(|node| {
        let signature = if node.scalar()?.trim().is_empty() { Signature::SharedSecret } else { Signature::Asymmetric };
        Some(Fact::exported(signature, node.span))
    });
    record.push_key(key);
}

fn listed_sub_key(record: &mut Record<'_, '_>) {
    let mut key = named_key(record);
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    // The boolean is documented in two opposite ways and takes no right away; a number is as everywhere else.
    let boolean = record.take("readOnly").is_none_or(|n| n.as_bool().is_some());
    let switch = if boolean { Some(Fact::inferred(false)) } else { read_only(record) };
    rights(record, &mut key, &switch, true);
    key.permissions.read = Some(Fact::fixed(true));
    key.created = record.iso("createdAt");
    key.expires = expiry(record);
    if let Some(state) = record.int("status") {
        match state.value {
            // 1 has no end, 3 has one, 4 ends within 7 days.
            1 | 3 | 4 => key.status = Some(Fact { value: Status::Active, from: state.from }),
            2 => key.status = Some(Fact { value: Status::Expired, from: state.from }),
            _ => unknown_value(record, &state, "`status` should be 1 to 4: read as unknown"),
        }
        if state.value == 1 && key.expires.is_none() {
            key.expires = Some(Fact { value: Expiry::Never, from: state.from });
        }
    }
    key.signature = record.text("flag").filter(|f| f.value == "hmac").map(|f| f.map(|_| Signature::SharedSecret));
    record.push_key(key);
}

/// An answer to a creation has the secret. Without it, it may as well be the answer to a change that lost its `ips`.
fn created_sub_key(record: &mut Record<'_, '_>) {
    let has_secret = record.take("secret").and_then(Node::scalar).is_some_and(|s| !s.is_empty());
    key_with_switch(record, has_secret);
}

fn changed_key(record: &mut Record<'_, '_>) {
    key_with_switch(record, false);
}

fn changed_sub_key(record: &mut Record<'_, '_>) {
    key_with_switch(record, true);
}

fn key_with_switch(record: &mut Record<'_, '_>, is_sub: bool) {
    let mut key = named_key(record);
    key.account_kind = is_sub.then(|| Fact::inferred(AccountKind::Sub));
    let read_only = read_only(record);
    rights(record, &mut key, &read_only, is_sub);
    record.push_key(key);
}

fn sub_account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("uid"));
    account.ids.extend(record.text("username"));
    account.label = record.text("remark");
    account.kind = Some(Fact::inferred(AccountKind::Sub));
    if let Some(state) = record.int("status") {
        match state.value {
            1 => account.frozen = Some(state.map(|_| false)),
            // 2: may not log in; 4: frozen.
            2 | 4 => account.frozen = Some(state.map(|_| true)),
            _ => unknown_value(record, &state, "`status` should be 1, 2 or 4: read as unknown"),
        }
    }
    record.push_account(account);
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    // `baseCoin` stands for an address that is good for every coin.
    address.asset = record.text("coin");
    address.network = record.text("chain");
    address.address = record.text("address");
    address.memo = record.text_or_empty("tag");
    address.label = record.text("remark");
    // The table of the documentation and its example spell this differently.
    address.added = record.seconds("createdAt").or_else(|| record.seconds("createAt"));
    if let Some(state) = record.int("status") {
        match state.value {
            0 => address.status = Some(Fact { value: AddressStatus::Usable, from: state.from }),
            // New: withdrawals to it wait for 24 hours.
            1 => address.status = Some(Fact { value: AddressStatus::Waiting, from: state.from }),
            _ => unknown_value(record, &state, "`status` should be 0 or 1: read as unknown"),
        }
    }
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    use crate::model::{IpWhitelist, value};

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
    fn read_only_takes_away_what_is_listed_and_only_while_it_is_known() {
        let text = fixture("user-query-api");
        assert_eq!(rights(&keys(&text)[0]), [Some(true), Some(true), Some(true), Some(false)]);
        let on = text.replace("\"readOnly\": 0", "\"readOnly\": 1");
        let key = &keys(&on)[0];
        assert_eq!(rights(key), [Some(true), Some(false), Some(false), Some(false)]);
        let place = key.permissions.trade.as_ref().and_then(Fact::span).unwrap();
        assert_eq!(on.get(place.start as usize..place.end as usize), Some("1"));
        for unknown in ["\"readOnly\": null", "\"readOnly\": true", "\"readOnly\": 7"] {
            let key = &keys(&text.replace("\"readOnly\": 0", unknown))[0];
            assert_eq!(rights(key), [Some(true), None, None, Some(false)], "{unknown}");
        }
    }

    #[test]
    fn the_boolean_of_sub_account_keys_takes_nothing_away() {
        let text = fixture("user-sub-apikeys").replace("\"readOnly\": false", "\"readOnly\": true");
        let all = keys(&text);
        assert_eq!(rights(&all[0]), [Some(true), Some(true), Some(true), Some(false)]);
        assert_eq!(value(&all[0].ip_whitelist), Some(&IpWhitelist::Unrestricted));
        assert!(all[0].carries.is_empty());
        assert_eq!(value(&all[1].expires), Some(&Expiry::Never));
    }

    #[test]
    fn a_missing_group_makes_its_rights_unknown_and_no_more() {
        let text = fixture("user-query-api-withdraw");
        assert_eq!(rights(&keys(&text)[0]), [Some(true), Some(false), Some(false), Some(true)]);
        assert_eq!(rights(&keys(&text.replace("\"Derivatives\": [],", ""))[0]), [Some(true), None, Some(false), Some(true)]);
        assert_eq!(rights(&keys(&text.replace("\"Wallet\"", "\"Purse\""))[0]), [Some(true), Some(false), None, None]);
    }

    #[test]
    fn words_of_new_groups_are_unknown_and_1970_is_no_expiry() {
        let key = &keys(&fixture("user-query-api").replace("\"Earn\": [", "\"Loans\": ["))[0];
        assert_eq!(key.unknown.iter().map(|f| f.value.as_str()).collect::<Vec<_>>(), ["Earn"]);
        assert!(key.expires.is_none());
        assert_eq!(value(&key.signature), Some(&Signature::SharedSecret));
        assert_eq!(value(&keys(&fixture("user-query-api-rsa"))[0].signature), Some(&Signature::Asymmetric));
    }
}
