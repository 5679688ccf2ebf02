//! What the types of the declaration cannot say: names refer to something, exchanges are known, reasons are given.

use std::collections::BTreeMap;

use super::{Declaration, key_reference, names};
use crate::document::Spanned;
use crate::model::Exchange;
use crate::model::time::Time;
use crate::problem::Problem;
use crate::text::{Span, nearest, quotable};

/// Everything that is wrong.
pub(super) fn check(declaration: &Declaration) -> Vec<Problem> {
    let mut problems = Vec::new();
    if declaration.version.value != 1 {
        problems.push(wrong(declaration.version.span, "this version of the declaration is not known", "write `version: 1`"));
    }
    let systems: Vec<&str> = declaration.systems.keys().map(|k| k.value.as_str()).collect();
    let parties: Vec<&str> = declaration.third_parties.keys().map(|k| k.value.as_str()).collect();
    let accounts: Vec<&str> = declaration.accounts.keys().map(|k| k.value.as_str()).collect();
    for (name, account) in &declaration.accounts {
        if Declaration::exchange_of(&name.value).is_none() {
            problems.push(exchange_unknown(name.span, name.value.split('/').next().unwrap_or(""), "an account is named `exchange/name`"));
        }
        refer(&mut problems, account.parent.as_ref(), &accounts, "accounts");
    }
    accounts_fit(declaration, &mut problems);
    for transfer in &declaration.transfers {
        refer(&mut problems, Some(&transfer.value.from), &accounts, "accounts");
        refer(&mut problems, Some(&transfer.value.to), &accounts, "accounts");
    }
    for entry in &declaration.keys {
        let key = &entry.value;
        if key.key.is_some() == key.export.is_some() {
            let help = "`key: binance Kq7Z…`, or `export: exports/tax.json` where the export has no id";
            problems.push(wrong(entry.span, "a key is named by its id or by its export: one of the two", help));
        }
        for other in [&key.replaces, &key.backup_for].into_iter().flatten().filter(|o| key.key.as_ref().is_some_and(|k| k.value == o.value))
        {
            problems.push(wrong(other.span, "a key cannot replace or back up itself", "name the other key"));
        }
        for reference in [&key.key, &key.replaces, &key.backup_for].into_iter().flatten() {
            if key_reference(&reference.value).is_none() {
                let first = reference.value.split_whitespace().next().unwrap_or("");
                problems.push(exchange_unknown(reference.span, first, "a key is named by its exchange and its id: `binance Kq7Z…`"));
            }
        }
        refer(&mut problems, key.account.as_ref(), &accounts, "accounts");
        refer(&mut problems, key.third_party.as_ref(), &parties, "third-parties");
        for system in key.system.iter().flat_map(names) {
            refer(&mut problems, Some(&system), &systems, "systems");
        }
        if let (Some(account), Some(reference)) = (&key.account, &key.key)
            && let (Some(a), Some((b, _))) = (Declaration::exchange_of(&account.value), key_reference(&reference.value))
            && a != b
        {
            problems.push(wrong(
                account.span,
                format!("a key of {b} cannot belong to an account at {a}"),
                "name an account of the same exchange",
            ));
        }
    }
    if let Some(widest) = declaration.policy.ip_whitelist.widest.as_ref().filter(|w| w.value.0 > 32) {
        problems.push(wrong(widest.span, "an IPv4 prefix is at most /32", "`widest-ipv6` is the one for IPv6"));
    }
    for (rule, tuning) in &declaration.policy.rules {
        if let Some(off) = &tuning.off
            && (off.value.trim().is_empty() || matches!(off.value.trim(), "true" | "false" | "yes" | "no"))
        {
            problems.push(wrong(
                off.span,
                format!("{} is turned off without a reason", quotable(&rule.value)),
                "write the reason: `off: \"the load balancer needs both forms\"`",
            ));
        }
    }
    for exclude in &declaration.policy.exclude {
        if exclude.reason.value.trim().is_empty() {
            problems.push(wrong(exclude.reason.span, "a path is excluded without a reason", "write the reason"));
        }
        if let Some(until) = &exclude.until
            && Time::parse(&until.value).is_err()
        {
            problems.push(wrong(until.span, "expected a date", "such as 2027-06-30"));
        }
    }
    problems
}

/// Parents are at the same exchange and lead to no circle, and no id is that of two accounts.
fn accounts_fit(declaration: &Declaration, problems: &mut Vec<Problem>) {
    let parent_of = |name: &str| {
        let (_, account) = declaration.accounts.iter().find(|(k, _)| k.value == name)?;
        account.parent.as_ref()
    };
    let mut ids: BTreeMap<(Option<Exchange>, String), Span> = BTreeMap::new();
    for (name, account) in &declaration.accounts {
        let exchange = Declaration::exchange_of(&name.value);
        for id in account.id.iter().flat_map(names) {
            if let Some(first) = ids.insert((exchange, id.value.clone()), id.span) {
                let problem = wrong(id.span, "this id is given for another account too", "an exchange gives each account an id of its own");
                problems.push(problem.related(first, "given here first"));
            }
        }
        let Some(parent) = &account.parent else { continue };
        if Declaration::exchange_of(&parent.value).is_some_and(|e| Some(e) != exchange) {
            problems.push(wrong(parent.span, "the parent of an account is at the same exchange", "name the account that owns this one"));
        }
        let (mut at, mut steps) = (Some(parent), 0);
        while let Some(next) = at.filter(|_| steps <= declaration.accounts.len()) {
            if next.value == name.value {
                problems.push(wrong(
                    parent.span,
                    "this account is its own parent, directly or by way of others",
                    "a master account has no parent",
                ));
                break;
            }
            (at, steps) = (parent_of(&next.value), steps + 1);
        }
    }
}

fn wrong(span: Span, message: impl Into<String>, help: impl Into<String>) -> Problem {
    Problem::fatal("declaration-wrong", Some(span), message).help(help)
}

fn exchange_unknown(span: Span, name: &str, form: &str) -> Problem {
    let names: Vec<_> = Exchange::ALL.iter().map(|e| e.id()).collect();
    if Exchange::parse(name).is_some() {
        return wrong(span, format!("expected more than the exchange: {form}"), "add the name or id");
    }
    match nearest(name, &names) {
        Some(near) => wrong(span, format!("no exchange of this name is known; {form}"), format!("did you mean `{near}`?")),
        None => wrong(span, format!("no exchange of this name is known; {form}"), format!("the exchanges are {}", names.join(", "))),
    }
}

/// Tells where a name refers to nothing.
fn refer(problems: &mut Vec<Problem>, name: Option<&Spanned<String>>, known: &[&str], section: &str) {
    let Some(name) = name.filter(|n| !known.contains(&n.value.as_str())) else { return };
    let message = format!("{} is not declared under `{section}`", quotable(&name.value));
    problems.push(match nearest(&name.value, known) {
        Some(near) => wrong(name.span, message, format!("did you mean `{near}`?")),
        None => wrong(name.span, message, format!("declare it under `{section}`")),
    });
}
