//! A text → the credentials in it. Two linear passes find where anything could be; only there the text is lexed, and only
//! what stands there is judged.

use std::sync::{Arc, OnceLock};

use aho_corasick::packed::{self, Searcher};
use memchr::memmem;

use super::catalogue::Catalogue;
use super::context::{Around, How, Named, around};
use super::group::{Group, group};
use super::judge::{Candidate, Refused};
use super::lex::{Kind, lex};
use super::mentions::Mentioner;
use super::refuse::{Refusal, is_sequence, is_varied};
use super::runs::{self, Run};
use super::scene::Scene;
use super::unescape::unescape;
use super::values::{is_code, names_a_value, value_after, values_at};
use super::{arrays, columns, companions, encoded, pem, phrase, urls};
use crate::model::SecretPart;

/// Finds credentials. One for a run; it holds tables, no state.
pub struct Detector {
    catalogue: Arc<Catalogue>,
    mentioner: OnceLock<Mentioner>,
    /// Words of names whose value may be any text.
    words: Option<Searcher>,
}

/// What a text came to.
#[derive(Default)]
pub struct Scan {
    /// What was found.
    pub groups: Vec<Group>,
    /// What looked like it and was not taken; only for who asks why.
    pub refused: Vec<Refused>,
    /// Values that documentation prints.
    pub published: usize,
}

/// Texts up to this size are looked at whole, whatever their words: files of keys have few.
const SMALL: usize = 4096;

/// Roots of names that say that a value is a credential, for a first look.
const ROOTS: &[&[u8]] = &[
    b"key", b"sec", b"pas", b"pri", b"tok", b"sk", b"pk", b"ak", b"auth", b"seed", b"nemo", b"phra", b"wall", b"memo", b"wif", b"cred",
    b"api", b"acce", b"prv", b"pvt", b"clave", b"chave", b"sign", b"jwt", b"code", b"deplo", b"account", b"value", b"sekret", b"kluch",
    b"geheim", b"from", b"client", b"login",
];

