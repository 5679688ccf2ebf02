//! What of an answer is dropped: values that stand under names that say so, whatever a reader notes as carried, what the
//! detector of secrets finds in the rest, and every copy of such a value.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::document::{Kind, Node};
use crate::exchanges::{By, Export, could_be_secret, reader, secret_part};
use crate::model::{Fact, SecretPart};
use crate::problem::Problem;
use crate::scan::{self, Guard};
use crate::secrets::Detector;
use crate::secrets::value::Value;
use crate::text::{Span, Text, quotable};

/// A value that was dropped, without a character of it.
pub struct Dropped {
    /// The names that lead to it: `data[0].secretKey`.
    pub path: String,
    /// What it is.
    pub what: SecretPart,
    /// How long it was, roughly.
    pub length: Length,
}

/// How long a value was. The exact length of a passphrase would help to guess it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(usize);

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            0..16 => "less than 16 characters",
            16..32 => "16 to 31 characters",
            32..64 => "32 to 63 characters",
            _ => "64 characters or more",
        })
    }
}

/// Ends of names that say "secret" and that no answer of a reader has: only text under them is dropped, and only where no
/// reader takes it as something else.
const ALSO_SECRET: &[(&str, SecretPart)] = &[
    ("secret", SecretPart::Secret),
    ("secretkey", SecretPart::Secret),
    ("passphrase", SecretPart::Passphrase),
    ("password", SecretPart::Passphrase),
    ("privatekey", SecretPart::PrivateKey),
    ("mnemonic", SecretPart::Mnemonic),
];

fn says_secret(name: &str) -> Option<SecretPart> {
    let name: String = name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect();
    ALSO_SECRET.iter().find(|(end, _)| name.ends_with(end)).map(|(_, part)| *part)
}

/// The documented names of an answer's fields; nothing where it is told by its form.
fn documented(export: &Export) -> Option<Vec<&'static str>> {
    let payload = reader(export.exchange)?.payloads.iter().find(|p| p.endpoint == export.endpoint)?;
    match payload.by {
        By::Fields { decides, also, .. } | By::Named { decides, also, .. } => Some([decides, also].concat()),
        By::Shape { .. } => None,
    }
}

/// Whether a text looks like a secret, where no reader knows what it is: long, of letters and digits without a word in it. An
/// id in the form of a UUID does not.
fn looks_random(text: &str) -> bool {
    let uuid = text.len() == 36 && text.matches('-').count() == 4;
    let of = |f: fn(&u8) -> bool| text.bytes().filter(f).count();
    let (letters, digits) = (of(u8::is_ascii_alphabetic), of(u8::is_ascii_digit));
    let other = text.bytes().any(|b| !b.is_ascii_alphanumeric() && !b"+/=_-".contains(&b));
    !uuid && !other && text.len() >= 24 && letters >= 4 && digits >= 3
}

/// One scalar of an answer.
struct Leaf<'n> {
    node: &'n Node<'n>,
    path: String,
    /// What the names that lead to it say that it is.
    named: Option<SecretPart>,
    /// The same of the name right before it, loosely.
    like: Option<SecretPart>,
}

