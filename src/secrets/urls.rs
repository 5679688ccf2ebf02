//! Values within addresses: what stands before the `@`, a whole webhook, the key of a node in a path. The host says whose
//! they are.

/// Longest address that is looked at, to each side of a place.
const REACH: usize = 600;

fn in_url(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'#' | b'@' | b'!' | b'&' | b'+' | b'=' | b'%' | b',')
}

/// The address that a place lies in, without what closes a sentence or a path.
pub fn url_at(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let from = at.saturating_sub(REACH);
    let before = bytes.get(from..at)?;
    let reach = before.iter().rev().take_while(|b| in_url(**b)).count();
    let begin = at - reach;
    // The last scheme: addresses are passed to addresses.
    let mark = memchr::memmem::rfind(bytes.get(begin..at)?, b"://")? + begin;
    let scheme = bytes.get(begin..mark)?.iter().rev().take_while(|b| b.is_ascii_lowercase()).count();
    if scheme == 0 {
        return None;
    }
    let rest = bytes.get(at..(at + REACH).min(bytes.len()))?;
    let mut end = at + rest.iter().take_while(|b| in_url(**b)).count();
    while end > at && bytes.get(end - 1).is_some_and(|b| matches!(b, b'/' | b'.' | b',' | b'!' | b'?' | b':' | b'&')) {
        end -= 1;
    }
    Some((mark - scheme, end))
}

/// The host of an address.
pub fn host(url: &[u8]) -> &[u8] {
    let rest = memchr::memmem::find(url, b"://").and_then(|i| url.get(i + 3..)).unwrap_or(url);
    let authority = rest.split(|b| matches!(b, b'/' | b'?' | b'#')).next().unwrap_or(&[]);
    authority.rsplit(|b| *b == b'@').next().unwrap_or(authority)
}

/// Name and secret before a host: their places.
pub struct User {
    /// The name, which exchanges take for the id of the key.
    pub name: (usize, usize),
    /// The secret.
    pub secret: (usize, usize),
}

/// Who an address logs in as: `https://name:secret@host/`, `curl -u name:secret`.
pub fn user_at(bytes: &[u8], at: usize) -> Option<User> {
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'+' | b'%' | b'=' | b'/');
    let from = at.saturating_sub(200);
    let start = at - bytes.get(from..at)?.iter().rev().take_while(|b| word(**b)).count();
    let end = at + bytes.get(at..(at + 300).min(bytes.len()))?.iter().take_while(|b| word(**b)).count();
    // The place lies in the secret: what is before it is a colon and the name.
    let colon = start.checked_sub(1).filter(|i| bytes.get(*i) == Some(&b':'))?;
    let name = bytes.get(colon.saturating_sub(100)..colon)?.iter().rev().take_while(|b| word(**b) && **b != b'/').count();
    let begin = colon - name;
    let lead = bytes.get(begin.saturating_sub(24)..begin)?;
    let located = lead.ends_with(b"://") && bytes.get(end) == Some(&b'@');
    let flat: Vec<u8> = lead.iter().filter(|b| !matches!(b, b'"' | b'\'' | b'=')).map(u8::to_ascii_lowercase).collect();
    let flat = flat.trim_ascii_end();
    let flagged = [&b" -u"[..], b"--user", b"--auth", b" -a"].iter().any(|f| flat.ends_with(f));
    (name >= 4 && (located || flagged)).then_some(User { name: (begin, colon), secret: (start, end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_where_they_end() {
        let text = b"see <https://go.example.io/abc/0123456789abcdef/>, or wss://a.b/c.";
        let of = |at: usize| url_at(text, at).and_then(|(s, e)| text.get(s..e));
        assert_eq!(of(35), Some(&b"https://go.example.io/abc/0123456789abcdef"[..]));
        assert_eq!(of(text.len() - 3), Some(&b"wss://a.b/c"[..]));
        assert_eq!(of(2), None);
        assert_eq!(host(b"https://u:p@api.luno.com/x?y"), b"api.luno.com");
    }

    #[test]
    fn a_user_is_a_name_and_a_secret_before_a_host() {
        let text = b"url: https://name1:secret-value@host/ and curl -u 'name2:other_value' x";
        let at = |needle: &[u8]| memchr::memmem::find(text, needle).and_then(|i| user_at(text, i + 1));
        let part = |u: Option<User>| u.and_then(|u| text.get(u.secret.0..u.secret.1));
        assert_eq!(part(at(b"secret-value")), Some(&b"secret-value"[..]));
        assert_eq!(part(at(b"other_value")), Some(&b"other_value"[..]));
        assert_eq!(part(at(b"host/")), None);
    }
}
