//! What belongs to a run and how it is read: named paths always, walked ones by the declaration's globs and excludes, and
//! what is told in one line for many files.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::suppress::end_of;
use super::{Coverage, sightings};
use crate::declaration::Declaration;
use crate::discover::{Aside, Input, LARGEST, Opened, Stream, read_stdin, shown};
use crate::document::Spanned;
use crate::intake::{self, Expected, Taken};
use crate::model::SecretPart;
use crate::model::time::Time;
use crate::plan::{Config, Look, Plan, ReadAs, is_misnamed};
use crate::problem::Problem;
use crate::scan::{self, Scanned};
use crate::secrets::Detector;
use crate::text::{Span, Text, TextId};

/// What was read of one input.
pub(super) struct ReadInput {
    pub text: Text,
    pub bytes: u64,
    pub taken: Option<Taken>,
    pub not_read: Option<String>,
    pub undecodable: Option<Problem>,
    /// Whether it was opened.
    pub opened: bool,
    /// What it is compressed as: its bytes were read, not what they stand for.
    pub compressed: Option<&'static str>,
    /// What is wrong with it if it was meant as an export: it was, where exports stand beside it.
    pub doubtful: Vec<Problem>,
    /// What its characters came to.
    pub scanned: Scanned,
    /// Neither JSON nor YAML.
    other: bool,
    /// Another declaration, which is not used.
    declaration: bool,
}

impl ReadInput {
    fn new(path: &str) -> Self {
        Self {
            text: Text::known(path, ""),
            bytes: 0,
            taken: None,
            not_read: None,
            undecodable: None,
            opened: false,
            compressed: None,
            doubtful: Vec::new(),
            scanned: Scanned::default(),
            other: false,
            declaration: false,
        }
    }
}

/// What belongs to the run, and how it is read.
pub(super) struct Scope<'p> {
    plan: &'p Plan,
    config: Option<&'p Config>,
    exports: GlobSet,
    exclude: Vec<Exclude>,
    /// The systems that declare paths.
    systems: Vec<(usize, GlobSet)>,
    /// Whether files are scanned for secrets too.
    scans: bool,
}

/// Paths that the declaration leaves out.
struct Exclude {
    paths: GlobSet,
    reason: String,
    place: Span,
    met: AtomicBool,
}

fn glob_set<'a>(globs: impl Iterator<Item = (&'a str, Option<Span>)>, problems: &mut Vec<Problem>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for (glob, span) in globs {
        match GlobBuilder::new(glob).literal_separator(true).build() {
            Ok(glob) => {
                set.add(glob);
            }
            Err(_) => {
                problems.push(Problem::fatal("declaration-wrong", span, "this is no glob").help("such as `exports/**` or `vendor/**`"));
            }
        }
    }
    set.build().unwrap_or_default()
}

/// The paths of each system that declares some, by its place in the declaration.
pub(super) fn system_paths(declaration: &Declaration, problems: &mut Vec<Problem>) -> Vec<(usize, GlobSet)> {
    let paths = declaration.systems.values().enumerate().filter_map(|(at, s)| Some((at, s.paths.as_ref()?)));
    let of = |p: &Vec<Spanned<String>>, problems: &mut Vec<Problem>| glob_set(p.iter().map(|p| (p.value.as_str(), Some(p.span))), problems);
    paths.map(|(at, p)| (at, of(p, problems))).collect()
}

impl<'p> Scope<'p> {
    pub fn new(plan: &'p Plan, config: Option<&'p Config>, scans: bool, problems: &mut Vec<Problem>) -> Self {
        let declared = config.and_then(|c| c.declaration.exports.as_ref());
        let exports = match declared {
            Some(globs) => glob_set(globs.iter().map(|g| (g.value.as_str(), Some(g.span))), problems),
            None => glob_set([("exports/**", None), ("**/*.export.json", None)].into_iter(), problems),
        };
        let mut exclude = Vec::new();
        for rule in config.iter().filter(|_| !plan.no_suppress).flat_map(|c| &c.declaration.policy.exclude) {
            let until = rule.until.as_ref().and_then(|u| Time::parse(&u.value).ok().map(|t| end_of(t, &u.value)));
            if until.is_some_and(|u| u <= plan.now) {
                let place = rule.until.as_ref().map(|u| u.span);
                problems.push(
                    Problem::note("exclude-expired", place, "this exclude has expired: its paths are read again")
                        .help("take it out, or give it a new date and a reason"),
                );
                continue;
            }
            let set = glob_set([(rule.path.value.as_str(), Some(rule.path.span))].into_iter(), problems);
            let reason = format!("excluded in the declaration: {}", rule.reason.value);
            exclude.push(Exclude { paths: set, reason, place: rule.path.span, met: AtomicBool::new(false) });
        }
        let systems = config.map(|c| system_paths(&c.declaration, problems)).unwrap_or_default();
        Self { plan, config, exports, exclude, systems, scans }
    }

