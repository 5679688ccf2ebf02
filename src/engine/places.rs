//! Where the facts of a key are stated: what findings point at.

use super::Context;
use super::fact::{Item, place};
use crate::declaration::AddressKind;
use crate::exchanges::profile;
use crate::inventory::KeyRecord;
use crate::model::ip::{AddressSet, EntryForm, IpEntry};
use crate::model::{Fact, IpWhitelist, Right, known};
use crate::rules::vocabulary::FactId;
use crate::text::Span;

impl Context<'_> {
    /// Where a fact of a key is stated.
    pub(super) fn key_places(&self, at: usize, fact: FactId) -> Vec<Span> {
        let Some(record) = self.inventory.keys.get(at) else { return Vec::new() };
        let key = &record.key;
        let of = |f: Option<Span>| f.into_iter().collect::<Vec<_>>();
        let account = self.inventory.account_of(record);
        let section = account.and_then(|a| self.inventory.declared_account(a));
        match fact {
            FactId::Task | FactId::TaskDeclared => {
                let mut out: Vec<_> = self.inventory.entries(record).filter_map(|e| e.value.task.as_ref()).map(|t| t.span).collect();
                if out.is_empty() {
                    out.extend(record.task.span);
                }
                out
            }
            FactId::CanRead => of(place(&key.permissions.read)),
            FactId::CanTrade => of(place(&key.permissions.trade)),
            FactId::CanTransfer | FactId::TransferReach => of(place(&key.permissions.transfer)),
            FactId::CanWithdraw => of(place(&key.permissions.withdraw)),
            FactId::CanAdminister => {
                let parts =
                    [&key.permissions.administer_keys, &key.permissions.administer_sub_accounts, &key.permissions.administer_addresses];
                let mut out: Vec<_> = parts.into_iter().filter(|p| known(p)).filter_map(place).collect();
                out.dedup();
                out
            }
            FactId::AdministerKeys => of(place(&key.permissions.administer_keys)),
            FactId::AdministerSubAccounts => of(place(&key.permissions.administer_sub_accounts)),
            FactId::AdministerAddresses => of(place(&key.permissions.administer_addresses)),
            FactId::MayMintGreaterKeys => {
                let words = profile(key.exchange).and_then(|p| p.facts.mints_greater_keys.as_ref());
                key.native.iter().filter(|n| words.is_some_and(|w| w.value.contains(&n.value))).filter_map(Fact::span).collect()
            }
            FactId::IpState => of(place(&key.ip_whitelist)),
            FactId::IpUnion => self.widest_entries(record),
            FactId::AddressKind => {
                let dynamic = |k: &&crate::document::Spanned<AddressKind>| k.value == AddressKind::Dynamic;
                self.inventory.systems(record).iter().filter_map(|(s, _)| s.address.as_ref()).filter(dynamic).map(|a| a.span).collect()
            }
            FactId::AccountPurpose => of(section.and_then(|s| crate::declaration::span_of(&s.purpose))),
            FactId::KeyAccountKind => {
                let own = place(&key.account_kind);
                of(own.or_else(|| place(&account?.kind)).or_else(|| Some(account?.declared.as_ref()?.span)))
            }
            FactId::KeyAccountWorkingBalance => of(account.and_then(|a| place(&a.working_balance))),
            FactId::KeyAddressWhitelist => of(account.and_then(|a| place(&a.withdrawals.address_whitelist))),
            FactId::KeyHold => of(account.and_then(|a| place(&a.withdrawals.hold))),
            FactId::PairState => of(place(&key.pair_whitelist)),
            FactId::SecretManaged => {
                let stored = self.inventory.entries(record).filter_map(|e| e.value.secret.as_ref());
                stored.filter(|s| !s.stored_in.value.is_managed()).map(|s| s.stored_in.span).collect()
            }
            FactId::Created => of(place(&key.created)),
            FactId::LastUsed | FactId::NeverUsed => of(place(&key.last_used)),
            // An exchange that only says "expired" has no time to point at.
            FactId::Expires if self.expires(record).is_none() => Vec::new(),
            FactId::Expires => of(place(&key.expires).or_else(|| place(&key.ip_whitelist)).or_else(|| place(&key.created))),
            FactId::Status => of(place(&key.status)),
            FactId::KeyFetchedAt => of(place(&key.fetched_at)),
            FactId::HeldByThirdParty => self.inventory.holders(record).map(|h| h.span).collect(),
            list => self.key_list(at, list).map_or_else(Vec::new, |m| m.items.iter().flat_map(|i| self.key_item_places(at, i)).collect()),
        }
    }

    /// Where a member of a list of a key stands.
    pub(super) fn key_item_places(&self, at: usize, item: &Item<'_>) -> Vec<Span> {
        match item {
            Item::Right(right) => {
                let fact = match right {
                    Right::Read => FactId::CanRead,
                    Right::Trade => FactId::CanTrade,
                    Right::Transfer => FactId::CanTransfer,
                    Right::Withdraw => FactId::CanWithdraw,
                    Right::Administer => FactId::CanAdminister,
                };
                self.key_places(at, fact)
            }
            Item::Entry { entry, .. } => entry.span().into_iter().collect(),
            Item::Market(market) => market.span().into_iter().collect(),
            Item::Pair(pair) => pair.span().into_iter().collect(),
            Item::Egress { span, .. } => vec![*span],
            Item::Key { place, .. } => place.iter().copied().collect(),
            Item::Reference { places, .. } => places.clone(),
        }
    }

    /// The entries that make a whitelist as wide as it is: those in a range that is wider than the policy allows.
    fn widest_entries(&self, record: &KeyRecord) -> Vec<Span> {
        let Some(Fact { value: IpWhitelist::Listed(entries), from }) = &record.key.ip_whitelist else {
            return record.key.ip_whitelist.as_ref().and_then(Fact::span).into_iter().collect();
        };
        let (v4, v6) = self.policy.widest();
        let wide: Vec<_> = record.addresses.iter().flat_map(AddressSet::ranges).filter(|r| r.is_wider_than(v4, v6)).collect();
        // An entry that means every address says it all; else it is the entries within the wide ranges together.
        let every = entries.iter().filter(|e| e.value.form() == EntryForm::Everything).filter_map(Fact::span);
        let mut found: Vec<_> = every.collect();
        if found.is_empty() {
            let within = |e: &&Fact<IpEntry>| e.value.range().is_some_and(|r| wide.iter().any(|w| w.overlaps(r)));
            found.extend(entries.iter().filter(within).filter_map(Fact::span));
        }
        if found.is_empty() { from.span().into_iter().collect() } else { found }
    }
}
