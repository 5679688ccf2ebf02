//! An account or sub-account, and the addresses that it may withdraw to, as exports state them.

use serde::{Deserialize, Serialize};

use super::money::Money;
use super::time::Time;
use super::{Conflict, Exchange, Fact, Stated};
use crate::text::Span;

/// Master or sub-account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// The account that owns the others.
    Master,
    /// A sub-account, a portfolio.
    Sub,
}

/// An account as exports state it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The exchange.
    pub exchange: Exchange,
    /// Each id that is given: uid, e-mail, sub-account name, portfolio id. The first is the one reports use.
    pub ids: Vec<Fact<String>>,
    /// The name its owner gave it.
    pub label: Stated<String>,
    /// Master or sub-account.
    pub kind: Stated<AccountKind>,
    /// The id of the account that owns it.
    pub parent: Stated<String>,
    /// What it holds.
    pub balance: Stated<Money>,
    /// When it was created.
    pub created: Stated<Time>,
    /// Whether it is frozen, locked or banned.
    pub frozen: Stated<bool>,
    /// Whether its assets may be moved out to other accounts.
    pub may_transfer_out: Stated<bool>,
    /// Whether withdrawals go only to saved addresses.
    pub address_whitelist: Stated<bool>,
    /// When the newest of its exports was fetched.
    pub fetched_at: Stated<Time>,
    /// The answers it was read from.
    pub payloads: Vec<(&'static str, Span)>,
    /// Fields on which undated exports disagree.
    pub conflicts: Vec<Conflict>,
}

impl Account {
    /// An account of which nothing is known yet.
    pub fn new(exchange: Exchange) -> Self {
        Self {
            exchange,
            ids: Vec::new(),
            label: None,
            kind: None,
            parent: None,
            balance: None,
            created: None,
            frozen: None,
            may_transfer_out: None,
            address_whitelist: None,
            fetched_at: None,
            payloads: Vec::new(),
            conflicts: Vec::new(),
        }
    }
}

/// Whether a saved address can be withdrawn to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AddressStatus {
    /// It can.
    Usable,
    /// Its hold has not ended.
    Waiting,
    /// It is saved, and not confirmed or not on the whitelist.
    Unconfirmed,
    /// It was locked by the exchange.
    Locked,
}

impl AddressStatus {
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Usable => "usable",
            Self::Waiting => "waiting",
            Self::Unconfirmed => "unconfirmed",
            Self::Locked => "locked",
        }
    }
}

/// A saved withdrawal address as an export states it.
#[derive(Clone, Debug)]
pub struct Address {
    /// The exchange.
    pub exchange: Exchange,
    /// The account it is saved for, by each id that is given.
    pub account: Vec<Fact<String>>,
    /// The asset, as the exchange writes it.
    pub asset: Stated<String>,
    /// The network, as the exchange writes it.
    pub network: Stated<String>,
    /// The address.
    pub address: Stated<String>,
    /// The memo or tag; empty where there is none.
    pub memo: Stated<String>,
    /// The name its owner gave it.
    pub label: Stated<String>,
    /// When it was saved.
    pub added: Stated<Time>,
    /// Whether it can be withdrawn to.
    pub status: Stated<AddressStatus>,
    /// When its export was fetched.
    pub fetched_at: Stated<Time>,
    /// The answer it was read from.
    pub payload: (&'static str, Span),
}

impl Address {
    /// An address of which nothing is known yet.
    pub fn new(exchange: Exchange, payload: &'static str, whole: Span) -> Self {
        Self {
            exchange,
            account: Vec::new(),
            asset: None,
            network: None,
            address: None,
            memo: None,
            label: None,
            added: None,
            status: None,
            fetched_at: None,
            payload: (payload, whole),
        }
    }
}
