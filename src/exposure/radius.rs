//! What a leak of each key costs: every key, every way to leak, every operation; and what leaks together.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::amounts::Amounts;
use super::decide::{Decision, Operation, decide};
use super::estate::{Estate, Family, Group, KeyFacts};
use super::ways::{self, Way};
use crate::model::money::{Decimal, Money, Rates};
use crate::model::time::Period;

/// One operation of one way: whether it is executed, and what can be lost by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The exchange's answer.
    pub decision: Decision,
    /// What can be lost at most: nothing where it is not executed, and of reading nothing but secrecy.
    pub bound: Amounts,
    /// How far it reaches.
    pub reach: Reach,
}

/// How far an operation reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Not at all.
    None,
    /// Its own account.
    Own,
    /// The accounts of the same owner whose assets may be moved out.
    Movable,
    /// All accounts of the same owner, with keys that it makes.
    All,
}

/// One way of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayRadius {
    /// The way.
    pub way: Way,
    /// Read, trade, transfer, withdraw.
    pub operations: [Cell; 4],
    /// The largest bound of the four.
    bound: Amounts,
}

impl WayRadius {
    /// The answer to one operation.
    pub fn cell(&self, operation: Operation) -> &Cell {
        let [read, trade, transfer, withdraw] = &self.operations;
        match operation {
            Operation::Read => read,
            Operation::Trade => trade,
            Operation::Transfer => transfer,
            Operation::Withdraw => withdraw,
        }
    }
    /// What can be lost: operations take from the same balances, so the largest bound is that of all.
    pub fn bound(&self) -> &Amounts {
        &self.bound
    }
    /// The operations that are executed.
    pub fn executed(&self) -> impl Iterator<Item = Operation> {
        Operation::ALL.into_iter().filter(|o| self.cell(*o).decision.is_executed())
    }
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRadius {
    /// The ways, in the order of [`Way::ALL`].
    pub ways: Vec<WayRadius>,
}

impl KeyRadius {
    /// One way.
    pub fn way(&self, way: Way) -> Option<&WayRadius> {
        self.ways.iter().find(|w| w.way == way)
    }
    /// The ways, the worst first: by what can be lost, then by how many operations are executed, then as they are listed.
    pub fn worst_first(&self, main: Option<&str>) -> Vec<&WayRadius> {
        let mut out: Vec<&WayRadius> = self.ways.iter().collect();
        out.sort_by(|a, b| {
            b.bound().order(a.bound(), main).then_with(|| b.executed().count().cmp(&a.executed().count())).then(a.way.cmp(&b.way))
        });
        out
    }
}

/// Something that leaks at once: a key, or all keys on a server or with a third party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// How.
    pub way: Way,
    /// Where, for what leaks together.
    pub place: Option<String>,
    /// The keys.
    pub keys: Vec<usize>,
    /// What can be lost.
    pub bound: Amounts,
}

/// What leaks cost.
pub struct Radius {
    /// The keys, in the order of the inventory.
    pub keys: Vec<KeyRadius>,
    /// The worst single leak.
    pub worst: Option<Leak>,
    /// What single leaks cost at most: currency by currency, and open where one of them is.
    pub most: Amounts,
    /// The currency that most balances are in.
    pub main: Option<std::sync::Arc<str>>,
}

/// Runs the model.
pub fn run(estate: &Estate<'_>) -> Radius {
    let keys: Vec<KeyRadius> = estate.keys.par_iter().with_min_len(64).map(|key| key_radius(estate, key)).collect();
    let main = estate.main_currency();
    let (worst, most) = leaks(estate, &keys, main.as_deref());
    Radius { keys, worst, most, main }
}

/// The worst single leak, and what single leaks cost at most.
pub fn leaks(estate: &Estate<'_>, keys: &[KeyRadius], main: Option<&str>) -> (Option<Leak>, Amounts) {
    let (mut worst, mut most): (Option<Leak>, Amounts) = (None, Amounts::zero());
    let mut look = |bound: &Amounts, leak: &dyn Fn() -> Leak| {
        most.raise(bound);
        let larger = |w: &Leak| bound.order(&w.bound, main).is_gt();
        if !bound.is_zero() && worst.as_ref().is_none_or(larger) {
            worst = Some(leak());
        }
    };
    let alone = |way: &WayRadius, at: usize| Leak { way: way.way, place: None, keys: vec![at], bound: way.bound.clone() };
    for (at, key) in keys.iter().enumerate() {
        for way in key.ways.iter().filter(|w| !matches!(w.way, Way::Server | Way::ThirdParty)) {
            look(&way.bound, &|| alone(way, at));
        }
    }
    for (way, groups) in [(Way::Server, &estate.servers), (Way::ThirdParty, &estate.parties)] {
        let mut grouped = vec![false; keys.len()];
        for group in groups {
            for key in &group.keys {
                grouped.get_mut(*key).into_iter().for_each(|is| *is = true);
            }
            let bound = together(estate, keys, way, group);
            look(&bound, &|| Leak { way, place: Some(group.name.clone()), keys: group.keys.clone(), bound: bound.clone() });
        }
        // A key of which nobody says where it is used is used somewhere.
        for (at, key) in keys.iter().enumerate().filter(|(at, _)| grouped.get(*at) == Some(&false)) {
            if let Some(way) = key.way(way) {
                look(&way.bound, &|| alone(way, at));
            }
        }
    }
    (worst, most)
}

