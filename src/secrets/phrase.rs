//! Mnemonics: twelve or more words of the list one after another, and a checksum that holds.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::check::{is_mnemonic_word, mnemonic};
use super::context::around;
use super::judge::{Candidate, Refused};
use super::refuse::Refusal;
use super::scene::Scene;
use super::value::Value;
use crate::finding::Confidence;
use crate::model::SecretPart;

/// The beginnings of the words of the list, no two of which share their first four letters: one bit for a hash of each.
struct Beginnings(Box<[u64; 1024]>);

impl Beginnings {
    fn slot(head: [u8; 4]) -> (usize, u32) {
        let hash = u32::from_le_bytes(head).wrapping_mul(0x9E37_79B1) >> 16;
        ((hash >> 6) as usize, hash & 63)
    }
    fn has(&self, word: &[u8]) -> bool {
        let (slot, bit) = Self::slot(head(word));
        self.0.get(slot).is_some_and(|bits| bits >> bit & 1 == 1)
    }
}

fn beginnings() -> &'static Beginnings {
    static SET: OnceLock<Beginnings> = OnceLock::new();
    SET.get_or_init(|| {
        let mut set = Beginnings(Box::new([0; 1024]));
        for word in super::check::mnemonic_words() {
            let (slot, bit) = Beginnings::slot(head(word.as_bytes()));
            if let Some(bits) = set.0.get_mut(slot) {
                *bits |= 1 << bit;
            }
        }
        set
    })
}

/// Words of the shortest mnemonic.
const SHORTEST: usize = 12;

fn head(word: &[u8]) -> [u8; 4] {
    let mut out = [b' '; 4];
    for (o, b) in out.iter_mut().zip(word) {
        *o = *b;
    }
    out
}

fn is_separator(b: u8) -> bool {
    matches!(b, b' ' | b',' | b'\n' | b'\r' | b'\t' | b'"' | b'\'' | b'-' | b'_')
}

/// The word around a place, if it is one of small letters between separators.
fn word_around(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let before = bytes.get(at.saturating_sub(9)..at)?;
    let start = at - before.iter().rev().take_while(|b| b.is_ascii_lowercase()).count();
    let after = bytes.get(at..(at + 10).min(bytes.len()))?;
    let end = at + after.iter().take_while(|b| b.is_ascii_lowercase()).count();
    if !(3..=8).contains(&(end - start)) {
        return None;
    }
    let left = start.checked_sub(1).and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
    let right = bytes.get(end).copied().unwrap_or(b' ');
    (edge(left) && edge(right)).then_some((start, end))
}

fn edge(b: u8) -> bool {
    is_separator(b) || matches!(b, b'`' | b'\\' | b'>' | b'<' | b'=' | b':' | b'[' | b']' | b'(' | b')' | b'.' | b';')
}

/// The next word after a place, if nothing but a separator or a number stands between.
fn next_word(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let gap = bytes.get(from..(from + 12).min(bytes.len()))?;
    let skip = gap.iter().take_while(|b| is_separator(**b) || b.is_ascii_digit() || matches!(b, b'.' | b')')).count();
    if skip == 0 || skip >= 10 {
        return None;
    }
    let start = from + skip;
    let rest = bytes.get(start..(start + 9).min(bytes.len()))?;
    let length = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
    (3..=8).contains(&length).then_some((start, start + length))
}

fn previous_word(bytes: &[u8], to: usize) -> Option<(usize, usize)> {
    let gap = bytes.get(to.saturating_sub(12)..to)?;
    let skip = gap.iter().rev().take_while(|b| is_separator(**b) || b.is_ascii_digit() || matches!(b, b'.' | b')')).count();
    if skip == 0 || skip >= 10 {
        return None;
    }
    let end = to - skip;
    let rest = bytes.get(end.saturating_sub(9)..end)?;
    let length = rest.iter().rev().take_while(|b| b.is_ascii_lowercase()).count();
    (3..=8).contains(&length).then_some((end - length, end))
}

