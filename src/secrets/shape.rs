//! The form of a value, as shape files write it: text in which `{class n}` or `{class n-m}` stands for so many characters
//! of a class, such as `bg_{hex 32}` or `{base64 86}==`.

/// A class of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A-Z a-z 0-9.
    Alnum,
    /// 0-9 a-f.
    Hex,
    /// 0-9 A-F.
    UpperHex,
    /// 0-9 a-f A-F.
    AnyHex,
    /// 0-9 A-Z.
    Upper,
    /// 0-9 a-z.
    Lower,
    /// A-Z a-z 0-9 + /.
    Base64,
    /// A-Z a-z 0-9 _ -.
    Url64,
    /// The alphabet of Bitcoin's base 58.
    Base58,
    /// A-Z 2-7.
    Base32,
    /// The alphabet of bech32.
    Bech32,
    /// 0-9.
    Digits,
    /// Anything that can be printed.
    Text,
}

impl Class {
    const NAMES: [(&'static str, Self); 13] = [
        ("alnum", Self::Alnum),
        ("hex", Self::Hex),
        ("HEX", Self::UpperHex),
        ("anyhex", Self::AnyHex),
        ("upper", Self::Upper),
        ("lower", Self::Lower),
        ("base64", Self::Base64),
        ("url64", Self::Url64),
        ("base58", Self::Base58),
        ("base32", Self::Base32),
        ("bech32", Self::Bech32),
        ("digits", Self::Digits),
        ("text", Self::Text),
    ];
    /// Whether a byte belongs to it.
    pub fn has(self, b: u8) -> bool {
        match self {
            Self::Alnum => b.is_ascii_alphanumeric(),
            Self::Hex => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
            Self::UpperHex => b.is_ascii_digit() || (b'A'..=b'F').contains(&b),
            Self::AnyHex => b.is_ascii_hexdigit(),
            Self::Upper => b.is_ascii_digit() || b.is_ascii_uppercase(),
            Self::Lower => b.is_ascii_digit() || b.is_ascii_lowercase(),
            Self::Base64 => b.is_ascii_alphanumeric() || b == b'+' || b == b'/',
            Self::Url64 => b.is_ascii_alphanumeric() || b == b'_' || b == b'-',
            Self::Base58 => b.is_ascii_alphanumeric() && !matches!(b, b'0' | b'O' | b'I' | b'l'),
            Self::Base32 => b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b),
            Self::Bech32 => b.is_ascii_digit() || (b.is_ascii_lowercase() && !matches!(b, b'b' | b'i' | b'o')) && b != b'1',
            Self::Digits => b.is_ascii_digit(),
            Self::Text => b >= 0x20 && b != 0x7f,
        }
    }
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(Vec<u8>),
    Run(Class, usize, usize),
}

/// A shape, compiled.
#[derive(Clone, Debug)]
pub struct Shape {
    pieces: Vec<Piece>,
    /// The shortest value that has it, in bytes.
    pub shortest: usize,
    /// The longest value that has it, in bytes.
    pub longest: usize,
    /// A PEM private key: not matched by characters.
    pub pem: bool,
    /// A mnemonic: not matched by characters.
    pub words: bool,
    /// Free text, which says nothing by itself.
    pub free: bool,
}

impl Shape {
    /// Reads a shape.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let empty = Self { pieces: Vec::new(), shortest: 0, longest: 0, pem: false, words: false, free: false };
        match text {
            "{pem}" => return Ok(Self { pem: true, ..empty }),
            "{words}" => return Ok(Self { words: true, ..empty }),
            _ => {}
        }
        let text = text.replace("{uuid}", "{hex 8}-{hex 4}-{hex 4}-{hex 4}-{hex 12}");
        let mut shape = empty;
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let Some((literal, after)) = rest.split_once('{') else {
                shape.literal(rest);
                break;
            };
            shape.literal(literal);
            let (inside, after) = after.split_once('}').ok_or("a `{` is not closed")?;
            let (class, length) = inside.split_once(' ').ok_or("write {class n} or {class n-m}")?;
            let class = Class::NAMES.iter().find(|(name, _)| *name == class).map(|(_, c)| *c);
            let class = class.ok_or_else(|| format!("classes are {}", Class::NAMES.map(|(n, _)| n).join(", ")))?;
            let (from, to) = length.split_once('-').unwrap_or((length, length));
            let number = |n: &str| n.parse::<usize>().ok().filter(|n| (1..=4096).contains(n)).ok_or("a length is a number from 1 to 4096");
            let (from, to) = (number(from)?, number(to)?);
            if from > to {
                return Err("the first length is larger than the second".into());
            }
            shape.free |= class == Class::Text;
            shape.shortest += from;
            shape.longest += to;
            shape.pieces.push(Piece::Run(class, from, to));
            rest = after;
        }
        if shape.longest == 0 { Err("a shape of nothing".into()) } else { Ok(shape) }
    }
    fn literal(&mut self, text: &str) {
        if !text.is_empty() {
            self.shortest += text.len();
            self.longest += text.len();
            self.pieces.push(Piece::Literal(text.into()));
        }
    }
    /// Whether a value has this shape, whole.
    pub fn fits(&self, value: &[u8]) -> bool {
        !self.pem && !self.words && (self.shortest..=self.longest).contains(&value.len()) && fits(&self.pieces, value)
    }
    /// How many characters of it are fixed: a prefix tells more than an alphabet.
    pub fn literal_length(&self) -> usize {
        self.pieces.iter().map(|p| if let Piece::Literal(l) = p { l.len() } else { 0 }).sum()
    }
}

fn fits(pieces: &[Piece], value: &[u8]) -> bool {
    match pieces.split_first() {
        None => value.is_empty(),
        Some((Piece::Literal(literal), rest)) => value.strip_prefix(literal.as_slice()).is_some_and(|v| fits(rest, v)),
        Some((Piece::Run(class, from, to), rest)) => {
            let run = value.iter().take(*to).take_while(|b| class.has(**b)).count();
            // The longest first; shapes have few ranges, so few are tried.
            (*from..=run).rev().any(|n| value.get(n..).is_some_and(|v| fits(rest, v)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_fit_whole_values_only() {
        let fits = |shape: &str, value: &str| Shape::parse(shape).is_ok_and(|s| s.fits(value.as_bytes()));
        assert!(fits("bg_{hex 32}", "bg_0123456789abcdef0123456789abcdef"));
        assert!(!fits("bg_{hex 32}", "bg_0123456789abcdef0123456789abcdef0"));
        assert!(fits("{uuid}", "37c541a1-0123-4567-89ab-10fe7a038418"));
        assert!(fits("{base64 4}==", "Ab+/=="));
        assert!(!fits("{base64 4}==", "Ab+/="));
        assert!(fits("{alnum 2-4}-{digits 1}", "abc-1"));
        assert!(!fits("{HEX 4}", "abcd"));
    }

    #[test]
    fn mistakes_in_a_shape_are_told() {
        for wrong in ["{hex}", "{nope 3}", "{hex 0}", "{hex 9-3}", "{hex 3", ""] {
            assert!(Shape::parse(wrong).is_err(), "{wrong}");
        }
    }
}
