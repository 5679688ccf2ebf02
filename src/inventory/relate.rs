//! Relations that need the whole inventory, computed once: tasks, parents, systems beside each other, keys that replace
//! or back up others, trading keys beside reporting keys.

use std::collections::BTreeMap;

use super::{AccountRecord, Egress, Inventory, KeyRecord, Neighbours, TaskFact, Withdrawals};
use crate::declaration::{TaskWord, key_reference, names};
use crate::document::Spanned;
use crate::exchanges::profile;
use crate::model::ip::{AddressSet, IpRange};
use crate::model::time::Hold;
use crate::model::{AccountKind, Fact, IpWhitelist, KeyId};
use crate::text::Span;

/// How many trading keys are named beside a reporting key.
const NAMED: usize = 3;

impl Inventory {
    /// Computes all relations from the facts as they are now. Called again after a fact was taken away.
    pub(super) fn relate(&mut self) {
        self.relate_keys();
        self.relate_accounts();
        self.relate_references();
        self.relate_neighbours();
    }

    fn relate_keys(&mut self) {
        let tasks: Vec<TaskFact> = self.keys.iter().map(|k| self.task_of(k)).collect();
        let egress: Vec<Option<Egress>> = self.keys.iter().map(|k| self.egress_of(k)).collect();
        for ((key, task), egress) in self.keys.iter_mut().zip(tasks).zip(egress) {
            key.derive();
            key.task = task;
            key.egress = egress;
        }
    }

    /// A backup that is left out is none: what a system has is what is declared of it.
    fn egress_of(&self, key: &KeyRecord) -> Option<Egress> {
        let systems = self.systems(key);
        if systems.is_empty() {
            return None;
        }
        let (mut used, mut unused, mut doubtful) = (Vec::new(), Vec::new(), Vec::new());
        for (system, _) in &systems {
            used.extend(system.egress.iter().flatten().map(|a| a.value.0));
            let backups = match system.backup_in_use.as_ref().map(|b| b.value) {
                Some(true) => &mut used,
                Some(false) => &mut unused,
                None => &mut doubtful,
            };
            backups.extend(system.backup_egress.iter().flatten().map(|a| a.value.0));
        }
        Some(Egress {
            used: AddressSet::of_ranges(used),
            unused: AddressSet::of_ranges(unused),
            doubtful: AddressSet::of_ranges(doubtful),
            complete: systems.iter().all(|(s, _)| s.egress.is_some()),
        })
    }

    /// The declared task; of several, the strictest, so that an entry cannot excuse what another one forbids.
    fn task_of(&self, key: &KeyRecord) -> TaskFact {
        let declared = self.entries(key).filter_map(|e| e.value.task.as_ref()).min_by_key(|t| t.value.word);
        match declared {
            Some(task) => TaskFact { possible: vec![task.value.word], declared: task.value.confirmed, span: Some(task.span) },
            None => {
                let (possible, span) = key.possible_tasks();
                TaskFact { possible, declared: false, span }
            }
        }
    }

