//! One tree for JSON and YAML in which every key and every value knows the bytes it was written in.
//!
//! Readers, the declaration and rule files all work on [`Node`]s, so that each fact can be pointed at. [`parse`] reads
//! one document, [`documents`] a whole text, JSON Lines included, and [`from_node`] turns a tree into a type.
//!
//! What a span covers: a quoted scalar with its quotes; a plain scalar from its first to its last character; a block
//! scalar (`|`, `>`) from its first line of content to the end of its last, without the header and the indentation
//! before it; `{…}` and `[…]` with their brackets; a block collection from its first key or dash to the end of its last
//! value. Anchors, tags and comments belong to no span. A value that is left out has an empty span. What an alias
//! stands for has the spans of its definition.

mod de;
mod json;
mod parse;
mod strict;

pub use de::{Misfit, Spanned, from_node};
pub use json::lenient;
pub use parse::parse;

use crate::text::{Span, TextId};
use std::borrow::Cow;
use std::ops::Range;

/// Collections within collections, at most: what lies deeper is reported and not read.
pub const DEPTH: usize = 128;

/// Keys and values that all aliases of a document may stand for in total.
pub const ALIAS_BUDGET: usize = 100_000;

/// A key or a value, with its place. No `Debug`: it may hold a secret.
#[derive(Clone)]
pub struct Node<'t> {
    /// Where it is written.
    pub span: Span,
    /// What it is.
    pub kind: Kind<'t>,
}

/// What a [`Node`] is.
#[derive(Clone)]
pub enum Kind<'t> {
    /// Text, a number, a boolean or null.
    Scalar {
        /// The text it means, escapes resolved; borrowed from the source wherever it is written as it is meant.
        text: Cow<'t, str>,
        /// Written without quotes, and so possibly null, a boolean or a number.
        plain: bool,
    },
    /// A list.
    Sequence(Vec<Node<'t>>),
    /// An object: its entries in order of writing, duplicates kept.
    Mapping(Vec<Entry<'t>>),
}

/// One key of an object and its value.
#[derive(Clone)]
pub struct Entry<'t> {
    /// The key; a scalar in JSON, anything in YAML.
    pub key: Node<'t>,
    /// The value.
    pub value: Node<'t>,
}

impl<'t> Node<'t> {
    fn plain(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }
    /// The text of any scalar, whatever it means: `203`, `true` and `"true"` alike.
    pub fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
    /// Whether it is null: left out, `~` or `null` without quotes.
    pub fn is_null(&self) -> bool {
        matches!(self.plain(), Some("" | "~" | "null" | "Null" | "NULL"))
    }
    /// A boolean written without quotes (YAML 1.2 core schema: `yes` and `on` are text).
    pub fn as_bool(&self) -> Option<bool> {
        match self.plain()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }
    /// A whole decimal number written without quotes, fraction, exponent or leading zeros.
    pub fn as_int(&self) -> Option<i64> {
        self.as_wide_int()?.try_into().ok()
    }
    fn as_wide_int(&self) -> Option<i128> {
        let text = self.plain()?;
        match number(text) {
            Some(Number::Whole) => text.parse().ok(),
            _ => None,
        }
    }
    fn as_float(&self) -> Option<f64> {
        let text = self.plain()?;
        match number(text)? {
            Number::Whole | Number::Fraction => text.parse().ok(),
            Number::Special if text.ends_with(['n', 'N']) => Some(f64::NAN),
            Number::Special => Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        }
    }
    /// Whether it is a number written without quotes. Leading zeros, `0x…` and `0o…` make text, not numbers: account
    /// ids and addresses look like that.
    pub fn is_number(&self) -> bool {
        self.plain().is_some_and(|text| number(text).is_some())
    }
    /// Text: quoted, or plain and neither null nor a boolean nor a number.
    pub fn as_text(&self) -> Option<&str> {
        let text = self.scalar()?;
        let other = self.is_null() || self.as_bool().is_some() || self.is_number();
        (!other).then_some(text)
    }
    /// The members of a list.
    pub fn as_sequence(&self) -> Option<&[Node<'t>]> {
        match &self.kind {
            Kind::Sequence(members) => Some(members),
            _ => None,
        }
    }
    /// The entries of an object.
    pub fn as_mapping(&self) -> Option<&[Entry<'t>]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }
    /// The value of the first entry with that key.
    pub fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.as_mapping()?.iter().find(|e| e.key.scalar() == Some(key)).map(|e| &e.value)
    }
    /// What it is, in words that fit after "found".
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            Kind::Mapping(_) => "an object",
            Kind::Sequence(_) => "a list",
            Kind::Scalar { .. } if self.is_null() => "null",
            Kind::Scalar { .. } if self.as_bool().is_some() => "a boolean",
            Kind::Scalar { .. } if self.is_number() => "a number",
            Kind::Scalar { .. } => "text",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    Whole,
    Fraction,
    Special,
}

