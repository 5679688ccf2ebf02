//! What leaks cost, as Markdown: for an issue, a page of a wiki, the summary of a job.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::table::{any_of, assumed, executed, lost, name, of, short, stopper, title};
use super::{Telling, document};
use crate::report::markup::{code, prose};

/// Fixes that are listed; the document for programs has them all.
const FIXES: usize = 50;

/// Writes it.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(telling: &Telling<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = document(telling);
    let mut page = String::new();
    let add = &mut page;
    let _infallible = writeln!(add, "# What a leak of each key costs\n");
    if let Some(worst) = document.worst.as_ref().filter(|_| telling.only.is_none()) {
        let _infallible = writeln!(add, "**The worst single leak costs today:** {}\n", prose(&worst.words));
        let left = document.after.worst.as_ref().map_or_else(|| "nothing".to_owned(), |w| prose(&w.words));
        if !document.fixes.is_empty() {
            let _infallible = writeln!(add, "**After the changes below:** {left}\n");
        }
    }
    let _infallible = writeln!(add, "As of {}; a leak goes unnoticed for {}.\n", telling.as_of, document.noticed_after);
    if telling.only.is_none() {
        let _infallible = writeln!(add, "| severity | key | account | worst way | executes | can be lost |\n|---|---|---|---|---|---|");
        for key in &document.keys {
            let Some(worst) = key.ways.first() else { continue };
            let account = key.subject.account.as_deref().map_or_else(|| "?".to_owned(), code);
            let severity = key.severity.map_or("?", crate::finding::Severity::id);
            let what = executed(worst);
            let what = if what.is_empty() { "nothing".to_owned() } else { what.join(", ") };
            let cells = [severity.to_owned(), code(&name(key)), account, title(worst.way).to_owned(), what, prose(&lost(worst))];
            let _infallible = writeln!(add, "| {} |", cells.join(" | "));
        }
        add.push('\n');
    }
    for key in document.keys.iter().filter(|_| telling.only.is_some()) {
        let _infallible = writeln!(add, "## {}\n", code(&name(key)));
        if let (Some(severity), Some(because)) = (key.severity, &key.because) {
            let _infallible = writeln!(add, "**{severity}:** {}\n", prose(because));
        }
        let _infallible = writeln!(add, "| way | read | trade | transfer | withdraw | can be lost |\n|---|---|---|---|---|---|");
        for way in &key.ways {
            let cells: Vec<String> = way
                .operations
                .iter()
                .map(|o| match (o.executed, o.assumed.is_empty()) {
                    (true, true) => "executed".to_owned(),
                    (true, false) => "executed?".to_owned(),
                    (false, _) => format!("{} stops it", stopper(o.stopped_by)),
                })
                .collect();
            let _infallible = writeln!(add, "| {} | {} | {} |", title(way.way), cells.join(" | "), prose(&lost(way)));
        }
        let open = assumed(key);
        if !open.is_empty() {
            let _infallible = writeln!(add, "\n`executed?`: nothing states the {}, so it stops nothing here.", open.join(", the "));
        }
        if let Some(far) = key.ways.iter().flat_map(|w| &w.operations).filter(|o| o.path.len() > 1).max_by_key(|o| o.reaches) {
            let path: Vec<String> = far.path.iter().map(|p| code(p)).collect();
            let _infallible = writeln!(add, "\nReaches {}: {} beyond its own.", path.join(" \u{2192} "), far.reaches);
        }
        add.push('\n');
    }
    if !document.fixes.is_empty() {
        let _infallible = writeln!(add, "## What to change\n\nWhat removes most first; each is measured by running the model again.\n");
        for (n, fix) in document.fixes.iter().take(FIXES).enumerate() {
            let ways: Vec<&str> = fix.concerns.iter().map(|c| short(c.way)).collect();
            let then = fix.then.as_ref().map(|a| format!("; the worst leak then costs {}", any_of(&a.most))).unwrap_or_default();
            let (whom, change, removes) = (code(&of(fix)), prose(&fix.change), prose(&fix.removes_words));
            let _infallible = writeln!(add, "{}. {whom}: {change}. Removes {removes} ({}){then}.", n + 1, ways.join(", "));
        }
        let more = document.fixes.len().saturating_sub(FIXES);
        if more > 0 {
            let _infallible = writeln!(add, "\nAnd {more} more.");
        }
    }
    out.write_all(page.as_bytes())
}
