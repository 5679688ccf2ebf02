//! What of a recognised export no report may show: every string that no reader took as public, the middle of key ids, and
//! whatever stands under a name that says "secret", wherever it stands.

use super::envelope::{FIELDS, is_account_name};
use super::record::secret_part;
use super::{Harvest, duplicates_of};
use crate::document::{Entry, Kind, Node};
use crate::model::time::Time;
use crate::model::{KeyId, SecretPart};
use crate::problem::Problem;
use crate::text::{Span, quotable};

/// The characters of a scalar, without its quotes.
pub(super) fn inner(node: &Node<'_>) -> Span {
    let quotes = u32::from(!matches!(&node.kind, Kind::Scalar { plain: true, .. }) && node.span.len() >= 2);
    Span::new(node.span.text, node.span.start + quotes, node.span.end.saturating_sub(quotes))
}

/// Whether a scalar could hold a secret: text that is not empty and not all stars. Numbers can be passphrases.
pub fn could_be_secret(node: &Node<'_>) -> bool {
    !node.is_null() && node.as_bool().is_none() && node.scalar().is_some_and(|t| t.chars().any(|c| c != '*'))
}

/// The ranges to hide. Duplicate names and secrets that stand outside the records are told on the way, because here every
/// object of the document is seen. `answer` is the answer inside an envelope, where `node` is one.
pub(super) fn hidden_ranges(node: &Node<'_>, harvest: &mut Harvest, answer: Option<&Node<'_>>) -> Vec<(u32, u32)> {
    let mut hide: Vec<(u32, u32)> = harvest.hidden.iter().map(|s| (s.start, s.end)).collect();
    harvest.public.sort_unstable();
    let mut strays: Vec<(SecretPart, Span)> = Vec::new();
    let mut visit = vec![node];
    while let Some(at) = visit.pop() {
        match &at.kind {
            Kind::Scalar { plain, .. } => {
                let harmless = *plain && (at.is_null() || at.as_bool().is_some() || at.is_number());
                if !harmless && harvest.public.binary_search(&at.span.start).is_err() {
                    let inside = inner(at);
                    hide.push((inside.start, inside.end));
                }
            }
            Kind::Sequence(items) => visit.extend(items),
            Kind::Mapping(entries) => {
                let envelope = answer.is_some() && std::ptr::eq(at, node);
                for entry in entries {
                    let name = entry.key.scalar().unwrap_or("");
                    if envelope && name != "response" && FIELDS.contains(&name) && entry.value.scalar().is_some_and(|t| may_show(name, t)) {
                        continue;
                    }
                    // A name is hidden where it could be a value.
                    if name.len() > 48 || quotable(name) == "this name" {
                        let inside = inner(&entry.key);
                        hide.push((inside.start, inside.end));
                    }
                    if let Some(part) = secret_part(name) {
                        stray(part, &entry.value, harvest, &mut strays, &mut hide);
                    }
                    visit.push(&entry.value);
                }
                for (first, second) in duplicates_of(entries) {
                    let already = harvest.problems.iter().any(|p| p.code == "duplicate-key" && p.place == Some(second));
                    if !already {
                        harvest.problems.push(duplicate(entries, first, second));
                    }
                }
            }
        }
    }
    for id in &harvest.ids {
        let length = id.len().saturating_sub(2);
        let keep = KeyId::kept(length as usize) as u32;
        hide.push((id.start + 1 + keep, id.end.saturating_sub(1 + keep)));
    }
    attach(strays, harvest);
    hide
}

/// Whether a field of the envelope may be shown: somebody may have written a secret into any of them. The key's id is shown by
/// its ends.
fn may_show(field: &str, text: &str) -> bool {
    let short = |part: &str| quotable(part) != "this name";
    match field {
        "key" => true,
        // An address may carry a query with a signature, or a password.
        "endpoint" => {
            let path = text.rsplit(' ').next().unwrap_or(text);
            let address = path.starts_with('/') || path.starts_with("http");
            !text.contains(['?', '@']) && if address { text.split(['/', ' ', '.']).all(short) } else { short(text) }
        }
        "account" => is_account_name(text),
        "fetched_at" => Time::parse(text).is_ok(),
        _ => short(text),
    }
}

/// Secrets under a name that says so, which no record has taken: every scalar inside.
fn stray(part: SecretPart, value: &Node<'_>, harvest: &Harvest, strays: &mut Vec<(SecretPart, Span)>, hide: &mut Vec<(u32, u32)>) {
    let mut visit = vec![value];
    while let Some(at) = visit.pop() {
        match &at.kind {
            Kind::Scalar { .. } => {
                let inside = inner(at);
                if could_be_secret(at) && !harvest.hidden.contains(&inside) {
                    strays.push((part, at.span));
                    hide.push((inside.start, inside.end));
                }
            }
            Kind::Sequence(items) => visit.extend(items),
            Kind::Mapping(entries) => visit.extend(entries.iter().map(|e| &e.value)),
        }
    }
}

/// Gives each secret to the key in whose record it stands, else to the first key of the answer; where there is no key, it
/// is told by itself.
fn attach(strays: Vec<(SecretPart, Span)>, harvest: &mut Harvest) {
    for (part, span) in strays {
        let own = harvest.keys.iter().position(|k| k.payloads.iter().any(|(_, record)| record.contains(span)));
        match harvest.keys.get_mut(own.unwrap_or(0)) {
            Some(key) if !key.carries.iter().any(|(_, known)| *known == span) => key.carries.push((part, span)),
            Some(_) => {}
            None => {
                let message = format!("this file holds a {} in plaintext", part.title());
                if !harvest.problems.iter().any(|p| p.place == Some(span)) {
                    harvest.problems.push(
                        Problem::incomplete("secret-in-export", span, message)
                            .help("revoke the key that it belongs to, and export without it"),
                    );
                }
            }
        }
    }
}

fn duplicate(entries: &[Entry<'_>], first: Span, second: Span) -> Problem {
    let name = entries.iter().find(|e| e.key.span == second).and_then(|e| e.key.scalar()).unwrap_or("");
    Problem::incomplete("duplicate-key", second, format!("{} is given twice: read as unknown", quotable(name)))
        .related(first, "given here first")
        .help("export it again; a field given twice can be read either way")
}
