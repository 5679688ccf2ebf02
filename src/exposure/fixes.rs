//! What to change, and what each change takes away of the loss. A fix is no advice in words: it is a change of the estate,
//! and its promise is what the model says after it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use rayon::prelude::*;

use super::amounts::Amounts;
use super::decide::{Operation, Source, Whitelist, comes_in};
use super::estate::{AccountFacts, Estate, KeyFacts, egress_of};
use super::radius::{KeyRadius, Leak, Radius, Reach, key_radius, leaks};
use super::ways::Way;
use crate::exchanges::profile;
use crate::inventory::{Inventory, KeyRecord};
use crate::model::money::Money;
use crate::model::time::Period;
use crate::model::{IpWhitelist, Right, value};

/// After how many fixes, taken one after the other, the worst leak is worked out again.
const STEPS: usize = 20;
/// The shortest hold that is proposed.
const SHORTEST_HOLD: Period = Period::from_days(1);

/// A change of the estate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A key that another one has replaced is revoked.
    Revoke {
        /// The key.
        key: usize,
    },
    /// A right is turned off.
    TurnOff {
        /// The key.
        key: usize,
        /// The right; administering is all of it.
        right: Right,
    },
    /// Only the addresses from which a key is used may use it.
    RestrictAddresses {
        /// The key.
        key: usize,
    },
    /// Withdrawals go only to saved addresses.
    AddressWhitelist {
        /// The account.
        account: usize,
    },
    /// A new address waits.
    Hold {
        /// The account.
        account: usize,
        /// For so long.
        hold: Period,
    },
    /// Adding an address asks for more than the mailbox.
    SecondFactor {
        /// The account.
        account: usize,
    },
    /// No more than this leaves in a day.
    DailyLimit {
        /// The account.
        account: usize,
        /// The limit.
        limit: Money,
    },
    /// What is above the working balance is moved to where no key reaches it.
    WorkingBalance {
        /// The account.
        account: usize,
    },
}

/// A proposed change and what it takes away.
#[derive(Clone, Debug)]
pub struct Fix {
    /// The change.
    pub change: Change,
    /// The largest bound of one operation that it takes away, alone.
    pub removes: Amounts,
    /// Of which ways and operations it takes something away.
    pub concerns: Vec<(Way, Operation)>,
    /// The worst single leak after it and those before it; nothing where it was not worked out.
    pub then: Option<Step>,
}

/// What is left after some fixes.
#[derive(Clone, Debug)]
pub struct Step {
    /// The worst single leak.
    pub worst: Option<Leak>,
    /// What single leaks cost at most.
    pub most: Amounts,
}

/// Fixes, and what is left after all of them.
pub struct Plan {
    /// The fixes, the one that removes most first.
    pub fixes: Vec<Fix>,
    /// What is left after all of them.
    pub after: Step,
}

impl Change {
    /// Applies it.
    pub fn apply<'i>(&self, estate: &mut Estate<'i>, inventory: &'i Inventory) {
        match self {
            Self::Revoke { key } => with_key(estate, *key, |k| k.works = Some(false)),
            Self::TurnOff { key, right: Right::Administer } => {
                with_key(estate, *key, |k| (k.administers, k.adds_addresses) = (false, false));
            }
            Self::TurnOff { key, right } => with_key(estate, *key, |k| {
                let at = Operation::ALL.iter().position(|o| o.right() == *right);
                if let Some(stated) = at.and_then(|at| k.rights.get_mut(at)) {
                    *stated = Some(false);
                }
            }),
            Self::RestrictAddresses { key } => {
                let record = inventory.keys.get(*key);
                let (v4, v6) = estate.widest;
                with_key(estate, *key, |k| {
                    k.whitelist = Some(match restricted(record, k) {
                        // What the policy calls too wide is so in a proposal, too.
                        Whitelist::Listed(set) if set.wider_than(v4, v6) => Whitelist::Wide(set),
                        other => other,
                    });
                });
            }
            Self::AddressWhitelist { account } => with_account(estate, *account, |a| a.address_whitelist = Some(true)),
            Self::Hold { account, hold } => with_account(estate, *account, |a| a.hold = Some(*hold)),
            Self::SecondFactor { account } => with_account(estate, *account, |a| a.more_than_mailbox = Some(true)),
            Self::DailyLimit { account, limit } => with_account(estate, *account, |a| a.limit = Some(Some(limit.clone()))),
            Self::WorkingBalance { account } => with_account(estate, *account, |a| {
                if let Some(working) = &a.working {
                    a.balance = working.clone();
                }
            }),
        }
    }

    /// The key that it changes.
    pub fn key(&self) -> Option<usize> {
        match self {
            Self::Revoke { key } | Self::TurnOff { key, .. } | Self::RestrictAddresses { key } => Some(*key),
            _ => None,
        }
    }
    /// The account that it changes.
    pub fn account(&self) -> Option<usize> {
        match self {
            Self::AddressWhitelist { account }
            | Self::Hold { account, .. }
            | Self::SecondFactor { account }
            | Self::DailyLimit { account, .. }
            | Self::WorkingBalance { account } => Some(*account),
            _ => None,
        }
    }
}

