//! The words of conditions: which facts a rule can ask for, of what type, and what each is called in the normal form.
//!
//! Where a rule can't be said, a fact or an operator is added here and in the engine; it never becomes a language.

use crate::model::FieldName;

/// What a rule is about: it is asked once for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A key.
    Key,
    /// An account or sub-account.
    Account,
    /// A service that holds keys.
    ThirdParty,
    /// A saved withdrawal address.
    Address,
    /// A declared route of transfers.
    Transfer,
    /// An exchange on which there are keys.
    Exchange,
    /// A credential that was found in a file.
    Secret,
    /// A request window that is declared or set.
    RequestWindow,
    /// All that was read, once a run.
    Estate,
}

impl Subject {
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Account => "account",
            Self::ThirdParty => "third-party",
            Self::Address => "address",
            Self::Transfer => "transfer",
            Self::Exchange => "exchange",
            Self::Secret => "secret",
            Self::RequestWindow => "request-window",
            Self::Estate => "estate",
        }
    }
}

/// The type of a fact: it decides which operators fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// One of these words; any word where there are none.
    Word(&'static [&'static str]),
    /// Several words.
    Words(&'static [&'static str]),
    /// A point in time.
    Time,
    /// A waiting time, or none.
    Hold,
    /// An amount of money, or none.
    Limit,
    /// An amount of money.
    Money,
    /// A set of IP addresses.
    Addresses,
    /// A list whose members have facts of their own.
    List(Member),
}

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// The five rights of a key.
    Permission,
    /// Entries of an IP whitelist.
    Entry,
    /// Markets that are on.
    Market,
    /// Pairs of a pair whitelist.
    Pair,
    /// Egress addresses of the key's systems.
    Egress,
    /// References: to keys, accounts, systems, fields, secrets. They have a name and places.
    Reference,
}

macro_rules! facts {
    ($($variant:ident $subject:expr, $name:literal, $type:expr, $field:expr, $says:literal;)*) => {
        /// A fact of a subject that a condition can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FactId { $(#[doc = $says] $variant),* }
        impl FactId {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The subject, the name in conditions, the type, the name in the normal form, the meaning.
            pub fn row(self) -> (Subject, &'static str, Type, FieldName, &'static str) {
                match self { $(Self::$variant => ($subject, $name, $type, $field, $says)),* }
            }
        }
    };
}

const TASKS: &[&str] = &["analytics", "reporting", "trading", "transfers", "payouts"];
const PURPOSES: &[&str] = &["storage", "trading", "treasury", "reporting"];
const SEVERITIES: &[&str] = &["critical", "high", "medium", "low", "info"];
const KINDS: &[&str] = &["master", "sub"];