/// What all keys of a server or a third party cost at once. What two of them reach is lost once.
fn together(estate: &Estate<'_>, keys: &[KeyRadius], way: Way, group: &Group) -> Amounts {
    let mut sum = Amounts::zero();
    // Of each family how far the keys reach: further than their own accounts, or not.
    let (mut accounts, mut families): (BTreeSet<usize>, BTreeMap<usize, Reach>) = (BTreeSet::new(), BTreeMap::new());
    let mut union = Amounts::zero();
    for at in &group.keys {
        let (Some(radius), Some(key)) = (keys.get(*at).and_then(|k| k.way(way)), estate.keys.get(*at)) else { continue };
        sum.add(&radius.bound);
        let reach = radius.operations.iter().filter(|c| !c.bound.is_zero()).map(|c| c.reach).max().unwrap_or(Reach::None);
        match (reach, key.account.and_then(|a| Some((a, estate.accounts.get(a)?.family)))) {
            (Reach::None, _) => {}
            (_, None) => union.add(&Amounts::unknown()),
            (reach, Some((account, family))) => {
                accounts.insert(account);
                families.entry(family).and_modify(|r| *r = reach.max(*r)).or_insert(reach);
            }
        }
    }
    for (family, reach) in families.iter().filter(|(_, r)| **r > Reach::Own) {
        let Some(facts) = estate.families.get(*family) else { continue };
        union.add(if *reach == Reach::All { &facts.total } else { &facts.movable });
        if !facts.complete {
            union.add(&Amounts::unknown());
        }
    }
    // Their own accounts, as far as those are not among what their family holds.
    for account in accounts.iter().filter_map(|a| estate.accounts.get(*a)) {
        match families.get(&account.family) {
            Some(Reach::All) => {}
            Some(Reach::Movable) if account.may_transfer_out != Some(false) => {}
            _ => union.add(&account.balance),
        }
    }
    sum.least(&union)
}

/// One key.
pub fn key_radius(estate: &Estate<'_>, key: &KeyFacts<'_>) -> KeyRadius {
    let ways = Way::ALL.map(|way| {
        let decisions = Operation::ALL
            .map(|operation| decide(&ways::request(estate, key, way, operation), &ways::settings(estate, key, way, operation)));
        let moves = decisions.get(2).is_some_and(Decision::is_executed) && key.between_accounts;
        let reach = match () {
            () if key.administers && way != Way::Replay => Reach::All,
            () if moves => Reach::Movable,
            () => Reach::Own,
        };
        let mut operation = Operation::ALL.into_iter();
        let operations = decisions.map(|decision| {
            let operation = operation.next().unwrap_or(Operation::Read);
            let reach = if decision.is_executed() { reach } else { Reach::None };
            let bound = bound(estate, key, way, operation, reach);
            Cell { decision, bound, reach }
        });
        let mut bound = Amounts::zero();
        operations.iter().for_each(|c| bound.raise(&c.bound));
        WayRadius { way, operations, bound }
    });
    KeyRadius { ways: ways.into() }
}

/// What can be lost at most by an operation that reaches so far.
fn bound(estate: &Estate<'_>, key: &KeyFacts<'_>, way: Way, operation: Operation, reach: Reach) -> Amounts {
    if operation == Operation::Read || reach == Reach::None {
        return Amounts::zero();
    }
    let Some(account) = estate.account_of(key) else { return Amounts::unknown() };
    let within = |family: &Family, amounts: &Amounts| {
        let mut out = amounts.clone();
        if !family.complete {
            out.add(&Amounts::unknown());
        }
        out
    };
    let reached = match (reach, estate.families.get(account.family)) {
        (Reach::Movable, Some(family)) => {
            let mut out = within(family, &family.movable);
            if account.may_transfer_out == Some(false) {
                out.add(&account.balance);
            }
            out
        }
        (Reach::All, Some(family)) => within(family, &family.total),
        _ => account.balance.clone(),
    };
    // With keys on every account each account's own limit counts, and a transfer asks for none.
    let limit = account.limit.as_ref().and_then(Option::as_ref).filter(|_| operation == Operation::Withdraw && reach != Reach::All);
    match limit.and_then(|l| over_days(l, leaves_within(estate, key, way))) {
        Some(limit) => reached.capped(&limit),
        None => reached,
    }
}

/// For how long money leaves: until the leak is noticed, without the hold that a new address waits first.
fn leaves_within(estate: &Estate<'_>, key: &KeyFacts<'_>, way: Way) -> Period {
    // What is sent again goes to where it went before.
    let adds = way == Way::Mailbox || (key.adds_addresses && way != Way::Replay);
    let waits = estate.account_of(key).filter(|a| adds && a.address_whitelist == Some(true)).and_then(|a| a.hold).unwrap_or_default();
    Period::from_millis(estate.noticed.as_millis().saturating_sub(waits.as_millis()))
}

/// A day's limit over a time: each day that has begun counts. Nothing where that is too much to be a number.
fn over_days(limit: &Money, time: Period) -> Option<Amounts> {
    let days = time.as_millis().div_ceil(Period::from_days(1).as_millis()).max(1);
    let amount = limit.amount().checked_mul(Decimal::from(days))?;
    Some(Amounts::of(Some(&Money::new(amount, limit.currency()).ok()?), &Rates::default()))
}

/// The accounts that an operation reaches beyond the key's own, those with the largest balance first.
pub fn reached<'e>(estate: &'e Estate<'_>, key: &KeyFacts<'_>, reach: Reach) -> impl Iterator<Item = usize> + 'e {
    let own = key.account;
    let family = if reach >= Reach::Movable { estate.family_of(key) } else { None };
    let members = family.map_or(&[][..], |f| f.members.as_slice());
    members.iter().copied().filter(move |m| {
        Some(*m) != own && (reach == Reach::All || estate.accounts.get(*m).is_some_and(|a| a.may_transfer_out != Some(false)))
    })
}
