//! The join: exports of one record are merged, entries of the declaration find their keys and accounts, and what nothing
//! names gets a record of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::account_names::AccountNames;
use super::ids::Ids;
use super::merge::{merge_accounts, merge_keys};
use super::{AccountRecord, AddressRecord, Evidence, Index, Inventory, KeyRecord, Withdrawals};
use crate::declaration::{Declaration, export_reference, key_reference, names};
use crate::document::Spanned;
use crate::model::{Account, Address, Exchange, Fact, Key, KeyId};
use crate::problem::Problem;
use crate::text::{Span, TextId, clean};

/// Joins what was read with what is declared. The order of `evidence` is the order of the records.
pub fn join(evidence: Vec<Evidence>, declaration: Option<Declaration>) -> (Inventory, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut files: BTreeMap<String, TextId> = BTreeMap::new();
    let (mut keys, mut accounts, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
    for item in evidence {
        files.insert(item.path, item.text);
        keys.extend(item.keys);
        accounts.extend(item.accounts);
        addresses.extend(item.addresses);
    }
    let mut inventory = Inventory { declaration, ..Inventory::default() };
    inventory.keys = merge_all_keys(keys);
    inventory.accounts = merge_all_accounts(accounts);
    attach_entries(&mut inventory, &files, &mut problems);
    let known_as = attach_accounts(&mut inventory, &mut problems);
    attach_addresses(&mut inventory, addresses, &known_as);
    inventory.relate();
    (inventory, problems)
}

/// Groups keys by exchange and id; a masked id joins a whole one where what is visible decides it. Keys without an id,
/// or with one of which nothing is visible, stay apart.
fn merge_all_keys(mut keys: Vec<Box<Key>>) -> Vec<KeyRecord> {
    by_own_ids(&mut keys);
    let mut whole: BTreeMap<(Exchange, String), usize> = BTreeMap::new();
    for key in &keys {
        if let Some(id) = key.id.as_ref().filter(|id| !id.value.is_masked()) {
            let next = whole.len();
            whole.entry((key.exchange, id.value.0.clone())).or_insert(next);
        }
    }
    // Each key's group, in the order in which groups first appear.
    let mut groups: Vec<Vec<Box<Key>>> = Vec::new();
    let mut place: BTreeMap<(Exchange, String), usize> = BTreeMap::new();
    for key in keys {
        let name = key.id.as_ref().and_then(|id| group_name(key.exchange, &id.value, &whole));
        match name {
            Some(name) => match place.get(&name).and_then(|at| groups.get_mut(*at)) {
                // One answer lists each key once: two of its keys that show the same ends are two keys.
                Some(group) if key.id.as_ref().is_some_and(|id| id.value.is_masked()) && group.iter().any(|k| one_answer(k, &key)) => {
                    groups.push(vec![key]);
                }
                Some(group) => group.push(key),
                None => {
                    place.insert(name, groups.len());
                    groups.push(vec![key]);
                }
            },
            None => groups.push(vec![key]),
        }
    }
    groups.into_iter().filter_map(merge_keys).map(KeyRecord::new).collect()
}

/// Gives each record that names a key as requests name it the key's own id.
fn by_own_ids(keys: &mut [Box<Key>]) {
    let own = |key: &Box<Key>| Some(((key.exchange, key.handle.as_ref()?.value.0.clone()), key.id.clone()?));
    let own: BTreeMap<_, _> = keys.iter().filter_map(own).collect();
    for key in keys.iter_mut().filter(|_| !own.is_empty()) {
        let said = key.id.as_ref().and_then(|id| own.get(&(key.exchange, id.value.0.clone())));
        if let Some(id) = said {
            key.id = Some(id.clone());
        }
    }
}

/// Whether two records stand in one answer.
fn one_answer(a: &Key, b: &Key) -> bool {
    let of = |k: &Key| k.payloads.first().map(|(endpoint, span)| (*endpoint, span.text));
    of(a).is_some() && of(a) == of(b)
}

fn group_name(exchange: Exchange, id: &KeyId, whole: &BTreeMap<(Exchange, String), usize>) -> Option<(Exchange, String)> {
    if !id.is_masked() {
        return Some((exchange, id.0.clone()));
    }
    let (head, tail) = id.ends();
    if head.is_empty() && tail.is_empty() {
        return None;
    }
    let from = (exchange, head.to_owned());
    let mut fitting =
        whole.range(from..).map(|(k, _)| k).take_while(|k| k.0 == exchange && k.1.starts_with(head)).filter(|k| k.1.ends_with(tail));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Some(one.clone()),
        _ => Some((exchange, id.0.clone())),
    }
}

