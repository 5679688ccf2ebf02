//! One value and what stands around it: which part of whose credential it is, and how sure that is, or why it is none.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::catalogue::{Catalogue, Formed, Kind, VenueId, bare};
use super::check::passes;
use super::context::{Around, How, is_neutral, named_by_sibling, parents, siblings};
use super::lex::Lexed;
use super::mentions::{Mentioner, Mentions};
use super::names::{self, Reading};
use super::refuse::{Refusal, is_encrypted, is_placeholder, is_reference, is_sequence, is_spelled, is_template, is_varied};
use super::runs::is_random;
use super::value::Value;
use crate::finding::Confidence;
use crate::model::SecretPart;

/// A value that may be part of a credential.
pub struct Candidate {
    /// First byte of what is pointed at.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The value, as it would be used.
    pub value: Value,
    /// Which part; nothing where only its shape can tell.
    pub part: Option<SecretPart>,
    /// Whose.
    pub venue: Option<VenueId>,
    /// Whose it could be too: mentioned in the file, not near enough to say so alone.
    pub possible: Vec<VenueId>,
    /// Whether it has a shape of theirs.
    pub fits: bool,
    /// How sure; nothing where it counts only beside another part.
    pub confidence: Option<Confidence>,
    /// Whether it is for tests.
    pub test: bool,
    /// The frame in which it is named.
    pub frame: u32,
    /// Its line.
    pub line: u32,
    /// Whether its name is only `key`.
    pub bare: bool,
    /// The name, for what it tells about account numbers; never a value.
    pub name: String,
    /// Why it was taken, in words.
    pub reasons: Vec<String>,
}

/// A value that was not taken.
pub struct Refused {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Why.
    pub why: Refusal,
    /// The name that it stands under.
    pub name: String,
}

/// A file, as far as it has been looked at.
pub struct Scene<'s> {
    /// Whom words mean.
    pub catalogue: &'s Catalogue,
    /// What finds them.
    pub mentioner: &'s Mentioner,
    /// The text.
    pub bytes: &'s [u8],
    /// Its tokens.
    pub lexed: &'s Lexed,
    /// Its name.
    pub path: &'s str,
    mentions: OnceCell<Mentions>,
    readings: std::cell::RefCell<HashMap<String, Reading>>,
    path_venue: OnceCell<Option<(VenueId, bool)>>,
}

impl<'s> Scene<'s> {
    /// Prepares to look.
    pub fn new(catalogue: &'s Catalogue, mentioner: &'s Mentioner, bytes: &'s [u8], lexed: &'s Lexed, path: &'s str) -> Self {
        Self {
            catalogue,
            mentioner,
            bytes,
            lexed,
            path,
            mentions: OnceCell::new(),
            readings: std::cell::RefCell::default(),
            path_venue: OnceCell::new(),
        }
    }
    /// What the file mentions.
    pub fn mentions(&self) -> &Mentions {
        self.mentions.get_or_init(|| self.mentioner.find(self.bytes))
    }
    /// Whether the file or its path is about trading.
    pub fn is_trading(&self) -> bool {
        self.mentions().trading || self.mentioner.find(self.path.as_bytes()).trading
    }
    /// Reads a name, once.
    pub fn read(&self, name: &str) -> Reading {
        if let Some(known) = self.readings.borrow().get(name) {
            return *known;
        }
        let reading = names::read(name, self.catalogue);
        self.readings.borrow_mut().insert(name.to_owned(), reading);
        reading
    }
    fn path_venue(&self) -> Option<(VenueId, bool)> {
        *self.path_venue.get_or_init(|| {
            let parts: Vec<&str> = self.path.rsplit('/').take(3).collect();
            parts.iter().find_map(|p| names::venue_of(&names::words(p), self.catalogue))
        })
    }

    /// The shape of an exchange that a value has as a part.
    pub fn fit(&self, venue: VenueId, part: SecretPart, value: &[u8]) -> Option<&Formed> {
        let venue = self.catalogue.venue(venue)?;
        let formed = venue.shapes.iter().filter(|s| s.part == part && s.shape.fits(value));
        formed.filter(|s| s.check.is_none_or(|c| passes(c, value))).max_by_key(|s| !s.shape.free)
    }

