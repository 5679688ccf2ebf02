//! A text → the credentials in it. Two linear passes find where anything could be; only there the text is lexed, and only
//! what stands there is judged.

use std::sync::{Arc, OnceLock};

use aho_corasick::packed::{self, Searcher};

use super::catalogue::Catalogue;
use super::context::{Around, How, Named, around};
use super::first_look::{Manner, is_worth};
use super::group::{Group, group};
use super::judge::{Candidate, Refused};
use super::lex::{Kind, Lexed, lex};
use super::mentions::Mentioner;
use super::readings::Readings;
use super::refuse::{Refusal, is_sequence, is_varied};
use super::runs::{self, Hit, Run};
use super::scene::{Head, Scene};
use super::unescape::unescape;
use super::value::Value;
use super::values::{is_code, names_a_value, value_after, values_at};
use super::{arrays, columns, companions, encoded, pem, phrase, urls};
use crate::model::SecretPart;

/// Finds credentials. One for a run; it holds tables, and what they said of names before.
pub struct Detector {
    catalogue: Arc<Catalogue>,
    mentioner: OnceLock<Mentioner>,
    known: Readings,
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
    /// Where one of the words may stand that are looked for in every file, see [`Hit::Pair`].
    pub pairs: Vec<usize>,
}

/// Texts up to this size are looked at whole, whatever their words: files of keys have few.
const SMALL: usize = 4096;
/// Texts up to this size are lexed whole where they have anything.
const WHOLE: usize = 12 << 10;
/// Texts up to this size are searched for names whose value may be any text, unless they are source code.
const NAMED: usize = 64 << 10;
/// How far before what could be a value a long text is lexed, and how far after it.
const BEFORE: usize = 2 << 10;
const AFTER: usize = 1 << 10;
/// The beginning of a long text, where it says what it is about.
const HEAD: usize = 2 << 10;

/// What the passes came upon.
#[derive(Default)]
struct Places {
    runs: Vec<Run>,
    words: Vec<usize>,
    phrases: Vec<(usize, usize)>,
    keypairs: Vec<(usize, usize, Value)>,
    pairs: Vec<usize>,
}

