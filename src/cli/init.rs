//! `keylint init`: a declaration drafted from exports, to be completed by whoever knows what the keys are for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use clap::Args;

use super::{Reading, tell};
use crate::inventory::{Inventory, KeyRecord};
use crate::model::{AccountKind, Exchange};
use crate::run;
use crate::text::{Texts, label as label_of};

/// Drafts a declaration.
#[derive(Args)]
pub struct Init {
    #[command(flatten)]
    reading: Reading,
    /// Create keylint.yaml in the working folder; an existing one is never overwritten
    #[arg(long)]
    write: bool,
}

/// Runs the command.
///
/// # Errors
/// Where output cannot be written.
pub fn run(init: Init, out: &mut dyn Write) -> io::Result<u8> {
    let plan = init.reading.plan()?;
    let gathered = run::read(&plan, Texts::default());
    let code = run::exit_of_reading(&plan, &gathered);
    let paths: BTreeMap<u32, String> =
        (0..gathered.texts.next_id().0).filter_map(|i| Some((i, gathered.texts.get(crate::text::TextId(i))?.path().to_owned()))).collect();
    let draft = draft(&gathered.inventory, &paths);
    tell(&gathered.problems, &gathered.texts.into_shown())?;
    if crate::plan::is_fatal(&gathered.problems) {
        return Ok(code);
    }
    if code == 3 || gathered.coverage.keys + gathered.inventory.accounts.len() == 0 {
        writeln!(io::stderr(), "keylint: there is no export in what was named: nothing to draft from")?;
        return Ok(code);
    }
    if !init.write {
        out.write_all(draft.as_bytes())?;
        return Ok(code);
    }
    let path = plan.working.join("keylint.yaml");
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => {
            io::Error::other("keylint.yaml exists already and is not overwritten; without --write the draft goes to standard output")
        }
        _ => e,
    })?;
    file.write_all(draft.as_bytes())?;
    writeln!(out, "keylint.yaml: {} keys, to be completed", gathered.inventory.keys.len())?;
    Ok(code)
}

/// Text as a YAML scalar: in double quotes wherever a plain one could be read as something else.
fn quoted(text: &str) -> String {
    let plain = text.chars().next().is_some_and(char::is_alphabetic)
        && text.chars().all(|c| c.is_alphanumeric() || "/._-@ ".contains(c))
        && !text.ends_with(' ')
        && !matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "none");
    if plain { text.to_owned() } else { serde_json::Value::String(text.to_owned()).to_string() }
}

fn draft(inventory: &Inventory, paths: &BTreeMap<u32, String>) -> String {
    let mut out = String::from(
        "version: 1\n\n# What sends requests, and from where: name your systems and the addresses that the exchange sees.\n# systems:\n#   my-bot: { egress: [203.0.113.10], address: static, environment: production }\n",
    );
    let mut names: BTreeMap<usize, String> = BTreeMap::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for (at, record) in inventory.accounts.iter().enumerate() {
        if record.account.ids.is_empty() {
            continue;
        }
        let stem = record.account.label.as_ref().map(|l| &l.value).or_else(|| record.account.ids.first().map(|i| &i.value));
        // An envelope may name the account as the declaration would.
        let own = format!("{}/", record.account.exchange);
        let stem: String = stem
            .map_or("account", |s| s.strip_prefix(own.as_str()).unwrap_or(s))
            .chars()
            .map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' })
            .collect();
        let mut name = format!("{}/{stem}", record.account.exchange);
        while !taken.insert(name.clone()) {
            name.push_str("-2");
        }
        names.insert(at, name);
    }
    // Writing to a string cannot fail, here and below.
    if !names.is_empty() {
        out.push_str("\naccounts:\n");
        for (at, name) in &names {
            let Some(record) = inventory.accounts.get(*at) else { continue };
            let ids: Vec<_> = record.account.ids.iter().map(|i| serde_json::Value::String(i.value.clone()).to_string()).collect();
            let parent = record.parent.and_then(|p| names.get(&p)).map(|p| format!(", parent: {}", quoted(p))).unwrap_or_default();
            let hint = match record.kind.as_ref().map(|k| k.value) {
                Some(AccountKind::Master) => "  # the master account; purpose: storage, trading, treasury or reporting?",
                Some(AccountKind::Sub) | None => "  # purpose: storage, trading, treasury or reporting?",
            };
            let _infallible = writeln!(out, "  {}: {{ id: [{}]{parent} }}{hint}", quoted(name), ids.join(", "));
        }
    }
    out.push_str("\nkeys:\n");
    let keys = Names::of(inventory, paths);
    for (at, record) in inventory.keys.iter().enumerate() {
        entry(&mut out, &keys, at, record, &names);
    }
    if inventory.keys.is_empty() {
        out.push_str("  []\n");
    }
    out
}

