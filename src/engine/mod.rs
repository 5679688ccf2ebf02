//! Facts × rules → findings: ask every rule about every subject, let one fact have one finding, put them in order.

mod evaluate;
mod fact;
mod key;
mod others;
mod places;
mod secrets;
mod settle;
mod words;

pub use evaluate::Answer;
pub use fact::Asked;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::declaration::Policy;
use crate::exchanges::profile;
use crate::exposure::{Estate, Weight, weigh};
use crate::finding::{CarriedPart, Finding, Label, Role, Severity};
use crate::inventory::{Inventory, Told};
use crate::model::time::Time;
use crate::model::{Exchange, FieldName};
use crate::rules::condition::Condition;
use crate::rules::vocabulary::{FactId, Subject};
use crate::rules::{Pointed, Rule, Rulebook, Weigh};
use crate::text::Span;
use evaluate::Answer as A;
use fact::{Got, Item};

/// What rules are evaluated against.
pub struct Context<'i> {
    /// What is known.
    pub inventory: &'i Inventory,
    /// What is tolerated.
    pub policy: &'i Policy,
    /// The time of the check.
    pub now: Time,
    /// The inventory as the model of leaks sees it, once it was asked for.
    estate: OnceLock<Estate<'i>>,
}

/// What a check came to.
#[derive(Default)]
pub struct Verdicts {
    /// The findings, worst first; those that do not count too.
    pub findings: Vec<Finding>,
    /// What could not be assessed, by rule.
    pub not_assessed: Vec<NotAssessed>,
}

/// A rule that had no answer for some subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAssessed {
    /// The rule, by its place in the rule book.
    pub rule: usize,
    /// For how many subjects.
    pub subjects: usize,
    /// The facts that were unknown.
    pub missing: Vec<FieldName>,
    /// Where the answers would come from: endpoints, or a place in the declaration.
    pub answered_by: Vec<String>,
}

/// What one rule said of one subject.
enum Said {
    Finding(Box<Finding>),
    Unstated { exchange: Option<Exchange>, missing: Vec<FieldName> },
}

/// Asks every rule.
pub fn evaluate(context: &Context<'_>, book: &Rulebook) -> Verdicts {
    let mut said: Vec<(usize, Said)> = Vec::new();
    let kinds = [
        Subject::Estate,
        Subject::Exchange,
        Subject::ThirdParty,
        Subject::Transfer,
        Subject::Account,
        Subject::Address,
        Subject::Key,
        Subject::Secret,
        Subject::RequestWindow,
    ];
    for kind in kinds {
        let rules: Vec<(usize, &Rule)> = book.rules.iter().enumerate().filter(|(_, r)| r.about == kind).collect();
        let subjects = context.subjects(kind);
        // Each subject is asked for itself, so the order of the results does not depend on who asks.
        let answers: Vec<Vec<(usize, Said)>> = subjects
            .into_par_iter()
            .with_min_len(64)
            .map(|asked| {
                let mut out = Vec::new();
                for (at, rule) in &rules {
                    context.ask(*at, rule, asked, &mut out);
                }
                settle::yield_to_others(&mut out, book, context.policy);
                out
            })
            .collect();
        said.extend(answers.into_iter().flatten());
    }
    collect(said, book, context)
}

fn collect(said: Vec<(usize, Said)>, book: &Rulebook, context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut unstated: BTreeMap<usize, (usize, BTreeSet<FieldName>, BTreeSet<(Option<Exchange>, FieldName)>)> = BTreeMap::new();
    for (rule, said) in said {
        match said {
            Said::Finding(finding) => verdicts.findings.push(*finding),
            Said::Unstated { exchange, missing } => {
                let entry = unstated.entry(rule).or_default();
                entry.0 += 1;
                entry.1.extend(missing.iter().copied());
                entry.2.extend(missing.into_iter().map(|f| (exchange, f)));
            }
        }
    }
    for (rule, (subjects, missing, asked)) in unstated {
        // A rule that is turned off is not asked, so it cannot be unanswered.
        if book.rules.get(rule).is_some_and(|r| context.policy.rules.iter().any(|(id, t)| id.value == r.id && t.off.is_some())) {
            continue;
        }
        let answered_by = sources(&asked);
        verdicts.not_assessed.push(NotAssessed { rule, subjects, missing: missing.into_iter().collect(), answered_by });
    }
    settle::tune(&mut verdicts.findings, book, context.policy);
    settle::order(&mut verdicts.findings, book);
    verdicts
}

