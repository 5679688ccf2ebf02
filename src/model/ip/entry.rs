//! One whitelist entry: what each form that exchanges, people and attackers write means.
//!
//! Reading is strict, since tools differ on everything else: what is not one of the known forms is malformed, with a
//! reason, and never skipped or guessed at. Only where the likely meaning is an IPv4 address inside an IPv6 one is it
//! kept beside the fault, so that width is still judged on the worst case.

use std::net::IpAddr;

use super::embedded::embedded;
use super::malformed::{Malformed, fault, is_digits, is_padded};
use super::range::IpRange;
use super::special::Special;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryForm {
    /// An address, a network (bits beyond the prefix do not count), or first and last joined by `-`.
    Range(IpRange),
    /// Any address of any family: `*`, `*.*.*.*`, `0.0.0.0`, `0.0.0.0/0`, `::`, `::/0`, which exchanges all use.
    Everything,
    /// Octets are hidden (`146.**.7`, `1.2.3.*`, `1.2.x.x`): the list is not fully stated.
    Masked,
    /// A name instead of an address, such as that of a third party: the list is not fully stated.
    Name,
    /// Anything else.
    Malformed(Malformed),
}

/// An entry of an IP whitelist, as written and as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpEntry {
    /// The entry as the export or declaration has it, spaces included.
    pub written: String,
    form: EntryForm,
    /// The addresses that the text names: one range; a second for `*` (both families) and for IPv6 networks that take in
    /// IPv4 addresses.
    named: [Option<IpRange>; 2],
}

impl IpEntry {
    /// Reads an entry. Every text is an entry; what is wrong with it is its form.
    pub fn parse(written: &str) -> Self {
        let (form, named) = read(written.trim());
        Self { written: written.to_owned(), form, named }
    }

    /// What it is.
    pub fn form(&self) -> EntryForm {
        self.form
    }

    /// The addresses it names; for everything, the family it is written in (IPv4 for `*`). For IPv4 inside IPv6 it is the
    /// IPv4 range that was likely meant. Nothing for names, masked and other malformed entries.
    pub fn range(&self) -> Option<IpRange> {
        let [first, _] = self.named;
        first
    }

    /// The reason why it is malformed, if it is.
    pub fn is_malformed(&self) -> Option<&'static str> {
        match self.form {
            EntryForm::Malformed(m) => Some(m.reason()),
            _ => None,
        }
    }

    /// Whether it says which addresses are meant, well or badly formed: not masked, and not a name.
    pub fn is_stated(&self) -> bool {
        !matches!(self.form, EntryForm::Masked | EntryForm::Name)
    }

    /// Whether it is fully stated and read with certainty.
    pub fn is_understood(&self) -> bool {
        matches!(self.form, EntryForm::Range(_) | EntryForm::Everything)
    }

    /// The special address space that all of it lies in, if any; for IPv4 inside IPv6 that of the IPv4 range.
    pub fn special(&self) -> Option<Special> {
        self.range().and_then(Special::of)
    }

    /// The ranges that may use the key because of it: both families where it means everything.
    pub(super) fn allowed(&self) -> impl Iterator<Item = IpRange> {
        let both = [Some(IpRange::ALL_V4), Some(IpRange::ALL_V6)];
        if self.form == EntryForm::Everything { both } else { self.named }.into_iter().flatten()
    }

    /// The ranges that its text names with certainty: `0.0.0.0/0` says nothing of IPv6.
    pub(super) fn literal(&self) -> impl Iterator<Item = IpRange> {
        if self.is_understood() { self.named } else { [None, None] }.into_iter().flatten()
    }
}

impl IpRange {
    /// A declared egress: one address or one network, neither "everything" nor anything that tools read differently.
    ///
    /// # Errors
    /// The reason, which does not quote the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match IpEntry::parse(text).form {
            EntryForm::Range(_) if text.contains('-') => Err("a range; write addresses or networks"),
            EntryForm::Range(range) => Ok(range),
            EntryForm::Everything => Err("every address there is, which is nobody's own"),
            EntryForm::Masked => Err("octets are hidden"),
            EntryForm::Name => Err("a name instead of an address"),
            EntryForm::Malformed(m) => Err(m.reason()),
        }
    }
}

