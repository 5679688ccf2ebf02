//! Stopping authorisation: the key first, in the order that open positions ask for, then the keys that share its fate.

use std::collections::BTreeSet;

use super::known::some;
use super::{Case, Part, Step, code, named};
use crate::inventory::KeyRecord;
use crate::model::{AccountKind, Right, SecretPart, Status};

type Sources = Vec<(String, String, String)>;

pub(super) fn part(case: &Case<'_>, sources: &mut Sources) -> Part {
    let name = case.name_of(case.at);
    let ways = revoking(case, sources);
    let mut steps = Vec::new();
    if case.may(Right::Trade) {
        let now = Step::new(format!("**If no position is open, or none is steered with this key:** revoke {name} now.")).notes(ways);
        steps.push(now);
        steps.push(with_positions(case, sources));
    } else {
        let now = Step::new(format!("Revoke {name} now.")).notes(ways);
        steps.push(now.note("It may not trade: open orders and positions are not steered with it, and nothing speaks for waiting."));
    }
    if let Some(Status::Disabled | Status::Expired) = case.key.key.status.as_ref().map(|s| s.value) {
        steps
            .push(Step::new("Look whether it is still switched off: its export says that it is disabled or has expired, and exports age."));
    }
    steps.push(account_keys(case, sources));
    steps.extend(sharing(case));
    let refused =
        Step::new("Confirm that the exchange refuses the old key: a request that only reads, signed with it, is answered with an error.");
    let soon = case.ways().into_iter().flat_map(|w| &w.takes_effect);
    steps.push(refused.notes(soon.map(|w| {
        sources.push((w.value.clone(), w.source.clone(), w.date.clone()));
        format!("How soon: {}.", w.value)
    })));
    Part {
        title: "Stop authorisation",
        why: "The exchange executes whatever is signed with the secret until the key is revoked; afterwards it accepts none of it, even while requests keep arriving. Looking for the cause comes later.".into(),
        steps,
    }
}

/// How the key is revoked.
fn revoking(case: &Case<'_>, sources: &mut Sources) -> Vec<String> {
    let page = case.ways().map(|w| case.told(&w.keys_page, sources)).filter(|w| !w.is_empty());
    let page = page.map_or_else(|| Case::page(case.key.key.exchange), |w| w.join("; or "));
    let mut out = vec![format!("On the web page: {page}.")];
    let Some(ways) = case.ways() else {
        out.push("What this exchange offers besides its web page is not known here: look for how to delete or disable a key, and a key of a sub-account.".into());
        return out;
    };
    let kind = kind(case);
    let mut apis = Vec::new();
    if kind != Some(AccountKind::Sub) {
        apis.extend(case.told(&ways.delete_key, sources));
    }
    if kind != Some(AccountKind::Master) {
        let of_subs = case.told(&ways.delete_sub_account_key, sources);
        let which = if kind.is_none() { " (if it is a key of a sub-account)" } else { "" };
        apis.extend(of_subs.into_iter().map(|w| format!("{w}{which}")));
    }
    if apis.is_empty() {
        out.push("No endpoint that revokes it is documented: it takes the web page.".into());
    }
    out.extend(apis.into_iter().map(|w| format!("By the API: {w}.")));
    out.extend(case.told(&ways.reset_secret, sources).into_iter().map(|w| format!("Or {w}.")));
    out
}

fn kind(case: &Case<'_>) -> Option<AccountKind> {
    let of_account = case.inventory.account_of(case.key).and_then(|a| a.kind.as_ref());
    of_account.or(case.key.key.account_kind.as_ref()).map(|k| k.value)
}