fn merge_all_accounts(accounts: Vec<Account>) -> Vec<AccountRecord> {
    let mut groups: Vec<Vec<Account>> = Vec::new();
    let mut place: Index = BTreeMap::new();
    for account in accounts {
        let at = account.ids.iter().find_map(|id| place.get(&(account.exchange, id.value.clone())).copied());
        let at = at.unwrap_or(groups.len());
        for id in &account.ids {
            place.entry((account.exchange, id.value.clone())).or_insert(at);
        }
        match groups.get_mut(at) {
            Some(group) => group.push(account),
            None => groups.push(vec![account]),
        }
    }
    groups.into_iter().filter_map(merge_accounts).map(AccountRecord::new).collect()
}

impl AccountRecord {
    pub(super) fn new(account: Account) -> Self {
        Self {
            account,
            declared: None,
            implicit: false,
            kind: None,
            parent: None,
            children: Vec::new(),
            trading_systems: Vec::new(),
            withdrawals: Withdrawals::default(),
            balance: None,
            working_balance: None,
        }
    }
}

/// Finds the keys that the entries of the declaration name; an entry whose key no export states is a key of its own.
fn attach_entries(inventory: &mut Inventory, files: &BTreeMap<String, TextId>, problems: &mut Vec<Problem>) {
    let Some(declaration) = inventory.declaration.clone() else { return };
    let mut ids = Ids::of(&inventory.keys);
    let mut of_text: BTreeMap<TextId, Vec<usize>> = BTreeMap::new();
    for (at, key) in inventory.keys.iter().enumerate() {
        let mut texts: Vec<TextId> = key.key.payloads.iter().map(|(_, span)| span.text).collect();
        texts.dedup();
        texts.into_iter().for_each(|t| of_text.entry(t).or_default().push(at));
    }
    let read: BTreeSet<Exchange> = inventory.keys.iter().map(|k| k.key.exchange).collect();
    let mut unexported: Vec<Span> = Vec::new();
    let mut own_key: Vec<(_, usize)> = Vec::new();
    for (number, entry) in declaration.keys.iter().enumerate() {
        let found = match (&entry.value.key, &entry.value.export) {
            (Some(reference), _) => {
                let Some((exchange, id)) = key_reference(&reference.value) else { continue };
                let id = KeyId(id.to_owned());
                let found = ids.find(exchange, &id);
                match found.as_slice() {
                    [] => {
                        match ids.longer(exchange, &id) {
                            Some(longer) => {
                                let message = "no export states a key of this id, and one begins like it";
                                let help = format!("did you mean `{exchange} {}`?", longer.shown());
                                problems.push(Problem::incomplete("key-not-exported", reference.span, message).help(help));
                            }
                            None if read.contains(&exchange) => unexported.push(reference.span),
                            None => {}
                        }
                        let mut key = Key::new(exchange);
                        key.id = Some(Fact::declared(id.clone(), reference.span));
                        ids.add(exchange, &id, inventory.keys.len());
                        inventory.keys.push(KeyRecord::new(Box::new(key)));
                        Some(inventory.keys.len() - 1)
                    }
                    [one] => Some(*one),
                    many => {
                        let message = format!("{} keys begin and end like this: the entry is used for none of them", many.len());
                        problems.push(Problem::incomplete("key-ambiguous", reference.span, message).help("write more of the id"));
                        None
                    }
                }
            }
            (None, Some(reference)) => {
                let (path, number) = export_reference(&reference.value);
                let path = path.trim_start_matches("./");
                let text = files.get(path).copied();
                let of_file = text.and_then(|t| of_text.get(&t)).map_or(&[][..], Vec::as_slice);
                let found = of_file.get(number).copied();
                if text.is_some() && found.is_none() {
                    let message = format!("the export has {} keys, and this entry names another one", of_file.len());
                    problems.push(
                        Problem::incomplete("export-record", reference.span, message)
                            .help("`#0` is the first key of the export, `#1` the second"),
                    );
                }
                if text.is_none() {
                    let message = "the export that this entry names was not read: its key is not assessed";
                    problems.push(
                        Problem::note("export-not-read", Some(reference.span), message)
                            .help("the path is relative to the folder of the declaration"),
                    );
                }
                found
            }
            (None, None) => None,
        };
        own_key.extend(found.map(|at| (&entry.value, at)));
        if let Some(record) = found.and_then(|at| inventory.keys.get_mut(at)) {
            record.entries.push(number);
            let exchange = record.key.exchange;
            let account = entry.value.account.as_ref().filter(|a| Declaration::exchange_of(&a.value).is_some_and(|e| e != exchange));
            if let Some(account) = account {
                let message = format!("the key of this entry is one of {exchange}, and the account is at another exchange");
                problems.push(Problem::incomplete("account-elsewhere", account.span, message).help("name an account of the same exchange"));
            }
        }
    }
    for (entry, own) in own_key {
        for reference in [&entry.replaces, &entry.backup_for].into_iter().flatten() {
            let Some((exchange, id)) = key_reference(&reference.value) else { continue };
            if ids.find(exchange, &KeyId(id.to_owned())) == [own] {
                let problem = Problem::incomplete("names-itself", reference.span, "this names the key of the entry itself");
                problems.push(problem.help("name the other key, by as much of its id as it takes"));
            }
        }
    }
    for reference in declaration.keys.iter().flat_map(|e| [&e.value.replaces, &e.value.backup_for]).flatten() {
        if key_reference(&reference.value).is_some_and(|(exchange, id)| ids.find(exchange, &KeyId(id.to_owned())).is_empty()) {
            unexported.push(reference.span);
        }
    }
    if let Some(first) = unexported.first() {
        let message = match unexported.len() {
            1 => "no export states this key: what is known of it is what is declared".to_owned(),
            n => format!("{n} keys that are declared are in no export: what is known of them is what is declared"),
        };
        let mut note = Problem::note("key-not-exported", Some(*first), message);
        note.related = unexported.iter().skip(1).take(8).map(|span| (*span, "this one too".to_owned())).collect();
        problems.push(note.help("export them too, or take the entries out where the keys are gone"));
    }
    inventory.ids = ids;
}

