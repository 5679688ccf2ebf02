//! A key: what it may do, from where, until when.

use serde::{Deserialize, Serialize};

use super::ip::IpEntry;
use super::time::Time;
use super::{Exchange, Fact, Stated};
use crate::text::Span;

/// What a key may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Read balances, orders, history.
    Read,
    /// Place and cancel orders.
    Trade,
    /// Move assets between own wallets or sub-accounts.
    Transfer,
    /// Move assets off the exchange.
    Withdraw,
    /// Create or change keys, sub-accounts or withdrawal addresses.
    Administer,
}

impl Right {
    /// All five, in the order in which they are reported.
    pub const ALL: [Self; 5] = [Self::Read, Self::Trade, Self::Transfer, Self::Withdraw, Self::Administer];
    /// The fact that states it.
    pub fn field(self) -> super::FieldName {
        match self {
            Self::Read => super::FieldName::Read,
            Self::Trade => super::FieldName::Trade,
            Self::Transfer => super::FieldName::Transfer,
            Self::Withdraw => super::FieldName::Withdraw,
            Self::Administer => super::FieldName::AdministerKeys,
        }
    }
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Trade => "trade",
            Self::Transfer => "transfer",
            Self::Withdraw => "withdraw",
            Self::Administer => "administer",
        }
    }
}

/// The permissions of a key, each stated on its own.
#[derive(Clone, Debug, Default)]
pub struct Permissions {
    /// See [`Right::Read`].
    pub read: Stated<bool>,
    /// See [`Right::Trade`].
    pub trade: Stated<bool>,
    /// See [`Right::Transfer`].
    pub transfer: Stated<bool>,
    /// See [`Right::Withdraw`].
    pub withdraw: Stated<bool>,
    /// Create or change keys.
    pub administer_keys: Stated<bool>,
    /// Create or change sub-accounts.
    pub administer_sub_accounts: Stated<bool>,
    /// Add or change withdrawal addresses.
    pub administer_addresses: Stated<bool>,
}

impl Permissions {
    /// One right. `Administer` is yes where one of its three is, no where all three are known to be no, else unknown.
    pub fn get(&self, right: Right) -> Stated<bool> {
        match right {
            Right::Read => self.read.clone(),
            Right::Trade => self.trade.clone(),
            Right::Transfer => self.transfer.clone(),
            Right::Withdraw => self.withdraw.clone(),
            Right::Administer => {
                let parts = [&self.administer_keys, &self.administer_sub_accounts, &self.administer_addresses];
                if let Some(yes) = parts.iter().find_map(|p| p.as_ref().filter(|f| f.value)) {
                    return Some(yes.clone());
                }
                parts.iter().all(|p| p.is_some()).then(|| parts.iter().find_map(|p| p.as_ref()).cloned()).flatten()
            }
        }
    }
}

/// The id of a key, as the exchange writes it: whole or masked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub String);

impl KeyId {
    /// Whether characters were replaced: by `*` or `…`, or three dots.
    pub fn is_masked(&self) -> bool {
        self.0.contains(['*', '\u{2026}']) || self.0.contains("...")
    }
    /// The visible beginning and end of a masked id; of a whole one, all of it and nothing.
    pub fn ends(&self) -> (&str, &str) {
        let dots = self.0.find("...").map(|i| (i, i + 3));
        let stars = self.0.find(['*', '\u{2026}']);
        let start = [dots.map(|d| d.0), stars].into_iter().flatten().min();
        let Some(start) = start else { return (&self.0, "") };
        let head = self.0.get(..start).unwrap_or("");
        let tail_from = self
            .0
            .rfind(['*', '\u{2026}', '.'])
            .map_or(0, |i| i + self.0.get(i..).and_then(|s| s.chars().next()).map_or(1, char::len_utf8));
        (head, self.0.get(tail_from..).unwrap_or(""))
    }
    /// Whether this, masked, could be `other`, whole or masked too: what is visible of both agrees. An id of which nothing
    /// is visible could be any and therefore fits none.
    pub fn fits(&self, other: &Self) -> bool {
        if !self.is_masked() && !other.is_masked() {
            return self == other;
        }
        let ((head, tail), (other_head, other_tail)) = (self.ends(), other.ends());
        if head.len() + tail.len() == 0 || other_head.len() + other_tail.len() == 0 {
            return false;
        }
        if !self.is_masked() {
            return other.fits(self);
        }
        if !other.is_masked() {
            return other.0.len() >= head.len() + tail.len() && other.0.starts_with(head) && other.0.ends_with(tail);
        }
        let heads = head.starts_with(other_head) || other_head.starts_with(head);
        let tails = tail.ends_with(other_tail) || other_tail.ends_with(tail);
        // Two masks that show nothing in common say nothing of each other.
        heads && tails && (head.len().min(other_head.len()) + tail.len().min(other_tail.len())) > 0
    }
    /// As reports show it: the first and the last characters, never the whole.
    pub fn shown(&self) -> String {
        let chars: Vec<char> = self.0.chars().collect();
        let keep = Self::kept(chars.len());
        if self.is_masked() {
            // Of what is visible of a masked id, no more than of a whole one.
            let (head, tail) = self.ends();
            if head.is_empty() && tail.is_empty() {
                return self.0.clone();
            }
            let head: String = head.chars().take(keep).collect();
            let skip = tail.chars().count().saturating_sub(keep);
            return format!("{head}\u{2026}{}", tail.chars().skip(skip).collect::<String>());
        }
        if chars.len() < 4 {
            return self.0.clone();
        }
        let part = |range: &mut dyn Iterator<Item = &char>| range.collect::<String>();
        format!("{}\u{2026}{}", part(&mut chars.iter().take(keep)), part(&mut chars.iter().skip(chars.len() - keep)))
    }
    /// How many characters of an id of this length stay visible at each end.
    pub fn kept(length: usize) -> usize {
        match length {
            16.. => 4,
            8.. => 2,
            4.. => 1,
            _ => 0,
        }
    }
}

