//! `keylint tighten KEY`: the smallest settings that still do a key's declared work.

use std::io::{self, Write};

use super::{Reading, tell};
use crate::exposure::Estate;
use crate::report::tighten;
use crate::run;
use crate::text::Texts;

#[derive(clap::Args)]
pub(super) struct Tighten {
    /// The key: its exchange, id, label or account
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    reading: Reading,
}

pub(super) fn run(asked: Tighten, out: &mut dyn Write) -> io::Result<u8> {
    let plan = asked.reading.plan()?;
    let gathered = run::read(&plan, Texts::default());
    let code = run::exit_of_reading(&plan, &gathered);
    let texts = gathered.texts.into_shown();
    tell(&gathered.problems, &texts)?;
    if gathered.nothing {
        writeln!(io::stderr(), "keylint: there is no export in what was named")?;
        return Ok(code);
    }
    let key = match gathered.inventory.select(&asked.key) {
        Ok(key) => key,
        Err(why) => {
            writeln!(io::stderr(), "keylint: {why}")?;
            return Ok(2);
        }
    };
    let policy = gathered.config.as_ref().map(|c| c.declaration.policy.clone()).unwrap_or_default();
    let estate = Estate::of(&gathered.inventory, &policy, plan.now);
    let record = gathered.inventory.keys.get(key);
    if let (Some(record), Some(tight)) = (record, crate::tighten::tighten(&gathered.inventory, &estate, key)) {
        tighten::write(&gathered.inventory.subject_of_key(record), &tight, &super::style(false), out)?;
    }
    Ok(code)
}
