//! What a name says of its value: the part of a credential, whose it is, whether it is for tests. Any style and word order:
//! `BINANCE_API_SECRET`, `apiSecretBinance`, `exchange.key`, `Secret Key`, `私钥`.

use super::catalogue::{Catalogue, VenueId, bare};
use super::foreign::foreign;
use super::glued::{GLUED, ends_glued};
use super::spoken::{Word, word};
use crate::model::SecretPart;

/// What a name says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The part that the value is.
    pub part: Option<SecretPart>,
    /// Only `key`, which may be the key of anything: it needs a secret beside it or an exchange around it.
    pub bare: bool,
    /// An abbreviation (`sk`, `ak`): it needs its counterpart or the shape of an exchange.
    pub short: bool,
    /// The name says that the value is something else: a hash, an address, a path.
    pub refused: bool,
    /// `memo`, `uid`: a passphrase at some exchanges only.
    pub vague: bool,
    /// The name is of a wallet's key.
    pub wallet: bool,
    /// Whom it names, and whether by itself.
    pub venue: Option<(VenueId, bool)>,
    /// A word for tests, demos, sandboxes.
    pub test: bool,
}

/// The words of a name, in lower case, in order.
pub fn words(name: &str) -> Vec<String> {
    if name.is_ascii() {
        return ascii_words(name.get(..96).unwrap_or(name));
    }
    let mut out: Vec<String> = Vec::new();
    let mut current = String::new();
    let chars: Vec<char> = name.chars().take(96).collect();
    let finish = |current: &mut String, out: &mut Vec<String>| {
        if !current.is_empty() {
            out.push(std::mem::take(current));
        }
    };
    for (i, c) in chars.iter().enumerate() {
        if !c.is_alphabetic() {
            finish(&mut current, &mut out);
            continue;
        }
        let before = i.checked_sub(1).and_then(|p| chars.get(p));
        let after = chars.get(i + 1);
        let lower_before = before.is_some_and(|b| b.is_lowercase());
        let upper_before = before.is_some_and(|b| b.is_uppercase());
        // `apiKey` splits before K; `APIKey` before the K that a small letter follows.
        if c.is_uppercase() && (lower_before || (upper_before && after.is_some_and(|a| a.is_lowercase()))) {
            finish(&mut current, &mut out);
        }
        // CJK stands without marks beside Latin letters.
        if before.is_some_and(|b| b.is_alphabetic() && (u32::from(*b) >= 0x1100) != (u32::from(*c) >= 0x1100)) {
            finish(&mut current, &mut out);
        }
        current.extend(c.to_lowercase());
    }
    finish(&mut current, &mut out);
    out
}

/// The same of a name without letters of other alphabets.
fn ascii_words(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let mut out = Vec::new();
    let mut start = 0;
    let mut finish = |from: usize, to: usize| {
        if let Some(word) = name.get(from..to).filter(|w| !w.is_empty()) {
            out.push(word.to_ascii_lowercase());
        }
    };
    let mut before = b' ';
    for (i, b) in bytes.iter().enumerate() {
        if !b.is_ascii_alphabetic() {
            finish(start, i);
            start = i + 1;
        } else if b.is_ascii_uppercase() {
            let after = bytes.get(i + 1).is_some_and(u8::is_ascii_lowercase);
            if before.is_ascii_lowercase() || (before.is_ascii_uppercase() && after) {
                finish(start, i);
                start = i;
            }
        }
        before = *b;
    }
    finish(start, bytes.len());
    out
}

/// Splits a word that is several without a mark between them, such as `okxapikey`; nothing where it is no such word.
fn unglue(word: &str, catalogue: &Catalogue) -> Option<Vec<String>> {
    if word.len() < 5 || word.len() > 40 || !ends_glued(word) || !word.is_ascii() {
        return None;
    }
    // From the end: the last known piece, and what is before it.
    fn split(word: &str, catalogue: &Catalogue, depth: u8) -> Option<Vec<String>> {
        if word.is_empty() {
            return Some(Vec::new());
        }
        if depth == 0 {
            return None;
        }
        for piece in GLUED {
            if let Some(head) = word.strip_suffix(piece)
                && let Some(mut before) = split(head, catalogue, depth - 1)
            {
                before.push((*piece).to_owned());
                return Some(before);
            }
        }
        // A name of an exchange at the beginning or at the end.
        if word.len() >= 3 && catalogue.word(word).is_some() {
            return Some(vec![word.to_owned()]);
        }
        None
    }
    if GLUED.contains(&word) || self::word(word) != Word::Other {
        return None;
    }
    split(word, catalogue, 6).filter(|p| p.len() > 1)
}

