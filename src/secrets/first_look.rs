//! A first look at a run that could be a value: whether what stands just before it could name it. Most runs of most files
//! are digests, addresses and compiled code, and go no further than this.

use super::catalogue::{Catalogue, Kind};
use super::runs::Run;
use super::urls;

/// How far before a run is looked.
const REACH: usize = 96;

/// Beginnings of the words by which names say that a value is a credential.
const ROOTS: &[&[u8]] = &[
    b"key",
    b"sec",
    b"pass",
    b"pwd",
    b"priv",
    b"toke",
    b"auth",
    b"seed",
    b"nemo",
    b"phra",
    b"wall",
    b"memo",
    b"wif",
    b"cred",
    b"prv",
    b"pvt",
    b"clave",
    b"chave",
    b"jwt",
    b"deplo",
    b"sekr",
    b"kluch",
    b"geheim",
    b"schl",
    b"client",
    b"login",
    b"hmac",
    b"xprv",
    b"siyao",
    b"miyao",
    b"hook",
    b"encrypt",
    b"bot",
    b"accounts",
    b"senha",
    b"parol",
    b"cipher",
    b"api-i",
];

/// Which threes of letters begin a root, one bit each: letters fold to five bits.
#[expect(clippy::indexing_slicing, reason = "made by the compiler, and a root has three letters")]
static THREES: [u32; 1024] = {
    let mut table = [0u32; 1024];
    let mut i = 0;
    while i < ROOTS.len() {
        let root = ROOTS[i];
        table[(root[0] & 31) as usize * 32 + (root[1] & 31) as usize] |= 1 << (root[2] & 31);
        i += 1;
    }
    table
};

fn begins(a: u8, b: u8, c: u8) -> bool {
    THREES.get(usize::from(a & 31) * 32 + usize::from(b & 31)).is_some_and(|bits| bits >> (c & 31) & 1 == 1)
}

/// Whether text has a root in it, in any case.
fn has_root(text: &[u8]) -> bool {
    text.windows(3).enumerate().any(|(i, w)| {
        let [a, b, c] = w else { return false };
        begins(*a, *b, *c)
            && a.is_ascii_alphabetic()
            && text.get(i..).is_some_and(|rest| ROOTS.iter().any(|r| rest.get(..r.len()).is_some_and(|head| head.eq_ignore_ascii_case(r))))
    })
}

/// What stands for a part in one or two letters, between marks: `sk`, `ak`, `pk`, `AK`.
fn has_short(text: &[u8]) -> bool {
    let trimmed = text.iter().rposition(u8::is_ascii_alphanumeric).map_or(&[][..], |i| text.get(..=i).unwrap_or(&[]));
    let tail = trimmed.rsplit(|b| !b.is_ascii_alphanumeric()).next().unwrap_or(&[]);
    matches!(
        tail.to_ascii_lowercase().as_slice(),
        b"sk" | b"ak" | b"pk" | b"s" | b"k" | b"skey" | b"akey" | b"u" | b"user" | b"cs" | b"ck" | b"pp" | b"api"
    )
}

/// What a file is, for a first look.
#[derive(Clone, Copy)]
pub struct Manner {
    /// So small that a line of its own is worth a look.
    pub small: bool,
    /// Source code: what stands without quotes is an expression.
    pub code: bool,
}

/// Names that say only that something is a value: what is above them says more.
const NEUTRAL: &[&str] =
    &["value", "val", "default", "data", "content", "v", "string", "text", "plain", "plaintext", "raw", "initialvalue", "x"];

/// Ends of names of what is no credential.
const OTHERS: &[&str] = &[
    "id",
    "ids",
    "address",
    "addr",
    "hash",
    "signature",
    "sig",
    "sign",
    "checksum",
    "uuid",
    "digest",
    "time",
    "date",
    "topic",
    "topics",
    "nonce",
    "oid",
    "integrity",
    "salt",
    "root",
    "bytecode",
    "abi",
    "logo",
    "image",
    "icon",
    "cursor",
    "pagetoken",
];

