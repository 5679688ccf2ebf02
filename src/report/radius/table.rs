//! What leaks cost, for a person at a terminal: a row for each key, the worst first; of one key the whole matrix.

use std::io::{self, Write};

use super::{Document, FixOut, KeyOut, OperationOut, Telling, WayOut, document};
use crate::exposure::{Check, Way};
use crate::report::columns::columns;
use crate::report::human::{Pen, Style, Tone, count};
use crate::text::clean;

/// Fixes that are listed; the document for programs has them all.
const FIXES: usize = 12;
/// Accounts that are listed as reached.
const REACHED: usize = 12;

/// Writes the table; of one key, where only that was asked for, the matrix.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(telling: &Telling<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let document = document(telling);
    let pen = Pen::new(style);
    let mut page = String::new();
    if document.keys.is_empty() {
        pen.line(Tone::Heading, "no key is known, so no leak of one has a cost", &mut page);
    } else if telling.only.is_some() {
        document.keys.iter().for_each(|key| matrix(key, &pen, &mut page));
    } else {
        let unit = &document.noticed_after;
        pen.heading(&format!("what a leak of each key costs, worst first; it goes unnoticed for {unit}"), &mut page);
        estate(&document, &pen, &mut page);
    }
    fixes(&document, telling.only.is_some(), &pen, &mut page);
    if telling.only.is_none() && !document.keys.is_empty() {
        totals(&document, &pen, &mut page);
    }
    out.write_all(page.as_bytes())
}

/// One row for each key.
fn estate(document: &Document<'_>, pen: &Pen, page: &mut String) {
    let head = ["SEVERITY", "KEY", "ACCOUNT", "WORST WAY", "EXECUTES", "CAN BE LOST", "ALSO BY"];
    let mut rows: Vec<(Tone, [String; 7])> = Vec::with_capacity(document.keys.len());
    for key in &document.keys {
        let Some(worst) = key.ways.first() else { continue };
        let lost = lost(worst);
        let others = key.ways.iter().skip(1).filter(|w| w.operations.iter().any(|o| o.executed));
        let also: Vec<&str> = others.map(|w| short(w.way)).collect();
        let what = executed(worst);
        let severity = key.severity.map_or("?", crate::finding::Severity::id);
        let cells = [severity.to_owned(), name(key), cut(key.subject.account.as_deref().unwrap_or("?"), 24)];
        let [severity, name, account] = cells;
        let way = if what.is_empty() { "none" } else { short(worst.way) };
        let what = if what.is_empty() { "nothing".to_owned() } else { what.join(" ") };
        let row = [severity, name, account, way.to_owned(), what, lost, also.join(", ")];
        rows.push((key.severity.map_or(Tone::Notice, Tone::of), row));
    }
    columns(&head, &rows, pen, page);
    page.push('\n');
    let words =
        "The key id alone executes nothing: the signature stops it. `keylint radius --key ID` shows one key with every way and check.";
    pen.paragraph(0, (Tone::Quiet, ""), words, page);
    page.push('\n');
}

/// The whole of one key: a row for each way, a column for each operation.
fn matrix(key: &KeyOut, pen: &Pen, page: &mut String) {
    let account = key.subject.account.as_deref().map(|a| format!(", account {}", clean(a))).unwrap_or_default();
    pen.heading(&format!("what a leak of {}{account} costs", name(key)), page);
    if let (Some(severity), Some(because)) = (key.severity, &key.because) {
        pen.paragraph(0, (Tone::of(severity), &format!("{severity}:")), because, page);
        page.push('\n');
    }
    let head = ["WAY", "READ", "TRADE", "TRANSFER", "WITHDRAW", "CAN BE LOST"];
    let row = |way: &WayOut| {
        let mut cells: Vec<String> = vec![title(way.way).to_owned()];
        cells.extend(way.operations.iter().map(answer));
        cells.push(lost(way));
        let tone = if way.operations.iter().any(|o| o.executed) { Tone::Bad } else { Tone::Good };
        cells.try_into().ok().map(|cells: [String; 6]| (tone, cells))
    };
    let rows: Vec<(Tone, [String; 6])> = key.ways.iter().filter_map(row).collect();
    columns(&head, &rows, pen, page);
    page.push('\n');
    let assumed = assumed(key);
    if !assumed.is_empty() {
        let words = format!("nothing states the {}, so it stops nothing here", assumed.join(", the "));
        pen.paragraph(0, (Tone::Heading, "executed? :"), &words, page);
        page.push('\n');
    }
    let paths: Vec<&OperationOut> = key.ways.iter().flat_map(|w| &w.operations).filter(|o| o.path.len() > 1).collect();
    if let Some(far) = paths.iter().max_by_key(|o| o.reaches) {
        let path = far.path.iter().map(|p| clean(p).into_owned()).collect::<Vec<_>>().join(" \u{2192} ");
        let words = format!("{path}; {} beyond its own in all", count(far.reaches, "account", "accounts"));
        pen.paragraph(0, (Tone::Heading, "reaches:"), &words, page);
        for reached in key.reached.iter().flatten().take(REACHED) {
            let balance = match (&reached.balance.amount, &reached.balance.currency) {
                (Some(amount), Some(currency)) => format!("{} {currency}", grouped(amount)),
                _ => "everything on it".to_owned(),
            };
            pen.paragraph(2, (Tone::Heading, &clean(&reached.account)), &format!("by {}: {balance}", reached.by), page);
        }
        let more = key.reached.as_ref().map_or(0, Vec::len).saturating_sub(REACHED);
        if more > 0 {
            pen.paragraph(2, (Tone::Quiet, ""), &format!("and {more} more; --format json lists them all"), page);
        }
        page.push('\n');
    }
}