fn listed(bytes: &[u8], (start, end): (usize, usize)) -> bool {
    let Some(word) = bytes.get(start..end) else { return false };
    beginnings().has(word) && std::str::from_utf8(word).is_ok_and(is_mnemonic_word)
}

/// Whether a mnemonic may begin with a word; an empty one may be any.
pub fn may_begin(bytes: &[u8], (start, end): (usize, usize)) -> bool {
    start == end || ((3..=8).contains(&(end - start)) && bytes.get(start..end).is_some_and(|w| beginnings().has(w)))
}

/// The mnemonic that a stretch of words is of, if its checksum holds; and up to where words of the list go on.
pub fn at(bytes: &[u8], place: usize) -> (Option<(usize, usize)>, usize) {
    let set = beginnings();
    let none = (None, place);
    // The first whole word of the stretch.
    let Some(ahead) = bytes.get(place..(place + 32).min(bytes.len())) else { return none };
    let cut = ahead.iter().take_while(|b| b.is_ascii_lowercase()).count();
    let gap = ahead.get(cut..).map_or(0, |rest| rest.iter().take_while(|b| !b.is_ascii_lowercase()).count());
    let Some(word) = word_around(bytes, place + cut + gap) else { return none };
    if !bytes.get(word.0..word.1).is_some_and(|w| set.has(w)) {
        return none;
    }
    // A neighbour, before anything is counted.
    let Some(next) = next_word(bytes, word.1) else { return none };
    // Four in a row by their beginnings, where there are as many, before any is looked up.
    let mut ahead = next;
    for _ in 0..2 {
        if !bytes.get(ahead.0..ahead.1).is_some_and(|w| set.has(w)) {
            return none;
        }
        match next_word(bytes, ahead.1) {
            Some(w) => ahead = w,
            None => break,
        }
    }
    // Twelve by their beginnings, on both sides, before any is looked up.
    let known = |w: &(usize, usize)| bytes.get(w.0..w.1).is_some_and(|w| set.has(w));
    let (mut count, mut first, mut last) = (2, word, next);
    while count < SHORTEST
        && let Some(w) = next_word(bytes, last.1).filter(known)
    {
        (last, count) = (w, count + 1);
    }
    while count < SHORTEST
        && let Some(w) = previous_word(bytes, first.0).filter(known)
    {
        (first, count) = (w, count + 1);
    }
    if count < SHORTEST {
        return (None, last.0);
    }
    if !listed(bytes, next) || !listed(bytes, word) {
        return none;
    }
    let mut before = Vec::new();
    let mut first = word;
    while let Some(w) = previous_word(bytes, first.0).filter(|w| listed(bytes, *w)) {
        before.push(w);
        first = w;
        if before.len() > 96 {
            break;
        }
    }
    let mut words: Vec<(usize, usize)> = before.into_iter().rev().collect();
    words.push(word);
    let mut last = word;
    while let Some(w) = next_word(bytes, last.1).filter(|w| listed(bytes, *w)) {
        words.push(w);
        last = w;
        if words.len() > 192 {
            break;
        }
    }
    // The list itself, or prose of many of its words.
    let found = if words.len() > 50 { None } else { best(bytes, &words) };
    (found, last.1)
}

/// Finds the places of mnemonics whose checksum holds.
#[cfg(test)]
fn find(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut done = 0;
    super::runs::each(bytes, |hit| {
        if let super::runs::Hit::Words(place, _) = hit
            && place >= done
        {
            let (found, until) = at(bytes, place);
            done = until;
            out.extend(found);
        }
    });
    out
}

/// The words of a range as one mnemonic would be written.
fn joined(bytes: &[u8], words: &[(usize, usize)]) -> Value {
    let mut text = Vec::new();
    for (i, (a, b)) in words.iter().enumerate() {
        if i > 0 {
            text.push(b' ');
        }
        text.extend_from_slice(bytes.get(*a..*b).unwrap_or(&[]));
    }
    Value::new(text)
}

