//! Taking a fact away: what the proof of three-valued logic needs. An answer may become "not assessed" by it, never the
//! opposite one.

use super::Inventory;
use crate::model::FieldName;

impl Inventory {
    /// Makes a fact of every key, or of one, unknown, and computes the relations again. Facts that only the declaration's
    /// structure states (which systems, which accounts) are not forgotten: they are known to be what is written.
    pub fn forget(&mut self, field: FieldName, only: Option<usize>) {
        let keys = self.keys.iter_mut().enumerate().filter(|(i, _)| only.is_none_or(|o| o == *i));
        for (_, record) in keys {
            let key = &mut record.key;
            match field {
                FieldName::Read => key.permissions.read = None,
                FieldName::Trade => key.permissions.trade = None,
                FieldName::Transfer => {
                    key.permissions.transfer = None;
                    key.transfer_reach = None;
                }
                FieldName::Withdraw => key.permissions.withdraw = None,
                FieldName::AdministerKeys => key.permissions.administer_keys = None,
                FieldName::AdministerSubAccounts => key.permissions.administer_sub_accounts = None,
                FieldName::AdministerAddresses => key.permissions.administer_addresses = None,
                FieldName::Markets => key.markets = None,
                FieldName::IpWhitelist => key.ip_whitelist = None,
                FieldName::PairWhitelist => key.pair_whitelist = None,
                FieldName::Signature => key.signature = None,
                FieldName::Created => key.created = None,
                FieldName::Expires => key.expires = None,
                FieldName::LastUsed => key.last_used = None,
                FieldName::Status => key.status = None,
                FieldName::FetchedAt => key.fetched_at = None,
                FieldName::AccountKind => key.account_kind = None,
                _ => {}
            }
        }
        for account in &mut self.accounts {
            match field {
                FieldName::AccountKind => account.account.kind = None,
                FieldName::Balance => account.account.balance = None,
                FieldName::AddressWhitelist => account.account.address_whitelist = None,
                _ => {}
            }
        }
        for address in &mut self.addresses {
            match field {
                FieldName::AddressStatus => address.address.status = None,
                FieldName::AddressAdded => address.address.added = None,
                _ => {}
            }
        }
        if let Some(declaration) = &mut self.declaration {
            for system in declaration.systems.values_mut() {
                match field {
                    FieldName::Egress => (system.egress, system.backup_egress) = (None, None),
                    FieldName::BackupInUse => system.backup_in_use = None,
                    FieldName::AddressKind => system.address = None,
                    FieldName::SystemMarkets => system.markets = None,
                    FieldName::SystemPairs => system.pairs = None,
                    _ => {}
                }
            }
            for party in declaration.third_parties.values_mut() {
                match field {
                    FieldName::RequiresWithdraw => party.requires_withdraw = None,
                    FieldName::RequiresOpenWhitelist => party.requires_open_whitelist = None,
                    FieldName::ActionLog => party.action_log = None,
                    _ => {}
                }
            }
            for account in declaration.accounts.values_mut() {
                match field {
                    FieldName::Purpose => account.purpose = None,
                    FieldName::Balance => account.balance = None,
                    FieldName::WorkingBalance => account.working_balance = None,
                    _ => {}
                }
                let Some(withdrawals) = &mut account.withdrawals else { continue };
                match field {
                    FieldName::AddressWhitelist => withdrawals.address_whitelist = None,
                    FieldName::DeclaredAddresses => withdrawals.addresses = None,
                    FieldName::Hold => withdrawals.hold = None,
                    FieldName::SecondFactor => withdrawals.second_factor = None,
                    FieldName::ConfirmedBy => withdrawals.confirmed_by = None,
                    FieldName::DailyLimit => withdrawals.daily_limit = None,
                    FieldName::RegularPayout => withdrawals.regular_payout = None,
                    _ => {}
                }
            }
            for key in &mut declaration.keys {
                if field == FieldName::StoredIn {
                    key.value.secret = None;
                }
            }
        }
        self.relate();
    }
}
