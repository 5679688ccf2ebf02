//! The facts of accounts, third parties, addresses, routes, exchanges and of all that was read.

use super::Context;
use super::fact::{Asked, Got, Item, Members, flag, place};
use super::key::{kind_word, signs_with_shared_secret};
use crate::declaration::{Limit, TaskWord, span_of};
use crate::exchanges::{SignatureKind, profile};
use crate::inventory::{AccountRecord, AddressRecord, Told, service};
use crate::model::time::Hold;
use crate::model::{AddressStatus, Exchange, Fact, known};
use crate::rules::vocabulary::FactId;
use crate::text::Span;

impl Context<'_> {
    /// The answer to a question about an account.
    pub(super) fn account_fact<'a>(&'a self, at: usize, fact: FactId) -> Option<Got<'a>> {
        let record = self.inventory.accounts.get(at)?;
        let section = self.inventory.declared_account(record);
        let withdrawals = section.and_then(|s| s.withdrawals.as_ref());
        match fact {
            FactId::Purpose => section?.purpose.as_ref().map(|p| Got::Word(p.value.id())),
            FactId::Kind => record.kind.as_ref().map(|f| Got::Word(kind_word(f.value))),
            FactId::AddressWhitelist => flag(&record.withdrawals.address_whitelist),
            FactId::Hold => record.withdrawals.hold.as_ref().map(|f| Got::Hold(f.value)),
            FactId::SecondFactor => withdrawals?.second_factor.as_ref().map(|f| Got::Words(f.value.iter().map(|w| w.value.id()).collect())),
            FactId::ConfirmedBy => withdrawals?.confirmed_by.as_ref().map(|f| Got::Words(f.value.iter().map(|w| w.value.id()).collect())),
            FactId::DailyLimit => withdrawals?.daily_limit.as_ref().map(|l| Got::Limit(l.value.amount())),
            FactId::RegularPayout => withdrawals?.regular_payout.as_ref().map(|l| Got::Limit(l.value.amount())),
            FactId::Balance => record.balance.as_ref().map(|f| Got::Limit(Some(&f.value))),
            FactId::WorkingBalance => record.working_balance.as_ref().map(|f| Got::Limit(f.value.amount())),
            FactId::Withdrawable => self.withdrawable(at, record),
            FactId::TradingSystems | FactId::AccountConflicts => self.account_list(at, fact).map(Got::List),
            _ => None,
        }
    }

    /// Whether withdrawals from the account are anybody's concern: declared, or possible with one of its keys.
    fn withdrawable<'a>(&self, at: usize, record: &AccountRecord) -> Option<Got<'a>> {
        if record.withdrawals.declared || self.inventory.keys_of(at).any(|k| known(&k.key.permissions.withdraw)) {
            return Some(Got::Bool(true));
        }
        self.inventory.keys_of(at).all(|k| k.key.permissions.withdraw.is_some()).then_some(Got::Bool(false))
    }

    /// The members of a list of an account.
    pub(super) fn account_list<'a>(&'a self, at: usize, list: FactId) -> Option<Members<'a>> {
        let record = self.inventory.accounts.get(at)?;
        let reference = |name: String, places: Vec<Span>| Item::Reference { name, places };
        match list {
            FactId::TradingSystems => {
                let items: Vec<_> = record.trading_systems.iter().map(|(n, s)| reference(n.clone(), vec![*s])).collect();
                // A key whose task is unknown may be another system's.
                let complete = self.inventory.keys_of(at).all(|k| k.task.word().is_some() || k.entries.is_empty());
                Some(Members { items, complete })
            }
            FactId::AccountConflicts => {
                let conflicts = record.account.conflicts.iter();
                let items = conflicts.map(|c| reference(c.field.to_owned(), c.places.iter().flatten().copied().collect()));
                Some(Members::all(items.collect()))
            }
            _ => None,
        }
    }

    /// Where a fact of an account is stated.
    pub(super) fn account_places(&self, at: usize, fact: FactId) -> Vec<Span> {
        let Some(record) = self.inventory.accounts.get(at) else { return Vec::new() };
        let section = self.inventory.declared_account(record);
        let withdrawals = section.and_then(|s| s.withdrawals.as_ref());
        let one = match fact {
            FactId::Purpose => section.and_then(|s| span_of(&s.purpose)),
            FactId::Kind => place(&record.kind),
            FactId::AddressWhitelist => place(&record.withdrawals.address_whitelist),
            FactId::Hold => place(&record.withdrawals.hold),
            FactId::SecondFactor => withdrawals.and_then(|w| span_of(&w.second_factor)),
            FactId::ConfirmedBy => withdrawals.and_then(|w| span_of(&w.confirmed_by)),
            FactId::DailyLimit => withdrawals.and_then(|w| span_of(&w.daily_limit)),
            FactId::RegularPayout => withdrawals.and_then(|w| span_of(&w.regular_payout)),
            FactId::Balance => place(&record.balance),
            FactId::WorkingBalance => place(&record.working_balance),
            FactId::Withdrawable => {
                self.inventory.keys_of(at).filter(|k| known(&k.key.permissions.withdraw)).find_map(|k| place(&k.key.permissions.withdraw))
            }
            list => return self.account_list(at, list).map_or_else(Vec::new, places_of),
        };
        one.into_iter().collect()
    }

    /// The answer to a question about a third party.
    pub(super) fn party_fact<'a>(&'a self, at: usize, fact: FactId) -> Option<Got<'a>> {
        let (name, party) = self.party(at)?;
        let said = |f: &Option<crate::document::Spanned<bool>>| {
            let declared = f.as_ref().map(|s| s.value);
            declared.or_else(|| self.told_by_service(at, fact).map(|t| t.value)).map(Got::Bool)
        };
        match fact {
            FactId::RequiresWithdraw => said(&party.requires_withdraw),
            FactId::RequiresOpenWhitelist => said(&party.requires_open_whitelist),
            FactId::ActionLog => said(&party.action_log),
            FactId::ServesPayouts => {
                let holds = |k: &&crate::inventory::KeyRecord| self.inventory.holders(k).any(|h| h.value == name.value);
                let tasks: Vec<_> = self.inventory.keys.iter().filter(holds).map(|k| &k.task.possible).collect();
                if tasks.iter().any(|t| t.as_slice() == [TaskWord::Payouts]) {
                    return Some(Got::Bool(true));
                }
                (!tasks.iter().any(|t| t.contains(&TaskWord::Payouts))).then_some(Got::Bool(false))
            }
            _ => None,
        }
    }

    /// What the service behind a third party says of itself, where the declaration does not.
    pub(super) fn told_by_service(&self, at: usize, fact: FactId) -> Option<Told<'static>> {
        let (name, party) = self.party(at)?;
        let known = || service(self.inventory.service_behind(&name.value));
        match fact {
            FactId::RequiresWithdraw if party.requires_withdraw.is_none() => known()?.requires_withdraw(),
            FactId::RequiresOpenWhitelist if party.requires_open_whitelist.is_none() => known()?.requires_open_whitelist(),
            _ => None,
        }
    }

    pub(super) fn party(&self, at: usize) -> Option<(&crate::document::Spanned<String>, &crate::declaration::ThirdParty)> {
        self.inventory.declaration.as_ref()?.third_parties.iter().nth(at)
    }

    /// Where a fact of a third party is stated.
    pub(super) fn party_places(&self, at: usize, fact: FactId) -> Vec<Span> {
        let Some((name, party)) = self.party(at) else { return Vec::new() };
        let one = match fact {
            // What is known of a service is known by its name.
            _ if self.told_by_service(at, fact).is_some() => Some(span_of(&party.service).unwrap_or(name.span)),
            FactId::RequiresWithdraw => span_of(&party.requires_withdraw),
            FactId::RequiresOpenWhitelist => span_of(&party.requires_open_whitelist),
            FactId::ActionLog => span_of(&party.action_log),
            _ => Some(name.span),
        };
        one.into_iter().collect()
    }

    /// The answer to a question about a saved address.
    pub(super) fn address_fact<'a>(&self, at: usize, fact: FactId) -> Option<Got<'a>> {
        let record = self.inventory.addresses.get(at)?;
        match fact {
            FactId::AddressDeclared => self.is_declared(record).map(Got::Bool),
            FactId::AddressInHold => self.in_hold(record).map(Got::Bool),
            _ => None,
        }
    }

    /// Whether the account's declared addresses have this one. Assets and networks go by different names at every exchange,
    /// so the address alone is compared; a memo is part of it, because at a shared address it names the recipient.
    fn is_declared(&self, record: &AddressRecord) -> Option<bool> {
        let account = self.inventory.accounts.get(record.account?)?;
        let listed = self.inventory.declared_account(account)?.withdrawals.as_ref()?.addresses.as_ref()?;
        let own = record.address.address.as_ref()?;
        // Hexadecimal addresses are written in either case; all others keep theirs.
        let same = |a: &str, b: &str| if a.starts_with("0x") && b.starts_with("0x") { a.eq_ignore_ascii_case(b) } else { a == b };
        let mut open = false;
        for declared in listed.value.iter().filter(|d| same(&d.value.address, &own.value)) {
            let memo = declared.value.memo.as_deref().unwrap_or("");
            match &record.address.memo {
                Some(f) if f.value == memo => return Some(true),
                Some(_) => {}
                None if memo.is_empty() => return Some(true),
                None => open = true,
            }
        }
        (!open).then_some(false)
    }

    /// Whether an address waits: as stated, else while it was added less than the account's hold ago.
    fn in_hold(&self, record: &AddressRecord) -> Option<bool> {
        match record.address.status.as_ref().map(|f| f.value) {
            Some(AddressStatus::Waiting) => return Some(true),
            Some(AddressStatus::Locked) => return Some(false),
            Some(AddressStatus::Usable | AddressStatus::Unconfirmed) | None => {}
        }
        let hold = record.account.and_then(|a| self.inventory.accounts.get(a)).and_then(|a| a.withdrawals.hold.as_ref());
        let usable = record.address.status.as_ref().is_some_and(|f| f.value == AddressStatus::Usable);
        match (hold.map(|f| f.value), record.address.added.as_ref()) {
            _ if usable => Some(false),
            (Some(Hold::None), _) => Some(false),
            (Some(Hold::For(period)), Some(added)) => Some(added.value + period > self.now),
            _ => None,
        }
    }

    /// The answer to a question about a declared route.
    pub(super) fn transfer_fact<'a>(&self, at: usize, fact: FactId) -> Option<Got<'a>> {
        let route = self.inventory.declaration.as_ref()?.transfers.get(at)?;
        if fact != FactId::DedicatedKey {
            return None;
        }
        let exchange = crate::declaration::Declaration::exchange_of(&route.value.from.value)?;
        let mut open = false;
        for key in self.inventory.keys.iter().filter(|k| k.key.exchange == exchange) {
            if key.task.word() == Some(TaskWord::Transfers) {
                return Some(Got::Bool(true));
            }
            open |= key.task.possible.contains(&TaskWord::Transfers);
        }
        (!open).then_some(Got::Bool(false))
    }

    /// The answer to a question about an exchange.
    pub(super) fn exchange_fact<'a>(&'a self, exchange: Exchange, fact: FactId) -> Option<Got<'a>> {
        match fact {
            FactId::OffersAsymmetric => {
                let kinds = profile(exchange).and_then(|p| p.facts.signatures.as_ref());
                Some(Got::Bool(kinds.is_some_and(|k| k.value.iter().any(|k| *k != SignatureKind::Hmac))))
            }
            FactId::SharedSecretKeys => {
                let keys = self.inventory.keys.iter().enumerate().filter(|(_, k)| k.key.exchange == exchange);
                let mut complete = true;
                let mut items = Vec::new();
                for (at, key) in keys {
                    match signs_with_shared_secret(key) {
                        Some(true) => {
                            items.push(Item::Key { at, place: key.key.signature.as_ref().and_then(Fact::span), with_task: false });
                        }
                        Some(false) => {}
                        None => complete = false,
                    }
                }
                Some(Got::List(Members { items, complete }))
            }
            _ => None,
        }
    }

    /// The answer to a question about all that was read.
    pub(super) fn estate_fact<'a>(&'a self, fact: FactId) -> Option<Got<'a>> {
        if fact != FactId::InferredTasks {
            return None;
        }
        let inferred = self.inventory.keys.iter().enumerate().filter(|(_, k)| !k.task.declared && !k.key.payloads.is_empty());
        let items = inferred.map(|(at, k)| Item::Key { at, place: k.task.span.or_else(|| k.whole()), with_task: true });
        Some(Got::List(Members::all(items.collect())))
    }

    /// Where the subject itself stands.
    pub(super) fn subject_places(&self, asked: Asked) -> Vec<Span> {
        let one = match asked {
            Asked::Key(at) => self.inventory.keys.get(at).and_then(|k| {
                let entry = self.inventory.entries(k).next().and_then(|e| span_of(&e.value.key).or_else(|| span_of(&e.value.export)));
                k.key.id.as_ref().and_then(Fact::span).or(entry).or_else(|| k.whole())
            }),
            Asked::Account(at) => self.inventory.accounts.get(at).and_then(|a| {
                let declared = a.declared.as_ref().map(|d| d.span);
                declared.or_else(|| a.account.ids.first().and_then(Fact::span)).or_else(|| a.account.payloads.first().map(|(_, s)| *s))
            }),
            Asked::ThirdParty(at) => self.party(at).map(|(name, _)| name.span),
            Asked::Address(at) => {
                self.inventory.addresses.get(at).map(|a| a.address.address.as_ref().and_then(Fact::span).unwrap_or(a.address.payload.1))
            }
            Asked::Transfer(at) => self.inventory.declaration.as_ref().and_then(|d| d.transfers.get(at)).map(|t| t.span),
            Asked::Exchange(exchange) => {
                let first = self.inventory.keys.iter().find(|k| k.key.exchange == exchange);
                first.and_then(crate::inventory::KeyRecord::whole)
            }
            Asked::Secret(at) => return self.secret_places(at),
            Asked::Window(at) => self.inventory.windows.get(at).map(|w| w.place),
            Asked::Estate => None,
        };
        one.into_iter().collect()
    }
}

/// An amount of a limit, for messages.
pub(super) fn limit_words(limit: &Limit) -> String {
    limit.amount().map_or_else(|| "none".to_owned(), ToString::to_string)
}

pub(super) fn places_of(members: Members<'_>) -> Vec<Span> {
    let places = members.items.iter().flat_map(|item| match item {
        Item::Reference { places, .. } => places.clone(),
        Item::Key { place, .. } => place.iter().copied().collect(),
        _ => Vec::new(),
    });
    places.collect()
}
