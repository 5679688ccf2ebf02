//! What can be wrong with a whitelist entry, and how the cause is found.

use std::net::Ipv4Addr;

/// Why an entry is not read as addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Malformed {
    /// Nothing but space.
    Empty,
    /// A NUL, a line break or another control character inside.
    Control,
    /// Several entries where one belongs.
    Several,
    /// Full-width digits, an ideographic full stop, invisible characters.
    LookAlike,
    /// `010.0.0.1`, `/032`, `/+32`: octal to some tools, decimal to others.
    ZeroPadded,
    /// IPv4-mapped, -compatible, -translated, NAT64, 6to4, or an IPv6 network that takes in all of such a space.
    Embedded,
    /// `/33`.
    PrefixTooLong,
    /// `/x`, `/`.
    PrefixNotANumber,
    /// `1.2.3.0/255.255.255.0`.
    Netmask,
    /// `0x7f.0.0.1`.
    Hexadecimal,
    /// `866912788`.
    Integer,
    /// `51.158.10`.
    Octets,
    /// `351.158.10.290`.
    OctetTooLarge,
    /// `1.2.3.4:443`, `[::1]`.
    Port,
    /// `fe80::1%eth0`.
    Zone,
    /// `1.2.3.9-1.2.3.4`.
    Backwards,
    /// `1.2.3.4-::1`.
    TwoFamilies,
    /// None of the above.
    Other,
}

impl Malformed {
    /// The reason, as the end of a sentence about the entry.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Control => "holds a control character",
            Self::Several => "several entries in one",
            Self::LookAlike => "characters that only look like those of an address",
            Self::ZeroPadded => "zero-padded: tools read it differently",
            Self::Embedded => "IPv4 inside IPv6: tools read it differently",
            Self::PrefixTooLong => "the prefix is longer than an address",
            Self::PrefixNotANumber => "the prefix is not a number",
            Self::Netmask => "a netmask instead of a prefix length",
            Self::Hexadecimal => "hexadecimal octets: tools read it differently",
            Self::Integer => "one number instead of four octets",
            Self::Octets => "not four octets",
            Self::OctetTooLarge => "an octet is above 255",
            Self::Port => "brackets or a port",
            Self::Zone => "a zone belongs to one machine, not to an address",
            Self::Backwards => "the range ends before it starts",
            Self::TwoFamilies => "the range has ends of two families",
            Self::Other => "not an address, a network or a range",
        }
    }
}

/// What is wrong with a text that is no address.
pub(super) fn fault(text: &str) -> Malformed {
    if text.contains(['[', ']']) {
        return Malformed::Port;
    }
    if text.contains('%') {
        return Malformed::Zone;
    }
    if let Some((before, after)) = text.rsplit_once(':') {
        return match fault_of_octets(after) {
            _ if before.parse::<Ipv4Addr>().is_ok() => Malformed::Port,
            Malformed::ZeroPadded if after.contains('.') => Malformed::ZeroPadded,
            _ => Malformed::Other,
        };
    }
    fault_of_octets(text)
}

fn fault_of_octets(text: &str) -> Malformed {
    let octets = || text.split('.');
    if octets().any(|o| o.starts_with("0x") || o.starts_with("0X")) {
        Malformed::Hexadecimal
    } else if !octets().all(is_digits) {
        Malformed::Other
    } else if octets().any(is_padded) {
        Malformed::ZeroPadded
    } else {
        match octets().count() {
            1 => Malformed::Integer,
            4 => Malformed::OctetTooLarge,
            _ => Malformed::Octets,
        }
    }
}

/// Whether it is a number in ASCII digits.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a number has a zero before it.
pub(super) fn is_padded(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}
