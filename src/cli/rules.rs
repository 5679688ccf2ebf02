//! `keylint rules`: the list, and the proof.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::tell;
use crate::base::Base;
use crate::model::time::Time;
use crate::plan::{Plan, load_rules};
use crate::proof::{all, run as run_example};
use crate::rules::{Rule, Rulebook, embedded_source, examples};
use crate::text::{Texts, clean};

/// What is done with the rules.
#[derive(Args)]
pub struct Rules {
    #[command(subcommand)]
    what: Option<What>,
    /// A folder with rules of your own, listed too: DIR/<family>/<rule-id>.yaml
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// Run the examples of the rules: the built-in ones, or those of a folder
    Test {
        /// A folder with rules: DIR/<family>/<rule-id>.yaml
        #[arg(value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// A plan of which only the folder of rules matters.
pub fn plan_of(dir: Option<PathBuf>) -> io::Result<Plan> {
    Ok(Plan { rules: dir, ..Plan::new(Vec::new(), std::env::current_dir()?, Time::this_second()) })
}

/// The rules with those of a folder; nothing, and the reasons told, where one is wrong.
pub fn load(dir: Option<PathBuf>, texts: &mut Texts) -> io::Result<Option<Rulebook>> {
    let plan = plan_of(dir)?;
    let mut problems = Vec::new();
    let book = load_rules(&plan, &Base::Disk, texts, &mut problems);
    if !problems.is_empty() {
        tell(&problems, &std::mem::take(texts).into_shown())?;
    }
    Ok(book)
}

/// Runs the command.
///
/// # Errors
/// Where output cannot be written.
pub fn run(rules: &Rules, out: &mut dyn Write) -> io::Result<u8> {
    match &rules.what {
        None => list(rules.rules.clone(), out),
        Some(What::Test { dir }) => test(dir.clone().or_else(|| rules.rules.clone()), out),
    }
}

fn list(dir: Option<PathBuf>, out: &mut dyn Write) -> io::Result<u8> {
    let Some(book) = load(dir, &mut Texts::default())? else { return Ok(2) };
    let mut family = "";
    for rule in &book.rules {
        if rule.family != family {
            family = &rule.family;
            writeln!(out, "{}{}", if family == book.rules.first().map_or("", |r| &r.family) { "" } else { "\n" }, clean(family))?;
        }
        writeln!(out, "  {:<40} {:<18} {}", clean(&rule.id), severities(rule), clean(&rule.title))?;
    }
    writeln!(out, "\n{} rules", book.rules.len())?;
    Ok(0)
}

/// The severities that a rule can have, worst first.
pub fn severities(rule: &Rule) -> String {
    let mut all: Vec<_> = rule.severity.iter().map(|c| c.is).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.dedup();
    match (all.first(), all.last()) {
        (Some(worst), Some(least)) if worst != least => format!("{worst} to {least}"),
        (Some(one), _) => one.to_string(),
        (None, _) => String::new(),
    }
}

fn test(dir: Option<PathBuf>, out: &mut dyn Write) -> io::Result<u8> {
    let mut texts = Texts::default();
    let Some(book) = load(dir.clone(), &mut texts)? else { return Ok(2) };
    let (mut count, mut failed, mut asked) = (0usize, 0usize, 0usize);
    let mut unproven: Vec<String> = Vec::new();
    for rule in &book.rules {
        // The book keeps rules without their examples; the built-in ones are whole in the binary, the user's in their files.
        let own = texts.get(rule.text).map(|t| t.path().to_owned()).unwrap_or_default();
        let built_in = embedded_source(&rule.id).filter(|(path, _)| *path == own);
        if dir.is_some() && built_in.is_some() {
            continue;
        }
        let source = built_in.map(|(_, s)| s).or_else(|| texts.get(rule.text).map(crate::text::Text::content)).unwrap_or("");
        asked += 1;
        let examples = match examples(rule.text, source) {
            Ok(examples) => examples,
            Err(misfit) => {
                let line = source.get(..misfit.span.start as usize).map_or(0, |t| t.matches('\n').count()) + 1;
                failed += 1;
                writeln!(out, "{}:{line}: {} {}", clean(&own), clean(&misfit.message), clean(&misfit.help.unwrap_or_default()))?;
                continue;
            }
        };
        if examples.fires.is_empty() {
            unproven.push(clean(&rule.id).into_owned());
        }
        for (list, example) in all(&examples) {
            count += 1;
            if let Some(failure) = run_example(&book, &rule.id, list, example) {
                failed += 1;
                writeln!(out, "{} {} \u{2014} {}: {}", clean(&failure.rule), list.id(), clean(&failure.name), clean(&failure.what))?;
            }
        }
    }
    if !unproven.is_empty() {
        writeln!(out, "without an example that fires: {}", unproven.join(", "))?;
    }
    match failed {
        0 => writeln!(out, "{asked} rules, {count} examples: all come out as they should")?,
        n => writeln!(out, "{n} of the following did not come out as they should: {asked} rules, {count} examples")?,
    }
    Ok(u8::from(failed > 0))
}