/// Declared accounts find their exports, keys find their accounts, and a key without one gets one that stands for it.
fn attach_accounts(inventory: &mut Inventory, problems: &mut Vec<Problem>) -> AccountNames {
    let declaration = inventory.declaration.clone();
    let mut known_as = AccountNames::of(&inventory.accounts);
    for (name, account) in declaration.iter().flat_map(|d| &d.accounts) {
        let Some(exchange) = Declaration::exchange_of(&name.value) else { continue };
        let ids: Vec<_> = account.id.iter().flat_map(names).collect();
        let short = name.value.split_once('/').map_or("", |(_, s)| s);
        let known = ids.iter().map(|id| id.value.as_str()).chain([name.value.as_str(), short]);
        let at = known
            .filter_map(|id| known_as.with_id(exchange, id))
            .find(|at| inventory.accounts.get(*at).is_some_and(|a| a.declared.is_none()));
        let at = at.unwrap_or_else(|| {
            inventory.accounts.push(AccountRecord::new(Account::new(exchange)));
            inventory.accounts.len() - 1
        });
        if let Some(record) = inventory.accounts.get_mut(at) {
            record.declared = Some(name.clone());
            for id in &ids {
                known_as.add_id(exchange, &id.value, at);
                if !record.account.ids.iter().any(|i| i.value == id.value) {
                    record.account.ids.push(Fact::declared(id.value.clone(), id.span));
                }
            }
        }
        known_as.declare(&name.value, at);
    }
    for at in 0..inventory.keys.len() {
        let Some(record) = inventory.keys.get(at) else { continue };
        let exchange = record.key.exchange;
        let declared = inventory.declared_accounts(record).first().and_then(|name| known_as.declared(&name.value));
        let named: Vec<_> = record.key.account.iter().filter_map(|id| Some((known_as.find(exchange, &id.value)?, id))).collect();
        let exported = named.first().map(|(at, _)| *at);
        let exported_for = surely_several(&named, &inventory.accounts);
        let mut found = declared.or(exported);
        // What the exchange says of the account stands above what is declared: two declared accounts cannot both be right.
        if let (Some(said), Some(is)) = (declared, exported)
            && said != is
            && let Some(other) = inventory.accounts.get(is).and_then(|a| a.declared.as_ref())
        {
            let place = inventory.declared_accounts(record).first().map(|n| n.span);
            let message = format!("the export of this key names the account `{}`, and the entry another one", clean(&other.value));
            if let Some(place) = place {
                let problem = Problem::incomplete("account-contradicted", place, message)
                    .related(other.span, "this account has the id that the export names");
                problems.push(problem.help("the export counts; mend the entry, or the account's `id`"));
            }
            found = Some(is);
        }
        let account = found.unwrap_or_else(|| {
            let mut account = Account::new(exchange);
            account.ids.clone_from(&record.key.account);
            let mut new = AccountRecord::new(account);
            new.implicit = true;
            let next = inventory.accounts.len();
            // Keys that name one account which no other export speaks of share it.
            for id in &new.account.ids {
                known_as.add_id(exchange, &id.value, next);
            }
            inventory.accounts.push(new);
            next
        });
        if let Some(record) = inventory.keys.get_mut(at) {
            record.account = Some(account);
            record.exported_for = exported_for;
        }
    }
    known_as
}