fn with_key<'i>(estate: &mut Estate<'i>, key: usize, change: impl FnOnce(&mut KeyFacts<'i>)) {
    if let Some(key) = estate.keys.get_mut(key) {
        change(key);
    }
}

/// Changes an account, and what its family holds with it.
fn with_account(estate: &mut Estate<'_>, account: usize, change: impl FnOnce(&mut AccountFacts)) {
    let Some(facts) = estate.accounts.get_mut(account) else { return };
    let before = facts.balance.clone();
    change(facts);
    if facts.balance == before {
        return;
    }
    let (after, movable) = (facts.balance.clone(), facts.may_transfer_out != Some(false));
    if let Some(family) = estate.families.get_mut(facts.family) {
        family.total.take(&before);
        family.total.add(&after);
        if movable {
            family.movable.take(&before);
            family.movable.add(&after);
        }
    }
}

/// The addresses that a key is used from: those of its systems, where they are declared and nobody else holds it; or those
/// that the third party publishes that holds it.
pub fn restricted<'i>(record: Option<&'i KeyRecord>, key: &KeyFacts<'i>) -> Whitelist<'i> {
    match (key.party, record.and_then(egress_of)) {
        (None, Some(egress)) => Whitelist::Listed(egress),
        (Some(Source::Said(published)), None) => Whitelist::Listed(published),
        _ => Whitelist::Restricted,
    }
}

/// What could be changed, by what is declared and what each key is for.
fn candidates(estate: &Estate<'_>, inventory: &Inventory) -> Vec<Change> {
    let mut out = Vec::new();
    for (at, (record, key)) in inventory.keys.iter().zip(&estate.keys).enumerate() {
        if key.works == Some(false) {
            continue;
        }
        if !record.replaced_by.is_empty() {
            out.push(Change::Revoke { key: at });
        }
        out.extend(needless(record, key).into_iter().map(|right| Change::TurnOff { key: at, right }));
        // Where a range is wide and does not even hold the addresses that the key is used from, letting those in opens a way.
        let kept_out = |source: Source<'_>| comes_in(source, key.whitelist) == Some(false);
        let used = !kept_out(key.server) && !key.party.is_some_and(kept_out);
        let offered = value(&record.key.ip_whitelist) != Some(&IpWhitelist::NotOffered);
        if used && offered && matches!(key.whitelist, None | Some(Whitelist::Open | Whitelist::Wide(_))) {
            out.push(Change::RestrictAddresses { key: at });
        }
    }
    for (at, account) in estate.accounts.iter().enumerate() {
        // Amounts of two currencies are not above each other.
        if account.working.as_ref().is_some_and(|w| w.is_within(&account.balance) && !account.balance.is_within(w)) {
            out.push(Change::WorkingBalance { account: at });
        }
        // Withdrawals are protected where some key may withdraw.
        let withdraws = |k: &usize| {
            let Some(key) = estate.keys.get(*k) else { return false };
            let [.., withdraw] = key.rights;
            key.works != Some(false) && (withdraw != Some(false) || key.administers)
        };
        if !inventory.places_of_keys(at).iter().any(withdraws) {
            continue;
        }
        if account.address_whitelist != Some(true) {
            out.push(Change::AddressWhitelist { account: at });
        }
        let hold = SHORTEST_HOLD.max(estate.noticed);
        if account.hold.is_none_or(|h| h < hold) {
            out.push(Change::Hold { account: at, hold });
        }
        if account.more_than_mailbox != Some(true) {
            out.push(Change::SecondFactor { account: at });
        }
        if let Some(limit) = &account.payout {
            let higher = |now: &Money| now.currency() == limit.currency() && now.amount() > limit.amount();
            if account.limit.as_ref().is_none_or(|l| l.as_ref().is_none_or(higher)) {
                out.push(Change::DailyLimit { account: at, limit: limit.clone() });
            }
        }
    }
    out
}