facts! {
    Task Subject::Key, "task", Type::Word(TASKS), FieldName::Task, "what the key is for, declared or inferred";
    TaskDeclared Subject::Key, "task-declared", Type::Bool, FieldName::Task, "whether the task is declared";
    CanRead Subject::Key, "permissions.read", Type::Bool, FieldName::Read, "the key can read";
    CanTrade Subject::Key, "permissions.trade", Type::Bool, FieldName::Trade, "the key can trade";
    CanTransfer Subject::Key, "permissions.transfer", Type::Bool, FieldName::Transfer, "the key can transfer between wallets or sub-accounts";
    CanWithdraw Subject::Key, "permissions.withdraw", Type::Bool, FieldName::Withdraw, "the key can withdraw";
    CanAdminister Subject::Key, "permissions.administer", Type::Bool, FieldName::AdministerKeys, "the key can change keys, sub-accounts or addresses";
    AdministerKeys Subject::Key, "administer.keys", Type::Bool, FieldName::AdministerKeys, "the key can create or change keys";
    AdministerSubAccounts Subject::Key, "administer.sub-accounts", Type::Bool, FieldName::AdministerSubAccounts, "the key can create or change sub-accounts";
    AdministerAddresses Subject::Key, "administer.addresses", Type::Bool, FieldName::AdministerAddresses, "the key can add or change withdrawal addresses";
    TransferInseparable Subject::Key, "inseparable.transfer", Type::Bool, FieldName::Task, "the exchange grants transfer only together with a right that the task allows";
    TradeInseparable Subject::Key, "inseparable.trade", Type::Bool, FieldName::Task, "the exchange grants trade only together with a right that the task allows";
    WithdrawInseparable Subject::Key, "inseparable.withdraw", Type::Bool, FieldName::Task, "the exchange grants withdraw only together with a right that the task allows";
    TransferReach Subject::Key, "transfer-reach", Type::Word(&["own-wallets", "between-accounts"]), FieldName::Transfer, "how far its transfers reach";
    Rights Subject::Key, "permissions", Type::List(Member::Permission), FieldName::Trade, "the five rights, each with whether it is granted and what the task says of it";
    Markets Subject::Key, "markets", Type::List(Member::Market), FieldName::Markets, "the markets that are on";
    MarketsSeparable Subject::Key, "markets-separable", Type::Bool, FieldName::Markets, "the exchange can switch markets apart";
    UnknownPermissions Subject::Key, "unknown-permissions", Type::List(Member::Reference), FieldName::NativePermissions, "permissions of the export that keylint does not know";
    MayMintGreaterKeys Subject::Key, "may-mint-greater-keys", Type::Bool, FieldName::AccountKind, "by the documentation, this master key can create sub-account keys that may do more than it may";
    IpState Subject::Key, "ip-whitelist", Type::Word(&["unrestricted", "listed", "restricted", "not-offered"]), FieldName::IpWhitelist, "whether it is bound to addresses; not-offered where the exchange cannot bind a key to any";
    IpUnion Subject::Key, "ip-addresses", Type::Addresses, FieldName::IpWhitelist, "the union of the whitelist's entries";
    IpEntries Subject::Key, "ip-entries", Type::List(Member::Entry), FieldName::IpWhitelist, "the whitelist's entries";
    EgressAddresses Subject::Key, "egress", Type::List(Member::Egress), FieldName::Egress, "the egress addresses of the key's systems";
    AddressKind Subject::Key, "system.address", Type::Word(&["static", "dynamic"]), FieldName::AddressKind, "whether a system of the key sends from a dynamic address";
    TradingNeighbours Subject::Key, "trading-neighbours", Type::List(Member::Reference), FieldName::IpWhitelist, "trading keys that are usable from one of this key's addresses, or whose system is on one server with this key's";
    BackupFor Subject::Key, "backup-for", Type::List(Member::Reference), FieldName::IpWhitelist, "the keys that this one is declared the backup of";
    BackupHasOwnAddress Subject::Key, "backup-has-own-address", Type::Bool, FieldName::IpWhitelist, "an address is whitelisted for this backup key and not for the key it stands in for";
    AccountPurpose Subject::Key, "account.purpose", Type::Word(PURPOSES), FieldName::Purpose, "what the key's account is for";
    KeyAccountKind Subject::Key, "account.kind", Type::Word(KINDS), FieldName::AccountKind, "whether the key's account is a master or a sub-account";
    KeyAccountWorkingBalance Subject::Key, "account.working-balance", Type::Limit, FieldName::WorkingBalance, "the working balance of the key's account";
    SubAccounts Subject::Key, "account.sub-accounts", Type::List(Member::Reference), FieldName::SubAccounts, "the sub-accounts of the key's master account";
    KeyAddressWhitelist Subject::Key, "account.address-whitelist", Type::Bool, FieldName::AddressWhitelist, "withdrawals from the key's account go only to saved addresses";
    KeyHold Subject::Key, "account.hold", Type::Hold, FieldName::Hold, "how long a new address of the key's account waits";
    DeclaredAccounts Subject::Key, "declared-accounts", Type::List(Member::Reference), FieldName::Account, "the accounts that the declaration names for the key, and those that its exports name where they are several";
    DeclaredSystems Subject::Key, "declared-systems", Type::List(Member::Reference), FieldName::System, "the systems that the declaration names for the key";
    WithdrawNeedsIp Subject::Key, "withdraw-needs-ip-whitelist", Type::Bool, FieldName::IpWhitelist, "the exchange permits withdraw only with an IP whitelist";
    PairState Subject::Key, "pair-whitelist", Type::Word(&["all", "listed"]), FieldName::PairWhitelist, "whether it is limited to pairs";
    PairOffered Subject::Key, "pair-whitelist-offered", Type::Bool, FieldName::PairWhitelist, "the exchange can limit a key to pairs, and this answer states it";
    Pairs Subject::Key, "pairs", Type::List(Member::Pair), FieldName::PairWhitelist, "the pairs it is limited to";
    CarriedSecrets Subject::Key, "carried-secrets", Type::List(Member::Reference), FieldName::Id, "secrets that its exports hold in plaintext";
    SecretManaged Subject::Key, "secret.managed", Type::Bool, FieldName::StoredIn, "its secret is declared to stand in a secret manager or encrypted storage";
    Created Subject::Key, "created", Type::Time, FieldName::Created, "when it was created";
    LastUsed Subject::Key, "last-used", Type::Time, FieldName::LastUsed, "when it was last used; no answer where it never was";
    NeverUsed Subject::Key, "never-used", Type::Bool, FieldName::LastUsed, "it was never used";
    Expires Subject::Key, "expires", Type::Time, FieldName::Expires, "when it ends, the exchange's own deadline for keys without an IP whitelist included";
    Status Subject::Key, "status", Type::Word(&["active", "disabled", "expired"]), FieldName::Status, "whether it works";
    KeyFetchedAt Subject::Key, "fetched-at", Type::Time, FieldName::FetchedAt, "when its newest export was fetched";
    ReplacedBy Subject::Key, "replaced-by", Type::List(Member::Reference), FieldName::Id, "the keys that are declared to replace this one";
    KeyConflicts Subject::Key, "conflicts", Type::List(Member::Reference), FieldName::FetchedAt, "fields that its exports state differently, without saying which is newer";
    HeldByThirdParty Subject::Key, "held-by-third-party", Type::Bool, FieldName::ThirdParty, "a third party is declared to hold it";

    Purpose Subject::Account, "purpose", Type::Word(PURPOSES), FieldName::Purpose, "what the account is for";
    Kind Subject::Account, "kind", Type::Word(KINDS), FieldName::AccountKind, "master or sub-account";
    AddressWhitelist Subject::Account, "address-whitelist", Type::Bool, FieldName::AddressWhitelist, "withdrawals go only to saved addresses";
    Hold Subject::Account, "hold", Type::Hold, FieldName::Hold, "how long a new address waits";
    SecondFactor Subject::Account, "second-factor", Type::Words(&["totp", "hardware-key", "passkey", "sms", "email"]), FieldName::SecondFactor, "what adding an address needs besides the password";
    ConfirmedBy Subject::Account, "confirmed-by", Type::Words(&["email", "app", "sms", "phone", "hardware-key"]), FieldName::ConfirmedBy, "through which channels an address is confirmed";
    DailyLimit Subject::Account, "daily-limit", Type::Limit, FieldName::DailyLimit, "what may leave in a day";
    RegularPayout Subject::Account, "regular-payout", Type::Money, FieldName::RegularPayout, "what regularly leaves in a day";
    Balance Subject::Account, "balance", Type::Money, FieldName::Balance, "what it holds";
    WorkingBalance Subject::Account, "working-balance", Type::Limit, FieldName::WorkingBalance, "what it should hold";
    Withdrawable Subject::Account, "withdrawable", Type::Bool, FieldName::Withdraw, "a key of it can withdraw, or its withdrawals are declared";
    TradingSystems Subject::Account, "trading-systems", Type::List(Member::Reference), FieldName::System, "the systems that trade on it";
    AccountConflicts Subject::Account, "conflicts", Type::List(Member::Reference), FieldName::FetchedAt, "fields that its exports state differently, without saying which is newer";

    RequiresWithdraw Subject::ThirdParty, "requires-withdraw", Type::Bool, FieldName::RequiresWithdraw, "the service asks for withdraw";
    RequiresOpenWhitelist Subject::ThirdParty, "requires-open-whitelist", Type::Bool, FieldName::RequiresOpenWhitelist, "the service asks for keys without an IP whitelist and offers no agent with a fixed address";
    ActionLog Subject::ThirdParty, "action-log", Type::Bool, FieldName::ActionLog, "the service shows the orders it placed and the endpoints it called";
    ServesPayouts Subject::ThirdParty, "serves-payouts", Type::Bool, FieldName::Task, "a key that it holds is for payouts";

    AddressDeclared Subject::Address, "declared", Type::Bool, FieldName::DeclaredAddresses, "the account's declared addresses have it";
    AddressInHold Subject::Address, "in-hold", Type::Bool, FieldName::AddressStatus, "it waits for its hold to end";

    DedicatedKey Subject::Transfer, "dedicated-key", Type::Bool, FieldName::Task, "a key on that exchange is for transfers";

    OffersAsymmetric Subject::Exchange, "offers-asymmetric-keys", Type::Bool, FieldName::Signature, "the exchange takes Ed25519, RSA or ECDSA keys";
    SharedSecretKeys Subject::Exchange, "shared-secret-keys", Type::List(Member::Reference), FieldName::Signature, "its keys that sign with a shared secret";

    HasSecret Subject::Secret, "has-secret", Type::Bool, FieldName::Id, "more than the id of a key was found";
    Weight Subject::Secret, "weight", Type::Word(SEVERITIES), FieldName::Id, "how bad a leak of it is: by what its key may do and from where, or by what it opens where its key is not known; one lower in a file that git ignores";
    SecretWhat Subject::Secret, "parts", Type::Word(&[]), FieldName::Id, "the parts that were found, in words";
    SecretWhose Subject::Secret, "owner", Type::Word(&[]), FieldName::Id, "whose it is, in words";
    LeavesProduction Subject::Secret, "leaves-production", Type::Bool, FieldName::System, "it stands in production, or is declared for it, and is found in another environment's paths";

    WindowWide Subject::RequestWindow, "wide", Type::Bool, FieldName::System, "it is wider than 5 s";
    WindowAboveMost Subject::RequestWindow, "above-most", Type::Bool, FieldName::System, "it is wider than the exchange takes";
    WindowLength Subject::RequestWindow, "length", Type::Word(&[]), FieldName::System, "how wide it is";

    InferredTasks Subject::Estate, "inferred-tasks", Type::List(Member::Reference), FieldName::Task, "the keys whose task is inferred";
}

