//! Several exports of one key or account are one record: field by field the newest wins, unknown never overrides stated,
//! and where nothing says which is newer, the worse value counts and the difference is a conflict.

use std::cmp::Ordering;

use crate::model::ip::{AddressSet, IpEntry, IpRange};
use crate::model::time::Time;
use crate::model::{Account, Conflict, Expiry, Fact, IpWhitelist, Key, LastUse, Market, PairWhitelist, Stated, Status};

/// One statement of a field, with the time of its export.
type Said<T> = (Option<Time>, Fact<T>);

/// What counts of several statements of one field, and the two places that disagree where nobody can tell.
fn settle<T: PartialEq + Clone>(
    mut said: Vec<Said<T>>,
    field: &'static str,
    worse: impl Fn(&T, &T) -> Ordering,
    conflicts: &mut Vec<Conflict>,
) -> Stated<T> {
    let first = said.first()?.clone();
    if said.iter().all(|(_, f)| f.value == first.1.value) {
        return said.into_iter().max_by_key(|(time, _)| *time).map(|(_, f)| f);
    }
    let newest = said.iter().filter_map(|(time, _)| *time).max();
    if said.iter().all(|(time, _)| time.is_some()) {
        said.retain(|(time, _)| *time == newest);
        if said.iter().all(|(_, f)| Some(&f.value) == said.first().map(|(_, f)| &f.value)) {
            return said.into_iter().next().map(|(_, f)| f);
        }
    }
    let worst = said.iter().map(|(_, f)| f).max_by(|a, b| worse(&a.value, &b.value))?.clone();
    let other = said.iter().find(|(_, f)| f.value != worst.value).and_then(|(_, f)| f.span());
    conflicts.push(Conflict { field, places: [worst.span(), other] });
    Some(worst)
}

fn gather<R, T: Clone>(records: &[R], time: impl Fn(&R) -> Option<Time>, field: impl Fn(&R) -> &Stated<T>) -> Vec<Said<T>> {
    records.iter().filter_map(|r| Some((time(r), field(r).clone()?))).collect()
}

fn size(entries: &[Fact<IpEntry>]) -> u128 {
    AddressSet::of(entries.iter().map(|e| &e.value)).ranges().map(IpRange::size).fold(0, u128::saturating_add)
}

/// How bad a whitelist is: open is worst, a restriction without its list is least known to be bad.
fn whitelist_rank(list: &IpWhitelist) -> (u8, u128) {
    match list {
        IpWhitelist::Unrestricted | IpWhitelist::NotOffered => (2, 0),
        IpWhitelist::Listed(entries) => (1, size(entries)),
        IpWhitelist::Restricted => (0, 0),
    }
}

fn no_order<T>(_: &T, _: &T) -> Ordering {
    Ordering::Equal
}

/// A list as it is compared: by the addresses it adds up to, or, where an entry is no address, as it is written.
fn written(list: &IpWhitelist) -> Option<Vec<String>> {
    match list {
        IpWhitelist::Listed(entries) => {
            let set = AddressSet::of(entries.iter().map(|e| &e.value));
            let mut out: Vec<String> = if set.is_complete() {
                set.ranges().map(|r| r.to_string()).collect()
            } else {
                entries.iter().map(|e| e.value.written.clone()).collect()
            };
            out.sort_unstable();
            out.dedup();
            Some(out)
        }
        _ => None,
    }
}

/// The whitelist: a restriction without its list says nothing against one with it, and lists are compared as sets.
fn settle_whitelist(mut said: Vec<Said<IpWhitelist>>, conflicts: &mut Vec<Conflict>) -> Stated<IpWhitelist> {
    if said.iter().any(|(_, f)| matches!(f.value, IpWhitelist::Listed(_))) {
        said.retain(|(_, f)| f.value != IpWhitelist::Restricted);
    }
    let sets: Vec<_> = said.iter().map(|(_, f)| written(&f.value)).collect();
    if sets.iter().all(|s| s.is_some() && Some(s) == sets.first()) {
        return said.into_iter().max_by_key(|(time, _)| *time).map(|(_, f)| f);
    }
    // Places differ from export to export; only what is written makes two lists differ.
    let values: Vec<Said<(Option<Vec<String>>, (u8, u128), usize)>> = said
        .iter()
        .enumerate()
        .map(|(i, (time, f))| {
            let list = written(&f.value);
            (*time, Fact { value: (list, whitelist_rank(&f.value), i), from: f.from })
        })
        .collect();
    let same = |a: &(Option<Vec<String>>, (u8, u128), usize), b: &(Option<Vec<String>>, (u8, u128), usize)| a.0 == b.0 && a.1 == b.1;
    // Give statements that say the same one number, so that equality is that of what they say.
    let mut numbered = values.clone();
    for (i, entry) in numbered.iter_mut().enumerate() {
        if let Some(first) = values.iter().take(i).position(|v| same(&v.1.value, &entry.1.value)) {
            entry.1.value.2 = first;
        }
    }
    let chosen = settle(numbered, "ip_whitelist", |a, b| a.1.cmp(&b.1), conflicts)?;
    said.into_iter().nth(chosen.value.2).map(|(_, f)| Fact { value: f.value, from: chosen.from })
}

/// The markets: the newest statement's, or all that any of them states where nothing says which is newest.
fn settle_markets(said: Vec<Said<Vec<Fact<Market>>>>) -> Stated<Vec<Fact<Market>>> {
    if said.iter().all(|(time, _)| time.is_some()) {
        return said.into_iter().max_by_key(|(time, _)| *time).map(|(_, f)| f);
    }
    let mut all = said.into_iter().map(|(_, f)| f);
    let mut first = all.next()?;
    for market in all.flat_map(|f| f.value) {
        if !first.value.iter().any(|m| m.value == market.value) {
            first.value.push(market);
        }
    }
    Some(first)
}

