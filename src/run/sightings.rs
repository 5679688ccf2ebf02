//! From what was seen in files to records of the inventory: places get the names of their texts, and how bad a secret is
//! by itself is settled.

use std::collections::BTreeMap;

use super::scope::{ReadInput, system_paths};
use crate::exchanges::profile;
use crate::finding::Severity;
use crate::intake::Taken;
use crate::inventory::{FoundPart, FoundSecret, Inventory, Window};
use crate::model::time::Period;
use crate::model::{Exchange, Fact, SecretPart};
use crate::scan::{Allow, Scanned, Seen, Setting, Sighting};
use crate::secrets::value::Value;
use crate::text::{Span, TextId, Texts};
use zeroize::Zeroizing;

/// A comment that allows a finding, with the text that it stands in.
pub struct PlacedAllow {
    /// Where.
    pub place: Span,
    /// What it says.
    pub allow: Allow,
}

/// What was seen in all files.
#[derive(Default)]
pub struct Seens {
    /// The secrets.
    pub secrets: Vec<FoundSecret>,
    /// The request windows.
    pub windows: Vec<Window>,
    /// The comments that allow findings.
    pub allows: Vec<PlacedAllow>,
    /// Values that documentation prints.
    pub published: usize,
    /// The values that were found, so that no report shows them.
    pub values: Vec<Value>,
}

impl Seens {
    /// Takes what was seen in one file. `main` is the text of the file as a whole, where it is one.
    pub(super) fn add(&mut self, scanned: Scanned, main: TextId, texts: &mut Texts, path: &str, ignored: bool, systems: Vec<usize>) {
        let Scanned { texts: parts, sightings, allows, settings, values, .. } = scanned;
        self.values.extend(values);
        let ids: Vec<TextId> = parts.into_iter().map(|t| texts.add(t)).collect();
        let id = |text: Option<usize>| text.and_then(|t| ids.get(t)).copied().unwrap_or(main);
        for sighting in sightings {
            self.secrets.push(secret(sighting, id, path, ignored, systems.clone()));
        }
        for allow in allows {
            self.allows.push(PlacedAllow { place: Span::new(id(allow.text), allow.start, allow.end), allow });
        }
        for setting in settings {
            self.windows.push(window(&setting, Span::new(id(setting.text), setting.start, setting.end), path));
        }
    }

    /// Takes comments of a text that is known already.
    pub(super) fn allow(&mut self, allows: Vec<Allow>, id: TextId) {
        self.allows.extend(allows.into_iter().map(|allow| PlacedAllow { place: Span::new(id, allow.start, allow.end), allow }));
    }

    /// Joins what was seen with what is known, and adds the windows that are declared.
    pub(super) fn join(&mut self, inventory: &mut Inventory, texts: &Texts) {
        let mut carried: BTreeMap<Span, String> = BTreeMap::new();
        for (_, span) in inventory.keys.iter().flat_map(|k| &k.key.carries) {
            let words = texts.slice(*span).trim_matches(['"', '\'']);
            let value = Value::new(words.as_bytes().to_vec());
            carried.extend(value.fingerprint().map(|f| (*span, f)));
            self.values.push(value);
        }
        inventory.attach_secrets(std::mem::take(&mut self.secrets), &carried);
        let mut windows = std::mem::take(&mut self.windows);
        for (name, system) in inventory.declaration.iter().flat_map(|d| &d.systems) {
            let Some(declared) = &system.request_window else { continue };
            // The exchanges of the keys that the system uses: the one that takes the least decides.
            let keys = inventory.keys.iter().filter(|k| inventory.systems(k).iter().any(|(_, n)| n.value == name.value));
            let mut exchanges: Vec<Exchange> = keys.map(|k| k.key.exchange).collect();
            exchanges.sort_unstable();
            exchanges.dedup();
            let most = exchanges.iter().filter_map(|e| Some((most_of(*e)?, *e))).min_by_key(|(p, _)| p.as_millis());
            windows.push(Window {
                place: declared.span,
                path: name.value.clone(),
                milliseconds: declared.value.as_millis(),
                words: declared.value.to_string(),
                exchange: most.map(|(_, e)| e).or(exchanges.first().copied()),
                system: Some(name.value.clone()),
                above_most: most.map(|(p, _)| declared.value > p),
            });
        }
        inventory.windows = windows;
    }
}