/// What is dropped, by the place at which it begins.
pub struct Drops {
    at: BTreeMap<u32, (Span, &'static str, Dropped)>,
    guard: Guard,
}

impl Drops {
    /// What is to be dropped from an answer that was read.
    ///
    /// # Errors
    /// Where a secret stands in the name of a field, which cannot be dropped.
    pub fn of(node: &Node<'_>, export: &Export, text: &Text, detector: &Detector) -> Result<Self, Vec<Problem>> {
        let harvest = &export.harvest;
        let documented = documented(export);
        let unknown = |leaf: &Leaf<'_>| {
            let name = leaf.path.rsplit('.').next().unwrap_or("");
            let name = name.split_once('[').map_or(name, |(name, _)| name);
            documented.as_ref().is_some_and(|names| !names.contains(&name))
        };
        let mut leaves = Vec::new();
        collect(node, String::new(), (None, None), &mut leaves);
        leaves.sort_by_key(|l| l.node.span.start);
        let mut drops = Self { at: BTreeMap::new(), guard: Guard::default() };
        let carried: Vec<(SecretPart, Span)> = harvest.keys.iter().flat_map(|k| k.carries.iter().copied()).collect();
        for leaf in leaves.iter().filter(|l| could_be_secret(l.node)) {
            let inside = leaf.node.span;
            let noted = carried.iter().find(|(_, span)| span.contains(inside)).map(|(part, _)| *part);
            let hidden = harvest.hidden.iter().any(|span| inside.contains(*span)).then_some(SecretPart::Secret);
            let public = harvest.public.contains(&inside.start) || harvest.ids.contains(&inside);
            let like = leaf.like.filter(|_| leaf.node.as_text().is_some() && !public);
            if let Some(what) = leaf.named.or(noted).or(hidden).or(like) {
                drops.add(leaf, what, "\"\"");
            } else if !public && unknown(leaf) && leaf.node.as_text().is_some_and(looks_random) {
                // Nobody knows what stands there, and it looks like nothing but a secret.
                drops.add(leaf, SecretPart::Secret, "\"***\"");
            }
        }
        // Ids are no secrets, and what is dropped by its name needs no second look.
        let mut rest = Zeroizing::new(text.content().as_bytes().to_vec());
        let ids = harvest.ids.iter().copied().chain(harvest.keys.iter().filter_map(|k| k.id.as_ref()).filter_map(Fact::span));
        for span in ids.chain(drops.at.values().map(|(span, _, _)| *span)) {
            if let Some(bytes) = rest.get_mut(span.start as usize + 1..(span.end as usize).saturating_sub(1)) {
                bytes.fill(b' ');
            }
        }
        let content = Zeroizing::new(String::from_utf8(rest.to_vec()).unwrap_or_default());
        let found = scan::text(detector, &content, "answer.json");
        let parts = found.sightings.iter().flat_map(|s| &s.parts).filter(|p| p.part != SecretPart::Key);
        for part in parts {
            drops.drop_range(&leaves, node, (part.start, part.end), part.part)?;
        }
        // A value that is a secret here is one wherever it stands.
        let whole = leaves.iter().filter(|l| drops.at.contains_key(&l.node.span.start)).filter_map(|l| l.node.scalar());
        let values: Vec<Value> = whole.map(|t| Value::new(t.as_bytes().to_vec())).collect();
        drops.guard = Guard::of(values.iter());
        for (start, end) in drops.guard.places(text.content().as_bytes()) {
            drops.drop_range(&leaves, node, (start as u32, end as u32), SecretPart::Secret)?;
        }
        Ok(drops)
    }

    fn add(&mut self, leaf: &Leaf<'_>, what: SecretPart, instead: &'static str) {
        let length = Length(leaf.node.scalar().map_or(0, |t| t.chars().count()));
        let dropped = Dropped { path: leaf.path.clone(), what, length };
        self.at.entry(leaf.node.span.start).or_insert((leaf.node.span, instead, dropped));
    }

    /// Drops every scalar that a range touches. Stars take its place, because something stood there that was read as
    /// something else: no entry of a list becomes none.
    fn drop_range(&mut self, leaves: &[Leaf<'_>], node: &Node<'_>, (from, to): (u32, u32), what: SecretPart) -> Result<(), Vec<Problem>> {
        let first = leaves.partition_point(|l| l.node.span.end <= from);
        let touched: Vec<&Leaf<'_>> = leaves.iter().skip(first).take_while(|l| l.node.span.start < to).collect();
        if touched.is_empty() {
            let message = "a secret stands in the name of a field, where it cannot be dropped";
            let place = Span::new(node.span.text, from, from + 1);
            return Err(vec![
                Problem::incomplete("not-wrapped", place, message).help("save nothing of it; revoke the key that it belongs to"),
            ]);
        }
        touched.into_iter().for_each(|leaf| self.add(leaf, what, "\"***\""));
        Ok(())
    }

    /// A part of the text with what is dropped taken out.
    pub fn without(&self, content: &str, from: usize, to: usize) -> String {
        let mut out = String::with_capacity(to - from);
        let mut at = from;
        for (span, instead, _) in self.at.values() {
            out.push_str(content.get(at..span.start as usize).unwrap_or(""));
            out.push_str(instead);
            at = span.end as usize;
        }
        out.push_str(content.get(at..to).unwrap_or(""));
        out
    }

    /// Whether any of the values shows in a text, in any form.
    pub fn show_in(&self, text: &str) -> bool {
        !self.guard.places(text.as_bytes()).is_empty()
    }

    /// What was dropped, to be told.
    pub fn told(self) -> Vec<Dropped> {
        self.at.into_values().map(|(_, _, dropped)| dropped).collect()
    }
}

/// The scalars below a node. A name that says "secret" says so of everything under it.
fn collect<'n>(node: &'n Node<'n>, path: String, (named, like): (Option<SecretPart>, Option<SecretPart>), out: &mut Vec<Leaf<'n>>) {
    match &node.kind {
        Kind::Scalar { .. } => out.push(Leaf { node, path, named, like }),
        Kind::Sequence(items) => {
            for (i, item) in items.iter().enumerate() {
                collect(item, format!("{path}[{i}]"), (named, like), out);
            }
        }
        Kind::Mapping(entries) => {
            for entry in entries {
                let name = entry.key.scalar().unwrap_or("");
                let shown = quotable(name);
                let dot = if path.is_empty() { "" } else { "." };
                let below = format!("{path}{dot}{}", shown.trim_matches('`'));
                collect(&entry.value, below, (named.or_else(|| secret_part(name)), says_secret(name)), out);
            }
        }
    }
}
