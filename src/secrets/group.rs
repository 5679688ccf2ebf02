//! Parts into findings: a key, its secret and its passphrase near each other are one; what only counts beside another part
//! is kept where it has one, and let go where it has none.

use super::catalogue::VenueId;
use super::judge::Candidate;
use super::scene::Scene;
use crate::finding::Confidence;
use crate::model::SecretPart;

/// A credential that was found: one part or several.
pub struct Group {
    /// Whose; nothing where the shapes leave several.
    pub venue: Option<VenueId>,
    /// The parts in the order of the text.
    pub parts: Vec<Candidate>,
    /// How sure.
    pub confidence: Confidence,
    /// Whether it is for tests.
    pub test: bool,
}

/// Lines between parts of one credential, at most.
const APART: u32 = 6;

/// Puts candidates together; they come in the order of the text.
pub fn group(scene: &Scene<'_>, candidates: Vec<Candidate>) -> Vec<Group> {
    let mut drafts: Vec<Vec<Candidate>> = Vec::new();
    for mut candidate in candidates {
        // Two keys one after the other, the second only called a key: the second is the secret.
        if candidate.bare
            && candidate.part == Some(SecretPart::Key)
            && let Some(last) = drafts.last()
            && last.iter().any(|p| p.part == Some(SecretPart::Key))
            && !last.iter().any(|p| p.part == Some(SecretPart::Secret))
            && last.iter().all(|p| p.line.abs_diff(candidate.line) <= 2 && p.frame == candidate.frame)
            && last.iter().filter_map(|p| p.venue).any(|v| scene.fit(v, SecretPart::Secret, candidate.value.bytes()).is_some())
            && !candidate.name.is_ascii()
        {
            candidate.part = Some(SecretPart::Secret);
            candidate.confidence = None;
        }
        // The last few, because accounts can be listed part by part.
        let at = drafts.len();
        let place = (at.saturating_sub(4)..at).rev().find(|i| drafts.get(*i).is_some_and(|d| belongs(scene, d, &candidate)));
        match place.and_then(|i| drafts.get_mut(i)) {
            Some(draft) => draft.push(candidate),
            None => drafts.push(vec![candidate]),
        }
    }
    drafts.into_iter().filter_map(|parts| settle(scene, parts)).collect()
}

/// The number or the word by which names tell accounts apart: what is left of a name without its exchange and its role.
fn account(name: &str) -> String {
    name.chars().filter(char::is_ascii_digit).collect()
}

fn belongs(scene: &Scene<'_>, draft: &[Candidate], candidate: &Candidate) -> bool {
    let Some(last) = draft.last() else { return false };
    let whole = |p: Option<SecretPart>| matches!(p, Some(SecretPart::Mnemonic | SecretPart::Token));
    if draft.iter().any(|p| whole(p.part)) || whole(candidate.part) {
        return false;
    }
    if candidate.part.is_some() && draft.iter().any(|p| p.part == candidate.part) {
        return false;
    }
    // A passphrase has no more than one key and one secret before it.
    if candidate.part.is_none() && draft.len() >= 2 {
        return false;
    }
    let other = |a: Option<VenueId>, b: Option<VenueId>| matches!((a, b), (Some(a), Some(b)) if a != b);
    let conflict = draft.iter().any(|p| {
        // What nothing names belongs to whom it could be of.
        let open =
            |a: &Candidate, b: &Candidate| a.part.is_none() && b.venue.is_some_and(|v| !a.possible.contains(&v) && !a.possible.is_empty());
        if open(candidate, p) || open(p, candidate) {
            return true;
        }
        other(p.venue, candidate.venue)
            && (p.fits == candidate.fits)
            && !(p.possible.iter().any(|v| Some(*v) == candidate.venue) || candidate.possible.iter().any(|v| Some(*v) == p.venue))
    });
    if conflict {
        return false;
    }
    // A wallet's key and an exchange's are two things, even side by side.
    let evm = scene.catalogue.find("evm");
    if evm.is_some() && (last.venue == evm) != (candidate.venue == evm) {
        return false;
    }
    let near = candidate.line.abs_diff(last.line) <= APART;
    let framed = candidate.frame == last.frame && candidate.frame != 0 && candidate.line.abs_diff(last.line) <= 4 * APART;
    // In different frames of the same depth, parts are of different accounts.
    let bracket = |f: u32| scene.lexed.frame(f).map_or(0, |f| f.bracket);
    let apart = candidate.frame != last.frame
        && matches!(bracket(candidate.frame), b'{' | b'-')
        && matches!(bracket(last.frame), b'{' | b'-')
        && !related(scene, candidate.frame, last.frame);
    if apart {
        return false;
    }
    let (a, b) = (account(&candidate.name), account(&last.name));
    if a != b && !a.is_empty() && !b.is_empty() {
        return false;
    }
    near || framed
}

