//! The inventory before any judgement: a table that a person can hold against the exchange's web page, and the document
//! `keylint-keys/1` for other programs.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::pieces::{CoverageOut, PlaceOut, ProblemOut, Tool, tool};
use crate::inventory::{AccountRecord, Inventory, KeyRecord};
use crate::model::time::Time;
use crate::model::{AddressStatus, Expiry, IpWhitelist, LastUse, PairWhitelist, Right, Signature, Stated, Status};
use crate::problem::Problem;
use crate::run::Coverage;
use crate::text::{Shown, clean, label};

/// What is listed.
pub struct Listing<'a> {
    /// What is known.
    pub inventory: &'a Inventory,
    /// What was not understood.
    pub problems: &'a [Problem],
    /// What was read.
    pub coverage: &'a Coverage,
    /// The texts, masked.
    pub texts: &'a Shown,
    /// The time.
    pub as_of: Time,
}

/// The document of `keylint keys --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "keylint keys", description = "The inventory of `keylint keys --format json`.")]
pub struct Document<'a> {
    /// `keylint-keys/1`.
    schema: &'static str,
    /// What made it.
    tool: Tool,
    /// The time.
    as_of: String,
    /// The keys.
    keys: Vec<KeyOut<'a>>,
    /// The accounts.
    accounts: Vec<AccountOut<'a>>,
    /// The saved withdrawal addresses.
    addresses: Vec<AddressOut<'a>>,
    /// What was read.
    coverage: CoverageOut,
    /// What was not understood.
    problems: Vec<ProblemOut<'a>>,
}

/// A key; null is unknown.
#[derive(Serialize, JsonSchema)]
struct KeyOut<'a> {
    /// The exchange.
    exchange: String,
    /// The account.
    account: Option<String>,
    /// The id, as the exchange shows it.
    id: Option<String>,
    /// The name its owner gave it.
    label: Option<String>,
    /// What it may do.
    permissions: PermissionsOut,
    /// What of administering it may do.
    administer: AdministerOut,
    /// The markets that are on.
    markets: Option<Vec<&'static str>>,
    /// The exchange's own names of what is granted.
    native_permissions: Vec<String>,
    /// `unrestricted`, the entries as written, or `restricted`.
    ip_whitelist: Option<ListOr>,
    /// `all`, or the pairs as written.
    pair_whitelist: Option<ListOr>,
    /// `shared-secret` or `asymmetric`.
    signature: Option<&'static str>,
    /// When it was created.
    created: Option<String>,
    /// When it ends.
    expires: Option<String>,
    /// Whether the exchange says that it never ends.
    never_expires: Option<bool>,
    /// When it was last used.
    last_used: Option<String>,
    /// `active`, `disabled` or `expired`.
    status: Option<&'static str>,
    /// What it is for.
    task: Option<TaskOut>,
    /// Whether its export holds a secret in plaintext.
    carries_secret: bool,
    /// Where it was read.
    places: Vec<PlaceOut<'a>>,
}

/// A word, or a list of entries.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum ListOr {
    /// A word.
    Word(&'static str),
    /// Entries, as written.
    List(Vec<String>),
}

/// Five rights; null is unknown.
#[derive(Serialize, JsonSchema)]
struct PermissionsOut {
    /// Read.
    read: Option<bool>,
    /// Trade.
    trade: Option<bool>,
    /// Transfer.
    transfer: Option<bool>,
    /// Withdraw.
    withdraw: Option<bool>,
    /// Administer keys, sub-accounts or addresses.
    administer: Option<bool>,
}

/// Three rights; null is unknown.
#[derive(Serialize, JsonSchema)]
struct AdministerOut {
    /// Keys.
    keys: Option<bool>,
    /// Sub-accounts.
    sub_accounts: Option<bool>,
    /// Withdrawal addresses.
    addresses: Option<bool>,
}

/// A task.
#[derive(Serialize, JsonSchema)]
struct TaskOut {
    /// Its name.
    name: &'static str,
    /// `declared` or `inferred`.
    from: &'static str,
}

/// An amount of money.
#[derive(Serialize, JsonSchema)]
struct MoneyOut {
    /// The amount, as a decimal.
    amount: String,
    /// The currency.
    currency: String,
}

/// An account; null is unknown.
#[derive(Serialize, JsonSchema)]
struct AccountOut<'a> {
    /// The exchange.
    exchange: String,
    /// The exchange's first id for it.
    id: Option<String>,
    /// All its ids.
    ids: Vec<String>,
    /// Its name in the declaration, else the one its owner gave it at the exchange.
    name: Option<String>,
    /// `master` or `sub`.
    kind: Option<&'static str>,
    /// The account that owns it.
    parent: Option<String>,
    /// What it is for.
    purpose: Option<&'static str>,
    /// What it holds.
    balance: Option<MoneyOut>,
    /// When it was created.
    created: Option<String>,
    /// Whether it is frozen.
    frozen: Option<bool>,
    /// How withdrawals from it are protected.
    withdrawals: WithdrawalsOut,
    /// Where it was read.
    places: Vec<PlaceOut<'a>>,
}