/// Reads a name.
pub fn read(name: &str, catalogue: &Catalogue) -> Reading {
    let mut reading = Reading::default();
    if name.len() > 160 {
        return reading;
    }
    let squeezed = bare(name);
    if let Some((venue, part)) = catalogue.header(&squeezed) {
        reading.venue = Some((venue, true));
        reading.part = part;
        reading.refused = part.is_none();
        return reading;
    }
    let mut all: Vec<String> = Vec::new();
    for w in words(name) {
        match unglue(&w, catalogue) {
            Some(pieces) => all.extend(pieces),
            None => all.push(w),
        }
    }
    reading.venue = venue_of(&all, catalogue).or_else(|| numbered(name, catalogue));
    reading.test = all.iter().any(|w| is_test(w));
    if !name.is_ascii()
        && let Some((part, bare)) = foreign(name)
    {
        reading.part = Some(part);
        reading.bare = bare && part == SecretPart::Key;
        return reading;
    }
    if all.iter().any(|w| matches!(w.as_str(), "hash" | "checksum" | "digest" | "sha" | "md" | "integrity" | "fingerprint")) {
        reading.refused = true;
        return reading;
    }
    role(&all, catalogue, &mut reading);
    // What one exchange calls it; where several do, and differently, nobody is meant.
    let stripped = without_venue(&all, reading.venue.map(|(v, _)| v), catalogue);
    let own = Some(catalogue.own_name(&squeezed)).filter(|o| !o.is_empty()).unwrap_or_else(|| catalogue.own_name(&stripped));
    // A name that only one bot or terminal uses says whose it is.
    if reading.venue.is_none()
        && let [(venue, Some(part))] = own
        && catalogue.venue(*venue).is_some_and(|v| v.kind == super::catalogue::Kind::Stack)
        && !reading.bare
        && squeezed.len() >= 6
    {
        reading.venue = Some((*venue, true));
        reading.part = Some(*part);
        reading.refused = false;
    }
    let theirs = reading.venue.is_some_and(|(v, _)| own.iter().any(|(w, part)| *w == v && part.is_some()));
    let weak = reading.part.is_none() || reading.bare || reading.vague;
    if theirs && let Some((_, part)) = own.iter().find(|(v, part)| part.is_some() && reading.venue.is_some_and(|(w, _)| w == *v)) {
        reading.part = *part;
        (reading.refused, reading.bare, reading.vague, reading.short) = (false, false, false, false);
    } else if weak && let Some((venue, part)) = own.iter().find(|(v, _)| reading.venue.is_none_or(|(w, _)| w == *v)) {
        let agreed = own.iter().all(|(_, p)| p == part);
        if agreed && (part.is_none() || reading.part.is_none()) && !(part.is_none() && reading.part.is_some() && !reading.bare) {
            reading.part = *part;
            reading.refused = part.is_none();
            reading.bare = false;
            if own.len() == 1 && reading.venue.is_none() {
                reading.venue = Some((*venue, false));
            }
        }
    }
    reading
}

/// What one exchange calls its own: the name, with or without its own name in it.
pub fn own_part(name: &str, venue: VenueId, catalogue: &Catalogue) -> Option<SecretPart> {
    let of = |squeezed: &str| catalogue.own_name(squeezed).iter().find(|(v, _)| *v == venue).and_then(|(_, p)| *p);
    of(&bare(name)).or_else(|| of(&without_venue(&words(name), Some(venue), catalogue)))
}

/// The words of a name but those that mean someone.
fn without_venue(all: &[String], venue: Option<VenueId>, catalogue: &Catalogue) -> String {
    all.iter().filter(|w| venue.is_none() || catalogue.word(w).is_none_or(|(v, _)| Some(v) != venue)).map(String::as_str).collect()
}

/// Whom a piece with digits in it means: `3commas`.
pub fn numbered(name: &str, catalogue: &Catalogue) -> Option<(VenueId, bool)> {
    let pieces = name.split(|c: char| !c.is_alphanumeric()).filter(|p| p.len() >= 5 && p.bytes().any(|b| b.is_ascii_digit()));
    pieces.take(8).find_map(|p| catalogue.word(&p.to_lowercase()))
}

/// Whether a word says that something is for tests.
pub fn is_test(word: &str) -> bool {
    matches!(word, "testnet" | "sandbox" | "demo" | "paper" | "test" | "simulator" | "simulated" | "sim")
}

