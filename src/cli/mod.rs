//! The command line: flags exactly as typed, and the commands that they lead to.

mod baseline;
mod completions;
mod exchanges;
mod explain;
mod hook;
mod init;
mod outputs;
mod progress;
mod radius;
mod respond;
mod rules;
mod tighten;
mod why;
mod wrap;

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::discover::shown;
use crate::finding::Severity;
use crate::model::Exchange;
use crate::model::time::Time;
use crate::plan::{Look, Plan, ReadAs};
use crate::report::{self, Format, human, keys, schema};
use crate::run;
use crate::text::{Texts, clean, nearest};

/// keylint: what can be lost if an exchange API key leaks, and what must change so that it can't.
#[derive(Parser)]
#[command(name = "keylint", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 the run could not be completed, 3 nothing to look at.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Audit exported key settings against the declaration and the rules, and find secrets in plaintext
    Check(Check),
    /// List what was read, before any judgement
    Keys(Keys),
    /// Say what a leak of each key costs, and which changes take how much of it away
    Radius(radius::Radius),
    /// Write what to do about a suspected leak of one key, in order
    Respond(respond::Respond),
    /// Print the smallest settings of a key that still do its declared work, and what they would stop
    Tighten(tighten::Tighten),
    /// Draft a declaration from exports
    Init(init::Init),
    /// Print a rule as a person would read it, or why something on a line of a file is a finding or is none
    Explain {
        /// The rule's id, or a line
        #[arg(value_name = "RULE|FILE:LINE")]
        rule: String,
        /// A folder with rules of your own: DIR/<family>/<rule-id>.yaml
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
    /// List the rules, or run their examples
    Rules(rules::Rules),
    /// Write, bring up to date or check a file of known findings
    Baseline(baseline::Known),
    /// List the exchanges and what their answers state, or print how to export from one
    Exchanges(exchanges::Exchanges),
    /// Wrap an exchange's answer for `check`: with the time, and without its secrets
    Wrap(wrap::Wrap),
    /// Print a JSON Schema; of the declaration, where nothing is named
    Schema {
        /// Of what
        #[arg(value_enum)]
        of: Option<schema::Of>,
    },
    /// Have git check every commit before it is made
    Hook(hook::Hook),
    /// Write what a shell completes, or the page of the manual
    Completions {
        /// For which shell, or the manual
        #[arg(value_enum, value_name = "SHELL")]
        of: completions::For,
    },
}

/// What every command that reads exports takes.
#[derive(Args)]
struct Reading {
    /// Files and folders to read; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// The declaration [default: keylint.yaml in the working folder or, in a repository, above it]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The exchange that the exports are from
    #[arg(long, value_name = "NAME", value_parser = exchange)]
    exchange: Option<Exchange>,
    /// Let inputs that were not read leave the exit code 0 or 1
    #[arg(long)]
    allow_incomplete: bool,
    /// The time of the check, as RFC 3339 [default: the clock]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Time>,
}

/// Which part of a repository is looked into, for commands that can.
#[derive(Args)]
struct Looking {
    /// Look for secrets in everything that a reference leads to, and in messages
    #[arg(long, conflicts_with_all = ["range"])]
    history: bool,
    /// Look for secrets in what commits change: those that lead to B and not to A
    #[arg(long, value_name = "A..B", value_parser = range, conflicts_with_all = ["since"])]
    range: Option<(String, String)>,
    /// Look for secrets in what commits since a time change
    #[arg(long, value_name = "DATE", value_parser = time)]
    since: Option<Time>,
    /// With --history: what is stashed, too
    #[arg(long, requires = "history", conflicts_with = "since")]
    stashes: bool,
    /// With --history: what references were before, too
    #[arg(long, requires = "history", conflicts_with = "since")]
    reflog: bool,
    /// Take declaration, baseline and rules from a revision [default with --staged: HEAD; with --range: A]
    #[arg(long, value_name = "REV")]
    config_from: Option<String>,
}

impl Looking {
    fn look(self) -> Look {
        match (self.range, self.since, self.history) {
            (Some((from, to)), _, _) => Look::Range(from, to),
            (_, Some(since), _) => Look::Since(since),
            (_, _, true) => Look::History { stashes: self.stashes, reflog: self.reflog },
            _ => Look::Files,
        }
    }
}