/// The order of rotation while positions are open.
fn with_positions(case: &Case<'_>, sources: &mut Sources) -> Step {
    let step = Step::new(
        "**If positions are open, or nobody knows:** keep control of them and revoke all the same, in this rotation order; the first way that is possible counts.",
    );
    let ways = case.ways();
    let step = match ways.map(|w| case.told(&w.positions, sources)).filter(|w| !w.is_empty()) {
        Some(told) => step.notes(told.into_iter().map(|w| format!("Open positions: {w}."))),
        None => step.note("Open positions: on the exchange's web page."),
    };
    let moves = [Right::Withdraw, Right::Transfer, Right::Administer];
    let right = |r: &Right| case.key.key.permissions.get(*r).map(|f| f.value);
    let words = |wanted: Option<bool>| moves.iter().filter(|r| right(r) == wanted).map(|r| r.id()).collect::<Vec<_>>().join(", ");
    let new = "create it with the smallest permissions (see the last part), switch the system to it, see that it answers, revoke the old key. Until then whoever has the secret trades too";
    let first = match (words(Some(true)), words(None)) {
        (known, _) if !known.is_empty() => {
            format!("**No new key first:** the key may {known}, so every minute counts. Revoke it at once and go on with the next line.")
        }
        (_, unknown) if !unknown.is_empty() => format!(
            "**New key first** only if the web page shows that the old one has none of these rights: {unknown}. Otherwise revoke at once and go on with the next line. A new key, where that takes minutes: {new}."
        ),
        _ => format!("**New key first**, where that takes minutes: {new}."),
    };
    let cancel = ways.map(|w| case.told(&w.cancel_all_orders, sources)).filter(|w| !w.is_empty());
    let cancel = cancel.map_or_else(|| "on the web page".to_owned(), |w| w.join("; or "));
    step.parts(backup(case)).parts([
        first,
        format!("**Cancel all open orders and revoke**: {cancel}. List the open orders before, if that costs no time. What protected a position went with its orders: set it again by hand."),
        "**Steer through the web page**: it needs no API key. Positions are closed or protected there until the new key works.".to_owned(),
    ])
    .note("Without a suspicion it is the other way round: a planned rotation waits for a time without open positions and active limit orders, then creates the new key, switches the system and revokes the old key. With a suspicion it does not wait.")
}

/// Keys that are declared to stand in for this one, or to replace it.
fn backup(case: &Case<'_>) -> Vec<String> {
    let stands_in = case.inventory.keys.iter().enumerate().filter(|(_, k)| k.backup_for.contains(&case.at));
    let backups = stands_in.map(|(at, _)| format!("**Backup key**: {} is declared to stand in for it. Unless it is listed below as sharing its fate, switch the system to it and revoke the old key.", case.name_of(at)));
    let replaced = case.key.replaced_by.iter().map(|(at, _)| {
        format!(
            "**Replacement**: {} is declared to replace it. Where the system uses that one already, revoke the old key.",
            case.name_of(*at)
        )
    });
    backups.chain(replaced).collect()
}

/// The other keys of the account: all of them where the source of the leak is not known.
fn account_keys(case: &Case<'_>, sources: &mut Sources) -> Step {
    let account = case.account_name(case.key);
    let name = account.clone().unwrap_or_else(|| "its account, which is not known here,".to_owned());
    let keys = others(case, &mut BTreeSet::new(), |key| on_account(case, key));
    let step = Step::new(format!(
        "**If the source of the leak is not identified:** revoke every key of {name} as well. Only where it is certain that nothing but this one secret left may the others stay."
    ));
    let step = if keys.is_empty() {
        step.note("No other key of it is known here, which does not mean that there is none: the page of API keys lists them all.")
    } else {
        step.parts(revoke_lines(case, &keys))
    };
    if kind(case) == Some(AccountKind::Master) {
        let minted = "It belongs to a master account and may administer, as far as is known: keys of sub-accounts may have been made or changed with it.";
        return if case.may(Right::Administer) { step.note(minted) } else { step };
    }
    let freeze = case.ways().map(|w| case.told(&w.freeze_sub_account, sources)).unwrap_or_default();
    step.notes(freeze.into_iter().map(|w| format!("The whole sub-account can be frozen: {w}. Look what that does to its open orders.")))
}