    /// A shape that is evidence by itself.
    pub fn alone(&self, value: &[u8]) -> Option<(VenueId, &Formed)> {
        let mut hits = self
            .catalogue
            .of_length(value.len())
            .filter(|(_, f)| f.alone && f.shape.fits(value) && f.check.is_none_or(|c| passes(c, value)));
        hits.find(|(_, f)| f.check.is_some() || f.shape.literal_length() > 0)
    }

    /// Whom structure says: siblings, parents, the call; nearest first.
    fn structural(&self, around: &Around, token: usize) -> Vec<(VenueId, bool)> {
        let mut out: Vec<(VenueId, bool)> = Vec::new();
        let mut add = |hit: Option<(VenueId, bool)>| {
            if let Some(hit) = hit
                && !out.contains(&hit)
            {
                out.push(hit);
            }
        };
        for named in &around.names {
            add(self.read(&named.text).venue);
        }
        if let Some((call, _)) = &around.call {
            add(names::venue_of(&names::words(call), self.catalogue));
            for (venue, _) in self.catalogue.calls(call.rsplit(['.', ':']).next().unwrap_or("")) {
                add(Some((*venue, false)));
            }
        }
        let mut frame = around.frame;
        for level in 0..6 {
            for (name, value) in siblings(self.lexed, self.bytes, frame, token) {
                let words = names::words(&value);
                // A sentence about many exchanges names none.
                if words.len() <= 8 {
                    let hit = names::venue_of(&words, self.catalogue);
                    // In the whole of a file, only a name of its own says whom it is about.
                    if level == 0 || frame != 0 || name.contains("exchange") {
                        add(hit);
                    }
                }
            }
            let Some(f) = self.lexed.frame(frame) else { break };
            if let Some(name) = f.name {
                let text = super::context::text_of(self.lexed, self.bytes, name as usize);
                add(names::venue_of(&self.name_words(&text), self.catalogue));
            }
            if frame == 0 || f.parent == frame {
                break;
            }
            frame = f.parent;
        }
        out
    }

    /// Whom structure says, without the names of the value itself.
    pub fn enclosing(&self, around: &Around, token: usize) -> Vec<VenueId> {
        self.structural(around, token).into_iter().map(|(v, _)| v).collect()
    }

    fn name_words(&self, text: &str) -> Vec<String> {
        names::words(text)
    }

    /// Whom the file mentions nearest before a place, then after it, then in its path.
    fn mentioned(&self, at: usize) -> Vec<VenueId> {
        let mentions = &self.mentions().venues;
        let mut out = Vec::new();
        let split = mentions.partition_point(|(p, ..)| *p < at);
        let before = mentions.get(..split).unwrap_or(&[]).iter().rev();
        let after = mentions.get(split..).unwrap_or(&[]).iter();
        if let Some((venue, _)) = self.path_venue() {
            out.push(venue);
        }
        for (_, venue, _) in before.take(400).chain(after.take(400)) {
            if !out.contains(venue) {
                out.push(*venue);
            }
            if out.len() >= 12 {
                break;
            }
        }
        out
    }

