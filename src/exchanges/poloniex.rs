//! Poloniex: the accounts of a group. No answer describes keys or saved addresses; keys are declared by hand.
//!
//! Sources: poloniex/polo-sdk-python c2f7c62 (subaccounts).

use super::record::Record;
use super::{By, Payload, Reader};
use crate::model::{AccountKind, Exchange};

pub const READER: Reader = Reader {
    exchange: Exchange::Poloniex,
    profile: include_str!("poloniex.yaml"),
    payloads: &[Payload::bare(
        "GET /subaccounts",
        By::Fields { decides: &["accountId", "accountName", "accountState", "isPrimary"], also: &[], read: account },
    )],
    error: |_| None,
};

fn account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("accountId"));
    account.label = record.text("accountName");
    account.kind = record.flag_or_text("isPrimary").map(|f| f.map(|yes| if yes { AccountKind::Master } else { AccountKind::Sub }));
    // These two are documented as examples of what there is.
    account.frozen = record.text("accountState").and_then(|f| match f.value.as_str() {
        "NORMAL" => Some(f.map(|_| false)),
        "LOCKED" => Some(f.map(|_| true)),
        _ => None,
    });
    record.push_account(account);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::{Account, value};

    #[test]
    fn a_group_has_a_primary_account_and_others_that_can_be_locked() {
        let text = sample::fixture(READER.exchange, "subaccounts");
        let seen = |a: &Account| (value(&a.kind).copied(), value(&a.frozen).copied());
        let accounts = |text: &str| sample::harvest(READER.exchange, text).accounts.iter().map(seen).collect::<Vec<_>>();
        let (master, sub) = (Some(AccountKind::Master), Some(AccountKind::Sub));
        assert_eq!(accounts(&text), [(master, Some(false)), (sub, Some(false)), (sub, Some(true))]);
        assert_eq!(accounts(&text.replace("LOCKED", "CLOSING"))[2], (sub, None));
    }
}
