//! The smallest settings that still do a key's declared work: which of the exchange's own permissions, which addresses; and
//! for each declared use whether it would still be executed.
//!
//! What is declared decides: the tasks of the entries that name the key, the systems and third parties that use it, and from
//! where they send. What is not declared is asked for, never guessed.

use crate::declaration::{KeyEntry, TaskWord, names};
use crate::document::Spanned;
use crate::exchanges::{Profile, ReadOnlyOf, Separated, Settings, Word, profile};
use crate::exposure::decide::{Age, Recipient, Request, Source, Whitelist, decide};
use crate::exposure::estate::{Estate, KeyFacts};
use crate::exposure::radius::key_radius;
use crate::exposure::ways::{self, Way};
use crate::exposure::{Amounts, Check, Decision, Operation};
use crate::inventory::{Inventory, KeyRecord, published_ranges};
use crate::model::ip::{AddressSet, IpRange};
use crate::model::{IpWhitelist, Market, Right, value};

/// A range of so many addresses or fewer is written address by address where an exchange takes no ranges.
const SPELLED_OUT: u128 = 64;

/// The smallest settings of a key.
pub struct Tightened {
    /// Its tasks, each with whether it is declared.
    pub tasks: Vec<(TaskWord, bool)>,
    /// The rights, now and then.
    pub rights: Vec<RightThen>,
    /// The exchange's own permissions, now and then; those that are off and stay off are left out.
    pub permissions: Vec<PermissionThen>,
    /// The addresses that may use it, in the exchange's spelling; nothing where they cannot be said.
    pub addresses: Option<Addresses>,
    /// The pairs that it may trade, where the exchange offers that and they are declared.
    pub pairs: Option<Vec<String>>,
    /// Each declared use.
    pub uses: Vec<Use>,
    /// What a leak costs in each way, today and then, where it costs something.
    pub leaks: Vec<(Way, Amounts, Amounts)>,
    /// What cannot be said, and what to declare so that it can.
    pub open: Vec<String>,
}

/// A right, now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RightThen {
    /// The right.
    pub right: Right,
    /// Whether it has it; nothing where no export states it.
    pub now: Option<bool>,
    /// Whether its work needs it.
    pub needed: bool,
    /// The right that the work needs and that the exchange grants only together with this one.
    pub comes_with: Option<Right>,
    /// Whether every key of the exchange has it.
    pub always: bool,
}

impl RightThen {
    /// Whether it has it then.
    pub fn then(&self) -> bool {
        self.needed || self.always || self.comes_with.is_some()
    }
}

/// One of the exchange's own permissions, now and then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionThen {
    /// Its name in the exchange's answers.
    pub name: String,
    /// Its name on the exchange's web page, where that is documented.
    pub title: Option<String>,
    /// Whether it is on; nothing where no export states it.
    pub now: Option<bool>,
    /// Whether it is on then.
    pub then: bool,
}

/// Addresses that may use a key.
pub struct Addresses {
    /// The entries, one by one.
    pub entries: Vec<String>,
    /// The entries as the exchange takes them.
    pub written: String,
    /// Those of today, in words.
    pub now: String,
}

/// One declared use: who, from where, what.
pub struct Use {
    /// The system or third party.
    pub by: String,
    /// From where it sends; nothing where that is not declared.
    pub from: Option<String>,
    /// Whether that is a backup that is not in use.
    pub unused: bool,
    /// What it asks for.
    pub operation: Operation,
    /// The exchange's answer today.
    pub today: Decision,
    /// The exchange's answer then; nothing where the addresses cannot be said.
    pub then: Decision,
}

/// Who uses a key, and from where.
struct User<'i> {
    by: String,
    tasks: Vec<TaskWord>,
    from: Vec<(IpRange, bool)>,
    declared: bool,
    /// Whether it is a third party, which sends from some of the addresses that it publishes.
    party: bool,
    markets: Option<Vec<Market>>,
    pairs: Option<Vec<&'i str>>,
}

