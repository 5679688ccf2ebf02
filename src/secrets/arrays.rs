//! Keys as lists of numbers: a Solana keypair file is sixty-four bytes in brackets, and its second half is the public key
//! of its first.

use super::check::is_keypair;
use super::context::around;
use super::judge::Candidate;
use super::scene::Scene;
use super::value::Value;
use crate::finding::Confidence;
use crate::model::SecretPart;

/// The keypair that a stretch of digits and separators is of, if it is one.
pub fn at(bytes: &[u8], place: usize) -> Option<(usize, usize, Value)> {
    let from = place.saturating_sub(400);
    let open = from + memchr::memrchr(b'[', bytes.get(from..place)?)?;
    read(bytes, open)
}

fn read(bytes: &[u8], open: usize) -> Option<(usize, usize, Value)> {
    let rest = bytes.get(open + 1..(open + 1024).min(bytes.len()))?;
    let close = memchr::memchr(b']', rest)?;
    let mut numbers = Vec::with_capacity(64);
    for piece in rest.get(..close)?.split(|b| *b == b',') {
        let digits = std::str::from_utf8(piece).ok()?.trim();
        if digits.is_empty() && numbers.len() == 64 {
            break;
        }
        numbers.push(digits.parse::<u8>().ok()?);
    }
    let value = Value::new(numbers);
    (value.len() == 64 && is_keypair(value.bytes())).then(|| (open, open + close + 2, value))
}

/// A keypair as a candidate.
pub fn candidate(scene: &Scene<'_>, start: usize, end: usize, value: Value) -> Candidate {
    let token = scene.lexed.token_at(start + 1).unwrap_or(0);
    let around = around(scene.lexed, scene.bytes, token);
    Candidate {
        start,
        end,
        value,
        part: Some(SecretPart::PrivateKey),
        venue: scene.catalogue.find("solana"),
        possible: Vec::new(),
        bare: false,
        fits: true,
        confidence: Some(Confidence::High),
        test: around.names.iter().any(|n| scene.read(&n.text).test),
        frame: around.frame,
        line: around.line,
        name: around.names.first().map(|n| n.text.clone()).unwrap_or_default(),
        reasons: vec!["sixty-four bytes, the second half the public key of the first".into()],
    }
}
