//! What a condition gets when it asks: an answer with a type, or nothing, which is "unknown".

use crate::declaration::TaskWord;
use crate::model::ip::{AddressSet, IpEntry, IpRange};
use crate::model::money::Money;
use crate::model::time::{Hold, Time};
use crate::model::{Exchange, Fact, Market, Right, Stated};
use crate::text::Span;

/// A yes-or-no field as an answer.
pub fn flag<'a>(stated: &Stated<bool>) -> Option<Got<'a>> {
    stated.as_ref().map(|f| Got::Bool(f.value))
}

/// Where a field is stated.
pub fn place<T>(stated: &Stated<T>) -> Option<Span> {
    stated.as_ref().and_then(Fact::span)
}

/// Whom a rule is asked about, by its place in the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A key.
    Key(usize),
    /// An account.
    Account(usize),
    /// A third party, by its place in the declaration.
    ThirdParty(usize),
    /// A saved address.
    Address(usize),
    /// A declared route.
    Transfer(usize),
    /// An exchange.
    Exchange(Exchange),
    /// A secret that was found.
    Secret(usize),
    /// A request window.
    Window(usize),
    /// All that was read.
    Estate,
}

/// An answer.
pub enum Got<'a> {
    /// Yes or no.
    Bool(bool),
    /// A word.
    Word(&'a str),
    /// The tasks that are possible.
    Tasks(&'a [TaskWord]),
    /// Words.
    Words(Vec<&'a str>),
    /// A time.
    Time(Time),
    /// "Never", where a time was asked for: no test of a time holds of it.
    Never,
    /// A waiting time, or none.
    Hold(Hold),
    /// An amount, or none.
    Limit(Option<&'a Money>),
    /// Addresses.
    Addresses(&'a AddressSet),
    /// Members.
    List(Members<'a>),
}

/// The members of a list, and whether they are all.
pub struct Members<'a> {
    /// Those that are known.
    pub items: Vec<Item<'a>>,
    /// Whether there are no others.
    pub complete: bool,
}

impl<'a> Members<'a> {
    /// A list of which all members are known.
    pub fn all(items: Vec<Item<'a>>) -> Self {
        Self { items, complete: true }
    }
}

/// A member of a list.
#[derive(Clone)]
pub enum Item<'a> {
    /// A right.
    Right(Right),
    /// An entry of an IP whitelist.
    Entry {
        /// As written, with its place.
        entry: &'a Fact<IpEntry>,
        /// Whether another entry says it already.
        redundant: bool,
    },
    /// A market.
    Market(&'a Fact<Market>),
    /// A pair.
    Pair(&'a Fact<String>),
    /// An egress address.
    Egress {
        /// The address or range.
        range: IpRange,
        /// Where it is declared.
        span: Span,
        /// Whether it is a backup that is not in use; nothing where that is not said.
        unused_backup: Option<bool>,
    },
    /// A key, by its place in the inventory; how it is called is worked out where somebody asks.
    Key {
        /// Which.
        at: usize,
        /// The place that shows what the list is about.
        place: Option<Span>,
        /// Whether its tasks belong to its name.
        with_task: bool,
    },
    /// A reference: a name and the places that show it.
    Reference {
        /// How it is called.
        name: String,
        /// Where it stands.
        places: Vec<Span>,
    },
}