/// Works out the smallest settings of a key.
pub fn tighten(inventory: &Inventory, estate: &Estate<'_>, at: usize) -> Option<Tightened> {
    let (record, facts) = (inventory.keys.get(at)?, estate.keys.get(at)?);
    let profile = profile(record.key.exchange);
    let mut open = Vec::new();
    let tasks = tasks(inventory, record);
    if tasks.is_empty() {
        let words: Vec<&str> = record.task.possible.iter().map(|t| t.id()).collect();
        open.push(format!("its task is not declared, and what it may do leaves {}: declare `task`", words.join(" or ")));
    }
    let users = users(inventory, record, &tasks);
    if users.is_empty() {
        open.push("nothing is declared to use it: declare `system`, or `third-party`, and `egress` of the system".to_owned());
    }
    let needed = |right: Right| tasks.iter().any(|(t, _)| t.allows(right));
    // Nothing is proposed to be turned off while nobody says what the key is for.
    let rights = if tasks.is_empty() { Vec::new() } else { rights(record, profile, &needed) };
    let markets = markets(&users);
    let settings = profile.and_then(Profile::settings);
    let permissions = if tasks.is_empty() { Vec::new() } else { permissions(record, settings, &rights, markets.as_deref()) };
    if settings.is_none() && !tasks.is_empty() {
        open.push(format!("how {} calls its permissions is not in its profile: they are named as keylint does", record.key.exchange.id()));
    }
    let addresses = addresses(record, profile, &users, &mut open);
    let offers_pairs = profile.and_then(|p| p.facts.pair_whitelist.as_ref()).is_some_and(|f| f.value);
    let pairs = if offers_pairs && needed(Right::Trade) { pairs(settings, &users, &mut open) } else { None };
    let set = addresses.as_ref().map(|(_, set)| set);
    let then = tightened(facts, &rights, set);
    let uses = uses(estate, facts, &then, &users);
    let (today, then) = (key_radius(estate, facts), key_radius(estate, &then));
    let bounds = today.ways.iter().zip(&then.ways).map(|(a, b)| (a.way, a.bound().clone(), b.bound().clone()));
    let leaks = bounds.filter(|(_, a, b)| !a.is_zero() || !b.is_zero()).collect();
    Some(Tightened { tasks, rights, permissions, addresses: addresses.map(|(a, _)| a), pairs, uses, leaks, open })
}

/// The exchange's own permissions that do a key's declared work; none where its task or the exchange's words are not known.
pub fn permissions_for_its_work(inventory: &Inventory, record: &KeyRecord) -> Vec<PermissionThen> {
    let tasks = tasks(inventory, record);
    let profile = profile(record.key.exchange);
    if tasks.is_empty() {
        return Vec::new();
    }
    let rights = rights(record, profile, &|right| tasks.iter().any(|(t, _)| t.allows(right)));
    let markets = markets(&users(inventory, record, &tasks));
    let mut out = permissions(record, profile.and_then(Profile::settings), &rights, markets.as_deref());
    out.retain(|p| p.then);
    out
}

/// The tasks of the entries that name a key; where none says one, the only one that its permissions leave possible.
fn tasks(inventory: &Inventory, record: &KeyRecord) -> Vec<(TaskWord, bool)> {
    let mut out: Vec<(TaskWord, bool)> = Vec::new();
    for task in inventory.entries(record).filter_map(|e| e.value.task.as_ref()) {
        let task = (task.value.word, task.value.confirmed);
        match out.iter_mut().find(|(word, _)| *word == task.0) {
            Some(known) => known.1 |= task.1,
            None => out.push(task),
        }
    }
    if out.is_empty() {
        out.extend(record.task.word().map(|t| (t, false)));
    }
    out
}

/// Who is declared to use a key: the systems of its entries and the third parties that hold it, each with the entry's task.
fn users<'i>(inventory: &'i Inventory, record: &'i KeyRecord, tasks: &[(TaskWord, bool)]) -> Vec<User<'i>> {
    let Some(declaration) = &inventory.declaration else { return Vec::new() };
    let own = |entry: &Spanned<KeyEntry>| match &entry.value.task {
        Some(task) => vec![task.value.word],
        None => tasks.iter().map(|(t, _)| *t).collect(),
    };
    let mut out: Vec<User<'i>> = Vec::new();
    for entry in inventory.entries(record) {
        for name in entry.value.system.iter().flat_map(names) {
            let Some((_, system)) = declaration.systems.iter().find(|(n, _)| n.value == name.value) else { continue };
            let mut from: Vec<(IpRange, bool)> = system.egress.iter().flatten().map(|a| (a.value.0, false)).collect();
            // A backup of which nobody says that it is in use sends nothing.
            let unused = system.backup_in_use.as_ref().is_none_or(|b| !b.value);
            from.extend(system.backup_egress.iter().flatten().map(|a| (a.value.0, unused)));
            out.push(User {
                by: name.value,
                tasks: own(entry),
                from,
                declared: system.egress.is_some(),
                party: false,
                markets: system.markets.as_ref().map(|m| m.value.iter().map(|m| m.value).collect()),
                pairs: system.pairs.as_ref().map(|p| p.value.iter().map(|p| p.value.as_str()).collect()),
            });
        }
        if let Some(party) = &entry.value.third_party {
            let published = published_ranges(inventory.service_behind(&party.value));
            // Of all that it publishes the exchange lets in what is listed today: that is what it uses.
            let listed = match value(&record.key.ip_whitelist) {
                Some(IpWhitelist::Listed(entries)) => entries.iter().map(|e| e.value.range()).collect::<Option<Vec<IpRange>>>(),
                _ => None,
            };
            let listed = listed.filter(|now| !now.is_empty() && published.is_some_and(|all| now.iter().all(|r| all.covers(r))));
            out.push(User {
                by: party.value.clone(),
                tasks: own(entry),
                from: listed
                    .unwrap_or_else(|| published.iter().flat_map(|s| s.ranges()).collect())
                    .into_iter()
                    .map(|r| (r, false))
                    .collect(),
                declared: published.is_some(),
                party: true,
                markets: None,
                pairs: None,
            });
        }
    }
    out
}