type Reading = (EntryForm, [Option<IpRange>; 2]);

fn read(text: &str) -> Reading {
    let nothing = |form| (form, [None, None]);
    if text.is_empty() {
        return nothing(EntryForm::Malformed(Malformed::Empty));
    }
    if text.chars().any(char::is_control) {
        return nothing(EntryForm::Malformed(Malformed::Control));
    }
    if text.contains([',', ';']) {
        return nothing(EntryForm::Malformed(Malformed::Several));
    }
    if matches!(text, "*" | "*.*.*.*") {
        return (EntryForm::Everything, [Some(IpRange::ALL_V4), Some(IpRange::ALL_V6)]);
    }
    if is_masked(text) {
        return nothing(EntryForm::Masked);
    }
    if !is_address_shaped(text) {
        return nothing(EntryForm::Name);
    }
    match addresses(text) {
        Ok(range) if range.is_whole_family() => (EntryForm::Everything, [Some(range), None]),
        Ok(range) => match embedded(range) {
            Some(named) => (EntryForm::Malformed(Malformed::Embedded), named),
            None => (EntryForm::Range(range), [Some(range), None]),
        },
        Err(fault) => nothing(EntryForm::Malformed(fault)),
    }
}

fn is_masked(text: &str) -> bool {
    let hidden = |p: &str| !p.is_empty() && p.chars().all(|c| matches!(c, 'x' | 'X'));
    let shown = |p: &str| p.chars().all(|c| c.is_ascii_digit() || (text.contains(':') && c.is_ascii_hexdigit()));
    let parts = || text.split(['.', ':', '/']);
    text.contains('*') || (parts().count() > 1 && parts().any(hidden) && parts().all(|p| hidden(p) || shown(p)))
}

/// Whether a text is meant as an address, however badly: else it is a name. Names have letters, no colon or slash, and
/// fewer numbers than words between their dots.
fn is_address_shaped(text: &str) -> bool {
    let is_hex = |p: &str| {
        let digits = p.strip_prefix("0x").or_else(|| p.strip_prefix("0X"));
        digits.is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_ascii_hexdigit()))
    };
    let is_number = |p: &&str| !p.is_empty() && p.chars().all(char::is_numeric) || is_hex(p);
    let (parts, numbers) = (text.split('.').count(), text.split('.').filter(is_number).count());
    text.contains([':', '/']) || !text.chars().any(char::is_alphabetic) || is_hex(text) || (parts > 1 && numbers * 2 >= parts)
}

/// The range that a text says: an address, a network, or first and last.
fn addresses(text: &str) -> Result<IpRange, Malformed> {
    if !text.is_ascii() {
        return Err(Malformed::LookAlike);
    }
    if text.contains(' ') && text.split(' ').filter(|w| !w.is_empty()).all(|w| addresses(w).is_ok()) {
        return Err(Malformed::Several);
    }
    if let Some((first, last)) = text.split_once('-') {
        let (first, last) = (address(first.trim_end())?, address(last.trim_start())?);
        return match IpRange::between(first, last) {
            Some(range) => Ok(range),
            None if first.is_ipv4() == last.is_ipv4() => Err(Malformed::Backwards),
            None => Err(Malformed::TwoFamilies),
        };
    }
    match text.split_once('/') {
        Some((network, prefix)) => IpRange::network(address(network)?, prefix_length(prefix)?).ok_or(Malformed::PrefixTooLong),
        None => address(text).map(|a| match a {
            // By itself the unspecified address is a way to say "any".
            IpAddr::V4(v4) if v4.is_unspecified() => IpRange::ALL_V4,
            IpAddr::V6(v6) if v6.is_unspecified() => IpRange::ALL_V6,
            one => IpRange::single(one),
        }),
    }
}

fn prefix_length(text: &str) -> Result<u8, Malformed> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.contains(['.', ':']) {
        Err(Malformed::Netmask)
    } else if !is_digits(digits) {
        Err(Malformed::PrefixNotANumber)
    } else if digits.len() < text.len() || is_padded(digits) {
        Err(Malformed::ZeroPadded)
    } else {
        digits.parse().map_err(|_| Malformed::PrefixTooLong)
    }
}