/// Whom words mean: two together before one, those that mean one surely before those that may.
pub fn venue_of(words: &[String], catalogue: &Catalogue) -> Option<(VenueId, bool)> {
    let mut found: Option<(VenueId, bool)> = None;
    let mut consider = |hit: Option<(VenueId, bool)>| {
        if let Some((venue, strong)) = hit
            && found.is_none_or(|(_, before)| strong && !before)
        {
            found = Some((venue, strong));
        }
    };
    let mut both = String::new();
    for pair in words.windows(2) {
        if let [a, b] = pair {
            both.clear();
            both.push_str(a);
            both.push_str(b);
            consider(catalogue.word(&both));
        }
    }
    for w in words {
        consider(catalogue.word(w));
    }
    found
}

fn role(all: &[String], catalogue: &Catalogue, reading: &mut Reading) {
    let mut i = all.len();
    // What each word is, asked once: there are hundreds that it may be.
    let kinds: Vec<Word> = all.iter().map(|w| word(w)).collect();
    let kind = |at: usize| kinds.get(at).copied().unwrap_or(Word::Other);
    // What may follow a role: environments, accounts, the exchange.
    while i > 0 {
        let Some(w) = all.get(i - 1) else { return };
        let kind = kind(i - 1);
        let spoken = matches!(w.as_str(), "pk" | "sk" | "ak");
        let venue = kind == Word::Other && (catalogue.word(w).is_some() || w.len() == 1) && i > 1 && !spoken;
        let pair = i >= 2 && kind == Word::Other && all.get(i - 2).is_some_and(|before| catalogue.word(&format!("{before}{w}")).is_some());
        if pair {
            i -= 2;
        } else if kind == Word::Trailing || venue {
            i -= 1;
        } else {
            break;
        }
    }
    let before = |n: usize| i.checked_sub(n).map_or(Word::Other, kind);
    let text = |n: usize| i.checked_sub(n).and_then(|at| all.get(at)).map_or("", String::as_str);
    let wallet = kinds.contains(&Word::Wallet);
    let has = |w: Word| kinds.iter().take(i).any(|x| *x == w);
    reading.wallet = wallet;
    match before(1) {
        Word::Key => match before(2) {
            Word::Secret => reading.part = Some(SecretPart::Secret),
            Word::Private => {
                reading.part = Some(SecretPart::PrivateKey);
                reading.wallet = true;
            }
            Word::Public if before(3) == Word::Api => reading.part = Some(SecretPart::Key),
            Word::Public | Word::Refuses => reading.refused = true,
            Word::Api | Word::Access | Word::Client => {
                // AWS and its like: `secret_access_key`.
                if before(3) == Word::Secret { reading.part = Some(SecretPart::Secret) } else { reading.part = Some(SecretPart::Key) }
            }
            Word::Wallet | Word::Mnemonic => reading.part = Some(SecretPart::PrivateKey),
            _ if text(1).starts_with("api") => reading.part = Some(SecretPart::Key),
            // `from_key`: what a wallet is made from.
            _ if text(2) == "from" => {
                reading.part = Some(SecretPart::PrivateKey);
                reading.wallet = true;
            }
            _ if text(2) == "consumer" || text(2) == "con" || text(2) == "connect" => reading.part = Some(SecretPart::Key),
            _ if matches!(text(2), "jwt" | "signing" | "encryption" | "hmac") => reading.part = Some(SecretPart::Secret),
            _ => {
                reading.part = Some(SecretPart::Key);
                // `key`, `my_key`, `binance_key`, `okx.key`: of whatever.
                reading.bare = true;
            }
        },
        Word::Secret => {
            reading.part = Some(SecretPart::Secret);
            if text(1) == "sec" && all.len() > 1 && before(2) == Word::Other && reading.venue.is_none() {
                reading.part = None;
            }
        }
        Word::Private => {
            reading.part = Some(SecretPart::PrivateKey);
            reading.wallet = true;
            reading.short = !matches!(text(1), "privatekey" | "privkey" | "私钥" | "siyao" | "private");
            // A visibility, not a key.
            reading.bare = text(1) == "private";
        }
        Word::Pass => reading.part = Some(SecretPart::Passphrase),
        Word::Phrase => match before(2) {
            Word::Seed | Word::Secret | Word::Mnemonic => reading.part = Some(SecretPart::Mnemonic),
            _ if matches!(text(2), "recovery" | "backup" | "wallet") => reading.part = Some(SecretPart::Mnemonic),
            Word::Pass => reading.part = Some(SecretPart::Passphrase),
            _ if text(1) == "phrase" => reading.part = None,
            _ => reading.part = Some(SecretPart::Passphrase),
        },
        Word::Mnemonic => reading.part = Some(SecretPart::Mnemonic),
        Word::Seed => {
            reading.part = Some(if has(Word::Secret) { SecretPart::PrivateKey } else { SecretPart::Mnemonic });
            reading.short = !has(Word::Secret) && all.len() == 1;
        }
        Word::Token => {
            reading.part = Some(SecretPart::Token);
            // Tokens are traded, too.
            reading.bare = all.len() == 1;
        }
        Word::Id => match (before(2), before(3)) {
            (Word::Key, _) => reading.part = Some(SecretPart::Key),
            (Word::Access | Word::Api, _) => reading.part = Some(SecretPart::Key),
            // `client_id` is an order's nearly everywhere; at some exchanges it is the key.
            (Word::Client, _) => {
                reading.part = Some(SecretPart::Key);
                reading.vague = true;
            }
            _ => reading.refused = true,
        },
        // The key of a CDP key file is its name.
        Word::Refuses if text(1) == "name" && before(2) == Word::Key => reading.part = Some(SecretPart::Key),
        // `secret_data = …`, beside a name of its own.
        Word::Refuses if text(1) == "data" && before(2) == Word::Secret => reading.part = Some(SecretPart::Secret),
        Word::Refuses => reading.refused = true,
        Word::Memo => {
            reading.part = Some(SecretPart::Passphrase);
            reading.vague = true;
        }
        Word::Api if all.len() == 1 || i == 1 => {
            reading.part = Some(SecretPart::Key);
            reading.bare = true;
        }
        Word::Access if all.len() == 1 || (i == 1 && reading.venue.is_some()) => {
            reading.part = Some(SecretPart::Key);
            reading.short = true;
        }
        _ => short(all, text(1), reading),
    }
}

