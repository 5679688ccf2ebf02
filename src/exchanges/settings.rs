//! How an exchange writes what can be set of a key: its own words for permissions with what each grants, and its spelling
//! of IP whitelists and pairs. A section of its profile, so that advice can be given in the words of the exchange.
//!
//! A word that is not there is one of which nothing is asserted. Tests hold the words against the readers.

use serde::Deserialize;

use crate::model::{Market, Permissions, Right, Stated};

/// What a word grants: the rights that a key states one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// See [`Right::Read`].
    Read,
    /// See [`Right::Trade`].
    Trade,
    /// See [`Right::Transfer`].
    Transfer,
    /// See [`Right::Withdraw`].
    Withdraw,
    /// Create or change keys.
    AdministerKeys,
    /// Create or change sub-accounts.
    AdministerSubAccounts,
    /// Add or change withdrawal addresses.
    AdministerAddresses,
}

impl Grant {
    /// All seven, in the order in which they are reported.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Trade,
        Self::Transfer,
        Self::Withdraw,
        Self::AdministerKeys,
        Self::AdministerSubAccounts,
        Self::AdministerAddresses,
    ];
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Trade => "trade",
            Self::Transfer => "transfer",
            Self::Withdraw => "withdraw",
            Self::AdministerKeys => "administer-keys",
            Self::AdministerSubAccounts => "administer-sub-accounts",
            Self::AdministerAddresses => "administer-addresses",
        }
    }
    /// The right that it is, or is a part of.
    pub fn right(self) -> Right {
        match self {
            Self::Read => Right::Read,
            Self::Trade => Right::Trade,
            Self::Transfer => Right::Transfer,
            Self::Withdraw => Right::Withdraw,
            Self::AdministerKeys | Self::AdministerSubAccounts | Self::AdministerAddresses => Right::Administer,
        }
    }
    /// What permissions say of it.
    pub fn stated(self, of: &Permissions) -> &Stated<bool> {
        match self {
            Self::Read => &of.read,
            Self::Trade => &of.trade,
            Self::Transfer => &of.transfer,
            Self::Withdraw => &of.withdraw,
            Self::AdministerKeys => &of.administer_keys,
            Self::AdministerSubAccounts => &of.administer_sub_accounts,
            Self::AdministerAddresses => &of.administer_addresses,
        }
    }
}

/// One of an exchange's own words for what a key may do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Word {
    /// The word, as answers write it and readers keep it.
    pub name: String,
    /// What it grants of ours; nothing where it is known to grant none of it.
    pub grants: Vec<Grant>,
    /// The markets that it opens, where it says so.
    #[serde(default)]
    pub markets: Vec<Market>,
    /// Whether it may grant more than `grants` says: what else is not documented.
    #[serde(default)]
    pub unclear: bool,
    /// The group that it stands in, where answers have groups.
    pub group: Option<String>,
    /// Its label on the web page, where that is documented.
    pub title: Option<String>,
    /// The vocabularies that have it; all of them where there is none.
    #[serde(default, rename = "in")]
    pub vocabularies: Vec<String>,
    /// The documentation, where it is not that of the section.
    pub source: Option<String>,
    /// What else is worth knowing.
    pub note: Option<String>,
}

/// How an answer writes what is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A boolean for each word.
    Switches,
    /// A list of words.
    List,
    /// One text, the words separated by commas.
    Comma,
    /// One text, the words separated by spaces.
    Space,
    /// A list of words for each group.
    Groups,
    /// A level for each name: the word is both, `general READ_ONLY`.
    Levels,
    /// Numbers.
    Codes,
    /// A row for each name, with 0 or 1 for reading and for writing: the word is both, `orders write`.
    Rows,
}

/// How an answer says that nothing but reading is left, whatever else is granted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadOnly {
    /// What it is said of.
    pub of: ReadOnlyOf,
    /// The field and its value.
    pub written: String,
}

/// What is said to be read only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadOnlyOf {
    /// The key.
    Key,
    /// One word of it.
    Word,
}

/// How an answer writes an IP whitelist.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IpForm {
    /// How it writes several addresses.
    pub form: Separated,
    /// How it writes that there is no whitelist, where that is documented: the value, or the field with its value where
    /// `form` is a switch.
    pub none: Option<String>,
}

