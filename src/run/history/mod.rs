//! Secrets in the history. Four questions, each asked only of what the one before it left: which objects need the detector,
//! what the detector finds in them, which commits hold the values that it found, and what is to be said of each.

mod range;
mod whole;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::gather::Gathering;
use super::staged::input;
use crate::base::Base;
use crate::discover::{Aside, Input};
use crate::finding::{History, Moment};
use crate::git::{Id, Repository};
use crate::model::SecretPart;
use crate::model::time::Time;
use crate::plan::Look;
use crate::scan::{self, Scanned, Sighting};
use crate::secrets::Detector;
use crate::text::{Span, TextId};
use range::range;
use whole::whole;

/// The name under which the message of a commit is reported, and of a tag.
const MESSAGE: &str = "(commit message)";
const TAG: &str = "(tag message)";
/// What was found stands in so many other places at most; the rest is counted.
const PLACES: usize = 50;

/// Looks into the history, as the plan says.
pub(super) fn look(gathering: &mut Gathering<'_>, repository: &Repository, base: &Base) {
    let Some(detector) = gathering.detector else { return };
    let found = match gathering.plan.look.clone() {
        Look::History { stashes, reflog } => whole(gathering, repository, detector, stashes, reflog),
        Look::Range(from, to) => range(gathering, repository, detector, base, Some(&from), &to, None),
        Look::Since(time) => range(gathering, repository, detector, base, None, "", Some(time)),
        Look::Files | Look::Staged => return,
    };
    let any = !found.is_empty();
    let first = gathering.texts.next_id().0;
    for found in found {
        add(gathering, repository, found);
    }
    gathering.about = Some((first..gathering.texts.next_id().0).map(TextId).collect());
    if any {
        // The keys that the secrets belong to, as the exports of now state them.
        gathering.context(repository, base.revision().or_else(|| repository.head().ok().flatten()), &[]);
    }
}

/// Something that was found, and how it stands.
struct Found {
    /// What was seen, in one of the objects that hold it.
    seen: Scanned,
    /// Where that is.
    path: String,
    commit: Arc<str>,
    history: Arc<History>,
    /// The paths at which the same object stood, and others, with the commits.
    others: Vec<(String, Arc<str>)>,
    /// What identifies it, and the object that it was seen in.
    known: Option<(String, Option<Id>)>,
    /// How many more there are.
    more: usize,
    /// The same at the head: what was seen there, with comments.
    head: Option<(Scanned, String, Arc<str>)>,
}

/// What identifies a credential, whichever file it stands in: its value, else the id of its key, else where it stands.
fn identity(sighting: &Sighting, path: &str) -> String {
    let mut secrets = sighting.parts.iter().filter(|p| p.part != SecretPart::Key).peekable();
    let has_secret = secrets.peek().is_some();
    let value = secrets.find_map(|p| p.fingerprint.as_ref()).map(|f| format!("value {f}"));
    let id = sighting.parts.iter().find_map(|p| p.id.as_ref()).filter(|_| !has_secret).map(|id| format!("id {}", id.0));
    let place = || {
        let names: Vec<&str> = sighting.parts.iter().map(|p| p.name.as_str()).collect();
        format!("place {path}\0{}", names.join(" "))
    };
    value.or(id).unwrap_or_else(place)
}

/// Whether this is what identifies it. What is known by where it stands may stand under another path, too.
fn is(sighting: &Sighting, path: &str, identity: &str) -> bool {
    let own = self::identity(sighting, path);
    let names = |identity: &str| identity.strip_prefix("place ").and_then(|i| i.rsplit_once('\0')).map(|(_, names)| names.to_owned());
    own == identity || names(&own).is_some_and(|own| names(identity) == Some(own))
}

/// What identifies everything that was seen in a file.
fn identities(scanned: &Scanned, path: &str) -> BTreeSet<String> {
    scanned.sightings.iter().map(|s| identity(s, path)).collect()
}

/// Looks through an object under a path. The ids of keys in an export or a declaration are meant to be there; a secret in it is one like
/// any other, because no export of the history is audited.
fn read(gathering: &Gathering<'_>, repository: &Repository, detector: &Detector, path: &str, bytes: Vec<u8>) -> Scanned {
    let mut scanned = scan::bytes(detector, &bytes, path);
    scanned.settings.clear();
    let is_id = |s: &Sighting| s.parts.iter().all(|p| p.part == SecretPart::Key);
    let is_declaration = path.rsplit('/').next() == Some("keylint.yaml");
    if is_declaration {
        scanned.sightings.retain(|s| !is_id(s));
    }
    if scanned.sightings.iter().any(is_id) {
        let root: Arc<Path> = repository.root.as_path().into();
        let input = Input { content: Some(Arc::new(bytes)), ..input(gathering.plan, &root, path) };
        let taken = gathering.scope.read(&input, 0, None).taken;
        if taken.is_some_and(|t| t.exports > 0 || t.looks_like_export) {
            scanned.sightings.retain(|s| !is_id(s));
        }
    }
    scanned
}

/// Looks through a message.
fn message(detector: &Detector, bytes: &[u8], name: &str) -> Option<Scanned> {
    let mut scanned = scan::bytes(detector, bytes, name);
    scanned.allows.clear();
    scanned.settings.clear();
    (!scanned.sightings.is_empty()).then_some(scanned)
}

