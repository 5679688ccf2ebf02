//! What looks like a value and is none: placeholders, references to where the secret really is, encrypted forms, digests,
//! sequences. Each test is on the whole value; a word inside a random value is no reason, because random values have words.

use super::stand_ins::is_stand_in;

/// Why a value is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Meant to be replaced.
    Placeholder,
    /// A name of where the value is.
    Reference,
    /// Encrypted, and the key does not stand in public source.
    Encrypted,
    /// Printed by documentation.
    Published,
    /// A digest, a signature, an id, an address: its name or its prefix says so.
    LookAlike,
    /// Spelled, counted or repeated rather than drawn.
    NotRandom,
    /// Nothing says what it is.
    NoContext,
}

impl Refusal {
    /// In a sentence.
    pub fn because(self) -> &'static str {
        match self {
            Self::Placeholder => "a placeholder",
            Self::Reference => "a reference to where the value is",
            Self::Encrypted => "an encrypted form",
            Self::Published => "a published example",
            Self::LookAlike => "its name says that it is something else",
            Self::NotRandom => "not random enough for a value of its shape",
            Self::NoContext => "nothing near it says that it is a credential",
        }
    }
}

/// Whether a value is meant to be replaced. `name` is the name that it is assigned to.
pub fn is_placeholder(value: &str, name: &str) -> bool {
    let trimmed = value.trim();
    if trimmed.is_empty() || trimmed.len() < 4 {
        return true;
    }
    let alnum: String = trimmed.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let name_alnum: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if alnum.is_empty() || alnum == name_alnum {
        return true;
    }
    if trimmed.starts_with("data:")
        || is_template(trimmed)
        || trimmed.contains("...")
        || trimmed.contains('\u{2026}')
        || trimmed.contains("***")
        || trimmed.contains("\u{2022}\u{2022}")
    {
        return true;
    }
    let distinct = distinct(alnum.as_bytes());
    if distinct <= 3 && alnum.len() > 3 {
        return true;
    }
    if alnum.contains("xxxx") || alnum.contains("yyyyyy") {
        return true;
    }
    if ["填", "你的", "您的", "请输入", "换成", "替换", "ваш", "вставьте", "укажите", "сюда", "여기", "본인", "ここ", "あなた", "入力"]
        .iter()
        .any(|t| trimmed.contains(t))
    {
        return true;
    }
    let lower = trimmed.to_lowercase();
    let begins = [
        "your",
        "my-",
        "my_",
        "insert",
        "enter",
        "replace",
        "change",
        "todo",
        "fixme",
        "put_",
        "put-",
        "paste",
        "add_",
        "fill",
        "<",
        "dummy",
        "fake",
        "example",
        "sample",
        "placeholder",
        "double_click",
        "some_",
        "some-",
    ];
    if begins.iter().any(|b| lower.trim_start_matches('_').starts_with(b)) && !is_drawn(&alnum) {
        return true;
    }
    if spelled(trimmed) {
        return true;
    }
    is_sequence(&alnum)
}

/// Whether letters are drawn rather than spelled, for values that begin like a word.
fn is_drawn(alnum: &str) -> bool {
    let digits = alnum.bytes().filter(u8::is_ascii_digit).count();
    alnum.len() >= 20 && digits * 8 >= alnum.len()
}

/// Whether a value is made of words that stand for a value: `test-api-secret`, `my_super_secret_1`.
fn spelled(value: &str) -> bool {
    let all = super::names::words(value);
    if all.is_empty() {
        return false;
    }
    let letters: usize = all.iter().map(String::len).sum();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    // Nine in ten letters belong to such words; digits are a counter at most.
    let known: usize = all.iter().filter(|w| is_stand_in(w) || w.len() <= 1).map(String::len).sum();
    if known * 10 >= letters * 9 && digits <= 6 && known > 1 {
        return true;
    }
    // `functional-test-api-password`: words of letters, one of them for what it stands for, one for what it is not.
    let has = |list: &[&str]| all.iter().any(|w| list.contains(&w.as_str()));
    digits == 0
        && all.len() >= 2
        && value.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'_' | b' ' | b'.'))
        && has(&["password", "passphrase", "secret", "key", "apikey", "token", "pass", "credential"])
        && has(&["test", "fake", "mock", "dummy", "demo", "example", "sample", "stub", "invalid", "wrong", "bad", "placeholder"])
}

