//! The facts of secrets that were found, and of request windows.

use std::sync::Arc;

use super::Context;
use super::fact::Got;
use crate::finding::{CarriedPart, Label, Role, Severity};
use crate::inventory::FoundSecret;
use crate::model::SecretPart;
use crate::rules::vocabulary::FactId;
use crate::text::Span;

impl Context<'_> {
    /// The answer to a question about a secret.
    pub(super) fn secret_fact<'a>(&'a self, at: usize, fact: FactId) -> Option<Got<'a>> {
        let secret = self.inventory.secrets.get(at)?;
        match fact {
            FactId::HasSecret => Some(Got::Bool(secret.has_secret())),
            FactId::Weight => Some(Got::Word(self.secret_weight(at).0.id())),
            FactId::SecretWhat => Some(Got::Word(&secret.what)),
            FactId::SecretWhose => Some(Got::Word(&secret.whose)),
            FactId::LeavesProduction => Some(Got::Bool(secret.leaves_production)),
            _ => None,
        }
    }

    /// How bad it is, and why: by what its key may do, where that is known; one step lower in a file that git ignores.
    pub(super) fn secret_weight(&self, at: usize) -> (Severity, Option<Arc<str>>) {
        let Some(secret) = self.inventory.secrets.get(at) else { return (Severity::Medium, None) };
        let weight = secret.key.filter(|_| secret.has_secret()).and_then(|k| self.weight(k));
        let (severity, because) = match weight {
            Some(weight) => (weight.severity, Some(weight.because.into())),
            None => (secret.severity, secret.because.clone()),
        };
        (if secret.ignored { severity.lower() } else { severity }, because)
    }

    /// The answer to a question about a request window.
    pub(super) fn window_fact<'a>(&'a self, at: usize, fact: FactId) -> Option<Got<'a>> {
        let window = self.inventory.windows.get(at)?;
        match fact {
            FactId::WindowWide => Some(Got::Bool(window.milliseconds > crate::scan::WIDEST_USUAL)),
            FactId::WindowAboveMost => window.above_most.map(Got::Bool),
            FactId::WindowLength => Some(Got::Word(&window.words)),
            _ => None,
        }
    }

    /// Where a secret stands: what opens something first, the id of the key last.
    pub(super) fn secret_places(&self, at: usize) -> Vec<Span> {
        let Some(secret) = self.inventory.secrets.get(at) else { return Vec::new() };
        let mut parts: Vec<_> = secret.parts.iter().collect();
        parts.sort_by_key(|p| (p.part == SecretPart::Key, p.place));
        parts.into_iter().map(|p| p.place).collect()
    }

    /// Says of each place which part stands there, and adds where the key is known from.
    pub(super) fn mark_parts(&self, at: usize, places: &mut Vec<Label>) {
        let Some(secret) = self.inventory.secrets.get(at) else { return };
        for (n, place) in places.iter_mut().enumerate() {
            place.role = if n == 0 { Role::Primary } else { Role::Part };
            if let Some(part) = secret.parts.iter().find(|p| p.place == place.span) {
                place.note = part.part.title().into();
            }
        }
        places.extend(secret.copies.iter().map(|(span, note)| Label { role: Role::Related, span: *span, note: note.clone() }));
        let key = secret.key.and_then(|k| self.inventory.keys.get(k));
        let id = key.and_then(|k| k.key.id.as_ref()).and_then(crate::model::Fact::span);
        let whole =
            key.and_then(crate::inventory::KeyRecord::whole).map(|s| Span::new(s.text, s.start, s.start.saturating_add(1).min(s.end)));
        if let Some(span) = id.or(whole).filter(|s| !places.iter().any(|p| p.span == *s)) {
            places.push(Label { role: Role::Related, span, note: "the key that it belongs to".into() });
        }
    }

    /// The parts of a secret with the numbers of their places.
    pub(super) fn found_parts(&self, at: usize, places: &[Label]) -> Vec<CarriedPart> {
        let parts = self.inventory.secrets.get(at).map_or(&[][..], |s: &FoundSecret| s.parts.as_slice());
        let part = |p: &crate::inventory::FoundPart| {
            let place = places.iter().position(|l| l.span == p.place)?;
            Some(CarriedPart { part: p.part, place, length: Some(p.length), fingerprint: p.fingerprint.clone() })
        };
        parts.iter().filter_map(part).collect()
    }
}
