//! The facts of a key, as conditions ask for them.

use super::Context;
use super::fact::{Got, Item, Members, flag};
use crate::declaration::{AddressKind, TaskWord};
use crate::exchanges::{CountedFrom, profile};
use crate::inventory::{KeyRecord, is_same_service, published_by};
use crate::model::ip::{AddressSet, IpEntry, Special, redundant};
use crate::model::pair;
use crate::model::time::Time;
use crate::model::{AccountKind, Expiry, Fact, IpWhitelist, LastUse, PairWhitelist, Right, Signature, Status, TransferReach, known};
use crate::rules::vocabulary::{FactId, ItFact};
use crate::text::{Span, quotable};

/// How many sub-accounts are named that exports list without their owner.
const FEW: usize = 8;

impl Context<'_> {
    /// The answer to a question about a key.
    pub(super) fn key_fact<'a>(&'a self, at: usize, fact: FactId) -> Option<Got<'a>> {
        let record = self.inventory.keys.get(at)?;
        let key = &record.key;
        let facts = profile(key.exchange).map(|p| &p.facts);
        let offered = |f: Option<bool>| Some(Got::Bool(f.unwrap_or(false)));
        match fact {
            FactId::Task => Some(Got::Tasks(&record.task.possible)),
            FactId::TaskDeclared => Some(Got::Bool(record.task.declared)),
            FactId::CanRead => flag(&key.permissions.read),
            FactId::CanTrade => flag(&key.permissions.trade),
            FactId::CanTransfer => flag(&key.permissions.transfer),
            FactId::CanWithdraw => flag(&key.permissions.withdraw),
            FactId::CanAdminister => flag(&key.permissions.get(Right::Administer)),
            FactId::AdministerKeys => flag(&key.permissions.administer_keys),
            FactId::AdministerSubAccounts => flag(&key.permissions.administer_sub_accounts),
            FactId::AdministerAddresses => flag(&key.permissions.administer_addresses),
            FactId::TransferInseparable => self.inseparable(record, Right::Transfer).map(Got::Bool),
            FactId::TradeInseparable => self.inseparable(record, Right::Trade).map(Got::Bool),
            FactId::WithdrawInseparable => self.inseparable(record, Right::Withdraw).map(Got::Bool),
            FactId::TransferReach => key.transfer_reach.as_ref().map(|f| {
                Got::Word(match f.value {
                    TransferReach::OwnWallets => "own-wallets",
                    TransferReach::BetweenAccounts => "between-accounts",
                })
            }),
            FactId::MarketsSeparable => offered(facts.and_then(|f| f.markets_separable.as_ref()).map(|s| s.value)),
            FactId::MayMintGreaterKeys => self.may_mint(record),
            FactId::IpState => key.ip_whitelist.as_ref().map(|f| {
                Got::Word(match f.value {
                    IpWhitelist::Unrestricted => "unrestricted",
                    IpWhitelist::Listed(_) => "listed",
                    IpWhitelist::Restricted => "restricted",
                    IpWhitelist::NotOffered => "not-offered",
                })
            }),
            FactId::IpUnion => match &key.ip_whitelist.as_ref()?.value {
                IpWhitelist::Unrestricted | IpWhitelist::NotOffered => Some(Got::Addresses(everything())),
                IpWhitelist::Listed(_) => record.addresses.as_ref().map(Got::Addresses),
                IpWhitelist::Restricted => None,
            },
            FactId::AddressKind => self.address_kind(record),
            FactId::BackupHasOwnAddress => self.backup_has_own(record).map(Got::Bool),
            FactId::AccountPurpose => {
                let section = self.inventory.account_of(record).and_then(|a| self.inventory.declared_account(a))?;
                section.purpose.as_ref().map(|p| Got::Word(p.value.id()))
            }
            FactId::KeyAccountKind => self.account_kind(record).map(|k| Got::Word(kind_word(k))),
            FactId::KeyAccountWorkingBalance => {
                let account = self.inventory.account_of(record)?;
                account.working_balance.as_ref().map(|f| Got::Limit(f.value.amount()))
            }
            FactId::KeyAddressWhitelist => flag(&self.inventory.account_of(record)?.withdrawals.address_whitelist),
            FactId::KeyHold => self.inventory.account_of(record)?.withdrawals.hold.as_ref().map(|f| Got::Hold(f.value)),
            FactId::WithdrawNeedsIp => offered(facts.and_then(|f| f.withdraw_needs_ip_whitelist.as_ref()).map(|s| s.value)),
            FactId::PairState => {
                key.pair_whitelist.as_ref().map(|f| Got::Word(if f.value == PairWhitelist::All { "all" } else { "listed" }))
            }
            FactId::PairOffered => offered(facts.and_then(|f| f.pair_whitelist.as_ref()).map(|s| s.value)),
            FactId::SecretManaged => {
                let mut stored = self.inventory.entries(record).filter_map(|e| e.value.secret.as_ref()).peekable();
                stored.peek()?;
                Some(Got::Bool(stored.all(|s| s.stored_in.value.is_managed())))
            }
            FactId::Created => key.created.as_ref().map(|f| Got::Time(f.value)),
            FactId::LastUsed => match key.last_used.as_ref()?.value {
                LastUse::At(time) => Some(Got::Time(time)),
                LastUse::Never => Some(Got::Never),
            },
            FactId::NeverUsed => key.last_used.as_ref().map(|f| Got::Bool(f.value == LastUse::Never)),
            FactId::Expires => match self.expires(record)? {
                Expiry::At(time) => Some(Got::Time(time)),
                Expiry::Never => Some(Got::Never),
            },
            FactId::Status => self.status(record).map(|s| Got::Word(s.id())),
            FactId::KeyFetchedAt => key.fetched_at.as_ref().map(|f| Got::Time(f.value)),
            FactId::HeldByThirdParty => Some(Got::Bool(self.inventory.holders(record).next().is_some())),
            list => self.key_list(at, list).map(Got::List),
        }
    }

    /// The members of a list of a key.
    pub(super) fn key_list<'a>(&'a self, at: usize, list: FactId) -> Option<Members<'a>> {
        let record = self.inventory.keys.get(at)?;
        let key = &record.key;
        let reference = |name: String, places: Vec<Span>| Item::Reference { name, places };
        match list {
            FactId::Rights => Some(Members::all(Right::ALL.into_iter().map(Item::Right).collect())),
            FactId::Markets => key.markets.as_ref().map(|f| Members::all(f.value.iter().map(Item::Market).collect())),
            FactId::UnknownPermissions => {
                let name = |f: &Fact<String>| quotable(&f.value).trim_matches('`').to_owned();
                let items = key.unknown.iter().map(|f| reference(name(f), f.span().into_iter().collect())).collect();
                Some(Members { items, complete: Right::ALL.iter().any(|r| key.permissions.get(*r).is_some()) })
            }
            FactId::IpEntries => match &key.ip_whitelist.as_ref()?.value {
                IpWhitelist::Unrestricted | IpWhitelist::NotOffered => Some(Members::all(Vec::new())),
                IpWhitelist::Restricted => None,
                IpWhitelist::Listed(entries) => {
                    let mut doubled = vec![false; entries.len()];
                    for (i, _) in redundant(entries.iter().map(|e| &e.value)) {
                        if let Some(d) = doubled.get_mut(i) {
                            *d = true;
                        }
                    }
                    let items = entries.iter().zip(doubled).map(|(entry, redundant)| Item::Entry { entry, redundant }).collect();
                    Some(Members { items, complete: entries.iter().all(|e| e.value.is_stated()) })
                }
            },
            FactId::Pairs => match &key.pair_whitelist.as_ref()?.value {
                PairWhitelist::All => Some(Members::all(Vec::new())),
                PairWhitelist::Listed(pairs) => Some(Members::all(pairs.iter().map(Item::Pair).collect())),
            },
            FactId::EgressAddresses => self.egress(record),
            FactId::TradingNeighbours => {
                let near = &record.trading_neighbours;
                Some(Members {
                    items: near.known.iter().filter_map(|(k, server)| self.neighbour(*k, *server)).collect(),
                    complete: !near.open,
                })
            }
            FactId::BackupFor => Some(Members::all(record.backup_for.iter().filter_map(|k| self.key_reference(*k)).collect())),
            FactId::ReplacedBy => Some(Members::all(record.replaced_by.iter().filter_map(|by| self.key_at(by.0, Some(by.1))).collect())),
            FactId::SubAccounts => {
                let account = self.inventory.account_of(record)?;
                let at = record.account?;
                let mut items: Vec<Item<'_>> = account.children.iter().filter_map(|c| self.account_reference(*c)).collect();
                // Sub-accounts that exports list without naming their owner are the master's.
                if account.kind.as_ref().is_some_and(|k| k.value == AccountKind::Master) {
                    let listed = self.inventory.accounts.iter().enumerate().filter(|(i, a)| {
                        *i != at
                            && a.account.exchange == key.exchange
                            && a.parent.is_none()
                            && a.kind.as_ref().is_some_and(|k| k.value == AccountKind::Sub)
                    });
                    items.extend(listed.filter_map(|(i, _)| self.account_reference(i)).take(FEW));
                }
                // Nobody can be sure that no other exists: others may only not have been exported.
                Some(Members { complete: false, items })
            }
            FactId::DeclaredAccounts => {
                let names = self.inventory.declared_accounts(record);
                Some(Members::all(names.into_iter().map(|n| reference(n.value.clone(), vec![n.span])).collect()))
            }
            FactId::DeclaredSystems => {
                let names = self.inventory.systems(record);
                let mut items: Vec<(String, Span)> = names.into_iter().map(|(_, n)| (n.value, n.span)).collect();
                // A system in whose paths the secret stands uses it too.
                let systems = self.inventory.declaration.as_ref().map(|d| &d.systems);
                for (system, place) in &record.found_in {
                    let name = systems.and_then(|s| s.keys().nth(*system)).map(|n| n.value.clone());
                    items.extend(name.filter(|n| !items.iter().any(|(i, _)| i == n)).map(|n| (n, *place)));
                }
                Some(Members::all(items.into_iter().map(|(name, place)| reference(name, vec![place])).collect()))
            }
            FactId::CarriedSecrets => {
                Some(Members::all(key.carries.iter().map(|(part, span)| reference(part.title().into(), vec![*span])).collect()))
            }
            FactId::KeyConflicts => {
                let items = key.conflicts.iter().map(|c| reference(c.field.to_owned(), c.places.iter().flatten().copied().collect()));
                Some(Members::all(items.collect()))
            }
            _ => None,
        }
    }

    /// A fact of a member of one of a key's lists.
    pub(super) fn key_it(&self, at: usize, item: &Item<'_>, fact: ItFact) -> Option<Got<'static>> {
        let record = self.inventory.keys.get(at)?;
        match (item, fact) {
            (Item::Right(right), ItFact::Right) => Some(Got::Word(right.id())),
            (Item::Right(right), ItFact::Granted) => flag(&record.key.permissions.get(*right)),
            (Item::Right(right), ItFact::Blocked) => agreed(&record.task.possible, |t| !t.allows(*right)),
            (Item::Right(right), ItFact::Needed) => agreed(&record.task.possible, |t| t.allows(*right)),
            (Item::Right(right), ItFact::Inseparable) => self.inseparable(record, *right).map(Got::Bool),
            (Item::Entry { entry, .. }, ItFact::Malformed) => stated(&entry.value, |e| Some(Got::Bool(e.is_malformed().is_some()))),
            (Item::Entry { entry, .. }, ItFact::Space) => stated(&entry.value, |e| {
                if e.is_malformed().is_some() {
                    // What no two tools read alike lies in no space.
                    return Some(Got::Word("public"));
                }
                Some(Got::Word(match e.special() {
                    None | Some(Special::Reserved) => "public",
                    Some(Special::Documentation) => "documentation",
                    Some(_) => "private",
                }))
            }),
            (Item::Entry { entry, .. }, ItFact::Published) => {
                stated(&entry.value, |e| Some(Got::Bool(e.range().and_then(published_by).is_some())))
            }
            (Item::Entry { entry, .. }, ItFact::HolderDeclared) => {
                let service = entry.value.range().and_then(published_by)?;
                Some(Got::Bool(self.holder_is(record, &service.title)))
            }
            (Item::Entry { entry, .. }, ItFact::Publisher) => entry.value.range().and_then(published_by).map(|s| Got::Word(&s.title)),
            (Item::Entry { redundant, entry }, ItFact::Redundant) => stated(&entry.value, |_| Some(Got::Bool(*redundant))),
            (Item::Entry { entry, .. }, ItFact::EgressOf) => stated(&entry.value, |e| self.egress_of(record, e)),
            (Item::Market(market), ItFact::Market) => Some(Got::Word(market.value.id())),
            (Item::Market(market), ItFact::Traded) => {
                self.trades(record, |s| s.markets.as_ref().map(|m| m.value.iter().any(|x| x.value == market.value)))
            }
            (Item::Pair(pair), ItFact::Traded) => {
                self.trades(record, |s| s.pairs.as_ref().map(|p| p.value.iter().any(|x| pair::same(&x.value, &pair.value))))
            }
            (Item::Egress { range, .. }, ItFact::Whitelisted) => match &record.key.ip_whitelist.as_ref()?.value {
                IpWhitelist::Unrestricted | IpWhitelist::NotOffered => Some(Got::Bool(true)),
                IpWhitelist::Restricted => None,
                IpWhitelist::Listed(_) => {
                    let set = record.addresses.as_ref()?;
                    (set.covers(range) || set.is_complete()).then(|| Got::Bool(set.covers(range)))
                }
            },
            (Item::Egress { unused_backup, .. }, ItFact::UnusedBackup) => unused_backup.map(Got::Bool),
            _ => None,
        }
    }

    /// Whether the exchange grants a right only together with one that the task allows.
    fn inseparable(&self, record: &KeyRecord, right: Right) -> Option<bool> {
        let Some(profile) = profile(record.key.exchange) else { return Some(false) };
        let bound =
            |t: TaskWord| Right::ALL.into_iter().any(|allowed| allowed != right && t.allows(allowed) && profile.includes(allowed, right));
        let mut answers = record.task.possible.iter().map(|t| bound(*t));
        let first = answers.next()?;
        answers.all(|a| a == first).then_some(first)
    }

    fn may_mint<'a>(&self, record: &KeyRecord) -> Option<Got<'a>> {
        let Some(words) = profile(record.key.exchange).and_then(|p| p.facts.mints_greater_keys.as_ref()) else {
            return Some(Got::Bool(false));
        };
        if !record.key.native.iter().any(|n| words.value.contains(&n.value)) {
            let told = Right::ALL.iter().any(|r| record.key.permissions.get(*r).is_some());
            return told.then_some(Got::Bool(false));
        }
        self.account_kind(record).map(|k| Got::Bool(k == AccountKind::Master))
    }

    fn account_kind(&self, record: &KeyRecord) -> Option<AccountKind> {
        let own = record.key.account_kind.as_ref().map(|f| f.value);
        own.or_else(|| self.inventory.account_of(record)?.kind.as_ref().map(|f| f.value))
    }

    fn address_kind<'a>(&self, record: &KeyRecord) -> Option<Got<'a>> {
        let systems = self.inventory.systems(record);
        let kinds: Vec<Option<AddressKind>> = systems.iter().map(|(s, _)| s.address.as_ref().map(|a| a.value)).collect();
        if kinds.contains(&Some(AddressKind::Dynamic)) {
            return Some(Got::Word("dynamic"));
        }
        (!kinds.is_empty() && kinds.iter().all(Option::is_some)).then_some(Got::Word("static"))
    }

    /// Whether a backup key may be used from an address from which the keys it stands in for may not.
    fn backup_has_own(&self, record: &KeyRecord) -> Option<bool> {
        let own = record.addresses.as_ref()?;
        let mut unknown = !own.is_complete();
        for other in record.backup_for.iter().filter_map(|k| self.inventory.keys.get(*k)) {
            match &other.addresses {
                Some(set) if own.ranges().any(|r| !set.covers(&r)) => unknown |= !set.is_complete(),
                Some(_) => return if own.is_complete() { Some(false) } else { None },
                None => unknown = true,
            }
        }
        (!unknown).then_some(true)
    }

    /// When the key ends: as stated, else by the exchange's own deadline for keys without an IP whitelist.
    pub(super) fn expires(&self, record: &KeyRecord) -> Option<Expiry> {
        let key = &record.key;
        if let Some(stated) = &key.expires {
            return Some(stated.value);
        }
        let deadline = &profile(key.exchange)?.facts.without_ip_whitelist.as_ref()?.value;
        let open = match key.ip_whitelist.as_ref()?.value {
            IpWhitelist::Unrestricted => true,
            IpWhitelist::Listed(_) | IpWhitelist::Restricted | IpWhitelist::NotOffered => return None,
        };
        let concerned = deadline.with.is_empty() || deadline.with.iter().any(|r| known(&key.permissions.get(*r)));
        if !open || !concerned {
            return None;
        }
        let from: Time = match deadline.from {
            CountedFrom::Creation => key.created.as_ref()?.value,
            CountedFrom::LastUse => match key.last_used.as_ref()?.value {
                LastUse::At(time) => time,
                LastUse::Never => return None,
            },
        };
        Some(Expiry::At(from + deadline.after))
    }

    /// Whether the key works: as stated; a key that asked the exchange about itself did.
    fn status(&self, record: &KeyRecord) -> Option<Status> {
        if let Some(stated) = &record.key.status {
            return Some(stated.value);
        }
        let profile = profile(record.key.exchange)?;
        let own = |endpoint: &str| profile.payloads.iter().any(|p| p.endpoint == endpoint && p.about.starts_with("the calling"));
        record.key.payloads.iter().any(|(endpoint, _)| own(endpoint)).then_some(Status::Active)
    }

    fn egress<'a>(&'a self, record: &'a KeyRecord) -> Option<Members<'a>> {
        let systems = self.inventory.systems(record);
        if systems.is_empty() {
            return None;
        }
        let mut complete = true;
        let mut items = Vec::new();
        for (system, _) in systems {
            complete &= system.egress.is_some();
            for address in system.egress.iter().flatten() {
                items.push(Item::Egress { range: address.value.0, span: address.span, unused_backup: Some(false) });
            }
            let unused = system.backup_in_use.as_ref().map(|b| !b.value);
            for address in system.backup_egress.iter().flatten() {
                items.push(Item::Egress { range: address.value.0, span: address.span, unused_backup: unused });
            }
        }
        Some(Members { items, complete })
    }

    /// What an entry is to the key's systems. An address of a system whose egress is not declared could be any.
    fn egress_of(&self, record: &KeyRecord, entry: &IpEntry) -> Option<Got<'static>> {
        let egress = record.egress.as_ref()?;
        // What is no address at all is told by another rule, and is nobody's egress by its nature.
        let Some(range) = entry.range() else { return Some(Got::Word("egress")) };
        // A service that is declared to hold the key sends from its own addresses.
        let holder = published_by(range).is_some_and(|service| self.holder_is(record, &service.title));
        if holder || egress.used.overlaps(&range) {
            return Some(Got::Word("egress"));
        }
        if egress.doubtful.overlaps(&range) || !egress.complete {
            return None;
        }
        Some(Got::Word(if egress.unused.overlaps(&range) { "unused-backup" } else { "none" }))
    }

    /// Whether one of the key's systems trades something; unknown while one of them does not say and none does.
    fn trades(&self, record: &KeyRecord, asks: impl Fn(&crate::declaration::System) -> Option<bool>) -> Option<Got<'static>> {
        let systems = self.inventory.systems(record);
        let answers: Vec<_> = systems.iter().map(|(s, _)| asks(s)).collect();
        if answers.contains(&Some(true)) {
            return Some(Got::Bool(true));
        }
        (!answers.is_empty() && answers.iter().all(Option::is_some)).then_some(Got::Bool(false))
    }

    /// Whether a third party with this service is declared to hold the key.
    fn holder_is(&self, record: &KeyRecord, service: &str) -> bool {
        self.inventory.holders(record).any(|name| is_same_service(self.inventory.service_behind(&name.value), service))
    }

    fn key_reference<'a>(&self, at: usize) -> Option<Item<'a>> {
        let record = self.inventory.keys.get(at)?;
        self.key_at(at, record.key.id.as_ref().and_then(Fact::span).or_else(|| record.whole()))
    }

    /// A key that is near another one, at the server that they share or where it stands itself.
    fn neighbour<'a>(&self, at: usize, server: Option<Span>) -> Option<Item<'a>> {
        server.map_or_else(|| self.key_reference(at), |span| self.key_at(at, Some(span)))
    }

    /// A key, with the place that says what it is named for.
    fn key_at<'a>(&self, at: usize, place: Option<Span>) -> Option<Item<'a>> {
        self.inventory.keys.get(at)?;
        Some(Item::Key { at, place, with_task: false })
    }

    fn account_reference<'a>(&self, at: usize) -> Option<Item<'a>> {
        let record = self.inventory.accounts.get(at)?;
        let place = record.declared.as_ref().map(|d| d.span).or_else(|| record.account.ids.first().and_then(Fact::span));
        let name = crate::inventory::Inventory::account_name(record).unwrap_or("a sub-account").to_owned();
        Some(Item::Reference { name, places: place.into_iter().collect() })
    }
}

/// One answer where all possible tasks give the same.
fn agreed(tasks: &[TaskWord], ask: impl Fn(TaskWord) -> bool) -> Option<Got<'static>> {
    let mut answers = tasks.iter().map(|t| ask(*t));
    let first = answers.next()?;
    answers.all(|a| a == first).then_some(Got::Bool(first))
}

/// An answer about an entry whose address is known; masked ones and names of third parties leave it open.
fn stated(entry: &IpEntry, ask: impl Fn(&IpEntry) -> Option<Got<'static>>) -> Option<Got<'static>> {
    if entry.is_stated() { ask(entry) } else { None }
}

pub(super) fn kind_word(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Master => "master",
        AccountKind::Sub => "sub",
    }
}

fn everything() -> &'static AddressSet {
    static ALL: std::sync::OnceLock<AddressSet> = std::sync::OnceLock::new();
    ALL.get_or_init(|| AddressSet::of([IpEntry::parse("0.0.0.0/0"), IpEntry::parse("::/0")].iter()))
}

/// Whether a key signs with a secret that the exchange has too.
pub(super) fn signs_with_shared_secret(record: &KeyRecord) -> Option<bool> {
    record.key.signature.as_ref().map(|f| f.value == Signature::SharedSecret)
}