/// Whether text is a template, a variable or an expression.
pub fn is_template(value: &str) -> bool {
    let v = value.trim();
    let wrapped = [
        ("<", ">"),
        ("{", "}"),
        ("${", "}"),
        ("$(", ")"),
        ("%", "%"),
        ("[[", "]]"),
        ("#{", "}"),
        ("__", "__"),
        ("@", "@"),
        ("~", "~"),
        ("[", "]"),
        ("(", ")"),
        ("«", "»"),
    ];
    let inside = |(open, close): &(&str, &str)| v.len() > open.len() + close.len() && v.starts_with(open) && v.ends_with(close);
    wrapped.iter().any(inside)
        || v.contains("{{")
        || v.contains("${")
        || v.contains("$(")
        || v.contains("<%")
        || v.contains("{%")
        || v.contains("%(")
        || v.contains("#{")
        || v.starts_with('$')
        || v.contains("%s")
        || (v.starts_with(':') && v.get(1..).is_some_and(|r| r.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')))
}

/// Whether text names a place where the value is, or is the result of a call.
pub fn is_reference(value: &str) -> bool {
    let v = value.trim();
    let lower = v.to_ascii_lowercase();
    const BEGINS: &[&str] = &[
        "vault:",
        "op://",
        "ssm:",
        "arn:aws",
        "projects/",
        "@microsoft.keyvault",
        "akv://",
        "bw:",
        "doppler://",
        "ref+",
        "gopass:",
        "keepass:",
        "secret/",
        "secrets/",
        "secretsmanager",
        "/run/secrets",
        "file:",
        "env:",
        "process.env",
        "os.environ",
        "os.getenv",
        "getenv",
        "system.getenv",
        "std::env",
        "env.",
        "config.",
        "settings.",
        "keyring",
        "aws:",
        "gcp:",
        "sm://",
        "kms:",
        "pass:",
        "!vault",
        "!secret",
        "!ref",
        "!sub",
        "sops:",
        "./",
        "../",
        "~/",
        "/etc/",
        "/home/",
        "/var/",
        "/opt/",
        "/app/",
        "/root/",
        "/mnt/",
        "c:\\",
        "http://",
        "https://",
        "berglas://",
        "awssm://",
        "secretref:",
    ];
    if BEGINS.iter().any(|b| lower.starts_with(b)) {
        return true;
    }
    const ENDS: &[&str] = &[".pem", ".key", ".json", ".yaml", ".yml", ".toml", ".env", ".txt", ".pub", ".crt", ".gpg", ".py", ".js", ".ts"];
    ENDS.iter().any(|e| lower.ends_with(e))
}

/// Whether a value is an encrypted form.
pub fn is_encrypted(value: &str) -> bool {
    value.starts_with("ENC[")
        || value.starts_with("ENC(")
        || value.starts_with("$ANSIBLE_VAULT")
        || value.starts_with("encrypted:")
        || value.starts_with("AQICAH")
        || value.starts_with("7b2263727970746f223a")
        || value.starts_with("THORS-HAMMER")
        || value.starts_with("vault:v")
        || (value.starts_with("Ag") && value.len() > 300)
        || (value.starts_with("gAAAAA") && value.len() >= 90)
        || value.starts_with("U2FsdGVkX1")
        || value.starts_with("$2a$")
        || value.starts_with("$2b$")
        || value.starts_with("$argon2")
        || value.starts_with("pbkdf2")
}

fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    for b in bytes {
        if let Some(s) = seen.get_mut(*b as usize) {
            *s = true;
        }
    }
    seen.iter().filter(|s| **s).count()
}

/// Whether a value counts: `0123456789abcdef…`, `abcdef…`, `a1b2c3d4`, `00112233`, a piece again and again.
pub fn is_sequence(value: &str) -> bool {
    let v: Vec<u8> = value.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_lowercase()).collect();
    if v.len() < 6 {
        return false;
    }
    let steps = |v: &[u8]| {
        let even = v.windows(2).filter(|w| matches!(w, [a, b] if *b == a.wrapping_add(1) || a == b || (*a == b'9' && matches!(b, b'0' | b'a')) || (*a == b'f' && *b == b'0') || *a == b.wrapping_add(1))).count();
        even * 10 >= v.len().saturating_sub(1) * 7
    };
    if steps(&v) {
        return true;
    }
    // Letters alone and digits alone in order: a1b2c3, 12A34BCD5678EFG.
    let letters: Vec<u8> = v.iter().copied().filter(u8::is_ascii_alphabetic).collect();
    let digits: Vec<u8> = v.iter().copied().filter(u8::is_ascii_digit).collect();
    if letters.len() >= 6 && digits.len() >= 3 && steps(&letters) && steps(&digits) {
        return true;
    }
    // Pairs in order: 00112233, 0102030405.
    let high: Vec<u8> = v.iter().step_by(2).copied().collect();
    let low: Vec<u8> = v.iter().skip(1).step_by(2).copied().collect();
    if high.len() >= 6 && low.len() >= 6 && steps(&high) && steps(&low) {
        return true;
    }
    // A piece again and again, the last one perhaps cut.
    (1..=v.len().min(64) / 2).any(|p| {
        v.len() >= 3 * p && v.iter().zip(v.iter().skip(p)).all(|(a, b)| a == b)
            || (p >= 8 && v.len() >= 2 * p && v.iter().zip(v.iter().skip(p)).all(|(a, b)| a == b))
    })
}

