//! What belongs to a secret that was found and would not be found by itself: a client id of eight characters, the third
//! argument of a client, the memo of an account. Looked for only beside a secret, and only in the shapes of its exchange.

use super::catalogue::VenueId;
use super::context::{How, around};
use super::judge::Candidate;
use super::lex::Kind;
use super::names;
use super::refuse::{is_placeholder, is_reference, is_template};
use super::role::plausible_passphrase;
use super::scene::Scene;
use super::unescape::unescape;
use crate::finding::Confidence;
use crate::model::SecretPart;

/// Tokens to each side that are looked at.
const NEAR: usize = 48;
/// Lines to each side that are looked at.
const LINES: u32 = 6;

/// Finds the companions of candidates and adds them.
pub fn add(scene: &Scene<'_>, candidates: &mut Vec<Candidate>) {
    let mut found: Vec<Candidate> = Vec::new();
    for secret in candidates.iter().filter(|c| matches!(c.part, Some(SecretPart::Secret | SecretPart::PrivateKey | SecretPart::Key) | None))
    {
        let key_is_short = |v: VenueId| {
            secret.part == Some(SecretPart::Key)
                || scene.catalogue.venue(v).is_some_and(|v| v.shapes.iter().any(|s| s.part == SecretPart::Key))
        };
        let whose: Vec<VenueId> = secret.venue.into_iter().chain(secret.possible.iter().copied()).take(3).collect();
        let Some(venue) = whose.into_iter().find(|v| scene.has_passphrase(*v) || key_is_short(*v)) else { continue };
        let Some(at) = scene.lexed.token_at(secret.start) else { continue };
        let position = around(scene.lexed, scene.bytes, at).call;
        for i in at.saturating_sub(NEAR)..(at + NEAR).min(scene.lexed.tokens.len()) {
            let Some(token) = scene.lexed.tokens.get(i) else { continue };
            let (start, end) = (token.start as usize, token.end as usize);
            let sized = (4..=64).contains(&(end - start));
            if !sized || !matches!(token.kind, Kind::Text | Kind::Word) || token.line.abs_diff(secret.line) > LINES {
                continue;
            }
            let taken = candidates.iter().chain(&found).any(|c| start < c.end && c.start < end);
            if taken {
                continue;
            }
            if let Some(companion) = companion(scene, secret, venue, i, position.as_ref()) {
                found.push(companion);
            }
        }
    }
    candidates.append(&mut found);
    candidates.sort_by_key(|c| c.start);
}

fn companion(scene: &Scene<'_>, secret: &Candidate, venue: VenueId, i: usize, call: Option<&(String, usize)>) -> Option<Candidate> {
    let token = scene.lexed.tokens.get(i)?;
    let (start, end) = (token.start as usize, token.end as usize);
    let value = unescape(scene.bytes.get(start..end)?);
    let bytes = value.bytes();
    if !bytes.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let exact = |p: SecretPart| scene.fit(venue, p, bytes).is_some_and(|f| !f.shape.free);
    let loose = |p: SecretPart| scene.fit(venue, p, bytes).is_some();
    let drawn = bytes.iter().any(u8::is_ascii_digit) || bytes.len() >= 20;
    let either = (exact(SecretPart::Key) && drawn) || (loose(SecretPart::Passphrase) && bytes.len() >= 6);
    if !either {
        return None;
    }
    let here = around(scene.lexed, scene.bytes, i);
    // Another argument of the same call, or another member of the same list.
    let listed = |part: SecretPart| {
        let (Some((own, mine)), Some((theirs, _))) = (&here.call, call) else { return false };
        // `:basic, 'key', 'secret'`.
        if own != theirs || here.frame != secret.frame && here.line.abs_diff(secret.line) > 4 {
            return false;
        }
        let last = own.rsplit(['.', ':']).next().unwrap_or("");
        let calls = scene.catalogue.calls(last);
        match calls.iter().find(|(v, parts)| *v == venue && parts.get(*mine).copied().flatten().is_some()) {
            Some((_, parts)) => parts.get(*mine).copied().flatten() == Some(part),
            None => matches!((part, mine), (SecretPart::Key, 0) | (SecretPart::Passphrase, 2)) && token.kind == Kind::Text,
        }
    };
    // `.set_passphrase("…")` names as an assignment does.
    let set = |n: &&super::context::Named| here.call.as_ref().is_some_and(|(c, at)| *c == n.text && *at == 0);
    let named = here.names.first().filter(|n| n.how == How::Assigned || set(n));
    let reading = named.map(|n| scene.read(&n.text));
    let own = |part: SecretPart| named.is_some_and(|n| names::own_part(&n.text, venue, scene.catalogue) == Some(part));
    // Directly before a secret that nothing names; the id of an object that is a credential.
    let adjacent = secret.part.is_none()
        && scene.lexed.tokens.get(i + 1).is_some_and(|t| t.kind == Kind::Mark(b','))
        && scene.lexed.tokens.get(i + 2).is_some_and(|t| t.start as usize == secret.start);
    let object = secret.confidence == Some(Confidence::High)
        && secret.reasons.iter().any(|r| r.contains("no other"))
        && here.frame == secret.frame
        && named.is_some_and(|n| n.text == "id");
    let says = |part: SecretPart| own(part) || reading.is_some_and(|r| r.part == Some(part) && !r.refused);
    let key = exact(SecretPart::Key) && drawn && secret.part != Some(SecretPart::Key);
    let (part, name) = if key && (says(SecretPart::Key) || listed(SecretPart::Key) || adjacent || object) {
        (SecretPart::Key, named)
    } else if scene.has_passphrase(venue) && bytes.len() >= 6 && (says(SecretPart::Passphrase) || listed(SecretPart::Passphrase)) {
        (SecretPart::Passphrase, named)
    } else {
        return None;
    };
    // Without quotes it is an expression.
    let plain = token.kind == Kind::Word && super::values::is_code(scene.path);
    if plain || is_placeholder(text, name.map_or("", |n| &n.text)) || is_template(text) || is_reference(text) {
        return None;
    }
    if scene.catalogue.is_published(bytes) || scene.says_example(start, end) {
        return None;
    }
    if part == SecretPart::Passphrase && (!plausible_passphrase(text) || scene.is_label(text) || !loose(part)) {
        return None;
    }
    // `"password": "freqtrader"`: what it came with.
    let mixed = bytes.iter().any(u8::is_ascii_digit) || bytes.iter().any(u8::is_ascii_uppercase);
    let stack = scene.kind(venue) == Some(super::catalogue::Kind::Stack);
    if part == SecretPart::Passphrase && stack && !mixed {
        return None;
    }
    let reason = format!("beside a secret of {}", scene.catalogue.venue(venue).map_or("", |v| &v.title));
    Some(Candidate {
        start,
        end,
        part: Some(part),
        venue: Some(venue),
        possible: Vec::new(),
        fits: true,
        // It counts only with the secret.
        confidence: None,
        test: false,
        bare: false,
        frame: here.frame,
        line: here.line,
        name: name.map(|n| n.text.clone()).unwrap_or_default(),
        reasons: vec![reason],
        value,
    })
}