/// From where a key may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IpWhitelist {
    /// From any address.
    Unrestricted,
    /// From these, as written, each with its place.
    Listed(Vec<Fact<IpEntry>>),
    /// The exchange says that it is restricted, and does not list the entries.
    Restricted,
    /// From any address, because the exchange cannot bind a key to addresses: nothing that could be set is missing.
    NotOffered,
}

/// Which pairs a key may trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairWhitelist {
    /// All of them.
    All,
    /// These, as written.
    Listed(Vec<Fact<String>>),
}

/// A market that can be switched on for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Market {
    /// Spot.
    Spot,
    /// Margin.
    Margin,
    /// Futures and perpetual contracts.
    Futures,
    /// Options.
    Options,
}

impl Market {
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Spot => "spot",
            Self::Margin => "margin",
            Self::Futures => "futures",
            Self::Options => "options",
        }
    }
}

/// How far a transfer permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransferReach {
    /// Only between wallets of the key's own account.
    OwnWallets,
    /// Between accounts: sub-accounts, the master account.
    BetweenAccounts,
}

/// How requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signature {
    /// With a secret that the exchange has too (HMAC).
    SharedSecret,
    /// With a private key that only the user has (Ed25519, RSA, ECDSA).
    Asymmetric,
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It works.
    Active,
    /// It was switched off, locked or frozen.
    Disabled,
    /// Its time is over.
    Expired,
}

impl Status {
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
        }
    }
}

/// When a key ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiry {
    /// The exchange says: never.
    Never,
    /// At this time.
    At(Time),
}

/// When a key was last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LastUse {
    /// The exchange says: never.
    Never,
    /// At this time.
    At(Time),
}

/// Which part of a credential stands in plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretPart {
    /// The id of a key.
    Key,
    /// The shared secret.
    Secret,
    /// The passphrase.
    Passphrase,
    /// A private key.
    PrivateKey,
    /// The words that a wallet is made from.
    Mnemonic,
    /// A token that is a credential by itself.
    Token,
}

impl SecretPart {
    /// The word for it in documents.
    pub fn id(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Secret => "secret",
            Self::Passphrase => "passphrase",
            Self::PrivateKey => "private-key",
            Self::Mnemonic => "mnemonic",
            Self::Token => "token",
        }
    }
    /// The words for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Key => "key id",
            Self::Secret => "secret",
            Self::Passphrase => "passphrase",
            Self::PrivateKey => "private key",
            Self::Mnemonic => "mnemonic",
            Self::Token => "token",
        }
    }
}

/// Two exports of one record state a field differently, and nothing says which is newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The field, as reports name it.
    pub field: &'static str,
    /// The two places.
    pub places: [Option<Span>; 2],
}

