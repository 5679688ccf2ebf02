//! The inventory as the model sees it: of each key what decides a request, of each account what can be lost.
//!
//! It is small and can be changed, so that a proposed fix is a change of it on which the model runs again.

use std::collections::BTreeMap;

use super::amounts::{Amounts, settled};
use super::decide::{Source, Whitelist};
use crate::declaration::{Channel, Factor, Limit, Policy};
use crate::exchanges::profile;
use crate::inventory::{AccountRecord, Inventory, KeyRecord, plain_name, published_by, published_ranges};
use crate::model::ip::AddressSet;
use crate::model::money::Money;
use crate::model::time::{Period, Time};
use crate::model::{AccountKind, Exchange, Expiry, IpWhitelist, Right, Status, TransferReach, known, value};

/// What can leak and what can be lost.
#[derive(Clone)]
pub struct Estate<'i> {
    /// The keys, in the order of the inventory.
    pub keys: Vec<KeyFacts<'i>>,
    /// The accounts, in the order of the inventory.
    pub accounts: Vec<AccountFacts>,
    /// Accounts that one owner has at one exchange.
    pub families: Vec<Family>,
    /// Servers that keys are used on: all of a server leak together.
    pub servers: Vec<Group>,
    /// Third parties that hold keys: all of one leak together.
    pub parties: Vec<Group>,
    /// How long a leak goes unnoticed.
    pub noticed: Period,
    /// The widest ranges of addresses that others do not get one in, as prefix lengths of IPv4 and IPv6.
    pub widest: (u8, u8),
}

/// What decides the requests of a key; nothing where nobody stated it.
#[derive(Clone)]
pub struct KeyFacts<'i> {
    /// Its account.
    pub account: Option<usize>,
    /// Whether it works.
    pub works: Option<bool>,
    /// Read, trade, transfer, withdraw.
    pub rights: [Option<bool>; 4],
    /// Whether its transfers may leave its account.
    pub between_accounts: bool,
    /// Whether it is stated to create or change keys or sub-accounts: with a key that it makes, everything is open.
    pub administers: bool,
    /// Whether it is stated to add withdrawal addresses.
    pub adds_addresses: bool,
    /// From where it may be used.
    pub whitelist: Option<Whitelist<'i>>,
    /// From where its systems send.
    pub server: Source<'i>,
    /// From where the third party that holds it sends; nothing where none is known to.
    pub party: Option<Source<'i>>,
    /// Whether its exchange lets a request be valid for a time only, or once.
    pub times_requests: Option<bool>,
}

/// What can be lost from an account, and what protects its withdrawals; nothing where nobody stated it.
#[derive(Clone)]
pub struct AccountFacts {
    /// The accounts of its owner, by their place among the families.
    pub family: usize,
    /// What it holds.
    pub balance: Amounts,
    /// What it should hold.
    pub working: Option<Amounts>,
    /// Whether its assets may be moved out to other accounts.
    pub may_transfer_out: Option<bool>,
    /// Whether withdrawals go only to saved addresses.
    pub address_whitelist: Option<bool>,
    /// How long a new address waits; zero for not at all.
    pub hold: Option<Period>,
    /// Whether adding an address asks for more than the mailbox.
    pub more_than_mailbox: Option<bool>,
    /// What may leave in a day; the inner nothing is no limit.
    pub limit: Option<Option<Money>>,
    /// What regularly leaves in a day.
    pub payout: Option<Money>,
}

/// Accounts that one owner has at one exchange.
#[derive(Clone, Debug, Default)]
pub struct Family {
    /// Its accounts, those with the largest balance first.
    pub members: Vec<usize>,
    /// Whether the declaration names its master: then those are all.
    pub complete: bool,
    /// What all of them hold.
    pub total: Amounts,
    /// What those hold whose assets may be moved out.
    pub movable: Amounts,
}

/// Keys that leak together.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they are on or with.
    pub name: String,
    /// The keys.
    pub keys: Vec<usize>,
}