#[derive(Args)]
struct Check {
    #[command(flatten)]
    reading: Reading,
    /// Check what the next commit changes: the index, not the files
    #[arg(long, conflicts_with_all = ["history", "range", "since"])]
    staged: bool,
    #[command(flatten)]
    looking: Looking,
    /// A folder with rules of your own: DIR/<family>/<rule-id>.yaml
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// The format on standard output
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Write a report to a file too: FORMAT=PATH
    #[arg(long, value_name = "FORMAT=PATH", value_parser = outputs::parse)]
    output: Vec<(Format, PathBuf)>,
    /// The severity from which findings fail the run [default: high, or as declared]
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    fail_on: Option<Severity>,
    /// Let checks that were not possible make the run incomplete
    #[arg(long)]
    strict: bool,
    /// What the named files are [default: what they look like]
    #[arg(long = "as", value_enum, value_name = "WHAT", conflicts_with_all = ["staged", "history", "range", "since"])]
    read_as: Option<ReadAs>,
    /// Leave out files that git ignores
    #[arg(long, conflicts_with_all = ["staged", "history", "range", "since"])]
    respect_gitignore: bool,
    /// Findings that are known: a file that `keylint baseline create` wrote
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Let no comment, no baseline and no exclude suppress a finding
    #[arg(long)]
    no_suppress: bool,
    /// List findings that are suppressed
    #[arg(long)]
    show_suppressed: bool,
    /// End with 0 where findings alone would make it 1
    #[arg(long)]
    exit_zero: bool,
}

#[derive(Args)]
struct Keys {
    #[command(flatten)]
    reading: Reading,
    /// The format
    #[arg(long, value_enum, default_value = "human")]
    format: KeysFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum KeysFormat {
    /// A table
    Human,
    /// The versioned document for other programs
    Json,
}

fn exchange(name: &str) -> Result<Exchange, String> {
    Exchange::parse(name).ok_or_else(|| {
        let ids: Vec<_> = Exchange::ALL.iter().map(|e| e.id()).collect();
        nearest(name, &ids).map_or_else(|| format!("one of {}", ids.join(", ")), |n| format!("did you mean `{n}`?"))
    })
}

fn time(text: &str) -> Result<Time, String> {
    Time::parse(text).map_err(|e| e.to_string())
}

/// Two revisions; a missing end is the head.
fn range(text: &str) -> Result<(String, String), String> {
    if text.contains("...") {
        return Err("write two dots: A..B is what leads to B and not to A".into());
    }
    let (from, to) = text.split_once("..").ok_or("write A..B, such as origin/main..HEAD")?;
    if to.contains("..") || (from.is_empty() && to.is_empty()) {
        return Err("write A..B, such as origin/main..HEAD".into());
    }
    let or_head = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
    Ok((or_head(from), or_head(to)))
}

fn severity(text: &str) -> Result<Severity, String> {
    let found = Severity::WORST_FIRST.into_iter().find(|s| s.id() == text);
    found.ok_or_else(|| format!("one of {}", Severity::WORST_FIRST.map(Severity::id).join(", ")))
}

impl Reading {
    fn plan(self) -> io::Result<Plan> {
        let plan = Plan::new(self.paths, std::env::current_dir()?, self.now.unwrap_or_else(Time::this_second));
        Ok(Plan { config: self.config, exchange: self.exchange, allow_incomplete: self.allow_incomplete, ..plan })
    }
}

/// Does what the command line says and returns the exit code. A mistake of keylint's own is told by its place alone, because
/// what it was about may be a secret, and the run was not completed.
pub fn main() -> u8 {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|l| {
            let file: Vec<&str> = l.file().rsplit(['/', '\\']).take(3).collect();
            format!("{}:{}", file.into_iter().rev().collect::<Vec<_>>().join("/"), l.line())
        });
        writeln!(io::stderr(), "keylint: a mistake of its own, at {}: the run was not completed", place.unwrap_or_default()).ok();
    }));
    guarded(parsed)
}

/// What something comes to; 2 where it does not come to its end.
fn guarded(run: impl FnOnce() -> u8 + std::panic::UnwindSafe) -> u8 {
    std::panic::catch_unwind(run).unwrap_or(2)
}

fn parsed() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; all else is usage.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return if error.print().is_ok() { code } else { 2 };
        }
    };
    match run(cli.command) {
        Ok(code) => code,
        // A reader that went away (`| head`) is no reason for a message.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 2,
        Err(error) => {
            // Where standard error is closed too, the exit code is all that is left to say it with.
            writeln!(io::stderr(), "keylint: {}", clean(&error.to_string())).ok();
            2
        }
    }
}

