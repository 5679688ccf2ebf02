//! The inventory: facts and intent joined. Accounts, keys, services, addresses and routes, each one record, whatever
//! number of exports and entries of the declaration speaks of it.
//!
//! Relations that need the whole (shared with, same server as, replaced by) are computed here, once, and are facts like
//! any other afterwards.

mod account_names;
mod forget;
mod ids;
mod join;
mod merge;
mod names;
mod relate;
mod secrets;
mod select;
mod services;

pub use join::join;
pub use secrets::{FoundPart, FoundSecret, Window};
pub use select::Unselected;
pub use services::{Sender, SentFrom, Service, Told, is_same_service, plain_name, published_by, published_ranges, service, services};

use std::collections::BTreeMap;

use crate::declaration::{Declaration, Limit, TaskWord};
use crate::document::Spanned;
use crate::exchanges::profile;
use crate::model::ip::AddressSet;
use crate::model::money::Money;
use crate::model::time::Hold;
use crate::model::{Account, AccountKind, Address, Exchange, Fact, IpWhitelist, Key, KeyId, Right, Stated};
use crate::text::{Span, TextId};

/// What was read from one document, with the name it is declared under.
#[derive(Clone)]
pub struct Evidence {
    /// The text.
    pub text: TextId,
    /// Its path relative to the folder of the declaration, with `/`.
    pub path: String,
    /// The keys; each is large and moves several times on its way, so it has a place of its own.
    pub keys: Vec<Box<Key>>,
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The addresses.
    pub addresses: Vec<Address>,
}

/// Everything that is known, joined.
#[derive(Default)]
pub struct Inventory {
    /// The keys.
    pub keys: Vec<KeyRecord>,
    /// The accounts, those without a name of their own too.
    pub accounts: Vec<AccountRecord>,
    /// The saved withdrawal addresses.
    pub addresses: Vec<AddressRecord>,
    /// The secrets that were found.
    pub secrets: Vec<FoundSecret>,
    /// The request windows that were found or declared.
    pub windows: Vec<Window>,
    /// What the user declared.
    pub declaration: Option<Declaration>,
    /// The keys of each account, by their places in `keys`.
    keys_of_account: Vec<Vec<usize>>,
    /// The keys by their ids.
    ids: ids::Ids,
}

/// What a key is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFact {
    /// The task, or the tasks that are possible where permissions are unknown.
    pub possible: Vec<TaskWord>,
    /// Whether the declaration says so; else it is inferred.
    pub declared: bool,
    /// Where it is said, or the permission that it was inferred from.
    pub span: Option<Span>,
}

impl TaskFact {
    /// The task, where only one is possible.
    pub fn word(&self) -> Option<TaskWord> {
        match self.possible.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }
}

/// A key, joined.
#[derive(Clone)]
pub struct KeyRecord {
    /// What exports state.
    pub key: Box<Key>,
    /// The entries of the declaration that name it.
    pub entries: Vec<usize>,
    /// What it is for.
    pub task: TaskFact,
    /// Its account.
    pub account: Option<usize>,
    /// The accounts that its exports name, where those are certainly more than one.
    pub exported_for: Vec<Spanned<String>>,
    /// The union of its whitelist's entries.
    pub addresses: Option<AddressSet>,
    /// From where its systems send, as declared; nothing where no system is.
    pub egress: Option<Egress>,
    /// Keys that are declared to replace it, with the place that says so.
    pub replaced_by: Vec<(usize, Span)>,
    /// Keys that it is declared the backup of.
    pub backup_for: Vec<usize>,
    /// For a key that only reads: trading keys that are usable from one of its addresses, or run on its server.
    pub trading_neighbours: Neighbours,
    /// The systems in whose paths its secret was found, by their places in the declaration, each with the place.
    pub found_in: Vec<(usize, Span)>,
}

/// From where the systems of a key send.
#[derive(Clone, Debug)]
pub struct Egress {
    /// The addresses in use.
    pub used: AddressSet,
    /// Backups that are not in use.
    pub unused: AddressSet,
    /// Backups of which nothing says whether they are in use.
    pub doubtful: AddressSet,
    /// Whether every system declares its egress.
    pub complete: bool,
}

/// The trading keys beside a key that only reads.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    /// Those that are known, the first few, each with its server where that is what they share.
    pub known: Vec<(usize, Option<Span>)>,
    /// Whether there are more, or may be, because a whitelist is not fully stated.
    pub open: bool,
}

/// An account, joined.
#[derive(Clone)]
pub struct AccountRecord {
    /// What exports state.
    pub account: Account,
    /// Its name in the declaration, with the place.
    pub declared: Option<Spanned<String>>,
    /// Whether it stands only for "the account of that key", because nothing names it.
    pub implicit: bool,
    /// Master or sub-account, from exports or from the declaration's parents.
    pub kind: Stated<AccountKind>,
    /// The account that owns it.
    pub parent: Option<usize>,
    /// Its sub-accounts.
    pub children: Vec<usize>,
    /// Systems that trade on it, by the places of the words that say so.
    pub trading_systems: Vec<(String, Span)>,
    /// What the declaration says of its withdrawals, and the exchange's profile where that fixes something.
    pub withdrawals: Withdrawals,
    /// What it holds: declared, else exported.
    pub balance: Stated<Money>,
    /// What it should hold.
    pub working_balance: Stated<Limit>,
}

/// How withdrawals from an account are protected.
#[derive(Clone, Default)]
pub struct Withdrawals {
    /// Whether the declaration has a section about it.
    pub declared: bool,
    /// Only to saved addresses.
    pub address_whitelist: Stated<bool>,
    /// How long a new address waits.
    pub hold: Stated<Hold>,
}