/// One address in the strict form of the standard library, or what is wrong with it.
fn address(text: &str) -> Result<IpAddr, Malformed> {
    text.parse().map_err(|_| fault(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understood_forms() {
        for (written, range) in [
            ("51.158.10.20", "51.158.10.20"),
            ("  51.158.10.20\t\r\n", "51.158.10.20"),
            ("51.158.10.20/32", "51.158.10.20"),
            ("51.158.10.77/24", "51.158.10.0/24"),
            ("51.158.10.4-51.158.10.7", "51.158.10.4/30"),
            ("51.158.10.4 - 51.158.10.9", "51.158.10.4-51.158.10.9"),
            ("0.0.0.0/1", "0.0.0.0/1"),
            ("255.255.255.255", "255.255.255.255"),
            ("0.0.0.0/32", "0.0.0.0/32"),
            ("2a01:4f8:0:1::20", "2a01:4f8:0:1::20"),
            ("2A01:04F8::0020", "2a01:4f8::20"),
            ("2a01:4f8:0:1::20/64", "2a01:4f8:0:1::/64"),
            ("2a01:4f8::4-2a01:4f8::9", "2a01:4f8::4-2a01:4f8::9"),
            ("::1", "::1"),
            ("::1/128", "::1"),
            ("::/127", "::/127"),
            ("8000::/1", "8000::/1"),
            ("2000::/3", "2000::/3"),
        ] {
            let entry = IpEntry::parse(written);
            assert!(matches!(entry.form(), EntryForm::Range(_)), "{written}");
            assert_eq!(entry.range().map(|r| r.to_string()).as_deref(), Some(range), "{written}");
            assert!(entry.is_stated() && entry.is_understood() && entry.is_malformed().is_none());
            assert_eq!(entry.written, written);
        }
    }

    #[test]
    fn spellings_of_everything_and_what_is_not_fully_stated() {
        let all = ["*", " * ", "*.*.*.*", "0.0.0.0", "0.0.0.0/0", "51.158.10.20/0", "0.0.0.0-255.255.255.255", "::", "::/0", "2a01::/0"];
        for written in all {
            let entry = IpEntry::parse(written);
            assert_eq!(entry.form(), EntryForm::Everything, "{written}");
            assert!(entry.range().is_some_and(IpRange::is_whole_family));
        }
        for written in [
            "146.**.7",
            "51.**.20",
            "1.2.3.*",
            "1.2.*.*",
            "***",
            "**.**.**.**",
            "1.2.3.x",
            "1.xx.XX.4",
            "x.x.x.x",
            "1.2.x.x/16",
            "2a01:4f8:****::1",
            "2a01:xxxx::ab",
        ] {
            let entry = IpEntry::parse(written);
            assert_eq!((entry.form(), entry.range(), entry.is_stated()), (EntryForm::Masked, None, false), "{written}");
        }
        for written in
            ["thirdPartyName", "string", "3commas", "Third Party 1", "localhost", "vps1.example.com", "x", "abc", "サーバー１", "any"]
        {
            let entry = IpEntry::parse(written);
            assert_eq!((entry.form(), entry.range(), entry.is_stated()), (EntryForm::Name, None, false), "{written}");
        }
    }

    #[test]
    fn malformed_forms_have_a_reason_and_no_range() {
        use Malformed::*;
        for (written, fault) in [
            ("", Empty),
            (" \t ", Empty),
            ("51.158.10.20\0", Control),
            ("51.158.10.20\n146.59.3.7", Control),
            ("51.158.10.20,146.59.3.7", Several),
            ("51.158.10.20;146.59.3.7", Several),
            ("51.158.10.20 146.59.3.7", Several),
            ("51.158.10.20/24  2a01:4f8::1", Several),
            ("５１.158.10.20", LookAlike),
            ("51。158。10。20", LookAlike),
            ("51.158.10.20\u{200b}", LookAlike),
            ("\u{feff}51.158.10.20", LookAlike),
            ("51.158.10.4\u{2013}51.158.10.9", LookAlike),
            ("2a01:4f8::\u{430}", LookAlike),
            ("٥١.158.10.20", LookAlike),
            ("010.0.0.1", ZeroPadded),
            ("51.158.10.020", ZeroPadded),
            ("00.0.0.0", ZeroPadded),
            ("0377.0.0.1", ZeroPadded),
            ("017700000001", ZeroPadded),
            ("51.158.10.20/032", ZeroPadded),
            ("51.158.10.20/+32", ZeroPadded),
            ("51.158.10.20/00", ZeroPadded),
            ("::ffff:010.0.0.1", ZeroPadded),
            ("51.158.10.04-51.158.10.09", ZeroPadded),
            ("51.158.10.20/33", PrefixTooLong),
            ("51.158.10.20/256", PrefixTooLong),
            ("51.158.10.20/99999999999999999999", PrefixTooLong),
            ("2a01:4f8::/129", PrefixTooLong),
            ("51.158.10.20/", PrefixNotANumber),
            ("51.158.10.20/-32", Other),
            ("51.158.10.20/a", PrefixNotANumber),
            ("51.158.10.20/24/8", PrefixNotANumber),
            ("51.158.10.0/255.255.255.0", Netmask),
            ("2a01:4f8::/ffff::", Netmask),
            ("0x33.0x9e.0x0a.0x14", Hexadecimal),
            ("0x339e0a14", Hexadecimal),
            ("866912788", Integer),
            ("1", Integer),
            ("51.158.10.4-9", Integer),
            ("51.158.10", Octets),
            ("51.158.10/24", Octets),
            ("51.158.10.20.30", Octets),
            ("256.158.10.20", OctetTooLarge),
            ("351.158.10.290", OctetTooLarge),
            ("99999999999999999999.1.1.1", OctetTooLarge),
            ("51.158.10.20:443", Port),
            ("[2a01:4f8::1]:443", Port),
            ("[2a01:4f8::1]", Port),
            ("fe80::1%eth0", Zone),
            ("51.158.10.9-51.158.10.4", Backwards),
            ("2a01::2-2a01::1", Backwards),
            ("51.158.10.9-2a01::1", TwoFamilies),
            ("51.158.10.0/24-51.158.11.0/24", Other),
            ("51.158.10.4-", Other),
            ("-51.158.10.4", Other),
            ("-", Other),
            ("/", Other),
            (".", Other),
            (":", Other),
            (":::", Other),
            ("51.158.10.20.", Other),
            ("51.158..20", Other),
            ("51.158.10.20 (office)", Other),
            ("office 51.158.10.20", Other),
            ("l.158.10.20", Other),
            ("51.158.10 .20", Other),
            ("51.158.10.20 /24", Other),
            ("http://51.158.10.20/", Other),
            ("2a01:4f8:::1", Other),
            ("2a01:4f8::12345", Other),
            ("1:2:3:4:5:6:7:8:9", Other),
        ] {
            let entry = IpEntry::parse(written);
            assert_eq!(entry.form(), EntryForm::Malformed(fault), "{written:?}");
            assert_eq!((entry.range(), entry.is_malformed()), (None, Some(fault.reason())), "{written:?}");
            assert!(entry.is_stated() && !entry.is_understood());
        }
    }

    #[test]
    fn an_egress_is_an_address_or_a_network() {
        assert_eq!(IpRange::parse(" 51.158.10.20 "), Ok(IpRange::single("51.158.10.20".parse().unwrap())));
        assert_eq!(IpRange::parse("51.158.10.20/28").map(|r| r.to_string()), Ok("51.158.10.16/28".into()));
        assert!(IpRange::parse("2a01:4f8::1").is_ok());
        for written in ["0.0.0.0", "*", "0.0.0.0/0", "1.2.3.*", "home", "51.158.10.4-51.158.10.9", "010.0.0.1", "::ffff:51.158.10.20", ""] {
            assert!(IpRange::parse(written).is_err(), "{written}");
        }
    }
}
