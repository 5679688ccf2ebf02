//! From the model's numbers to the words of the document.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{AfterOut, BoundOut, ConcernOut, FixOut, KeyOut, LeakOut, LeakedOut, OperationOut, ReachedOut, SettingOut, SubjectOut, WayOut};
use crate::exposure::decide::Whitelist;
use crate::exposure::estate::KeyFacts;
use crate::exposure::fixes::{Plan, Step, restricted};
use crate::exposure::radius::reached;
use crate::exposure::{Amounts, Change, Estate, Fix, KeyRadius, Leak, Operation, Radius, Reach, Way, WayRadius, weigh};
use crate::finding::SubjectName;
use crate::inventory::Inventory;
use crate::model::Right;
use crate::text::clean;

/// Keys of a leak that are named.
const NAMED: usize = 3;

/// Makes words of numbers.
pub(in crate::report) struct Rows<'a> {
    inventory: &'a Inventory,
    estate: &'a Estate<'a>,
    main: Option<&'a str>,
    /// Of each family how many of its accounts may be moved out of.
    movable: Vec<usize>,
}

impl<'a> Rows<'a> {
    /// For an inventory and what the model makes of it.
    pub(in crate::report) fn new(inventory: &'a Inventory, estate: &'a Estate<'a>, main: Option<&'a str>) -> Self {
        let may = |at: &&usize| estate.accounts.get(**at).is_some_and(|a| a.may_transfer_out != Some(false));
        let movable = estate.families.iter().map(|f| f.members.iter().filter(may).count()).collect();
        Self { inventory, estate, main, movable }
    }

    fn key(&self, at: usize) -> SubjectOut {
        let name = self.inventory.keys.get(at).map(|k| self.inventory.subject_of_key(k));
        name.map_or(SubjectOut { kind: "key", exchange: None, account: None, id: None, label: None }, subject)
    }

    fn account(&self, at: usize) -> SubjectOut {
        let name = self.inventory.accounts.get(at).map(|a| self.inventory.subject_of_account(a, at));
        name.map_or(SubjectOut { kind: "account", exchange: None, account: None, id: None, label: None }, subject)
    }

    fn account_name(&self, at: usize) -> String {
        let name = self.inventory.accounts.get(at).and_then(Inventory::account_name).map(|n| clean(n).into_owned());
        name.unwrap_or_else(|| "its own account".to_owned())
    }

