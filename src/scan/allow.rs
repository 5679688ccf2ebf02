//! `keylint: allow RULE until=DATE -- reason`: a comment that covers one finding, on its own line or on the next.

use memchr::memmem;

/// A comment that allows a finding.
pub struct Allow {
    /// The text that it stands in, by its place in `Scanned::texts`; nothing for a text that was given whole.
    pub text: Option<usize>,
    /// First byte in its text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The rule.
    pub rule: String,
    /// The last day on which it works, as it was written.
    pub until: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Whether nothing but the comment stands on its line, so that it is about the next.
    pub own_line: bool,
    /// What is wrong with it, so that it does not work.
    pub fault: Option<Fault>,
}

/// What is wrong with a comment that allows a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It names no rule.
    NoRule,
    /// It gives no reason.
    NoReason,
    /// It has words that mean nothing, which might have been meant as a date.
    NotUnderstood,
    /// It is a part of the change that is looked at.
    New,
}

/// A place that is looked at closer.
pub struct Mark {
    /// Where.
    pub at: usize,
    /// Whether it is a comment that allows a finding; else the setting of a request window.
    pub allow: bool,
}

/// The words, how far behind their beginning stands what they are found by, whether they allow.
const WORDS: [(&[u8], usize, bool); 7] = [
    (b"keylint: allow", 2, true),
    (b"keylint:allow", 2, true),
    (b"recvWindow", 3, false),
    (b"recv_window", 3, false),
    (b"RECV_WINDOW", 3, false),
    (b"recvwindow", 3, false),
    (b"RecvWindow", 3, false),
];

/// Reads what stands at the places that the detector's pass came upon: the words of comments that allow and of request
/// windows, the only words that are looked for in every file.
pub fn marks(bytes: &[u8], pairs: &[usize]) -> Vec<Mark> {
    let mark = |place: &usize| {
        // The letter behind the pair or its end, before all of them.
        let third = bytes.get(place + 1)?;
        WORDS.iter().filter(|(word, behind, _)| word.get(behind + 1) == Some(third)).find_map(|(word, behind, allow)| {
            let at = place.checked_sub(*behind)?;
            bytes.get(at..)?.starts_with(word).then_some(Mark { at, allow: *allow })
        })
    };
    pairs.iter().filter_map(mark).collect()
}

/// Reads every comment of a text.
pub fn find(bytes: &[u8], marks: &[Mark], text: Option<usize>, place: impl Fn(usize) -> u32) -> Vec<Allow> {
    let found = marks.iter().filter(|m| m.allow).filter_map(|m| read(bytes, m.at, text));
    found.map(|a| Allow { start: place(a.start as usize), end: place(a.end as usize), ..a }).collect()
}

/// Reads the comment that begins at a place.
pub fn read(bytes: &[u8], at: usize, text: Option<usize>) -> Option<Allow> {
    let line = bytes.get(..at)?.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let rest = bytes.get(at..)?;
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let comment = String::from_utf8_lossy(rest.get(..end)?).into_owned();
    let comment = comment.trim_end();
    // The end of a comment in brackets is no part of the reason.
    let body = ["*/", "-->", "#}", "%>"].iter().fold(comment, |c, e| c.strip_suffix(e).unwrap_or(c).trim_end());
    let words = body.split_once("allow").map_or("", |(_, w)| w);
    let (head, reason) = match words.split_once("--") {
        Some((head, reason)) => (head, Some(reason.trim().to_owned()).filter(|r| r.chars().any(char::is_alphabetic))),
        None => (words, None),
    };
    let (mut rule, mut until) = (String::new(), None);
    // A date that nobody reads would be an end that never comes.
    let mut strange = reason.as_ref().is_some_and(|r| r.contains("until="));
    for word in head.split_whitespace() {
        match word.strip_prefix("until=") {
            Some(date) => {
                strange |= until.is_some();
                until = Some(date.to_owned());
            }
            None if rule.is_empty() => word.clone_into(&mut rule),
            None => strange = true,
        }
    }
    // What marks a comment may stand before it; anything else is what it is about.
    let before = bytes.get(line..at)?;
    let own_line = before.iter().all(|b| !b.is_ascii_alphanumeric() && *b < 0x80) || memmem::find(before, b"REM").is_some();
    let fault = match (rule.is_empty(), &reason) {
        (true, _) => Some(Fault::NoRule),
        (_, None) => Some(Fault::NoReason),
        _ if strange => Some(Fault::NotUnderstood),
        _ => None,
    };
    Some(Allow { text, start: at as u32, end: (at + body.len()) as u32, rule, until, reason, own_line, fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::runs::{self, Hit};

    fn places(bytes: &[u8]) -> Vec<Mark> {
        let mut pairs = Vec::new();
        runs::each(bytes, |hit| {
            if let Hit::Pair(at) = hit {
                pairs.push(at);
            }
        });
        marks(bytes, &pairs)
    }

    #[test]
    fn a_comment_has_a_rule_a_date_and_a_reason() {
        let of = |text: &str| find(text.as_bytes(), &places(text.as_bytes()), None, |at| at as u32).into_iter().next();
        let allow = of("x = 1  # keylint: allow secret-in-plaintext until=2027-01-01 -- a key of the tutorial\n").expect("one");
        assert_eq!(
            (allow.rule.as_str(), allow.until.as_deref(), allow.reason.as_deref()),
            ("secret-in-plaintext", Some("2027-01-01"), Some("a key of the tutorial"))
        );
        assert!(!allow.own_line && allow.fault.is_none());
        assert!(of("  // keylint: allow r -- because\n").is_some_and(|a| a.own_line));
        assert_eq!(of("/* keylint: allow r -- why */").and_then(|a| a.reason), Some("why".into()));
        for before in 0..140 {
            let text = format!("{}keylint:allow r -- why{}recv_window", "v".repeat(before), "_".repeat(before / 2));
            let found: Vec<(usize, bool)> = places(text.as_bytes()).iter().map(|m| (m.at, m.allow)).collect();
            assert_eq!(found, [(before, true), (before + 22 + before / 2, false)]);
        }
        assert_eq!(of("# keylint: allow r").and_then(|a| a.fault), Some(Fault::NoReason));
        assert_eq!(of("# keylint: allow -- why").and_then(|a| a.fault), Some(Fault::NoRule));
    }
}
