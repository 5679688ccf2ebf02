//! What leaks cost, for the page: the figures above it, the matrix of keys and ways, and what to change. Every amount is the
//! model's; here it is only put into words and into one of five shades.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Words;
use crate::exposure::Way;
use crate::finding::Severity;
use crate::report::radius::table::{any_of, lost, most_words, name, of, short, stopper, today_words};
use crate::report::radius::{BoundOut, Document, KeyOut, LeakOut, OperationOut, WayOut};

/// Keys of the matrix; the document for programs has them all.
const KEYS: usize = 100;
/// Changes that are listed.
const FIXES: usize = 50;

/// What leaks cost.
#[derive(Serialize)]
pub(super) struct Leaks {
    /// Whether a key is known at all.
    any: bool,
    noticed_after: String,
    today: Option<Figure>,
    after: Option<Figure>,
    ways: Vec<Column>,
    rows: Vec<Row>,
    more_rows: usize,
    fixes: Vec<Fix>,
    more_fixes: usize,
}

/// A loss as a headline.
#[derive(Serialize)]
struct Figure {
    amount: String,
    how: String,
}

/// A way, as a column.
#[derive(Serialize)]
struct Column {
    short: &'static str,
    title: &'static str,
}

/// A key, as a row.
#[derive(Serialize)]
struct Row {
    severity: &'static str,
    because: String,
    name: String,
    label: Option<String>,
    account: String,
    cells: Vec<Cell>,
    /// Accounts beyond its own.
    far: String,
}

/// A key and a way.
#[derive(Serialize)]
struct Cell {
    /// 0 nothing, 1 secrecy alone, 2 to 5 by how much can be lost.
    level: u8,
    /// The operations that are executed; `nothing` where none is.
    does: String,
    /// What can be lost.
    lost: String,
    answers: Vec<Answer>,
}

/// An operation in a cell.
#[derive(Serialize)]
struct Answer {
    operation: &'static str,
    executed: bool,
    says: String,
}

/// A change.
#[derive(Serialize)]
struct Fix {
    whom: String,
    change: String,
    removes: String,
    ways: String,
    then: Option<String>,
}

/// The operations of a way that are executed, with a mark where that rests on something that nobody stated; reading goes
/// without saying beside others.
pub(super) fn operations(way: &WayOut) -> Vec<String> {
    let all: Vec<&OperationOut> = way.operations.iter().filter(|o| o.executed).collect();
    let alone = all.len() == 1;
    let word = |o: &&OperationOut| format!("{}{}", o.operation, if o.assumed.is_empty() { "" } else { "?" });
    all.iter().filter(|o| alone || o.operation != "read").map(word).collect()
}

/// How far a key reaches, as the end of a sentence; empty where it reaches its own account only.
pub(super) fn reach_words(key: &KeyOut) -> String {
    match key.ways.iter().flat_map(|w| &w.operations).map(|o| o.reaches).max().unwrap_or(0) {
        0 => String::new(),
        1 => "; it reaches 1 account beyond its own".to_owned(),
        n => format!("; it reaches {n} accounts beyond its own"),
    }
}

pub(super) fn leaks(document: &Document<'_>, words: &Words<'_>, only: bool) -> Leaks {
    let figure = |leak: &LeakOut, all: String| Figure {
        amount: most_words(&leak.bounds, true),
        how: words.sentence(all.split_once(": ").map_or(all.as_str(), |(_, how)| how)),
    };
    let nothing = || Figure { amount: "nothing".to_owned(), how: "no single leak of a known key costs anything".to_owned() };
    let today = document.worst.as_ref().map_or_else(nothing, |w| figure(w, today_words(document, &w.words)));
    let after = document.after.worst.as_ref().map_or_else(nothing, |w| {
        let mut all = w.words.clone();
        let others = document.after.most.iter().filter(|m| m.amount.is_some() && !w.bounds.iter().any(|b| b.currency == m.currency));
        let others: Vec<BoundOut> = others.cloned().map(|b| BoundOut { at_least: false, ..b }).collect();
        if !others.is_empty() {
            all.push_str(&format!("; in other currencies up to {}", most_words(&others, true)));
        }
        figure(w, all)
    });
    let known = !document.keys.is_empty() && !only;
    let largest = largest(document);
    Leaks {
        any: !document.keys.is_empty(),
        noticed_after: document.noticed_after.clone(),
        today: known.then_some(today),
        after: (known && !document.fixes.is_empty()).then_some(after),
        ways: Way::ALL.map(|w| Column { short: short(w.id()), title: w.title() }).into(),
        rows: document.keys.iter().take(KEYS).map(|k| row(k, &largest, words)).collect(),
        more_rows: document.keys.len().saturating_sub(KEYS),
        fixes: document
            .fixes
            .iter()
            .take(FIXES)
            .map(|fix| Fix {
                whom: words.sentence(&of(fix)),
                change: words.sentence(&fix.change),
                removes: words.sentence(&fix.removes_words),
                ways: fix.concerns.iter().map(|c| short(c.way)).collect::<Vec<_>>().join(", "),
                then: fix.then.as_ref().map(|a| any_of(&a.most)),
            })
            .collect(),
        more_fixes: document.fixes.len().saturating_sub(FIXES),
    }
}

