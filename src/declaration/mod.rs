//! Intent: what each key is for, as its owner declares it in `keylint.yaml`.
//!
//! These are the types of the file; its JSON Schema is made from them. What is left out is unknown; what is none is said
//! to be none. It holds words and addresses, never a secret, so that it can be reviewed and committed.

mod check;
mod words;

pub use words::{
    AddressKind, Channel, EgressAddress, Factor, Limit, OneOrMany, Prefix, Purpose, Required, StoredIn, Task, TaskWord, names,
};

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::document::{self, Misfit, Spanned};
use crate::finding::Severity;
use crate::model::money::{Money, Rates};
use crate::model::time::{Hold, Period};
use crate::model::{Exchange, Market};
use crate::problem::Problem;
use crate::text::{Span, TextId};

/// The declaration.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "keylint.yaml", description = "What each API key is for, so that keylint can tell where a key may do more.")]
pub struct Declaration {
    /// The version of the form: 1.
    pub version: Spanned<u32>,
    /// What sends requests, and from where.
    #[serde(default)]
    pub systems: BTreeMap<Spanned<String>, System>,
    /// Services that hold keys.
    #[serde(default)]
    pub third_parties: BTreeMap<Spanned<String>, ThirdParty>,
    /// Accounts and sub-accounts, named `exchange/name`.
    #[serde(default)]
    pub accounts: BTreeMap<Spanned<String>, Account>,
    /// Routes on which assets are moved between accounts.
    #[serde(default)]
    pub transfers: Vec<Spanned<Transfer>>,
    /// The keys.
    #[serde(default)]
    pub keys: Vec<Spanned<KeyEntry>>,
    /// Where the exports stand, as globs; `exports/**` and `**/*.export.json` where it is left out.
    pub exports: Option<Vec<Spanned<String>>>,
    /// What is tolerated.
    #[serde(default)]
    pub policy: Policy,
}

/// What sends requests, and from where.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct System {
    /// The addresses that the exchange sees.
    pub egress: Option<Vec<Spanned<EgressAddress>>>,
    /// The addresses of the backup.
    pub backup_egress: Option<Vec<Spanned<EgressAddress>>>,
    /// Whether the backup sends requests now.
    pub backup_in_use: Option<Spanned<bool>>,
    /// Whether its addresses stay the same.
    pub address: Option<Spanned<AddressKind>>,
    /// The server that it runs on. Two systems on one server share its fate.
    pub server: Option<Spanned<String>>,
    /// production, staging, development, …
    pub environment: Option<Spanned<String>>,
    /// The markets that it trades.
    pub markets: Option<Spanned<Vec<Spanned<Market>>>>,
    /// The pairs that it trades.
    pub pairs: Option<Spanned<Vec<Spanned<String>>>>,
    /// How long its requests are valid.
    pub request_window: Option<Spanned<Period>>,
    /// Where its files stand in a tree, as globs.
    pub paths: Option<Vec<Spanned<String>>>,
}

/// A service that holds keys.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ThirdParty {
    /// The service.
    pub service: Option<Spanned<String>>,
    /// Whether it asks for keys that can withdraw.
    pub requires_withdraw: Option<Spanned<bool>>,
    /// Whether it asks for keys without an IP whitelist, and offers no agent with a fixed address.
    pub requires_open_whitelist: Option<Spanned<bool>>,
    /// Whether it shows the orders that it placed and the endpoints that it called.
    pub action_log: Option<Spanned<bool>>,
}

/// An account or sub-account.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Account {
    /// How exports name it: uid, e-mail, sub-account name.
    pub id: Option<Spanned<OneOrMany>>,
    /// The account that owns it, by its name here.
    pub parent: Option<Spanned<String>>,
    /// What it is for.
    pub purpose: Option<Spanned<Purpose>>,
    /// How withdrawals from it are protected.
    pub withdrawals: Option<Withdrawals>,
    /// What it holds.
    pub balance: Option<Spanned<Money>>,
    /// What it should hold.
    pub working_balance: Option<Spanned<Limit>>,
}

/// How withdrawals are protected.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Withdrawals {
    /// Whether they go only to saved addresses.
    pub address_whitelist: Option<Spanned<bool>>,
    /// The addresses that may be saved.
    pub addresses: Option<Spanned<Vec<Spanned<Address>>>>,
    /// How long a new address waits, or none.
    pub hold: Option<Spanned<Hold>>,
    /// What adding an address needs besides the password.
    pub second_factor: Option<Spanned<Vec<Spanned<Factor>>>>,
    /// Through which channels an address is confirmed.
    pub confirmed_by: Option<Spanned<Vec<Spanned<Channel>>>>,
    /// What may leave in a day, or none for no limit.
    pub daily_limit: Option<Spanned<Limit>>,
    /// What regularly leaves in a day, or none.
    pub regular_payout: Option<Spanned<Limit>>,
}

/// A withdrawal address.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Address {
    /// The asset; any where it is left out.
    pub asset: Option<String>,
    /// The network; any where it is left out.
    pub network: Option<String>,
    /// The address.
    pub address: String,
    /// The memo or tag.
    pub memo: Option<String>,
    /// Whose it is.
    pub note: Option<String>,
}

/// A route on which assets are moved.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Transfer {
    /// The account that they leave, by its name here.
    pub from: Spanned<String>,
    /// The account that they reach.
    pub to: Spanned<String>,
    /// The reason.
    pub why: Option<String>,
}

