//! What belongs to a run and how it is read: named paths always, walked ones by the declaration's globs and excludes, and
//! what is told in one line for many files.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::Coverage;
use crate::discover::{Aside, Input, Opened, open, read_stdin, shown};
use crate::intake::{self, Expected, Taken};
use crate::model::time::Time;
use crate::plan::{Config, Plan, is_misnamed};
use crate::problem::Problem;
use crate::text::{Span, Text};

/// What was read of one input.
pub(super) struct ReadInput {
    pub text: Text,
    pub bytes: u64,
    pub taken: Option<Taken>,
    pub not_read: Option<String>,
    pub undecodable: Option<Problem>,
    /// Neither JSON nor YAML.
    other: bool,
    /// Another declaration, which is not used.
    declaration: bool,
}

/// What belongs to the run, and how it is read.
pub(super) struct Scope<'p> {
    plan: &'p Plan,
    config: Option<&'p Config>,
    exports: GlobSet,
    exclude: Vec<(GlobSet, String)>,
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

impl<'p> Scope<'p> {
    pub fn new(plan: &'p Plan, config: Option<&'p Config>, problems: &mut Vec<Problem>) -> Self {
        let declared = config.and_then(|c| c.declaration.exports.as_ref());
        let exports = match declared {
            Some(globs) => glob_set(globs.iter().map(|g| (g.value.as_str(), Some(g.span))), problems),
            None => glob_set([("exports/**", None), ("**/*.export.json", None)].into_iter(), problems),
        };
        let mut exclude = Vec::new();
        for rule in config.iter().flat_map(|c| &c.declaration.policy.exclude) {
            let until = rule.until.as_ref().and_then(|u| Time::parse(&u.value).ok());
            if until.is_some_and(|u| u <= plan.now) {
                let place = rule.until.as_ref().map(|u| u.span);
                problems.push(
                    Problem::note("exclude-expired", place, "this exclude has expired: its paths are read again")
                        .help("take it out, or give it a new date and a reason"),
                );
                continue;
            }
            let set = glob_set([(rule.path.value.as_str(), Some(rule.path.span))].into_iter(), problems);
            exclude.push((set, format!("excluded in the declaration: {}", rule.reason.value)));
        }
        Self { plan, config, exports, exclude }
    }

    /// The path of an input relative to the folder of the declaration.
    fn relative(&self, input: &Input) -> String {
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
        if is_misnamed(&input.path, self.plan) {
            return false;
        }
        let path = self.relative(input);
        match self.exclude.iter().find(|(set, _)| set.is_match(&path)) {
            Some((_, reason)) => {
                left_out.push(Aside { path: input.shown.clone(), reason: reason.clone() });
                false
            }
            None => true,
        }
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

    pub fn read(&self, input: &Input, id: u32) -> ReadInput {
        let id = crate::text::TextId(id);
        let named_so = |words: &[&str]| {
            input.path.extension().and_then(|e| e.to_str()).is_some_and(|e| words.iter().any(|w| e.eq_ignore_ascii_case(w)))
        };
        let (yaml, json) = (named_so(&["yaml", "yml"]), named_so(&["json", "ndjson", "jsonl"]));
        let expected = self.expected(input);
        // Outside repositories a file is looked at whatever its name is, if its first words are those of an export.
        let wanted = |head: &[u8]| {
            let open = expected != Expected::OnlyEnveloped;
            input.named || intake::looks_like_document(head, yaml) || (open && (json || intake::speaks_like_export(head)))
        };
        let opened = if input.path.as_os_str() == "-" { read_stdin() } else { open(&input.path, input.named, wanted) };
        let mut read = ReadInput {
            text: Text::known(input.shown.as_str(), ""),
            bytes: 0,
            taken: None,
            not_read: None,
            undecodable: None,
            other: false,
            declaration: false,
        };
        let bytes = match opened {
            Opened::Bytes(bytes) => bytes,
            Opened::Other => {
                read.other = true;
                return read;
            }
            Opened::NotRead(why) => {
                read.not_read = Some(why);
                return read;
            }
        };
        read.bytes = bytes.len() as u64;
        let (mut text, bad) = Text::decode(input.shown.clone(), bytes);
        if let Some(bad) = bad {
            text.hide_all();
            if expected == Expected::OnlyEnveloped {
                read.other = true;
            } else {
                let place = Span::new(id, bad.offset, bad.offset + 1);
                let problem =
                    Problem::incomplete("not-text", place, "this is no text: the first bytes that are neither UTF-8 nor UTF-16 stand here");
                read.undecodable = Some(problem.help("save the exchange's answer as UTF-8"));
            }
            read.text = text;
            return read;
        }
        let mut taken = intake::take(id, &text, self.relative(input), self.plan.exchange, expected);
        if taken.exports == 0 && !input.named && is_other_declaration(&text, id) {
            read.declaration = true;
            taken.problems.clear();
        }
        for (start, end) in std::mem::take(&mut taken.hide) {
            text.hide(start, end);
        }
        if taken.hide_all {
            text.hide_all();
        }
        read.text = text;
        read.taken = Some(taken);
        read
    }
}

fn is_other_declaration(text: &Text, id: crate::text::TextId) -> bool {
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

    pub fn tell(self, plan: &Plan, coverage: &mut Coverage, problems: &mut Vec<Problem>) {
        let under = plan.paths.first().map_or_else(|| ".".to_owned(), |p| shown(p, &plan.working));
        let files = |n: usize, one: &str, many: &str| if n == 1 { format!("1 file {one}") } else { format!("{n} files {many}") };
        let mut aside = |reason: String| coverage.left_out.push(Aside { path: under.clone(), reason });
        if self.other > 0 {
            aside(files(self.other, "is neither JSON nor YAML: no export", "are neither JSON nor YAML: no exports"));
        }
        if self.unknown > 0 {
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
