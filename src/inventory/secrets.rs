//! Secrets that were found, joined with the keys that are known: by id, by the value itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Inventory, KeyRecord};
use crate::finding::{Confidence, History, Severity};
use crate::model::{Exchange, KeyId, SecretPart};
use crate::text::Span;

/// A part of a credential that was found, without its value.
#[derive(Clone)]
pub struct FoundPart {
    /// Which part.
    pub part: SecretPart,
    /// Where.
    pub place: Span,
    /// Characters of the value.
    pub length: usize,
    /// What identifies the value; nothing where it could be found by trying.
    pub fingerprint: Option<String>,
    /// The id, where the part is one.
    pub id: Option<KeyId>,
    /// The name that it stands under.
    pub name: String,
}

/// A credential that was found.
#[derive(Clone)]
pub struct FoundSecret {
    /// Whose: the id of its exchange, wallet or service.
    pub venue: Option<Arc<str>>,
    /// Its name as people write it.
    pub title: Option<Arc<str>>,
    /// Its parts in the order of the text.
    pub parts: Vec<FoundPart>,
    /// How sure.
    pub confidence: Confidence,
    /// How bad by itself, where its key is not known.
    pub severity: Severity,
    /// Why, where that depends.
    pub because: Option<Arc<str>>,
    /// Whether git ignores its file.
    pub ignored: bool,
    /// The path of its file relative to the folder of the declaration.
    pub path: String,
    /// The systems in whose paths it lies, by their places in the declaration.
    pub systems: Vec<usize>,
    /// The key that it belongs to.
    pub key: Option<usize>,
    /// Whether it stands in production, or is declared for it, and this place is another environment's.
    pub leaves_production: bool,
    /// Its parts in words: `secret and passphrase`.
    pub what: String,
    /// Whose it is, in words.
    pub whose: String,
    /// How it stands in the history, where that was looked into.
    pub history: Option<Arc<History>>,
    /// Other places at which the same stood: the same characters, under another path or in another commit.
    pub copies: Vec<(Span, Arc<str>)>,
}

impl FoundSecret {
    /// Whether anything but the id of a key was found.
    pub fn has_secret(&self) -> bool {
        self.parts.iter().any(|p| p.part != SecretPart::Key)
    }
    /// The parts that identify it: secrets before ids.
    pub fn fingerprints(&self) -> impl Iterator<Item = &str> {
        let secret = self.parts.iter().filter(|p| p.part != SecretPart::Key);
        secret.filter_map(|p| p.fingerprint.as_deref())
    }
    /// The name of the exchange, if it is one whose exports are read.
    pub fn exchange(&self) -> Option<Exchange> {
        self.venue.as_deref().and_then(Exchange::parse)
    }
    /// What is the same for the same secret in another run: the value in its file, else the place. A copy in another file is
    /// another finding, so that nothing that is known hides it.
    pub fn identity(&self) -> String {
        let value = self.fingerprints().next().map(str::to_owned);
        let id = || self.parts.iter().find_map(|p| p.id.as_ref().map(|id| id.0.clone()));
        let place = || {
            let names: Vec<&str> = self.parts.iter().map(|p| p.name.as_str()).collect();
            format!("place\0{}\0{}", self.path, names.join("\0"))
        };
        let text = match value {
            Some(value) => format!("value\0{value}\0{}", self.path),
            None if self.has_secret() => place(),
            None => id().map_or_else(place, |id| format!("id\0{id}\0{}", self.path)),
        };
        format!("secret\0{text}")
    }
}

/// A request window that was found or declared wider than usual.
#[derive(Clone)]
pub struct Window {
    /// Where.
    pub place: Span,
    /// The path of its file, or the system it is declared for.
    pub path: String,
    /// Milliseconds.
    pub milliseconds: u64,
    /// How wide it is, in words.
    pub words: String,
    /// The exchange, where one is known.
    pub exchange: Option<Exchange>,
    /// The system that it is declared for.
    pub system: Option<String>,
    /// Whether it is above what the exchange takes.
    pub above_most: Option<bool>,
}

impl Inventory {
    /// Takes secrets in and finds the keys that they belong to. `carried` has the fingerprints of secrets that exports hold,
    /// by the place they stand in.
    pub fn attach_secrets(&mut self, found: Vec<FoundSecret>, carried: &BTreeMap<Span, String>) {
        self.secrets = found;
        let mut of_value: BTreeMap<String, usize> = BTreeMap::new();
        for (at, record) in self.keys.iter().enumerate() {
            for (_, place) in &record.key.carries {
                if let Some(fingerprint) = carried.get(place) {
                    of_value.entry(fingerprint.clone()).or_insert(at);
                }
            }
        }
        for at in 0..self.secrets.len() {
            let key = self.secrets.get(at).and_then(|s| self.key_of(s));
            if let Some(secret) = self.secrets.get_mut(at) {
                secret.key = key;
            }
            if let (Some(key), Some(secret)) = (key, self.secrets.get(at)) {
                for fingerprint in secret.fingerprints() {
                    of_value.entry(fingerprint.to_owned()).or_insert(key);
                }
            }
        }
        // The same value elsewhere is of the same key.
        for secret in &mut self.secrets {
            if secret.key.is_none() {
                secret.key = secret.parts.iter().filter_map(|p| p.fingerprint.as_ref()).find_map(|f| of_value.get(f)).copied();
            }
        }
        self.share_secrets();
        for secret in &mut self.secrets {
            let mut words: Vec<&str> = secret.parts.iter().filter(|p| p.part != SecretPart::Key).map(|p| p.part.title()).collect();
            words.dedup();
            if words.is_empty() {
                words.push(SecretPart::Key.title());
            }
            secret.what = words.join(" and ");
        }
        let names: Vec<String> = self.secrets.iter().map(|s| self.owner(s)).collect();
        for (secret, name) in self.secrets.iter_mut().zip(names) {
            secret.whose = name;
        }
    }

