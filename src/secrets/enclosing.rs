//! What encloses a value and what stands beside it in the same object: the names of its frames, and siblings that say whom
//! the object is about or what the value is called.

use super::context::Look;
use super::lex::{Kind, Lexed};

/// Names of what encloses a frame, innermost first.
pub fn parents(lexed: &Lexed, bytes: &[u8], frame: u32) -> Vec<String> {
    let look = Look { lexed, bytes };
    let mut out = Vec::new();
    let mut at = frame;
    for _ in 0..12 {
        let Some(f) = lexed.frame(at) else { break };
        if let Some(name) = f.name {
            out.push(look.text(name as usize));
        }
        if at == 0 || f.parent == at {
            break;
        }
        at = f.parent;
    }
    out
}

/// Whether an object, or what encloses it, is said to be for tests: by its name, or by a switch beside the value such as
/// `sandbox: true`. The whole of a file is no object.
pub fn is_for_tests(lexed: &Lexed, bytes: &[u8], frame: u32, near: usize) -> bool {
    let says = |name: &str| super::names::words(name).iter().any(|w| super::names::is_test(w) && w != "test");
    if frame == 0 {
        return false;
    }
    if parents(lexed, bytes, frame).iter().any(|p| says(p)) {
        return true;
    }
    let look = Look { lexed, bytes };
    (near.saturating_sub(40)..(near + 40).min(lexed.tokens.len())).any(|i| {
        let operator = look.token(i).is_some_and(|t| t.frame == frame && matches!(t.kind, Kind::Mark(b':' | b'=')));
        operator
            && i.checked_sub(1).is_some_and(|p| says(&look.text(p)))
            && matches!(look.text(i + 1).to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on")
    })
}

/// Names whose value says which exchange an object is about.
const SAYS_WHOM: &[&str] = &[
    "exchange",
    "name",
    "exchangename",
    "exchangeid",
    "venue",
    "provider",
    "broker",
    "market",
    "platform",
    "id",
    "type",
    "connector",
    "gateway",
    "site",
    "service",
    "label",
    "account",
    "tradingexchange",
    "exchanges",
    "title",
    "key",
    "host",
    "url",
    "baseurl",
    "endpoint",
    "issuer",
    "brokerage",
    "livemodebrokerage",
    "source",
    "comment",
    "profile",
    "description",
    "adapter",
    "desc",
    "note",
    "secretid",
    "secretname",
];

/// Whether a name is of those, whatever its case and its marks, or ends as a long one of them.
fn says_whom(name: &[u8]) -> bool {
    let squeezed = || name.iter().rev().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase);
    let Some(last) = squeezed().next() else { return false };
    SAYS_WHOM.iter().filter(|s| s.as_bytes().last() == Some(&last)).any(|s| {
        let mut left = squeezed();
        s.bytes().rev().all(|b| left.next() == Some(b)) && (s.len() >= 7 || left.next().is_none())
    })
}

/// The operators of a text before which such a name stands, in order: looked for once, and asked for each value.
pub fn witnesses(lexed: &Lexed, bytes: &[u8]) -> Vec<u32> {
    let pairs = lexed.tokens.iter().zip(lexed.tokens.iter().skip(1)).enumerate();
    let named = pairs.filter(|(_, (name, t))| {
        matches!(t.kind, Kind::Mark(b':' | b'='))
            && matches!(name.kind, Kind::Word | Kind::Text)
            && says_whom(bytes.get(name.start as usize..(name.end as usize).min(name.start as usize + 200)).unwrap_or(&[]))
    });
    named.map(|(i, _)| i as u32 + 1).collect()
}

/// What siblings in a frame say of whom it is about: the values of `exchange`, `name`, `venue` and the like, nearest to
/// the token first.
pub fn siblings(lexed: &Lexed, bytes: &[u8], witnesses: &[u32], frame: u32, near: usize) -> Vec<(String, String)> {
    let look = Look { lexed, bytes };
    let mut out: Vec<(usize, String, String)> = Vec::new();
    let from = lexed.frame(frame).map_or(0, |f| f.open as usize).max(near.saturating_sub(500));
    let first = witnesses.partition_point(|w| (*w as usize) < from);
    for i in witnesses.get(first..).unwrap_or(&[]).iter().map(|w| *w as usize).take_while(|i| *i < near + 500) {
        let Some(t) = look.token(i) else { break };
        if t.frame != frame {
            continue;
        }
        // Far past the end of the frame.
        if i > near + 400 {
            let between = lexed.tokens.get(near + 1..i).unwrap_or(&[]);
            if between.iter().filter(|t| t.frame != frame).count() > 400 {
                break;
            }
        }
        let Some(name) = i.checked_sub(1).and_then(|p| look.token(p)) else { continue };
        let squeezed: String = look.slice(name).chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let next = (i + 1..i + 4).find(|n| look.token(*n).is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Text)));
        if let Some(next) = next {
            out.push((i.abs_diff(near), squeezed, look.text(next)));
        }
    }
    out.sort_by_key(|(distance, ..)| *distance);
    out.into_iter().map(|(_, n, v)| (n, v)).collect()
}

/// Whether something near a value, in its frame or its lines, has a name.
pub fn has_sibling(lexed: &Lexed, bytes: &[u8], value: usize, name: &str) -> bool {
    let look = Look { lexed, bytes };
    let Some(own) = look.token(value) else { return false };
    (value.saturating_sub(32)..(value + 24).min(lexed.tokens.len())).any(|i| {
        look.token(i).is_some_and(|t| {
            matches!(t.kind, Kind::Word | Kind::Text)
                && t.line.abs_diff(own.line) <= 4
                && bytes.get(t.start as usize..t.end as usize).is_some_and(|text| text.eq_ignore_ascii_case(name.as_bytes()))
                && look.token(i + 1).is_some_and(|n| matches!(n.kind, Kind::Mark(b':' | b'=')))
        })
    })
}

/// Names whose value is the name of the value beside it: `{ name: KEY, value: … }`.
pub fn named_by_sibling(lexed: &Lexed, bytes: &[u8], value: usize) -> Option<String> {
    let look = Look { lexed, bytes };
    let token = look.token(value)?;
    let is_name = |text: &str| {
        matches!(
            text.to_ascii_lowercase().as_str(),
            "name" | "key" | "header" | "field" | "variable" | "option" | "env" | "property" | "label" | "var_name" | "k"
        )
    };
    // The frame of an object, or the attributes of a tag.
    let mut best: Option<(usize, String)> = None;
    for i in value.saturating_sub(40)..(value + 24).min(lexed.tokens.len()) {
        let t = look.token(i)?;
        let same = t.frame == token.frame || lexed.frame(token.frame).is_some_and(|f| f.bracket == b'"' && f.parent == t.frame);
        if !same || !matches!(t.kind, Kind::Mark(b':' | b'=')) || i.abs_diff(value) <= 1 {
            continue;
        }
        let named = i
            .checked_sub(1)
            .is_some_and(|p| look.token(p).is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Text)) && is_name(&look.text(p)));
        if !named {
            continue;
        }
        let next = look.token(i + 1).filter(|t| matches!(t.kind, Kind::Word | Kind::Text)).map(|t| look.slice(t));
        if let Some(next) = next {
            let distance = i.abs_diff(value) + if i > value { 6 } else { 0 };
            if best.as_ref().is_none_or(|(d, _)| distance < *d) {
                best = Some((distance, next));
            }
        }
    }
    best.map(|(_, name)| name)
}