/// The rights that a key has or may have, that none of its possible tasks needs, and that its exchange grants apart from
/// those that they need.
pub fn needless(record: &KeyRecord, key: &KeyFacts<'_>) -> Vec<Right> {
    let tasks = &record.task.possible;
    // Where its task is open, nobody knows what it does not need.
    if tasks.is_empty() || (tasks.len() > 1 && !record.task.declared) {
        return if key.administers || key.adds_addresses { vec![Right::Administer] } else { Vec::new() };
    }
    let bound = |right: Right| {
        let includes = |allowed: &Right| profile(record.key.exchange).is_some_and(|p| p.includes(*allowed, right));
        Right::ALL.iter().any(|allowed| *allowed != right && tasks.iter().any(|t| t.allows(*allowed)) && includes(allowed))
    };
    let mut out: Vec<Right> = Operation::ALL
        .into_iter()
        .zip(key.rights)
        .filter(|(_, stated)| *stated != Some(false))
        .map(|(operation, _)| operation.right())
        .filter(|right| !tasks.iter().any(|t| t.allows(*right)) && !bound(*right))
        .collect();
    if key.administers || key.adds_addresses {
        out.push(Right::Administer);
    }
    out
}

/// What can be changed, the change that removes most first, and the worst leak on the way.
pub fn plan<'i>(estate: &Estate<'i>, inventory: &'i Inventory, radius: &Radius) -> Plan {
    let main = radius.main.as_deref();
    let reachers = reachers(estate, radius);
    let worth = |change: Change, scratch: &mut Estate<'i>| {
        let concerned = concerned(&change, estate, inventory, &reachers);
        let old =
            (change.key().and_then(|k| scratch.keys.get(k).cloned()), change.account().and_then(|a| scratch.accounts.get(a).cloned()));
        change.apply(scratch, inventory);
        let fix = compare(change, &concerned, radius, scratch, main);
        restore(scratch, &fix.change, old);
        fix
    };
    let mut fixes: Vec<Fix> = candidates(estate, inventory)
        .into_par_iter()
        // Each part has an estate of its own to change, so that there are few.
        .with_min_len(512)
        .map_init(|| estate.clone(), |scratch, change| worth(change, scratch))
        .filter(|fix| !fix.concerns.is_empty())
        .collect();
    fixes.sort_by(|a, b| rank(b, a, main));
    let (mut changed, mut keys) = (estate.clone(), radius.keys.clone());
    let mut touched = Touched::default();
    for (at, fix) in fixes.iter_mut().enumerate() {
        fix.change.apply(&mut changed, inventory);
        touch(&fix.change, estate, inventory, &mut touched);
        if at < STEPS {
            fix.then = Some(step(&changed, inventory, &mut keys, &mut touched));
        }
    }
    let after = step(&changed, inventory, &mut keys, &mut touched);
    Plan { fixes, after }
}

/// What changes may have changed since the model ran last: keys, and what families hold, which all of their keys may reach.
#[derive(Default)]
struct Touched {
    keys: BTreeSet<usize>,
    families: BTreeSet<usize>,
}

fn touch(change: &Change, estate: &Estate<'_>, inventory: &Inventory, touched: &mut Touched) {
    touched.keys.extend(change.key());
    let Some(account) = change.account() else { return };
    if matches!(change, Change::WorkingBalance { .. }) {
        touched.families.extend(estate.accounts.get(account).map(|a| a.family));
    }
    touched.keys.extend(inventory.places_of_keys(account));
}

