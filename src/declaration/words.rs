//! The words of the declaration, each a type of its own so that an unknown one is told with a suggestion.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use crate::document::Spanned;
use crate::model::Right;
use crate::model::ip::IpRange;
use crate::model::money::Money;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $id:literal $says:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $(#[doc = $says] #[serde(rename = $id)] $variant),* }
        impl $name {
            /// The word.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),* }
            }
        }
    };
}

words! {
    /// What a key is for.
    TaskWord {
        Analytics "analytics" "Reads to show or to compute: screeners, monitoring.",
        Reporting "reporting" "Reads to report: taxes, accounting.",
        Trading "trading" "Places and cancels orders.",
        Transfers "transfers" "Moves assets between own wallets or sub-accounts.",
        Payouts "payouts" "Withdraws to customers or own wallets, regularly.",
    }
}
words! {
    /// What an account is for.
    Purpose {
        Storage "storage" "Holds the core capital; no permanent key that can move it.",
        Trading "trading" "Holds the working balance of trading systems.",
        Treasury "treasury" "Receives and pays out.",
        Reporting "reporting" "Is only read.",
    }
}
words! {
    /// Whether an address stays the same.
    AddressKind {
        Static "static" "It stays the same.",
        Dynamic "dynamic" "It changes, as that of a home connection does.",
    }
}
words! {
    /// Where a secret is stored.
    StoredIn {
        SecretManager "secret-manager" "A secret manager.",
        Vault "vault" "A vault.",
        Kms "kms" "A key management service.",
        Hsm "hsm" "A hardware security module.",
        EncryptedFile "encrypted-file" "An encrypted file.",
        Keychain "keychain" "The keychain of an operating system.",
        EnvFile "env-file" "A file of environment variables, in plaintext.",
        ConfigFile "config-file" "A configuration file, in plaintext.",
        Code "code" "Source code.",
        Image "image" "A container or disk image.",
        Laptop "laptop" "Somebody's computer.",
        Chat "chat" "A chat or an e-mail.",
        ThirdParty "third-party" "A third party's infrastructure.",
        Unknown "unknown" "Nobody knows.",
    }
}
words! {
    /// What adding an address needs besides the password.
    Factor {
        Totp "totp" "A time-based code of an app.",
        HardwareKey "hardware-key" "A hardware key.",
        Passkey "passkey" "A passkey.",
        Sms "sms" "A code by SMS.",
        Email "email" "A code by e-mail.",
    }
}
words! {
    /// A channel through which an address is confirmed.
    Channel {
        Email "email" "E-mail.",
        App "app" "The exchange's app.",
        Sms "sms" "SMS.",
        Phone "phone" "A call.",
        HardwareKey "hardware-key" "A hardware key.",
    }
}
words! {
    /// What an export must state.
    Required {
        Permissions "permissions" "Whether it can trade, transfer and withdraw.",
        IpWhitelist "ip-whitelist" "From which addresses it can be used.",
        PairWhitelist "pair-whitelist" "Which pairs it can trade.",
        Created "created" "When it was created.",
        Expires "expires" "When it ends.",
        LastUsed "last-used" "When it was last used.",
        Status "status" "Whether it works.",
        Account "account" "The account that it belongs to.",
    }
}

impl TaskWord {
    /// Whether the task's row allows a right.
    pub fn allows(self, right: Right) -> bool {
        right == Right::Read
            || matches!(
                (self, right),
                (Self::Trading, Right::Trade) | (Self::Transfers, Right::Transfer) | (Self::Payouts, Right::Withdraw)
            )
    }
}

impl StoredIn {
    /// Whether the storage is a secret manager or encrypted; nothing where nobody knows.
    pub fn is_managed(self) -> bool {
        matches!(self, Self::SecretManager | Self::Vault | Self::Kms | Self::Hsm | Self::EncryptedFile | Self::Keychain)
    }
}

/// A task, and whether it was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// What the key is for.
    pub word: TaskWord,
    /// False where a `?` follows: it was inferred, and nobody has confirmed it.
    pub confirmed: bool,
}

/// One name, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OneOrMany {
    /// One; its place is that of the whole.
    One(String),
    /// Several, each with its place.
    Many(Vec<Spanned<String>>),
}

/// The names of a field that takes one or many, each with its place.
pub fn names(field: &Spanned<OneOrMany>) -> Vec<Spanned<String>> {
    match &field.value {
        OneOrMany::One(name) => vec![Spanned { value: name.clone(), span: field.span }],
        OneOrMany::Many(names) => names.clone(),
    }
}

/// A prefix length such as `/29`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix(pub u8);

/// An address or a range of addresses that requests come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EgressAddress(pub IpRange);

/// An amount of money, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// None, said.
    None,
    /// This much.
    Amount(Money),
}

impl Limit {
    /// The amount, where there is one.
    pub fn amount(&self) -> Option<&Money> {
        match self {
            Self::None => None,
            Self::Amount(money) => Some(money),
        }
    }
}

impl<'de> Deserialize<'de> for Task {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (word, confirmed) = match text.strip_suffix('?') {
            Some(word) => (word, false),
            None => (text.as_str(), true),
        };
        let words = [TaskWord::Analytics, TaskWord::Reporting, TaskWord::Trading, TaskWord::Transfers, TaskWord::Payouts];
        match words.into_iter().find(|w| w.id() == word) {
            Some(word) => Ok(Self { word, confirmed }),
            None => Err(de::Error::unknown_variant(word, &["analytics", "reporting", "trading", "transfers", "payouts"])),
        }
    }
}

impl JsonSchema for Task {
    fn schema_name() -> Cow<'static, str> {
        "Task".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(analytics|reporting|trading|transfers|payouts)\\??$",
            "examples": ["trading", "reporting", "trading?"],
            "description": "What the key is for. A `?` at the end says that it was inferred and is still to be confirmed."
        })
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a list of names")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(name.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, id: i64) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(id.to_string()))
            }
            fn visit_u64<E: de::Error>(self, id: u64) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(id.to_string()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMany, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element::<Spanned<String>>()? {
                    names.push(name);
                }
                Ok(OneOrMany::Many(names))
            }
        }
        deserializer.deserialize_any(Names)
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": ["string", "integer"] }, { "type": "array", "items": { "type": ["string", "integer"] } }] })
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bits = text.strip_prefix('/').and_then(|t| t.parse::<u8>().ok()).filter(|b| *b <= 128);
        bits.map(Self).ok_or_else(|| de::Error::custom("expected a prefix length such as /29"))
    }
}

impl JsonSchema for Prefix {
    fn schema_name() -> Cow<'static, str> {
        "Prefix".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^/[0-9]{1,3}$", "examples": ["/29", "/64"] })
    }
}

impl<'de> Deserialize<'de> for EgressAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        IpRange::parse(&text).map(Self).map_err(|reason| de::Error::custom(format!("expected an address such as 203.0.113.10: {reason}")))
    }
}

impl JsonSchema for EgressAddress {
    fn schema_name() -> Cow<'static, str> {
        "EgressAddress".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["203.0.113.10", "2001:db8::10"], "description": "An address, or a range such as 203.0.113.8/29." })
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "none" {
            return Ok(Self::None);
        }
        Money::parse(&text)
            .map(Self::Amount)
            .map_err(|e| de::Error::custom(format!("expected an amount such as `5000 USDT`, or none: {e}")))
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(none|[0-9]+(\\.[0-9]+)? [A-Za-z0-9]+)$", "examples": ["5000 USDT", "none"] })
    }
}