    /// The path of an input relative to the folder of the declaration.
    pub fn relative(&self, input: &Input) -> String {
        let base = self.config.map_or(self.plan.working.as_path(), |c| c.folder.as_path());
        shown(&input.path, base)
    }

    pub fn keep(&self, input: &Input, left_out: &mut Vec<Aside>, counts: &mut Counts) -> bool {
        if input.named {
            return true;
        }
        let is_config = self.config.is_some_and(|c| c.shown == input.shown);
        if is_config {
            counts.config += 1;
            return false;
        }
        // Of files as they are it was told; in a change it is a file like any other.
        if self.plan.look == Look::Files && is_misnamed(&input.path, self.plan) {
            return false;
        }
        match self.excluded(input) {
            Some(reason) => {
                left_out.push(Aside { path: input.shown.clone(), reason });
                false
            }
            None => true,
        }
    }

    /// Why the declaration leaves a file out; nothing where it does not.
    pub fn excluded(&self, input: &Input) -> Option<String> {
        if self.exclude.is_empty() {
            return None;
        }
        let path = self.relative(input);
        let exclude = self.exclude.iter().find(|e| e.paths.is_match(&path))?;
        exclude.met.store(true, Ordering::Relaxed);
        Some(exclude.reason.clone())
    }

    /// Excludes that no path matches, in a run over all that the declaration is about.
    pub fn idle_excludes(&self) -> Vec<Problem> {
        let folder = |p: &Path| self.plan.working.join(p).canonicalize().ok();
        let whole = self.config.is_some_and(|c| self.plan.paths.iter().any(|p| folder(p) == c.folder.canonicalize().ok()));
        let idle = self.exclude.iter().filter(|e| whole && self.scans && !e.met.load(Ordering::Relaxed));
        let note = |e: &Exclude| {
            Problem::note("exclude-unused", Some(e.place), "this exclude matches no file")
                .help("take it out; a folder with all that is in it is `folder/**`")
        };
        idle.map(note).collect()
    }

    fn expected(&self, input: &Input) -> Expected {
        if input.named {
            Expected::Export
        } else if input.repository.is_none() || self.exports.is_match(self.relative(input)) {
            Expected::Perhaps
        } else {
            Expected::OnlyEnveloped
        }
    }

    /// The systems in whose paths a file lies, by their places in the declaration.
    pub fn systems(&self, path: &str) -> Vec<usize> {
        self.systems.iter().filter(|(_, set)| set.is_match(path)).map(|(at, _)| *at).collect()
    }

    /// Whether a file is to be read as an export. `head` is its first window.
    fn is_document(&self, input: &Input, expected: Expected, head: &[u8]) -> bool {
        match self.plan.read_as {
            Some(ReadAs::Text) => return false,
            Some(ReadAs::Export) => return true,
            None => {}
        }
        let named_so = |words: &[&str]| {
            input.path.extension().and_then(|e| e.to_str()).is_some_and(|e| words.iter().any(|w| e.eq_ignore_ascii_case(w)))
        };
        let (yaml, json) = (named_so(&["yaml", "yml"]), named_so(&["json", "ndjson", "jsonl"]));
        // Outside repositories a file is looked at whatever its name is, if its first words are those of an export.
        let first = head.get(..4096).unwrap_or(head);
        let open = expected != Expected::OnlyEnveloped;
        // Source code and manuals speak of the fields of exports, too.
        let plain = input.path.extension().is_none() || named_so(&["txt", "log", "out", "http", "response", "dat", "bak"]);
        let looks = intake::looks_like_document(first, yaml) || (open && (json || (plain && intake::speaks_like_export(first))));
        if input.named {
            return looks || !self.scans;
        }
        // Most documents of a tree are none of an exchange: no structure is read of what has not the words.
        let beginning = head.get(..16 << 10).unwrap_or(head);
        looks && (head.len() <= 4096 || self.is_export_path(input) || intake::may_be_export(beginning))
    }