    /// Whose a secret is, in words.
    fn owner(&self, secret: &FoundSecret) -> String {
        let key = secret.key.and_then(|k| self.keys.get(k)).filter(|k| !k.key.payloads.is_empty() || !k.entries.is_empty());
        let id = key.and_then(KeyRecord::id).or_else(|| secret.parts.iter().find_map(|p| p.id.as_ref()));
        let title = secret.title.as_deref();
        match (key, id) {
            (Some(key), Some(id)) => format!("key {} at {}", id.shown(), key.key.exchange.id()),
            (Some(key), None) => format!("a key at {}", key.key.exchange.id()),
            (None, _) => title.unwrap_or("an exchange that nothing near it names").to_owned(),
        }
    }

    /// The key whose id was found.
    fn key_of(&self, secret: &FoundSecret) -> Option<usize> {
        let id = secret.parts.iter().find_map(|p| p.id.as_ref())?;
        if let Some(exchange) = secret.exchange() {
            let found = self.ids.find(exchange, id);
            if let [one] = found.as_slice() {
                return Some(*one);
            }
        }
        // Whose it is was guessed; a whole id that one key has was not.
        let mut same = self.keys.iter().enumerate().filter(|(_, k)| k.id().is_some_and(|i| i == id));
        match (same.next(), same.next()) {
            (Some((at, _)), None) if id.0.len() >= 16 => Some(at),
            _ => None,
        }
    }

    /// What several places of one secret say together: which systems use its key, and whether production's stands elsewhere.
    fn share_secrets(&mut self) {
        let Some(declaration) = &self.declaration else { return };
        let environment =
            |system: usize| declaration.systems.values().nth(system).and_then(|s| s.environment.as_ref()).map(|e| e.value.clone());
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, secret) in self.secrets.iter().enumerate().filter(|(_, s)| s.has_secret()) {
            let name = secret.key.map(|k| format!("key {k}")).or_else(|| secret.fingerprints().next().map(str::to_owned));
            if let Some(name) = name {
                places.entry(name).or_default().push(at);
            }
        }
        let mut shared: Vec<(usize, Vec<(usize, Span)>)> = Vec::new();
        let mut strays: Vec<usize> = Vec::new();
        for group in places.values() {
            let mut systems: Vec<(usize, Span)> = Vec::new();
            let mut declared: Vec<String> = Vec::new();
            for at in group {
                let Some(secret) = self.secrets.get(*at) else { continue };
                let place = secret.parts.iter().find(|p| p.part != SecretPart::Key).or(secret.parts.first()).map(|p| p.place);
                for system in &secret.systems {
                    if let Some(place) = place.filter(|_| !systems.iter().any(|(s, _)| s == system)) {
                        systems.push((*system, place));
                    }
                }
                let key = secret.key.and_then(|k| self.keys.get(k));
                for (system, _) in key.map(|k| self.systems(k)).unwrap_or_default() {
                    declared.extend(system.environment.as_ref().map(|e| e.value.clone()));
                }
            }
            let here = |at: usize| -> Vec<String> {
                self.secrets.get(at).into_iter().flat_map(|s| &s.systems).filter_map(|s| environment(*s)).collect()
            };
            let production = declared.iter().any(|e| is_production(e)) || group.iter().any(|at| here(*at).iter().any(|e| is_production(e)));
            for at in group {
                let of = here(*at);
                if production && !of.is_empty() && !of.iter().any(|e| is_production(e)) {
                    strays.push(*at);
                }
            }
            if let Some(first) = group.first() {
                shared.push((*first, systems));
            }
        }
        for at in strays {
            if let Some(secret) = self.secrets.get_mut(at) {
                secret.leaves_production = true;
            }
        }
        for (first, systems) in shared {
            let Some(secret) = self.secrets.get(first) else { continue };
            let key = match secret.key {
                Some(key) => Some(key),
                // Several systems use a key that no export states: it is one all the same.
                None if systems.len() > 1 => secret.exchange().map(|exchange| {
                    let mut key = crate::model::Key::new(exchange);
                    let part = secret.parts.iter().find(|p| p.id.is_some());
                    key.id = part.and_then(|p| Some(crate::model::Fact::exported(p.id.clone()?, p.place)));
                    self.keys.push(KeyRecord::new(Box::new(key)));
                    self.keys.len() - 1
                }),
                None => None,
            };
            if let Some(record) = key.and_then(|k| self.keys.get_mut(k)) {
                record.found_in = systems;
            }
        }
    }
}

/// Whether an environment is where money is.
fn is_production(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "production" | "prod" | "live" | "main" | "mainnet")
}
