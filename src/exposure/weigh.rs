//! From what a leak makes possible to a severity, with the reason in one sentence.

use super::amounts::Amounts;
use super::decide::{Adding, Check, Operation, Recipient, Request, Source, Whitelist, decide};
use super::estate::{Estate, KeyFacts};
use super::radius::{WayRadius, key_radius};
use super::ways::{self, Way};
use crate::finding::Severity;
use crate::inventory::Inventory;

/// How bad the leak of a key's secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// How bad, at worst.
    pub severity: Severity,
    /// How bad by what is stated: no unknown right makes it critical.
    pub stated: Severity,
    /// Why, as the end of "critical because".
    pub because: String,
}

/// Weighs the leak of a key's secret. A key of which no export states anything is not weighed: nothing of it is known.
pub fn weigh(estate: &Estate<'_>, inventory: &Inventory, at: usize) -> Option<Weight> {
    let (key, record) = (estate.keys.get(at)?, inventory.keys.get(at)?);
    if record.key.payloads.is_empty() {
        return None;
    }
    if key.works == Some(false) {
        let because = "its key is switched off, or has expired".to_owned();
        return Some(Weight { severity: Severity::Low, stated: Severity::Low, because });
    }
    let radius = key_radius(estate, key);
    // What the secret is worth is seen from where the key is used; whether anybody else can use it, from anywhere.
    let (leak, server) = (radius.way(Way::KeyAndSecret)?, radius.way(Way::Server)?);
    let anywhere = leak.executed().next().is_some();
    let could = |operation| server.cell(operation).decision.is_executed();
    let worse = |severe: Severity| if anywhere { severe } else { severe.lower() };
    // What may withdraw is never less than high: saved addresses and confirmations are settings of the account, and change.
    let withdraws = |severe: Severity| worse(severe).max(Severity::High);
    let (severity, what) = match withdrawal(estate, key, server) {
        // What it may do besides matters where it cannot withdraw to wherever it likes.
        Some((severe, what, false)) if could(Operation::Trade) || could(Operation::Transfer) => {
            (withdraws(severe), format!("{}, {what}", moves(key, server)))
        }
        Some((severe, what, _)) => (withdraws(severe), what),
        None if could(Operation::Trade) || could(Operation::Transfer) => (worse(Severity::High), moves(key, server)),
        None if could(Operation::Read) => (worse(Severity::Medium), "can only read".to_owned()),
        None => (Severity::Low, "can do nothing that is known".to_owned()),
    };
    // Most answers do not state transfers: that alone makes nothing high.
    let only_perhaps_transfers = [Operation::Trade, Operation::Withdraw].iter().all(|o| states(key, *o) == Some(false))
        && states(key, Operation::Transfer).is_none()
        && !key.administers;
    let stated = match states(key, Operation::Withdraw) {
        Some(true) => severity,
        _ if only_perhaps_transfers => severity.min(worse(Severity::Medium)),
        _ => severity.min(Severity::High),
    };
    let administers = if key.administers { ", with keys that it makes itself" } else { "" };
    let bound = if anywhere { leak.bound() } else { server.bound() };
    let because = format!("{}, {what}{administers}{}", from(key, anywhere), lost(bound));
    Some(Weight { severity, stated, because })
}

/// What is lost, as the end of a sentence.
fn lost(bound: &Amounts) -> String {
    match (bound.is_zero(), bound.parts().next().is_none() && bound.is_open()) {
        (true, _) => String::new(),
        (_, true) => ": everything on its account".to_owned(),
        _ if bound.is_open() => format!(": {bound}"),
        _ => format!(": up to {bound}"),
    }
}

/// From where it may be used.
fn from(key: &KeyFacts<'_>, anywhere: bool) -> &'static str {
    match (anywhere, key.whitelist) {
        (true, Some(Whitelist::Open)) => "usable from any address",
        (true, Some(_)) => "usable from more addresses than the policy allows",
        (true, None) => "perhaps usable from any address",
        (false, _) => "usable only from its whitelisted addresses",
    }
}

/// Whether a right is stated.
fn states(key: &KeyFacts<'_>, operation: Operation) -> Option<bool> {
    Operation::ALL.iter().position(|o| *o == operation).and_then(|at| key.rights.get(at).copied().flatten())
}

/// How bad its withdrawals are, where it may withdraw, and whether they go to any address.
fn withdrawal(estate: &Estate<'_>, key: &KeyFacts<'_>, server: &WayRadius) -> Option<(Severity, String, bool)> {
    let permitted = key.administers || states(key, Operation::Withdraw) != Some(false);
    let stopped = server.cell(Operation::Withdraw).decision.stopped_by;
    if !permitted || stopped.is_some_and(|c| c < Check::AddressWhitelist && c != Check::IpWhitelist) {
        return None;
    }
    let certain = key.administers || states(key, Operation::Withdraw) == Some(true);
    let can = if certain { "can withdraw" } else { "may be able to withdraw" };
    let by = |added| {
        let recipient = Recipient::New { added, waits: estate.noticed };
        let request = Request { recipient, source: Source::WhereItIsUsed, ..ways::request(estate, key, Way::Server, Operation::Withdraw) };
        decide(&request, &ways::settings(estate, key, Way::Server, Operation::Withdraw))
    };
    let saved_only = by(Adding::Impossible).stopped_by == Some(Check::AddressWhitelist);
    Some(match (saved_only, key.adds_addresses) {
        (false, _) => (Severity::Critical, format!("{can} to any address"), true),
        (true, true) if by(Adding::WithTheKey).is_executed() => {
            (Severity::Critical, format!("{can} to any address, which it adds itself"), true)
        }
        (true, true) => (Severity::High, format!("{can} to saved addresses, and to ones that it adds after a hold"), false),
        // The list is worth what its confirmation is worth.
        (true, false) if by(Adding::FromTheMailbox).is_executed() => {
            (Severity::Critical, format!("{can} to saved addresses, and to any other that the mailbox confirms"), false)
        }
        (true, false) => (Severity::High, format!("{can} to saved addresses only"), false),
    })
}

/// What it can move without withdrawing.
fn moves(key: &KeyFacts<'_>, server: &WayRadius) -> String {
    let word = |operation: Operation, id: &'static str| {
        let could = server.cell(operation).decision.is_executed();
        could.then(|| (id, key.administers || states(key, operation) == Some(true)))
    };
    match (word(Operation::Trade, "trade"), word(Operation::Transfer, "transfer")) {
        (Some((_, true)), Some((_, true))) => "can trade and transfer".to_owned(),
        (Some((_, true)), Some((_, false))) => "can trade, perhaps transfer".to_owned(),
        (Some((_, false)), Some((_, true))) => "can transfer, perhaps trade".to_owned(),
        (Some((_, false)), Some((_, false))) => "may be able to trade and transfer".to_owned(),
        (Some((word, sure)), None) | (None, Some((word, sure))) => {
            if sure {
                format!("can {word}")
            } else {
                format!("may be able to {word}")
            }
        }
        (None, None) => "can do nothing that is known".to_owned(),
    }
}