fn fixes(document: &Document<'_>, one: bool, pen: &Pen, page: &mut String) {
    if document.fixes.is_empty() {
        if !document.keys.is_empty() {
            pen.line(Tone::Good, "no change that is known would make a leak cost less", page);
            page.push('\n');
        }
        return;
    }
    pen.heading("what to change, what removes most first", page);
    let most = if one { usize::MAX } else { FIXES };
    for (n, fix) in document.fixes.iter().take(most).enumerate() {
        pen.paragraph(0, (Tone::Heading, &format!("{:>2}. {}:", n + 1, of(fix))), &fix.change, page);
        let ways: Vec<&str> = fix.concerns.iter().map(|c| short(c.way)).collect();
        let then = match &fix.then {
            Some(after) => format!("; the worst leak then costs {}", any_of(&after.most)),
            None => String::new(),
        };
        let removes = format!("{} ({}){then}", fix.removes_words, ways.join(", "));
        pen.paragraph(4, (Tone::Quiet, "removes"), &removes, page);
    }
    let more = document.fixes.len().saturating_sub(most);
    if more > 0 {
        pen.paragraph(2, (Tone::Quiet, ""), &format!("and {more} more; --format json lists them all"), page);
    }
    page.push('\n');
}

fn totals(document: &Document<'_>, pen: &Pen, page: &mut String) {
    let today = document.worst.as_ref().map_or("nothing", |w| w.words.as_str());
    pen.paragraph(0, (Tone::Bad, "the worst single leak costs today:"), &today_words(document, today), page);
    if !document.fixes.is_empty() {
        let left = document.after.worst.as_ref().map_or_else(|| "nothing".to_owned(), |w| w.words.clone());
        pen.paragraph(0, (Tone::Good, "after all of these changes:"), &left, page);
    }
}

/// The worst leak in words; where others are of other currencies, or of unknown size, that is said.
pub(in crate::report) fn today_words(document: &Document<'_>, today: &str) -> String {
    let worst = document.worst.as_ref().map(|w| w.bounds.as_slice()).unwrap_or_default();
    let others: Vec<String> = document
        .most
        .iter()
        .filter(|m| m.amount.is_some() && !worst.iter().any(|w| w.currency == m.currency))
        .map(|m| format!("{} {}", m.amount.as_deref().unwrap_or(""), m.currency.as_deref().unwrap_or("")))
        .collect();
    let open = document.most.iter().any(|m| m.at_least) && !worst.iter().any(|w| w.at_least);
    let mut out = today.to_owned();
    if !others.is_empty() {
        out.push_str(&format!("; in other currencies up to {}", others.join(" + ")));
    }
    if open {
        out.push_str("; at least, because some balances are not known");
    }
    out
}

/// What single leaks cost at most, in words: amounts of different currencies are of different leaks.
pub(in crate::report) fn any_of(most: &[super::BoundOut]) -> String {
    most_words(most, true).replace(" + ", ", or ")
}

/// Amounts in words.
pub(in crate::report) fn most_words(most: &[super::BoundOut], any: bool) -> String {
    let parts: Vec<String> =
        most.iter().filter_map(|m| Some(format!("{} {}", grouped(m.amount.as_deref()?), m.currency.as_deref()?))).collect();
    let open = most.iter().any(|m| m.at_least);
    match (parts.is_empty(), open, any) {
        (true, true, _) => "everything on an account".to_owned(),
        (true, false, _) => "nothing".to_owned(),
        (false, true, _) => format!("at least {}", parts.join(" + ")),
        (false, false, _) => parts.join(" + "),
    }
}