    /// Judges a value.
    pub fn judge(&self, start: usize, end: usize, value: Value, token: usize, around: &Around) -> Result<Candidate, Refused> {
        let name = around.names.first().map(|n| n.text.clone()).unwrap_or_default();
        let refuse = |why: Refusal| Err(Refused { start, end, why, name: name.clone() });
        let bytes = value.bytes();
        let Ok(text) = std::str::from_utf8(bytes) else { return refuse(Refusal::NotRandom) };
        let (mut part, mut reading, mut refused) = self.role(around, token);
        let structural = self.structural(around, token);
        let own = reading.and_then(|r| r.venue).filter(|(_, strong)| *strong);
        let mut reasons = Vec::new();
        // A shape that nobody else has.
        if let Some((venue, formed)) = self.alone(bytes)
            && !self.catalogue.is_published(bytes)
            && !is_sequence(text)
            && (is_varied(bytes) || formed.check.is_some())
        {
            let other = own.filter(|(v, _)| *v != venue && self.fit(*v, formed.part, bytes).is_some());
            reasons.push("its shape is like no other".to_owned());
            return Ok(Candidate {
                part: Some(formed.part),
                venue: Some(other.map_or(venue, |(v, _)| v)),
                possible: Vec::new(),
                fits: true,
                confidence: Some(Confidence::High),
                test: formed.test || reading.is_some_and(|r| r.test),
                ..self.candidate(start, end, value, around, name, reasons)
            });
        }
        // By position, where the call is one of an SDK or is named after an exchange.
        if part.is_none()
            && let Some((call, position)) = &around.call
        {
            let called = call.rsplit(['.', ':']).next().unwrap_or("");
            let near = |v: VenueId| {
                structural.iter().any(|(s, strong)| *s == v && *strong) || self.mentions().venues.iter().any(|(_, m, _)| *m == v)
            };
            let listed = self
                .catalogue
                .calls(called)
                .iter()
                .filter(|(v, _)| near(*v))
                .find_map(|(v, parts)| parts.get(*position).copied().flatten().map(|p| (*v, p)));
            let listed = listed.filter(|(v, p)| self.fit(*v, *p, bytes).is_some());
            let named = structural.iter().filter(|(_, strong)| *strong).find_map(|(v, _)| {
                let order = [SecretPart::Key, SecretPart::Secret, SecretPart::Passphrase];
                let wanted = order.get(*position)?;
                order.iter().chain([wanted]).find(|p| self.fit(*v, **p, bytes).is_some_and(|f| !f.shape.free)).map(|p| (*v, *p))
            });
            if let Some((_, p)) = named.or(listed) {
                part = Some(p);
                refused = false;
                reading = Some(Reading { short: true, ..Reading::default() });
                reasons.push("an argument of a call that takes it".to_owned());
            }
        }
        if refused {
            return refuse(Refusal::LookAlike);
        }
        let Some(mut part) = part else {
            return self.nameless(start, end, value, around, name, structural);
        };
        let reading = reading.unwrap_or_default();
        if parents(self.lexed, self.bytes, around.frame).iter().any(|p| p == "encryptedData") {
            return refuse(Refusal::Encrypted);
        }
        // `password: …` and `private_key: …` of whom has no such part: the shape says which it is.
        if matches!(part, SecretPart::Passphrase | SecretPart::PrivateKey) && !is_evm_key(text) && is_random(bytes) {
            let is_secret = |v: VenueId| self.fit(v, SecretPart::Secret, bytes).is_some_and(|f| !f.shape.free);
            let other = |v: VenueId| self.fit(v, part, bytes).is_some_and(|f| !f.shape.free);
            let whose = structural.iter().map(|(v, _)| *v).chain(self.mentioned(start)).find(|v| is_secret(*v) || other(*v));
            let paired = || {
                self.catalogue
                    .of_length(bytes.len())
                    .any(|(v, f)| f.part == SecretPart::Secret && f.shape.fits(bytes) && self.catalogue.venue(v).is_some_and(|x| x.pair))
            };
            if whose.is_some_and(|v| is_secret(v) && !other(v)) || (whose.is_none() && part == SecretPart::PrivateKey && paired()) {
                part = SecretPart::Secret;
            }
        }
        // What the value is not.
        let octobot = text.starts_with("gAAAAA") && text.len() >= 90 && self.is_octobot(around);
        // A token of another kind, or a document in base64.
        if text.starts_with("eyJ") && part != SecretPart::Token {
            return refuse(Refusal::LookAlike);
        }
        if !octobot && is_encrypted(text) {
            return refuse(Refusal::Encrypted);
        }
        if is_template(text) || is_reference(text) {
            return refuse(Refusal::Reference);
        }
        let own_name = if part == SecretPart::Mnemonic { "" } else { name.as_str() };
        if is_placeholder(text, own_name) {
            return refuse(Refusal::Placeholder);
        }
        if self.catalogue.is_published(bytes) || self.is_public_chain_key(text) {
            return refuse(Refusal::Published);
        }
        if part == SecretPart::Mnemonic {
            return refuse(Refusal::NotRandom);
        }
        let free = part == SecretPart::Passphrase || part == SecretPart::Token || (part == SecretPart::Secret && bytes.len() < 16);
        if !free && (!is_varied(bytes) || is_sequence(text)) {
            return refuse(Refusal::NotRandom);
        }
        if !octobot && !free && !is_random(bytes) && !mixed(bytes) {
            return refuse(Refusal::NotRandom);
        }
        if !octobot && part != SecretPart::Passphrase && part != SecretPart::Key && is_spelled(text) {
            return refuse(Refusal::NotRandom);
        }
        if !free && bytes.iter().any(|b| b.is_ascii_whitespace()) {
            return refuse(Refusal::NotRandom);
        }
        // Whose it is: the first witness whose shape it has, else the first that is sure.
        let swapped = match part {
            SecretPart::Key => SecretPart::Secret,
            SecretPart::Secret => SecretPart::Key,
            other => other,
        };
        let exact = |v: VenueId| self.fit(v, part, bytes).is_some_and(|f| !f.shape.free);
        let loosely = |v: VenueId| {
            exact(v)
                || self.fit(v, swapped, bytes).is_some_and(|f| !f.shape.free)
                || (part == SecretPart::Secret && self.fit(v, SecretPart::PrivateKey, bytes).is_some())
                || (part == SecretPart::PrivateKey && self.fit(v, SecretPart::Secret, bytes).is_some_and(|f| !f.shape.free))
        };
        let strongest = structural.iter().find(|(v, _)| exact(*v)).or_else(|| structural.iter().find(|(v, _)| loosely(*v)));
        let sure = structural.iter().find(|(_, strong)| *strong);
        let mut fits = strongest.is_some();
        let mut venue = strongest.or(sure).map(|(v, _)| *v);
        if octobot {
            fits = true;
            reasons.push("encrypted with a key that stands in public source".to_owned());
        }
        let mut confidence = if fits { Confidence::High } else { Confidence::Medium };
        // A sure witness nearer than the one whose shape it has is believed, unless it is only the key's prefix.
        if let (Some((near, true)), Some((far, _))) = (own, strongest)
            && near != *far
        {
            venue = Some(near);
            fits = exact(near) || loosely(near);
            confidence = if fits { Confidence::High } else { Confidence::Medium };
        }
        let wallet_hex = is_evm_key(text) && (part == SecretPart::PrivateKey || reading.wallet);
        let possible: Vec<VenueId> =
            if venue.is_none() || !fits { self.mentioned(start).into_iter().filter(|v| loosely(*v)).collect() } else { Vec::new() };
        if venue.is_none() && part == SecretPart::PrivateKey && wallet_hex {
            venue = self.catalogue.find("evm");
            fits = true;
            confidence = Confidence::High;
        }
        if venue.is_none()
            && let [only] = possible.as_slice()
            && self.mentions_few()
        {
            venue = Some(*only);
            fits = true;
            confidence = Confidence::Medium;
            reasons.push("the file speaks of no other exchange".to_owned());
        } else if venue.is_none()
            && let Some(first) = possible.first()
            && self.mentions().venues.iter().any(|(p, v, _)| v == first && p.abs_diff(start) < 1500)
        {
            venue = Some(*first);
            fits = true;
            confidence = Confidence::Medium;
            reasons.push("the exchange that the file speaks of nearest to it".to_owned());
        }
        // Names that say little count with an exchange whose shape it has, or beside another part.
        let weak = reading.bare || reading.short || reading.vague;
        let near = around.names.first().is_some_and(|n| matches!(n.how, How::Near | How::Line));
        let kind = venue.and_then(|v| self.catalogue.venue(v)).map(|v| v.kind);
        let decided = match part {
            SecretPart::Key => venue.is_some() && fits && structural.iter().any(|(v, _)| exact(*v)),
            SecretPart::Secret => {
                if bytes.len() < 16 {
                    venue.is_some() && fits && structural.iter().any(|(v, s)| *s && Some(*v) == venue)
                } else if weak || near {
                    venue.is_some() && fits
                } else if venue.is_some() {
                    fits || (is_random(bytes) && bytes.len() >= 20) || octobot
                } else {
                    bytes.len() >= 20 && is_random(bytes) && self.is_trading() && !is_framework(&name)
                }
            }
            SecretPart::PrivateKey => {
                if weak {
                    (venue.is_some() && fits) || (wallet_hex && self.is_trading())
                } else {
                    (venue.is_some() && (fits || is_random(bytes))) || (bytes.len() >= 32 && is_random(bytes) && self.is_trading())
                }
            }
            SecretPart::Passphrase => {
                !reading.vague && !near && self.is_passphrase(&name, &structural) && plausible_passphrase(text) && !is_password(&name, kind)
            }
            SecretPart::Token => venue.is_some() && (fits || kind == Some(Kind::Stack)) && bytes.len() >= 8 && mixed(bytes),
            SecretPart::Mnemonic => false,
        };
        if part == SecretPart::Passphrase && !plausible_passphrase(text) {
            return refuse(Refusal::NotRandom);
        }
        if part == SecretPart::Token && !decided {
            return refuse(Refusal::NoContext);
        }
        if reading.vague
            && part == SecretPart::Passphrase
            && !structural.iter().any(|(v, _)| self.fit(*v, SecretPart::Passphrase, bytes).is_some())
        {
            return refuse(Refusal::NoContext);
        }
        let test = reading.test || self.is_near_test(start) || self.fits_test(venue, part, bytes);
        reasons.insert(0, format!("the name says {}", part.title()));
        if let Some(v) = venue.and_then(|v| self.catalogue.venue(v)) {
            reasons.push(if fits { format!("it has a shape of {}", v.title) } else { format!("{} is named beside it", v.title) });
        }
        Ok(Candidate {
            part: Some(part),
            bare: reading.bare,
            venue,
            possible,
            fits,
            confidence: decided.then_some(confidence),
            test,
            ..self.candidate(start, end, value, around, name, reasons)
        })
    }

