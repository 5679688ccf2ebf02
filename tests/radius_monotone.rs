//! What never lowers the cost of a leak, and what never raises it, on estates that nobody thought of: more rights, wider
//! whitelists, shorter holds, higher limits, longer silence and less knowledge never lower a bound; a proposed change never
//! raises one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_push_string,
    clippy::option_option,
    clippy::unnecessary_wraps,
    reason = "a test stops where something is not as it must be, and says unknown as the model does"
)]

use std::fmt;
use std::sync::LazyLock;

use keylint::declaration::Declaration;
use keylint::exposure::decide::{Source, Whitelist};
use keylint::exposure::estate::Estate;
use keylint::exposure::fixes::plan;
use keylint::exposure::{Amounts, Change, Operation, Radius, run};
use keylint::inventory::{Evidence, Inventory, join};
use keylint::model::ip::{AddressSet, IpEntry};
use keylint::model::money::{Money, Rates};
use keylint::model::time::{Period, Time};
use keylint::model::{Account, Exchange, Expiry, Fact, IpWhitelist, Key, KeyId, Status, TransferReach};
use keylint::text::{Span, TextId};
use proptest::option;
use proptest::prelude::*;

const HERE: &str = "51.158.10.20";
const THERE: &str = "146.59.3.7";
/// A range that holds the first of them, and that anybody gets an address in.
const AROUND: &str = "51.158.0.0/16";
/// An address that 3Commas publishes.
const PARTY: &str = "103.26.9.7";

static SETS: LazyLock<[AddressSet; 3]> = LazyLock::new(|| {
    [&[HERE][..], &[HERE, THERE], &[HERE, THERE, AROUND]].map(|e| AddressSet::of(&e.iter().map(|e| IpEntry::parse(e)).collect::<Vec<_>>()))
});

/// An amount of USDT, or of BTC.
#[derive(Clone, Copy, Debug)]
enum Sum {
    Usdt(u8),
    Btc(u8),
}

