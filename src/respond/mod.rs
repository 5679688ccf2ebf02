//! What to do about a suspected leak of one key, in which order: steps made from what is known of the key and of its
//! exchange. Nothing is done here, and what is not known is said to be unknown.
//!
//! The order is that of the loss: what stops requests comes first, then what would be forgotten, then other ways in, then
//! working access.

mod close;
mod known;
mod restore;
mod stop;
mod trace;

use crate::exchanges::{self, Profile, Way};
use crate::finding::Finding;
use crate::inventory::{Inventory, KeyRecord};
use crate::model::time::{Period, Time};
use crate::model::{Exchange, Right, SecretPart};
use crate::run::Outcome;
use crate::text::{Span, clean};

/// A playbook, in sentences in which names stand between backquotes.
#[derive(Debug, Default)]
pub struct Playbook {
    /// Whose leak it is.
    pub title: String,
    /// What is known, each with its name.
    pub known: Vec<(&'static str, String)>,
    /// The parts, in the order in which they are done.
    pub parts: Vec<Part>,
    /// The documentation that was read: what it states, where, and its day.
    pub sources: Vec<(String, String, String)>,
}

/// A part of a playbook.
#[derive(Debug)]
pub struct Part {
    /// Its title.
    pub title: &'static str,
    /// Why it comes here.
    pub why: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// Something to do and to tick off.
#[derive(Debug, Default)]
pub struct Step {
    /// What to do.
    pub what: String,
    /// How, where, and what to mind.
    pub notes: Vec<String>,
    /// What it consists of, each to be ticked off.
    pub parts: Vec<String>,
}

impl Step {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }
    fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
    fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }
    fn parts(mut self, parts: impl IntoIterator<Item = String>) -> Self {
        self.parts.extend(parts);
        self
    }
}

/// A place at which the secret, or the id, of the key was found.
struct Found {
    span: Span,
    /// `path:line:column`.
    place: String,
    part: SecretPart,
}

/// The leak of one key.
struct Case<'a> {
    inventory: &'a Inventory,
    at: usize,
    key: &'a KeyRecord,
    profile: Option<&'static Profile>,
    found: Vec<Found>,
    /// How many files were looked into.
    files: usize,
    /// From when on it may have been used by others, where that is said or follows.
    from: Option<Time>,
    /// Whether that was said.
    said: bool,
    /// How long a leak goes unnoticed.
    unnoticed: Period,
    now: Time,
}

/// The key that a name means: one that [`Inventory::select`] chooses, or the one that a finding is about, by its fingerprint.
///
/// # Errors
/// Where it means none, or several; in words that may be shown.
pub fn choose(outcome: &Outcome, name: &str) -> Result<usize, String> {
    let name = name.trim();
    let print = name.to_ascii_lowercase();
    match outcome.verdicts.findings.iter().find(|f| f.fingerprint == print) {
        Some(finding) => of_finding(outcome, finding),
        None => outcome.inventory.select(name).map_err(|e| e.to_string()),
    }
}

/// The key that a finding is about.
fn of_finding(outcome: &Outcome, finding: &Finding) -> Result<usize, String> {
    let inventory = &outcome.inventory;
    let places = || finding.places.iter().map(|p| p.span);
    let subject = &finding.subject;
    let about = subject.sentence();
    if subject.kind == "secret" {
        let of = |span: Span| inventory.secrets.iter().find(|s| s.parts.iter().any(|p| p.place == span)).and_then(|s| s.key);
        return places().find_map(of).ok_or_else(|| {
            format!(
                "the finding is about a {about}, and nothing that was read states its key: export the keys of its exchange, or name the key"
            )
        });
    }
    if subject.kind != "key" {
        return Err(format!("the finding is about {about}, not about a key: name the key that leaked"));
    }
    let named =
        |key: &KeyRecord| Some(key.key.exchange) == subject.exchange && key.id().map(|id| clean(&id.shown()).into_owned()) == subject.id;
    let fit: Vec<usize> = inventory.keys.iter().enumerate().filter(|(_, k)| named(k)).map(|(at, _)| at).collect();
    let here = |at: &usize| {
        let Some(key) = inventory.keys.get(*at) else { return false };
        let mut spans = key.key.payloads.iter().map(|(_, span)| *span).chain(inventory.entries(key).map(|e| e.span));
        spans.any(|own| places().any(|p| own.contains(p)))
    };
    // Several keys may show the same ends: the places tell them apart.
    let near: Vec<usize> = if fit.len() > 1 { fit.iter().copied().filter(here).collect() } else { fit.clone() };
    match near.as_slice() {
        [one] => Ok(*one),
        [] => Err(inventory.several(format!("the finding about {about}"), &fit).to_string()),
        many => Err(inventory.several(format!("the finding about {about}"), many).to_string()),
    }
}

/// The playbook for a key, by its place in the inventory; `since` is when the leak may have begun.
pub fn playbook(outcome: &Outcome, at: usize, since: Option<Time>) -> Option<Playbook> {
    let inventory = &outcome.inventory;
    let key = inventory.keys.get(at)?;
    let created = key.key.created.as_ref().map(|f| f.value);
    let policy = inventory.declaration.as_ref().map(|d| &d.policy);
    let case = Case {
        inventory,
        at,
        key,
        profile: exchanges::profile(key.key.exchange),
        found: found(outcome, at),
        files: outcome.coverage.files,
        from: since.or(created).filter(|t| *t <= outcome.as_of),
        said: since.is_some(),
        unnoticed: policy.and_then(|p| p.noticed_after).unwrap_or(Period::from_days(1)),
        now: outcome.as_of,
    };
    let mut sources = Vec::new();
    let parts =
        vec![stop::part(&case, &mut sources), trace::part(&case, &mut sources), close::part(&case, &mut sources), restore::part(&case)];
    Some(Playbook {
        title: format!("Suspected leak: {} at {}", case.id(), key.key.exchange.title()),
        known: known::known(&case),
        parts,
        sources,
    })
}