    fn relate_accounts(&mut self) {
        let declaration = self.declaration.clone();
        let section = |a: &AccountRecord| Some(declaration.as_ref()?.accounts.get(a.declared.as_ref()?)?.clone());
        let by_name: BTreeMap<String, usize> =
            self.accounts.iter().enumerate().filter_map(|(i, a)| Some((a.declared.as_ref()?.value.clone(), i))).collect();
        let mut by_id: BTreeMap<_, usize> = BTreeMap::new();
        for (at, record) in self.accounts.iter().enumerate() {
            for id in &record.account.ids {
                by_id.entry((record.account.exchange, id.value.clone())).or_insert(at);
            }
        }
        let named = declaration.iter().flat_map(|d| d.accounts.values()).filter_map(|a| a.parent.as_ref());
        let parents: BTreeMap<&str, &Spanned<String>> = named.map(|p| (p.value.as_str(), p)).collect();
        self.keys_of_account = vec![Vec::new(); self.accounts.len()];
        for (at, key) in self.keys.iter().enumerate() {
            if let Some(list) = key.account.and_then(|a| self.keys_of_account.get_mut(a)) {
                list.push(at);
            }
        }
        let mut children = vec![Vec::new(); self.accounts.len()];
        for at in 0..self.accounts.len() {
            let Some(record) = self.accounts.get(at) else { continue };
            let declared = section(record);
            let parent = declared.as_ref().and_then(|d| d.parent.as_ref());
            let exported_parent =
                record.account.parent.as_ref().and_then(|p| by_id.get(&(record.account.exchange, p.value.clone())).copied());
            let parent_at = parent.and_then(|p| by_name.get(&p.value).copied()).or(exported_parent);
            let is_parent = record.declared.as_ref().and_then(|d| parents.get(d.value.as_str()));
            let from_keys = self.keys_of(at).find_map(|k| k.key.account_kind.clone());
            let kind = record
                .account
                .kind
                .clone()
                .or_else(|| parent.map(|p| Fact::declared(AccountKind::Sub, p.span)))
                .or_else(|| is_parent.map(|p| Fact::declared(AccountKind::Master, p.span)))
                .or(from_keys);
            let withdrawals = self.withdrawals_of(record, declared.as_ref());
            let balance = declared.as_ref().and_then(|d| d.balance.as_ref()).map(|s| Fact::declared(s.value.clone(), s.span));
            let balance = balance.or_else(|| record.account.balance.clone());
            let working = declared.as_ref().and_then(|d| d.working_balance.as_ref()).map(|s| Fact::declared(s.value.clone(), s.span));
            let trading_systems = self.systems_trading_on(at);
            if let Some(list) = parent_at.and_then(|p| children.get_mut(p)) {
                list.push(at);
            }
            if let Some(record) = self.accounts.get_mut(at) {
                record.kind = kind;
                record.parent = parent_at;
                record.withdrawals = withdrawals;
                record.balance = balance;
                record.working_balance = working;
                record.trading_systems = trading_systems;
            }
        }
        for (record, children) in self.accounts.iter_mut().zip(children) {
            record.children = children;
        }
    }

    fn withdrawals_of(&self, record: &AccountRecord, declared: Option<&crate::declaration::Account>) -> Withdrawals {
        let section = declared.and_then(|d| d.withdrawals.as_ref());
        let fixed = profile(record.account.exchange).map(|p| &p.facts);
        let address_whitelist = section.and_then(|w| w.address_whitelist.as_ref()).map(|s| Fact::declared(s.value, s.span));
        let hold = section.and_then(|w| w.hold.as_ref()).map(|s| Fact::declared(s.value, s.span));
        Withdrawals {
            declared: section.is_some(),
            address_whitelist: address_whitelist
                .or_else(|| record.account.address_whitelist.clone())
                .or_else(|| fixed.and_then(|f| f.address_whitelist_always.as_ref()).map(|s| Fact::fixed(s.value))),
            hold: hold.or_else(|| fixed.and_then(|f| f.address_hold.as_ref()).map(|s| Fact::fixed(Hold::of(s.value)))),
        }
    }

    /// The systems of the trading keys on an account, each once. A key may be declared for several accounts: only the
    /// entries that name this one count.
    fn systems_trading_on(&self, account: usize) -> Vec<(String, Span)> {
        let name = self.accounts.get(account).and_then(|a| a.declared.as_ref()).map(|d| d.value.as_str());
        let mut out: Vec<(String, Span)> = Vec::new();
        for key in self.keys_of(account).filter(|k| k.task.word() == Some(TaskWord::Trading)) {
            for entry in self.entries(key) {
                if entry.value.account.as_ref().is_some_and(|a| Some(a.value.as_str()) != name) {
                    continue;
                }
                for system in entry.value.system.iter().flat_map(names) {
                    if !out.iter().any(|(n, _)| *n == system.value) {
                        out.push((system.value, system.span));
                    }
                }
            }
        }
        out
    }

    fn relate_references(&mut self) {
        let mut replaced_by = vec![Vec::new(); self.keys.len()];
        let mut backup_for = vec![Vec::new(); self.keys.len()];
        if self.declaration.is_some() {
            for (at, key) in self.keys.iter().enumerate() {
                for entry in self.entries(key) {
                    // A key is never its own predecessor or backup: such an entry is told where it is joined.
                    let others = |r: &Spanned<String>| self.named(&r.value).into_iter().filter(|other| *other != at).collect::<Vec<_>>();
                    if let Some(reference) = &entry.value.replaces {
                        for other in others(reference) {
                            if let Some(list) = replaced_by.get_mut(other) {
                                list.push((at, reference.span));
                            }
                        }
                    }
                    for other in entry.value.backup_for.iter().flat_map(others) {
                        if let Some(list) = backup_for.get_mut(at) {
                            list.push(other);
                        }
                    }
                }
            }
        }
        for ((key, by), backup) in self.keys.iter_mut().zip(replaced_by).zip(backup_for) {
            key.replaced_by = by;
            key.backup_for = backup;
        }
    }