/// Whether a value has as many different characters as a drawn one of its length would have, with a wide margin.
pub fn is_varied(value: &[u8]) -> bool {
    let n = value.len();
    let hex = value.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    let wanted = match (hex, n) {
        (_, 0..=7) => 4,
        (true, 8..=15) => 4,
        (true, 16..=31) => 6,
        (true, _) => 8,
        (false, 8..=15) => 5,
        (false, 16..=23) => 8,
        (false, 24..=31) => 10,
        (false, 32..=47) => 13,
        (false, _) => 13,
    };
    if distinct(value) < wanted {
        return false;
    }
    // No character makes up a third of it.
    let mut counts = [0usize; 256];
    for b in value {
        if let Some(c) = counts.get_mut(*b as usize) {
            *c += 1;
        }
    }
    counts.iter().max().is_some_and(|m| m * 3 <= n.max(9)) && longest_repeat(value) < 8.min(n / 2).max(4)
}

/// Whether letters are words of code or of a language rather than drawn: few digits, and pieces between capitals and marks
/// as long as words.
pub fn is_spelled(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let all = super::names::words(value);
    let letters: usize = all.iter().map(|w| w.chars().count()).sum();
    let letters = letters.max(1);
    let vowels = value.bytes().filter(|b| matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u')).count();
    all.is_empty() || (digits * 12 <= value.len() && letters * 10 >= all.len() * 30 && vowels * 10 >= letters * 3)
}

fn longest_repeat(value: &[u8]) -> usize {
    let (mut best, mut run, mut last) = (0, 0, 0u8);
    for b in value {
        run = if *b == last { run + 1 } else { 1 };
        last = *b;
        best = best.max(run);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_sequences_are_none_and_drawn_values_are_not() {
        for value in [
            "your_api_key_here",
            "YOUR-API-SECRET",
            "xxxxxxxxxxxxxxxxxx",
            "<api key>",
            "${BINANCE_KEY}",
            "test-api-secret",
            "changeme",
            "0123456789abcdef0123456789abcdef",
            "a1b2c3d4e5f6g7h8i9j0k1l2m3n4",
            "12A34BCD5678EFG90HIJ",
            "deadbeefdeadbeefdeadbeefdeadbeef",
            "****************",
            "00112233445566778899aabbccddeeff",
            "{{ exchange_secret }}",
            "my-super-secret-passphrase",
            "REPLACE_ME",
            "put your own API Key here",
            "somekey",
        ] {
            assert!(is_placeholder(value, "secret"), "{value}");
        }
        for value in [
            "Zx9mQ2rT7vLk4WnB8sHd3FgJ6pYc1AeU5oXi",
            "9A8BF2D6C5E4F3A7B1C0D9E8F7A6B5C4",
            "Quartz!Maple7",
            "mySqX9mQ2rT7vLk4WnB8sHd3",
            "correct-horse-battery",
        ] {
            assert!(!is_placeholder(value, "secret"), "{value}");
        }
    }

    #[test]
    fn references_are_none() {
        for value in ["vault:secret/data/x#key", "op://vault/item/field", "./binance.key", "/run/secrets/okx", "keys/ed25519.pem"] {
            assert!(is_reference(value), "{value}");
        }
        assert!(!is_reference("Zx9mQ2rT7vLk4WnB8sHd3FgJ6pYc1AeU5oXi"));
    }
}
