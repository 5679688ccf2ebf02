//! What is supported, for people: a table of the exchanges, and a page for each. Both are made from the profiles, like the
//! reference and the table of the README.

pub mod commands;
pub mod facts;

use std::io::{self, Write};

use crate::exchanges::{PayloadFacts, Profile, profile};
use crate::model::{Exchange, FieldName};

/// The facts about keys that rules ask for, and that an answer about keys can state.
const OF_KEYS: [FieldName; 18] = [
    FieldName::Id,
    FieldName::Label,
    FieldName::Account,
    FieldName::AccountKind,
    FieldName::Read,
    FieldName::Trade,
    FieldName::Transfer,
    FieldName::Withdraw,
    FieldName::AdministerKeys,
    FieldName::AdministerSubAccounts,
    FieldName::AdministerAddresses,
    FieldName::Markets,
    FieldName::IpWhitelist,
    FieldName::PairWhitelist,
    FieldName::Created,
    FieldName::Expires,
    FieldName::LastUsed,
    FieldName::Status,
];

/// The facts about saved addresses.
const OF_ADDRESSES: [FieldName; 3] = [FieldName::Addresses, FieldName::AddressAdded, FieldName::AddressStatus];

/// The facts about an account's protection.
const OF_ACCOUNTS: [FieldName; 6] = [
    FieldName::SubAccounts,
    FieldName::AddressWhitelist,
    FieldName::Hold,
    FieldName::SecondFactor,
    FieldName::ConfirmedBy,
    FieldName::DailyLimit,
];

/// The rights, which an exchange can state in part.
const RIGHTS: [FieldName; 4] = [FieldName::Read, FieldName::Trade, FieldName::Transfer, FieldName::Withdraw];

/// What an answer is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The settings of keys.
    Keys,
    /// The sub-accounts.
    SubAccounts,
    /// The saved withdrawal addresses.
    Addresses,
    /// Nothing that a rule asks for.
    Nothing,
}

impl About {
    /// Of an answer.
    pub fn of(payload: &PayloadFacts) -> Self {
        if payload.states.is_empty() {
            Self::Nothing
        } else if payload.states.contains(&FieldName::SubAccounts) {
            Self::SubAccounts
        } else if payload.states.contains(&FieldName::Addresses) {
            Self::Addresses
        } else {
            Self::Keys
        }
    }
}

/// The facts of its kind that an answer does not state.
pub fn unstated(payload: &PayloadFacts) -> Vec<FieldName> {
    let of: &[FieldName] = match About::of(payload) {
        About::Keys => &OF_KEYS,
        About::Addresses => &OF_ADDRESSES,
        About::SubAccounts | About::Nothing => &[],
    };
    of.iter().copied().filter(|f| !payload.states.contains(f)).collect()
}

/// The facts that no answer of an exchange states; what it does not offer is no such fact.
pub fn unknown(profile: &Profile) -> Vec<FieldName> {
    let none = profile.facts.pair_whitelist.as_ref().is_some_and(|f| !f.value);
    let all = OF_KEYS.iter().chain(&OF_ADDRESSES).chain(&OF_ACCOUNTS).copied();
    let fixed = |f: FieldName| match f {
        FieldName::PairWhitelist => none,
        FieldName::AddressWhitelist => profile.facts.address_whitelist_always.as_ref().is_some_and(|f| f.value),
        FieldName::Hold => profile.facts.address_hold.is_some(),
        _ => false,
    };
    all.filter(|f| !fixed(*f) && profile.answered_by(*f).next().is_none()).collect()
}

/// The columns of the table.
pub const COLUMNS: [&str; 8] = ["EXCHANGE", "ANSWERS", "KEYS", "SUB-ACCOUNTS", "ADDRESSES", "PERMISSIONS", "IP WHITELIST", "DOCUMENTATION"];

/// The table: a row for each exchange whose keys can be checked.
pub fn rows() -> Vec<[String; 8]> {
    let known = Exchange::ALL.iter().filter_map(|e| Some((*e, profile(*e)?)));
    known
        .map(|(exchange, profile)| {
            let has = |about: About| profile.payloads.iter().any(|p| About::of(p) == about);
            let yes = |is: bool| if is { "yes" } else { "\u{2013}" }.to_owned();
            let states = |f: &FieldName| profile.answered_by(*f).next().is_some();
            let rights = match RIGHTS.iter().filter(|f| states(f)).count() {
                4 => "yes".to_owned(),
                0 => yes(false),
                _ => RIGHTS.iter().filter(|f| states(f)).map(|f| f.id().trim_start_matches("permissions.")).collect::<Vec<_>>().join(", "),
            };
            let keys = if has(About::Keys) { "yes".to_owned() } else { "by declaration".to_owned() };
            [
                exchange.id().to_owned(),
                profile.payloads.len().to_string(),
                keys,
                yes(has(About::SubAccounts)),
                yes(has(About::Addresses)),
                rights,
                yes(states(&FieldName::IpWhitelist)),
                profile.documentation.clone(),
            ]
        })
        .collect()
}