/// One key of several exports' statements about it.
pub(super) fn merge_keys(mut records: Vec<Box<Key>>) -> Option<Box<Key>> {
    let mut key = records.pop()?;
    if records.is_empty() {
        return Some(key);
    }
    // The last one was taken out to start from; it belongs at the end of the list, as it was.
    records.push(key.clone());
    let time = |k: &Box<Key>| k.fetched_at.as_ref().map(|f| f.value);
    let mut conflicts = Vec::new();
    macro_rules! field {
        ($($path:ident).+, $name:literal, $worse:expr) => {
            key.$($path).+ = settle(gather(&records, time, |k| &k.$($path).+), $name, $worse, &mut conflicts);
        };
    }
    field!(permissions.read, "permissions.read", bool::cmp);
    field!(permissions.trade, "permissions.trade", bool::cmp);
    field!(permissions.transfer, "permissions.transfer", bool::cmp);
    field!(permissions.withdraw, "permissions.withdraw", bool::cmp);
    field!(permissions.administer_keys, "administer.keys", bool::cmp);
    field!(permissions.administer_sub_accounts, "administer.sub_accounts", bool::cmp);
    field!(permissions.administer_addresses, "administer.addresses", bool::cmp);
    field!(transfer_reach, "permissions.transfer", Ord::cmp);
    // A key that was renamed is no contradiction.
    key.label = settle(gather(&records, time, |k| &k.label), "label", no_order, &mut Vec::new());
    field!(account_kind, "account_kind", |a, b| b.cmp(a));
    field!(signature, "signature", |a, b| b.cmp(a));
    field!(created, "created", |a: &Time, b: &Time| b.cmp(a));
    field!(expires, "expires", |a: &Expiry, b: &Expiry| match (a, b) {
        (Expiry::At(a), Expiry::At(b)) => a.cmp(b),
        (Expiry::Never, Expiry::Never) => Ordering::Equal,
        (Expiry::Never, _) => Ordering::Greater,
        (_, Expiry::Never) => Ordering::Less,
    });
    field!(last_used, "last_used", |a: &LastUse, b: &LastUse| b.cmp(a));
    field!(status, "status", |a: &Status, b: &Status| b.cmp(a));
    key.ip_whitelist = settle_whitelist(gather(&records, time, |k| &k.ip_whitelist), &mut conflicts);
    key.pair_whitelist = settle(
        gather(&records, time, |k| &k.pair_whitelist),
        "pair_whitelist",
        |a, b| matches!(a, PairWhitelist::All).cmp(&matches!(b, PairWhitelist::All)),
        &mut conflicts,
    );
    key.markets = settle_markets(gather(&records, time, |k| &k.markets));
    key.fetched_at = records.iter().filter_map(|k| k.fetched_at.clone()).max_by_key(|f| f.value);
    // The whole id, where one export has it.
    key.id = records.iter().filter_map(|k| k.id.clone()).min_by_key(|f| f.value.is_masked());
    let all = |list: &dyn Fn(&Key) -> Vec<Fact<String>>| {
        let mut out: Vec<Fact<String>> = Vec::new();
        for fact in records.iter().flat_map(|k| list(k)) {
            if !out.iter().any(|f| f.value == fact.value) {
                out.push(fact);
            }
        }
        out
    };
    key.native = all(&|k| k.native.clone());
    key.unknown = all(&|k| k.unknown.clone());
    key.account = all(&|k| k.account.clone());
    key.carries = records.iter().flat_map(|k| k.carries.clone()).collect();
    key.payloads = records.iter().flat_map(|k| k.payloads.clone()).collect();
    key.conflicts = conflicts;
    Some(key)
}

/// One account of several exports' statements about it.
pub(super) fn merge_accounts(mut records: Vec<Account>) -> Option<Account> {
    let mut account = records.pop()?;
    if records.is_empty() {
        return Some(account);
    }
    records.push(account.clone());
    let time = |a: &Account| a.fetched_at.as_ref().map(|f| f.value);
    let mut conflicts = Vec::new();
    macro_rules! field {
        ($name:ident, $worse:expr) => {
            account.$name = settle(gather(&records, time, |a| &a.$name), stringify!($name), $worse, &mut conflicts);
        };
    }
    field!(label, no_order);
    field!(kind, |a, b| b.cmp(a));
    field!(parent, no_order);
    field!(created, no_order);
    field!(frozen, |a: &bool, b: &bool| b.cmp(a));
    field!(may_transfer_out, bool::cmp);
    field!(address_whitelist, |a: &bool, b: &bool| b.cmp(a));
    account.balance = gather(&records, time, |a| &a.balance).into_iter().max_by_key(|(t, _)| *t).map(|(_, f)| f);
    let mut ids: Vec<Fact<String>> = Vec::new();
    for id in records.iter().flat_map(|a| a.ids.clone()) {
        if !ids.iter().any(|i| i.value == id.value) {
            ids.push(id);
        }
    }
    account.ids = ids;
    account.payloads = records.iter().flat_map(|a| a.payloads.clone()).collect();
    account.fetched_at = records.iter().filter_map(|a| a.fetched_at.clone()).max_by_key(|f| f.value);
    account.conflicts = conflicts;
    Some(account)
}