/// The longest stretch whose checksum holds. A stretch within a longer one needs to be all of it but its label: one in
/// sixteen passes by chance.
fn best(bytes: &[u8], words: &[(usize, usize)]) -> Option<(usize, usize)> {
    for count in [24usize, 21, 18, 15, 12] {
        if words.len() < count || words.len() > count + 3 {
            continue;
        }
        for stretch in words.windows(count).rev() {
            if std::str::from_utf8(joined(bytes, stretch).bytes()).is_ok_and(mnemonic) {
                return Some((stretch.first()?.0, stretch.last()?.1));
            }
        }
    }
    None
}

/// Judges a mnemonic whose checksum holds.
pub fn judge(scene: &Scene<'_>, start: usize, end: usize) -> Result<Candidate, Refused> {
    let text = scene.bytes.get(start..end).unwrap_or(&[]);
    let words: Vec<u8> =
        text.split(|b| !b.is_ascii_lowercase()).filter(|w| !w.is_empty()).flat_map(|w| w.iter().copied().chain([b' '])).collect();
    let value = Value::new(words.strip_suffix(b" ").unwrap_or(&words).to_vec());
    if scene.catalogue.is_published(value.bytes()) {
        return Err(Refused { start, end, why: Refusal::Published, name: "a mnemonic".into() });
    }
    let distinct: HashSet<&[u8]> = value.bytes().split(|b| *b == b' ').collect();
    if distinct.len() < 8 {
        return Err(Refused { start, end, why: Refusal::NotRandom, name: "a mnemonic".into() });
    }
    let token = scene.lexed.token_at(start).unwrap_or(0);
    let around = around(scene.lexed, scene.bytes, token);
    let named = around.names.iter().find_map(|n| scene.read(&n.text).venue).map(|(v, _)| v);
    let has =
        |v: &crate::secrets::VenueId| scene.catalogue.venue(*v).is_some_and(|x| x.shapes.iter().any(|s| s.part == SecretPart::Mnemonic));
    // Who is spoken of on its line, whose wallets are made of words.
    let beside = || {
        let mut near: Vec<(usize, super::VenueId)> =
            scene.mentions().venues.iter().map(|(p, v, _)| (p.abs_diff(start).min(p.abs_diff(end)), *v)).collect();
        near.sort_unstable();
        near.into_iter().take_while(|(d, _)| *d < 240).map(|(_, v)| v).find(|v| has(v) && scene.catalogue.find("bip39") != Some(*v))
    };
    let venue =
        named.filter(|v| has(v) && scene.catalogue.find("bip39") != Some(*v)).or_else(beside).or_else(|| scene.catalogue.find("bip39"));
    let test = around.names.iter().any(|n| scene.read(&n.text).test);
    Ok(Candidate {
        start,
        end,
        value,
        part: Some(SecretPart::Mnemonic),
        venue,
        possible: Vec::new(),
        bare: false,
        fits: true,
        confidence: Some(Confidence::High),
        test,
        frame: around.frame,
        line: around.line,
        name: around.names.first().map(|n| n.text.clone()).unwrap_or_default(),
        reasons: vec!["the checksum of the words holds".into()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mnemonic_is_found_at_every_offset_and_prose_is_not() {
        let words = "letter advice cage absurd amount doctor acoustic avoid letter advice cage above";
        for before in 0..48 {
            let text = format!("{}\"{words}\";", "x".repeat(before) + " ");
            let found = find(text.as_bytes());
            assert_eq!(found.iter().map(|(a, b)| text.get(*a..*b).unwrap_or("")).collect::<Vec<_>>(), [words], "{before}");
        }
        assert!(find(b"the quick brown fox can jump over this lazy dog and then about again before they arrive there").is_empty());
    }
}
