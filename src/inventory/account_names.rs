//! What an account is called: one account has the exchange's ids, a name in the declaration and a label, and exports,
//! envelopes and entries each use the one that they know.

use std::collections::BTreeMap;

use super::{AccountRecord, Index};
use crate::model::Exchange;

/// The accounts by all of their names.
pub(super) struct AccountNames {
    ids: Index,
    declared: BTreeMap<String, usize>,
    /// Labels are free text: one that two accounts have names neither.
    labels: BTreeMap<(Exchange, String), Option<usize>>,
}

impl AccountNames {
    /// The names that exports give.
    pub fn of(accounts: &[AccountRecord]) -> Self {
        let mut names = Self { ids: BTreeMap::new(), declared: BTreeMap::new(), labels: BTreeMap::new() };
        for (at, record) in accounts.iter().enumerate() {
            let exchange = record.account.exchange;
            for id in &record.account.ids {
                names.add_id(exchange, &id.value, at);
            }
            if let Some(label) = &record.account.label {
                names.labels.entry((exchange, label.value.clone())).and_modify(|one| *one = None).or_insert(Some(at));
            }
        }
        names
    }

    /// Adds an id; one that an account has already stays its own.
    pub fn add_id(&mut self, exchange: Exchange, id: &str, at: usize) {
        self.ids.entry((exchange, id.to_owned())).or_insert(at);
    }

    /// Adds a name of the declaration, `exchange/name`.
    pub fn declare(&mut self, name: &str, at: usize) {
        self.declared.insert(name.to_owned(), at);
    }

    /// The account that has this id.
    pub fn with_id(&self, exchange: Exchange, id: &str) -> Option<usize> {
        self.ids.get(&(exchange, id.to_owned())).copied()
    }

    /// The account of this name in the declaration.
    pub fn declared(&self, name: &str) -> Option<usize> {
        self.declared.get(name).copied()
    }

    /// The account that an export or its envelope names: by an id, by its name in the declaration with or without the
    /// exchange, or by its label.
    pub fn find(&self, exchange: Exchange, name: &str) -> Option<usize> {
        let short = name.strip_prefix(exchange.id()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
        self.with_id(exchange, name)
            .or_else(|| self.declared(name))
            .or_else(|| self.declared(&format!("{exchange}/{name}")))
            .or_else(|| self.with_id(exchange, short))
            .or_else(|| *self.labels.get(&(exchange, short.to_owned()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Fact};
    use crate::text::{Span, TextId};

    fn account(exchange: Exchange, id: &str, label: &str) -> AccountRecord {
        let fact = |text: &str| Fact::exported(text.to_owned(), Span::new(TextId(0), 0, 1));
        let mut account = Account::new(exchange);
        account.ids = vec![fact(id)];
        account.label = Some(fact(label));
        AccountRecord::new(account)
    }

    #[test]
    fn an_account_is_found_by_each_of_its_names_and_never_by_a_label_that_two_have() {
        let (bybit, okx) = (Exchange::Bybit, Exchange::Okx);
        let accounts =
            [account(bybit, "41", "copy"), account(bybit, "42", "twin"), account(bybit, "43", "twin"), account(okx, "44", "desk")];
        let mut names = AccountNames::of(&accounts);
        names.declare("bybit/maker", 0);
        for name in ["41", "bybit/41", "copy", "bybit/copy", "maker", "bybit/maker"] {
            assert_eq!(names.find(bybit, name), Some(0), "{name}");
        }
        for name in ["twin", "bybit/twin", "44", "desk", "okx/desk", ""] {
            assert_eq!(names.find(bybit, name), None, "{name}");
        }
    }
}
