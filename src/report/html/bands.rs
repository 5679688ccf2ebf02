//! What the picture shows: the worst keys, by exchange, owner and account; what there is no room for is counted.

use std::collections::{BTreeMap, BTreeSet};

use super::picture::{Scene, count};
use crate::model::Exchange;
use crate::report::radius::KeyOut;

/// Accounts of one owner that are drawn without a key of theirs.
const ALONG: usize = 12;

/// The accounts of one owner.
pub(super) struct Group<'a> {
    pub exchange: Option<Exchange>,
    /// Masters first.
    pub accounts: Vec<Account<'a>>,
    /// Accounts that are not drawn.
    pub hidden: usize,
}

/// An account.
pub(super) struct Account<'a> {
    /// Its place in the inventory; nothing for keys that have none.
    pub at: Option<usize>,
    /// 0 for a master, 1 for a sub-account.
    pub depth: i32,
    /// The keys that are drawn, the worst first.
    pub keys: Vec<&'a KeyOut>,
    /// Keys that are not drawn.
    pub more: usize,
    /// All of its keys.
    pub all: Vec<&'a KeyOut>,
}

/// The groups, that with the worst key first, exchanges together; and what is not drawn.
pub(super) fn groups<'a>(scene: &Scene<'a>, most: usize) -> (Vec<Group<'a>>, Option<String>) {
    let account_of = |key: &KeyOut| scene.inventory.keys.get(key.at).and_then(|k| k.account);
    let exchange_of = |key: &KeyOut| scene.inventory.keys.get(key.at).map(|k| k.key.exchange);
    let family_of = |account: Option<usize>| account.and_then(|a| scene.estate.accounts.get(a)).map(|a| a.family);
    let mut by_account: BTreeMap<Option<usize>, Vec<&KeyOut>> = BTreeMap::new();
    scene.keys.iter().for_each(|key| by_account.entry(account_of(key)).or_default().push(key));
    // A key without an account, and a family, in the order in which they come.
    let mut order: Vec<(Option<Exchange>, Option<usize>)> = Vec::new();
    let mut drawn: BTreeMap<(Option<Exchange>, Option<usize>), Vec<&KeyOut>> = BTreeMap::new();
    for key in scene.keys.iter().take(most) {
        let group = (exchange_of(key), family_of(account_of(key)));
        drawn.entry(group).or_insert_with(|| {
            order.push(group);
            Vec::new()
        });
        if let Some(keys) = drawn.get_mut(&group) {
            keys.push(key);
        }
    }
    let first = |exchange: Option<Exchange>| order.iter().position(|(e, _)| *e == exchange);
    let mut sorted = order.clone();
    sorted.sort_by_key(|group| (first(group.0), order.iter().position(|g| g == group)));
    let mut out = Vec::new();
    let mut seen = 0;
    for group in sorted {
        let keys = drawn.remove(&group).unwrap_or_default();
        let of = |account: Option<usize>| keys.iter().copied().filter(|k| account_of(k) == account).collect::<Vec<_>>();
        let rank = |account: usize| keys.iter().position(|k| account_of(k) == Some(account)).unwrap_or(usize::MAX);
        let mut accounts: Vec<Account<'_>> = Vec::new();
        let mut hidden = 0;
        if let Some(family) = group.1.and_then(|f| scene.estate.families.get(f)) {
            let mut chosen: BTreeSet<usize> = keys.iter().filter_map(|k| account_of(k)).collect();
            let masters: Vec<usize> = chosen.iter().filter_map(|a| scene.inventory.accounts.get(*a)?.parent).collect();
            chosen.extend(masters);
            let room = ALONG.saturating_sub(chosen.len());
            let along: Vec<usize> = family.members.iter().copied().filter(|m| !chosen.contains(m)).take(room).collect();
            chosen.extend(along);
            hidden = family.members.len().saturating_sub(chosen.len());
            let depth = |at: usize| i32::from(scene.inventory.accounts.get(at).is_some_and(|a| a.parent.is_some()));
            let place = |at: usize| family.members.iter().position(|m| *m == at);
            let mut sorted: Vec<usize> = chosen.into_iter().collect();
            sorted.sort_by_key(|a| (depth(*a), rank(*a), place(*a)));
            for at in sorted {
                let all = by_account.get(&Some(at)).cloned().unwrap_or_default();
                let keys = of(Some(at));
                accounts.push(Account { at: Some(at), depth: depth(at), more: all.len() - keys.len(), keys, all });
            }
        }
        let homeless = of(None);
        if !homeless.is_empty() {
            accounts.push(Account { at: None, depth: 0, more: 0, all: homeless.clone(), keys: homeless });
        }
        seen += accounts.iter().map(|a| a.keys.len() + a.more).sum::<usize>();
        out.push(Group { exchange: group.0, accounts, hidden });
    }
    let rest = scene.keys.len().saturating_sub(seen);
    let left_out = (rest > 0).then(|| {
        let words = count(rest, "more key on an account that is not drawn", "more keys on accounts that are not drawn");
        format!(
            "The picture has the {most} keys whose leaks cost most. There {} {words}; `keylint radius --format json` has all.",
            if rest == 1 { "is" } else { "are" }
        )
    });
    (out, left_out)
}
