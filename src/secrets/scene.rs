//! A file as far as it has been looked at: whom its names, its structure and its words mean. Worked out once each, and only
//! where a value asks.

use std::cell::OnceCell;

use super::catalogue::{Catalogue, Formed, Kind, VenueId, bare};
use super::check::passes;
use super::context::Around;
use super::enclosing::{siblings, witnesses};
use super::lex::Lexed;
use super::mentions::{Mentioner, Mentions};
use super::names::{self, Reading};
use super::readings::Readings;
use super::urls;
use crate::model::SecretPart;

/// The beginning of a long text, of which several parts are looked at.
pub struct Head<'h> {
    bytes: &'h [u8],
    mentions: OnceCell<Mentions>,
}

impl<'h> Head<'h> {
    /// These bytes.
    pub fn new(bytes: &'h [u8]) -> Self {
        Self { bytes, mentions: OnceCell::new() }
    }
}

/// A file, as far as it has been looked at.
pub struct Scene<'s> {
    /// Whom words mean.
    pub catalogue: &'s Catalogue,
    /// What finds them.
    pub mentioner: &'s Mentioner,
    /// Names that were read before.
    pub known: &'s Readings,
    /// The text.
    pub bytes: &'s [u8],
    /// The beginning of the text that this is a part of, where it is a part of a longer one.
    pub head: Option<&'s Head<'s>>,
    /// Its tokens.
    pub lexed: &'s Lexed,
    /// Its name.
    pub path: &'s str,
    mentions: OnceCell<Mentions>,
    witnesses: OnceCell<Vec<u32>>,
    path_venue: OnceCell<Option<(VenueId, bool)>>,
}