    fn candidate(&self, start: usize, end: usize, value: Value, around: &Around, name: String, reasons: Vec<String>) -> Candidate {
        Candidate {
            start,
            end,
            value,
            part: None,
            venue: None,
            possible: Vec::new(),
            fits: false,
            confidence: None,
            test: false,
            bare: false,
            frame: around.frame,
            line: around.line,
            name,
            reasons,
        }
    }

    /// A value without a name: alone on its line, or a bare argument. It counts beside another of the same kind.
    fn nameless(
        &self,
        start: usize,
        end: usize,
        value: Value,
        around: &Around,
        name: String,
        structural: Vec<(VenueId, bool)>,
    ) -> Result<Candidate, Refused> {
        let bytes = value.bytes();
        let text = std::str::from_utf8(bytes).unwrap_or("");
        let is_part =
            |v: VenueId| [SecretPart::Secret, SecretPart::Key].into_iter().any(|p| self.fit(v, p, bytes).is_some_and(|f| !f.shape.free));
        let sure = structural.iter().any(|(v, strong)| *strong && is_part(*v));
        let bracket = self
            .lexed
            .token_at(start)
            .and_then(|t| self.lexed.tokens.get(t))
            .and_then(|t| self.lexed.frame(t.frame))
            .map_or(0, |f| f.bracket);
        let listed = || {
            around.call.as_ref().is_some_and(|(call, position)| {
                let called = call.rsplit(['.', ':']).next().unwrap_or("");
                let mentions = &self.mentions().venues;
                self.catalogue
                    .calls(called)
                    .iter()
                    .any(|(v, parts)| parts.get(*position).copied().flatten().is_some() && mentions.iter().any(|(_, m, _)| m == v))
            })
        };
        let argument = (around.call.is_some() || matches!(bracket, b'[' | b'(')) && sure;
        // A line of its own, with nothing else on it.
        let line = around.alone
            && self.fills_line(start, end)
            && (sure || !bytes.iter().all(u8::is_ascii_hexdigit) || self.path_venue().is_some());
        if !(argument || line || listed()) || !is_varied(bytes) || is_placeholder(text, "") || is_encrypted(text) || is_spelled(text) {
            return Err(Refused { start, end, why: Refusal::NoContext, name });
        }
        if self.catalogue.is_published(bytes) {
            return Err(Refused { start, end, why: Refusal::Published, name });
        }
        let whose: Vec<VenueId> = structural.iter().map(|(v, _)| *v).chain(self.mentioned(start)).collect();
        let possible: Vec<VenueId> = whose.into_iter().filter(|v| is_part(*v)).collect();
        let any = self.catalogue.of_length(bytes.len()).any(|(_, f)| !f.shape.free && f.shape.fits(bytes));
        if !any {
            return Err(Refused { start, end, why: Refusal::NoContext, name });
        }
        let reasons = vec!["it stands alone".to_owned()];
        Ok(Candidate { venue: possible.first().copied(), possible, ..self.candidate(start, end, value, around, name, reasons) })
    }