fn rights(record: &KeyRecord, profile: Option<&Profile>, needed: &impl Fn(Right) -> bool) -> Vec<RightThen> {
    let with = |right: Right| {
        let includes = |n: &Right| profile.is_some_and(|p| p.includes(*n, right));
        Right::ALL.into_iter().filter(|n| *n != right && needed(*n)).find(includes)
    };
    let endpoint = endpoint(record);
    let always = |right: Right| {
        let all = profile.and_then(Profile::settings).map(|s| s.always_in(endpoint)).unwrap_or_default();
        all.iter().any(|g| g.right() == right)
    };
    let then = |right: Right| RightThen {
        right,
        now: record.key.permissions.get(right).map(|f| f.value),
        needed: needed(right),
        comes_with: if needed(right) { None } else { with(right) },
        always: always(right),
    };
    Right::ALL.into_iter().map(then).collect()
}

/// The markets that the trading users trade; nothing where one of them does not say.
fn markets(users: &[User<'_>]) -> Option<Vec<Market>> {
    let mut out = Vec::new();
    for user in users.iter().filter(|u| u.tasks.contains(&TaskWord::Trading)) {
        for market in user.markets.as_ref()? {
            if !out.contains(market) {
                out.push(*market);
            }
        }
    }
    (!out.is_empty()).then_some(out)
}

/// The answer that states the key; its words are those of its endpoint.
fn endpoint(record: &KeyRecord) -> &'static str {
    record.key.payloads.first().map_or("", |(endpoint, _)| *endpoint)
}

/// The exchange's own permissions that grant what is needed and nothing else; of several that grant one right, those that
/// are on already.
fn permissions(record: &KeyRecord, settings: Option<&Settings>, rights: &[RightThen], markets: Option<&[Market]>) -> Vec<PermissionThen> {
    let Some(settings) = settings else { return Vec::new() };
    let endpoint = endpoint(record);
    let mut words: Vec<&Word> = settings.words_of(endpoint).collect();
    if words.is_empty() {
        words = settings.permissions.iter().collect();
    }
    let stated = Right::ALL.iter().any(|r| record.key.permissions.get(*r).is_some());
    let on = |name: &str| record.key.native.iter().any(|n| n.value == name);
    let needed = |right: Right| rights.iter().any(|r| r.right == right && r.needed && !r.always);
    let allowed = |right: Right| rights.iter().any(|r| r.right == right && r.then());
    let only_reads = !Right::ALL.into_iter().any(|r| r != Right::Read && allowed(r));
    let read_only = settings.read_only_in(endpoint).filter(|_| only_reads);
    let by_word = read_only.is_some_and(|r| r.of == ReadOnlyOf::Word);
    let in_market = |w: &Word| w.markets.is_empty() || markets.is_none_or(|wanted| w.markets.iter().any(|m| wanted.contains(m)));
    // A word that is set to read only grants nothing else.
    let excess = |w: &Word| (usize::from(w.unclear), if by_word { 0 } else { w.grants.iter().filter(|g| !allowed(g.right())).count() });
    let grants = |w: &Word, right: Right| w.grants.iter().any(|g| g.right() == right);
    let mut chosen: Vec<&Word> = Vec::new();
    for right in [Right::Trade, Right::Transfer, Right::Withdraw, Right::Administer, Right::Read].into_iter().filter(|r| needed(*r)) {
        if chosen.iter().any(|w| grants(w, right)) {
            continue;
        }
        let all: Vec<&Word> = words.iter().copied().filter(|w| grants(w, right) && in_market(w)).collect();
        let Some(least) = all.iter().map(|w| excess(w)).min() else { continue };
        let fit: Vec<&Word> = all.into_iter().filter(|w| excess(w) == least).collect();
        let kept: Vec<&Word> = fit.iter().copied().filter(|w| on(&w.name)).collect();
        match (kept.is_empty(), right) {
            (false, _) => chosen.extend(kept),
            // Each market that is wanted has a permission of its own.
            (true, Right::Trade) => chosen.extend(fit),
            (true, _) => chosen.extend(fit.first()),
        }
    }
    let mut out: Vec<PermissionThen> = Vec::new();
    if let Some(read_only) = read_only.filter(|r| r.of == ReadOnlyOf::Key) {
        let now = record.key.permissions.get(Right::Trade).map(|f| !f.value);
        out.push(PermissionThen { name: read_only.written.clone(), title: None, now, then: true });
    }
    for word in words {
        let then = chosen.iter().any(|c| c.name == word.name);
        let now = if on(&word.name) { Some(true) } else { stated.then_some(false) };
        let mut name = word.group.as_ref().map_or_else(|| word.name.clone(), |g| format!("{g}: {}", word.name));
        if let Some(read_only) = read_only.filter(|_| by_word && then) {
            name = format!("{name} ({})", read_only.written);
        }
        if (then || now == Some(true)) && !out.iter().any(|o| o.name == name) {
            out.push(PermissionThen { name, title: word.title.clone(), now, then });
        }
    }
    // A word that the profile does not know grants something that nobody here knows: it goes.
    for word in record.key.native.iter().filter(|n| settings.named(&n.value).is_none()) {
        out.push(PermissionThen { name: word.value.clone(), title: None, now: Some(true), then: false });
    }
    out
}

