//! A playbook as Markdown, to be pasted into an incident: parts with numbered steps to tick off. Names and places are code,
//! sentences are escaped, and nothing from outside becomes markup.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::markup::{code, prose};
use crate::model::time::Time;
use crate::respond::Playbook;

/// A sentence: between backquotes stands code, and what is marked `**…**` outside of it keeps its weight. Words from outside
/// stand between backquotes only, so that no mark is theirs.
fn sentence(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let made = parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { part.split("**").map(prose).collect::<Vec<_>>().join("**") });
    made.collect()
}

/// An address of documentation that ships with keylint, as a link; a repository as code.
fn reference(source: &str) -> String {
    let link = source.starts_with("https://") && !source.contains([' ', '<', '>', '`']);
    if link { format!("<{source}>") } else { code(source) }
}

/// Writes the playbook.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(playbook: &Playbook, as_of: Time, config: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", sentence(&playbook.title))?;
    let declaration = config.map_or_else(
        || "from exports alone, without a declaration".to_owned(),
        |c| format!("from exports and the declaration {}", code(&crate::text::clean(c))),
    );
    writeln!(
        out,
        "Made by keylint {} as of {as_of}, {declaration}. Nothing was sent to the exchange: what is written here is still to be done, from top to bottom.\n",
        env!("CARGO_PKG_VERSION")
    )?;
    writeln!(out, "## What is known\n")?;
    for (name, value) in &playbook.known {
        writeln!(out, "- {name}: {}", sentence(value))?;
    }
    for (part, n) in playbook.parts.iter().zip(1..) {
        writeln!(out, "\n## {n}. {}\n\n{}\n", prose(part.title), sentence(&part.why))?;
        for (step, at) in part.steps.iter().zip(1..) {
            writeln!(out, "- [ ] {n}.{at} {}", sentence(&step.what))?;
            for note in &step.notes {
                writeln!(out, "  - {}", sentence(note))?;
            }
            for piece in &step.parts {
                writeln!(out, "  - [ ] {}", sentence(piece))?;
            }
        }
    }
    if !playbook.sources.is_empty() {
        writeln!(out, "\n## Where this is documented\n")?;
        let mut by: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for (what, source, date) in &playbook.sources {
            let list = by.entry((source, date)).or_default();
            if !list.contains(&what.as_str()) {
                list.push(what);
            }
        }
        for ((source, date), what) in by {
            let what: Vec<String> = what.into_iter().map(code).collect();
            let date = if date == "undated" { String::new() } else { format!(" (as of {date})") };
            writeln!(out, "- {}{date}: {}", reference(source), what.join(", "))?;
        }
    }
    Ok(())
}