fn row(key: &KeyOut, largest: &BTreeMap<String, f64>, words: &Words<'_>) -> Row {
    let nothing = || Cell { level: 0, does: "nothing".to_owned(), lost: String::new(), answers: Vec::new() };
    Row {
        severity: key.severity.map_or("unknown", Severity::id),
        because: key.because.as_deref().map(|b| words.sentence(b)).unwrap_or_default(),
        name: words.sentence(&name(key)),
        label: key.subject.label.as_deref().filter(|_| key.subject.id.is_some()).map(|l| words.short(l, 60)),
        account: key.subject.account.as_deref().map_or_else(|| "?".to_owned(), |a| words.short(a, 60)),
        cells: Way::ALL.map(|w| key.ways.iter().find(|o| o.way == w.id()).map_or_else(nothing, |o| cell(o, largest, words))).into(),
        far: reach_words(key),
    }
}

fn cell(way: &WayOut, largest: &BTreeMap<String, f64>, words: &Words<'_>) -> Cell {
    let does = operations(way);
    Cell {
        level: level(way, largest),
        does: if does.is_empty() { "nothing".to_owned() } else { does.join(", ") },
        lost: if does.is_empty() { String::new() } else { words.sentence(&lost(way)) },
        answers: way.operations.iter().map(|o| answer(o, words)).collect(),
    }
}

fn answer(operation: &OperationOut, words: &Words<'_>) -> Answer {
    let mut says = match (operation.executed, operation.stopped_by) {
        (true, _) => "executed".to_owned(),
        (false, stopped) => format!("{} stops it", stopper(stopped)),
    };
    if !operation.assumed.is_empty() {
        let open: Vec<&str> = operation.assumed.iter().map(|a| stopper(Some(a))).collect();
        says.push_str(&format!("? (nothing states the {})", open.join(", the ")));
    }
    if operation.bound.is_some() {
        says.push_str(&format!(": {}", most_words(&operation.bounds, true)));
    }
    if operation.path.len() > 1 {
        let path: Vec<String> = operation.path.iter().map(|p| words.short(p, 40)).collect();
        let more = operation.reaches.saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        says.push_str(&format!(", {}{more}", path.join(" \u{2192} ")));
    }
    Answer { operation: operation.operation, executed: operation.executed, says }
}

/// The largest bound of each currency: what the shades are shares of.
fn largest(document: &Document<'_>) -> BTreeMap<String, f64> {
    let mut out: BTreeMap<String, f64> = BTreeMap::new();
    for bound in document.keys.iter().flat_map(|k| &k.ways).flat_map(|w| &w.bounds).chain(&document.most) {
        if let (Some(currency), Some(amount)) = (&bound.currency, bound.amount.as_ref().and_then(|a| a.parse::<f64>().ok())) {
            let most = out.entry(currency.clone()).or_default();
            *most = most.max(amount);
        }
    }
    out
}

/// The shade of a cell. What nobody knows the size of is shown as the largest.
fn level(way: &WayOut, largest: &BTreeMap<String, f64>) -> u8 {
    if !way.operations.iter().any(|o| o.executed) {
        return 0;
    }
    let share = |bound: &BoundOut| {
        let Some(amount) = bound.amount.as_ref().and_then(|a| a.parse::<f64>().ok()) else { return 1.0 };
        let most = bound.currency.as_ref().and_then(|c| largest.get(c)).copied().unwrap_or_default();
        if most > 0.0 { amount / most } else { 0.0 }
    };
    match way.bounds.iter().map(share).fold(0.0, f64::max) {
        none if none <= 0.0 => 1,
        small if small < 0.02 => 2,
        some if some < 0.1 => 3,
        much if much < 0.5 => 4,
        _ => 5,
    }
}
