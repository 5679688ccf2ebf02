//! `keylint respond KEY`: what to do about a suspected leak of one key, as Markdown to be pasted into an incident.

use std::io::{self, Write};

use clap::Args;

use super::{Reading, progress, time, told};
use crate::model::time::Time;
use crate::problem::Weight;
use crate::report::playbook;
use crate::text::clean;
use crate::{respond, run};

/// So many files that were not read are named.
const UNREAD: usize = 20;

/// Writes a playbook.
#[derive(Args)]
pub struct Respond {
    /// The key: its id or how that begins, `exchange:id`, its label, an exchange or account that has one key, or the
    /// fingerprint of a finding
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    reading: Reading,
    /// When the leak may have begun [default: when the key was created]
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Time>,
}

/// Runs the command.
///
/// # Errors
/// Where output cannot be written.
pub fn run(leak: Respond, out: &mut dyn Write) -> io::Result<u8> {
    let mut plan = leak.reading.plan()?;
    // What was found does not fail this: it is what the playbook is about.
    plan.exit_zero = true;
    if leak.since.is_some_and(|since| since > plan.now) {
        writeln!(io::stderr(), "keylint: --since lies after the time of the playbook, {}", plan.now)?;
        return Ok(2);
    }
    let outcome = progress::watched(&plan.progress, || run::check(&plan));
    let unread: Vec<_> = outcome.problems.iter().filter(|p| p.weight != Weight::Note).cloned().collect();
    let mut said = Vec::new();
    let named = |path: &str| unread.iter().filter_map(|p| p.place).any(|s| outcome.texts.path(s.text) == path);
    for aside in outcome.coverage.not_read.iter().filter(|a| !named(&a.path)).take(UNREAD) {
        writeln!(said, "keylint: not read, so that a place may be missing: {}: {}", clean(&aside.path), clean(&aside.reason))?;
    }
    told(&unread, &outcome.texts, &mut said)?;
    let at = match respond::choose(&outcome, &leak.key) {
        Ok(at) => at,
        Err(why) => {
            let nothing = outcome.exit == 3 && outcome.inventory.keys.is_empty();
            writeln!(said, "keylint: {why}")?;
            outcome.guard.clean(&mut said);
            io::stderr().write_all(&said)?;
            return Ok(if nothing { 3 } else { 2 });
        }
    };
    outcome.guard.clean(&mut said);
    io::stderr().write_all(&said)?;
    let Some(steps) = respond::playbook(&outcome, at, leak.since) else { return Ok(2) };
    let mut bytes = Vec::new();
    playbook::write(&steps, outcome.as_of, outcome.config.as_deref(), &mut bytes)?;
    outcome.guard.clean(&mut bytes);
    out.write_all(&bytes)?;
    Ok(outcome.exit)
}