/// Where the answers would come from: endpoints first, then the declaration, then the web pages of exchanges that no
/// answer of theirs says it.
fn sources(asked: &BTreeSet<(Option<Exchange>, FieldName)>) -> Vec<String> {
    let (mut endpoints, mut declared, mut silent) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (exchange, field) in asked {
        let mut answered = false;
        for endpoint in exchange.and_then(profile).into_iter().flat_map(|p| p.answered_by(*field)) {
            endpoints.insert(format!("{}: {endpoint}", exchange.map_or("", Exchange::id)));
            answered = true;
        }
        match field.declared_at() {
            _ if answered => {}
            Some(at) if *field == FieldName::FetchedAt => drop(declared.insert(format!("an envelope: {at}"))),
            Some(at) => drop(declared.insert(format!("keylint.yaml: {at}"))),
            None => silent.extend(exchange.map(Exchange::id)),
        }
    }
    let mut out: Vec<String> = endpoints.into_iter().chain(declared).collect();
    if !silent.is_empty() {
        let names: Vec<_> = silent.into_iter().collect();
        out.push(format!("the web page of {}: no answer states it", names.join(", ")));
    }
    out
}

impl<'i> Context<'i> {
    /// What is known, what is tolerated, and when.
    pub fn new(inventory: &'i Inventory, policy: &'i Policy, now: Time) -> Self {
        Self { inventory, policy, now, estate: OnceLock::new() }
    }
    /// The key whose secret a finding is about, where an export or the declaration knows it.
    fn key_of_secret(&self, asked: Asked, found: Option<&crate::inventory::FoundSecret>, carries: bool) -> Option<usize> {
        let key = match asked {
            Asked::Key(at) if carries => Some(at),
            _ => found.filter(|f| f.has_secret()).and_then(|f| f.key),
        };
        key.filter(|at| self.inventory.keys.get(*at).is_some_and(|k| !k.key.payloads.is_empty() || !k.entries.is_empty()))
    }
    /// What the leak of a key's secret costs; nothing where no export states anything of it.
    fn weight(&self, key: usize) -> Option<Weight> {
        let estate = self.estate.get_or_init(|| Estate::of(self.inventory, self.policy, self.now));
        weigh(estate, self.inventory, key)
    }
}