fn run(command: Command) -> io::Result<u8> {
    // Only the report for a person may hold colours; it is written with or without them, as the terminal wants it.
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let code = match command {
        Command::Check(check) => run_check(check, &mut out)?,
        Command::Keys(list) => run_keys(list, &mut out)?,
        Command::Radius(asked) => radius::run(asked, &mut out)?,
        Command::Respond(leak) => respond::run(leak, &mut out)?,
        Command::Tighten(asked) => tighten::run(asked, &mut out)?,
        Command::Init(draft) => init::run(draft, &mut out)?,
        Command::Explain { rule, rules } => match why::place(&rule) {
            Some((path, line)) => why::run(&path, line, rules, &mut out)?,
            None => explain::run(&rule, rules, &mut out)?,
        },
        Command::Rules(rules) => rules::run(&rules, &mut out)?,
        Command::Baseline(known) => baseline::run(known, &mut out)?,
        Command::Exchanges(asked) => exchanges::run(&asked, &mut out)?,
        Command::Wrap(asked) => wrap::run(asked, &mut out)?,
        Command::Schema { of } => {
            serde_json::to_writer_pretty(&mut out, &schema::schema(of)).map_err(io::Error::from)?;
            writeln!(out)?;
            0
        }
        Command::Hook(hook) => hook::run(&hook, &mut out)?,
        Command::Completions { of } => completions::run(of, &mut out)?,
    };
    out.flush()?;
    Ok(code)
}

/// How the terminal wants it: colour and drawing characters only where a person looks.
fn style(show_suppressed: bool) -> human::Style {
    let terminal = io::stdout().is_terminal();
    let colour = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let width = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).filter(|w| (40..=400).contains(w));
    let unicode = terminal
        || ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()))
            .is_some_and(|l| l.to_ascii_lowercase().contains("utf"));
    human::Style { colour, width: width.unwrap_or(100), unicode, show_suppressed }
}

fn run_check(check: Check, out: &mut dyn Write) -> io::Result<u8> {
    let mut plan = check.reading.plan()?;
    plan.config_from.clone_from(&check.looking.config_from);
    plan.look = if check.staged { Look::Staged } else { check.looking.look() };
    plan.rules = check.rules;
    plan.read_as = check.read_as;
    plan.respect_gitignore = check.respect_gitignore;
    plan.no_suppress = check.no_suppress;
    plan.baseline = check.baseline;
    plan.fail_on = check.fail_on;
    plan.strict = check.strict;
    plan.exit_zero = check.exit_zero;
    outputs::check(&check.output, &plan)?;
    let outcome = progress::watched(&plan.progress, || run::check(&plan));
    let plain = human::Style { colour: false, width: 100, unicode: true, show_suppressed: check.show_suppressed };
    for (format, path) in &check.output {
        let mut bytes = Vec::new();
        report::write(*format, &outcome, &plain, &mut bytes)?;
        outcome.guard.clean(&mut bytes);
        outputs::save(&plan.working.join(path), &bytes)
            .map_err(|e| io::Error::other(format!("the report {} was not written: {e}", shown(path, &plan.working))))?;
    }
    let mut bytes = Vec::new();
    report::write(check.format, &outcome, &style(check.show_suppressed), &mut bytes)?;
    outcome.guard.clean(&mut bytes);
    out.write_all(&bytes)?;
    Ok(outcome.exit)
}

fn run_keys(list: Keys, out: &mut dyn Write) -> io::Result<u8> {
    let plan = list.reading.plan()?;
    let gathered = run::read(&plan, Texts::default());
    let code = run::exit_of_reading(&plan, &gathered);
    let texts = gathered.texts.into_shown();
    let listing = keys::Listing {
        inventory: &gathered.inventory,
        problems: &gathered.problems,
        coverage: &gathered.coverage,
        texts: &texts,
        as_of: plan.now,
    };
    match list.format {
        KeysFormat::Json => keys::write_json(&listing, out)?,
        KeysFormat::Human => {
            keys::write_table(&listing, out)?;
            tell(&gathered.problems, &texts)?;
            if gathered.nothing {
                writeln!(io::stderr(), "keylint: there is no export in what was named")?;
            }
        }
    }
    Ok(code)
}

/// Problems of commands whose output is no report, on standard error.
fn tell(problems: &[crate::problem::Problem], texts: &crate::text::Shown) -> io::Result<()> {
    told(problems, texts, &mut io::stderr().lock())
}

/// The same into anything.
fn told(problems: &[crate::problem::Problem], texts: &crate::text::Shown, out: &mut dyn Write) -> io::Result<()> {
    for problem in problems {
        let at = problem.place.and_then(|s| Some((texts.get(s.text)?, s)));
        let at = at.map(|(t, s)| {
            let p = t.position(s.start);
            format!("{}:{}:{}: ", t.name(), p.line, p.column)
        });
        let help = problem.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        writeln!(out, "{}{}{}", at.unwrap_or_default(), clean(&problem.message), clean(&help))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_mistake_of_its_own_ends_with_2() {
        assert_eq!(super::guarded(|| 1), 1);
        let nothing: &[u8] = &[];
        assert_eq!(super::guarded(|| *nothing.first().expect("a mistake")), 2);
    }
}
