//! PEM private keys: with line breaks, with written ones, in one line, in joined texts.

use memchr::memmem;

use super::catalogue::VenueId;
use super::context::around;
use super::judge::{Candidate, Refused};
use super::names;
use super::refuse::{Refusal, is_sequence};
use super::scene::Scene;
use super::value::Value;
use crate::finding::Confidence;
use crate::model::SecretPart;

/// A frame with a body.
pub struct Block {
    /// The beginning of the frame.
    pub start: usize,
    /// The end of the frame.
    pub end: usize,
    body: Value,
    encrypted: bool,
    other: bool,
}

/// Longest block, in bytes: an RSA key of 8192 bits with every line break written out.
const LONGEST: usize = 8 << 10;

/// Finds the blocks of a text.
pub fn find(bytes: &[u8]) -> Vec<Block> {
    let mut out = Vec::new();
    for at in memmem::find_iter(bytes, b"PRIVATE KEY-----") {
        let line = bytes.get(at.saturating_sub(40)..at).unwrap_or(&[]);
        let Some(begin) = memmem::rfind(line, b"-----BEGIN ") else { continue };
        let start = at.saturating_sub(40) + begin;
        let label = line.get(begin + 11..).unwrap_or(&[]);
        let body_from = at + b"PRIVATE KEY-----".len();
        let rest = bytes.get(body_from..(body_from + LONGEST).min(bytes.len())).unwrap_or(&[]);
        let Some(end) = memmem::find(rest, b"-----END") else { continue };
        let raw = rest.get(..end).unwrap_or(&[]);
        let tail = rest.get(end + 8..).unwrap_or(&[]);
        let close = memmem::find(tail, b"KEY-----").map_or(0, |i| i + 8);
        let encrypted = label.starts_with(b"ENCRYPTED") || memmem::find(raw, b"ENCRYPTED").is_some();
        let other = label.starts_with(b"OPENSSH") || label.starts_with(b"PGP") || label.starts_with(b"DSA");
        out.push(Block { start, end: body_from + end + 8 + close, body: Value::new(body_of(raw)), encrypted, other });
    }
    out
}

/// Frames whose body is no private key: certificates, public keys, messages of PGP. Nothing in them is a value.
pub fn armour(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for start in memmem::find_iter(bytes, b"-----BEGIN ") {
        let label = bytes.get(start + 11..(start + 60).min(bytes.len())).unwrap_or(&[]);
        let Some(close) = memmem::find(label, b"-----") else { continue };
        let private = label.get(..close).is_some_and(|l| memmem::find(l, b"PRIVATE KEY").is_some());
        if private || out.last().is_some_and(|(_, e)| start < *e) {
            continue;
        }
        let rest = bytes.get(start..(start + ARMOUR).min(bytes.len())).unwrap_or(&[]);
        if let Some(end) = memmem::find(rest, b"-----END ") {
            out.push((start, start + end));
        }
    }
    out
}

/// Longest frame without a private key: a signed message, a chain of certificates.
const ARMOUR: usize = 256 << 10;

/// The characters of base64 between the lines of a frame, without line breaks, quotes, joins and headers.
fn body_of(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, after)) = rest.split_first() {
        match first {
            b'\\' if matches!(after.first(), Some(b'n' | b'r' | b't')) => {
                rest = after.get(1..).unwrap_or(&[]);
                continue;
            }
            b if b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'.' | b'*' | b'<' | b'>' | b'{' | b'$') => out.push(*b),
            _ => {}
        }
        rest = after;
    }
    out
}

/// Judges a block.
pub fn judge(scene: &Scene<'_>, block: Block) -> Result<Candidate, Refused> {
    let Block { start, end, body, encrypted, other } = block;
    let refuse = |why| Err(Refused { start, end, why, name: "a PEM frame".into() });
    let bytes = body.bytes();
    let base64 = bytes.iter().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')).count();
    if base64 < 60 || base64 + 4 < bytes.len() || std::str::from_utf8(bytes).is_ok_and(|t| is_sequence(t) || t.contains("...")) {
        return refuse(Refusal::Placeholder);
    }
    let varied = bytes.iter().collect::<std::collections::BTreeSet<_>>().len();
    if varied < 20 || !bytes.starts_with(b"M") && !other {
        return refuse(Refusal::NotRandom);
    }
    if encrypted {
        return refuse(Refusal::Encrypted);
    }
    if other || scene.catalogue.is_published(bytes) {
        return refuse(if other { Refusal::NoContext } else { Refusal::Published });
    }
    let token = scene.lexed.token_at(start).or_else(|| scene.lexed.token_at(start + 12)).unwrap_or(0);
    let around = around(scene.lexed, scene.bytes, token);
    let mut whose: Vec<VenueId> = Vec::new();
    for name in &around.names {
        whose.extend(scene.read(&name.text).venue.map(|(v, _)| v));
    }
    whose.extend(scene.enclosing(&around, token));
    whose.extend(names::venue_of(&names::words(scene.path), scene.catalogue).map(|(v, _)| v));
    let nearest = scene.mentions().venues.iter().min_by_key(|(p, ..)| p.abs_diff(start)).map(|(_, v, _)| *v);
    whose.extend(nearest);
    let pem = |v: &VenueId| scene.catalogue.venue(*v).is_some_and(|x| x.shapes.iter().any(|s| s.shape.pem));
    let exchange = |v: &&VenueId| scene.kind(**v) == Some(super::catalogue::Kind::Exchange);
    let venue = whose.iter().find(|v| pem(v)).or(whose.iter().find(exchange)).copied();
    // A key that no exchange is near is a server's or a person's, and other tools' matter.
    if venue.is_none() {
        return refuse(Refusal::NoContext);
    }
    let frame = around.frame;
    let line = around.line;
    Ok(Candidate {
        start,
        end,
        value: body,
        part: Some(SecretPart::PrivateKey),
        venue,
        possible: Vec::new(),
        bare: false,
        fits: venue.is_some_and(|v| pem(&v)),
        confidence: Some(if whose.first().is_some_and(pem) { Confidence::High } else { Confidence::Medium }),
        test: around.names.iter().any(|n| scene.read(&n.text).test),
        frame,
        line,
        name: around.names.first().map(|n| n.text.clone()).unwrap_or_default(),
        reasons: vec!["a PEM private key with a body".into()],
    })
}