/// Where the key's secret stands, and where its export carries it.
fn found(outcome: &Outcome, at: usize) -> Vec<Found> {
    let place = |span: Span| {
        let text = outcome.texts.get(span.text)?;
        let position = text.position(span.start);
        Some(if position.line > 0 { format!("{}:{}:{}", text.path(), position.line, position.column) } else { text.path().to_owned() })
    };
    let own = outcome.inventory.secrets.iter().filter(|s| s.key == Some(at));
    let parts = own.flat_map(|s| s.parts.iter().map(|p| (p.place, p.part)));
    let carried = outcome.inventory.keys.get(at).into_iter().flat_map(|k| k.key.carries.iter().map(|(part, span)| (*span, *part)));
    let mut out: Vec<Found> = Vec::new();
    for (span, part) in parts.chain(carried) {
        if let Some(place) = place(span).filter(|_| !out.iter().any(|f| f.span == span)) {
            out.push(Found { span, place, part });
        }
    }
    // Where the secret stands comes before where only its id does.
    out.sort_by_key(|f| f.part == SecretPart::Key);
    out
}

impl Case<'_> {
    /// What is documented about the exchange; nothing where nobody has looked.
    fn ways(&self) -> Option<&'static exchanges::Playbook> {
        self.profile.map(Profile::respond).filter(|ways| **ways != exchanges::Playbook::default())
    }
    /// Whether the key may do something: what is not known counts as yes.
    fn may(&self, right: Right) -> bool {
        self.key.key.permissions.get(right).is_none_or(|f| f.value)
    }
    /// The id, by its ends.
    fn id(&self) -> String {
        match (self.key.id(), &self.key.key.label) {
            (Some(id), _) => code(&id.shown()),
            (None, Some(label)) => format!("the key {}, whose id is not known,", named(&label.value)),
            (None, None) => "a key whose id is not known".to_owned(),
        }
    }
    /// A key in words.
    fn name_of(&self, at: usize) -> String {
        let Some(key) = self.inventory.keys.get(at) else { return String::new() };
        let id = key.id().map_or_else(|| "a key without an id".to_owned(), |id| code(&format!("{} {}", key.key.exchange, id.shown())));
        let mut more = Vec::new();
        if let Some(label) = &key.key.label {
            more.push(named(&label.value));
        }
        if let Some(account) = self.account_name(key) {
            more.push(format!("account {account}"));
        }
        if key.id().is_none() {
            more.insert(0, format!("at {}", key.key.exchange.title()));
        }
        if more.is_empty() { id } else { format!("{id} ({})", more.join(", ")) }
    }
    /// The account of a key, as code.
    fn account_name(&self, key: &KeyRecord) -> Option<String> {
        let declared = self.inventory.declared_accounts(key).first().map(|a| a.value.clone());
        let other = || self.inventory.account_of(key).and_then(Inventory::account_name).map(str::to_owned);
        declared.or_else(other).map(|name| code(&name))
    }
    /// How a person says where the keys of an exchange are managed.
    fn page(exchange: Exchange) -> String {
        let way = exchanges::profile(exchange).and_then(|p| p.respond().keys_page.first());
        way.map_or_else(|| format!("the page of API keys at {}", exchange.title()), |w| code(&w.value))
    }
    /// Ways to do something, each in a sentence, with what it means for the window; and their sources.
    fn told(&self, ways: &[Way], sources: &mut Vec<(String, String, String)>) -> Vec<String> {
        ways.iter()
            .map(|way| {
                let source = (way.value.clone(), way.source.clone(), way.date.clone());
                if !sources.contains(&source) {
                    sources.push(source);
                }
                let mut more: Vec<String> = way.about.iter().cloned().collect();
                more.extend(way.needs.as_ref().map(|n| format!("needs {n}")));
                if let Some(back) = way.reaches_back {
                    more.push(self.reaches(back));
                }
                if let Some(most) = way.per_request {
                    more.push(self.requests(most));
                }
                more.extend(way.note.iter().cloned());
                if more.is_empty() { code(&way.value) } else { format!("{}: {}", code(&way.value), more.join("; ")) }
            })
            .collect()
    }
    fn reaches(&self, back: Period) -> String {
        let first = Time::from_epoch_seconds(self.now.epoch_seconds() - i64::try_from(back.as_millis() / 1000).unwrap_or(i64::MAX));
        match (self.from, first) {
            (Some(from), Some(first)) if from < first => {
                format!("reaches back {back}, to {}, and not to the beginning of the window", on(first))
            }
            _ => format!("reaches back {back}"),
        }
    }
    fn requests(&self, most: Period) -> String {
        let window = self.from.map(|from| self.now.since(&from).as_millis()).filter(|w| *w > most.as_millis() && !most.is_zero());
        let count = window.map(|w| format!(", {} requests for this window", w.div_ceil(most.as_millis())));
        format!("at most {most} a request{}", count.unwrap_or_default())
    }
}

/// Words from outside as code: cleaned, and with nothing that ends it.
fn code(text: &str) -> String {
    format!("`{}`", clean(text).replace('`', "'"))
}

/// A time as code, in which its colons are no mark.
fn on(time: Time) -> String {
    format!("`{time}`")
}

/// A label from outside as code; one that looks like a secret is hidden.
fn named(text: &str) -> String {
    code(&crate::text::label(text))
}