impl<'i> Estate<'i> {
    /// What an inventory comes to under a policy at a time.
    pub fn of(inventory: &'i Inventory, policy: &Policy, now: Time) -> Self {
        let mut estate = Self {
            keys: inventory.keys.iter().map(|k| key_facts(inventory, k, policy, now)).collect(),
            accounts: inventory.accounts.iter().map(|a| account_facts(inventory, a, policy)).collect(),
            families: Vec::new(),
            servers: servers(inventory),
            parties: parties(inventory),
            noticed: policy.noticed_after(),
            widest: policy.widest(),
        };
        estate.relate(inventory);
        estate.total();
        estate
    }

    /// Puts the accounts of one owner together: by their parents, and sub-accounts that exports list without their owner
    /// with the only master of their exchange.
    fn relate(&mut self, inventory: &Inventory) {
        let mut masters: BTreeMap<Exchange, Vec<usize>> = BTreeMap::new();
        let root = |at: usize| {
            let mut here = at;
            for _ in 0..=inventory.accounts.len() {
                match inventory.accounts.get(here).and_then(|a| a.parent) {
                    Some(parent) => here = parent,
                    None => break,
                }
            }
            here
        };
        for (at, record) in inventory.accounts.iter().enumerate() {
            if record.parent.is_none() && record.kind.as_ref().is_some_and(|k| k.value == AccountKind::Master) {
                masters.entry(record.account.exchange).or_default().push(at);
            }
        }
        let mut families: BTreeMap<usize, usize> = BTreeMap::new();
        for at in 0..self.accounts.len() {
            let mut top = root(at);
            let Some(record) = inventory.accounts.get(top) else { continue };
            let orphan = record.kind.as_ref().is_some_and(|k| k.value == AccountKind::Sub);
            if orphan && let Some([master]) = masters.get(&record.account.exchange).map(Vec::as_slice) {
                top = *master;
            }
            let complete = inventory.accounts.get(top).is_some_and(|a| a.declared.is_some()) && !(orphan && top == root(at));
            let family = *families.entry(top).or_insert_with(|| {
                self.families.push(Family { complete, ..Family::default() });
                self.families.len() - 1
            });
            if let Some(family) = self.families.get_mut(family) {
                family.members.push(at);
            }
            if let Some(account) = self.accounts.get_mut(at) {
                account.family = family;
            }
        }
        // A sub-account that nobody puts under an owner may be anybody's at its exchange.
        let orphans: Vec<Exchange> = inventory
            .accounts
            .iter()
            .enumerate()
            .filter(|(at, a)| {
                let sub = a.kind.as_ref().is_some_and(|k| k.value == AccountKind::Sub);
                let alone = self.accounts.get(*at).and_then(|f| self.families.get(f.family)).is_some_and(|f| f.members == [*at]);
                sub && alone && a.parent.is_none()
            })
            .map(|(_, a)| a.account.exchange)
            .collect();
        for (at, record) in inventory.accounts.iter().enumerate() {
            if let Some(family) = self.accounts.get(at).and_then(|a| self.families.get_mut(a.family))
                && orphans.contains(&record.account.exchange)
            {
                family.complete = false;
            }
        }
    }

    /// Adds up what the families hold. To be called after a balance changed.
    pub fn total(&mut self) {
        let main = self.main_currency();
        for family in &mut self.families {
            (family.total, family.movable) = (Amounts::zero(), Amounts::zero());
            for account in family.members.iter().filter_map(|m| self.accounts.get(*m)) {
                family.total.add(&account.balance);
                if account.may_transfer_out != Some(false) {
                    family.movable.add(&account.balance);
                }
            }
            let balance = |at: &usize| self.accounts.get(*at).map(|a| &a.balance);
            family.members.sort_by(|a, b| match (balance(a), balance(b)) {
                (Some(x), Some(y)) => y.order(x, main.as_deref()).then(a.cmp(b)),
                _ => a.cmp(b),
            });
        }
    }