fn on_account(case: &Case<'_>, key: &KeyRecord) -> bool {
    let names = |k: &KeyRecord| case.inventory.declared_accounts(k).into_iter().map(|n| n.value.clone()).collect::<Vec<_>>();
    let own = names(case.key);
    (key.account.is_some() && key.account == case.key.account) || names(key).iter().any(|n| own.contains(n))
}

/// Keys that are lost with the same server, the same third party or the same file.
fn sharing(case: &Case<'_>) -> Vec<Step> {
    let mut listed: BTreeSet<usize> = BTreeSet::new();
    others(case, &mut listed, |key| on_account(case, key));
    let mut steps = Vec::new();
    let values = |key: &KeyRecord| -> Vec<(&'static str, String)> {
        let of = |(system, name): (&crate::declaration::System, crate::document::Spanned<String>)| match &system.server {
            Some(server) => ("server", server.value.clone()),
            None => ("system", name.value),
        };
        case.inventory.systems(key).into_iter().map(of).collect()
    };
    let own = values(case.key);
    let mut group = |what: String, keys: Vec<usize>| {
        if !keys.is_empty() {
            steps.push(Step::new(what).parts(revoke_lines(case, &keys)));
        }
    };
    let servers = some(own.iter().map(|(kind, name)| format!("{kind} {}", code(name))));
    let beside = others(case, &mut listed, |key| values(key).iter().any(|v| own.contains(v)));
    group(format!("**If the leak may have come from {servers}:** what runs there shares its fate. Revoke these too:"), beside);
    let holders: Vec<&str> = case.inventory.holders(case.key).map(|h| h.value.as_str()).collect();
    let held = others(case, &mut listed, |key| case.inventory.holders(key).any(|h| holders.contains(&h.value.as_str())));
    let parties = some(holders.iter().map(|h| format!("third party {}", named(h))));
    group(format!("**If the leak may have come from {parties}:** the keys that it holds share its fate. Revoke these too:"), held);
    let secret = |p: &&super::Found| p.part != SecretPart::Key;
    let files: BTreeSet<_> = case.found.iter().filter(secret).map(|f| f.span.text).collect();
    let in_files: BTreeSet<usize> = case
        .inventory
        .secrets
        .iter()
        .filter(|s| s.has_secret() && s.parts.iter().any(|p| files.contains(&p.place.text)))
        .filter_map(|s| s.key)
        .collect();
    let mut at = 0..case.inventory.keys.len();
    let beside: Vec<usize> = at.by_ref().filter(|k| in_files.contains(k) && *k != case.at && listed.insert(*k)).collect();
    group("**Other secrets stand in the same file.** Revoke their keys too:".to_owned(), beside);
    steps
}

/// Other keys for which something holds, each once.
fn others(case: &Case<'_>, listed: &mut BTreeSet<usize>, holds: impl Fn(&KeyRecord) -> bool) -> Vec<usize> {
    let all = case.inventory.keys.iter().enumerate();
    all.filter(|(at, key)| *at != case.at && holds(key)).map(|(at, _)| at).filter(|at| listed.insert(*at)).collect()
}

fn revoke_lines(case: &Case<'_>, keys: &[usize]) -> Vec<String> {
    let line = |at: &usize| {
        let elsewhere = case.inventory.keys.get(*at).map(|k| k.key.exchange).filter(|e| *e != case.key.key.exchange);
        let page = elsewhere.map(|e| format!(", at {}: {}", e.title(), Case::page(e))).unwrap_or_default();
        let task = case.inventory.keys.get(*at).and_then(|k| k.task.word()).map(|t| format!(", for {}", t.id())).unwrap_or_default();
        format!("Revoke {}{task}{page}", case.name_of(*at))
    };
    keys.iter().map(line).collect()
}

/// The third parties that hold the key, as code.
pub(super) fn holders(case: &Case<'_>) -> Vec<String> {
    case.inventory.holders(case.key).map(|h| named(&h.value)).collect()
}