impl Sum {
    fn text(self) -> String {
        match self {
            Self::Usdt(n) => format!("{n} USDT"),
            Self::Btc(n) => format!("{n} BTC"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Protected {
    list: Option<bool>,
    hours: Option<u8>,
    factor: Option<bool>,
    /// The inner nothing is no limit.
    limit: Option<Option<u8>>,
    payout: Option<Sum>,
}

#[derive(Clone, Copy, Debug)]
struct AccountIs {
    /// A sub-account of the first account of its exchange, or an account of its own.
    sub: bool,
    balance: Option<Sum>,
    working: Option<Sum>,
    may_leave: Option<bool>,
    withdrawals: Option<Protected>,
}

#[derive(Clone, Copy, Debug)]
enum From {
    Anywhere,
    Here,
    There,
    Around,
    Party,
    Somewhere,
}

#[derive(Clone, Copy, Debug)]
struct KeyIs {
    /// On one of the accounts; on none that is declared, where there is no such.
    account: usize,
    rights: [Option<bool>; 4],
    own_wallets: Option<bool>,
    makes_keys: Option<bool>,
    adds_addresses: Option<bool>,
    from: Option<From>,
    works: Option<bool>,
    /// Of four systems.
    system: Option<usize>,
    party: bool,
    task: Option<usize>,
    replaces_first: bool,
}

#[derive(Clone)]
struct Desk {
    deribit: bool,
    rates: bool,
    noticed_hours: u8,
    accounts: Vec<AccountIs>,
    keys: Vec<KeyIs>,
}

fn sums() -> impl Strategy<Value = Sum> {
    prop_oneof![3 => (0..40u8).prop_map(Sum::Usdt), 1 => (0..9u8).prop_map(Sum::Btc)]
}

fn accounts() -> impl Strategy<Value = AccountIs> {
    let hours = prop_oneof![Just(0u8), Just(12), Just(24), Just(72)];
    let protected =
        (option::of(any::<bool>()), option::of(hours), option::of(any::<bool>()), option::of(option::of(0..30u8)), option::of(sums()))
            .prop_map(|(list, hours, factor, limit, payout)| Protected { list, hours, factor, limit, payout });
    (any::<bool>(), option::weighted(0.8, sums()), option::of(sums()), option::of(any::<bool>()), option::of(protected))
        .prop_map(|(sub, balance, working, may_leave, withdrawals)| AccountIs { sub, balance, working, may_leave, withdrawals })
}

fn keys() -> impl Strategy<Value = KeyIs> {
    let from = prop_oneof![
        Just(From::Anywhere),
        Just(From::Here),
        Just(From::There),
        Just(From::Around),
        Just(From::Party),
        Just(From::Somewhere)
    ];
    let facts = (0..4usize, [(); 4].map(|()| option::of(any::<bool>())), option::of(any::<bool>()), option::weighted(0.3, any::<bool>()));
    let more = (option::weighted(0.3, any::<bool>()), option::weighted(0.8, from), option::weighted(0.3, any::<bool>()));
    let declared = (option::of(0..4usize), proptest::bool::weighted(0.2), option::of(0..5usize), proptest::bool::weighted(0.2));
    (facts, more, declared).prop_map(
        |((account, rights, own_wallets, makes_keys), (adds_addresses, from, works), (system, party, task, replaces_first))| KeyIs {
            account,
            rights,
            own_wallets,
            makes_keys,
            adds_addresses,
            from,
            works,
            system,
            party,
            task,
            replaces_first,
        },
    )
}

fn desks() -> impl Strategy<Value = Desk> {
    let hours = prop_oneof![Just(2u8), Just(24), Just(36), Just(80)];
    (any::<bool>(), any::<bool>(), hours, proptest::collection::vec(accounts(), 1..4), proptest::collection::vec(keys(), 1..4))
        .prop_map(|(deribit, rates, noticed_hours, accounts, keys)| Desk { deribit, rates, noticed_hours, accounts, keys })
}

fn fact<T>(value: T) -> Option<Fact<T>> {
    Some(Fact::exported(value, Span::new(TextId(0), 0, 1)))
}

/// As a person would report it: the declaration, and a line for each key and for what the accounts' exports state.
impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.declaration())?;
        for (at, account) in self.accounts.iter().enumerate().filter(|(_, a)| a.may_leave.is_some()) {
            writeln!(f, "account {at}: may be moved out of: {:?}", account.may_leave)?;
        }
        self.keys.iter().enumerate().try_for_each(|(at, key)| {
            let KeyIs { rights, own_wallets, makes_keys, adds_addresses, from, works, .. } = key;
            writeln!(f, "key {at}: read, trade, transfer, withdraw {rights:?}, own wallets {own_wallets:?}, makes keys {makes_keys:?}, adds addresses {adds_addresses:?}, from {from:?}, works {works:?}")
        })
    }
}

impl Desk {
    fn exchange(&self) -> Exchange {
        if self.deribit { Exchange::Deribit } else { Exchange::Binance }
    }

    fn key(&self, at: usize, is: &KeyIs) -> Box<Key> {
        let mut key = Key::new(self.exchange());
        key.id = fact(KeyId(format!("{at}KEYKEYKEYKEYKEY{at}")));
        key.payloads.push(("an answer", Span::new(TextId(0), 0, 1)));
        let stated = |value: Option<bool>| value.and_then(fact);
        let [read, trade, transfer, withdraw] = is.rights.map(stated);
        (key.permissions.read, key.permissions.trade, key.permissions.transfer, key.permissions.withdraw) =
            (read, trade, transfer, withdraw);
        (key.permissions.administer_keys, key.permissions.administer_addresses) = (stated(is.makes_keys), stated(is.adds_addresses));
        key.transfer_reach =
            is.own_wallets.and_then(|own| fact(if own { TransferReach::OwnWallets } else { TransferReach::BetweenAccounts }));
        let listed = |entry: &str| fact(IpWhitelist::Listed(vec![fact(IpEntry::parse(entry)).unwrap()]));
        key.ip_whitelist = match is.from {
            None => None,
            Some(From::Anywhere) => fact(IpWhitelist::Unrestricted),
            Some(From::Here) => listed(HERE),
            Some(From::There) => listed(THERE),
            Some(From::Around) => listed(AROUND),
            Some(From::Party) => listed(PARTY),
            Some(From::Somewhere) => fact(IpWhitelist::Restricted),
        };
        key.status = is.works.and_then(|works| fact(if works { Status::Active } else { Status::Disabled }));
        key.expires = fact(Expiry::Never);
        Box::new(key)
    }

