//! `keylint radius`: what a leak of each key costs.

use std::io::{self, Write};

use super::{Reading, tell};
use crate::exposure::Exposed;
use crate::report;
use crate::report::radius::{self, Telling};
use crate::run;
use crate::text::Texts;

#[derive(clap::Args)]
pub(super) struct Radius {
    #[command(flatten)]
    reading: Reading,
    /// One key with every way, check and path: its exchange, id, label or account
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The format
    #[arg(long, value_enum, default_value = "human")]
    format: Shown,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shown {
    /// A table
    Human,
    /// The versioned document for other programs
    Json,
    /// For an issue or a page of a wiki
    Markdown,
    /// A page to open and send on
    Html,
}

pub(super) fn run(asked: Radius, out: &mut dyn Write) -> io::Result<u8> {
    let plan = asked.reading.plan()?;
    let gathered = run::read(&plan, Texts::default());
    let code = run::exit_of_reading(&plan, &gathered);
    let texts = gathered.texts.into_shown();
    let policy = gathered.config.as_ref().map(|c| c.declaration.policy.clone()).unwrap_or_default();
    let only = match asked.key.as_deref().map(|name| gathered.inventory.select(name)) {
        None => None,
        Some(Ok(key)) => Some(key),
        Some(Err(why)) => {
            tell(&gathered.problems, &texts)?;
            writeln!(io::stderr(), "keylint: {why}")?;
            return Ok(if gathered.nothing { code } else { 2 });
        }
    };
    let exposed = Exposed::of(&gathered.inventory, &policy, plan.now);
    let telling = Telling {
        inventory: &gathered.inventory,
        exposed: &exposed,
        problems: &gathered.problems,
        coverage: &gathered.coverage,
        texts: &texts,
        as_of: plan.now,
        config: gathered.config.as_ref().map(|c| c.shown.as_str()),
        only,
    };
    match asked.format {
        Shown::Json => radius::write_json(&telling, out)?,
        Shown::Markdown => radius::write_markdown(&telling, out)?,
        Shown::Html => {
            let mut page = Vec::new();
            report::html::write_radius(&telling, &gathered.guard, &mut page)?;
            gathered.guard.clean(&mut page);
            out.write_all(&page)?;
        }
        Shown::Human => radius::write_table(&telling, &super::style(false), out)?,
    }
    if asked.format != Shown::Json {
        tell(&gathered.problems, &texts)?;
    }
    if gathered.nothing {
        writeln!(io::stderr(), "keylint: there is no export in what was named")?;
    }
    Ok(code)
}