/// The addresses that the users send from, as the exchange takes them.
fn addresses(record: &KeyRecord, profile: Option<&Profile>, users: &[User<'_>], open: &mut Vec<String>) -> Option<(Addresses, AddressSet)> {
    if value(&record.key.ip_whitelist) == Some(&IpWhitelist::NotOffered) {
        open.push(format!("{} binds no key to addresses: this one is usable from any", record.key.exchange.id()));
        return None;
    }
    for user in users.iter().filter(|u| !u.declared) {
        open.push(format!("from where {} sends is not declared: without it the IP whitelist cannot be said", user.by));
    }
    if users.is_empty() || users.iter().any(|u| !u.declared) {
        return None;
    }
    let set = AddressSet::of_ranges(users.iter().flat_map(|u| &u.from).filter(|(_, unused)| !unused).map(|(r, _)| *r));
    if set.is_empty() {
        open.push("none of its systems declares an address: declare `egress`".to_owned());
        return None;
    }
    let takes_ranges = profile.and_then(|p| p.facts.ip_whitelist_ranges.as_ref()).is_none_or(|f| f.value);
    let mut entries = Vec::new();
    let mut listed: Vec<IpRange> = Vec::new();
    for range in users.iter().flat_map(|u| &u.from).filter(|(_, unused)| !unused).map(|(r, _)| *r) {
        // As declared, and each once: what touches is not made one range, because a person compares it with the declaration.
        if !listed.iter().any(|l| l.contains(range)) {
            listed.push(range);
        }
    }
    for range in listed {
        match (takes_ranges || range.size() == 1, range.size() <= SPELLED_OUT) {
            (true, _) => entries.push(range.to_string()),
            (false, true) => entries.extend(singles(range)),
            (false, false) => {
                open.push(format!("{} takes single addresses only, and {range} has too many", record.key.exchange.id()));
                entries.push(range.to_string());
            }
        }
    }
    let most = profile.and_then(|p| p.facts.ip_whitelist_entries.as_ref()).map(|f| f.value as usize);
    if let Some(most) = most.filter(|m| entries.len() > *m) {
        open.push(format!("{} takes {most} entries, and there are {}", record.key.exchange.id(), entries.len()));
    }
    let now = match value(&record.key.ip_whitelist) {
        None => "not stated by any export".to_owned(),
        Some(IpWhitelist::Unrestricted | IpWhitelist::NotOffered) => "any address".to_owned(),
        Some(IpWhitelist::Restricted) => "some addresses, which the exchange does not list".to_owned(),
        Some(IpWhitelist::Listed(listed)) => listed.iter().map(|e| e.value.written.clone()).collect::<Vec<_>>().join(", "),
    };
    let form = profile.and_then(Profile::settings).and_then(|s| s.ip_whitelist_in(endpoint(record))).map(|w| w.form);
    let written = match form {
        Some(Separated::Comma) => entries.join(","),
        Some(Separated::List) => serde_json::to_string(&entries).unwrap_or_default(),
        Some(Separated::Newline | Separated::Switch) | None => entries.join("\n"),
    };
    Some((Addresses { entries, written, now }, set))
}

/// The addresses of a small range, one by one.
fn singles(range: IpRange) -> Vec<String> {
    let mut out = Vec::new();
    let mut here = range.first();
    loop {
        out.push(here.to_string());
        let next = match here {
            std::net::IpAddr::V4(a) => u32::from(a).checked_add(1).map(|n| std::net::IpAddr::V4(n.into())),
            std::net::IpAddr::V6(a) => u128::from(a).checked_add(1).map(|n| std::net::IpAddr::V6(n.into())),
        };
        match next {
            Some(next) if here != range.last() => here = next,
            _ => return out,
        }
    }
}

/// The pairs that the trading users trade, in the exchange's spelling where that is known.
fn pairs(settings: Option<&Settings>, users: &[User<'_>], open: &mut Vec<String>) -> Option<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    for user in users.iter().filter(|u| u.tasks.contains(&TaskWord::Trading)) {
        let Some(pairs) = &user.pairs else {
            open.push(format!("which pairs {} trades is not declared: without them the key can trade all", user.by));
            return None;
        };
        for pair in pairs {
            let parts = pair.split_once(['/', '-', '_']);
            let form = settings.and_then(|s| s.pairs.as_ref()).map(|p| p.form.as_str());
            let spelled = match (parts, form) {
                (Some((base, quote)), Some(form)) => form.replace("{base}", base).replace("{quote}", quote),
                _ => (*pair).to_owned(),
            };
            if !out.contains(&spelled) {
                out.push(spelled);
            }
        }
    }
    (!out.is_empty()).then_some(out)
}

/// The key with the smallest settings.
fn tightened<'a>(facts: &KeyFacts<'a>, rights: &[RightThen], set: Option<&'a AddressSet>) -> KeyFacts<'a> {
    let mut then = facts.clone();
    for (operation, stated) in Operation::ALL.into_iter().zip(then.rights.iter_mut()) {
        if let Some(right) = rights.iter().find(|r| r.right == operation.right()) {
            *stated = Some(right.then());
        }
    }
    if !rights.is_empty() {
        (then.administers, then.adds_addresses) = (false, false);
    }
    // A whitelist that is there and cannot be said better stays.
    then.whitelist = match (set, then.whitelist) {
        (Some(set), _) => Some(Whitelist::Listed(set)),
        (None, now) => now,
    };
    then
}

/// Each declared use against the settings of today and the smallest ones.
fn uses(estate: &Estate<'_>, today: &KeyFacts<'_>, then: &KeyFacts<'_>, users: &[User<'_>]) -> Vec<Use> {
    let mut out = Vec::new();
    for user in users {
        let mut places: Vec<(Option<IpRange>, bool)> = user.from.iter().map(|(r, unused)| (Some(*r), *unused)).collect();
        if places.is_empty() {
            places.push((None, false));
        }
        for (from, unused) in places {
            let set = from.map(|r| AddressSet::of_ranges([r]));
            let source = set.as_ref().map_or(Source::WhereItIsUsed, Source::OneOf);
            for operation in Operation::ALL.into_iter().filter(|o| user.tasks.iter().any(|t| t.allows(o.right()))) {
                let request = Request { operation, signed: true, source, age: Age::Fresh, recipient: Recipient::Saved };
                let ask = |key: &KeyFacts<'_>| answer(&request, estate, key, user.party);
                out.push(Use {
                    by: user.by.clone(),
                    from: from.map(|r| r.to_string()),
                    unused,
                    operation,
                    today: ask(today),
                    then: ask(then),
                });
            }
        }
    }
    out
}

/// The exchange's answer to a use. A range that is only partly listed is not let in as a whole.
fn answer(request: &Request<'_>, estate: &Estate<'_>, key: &KeyFacts<'_>, party: bool) -> Decision {
    let settings = ways::settings(estate, key, Way::Server, request.operation);
    let mut decision = decide(request, &settings);
    let partly = match (request.source, key.whitelist) {
        (Source::OneOf(from), Some(Whitelist::Listed(set) | Whitelist::Wide(set))) if !party => {
            set.is_complete() && from.ranges().any(|r| !set.covers(&r))
        }
        _ => false,
    };
    if decision.is_executed() && partly {
        decision = Decision { stopped_by: Some(Check::IpWhitelist), assumed: Vec::new() };
    }
    decision
}
