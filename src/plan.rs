//! What the user means: flags, resolved. The declaration and the rules are loaded here, and whatever is wrong with them
//! is a problem with a place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::base::Base;
use crate::declaration::Declaration;
use crate::discover::{Opened, repository_of, shown};
use crate::finding::Severity;
use crate::model::time::Time;
use crate::model::{Exchange, KeyId};
use crate::problem::{Problem, Weight};
use crate::rules::Rulebook;
use crate::secrets::Catalogue;
use crate::text::{Span, Text, TextId, Texts, quotable};

/// Which part of a repository is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// None: files and folders as they are.
    #[default]
    Files,
    /// What the next commit changes.
    Staged,
    /// Everything that a reference leads to.
    History {
        /// What is stashed, too.
        stashes: bool,
        /// What references were before, too.
        reflog: bool,
    },
    /// What the commits between two revisions change: those that lead to the second and not to the first.
    Range(String, String),
    /// What the commits since a time change.
    Since(Time),
}

/// What is to be done.
pub struct Plan {
    /// What to read; `.` where nothing was named.
    pub paths: Vec<PathBuf>,
    /// The working folder.
    pub working: PathBuf,
    /// Which part of a repository is looked at, where it is none of its files.
    pub look: Look,
    /// The revision whose declaration, baseline and rules count, where one was named.
    pub config_from: Option<String>,
    /// The declaration, where one was named.
    pub config: Option<PathBuf>,
    /// A folder with rules of the user's.
    pub rules: Option<PathBuf>,
    /// The exchange whose exports are read, where the user named one.
    pub exchange: Option<Exchange>,
    /// What the named files are, where the user says so.
    pub read_as: Option<ReadAs>,
    /// Whether files that git ignores are left out.
    pub respect_gitignore: bool,
    /// Whether nothing that suppresses a finding counts.
    pub no_suppress: bool,
    /// The baseline, where one was named.
    pub baseline: Option<PathBuf>,
    /// The severity from which a run fails, where the user named one.
    pub fail_on: Option<Severity>,
    /// Whether checks that were not possible make the run incomplete.
    pub strict: bool,
    /// Whether findings leave the exit code 0.
    pub exit_zero: bool,
    /// Whether inputs that were not read leave the exit code 0 or 1.
    pub allow_incomplete: bool,
    /// The time of the check.
    pub now: Time,
    /// How far it has come, for who watches.
    pub progress: Progress,
}

impl Plan {
    /// A plan for some paths, with nothing asked for beyond that.
    pub fn new(paths: Vec<PathBuf>, working: PathBuf, now: Time) -> Self {
        Self {
            paths,
            working,
            look: Look::Files,
            config_from: None,
            config: None,
            rules: None,
            exchange: None,
            read_as: None,
            respect_gitignore: false,
            no_suppress: false,
            baseline: None,
            fail_on: None,
            strict: false,
            exit_zero: false,
            allow_incomplete: false,
            now,
            progress: Progress::default(),
        }
    }
}

/// How many files of a run are done, for who watches it from another thread.
#[derive(Clone, Default)]
pub struct Progress(Arc<(AtomicUsize, AtomicUsize)>);

impl Progress {
    /// So many files there are.
    pub fn start(&self, files: usize) {
        self.0.0.store(files, Ordering::Relaxed);
    }
    /// One more is done.
    pub fn step(&self) {
        self.0.1.fetch_add(1, Ordering::Relaxed);
    }
    /// How many there are, and how many are done.
    pub fn read(&self) -> (usize, usize) {
        (self.0.0.load(Ordering::Relaxed), self.0.1.load(Ordering::Relaxed))
    }
}

/// What files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReadAs {
    /// Answers of an exchange about its keys
    Export,
    /// Text to scan for secrets
    Text,
}

/// A declaration in use.
pub struct Config {
    /// What it says.
    pub declaration: Declaration,
    /// The name it is reported under.
    pub shown: String,
    /// Where it stands.
    pub path: PathBuf,
    /// The folder that its paths are relative to.
    pub folder: PathBuf,
    /// Its text.
    pub text: TextId,
}

/// Other names that people give to the declaration.
const MISNAMED: [&str; 6] = [".keylint.yaml", "keylint.yml", ".keylint.yml", "keylint.toml", ".keylint.toml", "keylint.json"];

/// Whether a file is one that [`load_config`] has told about: it stands where the declaration is looked for, under another
/// name.
pub fn is_misnamed(path: &Path, plan: &Plan) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
    plan.config.is_none() && MISNAMED.contains(&name) && path.parent().is_some_and(|folder| places(plan).contains(&folder))
}

/// Where the declaration is looked for, nearest first.
fn places(plan: &Plan) -> Vec<&Path> {
    let top = repository_of(&plan.working).unwrap_or_else(|| plan.working.clone());
    plan.working.ancestors().take_while(|f| f.starts_with(&top)).collect()
}

