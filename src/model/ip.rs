//! IP addresses as whitelists hold them: how an entry is read, what several of them allow together.
//!
//! A verdict on a whitelist is only as good as its reading of the entries, and tools differ on what a form means. So
//! every form has exactly one meaning here ([`EntryForm`]), nothing is skipped, and width is judged on the union of
//! the ranges ([`AddressSet`]): `0.0.0.0/1` and `128.0.0.0/1` are every address there is.

mod embedded;
mod entry;
mod malformed;
mod range;
mod set;
mod special;

pub use entry::{EntryForm, IpEntry};
pub use malformed::Malformed;
pub use range::IpRange;
pub use set::{AddressSet, redundant};
pub use special::Special;