    /// The currency that most balances are in; of several, the first by name.
    pub fn main_currency(&self) -> Option<std::sync::Arc<str>> {
        let mut counts: BTreeMap<std::sync::Arc<str>, usize> = BTreeMap::new();
        for account in &self.accounts {
            for (currency, _) in account.balance.parts().chain(account.working.iter().flat_map(Amounts::parts)) {
                *counts.entry(currency.clone()).or_default() += 1;
            }
        }
        counts.into_iter().rev().max_by_key(|(_, n)| *n).map(|(c, _)| c)
    }

    /// The account of a key.
    pub fn account_of(&self, key: &KeyFacts<'_>) -> Option<&AccountFacts> {
        self.accounts.get(key.account?)
    }
    /// The family of a key's account.
    pub fn family_of(&self, key: &KeyFacts<'_>) -> Option<&Family> {
        self.families.get(self.account_of(key)?.family)
    }
}

fn key_facts<'i>(inventory: &'i Inventory, record: &'i KeyRecord, policy: &Policy, now: Time) -> KeyFacts<'i> {
    let key = &record.key;
    let fixed = profile(key.exchange).map(|p| &p.facts);
    let right = |r: Right| key.permissions.get(r).map(|f| f.value);
    let (widest, widest_ipv6) = policy.widest();
    let whitelist = match value(&key.ip_whitelist) {
        Some(IpWhitelist::Unrestricted | IpWhitelist::NotOffered) => Some(Whitelist::Open),
        Some(IpWhitelist::Restricted) => Some(Whitelist::Restricted),
        Some(IpWhitelist::Listed(_)) => record.addresses.as_ref().and_then(|set| match set {
            all if all.is_everything() => Some(Whitelist::Open),
            wide if wide.wider_than(widest, widest_ipv6) => Some(Whitelist::Wide(wide)),
            // Entries of which none is understood say nothing.
            none if none.is_empty() && !none.is_complete() => None,
            set => Some(Whitelist::Listed(set)),
        }),
        None => None,
    };
    KeyFacts {
        account: record.account,
        works: works(record, now),
        rights: [Right::Read, Right::Trade, Right::Transfer, Right::Withdraw].map(right),
        between_accounts: value(&key.transfer_reach) != Some(&TransferReach::OwnWallets),
        administers: known(&key.permissions.administer_keys) || known(&key.permissions.administer_sub_accounts),
        adds_addresses: known(&key.permissions.administer_addresses),
        whitelist,
        server: match &record.egress {
            Some(egress) if egress.complete && egress.unused.is_empty() && egress.doubtful.is_empty() => Source::Said(&egress.used),
            _ => Source::WhereItIsUsed,
        },
        party: party(inventory, record),
        times_requests: fixed
            .and_then(|f| {
                let window = f.request_window.is_some() || f.request_window_most.is_some();
                f.requests_expire.as_ref().map(|s| s.value).or(window.then_some(true))
            })
            .or_else(|| {
                // A request of any of its systems can be recorded, and one that is valid for days is sent again in time.
                let systems = inventory.systems(record);
                let short = |w: Period| w < policy.noticed_after();
                let all = systems.iter().all(|(s, _)| s.request_window.as_ref().is_some_and(|w| short(w.value)));
                (all && !systems.is_empty()).then_some(true)
            }),
    }
}

/// Whether a key works: as stated, or because its end has passed.
fn works(record: &KeyRecord, now: Time) -> Option<bool> {
    if value(&record.key.expires).is_some_and(|e| matches!(e, Expiry::At(end) if *end <= now)) {
        return Some(false);
    }
    value(&record.key.status).map(|s| *s == Status::Active)
}

/// From where the third party that holds a key sends. One is known to hold it where the declaration says so, and where the
/// whitelist has addresses that a service publishes as its own.
fn party<'i>(inventory: &'i Inventory, record: &'i KeyRecord) -> Option<Source<'i>> {
    let declared: Vec<Option<&AddressSet>> =
        inventory.holders(record).map(|name| published_ranges(inventory.service_behind(&name.value))).collect();
    // Of several, the one that gets in: one of which nobody knows from where it sends is where the key is used.
    if declared.contains(&None) {
        return Some(Source::WhereItIsUsed);
    }
    let gets_in = |set: &&AddressSet| record.addresses.as_ref().is_none_or(|own| set.ranges().any(|r| own.overlaps(&r)));
    let published = || declared.iter().flatten().copied();
    if let Some(set) = published().find(gets_in).or_else(|| published().next()) {
        return Some(Source::Said(set));
    }
    listed_service(record).map(|service| Source::Said(&service.published))
}

