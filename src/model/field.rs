//! The names of the facts, one spelling for all: profiles say which answer states which, reports say which was missing.

use serde::{Deserialize, Serialize};

macro_rules! fields {
    ($($name:ident $id:literal $says:literal $declare:expr),* $(,)?) => {
        /// A fact about a key, an account, an address or what stands around them, by the name `keylint keys` gives it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum FieldName {
            $(#[doc = $says] #[serde(rename = $id)] $name),*
        }
        impl FieldName {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// The name.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }
            /// What it means.
            pub fn says(self) -> &'static str {
                match self { $(Self::$name => $says),* }
            }
            /// Where the declaration can state it, if it can.
            pub fn declared_at(self) -> Option<&'static str> {
                match self { $(Self::$name => $declare),* }
            }
        }
    };
}

fields! {
    Id "id" "the id of the key" Some("keys[].key"),
    Label "label" "the name of the key" None,
    Account "account" "the account that the key belongs to" Some("keys[].account"),
    AccountKind "account_kind" "whether the account is a master or a sub-account" Some("accounts.*.parent"),
    Read "permissions.read" "whether it can read" None,
    Trade "permissions.trade" "whether it can trade" None,
    Transfer "permissions.transfer" "whether it can transfer" None,
    Withdraw "permissions.withdraw" "whether it can withdraw" None,
    AdministerKeys "administer.keys" "whether it can change keys" None,
    AdministerSubAccounts "administer.sub_accounts" "whether it can change sub-accounts" None,
    AdministerAddresses "administer.addresses" "whether it can change withdrawal addresses" None,
    Markets "markets" "which markets it can trade" None,
    NativePermissions "native_permissions" "the exchange's own names of its permissions" None,
    IpWhitelist "ip_whitelist" "from which addresses it can be used" None,
    PairWhitelist "pair_whitelist" "which pairs it can trade" None,
    Signature "signature" "how its requests are signed" None,
    Created "created" "when it was created" None,
    Expires "expires" "when it ends" None,
    LastUsed "last_used" "when it was last used" None,
    Status "status" "whether it works" None,
    FetchedAt "fetched_at" "when the export was fetched" Some("fetched_at"),
    Task "task" "what the key is for" Some("keys[].task"),
    System "system" "which system uses it" Some("keys[].system"),
    Egress "egress" "from which addresses its systems send" Some("systems.*.egress"),
    BackupInUse "backup_in_use" "whether the backup address is in use" Some("systems.*.backup-in-use"),
    AddressKind "address" "whether its systems' addresses are static" Some("systems.*.address"),
    Server "server" "on which server its systems run" Some("systems.*.server"),
    SystemMarkets "system_markets" "which markets its systems trade" Some("systems.*.markets"),
    SystemPairs "system_pairs" "which pairs its systems trade" Some("systems.*.pairs"),
    Environment "environment" "in which environment its systems run" Some("systems.*.environment"),
    StoredIn "stored_in" "where its secret is stored" Some("keys[].secret.stored-in"),
    ThirdParty "third_party" "which third party holds it" Some("keys[].third-party"),
    RequiresWithdraw "requires_withdraw" "whether the service requires withdraw" Some("third-parties.*.requires-withdraw"),
    RequiresOpenWhitelist "requires_open_whitelist" "whether the service requires an open IP whitelist" Some("third-parties.*.requires-open-whitelist"),
    ActionLog "action_log" "whether the service shows a log of its actions" Some("third-parties.*.action-log"),
    Purpose "purpose" "what the account is for" Some("accounts.*.purpose"),
    Balance "balance" "what the account holds" Some("accounts.*.balance"),
    WorkingBalance "working_balance" "what the account should hold" Some("accounts.*.working-balance"),
    SubAccounts "sub_accounts" "the sub-accounts" Some("accounts"),
    AddressWhitelist "withdrawals.address_whitelist" "whether withdrawals go only to saved addresses" Some("accounts.*.withdrawals.address-whitelist"),
    Addresses "withdrawals.addresses" "the addresses that are saved for withdrawals" None,
    DeclaredAddresses "declared_addresses" "the addresses that may be saved for withdrawals" Some("accounts.*.withdrawals.addresses"),
    Hold "withdrawals.hold" "how long a new address waits" Some("accounts.*.withdrawals.hold"),
    SecondFactor "withdrawals.second_factor" "what adding an address needs besides the password" Some("accounts.*.withdrawals.second-factor"),
    ConfirmedBy "withdrawals.confirmed_by" "through which channels an address is confirmed" Some("accounts.*.withdrawals.confirmed-by"),
    DailyLimit "withdrawals.daily_limit" "the daily limit" Some("accounts.*.withdrawals.daily-limit"),
    RegularPayout "withdrawals.regular_payout" "the regular payout" Some("accounts.*.withdrawals.regular-payout"),
    AddressAdded "added" "when the address was saved" None,
    AddressStatus "address_status" "whether the address can be withdrawn to" None,
}