/// Finds and reads the declaration: the one that was named, else `keylint.yaml` in the working folder or the nearest
/// folder above it, up to the root of the repository. Without a repository only the working folder counts.
pub fn load_config(plan: &Plan, base: &Base, texts: &mut Texts, problems: &mut Vec<Problem>) -> Option<Config> {
    let path = match &plan.config {
        Some(path) => plan.working.join(path),
        None => {
            let folders = places(plan);
            for folder in &folders {
                for name in MISNAMED {
                    if base.exists(&folder.join(name)) {
                        let id = texts.add(Text::known(shown(&folder.join(name), &plan.working), ""));
                        let problem = Problem::incomplete("declaration-misnamed", Span::new(id, 0, 0), "this file was not read");
                        problems.push(problem.help("did you mean `keylint.yaml`? The declaration has that name alone"));
                    }
                }
            }
            folders.iter().map(|f| f.join("keylint.yaml")).find(|p| base.exists(p))?
        }
    };
    let name = shown(&path, &plan.working);
    let bytes = match base.open(&path, plan.config.is_some()) {
        Opened::Bytes(bytes) => bytes,
        Opened::NotRead(why) => {
            let id = texts.add(Text::known(name, ""));
            problems.push(Problem::fatal(
                "declaration-unreadable",
                Some(Span::new(id, 0, 0)),
                format!("the declaration cannot be read: {why}"),
            ));
            return None;
        }
        Opened::Other => return None,
    };
    let (mut text, undecodable) = Text::decode(name.clone(), bytes);
    if let Some(commit) = base.commit(&path) {
        text.set_commit(&commit);
    }
    read_config(path, name, text, undecodable.map(|b| b.offset), texts, problems)
}

/// Reads the text of a declaration.
pub fn read_config(
    path: PathBuf,
    name: String,
    text: Text,
    undecodable: Option<u32>,
    texts: &mut Texts,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    let id = texts.add(text);
    if let Some(bad) = undecodable {
        let place = Span::new(id, bad, bad + 1);
        problems.push(Problem::fatal("not-text", Some(place), "the declaration is no UTF-8 text: the first byte that is none stands here"));
        return None;
    }
    let text = texts.get_mut(id)?;
    match Declaration::read(id, text.content()) {
        Ok(declaration) => {
            hide_ids(text, &declaration);
            let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
            Some(Config { declaration, shown: name, path, folder, text: id })
        }
        Err(wrong) => {
            hide_values(text);
            problems.extend(wrong);
            None
        }
    }
}

/// Hides what a declaration says of keys and secrets beyond what reports show of them: of ids all but their ends, and how
/// a secret is found.
fn hide_ids(text: &mut Text, declaration: &Declaration) {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for entry in declaration.keys.iter().map(|k| &k.value) {
        for reference in [&entry.key, &entry.replaces, &entry.backup_for].into_iter().flatten() {
            let words = text.slice(reference.span);
            let Some((_, id)) = crate::declaration::key_reference(&reference.value) else { continue };
            let Some(at) = words.find(id) else {
                ranges.push((reference.span.start, reference.span.end));
                continue;
            };
            let (from, length) = (reference.span.start + at as u32, id.len() as u32);
            let keep = KeyId::kept(id.chars().count()) as u32;
            if !KeyId(id.to_owned()).is_masked() || length > 2 * keep {
                ranges.push((from + keep, (from + length).saturating_sub(keep)));
            }
        }
        if let Some(reference) = entry.secret.as_ref().and_then(|s| s.reference.as_ref()) {
            ranges.push((reference.span.start, reference.span.end));
        }
    }
    for (from, to) in ranges {
        text.hide(from, to);
    }
}

/// Hides words of a broken declaration that could be ids or secrets: it should hold none, and a mistake may have put one
/// there.
fn hide_values(text: &mut Text) {
    let mut ranges = Vec::new();
    let mut start = 0;
    for (i, c) in text.content().char_indices().chain([(text.content().len(), ' ')]) {
        if c.is_whitespace() || "\"',:[]{}".contains(c) {
            let word = text.content().get(start..i).unwrap_or("");
            let mixed = word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(|c| c.is_ascii_alphabetic());
            let alphabet = word.chars().all(|c| c.is_ascii_alphanumeric() || "+/=_-*\u{2026}".contains(c));
            if word.len() >= 12 && ((mixed && alphabet) || quotable(word) == "this name") {
                ranges.push((start as u32, i as u32));
            }
            start = i + c.len_utf8();
        }
    }
    for (from, to) in ranges {
        text.hide(from, to);
    }
}