    /// The declaration, as a person writes it.
    fn declaration(&self) -> String {
        let exchange = self.exchange().id();
        let mut out = String::from(
            "version: 1\nsystems:\n  s0: { egress: [51.158.10.20], server: one }\n  s1: { egress: [146.59.3.7], server: one }\n",
        );
        out.push_str("  s2: { server: two }\n  s3: {}\nthird-parties: { copy: { service: 3commas }, mirror: {} }\naccounts:\n");
        for (at, account) in self.accounts.iter().enumerate() {
            out.push_str(&format!("  {exchange}/a{at}: {{ id: \"10{at}\""));
            if account.sub && at > 0 {
                out.push_str(&format!(", parent: {exchange}/a0"));
            }
            for (name, sum) in [("balance", account.balance), ("working-balance", account.working)] {
                sum.into_iter().for_each(|s| out.push_str(&format!(", {name}: {}", s.text())));
            }
            if let Some(w) = account.withdrawals {
                out.push_str(", withdrawals: { ");
                w.list.into_iter().for_each(|on| out.push_str(&format!("address-whitelist: {on}, ")));
                let hold = w.hours.map(|h| if h == 0 { "none".to_owned() } else { format!("{h} hours") });
                hold.into_iter().for_each(|h| out.push_str(&format!("hold: {h}, ")));
                let (factor, channel) = if w.factor == Some(true) { ("totp", "app") } else { ("email", "email") };
                w.factor.into_iter().for_each(|_| out.push_str(&format!("second-factor: [{factor}], confirmed-by: [{channel}], ")));
                let limit = w.limit.map(|l| l.map_or_else(|| "none".to_owned(), |l| format!("{l} USDT")));
                limit.into_iter().for_each(|l| out.push_str(&format!("daily-limit: {l}, ")));
                w.payout.into_iter().for_each(|p| out.push_str(&format!("regular-payout: {}, ", p.text())));
                out.push('}');
            }
            out.push_str(" }\n");
        }
        out.push_str("keys:\n");
        for (at, key) in self.keys.iter().enumerate() {
            out.push_str(&format!("  - {{ key: {exchange} {at}KEY…"));
            if key.account < self.accounts.len() {
                out.push_str(&format!(", account: {exchange}/a{}", key.account));
            }
            key.system.into_iter().for_each(|s| out.push_str(&format!(", system: s{s}")));
            key.task
                .into_iter()
                .for_each(|t| out.push_str(&format!(", task: {}", ["trading", "reporting", "payouts", "transfers", "trading?"][t])));
            if key.party {
                out.push_str(if at == 0 { ", third-party: copy" } else { ", third-party: mirror" });
            }
            if key.replaces_first && at > 0 {
                out.push_str(&format!(", replaces: {exchange} 0KEY…"));
            }
            out.push_str(" }\n");
        }
        out.push_str(&format!("policy:\n  noticed-after: {} hours\n", self.noticed_hours));
        if self.rates {
            out.push_str("  rates: { BTC: 3 USDT }\n");
        }
        out
    }