    /// The keys, the one whose leak is worst first; or the one that was asked for.
    pub(super) fn keys(&self, radius: &Radius, only: Option<usize>) -> Vec<KeyOut> {
        let mut out: Vec<(KeyOut, Amounts)> = Vec::new();
        for (at, key) in radius.keys.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == *at)) {
            let worst = key.worst_first(self.main);
            let bound = worst.first().map(|w| w.bound().clone()).unwrap_or_default();
            out.push((self.key_out(at, key, &worst, only.is_some()), bound));
        }
        let rank = |k: &KeyOut| k.severity;
        out.sort_by(|(a, x), (b, y)| match rank(b).cmp(&rank(a)) {
            Ordering::Equal => y.order(x, self.main),
            other => other,
        });
        out.into_iter().map(|(key, _)| key).collect()
    }

    /// What the leak of one key's secret costs.
    pub(in crate::report) fn leaked(&self, at: usize, key: &KeyRadius) -> LeakedOut {
        let worst = key.worst_first(self.main);
        let KeyOut { severity, because, ways, .. } = self.key_out(at, key, &worst, false);
        LeakedOut { severity, because, ways }
    }

    fn key_out(&self, at: usize, key: &KeyRadius, worst: &[&WayRadius], with_reached: bool) -> KeyOut {
        let weight = weigh(self.estate, self.inventory, at);
        let facts = self.estate.keys.get(at);
        let furthest = key.ways.iter().flat_map(|w| &w.operations).map(|c| c.reach).max().unwrap_or(Reach::None);
        let largest = |reach: Reach| facts.and_then(|f| reached(self.estate, f, reach).next());
        // How far each kind of reach goes is the same for all ways: it is looked up once.
        let far = [Reach::None, Reach::Own, Reach::Movable, Reach::All].map(|reach| {
            let count = facts.map_or(0, |f| self.count(f, reach));
            let own = facts.and_then(|f| f.account).map_or_else(|| "its own account".to_owned(), |a| self.account_name(a));
            let mut path = vec![own];
            path.extend(largest(reach).map(|a| self.account_name(a)));
            (reach, count, path)
        });
        let reached_out = with_reached.then(|| {
            let by = if furthest == Reach::All { "administer" } else { "transfer" };
            let members = facts.into_iter().flat_map(|f| reached(self.estate, f, furthest));
            let balance = |a: usize| self.estate.accounts.get(a).map(|a| a.balance.clone()).unwrap_or_default();
            let one = |a: usize| ReachedOut { account: self.account_name(a), by, balance: self.shown(&balance(a)) };
            members.map(one).collect()
        });
        KeyOut {
            at,
            subject: self.key(at),
            severity: weight.as_ref().map(|w| w.severity),
            because: weight.map(|w| w.because),
            ways: worst.iter().map(|w| self.way(w, &far)).collect(),
            reached: reached_out,
        }
    }

    /// How many accounts a reach goes to beyond a key's own.
    fn count(&self, key: &KeyFacts<'_>, reach: Reach) -> usize {
        let Some(account) = self.estate.account_of(key) else { return 0 };
        let (own, all) = match reach {
            Reach::None | Reach::Own => return 0,
            Reach::Movable => (account.may_transfer_out != Some(false), self.movable.get(account.family).copied()),
            Reach::All => (true, self.estate.families.get(account.family).map(|f| f.members.len())),
        };
        all.unwrap_or(0).saturating_sub(usize::from(own))
    }

    fn way(&self, way: &WayRadius, far: &[(Reach, usize, Vec<String>)]) -> WayOut {
        let bound = way.bound();
        let operations = Operation::ALL.into_iter().map(|operation| {
            let cell = way.cell(operation);
            let executed = cell.decision.is_executed();
            // Reading goes no further than the key's own account, unless it makes keys.
            let reach = if operation == Operation::Read && cell.reach != Reach::All { cell.reach.min(Reach::Own) } else { cell.reach };
            let (count, path) = far.iter().find(|(r, ..)| *r == reach).map(|(_, n, p)| (*n, p.clone())).unwrap_or_default();
            OperationOut {
                operation: operation.id(),
                executed,
                stopped_by: cell.decision.stopped_by.map(crate::exposure::Check::id),
                assumed: cell.decision.assumed.iter().map(|c| c.id()).collect(),
                bound: self.bound(&cell.bound),
                bounds: self.bounds(&cell.bound),
                path: if executed { path } else { Vec::new() },
                reaches: if executed { count } else { 0 },
            }
        });
        WayOut { way: way.way.id(), bound: self.bound(bound), bounds: self.bounds(bound), operations: operations.collect() }
    }

    /// The bound in the main currency, or in the first there is; nothing where there is no amount at all. A balance that is
    /// stated as zero is one.
    pub(super) fn bound(&self, amounts: &Amounts) -> Option<BoundOut> {
        (amounts.is_open() || amounts.parts().next().is_some()).then(|| self.shown(amounts))
    }

    fn shown(&self, amounts: &Amounts) -> BoundOut {
        let all = self.bounds(amounts);
        let main = all.iter().find(|b| b.currency.as_deref() == self.main).or(all.first());
        let several = all.len() > 1;
        main.map_or_else(
            || BoundOut { amount: Some("0".to_owned()), currency: None, at_least: false },
            |b| BoundOut { at_least: b.at_least || several, ..b.clone() },
        )
    }

    /// The bounds by currency; one without an amount where nothing but "everything" is known.
    pub(super) fn bounds(&self, amounts: &Amounts) -> Vec<BoundOut> {
        let at_least = amounts.is_open();
        let part = |(currency, amount): (&std::sync::Arc<str>, crate::model::money::Decimal)| BoundOut {
            amount: Some(amount.normalize().to_string()),
            currency: Some(currency.to_string()),
            at_least,
        };
        // Beside something unknown a zero says nothing.
        let mut out: Vec<BoundOut> = amounts.parts().filter(|(_, a)| !(at_least && a.is_zero())).map(part).collect();
        if out.is_empty() && at_least {
            out.push(BoundOut { amount: None, currency: None, at_least });
        }
        out
    }

    pub(super) fn leak(&self, leak: &Leak) -> LeakOut {
        let subjects: Vec<SubjectOut> = leak.keys.iter().map(|k| self.key(*k)).collect();
        let names: Vec<String> = leak.keys.iter().take(NAMED).map(|k| self.key_words(*k)).collect();
        let more = leak.keys.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let of = format!("{}{more}", names.join(", "));
        let how = match (leak.way, &leak.place) {
            (Way::KeyAndSecret, _) => format!("key and secret of {of} leak"),
            (Way::Mailbox, _) => format!("key and secret of {of} leak, and the mailbox is taken over"),
            (Way::Server, Some(place)) => format!("{} is taken over, with {of}", clean(place)),
            (Way::Server, None) => format!("the server that uses {of} is taken over"),
            (Way::ThirdParty, Some(place)) => format!("the servers of {} are taken over, with {of}", clean(place)),
            (Way::ThirdParty, None) => format!("the servers of the third party that holds {of} are taken over"),
            (Way::Replay, _) => format!("a recorded request of {of} is sent again"),
            (Way::KeyIdOnly, _) => format!("the key id of {of} leaks"),
        };
        LeakOut {
            way: leak.way.id(),
            place: leak.place.as_ref().map(|p| clean(p).into_owned()),
            subjects,
            bound: self.bound(&leak.bound),
            bounds: self.bounds(&leak.bound),
            words: format!("{}: {how}", leak.bound),
        }
    }

    pub(in crate::report) fn key_words(&self, at: usize) -> String {
        let subject = self.key(at);
        let exchange = subject.exchange.unwrap_or("?");
        match (subject.id, subject.label, subject.account) {
            (Some(id), ..) => format!("{exchange} {id}"),
            (None, Some(label), _) => format!("{exchange} ({label})"),
            (None, None, Some(account)) => format!("the key of {account}"),
            (None, None, None) => format!("a key at {exchange}"),
        }
    }

    pub(super) fn fixes(&self, plan: &Plan, only: Option<usize>) -> Vec<FixOut> {
        let account = only.and_then(|k| self.inventory.keys.get(k)).and_then(|k| k.account);
        let concerned = |f: &&Fix| match (only, f.change.key()) {
            (None, _) => true,
            (Some(only), Some(key)) => only == key,
            (Some(_), None) => f.change.account().is_some() && f.change.account() == account,
        };
        plan.fixes.iter().filter(concerned).map(|f| self.fix(f, only.is_none())).collect()
    }

    fn fix(&self, fix: &Fix, of_all: bool) -> FixOut {
        let (change, setting) = self.change(&fix.change);
        let mut concerns: BTreeMap<Way, Vec<&'static str>> = BTreeMap::new();
        for (way, operation) in &fix.concerns {
            concerns.entry(*way).or_default().push(operation.id());
        }
        let only_reading = fix.concerns.iter().all(|(_, o)| *o == Operation::Read);
        let removes_words = match (fix.removes.is_zero(), only_reading) {
            (true, true) => "reading".to_owned(),
            (true, false) => "a way to the same amount".to_owned(),
            _ => fix.removes.to_string(),
        };
        FixOut {
            change,
            subject: match (fix.change.key(), fix.change.account()) {
                (Some(key), _) => self.key(key),
                (None, Some(account)) => self.account(account),
                (None, None) => SubjectOut { kind: "key", exchange: None, account: None, id: None, label: None },
            },
            setting,
            removes: self.bound(&fix.removes),
            removes_all: self.bounds(&fix.removes),
            removes_words,
            concerns: concerns.into_iter().map(|(way, operations)| ConcernOut { way: way.id(), operations }).collect(),
            // What is left concerns all keys: to who asked about one, it says nothing.
            then: fix.then.as_ref().filter(|_| of_all).map(|s| self.after(s)),
        }
    }

    pub(super) fn after(&self, step: &Step) -> AfterOut {
        AfterOut { worst: step.worst.as_ref().map(|l| self.leak(l)), most: self.bounds(&step.most) }
    }

    /// A change in words, and the setting that it is.
    fn change(&self, change: &Change) -> (String, SettingOut) {
        let inventory = self.inventory;
        let setting = |name, value: &dyn std::fmt::Display| SettingOut { name, value: value.to_string() };
        let record = change.key().and_then(|k| inventory.keys.get(k));
        match change {
            Change::Revoke { .. } => ("revoke it: another key has replaced it".to_owned(), setting("status", &"disabled")),
            Change::TurnOff { key, right } => {
                let place = Operation::ALL.iter().position(|o| o.right() == *right);
                let stated = place.and_then(|at| self.estate.keys.get(*key)?.rights.get(at).copied());
                let unstated = if stated == Some(None) { ", if it is on: no export says" } else { "" };
                let inferred = record.is_some_and(|r| !r.task.declared);
                let task = record.and_then(|r| r.task.word()).map_or("task", crate::declaration::TaskWord::id);
                let why = if inferred { format!(", unless it is more than a {task} key") } else { String::new() };
                let name = match right {
                    Right::Read => "permissions.read",
                    Right::Trade => "permissions.trade",
                    Right::Transfer => "permissions.transfer",
                    Right::Withdraw => "permissions.withdraw",
                    Right::Administer => "permissions.administer",
                };
                (format!("turn off {}{unstated}{why}", right.id()), setting(name, &false))
            }
            Change::RestrictAddresses { .. } => {
                let whitelist = change.key().and_then(|k| self.estate.keys.get(k)).map(|k| restricted(record, k));
                match whitelist {
                    Some(Whitelist::Listed(set)) => {
                        let list = set.ranges().take(4).map(|r| r.to_string()).collect::<Vec<_>>().join(", ");
                        let more = if set.ranges().count() > 4 { ", \u{2026}" } else { "" };
                        (format!("let only {list}{more} use it"), setting("ip_whitelist", &list))
                    }
                    _ => ("let only the addresses that it is used from use it".to_owned(), setting("ip_whitelist", &"restricted")),
                }
            }
            Change::AddressWhitelist { .. } => {
                ("let withdrawals go only to saved addresses".to_owned(), setting("withdrawals.address-whitelist", &true))
            }
            Change::Hold { hold, .. } => (format!("let new addresses wait for {hold}"), setting("withdrawals.hold", hold)),
            Change::SecondFactor { .. } => (
                "ask for a code or a hardware key, not only the mailbox, to add an address".to_owned(),
                setting("withdrawals.second-factor", &"totp"),
            ),
            Change::DailyLimit { limit, .. } => {
                (format!("let no more than the regular payout of {limit} leave in a day"), setting("withdrawals.daily-limit", limit))
            }
            Change::WorkingBalance { account } => {
                let working = self.estate.accounts.get(*account).and_then(|a| a.working.clone()).unwrap_or_default();
                (
                    format!("keep no more than the working balance of {working} on it, the rest where no key reaches it"),
                    setting("balance", &working.parts().map(|(c, a)| format!("{a} {c}")).collect::<Vec<_>>().join(" + ")),
                )
            }
        }
    }
}

fn subject(name: SubjectName) -> SubjectOut {
    SubjectOut {
        kind: name.kind,
        exchange: name.exchange.map(crate::model::Exchange::id),
        account: name.account,
        id: name.id,
        label: name.label,
    }
}