/// How several entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separated {
    /// A list.
    List,
    /// One text, separated by commas.
    Comma,
    /// One text, one entry on a line.
    Newline,
    /// Not at all: only whether there is a whitelist.
    Switch,
}

/// How an exchange writes the pairs of a pair whitelist.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PairForm {
    /// The pair, with `{base}` and `{quote}` in it.
    pub form: String,
}

/// Answers that have words of their own. What it does not say is as the section says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vocabulary {
    /// A name for it, by which words say that they are in it.
    pub name: String,
    /// The endpoints, as the reader names them.
    pub answers: Vec<String>,
    /// See [`Settings::form`].
    pub form: Option<Form>,
    /// See [`Settings::always`].
    pub always: Option<Vec<Grant>>,
    /// See [`Settings::read_only`].
    pub read_only: Option<ReadOnly>,
    /// See [`Settings::ip_whitelist`].
    pub ip_whitelist: Option<IpForm>,
}

/// What can be set of a key, in the exchange's own words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The documentation of all of it that names no other.
    pub source: String,
    /// The day of the edition that was read.
    pub date: String,
    /// The documentation of the labels of the web page.
    pub titles: Option<String>,
    /// How answers write what is granted.
    pub form: Form,
    /// What every key may do, without a word that says so.
    #[serde(default)]
    pub always: Vec<Grant>,
    /// How a key, or a word of it, is made read only, where that is a setting of its own.
    pub read_only: Option<ReadOnly>,
    /// How answers write an IP whitelist; nothing where none has it.
    pub ip_whitelist: Option<IpForm>,
    /// How a pair whitelist is written, where one is offered and its spelling is documented.
    pub pairs: Option<PairForm>,
    /// Answers whose words differ; none where all have the same.
    #[serde(default)]
    pub vocabularies: Vec<Vocabulary>,
    /// The words. Of several that grant the same, the usual spelling and the smaller grant come first.
    pub permissions: Vec<Word>,
}

impl Settings {
    /// The word of this name.
    pub fn named(&self, name: &str) -> Option<&Word> {
        self.permissions.iter().find(|w| w.name == name)
    }
    /// The words that grant this, in every vocabulary.
    pub fn granting(&self, grant: Grant) -> impl Iterator<Item = &Word> {
        self.permissions.iter().filter(move |w| w.grants.contains(&grant))
    }
    /// The vocabulary of an endpoint's answer; nothing where all answers have the same, or this one has no words.
    pub fn vocabulary(&self, endpoint: &str) -> Option<&Vocabulary> {
        self.vocabularies.iter().find(|v| v.answers.iter().any(|a| a == endpoint))
    }
    /// The words that an endpoint's answer can have.
    pub fn words_of(&self, endpoint: &str) -> impl Iterator<Item = &Word> {
        let own = self.vocabulary(endpoint).map(|v| v.name.as_str());
        let all = self.vocabularies.is_empty();
        self.permissions.iter().filter(move |w| {
            let everywhere = w.vocabularies.is_empty() && own.is_some();
            all || everywhere || own.is_some_and(|own| w.vocabularies.iter().any(|v| v == own))
        })
    }
    /// How an endpoint's answer writes what is granted.
    pub fn form_in(&self, endpoint: &str) -> Form {
        self.vocabulary(endpoint).and_then(|v| v.form).unwrap_or(self.form)
    }
    /// What a key may do without a word, by an endpoint's answer.
    pub fn always_in(&self, endpoint: &str) -> &[Grant] {
        self.vocabulary(endpoint).and_then(|v| v.always.as_deref()).unwrap_or(&self.always)
    }
    /// How an endpoint's answer says that a key, or a word of it, is read only.
    pub fn read_only_in(&self, endpoint: &str) -> Option<&ReadOnly> {
        self.vocabulary(endpoint).and_then(|v| v.read_only.as_ref()).or(self.read_only.as_ref())
    }
    /// How an endpoint's answer writes an IP whitelist.
    pub fn ip_whitelist_in(&self, endpoint: &str) -> Option<&IpForm> {
        self.vocabulary(endpoint).and_then(|v| v.ip_whitelist.as_ref()).or(self.ip_whitelist.as_ref())
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
