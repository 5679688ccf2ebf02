//! `keylint baseline`: findings that are known, as fingerprints in a file that can be reviewed and committed. It holds no
//! line numbers, no times and no values, so it changes only when findings do.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::outputs::save;
use super::{Looking, Reading};
use crate::discover::{Opened, open, shown};
use crate::run::{self, Baseline};
use crate::text::TextId;

/// Known findings in a file
#[derive(Args)]
pub struct Known {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Write the findings of now to a new baseline
    Create(File),
    /// Add the findings of now, and take out what is gone
    Update(File),
    /// Take out what matches no finding any more; nothing is added
    Prune(File),
    /// Tell whether every entry still matches a finding; ends with 1 where one does not
    Check(File),
}

#[derive(Args)]
struct File {
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    looking: Looking,
    /// A folder with rules and shapes of your own
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// The baseline
    #[arg(long, value_name = "FILE", default_value = "keylint.baseline")]
    baseline: PathBuf,
}

/// A baseline's first line.
const HEAD: &str = "# Findings that keylint knows: a fingerprint and its rule a line. Written by `keylint baseline`.\n";

/// Runs the command.
///
/// # Errors
/// Where the baseline cannot be read or written, or output cannot.
pub fn run(known: Known, out: &mut dyn Write) -> io::Result<u8> {
    let (what, file) = match known.what {
        What::Create(f) => ("create", f),
        What::Update(f) => ("update", f),
        What::Prune(f) => ("prune", f),
        What::Check(f) => ("check", f),
    };
    let mut plan = file.reading.plan()?;
    plan.rules = file.rules;
    plan.config_from.clone_from(&file.looking.config_from);
    plan.look = file.looking.look();
    let path = plan.working.join(&file.baseline);
    let name = shown(&path, &plan.working);
    let old = if what == "create" {
        if std::fs::symlink_metadata(&path).is_ok() {
            return Err(io::Error::other(format!("{name} exists already; `keylint baseline update` brings it up to date")));
        }
        Vec::new()
    } else {
        read(&path, &name)?
    };
    let outcome = run::check(&plan);
    if outcome.exit == 2 || outcome.exit == 3 {
        super::tell(&outcome.problems, &outcome.texts)?;
        writeln!(io::stderr(), "keylint: not everything was read: the baseline was not touched")?;
        return Ok(outcome.exit);
    }
    let rule = |at: usize| outcome.book.rules.get(at).map_or("", |r| r.id.as_str()).to_owned();
    let now: BTreeMap<String, String> = outcome.live().map(|f| (f.fingerprint.clone(), rule(f.rule))).collect();
    let gone = old.iter().filter(|f| !now.contains_key(*f)).count();
    let fresh = now.keys().filter(|f| !old.contains(f)).count();
    if what == "check" {
        let sorted = old.windows(2).all(|w| w.first() < w.get(1));
        writeln!(
            out,
            "{name}: {} entries, {gone} match no finding any more, {fresh} findings are not in it{}",
            old.len(),
            if sorted { "" } else { "; it is not sorted" }
        )?;
        return Ok(u8::from(gone > 0 || !sorted));
    }
    let kept: BTreeMap<&String, &String> = now.iter().filter(|(f, _)| what != "prune" || old.contains(f)).collect();
    let mut text = HEAD.to_owned();
    for (fingerprint, rule) in &kept {
        text.push_str(&format!("{fingerprint} {rule}\n"));
    }
    save(&path, text.as_bytes())?;
    let added = kept.keys().filter(|f| !old.contains(f)).count();
    writeln!(out, "{name}: {} entries, {added} added, {gone} taken out", kept.len())?;
    Ok(0)
}

fn read(path: &Path, name: &str) -> io::Result<Vec<String>> {
    match open(path, true, |_| true) {
        Opened::Bytes(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let baseline = Baseline::read(TextId(0), &text).map_err(|span| {
                let line = text.get(..span.start as usize).map_or(0, |t| t.matches('\n').count()) + 1;
                io::Error::other(format!("{name}:{line}: this is no entry of a baseline: a fingerprint of 32 hexadecimal digits"))
            })?;
            Ok(baseline.entries.into_iter().map(|(f, _)| f).collect())
        }
        Opened::NotRead(why) => Err(io::Error::other(format!("{name} cannot be read: {why}; `keylint baseline create` makes one"))),
        Opened::Other => Ok(Vec::new()),
    }
}