    /// The keys that a reference of the declaration names.
    fn named(&self, reference: &str) -> Vec<usize> {
        let Some((exchange, id)) = key_reference(reference) else { return Vec::new() };
        self.ids.find(exchange, &KeyId(id.to_owned()))
    }

    /// Trading keys beside keys that only read: by overlapping listed whitelists, or by a server that both systems declare.
    fn relate_neighbours(&mut self) {
        let only_reads = |k: &KeyRecord| k.task.possible.iter().any(|t| matches!(t, TaskWord::Reporting | TaskWord::Analytics));
        if !self.keys.iter().any(only_reads) {
            return;
        }
        let mut trading: Vec<(IpRange, usize)> = Vec::new();
        let mut by_server: BTreeMap<String, Vec<(usize, Span)>> = BTreeMap::new();
        let mut open = false;
        for (at, key) in self.keys.iter().enumerate() {
            // A key whose task is unknown may trade: then the answer stays open.
            if !key.task.possible.contains(&TaskWord::Trading) {
                continue;
            }
            let sure = key.task.word() == Some(TaskWord::Trading);
            match &key.addresses {
                Some(set) if sure => trading.extend(set.ranges().map(|r| (r, at))),
                Some(_) => open = true,
                None => {}
            }
            open |= !key.addresses.as_ref().is_some_and(AddressSet::is_complete) && !is_open(key);
            if sure {
                for server in self.systems(key).into_iter().filter_map(|(s, _)| s.server.as_ref()) {
                    by_server.entry(server.value.clone()).or_default().push((at, server.span));
                }
            }
        }
        trading.sort_unstable();
        // The furthest end of all ranges up to each place: where it lies before a range, nothing earlier reaches it.
        let mut reach: Vec<(bool, std::net::IpAddr)> = Vec::with_capacity(trading.len());
        for (range, _) in &trading {
            let here = (range.is_v4(), range.last());
            let furthest = match reach.last() {
                Some(last) if last.0 == here.0 && last.1 > here.1 => *last,
                _ => here,
            };
            reach.push(furthest);
        }
        let found: Vec<Neighbours> = self
            .keys
            .iter()
            .enumerate()
            .map(
                |(at, key)| {
                    if only_reads(key) { self.neighbours_of(at, key, &trading, &reach, &by_server, open) } else { Neighbours::default() }
                },
            )
            .collect();
        for (key, found) in self.keys.iter_mut().zip(found) {
            key.trading_neighbours = found;
        }
    }

    fn neighbours_of(
        &self,
        at: usize,
        key: &KeyRecord,
        trading: &[(IpRange, usize)],
        reach: &[(bool, std::net::IpAddr)],
        by_server: &BTreeMap<String, Vec<(usize, Span)>>,
        open: bool,
    ) -> Neighbours {
        let mut near: Vec<(usize, Option<Span>)> = Vec::new();
        let mut more = false;
        let mut add = |other: usize, server: Option<Span>| {
            if other != at && !near.iter().any(|(known, _)| *known == other) {
                if near.len() < NAMED {
                    near.push((other, server));
                } else {
                    more = true;
                }
            }
        };
        for server in self.systems(key).into_iter().filter_map(|(s, _)| s.server.as_ref()) {
            by_server.get(&server.value).into_iter().flatten().for_each(|(other, span)| add(*other, Some(*span)));
        }
        for range in key.addresses.iter().flat_map(AddressSet::ranges) {
            let until = trading.partition_point(|(r, _)| {
                (r.is_v4() != range.is_v4() && r.is_v4()) || (r.is_v4() == range.is_v4() && r.first() <= range.last())
            });
            for i in (0..until).rev() {
                let (Some((other, whose)), Some(furthest)) = (trading.get(i), reach.get(i)) else { break };
                if furthest.0 != range.is_v4() || furthest.1 < range.first() {
                    break;
                }
                if other.overlaps(range) {
                    add(*whose, None);
                }
            }
        }
        let own_known = key.addresses.as_ref().is_some_and(AddressSet::is_complete) || is_open(key);
        Neighbours { known: near, open: more || (!is_open(key) && (open || !own_known)) }
    }
}

/// Whether any address may use the key: then its whitelist says nothing about who is beside it.
fn is_open(key: &KeyRecord) -> bool {
    matches!(&key.key.ip_whitelist, Some(f) if matches!(f.value, IpWhitelist::Unrestricted | IpWhitelist::NotOffered))
}
