//! Restoring working access: a key that may do what its task needs, from where its systems send, and nothing else.

use super::known::some;
use super::{Case, Part, Step, code, named};
use crate::declaration::TaskWord;
use crate::model::{IpWhitelist, Right, SecretPart, value};

pub(super) fn part(case: &Case<'_>) -> Part {
    let mut steps = vec![new_key(case), whitelist(case), secret(case), switch()];
    if !case.found.is_empty() {
        let places = some(case.found.iter().filter(|f| f.part != SecretPart::Key).map(|f| code(&f.place)));
        let places = if places.is_empty() { some(case.found.iter().map(|f| code(&f.place))) } else { places };
        steps.push(
            Step::new(format!("**Remove the old secret** from {places}, and from the history of its repository if it was committed."))
                .note("It is revoked already: this keeps the next one from being put beside it."),
        );
    }
    steps.push(withdrawals(case));
    steps.extend(balance(case));
    steps.push(
        Step::new("**Write it down**: the new key in `keylint.yaml` with `replaces:` for the old one; export the keys again and run `keylint check`.")
            .note("The old key must be gone from the exchange's list: revoking it is the end of the rotation."),
    );
    Part { title: "Restore", why: "Only once authorisation is stopped and the traces are safe.".into(), steps }
}

fn new_key(case: &Case<'_>) -> Step {
    let words = |rights: &mut dyn Iterator<Item = Right>| rights.map(Right::id).collect::<Vec<_>>().join(", ");
    let Some(task) = case.key.task.word() else {
        return Step::new("**A new key with the smallest permissions for its task.** Its task is unknown: settle what it is for, then grant that and nothing else.")
            .note("Reading for reports and screens; reading and trading for a bot; reading and transferring for refills; reading and withdrawing for payouts. Never more than one of these in one key.");
    };
    let granted: Vec<Right> = Right::ALL.into_iter().filter(|r| task.allows(*r)).collect();
    let denied = words(&mut Right::ALL.into_iter().filter(|r| !granted.contains(r)));
    let sure = if case.key.task.declared { "" } else { ", as inferred: confirm it" };
    let mut step = Step::new(format!(
        "**A new key with the smallest permissions for its task** ({}{sure}): {}. Not: {denied}.",
        task.id(),
        words(&mut granted.iter().copied())
    ));
    let names: Vec<String> =
        crate::tighten::permissions_for_its_work(case.inventory, case.key).into_iter().map(|p| format!("`{}`", p.name)).collect();
    if !names.is_empty() {
        step = step.note(format!("As the exchange calls them: {}.", names.join(", ")));
    }
    if let Some(profile) = case.profile {
        for right in &granted {
            let with: Vec<&str> =
                Right::ALL.into_iter().filter(|r| !granted.contains(r) && profile.includes(*right, *r)).map(Right::id).collect();
            if !with.is_empty() {
                step = step.note(format!(
                    "At this exchange {} comes with {}: it belongs on a sub-account from which nothing else can be moved.",
                    right.id(),
                    with.join(" and ")
                ));
            }
        }
    }
    if task == TaskWord::Trading {
        step = narrower(case, step);
    }
    let more = Right::ALL
        .into_iter()
        .filter(|r| *r != Right::Read && !granted.contains(r) && case.key.key.permissions.get(*r).is_some_and(|f| f.value));
    let more: Vec<&str> = more.map(Right::id).collect();
    if !more.is_empty() {
        step = step
            .note(format!("The old key may {} besides, which its task does not need: the new one gets none of it.", more.join(" and ")));
    }
    step
}

/// Markets and pairs, where the exchange can limit a key to them.
fn narrower(case: &Case<'_>, mut step: Step) -> Step {
    let systems = case.inventory.systems(case.key);
    let facts = case.profile.map(|p| &p.facts);
    let markets: Vec<&str> =
        systems.iter().filter_map(|(s, _)| s.markets.as_ref()).flat_map(|m| m.value.iter().map(|m| m.value.id())).collect();
    if !markets.is_empty() && facts.and_then(|f| f.markets_separable.as_ref()).is_some_and(|f| f.value) {
        step = step.note(format!("Markets: {}.", markets.join(", ")));
    }
    let pairs: Vec<String> =
        systems.iter().filter_map(|(s, _)| s.pairs.as_ref()).flat_map(|p| p.value.iter().map(|p| code(&p.value))).collect();
    if !pairs.is_empty() && facts.and_then(|f| f.pair_whitelist.as_ref()).is_some_and(|f| f.value) {
        step = step.note(format!("Pair whitelist: {}.", some(pairs.into_iter())));
    }
    step
}