    fn inventory(&self) -> Inventory {
        let text = self.declaration();
        let declaration = Declaration::read(TextId(1), &text).unwrap_or_else(|p| panic!("{text}\n{p:?}"));
        let mut accounts = Vec::new();
        for (at, is) in self.accounts.iter().enumerate() {
            let mut account = Account::new(self.exchange());
            account.ids = vec![fact(format!("10{at}")).unwrap()];
            account.may_transfer_out = is.may_leave.and_then(fact);
            accounts.push(account);
        }
        let keys = self.keys.iter().enumerate().map(|(at, k)| self.key(at, k)).collect();
        join(vec![Evidence { text: TextId(0), path: "exports/all.json".into(), keys, accounts, addresses: Vec::new() }], Some(declaration))
            .0
    }

    fn estate<'i>(&self, inventory: &'i Inventory) -> Estate<'i> {
        Estate::of(inventory, &inventory.declaration.as_ref().unwrap().policy, Time::parse("2026-11-01").unwrap())
    }

    /// Whether a limit in USDT may stand for an amount of BTC, of which nobody says what it is worth. The two cannot be
    /// compared, so that there what is known and what is not is neither more nor less.
    fn mixes_limits(&self) -> bool {
        let btc = |s: &Option<Sum>| matches!(s, Some(Sum::Btc(_)));
        let limited = |a: &AccountIs| a.withdrawals.is_some_and(|w| matches!(w.limit, Some(Some(_))) || w.payout.is_some());
        !self.rates && self.accounts.iter().any(limited) && self.accounts.iter().any(|a| btc(&a.balance) || btc(&a.working))
    }
}

/// Something that can only help who has the key.
#[derive(Clone, Copy, Debug)]
enum Weaker {
    Right(usize),
    RightUnknown(usize),
    MakesKeys,
    AddsAddresses,
    BetweenAccounts,
    FromAnywhere,
    FromUnknown,
    FromMore,
    FromARange,
    Works,
    WorksUnknown,
    ServerUnknown,
    PartyUnknown,
    RequestsLast,
    RequestsUnknown,
    Balance,
    BalanceUnknown,
    MayLeave,
    MayLeaveUnknown,
    NoList,
    ListUnknown,
    ShorterHold,
    NoHold,
    HoldUnknown,
    MailboxIsEnough,
    FactorUnknown,
    HigherLimit,
    NoLimit,
    LimitUnknown,
    NoticedLater,
    OtherAccounts,
}

const WEAKER: [Weaker; 31] = [
    Weaker::Right(1),
    Weaker::RightUnknown(1),
    Weaker::MakesKeys,
    Weaker::AddsAddresses,
    Weaker::BetweenAccounts,
    Weaker::FromAnywhere,
    Weaker::FromUnknown,
    Weaker::FromMore,
    Weaker::FromARange,
    Weaker::Works,
    Weaker::WorksUnknown,
    Weaker::ServerUnknown,
    Weaker::PartyUnknown,
    Weaker::RequestsLast,
    Weaker::RequestsUnknown,
    Weaker::Balance,
    Weaker::BalanceUnknown,
    Weaker::MayLeave,
    Weaker::MayLeaveUnknown,
    Weaker::NoList,
    Weaker::ListUnknown,
    Weaker::ShorterHold,
    Weaker::NoHold,
    Weaker::HoldUnknown,
    Weaker::MailboxIsEnough,
    Weaker::FactorUnknown,
    Weaker::HigherLimit,
    Weaker::NoLimit,
    Weaker::LimitUnknown,
    Weaker::NoticedLater,
    Weaker::OtherAccounts,
];