/// The exchanges that have neither a reader nor a profile: their names are understood, and all else is declared.
pub fn named_only() -> Vec<Exchange> {
    Exchange::ALL.iter().copied().filter(|e| profile(*e).is_none()).collect()
}

/// Writes the table.
///
/// # Errors
/// Where output cannot be written.
pub fn all(out: &mut dyn Write) -> io::Result<()> {
    let rows = rows();
    let header = COLUMNS.map(str::to_owned);
    let mut widths = [0usize; 8];
    for row in rows.iter().chain([&header]) {
        widths.iter_mut().zip(row).for_each(|(w, cell)| *w = (*w).max(cell.chars().count()));
    }
    for row in [&header].into_iter().chain(&rows) {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    let rest = named_only();
    if !rest.is_empty() {
        let names: Vec<&str> = rest.iter().map(|e| e.id()).collect();
        writeln!(out)?;
        prose(out, "", &format!("By declaration alone, because no answer of theirs is read: {}.", names.join(", ")))?;
    }
    writeln!(out, "\n`keylint exchanges NAME` prints what each answer of one states, the commands to export it, and what stays unknown.")
}

/// Writes all that is known of one exchange.
///
/// # Errors
/// Where output cannot be written.
pub fn one(exchange: Exchange, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({exchange})", exchange.title())?;
    let Some(profile) = profile(exchange) else {
        writeln!(out)?;
        let words = "No answer of it is read, and nothing that it fixes is known. Its keys can be declared in keylint.yaml, which names \
                     what they are for, who uses them and how their secrets are stored; rules about permissions and IP whitelists stay \
                     not assessed.";
        return prose(out, "", words);
    };
    writeln!(out, "Documentation: {}", profile.documentation)?;
    writeln!(out, "\nWHAT ITS ANSWERS STATE")?;
    for payload in &profile.payloads {
        answer(out, payload)?;
    }
    if profile.payloads.is_empty() {
        prose(out, "  ", "No documented answer states the settings of a key: they are declared in keylint.yaml.")?;
    }
    if !profile.request().is_empty() {
        writeln!(out, "\nHOW TO EXPORT\n")?;
        commands::write(exchange, profile, out)?;
    }
    let fixed = facts::fixed(profile);
    if !fixed.is_empty() {
        writeln!(out, "\nWHAT IT FIXES")?;
    }
    for fact in fixed {
        let note = fact.note.map(|n| format!(" Note: {}.", n.trim_end_matches('.'))).unwrap_or_default();
        item(out, &format!("{}{note} Source: {} ({}).", fact.words, fact.source, facts::edition(&fact.date)))?;
    }
    writeln!(out, "\nWHAT STAYS UNKNOWN")?;
    let unknown = unknown(profile);
    if unknown.is_empty() {
        prose(out, "  ", "Every fact that rules ask for is stated by one of its answers.")?;
    }
    for field in unknown {
        let where_else = field.declared_at().map_or_else(
            || "no answer states it; its web page may".to_owned(),
            |at| format!("no answer states it; keylint.yaml can, at {at}"),
        );
        item(out, &format!("{} ({}): {where_else}", field.says(), field.id()))?;
    }
    Ok(())
}

fn answer(out: &mut dyn Write, payload: &PayloadFacts) -> io::Result<()> {
    let list = |fields: &[FieldName]| fields.iter().map(|f| f.id()).collect::<Vec<_>>().join(", ");
    writeln!(out, "\n  {}", payload.endpoint)?;
    prose(out, "    ", &format!("about: {}", payload.about))?;
    prose(out, "    ", &format!("the caller needs: {}", payload.needs.as_deref().unwrap_or("not documented")))?;
    let states = if payload.states.is_empty() { "nothing that a rule asks for".to_owned() } else { list(&payload.states) };
    prose(out, "    ", &format!("states: {states}"))?;
    let unstated = unstated(payload);
    if !unstated.is_empty() {
        prose(out, "    ", &format!("does not state: {}", list(&unstated)))?;
    }
    writeln!(out, "    documentation: {}", payload.source)
}

/// An item of a list.
fn item(out: &mut dyn Write, words: &str) -> io::Result<()> {
    let mut lines = Vec::new();
    prose(&mut lines, "    ", words)?;
    // The first line begins with the dash instead of its indentation.
    out.write_all(b"  - ")?;
    out.write_all(lines.get(4..).unwrap_or(&[]))
}

/// Running text in lines of a readable length.
fn prose(out: &mut dyn Write, indent: &str, words: &str) -> io::Result<()> {
    let mut line = String::new();
    for word in words.split_whitespace() {
        if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > 100 {
            writeln!(out, "{indent}{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{indent}{line}")
}
