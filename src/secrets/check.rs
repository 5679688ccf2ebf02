//! What a random value does not have: checksums, ranges, and halves that belong together. A value that passes is what it
//! looks like, whatever its name.

use super::catalogue::Check;
use super::value::Value;

/// Whether a value passes a check.
pub fn passes(check: Check, value: &[u8]) -> bool {
    match check {
        Check::Wif => wif(value),
        Check::Base58check => base58check(value).is_some(),
        Check::Bip39 => std::str::from_utf8(value).is_ok_and(mnemonic),
        Check::Solana => base58(value).is_some_and(|bytes| is_keypair(&bytes)),
        Check::Bech32 => std::str::from_utf8(value).is_ok_and(|v| bech32::decode(v).is_ok()),
        Check::Ed25519Base64 => {
            let decoded = data_encoding::BASE64.decode(value).ok().map(Value::new);
            decoded.is_some_and(|bytes| is_keypair(bytes.bytes()))
        }
        Check::Secp256k1 => secp256k1(value),
        Check::Telegram => telegram(value),
    }
}

fn base58(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() > 200 { None } else { bs58::decode(value).into_vec().ok() }
}

fn base58check(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() > 200 { None } else { bs58::decode(value).with_check(None).into_vec().ok() }
}

fn wif(value: &[u8]) -> bool {
    base58check(value).is_some_and(|bytes| match (bytes.len(), bytes.first()) {
        (33, Some(0x80 | 0xef)) => true,
        (34, Some(0x80 | 0xef)) => bytes.last() == Some(&1),
        _ => false,
    })
}

/// Whether 64 bytes are an Ed25519 seed and its own public key: one random value in 2^256 is.
pub fn is_keypair(bytes: &[u8]) -> bool {
    let (Some(seed), 64) = (bytes.get(..32).and_then(|s| <[u8; 32]>::try_from(s).ok()), bytes.len()) else { return false };
    // A seed of zeros is nobody's, and the library will not have it.
    if seed == [0; 32] {
        return false;
    }
    let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new(seed));
    bytes.get(32..) == Some(pair.pk.as_ref())
}

/// The order of secp256k1: a private key is a number from 1 up to it.
const ORDER: &[u8; 64] = b"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

fn secp256k1(value: &[u8]) -> bool {
    let hex = value.strip_prefix(b"0x").unwrap_or(value);
    let low: Vec<u8> = hex.iter().map(u8::to_ascii_lowercase).collect();
    low.len() == 64 && low.iter().all(u8::is_ascii_hexdigit) && low.as_slice() < ORDER.as_slice() && low.iter().any(|b| *b != b'0')
}

fn telegram(value: &[u8]) -> bool {
    let Some(colon) = value.iter().position(|b| *b == b':') else { return false };
    let (id, token) = (value.get(..colon).unwrap_or(&[]), value.get(colon + 1..).unwrap_or(&[]));
    (8..=10).contains(&id.len()) && id.iter().all(u8::is_ascii_digit) && token.len() == 35
}

/// Whether words, in small letters with one space between, are a mnemonic with a valid checksum.
pub fn mnemonic(words: &str) -> bool {
    let count = words.split(' ').count();
    let sorted = words.split(' ').zip(words.split(' ').skip(1)).all(|(a, b)| a <= b);
    // The list itself, in its order, passes every now and then.
    matches!(count, 12 | 15 | 18 | 21 | 24) && !sorted && bip39::Mnemonic::parse_in_normalized(bip39::Language::English, words).is_ok()
}

/// The English list of BIP-39.
pub fn mnemonic_words() -> &'static [&'static str; 2048] {
    bip39::Language::English.word_list()
}

/// Whether a word stands in the English list of BIP-39.
pub fn is_mnemonic_word(word: &str) -> bool {
    bip39::Language::English.find_word(word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_hold_or_do_not() {
        assert!(mnemonic("legal winner thank year wave sausage worth useful legal winner thank yellow"));
        assert!(!mnemonic("legal winner thank year wave sausage worth useful legal winner thank thank"));
        assert!(wif(b"5Kb8kLf9zgWQnogidDA76MzPL6TsZZY36hWXMssSzNydYXYB9KF"));
        assert!(!wif(b"5Kb8kLf9zgWQnogidDA76MzPL6TsZZY36hWXMssSzNydYXYB9KG"));
        assert!(secp256k1(b"0x0000000000000000000000000000000000000000000000000000000000000001"));
        assert!(!secp256k1(ORDER));
        assert!(!secp256k1(&[b'0'; 64]));
    }

    #[test]
    fn a_keypair_is_a_seed_with_its_public_key() {
        let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new([7; 32]));
        let mut bytes = [7u8; 64];
        bytes[32..].copy_from_slice(pair.pk.as_ref());
        assert!(is_keypair(&bytes));
        bytes[63] ^= 1;
        assert!(!is_keypair(&bytes));
        assert!(passes(Check::Solana, bs58::encode([[7u8; 32].as_slice(), pair.pk.as_ref()].concat()).into_string().as_bytes()));
    }
}
