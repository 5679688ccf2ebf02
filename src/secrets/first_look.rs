//! A first look at a run that could be a value: whether what stands just before it could name it. Most runs of most files
//! are digests, addresses and compiled code, and go no further than this.

use super::catalogue::{Catalogue, Kind};
use super::runs::Run;
use super::urls;

/// How far before a run is looked.
const REACH: usize = 96;

/// Beginnings of the words by which names say that a value is a credential.
const ROOTS: &[&[u8]] = &[
    b"key", b"sec", b"pass", b"pwd", b"priv", b"toke", b"auth", b"seed", b"nemo", b"phra", b"wall", b"memo", b"wif", b"cred", b"prv", b"pvt",
    b"clave", b"chave", b"jwt", b"deplo", b"sekr", b"kluch", b"geheim", b"schl", b"client", b"login", b"hmac", b"xprv", b"siyao", b"miyao",
    b"hook", b"encrypt", b"bot", b"accounts", b"senha", b"parol", b"cipher", b"api-i",
];

/// Which pairs of letters begin a root, one bit each: letters fold to five bits.
const PAIRS: [u32; 32] = {
    let mut table = [0u32; 32];
    let mut i = 0;
    while i < ROOTS.len() {
        let root = ROOTS[i];
        table[(root[0] & 31) as usize] |= 1 << (root[1] & 31);
        i += 1;
    }
    table
};

fn begins(a: u8, b: u8) -> bool {
    PAIRS.get((a & 31) as usize).is_some_and(|bits| bits >> (b & 31) & 1 == 1)
}

/// Whether text has a root in it, in any case.
fn has_root(text: &[u8]) -> bool {
    text.windows(2).enumerate().any(|(i, w)| {
        let [a, b] = w else { return false };
        begins(*a, *b)
            && a.is_ascii_alphabetic()
            && text.get(i..).is_some_and(|rest| ROOTS.iter().any(|r| rest.get(..r.len()).is_some_and(|head| head.eq_ignore_ascii_case(r))))
    })
}

/// What stands for a part in one or two letters, between marks: `sk`, `ak`, `pk`, `AK`.
fn has_short(text: &[u8]) -> bool {
    let trimmed = text.iter().rposition(u8::is_ascii_alphanumeric).map_or(&[][..], |i| text.get(..=i).unwrap_or(&[]));
    let tail = trimmed.rsplit(|b| !b.is_ascii_alphanumeric()).next().unwrap_or(&[]);
    matches!(tail.to_ascii_lowercase().as_slice(), b"sk" | b"ak" | b"pk" | b"s" | b"k" | b"skey" | b"akey" | b"u" | b"user" | b"cs" | b"ck" | b"pp" | b"api")
}

/// Whether a run is worth lexing what is around it. `small` says that the file is so small that a line of its own is.
pub fn is_worth(catalogue: &Catalogue, bytes: &[u8], run: Run, small: bool) -> bool {
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
    // Digests of lock files, images.
    if own.ends_with(b"sha512-") || own.ends_with(b"sha256-") || own.ends_with(b"base64,") || own.ends_with(b"sha256:") {
        return false;
    }
    if value.starts_with(b"sha512-") || value.starts_with(b"sha256-") || value.starts_with(b"sha1-") {
        return false;
    }
    let alone = own.iter().rev().find(|b| !matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`')).copied();
    // A line of its own: in a small file, or below a frame or a label.
    if alone.is_none() && own.len() == run.start - from.max(run.start - own.len()) && (small || has_root(near)) {
        return true;
    }
    if has_root(near) || has_short(own) {
        return true;
    }
    if own.iter().rev().take(64).any(|b| *b >= 0x80) {
        return true;
    }
    // A bare argument or member; digests are arguments everywhere.
    let quoted = own.last().is_some_and(|b| matches!(b, b'"' | b'\'' | b'`'));
    let hex = value.iter().all(u8::is_ascii_hexdigit);
    let last = near.iter().rev().find(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'`')).copied();
    if quoted && matches!(last, Some(b'(' | b',' | b'[')) && value.len() <= 130 && (!hex || is_called(catalogue, bytes, run.start)) {
        return true;
    }
    if own.ends_with(b":") && memchr::memmem::find(own, b" -u").is_some() {
        return true;
    }
    // What someone calls it, whose name says nothing to anybody else.
    let name = name_before(own);
    if name.len() >= 3 && (catalogue.word(&name).is_some() || catalogue.header(&name).is_some() || !catalogue.own_name(&name).is_empty()) {
        return true;
    }
    if catalogue.has_alone(value) {
        return true;
    }
    // A number and a colon: a bot's token. An address of whom such addresses are.
    if own.ends_with(b":") && own.iter().rev().skip(1).take(8).all(u8::is_ascii_digit) && own.len() > 8 {
        return true;
    }
    let addressed = matches!(own.last(), Some(b'/' | b'=' | b':' | b'@')) || value.contains(&b'/');
    addressed
        && memchr::memmem::find(own, b"://").is_some()
        && urls::url_at(bytes, run.start).and_then(|(s, e)| bytes.get(s..e)).is_some_and(|url| {
            let kind = catalogue.host(urls::host(url)).and_then(|(v, _)| catalogue.venue(v)).map(|v| v.kind);
            matches!(kind, Some(Kind::Node | Kind::Stack)) || bytes.get(run.end) == Some(&b'@')
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
    let name: Vec<u8> = head.iter().rev().take(48).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':')).copied().collect();
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
            is_worth(&catalogue, text.as_bytes(), run, false)
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