/// How withdrawals are protected; null is unknown, `none` is none.
#[derive(Serialize, JsonSchema)]
struct WithdrawalsOut {
    /// Whether they go only to saved addresses.
    address_whitelist: Option<bool>,
    /// How long a new address waits.
    hold: Option<String>,
    /// What adding an address needs.
    second_factor: Option<Vec<&'static str>>,
    /// Through which channels an address is confirmed.
    confirmed_by: Option<Vec<&'static str>>,
    /// What may leave in a day.
    daily_limit: Option<String>,
    /// What regularly leaves in a day.
    regular_payout: Option<String>,
}

/// A saved address; null is unknown.
#[derive(Serialize, JsonSchema)]
struct AddressOut<'a> {
    /// The exchange.
    exchange: String,
    /// The account.
    account: Option<String>,
    /// The asset.
    asset: Option<String>,
    /// The network.
    network: Option<String>,
    /// The address.
    address: Option<String>,
    /// The memo.
    memo: Option<String>,
    /// The name its owner gave it.
    label: Option<String>,
    /// When it was saved.
    added: Option<String>,
    /// `usable`, `waiting`, `unconfirmed` or `locked`.
    status: Option<&'static str>,
    /// Where it was read.
    places: Vec<PlaceOut<'a>>,
}

fn val<T: Copy>(stated: &Stated<T>) -> Option<T> {
    stated.as_ref().map(|f| f.value)
}

fn word(stated: &Stated<String>) -> Option<String> {
    stated.as_ref().map(|f| f.value.clone())
}