    /// Whether a file lies where the declaration says that exports stand.
    pub fn is_export_path(&self, input: &Input) -> bool {
        self.exports.is_match(self.relative(input))
    }

    /// Reads one input: as an export, as text to scan, or as both.
    pub fn read(&self, input: &Input, id: u32, detector: Option<&Detector>) -> ReadInput {
        // One buffer for all files that a thread reads: most of the time of a run is memory that is met for the first time.
        thread_local! {
            static BUFFER: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
        }
        BUFFER.with_borrow_mut(|buffer| {
            buffer.clear();
            buffer.reserve_exact(scan::WINDOW);
            let read = self.read_into(buffer, input, TextId(id), detector);
            // As much is read as there is room for: the same for each file.
            if buffer.capacity() > scan::WINDOW {
                *buffer = Vec::new();
            }
            read
        })
    }

    fn read_into(&self, buffer: &mut Vec<u8>, input: &Input, id: TextId, detector: Option<&Detector>) -> ReadInput {
        let expected = self.expected(input);
        let mut read = ReadInput::new(&input.shown);
        let stream = if let Some(content) = &input.content {
            Ok(Stream::bytes(content))
        } else if input.path.as_os_str() == "-" {
            match read_stdin() {
                Opened::Bytes(bytes) => *buffer = bytes,
                Opened::NotRead(why) => {
                    read.not_read = Some(why);
                    return read;
                }
                Opened::Other => {}
            }
            Ok(Stream::ended())
        } else {
            Stream::open(&input.path, input.named)
        };
        let filled = stream.and_then(|mut s| s.fill(buffer, scan::WINDOW).map(|()| s));
        let mut stream = match filled {
            Ok(stream) => stream,
            Err(why) => {
                read.not_read = Some(why);
                return read;
            }
        };
        read.opened = true;
        if !self.is_document(input, expected, buffer) {
            read.other = true;
            read.bytes = buffer.len() as u64;
            read.compressed = scan::compressed(buffer);
            if let Some(detector) = detector {
                let (scanned, failed) = scan::file(detector, stream, buffer, &input.shown);
                read.bytes = scanned.bytes;
                (read.scanned, read.not_read) = (scanned, failed);
            }
            return read;
        }
        let more = stream.fill(buffer, LARGEST as usize + 1);
        if let Err(why) = more {
            read.not_read = Some(why);
            return read;
        }
        if buffer.len() as u64 > LARGEST {
            read.not_read = Some("larger than 512 MB, the largest document that is read as a whole".into());
            if let Some(detector) = detector {
                read.scanned = scan::file(detector, stream, buffer, &input.shown).0;
            }
            return read;
        }
        read.bytes = buffer.len() as u64;
        self.document(input, id, expected, buffer.as_slice().to_vec(), detector, &mut read);
        read
    }