/// What is left after some changes: the model runs again on the keys that were touched.
fn step(estate: &Estate<'_>, inventory: &Inventory, keys: &mut [KeyRadius], touched: &mut Touched) -> Step {
    let Touched { keys: mut places, families } = std::mem::take(touched);
    for family in families.iter().filter_map(|f| estate.families.get(*f)) {
        places.extend(family.members.iter().flat_map(|m| inventory.places_of_keys(*m)));
    }
    let places: Vec<usize> = places.into_iter().collect();
    let anew = |at: &usize| Some((*at, key_radius(estate, estate.keys.get(*at)?)));
    let again: Vec<(usize, KeyRadius)> = places.par_iter().with_min_len(64).filter_map(anew).collect();
    for (at, radius) in again {
        if let Some(key) = keys.get_mut(at) {
            *key = radius;
        }
    }
    let (worst, most) = leaks(estate, keys, estate.main_currency().as_deref());
    Step { worst, most }
}

/// Puts back what a change changed.
fn restore<'i>(estate: &mut Estate<'i>, change: &Change, (key, account): (Option<KeyFacts<'i>>, Option<AccountFacts>)) {
    if let (Some(at), Some(old)) = (change.key(), key) {
        with_key(estate, at, |k| *k = old);
    }
    if let (Some(at), Some(old)) = (change.account(), account) {
        with_account(estate, at, |a| *a = old);
    }
}

/// Of each family, keys that reach further than their own account: for each way and operation in which one does, the first
/// that does. What an account of the family holds, all of these lose alike.
fn reachers(estate: &Estate<'_>, radius: &Radius) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new(); estate.families.len()];
    let mut seen: BTreeSet<(usize, Reach, Way, Operation)> = BTreeSet::new();
    for (at, (key, facts)) in radius.keys.iter().zip(&estate.keys).enumerate() {
        let Some(family) = estate.account_of(facts).map(|a| a.family) else { continue };
        let mut is_new = false;
        for way in &key.ways {
            for operation in Operation::ALL {
                let cell = way.cell(operation);
                if cell.reach > Reach::Own && !cell.bound.is_zero() {
                    is_new |= seen.insert((family, cell.reach, way.way, operation));
                }
            }
        }
        if is_new && let Some(keys) = out.get_mut(family) {
            keys.push(at);
        }
    }
    out
}

/// The keys whose radius a change is measured on. What an account holds is measured on its own keys, and on those of its
/// owner's other accounts that reach it.
fn concerned(change: &Change, estate: &Estate<'_>, inventory: &Inventory, reachers: &[Vec<usize>]) -> Vec<usize> {
    if let Some(key) = change.key() {
        return vec![key];
    }
    let Some(account) = change.account() else { return Vec::new() };
    let mut keys = inventory.places_of_keys(account).to_vec();
    if matches!(change, Change::WorkingBalance { .. }) {
        let family = estate.accounts.get(account).and_then(|a| reachers.get(a.family));
        keys.extend(family.into_iter().flatten());
    }
    keys
}

/// What a change takes away of the bounds of some keys.
fn compare(change: Change, keys: &[usize], radius: &Radius, after: &Estate<'_>, main: Option<&str>) -> Fix {
    let mut removes = Amounts::zero();
    let mut concerns: BTreeSet<(Way, Operation)> = BTreeSet::new();
    for at in keys {
        let (Some(before), Some(now)) = (radius.keys.get(*at), after.keys.get(*at)) else { continue };
        let now: KeyRadius = key_radius(after, now);
        for (was, is) in before.ways.iter().zip(&now.ways) {
            for operation in Operation::ALL {
                let (was_cell, is_cell) = (was.cell(operation), is.cell(operation));
                let less = was_cell.bound.without(&is_cell.bound);
                let stopped = was_cell.decision.is_executed() && !is_cell.decision.is_executed();
                if stopped || !less.is_zero() {
                    concerns.insert((was.way, operation));
                }
                if less.order(&removes, main).is_gt() {
                    removes = less;
                }
            }
        }
    }
    Fix { change, removes, concerns: concerns.into_iter().collect(), then: None }
}

/// Which of two fixes removes less.
fn rank(a: &Fix, b: &Fix, main: Option<&str>) -> Ordering {
    let worst = |f: &Fix| f.concerns.iter().map(|(_, o)| *o).max();
    a.removes
        .order(&b.removes, main)
        .then_with(|| worst(a).cmp(&worst(b)))
        .then_with(|| a.concerns.len().cmp(&b.concerns.len()))
        .then_with(|| (b.change.key(), b.change.account()).cmp(&(a.change.key(), a.change.account())))
}