/// Whether one frame encloses the other, or both lie in one object two levels up.
fn related(scene: &Scene<'_>, a: u32, b: u32) -> bool {
    let chain = |mut f: u32| {
        let mut out = vec![f];
        for _ in 0..8 {
            let Some(frame) = scene.lexed.frame(f) else { break };
            if f == 0 {
                break;
            }
            f = frame.parent;
            out.push(f);
        }
        out
    };
    let (a_chain, b_chain) = (chain(a), chain(b));
    a_chain.contains(&b) && b != 0 || b_chain.contains(&a) && a != 0 || {
        // `[{name: KEY, value: …}, {name: SECRET, value: …}]`: members of one list.
        let parent = |c: &[u32]| c.get(1).copied().unwrap_or(0);
        let shared = parent(&a_chain) == parent(&b_chain) && parent(&a_chain) != 0;
        shared && scene.lexed.frame(parent(&a_chain)).is_some()
    }
}

fn settle(scene: &Scene<'_>, mut parts: Vec<Candidate>) -> Option<Group> {
    name_nameless(scene, &mut parts);
    let strong = parts.iter().any(|p| p.confidence.is_some());
    let mut venue = whose(scene, &parts);
    let has = |parts: &[Candidate], wanted: SecretPart| parts.iter().any(|p| p.part == Some(wanted));
    if !strong {
        // Weak words, or none: only a pair in the shapes of one exchange counts.
        let pair = has(&parts, SecretPart::Key) && (has(&parts, SecretPart::Secret) || has(&parts, SecretPart::PrivateKey));
        let paired = venue.filter(|v| pair && fits_all(scene, *v, &parts));
        match paired {
            Some(_) => {}
            None => {
                venue = pair.then(|| by_shapes(scene, &parts, true)).flatten();
                venue?;
            }
        }
    }
    // The third of three arguments.
    if let Some(v) = venue.filter(|v| scene.has_passphrase(*v) && !has(&parts, SecretPart::Passphrase) && parts.len() == 3) {
        for part in parts.iter_mut().filter(|p| p.part.is_none() && p.value.len() <= 32) {
            (part.part, part.venue) = (Some(SecretPart::Passphrase), Some(v));
        }
    }
    // What its name alone did not settle: beside a sure part of an exchange whose shape it has, it is sure too.
    if strong && parts.len() > 1 {
        for part in &mut parts {
            let fits = venue.zip(part.part).is_some_and(|(v, p)| scene.fit(v, p, part.value.bytes()).is_some());
            if part.confidence.is_none() && fits {
                part.confidence = Some(Confidence::Medium);
                part.reasons.push("beside another part of the same credential".to_owned());
            }
        }
    }
    // What has no evidence of its own stays only beside what has.
    let secret = parts
        .iter()
        .any(|p| p.part != Some(SecretPart::Key) && p.part != Some(SecretPart::Passphrase) && (p.confidence.is_some() || !strong));
    parts.retain(|p| p.part.is_some());
    if !secret {
        // A key id: with an exchange whose shape it has, else it is any id.
        parts.retain(|p| p.confidence.is_some());
    }
    if parts.is_empty() {
        return None;
    }
    if has(&parts, SecretPart::Passphrase) && parts.len() > 1 && venue.is_none_or(|v| !scene.has_passphrase(v)) {
        parts.retain(|p| p.part != Some(SecretPart::Passphrase) || p.confidence.is_some());
    }
    let confidence = parts.iter().filter_map(|p| p.confidence).max().unwrap_or(Confidence::Medium);
    let test = parts.iter().any(|p| p.test);
    parts.sort_by_key(|p| p.start);
    Some(Group { venue, parts, confidence, test })
}