impl Listing<'_> {
    fn key<'a>(&'a self, record: &'a KeyRecord) -> KeyOut<'a> {
        let key = &record.key;
        let right = |r| val(&key.permissions.get(r));
        let account = self.inventory.account_of(record).and_then(Inventory::account_name).map(str::to_owned);
        KeyOut {
            exchange: key.exchange.id().to_owned(),
            account,
            id: record.id().map(|id| id.0.clone()),
            label: key.label.as_ref().map(|f| label(&f.value).into_owned()),
            permissions: PermissionsOut {
                read: right(Right::Read),
                trade: right(Right::Trade),
                transfer: right(Right::Transfer),
                withdraw: right(Right::Withdraw),
                administer: right(Right::Administer),
            },
            administer: AdministerOut {
                keys: val(&key.permissions.administer_keys),
                sub_accounts: val(&key.permissions.administer_sub_accounts),
                addresses: val(&key.permissions.administer_addresses),
            },
            markets: key.markets.as_ref().map(|f| f.value.iter().map(|m| m.value.id()).collect()),
            native_permissions: key.native.iter().map(|n| n.value.clone()).collect(),
            ip_whitelist: key.ip_whitelist.as_ref().and_then(|f| match &f.value {
                IpWhitelist::Unrestricted => Some(ListOr::Word("unrestricted")),
                IpWhitelist::Restricted => Some(ListOr::Word("restricted")),
                IpWhitelist::NotOffered => None,
                IpWhitelist::Listed(entries) => Some(ListOr::List(entries.iter().map(|e| e.value.written.clone()).collect())),
            }),
            pair_whitelist: key.pair_whitelist.as_ref().map(|f| match &f.value {
                PairWhitelist::All => ListOr::Word("all"),
                PairWhitelist::Listed(pairs) => ListOr::List(pairs.iter().map(|p| p.value.clone()).collect()),
            }),
            signature: val(&key.signature).map(|s| match s {
                Signature::SharedSecret => "shared-secret",
                Signature::Asymmetric => "asymmetric",
            }),
            created: val(&key.created).map(|t| t.to_string()),
            expires: match val(&key.expires) {
                Some(Expiry::At(time)) => Some(time.to_string()),
                Some(Expiry::Never) | None => None,
            },
            never_expires: val(&key.expires).map(|e| e == Expiry::Never),
            last_used: match val(&key.last_used) {
                Some(LastUse::At(time)) => Some(time.to_string()),
                Some(LastUse::Never) | None => None,
            },
            status: val(&key.status).map(Status::id),
            task: record.task.word().map(|t| TaskOut { name: t.id(), from: if record.task.declared { "declared" } else { "inferred" } }),
            carries_secret: !key.carries.is_empty(),
            places: key.payloads.iter().filter_map(|(endpoint, span)| PlaceOut::new(self.texts, *span, "primary", endpoint)).collect(),
        }
    }

    fn account<'a>(&'a self, record: &'a AccountRecord) -> AccountOut<'a> {
        let account = &record.account;
        let section = self.inventory.declared_account(record);
        let withdrawals = section.and_then(|s| s.withdrawals.as_ref());
        let limit = |l: &Option<crate::document::Spanned<crate::declaration::Limit>>| {
            l.as_ref().map(|l| l.value.amount().map_or_else(|| "none".to_owned(), ToString::to_string))
        };
        let parent = record.parent.and_then(|p| self.inventory.accounts.get(p)).and_then(Inventory::account_name).map(str::to_owned);
        AccountOut {
            exchange: account.exchange.id().to_owned(),
            id: account.ids.first().map(|i| i.value.clone()),
            ids: account.ids.iter().map(|i| i.value.clone()).collect(),
            name: record.declared.as_ref().map(|d| d.value.clone()).or_else(|| word(&account.label)),
            kind: record.kind.as_ref().map(|k| match k.value {
                crate::model::AccountKind::Master => "master",
                crate::model::AccountKind::Sub => "sub",
            }),
            parent: parent.or_else(|| word(&account.parent)),
            purpose: section.and_then(|s| s.purpose.as_ref()).map(|p| p.value.id()),
            balance: record
                .balance
                .as_ref()
                .map(|f| MoneyOut { amount: f.value.amount().to_string(), currency: f.value.currency().to_owned() }),
            created: val(&account.created).map(|t| t.to_string()),
            frozen: val(&account.frozen),
            withdrawals: WithdrawalsOut {
                address_whitelist: val(&record.withdrawals.address_whitelist),
                hold: val(&record.withdrawals.hold).map(|h| h.to_string()),
                second_factor: withdrawals.and_then(|w| w.second_factor.as_ref()).map(|f| f.value.iter().map(|w| w.value.id()).collect()),
                confirmed_by: withdrawals.and_then(|w| w.confirmed_by.as_ref()).map(|f| f.value.iter().map(|w| w.value.id()).collect()),
                daily_limit: withdrawals.and_then(|w| limit(&w.daily_limit)),
                regular_payout: withdrawals.and_then(|w| limit(&w.regular_payout)),
            },
            places: account.payloads.iter().filter_map(|(endpoint, span)| PlaceOut::new(self.texts, *span, "primary", endpoint)).collect(),
        }
    }

    fn accounts(&self) -> impl Iterator<Item = &AccountRecord> {
        // An account that only stands for "the account of that key" says nothing of its own.
        self.inventory.accounts.iter().filter(|a| !a.implicit)
    }
}

/// Writes the document.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write_json(listing: &Listing<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: "keylint-keys/1",
        tool: tool(),
        as_of: listing.as_of.to_string(),
        keys: listing.inventory.keys.iter().map(|k| listing.key(k)).collect(),
        accounts: listing.accounts().map(|a| listing.account(a)).collect(),
        addresses: listing
            .inventory
            .addresses
            .iter()
            .map(|record| {
                let address = &record.address;
                let account =
                    record.account.and_then(|a| listing.inventory.accounts.get(a)).and_then(Inventory::account_name).map(str::to_owned);
                AddressOut {
                    exchange: address.exchange.id().to_owned(),
                    account: account.or_else(|| address.account.first().map(|a| a.value.clone())),
                    asset: word(&address.asset),
                    network: word(&address.network),
                    address: word(&address.address),
                    memo: word(&address.memo),
                    label: word(&address.label),
                    added: val(&address.added).map(|t| t.to_string()),
                    status: val(&address.status).map(AddressStatus::id),
                    places: PlaceOut::new(listing.texts, address.payload.1, "primary", address.payload.0).into_iter().collect(),
                }
            })
            .collect(),
        coverage: CoverageOut::new(listing.coverage),
        problems: listing.problems.iter().map(|p| ProblemOut::new(listing.texts, p)).collect(),
    };
    super::pieces::document(&document, out)
}