    /// Whether a value is all that its line holds.
    fn fills_line(&self, start: usize, end: usize) -> bool {
        let before = self
            .bytes
            .get(..start)
            .unwrap_or(&[])
            .iter()
            .rev()
            .take_while(|b| **b != b'\n')
            .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'"' | b'\'') || *b >= 0x80);
        let after = self
            .bytes
            .get(end..)
            .unwrap_or(&[])
            .iter()
            .take_while(|b| **b != b'\n')
            .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'"' | b'\'' | b',' | b'\\'));
        before && after
    }

    /// What the names around a value say: the part, the name's reading, and whether a name says that it is something else.
    fn role(&self, around: &Around, token: usize) -> (Option<SecretPart>, Option<Reading>, bool) {
        let mut first = true;
        let mut best: Option<Reading> = None;
        let neutral = is_neutral;
        let mut names: Vec<(String, How)> = around.names.iter().map(|n| (n.text.clone(), n.how)).collect();
        if names.first().is_some_and(|(n, _)| neutral(n)) {
            if let Some(name) = named_by_sibling(self.lexed, self.bytes, token) {
                names.insert(0, (name, How::Assigned));
            } else if let Some(parent) = parents(self.lexed, self.bytes, around.frame).first() {
                names.insert(1, (parent.clone(), How::Assigned));
            }
        }
        for (name, how) in &names {
            let reading = if *how == How::Assigned { self.read(name) } else { self.read_words(name) };
            if reading.refused && first && *how != How::Line {
                return (None, Some(reading), true);
            }
            if reading.part.is_some() && !reading.refused {
                let better = best.is_none_or(|b| (b.bare || b.short) && !(reading.bare || reading.short) && b.part == reading.part);
                if better {
                    let venue = best.and_then(|b| b.venue).or(reading.venue);
                    best = Some(Reading { venue, ..reading });
                }
                if best.is_some_and(|b| !b.bare && !b.short) {
                    break;
                }
            }
            if !neutral(name) {
                first = false;
            }
        }
        (best.and_then(|b| b.part), best, false)
    }

    /// Reads words that stand before a value: the last two, the last one, more of them.
    fn read_words(&self, text: &str) -> Reading {
        let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
        if words.len() <= 1 {
            return self.read(text);
        }
        let tail = |n: usize| words.get(words.len().saturating_sub(n)..).map(|w| w.join(" ")).unwrap_or_default();
        let last = self.read(&tail(1));
        let mut best: Option<Reading> = None;
        for n in [2, 1, 3, 4] {
            if n > words.len() {
                continue;
            }
            let reading = self.read(&tail(n));
            if reading.part.is_some() && !reading.refused && best.is_none_or(|b| b.bare && !reading.bare) {
                best = Some(reading);
            }
        }
        let venue = self.read(text).venue;
        match best {
            Some(reading) => Reading { venue: reading.venue.or(venue), ..reading },
            None => Reading { venue, ..last },
        }
    }

    /// Whether the file speaks of so few exchanges that the one whose shape fits is meant.
    fn mentions_few(&self) -> bool {
        let mut seen: Vec<VenueId> = Vec::new();
        for (_, venue, _) in &self.mentions().venues {
            if !seen.contains(venue) {
                seen.push(*venue);
                if seen.len() > 6 {
                    return false;
                }
            }
        }
        true
    }

    fn is_passphrase(&self, name: &str, structural: &[(VenueId, bool)]) -> bool {
        let lower = bare(name);
        (lower.contains("passphrase") || lower.contains("passphras") || lower.contains("apipass"))
            && structural.iter().any(|(v, strong)| *strong && self.has_passphrase(*v))
    }

    /// Whether credentials of an exchange have a passphrase.
    pub fn has_passphrase(&self, venue: VenueId) -> bool {
        self.catalogue.venue(venue).is_some_and(|v| v.shapes.iter().any(|s| s.part == SecretPart::Passphrase))
    }

    fn is_octobot(&self, around: &Around) -> bool {
        around.names.first().is_some_and(|n| matches!(n.text.as_str(), "api-key" | "api-secret" | "api-password"))
    }

    fn is_public_chain_key(&self, text: &str) -> bool {
        let hex = text.strip_prefix("0x").unwrap_or(text).to_ascii_lowercase();
        hex.len() == 64 && self.catalogue.is_published(hex.as_bytes())
    }

    fn is_near_test(&self, at: usize) -> bool {
        self.mentions().venues.iter().any(|(p, _, test)| *test && p.abs_diff(at) < 600)
    }

    fn fits_test(&self, venue: Option<VenueId>, part: SecretPart, bytes: &[u8]) -> bool {
        venue.and_then(|v| self.fit(v, part, bytes)).is_some_and(|f| f.test)
    }
}