/// A saved address, joined.
#[derive(Clone)]
pub struct AddressRecord {
    /// What its export states.
    pub address: Address,
    /// Its account.
    pub account: Option<usize>,
}

impl Inventory {
    /// Entries of the declaration that name a key.
    pub fn entries<'a>(&'a self, key: &'a KeyRecord) -> impl Iterator<Item = &'a Spanned<crate::declaration::KeyEntry>> {
        let all = self.declaration.as_ref().map_or(&[][..], |d| &d.keys);
        key.entries.iter().filter_map(|i| all.get(*i))
    }
    /// The declared systems of a key, each once, with the place of the word that names it.
    pub fn systems<'a>(&'a self, key: &'a KeyRecord) -> Vec<(&'a crate::declaration::System, Spanned<String>)> {
        let Some(declaration) = &self.declaration else { return Vec::new() };
        let mut out: Vec<(&crate::declaration::System, Spanned<String>)> = Vec::new();
        for name in self.entries(key).filter_map(|e| e.value.system.as_ref()).flat_map(crate::declaration::names) {
            if out.iter().any(|(_, n)| n.value == name.value) {
                continue;
            }
            if let Some((_, system)) = declaration.systems.iter().find(|(k, _)| k.value == name.value) {
                out.push((system, name));
            }
        }
        out
    }
    /// The declared accounts of a key, each once, with the place of the word that names it: those of its entries, and those
    /// that its exports name where one of them cannot be right.
    pub fn declared_accounts<'a>(&'a self, key: &'a KeyRecord) -> Vec<&'a Spanned<String>> {
        let mut out: Vec<&Spanned<String>> = Vec::new();
        for name in self.entries(key).filter_map(|e| e.value.account.as_ref()).chain(&key.exported_for) {
            if !out.iter().any(|n| n.value == name.value) {
                out.push(name);
            }
        }
        out
    }
    /// The third parties that are declared to hold a key.
    pub fn holders<'a>(&'a self, key: &'a KeyRecord) -> impl Iterator<Item = &'a Spanned<String>> {
        self.entries(key).filter_map(|e| e.value.third_party.as_ref())
    }
    /// The declaration's section of an account.
    pub fn declared_account(&self, account: &AccountRecord) -> Option<&crate::declaration::Account> {
        let name = account.declared.as_ref()?;
        self.declaration.as_ref()?.accounts.get(name)
    }
    /// The account of a key.
    pub fn account_of(&self, key: &KeyRecord) -> Option<&AccountRecord> {
        self.accounts.get(key.account?)
    }
    /// The keys of an account.
    pub fn keys_of(&self, account: usize) -> impl Iterator<Item = &KeyRecord> {
        self.keys_of_account.get(account).into_iter().flatten().filter_map(|k| self.keys.get(*k))
    }
    /// The keys of an account, by their places.
    pub fn places_of_keys(&self, account: usize) -> &[usize] {
        self.keys_of_account.get(account).map_or(&[], Vec::as_slice)
    }
    /// The exchanges on which there are keys.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let mut out: Vec<_> = self.keys.iter().map(|k| k.key.exchange).collect();
        out.sort_unstable();
        out.dedup();
        out
    }
    /// The name of an account for reports: that of the declaration, else the exchange's first id for it.
    pub fn account_name(account: &AccountRecord) -> Option<&str> {
        match (&account.declared, account.account.ids.first()) {
            (Some(name), _) => Some(&name.value),
            (None, Some(id)) => Some(&id.value),
            (None, None) => None,
        }
    }
}

impl KeyRecord {
    /// A key with what one export states.
    pub fn new(mut key: Box<Key>) -> Self {
        let offered = profile(key.exchange).and_then(|p| p.facts.ip_whitelist.as_ref()).is_none_or(|f| f.value);
        if !offered && key.ip_whitelist.is_none() {
            key.ip_whitelist = Some(Fact::fixed(IpWhitelist::NotOffered));
        }
        Self {
            key,
            entries: Vec::new(),
            task: TaskFact::default(),
            account: None,
            exported_for: Vec::new(),
            addresses: None,
            egress: None,
            replaced_by: Vec::new(),
            backup_for: Vec::new(),
            trading_neighbours: Neighbours::default(),
            found_in: Vec::new(),
        }
    }
    /// The union of the whitelist. To be called after a fact has changed.
    fn derive(&mut self) {
        self.addresses = match &self.key.ip_whitelist {
            Some(Fact { value: IpWhitelist::Listed(entries), .. }) => Some(AddressSet::of(entries.iter().map(|e| &e.value))),
            _ => None,
        };
    }
    /// The tasks that the permissions leave possible: the first right of trade, withdraw, transfer that it has decides, and
    /// one that is unknown leaves both ways open.
    fn possible_tasks(&self) -> (Vec<TaskWord>, Option<Span>) {
        let chain = [(Right::Trade, TaskWord::Trading), (Right::Withdraw, TaskWord::Payouts), (Right::Transfer, TaskWord::Transfers)];
        let mut possible = Vec::new();
        for (right, word) in chain {
            match self.key.permissions.get(right) {
                Some(f) if f.value => {
                    possible.push(word);
                    return (possible, f.span());
                }
                Some(_) => {}
                None => possible.push(word),
            }
        }
        possible.push(TaskWord::Reporting);
        (possible, self.key.permissions.read.as_ref().and_then(Fact::span))
    }
    /// The place of its record in an export; nothing where only the declaration knows it.
    pub fn whole(&self) -> Option<Span> {
        self.key.payloads.first().map(|(_, span)| *span)
    }
    /// Its id.
    pub fn id(&self) -> Option<&KeyId> {
        self.key.id.as_ref().map(|f| &f.value)
    }
}

/// Names of one exchange's records to their places in a list.
type Index = BTreeMap<(Exchange, String), usize>;