/// What an id is of that is a credential all the same.
const IDS: &[&str] = &["key", "client", "access", "tokenid", "api", "quoine", "tapi"];

/// Whether a run is worth lexing what is around it.
pub fn is_worth(catalogue: &Catalogue, bytes: &[u8], run: Run, manner: Manner) -> bool {
    let mut from = run.start.saturating_sub(REACH);
    let Some(before) = bytes.get(from..run.start) else { return false };
    // Not further than two lines back.
    let mut breaks = memchr::memrchr_iter(b'\n', before);
    let line = breaks.next().map_or(0, |i| i + 1);
    if let Some(i) = breaks.nth(1) {
        from += i + 1;
    }
    let Some(near) = bytes.get(from..run.start) else { return false };
    let Some(own) = before.get(line..) else { return false };
    let Some(value) = bytes.get(run.start..run.end) else { return false };
    let close = own.last().copied().unwrap_or(b'\n');
    let quoted = matches!(close, b'"' | b'\'' | b'`');
    // Digests of lock files, images, addresses of chains.
    if [&b"sha512-"[..], b"sha256-", b"sha256:", b"sha384-", b"base64,"].iter().any(|d| own.ends_with(d) || value.starts_with(d)) {
        return false;
    }
    let hex = value.iter().all(u8::is_ascii_hexdigit);
    if value.len() == 42 && value.starts_with(b"0x") && value.iter().skip(2).all(u8::is_ascii_hexdigit) {
        return false;
    }
    if catalogue.has_alone(value) {
        return true;
    }
    let tail = own.get(own.len().saturating_sub(64)..).unwrap_or(&[]);
    if tail.iter().any(|b| *b >= 0x80) {
        return true;
    }
    // In an address: what its host or the name of the argument says.
    let word = own.iter().rposition(|b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'('));
    let word = own.get(word.map_or(0, |i| i + 1)..).unwrap_or(&[]);
    let argument = word.iter().rposition(|b| matches!(b, b'?' | b'&' | b';' | b'#'));
    if memchr::memmem::find(word, b"://").is_some() {
        let named = argument.and_then(|i| word.get(i..)).is_some_and(|a| a.ends_with(b"=") && has_root(a));
        let user = close == b':' && bytes.get(run.start..).is_some_and(|r| r.iter().take(200).any(|b| *b == b'@'));
        return named || user || is_addressed(catalogue, bytes, run.start);
    }
    let trimmed = own.trim_ascii();
    // A line of its own: in a small file, or below a frame or a label.
    let alone = trimmed.iter().all(|b| matches!(b, b'"' | b'\'' | b'`'));
    if alone && (line > 0 || run.start == own.len()) {
        let above = has_root(near) || near.iter().any(|b| *b >= 0x80);
        if manner.small || (above && (!manner.code || quoted)) {
            return true;
        }
    }
    let comment = [&b"//"[..], b"#", b"*", b"--", b";", b"<!--"].iter().any(|c| trimmed.starts_with(c));
    let last = trimmed.iter().rev().find(|b| !matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`')).copied();
    if manner.code
        && !quoted
        && !comment
        && !matches!(close, b'=' | b':' | b'@' | b'/' | b'n' | b't' | b'>' | b'\\')
        && !near.contains(&b'`')
    {
        return false;
    }
    if close == b':' && [&b" -u"[..], b"--user", b" -a"].iter().any(|f| memchr::memmem::find(own, f).is_some()) {
        return true;
    }
    let name = name_before(own);
    let named = !name.is_empty() && matches!(last, Some(b'=' | b':' | b'>'));
    if named {
        if OTHERS.iter().any(|o| name.ends_with(o)) && !IDS.iter().any(|i| name.contains(i)) {
            return !catalogue.own_name(&name).is_empty() && catalogue.own_name(&name).iter().any(|(_, p)| p.is_some());
        }
        let known = || catalogue.word(&name).is_some() || catalogue.header(&name).is_some() || !catalogue.own_name(&name).is_empty();
        if has_root(own) || has_short(own) || (name.len() >= 2 && known()) {
            return true;
        }
        // `name: KEY, value: …`: what is above says what it is.
        if NEUTRAL.contains(&name.as_str()) {
            return has_root(near);
        }
        // A number and a colon: a bot's token.
        return own.ends_with(b":") && own.iter().rev().skip(1).take(8).all(u8::is_ascii_digit) && own.len() > 8;
    }
    if has_root(own) || has_short(own) {
        return true;
    }
    // A bare argument or member; digests are arguments everywhere.
    let last = near.iter().rev().find(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'`')).copied();
    if quoted && matches!(last, Some(b'(' | b',' | b'[')) && value.len() <= 130 {
        return (!hex && value.len() >= 20 && !value.starts_with(b"0x") && !own.starts_with(b"import"))
            || is_called(catalogue, bytes, run.start);
    }
    if matches!(last, Some(b'(' | b'[' | b'{' | b',')) && manner.code {
        return false;
    }
    if own.ends_with(b":") && own.iter().rev().skip(1).take(8).all(u8::is_ascii_digit) && own.len() > 8 {
        return true;
    }
    (!manner.code && has_root(near)) || (matches!(close, b'/' | b'=' | b'@') && is_addressed(catalogue, bytes, run.start))
}

