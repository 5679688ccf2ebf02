//! Strict JSON straight into a tree, several times as fast as by way of the YAML parser, with the same places.
//!
//! Whatever is not strict JSON, or is nested too deeply, is nobody's here: the YAML parser reads it or says what is wrong.

use std::borrow::Cow;
use std::ops::Range;

use super::json::{Met, Seen, walk_with};
use super::{DEPTH, Entry, Kind, Node};
use crate::text::{Span, TextId};

/// An object or list that is still open.
enum Open<'t> {
    Mapping(u32, Vec<Entry<'t>>, Option<Node<'t>>),
    Sequence(u32, Vec<Node<'t>>),
}

/// The tree of strict JSON; `None` for all else.
pub(super) fn parse<'t>(text: TextId, source: &'t str, range: Range<usize>) -> Option<Node<'t>> {
    let base = u32::try_from(range.start).ok()?;
    u32::try_from(range.end).ok()?;
    let part = source.get(range)?;
    let span = |start: usize, end: usize| Span::new(text, base + start as u32, base + end as u32);
    let mut open: Vec<Open<'t>> = Vec::new();
    let mut root = None;
    let mut whole = true;
    let seen = walk_with(part, |met| {
        let node = match met {
            Met::Open(byte, at) => {
                let at = base + at as u32;
                open.push(if byte == b'{' { Open::Mapping(at, Vec::with_capacity(8), None) } else { Open::Sequence(at, Vec::new()) });
                whole &= open.len() <= DEPTH;
                return whole;
            }
            Met::Close(end) => {
                let end = base + end as u32;
                match open.pop() {
                    Some(Open::Mapping(start, entries, _)) => Node { span: Span::new(text, start, end), kind: Kind::Mapping(entries) },
                    Some(Open::Sequence(start, items)) => Node { span: Span::new(text, start, end), kind: Kind::Sequence(items) },
                    None => return true,
                }
            }
            Met::Text(start, end, _) => {
                let quoted = part.get(start..end).unwrap_or("");
                let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
                let cooked = if inner.contains('\\') {
                    match serde_json::from_str::<String>(quoted) {
                        Ok(cooked) => Cow::Owned(cooked),
                        Err(_) => {
                            whole = false;
                            Cow::Borrowed("")
                        }
                    }
                } else {
                    Cow::Borrowed(inner)
                };
                Node { span: span(start, end), kind: Kind::Scalar { text: cooked, plain: false } }
            }
            Met::Word(start, end) => {
                Node { span: span(start, end), kind: Kind::Scalar { text: Cow::Borrowed(part.get(start..end).unwrap_or("")), plain: true } }
            }
        };
        match (open.last_mut(), met) {
            (Some(Open::Mapping(_, _, key)), Met::Text(_, _, true)) => *key = Some(node),
            (Some(Open::Mapping(_, entries, key)), _) => {
                if let Some(key) = key.take() {
                    entries.push(Entry { key, value: node });
                }
            }
            (Some(Open::Sequence(_, items)), _) => items.push(node),
            (None, _) => root = Some(node),
        }
        true
    });
    if matches!(seen, Seen::Whole) && whole { root } else { None }
}