/// Writes the table.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write_table(listing: &Listing<'_>, out: &mut dyn Write) -> io::Result<()> {
    let head = ["EXCHANGE", "KEY", "ACCOUNT", "MAY", "FROM", "UNTIL", "TASK", "UNKNOWN"];
    let mut rows: Vec<[String; 8]> = Vec::with_capacity(listing.inventory.keys.len());
    for record in &listing.inventory.keys {
        rows.push(row(listing, record));
    }
    if !rows.is_empty() {
        table(out, &head, &rows)?;
    }
    let accounts: Vec<[String; 5]> = listing
        .accounts()
        .map(|a| {
            let a = listing.account(a);
            let balance = a.balance.map_or("?".to_owned(), |b| format!("{} {}", b.amount, b.currency));
            let name = match (a.name, a.id) {
                (Some(name), Some(id)) if name != id => format!("{name} ({id})"),
                (Some(name), _) | (None, Some(name)) => name,
                (None, None) => "?".into(),
            };
            [a.exchange, name, a.kind.unwrap_or("?").to_owned(), a.purpose.unwrap_or("?").to_owned(), balance]
        })
        .collect();
    if !accounts.is_empty() {
        writeln!(out)?;
        table(out, &["EXCHANGE", "ACCOUNT", "KIND", "PURPOSE", "BALANCE"], &accounts)?;
    }
    let addresses: Vec<[String; 5]> = listing
        .inventory
        .addresses
        .iter()
        .map(|record| {
            let a = &record.address;
            let or = |s: &Stated<String>| word(s).filter(|w| !w.is_empty()).unwrap_or_else(|| "?".into());
            [a.exchange.id().into(), or(&a.asset), or(&a.network), or(&a.address), val(&a.status).map_or("?", |s| s.id()).to_owned()]
        })
        .collect();
    if !addresses.is_empty() {
        writeln!(out)?;
        table(out, &["EXCHANGE", "ASSET", "NETWORK", "WITHDRAWAL ADDRESS", "STATUS"], &addresses)?;
    }
    Ok(())
}

fn row(listing: &Listing<'_>, record: &KeyRecord) -> [String; 8] {
    let key = listing.key(record);
    let mut may: Vec<String> = Vec::new();
    let mut unknown: Vec<&str> = Vec::new();
    for right in Right::ALL {
        match val(&record.key.permissions.get(right)) {
            Some(true) if right == Right::Trade => may.push(match &key.markets {
                Some(markets) if !markets.is_empty() => format!("trade ({})", markets.join(", ")),
                _ => "trade".into(),
            }),
            Some(true) => may.push(right.id().to_owned()),
            Some(false) => {}
            None => unknown.push(right.id()),
        }
    }
    if may.is_empty() {
        may.push(if unknown.len() == Right::ALL.len() { "?".into() } else { "nothing that is known".into() });
    }
    let from = match &key.ip_whitelist {
        None if crate::model::value(&record.key.ip_whitelist) == Some(&IpWhitelist::NotOffered) => {
            "any address: the exchange has no IP whitelists".into()
        }
        None => {
            unknown.push("IP whitelist");
            "?".to_owned()
        }
        Some(ListOr::Word("unrestricted")) => "any address".into(),
        Some(ListOr::Word(_)) => "restricted, entries not stated".into(),
        Some(ListOr::List(entries)) => some_of(entries, 3),
    };
    let until = match (&key.expires, key.never_expires) {
        (Some(time), _) => time.clone(),
        (None, Some(true)) => "never".into(),
        (None, _) => {
            unknown.push("expiry");
            "?".into()
        }
    };
    let name = match (key.id, key.label) {
        (Some(id), Some(label)) => format!("{id} ({label})"),
        (Some(id), None) => id,
        (None, Some(label)) => format!("({label})"),
        (None, None) => {
            let path = record.whole().map(|s| listing.texts.path(s.text));
            path.map_or_else(|| "?".into(), |p| format!("in {p}"))
        }
    };
    let task = match &key.task {
        Some(task) if task.from == "declared" => task.name.to_owned(),
        Some(task) => format!("{}?", task.name),
        None => {
            unknown.push("task");
            record.task.possible.iter().map(|t| t.id()).collect::<Vec<_>>().join(" or ") + "?"
        }
    };
    let status = key.status.filter(|s| *s != "active").map(|s| format!(" ({s})")).unwrap_or_default();
    [key.exchange, name + &status, key.account.unwrap_or_else(|| "?".into()), may.join(", "), from, until, task, unknown.join(", ")]
}

fn some_of(entries: &[String], most: usize) -> String {
    let more = entries.len().saturating_sub(most);
    let shown: Vec<&str> = entries.iter().take(most).map(String::as_str).collect();
    match more {
        0 => shown.join(", "),
        n => format!("{} and {n} more", shown.join(", ")),
    }
}

/// Writes rows in columns; what comes from a file is cleaned first.
fn table<const N: usize>(out: &mut dyn Write, head: &[&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows.iter().map(|r| r.iter().map(|c| clean(c).into_owned()).collect()).collect();
    let mut widths: Vec<usize> = head.iter().map(|h| h.width()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    for row in std::iter::once(&head.map(str::to_owned).to_vec()).chain(&rows) {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