impl Places {
    fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.words.is_empty() && self.phrases.is_empty() && self.keypairs.is_empty()
    }
    /// Those within a stretch, counted from its beginning.
    fn within(&mut self, from: usize, to: usize) -> Self {
        let inside = |a: usize, b: usize| from <= a && b <= to;
        // Both are in order.
        let begun = self.runs.get(self.runs.partition_point(|r| r.start < from)..).unwrap_or(&[]).iter().take_while(|r| r.start <= to);
        let runs = begun.filter(|r| inside(r.start, r.end)).map(|r| Run { start: r.start - from, end: r.end - from }).collect();
        let begun = self.words.get(self.words.partition_point(|w| *w < from)..).unwrap_or(&[]).iter();
        let words = begun.take_while(|w| **w <= to).map(|w| w - from).collect();
        let phrases = self.phrases.iter().filter(|(a, b)| inside(*a, *b)).map(|(a, b)| (a - from, b - from)).collect();
        let mut keypairs = Vec::new();
        for (a, b, value) in std::mem::take(&mut self.keypairs) {
            if inside(a, b) { keypairs.push((a - from, b - from, value)) } else { self.keypairs.push((a, b, value)) }
        }
        Self { runs, words, phrases, keypairs, pairs: Vec::new() }
    }
}

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
        Self { catalogue, mentioner: OnceLock::new(), known: Readings::default(), words }
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
        let code = is_code(path);
        let table = (!code).then(|| columns::kind(path, bytes)).flatten().and_then(|kind| {
            let nothing = Lexed::default();
            let scene = Scene::new(&self.catalogue, self.mentioner(), &self.known, bytes, None, &nothing, path);
            columns::Table::read(kind, &scene)
        });
        let mut places = self.places(bytes, code, table.is_some());
        let mut scan = Scan { pairs: std::mem::take(&mut places.pairs), ..Scan::default() };
        if places.is_empty() {
            return scan;
        }
        if bytes.len() <= WHOLE || table.is_some() {
            self.look(bytes, None, path, why, depth, table, places, &mut scan);
            return scan;
        }
        // Only what is around the places, with the beginning of the text for whom it is about.
        let head = Head::new(bytes.get(..HEAD).unwrap_or(&[]));
        let mut line = 0u32;
        let mut counted = 0usize;
        for (from, to) in stretches(bytes, &places) {
            let inside = places.within(from, to);
            let mut part = Scan::default();
            let head = Some(&head).filter(|_| from >= HEAD);
            self.look(bytes.get(from..to).unwrap_or(&[]), head, path, why, depth, None, inside, &mut part);
            if !part.groups.is_empty() {
                line += memchr::memchr_iter(b'\n', bytes.get(counted..from).unwrap_or(&[])).count() as u32;
                counted = from;
            }
            for group in &mut part.groups {
                for p in &mut group.parts {
                    p.start += from;
                    p.end += from;
                    p.line += line;
                }
            }
            for r in &mut part.refused {
                r.start += from;
                r.end += from;
            }
            scan.groups.append(&mut part.groups);
            scan.refused.append(&mut part.refused);
            scan.published += part.published;
        }
        scan
    }

    /// The linear passes.
    fn places(&self, bytes: &[u8], code: bool, table: bool) -> Places {
        let mut places = Places::default();
        let manner = Manner { small: bytes.len() <= SMALL && !code, code };
        let (mut done, mut counted) = (0usize, 0usize);
        runs::each(bytes, |hit| match hit {
            Hit::Run(run) => {
                if table || is_worth(&self.catalogue, bytes, run, manner) {
                    places.runs.push(run);
                }
            }
            Hit::Words(at, first) if at >= done && phrase::may_begin(bytes, first) => {
                let (phrase, until) = phrase::at(bytes, at);
                done = until;
                places.phrases.extend(phrase);
            }
            Hit::Words(..) => {}
            Hit::Numbers(at) if at >= counted => {
                if let Some(keypair) = arrays::at(bytes, at) {
                    counted = keypair.1;
                    places.keypairs.push(keypair);
                }
            }
            Hit::Numbers(_) => {}
            Hit::Pair(at) => places.pairs.push(at),
        });
        let searched = if code { bytes.len() <= SMALL } else { bytes.len() <= NAMED };
        if searched {
            places.words = self.names(bytes, code);
        }
        places
    }

    /// Where names begin whose value may be any text.
    fn names(&self, bytes: &[u8], code: bool) -> Vec<usize> {
        let hits = self.words.iter().flat_map(|searcher| searcher.find_iter(bytes));
        hits.filter(|hit| names_a_value(bytes, hit.end(), code)).map(|hit| hit.start()).collect()
    }

    /// Lexes a text and judges what could be a value in it.
    #[expect(clippy::too_many_arguments, reason = "a text, where it lies and what was found in it")]
    fn look(
        &self,
        bytes: &[u8],
        head: Option<&Head<'_>>,
        path: &str,
        why: bool,
        depth: u8,
        table: Option<columns::Table>,
        places: Places,
        scan: &mut Scan,
    ) {
        let Places { runs, mut words, phrases, keypairs, pairs: _ } = places;
        let code = is_code(path);
        if words.is_empty() {
            words = self.names(bytes, code);
        }
        let lexed = lex(bytes);
        let mentioner = self.mentioner();
        let scene = Scene::new(&self.catalogue, mentioner, &self.known, bytes, head, &lexed, path);
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut refused: Vec<Refused> = Vec::new();
        let mut taken = Taken::default();
        for block in pem::find(bytes) {
            taken.add(block.start, block.end);
            match pem::judge(&scene, block) {
                Ok(candidate) => candidates.push(candidate),
                Err(no) => refused.push(no),
            }
        }
        // What a frame of anything else encloses is no value.
        for (start, end) in pem::armour(bytes) {
            taken.add(start, end);
        }
        for (start, end) in phrases {
            taken.add(start, end);
            match phrase::judge(&scene, start, end) {
                Ok(candidate) => candidates.push(candidate),
                Err(no) => refused.push(no),
            }
        }
        for (start, end, value) in keypairs {
            taken.add(start, end);
            candidates.push(arrays::candidate(&scene, start, end, value));
        }
        let mut seen = None;
        for run in &runs {
            if taken.overlaps(run.start, run.end) {
                continue;
            }
            let Some(token) = lexed.token_at(run.start).or_else(|| lexed.token_at(run.end.saturating_sub(1))) else { continue };
            if seen == Some(token) {
                continue;
            }
            seen = Some(token);
            if located(&scene, *run, token, &mut taken, &mut candidates, &mut refused) {
                continue;
            }
            for (start, end, value, first) in values_at(&lexed, bytes, token, *run, code) {
                if taken.overlaps(start, end) {
                    continue;
                }
                let mut around = around(&lexed, bytes, first);
                if let Some(column) = table.as_ref().and_then(|t| t.column(&scene, start)) {
                    around.names.insert(0, Named { text: column.name, how: How::Assigned });
                    around.frame = 0;
                }
                // Once: base64 within base64 is nobody's habit.
                if depth == 0 {
                    let inside = |body: &[u8]| self.scan_at(body, path, false, 1).groups;
                    scan.groups.extend(encoded::inner(inside, &scene, &value, start, end, &around));
                }
                if scan.groups.last().is_some_and(|g| g.parts.iter().any(|p| p.start == start)) {
                    taken.add(start, end);
                    continue;
                }
                let value = encoded::plain(&scene, value, &around);
                match scene.judge(start, end, value, first, &around) {
                    Ok(mut candidate) => {
                        taken.add(start, end);
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
    }

    /// A name whose value may be any text: a passphrase, a password, a short secret.
    fn named(
        &self,
        scene: &Scene<'_>,
        at: usize,
        table: &Option<columns::Table>,
        taken: &mut Taken,
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
        let yaml = [".yaml", ".yml"].iter().any(|e| scene.path.ends_with(e));
        if plain && (is_code(scene.path) || (matches!(within, b'(' | b'[' | b'{') && !yaml)) {
            return;
        }
        if taken.overlaps(start, end) || end <= start {
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
        bytes = encoded::plain(scene, bytes, &around);
        match scene.judge(start, end, bytes, token, &around) {
            // Only what any text can be; values with a shape were found as such.
            Ok(candidate)
                if matches!(
                    candidate.part,
                    Some(SecretPart::Passphrase | SecretPart::Token | SecretPart::Secret | SecretPart::PrivateKey)
                ) =>
            {
                taken.add(start, end);
                candidates.push(candidate);
            }
            Ok(_) => {}
            Err(no) => refused.push(no),
        }
    }
}

/// Stretches of a text that are spoken for, apart from each other.
#[derive(Default)]
struct Taken(std::collections::BTreeMap<usize, usize>);

impl Taken {
    fn overlaps(&self, start: usize, end: usize) -> bool {
        self.0.range(..end).next_back().is_some_and(|(_, e)| *e > start)
    }
    fn add(&mut self, start: usize, end: usize) {
        let (mut from, mut to) = (start, end);
        while let Some((s, e)) = self.0.range(..to).next_back().map(|(s, e)| (*s, *e)).filter(|(_, e)| *e > from) {
            self.0.remove(&s);
            (from, to) = (from.min(s), to.max(e));
        }
        self.0.insert(from, to);
    }
}

/// What of a long text is lexed: around each place, whole lines where lines are of a length to be read.
fn stretches(bytes: &[u8], places: &Places) -> Vec<(usize, usize)> {
    let runs = places.runs.iter().map(|r| (r.start, r.end));
    let words = places.words.iter().map(|w| (*w, *w));
    let keypairs = places.keypairs.iter().map(|(a, b, _)| (*a, *b));
    let mut all: Vec<(usize, usize)> = runs.chain(words).chain(places.phrases.iter().copied()).chain(keypairs).collect();
    all.sort_unstable();
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (start, end) in all {
        let from = start.saturating_sub(BEFORE);
        let from = bytes.get(from..start).and_then(|b| memchr::memchr(b'\n', b)).map_or(from, |i| from + i + 1);
        let to = (end + AFTER).min(bytes.len());
        let to = bytes.get(end..to).and_then(|b| memchr::memrchr(b'\n', b)).map_or(to, |i| end + i + 1);
        match out.last_mut() {
            Some((_, last)) if from <= *last => *last = to.max(*last),
            _ => out.push((from, to)),
        }
    }
    out
}

/// Takes a value whose place says what it is: a whole address that is a credential, what logs in before a host.
fn located(
    scene: &Scene<'_>,
    run: Run,
    token: usize,
    taken: &mut Taken,
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
                let mut around = around(scene.lexed, bytes, token);
                around.names = vec![Named { text: format!("{}_api_{part}", venue.id), how: How::Assigned }];
                around.call = None;
                let value = unescape(bytes.get(start..end).unwrap_or(&[]));
                match scene.judge(start, end, value, token, &around) {
                    Ok(candidate) => candidates.push(candidate),
                    Err(no) => refused.push(no),
                }
            }
            taken.add(user.name.0, end);
            return true;
        }
    }
    if let Some((start, end)) = urls::url_at(bytes, run.start) {
        let value = unescape(bytes.get(start..end).unwrap_or(&[]));
        let drawn = bytes.get(run.start..run.end).is_some_and(|v| is_varied(v) && std::str::from_utf8(v).is_ok_and(|t| !is_sequence(t)));
        if drawn && scene.alone(value.bytes()).is_some() {
            let around = around(scene.lexed, bytes, token);
            match scene.judge(start, end, value, token, &around) {
                Ok(candidate) => candidates.push(candidate),
                Err(no) => refused.push(no),
            }
            taken.add(start, end);
            return true;
        }
    }
    false
}