/// Gives parts to values that have none, by the shapes of whom they could be: the first is the key, where both fit both.
fn name_nameless(scene: &Scene<'_>, parts: &mut [Candidate]) {
    let mut open = parts.iter_mut().filter(|p| matches!(p.part, None | Some(SecretPart::Key | SecretPart::Secret)));
    let (Some(a), Some(b)) = (open.next(), open.next()) else { return };
    if a.part.is_some() && b.part.is_some() {
        return;
    }
    let whose: Vec<VenueId> = a.possible.iter().chain(&b.possible).chain(a.venue.iter()).chain(b.venue.iter()).copied().collect();
    let fit = |v: VenueId, c: &Candidate, p: SecretPart| {
        c.part.is_none_or(|own| own == p) && scene.fit(v, p, c.value.bytes()).is_some_and(|f| !f.shape.free)
    };
    let pairs = |v: VenueId| {
        [(SecretPart::Key, SecretPart::Secret), (SecretPart::Secret, SecretPart::Key)]
            .into_iter()
            .find(|(p, q)| fit(v, a, *p) && fit(v, b, *q))
    };
    let mut hit = whose.iter().find_map(|v| pairs(*v).map(|p| (*v, p)));
    if hit.is_none() {
        // A file of nothing but two values is a file of keys.
        let only = a.frame == 0 && scene.bytes.len() < 400 && a.name.is_empty() && b.name.is_empty();
        let listed: Vec<VenueId> = scene
            .catalogue
            .of_length(a.value.len())
            .map(|(v, _)| v)
            .filter(|v| only || scene.catalogue.venue(*v).is_some_and(|x| x.pair))
            .collect();
        // Two digests side by side are no pair.
        if [&*a, &*b].iter().all(|c| c.value.bytes().iter().all(u8::is_ascii_hexdigit)) {
            return;
        }
        let mut fitting = listed.iter().filter_map(|v| pairs(*v).map(|p| (*v, p)));
        hit = fitting.next();
        if let Some((v, pair)) = hit
            && fitting.any(|(w, _)| w != v)
        {
            // Several have these shapes: a pair all the same, of nobody in particular. Not of digests.
            let hex = [&*a, &*b].iter().any(|c| c.value.bytes().iter().all(u8::is_ascii_hexdigit));
            if !hex && a.part.is_none() && b.part.is_none() && a.line + 1 >= b.line && a.frame == b.frame {
                for (candidate, part) in [(a, pair.0), (b, pair.1)] {
                    candidate.part = Some(part);
                    candidate.confidence = Some(Confidence::Medium);
                    candidate.reasons.push("a pair in shapes that several exchanges have".to_owned());
                }
            }
            return;
        }
    }
    if let Some((venue, (p, q))) = hit {
        for (candidate, part) in [(a, p), (b, q)] {
            candidate.part = Some(part);
            candidate.venue = candidate.venue.filter(|_| candidate.confidence.is_some()).or(Some(venue));
            candidate.fits = true;
            candidate.reasons.push("beside another value of the same exchange's shapes".to_owned());
        }
    }
}

fn fits_all(scene: &Scene<'_>, venue: VenueId, parts: &[Candidate]) -> bool {
    let fit = |c: &Candidate, p: SecretPart| scene.fit(venue, p, c.value.bytes()).is_some();
    parts
        .iter()
        .filter(|p| !matches!(p.part, None | Some(SecretPart::Passphrase)))
        .all(|c| fit(c, SecretPart::Key) || fit(c, SecretPart::Secret) || fit(c, SecretPart::PrivateKey))
}

/// Whose the parts are: whom the surest of them names, and all of them have the shapes of; else what their shapes say
/// together.
fn whose(scene: &Scene<'_>, parts: &[Candidate]) -> Option<VenueId> {
    let named = |fits: bool| parts.iter().filter(move |p| p.fits == fits).filter_map(|p| p.venue);
    let by_pair = || by_shapes(scene, parts, false);
    named(true)
        .find(|v| fits_all(scene, *v, parts))
        .or_else(|| parts.iter().flat_map(|p| p.possible.iter().copied()).find(|v| parts.len() > 1 && fits_all(scene, *v, parts)))
        .or_else(|| named(true).next())
        .or_else(|| named(false).next())
        .or_else(by_pair)
}

/// The one exchange whose key and secret have these shapes.
fn by_shapes(scene: &Scene<'_>, parts: &[Candidate], strict: bool) -> Option<VenueId> {
    let of = |part: SecretPart| parts.iter().find(|p| p.part == Some(part));
    let (key, secret) = (of(SecretPart::Key)?, of(SecretPart::Secret)?);
    let fit = |v: VenueId, c: &Candidate, p: SecretPart| scene.fit(v, p, c.value.bytes()).is_some_and(|f| !f.shape.free);
    let mut hits: Vec<VenueId> = Vec::new();
    for (v, formed) in scene.catalogue.of_length(secret.value.len()) {
        let pair = scene.catalogue.venue(v).is_some_and(|x| x.pair);
        if pair
            && formed.part == SecretPart::Secret
            && fit(v, secret, SecretPart::Secret)
            && fit(v, key, SecretPart::Key)
            && !hits.contains(&v)
        {
            hits.push(v);
        }
    }
    if hits.len() > 1 {
        // A passphrase beside them: whose credentials have one; none: whose have none.
        let third = of(SecretPart::Passphrase).is_some();
        hits.retain(|v| scene.has_passphrase(*v) == third);
    }
    match hits.as_slice() {
        [only] => Some(*only),
        [first, ..] if strict => Some(*first).filter(|v| scene.mentions().venues.iter().any(|(_, m, _)| m == v)),
        _ => None,
    }
}