/// A key as exports state it.
#[derive(Clone, Debug)]
pub struct Key {
    /// The exchange.
    pub exchange: Exchange,
    /// Its id; several exchanges do not return it.
    pub id: Stated<KeyId>,
    /// The id by which requests name it, where that is another than its own.
    pub handle: Stated<KeyId>,
    /// The name its owner gave it.
    pub label: Stated<String>,
    /// The account it belongs to, by each id that is given (uid, e-mail, sub-account name).
    pub account: Vec<Fact<String>>,
    /// Whether that is a master or a sub-account.
    pub account_kind: Stated<super::AccountKind>,
    /// What it may do.
    pub permissions: Permissions,
    /// How far its transfers reach.
    pub transfer_reach: Stated<TransferReach>,
    /// Which markets it may trade, where they can be told apart.
    pub markets: Stated<Vec<Fact<Market>>>,
    /// The exchange's own names of what is granted, verbatim.
    pub native: Vec<Fact<String>>,
    /// Those of them that no reader knows.
    pub unknown: Vec<Fact<String>>,
    /// From where it may be used.
    pub ip_whitelist: Stated<IpWhitelist>,
    /// Which pairs it may trade.
    pub pair_whitelist: Stated<PairWhitelist>,
    /// How its requests are signed.
    pub signature: Stated<Signature>,
    /// When it was created.
    pub created: Stated<Time>,
    /// When it ends.
    pub expires: Stated<Expiry>,
    /// How many days it had left when its export was made, where that is all an exchange says of its end.
    pub days_left: Stated<u32>,
    /// When it was last used.
    pub last_used: Stated<LastUse>,
    /// Whether it works.
    pub status: Stated<Status>,
    /// Secrets that the export carries, each with its place; the values stayed there.
    pub carries: Vec<(SecretPart, Span)>,
    /// When the newest of its exports was fetched.
    pub fetched_at: Stated<Time>,
    /// The answers it was read from: the endpoint and the place of the record.
    pub payloads: Vec<(&'static str, Span)>,
    /// Fields on which undated exports disagree.
    pub conflicts: Vec<Conflict>,
}

impl Key {
    /// A key of which nothing is known yet.
    pub fn new(exchange: Exchange) -> Self {
        Self {
            exchange,
            id: None,
            handle: None,
            label: None,
            account: Vec::new(),
            account_kind: None,
            permissions: Permissions::default(),
            transfer_reach: None,
            markets: None,
            native: Vec::new(),
            unknown: Vec::new(),
            ip_whitelist: None,
            pair_whitelist: None,
            signature: None,
            created: None,
            expires: None,
            days_left: None,
            last_used: None,
            status: None,
            carries: Vec::new(),
            fetched_at: None,
            payloads: Vec::new(),
            conflicts: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_ids_fit_whole_ones_by_what_is_visible() {
        let whole = KeyId("c5dcfbf1f3a7b90e".into());
        assert!(KeyId("c5dcfbf1f3a7*****".into()).fits(&whole));
        assert!(KeyId("c5dc\u{2026}b90e".into()).fits(&whole));
        assert!(KeyId("c5dc...b90e".into()).fits(&whole));
        assert!(!KeyId("******".into()).fits(&whole));
        assert!(!KeyId("c5dd\u{2026}".into()).fits(&whole));
        assert!(whole.fits(&KeyId("c5dc\u{2026}".into())));
        assert!(KeyId("c5dcfb\u{2026}".into()).fits(&KeyId("c5dcfbf1f3a7*****".into())));
        assert!(!KeyId("c5dcfb\u{2026}".into()).fits(&KeyId("*****b90e".into())));
    }

    #[test]
    fn shown_ids_never_show_the_middle() {
        assert_eq!(KeyId("Kq7Zp2Lm9Xc4Vb8Nt1".into()).shown(), "Kq7Z\u{2026}8Nt1");
        assert_eq!(KeyId("TiA4AyLPq3".into()).shown(), "Ti\u{2026}q3");
    }

    #[test]
    fn administer_is_unknown_until_all_three_are_known() {
        let span = Span::new(crate::text::TextId(0), 0, 1);
        let mut p = Permissions { administer_keys: Some(Fact::exported(false, span)), ..Permissions::default() };
        assert_eq!(p.get(Right::Administer), None);
        p.administer_sub_accounts = Some(Fact::exported(false, span));
        p.administer_addresses = Some(Fact::fixed(false));
        assert_eq!(p.get(Right::Administer).map(|f| f.value), Some(false));
        p.administer_addresses = Some(Fact::exported(true, span));
        assert_eq!(p.get(Right::Administer).map(|f| f.value), Some(true));
    }
}