/// A fact of a member of a list, written `it.…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItFact {
    /// The right: read, trade, …
    Right,
    /// Whether the key has it.
    Granted,
    /// Whether the task's row blocks it.
    Blocked,
    /// Whether the task needs it.
    Needed,
    /// Whether the exchange grants it only together with a right that the task allows.
    Inseparable,
    /// Why an entry is no address that every tool reads alike.
    Malformed,
    /// The kind of address space an entry lies in.
    Space,
    /// What an entry is to the key's systems.
    EgressOf,
    /// Whether an entry belongs to a third party's published addresses.
    Published,
    /// That third party.
    Publisher,
    /// Whether that third party is declared to hold the key.
    HolderDeclared,
    /// Whether an entry is a duplicate or covered by another.
    Redundant,
    /// The market.
    Market,
    /// Whether a market or pair is traded by the key's systems.
    Traded,
    /// Whether an egress address is on the whitelist.
    Whitelisted,
    /// Whether an egress address is a backup that is not in use.
    UnusedBackup,
}

impl ItFact {
    const ROWS: &'static [(Self, Member, &'static str, Type, FieldName, &'static str)] = &[
        (
            Self::Right,
            Member::Permission,
            "right",
            Type::Word(&["read", "trade", "transfer", "withdraw", "administer"]),
            FieldName::Trade,
            "which right",
        ),
        (Self::Granted, Member::Permission, "granted", Type::Bool, FieldName::Trade, "the key has it"),
        (Self::Blocked, Member::Permission, "blocked", Type::Bool, FieldName::Task, "the task's row blocks it"),
        (Self::Needed, Member::Permission, "needed", Type::Bool, FieldName::Task, "the task needs it"),
        (
            Self::Inseparable,
            Member::Permission,
            "inseparable",
            Type::Bool,
            FieldName::Task,
            "the exchange grants it only together with a right that the task allows",
        ),
        (Self::Malformed, Member::Entry, "malformed", Type::Bool, FieldName::IpWhitelist, "it is no address that every tool reads alike"),
        (
            Self::Space,
            Member::Entry,
            "space",
            Type::Word(&["public", "private", "documentation"]),
            FieldName::IpWhitelist,
            "the address space it lies in; private includes loopback, link-local, shared and multicast",
        ),
        (
            Self::EgressOf,
            Member::Entry,
            "egress",
            Type::Word(&["egress", "unused-backup", "none"]),
            FieldName::Egress,
            "what it is to the key's systems",
        ),
        (
            Self::Published,
            Member::Entry,
            "published",
            Type::Bool,
            FieldName::IpWhitelist,
            "it belongs to a third party's published addresses",
        ),
        (Self::Publisher, Member::Entry, "publisher", Type::Word(&[]), FieldName::IpWhitelist, "that third party's name"),
        (
            Self::HolderDeclared,
            Member::Entry,
            "holder-declared",
            Type::Bool,
            FieldName::ThirdParty,
            "that third party is declared to hold the key",
        ),
        (Self::Redundant, Member::Entry, "redundant", Type::Bool, FieldName::IpWhitelist, "it is a duplicate, or covered by another entry"),
        (Self::Market, Member::Market, "market", Type::Word(&["spot", "margin", "futures", "options"]), FieldName::Markets, "which market"),
        (Self::Traded, Member::Market, "traded", Type::Bool, FieldName::SystemMarkets, "a system of the key trades it"),
        (Self::Traded, Member::Pair, "traded", Type::Bool, FieldName::SystemPairs, "a system of the key trades it"),
        (Self::Whitelisted, Member::Egress, "whitelisted", Type::Bool, FieldName::IpWhitelist, "it is on the key's IP whitelist"),
        (
            Self::UnusedBackup,
            Member::Egress,
            "unused-backup",
            Type::Bool,
            FieldName::BackupInUse,
            "it is a backup address that is not in use",
        ),
    ];
    /// The fact of a member by its name, with its type.
    pub fn find(member: Member, name: &str) -> Option<(Self, Type, FieldName)> {
        Self::ROWS.iter().find(|r| r.1 == member && r.2 == name).map(|r| (r.0, r.3, r.4))
    }
    /// The names that members of this kind have, with type and meaning.
    pub fn of(member: Member) -> impl Iterator<Item = (&'static str, Type, &'static str)> {
        Self::ROWS.iter().filter(move |r| r.1 == member).map(|r| (r.2, r.3, r.5))
    }
}

impl FactId {
    /// The fact of a subject by its name.
    pub fn find(subject: Subject, name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.subject() == subject && f.name() == name)
    }
    /// Those of one subject.
    pub fn of(subject: Subject) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |f| f.subject() == subject)
    }
    /// Whom it is about.
    pub fn subject(self) -> Subject {
        self.row().0
    }
    /// Its name in conditions.
    pub fn name(self) -> &'static str {
        self.row().1
    }
    /// Its type.
    pub fn kind(self) -> Type {
        self.row().2
    }
    /// Its name in the normal form.
    pub fn field(self) -> FieldName {
        self.row().3
    }
    /// What it means.
    pub fn says(self) -> &'static str {
        self.row().4
    }
    /// Whether it is a right of a key.
    pub fn is_right(self) -> bool {
        matches!(self, Self::CanRead | Self::CanTrade | Self::CanTransfer | Self::CanWithdraw)
    }
}

impl ItFact {
    /// Its name after `it.`.
    pub fn name(self) -> &'static str {
        Self::ROWS.iter().find(|r| r.0 == self).map_or("it", |r| r.2)
    }
}