/// The numbers of JSON, and with them a leading `+`, a bare dot at either end, and YAML's infinities.
fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Number::Special);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let fine = digits(whole)
        && !(whole.len() > 1 && whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && !(whole.is_empty() && fraction.is_none_or(str::is_empty))
        && exponent.is_none_or(|e| !e.is_empty() && digits(e));
    fine.then_some(if fraction.is_none() && exponent.is_none() { Number::Whole } else { Number::Fraction })
}

/// Why a text is not a document, and where. Its words are fixed: nothing of the text is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The place; empty, behind the last visible character, where the text ends too early.
    pub span: Span,
    /// What is wrong there.
    pub what: &'static str,
    /// What may help.
    pub help: Option<&'static str>,
    /// A second place that explains the first, such as the bracket that is never closed.
    pub related: Option<(Span, &'static str)>,
}

/// All documents of a text.
pub struct Documents<'t> {
    /// What could be read, in order.
    pub nodes: Vec<Node<'t>>,
    /// What could not, in order.
    pub broken: Vec<Broken>,
    /// Whether the text is JSON Lines: one document on each line.
    pub lines: bool,
}

/// Reads a whole text: one JSON or YAML document, or JSON Lines.
///
/// A text is JSON Lines when it is neither a document as a whole nor the beginning of one, two lines or more are not
/// blank, each of them begins with `{` or `[`, and at least one is a document of its own. Then a broken line takes
/// nothing from the others. (A line of a longer document that begins so and is a document of its own is followed by one
/// that begins with `,` or a closing bracket.) Anything else that cannot be read is one [`Broken`].
pub fn documents<'t>(text: TextId, source: &'t str) -> Documents<'t> {
    match parse(text, source, 0..source.len()) {
        Ok(node) => Documents { nodes: vec![node], broken: Vec::new(), lines: false },
        Err(broken) => by_line(text, source).unwrap_or_else(|| Documents { nodes: Vec::new(), broken: vec![broken], lines: false }),
    }
}

fn by_line<'t>(text: TextId, source: &'t str) -> Option<Documents<'t>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let end = start + line.len();
        let line = if start == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        if !line.trim().is_empty() {
            if !line.starts_with(['{', '[']) {
                return None;
            }
            let start = end - line.len();
            lines.push(start..start + line.trim_end().len());
        }
        start = end;
    }
    if lines.len() < 2 || matches!(json::walk(source), json::Seen::Ends { .. }) {
        return None;
    }
    let mut found = Documents { nodes: Vec::new(), broken: Vec::new(), lines: true };
    for range in lines {
        match parse(text, source, range) {
            Ok(node) => found.nodes.push(node),
            Err(broken) => found.broken.push(broken),
        }
    }
    (!found.nodes.is_empty()).then_some(found)
}

/// The places of keys that are given again: for each repetition the span of the first key with that text and its own.
/// In order of the repetitions. Keys that are no scalars are left aside.
pub fn duplicates(mapping: &[Entry<'_>]) -> Vec<(Span, Span)> {
    /// Up to here comparing each with each is quicker than sorting.
    const FEW: usize = 12;
    let mut found = Vec::new();
    if mapping.len() <= FEW {
        for (i, entry) in mapping.iter().enumerate() {
            let Some(key) = entry.key.scalar() else { continue };
            if let Some(first) = mapping.iter().take(i).find(|e| e.key.scalar() == Some(key)) {
                found.push((first.key.span, entry.key.span));
            }
        }
        return found;
    }
    let mut keys: Vec<(&str, usize, Span)> =
        mapping.iter().enumerate().filter_map(|(i, e)| Some((e.key.scalar()?, i, e.key.span))).collect();
    keys.sort_unstable();
    let mut repeated = Vec::new();
    for same in keys.chunk_by(|a, b| a.0 == b.0) {
        if let Some(((_, _, first), again)) = same.split_first() {
            repeated.extend(again.iter().map(|(_, i, span)| (*i, *first, *span)));
        }
    }
    repeated.sort_unstable();
    found.extend(repeated.into_iter().map(|(_, first, again)| (first, again)));
    found
}

#[cfg(test)]
mod tests;