/// Loads the built-in rules and the user's. Nothing where a rule is wrong.
pub fn load_rules(plan: &Plan, base: &Base, texts: &mut Texts, problems: &mut Vec<Problem>) -> Option<Rulebook> {
    let before = problems.len();
    let mut book = match Rulebook::built_in(texts) {
        Ok(book) => book,
        Err(misfit) => {
            problems.push(rule_problem(misfit));
            return None;
        }
    };
    if let Some(folder) = &plan.rules {
        for (path, name) in rule_files(plan, base, &plan.working.join(folder), texts, problems) {
            if is_shape_file(&path) {
                continue;
            }
            let Some((text, source)) = read_rule(base, &path, &name, texts, problems) else { continue };
            if let Err(misfit) = book.add(&stem(path.parent()), &stem(Some(&path)), text, &source) {
                problems.push(rule_problem(misfit));
            }
        }
    }
    if let Err(misfit) = book.finish() {
        problems.push(rule_problem(misfit));
    }
    (problems.len() == before).then_some(book)
}

fn stem(path: Option<&Path>) -> String {
    path.and_then(Path::file_stem).map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_shape_file(path: &Path) -> bool {
    stem(path.parent()) == "secrets"
}

/// Loads what credentials look like: the built-in shapes, and the user's under `DIR/secrets/`. One with the id of a
/// built-in one is asked before it.
pub fn load_shapes(plan: &Plan, base: &Base, texts: &mut Texts, problems: &mut Vec<Problem>) -> Arc<Catalogue> {
    let Some(folder) = &plan.rules else { return Catalogue::built_in() };
    // What is wrong with the folder itself has been told with the rules.
    let files = rule_files(plan, base, &plan.working.join(folder), &mut Texts::default(), &mut Vec::new());
    let own: Vec<(PathBuf, String)> = files.into_iter().filter(|(path, _)| is_shape_file(path)).collect();
    if own.is_empty() {
        return Catalogue::built_in();
    }
    let mut catalogue = Catalogue::with_built_in();
    for (path, name) in own {
        let Some((text, source)) = read_rule(base, &path, &name, texts, problems) else { continue };
        if let Err(misfit) = catalogue.add(&stem(Some(&path)), text, &source) {
            problems.push(rule_problem(misfit));
        }
    }
    Arc::new(catalogue)
}

/// The rule files of a folder: `<family>/<id>.yaml`.
fn rule_files(plan: &Plan, base: &Base, folder: &Path, texts: &mut Texts, problems: &mut Vec<Problem>) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut wrong = |name: &str, message: &str, problems: &mut Vec<Problem>| {
        let id = texts.add(Text::known(name, ""));
        problems
            .push(Problem::fatal("rules-folder", Some(Span::new(id, 0, 0)), message).help("rules stand in FOLDER/<family>/<rule-id>.yaml"));
    };
    let Some(found) = base.files(folder, &plan.working) else {
        wrong(&shown(folder, &plan.working), "the folder of rules cannot be read", problems);
        return files;
    };
    for (path, name) in found {
        let depth = path.strip_prefix(folder).map_or(0, |p| p.components().count());
        match path.extension().and_then(|e| e.to_str()) {
            Some("yaml") if depth == 2 => files.push((path, name)),
            Some("yaml" | "yml") => wrong(&name, "this is not where a rule is looked for", problems),
            _ => {}
        }
    }
    if files.is_empty() && problems.is_empty() {
        wrong(&shown(folder, &plan.working), "there is no rule in this folder", problems);
    }
    files
}

fn read_rule(base: &Base, path: &Path, name: &str, texts: &mut Texts, problems: &mut Vec<Problem>) -> Option<(TextId, String)> {
    match base.open(path, false) {
        Opened::Bytes(bytes) => {
            let (text, bad) = Text::decode(name.to_owned(), bytes);
            let source = text.content().to_owned();
            let id = texts.add(text);
            if let Some(bad) = bad {
                let place = Span::new(id, bad.offset, bad.offset + 1);
                problems.push(Problem::fatal(
                    "not-text",
                    Some(place),
                    "the rule is no UTF-8 text: the first byte that is none stands here",
                ));
                return None;
            }
            Some((id, source))
        }
        Opened::NotRead(why) => {
            let id = texts.add(Text::known(name, ""));
            problems.push(Problem::fatal("rule-unreadable", Some(Span::new(id, 0, 0)), format!("the rule cannot be read: {why}")));
            None
        }
        Opened::Other => None,
    }
}

/// A mistake in a rule as a problem.
fn rule_problem(misfit: crate::document::Misfit) -> Problem {
    let mut problem = Problem::fatal("rule-wrong", Some(misfit.span), misfit.message);
    problem.help = misfit.help;
    problem
}

/// Rules that the policy tunes and that do not exist.
pub fn check_tuned_rules(config: Option<&Config>, book: &Rulebook, problems: &mut Vec<Problem>) {
    let ids: Vec<&str> = book.rules.iter().map(|r| r.id.as_str()).collect();
    for rule in config.iter().flat_map(|c| c.declaration.policy.rules.keys()) {
        if !ids.contains(&rule.value.as_str()) {
            problems.push(rule_problem(crate::rules::condition::unknown(rule.span, &rule.value, &ids)));
        }
    }
}

/// Whether a problem ends the run before anything is read.
pub fn is_fatal(problems: &[Problem]) -> bool {
    problems.iter().any(|p| p.weight == Weight::Fatal)
}