/// 64 hexadecimal digits, with or without `0x`.
pub fn is_evm_key(text: &str) -> bool {
    passes(super::catalogue::Check::Secp256k1, text.as_bytes())
}

/// Letters and digits, or letters of both kinds: what a drawn value has and a word has not.
fn mixed(bytes: &[u8]) -> bool {
    let digit = bytes.iter().any(u8::is_ascii_digit);
    let upper = bytes.iter().any(u8::is_ascii_uppercase);
    let lower = bytes.iter().any(u8::is_ascii_lowercase);
    (digit && (upper || lower)) || (upper && lower && !bytes.first().is_some_and(u8::is_ascii_uppercase))
}

/// Names of web frameworks' own secrets: no exchange's.
fn is_framework(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "hide",
        "show",
        "has",
        "is",
        "get",
        "cache",
        "feature",
        "flag",
        "csrf",
        "session",
        "cookie",
        "django",
        "flask",
        "jwt",
        "webhook",
        "google",
        "github",
        "aws",
        "stripe",
        "slack",
        "sentry",
        "recaptcha",
        "captcha",
        "db",
        "database",
        "smtp",
        "mail",
        "email",
        "redis",
        "mongo",
        "postgres",
        "mysql",
        "twitter",
        "facebook",
        "twilio",
        "sendgrid",
        "openai",
        "azure",
        "gcp",
        "firebase",
        "auth0",
        "oauth",
        "gitlab",
        "npm",
        "pypi",
        "docker",
        "cloudflare",
        "datadog",
        "segment",
        "posthog",
        "algolia",
        "base",
        "rails",
        "laravel",
        "app",
        "cdn",
        "s",
    ];
    names::words(name).iter().any(|w| OTHERS.contains(&w.as_str()))
        || matches!(
            bare(name).as_str(),
            "secretkeybase"
                | "djangosecretkey"
                | "sessionsecret"
                | "cookiesecret"
                | "nextauthsecret"
                | "appsecret"
                | "csrfsecret"
                | "jwtsecret"
                | "authsecret"
                | "appkey"
                | "googleclientsecret"
                | "githubclientsecret"
                | "awssecretaccesskey"
                | "clientsecret"
                | "webhooksecret"
                | "secretaccesskey"
                | "recaptchasecret"
                | "stripesecretkey"
                | "flasksecretkey"
                | "encryptionkey"
                | "signingsecret"
                | "slacksigningsecret"
        )
}

/// A password of something else: a database, a mailbox.
fn is_password(name: &str, kind: Option<Kind>) -> bool {
    let lower = bare(name);
    !lower.contains("phrase") && !lower.contains("apipass") && kind != Some(Kind::Stack)
}

/// Whether text can be a passphrase: one token of 6 to 64 characters, or a few words without the marks of code.
fn plausible_passphrase(text: &str) -> bool {
    let n = text.chars().count();
    let code = text.contains("=>")
        || text.contains("()")
        || text.contains("::")
        || text.ends_with('(')
        || text.contains("==")
        || text.ends_with([',', ';', '{', '[', '('])
        || text.starts_with(['(', '[', '{', ',', '=']);
    (6..=64).contains(&n)
        && !code
        && text.split_whitespace().count() <= 4
        && !matches!(text, "string" | "String" | "undefined" | "required" | "optional" | "encrypted")
}
