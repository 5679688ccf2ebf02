//! Preserving traces: what shows which operations were executed, before the exchange forgets it.

use super::known::some;
use super::{Case, Part, Step, code, on};
use crate::exchanges::{Playbook, Way};
use crate::model::Right;

type Sources = Vec<(String, String, String)>;

pub(super) fn part(case: &Case<'_>, sources: &mut Sources) -> Part {
    let mut histories = |what: &str, ways: fn(&Playbook) -> &[Way]| {
        let told = case.ways().map(|w| case.told(ways(w), sources)).unwrap_or_default();
        let step = Step::new(what);
        if told.is_empty() {
            return step.note("No endpoint is documented here: export it on the exchange's web page, or ask its support.");
        }
        step.notes(told.into_iter().map(|w| format!("{w}.")))
    };
    let mut steps = vec![histories("The **open orders**, before they are cancelled where that costs no time.", |w| &w.open_orders)];
    if case.ways().is_some_and(|w| !w.order_history.is_empty()) {
        steps.push(histories("The **past orders**: those that were cancelled without a fill may be forgotten within hours.", |w| {
            &w.order_history
        }));
    }
    steps.push(histories("The **trade history** of the window, fees included.", |w| &w.trade_history));
    let withdrawals = histories("The **withdrawal history**, attempts and internal ones too.", |w| &w.withdrawal_history);
    let cancel = histories("", |w| &w.cancel_withdrawal);
    let stop = if case.ways().is_some_and(|w| !w.cancel_withdrawal.is_empty()) {
        cancel.notes.into_iter().map(|w| format!("A withdrawal that has not left yet can be stopped: {w}")).collect()
    } else {
        vec!["A withdrawal that has not left yet may still be stopped: on the web page, or by the exchange's support.".to_owned()]
    };
    steps.push(withdrawals.notes(stop));
    let addresses =
        histories("The **withdrawal address whitelist** and its changes: an address that was added prepares a withdrawal.", |w| {
            &w.addresses
        });
    steps.push(addresses.notes(expected(case)));
    steps.push(histories("**Transfers** between wallets and accounts, and deposits.", |w| &w.transfer_history));
    let signs = "The **log of sign-ins and changes**: new keys, new permissions, a removed IP whitelist, sign-ins from unknown addresses.";
    steps.push(histories(signs, |w| &w.access_log));
    steps.push(own_side(case));
    steps.push(places(case));
    Part {
        title: "Preserve traces",
        why: format!(
            "{} Export with another key that only reads, or on the web page, never with the leaked one. Save the answers as they come, with the time of the export.",
            window(case)
        ),
        steps,
    }
}

fn window(case: &Case<'_>) -> String {
    match case.from {
        Some(from) => format!("The window to export is {} to {}.", on(from), on(case.now)),
        None => format!(
            "The window to export is as far back as the exchange gives, at least {} before the first sign, to {}.",
            case.unnoticed,
            on(case.now)
        ),
    }
}

/// The addresses that should be saved.
fn expected(case: &Case<'_>) -> Vec<String> {
    let account = case.inventory.account_of(case.key);
    let section = account.and_then(|a| case.inventory.declared_account(a)).and_then(|d| d.withdrawals.as_ref());
    let Some(addresses) = section.and_then(|w| w.addresses.as_ref()).filter(|a| !a.value.is_empty()) else {
        return vec!["Which addresses should be saved is not declared: compare with your own records.".into()];
    };
    let one = |a: &crate::declaration::Address| {
        let words = [a.asset.as_deref(), a.network.as_deref(), Some(a.address.as_str()), a.memo.as_deref()];
        code(&words.into_iter().flatten().collect::<Vec<_>>().join(" "))
    };
    vec![format!("Declared are {}; every other one needs an explanation.", some(addresses.value.iter().map(|a| one(&a.value))))]
}

/// What the systems and the third parties wrote down.
fn own_side(case: &Case<'_>) -> Step {
    let systems = case.inventory.systems(case.key);
    let whose = if systems.is_empty() {
        "of whatever uses the key".to_owned()
    } else {
        format!("of {}", some(systems.iter().map(|(_, n)| code(&n.value))))
    };
    let mut step = Step::new(format!(
        "The **logs {whose}**: orders that do not fit its logic and schedule, signature errors and more requests while the code was the same."
    ));
    let parties = super::stop::holders(case);
    if !parties.is_empty() {
        step = step.note(format!(
            "The log of actions of {}, if there is one: what it called and when. Without one the exchange's history is all there is.",
            some(parties.into_iter())
        ));
    }
    if !case.may(Right::Trade) {
        step = step.note("It may not trade: orders in the window were placed with something else, which is a second leak.");
    }
    step
}

fn places(case: &Case<'_>) -> Step {
    let step =
        Step::new("**Where the secret stood**, before it is removed there: file, commit or image, since when, and who could read it.");
    if case.found.is_empty() {
        return step.note("No place is known from what was read: code, history of repositories, pipelines, images, logs, backups, chats and laptops remain. `keylint check --history` looks through a repository.");
    }
    step.note(format!("Known: {}.", some(case.found.iter().map(|f| code(&f.place)))))
}