fn entry(out: &mut String, keys: &Names<'_>, at: usize, record: &KeyRecord, names: &BTreeMap<usize, String>) {
    let Some(name) = keys.reference(at, record) else {
        let _infallible = writeln!(out, "  # a key of {} that neither an id nor an export tells apart", record.key.exchange);
        return;
    };
    let label = record.key.label.as_ref().map(|l| format!("  # {}", label_of(&l.value))).unwrap_or_default();
    let _infallible = writeln!(out, "  - {name}{label}");
    if let Some(account) = record.account.and_then(|a| names.get(&a)) {
        let _infallible = writeln!(out, "    account: {}", quoted(account));
    }
    match record.task.word() {
        Some(task) => {
            let _infallible = writeln!(out, "    task: {}?  # inferred; take the ? away when it is right", task.id());
        }
        None => out.push_str("    # task: analytics, reporting, trading, transfers or payouts\n"),
    }
}

/// The keys of an inventory as a declaration can name them.
struct Names<'a> {
    paths: &'a BTreeMap<u32, String>,
    /// How many keys have this id, by exchange.
    ids: BTreeMap<(Exchange, &'a str), usize>,
    /// The number of each key among those of its first export.
    numbers: Vec<usize>,
}

impl<'a> Names<'a> {
    fn of(inventory: &'a Inventory, paths: &'a BTreeMap<u32, String>) -> Self {
        let mut ids = BTreeMap::new();
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        let mut numbers = Vec::with_capacity(inventory.keys.len());
        for record in &inventory.keys {
            if let Some(id) = record.id() {
                *ids.entry((record.key.exchange, id.0.as_str())).or_insert(0) += 1;
            }
            let mut texts: Vec<u32> = record.key.payloads.iter().map(|(_, span)| span.text.0).collect();
            numbers.push(texts.first().and_then(|t| counts.get(t)).copied().unwrap_or(0));
            texts.sort_unstable();
            texts.dedup();
            texts.into_iter().for_each(|t| *counts.entry(t).or_insert(0) += 1);
        }
        Self { paths, ids, numbers }
    }

    /// Whether exactly one key begins so.
    fn is_one(&self, exchange: Exchange, beginning: &str) -> bool {
        let from = (exchange, beginning);
        self.ids.range(from..).take_while(|((e, id), _)| *e == exchange && id.starts_with(beginning)).map(|(_, n)| n).sum::<usize>() == 1
    }

    /// How the declaration names a key: by enough of its id to tell it from all others, else by its export.
    fn reference(&self, at: usize, record: &KeyRecord) -> Option<String> {
        let exchange = record.key.exchange;
        if let Some(id) = record.id().filter(|id| id.ends() != ("", "")) {
            let length = id.0.chars().count();
            for shown in [8, 12, 16] {
                let short: String = id.0.chars().take(shown).collect();
                if !id.is_masked() && shown < length && self.is_one(exchange, &short) {
                    return Some(format!("key: {}", quoted(&format!("{exchange} {short}\u{2026}"))));
                }
            }
            if self.ids.get(&(exchange, id.0.as_str())) == Some(&1) {
                return Some(format!("key: {}", serde_json::Value::String(format!("{exchange} {}", id.0))));
            }
        }
        let (_, span) = record.key.payloads.first()?;
        let path = self.paths.get(&span.text.0).filter(|p| *p != "<stdin>")?;
        let number = self.numbers.get(at).copied().unwrap_or(0);
        let suffix = if number == 0 { String::new() } else { format!("#{number}") };
        Some(format!("export: {}", serde_json::Value::String(format!("{path}{suffix}"))))
    }
}