/// Changes a key and its account, or another one; nothing where the change is none.
fn weaken(estate: &mut Estate<'_>, weaker: Weaker, key: usize, account: usize) -> Option<()> {
    let key = estate.keys.get_mut(key)?;
    let account = estate.accounts.get_mut(account)?;
    match weaker {
        Weaker::Right(at) => key.rights[at] = Some(true),
        Weaker::RightUnknown(at) => key.rights[at] = None,
        Weaker::MakesKeys => key.administers = true,
        Weaker::AddsAddresses => key.adds_addresses = true,
        Weaker::BetweenAccounts => key.between_accounts = true,
        Weaker::FromAnywhere => key.whitelist = Some(Whitelist::Open),
        Weaker::FromUnknown => key.whitelist = None,
        Weaker::FromMore => match key.whitelist {
            Some(Whitelist::Listed(set)) if *set == SETS[0] => key.whitelist = Some(Whitelist::Listed(&SETS[1])),
            _ => return None,
        },
        Weaker::FromARange => match key.whitelist {
            Some(Whitelist::Listed(set)) if set.ranges().all(|r| SETS[2].covers(&r)) => key.whitelist = Some(Whitelist::Wide(&SETS[2])),
            _ => return None,
        },
        Weaker::Works => key.works = Some(true),
        Weaker::WorksUnknown => key.works = None,
        Weaker::ServerUnknown => key.server = Source::WhereItIsUsed,
        Weaker::PartyUnknown => key.party = Some(Source::WhereItIsUsed),
        Weaker::RequestsLast => key.times_requests = Some(false),
        Weaker::RequestsUnknown => key.times_requests = None,
        Weaker::Balance => {
            let currency = account.balance.parts().next()?.0.clone();
            account.balance.add(&Amounts::of(Some(&Money::new(7.into(), &currency).unwrap()), &Rates::default()));
        }
        Weaker::BalanceUnknown => account.balance = Amounts::unknown(),
        Weaker::MayLeave => account.may_transfer_out = Some(true),
        Weaker::MayLeaveUnknown => account.may_transfer_out = None,
        Weaker::NoList => account.address_whitelist = Some(false),
        Weaker::ListUnknown => account.address_whitelist = None,
        Weaker::ShorterHold => account.hold = Some(Period::from_millis(account.hold?.as_millis() / 2)),
        Weaker::NoHold => account.hold = Some(Period::default()),
        Weaker::HoldUnknown => account.hold = None,
        Weaker::MailboxIsEnough => account.more_than_mailbox = Some(false),
        Weaker::FactorUnknown => account.more_than_mailbox = None,
        Weaker::HigherLimit => {
            let limit = account.limit.clone()??;
            account.limit = Some(Some(Money::new(limit.amount() + keylint::model::money::Decimal::from(9), limit.currency()).unwrap()));
        }
        Weaker::NoLimit => account.limit = Some(None),
        Weaker::LimitUnknown => account.limit = None,
        Weaker::NoticedLater => estate.noticed = Period::from_millis(estate.noticed.as_millis() * 3),
        Weaker::OtherAccounts => estate.families.get_mut(account.family)?.complete = false,
    }
    estate.total();
    Some(())
}

