//! The normal form: what keylint knows about a key, an account, an address, whatever the exchange calls it.
//!
//! Every field is [`Stated`]: a value with the place it comes from, or nothing. Nothing means unknown, never "off".

mod account;
mod exchange;
mod field;
pub mod ip;
mod key;
pub mod money;
pub mod pair;
mod stated;
pub mod time;

pub use account::{Account, AccountKind, Address, AddressStatus};
pub use exchange::Exchange;
pub use field::FieldName;
pub use key::{
    Conflict, Expiry, IpWhitelist, Key, KeyId, LastUse, Market, PairWhitelist, Permissions, Right, SecretPart, Signature, Status,
    TransferReach,
};
pub use stated::{Fact, Origin, Stated, known, value};
