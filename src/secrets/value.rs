//! A value that must not leave: no `Debug`, no `Display`, wiped when dropped. Outside it is known by its length and by a
//! fingerprint, never by a character.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The characters of a secret, or of what may be one.
///
/// It cannot be printed, not even by a panic or a log:
///
/// ```compile_fail
/// let value = keylint::secrets::value::Value::new(b"made up".to_vec());
/// println!("{value:?}");
/// ```
///
/// ```compile_fail
/// let value = keylint::secrets::value::Value::new(b"made up".to_vec());
/// println!("{value}");
/// ```
pub struct Value(Zeroizing<Vec<u8>>);

impl Value {
    /// Takes the characters over.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
    /// The characters, for those who judge them; nobody else has a use for them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
    /// How many bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// What identifies the value without holding it: SHA-256 with a domain of its own, cut to 128 bits, in hexadecimal.
    /// Nothing where the value has less than 100 bits, because such a one could be found by trying.
    pub fn fingerprint(&self) -> Option<String> {
        if self.bits() < 100.0 {
            return None;
        }
        Some(identify(&[b"keylint secret 1", self.bytes()]))
    }
    /// How many bits a random value of this length and alphabet has, at most.
    pub fn bits(&self) -> f64 {
        let bytes = self.bytes();
        let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
        let hex = bytes.iter().all(u8::is_ascii_hexdigit) && !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase));
        let mut symbols = 0u32;
        if hex {
            symbols = 16;
        } else {
            symbols += if has(u8::is_ascii_digit) { 10 } else { 0 };
            symbols += if has(u8::is_ascii_lowercase) { 26 } else { 0 };
            symbols += if has(u8::is_ascii_uppercase) { 26 } else { 0 };
            symbols += if has(|b| !b.is_ascii_alphanumeric()) { 2 } else { 0 };
        }
        let repeated = bytes.windows(2).filter(|w| matches!(w, [a, b] if a == b)).count();
        let telling = bytes.len().saturating_sub(repeated);
        f64::from(telling as u32) * f64::from(symbols.max(1)).log2()
    }
}

/// The fingerprint under which published examples are listed: the first 64 bits of SHA-256 of the exact text.
pub(crate) fn published(bytes: &[u8]) -> u64 {
    let hash = Sha256::digest(bytes);
    hash.iter().take(8).fold(0, |n, b| (n << 8) | u64::from(*b))
}

/// SHA-256 of what is no secret and may be written anywhere.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A fingerprint of several parts, the first of which is the domain that it is of: SHA-256, cut to 128 bits, in hexadecimal.
pub(crate) fn identify(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    data_encoding::HEXLOWER.encode(hash.finalize().get(..16).unwrap_or(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_have_no_fingerprint_and_equal_ones_have_one() {
        let of = |text: &str| Value::new(text.into()).fingerprint();
        assert_eq!(of("hunter2hunter2"), None);
        assert_eq!(of(&"a".repeat(60)), None, "one letter sixty times is no random value");
        let one = of("Zx9mQ2rT7vLk4WnB8sHd3FgJ6pYc1AeU5oXi");
        assert!(one.as_ref().is_some_and(|f| f.len() == 32));
        assert_eq!(one, of("Zx9mQ2rT7vLk4WnB8sHd3FgJ6pYc1AeU5oXi"));
        assert_ne!(one, of("Zx9mQ2rT7vLk4WnB8sHd3FgJ6pYc1AeU5oXj"));
    }
}
