//! What leaks cost, in words: the document `keylint-radius/1`, from which the table, the Markdown and the page are made.

mod markdown;
mod rows;
pub(super) mod table;

pub use markdown::write as write_markdown;
pub(in crate::report) use table::ways_in_words;
pub use table::write as write_table;

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::pieces::{CoverageOut, ProblemOut, Tool, tool};
use crate::exposure::Exposed;
use crate::finding::Severity;
use crate::inventory::Inventory;
use crate::model::time::Time;
use crate::problem::Problem;
use crate::run::Coverage;
use crate::text::Shown;
pub(in crate::report) use rows::Rows;

/// What is told.
pub struct Telling<'a> {
    /// What is known.
    pub inventory: &'a Inventory,
    /// What leaks cost.
    pub exposed: &'a Exposed<'a>,
    /// What was not understood.
    pub problems: &'a [Problem],
    /// What was read.
    pub coverage: &'a Coverage,
    /// The texts, masked.
    pub texts: &'a Shown,
    /// The time.
    pub as_of: Time,
    /// The name of the declaration in use.
    pub config: Option<&'a str>,
    /// The one key that was asked for.
    pub only: Option<usize>,
}

/// The document of `keylint radius --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "keylint radius", description = "What a leak of each key's secret costs: the output of `keylint radius --format json`.")]
pub struct Document<'a> {
    /// `keylint-radius/1`.
    schema: &'static str,
    /// What made it.
    tool: Tool,
    /// The time.
    as_of: String,
    /// The declaration in use; null where there is none.
    config: Option<&'a str>,
    /// How long a leak goes unnoticed.
    pub(super) noticed_after: String,
    /// The keys, the one whose leak costs most first.
    pub(super) keys: Vec<KeyOut>,
    /// The worst single leak; null where no leak costs anything.
    pub(super) worst: Option<LeakOut>,
    /// What single leaks cost at most, currency by currency.
    pub(super) most: Vec<BoundOut>,
    /// What could be changed, the change that removes most first.
    pub(super) fixes: Vec<FixOut>,
    /// What is left after all of these changes.
    pub(super) after: AfterOut,
    /// What was read.
    coverage: CoverageOut,
    /// What was not understood.
    problems: Vec<ProblemOut<'a>>,
}

/// A key and what its leak costs.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct KeyOut {
    /// Its place in the inventory.
    #[serde(skip)]
    pub at: usize,
    /// Which key.
    pub subject: SubjectOut,
    /// How bad the leak of its secret is; null where no export states the key.
    pub severity: Option<Severity>,
    /// Why, in one sentence.
    pub because: Option<String>,
    /// The ways in which it can leak, the worst first.
    pub ways: Vec<WayOut>,
    /// The accounts that it reaches beyond its own, the largest balance first; only where this one key was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<Vec<ReachedOut>>,
}

/// What the leak of a secret that was found costs.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct LeakedOut {
    /// How bad it is.
    pub severity: Option<Severity>,
    /// Why, in one sentence.
    pub because: Option<String>,
    /// The ways in which its key can leak, the worst first.
    pub ways: Vec<WayOut>,
}

/// Whom something is about.
#[derive(Clone, Serialize, JsonSchema)]
pub(in crate::report) struct SubjectOut {
    /// `key` or `account`.
    pub kind: &'static str,
    /// The exchange.
    pub exchange: Option<&'static str>,
    /// The account.
    pub account: Option<String>,
    /// The id; of a key its ends.
    pub id: Option<String>,
    /// The name its owner gave it.
    pub label: Option<String>,
}

/// An account that a key reaches.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct ReachedOut {
    /// Its name.
    pub account: String,
    /// By which right: `transfer` or `administer`.
    pub by: &'static str,
    /// What it holds.
    pub balance: BoundOut,
}

/// One way to leak.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct WayOut {
    /// `key-and-secret`, `mailbox`, `server`, `third-party`, `replay` or `key-id-only`.
    pub way: &'static str,
    /// What can be lost in this way; null where nothing can.
    pub bound: Option<BoundOut>,
    /// The same in all currencies.
    pub bounds: Vec<BoundOut>,
    /// Read, trade, transfer, withdraw.
    pub operations: Vec<OperationOut>,
}