/// A key. Two entries for one key are what sharing looks like.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct KeyEntry {
    /// The exchange and the id, or as much of the id as is visible: `binance Kq7Z…`.
    pub key: Option<Spanned<String>>,
    /// The export that states it, where its answer has no id: `exports/tax.json`, `#2` at the end for its third record.
    pub export: Option<Spanned<String>>,
    /// The account that it belongs to, by its name here.
    pub account: Option<Spanned<String>>,
    /// What it is for. A `?` at the end says that it was inferred and is still to be confirmed.
    pub task: Option<Spanned<Task>>,
    /// The system or systems that use it.
    pub system: Option<Spanned<OneOrMany>>,
    /// How its secret is stored.
    pub secret: Option<Secret>,
    /// The third party that holds it.
    pub third_party: Option<Spanned<String>>,
    /// The key that this one was rotated from: exchange and id.
    pub replaces: Option<Spanned<String>>,
    /// The key that this one stands in for: exchange and id.
    pub backup_for: Option<Spanned<String>>,
}

/// How a secret is stored.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Secret {
    /// Where.
    pub stored_in: Spanned<StoredIn>,
    /// How it is found there; never the secret itself.
    pub reference: Option<Spanned<String>>,
}

/// What is tolerated.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Policy {
    /// The severity from which a run fails; high where it is left out.
    pub fail_on: Option<Severity>,
    /// What every export must state; one that does not makes the run incomplete.
    pub require: Vec<Spanned<Required>>,
    /// How wide an IP whitelist may be.
    pub ip_whitelist: WidestWhitelist,
    /// How old a key may get; 90 days where it is left out.
    pub rotate_after: Option<Period>,
    /// How old an export may get; 30 days where it is left out.
    pub stale_after: Option<Period>,
    /// How long a leak goes unnoticed, for the bound on the loss; 1 day where it is left out.
    pub noticed_after: Option<Period>,
    /// What one unit of a currency is worth in another: `USDT: 1 USD`.
    pub rates: Rates,
    /// Rules that are tuned or turned off.
    pub rules: BTreeMap<Spanned<String>, Tuning>,
    /// Paths that are not read.
    pub exclude: Vec<Exclude>,
}

/// How wide an IP whitelist may be.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WidestWhitelist {
    /// IPv4; `/29` where it is left out.
    pub widest: Option<Spanned<Prefix>>,
    /// IPv6; `/64` where it is left out.
    pub widest_ipv6: Option<Spanned<Prefix>>,
}

/// What is changed of a rule.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tuning {
    /// Turned off, for this reason.
    pub off: Option<Spanned<String>>,
    /// Another severity.
    pub severity: Option<Severity>,
}

/// Paths that are not read.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exclude {
    /// A glob.
    pub path: Spanned<String>,
    /// The reason.
    pub reason: Spanned<String>,
    /// Until when, as a date.
    pub until: Option<Spanned<String>>,
}

impl Policy {
    /// How old a key may get.
    pub fn rotate_after(&self) -> Period {
        self.rotate_after.unwrap_or(Period::from_days(90))
    }
    /// How old an export may get.
    pub fn stale_after(&self) -> Period {
        self.stale_after.unwrap_or(Period::from_days(30))
    }
    /// How long a leak goes unnoticed.
    pub fn noticed_after(&self) -> Period {
        self.noticed_after.unwrap_or(Period::from_days(1))
    }
    /// The widest ranges of an IP whitelist, as prefix lengths of IPv4 and IPv6.
    pub fn widest(&self) -> (u8, u8) {
        let bits = |p: &Option<Spanned<Prefix>>, or| p.as_ref().map_or(or, |p| p.value.0);
        (bits(&self.ip_whitelist.widest, 29), bits(&self.ip_whitelist.widest_ipv6, 64))
    }
}

impl Declaration {
    /// Reads a declaration, and checks what a type cannot say: names that are referred to exist, exchanges are known,
    /// reasons are given.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: TextId, source: &str) -> Result<Self, Vec<Problem>> {
        let node = document::parse(text, source, 0..source.len()).map_err(|b| {
            let mut problem = Problem::fatal("declaration-broken", Some(b.span), format!("the declaration cannot be read: {}", b.what));
            problem.help = b.help.map(str::to_owned);
            problem.related.extend(b.related.map(|(s, n)| (s, n.to_owned())));
            vec![problem]
        })?;
        let declaration: Self = document::from_node(&node).map_err(|m| vec![misfit(m)])?;
        let problems = check::check(&declaration);
        if problems.is_empty() { Ok(declaration) } else { Err(problems) }
    }
    /// The exchange of an account that is declared as `exchange/name`.
    pub fn exchange_of(account: &str) -> Option<Exchange> {
        Exchange::parse(account.split_once('/')?.0)
    }
}

/// A misfit of the declaration as a problem.
fn misfit(m: Misfit) -> Problem {
    let mut problem = Problem::fatal("declaration-wrong", Some(m.span), m.message);
    problem.help = m.help;
    problem
}

/// What a `key:` of the declaration names: the exchange and as much of the id as is visible.
pub fn key_reference(text: &str) -> Option<(Exchange, &str)> {
    let (exchange, id) = text.trim().split_once(char::is_whitespace)?;
    let id = id.trim();
    Some((Exchange::parse(exchange)?, id)).filter(|(_, id)| !id.is_empty())
}

/// What an `export:` of the declaration names: the path and the number of the record, from 0: `#2` is the third.
pub fn export_reference(text: &str) -> (&str, usize) {
    match text.rsplit_once('#') {
        Some((path, number)) => number.trim().parse().map_or((text, 0), |n| (path.trim_end(), n)),
        None => (text, 0),
    }
}

/// A place in the declaration for a problem or a finding.
pub fn span_of<T>(spanned: &Option<Spanned<T>>) -> Option<Span> {
    spanned.as_ref().map(|s| s.span)
}
