//! The smallest settings of a key, for who is about to click: what to switch off and on, which addresses to paste, and
//! whether everything that is declared to use the key still works afterwards.

use std::io::{self, Write};

use super::columns::columns;
use super::human::{Pen, Style, Tone};
use crate::exposure::{Amounts, Decision, Way};
use crate::finding::SubjectName;
use crate::text::clean;
use crate::tighten::{PermissionThen, RightThen, Tightened, Use};

/// Writes it.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(name: &SubjectName, tight: &Tightened, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let pen = Pen::new(style);
    let mut page = String::new();
    let account = name.account.as_ref().map(|a| format!(", account {a}")).unwrap_or_default();
    pen.heading(&format!("the smallest settings of {}{account}", name.sentence()), &mut page);
    let tasks: Vec<String> = tight
        .tasks
        .iter()
        .map(|(t, declared)| format!("{}{}", t.id(), if *declared { "" } else { " (inferred: declare it to be sure)" }))
        .collect();
    if !tasks.is_empty() {
        pen.paragraph(0, (Tone::Heading, "its work:"), &tasks.join(", "), &mut page);
    }
    for open in &tight.open {
        pen.paragraph(0, (Tone::Warning, "not said:"), open, &mut page);
    }
    page.push('\n');
    permissions(tight, &pen, &mut page);
    addresses(tight, &pen, &mut page);
    uses(&tight.uses, &pen, &mut page);
    if !tight.leaks.is_empty() {
        pen.line(Tone::Heading, "what a leak costs, today and with these settings", &mut page);
        let row = |(way, today, then): &(Way, Amounts, Amounts)| {
            let tone = if then.is_zero() { Tone::Good } else { Tone::Bad };
            (tone, [way.title().to_owned(), today.to_string(), then.to_string()])
        };
        let rows: Vec<_> = tight.leaks.iter().map(row).collect();
        columns(&["WAY", "TODAY", "THEN"], &rows, &pen, &mut page);
    }
    out.write_all(page.as_bytes())
}

fn permissions(tight: &Tightened, pen: &Pen, page: &mut String) {
    let state = |now: Option<bool>| now.map_or("not stated", |on| if on { "on" } else { "off" }).to_owned();
    if !tight.permissions.is_empty() {
        pen.line(Tone::Heading, "permissions, in the exchange's own words; all others stay off", page);
        let row = |p: &PermissionThen| {
            let name = match &p.title {
                Some(title) if *title != p.name => format!("{} ({})", clean(&p.name), clean(title)),
                _ => clean(&p.name).into_owned(),
            };
            let (tone, then) = change(p.now, p.then);
            (tone, [name, state(p.now), then.to_owned()])
        };
        let rows: Vec<_> = tight.permissions.iter().map(row).collect();
        columns(&["PERMISSION", "NOW", "THEN"], &rows, pen, page);
        page.push('\n');
    }
    let excess: Vec<&RightThen> = tight.rights.iter().filter(|r| r.comes_with.is_some()).collect();
    for right in excess {
        let with = right.comes_with.map_or("", crate::model::Right::id);
        let words = format!("the exchange grants {with} only together with it; a sub-account that may not transfer out bounds it");
        pen.paragraph(0, (Tone::Notice, &format!("{} stays:", right.right.id())), &words, page);
    }
    if tight.permissions.is_empty() && !tight.rights.is_empty() {
        pen.line(Tone::Heading, "permissions", page);
        let row = |r: &RightThen| {
            let (tone, then) = change(r.now, r.then());
            (tone, [r.right.id().to_owned(), state(r.now), then.to_owned()])
        };
        let rows: Vec<_> = tight.rights.iter().map(row).collect();
        columns(&["PERMISSION", "NOW", "THEN"], &rows, pen, page);
        page.push('\n');
    }
}

fn change(now: Option<bool>, then: bool) -> (Tone, &'static str) {
    match (now, then) {
        (Some(true), true) => (Tone::Plain, "stays on"),
        (Some(true), false) => (Tone::Bad, "turn off"),
        (Some(false), true) => (Tone::Warning, "turn on: its work needs it"),
        (Some(false), false) => (Tone::Plain, "stays off"),
        (None, true) => (Tone::Plain, "on"),
        (None, false) => (Tone::Bad, "off"),
    }
}

fn addresses(tight: &Tightened, pen: &Pen, page: &mut String) {
    if let Some(addresses) = &tight.addresses {
        pen.line(Tone::Heading, "IP whitelist, as the exchange takes it", page);
        for line in addresses.written.lines() {
            pen.paragraph(2, (Tone::Plain, ""), line, page);
        }
        pen.paragraph(2, (Tone::Quiet, "now:"), &addresses.now, page);
        page.push('\n');
    }
    if let Some(pairs) = &tight.pairs {
        pen.line(Tone::Heading, "pairs", page);
        pen.paragraph(2, (Tone::Plain, ""), &pairs.join(", "), page);
        page.push('\n');
    }
}

fn uses(uses: &[Use], pen: &Pen, page: &mut String) {
    if uses.is_empty() {
        return;
    }
    pen.line(Tone::Heading, "each declared use, today and with these settings", page);
    let row = |u: &Use| {
        let from = u.from.clone().unwrap_or_else(|| "not declared".to_owned());
        let by = if u.unused { format!("{} (backup, not in use)", clean(&u.by)) } else { clean(&u.by).into_owned() };
        let tone = if u.then.is_executed() { Tone::Good } else { Tone::Bad };
        (tone, [by, from, u.operation.id().to_owned(), answer(&u.today), answer(&u.then)])
    };
    let rows: Vec<_> = uses.iter().map(row).collect();
    columns(&["USED BY", "FROM", "OPERATION", "TODAY", "THEN"], &rows, pen, page);
    page.push('\n');
}

fn answer(decision: &Decision) -> String {
    match (decision.stopped_by, decision.assumed.as_slice()) {
        (Some(check), _) => format!("{} stops it", check.title()),
        (None, []) => "executed".to_owned(),
        (None, [check, ..]) => format!("executed, if the {} lets it", check.title()),
    }
}
