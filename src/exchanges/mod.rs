//! From documents to the normal form: one small file per exchange recognises its payloads by their fields.
//!
//! A [`Reader`] is data: the payloads of one exchange, each with the path to its records, the fields that tell it
//! apart and a function that reads one record. Nothing here looks at file names.

mod envelope;
mod fields;
mod mask;
mod nearest;
mod pages;
mod playbook;
mod profile;
mod recognise;
mod record;
mod switches;
#[cfg(test)]
mod sample;
mod settings;

mod alpaca;
mod aster;
mod backpack;
mod binance;
mod bingx;
mod bitfinex;
mod bitget;
mod bithumb;
mod bitmart;
mod bitmex;
mod bitstamp;
mod bitvavo;
mod bybit;
mod coinbase;
mod coinex;
mod cryptocom;
mod deribit;
mod dydx;
mod gate;
mod gemini;
mod htx;
mod hyperliquid;
mod kraken;
mod kucoin;
mod lbank;
mod mexc;
mod okx;
mod paradex;
mod phemex;
mod poloniex;
mod upbit;
mod whitebit;
mod woox;

pub use envelope::{Envelope, Written as WrittenEnvelope, is_account_name};
pub use mask::could_be_secret;
pub use nearest::Nearest;
pub use pages::{Page, PageOf, missing as missing_pages};
pub use playbook::{Playbook, Way};
pub use profile::{Call, CountedFrom, Credential, PayloadFacts, Profile, Recipe, SignatureKind, Sourced, profile};
pub use recognise::{Export, Reading, read};
pub use record::{Record, secret_part, whitelist};
pub use settings::{Form, Grant, IpForm, PairForm, ReadOnly, ReadOnlyOf, Separated, Settings, Vocabulary, Word};

use crate::document::{Node, duplicates as duplicates_of};
use crate::model::{Account, Address, Exchange, Key};
use crate::problem::Problem;
use crate::text::Span;

/// The readers, in the order in which they are asked.
pub const READERS: &[&Reader] = &[
    &alpaca::READER,
    &aster::READER,
    &backpack::READER,
    &binance::READER,
    &bingx::READER,
    &bitfinex::READER,
    &bitget::READER,
    &bithumb::READER,
    &bitmart::READER,
    &bitmex::READER,
    &bitstamp::READER,
    &bitvavo::READER,
    &bybit::READER,
    &coinbase::READER,
    &coinex::READER,
    &cryptocom::READER,
    &deribit::READER,
    &dydx::READER,
    &gate::READER,
    &gemini::READER,
    &htx::READER,
    &hyperliquid::READER,
    &kraken::READER,
    &kucoin::READER,
    &lbank::READER,
    &mexc::READER,
    &okx::READER,
    &paradex::READER,
    &phemex::READER,
    &poloniex::READER,
    &upbit::READER,
    &whitebit::READER,
    &woox::READER,
];

/// Words that stand together in answers that are told by a look and not by their fields: by them such answers are found among
/// files that nobody named.
pub const WORDS_OF_SHAPES: &[&[&[&str]]] = &[dydx::WORDS, hyperliquid::WORDS];

/// What keylint knows of one exchange's payloads.
pub struct Reader {
    /// The exchange.
    pub exchange: Exchange,
    /// The text of its profile: what the exchange fixes, each fact with its source.
    pub profile: &'static str,
    /// The answers it understands. None, where the exchange documents no answer about keys, accounts or addresses: then the
    /// profile has `payloads: []` and says why, and keys that are declared by hand are checked against what it fixes.
    pub payloads: &'static [Payload],
    /// The exchange's error answer, if this is one: what it says, in words that hold no value of the file.
    pub error: fn(&Node<'_>) -> Option<String>,
}

/// One kind of answer.
pub struct Payload {
    /// The endpoint, as the profile and reports name it: `GET /api/v3/…`.
    pub endpoint: &'static str,
    /// The names that lead from the document to the record, or to the list of records.
    pub at: &'static [&'static str],
    /// Fields around the records: where one is present, it must have this value.
    pub around: &'static [(&'static str, &'static str)],
    /// How the payload is told apart from all others.
    pub by: By,
    /// Where the answer says when it was made, in milliseconds.
    pub made_at: Option<&'static str>,
    /// What the answer says of other pages.
    pub page: Option<fn(&Node<'_>) -> Option<Page>>,
}

/// How a payload is recognised and read.
pub enum By {
    /// By the fields of its records.
    Fields {
        /// The fields that only this payload has together. It is recognised while at most one is missing, or more when
        /// nothing else stands in their place.
        decides: &'static [&'static str],
        /// The other documented fields.
        also: &'static [&'static str],
        /// Reads one record.
        read: fn(&mut Record<'_, '_>),
    },
    /// By the fields of its records, which answers of other exchanges have too: read where the exchange is named.
    Named {
        /// Whose answers have this form, too.
        like: &'static [Exchange],
        /// Fields that only their answers have.
        others: &'static [&'static str],
        /// The fields that it is told by.
        decides: &'static [&'static str],
        /// The other documented fields.
        also: &'static [&'static str],
        /// Reads one record.
        read: fn(&mut Record<'_, '_>),
    },
    /// By a look at the node that `at` leads to, where that is no object or list of objects.
    Shape {
        /// Whether it is this payload.
        fits: fn(&Node<'_>, &Node<'_>) -> bool,
        /// Reads the node that `at` leads to.
        read: fn(&Node<'_>, &mut Harvest),
    },
}

impl By {
    /// The deciding fields and the others, where it is told by fields.
    pub fn fields(&self) -> Option<(&'static [&'static str], &'static [&'static str])> {
        match self {
            Self::Fields { decides, also, .. } | Self::Named { decides, also, .. } => Some((decides, also)),
            Self::Shape { .. } => None,
        }
    }
}

impl Payload {
    /// A payload whose records stand at the top, with nothing around them.
    pub const fn bare(endpoint: &'static str, by: By) -> Self {
        Self { endpoint, at: &[], around: &[], by, made_at: None, page: None }
    }
}

/// What was read from one document.
#[derive(Default)]
pub struct Harvest {
    /// The keys.
    pub keys: Vec<Key>,
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The saved withdrawal addresses.
    pub addresses: Vec<Address>,
    /// What was not understood.
    pub problems: Vec<Problem>,
    /// Starts of the strings that may be shown.
    pub(crate) public: Vec<u32>,
    /// Places of key ids: shown by their ends only.
    pub(crate) ids: Vec<Span>,
    /// Places that are never shown, whatever they hold.
    pub(crate) hidden: Vec<Span>,
}

/// The reader of an exchange, where there is one.
pub fn reader(exchange: Exchange) -> Option<&'static Reader> {
    READERS.iter().find(|r| r.exchange == exchange).copied()
}