/// The accounts that the exports of a key name, where those are more than one. One account may have several names, so only
/// accounts that are told apart by one who knows both count: two that are declared, or two that the exchange lists.
fn surely_several(named: &[(usize, &Fact<String>)], accounts: &[AccountRecord]) -> Vec<Spanned<String>> {
    let several = |counts: fn(&AccountRecord) -> bool| {
        let mut seen: BTreeMap<usize, Spanned<String>> = BTreeMap::new();
        for (at, id) in named {
            let Some(record) = accounts.get(*at).filter(|a| counts(a)) else { continue };
            let Some(span) = id.span() else { continue };
            let value = record.declared.as_ref().map_or_else(|| id.value.clone(), |d| d.value.clone());
            seen.entry(*at).or_insert(Spanned { value, span });
        }
        (seen.len() > 1).then(|| seen.into_values().collect())
    };
    several(|a| a.declared.is_some()).or_else(|| several(|a| !a.account.payloads.is_empty())).unwrap_or_default()
}

/// Gives each address its account. An answer names none; where only one account of the exchange is declared, it can be no
/// other.
fn attach_addresses(inventory: &mut Inventory, addresses: Vec<Address>, known_as: &AccountNames) {
    let mut only: BTreeMap<Exchange, Option<usize>> = BTreeMap::new();
    for (at, record) in inventory.accounts.iter().enumerate().filter(|(_, a)| a.declared.is_some()) {
        only.entry(record.account.exchange).and_modify(|one| *one = None).or_insert(Some(at));
    }
    for address in addresses {
        let named = address.account.iter().find_map(|id| known_as.find(address.exchange, &id.value));
        let only = || only.get(&address.exchange).copied().flatten().filter(|_| address.account.is_empty());
        inventory.addresses.push(AddressRecord { account: named.or_else(only), address });
    }
}
