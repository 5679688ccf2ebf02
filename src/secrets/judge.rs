//! One value and what stands around it: which part of whose credential it is, and how sure that is, or why it is none.

pub use super::candidate::{Candidate, Refused};
use super::catalogue::{Kind, VenueId, bare};
use super::check::passes;
use super::context::{Around, How};
use super::enclosing::{is_for_tests, parents};
use super::names::Reading;
use super::refuse::{Refusal, is_encrypted, is_placeholder, is_reference, is_sequence, is_spelled, is_template, is_varied};
use super::role::{is_framework, is_password, plausible_passphrase};
use super::runs::is_random;
use super::scene::Scene;
use super::value::Value;
use crate::finding::Confidence;
use crate::model::SecretPart;

impl Scene<'_> {
    /// Judges a value.
    pub fn judge(&self, start: usize, end: usize, value: Value, token: usize, around: &Around) -> Result<Candidate, Refused> {
        let name = around.names.first().map(|n| n.text.clone()).unwrap_or_default();
        let refuse = |why: Refusal| Err(Refused { start, end, why, name: name.clone() });
        let bytes = value.bytes();
        let Ok(text) = std::str::from_utf8(bytes) else { return refuse(Refusal::NotRandom) };
        let (mut part, mut reading, mut refused) = self.role(around, token);
        // Most of what is looked at is named as something else, or stands where nothing names it.
        let lone = self.alone(bytes);
        let called = around.call.is_some();
        if lone.is_none() && !called && refused {
            return refuse(Refusal::LookAlike);
        }
        let bracket = self.lexed.tokens.get(token).and_then(|t| self.lexed.frame(t.frame)).map_or(0, |f| f.bracket);
        if lone.is_none() && !called && part.is_none() && !around.alone && !matches!(bracket, b'(' | b'[' | b'{') {
            return refuse(Refusal::NoContext);
        }
        let structural = self.structural(around, token);
        let own = reading.and_then(|r| r.venue).filter(|(_, strong)| *strong);
        let mut reasons = Vec::new();
        // A shape that nobody else has.
        if let Some((venue, formed)) = lone
            && !self.catalogue.is_published(bytes)
            && !is_sequence(text)
            && (is_varied(bytes) || formed.check.is_some())
        {
            // Others may have the shape too; who is named beside it is meant.
            let named = structural.iter().map(|(v, _)| *v).chain(self.mentioned(start)).filter(|v| *v != venue);
            let preferred = [part.unwrap_or(formed.part), formed.part, SecretPart::Secret, SecretPart::PrivateKey];
            let other = named.take(24).find_map(|v| {
                let hit = preferred.iter().find(|p| self.fit(v, **p, bytes).is_some_and(|f| !f.shape.free));
                hit.map(|p| (v, *p))
            });
            let (venue, taken) = other.unwrap_or((venue, formed.part));
            reasons.push("its shape is like no other".to_owned());
            return Ok(Candidate {
                part: Some(taken),
                venue: Some(venue),
                possible: Vec::new(),
                fits: true,
                confidence: Some(Confidence::High),
                test: formed.test || reading.is_some_and(|r| r.test),
                ..self.candidate(start, end, value, around, name, reasons)
            });
        }
        // A name of what is called, such as `from_key` or `private`, says less than the list of its arguments.
        let only_called = around.names.first().is_some_and(|n| around.call.as_ref().is_some_and(|(c, _)| *c == n.text));
        let mut by_call: Option<VenueId> = None;
        if (part.is_none() || (only_called && reading.is_some_and(|r| r.bare)))
            && let Some((call, position)) = &around.call
        {
            let called = call.rsplit(['.', ':']).next().unwrap_or("");
            let near = |v: VenueId| {
                structural.iter().any(|(s, strong)| *s == v && (*strong || self.catalogue.sole_caller(called) == Some(v)))
                    || self.mentions().venues.iter().any(|(_, m, _)| *m == v)
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
                [wanted].into_iter().chain(&order).find(|p| self.fit(*v, **p, bytes).is_some_and(|f| !f.shape.free)).map(|p| (*v, *p))
            });
            if let Some((v, p)) = listed.or(named) {
                by_call = Some(v);
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
        // Half of a signature, a public key beside its private one, what a digest is compared with.
        let hex = text.strip_prefix("0x").unwrap_or(text).bytes().all(|b| b.is_ascii_hexdigit());
        let beside = |other: &str| super::enclosing::has_sibling(self.lexed, self.bytes, token, other);
        if hex && lone.is_none() {
            let low = name.to_ascii_lowercase();
            let half = (low == "s" && (beside("r") || beside("v"))) || (low == "pk" && beside("sk"));
            let before = self.bytes.get(start.saturating_sub(8)..start).unwrap_or(&[]);
            let compared = before.iter().rev().filter(|b| !matches!(b, b' ' | b'"' | b'\'')).take(2).eq([b'=', b'='].iter());
            if half || compared {
                return refuse(Refusal::LookAlike);
            }
        }
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
        // What the value is not: an address, to begin with.
        let is_address = bytes.len() == 42 && text.starts_with("0x") && bytes.iter().skip(2).all(u8::is_ascii_hexdigit);
        if is_address && !structural.iter().any(|(v, _)| self.fit(*v, part, bytes).is_some_and(|f| !f.shape.free)) {
            return refuse(Refusal::LookAlike);
        }
        let octobot = text.starts_with("gAAAAA") && text.len() >= 90 && self.is_octobot(around);
        // A token of another kind, or a document in base64, but for whose keys are such tokens.
        if text.starts_with("eyJ") && part != SecretPart::Token {
            let parts = [part, SecretPart::Token];
            let whose = structural.iter().map(|(v, _)| *v).chain(self.mentioned(start));
            let taken = whose.take(12).find_map(|v| parts.iter().find(|p| self.fit(v, **p, bytes).is_some_and(|f| !f.shape.free)));
            let Some(taken) = taken else { return refuse(Refusal::LookAlike) };
            part = *taken;
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
            // The seed of a wallet that is one value.
            let seed = |v: VenueId| self.fit(v, SecretPart::PrivateKey, bytes).is_some_and(|f| !f.shape.free && f.check.is_none());
            if !structural.iter().map(|(v, _)| *v).chain(self.mentioned(start)).take(8).any(seed) {
                return refuse(Refusal::NotRandom);
            }
            part = SecretPart::PrivateKey;
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
        if !free && bytes.iter().any(u8::is_ascii_whitespace) {
            return refuse(Refusal::NotRandom);
        }
        // Whose it is: the first witness whose shape it has, else the first that is sure.
        let swapped = match part {
            SecretPart::Key => SecretPart::Secret,
            SecretPart::Secret => SecretPart::Key,
            other => other,
        };
        let named = part;
        let fits_as = |v: VenueId, p: SecretPart| self.fit(v, p, bytes).is_some_and(|f| !f.shape.free);
        let exact = |v: VenueId| fits_as(v, named);
        let loosely = |v: VenueId| {
            exact(v)
                || self.fit(v, swapped, bytes).is_some_and(|f| !f.shape.free)
                || (named == SecretPart::Secret && self.fit(v, SecretPart::PrivateKey, bytes).is_some())
                || (named == SecretPart::PrivateKey && self.fit(v, SecretPart::Secret, bytes).is_some_and(|f| !f.shape.free))
        };
        let strongest = structural.iter().find(|(v, _)| exact(*v)).or_else(|| structural.iter().find(|(v, _)| loosely(*v)));
        let sure = structural.iter().find(|(_, strong)| *strong);
        let mut fits = strongest.is_some();
        let mut venue = strongest.map(|(v, _)| *v).or(by_call).or(sure.map(|(v, _)| *v));
        // What only a bot or a terminal calls so, where it is spoken of: any text is a secret of theirs.
        let mut theirs = false;
        if venue.is_none() && mixed(bytes) && bytes.len() >= 12 {
            let path = self.path_venue().map(|(v, _)| v);
            let near = |v: VenueId| path == Some(v) || self.mentions().venues.iter().any(|(p, m, _)| *m == v && p.abs_diff(start) < 400);
            let own = self.catalogue.own_name(&bare(&name)).iter();
            let hit = own.filter(|(v, p)| self.kind(*v) == Some(Kind::Stack) && p.is_some_and(|p| self.fit(*v, p, bytes).is_some()));
            if let Some((v, Some(p))) = hit.copied().find(|(v, _)| near(*v)) {
                (venue, part, theirs) = (Some(v), p, true);
            }
        }
        if octobot {
            // Whose it is says the object, not the bot.
            venue = structural.iter().map(|(v, _)| *v).find(|v| self.kind(*v) == Some(Kind::Exchange)).or(venue);
            fits = true;
            reasons.push("encrypted with a key that stands in public source".to_owned());
        }
        let mut confidence = if fits { Confidence::High } else { Confidence::Medium };
        // A sure witness nearer than the one whose shape it has is believed, unless it is only the key's prefix.
        if let (Some((near, true)), Some((far, _))) = (own, strongest)
            && near != *far
            // `FREQTRADE__EXCHANGE__SECRET` beside `FREQTRADE__EXCHANGE__NAME=gate`: the bot is named, the exchange is meant.
            && !(self.kind(near) == Some(Kind::Stack) && self.kind(*far) == Some(Kind::Exchange) && exact(*far))
        {
            venue = Some(near);
            fits = exact(near) || loosely(near);
            confidence = if fits { Confidence::High } else { Confidence::Medium };
        }
        // A bot is named by the name, the exchange by what is around.
        if let Some(v) = venue
            && !fits
            && self.kind(v) == Some(Kind::Stack)
            && let Some(exchange) = self.mentioned(start).into_iter().find(|v| exact(*v) && self.kind(*v) == Some(Kind::Exchange))
        {
            venue = Some(exchange);
            fits = true;
        }
        // `PK=…` beside the keys of one exchange that signs with a wallet: that exchange's.
        if part == SecretPart::PrivateKey && venue.is_none_or(|v| self.kind(v) == Some(Kind::Wallet)) {
            let own = self.catalogue.own_name(&bare(&name));
            let theirs = |v: &VenueId| own.iter().any(|(w, p)| w == v && *p == Some(part)) && exact(*v);
            let near = |v: &VenueId| self.mentions().venues.iter().any(|(p, m, _)| m == v && p.abs_diff(start) < 600);
            let exchange = self.mentioned(start).into_iter().find(|v| self.kind(*v) == Some(Kind::Exchange) && theirs(v) && near(v));
            if let Some(v) = exchange {
                venue = Some(v);
                fits = true;
            }
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
        // What the exchange calls it, where its name was only half of the truth.
        if let Some(v) = venue {
            part = self.part_of(v, part, &name, bytes);
        }
        // A checksum that does not hold: an address, a hash, an example.
        if part == SecretPart::PrivateKey && !fits && venue.is_some_and(|v| self.kind(v) == Some(Kind::Wallet)) {
            return refuse(Refusal::NotRandom);
        }
        if self.says_example(start, end) {
            return refuse(Refusal::Published);
        }
        // Names that say little count with an exchange whose shape it has, or beside another part.
        let weak = reading.bare || reading.short || reading.vague;
        let near = around.names.first().is_some_and(|n| matches!(n.how, How::Near | How::Line));
        let kind = venue.and_then(|v| self.catalogue.venue(v)).map(|v| v.kind);
        let decided = match part {
            SecretPart::Key => venue.is_some() && fits && structural.iter().any(|(v, _)| fits_as(*v, part)),
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
                let theirs = self.is_own_passphrase(around, &name, &structural);
                let named = !reading.vague && self.is_passphrase(&name, &structural) && !is_password(&name, kind);
                let weak = super::headers::is_common_password(&name) && !mixed(bytes) && bytes.len() < 16;
                let opens = by_call.is_some() && mixed(bytes) && venue.is_some_and(|v| self.has_passphrase(v));
                if weak && !named {
                    return refuse(Refusal::Placeholder);
                }
                if theirs.is_some() && !octobot {
                    venue = theirs;
                }
                octobot || (opens || !near && (named || (theirs.is_some() && !weak))) && plausible_passphrase(text)
            }
            SecretPart::Token => venue.is_some() && (fits || kind == Some(Kind::Stack)) && bytes.len() >= 8 && mixed(bytes),
            SecretPart::Mnemonic => false,
        };
        if part == SecretPart::Passphrase && !octobot && (!plausible_passphrase(text) || self.is_label(text)) {
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
        let test = reading.test
            || self.is_near_test(start)
            || self.fits_test(venue, part, bytes)
            || is_for_tests(self.lexed, self.bytes, around.frame, token);
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
            confidence: (decided || theirs).then_some(confidence),
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
        // Named on its line or just above.
        let beside = self.mentions().venues.iter().any(|(p, v, _)| *p < end + 120 && start < *p + 160 && is_part(*v));
        let token = self.lexed.token_at(start);
        let quoted = token.and_then(|t| self.lexed.tokens.get(t)).is_some_and(|t| t.kind == super::lex::Kind::Text);
        let hex = bytes.iter().all(u8::is_ascii_hexdigit);
        let table = [".sql", ".csv", ".tsv", ".dump", ".lock"].iter().any(|e| self.path.ends_with(e));
        // Cells of tables and digests stand beside any name.
        let named = structural.iter().any(|(v, strong)| *strong && is_part(*v));
        let sure = named || (beside && around.alone) || (beside && quoted && !hex && !table);
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
        // A literal argument that has the shape of who is known by the shapes of both halves.
        let paired = || {
            let of = |v: VenueId| self.catalogue.venue(v).is_some_and(|x| x.pair);
            let early = around.call.as_ref().is_some_and(|(_, position)| *position <= 1);
            early && quoted && !table && self.catalogue.of_length(bytes.len()).any(|(v, f)| of(v) && !f.shape.free && f.shape.fits(bytes))
        };
        let argument = ((around.call.is_some() || matches!(bracket, b'[' | b'(') || (bracket == b'{' && !hex)) && sure) || paired();
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
