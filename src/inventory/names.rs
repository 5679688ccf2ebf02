//! How reports call keys and accounts: ids by their ends, names from outside without control characters.

use super::{AccountRecord, Inventory, KeyRecord};
use crate::finding::SubjectName;
use crate::text::{clean, label};

impl Inventory {
    /// How reports call a key.
    pub fn subject_of_key(&self, record: &KeyRecord) -> SubjectName {
        SubjectName {
            kind: "key",
            exchange: Some(record.key.exchange),
            account: self.account_of(record).and_then(Self::account_name).map(|n| clean(n).into_owned()),
            id: record.id().map(|id| clean(&id.shown()).into_owned()),
            label: record.key.label.as_ref().map(|f| label(&f.value).into_owned()),
        }
    }

    /// How reports call an account, given its place, too.
    pub fn subject_of_account(&self, record: &AccountRecord, at: usize) -> SubjectName {
        let name = Self::account_name(record).map(|n| clean(n).into_owned());
        // Nothing names it: it is "the account of" its first key.
        let nameless = record.implicit && name.is_none();
        let first = if nameless { self.keys_of(at).next() } else { None };
        let label = first.map(|k| format!("of {}", self.subject_of_key(k).sentence()));
        SubjectName { kind: "account", exchange: Some(record.account.exchange), account: name.clone(), id: name, label }
    }
}