impl Context<'_> {
    /// What one rule says of one subject.
    fn ask(&self, at: usize, rule: &Rule, asked: Asked, out: &mut Vec<(usize, Said)>) {
        let Some((list, _)) = rule.each else {
            match self.holds(&rule.when, asked, None) {
                A::Yes => out.push((at, Said::Finding(Box::new(self.finding(at, rule, asked, None))))),
                A::No => {}
                A::Unstated => out.push((at, self.unstated(&rule.when, asked, &[]))),
            }
            return;
        };
        match self.fact(asked, list) {
            Some(Got::List(members)) => {
                let mut open = Vec::new();
                for item in &members.items {
                    match self.holds(&rule.when, asked, Some(item)) {
                        A::Yes => out.push((at, Said::Finding(Box::new(self.finding(at, rule, asked, Some(item)))))),
                        A::No => {}
                        A::Unstated => self.missing(&rule.when, asked, Some(item), &mut open),
                    }
                }
                if !members.complete && self.could_hold(&rule.when, asked) {
                    open.push(list.field());
                }
                if !open.is_empty() {
                    out.push((at, self.unstated(&rule.when, asked, &open)));
                }
            }
            // The list is unknown: no answer, unless what does not depend on a member already says no.
            _ if self.could_hold(&rule.when, asked) => out.push((at, self.unstated(&rule.when, asked, &[list.field()]))),
            _ => {}
        }
    }

    /// Whether a condition could hold of a member that is not known.
    fn could_hold(&self, condition: &Condition, asked: Asked) -> bool {
        self.holds(condition, asked, None) != A::No
    }

    fn unstated(&self, condition: &Condition, asked: Asked, known: &[FieldName]) -> Said {
        let mut missing = known.to_vec();
        if known.is_empty() {
            self.missing(condition, asked, None, &mut missing);
        }
        missing.sort_unstable();
        missing.dedup();
        Said::Unstated { exchange: self.exchange_of(asked), missing }
    }

    fn exchange_of(&self, asked: Asked) -> Option<Exchange> {
        match asked {
            Asked::Key(at) => self.inventory.keys.get(at).map(|k| k.key.exchange),
            Asked::Account(at) => self.inventory.accounts.get(at).map(|a| a.account.exchange),
            Asked::Address(at) => self.inventory.addresses.get(at).map(|a| a.address.exchange),
            Asked::Exchange(exchange) => Some(exchange),
            Asked::Secret(at) => self.inventory.secrets.get(at).and_then(crate::inventory::FoundSecret::exchange),
            Asked::Window(at) => self.inventory.windows.get(at).and_then(|w| w.exchange),
            Asked::ThirdParty(_) | Asked::Transfer(_) | Asked::Estate => None,
        }
    }

    fn finding(&self, at: usize, rule: &Rule, asked: Asked, it: Option<&Item<'_>>) -> Finding {
        let case = rule.severity.iter().find(|c| c.when.as_ref().is_none_or(|w| self.holds(w, asked, it) == A::Yes));
        let subject = self.subject_name(asked);
        let mut matches = Vec::new();
        self.matches(&rule.when, asked, &mut matches);
        let mut places: Vec<Label> = Vec::new();
        let mut seen: BTreeSet<Span> = BTreeSet::new();
        for (n, point) in rule.at.iter().enumerate() {
            let role = if n == 0 || places.is_empty() { Role::Primary } else { Role::Related };
            for span in self.places(asked, point.what, it, &matches) {
                if seen.insert(span) {
                    places.push(Label { role, span, note: self.with_source(asked, point.what, note(&point.label, span, &matches)) });
                }
            }
        }
        if places.is_empty() {
            // Every finding has a place: where nothing else is written, the subject's own.
            let whole = self.subject_places(asked);
            places.extend(whole.into_iter().map(|span| Label { role: Role::Primary, span, note: "".into() }));
        }
        if let Asked::Secret(at) = asked {
            self.mark_parts(at, &mut places);
        }
        let found = if let Asked::Secret(at) = asked { self.inventory.secrets.get(at) } else { None };
        let plain = case.map_or(Severity::Medium, |c| c.is);
        let plain_because = case.and_then(|c| c.because.clone());
        let (severity, because) = match asked {
            Asked::Key(key) => self.weighed(rule.weigh, key, plain, plain_because),
            Asked::Secret(at) => (plain, plain_because.or_else(|| self.secret_weight(at).1)),
            _ => (plain, plain_because),
        };
        let message = self.message(&rule.message, asked, &subject, it, &matches);
        let carries = self.carried(rule, asked, &places);
        let key = self.key_of_secret(asked, found, !carries.is_empty());
        let fingerprint = words::fingerprint(&rule.id, &self.identity(asked), &it.map(|i| self.item_name(i)).unwrap_or_default());
        Finding {
            rule: at,
            severity,
            because,
            confidence: found.map_or(rule.confidence, |f| f.confidence.min(rule.confidence)),
            message,
            subject,
            carries,
            places,
            venue: found.and_then(|f| f.venue.clone()),
            key,
            history: found.and_then(|f| f.history.clone()),
            suppressed: None,
            fingerprint,
        }
    }

    /// The severity of a finding about a key by what its leak costs, where the rule says so and where that is known.
    fn weighed(&self, weigh: Option<Weigh>, key: usize, plain: Severity, because: Option<Arc<str>>) -> (Severity, Option<Arc<str>>) {
        let Some((weigh, weight)) = weigh.and_then(|w| Some((w, self.weight(key)?))) else { return (plain, because) };
        let severity = match weigh {
            Weigh::AsIs => weight.stated,
            Weigh::OneStepLower => weight.stated.lower(),
            Weigh::AtLeast => weight.stated.max(plain),
        };
        (severity, Some(weight.because.into()))
    }

    /// The parts of a secret that a finding is about: those of a rule that points at carried secrets.
    fn carried(&self, rule: &Rule, asked: Asked, places: &[Label]) -> Vec<CarriedPart> {
        if let Asked::Secret(at) = asked {
            return self.found_parts(at, places);
        }
        let about_secrets = rule.at.iter().any(|a| a.what == Pointed::Fact(FactId::CarriedSecrets));
        let Asked::Key(at) = asked else { return Vec::new() };
        let carries = self.inventory.keys.get(at).filter(|_| about_secrets).map_or(&[][..], |k| &k.key.carries);
        let at = |span: &Span| places.iter().position(|p| p.span == *span);
        carries
            .iter()
            .filter_map(|(part, span)| Some(CarriedPart { part: *part, place: at(span)?, length: None, fingerprint: None }))
            .collect()
    }

    /// The note of a place; where no one declared what it says, with who says so.
    fn with_source(&self, asked: Asked, what: Pointed, note: Arc<str>) -> Arc<str> {
        match (asked, what) {
            (Asked::ThirdParty(at), Pointed::Fact(fact)) => match self.told_by_service(at, fact) {
                Some(Told { source, date: "undated", .. }) => format!("{note}, says {source}").into(),
                Some(Told { source, date, .. }) => format!("{note}, says {source} ({date})").into(),
                None => note,
            },
            _ => note,
        }
    }

    /// The places of one thing that a rule points at. Of a list that the condition searched, the members that matched.
    fn places(&self, asked: Asked, what: Pointed, it: Option<&Item<'_>>, matches: &[(FactId, Item<'_>)]) -> Vec<Span> {
        match (what, asked) {
            (Pointed::Subject, _) => self.subject_places(asked),
            (Pointed::It, Asked::Key(at)) => it.map_or_else(Vec::new, |i| self.key_item_places(at, i)),
            (Pointed::It, _) => Vec::new(),
            (Pointed::Fact(fact), Asked::Key(at)) => {
                let found: Vec<&Item<'_>> = matches.iter().filter(|(f, _)| *f == fact).map(|(_, i)| i).collect();
                if found.is_empty() {
                    self.key_places(at, fact)
                } else {
                    found.into_iter().flat_map(|i| self.key_item_places(at, i)).collect()
                }
            }
            (Pointed::Fact(fact), Asked::Account(at)) => self.account_places(at, fact),
            (Pointed::Fact(fact), Asked::ThirdParty(at)) => self.party_places(at, fact),
            (Pointed::Fact(fact), Asked::Exchange(_) | Asked::Estate) => match self.fact(asked, fact) {
                Some(Got::List(members)) => others::places_of(members),
                _ => Vec::new(),
            },
            (Pointed::Fact(_), Asked::Address(_) | Asked::Transfer(_) | Asked::Secret(_) | Asked::Window(_)) => self.subject_places(asked),
        }
    }
}

/// The note of a place: the rule's label, with `{reason}` filled for an entry that is no plain address.
fn note(label: &Arc<str>, span: Span, matches: &[(FactId, Item<'_>)]) -> Arc<str> {
    if !label.contains("{reason}") {
        return label.clone();
    }
    let reason = matches.iter().find_map(|(_, item)| match item {
        Item::Entry { entry, .. } if entry.span() == Some(span) => entry.value.is_malformed(),
        _ => None,
    });
    label.replace("{reason}", reason.unwrap_or("no plain address")).into()
}