/// No bound of `less` is above that of `more`, and nothing is executed in `less` alone.
fn no_more(less: &Radius, more: &Radius, what: &dyn fmt::Debug) -> Result<(), TestCaseError> {
    let mut opened = false;
    for (at, (a, b)) in less.keys.iter().zip(&more.keys).enumerate() {
        for (low, high) in a.ways.iter().zip(&b.ways) {
            for operation in Operation::ALL {
                let (l, h) = (low.cell(operation), high.cell(operation));
                let lost = l.bound.parts().any(|(currency, amount)| amount > h.bound.amount(currency));
                opened |= lost || l.bound.is_open() != h.bound.is_open();
                prop_assert!(
                    l.bound.is_within(&h.bound),
                    "{what:?}: key {at}, {:?}, {operation:?}: {} and not {}",
                    low.way,
                    l.bound,
                    h.bound
                );
                let executed = !l.decision.is_executed() || h.decision.is_executed();
                prop_assert!(executed, "{what:?}: key {at}, {:?}, {operation:?}: stopped by {:?}", low.way, h.decision.stopped_by);
            }
        }
    }
    prop_assert!(less.most.is_within(&more.most), "{what:?}: at most {} and not {}", less.most, more.most);
    // Of two leaks the one with the larger known amount is named as the worst: where a known amount becomes unknown, that
    // may be another one, and `most` says that there is more.
    if !opened && less.main == more.main {
        let (low, high) = (less.worst.as_ref().map(|w| w.bound.clone()), more.worst.as_ref().map(|w| w.bound.clone()));
        let (low, high) = (low.unwrap_or_default(), high.unwrap_or_default());
        prop_assert!(low.order(&high, more.main.as_deref()).is_le(), "{what:?}: the worst costs {low} and not {high}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_can_only_help_who_has_a_key_never_lowers_a_bound(desk in desks(), key in 0..3usize, account in 0..4usize, right in 0..4usize) {
        let inventory = desk.inventory();
        let estate = desk.estate(&inventory);
        let before = run(&estate);
        for weaker in WEAKER {
            let weaker = match weaker {
                Weaker::Right(_) => Weaker::Right(right),
                Weaker::RightUnknown(_) => Weaker::RightUnknown(right),
                Weaker::BalanceUnknown if desk.mixes_limits() => continue,
                other => other,
            };
            let mut changed = estate.clone();
            if weaken(&mut changed, weaker, key.min(desk.keys.len() - 1), account.min(estate.accounts.len() - 1)).is_some() {
                no_more(&before, &run(&changed), &weaker)?;
            }
        }
    }

    #[test]
    fn a_proposed_change_never_raises_a_bound(desk in desks()) {
        let inventory = desk.inventory();
        let estate = desk.estate(&inventory);
        let before = run(&estate);
        let plan = plan(&estate, &inventory, &before);
        let (mut all, mut last) = (estate.clone(), run(&estate));
        for fix in &plan.fixes {
            if desk.mixes_limits() && matches!(fix.change, Change::WorkingBalance { .. }) {
                continue;
            }
            let mut alone = estate.clone();
            fix.change.apply(&mut alone, &inventory);
            no_more(&run(&alone), &before, &fix.change)?;
            // What families hold is kept up to date, and not only added up anew.
            let mut anew = alone.clone();
            anew.total();
            for (kept, added) in alone.families.iter().zip(&anew.families) {
                prop_assert!(kept.total.is_within(&added.total) && added.total.is_within(&kept.total), "{} {}", kept.total, added.total);
                prop_assert!(kept.movable.is_within(&added.movable) && added.movable.is_within(&kept.movable));
            }
            fix.change.apply(&mut all, &inventory);
            let now = run(&all);
            no_more(&now, &last, &fix.change)?;
            last = now;
        }
        prop_assert!(plan.after.most.is_within(&before.most));
    }

    #[test]
    fn a_balance_above_the_working_one_is_proposed_wherever_any_leak_reaches_it(desk in desks()) {
        let inventory = desk.inventory();
        let estate = desk.estate(&inventory);
        let before = run(&estate);
        let plan = plan(&estate, &inventory, &before);
        for (account, facts) in estate.accounts.iter().enumerate() {
            let change = Change::WorkingBalance { account };
            let above = facts.working.as_ref().is_some_and(|w| w.is_within(&facts.balance) && !facts.balance.is_within(w));
            let mut changed = estate.clone();
            change.apply(&mut changed, &inventory);
            let after = run(&changed);
            let reached = before.keys.iter().zip(&after.keys).any(|(a, b)| {
                let cells = a.ways.iter().zip(&b.ways).flat_map(|(a, b)| Operation::ALL.map(|o| (a.cell(o).bound.clone(), b.cell(o).bound.clone())));
                cells.into_iter().any(|(a, b)| !a.without(&b).is_zero())
            });
            let proposed = plan.fixes.iter().any(|f| f.change == change);
            prop_assert_eq!(above && reached, proposed, "{:?}", change);
        }
    }
}