fn account_facts(inventory: &Inventory, record: &AccountRecord, policy: &Policy) -> AccountFacts {
    let section = inventory.declared_account(record).and_then(|a| a.withdrawals.as_ref());
    let amount = |m: &Money| Amounts::of(Some(m), &policy.rates);
    let settle = |m: &Money| settled(m, &policy.rates);
    let limit = |l: &Limit| match l {
        Limit::None => None,
        Limit::Amount(money) => Some(settle(money)),
    };
    AccountFacts {
        family: 0,
        balance: Amounts::of(value(&record.balance), &policy.rates),
        working: value(&record.working_balance).and_then(Limit::amount).map(amount),
        may_transfer_out: value(&record.account.may_transfer_out).copied(),
        address_whitelist: value(&record.withdrawals.address_whitelist).copied(),
        hold: value(&record.withdrawals.hold).map(|h| h.period()),
        more_than_mailbox: section.and_then(|w| {
            let factors = w.second_factor.as_ref().map(|f| f.value.iter().any(|f| f.value != Factor::Email));
            let channels = w.confirmed_by.as_ref().map(|c| c.value.iter().any(|c| c.value != Channel::Email));
            match (factors, channels) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            }
        }),
        limit: section.and_then(|w| w.daily_limit.as_ref()).map(|l| limit(&l.value)),
        payout: section.and_then(|w| w.regular_payout.as_ref()).and_then(|l| l.value.amount().map(settle)),
    }
}

/// The keys by the server that their systems run on. A system of which no server is declared is its own.
fn servers(inventory: &Inventory) -> Vec<Group> {
    let mut groups: BTreeMap<(bool, String), Vec<usize>> = BTreeMap::new();
    for (at, record) in inventory.keys.iter().enumerate() {
        for (system, name) in inventory.systems(record) {
            let place = system.server.as_ref().map_or((false, name.value), |s| (true, s.value.clone()));
            let keys = groups.entry(place).or_default();
            if keys.last() != Some(&at) {
                keys.push(at);
            }
        }
    }
    let name = |(server, name): (bool, String)| if server { format!("server {name}") } else { format!("the server of {name}") };
    groups.into_iter().map(|(place, keys)| Group { name: name(place), keys }).collect()
}

/// The keys by the service that holds them, under whatever names it is declared; where none is, by the service whose
/// addresses their whitelists have.
fn parties(inventory: &Inventory) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut add = |service: &str, name: &str, at: usize| {
        let group = groups.entry(plain_name(service)).or_insert_with(|| Group { name: name.to_owned(), keys: Vec::new() });
        if group.keys.last() != Some(&at) {
            group.keys.push(at);
        }
    };
    for (at, record) in inventory.keys.iter().enumerate() {
        let mut declared = false;
        for name in inventory.holders(record) {
            declared = true;
            add(inventory.service_behind(&name.value), &name.value, at);
        }
        if !declared && let Some(service) = listed_service(record) {
            add(&service.title, &service.title, at);
        }
    }
    groups.into_values().collect()
}

/// The service whose published addresses a whitelist has.
fn listed_service(record: &KeyRecord) -> Option<&'static crate::inventory::Service> {
    let IpWhitelist::Listed(entries) = value(&record.key.ip_whitelist)? else { return None };
    entries.iter().find_map(|e| published_by(e.value.range()?))
}

/// The addresses from which a key's systems send, where all of them are declared and few enough to be listed.
pub fn egress_of(record: &KeyRecord) -> Option<&AddressSet> {
    record.egress.as_ref().filter(|e| e.complete && !e.used.is_empty()).map(|e| &e.used)
}