/// What is to be said of commits of other repositories.
fn submodules(count: usize) -> Option<Aside> {
    let path = if count == 1 { "1 commit of another repository".to_owned() } else { format!("{count} commits of other repositories") };
    (count > 0).then(|| Aside { path, reason: "a submodule: it is looked at there".into() })
}

fn hex(id: Option<Id>) -> Arc<str> {
    id.map(|i| i.to_string()).unwrap_or_default().into()
}

fn found(seen: Scanned, path: String, commit: Arc<str>, history: History) -> Found {
    Found { seen, path, commit, history: Arc::new(history), others: Vec::new(), known: None, more: 0, head: None }
}

/// A message stands as long as its commit does.
fn in_message(gathering: &Gathering<'_>, seen: Scanned, name: &str, commit: &Arc<str>, at: i64) -> Found {
    let at = Time::claimed(at);
    let history = History {
        brought: Moment { commit: commit.clone(), at },
        times: 1,
        taken: None,
        at_head: false,
        reference: None,
        open: gathering.plan.now.since(&at),
    };
    found(seen, name.to_owned(), commit.clone(), history)
}

/// Leaves of what was seen what has this identity.
fn keep(mut scanned: Scanned, path: &str, identity: &str) -> Scanned {
    scanned.sightings.retain(|s| is(s, path, identity));
    scanned.sightings.truncate(1);
    // A comment of another place is about another finding.
    let text = scanned.sightings.first().and_then(|s| s.text);
    scanned.allows.retain(|a| a.text == text);
    scanned
}

/// Where what opens something stands, of the first that was seen.
fn main_place(scanned: &Scanned) -> Option<(usize, u32, u32)> {
    let sighting = scanned.sightings.first()?;
    let part = sighting.parts.iter().find(|p| p.part != SecretPart::Key).or(sighting.parts.first())?;
    Some((sighting.text?, part.start, part.end))
}

/// Adds what was found to what is known.
fn add(gathering: &mut Gathering<'_>, repository: &Repository, found: Found) {
    let Found { mut seen, path, commit, history, others, known, more, head } = found;
    let root: Arc<Path> = repository.root.as_path().into();
    let of_path = |gathering: &Gathering<'_>, path: &str| {
        let input = input(gathering.plan, &root, path);
        let relative = gathering.scope.relative(&input);
        (input.shown, gathering.scope.systems(&relative), relative)
    };
    let is_message = path == MESSAGE || path == TAG;
    let (_, mut systems, mut relative) = if is_message { (path.clone(), Vec::new(), path.clone()) } else { of_path(gathering, &path) };
    seen.texts.iter_mut().for_each(|t| t.set_commit(&commit));
    let mut copies: Vec<(Span, Arc<str>)> = Vec::new();
    if let Some((mut at_head, head_path, head_commit)) = head {
        at_head.texts.iter_mut().for_each(|t| t.set_commit(&head_commit));
        let place = main_place(&at_head);
        let ids: Vec<TextId> = std::mem::take(&mut at_head.texts).into_iter().map(|t| gathering.texts.add(t)).collect();
        if let Some((text, start, end)) = place
            && let Some(id) = ids.get(text)
        {
            let note = if head_path == path { "it stands there still, at the head" } else { "it stands here, at the head" };
            copies.push((Span::new(*id, start, end), note.into()));
            gathering.seens.allow(at_head.allows, *id);
        }
        gathering.seens.values.append(&mut at_head.values);
    }
    let first = main_place(&seen);
    for (other, other_commit) in &others {
        let (shown, more_systems, other_relative) = of_path(gathering, other);
        systems.extend(more_systems);
        relative = format!("{relative}\0{other_relative}");
        let note: Arc<str> = "it stood under this path, too".into();
        // There it may stand at another line: another object holds it.
        let object = Id::from_hex(other_commit.as_bytes()).ok().and_then(|c| repository.file(c, other));
        if let Some((identity, own)) = &known
            && object.is_some()
            && object != *own
            && let Some(Ok(bytes)) = object.map(|o| repository.blob(o))
            && let Some(detector) = gathering.detector
        {
            let mut there = keep(read(gathering, repository, detector, other, bytes), other, identity);
            gathering.seens.values.append(&mut there.values);
            if let Some((text, start, end)) = main_place(&there)
                && let Some(text) = there.texts.get(text)
            {
                let id = gathering.texts.add(text.also_at(&shown, other_commit));
                copies.push((Span::new(id, start, end), note));
                continue;
            }
        }
        let Some((text, start, end)) = first else { continue };
        if let Some(text) = seen.texts.get(text) {
            let id = gathering.texts.add(text.also_at(&shown, other_commit));
            copies.push((Span::new(id, start, end), note));
        }
    }
    if more > 0
        && let Some(last) = copies.last_mut()
    {
        last.1 = format!("{}, and under {more} more", last.1).into();
    }
    systems.sort_unstable();
    systems.dedup();
    let at = gathering.seens.secrets.len();
    // Every place is in a part of the file, so that this text is nobody's.
    let main = gathering.texts.next_id();
    gathering.seens.add(seen, main, &mut gathering.texts, &relative, false, systems);
    for secret in gathering.seens.secrets.get_mut(at..).into_iter().flatten() {
        secret.history = Some(history.clone());
        secret.copies.clone_from(&copies);
    }
}