impl Detector {
    /// A detector with these shapes.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        let words = packed::Config::new()
            .builder()
            .extend([
                "assphrase",
                "ASSPHRASE",
                "assPhrase",
                "asswor",
                "ASSWOR",
                "assWor",
                "nemonic",
                "NEMONIC",
                "ecret",
                "ECRET",
                "eed_phrase",
                "eedPhrase",
                "EED_PHRASE",
                "RIVATE KEY-",
                "_token",
                "_TOKEN",
                "Token",
                "webhook_key",
                "PASS_PHRASE",
                "_memo",
                "\"memo\"",
                "_MEMO",
            ])
            .build();
        Self { catalogue, mentioner: OnceLock::new(), words }
    }
    /// The built-in one.
    pub fn built_in() -> Self {
        Self::new(Catalogue::built_in())
    }
    /// Whose credentials it knows.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }
    fn mentioner(&self) -> &Mentioner {
        self.mentioner.get_or_init(|| Mentioner::new(&self.catalogue))
    }

    /// Scans a text. `path` is the name of the file; `why` asks for what was not taken, too.
    pub fn scan(&self, bytes: &[u8], path: &str, why: bool) -> Scan {
        self.scan_at(bytes, path, why, 0)
    }

    pub(super) fn scan_at(&self, bytes: &[u8], path: &str, why: bool, depth: u8) -> Scan {
        let small = bytes.len() <= SMALL;
        let kind = columns::kind(path, bytes);
        let (mut runs, mut words): (Vec<Run>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut values = 0usize;
        runs::each(bytes, |run| {
            values += 1;
            if small || kind.is_some() || self.quick(bytes, run) {
                runs.push(run);
            }
        });
        if let Some(searcher) = &self.words {
            for hit in searcher.find_iter(bytes) {
                if names_a_value(bytes, hit.end()) {
                    words.push(hit.start());
                }
            }
        }
        let phrases = phrase::find(bytes);
        let keypairs = arrays::find(bytes);
        let mut scan = Scan::default();
        if runs.is_empty() && words.is_empty() && phrases.is_empty() && keypairs.is_empty() {
            return scan;
        }
        let lexed = lex(bytes);
        let mentioner = self.mentioner();
        let scene = Scene::new(&self.catalogue, mentioner, bytes, &lexed, path);
        let table = kind.and_then(|k| columns::Table::read(k, &scene));
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut refused: Vec<Refused> = Vec::new();
        let mut taken: Vec<(usize, usize)> = Vec::new();
        for block in pem::find(bytes) {
            taken.push((block.start, block.end));
            match pem::judge(&scene, block) {
                Ok(candidate) => candidates.push(candidate),
                Err(no) => refused.push(no),
            }
        }
        // What a frame of anything else encloses is no value.
        taken.extend(pem::armour(bytes));
        for (start, end) in phrases {
            taken.push((start, end));
            match phrase::judge(&scene, start, end) {
                Ok(candidate) => candidates.push(candidate),
                Err(no) => refused.push(no),
            }
        }
        for (start, end, value) in keypairs {
            taken.push((start, end));
            candidates.push(arrays::candidate(&scene, start, end, value));
        }
        let is_taken = |taken: &[(usize, usize)], a: usize, b: usize| taken.iter().any(|(s, e)| a < *e && *s < b);
        let mut seen: Vec<usize> = Vec::new();
        for run in &runs {
            if is_taken(&taken, run.start, run.end) {
                continue;
            }
            let Some(token) = lexed.token_at(run.start).or_else(|| lexed.token_at(run.end.saturating_sub(1))) else { continue };
            if seen.contains(&token) && seen.last() == Some(&token) {
                continue;
            }
            seen.push(token);
            if located(&scene, *run, token, &mut taken, &mut candidates, &mut refused) {
                continue;
            }
            for (start, end, value, first) in values_at(&lexed, bytes, token, *run, is_code(path)) {
                if is_taken(&taken, start, end) {
                    continue;
                }
                let mut around = around(&lexed, bytes, first);
                if let Some(column) = table.as_ref().and_then(|t| t.column(&scene, start)) {
                    around.names.insert(0, Named { text: column.name, how: How::Assigned });
                    around.frame = 0;
                }
                encoded::inner(self, &scene, &value, start, end, path, why, depth, &around, &mut scan);
                if scan.groups.last().is_some_and(|g| g.parts.iter().any(|p| p.start == start)) {
                    taken.push((start, end));
                    continue;
                }
                let value = encoded::plain(&scene, value, &around, token);
                match scene.judge(start, end, value, first, &around) {
                    Ok(mut candidate) => {
                        taken.push((start, end));
                        if let Some(row) = table.as_ref().and_then(|t| t.row_venue(&scene, start)) {
                            columns::attribute(&scene, &mut candidate, row);
                        }
                        candidates.push(candidate);
                    }
                    Err(no) => refused.push(no),
                }
            }
        }
        for at in words {
            self.named(&scene, at, &table, &mut taken, &mut candidates, &mut refused);
        }
        scan.published += refused.iter().filter(|r| r.why == Refusal::Published).count();
        candidates.sort_by_key(|c| c.start);
        companions::add(&scene, &mut candidates);
        let before: Vec<(usize, usize, String)> =
            if why { candidates.iter().map(|c| (c.start, c.end, c.name.clone())).collect() } else { Vec::new() };
        scan.groups.extend(group(&scene, candidates));
        scan.groups.sort_by_key(|g| g.parts.first().map(|p| p.start));
        if why {
            let kept = |s: usize| scan.groups.iter().any(|g| g.parts.iter().any(|p| p.start == s));
            refused.extend(before.into_iter().filter(|(s, ..)| !kept(*s)).map(|(start, end, name)| Refused {
                start,
                end,
                why: Refusal::NoContext,
                name,
            }));
            refused.sort_by_key(|r| r.start);
            scan.refused = refused;
        }
        scan
    }

    /// Whether anything before a run could name it; a first look, a few dozen bytes.
    fn quick(&self, bytes: &[u8], run: Run) -> bool {
        let mut from = run.start.saturating_sub(96);
        let before = bytes.get(from..run.start).unwrap_or(&[]);
        // Not further than two lines back.
        let mut breaks = before.iter().enumerate().rev().filter(|(_, b)| **b == b'\n');
        breaks.next();
        breaks.next();
        if let Some((i, _)) = breaks.next() {
            from += i + 1;
        }
        let near = bytes.get(from..run.start).unwrap_or(&[]);
        let mut low = [0u8; 96];
        let mut n = 0;
        for (out, b) in low.iter_mut().zip(near) {
            *out = b.to_ascii_lowercase();
            n += 1;
            if *b >= 0x80 {
                return true;
            }
        }
        let low = low.get(..n).unwrap_or(&[]);
        if ROOTS.iter().any(|root| memmem::find(low, root).is_some()) {
            return true;
        }
        // A bare argument, a line of its own.
        let trimmed = near.iter().rev().find(|b| !matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`'));
        if matches!(trimmed, Some(b'(' | b','))
            && bytes.get(run.start.wrapping_sub(1)).is_some_and(|b| matches!(b, b'"' | b'\''))
            && run.end - run.start >= 16
        {
            return true;
        }
        let value = bytes.get(run.start..run.end).unwrap_or(&[]);
        self.catalogue.of_length(value.len()).any(|(_, f)| f.alone && f.shape.fits(value))
            || before.ends_with(b":") && before.iter().rev().skip(1).take(8).all(u8::is_ascii_digit)
            || before.ends_with(b"/bot")
            || value.len() > 40 && memmem::find(value, b"/").is_some() && before.ends_with(b"com")
    }

    /// A name whose value may be any text: a passphrase, a password, a short secret.
    fn named(
        &self,
        scene: &Scene<'_>,
        at: usize,
        table: &Option<columns::Table>,
        taken: &mut Vec<(usize, usize)>,
        candidates: &mut Vec<Candidate>,
        refused: &mut Vec<Refused>,
    ) {
        let lexed = scene.lexed;
        let Some(name) = lexed.token_at(at) else { return };
        let Some(value) = value_after(lexed, scene.bytes, name) else { return };
        let (start, end, token) = value;
        // Without quotes, in source code, it is an expression.
        let plain = lexed.tokens.get(token).is_some_and(|t| t.kind == Kind::Word);
        let within = lexed.tokens.get(token).and_then(|t| lexed.frame(t.frame)).map_or(0, |f| f.bracket);
        let yaml = scene.path.ends_with(".yaml") || scene.path.ends_with(".yml");
        if plain && (is_code(scene.path) || (matches!(within, b'(' | b'[' | b'{') && !yaml)) {
            return;
        }
        if taken.iter().any(|(s, e)| start < *e && *s < end) || end <= start {
            return;
        }
        let mut bytes = unescape(scene.bytes.get(start..end).unwrap_or(&[]));
        if bytes.len() > 200 {
            return;
        }
        let mut around: Around = around(lexed, scene.bytes, token);
        if around.names.is_empty() {
            around.names.push(Named { text: super::context::text_of(lexed, scene.bytes, name), how: How::Assigned });
        }
        if let Some(column) = table.as_ref().and_then(|t| t.column(scene, start)) {
            around.names.insert(0, Named { text: column.name, how: How::Assigned });
        }
        bytes = encoded::plain(scene, bytes, &around, token);
        match scene.judge(start, end, bytes, token, &around) {
            // Only what any text can be; values with a shape were found as such.
            Ok(candidate)
                if matches!(
                    candidate.part,
                    Some(SecretPart::Passphrase | SecretPart::Token | SecretPart::Secret | SecretPart::PrivateKey)
                ) =>
            {
                taken.push((start, end));
                candidates.push(candidate);
            }
            Ok(_) => {}
            Err(no) => refused.push(no),
        }
    }
}

/// Takes a value whose place says what it is: a whole address that is a credential, what logs in before a host.
fn located(
    scene: &Scene<'_>,
    run: Run,
    token: usize,
    taken: &mut Vec<(usize, usize)>,
    candidates: &mut Vec<Candidate>,
    refused: &mut Vec<Refused>,
) -> bool {
    let bytes = scene.bytes;
    if let Some(user) = urls::user_at(bytes, run.start) {
        let (start, end) = user.secret;
        let value = unescape(bytes.get(start..end).unwrap_or(&[]));
        let host = urls::url_at(bytes, end).and_then(|(s, e)| bytes.get(s..e)).map(urls::host);
        let host = host.and_then(|h| scene.catalogue.host(h)).map(|(v, _)| v);
        let near = scene.mentions().venues.iter().min_by_key(|(p, ..)| p.abs_diff(end)).map(|(_, v, _)| *v);
        let whose = host.or(near).filter(|v| scene.fit(*v, SecretPart::Secret, value.bytes()).is_some_and(|f| !f.shape.free));
        if let Some(venue) = whose.and_then(|v| scene.catalogue.venue(v)) {
            for ((start, end), part) in [(user.name, "key"), (user.secret, "secret")] {
                let mut around = around(&scene.lexed, bytes, token);
                around.names = vec![Named { text: format!("{}_api_{part}", venue.id), how: How::Assigned }];
                around.call = None;
                let value = unescape(bytes.get(start..end).unwrap_or(&[]));
                match scene.judge(start, end, value, token, &around) {
                    Ok(candidate) => candidates.push(candidate),
                    Err(no) => refused.push(no),
                }
            }
            taken.push((user.name.0, end));
            return true;
        }
    }
    if let Some((start, end)) = urls::url_at(bytes, run.start) {
        let value = unescape(bytes.get(start..end).unwrap_or(&[]));
        let drawn = bytes.get(run.start..run.end).is_some_and(|v| is_varied(v) && std::str::from_utf8(v).is_ok_and(|t| !is_sequence(t)));
        if drawn && scene.alone(value.bytes()).is_some() {
            let around = around(&scene.lexed, bytes, token);
            match scene.judge(start, end, value, token, &around) {
                Ok(candidate) => candidates.push(candidate),
                Err(no) => refused.push(no),
            }
            taken.push((start, end));
            return true;
        }
    }
    false
}
