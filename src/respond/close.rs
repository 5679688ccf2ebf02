//! Closing other channels: whoever has a secret may have more than that.

use super::known::some;
use super::{Case, Part, Step, code};
use crate::model::Right;

pub(super) fn part(case: &Case<'_>, sources: &mut Vec<(String, String, String)>) -> Part {
    let account = case.inventory.account_of(case.key);
    let section = account.and_then(|a| case.inventory.declared_account(a)).and_then(|d| d.withdrawals.as_ref());
    let mut password = Step::new(
        "**Password** of the account, and of the sub-account if it has a sign-in of its own: change it, from a computer that is not in question.",
    );
    for way in case.ways().into_iter().flat_map(|w| &w.on_password_change) {
        sources.push((way.value.clone(), way.source.clone(), way.date.clone()));
        password = password.note(format!("At this exchange {}.", way.value));
    }
    let factors = section.and_then(|w| w.second_factor.as_ref());
    let factors = match factors {
        Some(list) if list.value.is_empty() => "Declared is that there is none: set one up.".to_owned(),
        Some(list) => format!("Declared are {}.", some(list.value.iter().map(|f| f.value.id().to_owned()))),
        None => "Which ones there should be is not declared.".to_owned(),
    };
    let second = Step::new("**2FA**: every registered device and hardware key is yours, recovery codes are new, nothing was switched off or reset in the window.").note(factors);
    let channels = section.and_then(|w| w.confirmed_by.as_ref());
    let channels = match channels {
        Some(list) if !list.value.is_empty() => {
            format!(
                "Addresses are confirmed by {}, as declared: check each of them.",
                some(list.value.iter().map(|c| c.value.id().to_owned()))
            )
        }
        _ => "By which channels addresses are confirmed is not declared: take it that the mailbox is one.".to_owned(),
    };
    let mailbox = Step::new("**Mailbox** of the account: password, 2FA, forwarding and filter rules, signed-in devices. Withdrawals and changes of the whitelist are confirmed there.").note(channels);
    let sessions =
        Step::new("**Sessions, devices and apps** that are signed in or connected: sign all of them out, remove what nobody knows.");
    let mut steps = vec![password, second, mailbox, sessions, administered(case)];
    let systems = case.inventory.systems(case.key);
    let servers: Vec<String> = systems.iter().map(|(s, n)| code(&s.server.as_ref().unwrap_or(n).value)).collect();
    if !servers.is_empty() {
        steps.push(
            Step::new(format!(
                "**Server** {}: if the leak may have come from it, set it up anew before a new secret reaches it.",
                some(servers.into_iter())
            ))
            .note("An IP whitelist does not help against whoever sends from that server."),
        );
    }
    let parties = super::stop::holders(case);
    if !parties.is_empty() {
        steps.push(Step::new(format!(
            "**Third party** {}: remove the connection there, ask what was called with the key, tell it of the leak.",
            some(parties.into_iter())
        )));
    }
    Part {
        title: "Close other channels",
        why: "A revoked key stops requests that are signed with it. It stops nobody who can also sign in, or read the mail in which changes are confirmed.".into(),
        steps,
    }
}

/// What a key can leave behind: other keys, sub-accounts, addresses.
fn administered(case: &Case<'_>) -> Step {
    let known = case.key.key.permissions.get(Right::Administer);
    let why = match known.map(|f| f.value) {
        Some(true) => "The key may administer: what it created outlives it.",
        Some(false) => "The key may not administer; whoever signed in may.",
        None => "Whether the key may administer is unknown: take it that it may.",
    };
    Step::new("**What was left behind**: API keys, sub-accounts, permissions and withdrawal addresses that appeared or changed in the window. Remove what nobody ordered.").note(why)
}
