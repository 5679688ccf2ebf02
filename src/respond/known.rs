//! What is known of the key, as whoever responds needs it: what it may do from where, whose it is, where its secret stands.

use super::{Case, Found, code, named, on};
use crate::inventory::KeyRecord;
use crate::model::{AccountKind, Expiry, IpWhitelist, LastUse, PairWhitelist, Right, SecretPart};

/// So many places of a secret, addresses and names are listed.
const LISTED: usize = 20;

/// Some of many, in one line.
pub(super) fn some(items: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = items.collect();
    let more = all.len().saturating_sub(LISTED);
    let shown = all.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// What is known, line by line.
pub(super) fn known(case: &Case<'_>) -> Vec<(&'static str, String)> {
    let key = &case.key.key;
    let label = key.label.as_ref().map(|l| format!(", labelled {}", named(&l.value))).unwrap_or_default();
    let id = case.key.id().map_or_else(|| "id unknown,".to_owned(), |id| code(&id.shown()));
    let mut out = vec![("Key", format!("{id} at {}{label}", key.exchange.title())), ("Account", account(case))];
    out.extend(rights(case));
    out.push(("Usable from", from(case.key)));
    out.push(("Life", life(case)));
    out.push(("Task", task(case.key)));
    out.push(("Systems", systems(case)));
    out.push(("Third party", third_parties(case)));
    out.push(("Secret kept in", kept(case)));
    out.push(("Secret found in", found(case)));
    out.push(("Window", window(case)));
    out
}

fn account(case: &Case<'_>) -> String {
    let Some(name) = case.account_name(case.key) else { return "unknown".into() };
    let Some(record) = case.inventory.account_of(case.key) else { return name };
    let mut more = Vec::new();
    let parent = record.parent.and_then(|p| case.inventory.accounts.get(p)).and_then(crate::inventory::Inventory::account_name);
    match (record.kind.as_ref().map(|k| k.value), parent) {
        (_, Some(parent)) => more.push(format!("sub-account of {}", code(parent))),
        (Some(AccountKind::Sub), None) => more.push("a sub-account".into()),
        (Some(AccountKind::Master), None) => more.push("a master account".into()),
        (None, None) => more.push("whether it is a master or a sub-account is unknown".into()),
    }
    let section = case.inventory.declared_account(record);
    if let Some(purpose) = section.and_then(|s| s.purpose.as_ref()) {
        more.push(format!("for {}", purpose.value.id()));
    }
    more.push(record.balance.as_ref().map_or_else(|| "balance unknown".into(), |b| format!("balance {}", code(&b.value.to_string()))));
    format!("{name}: {}", more.join(", "))
}

fn rights(case: &Case<'_>) -> Vec<(&'static str, String)> {
    let key = &case.key.key;
    let of = |wanted: Option<bool>| {
        let words: Vec<&str> =
            Right::ALL.into_iter().filter(|r| key.permissions.get(*r).map(|f| f.value) == wanted).map(Right::id).collect();
        (!words.is_empty()).then(|| words.join(", "))
    };
    let mut may = of(Some(true)).unwrap_or_else(|| "nothing that is known".into());
    if let Some(markets) = key.markets.as_ref().filter(|m| !m.value.is_empty()) {
        let names: Vec<&str> = markets.value.iter().map(|m| m.value.id()).collect();
        may.push_str(&format!("; markets: {}", names.join(", ")));
    }
    if let Some(PairWhitelist::Listed(pairs)) = key.pair_whitelist.as_ref().map(|p| &p.value) {
        may.push_str(&format!("; pairs: {}", some(pairs.iter().map(|p| code(&p.value)))));
    }
    if !key.native.is_empty() {
        may.push_str(&format!(" (at the exchange: {})", some(key.native.iter().map(|n| code(&n.value)))));
    }
    let mut out = vec![("It may", may)];
    out.extend(of(Some(false)).map(|words| ("It may not", words)));
    out.extend(of(None).map(|words| ("Unknown", format!("whether it may {words}; counted as yes below"))));
    out
}

fn from(key: &KeyRecord) -> String {
    match key.key.ip_whitelist.as_ref().map(|f| &f.value) {
        None => "unknown; counted as any address".into(),
        Some(IpWhitelist::Unrestricted) => "any address: it has no IP whitelist".into(),
        Some(IpWhitelist::NotOffered) => "any address: this exchange binds no key to addresses".into(),
        Some(IpWhitelist::Restricted) => "an IP whitelist whose entries are unknown".into(),
        Some(IpWhitelist::Listed(entries)) => format!("the IP whitelist {}", some(entries.iter().map(|e| code(&e.value.written)))),
    }
}

fn life(case: &Case<'_>) -> String {
    let key = &case.key.key;
    let status = key.status.as_ref().map_or("status unknown", |s| s.value.id());
    let created = key.created.as_ref().map_or_else(|| "creation unknown".into(), |t| format!("created {}", on(t.value)));
    let used = match key.last_used.as_ref().map(|f| f.value) {
        None => "last use unknown".to_owned(),
        Some(LastUse::Never) => "never used".into(),
        Some(LastUse::At(time)) => format!("last used {}", on(time)),
    };
    let ends = match key.expires.as_ref().map(|f| f.value) {
        None => "end unknown".to_owned(),
        Some(Expiry::Never) => "never expires".into(),
        Some(Expiry::At(time)) if time <= case.now => format!("expired {}", on(time)),
        Some(Expiry::At(time)) => format!("expires {}", on(time)),
    };
    let seen = match (&key.fetched_at, key.payloads.is_empty()) {
        (_, true) => "no export states it".to_owned(),
        (Some(time), _) => format!("as its export of {} states", on(time.value)),
        (None, _) => "as its export states, whose time is unknown".into(),
    };
    format!("{status}, {created}, {used}, {ends}; {seen}")
}

fn task(key: &KeyRecord) -> String {
    let words: Vec<&str> = key.task.possible.iter().map(|t| t.id()).collect();
    let from = if key.task.declared { "as declared" } else { "inferred from what it may do" };
    if words.is_empty() { "unknown".into() } else { format!("{}, {from}", words.join(" or ")) }
}

fn systems(case: &Case<'_>) -> String {
    let systems = case.inventory.systems(case.key);
    if systems.is_empty() {
        return "unknown: none is declared".into();
    }
    let told = systems.iter().map(|(system, name)| {
        let mut more = Vec::new();
        more.push(match &system.server {
            Some(server) => format!("on server {}", code(&server.value)),
            None => "server unknown".into(),
        });
        more.push(match &system.egress {
            Some(egress) => format!("sends from {}", some(egress.iter().map(|a| code(&a.value.0.to_string())))),
            None => "egress unknown".into(),
        });
        format!("{} ({})", code(&name.value), more.join(", "))
    });
    some(told)
}

fn third_parties(case: &Case<'_>) -> String {
    let declaration = case.inventory.declaration.as_ref();
    let mut told: Vec<String> = Vec::new();
    for name in case.inventory.holders(case.key) {
        let party = declaration.and_then(|d| d.third_parties.iter().find(|(n, _)| n.value == name.value)).map(|(_, p)| p);
        let service = party.and_then(|p| p.service.as_ref()).map(|s| format!(" ({})", code(&s.value))).unwrap_or_default();
        let log = match party.and_then(|p| p.action_log.as_ref()).map(|l| l.value) {
            Some(true) => "shows a log of its actions",
            Some(false) => "shows no log of its actions",
            None => "whether it shows a log of its actions is unknown",
        };
        told.push(format!("{}{service}, {log}", code(&name.value)));
    }
    match (told.is_empty(), declaration.is_some() && !case.key.entries.is_empty()) {
        (false, _) => some(told.into_iter()),
        (true, true) => "none declared".into(),
        (true, false) => "unknown".into(),
    }
}

fn kept(case: &Case<'_>) -> String {
    let told: Vec<String> = case
        .inventory
        .entries(case.key)
        .filter_map(|e| e.value.secret.as_ref())
        .map(|s| {
            let reference = s.reference.as_ref().map(|r| format!(" ({})", named(&r.value))).unwrap_or_default();
            format!("{}{reference}", s.stored_in.value.id())
        })
        .collect();
    if told.is_empty() { "unknown".into() } else { some(told.into_iter()) }
}

fn found(case: &Case<'_>) -> String {
    let told = |f: &Found| {
        let part = if f.part == SecretPart::Key { ", the id only" } else { "" };
        format!("{}{part}", code(&f.place))
    };
    if case.found.is_empty() {
        let files =
            if case.files == 1 { "the one file that was read".to_owned() } else { format!("the {} files that were read", case.files) };
        return format!("nothing of {files}; that says nothing of other places");
    }
    some(case.found.iter().map(told))
}

fn window(case: &Case<'_>) -> String {
    let now = on(case.now);
    match (case.from, case.said) {
        (Some(from), true) => format!("{} to {now}, as `--since` says", on(from)),
        (Some(from), false) => {
            format!("{}, when the key was created, to {now}; `--since` narrows it to when the leak may have begun", on(from))
        }
        (None, _) => format!(
            "as far back as the exchange gives, to {now}: when the key was created is unknown; at least {} before the first sign, which is how long a leak is taken to go unnoticed",
            case.unnoticed
        ),
    }
}