/// Whether an address is one of whom such addresses are, or has someone logged in.
fn is_addressed(catalogue: &Catalogue, bytes: &[u8], at: usize) -> bool {
    urls::url_at(bytes, at).and_then(|(s, e)| bytes.get(s..e)).is_some_and(|url| {
        let kind = catalogue.host(urls::host(url)).and_then(|(v, _)| catalogue.venue(v)).map(|v| v.kind);
        matches!(kind, Some(Kind::Node | Kind::Stack))
    })
}

/// The last name of a line, without marks and in small letters.
fn name_before(line: &[u8]) -> String {
    let in_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let end = line.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |i| i + 1);
    let Some(until) = line.get(..end) else { return String::new() };
    // Only where nothing but an operator and quotes follow.
    if line.len() - end > 6 {
        return String::new();
    }
    let name: Vec<u8> = until.iter().rev().take(40).take_while(in_name).copied().collect();
    name.iter().rev().filter(|b| b.is_ascii_alphanumeric()).map(|b| char::from(b.to_ascii_lowercase())).collect()
}

/// Whether the call that a place is an argument of is one that takes credentials, or of an exchange.
fn is_called(catalogue: &Catalogue, bytes: &[u8], at: usize) -> bool {
    let Some(before) = bytes.get(at.saturating_sub(240)..at) else { return false };
    let Some(open) = memchr::memrchr(b'(', before) else { return false };
    let Some(head) = before.get(..open) else { return false };
    let name: Vec<u8> =
        head.iter().rev().take(48).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':')).copied().collect();
    let name: String = name.iter().rev().map(|b| char::from(*b)).collect();
    let last = name.rsplit(['.', ':']).next().unwrap_or("");
    !catalogue.calls(last).is_empty() || super::names::venue_of(&super::names::words(&name), catalogue).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_pass_the_first_look_and_digests_do_not() {
        let catalogue = Catalogue::built_in();
        let value = "Zx9mQ2rT7vLk4WnB8sHd3FgJ6pYc1AeU5oXi";
        let worth = |before: &str, value: &str| {
            let text = format!("{before}{value}\"");
            let run = Run { start: before.len(), end: before.len() + value.len() };
            is_worth(&catalogue, text.as_bytes(), run, Manner { small: false, code: false })
        };
        for before in ["API_KEY=", "\"secret\": \"", "Client(\"", "apiSecret: '", "- name: OKX_KEY\n  value: \"", "私钥: ", "sk = \""] {
            assert!(worth(before, value), "{before}");
        }
        for before in ["integrity: sha512-", "commit ", "\"hash\": \"", "data:font/woff2;base64,", "x.y = \""] {
            assert!(!worth(before, value), "{before}");
        }
        assert!(!worth("keccak(\"", "9a8bf2d6c5e4f3a7b1c0d9e8f7a6b5c49a8bf2d6c5e4f3a7b1c0d9e8f7a6b5c4"));
    }
}