fn short(all: &[String], last: &str, reading: &mut Reading) {
    let part = match last {
        "sk" | "skey" | "cs" => Some(SecretPart::Secret),
        "ak" | "akey" | "apk" | "ck" => Some(SecretPart::Key),
        "hmac" => Some(SecretPart::Secret),
        "pk" => {
            reading.wallet = true;
            Some(SecretPart::PrivateKey)
        }
        "pp" | "psp" | "pw" => Some(SecretPart::Passphrase),
        "wif" | "xprv" | "keypair" => {
            reading.wallet = true;
            reading.part = Some(SecretPart::PrivateKey);
            return;
        }
        "k" if all.len() <= 2 => Some(SecretPart::Key),
        "s" if all.len() <= 2 => Some(SecretPart::Secret),
        "p" if all.len() == 1 => Some(SecretPart::Passphrase),
        _ => None,
    };
    if let Some(part) = part {
        reading.part = Some(part);
        // `DEPLOYER_PK` is an abbreviation that its other words explain.
        reading.short = !(part == SecretPart::PrivateKey && all.len() > 1 && all.iter().any(|w| word(w) == Word::Wallet));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_style_and_order_say_their_part() {
        let catalogue = Catalogue::built_in();
        let part = |name: &str| read(name, &catalogue).part.map(SecretPart::id);
        for name in [
            "BINANCE_API_SECRET",
            "apiSecret",
            "secretKey",
            "secret_key_binance",
            "APISECRET",
            "Secret Key",
            "exchange.secret",
            "apiKeySecret",
            "binanceapisecret",
            "b64secret",
        ] {
            assert_eq!(part(name), Some("secret"), "{name}");
        }
        for name in
            ["BINANCE_API_KEY", "apiKey", "APIKEY", "access_key", "key_id", "api_key_1", "okxApiKeyTestnet", "API Key", "AccessKeyId"]
        {
            assert_eq!(part(name), Some("key"), "{name}");
        }
        for name in ["passphrase", "OK_ACCESS_PASSPHRASE", "apiPassphrase", "password", "CLOB_PASS_PHRASE"] {
            assert_eq!(part(name), Some("passphrase"), "{name}");
        }
        assert_eq!(part("private_key"), Some("private-key"));
        assert_eq!(part("seed_phrase"), Some("mnemonic"));
        assert_eq!(part("WALLET_MNEMONIC"), Some("mnemonic"));
        for name in ["api_key_file", "public_key", "SECRET_PATH", "block_hash", "order_id", "keystore", "signature", "secretName"] {
            let reading = read(name, &catalogue);
            assert!(reading.part.is_none() || reading.refused, "{name}: {reading:?}");
        }
    }

    #[test]
    fn a_bare_key_and_abbreviations_say_little() {
        let catalogue = Catalogue::built_in();
        assert!(read("key", &catalogue).bare);
        assert!(read("sk", &catalogue).short);
        assert!(!read("api_key", &catalogue).bare);
    }
}