/// Digits in groups of three.
fn grouped(amount: &str) -> String {
    amount.parse().map_or_else(|_| amount.to_owned(), crate::exposure::amounts::grouped)
}

/// What can be lost in a way, in words.
pub(in crate::report) fn lost(way: &WayOut) -> String {
    match (&way.bound, way.operations.iter().any(|o| o.executed)) {
        (Some(_), _) => most_words(&way.bounds, true),
        (None, true) if way.operations.iter().any(|o| o.executed && o.operation != "read") => "nothing".to_owned(),
        (None, true) => "secrecy".to_owned(),
        (None, false) => "nothing".to_owned(),
    }
}

/// What a leak makes possible, in one line: `key and secret: trade, 12,000 USDT; server: trade, 12,000 USDT`.
pub(in crate::report) fn ways_in_words(leaked: &super::LeakedOut) -> String {
    let way = |w: &WayOut| format!("{}: {}, {}", short(w.way), executed(w).join(" "), lost(w));
    let ways: Vec<String> = leaked.ways.iter().filter(|w| w.operations.iter().any(|o| o.executed)).map(way).collect();
    if ways.is_empty() { "nothing would be executed".to_owned() } else { ways.join("; ") }
}

/// The operations that are executed; reading goes without saying beside others.
pub(in crate::report) fn executed(way: &WayOut) -> Vec<&'static str> {
    let all: Vec<&'static str> = way.operations.iter().filter(|o| o.executed).map(|o| o.operation).collect();
    if all.len() > 1 { all.into_iter().filter(|o| *o != "read").collect() } else { all }
}

/// One cell of the matrix: executed, or which check stops it.
fn answer(operation: &OperationOut) -> String {
    match (operation.executed, operation.assumed.is_empty()) {
        (true, true) => "executed".to_owned(),
        (true, false) => "executed?".to_owned(),
        (false, _) => format!("{} stops it", stopper(operation.stopped_by)),
    }
}

/// A check in words.
pub(in crate::report) fn stopper(id: Option<&'static str>) -> &'static str {
    Check::ALL.into_iter().find(|c| Some(c.id()) == id).map_or("?", Check::title)
}

/// Facts that nothing states, in words.
pub(super) fn assumed(key: &KeyOut) -> Vec<&'static str> {
    let all = key.ways.iter().flat_map(|w| &w.operations).flat_map(|o| &o.assumed);
    let mut out: Vec<&'static str> = Vec::new();
    for id in all {
        let word = stopper(Some(id));
        if !out.contains(&word) {
            out.push(word);
        }
    }
    out
}

/// A key by its exchange and id.
pub(in crate::report) fn name(key: &KeyOut) -> String {
    named(&key.subject)
}

/// Whom a fix changes.
pub(in crate::report) fn of(fix: &FixOut) -> String {
    named(&fix.subject)
}

fn named(subject: &super::SubjectOut) -> String {
    let exchange = subject.exchange.unwrap_or("?");
    let name = match (subject.kind, &subject.id, &subject.label, &subject.account) {
        ("account", Some(id), ..) if id.starts_with(exchange) => return clean(id).into_owned(),
        (_, Some(id), ..) => id.clone(),
        (_, None, Some(label), _) => format!("({label})"),
        (_, None, None, Some(account)) => format!("of {account}"),
        (_, None, None, None) => "?".to_owned(),
    };
    cut(&format!("{exchange} {}", clean(&name)), 40)
}

/// A way in a word or two.
pub(in crate::report) fn short(id: &str) -> &'static str {
    match way(id) {
        Some(Way::KeyAndSecret) => "key and secret",
        Some(Way::Mailbox) => "with mailbox",
        Some(Way::Server) => "server",
        Some(Way::ThirdParty) => "third party",
        Some(Way::Replay) => "replay",
        Some(Way::KeyIdOnly) => "key id",
        None => "?",
    }
}

pub(in crate::report) fn title(id: &str) -> &'static str {
    way(id).map_or("?", Way::title)
}

fn way(id: &str) -> Option<Way> {
    Way::ALL.into_iter().find(|w| w.id() == id)
}

/// The first characters of a name that is too long for a column.
fn cut(text: &str, most: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}\u{2026}")
}