fn most_of(exchange: Exchange) -> Option<Period> {
    profile(exchange)?.facts.request_window_most.as_ref().map(|s| s.value)
}

fn window(setting: &Setting, place: Span, path: &str) -> Window {
    let length = Period::from_millis(setting.milliseconds);
    // `recvWindow` is the name at Binance and at those that follow it: above what the most generous of them takes it is
    // above all.
    let most = [Exchange::Binance, Exchange::Mexc].into_iter().filter_map(most_of).map(Period::as_millis).max();
    Window {
        place,
        path: path.to_owned(),
        milliseconds: setting.milliseconds,
        words: length.to_string(),
        exchange: None,
        system: None,
        above_most: most.map(|m| setting.milliseconds > m),
    }
}

fn secret(sighting: Sighting, id: impl Fn(Option<usize>) -> TextId, path: &str, ignored: bool, systems: Vec<usize>) -> FoundSecret {
    let text = id(sighting.text);
    let own = sighting.parts.iter().filter(|p| p.part != SecretPart::Key).filter_map(|p| p.severity).max();
    let severity = match (sighting.defunct, sighting.test, own) {
        (true, _, _) => Severity::Info,
        (_, true, _) => Severity::Low,
        (_, _, Some(own)) => own,
        _ => sighting.kind.severity(),
    };
    let because = if sighting.defunct {
        Some("the exchange is closed".into())
    } else if sighting.test {
        Some("it is for a test net, a demo or paper money".into())
    } else {
        None
    };
    let part = |p: Seen| FoundPart {
        part: p.part,
        place: Span::new(text, p.start, p.end),
        length: p.length,
        fingerprint: p.fingerprint,
        id: p.id,
        name: p.name,
    };
    FoundSecret {
        venue: sighting.venue,
        title: sighting.title,
        parts: sighting.parts.into_iter().map(part).collect(),
        confidence: sighting.confidence,
        severity,
        because,
        ignored,
        path: path.to_owned(),
        systems,
        key: None,
        leaves_production: false,
        what: String::new(),
        whose: String::new(),
        history: None,
        copies: Vec::new(),
    }
}

/// Joins what was seen in texts that are known whole with an inventory, as a run does.
pub fn join_texts(inventory: &mut Inventory, seen: Vec<(String, TextId, Scanned)>, texts: &mut Texts) {
    let systems = inventory.declaration.as_ref().map(|d| system_paths(d, &mut Vec::new())).unwrap_or_default();
    let mut seens = Seens::default();
    for (path, id, scanned) in seen {
        let of_path = systems.iter().filter(|(_, set)| set.is_match(&path)).map(|(at, _)| *at).collect();
        seens.add(scanned, id, texts, &path, false, of_path);
    }
    seens.join(inventory, texts);
}

/// What the reader of an export has left of its text: ids of keys and carried secrets are blank, at equal length.
pub(super) fn unread(taken: &Taken, content: &str) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(content.as_bytes().to_vec());
    let ids = taken.evidence.keys.iter().filter_map(|k| k.id.as_ref()).filter_map(Fact::span);
    let carried = taken.evidence.keys.iter().flat_map(|k| &k.carries).map(|(_, span)| *span);
    for span in ids.chain(carried) {
        if let Some(words) = bytes.get_mut(span.start as usize..span.end as usize) {
            words.fill(b' ');
        }
    }
    // Whole words of a text give way to spaces, so it stays a text.
    Zeroizing::new(String::from_utf8(bytes.to_vec()).unwrap_or_default())
}

/// Drops what the reader of an export has seen to: ids of keys, and secrets that it takes as carried.
pub(super) fn without_read(read: &mut ReadInput) {
    let Some(taken) = &read.taken else { return };
    let carried: Vec<(u32, u32)> = taken.evidence.keys.iter().flat_map(|k| &k.carries).map(|(_, s)| (s.start, s.end)).collect();
    for sighting in &mut read.scanned.sightings {
        sighting.parts.retain(|p| p.part != SecretPart::Key && !carried.iter().any(|(a, b)| p.start < *b && *a < p.end));
    }
    read.scanned.sightings.retain(|s| !s.parts.is_empty() && s.confidence == crate::finding::Confidence::High);
}