/// One operation of one way.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct OperationOut {
    /// `read`, `trade`, `transfer` or `withdraw`.
    pub operation: &'static str,
    /// Whether the exchange executes it.
    pub executed: bool,
    /// The check that stops it; null where it is executed.
    pub stopped_by: Option<&'static str>,
    /// The checks that it passed only because nothing states what they compare with.
    pub assumed: Vec<&'static str>,
    /// What can be lost by it; null where it is not executed, and for reading, by which nothing is lost but secrecy.
    pub bound: Option<BoundOut>,
    /// The same in all currencies.
    pub bounds: Vec<BoundOut>,
    /// The accounts from the key's own to the largest that it reaches; empty where it is not executed.
    pub path: Vec<String>,
    /// How many accounts it reaches beyond the key's own.
    pub reaches: usize,
}

/// An amount that can be lost. Where nobody stated an amount it is null, and everything there can be lost.
#[derive(Clone, Serialize, JsonSchema)]
pub(in crate::report) struct BoundOut {
    /// The amount, as a decimal; null where it is not known.
    pub amount: Option<String>,
    /// Its currency.
    pub currency: Option<String>,
    /// Whether it may be more: something that nobody stated comes on top, or amounts of other currencies.
    pub at_least: bool,
}

/// A single leak.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct LeakOut {
    /// The way.
    pub way: &'static str,
    /// The server or the third party, where several keys leak at once.
    pub place: Option<String>,
    /// The keys that leak.
    pub subjects: Vec<SubjectOut>,
    /// What can be lost.
    pub bound: Option<BoundOut>,
    /// The same in all currencies.
    pub bounds: Vec<BoundOut>,
    /// The same in words.
    pub words: String,
}

/// A change of settings and what it takes away.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct FixOut {
    /// What to change, in words.
    pub change: String,
    /// Of which key or account.
    pub subject: SubjectOut,
    /// The setting, by the name that it has in the inventory or the declaration, and its new value.
    pub setting: SettingOut,
    /// What it takes away, alone: the largest bound of one operation; null where it takes away no money.
    pub removes: Option<BoundOut>,
    /// The same in all currencies.
    pub removes_all: Vec<BoundOut>,
    /// The same in words.
    pub removes_words: String,
    /// The ways and operations of which it takes something away.
    pub concerns: Vec<ConcernOut>,
    /// The worst single leak after this change and those before it; null where it was not worked out.
    pub then: Option<AfterOut>,
}

/// A setting and its new value.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct SettingOut {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

/// One way and the operations.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct ConcernOut {
    /// The way.
    pub way: &'static str,
    /// The operations.
    pub operations: Vec<&'static str>,
}

/// What is left after changes.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct AfterOut {
    /// The worst single leak; null where none costs anything.
    pub worst: Option<LeakOut>,
    /// What single leaks cost at most, currency by currency.
    pub most: Vec<BoundOut>,
}

/// Writes the document.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write_json(telling: &Telling<'_>, out: &mut dyn Write) -> io::Result<()> {
    super::pieces::document(&document(telling), out)
}

/// The document.
pub(super) fn document<'a>(telling: &Telling<'a>) -> Document<'a> {
    let rows = Rows::new(telling.inventory, &telling.exposed.estate, telling.exposed.radius.main.as_deref());
    Document {
        schema: "keylint-radius/1",
        tool: tool(),
        as_of: telling.as_of.to_string(),
        config: telling.config,
        noticed_after: telling.exposed.estate.noticed.to_string(),
        keys: rows.keys(&telling.exposed.radius, telling.only),
        worst: telling.exposed.radius.worst.as_ref().map(|l| rows.leak(l)),
        most: rows.bounds(&telling.exposed.radius.most),
        fixes: rows.fixes(&telling.exposed.plan, telling.only),
        after: rows.after(&telling.exposed.plan.after),
        coverage: CoverageOut::new(telling.coverage),
        problems: telling.problems.iter().map(|p| ProblemOut::new(telling.texts, p)).collect(),
    }
}