fn whitelist(case: &Case<'_>) -> Step {
    if value(&case.key.key.ip_whitelist) == Some(&IpWhitelist::NotOffered) {
        return Step::new(
            "**IP whitelist**: this exchange has none. The new key is usable from any address, so that its secret and its permissions are all that protects it.",
        );
    }
    let systems = case.inventory.systems(case.key);
    let mut addresses: Vec<String> = Vec::new();
    for (system, _) in &systems {
        let backup = system.backup_egress.iter().flatten().filter(|_| system.backup_in_use.as_ref().is_some_and(|b| b.value));
        for address in system.egress.iter().flatten().chain(backup) {
            let address = code(&address.value.0.to_string());
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    let step = Step::new("**IP whitelist** of the new key: the egress addresses of its systems and nothing wider.");
    let step = if addresses.is_empty() {
        step.note(
            "Which addresses they send from is not declared: find the address that the exchange sees, behind NAT too, and declare it.",
        )
    } else {
        step.note(format!("As declared: {}.", some(addresses.into_iter())))
    };
    let dynamic = systems.iter().filter(|(s, _)| s.address.as_ref().is_some_and(|a| a.value == crate::declaration::AddressKind::Dynamic));
    let dynamic: Vec<String> = dynamic.map(|(_, n)| code(&n.value)).collect();
    let step = if dynamic.is_empty() {
        step
    } else {
        step.note(format!("The address of {} changes: it needs a static one first.", some(dynamic.into_iter())))
    };
    let single = case.profile.and_then(|p| p.facts.ip_whitelist_ranges.as_ref()).is_some_and(|f| !f.value);
    if single { step.note("This exchange takes single addresses only, no ranges.") } else { step }
}

fn secret(case: &Case<'_>) -> Step {
    let secrets: Vec<_> = case.inventory.entries(case.key).filter_map(|e| e.value.secret.as_ref()).collect();
    let mut step = Step::new(
        "**The new secret goes into the secret manager**, and reaches the system from there when it starts; no file, repository, image, log or chat has it.",
    );
    for secret in &secrets {
        let place = secret.reference.as_ref().map(|r| format!(", {}", named(&r.value))).unwrap_or_default();
        step = step.note(format!(
            "Declared is {}{place}: replace the old value there, so that nothing starts with it again.",
            secret.stored_in.value.id()
        ));
    }
    if secrets.is_empty() {
        step = step.note("How the old one is kept is not declared: look for every place that has it.");
    }
    step
}

fn switch() -> Step {
    Step::new("**Switch the system** to the new key and watch it: balances and open orders are read, an order can be placed and cancelled.")
}

fn withdrawals(case: &Case<'_>) -> Step {
    let account = case.inventory.account_of(case.key);
    let whitelist = account.and_then(|a| a.withdrawals.address_whitelist.as_ref()).map(|f| f.value);
    let hold = account.and_then(|a| a.withdrawals.hold.as_ref()).map(|f| f.value);
    let limit =
        account.and_then(|a| case.inventory.declared_account(a)).and_then(|d| d.withdrawals.as_ref()).and_then(|w| w.daily_limit.as_ref());
    let step = Step::new(
        "**Withdrawal protection** of the account: the address whitelist is on, a new address waits (hold), the daily limit is what regular payouts need.",
    );
    let step = step.note(match whitelist {
        Some(true) => "Address whitelist: on, as far as is known. Check it.",
        Some(false) => "Address whitelist: off. Switch it on before a key may withdraw again.",
        None => "Address whitelist: unknown. Check it before a key may withdraw again.",
    });
    let step = step.note(match hold {
        Some(hold) => format!("Hold of a new address: {}.", code(&hold.to_string())),
        None => "Hold of a new address: unknown.".to_owned(),
    });
    match limit.map(|l| &l.value) {
        Some(limit) => step.note(
            limit.amount().map_or_else(|| "Daily limit: none. Set one.".to_owned(), |m| format!("Daily limit: {}.", code(&m.to_string()))),
        ),
        None => step.note("Daily limit: unknown."),
    }
}

/// A trading account that holds more than it should would lose more than it should next time.
fn balance(case: &Case<'_>) -> Option<Step> {
    let record = case.inventory.account_of(case.key)?;
    let (holds, should) = (&record.balance.as_ref()?.value, record.working_balance.as_ref()?.value.amount()?);
    (holds.currency() == should.currency() && holds.amount() > should.amount()).then(|| {
        Step::new(format!(
            "**Move the surplus** to storage: the account holds {} and should hold {}.",
            code(&holds.to_string()),
            code(&should.to_string())
        ))
    })
}