    fn document(&self, input: &Input, id: TextId, expected: Expected, buffer: Vec<u8>, detector: Option<&Detector>, read: &mut ReadInput) {
        let wide = (buffer.starts_with(&[0xff, 0xfe]) || buffer.starts_with(&[0xfe, 0xff])).then(|| buffer.clone());
        let (mut text, bad) = Text::decode(input.shown.clone(), buffer);
        let scan_as_text = |text: &Text| {
            let bytes = wide.as_deref().unwrap_or(text.content().as_bytes());
            detector.map(|d| scan::bytes(d, bytes, &input.shown)).unwrap_or_default()
        };
        if let Some(bad) = bad {
            read.scanned = scan_as_text(&text);
            text.hide_all();
            if expected == Expected::OnlyEnveloped || (!input.named && !self.is_export_path(input)) {
                read.other = true;
            } else if read.scanned.sightings.is_empty() {
                let place = Span::new(id, bad.offset, bad.offset + 1);
                let problem =
                    Problem::incomplete("not-text", place, "this is no text: the first bytes that are neither UTF-8 nor UTF-16 stand here");
                read.undecodable = Some(problem.help("save the exchange's answer as UTF-8"));
            }
            read.text = text;
            return;
        }
        let mut taken = intake::take(id, &text, self.relative(input), self.plan.exchange, expected);
        if taken.exports == 0 && !input.named && is_other_declaration(&text, id) {
            read.declaration = true;
            taken.problems.clear();
        }
        if taken.exports > 0 {
            read.scanned = detector.map(|d| scan::text(d, &sightings::unread(&taken, text.content()), &input.shown)).unwrap_or_default();
            read.taken = Some(taken);
            sightings::without_read(read);
        } else {
            read.scanned = scan_as_text(&text);
            // What is broken in a tree is somebody else's template; what a secret was found in was meant as text.
            let meant = input.named || self.is_export_path(input) || taken.near_miss;
            let found = read.scanned.sightings.iter().any(|s| s.parts.iter().any(|p| p.part != SecretPart::Key));
            if found {
                taken.problems.retain(|p| !matches!(p.code, "broken-document" | "unknown-document"));
            } else if !meant {
                let doubted = |p: &Problem| matches!(p.code, "broken-document" | "unknown-document" | "error-answer");
                let (doubtful, rest) = std::mem::take(&mut taken.problems).into_iter().partition(doubted);
                (read.doubtful, taken.problems) = (doubtful, rest);
            }
            if self.scans && input.named {
                for problem in taken.problems.iter_mut().filter(|p| p.code == "unknown-document") {
                    let help = problem.help.take().unwrap_or_default();
                    problem.help = Some(format!("{help}; `--as text` if it was meant as a file to scan"));
                }
            }
            read.taken = Some(taken);
        }
        let Some(taken) = &mut read.taken else { return };
        // Nothing is told of most documents: what no place leads to is not kept.
        let told = taken.exports > 0 || !taken.problems.is_empty() || !read.doubtful.is_empty();
        if !told && read.scanned.sightings.iter().all(|s| s.text.is_some()) {
            return;
        }
        for (start, end) in std::mem::take(&mut taken.hide) {
            text.hide(start, end);
        }
        for part in read.scanned.sightings.iter().filter(|s| s.text.is_none()).flat_map(|s| &s.parts) {
            text.hide(part.start, part.end);
        }
        if taken.hide_all {
            text.hide_all();
        }
        read.text = text;
    }
}

fn is_other_declaration(text: &Text, id: TextId) -> bool {
    let named = Path::new(text.path()).file_name().is_some_and(|n| n == "keylint.yaml");
    named && crate::document::documents(id, text.content()).nodes.first().is_some_and(intake::is_declaration)
}

/// What is told in one line for many files.
#[derive(Default)]
pub(super) struct Counts {
    other: usize,
    unknown: usize,
    look_alike: usize,
    config: usize,
    declarations: Vec<String>,
}

impl Counts {
    pub fn add(&mut self, read: &ReadInput) {
        self.other += usize::from(read.other);
        if read.declaration {
            self.declarations.push(read.text.path().to_owned());
        } else if let Some(taken) = &read.taken {
            self.look_alike += usize::from(taken.looks_like_export);
            self.unknown += usize::from(taken.unknown && !taken.looks_like_export && taken.problems.is_empty());
        }
    }

    pub fn tell(self, plan: &Plan, scans: bool, coverage: &mut Coverage, problems: &mut Vec<Problem>) {
        let under = plan.paths.first().map_or_else(|| ".".to_owned(), |p| shown(p, &plan.working));
        let files = |n: usize, one: &str, many: &str| if n == 1 { format!("1 file {one}") } else { format!("{n} files {many}") };
        let mut aside = |reason: String| coverage.left_out.push(Aside { path: under.clone(), reason });
        if self.other > 0 && !scans {
            aside(files(self.other, "is neither JSON nor YAML: no export", "are neither JSON nor YAML: no exports"));
        }
        if self.unknown > 0 && !scans {
            aside(files(
                self.unknown,
                "is a document, and no export of an exchange that keylint knows",
                "are documents, and no exports of an exchange that keylint knows",
            ));
        }
        if self.look_alike > 0 {
            let reason = files(self.look_alike, "looks like an export and was not audited", "look like exports and were not audited");
            aside(reason.clone());
            let note = Problem::note("exports-not-audited", None, reason);
            problems.push(
                note.help(
                    "in a repository, exports stand in envelopes or under the declaration's `exports:` globs; name a file to audit it",
                ),
            );
        }
        for path in self.declarations {
            coverage.left_out.push(Aside { path, reason: "another declaration: not used".into() });
        }
    }
}