impl<'s> Scene<'s> {
    /// Prepares to look.
    pub fn new(
        catalogue: &'s Catalogue,
        mentioner: &'s Mentioner,
        known: &'s Readings,
        bytes: &'s [u8],
        head: Option<&'s Head<'s>>,
        lexed: &'s Lexed,
        path: &'s str,
    ) -> Self {
        Self {
            catalogue,
            mentioner,
            known,
            bytes,
            head,
            lexed,
            path,
            mentions: OnceCell::new(),
            witnesses: OnceCell::new(),
            path_venue: OnceCell::new(),
        }
    }
    /// What the file mentions.
    pub fn mentions(&self) -> &Mentions {
        self.mentions.get_or_init(|| {
            let mut here = self.mentioner.find(self.bytes);
            if let Some(head) = self.head {
                // Far before what is looked at.
                let above = head.mentions.get_or_init(|| self.mentioner.find(head.bytes));
                here.trading |= above.trading;
                here.venues.extend(above.venues.iter().map(|(_, v, test)| (usize::MAX / 2, *v, *test)));
            }
            here
        })
    }
    /// Whether the file or its path is about trading.
    pub fn is_trading(&self) -> bool {
        self.mentions().trading || self.mentioner.find(self.path.as_bytes()).trading
    }
    /// Reads a name, once.
    pub fn read(&self, name: &str) -> Reading {
        self.known.of(name, self.catalogue)
    }
    pub(super) fn path_venue(&self) -> Option<(VenueId, bool)> {
        *self.path_venue.get_or_init(|| {
            let parts: Vec<&str> = self.path.rsplit('/').take(3).collect();
            // `.phemexrc` is the file of Phemex's command line.
            let plain = |p: &str| p.strip_prefix('.').and_then(|p| p.strip_suffix("rc")).unwrap_or(p).to_owned();
            parts
                .iter()
                .find_map(|p| names::venue_of(&names::words(&plain(p)), self.catalogue).or_else(|| names::numbered(p, self.catalogue)))
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
    pub(super) fn structural(&self, around: &Around, token: usize) -> Vec<(VenueId, bool)> {
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
            // A name that only one SDK has is as good as its name.
            let sure = call.len() >= 6 && self.catalogue.sole_caller(call.rsplit(['.', ':']).next().unwrap_or("")).is_some();
            self.called(call, token).into_iter().for_each(|v| add(Some((v, sure))));
        }
        // The host of the address that it stands in.
        let at = self.lexed.tokens.get(token).map_or(0, |t| t.start as usize);
        let url = || urls::url_at(self.bytes, at).and_then(|(s, e)| self.bytes.get(s..e));
        add(url().and_then(|u| self.catalogue.host(urls::host(u))).map(|(v, _)| (v, true)));
        let mut frame = around.frame;
        for level in 0..6 {
            let witnesses = self.witnesses.get_or_init(|| witnesses(self.lexed, self.bytes));
            for (name, value) in siblings(self.lexed, self.bytes, witnesses, frame, token) {
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
                if f.bracket == b'(' {
                    self.called(&text, token).into_iter().for_each(|v| add(Some((v, false))));
                }
            }
            if frame == 0 || f.parent == frame {
                break;
            }
            frame = f.parent;
        }
        out
    }

    /// Whose a call is: the only one who has it, or those of them that the file mentions, nearest first.
    fn called(&self, call: &str, token: usize) -> Vec<VenueId> {
        let listed = self.catalogue.calls(call.rsplit(['.', ':']).next().unwrap_or(""));
        if let Some(only) = self.catalogue.sole_caller(call.rsplit(['.', ':']).next().unwrap_or("")) {
            return vec![only];
        }
        if listed.is_empty() {
            return Vec::new();
        }
        let at = self.lexed.tokens.get(token).map_or(0, |t| t.start as usize);
        self.mentioned(at).into_iter().filter(|v| listed.iter().any(|(w, _)| w == v)).collect()
    }

    /// What a credential of someone opens.
    pub fn kind(&self, venue: VenueId) -> Option<Kind> {
        self.catalogue.venue(venue).map(|v| v.kind)
    }

    /// Which part of someone's a value is that its name calls `part`: what they call it themselves, or what its shape says
    /// where it is of no such part.
    pub(super) fn part_of(&self, venue: VenueId, part: SecretPart, name: &str, bytes: &[u8]) -> SecretPart {
        let exact = |p: SecretPart| self.fit(venue, p, bytes).is_some_and(|f| !f.shape.free);
        let own = names::own_part(name, venue, self.catalogue);
        if let Some(own) = own.filter(|p| exact(*p)) {
            return own;
        }
        if exact(part) || matches!(part, SecretPart::Key | SecretPart::Passphrase | SecretPart::Mnemonic) {
            return part;
        }
        let others = [SecretPart::Secret, SecretPart::PrivateKey];
        others.into_iter().find(|p| exact(*p)).unwrap_or(part)
    }

    /// Whom a password belongs to whose name only they have: `TWS_PASSWORD`, `password` below `api_server`.
    pub(super) fn is_own_passphrase(&self, around: &Around, name: &str, structural: &[(VenueId, bool)]) -> Option<VenueId> {
        let squeezed = bare(name);
        let own = self.catalogue.own_name(&squeezed).iter().filter(|(_, p)| *p == Some(SecretPart::Passphrase));
        let common = super::headers::is_common_password(name);
        let mut whose = own.map(|(v, _)| *v);
        if common {
            let inner = super::enclosing::parents(self.lexed, self.bytes, around.frame);
            let server = inner.iter().any(|p| p == "api_server");
            let path = self.path_venue().map(|(v, _)| v);
            return whose
                .find(|v| self.kind(*v) == Some(Kind::Stack) && (path == Some(*v) || (server && structural.iter().any(|(s, _)| s == v))));
        }
        let all: Vec<VenueId> = whose.collect();
        match all.as_slice() {
            [only] if squeezed.len() >= 10 => Some(*only),
            several => several.iter().find(|v| structural.iter().any(|(s, _)| s == *v)).copied(),
        }
    }

    /// Whether text is the label of a field rather than what is in it: `Passphrase (required)`, `资金密码/口令`.
    pub(super) fn is_label(&self, text: &str) -> bool {
        // Text that may be a passphrase is not kept among names.
        let reading = names::read(text, self.catalogue);
        !text.bytes().any(|b| b.is_ascii_digit()) && (!text.is_ascii() || text.contains(' ')) && (reading.part.is_some() || reading.refused)
    }

    /// Whether prose beside a value says that it is an example.
    pub(super) fn says_example(&self, start: usize, end: usize) -> bool {
        const SAYINGS: &[&[u8]] = &[
            b"example api key",
            b"example key",
            b"example secret",
            b"example credential",
            b"these examples cannot",
            b"not a real",
            b"not real ",
            b"are not real",
            b"sample key",
            b"sample credential",
            b"fake key",
            b"fake credential",
            b"dummy key",
            b"dummy credential",
            b"illustration only",
            b"illustrative",
        ];
        let prose = [".md", ".rst", ".adoc", ".html", ".txt", ".markdown", ".mdx", ".org"];
        if !prose.iter().any(|e| self.path.to_ascii_lowercase().ends_with(e)) {
            return false;
        }
        let around = self.bytes.get(start.saturating_sub(320)..start).unwrap_or(&[]);
        let after = self.bytes.get(end..(end + 320).min(self.bytes.len())).unwrap_or(&[]);
        let low: Vec<u8> = around.iter().chain(after).map(u8::to_ascii_lowercase).collect();
        SAYINGS.iter().any(|s| memchr::memmem::find(&low, s).is_some())
    }

    /// Whom structure says, without the names of the value itself.
    pub fn enclosing(&self, around: &Around, token: usize) -> Vec<VenueId> {
        self.structural(around, token).into_iter().map(|(v, _)| v).collect()
    }

    fn name_words(&self, text: &str) -> Vec<String> {
        names::words(text)
    }

    /// Whom the file mentions nearest before a place, then after it, then in its path.
    pub(super) fn mentioned(&self, at: usize) -> Vec<VenueId> {
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

    /// Whether the file speaks of so few exchanges that the one whose shape fits is meant.
    pub(super) fn mentions_few(&self) -> bool {
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

    pub(super) fn is_passphrase(&self, name: &str, structural: &[(VenueId, bool)]) -> bool {
        let lower = bare(name);
        (lower.contains("passphrase") || lower.contains("passphras") || lower.contains("apipass"))
            && structural.iter().any(|(v, strong)| *strong && self.has_passphrase(*v))
    }

    /// Whether credentials of an exchange have a passphrase.
    pub fn has_passphrase(&self, venue: VenueId) -> bool {
        self.catalogue.venue(venue).is_some_and(|v| v.shapes.iter().any(|s| s.part == SecretPart::Passphrase))
    }

    pub(super) fn is_octobot(&self, around: &Around) -> bool {
        around.names.first().is_some_and(|n| matches!(n.text.as_str(), "api-key" | "api-secret" | "api-password"))
    }

    pub(super) fn is_public_chain_key(&self, text: &str) -> bool {
        let hex = text.strip_prefix("0x").unwrap_or(text).to_ascii_lowercase();
        hex.len() == 64 && self.catalogue.is_published(hex.as_bytes())
    }

    pub(super) fn is_near_test(&self, at: usize) -> bool {
        self.mentions().venues.iter().any(|(p, _, test)| *test && p.abs_diff(at) < 600)
    }

    pub(super) fn fits_test(&self, venue: Option<VenueId>, part: SecretPart, bytes: &[u8]) -> bool {
        venue.and_then(|v| self.fit(v, part, bytes)).is_some_and(|f| f.test)
    }
}
