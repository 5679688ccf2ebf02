//! Names and sentences: how a subject is called, how a message is filled, how a finding is recognised in another run.

use super::Context;
use super::fact::{Asked, Got, Item};
use super::others::limit_words;
use crate::finding::SubjectName;
use crate::inventory::{Inventory, KeyRecord};
use crate::rules::template::{Piece, Template};
use crate::rules::vocabulary::{FactId, ItFact};
use crate::secrets::value::identify;
use crate::text::clean;

/// How many members a sentence lists.
const LISTED: usize = 5;

impl Context<'_> {
    /// How a message calls a member of a list.
    pub(super) fn item_name(&self, item: &Item<'_>) -> String {
        match item {
            Item::Right(right) => right.id().to_owned(),
            Item::Entry { entry, .. } => entry.value.written.clone(),
            Item::Market(market) => market.value.id().to_owned(),
            Item::Pair(pair) => pair.value.clone(),
            Item::Egress { range, .. } => range.to_string(),
            Item::Reference { name, .. } => name.clone(),
            Item::Key { at, with_task, .. } => {
                let Some(record) = self.inventory.keys.get(*at) else { return String::new() };
                let name = self.key_name(record).sentence();
                if !with_task {
                    return name;
                }
                let tasks: Vec<_> = record.task.possible.iter().map(|t| t.id()).collect();
                format!("{name}: {}", tasks.join(" or "))
            }
        }
    }

    /// How reports call a key.
    pub(super) fn key_name(&self, record: &KeyRecord) -> SubjectName {
        self.inventory.subject_of_key(record)
    }

    /// How reports call a subject.
    pub(super) fn subject_name(&self, asked: Asked) -> SubjectName {
        let bare = |kind| SubjectName { kind, exchange: None, account: None, id: None, label: None };
        match asked {
            Asked::Key(at) => self.inventory.keys.get(at).map_or_else(|| bare("key"), |k| self.key_name(k)),
            Asked::Account(at) => {
                let Some(record) = self.inventory.accounts.get(at) else { return bare("account") };
                self.inventory.subject_of_account(record, at)
            }
            Asked::ThirdParty(at) => {
                let Some((name, _)) = self.party(at) else { return bare("third-party") };
                SubjectName { id: Some(clean(&name.value).into_owned()), ..bare("third-party") }
            }
            Asked::Address(at) => {
                let Some(record) = self.inventory.addresses.get(at) else { return bare("address") };
                let account = record.account.and_then(|a| self.inventory.accounts.get(a)).and_then(Inventory::account_name);
                SubjectName {
                    kind: "address",
                    exchange: Some(record.address.exchange),
                    account: account.map(|n| clean(n).into_owned()),
                    id: record.address.address.as_ref().map(|f| clean(&f.value).into_owned()),
                    label: record.address.label.as_ref().filter(|f| !f.value.is_empty()).map(|f| clean(&f.value).into_owned()),
                }
            }
            Asked::Transfer(at) => {
                let route = self.inventory.declaration.as_ref().and_then(|d| d.transfers.get(at));
                SubjectName {
                    id: route.map(|r| clean(&format!("{} \u{2192} {}", r.value.from.value, r.value.to.value)).into_owned()),
                    ..bare("transfer")
                }
            }
            Asked::Exchange(exchange) => SubjectName { exchange: Some(exchange), id: Some(exchange.id().to_owned()), ..bare("exchange") },
            Asked::Secret(at) => {
                let Some(secret) = self.inventory.secrets.get(at) else { return bare("secret") };
                let id = secret.parts.iter().find_map(|p| p.id.as_ref()).map(|id| clean(&id.shown()).into_owned());
                let exchange = secret.exchange();
                // Whom the exchange is of is said already.
                let label = secret.title.as_ref().filter(|_| exchange.is_none()).map(ToString::to_string);
                SubjectName { exchange, id, label, ..bare("secret") }
            }
            Asked::Window(at) => {
                let Some(window) = self.inventory.windows.get(at) else { return bare("request-window") };
                SubjectName { exchange: window.exchange, id: window.system.clone(), ..bare("request-window") }
            }
            Asked::Estate => bare("estate"),
        }
    }

    /// What makes a subject the same one in another run: whole ids, hashed before anybody sees them.
    pub(super) fn identity(&self, asked: Asked) -> String {
        match asked {
            Asked::Key(at) => self.inventory.keys.get(at).map_or_else(String::new, |k| {
                let id = k.id().map(|i| i.0.clone());
                let account = self.inventory.account_of(k).and_then(Inventory::account_name).unwrap_or("");
                let label = k.key.label.as_ref().map_or("", |f| f.value.as_str());
                format!("key\0{}\0{}", k.key.exchange, id.unwrap_or_else(|| format!("{account}\0{label}")))
            }),
            Asked::Secret(at) => self.inventory.secrets.get(at).map_or_else(String::new, crate::inventory::FoundSecret::identity),
            Asked::Window(at) => {
                self.inventory.windows.get(at).map_or_else(String::new, |w| format!("window\0{}\0{}", w.path, w.milliseconds))
            }
            _ => {
                let name = self.subject_name(asked);
                format!("{}\0{}\0{}", name.kind, name.exchange.map_or("", |e| e.id()), name.id.or(name.label).unwrap_or_default())
            }
        }
    }

    /// A message, filled.
    pub(super) fn message(
        &self,
        template: &Template,
        asked: Asked,
        subject: &SubjectName,
        it: Option<&Item<'_>>,
        matches: &[(FactId, Item<'_>)],
    ) -> String {
        let mut out = String::new();
        for piece in &template.0 {
            match piece {
                Piece::Words(words) => out.push_str(words),
                Piece::Subject => out.push_str(&subject.sentence()),
                Piece::It => out.push_str(&clean(&it.map(|i| self.item_name(i)).unwrap_or_default())),
                Piece::ItFact(fact) => out.push_str(&clean(&self.it_words(asked, it, *fact))),
                Piece::Matches => out.push_str(&clean(&listed(matches.iter().map(|(_, i)| self.item_name(i))))),
                Piece::Fact(fact) => out.push_str(&clean(&self.fact_words(asked, *fact))),
            }
        }
        let mut chars = out.chars();
        match chars.next() {
            Some(first) => first.to_uppercase().chain(chars).collect(),
            None => out,
        }
    }

    fn fact_words(&self, asked: Asked, fact: FactId) -> String {
        self.answer_words(self.fact(asked, fact))
    }

    fn it_words(&self, asked: Asked, it: Option<&Item<'_>>, fact: ItFact) -> String {
        self.answer_words(match (asked, it) {
            (Asked::Key(at), Some(item)) => self.key_it(at, item, fact),
            _ => None,
        })
    }

    fn answer_words(&self, answer: Option<Got<'_>>) -> String {
        match answer {
            None => "unknown".into(),
            Some(Got::Bool(true)) => "yes".into(),
            Some(Got::Bool(false)) => "no".into(),
            Some(Got::Word(word)) => word.to_owned(),
            Some(Got::Tasks(tasks)) => tasks.iter().map(|t| t.id()).collect::<Vec<_>>().join(" or "),
            Some(Got::Words(words)) => {
                if words.is_empty() {
                    "none".into()
                } else {
                    words.join(", ")
                }
            }
            Some(Got::Never) => "never".into(),
            Some(Got::Time(time)) => time.to_string(),
            Some(Got::Hold(hold)) => hold.to_string(),
            Some(Got::Limit(None)) => "none".into(),
            Some(Got::Limit(Some(money))) => limit_words(&crate::declaration::Limit::Amount(money.clone())),
            Some(Got::Addresses(set)) => {
                let ranges: Vec<_> = set.ranges().collect();
                listed(ranges.iter().map(ToString::to_string))
            }
            Some(Got::List(members)) => listed(members.items.iter().map(|i| self.item_name(i))),
        }
    }
}

/// A list in a sentence, cut where it gets long.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let names: Vec<String> = names.take(LISTED).collect();
    let mut out = names.join(", ");
    if more > 0 {
        out = format!("{out} and {more} more");
    }
    out
}

/// The name of a finding across runs: no line, no time, nothing that moves when a file is edited elsewhere.
pub(super) fn fingerprint(rule: &str, subject: &str, member: &str) -> String {
    identify(&["keylint finding 1", rule, subject, member].map(str::as_bytes))
}
